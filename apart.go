package groups

import (
	"context"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds how an index tells for whom two rules differ: it goes through the chunks of the users, and combines
// whom the rules hold for.

// byIndex asks the index.
func (c *contrast) byIndex(ctx context.Context, x *index) error {
	read := map[GroupID]bool{}
	terms := 0
	for _, s := range c.sides {
		for _, id := range s.needs {
			read[id] = true
		}
		terms += len(s.recipe.terms)
	}
	answers := map[GroupID]program.Term{}
	for _, s := range c.r.order {
		if read[s.ID] {
			answers[s.ID] = x.answer(s, s.State.Live, nil)
		}
	}
	for _, s := range c.sides {
		c.r.enterTerms(s, x, answers)
		x.join(s)
	}
	chunks := x.chunks()
	found := make([]partings, chunks)
	errs := make([]error, chunks)
	alone := c.sides[0].scope != nil // whoever asks the Directory
	inParallelIf(!alone && chunks*terms > fewTerms, chunks, func() func(int) {
		return func(chunk int) {
			if errs[chunk] = ctx.Err(); errs[chunk] != nil {
				return
			}
			d := divider{c: c, x: x, chunk: chunk, users: x.users(chunk), found: &found[chunk], with: x.scratch()}
			defer x.scratches.Put(d.with)
			for i := range d.sides {
				d.sides[i] = x.sweeper()
				defer x.sweepers.Put(d.sides[i])
			}
			errs[chunk] = d.divide(ctx)
		}
	})
	for chunk := range found {
		if errs[chunk] != nil {
			return errs[chunk]
		}
		c.found.add(&found[chunk])
	}
	for i := range c.found {
		for j := range c.found[i] {
			of := &c.found[i][j]
			of.trim(c.most)
			for _, d := range of.first {
				for _, k := range c.telling(d.said, func(k int) Verdict { return c.says(k, d.n) }) {
					t := &of.tells[k][d.said[c.conditions[k].Rule]]
					t.first = append(t.first, d.id)
				}
			}
		}
	}
	return nil
}

// add adds what was found in another chunk.
func (c *partings) add(other *partings) {
	for i := range c {
		for j := range c[i] {
			more := &other[i][j]
			if more.users == 0 {
				continue
			}
			of := c.at([2]Verdict{Verdict(i), Verdict(j)}, len(more.tells))
			of.users += more.users
			of.first = append(of.first, more.first...)
			for k := range more.tells {
				for v := range more.tells[k] {
					of.tells[k][v].users += more.tells[k][v].users
				}
			}
		}
	}
}

// literal is a condition as the index has it.
func (c *contrast) literal(i int) (program.Term, bool) {
	of := &c.conditions[i]
	s := c.sides[of.Rule]
	l := s.recipe.program.Clauses[of.set].Literals[of.place]
	return s.terms[l.Term], l.Negated
}

// says is what a condition says of a user.
func (c *contrast) says(i int, n uint32) Verdict {
	term, negated := c.literal(i)
	if term.Unknown.Has(n) {
		return Unknown
	}
	return verdictOf(term.Yes.Has(n) != negated)
}

// A divider divides the users of a chunk by what two rules say.
type divider struct {
	opinions
	c            *contrast
	x            *index
	chunk, users int
	sides        [2]*sweeper
	found        *partings
	with         *scratch
}

func (d *divider) divide(ctx context.Context) error {
	for i, w := range d.sides {
		w.enter(d.chunk, d.users)
		s := d.c.sides[i]
		d.yes[i], d.possible[i] = w.machine.Evaluate(&s.recipe.program, s.terms, d.chunk, d.users)
		w.among(d.yes[i])
		if d.possible[i] != d.yes[i] {
			w.among(d.possible[i])
		}
	}
	for _, first := range []Verdict{Yes, No, Unknown} {
		for _, second := range []Verdict{Yes, No, Unknown} {
			said := [2]Verdict{first, second}
			if first == second || !d.load(said, &d.with.all) {
				continue
			}
			if err := d.within(ctx, said, &d.with.all); err != nil {
				return err
			}
		}
	}
	return nil
}

// Opinions are what two rules say of the users of a chunk: whom they hold for, and whom they may hold for.
type opinions struct{ yes, possible [2]*userset.Bits }

// load finds those of whom the rules say that, and reports whether there are any. One of the rules at least may hold
// for them.
func (o *opinions) load(said [2]Verdict, those *userset.Bits) bool {
	for i, v := range said {
		if v == Unknown && o.possible[i] == o.yes[i] {
			return false
		}
	}
	begin := 0
	if said[0] == No {
		begin = 1
	}
	if *those = *o.possible[begin]; said[begin] == Yes {
		*those = *o.yes[begin]
	}
	for i, v := range said {
		switch {
		case v == Yes && i != begin:
			those.And(o.yes[i])
		case v == No:
			those.AndNot(o.possible[i])
		case v == Unknown:
			those.AndNot(o.yes[i])
			if i != begin {
				those.And(o.possible[i])
			}
		}
	}
	return !those.Empty()
}

// within files those who were found under what the rules say within the scope of the owner.
func (d *divider) within(ctx context.Context, said [2]Verdict, those *userset.Bits) error {
	s := d.c.sides[0]
	switch {
	case s.unread:
		d.file(those, said, d.unsure(said))
		return nil
	case s.scope == nil:
		d.file(those, said, said)
		return nil
	}
	scoped, doubt := &d.with.yes, &d.with.unknown
	scoped.Reset()
	doubt.Reset()
	for i := range those.All() {
		u, err := d.c.r.user(ctx, d.x.ids[d.chunk*userset.Chunk+int(i)])
		if err != nil {
			return err
		}
		if u == nil {
			continue // gone meanwhile
		}
		switch s.scope(u) {
		case Yes:
			scoped.Set(i)
		case Unknown:
			doubt.Set(i)
		}
	}
	d.file(scoped, said, said)
	d.file(doubt, said, d.unsure(said))
	return nil
}

// unsure is what rules say where it is not known whether the user is in the scope.
func (d *divider) unsure(said [2]Verdict) [2]Verdict {
	return [2]Verdict{MatchAll.join(said[0], Unknown), MatchAll.join(said[1], Unknown)}
}

// file counts users of whom the rules say one thing by themselves, and one within the scope.
func (d *divider) file(those *userset.Bits, said, says [2]Verdict) {
	users := those.Count()
	if users == 0 || says[0] == says[1] {
		return
	}
	c := d.c
	of := d.found.at(says, len(c.conditions))
	of.users += users
	if c.most > 0 {
		d.list(of, those, said)
	}
	rest := &d.with.open // whom no condition that only one rule has tells apart
	*rest = *those
	for i := range c.conditions {
		if v := said[c.conditions[i].Rule]; c.conditions[i].own {
			of.tells[i][v].users += d.count(i, v, those, users)
			d.without(i, v, rest)
		}
	}
	if users = rest.Count(); users == 0 {
		return
	}
	for i := range c.conditions {
		if v := said[c.conditions[i].Rule]; !c.conditions[i].own {
			of.tells[i][v].users += d.count(i, v, rest, users)
		}
	}
}

// list lists the first of users by their IDs.
func (d *divider) list(of *parting, those *userset.Bits, said [2]Verdict) {
	d.x.first(d.chunk, those, d.c.most, func(n uint32) { of.put(dissenter{d.x.ids[n], n, said}, d.c.most) })
}

// first tells of all those among some users of a chunk who may be one of the first so many by their IDs.
func (x *index) first(chunk int, those *userset.Bits, most int, tell func(n uint32)) {
	with := x.scratch()
	defer x.scratches.Put(with)
	some, base := &with.met, uint32(chunk*userset.Chunk)
	*some = *those
	x.ascending.And(chunk, some)
	left := most
	for i := range some.All() {
		if left == 0 {
			break
		}
		left--
		tell(base + uint32(i))
	}
	*some = *those
	x.ascending.AndNot(chunk, some)
	for i := range some.All() {
		tell(base + uint32(i))
	}
}

// count is of how many users a condition says that.
func (d *divider) count(i int, v Verdict, of *userset.Bits, users int) int {
	term, negated := d.c.literal(i)
	switch {
	case v == Unknown:
		return term.Unknown.CountAnd(d.chunk, of)
	case (v == Yes) != negated:
		return term.Yes.CountAnd(d.chunk, of)
	}
	return users - term.Yes.CountAnd(d.chunk, of) - term.Unknown.CountAnd(d.chunk, of)
}

// without takes those out of whom a condition says that.
func (d *divider) without(i int, v Verdict, out *userset.Bits) {
	term, negated := d.c.literal(i)
	switch {
	case v == Unknown:
		term.Unknown.AndNot(d.chunk, out)
	case (v == Yes) != negated:
		term.Yes.AndNot(d.chunk, out)
	default:
		term.Yes.AndEither(term.Unknown, d.chunk, out)
	}
}
