package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/bench/workload"
	"github.com/grouprules/groups/insight"
)

var (
	askedUsers  = flag.Int("users", 20_000, "of BenchmarkQuestions")
	askedGroups = flag.Int("groups", 100, "of BenchmarkQuestions")
)

// BenchmarkQuestions asks what support desks and administrators ask, beside what each is measured by in one run: an
// explanation with what would change it by a check of the criteria, an impact and two versions by a live count, and a forecast of
// a year by a full run, by means and by medians: a few courses are in many rules and have many people, and most in none. A
// count is that of the job: of criteria that nobody saved. Of those that a group has, of which all conditions are known, it is
// beside it. No peer answers any of them.
func BenchmarkQuestions(b *testing.B) {
	w := workload.New(*askedUsers, *askedGroups, 1)
	peer, err := openLibrary(b.Context(), w)
	if err != nil {
		b.Fatal(err)
	}
	l := peer.(*library)
	desk := insight.New(l.ev, l.people, l.store)
	r := rand.New(rand.NewPCG(1, 2))
	user := func() groups.UserID { return l.ids[r.IntN(len(l.ids))] }
	group := func() groups.GroupID { return l.groups[r.IntN(len(l.groups))] }
	versions := edited(b, l)
	drafts, draft := w.Edits(10_000, 1), 0

	per, median := map[string]float64{}, map[string]float64{} // nanoseconds
	concerned := 0                                            // groups, by an impact
	for _, q := range []struct {
		what, by string
		ask      func(ctx context.Context) error
	}{
		{"check", "check", func(ctx context.Context) error { _, err := l.ev.Match(ctx, group(), user()); return err }},
		{"explain", "check", func(ctx context.Context) error { _, err := l.ev.Explain(ctx, group(), user()); return err }},
		{"count", "count", func(ctx context.Context) error {
			draft = (draft + 1) % len(drafts)
			_, err := l.Counting(&drafts[draft], 0)(ctx)
			return err
		}},
		{"count/saved", "count", func(ctx context.Context) error {
			_, err := l.Counting(&w.Groups[r.IntN(len(w.Groups))], 0)(ctx)
			return err
		}},
		{"versions", "count", func(ctx context.Context) error {
			v := versions[r.IntN(len(versions))]
			_, err := desk.Compare(ctx, v.ID, v.Revision-1, v.Revision, 10)
			return err
		}},
		{"impact/unit", "count", impact(desk, &concerned, func() insight.Action {
			return insight.DeleteUnit(orgTree, unitID(int32(1+r.IntN(len(w.Units.Parents)-1))))
		})},
		{"impact/course", "count", impact(desk, &concerned, func() insight.Action {
			return insight.DeleteCourse(workload.Course(int32(r.IntN(500))))
		})},
		{"full", "full", func(ctx context.Context) error { _, err := l.ev.Evaluate(ctx); return err }},
		{"forecast", "full", func(ctx context.Context) error {
			_, err := desk.Forecast(ctx, libraryNow(), libraryNow().AddDate(1, 0, 0))
			return err
		}},
	} {
		b.Run(q.what, func(b *testing.B) {
			if err := q.ask(b.Context()); err != nil { // what is made once
				b.Fatal(err)
			}
			b.ReportAllocs()
			var took []time.Duration
			for concerned = 0; b.Loop(); {
				start := time.Now()
				if err := q.ask(b.Context()); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			per[q.what] = float64(b.Elapsed()/time.Nanosecond) / float64(b.N)
			median[q.what] = float64(took[len(took)/2])
			b.ReportMetric(per[q.what]/per[q.by], "x/"+q.by)
			b.ReportMetric(median[q.what], "p50-ns/op")
			b.ReportMetric(median[q.what]/median[q.by], "p50-x/"+q.by)
			if concerned > 0 {
				b.ReportMetric(float64(concerned)/float64(b.N), "groups")
				b.ReportMetric(per[q.what]/per[q.by]/max(1, float64(concerned)/float64(b.N)), "x/"+q.by+"/group")
			}
		})
	}
}

// impact asks for one, and adds up how many groups it concerns.
func impact(desk *insight.Desk, concerned *int, of func() insight.Action) func(context.Context) error {
	return func(ctx context.Context) error {
		m, err := desk.Impact(ctx, of(), 10)
		if err == nil {
			*concerned += len(m.Groups)
		}
		return err
	}
}

// edited gives some groups a second version of their criteria, in which one condition is missing.
func edited(b *testing.B, l *library) (list []groups.Group) {
	for _, id := range l.groups[:min(50, len(l.groups))] {
		g, err := l.store.Group(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		first := &g.Criteria.Sets[0]
		if len(first.Conditions) < 2 {
			continue
		}
		first.Conditions = first.Conditions[1:]
		if g, err = l.ev.Save(b.Context(), g, "bench"); err != nil {
			b.Fatal(fmt.Errorf("save %s: %w", id, err))
		}
		list = append(list, g)
	}
	if _, err := l.ev.Process(b.Context()); err != nil {
		b.Fatal(err)
	}
	return list
}
