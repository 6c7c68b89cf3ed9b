package insight_test

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
	"github.com/grouprules/groups/insight"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/law/fault"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// reviewed is a tenant of people who are all in sales or not, with one group of those in sales.
type reviewed struct {
	*groups.Memory
	*testing.T
	now time.Time
	ev  *groups.Evaluator
}

func newReviewed(t *testing.T, g groups.Group, exclusions bool) *reviewed {
	w := &reviewed{Memory: groups.NewMemory(), T: t, now: newYear()}
	w.ev = groups.NewEvaluator(w, w, &groups.Options{Now: func() time.Time { return w.now }, Exclusions: exclusions})
	check(w.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}, {Name: "hired", Type: groups.TypeDate}}}}))
	w.person("in", "sales", groups.Activated)
	w.person("out", "support", groups.Activated)
	w.person("off", "sales", groups.Deactivated)
	check(w.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: "unknown", Activation: groups.Activated}}}))
	g.ID, g.Name, g.Criteria = "g", "g", groups.AnySets(groups.All(title.Is("sales")))
	_, err := w.ev.Save(t.Context(), g, "root")
	check(err)
	return w
}

func (w *reviewed) person(id groups.UserID, has string, a groups.Activation) {
	check(w.Write(w.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: id, Activation: a, Fields: map[string]groups.Value{"title": groups.Text(has)}}}}))
}

func (w *reviewed) assign(until time.Time, users ...groups.UserID) {
	_, err := w.ev.Assign(w.Context(), "g", groups.Decision{By: "ann", Until: until}, users...)
	check(err)
}

func (w *reviewed) exclude(users ...groups.UserID) {
	_, err := w.ev.Exclude(w.Context(), "g", groups.Decision{By: "ann"}, users...)
	check(err)
}

// codes are what a look of 30 days finds, in words.
func (w *reviewed) codes() (list []string) {
	for r, err := range insight.New(w.ev, w, w).Reviews(w.Context(), w.now.AddDate(0, 0, 30)) {
		check(err)
		list = append(list, fmt.Sprint(r.User, " ", r.Code, " ", r.Without, " ", r.Reason))
	}
	return list
}

// Each code is given where it is meant, and not beside it.
func TestADecisionIsListedForWhatItsCodeSays(t *testing.T) {
	active, year := groups.Group{Kind: groups.AutomaticGroup, Status: groups.Active}, newYear().AddDate(1, 0, 0)
	with := func(change func(*groups.Group)) groups.Group {
		g := active
		change(&g)
		return g
	}
	soon := newYear().AddDate(0, 0, 7)
	for _, c := range []struct {
		why   string
		group groups.Group
		off   bool // exclusions
		do    func(*reviewed)
		want  string
	}{
		{"the rule has them in", active, false, func(w *reviewed) { w.assign(time.Time{}, "in", "out") }, "in notNeeded automatic rule"},
		{"the rule has them in by now, as no run has found yet", active, false, func(w *reviewed) {
			w.assign(time.Time{}, "out")
			w.person("out", "sales", groups.Activated)
		}, "out notNeeded automatic rule"},
		{"nobody knows whether the rule has them in", active, false, func(w *reviewed) { w.assign(time.Time{}, "unknown") }, "unknown undecided outside unknown"},
		{"the rule had them in, and nobody knows whether it does", active, false, func(w *reviewed) {
			_, err := w.ev.Process(w.Context())
			check(err)
			w.assign(time.Time{}, "in")
			check(w.Write(w.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: "in", Activation: groups.Activated}}}))
		}, "in undecided automatic unknown"},
		{"it ends soon", active, false, func(w *reviewed) { w.assign(soon, "in", "out", "unknown") },
			"in notNeeded automatic rule, in expiring automatic rule, out expiring outside rule, unknown undecided outside unknown, unknown expiring outside unknown"},
		{"it ends on the last day of the look, and later", active, false, func(w *reviewed) {
			w.assign(newYear().AddDate(0, 0, 30), "out")
			w.assign(year, "off")
		}, "off notNeeded automatic rule, out expiring outside rule"},
		{"the rule lets them go before it ends", active, false, func(w *reviewed) {
			g, err := w.Group(w.Context(), "g")
			check(err)
			g.Criteria = groups.AnySets(groups.All(hired.InLast(30, groups.Days)))
			_, err = w.ev.Save(w.Context(), g, "root")
			check(err)
			for id, day := range map[groups.UserID]int{"earlier": 20, "later": 31} {
				check(w.Write(w.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: id, Activation: groups.Activated,
					Fields: map[string]groups.Value{"hired": groups.Day(groups.NewDate(2025, time.December, day))}}}}))
			}
			w.assign(newYear().AddDate(0, 0, 25), "earlier", "later")
		}, "earlier notNeeded automatic rule, earlier expiring outside rule, later notNeeded automatic rule, later expiring automatic rule"},
		{"it is over", active, false, func(w *reviewed) {
			w.assign(soon, "out")
			w.now = soon
		}, "out expired outside rule"},
		{"there is no such user", active, false, func(w *reviewed) {
			w.assign(time.Time{}, "nobody")
			w.exclude("ghost")
		}, "ghost absent outside absence, nobody absent outside absence"},
		{"the policy drops them, assigned or not", with(func(g *groups.Group) { g.Deactivated = groups.DropAll }), false,
			func(w *reviewed) { w.assign(time.Time{}, "off") }, "off deactivated outside deactivation"},
		{"the policy drops them unless they are assigned", with(func(g *groups.Group) { g.Deactivated = groups.DropAutomatic }), false,
			func(w *reviewed) { w.assign(soon, "off") }, "off expiring outside deactivation"},
		{"the rule does not have in whom people keep out", active, false, func(w *reviewed) { w.exclude("in", "out", "unknown") },
			"out idle outside rule, unknown undecided outside unknown"},
		{"whom people keep out is deactivated", with(func(g *groups.Group) { g.Deactivated = groups.DropAutomatic }), false,
			func(w *reviewed) { w.exclude("off") }, "off deactivated outside deactivation"},
		{"exclusions were turned off", active, true, func(w *reviewed) {
			on := groups.NewEvaluator(w, w, &groups.Options{Exclusions: true})
			_, err := on.Exclude(w.Context(), "g", groups.Decision{By: "ann"}, "in")
			check(err)
		}, "in idle automatic rule"},
		{"the rule has them in, and the group is frozen as it had them out", with(func(g *groups.Group) { g.Frozen = true }), false,
			func(w *reviewed) { w.assign(time.Time{}, "in"); w.exclude("off") }, ""},
		{"the group is frozen as the rule had them in, which has no more", active, false, func(w *reviewed) {
			_, err := w.ev.Process(w.Context())
			check(err)
			g, err := w.Group(w.Context(), "g")
			check(err)
			g.Frozen = true
			_, err = w.ev.Save(w.Context(), g, "root")
			check(err)
			w.assign(time.Time{}, "in")
			w.person("in", "support", groups.Activated)
		}, ""},
		{"nobody has another reason to be in a manual group", groups.Group{Status: groups.Active}, false, func(w *reviewed) {
			w.assign(soon, "in")
			w.exclude("out")
		}, "in expiring outside rule, out idle outside rule"},
	} {
		w := newReviewed(t, c.group, !c.off)
		c.do(w)
		if got := strings.Join(w.codes(), ", "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

// A reader is told what holds a group beside the rule.
func TestAReviewSaysWhatTheGroupHasToDoWithIt(t *testing.T) {
	w := newReviewed(t, groups.Group{Kind: groups.AutomaticGroup, Frozen: true, Schedule: groups.Schedule{Every: time.Hour}}, true)
	_, err := w.ev.Assign(t.Context(), "g", groups.Decision{By: "ann", Approver: "ben", Why: "a\n project", Until: w.now.AddDate(0, 0, 1)}, "out")
	check(err)
	var got []insight.Review
	for r, err := range insight.New(w.ev, w, w).Reviews(t.Context(), w.now.AddDate(0, 1, 0), "g", "g") {
		check(err)
		got = append(got, r)
	}
	want := "expiring: out in g: assigned by ann on 2026-01-01, approved by ben (a project): it ends at 2026-01-02T09:00:00Z, " +
		"and they are out then (by rule); the group is inactive; the group is frozen; the group is processed by its schedule"
	if len(got) != 1 || got[0].String() != want {
		t.Fatalf("got %v\nwant %s", got, want)
	}
	text, err := json.Marshal(got[0])
	check(err)
	var back insight.Review
	check(json.Unmarshal(text, &back))
	if back.String() != want {
		t.Errorf("read back: %v", back)
	}
}

// What cannot be read is told, once, and last.
func TestReviewsEndWithAnError(t *testing.T) {
	w := newReviewed(t, groups.Group{}, true)
	for _, err := range insight.New(w.ev, w, w).Reviews(t.Context(), w.now, "g", "none") {
		if err != nil && !errors.Is(err, groups.ErrNotFound) {
			t.Error(err)
		}
	}
	w.assign(w.now.Add(time.Hour), "in")
	w.exclude("out")
	for n := 1; ; n++ {
		var sources fault.Sources
		dir, store := sources.Directory(w), sources.Store(w)
		sources.Arm(t.Context(), fault.Before, n)
		d := insight.New(groups.NewEvaluator(dir, store, &groups.Options{Now: newYear, Exclusions: true, IndexBytes: -1}), dir, store)
		ended := 0
		for _, err := range d.Reviews(t.Context(), w.now.AddDate(1, 0, 0)) {
			if ended > 0 {
				t.Fatal("it went on behind an error")
			}
			if err != nil {
				if ended++; !errors.Is(err, fault.ErrSource) {
					t.Fatal(err)
				}
			}
		}
		if !sources.Disarm() {
			if n < 5 || ended > 0 {
				t.Errorf("only %d calls fail, %d ended", n, ended)
			}
			return
		}
		if ended != 1 {
			t.Fatalf("call %d failed, and nobody was told", n)
		}
	}
}

// someday is a tenant whose groups may have schedules, as an evaluator finds it whose clock can be set.
func someday(t *rapid.T) (now *time.Time, ev *groups.Evaluator, m *groups.Memory, tenant oracle.Tenant) {
	tenant = law.Drawn{}.Tenant(t)
	for i := range tenant.Groups {
		if tenant.Groups[i].Kind == groups.AutomaticGroup && rapid.IntRange(0, 4).Draw(t, "scheduled") == 0 {
			tenant.Groups[i].Schedule = groups.Schedule{Every: 7 * 24 * time.Hour}
		}
	}
	p := law.OnMemory()
	p.Open = func() (law.People, groups.Store) {
		m = groups.NewMemory()
		return m, m
	}
	check(p.Load(tenant))
	now = &tenant.Now
	ev = groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return *now }, Zone: tenant.Zone, Exclusions: tenant.Exclusions, Guard: &groups.Guard{}})
	return now, ev, m, tenant
}

// A look is what finds the decisions to look at again, and all that there are.
type look func(ev *groups.Evaluator, m *groups.Memory, until time.Time) (found []insight.Review, all []groups.Standing)

// looked is the look of a desk.
func looked(ev *groups.Evaluator, m *groups.Memory, until time.Time) (found []insight.Review, all []groups.Standing) {
	ctx := context.Background()
	for r, err := range insight.New(ev, m, m).Reviews(ctx, until) {
		check(err)
		found = append(found, r)
	}
	for g, err := range m.Groups(ctx) {
		check(err)
		for st, err := range m.Standings(ctx, g.ID, "") {
			check(err)
			if st.Assignment != nil || st.Exclusion != nil {
				all = append(all, st)
			}
		}
	}
	return found, all
}

// read is a look that believes what an earlier run has left.
func read(ev *groups.Evaluator, m *groups.Memory, until time.Time) (found []insight.Review, all []groups.Standing) {
	said, all := looked(ev, m, until)
	left := func(r insight.Review) (bit bool) {
		for _, st := range all {
			bit = bit || st.Group == r.Group && st.User == r.User && st.Automatic
		}
		return bit
	}
	for _, r := range said {
		if r.Assignment != nil && (r.Code == "notNeeded" || r.Code == "expiring") {
			if r.Without = groups.Outside; left(r) {
				r.Without = groups.Automatic
			}
		}
		found = append(found, r)
	}
	return found, all
}

// processed has all groups processed, and one also where it is not due.
func processed(ev *groups.Evaluator, m *groups.Memory, g groups.GroupID, u groups.UserID) groups.Standing {
	_, err := ev.Process(context.Background())
	check(err)
	return named(ev, m, g, u)
}

// named has one group processed.
func named(ev *groups.Evaluator, m *groups.Memory, g groups.GroupID, u groups.UserID) groups.Standing {
	_, err := ev.Process(context.Background(), g)
	check(err)
	for st, err := range m.StandingsOf(context.Background(), u) {
		check(err)
		if st.Group == g {
			return st
		}
	}
	return groups.Standing{Group: g, User: u}
}

// foretold reports whether a review said how somebody is.
func foretold(r insight.Review, st groups.Standing) bool {
	return r.Undecided == st.Undecided && (r.Undecided || r.Without == st.Population)
}

// A decision that is called superfluous can be taken away and nobody leaves or joins, what is said to come of taking one
// away comes, and where nothing is said it would not have been true.
var reviewsAgreeWithTakingAway = law.Law[look]{Holds: func(t *rapid.T, look look) error {
	now, ev, m, tenant := someday(t)
	found, all := look(ev, m, *now)
	if len(all) == 0 {
		return nil
	}
	needless := slices.DeleteFunc(slices.Clone(found), func(r insight.Review) bool { return r.Code != "notNeeded" })
	st := rapid.SampledFrom(all).Draw(t, "decision")
	if len(needless) > 0 && rapid.Bool().Draw(t, "not needed") {
		r := rapid.SampledFrom(needless).Draw(t, "not needed")
		st = groups.Standing{Group: r.Group, User: r.User, Assignment: r.Assignment}
	}
	g, err := m.Group(t.Context(), st.Group)
	check(err)
	ofExclusion := st.Assignment == nil || st.Exclusion != nil && rapid.Bool().Draw(t, "exclusion")
	code := ""
	var of insight.Review
	for _, r := range found {
		if r.Group == st.Group && r.User == st.User && r.Code != "expiring" && (r.Exclusion != nil) == ofExclusion {
			code, of = r.Code, r
		}
	}
	with := processed(ev, m, st.Group, st.User)
	take := ev.Unassign
	if ofExclusion {
		take = ev.Readmit
	}
	_, err = take(t.Context(), st.Group, "law", st.User)
	check(err)
	without := named(ev, m, st.Group, st.User)
	broken := ""
	switch stays := with.Population == without.Population; {
	case code != "" && !foretold(of, without):
		broken = "it told otherwise"
	case code == "notNeeded" && (with.Population != groups.Manual || without.Population != groups.Automatic || without.Undecided):
		broken = "it was needed"
	case slices.Contains([]string{"idle", "expired", "absent", "deactivated"}, code) && !stays && !without.Undecided:
		broken = "it had an effect"
	case code == "" && !ofExclusion && !g.Frozen && without.Population == groups.Automatic:
		broken = "it was not needed"
	case code == "" && ofExclusion && !g.Frozen && stays && !st.Assignment.Holds(*now):
		broken = "it had no effect"
	}
	if broken != "" {
		return fmt.Errorf("%s: %v\nwith: %+v\nwithout: %+v\n%s", broken, of, with, without, law.Describe(tenant))
	}
	return nil
}}

// What is said to become of somebody whose assignment ends is what processing at that instant makes of them.
var endsAreForetold = law.Law[look]{Holds: func(t *rapid.T, look look) error {
	now, ev, m, tenant := someday(t)
	all, _ := look(ev, m, now.AddDate(0, 2, 0))
	found := slices.DeleteFunc(all, func(r insight.Review) bool { return r.Code != "expiring" })
	if len(found) == 0 {
		return nil
	}
	r := rapid.SampledFrom(found).Draw(t, "expiring")
	*now = r.At
	if st := processed(ev, m, r.Group, r.User); !foretold(r, st) {
		return fmt.Errorf("%v\nbut %+v\n%s", r, st, law.Describe(tenant))
	}
	return nil
}}

func TestAReviewAgreesWithTakingTheDecisionAway(t *testing.T) {
	reviewsAgreeWithTakingAway.Check(t, looked)
}

func TestWhatBecomesOfAnAssignmentThatEndsIsWhatProcessingThenMakesOfIt(t *testing.T) {
	endsAreForetold.Check(t, looked)
}

// A look that reads the stored bit in the place of the rule is found out by both.
func TestTheLawsOfReviewsCatchALookAtWhatIsStored(t *testing.T) {
	for what, l := range map[string]law.Law[look]{"taking away": reviewsAgreeWithTakingAway, "ends": endsAreForetold} {
		if err := l.Catches(read); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// BenchmarkReviews looks at one group of 100,000 people, a tenth of whom are assigned.
func BenchmarkReviews(b *testing.B) {
	m := groups.NewMemory()
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear, Guard: &groups.Guard{}})
	c := groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}}}}
	var assigned []groups.UserID
	for i := range 100_000 {
		u := groups.User{ID: groups.UserID(fmt.Sprintf("u%06d", i)), Activation: groups.Activated}
		u.Fields = map[string]groups.Value{"title": groups.Text([]string{"sales", "support"}[i%2])}
		if c.Upsert = append(c.Upsert, u); i%10 < 1 {
			assigned = append(assigned, u.ID)
		}
	}
	check(m.Write(b.Context(), c))
	_, err := ev.Save(b.Context(), groups.Group{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(title.Is("sales")))}, "root")
	check(err)
	_, err = ev.Process(b.Context())
	check(err)
	_, err = ev.Assign(b.Context(), "g", groups.Decision{By: "ann", Until: newYear().AddDate(0, 0, 7)}, assigned...)
	check(err)
	d := insight.New(ev, m, m)
	for b.Loop() {
		n := 0
		for _, err := range d.Reviews(b.Context(), newYear().AddDate(0, 1, 0)) {
			check(err)
			n++
		}
		if n != 2*len(assigned) {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(assigned)), "ns/assignment")
}
