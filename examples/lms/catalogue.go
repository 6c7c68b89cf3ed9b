package main

import (
	"context"
	"maps"
	"slices"

	"github.com/grouprules/groups"
)

// A catalogue says which courses the members of a group see.
type catalogue map[groups.GroupID][]string

// page is what a user sees, asked of the library at the moment: nothing is kept, nothing can be late.
func (c catalogue) page(ctx context.Context, ev *groups.Evaluator, user groups.UserID) ([]string, error) {
	seen := map[string]bool{}
	for in, err := range ev.GroupsOf(ctx, user) {
		if err != nil {
			return nil, err
		}
		for _, course := range c[in.Group] {
			seen[course] = true
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// An index is what a machine elsewhere knows, such as a search index or a video server that asks
// nobody: who may see something through which group. It is kept up by the feed.
type index map[groups.UserID]map[groups.GroupID]bool

func (x index) grant(user groups.UserID, group groups.GroupID) {
	if x[user] == nil {
		x[user] = map[groups.GroupID]bool{}
	}
	x[user][group] = true
}

func (x index) withdraw(user groups.UserID, group groups.GroupID) {
	if delete(x[user], group); len(x[user]) == 0 {
		delete(x, user)
	}
}
