package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// edits is how many criteria are counted: each is a group with one condition replaced.
const edits = 300

// count is the number that an administrator sees while typing.
func count(ctx context.Context, m *measuring) error {
	list := m.w.Edits(edits+1, m.seed)
	users := m.kept()
	if _, err := m.peer.Counting(&list[edits], users)(ctx); err != nil { // what is worked out once is not of a count
		return err
	}
	m.worked()
	scale := float64(len(m.w.Users)) / float64(users)
	a := newAnswer()
	var times []float64
	var found []int
	for start := time.Now(); len(times) < edits && (len(times) < 5 || time.Since(start) < m.budget); {
		count := m.peer.Counting(&list[len(times)], users)
		began := time.Now()
		n, err := count(ctx)
		times = append(times, since(began)*scale)
		if err != nil {
			return err
		}
		found = append(found, n)
	}
	// Not in between: the first peer would work out what is right, and find its memory out of the caches.
	for i, n := range found {
		if want := m.counted(i, &list[i], users); n != want {
			return fmt.Errorf("%w: criteria %d hold for %d users and not for %d", ErrDisagreement, i, n, want)
		}
		a.add(n)
	}
	ran := ""
	if users < len(m.w.Users) {
		ran = thousands(users) + " users"
	}
	if len(times) < edits {
		if ran != "" {
			ran += ", "
		}
		ran += fmt.Sprintf("%d edits", len(times))
	}
	m.add(line{what: "count", ranAt: ran, scaled: scale != 1, sample: newSample(times...), against: []string{"count"}, allocs: unmeasured, answers: a.String()})
	return nil
}

// countedFor is which edit was counted for how many users.
type countedFor struct{ edit, users int }

// counted is how many of the first users an edit holds for, worked out once for all peers.
func (m *measuring) counted(edit int, c *workload.Criteria, users int) int {
	if m.report.counted == nil {
		m.report.counted = map[countedFor]int{}
	}
	n, ok := m.report.counted[countedFor{edit, users}]
	if !ok {
		n = holdFor(m.w, c, users)
		m.report.counted[countedFor{edit, users}] = n
	}
	return n
}

// holdFor is how many of the first users the criteria hold for.
func holdFor(w *workload.World, c *workload.Criteria, users int) int {
	const chunk = 10_000
	var n atomic.Int64
	workload.Each((users+chunk-1)/chunk, 0, func(i int) {
		found := 0
		for user := i * chunk; user < min(users, (i+1)*chunk); user++ {
			if u := &w.Users[user]; u.Active && w.Verdict(c, int32(user), u) == workload.Yes {
				found++
			}
		}
		n.Add(int64(found))
	})
	return int(n.Load())
}
