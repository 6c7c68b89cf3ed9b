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
// reporting line, who reports to them where a rule asks for that, and the units that they sit in or beneath, or that rules name.
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

// accompany has the rehearsal be about a user, who need not be among the people, and returns their company.
func (d *Desk) accompany(ctx context.Context, store *rehearsal, user groups.UserID) (groups.Directory, error) {
	c := &company{}
	var err error
	if c.schema, err = d.dir.Schema(ctx); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	store.only = map[groups.UserID]bool{user: true}
	met := map[groups.UserID]bool{}
	for id := user; id != "" && !met[id]; {
		met[id] = true
		u, err := d.dir.User(ctx, id)
		if errors.Is(err, groups.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read user %q: %w", id, err)
		}
		c.users = append(c.users, u)
		id, _ = u.Manager.ID()
	}
	reports, units := store.asked()
	if reports {
		if err := c.readReports(ctx, d.dir, user, met); err != nil {
			return nil, err
		}
	}
	if err := c.readUnits(ctx, d.dir, units); err != nil {
		return nil, err
	}
	for i := range c.users {
		store.only[c.users[i].ID] = true
	}
	slices.SortFunc(c.users, func(a, b groups.User) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if scoping, is := groups.As[groups.Scoping](d.dir); is {
		return scopedCompany{c, scoping}, nil
	}
	return c, nil
}

// asked reports whether a rule asks for reports, and which units are named.
func (r *rehearsal) asked() (reports bool, units map[groups.Tree]map[string]bool) {
	units = map[groups.Tree]map[string]bool{}
	for _, g := range r.groups {
		for _, s := range g.Criteria.Sets {
			for _, condition := range s.Conditions {
				switch l := condition.(type) {
				case groups.UserCondition:
					reports = reports || l.Op == groups.HasReports().Op
				case groups.UnitCondition:
					for _, id := range l.Units {
						mark(units, l.Tree, id)
					}
				}
			}
		}
	}
	return reports, units
}

// readReports reads one who reports to the user, where there is any, and one of whom nobody knows to whom: it takes a look at
// everybody else.
func (c *company) readReports(ctx context.Context, dir groups.Directory, user groups.UserID, met map[groups.UserID]bool) error {
	reported, unknown := false, false
	for u, err := range dir.Users(ctx) {
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		manager, known := u.Manager.ID()
		if u.ID == user || known && (reported || manager != user) || !known && unknown {
			continue
		}
		reported, unknown = reported || known, unknown || !known
		if !met[u.ID] {
			met[u.ID] = true
			c.users = append(c.users, u)
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

// Version is one for good: a company stays as it is.
func (c *company) Version(ctx context.Context) (string, error) { return "company", ctx.Err() }

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
