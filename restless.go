package groups

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds who may move by time alone. A rule is asked once, with the conditions that turn for a user before the
// horizon taken as unknown: whoever it is certain about all the same stays, by Kleene's logic, however these turn.

// Restless are the users whom time alone may move in the groups, or in all, before an instant, by group and ascending: if
// people, rules and decisions stay as they are, and all groups are processed, now and whenever time matters to one. Everybody
// else stays as they are in the group, their automatic bit too. It may name more. It writes nothing, costs about one
// [Evaluator.Evaluate], and is nil where the Evaluator has no index, and only a look at everybody would tell.
func (e *Evaluator) Restless(ctx context.Context, before time.Time, groups ...GroupID) (map[GroupID][]UserID, error) {
	h := &horizon{before: before}
	_, err := retried(func() (*run, error) {
		r, err := e.begin(ctx, nil)
		if err != nil {
			return nil, err
		}
		if err := r.choose(groups); err != nil {
			return nil, err
		}
		r.guard, r.horizon = &Guard{}, h
		for _, s := range r.order {
			s.whole, s.trusted = s.whole || len(groups) == 0, true
		}
		return r, r.evaluate(ctx)
	})
	switch {
	case errors.Is(err, errNoIndex):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return h.found, nil
}

// errNoIndex ends a run that only an index can do.
var errNoIndex = errors.New("there is no index")

// A horizon is what a run finds out about the time until then.
type horizon struct {
	before   time.Time
	now      time.Time
	restless map[GroupID]*userset.Set
	turning  map[*predicate]*userset.Set
	found    map[GroupID][]UserID
}

// look finds the restless of the groups of a run that has decided about all of them.
func (h *horizon) look(ctx context.Context, r *run, x *index) error {
	h.now, h.restless, h.found = r.now, map[GroupID]*userset.Set{}, map[GroupID][]UserID{}
	h.turn(r, x)
	for _, s := range r.order {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !s.whole {
			continue
		}
		found := new(userset.Set)
		h.restless[s.ID] = found
		for _, st := range s.write.Standings {
			if n, known := x.numbers.Find(st.User); known {
				found.Add(n)
			}
		}
		if s.roster != nil {
			for n, until := range s.roster.until {
				if until.After(h.now) && until.Before(h.before) {
					found.Add(n)
				}
			}
		}
		if s.asks() && s.recipe != nil {
			h.ask(r, x, s)
		}
		if found.Count() == 0 {
			continue
		}
		list := make([]UserID, 0, found.Count())
		for n := range found.All() {
			list = append(list, x.ids[n])
		}
		slices.Sort(list)
		h.found[s.ID] = list
	}
	return nil
}

// turn finds for whom the conditions of the groups turn.
func (h *horizon) turn(r *run, x *index) {
	h.turning = map[*predicate]*userset.Set{}
	var list []*predicate
	for _, s := range r.order {
		if !s.whole || !s.asks() || s.recipe == nil {
			continue
		}
		for _, p := range s.recipe.predicates {
			if _, met := h.turning[p]; p.relative && !met {
				h.turning[p] = new(userset.Set)
				list = append(list, p)
			}
		}
	}
	inParallel(len(list), func() func(int) {
		with := x.scratch()
		return func(i int) {
			p := list[i]
			switch a := p.aspect.(type) {
			case *valued:
				a.choose(h.turning[p], a.turningBefore(p, h), &with.yes)
			case *enrollmentAspect:
				var like User
				for n := range x.present.All() {
					if like.Enrollments = a.held[n]; h.turns(p, &like) {
						h.turning[p].Add(n)
					}
				}
			}
		}
	})
}

// turns reports whether a condition turns for a user.
func (h *horizon) turns(p *predicate, u *User) (turns bool) {
	zone := p.agenda.view.Zone
	p.leaf.(clocked).turns(u, &View{Now: h.now, Zone: zone}, func(t turn) {
		if !turns {
			at, will := t.relation.NextFlip(t.day, t.span, h.now, zone)
			turns = will && at.Before(h.before)
		}
	})
	return turns
}

// turningBefore are the codes of the values for which a condition turns, ascending. Where those have an order, they are
// among what the ends of where it holds pass, on the days that there are in the zone meanwhile.
func (a *valued) turningBefore(p *predicate, h *horizon) (turning []uint32) {
	var codes []uint32
	ordered := a.passed != nil
	for _, end := range []time.Time{h.now.Add(-calendar.Blur), h.before.Add(calendar.Blur)} {
		if !ordered {
			break
		}
		var passed []uint32
		if passed, ordered = a.passed(p, &View{Now: end, Zone: p.agenda.view.Zone, Trees: p.agenda.view.Trees}); ordered {
			codes = append(codes, passed...)
		}
	}
	if !ordered {
		codes = codes[:0]
		for code := range uint32(a.codes.Codes()) {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	var like User
	for _, code := range slices.Compact(codes) {
		if code == 0 || a.codes.Count(code) == 0 {
			continue
		}
		if a.like(code, &like); h.turns(p, &like) {
			turning = append(turning, code)
		}
	}
	return turning
}

// ask adds those about whom the rule of a group is not certain until the horizon. Where it waits until others are processed,
// and does not know before, nobody is moved by that.
func (h *horizon) ask(r *run, x *index, s *subject) {
	terms, may := slices.Clone(s.terms), false
	widen := func(term int, by *userset.Set) {
		if by.Count() > 0 {
			terms[term], may = unsure(terms[term], by, len(x.ids)), true
		}
	}
	for i, p := range s.recipe.predicates {
		if p.relative {
			widen(s.recipe.places[i], h.turning[p])
		}
	}
	for _, g := range s.recipe.groups {
		for _, id := range g.leaf.groups {
			named := []GroupID{id}
			if g.leaf.orBelow {
				named = append(named, r.refs.beneath(id)...)
			}
			for _, id := range named {
				if of := h.restless[id]; of != nil {
					widen(g.term, of)
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
		w.chunk, w.users = chunk, users
		yes, possible := w.machine.Evaluate(&s.recipe.program, terms, chunk, users)
		if possible == yes {
			continue
		}
		w.found = *possible
		w.found.AndNot(yes)
		w.among(&w.found)
		found := h.restless[s.ID]
		found.Or(chunk, &w.found)
		found.Put(chunk, &w.found, users)
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
