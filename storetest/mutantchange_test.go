// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// changing returns people that are written otherwise than they were given.
func changing(m *groups.Memory, change func(c *groups.PeopleChange)) *faultyPeople {
	return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
		change(&c)
		return m.Write(ctx, c)
	}}
}

// changeMutants are people that are not written as they were given.
var changeMutants = []peopleMutant{{
	"writes users before it looks at units", "People", "of a refused change nothing is written",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			if err := m.Write(ctx, groups.PeopleChange{Base: c.Base, Upsert: c.Upsert}); err != nil {
				return err
			}
			c.Base = ""
			return m.Write(ctx, c)
		}}
	},
}, {
	"merges fields", "People", "an upsert replaces the whole user",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			c.Upsert = slices.Clone(c.Upsert)
			for i := range c.Upsert {
				u := &c.Upsert[i]
				if old, err := m.User(ctx, u.ID); err == nil {
					fields := maps.Clone(old.Fields)
					maps.Copy(fields, u.Fields)
					u.Fields = fields
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"removes before it adds", "People", "within a change, switching off and removing come after adding",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			later := groups.PeopleChange{Upsert: c.Upsert}
			c.Upsert = nil
			return errors.Join(m.Write(ctx, c), m.Write(ctx, later))
		}}
	},
}, {
	"creates whom it deactivates", "People", "deactivating changes nothing else",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			for _, id := range c.Deactivate {
				if _, err := m.User(ctx, id); err != nil {
					c.Upsert = append(c.Upsert, groups.User{ID: id})
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"adds to trees", "People", "a tree is replaced as a whole and the others stay",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			c.Trees = maps.Clone(c.Trees)
			for u := range m.Units(ctx) {
				if units, ok := c.Trees[u.Tree]; ok && !slices.ContainsFunc(units, func(n groups.Unit) bool { return n.ID == u.ID }) {
					c.Trees[u.Tree] = append(slices.Clone(units), u)
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"trims identifiers", "People", "unusable identifiers are refused wherever they stand",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			c.Upsert = slices.Clone(c.Upsert)
			for i := range c.Upsert {
				c.Upsert[i].ID = groups.UserID(strings.TrimSpace(string(c.Upsert[i].ID)))
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"takes the last of two", "People", "what is given twice is refused",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			var errs []error
			for _, u := range c.Upsert {
				errs = append(errs, m.Write(ctx, groups.PeopleChange{Upsert: []groups.User{u}}))
			}
			c.Upsert = nil
			return errors.Join(append(errs, m.Write(ctx, c))...)
		}}
	},
}, {
	"ignores the base", "People", "a change worked out from another version is refused",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			c.Base = ""
			return m.Write(ctx, c)
		}}
	},
}, {
	"compares the base before its transaction", "People", "a change worked out from the current version is written, once",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			if v, _ := m.Version(ctx); c.Base != "" && c.Base != v {
				return groups.ErrConflict
			}
			pause()
			c.Base = ""
			return m.Write(ctx, c)
		}}
	},
}, {
	"forgets whom it removes", "People", "writing people leaves groups alone",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			for _, id := range c.Remove {
				if err := m.Apply(ctx, desk{discard{ctx}, m}.forgets(id)); err != nil {
					return err
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"ignores its context", "People", "a cancelled context writes no people",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error { return m.Write(context.WithoutCancel(ctx), c) }}
	},
}, {
	"writes the first unit of a tree", "People", "a change is written as a whole",
	func(m *groups.Memory) *faultyPeople {
		return changing(m, func(c *groups.PeopleChange) {
			for tree, units := range c.Trees {
				c.Trees = map[groups.Tree][]groups.Unit{tree: units[:min(1, len(units))]}
			}
		})
	},
}, {
	"shows removed users as deactivated", "People", "removed users are gone, the others stay",
	func(m *groups.Memory) *faultyPeople {
		return changing(m, func(c *groups.PeopleChange) { c.Deactivate, c.Remove = c.Remove, nil })
	},
}, {
	"demands that something changes", "People", "a change of nothing is no error",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			if c.Schema == nil && len(c.Upsert)+len(c.Deactivate)+len(c.Remove)+len(c.Trees) == 0 {
				return errors.New("no rows affected")
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"has a narrow column for identifiers", "People", "every usable identifier can be stored",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			for _, u := range c.Upsert {
				if len(u.ID) > 64 {
					return errors.New("value too long")
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"passes over a schema that is not valid", "People", "a schema that is not valid is refused",
	func(m *groups.Memory) *faultyPeople {
		return changing(m, func(c *groups.PeopleChange) {
			if c.Schema != nil && c.Schema.Validate() != nil {
				c.Schema = nil
			}
		})
	},
}}
