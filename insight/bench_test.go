package insight_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
)

// A year is to cost at most ten times what it takes to process everybody; both are by the same Evaluator, which has its index.
func BenchmarkForecastOf30000UsersBy250Groups(b *testing.B) {
	ctx := context.Background()
	m := groups.NewMemory()
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear, Guard: &groups.Guard{}})
	people := groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{
		{Name: "title", Type: groups.TypeText}, {Name: "site", Type: groups.TypeChoice}, {Name: "hired", Type: groups.TypeDate},
	}}}
	for i := range 30_000 {
		people.Upsert = append(people.Upsert, groups.User{
			ID: groups.UserID(fmt.Sprintf("u%05d", i)), Activation: groups.Activated,
			Fields: map[string]groups.Value{
				"title": groups.Text(fmt.Sprint("title ", i*7919%300)), "site": groups.Choice(fmt.Sprint("s", i*104729%50)),
				"hired": groups.Day(groups.NewDate(newYear().AddDate(0, 0, -i*31%4000).Date())),
			},
		})
	}
	check(m.Write(ctx, people))
	for i := range 250 {
		at, has := site.Is(fmt.Sprint("s", i%50)), title.StartsWith(fmt.Sprint("title ", i%30))
		c := groups.AllSets(groups.All(at), groups.Any(has, title.EndsWith(fmt.Sprint(i%10))))
		switch i % 10 {
		case 0:
			c = groups.AllSets(groups.All(at, hired.InLast(30+i, groups.Days)))
		case 1:
			c = groups.AllSets(groups.All(has, hired.AnniversaryWithin(1, groups.Weeks)))
		}
		g := groups.Group{ID: groups.GroupID(fmt.Sprintf("g%03d", i)), Name: "group", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: c}
		_, err := ev.Save(ctx, g, "chief")
		check(err)
	}
	_, err := ev.Process(ctx)
	check(err)
	b.Run("everybody", func(b *testing.B) {
		for b.Loop() {
			_, err := ev.Evaluate(ctx)
			check(err)
		}
	})
	desk := insight.New(ev, m, m)
	for _, days := range []int{1, 30, 365} {
		b.Run(fmt.Sprintf("%d days", days), func(b *testing.B) {
			for b.Loop() {
				f, err := desk.Forecast(ctx, newYear(), newYear().AddDate(0, 0, days))
				check(err)
				b.ReportMetric(float64(len(f.Changes)), "changes/op")
			}
		})
	}
	b.Run("next of one user", func(b *testing.B) {
		for b.Loop() {
			_, err := desk.Next(ctx, "g000", "u00000")
			check(err)
		}
	})
}
