package groups_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// asJSON is a run as bytes, so that everything in it is compared.
func asJSON(tb testing.TB, r *groups.Run, err error) string {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// looking is an evaluator of the same that has no index.
func looking(m *groups.Memory, now func() time.Time) *groups.Evaluator {
	return groups.NewEvaluator(m, m, &groups.Options{Now: now, IndexBytes: -1})
}

// Twenty worlds for each check of -rapid.checks: 2,000 unless it says otherwise, 10,000 where all is tried.
func TestTheIndexAgreesWithALookAtEverybodyInThousandsOfWorlds(t *testing.T) {
	checks, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	if err != nil {
		t.Fatal(err)
	}
	worlds := 20 * checks
	h := law.OnMemory()
	h.Beside = true
	// Every other world has a guard that holds whatever it can.
	none := groups.Bounds{Leaves: &groups.Limit{}, Joins: &groups.Limit{}}
	strict := &groups.Guard{Group: none, Day: none, Run: none, Runs: none}
	world := rapid.Custom(func(t *rapid.T) error {
		if err := h.Load(law.Drawn{}.Tenant(t)); err != nil {
			return err
		}
		if _, err := h.Preview(); err != nil {
			return err
		}
		_, err := h.Process()
		return err
	})
	for seed := range worlds {
		h.Guard = nil
		if seed%2 == 1 {
			h.Guard = strict
		}
		if err := world.Example(seed); err != nil {
			t.Fatalf("world %d: %v", seed, err)
		}
	}
}

// The organograms of the British government: managers, an org tree, and half a year of changes.
func TestTheIndexAgreesWithALookAtEverybodyOnRealData(t *testing.T) {
	ctx := t.Context()
	units, _, err := groups.ReadUnitsCSV(strings.NewReader(shared(t, "uk-organograms/org-units.csv")), &groups.UnitsCSV{Tree: "org", ID: "id", Parent: "parent_id", Name: "name"})
	if err != nil {
		t.Fatal(err)
	}
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "person_id", Manager: "manager_id", Units: []groups.UnitColumn{{Tree: "org", Column: "org_unit_id"}}, Missing: groups.RemoveMissing}
	trees := func(f *groups.PeopleFile) { f.Trees = map[groups.Tree][]groups.Unit{"org": units} }
	plain := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Now: w.ev.Now, IndexBytes: -1})
	for n, file := range []string{"uk-organograms/people-2011-03-31.csv", "uk-organograms/people-2011-09-30.csv"} {
		if _, err := w.ev.ImportDespite(ctx, w.plan(t, shared(t, file), o, trees), "registrar", "to compare"); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			for i, u := range units {
				if i%25 == 0 {
					w.automatic(t, groups.GroupID("unit "+u.ID), groups.AnySets(groups.All(groups.Tree("org").IsOrBelow(u.ID), groups.TextField("grade").IsEmpty().Not())), groups.DropAll)
				}
			}
			n := 0
			for u, err := range w.Users(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n%100 == 0 {
					w.automatic(t, groups.GroupID("line "+string(u.ID)), groups.AnySets(groups.Any(groups.UserIsOrBelow(u.ID), groups.TextField("job_title").Contains("director").Not())), groups.Keep)
				}
			}
		}
		want, err := plain.Evaluate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.ev.Evaluate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if at := law.Difference(want, got); at != "" {
			t.Fatal(at)
		}
		if n == 0 && len(got.Diffs) < 50 || n == 1 && len(got.Held) < 10 {
			t.Fatalf("%d groups, %d held: too few to say anything", len(got.Diffs), len(got.Held))
		}
	}
}

// What is largest, deepest or emptiest.
func TestTheIndexAgreesWithALookAtEverybodyAtTheLimits(t *testing.T) {
	ctx := t.Context()
	people, units := benchUsers(3000)
	for i := range people[:1500] { // one line of 1,500
		if i > 0 {
			people[i].Manager = groups.ReportsTo(people[i-1].ID)
		}
	}
	for i := range units {
		if i > 0 {
			units[i].Parent = units[i-1].ID
		}
	}
	m := groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Schema: benchSchema(), Upsert: people, Trees: map[groups.Tree][]groups.Unit{benchOrg: units}}); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	var large []groups.Set
	for range 50 {
		var set groups.Set
		for range 10 {
			set.Conditions = append(set.Conditions, benchCondition(r, len(people), len(units)))
		}
		large = append(large, set)
	}
	cities := make([]string, 2000)
	for i := range cities {
		cities[i] = fmt.Sprintf("city %d", 3*i)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	for id, c := range map[groups.GroupID]groups.Criteria{
		"50 sets of 10, all of any": groups.AllSets(sets(large, groups.MatchAny)...),
		"50 sets of 10, any of all": groups.AnySets(sets(large, groups.MatchAll)...),
		"2,000 cities":              groups.AnySets(groups.All(benchCity.Is(cities...))),
		"none of 2,000 cities":      groups.AnySets(groups.All(benchCity.IsNot(cities...))),
		"everyone":                  groups.AnySets(groups.All(groups.Everyone{})),
		"nobody":                    {},
		"the end of a long line":    groups.AnySets(groups.All(groups.UserBelow(people[0].ID), groups.UserBelow(people[1400].ID).Not())),
		"five below":                groups.AnySets(groups.All(groups.UserCondition{Op: groups.UserBelow("x").Op, Users: []groups.UserID{people[700].ID}, Depth: 5})),
		"a deep tree":               groups.AnySets(groups.All(benchOrg.IsOrBelow(units[len(units)/2].ID))),
		"a unit that is not there":  groups.AnySets(groups.All(benchOrg.IsOrBelow("gone"))),
	} {
		if _, err := ev.Save(ctx, groups.Group{ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: c}, "law"); err != nil {
			t.Fatal(err)
		}
	}
	want, err := looking(m, newYear).Evaluate(ctx)
	first := asJSON(t, want, err)
	got, err := ev.Evaluate(ctx)
	if diff := cmp.Diff(first, asJSON(t, got, err)); diff != "" {
		t.Error(diff)
	}
	if d, _ := got.Diff("everyone"); d.Members != len(people) {
		t.Errorf("%d of %d are in the group of everyone", d.Members, len(people))
	}
}

func sets(of []groups.Set, match groups.Match) []groups.Set {
	out := slices.Clone(of)
	for i := range out {
		out[i].Match = match
	}
	return out
}

func TestAResultDoesNotDependOnTheNumberOfWorkers(t *testing.T) {
	people, units := benchUsers(70_000) // more than one chunk
	m := groups.NewMemory()
	ctx := t.Context()
	if err := m.Write(ctx, groups.PeopleChange{Schema: benchSchema(), Upsert: people, Trees: map[groups.Tree][]groups.Unit{benchOrg: units}}); err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	for _, g := range benchGroups(30, len(people), len(units)) {
		if _, err := ev.Save(ctx, g, "law"); err != nil {
			t.Fatal(err)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first string
	for _, workers := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(workers)
		run, err := groups.NewEvaluator(m, m, &groups.Options{Now: newYear}).Evaluate(ctx)
		got := asJSON(t, run, err)
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("%d workers find something else than one", workers)
		}
	}
	want, err := looking(m, newYear).Evaluate(ctx)
	if asJSON(t, want, err) != first {
		t.Error("the index finds something else than a look at everybody")
	}
}

// Two users swap their cities in one write, again and again, so that there is always one of them in Rome:
// whoever sees none or two has seen half a change.
func TestReadersNeverSeeHalfAChange(t *testing.T) {
	ctx := t.Context()
	w := newEvalWorld(t, nil)
	pair := func(a, b string) groups.PeopleChange {
		return groups.PeopleChange{Upsert: []groups.User{evalUser("dan", evalIn(a)), evalUser("eve", evalIn(b))}}
	}
	w.write(pair("Rome", "Oslo"))
	// Whatever happens, each of the two is in one of the cities, and not in both.
	either := evalGroup("either")
	either.Criteria = groups.AnySets(groups.All(evalCity.Is("Rome")), groups.All(evalCity.Is("Oslo")))
	w.save(either, evalGroup("both", evalCity.Is("Rome"), evalCity.Is("Oslo")))
	w.process()
	g, err := w.Group(ctx, "romans")
	w.must(err)
	done := make(chan struct{})
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if n, err := w.ev.Count(ctx, g); err != nil || n.Members != 3 {
					t.Errorf("%d live: %v", n.Members, err)
				}
				run, err := w.ev.Evaluate(ctx)
				if err != nil {
					t.Error(err)
					continue
				}
				if d, _ := run.Diff("romans"); d.Members != 3 {
					t.Errorf("%d members after a run", d.Members)
				}
				if _, err := w.ev.Explain(ctx, "romans", "dan"); err != nil {
					t.Error(err)
				}
				for g, want := range map[groups.GroupID]groups.Verdict{"either": groups.Yes, "both": groups.No} {
					if v, err := w.ev.Match(ctx, g, "dan"); err != nil || v != want {
						t.Errorf("criteria of %s say %v of dan: %v", g, v, err)
					}
				}
				in := 0
				for _, err := range w.ev.Members(ctx, "romans") {
					if in++; err != nil {
						t.Error(err)
					}
				}
				if in != 3 {
					t.Errorf("%d members", in)
				}
			}
		})
	}
	for n := range 40 {
		cities := []string{"Rome", "Oslo"}
		w.write(pair(cities[(n+1)%2], cities[n%2]))
		if _, err := w.ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"dan", "eve"}}); err != nil {
			t.Error(err)
		}
		if n%10 == 0 {
			if _, err := w.ev.Process(ctx); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	wait.Wait()
}

// restless is a Directory of which each look finds another version.
type restless struct {
	groups.Directory
	looks int
}

func (d *restless) Version(context.Context) (string, error) {
	d.looks++
	return fmt.Sprint(d.looks), nil
}

// waning is a Directory whose stream of users fails, or whose journal does.
type waning struct {
	*groups.Memory
	err, since error
}

func (d *waning) Since(ctx context.Context, version string) (*groups.Written, error) {
	if d.since != nil {
		return nil, d.since
	}
	return d.Memory.Since(ctx, version)
}

func (d *waning) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		for u, err := range d.Memory.Users(ctx) {
			if d.err != nil {
				yield(groups.User{}, d.err)
				return
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

func TestWithoutAnIndexRunsLookAtEverybody(t *testing.T) {
	for name, open := range map[string]func(m *groups.Memory) (groups.Directory, *groups.Options){
		"over its bound":              func(m *groups.Memory) (groups.Directory, *groups.Options) { return m, &groups.Options{IndexBytes: 1} },
		"switched off":                func(m *groups.Memory) (groups.Directory, *groups.Options) { return m, &groups.Options{IndexBytes: -1} },
		"a directory without version": func(m *groups.Memory) (groups.Directory, *groups.Options) { return law.Bare(m), &groups.Options{} },
		"one that never holds still": func(m *groups.Memory) (groups.Directory, *groups.Options) {
			return &restless{Directory: m}, &groups.Options{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newEvalWorld(t, nil)
			dir, o := open(w.Memory)
			o.Now = w.ev.Now
			ev := groups.NewEvaluator(dir, w.Memory, o)
			for range 3 {
				w.people(evalUser("dan", evalIn("Rome")))
				want, err := w.ev.Evaluate(t.Context())
				first := asJSON(t, want, err)
				got, err := ev.Evaluate(t.Context())
				if diff := cmp.Diff(first, asJSON(t, got, err)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestAnIndexThatCouldNotBeReadIsReadAgain(t *testing.T) {
	w := newEvalWorld(t, nil)
	d := &waning{Memory: w.Memory, err: errors.New("out of order")}
	ev := groups.NewEvaluator(d, w.Memory, &groups.Options{Now: w.ev.Now})
	if _, err := ev.Evaluate(t.Context()); !errors.Is(err, d.err) {
		t.Errorf("got %v", err)
	}
	d.err = nil
	if run, err := ev.Evaluate(t.Context()); err != nil || !run.Empty() {
		t.Errorf("%v, %v", run, err)
	}
}

func TestAJournalSparesTheIndexTheStreamOfUsers(t *testing.T) {
	w := newEvalWorld(t, nil)
	d := &waning{Memory: w.Memory}
	ev := groups.NewEvaluator(d, w.Memory, &groups.Options{Now: w.ev.Now})
	if _, err := ev.Evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.err = errors.New("everybody is read again")
	w.people(evalUser("dan", evalIn("Rome")))
	want, err := looking(w.Memory, w.ev.Now).Evaluate(t.Context())
	look := asJSON(t, want, err)
	got, err := ev.Evaluate(t.Context())
	if diff := cmp.Diff(look, asJSON(t, got, err)); diff != "" || got.Empty() {
		t.Errorf("who was written about since (-look at everybody +index):\n%s", diff)
	}
	d.since = errors.New("the journal cannot be read")
	w.people(evalUser("eve", evalIn("Rome")))
	if run, err := ev.Evaluate(t.Context()); !errors.Is(err, d.since) {
		t.Errorf("%v, %v: what was written is not known, and the run is", run, err)
	}
}

// unlogged is a Directory that knows its version, and not who has changed.
type unlogged struct {
	groups.Directory
	groups.Versioned
}

func TestWhoIsReadAgainIsFoundAsByALookAtEverybody(t *testing.T) {
	ctx := t.Context()
	m, _, people := benchWorld(t, 5000, 40)
	dir := unlogged{m, m}
	ev := groups.NewEvaluator(dir, m, &groups.Options{Now: newYear, Guard: &groups.Guard{}})
	look := groups.NewEvaluator(m, m, &groups.Options{Now: newYear, Guard: &groups.Guard{}, IndexBytes: -1})
	for n := range 3 {
		// Each takes over what somebody else was; some go, and others come.
		var c groups.PeopleChange
		for i := range people {
			u := people[(i+n*7)%len(people)]
			u.ID = people[i].ID
			switch {
			case n > 0 && (i+n)%50 == 0:
				c.Remove = append(c.Remove, u.ID)
			default:
				c.Upsert = append(c.Upsert, u)
			}
		}
		if err := m.Write(ctx, c); err != nil {
			t.Fatal(err)
		}
		want, err := look.Evaluate(ctx)
		first := asJSON(t, want, err)
		got, err := ev.Evaluate(ctx)
		if asJSON(t, got, err) != first {
			t.Fatalf("read for the time %d: the index finds something else than a look at everybody", n+1)
		}
		if n == 1 {
			if _, err := ev.Process(ctx); err != nil {
				t.Fatal(err)
			}
			continue
		}
		few := groups.Touched{Users: []groups.UserID{people[3].ID, people[50].ID, people[4999].ID}}
		if _, err := ev.Changed(ctx, few); err != nil {
			t.Fatal(err)
		}
		want, err = look.Evaluate(ctx)
		first = asJSON(t, want, err)
		got, err = ev.Evaluate(ctx)
		if asJSON(t, got, err) != first {
			t.Fatalf("after a few were written the time %d: the index finds something else", n+1)
		}
	}
}

// unread is a Store that cannot say what it has about users in most groups.
type unread struct {
	groups.Store
	from groups.GroupID
}

func (s *unread) Standings(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	if id < s.from {
		return s.Store.Standings(ctx, id, after)
	}
	return func(yield func(groups.Standing, error) bool) {
		yield(groups.Standing{}, errors.New("the row of "+string(id)+" is torn"))
	}
}

func TestTheFirstErrorIsSaidWhateverTheNumberOfWorkers(t *testing.T) {
	m, _, _ := benchWorld(t, 500, 40)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first string
	for n := range 60 {
		runtime.GOMAXPROCS([]int{1, 2, 8}[n%3])
		ev := groups.NewEvaluator(m, &unread{m, "g00010"}, &groups.Options{Now: newYear})
		_, err := ev.Evaluate(t.Context())
		if err == nil {
			t.Fatal("what cannot be read is an error")
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Fatalf("%v, and with another number of workers %s", err, first)
		}
	}
}

// asked is a Store that counts how often it is asked about one user.
type asked struct {
	groups.Store
	about atomic.Int64
}

func (s *asked) StandingsOf(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
	s.about.Add(1)
	return s.Store.StandingsOf(ctx, id)
}

func TestAFirstRunDoesNotAskAgainAboutWhoIsAssignedForGood(t *testing.T) {
	ctx := t.Context()
	m, ev, people := benchWorld(t, 2000, 4)
	if _, err := ev.Save(ctx, groups.Group{ID: "by hand", Name: "by hand", Status: groups.Active}, "law"); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Process(ctx); err != nil {
		t.Fatal(err)
	}
	var all, some []groups.UserID
	for i, u := range people {
		if all = append(all, u.ID); i%3 == 0 {
			some = append(some, u.ID)
		}
	}
	for group, users := range map[groups.GroupID][]groups.UserID{"by hand": all, "g00001": some, "g00002": some} {
		if _, err := ev.Assign(ctx, group, groups.Decision{By: "law"}, users...); err != nil {
			t.Fatal(err)
		}
	}
	want, err := looking(m, newYear).Evaluate(ctx)
	store := &asked{Store: m}
	got, gotErr := groups.NewEvaluator(m, store, &groups.Options{Now: newYear}).Evaluate(ctx)
	if asJSON(t, got, gotErr) != asJSON(t, want, err) {
		t.Error("the index finds something else than a look at everybody")
	}
	steady := 0
	for _, u := range people {
		if u.Activation == groups.Activated {
			steady++
		}
	}
	if n := int(store.about.Load()); n > 3*(len(people)-steady)+len(want.Changes()) {
		t.Errorf("asked about %d of %d users, of whom %d are not activated", n, len(people), len(people)-steady)
	}
}

// A run by the index costs for groups, for conditions and for whoever moves, not for users.
func TestEvaluatingAgainAllocatesForGroupsAndNotForUsers(t *testing.T) {
	const few, many, groupCount = 500, 3000, 50
	allocations := func(users int) float64 {
		_, ev, _ := benchWorld(t, users, groupCount)
		ctx := context.Background()
		if _, err := ev.Process(ctx); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(3, func() {
			if _, err := ev.Evaluate(ctx); err != nil {
				t.Fatal(err)
			}
		})
	}
	if a, b := allocations(few), allocations(many); b > 1.1*a {
		t.Errorf("%v allocations for %d users, %v for %d", a, few, b, many)
	}
}

// A Directory may hand out what is none of the constants: the index takes it as a look at everybody does.
func TestWhatIsNoActivationOrExpiryIsTakenAsByALookAtEverybody(t *testing.T) {
	ctx := t.Context()
	w := newEvalWorld(t, nil)
	for i, with := range []func(u *groups.User){
		func(u *groups.User) { u.Activation = 9 }, func(u *groups.User) { u.Expiry = 7 }, func(u *groups.User) { u.Activation, u.Expiry = 255, 255 },
	} {
		u := evalUser(groups.UserID(fmt.Sprintf("odd%d", i)), evalIn("Rome"))
		with(&u)
		w.people(u)
	}
	for i, s := range []groups.UserStatus{groups.StatusActive, groups.StatusDeactivated, groups.StatusExpired} {
		w.save(evalGroup(groups.GroupID(fmt.Sprintf("status%d", i)), groups.StatusIs(s)), evalGroup(groups.GroupID(fmt.Sprintf("not%d", i)), groups.StatusIs(s).Not()))
	}
	now := func() time.Time { return w.now }
	run, err := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Now: now}).Evaluate(ctx)
	plain, plainErr := looking(w.Memory, now).Evaluate(ctx)
	if got, want := asJSON(t, run, err), asJSON(t, plain, plainErr); got != want {
		t.Errorf("the index finds\n%s\nand a look at everybody\n%s", got, want)
	}
	g, err := w.Group(ctx, "romans")
	w.must(err)
	tally, list, err := w.ev.CountPage(ctx, g, 10)
	if w.must(err); tally.Members != len(list) {
		t.Errorf("%d members, of whom %d are listed", tally.Members, len(list))
	}
}
