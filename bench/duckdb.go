//go:build !noduckdb && cgo

package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"iter"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/grouprules/groups/bench/workload"
)

// duckDB is the contender, in process and in memory. It is left out of builds without cgo and of those
// with the tag noduckdb.
func duckDB() []contender { return []contender{{"duckdb", byGroups, openDuckDB}} }

func openDuckDB(ctx context.Context, w *workload.World) (Peer, error) {
	d := &database{w: w, load: appendIn}
	var err error
	d.db, err = sql.Open("duckdb", "")
	if err == nil {
		err = d.fill(ctx, false, "")
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// appendIn loads a table by an Appender.
func appendIn(_ context.Context, conn *sql.Conn, table string, _ []string, rows iter.Seq[[]any]) error {
	return conn.Raw(func(c any) error {
		a, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", table)
		if err != nil {
			return err
		}
		values := make([]driver.Value, 0, len(sqlColumns))
		for row := range rows {
			values = values[:0]
			for _, v := range row {
				values = append(values, v)
			}
			if err := a.AppendRow(values...); err != nil {
				a.Close()
				return fmt.Errorf("append: %w", err)
			}
		}
		return a.Close()
	})
}

// duckDBImport has DuckDB read the file by types and join it with the table of the one before.
func duckDBImport() []importer { return []importer{{"duckdb", "typed, diff", openDuckDBImport}} }

func openDuckDBImport(ctx context.Context, before string) (importing, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return importing{}, err
	}
	types := []string{"VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "DATE", "TIMESTAMP", "DOUBLE", "BOOLEAN", "VARCHAR"}
	columns := make([]string, len(types))
	var differ []string
	for i, name := range csvColumns() {
		columns[i] = "'" + name + "': '" + types[i] + "'"
		if i > 0 {
			differ = append(differ, "n."+name+" IS DISTINCT FROM o."+name)
		}
	}
	source := func(file string) string {
		return "read_csv('" + file + "', header = true, delim = ',', quote = '\"', auto_detect = false, columns = {" + strings.Join(columns, ", ") + "})"
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE people AS SELECT * FROM "+source(before)); err != nil {
		db.Close()
		return importing{}, err
	}
	return importing{
		read: func(ctx context.Context, file string) ([]string, error) {
			rows, err := db.QueryContext(ctx, "SELECT n.id FROM "+source(file)+" n LEFT JOIN people o ON o.id = n.id WHERE o.id IS NULL OR "+strings.Join(differ, " OR ")+" ORDER BY n.id")
			if err != nil {
				return nil, err
			}
			defer rows.Close()
			ids := []string{}
			for rows.Next() {
				ids = append(ids, "")
				if err := rows.Scan(&ids[len(ids)-1]); err != nil {
					return nil, err
				}
			}
			return ids, rows.Err()
		},
		close: db.Close,
	}, nil
}
