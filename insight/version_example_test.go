package insight_test

import (
	"context"
	"fmt"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
)

// Ann's first criteria took in Berlin, and Cid's take in who has at least five points.
func ExampleDesk_Compare() {
	ctx := context.Background()
	lms, ev, _ := edited(ctx)
	c, err := insight.New(ev, lms, lms).Compare(ctx, "crew", 1, 3, 10)
	check(err)
	fmt.Println(c)
	// Output:
	// versions 1 and 3 of crew differ for 2
	// 1 only in version 1: ada
	//   1 by version 1: /sets/0/conditions/0 site is berlin
	//   1 by version 3: not so: /sets/0/conditions/0 points is at least 5 (people with no points left out)
	// 1 only in version 3: ben
	//   1 by version 1: not so: /sets/0/conditions/0 site is berlin
	//   1 by version 3: /sets/0/conditions/0 points is at least 5 (people with no points left out)
}

// Eve has moved since Berlin was asked for, and Dan assigned the newcomer.
func ExampleDesk_Restored() {
	ctx := context.Background()
	lms, ev, _ := edited(ctx)
	change(ctx, lms, "eve", func(u *groups.User) { u.Fields["site"] = groups.Choice("rome") })
	_, err := ev.Assign(ctx, "crew", groups.Decision{By: "dan"}, "new")
	check(err)
	r, err := insight.New(ev, lms, lms).Restored(ctx, "crew", 1)
	check(err)
	fmt.Println(r)
	_, err = ev.Publish(ctx, r.Plan, "ann")
	check(err)
	members, err := ev.MembersPage(ctx, "crew", "", 10)
	check(err)
	fmt.Println(members)
	// Output:
	// version 1 of crew, by ann: would join: 1, would leave: 2, members until 2026-01-05T09:00:00Z: 2
	//   eve would be out, and was in: it is not so that site is berlin
	//   new would be in, and was not: dan put them in on 2026-01-20
	// [{ada automatic} {new manual}]
}

// On the 7th there were the salespeople. Then Cid asked for points, Eve became somebody else, and Dan assigned the newcomer.
func ExampleDesk_Since() {
	ctx := context.Background()
	lms, ev, now := edited(ctx)
	change(ctx, lms, "eve", func(u *groups.User) {
		u.Fields["title"], u.Fields["points"] = groups.Text("Support"), groups.Empty()
	})
	_, err := ev.Process(ctx)
	check(err)
	_, err = ev.Assign(ctx, "crew", groups.Decision{By: "dan"}, "new")
	check(err)
	*now = january(21)
	t, err := insight.New(ev, lms, lms).Since(ctx, "crew", january(7))
	check(err)
	fmt.Println(t)
	// Output:
	// members of crew: 2 at 2026-01-07T09:00:00Z, 2 now; 2 joined, 2 left
	//   1 joined because cid saved other criteria on 2026-01-10
	//   1 joined because dan put them in
	//   1 left because `points` is empty
	//   1 left because cid saved other criteria on 2026-01-10
}
