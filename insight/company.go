package insight

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A company is a Directory of one user and of those who matter to what groups say of them: who is above them in the
// reporting line, one who reports to them, and the units that they sit in or beneath, or that rules name.
type company struct {
	schema *groups.Schema
	users  []groups.User
	units  []groups.Unit
}

// scopedCompany is a company of a Directory that knows the users assigned to owners.
type scopedCompany struct {
	*company
	groups.Scoping
}

// companyOf reads the company of a user, who need not be among the people.
func companyOf(ctx context.Context, dir groups.Directory, user groups.UserID, of []*groups.Group) (groups.Directory, error) {
	c := &company{}
	var err error
	if c.schema, err = dir.Schema(ctx); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	met := map[groups.UserID]bool{}
	for id := user; id != "" && !met[id]; {
		met[id] = true
		u, err := dir.User(ctx, id)
		if errors.Is(err, groups.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read user %q: %w", id, err)
		}
		c.users = append(c.users, u)
		id, _ = u.Manager.ID()
	}
	named := map[groups.Tree]map[string]bool{}
	reports := false
	for _, g := range of {
		for _, s := range g.Criteria.Sets {
			for _, condition := range s.Conditions {
				switch l := condition.(type) {
				case groups.UserCondition:
					reports = reports || l.Op == groups.HasReports().Op
				case groups.UnitCondition:
					for _, id := range l.Units {
						mark(named, l.Tree, id)
					}
				}
			}
		}
	}
	if reports {
		if err := c.readReport(ctx, dir, user, met); err != nil {
			return nil, err
		}
	}
	if err := c.readUnits(ctx, dir, named); err != nil {
		return nil, err
	}
	slices.SortFunc(c.users, func(a, b groups.User) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if scoping, is := groups.As[groups.Scoping](dir); is {
		return scopedCompany{c, scoping}, nil
	}
	return c, nil
}

// readReport reads one who reports to the user, if there is any.
func (c *company) readReport(ctx context.Context, dir groups.Directory, user groups.UserID, met map[groups.UserID]bool) error {
	add := func(u groups.User) bool {
		if !met[u.ID] {
			c.users = append(c.users, u)
		}
		return true
	}
	if reporting, is := groups.As[groups.Reporting](dir); is {
		for id, err := range reporting.Reports(ctx, user) {
			if err != nil {
				return fmt.Errorf("read reports of %q: %w", user, err)
			}
			u, err := dir.User(ctx, id)
			if errors.Is(err, groups.ErrNotFound) {
				continue
			}
			if err != nil {
				return fmt.Errorf("read user %q: %w", id, err)
			}
			add(u)
			return nil
		}
		return nil
	}
	for u, err := range dir.Users(ctx) {
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		if manager, _ := u.Manager.ID(); manager == user {
			add(u)
			return nil
		}
	}
	return nil
}

func mark(units map[groups.Tree]map[string]bool, tree groups.Tree, id string) {
	if units[tree] == nil {
		units[tree] = map[string]bool{}
	}
	units[tree][id] = true
}

// readUnits keeps the units that are named, and those that the users sit in or beneath.
func (c *company) readUnits(ctx context.Context, dir groups.Directory, kept map[groups.Tree]map[string]bool) error {
	var all []groups.Unit
	parents := map[groups.Tree]map[string]string{}
	for u, err := range dir.Units(ctx) {
		if err != nil {
			return fmt.Errorf("read units: %w", err)
		}
		all = append(all, u)
		if parents[u.Tree] == nil {
			parents[u.Tree] = map[string]string{}
		}
		if _, twice := parents[u.Tree][u.ID]; !twice {
			parents[u.Tree][u.ID] = u.Parent
		}
	}
	above := map[groups.Tree]map[string]bool{}
	for i := range c.users {
		for tree, units := range c.users[i].Units {
			for _, id := range units {
				for ; id != "" && !above[tree][id]; id = parents[tree][id] {
					mark(above, tree, id)
					mark(kept, tree, id)
				}
			}
		}
	}
	c.units = slices.DeleteFunc(all, func(u groups.Unit) bool { return !kept[u.Tree][u.ID] })
	return nil
}

func (c *company) Schema(ctx context.Context) (*groups.Schema, error) { return c.schema, ctx.Err() }

func (c *company) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return yielding(ctx, c.users)
}

func (c *company) Units(ctx context.Context) iter.Seq2[groups.Unit, error] {
	return yielding(ctx, c.units)
}

func (c *company) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	i, is := slices.BinarySearchFunc(c.users, id, func(u groups.User, id groups.UserID) int { return strings.Compare(string(u.ID), string(id)) })
	if !is {
		return groups.User{}, fmt.Errorf("user %q: %w", id, groups.ErrNotFound)
	}
	return c.users[i], ctx.Err()
}

func yielding[T any](ctx context.Context, list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if err := ctx.Err(); err != nil {
				var none T
				yield(none, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}
