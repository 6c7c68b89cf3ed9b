package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/law/fault"
	"github.com/grouprules/groups/sqlstore"
)

// A proof is tried so often, and says what it has counted.
type proof struct {
	name  string
	shows func(t *testing.T) (counts string)
}

// TestEvidence proves what only many tries can. With -report it writes what was counted to a file, for which the flags
// are larger than in everyday tests.
func TestEvidence(t *testing.T) {
	var page strings.Builder
	prove := func(t *testing.T, where string, proofs []proof) {
		fmt.Fprintf(&page, "\n## %s\n\n| what is promised | what was counted | time |\n|---|---|---|\n", where)
		for _, p := range proofs {
			t.Run(p.name, func(t *testing.T) {
				begun := time.Now() // for the page alone
				counts := p.shows(t)
				t.Log(counts)
				fmt.Fprintf(&page, "| %s | %s | %v |\n", p.name, counts, time.Since(begun).Round(time.Second))
			})
		}
	}
	versions := "Go " + strings.TrimPrefix(runtime.Version(), "go")
	if *report != "" {
		t.Run("Memory", func(t *testing.T) {
			prove(t, "Memory", []proof{
				{whateverFails, func(t *testing.T) string { return fails(t, inMemory, 1) }},
				{editorsAtOnce, func(t *testing.T) string { return edits(t, inMemory) }},
			})
		})
	}
	t.Run("SQLite", func(t *testing.T) {
		d := database{sqlstore.SQLite, "sqlite", func(t *testing.T) string { return lasting(t.TempDir()) }}
		versions += ", SQLite " + version(t, d, "sqlite_version()") + " by modernc.org/sqlite " + module(t, "modernc.org/sqlite")
		prove(t, "SQLite", append(d.proofs(*rounds, nil), proof{
			whatDoesNotFit, func(t *testing.T) string { return areClear(t, d, liteLacks(t, d)) },
		}))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		s := startServer(t)
		d := database{sqlstore.Postgres, "pgx", s.create}
		versions += ", PostgreSQL " + version(t, d, "current_setting('server_version')") + " by github.com/jackc/pgx/v5 " + module(t, "github.com/jackc/pgx/v5")
		prove(t, "PostgreSQL", append(d.proofs((*rounds+9)/10, s), proof{
			whatDoesNotFit, func(t *testing.T) string { return areClear(t, d, postgresLacks(t, d, s)) },
		}))
	})
	if *report == "" || t.Failed() {
		return
	}
	if *machine == "" {
		*machine = fmt.Sprintf("a machine with %d processors", runtime.NumCPU())
	}
	head := fmt.Sprintf(head, *rounds, *saves, *share, *seed, *machine, versions, runtime.GOOS, runtime.GOARCH, *machine, *seed)
	if err := os.WriteFile(*report, []byte(head+page.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// head is the beginning of the page.
const head = `# Reliability

What was tried, and how often. All of it held every time: where a try fails there is no new page. It is written by a
command, and every change passes the same with fewer tries (` + "`.ci/run`" + `):

` + "```sh\ncd sqlstore && go test -run TestEvidence -timeout 0 -report ../RELIABILITY.md -rounds %d -saves %d -share %d -seed %d -machine '%s'\n```" + `

%s, on %s/%s: %s. The seed is %d; where processes are killed, what they were at is not repeatable.

- **Killed**: two processes write, and say what was acknowledged. Both are killed by kill -9 wherever they are; with
  PostgreSQL one of them, and the server that the other writes to. SQLite writes each commit through to the disk; the
  server runs without fsync, since its machine stays.
- **At work**: two processes each move people, bring the groups up to date, process groups that are due under a claim, and
  apply the feed to a table of a consumer. They are killed wherever they are, and others go on.
- **Editors**: eight save criteria of one group, each so often, and repeat what lost.
- **Failures**: in each scenario (processing, catching up, publishing, assigning, importing, deleting, forgetting ...) the
  first thing that is asked of the stores fails, then the second, and so on, in six ways: an error before, an error after
  the commit, a timeout, a cancelled context, a stream that breaks off, a write that is delivered twice.
- **Room**: the database is read-only, or is filled until nothing fits.
`

const (
	whateverFails  = "failures: nothing is half-written, a failed read moves nobody, and to do it again makes up for it"
	whatDoesNotFit = "room: what cannot be written is refused with an error that says so, nothing of it is there, all else can be read"
	editorsAtOnce  = "editors: eight at once overwrite nothing, and every loser is told who and when"
)

// proofs are those of a database; where there is a server it is killed as well.
func (d database) proofs(rounds int, s *server) []proof {
	return []proof{
		{"killed: what was acknowledged survives kill -9, once", func(t *testing.T) string { return survives(t, d, rounds, s) }},
		{"at work: processes that are killed lose no change and double none", func(t *testing.T) string { return shareTheWork(t, d, max(rounds/4, 5)) }},
		{editorsAtOnce, func(t *testing.T) string { return edits(t, d.tenants(t)) }},
		{whateverFails, func(t *testing.T) string { return fails(t, d.tenants(t), *share) }},
	}
}

// A tenancy opens stores of a new tenant, as often as it is asked to; each has a pool of its own.
type tenancy func(t *testing.T) (again func() (law.People, groups.Store))

// tenants are those of one new database. Much is tried on it, and its machine does not fail: SQLite need not wait for the
// disk.
func (d database) tenants(t *testing.T) tenancy {
	source, tenants := d.empty(t), 0
	if d.Dialect == sqlstore.SQLite {
		source += "&_pragma=synchronous(off)"
	}
	connect := func(t *testing.T) *sql.DB {
		db, err := sql.Open(d.driver, source)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	db := connect(t)
	if err := sqlstore.Migrate(t.Context(), db, d.Dialect); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) func() (law.People, groups.Store) {
		tenants++
		name := fmt.Sprintf("tenant %d", tenants)
		first := db
		return func() (law.People, groups.Store) {
			if first == nil {
				first = connect(t)
			}
			s := sqlstore.Open(first, d.Dialect, name)
			first = nil
			return s, s
		}
	}
}

func inMemory(*testing.T) func() (law.People, groups.Store) {
	m := groups.NewMemory()
	return func() (law.People, groups.Store) { return m, m }
}

// edits has eight editors save, each at a store of their own.
func edits(t *testing.T, open tenancy) string {
	again := open(t)
	editors := make([]func() (law.People, groups.Store), 8)
	for i := range editors {
		people, store := again()
		editors[i] = func() (law.People, groups.Store) { return people, store }
	}
	refused, err := law.Editing(editors, *saves)
	if err != nil {
		t.Error(err)
	}
	n := counted(8**saves, "save", "saves")
	return fmt.Sprintf("%s, as many revisions and acts, the last 10 versions; %s", n, counted(refused, "save refused", "saves refused"))
}

// fails has one in so many failures of every scenario happen.
func fails(t *testing.T, open tenancy, oneIn int) string {
	draw := rand.New(rand.NewPCG(*seed, 4))
	total := 0
	for _, s := range fault.Scenarios {
		tried, err := s.Check(fault.Trial{
			Open: func() (fault.People, groups.Store) {
				people, store := open(t)()
				return people.(fault.People), store
			},
			Modes: fault.Modes,
			Pick:  func() bool { return draw.IntN(oneIn) == 0 },
		})
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		total += tried
	}
	return fmt.Sprintf("%s in %d scenarios, in %d ways", counted(total, "failure", "failures"), len(fault.Scenarios), len(fault.Modes))
}

// counted is a number with what it counts.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " " + many
}

// version is what a database says of itself.
func version(t *testing.T, d database, what string) (said string) {
	t.Helper()
	db, err := sql.Open(d.driver, d.empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(context.Background(), "SELECT "+what).Scan(&said); err != nil {
		t.Fatal(err)
	}
	said, _, _ = strings.Cut(said, " ")
	return said
}

// module is the version of a driver.
func module(t *testing.T, path string) string {
	t.Helper()
	required, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(required), "\t"+path+" ")
	version, _, _ := strings.Cut(after, "\n")
	return version
}

// lasting is a file of SQLite as the README has it, which is with every commit written through to the disk.
func lasting(dir string) (source string) {
	return "file:" + filepath.Join(dir, "groups.db") + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(wal)"
}
