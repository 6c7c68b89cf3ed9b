package law

import (
	"slices"
	"time"

	"github.com/grouprules/groups"
	"pgregory.net/rapid"
)

// Criteria draws one to three sets of one to three conditions.
func (d Drawn) Criteria(t *rapid.T, now time.Time, users int) groups.Criteria {
	c := groups.Criteria{Match: match(t)}
	for range rapid.IntRange(1, 3).Draw(t, "sets") {
		s := groups.Set{Match: match(t)}
		for range rapid.IntRange(1, 3).Draw(t, "conditions") {
			s.Conditions = append(s.Conditions, d.Condition(t, now, users))
		}
		c.Sets = append(c.Sets, s)
	}
	return c
}

func match(t *rapid.T) groups.Match { return draw(t, "match", groups.MatchAll, groups.MatchAny) }

// Condition draws a condition of any kind, with every operator, negation, switch, depth and quantifier.
func (d Drawn) Condition(t *rapid.T, now time.Time, users int) groups.Condition {
	kinds := []string{"field", "field", "field", "field", "unit", "unit", "enrollment", "enrollment"}
	if !d.NoGroups {
		kinds = append(kinds, "group")
	}
	if !d.NoPeople {
		kinds = append(kinds, "user", "user", "status", "everyone")
	}
	switch draw(t, "kind", kinds...) {
	case "field":
		return d.field(t, now, users)
	case "unit":
		return d.unit(t)
	case "enrollment":
		return d.enrolled(t, now)
	case "group":
		return d.group(t)
	case "user":
		return d.user(t, users)
	case "status":
		return groups.StatusCondition{
			Negated:  negated(t),
			Statuses: some(t, "statuses", 2, groups.StatusActive, groups.StatusDeactivated, groups.StatusExpired),
		}
	}
	return groups.Everyone{}
}

func negated(t *rapid.T) bool { return chance(t, "negated", 40) }

func whenEmpty(t *rapid.T) groups.WhenEmpty {
	return draw(t, "when empty", groups.ByOperator, groups.ByOperator, groups.NoMatch, groups.Matches)
}

func literals[T any](list []T) []groups.Literal {
	out := make([]groups.Literal, len(list))
	for i, v := range list {
		out[i] = groups.Lit(v)
	}
	return out
}

func (d Drawn) field(t *rapid.T, now time.Time, users int) groups.FieldCondition {
	fields := Schema().Fields
	if !d.NoPeople {
		fields = append(fields, groups.Field{Name: "id", Type: groups.TypeText, Exact: true})
	}
	f := draw(t, "field", fields...)
	c := groups.FieldCondition{Field: f.Name, Test: groups.Test{Negated: negated(t)}}
	if chance(t, "is empty", 10) {
		c.Op = "isEmpty"
		return c
	}
	c.OnEmpty = whenEmpty(t)
	switch f.Type {
	case groups.TypeText:
		from := texts
		if f.Name == "id" {
			from = ids(users)
		}
		c.Op = draw(t, "op", groups.Op("is"), "contains", "startsWith", "endsWith", "matches")
		if c.Op == "matches" {
			from = expressions
		}
		c.Values = literals(some(t, "values", 2, from...))
	case groups.TypeChoice:
		c.Op = "is"
		c.Values = literals(some(t, "values", 2, append(options, "nosuch")...))
	case groups.TypeMultiChoice:
		c.Op = draw(t, "op", groups.Op("includesAny"), "includesAll", "isExactly")
		c.Values = literals(some(t, "values", 2, append(options, "nosuch")...))
	case groups.TypeNumber:
		c.Op = draw(t, "op", groups.Op("is"), "less", "atMost", "atLeast", "greater", "between")
		operands := some(t, "values", 2, numbers...)
		switch {
		case c.Op == "between":
			slices.Sort(operands)
			operands = []float64{operands[0], operands[len(operands)-1]}
		case c.Op != "is":
			operands = operands[:1]
		}
		c.Values = literals(operands)
	case groups.TypeDate, groups.TypeInstant:
		c.Op, c.Values, c.Span = dates(t, now, f.Type == groups.TypeInstant)
	case groups.TypeBool:
		c.Op = "is"
		c.Values = literals(some(t, "values", 2, true, false))
	}
	return c
}

func ids(users int) []string {
	list := []string{ghost}
	for i := range users {
		list = append(list, "u"+string(rune('1'+i)))
	}
	return list
}

// dates draws a test of dates. Operands are dates, or with instants either, at times both.
func dates(t *rapid.T, now time.Time, instants bool) (op groups.Op, values []groups.Literal, span groups.Span) {
	op = draw(t, "op", groups.Op("on"), "before", "after", "onOrBefore", "onOrAfter", "between",
		"inLast", "inNext", "ago", "ahead", "anniversaryWithin")
	switch op {
	case "inLast", "inNext", "ago", "ahead", "anniversaryWithin":
		span.Unit = draw(t, "unit of time", groups.Days, groups.Weeks, groups.Months, groups.Years)
		span.N = rapid.IntRange(1, 13).Draw(t, "n")
		return op, nil, span
	case "between":
		if instants && chance(t, "instants", 50) {
			from, to := instant(t, "from", now), instant(t, "to", now)
			if to.Before(from) {
				from, to = to, from
			}
			return op, literals([]time.Time{from, to}), span
		}
		from, to := day(t, "from", now), day(t, "to", now)
		if to.String() < from.String() {
			from, to = to, from
		}
		return op, literals([]groups.Date{from, to}), span
	case "on":
		instants = false
	}
	if instants && chance(t, "instant", 50) {
		return op, []groups.Literal{groups.Lit(instant(t, "value", now))}, span
	}
	return op, []groups.Literal{groups.Lit(day(t, "value", now))}, span
}

func (d Drawn) unit(t *rapid.T) groups.UnitCondition {
	c := groups.UnitCondition{Tree: draw(t, "tree", trees...), Negated: negated(t)}
	if chance(t, "is empty", 10) {
		c.Op = "isEmpty"
		return c
	}
	c.OnEmpty = whenEmpty(t)
	c.Op = draw(t, "op", groups.Op("is"), "below", "isOrBelow")
	from := units
	if !d.Known {
		from = append(slices.Clone(units), goneUnit)
	}
	c.Units = some(t, "units", 2, from...)
	if c.Op != "is" {
		c.Depth = draw(t, "depth", 0, 0, 1, 2, 3)
	}
	return c
}

func (d Drawn) user(t *rapid.T, users int) groups.UserCondition {
	c := groups.UserCondition{Negated: negated(t)}
	if c.Op = draw(t, "op", groups.Op("is"), "below", "isOrBelow", "hasReports"); c.Op == "hasReports" {
		return c
	}
	for _, id := range some(t, "users", 2, ids(users)...) {
		c.Users = append(c.Users, groups.UserID(id))
	}
	if c.Op != "is" {
		c.Depth = draw(t, "depth", 0, 0, 1, 2)
	}
	return c
}

func (d Drawn) enrolled(t *rapid.T, now time.Time) groups.EnrollmentCondition {
	c := groups.EnrollmentCondition{Negated: negated(t), Courses: some(t, "courses", 3, append(courses, goneCourse)...)}
	switch c.Quantifier = draw(t, "quantifier", groups.AnyCourse, groups.AllCourses, groups.AtLeastCourses); c.Quantifier {
	case groups.AtLeastCourses:
		c.K = rapid.IntRange(1, len(c.Courses)).Draw(t, "k")
	}
	switch c.Op = draw(t, "op", groups.Op("is"), "enrolled", "completed"); c.Op {
	case "is":
		c.Statuses = some(t, "statuses", 2, append(statuses, "nosuch")...)
	case "completed":
		c.When.Op, c.When.Values, c.When.Span = dates(t, now, true)
		c.When.Negated = chance(t, "outside the window", 20)
	}
	return c
}

func (d Drawn) group(t *rapid.T) groups.GroupCondition {
	from := d.groups
	if from == nil {
		from = groupIDs
	}
	if !d.Known {
		from = append(slices.Clone(from), goneGroup)
	}
	return groups.GroupCondition{
		Op: draw(t, "op", groups.Op("memberOfAny"), "memberOfAll"), Negated: negated(t), OrBelow: chance(t, "or below", 30),
		Groups: some(t, "groups", 2, from...),
	}
}

// turned is the opposite of a condition; everyone has none.
func turned(c groups.Condition) (groups.Condition, bool) {
	switch c := c.(type) {
	case groups.FieldCondition:
		return c.Not(), true
	case groups.UnitCondition:
		return c.Not(), true
	case groups.UserCondition:
		return c.Not(), true
	case groups.EnrollmentCondition:
		return c.Not(), true
	case groups.GroupCondition:
		return c.Not(), true
	case groups.StatusCondition:
		return c.Not(), true
	}
	return nil, false
}
