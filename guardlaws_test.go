package groups_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// In random histories under a guard: what is held can be approved as it is, the counts are those of the
// members, whoever calls at Next and Due misses nothing, and no run takes out as many as the limits forbid.
func TestHistoriesUnderTheGuard(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		guard := small()
		if rapid.Bool().Draw(rt, "all") {
			guard.Day = groups.Bounds{Leaves: &groups.Limit{MinCount: 3, MaxPercent: 50, MaxCount: 5, EmptyFrom: 3}}
			guard.Run = groups.Bounds{Leaves: &groups.Limit{MinCount: 4, MaxPercent: 30, MaxCount: 10, EmptyFrom: 100}}
			guard.Runs = groups.Bounds{Leaves: &groups.Limit{MinCount: 6, MaxPercent: 40, MaxCount: 20, EmptyFrom: 100}}
		}
		ctx := t.Context()
		w := guardWorld(t, guard)
		w.save(evalGroup("mates", groups.MemberOfAny("team")), evalGroup("others", groups.MemberOfAny("team").Not()), evalGroup("apac", evalOrg.IsOrBelow("apac"), evalCity.Is("Rome")), evalManual("club"))
		w.process()
		users := []groups.UserID{"a", "b", "c", "d", "e", "f"}
		ids := []groups.GroupID{"team", "mates", "others", "apac", "club"}
		user := func() groups.UserID { return rapid.SampledFrom(users).Draw(rt, "user") }
		group := func() groups.GroupID { return rapid.SampledFrom(ids).Draw(rt, "group") }
		ok := func(err error) {
			if err != nil && !errors.Is(err, groups.ErrEligible) && !errors.Is(err, groups.ErrNotFound) {
				rt.Fatal(err)
			}
		}
		var last *groups.Run
		do := func(r *groups.Run, err error) {
			if ok(err); err != nil {
				return
			}
			last = r
			for _, d := range r.Diffs {
				n := 0
				for _, c := range d.Left {
					if (c.Cause == "rule" || c.Cause == "deactivation" || c.Cause == "absence") && c.By == "" {
						n++
					}
				}
				if n >= 4 {
					rt.Fatalf("%d left at once: %s", n, evalDiffs(r))
				}
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"move": func(rt *rapid.T) {
				for range rapid.IntRange(1, 4).Draw(rt, "n") {
					u := evalUser(user(), evalIn(rapid.SampledFrom([]string{"Rome", "Oslo"}).Draw(rt, "city")), evalAt(rapid.SampledFrom([]string{"emea", "apac"}).Draw(rt, "unit")))
					if rapid.IntRange(0, 3).Draw(rt, "off") == 0 {
						u.Activation = groups.Deactivated
					}
					w.people(u)
				}
			},
			"remove": func(rt *rapid.T) { w.write(groups.PeopleChange{Remove: []groups.UserID{user(), user()}}) },
			"assign": func(rt *rapid.T) {
				d := groups.Decision{By: "tutor"}
				if rapid.Bool().Draw(rt, "ends") {
					d.Until = w.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)
				}
				do(w.ev.Assign(ctx, group(), d, user(), user()))
			},
			"unassign": func(rt *rapid.T) { do(w.ev.Unassign(ctx, group(), "tutor", user(), user())) },
			"takeout":  func(rt *rapid.T) { do(w.ev.TakeOut(ctx, group(), "tutor", user())) },
			"changed":  func(rt *rapid.T) { do(w.ev.Changed(ctx, groups.Touched{Users: users})) },
			"forget":   func(rt *rapid.T) { last = nil; ok(w.ev.Forget(ctx, user(), "chief")) },
			"process":  func(rt *rapid.T) { do(w.ev.Process(ctx)) },
			"one":      func(rt *rapid.T) { do(w.ev.Process(ctx, group())) },
			"wait": func(rt *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(-5, 30).Draw(rt, "hours")) * time.Hour)
			},
			"edit": func(rt *rapid.T) {
				last = nil // an edit is no run
				w.edit(group(), func(g *groups.Group) {
					switch rapid.IntRange(0, 4).Draw(rt, "what") {
					case 0:
						g.Frozen = !g.Frozen
					case 1:
						g.Deactivated = groups.Policy(rapid.IntRange(0, 2).Draw(rt, "policy"))
					case 2:
						if g.Schedule.Every == 0 {
							nightly(g)
						} else {
							g.Schedule = groups.Schedule{}
						}
					case 3:
						g.Status = 1 - g.Status
					}
				})
			},
			"publish": func(rt *rapid.T) {
				r, err := w.ev.Publish(ctx, w.planFor(group(), nil, func(g *groups.Group) { g.Name += "x" }), "chief")
				ok(err)
				last = r
			},
			"settle and approve": func(rt *rapid.T) {
				do(w.ev.Changed(ctx, groups.Touched{Users: users}))
				plans, err := w.ev.Held(ctx)
				ok(err)
				if len(plans) == 0 {
					return
				}
				p := plans[0]
				g, err := w.Group(ctx, p.Group.ID)
				ok(err)
				if g.Revision != p.Group.Revision || g.Schedule.Every > 0 {
					return // frozen, or put on a schedule, since it was held: the run did not look at it
				}
				r, err := w.ev.Approve(ctx, p, "chief")
				if err != nil {
					rt.Fatalf("%v\nplan %s", err, evalDiffs(&groups.Run{Diffs: []groups.Diff{p.Diff}}))
				}
				last = r
			},
			"": func(rt *rapid.T) {
				for g, err := range w.Groups(ctx) {
					ok(err)
					n, automatic := 0, 0
					for m := range w.ev.Members(ctx, g.ID) {
						if n++; m.Method == groups.Automatic {
							automatic++
						}
					}
					if g.State.Members != n || g.State.Automatic != automatic {
						rt.Fatalf("%s: %d %d, state %+v", g.ID, n, automatic, g.State)
					}
				}
				_, next, err := w.ev.Due(ctx)
				ok(err)
				if last != nil && !next.IsZero() && (last.Next.IsZero() || last.Next.After(next)) {
					rt.Fatalf("the last run says %v, and due is %v", last.Next, next)
				}
			},
		})
	})
}

// departing is a Memory of which every look but the first few finds another version, so that whoever has an index of it gives
// that up in the middle.
type departing struct {
	*groups.Memory
	calm int
}

func (d *departing) Version(ctx context.Context) (string, error) {
	if d.calm--; d.calm < 0 {
		return fmt.Sprint(d.calm), ctx.Err()
	}
	return d.Memory.Version(ctx)
}

func TestARunThatHoldsGroupsIsTheSameWhereverItGivesTheIndexUp(t *testing.T) {
	// The group team is looked at whole, and of near only a, for which nobody needs to know whom b reports to.
	run := func(indexBytes int64, open func(*groups.Memory) groups.Directory) string {
		w := guardWorld(t, small())
		for _, id := range []groups.UserID{"a", "b", "c", "d", "g"} {
			w.people(evalUser(id, evalUnder("e")))
		}
		w.save(evalGroup("team", groups.UserBelow("e")), evalGroup("near", groups.UserBelow("d")))
		w.process()
		for _, id := range []groups.UserID{"a", "b", "c"} {
			w.people(evalUser(id, evalUnder("f")))
		}
		w.edit("team", func(g *groups.Group) { g.Name = "of another name" })
		ev := groups.NewEvaluator(open(w.Memory), law.BareStore(w.Memory), &groups.Options{
			Now: func() time.Time { return w.now }, Guard: small(), IndexBytes: indexBytes,
		})
		r, err := ev.Changed(t.Context(), groups.Touched{Users: []groups.UserID{"a"}})
		w.must(err)
		return evalDiffs(r) + "; held: " + w.held()
	}
	const want = "; held: team -a(rule) -b(rule) -c(rule)"
	if got := run(-1, func(m *groups.Memory) groups.Directory { return m }); got != want {
		t.Fatal(got)
	}
	for calm, gone := 0, true; gone; calm++ {
		d := &departing{calm: calm}
		got := run(0, func(m *groups.Memory) groups.Directory {
			d.Memory = m
			return d
		})
		if gone = d.calm < 0; got != want {
			t.Errorf("after %d looks at the version: %s", calm, got)
		}
	}
}
