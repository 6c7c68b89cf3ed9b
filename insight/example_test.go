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

func ExampleDesk_Reviews() {
	ctx, lms := context.Background(), school()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear, Exclusions: true})
	_, err := ev.Save(ctx, groups.Group{
		ID: "sellers", Name: "Sellers", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(title.Is("sales"))),
	}, "root")
	check(err)
	_, err = ev.Process(ctx)
	check(err)
	fair := groups.Decision{By: "ann", Approver: "head of sales", Why: "spring fair", Until: newYear().AddDate(0, 0, 14)}
	_, err = ev.Assign(ctx, "sellers", fair, "ada", "ben")
	check(err)
	_, err = ev.Exclude(ctx, "sellers", groups.Decision{By: "ann", Why: "changed sides"}, "new")
	check(err)

	for r, err := range insight.New(ev, lms, lms).Reviews(ctx, newYear().AddDate(0, 1, 0)) {
		check(err)
		fmt.Println(r)
	}
	// Output:
	// notNeeded: ada in sellers: assigned by ann on 2026-01-01, approved by head of sales (spring fair): the rule has them in as well
	// expiring: ada in sellers: assigned by ann on 2026-01-01, approved by head of sales (spring fair): it ends at 2026-01-15T09:00:00Z, and the rule keeps them in
	// expiring: ben in sellers: assigned by ann on 2026-01-01, approved by head of sales (spring fair): it ends at 2026-01-15T09:00:00Z, and they are out then (by rule)
	// idle: new in sellers: excluded by ann on 2026-01-01 (changed sides): they are out without it as well
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

func ExampleDesk_Impact() {
	lms, ev := staffed()
	impact, err := insight.New(ev, lms, lms).Impact(context.Background(), insight.DeleteUnit(branch, "dach"), 10)
	check(err)
	fmt.Println(impact)
	fmt.Println(impact.Err())
	// Output:
	// delete unit dach of tree branch: 2 people
	// group abroad: 1 join, 1 become undecided; /sets/0/conditions/0 names: branch is not dach (people with no branch included)
	// group europe: 2 leave; /sets/0/conditions/0 above: branch is or below emea
	// delete unit dach of tree branch: groups are concerned: abroad /sets/0/conditions/0, europe /sets/0/conditions/0
}

func ExampleDesk_Impact_tombstone() {
	ctx := context.Background()
	lms, ev := staffed()
	stone, err := insight.New(ev, lms, lms).Tombstone(ctx, insight.DeleteUnit(branch, "dach"))
	check(err)
	check(lms.Write(ctx, stone.People))
	run, err := ev.Process(ctx)
	check(err)
	fmt.Println("moves:", len(run.Changes()))
	for _, f := range run.Findings {
		fmt.Println(f)
	}
	// Output:
	// moves: 0
	// missingParent: tree branch: unit "dach" does not exist; directly below it: "vienna"
	// strayUnit: tree branch: unit "dach" is not in the tree; in it sits user "ada"
	// unknownUnit: group abroad /sets/0/conditions/0: tree "branch" has no unit "dach"
}

// staffed is a school with two groups that read its units.
func staffed() (*groups.Memory, *groups.Evaluator) {
	ctx, lms := context.Background(), school()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear})
	for id, c := range map[groups.GroupID]groups.Condition{"europe": branch.IsOrBelow("emea"), "abroad": branch.Is("dach").Not()} {
		_, err := ev.Save(ctx, groups.Group{ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(c))}, "ada")
		check(err)
	}
	_, err := ev.Process(ctx)
	check(err)
	return lms, ev
}
