package groups

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds whom time may move. A rule is asked once, with the conditions that turn for a user before the horizon
// taken as unknown: whoever it is certain about all the same stays, by Kleene's logic, however these turn. What becomes of
// the others is in future.go.

// Foresee tells who joins, leaves or switches in the groups, or in all, before an instant, if nothing but time passes: people,
// rules and decisions stay as they are, and the groups are processed now, and whenever time matters to one. What the [Guard]
// holds, or would hold, counts as approved. The changes are in the order of their instants, and of one instant by group and
// user. It writes nothing, and costs about one [Evaluator.Evaluate] and what time does to whom it may move. Where ok is false
// it tells nothing: the Evaluator has no index, or the clock is behind what was written, and only processing would tell.
func (e *Evaluator) Foresee(ctx context.Context, before time.Time, groups ...GroupID) (changes []Change, ok bool, err error) {
	h := &horizon{before: before, groups: groups, changes: []Change{}}
	_, err = retried(func() (*run, error) {
		r, err := e.begin(ctx, nil)
		if err != nil {
			return nil, err
		}
		if err := r.choose(groups); err != nil {
			return nil, err
		}
		for _, id := range groups {
			for _, need := range r.refs.allNeeds(id) {
				r.groups[need].whole = true
			}
		}
		r.guard, r.horizon = &Guard{}, h
		for _, s := range r.order {
			s.whole, s.trusted = s.whole || len(groups) == 0, true
			if s.whole && s.waits && s.State.Clock.After(r.now) {
				return nil, errUnforeseen
			}
		}
		return r, r.evaluate(ctx)
	})
	switch {
	case errors.Is(err, errUnforeseen):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return h.changes, true, nil
}

// errUnforeseen ends a run that cannot look ahead.
var errUnforeseen = errors.New("only processing would tell")

// A horizon is what a run finds out about the time until then.
type horizon struct {
	before   time.Time
	groups   []GroupID // whose changes are told; none: all
	now      time.Time
	turnings map[*predicate]*turning
	outlooks []*outlook // in the order of the groups
	of       map[GroupID]*outlook
	ids      []GroupID // of the outlooks, ascending
	changes  []Change
}

// A turning is for whom a predicate turns before the horizon, and when: of a field, by the day that its value is.
type turning struct {
	*predicate
	users   userset.Set
	writing sync.Mutex
	days    map[calendar.Day][]turnedTo
}

// turnedTo is what a predicate says from an instant on.
type turnedTo struct {
	at  time.Time
	now program.Truth
}

// An outlook is what it takes to look ahead in one group.
type outlook struct {
	*subject
	number  int
	rank    int       // by ID
	told    bool      // somebody asks for the changes
	first   time.Time // when it is processed for the first time
	flat    program.Flat
	asked   []int                   // by term, the number of the predicate, or as a complement that of the group term
	named   []namedGroups[*outlook] // nil is one that is not there
	turning []*turning
	// settled is what conditions find about whom time does not move. Where the group awaits the first time, or one that it
	// reads does, they find nothing about anybody before.
	settled  program.Term
	awaits   bool
	scoped   program.Term // what the scope of the owner says of the restless
	restless userset.Set  // whom time may move
}

// look finds the changes in the groups of a run that has decided about all of them. answers are what conditions find in those
// that others read.
func (h *horizon) look(ctx context.Context, r *run, x *index, answers map[GroupID]program.Term) error {
	h.now, h.outlooks, h.ids, h.of = r.now, nil, nil, map[GroupID]*outlook{}
	h.turn(r, x)
	for _, s := range r.order {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.whole {
			o := h.outlook(s, r, x)
			o.settled = answers[s.ID]
			h.outlooks, h.of[s.ID], h.ids = append(h.outlooks, o), o, append(h.ids, s.ID)
			h.unsettle(o, r, x)
		}
	}
	slices.Sort(h.ids)
	for _, o := range slices.Backward(h.outlooks) {
		o.rank, _ = slices.BinarySearch(h.ids, o.ID)
		for _, id := range o.needs {
			if of := h.of[id]; of.awaits {
				for n := range o.restless.All() {
					of.restless.Add(n)
				}
			}
		}
	}
	if err := h.scope(ctx, r, x); err != nil {
		return err
	}
	return h.live(ctx, r, x)
}

func (h *horizon) outlook(s *subject, r *run, x *index) *outlook {
	o := &outlook{subject: s, number: len(h.outlooks), first: h.now,
		told: len(h.groups) == 0 || slices.Contains(h.groups, s.ID)}
	if s.waits && s.due().After(h.now) {
		o.first = s.due()
		o.awaits = s.State.Live != (s.Status == Active)
	}
	for _, id := range s.needs {
		if of := h.of[id]; of == nil || of.awaits {
			o.awaits = true
		}
	}
	if s.recipe == nil || !s.asks() {
		return o
	}
	x.join(s)
	terms := make([]program.Question, len(s.terms))
	o.asked = make([]int, len(terms))
	for i, p := range s.recipe.predicates {
		at := s.recipe.places[i]
		terms[at] = p.question(len(x.ids))
		terms[at].Number, o.asked[at] = uint32(at), i
		if t := h.turnings[p]; t != nil && t.users.Count() > 0 {
			o.turning = append(o.turning, t)
		}
	}
	for i, g := range s.recipe.groups {
		terms[g.term] = program.Question{Number: uint32(g.term), Chance: 0.5, Effort: groupEffort}
		o.asked[g.term] = ^i
		o.named = append(o.named, namedBy(g.leaf, r.refs, func(id GroupID) *outlook { return h.of[id] }))
	}
	o.flat = s.recipe.program.Flat(terms)
	return o
}

// unsettle finds whom time may move in a group.
func (h *horizon) unsettle(o *outlook, r *run, x *index) {
	for i := range o.standings {
		if n, known := x.numbers.Find(o.standings[i].User); known {
			o.restless.Add(n)
		}
	}
	if o.roster != nil {
		for n, until := range o.roster.until {
			if until.After(h.now) && until.Before(h.before) {
				o.restless.Add(n)
			}
		}
	}
	terms := slices.Clone(o.terms)
	may := false
	widen := func(term int, by *userset.Set) {
		if by.Count() > 0 {
			terms[term], may = unsure(terms[term], by, len(x.ids)), true
		}
	}
	for term, i := range o.asked {
		if i >= 0 {
			if t := h.turnings[o.recipe.predicates[i]]; t != nil {
				widen(term, &t.users)
			}
			continue
		}
		for _, list := range o.named[^i].each {
			for _, of := range list {
				if of != nil {
					widen(term, &of.restless)
				}
			}
		}
	}
	if !may {
		return
	}
	w := x.sweeper()
	defer x.sweepers.Put(w)
	for chunk, users := range chunksOf(len(x.ids)) {
		w.enter(chunk, users)
		yes, possible := w.machine.Evaluate(&o.recipe.program, terms, chunk, users)
		if possible == yes {
			continue
		}
		w.found = *possible
		w.found.AndNot(yes)
		w.among(&w.found)
		o.restless.Or(chunk, &w.found)
		o.restless.Put(chunk, &w.found, users)
	}
}

// unsure is a term that is not known of some of the users, besides those of whom it is not.
func unsure(t program.Term, of *userset.Set, users int) program.Term {
	out := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	var b userset.Bits
	for chunk, size := range chunksOf(users) {
		t.Yes.Load(chunk, &b)
		of.AndNot(chunk, &b)
		out.Yes.Put(chunk, &b, size)
		t.Unknown.Load(chunk, &b)
		of.Or(chunk, &b)
		out.Unknown.Put(chunk, &b, size)
	}
	return out
}

// scope asks the scopes of owners of whom time may move.
func (h *horizon) scope(ctx context.Context, r *run, x *index) error {
	for _, o := range h.outlooks {
		if o.subject.scope == nil {
			continue
		}
		o.scoped = program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
		for n := range o.restless.All() {
			u, err := r.user(ctx, x.ids[n])
			if err != nil {
				return err
			}
			v := Unknown
			if u != nil {
				v = o.subject.scope(u)
			}
			include(o.scoped.Yes, n, v == Yes)
			include(o.scoped.Unknown, n, v == Unknown)
		}
	}
	return nil
}

// turn finds for whom the conditions of the groups turn.
func (h *horizon) turn(r *run, x *index) {
	h.turnings = map[*predicate]*turning{}
	var list []*turning
	for _, s := range r.order {
		if !s.whole || !s.asks() || s.recipe == nil {
			continue
		}
		for _, p := range s.recipe.predicates {
			if p.relative && h.turnings[p] == nil {
				t := &turning{predicate: p, days: map[calendar.Day][]turnedTo{}}
				h.turnings[p], list = t, append(list, t)
			}
		}
	}
	inParallel(len(list), func() func(int) {
		return func(i int) {
			with := x.scratch()
			defer x.scratches.Put(with)
			t := list[i]
			switch a := t.aspect.(type) {
			case *valued:
				a.codes.Fill(&t.users, h.turningValues(t, a), &with.picks[0], &with.yes)
			case *enrollmentAspect:
				var in userset.Set
				a.join(a.taken(t.leaf.(*enrollmentLeaf).courses), with, &in)
				for n := range in.All() {
					if len(h.turns(t.predicate, &User{Enrollments: a.of(n)})) > 0 {
						t.users.Add(n)
					}
				}
			}
		}
	})
}

// turns is when a condition turns for a user.
func (h *horizon) turns(p *predicate, u *User) (list []turnedTo) {
	v := p.agenda.view
	for v.Now = h.now; ; {
		var next time.Time
		p.leaf.(clocked).turns(u, &v, func(t turn) {
			if at, will := t.relation.NextFlip(t.day, t.span, v.Now, v.Zone); will && at.Before(h.before) {
				next = sooner(next, at)
			}
		})
		if next.IsZero() {
			return list
		}
		v.Now = next
		list = append(list, turnedTo{next, truthOf(p.leaf.verdict(u, &v))})
	}
}

// turningValues are the codes of the values for which a condition turns, and those beside them. Where values have an
// order, they are among what the ends of where it holds pass, on the days that there are in the zone meanwhile.
func (h *horizon) turningValues(t *turning, a *valued) (codes []uint32) {
	if a.passed != nil {
		passed, ordered := []uint32(nil), false
		for _, end := range []time.Time{h.now.Add(-calendar.Blur), h.before.Add(calendar.Blur)} {
			passed, ordered = a.passed(t.predicate, &View{Now: end, Zone: t.agenda.view.Zone, Trees: t.agenda.view.Trees})
			codes = append(codes, passed...)
		}
		if ordered {
			return codes
		}
	}
	ask := newInquirer(h)
	for code := uint32(1); int(code) < a.codes.Codes(); code++ {
		if a.codes.Count(code) > 0 && len(ask.value(t, a, code)) > 0 {
			codes = append(codes, code)
		}
	}
	return codes
}

// An inquirer asks when predicates turn, for one value after the other.
type inquirer struct {
	h    *horizon
	like User
	day  calendar.Day
	has  bool // a day
	meet func(turn)
}

func newInquirer(h *horizon) *inquirer {
	q := &inquirer{h: h}
	q.meet = func(t turn) { q.day, q.has = t.day, true }
	return q
}

// value is when a predicate turns for who has a value. What it says goes by the day of that, so that it is worked out once
// for all whose value is of one day.
func (q *inquirer) value(t *turning, a *valued, code uint32) []turnedTo {
	q.has = false
	a.like(code, &q.like)
	if t.leaf.(clocked).turns(&q.like, &t.agenda.view, q.meet); !q.has {
		return nil
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	list, known := t.days[q.day]
	if !known {
		list = q.h.turns(t.predicate, &q.like)
		t.days[q.day] = list
	}
	return list
}
