package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// full is the recalculation of all groups for everybody, with who moves, each time after a hundredth of the users
// changed: warm is the recalculation alone, once a peer has taken in what changed, and told is both together. Peers that
// keep something between two of them do it cold as well.
func full(ctx context.Context, m *measuring) error {
	if err := m.peer.Learning(m.w.Changed)(ctx); err != nil {
		return err
	}
	r, err := m.fit(ctx)
	if err != nil {
		return err
	}
	m.worked()
	cooler, keeps := m.peer.(Cooler)
	against := []string{"warm"}
	if !keeps {
		against = append(against, "cold")
	}
	warm, told := m.of("warm", r, m.w.Changed), m.of("told", r, m.w.Again)
	cold := m.of("cold", r, m.w.Again)
	for warm.goesOn() {
		if err := m.peer.Learning(m.w.Changed)(ctx); err != nil {
			return err
		}
		if w, is := m.peer.(Warmer); is {
			if err := w.Warm(ctx); err != nil {
				return err
			}
		}
		if err := warm.take(ctx, func() error { return nil }); err != nil {
			return err
		}
		learn := m.peer.Learning(m.w.Again)
		if err := told.take(ctx, func() error { return learn(ctx) }); err != nil {
			return err
		}
	}
	warm.add(against...)
	told.add("told")
	if !keeps {
		return nil
	}
	for cold.goesOn() {
		if err := cooler.Cool(); err != nil {
			return err
		}
		if err := cold.take(ctx, func() error { return nil }); err != nil {
			return err
		}
	}
	cold.add("cold")
	return nil
}

// fit finds the range that fits into the budget so many times, and has the peer work once.
func (m *measuring) fit(ctx context.Context) (Range, error) {
	r := m.size()
	switch m.c.cut {
	case byUsers:
		r.Users = min(r.Users, 1000, m.kept())
	case byGroups:
		r.Groups = min(r.Groups, 20)
	}
	for {
		start := time.Now()
		if _, err := m.peer.Full(ctx, r); err != nil || m.c.cut == uncut {
			return r, err
		}
		times := float64(m.budget.Nanoseconds()) / float64(m.runs) / since(start)
		next := r
		switch m.c.cut {
		case byUsers:
			next.Users = min(int(float64(r.Users)*times), m.kept())
		case byGroups:
			next.Groups = min(int(float64(r.Groups)*times), len(m.w.Groups))
		}
		if next.Users <= r.Users && next.Groups <= r.Groups {
			return r, nil
		}
		if next.Users < 4*r.Users && next.Groups < 4*r.Groups || next == m.size() {
			return next, nil
		}
		r = next
	}
}

// recalculating is full recalculations that are measured, once a list of users has changed.
type recalculating struct {
	m       *measuring
	what    string
	r       Range
	want    []Move
	times   []float64
	answers string
}

func (m *measuring) of(what string, r Range, changed []workload.Change) *recalculating {
	return &recalculating{m: m, what: what, r: r, want: expected(m.w, changed, r)}
}

// goesOn reports whether there is to be another.
func (f *recalculating) goesOn() bool {
	spent := 0.0
	for _, t := range f.times {
		spent += t / f.m.scale(f.r)
	}
	return len(f.times) < f.m.runs && (len(f.times) == 0 || spent < 2*float64(f.m.budget.Nanoseconds()))
}

// take measures one, with what goes before it and is not cut. Garbage is collected first, outside of the time.
func (f *recalculating) take(ctx context.Context, before func() error) error {
	runtime.GC()
	start := time.Now()
	if err := before(); err != nil {
		return err
	}
	spent := since(start)
	start = time.Now()
	moves, err := f.m.peer.Full(ctx, f.r)
	f.times = append(f.times, spent+since(start)*f.m.scale(f.r))
	if err == nil {
		f.answers, err = compare(moves, f.want)
	}
	if err == nil {
		err = f.m.members(f.want)
	}
	return err
}

// add files what came of them.
func (f *recalculating) add(against ...string) {
	ran := f.m.part(f.r)
	f.m.add(line{what: f.what, ranAt: ran, scaled: ran != "", sample: newSample(f.times...), against: against, allocs: unmeasured, answers: f.answers})
}

// members compares the members of each group after the moves, where the peer counts them.
func (m *measuring) members(moves []Move) error {
	c, ok := m.peer.(Counter)
	if !ok {
		return nil
	}
	want := make([]int, len(m.w.Groups))
	for g := range want {
		want[g] = len(m.w.Members[g])
	}
	for _, move := range moves {
		if move.Joined {
			want[move.Group]++
		} else {
			want[move.Group]--
		}
	}
	for g, n := range c.Members() {
		if n != want[g] {
			return fmt.Errorf("%w: group %d has %d members and not %d", ErrDisagreement, g, n, want[g])
		}
	}
	return nil
}
