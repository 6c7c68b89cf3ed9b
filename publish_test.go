package groups_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
)

// This file shows that what was previewed is what is published, or is refused; how a group changes its
// kind and adopts members; and what is written down of every edit.

// planFor previews an edit of a stored group.
func (w *evalWorld) planFor(id groups.GroupID, o *groups.PreviewOptions, change func(*groups.Group)) *groups.Plan {
	w.Helper()
	g, err := w.Group(w.Context(), id)
	w.must(err)
	change(&g)
	p, err := w.ev.Preview(w.Context(), g, o)
	w.must(err)
	return p
}

func toOslo(g *groups.Group) { g.Criteria = evalGroup("", evalCity.Is("Oslo")).Criteria }

func TestPublishingAPreviewGivesExactlyItOrRefuses(t *testing.T) {
	ctx := t.Context()
	evalTable(t, nil, []evalCase{
		{"it saves the definition and moves the members at once", func(w *evalWorld) {
			p := w.planFor("romans", nil, toOslo)
			r, err := w.ev.Publish(ctx, p, "chief")
			w.must(err)
			w.want(evalDiffs(r), "romans -ann(rule) -bob(rule) +cid(rule)")
			g, err := w.Group(ctx, "romans")
			w.must(err)
			w.want(fmt.Sprint(g.Revision, g.SavedBy, g.Criteria, g.State.Members), fmt.Sprint(2, "chief", p.Group.Criteria, 1))
			w.want(w.process(), "")
			w.want(w.changed(groups.Touched{}), "")
		}},
		{"a plan lives on as JSON", func(w *evalWorld) {
			w.save(evalGroup("b", groups.MemberOfAny("romans")))
			w.process()
			w.people(evalUser("dee", evalNowhereKnown))
			p := w.planFor("romans", nil, toOslo)
			text, err := json.Marshal(p)
			w.must(err)
			again := new(groups.Plan)
			w.must(json.Unmarshal(text, again))
			w.want(cmp.Diff(p, again, sameLiteral), "")
			r, err := w.ev.Publish(ctx, again, "chief")
			w.must(err)
			w.want(evalDiffs(r), "b -ann(rule) -bob(rule) +cid(rule) ?dee; romans -ann(rule) -bob(rule) +cid(rule) ?dee")
		}},
		{"a new group is created by publishing it", func(w *evalWorld) {
			p, err := w.ev.Preview(ctx, evalGroup("north", evalCity.Is("Oslo")), nil)
			w.must(err)
			r, err := w.ev.Publish(ctx, p, "chief")
			w.must(err)
			w.want(evalDiffs(r)+"|"+w.members("north"), "north +cid(rule)|cid")
			if _, err := w.ev.Publish(ctx, p, "chief"); !errors.Is(err, groups.ErrConflict) {
				w.Errorf("created twice: %v", err)
			}
		}},
		{"it is stale when somebody moved, joined, was switched or became undecided meanwhile", func(w *evalWorld) {
			for name, meanwhile := range map[string]func(w *evalWorld){
				"a leave less":           func(w *evalWorld) { w.people(evalUser("ann", evalIn("Oslo"))) },
				"a join more":            func(w *evalWorld) { w.people(evalUser("dee", evalIn("Oslo"))) },
				"a kept member switched": func(w *evalWorld) { w.assign("romans", "bob") },
				"one who is kept more":   func(w *evalWorld) { w.assign("romans", "zed"); w.people(evalUser("zed")); w.process() },
				"an undecided more":      func(w *evalWorld) { w.people(evalUser("eve", evalNowhereKnown)) },
				"a follower":             func(w *evalWorld) { w.save(evalGroup("b", groups.MemberOfAny("romans"))); w.process() },
			} {
				w := newEvalWorld(w, nil)
				p := w.planFor("romans", nil, toOslo)
				meanwhile(w)
				before := w.groupState()
				_, err := w.ev.Publish(ctx, p, "chief")
				stale, ok := errors.AsType[*groups.StaleError](err)
				if !ok || len(stale.Difference) == 0 || !strings.Contains(err.Error(), "planned") {
					w.Errorf("%s: %v", name, err)
				}
				w.want(w.groupState(), before)
			}
		}},
		{"a group that somebody else saved meanwhile is refused, naming who and when, by all that edits", func(w *evalWorld) {
			p := w.planFor("romans", nil, toOslo)
			stale, err := w.Group(ctx, "romans")
			w.must(err)
			w.now = w.now.Add(time.Hour)
			w.edit("romans", func(g *groups.Group) { g.Name = "Other" })
			before := w.groupState()
			_, publish := w.ev.Publish(ctx, p, "chief")
			_, preview := w.ev.Preview(ctx, stale, nil)
			_, save := w.ev.Save(ctx, stale, "chief")
			remove := w.ev.Delete(ctx, "romans", 1, "chief")
			for name, err := range map[string]error{"publish": publish, "preview": preview, "save": save, "delete": remove} {
				conflict, ok := errors.AsType[*groups.ConflictError](err)
				if !ok || conflict.By != "admin" || !conflict.At.Equal(w.now) || conflict.Revision != 2 {
					w.Errorf("%s: %v", name, err)
				}
			}
			w.want(w.groupState(), before)
		}},
		{"other data that ends the same is no reason to refuse", func(w *evalWorld) {
			p := w.planFor("romans", nil, toOslo)
			w.people(evalUser("bob", evalIn("Rome"), evalHas("score", groups.Number(7))))
			w.now = w.now.Add(24 * time.Hour)
			_, err := w.ev.Publish(ctx, p, "chief")
			w.must(err)
		}},
		{"who is kept, withheld and undecided is shown", func(w *evalWorld) {
			w.people(evalUser("dee", evalNowhereKnown))
			w.assign("romans", "zed")
			p := w.planFor("romans", nil, func(g *groups.Group) { g.Criteria = evalGroup("", evalCity.Is("Rome", "Oslo")).Criteria })
			w.want(fmt.Sprint(p.Kept), "[{ann automatic} {bob automatic}]")
			w.want(evalDiffs(&groups.Run{Diffs: []groups.Diff{p.Diff}}), "romans +cid(rule) ?dee")
			off := evalGroup("off", evalCity.Is("Rome"))
			off.Status = groups.Inactive
			q, err := w.ev.Preview(ctx, off, nil)
			w.must(err)
			w.want(evalDiffs(&groups.Run{Diffs: []groups.Diff{q.Diff}}), "off (+ann(rule)) (+bob(rule)) ?dee")
		}},
		{"a preview tells how far it is, and can be cancelled", func(w *evalWorld) {
			var many []groups.User
			for i := range 25_000 {
				many = append(many, evalUser(groups.UserID(fmt.Sprintf("m%05d", i))))
			}
			w.people(many...)
			var told []int
			w.planFor("romans", &groups.PreviewOptions{Progress: func(n int) { told = append(told, n) }}, toOslo)
			w.want(fmt.Sprint(told), "[10000 20000 25003]")
			g, err := w.Group(ctx, "romans")
			w.must(err)
			cancelled, cancel := context.WithCancel(ctx)
			_, err = w.ev.Preview(cancelled, g, &groups.PreviewOptions{Progress: func(int) { cancel() }})
			if !errors.Is(err, context.Canceled) {
				w.Errorf("got %v", err)
			}
		}},
		{"a scheduled group is published at once", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Schedule = groups.Schedule{Every: 24 * time.Hour, Shift: 2 * time.Hour} })
			r, err := w.ev.Publish(ctx, w.planFor("romans", nil, toOslo), "chief")
			w.must(err)
			w.want(evalDiffs(r), "romans -ann(rule) -bob(rule) +cid(rule)")
		}},
	})
}

func TestAChangeOfKindSaysWhatBecomesOfTheMembers(t *testing.T) {
	ctx := t.Context()
	publish := func(w *evalWorld, members groups.CurrentMembers, kind groups.Kind) string {
		w.Helper()
		p := w.planFor("romans", &groups.PreviewOptions{Members: members}, func(g *groups.Group) { g.Kind = kind })
		shown := evalDiffs(&groups.Run{Diffs: []groups.Diff{p.Diff}})
		r, err := w.ev.Publish(ctx, p, "chief")
		w.must(err)
		w.want(evalDiffs(r), shown)
		return shown
	}
	evalTable(t, nil, []evalCase{
		{"unsaid it is refused", func(w *evalWorld) {
			g, err := w.Group(ctx, "romans")
			w.must(err)
			g.Kind = groups.ManualGroup
			if _, err := w.ev.Preview(ctx, g, nil); !errors.Is(err, groups.ErrGroup) {
				w.Errorf("got %v", err)
			}
		}},
		{"to manual, members become assignments", func(w *evalWorld) {
			w.want(publish(w, groups.MembersAssigned, groups.ManualGroup), "romans ~ann(assignment) ~bob(assignment)")
			w.want(w.members("romans"), "ann(m) bob(m)")
			x, err := w.ev.Explain(ctx, "romans", "ann")
			w.must(err)
			if x.Assignment == nil || x.Assignment.By != "chief" || x.Assignment.Source != "kind" {
				w.Errorf("got %+v", x.Assignment)
			}
		}},
		{"to manual, members are dropped", func(w *evalWorld) {
			w.assign("romans", "cid")
			w.want(publish(w, groups.MembersDropped, groups.ManualGroup), "romans -ann(rule) -bob(rule) -cid(unassignment)")
			w.want(w.members("romans"), "")
		}},
		{"to automatic, assignments stay", func(w *evalWorld) {
			w.assign("romans", "cid", "ann")
			publish(w, groups.MembersAssigned, groups.ManualGroup)
			w.want(publish(w, groups.MembersAssigned, groups.AutomaticGroup), "")
			w.want(w.members("romans"), "ann(m) bob(m) cid(m)")
		}},
		{"to automatic, assignments are dropped and the rule says who is in", func(w *evalWorld) {
			w.assign("romans", "cid")
			publish(w, groups.MembersAssigned, groups.ManualGroup)
			w.want(publish(w, groups.MembersDropped, groups.AutomaticGroup), "romans ~ann(unassignment) ~bob(unassignment) -cid(unassignment)")
			w.want(w.members("romans"), "ann bob")
		}},
		{"a frozen group keeps nobody by a rule that is gone", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Frozen = true })
			w.want(publish(w, groups.MembersDropped, groups.ManualGroup), "romans -ann(rule) -bob(rule)")
		}},
		{"nor behind their assignments", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Frozen = true })
			publish(w, groups.MembersAssigned, groups.ManualGroup)
			w.want(w.members("romans"), "ann(m) bob(m)")
			r, err := w.ev.Unassign(ctx, "romans", "tutor", "ann")
			w.must(err)
			w.want(evalDiffs(r), "romans -ann(unassignment)")
		}},
		{"an assignment that has run out since does not cost a member of the rule the place", func(w *evalWorld) {
			_, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "tutor", Until: w.now.Add(time.Hour)}, "ann")
			w.must(err)
			w.now = w.now.Add(2 * time.Hour)
			publish(w, groups.MembersAssigned, groups.ManualGroup)
			w.want(w.members("romans"), "ann(m) bob(m)")
		}},
		{"each decision that this makes or ends is written down", func(w *evalWorld) {
			w.assign("romans", "cid")
			audit := func() string {
				var out []string
				for a, err := range w.Acts(ctx, "romans", "") {
					w.must(err)
					if a.User != "" && a.By == "chief" {
						out = append(out, fmt.Sprintf("%s %s %v→%v", a.Do, a.User, a.Before != nil, a.After != nil))
					}
				}
				return strings.Join(out, "; ")
			}
			publish(w, groups.MembersAssigned, groups.ManualGroup)
			made := "assign ann false→true; assign bob false→true"
			w.want(audit(), made)
			publish(w, groups.MembersDropped, groups.AutomaticGroup)
			w.want(audit(), made+"; unassign ann true→false; unassign bob true→false; unassign cid true→false")
		}},
	})
}

func TestActivationJoinsAndAdoptionDoesNot(t *testing.T) {
	ctx := t.Context()
	asleep := func(w *evalWorld) {
		w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
		w.process()
		w.people(evalUser("dee", evalIn("Rome")))
		w.want(w.process(), "romans (+dee(rule))")
	}
	evalTable(t, nil, []evalCase{
		{"activation", func(w *evalWorld) {
			asleep(w)
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Active })
			w.want(w.process(), "romans +ann(activation) +bob(activation) +dee(activation)")
		}},
		{"adoption is a switch of everybody who is in, and takes followers along", func(w *evalWorld) {
			asleep(w)
			w.save(evalGroup("b", groups.MemberOfAny("romans")))
			w.want(w.process(), "b ?ann ?bob ?cid ?dee")
			g, err := w.Group(ctx, "romans")
			w.must(err)
			if _, err := w.ev.Adopt(ctx, "romans", 1, "chief"); !errors.Is(err, groups.ErrConflict) {
				w.Errorf("a stale revision: %v", err)
			}
			r, err := w.ev.Adopt(ctx, "romans", g.Revision, "chief")
			w.must(err)
			w.want(evalDiffs(r), "b +ann(rule) +bob(rule) +dee(rule); romans ~ann(adoption) ~bob(adoption) ~dee(adoption)")
			w.want(w.members("romans"), "ann bob dee")
			if c := r.Diffs[1].Switched[0]; c.Before != groups.Outside || c.By != "chief" {
				w.Errorf("%+v", c)
			}
			w.want(w.process(), "")
			if _, err := w.ev.Adopt(ctx, "romans", g.Revision+1, "chief"); !errors.Is(err, groups.ErrGroup) {
				w.Errorf("adopted twice: %v", err)
			}
		}},
	})
}

func TestEveryActIsWrittenDown(t *testing.T) {
	ctx := t.Context()
	w := newEvalWorld(t, &groups.Options{Exclusions: true})
	w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive }) // written down all the same
	w.process()
	w.assign("romans", "cid", "ann")
	w.assign("romans", "cid") // once more, at the same instant, is nothing new
	_, err := w.ev.Unassign(ctx, "romans", "tutor", "ann", "stranger")
	w.must(err)
	_, err = w.ev.Exclude(ctx, "romans", groups.Decision{By: "tutor", Why: "asked"}, "bob")
	w.must(err)
	_, err = w.ev.Readmit(ctx, "romans", "tutor", "bob")
	w.must(err)
	_, err = w.ev.Publish(ctx, w.planFor("romans", nil, toOslo), "chief")
	w.must(err)
	w.must(w.ev.Forget(ctx, "cid", "chief"))
	w.must(w.ev.Delete(ctx, "romans", 3, "chief"))
	var got []string
	for a, err := range w.Acts(ctx, "", "") {
		w.must(err)
		if !a.At.Equal(w.now) {
			t.Errorf("%+v", a)
		}
		got = append(got, fmt.Sprintf("%s %s %s by %s %q %v→%v", a.Do, a.Group, a.User, a.By, a.Why, a.Before != nil, a.After != nil))
	}
	alias := "forgotten-20260301T090000.000000000-8" // and the cursor of the act before
	want := []string{
		`create romans  by admin "" false→true`,
		`edit romans  by admin "" true→true`,
		`assign romans ann by tutor "" false→true`,
		`assign romans ` + alias + ` by tutor "" false→false`,
		`unassign romans ann by tutor "" true→false`,
		`exclude romans bob by tutor "asked" false→true`,
		`readmit romans bob by tutor "" true→false`,
		`publish romans  by chief "" true→true`,
		`forget  ` + alias + ` by chief "" false→false`,
		`delete romans  by chief "" true→false`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheLastTenVersionsOfTheCriteriaAreKept(t *testing.T) {
	w := newEvalWorld(t, nil)
	versions := func() string {
		var out []string
		for n, err := range w.Notes(t.Context(), groups.NoteVersion, "romans") {
			w.must(err)
			var g groups.Group
			w.must(json.Unmarshal(n.Data, &g))
			out = append(out, fmt.Sprint(g.Revision, g.Criteria.Sets[0].Conditions[0], n.By))
		}
		return strings.Join(out, "; ")
	}
	w.want(versions(), "1 city is Romeadmin")
	w.edit("romans", func(g *groups.Group) { g.Name, g.Owner, g.Status = "Other", "pat", groups.Inactive })
	w.want(versions(), "1 city is Romeadmin") // other edits make no version
	for i := range 11 {
		w.edit("romans", func(g *groups.Group) { g.Criteria = evalGroup("", evalScore.AtLeast(float64(i))).Criteria })
	}
	list := strings.Split(versions(), "; ")
	if len(list) != 10 || !strings.HasPrefix(list[0], "4") || !strings.HasPrefix(list[9], "13") {
		t.Errorf("%v", list)
	}
}

func TestAPreviewReachesTheGroupsThatCountedTheGroupBeneathItsParent(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(groups.Group{ID: "italy", Name: "Italy", Status: groups.Active})
	w.edit("romans", func(g *groups.Group) { g.Parent = "italy" })
	w.save(evalGroup("all", groups.MemberOfAny("italy").WithBelow()))
	w.process()
	w.want(w.members("all"), "ann bob")
	p := w.planFor("romans", nil, func(g *groups.Group) { g.Parent = "" })
	if len(p.Others) != 1 || p.Others[0].Group != "all" || len(p.Others[0].Left) != 2 {
		t.Fatalf("others: %+v", p.Others)
	}
	_, err := w.ev.Publish(w.Context(), p, "editor")
	w.must(err)
	w.want(w.members("all"), "")
}
