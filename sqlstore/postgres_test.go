package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// server is a PostgreSQL of the test's own, on a socket in a temporary folder.
type server struct {
	dir       string
	databases atomic.Int64
	command   func(name string, args ...string) *exec.Cmd // as the user that the server is of
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
	s := &server{dir: dir, command: asUser}
	s.run(t, "initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	s.start(t)
	t.Cleanup(func() { s.run(t, "pg_ctl", "-D", s.data(), "-m", "immediate", "-w", "stop") })
	return s
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) try(name string, args ...string) error {
	c := s.command(name, args...)
	c.Dir = s.dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

func (s *server) run(t *testing.T, name string, args ...string) {
	t.Helper()
	if err := s.try(name, args...); err != nil {
		t.Fatal(err)
	}
}

// start waits until the server answers. What is written is with the system, which stays: a killed server loses nothing.
func (s *server) start(t *testing.T) {
	t.Helper()
	err := errNoServer
	for n := 0; n < 50 && err != nil; n++ { // what a killed one has left behind may take a moment to end
		err = s.try("pg_ctl", "-D", s.data(), "-w", "-l", filepath.Join(s.dir, "log"), "-o",
			fmt.Sprintf("-c listen_addresses='' -c unix_socket_directories='%s' -c fsync=off -c max_connections=200", s.dir), "start")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// crash ends the server at once, its first process alone by a signal that it does not see, or all of its processes, and
// starts it again.
func (s *server) crash(t *testing.T, unseen bool) {
	t.Helper()
	if !unseen {
		s.run(t, "pg_ctl", "-D", s.data(), "-m", "immediate", "-w", "stop")
		s.start(t)
		return
	}
	file, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(file), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	s.start(t)
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
