package groups_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// Nothing that matters of a standing becomes another by time alone but of whom it was said before.
func TestWhoIsNotRestlessStays(tt *testing.T) {
	ctx := context.Background()
	moved, named := 0, 0
	rapid.Check(tt, func(t *rapid.T) {
		n := law.Drawn{}.Restless(t)
		m, now := groups.NewMemory(), n.Now
		load := law.OnMemory()
		load.Open = func() (law.People, groups.Store) { return m, m }
		if err := load.Load(n); err != nil {
			t.Fatal(err)
		}
		ev := groups.NewEvaluator(m, m, &groups.Options{
			Now: func() time.Time { return now }, Zone: n.Zone, Exclusions: n.Exclusions, Guard: &groups.Guard{},
		})
		process := func() time.Time {
			run, err := ev.Process(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return run.Next
		}
		if rapid.Bool().Draw(t, "processed") {
			process()
		}
		type place struct {
			groups.GroupID
			groups.UserID
		}
		standings := func() map[place]groups.Standing {
			all := map[place]groups.Standing{}
			for _, g := range n.Groups {
				for st, err := range m.Standings(ctx, g.ID, "") {
					if err != nil {
						t.Fatal(err)
					}
					all[place{g.ID, st.User}] = groups.Standing{Automatic: st.Automatic, Population: st.Population, Member: st.Member}
				}
			}
			return all
		}
		before, to := standings(), n.Now.AddDate(0, 0, rapid.SampledFrom([]int{1, 10}).Draw(t, "days"))
		restless, err := ev.Restless(ctx, to)
		if err != nil || restless == nil {
			t.Fatal(restless, err)
		}
		for _, users := range restless {
			named += len(users)
		}
		for next := now; next.Before(to) && !next.IsZero(); {
			now = next
			next = process()
			after := standings()
			for p := range after {
				if _, was := before[p]; !was {
					before[p] = groups.Standing{}
				}
			}
			for p, was := range before {
				if after[p] == was {
					continue
				}
				moved++
				if _, is := slices.BinarySearch(restless[p.GroupID], p.UserID); !is {
					t.Fatalf("%s in %s becomes %+v at %v, which was %+v, and nobody said so\n%s", p.UserID, p.GroupID, after[p], now, was, law.Describe(n))
				}
			}
			before = after
		}
	})
	tt.Log(moved, "moves,", named, "named")
}

func TestOnlyAnIndexTellsWhoIsRestless(t *testing.T) {
	m := groups.NewMemory()
	ev := groups.NewEvaluator(m, m, &groups.Options{IndexBytes: -1, Now: func() time.Time { return time.Unix(0, 0) }})
	if restless, err := ev.Restless(t.Context(), time.Unix(1, 0)); restless != nil || err != nil {
		t.Error(restless, err)
	}
}

// In St. John's the clock was once set back at a minute past midnight, so that who has come today has not for an hour.
func TestWhoAClockThatIsSetBackMovesIsRestless(t *testing.T) {
	ctx, m := t.Context(), groups.NewMemory()
	now := time.Date(2009, 11, 1, 2, 30, 30, 0, time.UTC)
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return now }})
	day := func(d int) map[string]groups.Value {
		return map[string]groups.Value{"hired": groups.Day(groups.NewDate(2009, 11, d))}
	}
	err := m.Write(ctx, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "hired", Type: groups.TypeDate}}},
		Upsert: []groups.User{{ID: "today", Fields: day(1)}, {ID: "tomorrow", Fields: day(2)}, {ID: "later", Fields: day(9)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ev.Save(ctx, groups.Group{
		ID: "new", Name: "new", Kind: groups.AutomaticGroup, Status: groups.Active, Zone: "America/St_Johns",
		Criteria: groups.AllSets(groups.All(groups.DateField("hired").InLast(5, groups.Days))),
	}, "chief")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Process(ctx); err != nil {
		t.Fatal(err)
	}
	for minutes, want := range map[int]string{0: "map[]", 1: "map[new:[today]]", 24 * 60: "map[new:[today]]", 26 * 60: "map[new:[today tomorrow]]"} {
		restless, err := ev.Restless(ctx, now.Add(time.Duration(minutes)*time.Minute))
		if got := fmt.Sprint(restless); got != want || err != nil {
			t.Errorf("within %d minutes: %s (%v), want %s", minutes, got, err, want)
		}
	}
}
