package sqlstore_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/grouprules/groups/sqlstore"
)

// The environment of a process: what it does, its driver, its source of data, and its name.
const roleOf, driverOf, sourceOf, nameOf = "PROCESS_ROLE", "PROCESS_DRIVER", "PROCESS_SOURCE", "PROCESS_NAME"

// roles are what a process may do. All but those that are asked go on until they are killed.
var roles = map[string]func(name string) error{"assign": assigns, "work": works, "answer": answers}

// dialects are by driver.
var dialects = map[string]sqlstore.Dialect{"sqlite": sqlstore.SQLite, "pgx": sqlstore.Postgres}

// opened is what a process works on.
func opened() (*sql.DB, *sqlstore.Store, error) {
	driver := os.Getenv(driverOf)
	db, err := sql.Open(driver, os.Getenv(sourceOf))
	return db, sqlstore.Open(db, dialects[driver], "acme"), err
}

// A process is another one than that of the test.
type process struct {
	*exec.Cmd
	in     io.WriteCloser
	lines  *bufio.Scanner
	errors bytes.Buffer // once it has ended
}

// begin starts a process.
func begin(t *testing.T, role, driver, source, name string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), roleOf+"="+role, driverOf+"="+driver, sourceOf+"="+source, nameOf+"="+name)
	p := &process{Cmd: c}
	c.Stderr = &p.errors
	if p.in, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	return p
}

// say has a process tell that it has come so far.
func say(what string, of ...any) { fmt.Println(append([]any{what}, of...)...) }

// until reads what the process says until it has said the word so often, or so much that it never will, or has ended.
func (p *process) until(word string, times int) (said []string) {
	for times > 0 && len(said) < 1000 && p.lines.Scan() {
		said = append(said, p.lines.Text())
		if strings.HasPrefix(p.lines.Text(), word+" ") {
			times--
		}
	}
	return said
}

// kill ends the process wherever it is, and returns what it had said by then.
func (p *process) kill(t *testing.T) (said []string) {
	t.Helper()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	return p.rest()
}

// rest is what a process still has to say, which ends.
func (p *process) rest() (said []string) {
	for p.lines.Scan() {
		said = append(said, p.lines.Text())
	}
	_ = p.Wait()
	return said
}

// those are the lines with that word, without it.
func those(said []string, word string) (rest []string) {
	for _, line := range said {
		if what, is := strings.CutPrefix(line, word+" "); is {
			rest = append(rest, what)
		}
	}
	return rest
}
