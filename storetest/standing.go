package storetest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// standingCases are clause 7 of Store.
var standingCases = []Case{{
	Name: "every field of a standing comes back as it was written", Interface: "Store", Clause: 7,
	Why: "a bit that is lost takes people out; an assignment without its until holds for good",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		want := d.write("g", everyStanding()...).Standings
		d.put("g", everyStanding()...)
		if diff := difference(d.standings("g"), want); diff != "" {
			t.Errorf("Standings: %s", diff)
		}
		for _, st := range want {
			if diff := difference(d.standingsOf(st.User), []groups.Standing{st}); diff != "" {
				t.Errorf("StandingsOf %q: %s", st.User, diff)
			}
		}
	},
}, {
	Name: "a standing is replaced as a whole", Interface: "Store", Clause: 7,
	Why: "an assignment that was taken away must not stay because the new standing does not mention it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		all := everyStanding()
		for _, first := range all {
			for _, second := range []groups.Standing{all[0], all[len(all)-1], automatic(""), assigned(""), excluded(""), withheld("")} {
				first.User, second.User = "ada", "ada"
				d.put("g", first)
				d.put("g", second)
				second.Group = "g"
				if diff := difference(d.standings("g"), []groups.Standing{second}); diff != "" {
					t.Fatalf("%+v after %+v: %s", second, first, diff)
				}
			}
		}
	},
}, {
	Name: "standings that were not given stay", Interface: "Store", Clause: 7,
	Why: "a write of one user's standing is not the membership of the group",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("f", "g", "h")
		for _, id := range []groups.GroupID{"f", "g", "h"} {
			d.put(id, automatic("ada"), assigned("bob"), excluded("eve"))
		}
		was := d.picture()
		d.put("g", blank("bob"))
		got := d.picture()
		was.Standings[1] = []groups.Standing{was.Standings[1][0], was.Standings[1][2]}
		for i := range got.Standings {
			if diff := difference(got.Standings[i], was.Standings[i]); diff != "" {
				t.Errorf("group %d: %s", i, diff)
			}
		}
	},
}, {
	Name: "blank standings are erased", Interface: "Store", Clause: 7,
	Why: "rows that say nothing grow with everybody who ever was in a group",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		var blanks []groups.Standing
		for _, st := range everyStanding() {
			blanks = append(blanks, blank(st.User))
		}
		d.put("g", everyStanding()...)
		d.put("g", append(blanks, blank("never seen"))...)
		for _, st := range append(blanks, blank("never seen")) {
			if n := len(d.standingsOf(st.User)); n != 0 {
				t.Errorf("%d standings of %q are left", n, st.User)
			}
		}
		if n := len(d.standings("g")) + len(d.members("g")); n != 0 {
			t.Errorf("%d standings and members are left", n)
		}
	},
}, {
	Name: "a write with standings raises the sequence by one", Interface: "Store", Clause: 7,
	Why: "the sequence is what the next write is compared with; each write counts once, however large",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h", "i")
		d.put("i", automatic("ada"))
		many := d.write("g")
		for _, u := range typed[groups.UserID](numbered(1500)) {
			st := automatic(u)
			st.Group = "g"
			many.Standings = append(many.Standings, st)
			many.Changes = append(many.Changes, change(st, groups.Outside))
		}
		for i, write := range []func(){
			func() { d.apply(many, d.write("h", automatic("ada"))) },
			func() { d.apply(d.write("g", assigned("u000001")), d.write("h", assigned("ada"))) },
			func() { d.apply(d.write("g", assigned("u000001")), d.write("h", assigned("ada"))) }, // nothing new
			func() { d.apply(d.write("g", blank("never seen")), d.write("h", blank("ada"))) },
		} {
			write()
			for _, id := range []groups.GroupID{"g", "h"} {
				if got := d.group(id).State.Sequence; got != uint64(i+1) {
					t.Fatalf("after %d writes the sequence of %q is %d", i+1, id, got)
				}
			}
		}
		if got := d.group("i").State.Sequence; got != 1 {
			t.Errorf("the sequence of a group that was not written is %d, want 1", got)
		}
	},
}, {
	Name: "a write without standings does not raise the sequence", Interface: "Store", Clause: 7,
	Why: "two evaluators with nothing to do would keep each other busy",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.put("g", automatic("ada"))
		w := d.write("g")
		d.apply(w)
		w.State = &groups.State{Sequence: 99, Live: true, Revision: 1, Processed: noon}
		d.apply(w)
		was := d.group("g").State
		w.Was = &was
		w.Standings = []groups.Standing{}
		d.apply(w)
		d.apply()
		if got := d.group("g").State.Sequence; got != 1 {
			t.Errorf("the sequence is %d, want 1", got)
		}
	},
}, {
	Name: "the state that is given is stored, but for its sequence", Interface: "Store", Clause: 7,
	Why: "it says when the group is due next, and whether its members count; the sequence is the store's to count",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		for i, state := range []groups.State{
			{Live: true, Revision: 1, Processed: noon, Clock: evening, Next: evening, Reads: math.MaxUint64},
			{Sequence: 77, Live: true, Revision: 1, Processed: evening, Next: forever},
			{Processed: time.Date(1900, 1, 1, 0, 0, 0, 1, time.UTC)},
			{Live: true, Next: morning},
			{Members: math.MaxInt32, Automatic: 7, Held: "plan \u00e4 \"quoted\"", Approved: "another"},
			{Approved: strings.Repeat("long ", 20), Lately: []groups.Traffic{{Hour: noon, Joined: 1}, {Hour: evening, Left: math.MaxInt32}, {Hour: forever, Joined: 7, Left: 5, Assigned: 3}}},
			{Lately: []groups.Traffic{{Hour: morning}}},
			{},
		} {
			for _, standings := range [][]groups.Standing{{automatic(groups.UserID(fmt.Sprintf("u%d", i)))}, nil} {
				w := d.write("g", standings...)
				given := state
				w.State = &given
				d.apply(w)
				want := state
				want.Sequence = w.Was.Sequence + uint64(len(standings))
				if diff := difference(d.group("g").State, want); diff != "" {
					t.Errorf("state %d with %d standings: %s", i, len(standings), diff)
				}
			}
		}
		if diff := difference(d.group("h").State, groups.State{}); diff != "" {
			t.Errorf("the state of another group: %s", diff)
		}
	},
}, {
	Name: "a write without a state leaves the state alone", Interface: "Store", Clause: 7,
	Why: "an assignment to one user is no processing of the group",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		w := d.write("g")
		w.State = &groups.State{Live: true, Revision: 1, Processed: noon, Next: evening, Members: 7, Automatic: 5, Held: "plan", Lately: []groups.Traffic{{Hour: noon, Left: 1}}}
		d.apply(w)
		d.put("g", assigned("ada"))
		d.apply(d.write("g"))
		want := *w.State
		want.Sequence = 1
		if diff := difference(d.group("g").State, want); diff != "" {
			t.Errorf("the state: %s", diff)
		}
	},
}, {
	Name: "a write leaves the definition alone", Interface: "Store", Clause: 7,
	Why: "a run must not raise the revision that an editor holds",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("p")
		want := d.save(groups.Group{
			ID: "g", Name: "name", Description: "text", Kind: groups.AutomaticGroup, Status: groups.Active, Frozen: true,
			Deactivated: groups.DropAll, Criteria: everyCondition(), Parent: "p", Owner: "grace", Zone: "Asia/Kathmandu",
			Schedule: groups.Schedule{Every: time.Hour}, SavedBy: "ada", SavedAt: noon,
		})
		w := d.write("g", automatic("ada"))
		w.State = &groups.State{Live: true, Revision: 1, Processed: noon, Next: evening}
		d.apply(w)
		want.State = groups.State{Sequence: 1, Live: true, Revision: 1, Processed: noon, Next: evening}
		if diff := difference(d.group("g"), want); diff != "" {
			t.Errorf("the group: %s", diff)
		}
	},
}, {
	Name: "what was handed to a write can be written to", Interface: "Store", Clause: 7,
	Why: "a run uses its lists again for the next group",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		w := d.write("g", assigned("ada"), excluded("bob"))
		w.State = &groups.State{Live: true, Processed: noon, Lately: []groups.Traffic{{Hour: noon, Joined: 1}}}
		d.apply(w)
		was := d.picture()
		w.State.Lately[0].Joined = 77
		w.Standings[0].Assignment.By = "spoilt"
		w.Standings[1].Exclusion.By = "spoilt"
		w.State.Live = false
		clear(w.Standings)
		clear(w.Changes)
		for _, st := range d.standings("g") {
			if st.Assignment != nil {
				st.Assignment.Why = "spoilt"
			}
		}
		if lately := d.group("g").State.Lately; len(lately) > 0 { // the caller's own
			lately[0].Joined = 77
		}
		d.unchanged(was, "writing to what was handed over")
		if lately := d.group("g").State.Lately; len(lately) != 1 || lately[0].Joined != 1 {
			t.Errorf("the stored traffic became %v", lately)
		}
	},
}}

// everyStanding is a standing for every state that can be stored, each of another user.
func everyStanding() []groups.Standing {
	var all []groups.Standing
	add := func(s groups.Standing) {
		s.User = groups.UserID(fmt.Sprintf("user %03d", len(all)))
		if !s.Blank() {
			all = append(all, s)
		}
	}
	for _, bit := range []bool{false, true} {
		for _, population := range []groups.Method{groups.Outside, groups.Manual, groups.Automatic} {
			for _, member := range []groups.Method{groups.Outside, groups.Manual, groups.Automatic} {
				for marks := range 8 {
					s := groups.Standing{Automatic: bit, Population: population, Member: member, Undecided: marks&4 != 0}
					if marks&1 != 0 {
						s.Assignment = assigned("").Assignment
					}
					if marks&2 != 0 {
						s.Exclusion = excluded("").Exclusion
					}
					add(s)
				}
			}
		}
	}
	for _, a := range []groups.Assignment{
		{},
		{By: "ada"}, {Why: " spaced \"quoted\"\nline "}, {Source: "group:g7"}, {Approver: " the \"board\" "}, {At: noon},
		{By: "ada", At: evening, Why: "\U0001f600", Until: noon, Source: "csv", Approver: "bob"},
		{At: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), Until: forever},
	} {
		add(groups.Standing{Population: groups.Manual, Member: groups.Manual, Assignment: &a})
		add(groups.Standing{Exclusion: &groups.Exclusion{By: a.By, At: a.At, Why: a.Why, Source: a.Source, Approver: a.Approver}})
	}
	return all
}
