package groups

import (
	"context"
	"maps"
	"math/bits"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
)

// This file holds the run over a few users by an index: it looks only at the groups in which something is
// stored about a user, and at those whose conditions became another for them. Of all the others it costs a few
// bytes each, to remember which were looked at. It is for when nothing else is to be done, and everything else is in order;
// otherwise the run looks at the users in all groups.

// A glance is such a run.
type glance struct {
	r *run
	x *index
	c *catalogue

	wholes map[int]*subject // groups that the run looks at as a whole, by place

	hand    *encounter // the user at hand
	decided []uint64   // the groups in which they were decided about, by place

	// in counts the users named who are in as they were, by place; nil where nobody counts but the user at hand.
	in []tallied
	// done is how many flips of each user have been looked at.
	done map[uint32]int
}

// tallied is how many users are in the population of a group, and members.
type tallied struct{ population, members int }

// everywhere is what a glance knows of groups that it does not look at: when time next matters to one of those, and what
// is stored of all groups.
type everywhere struct {
	next time.Time
	sums
}

// sums are the traffic of groups in the 24 hours up to a run, and how many members they have.
type sums struct {
	traffic            Traffic
	members, automatic int
}

// glance does what [Evaluator.Changed] does where a glance is enough; nil is that it is not.
func (e *Evaluator) glance(ctx context.Context, t Touched) (*run, error) {
	x := e.index
	if x == nil || e.scoping != nil || len(t.Groups)+len(t.Owners) > 0 {
		return nil, nil
	}
	r, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	r.name(t)
	if ok, err := x.glance(ctx, r); !ok {
		return nil, err
	}
	defer x.reading.RUnlock()
	c := x.catalogue
	if c.isDue(r.now) || len(t.Users) > 0 && c.reports > 0 || x.isAskedFor(r.moved) {
		return nil, nil
	}
	if r.refs, r.trees = c.refs, x.trees; c.climbs > 0 {
		r.above = t.Users
	}
	if len(r.moved) > 0 {
		r.resides = r.beneath(r.moved)
		r.survey.fromIndex(r, x)
	}
	g := newGlance(r, x)
	g.bystanders()
	if err := g.lookAtAll(ctx); err != nil {
		return nil, err
	}
	r.everywhere = &everywhere{c.alarms.next(r.groups), sums{c.traffic(r.now), c.members, c.automatic}}
	for _, s := range r.groups {
		if s.partial {
			r.order = append(r.order, s)
		}
	}
	slices.SortFunc(r.order, func(a, b *subject) int { return a.place - b.place })
	if r.judge() {
		return nil, nil
	}
	return r, nil
}

func newGlance(r *run, x *index) *glance {
	c := x.catalogue
	r.glance = &glance{r: r, x: x, c: c, wholes: map[int]*subject{}, done: map[uint32]int{}, decided: make([]uint64, words(c))}
	for _, s := range r.order {
		if s.whole {
			r.glance.wholes[c.entries[s.ID].place] = s
		}
	}
	return r.glance
}

// isAskedFor reports whether a condition of somebody's rule has one of the units as an operand.
func (x *index) isAskedFor(units map[Tree]map[string]struct{}) bool {
	for tree := range units {
		if a := x.aspects[aspectTree+string(tree)]; a != nil {
			for _, p := range a.asking().predicates {
				if len(p.uses) > 0 && p.leaf.(*unitLeaf).names(units) {
					return true
				}
			}
		}
	}
	for _, e := range x.catalogue.frozen {
		if e.rule.names(units) {
			return true
		}
	}
	return false
}

// glance brings the index up to date for a run over a few users. If that is true, every group can be followed
// user by user, and the run holds the lock for reading.
func (x *index) glance(ctx context.Context, r *run) (bool, error) {
	return x.enter(func() (bool, error) {
		ok, err := x.catchUp(ctx, r)
		if !ok || err != nil {
			return false, err
		}
		if len(r.moved) > 0 { // findings tell of units
			x.tidy()
			x.check()
		}
		return x.follows(r), nil
	})
}

// catchUp takes in who has changed, if the index is of the schema and the Directory knows who has.
func (x *index) catchUp(ctx context.Context, r *run) (bool, error) {
	if x.catalogue == nil || x.at == "" || x.schema != r.schema || !x.flips.on {
		return false, nil
	}
	for n := 1; ; n++ {
		version, err := x.readVersion(ctx)
		if err != nil {
			return false, err
		}
		if version == x.at {
			break
		}
		written, err := x.written(ctx)
		if err != nil || written == nil || n > attempts {
			return false, err
		}
		if written.Units {
			err = x.readTrees(ctx, r)
		}
		if err == nil {
			err = x.take(ctx, written.Users)
		}
		if err != nil {
			x.clear()
			return false, err
		}
		x.at = version
	}
	return true, nil
}

// keepUp brings the catalogue up to date, and what its groups ask; where it is false they are not known by it.
func (x *index) keepUp(r *run) bool {
	if x.catalogue == nil || !x.flips.on || r.e.scoping != nil {
		return false
	}
	x.catalogue.follow(r)
	x.refill(r.now)
	return x.flips.on
}

// follows brings the catalogue up to date, and reports whether the users of a run can be followed in all groups
// that it does not look at as a whole, and whether those are as the run has read them.
func (x *index) follows(r *run) bool {
	if !x.keepUp(r) {
		return false
	}
	c := x.catalogue
	for _, e := range c.unready {
		if s := r.groups[e.ID]; s == nil || !s.whole {
			return false
		}
	}
	for _, s := range r.order {
		if e := c.entries[s.ID]; e == nil || s.hold != nil || e.Revision != s.Revision || !e.State.Equal(s.State) {
			return false
		}
		if s.whole && s.recipe != nil {
			x.flatten(s.recipe)
		}
	}
	return len(r.order) == 0 || len(r.order) == len(c.entries)
}

// refill works those predicates out that are not up to date and that somebody reads.
func (x *index) refill(now time.Time) {
	defer x.seatAll()
	x.advance(now)
	var stale []*predicate
	maps.DeleteFunc(x.flips.spoilt, func(p *predicate, _ bool) bool {
		if !p.filled && len(p.uses) == 0 {
			return false
		}
		if !p.filled {
			stale = append(stale, p)
		}
		return true
	})
	if len(stale) == 0 {
		return
	}
	x.tidy()
	x.fillAll(stale)
}

// bystanders adds those to the users of the run who are below others in the reporting line, or in or beneath
// units that moved, as far as anything became another for them.
func (g *glance) bystanders() {
	above := map[uint32]bool{}
	for _, id := range g.r.above {
		if n, known := g.x.numbers.Find(id); known {
			above[n] = true
		}
	}
	if len(above) == 0 && g.r.resides == nil {
		return
	}
	for n := range g.x.flips.of {
		if g.isBelow(n, above) || g.r.resides != nil && g.x.present.Has(n) && g.r.resides(g.x.user(n)) {
			g.r.users[g.x.ids[n]] = struct{}{}
		}
	}
}

func (g *glance) isBelow(n uint32, above map[uint32]bool) bool {
	if len(above) > 0 {
		for manager := range g.x.lines.above.Above(n) {
			if above[manager] {
				return true
			}
		}
	}
	return false
}

// lookAtAll decides about the users of the run, one by one. What the rules say of the next is found out meanwhile, of many
// at once, as far as it does not depend on what is decided.
func (g *glance) lookAtAll(ctx context.Context) error {
	g.r.looked = max(g.r.looked, len(g.r.users))
	users := slices.Sorted(maps.Keys(g.r.users))
	e := g.encounter()
	defer g.part(e)
	if len(users) == 1 {
		err := e.meet(ctx, users[0])
		if err == nil {
			g.look(e)
		}
		return err
	}
	g.in = make([]tallied, len(g.c.order))
	var before []met
	look := func() {
		for _, m := range before {
			e.resume(m)
			g.look(e)
		}
	}
	for batch := range slices.Chunk(users, 64) {
		next, errs := make([]met, len(batch)), make([]error, len(batch))
		inParallel(1+len(batch), func() func(int) {
			return func(i int) {
				if i == 0 {
					look()
					return
				}
				e := g.encounter()
				defer g.part(e)
				if errs[i-1] = e.meet(ctx, batch[i-1]); errs[i-1] == nil {
					next[i-1] = e.met.clone()
				}
			}
		})
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		before = next
	}
	look()
	for _, s := range g.r.groups {
		if s.partial && !s.whole {
			in := g.in[g.c.entries[s.ID].place]
			s.diff.Population += in.population
			s.diff.Members += in.members
		}
	}
	return nil
}

// look decides about a user who was met.
func (g *glance) look(e *encounter) {
	g.hand = e
	g.done[e.n] = e.flips
	clear(g.decided)
	foreseen := e.expected
	for i := range e.marked {
		for done := uint64(0); e.marked[i]&^done != 0; {
			bit := bits.TrailingZeros64(e.marked[i] &^ done)
			done |= 1 << bit
			switch place := i*64 + bit; {
			case len(foreseen) > 0 && foreseen[0].place == place:
				g.decide(foreseen[0])
				foreseen = foreseen[1:]
			case place < len(g.c.order):
				g.decide(expected{place: place, late: true})
			}
		}
	}
	if _, named := g.r.named[e.id]; named && g.in != nil {
		g.tally()
	}
}

// tally counts the user at hand in the groups in which they are as they were.
func (g *glance) tally() {
	for _, st := range g.hand.stored {
		if has(g.decided, st.place) {
			continue
		}
		if populationOf(st.cell) != Outside {
			g.in[st.place].population++
		}
		if memberOf(st.cell) != Outside {
			g.in[st.place].members++
		}
	}
}

// decide settles the user at hand in one group. Whoever stays out, and of whom nothing is stored, is passed over.
func (g *glance) decide(as expected) {
	if as.late {
		turns := as.turns
		as = g.hand.expect(as.place, g.r)
		as.turns, as.passes = turns, as.passes && !turns
	}
	if as.passes {
		return
	}
	e := g.c.order[as.place]
	s := g.subject(e)
	s.standing = g.hand.standing(e)
	before := len(s.standings)
	g.r.decide(s, g.hand.id, g.hand.light, as.verdict)
	set(g.decided, e.place)
	if as.turns {
		s.foresee(g.hand.user())
	}
	if len(s.standings) == before {
		return
	}
	for _, id := range e.needs {
		g.needed(g.c.entries[id])
	}
	for _, reader := range e.readers {
		if g.hand.mark(reader); !reader.waits {
			g.subject(reader)
		}
	}
}

// subject is a group that the run looks at.
func (g *glance) subject(e *entry) *subject {
	s := g.needed(e)
	if s.partial {
		return s
	}
	r := g.r
	s.partial, s.place, s.rule, s.recipe, s.terms, s.toJoin = true, e.place, e.rule, e.recipe, nil, nil
	s.view = View{Now: r.now, Zone: e.zone, Trees: r.trees}
	s.today, s.turn = calendar.In(r.now, e.zone), noDay
	for _, id := range e.needs {
		g.needed(g.c.entries[id])
	}
	return s
}

// needed is a group that the run may have to compare with what is stored.
func (g *glance) needed(e *entry) *subject {
	s := g.r.groups[e.ID]
	if s == nil {
		s = &subject{Group: e.Group, stored: true}
		s.waits, s.needs = e.waits, e.needs
		g.r.groups[e.ID] = s
	}
	return s
}

// answer is what conditions find in a group about the user at hand.
func (g *glance) answer(id GroupID) Verdict {
	e := g.c.entries[id]
	switch {
	case e == nil:
		return Unknown
	case has(g.decided, e.place):
		return g.r.groups[id].answer
	}
	st := g.hand.standing(e)
	if e.cyclic || e.Status != Active || !e.State.Live || st.Undecided {
		return Unknown
	}
	return verdictOf(st.Member != Outside)
}

// user is somebody who is among the people as far as the index knows them: all but their manager.
func (x *index) user(n uint32) *User {
	u := &User{ID: x.ids[n]}
	for _, a := range x.aspects {
		switch a := a.(type) {
		case *valued:
			a.like(a.codes.Code(n), u)
		case *enrollmentAspect:
			u.Enrollments = a.of(n)
		}
	}
	return u
}

// glanced forgets what a run has decided about.
func (x *index) glanced(r *run) {
	if r.glance == nil || r.glance.c != x.catalogue || r.glance.c.lost != x.flips.lost {
		return
	}
	for n, first := range r.glance.done {
		x.flips.drop(n, first)
	}
}
