package groups_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"pgregory.net/rapid"
)

// This file shows scheduled groups: as of last processing, until they are due.

func nightly(g *groups.Group) {
	g.Schedule = groups.Schedule{Every: 24 * time.Hour, Shift: 2 * time.Hour}
}

func TestAScheduledGroupIsAsItWasLastProcessed(t *testing.T) {
	ctx := t.Context()
	table := func(name string, run func(w *evalWorld)) evalCase {
		return evalCase{name, func(w *evalWorld) {
			w.edit("romans", nightly)
			w.process("romans") // it is 09:00
			run(w)
		}}
	}
	night := time.Date(2026, time.March, 2, 2, 0, 0, 0, time.UTC)
	due := func(w *evalWorld) string {
		w.Helper()
		ids, next, err := w.ev.Due(ctx)
		w.must(err)
		return fmt.Sprint(ids, " ", next.Format("02 15:04"))
	}
	evalTable(t, nil, []evalCase{
		table("the rule, status and absence wait", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Deactivated = groups.DropAll })
			w.move("Rome", "cid")
			w.write(groups.PeopleChange{Remove: []groups.UserID{"ann"}, Deactivate: []groups.UserID{"bob"}})
			w.want(w.process(), "")
			w.want(w.changed(groups.Touched{Users: []groups.UserID{"ann", "bob", "cid"}}), "")
			w.want(w.members("romans"), "ann bob")
			w.want(due(w), "[] 02 02:00")
			w.now = night
			w.want(due(w), "[romans] 01 00:00")
			w.want(w.changed(groups.Touched{}), "romans -ann(absence) -bob(deactivation) +cid(rule)")
			w.want(due(w), "[] 03 02:00")
		}),
		table("assignments and their taking away wait, and are kept", func(w *evalWorld) {
			w.want(w.assign("romans", "cid", "ann"), "")
			w.want(w.members("romans"), "ann bob")
			x, err := w.ev.Explain(ctx, "romans", "cid")
			w.must(err)
			if x.Assignment == nil || x.Population != groups.Outside || x.Waits != "schedule" {
				w.Errorf("%v", x)
			}
			w.now = night
			w.want(w.process(), "romans ~ann(assignment) +cid(assignment)")
			_, err = w.ev.Unassign(ctx, "romans", "tutor", "cid")
			w.must(err)
			w.want(w.members("romans"), "ann(m) bob cid(m)")
			w.now = night.Add(24 * time.Hour)
			w.want(w.process(), "romans -cid(unassignment)")
		}),
		table("self-registration does not wait, and leaves everybody else", func(w *evalWorld) {
			w.move("Oslo", "ann")
			r, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "cid"}, "cid")
			w.must(err)
			w.want(evalDiffs(r), "romans +cid(assignment)")
			w.want(w.members("romans"), "ann bob cid(m)")
		}),
		table("forgetting does not wait", func(w *evalWorld) {
			w.must(w.ev.Forget(ctx, "ann", "chief"))
			w.want(w.members("romans"), "bob")
		}),
		table("the end of an assignment waits", func(w *evalWorld) {
			_, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "cid", Until: w.now.Add(time.Hour)}, "cid")
			w.must(err)
			w.now = w.now.Add(2 * time.Hour)
			w.want(w.changed(groups.Touched{}), "")
			w.want(w.members("romans"), "ann bob cid(m)")
			w.now = night
			w.want(w.changed(groups.Touched{}), "romans -cid(unassignment)")
		}),
		table("groups that ask for it find it as it was last processed", func(w *evalWorld) {
			w.save(evalGroup("mates", groups.MemberOfAny("romans")))
			w.process()
			w.move("Rome", "cid")
			w.want(w.changed(groups.Touched{Users: []groups.UserID{"cid"}}), "")
			w.want(w.members("mates"), "ann bob")
			w.now = night
			w.want(w.changed(groups.Touched{}), "mates +cid(rule); romans +cid(rule)")
		}),
		table("an edit waits for processing, and is published at once only by publishing", func(w *evalWorld) {
			w.edit("romans", toOslo)
			w.want(w.process(), "")
			w.want(w.changed(groups.Touched{Groups: []groups.GroupID{"romans"}}), "")
			w.want(w.process("romans"), "romans -ann(rule) -bob(rule) +cid(rule)")
		}),
		table("frozen, it still applies assignments at its due time", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Frozen = true })
			w.move("Oslo", "ann")
			w.assign("romans", "cid")
			w.want(w.process(), "")
			w.now = night
			w.want(w.process(), "romans +cid(assignment)")
		}),
		table("inactivation waits as well", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			w.want(w.process()+w.assign("romans", "cid"), "")
			w.now = night
			w.want(w.process(), "romans -ann(inactivation) -bob(inactivation) (+cid(assignment))")
		}),
		{"a manual group has no use for a schedule", func(w *evalWorld) {
			g := evalManual("club")
			nightly(&g)
			w.save(g)
			w.process()
			w.want(w.assign("club", "ann"), "club +ann(assignment)")
		}},
		{"a new scheduled group is due at the first time after it was saved", func(w *evalWorld) {
			g := evalGroup("north", evalCity.Is("Oslo"))
			nightly(&g)
			w.save(g)
			w.want(w.process()+due(w), "[] 02 02:00")
			r, err := w.ev.Process(ctx)
			w.must(err)
			w.want(r.Next.Format(time.RFC3339), "2026-03-02T02:00:00Z")
			w.now = night.Add(3 * time.Hour) // the host is late
			w.want(due(w), "[north] 01 00:00")
			w.want(w.process(), "north +cid(rule)")
		}},
		{"the count and the date of the last processing stay as of then", func(w *evalWorld) {
			w.edit("romans", nightly)
			w.process("romans")
			then := w.now
			w.now = w.now.Add(time.Hour)
			w.assign("romans", "cid")
			g, err := w.Group(ctx, "romans")
			w.must(err)
			if g.State.Members != 2 || !g.State.Processed.Equal(then) {
				w.Errorf("%+v", g.State)
			}
		}},
	})
}

func TestASchedulesNextIsTheFirstInstantAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.Int64Range(60, 366*24*3600).Draw(t, "every")) * time.Second
		shift := time.Duration(rapid.Int64Range(0, int64(every/time.Second)-1).Draw(t, "shift")) * time.Second
		s := groups.Schedule{Every: every, Shift: shift}
		at := time.Unix(rapid.Int64Range(-1<<33, 1<<34).Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "nano"))
		next := s.Next(at)
		if !next.After(at) || next.Sub(at) > every || (next.Unix()-int64(shift/time.Second))%int64(every/time.Second) != 0 || next.Nanosecond() != 0 {
			t.Fatalf("%v: after %v comes %v", s, at, next)
		}
		text, err := s.MarshalText()
		var again groups.Schedule
		if err != nil || again.UnmarshalText(text) != nil || again != s {
			t.Fatalf("%s: %v", text, again)
		}
	})
}

func TestASchedulesThatMakesNoSenseIsRefused(t *testing.T) {
	w := newEvalWorld(t, nil)
	for name, s := range map[string]groups.Schedule{
		"shorter than a minute": {Every: time.Second}, "negative": {Every: -time.Hour}, "a shift alone": {Shift: time.Hour},
		"shifted out of itself": {Every: time.Hour, Shift: time.Hour}, "a shift backwards": {Every: time.Hour, Shift: -1},
		"no whole seconds": {Every: time.Hour + 1}, "years": {Every: 400 * 24 * time.Hour},
	} {
		g := evalGroup("g")
		g.Schedule = s
		if _, err := w.ev.Save(t.Context(), g, "me"); err == nil {
			t.Errorf("%s was saved", name)
		}
	}
}

func TestWhoIsInAGroupThatWaitsForItsFirstProcessingIsUnknown(t *testing.T) {
	ctx := t.Context()
	w := newEvalWorld(t, nil)
	w.process()
	guests := evalGroup("guests", evalCity.Is("Rome"))
	nightly(&guests)
	w.save(guests)
	w.save(evalGroup("others", groups.MemberOfAny("guests").Not()))
	w.want(w.changed(groups.Touched{}), "others ?ann ?bob ?cid")
	// An act in the group looks at her there, and finds no more than before.
	_, err := w.ev.Unassign(ctx, "guests", "tutor", "ann")
	w.must(err)
	w.want(w.members("others"), "")
}
