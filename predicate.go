package groups

import (
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds the conditions of an index: predicates, which all groups share, and the programs that
// join them.

// A predicate is a condition, not negated, with the users it holds for and those of whom that is not
// known. However many rules have it, negated or not, there is one.
type predicate struct {
	// What is asked about one user stands together, where a processor finds it at once. filled says that the sets
	// are up to date, as of a day where time alone can change them.
	filled       bool
	relative     bool
	day          calendar.Day
	yes, unknown userset.Set

	leaf   leaf // not negated
	aspect aspect
	view   View
	// flips is told of users for whom the predicate becomes another; spoilt says that it was filled, and that
	// filling it again tells of those for whom it is another now.
	flips  *flips
	spoilt bool
	// uses are the groups whose rule has it.
	uses []use
	// number is by which those ask who look at one user, from 1 on; 0 is none yet.
	number uint32
	table  []Verdict // of a valued aspect: by value
	// turnsOn is the earliest day after the one of turnsFrom that brings a change, worked out when the aspect
	// had seen so many changes; turning is a value that it changes for.
	turnsOn, turnsFrom calendar.Day
	turnsAt            uint64
	turnsKnown         bool
	turning            uint32
	used               uint64 // by which refresh of the index
	weight             int    // as it was last counted
}

// The effort to ask about one user: a set of bits or of nobody, one that is searched, and a group.
const (
	bitEffort    = 1
	searchEffort = 3
	groupEffort  = 100
)

// question is the predicate for who asks about one of so many users.
func (p *predicate) question(users int) program.Question {
	q := program.Question{Number: p.number, Chance: float64(p.yes.Count()) / float64(max(users, 1))}
	for _, set := range []*userset.Set{&p.yes, &p.unknown} {
		if n := set.Count(); n > 0 && n < users/128 {
			q.Effort += searchEffort
		} else {
			q.Effort += bitEffort
		}
	}
	return q
}

// weigh brings the sum of what predicates weigh up to date.
func (p *predicate) weigh(sum *int) {
	was := p.weight
	p.weight = p.yes.Bytes() + p.unknown.Bytes() + len(p.table)
	*sum += p.weight - was
}

// set brings one user up to date.
func (p *predicate) set(n uint32, v Verdict) {
	if v == Unknown {
		p.flips.unsure.Add(n)
	}
	switch yes, unknown := p.keep(n, v); {
	case !yes && !unknown:
	default:
		p.flips.add(n, flip{p, v == Yes || v == Unknown && !yes, truthOf(v)})
	}
}

// keep is set for who tells nobody, and reports in which of the sets the user was not as they are now.
func (p *predicate) keep(n uint32, v Verdict) (yes, unknown bool) {
	switch v {
	case Yes:
		return p.yes.Add(n), p.unknown.Remove(n)
	case No:
		return p.yes.Remove(n), p.unknown.Remove(n)
	}
	return p.yes.Remove(n), p.unknown.Add(n)
}

// truthOf is a verdict as programs have it.
func truthOf(v Verdict) program.Truth {
	return [...]program.Truth{No: program.No, Unknown: program.Unknown, Yes: program.Yes}[v]
}

// touch tells of a user who has another value now, where that can change when time changes the predicate.
func (p *predicate) touch(n uint32) {
	if p.relative {
		p.flips.add(n, flip{predicate: p})
	}
}

// spoil has the predicate filled again.
func (p *predicate) spoil() {
	if p.filled {
		p.filled, p.spoilt = false, true
		p.flips.spoilt = append(p.flips.spoilt, p)
	}
}

// turn is the earliest day after today that changes the predicate for somebody.
func (p *predicate) turn(today calendar.Day) calendar.Day {
	if changes := p.aspect.asking().changes; !p.turnsKnown || p.turnsFrom != today || p.turnsAt != changes {
		p.turnsOn, p.turnsFrom, p.turnsAt, p.turnsKnown = p.aspect.turn(p, today), today, changes, true
	}
	return p.turnsOn
}

// predicateKey tells predicates apart: what the condition says in JSON, what it answers on Empty, and the
// zone in which its dates turn.
type predicateKey struct {
	text  string
	empty Verdict
	zone  *time.Location
}

// positive is a leaf without its negation, and what it answers on Empty.
func positive(l leaf) (leaf, Verdict) {
	switch l := l.(type) {
	case *fieldLeaf:
		p := *l
		if p.negated, p.empty = false, l.empty; l.negated {
			p.empty = l.empty.not()
		}
		return &p, p.empty
	case *unitLeaf:
		p := *l
		if p.negated, p.empty = false, l.empty; l.negated {
			p.empty = l.empty.not()
		}
		return &p, p.empty
	case *userLeaf:
		p := *l
		p.negated = false
		return &p, No
	case *enrollmentLeaf:
		p := *l
		p.negated = false
		return &p, No
	case *statusLeaf:
		p := *l
		p.negated = false
		return &p, No
	}
	return l, No // everyone is never negated, and groups are no predicates
}

// unsigned is a condition as a predicate is named by: without its negation, and without what it answers on
// Empty.
func unsigned(c Condition) Condition {
	switch c := c.(type) {
	case FieldCondition:
		c.Negated, c.OnEmpty = false, ByOperator
		return c
	case UnitCondition:
		c.Negated, c.OnEmpty = false, ByOperator
		return c
	case UserCondition:
		c.Negated = false
		return c
	case EnrollmentCondition:
		c.Negated = false
		return c
	case StatusCondition:
		c.Negated = false
		return c
	}
	return c
}

// isNegated reports whether a leaf is the complement of its positive form.
func isNegated(l leaf) bool {
	switch l := l.(type) {
	case *fieldLeaf:
		return l.negated
	case *unitLeaf:
		return l.negated
	case *userLeaf:
		return l.negated
	case *enrollmentLeaf:
		return l.negated
	case *statusLeaf:
		return l.negated
	case *groupLeaf:
		return l.negated
	}
	return false
}

// isRelative reports whether time alone can change what the leaf says.
func isRelative(l leaf) bool {
	switch l := l.(type) {
	case *fieldLeaf:
		t, is := l.test.(*dateTest)
		return is && t.relative
	case *enrollmentLeaf:
		return l.at != nil && l.at.relative
	}
	return false
}

// zoned reports whether the zone matters to the leaf.
func zoned(l leaf) bool {
	switch l := l.(type) {
	case *fieldLeaf:
		_, is := l.test.(*dateTest)
		return is
	case *enrollmentLeaf:
		return l.at != nil
	}
	return false
}

// A recipe is how an index evaluates a rule.
type recipe struct {
	program    program.Program
	terms      []program.Term
	flat       program.Flat // for one user, where isFlat
	isFlat     bool
	predicates []*predicate
	signs      []sign // of the predicates
	places     []int  // of them among the terms
	groups     []groupTerm
	used       uint64
}

// sign says whether a rule has a predicate as it is, negated, or both.
type sign struct{ asIs, negated bool }

// groupTerm is a term that the memberships of a run fill in.
type groupTerm struct {
	term int
	leaf *groupLeaf
}

// recipeKey: a rule means other instants in another zone.
type recipeKey struct {
	rule *Rule
	zone *time.Location
}
