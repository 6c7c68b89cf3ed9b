package groups

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups/internal/program"
)

// This file holds what time does to one user after the other, in the groups in which it may move them: at each instant at
// which one of their conditions turns, an assignment of theirs ends, or a group with a schedule takes that in, the groups are
// asked, those first that others read, and decide as they do when they are processed.

// A future is one user in the groups at hand.
type future struct {
	h    *horizon
	x    *index
	n    uint32
	rank uint32 // by ID, of those whom time may move
	user *User  // nil: not among the people
	now  time.Time

	stances  []stance // in the order of the groups
	at       []int    // by the number of the outlook, one more than where the stance is
	turns    []userTurns
	hand     *outlook
	ask      func(term uint32) program.Truth
	light    User
	inquirer *inquirer
	moves    []move
}

// A stance is how the user stands in one group.
type stance struct {
	*outlook
	standing Standing
	answer   Verdict
	begun    bool      // it was processed
	due      time.Time // when a group with a schedule takes in what has happened; zero: nothing has
}

// userTurns are when a predicate turns for the user.
type userTurns struct {
	*predicate
	list []turnedTo
}

// A move is a change. Its number is that of the group, by ID, and that of the user among those whom time may move, likewise.
type move struct {
	at            time.Time
	number        uint64
	before, after Method
	cause         Cause
}

// usersTogether is of how many users the futures are found by one processor, and spansOfTime in how many parts the changes
// are put in order.
const (
	usersTogether = 512
	spansOfTime   = 64
)

// live finds the changes of all whom time may move.
func (h *horizon) live(ctx context.Context, r *run, x *index) error {
	start := make([]uint32, len(x.ids)+1)
	for _, o := range h.outlooks {
		for n := range o.restless.All() {
			start[n+1]++
		}
	}
	var users []uint32
	for n := range x.ids {
		if start[n+1] > 0 {
			users = append(users, uint32(n))
		}
		start[n+1] += start[n]
	}
	groups, next := make([]*outlook, start[len(x.ids)]), slices.Clone(start)
	for _, o := range h.outlooks {
		for n := range o.restless.All() {
			groups[next[n]] = o
			next[n]++
		}
	}
	slices.SortFunc(users, func(a, b uint32) int { return strings.Compare(string(x.ids[a]), string(x.ids[b])) })
	pieces := slices.Collect(slices.Chunk(users, usersTogether))
	moves := make([][]move, len(pieces))
	err := eachInParallel(len(pieces), func(i int) error {
		f := &future{h: h, x: x, at: make([]int, len(h.outlooks)), inquirer: newInquirer(h)}
		f.ask = f.truth
		for j, n := range pieces[i] {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f.live(ctx, r, n, uint32(i*usersTogether+j), groups[start[n]:start[n+1]]); err != nil {
				return err
			}
		}
		moves[i] = f.moves
		return nil
	})
	if err == nil {
		h.tell(x, users, moves)
	}
	return err
}

// tell has the moves as changes, in their order.
func (h *horizon) tell(x *index, users []uint32, found [][]move) {
	span := func(m *move) int { return int(m.at.Sub(h.now) / (h.before.Sub(h.now)/spansOfTime + 1)) }
	var start, next [spansOfTime + 1]int
	for _, moves := range found {
		for i := range moves {
			start[span(&moves[i])+1]++
		}
	}
	for i := range spansOfTime {
		start[i+1] += start[i]
	}
	all := make([]move, start[spansOfTime])
	next = start
	for _, moves := range found {
		for i := range moves {
			at := &next[span(&moves[i])]
			all[*at] = moves[i]
			*at++
		}
	}
	h.changes = make([]Change, len(all))
	inParallel(spansOfTime, func() func(int) {
		return func(i int) {
			moves, changes := all[start[i]:start[i+1]], h.changes[start[i]:start[i+1]]
			slices.SortFunc(moves, func(a, b move) int {
				if c := a.at.Compare(b.at); c != 0 {
					return c
				}
				return cmp.Compare(a.number, b.number)
			})
			for i, m := range moves {
				changes[i] = Change{
					Group: h.ids[m.number>>32], User: x.ids[users[uint32(m.number)]], Kind: changeKind(m.before, m.after),
					Before: m.before, After: m.after, Cause: m.cause, At: m.at.UTC(),
				}
			}
		}
	})
}

// live finds the changes of one user.
func (f *future) live(ctx context.Context, r *run, n uint32, rank uint32, groups []*outlook) error {
	if err := f.begin(ctx, n, rank, groups); err != nil {
		return err
	}
	own := f.h.now
	for at := own; !at.IsZero() && at.Before(f.h.before); {
		f.now = at
		stirred := at.Equal(own)
		for i := range f.stances {
			stirred = f.process(&f.stances[i], r) || stirred
		}
		own = f.next()
		at = own
		for i := range f.stances {
			if p := &f.stances[i]; p.scheduled() {
				if stirred && p.due.IsZero() && !p.isDue(f.now) {
					p.due = p.after(f.now)
				}
				at = sooner(at, p.due)
			}
		}
	}
	return nil
}

// begin has a user at hand, as they are stored.
func (f *future) begin(ctx context.Context, n uint32, rank uint32, groups []*outlook) error {
	for i := range f.stances {
		f.at[f.stances[i].number] = 0
	}
	f.n, f.rank, f.user, f.stances, f.turns = n, rank, nil, f.stances[:0], f.turns[:0]
	if code := f.x.status.codes.Code(n); code != 0 {
		f.light = User{ID: f.x.ids[n], Activation: activationOf(code)}
		f.user = &f.light
	}
	for _, o := range groups {
		st, err := f.x.standing(ctx, o.subject, n, f.x.ids[n])
		if err != nil {
			return err
		}
		p := stance{outlook: o, standing: st, answer: Unknown}
		if !o.cyclic && o.Status == Active && o.State.Live && !st.Undecided {
			p.answer = verdictOf(st.Member != Outside)
		}
		f.stances = append(f.stances, p)
		f.at[o.number] = len(f.stances)
		for _, t := range o.turning {
			if t.users.Has(n) && !slices.ContainsFunc(f.turns, func(u userTurns) bool { return u.predicate == t.predicate }) {
				f.turns = append(f.turns, userTurns{t.predicate, f.turned(t)})
			}
		}
	}
	return nil
}

// turned is when a predicate turns for the user.
func (f *future) turned(t *turning) []turnedTo {
	switch a := t.aspect.(type) {
	case *valued:
		return f.inquirer.value(t, a, a.codes.Code(f.n))
	case *enrollmentAspect:
		return f.h.turns(t.predicate, &User{Enrollments: a.of(f.n)})
	}
	return nil
}

// next is when something of the user's own turns or ends; zero is never.
func (f *future) next() (next time.Time) {
	for _, u := range f.turns {
		for _, t := range u.list {
			if t.at.After(f.now) {
				next = sooner(next, t.at)
				break
			}
		}
	}
	for i := range f.stances {
		if a := f.stances[i].standing.Assignment; a != nil && a.Until.After(f.now) {
			next = sooner(next, a.Until)
		}
	}
	return next
}

// isDue reports whether the group is processed at an instant at which something may have happened.
func (o *outlook) isDue(at time.Time) bool {
	return !o.scheduled() || at.Equal(o.first) || at.After(o.first) && at.Equal(o.Schedule.last(at))
}

// after is when a group with a schedule is processed next.
func (o *outlook) after(at time.Time) time.Time {
	if at.Before(o.first) {
		return o.first
	}
	return o.Schedule.Next(at)
}

// process decides about the user in a group, if it is due, and reports whether that is anything to others.
func (f *future) process(p *stance, r *run) bool {
	if !p.isDue(f.now) {
		return false
	}
	was := p.standing
	st, by := p.settle(f.user, f.verdict(p.outlook), was, f.now, r.e.opts.Exclusions)
	if was.Member != st.Member && p.told {
		f.moves = append(f.moves, move{f.now, uint64(p.rank)<<32 | uint64(f.rank), was.Member, st.Member, p.cause(was, st, by)})
	}
	stirs := !p.begun || !sameStanding(was, st)
	p.standing, p.answer, p.begun, p.due = st, p.answerOf(st), true, time.Time{}
	return stirs
}

// verdict is what the rule of a group says of the user, within the scope of its owner.
func (f *future) verdict(o *outlook) Verdict {
	if f.user == nil || !o.asks() {
		return No
	}
	v := Unknown
	if !o.broken {
		f.hand = o
		v = verdictFrom(o.flat.Match(f.ask))
	}
	switch {
	case o.unread:
		return MatchAll.join(v, Unknown)
	case o.scope != nil:
		return MatchAll.join(v, found(o.scoped, f.n))
	}
	return v
}

// truth is what a term of the group at hand says of the user.
func (f *future) truth(term uint32) program.Truth {
	i := f.hand.asked[term]
	if i < 0 {
		return truthOf(f.hand.named[^i].held(f.answer))
	}
	p := f.hand.recipe.predicates[i]
	says := program.Truth(0)
	if p.relative {
		for j := range f.turns {
			if u := &f.turns[j]; u.predicate == p {
				for _, t := range u.list {
					if t.at.After(f.now) {
						break
					}
					says = t.now
				}
				break
			}
		}
	}
	if says == 0 {
		says = p.truth(f.n, true)
	}
	return says
}

// answer is what conditions find in a group about the user.
func (f *future) answer(o *outlook) Verdict {
	switch {
	case o == nil:
		return Unknown
	case f.at[o.number] > 0:
		return f.stances[f.at[o.number]-1].answer
	}
	return found(o.settled, f.n)
}

// found is what a term says of one user.
func found(t program.Term, n uint32) Verdict {
	if t.Unknown.Has(n) {
		return Unknown
	}
	return verdictOf(t.Yes.Has(n))
}
