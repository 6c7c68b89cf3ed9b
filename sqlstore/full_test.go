package sqlstore_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// A shortage is a database that cannot be written for a while.
type shortage struct {
	name string
	// begin makes the database at the source unwritable, or nearly, and returns the source by which it is so, and how
	// to end that, with the source by which it can be written again.
	begin func(t *testing.T, d database, source string) (unwritable string, end func() (source string))
	says  string // what the error must
	empty func(t *testing.T) string
}

// everything is all that is stored, line by line.
func everything(t *testing.T, s *sqlstore.Store) (all []string) {
	t.Helper()
	var ids []groups.GroupID
	for g, err := range s.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, g.ID)
		all = append(all, fmt.Sprintf("%+v", g.State))
	}
	err := errors.Join(spelt(&all, s.Users(t.Context())), spelt(&all, s.Groups(t.Context())), spelt(&all, s.Changes(t.Context(), "")),
		spelt(&all, s.Acts(t.Context(), "", "")), spelt(&all, s.Notes(t.Context(), groups.NoteVersion, "")))
	for _, id := range ids {
		err = errors.Join(err, spelt(&all, s.Standings(t.Context(), id, "")), spelt(&all, s.Members(t.Context(), id, "")))
	}
	if err != nil {
		t.Fatalf("what cannot be written can be read: %v", err)
	}
	return all
}

func spelt[T any](into *[]string, stream iter.Seq2[T, error]) error {
	for row, err := range stream {
		if err != nil {
			return err
		}
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		*into = append(*into, string(text))
	}
	return nil
}

// isClear fills a database until it can take no more, or finds that it takes nothing. What does not fit is refused with
// an error that says so, nothing of it is there, and all else can be read. Once there is room all of it is done.
func (lack shortage) isClear(t *testing.T, d database) (acts, refused int) {
	source := lack.empty(t)
	open := func(source string) (*sql.DB, *sqlstore.Store, *groups.Evaluator) {
		db, err := sql.Open(d.driver, source)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		s := sqlstore.Open(db, d.Dialect, "acme")
		return db, s, groups.NewEvaluator(s, s, at(noon))
	}
	db, store, ev := open(source)
	if err := sqlstore.Migrate(t.Context(), db, d.Dialect); err != nil {
		t.Fatal(err)
	}
	build(t, d, db, store)
	if err := store.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{resident("ada", "Rome", 9, true), resident("bob", "Oslo", 9, true)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	unwritable, end := lack.begin(t, d, source)
	_, store, ev = open(unwritable)

	var noise strings.Builder // which does not compress
	for draw := rand.New(rand.NewPCG(*seed, 5)); noise.Len() < 4000; {
		fmt.Fprintf(&noise, "%x", draw.Uint64())
	}
	long := noise.String()
	does := []func(s *sqlstore.Store, ev *groups.Evaluator, n int) error{
		func(s *sqlstore.Store, _ *groups.Evaluator, n int) error {
			var people []groups.User
			for i := range 100 {
				u := resident(groups.UserID(fmt.Sprintf("u%04d-%02d", n, i)), "Rome", 9, true)
				u.Fields["name"] = groups.Text(long)
				people = append(people, u)
			}
			return s.Write(t.Context(), groups.PeopleChange{Upsert: people})
		},
		func(_ *sqlstore.Store, ev *groups.Evaluator, _ int) error {
			_, err := ev.Process(t.Context())
			return err
		},
		func(s *sqlstore.Store, ev *groups.Evaluator, n int) error {
			g := campus()[0]
			g.ID, g.Description = groups.GroupID(fmt.Sprintf("g%04d", n)), long
			_, err := ev.Save(t.Context(), g, "root")
			return err
		},
		func(_ *sqlstore.Store, ev *groups.Evaluator, n int) error {
			_, err := ev.Assign(t.Context(), "hourly", groups.Decision{By: "root", Why: long}, groups.UserID(fmt.Sprintf("v%04d", n)))
			return err
		},
	}
	for ; refused < 5; acts++ {
		before := everything(t, store)
		err := does[acts%len(does)](store, ev, acts)
		if err == nil {
			continue
		}
		refused++
		if text := err.Error(); !strings.Contains(text, lack.says) || strings.HasPrefix(text, lack.says) || strings.HasPrefix(text, "ERROR") {
			t.Fatalf("act %d: %q does not say what could not be done, and why: %q", acts, err, lack.says)
		}
		if after := everything(t, store); !slices.Equal(before, after) {
			t.Fatalf("act %d failed, and something is written: %s", acts, cmp.Diff(before, after))
		}
	}
	_, store, ev = open(end())
	for i, do := range does {
		if err := do(store, ev, 9000+i); err != nil {
			t.Errorf("once it can be written: %v", err)
		}
	}
	for _, g := range campus() {
		replays(t, store, g.ID)
	}
	return acts, refused
}

// areClear tries all shortages.
func areClear(t *testing.T, d database, lacks []shortage) string {
	var counts []string
	for _, lack := range lacks {
		t.Run(lack.name, func(t *testing.T) {
			acts, refused := lack.isClear(t, d)
			counts = append(counts, fmt.Sprintf("%s: %d acts, %d refused", lack.name, acts, refused))
		})
	}
	return strings.Join(counts, "; ")
}

// liteLacks are how SQLite may be unwritable; a full disk is one where the tests may mount it.
func liteLacks(t *testing.T, d database) []shortage {
	lacks := []shortage{
		{"read-only", func(t *testing.T, _ database, source string) (string, func() string) {
			return source + "&mode=ro", func() string { return source }
		}, "readonly", d.empty},
		{"as large as it may be", func(t *testing.T, d database, source string) (string, func() string) {
			return source + "&_pragma=max_page_count(90)", func() string { return source }
		}, "database or disk is full", d.empty},
	}
	if resize, dir := disk(t, "400k"); dir != "" {
		lacks = append(lacks, shortage{"a full disk", func(t *testing.T, d database, source string) (string, func() string) {
			return source, func() string { resize("4m"); return source }
		}, "database or disk is full", func(*testing.T) string { return lasting(dir) }})
	}
	return lacks
}

// postgresLacks likewise.
func postgresLacks(t *testing.T, d database, s *server) []shortage {
	lacks := []shortage{{"read-only", func(t *testing.T, _ database, source string) (string, func() string) {
		return source + " default_transaction_read_only=on", func() string { return source }
	}, "read-only", d.empty}}
	if resize, dir := disk(t, "12m"); dir != "" {
		lacks = append(lacks, shortage{"a full disk", func(t *testing.T, d database, source string) (string, func() string) {
			return source, func() string { resize("64m"); return source }
		}, "space", func(t *testing.T) string { return s.createIn(t, dir) }})
	}
	return lacks
}

// createIn makes a new database whose files are in a folder.
func (s *server) createIn(t *testing.T, dir string) (source string) {
	t.Helper()
	db, err := sql.Open("pgx", s.source("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	space := filepath.Join(dir, "space")
	if err := s.try("mkdir", space); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"CREATE TABLESPACE small LOCATION '" + space + "'", "CREATE DATABASE small TABLESPACE small"} {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return s.source("small")
}

// disk mounts a small one, which takes the right to; without it the folder is blank, and the test says so.
func disk(t *testing.T, size string) (resize func(size string), dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "disk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	mount := func(options string) error {
		out, err := exec.Command("mount", "-t", "tmpfs", "-o", options+",mode=777", "tmpfs", dir).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return err
	}
	if err := mount("size=" + size); err != nil {
		t.Logf("no full disk is tried: %v", err)
		return nil, ""
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return func(size string) {
		if err := mount("remount,size=" + size); err != nil {
			t.Error(err)
		}
	}, dir
}
