// White-box: see mutant_test.go.
package storetest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grouprules/groups"
)

// keeping returns an apply that changes each note.
func keeping(m *groups.Memory, change func(n *groups.Note)) func(context.Context, groups.Commit) error {
	return committing(m, func(c *groups.Commit) {
		for i := range c.Notes {
			change(&c.Notes[i])
		}
	})
}

// kept is a note as it is in the Memory, or a zero one.
func kept(m *groups.Memory, n groups.Note) groups.Note {
	for have := range m.Notes(context.Background(), n.Kind, n.Group) {
		if have.Key == n.Key {
			return have
		}
	}
	return groups.Note{}
}

// noting returns notes that come as order puts them.
func noting(m *groups.Memory, order func(all []groups.Note) []groups.Note) func(context.Context, groups.NoteKind, groups.GroupID) iter.Seq2[groups.Note, error] {
	return func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
		return func(yield func(groups.Note, error) bool) {
			var all []groups.Note
			for n, err := range m.Notes(ctx, kind, id) {
				if err != nil {
					yield(n, err)
					return
				}
				all = append(all, n)
			}
			for _, n := range order(all) {
				if !yield(n, nil) {
					return
				}
			}
		}
	}
}

var noteMutants = []mutant{{
	"orders notes by key", "notes come by group and then by key, in the order of bytes",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: noting(m, func(all []groups.Note) []groups.Note {
			slices.SortStableFunc(all, func(a, b groups.Note) int { return cmp.Compare(a.Key, b.Key) })
			return all
		})}
	},
}, {
	"orders notes by group and key in one text", "notes come by group and then by key, in the order of bytes",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: noting(m, func(all []groups.Note) []groups.Note {
			slices.SortStableFunc(all, func(a, b groups.Note) int {
				return cmp.Compare(string(a.Group)+"/"+a.Key, string(b.Group)+"/"+b.Key)
			})
			return all
		})}
	},
}, {
	"ends notes with the first page", "acts and notes come once each, however many",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: noting(m, func(all []groups.Note) []groups.Note { return all[:min(len(all), 1000)] })}
	},
}, {
	"takes notes for JSON", "every field of a note comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) {
			var b bytes.Buffer
			if json.Compact(&b, n.Data) == nil {
				n.Data = b.Bytes()
			}
		})}
	},
}, {
	"rounds when notes were kept", "every field of a note comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) { n.At = n.At.Truncate(time.Microsecond) })}
	},
}, {
	"yields the revision that was given", "keeping a note raises its revision by one",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: noting(m, func(all []groups.Note) []groups.Note {
			for i := range all {
				all[i].Revision--
			}
			return all
		})}
	},
}, {
	"raises the sequence with a note", "keeping a note raises its revision by one",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			for _, n := range c.Notes {
				c.Writes = append(c.Writes, groups.Write{Group: n.Group, Revision: 1, Standings: []groups.Standing{{Group: n.Group, User: "nobody"}}})
			}
		})}
	},
}, {
	"replaces a stale note", "a stale note is refused, naming who kept it and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) {
			if n.Data != nil {
				n.Revision = kept(m, *n).Revision
			}
		})}
	},
}, {
	"erases a stale note", "a stale note is refused, naming who kept it and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) {
			if n.Data == nil {
				n.Revision = kept(m, *n).Revision
			}
		})}
	},
}, {
	"keeps anew what was erased meanwhile", "a stale note is refused, naming who kept it and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) {
			if kept(m, *n).Revision == 0 {
				n.Revision = 0
			}
		})}
	},
}, {
	"does not say who kept a note", "a stale note is refused, naming who kept it and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: answering(m, func(_ groups.Commit, err error) error {
			if conflict := (*groups.ConflictError)(nil); errors.As(err, &conflict) {
				conflict.By = ""
			}
			return err
		})}
	},
}, {
	"takes a note for its group", "a stale note is refused, naming who kept it and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: answering(m, func(_ groups.Commit, err error) error {
			if conflict := (*groups.ConflictError)(nil); errors.As(err, &conflict) {
				conflict.Note = ""
			}
			return err
		})}
	},
}, {
	"keeps notes in 32 bits", "a stale note is refused, naming who kept it and when",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) { n.Revision &= 1<<32 - 1 })}
	},
}, {
	"erases no notes", "a note without data is erased",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) {
			if n.Data == nil {
				n.Data = []byte("null")
			}
		})}
	},
}, {
	"takes empty data for data", "a note without data is erased",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) {
			if n.Data != nil && len(n.Data) == 0 {
				n.Data = []byte("null")
			}
		})}
	},
}, {
	"keeps notes whatever their kind", "kinds, groups and keys of notes stay apart",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
			return each(m.Notes(ctx, lower(kind), id), func(_ int, n *groups.Note) (bool, bool) {
				n.Kind = kind
				return true, true
			})
		}}
	},
}, {
	"yields the notes of all groups", "kinds, groups and keys of notes stay apart",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: func(ctx context.Context, kind groups.NoteKind, _ groups.GroupID) iter.Seq2[groups.Note, error] {
			return m.Notes(ctx, kind, "")
		}}
	},
}, {
	"trims the keys of notes", "kinds, groups and keys of notes stay apart",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: keeping(m, func(n *groups.Note) { n.Key = strings.TrimSpace(n.Key) })}
	},
}, {
	"passes over notes of no group", "a note of a group that does not exist is not found",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			c.Notes = slices.DeleteFunc(c.Notes, func(n groups.Note) bool { return stored(m, n.Group).ID == "" })
		})}
	},
}, {
	"passes over notes of a group that goes", "a note of a group that does not exist is not found",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			for _, w := range c.Writes {
				c.Notes = slices.DeleteFunc(c.Notes, func(n groups.Note) bool { return w.Delete && n.Group == w.Group })
			}
		})}
	},
}, {
	"looks for the group of a note before its writes", "a note comes with the group that a commit creates",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			for _, n := range c.Notes {
				if _, err := m.Group(ctx, n.Group); err != nil {
					return err
				}
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"drops the notes of a group that is saved", "a note comes with the group that a commit creates",
	func(m *groups.Memory) *faulty {
		saved := map[groups.GroupID]bool{}
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				for _, w := range c.Writes {
					saved[w.Group] = w.Save != nil && w.Revision > 0 && len(c.Notes) == 0
				}
				return m.Apply(ctx, c)
			},
			notes: noting(m, func(all []groups.Note) []groups.Note {
				return slices.DeleteFunc(all, func(n groups.Note) bool { return saved[n.Group] })
			}),
		}
	},
}, {
	"shares the data it was handed", "the data of a note can be written to",
	func(m *groups.Memory) *faulty {
		var handed []byte
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				for _, n := range c.Notes {
					handed = n.Data
				}
				return m.Apply(ctx, c)
			},
			notes: noting(m, func(all []groups.Note) []groups.Note {
				for i := range all {
					all[i].Data = bytes.Clone(handed)
				}
				return all
			}),
		}
	},
}, {
	"hands out its own data", "the data of a note can be written to",
	func(m *groups.Memory) *faulty {
		var own []byte
		return &faulty{notes: noting(m, func(all []groups.Note) []groups.Note {
			for i := range all {
				if own == nil {
					own = all[i].Data
				}
				all[i].Data = own
			}
			return all
		})}
	},
}, {
	"compares and keeps in two steps", "of notes kept from one revision exactly one is written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			c = copied(c)
			for i := range c.Notes {
				if kept(m, c.Notes[i]).Revision != c.Notes[i].Revision {
					return m.Apply(ctx, c)
				}
				pause()
				c.Notes[i].Revision = kept(m, c.Notes[i]).Revision
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"looks for the group of a note before its transaction", "notes kept while their group is deleted leave nothing behind",
	func(m *groups.Memory) *faulty {
		var mu sync.Mutex
		var left []groups.Note
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				if len(c.Notes) == 0 || stored(m, c.Notes[0].Group).ID == "" {
					return m.Apply(ctx, c)
				}
				pause()
				err := m.Apply(ctx, c)
				if errors.Is(err, groups.ErrNotFound) {
					mu.Lock()
					defer mu.Unlock()
					left = append(left, c.Notes...)
					return nil
				}
				return err
			},
			notes: noting(m, func(all []groups.Note) []groups.Note { return append(all, left...) }),
		}
	},
}, {
	"leaves the notes of deleted groups", "a deleted group is gone with its notes",
	func(m *groups.Memory) *faulty {
		var left []groups.Note
		return &faulty{
			apply: writing(m, func(w *groups.Write) {
				for n := range m.Notes(context.Background(), groups.NoteVersion, w.Group) {
					if w.Delete {
						left = append(left, n)
					}
				}
			}),
			notes: func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
				if kind != groups.NoteVersion {
					return m.Notes(ctx, kind, id)
				}
				return noting(m, func(all []groups.Note) []groups.Note { return append(all, left...) })(ctx, kind, id)
			},
		}
	},
}, {
	"takes all notes with a deleted group", "a deleted group is gone with its notes",
	func(m *groups.Memory) *faulty {
		gone := false
		return &faulty{
			apply: writing(m, func(w *groups.Write) { gone = gone || w.Delete }),
			notes: noting(m, func(all []groups.Note) []groups.Note {
				if gone {
					return nil
				}
				return all
			}),
		}
	},
}, {
	"ignores the context of notes", "a cancelled context ends every stream, also an empty one",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
			return m.Notes(context.WithoutCancel(ctx), kind, id)
		}}
	},
}, {
	"ends notes early when their context ends", "acts and notes that are cut short end with an error",
	func(m *groups.Memory) *faulty {
		return &faulty{notes: func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
			return each(m.Notes(context.WithoutCancel(ctx), kind, id), func(int, *groups.Note) (bool, bool) { return ctx.Err() == nil, ctx.Err() == nil })
		}}
	},
}, {
	"takes any parent", "unusable identifiers are not stored",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) {
			if g.Parent.Check() != nil {
				g.Parent = ""
			}
		})}
	},
}, {
	"takes any alias", "unusable identifiers are neither forgotten nor an alias",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			if c.Alias.Check() != nil {
				c.Alias = alias
			}
		})}
	},
}, {
	"takes anybody to be forgotten", "unusable identifiers are neither forgotten nor an alias",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			if c.Forget.Check() != nil {
				c.Forget = ""
			}
		})}
	},
}, {
	"drops notes of unusable groups", "unusable identifiers have no notes",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			c.Notes = slices.DeleteFunc(c.Notes, func(n groups.Note) bool { return n.Group.Check() != nil })
		})}
	},
}}
