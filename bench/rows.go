package main

import (
	"context"
	"slices"
	"sync"

	"github.com/grouprules/groups/bench/workload"
)

// A language turns criteria into something that is run for each user: E is what a user looks like to it.
type language[E any] struct {
	env     func(user int32, u *workload.User) E
	compile func(c *workload.Criteria) (func(E) (workload.Verdict, error), error)
}

// rows is a peer that runs every rule for every user. The users' looks are made once, for as many as are
// kept, and the rules are compiled once.
type rows[E any] struct {
	unsupported
	w       *workload.World
	workers int // 0: one a core
	lang    language[E]
	envs    []E // of the first users
	rules   []func(E) (workload.Verdict, error)
	learned map[int32]E
}

func newRows[E any](w *workload.World, workers, kept int, lang language[E]) (*rows[E], error) {
	p := &rows[E]{w: w, workers: workers, lang: lang, learned: map[int32]E{}}
	p.envs = make([]E, min(kept, len(w.Users)))
	for i := range p.envs {
		p.envs[i] = lang.env(int32(i), &w.Users[i])
	}
	for i := range w.Groups {
		rule, err := lang.compile(&w.Groups[i])
		if err != nil {
			return nil, err
		}
		p.rules = append(p.rules, rule)
	}
	return p, nil
}

// Kept is for how many users the peer can answer at once.
func (p *rows[E]) Kept() int { return len(p.envs) }

func (p *rows[E]) Learning(changes []workload.Change) func(context.Context) error {
	envs := make([]E, len(changes))
	for i := range changes {
		envs[i] = p.lang.env(changes[i].User, &changes[i].Now)
	}
	return func(context.Context) error {
		for i, e := range envs {
			if user := changes[i].User; int(user) < len(p.envs) {
				p.envs[user] = e
			} else {
				p.learned[user] = e
			}
		}
		return nil
	}
}

func (p *rows[E]) Full(_ context.Context, r Range) ([]Move, error) {
	// The members of one group after the other, as the users come by.
	const chunk = 1024
	return p.each((r.Users+chunk-1)/chunk, func(i int, moves []Move) ([]Move, error) {
		var err error
		at := slices.Repeat([]int{-1}, r.Groups)
		for user := int32(i * chunk); user < int32(min(r.Users, (i+1)*chunk)) && err == nil; user++ {
			moves, err = p.decide(user, p.envs[user], r.Groups, at, moves)
		}
		return moves, err
	})
}

func (p *rows[E]) Touched(_ context.Context, users []int32, groups int) ([]Move, error) {
	const chunk = 64
	return p.each((len(users)+chunk-1)/chunk, func(i int, moves []Move) ([]Move, error) {
		var err error
		for _, user := range users[i*chunk : min(len(users), (i+1)*chunk)] {
			e, ok := p.learned[user]
			if !ok {
				e = p.envs[user]
			}
			if moves, err = p.decide(user, e, groups, nil, moves); err != nil {
				break
			}
		}
		return moves, err
	})
}

// each has workers work through parts.
func (p *rows[E]) each(parts int, work func(part int, moves []Move) ([]Move, error)) ([]Move, error) {
	if parts == 1 {
		return work(0, nil)
	}
	var mu sync.Mutex
	var all []Move
	var failed error
	workload.Each(parts, p.workers, func(i int) {
		moves, err := work(i, nil)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, moves...)
		if err != nil {
			failed = err
		}
	})
	return all, failed
}

// decide asks all rules about one user. at, where given, is where in the members of each group the user
// before stood.
func (p *rows[E]) decide(user int32, e E, groups int, at []int, moves []Move) ([]Move, error) {
	if !p.w.Users[user].Active {
		return moves, nil
	}
	for g, rule := range p.rules[:groups] {
		v, err := rule(e)
		if err != nil {
			return nil, err
		}
		var was bool
		if at == nil {
			was = p.w.IsMember(g, user)
		} else {
			was = stands(p.w.Members[g], &at[g], user)
		}
		if (v == workload.Yes && !was || v == workload.No && was) && !p.w.IsAssigned(g, user) {
			moves = append(moves, Move{int32(g), user, !was})
		}
	}
	return moves, nil
}

// stands reports whether the user is in an ascending list; at, first -1, moves on from user to user.
func stands(list []int32, at *int, user int32) bool {
	i := *at
	if i < 0 {
		i, _ = slices.BinarySearch(list, user)
	}
	for i < len(list) && list[i] < user {
		i++
	}
	*at = i
	return i < len(list) && list[i] == user
}

func (p *rows[E]) Counting(c *workload.Criteria, users int) func(context.Context) (int, error) {
	count := p.Doubting(c, users)
	return func(ctx context.Context) (int, error) {
		n, err := count(ctx)
		return n.hold, err
	}
}

// Doubting compiles the criteria and asks them of every user.
func (p *rows[E]) Doubting(c *workload.Criteria, users int) func(context.Context) (tally, error) {
	return func(context.Context) (tally, error) {
		rule, err := p.lang.compile(c)
		if err != nil {
			return tally{}, err
		}
		return tallied(users, p.workers, func(user int) (workload.Verdict, error) {
			if !p.w.Users[user].Active {
				return workload.No, nil
			}
			return rule(p.envs[user])
		})
	}
}

// Numbered says that there are no names.
func (p *rows[E]) Numbered() {}

func (p *rows[E]) Match(_ context.Context, group, user int) (workload.Verdict, error) {
	return p.rules[group](p.envs[user])
}
