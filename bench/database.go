package main

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/grouprules/groups/bench/workload"
)

// A database is a peer that is asked in SQL: one statement a group.
type database struct {
	w    *workload.World
	db   *sql.DB
	conn *sql.Conn // all is asked on one
	// load fills a table; where it is nil rows are inserted one by one in a transaction.
	load func(ctx context.Context, conn *sql.Conn, table string, columns []string, rows iter.Seq[[]any]) error
	// stop ends what was started for it.
	stop func() error
	// one are prepared statements for a single user, by group; matches and isMember those of single checks.
	one, matches map[int]*sql.Stmt
	isMember     *sql.Stmt
}

// fill creates the tables, loads the world and has the database look at it.
func (d *database) fill(ctx context.Context, indexes bool, after string) error {
	if d.load == nil {
		d.load = d.insert
	}
	var err error
	if d.conn, err = d.db.Conn(ctx); err != nil {
		return err
	}
	if err := d.script(ctx, sqlSchema); err != nil {
		return err
	}
	w := d.w
	for _, t := range []struct {
		name    string
		columns []string
		rows    iter.Seq[[]any]
	}{
		{"users", sqlColumns, func(yield func([]any) bool) {
			for i := range w.Users {
				if !yield(sqlUser(w, int32(i), &w.Users[i])) {
					return
				}
			}
		}},
		{"courses", []string{"usr", "course", "done"}, func(yield func([]any) bool) {
			for i := range w.Users {
				for _, r := range w.Users[i].Courses {
					if !yield([]any{int32(i), workload.Course(r.Course), r.Done}) {
						return
					}
				}
			}
		}},
		{"manual", []string{"grp", "usr"}, func(yield func([]any) bool) {
			for i := range w.Users {
				for _, g := range w.Users[i].Manual {
					if !yield([]any{g, int32(i)}) {
						return
					}
				}
			}
		}},
		{"members", []string{"grp", "usr", "assigned"}, func(yield func([]any) bool) {
			for g, members := range w.Members {
				for _, u := range members {
					if !yield([]any{int32(g), u, truth(w.IsAssigned(g, u))}) {
						return
					}
				}
			}
		}},
	} {
		if err := d.load(ctx, d.conn, t.name, t.columns, t.rows); err != nil {
			return fmt.Errorf("load %s: %w", t.name, err)
		}
	}
	if indexes {
		if err := d.script(ctx, sqlIndexes); err != nil {
			return err
		}
	}
	if err := d.script(ctx, after); err != nil {
		return err
	}
	d.one, d.matches = map[int]*sql.Stmt{}, map[int]*sql.Stmt{}
	d.isMember, err = d.conn.PrepareContext(ctx, "SELECT count(*) FROM members WHERE grp = $1 AND usr = $2")
	return err
}

func (d *database) script(ctx context.Context, text string) error {
	for _, statement := range strings.Split(text, ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := d.conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// insert is the plain way to load a table.
func (d *database) insert(ctx context.Context, conn *sql.Conn, table string, columns []string, rows iter.Seq[[]any]) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	places := make([]string, len(columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	s, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" VALUES ("+strings.Join(places, ", ")+")")
	if err != nil {
		return err
	}
	for row := range rows {
		if _, err := s.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (d *database) Learning(changes []workload.Change) func(context.Context) error {
	changed := make([][]any, len(changes))
	for i := range changes {
		changed[i] = sqlUser(d.w, changes[i].User, &changes[i].Now)
	}
	return func(ctx context.Context) error {
		if err := d.script(ctx, "DELETE FROM changed"); err != nil {
			return err
		}
		if err := d.load(ctx, d.conn, "changed", sqlColumns, slices.Values(changed)); err != nil {
			return err
		}
		return d.script(ctx, sqlUpsert("SELECT * FROM changed WHERE true"))
	}
}

func (d *database) Full(ctx context.Context, r Range) ([]Move, error) {
	var moves []Move
	for g := range r.Groups {
		rows, err := d.conn.QueryContext(ctx, sqlMoves(d.w, g, "", false))
		if err == nil {
			moves, err = take(moves, g, rows)
		}
		if err != nil {
			return nil, fmt.Errorf("group %d: %w", g, err)
		}
	}
	return moves, nil
}

// take reads the moves of one group.
func take(moves []Move, g int, rows *sql.Rows) ([]Move, error) {
	defer rows.Close()
	for rows.Next() {
		m := Move{Group: int32(g)}
		var joined int
		if err := rows.Scan(&m.User, &joined); err != nil {
			return nil, err
		}
		m.Joined = joined == 1
		moves = append(moves, m)
	}
	return moves, rows.Err()
}

// Touched asks a prepared statement for one user, and joins a table of them for several.
func (d *database) Touched(ctx context.Context, users []int32, groups int) ([]Move, error) {
	if len(users) > 1 {
		err := d.script(ctx, "DELETE FROM touched")
		if err == nil {
			err = d.load(ctx, d.conn, "touched", []string{"id"}, func(yield func([]any) bool) {
				for _, u := range users {
					if !yield([]any{u}) {
						return
					}
				}
			})
		}
		if err != nil {
			return nil, err
		}
	}
	var moves []Move
	for g := range groups {
		var rows *sql.Rows
		var err error
		if len(users) > 1 {
			rows, err = d.conn.QueryContext(ctx, sqlMoves(d.w, g, " AND u.id IN (SELECT id FROM touched)", true))
		} else {
			var s *sql.Stmt
			if s, err = d.prepared(ctx, d.one, g, func() string { return sqlMoves(d.w, g, " AND u.id = $1", true) }); err != nil {
				return nil, err
			}
			rows, err = s.QueryContext(ctx, users[0])
		}
		if err == nil {
			moves, err = take(moves, g, rows)
		}
		if err != nil {
			return nil, fmt.Errorf("group %d: %w", g, err)
		}
	}
	return moves, nil
}

func (d *database) prepared(ctx context.Context, kept map[int]*sql.Stmt, g int, text func() string) (*sql.Stmt, error) {
	if s := kept[g]; s != nil {
		return s, nil
	}
	s, err := d.conn.PrepareContext(ctx, text())
	if err == nil {
		kept[g] = s
	}
	return s, err
}

func (d *database) Counting(c *workload.Criteria, _ int) func(context.Context) (int, error) {
	text := "SELECT count(*) FROM users u WHERE u.active = 1 AND (" + sqlCriteria(d.w, c, false) + ")"
	return func(ctx context.Context) (n int, err error) {
		err = d.conn.QueryRowContext(ctx, text).Scan(&n)
		return n, err
	}
}

func (d *database) Member(ctx context.Context, group, user int) (bool, error) {
	n := 0
	err := d.isMember.QueryRowContext(ctx, group, user).Scan(&n)
	return n == 1, err
}

func (d *database) Match(ctx context.Context, group, user int) (workload.Verdict, error) {
	s, err := d.prepared(ctx, d.matches, group, func() string {
		return "SELECT CASE WHEN " + sqlCriteria(d.w, &d.w.Groups[group], true) + " THEN 2 WHEN NOT (" +
			sqlCriteria(d.w, &d.w.Groups[group], true) + ") THEN 0 ELSE 1 END FROM users u WHERE u.id = $1"
	})
	if err != nil {
		return workload.No, err
	}
	v := 0
	err = s.QueryRowContext(ctx, user).Scan(&v)
	return workload.Verdict(v), err
}

func (d *database) Close() error {
	var err error
	if d.conn != nil {
		err = d.conn.Close()
	}
	if e := d.db.Close(); err == nil {
		err = e
	}
	if d.stop != nil {
		if e := d.stop(); err == nil {
			err = e
		}
	}
	return err
}
