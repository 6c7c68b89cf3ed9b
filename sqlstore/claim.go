package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/grouprules/groups"
)

// ErrClaim is wrapped by the error for a claim that is over: its time was up, and another worker has what it was for.
var ErrClaim = errors.New("another worker has it now")

// A Claim is what one worker has for itself until a time: the next changes for a consumer of the feed, or a group to
// process. A worker that is killed leaves its claims to end by themselves, and another has the same work again.
type Claim struct {
	// Changes are the next ones for the consumer, one at least. They stay the next ones until [Store.Acknowledge].
	Changes []groups.Change
	// Group is the group claimed, where it is one.
	Group groups.GroupID
	// Until is when the claim ends.
	Until time.Time

	kind, name string
	number     int64
}

const (
	feedClaim  = "feed"
	groupClaim = "group"
)

// ClaimChanges takes the next changes of the feed for a consumer, n at most, until a time: for consumers of one name
// together, who share the work and see each change in its turn. It is nil where there are none, or where another worker
// has some: a consumer that must not wait for itself has several names. Now is the clock of the worker; those of all
// workers must agree to within what a claim lasts.
func (s *Store) ClaimChanges(ctx context.Context, consumer string, now, until time.Time, n int) (claim *Claim, err error) {
	err = s.write(ctx, func(c conn) error {
		var place int64
		claim, place, err = s.claim(ctx, c, feedClaim, consumer, now, until)
		if err != nil || claim == nil {
			return err
		}
		claim.Changes, err = list(ctx, c, scanChange, "SELECT number, document FROM groups_change WHERE tenant = ?1 AND number > ?2 ORDER BY number LIMIT ?3", place, n)
		if err != nil || len(claim.Changes) > 0 {
			return err
		}
		err = s.end(ctx, c, claim, place)
		claim = nil
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim changes for %q: %w", consumer, err)
	}
	return claim, nil
}

// ClaimGroups takes those of the groups, most often what [groups.Evaluator.Due] lists, that no other worker has, n at most,
// until a time. Each is to be processed and released by itself: whoever processes a group for longer than its claim
// lasts may find that another was faster, which Process begins anew.
func (s *Store) ClaimGroups(ctx context.Context, due []groups.GroupID, now, until time.Time, n int) (claims []*Claim, err error) {
	err = s.write(ctx, func(c conn) error {
		claims = nil
		for _, id := range due {
			if len(claims) == n {
				break
			}
			claim, _, err := s.claim(ctx, c, groupClaim, string(id), now, until)
			if err != nil {
				return err
			}
			if claim != nil {
				claim.Group = id
				claims = append(claims, claim)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim groups: %w", err)
	}
	return claims, nil
}

// claim is nil where another worker has it.
func (s *Store) claim(ctx context.Context, c conn, kind, name string, now, until time.Time) (*Claim, int64, error) {
	err := c.exec(ctx, "INSERT INTO groups_claim (tenant, kind, name, number, until, place) VALUES (?1, ?2, ?3, 0, 0, 0) ON CONFLICT (tenant, kind, name) DO NOTHING",
		kind, coded(name))
	if err != nil {
		return nil, 0, err
	}
	type row struct{ number, place int64 }
	found, err := list(ctx, c, func(scan func(...any) error) (r row, err error) {
		err = scan(&r.number, &r.place)
		return r, err
	}, `UPDATE groups_claim SET number = number + 1, until = ?4 WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND until <= ?5
		RETURNING number, place`, kind, coded(name), until.UnixNano(), now.UnixNano())
	if err != nil || len(found) == 0 {
		return nil, 0, err
	}
	return &Claim{Until: until, kind: kind, name: name, number: found[0].number}, found[0].place, nil
}

// Acknowledge ends a claim whose work is done: its changes are not claimed again for that consumer. An error that wraps
// [ErrClaim] says that its time was up and another worker claimed them, who will acknowledge them.
func (s *Store) Acknowledge(ctx context.Context, claim *Claim) error {
	place := int64(0)
	if n := len(claim.Changes); n > 0 {
		var err error
		if place, err = strconv.ParseInt(claim.Changes[n-1].Cursor, 10, 64); err != nil {
			return fmt.Errorf("acknowledge: %w", err)
		}
	}
	return s.write(ctx, func(c conn) error { return s.end(ctx, c, claim, place) })
}

// end frees what was claimed, for the consumer from that place on.
func (s *Store) end(ctx context.Context, c conn, claim *Claim, place int64) error {
	found, err := list(ctx, c, func(scan func(...any) error) (n int64, err error) {
		err = scan(&n)
		return n, err
	}, "UPDATE groups_claim SET until = 0, place = ?5 WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND number = ?4 RETURNING number",
		claim.kind, coded(claim.name), claim.number, place)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s %q: %w", claim.kind, claim.name, ErrClaim)
	}
	return err
}

// ApplyOnce does something about a change of the feed once for ever, however often the change is delivered: what do
// writes in the transaction, which is one of the consumer's own database, is committed together with the note that the
// change was applied. It reports whether do was called; on an error the caller rolls back. [Migrate] makes the table that
// it writes to.
func ApplyOnce(ctx context.Context, tx *sql.Tx, d Dialect, consumer string, change groups.Change, do func() error) (applied bool, err error) {
	result, err := tx.ExecContext(ctx, d.text("INSERT INTO groups_applied (consumer, change_id) VALUES (?1, ?2) ON CONFLICT (consumer, change_id) DO NOTHING"),
		coded(consumer), coded(change.ID))
	if err != nil {
		return false, fmt.Errorf("apply change %q once: %w", change.ID, refusal(ctx, err))
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		return false, err
	}
	return true, do()
}
