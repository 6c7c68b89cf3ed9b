package storetest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// peopleCases are the clauses of People.
var peopleCases = []Case{{
	Name: "a change is written as a whole", Interface: "People", Clause: 1, Needs: []Category{Fields, Units, Managers, Enrollments},
	Why: "an upload is one act: users, units and fields that belong together arrive together",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		want := everyUser()
		write(t, p, groups.PeopleChange{
			Schema: everyField(),
			Upsert: want,
			Trees:  map[groups.Tree][]groups.Unit{"branch": {{ID: "emea"}, {ID: "nl", Parent: "emea", Name: "Netherlands"}}},
		})
		if diff := difference(schemaOf(t, d), everyField()); diff != "" {
			t.Errorf("Schema: %s", diff)
		}
		slices.SortFunc(want, func(a, b groups.User) int { return strings.Compare(string(a.ID), string(b.ID)) })
		got := rows(t, "Users", d.Users(t.Context()))
		for i := range min(len(got), len(want)) {
			if diff := userDifference(got[i], want[i]); diff != "" {
				t.Errorf("user %q: %s", want[i].ID, diff)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d users, want %d", len(got), len(want))
		}
		units := []groups.Unit{{Tree: "branch", ID: "emea"}, {Tree: "branch", ID: "nl", Parent: "emea", Name: "Netherlands"}}
		if diff := difference(rows(t, "Units", d.Units(t.Context())), units); diff != "" {
			t.Errorf("Units: %s", diff)
		}
	},
}, {
	Name: "an upsert replaces the whole user", Interface: "People", Clause: 1, Needs: []Category{Fields, Units},
	Why: "a field that is left over from before is one that the host did not say",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		before := groups.User{
			ID: "ada", Activation: groups.Deactivated, Expiry: groups.Expired, Manager: groups.ReportsTo("grace"),
			Fields:      map[string]groups.Value{"job_title": groups.Text("engineer"), "grade": groups.Number(7)},
			Units:       map[groups.Tree][]string{"branch": {"emea"}, "position": {"lead"}},
			Enrollments: groups.Enrolled(groups.Enrollment{Course: "a", Status: "enrolled"}),
		}
		after := groups.User{ID: "ada", Fields: map[string]groups.Value{"grade": groups.Empty()}, Units: map[groups.Tree][]string{"position": {}}}
		write(t, p, groups.PeopleChange{Schema: everyField(), Upsert: append(users("bob"), before)})
		write(t, p, groups.PeopleChange{Upsert: []groups.User{after}})
		if diff := userDifference(userOf(t, d, "ada"), after); diff != "" {
			t.Errorf("after the second upsert: %s", diff)
		}
		if diff := userDifference(userOf(t, d, "bob"), users("bob")[0]); diff != "" {
			t.Errorf("the other user: %s", diff)
		}
	},
}, {
	Name: "deactivating changes nothing else", Interface: "People", Clause: 1, Needs: []Category{Fields, Units, Managers, Enrollments},
	Why: "whoever is reactivated is as they were",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Schema: everyField(), Upsert: everyUser()})
		var ids []groups.UserID
		for _, u := range everyUser() {
			ids = append(ids, u.ID)
		}
		write(t, p, groups.PeopleChange{Deactivate: append(ids, "nobody")})
		for _, want := range everyUser() {
			want.Activation = groups.Deactivated
			if diff := userDifference(userOf(t, d, want.ID), want); diff != "" {
				t.Errorf("user %q: %s", want.ID, diff)
			}
		}
		_, err := d.User(t.Context(), "nobody")
		wants(t, "User whom only a deactivation named", err, groups.ErrNotFound)
	},
}, {
	Name: "removed users are gone, the others stay", Interface: "People", Clause: 1,
	Why: "absence is what takes people out, so it must be exactly those who were named",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Upsert: users(typed[groups.UserID](names)...)})
		var removed, kept []groups.UserID
		for i, id := range typed[groups.UserID](names) {
			if i%2 == 0 {
				removed = append(removed, id)
			} else {
				kept = append(kept, id)
			}
		}
		write(t, p, groups.PeopleChange{Remove: append(removed, "never heard of")})
		sameIDs(t, "Users", userIDs(t, d), kept)
		_, err := d.User(t.Context(), removed[0])
		wants(t, "User", err, groups.ErrNotFound)
	},
}, {
	Name: "a tree is replaced as a whole and the others stay", Interface: "People", Clause: 1, Needs: []Category{Units},
	Why: "a unit that is left over from before keeps people in groups of a department that was closed",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{
			"branch":   {{ID: "a"}, {ID: "b", Parent: "a"}},
			"closed":   {{ID: "a"}},
			"position": {{ID: "a", Name: "stays"}},
		}})
		write(t, p, groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{
			"branch": {{Tree: "branch", ID: "c"}, {ID: "b"}},
			"closed": nil,
		}})
		want := []groups.Unit{{Tree: "branch", ID: "b"}, {Tree: "branch", ID: "c"}, {Tree: "position", ID: "a", Name: "stays"}}
		if diff := difference(rows(t, "Units", d.Units(t.Context())), want); diff != "" {
			t.Errorf("Units: %s", diff)
		}
	},
}, {
	Name: "within a change, switching off and removing come after adding", Interface: "People", Clause: 1,
	Why: "the same change must not mean one thing in one store and another in the next",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{
			Upsert:     users("ada", "bob", "eve"),
			Deactivate: []groups.UserID{"bob", "eve"},
			Remove:     []groups.UserID{"eve"},
		})
		sameIDs(t, "Users", userIDs(t, d), []groups.UserID{"ada", "bob"})
		if a := userOf(t, d, "bob").Activation; a != groups.Deactivated {
			t.Errorf("added and deactivated at once, bob is %v", a)
		}
	},
}, {
	Name: "of a refused change nothing is written", Interface: "People", Clause: 1, Needs: []Category{Fields, Units},
	Why: "half an upload is a state that nobody asked for",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Schema: everyField(), Upsert: users("ada", "bob"), Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}}}})
		good := groups.PeopleChange{
			Schema:     &groups.Schema{Fields: []groups.Field{{Name: "other", Type: groups.TypeBool}}},
			Upsert:     users("new"),
			Deactivate: []groups.UserID{"ada"},
			Remove:     []groups.UserID{"bob"},
			Trees:      map[groups.Tree][]groups.Unit{"branch": {{ID: "z"}}, "position": {{ID: "z"}}},
		}
		was := peopleOf(t, d)
		for name, spoil := range map[string]func(c *groups.PeopleChange){
			"a user":   func(c *groups.PeopleChange) { c.Upsert = append(users("new"), users("")...) },
			"a unit":   func(c *groups.PeopleChange) { c.Trees["zzz"] = []groups.Unit{{ID: "b"}, {ID: "\n"}} },
			"a schema": func(c *groups.PeopleChange) { c.Schema = &groups.Schema{Fields: []groups.Field{{Name: "id"}}} },
			"the base": func(c *groups.PeopleChange) { c.Base = "no version of this directory" },
		} {
			c := good
			c.Trees = maps.Clone(good.Trees)
			spoil(&c)
			if err := p.Write(t.Context(), c); err == nil {
				t.Fatalf("a change in which %s is wrong was written", name)
			}
			if diff := difference(peopleOf(t, d), was); diff != "" {
				t.Errorf("%s was refused, but something was written: %s", name, diff)
			}
		}
		write(t, p, good)
	},
}, {
	Name: "a change of nothing is no error", Interface: "People", Clause: 1,
	Why: "an upload in which nothing changed is the usual case",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Upsert: users("ada")})
		was := peopleOf(t, d)
		write(t, p, groups.PeopleChange{})
		if diff := difference(peopleOf(t, d), was); diff != "" {
			t.Errorf("something was written: %s", diff)
		}
	},
}, {
	Name: "unusable identifiers are refused wherever they stand", Interface: "People", Clause: 2, Needs: []Category{Units, Managers, Enrollments},
	Why: "an ID with a space at its end or an invisible character is one that nobody can tell from another",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		for _, id := range unusable {
			refuses := func(what string, c groups.PeopleChange) {
				wants(t, what+" "+id, p.Write(t.Context(), c), groups.ErrID)
			}
			refuses("user", groups.PeopleChange{Upsert: users(groups.UserID(id))})
			refuses("unit", groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: id}}}})
			refuses("tree", groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{groups.Tree(id): {{ID: "a"}}}})
			refuses("unit of a user", groups.PeopleChange{Upsert: []groups.User{{ID: "ada", Units: map[groups.Tree][]string{"branch": {id}}}}})
			refuses("course", groups.PeopleChange{Upsert: []groups.User{{ID: "ada", Enrollments: groups.Enrolled(groups.Enrollment{Course: id})}}})
			if id != "" { // nobody, and at the top
				refuses("manager", groups.PeopleChange{Upsert: []groups.User{{ID: "ada", Manager: groups.ReportsTo(groups.UserID(id))}}})
				refuses("parent", groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a", Parent: id}}}})
			}
		}
		if n := len(userIDs(t, d)) + len(rows(t, "Units", d.Units(t.Context()))); n != 0 {
			t.Errorf("%d users and units after refusals", n)
		}
	},
}, {
	Name: "every usable identifier can be stored", Interface: "People", Clause: 2, Needs: []Category{Units},
	Why: "an ID that is cut to what a column holds is another user's",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		trees := map[groups.Tree][]groups.Unit{}
		for _, id := range names {
			trees["branch"] = append(trees["branch"], groups.Unit{ID: id})
		}
		write(t, p, groups.PeopleChange{Upsert: users(typed[groups.UserID](names)...), Trees: trees})
		sameIDs(t, "Users", userIDs(t, d), typed[groups.UserID](names))
		var units []string
		for _, u := range rows(t, "Units", d.Units(t.Context())) {
			units = append(units, u.ID)
		}
		sameIDs(t, "Units", units, names)
	},
}, {
	Name: "what is given twice is refused", Interface: "People", Clause: 2, Needs: []Category{Units},
	Why: "of two rows for one ID nobody knows which was meant",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		twice := append(users("ada"), groups.User{ID: "bob"}, groups.User{ID: "ada", Activation: groups.Deactivated})
		wants(t, "a user twice", p.Write(t.Context(), groups.PeopleChange{Upsert: twice}), groups.ErrID)
		units := map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}, {ID: "b"}, {ID: "a", Parent: "b"}}}
		wants(t, "a unit twice", p.Write(t.Context(), groups.PeopleChange{Trees: units}), groups.ErrID)
		if n := len(userIDs(t, d)) + len(rows(t, "Units", d.Units(t.Context()))); n != 0 {
			t.Errorf("%d users and units after refusals", n)
		}
	},
}, {
	Name: "a schema that is not valid is refused", Interface: "People", Clause: 2, Needs: []Category{Fields},
	Why: "criteria are checked against the schema, so nothing would be right any more",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Schema: everyField()})
		bad := &groups.Schema{Fields: []groups.Field{{Name: "a", Type: groups.TypeBool}, {Name: "a", Type: groups.TypeBool}}}
		wants(t, "a field twice", p.Write(t.Context(), groups.PeopleChange{Schema: bad}), groups.ErrSchema)
		if diff := difference(schemaOf(t, d), everyField()); diff != "" {
			t.Errorf("the schema changed: %s", diff)
		}
	},
}, {
	Name: "a change worked out from another version is refused", Interface: "People", Clause: 3,
	Why: "an upload that was previewed yesterday must not undo what was changed this morning",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Upsert: users("ada")})
		err := p.Write(t.Context(), groups.PeopleChange{Base: "no version of this directory", Remove: []groups.UserID{"ada"}})
		wants(t, "Write", err, groups.ErrConflict)
		userOf(t, d, "ada")
	},
}, {
	Name: "a change worked out from the current version is written, once", Interface: "People", Clause: 3,
	Why: "of two uploads that started from the same people the second must be worked out anew",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		v, ok := groups.As[groups.Versioned](d)
		if !ok {
			return // without versions there is no right one
		}
		write(t, p, groups.PeopleChange{Upsert: users("ada")})
		base := versionOf(t, v)
		write(t, p, groups.PeopleChange{Base: base, Upsert: users("bob")})
		err := p.Write(t.Context(), groups.PeopleChange{Base: base, Upsert: users("eve")})
		wants(t, "the second Write from one version", err, groups.ErrConflict)
		sameIDs(t, "Users", userIDs(t, d), []groups.UserID{"ada", "bob"})

		base = versionOf(t, v)
		errs := race(8, func(i int) error {
			return p.Write(t.Context(), groups.PeopleChange{Base: base, Upsert: users(groups.UserID(names[i]))})
		})
		for _, err := range errs {
			if err != nil {
				wants(t, "a Write that lost the race", err, groups.ErrConflict)
			}
		}
		if n := succeeded(errs); n != 1 || len(userIDs(t, d)) != 3 {
			t.Errorf("%d of 8 writes from one version were written, and %d users are there; want 1 and 3", n, len(userIDs(t, d)))
		}
	},
}, {
	Name: "writing people leaves groups alone", Interface: "People", Clause: 4,
	Why: "an upload never changes a group: assignments, exclusions and bits outlive their users, who may come back",
	people: func(t TB, of Tenant) {
		p := of.People
		if of.Store == nil {
			return // the groups are kept elsewhere
		}
		write(t, p, groups.PeopleChange{Upsert: users("ada", "bob")})
		k := desk{t, of.Store}
		k.create("g")
		k.put("g", automatic("ada"), assigned("bob"), excluded("eve"))
		was := k.picture()
		write(t, p, groups.PeopleChange{
			Schema: everyField(), Upsert: users("eve"), Deactivate: []groups.UserID{"ada"}, Remove: []groups.UserID{"bob"},
			Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}}},
		})
		k.unchanged(was, "writing people")
	},
}, {
	Name: "a cancelled context writes no people", Interface: "People", Clause: 5,
	Why: "whoever gave up must not find half of it done",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Upsert: users("ada")})
		was := peopleOf(t, d)
		err := p.Write(cancelled(t), groups.PeopleChange{Schema: everyField(), Upsert: users("bob"), Remove: []groups.UserID{"ada"}})
		wants(t, "Write", err, context.Canceled)
		if diff := difference(peopleOf(t, d), was); diff != "" {
			t.Errorf("something was written: %s", diff)
		}
	},
}}

// versionedCases are the clauses of Versioned.
var versionedCases = []Case{{
	Name: "the version changes with users", Interface: "Versioned", Clause: 1,
	Why: "an index is kept for as long as the version is the same: it would answer from older data",
	people: func(t TB, of Tenant) {
		moves(t, of, []step{
			{"a new user", groups.PeopleChange{Upsert: users("ada")}},
			{"another user", groups.PeopleChange{Upsert: users("bob")}},
			{"a deactivation", groups.PeopleChange{Deactivate: []groups.UserID{"bob"}}},
			{"a removal", groups.PeopleChange{Remove: []groups.UserID{"bob"}}},
			{"the beginning again", groups.PeopleChange{Remove: []groups.UserID{"ada"}}},
		})
	},
}, {
	Name: "the version changes with what is said of users", Interface: "Versioned", Clause: 1, Needs: []Category{Fields, Managers, Enrollments},
	Why: "a version that counts users misses that one of them has another title, manager or course",
	people: func(t TB, of Tenant) {
		u := groups.User{ID: "ada", Fields: map[string]groups.Value{}}
		ada := func(change func(u *groups.User)) groups.PeopleChange {
			u.Fields = maps.Clone(u.Fields)
			change(&u)
			return groups.PeopleChange{Upsert: []groups.User{u}}
		}
		moves(t, of, []step{
			{"a schema", groups.PeopleChange{Schema: everyField()}},
			{"a new user", groups.PeopleChange{Upsert: users("ada")}},
			{"a field", ada(func(u *groups.User) { u.Fields["grade"] = groups.Number(1) })},
			{"the value of a field", ada(func(u *groups.User) { u.Fields["grade"] = groups.Number(2) })},
			{"a manager", ada(func(u *groups.User) { u.Manager = groups.ReportsTo("bob") })},
			{"an enrollment", ada(func(u *groups.User) { u.Enrollments = groups.Enrolled(groups.Enrollment{Course: "a"}) })},
			{"the beginning again", groups.PeopleChange{Schema: &groups.Schema{}, Remove: []groups.UserID{"ada"}}},
		})
	},
}, {
	Name: "the version changes with units", Interface: "Versioned", Clause: 1, Needs: []Category{Units},
	Why: "a unit that moves takes everybody beneath it along, and no user is written",
	people: func(t TB, of Tenant) {
		moves(t, of, []step{
			{"a tree", groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}, {ID: "b"}}}}},
			{"a unit that moved", groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}, {ID: "b", Parent: "a"}}}}},
			{"a tree that is gone", groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": nil}}},
		})
	},
}, {
	Name: "the version stays while nothing is written", Interface: "Versioned", Clause: 2,
	Why: "a version that changes by itself makes every upload stale and every index useless",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Schema: everyField(), Upsert: users("ada")})
		v, _ := groups.As[groups.Versioned](d)
		version := versionOf(t, v)
		rows(t, "Users", d.Users(t.Context()))
		userOf(t, d, "ada")
		if err := p.Write(t.Context(), groups.PeopleChange{Upsert: users("")}); err == nil {
			t.Errorf("a user without an ID was written")
		}
		if again := versionOf(t, v); again != version {
			t.Errorf("the version went from %q to %q by itself", version, again)
		}
		_, err := v.Version(cancelled(t))
		wants(t, "Version", err, context.Canceled)
	},
}}

// A step is a change of people that moves the version.
type step struct {
	what   string
	change groups.PeopleChange
}

// moves demands another version after each of the steps.
func moves(t TB, of Tenant, steps []step) {
	t.Helper()
	v, _ := groups.As[groups.Versioned](of.Directory)
	seen := map[string]string{versionOf(t, v): "the beginning"}
	for _, s := range steps {
		write(t, of.People, s.change)
		version := versionOf(t, v)
		if was, ok := seen[version]; ok {
			t.Errorf("after %s the version is that of %s", s.what, was)
		}
		seen[version] = s.what
	}
}

// unusable are identifiers that must not be stored.
var unusable = []string{
	"", " ", "a ", " a", "\ta", "a\n", "\u00a0a", "a\u3000", "a\x00b", "a\x7f", "a\u0085b", "a\u200bb", "\ufeffa", "a\u202eb", "a\u00adb",
	"\xff", "a\xc3", strings.Repeat("x", 256), strings.Repeat("\u00e4", 128),
}

func write(t TB, p groups.People, c groups.PeopleChange) {
	t.Helper()
	if err := p.Write(t.Context(), c); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

func versionOf(t TB, v groups.Versioned) string {
	t.Helper()
	version, err := v.Version(t.Context())
	if err != nil || version == "" {
		t.Fatalf("Version: %q, %v", version, err)
	}
	return version
}

// A census is everything a directory says.
type census struct {
	Schema *groups.Schema
	Users  []groups.User
	Units  []groups.Unit
}

func peopleOf(t TB, d groups.Directory) census {
	t.Helper()
	c := census{schemaOf(t, d), rows(t, "Users", d.Users(t.Context())), rows(t, "Units", d.Units(t.Context()))}
	for i := range c.Users {
		c.Users[i] = unitsSorted(c.Users[i])
	}
	return c
}
