package desk

import (
	"fmt"
	"time"

	"github.com/grouprules/groups"
	"pgregory.net/rapid"
)

// The vocabulary is so small that everybody is met again: in groups, in units, as a manager, as an owner.
const (
	branch groups.Tree      = "branch"
	dept   groups.TextField = "dept"
	hired  groups.DateField = "hired"
)

var (
	userIDs  = []groups.UserID{"u1", "u2", "u3", "u4", "u5", "u6"}
	groupIDs = []groups.GroupID{"g1", "g2", "g3", "g4", "g5"}
	unitIDs  = []string{"a", "b", "c"}
	owners   = []string{"", "ada", "bob"}
	depts    = []string{"sales", "sales", "sales", "ops"}
)

// stranger is a user who is in no directory.
const stranger groups.UserID = "u0"

func schema() *groups.Schema {
	return &groups.Schema{
		Fields:             []groups.Field{{Name: string(dept), Type: groups.TypeText}, {Name: string(hired), Type: groups.TypeDate}},
		EnrollmentStatuses: []string{"enrolled", groups.Completed},
		Trees:              []groups.Tree{branch},
	}
}

// start is when every history begins.
var start = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)

func draw[T any](t *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

// pick draws one of a list by its place, so that what is drawn can be read.
func pick[T any](t *rapid.T, label string, from []T) T {
	return from[rapid.IntRange(0, len(from)-1).Draw(t, label)]
}

func chance(t *rapid.T, label string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(t, label) < percent
}

// someone draws a person as the host may know them.
func someone(t *rapid.T, id groups.UserID, now time.Time) groups.User {
	u := groups.User{
		ID: id, Activation: groups.Activated, Expiry: groups.Current, Manager: manager(t, id), Enrollments: enrollments(t),
		Fields: map[string]groups.Value{string(dept): department(t), string(hired): hiring(t, now)},
		Units:  map[groups.Tree][]string{branch: seat(t)},
	}
	if chance(t, "not active", 15) {
		u.Activation = draw(t, "activation", groups.Deactivated, groups.ActivationUnknown)
	}
	return u
}

func department(t *rapid.T) groups.Value {
	switch {
	case chance(t, "no department", 10):
		return groups.Empty()
	case chance(t, "department unknown", 5):
		return groups.Value{}
	}
	return groups.Text(draw(t, "department", depts...))
}

func hiring(t *rapid.T, now time.Time) groups.Value {
	day := now.AddDate(0, 0, -rapid.IntRange(0, 9).Draw(t, "days since hired"))
	return groups.Day(groups.NewDate(day.Date()))
}

func seat(t *rapid.T) []string {
	if chance(t, "in no unit", 20) {
		return []string{}
	}
	return []string{draw(t, "unit", unitIDs...)}
}

func manager(t *rapid.T, id groups.UserID) groups.Manager {
	if boss := draw(t, "manager", userIDs...); boss != id && chance(t, "has a manager", 40) {
		return groups.ReportsTo(boss)
	}
	return groups.ReportsTo("")
}

func enrollments(t *rapid.T) groups.Enrollments {
	if chance(t, "enrolled", 50) {
		return groups.Enrolled(groups.Enrollment{Course: "c1", Status: draw(t, "status", "enrolled", groups.Completed), Completed: groups.Empty()})
	}
	return groups.Enrolled()
}

// units are a tree of three, in one of its shapes.
func units(t *rapid.T) []groups.Unit {
	list := []groups.Unit{{Tree: branch, ID: "a"}, {Tree: branch, ID: "b"}, {Tree: branch, ID: "c"}}
	list[1].Parent = draw(t, "above b", "a", "a", "")
	list[2].Parent = draw(t, "above c", "", "a", "b")
	return list
}

// criteria draws a rule: mostly one set, so that what it says matters.
func criteria(t *rapid.T) groups.Criteria {
	var sets []groups.Set
	for range draw(t, "sets", 1, 1, 2) {
		s := groups.Set{Match: draw(t, "match", groups.MatchAll, groups.MatchAny)}
		for range draw(t, "conditions", 1, 1, 2) {
			s.Conditions = append(s.Conditions, condition(t))
		}
		sets = append(sets, s)
	}
	return groups.Criteria{Match: draw(t, "match of sets", groups.MatchAll, groups.MatchAny), Sets: sets}
}

func condition(t *rapid.T) groups.Condition {
	switch n := rapid.IntRange(0, 99).Draw(t, "condition"); {
	case n < 36:
		return dept.Is("sales")
	case n < 42:
		return dept.IsNot("ops")
	case n < 50:
		return hired.InLast(rapid.IntRange(3, 12).Draw(t, "days"), groups.Days)
	case n < 59:
		return branch.IsOrBelow(draw(t, "unit asked for", unitIDs...))
	case n < 66:
		return groups.UserBelow(draw(t, "manager asked for", userIDs...))
	case n < 73:
		return groups.Courses("c1").Are(groups.Completed)
	case n < 90:
		c := groups.MemberOfAny(draw(t, "group asked for", groupIDs...))
		if chance(t, "or below", 60) {
			c = c.WithBelow()
		}
		if chance(t, "not", 30) {
			c = c.Not()
		}
		return c
	case n < 94:
		return groups.UserIs(draw(t, "user asked for", userIDs...))
	}
	return groups.Everyone{}
}

// newGroup draws a group that is not there yet.
func newGroup(t *rapid.T, id groups.GroupID) groups.Group {
	g := groups.Group{
		ID: id, Name: fmt.Sprintf("group %s", id), Kind: draw(t, "kind", groups.AutomaticGroup, groups.AutomaticGroup, groups.ManualGroup),
		Status:      draw(t, "status of group", groups.Active, groups.Active, groups.Inactive),
		Deactivated: draw(t, "policy", groups.Keep, groups.DropAutomatic, groups.DropAll),
		Owner:       draw(t, "owner", owners...),
	}
	if g.Kind == groups.AutomaticGroup || chance(t, "criteria that are not read", 20) {
		g.Criteria = criteria(t)
	}
	if chance(t, "beneath another", 40) {
		g.Parent = draw(t, "parent", groupIDs...)
	}
	if chance(t, "scheduled", 15) {
		g.Schedule = daily
	}
	return g
}

// daily is due every day at two.
var daily = groups.Schedule{Every: 24 * time.Hour, Shift: 2 * time.Hour}
