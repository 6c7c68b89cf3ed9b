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
	group      *subject
	decided    decided // of most the rule says what is stored, and need not be asked
	turns      turns   // of what it asks, by which that may become another
	found      *Consequence
	read       bool                        // by another group that is looked at
	was, would []program.Term              // what the rule asks; what a predicate would say, of those of whom that is something else
	named      []namedGroups[program.Term] // by condition on groups, if it is to be asked of one user after the other
	differ     []differing
	who        *userset.Set // of whom any term differs
	many       bool         // of some chunk
	// What the rule says of those of the last term, and whom it may and must hold for, whatever says something else.
	program, may, must program.Program
}

// A differing term says something else of some users. By is the predicate, if it is one, and records says that what it would
// say is found when it is asked about few.
type differing struct {
	term    int
	who     *userset.Set
	by      *predicate
	records bool
}

// compare decides about those in some groups, none of which reads another, of whom something that the rule asks
// differs, and notes what conditions on the groups would find then.
func (o *otherwise) compare(ctx context.Context, list []*imagined) error {
	inParallelIf(o.isWorth(len(list)), len(list), func() func(int) { return func(i int) { list[i].ask() } })
	questions := 0
	for _, c := range list {
		questions += c.who.Count()
	}
	chunks := o.x.chunks()
	found := make([]*ending, len(list)*chunks)
	if err := eachInParallelIf(questions > fewAsked, len(found), func(i int) (err error) {
		if c := list[i/chunks]; c.who.CountIn(i%chunks) > 0 {
			found[i], err = c.look(ctx, i%chunks)
		}
		return err
	}); err != nil {
		return err
	}
	for i, c := range list {
		var changed map[uint32]Verdict
		for _, of := range found[i*chunks : (i+1)*chunks] {
			if of == nil {
				continue
			}
			if c.found.add(&of.Consequence, o.most); len(of.changed) > 0 && changed == nil {
				changed = map[uint32]Verdict{}
			}
			for _, of := range of.changed {
				changed[of.user] = of.verdict
			}
		}
		if len(changed) > 0 {
			o.answers[1][c.group.ID] = o.x.amended(o.answers[0][c.group.ID], changed)
		}
	}
	return nil
}

// fewAsked is up to how many questions about one user another processor is not woken for.
const fewAsked = 4096

// isWorth reports whether it is worth it to put another processor to asking so many predicates or groups: about many, or about
// everybody where it cannot be told from who has something otherwise.
func (o *otherwise) isWorth(things int) bool {
	return o.people < 0 || o.strays || len(o.regrouped) > 0 || o.people*things > fewAsked
}

// ask finds of whom the terms of the rule differ.
func (c *imagined) ask() {
	o, with := c.o, c.o.x.scratch()
	defer o.x.scratches.Put(with)
	recipe := c.group.recipe
	c.was, c.would = recipe.terms, slices.Clone(recipe.terms)
	if len(recipe.groups) > 0 {
		c.was = slices.Clone(c.was)
	}
	for k, p := range recipe.predicates {
		if t, moves := o.turned[p]; moves {
			c.turns.putAs(t.turns, recipe.signs[k])
			d := differing{recipe.places[k], t.who, p, t.would.Yes == nil}
			c.differ, c.would[d.term] = append(c.differ, d), t.would
		}
	}
	for _, g := range recipe.groups {
		if o.readsOthers(c.group, g.leaf) {
			was, then := o.x.membersOf(o.now, g.leaf, o.answers[0]), o.x.membersOf(o.then, g.leaf, o.answers[1])
			c.turns = turns{true, true}
			d := differing{term: g.term, who: o.apart(was, then, &o.x.present, with)}
			c.differ, c.was[d.term], c.would[d.term] = append(c.differ, d), was, then
		}
	}
	c.who = c.ofWhom()
	for chunk := range chunksOf(len(o.x.ids)) {
		c.many = c.many || c.who.CountIn(chunk) > program.Few
	}
	if c.decided = o.decided(c.group); c.who.Count() == 0 {
		return
	}
	c.nameGroups()
	if c.many {
		within, open := len(c.was), func(term int) bool {
			return slices.ContainsFunc(c.differ, func(d differing) bool { return d.term == term })
		}
		c.program = recipe.program.Within(within)
		c.may, c.must = recipe.program.Mattering(within, open)
	}
}

// ofWhom are those of whom any term differs.
func (c *imagined) ofWhom() *userset.Set {
	if len(c.differ) > 0 && !slices.ContainsFunc(c.differ, func(d differing) bool { return d.who != c.differ[0].who }) {
		return c.differ[0].who
	}
	all := new(userset.Set)
	for _, d := range c.differ {
		all.AddAll(d.who)
	}
	return all
}

// nameGroups has what stays of conditions on groups asked user by user where no chunk has many, and else finds it for all.
func (c *imagined) nameGroups() {
	x, recipe := c.o.x, c.group.recipe
	c.named = make([]namedGroups[program.Term], len(recipe.groups))
	for k, g := range recipe.groups {
		switch {
		case c.was[g.term].Yes != nil: // it differs
		case c.many:
			c.was[g.term] = x.membersOf(c.o.now, g.leaf, c.o.answers[0])
			c.would[g.term] = c.was[g.term]
		default:
			c.named[k] = x.namedTerms(c.o.now, g.leaf, c.o.answers[0])
		}
	}
}

// readsOthers reports whether a condition on groups would find others in one of them, or would read other groups.
func (o *otherwise) readsOthers(s *subject, l *groupLeaf) bool {
	differs := func(id GroupID) bool { return o.answers[0][id] != o.answers[1][id] }
	return o.regrouped[s.ID] || slices.ContainsFunc(l.groups, func(id GroupID) bool {
		return differs(id) || l.orBelow && slices.ContainsFunc(o.now.refs.beneath(id), differs)
	})
}

// An imaginedChunk is its users of one chunk.
type imaginedChunk struct {
	*imagined
	chunk   int
	matters *userset.Set      // to whom it matters what differs
	terms   [2][]program.Term // within whom
	ending  *ending           // nil while nobody may end otherwise
}

// An ending is how users of a chunk end, and what conditions on the group would find of them then.
type ending struct {
	Consequence
	changed []otherAnswer
}

// otherAnswer is what conditions would find of a user in a group.
type otherAnswer struct {
	user    uint32
	verdict Verdict
}

// look compares the users of a chunk: those to whom what differs matters, by what else the rule asks. It does not to those of
// whom the rule says the same whatever that is, nor to those of whom it says what is stored, if that cannot be turned to
// anything else. Where what it says now is stored, to ask what it would say is no more than to ask that, unless records have
// to be looked at.
func (c *imagined) look(ctx context.Context, chunk int) (*ending, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	of := imaginedChunk{imagined: c, chunk: chunk}
	var room [program.Few]uint16
	if c.who.CountIn(chunk) > program.Few {
		of.narrow()
		if n := of.matters.CountIn(chunk); n > program.Few {
			of.remain()
			return of.byKind(ctx)
		}
		return of.eachOf(ctx, of.matters.Append(chunk, room[:0]))
	}
	records := c.records()
	return of.eachOf(ctx, slices.DeleteFunc(c.who.Append(chunk, room[:0]), func(u uint16) bool {
		if n := of.number(u); c.decided.tells(c.o.x, n) {
			if keeps := c.turns.keep(c.decided.says(n)); keeps || !records {
				return keeps
			}
		}
		return of.says(nil, u) != Unknown
	}))
}

// narrow finds to whom it matters: whom the rule may hold for, and, where these are many, must not.
func (c *imaginedChunk) narrow() {
	x, users := c.o.x, c.o.x.users(c.chunk)
	with, w := x.scratch(), x.sweeper()
	defer x.scratches.Put(with)
	defer x.sweepers.Put(w)
	those := &with.all
	c.who.Load(c.chunk, those)
	terms := askedWithin(c.was, c.who)
	_, may := w.machine.Evaluate(&c.may, terms, c.chunk, users)
	those.And(may)
	c.matters = new(userset.Set)
	if c.matters.Put(c.chunk, those, users); c.matters.CountIn(c.chunk) <= program.Few {
		return
	}
	terms[len(terms)-1].Yes = c.matters
	must, _ := w.machine.Evaluate(&c.must, terms, c.chunk, users)
	those.AndNot(must)
	c.matters.Put(c.chunk, those, users)
}

// remain finds what the rule asks of them.
func (c *imaginedChunk) remain() {
	c.terms = [2][]program.Term{askedWithin(c.was, c.matters), askedWithin(c.would, c.matters)}
	x := c.o.x
	with := x.scratch()
	defer x.scratches.Put(with)
	those := &with.all
	c.matters.Load(c.chunk, those)
	for _, d := range c.differ {
		would := &c.terms[1][d.term]
		if d.records {
			*would = c.o.left(d.by, d.who, c.chunk, those, with)
		} else if d.by != nil && len(c.differ) > 1 {
			would.Yes.Load(c.chunk, &with.yes)
			would.Unknown.Load(c.chunk, &with.unknown)
			d.who.And(c.chunk, &with.yes)
			d.who.And(c.chunk, &with.unknown)
			*would = x.within(c.chunk, those, with, c.was[d.term], d.who, &with.yes, &with.unknown)
		}
	}
}

// askedWithin are terms with one of some users.
func askedWithin(terms []program.Term, who *userset.Set) []program.Term {
	return append(slices.Clone(terms), program.Term{Yes: who, Unknown: new(userset.Set)})
}

// eachOf asks the rule of one user after the other.
func (c *imaginedChunk) eachOf(ctx context.Context, list []uint16) (*ending, error) {
	if len(list) == 0 {
		return nil, nil
	}
	would := c.would
	if c.records() {
		c.matters = new(userset.Set)
		c.matters.PutList(c.chunk, list, c.o.x.users(c.chunk))
		c.remain()
		would = c.terms[1]
	}
	for _, u := range list {
		if says := [2]Verdict{c.saysNow(u), c.says(would, u)}; says[0] != says[1] {
			if err := c.one(ctx, c.number(u), says); err != nil {
				return nil, err
			}
		}
	}
	return c.ending, nil
}

// records reports whether what a term would say is to be found by records.
func (c *imagined) records() bool {
	return slices.ContainsFunc(c.differ, func(d differing) bool { return d.records })
}

// number is that of a user of the chunk.
func (c *imaginedChunk) number(u uint16) uint32 { return uint32(c.chunk*userset.Chunk) + uint32(u) }

// saysNow is what the rule says of one user as things are.
func (c *imaginedChunk) saysNow(u uint16) Verdict {
	if n := c.number(u); c.decided.tells(c.o.x, n) {
		return c.decided.says(n)
	}
	return c.says(c.was, u)
}

// says is what the rule says of one user where what differs is as some terms have it, or without terms unknown. What is as
// it was is found by what the user has, for many groups side by side.
func (c *imaginedChunk) says(terms []program.Term, u uint16) Verdict {
	x, recipe, n := c.o.x, c.group.recipe, c.number(u)
	return verdictFrom(recipe.flat.Match(func(number uint32) program.Truth {
		var p *predicate
		var g int
		if number < groupsFrom {
			p = x.asked[number-1]
		} else {
			g = int(number - groupsFrom)
		}
		for i := range c.differ {
			if d := &c.differ[i]; d.by == p && (p != nil || d.term == recipe.groups[g].term) && d.who.Has(n) {
				if terms == nil {
					return program.Unknown
				}
				return terms[d.term].Of(n)
			}
		}
		if p != nil {
			return p.truth(n, true)
		}
		if t := c.was[recipe.groups[g].term]; t.Yes != nil {
			return t.Of(n)
		}
		return truthOf(c.named[g].held(func(t program.Term) Verdict { return verdictFrom(t.Of(n)) }))
	}))
}

// byKind asks the rule of all users at once.
func (c *imaginedChunk) byKind(ctx context.Context) (*ending, error) {
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
					return nil, err
				}
			}
		}
	}
	return c.ending, nil
}

// decide decides about users of whom the rule says that, as things are and as they would be: about those together who are
// of one kind.
func (c *imaginedChunk) decide(ctx context.Context, those *userset.Bits, says [2]Verdict, with *scratch) error {
	x, ro := c.o.x, c.group.roster
	alike, bit := &with.open, &with.yes
	if ro != nil && ro.odd.CountIn(c.chunk) > 0 {
		*alike = *those
		ro.odd.And(c.chunk, alike)
		for i := range alike.All() {
			if err := c.one(ctx, c.number(i), says); err != nil {
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
	s, x, now := c.group, c.o.x, c.o.now
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
	c.ends().each(s, ends, func(m *Moves) { m.put(id, c.o.most) })
	c.answer(n, ends)
	return nil
}

// ends is the ending, to be added to.
func (c *imaginedChunk) ends() *ending {
	if c.ending == nil {
		c.ending = new(ending)
	}
	return c.ending
}

// kind decides about users of one kind, but for what the rule says.
func (c *imaginedChunk) kind(those *userset.Bits, kind int, says [2]Verdict) {
	if those.Empty() {
		return
	}
	var ends [2]Standing
	for i, v := range says {
		_, ends[i] = c.o.now.end(c.group, kind+[...]int{Yes: 0, No: 2, Unknown: 4}[v])
	}
	c.note(those, ends)
}

// note notes how users of one kind end.
func (c *imaginedChunk) note(those *userset.Bits, ends [2]Standing) {
	c.ends().each(c.group, ends, func(m *Moves) {
		if m.Count += those.Count(); c.o.most > 0 {
			c.o.x.first(c.chunk, those, c.o.most, func(n uint32) { m.list(c.o.x.ids[n], c.o.most) })
		}
	})
	if c.read {
		for i := range those.All() {
			c.answer(c.number(i), ends)
		}
	}
}

// answer notes what conditions on the group find of a user.
func (c *imaginedChunk) answer(n uint32, ends [2]Standing) {
	if answer := c.group.answerOf(ends[1]); c.read && answer != c.group.answerOf(ends[0]) {
		of := c.ends()
		of.changed = append(of.changed, otherAnswer{n, answer})
	}
}
