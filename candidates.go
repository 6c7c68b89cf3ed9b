package groups

import (
	"context"
	"slices"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds whom a run by an index looks at: it goes through the chunks of the users, group by group, and finds
// those who may move.

// A candidate is a user whom a run looks at in one group, and what the rule says of them.
type candidate struct {
	user    uint32
	verdict Verdict
}

// candidates are those of one chunk of users in some groups of a level: of the group i among them,
// list[start[i]:start[i+1]]. Where the number is all that the run wants, alike is what the others come to, by group.
type candidates struct {
	list  []candidate
	start []int
	alike []Tally
	first page
}

// together is how many groups of a level are looked at together in a chunk, so that there is work for all
// processors where there are few users.
const together = 16

// candidates finds whom the run must look at in the groups, on all processors: all chunks of the first
// groups of the level, and then those of the next.
func (x *index) candidates(ctx context.Context, r *run, level []*subject) ([]candidates, error) {
	searches := make([]search, len(level))
	stirred := map[int]*userset.Set{}
	terms := 0
	for i, s := range level {
		searches[i] = x.search(r, s, stirred)
		terms += 1 + len(s.terms)
	}
	chunks := x.chunks()
	found := make([]candidates, chunks*((len(level)+together-1)/together))
	inParallelIf(chunks*terms > fewTerms, len(found), func() func(int) {
		return func(n int) {
			if ctx.Err() != nil {
				return
			}
			w := x.sweeper()
			defer x.sweepers.Put(w)
			w.chunk = n % chunks
			w.users = min(userset.Chunk, len(x.ids)-w.chunk*userset.Chunk)
			first := n / chunks * together
			some := searches[first:min(first+together, len(searches))]
			c := &found[n]
			c.start = make([]int, len(some)+1)
			for i := range some {
				c.start[i] = len(c.list)
				w.look(&some[i], c, i)
			}
			c.start[len(some)] = len(c.list)
		}
	})
	return found, ctx.Err()
}

// of are the candidates of each chunk for the group i of a level and those together with it, and the place of
// the group among these.
func (x *index) of(found []candidates, i int) ([]candidates, int) {
	chunks := x.chunks()
	return found[i/together*chunks:][:chunks], i % together
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
	settled := ro.settled.revision == s.Revision && !s.draft && ro.settled.stirred >= x.forgotten
	if !settled {
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
	from := ro.settled.stirred - x.forgotten
	if from < len(x.stirred) {
		c.stirred = stirred[from]
		if c.stirred == nil {
			c.stirred = new(userset.Set)
			for _, n := range x.stirred[from:] {
				c.stirred.Add(n)
			}
			stirred[from] = c.stirred
		}
	}
	return c
}

// A sweeper looks through one chunk of users at a time.
type sweeper struct {
	x            *index
	chunk, users int
	machine      program.Machine
	// doubted are those for whom the rule at hand may hold and does not for certain, where they are listed.
	doubted []uint16
	listed  bool

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
			ro.bit.Or(w.chunk, found)
		case ro != nil:
			ro.bit.Xor(w.chunk, found)
		}
		w.among(found)
	case s.Kind == ManualGroup && !s.Frozen && ro != nil:
		ro.bit.Load(w.chunk, found)
	default:
		found.Reset()
	}
	if !c.tally {
		if ro != nil && (!c.steadfast || s.asks()) {
			ro.undecided.Or(w.chunk, found)
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
		base := uint32(w.chunk * userset.Chunk)
		for _, i := range w.doubted {
			switch n := base + uint32(i); {
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
		ro.population.Load(w.chunk, stays)
		ro.byRule.AndNot(w.chunk, stays)
		ro.firm.Or(w.chunk, stays)
		ro.undecided.Or(w.chunk, stays)
		stays.And(unknown)
		found.AndNot(stays)
	}
}

// others adds those who are looked at whatever the rule says.
func (w *sweeper) others(c *search, ro *roster) {
	found := &w.found
	ro.unsettled.Or(w.chunk, found)
	switch {
	case c.all:
		ro.bit.Or(w.chunk, found)
		ro.odd.Or(w.chunk, found)
	case c.fresh:
		stay := &w.plain
		stay.Reset()
		if c.firm {
			ro.firm.Load(w.chunk, stay)
		}
		if c.plain {
			ro.bit.Load(w.chunk, &w.scratch)
			ro.odd.AndNot(w.chunk, &w.scratch)
			stay.Or(&w.scratch)
		}
		w.x.switched[Activated].And(w.chunk, stay)
		ro.bit.Load(w.chunk, &w.scratch)
		ro.odd.Or(w.chunk, &w.scratch)
		w.scratch.AndNot(stay)
		found.Or(&w.scratch)
	case c.stirred != nil && c.stirred.CountIn(w.chunk) > 0:
		ro.bit.Load(w.chunk, &w.scratch)
		ro.odd.Or(w.chunk, &w.scratch)
		c.stirred.And(w.chunk, &w.scratch)
		found.Or(&w.scratch)
	}
	base := w.chunk * userset.Chunk
	at, _ := slices.BinarySearch(c.ended, uint32(base))
	for _, n := range c.ended[at:] {
		if int(n) >= base+w.users {
			break
		}
		found.Set(uint16(int(n) - base))
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
		w.x.present.Load(w.chunk, &w.everybody)
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

// among leaves those in who are among the people.
func (w *sweeper) among(b *userset.Bits) {
	if w.x.present.CountIn(w.chunk) < w.users {
		w.x.present.And(w.chunk, b)
	}
}
