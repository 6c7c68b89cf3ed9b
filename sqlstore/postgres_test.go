package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// server is a PostgreSQL of the test's own, on a socket in a temporary folder.
type server struct {
	dir       string
	databases atomic.Int64
}

// errNoServer says that the programs of PostgreSQL are not there, or would not start as this user.
var errNoServer = errors.New("no PostgreSQL here")

// startServer starts one, and stops it when the test ends. Where there is none the test is skipped, or fails if
// REQUIRE_POSTGRES is set.
func startServer(t *testing.T) *server {
	t.Helper()
	skip := t.Skipf
	if os.Getenv("REQUIRE_POSTGRES") != "" {
		skip = t.Fatalf
	}
	for _, program := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := exec.LookPath(program); err != nil {
			skip("%v: %s is not on the PATH", errNoServer, program)
		}
	}
	dir, err := os.MkdirTemp("", "pg") // short: the path of a socket has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	asUser := func(name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }
	if os.Geteuid() == 0 {
		// A server does not start as root.
		if err := exec.Command("chown", "nobody", dir).Run(); err != nil {
			skip("%v: %v", errNoServer, err)
		}
		asUser = func(name string, args ...string) *exec.Cmd {
			return exec.Command("setpriv", append([]string{"--reuid=nobody", "--regid=nogroup", "--clear-groups", name}, args...)...)
		}
	}
	run := func(name string, args ...string) {
		t.Helper()
		c := asUser(name, args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	data := filepath.Join(dir, "data")
	run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	run("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o",
		fmt.Sprintf("-c listen_addresses='' -c unix_socket_directories='%s' -c fsync=off -c max_connections=200", dir), "start")
	t.Cleanup(func() { run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop") })
	return &server{dir: dir}
}

// create makes a new database and returns its source.
func (s *server) create(t *testing.T) (source string) {
	t.Helper()
	db, err := sql.Open("pgx", s.source("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := fmt.Sprintf("groups%d", s.databases.Add(1))
	if _, err := db.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return s.source(name)
}

func (s *server) source(database string) string {
	return fmt.Sprintf("host=%s user=postgres dbname=%s", s.dir, database)
}
