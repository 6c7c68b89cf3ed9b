package groups_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"strings"
	"time"

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
	_, err = ev.Import(ctx, plan, "an administrator")
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
	//   it would be yes if job title were sales
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

func ExampleEvaluator_Explain() {
	why, err := campus().Explain(context.Background(), "diligent", "bea")
	check(err)
	fmt.Println(why)
	for _, set := range why.Otherwise[0].Sets {
		for _, change := range set {
			fmt.Println(change.Of, change.Name, change.To, change.Conditions)
		}
	}
	// Output:
	// bea is not a member of diligent (by rule)
	// rule: no
	//   set 1: no (all of 1)
	//     no      credits is at least 100 (people with no credits left out); has: 60
	//   it would be yes if credits were 100
	// field credits [100] [/sets/0/conditions/0]
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

func ExampleEvaluator_Match() {
	ev, ctx := campus(), context.Background()
	for _, user := range []groups.UserID{"ada", "bea", "cy"} {
		verdict, err := ev.Match(ctx, "diligent", user)
		fmt.Println(verdict, err)
	}
	// Output:
	// yes <nil>
	// no <nil>
	// unknown user "cy": not found
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

func ExampleEvaluator_Publish() {
	ev, ctx := campus(), context.Background()
	const Credits groups.NumberField = "credits"
	plan, err := ev.Preview(ctx, groups.Group{
		ID: "diligent", Name: "Diligent", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(Credits.AtLeast(60))), Revision: 1,
	}, nil)
	check(err)
	kept, err := json.Marshal(plan) // to be published in another request
	check(err)

	// Meanwhile somebody else moves.
	_, err = ev.Assign(ctx, "diligent", groups.Decision{By: "tutor"}, "bea")
	check(err)
	plan = new(groups.Plan)
	check(json.Unmarshal(kept, plan))
	_, err = ev.Publish(ctx, plan, "an administrator")
	fmt.Println(err)
	// Output:
	// group "diligent": the plan is out of date; user "bea" in group "diligent": planned outside → automatic, now manual → manual
}

func ExampleEvaluator_Approve() {
	lms, ctx := groups.NewMemory(), context.Background()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear}) // the guard is on
	var people []groups.User
	for i := range 25 {
		people = append(people, groups.User{
			ID: groups.UserID(fmt.Sprintf("u%02d", i)), Activation: groups.Activated,
			Fields: map[string]groups.Value{"department": groups.Text("sales")},
		})
	}
	schema := &groups.Schema{Fields: []groups.Field{{Name: "department", Type: groups.TypeText}}}
	check(lms.Write(ctx, groups.PeopleChange{Schema: schema, Upsert: people}))
	_, err := ev.Save(ctx, groups.Group{
		ID: "sales", Name: "Sales", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(groups.TextField("department").Is("sales"))),
	}, "an administrator")
	check(err)
	_, err = ev.Process(ctx)
	check(err)

	// A feed that lost a column.
	for i := range people {
		people[i].Fields = map[string]groups.Value{"department": groups.Empty()}
	}
	check(lms.Write(ctx, groups.PeopleChange{Upsert: people}))
	run, err := ev.Process(ctx)
	check(err)
	fmt.Println(len(run.Changes()), "changes")
	held, err := ev.Held(ctx)
	check(err)
	fmt.Println(held[0].Group.ID, "is held:", held[0].Hold)

	// A person knows that it is right so.
	run, err = ev.Approve(ctx, held[0], "an administrator")
	check(err)
	fmt.Println(len(run.Changes()), "changes")
	// Output:
	// 0 changes
	// sales is held: leaves of the group: they empty a group of 25: 25 because `department` is empty
	// 25 changes
}

func ExampleEvaluator_Due() {
	lms, ctx := groups.NewMemory(), context.Background()
	now := newYear()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: func() time.Time { return now }})
	check(lms.Write(ctx, groups.PeopleChange{Upsert: []groups.User{{ID: "ada", Activation: groups.Activated}}}))
	_, err := ev.Save(ctx, groups.Group{
		ID: "nightly", Name: "Nightly", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(groups.Everyone{})),
		Schedule: groups.Schedule{Every: 24 * time.Hour, Shift: 2 * time.Hour}, // at 02:00 UTC
	}, "an administrator")
	check(err)
	run, err := ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"ada"}})
	check(err)
	fmt.Println(len(run.Changes()), "changes; call again at", run.Next.Format(time.RFC3339))

	now = run.Next
	due, _, err := ev.Due(ctx)
	check(err)
	run, err = ev.Changed(ctx, groups.Touched{}) // does what is due
	check(err)
	fmt.Println(due, len(run.Changes()), "changes")
	// Output:
	// 0 changes; call again at 2026-01-02T02:00:00Z
	// [nightly] 1 changes
}

func ExampleEvaluator_Forget() {
	ev, ctx := campus(), context.Background()
	check(ev.Forget(ctx, "ada", "an administrator"))
	for st, err := range ev.GroupsOf(ctx, "ada") {
		check(err)
		fmt.Println("still in", st.Group)
	}
	fmt.Println("gone")
	// Output: gone
}

func ExampleEvaluator_Count() {
	ev, ctx := campus(), context.Background()
	const Credits groups.NumberField = "credits"
	for _, least := range []float64{30, 60, 90} { // as it is typed
		n, err := ev.Count(ctx, groups.Group{
			ID: "new", Name: "New", Kind: groups.AutomaticGroup, Status: groups.Active,
			Criteria: groups.AnySets(groups.All(Credits.AtLeast(least))),
		})
		check(err)
		fmt.Println(n.Population)
	}
	// Output:
	// 2
	// 2
	// 1
}

func ExampleEvaluator_CountPage() {
	ev, ctx := campus(), context.Background()
	const Credits groups.NumberField = "credits"
	n, first, err := ev.CountPage(ctx, groups.Group{
		ID: "new", Name: "New", Kind: groups.AutomaticGroup,
		Criteria: groups.AnySets(groups.All(Credits.AtLeast(30))),
	}, 20)
	check(err)
	fmt.Println(n.Population, "would be in:")
	for _, m := range first {
		fmt.Println(m.User, m.Method)
	}
	// Output:
	// 2 would be in:
	// ada automatic
	// bea automatic
}
