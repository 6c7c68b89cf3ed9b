package fault

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

const (
	city   groups.TextField   = "city"
	points groups.NumberField = "points"
	branch groups.Tree        = "branch"
)

// noon is when scenarios begin. Their clock stands, so that what is done again is done at the same time.
var noon = time.Date(2026, time.March, 10, 12, 0, 0, 0, time.UTC)

// A Tenant is people and groups in the midst of their lives, with the desk of its administrators.
type Tenant struct {
	*groups.Evaluator
	Desk   *admin.Desk
	People interface {
		groups.Directory
		groups.People
	}
	Store groups.Store

	now     time.Time
	sources *Sources
	people  People // that never fail
	store   groups.Store
}

// root is the administrator.
var root = admin.Administrator("root")

// open makes a tenant in empty stores.
func open(people People, store groups.Store, bare bool) (*Tenant, error) {
	t := &Tenant{now: noon, sources: &Sources{}, people: people, store: store}
	t.People, t.Store = t.sources.People(people), t.sources.Store(store)
	if bare {
		t.People = struct {
			groups.Directory
			groups.People
		}{t.People, t.People}
	}
	t.restart()
	if err := t.populate(context.Background()); err != nil {
		return nil, fmt.Errorf("populate: %w", err)
	}
	return t, nil
}

// restart is what a new process has.
func (t *Tenant) restart() {
	// It holds what moves four, of whom a tenant as small as this has enough.
	guard := &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{MinCount: 4, MaxPercent: 60, MaxCount: 100, EmptyFrom: 100}}}
	t.Evaluator = groups.NewEvaluator(t.People, t.Store, &groups.Options{Now: func() time.Time { return t.now }, Exclusions: true, Guard: guard})
	t.Desk = admin.New(t.Evaluator, t.People, t.Store, nil)
}

// person is an active user in a city and a branch.
func person(id groups.UserID, in, at string, under groups.UserID) groups.User {
	return groups.User{
		ID: id, Activation: groups.Activated, Expiry: groups.Current, Manager: groups.ReportsTo(under), Enrollments: groups.Enrolled(),
		Fields: map[string]groups.Value{
			"username": groups.Text(string(id)), "email": groups.Text(string(id) + "@example.org"), "city": groups.Text(in), "points": groups.Number(float64(len(id))),
		},
		Units: map[groups.Tree][]string{branch: {at}},
	}
}

// everyone is who is there at first: of each the ID, the city, the branch and the manager.
var everyone = [][4]string{
	{"ann", "Rome", "emea", "bob"}, {"bob", "Rome", "world", ""}, {"cid", "Oslo", "apac", "bob"}, {"dee", "Rome", "apac", "cid"},
	{"eva", "Oslo", "emea", "cid"}, {"fay", "Lima", "world", "bob"}, {"gil", "Rome", "emea", "fay"}, {"hal", "Lima", "apac", "fay"},
}

// automatic is an active group whose conditions must all hold.
func automatic(id groups.GroupID, conditions ...groups.Condition) groups.Group {
	return groups.Group{
		ID: id, Name: "Group " + string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Owner: "root",
		Criteria: groups.AllSets(groups.All(conditions...)),
	}
}

// populate fills it: people, groups of every kind with their members, and then what the groups have not seen yet.
func (t *Tenant) populate(ctx context.Context) error {
	change := groups.PeopleChange{
		Schema: &groups.Schema{
			Fields: []groups.Field{{Name: "city", Type: groups.TypeText}, {Name: "points", Type: groups.TypeNumber}},
			Trees:  []groups.Tree{branch},
		},
		Trees: map[groups.Tree][]groups.Unit{branch: {{ID: "world"}, {ID: "emea", Parent: "world"}, {ID: "apac", Parent: "world"}, {ID: "lab", Parent: "apac"}}},
	}
	for _, p := range everyone {
		change.Upsert = append(change.Upsert, person(groups.UserID(p[0]), p[1], p[2], groups.UserID(p[3])))
	}
	if err := t.People.Write(ctx, change); err != nil {
		return err
	}
	staff := automatic("staff", branch.IsOrBelow("emea"))
	staff.Deactivated = groups.DropAutomatic
	nightly := automatic("nightly", city.IsNot("Rome"))
	nightly.Schedule = groups.Schedule{Every: time.Hour}
	quiet := automatic("quiet", city.Is("Lima"))
	quiet.Status = groups.Inactive
	whole := automatic("whole", city.Is("Rome", "Oslo", "Lima"))
	for _, g := range []groups.Group{
		automatic("romans", city.Is("Rome")), staff, nightly, quiet, whole,
		automatic("readers", groups.MemberOfAny("romans")), automatic("line", groups.UserIsOrBelow("cid")),
		{ID: "club", Name: "Club", Status: groups.Active, Owner: "root"},
	} {
		if _, err := t.Save(ctx, g, "root"); err != nil {
			return err
		}
	}
	romans, err := t.Store.Group(ctx, "romans")
	if err != nil {
		return err
	}
	romans.Criteria = groups.AnySets(groups.All(city.Is("Rome")), groups.All(points.Greater(99)))
	if _, err := t.Save(ctx, romans, "root"); err != nil { // a second version
		return err
	}
	for _, do := range []func() error{
		func() error { _, err := t.Process(ctx); return err },
		func() error {
			_, err := t.Assign(ctx, "romans", groups.Decision{By: "root", Until: noon.Add(30 * time.Minute)}, "eva", "ann")
			return err
		},
		func() error { _, err := t.Assign(ctx, "club", groups.Decision{By: "root"}, "ann", "fay"); return err },
		func() error {
			_, err := t.Exclude(ctx, "whole", groups.Decision{By: "root"}, "hal")
			return err
		},
		func() error {
			off := person("gil", "Rome", "emea", "fay")
			off.Activation = groups.Deactivated
			return t.People.Write(ctx, groups.PeopleChange{
				Upsert: []groups.User{person("ann", "Oslo", "emea", "bob"), person("hal", "Rome", "apac", "fay"), off, person("ida", "Rome", "emea", "bob")},
				Remove: []groups.UserID{"dee"},
			})
		},
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// A picture is all that is stored, line by line.
type picture struct {
	People, Groups, Standings, Changes, Acts, Notes []string
}

// picture is taken behind the sources.
func (t *Tenant) picture() (p picture, err error) {
	ctx := context.Background()
	schema, err := t.people.Schema(ctx)
	if err != nil {
		return p, err
	}
	p.People = append(p.People, fmt.Sprintf("%+v", *schema))
	var all []groups.Group
	for _, part := range []error{
		lines(&p.People, t.people.Users(ctx)), lines(&p.People, t.people.Units(ctx)),
		lines(&p.Groups, t.store.Groups(ctx)), lines(&p.Changes, t.store.Changes(ctx, "")), lines(&p.Acts, t.store.Acts(ctx, "", "")),
		lines(&p.Notes, t.store.Notes(ctx, groups.NoteDraft, "")), lines(&p.Notes, t.store.Notes(ctx, groups.NoteVersion, "")),
		lines(&p.Notes, t.store.Notes(ctx, groups.NoteHeld, "")),
	} {
		if part != nil {
			return p, part
		}
	}
	for g, err := range t.store.Groups(ctx) {
		if err != nil {
			return p, err
		}
		all = append(all, g)
	}
	for _, g := range all {
		state, err := json.Marshal(g.State)
		if err != nil {
			return p, err
		}
		p.Groups = append(p.Groups, fmt.Sprintf("state of %s %s", g.ID, state))
		if err := lines(&p.Standings, t.store.Standings(ctx, g.ID, "")); err != nil {
			return p, err
		}
	}
	return p, nil
}

func lines[T any](into *[]string, stream iter.Seq2[T, error]) error {
	for row, err := range stream {
		if err != nil {
			return err
		}
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		*into = append(*into, string(text))
	}
	return nil
}
