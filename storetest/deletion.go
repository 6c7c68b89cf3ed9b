package storetest

import (
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
	Name: "deleting writes a leave for every member, by user", Interface: "Store", Clause: 5,
	Why: "the host withdraws what the group gave, by the feed alone",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		d.put("g", append(everyStanding(), assigned("B"), automatic("a"), automatic("\u00e4"))...)
		d.put("h", automatic("a"))
		members := d.members("g")
		before := d.changes("")
		d.delete("g")
		var want []groups.Change
		for _, m := range members {
			want = append(want, groups.Change{
				Group: "g", User: m.User, Kind: groups.Left, Before: m.Method, After: groups.Outside, Cause: "deletion", By: admin, At: evening,
			})
		}
		if diff := difference(withoutCursors(d.changes("")[len(before):]), want); diff != "" {
			t.Errorf("the feed after the deletion: %s", diff)
		}
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
			refused(d, "DeleteGroup", s.DeleteGroup(t.Context(), "g", revision, admin, evening), g)
		}
		d.unchanged(was, "refused deletions")
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
				wants(t, "DeleteGroup "+string(id), s.DeleteGroup(t.Context(), id, revision, admin, evening), groups.ErrNotFound)
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
		wants(t, "DeleteGroup", s.DeleteGroup(t.Context(), "read", 1, admin, evening), groups.ErrReferred)
		wants(t, "DeleteGroup", s.DeleteGroup(t.Context(), "read too", 1, admin, evening), groups.ErrReferred)
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
		was := d.picture()
		wants(t, "DeleteGroup", s.DeleteGroup(t.Context(), "top", 1, admin, evening), groups.ErrReferred)
		d.unchanged(was, "a refused deletion")
		child.Parent = ""
		d.save(child)
		d.delete("top")
	},
}}
