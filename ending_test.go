package groups_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
)

// ending is a context that ends when it has been asked so often whether it has.
type ending struct {
	context.Context
	calm atomic.Int64
}

func (c *ending) Err() error {
	if c.calm.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestACallWhoseContextEndsComesToItsErrorOrToAllThatItComesTo(t *testing.T) {
	calls := map[string]func(context.Context, *evalWorld) (any, error){
		"Evaluate": func(ctx context.Context, w *evalWorld) (any, error) { return w.ev.Evaluate(ctx) },
		"Process":  func(ctx context.Context, w *evalWorld) (any, error) { return w.ev.Process(ctx) },
		"Changed": func(ctx context.Context, w *evalWorld) (any, error) {
			return w.ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"ann", "bob"}})
		},
		"Assign": func(ctx context.Context, w *evalWorld) (any, error) {
			return w.ev.Assign(ctx, "romans", groups.Decision{By: "tutor"}, "cid")
		},
		"Preview": func(ctx context.Context, w *evalWorld) (any, error) {
			return w.ev.Preview(ctx, groups.Group{ID: "next", Name: "next", Criteria: groups.AllSets(groups.All(groups.UserBelow("bob")))}, nil)
		},
		"Count": func(ctx context.Context, w *evalWorld) (any, error) {
			return w.ev.Count(ctx, evalGroup("next", groups.MemberOfAny("romans"), groups.UserBelow("bob")))
		},
		"Match":   func(ctx context.Context, w *evalWorld) (any, error) { return w.ev.Match(ctx, "romans", "ann") },
		"Explain": func(ctx context.Context, w *evalWorld) (any, error) { return w.ev.Explain(ctx, "others", "ann") },
		"Differ": func(ctx context.Context, w *evalWorld) (any, error) {
			return w.ev.Differ(ctx, evalGroup("romans", evalCity.Is("Rome")), groups.AllSets(groups.All(evalOrg.IsOrBelow("world"))), 5)
		},
		"Foresee": func(ctx context.Context, w *evalWorld) (any, error) {
			changes, ok, err := w.ev.Foresee(ctx, w.now.AddDate(0, 1, 0))
			return fmt.Sprint(ok, changes), err
		},
		"Suppose": func(ctx context.Context, w *evalWorld) (any, error) {
			s, err := w.ev.Suppose(ctx, groups.Supposition{Units: map[groups.Tree]map[string]string{"org": {"emea": "apac"}}}, 5)
			if s == nil {
				return nil, err
			}
			return *s, err
		},
	}
	dirs := map[string]func(*groups.Memory) groups.Directory{
		"by the index":           func(m *groups.Memory) groups.Directory { return m },
		"by a look at everybody": func(m *groups.Memory) groups.Directory { return law.Bare(m) },
	}
	for name, call := range calls {
		for how, dir := range dirs {
			open := func() *evalWorld {
				w := newEvalWorld(t, nil)
				w.save(evalGroup("emea", evalOrg.IsOrBelow("emea")), evalGroup("others", groups.MemberOfAny("emea").Not()),
					evalGroup("new", evalHired.InLast(3, groups.Days)))
				w.process()
				w.people(evalUser("ann", evalIn("Oslo"), evalUnder("bob"), evalHas("hired", groups.Day(groups.NewDate(2026, time.March, 1)))))
				w.ev = groups.NewEvaluator(dir(w.Memory), w.Memory, &groups.Options{Now: func() time.Time { return w.now }})
				return w
			}
			want, err := call(t.Context(), open())
			if err != nil {
				t.Fatal(name, err)
			}
			for calm, ended := int64(0), true; ended; calm++ {
				ctx := &ending{Context: t.Context()}
				ctx.calm.Store(calm)
				w := open()
				before := w.groupState()
				got, err := call(ctx, w)
				ended = ctx.calm.Load() < 0
				switch {
				case err == nil && cmp.Diff(want, got) != "":
					t.Errorf("%s %s, ended after %d looks: %s", name, how, calm, cmp.Diff(want, got))
				case err == nil && ended:
					t.Errorf("%s %s: that the context had ended after %d looks is not told", name, how, calm)
				case err != nil && !errors.Is(err, context.Canceled), err != nil && w.groupState() != before:
					t.Errorf("%s %s, ended after %d looks: %v", name, how, calm, err)
				}
			}
		}
	}
}
