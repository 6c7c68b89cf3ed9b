// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/grouprules/groups"
)

// aliasMutants are about forgetting.
var aliasMutants = []mutant{{
	"forgets where standings are left", "forgetting is refused where a standing would be left",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			err := m.Apply(ctx, c)
			if c.Forget != "" && errors.Is(err, groups.ErrConflict) {
				c.Forget = ""
				return m.Apply(ctx, c)
			}
			return err
		}}
	},
}, {
	"looks for standings before its writes", "forgetting is refused where a standing would be left",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			for s := range m.StandingsOf(ctx, c.Forget) {
				if !slices.ContainsFunc(c.Writes, func(w groups.Write) bool { return w.Group == s.Group }) {
					return groups.ErrConflict
				}
			}
			c.Forget = ""
			return m.Apply(ctx, c)
		}}
	},
}, {
	"does not count deletions when it forgets", "who is in a group that is deleted at once can be forgotten",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			for s := range m.StandingsOf(ctx, c.Forget) {
				if slices.ContainsFunc(c.Writes, func(w groups.Write) bool { return w.Group == s.Group && w.Delete }) {
					return groups.ErrConflict
				}
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"leaves the audit as it is", "in the acts about a forgotten user an alias stands for them",
	func(m *groups.Memory) *faulty {
		return remembering(m, func(a *groups.Act, was groups.Act) { *a = was })
	},
}, {
	"keeps the reasons of acts", "in the acts about a forgotten user an alias stands for them",
	func(m *groups.Memory) *faulty {
		return remembering(m, func(a *groups.Act, was groups.Act) { a.Why = was.Why })
	},
}, {
	"keeps what acts say", "in the acts about a forgotten user an alias stands for them",
	func(m *groups.Memory) *faulty {
		return remembering(m, func(a *groups.Act, was groups.Act) { a.Before, a.After = was.Before, was.After })
	},
}, {
	"forgets who acted", "in the acts about a forgotten user an alias stands for them",
	func(m *groups.Memory) *faulty {
		return remembering(m, func(a *groups.Act, was groups.Act) {
			if a.By == "ada" {
				a.By = alias
			}
		})
	},
}, {
	"blanks acts about whoever looks like it", "in the acts about a forgotten user an alias stands for them",
	func(m *groups.Memory) *faulty {
		return remembering(m, func(a *groups.Act, was groups.Act) {
			if a.User == "Ada" {
				a.User, a.Why, a.Before, a.After = alias, "", nil, nil
			}
		})
	},
}, {
	"forgets in the whole audit only", "in the acts about a forgotten user an alias stands for them",
	func(m *groups.Memory) *faulty {
		f := remembering(m, func(a *groups.Act, was groups.Act) { *a = was })
		all := f.acts
		f.acts = func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			if id == "" {
				return m.Acts(ctx, id, after)
			}
			return all(ctx, id, after)
		}
		return f
	},
}, {
	"drops the acts about forgotten users", "in the acts about a forgotten user an alias stands for them",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) { return a.User != alias, true })
		}}
	},
}, {
	"writes its acts after it forgot", "the acts of the commit that forgets are no exception",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: then(m, func(c *groups.Commit) groups.Commit {
			later := groups.Commit{Acts: c.Acts}
			c.Acts = nil
			return later
		})}
	},
}, {
	"keeps the feed of forgotten users", "the earlier changes of a forgotten user are erased",
	func(m *groups.Memory) *faulty {
		var kept []groups.Change
		return &faulty{
			apply: committing(m, func(c *groups.Commit) {
				for change := range m.Changes(context.Background(), "") {
					if c.Forget != "" && change.User == c.Forget {
						kept = append(kept, change)
					}
				}
			}),
			changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
				return func(yield func(groups.Change, error) bool) {
					for _, c := range kept {
						if !yield(c, nil) {
							return
						}
					}
					m.Changes(ctx, after)(yield)
				}
			},
		}
	},
}, {
	"forgets without a word", "the leaves that come with forgetting stay in the feed",
	func(m *groups.Memory) *faulty {
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			return each(m.Changes(ctx, after), func(_ int, c *groups.Change) (bool, bool) { return c.Cause != "forgotten", true })
		}}
	},
}, {
	"forgets whoever looks like it", "a forgotten user is erased from every group",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if err := m.Apply(ctx, c); err != nil || c.Forget == "" {
				return err
			}
			return m.Apply(ctx, desk{discard{ctx}, m}.forgets("A"+cut(c.Forget[1:], 250)))
		}}
	},
}, {
	"raises no sequence when it forgets", "a run that began before somebody was forgotten is refused",
	func(m *groups.Memory) *faulty {
		raised := map[groups.GroupID]uint64{}
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			for i := range c.Writes {
				if w := &c.Writes[i]; w.Was != nil {
					w.Was.Sequence += raised[w.Group]
				}
				if c.Forget != "" {
					raised[c.Writes[i].Group]++
				}
			}
		})}
	},
}, {
	"raises the sequence of all groups when it forgets", "forgetting raises the sequence of the groups it touches, and of no other",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			for g := range m.Groups(context.Background()) {
				if c.Forget != "" && !slices.ContainsFunc(c.Writes, func(w groups.Write) bool { return w.Group == g.ID }) {
					c.Writes = append(c.Writes, groups.Write{Group: g.ID, Revision: g.Revision, Standings: []groups.Standing{{Group: g.ID, User: c.Forget}}})
				}
			}
		})}
	},
}, {
	"compares nothing when it forgets", "forgetting and a write that race leave nothing of the user",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if c.Forget != "" {
				pause()
				c = copied(c)
				c.Forget = ""
				for i := range c.Writes {
					c.Writes[i].Was = nil
				}
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"does not find whom it is to forget", "a user nobody knows can be forgotten",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if c.Forget != "" && len(c.Writes) == 0 {
				return groups.ErrNotFound
			}
			return m.Apply(ctx, c)
		}}
	},
}}

// remembering shows acts with what change makes of them, knowing how they were when somebody was
// forgotten.
func remembering(m *groups.Memory, change func(a *groups.Act, was groups.Act)) *faulty {
	were := map[string]groups.Act{}
	return &faulty{
		apply: committing(m, func(c *groups.Commit) {
			if c.Forget != "" {
				for a := range m.Acts(context.Background(), "", "") {
					were[a.Cursor] = a
				}
			}
		}),
		acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) {
				if was, ok := were[a.Cursor]; ok {
					change(a, was)
				}
				return true, true
			})
		},
	}
}
