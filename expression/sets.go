package expression

import (
	"math"

	"github.com/grouprules/groups"
)

// positive returns the same expression without -not: what it stands before is turned round, down to the conditions,
// each of which has an opposite that is right for Unknown as well.
func (n *node) positive(negated bool) *node {
	switch {
	case n.join == not:
		kid := *n.kids[0].positive(!negated)
		if n.parens > 0 {
			kid.parens = n.parens
		}
		return &kid
	case n.join == leaf && negated:
		kid := *n
		kid.cond = turned(n.cond)
		return &kid
	case n.join == leaf:
		return n
	}
	out := &node{join: n.join, parens: n.parens, position: n.position}
	if negated {
		out.join = and + or - n.join
	}
	for _, kid := range n.kids {
		out.kids = append(out.kids, kid.positive(negated))
	}
	return out
}

// turned is the opposite of a condition. There is nobody without an ID, which is the opposite of everyone.
func turned(c groups.Condition) groups.Condition {
	switch c := c.(type) {
	case groups.FieldCondition:
		return c.Not()
	case groups.UnitCondition:
		return c.Not()
	case groups.UserCondition:
		return c.Not()
	case groups.EnrollmentCondition:
		return c.Not()
	case groups.GroupCondition:
		return c.Not()
	case groups.StatusCondition:
		return c.Not()
	}
	return groups.ID.IsEmpty()
}

// arrange makes criteria of an expression without -not: those that it is written as, where it is two levels that
// keep to the limits, and else the smaller of its two normal forms that does.
func (r *reader) arrange(n *node) groups.Criteria {
	c, ok := n.asWritten()
	if ok && r.fits(c) {
		return c
	}
	all, some := n.measure(and), n.measure(or)
	fitsAll, fitsAny := all.fits(r.limits), some.fits(r.limits)
	switch {
	case fitsAny && (!fitsAll || some.total < all.total || some.total == all.total && n.join == or):
		c = groups.Criteria{Match: groups.MatchAny, Sets: r.sets(n, or)}
	case fitsAll:
		c = groups.Criteria{Match: groups.MatchAll, Sets: r.sets(n, and)}
	default:
		r.problem(n.position, "size", "needs %s any of which is enough, or %s all of which must hold; at most %d sets of %d are allowed",
			some.need(r.limits), all.need(r.limits), r.limits.Sets, r.limits.Conditions)
		return groups.Criteria{}
	}
	if len(c.Sets) == 1 {
		c.Match = groups.MatchAll
	}
	r.note(n.position, "rearranged", "the parentheses became %s %s", counted(int64(len(c.Sets)), "set"),
		map[groups.Match]string{groups.MatchAll: "all of which must hold", groups.MatchAny: "any of which is enough"}[c.Match])
	return c
}

func (r *reader) fits(c groups.Criteria) bool {
	for _, s := range c.Sets {
		if len(s.Conditions) > r.limits.Conditions {
			return false
		}
	}
	return len(c.Sets) <= r.limits.Sets
}

// asWritten reads an expression of two levels. Conditions in parentheses of their own are conditions of one set,
// unless all are in two: then each is a set.
func (n *node) asWritten() (c groups.Criteria, ok bool) {
	if s, ok := n.set(); ok && (n.join == leaf || n.each(func(kid *node) bool { return kid.join == leaf && kid.parens < 2 })) {
		return groups.AllSets(s), true
	}
	c.Match = n.match()
	for _, kid := range n.kids {
		s, ok := kid.set()
		if !ok {
			return c, false
		}
		c.Sets = append(c.Sets, s)
	}
	return c, n.join != leaf
}

// set reads an expression of one level.
func (n *node) set() (s groups.Set, ok bool) {
	if n.join == leaf {
		return groups.All(n.cond), true
	}
	s.Match = n.match()
	for _, kid := range n.kids {
		if kid.join != leaf {
			return s, false
		}
		s.Conditions = append(s.Conditions, kid.cond)
	}
	return s, len(s.Conditions) > 0
}

func (n *node) match() groups.Match {
	if n.join == or {
		return groups.MatchAny
	}
	return groups.MatchAll
}

func (n *node) each(holds func(*node) bool) bool {
	for _, kid := range n.kids {
		if !holds(kid) {
			return false
		}
	}
	return true
}

// A size is how large a normal form is, known before it is made: one may have more clauses than there is memory.
type size struct {
	clauses int64 // conditions, and lists of conditions joined by the other word
	single  int64 // clauses of one condition, of which a set can take several
	width   int64 // conditions of the longest clause
	total   int64 // conditions of all clauses
}

// measure is the size of the normal form whose clauses are joined by outer.
func (n *node) measure(outer join) size {
	if n.join == leaf {
		return size{1, 1, 1, 1}
	}
	out := n.kids[0].measure(outer)
	for _, kid := range n.kids[1:] {
		s := kid.measure(outer)
		if n.join == outer {
			out = size{plus(out.clauses, s.clauses), plus(out.single, s.single), max(out.width, s.width), plus(out.total, s.total)}
		} else { // each clause with each
			out = size{times(out.clauses, s.clauses), 0, plus(out.width, s.width),
				plus(times(out.total, s.clauses), times(s.total, out.clauses))}
		}
	}
	return out
}

// sets is how many sets the clauses need.
func (s size) sets(most groups.Limits) int64 {
	each := int64(max(most.Conditions, 1))
	return plus(s.clauses-s.single, (s.single+each-1)/each)
}

func (s size) fits(most groups.Limits) bool {
	return s.sets(most) <= int64(most.Sets) && s.width <= int64(most.Conditions)
}

func (s size) need(most groups.Limits) string {
	return counted(s.sets(most), "set") + " of up to " + counted(max(s.width, min(s.single, int64(most.Conditions))), "condition")
}

// enormous stands for itself and everything above.
const enormous = math.MaxInt32

func plus(a, b int64) int64  { return min(a+b, enormous) }
func times(a, b int64) int64 { return min(a*b, enormous) }

// sets makes the sets of the normal form whose clauses are joined by outer. It must fit.
func (r *reader) sets(n *node, outer join) (list []groups.Set) {
	outside, inside := groups.MatchAll, groups.MatchAny
	if outer == or {
		outside, inside = inside, outside
	}
	open := -1 // the set that takes the next single condition
	for _, clause := range n.clauses(outer) {
		switch {
		case len(clause) > 1:
			list = append(list, groups.Set{Match: inside, Conditions: clause})
		case open < 0 || len(list[open].Conditions) == r.limits.Conditions:
			open = len(list)
			list = append(list, groups.All(clause[0]))
		default:
			list[open].Match = outside
			list[open].Conditions = append(list[open].Conditions, clause[0])
		}
	}
	return list
}

func (n *node) clauses(outer join) [][]groups.Condition {
	if n.join == leaf {
		return [][]groups.Condition{{n.cond}}
	}
	list := n.kids[0].clauses(outer)
	for _, kid := range n.kids[1:] {
		more := kid.clauses(outer)
		if n.join == outer {
			list = append(list, more...)
			continue
		}
		var product [][]groups.Condition
		for _, a := range list {
			for _, b := range more {
				product = append(product, append(a[:len(a):len(a)], b...))
			}
		}
		list = product
	}
	return list
}
