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
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
	"github.com/grouprules/groups/storetest"
)

// server is a PostgreSQL of the test's own, on a socket in a temporary folder.
type server struct {
	dir       string
	databases atomic.Int64
}

// errNoServer says that the programs of PostgreSQL are not there, or would not start as this user.
var errNoServer = errors.New("no PostgreSQL here")

// startServer starts one, and stops it when the test ends.
func startServer(t *testing.T) *server {
	t.Helper()
	for _, program := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%v: %s is not on the PATH", errNoServer, program)
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
			t.Skipf("%v: %v", errNoServer, err)
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

// open is a new database of the server, with its tables.
func (s *server) open(t *testing.T) *sql.DB {
	t.Helper()
	admin := s.connect(t, "postgres")
	name := fmt.Sprintf("groups%d", s.databases.Add(1))
	if _, err := admin.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	_ = admin.Close()
	db := s.connect(t, name)
	if err := sqlstore.Migrate(context.Background(), db, sqlstore.Postgres); err != nil {
		t.Fatal(err)
	}
	return db
}

func (s *server) connect(t *testing.T, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", fmt.Sprintf("host=%s user=postgres dbname=%s", s.dir, database))
	if err != nil {
		t.Fatal(err)
	}
	db.SetConnMaxIdleTime(time.Minute)
	db.SetMaxOpenConns(40)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestPostgresKeepsItsContracts(t *testing.T) {
	server := startServer(t)
	tenants := atomic.Int64{}
	db := server.open(t)
	fresh := func() *sqlstore.Store {
		return sqlstore.Open(db, sqlstore.Postgres, fmt.Sprintf("tenant %d", tenants.Add(1)))
	}
	t.Run("Store", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) groups.Store { return fresh() })
	})
	t.Run("Directory", func(t *testing.T) {
		storetest.RunDirectory(t, func(t *testing.T, people groups.PeopleChange) groups.Directory {
			s := fresh()
			if err := s.Write(t.Context(), people); err != nil {
				t.Fatal(err)
			}
			return s
		})
	})
	t.Run("People", func(t *testing.T) {
		storetest.RunPeople(t, func(t *testing.T) (groups.Directory, groups.People) {
			s := fresh()
			return s, s
		})
	})
}
