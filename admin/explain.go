package admin

import (
	"context"
	"fmt"
	"slices"

	"github.com/grouprules/groups"
)

// Explain is [groups.Evaluator.Explain] as this actor may see it: a condition that names something they do not see
// has its verdict, and not what it asks or what the user has. A user whom they do not see is not there, which is an
// error that wraps [groups.ErrNotFound].
func (d *Desk) Explain(ctx context.Context, actor Actor, group groups.GroupID, user groups.UserID) (*groups.Explanation, error) {
	if actor.SeesAll {
		return d.ev.Explain(ctx, group, user)
	}
	u, err := d.dir.User(ctx, user)
	if err != nil {
		return nil, err
	}
	if !actor.user(&u) {
		return nil, fmt.Errorf("user %q: %w", user, groups.ErrNotFound)
	}
	for {
		g, err := d.store.Group(ctx, group)
		if err != nil {
			return nil, err
		}
		hidden, err := d.unseenConditions(ctx, actor, &g)
		if err != nil {
			return nil, err
		}
		x, err := d.ev.Explain(ctx, group, user)
		if err != nil {
			return nil, err
		}
		now, err := d.store.Group(ctx, group)
		if err != nil {
			return nil, err
		}
		if now.Revision == g.Revision { // else other conditions may have been explained than were looked at
			return veiledExplanation(x, hidden), nil
		}
	}
}

// unseenConditions are the pointers of the conditions that the actor does not see.
func (d *Desk) unseenConditions(ctx context.Context, actor Actor, g *groups.Group) (map[string]bool, error) {
	conditions := located(g.Criteria)
	sees, err := d.lookAt(ctx, actor, conditions)
	if err != nil {
		return nil, err
	}
	hidden := map[string]bool{}
	for _, c := range conditions {
		hidden[c.pointer()] = !sees.sees(c.says)
	}
	return hidden, nil
}

// veiledExplanation puts words that tell nothing in the place of hidden conditions.
func veiledExplanation(of *groups.Explanation, hidden map[string]bool) *groups.Explanation {
	x := *of
	x.Sets = slices.Clone(x.Sets)
	for i := range x.Sets {
		x.Sets[i].Conditions = slices.Clone(x.Sets[i].Conditions)
		for j := range x.Sets[i].Conditions {
			if c := &x.Sets[i].Conditions[j]; hidden[c.Pointer] {
				c.Text, c.Had = "a condition that you do not see", []string{}
			}
		}
	}
	x.Otherwise = seen(x.Otherwise, hidden)
	return &x
}

// seen is what would make a verdict another, without the ways that turn conditions that are hidden.
func seen(otherwise []groups.Counterfactual, hidden map[string]bool) []groups.Counterfactual {
	otherwise = slices.Clone(otherwise)
	for i, c := range otherwise {
		c.Sets = slices.DeleteFunc(slices.Clone(c.Sets), func(set []groups.DataChange) bool {
			return slices.ContainsFunc(set, func(change groups.DataChange) bool {
				return slices.ContainsFunc(change.Conditions, func(pointer string) bool { return hidden[pointer] })
			})
		})
		c.Complete = c.Complete && len(c.Sets) == len(otherwise[i].Sets)
		otherwise[i] = c
	}
	return otherwise
}
