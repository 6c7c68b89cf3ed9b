package groups_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// This file shows what people decide about users, what becomes of a group in its life, and how a
// change reaches whom it concerns. It is written in the shorthand of evaluator_test.go.

func TestWhatPeopleDecide(t *testing.T) {
	ctx := context.Background()
	evalTable(t, nil, []evalCase{
		{"assigning somebody from outside is a join", func(w *evalWorld) {
			w.want(w.assign("romans", "cid"), "romans +cid(assignment)")
			w.want(w.members("romans"), "ann bob cid(m)")
		}},
		{"assigning a member is a switch to manual, and taking it away a switch back", func(w *evalWorld) {
			w.want(w.assign("romans", "ann"), "romans ~ann(assignment)")
			r, err := w.ev.Unassign(ctx, "romans", "tutor", "ann")
			w.must(err)
			w.want(evalDiffs(r), "romans ~ann(unassignment)")
			w.want(w.members("romans"), "ann bob")
		}},
		{"taking away the assignment of somebody the rule does not hold for is a leave", func(w *evalWorld) {
			w.assign("romans", "cid")
			r, err := w.ev.Unassign(ctx, "romans", "tutor", "cid")
			w.must(err)
			w.want(evalDiffs(r), "romans -cid(unassignment)")
		}},
		{"taking away what is not there does nothing", func(w *evalWorld) {
			before := w.groupState()
			_, err := w.ev.Unassign(ctx, "romans", "tutor", "ann", "cid", "stranger")
			w.must(err)
			w.want(w.groupState(), before)
		}},
		{"an assignment keeps who, when, why, until and source, and names the person in the change", func(w *evalWorld) {
			until := w.now.Add(time.Hour)
			r, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "tutor", Why: "resits", Source: "csv", Until: until}, "cid")
			w.must(err)
			if c := r.Changes()[0]; c.By != "tutor" || !c.At.Equal(w.now) {
				w.Errorf("got %+v", c)
			}
			x, err := w.ev.Explain(ctx, "romans", "cid")
			w.must(err)
			want := groups.Assignment{By: "tutor", At: w.now, Why: "resits", Until: until, Source: "csv"}
			if x.Assignment == nil || *x.Assignment != want {
				w.Errorf("got %+v", x.Assignment)
			}
		}},
		{"a second assignment replaces the first", func(w *evalWorld) {
			w.assign("romans", "cid")
			_, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "dean", Until: w.now.Add(time.Hour)}, "cid")
			w.must(err)
			w.now = w.now.Add(2 * time.Hour)
			w.want(w.changed(groups.Touched{}), "romans -cid(unassignment)")
		}},
		{"an assignment whose time is up when it is made puts nobody in", func(w *evalWorld) {
			r, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "tutor", Until: w.now}, "cid")
			w.must(err)
			w.want(evalDiffs(r), "")
		}},
		{"who is not in the directory may be assigned, and is in as soon as they are there", func(w *evalWorld) {
			w.want(w.assign("romans", "dee"), "")
			w.people(evalUser("dee"))
			w.want(w.changed(groups.Touched{Users: []groups.UserID{"dee"}}), "romans +dee(assignment)")
		}},
		{"an unusable user refuses all, and nobody is assigned", func(w *evalWorld) {
			before := w.groupState()
			if _, err := w.ev.Assign(ctx, "romans", groups.Decision{}, "cid", " dee", ""); !errors.Is(err, groups.ErrID) {
				w.Errorf("got %v", err)
			}
			w.want(w.groupState(), before)
		}},
		{"a group that does not exist is refused by every act", func(w *evalWorld) {
			for name, act := range map[string]func() (*groups.Run, error){
				"assign":   func() (*groups.Run, error) { return w.ev.Assign(ctx, "none", groups.Decision{}, "ann") },
				"unassign": func() (*groups.Run, error) { return w.ev.Unassign(ctx, "none", "x", "ann") },
				"take out": func() (*groups.Run, error) { return w.ev.TakeOut(ctx, "none", "x", "ann") },
				"readmit":  func() (*groups.Run, error) { return w.ev.Readmit(ctx, "none", "x", "ann") },
			} {
				if r, err := act(); !errors.Is(err, groups.ErrNotFound) || r != nil {
					w.Errorf("%s: %v", name, err)
				}
			}
		}},
		{"nobody is taken out against the rule, and the refusal explains", func(w *evalWorld) {
			w.assign("romans", "cid", "ann")
			before := w.groupState()
			r, err := w.ev.TakeOut(ctx, "romans", "tutor", "cid", "ann", "bob")
			w.want(w.groupState(), before)
			eligible, ok := errors.AsType[*groups.EligibleError](err)
			if !ok || r != nil || eligible.User != "ann" || eligible.Group != "romans" || eligible.Explanation.Verdict != groups.Yes {
				w.Fatalf("got %v", err)
			}
			w.want(fmt.Sprint(eligible.Explanation.Otherwise), "[it would be no if city were empty]")
			for _, want := range []string{`"ann"`, `"bob"`, "city is Rome"} {
				if !strings.Contains(err.Error(), want) || !errors.Is(err, groups.ErrEligible) {
					w.Errorf("%s is not in %v", want, err)
				}
			}
		}},
		{"who is in by hand only is taken out, and an outsider stays one", func(w *evalWorld) {
			w.assign("romans", "cid")
			r, err := w.ev.TakeOut(ctx, "romans", "tutor", "cid", "stranger")
			w.must(err)
			w.want(evalDiffs(r), "romans -cid(unassignment)")
		}},
		{"who is kept in by what is not known is not taken out either", func(w *evalWorld) {
			w.people(evalUser("ann", evalNowhereKnown))
			_, err := w.ev.TakeOut(ctx, "romans", "tutor", "ann")
			if !errors.Is(err, groups.ErrEligible) || !strings.Contains(err.Error(), "what is known does not take them out") {
				w.Errorf("got %v", err)
			}
		}},
		{"a manual group takes effect at once, and groups that refer to it follow in the same run", func(w *evalWorld) {
			w.save(evalManual("club"), evalGroup("a", groups.MemberOfAny("club")), evalGroup("b", groups.MemberOfAny("a").Not()))
			w.process()
			w.want(w.assign("club", "ann"), "a +ann(rule); b -ann(rule); club +ann(assignment)")
			r, err := w.ev.TakeOut(ctx, "club", "tutor", "ann")
			w.must(err)
			w.want(evalDiffs(r), "a -ann(rule); b +ann(rule); club -ann(unassignment)")
			w.settled()
		}},
		{"only the act's own group is said to be by the person", func(w *evalWorld) {
			w.save(evalManual("club"), evalGroup("a", groups.MemberOfAny("club")))
			w.process()
			r, err := w.ev.Assign(ctx, "club", groups.Decision{By: "tutor"}, "ann")
			w.must(err)
			for _, c := range r.Changes() {
				w.want(string(c.Group)+c.By, map[groups.GroupID]string{"a": "a", "club": "clubtutor"}[c.Group])
			}
		}},
		{"an act on a group that was just activated takes everybody of its dependents along", func(w *evalWorld) {
			// The groups are saved and never named in Touched: what is due is due all the same.
			off := evalGroup("source", evalCity.Is("Oslo"))
			off.Status = groups.Inactive
			w.save(off, evalGroup("reader", groups.MemberOfAny("source")))
			w.process()
			w.edit("source", func(g *groups.Group) { g.Status = groups.Active })
			w.assign("source", "ann")
			w.changed(groups.Touched{})
			w.want(w.members("reader"), "ann cid")
		}},
		{"without exclusions excluding is refused, and a stored one counts for nothing", func(w *evalWorld) {
			if _, err := w.ev.Exclude(ctx, "romans", groups.Decision{By: "x"}, "ann"); !errors.Is(err, errors.ErrUnsupported) {
				w.Errorf("got %v", err)
			}
			strict := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Exclusions: true, Now: func() time.Time { return w.now }})
			_, err := strict.Exclude(ctx, "romans", groups.Decision{By: "x"}, "ann")
			w.must(err)
			w.want(w.members("romans"), "bob")
			w.want(w.process(), "romans +ann(rule)")
		}},
		{"forgetting erases a user everywhere and leaves a leave for each membership", func(w *evalWorld) {
			w.save(evalManual("club"), evalGroup("never"))
			w.assign("club", "ann", "cid")
			w.must(w.ev.Forget(ctx, "ann", "admin"))
			w.want(w.members("romans")+"/"+w.members("club"), "bob/cid(m)")
			var left []string
			for c, err := range w.Changes(ctx, "") {
				w.must(err)
				if c.User == "ann" {
					left = append(left, string(c.Group)+evalChange(c))
				}
			}
			w.want(strings.Join(left, " "), "club-ann(forgotten) romans-ann(forgotten)")
			w.people(evalUser("ann", evalIn("Rome")))
			w.want(w.process(), "romans +ann(rule)") // and not assigned to the club
		}},
	})
}

func TestExclusions(t *testing.T) {
	ctx := context.Background()
	exclude := func(w *evalWorld, d groups.Decision, users ...groups.UserID) string {
		w.Helper()
		r, err := w.ev.Exclude(ctx, "romans", d, users...)
		w.must(err)
		return evalDiffs(r)
	}
	evalTable(t, &groups.Options{Exclusions: true}, []evalCase{
		{"excluding takes out whom the rule keeps in, until they are readmitted", func(w *evalWorld) {
			w.want(exclude(w, groups.Decision{By: "dean"}, "ann"), "romans -ann(exclusion)")
			w.want(w.process(), "")
			r, err := w.ev.Readmit(ctx, "romans", "dean", "ann")
			w.must(err)
			w.want(evalDiffs(r), "romans +ann(rule)")
		}},
		{"an excluded user is not assigned, and nobody else in that call", func(w *evalWorld) {
			exclude(w, groups.Decision{By: "dean"}, "ann")
			before := w.groupState()
			if _, err := w.ev.Assign(ctx, "romans", groups.Decision{}, "ann", "cid"); !errors.Is(err, groups.ErrExcluded) {
				w.Errorf("got %v", err)
			}
			w.want(w.groupState(), before)
		}},
		{"an assignment that says so replaces an exclusion", func(w *evalWorld) {
			exclude(w, groups.Decision{By: "dean"}, "ann")
			r, err := w.ev.Assign(ctx, "romans", groups.Decision{Replace: true}, "ann")
			w.must(err)
			w.want(evalDiffs(r), "romans +ann(assignment)")
			r, err = w.ev.Unassign(ctx, "romans", "x", "ann")
			w.must(err)
			w.want(evalDiffs(r), "romans ~ann(unassignment)")
		}},
		{"an assigned user is not excluded, and nobody else in that call", func(w *evalWorld) {
			w.assign("romans", "cid")
			before := w.groupState()
			if _, err := w.ev.Exclude(ctx, "romans", groups.Decision{}, "cid", "ann"); !errors.Is(err, groups.ErrAssigned) {
				w.Errorf("got %v", err)
			}
			w.want(w.groupState(), before)
		}},
		{"an exclusion that says so replaces an assignment", func(w *evalWorld) {
			w.assign("romans", "cid")
			w.want(exclude(w, groups.Decision{Replace: true}, "cid"), "romans -cid(exclusion)")
			_, err := w.ev.Readmit(ctx, "romans", "x", "cid")
			w.must(err)
			w.want(w.members("romans"), "ann bob")
		}},
	})
}

func TestTheLifeOfAGroup(t *testing.T) {
	inactive := func(w *evalWorld) {
		w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
	}
	active := func(w *evalWorld) {
		w.edit("romans", func(g *groups.Group) { g.Status = groups.Active })
	}
	freeze := func(w *evalWorld, on bool) {
		w.edit("romans", func(g *groups.Group) { g.Frozen = on })
	}
	evalTable(t, nil, []evalCase{
		{"a new group is inactive: its population is kept up, its membership empty", func(w *evalWorld) {
			g := evalGroup("north", evalCity.Is("Oslo"))
			g.Status = groups.Status(0)
			w.save(g)
			w.want(w.process(), "north (+cid(rule))")
			w.want(w.members("north")+"/"+w.population("north"), "/cid")
			w.want(w.assign("north", "ann"), "north (+ann(assignment))")
			w.want(w.process(), "")
		}},
		{"activation is a join for everybody in, by that cause", func(w *evalWorld) {
			inactive(w)
			w.process()
			w.assign("romans", "cid")
			active(w)
			w.want(w.process(), "romans +ann(activation) +bob(activation) +cid(activation)")
			w.want(w.members("romans"), "ann bob cid(m)")
		}},
		{"inactivation is a leave for everybody, by that cause, and keeps the population", func(w *evalWorld) {
			w.assign("romans", "cid")
			inactive(w)
			w.want(w.process(), "romans -ann(inactivation) -bob(inactivation) -cid(inactivation)")
			w.want(w.members("romans")+"/"+w.population("romans"), "/ann bob cid(m)")
		}},
		{"while inactive the population follows the people, and the changes are withheld", func(w *evalWorld) {
			inactive(w)
			w.process()
			w.people(evalUser("ann", evalIn("Oslo")), evalUser("cid", evalIn("Rome")))
			w.want(w.process(), "romans (-ann(rule)) (+cid(rule))")
			active(w)
			w.want(w.process(), "romans +bob(activation) +cid(activation)")
		}},
		{"while frozen the rule moves nobody, and people and status still do", func(w *evalWorld) {
			freeze(w, true)
			w.people(evalUser("ann", evalIn("Oslo")), evalUser("dee", evalIn("Rome")))
			w.want(w.process(), "")
			w.want(w.assign("romans", "dee"), "romans +dee(assignment)")
			w.edit("romans", func(g *groups.Group) { g.Deactivated = groups.DropAutomatic })
			w.people(evalUser("bob", evalIn("Rome"), evalOff), evalUser("dee", evalOff))
			w.want(w.process(), "romans -bob(deactivation)")
		}},
		{"unfreezing writes nothing until the next processing", func(w *evalWorld) {
			freeze(w, true)
			w.people(evalUser("ann", evalIn("Oslo")))
			w.process()
			freeze(w, false)
			w.want(w.members("romans"), "ann bob")
			w.want(w.changed(groups.Touched{}), "romans -ann(rule)")
		}},
		{"an automatic group that becomes manual loses whom only its rule kept in", func(w *evalWorld) {
			w.assign("romans", "ann")
			w.edit("romans", func(g *groups.Group) { g.Kind = groups.ManualGroup })
			w.want(w.process(), "romans -bob(rule)")
			w.want(w.members("romans"), "ann(m)")
		}},
		{"a deleted group leaves a leave for each member", func(w *evalWorld) {
			g, err := w.Group(w.Context(), "romans")
			w.must(err)
			w.must(w.ev.Delete(w.Context(), "romans", g.Revision, "admin"))
			w.want(w.process(), "")
			for range w.ev.GroupsOf(w.Context(), "ann") {
				w.Error("ann is still in a group")
			}
		}},
	})
}

func TestPoliciesForTheDeactivated(t *testing.T) {
	for _, c := range []struct {
		policy                    groups.Policy
		unknown, off, back, after string
	}{
		{groups.Keep, "", "", "", "ann bob(m)"},
		{groups.DropAutomatic, "romans ?ann", "romans -ann(deactivation)", "romans +ann(rule)", "ann bob(m)"},
		{groups.DropAll, "romans ?ann ?bob", "romans -ann(deactivation) -bob(deactivation)", "romans +ann(rule) +bob(assignment)", "ann bob(m)"},
	} {
		t.Run(c.policy.String(), func(t *testing.T) {
			w := newEvalWorld(t, nil)
			w.assign("romans", "bob")
			w.edit("romans", func(g *groups.Group) { g.Deactivated = c.policy })
			w.want(w.process(), "")
			w.people(evalUser("ann", evalIn("Rome"), evalPerhapsOff), evalUser("bob", evalIn("Rome"), evalPerhapsOff))
			w.want(w.process(), c.unknown)
			w.people(evalUser("ann", evalIn("Rome"), evalOff), evalUser("bob", evalIn("Rome"), evalOff))
			w.want(w.process(), c.off)
			expired := func(u *groups.User) { u.Expiry = groups.Expired }
			w.people(evalUser("ann", evalIn("Rome"), expired), evalUser("bob", evalIn("Rome"), expired))
			w.want(w.process(), c.back)
			w.want(w.members("romans"), c.after)
		})
	}
}

// groupsCounting counts how often everybody is read.
type groupsCounting struct {
	groups.Directory
	scans int
}

func (d *groupsCounting) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	d.scans++
	return d.Directory.Users(ctx)
}

// groupsOpen is a wrapper that shows what it wraps.
type groupsOpen struct{ *groupsCounting }

func (d groupsOpen) Unwrap() any { return d.Directory }

func TestChangedReachesWhomAChangeConcerns(t *testing.T) {
	users := func(ids ...groups.UserID) groups.Touched { return groups.Touched{Users: ids} }
	units := func(ids ...string) (t groups.Touched) {
		for _, id := range ids {
			t.Units = append(t.Units, groups.Unit{Tree: "org", ID: id})
		}
		return t
	}
	evalTable(t, nil, []evalCase{
		{"a changed user", func(w *evalWorld) {
			w.people(evalUser("ann", evalIn("Oslo")), evalUser("dee", evalIn("Rome")))
			w.want(w.changed(users("ann", "dee")), "romans -ann(rule) +dee(rule)")
		}},
		{"a removed user, and one who was never there", func(w *evalWorld) {
			w.write(groups.PeopleChange{Remove: []groups.UserID{"ann"}})
			w.want(w.changed(users("ann", "stranger")), "romans -ann(absence)")
		}},
		{"a user named twice, and as an enrollment", func(w *evalWorld) {
			w.people(evalUser("ann", evalIn("Oslo")))
			w.want(w.changed(groups.Touched{Users: []groups.UserID{"ann", "ann"}, Enrollments: []groups.UserID{"ann"}}), "romans -ann(rule)")
		}},
		{"a changed manager moves everybody beneath", func(w *evalWorld) {
			w.people(evalUser("boss"), evalUser("dee", evalUnder("cid")))
			w.save(evalGroup("line", groups.UserBelow("boss")))
			w.process()
			w.people(evalUser("bob", evalIn("Rome"), evalUnder("boss")))
			w.want(w.changed(users("bob")), "line +ann(rule) +bob(rule) +cid(rule) +dee(rule)")
			w.write(groups.PeopleChange{Remove: []groups.UserID{"cid"}})
			w.changed(users("cid")) // dee's line is now lost on the way, which moves nobody
			w.want(w.members("line"), "ann bob dee")
		}},
		{"a changed manager, in a directory that cannot tell reports", func(w *evalWorld) {
			w.ev = groups.NewEvaluator(struct{ groups.Directory }{w.Memory}, w.Memory, &groups.Options{Now: func() time.Time { return w.now }})
			w.people(evalUser("boss"))
			w.save(evalGroup("line", groups.UserBelow("boss").ToDepth(2)))
			w.process()
			w.people(evalUser("bob", evalIn("Rome"), evalUnder("boss")), evalUser("dee", evalUnder("ann")))
			w.want(w.changed(users("bob", "dee")), "line +ann(rule) +bob(rule) +cid(rule)")
		}},
		{"who gets or loses reports", func(w *evalWorld) {
			w.save(evalGroup("leads", groups.HasReports()))
			w.want(w.process(), "leads +bob(rule)")
			w.people(evalUser("ann", evalIn("Rome"), evalUnder("cid")), evalUser("cid", evalUnder("")))
			w.want(w.changed(users("ann", "cid")), "leads -bob(rule) +cid(rule)")
		}},
		{"a moved unit takes its people along", func(w *evalWorld) {
			w.units("apac<world", "emea<world", "rome<", "world<")
			w.people(evalUser("dee", evalAt("rome")))
			w.save(evalGroup("european", evalOrg.IsOrBelow("emea")))
			w.want(w.process(), "european +ann(rule)")
			w.units("apac<world", "emea<world", "rome<emea", "world<")
			w.want(w.changed(units("rome")), "european +dee(rule)")
			w.units("apac<world", "emea<world", "rome<apac", "world<")
			w.want(w.changed(units("rome")), "european -dee(rule)")
		}},
		{"a unit created later that a rule names", func(w *evalWorld) {
			w.save(evalGroup("outside", evalOrg.IsOrBelow("mars").Not()))
			w.want(w.process(), "outside ?ann ?bob ?cid")
			w.units("apac<world", "emea<world", "mars<world", "world<")
			w.want(w.changed(units("mars")), "outside +ann(rule) +bob(rule) +cid(rule)")
		}},
		{"a deleted unit that a rule names moves nobody", func(w *evalWorld) {
			w.save(evalGroup("in", evalOrg.IsOrBelow("emea")), evalGroup("out", evalOrg.IsOrBelow("emea").Not()))
			w.process()
			w.units("apac<world", "world<")
			w.changed(units("emea"))
			w.want(w.members("in")+"/"+w.members("out"), "ann/bob cid")
		}},
		{"a user who changed place as well as the place itself", func(w *evalWorld) {
			w.save(evalGroup("asian", evalOrg.IsOrBelow("apac")))
			w.process()
			w.units("apac<", "emea<apac", "world<")
			w.people(evalUser("bob", evalIn("Rome"), evalAt("apac")))
			touched := units("emea", "apac")
			touched.Users = []groups.UserID{"bob"}
			w.want(w.changed(touched), "asian +ann(rule) +bob(rule)")
		}},
		{"an enrollment", func(w *evalWorld) {
			w.save(evalGroup("done", groups.Courses("latin").Are("completed")))
			w.process()
			w.people(evalUser("cid", evalUnder("bob"), evalTook("latin", "completed")))
			w.want(w.changed(groups.Touched{Enrollments: []groups.UserID{"cid"}}), "done +cid(rule)")
		}},
		{"an edited group, named or not, and those that refer to it", func(w *evalWorld) {
			w.save(evalGroup("reader", groups.MemberOfAny("romans")))
			w.process()
			w.save(evalGroup("romans", evalCity.Is("Oslo")))
			w.want(w.changed(groups.Touched{Groups: []groups.GroupID{"romans"}}),
				"reader -ann(rule) -bob(rule) +cid(rule); romans -ann(rule) -bob(rule) +cid(rule)")
			w.save(evalGroup("romans", evalCity.Is("Rome")))
			w.want(w.changed(groups.Touched{}),
				"reader +ann(rule) +bob(rule) -cid(rule); romans +ann(rule) +bob(rule) -cid(rule)")
		}},
		{"a group that did not exist when it was named in a rule", func(w *evalWorld) {
			w.save(evalGroup("reader", groups.MemberOfAny("later")))
			w.want(w.process(), "reader ?ann ?bob ?cid")
			w.save(evalGroup("later", evalCity.Is("Oslo")))
			w.want(w.changed(groups.Touched{}), "later +cid(rule); reader +cid(rule)")
		}},
		{"a group moved to another parent, out of what a rule reads", func(w *evalWorld) {
			child := evalManual("child")
			child.Parent = "top"
			w.save(evalManual("top"), child, evalGroup("reader", groups.MemberOfAny("top").WithBelow()))
			w.process()
			w.want(w.assign("child", "ann"), "child +ann(assignment); reader +ann(rule)")
			w.edit("child", func(g *groups.Group) { g.Parent = "" })
			w.want(w.changed(groups.Touched{Groups: []groups.GroupID{"child"}}), "reader -ann(rule)")
		}},
		{"a group deleted from beneath one that a rule reads", func(w *evalWorld) {
			child := evalManual("child")
			child.Parent = "top"
			w.save(evalManual("top"), child, evalGroup("reader", groups.MemberOfAny("top").WithBelow()))
			w.process()
			w.assign("child", "ann")
			// Where a Store allows this (see Commit.Compare), whoever read the group must notice.
			if err := w.ev.Delete(w.Context(), "child", 1, "admin"); errors.Is(err, groups.ErrReferred) {
				return
			}
			w.want(w.changed(groups.Touched{Groups: []groups.GroupID{"child"}}), "reader -ann(rule)")
		}},
		{"who refers to a group that was processed alone", func(w *evalWorld) {
			w.save(evalGroup("reader", groups.MemberOfAny("romans")))
			w.process()
			w.save(evalGroup("romans", evalCity.Is("Oslo")))
			w.process("romans")
			w.want(w.changed(groups.Touched{}), "reader -ann(rule) -bob(rule) +cid(rule)")
		}},
		{"who read a group that was moved away, and processed before anything else", func(w *evalWorld) {
			for _, alone := range []func(){func() { w.process("child") }, func() { w.assign("child", "bob") }} {
				child := evalManual("child")
				child.Parent = "top"
				w.save(evalManual("top"), child, evalGroup("reader", groups.MemberOfAny("top").WithBelow()))
				w.process()
				w.assign("child", "ann")
				w.edit("child", func(g *groups.Group) { g.Parent, g.Status = "", groups.Inactive })
				alone()
				w.changed(groups.Touched{})
				w.want(w.members("reader"), "")
			}
		}},
		{"a group that never was", func(w *evalWorld) {
			w.want(w.changed(groups.Touched{Groups: []groups.GroupID{"none"}, Units: []groups.Unit{{Tree: "none", ID: "none"}}}), "")
		}},
		{"nothing touched does what is due, when it is due", func(w *evalWorld) {
			w.people(evalUser("ann", evalHas("hired", groups.Day(groups.NewDate(2026, 2, 28)))))
			w.save(evalGroup("new", evalHired.InLast(7, groups.Days)))
			w.want(w.process(), "new +ann(rule); romans -ann(rule)")
			g, err := w.Group(w.Context(), "new")
			w.must(err)
			if want := time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC); !g.State.Next.Equal(want) {
				w.Fatalf("next is %v, not %v", g.State.Next, want)
			}
			w.now = g.State.Next.Add(-time.Nanosecond)
			w.want(w.changed(groups.Touched{}), "")
			w.now = g.State.Next
			w.want(w.changed(groups.Touched{}), "new -ann(rule)")
		}},
		{"an assignment ends when its time is up, and who refers to it follows", func(w *evalWorld) {
			w.save(evalGroup("reader", groups.MemberOfAny("romans")))
			w.process()
			until := w.now.Add(90 * time.Minute)
			r, err := w.ev.Assign(w.Context(), "romans", groups.Decision{By: "tutor", Until: until}, "ann", "cid")
			w.must(err)
			if !r.Next.Equal(until) {
				w.Errorf("next is %v", r.Next)
			}
			w.now = until.Add(-1)
			w.want(w.changed(groups.Touched{}), "")
			w.now = until
			w.want(w.changed(groups.Touched{}), "reader -cid(rule); romans ~ann(unassignment) -cid(unassignment)")
		}},
		{"a user touched after the last full run keeps the time that was due", func(w *evalWorld) {
			w.save(evalGroup("new", evalHired.InLast(7, groups.Days)))
			w.process()
			w.people(evalUser("ann", evalIn("Rome"), evalHas("hired", groups.Day(groups.NewDate(2026, 3, 1)))))
			w.want(w.changed(users("ann")), "new +ann(rule)")
			w.now = time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)
			w.want(w.changed(groups.Touched{}), "new -ann(rule)")
		}},
	})
}

func TestCapabilitiesAreFoundThroughWrappersAndChangeOnlySpeed(t *testing.T) {
	for name, wrap := range map[string]func(d *groupsCounting) groups.Directory{
		"hidden":           func(d *groupsCounting) groups.Directory { return d },
		"shown by Unwrap":  func(d *groupsCounting) groups.Directory { return groupsOpen{d} },
		"behind two Opens": func(d *groupsCounting) groups.Directory { return groupsOpen{&groupsCounting{Directory: groupsOpen{d}}} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newEvalWorld(t, nil)
			w.save(evalGroup("line", groups.UserBelow("bob")))
			w.process()
			d := &groupsCounting{Directory: w.Memory}
			ev := groups.NewEvaluator(wrap(d), w.Memory, &groups.Options{Now: func() time.Time { return w.now }})
			w.people(evalUser("bob", evalIn("Rome"), evalUnder("ann")), evalUser("dee", evalUnder("ann")), evalUser("ann", evalIn("Rome")))
			r, err := ev.Changed(t.Context(), groups.Touched{Users: []groups.UserID{"ann", "bob", "dee"}})
			w.must(err)
			w.want(evalDiffs(r), "line -ann(rule)")
			if name != "hidden" && d.scans > 0 {
				t.Errorf("everybody was read %d times for three users", d.scans)
			}
			file, err := groups.ReadPeopleCSV(strings.NewReader("id\nann\n"), &groups.PeopleCSV{Key: "id"})
			w.must(err)
			plan, err := ev.PlanImport(t.Context(), file)
			w.must(err)
			if shown := plan.People.Base != ""; shown != (name != "hidden") {
				t.Errorf("the version of the directory is %q", plan.People.Base)
			}
			if _, err = ev.Import(t.Context(), plan, "an administrator"); (name == "hidden") != errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("import: %v", err)
			}
		})
	}
	if _, ok := groups.As[groups.Versioned](nil); ok {
		t.Error("nil has a capability")
	}
}

func TestWordsOfEnumerations(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"manual": groups.ManualGroup, "automatic": groups.AutomaticGroup, "inactive": groups.Inactive, "active": groups.Active,
		"keep": groups.Keep, "dropAutomatic": groups.DropAutomatic, "dropAll": groups.DropAll, "outside": groups.Outside,
		"unknown": groups.ActivationUnknown, "deactivated": groups.Deactivated, "current": groups.Current, "expired": groups.Expired,
		"joined": groups.Joined, "left": groups.Left, "switched": groups.Switched, "yes": groups.Yes, "no": groups.No,
		"groups.Status(9)": groups.Status(9), // a wrong value does not show as a wrong word
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestStaticUsersWhoBecomeInactiveLeaveAndComeBackToTheirPlace(t *testing.T) {
	w := newEvalWorld(t, nil)
	g := evalManual("club")
	g.Deactivated = groups.DropAll
	w.save(g)
	w.assign("club", "cid")
	w.now = w.now.Add(time.Hour)
	w.assign("club", "ann")
	before := w.population("club")
	x, err := w.ev.Explain(t.Context(), "club", "cid")
	w.must(err)
	since := *x.Assignment
	w.write(groups.PeopleChange{Deactivate: []groups.UserID{"cid"}})
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"cid"}}), "club -cid(deactivation)")
	w.want(w.members("club"), "ann(m)")
	w.now = w.now.Add(time.Hour)
	w.people(evalUser("cid", evalIn("Oslo")))
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"cid"}}), "club +cid(assignment)")
	w.want(w.population("club"), before)
	x, err = w.ev.Explain(t.Context(), "club", "cid")
	w.must(err)
	if *x.Assignment != since {
		t.Errorf("assigned %+v, and now %+v", since, *x.Assignment)
	}
}
