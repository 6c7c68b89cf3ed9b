package groups

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// An overlay is a Directory as it would be after a change of its people. It shows no optional
// capability of the Directory beneath, which would speak of the people before the change.
type overlay struct {
	base   Directory
	change PeopleChange // Upsert sorted by ID
	off    map[UserID]bool
	gone   map[UserID]bool
	trees  []Tree // those replaced, sorted
}

func newOverlay(base Directory, c PeopleChange) *overlay {
	o := &overlay{base: base, change: c, off: idSet(c.Deactivate), gone: idSet(c.Remove)}
	o.trees = slices.Sorted(maps.Keys(c.Trees))
	return o
}

func idSet(ids []UserID) map[UserID]bool {
	set := make(map[UserID]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func (o *overlay) Schema(ctx context.Context) (*Schema, error) {
	if o.change.Schema != nil {
		return o.change.Schema, nil
	}
	return o.base.Schema(ctx)
}

func (o *overlay) Users(ctx context.Context) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		added := o.change.Upsert
		for u, err := range o.base.Users(ctx) {
			if err != nil {
				yield(User{}, err)
				return
			}
			for len(added) > 0 && added[0].ID < u.ID {
				if !yield(added[0], nil) {
					return
				}
				added = added[1:]
			}
			switch {
			case len(added) > 0 && added[0].ID == u.ID:
				u, added = added[0], added[1:]
			case o.gone[u.ID]:
				continue
			case o.off[u.ID]:
				u.Activation = Deactivated
			}
			if !yield(u, nil) {
				return
			}
		}
		for _, u := range added {
			if !yield(u, nil) {
				return
			}
		}
	}
}

func (o *overlay) User(ctx context.Context, id UserID) (User, error) {
	if i, ok := slices.BinarySearchFunc(o.change.Upsert, id, func(u User, id UserID) int { return strings.Compare(string(u.ID), string(id)) }); ok {
		return o.change.Upsert[i], ctx.Err()
	}
	if o.gone[id] {
		return User{}, fmt.Errorf("user %q: %w", id, ErrNotFound)
	}
	u, err := o.base.User(ctx, id)
	if err == nil && o.off[id] {
		u.Activation = Deactivated
	}
	return u, err
}

func (o *overlay) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		trees := o.trees
		// before yields the replaced trees that come before tree t.
		before := func(t Tree, all bool) bool {
			for len(trees) > 0 && (all || trees[0] < t) {
				for _, u := range o.change.Trees[trees[0]] {
					if !yield(u, nil) {
						return false
					}
				}
				trees = trees[1:]
			}
			return true
		}
		for u, err := range o.base.Units(ctx) {
			if err != nil {
				yield(Unit{}, err)
				return
			}
			if !before(u.Tree, false) {
				return
			}
			if _, replaced := o.change.Trees[u.Tree]; !replaced && !yield(u, nil) {
				return
			}
		}
		before("", true)
	}
}
