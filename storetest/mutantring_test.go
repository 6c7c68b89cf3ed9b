// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"errors"
	"iter"

	"github.com/grouprules/groups"
)

// ringMutants are stores that let groups refer to each other, or refuse it where they do not.
var ringMutants = []mutant{{
	"does not look for rings", "groups cannot refer to each other",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if err := m.Apply(ctx, c); !errors.Is(err, groups.ErrCycle) {
				return err
			}
			return nil
		}}
	},
}, {
	"names a part of the ring", "a long ring is refused with its whole path",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			err := m.Apply(ctx, c)
			if cycle := (*groups.CycleError)(nil); errors.As(err, &cycle) {
				cycle.Path = []groups.GroupID{cycle.Path[0], cycle.Path[0]}
			}
			return err
		}}
	},
}, {
	"looks for rings before its transaction", "of saves that close a ring together, one is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if err := ringOf(m.Groups(ctx), *c.Writes[0].Save); err != nil {
				return err
			}
			pause()
			err := m.Apply(ctx, c)
			if errors.Is(err, groups.ErrCycle) {
				err = nil
			}
			return err
		}}
	},
}, {
	"looks for rings save by save", "a ring that several saves of a commit close is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			for _, w := range c.Writes {
				if w.Save != nil {
					if err := ringOf(m.Groups(ctx), *w.Save); err != nil {
						return err
					}
				}
			}
			if err := m.Apply(ctx, c); !errors.Is(err, groups.ErrCycle) {
				return err
			}
			return nil
		}}
	},
}, {
	"looks for rings half way", "a ring that a commit resolves is none",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			for _, w := range c.Writes {
				if w.Save != nil {
					if err := ringOf(m.Groups(ctx), *w.Save); err != nil {
						return err
					}
				}
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"lets a group refer to itself", "a group cannot refer to itself",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: passing(m, func(_ groups.Group, path []groups.GroupID) bool { return len(path) == 2 })}
	},
}, {
	"does not look for rings of parents", "a group above itself is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: passing(m, func(g groups.Group, _ []groups.GroupID) bool { return len(g.Criteria.Sets) == 0 })}
	},
}, {
	"looks one level below a group", "or below reaches every group beneath",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: passing(m, func(_ groups.Group, path []groups.GroupID) bool { return len(path) > 4 })}
	},
}, {
	"looks for rings where criteria change", "a change of parent can close a ring",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: passing(m, func(g groups.Group, _ []groups.GroupID) bool {
			return g.Revision > 0 && difference(g.Criteria, stored(m, g.ID).Criteria) == ""
		})}
	},
}, {
	"takes every second visit for a ring", "groups that share a reference are no ring",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			seen := map[groups.GroupID]bool{}
			var visit func(g groups.Group) error
			visit = func(g groups.Group) error {
				named, _ := g.Criteria.References()
				for _, id := range named {
					if seen[id] {
						return &groups.CycleError{Path: []groups.GroupID{id}}
					}
					seen[id] = true
					if err := visit(stored(m, id)); err != nil {
						return err
					}
				}
				return nil
			}
			if err := visit(*c.Writes[0].Save); err != nil {
				return err
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"reads the criteria of manual groups", "a manual group refers to nobody",
	func(m *groups.Memory) *faulty {
		automatic := listing(m, func(all []groups.Group) {
			for i := range all {
				all[i].Kind = groups.AutomaticGroup
			}
		})
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if err := ringOf(automatic(ctx), *c.Writes[0].Save); err != nil {
				return err
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"remembers what it refused", "a ring that was resolved can be saved",
	func(m *groups.Memory) *faulty {
		refused := map[groups.GroupID]error{}
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			id := c.Writes[0].Group
			if refused[id] != nil {
				return refused[id]
			}
			err := m.Apply(ctx, c)
			if errors.Is(err, groups.ErrCycle) {
				refused[id] = err
			}
			return err
		}}
	},
}}

// ringOf is what Compare says to saving a group among others.
func ringOf(all iter.Seq2[groups.Group, error], save groups.Group) error {
	c := commit(groups.Write{Group: save.ID, Save: &save})
	return c.Compare(groups.Stored{Group: func(groups.GroupID) *groups.Group { return nil }, Groups: all})
}

// passing returns an apply that says nothing of some of the rings it is asked to save.
func passing(m *groups.Memory, pass func(g groups.Group, path []groups.GroupID) bool) func(context.Context, groups.Commit) error {
	return answering(m, func(c groups.Commit, err error) error {
		cycle := (*groups.CycleError)(nil)
		if errors.As(err, &cycle) && pass(*c.Writes[0].Save, cycle.Path) {
			return nil
		}
		return err
	})
}
