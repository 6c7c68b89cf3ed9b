package groups_test

import (
	"context"
	"fmt"

	"github.com/grouprules/groups"
)

// campusOf has people in a Memory, some groups, and a clock that stands still.
func campusOf(schema *groups.Schema, people []groups.User, of ...groups.Group) (*groups.Memory, *groups.Evaluator) {
	ctx, m := context.Background(), groups.NewMemory()
	check(m.Write(ctx, groups.PeopleChange{Schema: schema, Upsert: people}))
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	for _, g := range of {
		_, err := ev.Save(ctx, g, "an administrator")
		check(err)
	}
	_, err := ev.Process(ctx)
	check(err)
	return m, ev
}

// printChanges prints what a run did.
func printChanges(run *groups.Run, err error) {
	check(err)
	for _, c := range run.Changes() {
		fmt.Println(c.User, c.Kind, c.Group, "by", c.Cause)
	}
}

// printMembers prints who is in a group, and how.
func printMembers(ev *groups.Evaluator, group groups.GroupID) {
	for m, err := range ev.Members(context.Background(), group) {
		check(err)
		fmt.Println(group+":", m.User, m.Method)
	}
}

// One call brings the memberships up to date after whatever happened on the platform.
func ExampleEvaluator_Changed() {
	const Branch groups.Tree = "branch"
	ctx := context.Background()
	group := func(id groups.GroupID, conditions ...groups.Condition) groups.Group {
		return groups.Group{ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(conditions...))}
	}
	ada := groups.User{
		ID: "ada", Activation: groups.Activated,
		Units: map[groups.Tree][]string{Branch: {"lund"}}, Enrollments: groups.Enrolled(),
	}
	lms, ev := campusOf(
		&groups.Schema{Trees: []groups.Tree{Branch}, EnrollmentStatuses: []string{"enrolled", groups.Completed}},
		[]groups.User{ada},
		group("europe", Branch.IsOrBelow("europe")),
		group("certified", groups.Courses("safety").Are(groups.Completed)),
		group("everywhere", groups.MemberOfAll("europe", "certified")),
	)

	// A unit was moved.
	check(lms.Write(ctx, groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{Branch: {{ID: "europe"}, {ID: "lund", Parent: "europe"}}}}))
	printChanges(ev.Changed(ctx, groups.Touched{Units: []groups.Unit{{Tree: Branch, ID: "lund"}, {Tree: Branch, ID: "europe"}}}))

	// An enrollment changed, and with one group another that refers to it.
	ada.Enrollments = groups.Enrolled(groups.Enrollment{Course: "safety", Status: groups.Completed, Completed: groups.Empty()})
	check(lms.Write(ctx, groups.PeopleChange{Upsert: []groups.User{ada}}))
	printChanges(ev.Changed(ctx, groups.Touched{Enrollments: []groups.UserID{"ada"}}))

	// A user came, another left.
	check(lms.Write(ctx, groups.PeopleChange{
		Upsert: []groups.User{{ID: "bea", Activation: groups.Activated, Units: map[groups.Tree][]string{Branch: {"europe"}}, Enrollments: groups.Enrolled()}},
		Remove: []groups.UserID{"ada"},
	}))
	printChanges(ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"ada", "bea"}}))

	// A group was saved. An owner's scope would be told by its Owners.
	_, err := ev.Save(ctx, group("novices", groups.Courses("safety").Are(groups.Completed).Not()), "an administrator")
	check(err)
	printChanges(ev.Changed(ctx, groups.Touched{Groups: []groups.GroupID{"novices"}}))
	// Output:
	// ada joined europe by rule
	// ada joined certified by rule
	// ada joined everywhere by rule
	// ada left certified by absence
	// ada left europe by absence
	// bea joined europe by rule
	// ada left everywhere by absence
	// bea joined novices by rule
}

// A static group holds whom people put in, a dynamic one follows its rule, and one that does both is a
// combination. A group has a parent, and a rule may ask for the members of a group or of one below it.
func Example_combinationGroup() {
	const Team groups.TextField = "team"
	ctx := context.Background()
	in := func(id groups.UserID, team string) groups.User {
		return groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{"team": groups.Text(team)}}
	}
	_, ev := campusOf(
		&groups.Schema{Fields: []groups.Field{{Name: string(Team), Type: groups.TypeText}}},
		[]groups.User{in("ada", "sales"), in("bea", "support"), in("cid", "lab")},
		groups.Group{ID: "board", Name: "Board", Status: groups.Active},
		groups.Group{
			ID: "sales", Name: "Sales", Kind: groups.AutomaticGroup, Status: groups.Active, Parent: "board",
			Criteria: groups.AnySets(groups.All(Team.Is("sales"))),
		},
		groups.Group{
			ID: "all", Name: "Board and below", Kind: groups.AutomaticGroup, Status: groups.Active,
			Criteria: groups.AnySets(groups.All(groups.MemberOfAny("board").WithBelow())),
		},
	)
	for group, user := range map[groups.GroupID]groups.UserID{"board": "cid", "sales": "bea"} {
		_, err := ev.Assign(ctx, group, groups.Decision{By: "an administrator"}, user)
		check(err)
	}
	for _, group := range []groups.GroupID{"board", "sales", "all"} {
		printMembers(ev, group)
	}
	// Output:
	// board: cid manual
	// sales: ada automatic
	// sales: bea manual
	// all: ada automatic
	// all: bea automatic
	// all: cid automatic
}

// "Remove deactivated users" is a policy of each group. Assignments outlive it: whoever is active again
// is in again. Expiry is not deactivation.
func ExamplePolicy() {
	ctx := context.Background()
	var all []groups.Group
	for _, policy := range []groups.Policy{groups.Keep, groups.DropAutomatic, groups.DropAll} {
		all = append(all, groups.Group{
			ID: groups.GroupID(policy.String()), Name: policy.String(), Kind: groups.AutomaticGroup, Status: groups.Active,
			Deactivated: policy, Criteria: groups.AnySets(groups.All(groups.Everyone{})),
		})
	}
	people := []groups.User{{ID: "ada", Activation: groups.Activated}, {ID: "bea", Activation: groups.Activated}}
	lms, ev := campusOf(nil, people, all...)
	for _, g := range all {
		_, err := ev.Assign(ctx, g.ID, groups.Decision{By: "an administrator"}, "bea")
		check(err)
	}
	both := groups.Touched{Users: []groups.UserID{"ada", "bea"}}

	people[0].Expiry, people[1].Expiry = groups.Expired, groups.Expired
	check(lms.Write(ctx, groups.PeopleChange{Upsert: people}))
	printChanges(ev.Changed(ctx, both))

	check(lms.Write(ctx, groups.PeopleChange{Deactivate: both.Users}))
	printChanges(ev.Changed(ctx, both))

	check(lms.Write(ctx, groups.PeopleChange{Upsert: people}))
	printChanges(ev.Changed(ctx, both))
	// Output:
	// ada left dropAll by deactivation
	// bea left dropAll by deactivation
	// ada left dropAutomatic by deactivation
	// ada joined dropAll by rule
	// bea joined dropAll by assignment
	// ada joined dropAutomatic by rule
}

// A change of kind goes through a preview and says what becomes of the members: here they stay, by
// assignment, when their rule is gone.
func ExampleCurrentMembers() {
	ctx := context.Background()
	lms, ev := campusOf(nil, []groups.User{{ID: "ada", Activation: groups.Activated}}, groups.Group{
		ID: "club", Name: "Club", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(groups.Everyone{})),
	})
	g, err := lms.Group(ctx, "club")
	check(err)
	g.Kind = groups.ManualGroup
	_, err = ev.Preview(ctx, g, nil)
	fmt.Println(err)
	plan, err := ev.Preview(ctx, g, &groups.PreviewOptions{Members: groups.MembersAssigned})
	check(err)
	printChanges(ev.Publish(ctx, plan, "an administrator"))
	printMembers(ev, "club")
	// Output:
	// group "club": not a usable group: its kind changes, and nobody said what becomes of its members
	// ada switched club by assignment
	// club: ada manual
}
