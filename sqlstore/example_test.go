package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

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
