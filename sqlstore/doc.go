// Package sqlstore keeps people, groups and memberships in a SQL database: SQLite or PostgreSQL, through database/sql
// and the driver of the program's choice.
//
//	db, err := sql.Open("sqlite", "file:groups.db?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
//	err = sqlstore.Migrate(ctx, db, sqlstore.SQLite)
//	store := sqlstore.Open(db, sqlstore.SQLite, "acme")
//	ev := groups.NewEvaluator(store, store, nil)
//
// Tables begin with groups_ and are described in the files of [Migrations]. The view groups_membership has a row for
// each member, and nobody else; a host may join it, and must write to none of them.
//
// A [Query] puts criteria to the database, and [Columns.Where] makes a WHERE clause of them for a host's own table. Both say
// in SQL what package groups says in Go: this package knows what conditions mean, and nothing of runs, of the index
// and of who is in a group.
package sqlstore
