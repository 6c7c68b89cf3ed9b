// White-box: single cases are run against stores with a defect, which each has to find without
// failing the test that looks on.
package storetest

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grouprules/groups"
)

// A recorder is a TB that writes down what a case says.
type recorder struct {
	ctx      context.Context
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failures runs f as a test would and returns what it found.
func failures(ctx context.Context, f func(t TB)) []string {
	r := &recorder{ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r.failures
}

func caseOf(t *testing.T, in, name string) Case {
	t.Helper()
	for _, c := range Cases() {
		if c.Interface == in && c.Name == name {
			return c
		}
	}
	t.Fatalf("%s has no case %q", in, name)
	return Case{}
}

// faulty is a Store in which single methods are other than those of the Memory beneath.
type faulty struct {
	*groups.Memory
	group       func(ctx context.Context, id groups.GroupID) (groups.Group, error)
	groups      func(ctx context.Context) iter.Seq2[groups.Group, error]
	standings   func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error]
	standingsOf func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error]
	members     func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error]
	changes     func(ctx context.Context, after string) iter.Seq2[groups.Change, error]
	acts        func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error]
	notes       func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error]
	apply       func(ctx context.Context, c groups.Commit) error
}

func (f *faulty) Group(ctx context.Context, id groups.GroupID) (groups.Group, error) {
	if f.group != nil {
		return f.group(ctx, id)
	}
	return f.Memory.Group(ctx, id)
}

func (f *faulty) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	if f.groups != nil {
		return f.groups(ctx)
	}
	return f.Memory.Groups(ctx)
}

func (f *faulty) Standings(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	if f.standings != nil {
		return f.standings(ctx, id, after)
	}
	return f.Memory.Standings(ctx, id, after)
}

func (f *faulty) StandingsOf(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
	if f.standingsOf != nil {
		return f.standingsOf(ctx, id)
	}
	return f.Memory.StandingsOf(ctx, id)
}

func (f *faulty) Members(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
	if f.members != nil {
		return f.members(ctx, id, after)
	}
	return f.Memory.Members(ctx, id, after)
}

func (f *faulty) Apply(ctx context.Context, c groups.Commit) error {
	if f.apply != nil {
		return f.apply(ctx, c)
	}
	return f.Memory.Apply(ctx, c)
}

func (f *faulty) Acts(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
	if f.acts != nil {
		return f.acts(ctx, id, after)
	}
	return f.Memory.Acts(ctx, id, after)
}

func (f *faulty) Notes(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
	if f.notes != nil {
		return f.notes(ctx, kind, id)
	}
	return f.Memory.Notes(ctx, kind, id)
}

func (f *faulty) Changes(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
	if f.changes != nil {
		return f.changes(ctx, after)
	}
	return f.Memory.Changes(ctx, after)
}

// each passes on what keep lets through of a stream; keep may write to the row, and says with more
// whether the stream goes on.
func each[T any](stream iter.Seq2[T, error], keep func(n int, row *T) (show, more bool)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		n := 0
		for row, err := range stream {
			if err != nil {
				yield(row, err)
				return
			}
			show, more := keep(n, &row)
			if n++; show && !yield(row, nil) || !more {
				return
			}
		}
	}
}

// committing returns an apply that changes the commit, of which it has a copy, before it is applied.
func committing(m *groups.Memory, change func(c *groups.Commit)) func(context.Context, groups.Commit) error {
	return func(ctx context.Context, c groups.Commit) error {
		c = copied(c)
		change(&c)
		return m.Apply(ctx, c)
	}
}

// copied is a commit of which everything but the criteria can be written to.
func copied(c groups.Commit) groups.Commit {
	c.Writes, c.Acts, c.Notes = slices.Clone(c.Writes), slices.Clone(c.Acts), slices.Clone(c.Notes)
	for i := range c.Writes {
		w := &c.Writes[i]
		w.Was, w.Save, w.State = another(w.Was), another(w.Save), another(w.State)
		w.Standings, w.Changes = slices.Clone(w.Standings), slices.Clone(w.Changes)
	}
	return c
}

func another[T any](v *T) *T {
	if v == nil {
		return nil
	}
	own := *v
	return &own
}

// writing returns an apply that changes each write.
func writing(m *groups.Memory, change func(w *groups.Write)) func(context.Context, groups.Commit) error {
	return committing(m, func(c *groups.Commit) {
		for i := range c.Writes {
			change(&c.Writes[i])
		}
	})
}

// saving returns an apply that changes the groups that are saved.
func saving(m *groups.Memory, change func(g *groups.Group)) func(context.Context, groups.Commit) error {
	return writing(m, func(w *groups.Write) {
		if w.Save != nil {
			change(w.Save)
		}
	})
}

// stored is a group as it is in the Memory, or a zero one.
func stored(m *groups.Memory, id groups.GroupID) groups.Group {
	g, _ := m.Group(context.Background(), id)
	return g
}

// lower is what a database that ignores case compares.
func lower[T ~string](id T) T { return T(strings.ToLower(string(id))) }

func cut[T ~string](id T, n int) T { return id[:min(n, len(id))] }

// A mutant is a store with a defect, and the case that finds it.
type mutant struct {
	defect string
	found  string
	in     func(m *groups.Memory) *faulty
}

// storeMutants are all stores with a defect.
var storeMutants = slices.Concat(readingMutants, writingMutants, commitMutants, officeMutants)

func TestDefectsOfStoresAreFound(t *testing.T) {
	for _, mutant := range storeMutants {
		t.Run(mutant.defect, func(t *testing.T) {
			c := caseOf(t, "Store", mutant.found)
			synctest.Test(t, func(t *testing.T) {
				m := groups.NewMemory()
				f := mutant.in(m)
				f.Memory = m
				if len(failures(t.Context(), func(t TB) { c.store(t, f) })) == 0 {
					t.Errorf("%q did not find a store that %s", c.Name, mutant.defect)
				}
			})
		})
	}
}

func TestEveryCaseFindsADefect(t *testing.T) {
	found := map[string]bool{}
	for _, mutant := range storeMutants {
		found["Store "+mutant.found] = true
	}
	for _, mutant := range peopleMutants {
		found[mutant.in+" "+mutant.found] = true
	}
	for _, p := range plantedDefects {
		found[p.in+" "+p.found] = true
	}
	for _, c := range Cases() {
		if !found[c.Interface+" "+c.Name] {
			t.Errorf("%s, clause %d: nothing shows that %q finds anything", c.Interface, c.Clause, c.Name)
		}
	}
}

// pause lets others in between two steps: the clock of a bubble moves on only when all others wait, for each other or for the clock.
func pause() { time.Sleep(time.Nanosecond) }

func TestNamesAreInOrderAndNoStrangers(t *testing.T) {
	for i, id := range names {
		if err := groups.UserID(id).Check(); err != nil {
			t.Errorf("%q cannot be stored: %v", id, err)
		}
		if i > 0 && id <= names[i-1] || slices.Contains(strangers, id) || slices.Contains(unusable, id) {
			t.Errorf("%q is out of order, or stands elsewhere too", id)
		}
	}
	for _, id := range unusable {
		if groups.UserID(id).Check() == nil {
			t.Errorf("%q can be stored", id)
		}
	}
}

// discard is the TB of helpers that a mutant borrows.
type discard struct{ ctx context.Context }

func (d discard) Helper()                           {}
func (d discard) Context() context.Context          { return d.ctx }
func (d discard) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (d discard) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
