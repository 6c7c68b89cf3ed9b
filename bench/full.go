package main

import (
	"context"
	"fmt"
	"time"
)

// full is the recalculation of all groups for everybody, with who moves, after a hundredth of the users
// changed. Peers that keep something between two of them do it warm and cold.
func full(ctx context.Context, m *measuring) error {
	if err := m.peer.Learn(ctx, m.w.Changed); err != nil {
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
	if err := m.repeat(ctx, "warm", r, func() error { return nil }, against...); err != nil || !keeps {
		return err
	}
	return m.repeat(ctx, "cold", r, cooler.Cool, "cold")
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

// repeat measures full recalculations, each after before.
func (m *measuring) repeat(ctx context.Context, what string, r Range, before func() error, against ...string) error {
	want := expected(m.w, m.w.Changed, r)
	var times []float64
	answers := ""
	spent := time.Now()
	for n := 0; n < m.runs && (n == 0 || time.Since(spent) < 2*m.budget); n++ {
		if err := before(); err != nil {
			return err
		}
		start := time.Now()
		moves, err := m.peer.Full(ctx, r)
		times = append(times, since(start)*m.scale(r))
		if err == nil {
			answers, err = compare(moves, want)
		}
		if err == nil {
			err = m.members(want)
		}
		if err != nil {
			return err
		}
	}
	ran := m.part(r)
	m.add(line{what: what, ranAt: ran, scaled: ran != "", sample: newSample(times...), against: against, allocs: unmeasured, answers: answers})
	return nil
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
