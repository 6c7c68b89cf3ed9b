package sqlstore_test

import (
	"fmt"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/sqlstore"
)

// lives are the laws that an evaluator over any store must keep.
var lives = map[string]law.Law[law.Host]{
	"processing is the page":            law.ProcessIsThePage,
	"a preview writes nothing":          law.PreviewWritesNothing,
	"histories end as the facts say":    law.HistoriesEndAsTheFactsSay,
	"every change is followed":          law.ChangesAreFollowed,
	"who comes back is as they were":    law.WhoComesBack,
	"uploads leave definitions alone":   law.UploadsLeaveDefinitions,
	"nothing moves before the next run": law.NothingMovesBeforeNext,
}

func TestAnEvaluatorOnSQLiteLivesAsOnMemory(t *testing.T) {
	db, tenants := onSQLite(t), 0
	live(t, func() *sqlstore.Store {
		tenants++
		return sqlstore.Open(db, sqlstore.SQLite, fmt.Sprintf("tenant %d", tenants))
	})
}

func live(t *testing.T, open func() *sqlstore.Store) {
	for name, l := range lives {
		t.Run(name, func(t *testing.T) {
			l.Check(t, &law.Plain{Open: func() (law.People, groups.Store) { s := open(); return s, s }, Guard: &groups.Guard{}})
		})
	}
}
