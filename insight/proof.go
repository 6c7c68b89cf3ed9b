package insight

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// A part is what can be true or false of a user: the rule, a set or a condition.
type part struct {
	at      string
	what    string
	rule    *groups.Rule
	clauses []clause
	set     int // of a set, counted from 1
}

// parts are the rule and its parts, each whole before them. What is the only part of a whole is the whole.
func (l *lint) parts() []part {
	c, rest := l.group.Criteria, l.clauses
	if len(c.Sets) == 0 {
		return nil
	}
	list := []part{{"", "the rule", l.rule(c), l.clauses, 0}}
	for i, s := range c.Sets {
		at, clauses := fmt.Sprintf("/sets/%d", i), rest[:len(s.Conditions)]
		rest = rest[len(s.Conditions):]
		if len(c.Sets) > 1 {
			list = append(list, part{at, "the set", l.rule(groups.AllSets(s)), clauses, i + 1})
		}
		for j := 0; len(clauses) > 1 && j < len(clauses); j++ {
			list = append(list, part{fmt.Sprintf("%s/conditions/%d", at, j), "the condition", clauses[j].rule, clauses[j : j+1], 0})
		}
	}
	return list
}

// views are what the rule can be matched in by the clock: one where it is known which day it is, and else one for each day
// that it is somewhere.
func (l *lint) views() []groups.View {
	view := groups.View{Now: l.desk.ev.Now(), Zone: l.zone, Trees: l.trees}
	if l.zone != nil {
		return []groups.View{view}
	}
	var list []groups.View
	days := map[int]bool{}
	for _, hours := range []int{0, -12, 14} {
		view.Zone = time.FixedZone("", hours*60*60)
		if day := view.Now.In(view.Zone).YearDay(); !days[day] {
			days[day] = true
			list = append(list, view)
		}
	}
	return list
}

// holds reports whether it is proved that everybody gets a Yes from what reads the clauses.
func (l *lint) holds(clauses []clause, says func(*groups.User, *groups.View) groups.Verdict) bool {
	views := l.views()
	if !slices.ContainsFunc(clauses, func(c clause) bool { return relative(c.Condition) }) {
		views = views[:1]
	}
	for _, v := range views {
		if !l.space(v, clauses).always(says) {
			return false
		}
	}
	return true
}

// meansEveryone reports whether a part is nothing but the condition that is meant to hold for everybody.
func (p part) meansEveryone() bool {
	return !slices.ContainsFunc(p.clauses, func(c clause) bool { return c.Condition != groups.Condition(groups.Everyone{}) })
}

// prove finds the parts that nobody or everybody matches, and returns those by their pointers.
func (l *lint) prove(ctx context.Context, parts []part) (proved map[string]string) {
	proved = map[string]string{}
	for _, p := range parts {
		switch {
		case ctx.Err() != nil:
		case l.holds(p.clauses, func(u *groups.User, v *groups.View) groups.Verdict { return not(p.rule.Match(u, v)) }):
			proved[p.at] = contradiction
			l.add(contradiction, p.at, "nobody can match %s", p.what)
		case !p.meansEveryone() && l.holds(p.clauses, p.rule.Match):
			proved[p.at] = tautology
			l.add(tautology, p.at, "everybody matches %s of whom is known what it asks for", p.what)
		}
	}
	return proved
}

// compareSets finds sets that say the same, or that another makes superfluous: where any set is enough, one whose people
// match the other anyway, and where all must hold, one that everybody in the other matches.
func (l *lint) compareSets(ctx context.Context, parts []part, proved map[string]string) {
	sets := slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.set == 0 || proved[p.at] != "" })
	gone := map[int]bool{}
	for i := range sets {
		for j := i + 1; j < len(sets) && !gone[i] && ctx.Err() == nil; j++ {
			a, b := sets[i], sets[j]
			if gone[j] {
				continue
			}
			within, around := l.within(a, b), l.within(b, a)
			if l.group.Criteria.Match == groups.MatchAll {
				within, around = around, within
			}
			switch {
			case within && around || l.alike(a, b):
				gone[j] = true
				l.add(duplicateSet, b.at, "set %d says what set %d says", b.set, a.set)
			case within:
				gone[i] = true
				l.add(subsumedSet, a.at, "set %d makes set %d superfluous", b.set, a.set)
			case around:
				gone[j] = true
				l.add(subsumedSet, b.at, "set %d makes set %d superfluous", a.set, b.set)
			}
		}
	}
}

// within reports whether it is proved that whoever matches a matches b. Where they read nothing in common that takes a set
// that nobody matches, or everybody.
func (l *lint) within(a, b part) bool {
	read := map[thing]bool{}
	for _, c := range a.clauses {
		for _, t := range reads(c.Condition) {
			read[t] = true
		}
	}
	common := slices.ContainsFunc(b.clauses, func(c clause) bool {
		return slices.ContainsFunc(reads(c.Condition), func(t thing) bool { return read[t] })
	})
	return common && l.holds(slices.Concat(a.clauses, b.clauses), func(u *groups.User, v *groups.View) groups.Verdict {
		return or(not(a.rule.Match(u, v)), b.rule.Match(u, v))
	})
}

// alike reports whether two sets have the same conditions, in any order, whatever can be proved of them.
func (l *lint) alike(a, b part) bool {
	return l.group.Criteria.Sets[a.set-1].Match == l.group.Criteria.Sets[b.set-1].Match &&
		slices.Equal(written(a), written(b))
}

func written(p part) (list []string) {
	for _, c := range p.clauses {
		data, err := json.Marshal(c.rule.Criteria())
		if err != nil {
			panic("insight: criteria that were checked: " + err.Error())
		}
		list = append(list, string(data))
	}
	slices.Sort(list)
	return slices.Compact(list)
}
