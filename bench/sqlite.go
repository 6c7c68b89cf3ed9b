package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"

	"github.com/grouprules/groups/bench/workload"
	_ "modernc.org/sqlite"
)

// openSQLite is SQLite in process, translated to Go, on a file of its own that is written once.
func openSQLite(ctx context.Context, w *workload.World) (Peer, error) {
	dir, err := os.MkdirTemp("", "bench-sqlite-")
	if err != nil {
		return nil, err
	}
	d := &database{w: w, stop: func() error { return os.RemoveAll(dir) }}
	d.db, err = sql.Open("sqlite", filepath.Join(dir, "world.db")+"?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=cache_size(-1000000)&_pragma=temp_store(memory)")
	if err == nil {
		err = d.fill(ctx, true, "ANALYZE")
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}
