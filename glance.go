package groups

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math/bits"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/program"
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

	wholes []*entry // groups that the run looks at as a whole

	// About the user at hand. marked are the groups to be looked at, by place, and decided those that were.
	n               uint32
	id              UserID
	light           *User
	full            *User // made where somebody asks
	standings       []Standing
	at              []int32 // by place, one more than where the standing is
	marked, decided []uint64
	foreteller      subject  // that finds when dates turn
	stirred         bool     // they came, went, or were switched on or off
	turned          []uint64 // the groups for which a date may turn at another time, by place

	// in counts the users named who are in as they were, by place; nil where nobody counts but the user at hand.
	in []tallied
	// truths is what predicates say of the user at hand, by number, less one, as far as they were asked.
	truths []program.Truth
	asking []uint32 // memory for winnow
	// done is how many flips of each user have been looked at.
	done map[uint32]int
}

// tallied is how many users are in the population of a group, and members.
type tallied struct{ population, members int }

// others is what a glance knows of the groups that it does not look at.
type others struct {
	next               time.Time
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
	r.others = others{c.alarms.next(r.groups), c.traffic(r.now), c.members, c.automatic}
	for _, s := range r.groups {
		if s.partial {
			r.order = append(r.order, s)
			_, day := s.State.lately(r.now)
			r.others.traffic.add(Traffic{Joined: -day.Joined, Left: -day.Left, Assigned: -day.Assigned})
			r.others.members -= s.State.Members
			r.others.automatic -= s.State.Automatic
		}
	}
	slices.SortFunc(r.order, func(a, b *subject) int { return c.entries[a.ID].place - c.entries[b.ID].place })
	if r.judge() {
		return nil, nil
	}
	return r, nil
}

func newGlance(r *run, x *index) *glance {
	c := x.catalogue
	words := (len(c.order) + 63) / 64
	r.glance = &glance{
		r: r, x: x, c: c, done: map[uint32]int{}, at: make([]int32, len(c.order)),
		marked: make([]uint64, words), decided: make([]uint64, words), turned: make([]uint64, words),
		truths: make([]program.Truth, len(x.asked)),
	}
	r.glance.foreteller.met = r.glance.foreteller.meet
	for _, s := range r.order {
		if s.whole {
			r.glance.wholes = append(r.glance.wholes, c.entries[s.ID])
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
	x.writing.Lock()
	defer x.writing.Unlock()
	x.reading.Lock()
	ok, err := x.catchUp(ctx, r)
	x.reading.Unlock()
	if ok && err == nil {
		x.reading.RLock()
	}
	return ok && err == nil, err
}

// catchUp takes in who has changed, if the index is of the schema and the Directory knows who has.
func (x *index) catchUp(ctx context.Context, r *run) (bool, error) {
	if x.catalogue == nil || x.at == "" || x.schema != r.schema || !x.flips.on {
		return false, nil
	}
	j, ok := As[journal](x.dir)
	if !ok {
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
		changed, units, known := j.since(x.at)
		if !known || n > attempts {
			return false, nil
		}
		if units {
			err = x.readTrees(ctx, r)
		}
		if err == nil {
			err = x.take(ctx, changed)
		}
		if err != nil {
			x.clear()
			return false, err
		}
		x.at = version
	}
	if len(r.moved) > 0 { // findings tell of units
		for _, a := range x.aspects {
			a.tidy()
		}
		x.check()
	}
	return x.follows(r), nil
}

// follows brings the catalogue up to date, and reports whether the users of a run can be followed in all groups
// that it does not look at as a whole, and whether those are as the run has read them.
func (x *index) follows(r *run) bool {
	c := x.catalogue
	if c == nil || !x.flips.on || r.e.scoping != nil {
		return false
	}
	c.follow(r)
	if x.refill(r.now); !x.flips.on {
		return false
	}
	for id := range c.unready {
		if s := r.groups[id]; s == nil || !s.whole {
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
	var stale []*predicate
	x.flips.spoilt = slices.DeleteFunc(x.flips.spoilt, func(p *predicate) bool {
		if !p.filled && len(p.uses) == 0 {
			return false
		}
		if !p.filled {
			p.day, p.view.Now, p.view.Trees = calendar.In(now, p.view.Zone), now, x.trees
			stale = append(stale, p)
		}
		return true
	})
	for zone, day := range x.days {
		today := calendar.In(now, zone)
		if today == day {
			continue
		}
		x.days[zone] = today
		for _, p := range x.predicates {
			if p.relative && p.view.Zone == zone && p.filled && p.day != today && len(p.uses) > 0 {
				p.day, p.view.Now, p.view.Trees = today, now, x.trees
				stale = append(stale, p)
			}
		}
	}
	if len(stale) == 0 {
		return
	}
	for _, a := range x.aspects {
		a.tidy()
	}
	x.fillAll(stale)
}

// bystanders adds those to the users of the run who are below others in the reporting line, or in or beneath
// units that moved, as far as anything became another for them.
func (g *glance) bystanders() {
	above := map[uint32]bool{}
	for _, id := range g.r.above {
		if n, known := g.x.numbers[id]; known {
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

// lookAtAll decides about the users of the run.
func (g *glance) lookAtAll(ctx context.Context) error {
	if len(g.r.users) > 1 {
		g.in = make([]tallied, len(g.c.order))
	}
	for _, id := range slices.Sorted(maps.Keys(g.r.users)) {
		if err := g.look(ctx, id); err != nil {
			return err
		}
	}
	if g.in != nil {
		for _, s := range g.r.groups {
			if s.partial && !s.whole {
				in := g.in[g.c.entries[s.ID].place]
				s.diff.Population += in.population
				s.diff.Members += in.members
			}
		}
	}
	return nil
}

// look decides about one user in the groups that matter to them.
func (g *glance) look(ctx context.Context, id UserID) error {
	for i := range g.standings {
		g.at[g.c.entries[g.standings[i].Group].place] = 0
	}
	clear(g.marked)
	clear(g.decided)
	clear(g.turned)
	clear(g.truths)
	g.standings = g.standings[:0]
	g.id, g.full, g.light, g.stirred = id, nil, nil, false
	for st, err := range g.r.e.store.StandingsOf(ctx, id) {
		if err != nil {
			return fmt.Errorf("read standings of user %q: %w", id, err)
		}
		if e := g.c.entries[st.Group]; e != nil {
			g.standings = append(g.standings, st)
			if g.at[e.place] = int32(len(g.standings)); st.Undecided {
				g.mark(e)
			}
		}
	}
	n, met := g.x.numbers[id]
	if g.n = n; met {
		if code := g.x.status.codes.Code(n); code != 0 {
			g.light = &User{ID: id, Activation: activationOf(code)}
		}
		flips := g.x.flips.of[n]
		g.done[n] = len(flips)
		for _, f := range flips {
			g.turn(f)
		}
	}
	g.winnow()
	for _, e := range g.wholes {
		g.mark(e)
	}
	for i := range g.marked {
		for done := uint64(0); g.marked[i]&^done != 0; {
			bit := bits.TrailingZeros64(g.marked[i] &^ done)
			done |= 1 << bit
			if place := i*64 + bit; place < len(g.c.order) {
				g.decide(place)
			}
		}
	}
	if _, named := g.r.named[id]; named && g.in != nil {
		g.tally()
	}
	return nil
}

// turn marks the groups for which a flip of the user at hand may matter. Nobody of whom nothing is stored goes,
// so that what can only take them out is nothing to them.
func (g *glance) turn(f flip) {
	if f.predicate == nil {
		g.stirred = true
		for i := range g.marked {
			g.marked[i] = ^uint64(0)
		}
		return
	}
	if f.number > 0 && !f.relative {
		g.truths[f.number-1] = f.now // of the last flip, which tells what it is now
	}
	turns, ever := time.Time{}, false
	if f.relative && g.light != nil {
		turns, ever = g.turns(f.predicate)
	}
	for _, u := range f.uses {
		e := u.of
		sooner := ever && e.sleepsPast(turns)
		if sooner {
			set(g.turned, e.place)
		}
		if sooner || g.at[e.place] > 0 || u.mayGain(f) {
			g.mark(e)
		}
	}
}

// turns is when a date turns for the user at hand, as a predicate has it.
func (g *glance) turns(p *predicate) (at time.Time, ever bool) {
	s := &g.foreteller
	s.today, s.turn = calendar.In(g.r.now, p.view.Zone), noDay
	p.leaf.(clocked).turns(g.user(), &View{Now: g.r.now, Zone: p.view.Zone}, s.met)
	if s.turn == noDay {
		return time.Time{}, false
	}
	return calendar.Turn(s.turn, g.r.now, p.view.Zone)
}

// winnow unmarks the groups that one condition rules out, if nothing is stored there about the user at hand. These
// conditions are asked one after another, and not each within its rule: so the memory of many is read at once.
func (g *glance) winnow() {
	if g.light == nil {
		return
	}
	for round := range len(flatEntry{}.musts) {
		g.asking = g.asking[:0]
		for place := range g.places() {
			if l := g.c.flat[place].musts[round]; l > 0 && g.truths[l.Number()-1] == 0 {
				g.asking = append(g.asking, l.Number())
			}
		}
		for _, number := range g.asking {
			g.truths[number-1] = g.x.asked[number-1].truth(g.n)
		}
		for place := range g.places() {
			f := &g.c.flat[place]
			if l := f.musts[round]; l > 0 && l.Denies(g.truths[l.Number()-1]) && g.at[place] == 0 && !(f.clocked && (g.stirred || has(g.turned, place))) {
				g.marked[place/64] &^= 1 << (place % 64)
			}
		}
	}
}

// places yields those of the groups that are marked.
func (g *glance) places() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range g.marked {
			for ; word != 0; word &= word - 1 {
				if place := i*64 + bits.TrailingZeros64(word); place >= len(g.c.order) || !yield(place) {
					return
				}
			}
		}
	}
}

// tally counts the user at hand in the groups in which they are as they were.
func (g *glance) tally() {
	for i := range g.standings {
		st := &g.standings[i]
		e := g.c.entries[st.Group]
		if has(g.decided, e.place) {
			continue
		}
		if st.Population != Outside {
			g.in[e.place].population++
		}
		if st.Member != Outside {
			g.in[e.place].members++
		}
	}
}

func set(bits []uint64, i int)      { bits[i/64] |= 1 << (i % 64) }
func has(bits []uint64, i int) bool { return bits[i/64]>>(i%64)&1 != 0 }

func (g *glance) mark(e *entry) { set(g.marked, e.place) }

// decide settles the user at hand in one group. Whoever stays out, and of whom nothing is stored, is passed over.
func (g *glance) decide(place int) {
	f, verdict, whole := &g.c.flat[place], No, false
	if g.wholes != nil {
		if s := g.r.groups[g.c.order[place].ID]; s.whole {
			whole, verdict = true, g.wholeVerdict(s)
		}
	}
	switch {
	case whole:
	case f.waits:
		return
	default:
		verdict = g.verdict(f.recipe, f.program)
	}
	turns := f.clocked && g.light != nil && (whole || has(g.turned, place) || g.stirred && g.turnsSooner(g.c.order[place]))
	if verdict == No && g.at[place] == 0 && !turns && !whole {
		return
	}
	e := g.c.order[place]
	s := g.subject(e)
	s.standing = g.standing(e)
	before := len(s.write.Standings)
	g.r.decide(s, g.id, g.light, verdict)
	set(g.decided, e.place)
	if turns {
		s.foresee(g.user())
	}
	if len(s.write.Standings) == before {
		return
	}
	for _, id := range e.needs {
		g.needed(id)
	}
	for id := range g.c.refs.readBy(e.ID) {
		reader := g.c.entries[id]
		if g.mark(reader); !reader.waits {
			g.subject(reader)
		}
	}
}

// turnsSooner reports whether a date of the user at hand turns before time matters to the group by what is stored.
func (g *glance) turnsSooner(e *entry) bool {
	s := &g.foreteller
	s.rule, s.view, s.today, s.turn = e.rule, View{Now: g.r.now, Zone: e.zone}, calendar.In(g.r.now, e.zone), noDay
	s.foresee(g.user())
	at, ok := calendar.Turn(s.turn, g.r.now, e.zone)
	return s.turn != noDay && ok && e.sleepsPast(at)
}

// sleepsPast reports whether time matters to the group at that instant, and by what is stored only later.
func (e *entry) sleepsPast(at time.Time) bool { return e.wakes.IsZero() || at.Before(e.wakes) }

// user is the user at hand, who is among the people, as far as the index knows them.
func (g *glance) user() *User {
	if g.full == nil {
		g.full = g.x.user(g.n)
	}
	return g.full
}

// standing is what is stored about the user at hand.
func (g *glance) standing(e *entry) Standing {
	if at := g.at[e.place]; at > 0 {
		return g.standings[at-1]
	}
	return Standing{Group: e.ID, User: g.id}
}

// subject is a group that the run looks at.
func (g *glance) subject(e *entry) *subject {
	s := g.needed(e.ID)
	if s.partial {
		return s
	}
	r := g.r
	s.partial, s.rule, s.recipe, s.terms = true, e.rule, e.recipe, nil
	s.view = View{Now: r.now, Zone: e.zone, Trees: r.trees}
	s.today, s.turn, s.met = calendar.In(r.now, e.zone), noDay, s.meet
	for _, id := range e.needs {
		g.needed(id)
	}
	return s
}

// needed is a group that the run may have to compare with what is stored.
func (g *glance) needed(id GroupID) *subject {
	s := g.r.groups[id]
	if s == nil {
		e := g.c.entries[id]
		s = &subject{Group: *e.Group, stored: true}
		s.waits = e.waits
		g.r.groups[id] = s
	}
	return s
}

// wholeVerdict is about a group that the run looks at as a whole, whose rule may be new.
func (g *glance) wholeVerdict(s *subject) Verdict {
	switch {
	case g.light == nil || !s.asks():
		return No
	case s.broken:
		return Unknown
	}
	return g.verdict(s.recipe, s.recipe.flat)
}

// verdict is a rule's about the user at hand; without one it is No.
func (g *glance) verdict(recipe *recipe, p program.Flat) Verdict {
	if g.light == nil || recipe == nil {
		return No
	}
	truth := p.Match(func(number uint32) program.Truth {
		if number >= groupsFrom {
			return truthOf(recipe.groups[number-groupsFrom].leaf.held(g.id, g.r))
		}
		return g.truth(number)
	})
	return [...]Verdict{program.No: No, program.Unknown: Unknown, program.Yes: Yes}[truth]
}

// truth is what a predicate says of the user at hand, who is asked about it once.
func (g *glance) truth(number uint32) program.Truth {
	known := &g.truths[number-1]
	if *known == 0 {
		*known = g.x.asked[number-1].truth(g.n)
	}
	return *known
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
	st := g.standing(e)
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
			u.Enrollments = a.held[n]
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
