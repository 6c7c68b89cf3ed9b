package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
	"github.com/grouprules/groups/storetest"
)

// A database is where the laws are tried.
type database struct {
	sqlstore.Dialect
	driver string
	// empty is the source of data of a new one, without tables.
	empty func(t *testing.T) (source string)
}

// opener opens pools of one new database.
func (d database) opener(t *testing.T) func() *sql.DB {
	source := d.empty(t)
	return func() *sql.DB {
		db, err := sql.Open(d.driver, source)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(20)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
}

// tables is a new one, with the tables.
func (d database) tables(t *testing.T) *sql.DB {
	t.Helper()
	db := d.opener(t)()
	if err := sqlstore.Migrate(context.Background(), db, d.Dialect); err != nil {
		t.Fatal(err)
	}
	return db
}

// laws are what is promised of every database.
var laws = []struct {
	name  string
	holds func(*testing.T, database)
}{
	{"it keeps the contracts beside another tenant", keepsContracts},
	{"an evaluator lives as on Memory", livesAsOnMemory},
	{"histories at a desk end as the pages say", servesADesk},
	{"what is written in a transaction of the caller's ends with it", endsWithTheTransaction},
	{"a refused write leaves the caller's transaction as it was", leavesTheTransaction},
	{"processes that migrate at once wait for each other", migratesOnce},
	{"the view of memberships has the members and nobody else", showsMembers},
	{"many writers lose nothing and double nothing", losesNothing},
	{"a stream holds one page, and nothing is open while it is read", holdsOnePage},
	{"the feed is read in the order of commits", readsInTheOrderOfCommits},
	{"workers of one name share the feed, and the share of a killed one is done again", sharesTheFeed},
	{"many workers see each change once and in order", workersShareTheFeed},
	{"a group is claimed by one worker", claimsGroups},
	{"a change is applied once", appliesOnce},
	{"evaluators see each other's writes at once, in one process and in two", seesTheOthers},
	{"what pages and looks up goes by an index", readsByIndex},
	{"SQL and Go agree on the conformance vectors", agreesOnVectors},
	{"columns of a host find whom Go finds, or are refused by name", asksColumns},
	{"an operand may be larger than the column", asksBeyondTheColumn},
	{"SQL and Go agree at the edges of values", agreesAtTheEdges},
	{"SQL and Go agree at the limits of criteria", runsAtTheLimits},
	{"every operator is asked where the table says", asksWhereTheTableSays},
	{"no statement says anything of a rule", saysNothingOfTheRule},
	{"whom no table knows is asked about in Go until the next write", refiles},
	{"a query made before texts compared in another form is refused", refusesStaleQueries},
}

func sqlite() database {
	return database{sqlstore.SQLite, "sqlite", func(t *testing.T) string {
		return "file:" + filepath.Join(t.TempDir(), "groups.db") + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(wal)&_pragma=synchronous(off)"
	}}
}

func TestOnSQLite(t *testing.T) {
	d := sqlite()
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) { l.holds(t, d) })
	}
	t.Run("SQL and Go agree on 20,000 rules", func(t *testing.T) { agreesInWorlds(200, 100)(t, d) })
}

func TestOnPostgres(t *testing.T) {
	server := startServer(t)
	d := database{sqlstore.Postgres, "pgx", server.create}
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) { l.holds(t, d) })
	}
	t.Run("SQL and Go agree on 1,000 rules", func(t *testing.T) { agreesInWorlds(20, 50)(t, d) })
}

func keepsContracts(t *testing.T, d database) {
	db := d.tables(t)
	storetest.Run(t, func(_ *testing.T, tenant string) storetest.Tenant {
		s := sqlstore.Open(db, d.Dialect, tenant)
		return storetest.Tenant{Store: s, Directory: s, People: s}
	}, nil)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// create makes groups with these members.
func create(ctx context.Context, s *sqlstore.Store, members map[groups.GroupID][]groups.UserID) error {
	for id, users := range members {
		w := groups.Write{Group: id, Save: &groups.Group{ID: id, Name: "group", Status: groups.Active}}
		for _, u := range users {
			w.Standings = append(w.Standings, groups.Standing{
				Group: id, User: u, Population: groups.Manual, Member: groups.Manual, Assignment: &groups.Assignment{By: "root", At: noon},
			})
		}
		if err := s.Apply(ctx, groups.Commit{Writes: []groups.Write{w}}); err != nil {
			return err
		}
	}
	return nil
}

func ids(t *testing.T, s *sqlstore.Store) (all []groups.GroupID) {
	t.Helper()
	for g, err := range s.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, g.ID)
	}
	return all
}

func endsWithTheTransaction(t *testing.T, d database) {
	db := d.tables(t)
	s := sqlstore.Open(db, d.Dialect, "acme")
	for _, end := range []struct {
		how  func(*sql.Tx) error
		want []groups.GroupID
	}{
		{(*sql.Tx).Rollback, nil},
		{(*sql.Tx).Commit, []groups.GroupID{"a"}},
	} {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		in := s.In(tx)
		if err := create(t.Context(), in, map[groups.GroupID][]groups.UserID{"a": {"ada"}}); err != nil {
			t.Fatal(err)
		}
		if err := in.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: "ada"}}}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ids(t, in), []groups.GroupID{"a"}); diff != "" {
			t.Errorf("within the transaction: %s", diff)
		}
		if diff := cmp.Diff(ids(t, s), []groups.GroupID(nil)); diff != "" {
			t.Errorf("outside before it ended: %s", diff)
		}
		if err := end.how(tx); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ids(t, s), end.want); diff != "" {
			t.Errorf("after it ended: %s", diff)
		}
		if _, err := s.User(t.Context(), "ada"); (err == nil) != (end.want != nil) {
			t.Errorf("User after it ended: %v", err)
		}
	}
}

func leavesTheTransaction(t *testing.T, d database) {
	db := d.tables(t)
	s := sqlstore.Open(db, d.Dialect, "acme")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	in := s.In(tx)
	if err := create(t.Context(), in, map[groups.GroupID][]groups.UserID{"a": {"ada"}}); err != nil {
		t.Fatal(err)
	}
	two := groups.Commit{Writes: []groups.Write{
		{Group: "b", Save: &groups.Group{ID: "b"}},
		{Group: "a", Revision: 7, Save: &groups.Group{ID: "a"}},
	}}
	if err := in.Apply(t.Context(), two); !errors.Is(err, groups.ErrConflict) {
		t.Fatalf("Apply from an old revision: %v", err)
	}
	if err := create(t.Context(), in, map[groups.GroupID][]groups.UserID{"c": nil}); err != nil {
		t.Fatalf("the transaction is not usable any more: %v", err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids(t, s), []groups.GroupID{"a", "c"}); diff != "" {
		t.Error(diff)
	}
}

func migratesOnce(t *testing.T, d database) {
	open := d.opener(t)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		db := open() // a process has a pool of its own
		wait.Go(func() { errs[i] = sqlstore.Migrate(context.Background(), db, d.Dialect) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	s := sqlstore.Open(open(), d.Dialect, "acme")
	if err := create(t.Context(), s, map[groups.GroupID][]groups.UserID{"a": nil}); err != nil {
		t.Fatal(err)
	}
	if err := sqlstore.Migrate(t.Context(), open(), d.Dialect); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids(t, s), []groups.GroupID{"a"}); diff != "" {
		t.Errorf("after it was migrated again: %s", diff)
	}
}

func showsMembers(t *testing.T, d database) {
	db := d.tables(t)
	s := sqlstore.Open(db, d.Dialect, "acme")
	if err := create(t.Context(), s, map[groups.GroupID][]groups.UserID{"a": {"ada", "bob"}}); err != nil {
		t.Fatal(err)
	}
	err := s.Apply(t.Context(), groups.Commit{Writes: []groups.Write{{Group: "a", Revision: 1, Standings: []groups.Standing{
		{Group: "a", User: "bob", Automatic: true, Population: groups.Manual}, // in, and without effect
		{Group: "a", User: "cid", Automatic: true, Population: groups.Automatic, Member: groups.Automatic},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT group_id, user_id, method FROM groups_membership WHERE tenant = 'acme' ORDER BY user_id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got [][3]string
	for rows.Next() {
		var r [3]string
		if err := rows.Scan(&r[0], &r[1], &r[2]); err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, [][3]string{{"a", "ada", "manual"}, {"a", "cid", "automatic"}}); diff != "" {
		t.Error(diff)
	}
}

// losesNothing has writers of several pools each add changes to a group of its own and repeat what lost a race for one
// that they share. The feed has every change once, and each writer's in their order; the shared group counts them all.
func losesNothing(t *testing.T, d database) {
	const writers, writes = 6, 15
	open := d.opener(t)
	if err := sqlstore.Migrate(t.Context(), open(), d.Dialect); err != nil {
		t.Fatal(err)
	}
	first := sqlstore.Open(open(), d.Dialect, "acme")
	if err := create(t.Context(), first, map[groups.GroupID][]groups.UserID{"shared": nil}); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	errs := make([]error, writers)
	for w := range writers {
		s := sqlstore.Open(open(), d.Dialect, "acme")
		wait.Go(func() {
			for n := 0; n < writes && errs[w] == nil; {
				g, err := s.Group(context.Background(), "shared")
				if err != nil {
					errs[w] = err
					return
				}
				user := groups.UserID(fmt.Sprintf("u%d-%03d", w, n))
				err = s.Apply(context.Background(), groups.Commit{Writes: []groups.Write{{
					Group: "shared", Revision: g.Revision, Was: &g.State,
					Standings: []groups.Standing{{Group: "shared", User: user, Population: groups.Manual, Member: groups.Manual}},
					Changes:   []groups.Change{{Group: "shared", User: user, Kind: groups.Joined, After: groups.Manual, At: noon, ID: string(user)}},
				}}})
				switch {
				case err == nil:
					n++
				case !errors.Is(err, groups.ErrConflict):
					errs[w] = err
				}
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	next := map[byte]int{}
	total := 0
	for c, err := range first.Changes(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		w := c.User[1]
		if want := groups.UserID(fmt.Sprintf("u%c-%03d", w, next[w])); c.User != want {
			t.Fatalf("the feed has %s, want %s", c.User, want)
		}
		next[w]++
		total++
	}
	g, err := first.Group(t.Context(), "shared")
	if err != nil {
		t.Fatal(err)
	}
	if total != writers*writes || g.State.Sequence != writers*writes {
		t.Errorf("%d changes and sequence %d of %d writes", total, g.State.Sequence, writers*writes)
	}
}
