package main

import (
	"fmt"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/bench/workload"
)

// This file puts the workload into the library's words.

func userID(n int32) groups.UserID { return groups.UserID(fmt.Sprintf("p%07d", n)) }

// userNumber is the number of a userID.
func userNumber(id groups.UserID) (n int32) {
	for _, digit := range []byte(id[1:]) {
		n = 10*n + int32(digit-'0')
	}
	return n
}

func unitID(n int32) string           { return fmt.Sprintf("o%05d", n) }
func manualID(n int32) groups.GroupID { return groups.GroupID(fmt.Sprintf("m%03d", n)) }

func librarySchema() *groups.Schema {
	types := [workload.Fields]groups.Type{
		groups.TypeText, groups.TypeText, groups.TypeText, groups.TypeChoice, groups.TypeChoice,
		groups.TypeMultiChoice, groups.TypeDate, groups.TypeInstant, groups.TypeNumber, groups.TypeBool,
	}
	s := &groups.Schema{Trees: []groups.Tree{orgTree}, EnrollmentStatuses: []string{finished, enrolled}}
	for f, t := range types {
		s.Fields = append(s.Fields, groups.Field{Name: workload.Field(f).String(), Type: t})
	}
	return s
}

// user is a user in the library's words.
func (l *library) user(id int32, u *workload.User) groups.User {
	out := groups.User{
		ID: l.ids[id], Activation: groups.Deactivated, Expiry: groups.Current, Manager: l.manager(id),
		Fields: make(map[string]groups.Value, workload.Fields), Units: map[groups.Tree][]string{},
	}
	if u.Active {
		out.Activation = groups.Activated
	}
	for f, code := range u.Fields {
		if code != workload.Unknown {
			out.Fields[workload.Field(f).String()] = libraryValue(workload.Field(f), code)
		}
	}
	switch u.Unit {
	case workload.Unknown:
	case workload.Empty:
		out.Units[orgTree] = []string{}
	default:
		out.Units[orgTree] = []string{unitID(u.Unit)}
	}
	if !u.NoCourses {
		list := make([]groups.Enrollment, len(u.Courses))
		for i, r := range u.Courses {
			list[i] = groups.Enrollment{Course: workload.Course(r.Course), Status: enrolled, Completed: groups.Empty()}
			if r.Done != workload.Empty {
				list[i].Status, list[i].Completed = finished, groups.Day(day(r.Done))
			}
		}
		out.Enrollments = groups.Enrolled(list...)
	}
	return out
}

func (l *library) manager(id int32) groups.Manager {
	switch m := l.w.Lines.Parents[id]; m {
	case workload.Unknown:
		return groups.Manager{}
	case workload.Empty:
		return groups.ReportsTo("")
	default:
		return groups.ReportsTo(l.ids[m])
	}
}

func day(n int32) groups.Date { return groups.NewDate(time.Unix(int64(n)*86_400, 0).UTC().Date()) }

func minute(n int32) time.Time { return time.Unix(int64(n)*60, 0).UTC() }

func libraryValue(f workload.Field, code int32) groups.Value {
	if code == workload.Empty {
		return groups.Empty()
	}
	switch f {
	case workload.Title, workload.City, workload.Email:
		return groups.Text(workload.Text(f, code))
	case workload.Country, workload.Grade:
		return groups.Choice(workload.Text(f, code))
	case workload.Skills:
		return groups.Choice(skillIDs(code)...)
	case workload.Hired:
		return groups.Day(day(code))
	case workload.Seen:
		return groups.At(minute(code))
	case workload.Pay:
		return groups.Number(float64(code))
	}
	return groups.Bool(code == 1)
}

func skillIDs(mask int32) []string {
	var ids []string
	for bit := 0; mask>>bit != 0; bit++ {
		if mask>>bit&1 != 0 {
			ids = append(ids, workload.Skill(bit))
		}
	}
	return ids
}

func libraryCriteria(c *workload.Criteria) groups.Criteria {
	match := func(any bool) groups.Match {
		if any {
			return groups.MatchAny
		}
		return groups.MatchAll
	}
	out := groups.Criteria{Match: match(c.Any)}
	for i := range c.Sets {
		set := groups.Set{Match: match(c.Sets[i].Any)}
		for j := range c.Sets[i].Conditions {
			set.Conditions = append(set.Conditions, libraryCondition(&c.Sets[i].Conditions[j]))
		}
		out.Sets = append(out.Sets, set)
	}
	return out
}

// mapped is the list with f done to each.
func mapped[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}

func libraryCondition(c *workload.Condition) groups.Condition {
	switch c.Kind {
	case workload.InUnit:
		out := orgTree.IsOrBelow(mapped(c.Nodes, unitID)...)
		if c.Negated {
			return out.Not()
		}
		return out
	case workload.Under:
		out := groups.UserBelow(mapped(c.Nodes, userID)...)
		if c.Negated {
			return out.Not()
		}
		return out
	case workload.Completed:
		out := groups.Courses(mapped(c.Codes, workload.Course)...).AtLeast(c.Need).Are(finished)
		if c.Negated {
			return out.Not()
		}
		return out
	case workload.MemberOf:
		out := groups.MemberOfAny(mapped(c.Codes, manualID)...)
		if c.Negated {
			return out.Not()
		}
		return out
	}
	out := libraryTest(c)
	if c.Negated {
		return out.Not()
	}
	return out
}

// libraryTest is a condition on a field.
func libraryTest(c *workload.Condition) groups.FieldCondition {
	name := c.Field.String()
	values := mapped(c.Codes, func(code int32) string {
		if c.Field == workload.Remote {
			return ""
		}
		return workload.Text(c.Field, code)
	})
	switch c.Kind {
	case workload.IsEmpty:
		return groups.TextField(name).IsEmpty()
	case workload.IncludesAny:
		return groups.MultiChoiceField(name).IncludesAny(skillIDs(c.Mask)...)
	case workload.IncludesAll:
		return groups.MultiChoiceField(name).IncludesAll(skillIDs(c.Mask)...)
	case workload.Contains:
		return groups.TextField(name).Contains(c.Part)
	case workload.StartsWith:
		return groups.TextField(name).StartsWith(c.Part)
	case workload.EndsWith:
		return groups.TextField(name).EndsWith(c.Part)
	case workload.Between:
		return libraryRange(c)
	}
	switch c.Field {
	case workload.Remote:
		return groups.BoolField(name).Is(c.Codes[0] == 1)
	case workload.Country, workload.Grade:
		return groups.ChoiceField(name).Is(values...)
	}
	return groups.TextField(name).Is(values...)
}

func libraryRange(c *workload.Condition) groups.FieldCondition {
	name := c.Field.String()
	if c.Days > 0 {
		return groups.DateField(name).InLast(c.Days, groups.Days)
	}
	switch c.Field {
	case workload.Hired:
		return bounded(c, day, groups.DateField(name).OnOrAfter, groups.DateField(name).OnOrBefore, groups.DateField(name).Between)
	case workload.Seen:
		return bounded(c, minute, groups.InstantField(name).OnOrAfter, groups.InstantField(name).OnOrBefore, groups.InstantField(name).Between)
	}
	return bounded(c, func(n int32) float64 { return float64(n) },
		groups.NumberField(name).AtLeast, groups.NumberField(name).AtMost, groups.NumberField(name).Between)
}

// bounded is a range by one bound or by both.
func bounded[T any](c *workload.Condition, value func(int32) T, least, most func(T) groups.FieldCondition, between func(T, T) groups.FieldCondition) groups.FieldCondition {
	switch {
	case c.To == workload.Most:
		return least(value(c.From))
	case c.From == 0:
		return most(value(c.To))
	}
	return between(value(c.From), value(c.To))
}
