package groups_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/grouprules/groups"
)

func Example() {
	const (
		JobTitle groups.TextField   = "job_title"
		Location groups.ChoiceField = "location"
	)
	ctx := context.Background()
	lms := groups.NewMemory() // people, groups and memberships
	ev := groups.NewEvaluator(lms, lms, nil)

	people, err := groups.ReadPeopleCSV(strings.NewReader(
		"id,job_title,location\nada,Sales lead,berlin\nbob,Clerk,berlin\n"),
		&groups.PeopleCSV{Key: "id", Fields: []groups.CSVField{{Field: groups.Field{Name: "location", Type: groups.TypeChoice}}}})
	if err != nil {
		log.Fatal(err)
	}
	plan, _ := ev.PlanImport(ctx, people) // what would change, groups included
	ev.Import(ctx, plan)

	ev.Save(ctx, groups.Group{ID: "sales", Name: "Sales in Berlin", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(JobTitle.Contains("sales"), Location.Is("berlin")))}, "admin")
	run, _ := ev.Process(ctx, "sales") // all of it, or on an error nothing
	for _, c := range run.Changes() {
		fmt.Println(c.User, c.Kind, "because of", c.Cause)
	}
	why, _ := ev.Explain(ctx, "sales", "bob")
	fmt.Println(why)
	// Output:
	// ada joined because of rule
	// bob is not a member of sales (by rule)
	// rule: no
	//   set 1: no (all of 2)
	//     no      job title contains sales; has: Clerk
	//     yes     location is berlin; has: berlin
}
