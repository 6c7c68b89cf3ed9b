package insight_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
)

// crowd is a tenant of many people in a tree of units eight wide, and groups that read it, sites, courses and points.
func crowd(b *testing.B, users, rules int) (*insight.Desk, *groups.Evaluator, *groups.Memory) {
	ctx, m := context.Background(), groups.NewMemory()
	sites := make([]groups.Option, 40)
	for i := range sites {
		sites[i].ID = fmt.Sprint("s", i)
	}
	people := groups.PeopleChange{
		Schema: &groups.Schema{
			Fields: []groups.Field{{Name: "site", Type: groups.TypeChoice, Options: sites}, {Name: "points", Type: groups.TypeNumber}},
			Trees:  []groups.Tree{branch}, EnrollmentStatuses: []string{"enrolled", groups.Completed},
		},
		Trees: map[groups.Tree][]groups.Unit{},
	}
	units := users / 50
	for i := range units {
		u := groups.Unit{ID: fmt.Sprint("u", i)}
		if i > 0 {
			u.Parent = fmt.Sprint("u", (i-1)/8)
		}
		people.Trees[branch] = append(people.Trees[branch], u)
	}
	for i := range users {
		people.Upsert = append(people.Upsert, groups.User{
			ID: groups.UserID(fmt.Sprintf("p%07d", i*7919%users)), Activation: groups.Activated, Manager: groups.ReportsTo(""),
			Fields:      map[string]groups.Value{"site": groups.Choice(sites[i%40].ID), "points": groups.Number(float64(i % 1000))},
			Units:       map[groups.Tree][]string{branch: {fmt.Sprint("u", i%units)}},
			Enrollments: groups.Enrolled(groups.Enrollment{Course: fmt.Sprint("c", i%200), Status: "enrolled", Completed: groups.Empty()}),
		})
	}
	check(m.Write(ctx, people))
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear, Guard: &groups.Guard{}})
	for i := range rules {
		c := []groups.Condition{
			branch.IsOrBelow(fmt.Sprint("u", i%70)), site.Is(sites[i%40].ID, sites[i*7%40].ID),
			groups.Courses(fmt.Sprint("c", i%200), fmt.Sprint("c", i*3%200)).AreEnrolled(), points.AtLeast(float64(i % 1000)),
		}
		_, err := ev.Save(ctx, groups.Group{
			ID: groups.GroupID(fmt.Sprintf("g%04d", i)), Name: "group", Kind: groups.AutomaticGroup, Status: groups.Active,
			Criteria: groups.AnySets(groups.All(c[i%4], c[3]), groups.All(c[(i+1)%4])),
		}, "ada")
		check(err)
	}
	_, err := ev.Process(ctx)
	check(err)
	return insight.New(ev, m, m), ev, m
}

// What an administrator waits for before deleting something; x/count is how much longer that takes than to count, one by
// one, the groups that it concerns.
func BenchmarkImpact(b *testing.B) {
	d, ev, lms := crowd(b, 30_000, 250)
	ctx := context.Background()
	for _, a := range []insight.Action{
		insight.DeleteUnit(branch, "u40"), insight.MoveUnit(branch, "u80", "u3"), insight.DeleteOption("site", "s7"), insight.DeleteCourse("c9"),
	} {
		b.Run(a.String(), func(b *testing.B) {
			m, err := d.Impact(ctx, a, 10)
			check(err)
			start := time.Now()
			const rounds = 20
			for range rounds {
				for _, c := range m.Groups {
					g, err := lms.Group(ctx, c.Group)
					check(err)
					_, err = ev.Count(ctx, g)
					check(err)
				}
			}
			counting := time.Since(start) / rounds
			for b.Loop() {
				_, err := d.Impact(ctx, a, 10)
				check(err)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(counting), "x/count")
			b.ReportMetric(float64(len(m.Groups)), "groups")
			b.ReportMetric(float64(m.People), "people")
		})
	}
}
