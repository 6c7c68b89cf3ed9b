package insight_test

import (
	"context"
	"fmt"

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
