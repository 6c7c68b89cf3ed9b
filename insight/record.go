package insight

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grouprules/groups"
)

// ErrHistory is wrapped by the error for an instant up to which the change feed of a group does not go back any more.
var ErrHistory = errors.New("the change feed does not go back that far")

// The causes of changes that mean something here, as package groups has them.
const (
	causeRule         groups.Cause = "rule"
	causeAssignment   groups.Cause = "assignment"
	causeUnassignment groups.Cause = "unassignment"
	causeExclusion    groups.Cause = "exclusion"
	causeDeactivation groups.Cause = "deactivation"
	causeAbsence      groups.Cause = "absence"
	causeActivation   groups.Cause = "activation"
	causeAdoption     groups.Cause = "adoption"
	causeInactivation groups.Cause = "inactivation"
	causeDeletion     groups.Cause = "deletion"
	causeForgotten    groups.Cause = "forgotten"
)

// A record is who is a member of a group, and what has happened to memberships since an instant.
type record struct {
	group   groups.Group
	members map[groups.UserID]groups.Method
	moved   map[groups.UserID]move
	// forgotten is how many members were erased since, with all that had happened to them.
	forgotten int
}

// A move is how a user was in before the first change since, and the last; crossed is that they joined or left.
type move struct {
	was     groups.Method
	last    groups.Change
	crossed bool
}

// was is how a user was in at the instant.
func (r *record) was(u groups.UserID) groups.Method {
	if m, moved := r.moved[u]; moved {
		return m.was
	}
	return r.members[u]
}

// then is how many were in at the instant, but for those who were forgotten.
func (r *record) then() int {
	n := len(r.members)
	for u, m := range r.moved {
		if m.was != groups.Outside {
			n++
		}
		if r.members[u] != groups.Outside {
			n--
		}
	}
	return n
}

// attempts is how often a group is read that is written meanwhile.
const attempts = 10

// record reads the feed up to now. Whatever comes behind the first change of the group that is since the instant is
// since then. Meanwhile, where it is set, is done before the group is found to be as it was.
func (d *Desk) record(ctx context.Context, id groups.GroupID, at time.Time, since func(time.Time) bool, meanwhile func() error) (*record, error) {
	for range attempts {
		g, err := d.store.Group(ctx, id)
		if err != nil {
			return nil, err
		}
		r := &record{group: g, members: map[groups.UserID]groups.Method{}, moved: map[groups.UserID]move{}}
		for m, err := range d.store.Members(ctx, id, "") {
			if err != nil {
				return nil, fmt.Errorf("read members of group %q: %w", id, err)
			}
			r.members[m.User] = m.Method
		}
		tells, err := r.replay(ctx, d.store, since)
		if err == nil && meanwhile != nil {
			err = meanwhile()
		}
		if err != nil {
			return nil, err
		}
		now, err := d.store.Group(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case now.Revision != g.Revision || !now.State.Equal(g.State):
			continue
		case !tells:
			return nil, fmt.Errorf("group %q at %s: %w", id, at.UTC().Format(time.RFC3339), ErrHistory)
		}
		return r, nil
	}
	return nil, fmt.Errorf("group %q: %w", id, groups.ErrConflict)
}

// replay follows the feed, and reports whether that tells who was in. It does where it leads from nobody to the members
// of now, without a gap; and where it only begins in the middle, if that is before the instant.
func (r *record) replay(ctx context.Context, store groups.Store, since func(time.Time) bool) (bool, error) {
	known := map[groups.UserID]groups.Method{}
	earlier, after, begins, linked := false, false, true, true
	for c, err := range store.Changes(ctx, "") {
		if err != nil {
			return false, fmt.Errorf("read changes: %w", err)
		}
		earlier = earlier || !since(c.At)
		if c.Group != r.group.ID {
			continue
		}
		after = after || since(c.At)
		if c.Cause == causeForgotten { // what was before is erased
			if after {
				r.forgotten++
			}
			continue
		}
		was, met := known[c.User]
		if linked = linked && (!met || was == c.Before); !met && c.Before != groups.Outside {
			begins = false
		}
		known[c.User] = c.After
		if after {
			m, moved := r.moved[c.User]
			if m.last = c; !moved {
				m.was = c.Before
			}
			m.crossed = m.crossed || c.Before == groups.Outside || c.After == groups.Outside
			r.moved[c.User] = m
		}
	}
	for u, method := range known {
		linked = linked && r.members[u] == method
	}
	for u := range r.members {
		if _, met := known[u]; !met {
			begins = false
		}
	}
	return linked && (begins || earlier), nil
}
