package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
	"github.com/grouprules/groups/sqlstore"
)

// staff is the table of a host, and where its columns are. Columns of SQLite compare as nobody would want them to.
var staff = map[sqlstore.Dialect]string{
	sqlstore.SQLite: `CREATE TABLE staff (id TEXT PRIMARY KEY, title TEXT COLLATE RTRIM, code TEXT COLLATE NOCASE, site TEXT COLLATE NOCASE, grade TEXT,
		points INTEGER, hired TEXT, seen INTEGER, lead INTEGER, active INTEGER, expired INTEGER)`,
	sqlstore.Postgres: `CREATE TABLE staff (id TEXT PRIMARY KEY, title TEXT, code VARCHAR(100), site TEXT, grade TEXT,
		points INTEGER, hired DATE, seen BIGINT, lead BOOLEAN, active BOOLEAN, expired BOOLEAN)`,
}

func staffColumns(d sqlstore.Dialect) *sqlstore.Columns {
	return &sqlstore.Columns{
		Dialect: d, ID: "s.id", Active: "s.active", Expired: "s.expired",
		Fields: map[string]sqlstore.Column{
			"title": {Name: "s.title", Form: sqlstore.FoldedText, NullIsEmpty: true}, "code": {Name: "s.code", Form: sqlstore.ExactText},
			"site": {Name: "s.site", Form: sqlstore.OptionID, NullIsEmpty: true}, "grade": {Name: "s.grade", Form: sqlstore.OptionID},
			"points": {Name: "s.points", Form: sqlstore.Whole}, "hired": {Name: "s.hired", Form: sqlstore.Day}, "seen": {Name: "s.seen", Form: sqlstore.Micros, NullIsEmpty: true},
			"lead": {Name: "s.lead", Form: sqlstore.Truth},
			// And some that are not what the field is.
			"score": {Name: "s.title", Form: sqlstore.FoldedText}, "tags": {Name: "s.title", Form: sqlstore.FoldedText}, "langs": {Name: "s.site", Form: sqlstore.OptionID},
		},
	}
}

// employ writes people into the table, and returns what a Directory over it says of them.
func employ(ctx context.Context, db *sql.DB, d sqlstore.Dialect, r *rand.Rand, w *oracle.World) error {
	if _, err := db.ExecContext(ctx, "DELETE FROM staff"); err != nil {
		return err
	}
	for i := range w.Users {
		u := &w.Users[i]
		row := []any{string(u.ID)}
		text := func(name string, empty bool) {
			v := u.Fields[name]
			f, _ := w.Schema.Field(name)
			keys := f.Keys(v)
			if v.Type() == groups.TypeChoice {
				keys = v.Texts()
			}
			switch {
			case len(keys) > 0:
				row = append(row, keys[0])
			case empty:
				row, u.Fields[name] = append(row, nil), groups.Empty()
			default:
				row, u.Fields[name] = append(row, nil), groups.Value{}
			}
		}
		text("title", true)
		text("code", false)
		text("site", true)
		text("grade", false)
		if u.Fields["points"] = (groups.Value{}); r.IntN(4) > 0 {
			n := []int{-1, 0, 1, 2, 10}[r.IntN(5)]
			row, u.Fields["points"] = append(row, n), groups.Number(float64(n))
		} else {
			row = append(row, nil)
		}
		if texts := u.Fields["hired"].Texts(); len(texts) > 0 {
			row = append(row, texts[0])
		} else {
			row, u.Fields["hired"] = append(row, nil), groups.Value{}
		}
		if texts := u.Fields["seen"].Texts(); len(texts) > 0 {
			at, err := time.Parse(time.RFC3339Nano, texts[0])
			if err != nil {
				return err
			}
			row = append(row, at.UnixMicro())
		} else {
			row, u.Fields["seen"] = append(row, nil), groups.Empty()
		}
		truth := func(known, is bool) {
			switch {
			case !known:
				row = append(row, nil)
			case d == sqlstore.Postgres:
				row = append(row, is)
			default:
				row = append(row, map[bool]int{true: 1}[is])
			}
		}
		lead := u.Fields["lead"].String()
		if lead == "empty" {
			delete(u.Fields, "lead")
		}
		truth(lead == "true" || lead == "false", lead == "true")
		truth(u.Activation != groups.ActivationUnknown, u.Activation == groups.Activated)
		truth(u.Expiry != groups.ExpiryUnknown, u.Expiry == groups.Expired)
		mark := "?"
		marks := strings.Repeat("?, ", len(row)-1) + mark
		if d == sqlstore.Postgres {
			marks = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11"
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO staff VALUES ("+marks+")", row...); err != nil {
			return err
		}
	}
	return nil
}

// found are those for whom a clause holds, as a host would ask.
func found(ctx context.Context, db *sql.DB, d sqlstore.Dialect, c sqlstore.Clause) ([]groups.UserID, error) {
	own := map[sqlstore.Dialect]string{sqlstore.SQLite: "?1", sqlstore.Postgres: "$1"}[d]
	rows, err := db.QueryContext(ctx, "SELECT s.id FROM staff s WHERE s.id <> "+own+" AND "+c.Text+" ORDER BY s.id", append([]any{"nobody"}, c.Values...)...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Text, err)
	}
	defer rows.Close()
	var ids []groups.UserID
	for rows.Next() {
		var id groups.UserID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// asksColumns: criteria that columns can say find whom Go finds by a Directory over the same table, and others are
// refused, each of their conditions by its pointer.
func asksColumns(t *testing.T, d database) {
	db, ctx := d.tables(t), context.Background()
	if _, err := db.ExecContext(ctx, staff[d.Dialect]); err != nil {
		t.Fatal(err)
	}
	columns, said, refused := staffColumns(d.Dialect), 0, 0
	world := rapid.Custom(func(t *rapid.T) error {
		w := law.Drawn{}.World(t)
		w.Member = nil
		if err := employ(ctx, db, d.Dialect, rand.New(rand.NewPCG(uint64(said), 1)), &w); err != nil {
			return err
		}
		alone := func(c groups.Condition) (problems []groups.Problem) {
			_, _, err := columns.Where(w.Schema, groups.AllSets(groups.All(c)), w.Now, w.Zone, 2)
			var all *groups.CriteriaError
			if errors.As(err, &all) {
				return all.Problems
			}
			return nil
		}
		for range 40 {
			c := law.Drawn{}.Criteria(t, w.Now, len(w.Users))
			var want []string
			for i, set := range c.Sets {
				for j, cond := range set.Conditions {
					for _, p := range alone(cond) {
						if !errors.Is(p, sqlstore.ErrNotMapped) {
							return p
						}
						want = append(want, fmt.Sprintf("/sets/%d/conditions/%d", i, j))
					}
				}
			}
			_, _, err := columns.Where(w.Schema, c, w.Now, w.Zone, 2)
			var all *groups.CriteriaError
			var got []string
			if errors.As(err, &all) {
				for _, p := range all.Problems {
					got = append(got, p.Pointer)
				}
			} else if err != nil {
				return err
			}
			if !slices.Equal(got, want) {
				return fmt.Errorf("%v is refused at %v, want %v", c, got, want)
			}
			refused += len(want)
			// What is left of it can be said.
			for i := range c.Sets {
				c.Sets[i].Conditions = slices.DeleteFunc(slices.Clone(c.Sets[i].Conditions), func(cond groups.Condition) bool { return len(alone(cond)) > 0 })
			}
			c.Sets = slices.DeleteFunc(c.Sets, func(s groups.Set) bool { return len(s.Conditions) == 0 })
			yes, unknown, err := columns.Where(w.Schema, c, w.Now, w.Zone, 2)
			if err != nil {
				return err
			}
			rule, err := w.Schema.Compile(c)
			if err != nil {
				return err
			}
			for verdict, clause := range map[groups.Verdict]sqlstore.Clause{groups.Yes: yes, groups.Unknown: unknown} {
				got, err := found(ctx, db, d.Dialect, clause)
				if err != nil {
					return err
				}
				var want []groups.UserID
				for i := range w.Users {
					if rule.Match(&w.Users[i], law.View(w)) == verdict {
						want = append(want, w.Users[i].ID)
					}
				}
				if !slices.Equal(got, want) {
					return fmt.Errorf("%v is %v of %v, want %v\n%s\n%s", c, verdict, got, want, clause.Text, law.DescribeWorld(w))
				}
			}
			for _, set := range c.Sets {
				said += len(set.Conditions)
			}
		}
		return nil
	})
	for seed := range 60 {
		if err := world.Example(seed); err != nil {
			t.Fatalf("world %d: %v", seed, err)
		}
	}
	if said < 1000 || refused < 1000 {
		t.Errorf("%d conditions were said, and %d refused", said, refused)
	}
}

func TestColumnsThatAreNoNamesAreRefusedAllAtOnce(t *testing.T) {
	bad := &sqlstore.Columns{Dialect: sqlstore.SQLite, ID: "id; DROP TABLE staff", Active: "a b", Expired: "x--", Fields: map[string]sqlstore.Column{
		"title": {Name: `"title"`, Form: sqlstore.FoldedText}, "code": {Name: "code"},
	}}
	_, _, err := bad.Where(nil, groups.Criteria{}, noon, nil, 1)
	if err == nil {
		t.Fatal("passed")
	}
	for _, part := range []string{"ID", "Active", "Expired", `"title"`, `"code"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("nothing is said of %s: %v", part, err)
		}
	}
}

func TestANumberMeetsWholeNumbersExactly(t *testing.T) {
	schema := &groups.Schema{Fields: []groups.Field{{Name: "n", Type: groups.TypeNumber}}}
	columns := &sqlstore.Columns{Dialect: sqlstore.SQLite, Fields: map[string]sqlstore.Column{"n": {Name: "n", Form: sqlstore.Whole}}}
	db := sqlite().tables(t)
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE s (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	held := []int64{-1 << 63, -1<<63 + 1, -2, -1, 0, 1, 2, 1<<53 + 1, 1<<63 - 2, 1<<63 - 1}
	for _, n := range held {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO s VALUES (?)", n); err != nil {
			t.Fatal(err)
		}
	}
	for _, operand := range []string{"-1e999999", "-9223372036854775808", "-9223372036854775808.5", "-9223372036854775809", "-1.5", "-1", "-1e-999999", "0", "1e-999999", "1e-7", "0.5", "1", "9007199254740993", "9223372036854775807", "9223372036854775806.999", "9223372036854775808", "1e999999"} {
		for _, op := range []string{"less", "atMost", "atLeast", "greater", "is"} {
			key := "value"
			text := operand
			if op == "is" {
				key, text = "values", "["+operand+"]"
			}
			c, err := groups.ParseCriteria([]byte(fmt.Sprintf(`{"match":"all","sets":[{"match":"all","conditions":[{"kind":"field","field":"n","op":%q,%q:%s}]}]}`, op, key, text)), nil)
			if err != nil {
				t.Fatal(err)
			}
			yes, _, err := columns.Where(schema, c, noon, nil, 1)
			if err != nil {
				t.Fatal(err)
			}
			rule, err := schema.Compile(c)
			if err != nil {
				t.Fatal(err)
			}
			got := map[int64]bool{}
			rows, err := db.QueryContext(t.Context(), "SELECT n FROM s WHERE "+yes.Text, yes.Values...)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var n int64
				if err := rows.Scan(&n); err != nil {
					t.Fatal(err)
				}
				got[n] = true
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			for _, n := range held {
				v, err := groups.ParseValue(groups.TypeNumber, fmt.Sprint(n))
				if err != nil {
					t.Fatal(err)
				}
				u := groups.User{Fields: map[string]groups.Value{"n": v}}
				if want := rule.Match(&u, nil) == groups.Yes; got[n] != want {
					t.Errorf("%d %s %s is %v, want %v (%s %v)", n, op, operand, got[n], want, yes.Text, yes.Values)
				}
			}
		}
	}
}

func asksBeyondTheColumn(t *testing.T, d database) {
	db := d.opener(t)()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE staff (id TEXT PRIMARY KEY, points INTEGER)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO staff VALUES ('ada', 5)"); err != nil {
		t.Fatal(err)
	}
	columns := &sqlstore.Columns{Dialect: d.Dialect, Fields: map[string]sqlstore.Column{"points": {Name: "points", Form: sqlstore.Whole}}}
	schema := &groups.Schema{Fields: []groups.Field{{Name: "points", Type: groups.TypeNumber}}}
	yes, _, err := columns.Where(schema, groups.AnySets(groups.All(groups.NumberField("points").Less(5e9))), noon, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	if err := db.QueryRowContext(t.Context(), "SELECT id FROM staff WHERE "+yes.Text, yes.Values...).Scan(&id); err != nil || id != "ada" {
		t.Errorf("%q, %v: five is less than five billion, which is more than the column holds", id, err)
	}
}
