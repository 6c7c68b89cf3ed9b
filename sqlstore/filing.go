package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
	"github.com/grouprules/groups/internal/lineage"
)

// This file holds what is written beside the documents of people and beside units, for criteria to be asked in SQL.

// The types of rows that are no [groups.Type].
const (
	typeEmpty   = "empty"
	typeChoices = "choices" // several options
	typeUnit    = "unit"
)

// A valueRow is a row of groups_value, without its tenant.
type valueRow struct {
	user      groups.UserID
	typ, name string
	part      int
	key, tail string
}

// An enrollmentRow is a row of groups_enrollment, without its tenant.
type enrollmentRow struct {
	user           groups.UserID
	course, status string
	completed      any
}

// filing is the rows of some people.
type filing struct {
	exact       map[string]bool // the text fields that are compared exactly
	values      []valueRow
	enrollments []enrollmentRow
}

func (f *filing) put(user groups.UserID, typ, name string, keys ...string) {
	for part, k := range keys {
		key, tail := cut(k)
		f.values = append(f.values, valueRow{user, typ, name, part, key, tail})
	}
}

// cut divides a key into what an index can hold and the rest. Only texts and options are ever as long.
func cut(s string) (key, tail string) {
	const most = 1200 // bytes; a row in an index of PostgreSQL has 2,700 at most
	if len(s) <= most {
		return s, ""
	}
	at := most
	for !utf8.RuneStart(s[at]) {
		at--
	}
	return s[:at], s[at:]
}

// isFileable tells the names of fields whose values have rows. Others are asked about in Go.
func isFileable(name string) bool {
	return len(name) <= 255 && utf8.ValidString(name) && !strings.ContainsAny(name, "\x00\ufffd")
}

// facts are what the row of a user says beside the document: activation, expiry, and whether the enrollments are all
// there are. What is not known is NULL.
func facts(u *groups.User) (activation, expiry any, complete int) {
	if u.Activation != groups.ActivationUnknown {
		activation = u.Activation.String()
	}
	if u.Expiry != groups.ExpiryUnknown {
		expiry = u.Expiry.String()
	}
	_, all := u.Enrollments.List()
	return activation, expiry, bit(all)
}

// user makes the rows of a user. The ID has one like any text: it compares in another form than its own.
func (f *filing) user(u *groups.User) error {
	f.put(u.ID, groups.TypeText.String(), string(groups.ID), groups.Field{Exact: true}.Keys(groups.Text(string(u.ID)))...)
	for _, name := range slices.Sorted(maps.Keys(u.Fields)) {
		if name == string(groups.ID) || !isFileable(name) {
			continue
		}
		if err := f.value(u.ID, name, u.Fields[name]); err != nil {
			return fmt.Errorf("user %q: field %.64q: %w", u.ID, name, err)
		}
	}
	for _, tree := range slices.Sorted(maps.Keys(u.Units)) {
		units := u.Units[tree]
		if len(units) == 0 {
			units = []string{""}
		}
		f.put(u.ID, typeUnit, string(tree), units...)
	}
	list, _ := u.Enrollments.List()
	for _, e := range list {
		row := enrollmentRow{user: u.ID, course: e.Course, status: statusKey(e.Status)}
		switch {
		case e.Completed.IsEmpty():
			row.completed = ""
		case e.Completed.Type() == groups.TypeDate, e.Completed.Type() == groups.TypeInstant:
			key, err := key(e.Completed)
			if err != nil {
				return fmt.Errorf("user %q: course %q: %w", u.ID, e.Course, err)
			}
			row.completed = key
		}
		f.enrollments = append(f.enrollments, row)
	}
	return nil
}

// statusKey is a status as its document has it. One that no database keeps becomes a space, which no condition can name.
func statusKey(status string) string {
	if strings.Contains(status, "\x00") {
		return " "
	}
	return string([]rune(status))
}

func (f *filing) value(user groups.UserID, name string, v groups.Value) error {
	switch typ := v.Type(); {
	case v.IsUnknown():
	case v.IsEmpty():
		f.put(user, typeEmpty, name, "")
	case typ == groups.TypeText:
		f.put(user, typ.String(), name, groups.Field{Exact: f.exact[name]}.Keys(v)...)
	case typ == groups.TypeMultiChoice:
		f.put(user, typeChoices, name, v.Texts()...)
	default:
		key, err := key(v)
		if err != nil {
			return err
		}
		f.put(user, typ.String(), name, key)
	}
	return nil
}

// key is the form in which a value compares as text that is neither text nor several.
func key(v groups.Value) (string, error) {
	text := v.Texts()[0]
	switch v.Type() {
	case groups.TypeNumber:
		d, err := decimal.Parse(text)
		return d.Key(), err
	case groups.TypeInstant:
		at, err := calendar.ParseInstant(text)
		return instantKey(at), err
	}
	return text, nil // of the years 1 to 9999, days order as they are written
}

// instantKey is an instant of the years 1 to 9999 in a form that orders as they do.
func instantKey(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

// file replaces the rows of users by what they have now. It makes those of a page at a time, and takes the old ones away at
// once: PostgreSQL goes on for a while as it began, which it does with empty tables.
func (s *Store) file(ctx context.Context, c conn, users []groups.User) error {
	if len(users) == 0 {
		return nil
	}
	names, _, err := s.filed(ctx, c)
	if err != nil {
		return err
	}
	exact := make(map[string]bool, len(names))
	for _, name := range names {
		exact[name] = true
	}
	ids := make([]groups.UserID, len(users))
	for i := range users {
		ids[i] = users[i].ID
	}
	if err := s.unfile(ctx, c, ids); err != nil {
		return err
	}
	for some := range slices.Chunk(users, pageSize) {
		f := filing{exact: exact}
		for i := range some {
			if err := f.user(&some[i]); err != nil {
				return fmt.Errorf("file values: %w", err)
			}
		}
		if err := f.write(ctx, c); err != nil {
			return fmt.Errorf("file values: %w", err)
		}
	}
	return nil
}

func (f *filing) write(ctx context.Context, c conn) error {
	err := c.insert(ctx, "INSERT INTO groups_value (tenant, user_id, type, name, part, key, tail)", "", 7, len(f.values), func(i int) []any {
		r := &f.values[i]
		return []any{string(r.user), r.typ, r.name, r.part, r.key, r.tail}
	})
	if err != nil {
		return err
	}
	return c.insert(ctx, "INSERT INTO groups_enrollment (tenant, user_id, course, status, completed)", "", 5, len(f.enrollments), func(i int) []any {
		r := &f.enrollments[i]
		return []any{string(r.user), r.course, r.status, r.completed}
	})
}

// unfile takes the rows of users away.
func (s *Store) unfile(ctx context.Context, c conn, users []groups.UserID) error {
	ids := array(users)
	for _, table := range []string{"groups_value", "groups_enrollment"} {
		if err := c.exec(ctx, "DELETE FROM "+table+" WHERE tenant = ?1 AND "+c.dialect.oneOf("user_id", "?2"), ids); err != nil {
			return fmt.Errorf("file values: %w", err)
		}
	}
	return nil
}

// survey writes where the units of a tree stand, in the place of what was written about that tree.
func (s *Store) survey(ctx context.Context, c conn, tree groups.Tree, units []groups.Unit) error {
	places := slices.Collect(lineage.New(func(yield func(lineage.Link) bool) {
		for i := range units {
			if !yield(lineage.Link{ID: units[i].ID, Parent: units[i].Parent}) {
				return
			}
		}
	}).Places())
	err := c.exec(ctx, "DELETE FROM groups_place WHERE tenant = ?1 AND tree = ?2", string(tree))
	if err == nil {
		err = c.insert(ctx, "INSERT INTO groups_place (tenant, tree, id, place, low, high, level, turn, ring, lost, linked)", "", 11, len(places), func(i int) []any {
			p := &places[i]
			return []any{string(tree), p.ID, p.At, p.Low, p.High, p.Level, p.Turn, p.Ring, bit(p.Lost), bit(p.Linked)}
		})
	}
	if err != nil {
		return fmt.Errorf("survey tree %q: %w", tree, err)
	}
	return nil
}

// filed are the fields by which the tenant is filed; ok is false where it is not.
func (s *Store) filed(ctx context.Context, c conn) (exact []string, ok bool, err error) {
	found, err := list(ctx, c, func(row func(...any) error) (text []byte, err error) {
		err = row(&text)
		return text, err
	}, "SELECT exact FROM groups_filed WHERE tenant = ?1")
	if err == nil && len(found) > 0 {
		ok, err = true, json.Unmarshal(found[0], &exact)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read how values are filed: %w", err)
	}
	return exact, ok, nil
}

// exactFields are the text fields of a schema that are compared exactly.
func exactFields(schema *groups.Schema) []string {
	names := []string{}
	for _, f := range schema.Fields {
		if f.Exact {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// refile files everybody where that was never done, or where other fields were compared exactly.
func (s *Store) refile(ctx context.Context, c conn, t tenant) error {
	asked := new(groups.Schema)
	if err := json.Unmarshal([]byte(t.schema), asked); err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	exact := exactFields(asked)
	was, ok, err := s.filed(ctx, c)
	if err != nil || ok && slices.Equal(was, exact) {
		return err
	}
	names, err := json.Marshal(exact)
	if err != nil {
		return err
	}
	err = c.exec(ctx, "INSERT INTO groups_filed (tenant, exact) VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE SET exact = excluded.exact", string(names))
	if err != nil {
		return fmt.Errorf("file values: %w", err)
	}
	users := make([]groups.User, 0, pageSize)
	for u, err := range s.users(ctx, c) {
		if err != nil {
			return fmt.Errorf("file values: %w", err)
		}
		if users = append(users, u); len(users) == pageSize {
			if err := s.put(ctx, c, t, users); err != nil {
				return err
			}
			users = users[:0]
		}
	}
	if err := s.put(ctx, c, t, users); err != nil || ok {
		return err
	}
	trees, err := s.trees(ctx, c)
	if err != nil {
		return fmt.Errorf("survey trees: %w", err)
	}
	for _, tree := range slices.Sorted(maps.Keys(trees)) {
		if err := s.survey(ctx, c, tree, trees[tree]); err != nil {
			return err
		}
	}
	return nil
}
