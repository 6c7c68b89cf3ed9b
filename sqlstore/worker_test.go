package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

const (
	city   groups.TextField   = "city"
	serial groups.NumberField = "serial"
)

// cities are where people may be.
var cities = []string{"Rome", "Oslo", "Lima"}

// campus are groups of all kinds that follow the people: by a rule, by another group, by a schedule.
func campus() []groups.Group {
	group := func(id groups.GroupID, conditions ...groups.Condition) groups.Group {
		return groups.Group{
			ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Deactivated: groups.DropAutomatic,
			Criteria: groups.AllSets(groups.All(conditions...)),
		}
	}
	hourly := group("hourly", city.IsNot("Rome"))
	hourly.Schedule = groups.Schedule{Every: time.Hour}
	return []groups.Group{group("romans", city.Is("Rome")), group("readers", groups.MemberOfAny("romans"), serial.Greater(3)), hourly}
}

// resident is a user in a city, changed so many times.
func resident(id groups.UserID, in string, times int, active bool) groups.User {
	u := groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text(in), "serial": groups.Number(float64(times))}}
	if !active {
		u.Activation = groups.Deactivated
	}
	return u
}

// build makes the campus, and the table of a consumer of its feed.
func build(t *testing.T, d database, db *sql.DB, store *sqlstore.Store) {
	t.Helper()
	err := store.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{
		{Name: "city", Type: groups.TypeText}, {Name: "serial", Type: groups.TypeNumber},
	}}})
	ev := groups.NewEvaluator(store, store, at(noon))
	for _, g := range campus() {
		if err == nil {
			_, err = ev.Save(t.Context(), g, "root")
		}
	}
	number := map[sqlstore.Dialect]string{sqlstore.SQLite: "INTEGER PRIMARY KEY AUTOINCREMENT", sqlstore.Postgres: "BIGSERIAL PRIMARY KEY"}[d.Dialect]
	_, failed := db.ExecContext(t.Context(), "CREATE TABLE mails (number "+number+", id TEXT NOT NULL)")
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
}

// at are options of an evaluator whose guard holds nothing: moves at random are suspicious.
func at(now time.Time) *groups.Options {
	return &groups.Options{Now: func() time.Time { return now }, Guard: &groups.Guard{}}
}

// A hand does the work of an application server: it writes people and brings the groups up to date, processes those that
// are due, and consumes the feed. Its clock is its own, a minute a step.
type hand struct {
	ctx     context.Context
	dialect sqlstore.Dialect
	name    string
	db      *sql.DB
	store   *sqlstore.Store
	ev      *groups.Evaluator
	draw    *rand.Rand
	now     time.Time
	wrote   map[groups.UserID]int // how often
	say     func(what string, of ...any)
}

const lease = 5 * time.Minute

// works does that without end. The name tells whose people it writes, and in which round.
func works(name string) error {
	db, store, err := opened()
	if err != nil {
		return err
	}
	who, when, _ := strings.Cut(name, " ")
	round, err := strconv.Atoi(when)
	if err != nil {
		return err
	}
	hash := fnv.New64a()
	hash.Write([]byte(name))
	h := &hand{
		ctx: context.Background(), dialect: dialects[os.Getenv(driverOf)], name: who, db: db, store: store, say: say,
		draw: rand.New(rand.NewPCG(hash.Sum64(), 0)), now: noon.AddDate(0, 0, round), wrote: map[groups.UserID]int{},
	}
	h.ev = groups.NewEvaluator(store, store, &groups.Options{Now: func() time.Time { return h.now }, Guard: &groups.Guard{}})
	for u, err := range store.Users(h.ctx) {
		if err != nil {
			return err
		}
		h.wrote[u.ID] = times(u)
	}
	for {
		h.now = h.now.Add(time.Minute)
		consume := func() error { _, err := h.consume(); return err }
		do := []func() error{h.write, h.write, h.write, h.process, consume, consume, h.whole}[h.draw.IntN(7)]
		for err = do(); errors.Is(err, groups.ErrConflict); err = do() { // others were faster, many times
		}
		if err != nil {
			return err
		}
	}
}

// times is how often a user was written.
func times(u groups.User) int {
	n, _ := strconv.Atoi(u.Fields["serial"].String())
	return n
}

// write moves one of its own people, and has the groups follow.
func (h *hand) write() error {
	id := groups.UserID(fmt.Sprintf("%s%02d", h.name, h.draw.IntN(15)))
	u := resident(id, cities[h.draw.IntN(len(cities))], h.wrote[id]+1, h.draw.IntN(5) > 0)
	h.say("writes", id, h.wrote[id]+1)
	if err := h.store.Write(h.ctx, groups.PeopleChange{Upsert: []groups.User{u}}); err != nil {
		return err
	}
	h.wrote[id]++
	h.say("wrote", id, h.wrote[id])
	_, err := h.ev.Changed(h.ctx, groups.Touched{Users: []groups.UserID{id}})
	return err
}

// process takes groups that are due, each for itself.
func (h *hand) process() error {
	due, _, err := h.ev.Due(h.ctx)
	if err != nil {
		return err
	}
	claims, err := h.store.ClaimGroups(h.ctx, due, h.now, h.now.Add(lease), 1)
	for _, claim := range claims {
		if err == nil {
			_, err = h.ev.Process(h.ctx, claim.Group)
		}
		if err == nil {
			h.say("processed", claim.Group)
			err = h.acknowledge(claim)
		}
	}
	return err
}

// whole makes up for those who were killed between the people and the groups.
func (h *hand) whole() error {
	_, err := h.ev.Process(h.ctx)
	return err
}

// consume takes the next changes, and has an effect of each in the consumer's table. It reports whether there were any.
func (h *hand) consume() (some bool, err error) {
	claim, err := h.store.ClaimChanges(h.ctx, "mail", h.now, h.now.Add(lease), 4)
	if err != nil || claim == nil {
		return false, err
	}
	for _, c := range claim.Changes {
		applied, err := h.mail(c)
		if err != nil {
			return true, err
		}
		h.say(map[bool]string{true: "applied", false: "again"}[applied], c.ID)
	}
	return true, h.acknowledge(claim)
}

func (h *hand) mail(c groups.Change) (applied bool, err error) {
	tx, err := h.db.BeginTx(h.ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	applied, err = sqlstore.ApplyOnce(h.ctx, tx, h.dialect, "mail", c, func() error {
		_, err := tx.ExecContext(h.ctx, "INSERT INTO mails (id) VALUES ($1)", c.ID)
		return err
	})
	if err != nil {
		return false, err
	}
	return applied, tx.Commit()
}

// acknowledge passes over a claim that another one has by now, who is faster.
func (h *hand) acknowledge(claim *sqlstore.Claim) error {
	if err := h.store.Acknowledge(h.ctx, claim); !errors.Is(err, sqlstore.ErrClaim) {
		return err
	}
	h.say("late", claim.Group)
	return nil
}

// shareTheWork has two processes do everything at a time, and kills them wherever they are. Others do again what those
// had begun; in the end nothing of it is lost or there twice.
func shareTheWork(t *testing.T, d database, rounds int) string {
	source := d.empty(t)
	db, err := sql.Open(d.driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqlstore.Migrate(t.Context(), db, d.Dialect); err != nil {
		t.Fatal(err)
	}
	store := sqlstore.Open(db, d.Dialect, "acme")
	build(t, d, db, store)
	draw := rand.New(rand.NewPCG(*seed, 2))
	var said []string
	for round := range rounds {
		a, b := begin(t, "work", d.driver, source, fmt.Sprintf("a %d", round)), begin(t, "work", d.driver, source, fmt.Sprintf("b %d", round))
		words := []string{"writes", "wrote", "applied"}
		said = append(said, a.until(words[draw.IntN(3)], 1+draw.IntN(12))...)
		said = append(said, b.until(words[draw.IntN(3)], 1+draw.IntN(12))...)
		for _, p := range []*process{a, b} {
			rest := p.kill(t)
			if code := p.ProcessState.ExitCode(); code != -1 {
				t.Fatalf("a process ended by itself: %s", &p.errors)
			}
			said = append(said, rest...)
		}
	}
	// What was killed in between is made up for, by whoever comes next.
	h := &hand{ctx: t.Context(), dialect: d.Dialect, db: db, store: store, now: noon.AddDate(1, rounds, 0)}
	h.ev = groups.NewEvaluator(store, store, at(h.now))
	h.say = func(what string, of ...any) { said = append(said, fmt.Sprintln(append([]any{what}, of...)...)) }
	err = h.whole()
	for more := err == nil; more; {
		more, err = h.consume()
	}
	if err != nil {
		t.Fatal(err)
	}
	wroteAll(t, store, said)
	follows(t, store, h.now)
	var feed []string
	for c, err := range store.Changes(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		feed = append(feed, c.ID)
	}
	mails := column(t, db, "SELECT id FROM mails ORDER BY number")
	if !slices.Equal(mails, feed) {
		t.Errorf("%d changes were applied of a feed of %d: %s", len(mails), len(feed), cmp.Diff(feed, mails))
	}
	sound(t, d, db)
	redone := len(those(said, "again"))
	if rounds >= 20 && redone == 0 {
		t.Error("no share of a killed process was ever done again")
	}
	return fmt.Sprintf("%s killed, %s by them, %s of groups that were due, %s: each applied once, of which %d were delivered again; "+
		"the membership is what one new evaluator makes of the people",
		counted(2*rounds, "process", "processes"), counted(len(those(said, "wrote")), "write of people", "writes of people"),
		counted(len(those(said, "processed")), "processing", "processings"), counted(len(feed), "change", "changes"), redone)
}

// wroteAll checks that each user is as a process last wrote them, or tried to.
func wroteAll(t *testing.T, store *sqlstore.Store, said []string) {
	t.Helper()
	last := func(word string) map[groups.UserID]int {
		out := map[groups.UserID]int{}
		for _, line := range those(said, word) {
			var id groups.UserID
			var n int
			if _, err := fmt.Sscan(line, &id, &n); err != nil {
				t.Fatal(err)
			}
			out[id] = max(out[id], n)
		}
		return out
	}
	wrote, tried, there := last("wrote"), last("writes"), map[groups.UserID]int{}
	for u, err := range store.Users(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		there[u.ID] = times(u)
	}
	for id, n := range wrote {
		if there[id] < n || there[id] > tried[id] {
			t.Errorf("%s was written %d times, at most %d, and is there as of %d", id, n, tried[id], there[id])
		}
	}
}

// follows checks that the groups are what one new evaluator makes of the people in a store of its own, that nothing is
// left to do, and that the feed gives the membership.
func follows(t *testing.T, store *sqlstore.Store, now time.Time) {
	t.Helper()
	m := groups.NewMemory()
	var people []groups.User
	for u, err := range store.Users(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, u)
	}
	schema, err := store.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Write(t.Context(), groups.PeopleChange{Schema: schema, Upsert: people}); err != nil {
		t.Fatal(err)
	}
	fresh := groups.NewEvaluator(m, m, at(now))
	var ids []groups.GroupID
	for _, g := range campus() {
		ids = append(ids, g.ID)
		if _, err := fresh.Save(t.Context(), g, "root"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := fresh.Process(t.Context(), ids...); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		want := map[groups.UserID]groups.Method{}
		for member, err := range m.Members(t.Context(), id, "") {
			if err != nil {
				t.Fatal(err)
			}
			want[member.User] = member.Method
		}
		if got := replays(t, store, id); !maps.Equal(got, want) {
			t.Errorf("%s has other members (-want +got):\n%s", id, cmp.Diff(want, got))
		}
	}
	if run, err := groups.NewEvaluator(store, store, at(now)).Evaluate(t.Context(), ids...); err != nil || !run.Empty() {
		t.Errorf("there is something left to do: %v, %v", run, err)
	}
}

// column reads texts.
func column(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
