package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/grouprules/groups"
)

// A Store is a [groups.Store], [groups.Directory] and [groups.People] in a database, with the capabilities
// [groups.Versioned], [groups.Journaled] and [groups.Reporting]: one tenant of it. It keeps their contracts to the letter, and may be used
// from many goroutines, and from many processes, at once.
//
// Every write locks the row of the tenant until it is committed, so that writes to one tenant follow one another, and the
// feed and the audit are in the order in which they were committed. A stream reads page by page and holds no more than
// one; it sees what was committed before the page was read.
type Store struct {
	db      *sql.DB
	tx      *sql.Tx
	dialect Dialect
	tenant  string
	schema  *lastSchema
	known   *knownGroups
}

// lastSchema is the schema last read, and its text: for as long as that is the same, the same value is handed out, so
// that an Evaluator finds the rules that it compiled.
type lastSchema struct {
	mu     sync.Mutex
	text   string
	parsed *groups.Schema
}

var (
	_ groups.Directory = (*Store)(nil)
	_ groups.People    = (*Store)(nil)
	_ groups.Store     = (*Store)(nil)
	_ groups.Versioned = (*Store)(nil)
	_ groups.Journaled = (*Store)(nil)
	_ groups.Reporting = (*Store)(nil)
)

// Open returns the Store of a tenant. It does not touch the database, whose tables [Migrate] makes; a tenant is there
// once something is written. The pool stays the caller's, to be closed when nobody uses the Store any more.
func Open(db *sql.DB, d Dialect, tenant string) *Store {
	return &Store{db: db, dialect: d, tenant: tenant, schema: new(lastSchema), known: &knownGroups{byID: map[groups.GroupID]knownGroup{}}}
}

// In is the Store within a transaction of the caller's: it reads what that has written, and what it writes is committed
// or rolled back with it. A write that the Store refuses ([groups.ErrConflict], [groups.ErrNotFound] and their like) leaves
// the transaction as it was. After any other error, such as that of a context or a full disk, it is to be rolled back:
// SQLite may have done so already. The tenant stays locked for others until the transaction ends.
func (s *Store) In(tx *sql.Tx) *Store {
	return &Store{db: s.db, tx: tx, dialect: s.dialect, tenant: s.tenant, schema: s.schema, known: s.known}
}

// A tenant is what its row says.
type tenant struct {
	version              int64
	schema               string
	lastChange, lastAct  int64
	unitsAt, journalFrom int64
}

const tenantColumns = "version, schema, last_change, last_act, units_at, journal_from"

func scanTenant(row func(...any) error) (t tenant, err error) {
	err = row(&t.version, &t.schema, &t.lastChange, &t.lastAct, &t.unitsAt, &t.journalFrom)
	return t, err
}

// noSchema is that of a tenant to which nothing was ever written.
const noSchema = "{}"

// row reads that of the tenant.
func (s *Store) row(ctx context.Context, c conn) (tenant, error) {
	found, err := list(ctx, c, scanTenant, "SELECT "+tenantColumns+" FROM groups_tenant WHERE tenant = ?1")
	if err != nil || len(found) == 0 {
		return tenant{schema: noSchema}, err
	}
	return found[0], nil
}

// lock reads the row, and keeps others from writing until the transaction ends.
func (s *Store) lock(ctx context.Context, c conn) (tenant, error) {
	err := c.exec(ctx, "INSERT INTO groups_tenant (tenant, "+tenantColumns+") VALUES (?1, 0, '"+noSchema+"', 0, 0, 0, 0) ON CONFLICT (tenant) DO NOTHING")
	if err != nil {
		return tenant{}, err
	}
	found, err := list(ctx, c, scanTenant, "UPDATE groups_tenant SET version = version WHERE tenant = ?1 RETURNING "+tenantColumns)
	switch {
	case err != nil:
		return tenant{}, err
	case len(found) == 0:
		return tenant{}, errors.New("the row of the tenant cannot be written")
	}
	return found[0], nil
}

// keep writes the row.
func (s *Store) keep(ctx context.Context, c conn, t tenant) error {
	return c.exec(ctx, "UPDATE groups_tenant SET version = ?2, schema = ?3, last_change = ?4, last_act = ?5, units_at = ?6, journal_from = ?7 WHERE tenant = ?1",
		t.version, t.schema, t.lastChange, t.lastAct, t.unitsAt, t.journalFrom)
}
