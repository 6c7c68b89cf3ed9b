package groups

import (
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/userset"
)

// This file holds what a run by an index does less where only the number is asked for, and the first of who
// they are.

// kinds is how many kinds there are of users of whom nothing is stored but, perhaps, the bit: those of one kind all
// end alike. A kind is by who is looked at, which is among the people with an activation or not, then by what the rule
// says, and then by the bit.
const (
	kinds   = 4 * kindsOf
	kindsOf = 6
)

// kindsFrom is where the kinds begin of those who have a code of the status aspect.
func kindsFrom(code uint32) int {
	if code == 0 {
		return 0
	}
	return kindsOf * (1 + int(activationOf(code)))
}

// end is how a kind of users ends.
func (r *run) end(s *subject, k int) (stored, next Standing) {
	var u *User
	if of := k / kindsOf; of > 0 {
		u = &User{Activation: Activation(of - 1)}
	}
	if k%2 == 1 {
		stored = s.roster.plain(s.ID, "")
	}
	next, _ = s.settle(u, []Verdict{Yes, No, Unknown}[k%kindsOf/2], stored, r.now, r.e.opts.Exclusions)
	return stored, next
}

// tally counts those of whom nothing is stored but, perhaps, the bit, by their kind. Found are the others whom what
// is stored has something to do with, if anything is.
func (w *sweeper) tally(c *search, out *candidates, group int, yes, possible *userset.Bits) {
	if out.alike == nil {
		out.alike = make([]Tally, len(out.start)-1)
	}
	out.first.size = c.page
	ro := c.s.roster
	if ro == nil {
		if possible.Empty() {
			return
		}
		ro = &w.blank
	}
	alike := &out.alike[group]
	base := w.chunk * userset.Chunk
	found := &w.found
	if c.page == 0 {
		for of := range w.x.switched {
			w.tallyPeople(ro, &w.x.switched[of], yes, possible, [kindsOf]effect(c.effects[kindsOf*(1+of):]), alike)
		}
		if c.s.roster == nil {
			return
		}
		ro.bit.Load(w.chunk, found)
		w.x.present.AndNot(w.chunk, found)
	} else {
		*found = *possible
		ro.bit.Or(w.chunk, found)
	}
	ro.odd.AndNot(w.chunk, found)
	for i := range found.All() {
		n := uint32(base + int(i))
		k := kindsFrom(w.x.status.codes.Code(n))
		switch {
		case yes.Has(i):
		case possible.Has(i):
			k += 4
		default:
			k += 2
		}
		if ro.bit.Has(n) {
			k++
		}
		if c.effects[k].add(alike, 1); c.effects[k].enters {
			out.first.put(Member{w.x.ids[n], Automatic})
		}
	}
	ro.odd.Load(w.chunk, found)
}

// tallyPeople is tally for some of the people, by what the rule says and the bit.
func (w *sweeper) tallyPeople(ro *roster, people *userset.Set, yes, possible *userset.Bits, effects [kindsOf]effect, alike *Tally) {
	if people.CountIn(w.chunk) == 0 || effects == [kindsOf]effect{} {
		return
	}
	bits, odd := ro.bit.CountIn(w.chunk) > 0, ro.odd.CountIn(w.chunk) > 0
	count := func(of *userset.Bits) (all, bit int) {
		if !bits && !odd {
			return people.CountAnd(w.chunk, of), 0
		}
		plain := &w.scratch
		*plain = *of
		ro.odd.AndNot(w.chunk, plain)
		if all = people.CountAnd(w.chunk, plain); bits {
			ro.bit.And(w.chunk, plain)
			bit = people.CountAnd(w.chunk, plain)
		}
		return all, bit
	}
	sure, sureBit := count(yes)
	may, mayBit := sure, sureBit
	switch {
	case possible == yes:
	case w.listed && !bits && !odd:
		for _, i := range w.doubted {
			if possible.Has(i) && people.Has(uint32(w.chunk*userset.Chunk)+uint32(i)) {
				may++
			}
		}
	default:
		may, mayBit = count(possible)
	}
	effects[0].add(alike, sure-sureBit)
	effects[1].add(alike, sureBit)
	effects[4].add(alike, may-sure-(mayBit-sureBit))
	effects[5].add(alike, mayBit-sureBit)
	if bits {
		ro.bit.Load(w.chunk, &w.plain)
		_, bit := count(&w.plain)
		effects[3].add(alike, bit-mayBit)
	}
}

// An effect is what deciding about one user changes of the counts, and whether they are in then.
type effect struct {
	population, members, undecided int8
	enters                         bool
}

// effects are those of all kinds of which there may be anybody who is counted.
func (r *run) effects(s *subject, x *index) (all [kinds]effect) {
	for of := range kinds / kindsOf {
		if of > 0 && x.switched[of-1].Count() == 0 {
			continue
		}
		for _, k := range [...]int{0, 4, 1, 3, 5} { // who has no bit, and the rule does not hold for, is left alone
			if k%2 == 0 && of > 0 || k%2 == 1 && s.roster != nil {
				all[kindsOf*of+k] = r.effect(s, kindsOf*of+k)
			}
		}
	}
	return all
}

// effect decides about one user of a kind.
func (r *run) effect(s *subject, k int) effect {
	stored, next := r.end(s, k)
	one := func(is bool) int8 {
		if is {
			return 1
		}
		return 0
	}
	return effect{
		population: one(next.Population != Outside) - one(stored.Population != Outside),
		members:    one(next.Member != Outside) - one(stored.Member != Outside),
		undecided:  one(next.Undecided),
		enters:     next.Population != Outside,
	}
}

// add adds the effect of deciding about so many users.
func (e effect) add(sum *Tally, users int) {
	sum.Population += users * int(e.population)
	sum.Members += users * int(e.members)
	sum.Undecided += users * int(e.undecided)
}

// A page is the first members by their IDs, as many as its size says.
type page struct {
	size int
	list []Member
}

// put puts a member in where they belong, unless the page is full of others before.
func (p *page) put(m Member) {
	p.list = putFirst(p.list, p.size, m, func(m Member) UserID { return m.User })
}

// putFirst puts something of a user in where it belongs, unless the list is as long as it may be, of others before.
func putFirst[T any](list []T, most int, v T, user func(T) UserID) []T {
	if full := len(list) == most; full && (most == 0 || user(list[most-1]) < user(v)) {
		return list
	} else if full {
		list = list[:most-1]
	}
	at, _ := slices.BinarySearchFunc(list, user(v), func(of T, id UserID) int { return strings.Compare(string(user(of)), string(id)) })
	return slices.Insert(list, at, v)
}
