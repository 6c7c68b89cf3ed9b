package groups

import (
	"cmp"
	"slices"

	"github.com/grouprules/groups/internal/calendar"
)

// This file says in which order a rule asks its conditions. A verdict does not depend on it, since All and
// Any take their parts in any order; how soon it is decided does.

// effort is what is expected of a condition, a set or a rule before any user is known: what it costs, about
// in nanoseconds, and how often it holds. It only has to be right about which of two comes first.
type effort struct{ cost, holds float64 }

// decides is how often a part decides by itself what stands above it.
func (e effort) decides(m Match) float64 {
	if m == MatchAny {
		return e.holds
	}
	return 1 - e.holds
}

// signed is the effort of a condition whose positive form takes that much.
func (e effort) signed(negated bool) effort {
	if negated {
		e.holds = 1 - e.holds
	}
	return e
}

// arrange sorts the parts of a whole so that it is decided soonest, the cheapest of those first that decide
// equally often, and returns what is expected of the whole.
func arrange[P any](m Match, parts []P, of func(P) effort) effort {
	slices.SortStableFunc(parts, func(a, b P) int {
		x, y := of(a), of(b)
		return cmp.Compare(x.cost*y.decides(m), y.cost*x.decides(m))
	})
	cost, open := 0.0, 1.0
	for _, p := range parts {
		e := of(p)
		cost += open * e.cost
		open *= 1 - e.decides(m)
	}
	if m == MatchAny {
		return effort{cost, 1 - open}
	}
	return effort{cost, open}
}

// arranged is what Match asks of sets of conditions, which stay as they are: the same in another order.
func arranged(m Match, sets []ruleSet) []ruleSet {
	type part struct {
		set    ruleSet
		effort effort
	}
	parts := make([]part, len(sets))
	for i, s := range sets {
		s.leaves = slices.Clone(s.leaves)
		parts[i].effort = arrange(s.match, s.leaves, leaf.effort)
		parts[i].set = s
	}
	arrange(m, parts, func(p part) effort { return p.effort })
	out := make([]ruleSet, len(parts))
	for i, p := range parts {
		out[i] = p.set
	}
	return out
}

// What it costs to look at something: a fact of the user, a field, a place in a hierarchy, a record or a
// membership; and to compare a text.
const (
	costFact   = 2
	costField  = 25
	costPlace  = 40
	costRecord = 30
	costText   = 10
)

// either is how often one of n alternatives holds, of which each does so often.
func either(n int, each float64) float64 { return min(float64(n)*each, 0.9) }

func (l *fieldLeaf) effort() effort {
	e := effort{0, 0.03} // is empty
	if l.test != nil {
		e = l.test.effort()
	}
	if l.name != string(ID) {
		e.cost += costField
	}
	return e.signed(l.negated)
}

func (t *textTest) effort() effort {
	switch n := len(t.parts) + 20*len(t.patterns); {
	case n > 0:
		return effort{float64(costText * n), either(len(t.parts)+len(t.patterns), 0.1)}
	default:
		return effort{costText, either(t.is.len(), 0.02)}
	}
}

func (t *choiceTest) effort() effort {
	switch n := t.set.len(); t.op {
	case opIs:
		return effort{costText, either(n, 0.1)}
	case opIncludesAny:
		return effort{2 * costText, either(n, 0.15)}
	default:
		return effort{2 * costText, 0.15 / float64(n)}
	}
}

func (t *boolTest) effort() effort { return effort{0, 0.5} }

func (t *numberTest) effort() effort {
	switch t.op {
	case opIs:
		return effort{costText, either(len(t.operands), 0.05)}
	case opBetween:
		return effort{2 * costText, 0.25}
	}
	return effort{costText, 0.5}
}

func (t *dateTest) effort() effort {
	e := effort{costFact, 0.5}
	if t.relative || t.instants {
		e.cost = 2 * costText
	}
	switch {
	case t.op == opOn, t.relative && t.relation == calendar.Anniversary:
		e.holds = 0.1
	case t.op == opBetween, t.relative:
		e.holds = 0.25
	}
	return e
}

func (l *unitLeaf) effort() effort {
	e := effort{costPlace, either(len(l.goals), 0.05)}
	switch l.op {
	case opIsEmpty:
		e = effort{costText, 0.03}
	case opIs:
		e.cost = costField
	}
	return e.signed(l.negated)
}

func (l *userLeaf) effort() effort {
	e := effort{costPlace, either(len(l.goals), 0.02)}
	switch l.op {
	case opHasReports:
		e.holds = 0.15
	case opIs:
		e = effort{costText, either(len(l.goals), 0.001)}
	}
	return e.signed(l.negated)
}

func (l *enrollmentLeaf) effort() effort {
	n := len(l.courses)
	return effort{float64(costRecord * n), either(n, 0.15) / float64(l.need)}.signed(l.negated)
}

func (l *groupLeaf) effort() effort {
	n := len(l.groups)
	e := effort{float64(costPlace * n), either(n, 0.1)}
	if l.match == MatchAll {
		e.holds = 0.1 / float64(n)
	}
	return e.signed(l.negated)
}

func (l *statusLeaf) effort() effort {
	e := effort{costFact, 0.05}
	if slices.Contains(l.statuses, StatusActive) {
		e.holds = 0.95
	}
	return e.signed(l.negated)
}

func (everyoneLeaf) effort() effort { return effort{costFact, 1} }
