package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations
var files embed.FS

// Migrations are the files that make the tables of a dialect, to be run in the order of their names, each in a
// transaction: for those whose own tool runs them in the place of [Migrate].
func Migrations(d Dialect) fs.FS {
	dir, err := fs.Sub(files, "migrations/"+d.String())
	if err != nil {
		panic("sqlstore: the files have no directory of that name: " + err.Error())
	}
	return dir
}

// Migrate makes the tables, or brings them up to what this package asks for. Each file is run once, in a transaction
// together with the note that it was; processes that start at once wait for each other.
func Migrate(ctx context.Context, db *sql.DB, d Dialect) error {
	s := Open(db, d, "")
	entries, err := fs.ReadDir(Migrations(d), ".")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, e := range entries {
		number, err := strconv.Atoi(strings.SplitN(e.Name(), "_", 2)[0])
		if err != nil {
			return fmt.Errorf("migrate: %s: %w", e.Name(), err)
		}
		statements, err := fs.ReadFile(Migrations(d), e.Name())
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		err = s.write(ctx, func(c conn) error { return migrate(ctx, c, number, string(statements)) })
		for n := 1; n < attempts && d == SQLite && isLocked(err); n++ {
			select {
			case <-ctx.Done():
				return fmt.Errorf("migrate: %s: %w", e.Name(), context.Cause(ctx))
			case <-time.After(time.Duration(n) * time.Millisecond):
			}
			err = s.write(ctx, func(c conn) error { return migrate(ctx, c, number, string(statements)) })
		}
		if err != nil {
			return fmt.Errorf("migrate: %s: %w", e.Name(), err)
		}
	}
	return nil
}

// attempts is how often a file is tried while others hold the database: some 20 seconds.
const attempts = 200

// isLocked reports whether SQLite refused because of others. While they turn a new file to another journal mode it does
// so at once, whatever the busy_timeout. Drivers have errors of their own; the text is SQLite's.
func isLocked(err error) bool {
	return err != nil && strings.Contains(err.Error(), "database is locked")
}

func migrate(ctx context.Context, c conn, number int, statements string) error {
	if c.dialect == Postgres {
		// Nobody else makes the table meanwhile. The number is this package's own.
		if _, err := c.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7305216420180425)"); err != nil {
			return err
		}
	}
	if _, err := c.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS groups_migration (number INTEGER NOT NULL PRIMARY KEY)"); err != nil {
		return err
	}
	rows, err := c.QueryContext(ctx, "SELECT number FROM groups_migration")
	if err != nil {
		return err
	}
	var done []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			rows.Close()
			return err
		}
		done = append(done, n)
	}
	if err := rows.Close(); err != nil || slices.Contains(done, number) {
		return err
	}
	for _, statement := range strings.SplitAfter(statements, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err = c.ExecContext(ctx, c.dialect.text("INSERT INTO groups_migration (number) VALUES (?1)"), number)
	return err
}
