package storetest

import (
	"slices"

	"github.com/grouprules/groups"
)

// A neighbour is a tenant beside that of each case, which has groups, users, units, notes and acts of
// the IDs that the cases use.
type neighbour struct {
	Tenant
	was *everything
}

// everything is all that a tenant says.
type everything struct {
	Picture picture
	People  census
	Version string
}

// The IDs that the cases share with the neighbour.
var (
	sharedGroups = []groups.GroupID{
		"a", "all", "child", "g", "g00", "g000", "member", "read", "sales", "top", "u000000",
		groups.GroupID(names[0]), groups.GroupID(names[1]), groups.GroupID(longest),
	}
	sharedUsers = append([]groups.UserID{"Ada", "ada", "bob", "eve", "u000000"}, typed[groups.UserID](names[:5])...)
	sharedKeys  = []string{"", "a", "key"}
)

// moveIn gives a tenant what a neighbour has. What cannot be written is said, and is missing.
func moveIn(t TB, of Tenant) *neighbour {
	t.Helper()
	ctx := t.Context()
	if of.Store != nil {
		for _, c := range besides() {
			if err := of.Store.Apply(ctx, c); err != nil {
				t.Errorf("a commit for the tenant beside: %v", err)
			}
		}
	}
	if of.Directory != nil && (of.People != nil || of.Fill != nil) {
		if err := of.fill(ctx, peopleBeside()); err != nil {
			t.Errorf("the people of the tenant beside: %v", err)
		}
	}
	return &neighbour{Tenant: of}
}

// besides are the commits of a neighbour. Of its groups one refers to the next.
func besides() []groups.Commit {
	var all []groups.Commit
	for i, id := range sharedGroups {
		g := groups.Group{ID: id, Name: "beside", Kind: groups.AutomaticGroup, Status: groups.Active, SavedBy: "ada", SavedAt: morning}
		if i > 0 {
			g.Parent = sharedGroups[i-1]
			g.Criteria = groups.AnySets(groups.All(groups.MemberOfAny(sharedGroups[i-1])))
		}
		w := saves(g)
		for _, user := range slices.Sorted(slices.Values(sharedUsers)) {
			st := automatic(user)
			st.Group = id
			w.Standings, w.Changes = append(w.Standings, st), append(w.Changes, change(st, groups.Outside))
		}
		all = append(all, commit(w))
	}
	var acts, notes groups.Commit
	for _, id := range sharedGroups {
		for _, user := range sharedUsers {
			acts.Acts = append(acts.Acts, groups.Act{Do: "assign", Group: id, User: user, By: "ada", At: noon, Why: "beside"})
		}
		for _, kind := range noteKinds {
			for _, key := range sharedKeys {
				n := note(id, key, "beside")
				n.Kind = kind
				notes.Notes = append(notes.Notes, n)
			}
		}
	}
	return append(all, acts, notes)
}

func peopleBeside() groups.PeopleChange {
	people := users(sharedUsers...)
	units := make([]groups.Unit, len(sharedGroups))
	for i, id := range sharedGroups {
		units[i] = groups.Unit{ID: string(id), Name: "beside"}
	}
	for i := range people {
		people[i].Manager = groups.ReportsTo("boss")
		people[i].Units = map[groups.Tree][]string{"branch": {"a"}}
		people[i].Fields = map[string]groups.Value{"job_title": groups.Text("beside")}
	}
	return groups.PeopleChange{Schema: everyField(), Upsert: people, Trees: map[groups.Tree][]groups.Unit{"branch": units}}
}

// undisturbed demands that the neighbour says what it said when it was looked at last, if it was.
func (n *neighbour) undisturbed(t TB) {
	t.Helper()
	var now everything
	if n.Store != nil {
		now.Picture = desk{t, n.Store}.picture()
	}
	if n.Directory != nil {
		now.People = peopleOf(t, n.Directory)
		if v, ok := groups.As[groups.Versioned](n.Directory); ok {
			now.Version = versionOf(t, v)
		}
	}
	if n.was != nil {
		if diff := difference(now, *n.was); diff != "" {
			t.Errorf("another tenant of the same database was changed: %s", diff)
		}
	}
	n.was = &now
}

// tenantCases are clause 17 of Store, 8 of Directory and 6 of People: that the neighbour is as it was is
// demanded after every case; these do everything there is to do to what has the IDs of what it has.
var tenantCases = []Case{{
	Name: "groups of another tenant are neither shown nor touched", Interface: "Store", Clause: 17,
	Why: "one statement without the tenant in it, and a customer's groups are another's",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		nothing := func(when string) {
			t.Helper()
			if n := len(d.groups()) + len(d.changes("")); n != 0 {
				t.Errorf("%s: %d groups and changes", when, n)
			}
			for _, id := range sharedGroups {
				_, err := s.Group(t.Context(), id)
				wants(t, "Group "+string(id), err, groups.ErrNotFound)
				if n := len(d.standings(id)) + len(d.members(id)); n != 0 {
					t.Errorf("%s: %d standings and members of %q", when, n, id)
				}
			}
			for _, id := range sharedUsers {
				if n := len(d.standingsOf(id)); n != 0 {
					t.Errorf("%s: %d standings of %q", when, n, id)
				}
			}
		}
		nothing("nothing was written")
		for _, id := range sharedGroups {
			d.create(id)
			g := d.group(id)
			g.Name = "renamed"
			d.save(g)
		}
		for _, id := range sharedGroups {
			d.put(id, assigned("ada"), excluded("bob"), withheld("eve"))
			d.put(id, blank("bob"), automatic("eve"))
		}
		if n := len(d.changes("")); n != 2*len(sharedGroups) {
			t.Errorf("%d changes, want %d", n, 2*len(sharedGroups))
		}
		for _, id := range sharedGroups {
			d.delete(id)
		}
		if n := len(d.changes("")); n != 4*len(sharedGroups) {
			t.Errorf("%d changes, want %d", n, 4*len(sharedGroups))
		}
		if n := len(d.groups()); n != 0 {
			t.Errorf("%d groups are left", n)
		}
	},
}, {
	Name: "notes of another tenant are neither shown nor touched", Interface: "Store", Clause: 17, Needs: []Category{Notes},
	Why: "a draft that is published, or thrown away, in the wrong company",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for _, id := range sharedGroups {
			d.create(id)
			for _, kind := range noteKinds {
				for _, key := range sharedKeys {
					n := note(id, key, "text")
					n.Kind = kind
					d.commit(groups.Commit{Notes: []groups.Note{n}})
					n.Revision, n.Data = 1, []byte("another")
					d.commit(groups.Commit{Notes: []groups.Note{n}})
				}
				if n := len(d.notes(kind, id)); n != len(sharedKeys) {
					t.Errorf("%d notes, want %d", n, len(sharedKeys))
				}
				erasure := erased(id, "key", 2)
				erasure.Kind = kind
				d.commit(groups.Commit{Notes: []groups.Note{erasure}})
			}
			d.delete(id)
		}
	},
}, {
	Name: "acts of another tenant are neither shown nor touched", Interface: "Store", Clause: 17, Needs: []Category{Acts},
	Why: "an audit that shows what somebody did elsewhere is a leak with a date on it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for i, id := range sharedGroups {
			d.commit(groups.Commit{Acts: []groups.Act{{Do: "assign", Group: id, User: "ada", By: "bob", At: noon}}})
			if all, of := len(d.acts("", "")), len(d.acts(id, "")); all != i+1 || of != 1 {
				t.Errorf("%d acts, and %d of %q; want %d and 1", all, of, id, i+1)
			}
		}
	},
}, {
	Name: "who is forgotten is known to another tenant", Interface: "Store", Clause: 17, Needs: []Category{Forgetting},
	Why: "people work for two customers: what one of them erases the other must keep",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create(sharedGroups...)
		for _, id := range sharedUsers {
			d.put("g", automatic(id))
			d.commit(groups.Commit{Acts: []groups.Act{{Do: "assign", Group: "g", User: id, By: "bob", At: noon}}})
			d.forget(id)
		}
		if n := len(d.changes("")); n != len(sharedUsers) {
			t.Errorf("%d changes, want the leaves of %d who were forgotten", n, len(sharedUsers))
		}
	},
}, {
	Name: "people of another tenant are not shown", Interface: "Directory", Clause: 8,
	Why: "a rule is about everybody: with the people of another tenant among them, a group has strangers in it",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(groups.PeopleChange{})
		for _, id := range sharedUsers {
			_, err := d.User(t.Context(), id)
			wants(t, "User "+string(id), err, groups.ErrNotFound)
		}
		sameIDs(t, "Users", userIDs(t, d), nil)
		d = open(groups.PeopleChange{Upsert: users(sharedUsers[1])})
		if diff := difference(rows(t, "Users", d.Users(t.Context())), users(sharedUsers[1])); diff != "" {
			t.Errorf("Users: %s", diff)
		}
		if n := len(rows(t, "Units", d.Units(t.Context()))); n != 0 {
			t.Errorf("%d units of an empty tree", n)
		}
		if r, ok := groups.As[groups.Reporting](d); ok {
			sameIDs(t, "Reports", rows(t, "Reports", r.Reports(t.Context(), "boss")), nil)
		}
	},
}, {
	Name: "people of another tenant are not touched", Interface: "People", Clause: 6,
	Why: "an upload of one customer that removes the users of another",
	people: func(t TB, of Tenant) {
		d, p := of.Directory, of.People
		write(t, p, groups.PeopleChange{Deactivate: sharedUsers, Remove: sharedUsers[:3]})
		sameIDs(t, "Users", userIDs(t, d), nil)
		write(t, p, groups.PeopleChange{Upsert: users(sharedUsers...), Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}}}})
		write(t, p, groups.PeopleChange{Deactivate: sharedUsers[:2], Remove: sharedUsers[2:], Trees: map[groups.Tree][]groups.Unit{"branch": nil}, Schema: &groups.Schema{}})
		sameIDs(t, "Users", userIDs(t, d), sharedUsers[:2])
	},
}}
