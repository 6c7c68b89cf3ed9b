package groups_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// Whoever is foreseen to move is moved by processing at the instants that runs wait for, and nobody else: in groups with
// owners who have to do with some, and whatever was processed before.
func TestWhatIsForeseenIsWhatProcessingComesTo(tt *testing.T) {
	ctx := context.Background()
	moves := 0
	rapid.Check(tt, func(t *rapid.T) {
		n := law.Drawn{}.Restless(t)
		m, now := groups.NewMemory(), n.Now
		load := law.OnMemory()
		load.Open = func() (law.People, groups.Store) { return m, m }
		owners := &scopes{Directory: m, of: map[string][]groups.UserID{"pat": nil}, broken: rapid.IntRange(0, 9).Draw(t, "broken") == 0}
		for i := range n.Groups {
			n.Groups[i].Owner = rapid.SampledFrom([]string{"", "", "", "pat", "root"}).Draw(t, "owner")
		}
		for _, u := range n.Users {
			owners.of["pat"] = append(owners.of["pat"], rapid.SampledFrom([]groups.UserID{u.ID, "?" + u.ID, ""}).Draw(t, "in scope"))
		}
		if err := load.Load(n); err != nil {
			t.Fatal(err)
		}
		dir := rapid.SampledFrom([]groups.Directory{m, owners}).Draw(t, "directory")
		ev := groups.NewEvaluator(dir, m, &groups.Options{
			Now: func() time.Time { return now }, Zone: n.Zone, Exclusions: n.Exclusions, Guard: &groups.Guard{},
		})
		if rapid.Bool().Draw(t, "processed") {
			if _, err := ev.Process(ctx); err != nil {
				t.Fatal(err)
			}
		}
		to := n.Now.AddDate(0, 0, rapid.SampledFrom([]int{0, 1, 10}).Draw(t, "days"))
		var ids []groups.GroupID
		for _, g := range n.Groups[:rapid.IntRange(0, 2).Draw(t, "named")] {
			ids = append(ids, g.ID)
		}
		moves += foreseen(t, ev, &now, to, ids...)
	})
	tt.Log(moves, "moves")
}

// foreseen fails unless what an Evaluator foresees is what it then does when it processes at the instants that it waits for, by a
// clock that the caller has. It returns how many changes these are.
func foreseen(t rapid.TB, ev *groups.Evaluator, now *time.Time, to time.Time, ids ...groups.GroupID) int {
	ctx := context.Background()
	got, ok, err := ev.Foresee(ctx, to, ids...)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	want := []groups.Change{}
	for next := *now; next.Before(to) && !next.IsZero(); {
		*now = next
		run, err := ev.Process(ctx)
		if err != nil {
			t.Fatal(err)
		}
		next = run.Next
		changes := run.Changes()
		slices.SortFunc(changes, func(a, b groups.Change) int {
			return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.User, b.User))
		})
		for _, c := range changes {
			if c.ID, c.At = "", c.At.UTC(); len(ids) == 0 || slices.Contains(ids, c.Group) {
				want = append(want, c)
			}
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("(-processed +foreseen):\n%s", diff)
	}
	return len(want)
}

// Whom time moves in one group may have to wait until others are processed: groups with schedules see each other as they were
// written, and find nothing in one that was never processed, or about who is undecided there.
func TestWhoIsForeseenToMoveWaitsForGroupsWithSchedules(t *testing.T) {
	const hired, seen groups.DateField = "hired", "seen"
	hourly := func(every, shift time.Duration) groups.Schedule {
		return groups.Schedule{Every: every * time.Hour, Shift: shift * time.Hour}
	}
	member := func(of groups.GroupID) groups.Condition { return groups.MemberOfAny(of) }
	not := func(of groups.GroupID) groups.Condition { return groups.MemberOfAny(of).Not() }
	recent := hired.InLast(3, groups.Days)
	for _, c := range []struct {
		why   string
		named groups.GroupID
		want  int
		list  []groups.Group
		later []groups.Group // not processed yet
		off   groups.GroupID // inactive, and not processed since
	}{
		{"it is read as it was written", "", 8, []groups.Group{
			{ID: "a", Schedule: hourly(24, 7), Criteria: groups.AllSets(groups.All(recent))},
			{ID: "b", Criteria: groups.AllSets(groups.All(member("a")))},
		}, nil, ""},
		{"and only those that are named are told of", "b", 4, []groups.Group{
			{ID: "a", Schedule: hourly(24, 7), Criteria: groups.AllSets(groups.All(recent))},
			{ID: "b", Criteria: groups.AllSets(groups.All(member("a")))},
		}, nil, ""},
		{"and before that by others", "", 12, []groups.Group{
			{ID: "a", Schedule: hourly(24, 7), Criteria: groups.AllSets(groups.All(recent))},
			{ID: "b", Schedule: hourly(6, 0), Criteria: groups.AllSets(groups.All(member("a")))},
			{ID: "c", Criteria: groups.AllSets(groups.All(not("a"), recent))},
		}, nil, ""},
		{"nothing is known of one that was never processed", "new", 2, nil, []groups.Group{
			{ID: "weekly", Schedule: hourly(7*24, 0), Criteria: groups.AllSets(groups.All(hired.Before(groups.NewDate(2000, 1, 1))))},
			{ID: "mentors", Criteria: groups.AllSets(groups.All(member("weekly")))},
			{ID: "new", Criteria: groups.AllSets(groups.All(hired.InLast(30, groups.Days), not("mentors")))},
		}, ""},
		{"nor by one with a schedule", "new", 2, nil, []groups.Group{
			{ID: "weekly", Schedule: hourly(7*24, 0), Criteria: groups.AllSets(groups.All(hired.Before(groups.NewDate(2000, 1, 1))))},
			{ID: "new", Schedule: hourly(24, 6), Criteria: groups.AllSets(groups.All(hired.InLast(30, groups.Days), not("weekly")))},
		}, ""},
		{"nor of who is undecided", "b", 2, []groups.Group{
			{ID: "a", Schedule: hourly(7*24, 0), Criteria: groups.AnySets(groups.All(seen.Before(groups.NewDate(2000, 1, 1))), groups.All(recent))},
			{ID: "b", Criteria: groups.AllSets(groups.All(not("a"), recent))},
		}, nil, ""},
		{"nor of one that is to be inactive", "b", 0, []groups.Group{
			{ID: "a", Schedule: hourly(7*24, 0), Criteria: groups.AllSets(groups.All(recent))},
			{ID: "b", Criteria: groups.AllSets(groups.All(not("a"), recent))},
		}, nil, "a"},
		{"who is in counts as in until it is processed", "b", 2, []groups.Group{
			{ID: "a", Schedule: hourly(7*24, 0), Criteria: groups.AllSets(groups.All(hired.InNext(3, groups.Days)))},
			{ID: "b", Criteria: groups.AllSets(groups.All(member("a"), recent))},
		}, nil, ""},
	} {
		m, now := groups.NewMemory(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		ev := groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return now }, Guard: &groups.Guard{}})
		on := func(day int) groups.Value { return groups.Day(groups.NewDate(2026, 3, day)) }
		err := m.Write(t.Context(), groups.PeopleChange{
			Schema: &groups.Schema{Fields: []groups.Field{{Name: "hired", Type: groups.TypeDate}, {Name: "seen", Type: groups.TypeDate}}},
			Upsert: []groups.User{
				{ID: "ann", Fields: map[string]groups.Value{"hired": on(2), "seen": on(1)}},
				{ID: "bob", Fields: map[string]groups.Value{"hired": on(4)}},
			},
		})
		save := func(list []groups.Group) {
			for _, g := range list {
				g.Name, g.Kind, g.Status = string(g.ID), groups.AutomaticGroup, groups.Active
				if _, err := ev.Save(t.Context(), g, "chief"); err != nil {
					t.Fatal(err)
				}
			}
		}
		save(c.list)
		for _, g := range c.list {
			if _, err := ev.Process(t.Context(), g.ID); err != nil {
				t.Fatal(err)
			}
		}
		save(c.later)
		if c.off != "" {
			g, failed := m.Group(t.Context(), c.off)
			g.Status = groups.Inactive
			_, saved := ev.Save(t.Context(), g, "chief")
			err = errors.Join(err, failed, saved)
		}
		var ids []groups.GroupID
		if c.named != "" {
			ids = append(ids, c.named)
		}
		if n := foreseen(t, ev, &now, now.AddDate(0, 0, 20), ids...); n != c.want || err != nil {
			t.Errorf("%s: %d changes, want %d (%v)", c.why, n, c.want, err)
		}
	}
}

// newHires is an Evaluator of a group of those hired in the last five days, as of a moment in St. John's, where the clock was
// once set back at a minute past midnight: who has come today has not for an hour.
func newHires(t *testing.T, o groups.Options, s groups.Schedule) *groups.Evaluator {
	m := groups.NewMemory()
	ev := groups.NewEvaluator(m, m, &o)
	day := func(d int) map[string]groups.Value {
		return map[string]groups.Value{"hired": groups.Day(groups.NewDate(2009, 11, d))}
	}
	err := m.Write(t.Context(), groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "hired", Type: groups.TypeDate}}},
		Upsert: []groups.User{{ID: "today", Fields: day(1)}, {ID: "tomorrow", Fields: day(2)}, {ID: "later", Fields: day(9)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := groups.Group{
		ID: "new", Name: "new", Kind: groups.AutomaticGroup, Status: groups.Active, Zone: "America/St_Johns", Schedule: s,
		Criteria: groups.AllSets(groups.All(groups.DateField("hired").InLast(5, groups.Days))),
	}
	if _, err = ev.Save(t.Context(), g, "chief"); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ev
}

var beforeSetBack = time.Date(2009, 11, 1, 2, 30, 30, 0, time.UTC)

func TestWhoAClockThatIsSetBackMovesIsForeseen(t *testing.T) {
	ev := newHires(t, groups.Options{Now: func() time.Time { return beforeSetBack }}, groups.Schedule{})
	for _, c := range []struct {
		minutes int
		want    string
	}{
		{0, ""},
		{1, "02:31 today left "},
		{2 * 60, "02:31 today left 03:30 today joined "},
		{26 * 60, "02:31 today left 03:30 today joined 03:30 tomorrow joined "},
	} {
		changes, ok, err := ev.Foresee(t.Context(), beforeSetBack.Add(time.Duration(c.minutes)*time.Minute))
		got := ""
		for _, c := range changes {
			got += fmt.Sprintf("%s %s %s ", c.At.Format("15:04"), c.User, c.Kind)
		}
		if got != c.want || !ok || err != nil {
			t.Errorf("within %d minutes: %q (%v, %v), want %q", c.minutes, got, ok, err, c.want)
		}
	}
}

func TestNothingIsForeseenWithoutAnIndexOrByAClockThatIsBehind(t *testing.T) {
	now := beforeSetBack
	o := groups.Options{Now: func() time.Time { return now }}
	daily := groups.Schedule{Every: 24 * time.Hour}
	for why, make := range map[string]func() *groups.Evaluator{
		"no index": func() *groups.Evaluator {
			o := o
			o.IndexBytes = -1
			return newHires(t, o, daily)
		},
		"the clock is behind": func() *groups.Evaluator {
			ev := newHires(t, o, daily)
			if _, err := ev.Process(t.Context(), "new"); err != nil {
				t.Fatal(err)
			}
			now = now.Add(-time.Hour)
			return ev
		},
	} {
		if changes, ok, err := make().Foresee(t.Context(), beforeSetBack.AddDate(1, 0, 0)); changes != nil || ok || err != nil {
			t.Errorf("%s: %v, %v, %v", why, changes, ok, err)
		}
		now = beforeSetBack
	}
}

func TestWhatIsHeldIsForeseenAsApproved(t *testing.T) {
	w := guardWorld(t, small())
	w.edit("team", func(g *groups.Group) { g.Deactivated = groups.DropAll })
	w.process()
	w.write(groups.PeopleChange{Deactivate: []groups.UserID{"a", "b", "c"}})
	w.process()
	w.want(w.held(), "team -a(deactivation) -b(deactivation) -c(deactivation)")
	for _, frozen := range []bool{false, true} { // which by itself has what is held wait
		w.edit("team", func(g *groups.Group) { g.Frozen = frozen })
		changes, ok, err := w.ev.Foresee(t.Context(), w.now.Add(time.Minute))
		got := ""
		for _, c := range changes {
			got += evalChange(c)
		}
		if got != "-a(deactivation)-b(deactivation)-c(deactivation)" || !ok || err != nil {
			t.Errorf("frozen %v: %q (%v, %v)", frozen, got, ok, err)
		}
	}
}

func TestOnlyWhoIsWithinTheScopeOfAnOwnerIsForeseen(t *testing.T) {
	w := newEvalWorld(t, nil)
	tomorrow := evalHas("hired", groups.Day(groups.NewDate(2026, time.March, 2)))
	w.people(evalUser("ann", tomorrow), evalUser("bob", tomorrow), evalUser("cid", tomorrow))
	g := evalGroup("new", evalHired.InLast(3, groups.Days))
	g.Owner = "pat"
	w.save(g)
	dir := &scopes{Directory: w.Memory, of: map[string][]groups.UserID{"pat": {"ann", "?bob"}}}
	ev := groups.NewEvaluator(dir, w.Memory, &groups.Options{Now: func() time.Time { return w.now }})
	if n := foreseen(t, ev, &w.now, w.now.AddDate(0, 0, 9), "new"); n != 2 {
		t.Errorf("%d changes, want that ann joins and leaves", n)
	}
}

func TestARuleThatDoesNotFitTheSchemaMovesNobodyInTimeEither(t *testing.T) {
	w := newEvalWorld(t, nil)
	_, err := w.ev.Assign(t.Context(), "romans", groups.Decision{By: "tutor", Until: w.now.Add(time.Hour)}, "ann", "cid")
	w.must(err)
	schema := evalSchema()
	schema.Fields = schema.Fields[1:]
	w.write(groups.PeopleChange{Schema: schema})
	if n := foreseen(t, w.ev, &w.now, w.now.AddDate(0, 0, 2)); n != 2 {
		t.Errorf("%d changes, want that ann stays as automatic and cid leaves", n)
	}
}

func TestTimeMovesNobodyByAGroupOnARing(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.people(evalUser("ann", evalHas("hired", groups.Day(groups.NewDate(2026, time.March, 2)))))
	a := evalGroup("a", evalHired.InNext(3, groups.Days))
	a.Schedule = groups.Schedule{Every: 7 * 24 * time.Hour}
	w.save(a, evalGroup("b", groups.MemberOfAny("a")), evalGroup("c", groups.MemberOfAny("a"), evalHired.InLast(3, groups.Days)))
	w.process("a", "b", "c")
	w.want(w.members("b"), "ann")
	store := findingStore{w.Memory, func(g groups.Group) (groups.Group, bool) {
		if g.ID == "a" {
			g.Criteria = groups.AnySets(groups.All(groups.MemberOfAny("b")), g.Criteria.Sets[0])
		}
		return g, true
	}}
	ev := groups.NewEvaluator(w.Memory, store, &groups.Options{Now: func() time.Time { return w.now }})
	if n := foreseen(t, ev, &w.now, w.now.AddDate(0, 0, 20), "c"); n != 0 {
		t.Errorf("%d changes", n)
	}
}

func TestWithoutGroupsNothingHappens(t *testing.T) {
	m := groups.NewMemory()
	if err := m.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{}}); err != nil {
		t.Fatal(err)
	}
	changes, ok, err := groups.NewEvaluator(m, m, nil).Foresee(t.Context(), beforeSetBack)
	if changes == nil || len(changes) > 0 || !ok || err != nil {
		t.Errorf("%v, %v, %v", changes, ok, err)
	}
}
