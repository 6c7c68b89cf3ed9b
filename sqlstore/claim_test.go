package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// tell writes a change about each user.
func tell(ctx context.Context, s *sqlstore.Store, users ...groups.UserID) error {
	g, err := s.Group(ctx, "g")
	if err != nil {
		return err
	}
	w := groups.Write{Group: "g", Revision: g.Revision}
	for _, u := range users {
		w.Changes = append(w.Changes, groups.Change{Group: "g", User: u, Kind: groups.Joined, After: groups.Manual, At: noon, ID: "id of " + string(u)})
	}
	return s.Apply(ctx, groups.Commit{Writes: []groups.Write{w}})
}

// told are the users of changes.
func told(changes []groups.Change) (users []groups.UserID) {
	for _, c := range changes {
		users = append(users, c.User)
	}
	return users
}

// worker claims changes for "mail".
func worker(t *testing.T, s *sqlstore.Store, now time.Time, n int) *sqlstore.Claim {
	t.Helper()
	claim, err := s.ClaimChanges(t.Context(), "mail", now, now.Add(time.Minute), n)
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

func sharesTheFeed(t *testing.T, d database) {
	s := sqlstore.Open(d.tables(t), d.Dialect, "acme")
	if err := create(t.Context(), s, map[groups.GroupID][]groups.UserID{"g": nil}); err != nil {
		t.Fatal(err)
	}
	if claim := worker(t, s, noon, 9); claim != nil {
		t.Fatalf("of an empty feed %v was claimed", told(claim.Changes))
	}
	if err := tell(t.Context(), s, "ada", "bob", "cid"); err != nil {
		t.Fatal(err)
	}
	first := worker(t, s, noon, 2)
	if diff := cmp.Diff(told(first.Changes), []groups.UserID{"ada", "bob"}); diff != "" {
		t.Fatal(diff)
	}
	if other := worker(t, s, noon.Add(59*time.Second), 2); other != nil {
		t.Fatalf("another worker has %v at the same time", told(other.Changes))
	}
	if claim, err := s.ClaimChanges(t.Context(), "badges", noon, noon.Add(time.Minute), 9); err != nil || len(claim.Changes) != 3 {
		t.Fatalf("a consumer of another name has %v, %v", claim, err)
	}
	// The first worker is killed.
	second := worker(t, s, noon.Add(time.Minute), 2)
	if diff := cmp.Diff(told(second.Changes), []groups.UserID{"ada", "bob"}); diff != "" {
		t.Fatalf("the share of a killed worker: %s", diff)
	}
	if err := s.Acknowledge(t.Context(), first); !errors.Is(err, sqlstore.ErrClaim) {
		t.Errorf("a claim that was over is acknowledged: %v", err)
	}
	if err := s.Acknowledge(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if err := s.Acknowledge(t.Context(), first); !errors.Is(err, sqlstore.ErrClaim) && err != nil {
		t.Errorf("a claim that was over, once what it was for is free: %v", err)
	}
	if third := worker(t, s, noon.Add(time.Minute), 2); !slices.Equal(told(third.Changes), []groups.UserID{"cid"}) {
		t.Errorf("after the acknowledgement %v", told(third.Changes))
	}
}

func claimsGroups(t *testing.T, d database) {
	s := sqlstore.Open(d.tables(t), d.Dialect, "acme")
	due := []groups.GroupID{"a", "b", "c"}
	claim := func(now time.Time, n int) (taken []groups.GroupID, claims []*sqlstore.Claim) {
		t.Helper()
		claims, err := s.ClaimGroups(t.Context(), due, now, now.Add(time.Minute), n)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			taken = append(taken, c.Group)
		}
		return taken, claims
	}
	first, claims := claim(noon, 2)
	second, _ := claim(noon, 2)
	if diff := cmp.Diff([][]groups.GroupID{first, second}, [][]groups.GroupID{{"a", "b"}, {"c"}}); diff != "" {
		t.Fatal(diff)
	}
	if err := s.Acknowledge(t.Context(), claims[0]); err != nil {
		t.Fatal(err)
	}
	third, _ := claim(noon.Add(time.Second), 9)
	if diff := cmp.Diff(third, []groups.GroupID{"a"}); diff != "" {
		t.Errorf("once one is released: %s", diff)
	}
	fourth, _ := claim(noon.Add(time.Minute), 9)
	if diff := cmp.Diff(fourth, []groups.GroupID{"b", "c"}); diff != "" {
		t.Errorf("the share of killed workers: %s", diff)
	}
}

// readsInTheOrderOfCommits has a transaction write to the feed and stay open while another writes. A reader who has seen
// the change of the one that was committed first never misses that of the other.
func readsInTheOrderOfCommits(t *testing.T, d database) {
	open := d.opener(t)
	if err := sqlstore.Migrate(t.Context(), open(), d.Dialect); err != nil {
		t.Fatal(err)
	}
	db := open()
	s := sqlstore.Open(db, d.Dialect, "acme")
	if err := create(t.Context(), s, map[groups.GroupID][]groups.UserID{"g": nil}); err != nil {
		t.Fatal(err)
	}
	slow, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tell(t.Context(), s.In(slow), "slow"); err != nil {
		t.Fatal(err)
	}
	fast := make(chan error)
	other := sqlstore.Open(open(), d.Dialect, "acme")
	go func() { fast <- tell(context.Background(), other, "fast") }()
	read := func(after string) (users []groups.UserID, cursor string) {
		t.Helper()
		for c, err := range sqlstore.Open(db, d.Dialect, "acme").Changes(t.Context(), after) {
			if err != nil {
				t.Fatal(err)
			}
			users, cursor = append(users, c.User), c.Cursor
		}
		return users, cursor
	}
	early, cursor := read("")
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-fast; err != nil {
		t.Fatal(err)
	}
	late, _ := read(cursor)
	if got := append(early, late...); len(got) != 2 || !slices.Contains(got, "slow") || !slices.Contains(got, "fast") {
		t.Errorf("a reader saw %v and then %v", early, late)
	}
}

func appliesOnce(t *testing.T, d database) {
	db := d.tables(t)
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE mails (address TEXT)"); err != nil {
		t.Fatal(err)
	}
	change := groups.Change{Group: "g", User: "ada", ID: "1"}
	deliver := func(consumer string, change groups.Change, fail bool) (applied bool, err error) {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		applied, err = sqlstore.ApplyOnce(t.Context(), tx, d.Dialect, consumer, change, func() error {
			if _, err := tx.ExecContext(t.Context(), "INSERT INTO mails VALUES ('ada')"); err != nil || fail {
				return errors.Join(err, errors.New("the mail server is down"))
			}
			return nil
		})
		if err != nil {
			return applied, err
		}
		return applied, tx.Commit()
	}
	mails := func() (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM mails").Scan(&n); err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
		return n
	}
	for i, c := range []struct {
		consumer      string
		change        groups.Change
		fail, applied bool
		mails         int
		why           string
	}{
		{"mail", change, true, true, 0, "what failed is not done"},
		{"mail", change, false, true, 1, "nor noted as done"},
		{"mail", change, false, false, 1, "delivered again"},
		{"badges", change, false, true, 2, "another consumer"},
		{"mail", groups.Change{ID: "2"}, false, true, 3, "another change"},
	} {
		applied, err := deliver(c.consumer, c.change, c.fail)
		if applied != c.applied || (err != nil) != c.fail || mails() != c.mails {
			t.Errorf("%d, %s: applied %v, %v, %d mails", i, c.why, applied, err, mails())
		}
	}
}

func workersShareTheFeed(t *testing.T, d database) {
	open := d.opener(t)
	if err := sqlstore.Migrate(t.Context(), open(), d.Dialect); err != nil {
		t.Fatal(err)
	}
	s := sqlstore.Open(open(), d.Dialect, "acme")
	if err := create(t.Context(), s, map[groups.GroupID][]groups.UserID{"g": nil}); err != nil {
		t.Fatal(err)
	}
	var want []groups.UserID
	for n := range 60 {
		want = append(want, groups.UserID(fmt.Sprintf("u%03d", n)))
	}
	if err := tell(t.Context(), s, want...); err != nil {
		t.Fatal(err)
	}
	// They work one behind the other, whoever is first.
	done := make(chan []groups.UserID, 100)
	errs := make(chan error, 4)
	for range 4 {
		s := sqlstore.Open(open(), d.Dialect, "acme")
		go func() {
			for n := 0; n < 40; n++ {
				claim, err := s.ClaimChanges(context.Background(), "mail", noon, noon.Add(time.Minute), 7)
				if err == nil && claim != nil {
					done <- told(claim.Changes)
					err = s.Acknowledge(context.Background(), claim)
				}
				if err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	var got []groups.UserID
	for users := range done {
		got = append(got, users...)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}
