package sqlstore_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
	"github.com/grouprules/groups/storetest"
)

// onSQLite is a database in a file, with its tables.
func onSQLite(t *testing.T) *sql.DB {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "groups.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(off)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := sqlstore.Migrate(context.Background(), db, sqlstore.SQLite); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestSQLiteKeepsTheContractOfAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) groups.Store { return sqlstore.Open(onSQLite(t), sqlstore.SQLite, "acme") })
}

func TestSQLiteKeepsTheContractOfADirectory(t *testing.T) {
	storetest.RunDirectory(t, func(t *testing.T, people groups.PeopleChange) groups.Directory {
		s := sqlstore.Open(onSQLite(t), sqlstore.SQLite, "acme")
		if err := s.Write(t.Context(), people); err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestSQLiteKeepsTheContractOfPeople(t *testing.T) {
	storetest.RunPeople(t, func(t *testing.T) (groups.Directory, groups.People) {
		s := sqlstore.Open(onSQLite(t), sqlstore.SQLite, "acme")
		return s, s
	})
}
