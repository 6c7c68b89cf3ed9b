package groups_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
)

func TestMatchIsWhatExplainSaysAtEveryMoment(t *testing.T) {
	for name, open := range hosts {
		if c, is := open().(law.Checker); is {
			t.Run(name, func(t *testing.T) { law.MatchIsWhatExplainSays.Check(t, c) })
		}
	}
	t.Run("mutant/answers what it was last told", func(t *testing.T) {
		if err := law.MatchIsWhatExplainSays.Catches(&law.Hasty{Plain: law.OnMemory()}); err != nil {
			t.Error(err)
		}
	})
}

// What costs nothing but two look-ups: conditions of every kind, one that today decides, and groups that processing has
// brought up to date.
func TestToAskTheCriteriaAboutAUserDoesNotAllocate(t *testing.T) {
	club := evalManual("club")
	w, _ := followed(t, club,
		evalGroup("fields", evalCity.Is("Rome"), evalScore.AtLeast(1).Not()), evalGroup("recent", evalHired.InLast(7, groups.Days)),
		evalGroup("places", evalOrg.IsOrBelow("world"), groups.UserBelow("bob")), evalGroup("courses", groups.Courses("safety").Are(groups.Completed)),
		evalGroup("groups", groups.MemberOfAny("romans", "club").WithBelow(), groups.MemberOfAll("fields").Not()))
	w.assign("club", "cid")
	w.agree("processed")
	if n := testing.AllocsPerRun(10, func() {
		for _, g := range []groups.GroupID{"club", "romans", "fields", "recent", "places", "courses", "groups"} {
			for _, u := range []groups.UserID{"ann", "bob", "cid"} {
				if _, err := w.ev.Match(t.Context(), g, u); err != nil {
					t.Error(err)
				}
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whatever the index cannot answer for is answered past it.
func TestMatchIsWhatExplainSaysWhateverHappened(t *testing.T) {
	ctx := t.Context()
	waiting := evalGroup("waiting", evalCity.Is("Rome"))
	waiting.Schedule = groups.Schedule{Every: 24 * time.Hour}
	switched := evalGroup("switched", evalCity.Is("Rome"))
	switched.Deactivated = groups.DropAutomatic
	w, _ := followed(t,
		evalGroup("recent", evalHired.InLast(7, groups.Days)), evalGroup("below", evalOrg.IsOrBelow("world")), evalGroup("line", groups.UserBelow("bob")),
		evalGroup("both", groups.MemberOfAll("romans", "club"), evalScore.AtLeast(1).Not()), evalGroup("asks", groups.MemberOfAny("waiting")), waiting,
		switched, evalGroup("reads", groups.MemberOfAny("switched")),
		evalManual("club"), evalManual("empty"), evalGroup("beneath", groups.MemberOfAny("empty").WithBelow()), evalGroup("nobody's"))
	w.agree("processed")
	for _, c := range []struct {
		what   string
		happen func()
	}{
		{"nobody is told of a change", func() { w.people(evalUser("ann", evalIn("Oslo")), evalUser("dan", evalIn("Rome"), evalUnder("bob"))) }},
		{"it is followed", func() { w.changed(groups.Touched{Users: []groups.UserID{"ann", "dan"}}) }},
		{"nobody knows whether somebody is switched off, so that groups with nothing unknown have no answer", func() {
			w.people(evalUser("dan", evalIn("Rome"), evalUnder("bob"), func(u *groups.User) { u.Activation = groups.ActivationUnknown }))
			w.changed(groups.Touched{Users: []groups.UserID{"dan"}})
		}},
		{"and it is known again", func() {
			w.people(evalUser("dan", evalIn("Rome"), evalUnder("bob")))
			w.changed(groups.Touched{Users: []groups.UserID{"dan"}})
		}},
		{"a person decided", func() { w.assign("club", "ann", "bob") }},
		{"an assignment ends", func() {
			_, err := w.ev.Assign(ctx, "club", groups.Decision{By: "x", Until: w.now.Add(time.Hour)}, "dan")
			w.must(err)
			w.now = w.now.Add(2 * time.Hour)
		}},
		{"somebody was hired, and is followed", func() {
			w.people(evalUser("bob", evalHas("hired", groups.Day(groups.NewDate(2026, time.March, 1)))))
			w.changed(groups.Touched{Users: []groups.UserID{"bob"}})
		}},
		{"a day of which nobody is told", func() { w.now = w.now.Add(24 * time.Hour) }},
		{"it is followed too", func() { w.changed(groups.Touched{}) }},
		{"the day on which it ends", func() { w.now = w.now.Add(7 * 24 * time.Hour) }},
		{"somebody was hired", func() { w.people(evalUser("cid", evalHas("hired", groups.Day(groups.NewDate(2026, time.March, 1))))) }},
		{"a new day", func() { w.now = w.now.Add(8 * 24 * time.Hour) }},
		{"and a run", func() { w.process() }},
		{"the clock was set back", func() { w.now = w.now.Add(-4 * 24 * time.Hour) }},
		{"and forth", func() { w.now = w.now.Add(4 * 24 * time.Hour) }},
		{"a unit moved", func() {
			w.write(groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"org": {{ID: "emea"}, {ID: "world"}}}})
		}},
		{"and a run that writes nothing looked at it", func() {
			_, err := w.ev.Evaluate(ctx)
			w.must(err)
		}},
		{"criteria were edited", func() {
			w.edit("romans", func(g *groups.Group) { g.Criteria = evalGroup("", evalCity.Is("Oslo")).Criteria })
		}},
		{"edited and followed at once", func() {
			w.edit("romans", func(g *groups.Group) { g.Criteria = evalGroup("", evalCity.Is("Rome", "Oslo")).Criteria })
			w.changed(groups.Touched{})
		}},
		{"put beneath another and followed at once", func() {
			w.edit("club", func(g *groups.Group) { g.Parent = "empty" })
			w.changed(groups.Touched{})
		}},
		{"a group is frozen", func() { w.edit("below", func(g *groups.Group) { g.Frozen = true }) }},
		{"a group is inactive", func() { w.edit("club", func(g *groups.Group) { g.Status = groups.Inactive }) }},
		{"all is processed", func() { w.process() }},
		{"somebody went", func() { w.write(groups.PeopleChange{Remove: []groups.UserID{"ann"}}) }},
		{"a group went", func() { w.must(w.ev.Delete(ctx, "both", 1, "x")) }},
		{"and came as another", func() {
			g := evalGroup("both", evalCity.Is("Rome"))
			w.save(g)
			w.process()
		}},
		{"a field is not for criteria any more", func() {
			schema := evalSchema()
			schema.Fields[0].NotForCriteria = true
			w.write(groups.PeopleChange{Schema: schema})
		}},
		{"and is again", func() { w.write(groups.PeopleChange{Schema: evalSchema()}) }},
		{"criteria may be smaller only", func() {
			schema := evalSchema()
			schema.Limits = &groups.Limits{Conditions: 1}
			w.write(groups.PeopleChange{Schema: schema})
		}},
		{"a run under that", func() { w.process() }},
	} {
		c.happen()
		w.agree(c.what)
	}
}

// What is stored about a user is not what the rule says of them there, although they are as they were decided about.
func TestMatchAsksTheRuleWhereWhatIsStoredIsNotWhatItSays(t *testing.T) {
	ctx := t.Context()
	evalTable(t, nil, []evalCase{
		{"of a group that reads an inactive one, in which nobody can be found", func(w *evalWorld) {
			w.save(evalGroup("reads", groups.MemberOfAny("romans")))
			w.process()
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			w.process()
			w.agree("inactive")
		}},
		{"of a group that reads one in which an assignment has ended since", func(w *evalWorld) {
			w.save(evalManual("club"), evalGroup("reads", groups.MemberOfAny("club")))
			_, err := w.ev.Assign(ctx, "club", groups.Decision{By: "x", Until: w.now.Add(time.Hour)}, "ann")
			w.must(err)
			w.process()
			w.agree("assigned")
			w.now = w.now.Add(2 * time.Hour)
			w.agree("ended")
		}},
		{"of a held group, which stays as it was, and of one that reads it", func(w *evalWorld) {
			w = guardWorld(w, small())
			w.save(evalGroup("reads", groups.MemberOfAny("team")))
			w.process()
			w.move("Oslo", "a", "b", "c")
			w.process()
			w.agree("held")
			w.process()
			w.agree("and still")
		}},
		{"of a frozen group, whose rule another has as well", func(w *evalWorld) {
			w.save(evalGroup("same", evalCity.Is("Rome")))
			w.process()
			w.edit("same", func(g *groups.Group) { g.Frozen = true })
			w.people(evalUser("ann", evalIn("Oslo")))
			w.process()
			w.agree("frozen")
		}},
	})
}

// For the race detector: a run brings groups and conditions up to date that others ask for.
func TestCriteriaAreAskedWhileGroupsAreEdited(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("here", evalOrg.IsOrBelow("emea")), evalGroup("new", evalHired.InLast(7, groups.Days)))
	w.process()
	var asking sync.WaitGroup
	var done atomic.Bool
	for _, ask := range []func() error{
		func() error { _, err := w.ev.Match(t.Context(), "romans", "ann"); return err },
		func() error { _, err := w.ev.Explain(t.Context(), "romans", "ann"); return err },
		func() error { _, err := w.ev.Count(t.Context(), evalGroup("romans", evalCity.Is("Rome"))); return err },
	} {
		asking.Go(func() {
			for !done.Load() {
				if err := ask(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 100 {
		w.people(evalUser("ann", []evalTrait{evalIn("Rome"), evalNowhereKnown}[i%2]))
		w.edit("here", func(g *groups.Group) { g.Name = fmt.Sprint(i) })
		if _, err := w.ev.Changed(t.Context(), groups.Touched{Users: []groups.UserID{"ann"}}); err != nil {
			t.Error(err)
		}
	}
	done.Store(true)
	asking.Wait()
}

// agree compares what is asked and what is explained, about everybody in every group.
func (w *evalWorld) agree(what string) {
	w.Helper()
	said := func(v groups.Verdict, err error) string {
		if err != nil {
			return err.Error()
		}
		return v.String()
	}
	people := []groups.UserID{"nobody", "ann"} // who may be gone
	for u, err := range w.Users(w.Context()) {
		w.must(err)
		people = append(people, u.ID)
	}
	for g := range w.Groups(w.Context()) {
		for _, u := range people {
			got := said(w.ev.Match(w.Context(), g.ID, u)) // before the other looks at what has changed
			want := groups.Unknown
			x, err := w.ev.Explain(w.Context(), g.ID, u)
			if err == nil {
				want = x.Verdict
			}
			if want := said(want, err); got != want {
				w.Errorf("%s: the criteria of %s say %q of %s, and are explained to say %q", what, g.ID, got, u, want)
			}
		}
	}
}
