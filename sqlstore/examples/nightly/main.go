// Nightly is a host with groups that are processed at night, by two processes that share a database and the work: each
// asks which groups are due, claims some that no other has, processes and releases them. Whatever they do at once, every
// group is processed once a night, and every change stands in the feed once. The clock is told here; a host has cron
// start its workers at the instant that Due names.
//
// Started without a role the program is the test of itself: it sets up a tenant, and for each of two nights starts two
// workers, which are this program in a role of theirs.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// What a worker is told by its environment: its database, and the clock.
const fileOf, clockOf = "NIGHTLY_FILE", "NIGHTLY_CLOCK"

const city groups.TextField = "city"

// A tenant is what both kinds of process work on.
type tenant struct {
	db    *sql.DB
	store *sqlstore.Store
	ev    *groups.Evaluator
	now   time.Time
}

func open(file string, now time.Time) (*tenant, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err != nil {
		return nil, err
	}
	store := sqlstore.Open(db, sqlstore.SQLite, "acme")
	t := &tenant{db: db, store: store, now: now}
	t.ev = groups.NewEvaluator(store, store, &groups.Options{Now: func() time.Time { return t.now }})
	return t, nil
}

// work is one night of one worker: it goes on until nothing is due, or others have what is.
func (t *tenant) work(ctx context.Context) error {
	for {
		due, _, err := t.ev.Due(ctx)
		if err != nil {
			return err
		}
		// A claim lasts for as long as the work may take. That of a worker that dies ends by itself.
		claims, err := t.store.ClaimGroups(ctx, due, t.now, t.now.Add(10*time.Minute), 1)
		if err != nil || len(claims) == 0 {
			return err
		}
		for _, claim := range claims {
			// It was due when it was claimed; the worker before may have processed it meanwhile.
			if g, err := t.store.Group(ctx, claim.Group); err != nil {
				return err
			} else if !g.State.Processed.Equal(t.now) {
				if _, err := t.ev.Process(ctx, claim.Group); err != nil {
					return err
				}
			}
			if err := t.store.Acknowledge(ctx, claim); err != nil {
				return err
			}
		}
	}
}

func main() {
	ctx := context.Background()
	if file := os.Getenv(fileOf); file != "" {
		now, err := time.Parse(time.RFC3339, os.Getenv(clockOf))
		check(err)
		t, err := open(file, now)
		check(err)
		check(t.work(ctx))
		check(t.db.Close())
		return
	}
	folder, err := os.MkdirTemp("", "nightly")
	check(err)
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "groups.db")
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	t, err := open(file, noon)
	check(err)
	defer t.db.Close()
	check(t.setUp(ctx))

	told := ""
	for night := range 2 {
		_, next, err := t.ev.Due(ctx)
		check(err)
		fmt.Printf("night %d, %s\n", night+1, next.Format(time.DateTime))
		check(together(file, next, 2))
		var moves []string // by group: which worker is first is not told
		for c, err := range t.store.Changes(ctx, told) {
			check(err)
			moves = append(moves, fmt.Sprintf("  %s: %s %s", c.Group, c.User, c.Kind))
			told = c.Cursor
		}
		slices.Sort(moves)
		fmt.Println(strings.Join(moves, "\n"))
		for g, err := range t.store.Groups(ctx) {
			check(err)
			fmt.Printf("  %s: %d members as of %s\n", g.ID, g.State.Members, g.State.Processed.Format(time.DateTime))
		}
		t.now = next.Add(time.Hour)
		// The next day one of them moves. Nobody is told until the night.
		check(t.store.Write(ctx, groups.PeopleChange{Upsert: []groups.User{person("u1", "Oslo")}}))
	}
}

// together starts workers that work at once, and waits for all of them.
func together(file string, now time.Time, n int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	workers := make([]*exec.Cmd, n)
	for i := range workers {
		c := exec.Command(self)
		c.Env = append(os.Environ(), fileOf+"="+file, clockOf+"="+now.Format(time.RFC3339))
		c.Stderr = os.Stderr
		if workers[i] = c; c.Start() != nil {
			return fmt.Errorf("worker %d does not start", i)
		}
	}
	for _, c := range workers {
		if err := c.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func person(id groups.UserID, in string) groups.User {
	return groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text(in)}}
}

// setUp has two people and two groups, processed at two at night.
func (t *tenant) setUp(ctx context.Context) error {
	if err := sqlstore.Migrate(ctx, t.db, sqlstore.SQLite); err != nil {
		return err
	}
	err := t.store.Write(ctx, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "city", Type: groups.TypeText}}},
		Upsert: []groups.User{person("u1", "Berlin"), person("u2", "Oslo")},
	})
	for _, in := range []string{"Berlin", "Oslo"} {
		if err == nil {
			_, err = t.ev.Save(ctx, groups.Group{
				ID: groups.GroupID("in-" + in), Name: in, Kind: groups.AutomaticGroup, Status: groups.Active,
				Schedule: groups.Schedule{Every: 24 * time.Hour, Shift: 2 * time.Hour}, Criteria: groups.AnySets(groups.All(city.Is(in))),
			}, "root")
		}
	}
	return err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
