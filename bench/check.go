package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// So many pairs of a group and one of the first users are asked about, in random order: caches are as cold
// as a server's.
const (
	pairs        = 100_000
	checkedUsers = 2000
)

type pair struct{ group, user int }

// check is one user and one group: a membership that is stored, and criteria that are asked.
func check(ctx context.Context, m *measuring) error {
	r := rand.New(rand.NewPCG(m.seed, 7))
	list := make([]pair, pairs)
	for i := range list {
		list[i] = pair{r.IntN(len(m.w.Groups)), r.IntN(min(checkedUsers, m.kept()))}
	}
	stored := func(p pair) (int, error) {
		is, err := m.peer.Member(ctx, p.group, p.user)
		return int(truth(is)), err
	}
	criteria := func(p pair) (int, error) {
		v, err := m.peer.Match(ctx, p.group, p.user)
		return int(v), err
	}
	isMember := func(p pair) int { return int(truth(m.w.IsMember(p.group, int32(p.user)))) }
	err := m.ask("stored", "stored", list, stored, isMember)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	verdict := func(p pair) int { return int(m.w.Verdict(&m.w.Groups[p.group], int32(p.user), &m.w.Users[p.user])) }
	if err := m.ask("criteria", "criteria", list, criteria, verdict); err != nil {
		return err
	}
	if _, is := m.peer.(Numbered); is {
		if err := m.askByName(list, stored, isMember, criteria, verdict); err != nil {
			return err
		}
	}
	if p, is := m.peer.(Valued); is {
		value := func(q pair) (int, error) {
			v, err := p.MatchValue(q.group, q.user)
			return int(v), err
		}
		if err := m.ask("criteria, of a value", "criteria", list, value, verdict); err != nil {
			return err
		}
	}
	m.worked()
	return nil
}

// askByName asks a peer that knows numbers by names, and then behind a lock as well: such a peer may not be read while it is
// changed, which the library may.
func (m *measuring) askByName(list []pair, stored func(pair) (int, error), isMember func(pair) int, criteria func(pair) (int, error), verdict func(pair) int) error {
	userNames, groupNames := names("p%07d", len(m.w.Users)), names("g%05d", len(m.w.Groups))
	users, groups := numbered(userNames), numbered(groupNames)
	byName := func(ask func(pair) (int, error)) func(pair) (int, error) {
		return func(p pair) (int, error) { return ask(pair{groups[groupNames[p.group]], users[userNames[p.user]]}) }
	}
	var lock sync.RWMutex
	locked := func(ask func(pair) (int, error)) func(pair) (int, error) {
		ask = byName(ask)
		return func(p pair) (int, error) {
			lock.RLock()
			defer lock.RUnlock()
			return ask(p)
		}
	}
	for _, how := range []struct {
		name string
		of   func(ask func(pair) (int, error)) func(pair) (int, error)
	}{{"by name", byName}, {"by name, locked", locked}} {
		err := m.ask("stored, "+how.name, "stored", list, how.of(stored), isMember)
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		if err := m.ask("criteria, "+how.name, "criteria", list, how.of(criteria), verdict); err != nil {
			return err
		}
	}
	return nil
}

// numbered are the places of names in a list.
func numbered(names []string) map[string]int {
	numbers := make(map[string]int, len(names))
	for i, name := range names {
		numbers[name] = i
	}
	return numbers
}

// names are what an application calls the first n of something.
func names(format string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return list
}

// ask asks about the pairs, as many as fit into the budget; against is what of the library it is set beside.
func (m *measuring) ask(what, against string, list []pair, ask func(pair) (int, error), want func(pair) int) error {
	n := 0
	a := newAnswer()
	// The first round compares, and finds out how many there is time for.
	for start := time.Now(); n < len(list) && (n < 50 || time.Since(start) < m.budget/time.Duration(m.runs+1)); n++ {
		got, err := ask(list[n])
		if err != nil {
			return err
		}
		if want := want(list[n]); got != want {
			return fmt.Errorf("%w: %s of user %d in group %d is %d and not %d", ErrDisagreement, what, list[n].user, list[n].group, got, want)
		}
		a.add(got)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var times []float64
	for range m.runs {
		start := time.Now()
		for _, p := range list[:n] {
			if _, err := ask(p); err != nil {
				return err
			}
		}
		times = append(times, since(start)/float64(n))
	}
	runtime.ReadMemStats(&after)
	ran := ""
	if n < len(list) {
		ran = thousands(n) + " pairs"
	}
	m.add(line{
		what: what, ranAt: ran, sample: newSample(times...), against: []string{against},
		allocs: float64(after.Mallocs-before.Mallocs) / float64(n*m.runs), answers: a.String(),
	})
	return nil
}
