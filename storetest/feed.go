package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/grouprules/groups"
)

// feedCases are clauses 8 and 11 of Store.
var feedCases = []Case{{
	Name: "after a write every read reflects it", Interface: "Store", Clause: 8,
	Why: "the next run starts from what it reads; what it does not see yet it writes again",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		for i := range 20 {
			user := groups.UserID(fmt.Sprintf("u%02d", i))
			d.apply(d.write("g", automatic(user)), d.write("h", assigned(user)))
			standings, members, changes := len(d.standings("g")), len(d.members("h")), len(d.changes(""))
			if standings != i+1 || members != i+1 || changes != 2*(i+1) || len(d.standingsOf(user)) != 2 {
				t.Fatalf("after write %d: %d standings, %d members, %d changes, %d groups of the user", i+1, standings, members, changes, len(d.standingsOf(user)))
			}
			if g, all := d.group("g"), d.groups(); g.State.Sequence != uint64(i+1) || all[0].State.Sequence != uint64(i+1) {
				t.Fatalf("after write %d: the sequence is %d, and %d in the list", i+1, g.State.Sequence, all[0].State.Sequence)
			}
		}
	},
}, {
	Name: "every field of a change comes back as it was written", Interface: "Store", Clause: 8,
	Why: "the host acts on the feed alone: who, where, what, and why",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		causes := []groups.Cause{
			"rule", "assignment", "unassignment", "exclusion", "deactivation",
			"absence", "activation", "adoption", "inactivation", "deletion", "forgotten",
		}
		var want []groups.Change
		for i, cause := range causes {
			for _, st := range []groups.Standing{automatic("ada"), assigned("ada"), blank("ada")} {
				w := d.write("g", st)
				w.Changes[0].Cause = cause
				w.Changes[0].At = noon.AddDate(0, 0, i)
				w.Changes[0].ID = fmt.Sprintf("%032x", len(want))
				if i%3 > 0 {
					w.Changes[0].By = "ada \u00e4 \"quoted\""
				}
				if cause == "adoption" && w.Changes[0].Kind == groups.Joined {
					w.Changes[0].Kind = groups.Switched
				}
				w.Changes[0].Cursor = "of the caller" // is not kept
				want = append(want, w.Changes...)
				d.apply(w)
			}
		}
		if diff := difference(withoutCursors(d.changes("")), withoutCursors(want)); diff != "" {
			t.Errorf("Changes: %s", diff)
		}
	},
}, {
	Name: "the changes of a write stand together, in its order, once", Interface: "Store", Clause: 8,
	Why: "side effects happen in the order of the feed; one that stands there twice happens twice",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("a", "b", "c")
		var want []groups.Change
		for _, order := range [][]groups.GroupID{{"c", "a", "b"}, {"b", "c"}} {
			var writes []groups.Write
			for _, id := range order {
				w := d.write(id, automatic(groups.UserID("B"+id)), assigned(groups.UserID("a"+id)), automatic("\u00e4"))
				writes = append(writes, w)
				want = append(want, w.Changes...)
			}
			d.apply(writes...)
		}
		if diff := difference(withoutCursors(d.changes("")), want); diff != "" {
			t.Errorf("Changes: %s", diff)
		}
	},
}, {
	Name: "writes that run at once do not mix their changes", Interface: "Store", Clause: 8,
	Why: "a host that stops after one write must not have half of another",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ids := typed[groups.GroupID](names[:8])
		d.create(ids...)
		writes := make([]groups.Commit, len(ids))
		for i, id := range ids {
			w := d.write(id)
			for _, u := range typed[groups.UserID](numbered(50)) {
				st := automatic(u)
				st.Group = id
				w.Standings = append(w.Standings, st)
				w.Changes = append(w.Changes, change(st, groups.Outside))
			}
			writes[i] = commit(w)
		}
		for _, err := range race(len(ids), func(i int) error { return s.Apply(t.Context(), writes[i]) }) {
			if err != nil {
				t.Fatalf("Apply to a group of its own: %v", err)
			}
		}
		all := d.changes("")
		if len(all) != 50*len(ids) {
			t.Fatalf("%d changes, want %d", len(all), 50*len(ids))
		}
		for i, c := range all {
			if first := all[i/50*50]; c.Group != first.Group || c.User != groups.UserID(fmt.Sprintf("u%06d", i%50)) {
				t.Fatalf("change %d is %q of group %q, in the midst of those of %q", i, c.User, c.Group, first.Group)
			}
		}
	},
}, {
	Name: "a change keeps the ID it was given", Interface: "Store", Clause: 8,
	Why: "a host that acted on a change once knows it by its ID, also in a copy of the feed; a number of the store's own is another in each",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		var want []string
		for i, id := range append(slices.Clone(names), "") {
			w := d.write([]groups.GroupID{"g", "h"}[i%2], automatic(groups.UserID(fmt.Sprintf("u%03d", i))))
			w.Changes[0].ID = id
			d.apply(w)
			want = append(want, id)
		}
		var got []string
		for _, c := range d.changes("") {
			got = append(got, c.ID)
		}
		sameIDs(t, "the IDs of Changes", got, want)
	},
}, {
	Name: "a write without changes leaves the feed alone", Interface: "Store", Clause: 8,
	Why: "what has no effect on the membership is nothing to the host",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.put("g", automatic("ada"))
		w := d.write("g", withheld("bob"), excluded("eve"))
		w.State = &groups.State{Live: true, Processed: noon}
		d.apply(w)
		d.apply(d.write("g"))
		if n := len(d.changes("")); n != 1 {
			t.Errorf("%d changes, want 1", n)
		}
	},
}, {
	Name: "the feed goes on after every cursor", Interface: "Store", Clause: 11,
	Why: "a host keeps the cursor of the last change it acted on; the next must be the next",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		for i, n := range []int{1, 3, 2, 5} {
			var standings []groups.Standing
			for j := range n {
				standings = append(standings, automatic(groups.UserID(fmt.Sprintf("u%d-%d", i, j))))
			}
			d.apply(d.write("g", standings...), d.write("h", standings...))
		}
		all := d.changes("")
		if len(all) != 22 {
			t.Fatalf("%d changes, want 22", len(all))
		}
		for i, c := range all {
			if c.Cursor == "" {
				t.Fatalf("change %d has no cursor", i)
			}
			if diff := difference(d.changes(c.Cursor), all[i+1:]); diff != "" {
				t.Errorf("after change %d: %s", i, diff)
			}
		}
	},
}, {
	Name: "a cursor stays good while the feed grows", Interface: "Store", Clause: 11,
	Why: "a host that was away for a week goes on where it stopped",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		var read []groups.Change
		at := ""
		for i := range 30 {
			d.put("g", automatic(groups.UserID(fmt.Sprintf("u%02d", i))))
			if i%4 != 3 {
				continue
			}
			news := d.changes(at)
			if len(news) != 4 {
				t.Fatalf("%d changes since the last look, want 4", len(news))
			}
			read = append(read, news...)
			at = news[3].Cursor
			if again := d.changes(at); len(again) != 0 {
				t.Fatalf("%d changes after the last", len(again))
			}
		}
		read = append(read, d.changes(at)...)
		if diff := difference(read, d.changes("")); diff != "" {
			t.Errorf("read bit by bit the feed is another: %s", diff)
		}
	},
}, {
	Name: "a reader who follows the feed while it is written misses nothing", Interface: "Store", Clause: 11,
	Why: "a cursor given out before an earlier change is visible, as a counter of a database is, passes it over for good",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		const writers, writes = 6, 15
		ids := typed[groups.GroupID](names[:writers])
		d.create(ids...)
		plans := make([][]groups.Commit, writers)
		for i, id := range ids {
			for n := range writes {
				st := automatic(groups.UserID(fmt.Sprintf("u%02d", n)))
				st.Group = id
				w := d.write(id)
				w.Was.Sequence = uint64(n)
				w.Standings, w.Changes = []groups.Standing{st}, []groups.Change{change(st, groups.Outside)}
				plans[i] = append(plans[i], commit(w))
			}
		}
		var writing sync.WaitGroup
		errs := make([]error, writers)
		for i := range writers {
			writing.Go(func() {
				for _, plan := range plans[i] {
					if errs[i] = s.Apply(t.Context(), plan); errs[i] != nil {
						return
					}
				}
			})
		}
		done := make(chan struct{})
		go func() {
			writing.Wait()
			close(done)
		}()
		var read []groups.Change
		at := ""
		for last := false; ; {
			news := d.changes(at)
			read = append(read, news...)
			if len(news) > 0 {
				at = news[len(news)-1].Cursor
			}
			if last {
				break
			}
			select {
			case <-done:
				last = true
			default:
			}
		}
		if n := succeeded(errs); n != writers {
			t.Fatalf("writing: %v", errs)
		}
		if diff := difference(read, d.changes("")); diff != "" || len(read) != writers*writes {
			t.Errorf("read along, the feed has %d changes, want %d: %s", len(read), writers*writes, diff)
		}
	},
}, {
	Name: "text that is no cursor is an error", Interface: "Store", Clause: 11,
	Why: "a cursor that was cut or mixed up must not begin the feed anew, nor end it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.put("g", automatic("ada"))
		for _, text := range noCursors {
			if err := failure(t, "Changes", s.Changes(t.Context(), text)); !errors.Is(err, groups.ErrValue) {
				t.Errorf("Changes after %q: %v, want ErrValue", text, err)
			}
		}
	},
}}

func withoutCursors(changes []groups.Change) []groups.Change {
	changes = slices.Clone(changes)
	for i := range changes {
		changes[i].Cursor = ""
	}
	return changes
}

// noCursors are texts that no store should take for a cursor.
var noCursors = []string{"no cursor of this store", " ", "\x00", "-1", "1e3", "0x1", "99999999999999999999999999999999"}
