package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/grouprules/groups/bench/workload"
)

// edits is how many criteria are counted: each is a group with one condition replaced.
const edits = 300

// A tally is for how many active users criteria hold, and of how many that is unknown.
type tally struct{ hold, unsure int }

// count is the number that an administrator sees while typing.
func count(ctx context.Context, m *measuring) error {
	err := m.count(ctx, "count", func(c *workload.Criteria, users int) func(context.Context) (tally, error) {
		count := m.peer.Counting(c, users)
		return func(ctx context.Context) (tally, error) {
			n, err := count(ctx)
			return tally{hold: n}, err
		}
	}, func(t tally) tally { return tally{hold: t.hold} })
	if d, is := m.peer.(Doubter); is && err == nil {
		err = m.count(ctx, "count, and of whom it is unknown", d.Doubting, func(t tally) tally { return t })
	}
	return err
}

// count counts one edit after the other; told is what of a tally the peer tells.
func (m *measuring) count(ctx context.Context, what string, counting func(c *workload.Criteria, users int) func(context.Context) (tally, error), told func(tally) tally) error {
	list := m.w.Edits(edits+1, m.seed)
	users := m.kept()
	if _, err := counting(&list[edits], users)(ctx); err != nil { // what is worked out once is not of a count
		return err
	}
	m.worked()
	scale := float64(len(m.w.Users)) / float64(users)
	a := newAnswer()
	var times []float64
	var found []tally
	for start := time.Now(); len(times) < edits && (len(times) < 5 || time.Since(start) < m.budget); {
		count := counting(&list[len(times)], users)
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
		if want := told(m.counted(i, &list[i], users)); n != want {
			return fmt.Errorf("%w: criteria %d hold for %d users and are unknown of %d, and not %d and %d", ErrDisagreement, i, n.hold, n.unsure, want.hold, want.unsure)
		}
		a.add(n.hold + n.unsure)
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
	m.add(line{what: what, ranAt: ran, scaled: scale != 1, sample: newSample(times...), against: []string{what}, allocs: unmeasured, answers: a.String()})
	return nil
}

// countedFor is which edit was counted for how many users.
type countedFor struct{ edit, users int }

// counted is what an edit comes to among the first users, worked out once for all peers.
func (m *measuring) counted(edit int, c *workload.Criteria, users int) tally {
	if m.report.counted == nil {
		m.report.counted = map[countedFor]tally{}
	}
	n, ok := m.report.counted[countedFor{edit, users}]
	if !ok {
		n = tallyOf(m.w, c, users)
		m.report.counted[countedFor{edit, users}] = n
	}
	return n
}

// tallyOf is what criteria come to among the first users.
func tallyOf(w *workload.World, c *workload.Criteria, users int) tally {
	n, _ := tallied(users, 0, func(user int) (workload.Verdict, error) {
		if u := &w.Users[user]; u.Active {
			return w.Verdict(c, int32(user), u), nil
		}
		return workload.No, nil
	})
	return n
}

// tallied has workers ask about each of the first users.
func tallied(users, workers int, ask func(user int) (workload.Verdict, error)) (tally, error) {
	const chunk = 8192
	var mu sync.Mutex
	var failed error
	var sum tally
	workload.Each((users+chunk-1)/chunk, workers, func(i int) {
		var found tally
		for user := i * chunk; user < min(users, (i+1)*chunk); user++ {
			v, err := ask(user)
			switch {
			case err != nil:
				mu.Lock()
				failed = err
				mu.Unlock()
				return
			case v == workload.Yes:
				found.hold++
			case v == workload.Unsure:
				found.unsure++
			}
		}
		mu.Lock()
		defer mu.Unlock()
		sum.hold += found.hold
		sum.unsure += found.unsure
	})
	return sum, failed
}
