// White-box: see mutant_test.go.
package storetest

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

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
	"drops a change", "the changes of a write stand together, in its order, once",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) { w.Changes = w.Changes[:max(0, len(w.Changes)-1)] })}
	},
}, {
	"orders the feed by group", "the changes of a write stand together, in its order, once",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			slices.SortFunc(c.Writes, func(a, b groups.Write) int { return cmp.Compare(a.Group, b.Group) })
		})}
	},
}, {
	"writes the feed after its transaction", "writes that run at once do not mix their changes",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			bare := copied(c)
			for i := range bare.Writes {
				bare.Writes[i].Changes = nil
			}
			if err := m.Apply(ctx, bare); err != nil {
				return err
			}
			for _, w := range c.Writes {
				for _, change := range w.Changes {
					time.Sleep(10 * time.Microsecond)
					if err := m.Apply(ctx, commit(groups.Write{Group: w.Group, Revision: w.Revision, Changes: []groups.Change{change}})); err != nil {
						return err
					}
				}
			}
			return nil
		}}
	},
}, {
	"shows later changes before earlier ones", "a reader who follows the feed while it is written misses nothing",
	func(m *groups.Memory) *faulty {
		var mu sync.Mutex
		open := map[groups.GroupID]uint64{} // the sequence that is being written
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				id := c.Writes[0].Group
				if c.Writes[0].Save != nil {
					return m.Apply(ctx, c)
				}
				mu.Lock()
				open[id] = c.Writes[0].Was.Sequence + 1
				mu.Unlock()
				err := m.Apply(ctx, c)
				pause()
				mu.Lock()
				delete(open, id)
				mu.Unlock()
				return err
			},
			changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
				mu.Lock()
				defer mu.Unlock()
				hidden := map[groups.Change]bool{}
				last := map[groups.GroupID]groups.Change{}
				for c := range m.Changes(ctx, "") {
					last[c.Group] = c
				}
				for id := range open {
					hidden[last[id]] = true
				}
				return each(m.Changes(ctx, after), func(_ int, c *groups.Change) (bool, bool) { return !hidden[*c], true })
			},
		}
	},
}, {
	"begins anew after an unknown cursor", "a cursor stays good when its change is erased",
	func(m *groups.Memory) *faulty {
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			for c := range m.Changes(ctx, "") {
				if c.Cursor == after {
					return m.Changes(ctx, after)
				}
			}
			return m.Changes(ctx, "")
		}}
	},
}, {
	"takes any text for the beginning", "text that is no cursor is an error",
	func(m *groups.Memory) *faulty {
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			if drain(m.Changes(ctx, after)) != nil {
				after = ""
			}
			return m.Changes(ctx, after)
		}}
	},
}, {
	"yields the change of the cursor again", "the feed goes on after every cursor",
	func(m *groups.Memory) *faulty {
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			reached := after == ""
			return each(m.Changes(ctx, ""), func(_ int, c *groups.Change) (bool, bool) {
				reached = reached || c.Cursor == after
				return reached, true
			})
		}}
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
}}
