package groups_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

// heard collects what hooks are told, in short.
func heard(into *[]string) *groups.Hooks {
	return &groups.Hooks{Ran: func(_ context.Context, r groups.Ended) {
		text := fmt.Sprintf("%s of %d, conflicts %d, took %v", r.Call, r.Users, r.Conflicts, r.Took)
		if r.Err != nil {
			text += ", failed"
		} else {
			text += fmt.Sprintf(", %d changes, %d held", len(r.Run.Changes()), len(r.Run.Held))
		}
		*into = append(*into, text)
	}}
}

func TestHooksAreToldOfEveryRunThatWasToBeWritten(t *testing.T) {
	for _, bytes := range []int64{0, -1} { // by the index, and by a look at everybody
		var told []string
		w := newEvalWorld(t, &groups.Options{IndexBytes: bytes})
		ev := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{
			IndexBytes: bytes, Hooks: heard(&told),
			Now: func() time.Time { w.now = w.now.Add(time.Second); return w.now }, // a second whenever it is read
		})
		ctx := t.Context()
		_, err := ev.Process(ctx)
		check(err)
		w.write(groups.PeopleChange{Remove: []groups.UserID{"ann"}})
		_, err = ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"ann"}})
		check(err)
		_, err = ev.Assign(ctx, "romans", groups.Decision{By: "root"}, "cid")
		check(err)
		g, err := w.Group(ctx, "romans")
		check(err)
		plan, err := ev.Preview(ctx, g, nil)
		check(err)
		_, err = ev.Publish(ctx, plan, "root")
		check(err)
		_, err = ev.Publish(ctx, plan, "root")
		if !errors.Is(err, groups.ErrConflict) {
			t.Fatal(err)
		}
		_, err = ev.Evaluate(ctx) // writes nothing
		check(err)
		check(ev.Forget(ctx, "cid", "root"))
		check(ev.Delete(ctx, "romans", 2, "root"))
		if err := ev.Delete(ctx, "romans", 2, "root"); !errors.Is(err, groups.ErrNotFound) {
			t.Fatal(err)
		}
		want := []string{
			"process of 3, conflicts 0, took 2s, 0 changes, 0 held",
			"changed of 1, conflicts 0, took 2s, 1 changes, 0 held",
			"decide of 1, conflicts 0, took 2s, 1 changes, 0 held",
			"publish of 2, conflicts 0, took 2s, 0 changes, 0 held",
			"publish of 0, conflicts 0, took 2s, failed",
			"forget of 1, conflicts 0, took 2s, 1 changes, 0 held",
			"delete of 1, conflicts 0, took 2s, 1 changes, 0 held",
			"delete of 0, conflicts 0, took 1s, failed",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("index of %d bytes (-want +told):\n%s", bytes, diff)
		}
	}
}

// contested lets another writer be faster, so many times.
type contested struct {
	groups.Store
	faster int
}

func (c *contested) Apply(ctx context.Context, commit groups.Commit) error {
	if c.faster--; c.faster >= 0 {
		return &groups.ConflictError{Group: "romans"}
	}
	return c.Store.Apply(ctx, commit)
}

func TestHooksAreToldHowOftenARunBeganAgain(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.write(groups.PeopleChange{Remove: []groups.UserID{"ann"}})
	var ended groups.Ended
	ev := groups.NewEvaluator(w.Memory, &contested{w.Memory, 2}, &groups.Options{Now: func() time.Time { return w.now }, Hooks: &groups.Hooks{
		Ran: func(_ context.Context, r groups.Ended) { ended = r },
	}})
	run, err := ev.Process(t.Context())
	if err != nil || ended.Conflicts != 2 || ended.Run != run {
		t.Errorf("told %+v, came to %v", ended, err)
	}
}

// A hook may ask the Evaluator, and have it write.
func TestAHookMayCallTheEvaluator(t *testing.T) {
	w := newEvalWorld(t, nil)
	var ev *groups.Evaluator
	calls := 0
	ev = groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Now: func() time.Time { return w.now }, Hooks: &groups.Hooks{
		Ran: func(ctx context.Context, r groups.Ended) {
			if calls++; r.Call == "process" {
				_, err := ev.Changed(ctx, groups.Touched{})
				check(err)
			}
		},
	}})
	_, err := ev.Process(t.Context())
	if err != nil || calls != 2 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestHooksDoNotAllocate(t *testing.T) {
	w := newEvalWorld(t, nil)
	cost := func(h *groups.Hooks) float64 {
		ev := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Now: func() time.Time { return w.now }, Hooks: h})
		_, err := ev.Process(t.Context())
		check(err)
		return testing.AllocsPerRun(50, func() {
			_, err := ev.Changed(t.Context(), groups.Touched{})
			check(err)
		})
	}
	none, unset, set := cost(nil), cost(&groups.Hooks{}), cost(&groups.Hooks{Ran: func(context.Context, groups.Ended) {}})
	if none != unset || none != set {
		t.Errorf("%v allocations without hooks, %v without a func, %v with one", none, unset, set)
	}
}
