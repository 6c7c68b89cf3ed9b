package sqlstore

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// Notes yields the notes of a kind by group and then by key: of one group, or with a blank ID of all.
func (s *Store) Notes(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
	return pages(ctx, func(last *groups.Note) ([]groups.Note, error) {
		group, key := id, ""
		if last != nil {
			group, key = last.Group, last.Key
		}
		if id == "" {
			return list(ctx, s.conn(), scanNote, "SELECT "+noteColumns+` FROM groups_note
				WHERE tenant = ?1 AND kind = ?2 AND (group_id, name) > (?3, ?4) ORDER BY group_id, name LIMIT ?5`,
				coded(string(kind)), string(group), coded(key), pageSize)
		}
		if id.Check() != nil {
			return nil, nil
		}
		after := "name > ?4"
		if last == nil {
			after = "name >= ?4"
		}
		return list(ctx, s.conn(), scanNote, "SELECT "+noteColumns+` FROM groups_note
			WHERE tenant = ?1 AND kind = ?2 AND group_id = ?3 AND `+after+" ORDER BY name LIMIT ?5", coded(string(kind)), string(id), coded(key), pageSize)
	})
}

const noteColumns = "kind, group_id, name, revision, kept_by, kept_at, data"

func scanNote(row func(...any) error) (n groups.Note, err error) {
	var kind, key, by []byte
	var at string
	if err = row(&kind, &n.Group, &key, &n.Revision, &by, &at, &n.Data); err != nil {
		return n, err
	}
	n.Kind, n.Key, n.By = groups.NoteKind(kind), string(key), string(by)
	n.At, err = time.Parse(time.RFC3339Nano, at)
	return n, err
}

// coded is text of which nothing is known, as bytes: their order is the same.
func coded(s string) []byte { return []byte(s) }

// noteName is what a note is kept by.
type noteName struct {
	kind  groups.NoteKind
	group groups.GroupID
	key   string
}

// notesLike are the notes of the kinds and groups of others, without their documents.
func (s *Store) notesLike(ctx context.Context, c conn, others []groups.Note) (map[noteName]*groups.Note, error) {
	of := map[groups.NoteKind]map[groups.GroupID]struct{}{}
	for i := range others {
		n := &others[i]
		if n.Group.Check() != nil {
			continue
		}
		if of[n.Kind] == nil {
			of[n.Kind] = map[groups.GroupID]struct{}{}
		}
		of[n.Kind][n.Group] = struct{}{}
	}
	like := map[noteName]*groups.Note{}
	for kind, ids := range of {
		found, err := list(ctx, c, scanNote, `SELECT kind, group_id, name, revision, kept_by, kept_at, NULL FROM groups_note
			WHERE tenant = ?1 AND kind = ?2 AND `+c.dialect.oneOf("group_id", "?3"), coded(string(kind)), array(slices.Collect(maps.Keys(ids))))
		if err != nil {
			return nil, fmt.Errorf("read notes: %w", err)
		}
		for i := range found {
			n := &found[i]
			like[noteName{n.Kind, n.Group, n.Key}] = n
		}
	}
	return like, nil
}

// keepNotes keeps notes, and erases those without Data.
func (s *Store) keepNotes(ctx context.Context, c conn, notes []groups.Note) error {
	var kept []*groups.Note
	for i := range notes {
		n := &notes[i]
		if len(n.Data) > 0 {
			kept = append(kept, n)
			continue
		}
		err := c.exec(ctx, "DELETE FROM groups_note WHERE tenant = ?1 AND kind = ?2 AND group_id = ?3 AND name = ?4", coded(string(n.Kind)), string(n.Group), coded(n.Key))
		if err != nil {
			return fmt.Errorf("erase %s of group %q: %w", n.Kind, n.Group, err)
		}
	}
	err := c.insert(ctx, "INSERT INTO groups_note (tenant, "+noteColumns+")", `ON CONFLICT (tenant, kind, group_id, name) DO UPDATE SET
		revision = excluded.revision, kept_by = excluded.kept_by, kept_at = excluded.kept_at, data = excluded.data`, 8, len(kept), func(i int) []any {
		n := kept[i]
		return []any{coded(string(n.Kind)), string(n.Group), coded(n.Key), int64(n.Revision + 1), coded(n.By), n.At.Format(time.RFC3339Nano), n.Data}
	})
	if err != nil {
		return fmt.Errorf("write notes: %w", err)
	}
	return nil
}
