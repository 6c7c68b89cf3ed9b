package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/grouprules/groups"
)

// Changes yields the feed after a cursor, which must be one that the Store has given out.
func (s *Store) Changes(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
	return behind(ctx, s, after, func(t tenant) int64 { return t.lastChange }, func(c *groups.Change) string { return c.Cursor }, func(n int64) ([]groups.Change, error) {
		return list(ctx, s.conn(), scanChange, "SELECT number, document FROM groups_change WHERE tenant = ?1 AND number > ?2 ORDER BY number LIMIT ?3", n, pageSize)
	})
}

// Acts yields the audit after a cursor, likewise: of one group, or with a blank ID of all.
func (s *Store) Acts(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
	return behind(ctx, s, after, func(t tenant) int64 { return t.lastAct }, func(a *groups.Act) string { return a.Cursor }, func(n int64) ([]groups.Act, error) {
		switch {
		case id == "":
			return list(ctx, s.conn(), scanAct, "SELECT number, document, before, after FROM groups_act WHERE tenant = ?1 AND number > ?2 ORDER BY number LIMIT ?3", n, pageSize)
		case id.Check() != nil:
			return nil, nil
		}
		return list(ctx, s.conn(), scanAct, "SELECT number, document, before, after FROM "+s.dialect.by("groups_act", "groups_act_group")+" WHERE tenant = ?1 AND group_id = ?2 AND number > ?3 ORDER BY number LIMIT ?4",
			string(id), n, pageSize)
	})
}

// behind yields the rows behind a cursor, which is the number of a row, still there or not, up to the last that there
// ever was.
func behind[T any](ctx context.Context, s *Store, after string, last func(tenant) int64, cursor func(*T) string, read func(n int64) ([]T, error)) iter.Seq2[T, error] {
	return pages(ctx, func(row *T) ([]T, error) {
		if row != nil {
			n, err := strconv.ParseInt(cursor(row), 10, 64)
			if err != nil {
				return nil, err
			}
			return read(n)
		}
		if after == "" {
			return read(0)
		}
		t, err := s.row(ctx, s.conn())
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil || n < 1 || n > last(t) || after != strconv.FormatInt(n, 10) {
			return nil, fmt.Errorf("cursor %.64q %w: it is not one of this store", after, groups.ErrValue)
		}
		return read(n)
	})
}

func scanChange(row func(...any) error) (c groups.Change, err error) {
	c.Cursor, err = scanDocument(row, &c)
	return c, err
}

func scanAct(row func(...any) error) (a groups.Act, err error) {
	var before, after []byte
	a.Cursor, err = scanDocument(row, &a, &before, &after)
	a.Before, a.After = before, after
	return a, err
}

// scanDocument reads a number, which it spells, a document, and what else there is.
func scanDocument(row func(...any) error, into any, besides ...any) (cursor string, err error) {
	var n int64
	var document []byte
	if err = row(append([]any{&n, &document}, besides...)...); err == nil {
		err = json.Unmarshal(document, into)
	}
	return strconv.FormatInt(n, 10), err
}

// tell adds changes to the feed.
func (s *Store) tell(ctx context.Context, c conn, t *tenant, changes []groups.Change) error {
	documents := make([]string, len(changes))
	for i, change := range changes {
		change.Cursor = ""
		document, err := json.Marshal(change)
		if err != nil {
			return fmt.Errorf("write changes: %w", err)
		}
		documents[i] = string(document)
	}
	err := c.insert(ctx, "INSERT INTO groups_change (tenant, number, group_id, user_id, document)", "", 5, len(changes), func(i int) []any {
		return []any{t.lastChange + int64(i) + 1, string(changes[i].Group), string(changes[i].User), documents[i]}
	})
	if err != nil {
		return fmt.Errorf("write changes: %w", err)
	}
	t.lastChange += int64(len(changes))
	return nil
}

// record adds acts to the audit.
func (s *Store) record(ctx context.Context, c conn, t *tenant, acts []groups.Act) error {
	documents := make([]string, len(acts))
	for i, act := range acts {
		act.Cursor, act.Before, act.After = "", nil, nil
		document, err := json.Marshal(act)
		if err != nil {
			return fmt.Errorf("write acts: %w", err)
		}
		documents[i] = string(document)
	}
	err := c.insert(ctx, "INSERT INTO groups_act (tenant, number, group_id, user_id, document, before, after)", "", 7, len(acts), func(i int) []any {
		return []any{t.lastAct + int64(i) + 1, string(acts[i].Group), string(acts[i].User), documents[i], []byte(acts[i].Before), []byte(acts[i].After)}
	})
	if err != nil {
		return fmt.Errorf("write acts: %w", err)
	}
	t.lastAct += int64(len(acts))
	return nil
}

// forget erases what is left of a user whose standings are gone: changes up to the one with the number earlier, and
// what acts say.
func (s *Store) forget(ctx context.Context, c conn, t *tenant, id, alias groups.UserID, earlier int64) error {
	found, err := list(ctx, c, scanUser, "SELECT document FROM groups_user WHERE tenant = ?1 AND id = ?2", string(id))
	if err == nil && len(found) > 0 {
		t.version++
		err = s.remove(ctx, c, *t, []groups.UserID{id})
	}
	if err == nil {
		// The journal must not name them, and is not whole without.
		t.journalFrom = t.version
		err = c.exec(ctx, "DELETE FROM groups_gone WHERE tenant = ?1 AND id = ?2", string(id))
	}
	if err == nil {
		err = c.exec(ctx, "DELETE FROM "+s.dialect.by("groups_change", "groups_change_user")+" WHERE tenant = ?1 AND user_id = ?2 AND number <= ?3", string(id), earlier)
	}
	var acts []groups.Act
	if err == nil {
		acts, err = list(ctx, c, scanAct, "SELECT number, document, before, after FROM "+s.dialect.by("groups_act", "groups_act_user")+" WHERE tenant = ?1 AND user_id = ?2", string(id))
	}
	for _, act := range acts {
		number := act.Cursor
		act.Cursor, act.User, act.Why, act.Before, act.After = "", alias, "", nil, nil
		document, failed := json.Marshal(act)
		if failed != nil {
			return fmt.Errorf("forget user %q: %w", id, failed)
		}
		n, failed := strconv.ParseInt(number, 10, 64)
		if failed != nil {
			return fmt.Errorf("forget user %q: %w", id, failed)
		}
		if err == nil {
			err = c.exec(ctx, "UPDATE groups_act SET user_id = ?2, document = ?3, before = NULL, after = NULL WHERE tenant = ?1 AND number = ?4", string(alias), string(document), n)
		}
	}
	if err != nil {
		return fmt.Errorf("forget user %q: %w", id, err)
	}
	return nil
}
