package groups

import (
	"math/bits"
	"slices"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds whom of a gathering a run decides about.

// A crowd looks at a gathering for one group after the other. It is scratch memory.
type crowd struct {
	of    *gathering
	poll  program.Poll
	terms []program.Answers // of the rule at hand
	read  []program.Answers // what that reads of several groups
	room  []uint64          // for what it reads
	list  []candidate
	// Of the users, who is in the sets of those names; also are those who are looked at whatever the rule says, and none nobody.
	bit, odd, undecided, stirred, also, none []uint64
}

// crowd is one that nobody uses, to be put back.
func (x *index) crowd() *crowd {
	if c, spare := x.crowds.Get().(*crowd); spare {
		return c
	}
	return new(crowd)
}

// candidates are those of a group that has a gathering. They are of use until the next call.
func (c *crowd) candidates(of *search) []candidate {
	s, ro := of.s, of.s.roster
	c.of, c.list = of.own, c.list[:0]
	c.none = slices.Grow(c.none[:0], c.of.users.Words())[:c.of.users.Words()]
	clear(c.none)
	c.load(&ro.unsettled, &c.also)
	if s.asks() || of.stirred != nil {
		c.load(&ro.bit, &c.bit)
	}
	c.mark(of)
	yes, possible, people := c.none, c.none, c.of.people.known()
	if people == nil {
		people = c.none
	}
	if s.asks() {
		c.load(&ro.undecided, &c.undecided)
		yes, possible = c.verdicts(of, people)
	}
	for w, found := range c.also {
		if s.asks() {
			// Those of whom the rule does not say what the bit does, who were undecided, or of whom it is not certain
			// what it says.
			found |= (possible[w]^c.bit[w])&people[w] | c.undecided[w] | possible[w]&^yes[w]
		}
		for ; found != 0; found &= found - 1 {
			at := bits.TrailingZeros64(found)
			user, is := c.of.users.User(uint16(w<<6|at)), func(word uint64) bool { return word>>at&1 != 0 }
			v := No
			switch {
			case is(yes[w]):
				v = Yes
			case !is(possible[w]):
			case !is(c.also[w]) && (is(c.undecided[w]) || ro.firm.Has(user) || ro.population.Has(user) && !ro.byRule.Has(user)):
				continue // who was undecided still is, and who is in by assignment too
			default:
				v = Unknown
			}
			c.list = append(c.list, candidate{user, v})
		}
	}
	c.of = nil
	return c.list
}

// load makes the bits those of the users who are in a set.
func (c *crowd) load(s *userset.Set, into *[]uint64) {
	*into = slices.Grow((*into)[:0], len(c.none))[:len(c.none)]
	c.of.users.Load(s, *into)
}

// mark puts those among also who are looked at whatever the rule says.
func (c *crowd) mark(of *search) {
	for _, u := range of.ended {
		if i, here := c.of.users.Find(u); here {
			c.also[i>>6] |= 1 << (i & 63)
		}
	}
	if of.stirred == nil {
		return
	}
	c.load(&of.s.roster.odd, &c.odd)
	c.load(of.stirred, &c.stirred)
	for w, stirred := range c.stirred {
		c.also[w] |= stirred & (c.bit[w] | c.odd[w])
	}
}

// verdicts are whom of the users the rule of the group holds for, and whom it may hold for: those who are among the people.
func (c *crowd) verdicts(of *search, people []uint64) (yes, possible []uint64) {
	s := of.s
	c.room = c.room[:0]
	c.terms = slices.Grow(c.terms[:0], len(s.terms))[:len(s.terms)]
	for i, r := range of.replies {
		c.terms[s.recipe.places[i]] = r.answers()
	}
	for _, g := range s.recipe.groups {
		if t := s.terms[g.term]; t.Yes != nil { // or it is joined
			c.terms[g.term] = c.answers(t)
		}
	}
	for _, j := range s.toJoin {
		c.read = c.read[:0]
		for _, t := range j.reads {
			c.read = append(c.read, c.answers(t))
		}
		yes, possible := c.poll.Evaluate(&j.of, c.read, c.of.users.Len())
		holds, unknown := c.bits(), c.bits()
		for w := range yes {
			holds[w], unknown[w] = yes[w], possible[w]&^yes[w]
		}
		c.terms[j.term] = program.Answers{Yes: holds, Unknown: unknown}
	}
	yes, possible = c.poll.Evaluate(&s.recipe.program, c.terms, c.of.users.Len())
	clear(c.terms)
	clear(c.read[:cap(c.read)])
	for w := range yes {
		yes[w] &= people[w]
		possible[w] &= people[w]
	}
	return yes, possible
}

// answers are what a term says of the users.
func (c *crowd) answers(t program.Term) program.Answers {
	return program.Answers{Yes: c.within(t.Yes), Unknown: c.within(t.Unknown)}
}

// within are those of the users who are in a set, or nil of nobody.
func (c *crowd) within(s *userset.Set) []uint64 {
	if s.Count() == 0 {
		return nil
	}
	in := c.bits()
	c.of.users.Load(s, in)
	return in
}

// bits has room for a bit of each of the users, whatever they are now, until the next group.
func (c *crowd) bits() []uint64 {
	from, words := len(c.room), len(c.none)
	c.room = slices.Grow(c.room, words)[:from+words] // what was given before stays where it is
	return c.room[from:][:words:words]
}
