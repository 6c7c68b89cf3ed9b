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
