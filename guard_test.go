package groups_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// This file shows what the guard holds, and what it does not.

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
			plans, err := w.ev.Held(w.Context())
			w.must(err)
			w.want(plans[0].Hold.String(), "joins of the group: 3 beside 6 automatic members reach 50 %")
		}},
	})
}

// Each case loses three of the six members of team, or more, in a way that no single step shows.
func TestTheGuardCannotBePassedBy(t *testing.T) {
	limit := groups.Bounds{Leaves: &groups.Limit{MinCount: 3, MaxPercent: 50, MaxCount: 100, EmptyFrom: 100}}
	guard := &groups.Guard{Group: limit, Day: limit, Run: limit, Runs: limit}
	oslo := func(w *evalWorld) { w.move("Oslo", "a", "b", "c") }
	for _, c := range []struct {
		name string
		why  string
		run  func(w *evalWorld)
	}{
		{"one user at a time", "leaves of 24 hours add up", func(w *evalWorld) {
			for _, id := range []groups.UserID{"a", "b", "c"} {
				w.move("Oslo", id)
				w.changed(groups.Touched{Users: []groups.UserID{id}})
			}
		}},
		{"many small runs with pauses", "an hour is not a day", func(w *evalWorld) {
			for _, id := range []groups.UserID{"a", "b", "c"} {
				w.move("Oslo", id)
				w.process("team")
				w.now = w.now.Add(7 * time.Hour)
			}
		}},
		{"a clock that goes back in between", "no run is earlier than the last", func(w *evalWorld) {
			for _, id := range []groups.UserID{"a", "b", "c"} {
				w.move("Oslo", id)
				w.process()
				w.now = w.now.Add(-30 * time.Hour)
			}
		}},
		{"an edit of something else", "a save is no look at who leaves", func(w *evalWorld) {
			oslo(w)
			w.process()
			w.edit("team", func(g *groups.Group) { g.Name = "Other" })
			w.process()
		}},
		{"a preview of something else that is published in between", "it showed nobody who left before", func(w *evalWorld) {
			for _, id := range []groups.UserID{"a", "b"} {
				w.move("Oslo", id)
				w.process()
			}
			_, err := w.ev.Publish(w.Context(), w.planFor("team", nil, func(g *groups.Group) { g.Name = "Other" }), "chief")
			w.must(err)
			w.move("Oslo", "c")
			w.process()
		}},
		{"freezing and unfreezing", "unfreezing is no look at who leaves", func(w *evalWorld) {
			w.edit("team", func(g *groups.Group) { g.Frozen = true })
			w.process()
			oslo(w)
			w.process()
			w.edit("team", func(g *groups.Group) { g.Frozen = false })
			w.process()
		}},
		{"a schedule", "what waited is judged when it is due", func(w *evalWorld) {
			w.edit("team", nightly)
			oslo(w)
			w.now = w.now.Add(24 * time.Hour)
			w.changed(groups.Touched{})
		}},
		{"processing a scheduled group by name", "likewise", func(w *evalWorld) {
			w.edit("team", nightly)
			oslo(w)
			w.process("team")
		}},
		{"inactivating and activating it with no run in between", "the members never left", func(w *evalWorld) {
			w.edit("team", func(g *groups.Group) { g.Status = groups.Inactive })
			w.edit("team", func(g *groups.Group) { g.Status = groups.Active })
			oslo(w)
			w.process()
		}},
		{"another rule", "an edit that nobody previewed is judged", func(w *evalWorld) {
			w.save(evalGroup("team", evalOrg.IsOrBelow("apac")))
			w.process()
		}},
		{"another kind", "likewise", func(w *evalWorld) {
			w.edit("team", func(g *groups.Group) { g.Kind = groups.ManualGroup })
			w.process()
		}},
		{"another policy for the deactivated", "likewise", func(w *evalWorld) {
			w.write(groups.PeopleChange{Deactivate: []groups.UserID{"a", "b", "c"}})
			w.process()
			w.edit("team", func(g *groups.Group) { g.Deactivated = groups.DropAll })
			w.process()
		}},
		{"another owner, to whom others are assigned", "a transfer is no look at who leaves", func(w *evalWorld) {
			w.ev = groups.NewEvaluator(narrow{w.Memory}, w.Memory, &groups.Options{Guard: guard, Now: func() time.Time { return w.now }})
			w.edit("team", func(g *groups.Group) { g.Owner = "pat" })
			w.changed(groups.Touched{Owners: []string{"pat"}})
		}},
		{"taking assignments away that there are not", "that lets nobody go whom the rule let go", func(w *evalWorld) {
			oslo(w)
			_, err := w.ev.Unassign(w.Context(), "team", "tutor", "a", "b", "c")
			w.must(err)
		}},
		{"assigning people who are switched off", "they are not put in, and leave as the data say", func(w *evalWorld) {
			w.edit("team", func(g *groups.Group) { g.Deactivated = groups.DropAll })
			w.process()
			w.write(groups.PeopleChange{Deactivate: []groups.UserID{"a", "b", "c"}})
			w.assign("team", "a", "b", "c")
		}},
		{"assignments that end while the rule lets go", "without the rule they would have been in by it", func(w *evalWorld) {
			_, err := w.ev.Assign(w.Context(), "team", groups.Decision{By: "tutor", Until: w.now.Add(time.Hour)}, "a", "b", "c")
			w.must(err)
			oslo(w)
			w.now = w.now.Add(time.Hour)
			w.changed(groups.Touched{})
		}},
		{"a decision about another group", "groups that follow it are judged", func(w *evalWorld) {
			w.save(evalManual("out"))
			w.process()
			w.save(evalGroup("team", evalCity.Is("Rome"), groups.MemberOfAny("out").Not()))
			w.process()
			w.assign("out", "a", "b", "c")
		}},
		{"users who are not among the people any more, told one by one", "absence counts, whoever tells it", func(w *evalWorld) {
			w.write(groups.PeopleChange{Remove: []groups.UserID{"a", "b", "c"}})
			for _, id := range []groups.UserID{"a", "b", "c"} {
				w.changed(groups.Touched{Users: []groups.UserID{id}})
			}
		}},
		{"another Evaluator for every run", "the account is kept in the Store", func(w *evalWorld) {
			for _, id := range []groups.UserID{"a", "b", "c"} {
				w.move("Oslo", id)
				_, err := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Guard: guard, Now: func() time.Time { return w.now }}).Process(w.Context())
				w.must(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := guardWorld(t, guard)
			c.run(w)
			if n := len(strings.Fields(w.members("team"))); n < 4 || w.held() == "" {
				t.Errorf("members %s, held %q: %s", w.members("team"), w.held(), c.why)
			}
		})
	}
}

// narrow is a directory in which pat has to do with d, e and f.
type narrow struct{ *groups.Memory }

func (narrow) Scope(_ context.Context, owner string) (groups.Scope, error) {
	if owner == "" {
		return nil, nil
	}
	return func(u *groups.User) groups.Verdict {
		if u.ID < "d" {
			return groups.No
		}
		return groups.Yes
	}, nil
}

func TestTheGuardCountsAllGroupsTogether(t *testing.T) {
	limit := &groups.Limit{MinCount: 4, MaxPercent: 40, MaxCount: 100, EmptyFrom: 100}
	many := func(w *evalWorld, g *groups.Guard) *evalWorld {
		w = guardWorld(w, g)
		w.save(evalGroup("x", evalCity.Is("Rome"), groups.UserIs("a", "b")), evalGroup("y", evalCity.Is("Rome"), groups.UserIs("c", "d")))
		w.process()
		return w
	}
	evalTable(t, nil, []evalCase{
		{"in 24 hours, each processed by itself", func(w *evalWorld) {
			w = many(w, &groups.Guard{Runs: groups.Bounds{Leaves: limit}})
			w.move("Oslo", "a", "b")
			w.want(w.process("x"), "x -a(rule) -b(rule)")
			w.want(w.process("team"), "")
			plans, err := w.ev.Held(w.Context())
			w.must(err)
			w.want(plans[0].Hold.Limits[0], "leaves of all groups in 24 hours: 4 of 10 automatic members reach 40 %")
		}},
		{"but not what the limits on one group hold already: the other groups go on", func(w *evalWorld) {
			w = many(w, &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{MinCount: 3, MaxPercent: 50, MaxCount: 100, EmptyFrom: 100}}, Run: groups.Bounds{Leaves: limit}})
			w.move("Oslo", "a", "b", "c")
			w.want(w.process(), "x -a(rule) -b(rule); y -c(rule)")
			w.want(w.held(), "team -a(rule) -b(rule) -c(rule)")
		}},
		{"and the share is of the members of all groups, also of those that are not looked at", func(w *evalWorld) {
			w = many(w, &groups.Guard{Run: groups.Bounds{Leaves: &groups.Limit{MinCount: 2, MaxPercent: 25, MaxCount: 100, EmptyFrom: 100}}})
			w.move("Oslo", "a", "b")
			w.want(w.process("x"), "x -a(rule) -b(rule)") // two of ten, not of two
		}},
		{"joins are limited likewise where the host wishes it: of a run, and of 24 hours", func(w *evalWorld) {
			joins := groups.Bounds{Joins: &groups.Limit{MinCount: 4, MaxPercent: 40, MaxCount: 100}}
			come := func(w *evalWorld) {
				w.people(evalUser("g", evalIn("Rome")), evalUser("h", evalIn("Rome")))
				w.edit("x", func(g *groups.Group) { g.Criteria = evalGroup("", groups.UserIs("a", "b", "g", "h")).Criteria })
			}
			w = many(w, &groups.Guard{Run: joins})
			come(w)
			w.want(w.process()+w.held(), "team +g(rule) +h(rule); x +g(rule) +h(rule)")
			plans, err := w.ev.Held(w.Context())
			w.must(err)
			w.want(fmt.Sprint(plans[1].Hold.Limits), "[joins of the run: 4 beside 10 automatic members reach 40 %]")

			w = many(newEvalWorld(w, nil), &groups.Guard{Runs: joins})
			come(w)
			w.want(w.process("x"), "x +g(rule) +h(rule)")
			w.now = w.now.Add(time.Hour)
			w.want(w.process("team")+w.held(), "team +g(rule) +h(rule)")
			plans, err = w.ev.Held(w.Context())
			w.must(err)
			w.want(fmt.Sprint(plans[0].Hold.Limits), "[joins of all groups in 24 hours: 4 beside 10 automatic members reach 40 %]")
		}},
	})
}

func TestLeavesOfTheAssignedAreMeasuredAgainstAllMembers(t *testing.T) {
	limit := &groups.Limit{MinCount: 2, MaxPercent: 50, MaxCount: 100, EmptyFrom: 4}
	club := func(w *evalWorld, drop ...groups.UserID) string {
		w.Helper()
		w = guardWorld(w, &groups.Guard{Group: groups.Bounds{Leaves: limit}, Day: groups.Bounds{Leaves: limit}})
		g := evalManual("club")
		g.Deactivated = groups.DropAll
		w.save(g)
		w.assign("club", "a", "b", "c", "d", "e")
		for _, id := range drop {
			w.write(groups.PeopleChange{Deactivate: []groups.UserID{id}})
			w.process()
		}
		if h := w.held(); h != "" {
			plans, err := w.ev.Held(w.Context())
			w.must(err)
			return h + ": " + plans[0].Hold.Limits[0]
		}
		return w.members("club")
	}
	evalTable(t, nil, []evalCase{
		{"two of five are not half", func(w *evalWorld) { w.want(club(w, "a", "b"), "c(m) d(m) e(m)") }},
		{"three of five are", func(w *evalWorld) {
			w.want(club(w, "a", "b", "c"), "club -c(deactivation): leaves of the group in 24 hours: 3 of 5 members reach 50 %")
		}},
		{"a manual group is not emptied", func(w *evalWorld) {
			w = guardWorld(w, &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{MinCount: 100, MaxCount: 100, EmptyFrom: 5}}})
			w.save(evalManual("club"))
			w.assign("club", "a", "b", "c", "d", "e")
			w.write(groups.PeopleChange{Remove: []groups.UserID{"a", "b", "c", "d", "e", "f"}})
			r, err := w.ev.Process(w.Context(), "club")
			w.must(err)
			w.want(r.Held[0].Hold.Limits[0], "leaves of the group: they empty a group of 5")
		}},
		{"one who is assigned does not hide that the rule lets all others go", func(w *evalWorld) {
			w = guardWorld(w, &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{MinCount: 100, MaxCount: 100, EmptyFrom: 5}}})
			w.assign("team", "f")
			w.move("Oslo", "a", "b", "c", "d", "e", "f")
			r, err := w.ev.Process(w.Context(), "team")
			w.must(err)
			w.want(r.Held[0].Hold.Limits[0], "leaves of the group: they leave none of 5 automatic members")
		}},
	})
}

func TestTheFirstRunOfAGroupIsNotCounted(t *testing.T) {
	w := guardWorld(t, &groups.Guard{Day: groups.Bounds{Joins: &groups.Limit{MinCount: 2, MaxPercent: 50, MaxCount: 5}}})
	w.people(evalUser("g", evalIn("Rome")))
	w.want(w.process(), "team +g(rule)") // the six of its first run stand in nobody's way
}
