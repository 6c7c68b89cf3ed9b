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
	saveGroup   func(ctx context.Context, g groups.Group) (groups.Group, error)
	deleteGroup func(ctx context.Context, id groups.GroupID, revision uint64, by string, at time.Time) error
	standings   func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error]
	standingsOf func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error]
	members     func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error]
	apply       func(ctx context.Context, writes []groups.Write) error
	forget      func(ctx context.Context, id groups.UserID, by string, at time.Time) error
	changes     func(ctx context.Context, after string) iter.Seq2[groups.Change, error]
}

func (f *faulty) Group(ctx context.Context, id groups.GroupID) (groups.Group, error) {
	if f.group != nil {
		return f.group(ctx, id)
	}
	return f.Memory.Group(ctx, id)
}

func (f *faulty) SaveGroup(ctx context.Context, g groups.Group) (groups.Group, error) {
	if f.saveGroup != nil {
		return f.saveGroup(ctx, g)
	}
	return f.Memory.SaveGroup(ctx, g)
}

func (f *faulty) DeleteGroup(ctx context.Context, id groups.GroupID, revision uint64, by string, at time.Time) error {
	if f.deleteGroup != nil {
		return f.deleteGroup(ctx, id, revision, by, at)
	}
	return f.Memory.DeleteGroup(ctx, id, revision, by, at)
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

func (f *faulty) Apply(ctx context.Context, writes []groups.Write) error {
	if f.apply != nil {
		return f.apply(ctx, writes)
	}
	return f.Memory.Apply(ctx, writes)
}

func (f *faulty) Forget(ctx context.Context, id groups.UserID, by string, at time.Time) error {
	if f.forget != nil {
		return f.forget(ctx, id, by, at)
	}
	return f.Memory.Forget(ctx, id, by, at)
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

// writing returns an apply that changes the writes, of which it has copies, before they are applied.
func writing(m *groups.Memory, change func(w *groups.Write)) func(context.Context, []groups.Write) error {
	return func(ctx context.Context, writes []groups.Write) error {
		writes = slices.Clone(writes)
		for i := range writes {
			w := &writes[i]
			w.Standings, w.Changes = slices.Clone(w.Standings), slices.Clone(w.Changes)
			change(w)
		}
		return m.Apply(ctx, writes)
	}
}

// saving returns a saveGroup that changes the group before it is saved.
func saving(m *groups.Memory, change func(g *groups.Group)) func(context.Context, groups.Group) (groups.Group, error) {
	return func(ctx context.Context, g groups.Group) (groups.Group, error) {
		change(&g)
		return m.SaveGroup(ctx, g)
	}
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

func TestDefectsOfStoresAreFound(t *testing.T) {
	for _, mutant := range slices.Concat(readingMutants, writingMutants) {
		t.Run(mutant.defect, func(t *testing.T) {
			m := groups.NewMemory()
			f := mutant.in(m)
			f.Memory = m
			c := caseOf(t, "Store", mutant.found)
			if len(failures(t.Context(), func(t TB) { c.store(t, f) })) == 0 {
				t.Errorf("%q did not find a store that %s", c.Name, mutant.defect)
			}
		})
	}
}

// pause lets others in between two steps.
func pause() { time.Sleep(time.Millisecond) }

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
