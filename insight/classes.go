package insight

import (
	"math/big"
	"slices"
	"strings"
	"time"

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
			values, several := s.valuesOf(f, by)
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

// beside is a name that is none of the others.
func beside[T ~string](others []T) string {
	name := "other"
	for slices.Contains(others, T(name)) {
		name += "x"
	}
	return name
}

// valuesOf are the values that a field can have, as far as conditions on it tell them apart; nil where
// there is no such list. With several, users may have any of them together.
func (s *space) valuesOf(f groups.Field, by []clause) (list []groups.Value, several func(a, b groups.Value) groups.Value) {
	var tests []groups.Test
	for _, c := range by {
		if t := c.Condition.(groups.FieldCondition).Test; t.Op != opIsEmpty {
			tests = append(tests, t)
		}
	}
	complete := true
	switch f.Type {
	case groups.TypeText:
		list, complete = texts(f, tests)
		if f.Several {
			several = func(a, b groups.Value) groups.Value { return groups.Text(slices.Concat(a.Texts(), b.Texts())...) }
		}
	case groups.TypeChoice:
		for _, id := range choices(f, tests) {
			list = append(list, groups.Choice(id))
		}
	case groups.TypeMultiChoice:
		list, complete = chosen(f, tests)
	case groups.TypeNumber:
		list, complete = numbers(tests)
	case groups.TypeDate, groups.TypeInstant:
		list, complete = s.moments(f.Type == groups.TypeInstant, tests)
	case groups.TypeBool:
		list = []groups.Value{groups.Bool(true), groups.Bool(false)}
	}
	if !complete {
		return nil, nil
	}
	return list, several
}

// operandsOf are the operands of tests, as they are written.
func operandsOf(tests []groups.Test) (list []string) {
	for _, t := range tests {
		for _, v := range t.Values {
			list = append(list, v.String())
		}
	}
	return list
}

// texts are all operands and a text that is none of them. Of tests of a part of a text there is no such list.
func texts(f groups.Field, tests []groups.Test) (list []groups.Value, complete bool) {
	var keys []string
	for _, text := range operandsOf(tests) {
		v := groups.Text(text)
		list, keys = append(list, v), append(keys, f.Keys(v)...)
	}
	none := slices.ContainsFunc(tests, func(t groups.Test) bool { return t.Op != opIs })
	return append(list, groups.Text(beside(keys))), !none
}

// choices are the options of a field, or where any option will do the operands and one that is none of them.
func choices(f groups.Field, tests []groups.Test) (list []string) {
	for _, o := range f.Options {
		list = append(list, o.ID)
	}
	if len(list) > 0 {
		return list
	}
	for _, id := range operandsOf(tests) {
		list = append(list, strings.TrimSpace(id))
	}
	return append(list, beside(list))
}

// mostChosen bounds how many options are tried together.
const mostChosen = 8

// chosen are the choices of one or more options. All options that no test names are alike.
func chosen(f groups.Field, tests []groups.Test) (list []groups.Value, complete bool) {
	var named []string
	for _, id := range operandsOf(tests) {
		named = append(named, strings.TrimSpace(id))
	}
	var options []string
	unnamed := false
	for _, id := range choices(f, tests) {
		if is := slices.Contains(named, id); (is || !unnamed) && !slices.Contains(options, id) {
			options, unnamed = append(options, id), unnamed || !is
		}
	}
	if len(options) > mostChosen {
		return nil, false
	}
	for subset := 1; subset < 1<<len(options); subset++ {
		var ids []string
		for i, id := range options {
			if subset>>i&1 == 1 {
				ids = append(ids, id)
			}
		}
		list = append(list, groups.Choice(ids...))
	}
	return list, true
}

// numbers are the operands, a number between each two neighbors, and one beyond either end.
func numbers(tests []groups.Test) (list []groups.Value, complete bool) {
	points, digits := []*big.Rat{new(big.Rat)}, 1
	for _, text := range operandsOf(tests) {
		point, ok := new(big.Rat).SetString(text)
		if !ok || strings.ContainsRune(text, 'e') { // as far from all others as a midpoint is long
			return nil, false
		}
		_, fraction, _ := strings.Cut(text, ".")
		points, digits = append(points, point), max(digits, len(fraction)+1)
	}
	slices.SortFunc(points, (*big.Rat).Cmp)
	for i, point := range points {
		beyond := []*big.Rat{point}
		if i == 0 {
			beyond = append(beyond, new(big.Rat).Sub(point, big.NewRat(1, 1)))
		}
		if i == len(points)-1 {
			beyond = append(beyond, new(big.Rat).Add(point, big.NewRat(1, 1)))
		} else {
			sum := new(big.Rat).Add(point, points[i+1])
			beyond = append(beyond, sum.Mul(sum, big.NewRat(1, 2)))
		}
		for _, n := range beyond {
			v, err := groups.ParseValue(groups.TypeNumber, n.FloatString(digits))
			if err != nil {
				return nil, false
			}
			list = append(list, v)
		}
	}
	return list, true
}

// moments are the days, or an instant on each of them, at which tests can change their answer, and those next to
// them; or the instants where all tests are of such. There is no list of anniversaries, nor where days meet instants,
// which is another matter in each zone.
func (s *space) moments(instants bool, tests []groups.Test) (list []groups.Value, complete bool) {
	if at, all := instantsOf(tests); instants && all {
		list = append(list, groups.At(s.view.Now))
		for _, t := range at {
			list = append(list, groups.At(t.Add(-1)), groups.At(t), groups.At(t.Add(1)))
		}
		return slices.DeleteFunc(list, groups.Value.IsUnknown), true
	}
	days, ok := s.days(tests)
	for _, d := range days {
		v := groups.Day(groups.NewDate(d.Date()))
		if year, month, day := d.Date(); instants {
			v = groups.At(time.Date(year, month, day, 12, 0, 0, 0, s.view.Zone))
		}
		list = append(list, v)
	}
	return slices.DeleteFunc(list, groups.Value.IsUnknown), ok
}

// instantsOf are the operands of tests, all says that every one is an instant.
func instantsOf(tests []groups.Test) (list []time.Time, all bool) {
	for _, t := range tests {
		if len(t.Values) == 0 {
			return nil, false
		}
	}
	for _, text := range operandsOf(tests) {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, false
		}
		list = append(list, at)
	}
	return list, true
}

// days are today and the days around those at which tests can change their answer. The end of a span is looked for
// a few days to either side, as months end on different days.
func (s *space) days(tests []groups.Test) (list []time.Time, complete bool) {
	year, month, day := s.view.Now.In(s.view.Zone).Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	around := func(d time.Time, most int) {
		for n := -most; n <= most; n++ {
			list = append(list, d.AddDate(0, 0, n))
		}
	}
	list = append(list, today)
	for _, t := range tests {
		switch t.Op {
		case opAnniversary:
			return nil, false
		case opInLast, opInNext, opAgo, opAhead:
			for _, n := range []int{-t.Span.N, t.Span.N} {
				around(today.AddDate(spanOf(t.Span.Unit, n)), 4)
			}
		}
		for _, v := range t.Values {
			d, err := time.Parse(time.DateOnly, v.String())
			if err != nil {
				return nil, false
			}
			around(d, 1)
		}
	}
	return list, true
}

// spanOf is n units of time as [time.Time.AddDate] takes them.
func spanOf(unit groups.SpanUnit, n int) (years, months, days int) {
	switch unit {
	case groups.Years:
		return n, 0, 0
	case groups.Months:
		return 0, n, 0
	case groups.Weeks:
		return 0, 0, 7 * n
	}
	return 0, 0, n
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
	completed, known := s.moments(false, windows)
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
