package groups

import (
	"context"
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/pairs"
	"github.com/grouprules/groups/internal/program"
)

// An encounter is one user before a glance: what is stored about them, and in which groups they may move. It writes
// nothing but itself, so that many users may be met at once.
type encounter struct {
	g *glance
	met
	full    *User   // made where somebody asks
	at      []int32 // by place, one more than where that is what is stored
	marked  []uint64
	unsure  bool     // something may be unknown of them
	stirred bool     // they came, went, or were switched on or off
	turned  []uint64 // the groups for which a date may turn at another time, by place

	// truths is what predicates say of the user, by number, less one, as far as they were asked, and rows are those of
	// their values on the sheets.
	truths []program.Truth
	rows   [][]Verdict
	first  []uint32 // memory for askFirst

	foreteller subject // that finds when dates turn
}

// met is what has come of an encounter.
type met struct {
	n        uint32
	id       UserID
	light    *User // nil is one who is not among the people
	stored   []stored
	expected []expected // in the order of the groups
	flips    int        // how many of them were looked at
}

// stored is what is stored about a user in one group.
type stored struct {
	place int
	cell  pairs.Cell[Standing]
}

// expected is what is to be decided about a user in one group.
type expected struct {
	place   int
	verdict Verdict
	turns   bool // a date of theirs turns before time matters to the group by what is stored
	passes  bool // there is nothing to be decided
	late    bool // the verdict depends on what is decided in other groups
}

// words is how many words have a bit for each group.
func words(c *catalogue) int { return (len(c.order) + 63) / 64 }

func set(bits []uint64, i int)      { bits[i/64] |= 1 << (i % 64) }
func has(bits []uint64, i int) bool { return bits[i/64]>>(i%64)&1 != 0 }

// encounter is one with nobody yet.
func (g *glance) encounter() *encounter {
	e, _ := g.x.encounters.Get().(*encounter)
	if e == nil || len(e.at) != len(g.c.order) || len(e.truths) != len(g.x.asked) || len(e.rows) != len(g.x.sheets) {
		e = &encounter{
			at: make([]int32, len(g.c.order)), marked: make([]uint64, words(g.c)), turned: make([]uint64, words(g.c)),
			truths: make([]program.Truth, len(g.x.asked)), rows: make([][]Verdict, len(g.x.sheets)),
		}
		e.foreteller.met = e.foreteller.meet
	}
	e.g = g
	return e
}

// part ends an encounter, which another may go on with.
func (g *glance) part(e *encounter) {
	e.begin(met{})
	clear(e.stored[:cap(e.stored)])
	clear(e.rows)
	e.g, e.foreteller.Group, e.foreteller.rule, e.foreteller.view = nil, nil, nil, View{}
	g.x.encounters.Put(e)
}

// begin forgets whoever was met before, for the user of m.
func (e *encounter) begin(m met) {
	for _, st := range e.stored {
		e.at[st.place] = 0
	}
	clear(e.marked)
	clear(e.turned)
	clear(e.truths)
	m.stored, m.expected = e.stored[:0], e.expected[:0]
	e.met, e.full, e.stirred = m, nil, false
	e.number(m.n)
}

// number reads what the index has of the user with that number.
func (e *encounter) number(n uint32) {
	e.n, e.unsure = n, e.g.x.flips.unsure.Has(n)
	for i, a := range e.g.x.sheets {
		e.rows[i] = a.row(a.codes.Code(n))
	}
}

// meet finds what is to be decided about a user.
func (e *encounter) meet(ctx context.Context, id UserID) error {
	g := e.g
	e.begin(met{id: id})
	for p, err := range storedAbout(ctx, g.r.e.store, id) {
		if err != nil {
			return fmt.Errorf("read standings of user %q: %w", id, err)
		}
		if place, ok := g.c.placeOf(p.Number, p.Key); ok {
			e.stored = append(e.stored, stored{place, p.Cell})
			if e.at[place] = int32(len(e.stored)); isUndecided(p.Cell) {
				set(e.marked, place)
			}
		}
	}
	if n, known := g.x.numbers.Find(id); known {
		e.number(n)
		if code := g.x.status.codes.Code(n); code != 0 {
			e.light = &User{ID: id, Activation: activationOf(code)}
		}
		flips := g.x.flips.of[n]
		e.flips = len(flips)
		for _, f := range flips {
			e.turn(f)
		}
	}
	for place := range g.wholes {
		set(e.marked, place)
	}
	e.askFirst()
	for place := range e.places() {
		if as := e.expect(place, nil); as.passes {
			e.marked[place/64] &^= 1 << (place % 64)
		} else {
			e.expected = append(e.expected, as)
		}
	}
	return nil
}

// askFirst finds out what the rules of the marked groups ask first, of all of them before the rest of any. A rule waits for
// memory with each step, which is far away; here nobody waits for another's.
func (e *encounter) askFirst() {
	if e.light == nil {
		return
	}
	e.first = e.first[:0]
	for place := range e.places() {
		if number, asks := e.g.c.flat[place].program.First(); asks && number < groupsFrom {
			e.first = append(e.first, number)
		}
	}
	for _, number := range e.first {
		e.truth(number)
	}
}

// clone is it in memory of its own.
func (m met) clone() met {
	m.stored, m.expected = slices.Clone(m.stored), slices.Clone(m.expected)
	return m
}

// resume goes on with a user who was met.
func (e *encounter) resume(m met) {
	e.begin(m)
	e.stored, e.expected = append(e.stored, m.stored...), append(e.expected, m.expected...)
	for i, st := range e.stored {
		e.at[st.place] = int32(i + 1)
	}
	for _, as := range e.expected {
		set(e.marked, as.place)
	}
}

func (e *encounter) mark(of *entry) { set(e.marked, of.place) }

// places yields those of the groups that are marked.
func (e *encounter) places() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range e.marked {
			for ; word != 0; word &= word - 1 {
				if place := i*64 + bits.TrailingZeros64(word); place >= len(e.g.c.order) || !yield(place) {
					return
				}
			}
		}
	}
}

// turn marks the groups for which a flip of the user may matter. Nobody of whom nothing is stored goes, so that what
// can only take them out is nothing to them.
func (e *encounter) turn(f flip) {
	if f.predicate == nil {
		e.stirred = true
		for i := range e.marked {
			e.marked[i] = ^uint64(0)
		}
		return
	}
	if f.number > 0 && !f.relative {
		e.truths[f.number-1] = f.now // of the last flip, which tells what it is now
	}
	turns, ever := time.Time{}, false
	if f.relative && e.light != nil {
		turns, ever = e.turns(f.predicate)
	}
	for _, u := range f.uses {
		sooner := ever && u.of.sleepsPast(turns)
		if sooner {
			set(e.turned, int(u.place))
		}
		if sooner || e.at[u.place] > 0 || u.mayGain(f) {
			set(e.marked, int(u.place))
		}
	}
}

// turns is when a date turns for the user, as a predicate has it.
func (e *encounter) turns(p *predicate) (at time.Time, ever bool) {
	s := &e.foreteller
	s.today, s.turn = calendar.In(e.g.r.now, p.agenda.view.Zone), noDay
	p.leaf.(clocked).turns(e.user(), &View{Now: e.g.r.now, Zone: p.agenda.view.Zone}, s.met)
	if s.turn == noDay {
		return time.Time{}, false
	}
	return calendar.Turn(s.turn, e.g.r.now, p.agenda.view.Zone)
}

// turnsSooner reports whether a date of the user turns before time matters to the group by what is stored.
func (e *encounter) turnsSooner(of *entry) bool {
	s := &e.foreteller
	s.Group, s.rule, s.view, s.today, s.turn = of.Group, of.rule, View{Now: e.g.r.now, Zone: of.zone}, calendar.In(e.g.r.now, of.zone), noDay
	s.foresee(e.user())
	at, ok := calendar.Turn(s.turn, e.g.r.now, of.zone)
	return s.turn != noDay && ok && of.sleepsPast(at)
}

// sleepsPast reports whether time matters to the group at that instant, and by what is stored only later.
func (e *entry) sleepsPast(at time.Time) bool { return e.wakes.IsZero() || at.Before(e.wakes) }

// expect finds what is to be decided in one group. Conditions on other groups are asked of run; where that is nil
// they are Unknown, and the verdict is for later where they matter.
func (e *encounter) expect(place int, run *run) expected {
	f, as, whole := &e.g.c.flat[place], expected{place: place, verdict: No}, false
	recipe, program, reads := f.recipe, f.program, f.reads
	if len(e.g.wholes) > 0 {
		if s := e.g.wholes[place]; s != nil {
			whole, recipe = true, nil
			switch {
			case !s.asks():
			case s.broken:
				as.verdict = Unknown
			default:
				recipe, program, reads = s.recipe, s.recipe.flat, len(s.recipe.groups) > 0
			}
		}
	}
	switch {
	case !whole && f.waits:
		as.passes = true
		return as
	case e.light == nil:
		as.verdict = No
	case recipe == nil:
	default:
		as.verdict = e.verdict(recipe, program, run)
		as.late = run == nil && reads && as.verdict == Unknown
	}
	as.turns = f.clocked && e.light != nil && (whole || has(e.turned, place) || e.stirred && e.turnsSooner(e.g.c.order[place]))
	as.passes = !as.turns && !whole && !as.late && e.stays(place, as.verdict)
	return as
}

// stays reports whether what is stored about the user is what comes of a verdict, so that there is nothing to be decided.
func (e *encounter) stays(place int, v Verdict) bool {
	if e.at[place] == 0 {
		return v == No
	}
	st, r := standingOf("", e.id, e.stored[e.at[place]-1].cell), e.g.r
	next, _ := e.g.c.flat[place].regime.settle(e.light, v, st, r.now, r.e.opts.Exclusions)
	return !next.Undecided && sameStanding(st, next)
}

// verdict is a rule's about the user.
func (e *encounter) verdict(recipe *recipe, p program.Flat, run *run) Verdict {
	truth := p.Match(func(number uint32) program.Truth {
		switch {
		case number < groupsFrom:
			return e.truth(number)
		case run == nil:
			return program.Unknown
		}
		return truthOf(recipe.groups[number-groupsFrom].leaf.held(e.id, run))
	})
	return [...]Verdict{program.No: No, program.Unknown: Unknown, program.Yes: Yes}[truth]
}

// truth is what a predicate says of the user, who is asked about it once.
func (e *encounter) truth(number uint32) program.Truth {
	known := &e.truths[number-1]
	if *known != 0 {
		return *known
	}
	if at := e.g.x.seats[number-1]; at.sheet > 0 {
		if row := e.rows[at.sheet-1]; row != nil && row[at.place] != unasked {
			*known = truthOf(row[at.place])
			return *known
		}
	}
	*known = e.g.x.asked[number-1].truth(e.n, e.unsure)
	return *known
}

// standing is what is stored about the user in a group.
func (e *encounter) standing(of *entry) Standing {
	if at := e.at[of.place]; at > 0 {
		return standingOf(of.ID, e.id, e.stored[at-1].cell)
	}
	return Standing{Group: of.ID, User: e.id}
}

// user is the user, who is among the people, as far as the index knows them.
func (e *encounter) user() *User {
	if e.full == nil {
		e.full = e.g.x.user(e.n)
	}
	return e.full
}
