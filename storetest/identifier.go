package storetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/grouprules/groups"
)

// identifierCases are clause 14 of Store.
var identifierCases = []Case{{
	Name: "unusable identifiers are not stored", Interface: "Store", Clause: 14,
	Why: "an ID with a space at its end or an invisible character is one that nobody can tell from another",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		was := d.picture()
		for _, id := range unusable {
			for what, c := range map[string]groups.Commit{
				"a save":              commit(saves(groups.Group{ID: groups.GroupID(id)})),
				"a standing":          commit(d.write("g", automatic(groups.UserID(id)))),
				"a user to forget":    {Forget: groups.UserID(id), Alias: alias},
				"an alias":            {Forget: "ada", Alias: groups.UserID(id)},
				"a parent":            commit(saves(groups.Group{ID: "h", Parent: groups.GroupID(id)})),
				"a parent to move to": commit(saves(groups.Group{ID: "g", Revision: 1, Parent: groups.GroupID(id)})),
			} {
				if id == "" && (what == "a user to forget" || strings.HasPrefix(what, "a parent")) {
					continue // nobody, and at the top
				}
				wants(t, fmt.Sprintf("Apply with %.64q for %s", id, what), s.Apply(t.Context(), c), groups.ErrID)
			}
			// There can be no group of that ID, which is as good a reason.
			err := s.Apply(t.Context(), groups.Commit{Notes: []groups.Note{note(groups.GroupID(id), "key", "text")}})
			if !errors.Is(err, groups.ErrID) {
				wants(t, fmt.Sprintf("Apply with a note of the group %.64q", id), err, groups.ErrNotFound)
			}
		}
		d.unchanged(was, "refused identifiers")
	},
}, {
	Name: "identifiers that look alike stay apart", Interface: "Store", Clause: 14,
	Why: "what a database takes for the same ID is somebody else's membership",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create(typed[groups.GroupID](names)...)
		for i, id := range names {
			d.put(groups.GroupID(id), automatic(groups.UserID(names[(i+1)%len(names)])))
		}
		for i, id := range names {
			want := []groups.Member{{User: groups.UserID(names[(i+1)%len(names)]), Method: groups.Automatic}}
			if diff := difference(d.members(groups.GroupID(id)), want); diff != "" {
				t.Errorf("the members of %.64q: %s", id, diff)
			}
			of := d.standingsOf(groups.UserID(id))
			if before := groups.GroupID(names[(i+len(names)-1)%len(names)]); len(of) != 1 || of[0].Group != before {
				t.Errorf("the groups of %.64q: %v, want %.64q", id, of, before)
			}
		}
		for i, id := range names[:len(names)/2] {
			d.forget(groups.UserID(names[(i+1)%len(names)]))
			if n := len(d.members(groups.GroupID(id))); n != 0 {
				t.Errorf("%d members of %.64q are left", n, id)
			}
		}
		for _, id := range names[len(names)/2:] {
			if n := len(d.members(groups.GroupID(id))); n != 1 {
				t.Errorf("%d members of %.64q, want 1", n, id)
			}
			d.delete(groups.GroupID(id))
		}
		if n := len(d.groups()); n != len(names)/2 {
			t.Errorf("%d groups are left, want %d", n, len(names)/2)
		}
	},
}, {
	Name: "the longest identifiers fit everywhere", Interface: "Store", Clause: 14,
	Why: "a key of a group and a user together is longer than some databases allow",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		long := strings.Repeat("\u4e2d", 85)
		for _, end := range []string{long, long[:252] + "abc", long[:252] + "abd"} {
			d.create(groups.GroupID(end))
			d.put(groups.GroupID(end), automatic(groups.UserID(end)))
		}
		for i, g := range d.groups() {
			if of := d.standingsOf(groups.UserID(g.ID)); len(of) != 1 || of[0].Group != g.ID {
				t.Errorf("group %d: %d standings of its user", i, len(of))
			}
		}
		if n := len(d.groups()); n != 3 {
			t.Errorf("%d groups, want 3", n)
		}
	},
}}
