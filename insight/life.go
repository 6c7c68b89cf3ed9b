package insight

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grouprules/groups"
)

// A life is when time matters to one user, in the groups of a rehearsal: when a condition turns for them, also where no run
// waits for that, as in a group that is frozen; when an assignment ends; and when groups with a schedule take that in. All the
// other times at which those are due bring nothing, and are passed over.
type life struct {
	store *rehearsal
	id    groups.UserID
	user  groups.User
	rules []zonedRule
	// stirred is the last instant at which something was written or turned. Until every group with a schedule was
	// processed since, it matters when they are due.
	stirred time.Time
	writes  int // of the rehearsal, as of then
	turn    time.Time
}

type zonedRule struct {
	*groups.Rule
	zone *time.Location
}

// lifeOf is that of a user, who need not be among the people.
func (d *Desk) lifeOf(ctx context.Context, dir groups.Directory, store *rehearsal, user groups.UserID) (*life, error) {
	l := &life{store: store, id: user}
	schema, err := dir.Schema(ctx)
	if err != nil {
		return nil, err
	}
	l.user, err = dir.User(ctx, user)
	if errors.Is(err, groups.ErrNotFound) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	for _, id := range store.ids {
		g := store.groups[id]
		if g.Kind != groups.AutomaticGroup {
			continue
		}
		rule, err := schema.Compile(g.Criteria)
		zone := d.ev.Options().Zone
		if err == nil && g.Zone != "" {
			zone, err = time.LoadLocation(g.Zone)
		}
		if err == nil { // else everybody is unknown, whatever the time
			l.rules = append(l.rules, zonedRule{rule, zone})
		}
	}
	return l, nil
}

// next is when time matters next after an instant; zero is never.
func (l *life) next(ctx context.Context, i instant) (time.Time, error) {
	if l.stirred.IsZero() {
		// Whatever was stored before may be later than what was processed in this very instant.
		l.stirred, l.writes = i.at.Add(1), l.store.writes
	} else if l.writes != l.store.writes || !l.turn.IsZero() && !l.turn.After(i.at) {
		l.stirred, l.writes = i.at, l.store.writes
	}
	var err error
	if l.turn, err = l.nextTurn(ctx, i.at); err != nil {
		return time.Time{}, err
	}
	next := l.turn
	for _, g := range l.store.groups {
		if g.Kind != groups.AutomaticGroup || g.Schedule.Every == 0 {
			continue
		}
		due := g.Schedule.Next(i.at)
		if !g.State.Processed.Before(l.stirred) {
			// The last time before the turn, so that it is not late then.
			due = g.Schedule.Next(l.turn.Add(-g.Schedule.Every - 1))
			if l.turn.IsZero() || !due.After(i.at) {
				continue
			}
		}
		next = sooner(next, due)
	}
	return next, nil
}

// nextTurn is when a condition next turns, or an assignment ends.
func (l *life) nextTurn(ctx context.Context, now time.Time) (next time.Time, err error) {
	for _, r := range l.rules {
		if at, ok := r.Next(&l.user, &groups.View{Now: now, Zone: r.zone}); ok {
			next = sooner(next, at)
		}
	}
	for st, err := range l.store.StandingsOf(ctx, l.id) {
		if err != nil {
			return time.Time{}, fmt.Errorf("read standings of user %q: %w", l.id, err)
		}
		if a := st.Assignment; a != nil && a.Until.After(now) {
			next = sooner(next, a.Until)
		}
	}
	return next, nil
}
