package groups

import (
	"context"
	"slices"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds how an index decides about those in a group of whom something that its rule asks would be otherwise.

// An imagined group is who ends how in one group, as things are and as they would be.
type imagined struct {
	o          *otherwise
	now, then  *subject
	found      *Consequence
	read       bool           // by another group that is looked at
	was, would []program.Term // what the rule asks
	differ     []differing
	records    bool            // what a term would say is found when it is asked about few
	who        *userset.Set    // of whom any term differs
	program    program.Program // asked within the last term
}

// A differing term says something else of some users. By which predicate it does is told where that is asked about few.
type differing struct {
	term int
	who  *userset.Set
	by   *predicate
}

// compare decides about those in some groups, none of which reads another, of whom something that the rule asks
// differs, and notes what conditions on the groups would find then.
func (o *otherwise) compare(ctx context.Context, list []*imagined) error {
	inParallel(len(list), func() func(int) { return func(i int) { list[i].ask() } })
	chunks := (len(o.x.ids) + userset.Chunk - 1) / userset.Chunk
	found := make([]*imaginedChunk, len(list)*chunks)
	if err := eachInParallel(len(found), func(i int) (err error) {
		if c := list[i/chunks]; c.who.CountIn(i%chunks) > 0 {
			found[i], err = c.look(ctx, i%chunks)
		}
		return err
	}); err != nil {
		return err
	}
	for i, c := range list {
		changed := map[uint32]Verdict{}
		for _, of := range found[i*chunks : (i+1)*chunks] {
			if of == nil {
				continue
			}
			c.found.add(&of.found, o.most)
			for _, of := range of.changed {
				changed[of.user] = of.verdict
			}
		}
		if len(changed) > 0 {
			o.answers[1][c.now.ID] = o.x.amended(o.answers[0][c.now.ID], changed)
		}
	}
	return nil
}

// ask finds of whom the terms of the rule differ.
func (c *imagined) ask() {
	o, with := c.o, c.o.x.scratch()
	defer o.x.scratches.Put(with)
	o.now.enterTerms(c.now, o.x, o.answers[0])
	o.then.enterTerms(c.then, o.x, o.answers[1])
	c.was, c.would = c.now.terms, slices.Clone(c.then.terms)
	for k, p := range c.now.recipe.predicates {
		if t, moves := o.turned[p]; moves {
			d := differing{term: c.now.recipe.places[k], who: t.who}
			if c.would[d.term] = t.would; t.would.Yes == nil {
				d.by, c.records = p, true
			}
			c.differ = append(c.differ, d)
		}
	}
	for _, g := range c.now.recipe.groups {
		if t, then := c.was[g.term], c.would[g.term]; t != then {
			c.differ = append(c.differ, differing{term: g.term, who: o.apart(t, then, &o.x.present, with)})
		}
	}
	if c.who = new(userset.Set); len(c.differ) == 1 {
		c.who = c.differ[0].who
	} else {
		for _, d := range c.differ {
			c.who.AddAll(d.who)
		}
	}
	c.program = c.now.recipe.program.Within(len(c.was))
}

// An imaginedChunk is its users of one chunk.
type imaginedChunk struct {
	*imagined
	chunk   int
	matters *userset.Set // to whom it matters what differs
	terms   [2][]program.Term
	found   Consequence
	changed []otherAnswer
}

// otherAnswer is what conditions would find of a user in a group.
type otherAnswer struct {
	user    uint32
	verdict Verdict
}

// look compares the users of a chunk.
func (c *imagined) look(ctx context.Context, chunk int) (*imaginedChunk, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	of := &imaginedChunk{imagined: c, chunk: chunk}
	if of.narrow(); of.matters.CountIn(chunk) <= program.Few {
		return of, of.eachOf(ctx)
	}
	return of, of.byKind(ctx)
}

// narrow finds to whom what differs matters by what else the rule asks, and what would be of them. Those to whom it
// does not are those of whom the rule says something certain even where what differs is taken for unknown.
func (c *imaginedChunk) narrow() {
	few := c.who.CountIn(c.chunk) <= program.Few
	if c.matters, c.terms = c.who, [2][]program.Term{c.was, c.would}; few && !c.records {
		return
	}
	x := c.o.x
	with := x.scratch()
	defer x.scratches.Put(with)
	those := &with.all
	if c.who.Load(c.chunk, those); !few {
		terms := askedWithin(c.was, c.who)
		with.yes.Reset()
		for _, d := range c.differ {
			d.who.Load(c.chunk, &with.unknown)
			terms[d.term] = x.within(c.chunk, those, with, c.was[d.term], d.who, &with.yes, &with.unknown)
		}
		w := x.sweeper()
		yes, possible := w.machine.Evaluate(&c.program, terms, c.chunk, x.users(c.chunk))
		those.And(possible)
		those.AndNot(yes)
		x.sweepers.Put(w)
		c.matters = new(userset.Set)
		c.matters.Put(c.chunk, those, x.users(c.chunk))
	}
	if c.matters.CountIn(c.chunk) == 0 {
		return
	}
	c.terms = [2][]program.Term{askedWithin(c.was, c.matters), askedWithin(c.would, c.matters)}
	for _, d := range c.differ {
		if d.by != nil {
			c.terms[1][d.term] = c.o.left(d.by, d.who, c.chunk, those, with)
		}
	}
}

// askedWithin are terms with one of some users.
func askedWithin(terms []program.Term, who *userset.Set) []program.Term {
	return append(slices.Clone(terms), program.Term{Yes: who, Unknown: new(userset.Set)})
}

// eachOf asks the rule of one user after the other.
func (c *imaginedChunk) eachOf(ctx context.Context) error {
	w := c.o.x.sweeper()
	defer c.o.x.sweepers.Put(w)
	var room [program.Few]uint16
	for _, u := range c.matters.Append(c.chunk, room[:0]) {
		var says [2]Verdict
		for i := range says {
			says[i] = verdictFrom(w.machine.Ask(&c.now.recipe.program, c.terms[i], c.chunk, u))
		}
		if says[0] != says[1] {
			if err := c.one(ctx, uint32(c.chunk*userset.Chunk)+uint32(u), says); err != nil {
				return err
			}
		}
	}
	return nil
}

// byKind asks the rule of all users at once.
func (c *imaginedChunk) byKind(ctx context.Context) error {
	x := c.o.x
	var say opinions
	for i := range c.terms {
		w := x.sweeper()
		defer x.sweepers.Put(w)
		say.yes[i], say.possible[i] = w.machine.Evaluate(&c.program, c.terms[i], c.chunk, x.users(c.chunk))
	}
	with := x.scratch()
	defer x.scratches.Put(with)
	for _, was := range []Verdict{Yes, No, Unknown} {
		for _, would := range []Verdict{Yes, No, Unknown} {
			if says := [2]Verdict{was, would}; was != would && say.load(says, &with.met) {
				c.matters.And(c.chunk, &with.met)
				if err := c.decide(ctx, &with.met, says, with); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// decide decides about users of whom the rule says that, as things are and as they would be: about those together who are
// of one kind.
func (c *imaginedChunk) decide(ctx context.Context, those *userset.Bits, says [2]Verdict, with *scratch) error {
	x, ro := c.o.x, c.then.roster
	alike, bit := &with.open, &with.yes
	if ro != nil && ro.odd.CountIn(c.chunk) > 0 {
		*alike = *those
		ro.odd.And(c.chunk, alike)
		for i := range alike.All() {
			if err := c.one(ctx, uint32(c.chunk*userset.Chunk)+uint32(i), says); err != nil {
				return err
			}
		}
		ro.odd.AndNot(c.chunk, those)
	}
	for of := range x.switched {
		if x.switched[of].CountIn(c.chunk) == 0 {
			continue
		}
		*alike = *those
		x.switched[of].And(c.chunk, alike)
		kind := kindsOf * (1 + of)
		if ro != nil && ro.bit.CountIn(c.chunk) > 0 {
			*bit = *alike
			ro.bit.And(c.chunk, bit)
			alike.AndNot(bit)
			c.kind(bit, kind+1, says)
		}
		c.kind(alike, kind, says)
	}
	return nil
}

// one decides about one user, who is among the people: nobody else has anything otherwise.
func (c *imaginedChunk) one(ctx context.Context, n uint32, says [2]Verdict) error {
	s, x, now := c.then, c.o.x, c.o.now
	id, code := x.ids[n], x.status.codes.Code(n)
	var stored Standing
	if ro := s.roster; ro != nil && ro.odd.Has(n) {
		var err error
		if stored, err = x.standing(ctx, s, n, id); err != nil {
			return err
		}
	} else if ro != nil && ro.bit.Has(n) {
		stored = ro.plain(s.ID, id)
	}
	u := &User{ID: id, Activation: activationOf(code)}
	var ends [2]Standing
	for i, v := range says {
		ends[i], _ = s.settle(u, v, stored, now.now, now.e.opts.Exclusions)
	}
	for _, m := range c.found.of(s, ends[0], ends[1]) {
		m.put(id, c.o.most)
	}
	c.answer(n, ends)
	return nil
}

// kind decides about users of one kind, but for what the rule says.
func (c *imaginedChunk) kind(those *userset.Bits, kind int, says [2]Verdict) {
	if those.Empty() {
		return
	}
	var ends [2]Standing
	for i, v := range says {
		_, ends[i] = c.o.now.end(c.then, kind+[...]int{Yes: 0, No: 2, Unknown: 4}[v])
	}
	c.note(those, ends)
}

// note notes how users of one kind end.
func (c *imaginedChunk) note(those *userset.Bits, ends [2]Standing) {
	for _, m := range c.found.of(c.then, ends[0], ends[1]) {
		if m.Count += those.Count(); c.o.most > 0 {
			c.o.x.first(c.chunk, those, c.o.most, func(n uint32) { m.list(c.o.x.ids[n], c.o.most) })
		}
	}
	if c.read {
		for i := range those.All() {
			c.answer(uint32(c.chunk*userset.Chunk)+uint32(i), ends)
		}
	}
}

// answer notes what conditions on the group find of a user.
func (c *imaginedChunk) answer(n uint32, ends [2]Standing) {
	if answer := c.then.answerOf(ends[1]); c.read && answer != c.then.answerOf(ends[0]) {
		c.changed = append(c.changed, otherAnswer{n, answer})
	}
}
