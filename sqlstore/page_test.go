package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// A counter is a driver that counts what another yields.
type counter struct {
	under  driver.Driver
	source string
	open   atomic.Int64 // results that are not closed
	most   atomic.Int64 // rows of one result
}

func (c *counter) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.under.Open(c.source)
	if err != nil {
		return nil, err
	}
	return &countedConn{conn, c}, nil
}

// Driver is the one beneath.
func (c *counter) Driver() driver.Driver { return c.under }

// countedConn passes on what this module asks of a connection.
type countedConn struct {
	driver.Conn
	of *counter
}

func (c *countedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	c.of.open.Add(1)
	return &countedRows{Rows: rows, of: c.of}, nil
}

func (c *countedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *countedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c *countedConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type countedRows struct {
	driver.Rows
	of *counter
	n  int64
}

func (r *countedRows) Next(into []driver.Value) error {
	err := r.Rows.Next(into)
	if err == nil {
		r.n++
	}
	return err
}

func (r *countedRows) Close() error {
	r.of.open.Add(-1)
	if r.n > r.of.most.Load() {
		r.of.most.Store(r.n)
	}
	return r.Rows.Close()
}

// holdsOnePage reads streams of many rows: no statement yields more than a page, and in the loop there is neither a
// result that is open nor a connection in use.
func holdsOnePage(t *testing.T, d database) {
	const page, many, some = 500, 5_000, 1_200
	source := d.empty(t)
	plain, err := sql.Open(d.driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	count := &counter{under: plain.Driver(), source: source}
	db := sql.OpenDB(count)
	defer db.Close()
	if err := sqlstore.Migrate(t.Context(), db, d.Dialect); err != nil {
		t.Fatal(err)
	}
	s := sqlstore.Open(db, d.Dialect, "acme")
	if err := s.Write(t.Context(), people(many)); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), crowd(many)); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), crowds(some)); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for name, read := range map[string]struct {
		stream iter.Seq[error]
		least  int
	}{
		"Users":       {errorsOf(s.Users(ctx)), many},
		"Units":       {errorsOf(s.Units(ctx)), many},
		"Reports":     {errorsOf(s.Reports(ctx, "boss")), many},
		"Groups":      {errorsOf(s.Groups(ctx)), some},
		"Standings":   {errorsOf(s.Standings(ctx, "crowd", "")), many},
		"StandingsOf": {errorsOf(s.StandingsOf(ctx, "everywhere")), some},
		"Members":     {errorsOf(s.Members(ctx, "crowd", "")), many},
		"Changes":     {errorsOf(s.Changes(ctx, "")), many},
		"Acts":        {errorsOf(s.Acts(ctx, "crowd", "")), many},
		"Notes":       {errorsOf(s.Notes(ctx, groups.NoteDraft, "")), many},
	} {
		count.most.Store(0)
		rows, open, used := 0, 0, 0
		for err := range read.stream {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			rows++
			open = max(open, int(count.open.Load()))
			used = max(used, db.Stats().InUse)
		}
		if most := count.most.Load(); rows < read.least || most == 0 || most > page {
			t.Errorf("%s: %d rows, of which one statement yields %d; want %d or more, and at most %d", name, rows, most, read.least, page)
		}
		if open > 0 || used > 0 {
			t.Errorf("%s: in the loop %d results are open and %d connections in use", name, open, used)
		}
	}
}

// errorsOf forgets the rows of a stream.
func errorsOf[T any](stream iter.Seq2[T, error]) iter.Seq[error] {
	return func(yield func(error) bool) {
		for _, err := range stream {
			if !yield(err) {
				return
			}
		}
	}
}

// people are so many users and units, and their boss.
func people(n int) groups.PeopleChange {
	c := groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": nil}}
	for i := range n {
		id := fmt.Sprintf("u%05d", i)
		c.Upsert = append(c.Upsert, groups.User{ID: groups.UserID(id), Manager: groups.ReportsTo("boss")})
		c.Trees["branch"] = append(c.Trees["branch"], groups.Unit{ID: id})
	}
	return c
}

// crowd creates a group of so many members, with a change, an act and a note each.
func crowd(n int) groups.Commit {
	var c groups.Commit
	w := groups.Write{Group: "crowd", Save: &groups.Group{ID: "crowd", Name: "crowd"}}
	for i := range n {
		id := groups.UserID(fmt.Sprintf("u%05d", i))
		w.Standings = append(w.Standings, groups.Standing{Group: "crowd", User: id, Population: groups.Manual, Member: groups.Manual})
		w.Changes = append(w.Changes, groups.Change{Group: "crowd", User: id, Kind: groups.Joined, After: groups.Manual, At: noon, ID: string(id)})
		c.Acts = append(c.Acts, groups.Act{Do: "assign", Group: "crowd", User: id, By: "root", At: noon})
		c.Notes = append(c.Notes, groups.Note{Kind: groups.NoteDraft, Group: "crowd", Key: string(id), By: "root", At: noon, Data: []byte("text")})
	}
	c.Writes = []groups.Write{w}
	return c
}

// crowds creates so many groups of one member.
func crowds(n int) groups.Commit {
	var c groups.Commit
	for i := range n {
		id := groups.GroupID(fmt.Sprintf("g%05d", i))
		c.Writes = append(c.Writes, groups.Write{Group: id, Save: &groups.Group{ID: id, Name: "group"}, Standings: []groups.Standing{
			{Group: id, User: "everywhere", Population: groups.Manual, Member: groups.Manual},
		}})
	}
	return c
}
