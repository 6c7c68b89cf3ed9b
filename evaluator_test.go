package groups_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// This file shows what an Evaluator does.

func TestPreviewShowsWhatASaveWouldDoAndWritesNothing(t *testing.T) {
	preview := func(w *evalWorld, draft groups.Group) string {
		w.Helper()
		before := w.groupState()
		if stored, err := w.Group(w.Context(), draft.ID); err == nil {
			draft.Revision = stored.Revision
		}
		p, err := w.ev.Preview(w.Context(), draft, nil)
		w.must(err)
		w.want(w.groupState(), before)
		return evalDiffs(&groups.Run{Diffs: append([]groups.Diff{p.Diff}, p.Others...)})
	}
	evalTable(t, nil, []evalCase{
		{"a group that is not saved shows who would join", func(w *evalWorld) {
			w.want(preview(w, evalGroup("north", evalCity.Is("Oslo"))), "north +cid(rule)")
		}},
		{"a saved group shows who would join and leave by the new criteria", func(w *evalWorld) {
			w.want(preview(w, evalGroup("romans", evalCity.Is("Oslo"))), "romans -ann(rule) -bob(rule) +cid(rule)")
		}},
		{"a saved group as it is shows nothing", func(w *evalWorld) {
			g, err := w.Group(w.Context(), "romans")
			w.must(err)
			w.want(preview(w, g), "")
		}},
		{"the groups that refer to it are shown as they would follow", func(w *evalWorld) {
			w.save(evalGroup("b", groups.MemberOfAny("romans")))
			_, err := w.ev.Process(w.Context())
			w.must(err)
			w.want(preview(w, evalGroup("romans", evalCity.Is("Oslo"))), "romans -ann(rule) -bob(rule) +cid(rule); b -ann(rule) -bob(rule) +cid(rule)")
		}},
		{"other groups count as they are stored", func(w *evalWorld) {
			w.want(preview(w, evalGroup("b", groups.MemberOfAny("romans"))), "b +ann(rule) +bob(rule)")
		}},
		{"inactivation shows everybody leaving", func(w *evalWorld) {
			g := evalGroup("romans", evalCity.Is("Rome"))
			g.Status = groups.Inactive
			w.want(preview(w, g), "romans -ann(inactivation) -bob(inactivation)")
		}},
		{"a draft that closes a ring is refused with its path", func(w *evalWorld) {
			w.save(evalGroup("a", groups.MemberOfAny("b")))
			_, err := w.ev.Preview(w.Context(), evalGroup("b", groups.MemberOfAny("a")), nil)
			cycle, ok := errors.AsType[*groups.CycleError](err)
			if !ok || !slices.Equal(cycle.Path, []groups.GroupID{"b", "a", "b"}) {
				w.Errorf("got %v", err)
			}
		}},
		{"all that a save would refuse is refused at once", func(w *evalWorld) {
			bad := evalGroup("x", evalCity.Is(" "))
			bad.ID, bad.Name, bad.Zone = " x", "", "Mars/Olympus"
			_, err := w.ev.Preview(w.Context(), bad, nil)
			for _, want := range []error{groups.ErrGroup, groups.ErrOperand, groups.ErrID} {
				if !errors.Is(err, want) {
					w.Errorf("%v is not in %v", want, err)
				}
			}
		}},
		{"a count is that of a preview", func(w *evalWorld) {
			w.people(evalUser("dee", evalNowhereKnown))
			got, err := w.ev.Count(w.Context(), evalGroup("romans", evalCity.Is("Rome")))
			w.must(err)
			w.want(fmt.Sprint(got), "{2 2 1}")
			off := evalGroup("new", evalCity.IsNot("Rome"))
			off.Status = groups.Inactive
			got, err = w.ev.Count(w.Context(), off)
			w.must(err)
			w.want(fmt.Sprint(got), "{1 0 1}")
		}},
		{"evaluating writes nothing, for one group or all", func(w *evalWorld) {
			w.save(evalGroup("north", evalCity.Is("Oslo")))
			w.people(evalUser("ann", evalIn("Oslo")))
			before := w.groupState()
			for ids, want := range map[*[]groups.GroupID]string{
				{}:         "north +ann(rule) +cid(rule); romans -ann(rule)",
				{"north"}:  "north +ann(rule) +cid(rule)",
				{"romans"}: "romans -ann(rule)",
			} {
				r, err := w.ev.Evaluate(w.Context(), *ids...)
				w.must(err)
				w.want(evalDiffs(r), want)
			}
			w.want(w.groupState(), before)
		}},
	})
}

func TestProcessWritesWhatItFound(t *testing.T) {
	move := func(w *evalWorld) {
		w.save(evalGroup("north", evalCity.Is("Oslo")), evalGroup("all", groups.Everyone{}))
		w.people(evalUser("ann", evalIn("Oslo")))
	}
	evalTable(t, nil, []evalCase{
		{"all groups", func(w *evalWorld) {
			move(w)
			w.want(w.process(), "all +ann(rule) +bob(rule) +cid(rule); north +ann(rule) +cid(rule); romans -ann(rule)")
			w.want(w.members("north"), "ann cid")
			w.want(w.process(), "")
		}},
		{"one group, and the others stay as they are", func(w *evalWorld) {
			move(w)
			w.want(w.process("north"), "north +ann(rule) +cid(rule)")
			w.want(w.members("romans"), "ann bob")
		}},
		{"several groups", func(w *evalWorld) {
			move(w)
			w.want(w.process("north", "romans", "north"), "north +ann(rule) +cid(rule); romans -ann(rule)")
		}},
		{"a group that does not exist is refused, and nothing is written", func(w *evalWorld) {
			move(w)
			before := w.groupState()
			if _, err := w.ev.Process(w.Context(), "north", "nobody"); !errors.Is(err, groups.ErrNotFound) {
				w.Errorf("got %v", err)
			}
			w.want(w.groupState(), before)
		}},
		{"an empty diff raises neither revision nor sequence", func(w *evalWorld) {
			before, err := w.Group(w.Context(), "romans")
			w.must(err)
			w.process()
			after, err := w.Group(w.Context(), "romans")
			w.must(err)
			if before.Revision != after.Revision || before.State.Sequence != after.State.Sequence {
				w.Errorf("%+v became %+v", before, after)
			}
		}},
		{"whoever is unknown stays as they are, in or out", func(w *evalWorld) {
			w.people(evalUser("ann", evalNowhereKnown), evalUser("cid", evalNowhereKnown))
			w.want(w.process(), "romans ?ann ?cid")
			w.want(w.members("romans"), "ann bob")
		}},
		{"whoever vanishes leaves, and is as they were when they come back", func(w *evalWorld) {
			w.assign("romans", "cid")
			w.write(groups.PeopleChange{Remove: []groups.UserID{"ann", "cid"}})
			w.want(w.process(), "romans -ann(absence) -cid(absence)")
			w.people(evalUser("ann", evalNowhereKnown), evalUser("cid", evalIn("Oslo")))
			w.want(w.process(), "romans +ann(rule) +cid(assignment) ?ann")
			w.want(w.members("romans"), "ann bob cid(m)")
		}},
		{"groups that refer to each other are decided in one run, whatever their names", func(w *evalWorld) {
			w.save(evalGroup("a", groups.MemberOfAll("b", "z")), evalGroup("b", groups.MemberOfAny("z").Not()), evalGroup("z", evalCity.Is("Oslo")))
			w.want(w.process(), "b +ann(rule) +bob(rule); z +cid(rule)")
			w.people(evalUser("bob", evalIn("Oslo")))
			w.want(w.process(), "b -bob(rule); romans -bob(rule); z +bob(rule)")
		}},
		{"trouble with one group moves nobody in another", func(w *evalWorld) {
			w.save(evalGroup("in", groups.MemberOfAny("romans")), evalGroup("out", groups.MemberOfAny("romans").Not()))
			w.process()
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			w.want(w.process(), "in ?ann ?bob ?cid; out ?ann ?bob ?cid; romans -ann(inactivation) -bob(inactivation)")
			w.want(w.members("in")+"/"+w.members("out"), "ann bob/cid")
		}},
		{"a group without effect answers nobody, also where only its reader is processed", func(w *evalWorld) {
			w.save(evalGroup("in", groups.MemberOfAny("romans")))
			w.process()
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			w.want(w.process("in"), "in ?ann ?bob ?cid")
			w.process()
			w.want(w.process("in"), "in ?ann ?bob ?cid")
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Active }) // but not processed
			w.want(w.process("in"), "in ?ann ?bob ?cid")
		}},
		{"the diff is sorted by user, and so is the feed", func(w *evalWorld) {
			for _, id := range []groups.UserID{"zoe", "Zoe", "abe", "éva"} {
				w.people(evalUser(id, evalIn("Rome")))
			}
			r, err := w.ev.Process(w.Context())
			w.must(err)
			joined := func(yield func(groups.UserID) bool) {
				for _, c := range r.Diffs[0].Joined {
					yield(c.User)
				}
			}
			if got := slices.Collect(joined); !slices.IsSorted(got) || len(got) != 4 {
				w.Errorf("joined %q", got)
			}
		}},
	})
}

func TestSaveRefusesWhatCannotBe(t *testing.T) {
	evalTable(t, nil, []evalCase{
		{"everything wrong is reported at once", func(w *evalWorld) {
			before := w.groupState()
			g := groups.Group{ID: "\x00", Name: " ", Kind: 9, Status: 9, Deactivated: 9, Zone: "Nowhere", Parent: " ",
				Criteria: groups.AllSets(groups.All(), groups.All(groups.TextField("ghost").Is("x")))}
			_, err := w.ev.Save(w.Context(), g, "admin")
			for _, want := range []string{"group id", "no name", "kind, status or policy", "Nowhere", `group id " "`, "/sets/0/conditions", "/sets/1/conditions/0/field"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					w.Errorf("%q is not in: %v", want, err)
				}
			}
			w.want(w.groupState(), before)
		}},
		{"a second writer is told who was first, and when", func(w *evalWorld) {
			mine, err := w.Group(w.Context(), "romans")
			w.must(err)
			theirs := mine
			theirs.Name = "Romani"
			w.now = w.now.Add(time.Hour)
			_, err = w.ev.Save(w.Context(), theirs, "Julia")
			w.must(err)
			_, err = w.ev.Save(w.Context(), mine, "Marcus")
			conflict, ok := errors.AsType[*groups.ConflictError](err)
			if !ok || conflict.By != "Julia" || !conflict.At.Equal(w.now) || conflict.Revision != mine.Revision+1 || !errors.Is(err, groups.ErrConflict) {
				w.Errorf("got %v", err)
			}
			stored, err := w.Group(w.Context(), "romans")
			w.must(err)
			w.want(stored.Name, "Romani")
		}},
		{"a group that exists is not created twice", func(w *evalWorld) {
			if _, err := w.ev.Save(w.Context(), evalGroup("romans"), "admin"); !errors.Is(err, groups.ErrConflict) {
				w.Errorf("got %v", err)
			}
		}},
		{"a ring is refused, naming the whole path", func(w *evalWorld) {
			w.save(evalGroup("a", groups.MemberOfAny("b")), evalGroup("b", groups.MemberOfAny("c")))
			before := w.groupState()
			_, err := w.ev.Save(w.Context(), evalGroup("c", groups.MemberOfAny("a")), "admin")
			if !errors.Is(err, groups.ErrCycle) || !strings.Contains(fmt.Sprint(err), "c → a → b → c") {
				w.Errorf("got %v", err)
			}
			w.want(w.groupState(), before)
		}},
		{"a change of parent that closes a ring is refused", func(w *evalWorld) {
			w.save(evalManual("top"), evalGroup("reader", groups.MemberOfAny("top").WithBelow()))
			_, err := w.ev.Save(w.Context(), groups.Group{ID: "reader", Revision: 1, Name: "r", Kind: groups.AutomaticGroup, Parent: "top",
				Criteria: groups.AllSets(groups.All(groups.MemberOfAny("top").WithBelow()))}, "admin")
			if !errors.Is(err, groups.ErrCycle) {
				w.Errorf("got %v", err)
			}
		}},
		{"saving stamps who and when, and moves nobody until the group is processed", func(w *evalWorld) {
			g := evalGroup("romans", evalCity.Is("Oslo"))
			g.Revision = 1
			saved, err := w.ev.Save(w.Context(), g, "Julia")
			w.must(err)
			if saved.SavedBy != "Julia" || !saved.SavedAt.Equal(w.now) || saved.Revision != 2 {
				w.Errorf("got %+v", saved)
			}
			w.want(w.members("romans"), "ann bob")
			w.want(w.process("romans"), "romans -ann(rule) -bob(rule) +cid(rule)")
		}},
	})
}

// evalRival is a Store beside which somebody else writes just before each of the first writes.
type evalRival struct {
	groups.Store
	times int
	act   func()
}

func (r *evalRival) Apply(ctx context.Context, c groups.Commit) error {
	if r.times > 0 {
		r.times--
		r.act()
	}
	return r.Store.Apply(ctx, c)
}

func TestARunThatWasOvertakenStartsAgain(t *testing.T) {
	evalTable(t, nil, []evalCase{
		{"an assignment in between is kept", func(w *evalWorld) {
			rival := &evalRival{Store: w.Memory, times: 1, act: func() { w.assign("romans", "cid") }}
			w.people(evalUser("ann", evalIn("Oslo")))
			r, err := groups.NewEvaluator(w.Memory, rival, nil).Process(w.Context())
			w.must(err)
			w.want(evalDiffs(r), "romans -ann(rule)")
			w.want(w.members("romans"), "bob cid(m)")
		}},
		{"new criteria in between are followed", func(w *evalWorld) {
			rival := &evalRival{Store: w.Memory, times: 1, act: func() { w.save(evalGroup("romans", evalCity.Is("Oslo"))) }}
			w.people(evalUser("ann", evalIn("Oslo")))
			r, err := groups.NewEvaluator(w.Memory, rival, nil).Process(w.Context())
			w.must(err)
			w.want(evalDiffs(r), "romans -bob(rule) +cid(rule)")
		}},
		{"a group read and not written is watched as well", func(w *evalWorld) {
			w.save(evalGroup("b", groups.MemberOfAny("romans"), evalTeam.Is("red")))
			w.process()
			w.people(evalUser("ann", evalIn("Rome"), evalHas("team", groups.Choice("red"))))
			n := 0
			rival := &evalRival{Store: w.Memory, times: 5, act: func() {
				if n++; n == 1 {
					w.assign("romans", "cid") // b has nothing to write for cid
				}
			}}
			r, err := groups.NewEvaluator(w.Memory, rival, nil).Process(w.Context(), "b")
			w.must(err)
			w.want(fmt.Sprint(evalDiffs(r), " at attempt ", n), "b +ann(rule) at attempt 2")
		}},
		{"a rival without end is an error that wraps ErrConflict", func(w *evalWorld) {
			n := 0
			rival := &evalRival{Store: w.Memory, times: 1000, act: func() {
				n++
				w.assign("romans", groups.UserID(fmt.Sprint("cid", n)))
			}}
			w.people(evalUser("ann", evalIn("Oslo")))
			if _, err := groups.NewEvaluator(w.Memory, rival, nil).Process(w.Context()); !errors.Is(err, groups.ErrConflict) || n > 100 {
				w.Errorf("after %d times: %v", n, err)
			}
			w.want(w.members("romans"), "ann bob")
		}},
	})
}

func TestReadsOfMemberships(t *testing.T) {
	evalTable(t, nil, []evalCase{
		{"members come as a stream and by page", func(w *evalWorld) {
			w.assign("romans", "cid")
			w.want(w.members("romans"), "ann bob cid(m)")
			var pages []string
			after := groups.UserID("")
			for {
				page, err := w.ev.MembersPage(w.Context(), "romans", after, 2)
				w.must(err)
				if len(page) == 0 {
					break
				}
				pages = append(pages, fmt.Sprint(page))
				after = page[len(page)-1].User
			}
			w.want(strings.Join(pages, ""), "[{ann automatic} {bob automatic}][{cid manual}]")
			for _, n := range []int{0, -1} {
				if page, err := w.ev.MembersPage(w.Context(), "romans", "", n); err != nil || len(page) != 0 {
					w.Errorf("a page of %d: %v %v", n, page, err)
				}
			}
		}},
		{"a stream may be left early", func(w *evalWorld) {
			for range w.ev.Members(w.Context(), "romans") {
				break
			}
			for range w.ev.GroupsOf(w.Context(), "ann") {
				break
			}
		}},
		{"a user's groups and membership are those written", func(w *evalWorld) {
			w.save(evalGroup("all", groups.Everyone{}), evalManual("zero"))
			w.process()
			w.people(evalUser("ann", evalIn("Oslo"))) // not processed yet
			var ids []string
			for st, err := range w.ev.GroupsOf(w.Context(), "ann") {
				w.must(err)
				ids = append(ids, string(st.Group))
			}
			w.want(strings.Join(ids, " "), "all romans")
			for g, want := range map[groups.GroupID]bool{"romans": true, "zero": false, "none": false} {
				if is, err := w.ev.IsMember(w.Context(), g, "ann"); err != nil || is != want {
					w.Errorf("%s: %v %v", g, is, err)
				}
			}
		}},
		{"the JSON of a run has no null", func(w *evalWorld) {
			w.save(evalGroup("none"))
			for _, r := range []func() (*groups.Run, error){
				func() (*groups.Run, error) { return w.ev.Process(w.Context()) },
				func() (*groups.Run, error) { return w.ev.Changed(w.Context(), groups.Touched{}) },
				func() (*groups.Run, error) {
					return w.ev.Changed(w.Context(), groups.Touched{Users: []groups.UserID{"ann"}})
				},
				func() (*groups.Run, error) { return w.ev.Unassign(w.Context(), "none", "tutor") },
			} {
				run, err := r()
				w.must(err)
				text, err := json.Marshal(run)
				w.must(err)
				if strings.Contains(string(text), "null") {
					w.Errorf("%s", text)
				}
			}
		}},
	})
}
