package law

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// A FaultyHost fails on demand.
type FaultyHost interface {
	Host
	// Arm makes the n-th thing that the evaluator asks of its sources from now on fail: a call, or a row of a stream.
	Arm(n int)
	// Disarm ends that, and reports whether it came to it.
	Disarm() (failed bool)
}

// errFault is what fails.
var errFault = errors.New("the source fails")

// Faulty is an evaluator over a directory and a store that fail on demand. Silent ones end their streams instead, as
// if they had been read to the end: the mutant of a source that swallows its errors.
type Faulty struct {
	*Plain
	silent bool
	mu     sync.Mutex // a run may read several groups at once
	armed  bool
	left   int
	failed bool
}

// NewFaulty makes the sources of a plain host fail.
func NewFaulty(p *Plain, silent bool) *Faulty {
	f := &Faulty{Plain: p, silent: silent}
	p.Wrap = func(d groups.Directory) groups.Directory { return &faultyDirectory{d, f} }
	p.WrapStore = func(s groups.Store) groups.Store { return &faultyStore{s, f} }
	return f
}

// Load disarms, since the case before may have ended halfway.
func (f *Faulty) Load(t oracle.Tenant) error {
	f.armed = false
	return f.Plain.Load(t)
}

// Arm makes the n-th thing asked for fail.
func (f *Faulty) Arm(n int) { f.armed, f.left, f.failed = true, n, false }

// Disarm ends that.
func (f *Faulty) Disarm() bool {
	f.armed = false
	return f.failed
}

func (f *Faulty) next() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.armed {
		return nil
	}
	if f.left--; f.left == 0 {
		f.failed = true
		return errFault
	}
	return nil
}

// rows passes a stream on, until it fails.
func rows[T any](f *Faulty, stream iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for row, err := range stream {
			if failed := f.next(); failed != nil {
				if !f.silent {
					yield(none, failed)
				}
				return
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

type faultyDirectory struct {
	groups.Directory
	f *Faulty
}

func (d *faultyDirectory) Schema(ctx context.Context) (*groups.Schema, error) {
	if err := d.f.next(); err != nil {
		return nil, err
	}
	return d.Directory.Schema(ctx)
}

func (d *faultyDirectory) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	if err := d.f.next(); err != nil {
		return groups.User{}, err
	}
	return d.Directory.User(ctx, id)
}

func (d *faultyDirectory) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return rows(d.f, d.Directory.Users(ctx))
}

func (d *faultyDirectory) Units(ctx context.Context) iter.Seq2[groups.Unit, error] {
	return rows(d.f, d.Directory.Units(ctx))
}

type faultyStore struct {
	groups.Store
	f *Faulty
}

func (s *faultyStore) Group(ctx context.Context, id groups.GroupID) (groups.Group, error) {
	if err := s.f.next(); err != nil {
		return groups.Group{}, err
	}
	return s.Store.Group(ctx, id)
}

func (s *faultyStore) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return rows(s.f, s.Store.Groups(ctx))
}

func (s *faultyStore) Standings(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	return rows(s.f, s.Store.Standings(ctx, id, after))
}

func (s *faultyStore) StandingsOf(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
	return rows(s.f, s.Store.StandingsOf(ctx, id))
}

func (s *faultyStore) Members(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
	return rows(s.f, s.Store.Members(ctx, id, after))
}

func (s *faultyStore) Notes(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
	return rows(s.f, s.Store.Notes(ctx, kind, id))
}

func (s *faultyStore) Apply(ctx context.Context, c groups.Commit) error {
	if err := s.f.next(); err != nil {
		return err
	}
	return s.Store.Apply(ctx, c)
}

// AnErrorMovesNobody: whatever fails while a run reads or writes, the run says so and nothing is written.
var AnErrorMovesNobody = Law[FaultyHost]{
	Holds: func(t *rapid.T, h FaultyHost) error {
		tenant := Drawn{}.Tenant(t)
		if err := h.Load(tenant); err != nil {
			return err
		}
		before, err := snapshot(h)
		if err != nil {
			return err
		}
		g, u := tenant.Groups[rapid.IntRange(0, len(tenant.Groups)-1).Draw(t, "group")].ID, anyone(t, tenant.World).ID
		h.Arm(rapid.IntRange(1, 90).Draw(t, "fails at"))
		what := draw(t, "run", "process", "changed", "assign")
		switch what {
		case "process":
			_, err = h.Process()
		case "changed":
			_, err = h.Changed(Touched{Users: []groups.UserID{u}, Groups: []groups.GroupID{g}})
		case "assign":
			err = h.Assign(g, u, time.Time{})
		}
		failed := h.Disarm()
		after, unread := snapshot(h)
		switch diff := cmp.Diff(before, after); {
		case unread != nil:
			return unread
		case failed && diff != "":
			return fmt.Errorf("%s met an error and wrote (error %v):\n%s", what, err, diff)
		case failed && !errors.Is(err, errFault):
			return fmt.Errorf("%s met an error and says %v", what, err)
		case !failed && err != nil:
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.ErrorsEndTheStream},
}
