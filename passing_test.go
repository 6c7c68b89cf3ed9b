package groups_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
)

// drafting is a tenant in which many drafts are looked at while people and groups change: one by the index and one by a look at
// everybody.
type drafting struct {
	*groups.Memory
	now         time.Time
	index, look *groups.Evaluator
	drawn       law.Drawn
	people      []groups.User
	met         []groups.Condition // in some draft
}

func newDrafting(t *rapid.T) *drafting {
	drawn := law.Drawn{NoGroups: true}
	w := drawn.World(t)
	d := &drafting{Memory: groups.NewMemory(), now: w.Now, drawn: drawn}
	clock := func() time.Time { return d.now }
	d.index = groups.NewEvaluator(d, d, &groups.Options{Now: clock, Zone: w.Zone, Guard: &groups.Guard{}})
	d.look = groups.NewEvaluator(d, d, &groups.Options{Now: clock, Zone: w.Zone, Guard: &groups.Guard{}, IndexBytes: -1})
	for i := range 40 { // of a few kinds, so that sets have all forms
		u := w.Users[rapid.IntRange(0, len(w.Users)-1).Draw(t, "like")]
		u.ID = groups.UserID(fmt.Sprintf("u%d", i+1))
		d.people = append(d.people, u)
	}
	d.write(t, groups.PeopleChange{Schema: w.Schema, Upsert: d.people, Trees: trees(w.Units)})
	return d
}

func trees(units []groups.Unit) map[groups.Tree][]groups.Unit {
	of := map[groups.Tree][]groups.Unit{}
	for _, u := range units {
		of[u.Tree] = append(of[u.Tree], u)
	}
	return of
}

func (d *drafting) write(t *rapid.T, c groups.PeopleChange) {
	if err := d.Write(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// draft is a group that nobody has saved; so many of three of its conditions, about, stood in others before.
func (d *drafting) draft(t *rapid.T, sets, again int) groups.Group {
	g := groups.Group{
		ID: "draft", Name: "draft", Kind: groups.AutomaticGroup, Status: groups.Active,
		Deactivated: rapid.SampledFrom([]groups.Policy{groups.Keep, groups.DropAutomatic}).Draw(t, "policy"),
		Zone:        rapid.SampledFrom([]string{"", "", "Pacific/Auckland"}).Draw(t, "zone"),
		Criteria:    groups.Criteria{Match: groups.MatchAny},
	}
	for range sets {
		set := groups.Set{Match: rapid.SampledFrom([]groups.Match{groups.MatchAll, groups.MatchAny}).Draw(t, "match")}
		for range 3 {
			if len(d.met) > 0 && rapid.IntRange(1, 3).Draw(t, "again") <= again {
				set.Conditions = append(set.Conditions, rapid.SampledFrom(d.met).Draw(t, "met before"))
				continue
			}
			c := d.drawn.Condition(t, d.now, len(d.people))
			d.met, set.Conditions = append(d.met, c), append(set.Conditions, c)
		}
		g.Criteria.Sets = append(g.Criteria.Sets, set)
	}
	return g
}

// agree fails where the index says something else of a draft than a look at everybody.
func (d *drafting) agree(t *rapid.T, g groups.Group) {
	want, first, err := d.look.CountPage(t.Context(), g, 5)
	got, listed, err2 := d.index.CountPage(t.Context(), g, 5)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if got != want || !slices.Equal(first, listed) {
		t.Fatalf("%v: %+v %v by the index, %+v %v by a look at everybody", g.Criteria, got, listed, want, first)
	}
}

// change makes somebody another.
func (d *drafting) change(t *rapid.T) groups.User {
	i := rapid.IntRange(0, len(d.people)-1).Draw(t, "who")
	d.people[i] = d.drawn.User(t, d.people[i].ID, d.now, len(d.people))
	d.write(t, groups.PeopleChange{Upsert: d.people[i : i+1]})
	return d.people[i]
}

func (d *drafting) process(t *rapid.T) {
	_, err := d.index.Process(t.Context())
	d.settled(t, err)
}

// settled fails where a look at everybody finds that somebody should move still.
func (d *drafting) settled(t *rapid.T, err error) {
	run, err2 := d.look.Evaluate(t.Context())
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if !run.Empty() {
		t.Fatalf("a look at everybody still finds %v", run.Changes())
	}
}

// Conditions that drafts had before, and those in the memory of others, say what they say when they are asked for the first
// time: of people as they are now, on this day, and also when a group has them by now.
func TestDraftsSayWhatALookAtEverybodyDoesThroughEveryHistory(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		d := newDrafting(t)
		saved := 0
		t.Repeat(map[string]func(*rapid.T){
			"count": func(t *rapid.T) { d.agree(t, d.draft(t, rapid.IntRange(1, 4).Draw(t, "sets"), 2)) },
			"count in two zones, and later": func(t *rapid.T) {
				g := d.draft(t, 2, 1)
				for range 2 {
					for _, g.Zone = range []string{"Pacific/Auckland", ""} {
						d.agree(t, g)
					}
					d.now = d.now.AddDate(0, 0, rapid.IntRange(1, 3).Draw(t, "days"))
				}
			},
			"preview": func(t *rapid.T) {
				g := d.draft(t, 2, 2)
				want, err := d.look.Preview(t.Context(), g, nil)
				got, err2 := d.index.Preview(t.Context(), g, nil)
				if err := errors.Join(err, err2); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.Diff, got.Diff); diff != "" {
					t.Fatalf("%v (-look at everybody +index):\n%s", g.Criteria, diff)
				}
			},
			"compare": func(t *rapid.T) {
				g, other := d.draft(t, rapid.SampledFrom([]int{1, 2, 16}).Draw(t, "sets"), 1), d.draft(t, 1, 2).Criteria // also of more than are kept
				want, err := d.look.Differ(t.Context(), g, other, 3)
				got, err2 := d.index.Differ(t.Context(), g, other, 3)
				if err := errors.Join(err, err2); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%v and %v (-look at everybody +index):\n%s", g.Criteria, other, diff)
				}
			},
			"save": func(t *rapid.T) {
				if saved == 4 {
					t.Skip()
				}
				saved++
				g := d.draft(t, 1, 2)
				g.ID = groups.GroupID(fmt.Sprint("g", saved))
				if _, err := d.index.Save(t.Context(), g, "law"); err != nil {
					t.Fatal(err)
				}
			},
			"process": d.process,
			"follow somebody": func(t *rapid.T) {
				d.process(t)
				u := d.change(t)
				_, err := d.index.Changed(t.Context(), groups.Touched{Users: []groups.UserID{u.ID}})
				d.settled(t, err)
			},
			"change somebody": func(t *rapid.T) { d.change(t) },
			"remove somebody": func(t *rapid.T) {
				d.write(t, groups.PeopleChange{Remove: []groups.UserID{rapid.SampledFrom(d.people).Draw(t, "who").ID}})
			},
			"move units": func(t *rapid.T) {
				d.write(t, groups.PeopleChange{Trees: trees(d.drawn.Units(t))})
			},
			"let time pass": func(t *rapid.T) {
				d.now = d.now.Add(time.Duration(rapid.IntRange(1, 72).Draw(t, "hours")) * time.Hour)
			},
		})
	})
}

// Many who write at rules at once find what each of them would find alone, while what one of them asks for has to go for
// what the others do.
func TestDraftsOfManyAtOnceAreCountedAsEachAlone(t *testing.T) {
	m, ev, _ := benchWorld(t, 3000, 30)
	ctx := t.Context()
	if _, err := ev.Process(ctx); err != nil {
		t.Fatal(err)
	}
	look := looking(m, ev.Now)
	var drafts []groups.Group
	var want []groups.Tally
	for i := range 120 {
		g := groups.Group{
			ID: "draft", Name: "draft", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(
				groups.All(benchPay.AtLeast(float64(20000+i*100)), benchCity.IsNot(fmt.Sprintf("city %d", i))),
				groups.All(groups.Courses(fmt.Sprintf("k%d", i), "k1").Are("completed"), groups.UserBelow(groups.UserID(fmt.Sprintf("p%07d", i))))),
		}
		n, err := look.Count(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		drafts, want = append(drafts, g), append(want, n)
	}
	var all sync.WaitGroup
	for who := range 6 {
		all.Go(func() {
			for n := range 3 * len(drafts) {
				i := (n/3*(who+1) + n%2 + 20*who) % len(drafts)
				if got, err := ev.Count(ctx, drafts[i]); err != nil || got != want[i] {
					t.Errorf("draft %d: %v %v, and alone %v", i, got, err, want[i])
					return
				}
			}
		})
	}
	all.Wait()
}
