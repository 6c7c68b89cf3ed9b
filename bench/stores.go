package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"github.com/grouprules/groups/bench/workload"
	"github.com/grouprules/groups/sqlstore"
)

// The library over databases. They are as durable as a host has them: what was committed is on the disk.

func openOnSQLite(ctx context.Context, w *workload.World) (Peer, error) {
	dir, err := os.MkdirTemp("", "bench-groups-")
	if err != nil {
		return nil, err
	}
	remove := func() error { return os.RemoveAll(dir) }
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "groups.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return openOnDatabase(ctx, w, db, sqlstore.SQLite, remove)
}

func openOnPostgres(ctx context.Context, w *workload.World) (Peer, error) {
	c, err := startCluster(ctx, "")
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("pgx", c.source())
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return openOnDatabase(ctx, w, db, sqlstore.Postgres, c.stop)
}

func openOnDatabase(ctx context.Context, w *workload.World, db *sql.DB, d sqlstore.Dialect, stop func() error) (Peer, error) {
	closed := func() error { return errors.Join(db.Close(), stop()) }
	if err := sqlstore.Migrate(ctx, db, d); err != nil {
		return nil, errors.Join(err, closed())
	}
	l, s := newLibrary(w), sqlstore.Open(db, d, "bench")
	return l.open(ctx, s, s, l.everybody(), closed)
}
