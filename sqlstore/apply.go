package sqlstore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/grouprules/groups"
)

// Apply writes all or nothing; see the contract of [groups.Store]. It takes time in proportion to what it is given,
// and where a definition refers to other groups than it did, or is deleted, to read all of them.
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
		stored, err := s.about(ctx, c, &commit)
		if err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		if err := commit.Compare(stored); err != nil {
			return err
		}
		earlier := t.lastChange
		if err := s.apply(ctx, c, &t, &commit, stored.Group); err != nil {
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

// about reads what is stored of what a commit is about.
func (s *Store) about(ctx context.Context, c conn, commit *groups.Commit) (groups.Stored, error) {
	ids := map[groups.GroupID]struct{}{}
	for i := range commit.Writes {
		ids[commit.Writes[i].Group] = struct{}{}
	}
	for i := range commit.Notes {
		ids[commit.Notes[i].Group] = struct{}{}
	}
	maps.DeleteFunc(ids, func(id groups.GroupID, _ struct{}) bool { return id.Check() != nil })
	found, err := list(ctx, c, scanGroup, "SELECT definition, state FROM groups_group WHERE tenant = ?1 AND "+c.dialect.oneOf("id", "?2"),
		array(slices.Collect(maps.Keys(ids))))
	if err != nil {
		return groups.Stored{}, err
	}
	stored := make(map[groups.GroupID]*groups.Group, len(found))
	for i := range found {
		stored[found[i].ID] = &found[i]
	}
	notes, err := s.notesLike(ctx, c, commit.Notes)
	if err != nil {
		return groups.Stored{}, err
	}
	var standing []groups.GroupID
	if commit.Forget != "" {
		standing, err = list(ctx, c, func(row func(...any) error) (id groups.GroupID, err error) {
			err = row(&id)
			return id, err
		}, "SELECT group_id FROM groups_standing WHERE tenant = ?1 AND user_id = ?2", string(commit.Forget))
		if err != nil {
			return groups.Stored{}, err
		}
	}
	return groups.Stored{
		Group: func(id groups.GroupID) *groups.Group { return stored[id] },
		Note: func(kind groups.NoteKind, group groups.GroupID, key string) *groups.Note {
			return notes[noteName{kind, group, key}]
		},
		Standing: slices.Values(standing),
		Groups:   s.groups(ctx, c),
	}, nil
}

// apply writes what a commit says, all that is alike at once. Stored are the groups as they are.
func (s *Store) apply(ctx context.Context, c conn, t *tenant, commit *groups.Commit, stored func(groups.GroupID) *groups.Group) error {
	var (
		changes   []groups.Change
		standings []groups.Standing
		gone      []groups.GroupID
		saved     []groups.Group
	)
	for i := range commit.Writes {
		w := &commit.Writes[i]
		changes = append(changes, w.Changes...)
		switch {
		case w.Delete:
			gone = append(gone, w.Group)
		case w.Save != nil || w.State != nil || len(w.Standings) > 0: // any other only compares
			standings = append(standings, w.Standings...)
			saved = append(saved, w.Result(stored(w.Group)))
		}
	}
	if err := s.tell(ctx, c, t, changes); err != nil {
		return err
	}
	if err := s.erase(ctx, c, gone); err != nil {
		return err
	}
	if err := s.enter(ctx, c, standings); err != nil {
		return err
	}
	if err := s.save(ctx, c, saved); err != nil {
		return err
	}
	if err := s.keepNotes(ctx, c, commit.Notes); err != nil {
		return err
	}
	return s.record(ctx, c, t, commit.Acts)
}

// erase takes groups away with what is stored about them.
func (s *Store) erase(ctx context.Context, c conn, ids []groups.GroupID) error {
	if len(ids) == 0 {
		return nil
	}
	for _, statement := range []string{
		"DELETE FROM groups_standing WHERE tenant = ?1 AND " + c.dialect.oneOf("group_id", "?2"),
		"DELETE FROM " + c.dialect.by("groups_note", "groups_note_group") + " WHERE tenant = ?1 AND " + c.dialect.oneOf("group_id", "?2"),
		"DELETE FROM groups_group WHERE tenant = ?1 AND " + c.dialect.oneOf("id", "?2"),
	} {
		if err := c.exec(ctx, statement, array(ids)); err != nil {
			return fmt.Errorf("delete groups: %w", err)
		}
	}
	return nil
}
