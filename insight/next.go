package insight

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// A Next is when time alone next changes something about a user in a group.
type Next struct {
	Group groups.GroupID `json:"group"`
	User  groups.UserID  `json:"user"`
	// Now is the clock, and Until how far was looked: ten years.
	Now   time.Time `json:"now"`
	Until time.Time `json:"until"`
	// Verdict is that of the criteria now, as [groups.Evaluator.Match] has it, and Flip the first instant at which it is
	// another; nil is none. A verdict that flips moves nobody in a group that is frozen, and in one with a schedule only
	// when it is due.
	Verdict groups.Verdict `json:"verdict"`
	Flip    *Flip          `json:"flip,omitempty"`
	// Member is how the user is in as it was last written, and Move the first change of that; nil is none. Its instant
	// is Now where processing is late.
	Member groups.Method  `json:"member"`
	Move   *groups.Change `json:"move,omitempty"`
}

// A Flip is an instant at which a verdict becomes another.
type Flip struct {
	At      time.Time      `json:"at"`
	Verdict groups.Verdict `json:"verdict"`
}

// String returns a line for the verdict and one for the membership.
func (n *Next) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s: the verdict is %v", n.User, n.Group, n.Verdict)
	if n.Flip != nil {
		fmt.Fprintf(&b, ", and %v from %s on\n", n.Flip.Verdict, stamp(n.Flip.At))
	} else {
		fmt.Fprintf(&b, ", and stays so until %s at least\n", stamp(n.Until))
	}
	fmt.Fprintf(&b, "%s in %s: %v", n.User, n.Group, n.Member)
	if n.Move != nil {
		fmt.Fprintf(&b, ", and %v from %s on (%s)", n.Move.After, stamp(n.Move.At), n.Move.Cause)
	} else {
		fmt.Fprintf(&b, ", and stays so until %s at least", stamp(n.Until))
	}
	return b.String()
}

// stamp is an instant to the second, in UTC, or to the nanosecond where it is not on one.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// farthest is how far a desk looks ahead, in years.
const farthest = 10

// Next says when time alone next flips what the criteria of a group say of a user, and when it next moves the user in or
// out, or to another method: if nothing else changes and the groups are processed whenever time matters to one. Both are
// exact to the rules of the group's zone, and to groups that the criteria ask for; an assignment that ends moves the user
// and flips nothing. What the guard would hold counts as approved. It looks ten years ahead, and at this user only, but
// where a rule asks for reports. An unknown group or user is an error that wraps [groups.ErrNotFound].
func (d *Desk) Next(ctx context.Context, group groups.GroupID, user groups.UserID) (*Next, error) {
	store, err := newRehearsal(ctx, d.store, group)
	if err != nil {
		return nil, err
	}
	dir, err := d.accompany(ctx, store, user)
	if err != nil {
		return nil, err
	}
	alone := d.ev.Options()
	alone.IndexBytes = -1
	f := d.newFuture(dir, store, alone)
	l, err := d.lifeOf(ctx, dir, store, user)
	if err != nil {
		return nil, err
	}
	n := &Next{Group: group, User: user, Now: f.now.UTC(), Until: f.now.AddDate(farthest, 0, 0).UTC()}
	for st, err := range store.StandingsOf(ctx, user) {
		if err != nil {
			return nil, fmt.Errorf("read standings of user %q: %w", user, err)
		}
		if st.Group == group {
			n.Member = st.Member
		}
	}
	for first := true; ; first = false {
		i, err := f.step(ctx)
		if err != nil {
			return nil, err
		}
		v, err := f.ev.Match(ctx, group, user)
		if err != nil {
			return nil, err
		}
		switch {
		case first:
			n.Verdict = v
		case v != n.Verdict && n.Flip == nil:
			n.Flip = &Flip{i.at.UTC(), v}
		}
		for _, c := range i.changes {
			if c.Group == group && c.User == user && n.Move == nil {
				c.At = c.At.UTC()
				n.Move = &c
			}
		}
		next, err := l.next(ctx, i)
		if err != nil {
			return nil, err
		}
		if next.IsZero() || next.After(n.Until) || n.Flip != nil && n.Move != nil {
			return n, nil
		}
		f.now = next
	}
}

// sooner is the earlier of two instants, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
