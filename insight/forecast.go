package insight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// A Forecast is who joins and leaves between two instants if nothing but time passes.
type Forecast struct {
	// Now is the clock. The forecast tells of what happens at From or later, and before To.
	Now  time.Time `json:"now"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Changes are in the order of their instants, and of one instant by group and user.
	Changes []groups.Change `json:"changes"`
	// Groups are the sums, by group.
	Groups []Sum `json:"groups"`
}

// A Sum is how many members a group has before the changes and after them, and what they come to.
type Sum struct {
	Group    groups.GroupID `json:"group"`
	First    int            `json:"first"`
	Joined   int            `json:"joined"`
	Left     int            `json:"left"`
	Switched int            `json:"switched"`
	Last     int            `json:"last"`
}

// String returns a line for each group and each change.
func (f *Forecast) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "from %s to %s:\n", stamp(f.From), stamp(f.To))
	for _, s := range f.Groups {
		fmt.Fprintln(&b, s)
	}
	for _, c := range f.Changes {
		fmt.Fprintf(&b, "%s: %s %s %s (%s)\n", stamp(c.At), c.User, c.Kind, c.Group, c.Cause)
	}
	return b.String()
}

// String returns the sum on one line.
func (s Sum) String() string {
	return fmt.Sprintf("%s: %d members, %d join, %d leave, %d switch, then %d", s.Group, s.First, s.Joined, s.Left, s.Switched, s.Last)
}

// ErrWindow is wrapped by the error for a forecast that ends before it begins, or more than ten years from now, and for a
// question about the past that names an instant to come.
var ErrWindow = errors.New("not a window of time that can be asked about")

// Forecast says who joins, leaves or switches in the groups, or in all, between two instants if nothing else changes:
// people, rules and decisions stay as they are, and the groups are processed whenever time matters to one, the first time
// now. It tells what the people's data says: what the guard holds, or would hold, counts as approved. A From that is past is now. Nothing is written; what others write meanwhile may count or not. A group that does
// not exist is an error that wraps [groups.ErrNotFound].
//
// It takes one look at everybody by the index of the Evaluator, and time in proportion to the changes; where there is no index,
// a look at everybody at each instant.
func (d *Desk) Forecast(ctx context.Context, from, to time.Time, ids ...groups.GroupID) (*Forecast, error) {
	now := d.ev.Now()
	if from.Before(now) {
		from = now
	}
	if !from.Before(to) || to.After(now.AddDate(farthest, 0, 0)) {
		return nil, fmt.Errorf("from %s to %s: %w", stamp(from), stamp(to), ErrWindow)
	}
	store, err := newRehearsal(ctx, d.store, ids...)
	if err != nil {
		return nil, err
	}
	out := &Forecast{Now: now.UTC(), From: from.UTC(), To: to.UTC(), Groups: []Sum{}}
	for _, id := range store.ids {
		if len(ids) == 0 || slices.Contains(ids, id) {
			members := store.groups[id].State.Members
			out.Groups = append(out.Groups, Sum{Group: id, First: members, Last: members})
		}
	}
	changes, ok, err := d.ev.Foresee(ctx, to, ids...)
	if err == nil && !ok {
		changes, err = d.rehearse(ctx, store, to)
	}
	if err != nil {
		return nil, err
	}
	out.take(changes)
	return out, nil
}

// rehearse is [groups.Evaluator.Foresee] by processing everybody at each instant.
func (d *Desk) rehearse(ctx context.Context, store *rehearsal, before time.Time) ([]groups.Change, error) {
	changes := []groups.Change{}
	for f := d.newFuture(d.dir, store, d.ev.Options()); f.now.Before(before); {
		i, err := f.step(ctx)
		if err != nil {
			return nil, err
		}
		if !i.at.Before(before) {
			break
		}
		for _, c := range i.changes {
			c.At = i.at.UTC()
			changes = append(changes, c)
		}
		if i.next.IsZero() {
			break
		}
		f.now = i.next
	}
	return changes, nil
}

// take enters the changes from now on, in the order of their instants.
func (f *Forecast) take(changes []groups.Change) {
	f.Changes = changes[:0]
	var s *Sum
	for _, c := range changes {
		if s == nil || s.Group != c.Group {
			s = f.sum(c.Group)
		}
		if s == nil {
			continue // of a group that another refers to
		}
		var joined, left int
		switch c.Kind {
		case groups.Joined:
			joined = 1
		case groups.Left:
			left = 1
		}
		s.Last += joined - left
		if c.At.Before(f.From) {
			s.First = s.Last
			continue
		}
		s.Joined, s.Left, s.Switched = s.Joined+joined, s.Left+left, s.Switched+1-joined-left
		f.Changes = append(f.Changes, c)
	}
}

// sum is that of a group, or nil.
func (f *Forecast) sum(id groups.GroupID) *Sum {
	n, is := slices.BinarySearchFunc(f.Groups, id, func(s Sum, id groups.GroupID) int { return strings.Compare(string(s.Group), string(id)) })
	if !is {
		return nil
	}
	return &f.Groups[n]
}
