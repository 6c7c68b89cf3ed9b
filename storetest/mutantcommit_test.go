// White-box: see mutant_test.go.
package storetest

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/grouprules/groups"
)

// commitMutants are stores whose commits as a whole, notes and acts are not right.
var commitMutants = slices.Concat(wholeMutants, stateMutants, aliasMutants, noteMutants, actMutants, ringMutants, feedMutants)

// then returns an apply that does the commit in two steps; split takes the second out of the first.
func then(m *groups.Memory, split func(c *groups.Commit) (later groups.Commit)) func(context.Context, groups.Commit) error {
	return func(ctx context.Context, c groups.Commit) error {
		c = copied(c)
		later := split(&c)
		if err := m.Apply(ctx, c); err != nil {
			return err
		}
		return m.Apply(ctx, later)
	}
}

// takes moves the writes that are meant out of a commit.
func takes(c *groups.Commit, meant func(w groups.Write) bool) (taken groups.Commit) {
	c.Writes = slices.DeleteFunc(slices.Clone(c.Writes), func(w groups.Write) bool {
		if meant(w) {
			taken.Writes = append(taken.Writes, w)
		}
		return meant(w)
	})
	return taken
}

// answering returns an apply with another error.
func answering(m *groups.Memory, answer func(c groups.Commit, err error) error) func(context.Context, groups.Commit) error {
	return func(ctx context.Context, c groups.Commit) error { return answer(c, m.Apply(ctx, c)) }
}

func deletes(w groups.Write) bool { return w.Delete }
func brings(w groups.Write) bool  { return w.Save != nil }

// wholeMutants are about several things that are written at once.
var wholeMutants = []mutant{{
	"saves without the standings that come along", "a save comes with the membership it brings",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil {
				w.Standings = nil
			}
		})}
	},
}, {
	"counts the sequence of a save from what it is given", "a save comes with the membership it brings",
	func(m *groups.Memory) *faulty {
		given := map[groups.GroupID]uint64{}
		return &faulty{
			apply: writing(m, func(w *groups.Write) {
				if w.Save != nil && w.State != nil {
					given[w.Group] = w.State.Sequence
				}
			}),
			group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
				g, err := m.Group(ctx, id)
				g.State.Sequence += given[id]
				return g, err
			},
		}
	},
}, {
	"saves the state away", "a save leaves alone what it does not bring",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil && w.State == nil {
				w.State = &groups.State{}
			}
		})}
	},
}, {
	"creates without the state that is given", "a save leaves alone what it does not bring",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil && w.Revision == 0 {
				w.State = nil
			}
		})}
	},
}, {
	"saves group by group", "several groups are saved at once, or none",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			for _, w := range c.Writes {
				if err := m.Apply(ctx, commit(w)); err != nil {
					return err
				}
			}
			return nil
		}}
	},
}, {
	"saves the first of several", "several groups are saved at once, or none",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			if len(c.Writes) > 1 && c.Writes[0].Save != nil {
				c.Writes = c.Writes[:1]
			}
		})}
	},
}, {
	"looks who reads a group before it saves", "a deletion is judged by what is there after the commit",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			for _, w := range c.Writes {
				for g := range m.Groups(ctx) {
					named, _ := g.Criteria.References()
					if w.Delete && (g.Parent == w.Group || slices.Contains(named, w.Group)) {
						return groups.ErrReferred
					}
				}
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"deletes before it saves", "a deletion is judged by what is there after the commit",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			deletions := takes(&c, deletes)
			if len(c.Writes) == 0 {
				return m.Apply(ctx, deletions)
			}
			if err := m.Apply(ctx, deletions); err != nil {
				return m.Apply(ctx, groups.Commit{Writes: slices.Concat(c.Writes, deletions.Writes)})
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"takes no state for a blank one when it compares", "a write that does not say what it read is not compared by it",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Was == nil {
				w.Was = &groups.State{}
			}
		})}
	},
}, {
	"compares no revision where no state is given", "a write that does not say what it read is not compared by it",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Was == nil && w.Revision > 0 {
				w.Revision = stored(m, w.Group).Revision
			}
		})}
	},
}, {
	"compares no state when it saves", "a save from another state is refused where it says which it read",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil {
				w.Was = nil
			}
		})}
	},
}, {
	"compares no state when it deletes", "a deletion that began before somebody joined is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Delete {
				w.Was = nil
			}
		})}
	},
}, {
	"does not find the group of a plain write", "a write to a group that is gone is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: answering(m, func(c groups.Commit, err error) error {
			if len(c.Writes) > 0 && stored(m, c.Writes[0].Group).ID == "" && err != nil {
				return groups.ErrNotFound
			}
			return err
		})}
	},
}, {
	"has runs repeat a save of a group that is gone", "a save cannot replace what does not exist",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: answering(m, func(_ groups.Commit, err error) error {
			if errors.Is(err, groups.ErrNotFound) {
				return groups.ErrConflict
			}
			return err
		})}
	},
}, {
	"deletes again what is gone", "a group that does not exist cannot be deleted",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: answering(m, func(_ groups.Commit, err error) error {
			if errors.Is(err, groups.ErrNotFound) {
				return nil
			}
			return err
		})}
	},
}, {
	"keeps notes after its transaction", "a commit of which any part is refused writes nothing",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: then(m, func(c *groups.Commit) groups.Commit {
			later := groups.Commit{Notes: c.Notes}
			c.Notes = nil
			return later
		})}
	},
}, {
	"writes acts before its transaction", "a commit of which any part is refused writes nothing",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: then(m, func(c *groups.Commit) groups.Commit {
			later := *c
			later.Acts, *c = nil, groups.Commit{Acts: c.Acts}
			return later
		})}
	},
}, {
	"forgets after its transaction", "a commit of which any part is refused writes nothing",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: then(m, func(c *groups.Commit) groups.Commit {
			later := groups.Commit{Forget: c.Forget, Alias: c.Alias}
			c.Forget = ""
			return later
		})}
	},
}, {
	"deletes in a transaction of its own", "a commit of which any part is refused writes nothing",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: then(m, func(c *groups.Commit) groups.Commit {
			later := *c
			*c = takes(&later, deletes)
			return later
		})}
	},
}, {
	"saves in a transaction of its own", "a commit of which any part is refused writes nothing",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: then(m, func(c *groups.Commit) groups.Commit {
			later := *c
			*c = takes(&later, brings)
			return later
		})}
	},
}, {
	"takes the last of two writes", "a commit that contradicts itself is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			var kept []groups.Write
			for i, w := range c.Writes {
				if !slices.ContainsFunc(c.Writes[i+1:], func(later groups.Write) bool { return later.Group == w.Group }) {
					kept = append(kept, w)
				}
			}
			c.Writes = kept
		})}
	},
}, {
	"sorts standings itself", "a commit that contradicts itself is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			slices.SortFunc(w.Standings, func(a, b groups.Standing) int { return cmp.Compare(a.User, b.User) })
		})}
	},
}, {
	"locks what it saves one by one", "of commits that save the same groups exactly one is written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if len(c.Writes) < 2 || stored(m, c.Writes[0].Group).Revision != c.Writes[0].Revision {
				return m.Apply(ctx, c)
			}
			pause()
			c = copied(c)
			for i := range c.Writes {
				c.Writes[i].Was, c.Writes[i].Revision = nil, stored(m, c.Writes[i].Group).Revision
				c.Notes[i].Revision = kept(m, c.Notes[i]).Revision
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"lists groups from a cache", "everything that a commit wrote is there when it returns",
	func(m *groups.Memory) *faulty {
		read := map[groups.GroupID][]groups.Act{}
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return func(yield func(groups.Act, error) bool) {
				if _, ok := read[id]; !ok {
					for a := range m.Acts(ctx, id, after) {
						read[id] = append(read[id], a)
					}
				}
				for _, a := range read[id] {
					if !yield(a, nil) {
						return
					}
				}
			}
		}}
	},
}}
