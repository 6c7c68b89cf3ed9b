package main

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/bench/workload"
)

// A streamed directory keeps nobody: it makes each user of the world as they are read, as a host reads them from a table
// of its own. So worlds fit that would not fit beside themselves.
type streamed struct {
	l      *library
	schema *groups.Schema
	units  []groups.Unit
	// now are those who changed, and written who did by each version, the first of which is everybody.
	now     map[groups.UserID]groups.User
	written [][]groups.UserID
}

// openStreamed is the library with groups and memberships in a Memory, and people who are streamed.
func openStreamed(ctx context.Context, w *workload.World) (Peer, error) {
	l := newLibrary(w)
	return l.open(ctx, &streamed{l: l, now: map[groups.UserID]groups.User{}}, groups.NewMemory(), nil, func() error { return nil })
}

// Write takes in who changes from now on.
func (d *streamed) Write(_ context.Context, c groups.PeopleChange) error {
	if c.Schema != nil {
		d.schema, d.units = c.Schema, c.Trees[orgTree]
	}
	ids := make([]groups.UserID, len(c.Upsert))
	for i, u := range c.Upsert {
		ids[i], d.now[u.ID] = u.ID, u
	}
	d.written = append(d.written, ids)
	return nil
}

func (d *streamed) Schema(context.Context) (*groups.Schema, error) { return d.schema, nil }

func (d *streamed) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		for i := range d.l.ids {
			if err := ctx.Err(); err != nil {
				yield(groups.User{}, err)
				return
			}
			if !yield(d.user(int32(i)), nil) {
				return
			}
		}
	}
}

func (d *streamed) user(n int32) groups.User {
	if u, changed := d.now[d.l.ids[n]]; changed {
		return u
	}
	return d.l.user(n, &d.l.w.Users[n])
}

func (d *streamed) User(_ context.Context, id groups.UserID) (groups.User, error) {
	n, is := d.l.users[id]
	if !is {
		return groups.User{}, fmt.Errorf("user %q: %w", id, groups.ErrNotFound)
	}
	return d.user(n), nil
}

func (d *streamed) Units(context.Context) iter.Seq2[groups.Unit, error] {
	return func(yield func(groups.Unit, error) bool) {
		for _, u := range d.units {
			u.Tree = orgTree
			if !yield(u, nil) {
				return
			}
		}
	}
}

// Version counts what was written.
func (d *streamed) Version(context.Context) (string, error) { return strconv.Itoa(len(d.written)), nil }

func (d *streamed) Since(_ context.Context, version string) (*groups.Written, error) {
	n, err := strconv.Atoi(version)
	if err != nil || n < 1 || n > len(d.written) {
		return nil, nil
	}
	users := map[groups.UserID]bool{}
	for _, ids := range d.written[n:] {
		for _, id := range ids {
			users[id] = true
		}
	}
	return &groups.Written{Users: slices.Sorted(maps.Keys(users))}, nil
}
