package storetest

import (
	"fmt"
	"math"

	"github.com/grouprules/groups"
)

// deletionCases are clause 5 of Store.
var deletionCases = []Case{{
	Name: "a deleted group is gone with its standings", Interface: "Store", Clause: 5,
	Why: "rows of a group that does not exist show up on the pages of people, and in a group created later",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("f", "g", "h")
		for _, id := range []groups.GroupID{"f", "g", "h"} {
			d.put(id, everyStanding()...)
		}
		was := d.picture()
		d.delete("g")
		_, err := s.Group(t.Context(), "g")
		wants(t, "Group", err, groups.ErrNotFound)
		if n := len(d.standings("g")) + len(d.members("g")); n != 0 {
			t.Errorf("%d standings and members are left", n)
		}
		for _, st := range everyStanding() {
			for _, left := range d.standingsOf(st.User) {
				if left.Group == "g" {
					t.Errorf("StandingsOf %q has the deleted group", st.User)
				}
			}
		}
		got := d.picture()
		for i, want := range [][]groups.Standing{was.Standings[0], was.Standings[2]} {
			if diff := difference(got.Standings[i], want); diff != "" {
				t.Errorf("the standings of another group: %s", diff)
			}
		}
		if diff := difference(got.Groups, []groups.Group{was.Groups[0], was.Groups[2]}); diff != "" {
			t.Errorf("the other groups: %s", diff)
		}
	},
}, {
	Name: "a deletion writes the changes that it brings", Interface: "Store", Clause: 5,
	Why: "the host withdraws what the group gave, by the feed alone; what it was told earlier about the group stays true",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		d.put("g", append(everyStanding(), assigned("B"), automatic("a"), automatic("\u00e4"))...)
		d.put("h", automatic("a"))
		before := d.changes("")
		w := d.deletes("g")
		d.apply(w)
		after := d.changes("")
		if diff := difference(after[:min(len(after), len(before))], before); diff != "" {
			t.Errorf("the feed before the deletion: %s", diff)
		}
		if diff := difference(withoutCursors(after[min(len(after), len(before)):]), w.Changes); diff != "" {
			t.Errorf("the feed after the deletion: %s", diff)
		}
	},
}, {
	Name: "a deleted group is gone with its notes", Interface: "Store", Clause: 5,
	Why: "a draft of a group that does not exist turns up in a group created later, and publishes somebody else's rule",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("f", "g", "h")
		for _, id := range []groups.GroupID{"f", "g", "h"} {
			for _, kind := range noteKinds {
				n := note(id, "key", "text")
				n.Kind = kind
				d.commit(groups.Commit{Notes: []groups.Note{n, note(id, "of "+string(kind), "text")}})
			}
		}
		was := d.picture()
		d.delete("g")
		for round, id := range []groups.GroupID{"g", ""} {
			for i, kind := range noteKinds {
				var want []groups.Note
				for _, n := range was.Notes[i] {
					if round == 1 && n.Group != "g" {
						want = append(want, n)
					}
				}
				if diff := difference(d.notes(kind, id), want); diff != "" {
					t.Errorf("the notes %q of %q: %s", kind, id, diff)
				}
			}
		}
		d.create("g")
		for _, kind := range noteKinds {
			if n := len(d.notes(kind, "g")); n != 0 {
				t.Errorf("created anew, the group has %d notes %q", n, kind)
			}
		}
		d.commit(groups.Commit{Notes: []groups.Note{note("g", "key", "anew")}}) // at revision 0
	},
}, {
	Name: "a stale deletion is refused, naming who saved and when", Interface: "Store", Clause: 5,
	Why: "whoever deletes must know what they delete",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		g := d.save(groups.Group{ID: "g", SavedBy: "ada", SavedAt: morning})
		g.SavedBy, g.SavedAt = "grace", noon
		g = d.save(g)
		d.put("g", automatic("ada"))
		was := d.picture()
		for _, revision := range []uint64{0, 1, 3, math.MaxInt64, math.MaxUint64} {
			w := d.deletes("g")
			w.Revision = revision
			refused(d, "a deletion", s.Apply(t.Context(), commit(w)), g)
		}
		d.unchanged(was, "refused deletions")
	},
}, {
	Name: "a deletion that began before somebody joined is refused", Interface: "Store", Clause: 6,
	Why: "it brings the leaves of those it read; whoever joined since would keep what the group gave them",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.put("g", automatic("ada"))
		deletion := d.deletes("g")
		d.put("g", automatic("bob"))
		refusesApply(d, deletion)
		d.delete("g")
	},
}, {
	Name: "a group that does not exist cannot be deleted", Interface: "Store", Clause: 5,
	Why: "a careless comparison deletes another",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create(typed[groups.GroupID](names)...)
		was := d.picture()
		for _, id := range typed[groups.GroupID](strangers) {
			for _, revision := range []uint64{0, 1} {
				err := s.Apply(t.Context(), commit(groups.Write{Group: id, Revision: revision, Delete: true}))
				wants(t, fmt.Sprintf("deleting %.64q", id), err, groups.ErrNotFound)
			}
		}
		d.unchanged(was, "refused deletions")
	},
}, {
	Name: "a group that another reads cannot be deleted", Interface: "Store", Clause: 5,
	Why: "a condition on a group that is gone is unknown, and the reading group stands still without anybody noticing",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("read", "read too", "free")
		a := d.save(reader("a", "read", "not there"))
		b := d.save(below("b", "read too"))
		d.put("read", automatic("ada"))
		was := d.picture()
		for _, id := range []groups.GroupID{"read", "read too"} {
			wants(t, fmt.Sprintf("deleting %q", id), s.Apply(t.Context(), commit(d.deletes(id))), groups.ErrReferred)
		}
		d.unchanged(was, "refused deletions")

		d.delete("free")
		a.Criteria = groups.Criteria{}
		d.save(a)
		d.delete("read")
		b.Kind = groups.ManualGroup // keeps its criteria, and does not read them
		d.save(b)
		d.delete("read too")
	},
}, {
	Name: "a group that is a parent cannot be deleted", Interface: "Store", Clause: 5,
	Why: "what is beneath it would fall out of every rule that counts it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("top")
		child := d.save(groups.Group{ID: "child", Parent: "top"})
		refuses(d, "a deletion", commit(d.deletes("top")), groups.ErrReferred)
		child.Parent = ""
		d.save(child)
		d.delete("top")
	},
}, {
	Name: "a deletion is judged by what is there after the commit", Interface: "Store", Clause: 5,
	Why: "a group and those that refer to it are taken away at once, or the rule is rewritten in the same act; " +
		"and what a commit saves must not refer to what it takes away",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("read", "top", "other", "free")
		a := d.save(reader("a", "read", "other"))
		child := d.save(groups.Group{ID: "child", Parent: "top"})

		still := a
		still.Name = "renamed, and reading still"
		refuses(d, "a deletion", commit(d.deletes("read"), saves(still)), groups.ErrReferred)
		refuses(d, "a deletion", commit(saves(still), d.deletes("read")), groups.ErrReferred)
		refuses(d, "a deletion", commit(d.deletes("other"), d.deletes("read")), groups.ErrReferred)
		still = child
		still.Name = "renamed, and beneath still"
		refuses(d, "a deletion", commit(saves(still), d.deletes("top")), groups.ErrReferred)
		refuses(d, "a deletion", commit(d.deletes("free"), saves(reader("b", "free"))), groups.ErrReferred)
		refuses(d, "a deletion", commit(saves(groups.Group{ID: "b", Parent: "free"}), d.deletes("free")), groups.ErrReferred)

		a.Criteria = reader("a", "other").Criteria
		child.Parent = ""
		d.apply(d.deletes("read"), saves(a))
		d.apply(saves(child), d.deletes("top"))
		d.apply(d.deletes("other"), d.deletes("a")) // who reads and who is read
		if all := d.groups(); len(all) != 2 || all[0].ID != "child" || all[1].ID != "free" {
			t.Errorf("%d groups are left, want two", len(all))
		}
	},
}}
