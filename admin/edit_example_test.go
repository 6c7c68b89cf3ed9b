package admin_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

func ExampleDesk_Create() {
	desk, _, _ := school()
	ctx, head := context.Background(), admin.Administrator("head")
	g, _, err := desk.Create(ctx, head, groups.Group{
		ID: "arts", Name: "Arts", Kind: groups.AutomaticGroup,
		Criteria: groups.AnySets(groups.All(Title.Is("arts"))),
	})
	check(err)
	fmt.Println(g.Status, "and owned by", g.Owner)
	// Output: inactive and owned by head
}

func ExampleDesk_Activate() {
	desk, ev, _ := school()
	ctx, head := context.Background(), admin.Administrator("head")
	run, err := desk.Inactivate(ctx, head, "maths", 1)
	check(err)
	for _, c := range run.Changes() {
		fmt.Println(c.User, c.Kind, "by", c.Cause)
	}
	run, err = ev.Adopt(ctx, "maths", 2, "head") // the host has kept them as they were
	check(err)
	for _, c := range run.Changes() {
		fmt.Println(c.User, c.Kind, "by", c.Cause)
	}
	// Output:
	// 1 left by inactivation
	// 1 switched by adoption
}

func ExampleDesk_Save() {
	_, ev, lms := school()
	ctx := context.Background()
	strict := admin.New(ev, lms, lms, &admin.Policy{RequirePreview: true})
	edit, err := lms.Group(ctx, "maths")
	check(err)
	edit.Criteria = groups.AnySets(groups.All(Title.Is("maths", "physics")))
	_, _, err = strict.Save(ctx, admin.Administrator("head"), edit, "")
	fmt.Println(err)

	plan, err := ev.Preview(ctx, edit, nil)
	check(err)
	saved, _, err := strict.Save(ctx, admin.Administrator("head"), edit, plan.ID)
	check(err)
	fmt.Println("revision", saved.Revision)

	// Somebody else still has the old one on their screen.
	_, _, err = strict.Save(ctx, admin.Administrator("tutor"), edit, plan.ID)
	conflict, _ := errors.AsType[*groups.ConflictError](err)
	fmt.Println("saved meanwhile by", conflict.By)
	// Output:
	// group "maths": this edit of its criteria, as it would be now, is to be previewed first
	// revision 2
	// saved meanwhile by head
}

func ExampleDesk_SaveDraft() {
	desk, ev, lms := school()
	ctx, head := context.Background(), admin.Administrator("head")
	edit, err := lms.Group(ctx, "maths")
	check(err)
	edit.Criteria = groups.AnySets(groups.All(Title.IsNot("maths")))
	draft, err := desk.SaveDraft(ctx, head, admin.Draft{Group: edit})
	check(err)

	// Another day, another administrator.
	plan, err := ev.Preview(ctx, draft.Group, nil)
	check(err)
	lines, err := desk.Lines(ctx, head, plan, "", "")
	check(err)
	for _, l := range lines {
		fmt.Println(l.Heading, l.Person)
	}
	run, err := desk.PublishDraft(ctx, head, draft, plan)
	check(err)
	fmt.Println(len(run.Changes()), "changes, exactly as shown")
	// Output:
	// joined 2
	// joined 3
	// left 1
	// 3 changes, exactly as shown
}

func ExampleDesk_Restore() {
	desk, _, lms := school()
	ctx, head := context.Background(), admin.Administrator("head")
	edit, err := lms.Group(ctx, "maths")
	check(err)
	edit.Criteria = groups.AnySets(groups.All(groups.Everyone{}))
	_, _, err = desk.Save(ctx, head, edit, "")
	check(err)
	versions, err := desk.Versions(ctx, "maths")
	check(err)
	for _, v := range versions {
		fmt.Println(v.Revision, "by", v.By+":", v.Criteria)
	}
	plan, err := desk.Restore(ctx, head, "maths", 1)
	check(err)
	fmt.Println(len(plan.Diff.Left), "would leave")
	_, err = desk.Publish(ctx, head, plan)
	check(err)
	// Output:
	// 2 by head: everyone
	// 1 by head: title is maths
	// 2 would leave
}

func ExampleDesk_Duplicate() {
	desk, ev, _ := school()
	ctx, head := context.Background(), admin.Administrator("head")
	_, err := desk.Assign(ctx, head, "maths", admin.Users("2"), admin.Terms{})
	check(err)
	_, _, err = desk.Duplicate(ctx, head, "maths", groups.Group{ID: "maths-2", Name: "Maths 2"}, admin.Duplication{Users: true, Conditions: true})
	check(err)
	for m, err := range ev.Population(ctx, "maths-2") {
		check(err)
		fmt.Println(m.User, m.Method)
	}
	// Output:
	// 1 automatic
	// 2 manual
}

func ExampleDesk_Transfer() {
	desk, _, lms := school()
	ctx, head := context.Background(), admin.Administrator("head")
	_, err := desk.Transfer(ctx, head, "maths", 1, "tutor")
	check(err)
	for a, err := range lms.Acts(ctx, "maths", "") {
		check(err)
		fmt.Println(a.Do, "by", a.By)
	}
	// Output:
	// create by head
	// edit by head
}

func ExampleDesk_Delete() {
	desk, _, lms := school()
	ctx, head := context.Background(), admin.Administrator("head")
	_, err := desk.Delete(ctx, head, "maths", 1)
	check(err)
	for c, err := range lms.Changes(ctx, "") {
		check(err)
		fmt.Println(c.User, c.Kind, "by", c.Cause)
	}
	// Output:
	// 1 joined by rule
	// 1 left by deletion
}
