package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// assigns puts users into a group by an evaluator, without end, and says each once the Store has acknowledged it.
func assigns(name string) error {
	_, store, err := opened()
	if err != nil {
		return err
	}
	ctx := context.Background()
	ev := groups.NewEvaluator(store, store, nil)
	for n := 0; ; n++ {
		user := groups.UserID(fmt.Sprintf("%s-%04d", name, n))
		err := store.Write(ctx, groups.PeopleChange{Upsert: []groups.User{{ID: user, Activation: groups.Activated}}})
		for again := err == nil; again; again = errors.Is(err, groups.ErrConflict) { // the other one was faster, many times
			_, err = ev.Assign(ctx, "g", groups.Decision{By: "root"}, user)
		}
		if err != nil {
			return err
		}
		say("acknowledged", user)
	}
}

// survives has two processes write at a time, and kills them wherever they are: both of them, or one and the server that
// the other writes to. Then it looks at what is left.
func survives(t *testing.T, d database, rounds int, s *server) string {
	source := d.empty(t)
	db, err := sql.Open(d.driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store := sqlstore.Open(db, d.Dialect, "acme")
	if err := errors.Join(sqlstore.Migrate(t.Context(), db, d.Dialect), create(t.Context(), store, map[groups.GroupID][]groups.UserID{"g": nil})); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for round := range rounds {
		one, other := begin(t, "assign", d.driver, source, fmt.Sprintf("r%04da", round)), begin(t, "assign", d.driver, source, fmt.Sprintf("r%04db", round))
		// After some acknowledgements, which is anywhere in the next write.
		said := append(one.until("acknowledged", 1+round%4), other.until("acknowledged", 1+(round+3)%4)...)
		said = append(said, one.kill(t)...)
		if s != nil {
			s.crash(t, round%2 == 0)
		}
		said = append(said, other.kill(t)...)
		those := those(said, "acknowledged")
		if len(those) < 2 {
			t.Fatalf("the processes ended by themselves: %s %s", &one.errors, &other.errors)
		}
		acknowledged = append(acknowledged, those...)
	}
	killed := counted(2*rounds, "process", "processes") + " killed"
	if s != nil {
		killed = fmt.Sprintf("%s and %s killed", counted(rounds, "process", "processes"), counted(rounds, "server", "servers"))
	}
	_ = db.Close() // its connections are those of before
	if db, err = sql.Open(d.driver, source); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store = sqlstore.Open(db, d.Dialect, "acme")
	members := replays(t, store, "g")
	for _, u := range acknowledged {
		if members[groups.UserID(u)] == groups.Outside {
			t.Errorf("%s was acknowledged, and is lost", u)
		}
	}
	sound(t, d, db)
	return fmt.Sprintf("%s, %s acknowledged: 0 lost, 0 doubled, and the feed gives the %s", killed,
		counted(len(acknowledged), "commit", "commits"), counted(len(members), "membership", "memberships"))
}

// replays checks that the feed gives the membership, and that neither has anything twice, and returns the membership.
func replays(t *testing.T, s *sqlstore.Store, group groups.GroupID) map[groups.UserID]groups.Method {
	t.Helper()
	members, replayed, ids := map[groups.UserID]groups.Method{}, map[groups.UserID]groups.Method{}, map[string]bool{}
	for m, err := range s.Members(t.Context(), group, "") {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := members[m.User]; twice {
			t.Errorf("%s is a member of %s twice", m.User, group)
		}
		members[m.User] = m.Method
	}
	for c, err := range s.Changes(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if ids[c.ID] {
			t.Errorf("the feed has %+v again", c)
		}
		ids[c.ID] = true
		if c.Group != group {
			continue
		}
		if replayed[c.User] != c.Before {
			t.Errorf("%s was %v in %s before %+v", c.User, replayed[c.User], group, c)
		}
		if replayed[c.User] = c.After; c.After == groups.Outside {
			delete(replayed, c.User)
		}
	}
	for u := range replayed {
		if replayed[u] != members[u] {
			t.Errorf("%s is %v in %s, the feed says %v", u, members[u], group, replayed[u])
		}
	}
	for u := range members {
		if replayed[u] == groups.Outside {
			t.Errorf("%s is in %s, of which the feed does not tell", u, group)
		}
	}
	return members
}

// sound has SQLite look whether its file is whole.
func sound(t *testing.T, d database, db *sql.DB) {
	t.Helper()
	if d.Dialect != sqlstore.SQLite {
		return
	}
	var said string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
		t.Errorf("integrity: %q, %v", said, err)
	}
}
