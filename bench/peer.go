package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups/bench/workload"
)

// A Range is the users and groups, from the first on, that a peer is asked about.
type Range struct{ Users, Groups int }

// A Peer answers about one world, which was put into its own form when it was opened. What it cannot do is
// an error that wraps [errors.ErrUnsupported] and says why.
type Peer interface {
	// Learning puts what is known of users from now on into the words of the peer, as who tells it has them. What it
	// returns takes that in, once. Memberships stay as they are.
	Learning(changes []workload.Change) func(ctx context.Context) error
	// Full evaluates everybody in the range and returns who moves, in any order.
	Full(ctx context.Context, r Range) ([]Move, error)
	// Touched does so for the users named, against the first groups.
	Touched(ctx context.Context, users []int32, groups int) ([]Move, error)
	// Counting puts unsaved criteria into the words of the peer, as who writes them has them. What it returns counts
	// those of the first users for whom they hold, and who are active.
	Counting(c *workload.Criteria, users int) func(ctx context.Context) (int, error)
	// Member reads a stored membership, Match asks the criteria of a group.
	Member(ctx context.Context, group, user int) (bool, error)
	Match(ctx context.Context, group, user int) (workload.Verdict, error)
	Close() error
}

// A Cooler is a peer that keeps something worked out between full recalculations; Cool drops it.
type Cooler interface{ Cool() error }

// A Warmer is a peer that puts off what it has to do about what it learned until somebody asks; Warm does it.
type Warmer interface{ Warm(context.Context) error }

// A Stopper is a peer whose data and index are two things: Stop drops the index, and ends its work.
type Stopper interface{ Stop() }

// A Counter is a peer that counts the members of each group in a full recalculation as well.
type Counter interface{ Members() []int }

// A Numbered is a peer to which users and groups are numbers. It is asked by their names as well: then the numbers
// are found in two maps first, as an application has to.
type Numbered interface{ Numbered() }

// A Doubter is a peer that can count as well of how many active users it is unknown whether criteria hold, as the library does.
type Doubter interface {
	Doubting(c *workload.Criteria, users int) func(ctx context.Context) (tally, error)
}

// A Valued is a peer that can match a user who is at hand as well, and need not be stored.
type Valued interface {
	MatchValue(group, user int) (workload.Verdict, error)
}

// A cut is along what a peer that would take too long is made to do less.
type cut int

const (
	uncut cut = iota
	byUsers
	byGroups
)

// A contender is a peer that can be asked for by name.
type contender struct {
	name string
	cut  cut
	open func(ctx context.Context, w *workload.World) (Peer, error)
}

// contenders returns all of them, the library first.
func contenders() []contender {
	all := []contender{
		{"groups", uncut, openLibrary},
		{"groups-streamed", uncut, openStreamed},
		{"groups-sqlite", uncut, openOnSQLite},
		{"groups-postgres", uncut, openOnPostgres},
		{"groups-sqlite-sql", byGroups, pushed(openOnSQLite)},
		{"groups-postgres-sql", byGroups, pushed(openOnPostgres)},
		{"closures", byUsers, func(_ context.Context, w *workload.World) (Peer, error) { return newClosures(w, 0) }},
		{"closures1", byUsers, func(_ context.Context, w *workload.World) (Peer, error) { return newClosures(w, 1) }},
		{"expr", byUsers, func(_ context.Context, w *workload.World) (Peer, error) { return newExpr(w) }},
		{"cel", byUsers, func(_ context.Context, w *workload.World) (Peer, error) { return newCEL(w) }},
		{"roaring", uncut, func(_ context.Context, w *workload.World) (Peer, error) { return newRoaring(w), nil }},
		{"sqlite", byGroups, openSQLite},
		{"postgres", byGroups, openPostgres},
	}
	return append(all, duckDB()...)
}

// choose returns the contenders with the names, in their own order.
func choose(names string) ([]contender, error) {
	all := contenders()
	if names == "" {
		return all, nil
	}
	var chosen []contender
	asked := strings.Split(names, ",")
	for _, c := range all {
		if i := slices.Index(asked, c.name); i >= 0 {
			chosen = append(chosen, c)
			asked = slices.Delete(asked, i, i+1)
		}
	}
	if len(asked) > 0 {
		return nil, fmt.Errorf("no peer is called %q", asked)
	}
	return chosen, nil
}

// unsupported is a peer that can do nothing; others are made of it.
type unsupported struct{}

func notOffered(what string) error { return fmt.Errorf("%w: %s", errors.ErrUnsupported, what) }

func (unsupported) Learning([]workload.Change) func(context.Context) error {
	return func(context.Context) error { return notOffered("does not learn of changes") }
}
func (unsupported) Full(context.Context, Range) ([]Move, error) {
	return nil, notOffered("has no full recalculation")
}
func (unsupported) Touched(context.Context, []int32, int) ([]Move, error) {
	return nil, notOffered("does not follow changes")
}
func (unsupported) Counting(*workload.Criteria, int) func(context.Context) (int, error) {
	return func(context.Context) (int, error) { return 0, notOffered("does not count") }
}
func (unsupported) Member(context.Context, int, int) (bool, error) {
	return false, notOffered("stores no memberships")
}
func (unsupported) Match(context.Context, int, int) (workload.Verdict, error) {
	return workload.No, notOffered("does not match single users")
}
func (unsupported) Close() error { return nil }
