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
				"a parent":            commit(saves(groups.Group{ID: "h", Parent: groups.GroupID(id)})),
				"a parent to move to": commit(saves(groups.Group{ID: "g", Revision: 1, Parent: groups.GroupID(id)})),
			} {
				if id == "" && strings.HasPrefix(what, "a parent") {
					continue // at the top
				}
				wants(t, fmt.Sprintf("Apply with %.64q for %s", id, what), s.Apply(t.Context(), c), groups.ErrID)
			}
		}
		d.unchanged(was, "refused identifiers")
	},
}, {
	Name: "unusable identifiers have no notes", Interface: "Store", Clause: 14, Needs: []Category{Notes},
	Why: "a note of a group that nobody can name is there for good",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		was := d.picture()
		for _, id := range unusable {
			// There can be no group of that ID, which is as good a reason.
			err := s.Apply(t.Context(), groups.Commit{Notes: []groups.Note{note(groups.GroupID(id), "key", "text")}})
			if !errors.Is(err, groups.ErrID) {
				wants(t, fmt.Sprintf("Apply with a note of the group %.64q", id), err, groups.ErrNotFound)
			}
		}
		d.unchanged(was, "refused identifiers")
	},
}, {
	Name: "unusable identifiers are neither forgotten nor an alias", Interface: "Store", Clause: 14, Needs: []Category{Forgetting},
	Why: "who is to be erased must be who was meant, and what stands in their place must be kept",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		was := d.picture()
		for _, id := range unusable {
			if id != "" { // nobody
				wants(t, fmt.Sprintf("Apply with %.64q to forget", id), s.Apply(t.Context(), groups.Commit{Forget: groups.UserID(id), Alias: alias}), groups.ErrID)
			}
			wants(t, fmt.Sprintf("Apply with %.64q for an alias", id), s.Apply(t.Context(), groups.Commit{Forget: "ada", Alias: groups.UserID(id)}), groups.ErrID)
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
		for i, id := range names {
			if n := len(d.members(groups.GroupID(id))); n != 1 {
				t.Errorf("%d members of %.64q, want 1", n, id)
			}
			d.delete(groups.GroupID(id))
			if n := len(d.groups()); n != len(names)-i-1 {
				t.Fatalf("%d groups are left after %d were deleted", n, i+1)
			}
		}
	},
}, {
	Name: "who looks like somebody who is forgotten stays", Interface: "Store", Clause: 14, Needs: []Category{Forgetting},
	Why: "what a database takes for the same ID is somebody else, who did not ask to be erased",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		var all []groups.Standing
		for _, id := range typed[groups.UserID](names) {
			all = append(all, automatic(id))
		}
		d.put("g", all...)
		for i, id := range typed[groups.UserID](names) {
			d.forget(id)
			if n := len(d.members("g")); n != len(names)-i-1 {
				t.Fatalf("%d members are left after %d were forgotten, the last of them %.64q", n, i+1, id)
			}
		}
	},
}, {
	Name: "the longest identifiers fit everywhere", Interface: "Store", Clause: 14,
	Why: "a key of a group and a user together is longer than some databases allow",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for _, end := range []string{longest, longest[:252] + "abc", longest[:252] + "abd"} {
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
