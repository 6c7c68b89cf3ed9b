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
// This package knows nothing of rules and of how they are evaluated.
package sqlstore
