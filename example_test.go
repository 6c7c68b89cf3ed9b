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
	ctx, file := context.Background(), strings.NewReader("id,job_title,location\nada,Sales lead,berlin\nbob,Clerk,berlin\n")

	lms := groups.NewMemory()                // people, groups and memberships
	ev := groups.NewEvaluator(lms, lms, nil) // Directory, Store, *Options
	people, err := groups.ReadPeopleCSV(file, &groups.PeopleCSV{Key: "id",
		Fields: []groups.CSVField{{Field: groups.Field{Name: "location", Type: groups.TypeChoice}}}})
	check(err)
	plan, err := ev.PlanImport(ctx, people) // what would change, in people and in groups
	check(err)
	_, err = ev.Import(ctx, plan)
	check(err)

	_, err = ev.Save(ctx, groups.Group{
		ID: "sales", Name: "Sales in Berlin", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(JobTitle.Contains("sales"), Location.Is("berlin"))),
	}, "an administrator")
	check(err)
	run, err := ev.Process(ctx) // all of it is written, or on an error nothing
	check(err)
	for _, c := range run.Changes() {
		fmt.Println(c.User, c.Kind, "by", c.Cause)
	}
	why, err := ev.Explain(ctx, "sales", "bob")
	check(err)
	fmt.Println(why)
	// Output:
	// ada joined by rule
	// bob is not a member of sales (by rule)
	// rule: no
	//   set 1: no (all of 2)
	//     no      job title contains sales; has: Clerk
	//     yes     location is berlin; has: berlin
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleEvaluator_Preview() {
	ev := campus()
	const Credits groups.NumberField = "credits"
	// What if the bar were lower? Nothing is written.
	plan, err := ev.Preview(context.Background(), groups.Group{
		ID: "diligent", Name: "Diligent", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(Credits.AtLeast(60))), Revision: 1,
	}, nil)
	check(err)
	for _, c := range plan.Diff.Joined {
		fmt.Println(c.User, c.Kind)
	}
	fmt.Println(len(plan.Diff.Left), "leave,", len(plan.Kept), "stay")
	// Output:
	// bea joined
	// 0 leave, 1 stay
}

func ExampleEvaluator_Assign() {
	ev, ctx := campus(), context.Background()
	run, err := ev.Assign(ctx, "diligent", groups.Decision{By: "tutor", Why: "resits"}, "bea")
	check(err)
	fmt.Println(run.Changes()[0].User, run.Changes()[0].After)

	// Ada is in by the rule: for her this is a switch to manual, and back.
	run, err = ev.Assign(ctx, "diligent", groups.Decision{By: "tutor"}, "ada")
	check(err)
	fmt.Println(run.Changes()[0].Kind, "to", run.Changes()[0].After)
	run, err = ev.Unassign(ctx, "diligent", "tutor", "ada")
	check(err)
	fmt.Println(run.Changes()[0].Kind, "to", run.Changes()[0].After)
	// Output:
	// bea manual
	// switched to manual
	// switched to automatic
}

func ExampleEvaluator_TakeOut() {
	_, err := campus().TakeOut(context.Background(), "diligent", "tutor", "ada")
	fmt.Println(err)
	// Output: user "ada" is in group "diligent" because of its rule: credits is at least 100 (people with no credits left out)
}

// campus is a small school: ada and bea with 120 and 60 credits, and a group of those with 100.
func campus() *groups.Evaluator {
	const Credits groups.NumberField = "credits"
	ctx, school := context.Background(), groups.NewMemory()
	check(school.Write(ctx, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "credits", Type: groups.TypeNumber}}},
		Upsert: []groups.User{
			{ID: "ada", Activation: groups.Activated, Fields: map[string]groups.Value{"credits": groups.Number(120)}},
			{ID: "bea", Activation: groups.Activated, Fields: map[string]groups.Value{"credits": groups.Number(60)}},
		},
	}))
	ev := groups.NewEvaluator(school, school, &groups.Options{Now: newYear})
	_, err := ev.Save(ctx, groups.Group{
		ID: "diligent", Name: "Diligent", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(Credits.AtLeast(100))),
	}, "tutor")
	check(err)
	_, err = ev.Process(ctx)
	check(err)
	return ev
}

func ExampleSchema_Check() {
	const Hired groups.DateField = "hired"
	schema := &groups.Schema{Fields: []groups.Field{{Name: "hired", Type: groups.TypeDate}}}
	err := schema.Check(groups.AllSets(
		groups.All(Hired.InLast(0, groups.Days), groups.TextField("hobby").Contains(" ")),
		groups.Any(),
	))
	fmt.Println(err)
	// Output:
	// /sets/0/conditions/0/days: 0 is not from 1 to 3660000
	// /sets/0/conditions/1/field: no field "hobby"
	// /sets/1/conditions: a set without conditions
}

func ExampleParseCriteria() {
	c, err := groups.ParseCriteria([]byte(`{"match": "all", "sets": [{"match": "all", "conditions": [
		{"kind": "field", "field": "job_title", "op": "contains", "values": ["sales"]},
		{"kind": "field", "field": "hire_date", "op": "inLast", "days": 90}]}]}`), nil)
	check(err)
	fmt.Println(c)
	// Output: job title contains sales AND hire date in the last 90 days (people with no hire date left out)
}
