package main

import (
	"context"
	"iter"

	"github.com/grouprules/groups"
)

// effects are what memberships do in this LMS. They follow from the feed and from nothing else.
type effects struct {
	rules       enrollmentRules
	index       index
	enrollments *enrollments
	outbox      outbox
	// done are the IDs of the changes that had their effect. In a database they are a column of the
	// effects themselves, or a table written in the same transaction.
	done map[string]bool
}

func newEffects(rules enrollmentRules) *effects {
	return &effects{rules: rules, index: index{}, enrollments: newEnrollments(), done: map[string]bool{}}
}

// apply does what one change of a membership asks for, once; again says that it was done before.
func (e *effects) apply(c groups.Change) (again bool) {
	if e.done[c.ID] {
		return true
	}
	e.done[c.ID] = true
	switch c.Kind {
	case groups.Joined:
		e.index.grant(c.User, c.Group)
		for _, course := range e.rules[c.Group] {
			e.enrollments.enroll(c.User, course, c.At)
		}
		e.outbox.subscribed(c.User, c.Group)
	case groups.Left:
		e.index.withdraw(c.User, c.Group) // and no more: enrollments are kept
	case groups.Switched: // in by another method: nothing to do
	}
	return false
}

// forget leaves nothing of a user.
func (e *effects) forget(user groups.UserID) {
	delete(e.index, user)
	e.enrollments.erase(user)
	e.outbox.erase(user)
}

// A feed is the part of a [groups.Store] that a worker needs.
type feed interface {
	Changes(ctx context.Context, after string) iter.Seq2[groups.Change, error]
}

// A worker carries the feed over into effects. It may be stopped at any point and started again at any
// earlier cursor: it sees every change at least once, and the effects happen once.
type worker struct {
	feed    feed
	effects *effects
	cursor  string // kept by the LMS; blank is the beginning
}

// run catches up with the feed, and returns how many changes it met, and how many of them again.
func (w *worker) run(ctx context.Context) (met, again int, err error) {
	for c, err := range w.feed.Changes(ctx, w.cursor) {
		if err != nil {
			return met, again, err
		}
		met++
		if w.effects.apply(c) {
			again++
		}
		w.cursor = c.Cursor
	}
	return met, again, nil
}
