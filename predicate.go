package groups

import (
	"encoding/binary"
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
	// What those need who look at one user comes first, so that it lies together. filled says that the sets are up
	// to date, as of the day of the agenda; number is by which it is asked about one user, from 1 on; 0 is none yet. uses
	// are the groups whose rule has it.
	filled       bool
	relative     bool
	passing      bool // only drafts have it
	number       uint32
	uses         []use
	seat         uint32 // on the sheet
	sheet        *sheet
	table        []Verdict // of a valued aspect: by value, unless that stands on the sheet
	aspect       aspect
	yes, unknown userset.Set

	leaf   leaf // not negated
	agenda *agenda
	// A relative predicate waits at a place of the agenda until a day; a restless one has met other values since.
	until    calendar.Day
	place    int
	restless bool
	// flips is told of users for whom the predicate becomes another; spoilt says that it was filled, and that
	// filling it again tells of those for whom it is another now.
	flips  *flips
	spoilt bool
	// turnsOn is the earliest day after the one of turnsFrom that brings a change, worked out when the aspect
	// had seen so many changes; turning is a value that it changes for.
	turnsOn, turnsFrom calendar.Day
	turnsAt            uint64
	turnsKnown         bool
	turning            uint32
	used               uint64 // by which refresh of the index
	since              int    // which one it was that was filled for the first time: of whoever changed before it tells nothing
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

// truth is what the predicate says of one user, of whom something may be unknown, or nothing. What it has answered for
// their value is found sooner than they are in sets.
func (p *predicate) truth(n uint32, unsure bool) program.Truth {
	if a, is := p.aspect.(*valued); is {
		if v := p.said(a.codes.Code(n)); v != unasked {
			return truthOf(v)
		}
	}
	switch {
	case p.yes.Has(n):
		return program.Yes
	case unsure && p.unknown.Has(n):
		return program.Unknown
	}
	return program.No
}

// said is what the predicate said of a value, or unasked.
func (p *predicate) said(code uint32) Verdict {
	switch {
	case code == 0:
		return No
	case int(code) < len(p.table):
		return p.table[code]
	case p.table == nil && p.sheet != nil:
		if row := p.sheet.row(code); row != nil {
			return row[p.seat]
		}
	}
	return unasked
}

// say notes what the predicate says of a value.
func (p *predicate) say(code uint32, v Verdict) {
	if p.table == nil && p.sheet != nil {
		p.sheet.reach(code)[p.seat] = v
		return
	}
	for int(code) >= len(p.table) {
		p.table = append(p.table, unasked)
	}
	p.table[code] = v
}

// set brings one user up to date.
func (p *predicate) set(n uint32, v Verdict) {
	if v == Unknown {
		p.flips.doubt(n)
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

// moveOver is keep of a user of whose value before it said was: it touches the set they leave and the one they enter, and no
// other. Where it was not asked about that value, or may have said so on another day, it touches both sets.
func (p *predicate) moveOver(n uint32, was, now Verdict) {
	if p.relative || was == unasked {
		p.keep(n, now)
		return
	}
	sets := [...]*userset.Set{Unknown: &p.unknown, Yes: &p.yes}
	if set := sets[was]; set != nil {
		set.Remove(n)
	}
	if set := sets[now]; set != nil {
		set.Add(n)
	}
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
		if a, is := p.aspect.(*valued); is {
			a.catchUp() // filling it again tells of whom is not as in the sets
		}
		p.filled, p.spoilt = false, true
		p.flips.spoil(p)
	}
}

// turn is the earliest day after today that changes the predicate for somebody.
func (p *predicate) turn(today calendar.Day) calendar.Day {
	if changes := p.aspect.asking().changes; !p.turnsKnown || p.turnsFrom != today || p.turnsAt != changes {
		p.turnsOn, p.turnsFrom, p.turnsAt, p.turnsKnown = p.aspect.turn(p, today), today, changes, true
	}
	return p.turnsOn
}

// predicateKey tells predicates apart: how the condition is spelt, what it answers on Empty, and the zone in which
// its dates turn.
type predicateKey struct {
	text  string
	empty Verdict
	zone  *time.Location
}

// positive is a leaf without its negation.
func positive(l leaf) leaf {
	if !isNegated(l) {
		return l
	}
	switch l := l.(type) {
	case *fieldLeaf:
		p := *l
		p.negated, p.empty = false, emptyOf(l)
		return &p
	case *unitLeaf:
		p := *l
		p.negated, p.empty = false, emptyOf(l)
		return &p
	case *userLeaf:
		p := *l
		p.negated = false
		return &p
	case *enrollmentLeaf:
		p := *l
		p.negated = false
		return &p
	case *statusLeaf:
		p := *l
		p.negated = false
		return &p
	}
	return l // groups are no predicates
}

// emptyOf is what a leaf without its negation answers on Empty.
func emptyOf(l leaf) Verdict {
	switch l := l.(type) {
	case *fieldLeaf:
		return signed(l.empty, l.negated)
	case *unitLeaf:
		return signed(l.empty, l.negated)
	}
	return No
}

// A spelling is what a condition says, but for whether it is negated and what it answers on Empty. Two that say
// something else are spelt differently: texts and lists stand behind how long they are.
type spelling []byte

func (s *spelling) condition(c Condition) {
	switch c := c.(type) {
	case FieldCondition:
		s.number('f')
		s.text(c.Field)
		c.Negated = false
		s.test(c.Test)
	case UnitCondition:
		s.number('u')
		s.text(string(c.Tree))
		s.text(string(c.Op))
		s.number(c.Depth)
		spellAll(s, c.Units)
	case UserCondition:
		s.number('p')
		s.text(string(c.Op))
		s.number(c.Depth)
		spellAll(s, c.Users)
	case EnrollmentCondition:
		s.number('e')
		s.text(string(c.Op))
		s.number(int(c.Quantifier))
		s.number(c.K)
		spellAll(s, c.Courses)
		spellAll(s, c.Statuses)
		s.test(c.When)
	case StatusCondition:
		s.number('s')
		s.number(len(c.Statuses))
		for _, status := range c.Statuses {
			s.number(int(status))
		}
	case Everyone:
		s.number('a')
	}
}

func (s *spelling) test(t Test) {
	s.text(string(t.Op))
	s.number(int(verdictOf(t.Negated)))
	s.number(t.Span.N)
	s.number(int(t.Span.Unit))
	s.number(len(t.Values))
	for i := range t.Values {
		s.number(int(t.Values[i].kind))
		s.text(t.Values[i].text)
	}
}

func (s *spelling) number(n int) { *s = binary.AppendVarint(*s, int64(n)) }

func (s *spelling) text(text string) {
	s.number(len(text))
	*s = append(*s, text...)
}

func spellAll[T ~string](s *spelling, list []T) {
	s.number(len(list))
	for _, text := range list {
		s.text(string(text))
	}
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
