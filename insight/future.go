package insight

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// A future is what comes if nothing but time passes: all groups are processed whenever time matters to one, and written to
// a rehearsal.
type future struct {
	ev    *groups.Evaluator
	now   time.Time
	begun bool
}

// newFuture begins now, as an Evaluator with those options would process the people, but for the guard, which is none: what
// it would hold is what is to be told.
func (d *Desk) newFuture(dir groups.Directory, store *rehearsal, o groups.Options) *future {
	f := &future{now: d.ev.Now()}
	o.Now, o.Guard = func() time.Time { return f.now }, &groups.Guard{}
	f.ev = groups.NewEvaluator(dir, store, &o)
	return f
}

// An instant is what happens at one point of time.
type instant struct {
	at      time.Time
	changes []groups.Change // by group, and then by user
	next    time.Time       // when time matters next; zero is never
}

// step processes at the instant that it is now.
func (f *future) step(ctx context.Context) (instant, error) {
	process := func() (*groups.Run, error) { return f.ev.Changed(ctx, groups.Touched{}) }
	if !f.begun {
		process = func() (*groups.Run, error) { return f.ev.Process(ctx) }
	}
	run, err := process()
	if err != nil {
		return instant{}, err
	}
	f.begun = true
	i := instant{run.Now, run.Changes(), run.Next}
	for n := range i.changes {
		i.changes[n].ID = "" // of a change that is written
	}
	slices.SortStableFunc(i.changes, func(a, b groups.Change) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.User, b.User))
	})
	return i, nil
}
