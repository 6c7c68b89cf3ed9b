package groups_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/grouprules/groups"
)

// This file shows what a held group is like, what its plan says, and how that is approved.

func TestAHeldRunLeavesItsGroupAsItWas(t *testing.T) {
	evalTable(t, nil, []evalCase{
		{"nobody moves, the plan is kept, and the other groups go on", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.save(evalGroup("north", evalCity.Is("Oslo")))
			w.process()
			before := w.members("team")
			w.move("Oslo", "a", "b", "c")
			w.want(w.process(), "north +a(rule) +b(rule) +c(rule)")
			w.want(w.members("team"), before)
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule)")
			w.want(w.process(), "")
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule)")
		}},
		{"groups that ask for it find it as it was", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.save(evalGroup("mates", groups.MemberOfAny("team")), evalGroup("others", groups.MemberOfAny("team").Not()))
			w.process()
			w.move("Oslo", "a", "b", "c")
			w.want(w.process(), "")
			w.want(w.members("mates")+"|"+w.members("others"), "a b c d e f|")
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule)") // and have nothing to hold themselves
		}},
		{"people who left the directory, or were switched off, stay in", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.edit("team", func(g *groups.Group) { g.Deactivated = groups.DropAll })
			w.process()
			w.write(groups.PeopleChange{Remove: []groups.UserID{"a", "b"}, Deactivate: []groups.UserID{"c"}})
			w.want(w.process(), "")
			w.want(w.members("team"), "a b c d e f")
			w.want(w.held(), "team -a(absence) -b(absence) -c(deactivation)")
		}},
		{"assignments, their ends and takings away count at once", func(w *evalWorld) {
			w = guardWorld(w, small())
			_, err := w.ev.Assign(w.Context(), "team", groups.Decision{By: "tutor", Until: w.now.Add(time.Hour)}, "x")
			w.must(err)
			w.people(evalUser("x", evalIn("Bergen")), evalUser("y", evalIn("Bergen")))
			w.process()
			w.move("Oslo", "a", "b", "c")
			w.want(w.process(), "")
			w.want(w.assign("team", "y"), "team +y(assignment)")
			w.want(w.members("team"), "a b c d e f x(m) y(m)")
			w.now = w.now.Add(2 * time.Hour)
			w.want(w.process(), "team -x(unassignment)")
			r, err := w.ev.Unassign(w.Context(), "team", "tutor", "y")
			w.must(err)
			w.want(evalDiffs(r), "team -y(unassignment)")
			w.want(w.members("team"), "a b c d e f")
		}},
		{"an assignment taken away from somebody who is to leave leaves them in by their bit", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.assign("team", "a")
			w.move("Oslo", "a", "b", "c", "d")
			w.want(w.process(), "")
			r, err := w.ev.Unassign(w.Context(), "team", "tutor", "a")
			w.must(err)
			w.want(evalDiffs(r), "team ~a(unassignment)")
		}},
		{"they count at once also for those of whom it is not known whether they are active", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.edit("team", func(g *groups.Group) { g.Deactivated = groups.DropAll })
			w.people(evalUser("f", evalIn("Rome"), evalPerhapsOff))
			w.move("Oslo", "a", "b", "c")
			w.want(w.process(), "")
			w.want(w.assign("team", "f"), "team ~f(assignment)") // switched off, f would stay as well
			w.now = w.now.Add(time.Hour)
			_, err := w.ev.Unassign(w.Context(), "team", "tutor", "f")
			w.must(err)
			w.want(w.members("team"), "a b c d e f")
		}},
		{"who was undecided and is assigned is in for certain, also to groups that ask", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.save(evalGroup("mates", groups.MemberOfAny("team")))
			w.people(evalUser("g", evalNowhereKnown))
			w.want(w.process(), "mates +a(rule) +b(rule) +c(rule) +d(rule) +e(rule) +f(rule) ?g; team ?g")
			w.move("Oslo", "a", "b", "c")
			w.process()
			w.want(w.assign("team", "g"), "mates +g(rule); team +g(assignment)")
		}},
		{"whose assignment ends while the rule lets go is let go by the rule", func(w *evalWorld) {
			w = guardWorld(w, small())
			_, err := w.ev.Assign(w.Context(), "team", groups.Decision{By: "tutor", Until: w.now.Add(time.Hour)}, "a", "b", "c", "d")
			w.must(err)
			w.move("Oslo", "a", "b", "c", "d")
			w.now = w.now.Add(time.Hour)
			w.want(w.process(), "team ~a(unassignment) ~b(unassignment) ~c(unassignment) ~d(unassignment)")
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule) -d(rule)")
		}},
		{"exclusions count at once", func(w *evalWorld) {
			w = newEvalWorld(w, &groups.Options{Guard: &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{}}}, Exclusions: true})
			w.move("Oslo", "ann")
			w.want(w.process(), "")
			r, err := w.ev.Exclude(w.Context(), "romans", groups.Decision{By: "tutor"}, "bob")
			w.must(err)
			w.want(evalDiffs(r), "romans -bob(exclusion)")
			w.want(w.members("romans"), "ann")
		}},
		{"who joined meanwhile waits as well: nothing of a held group is written", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.people(evalUser("g", evalIn("Rome")))
			w.move("Oslo", "a", "b", "c")
			w.want(w.process(), "")
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule) +g(rule)")
		}},
		{"better data makes the plan void", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.move("Oslo", "a", "b", "c")
			w.process()
			w.move("Rome", "a", "b")
			w.want(w.process(), "team -c(rule)")
			w.want(w.held(), "")
		}},
		{"a change of one user has the whole group judged anew", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.move("Oslo", "a", "b", "c")
			r, err := w.ev.Changed(w.Context(), groups.Touched{Users: []groups.UserID{"a", "b", "c"}})
			w.must(err)
			w.want(evalDiffs(r), "")
			if len(r.Held) != 1 {
				w.Errorf("held: %v", r.Held)
			}
			w.move("Rome", "b")
			w.want(w.changed(groups.Touched{Users: []groups.UserID{"b"}}), "team -a(rule) -c(rule)")
		}},
		{"the explanation says that the guard holds the group", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.move("Oslo", "a", "b", "c")
			w.process()
			x, err := w.ev.Explain(w.Context(), "team", "a")
			w.must(err)
			if x.Waits != "guard" || x.Verdict != groups.No || x.Population != groups.Automatic || !strings.Contains(x.String(), "held by the guard") {
				w.Errorf("%v", x)
			}
		}},
		{"it is not due until somebody has looked at it", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.move("Oslo", "a", "b", "c")
			w.process()
			due, _, err := w.ev.Due(w.Context())
			w.must(err)
			if len(due) > 0 {
				w.Errorf("due: %v", due)
			}
		}},
		{"who comes back is not in the way", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.edit("team", func(g *groups.Group) { g.Deactivated = groups.DropAutomatic })
			w.write(groups.PeopleChange{Deactivate: []groups.UserID{"f"}})
			w.want(w.process(), "team -f(deactivation)")
			w.move("Oslo", "a", "b", "c")
			w.move("Rome", "f")
			w.want(w.process(), "team +f(rule)")
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule)")
		}},
	})
}

func TestAHoldGoesOnUntilSomebodyApprovesOrTheDataIsBetter(t *testing.T) {
	day := &groups.Guard{Day: groups.Bounds{Leaves: &groups.Limit{MinCount: 2, MaxPercent: 50, MaxCount: 100, EmptyFrom: 100}}}
	run := &groups.Guard{Run: groups.Bounds{Leaves: &groups.Limit{MinCount: 4, MaxPercent: 40, MaxCount: 100, EmptyFrom: 100}}}
	// drip: a and b left during the day, and c is held for it.
	drip := func(w *evalWorld) *evalWorld {
		w = guardWorld(w, day)
		for _, id := range []groups.UserID{"a", "b", "c"} {
			w.move("Oslo", id)
			w.process()
		}
		w.want(w.members("team")+"|"+w.held(), "c d e f|team -c(rule)")
		return w
	}
	// wide: four leaves in two groups, neither of which reaches a limit by itself.
	wide := func(w *evalWorld) *evalWorld {
		w = guardWorld(w, run)
		w.save(evalGroup("x", evalCity.Is("Rome"), groups.UserIs("a", "b")), evalGroup("y", evalCity.Is("Rome"), groups.UserIs("c", "d")))
		w.process()
		w.move("Oslo", "a", "b")
		w.process()
		w.want(w.held(), "team -a(rule) -b(rule); x -a(rule) -b(rule)")
		return w
	}
	evalTable(t, nil, []evalCase{
		{"not until the 24 hours roll on", func(w *evalWorld) {
			w = drip(w)
			w.now = w.now.Add(48 * time.Hour)
			w.want(w.process()+w.changed(groups.Touched{}), "")
			plans, err := w.ev.Held(w.Context())
			w.must(err)
			w.want(plans[0].Hold.String(), "leaves of the group in 24 hours: 3 of 6 automatic members reach 50 %: 1 because it is not so that city is Rome")
		}},
		{"not until the group is processed by itself", func(w *evalWorld) {
			w = wide(w)
			w.want(w.process("x")+w.process("team"), "")
			w.want(w.held(), "team -a(rule) -b(rule); x -a(rule) -b(rule)")
		}},
		{"not by more who are to leave, who are then in the plan as well", func(w *evalWorld) {
			w = drip(w)
			w.now = w.now.Add(48 * time.Hour)
			w.people(evalUser("d", evalIn("Bergen")))
			w.want(w.process(), "")
			w.want(w.held(), "team -c(rule) -d(rule)")
		}},
		{"not by an edit that lets them leave all the same", func(w *evalWorld) {
			w = drip(w)
			w.now = w.now.Add(48 * time.Hour)
			w.edit("team", func(g *groups.Group) { g.Name, g.Deactivated = "Other", groups.DropAll })
			w.want(w.process(), "")
			w.want(w.held(), "team -c(rule)")
		}},
		{"not while it is frozen, nor by unfreezing it", func(w *evalWorld) {
			w = drip(w)
			w.edit("team", func(g *groups.Group) { g.Frozen = true })
			w.want(w.process(), "")
			w.now = w.now.Add(48 * time.Hour)
			w.write(groups.PeopleChange{Remove: []groups.UserID{"f"}})
			w.want(w.process(), "") // it is held as well
			w.edit("team", func(g *groups.Group) { g.Frozen = false })
			w.want(w.process(), "")
			w.want(w.held(), "team -c(rule) -f(absence)")
		}},
		{"but in a group that was frozen before, better data end it", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.edit("team", func(g *groups.Group) { g.Frozen = true })
			w.process()
			gone := []groups.UserID{"a", "b", "c"}
			w.write(groups.PeopleChange{Remove: gone})
			w.want(w.process()+"|"+w.held(), "|team -a(absence) -b(absence) -c(absence)")
			w.people(evalUser("a", evalIn("Rome")), evalUser("b", evalIn("Oslo")))
			w.want(w.process()+"|"+w.held(), "team -c(absence)|")
		}},
		{"not by being put on a schedule and taken off it", func(w *evalWorld) {
			w = drip(w)
			w.edit("team", nightly)
			w.now = w.now.Add(48 * time.Hour)
			w.want(w.process(), "")
			w.edit("team", func(g *groups.Group) { g.Schedule = groups.Schedule{} })
			w.want(w.process()+"|"+w.held(), "|team -c(rule)")
		}},
		{"until a person approves", func(w *evalWorld) {
			w = drip(w)
			plans, err := w.ev.Held(w.Context())
			w.must(err)
			r, err := w.ev.Approve(w.Context(), plans[0], "chief")
			w.must(err)
			w.want(evalDiffs(r)+"|"+w.held(), "team -c(rule)|")
		}},
		{"until a person publishes what was previewed", func(w *evalWorld) {
			w = drip(w)
			r, err := w.ev.Publish(w.Context(), w.planFor("team", nil, func(g *groups.Group) { g.Name = "Other" }), "chief")
			w.must(err)
			w.want(evalDiffs(r)+"|"+w.held(), "team -c(rule)|")
		}},
		{"until a person puts them in", func(w *evalWorld) {
			w = drip(w)
			w.want(w.assign("team", "c"), "team ~c(assignment)")
			w.want(w.process()+w.held(), "")
		}},
		{"until somebody who was to leave stays after all, and the limits have nothing against the others", func(w *evalWorld) {
			w = wide(w)
			w.move("Rome", "b")
			w.want(w.process(), "team -a(rule); x -a(rule)")
			w.want(w.held(), "")
		}},
		{"until somebody who was to join does not, where joins were too many", func(w *evalWorld) {
			joins := &groups.Guard{Day: groups.Bounds{Joins: &groups.Limit{MinCount: 2, MaxPercent: 30, MaxCount: 100}}}
			w = guardWorld(w, joins)
			w.people(evalUser("g", evalIn("Rome")))
			w.want(w.process(), "team +g(rule)")
			w.people(evalUser("h", evalIn("Rome")), evalUser("i", evalIn("Rome")))
			w.want(w.process(), "")
			w.now = w.now.Add(48 * time.Hour)
			w.people(evalUser("f", evalIn("Oslo")), evalUser("j"))
			w.want(w.process(), "")
			w.want(w.held(), "team -f(rule) +h(rule) +i(rule)")
			w.move("Oslo", "i")
			w.want(w.process()+"|"+w.held(), "team -f(rule) +h(rule)|")
		}},
	})
}

func TestAHeldPlanHasWhatIsHeldAndNothingElse(t *testing.T) {
	ctx := t.Context()
	approve := func(w *evalWorld) string {
		w.Helper()
		plans, err := w.ev.Held(ctx)
		w.must(err)
		r, err := w.ev.Approve(ctx, plans[0], "chief")
		w.must(err)
		return evalDiffs(r)
	}
	evalTable(t, nil, []evalCase{
		{"not an assignment that ended, which counted at once", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.people(evalUser("x"))
			_, err := w.ev.Assign(ctx, "team", groups.Decision{By: "tutor", Until: w.now.Add(time.Hour)}, "x")
			w.must(err)
			w.now = w.now.Add(time.Hour)
			w.move("Oslo", "a", "b", "c")
			w.want(w.process(), "team -x(unassignment)")
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule)")
			w.want(approve(w), "team -a(rule) -b(rule) -c(rule)")
		}},
		{"not somebody who was switched on again, and came back at once", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.edit("team", func(g *groups.Group) { g.Deactivated = groups.DropAutomatic })
			w.write(groups.PeopleChange{Deactivate: []groups.UserID{"f"}})
			w.process()
			w.move("Oslo", "a", "b", "c")
			w.move("Rome", "f")
			w.want(w.process(), "team +f(rule)")
			w.want(approve(w), "team -a(rule) -b(rule) -c(rule)")
		}},
		{"each cause once, however many groups follow", func(w *evalWorld) {
			guard := small()
			guard.Run = groups.Bounds{Leaves: &groups.Limit{MinCount: 1, MaxPercent: 5, MaxCount: 100}}
			w = guardWorld(w, guard)
			w.save(evalGroup("x", evalCity.Is("Rome"), groups.UserIs("a", "d", "e", "f")))
			w.process()
			w.people(evalUser("a"), evalUser("b"), evalUser("c"))
			r, err := w.ev.Process(ctx)
			w.must(err)
			w.want(fmt.Sprint(r.Held[0].Hold, "; ", r.Held[1].Hold), "leaves of the group: 3 of 6 automatic members reach 50 %: 3 because `city` is empty; "+
				"leaves of the run: 1 of 10 automatic members reach 5 %: 1 because `city` is empty")
		}},
		{"and whoever is to be taken out is told that they are held", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.move("Oslo", "a", "b", "c")
			w.process()
			_, err := w.ev.TakeOut(ctx, "team", "tutor", "a")
			if !errors.Is(err, groups.ErrEligible) || !strings.Contains(err.Error(), "guard") {
				w.Errorf("got %v", err)
			}
		}},
	})
}

func TestToApproveTwiceIsHarmless(t *testing.T) {
	ctx := t.Context()
	w := guardWorld(t, small())
	hold := func(users ...groups.UserID) *groups.Plan {
		w.move("Oslo", users...)
		w.process()
		plans, err := w.ev.Held(ctx)
		w.must(err)
		return plans[0]
	}
	first := hold("a", "b", "c")
	r, err := w.ev.Approve(ctx, first, "chief")
	w.must(err)
	w.want(evalDiffs(r), "team -a(rule) -b(rule) -c(rule)")
	second := hold("d", "e") // another plan is held by now
	state := w.groupState()
	r, err = w.ev.Approve(ctx, first, "chief")
	w.must(err)
	w.want(evalDiffs(r), "")
	w.want(w.groupState(), state)
	w.move("Rome", "a", "b", "c", "d", "e")
	w.process()
	w.want(w.members("team"), "a b c d e f")
	w.now = w.now.Add(24 * time.Hour)
	third := hold("a", "b", "c") // and the same once more, which nobody has seen
	r, err = w.ev.Approve(ctx, first, "chief")
	w.must(err)
	w.want(evalDiffs(r)+w.held(), "team -a(rule) -b(rule) -c(rule)")
	r, err = w.ev.Approve(ctx, third, "chief")
	w.must(err)
	w.want(evalDiffs(r), "team -a(rule) -b(rule) -c(rule)")
	if _, err := w.ev.Approve(ctx, second, "chief"); !errors.Is(err, groups.ErrStale) {
		t.Errorf("got %v", err)
	}
}

// Two who approve, publish or process at once, with an Evaluator each, write it once.
func TestOfManyWhoApproveAtOnceOneWrites(t *testing.T) {
	ctx := t.Context()
	w := guardWorld(t, small())
	w.move("Oslo", "a", "b", "c")
	w.process()
	plans, err := w.ev.Held(ctx)
	w.must(err)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		ev := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Guard: small(), Now: func() time.Time { return w.now }})
		all.Go(func() {
			if i%2 == 0 {
				_, errs[i] = ev.Approve(ctx, plans[0], "chief")
			} else {
				_, errs[i] = ev.Process(ctx)
			}
		})
	}
	all.Wait()
	w.must(errors.Join(errs...))
	w.want(w.members("team"), "d e f")
	left, approvals := 0, 0
	for c, err := range w.Changes(ctx, "") {
		if w.must(err); c.Group == "team" && c.Kind == groups.Left {
			left++
		}
	}
	for a, err := range w.Acts(ctx, "team", "") {
		if w.must(err); a.Do == "approve" {
			approvals++
		}
	}
	if left != 3 || approvals != 1 {
		t.Errorf("%d leaves, %d approvals", left, approvals)
	}
}

func TestApprovingAppliesExactlyTheHeldPlanOrRefuses(t *testing.T) {
	ctx := t.Context()
	hold := func(w *evalWorld) (*evalWorld, *groups.Plan) {
		w = guardWorld(w, small())
		w.move("Oslo", "a", "b", "c")
		w.process()
		plans, err := w.ev.Held(ctx)
		w.must(err)
		return w, plans[0]
	}
	evalTable(t, nil, []evalCase{
		{"it applies the plan, from its JSON, and twice is harmless", func(w *evalWorld) {
			w, p := hold(w)
			text, err := json.Marshal(p)
			w.must(err)
			again := new(groups.Plan)
			w.must(json.Unmarshal(text, again))
			r, err := w.ev.Approve(ctx, again, "chief")
			w.must(err)
			w.want(evalDiffs(r), "team -a(rule) -b(rule) -c(rule)")
			w.want(w.members("team")+"|"+w.held(), "d e f|")
			state := w.groupState()
			r, err = w.ev.Approve(ctx, again, "chief")
			w.must(err)
			w.want(evalDiffs(r), "")
			w.want(w.groupState(), state)
		}},
		{"groups that refer to it follow", func(w *evalWorld) {
			w, p := hold(w)
			w.save(evalGroup("mates", groups.MemberOfAny("team")))
			w.process("mates")
			r, err := w.ev.Approve(ctx, p, "chief")
			w.must(err)
			w.want(evalDiffs(r), "team -a(rule) -b(rule) -c(rule)")
			w.want(w.held(), "mates -a(rule) -b(rule) -c(rule)")
		}},
		{"it is stale where the people changed meanwhile, and says for whom", func(w *evalWorld) {
			w, p := hold(w)
			w.move("Rome", "b")
			w.move("Oslo", "e")
			before := w.groupState()
			_, err := w.ev.Approve(ctx, p, "chief")
			stale, ok := errors.AsType[*groups.StaleError](err)
			if !ok || !errors.Is(err, groups.ErrStale) {
				w.Fatalf("got %v", err)
			}
			w.want(fmt.Sprint(stale.Difference), `[user "b" in group "team": planned automatic → outside, now no move user "e" in group "team": planned no move, now automatic → outside]`)
			w.want(w.groupState(), before)
		}},
		{"it is refused where somebody saved the group meanwhile, naming who", func(w *evalWorld) {
			w, p := hold(w)
			w.edit("team", func(g *groups.Group) { g.Name = "Other" })
			_, err := w.ev.Approve(ctx, p, "chief")
			conflict, ok := errors.AsType[*groups.ConflictError](err)
			if !ok || conflict.By != "admin" {
				w.Errorf("got %v", err)
			}
		}},
		{"a plan that was tampered with is refused", func(w *evalWorld) {
			w, p := hold(w)
			p.Diff.Left = p.Diff.Left[:2]
			if _, err := w.ev.Approve(ctx, p, "chief"); !errors.Is(err, groups.ErrPlan) {
				w.Errorf("got %v", err)
			}
		}},
		{"a held plan is not published, and a preview is not approved", func(w *evalWorld) {
			w, p := hold(w)
			if _, err := w.ev.Publish(ctx, p, "chief"); !errors.Is(err, groups.ErrPlan) {
				w.Errorf("got %v", err)
			}
			g, err := w.Group(ctx, "team")
			w.must(err)
			preview, err := w.ev.Preview(ctx, g, nil)
			w.must(err)
			if _, err := w.ev.Approve(ctx, preview, "chief"); !errors.Is(err, groups.ErrPlan) {
				w.Errorf("got %v", err)
			}
		}},
		{"forgetting somebody leaves nothing of them in it, and it can still be approved", func(w *evalWorld) {
			w, p := hold(w)
			w.must(w.ev.Forget(ctx, "b", "chief"))
			w.want(w.held(), "team -a(rule) -c(rule)")
			if _, err := w.ev.Approve(ctx, p, "chief"); !errors.Is(err, groups.ErrStale) {
				w.Errorf("got %v", err)
			}
			plans, err := w.ev.Held(ctx)
			w.must(err)
			r, err := w.ev.Approve(ctx, plans[0], "chief")
			w.must(err)
			w.want(evalDiffs(r), "team -a(rule) -c(rule)")
		}},
	})
}

func TestAHeldPlanNamesItsCommonCausesMostPeopleFirst(t *testing.T) {
	evalTable(t, nil, []evalCase{
		{"what is known of a run without a before", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.edit("team", func(g *groups.Group) { g.Deactivated = groups.DropAll })
			w.process()
			w.people(evalUser("a"), evalUser("b"), evalUser("c"))
			w.write(groups.PeopleChange{Deactivate: []groups.UserID{"d", "e"}, Remove: []groups.UserID{"f"}})
			r, err := w.ev.Process(w.Context())
			w.must(err)
			w.want(r.Held[0].Hold.String(), "leaves of the group: 6 of 6 automatic members reach the 4 allowed: 3 because `city` is empty, 2 because they were deactivated, 1 because they are not among the people any more")
		}},
		{"another rule is one, whoever saved the group after it", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.edit("team", toOslo)
			w.now = w.now.Add(24 * time.Hour)
			g, err := w.Group(w.Context(), "team")
			w.must(err)
			g.Name = "Other"
			_, err = w.ev.Save(w.Context(), g, "somebody else")
			w.must(err)
			r, err := w.ev.Process(w.Context())
			w.must(err)
			w.want(fmt.Sprint(r.Held[0].Hold.Causes), "[{6 admin saved another definition on 2026-03-01}]")
		}},
		{"a group that was frozen and unfrozen, renamed or handed over has the rule it had", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.edit("team", func(g *groups.Group) { g.Frozen = true })
			w.move("Oslo", "a", "b", "c")
			w.want(w.process()+w.held(), "")
			w.edit("team", func(g *groups.Group) { g.Frozen, g.Name, g.Owner = false, "Other", "pat" })
			r, err := w.ev.Process(w.Context())
			w.must(err)
			w.want(fmt.Sprint(r.Held[0].Hold.Causes), "[{3 it is not so that city is Rome}]")
		}},
		{"a unit that moved takes its people along", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.save(evalGroup("branch", evalOrg.IsOrBelow("world")))
			w.process()
			w.units("apac<world", "emea<", "world<")
			r, err := w.ev.Changed(w.Context(), groups.Touched{Units: []groups.Unit{{Tree: "org", ID: "emea"}}})
			w.must(err)
			w.want(r.Held[0].Hold.String(), `leaves of the group: 3 of 6 automatic members reach 50 %: 3 because unit "emea" moved to the top`)
		}},
	})
}

// The partial files that real HR feeds produce, with the feed guard overridden by a person: the guard
// holds what they would do to the groups, and says what the leaving users have in common.
func TestThePartialFilesThatRealFeedsProduceAreHeldWithTheirCauses(t *testing.T) {
	const size = 240
	type row struct{ department, status, unit string }
	opts := &groups.PeopleCSV{
		Key: "id", Manager: "", Missing: groups.RemoveMissing,
		Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"left"}},
		Units:  []groups.UnitColumn{{Tree: "org", Column: "unit"}},
	}
	tree := func(links ...string) (units []groups.Unit) {
		for _, l := range links {
			id, parent, _ := strings.Cut(l, "<")
			units = append(units, groups.Unit{ID: id, Parent: parent})
		}
		return units
	}
	whole := tree("4<", "17<3", "18<3", "3<")
	for _, c := range []struct {
		name  string
		alter func(i int, r *row) (missing bool)
		units []groups.Unit
		held  map[groups.GroupID]string
	}{
		{"half the people are missing, and removed", func(i int, r *row) bool { return i%2 == 0 }, whole, map[groups.GroupID]string{
			"sales":  "leaves of the group: 120 of 240 automatic members reach 20 %: 120 because they are not in the people file",
			"branch": "leaves of the group: 120 of 240 automatic members reach 20 %: 120 because they are not in the people file",
			"staff":  "leaves of the group: 120 of 240 automatic members reach 20 %: 120 because they are not in the people file",
		}},
		{"one column is blank", func(_ int, r *row) bool { r.department = ""; return false }, whole, map[groups.GroupID]string{
			"sales": "leaves of the group: 240 of 240 automatic members reach 20 %: 240 because `department` became empty",
		}},
		{"everybody is deactivated", func(_ int, r *row) bool { r.status = "left"; return false }, whole, map[groups.GroupID]string{
			"staff": "leaves of the group: 240 of 240 automatic members reach 20 %: 240 because they were deactivated",
		}},
		{"a tree is re-parented", func(int, *row) bool { return false }, tree("4<", "17<4", "18<3", "3<"), map[groups.GroupID]string{
			"branch": "leaves of the group: 160 of 240 automatic members reach 20 %: 160 because unit \"17\" moved under \"4\"",
		}},
		{"all at once, most people first", func(i int, r *row) bool {
			if i%10 == 0 {
				r.status = "left"
			} else {
				r.department = ""
			}
			return i%20 == 1
		}, whole, map[groups.GroupID]string{
			"sales": "leaves of the group: 216 of 240 automatic members reach 20 %: 204 because `department` became empty, 12 because they are not in the people file",
		}},
		{"a normal file", func(i int, r *row) bool {
			if i < 20 {
				r.department = "Support"
			}
			return false
		}, whole, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := groups.NewMemory()
			ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
			upload := func(alter func(int, *row) bool, units []groups.Unit) *groups.ImportPlan {
				var b strings.Builder
				b.WriteString("id,department,status,unit\n")
				for i := range size {
					r := row{"Sales", "active", "17"}
					if i%3 == 0 {
						r.unit = "18"
					}
					if !alter(i, &r) {
						fmt.Fprintf(&b, "u%04d,%s,%s,%s\n", i, r.department, r.status, r.unit)
					}
				}
				f, err := groups.ReadPeopleCSV(strings.NewReader(b.String()), opts)
				if err != nil {
					t.Fatal(err)
				}
				f.Trees = map[groups.Tree][]groups.Unit{"org": units}
				p, err := ev.PlanImport(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			if _, err := ev.Import(t.Context(), upload(func(int, *row) bool { return false }, whole), "hr"); err != nil {
				t.Fatal(err)
			}
			for id, condition := range map[groups.GroupID]groups.Condition{
				"sales": groups.TextField("department").Is("sales"), "branch": evalOrg.IsOrBelow("3"), "staff": groups.Everyone{},
			} {
				g := evalGroup(id, condition)
				if id == "staff" {
					g.Deactivated = groups.DropAutomatic
				}
				if _, err := ev.Save(t.Context(), g, "admin"); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := ev.Process(t.Context()); err != nil {
				t.Fatal(err)
			}
			plan := upload(c.alter, c.units)
			run, err := ev.ImportDespite(t.Context(), plan, "hr", "it is what we have")
			if err != nil {
				t.Fatal(err)
			}
			got := map[groups.GroupID]string{}
			for _, p := range run.Held {
				got[p.Group.ID] = p.Hold.String()
			}
			if diff := cmp.Diff(c.held, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("held (-want +got):\n%s", diff)
			}
			shown := map[groups.GroupID]string{}
			for _, p := range plan.Run.Held {
				shown[p.Group.ID] = p.Hold.String()
			}
			if diff := cmp.Diff(got, shown); diff != "" {
				t.Errorf("the plan showed otherwise (-done +shown):\n%s", diff)
			}
			for id := range c.held {
				n := 0
				for range ev.Members(t.Context(), id) {
					n++
				}
				if n != size {
					t.Errorf("%d of %d are left in %s", n, size, id)
				}
			}
		})
	}
}
