package main

import (
	"context"
	"fmt"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// groupsAtOnce is against how many groups a peer with a statement a group is asked about a change.
const groupsAtOnce = 200

// change is users who change: one at a time, and many at once. A peer takes in what changed and says who
// moves; only the library also writes that down.
func change(ctx context.Context, m *measuring) error {
	r := m.size()
	if m.c.cut == byGroups {
		r.Groups = min(r.Groups, groupsAtOnce)
	}
	moves, err := m.peer.Touched(ctx, []int32{0}, r.Groups) // nobody has changed: statements are prepared
	if err == nil {
		_, err = compare(moves, nil)
	}
	if err != nil {
		return err
	}
	m.worked()
	var all []Move
	var times []float64
	events := m.w.Events
	for start := time.Now(); len(times) < len(events) && (len(times) < 3 || time.Since(start) < m.budget); {
		n := len(times)
		ns, moves, err := m.follow(ctx, events[n:n+1], r)
		if err != nil {
			return fmt.Errorf("change %d: %w", n, err)
		}
		times, all = append(times, ns), append(all, moves...)
	}
	answers, err := compare(all, expected(m.w, events[:len(times)], r))
	if err != nil {
		return err
	}
	ran := m.part(r)
	if len(times) < len(events) {
		ran = fmt.Sprintf("%d changes", len(times))
		if r != m.size() {
			ran += fmt.Sprintf(" × %d groups", r.Groups)
		}
	} else if ran != "" {
		ran = fmt.Sprintf("%d groups", r.Groups)
	}
	s := newSample(times...)
	m.add(line{what: "one", ranAt: ran, scaled: r != m.size(), sample: s, against: []string{"one"}, allocs: unmeasured, answers: answers})

	// As many at once as fit into the budget, going by what one took.
	batch := m.w.Batch
	if n := int(2 * float64(m.budget.Nanoseconds()) / s.median()); m.c.cut == byUsers && n < len(batch) {
		batch = batch[:max(1, n)]
	}
	ns, moves, err := m.follow(ctx, batch, r)
	if err == nil {
		answers, err = compare(moves, expected(m.w, batch, r))
	}
	if err != nil {
		return fmt.Errorf("%d changes at once: %w", len(batch), err)
	}
	ran = ""
	if len(batch) < len(m.w.Batch) || r != m.size() {
		ran = fmt.Sprintf("%s changes × %s groups", thousands(len(batch)), thousands(r.Groups))
	}
	what := thousands(len(m.w.Batch)) + " at once"
	m.add(line{
		what: what, ranAt: ran, scaled: ran != "", sample: newSample(ns * float64(len(m.w.Batch)) / float64(len(batch))),
		against: []string{what}, allocs: unmeasured, answers: answers,
	})
	return nil
}

// follow has the peer follow changes, and returns how long that takes for all groups.
func (m *measuring) follow(ctx context.Context, changes []workload.Change, r Range) (ns float64, moves []Move, err error) {
	users := make([]int32, len(changes))
	for i := range changes {
		users[i] = changes[i].User
	}
	learn := m.peer.Learning(changes)
	start := time.Now()
	if err := learn(ctx); err != nil {
		return 0, nil, err
	}
	learned := since(start)
	start = time.Now()
	moves, err = m.peer.Touched(ctx, users, r.Groups)
	return learned + since(start)*m.scale(r), moves, err
}
