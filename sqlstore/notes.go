package sqlstore

import (
	"context"
	"fmt"
	"iter"
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

// note is nil where there is none.
func (s *Store) note(ctx context.Context, c conn, n *groups.Note) (*groups.Note, error) {
	found, err := list(ctx, c, scanNote, "SELECT "+noteColumns+" FROM groups_note WHERE tenant = ?1 AND kind = ?2 AND group_id = ?3 AND name = ?4",
		coded(string(n.Kind)), string(n.Group), coded(n.Key))
	if err != nil {
		return nil, fmt.Errorf("read %s of group %q: %w", n.Kind, n.Group, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// keepNote keeps a note, or without Data erases it.
func (s *Store) keepNote(ctx context.Context, c conn, n *groups.Note) error {
	var err error
	if len(n.Data) == 0 {
		err = c.exec(ctx, "DELETE FROM groups_note WHERE tenant = ?1 AND kind = ?2 AND group_id = ?3 AND name = ?4", coded(string(n.Kind)), string(n.Group), coded(n.Key))
	} else {
		err = c.exec(ctx, `INSERT INTO groups_note (tenant, `+noteColumns+`) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
			ON CONFLICT (tenant, kind, group_id, name) DO UPDATE SET
			revision = excluded.revision, kept_by = excluded.kept_by, kept_at = excluded.kept_at, data = excluded.data`,
			coded(string(n.Kind)), string(n.Group), coded(n.Key), int64(n.Revision+1), coded(n.By), n.At.Format(time.RFC3339Nano), n.Data)
	}
	if err != nil {
		return fmt.Errorf("write %s of group %q: %w", n.Kind, n.Group, err)
	}
	return nil
}
