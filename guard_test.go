package groups_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/grouprules/groups"
)

// This file shows what the guard holds, what a held group is like, and how a held plan is approved.

// small is a guard for the small worlds of these tests: two leaves that are half of the members, four at
// all, or all of three.
func small() *groups.Guard {
	l := &groups.Limit{MinCount: 2, MaxPercent: 50, MaxCount: 4, EmptyFrom: 3}
	return &groups.Guard{Group: groups.Bounds{Leaves: l}}
}

// guardWorld has the group team of the users a to f, who are all in Rome, under the guard.
func guardWorld(tb testing.TB, g *groups.Guard) *evalWorld {
	w := newEvalWorld(tb, &groups.Options{Guard: g})
	w.write(groups.PeopleChange{Remove: []groups.UserID{"ann", "bob", "cid"}})
	w.people(evalUser("a", evalIn("Rome"), evalAt("emea")), evalUser("b", evalIn("Rome"), evalAt("emea")), evalUser("c", evalIn("Rome"), evalAt("emea")),
		evalUser("d", evalIn("Rome"), evalAt("apac")), evalUser("e", evalIn("Rome"), evalAt("apac")), evalUser("f", evalIn("Rome"), evalAt("apac")))
	w.must(w.ev.Delete(w.Context(), "romans", 1, "admin"))
	w.save(evalGroup("team", evalCity.Is("Rome")))
	w.process()
	w.want(w.members("team"), "a b c d e f")
	return w
}

func (w *evalWorld) move(city string, users ...groups.UserID) {
	w.Helper()
	for _, id := range users {
		u, err := w.User(w.Context(), id)
		w.must(err)
		units := u.Units["org"]
		w.people(evalUser(id, evalIn(city), evalAt(units...)))
	}
}

// held is what the guard holds, in short: the group, and who would leave.
func (w *evalWorld) held() string {
	w.Helper()
	plans, err := w.ev.Held(w.Context())
	w.must(err)
	var out []string
	for _, p := range plans {
		run := groups.Run{Diffs: []groups.Diff{p.Diff}}
		out = append(out, evalDiffs(&run))
	}
	return strings.Join(out, "; ")
}

func TestTheGuardHoldsWhatReachesALimit(t *testing.T) {
	const most = math.MaxInt
	for _, c := range []struct {
		name   string
		leaves *groups.Limit
		move   []groups.UserID
		held   bool
		why    string
	}{
		{"below both", &groups.Limit{MinCount: 3, MaxPercent: 50, MaxCount: most, EmptyFrom: most}, []groups.UserID{"a", "b"}, false, "two are neither three nor half of six"},
		{"the count alone", &groups.Limit{MinCount: 2, MaxPercent: 50, MaxCount: most, EmptyFrom: most}, []groups.UserID{"a", "b"}, false, "a third is below half"},
		{"the share alone", &groups.Limit{MinCount: 4, MaxPercent: 50, MaxCount: most, EmptyFrom: most}, []groups.UserID{"a", "b", "c"}, false, "small groups change by half on any day"},
		{"both", &groups.Limit{MinCount: 3, MaxPercent: 50, MaxCount: most, EmptyFrom: most}, []groups.UserID{"a", "b", "c"}, true, "reached is reached: half is not below half"},
		{"the whole count", &groups.Limit{MinCount: most, MaxPercent: 100, MaxCount: 2, EmptyFrom: most}, []groups.UserID{"a", "b"}, true, "so many are too many whatever the size"},
		{"emptied", &groups.Limit{MinCount: most, MaxPercent: 100, MaxCount: most, EmptyFrom: 6}, []groups.UserID{"a", "b", "c", "d", "e", "f"}, true, "nobody left of six"},
		{"emptied, but small", &groups.Limit{MinCount: most, MaxPercent: 100, MaxCount: most, EmptyFrom: 7}, []groups.UserID{"a", "b", "c", "d", "e", "f"}, false, "six are fewer than seven"},
		{"nearly emptied", &groups.Limit{MinCount: most, MaxPercent: 100, MaxCount: most, EmptyFrom: 2}, []groups.UserID{"a", "b", "c", "d", "e"}, false, "one is left"},
		{"none allowed", &groups.Limit{}, []groups.UserID{"a"}, true, "0 allows none"},
		{"none allowed and none leaves", &groups.Limit{}, nil, false, "nothing is not something"},
		{"off", nil, []groups.UserID{"a", "b", "c", "d", "e", "f"}, false, "no bound is off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := guardWorld(t, &groups.Guard{Group: groups.Bounds{Leaves: c.leaves}})
			w.move("Oslo", c.move...)
			r, err := w.ev.Process(w.Context())
			w.must(err)
			if held := len(r.Held) > 0; held != c.held {
				t.Errorf("held is %v: %s", held, c.why)
			}
			if c.held == (w.members("team") != "a b c d e f") && len(c.move) > 0 {
				t.Errorf("members %s", w.members("team"))
			}
		})
	}
}

func TestTheDefaultGuardIsOnAndHoldsAtItsFigures(t *testing.T) {
	for _, c := range []struct {
		name           string
		size, leave    int
		manual         int
		guard          *groups.Guard
		held           bool
		why            string
		deactivated    bool
		policy         groups.Policy
		removed, whole bool
	}{
		{name: "99 of 400", size: 400, leave: 99, why: "below 100"},
		{name: "100 of 501", size: 501, leave: 100, why: "just below 20 %"},
		{name: "100 of 500", size: 500, leave: 100, held: true, why: "100 and 20 %"},
		{name: "500 of 10,000", size: 10_000, leave: 500, held: true, why: "500 whatever the share"},
		{name: "499 of 10,000", size: 10_000, leave: 499, why: "below 500, and 5 %"},
		{name: "19 of 19", size: 19, leave: 19, why: "a group of 19 may be emptied"},
		{name: "20 of 20", size: 20, leave: 20, held: true, why: "a group of 20 is not emptied"},
		{name: "100 of 450 and 100 by hand", size: 450, manual: 100, leave: 100, held: true, why: "the share is of the automatic members: many assigned do not hide it"},
		{name: "switched off", size: 1000, leave: 1000, guard: &groups.Guard{}, why: "a zero Guard holds nothing"},
		{name: "half removed", size: 600, leave: 300, removed: true, held: true, why: "absence counts"},
		{name: "everybody deactivated", size: 300, leave: 300, deactivated: true, policy: groups.DropAutomatic, held: true, why: "deactivation counts"},
		{name: "everybody deactivated and kept", size: 300, leave: 300, deactivated: true, why: "nobody leaves"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newEvalWorld(t, &groups.Options{Guard: c.guard})
			var all []groups.User
			var by []groups.UserID
			for i := range c.size + c.manual {
				id := groups.UserID(fmt.Sprintf("u%05d", i))
				city := "Rome"
				if i >= c.size {
					city = "Oslo"
					by = append(by, id)
				}
				all = append(all, evalUser(id, evalIn(city)))
			}
			w.people(all...)
			g := evalGroup("big", evalCity.Is("Rome"), groups.UserIs("ann", "bob").Not())
			g.Deactivated = c.policy
			w.save(g)
			w.process("big")
			w.assign("big", by...)
			var ids []groups.UserID
			for i := range c.leave {
				ids = append(ids, all[i].ID)
				all[i] = evalUser(all[i].ID, evalIn("Bergen"))
			}
			switch {
			case c.removed:
				w.write(groups.PeopleChange{Remove: ids})
			case c.deactivated:
				w.write(groups.PeopleChange{Deactivate: ids})
			default:
				w.people(all[:c.leave]...)
			}
			r, err := w.ev.Process(w.Context(), "big")
			w.must(err)
			if held := len(r.Held) > 0; held != c.held {
				t.Errorf("held is %v: %s", held, c.why)
			}
		})
	}
}

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
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule) +f(rule)")
		}},
	})
}

func TestWhatAPersonHasSeenIsNotHeld(t *testing.T) {
	none := &groups.Options{Guard: &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{}, Joins: &groups.Limit{}}, Run: groups.Bounds{Leaves: &groups.Limit{}}}}
	evalTable(t, none, []evalCase{
		{"a published preview", func(w *evalWorld) {
			g, err := w.Group(w.Context(), "romans")
			w.must(err)
			g.Criteria = evalGroup("", evalCity.Is("Oslo")).Criteria
			p, err := w.ev.Preview(w.Context(), g, nil)
			w.must(err)
			r, err := w.ev.Publish(w.Context(), p, "admin")
			w.must(err)
			w.want(evalDiffs(r), "romans -ann(rule) -bob(rule) +cid(rule)")
		}},
		{"a saved edit that nobody previewed is", func(w *evalWorld) {
			w.save(evalGroup("romans", evalCity.Is("Oslo")))
			w.want(w.process(), "")
			w.want(w.held(), "romans -ann(rule) -bob(rule) +cid(rule)")
			plans, err := w.ev.Held(w.Context())
			w.must(err)
			w.want(fmt.Sprint(plans[0].Hold.Causes), "[{2 admin saved another definition on 2026-03-01}]")
		}},
		{"inactivation and activation", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			w.want(w.process(), "romans -ann(inactivation) -bob(inactivation)")
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Active })
			w.want(w.process(), "romans +ann(activation) +bob(activation)")
		}},
		{"what people decide", func(w *evalWorld) {
			w.want(w.assign("romans", "cid"), "romans +cid(assignment)")
			r, err := w.ev.TakeOut(w.Context(), "romans", "tutor", "cid")
			w.must(err)
			w.want(evalDiffs(r), "romans -cid(unassignment)")
		}},
		{"what a person decides about somebody whose data changed meanwhile", func(w *evalWorld) {
			w.move("Oslo", "ann") // and nobody has told the evaluator
			r, err := w.ev.TakeOut(w.Context(), "romans", "tutor", "ann")
			w.must(err)
			w.want(evalDiffs(r), "romans -ann(rule)")
		}},
		{"but the groups that follow such a decision are", func(w *evalWorld) {
			w.save(evalGroup("others", groups.MemberOfAny("romans").Not()))
			w.want(w.process(), "others +cid(rule)") // a first run is not held
			w.want(w.assign("romans", "cid"), "romans +cid(assignment)")
			w.want(w.members("others")+"|"+w.held(), "cid|others -cid(rule)")
		}},
	})
}

func TestTheGuardCountsADripAndManySmallGroups(t *testing.T) {
	limit := &groups.Limit{MinCount: 2, MaxPercent: 50, MaxCount: 100, EmptyFrom: 100}
	evalTable(t, nil, []evalCase{
		{"leaves of 24 hours add up", func(w *evalWorld) {
			w = guardWorld(w, &groups.Guard{Day: groups.Bounds{Leaves: limit}})
			for _, id := range []groups.UserID{"a", "b"} {
				w.move("Oslo", id)
				w.want(w.process(), fmt.Sprintf("team -%s(rule)", id))
				w.now = w.now.Add(6 * time.Hour)
			}
			w.move("Oslo", "c") // three of the six there were
			w.want(w.process(), "")
			w.want(w.held(), "team -c(rule)")
		}},
		{"and are forgotten after it", func(w *evalWorld) {
			w = guardWorld(w, &groups.Guard{Day: groups.Bounds{Leaves: limit}})
			for _, id := range []groups.UserID{"a", "b"} {
				w.move("Oslo", id)
				w.process()
			}
			w.now = w.now.Add(26 * time.Hour)
			w.move("Oslo", "c")
			w.want(w.process(), "team -c(rule)")
		}},
		{"an approved plan settles the account", func(w *evalWorld) {
			w = guardWorld(w, &groups.Guard{Day: groups.Bounds{Leaves: limit}})
			w.move("Oslo", "a", "b", "c")
			w.process()
			plans, err := w.ev.Held(w.Context())
			w.must(err)
			_, err = w.ev.Approve(w.Context(), plans[0], "admin")
			w.must(err)
			w.move("Oslo", "d")
			w.want(w.process(), "team -d(rule)")
		}},
		{"one change at a time adds up too", func(w *evalWorld) {
			w = guardWorld(w, &groups.Guard{Day: groups.Bounds{Leaves: limit}})
			for _, id := range []groups.UserID{"a", "b", "c"} {
				w.move("Oslo", id)
				w.changed(groups.Touched{Users: []groups.UserID{id}})
			}
			w.want(w.members("team"), "c d e f")
			w.want(w.held(), "team -c(rule)")
		}},
		{"many small groups are one run", func(w *evalWorld) {
			w = guardWorld(w, &groups.Guard{Run: groups.Bounds{Leaves: &groups.Limit{MinCount: 4, MaxPercent: 40, MaxCount: 100, EmptyFrom: 100}}})
			w.save(evalGroup("x", evalCity.Is("Rome"), groups.UserIs("a", "b")), evalGroup("y", evalCity.Is("Rome"), groups.UserIs("c")), evalGroup("z", evalCity.Is("Rome"), groups.UserIs("f")))
			w.process()
			w.move("Oslo", "a", "b")
			w.want(w.process(), "") // four of ten
			w.want(w.held(), "team -a(rule) -b(rule); x -a(rule) -b(rule)")
		}},
		{"joins are limited where the host wishes it", func(w *evalWorld) {
			w = guardWorld(w, &groups.Guard{Group: groups.Bounds{Joins: &groups.Limit{MinCount: 3, MaxPercent: 50, MaxCount: 100}}})
			w.people(evalUser("g", evalIn("Rome")), evalUser("h", evalIn("Rome")), evalUser("i", evalIn("Rome")))
			w.want(w.process(), "")
			w.want(w.held(), "team +g(rule) +h(rule) +i(rule)")
		}},
	})
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
			w.want(fmt.Sprint(stale.Difference), `[user "b" in group "team": planned automatic → outside, now outside → outside user "e" in group "team": planned outside → outside, now automatic → outside]`)
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
			w.want(r.Held[0].Hold.String(), "leaves of the group: 6 reach the 4 allowed: 3 because `city` is empty, 2 because they were deactivated, 1 because they are not among the people any more")
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

func TestAPlanHeldAfterAChangeOfAFewIsAboutEverybody(t *testing.T) {
	ctx := t.Context()
	w := guardWorld(t, small())
	w.people(groups.User{ID: "g", Activation: groups.Activated}) // nobody can say where
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"g"}}), "team ?g")
	w.move("Oslo", "a", "b", "c")
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"a", "b", "c"}}), "team ?g")
	plans, err := w.ev.Held(ctx)
	w.must(err)
	if len(plans) != 1 || len(plans[0].Diff.Undecided) != 1 {
		t.Fatalf("held: %+v", plans)
	}
	// So that it can be approved as it stands.
	_, err = w.ev.Approve(ctx, plans[0], "chief")
	w.must(err)
	w.want(w.members("team"), "d e f")
}
