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
