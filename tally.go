package groups

import (
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/userset"
)

// This file holds what a run by an index does less where only the number is asked for, and the first of who
// they are.

// kinds is how many kinds there are of active users of whom nothing is stored but, perhaps, the bit: those of
// one kind all end alike. A kind is by what the rule says, and then by the bit.
const kinds = 6

// kind is what the rule says of a kind of users, and what is stored about them in the group.
func (s *subject) kind(k int) (Verdict, Standing) {
	v := []Verdict{Yes, No, Unknown}[k/2]
	if k%2 == 0 || s.roster == nil {
		return v, Standing{}
	}
	return v, s.roster.plain(s.ID, "")
}

// end is how a kind of users ends.
func (r *run) end(s *subject, k int) (stored, next Standing) {
	v, stored := s.kind(k)
	next, _ = s.settle(&User{Activation: Activated}, v, stored, r.now, r.e.opts.Exclusions)
	return stored, next
}

// tally counts those who are active and of whom nothing is stored but, perhaps, the bit, by their kind. Found
// are the others whom the rule or what is stored has something to do with.
func (w *sweeper) tally(c *search, out *candidates, group int, yes, possible *userset.Bits) {
	ro := c.s.roster
	if ro == nil {
		ro = new(roster)
	}
	if out.alike == nil {
		out.alike = make([][kinds]int, len(out.start)-1)
	}
	out.first.size = c.page
	w.found = *possible
	ro.bit.Or(w.chunk, &w.found)
	plain := &w.plain
	*plain = w.found
	w.x.steady.And(w.chunk, plain)
	ro.odd.AndNot(w.chunk, plain)
	ro.odd.Or(w.chunk, &w.found)
	w.found.AndNot(plain)
	for k := range kinds {
		of := &w.scratch
		*of = *plain
		switch {
		case k/2 == 0:
			of.And(yes)
		case k/2 == 1:
			of.AndNot(possible)
		case yes == possible:
			continue
		default:
			of.And(possible)
			of.AndNot(yes)
		}
		if k%2 == 0 {
			ro.bit.AndNot(w.chunk, of)
		} else {
			ro.bit.And(w.chunk, of)
		}
		out.alike[group][k] = of.Count()
		if c.enters[k] && c.page > 0 {
			for i := range of.All() {
				out.first.put(Member{w.x.ids[w.chunk*userset.Chunk+int(i)], Automatic})
			}
		}
	}
}

// countAlike decides about one user of a kind for n of them.
func (r *run) countAlike(s *subject, k, n int) {
	stored, next := r.end(s, k)
	if next.Undecided {
		s.undecided += n
	}
	for _, c := range []struct {
		to        *int
		was, will Method
	}{{&s.diff.Population, stored.Population, next.Population}, {&s.diff.Members, stored.Member, next.Member}} {
		if c.was != Outside {
			*c.to -= n
		}
		if c.will != Outside {
			*c.to += n
		}
	}
}

// A page is the first members by their IDs, as many as its size says.
type page struct {
	size int
	list []Member
}

// put puts a member in where they belong, unless the page is full of others before.
func (p *page) put(m Member) {
	if full := len(p.list) == p.size; full && (p.size == 0 || p.list[p.size-1].User < m.User) {
		return
	} else if full {
		p.list = p.list[:p.size-1]
	}
	at, _ := slices.BinarySearchFunc(p.list, m.User, func(m Member, id UserID) int { return strings.Compare(string(m.User), string(id)) })
	p.list = slices.Insert(p.list, at, m)
}
