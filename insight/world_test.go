package insight_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
	"github.com/grouprules/groups/internal/oracle"
)

func newYear() time.Time { return time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC) }

const (
	title  groups.TextField        = "title"
	tags   groups.TextField        = "tags"
	site   groups.ChoiceField      = "site"
	skills groups.MultiChoiceField = "skills"
	points groups.NumberField      = "points"
	hired  groups.DateField        = "hired"
	seen   groups.InstantField     = "seen"
	works  groups.BoolField        = "works"
	branch groups.Tree             = "branch"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// school is a tenant with four people, of whom the last is known to have nothing.
func school() *groups.Memory {
	m := groups.NewMemory()
	options := []groups.Option{{ID: "berlin"}, {ID: "paris"}, {ID: "rome"}}
	person := func(id groups.UserID, fields map[string]groups.Value, units []string, e groups.Enrollments) groups.User {
		return groups.User{ID: id, Activation: groups.Activated, Expiry: groups.Current, Manager: groups.ReportsTo(""),
			Fields: fields, Units: map[groups.Tree][]string{branch: units}, Enrollments: e}
	}
	none, day := groups.Empty(), func(y, m, d int) groups.Value { return groups.Day(groups.NewDate(y, time.Month(m), d)) }
	check(m.Write(context.Background(), groups.PeopleChange{
		Schema: &groups.Schema{
			Fields: []groups.Field{
				{Name: "title", Type: groups.TypeText}, {Name: "tags", Type: groups.TypeText, Several: true},
				{Name: "site", Type: groups.TypeChoice, Options: options}, {Name: "skills", Type: groups.TypeMultiChoice},
				{Name: "points", Type: groups.TypeNumber}, {Name: "hired", Type: groups.TypeDate}, {Name: "seen", Type: groups.TypeInstant},
				{Name: "works", Type: groups.TypeBool},
			},
			Trees: []groups.Tree{branch}, EnrollmentStatuses: []string{"enrolled", groups.Completed},
		},
		Trees: map[groups.Tree][]groups.Unit{branch: {
			{Tree: branch, ID: "emea"}, {Tree: branch, ID: "dach", Parent: "emea"}, {Tree: branch, ID: "vienna", Parent: "dach"}, {Tree: branch, ID: "apac"},
		}},
		Upsert: []groups.User{
			person("ada", map[string]groups.Value{"title": groups.Text("Sales"), "tags": groups.Text("new"), "site": groups.Choice("berlin"),
				"skills": groups.Choice("go", "sql"), "points": groups.Number(3), "hired": day(2025, 11, 1), "works": groups.Bool(true)},
				[]string{"dach"}, groups.Enrolled(groups.Enrollment{Course: "safety", Status: "enrolled", Completed: none})),
			person("ben", map[string]groups.Value{"title": groups.Text("Support"), "tags": groups.Text("new", "vip"), "site": groups.Choice("paris"),
				"skills": groups.Choice("go"), "points": groups.Number(5), "hired": day(2020, 2, 3), "works": groups.Bool(false)},
				[]string{"vienna"}, groups.Enrolled(groups.Enrollment{Course: "safety", Status: groups.Completed, Completed: day(2025, 3, 1)})),
			person("eve", map[string]groups.Value{"title": groups.Text("Sales"), "tags": groups.Text("vip"), "site": groups.Choice("berlin"),
				"skills": groups.Choice("sql"), "points": groups.Number(5), "hired": day(2024, 5, 5), "works": groups.Bool(true)},
				[]string{"apac"}, groups.Enrolled()),
			person("new", map[string]groups.Value{"title": none, "tags": none, "site": none, "skills": none, "points": none, "hired": none, "seen": none, "works": none},
				[]string{}, groups.Enrolled()),
		},
	}))
	return m
}

// desk is the desk of a tenant.
func desk(dir groups.Directory, store groups.Store) *insight.Desk {
	return insight.New(groups.NewEvaluator(dir, store, &groups.Options{Now: newYear}), dir, store)
}

// automatic is a group that has criteria and was not saved.
func automatic(c groups.Criteria) groups.Group {
	return groups.Group{Kind: groups.AutomaticGroup, Criteria: c}
}

// hidden is a world as a directory.
type hidden struct{ oracle.World }

func (w hidden) Schema(context.Context) (*groups.Schema, error) { return w.World.Schema, nil }
func (w hidden) User(_ context.Context, id groups.UserID) (groups.User, error) {
	if u, ok := w.World.User(id); ok {
		return u, nil
	}
	return groups.User{}, groups.ErrNotFound
}

func (w hidden) Users(context.Context) iter.Seq2[groups.User, error] { return streamed(w.World.Users) }
func (w hidden) Units(context.Context) iter.Seq2[groups.Unit, error] { return streamed(w.World.Units) }

func streamed[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// memberships are those of a world.
type memberships func(groups.UserID, groups.GroupID, bool) groups.Verdict

func (m memberships) MemberOf(u groups.UserID, g groups.GroupID, orBelow bool) groups.Verdict {
	return m(u, g, orBelow)
}

// view is what the users of a world are matched in.
func view(w oracle.World) *groups.View {
	v := &groups.View{Now: w.Now, Zone: w.Zone, Trees: map[groups.Tree]*groups.Hierarchy{}, Lines: groups.NewLines(w.Users...)}
	v.Memberships = memberships(w.Member)
	units := map[groups.Tree][]groups.Unit{}
	for _, u := range w.Units {
		units[u.Tree] = append(units[u.Tree], u)
	}
	for tree, list := range units {
		v.Trees[tree] = groups.NewTree(list...)
	}
	return v
}

func lint(t testing.TB, d *insight.Desk, g groups.Group) []insight.Finding {
	t.Helper()
	found, err := d.Lint(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
