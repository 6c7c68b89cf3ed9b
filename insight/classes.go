package insight

import (
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A clause is one condition with the rule that it makes by itself.
type clause struct {
	groups.Condition
	rule *groups.Rule
}

// A thing is what conditions read of a user.
type thing struct {
	kind thingKind
	name string
	// orBelow is of a membership.
	orBelow bool
}

type thingKind uint8

const (
	theID thingKind = iota
	theActivation
	theExpiry
	aField
	aTree
	aCourse
	aGroup
)

// reads are the things that a condition reads, but for reporting lines, which are never known in a space.
func reads(c groups.Condition) (list []thing) {
	switch c := c.(type) {
	case groups.FieldCondition:
		if c.Field == string(groups.ID) {
			return []thing{{kind: theID}}
		}
		return []thing{{kind: aField, name: c.Field}}
	case groups.UnitCondition:
		return []thing{{kind: aTree, name: string(c.Tree)}}
	case groups.UserCondition:
		return []thing{{kind: theID}}
	case groups.EnrollmentCondition:
		for _, course := range c.Courses {
			list = append(list, thing{kind: aCourse, name: course})
		}
	case groups.GroupCondition:
		for _, g := range c.Groups {
			list = append(list, thing{aGroup, string(g), c.OrBelow})
		}
	case groups.StatusCondition:
		for _, status := range c.Statuses {
			if status == groups.StatusExpired {
				list = append(list, thing{kind: theExpiry})
			} else {
				list = append(list, thing{kind: theActivation})
			}
		}
	}
	return list
}

// space is the space of what the clauses read, seen in a view.
func (l *lint) space(view groups.View, clauses []clause) *space {
	s := &space{view: view, holds: map[membership]groups.Verdict{}, taken: map[string]*groups.Enrollment{}}
	s.user = groups.User{Fields: map[string]groups.Value{}, Units: map[groups.Tree][]string{}}
	s.view.Memberships = s
	var things []thing
	readers := map[thing][]clause{}
	for _, c := range clauses {
		for _, t := range reads(c.Condition) {
			if readers[t] == nil {
				things = append(things, t)
			}
			readers[t] = append(readers[t], c)
		}
	}
	s.ids = ids(readers[thing{kind: theID}])
	for _, t := range things {
		by := readers[t]
		switch t.kind {
		case theActivation:
			s.axes = append(s.axes, axis{2,
				func(i int) { s.user.Activation = [...]groups.Activation{groups.Activated, groups.Deactivated}[i] },
				func() { s.user.Activation = groups.ActivationUnknown }})
		case theExpiry:
			s.axes = append(s.axes, axis{2,
				func(i int) { s.user.Expiry = [...]groups.Expiry{groups.Current, groups.Expired}[i] },
				func() { s.user.Expiry = groups.ExpiryUnknown }})
		case aGroup:
			m := membership{groups.GroupID(t.name), t.orBelow}
			s.axes = append(s.axes, axis{2,
				func(i int) { s.holds[m] = [...]groups.Verdict{groups.Yes, groups.No}[i] },
				func() { delete(s.holds, m) }})
		case aField:
			f, _ := l.schema.Field(t.name)
			values, several := l.valuesOf(&s.view, f, by)
			span(s, by, values, several, groups.Empty(),
				func(v groups.Value) { s.user.Fields[f.Name] = v },
				func() { delete(s.user.Fields, f.Name) })
		case aTree:
			tree := groups.Tree(t.name)
			span(s, by, l.places[tree], func(a, b []string) []string { return slices.Concat(a, b) }, []string{},
				func(units []string) { s.user.Units[tree] = units },
				func() { delete(s.user.Units, tree) })
		case aCourse:
			s.courses++
			span(s, l.ofCourse(t.name, by), s.records(t.name, by), nil, nil,
				func(e *groups.Enrollment) { s.taken[t.name] = e; s.enroll() },
				func() { delete(s.taken, t.name); s.enroll() })
		}
	}
	return s
}

// span adds an axis to a space: of the values that may be and of none, one of each class. With join a user may have
// several values at once, and what conditions say of them follows from what they say of each. Without values, or with
// too many classes, the axis stays out.
func span[T any](s *space, by []clause, values []T, join func(a, b T) T, none T, take func(T), drop func()) {
	seen := map[string]bool{}
	var classes []T
	meet := func(v T) {
		take(v)
		if said := saying(by, &s.user, &s.view); !seen[said] {
			seen[said] = true
			classes = append(classes, v)
		}
	}
	for _, v := range values {
		meet(v)
	}
	if single := slices.Clone(classes); join != nil {
		for i := 0; i < len(classes) && len(classes) <= mostClasses; i++ {
			for _, v := range single {
				meet(join(classes[i], v))
			}
		}
	}
	if meet(none); len(values) > 0 && len(classes) <= mostClasses {
		s.axes = append(s.axes, axis{len(classes), func(i int) { take(classes[i]) }, drop})
	}
	drop()
}

// ids are the IDs that conditions tell apart, and one that none of them names; none where they are not that few. A
// field takes IDs for the same that are two users, so that the two kinds of conditions have no classes in common.
func ids(by []clause) (list []groups.UserID) {
	var users, texts bool
	for _, c := range by {
		switch c := c.Condition.(type) {
		case groups.UserCondition:
			list, users = append(list, c.Users...), true
		case groups.FieldCondition:
			if texts = true; c.Op != opIs && c.Op != opIsEmpty {
				return nil
			}
			for _, v := range c.Values {
				list = append(list, groups.UserID(strings.TrimSpace(v.String())))
			}
		}
	}
	if users && texts {
		return nil
	}
	return append(list, groups.UserID(beside(list)))
}

// ofCourse has the conditions ask the same of one of their courses alone.
func (l *lint) ofCourse(course string, by []clause) []clause {
	var alone []clause
	for _, c := range by {
		e := c.Condition.(groups.EnrollmentCondition)
		e.Courses, e.Quantifier, e.K = []string{course}, groups.AnyCourse, 0
		alone = append(alone, l.clause(e))
	}
	return alone
}

// records are the records that a user can have in a course, as far as conditions tell them apart.
func (s *space) records(course string, by []clause) (list []*groups.Enrollment) {
	var statuses []string
	var windows []groups.Test
	for _, c := range by {
		e := c.Condition.(groups.EnrollmentCondition)
		if statuses = append(statuses, e.Statuses...); e.Op == opCompleted {
			windows = append(windows, e.When)
		}
	}
	statuses = append(statuses, beside(statuses))
	// An instant meets days as its own day does.
	completed, known := moments(&s.view, false, windows)
	if completed = append(completed, groups.Empty()); !known {
		completed = []groups.Value{{}}
	}
	for _, status := range statuses {
		for _, when := range completed {
			list = append(list, &groups.Enrollment{Course: course, Status: status, Completed: when})
		}
	}
	return list
}

// growTrees makes of the trees that the rule reads what they may become: a unit that is missing stands at the top, and
// there is one more at the top and beneath each unit that the rule names. What nobody can match in such a tree is none of
// a rule that waits for a unit. The places are the units in which a user can sit, as far as the conditions of the rule tell
// them apart.
func (l *lint) growTrees() {
	l.trees, l.places = map[groups.Tree]*groups.Hierarchy{}, map[groups.Tree][][]string{}
	by := map[groups.Tree][]clause{}
	for _, c := range l.clauses {
		if u, is := c.Condition.(groups.UnitCondition); is {
			by[u.Tree] = append(by[u.Tree], c)
		}
	}
	for tree, clauses := range by {
		const more = "\x00" // is in no ID
		grown := []groups.Unit{{ID: more}}
		for id, parent := range l.parents[tree] {
			grown = append(grown, groups.Unit{ID: id, Parent: parent})
		}
		for _, parent := range l.parents[tree] {
			if _, exists := l.parents[tree][parent]; parent != "" && !exists {
				grown = append(grown, groups.Unit{ID: parent})
			}
		}
		for _, c := range clauses {
			for _, id := range c.Condition.(groups.UnitCondition).Units {
				grown = append(grown, groups.Unit{ID: id + more, Parent: id})
				if _, exists := l.parents[tree][id]; !exists {
					grown = append(grown, groups.Unit{ID: id})
				}
			}
		}
		slices.SortFunc(grown, func(a, b groups.Unit) int { return strings.Compare(a.ID, b.ID) })
		l.trees[tree] = groups.NewTree(grown...)
		u, view := groups.User{Units: map[groups.Tree][]string{}}, groups.View{Trees: l.trees}
		seen := map[string]bool{}
		for _, unit := range grown {
			u.Units[tree] = []string{unit.ID}
			if said := saying(clauses, &u, &view); !seen[said] {
				seen[said] = true
				l.places[tree] = append(l.places[tree], u.Units[tree])
			}
		}
	}
}

// saying is what conditions say of a user: of what is in one class it is the same.
func saying(by []clause, u *groups.User, v *groups.View) string {
	said := make([]byte, len(by))
	for i, c := range by {
		said[i] = byte(c.rule.Match(u, v))
	}
	return string(said)
}
