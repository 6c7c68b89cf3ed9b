// White-box: see mutant_test.go.
package storetest

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/grouprules/groups"
)

// writingMutants are stores whose deletions, writes, feed and forgetting are not right.
var writingMutants = []mutant{{
	"deletes without a word", "a deletion writes the changes that it brings",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Delete {
				w.Changes = nil
			}
		})}
	},
}, {
	"takes the feed of a group with it", "a deletion writes the changes that it brings",
	func(m *groups.Memory) *faulty {
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			return each(m.Changes(ctx, after), func(_ int, c *groups.Change) (bool, bool) {
				return c.Cause == "deletion" || stored(m, c.Group).ID != "", true
			})
		}}
	},
}, {
	"leaves the standings of deleted groups", "a deleted group is gone with its standings",
	func(m *groups.Memory) *faulty {
		left := map[groups.UserID][]groups.Standing{}
		return &faulty{
			apply: writing(m, func(w *groups.Write) {
				for s := range m.Standings(context.Background(), w.Group, "") {
					if w.Delete {
						left[s.User] = append(left[s.User], s)
					}
				}
			}),
			standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
				return func(yield func(groups.Standing, error) bool) {
					for _, s := range left[id] {
						if !yield(s, nil) {
							return
						}
					}
					m.StandingsOf(ctx, id)(yield)
				}
			},
		}
	},
}, {
	"deletes what others read", "a group that another reads cannot be deleted",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if err := m.Apply(ctx, c); !errors.Is(err, groups.ErrReferred) {
				return err
			}
			return nil
		}}
	},
}, {
	"forgets to raise the sequence", "a run that began before an assignment is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{
			group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
				g, err := m.Group(ctx, id)
				g.State.Sequence = 0
				return g, err
			},
			apply: writing(m, func(w *groups.Write) {
				if w.Was != nil {
					w.Was.Sequence += stored(m, w.Group).State.Sequence
				}
			}),
		}
	},
}, {
	"raises the sequence for nothing", "a write without standings does not raise the sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if len(w.Standings) == 0 && w.Save == nil {
				w.Standings = append(w.Standings, groups.Standing{Group: w.Group, User: "nobody"})
			}
		})}
	},
}, {
	"does not compare what it does not write", "a write that only compares is compared",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			c.Writes = slices.DeleteFunc(c.Writes, func(w groups.Write) bool {
				return len(w.Standings) == 0 && w.State == nil && w.Save == nil && !w.Delete
			})
		})}
	},
}, {
	"writes group by group", "one stale write of several refuses them all",
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
	"does not compare the revision", "a write from another revision is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			w.Revision = stored(m, w.Group).Revision
		})}
	},
}, {
	"compares the sequence only", "a write from another state is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if g := stored(m, w.Group); w.Was != nil && g.State.Sequence == w.Was.Sequence {
				w.Was = &g.State
			}
		})}
	},
}, {
	"compares and writes in two steps", "of writes from one sequence exactly one is written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			c = copied(c)
			if w := c.Writes[0]; w.Was == nil || stored(m, w.Group).State.Sequence != w.Was.Sequence {
				return m.Apply(ctx, c)
			}
			pause()
			for i := range c.Writes {
				c.Writes[i].Was = nil
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"loses a standing", "every field of a standing comes back as it was written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if n := len(w.Standings); n > 1 {
				w.Standings = w.Standings[:n-1]
			}
		})}
	},
}, {
	"keeps an assignment that is not given any more", "a standing is replaced as a whole",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			for i := range w.Standings {
				for have := range m.StandingsOf(context.Background(), w.Standings[i].User) {
					if have.Group == w.Group && w.Standings[i].Assignment == nil {
						w.Standings[i].Assignment = have.Assignment
					}
				}
			}
		})}
	},
}, {
	"keeps blank standings", "blank standings are erased",
	func(m *groups.Memory) *faulty {
		blanks := map[groups.UserID]groups.Standing{}
		return &faulty{
			apply: writing(m, func(w *groups.Write) {
				for _, s := range w.Standings {
					delete(blanks, s.User)
					if s.Blank() {
						blanks[s.User] = s
					}
				}
			}),
			standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
				return func(yield func(groups.Standing, error) bool) {
					if s, ok := blanks[id]; !ok || yield(s, nil) {
						m.StandingsOf(ctx, id)(yield)
					}
				}
			},
		}
	},
}, {
	"takes no state for a blank one", "a write without a state leaves the state alone",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State == nil {
				w.State = &groups.State{}
			}
		})}
	},
}, {
	"stores no state beside standings", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if len(w.Standings) > 0 {
				w.State = nil
			}
		})}
	},
}, {
	"ignores its context", "a cancelled context ends every call and writes nothing",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error { return m.Apply(context.WithoutCancel(ctx), c) }}
	},
}, {
	"asks its context only between rows", "a cancelled context ends every stream, also an empty one",
	func(m *groups.Memory) *faulty {
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			return func(yield func(groups.Change, error) bool) {
				for c, err := range m.Changes(context.WithoutCancel(ctx), after) {
					if ctx.Err() != nil {
						err = ctx.Err()
					}
					if !yield(c, err) || err != nil {
						return
					}
				}
			}
		}}
	},
}, {
	"has one connection", "the loop over a stream can read",
	func(m *groups.Memory) *faulty {
		open := 0
		return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
			return func(yield func(groups.Member, error) bool) {
				open++
				defer func() { open-- }()
				m.Members(ctx, id, after)(yield)
			}
		}, standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
			if open > 0 {
				return func(yield func(groups.Standing, error) bool) { yield(groups.Standing{}, errors.New("busy")) }
			}
			return m.StandingsOf(ctx, id)
		}}
	},
}, {
	"has a pool of connections", "many streams can be open at once",
	func(m *groups.Memory) *faulty {
		open := 0
		return &faulty{standings: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
			return func(yield func(groups.Standing, error) bool) {
				if open++; open > 50 {
					yield(groups.Standing{}, errors.New("too many connections"))
					return
				}
				m.Standings(ctx, id, after)(yield)
				open--
			}
		}}
	},
}, {
	"trims identifiers", "unusable identifiers are not stored",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil {
				w.Group = groups.GroupID(strings.TrimSpace(string(w.Group)))
				w.Save.ID = w.Group
			}
		})}
	},
}, {
	"cuts identifiers", "the longest identifiers fit everywhere",
	func(m *groups.Memory) *faulty {
		return &faulty{
			apply: writing(m, func(w *groups.Write) {
				for i := range w.Standings {
					w.Standings[i].User = cut(w.Standings[i].User, 252)
				}
			}),
			standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
				return m.StandingsOf(ctx, cut(id, 252))
			},
		}
	},
}, {
	"ignores case", "identifiers that look alike stay apart",
	func(m *groups.Memory) *faulty {
		return &faulty{
			apply: writing(m, func(w *groups.Write) {
				for i := range w.Standings {
					w.Standings[i].User = lower(w.Standings[i].User)
				}
			}),
			standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
				return m.StandingsOf(ctx, lower(id))
			},
		}
	},
}, {
	"does not say who saved what is to be deleted", "a stale deletion is refused, naming who saved and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: answering(m, func(c groups.Commit, err error) error {
			if conflict := (*groups.ConflictError)(nil); errors.As(err, &conflict) && c.Writes[0].Delete {
				conflict.By = ""
			}
			return err
		})}
	},
}, {
	"deletes parents", "a group that is a parent cannot be deleted",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: answering(m, func(c groups.Commit, err error) error {
			for g := range m.Groups(context.Background()) {
				if errors.Is(err, groups.ErrReferred) && g.Parent == c.Writes[0].Group {
					return nil
				}
			}
			return err
		})}
	},
}, {
	"compares 32 bits of the sequence", "a write from another sequence is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Was != nil {
				w.Was.Sequence &= 1<<32 - 1
			}
		})}
	},
}, {
	"puts a group back as it was before its save", "a save and a write that race leave no half of either",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if c.Writes[0].Save == nil {
				return m.Apply(ctx, c)
			}
			id := c.Writes[0].Group
			before := map[groups.UserID]bool{}
			for st := range m.Standings(ctx, id, "") {
				before[st.User] = true
			}
			pause()
			if err := m.Apply(ctx, c); err != nil {
				return err
			}
			w := groups.Write{Group: id, Revision: stored(m, id).Revision}
			for st := range m.Standings(ctx, id, "") {
				if !before[st.User] {
					w.Standings = append(w.Standings, groups.Standing{Group: id, User: st.User})
				}
			}
			return m.Apply(ctx, commit(w))
		}}
	},
}, {
	"does not miss a group that is deleted meanwhile", "a deletion and a write that race leave nothing behind",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			there := stored(m, c.Writes[0].Group).ID != ""
			pause()
			if c.Writes[0].Delete {
				return m.Apply(ctx, c)
			}
			pause()
			if err := m.Apply(ctx, c); !there || !errors.Is(err, groups.ErrConflict) {
				return err
			}
			return nil
		}}
	},
}, {
	"replaces all standings of a group", "standings that were not given stay",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			given := w.Standings
			for st := range m.Standings(context.Background(), w.Group, "") {
				if !slices.ContainsFunc(given, func(s groups.Standing) bool { return s.User == st.User }) {
					w.Standings = append(w.Standings, groups.Standing{Group: w.Group, User: st.User})
				}
			}
			slices.SortFunc(w.Standings, func(a, b groups.Standing) int { return cmp.Compare(a.User, b.User) })
		})}
	},
}, {
	"counts no write that brings nothing new", "a write with standings raises the sequence by one",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if len(w.Changes) == 0 {
				w.Standings = nil
			}
		})}
	},
}, {
	"raises the revision with every write", "a write leaves the definition alone",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if g := stored(m, w.Group); w.Save == nil && len(w.Standings) > 0 {
				w.Save = &g
			}
		})}
	},
}, {
	"answers nobody while it writes", "everything can be called at once",
	func(m *groups.Memory) *faulty {
		var writing atomic.Int32
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				writing.Add(1)
				defer writing.Add(-1)
				pause()
				return m.Apply(ctx, c)
			},
			group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
				if writing.Load() > 0 {
					return groups.Group{}, errors.New("busy")
				}
				return m.Group(ctx, id)
			},
		}
	},
}, {
	"writes nothing while a stream is open", "the loop over a stream can write",
	func(m *groups.Memory) *faulty {
		open := false
		return &faulty{
			groups: func(ctx context.Context) iter.Seq2[groups.Group, error] {
				return func(yield func(groups.Group, error) bool) {
					open = true
					defer func() { open = false }()
					m.Groups(ctx)(yield)
				}
			},
			apply: func(ctx context.Context, c groups.Commit) error {
				if open {
					return errors.New("busy")
				}
				return m.Apply(ctx, c)
			},
		}
	},
}}
