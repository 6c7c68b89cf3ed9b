package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/grouprules/groups"
)

// Apply writes all or nothing; see the contract of [groups.Store]. It takes time in proportion to what it is given,
// and where definitions are saved or deleted, to read all of them.
func (s *Store) Apply(ctx context.Context, commit groups.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := commit.Check(); err != nil {
		return err
	}
	return s.write(ctx, func(c conn) error {
		t, err := s.lock(ctx, c)
		if err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		stored, err := s.compare(ctx, c, &commit)
		if err != nil {
			return err
		}
		earlier := t.lastChange
		for i := range commit.Writes {
			if err := s.apply(ctx, c, &t, &commit.Writes[i], stored[commit.Writes[i].Group]); err != nil {
				return err
			}
		}
		for i := range commit.Notes {
			if err := s.keepNote(ctx, c, &commit.Notes[i]); err != nil {
				return err
			}
		}
		if err := s.record(ctx, c, &t, commit.Acts); err != nil {
			return err
		}
		if commit.Forget != "" {
			if err := s.forget(ctx, c, &t, commit.Forget, commit.Alias, earlier); err != nil {
				return err
			}
		}
		return s.keep(ctx, c, t)
	})
}

// compare refuses a commit that started from something else than what is stored, or that would leave what must not be,
// and returns the groups that it writes as they are stored.
func (s *Store) compare(ctx context.Context, c conn, commit *groups.Commit) (map[groups.GroupID]*groups.Group, error) {
	stored := make(map[groups.GroupID]*groups.Group, len(commit.Writes))
	for i := range commit.Writes {
		w := &commit.Writes[i]
		g, err := s.group(ctx, c, w.Group)
		if err != nil {
			return nil, err
		}
		if err := compare(w, g); err != nil {
			return nil, err
		}
		stored[w.Group] = g
	}
	for i := range commit.Notes {
		if err := s.compareNote(ctx, c, &commit.Notes[i], commit.Writes); err != nil {
			return nil, err
		}
	}
	if err := s.wouldBeLeft(ctx, c, commit); err != nil {
		return nil, err
	}
	return stored, s.refer(ctx, c, commit.Writes)
}

// compare refuses a write that started from another group than the stored one, which is nil where there is none.
func compare(w *groups.Write, stored *groups.Group) error {
	edits := w.Save != nil || w.Delete
	switch {
	case stored == nil && w.Revision == 0 && w.Save != nil:
		return nil
	case stored == nil && edits:
		return fmt.Errorf("group %q: %w", w.Group, groups.ErrNotFound)
	case stored == nil:
		return fmt.Errorf("group %q: %w: it was deleted", w.Group, groups.ErrConflict)
	case stored.Revision != w.Revision:
		return &groups.ConflictError{Group: stored.ID, Revision: stored.Revision, By: stored.SavedBy, At: stored.SavedAt}
	case w.Was != nil && !stored.State.Equal(*w.Was):
		return fmt.Errorf("group %q: %w: sequence %d was read, %d is stored, or a run came between",
			w.Group, groups.ErrConflict, w.Was.Sequence, stored.State.Sequence)
	}
	return nil
}

// compareNote refuses a note that started from another than the stored one, or of a group that will not be there.
func (s *Store) compareNote(ctx context.Context, c conn, n *groups.Note, writes []groups.Write) error {
	g, err := s.group(ctx, c, n.Group)
	if err != nil {
		return err
	}
	there := g != nil
	for i := range writes {
		if w := &writes[i]; w.Group == n.Group {
			there = there && !w.Delete || w.Save != nil
		}
	}
	if !there {
		return fmt.Errorf("%s of group %.64q: group %w", n.Kind, n.Group, groups.ErrNotFound)
	}
	stored, err := s.note(ctx, c, n)
	switch {
	case err != nil:
		return err
	case stored == nil && n.Revision == 0:
		return nil
	case stored == nil:
		return &groups.ConflictError{Group: n.Group, Note: n.Kind}
	case stored.Revision != n.Revision:
		return &groups.ConflictError{Group: n.Group, Note: n.Kind, Revision: stored.Revision, By: stored.By, At: stored.At}
	}
	return nil
}

// wouldBeLeft refuses to forget somebody of whom the commit leaves a standing: it was written after the commit was
// worked out.
func (s *Store) wouldBeLeft(ctx context.Context, c conn, commit *groups.Commit) error {
	if commit.Forget == "" {
		return nil
	}
	in, err := list(ctx, c, func(row func(...any) error) (id groups.GroupID, err error) {
		err = row(&id)
		return id, err
	}, "SELECT group_id FROM groups_standing WHERE tenant = ?1 AND user_id = ?2", string(commit.Forget))
	if err != nil {
		return fmt.Errorf("forget user %q: %w", commit.Forget, err)
	}
	left := make(map[groups.GroupID]struct{}, len(in))
	for _, id := range in {
		left[id] = struct{}{}
	}
	for i := range commit.Writes {
		w := &commit.Writes[i]
		at, found := slices.BinarySearchFunc(w.Standings, commit.Forget, func(s groups.Standing, id groups.UserID) int { return cmp.Compare(s.User, id) })
		switch {
		case w.Delete, found && w.Standings[at].Blank():
			delete(left, w.Group)
		case found:
			left[w.Group] = struct{}{}
		}
	}
	for group := range left {
		return fmt.Errorf("user %q: %w: a standing in group %q would be left", commit.Forget, groups.ErrConflict, group)
	}
	return nil
}

// refer refuses definitions that would refer to each other in a ring, and deletions of groups that others refer to.
func (s *Store) refer(ctx context.Context, c conn, writes []groups.Write) error {
	edits := map[groups.GroupID]*groups.Write{}
	for i := range writes {
		if w := &writes[i]; w.Save != nil || w.Delete {
			edits[w.Group] = w
		}
	}
	if len(edits) == 0 {
		return nil
	}
	var after []groups.Group
	for g, err := range s.groups(ctx, c) {
		if err != nil {
			return err
		}
		if edits[g.ID] == nil {
			after = append(after, g)
		}
	}
	for _, w := range edits {
		if w.Save != nil {
			after = append(after, *w.Save)
		}
	}
	for i := range writes {
		w := &writes[i]
		var err error
		switch {
		case w.Save != nil:
			err = groups.CheckReferences(all(after), *w.Save)
		case w.Delete:
			err = referred(after, w.Group)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func all(list []groups.Group) iter.Seq2[groups.Group, error] {
	return func(yield func(groups.Group, error) bool) {
		for i := range list {
			if !yield(list[i], nil) {
				return
			}
		}
	}
}

// referred refuses a group that others refer to.
func referred(others []groups.Group, id groups.GroupID) error {
	for i := range others {
		g := &others[i]
		if g.Parent == id {
			return fmt.Errorf("group %q: %w: it is the parent of %q", id, groups.ErrReferred, g.ID)
		}
		if g.Kind != groups.AutomaticGroup {
			continue
		}
		if named, _ := g.Criteria.References(); slices.Contains(named, id) {
			return fmt.Errorf("group %q: %w: %q", id, groups.ErrReferred, g.ID)
		}
	}
	return nil
}

// apply writes about one group, which is nil where it is not there yet.
func (s *Store) apply(ctx context.Context, c conn, t *tenant, w *groups.Write, stored *groups.Group) error {
	if err := s.tell(ctx, c, t, w.Changes); err != nil {
		return err
	}
	if w.Delete {
		return s.erase(ctx, c, w.Group)
	}
	if w.Save == nil && w.State == nil && len(w.Standings) == 0 {
		return nil // it was only compared
	}
	var g groups.Group
	revision := w.Revision
	if stored != nil {
		g = *stored
	} else {
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
	g.State = state
	if len(w.Standings) > 0 {
		g.State.Sequence++
		if err := s.enter(ctx, c, w.Standings); err != nil {
			return err
		}
	}
	return s.save(ctx, c, &g)
}

// erase takes a group away with what is stored about it.
func (s *Store) erase(ctx context.Context, c conn, id groups.GroupID) error {
	for _, statement := range []string{
		"DELETE FROM groups_standing WHERE tenant = ?1 AND group_id = ?2",
		"DELETE FROM groups_note WHERE tenant = ?1 AND group_id = ?2",
		"DELETE FROM groups_group WHERE tenant = ?1 AND id = ?2",
	} {
		if err := c.exec(ctx, statement, string(id)); err != nil {
			return fmt.Errorf("delete group %q: %w", id, err)
		}
	}
	return nil
}
