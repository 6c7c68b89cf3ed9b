package sqlstore_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// A look is what an evaluator says of the Romans.
type look struct {
	Count   int
	Matches []groups.UserID // of those asked about
	Members []groups.UserID // as they were last written
}

// looks asks an evaluator, and where it is to has it process first.
func looks(ctx context.Context, ev *groups.Evaluator, process bool, about []groups.UserID) (l look, err error) {
	if process {
		_, err = ev.Process(ctx)
	}
	if err != nil {
		return l, err
	}
	n, err := ev.Count(ctx, campus()[0])
	if err != nil {
		return l, err
	}
	l.Count = n.Population
	for _, id := range about {
		v, err := ev.Match(ctx, "romans", id)
		if err != nil {
			return l, err
		}
		if v == groups.Yes {
			l.Matches = append(l.Matches, id)
		}
	}
	for m, err := range ev.Members(ctx, "romans") {
		if err != nil {
			return l, err
		}
		l.Members = append(l.Members, m.User)
	}
	return l, nil
}

// answers says what its evaluator sees, whenever it is asked.
func answers(string) error {
	_, store, err := opened()
	if err != nil {
		return err
	}
	ev := groups.NewEvaluator(store, store, at(noon))
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		words := strings.Fields(asked.Text())
		var about []groups.UserID
		for _, id := range words[1:] {
			about = append(about, groups.UserID(id))
		}
		l, err := looks(context.Background(), ev, words[0] == "process", about)
		if err != nil {
			return err
		}
		text, err := json.Marshal(l)
		if err != nil {
			return err
		}
		say("sees", string(text))
	}
	return nil
}

// ask has a process look.
func (p *process) ask(t *testing.T, process bool, about []groups.UserID) (l look) {
	t.Helper()
	line := map[bool]string{true: "process", false: "look"}[process]
	for _, id := range about {
		line += " " + string(id)
	}
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		t.Fatal(err)
	}
	said := those(p.until("sees", 1), "sees")
	if len(said) == 0 {
		p.rest()
		t.Fatalf("the process has ended: %s", &p.errors)
	}
	if err := json.Unmarshal([]byte(said[0]), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// seesTheOthers has one evaluator write people while others of the same process and of another one keep an index of them.
// Each sees every write at once, whoever has processed the groups.
func seesTheOthers(t *testing.T, d database) {
	source := d.empty(t)
	open := func() (*sqlstore.Store, *groups.Evaluator, *sql.DB) {
		db, err := sql.Open(d.driver, source)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		store := sqlstore.Open(db, d.Dialect, "acme")
		return store, groups.NewEvaluator(store, store, at(noon)), db
	}
	store, first, db := open()
	if err := sqlstore.Migrate(t.Context(), db, d.Dialect); err != nil {
		t.Fatal(err)
	}
	build(t, d, db, store)
	_, second, _ := open()
	other := begin(t, "answer", d.driver, source, "")
	defer other.rest()
	defer other.in.Close()
	see := []func(process bool, about []groups.UserID) look{
		func(process bool, about []groups.UserID) look { return sees(t, first, process, about) },
		func(process bool, about []groups.UserID) look { return sees(t, second, process, about) },
		func(process bool, about []groups.UserID) look { return other.ask(t, process, about) },
	}
	draw := rand.New(rand.NewPCG(*seed, 3))
	people := map[groups.UserID]bool{} // who is to be a Roman
	for n := range 40 {
		id := groups.UserID(fmt.Sprintf("u%02d", draw.IntN(12)))
		in, active := cities[draw.IntN(len(cities))], draw.IntN(4) > 0
		var err error
		switch _, there := people[id]; {
		case there && draw.IntN(4) == 0:
			delete(people, id)
			err = store.Write(t.Context(), groups.PeopleChange{Remove: []groups.UserID{id}})
		default:
			people[id] = in == "Rome" && active
			err = store.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{resident(id, in, n, active)}})
		}
		if err != nil {
			t.Fatal(err)
		}
		about := slices.Sorted(maps.Keys(people))
		var romans []groups.UserID
		for _, id := range about {
			if people[id] {
				romans = append(romans, id)
			}
		}
		// One of them processes; then all see the same.
		by := draw.IntN(len(see))
		see[by](true, nil)
		for i, look := range see {
			got := look(false, about)
			// Match is about the rule alone: who is deactivated is as the policy has it, in Count and Members.
			got.Matches = slices.DeleteFunc(got.Matches, func(id groups.UserID) bool { return !people[id] })
			if diff := cmp.Diff(romans, got.Members); diff != "" || got.Count != len(romans) || !slices.Equal(got.Matches, romans) {
				t.Fatalf("step %d, which %d processed: evaluator %d counts %d, matches %v, and has members (-want +got):\n%s", n, by, i, got.Count, got.Matches, diff)
			}
		}
	}
}

func sees(t *testing.T, ev *groups.Evaluator, process bool, about []groups.UserID) look {
	t.Helper()
	l, err := looks(t.Context(), ev, process, about)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
