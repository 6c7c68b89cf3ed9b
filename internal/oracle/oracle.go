// Package oracle reads DESIGN.md as naively as it can be read, so that tests can ask it what the answer should have
// been. It is imported by tests and by nothing else.
//
// It promises to share nothing with the evaluator but the primitives that fold text and reckon dates (packages fold
// and calendar, which have oracles of their own): no index, no compiled rule, no cache, every walk a loop and every
// relation its formula. Where it differs from package groups one of the two misread the page, and the page says which.
//
// It also knows how to be wrong: a [Defect] makes it break one sentence of the page. A law that cannot tell the
// broken reading from the right one proves nothing, so every law names the defects that it must catch.
//
// It may not know of stores, streams, files or JSON.
package oracle

import (
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// World is what a rule is matched in: everything the host knows at one moment.
type World struct {
	Schema *groups.Schema
	// Users is everybody; of a user given twice the first counts.
	Users []groups.User
	// Units is all units of all trees; of a unit given twice the first counts.
	Units []groups.Unit
	Now   time.Time
	// Zone is where dates turn; nil is UTC.
	Zone *time.Location
	// Member answers conditions on groups; nil is Unknown.
	Member func(u groups.UserID, g groups.GroupID, orBelow bool) groups.Verdict
}

// User finds a user.
func (w World) User(id groups.UserID) (groups.User, bool) {
	for _, u := range w.Users {
		if u.ID == id {
			return u, true
		}
	}
	return groups.User{}, false
}

// unit finds a unit of a tree.
func (w World) unit(tree groups.Tree, id string) (groups.Unit, bool) {
	for _, u := range w.Units {
		if u.Tree == tree && u.ID == id {
			return u, true
		}
	}
	return groups.Unit{}, false
}

// Oracle is a reader of the page. The zero Oracle reads it right.
type Oracle struct {
	Defects []Defect
}

// Broken is a reader with one defect.
func Broken(d Defect) Oracle { return Oracle{[]Defect{d}} }

func (o Oracle) has(d Defect) bool { return slices.Contains(o.Defects, d) }

// Verdict is the right answer of criteria for one user.
func Verdict(c groups.Criteria, u groups.User, w World) groups.Verdict {
	return Oracle{}.Verdict(c, u, w)
}

// Verdict combines the conditions by Kleene's logic: "a definite No beats Unknown in All, a definite Yes in Any". No
// criteria: nobody.
func (o Oracle) Verdict(c groups.Criteria, u groups.User, w World) groups.Verdict {
	if len(c.Sets) == 0 {
		return groups.No
	}
	sets := make([]groups.Verdict, len(c.Sets))
	for i, s := range c.Sets {
		conditions := make([]groups.Verdict, len(s.Conditions))
		for j, cond := range s.Conditions {
			conditions[j] = o.condition(cond, u, w)
			if conditions[j] == groups.Unknown && o.has(UnknownIsNo) {
				conditions[j] = groups.No
			}
		}
		sets[i] = o.combine(s.Match, conditions)
	}
	return o.combine(c.Match, sets)
}

func (o Oracle) combine(m groups.Match, list []groups.Verdict) groups.Verdict {
	if o.has(UnknownIsSkipped) {
		list = slices.DeleteFunc(slices.Clone(list), func(v groups.Verdict) bool { return v == groups.Unknown })
	}
	if o.has(FirstUnknownDecides) && slices.Contains(list, groups.Unknown) {
		return groups.Unknown
	}
	if o.has(LastConditionWins) && len(list) > 0 && m == groups.MatchAny {
		return list[len(list)-1]
	}
	if m == groups.MatchAll {
		return all(list)
	}
	return anyOf(list)
}

func all(list []groups.Verdict) groups.Verdict {
	switch {
	case slices.Contains(list, groups.No):
		return groups.No
	case slices.Contains(list, groups.Unknown):
		return groups.Unknown
	}
	return groups.Yes
}

func anyOf(list []groups.Verdict) groups.Verdict {
	switch {
	case slices.Contains(list, groups.Yes):
		return groups.Yes
	case slices.Contains(list, groups.Unknown):
		return groups.Unknown
	}
	return groups.No
}

// Not is Kleene's negation.
func Not(v groups.Verdict) groups.Verdict {
	switch v {
	case groups.Yes:
		return groups.No
	case groups.No:
		return groups.Yes
	}
	return groups.Unknown
}

func yes(b bool) groups.Verdict {
	if b {
		return groups.Yes
	}
	return groups.No
}

func negate(v groups.Verdict, negated bool) groups.Verdict {
	if negated {
		return Not(v)
	}
	return v
}

// condition answers one condition.
func (o Oracle) condition(c groups.Condition, u groups.User, w World) groups.Verdict {
	switch c := c.(type) {
	case groups.FieldCondition:
		return o.field(c, u, w)
	case groups.UnitCondition:
		return o.unit(c, u, w)
	case groups.UserCondition:
		return o.user(c, u, w)
	case groups.EnrollmentCondition:
		return o.enrollment(c, u, w)
	case groups.GroupCondition:
		return o.group(c, u, w)
	case groups.StatusCondition:
		return o.status(c, u)
	case groups.Everyone:
		return groups.Yes
	}
	panic("oracle: a condition that the page does not know")
}

// onEmpty is the answer for a known absence: positive operators No, negative ones Yes, unless the switch says
// otherwise. The switch speaks of the condition as it stands, negated or not; turning a condition round turns it too.
func (o Oracle) onEmpty(w groups.WhenEmpty, negated bool) groups.Verdict {
	if o.has(EmptyNeverMatches) {
		return groups.No
	}
	if o.has(WhenEmptyIsIgnored) {
		w = groups.ByOperator
	}
	switch w {
	case groups.Matches:
		return groups.Yes
	case groups.NoMatch:
		return groups.No
	}
	return yes(negated)
}

// group asks for memberships. Several groups combine like conditions.
func (o Oracle) group(c groups.GroupCondition, u groups.User, w World) groups.Verdict {
	list := make([]groups.Verdict, len(c.Groups))
	for i, g := range c.Groups {
		if w.Member != nil {
			list[i] = w.Member(u.ID, g, c.OrBelow)
		}
	}
	v := anyOf(list)
	if c.Op == "memberOfAll" {
		v = all(list)
	}
	return negate(v, c.Negated)
}

// status asks for two independent facts: whoever is expired is active or deactivated as well.
func (o Oracle) status(c groups.StatusCondition, u groups.User) groups.Verdict {
	list := make([]groups.Verdict, len(c.Statuses))
	for i, s := range c.Statuses {
		switch {
		case s == groups.StatusExpired && u.Expiry != groups.ExpiryUnknown:
			list[i] = yes(u.Expiry == groups.Expired)
		case s == groups.StatusActive && u.Activation != groups.ActivationUnknown:
			list[i] = yes(u.Activation == groups.Activated)
		case s == groups.StatusDeactivated && u.Activation != groups.ActivationUnknown:
			list[i] = yes(u.Activation == groups.Deactivated)
		}
	}
	return negate(anyOf(list), c.Negated)
}
