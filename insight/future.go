package insight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// approver is who approves in a future what the guard holds.
const approver = "insight, a forecast"

// newFuture begins now, as the Evaluator would process the people with its options as they are or, where they say so,
// otherwise.
func (d *Desk) newFuture(dir groups.Directory, store *rehearsal, alter func(*groups.Options)) *future {
	f := &future{now: d.ev.Now()}
	o := d.ev.Options()
	o.Now = func() time.Time { return f.now }
	alter(&o)
	f.ev = groups.NewEvaluator(dir, store, &o)
	return f
}

// An instant is what happens at one point of time.
type instant struct {
	at      time.Time
	changes []groups.Change // by group, and then by user
	held    []*groups.Plan  // what of it the guard would hold back
	next    time.Time       // when time matters next; zero is never
}

// step processes at the instant that it is now. What the guard holds is approved at once.
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
	i := instant{at: run.Now, changes: run.Changes(), next: run.Next}
	tried := map[string]bool{}
	for queue := run.Held; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		if tried[p.ID] {
			continue
		}
		tried[p.ID] = true
		run, err := f.ev.Approve(ctx, p, approver)
		if errors.Is(err, groups.ErrStale) || errors.Is(err, groups.ErrConflict) {
			continue // what cannot be approved stays as it is
		}
		if err != nil {
			return instant{}, fmt.Errorf("approve what is held of group %q: %w", p.Group.ID, err)
		}
		i.held = append(i.held, p)
		i.changes, i.next = append(i.changes, run.Changes()...), run.Next
		queue = append(queue, run.Held...)
	}
	if i.changes = merged(i.changes); !i.next.IsZero() && !i.next.After(i.at) {
		i.next = i.at.Add(time.Minute) // somebody holds what nobody can approve
	}
	slices.SortFunc(i.held, func(a, b *groups.Plan) int { return cmp.Compare(a.Group.ID, b.Group.ID) })
	return i, nil
}

// merged puts changes in order, by group and user, and makes one of those of a user in a group.
func merged(list []groups.Change) []groups.Change {
	slices.SortStableFunc(list, func(a, b groups.Change) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.User, b.User))
	})
	out := list[:0]
	for _, c := range list {
		c.ID = "" // of a change that is written
		if n := len(out); n > 0 && out[n-1].Group == c.Group && out[n-1].User == c.User {
			c.Before = out[n-1].Before
			out = out[:n-1]
		}
		switch c.Kind = groups.Switched; {
		case c.Before == c.After:
			continue
		case c.Before == groups.Outside:
			c.Kind = groups.Joined
		case c.After == groups.Outside:
			c.Kind = groups.Left
		}
		out = append(out, c)
	}
	return out
}
