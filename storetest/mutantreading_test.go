// White-box: see mutant_test.go.
package storetest

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// readingMutants are stores whose streams, definitions and revisions are not right.
var readingMutants = []mutant{{
	"orders by a collation", "standings and members come in the order of the bytes of user IDs",
	func(m *groups.Memory) *faulty {
		return &faulty{standings: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
			return func(yield func(groups.Standing, error) bool) {
				var all []groups.Standing
				for s := range m.Standings(ctx, id, after) {
					all = append(all, s)
				}
				slices.SortStableFunc(all, func(a, b groups.Standing) int { return cmp.Compare(lower(a.User), lower(b.User)) })
				for _, s := range all {
					if !yield(s, nil) {
						return
					}
				}
			}
		}}
	},
}, {
	"ends with its first page", "standings and members come once each, however many",
	func(m *groups.Memory) *faulty {
		return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
			return each(m.Members(ctx, id, after), func(n int, _ *groups.Member) (bool, bool) { return n < 1000, n < 1000 })
		}}
	},
}, {
	"loses the last row of a page", "the groups of a user come once each, however many",
	func(m *groups.Memory) *faulty {
		return &faulty{standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
			return each(m.StandingsOf(ctx, id), func(n int, _ *groups.Standing) (bool, bool) { return n%512 != 511, true })
		}}
	},
}, {
	"reads from a user on with that user", "reading from a user on leaves out those up to it",
	func(m *groups.Memory) *faulty {
		return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
			return each(m.Members(ctx, id, ""), func(_ int, row *groups.Member) (bool, bool) { return row.User >= after, true })
		}}
	},
}, {
	"ends early when its context ends", "a stream that is cut short ends with an error",
	func(m *groups.Memory) *faulty {
		return &faulty{standings: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
			return each(m.Standings(context.WithoutCancel(ctx), id, after), func(int, *groups.Standing) (bool, bool) { return ctx.Err() == nil, ctx.Err() == nil })
		}}
	},
}, {
	"goes on after an error", "a stream that is cut short ends with an error",
	func(m *groups.Memory) *faulty {
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			return func(yield func(groups.Change, error) bool) {
				for c, err := range m.Changes(ctx, after) {
					if !yield(c, err) || err != nil && !yield(c, nil) {
						return
					}
				}
			}
		}}
	},
}, {
	"is read up once it was read", "a stream that is left early can be read again",
	func(m *groups.Memory) *faulty {
		return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
			read := false
			return func(yield func(groups.Member, error) bool) {
				if !read {
					read = true
					m.Members(ctx, id, after)(yield)
				}
			}
		}}
	},
}, {
	"yields members that are outside", "members are those whose member method is not outside",
	func(m *groups.Memory) *faulty {
		return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
			return func(yield func(groups.Member, error) bool) {
				for s, err := range m.Standings(ctx, id, after) {
					if !yield(groups.Member{User: s.User, Method: s.Member}, err) {
						return
					}
				}
			}
		}}
	},
}, {
	"takes the population for the membership", "members are those whose member method is not outside",
	func(m *groups.Memory) *faulty {
		return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
			return func(yield func(groups.Member, error) bool) {
				for s, err := range m.Standings(ctx, id, after) {
					if s.Population != groups.Outside && !yield(groups.Member{User: s.User, Method: s.Population}, err) {
						return
					}
				}
			}
		}}
	},
}, {
	"answers from a cache", "after a write every read reflects it",
	func(m *groups.Memory) *faulty {
		cache := map[groups.UserID][]groups.Standing{}
		return &faulty{standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
			return func(yield func(groups.Standing, error) bool) {
				if _, ok := cache["all"]; !ok {
					cache["all"] = nil
					m.StandingsOf(ctx, id)(yield)
				}
			}
		}}
	},
}, {
	"has no column for frozen", "every field of a group comes back as it was saved",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) { g.Frozen = false })}
	},
}, {
	"rounds instants to microseconds", "every field of a group comes back as it was saved",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) { g.SavedAt = g.SavedAt.Truncate(time.Microsecond) })}
	},
}, {
	"counts instants in nanoseconds", "every field of a standing comes back as it was written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			for i := range w.Standings {
				if a := w.Standings[i].Assignment; a != nil {
					b := *a
					if !b.Until.IsZero() {
						b.Until = time.Unix(0, b.Until.UnixNano())
					}
					w.Standings[i].Assignment = &b
				}
			}
		})}
	},
}, {
	"has no column for who approved", "every field of a standing comes back as it was written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			for i := range w.Standings {
				if e := w.Standings[i].Exclusion; e != nil {
					b := *e
					b.Approver = ""
					w.Standings[i].Exclusion = &b
				}
			}
		})}
	},
}, {
	"loses whenEmpty", "criteria come back condition by condition",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) {
			g.Criteria.Sets = slices.Clone(g.Criteria.Sets)
			for i := range g.Criteria.Sets {
				s := &g.Criteria.Sets[i]
				s.Conditions = slices.Clone(s.Conditions)
				for j, c := range s.Conditions {
					if f, ok := c.(groups.FieldCondition); ok {
						s.Conditions[j] = f.WhenEmpty(groups.ByOperator)
					}
				}
			}
		})}
	},
}, {
	"keeps conditions of the saves before", "the criteria that a save leaves out are gone",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) {
			g.Criteria.Sets = slices.Concat(stored(m, g.ID).Criteria.Sets, g.Criteria.Sets)
		})}
	},
}, {
	"shares what it was handed", "what was handed over can be written to",
	func(m *groups.Memory) *faulty {
		handed := map[groups.GroupID]groups.Group{}
		return &faulty{
			apply: saving(m, func(g *groups.Group) { handed[g.ID] = *g }),
			group: func(_ context.Context, id groups.GroupID) (groups.Group, error) { return handed[id], nil },
		}
	},
}, {
	"finds groups by a collation", "a group that does not exist is not found",
	func(m *groups.Memory) *faulty {
		return &faulty{group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
			for g := range m.Groups(ctx) {
				if strings.EqualFold(string(g.ID), strings.TrimSpace(string(id))) {
					return g, nil
				}
			}
			return m.Group(ctx, id)
		}}
	},
}, {
	"saves a state", "a save leaves the state alone",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil && w.State == nil {
				w.State = &w.Save.State
			}
		})}
	},
}, {
	"accepts a stale revision", "a stale save is refused, naming who saved and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil && w.Revision != 0 {
				w.Revision = stored(m, w.Group).Revision
			}
		})}
	},
}, {
	"does not say who saved", "a stale save is refused, naming who saved and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			err := m.Apply(ctx, c)
			if errors.Is(err, groups.ErrConflict) {
				return groups.ErrConflict
			}
			return err
		}}
	},
}, {
	"counts the revisions of every group from one", "a group that is created goes on from the revision that it brings",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil {
				w.Save.Revision = 0
			}
		})}
	},
}, {
	"keeps the revision that a save brings", "a group that is created goes on from the revision that it brings",
	func(m *groups.Memory) *faulty {
		brought := map[groups.GroupID]uint64{}
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				for _, w := range c.Writes {
					if w.Save != nil {
						brought[w.Group] = w.Save.Revision + 1
					}
				}
				return m.Apply(ctx, c)
			},
			group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
				g, err := m.Group(ctx, id)
				g.Revision = brought[id]
				return g, err
			},
		}
	},
}, {
	"replaces where it should create", "revision 0 does not replace",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil && w.Revision == 0 {
				w.Revision = stored(m, w.Group).Revision
			}
		})}
	},
}, {
	"keeps revisions in 32 bits", "a revision that was never given out is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) { w.Revision &= math.MaxUint32 })}
	},
}, {
	"compares and saves in two steps", "of saves from one revision exactly one is written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			c = copied(c)
			w := &c.Writes[0]
			if stored(m, w.Group).Revision != w.Revision {
				return m.Apply(ctx, c)
			}
			pause()
			for m.Apply(ctx, c) != nil {
				w.Revision = stored(m, w.Group).Revision
			}
			return nil
		}}
	},
}, {
	"orders groups by a collation", "groups come in the order of the bytes of their IDs",
	func(m *groups.Memory) *faulty {
		return &faulty{groups: listing(m, func(all []groups.Group) {
			slices.SortStableFunc(all, func(a, b groups.Group) int { return cmp.Compare(lower(a.ID), lower(b.ID)) })
		})}
	},
}, {
	"orders the groups of a user as they were written", "the standings of a user come in the order of the bytes of group IDs",
	func(m *groups.Memory) *faulty {
		return &faulty{standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
			return func(yield func(groups.Standing, error) bool) {
				for c := range m.Changes(ctx, "") {
					for s, err := range m.StandingsOf(ctx, id) {
						if s.Group == c.Group && c.User == id && !yield(s, err) {
							return
						}
					}
				}
			}
		}}
	},
}, {
	"finds users without looking at white space", "of what is not stored there is nothing, and no error",
	func(m *groups.Memory) *faulty {
		return &faulty{standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
			return m.StandingsOf(ctx, groups.UserID(strings.TrimSpace(string(id))))
		}}
	},
}, {
	"keeps the method that a member came in by", "members follow every write",
	func(m *groups.Memory) *faulty {
		came := map[groups.UserID]groups.Method{}
		return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
			return each(m.Members(ctx, id, after), func(_ int, row *groups.Member) (bool, bool) {
				if came[row.User] == groups.Outside {
					came[row.User] = row.Method
				}
				row.Method = came[row.User]
				return true, true
			})
		}}
	},
}}

// listing returns a list of groups to which something was done.
func listing(m *groups.Memory, change func(all []groups.Group)) func(context.Context) iter.Seq2[groups.Group, error] {
	return func(ctx context.Context) iter.Seq2[groups.Group, error] {
		return func(yield func(groups.Group, error) bool) {
			var all []groups.Group
			for g := range m.Groups(ctx) {
				all = append(all, g)
			}
			change(all)
			for _, g := range all {
				if !yield(g, nil) {
					return
				}
			}
		}
	}
}
