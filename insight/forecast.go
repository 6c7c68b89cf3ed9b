package insight

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
		fmt.Fprintf(&b, "%s: %d members, %d join, %d leave, %d switch, then %d\n", s.Group, s.First, s.Joined, s.Left, s.Switched, s.Last)
	}
	for _, c := range f.Changes {
		fmt.Fprintf(&b, "%s: %s %s %s (%s)\n", stamp(c.At), c.User, c.Kind, c.Group, c.Cause)
	}
	return b.String()
}

// ErrWindow is wrapped by the error for a forecast that ends before it begins, or more than ten years from now, and for a
// question about the past that names an instant to come.
var ErrWindow = errors.New("not a window of time that can be asked about")

// Forecast says who joins, leaves or switches in the groups, or in all, between two instants if nothing else changes:
// people, rules and decisions stay as they are, and the groups are processed whenever time matters to one, the first time
// now. It tells what the people's data says: what the guard holds, or would hold, counts as approved. A From that is past is now. Nothing is written; what others write meanwhile may count or not. A group that does
// not exist is an error that wraps [groups.ErrNotFound].
//
// It takes time in proportion to the changes and to the instants at which there are any or a schedule is due, and to one look
// at everybody by the index of the Evaluator; where there is none, to a look at everybody at each instant.
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
	out := &Forecast{Now: now.UTC(), From: from.UTC(), To: to.UTC(), Changes: []groups.Change{}, Groups: []Sum{}}
	for _, id := range store.ids {
		if len(ids) == 0 || slices.Contains(ids, id) {
			members := store.groups[id].State.Members
			out.Groups = append(out.Groups, Sum{Group: id, First: members, Last: members})
		}
	}
	dir, err := d.restless(ctx, store, to)
	if err != nil {
		return nil, err
	}
	f := d.newFuture(dir, store, d.ev.Options())
	for f.now.Before(to) {
		i, err := f.step(ctx)
		if err != nil {
			return nil, err
		}
		out.take(i)
		if i.next.IsZero() {
			break
		}
		f.now = i.next
	}
	for i := range out.Groups {
		if s := &out.Groups[i]; store.groups[s.Group] != nil {
			s.Last = store.groups[s.Group].State.Members
			s.First = s.Last + s.Left - s.Joined
		}
	}
	return out, nil
}

// restless has the rehearsal be about whom time may move before an instant, in the groups in which there are any, and returns
// their company. Where only a look at everybody would tell who that is, everybody is looked at.
func (d *Desk) restless(ctx context.Context, store *rehearsal, before time.Time) (groups.Directory, error) {
	restless, err := d.ev.Restless(ctx, before, store.ids...)
	if restless == nil || err != nil {
		return d.dir, err
	}
	met := map[groups.UserID]bool{}
	for _, users := range restless {
		for _, u := range users {
			met[u] = true
		}
	}
	store.keep(slices.Collect(maps.Keys(restless)))
	return d.accompany(ctx, store, slices.Sorted(maps.Keys(met))...)
}

// take enters what happens at an instant.
func (f *Forecast) take(i instant) {
	if i.at.Before(f.From) || !i.at.Before(f.To) {
		return
	}
	at := i.at.UTC()
	for _, c := range i.changes {
		s := f.sum(c.Group)
		if s == nil {
			continue
		}
		c.At = at
		f.Changes = append(f.Changes, c)
		switch c.Kind {
		case groups.Joined:
			s.Joined++
		case groups.Left:
			s.Left++
		default:
			s.Switched++
		}
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
