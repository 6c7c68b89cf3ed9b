package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

func TestTheDatabaseCountsWhomTheRuleIsAbout(t *testing.T) {
	now := time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)
	db, err := open(t.Context(), filepath.Join(t.TempDir(), "host.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	host := directory{db}
	ev := groups.NewEvaluator(host, sqlstore.Open(db, sqlstore.SQLite, "host"), &groups.Options{Now: func() time.Time { return now }})
	rapid.Check(t, func(t *rapid.T) {
		for i := range 5 {
			day := any(nil)
			if rapid.Bool().Draw(t, "is the day known") {
				day = now.AddDate(0, 0, -rapid.IntRange(-5, 100).Draw(t, "days ago")).Format(time.DateOnly)
			}
			title := rapid.SampledFrom([]string{"", "Sales", "  sales lead", "SALES", "Straße", "chemist"}).Draw(t, "title")
			site := rapid.SampledFrom([]string{"", "berlin", "oslo"}).Draw(t, "site")
			if err := host.employ(t.Context(), fmt.Sprint("u", i), "", title, site, day, rapid.Bool().Draw(t, "active")); err != nil {
				t.Fatal(err)
			}
		}
		c := rapid.SampledFrom([]groups.Criteria{
			groups.AnySets(groups.All(title.Contains("sales"), hired.InLast(90, groups.Days))),
			groups.AnySets(groups.Any(title.Contains("STRASSE").Not(), site.IsNot("oslo"))),
			groups.AnySets(groups.All(hired.InLast(90, groups.Days).Not())), // nobody of whom the day is not known
			groups.AllSets(groups.Any(site.IsEmpty(), hired.Before(groups.NewDate(2026, 1, 1))), groups.All(groups.StatusIs(groups.StatusActive))),
		}).Draw(t, "rule")
		n, err := host.inSQL(t.Context(), c, now)
		if err != nil {
			t.Fatal(err)
		}
		tally, err := ev.Count(t.Context(), groups.Group{ID: "g", Name: "G", Kind: groups.AutomaticGroup, Criteria: c})
		if err != nil || tally.Population != n {
			t.Fatalf("%v: %d in SQL, %+v by the rule, %v", c, n, tally, err)
		}
	})
}

func Example_main() {
	main()
	// Output:
	// title contains sales AND hired in the last 90 days (people with no hired left out): 1 in SQL, 1 by the rule, 1 undecided
	// new-sales Ada automatic
	// new-sales Ada automatic
	// new-sales Cleo automatic
	// not in SQL: /sets/0/conditions/0: regular expressions are those of Go
}
