package groups

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// A Commit is what one run or one act writes: all of it, or nothing.
type Commit struct {
	// Writes are about the groups concerned, each named once.
	Writes []Write
	// Acts are written down for the audit.
	Acts []Act
	// Notes are kept, replaced or, without Data, erased.
	Notes []Note
	// Forget is a user of whom nothing is to be left, but Alias in the acts about them.
	Forget UserID
	Alias  UserID
}

// A Write is what a Commit does to one group.
type Write struct {
	Group GroupID
	// Revision is that of the definition that was read, and is compared with the stored one.
	Revision uint64
	// Was is the state that was read, and is compared with the stored one by [State.Equal]; nil does
	// not ask.
	Was *State
	// Save, where set, is the new definition. Its State does not count, and its Revision only where this
	// creates the group.
	Save *Group
	// Delete takes the group away.
	Delete bool
	// Standings are the new standings in this group, ascending by user, each once.
	Standings []Standing
	// Changes are the effective joins, leaves and switches that this brings, likewise.
	Changes []Change
	// State is the new state, but for its Sequence, which the Store counts. Nil leaves the state
	// alone: a Write of nothing else only compares, for a group that was read and not processed.
	State *State
}

// Check reports what contradicts itself in a Commit, or could not be kept: a group written or a note
// kept twice, standings or changes of another group or out of order, a group saved and deleted at
// once or under another ID, an unusable identifier ([ErrID]). It is for those who write a [Store], who
// refuse such a Commit.
func (c *Commit) Check() error {
	written := make(map[GroupID]bool, len(c.Writes))
	for i := range c.Writes {
		w := &c.Writes[i]
		if written[w.Group] {
			return fmt.Errorf("group %q is written twice at once", w.Group)
		}
		written[w.Group] = true
		if err := w.check(); err != nil {
			return err
		}
	}
	type name struct {
		kind  NoteKind
		group GroupID
		key   string
	}
	kept := make(map[name]bool, len(c.Notes))
	for i := range c.Notes {
		n := &c.Notes[i]
		id := name{n.Kind, n.Group, n.Key}
		if kept[id] {
			return fmt.Errorf("%s %q of group %q is kept twice at once", n.Kind, n.Key, n.Group)
		}
		kept[id] = true
	}
	for i := range c.Acts {
		var err error
		if a := &c.Acts[i]; a.Group != "" {
			err = a.Group.Check()
		}
		if a := &c.Acts[i]; a.User != "" {
			err = errors.Join(err, a.User.Check())
		}
		if err != nil {
			return err
		}
	}
	if c.Forget != "" {
		if c.Forget == c.Alias {
			return fmt.Errorf("user %q: the alias says who it is", c.Forget)
		}
		return errors.Join(c.Forget.Check(), c.Alias.Check())
	}
	return nil
}

func (w *Write) check() error {
	if g := w.Save; g != nil {
		err := g.ID.Check()
		if g.Parent != "" {
			err = errors.Join(err, g.Parent.Check())
		}
		if err != nil {
			return err
		}
		if g.ID != w.Group {
			return fmt.Errorf("group %q: saved as %q", w.Group, g.ID)
		}
	}
	if w.Delete && (w.Save != nil || w.State != nil || len(w.Standings) > 0) {
		return fmt.Errorf("group %q: deleted and written at once", w.Group)
	}
	for i := range w.Standings {
		s := &w.Standings[i]
		switch {
		case s.Group != w.Group:
			return fmt.Errorf("group %q: a standing of group %q", w.Group, s.Group)
		case i > 0 && s.User <= w.Standings[i-1].User:
			return fmt.Errorf("group %q: the standings are not ascending by user at %q", w.Group, s.User)
		}
		if err := s.User.Check(); err != nil {
			return fmt.Errorf("group %q: %w", w.Group, err)
		}
	}
	for i := range w.Changes {
		c := &w.Changes[i]
		switch {
		case c.Group != w.Group:
			return fmt.Errorf("group %q: a change of group %q", w.Group, c.Group)
		case i > 0 && c.User <= w.Changes[i-1].User:
			return fmt.Errorf("group %q: the changes are not ascending by user at %q", w.Group, c.User)
		}
		if err := c.User.Check(); err != nil {
			return fmt.Errorf("group %q: %w", w.Group, err)
		}
	}
	return nil
}

// Stored is what a Store has of what a [Commit] is about, read in the transaction that is to write it.
type Stored struct {
	// Group returns a group, or nil where there is none. It is asked for the groups of writes and notes.
	Group func(id GroupID) *Group
	// Note returns a note, or nil where there is none. It is asked for the notes of the Commit.
	Note func(kind NoteKind, group GroupID, key string) *Note
	// Standing are the groups in which something is stored about the user to be forgotten. It is not nil where the
	// Commit forgets.
	Standing iter.Seq[GroupID]
	// Groups are all groups. They are read where the Commit deletes a group, or changes what one refers to.
	Groups iter.Seq2[Group, error]
}

// Compare refuses a Commit that started from something else than what is stored, or would leave what must not be: a
// revision or state that is not the stored one ([ConflictError], [ErrConflict]), a group that is not there
// ([ErrNotFound]), groups that refer to each other in a ring ([CycleError]) or to one that is deleted ([ErrReferred]),
// a standing of somebody to be forgotten. It is for those who write a [Store], who refuse such a Commit.
//
// An automatic group refers to the groups that its criteria name and, where these say "or below", to every group beneath
// them by [Group.Parent]. A manual group does not read the criteria it keeps. Groups that are above themselves are a ring
// as well. A name that no group has refers to nothing, so that groups can be saved in any order. Only a ring that needs
// the criteria or the parent of a group that is saved is refused, the latter also where the parent puts what is beneath
// the group beneath one that others read: a ring that stands elsewhere already must not keep people from saving what has
// nothing to do with it.
//
// It takes time in proportion to the Commit, and where it reads all groups to their references.
func (c *Commit) Compare(stored Stored) error {
	if err := c.compare(stored); err != nil {
		return err
	}
	if !c.turns(stored) {
		return nil
	}
	r := newReferences(nil)
	for g, err := range stored.Groups {
		if err != nil {
			return fmt.Errorf("read groups: %w", err)
		}
		r.put(g)
	}
	return r.edit(c.Writes)
}

// compare is Compare without what groups refer to.
func (c *Commit) compare(stored Stored) error {
	for i := range c.Writes {
		w := &c.Writes[i]
		if err := w.compare(stored.Group(w.Group)); err != nil {
			return err
		}
	}
	for i := range c.Notes {
		n := &c.Notes[i]
		if !c.leaves(n.Group, stored.Group(n.Group) != nil) {
			return fmt.Errorf("%s of group %.64q: group %w", n.Kind, n.Group, ErrNotFound)
		}
		if err := n.compare(stored.Note(n.Kind, n.Group, n.Key)); err != nil {
			return err
		}
	}
	return c.forgets(stored.Standing)
}

// compare refuses a write that started from another group than the stored one, which is nil where there is none.
func (w *Write) compare(stored *Group) error {
	edits := w.Save != nil || w.Delete
	switch {
	case stored == nil && w.Revision == 0 && w.Save != nil:
		return nil
	case stored == nil && edits:
		return fmt.Errorf("group %q: %w", w.Group, ErrNotFound)
	case stored == nil:
		return fmt.Errorf("group %q: %w: it was deleted", w.Group, ErrConflict)
	case stored.Revision != w.Revision:
		return &ConflictError{Group: stored.ID, Revision: stored.Revision, By: stored.SavedBy, At: stored.SavedAt}
	case w.Was != nil && !stored.State.Equal(*w.Was):
		return fmt.Errorf("group %q: %w: sequence %d was read, %d is stored, or a run came between", w.Group, ErrConflict, w.Was.Sequence, stored.State.Sequence)
	}
	return nil
}

// compare refuses a note that started from another than the stored one, which is nil where there is none.
func (n *Note) compare(stored *Note) error {
	switch {
	case stored == nil && n.Revision == 0:
		return nil
	case stored == nil:
		return &ConflictError{Group: n.Group, Note: n.Kind}
	case stored.Revision != n.Revision:
		return &ConflictError{Group: n.Group, Note: n.Kind, Revision: stored.Revision, By: stored.By, At: stored.At}
	}
	return nil
}

// leaves reports whether the group is there when the Commit is written.
func (c *Commit) leaves(id GroupID, there bool) bool {
	for i := range c.Writes {
		if w := &c.Writes[i]; w.Group == id {
			there = there && !w.Delete || w.Save != nil
		}
	}
	return there
}

// forgets refuses to forget somebody of whom a standing would be left: it was written after the Commit was worked out.
func (c *Commit) forgets(standing iter.Seq[GroupID]) error {
	if c.Forget == "" {
		return nil
	}
	left := make(map[GroupID]struct{})
	for id := range standing {
		left[id] = struct{}{}
	}
	for i := range c.Writes {
		w := &c.Writes[i]
		at, found := slices.BinarySearchFunc(w.Standings, c.Forget, func(s Standing, id UserID) int { return cmp.Compare(s.User, id) })
		switch {
		case w.Delete, found && w.Standings[at].Blank():
			delete(left, w.Group)
		case found:
			left[w.Group] = struct{}{}
		}
	}
	for group := range left {
		return fmt.Errorf("user %q: %w: a standing in group %q would be left", c.Forget, ErrConflict, group)
	}
	return nil
}

// turns reports whether a ring may be closed, or a reference left without its group: a group that reads and is beneath
// what it did before cannot close one.
func (c *Commit) turns(stored Stored) bool {
	for i := range c.Writes {
		switch w := &c.Writes[i]; {
		case w.Delete:
			return true
		case w.Save == nil:
		case !readingOf(*w.Save).within(stored.Group(w.Group)):
			return true
		}
	}
	return false
}

// Result is the group as it is stored once the Write is, where stored is what it was, or nil where there was none. A
// Write with Delete leaves none. It is for those who write a [Store], and shares what the Write holds.
func (w *Write) Result(stored *Group) Group {
	var g Group
	revision := w.Revision
	if stored != nil {
		g = *stored
	} else if w.Save != nil {
		revision = w.Save.Revision
	}
	state := g.State
	if w.State != nil {
		state = *w.State
		state.Sequence = g.State.Sequence
	}
	if w.Save != nil {
		g = *w.Save
		g.Revision = revision + 1
	}
	if g.State = state; len(w.Standings) > 0 {
		g.State.Sequence++
	}
	return g
}

// compares reports whether the Write writes nothing about the group, and only compares.
func (w *Write) compares() bool {
	return w.Save == nil && !w.Delete && w.State == nil && len(w.Standings) == 0
}
