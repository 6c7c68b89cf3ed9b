package sqlstore_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// The environment of a process that is to be killed: its driver, its source of data, and by which name it goes.
const killedDriver, killedSource, killedName = "KILLED_DRIVER", "KILLED_SOURCE", "KILLED_NAME"

// dialects are by driver.
var dialects = map[string]sqlstore.Dialect{"sqlite": sqlstore.SQLite, "pgx": sqlstore.Postgres}

// TestTheProcessThatIsKilled is such a process, not a test: it puts users into a group by an evaluator, without end, and
// says each once the Store has acknowledged it.
func TestTheProcessThatIsKilled(t *testing.T) {
	driver := os.Getenv(killedDriver)
	if driver == "" {
		t.Skip("it is started by the tests that kill it")
	}
	db, err := sql.Open(driver, os.Getenv(killedSource))
	if err != nil {
		t.Fatal(err)
	}
	store := sqlstore.Open(db, dialects[driver], "acme")
	ev := groups.NewEvaluator(store, store, nil)
	for n := 0; ; n++ {
		user := groups.UserID(fmt.Sprintf("%s-%04d", os.Getenv(killedName), n))
		err := store.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: user, Activation: groups.Activated}}})
		for again := err == nil; again; again = errors.Is(err, groups.ErrConflict) { // the other one was faster, many times
			_, err = ev.Assign(t.Context(), "g", groups.Decision{By: "root"}, user)
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("acknowledged %s\n", user)
	}
}

// survives kills so many processes while they write, two at a time, and looks at what is left.
func survives(t *testing.T, driver, source string, rounds int) {
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := sqlstore.Migrate(t.Context(), db, dialects[driver]); err != nil {
		t.Fatal(err)
	}
	s := sqlstore.Open(db, dialects[driver], "acme")
	if err := create(t.Context(), s, map[groups.GroupID][]groups.UserID{"g": nil}); err != nil {
		t.Fatal(err)
	}
	var acknowledged []groups.UserID
	for round := range rounds {
		// One is killed after some acknowledgements, which is anywhere in the next write; the other is beside it.
		for i, p := range []*process{begin(t, driver, source, fmt.Sprintf("r%03da", round)), begin(t, driver, source, fmt.Sprintf("r%03db", round))} {
			acknowledged = append(acknowledged, p.kill(t, 1+(round+3*i)%4)...)
		}
	}
	members := map[groups.UserID]bool{}
	for m, err := range s.Members(context.Background(), "g", "") {
		if err != nil {
			t.Fatal(err)
		}
		if members[m.User] {
			t.Errorf("%s is a member twice", m.User)
		}
		members[m.User] = true
	}
	for _, u := range acknowledged {
		if !members[u] {
			t.Errorf("%s was acknowledged, and is lost", u)
		}
	}
	replayed, ids := map[groups.UserID]bool{}, map[string]bool{}
	for c, err := range s.Changes(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if ids[c.ID] || replayed[c.User] || c.Kind != groups.Joined {
			t.Errorf("the feed has %+v again", c)
		}
		ids[c.ID], replayed[c.User] = true, true
	}
	if len(replayed) != len(members) {
		t.Errorf("the feed has %d joins, and the group %d members", len(replayed), len(members))
	}
	for u := range members {
		if !replayed[u] {
			t.Errorf("%s is a member of whom the feed does not tell", u)
		}
	}
	t.Logf("%d processes killed, %d commits acknowledged, %d members", 2*rounds, len(acknowledged), len(members))
}

// A process writes until it is killed.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func begin(t *testing.T, driver, source, name string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, "-test.run=^TestTheProcessThatIsKilled$", "-test.v")
	c.Env = append(os.Environ(), killedDriver+"="+driver, killedSource+"="+source, killedName+"="+name)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return &process{c, bufio.NewScanner(out)}
}

// kill ends the process after so many acknowledgements, and returns all that it has given.
func (p *process) kill(t *testing.T, after int) (acknowledged []groups.UserID) {
	t.Helper()
	var said []string
	for p.lines.Scan() {
		line := p.lines.Text()
		said = append(said, line)
		user, is := strings.CutPrefix(line, "acknowledged ")
		if !is {
			continue
		}
		if acknowledged = append(acknowledged, groups.UserID(user)); len(acknowledged) == after {
			if err := p.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = p.Wait() // it was killed
	if len(acknowledged) < after {
		t.Fatalf("the process ended by itself: %q", said)
	}
	return acknowledged
}
