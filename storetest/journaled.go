package storetest

import (
	"context"
	"slices"

	"github.com/grouprules/groups"
)

// journaledCases are the clauses of Journaled.
var journaledCases = []Case{{
	Name: "whoever came, changed or went since any version is named", Interface: "Journaled", Clause: 1,
	Why: "who is not named is taken for as they were, and their memberships with them",
	people: func(t TB, of Tenant) {
		remembers(t, of,
			groups.PeopleChange{Upsert: users("bob", "ada", "a", "A", "eve", "zoe")},
			groups.PeopleChange{Deactivate: []groups.UserID{"bob", "nobody"}},
			groups.PeopleChange{Remove: []groups.UserID{"eve", "A", "nobody"}},
			groups.PeopleChange{Upsert: users("bob", "new")},
			groups.PeopleChange{Upsert: users("eve"), Remove: []groups.UserID{"new"}}, // she comes back, who was taken out
			groups.PeopleChange{Upsert: users("zoe"), Deactivate: []groups.UserID{"zoe"}},
			groups.PeopleChange{Upsert: users("brief")},
			groups.PeopleChange{Remove: []groups.UserID{"brief"}},
		)
	},
}, {
	Name: "whoever is said other things of since any version is named", Interface: "Journaled", Clause: 1,
	Why: "who is not named is taken for as they were, and their memberships with them",
	people: func(t TB, of Tenant) {
		graded := func(manager groups.UserID, grade float64) groups.PeopleChange {
			return groups.PeopleChange{Upsert: []groups.User{{
				ID: "ada", Manager: groups.ReportsTo(manager), Fields: map[string]groups.Value{"grade": groups.Number(grade)},
			}}}
		}
		remembers(t, of, groups.PeopleChange{Schema: everyField(), Upsert: users("ada", "bob")}, graded("", 1), graded("bob", 1), graded("bob", 2),
			groups.PeopleChange{Schema: &groups.Schema{}})
	},
}, {
	Name: "whether units were written since any version is said", Interface: "Journaled", Clause: 1,
	Why: "units that are taken for as they were keep their people in groups that are not theirs any more",
	people: func(t TB, of Tenant) {
		tree := func(units ...groups.Unit) groups.PeopleChange {
			return groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": units}}
		}
		remembers(t, of, groups.PeopleChange{Upsert: users("ada")}, tree(groups.Unit{ID: "a"}, groups.Unit{ID: "b"}),
			tree(groups.Unit{ID: "a"}, groups.Unit{ID: "b", Parent: "a"}), groups.PeopleChange{Upsert: users("bob")}, tree())
	},
}, {
	Name: "those who were written about come once each, however many", Interface: "Journaled", Clause: 1,
	Why: "an index that takes a page for all keeps the others as they were",
	people: func(t TB, of Tenant) {
		v, _ := groups.As[groups.Versioned](of.Directory)
		j, _ := groups.As[groups.Journaled](of.Directory)
		for _, n := range manySizes {
			version, people := versionOf(t, v), users(typed[groups.UserID](numbered(n))...)
			write(t, of.People, groups.PeopleChange{Upsert: people})
			write(t, of.People, groups.PeopleChange{Upsert: people})
			written, err := j.Since(t.Context(), version)
			if err != nil {
				t.Fatalf("Since: %v", err)
			}
			if written != nil {
				sameIDs(t, "Since", written.Users, typed[groups.UserID](numbered(n)))
			}
		}
	},
}, {
	Name: "nothing is known since what was never a version", Interface: "Journaled", Clause: 2,
	Why: "after a backup was restored, or from another directory, there is no telling what became another",
	people: func(t TB, of Tenant) {
		j, _ := groups.As[groups.Journaled](of.Directory)
		write(t, of.People, groups.PeopleChange{Upsert: users("ada")})
		for _, version := range []string{"", " ", "never", "-1", "999999999", "1e3", "\xff", "\x00"} {
			written, err := j.Since(t.Context(), version)
			if written != nil || err != nil {
				t.Errorf("Since %q: %v, %v", version, written, err)
			}
		}
	},
}, {
	Name: "a question for what was written ends with its context", Interface: "Journaled", Clause: 3,
	Why: "who asks has gone away",
	people: func(t TB, of Tenant) {
		v, _ := groups.As[groups.Versioned](of.Directory)
		j, _ := groups.As[groups.Journaled](of.Directory)
		version := versionOf(t, v)
		write(t, of.People, groups.PeopleChange{Upsert: users("ada")})
		written, err := j.Since(cancelled(t), version)
		wants(t, "Since", err, context.Canceled)
		if written != nil {
			t.Errorf("it says %v all the same", written)
		}
	},
}}

// remembers demands of each version that there was while changes are written that it is known what has changed since.
func remembers(t TB, of Tenant, changes ...groups.PeopleChange) {
	t.Helper()
	type past struct {
		version string
		people  census
	}
	v, _ := groups.As[groups.Versioned](of.Directory)
	j, _ := groups.As[groups.Journaled](of.Directory)
	was := []past{{versionOf(t, v), peopleOf(t, of.Directory)}}
	for _, change := range changes {
		write(t, of.People, change)
		now := peopleOf(t, of.Directory)
		for i := range was {
			written, err := j.Since(t.Context(), was[i].version)
			switch {
			case err != nil:
				t.Fatalf("Since: %v", err)
			case written != nil:
				tellsOf(t, written, was[i].people, now)
			case i == len(was)-1:
				t.Errorf("what was written by one change is not known")
			}
		}
		was = append(was, past{versionOf(t, v), now})
	}
}

// tellsOf demands that whoever is other than they were is named, in order and once, and units where they are.
func tellsOf(t TB, written *groups.Written, was, now census) {
	t.Helper()
	byID := func(c census) map[groups.UserID]groups.User {
		m := make(map[groups.UserID]groups.User, len(c.Users))
		for _, u := range c.Users {
			m[u.ID] = u
		}
		return m
	}
	before, after := byID(was), byID(now)
	for _, c := range []census{was, now} {
		for _, u := range c.Users {
			old, was := before[u.ID]
			new, is := after[u.ID]
			if (was != is || difference(new, old) != "") && !slices.Contains(written.Users, u.ID) {
				t.Errorf("%s is not named, and is not as before", u.ID)
			}
		}
	}
	for i := range written.Users[min(1, len(written.Users)):] {
		if written.Users[i] >= written.Users[i+1] {
			t.Errorf("%s is named before %s", written.Users[i], written.Users[i+1])
		}
	}
	if !written.Units && difference(now.Units, was.Units) != "" {
		t.Errorf("it says that units are as they were")
	}
}
