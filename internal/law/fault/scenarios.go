package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// A Scenario is something that a host does.
type Scenario struct {
	Name string
	// Do does it, and is called again after an error, as by a host that looks first at what is there already.
	Do func(ctx context.Context, t *Tenant) error
	// Late is what an act does, if any, that is written down after the people whom it is about ([groups.Act]), with
	// nothing to compare: a failure in between leaves it out, and a repeated delivery writes it twice.
	Late string
}

// Scenarios are what hosts do.
var Scenarios = []Scenario{
	{Name: "process all groups", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Process(ctx))
	}},
	{Name: "process one group", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Process(ctx, "romans"))
	}},
	{Name: "process what is due", Do: func(ctx context.Context, t *Tenant) error {
		t.now = noon.Add(2 * time.Hour)
		for {
			due, _, err := t.Due(ctx)
			if err != nil || len(due) == 0 {
				return err
			}
			if _, err := t.Process(ctx, due[0]); err != nil {
				return err
			}
		}
	}},
	{Name: "write users and catch up", Do: func(ctx context.Context, t *Tenant) error {
		if err := t.People.Write(ctx, groups.PeopleChange{Upsert: []groups.User{person("cid", "Rome", "emea", "ann"), person("joy", "Rome", "lab", "cid")}}); err != nil {
			return err
		}
		return t.changed(ctx, groups.Touched{Users: []groups.UserID{"ann", "cid", "dee", "gil", "hal", "ida", "joy"}})
	}},
	{Name: "move a unit and catch up", Do: func(ctx context.Context, t *Tenant) error {
		tree := []groups.Unit{{ID: "world"}, {ID: "emea", Parent: "world"}, {ID: "apac", Parent: "emea"}, {ID: "lab", Parent: "apac"}}
		if err := t.People.Write(ctx, groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{branch: tree}}); err != nil {
			return err
		}
		return t.changed(ctx, groups.Touched{Units: []groups.Unit{{Tree: branch, ID: "apac"}}})
	}},
	{Name: "catch up with time", Do: func(ctx context.Context, t *Tenant) error {
		t.now = noon.Add(time.Hour)
		return t.changed(ctx, groups.Touched{})
	}},
	{Name: "evaluate", Do: func(ctx context.Context, t *Tenant) error { return alone(t.Evaluate(ctx)) }},
	{Name: "count", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Count(ctx, automatic("new", groups.MemberOfAny("romans"), city.Is("Rome"))))
	}},
	{Name: "preview", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Preview(ctx, automatic("new", groups.UserBelow("bob"), groups.HasReports().Not()), nil))
	}},
	{Name: "look at one user", Do: func(ctx context.Context, t *Tenant) error {
		return errors.Join(alone(t.Explain(ctx, "readers", "hal")), alone(t.Match(ctx, "line", "eva")), alone(t.IsMember(ctx, "romans", "bob")))
	}},
	{Name: "list and export", Do: func(ctx context.Context, t *Tenant) error {
		return errors.Join(alone(t.MembersPage(ctx, "romans", "", 9)), alone(t.Desk.Blocks(ctx, root, "whole", 2)),
			t.WriteMembersCSV(ctx, io.Discard, "romans", &groups.MembersCSV{Fields: []string{"city"}, Population: true}))
	}},
	{Name: "preview and publish", Do: publish("romans", func(g *groups.Group) {
		g.Criteria = groups.AllSets(groups.All(city.Is("Oslo")))
	}, nil)},
	{Name: "publish another kind", Do: publish("staff", func(g *groups.Group) {
		g.Kind = groups.ManualGroup
	}, &groups.PreviewOptions{Members: groups.MembersAssigned})},
	{Name: "adopt a group", Do: func(ctx context.Context, t *Tenant) error {
		g, err := t.Store.Group(ctx, "quiet")
		if err == nil && g.Status != groups.Active {
			_, err = t.Adopt(ctx, "quiet", g.Revision, "root")
		}
		return err
	}},
	{Name: "assign", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Assign(ctx, "romans", groups.Decision{By: "tutor", Keep: true}, "cid", "fay", "bob"))
	}},
	{Name: "assign from a unit at a desk", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Desk.Assign(ctx, root, "club", admin.InUnit{Tree: branch, Unit: "emea"}, admin.Terms{}))
	}},
	{Name: "unassign", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Unassign(ctx, "romans", "tutor", "eva", "ann"))
	}},
	{Name: "take out at a desk", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Desk.TakeOut(ctx, root, "club", admin.Users("ann", "fay")))
	}},
	{Name: "exclude", Do: func(ctx context.Context, t *Tenant) error {
		for st, err := range t.Store.StandingsOf(ctx, "bob") {
			if err != nil || st.Group == "romans" && st.Exclusion != nil {
				return err
			}
		}
		return alone(t.Exclude(ctx, "romans", groups.Decision{By: "tutor"}, "bob"))
	}},
	{Name: "readmit", Do: func(ctx context.Context, t *Tenant) error {
		return alone(t.Readmit(ctx, "whole", "tutor", "hal"))
	}},
	{Name: "import people", Late: "import", Do: func(ctx context.Context, t *Tenant) error {
		return t.upload(ctx, groups.KeepMissing, "ann,Rome\nbob,Oslo\nkim,Rome\n", func(p *groups.ImportPlan) error {
			return alone(t.Import(ctx, p, "root"))
		})
	}},
	{Name: "import people without the missing, at a desk", Late: "import", Do: func(ctx context.Context, t *Tenant) error {
		return t.upload(ctx, groups.RemoveMissing, "ann,Rome\nbob,Oslo\ncid,Oslo\neva,Oslo\nfay,Lima\ngil,Rome\nhal,Rome\n", func(p *groups.ImportPlan) error {
			return alone(t.Desk.Import(ctx, root, p, ""))
		})
	}},
	{Name: "activate", Do: func(ctx context.Context, t *Tenant) error {
		return t.switched(ctx, "quiet", groups.Active, t.Desk.Activate)
	}},
	{Name: "inactivate", Do: func(ctx context.Context, t *Tenant) error {
		return t.switched(ctx, "romans", groups.Inactive, t.Desk.Inactivate)
	}},
	{Name: "delete a group", Do: func(ctx context.Context, t *Tenant) error {
		g, err := t.Store.Group(ctx, "club")
		switch {
		case errors.Is(err, groups.ErrNotFound):
			return t.changed(ctx, groups.Touched{Groups: []groups.GroupID{"club"}})
		case err != nil:
			return err
		}
		return alone(t.Desk.Delete(ctx, root, "club", g.Revision))
	}},
	{Name: "delete a group that another reads", Do: func(ctx context.Context, t *Tenant) error {
		g, err := t.Store.Group(ctx, "romans")
		if err != nil {
			return err
		}
		return refused(groups.ErrReferred, t.Delete(ctx, "romans", g.Revision, "root"))
	}},
	{Name: "forget a user", Do: func(ctx context.Context, t *Tenant) error {
		if err := t.People.Write(ctx, groups.PeopleChange{Remove: []groups.UserID{"ann"}}); err != nil {
			return err
		}
		for _, err := range t.Store.StandingsOf(ctx, "ann") {
			if err != nil {
				return err
			}
			return t.Forget(ctx, "ann", "root")
		}
		return nil
	}},
	{Name: "delete a user at a desk", Late: "deleteUser", Do: func(ctx context.Context, t *Tenant) error {
		_, err := t.Desk.DeleteUser(ctx, root, "hal")
		if errors.Is(err, groups.ErrNotFound) {
			return t.changed(ctx, groups.Touched{Users: []groups.UserID{"hal"}})
		}
		return err
	}},
	{Name: "draft and publish at a desk", Do: func(ctx context.Context, t *Tenant) error {
		g, err := t.Store.Group(ctx, "line")
		if err != nil {
			return err
		}
		drafts, err := t.Desk.Drafts(ctx, "line")
		if err != nil {
			return err
		}
		wanted := groups.AllSets(groups.All(groups.UserIsOrBelow("fay")))
		published := g.Criteria.String() == wanted.String()
		switch {
		case published && len(drafts) > 0:
			return t.Desk.DiscardDraft(ctx, root, drafts[0])
		case published:
			return nil
		case len(drafts) == 0:
			g.Criteria = wanted
			draft, err := t.Desk.SaveDraft(ctx, root, admin.Draft{Group: g})
			if err != nil {
				return err
			}
			drafts = append(drafts, draft)
		}
		p, err := t.Preview(ctx, drafts[0].Group, nil)
		if err != nil {
			return err
		}
		_, err = t.Desk.PublishDraft(ctx, root, drafts[0], p)
		return err
	}},
	{Name: "restore a version at a desk", Do: func(ctx context.Context, t *Tenant) error {
		g, err := t.Store.Group(ctx, "romans")
		if err != nil || g.Revision > 2 {
			return err
		}
		p, err := t.Desk.Restore(ctx, root, "romans", 1)
		if err == nil {
			_, err = t.Desk.Publish(ctx, root, p)
		}
		return err
	}},
	{Name: "close a ring", Do: func(ctx context.Context, t *Tenant) error {
		g, err := t.Store.Group(ctx, "romans")
		if err != nil {
			return err
		}
		g.Criteria = groups.AllSets(groups.All(groups.MemberOfAny("readers")))
		_, err = t.Save(ctx, g, "root")
		if err := refused(groups.ErrCycle, err); err != nil {
			return err
		}
		_, err = t.Preview(ctx, g, nil)
		return refused(groups.ErrCycle, err)
	}},
	{Name: "hold and approve", Do: func(ctx context.Context, t *Tenant) error {
		move := groups.PeopleChange{}
		for _, id := range []groups.UserID{"bob", "cid", "eva", "fay", "hal", "ida"} {
			move.Upsert = append(move.Upsert, person(id, "Nowhere", "world", ""))
		}
		if err := t.People.Write(ctx, move); err != nil {
			return err
		}
		if _, err := t.Process(ctx); err != nil {
			return err
		}
		held, err := t.Held(ctx)
		for _, p := range held {
			if err == nil {
				_, err = t.Approve(ctx, p, "root")
			}
		}
		return err
	}},
	{Name: "freeze, and process", Do: func(ctx context.Context, t *Tenant) error {
		g, err := t.Store.Group(ctx, "romans")
		if err == nil && !g.Frozen {
			_, err = t.Desk.Freeze(ctx, root, "romans", g.Revision)
		}
		if err == nil {
			_, err = t.Process(ctx)
		}
		return err
	}},
}

// alone refuses a result that comes with an error: half of one looks like a whole one.
func alone[T any](v T, err error) error {
	if err != nil && !reflect.ValueOf(&v).Elem().IsZero() {
		return fmt.Errorf("%v came with an error: %v", v, err) // and is not taken for it
	}
	return err
}

func (t *Tenant) changed(ctx context.Context, touched groups.Touched) error {
	return alone(t.Changed(ctx, touched))
}

// refused is an error unless it was that error.
func refused(want, got error) error {
	switch {
	case errors.Is(got, want):
		return nil
	case got == nil:
		return fmt.Errorf("not refused: %w", want)
	}
	return got
}

// publish previews an edit and publishes it, unless that is done.
func publish(id groups.GroupID, edit func(*groups.Group), o *groups.PreviewOptions) func(context.Context, *Tenant) error {
	return func(ctx context.Context, t *Tenant) error {
		g, err := t.Store.Group(ctx, id)
		if err != nil {
			return err
		}
		edited := g
		edit(&edited)
		if edited.Kind == g.Kind && edited.Criteria.String() == g.Criteria.String() {
			return nil
		}
		p, err := t.Preview(ctx, edited, o)
		if err == nil {
			_, err = t.Publish(ctx, p, "root")
		}
		return err
	}
}

// switched turns a group on or off, and where that is done brings it up to date.
func (t *Tenant) switched(
	ctx context.Context, id groups.GroupID, to groups.Status,
	turn func(context.Context, admin.Actor, groups.GroupID, uint64) (*groups.Run, error),
) error {
	g, err := t.Store.Group(ctx, id)
	if err != nil {
		return err
	}
	if g.Status == to {
		return t.changed(ctx, groups.Touched{Groups: []groups.GroupID{id}})
	}
	return alone(turn(ctx, root, id, g.Revision))
}

// upload takes in a file of people, and where they are as in the file brings the groups up to date.
func (t *Tenant) upload(ctx context.Context, missing groups.MissingUsers, rows string, write func(*groups.ImportPlan) error) error {
	f, err := groups.ReadPeopleCSV(strings.NewReader("id,city\n"+rows), &groups.PeopleCSV{
		Key: "id", Fields: []groups.CSVField{{Field: groups.Field{Name: "city", Type: groups.TypeText}}}, Missing: missing,
	})
	if err != nil {
		return err
	}
	p, err := t.PlanImport(ctx, f)
	switch {
	case err != nil:
		return err
	case len(p.New)+len(p.Changed)+len(p.Missing) == 0:
		_, err = t.Process(ctx)
		return err
	}
	return write(p)
}
