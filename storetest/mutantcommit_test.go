// White-box: see mutant_test.go.
package storetest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/grouprules/groups"
)

// commitMutants are stores whose commits as a whole, notes and acts are not right.
var commitMutants = slices.Concat(wholeMutants, stateMutants, aliasMutants, noteMutants, actMutants)

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
	"looks for rings save by save", "a ring that several saves of a commit close is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			for _, w := range c.Writes {
				if w.Save != nil {
					if err := groups.CheckReferences(m.Groups(ctx), *w.Save); err != nil {
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
					if err := groups.CheckReferences(m.Groups(ctx), *w.Save); err != nil {
						return err
					}
				}
			}
			return m.Apply(ctx, c)
		}}
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

// stateMutants are about what is new in states, groups and changes.
var stateMutants = []mutant{{
	"has no column for the number of members", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil {
				w.State.Members = 0
			}
		})}
	},
}, {
	"has no column for the number of automatic members", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil {
				w.State.Automatic = 0
			}
		})}
	},
}, {
	"has no column for the assigned who left", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil {
				w.State.Lately = slices.Clone(w.State.Lately)
				for i := range w.State.Lately {
					w.State.Lately[i].Assigned = 0
				}
			}
		})}
	},
}, {
	"keeps the latest hour of traffic", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil && len(w.State.Lately) > 1 {
				w.State.Lately = w.State.Lately[len(w.State.Lately)-1:]
			}
		})}
	},
}, {
	"has one column for held and approved", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil && w.State.Held != "" {
				w.State.Approved = ""
			}
		})}
	},
}, {
	"does not compare what is held", "a write from another state is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Was != nil {
				w.Was.Held = stored(m, w.Group).State.Held
			}
		})}
	},
}, {
	"does not compare traffic", "a write from another state is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Was != nil {
				w.Was.Lately = stored(m, w.Group).State.Lately
			}
		})}
	},
}, {
	"shares traffic", "what was handed to a write can be written to",
	func(m *groups.Memory) *faulty {
		var handed []groups.Traffic
		return &faulty{
			apply: writing(m, func(w *groups.Write) {
				if w.State != nil {
					handed = w.State.Lately
				}
			}),
			group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
				g, err := m.Group(ctx, id)
				g.State.Lately = handed
				return g, err
			},
		}
	},
}, {
	"hands out its own traffic", "what was handed to a write can be written to",
	func(m *groups.Memory) *faulty {
		var own []groups.Traffic
		return &faulty{group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
			g, err := m.Group(ctx, id)
			if own == nil {
				own = g.State.Lately
			}
			g.State.Lately = own
			return g, err
		}}
	},
}, {
	"has no column for the owner", "every field of a group comes back as it was saved",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) { g.Owner = "" })}
	},
}, {
	"keeps schedules in minutes", "every field of a group comes back as it was saved",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) { g.Schedule.Shift = g.Schedule.Shift.Truncate(time.Minute) })}
	},
}, {
	"keeps the schedule of the save before", "a save from the stored revision replaces everything",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) {
			if g.Schedule.Every == 0 {
				g.Schedule = stored(m, g.ID).Schedule
			}
		})}
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
}}

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
	"ends notes early when their context ends", "a stream that is cut short ends with an error",
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
	"takes any alias", "unusable identifiers are not stored",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			if c.Alias.Check() != nil {
				c.Alias = alias
			}
		})}
	},
}, {
	"takes anybody to be forgotten", "unusable identifiers are not stored",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			if c.Forget.Check() != nil {
				c.Forget = ""
			}
		})}
	},
}, {
	"drops notes of unusable groups", "unusable identifiers are not stored",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: committing(m, func(c *groups.Commit) {
			c.Notes = slices.DeleteFunc(c.Notes, func(n groups.Note) bool { return n.Group.Check() != nil })
		})}
	},
}}

// acting returns an apply that changes the acts.
func acting(m *groups.Memory, change func(acts []groups.Act) []groups.Act) func(context.Context, groups.Commit) error {
	return committing(m, func(c *groups.Commit) { c.Acts = change(c.Acts) })
}

var actMutants = []mutant{{
	"keeps acts as JSON documents", "every field of an act comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			for i := range acts {
				var b bytes.Buffer
				if json.Compact(&b, acts[i].Before) == nil {
					acts[i].Before = b.Bytes()
				}
			}
			return acts
		})}
	},
}, {
	"takes null for nothing", "every field of an act comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			for i := range acts {
				if string(acts[i].Before) == "null" {
					acts[i].Before = nil
				}
			}
			return acts
		})}
	},
}, {
	"rounds the times of acts", "every field of an act comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			for i := range acts {
				acts[i].At = acts[i].At.Truncate(time.Microsecond)
			}
			return acts
		})}
	},
}, {
	"keeps the cursor of the caller", "every field of an act comes back as it was given",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) {
				a.Cursor = "of the caller"
				return true, true
			})
		}}
	},
}, {
	"orders acts by their clocks", "acts stand behind earlier ones, in their order, once",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return func(yield func(groups.Act, error) bool) {
				var all []groups.Act
				for a := range m.Acts(ctx, id, after) {
					all = append(all, a)
				}
				slices.SortStableFunc(all, func(a, b groups.Act) int { return a.At.Compare(b.At) })
				for _, a := range all {
					if !yield(a, nil) {
						return
					}
				}
			}
		}}
	},
}, {
	"writes the same act once", "acts stand behind earlier ones, in their order, once",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			return slices.CompactFunc(acts, func(a, b groups.Act) bool { return a.Group == b.Group && a.User == b.User && a.Do == b.Do })
		})}
	},
}, {
	"writes the acts of a commit backwards", "acts stand behind earlier ones, in their order, once",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: acting(m, func(acts []groups.Act) []groups.Act {
			slices.Reverse(acts)
			return acts
		})}
	},
}, {
	"deletes the acts of a group", "the acts of a group outlive it",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) { return stored(m, a.Group).ID != "", true })
		}}
	},
}, {
	"finds no acts of a group that is gone", "the acts of a group outlive it",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(int, *groups.Act) (bool, bool) { return id == "" || stored(m, id).ID != "", true })
		}}
	},
}, {
	"shows the acts of the tenant everywhere", "acts about the whole tenant are in the whole audit only",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, "", after), func(_ int, a *groups.Act) (bool, bool) { return id == "" || a.Group == "" || a.Group == id, true })
		}}
	},
}, {
	"hands out its own acts", "what an act says can be written to",
	func(m *groups.Memory) *faulty {
		own := map[string]groups.Act{}
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) {
				if _, ok := own[a.Cursor]; !ok {
					own[a.Cursor] = *a
				}
				*a = own[a.Cursor]
				return true, true
			})
		}}
	},
}, {
	"shares the acts it was handed", "what an act says can be written to",
	func(m *groups.Memory) *faulty {
		var handed []groups.Act
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				handed = append(handed, c.Acts...)
				return m.Apply(ctx, c)
			},
			acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
				return each(m.Acts(ctx, id, after), func(n int, a *groups.Act) (bool, bool) {
					a.After = bytes.Clone(handed[n].After)
					return true, true
				})
			},
		}
	},
}, {
	"yields the act of the cursor again", "the audit goes on after every cursor",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			reached := after == ""
			return each(m.Acts(ctx, id, ""), func(_ int, a *groups.Act) (bool, bool) {
				reached = reached || a.Cursor == after
				return reached, true
			})
		}}
	},
}, {
	"counts the acts of each group apart", "the audit goes on after every cursor",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			from, _ := strconv.Atoi(after)
			return each(m.Acts(ctx, id, ""), func(n int, a *groups.Act) (bool, bool) {
				a.Cursor = strconv.Itoa(n + 1)
				return n >= from, true
			})
		}}
	},
}, {
	"shows later acts before earlier ones", "a reader who follows the audit while it is written misses nothing",
	func(m *groups.Memory) *faulty {
		var mu sync.Mutex
		open := map[groups.GroupID]bool{}
		return &faulty{
			apply: func(ctx context.Context, c groups.Commit) error {
				if len(c.Acts) == 0 {
					return m.Apply(ctx, c)
				}
				id := c.Acts[0].Group
				mu.Lock()
				open[id] = true
				mu.Unlock()
				err := m.Apply(ctx, c)
				pause()
				mu.Lock()
				delete(open, id)
				mu.Unlock()
				return err
			},
			acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
				mu.Lock()
				defer mu.Unlock()
				hidden := map[string]bool{}
				last := map[groups.GroupID]string{}
				for a := range m.Acts(ctx, "", "") {
					last[a.Group] = a.Cursor
				}
				for id := range open {
					hidden[last[id]] = true
				}
				return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) { return !hidden[a.Cursor], true })
			},
		}
	},
}, {
	"takes any text for the beginning of the audit", "text that is no cursor of the audit is an error",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			if drain(m.Acts(ctx, id, after)) != nil {
				after = ""
			}
			return m.Acts(ctx, id, after)
		}}
	},
}, {
	"asks for no cursor where there are no acts", "text that is no cursor of the audit is an error",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			if drain(m.Acts(ctx, id, "")) == nil && id == "never was" {
				after = ""
			}
			return m.Acts(ctx, id, after)
		}}
	},
}, {
	"ends acts with the first page", "acts and notes come once each, however many",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return each(m.Acts(ctx, id, after), func(n int, _ *groups.Act) (bool, bool) { return n < 1000, n < 1000 })
		}}
	},
}, {
	"asks the context of acts only between rows", "a cancelled context ends every stream, also an empty one",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			return func(yield func(groups.Act, error) bool) {
				for a, err := range m.Acts(context.WithoutCancel(ctx), id, after) {
					if ctx.Err() != nil {
						err = ctx.Err()
					}
					if !yield(a, err) || err != nil {
						return
					}
				}
			}
		}}
	},
}, {
	"reads the acts of a group once", "a stream that is left early can be read again",
	func(m *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			read := false
			return func(yield func(groups.Act, error) bool) {
				if !read {
					read = id != ""
					m.Acts(ctx, id, after)(yield)
				}
			}
		}}
	},
}}

// discard is the TB of helpers that a mutant borrows.
type discard struct{ ctx context.Context }

func (d discard) Helper()                           {}
func (d discard) Context() context.Context          { return d.ctx }
func (d discard) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (d discard) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
