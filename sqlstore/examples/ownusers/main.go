// Ownusers is a host whose people stay where they are, in a table of its own: directory reads it for rules, a query of the
// host's counts in it whom a rule is about, and a join shows who is in. Only groups and memberships are in the tables of
// the library, in the same database.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"log"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

const (
	title groups.TextField   = "title"
	site  groups.ChoiceField = "site"
	hired groups.DateField   = "hired"
)

// The table of the host. Beside the title as people typed it is the form in which it compares, which the host writes
// whenever it writes a title.
const staff = `CREATE TABLE staff (
	id TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT, title_key TEXT, site TEXT, hired_on TEXT, active INTEGER NOT NULL)`

var schema = &groups.Schema{Fields: []groups.Field{
	{Name: "title", Type: groups.TypeText}, {Name: "site", Type: groups.TypeChoice}, {Name: "hired", Type: groups.TypeDate},
}}

// columns say which columns compare as conditions do.
var columns = &sqlstore.Columns{
	Dialect: sqlstore.SQLite, ID: "id", Active: "active",
	Fields: map[string]sqlstore.Column{
		"title": {Name: "title_key", Form: sqlstore.FoldedText, NullIsEmpty: true},
		"site":  {Name: "site", Form: sqlstore.OptionID, NullIsEmpty: true},
		"hired": {Name: "hired_on", Form: sqlstore.Day}, // NULL: personnel has not said
	},
}

// A directory is the host's table as the library reads it.
type directory struct{ db *sql.DB }

func (directory) Schema(ctx context.Context) (*groups.Schema, error) { return schema, ctx.Err() }

// Units are none: this host has no tree.
func (directory) Units(ctx context.Context) iter.Seq2[groups.Unit, error] {
	return func(yield func(groups.Unit, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(groups.Unit{}, err)
		}
	}
}

const person = "SELECT id, name, title, site, hired_on, active FROM staff "

// Users are in the order of the bytes of their IDs, as SQLite compares texts.
func (d directory) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		rows, err := d.db.QueryContext(ctx, person+"ORDER BY id")
		if err != nil {
			yield(groups.User{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			u, err := user(rows.Scan)
			if !yield(u, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil { // a stream that broke must not look like a short one
			yield(groups.User{}, err)
		}
	}
}

func (d directory) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	u, err := user(d.db.QueryRowContext(ctx, person+"WHERE id = ?", string(id)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("user %q: %w", id, groups.ErrNotFound)
	}
	return u, err
}

// user is a row. What is NULL is empty where there is none, and left out where nobody has said: it is unknown then, and
// moves nobody.
func user(scan func(...any) error) (groups.User, error) {
	var id, name string
	var title, site, hired sql.NullString
	var active bool
	if err := scan(&id, &name, &title, &site, &hired, &active); err != nil {
		return groups.User{}, err
	}
	u := groups.User{ID: groups.UserID(id), Activation: groups.Deactivated, Fields: map[string]groups.Value{
		"name": groups.Text(name), "title": groups.Empty(), "site": groups.Empty(),
	}}
	if active {
		u.Activation = groups.Activated
	}
	if title.Valid {
		u.Fields["title"] = groups.Text(title.String)
	}
	if site.Valid {
		u.Fields["site"] = groups.Choice(site.String)
	}
	if hired.Valid {
		day, err := groups.ParseValue(groups.TypeDate, hired.String)
		if err != nil {
			return groups.User{}, fmt.Errorf("user %q: hired_on: %w", id, err)
		}
		u.Fields["hired"] = day
	}
	return u, nil
}

// employ is what the host does when somebody comes or changes.
func (d directory) employ(ctx context.Context, id, name, title, site string, hired any, active bool) error {
	field, _ := schema.Field("title")
	var key any
	if keys := field.Keys(groups.Text(title)); len(keys) > 0 {
		key = keys[0]
	}
	_, err := d.db.ExecContext(ctx, "INSERT OR REPLACE INTO staff VALUES (?, ?, nullif(?, ''), ?, nullif(?, ''), ?, ?)", id, name, title, key, site, hired, active)
	return err
}

// inSQL is how many users a rule is about, as the database says.
func (d directory) inSQL(ctx context.Context, c groups.Criteria, now time.Time) (n int, err error) {
	yes, _, err := columns.Where(schema, c, now, time.UTC, 1)
	if err != nil {
		return 0, err
	}
	err = d.db.QueryRowContext(ctx, "SELECT count(*) FROM staff WHERE "+yes.Text, yes.Values...).Scan(&n)
	return n, err
}

// open opens the database of a host, with the tables of both.
func open(ctx context.Context, file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err == nil {
		_, err = db.ExecContext(ctx, staff)
	}
	if err == nil {
		err = sqlstore.Migrate(ctx, db, sqlstore.SQLite)
	}
	return db, err
}

func main() {
	ctx, now := context.Background(), time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)
	folder, err := os.MkdirTemp("", "ownusers")
	check(err)
	defer os.RemoveAll(folder)
	db, err := open(ctx, filepath.Join(folder, "host.db"))
	check(err)
	defer db.Close()
	host := directory{db}
	check(host.employ(ctx, "u1", "Ada", "Sales Lead", "berlin", "2026-01-15", true))
	check(host.employ(ctx, "u2", "Bob", "Salesman", "oslo", "2019-05-01", true))
	check(host.employ(ctx, "u3", "Cleo", "SALES", "berlin", nil, true))
	check(host.employ(ctx, "u4", "Dan", "Chemist", "", "2026-02-01", true))

	ev := groups.NewEvaluator(host, sqlstore.Open(db, sqlstore.SQLite, "host"), &groups.Options{Now: func() time.Time { return now }})
	rule := groups.AnySets(groups.All(title.Contains("sales"), hired.InLast(90, groups.Days)))
	n, err := host.inSQL(ctx, rule, now)
	check(err)
	group := groups.Group{ID: "new-sales", Name: "New in sales", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: rule}
	live, err := ev.Count(ctx, group)
	check(err)
	fmt.Printf("%v: %d in SQL, %d by the rule, %d undecided\n", rule, n, live.Population, live.Undecided)

	_, err = ev.Save(ctx, group, "root")
	check(err)
	_, err = ev.Process(ctx)
	check(err)
	members(ctx, db)

	// Personnel says when Cleo was hired, and the host tells the library whom that concerns.
	check(host.employ(ctx, "u3", "Cleo", "SALES", "berlin", "2026-02-20", true))
	_, err = ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"u3"}})
	check(err)
	members(ctx, db)

	// What no column says exactly is refused, and is asked of the rule.
	_, err = host.inSQL(ctx, groups.AnySets(groups.All(title.Matches("^sales"), site.Is("berlin"))), now)
	fmt.Println("not in SQL:", err)
}

// members joins the host's table with the membership.
func members(ctx context.Context, db *sql.DB) {
	rows, err := db.QueryContext(ctx, `SELECT m.group_id, s.name, m.method FROM groups_membership m
		JOIN staff s ON s.id = m.user_id WHERE m.tenant = 'host' ORDER BY s.name`)
	check(err)
	defer rows.Close()
	for rows.Next() {
		var group, name, method string
		check(rows.Scan(&group, &name, &method))
		fmt.Println(group, name, method)
	}
	check(rows.Err())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
