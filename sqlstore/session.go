package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"iter"
)

// A session is where statements run: the pool, one of its connections, or a transaction.
type session interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// A conn runs statements in a dialect, for one tenant.
type conn struct {
	session
	dialect Dialect
	tenant  string
}

// exec runs a statement whose first parameter is the tenant.
func (c conn) exec(ctx context.Context, statement string, args ...any) error {
	_, err := c.ExecContext(ctx, c.dialect.text(statement), append([]any{c.tenant}, args...)...)
	return refusal(ctx, err)
}

// list reads what a statement finds, whose first parameter is the tenant.
func list[T any](ctx context.Context, c conn, scan func(row func(...any) error) (T, error), statement string, args ...any) (found []T, err error) {
	rows, err := c.QueryContext(ctx, c.dialect.text(statement), append([]any{c.tenant}, args...)...)
	if err != nil {
		return nil, refusal(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, refusal(ctx, err)
		}
		found = append(found, v)
	}
	return found, refusal(ctx, rows.Err())
}

// refusal is the error of a statement. A driver may have an error of its own for a context that has ended.
func refusal(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}

// pageSize is how many rows a stream holds.
const pageSize = 500

// pages yields the rows of one page after another. Each is read by a statement of its own, from the last row of the
// one before, so that nothing is open while the loop runs.
func pages[T any](ctx context.Context, read func(last *T) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var last *T
		for {
			page, err := read(last)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(none, err)
				return
			}
			for i := range page {
				if err := ctx.Err(); err != nil {
					yield(none, err)
					return
				}
				if !yield(page[i], nil) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			last = &page[len(page)-1]
		}
	}
}

// conn is for reading.
func (s *Store) conn() conn {
	if s.tx != nil {
		return conn{s.tx, s.dialect, s.tenant}
	}
	return conn{s.db, s.dialect, s.tenant}
}

// write does something in a transaction, all of it or nothing. Where the caller has one, it is a part of that.
func (s *Store) write(ctx context.Context, do func(conn) error) (err error) {
	if s.tx != nil {
		return s.nested(ctx, do)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	own, err := s.db.Conn(ctx)
	if err != nil {
		return refusal(ctx, err)
	}
	defer own.Close()
	if _, err := own.ExecContext(ctx, s.dialect.begin()); err != nil {
		if ctx.Err() != nil {
			// It may have begun all the same. A connection on which it has not refuses this, and stays as it is.
			_, _ = own.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
		return fmt.Errorf("begin: %w", refusal(ctx, err))
	}
	done := false
	defer func() {
		if done {
			return
		}
		// Whatever became of the context. A connection that cannot be rolled back is not used again.
		if _, failed := own.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); failed != nil {
			_ = own.Raw(func(any) error { return driver.ErrBadConn })
		}
	}()
	if err := do(conn{own, s.dialect, s.tenant}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := own.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", refusal(ctx, err))
	}
	done = true
	return nil
}

func (s *Store) nested(ctx context.Context, do func(conn) error) error {
	c := s.conn()
	if _, err := c.ExecContext(ctx, "SAVEPOINT groups_write"); err != nil {
		return refusal(ctx, err)
	}
	err := do(c)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if _, failed := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK TO SAVEPOINT groups_write"); failed != nil {
			return fmt.Errorf("%w; roll back: %w", err, failed)
		}
	}
	if _, failed := c.ExecContext(context.WithoutCancel(ctx), "RELEASE SAVEPOINT groups_write"); failed != nil && err == nil {
		err = failed
	}
	return refusal(ctx, err)
}
