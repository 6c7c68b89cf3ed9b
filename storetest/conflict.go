package storetest

import (
	"fmt"
	"math"

	"github.com/grouprules/groups"
)

// conflictCases are clause 6 of Store.
var conflictCases = []Case{{
	Name: "a write from another sequence is refused", Interface: "Store", Clause: 6,
	Why: "two runs raced; the slower one must not undo the faster",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		first, second := d.write("g", automatic("ada")), d.write("g", automatic("bob"))
		d.apply(first)
		refusesApply(d, second)
		for _, sequence := range []uint64{0, 2, 1 << 31, 1<<32 + 1, math.MaxInt64, 1<<63 + 1, math.MaxUint64} {
			w := d.write("g", automatic("bob"))
			w.Was.Sequence = sequence
			refusesApply(d, w)
		}
	},
}, {
	Name: "a write from another state is refused", Interface: "Store", Clause: 6,
	Why: "a run that was overtaken would put back when the group was due, and what it was decided by",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		for _, state := range []groups.State{
			{Live: true}, {Revision: 1}, {Processed: noon}, {Clock: noon}, {Next: noon}, {Reads: 1},
			{Members: 1}, {Automatic: 1}, {Held: "plan"}, {Held: "another plan"}, {Approved: "plan"}, {Lately: []groups.Traffic{{Hour: noon}}},
			{Lately: []groups.Traffic{{Hour: noon, Joined: 1}}}, {Lately: []groups.Traffic{{Hour: noon, Left: 1}}},
			{Lately: []groups.Traffic{{Hour: noon, Left: 1, Assigned: 1}}},
			{Lately: []groups.Traffic{{Hour: noon, Left: 1}, {Hour: evening, Left: 1}}},
		} {
			late := d.write("g", automatic("ada"))
			w := d.write("g")
			w.State = &state
			d.apply(w)
			refusesApply(d, late)
			late.Standings, late.Changes, late.State = nil, nil, &groups.State{Next: evening}
			refusesApply(d, late)
		}
	},
}, {
	Name: "a write from another revision is refused", Interface: "Store", Clause: 6,
	Why: "the rule was edited while the run read people; its result is that of a rule nobody has any more",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		stale := d.write("g", automatic("ada"))
		d.save(d.group("g"))
		refusesApply(d, stale)
		for _, revision := range []uint64{0, 1, 3, 1<<32 + 2, math.MaxInt64, math.MaxUint64} {
			w := d.write("g", automatic("bob"))
			w.Revision = revision
			refusesApply(d, w)
		}
	},
}, {
	Name: "a write to a group that is gone is refused", Interface: "Store", Clause: 6,
	Why: "it was deleted while the run read people; its members would belong to nothing",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		stale := d.write("g", automatic("ada"))
		d.delete("g")
		refusesApply(d, stale)
		refusesApply(d, groups.Write{Group: "never was"})
		refusesApply(d, groups.Write{Group: "H", Revision: 1})
	},
}, {
	Name: "one stale write of several refuses them all", Interface: "Store", Clause: 6,
	Why: "groups that read each other must be written together, or they contradict each other until the next run",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ids := []groups.GroupID{"a", "b", "c", "d"}
		d.create(ids...)
		for _, id := range ids {
			d.put(id, automatic("old"), assigned("zoe"))
		}
		for stale := range ids {
			for what, spoil := range map[string]func(w *groups.Write){
				"sequence": func(w *groups.Write) { w.Was.Sequence-- },
				"revision": func(w *groups.Write) { w.Revision++ },
				"group":    func(w *groups.Write) { *w = groups.Write{Group: "never was", Revision: 1} },
				"compared": func(w *groups.Write) {
					*w = groups.Write{Group: w.Group, Revision: w.Revision, Was: &groups.State{Sequence: w.Was.Sequence + 1}}
				},
			} {
				var writes []groups.Write
				for _, id := range ids {
					w := d.write(id, automatic("new"), blank("old"), automatic("zoe"))
					w.State = &groups.State{Live: true, Revision: 1, Processed: noon, Next: evening}
					writes = append(writes, w)
				}
				spoil(&writes[stale])
				was := d.picture()
				wants(t, "Apply with a stale "+what, s.Apply(t.Context(), commit(writes...)), groups.ErrConflict)
				d.unchanged(was, "a refused write whose "+what+" was stale")
			}
		}
	},
}, {
	Name: "a run that began before an assignment is refused", Interface: "Store", Clause: 6,
	Why: "assigning must raise the sequence: a run that did not see the assignment would write it away",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.put("g", automatic("ada"))
		run := d.write("g", blank("ada")) // evaluate: the rule does not hold any more
		d.put("g", assigned("ada"))       // meanwhile a person decides
		refusesApply(d, run)
		if diff := difference(d.members("g"), []groups.Member{{User: "ada", Method: groups.Manual}}); diff != "" {
			t.Errorf("Members: %s", diff)
		}
	},
}, {
	Name: "a write that only compares is compared", Interface: "Store", Clause: 6,
	Why: "a run that read a group for its members, and wrote others by it, must fail when the group moved",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("read", "written")
		compared, written := d.write("read"), d.write("written", automatic("ada"))
		d.put("read", automatic("ada"))
		refusesApply(d, compared, written)
		compared = d.write("read")
		d.apply(compared, written)
		if g := d.group("read"); g.State.Sequence != 1 {
			t.Errorf("comparing raised the sequence to %d", g.State.Sequence)
		}
	},
}, {
	Name: "of writes from one sequence exactly one is written", Interface: "Store", Clause: 6,
	Why: "comparing and writing in two steps lets two runs write over each other in between",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		for round := range 5 {
			var writes [][]groups.Write
			for i := range 8 {
				user := groups.UserID(fmt.Sprintf("u%d-%d", round, i))
				writes = append(writes, []groups.Write{d.write("g", automatic(user)), d.write("h", assigned(user))})
			}
			sequence, feed := d.group("g").State.Sequence, len(d.changes(""))
			errs := race(8, func(i int) error { return s.Apply(t.Context(), commit(writes[i]...)) })
			for i, err := range errs {
				if err != nil {
					wants(t, "a write that lost the race", err, groups.ErrConflict)
					continue
				}
				if n := len(d.standingsOf(writes[i][0].Standings[0].User)); n != 2 {
					t.Errorf("write %d was told that it was written, and %d of its 2 standings are there", i, n)
				}
			}
			if n := succeeded(errs); n != 1 || d.group("g").State.Sequence != sequence+1 || d.group("h").State.Sequence != sequence+1 {
				t.Fatalf("%d of 8 writes from sequence %d were written, and it is %d now", n, sequence, d.group("g").State.Sequence)
			}
			if n := len(d.changes("")) - feed; n != 2 {
				t.Errorf("%d changes of one write of 2", n)
			}
		}
	},
}, {
	Name: "a save and a write that race leave no half of either", Interface: "Store", Clause: 6,
	Why: "the revision must be compared in the transaction that writes",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		for round := range 10 {
			user := groups.UserID(names[round])
			w, g := d.write("g", automatic(user)), d.group("g")
			errs := race(2, func(i int) error {
				if i == 0 {
					return s.Apply(t.Context(), commit(w))
				}
				return s.Apply(t.Context(), commit(saves(g)))
			})
			if errs[1] != nil {
				t.Fatalf("the save: %v", errs[1])
			}
			if errs[0] != nil {
				wants(t, "the write that lost the race", errs[0], groups.ErrConflict)
			}
			if written := len(d.standingsOf(user)) == 1; written != (errs[0] == nil) {
				t.Errorf("the write returned %v, and that it is there is %v", errs[0], written)
			}
			if after := d.group("g"); after.Revision != g.Revision+1 {
				t.Errorf("revision %d after one save of revision %d", after.Revision, g.Revision)
			}
		}
	},
}, {
	Name: "a deletion and a write that race leave nothing behind", Interface: "Store", Clause: 6,
	Why: "standings written while their group is deleted belong to nothing",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for round := range 10 {
			id := groups.GroupID(names[round])
			d.create(id)
			d.put(id, automatic("old"))
			w, deletion := d.write(id, automatic("new")), d.deletes(id)
			errs := race(2, func(i int) error {
				if i == 0 {
					return s.Apply(t.Context(), commit(w))
				}
				return s.Apply(t.Context(), commit(deletion))
			})
			for _, err := range errs {
				if err != nil {
					wants(t, "what lost the race", err, groups.ErrConflict)
				}
			}
			switch {
			case succeeded(errs) != 1:
				t.Fatalf("the write: %v, the deletion: %v; want one of them", errs[0], errs[1])
			case errs[1] != nil:
				d.delete(id) // begun anew
			}
			if n := len(d.standingsOf("new")) + len(d.standingsOf("old")); n != 0 {
				t.Errorf("%d standings in a group that was deleted", n)
			}
		}
	},
}}

// refusesApply demands a conflict, and that nothing was written.
func refusesApply(d desk, writes ...groups.Write) {
	d.t.Helper()
	refuses(d, "a write", commit(writes...), groups.ErrConflict)
}

// refuses demands an error that wraps want, and that nothing was written.
func refuses(d desk, what string, c groups.Commit, want error) {
	d.t.Helper()
	was := d.picture()
	wants(d.t, "Apply of "+what, d.s.Apply(d.t.Context(), c), want)
	d.unchanged(was, what+" that was refused")
}
