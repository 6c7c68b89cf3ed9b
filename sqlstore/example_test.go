package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// A tenant in a file: people and a group are written, processed, and joined by the host's own SQL.
func ExampleOpen() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "groups.db")

	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	check(err)
	check(sqlstore.Migrate(ctx, db, sqlstore.SQLite))
	store := sqlstore.Open(db, sqlstore.SQLite, "acme")
	ev := groups.NewEvaluator(store, store, nil)
	defer db.Close()

	const title groups.TextField = "title"
	check(store.Write(ctx, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}}},
		Upsert: []groups.User{
			{ID: "ada", Activation: groups.Activated, Fields: map[string]groups.Value{"title": groups.Text("Sales lead")}},
			{ID: "bob", Activation: groups.Activated, Fields: map[string]groups.Value{"title": groups.Text("Chemist")}},
		},
	}))
	_, err = ev.Save(ctx, groups.Group{
		ID: "sales", Name: "Sales", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(title.Contains("sales"))),
	}, "root")
	check(err)
	_, err = ev.Process(ctx)
	check(err)

	var user, method string
	check(db.QueryRowContext(ctx, "SELECT user_id, method FROM groups_membership WHERE tenant = 'acme' AND group_id = 'sales'").Scan(&user, &method))
	fmt.Println(user, method)
	// Output: ada automatic
}

// A host has its own table of staff, and asks it whom criteria are about.
func ExampleColumns_Where() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	db, err := sql.Open("sqlite", ":memory:")
	check(err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, `CREATE TABLE staff (id TEXT, title_folded TEXT, hired_on TEXT, active INTEGER)`)
	check(err)
	schema := &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}, {Name: "hired", Type: groups.TypeDate}, {Name: "branch", Type: groups.TypeText, Several: true}}}
	title, _ := schema.Field("title")
	for id, of := range map[string][2]string{"ada": {"Sales LEAD", "2026-02-20"}, "bob": {"Sales lead", "2019-05-01"}, "cid": {"Chemist", "2026-02-01"}} {
		_, err := db.ExecContext(ctx, "INSERT INTO staff VALUES (?, ?, ?, 1)", id, title.Keys(groups.Text(of[0]))[0], of[1])
		check(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	criteria := groups.AnySets(groups.All(
		groups.TextField("title").Contains("sales"), groups.DateField("hired").InLast(90, groups.Days), groups.StatusIs(groups.StatusActive)))

	columns := &sqlstore.Columns{
		Dialect: sqlstore.SQLite, Active: "active",
		Fields: map[string]sqlstore.Column{
			"title": {Name: "title_folded", Form: sqlstore.FoldedText, NullIsEmpty: true},
			"hired": {Name: "hired_on", Form: sqlstore.Day},
		},
	}
	yes, _, err := columns.Where(schema, criteria, now, time.UTC, 1)
	check(err)
	rows, err := db.QueryContext(ctx, "SELECT id FROM staff WHERE "+yes.Text+" ORDER BY id", yes.Values...)
	check(err)
	defer rows.Close()
	for rows.Next() {
		var id string
		check(rows.Scan(&id))
		fmt.Println(id)
	}
	check(rows.Err())

	// What no column says is refused by name.
	_, _, err = columns.Where(schema, groups.AnySets(groups.All(
		groups.TextField("title").Matches("^sales"), groups.TextField("branch").Is("emea"), groups.HasReports())), now, time.UTC, 1)
	fmt.Println(err)
	// Output:
	// ada
	// /sets/0/conditions/0: regular expressions are those of Go
	// /sets/0/conditions/1: field "branch" has no column
	// /sets/0/conditions/2: hasReports on users needs more than a column
}

// Criteria are put to the database, which answers alone or has the rule asked about some users.
func ExampleStore_Query() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "groups.db"))
	check(err)
	defer db.Close()
	check(sqlstore.Migrate(ctx, db, sqlstore.SQLite))
	store := sqlstore.Open(db, sqlstore.SQLite, "acme")

	const title groups.TextField = "title"
	check(store.Write(ctx, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}}},
		Upsert: []groups.User{
			{ID: "ada", Fields: map[string]groups.Value{"title": groups.Text("Sales lead")}},
			{ID: "bob", Fields: map[string]groups.Value{"title": groups.Text("Chemist")}},
			{ID: "cid"},
		},
	}))
	criteria := groups.AnySets(groups.All(title.Contains("sales"), title.Matches("lead$")))
	q, err := store.Query(ctx, criteria, time.Now(), time.UTC)
	check(err)
	fmt.Println("in Go:", q.InGo())
	for id, err := range q.Yes(ctx) {
		check(err)
		fmt.Println("yes", id)
	}
	for id, err := range q.Unknown(ctx) {
		check(err)
		fmt.Println("unknown", id)
	}
	// Output:
	// in Go: [/sets/0/conditions/1: regular expressions are those of Go]
	// yes ada
	// unknown cid
}
