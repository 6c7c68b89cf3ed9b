package groups

import (
	"context"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds whom a run by an index looks at: it goes through the users, group by group, and finds those who may move.
// Of a group that was settled it goes through those who changed since; see gathering.go and crowd.go.

// A candidate is a user whom a run looks at in one group, and what the rule says of them.
type candidate struct {
	user    uint32
	verdict Verdict
}

// candidates are those of one chunk in some groups of a level: of the group i among them, list[start[i]:start[i+1]].
// Where the number is all that the run wants, alike is what the others come to, by group.
type candidates struct {
	list  []candidate
	start []int
	alike []Tally
	first page
}

// A muster is the candidates of the groups of a level that look at everybody: of the first of them in all chunks, then of the
// next.
type muster struct {
	chunks int
	found  []candidates
}

// of are the candidates of each chunk for the group i of those and those together with it, and the place of the
// group among these.
func (m muster) of(i int) ([]candidates, int) {
	return m.found[i/together*m.chunks:][:m.chunks], i % together
}

// together is how many groups of a level are looked at together in a chunk, so that there is work for all
// processors where there are few users.
const together = 16

// searches are those of the groups of each level.
func (x *index) searches(r *run, levels [][]*subject) [][]search {
	all := make([][]search, len(levels))
	stirred := map[int]*userset.Set{}
	for i, level := range levels {
		all[i] = make([]search, len(level))
		for j, s := range level {
			all[i][j] = x.search(r, s, stirred)
		}
	}
	return all
}

// candidates finds whom searches must look at that look at everybody, on all processors.
func (x *index) candidates(ctx context.Context, wide []*search) (muster, error) {
	terms := 0
	for _, c := range wide {
		terms += 1 + len(c.s.terms)
	}
	chunks := x.chunks()
	inParallelIf(chunks > 1, len(wide), func() func(int) { return func(i int) { x.join(wide[i].s) } })
	m := muster{chunks: chunks, found: make([]candidates, chunks*((len(wide)+together-1)/together))}
	inParallelIf(chunks*terms > fewTerms, len(m.found), func() func(int) {
		return func(n int) {
			if ctx.Err() != nil {
				return
			}
			w := x.sweeper()
			defer x.sweepers.Put(w)
			first, chunk := n/chunks*together, n%chunks
			some := wide[first:min(first+together, len(wide))]
			c := &m.found[n]
			c.start = make([]int, len(some)+1)
			w.enter(chunk, x.users(chunk))
			for i := range some {
				c.start[i] = len(c.list)
				w.look(some[i], c, i)
			}
			c.start[len(some)] = len(c.list)
		}
	})
	return m, ctx.Err()
}

// search is how a run finds whom to look at in one group.
type search struct {
	s *subject
	// stirred and ended are looked at whatever the rule says, where something is stored about them. all wants
	// everybody about whom there is, and fresh those of them whom nobody has looked at since the definition was
	// saved: all but the steady ones who stay as they are, if that are plain users, and firm ones.
	stirred     *userset.Set
	ended       []uint32
	all, fresh  bool
	plain, firm bool
	// steadfast says that whoever was undecided still is, as long as the rule does not know.
	steadfast bool
	// own is whom alone it has to look at. Those that look at everybody have none, and a place among themselves.
	// Replies are what its predicates say of those.
	own     *gathering
	replies []*reply
	place   int
	// tally says that only how many there are matters, and who the first of a page; effects are those of the kinds of
	// users.
	tally   bool
	effects [kinds]effect
	page    int
}

func (x *index) search(r *run, s *subject, stirred map[int]*userset.Set) search {
	c := search{s: s}
	ro := s.roster
	if r.edition != nil && r.edition.group == s.ID {
		// A preview lists who stays.
		c.tally = r.edition.alone && !r.edition.turned && s.scope == nil
		c.all, c.page = !c.tally, r.edition.page
		if c.tally {
			c.effects = r.effects(s, x)
		}
	}
	if ro == nil {
		return c
	}
	news, known := x.stirred.since(ro.settled.stirred)
	if ro.settled.revision != s.Revision || s.draft || !known {
		c.fresh = true
		// Steady users who are plain or firm stay as they are, unless the table says otherwise of one of them.
		stays := func(st Standing) bool {
			next, _ := s.settle(&User{Activation: Activated}, verdictOf(st.Automatic), st, r.now, r.e.opts.Exclusions)
			return sameStanding(st, next)
		}
		assigned := Standing{Group: s.ID, Assignment: &Assignment{}, Population: Manual}
		if ro.live {
			assigned.Member = Manual
		}
		ruled := assigned
		ruled.Automatic = true
		c.plain, c.firm = stays(ro.plain(s.ID, "")), stays(assigned) && (stays(ruled) || s.Kind == ManualGroup)
		return c
	}
	c.steadfast = !c.all && s.scope == nil && !s.held
	c.ended = ro.ended(r.now)
	if len(news) > 0 {
		c.stirred = stirred[ro.settled.stirred]
		if c.stirred == nil {
			c.stirred = new(userset.Set)
			for _, n := range news {
				c.stirred.Add(n)
			}
			stirred[ro.settled.stirred] = c.stirred
		}
	}
	return c
}

// A sweeper looks through one chunk at a time.
type sweeper struct {
	x            *index
	chunk, users int
	machine      program.Machine
	// doubted are those for whom the rule at hand may hold and does not for certain, where they are listed.
	doubted                                         []uint16
	listed                                          bool
	blank                                           roster // nothing is stored
	none, everybody, unknown, found, plain, scratch userset.Bits
}

// sweeper is one that nobody uses, to be put back.
func (x *index) sweeper() *sweeper {
	if w, spare := x.sweepers.Get().(*sweeper); spare {
		return w
	}
	return &sweeper{x: x}
}

// enter goes to a chunk of so many users.
func (w *sweeper) enter(chunk, users int) { w.chunk, w.users = chunk, users }

// load makes b those of the chunk who are in a set; or, xor, and and andNot combine b with them.
func (w *sweeper) load(s *userset.Set, b *userset.Bits)   { s.Load(w.chunk, b) }
func (w *sweeper) or(s *userset.Set, b *userset.Bits)     { s.Or(w.chunk, b) }
func (w *sweeper) xor(s *userset.Set, b *userset.Bits)    { s.Xor(w.chunk, b) }
func (w *sweeper) and(s *userset.Set, b *userset.Bits)    { s.And(w.chunk, b) }
func (w *sweeper) andNot(s *userset.Set, b *userset.Bits) { s.AndNot(w.chunk, b) }

// look finds the candidates of one group.
func (w *sweeper) look(c *search, out *candidates, group int) {
	s, ro := c.s, c.s.roster
	found := &w.found
	yes, possible := w.verdicts(s)
	switch {
	case c.tally:
		if w.tally(c, out, group, yes, possible); ro == nil {
			return
		}
	case s.asks():
		// Those of whom it is not certain, or of whom the rule does not say what the bit does.
		*found = *possible
		switch {
		case s.scope != nil && ro != nil:
			w.or(&ro.bit, found)
		case ro != nil:
			w.xor(&ro.bit, found)
		}
		w.among(found)
	case s.dropsBits() && ro != nil:
		w.load(&ro.bit, found)
	default:
		found.Reset()
	}
	if !c.tally {
		if ro != nil && (!c.steadfast || s.asks()) {
			w.or(&ro.undecided, found)
		}
		if possible != yes {
			w.unsure(c, yes, possible)
		}
		if ro != nil {
			w.others(c, ro)
		}
	}
	base := uint32(w.chunk * userset.Chunk)
	for i := range found.All() {
		v := No
		switch {
		case !s.asks():
		case yes.Has(i):
			v = Yes
		case possible.Has(i):
			v = Unknown
		}
		out.list = append(out.list, candidate{base + uint32(i), v})
	}
}

// unsure adds those of whom it is not certain what the rule says, but takes out of whom that makes no difference:
// who was undecided already, and who is in by assignment.
func (w *sweeper) unsure(c *search, yes, possible *userset.Bits) {
	found, ro := &w.found, c.s.roster
	if w.listed {
		for _, i := range w.doubted {
			switch n := uint32(w.chunk*userset.Chunk) + uint32(i); {
			case !possible.Has(i): // not among the people
			case c.steadfast && (ro.undecided.Has(n) || ro.firm.Has(n) || ro.population.Has(n) && !ro.byRule.Has(n)):
				found.Clear(i)
			default:
				found.Set(i)
			}
		}
		return
	}
	unknown := &w.unknown
	*unknown = *possible
	unknown.AndNot(yes)
	found.Or(unknown)
	if c.steadfast {
		stays := &w.scratch
		w.load(&ro.population, stays)
		w.andNot(&ro.byRule, stays)
		w.or(&ro.firm, stays)
		w.or(&ro.undecided, stays)
		stays.And(unknown)
		found.AndNot(stays)
	}
}

// others adds those who are looked at whatever the rule says.
func (w *sweeper) others(c *search, ro *roster) {
	found := &w.found
	w.or(&ro.unsettled, found)
	switch {
	case c.all:
		w.or(&ro.bit, found)
		w.or(&ro.odd, found)
	case c.fresh:
		stay := &w.plain
		stay.Reset()
		if c.firm {
			w.load(&ro.firm, stay)
		}
		if c.plain {
			w.load(&ro.bit, &w.scratch)
			w.andNot(&ro.odd, &w.scratch)
			stay.Or(&w.scratch)
		}
		w.and(&w.x.switched[Activated], stay)
		w.load(&ro.bit, &w.scratch)
		w.or(&ro.odd, &w.scratch)
		w.scratch.AndNot(stay)
		found.Or(&w.scratch)
	case c.stirred != nil && c.stirred.CountIn(w.chunk) > 0:
		w.load(&ro.bit, &w.scratch)
		w.or(&ro.odd, &w.scratch)
		w.and(c.stirred, &w.scratch)
		found.Or(&w.scratch)
	}
	for _, n := range c.ended {
		if int(n/userset.Chunk) == w.chunk {
			found.Set(uint16(n % userset.Chunk))
		}
	}
}

// verdicts are whom the rule of the group holds for in the chunk, and whom it may hold for; nobody where
// the group does not ask. Whoever is not among the people is in neither.
func (w *sweeper) verdicts(s *subject) (yes, possible *userset.Bits) {
	w.listed = false
	switch {
	case !s.asks():
		return &w.none, &w.none
	case s.broken:
		w.load(&w.x.present, &w.everybody)
		return &w.none, &w.everybody
	}
	yes, possible = w.machine.Evaluate(&s.recipe.program, s.terms, w.chunk, w.users)
	w.among(yes)
	if possible != yes {
		w.among(possible)
	}
	if s.unread {
		return &w.none, possible
	}
	w.doubted, w.listed = w.machine.Unsure()
	return yes, possible
}

// join makes the chunk of a term that of a program.
func (w *sweeper) join(of *program.Program, terms []program.Term, out program.Term) {
	yes, possible := w.machine.Evaluate(of, terms, w.chunk, w.users)
	out.Yes.Put(w.chunk, yes, w.users)
	if possible == yes {
		yes = &w.none
	} else {
		possible.AndNot(yes)
		yes = possible
	}
	out.Unknown.Put(w.chunk, yes, w.users)
}

// among leaves those in who are among the people.
func (w *sweeper) among(b *userset.Bits) {
	w.and(&w.x.present, b)
}
