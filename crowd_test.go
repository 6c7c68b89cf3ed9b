package groups_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/grouprules/groups"
	"pgregory.net/rapid"
)

// Of more than one chunk, so that those who changed are gathered from several.
func TestAFullRunAfterAFewChangedIsALookAtEverybody(t *testing.T) {
	const users = 66_000
	ones, sevens := groups.ID.StartsWith("p1"), groups.ID.EndsWith("7")
	world := rapid.Custom(func(t *rapid.T) *drafting {
		d := newDrafting(t)
		list := []groups.Group{
			{ID: "manual", Name: "manual", Status: groups.Active, Deactivated: groups.DropAutomatic},
			{ID: "still", Name: "still", Status: groups.Active, Deactivated: groups.Keep}, // a third of them, and no more
			{ID: "both ways", Name: "both ways", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(
				groups.All(groups.MemberOfAny("still"), ones), groups.All(ones.Not(), sevens),
			)},
			{ID: "reading", Name: "reading", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(groups.MemberOfAny("g0", "g1", "manual")))},
			{ID: "frozen", Name: "frozen", Kind: groups.AutomaticGroup, Status: groups.Active, Frozen: true, Criteria: groups.AllSets(groups.All(groups.MemberOfAny("g0")))},
		}
		for i := range 10 {
			g := d.draft(t, 1+i%2, 1)
			g.ID, g.Name = groups.GroupID(fmt.Sprintf("g%d", i)), fmt.Sprint("group ", i)
			list = append(list, g)
		}
		for _, g := range list {
			if _, err := d.index.Save(t.Context(), g, "registrar"); err != nil {
				t.Fatal(err)
			}
		}
		return d
	})
	moved := 0
	for seed := range 2 {
		d := world.Example(seed)
		r := rand.New(rand.NewPCG(uint64(seed), 0))
		kinds := d.people
		like := func(i int) groups.User {
			u := kinds[r.IntN(len(kinds))]
			u.ID = groups.UserID(fmt.Sprintf("p%d", i))
			return u
		}
		everybody := make([]groups.User, users)
		for i := range everybody {
			everybody[i] = like(i)
		}
		ctx := t.Context()
		if err := d.Write(ctx, groups.PeopleChange{Upsert: everybody}); err != nil {
			t.Fatal(err)
		}
		third := make([]groups.UserID, users/3)
		for i := range third {
			third[i] = groups.UserID(fmt.Sprintf("p%d", i*3))
		}
		if _, err := d.index.Assign(ctx, "still", groups.Decision{By: "registrar"}, third...); err != nil {
			t.Fatal(err)
		}
		if _, err := d.index.Process(ctx); err != nil {
			t.Fatal(err)
		}
		for _, changed := range []int{0, 1, 300, 900, 900} {
			var c groups.PeopleChange
			for _, i := range r.Perm(users)[:changed] {
				if r.IntN(20) > 0 {
					c.Upsert = append(c.Upsert, like(i))
				} else if len(c.Remove) == 0 {
					c.Remove = append(c.Remove, groups.UserID(fmt.Sprintf("p%d", i)))
				}
			}
			if err := d.Write(ctx, c); err != nil {
				t.Fatal(err)
			}
			if changed == 300 { // and whoever a person decides about is looked at, changed or not
				for _, id := range []groups.GroupID{"g1", "manual", "frozen"} {
					for i := range users / 600 {
						until := d.now.AddDate(0, 0, 1+i%40)
						by := groups.Decision{By: "registrar", Until: until}
						if _, err := d.index.Assign(ctx, id, by, groups.UserID(fmt.Sprintf("p%d", i*600+7))); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			var runs [3]string
			for i, ev := range []*groups.Evaluator{d.index, d.look, d.index} { // the last time nobody has changed since
				run, err := ev.Evaluate(ctx)
				runs[i] = asJSON(t, run, err)
			}
			if runs[0] != runs[1] || runs[2] != runs[1] {
				t.Fatalf("world %d: after %d users changed a full run finds something else than a look at everybody", seed, changed)
			}
			d.now = d.now.AddDate(0, 0, 11) // some of whom were assigned until then
			if changed%2 == 0 {
				run, err := d.index.Process(ctx)
				if err != nil {
					t.Fatal(err)
				}
				moved += len(run.Changes())
			}
		}
	}
	if moved == 0 {
		t.Error("nobody moved")
	}
}
