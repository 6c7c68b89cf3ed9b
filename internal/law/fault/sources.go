// Package fault is people and stores that fail on demand, and what must be left when they do. It is imported by tests
// and by nothing else.
package fault

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/grouprules/groups"
)

// A Mode is a way of failing.
type Mode uint8

const (
	// None is that of sources that do not fail.
	None Mode = iota
	// Before: a call does nothing and fails.
	Before
	// After: a call does all it was asked to, and fails. What it wrote is written.
	After
	// Timeout: the time of the caller is up before a call has done anything.
	Timeout
	// Cancelled: the caller gives up as a call is made. The source may notice, or be done all the same.
	Cancelled
	// Short: a stream breaks off, in the place of a row.
	Short
	// Repeated: a write is delivered twice, and the answer is the second one.
	Repeated
	// Silent is Short by a source that swallows its error, which no caller can tell from a stream that has ended: for
	// tests of what notices.
	Silent
)

// Modes are the ways in which a source may fail that keeps its contract.
var Modes = []Mode{Before, After, Timeout, Cancelled, Short, Repeated}

// String says what happens.
func (m Mode) String() string {
	return []string{"nothing fails", "error before", "error after", "timeout", "cancelled", "short page", "repeated delivery", "silent short page"}[m]
}

// ErrSource is what fails.
var ErrSource = errors.New("the source fails")

// An asking is what a source is asked for, by which modes count.
type asking uint8

const (
	aCall asking = iota
	aWrite
	aRow
)

// counts reports whether the mode counts what is asked.
func (m Mode) counts(a asking) bool {
	switch m {
	case Short, Silent:
		return a == aRow
	case Repeated:
		return a == aWrite
	}
	return a != aRow
}

// Sources make people and stores fail at the n-th thing that is asked of them.
type Sources struct {
	// Wrote, if set, is called after each write that was done.
	Wrote func()

	mu     sync.Mutex // a run may read several groups at once
	mode   Mode
	n      int
	met    bool
	asked  [aRow + 1]int
	ending *ending
}

// Failing is the directory with the n-th thing that the mode counts failing.
func Failing(d groups.Directory, m Mode, n int) groups.Directory {
	s := &Sources{}
	s.Arm(context.Background(), m, n)
	return s.Directory(d)
}

// Arm makes the n-th thing that the mode counts fail, from now on. The context is what the caller is to use: it ends
// where the mode says so.
func (s *Sources) Arm(ctx context.Context, m Mode, n int) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.n, s.met, s.asked = m, n, false, [aRow + 1]int{}
	s.ending = &ending{Context: ctx, done: make(chan struct{})}
	return s.ending
}

// Disarm ends that, and reports whether it came to it.
func (s *Sources) Disarm() (failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = None
	return s.met
}

// Asked is how much that the mode counts was asked for since [Sources.Arm].
func (s *Sources) Asked(m Mode) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for a, asked := range s.asked {
		if m.counts(asking(a)) {
			n += asked
		}
	}
	return n
}

// meet is how what is asked for is to fail.
func (s *Sources) meet(a asking) Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[a]++
	if s.mode == None || s.met || !s.mode.counts(a) {
		return None
	}
	if s.n--; s.n > 0 {
		return None
	}
	s.met = true
	switch s.mode {
	case Timeout:
		s.ending.end(context.DeadlineExceeded)
	case Cancelled:
		s.ending.end(context.Canceled)
	}
	return s.mode
}

// call makes one call.
func (s *Sources) call(a asking, do func() error) error {
	m := s.meet(a)
	switch m {
	case Before:
		return ErrSource
	case Timeout:
		return context.DeadlineExceeded
	case Repeated:
		_ = s.done(a, do)
	}
	if err := s.done(a, do); err != nil {
		return err
	}
	if m == After {
		return ErrSource
	}
	return nil
}

func (s *Sources) done(a asking, do func() error) error {
	err := do()
	if err == nil && a == aWrite && s.Wrote != nil {
		s.Wrote()
	}
	return err
}

// rows passes a stream on.
func rows[T any](s *Sources, stream iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		m := s.meet(aCall)
		switch m {
		case Before:
			yield(none, ErrSource)
			return
		case Timeout:
			yield(none, context.DeadlineExceeded)
			return
		}
		for row, err := range stream {
			switch s.meet(aRow) {
			case Short:
				yield(none, ErrSource)
				return
			case Silent:
				return
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		if m == After {
			yield(none, ErrSource)
		}
	}
}

// An ending context is ended by hand, for whatever reason a context may end.
type ending struct {
	context.Context
	done chan struct{}
	mu   sync.Mutex
	err  error
}

func (e *ending) end(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.err = err
		close(e.done)
	}
}

// Done is closed once the context has ended.
func (e *ending) Done() <-chan struct{} { return e.done }

// Err is why.
func (e *ending) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// read makes one call that reads.
func read[T any](s *Sources, do func() (T, error)) (v T, err error) {
	err = s.call(aCall, func() (err error) {
		v, err = do()
		return err
	})
	return v, err
}

// Directory is the people, failing, without capabilities.
func (s *Sources) Directory(d groups.Directory) groups.Directory { return &directory{d, s} }

type directory struct {
	groups.Directory
	s *Sources
}

func (d *directory) Schema(ctx context.Context) (*groups.Schema, error) {
	return read(d.s, func() (*groups.Schema, error) { return d.Directory.Schema(ctx) })
}

func (d *directory) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	return read(d.s, func() (groups.User, error) { return d.Directory.User(ctx, id) })
}

func (d *directory) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return rows(d.s, d.Directory.Users(ctx))
}

func (d *directory) Units(ctx context.Context) iter.Seq2[groups.Unit, error] {
	return rows(d.s, d.Directory.Units(ctx))
}

// People are a Directory that can be written, with the capabilities that make it faster.
type People interface {
	groups.Directory
	groups.People
	groups.Versioned
	groups.Reporting
}

// People are the people, failing, with all that they can do.
func (s *Sources) People(p People) People { return &people{directory{p, s}, p} }

type people struct {
	directory
	whole People
}

func (p *people) Version(ctx context.Context) (string, error) {
	return read(p.s, func() (string, error) { return p.whole.Version(ctx) })
}

func (p *people) Reports(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
	return rows(p.s, p.whole.Reports(ctx, manager))
}

func (p *people) Write(ctx context.Context, c groups.PeopleChange) error {
	return p.s.call(aWrite, func() error { return p.whole.Write(ctx, c) })
}

// Store is the store, failing.
func (s *Sources) Store(store groups.Store) groups.Store { return &faulty{store, s} }

type faulty struct {
	groups.Store
	s *Sources
}

func (f *faulty) Group(ctx context.Context, id groups.GroupID) (groups.Group, error) {
	return read(f.s, func() (groups.Group, error) { return f.Store.Group(ctx, id) })
}

func (f *faulty) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return rows(f.s, f.Store.Groups(ctx))
}

func (f *faulty) Standings(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	return rows(f.s, f.Store.Standings(ctx, id, after))
}

func (f *faulty) StandingsOf(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
	return rows(f.s, f.Store.StandingsOf(ctx, id))
}

func (f *faulty) Members(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
	return rows(f.s, f.Store.Members(ctx, id, after))
}

func (f *faulty) Changes(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
	return rows(f.s, f.Store.Changes(ctx, after))
}

func (f *faulty) Acts(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
	return rows(f.s, f.Store.Acts(ctx, id, after))
}

func (f *faulty) Notes(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
	return rows(f.s, f.Store.Notes(ctx, kind, id))
}

func (f *faulty) Apply(ctx context.Context, c groups.Commit) error {
	return f.s.call(aWrite, func() error { return f.Store.Apply(ctx, c) })
}
