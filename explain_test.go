package groups_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// This file shows what explanations say. It is written in the shorthand of evaluator_test.go.

func TestExplainSaysWhySomebodyIsInOrNot(t *testing.T) {
	for _, c := range []struct {
		name string
		user groups.UserID
		do   func(w *evalWorld)
		// The line of the decision table, the verdict, and how the user is in: the population, and
		// for the host.
		want string
	}{
		{"a member by the rule", "ann", nil, "rule yes automatic automatic"},
		{"an outsider by the rule", "cid", nil, "rule no outside outside"},
		{"a manual member for whom the rule holds", "ann", func(w *evalWorld) { w.assign("romans", "ann") }, "assignment yes manual manual"},
		{"a manual member for whom it does not", "cid", func(w *evalWorld) { w.assign("romans", "cid") }, "assignment no manual manual"},
		{"somebody who vanished", "ann", func(w *evalWorld) { w.write(groups.PeopleChange{Remove: []groups.UserID{"ann"}}) }, "absence unknown outside outside"},
		{"somebody assigned who is not there yet", "eve", func(w *evalWorld) { w.assign("romans", "eve") }, "absence unknown outside outside"},
		{"a member of whom the rule cannot say", "ann", func(w *evalWorld) { w.people(evalUser("ann", evalNowhereKnown)) }, "unknown unknown automatic automatic undecided"},
		{"an outsider of whom the rule cannot say", "cid", func(w *evalWorld) { w.people(evalUser("cid", evalNowhereKnown)) }, "unknown unknown outside outside undecided"},
		{"a rule that broke", "ann", func(w *evalWorld) { w.write(groups.PeopleChange{Schema: &groups.Schema{}}) }, "unknown unknown automatic automatic undecided"},
		{"a manual member where the rule broke", "cid", func(w *evalWorld) {
			w.assign("romans", "cid")
			w.write(groups.PeopleChange{Schema: &groups.Schema{}})
		}, "assignment unknown manual manual"},
		{"an inactive group", "ann", func(w *evalWorld) { w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive }) }, "rule yes automatic outside"},
		{"a frozen group", "ann", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Frozen = true })
			w.people(evalUser("ann", evalIn("Oslo")))
		}, "rule no automatic automatic"},
		{"a manual group", "ann", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { *g = groups.Group{ID: g.ID, Name: g.Name, Status: groups.Active} })
		}, "rule no outside outside"},
		{"somebody deactivated whom the policy drops", "ann", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Deactivated = groups.DropAutomatic })
			w.people(evalUser("ann", evalIn("Rome"), evalOff))
		}, "deactivation yes outside outside"},
		{"somebody who may be deactivated", "ann", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Deactivated = groups.DropAll })
			w.people(evalUser("ann", evalIn("Rome"), evalPerhapsOff))
		}, "unknown yes automatic automatic undecided"},
		{"somebody excluded", "ann", func(w *evalWorld) {
			_, err := w.ev.Exclude(w.Context(), "romans", groups.Decision{By: "dean"}, "ann")
			w.must(err)
		}, "exclusion yes outside outside"},
		{"data that is not processed yet", "cid", func(w *evalWorld) { w.people(evalUser("cid", evalIn("Rome"))) }, "rule yes automatic automatic"},
		{"a rule that is not processed yet", "cid", func(w *evalWorld) { w.save(evalGroup("romans", evalCity.Is("Oslo"))) }, "rule yes automatic automatic"},
		{"no criteria", "ann", func(w *evalWorld) { w.save(evalGroup("romans")) }, "rule no outside outside"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newEvalWorld(t, &groups.Options{Exclusions: true})
			if c.do != nil {
				c.do(w)
			}
			before := w.groupState()
			x, err := w.ev.Explain(t.Context(), "romans", c.user)
			w.must(err)
			got := fmt.Sprint(x.Reason, " ", x.Verdict, " ", x.Population, " ", x.Member)
			if x.Undecided {
				got += " undecided"
			}
			w.want(got, c.want)
			w.want(w.groupState(), before)
			if x.Group != "romans" || x.User != c.user || !x.Now.Equal(w.now) || x.Zone != "UTC" {
				t.Errorf("got %+v", x)
			}
			text, err := json.Marshal(x)
			w.must(err)
			if strings.Contains(string(text), "null") {
				t.Errorf("%s", text)
			}
		})
	}
}

// Where the guard would hold what one user does to a group, it looks at everybody there.
func TestExplainIsAboutWhoWasAskedAboutAlsoWhereTheGuardLooksAtEverybody(t *testing.T) {
	for _, index := range []int64{0, -1} {
		w := guardWorld(t, small())
		w.move("Oslo", "a")
		none := groups.Bounds{Leaves: &groups.Limit{}}
		w.ev = groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Guard: &groups.Guard{Group: none}, Now: func() time.Time { return w.now }, IndexBytes: index})
		x, err := w.ev.Explain(t.Context(), "team", "a")
		w.must(err)
		if x.User != "a" || x.Verdict != groups.No || x.Waits != "guard" || x.Member != groups.Automatic {
			t.Errorf("with an index of %d bytes: %v", index, x)
		}
	}
}

func TestExplainOfNothing(t *testing.T) {
	w := newEvalWorld(t, nil)
	for group, user := range map[groups.GroupID]groups.UserID{"none": "ann", "romans": "stranger"} {
		if x, err := w.ev.Explain(t.Context(), group, user); !errors.Is(err, groups.ErrNotFound) || x != nil {
			t.Errorf("%s of %s: %v", user, group, err)
		}
	}
}

func TestExplainSaysWhatTheUserHad(t *testing.T) {
	const nobody = groups.UserID("nobody") // of whom nothing is known
	day := groups.Day(groups.NewDate(2026, 1, 31))
	for _, c := range []struct {
		user      groups.UserID
		condition groups.Condition
		want      string
	}{
		{"ann", evalCity.Is("Rome"), "yes Rome"},
		{"ann", evalCity.Contains("x"), "no Rome"},
		{nobody, evalCity.Is("Rome"), "unknown unknown"},
		{"cid", evalCity.Is("Rome"), "no empty"},
		{"ann", evalTeam.IsNot("red"), "no red"},
		{"ann", evalScore.AtLeast(2), "yes 2.5"},
		{"ann", evalHired.Before(groups.NewDate(2026, 1, 1)), "no 2026-01-31"},
		{"ann", groups.ID.Is("ann"), "yes ann"},
		{"ann", groups.ID.IsEmpty(), "no ann"},
		{"ann", evalOrg.IsOrBelow("world"), "yes emea < world|apac < world"},
		{"cid", evalOrg.Is("world"), "no empty"},
		{nobody, evalOrg.Is("world"), "unknown unknown"},
		{"bob", evalOrg.Below("world"), "unknown lost"},
		{"ann", groups.UserIs("bob"), "no ann"},
		{"ann", groups.UserBelow("bob"), "yes ann < cid < bob"},
		{"bob", groups.UserBelow("ann"), "no bob"},
		{"bob", groups.HasReports(), "yes 1 direct reports"},
		{"ann", groups.HasReports(), "unknown no known reports"}, // nobody may report to ann
		{"ann", groups.Courses("latin", "greek").AreEnrolled(), "yes greek: not enrolled|latin: completed"},
		{"ann", groups.Courses("latin").AreCompleted(groups.CompletionDate.InLast(1, groups.Years)), "yes latin: completed, completed 2026-01-31"},
		{"bob", groups.Courses("latin").Are("completed"), "unknown latin: unknown status"},
		{"bob", groups.Courses("greek").Are("completed"), "unknown greek: unknown"},
		{"ann", groups.MemberOfAny("club", "none"), "yes club: member|none: unknown"},
		{"bob", groups.MemberOfAny("club"), "no club: not a member"},
		{"ann", groups.StatusIs(groups.StatusExpired), "no activation active|expiry current"},
		{nobody, groups.StatusIs(groups.StatusActive), "unknown activation unknown|expiry unknown"},
		{nobody, groups.Everyone{}, "yes nobody"},
	} {
		t.Run(fmt.Sprint(c.user, ": ", c.condition), func(t *testing.T) {
			w := newEvalWorld(t, nil)
			ann := evalUser("ann", evalIn("Rome"), evalHas("team", groups.Choice("red")), evalHas("score", groups.Number(2.5)), evalHas("hired", day), evalAt("emea", "apac"), evalUnder("cid"))
			ann.Enrollments = groups.Enrolled(groups.Enrollment{Course: "latin", Status: "completed", Completed: day})
			bob := evalUser("bob", evalAt("lost"))
			bob.Enrollments = groups.Enrolled(groups.Enrollment{Course: "latin"}).Partial()
			w.people(ann, bob, evalUser("cid", evalUnder("bob")), groups.User{ID: nobody})
			w.save(evalManual("club"), evalGroup("x", c.condition))
			w.process()
			w.assign("club", "ann")
			x, err := w.ev.Explain(t.Context(), "x", c.user)
			w.must(err)
			got := x.Sets[0].Conditions[0]
			w.want(fmt.Sprint(got.Verdict, " ", strings.Join(got.Had, "|")), c.want)
			w.want(got.Pointer+" "+got.Text, "/sets/0/conditions/0 "+c.condition.String())
		})
	}
}

func TestExplainAnswersEveryConditionAndCombinesThem(t *testing.T) {
	w := newEvalWorld(t, nil)
	g := evalGroup("x")
	g.Criteria = groups.AnySets(
		groups.All(evalCity.Is("Oslo"), evalCity.Is("Rome"), evalTeam.Is("red")),
		groups.Any(evalCity.Is("Rome"), evalScore.Less(1)),
	)
	g.Zone = "Europe/Rome"
	w.save(g)
	w.process()
	ann := evalUser("ann", evalIn("Rome"))
	delete(ann.Fields, "team")
	w.people(ann)
	w.assign("x", "ann")
	_, err := w.ev.Assign(t.Context(), "x", groups.Decision{By: "tutor", Until: w.now.Add(time.Hour)}, "ann")
	w.must(err)
	x, err := w.ev.Explain(t.Context(), "x", "ann")
	w.must(err)
	w.want(x.String(), `ann is a manual member of x (by assignment), assigned by tutor on 2026-03-01 until 2026-03-01T10:00:00Z
without the assignment: in by the rule
rule: yes (any of 2 sets)
  set 1: no (all of 3)
    no      city is Oslo; has: Rome
    yes     city is Rome; has: Rome
    unknown team is red; has: unknown
  set 2: yes (any of 2)
    yes     city is Rome; has: Rome
    no      score is less than 1 (people with no score left out); has: empty
  it would be no if city were empty`)
	w.want(x.Zone, "Europe/Rome")
}

func TestTheTextOfAnExplanation(t *testing.T) {
	first := func(w *evalWorld, user groups.UserID) string {
		w.Helper()
		x, err := w.ev.Explain(w.Context(), "romans", user)
		w.must(err)
		line, _, _ := strings.Cut(x.String(), "\n")
		return line
	}
	evalTable(t, &groups.Options{Exclusions: true}, []evalCase{
		{"a member", func(w *evalWorld) { w.want(first(w, "ann"), "ann is an automatic member of romans (by rule)") }},
		{"an outsider", func(w *evalWorld) { w.want(first(w, "cid"), "cid is not a member of romans (by rule)") }},
		{"a member without effect", func(w *evalWorld) {
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			w.want(first(w, "ann"), "ann is an automatic member, without effect while the group is inactive, of romans (by rule)")
		}},
		{"an undecided one", func(w *evalWorld) {
			w.people(evalUser("ann", evalNowhereKnown))
			w.want(first(w, "ann"), "ann is an automatic member, undecided, of romans (by unknown)")
		}},
		{"an excluded one", func(w *evalWorld) {
			_, err := w.ev.Exclude(w.Context(), "romans", groups.Decision{By: "dean"}, "ann")
			w.must(err)
			w.want(first(w, "ann"), "ann is not a member of romans (by exclusion), excluded by dean on 2026-03-01")
		}},
		{"one absent", func(w *evalWorld) {
			w.write(groups.PeopleChange{Remove: []groups.UserID{"ann"}})
			w.want(first(w, "ann"), "ann is not a member of romans (by absence)")
		}},
	})
	rule, err := evalSchema().Compile(evalGroup("", evalCity.Is("Rome")).Criteria)
	if err != nil {
		t.Fatal(err)
	}
	u := evalUser("ann", evalIn("Oslo"))
	if got, want := rule.Explain(&u, &groups.View{}).String(), "rule: no\n  set 1: no (all of 1)\n    no      city is Rome; has: Oslo\n  it would be yes if city were Rome"; got != want {
		t.Errorf("got %q", got)
	}
	none, err := evalSchema().Compile(groups.Criteria{})
	if err != nil {
		t.Fatal(err)
	}
	if x := none.Explain(&u, &groups.View{}); x.String() != "rule: no\n  no change of data makes it yes" || x.Sets == nil {
		t.Errorf("got %q", x)
	}
}

func TestExplainAgreesWithWhatAFullRunWouldDo(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("a", evalCity.Is("Rome")), evalGroup("b", groups.MemberOfAny("a")), evalGroup("c", groups.MemberOfAny("b").Not()))
	w.process()
	w.people(evalUser("ann", evalIn("Oslo"))) // and nothing is processed
	explained := map[groups.GroupID]string{}
	for _, g := range []groups.GroupID{"a", "b", "c"} {
		x, err := w.ev.Explain(t.Context(), g, "ann")
		w.must(err)
		explained[g] = x.Member.String()
	}
	w.process()
	for g, said := range explained {
		if is, err := w.ev.IsMember(t.Context(), g, "ann"); err != nil || is != (said == "automatic") {
			t.Errorf("%s: explained as %s, is a member: %v %v", g, said, is, err)
		}
	}
}

func TestAnEvaluatorIsSafeForConcurrentUse(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("dependent", groups.MemberOfAny("romans")))
	// Whoever is overtaken too often repeats, as the documentation of ErrConflict says.
	persist := func(act func() error) {
		for {
			if err := act(); !errors.Is(err, groups.ErrConflict) {
				if err != nil {
					t.Error(err)
				}
				return
			}
		}
	}
	var wg sync.WaitGroup
	ctx := t.Context()
	for n := range 4 {
		id := groups.UserID(fmt.Sprint("new", n))
		wg.Go(func() {
			for range 5 {
				persist(func() error { _, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "x"}, id); return err })
				persist(func() error { _, err := w.ev.Process(ctx); return err })
				persist(func() error {
					_, err := w.ev.Changed(ctx, groups.Touched{Users: []groups.UserID{id}})
					return err
				})
				persist(func() error { _, err := w.ev.Explain(ctx, "dependent", "ann"); return err })
				persist(func() error { return w.Write(ctx, groups.PeopleChange{Upsert: []groups.User{evalUser(id)}}) })
			}
		})
	}
	wg.Wait()
	w.process()
	w.want(w.members("dependent"), "ann bob new0 new1 new2 new3")
	if n := len(maps.Collect(w.ev.Members(ctx, "romans"))); n != 6 {
		t.Errorf("%d members", n)
	}
}
