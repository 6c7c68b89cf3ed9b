package storetest

import (
	"context"
	"slices"

	"github.com/grouprules/groups"
)

// journaledCases are the clauses of Journaled.
var journaledCases = []Case{{
	Name: "whoever was written about since any version is named", Interface: "Journaled", Clause: 1,
	Why: "who is not named is taken for as they were, and their memberships with them",
	people: func(t TB, d groups.Directory, p groups.People) {
		type past struct {
			version string
			people  census
		}
		v, _ := groups.As[groups.Versioned](d)
		j, _ := groups.As[groups.Journaled](d)
		was := []past{{versionOf(t, v), peopleOf(t, d)}}
		for _, change := range []groups.PeopleChange{
			{Schema: everyField(), Upsert: users("bob", "ada", "a", "A", "eve", "zoe")},
			{Upsert: []groups.User{{ID: "ada", Fields: map[string]groups.Value{"grade": groups.Number(1)}}}},
			{Upsert: []groups.User{{ID: "zoe", Manager: groups.ReportsTo("ada")}, {ID: "new"}}},
			{Deactivate: []groups.UserID{"bob", "nobody"}},
			{Remove: []groups.UserID{"eve", "A", "nobody"}},
			{Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}, {ID: "b"}}}},
			{Schema: &groups.Schema{}},
			{Trees: map[groups.Tree][]groups.Unit{"branch": nil}},
			{Upsert: users("eve"), Remove: []groups.UserID{"new"}}, // she comes back, who was taken out
			{Upsert: users("zoe"), Deactivate: []groups.UserID{"zoe"}},
			{Upsert: users("brief")},
			{Remove: []groups.UserID{"brief"}},
		} {
			write(t, p, change)
			now := peopleOf(t, d)
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
	},
}, {
	Name: "those who were written about come once each, however many", Interface: "Journaled", Clause: 1,
	Why: "an index that takes a page for all keeps the others as they were",
	people: func(t TB, d groups.Directory, p groups.People) {
		v, _ := groups.As[groups.Versioned](d)
		j, _ := groups.As[groups.Journaled](d)
		for _, n := range manySizes {
			version, people := versionOf(t, v), users(typed[groups.UserID](numbered(n))...)
			write(t, p, groups.PeopleChange{Upsert: people})
			write(t, p, groups.PeopleChange{Upsert: people})
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
	people: func(t TB, d groups.Directory, p groups.People) {
		j, _ := groups.As[groups.Journaled](d)
		write(t, p, groups.PeopleChange{Upsert: users("ada")})
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
	people: func(t TB, d groups.Directory, p groups.People) {
		v, _ := groups.As[groups.Versioned](d)
		j, _ := groups.As[groups.Journaled](d)
		version := versionOf(t, v)
		write(t, p, groups.PeopleChange{Upsert: users("ada")})
		written, err := j.Since(cancelled(t), version)
		wants(t, "Since", err, context.Canceled)
		if written != nil {
			t.Errorf("it says %v all the same", written)
		}
	},
}}

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
