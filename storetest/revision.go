package storetest

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/grouprules/groups"
)

// revisionCases are clause 3 of Store.
var revisionCases = []Case{{
	Name: "revision 0 creates, with a state of its own", Interface: "Store", Clause: 3,
	Why: "a group that is saved as a copy of another must not look as if it had been processed",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		g := d.save(groups.Group{ID: "g", State: groups.State{Sequence: 9, Revision: 9, Live: true, Processed: noon, Next: noon, Held: "plan"}})
		if g.Revision != 1 {
			t.Errorf("the first revision is %d, want 1", g.Revision)
		}
		if diff := difference(g.State, groups.State{}); diff != "" {
			t.Errorf("the state of a new group: %s", diff)
		}
	},
}, {
	Name: "a group that is created goes on from the revision that it brings", Interface: "Store", Clause: 3,
	Why: "whoever edits a group that was deleted, and created anew under its ID, would overwrite the new one",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("other")
		for _, last := range []uint64{3, 0, 1 << 40} {
			d.apply(groups.Write{Group: "g", Save: &groups.Group{ID: "g", Revision: last}})
			if got := d.group("g").Revision; got != last+1 {
				t.Errorf("revision %d, want %d", got, last+1)
			}
			w := saves(d.group("g"))
			w.Save.Revision = 77 // of a group that is there it does not count
			d.apply(w)
			if got := d.group("g").Revision; got != last+2 {
				t.Errorf("revision %d after a save, want %d", got, last+2)
			}
			d.delete("g")
		}
	},
}, {
	Name: "revision 0 does not replace", Interface: "Store", Clause: 3,
	Why: "two people who create a group of the same ID are told, before one overwrites the other",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.save(groups.Group{ID: "g", Name: "first", SavedBy: "ada", SavedAt: noon})
		refusesSave(d, groups.Group{ID: "g", Name: "second", SavedBy: "bob", SavedAt: evening})
	},
}, {
	Name: "a save from the stored revision replaces everything", Interface: "Store", Clause: 3,
	Why: "a field that a save cannot clear is one that nobody gets rid of",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("p")
		g := d.save(groups.Group{
			ID: "g", Name: "name", Description: "text", Kind: groups.AutomaticGroup, Status: groups.Active, Frozen: true,
			Deactivated: groups.DropAll, Criteria: everyCondition(), Parent: "p", Owner: "grace", Zone: "Asia/Kathmandu",
			Schedule: groups.Schedule{Every: 24 * time.Hour, Shift: time.Hour}, SavedBy: "ada", SavedAt: noon,
		})
		comesBack(d, groups.Group{ID: "g", Revision: g.Revision})
	},
}, {
	Name: "each save raises the revision by one", Interface: "Store", Clause: 3,
	Why: "an editor holds the revision it started from; one that is skipped or used twice lets it overwrite another's work",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		g := d.save(groups.Group{ID: "g"})
		for want := uint64(2); want < 20; want++ {
			g = d.save(g) // also where nothing else changes
			if got := d.group("g").Revision; g.Revision != want || got != want {
				t.Fatalf("revision %d, stored as %d, want %d", g.Revision, got, want)
			}
		}
	},
}, {
	Name: "a stale save is refused, naming who saved and when", Interface: "Store", Clause: 3,
	Why: "the second of two editors must see whose work they would overwrite",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		old := d.save(groups.Group{ID: "g", Name: "first", SavedBy: "ada", SavedAt: morning})
		newer := old
		newer.Name, newer.SavedBy, newer.SavedAt = "second", "grace", noon
		d.save(newer)
		old.Name, old.SavedBy, old.SavedAt = "third", "bob", evening
		refusesSave(d, old)
	},
}, {
	Name: "a revision that was never given out is refused", Interface: "Store", Clause: 3,
	Why: "a revision beyond what a database's integers hold must not come round to a valid one",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.save(groups.Group{ID: "g", SavedBy: "ada", SavedAt: noon})
		for _, revision := range []uint64{2, 1 << 31, 1<<32 + 1, math.MaxInt64, 1 << 63, 1<<63 + 1, math.MaxUint64} {
			refusesSave(d, groups.Group{ID: "g", Revision: revision})
		}
	},
}, {
	Name: "a save cannot replace what does not exist", Interface: "Store", Clause: 3,
	Why: "a group that was deleted while somebody edited it must not come back without its standings",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		refuses(d, "a save of a group that never was", commit(saves(groups.Group{ID: "g", Revision: 1})), groups.ErrNotFound)
		g := d.save(groups.Group{ID: "g"})
		d.delete("g")
		refuses(d, "a save of a group that was deleted", commit(saves(g)), groups.ErrNotFound)
		// A run that wrote to it is told to begin anew, which finds that it is gone.
		refuses(d, "a plain write", commit(groups.Write{Group: "g", Revision: 1}), groups.ErrConflict)
		if n := len(d.groups()); n != 0 {
			t.Errorf("%d groups, want none", n)
		}
	},
}, {
	Name: "a save leaves the state alone", Interface: "Store", Clause: 3,
	Why: "a sequence that a save sets back lets a stale run write; one that it raises makes runs repeat for nothing",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		w := d.write("g", automatic("ada"))
		w.State = &groups.State{Live: true, Revision: 1, Processed: noon, Next: evening, Members: 1, Held: "plan", Lately: []groups.Traffic{{Hour: noon, Joined: 1}}}
		d.apply(w)
		want := d.group("g").State
		g := d.group("g")
		for _, state := range []groups.State{{}, {Sequence: 77, Processed: evening}} {
			g.State = state
			g = d.save(g)
			if diff := difference(g.State, want); diff != "" {
				t.Errorf("the state: %s", diff)
			}
		}
		if n := len(d.members("g")); n != 1 {
			t.Errorf("%d members after saving, want 1", n)
		}
	},
}, {
	Name: "a group created anew begins anew", Interface: "Store", Clause: 3,
	Why: "what was left of a deleted group of the same ID would put its members into the new one",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		w := d.write("g", automatic("ada"), assigned("bob"))
		w.State = &groups.State{Live: true, Revision: 1, Processed: noon, Next: evening}
		d.apply(w)
		d.delete("g")
		g := d.save(groups.Group{ID: "g"})
		if g.Revision != 1 {
			t.Errorf("revision %d, want 1", g.Revision)
		}
		if diff := difference(d.group("g").State, groups.State{}); diff != "" {
			t.Errorf("the state of the new group: %s", diff)
		}
		if n := len(d.standings("g")) + len(d.members("g")) + len(d.standingsOf("ada")); n != 0 {
			t.Errorf("%d rows of the old group are left", n)
		}
	},
}, {
	Name: "of saves from one revision exactly one is written", Interface: "Store", Clause: 3,
	Why: "comparing and saving in two steps lets two editors overwrite each other in between",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for round := range 5 {
			id := groups.GroupID(names[round])
			for revision := range uint64(3) { // creating, then replacing
				errs := race(8, func(i int) error {
					return s.Apply(t.Context(), commit(saves(groups.Group{ID: id, Name: fmt.Sprint(i), Revision: revision})))
				})
				g := d.group(id)
				if n := succeeded(errs); n != 1 || g.Revision != revision+1 {
					t.Fatalf("%d of 8 saves from revision %d were written, and it is %d now", n, revision, g.Revision)
				}
				for i, err := range errs {
					if err != nil {
						wants(t, "a save that lost the race", err, groups.ErrConflict)
					} else if g.Name != fmt.Sprint(i) {
						t.Errorf("save %d was told that it was written, stored is that of %s", i, g.Name)
					}
				}
			}
		}
	},
}}

// refusesSave demands a *ConflictError with the stored revision, and that nothing was written.
func refusesSave(d desk, g groups.Group) {
	d.t.Helper()
	was, stored := d.picture(), d.group(g.ID)
	err := d.s.Apply(d.t.Context(), commit(saves(g)))
	refused(d, fmt.Sprintf("a save at revision %d", g.Revision), err, stored)
	d.unchanged(was, "a refused save")
}

// refused demands a *ConflictError that describes the stored group.
func refused(d desk, what string, err error, stored groups.Group) {
	d.t.Helper()
	var conflict *groups.ConflictError
	if !errors.As(err, &conflict) {
		d.t.Errorf("%s: the error is %v, want a *ConflictError", what, err)
		return
	}
	want := groups.ConflictError{Group: stored.ID, Revision: stored.Revision, By: stored.SavedBy, At: stored.SavedAt}
	if diff := difference(*conflict, want); diff != "" {
		d.t.Errorf("%s: the conflict: %s", what, diff)
	}
}
