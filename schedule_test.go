package groups_test

import (
	"fmt"
	"strings"
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
		table("who registers is in as far as the group was on when it was last processed", func(w *evalWorld) {
			register := func(id groups.UserID) string {
				r, err := w.ev.Assign(ctx, "romans", groups.Decision{By: string(id)}, id)
				w.must(err)
				return evalDiffs(r)
			}
			w.save(evalGroup("others", evalCity.Is("Oslo"), groups.MemberOfAny("romans").Not()))
			w.process()
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			w.want(register("ann"), "others ?cid; romans ~ann(assignment)")
			w.now = night
			w.want(w.process(), "others ?cid; romans -ann(inactivation) -bob(inactivation)")
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Active })
			w.want(register("cid"), "others ?cid; romans (+cid(assignment))")
			w.now = night.Add(24 * time.Hour)
			w.want(w.process(), "others -cid(rule); romans +ann(activation) +bob(activation) +cid(activation)")
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
		table("activation waits as well, but where it is published, or processed by name", func(w *evalWorld) {
			for name, activate := range map[string]func() (*groups.Run, error){
				"publish": func() (*groups.Run, error) {
					return w.ev.Publish(ctx, w.planFor("romans", nil, func(g *groups.Group) { g.Status = groups.Active }), "chief")
				},
				"process": func() (*groups.Run, error) {
					w.edit("romans", func(g *groups.Group) { g.Status = groups.Active })
					w.want(w.process()+w.changed(groups.Touched{Groups: []groups.GroupID{"romans"}})+w.members("romans"), "")
					return w.ev.Process(ctx, "romans")
				},
			} {
				w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
				w.process("romans")
				r, err := activate()
				w.must(err)
				if got := evalDiffs(r); got != "romans +ann(activation) +bob(activation)" {
					w.Errorf("%s: %s", name, got)
				}
			}
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

// A host that keeps the Next of its last run, whatever run that was, misses nothing.
func TestEveryRunSaysWhenTheHostMustCallNext(t *testing.T) {
	ctx := t.Context()
	const never = "never"
	hour := func(n int) time.Time { return time.Date(2026, time.March, 1, 9+n, 0, 0, 0, time.UTC) }
	until := func(w *evalWorld, group groups.GroupID, user groups.UserID, n int) *groups.Run {
		w.Helper()
		r, err := w.ev.Assign(ctx, group, groups.Decision{By: "tutor", Until: hour(n)}, user)
		w.must(err)
		return r
	}
	next := func(r *groups.Run, err error) string {
		switch {
		case err != nil:
			return err.Error()
		case r.Next.IsZero():
			return never
		}
		return r.Next.Format("02 15:04")
	}
	// timed has the assignment of zed to romans, which ends at 12:00.
	timed := func(name string, want string, run func(w *evalWorld) (*groups.Run, error)) evalCase {
		return evalCase{name, func(w *evalWorld) {
			w.save(evalManual("club"), evalGroup("north", evalCity.Is("Oslo")))
			w.process()
			w.people(evalUser("zed"))
			until(w, "romans", "zed", 3)
			got := next(run(w))
			w.want(got, want)
			_, due, err := w.ev.Due(ctx)
			w.must(err)
			w.want(due.Format("02 15:04"), want)
		}}
	}
	held := func(w *evalWorld) *evalWorld {
		w = guardWorld(w, small())
		w.people(evalUser("zed"), evalUser("yan"))
		w.save(evalManual("club"))
		w.process()
		until(w, "team", "zed", 3)
		w.move("Oslo", "a", "b", "c")
		return w
	}
	evalTable(t, nil, []evalCase{
		timed("processing everything", "01 12:00", func(w *evalWorld) (*groups.Run, error) { return w.ev.Process(ctx) }),
		timed("processing another group", "01 12:00", func(w *evalWorld) (*groups.Run, error) { return w.ev.Process(ctx, "north") }),
		timed("a change of somebody else", "01 12:00", func(w *evalWorld) (*groups.Run, error) {
			return w.ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"cid"}})
		}),
		timed("a decision in another group", "01 12:00", func(w *evalWorld) (*groups.Run, error) {
			return w.ev.Assign(ctx, "club", groups.Decision{By: "tutor"}, "ann")
		}),
		timed("a decision in another group that ends sooner", "01 11:00", func(w *evalWorld) (*groups.Run, error) { return until(w, "club", "ann", 2), nil }),
		timed("a decision in another group that ends later", "01 12:00", func(w *evalWorld) (*groups.Run, error) { return until(w, "club", "ann", 4), nil }),
		timed("taking somebody out of another group", "01 12:00", func(w *evalWorld) (*groups.Run, error) { return w.ev.TakeOut(ctx, "club", "tutor", "ann") }),
		timed("a preview that is published", "01 12:00", func(w *evalWorld) (*groups.Run, error) {
			return w.ev.Publish(ctx, w.planFor("north", nil, toOslo), "chief")
		}),
		timed("a scheduled group that is published", "01 12:00", func(w *evalWorld) (*groups.Run, error) {
			return w.ev.Publish(ctx, w.planFor("north", nil, nightly), "chief")
		}),
		timed("a scheduled group that is due sooner", "01 10:00", func(w *evalWorld) (*groups.Run, error) {
			w.edit("north", func(g *groups.Group) { g.Schedule = groups.Schedule{Every: time.Hour} })
			return w.ev.Assign(ctx, "club", groups.Decision{By: "tutor"}, "ann")
		}),
		timed("adopting another group", "01 12:00", func(w *evalWorld) (*groups.Run, error) {
			g := evalGroup("off", evalCity.Is("Oslo"))
			g.Status = groups.Inactive
			w.save(g)
			return w.ev.Adopt(ctx, "off", 1, "chief")
		}),
		timed("a file of people", "01 12:00", func(w *evalWorld) (*groups.Run, error) {
			f, err := groups.ReadPeopleCSV(strings.NewReader("id,city\ncid,Oslo\n"), &groups.PeopleCSV{Key: "id", Fields: []groups.CSVField{{Field: groups.Field{Name: "city", Type: groups.TypeText}}}})
			w.must(err)
			p, err := w.ev.PlanImport(ctx, f)
			w.must(err)
			return w.ev.Import(ctx, p, "hr")
		}),
		{"what is past is to be done at once", func(w *evalWorld) {
			w.save(evalManual("club"))
			w.people(evalUser("zed"))
			until(w, "romans", "zed", 1)
			w.now = hour(2)
			w.want(next(w.ev.Process(ctx, "club")), "01 10:00")
			w.want(next(w.ev.Changed(ctx, groups.Touched{})), never)
		}},
		{"a run that is held", func(w *evalWorld) {
			w = held(w)
			w.want(next(w.ev.Process(ctx)), "01 12:00")
			w.want(next(w.ev.Process(ctx, "club")), "01 12:00")
		}},
		{"an assignment to a group that is held, and its end", func(w *evalWorld) {
			w = held(w)
			w.process()
			w.want(next(until(w, "team", "yan", 2), nil), "01 11:00")
			w.want(next(w.ev.Assign(ctx, "club", groups.Decision{By: "tutor"}, "a")), "01 11:00")
			w.now = hour(2)
			due, _, err := w.ev.Due(ctx)
			w.must(err)
			w.want(fmt.Sprint(due), "[team]")
			r, err := w.ev.Changed(ctx, groups.Touched{})
			w.want(next(r, err)+": "+evalDiffs(r), "01 12:00: team -yan(unassignment)")
			due, at, err := w.ev.Due(ctx)
			w.must(err)
			w.want(fmt.Sprint(due, " ", at.Format("15:04")), "[] 12:00")
		}},
		{"a scheduled group that is held", func(w *evalWorld) {
			w = held(w)
			w.edit("team", nightly)
			w.now = w.now.Add(24 * time.Hour)
			w.want(next(w.ev.Process(ctx)), "03 02:00")
			w.want(next(w.ev.Process(ctx, "club")), "03 02:00")
		}},
		{"approving, once and twice", func(w *evalWorld) {
			w = held(w)
			w.process()
			plans, err := w.ev.Held(ctx)
			w.must(err)
			w.want(next(w.ev.Approve(ctx, plans[0], "chief")), "01 12:00")
			w.want(next(w.ev.Approve(ctx, plans[0], "chief")), "01 12:00")
		}},
		{"an assignment to a scheduled group ends when that is due", func(w *evalWorld) {
			w.edit("romans", nightly)
			w.process("romans")
			r, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "cid", Until: hour(1)}, "cid")
			w.want(next(r, err), "02 02:00")
		}},
	})
}

func TestTheCountIsThatOfTheLastProcessing(t *testing.T) {
	ctx := t.Context()
	// state is when the group was last processed, with how many members, and how many are there.
	state := func(w *evalWorld, id groups.GroupID) string {
		w.Helper()
		g, err := w.Group(ctx, id)
		w.must(err)
		automatic, n := 0, 0
		for m, err := range w.ev.Members(ctx, id) {
			w.must(err)
			if n++; m.Method == groups.Automatic {
				automatic++
			}
		}
		if g.State.Automatic != automatic || g.State.Members != n {
			w.Errorf("%d members, %d of them automatic, and the state says %d and %d", n, automatic, g.State.Members, g.State.Automatic)
		}
		return fmt.Sprint(g.State.Processed.Format("02 15:04"), ": ", g.State.Members)
	}
	later := func(w *evalWorld) { w.now = w.now.Add(time.Hour) }
	evalTable(t, nil, []evalCase{
		{"of a full run", func(w *evalWorld) {
			later(w)
			w.process()
			w.want(state(w, "romans"), "01 10:00: 2")
		}},
		{"of one that finds nothing to do as well", func(w *evalWorld) {
			later(w)
			w.process("romans")
			w.want(state(w, "romans"), "01 10:00: 2")
		}},
		{"an evaluation is none", func(w *evalWorld) {
			later(w)
			w.move("Rome", "cid")
			_, err := w.ev.Evaluate(ctx)
			w.must(err)
			w.planFor("romans", nil, toOslo)
			w.want(state(w, "romans"), "01 09:00: 2")
		}},
		{"of a change of one user", func(w *evalWorld) {
			later(w)
			w.move("Rome", "cid")
			w.changed(groups.Touched{Users: []groups.UserID{"cid"}})
			w.want(state(w, "romans"), "01 10:00: 3")
		}},
		{"a static group is processed whenever somebody is put in or taken out", func(w *evalWorld) {
			w.save(evalManual("club"))
			w.process()
			later(w)
			w.assign("club", "ann", "bob")
			w.want(state(w, "club"), "01 10:00: 2")
			later(w)
			_, err := w.ev.TakeOut(ctx, "club", "tutor", "bob")
			w.must(err)
			w.want(state(w, "club"), "01 11:00: 1")
		}},
		{"a switch moves nobody in or out", func(w *evalWorld) {
			later(w)
			w.assign("romans", "ann")
			w.want(state(w, "romans"), "01 10:00: 2")
		}},
		{"a scheduled group waits with both", func(w *evalWorld) {
			w.edit("romans", nightly)
			w.process("romans")
			later(w)
			w.assign("romans", "cid")
			w.move("Oslo", "ann")
			w.process()
			w.want(state(w, "romans"), "01 09:00: 2")
			_, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "cid"}, "cid") // does not wait
			w.must(err)
			w.want(state(w, "romans"), "01 09:00: 3")
			w.now = w.now.Add(20 * time.Hour)
			w.process()
			w.want(state(w, "romans"), "02 06:00: 2")
		}},
		{"a held group was not processed", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.people(evalUser("x"))
			later(w)
			w.move("Oslo", "a", "b", "c")
			w.process()
			w.want(state(w, "team"), "01 09:00: 6")
			w.assign("team", "x")
			w.want(state(w, "team"), "01 09:00: 7")
			later(w)
			w.move("Rome", "a", "b")
			w.process()
			w.want(state(w, "team"), "01 11:00: 6")
		}},
		{"an inactive group has none", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			w.process()
			w.want(state(w, "romans"), "01 09:00: 0")
			g, err := w.Group(ctx, "romans")
			w.must(err)
			_, err = w.ev.Adopt(ctx, "romans", g.Revision, "chief")
			w.must(err)
			w.want(state(w, "romans"), "01 09:00: 2")
		}},
		{"a user who is forgotten is not counted", func(w *evalWorld) {
			w.assign("romans", "cid")
			w.must(w.ev.Forget(ctx, "ann", "chief"))
			w.must(w.ev.Forget(ctx, "cid", "chief"))
			w.want(state(w, "romans"), "01 09:00: 1")
		}},
		{"a clock that goes back does not take the date along", func(w *evalWorld) {
			w.now = w.now.Add(-time.Hour)
			w.move("Rome", "cid")
			w.process()
			w.want(state(w, "romans"), "01 09:00: 3")
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
