package sqlstore_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// What the evidence is made of; see TestEvidence.
var (
	rounds  = flag.Int("rounds", 100, "rounds in which processes are killed on SQLite; PostgreSQL has a tenth")
	saves   = flag.Int("saves", 40, "how often each of eight editors saves")
	share   = flag.Int("share", 40, "one in so many failures is tried on each database")
	seed    = flag.Uint64("seed", 1, "of what is drawn at random")
	machine = flag.String("machine", "", "where the evidence was found, in plain words")
	report  = flag.String("report", "", "the file that the evidence is written to")
)

// TestMain runs the tests, or in a process that a test has begun what that is to do ([begin]).
func TestMain(m *testing.M) {
	role := os.Getenv(roleOf)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := roles[role](os.Getenv(nameOf)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
