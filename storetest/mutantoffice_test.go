// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// officeMutants are stores over which a desk does not work, and some that forget in the wrong way.
var officeMutants = []mutant{{
	"forgets that a group is live", "groups are edited at a desk as over a Memory",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil {
				w.State.Live = false
			}
		})}
	},
}, {
	"keeps the first who saved", "groups are edited at a desk as over a Memory",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) {
			if old := stored(m, g.ID); old.SavedBy != "" {
				g.SavedBy, g.SavedAt = old.SavedBy, old.SavedAt
			}
		})}
	},
}, {
	"ends assignments at the end of the day", "lists of users are put in and taken out at a desk as over a Memory",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			for i := range w.Standings {
				if a := another(w.Standings[i].Assignment); a != nil && !a.Until.IsZero() {
					a.Until = a.Until.Truncate(24 * time.Hour)
					w.Standings[i].Assignment = a
				}
			}
		})}
	},
}, {
	"keeps one draft a group", "drafts, versions and held plans serve a desk as over a Memory",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
			return each(m.Notes(ctx, kind, id), func(n int, _ *groups.Note) (bool, bool) { return kind != groups.NoteDraft || n == 0, true })
		}}
	},
}, {
	"lists versions as it likes", "drafts, versions and held plans serve a desk as over a Memory",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
			return func(yield func(groups.Note, error) bool) {
				var all []groups.Note
				for n := range m.Notes(ctx, kind, id) {
					all = append(all, n)
				}
				slices.Reverse(all)
				for _, n := range all {
					if !yield(n, nil) {
						return
					}
				}
			}
		}}
	},
}, {
	"writes down what was done to groups that are there", "what is done at a desk is in the audit as over a Memory",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) { return a.Do != "delete", true })
		}}
	},
}, {
	"counts who is forgotten as a member", "who is forgotten by an evaluator is gone as from a Memory",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			for i := range c.Writes {
				if c.Forget != "" {
					c.Writes[i].State = nil
				}
			}
		})}
	},
}, {
	"forgets whatever becomes of the context", "a cancelled context forgets nobody",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if c.Forget != "" {
				ctx = context.WithoutCancel(ctx)
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"forgets nobody while others write", "people can be forgotten while everything is called",
	func(m *groups.Memory) *faulty {
		writing := make(chan struct{}, 1)
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			select {
			case writing <- struct{}{}:
				pause()
				defer func() { <-writing }()
			default:
				if c.Forget != "" {
					return errors.New("busy")
				}
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"forgets whoever looks like them", "who looks like somebody who is forgotten stays",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			for i := range c.Writes {
				w := &c.Writes[i]
				for st := range m.Standings(context.Background(), w.Group, "") {
					if c.Forget != "" && st.User > c.Forget && strings.EqualFold(string(st.User), string(c.Forget)) {
						w.Standings = append(w.Standings, groups.Standing{Group: w.Group, User: st.User})
					}
				}
			}
		})}
	},
}}
