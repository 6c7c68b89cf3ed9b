package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/grouprules/groups"
)

// Schema returns the schema last written, or that of the reserved fields alone.
func (s *Store) Schema(ctx context.Context) (*groups.Schema, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := s.row(ctx, s.conn())
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	last := s.schema
	last.mu.Lock()
	defer last.mu.Unlock()
	if last.parsed == nil || last.text != t.schema {
		parsed := new(groups.Schema)
		if err := json.Unmarshal([]byte(t.schema), parsed); err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		last.text, last.parsed = t.schema, parsed
	}
	return last.parsed, nil
}

// Version counts the writes that touched people, units or schema.
func (s *Store) Version(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	t, err := s.row(ctx, s.conn())
	if err != nil {
		return "", fmt.Errorf("read version: %w", err)
	}
	return strconv.FormatInt(t.version, 10), nil
}

// Since names who was written about after a version, as long as they are 10,000 at most.
func (s *Store) Since(ctx context.Context, version string) (*groups.Written, error) {
	const most = 10_000
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := s.row(ctx, s.conn())
	if err != nil {
		return nil, fmt.Errorf("read version: %w", err)
	}
	from, err := strconv.ParseInt(version, 10, 64)
	if err != nil || from < t.journalFrom || from > t.version {
		return nil, nil
	}
	users, err := list(ctx, s.conn(), scanID, `SELECT id FROM groups_user WHERE tenant = ?1 AND written > ?2
		UNION SELECT id FROM groups_gone WHERE tenant = ?1 AND written > ?2 ORDER BY id LIMIT ?3`, from, most+1)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read who was written about: %w", err)
	case len(users) > most:
		return nil, nil
	}
	return &groups.Written{Users: users, Units: t.unitsAt > from}, nil
}

func scanID(row func(...any) error) (id groups.UserID, err error) {
	err = row(&id)
	return id, err
}

// Users yields every user by ID.
func (s *Store) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return s.users(ctx, s.conn())
}

func (s *Store) users(ctx context.Context, c conn) iter.Seq2[groups.User, error] {
	return pages(ctx, func(last *groups.User) ([]groups.User, error) {
		after := groups.UserID("")
		if last != nil {
			after = last.ID
		}
		return list(ctx, c, scanUser, "SELECT document FROM groups_user WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3", string(after), pageSize)
	})
}

// User returns one user, or an error that wraps [groups.ErrNotFound].
func (s *Store) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	if err := ctx.Err(); err != nil {
		return groups.User{}, err
	}
	return s.user(ctx, s.conn(), id)
}

func (s *Store) user(ctx context.Context, c conn, id groups.UserID) (groups.User, error) {
	if id.Check() != nil {
		return groups.User{}, fmt.Errorf("user %.64q: %w", id, groups.ErrNotFound) // and no database is asked what it makes of that
	}
	found, err := list(ctx, c, scanUser, "SELECT document FROM groups_user WHERE tenant = ?1 AND id = ?2", string(id))
	switch {
	case err != nil:
		return groups.User{}, fmt.Errorf("read user %q: %w", id, err)
	case len(found) == 0:
		return groups.User{}, fmt.Errorf("user %q: %w", id, groups.ErrNotFound)
	}
	return found[0], nil
}

func scanUser(row func(...any) error) (u groups.User, err error) {
	var document []byte
	if err = row(&document); err == nil {
		err = u.UnmarshalJSON(document) // which needs no look at the whole before
	}
	return u, err
}

// Units yields every unit by tree and then by ID.
func (s *Store) Units(ctx context.Context) iter.Seq2[groups.Unit, error] {
	return s.units(ctx, s.conn())
}

func (s *Store) units(ctx context.Context, c conn) iter.Seq2[groups.Unit, error] {
	return pages(ctx, func(last *groups.Unit) ([]groups.Unit, error) {
		var after groups.Unit
		if last != nil {
			after = *last
		}
		return list(ctx, c, scanUnit, "SELECT tree, id, parent, name FROM groups_unit WHERE tenant = ?1 AND (tree, id) > (?2, ?3) ORDER BY tree, id LIMIT ?4",
			string(after.Tree), after.ID, pageSize)
	})
}

// trees are all units by their trees.
func (s *Store) trees(ctx context.Context, c conn) (map[groups.Tree][]groups.Unit, error) {
	trees := map[groups.Tree][]groups.Unit{}
	for u, err := range s.units(ctx, c) {
		if err != nil {
			return nil, err
		}
		trees[u.Tree] = append(trees[u.Tree], u)
	}
	return trees, nil
}

func scanUnit(row func(...any) error) (u groups.Unit, err error) {
	err = row(&u.Tree, &u.ID, &u.Parent, &u.Name)
	return u, err
}

// Reports yields the IDs of those who report to the manager directly.
func (s *Store) Reports(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
	return pages(ctx, func(last *groups.UserID) ([]groups.UserID, error) {
		if manager.Check() != nil {
			return nil, nil
		}
		after := groups.UserID("")
		if last != nil {
			after = *last
		}
		return list(ctx, s.conn(), scanID, "SELECT id FROM groups_user WHERE tenant = ?1 AND manager = ?2 AND id > ?3 ORDER BY id LIMIT ?4", string(manager), string(after), pageSize)
	})
}

// Write applies the change, or refuses it with everything that is wrong with it, as [groups.PeopleChange.Check] says.
func (s *Store) Write(ctx context.Context, p groups.PeopleChange) error {
	trees, err := p.Check()
	if err != nil {
		return err
	}
	return s.write(ctx, func(c conn) error {
		t, err := s.lock(ctx, c)
		if err != nil {
			return fmt.Errorf("write people: %w", err)
		}
		if now := strconv.FormatInt(t.version, 10); p.Base != "" && p.Base != now {
			return fmt.Errorf("people: %w: version %s was asked for, %s is stored", groups.ErrConflict, p.Base, now)
		}
		if p.Schema == nil && len(p.Upsert)+len(p.Deactivate)+len(p.Remove)+len(trees) == 0 {
			return nil
		}
		t.version++
		if p.Schema != nil {
			schema, err := json.Marshal(p.Schema)
			if err != nil {
				return fmt.Errorf("write schema: %w", err)
			}
			t.schema = string(schema)
		}
		if err := s.refile(ctx, c, t); err != nil {
			return err
		}
		if err := s.put(ctx, c, t, p.Upsert); err != nil {
			return err
		}
		if err := s.switchOff(ctx, c, t, p.Deactivate); err != nil {
			return err
		}
		if err := s.remove(ctx, c, t, p.Remove); err != nil {
			return err
		}
		if len(trees) > 0 {
			t.unitsAt = t.version
		}
		for tree, units := range trees {
			if err := s.plant(ctx, c, tree, units); err != nil {
				return err
			}
		}
		return s.keep(ctx, c, t)
	})
}

// put writes users.
func (s *Store) put(ctx context.Context, c conn, t tenant, users []groups.User) error {
	documents := make([]string, len(users))
	for i := range users {
		document, err := json.Marshal(&users[i])
		if err != nil {
			return fmt.Errorf("write user %q: %w", users[i].ID, err)
		}
		documents[i] = string(document)
	}
	err := c.insert(ctx, "INSERT INTO groups_user (tenant, id, manager, document, activation, expiry, complete, written)",
		`ON CONFLICT (tenant, id) DO UPDATE SET manager = excluded.manager, document = excluded.document,
		activation = excluded.activation, expiry = excluded.expiry, complete = excluded.complete, written = excluded.written`, 8, len(users), func(i int) []any {
			var manager any
			if id, known := users[i].Manager.ID(); known {
				manager = string(id)
			}
			activation, expiry, complete := facts(&users[i])
			return []any{string(users[i].ID), manager, documents[i], activation, expiry, complete, t.version}
		})
	if err != nil {
		return fmt.Errorf("write users: %w", err)
	}
	return s.file(ctx, c, users)
}

// switchOff deactivates those users who are there.
func (s *Store) switchOff(ctx context.Context, c conn, t tenant, ids []groups.UserID) error {
	if ids = usable(ids); len(ids) == 0 {
		return nil
	}
	found, err := list(ctx, c, scanUser, "SELECT document FROM groups_user WHERE tenant = ?1 AND "+c.dialect.oneOf("id", "?2"), array(ids))
	if err != nil {
		return fmt.Errorf("read users: %w", err)
	}
	for i := range found {
		found[i].Activation = groups.Deactivated
	}
	return s.put(ctx, c, t, found)
}

// remove takes out those users who are there.
func (s *Store) remove(ctx context.Context, c conn, t tenant, ids []groups.UserID) error {
	if ids = usable(ids); len(ids) == 0 {
		return nil
	}
	of := "WHERE tenant = ?1 AND " + c.dialect.oneOf("id", "?2")
	err := c.exec(ctx, "INSERT INTO groups_gone (tenant, id, written) SELECT tenant, id, ?3 FROM groups_user "+of+
		" ON CONFLICT (tenant, id) DO UPDATE SET written = excluded.written", array(ids), t.version)
	if err == nil {
		err = c.exec(ctx, "DELETE FROM groups_user "+of, array(ids))
	}
	if err != nil {
		return fmt.Errorf("remove users: %w", err)
	}
	return s.unfile(ctx, c, ids)
}

// usable are the identifiers that a user can have.
func usable(ids []groups.UserID) []groups.UserID {
	return slices.DeleteFunc(slices.Clone(ids), func(id groups.UserID) bool { return id.Check() != nil })
}

// plant replaces a tree.
func (s *Store) plant(ctx context.Context, c conn, tree groups.Tree, units []groups.Unit) error {
	err := c.exec(ctx, "DELETE FROM groups_unit WHERE tenant = ?1 AND tree = ?2", string(tree))
	if err == nil {
		err = c.insert(ctx, "INSERT INTO groups_unit (tenant, tree, id, parent, name)", "", 5, len(units), func(i int) []any {
			u := &units[i]
			return []any{string(tree), u.ID, u.Parent, text(u.Name)}
		})
	}
	if err != nil {
		return fmt.Errorf("write tree %q: %w", tree, err)
	}
	return s.survey(ctx, c, tree, units)
}
