package sqlstore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/law/desk"
	"github.com/grouprules/groups/sqlstore"
)

// lives are the laws that evaluators over any store must keep, here two of them in turn.
var lives = map[string]law.Law[law.Host]{
	"processing is the page":            law.ProcessIsThePage,
	"a preview writes nothing":          law.PreviewWritesNothing,
	"histories end as the facts say":    law.HistoriesEndAsTheFactsSay,
	"every change is followed":          law.ChangesAreFollowed,
	"who comes back is as they were":    law.WhoComesBack,
	"uploads leave definitions alone":   law.UploadsLeaveDefinitions,
	"nothing moves before the next run": law.NothingMovesBeforeNext,
}

func livesAsOnMemory(t *testing.T, d database) {
	db, tenants := d.tables(t), 0
	open := func() (law.People, groups.Store) {
		tenants++
		s := sqlstore.Open(db, d.Dialect, fmt.Sprintf("tenant %d", tenants))
		return s, s
	}
	for name, l := range lives {
		t.Run(name, func(t *testing.T) { l.Check(t, &law.Plain{Open: open, Several: 2, Guard: &groups.Guard{}}) })
	}
}

// elsewhere is a store of groups whose people are kept elsewhere: who is forgotten is to be erased there as well.
type elsewhere struct {
	*sqlstore.Store
	people groups.Store
}

func (s elsewhere) Apply(ctx context.Context, c groups.Commit) error {
	err := s.Store.Apply(ctx, c)
	if err == nil && c.Forget != "" {
		err = s.people.Apply(ctx, groups.Commit{Forget: c.Forget, Alias: c.Alias})
	}
	return err
}

// servesADesk has whole histories at a desk over the store, held against a page that works everything out from the facts.
func servesADesk(t *testing.T, d database) {
	db, tenants := d.tables(t), 0
	desk.HistoriesEndAsThePagesSay.Check(t, desk.Reading{Host: func(people groups.Store) groups.Store {
		tenants++
		return elsewhere{sqlstore.Open(db, d.Dialect, fmt.Sprintf("tenant %d", tenants)), people}
	}})
}
