package desk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// office is a desk with all that stands behind it.
type office struct {
	*admin.Desk
	ev     *groups.Evaluator
	people *directory
	store  groups.Store
	now    time.Time
}

// directory is the people, and to whom they are assigned.
type directory struct {
	*groups.Memory
	scopes map[string]scope
}

// Scope tells the users assigned to an owner.
func (d *directory) Scope(_ context.Context, owner string) (groups.Scope, error) {
	s, limited := d.scopes[owner]
	switch {
	case !limited:
		return nil, nil
	case s.broken:
		return nil, errors.New("the system of assignments is down")
	}
	return func(u *groups.User) groups.Verdict { return yes(s.users[u.ID]) }, nil
}

var background = context.Background()

// options are what differs from one office to the next.
type options struct {
	exclusions bool
	mostLeaves int
	preview    bool
	now        time.Time
}

// feedGuard objects to a file that lacks three users who are half of all.
func feedGuard() *groups.FeedGuard {
	return &groups.FeedGuard{Missing: &groups.FeedLimit{MinCount: mostMissing, MaxPercent: 50}}
}

const mostMissing = 3

// open opens an office over a fresh store, as the host sees it.
func open(o options, host Host) *office {
	m := groups.NewMemory()
	w := &office{people: &directory{m, map[string]scope{}}, store: host(m), now: o.now}
	guard := &groups.Guard{}
	if o.mostLeaves > 0 {
		const never = 1 << 30
		guard.Group.Leaves = &groups.Limit{MinCount: never, MaxPercent: 100, MaxCount: o.mostLeaves + 1, EmptyFrom: never}
	}
	w.ev = groups.NewEvaluator(w.people, w.store, &groups.Options{
		Now: func() time.Time { return w.now }, Exclusions: o.exclusions, Guard: guard, FeedGuard: feedGuard(),
	})
	w.Desk = admin.New(w.ev, w.people, w.store, &admin.Policy{RequirePreview: o.preview})
	return w
}

func collect[T any](stream iter.Seq2[T, error]) ([]T, error) {
	var list []T
	for row, err := range stream {
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, nil
}

// snapshot is everything that is stored, in words: what a refused act must not have changed.
func (w *office) snapshot() (string, error) {
	var b strings.Builder
	note := func(list any, err error) error {
		fmt.Fprintf(&b, "%s\n", text(list))
		return err
	}
	all, err := collect(w.store.Groups(background))
	for _, g := range all {
		err = errors.Join(err, note([]any{g, g.State}, nil))
		err = errors.Join(err, note(collect(w.store.Standings(background, g.ID, ""))))
		err = errors.Join(err, note(collect(w.store.Members(background, g.ID, ""))))
	}
	for _, kind := range []groups.NoteKind{groups.NoteDraft, groups.NoteVersion, groups.NoteHeld} {
		notes, failed := collect(w.store.Notes(background, kind, ""))
		for _, n := range notes {
			fmt.Fprintf(&b, "%s %s %d %s\n", n.Group, n.Key, n.Revision, n.Data)
		}
		err = errors.Join(err, failed)
	}
	feed, failed := collect(w.store.Changes(background, ""))
	acts, failing := collect(w.store.Acts(background, "", ""))
	err = errors.Join(err, failed, failing, note([]int{len(feed), len(acts)}, nil))
	err = errors.Join(err, note(w.people.Version(background)))
	return b.String(), err
}
