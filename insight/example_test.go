package insight_test

import (
	"context"
	"fmt"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
)

func ExampleDesk_Lint() {
	lms := school()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear})
	found, err := insight.New(ev, lms, lms).Lint(context.Background(), groups.Group{
		Kind: groups.AutomaticGroup,
		Criteria: groups.AnySets(
			groups.All(title.Is("sales", "salse"), branch.IsOrBelow("emea")),
			groups.All(points.AtLeast(10), points.Less(10)),
			groups.All(title.Is("Sales"), branch.Is("vienna")),
		),
	})
	check(err)
	for _, f := range found {
		fmt.Println(f)
	}
	// Output:
	// notice: noSuchValue: /sets/0/conditions/0/values/1: of no user is it known that title is salse
	// error: contradiction: /sets/1: nobody can match the set
	// warning: nobody: /sets/2: none of the 4 users is known to match the set
	// warning: subsumedSet: /sets/2: set 1 makes set 3 superfluous
}

func ExampleDesk_Next() {
	ctx := context.Background()
	lms := school()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear})
	_, err := ev.Save(ctx, groups.Group{
		ID: "newcomers", Name: "Newcomers", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AllSets(groups.All(hired.InLast(90, groups.Days), branch.IsOrBelow("emea"))), Zone: "Europe/Vienna",
	}, "chief")
	check(err)
	_, err = ev.Process(ctx)
	check(err)
	next, err := insight.New(ev, lms, lms).Next(ctx, "newcomers", "ada")
	check(err)
	fmt.Println(next)
	// Output:
	// ada in newcomers: the verdict is yes, and no from 2026-01-29T23:00:00Z on
	// ada in newcomers: automatic, and outside from 2026-01-29T23:00:00Z on (rule)
}

func ExampleDesk_Forecast() {
	ctx := context.Background()
	lms := school()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear})
	for id, c := range map[groups.GroupID]groups.Condition{
		"newcomers": hired.InLast(90, groups.Days), "jubilees": hired.AnniversaryWithin(1, groups.Weeks),
	} {
		_, err := ev.Save(ctx, groups.Group{
			ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(c)),
		}, "chief")
		check(err)
	}
	_, err := ev.Process(ctx)
	check(err)
	desk := insight.New(ev, lms, lms)
	spring, err := desk.Forecast(ctx, newYear(), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	check(err)
	fmt.Println(spring)
	// Output:
	// from 2026-01-01T09:00:00Z to 2026-05-01T00:00:00Z:
	// jubilees: 0 members, 2 join, 1 leave, 0 switch, then 1
	// newcomers: 1 members, 0 join, 1 leave, 0 switch, then 0
	// 2026-01-28T00:00:00Z: ben joined jubilees (rule)
	// 2026-01-30T00:00:00Z: ada left newcomers (rule)
	// 2026-02-04T00:00:00Z: ben left jubilees (rule)
	// 2026-04-29T00:00:00Z: eve joined jubilees (rule)
}
