package oneroster_test

import (
	"context"
	"fmt"
	"os"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/oneroster"
)

// A school sends its roster in bulk in summer, and what changed after that.
func ExampleRead() {
	ctx := context.Background()
	lms := groups.NewMemory()
	ev := groups.NewEvaluator(lms, lms, nil)
	const site groups.Tree = "org"
	options := &oneroster.Options{
		Missing: groups.DeactivateMissing,
		Agents:  []string{"teacher"},
		Fields:  map[string]groups.Field{"users.grades": {Name: "grade", Type: groups.TypeMultiChoice}},
	}
	for _, folder := range []string{"bulk-1.1", "delta-1.1"} {
		b, err := oneroster.Read(os.DirFS("testdata/own/"+folder), options)
		check(err)
		people, err := b.People(ctx, lms)
		check(err)
		plan, err := ev.PlanImport(ctx, people)
		check(err)
		fmt.Println(b)
		fmt.Println("new", plan.New, "changed", plan.Changed, "missing", plan.Missing)
		run, err := ev.Import(ctx, plan, "an administrator")
		check(err)
		for _, c := range run.Changes() {
			fmt.Println(c.User, c.Kind, c.Group)
		}
		if folder == "bulk-1.1" { // now there are fields to make rules of
			_, err = ev.Save(ctx, groups.Group{
				ID: "ninth", Name: "Ninth grade of the district", Kind: groups.AutomaticGroup, Status: groups.Active,
				Criteria: groups.AllSets(groups.All(
					oneroster.Role.IncludesAny("student"), groups.MultiChoiceField("grade").IncludesAny("09"), site.IsOrBelow("district"),
				)),
			}, "an administrator")
			check(err)
		}
	}
	// Output:
	// OneRoster 1.1, orgs bulk 4, academicSessions bulk 3, courses bulk 2, classes bulk 3, users bulk 7, enrollments bulk 6
	// new [u1 u2 u3 u4 u5 u6 u7] changed [] missing []
	// OneRoster 1.1, orgs delta 3 (1 gone), classes delta 1, users delta 3 (1 gone), enrollments delta 4 (2 gone)
	// new [u8] changed [u1 u3 u4 u5] missing [u5]
	// u3 joined ninth
	// u4 joined ninth
	// u8 joined ninth
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
