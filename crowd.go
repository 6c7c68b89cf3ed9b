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
	of     *gathering
	poll   program.Poll
	terms  []program.Answers // of the rule at hand
	read   []program.Answers // what that reads of several groups
	joined []uint64
	list   []candidate
	// Of the users, who is in the sets of those names; also are those who are looked at whatever the rule says, and none nobody.
	bit, odd, undecided, also, none []uint64
}

// crowd is one that nobody uses, to be put back.
func (x *index) crowd() *crowd {
	if c, spare := x.crowds.Get().(*crowd); spare {
		return c
	}
	return new(crowd)
}

// candidates are those of a group that has a gathering. They are of use until the next call.
func (c *crowd) candidates(x *index, of *search) []candidate {
	s, ro := of.s, of.s.roster
	c.of, c.list = of.own, c.list[:0]
	c.none = slices.Grow(c.none[:0], c.of.users.Words())[:c.of.users.Words()]
	clear(c.none)
	c.load(&ro.unsettled, &c.also)
	if s.asks() || of.stirred != nil {
		c.load(&ro.bit, &c.bit)
	}
	c.mark(of)
	yes, possible, people := c.none, c.none, c.of.of[&x.present].known()
	if people == nil {
		people = c.none
	}
	if s.asks() {
		c.load(&ro.undecided, &c.undecided)
		yes, possible = c.verdicts(s, people)
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
	for w, stirred := range c.of.of[of.stirred].known() {
		c.also[w] |= stirred & (c.bit[w] | c.odd[w])
	}
}

// verdicts are whom of the users the rule of the group holds for, and whom it may hold for: those who are among the people.
func (c *crowd) verdicts(s *subject, people []uint64) (yes, possible []uint64) {
	c.terms = c.terms[:0]
	for _, t := range s.terms {
		if t.Yes == nil {
			c.terms = append(c.terms, program.Answers{}) // to be joined
			continue
		}
		c.terms = append(c.terms, c.of.answers(t))
	}
	c.joined = c.joined[:0]
	for _, j := range s.toJoin {
		c.read = c.read[:0]
		for _, t := range j.reads {
			c.read = append(c.read, c.of.answers(t))
		}
		yes, possible := c.poll.Evaluate(&j.of, c.read, c.of.users.Len())
		c.terms[j.term] = program.Answers{Yes: c.keep(yes, c.none), Unknown: c.keep(possible, yes)}
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

// keep is a copy of bits without others.
func (c *crowd) keep(list, without []uint64) []uint64 {
	from := len(c.joined)
	for w := range list {
		c.joined = append(c.joined, list[w]&^without[w])
	}
	return c.joined[from:len(c.joined):len(c.joined)]
}
