package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/grouprules/groups"
)

// capabilityCases are clause 9 of Directory. As every case they are run with the capabilities visible and
// with them hidden, and as both are compared with what a look at everybody in a Memory finds, the answers
// are the same.
var capabilityCases = []Case{{
	Name: "an evaluator finds the same with capabilities and without", Interface: "Directory", Clause: 9, Needs: []Category{Fields, Units, Managers, Enrollments},
	Why: "an index of a version that did not move, or a report that was missed, leaves people in groups that are not theirs any more",
	people: func(t TB, of Tenant) {
		plain := groups.NewMemory()
		begin := groups.PeopleChange{
			Schema: &groups.Schema{
				Fields: []groups.Field{{Name: "title", Type: groups.TypeText}}, Trees: []groups.Tree{staff}, EnrollmentStatuses: []string{groups.Completed},
			},
			Trees: map[groups.Tree][]groups.Unit{staff: {{ID: "emea"}, {ID: "nl", Parent: "emea"}, {ID: "apac"}}},
		}
		write(t, of.People, begin)
		write(t, plain, begin)
		found := evaluation(t, of.Directory, &groups.Options{Now: func() time.Time { return morning }, Guard: &groups.Guard{}})
		want := evaluation(t, struct{ groups.Directory }{plain}, &groups.Options{Now: func() time.Time { return morning }, Guard: &groups.Guard{}, IndexBytes: -1})
		random := rand.New(rand.NewPCG(1, 2))
		for step := range 60 {
			c, touched := someChange(random)
			write(t, of.People, c)
			write(t, plain, c)
			got, expected := found(touched), want(touched)
			if got != expected {
				t.Errorf("after change %d, %+v, an evaluator finds\n%s\nand a look at everybody in a Memory\n%s", step, c, got, expected)
				return
			}
		}
	},
}}

// evaluation has an evaluator over the directory, with groups in a Memory. What it returns follows a change,
// looks at everybody, and says what both came to.
func evaluation(t TB, d groups.Directory, o *groups.Options) func(groups.Touched) string {
	t.Helper()
	s := groups.NewMemory()
	ev := groups.NewEvaluator(d, s, o)
	for id, c := range []groups.Condition{
		title.Is("sales"), staff.IsOrBelow("emea"), groups.UserIsOrBelow("u000000"), groups.Courses("a").AtLeast(1).Are(groups.Completed),
		groups.StatusIs(groups.StatusActive), groups.MemberOfAny("g2").Not(),
	} {
		g := groups.Group{
			ID: groups.GroupID(fmt.Sprintf("g%d", id)), Name: c.String(), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(c)),
		}
		if _, err := ev.Save(t.Context(), g, root); err != nil {
			t.Fatalf("save group %q: %v", g.ID, err)
		}
	}
	if _, err := ev.Process(t.Context()); err != nil {
		t.Fatalf("Process: %v", err)
	}
	return func(touched groups.Touched) string {
		t.Helper()
		changed, err := ev.Changed(t.Context(), touched)
		if err != nil {
			t.Fatalf("Changed: %v", err)
		}
		all, err := ev.Evaluate(t.Context())
		if err != nil {
			t.Fatalf("Evaluate: %v", err)
		}
		said, err := json.Marshal([]any{changed.Changes(), all.Changes()})
		if err != nil {
			t.Fatalf("%v", err)
		}
		return string(said)
	}
}

// someChange is a change of one user or unit, and what an evaluator is told of it.
func someChange(random *rand.Rand) (groups.PeopleChange, groups.Touched) {
	ids := typed[groups.UserID](numbered(10))
	id := ids[random.IntN(len(ids))]
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	touched := groups.Touched{Users: []groups.UserID{id}}
	switch random.IntN(8) {
	case 0:
		return groups.PeopleChange{Remove: touched.Users}, touched
	case 1:
		return groups.PeopleChange{Deactivate: touched.Users}, touched
	case 2:
		units := []groups.Unit{{Tree: staff, ID: "apac"}, {Tree: staff, ID: "emea"}, {Tree: staff, ID: "nl", Parent: one("emea", "apac", "nl", "gone", "")}}
		return groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{staff: units}}, groups.Touched{Units: units[2:]}
	}
	u := users(id)[0]
	u.Fields = map[string]groups.Value{"title": groups.Text(one("sales", "maths"))}
	u.Units = map[groups.Tree][]string{staff: {one("emea", "nl", "apac")}}
	u.Enrollments = groups.Enrolled(groups.Enrollment{Course: one("a", "b"), Status: groups.Completed})
	if random.IntN(6) > 0 { // of others nothing is known
		u.Manager = groups.ReportsTo(ids[random.IntN(len(ids))])
	}
	return groups.PeopleChange{Upsert: []groups.User{u}}, touched
}
