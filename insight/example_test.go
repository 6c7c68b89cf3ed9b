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
