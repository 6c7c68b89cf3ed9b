// White-box: see mutant_test.go.
package storetest

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/grouprules/groups"
)

// feedMutants are stores whose feed is not right.
var feedMutants = []mutant{{
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
					pause()
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
		late := belated(func(c *groups.Change) (string, bool) { return c.Cursor, string(c.Group) == names[0] })
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			return late(m.Changes(ctx, after))
		}}
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
	"numbers changes itself", "a change keeps the ID it was given",
	func(m *groups.Memory) *faulty {
		n := 0
		return &faulty{apply: writing(m, func(w *groups.Write) {
			for i := range w.Changes {
				n++
				w.Changes[i].ID = strconv.Itoa(n)
			}
		})}
	},
}, {
	"has no column for who changed it", "every field of a change comes back as it was written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			for i := range w.Changes {
				w.Changes[i].By = ""
			}
		})}
	},
}, {
	"writes a change for each standing", "a write without changes leaves the feed alone",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if len(w.Changes) == 0 {
				for _, st := range w.Standings {
					w.Changes = append(w.Changes, change(st, groups.Outside))
				}
			}
		})}
	},
}, {
	"counts cursors from the end", "a cursor stays good while the feed grows",
	func(m *groups.Memory) *faulty {
		return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
			total := 0
			for range m.Changes(ctx, "") {
				total++
			}
			from := 0
			if left, err := strconv.Atoi(after); err == nil {
				from = total - left
			}
			return each(m.Changes(ctx, ""), func(n int, c *groups.Change) (bool, bool) {
				c.Cursor = strconv.Itoa(total - n - 1)
				return n >= from, true
			})
		}}
	},
}, {
	"writes the changes of a user once", "a commit that contradicts itself is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			w.Changes = slices.CompactFunc(w.Changes, func(a, b groups.Change) bool { return a.User == b.User })
		})}
	},
}, {
	"sorts changes itself", "a commit that contradicts itself is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			slices.SortFunc(w.Changes, func(a, b groups.Change) int { return cmp.Compare(a.User, b.User) })
		})}
	},
}}

// belated hides rows, which it is told by their cursors, until a reader has met one behind them, as
// transactions do that have a number and are not finished.
func belated[T any](slow func(row *T) (cursor string, is bool)) func(iter.Seq2[T, error]) iter.Seq2[T, error] {
	passed := map[string]bool{}
	return func(stream iter.Seq2[T, error]) iter.Seq2[T, error] {
		last := 0
		for range stream {
			last++
		}
		return each(stream, func(n int, row *T) (bool, bool) {
			cursor, is := slow(row)
			if !is || passed[cursor] {
				return true, true
			}
			passed[cursor] = n < last-1
			return false, true
		})
	}
}
