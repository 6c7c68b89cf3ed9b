package groups

import (
	"slices"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds where a run by an index looks. Of a group that was settled the rule says of everybody what it said then,
// but for those who flipped since: so only these are looked at, and whoever else has not been found settled.

// A ground is some users, numbered from 0: those of a chunk, or of a gathering.
type ground struct {
	chunk, users int
	own          *gathering // nil: the chunk

	bits userset.Bits // to gather
	set  userset.Set
}

// enter makes the ground a chunk of so many users.
func (g *ground) enter(chunk, users int) { g.chunk, g.users, g.own = chunk, users, nil }

// enterOwn makes the ground a gathering.
func (g *ground) enterOwn(own *gathering) { g.chunk, g.users, g.own = 0, own.users.Len(), own }

// user is the user with a number of the ground, and find the number of a user who is in it.
func (g *ground) user(i uint16) uint32 {
	if g.own != nil {
		return g.own.users.User(i)
	}
	return uint32(g.chunk*userset.Chunk) + uint32(i)
}

func (g *ground) find(n uint32) (i uint16, here bool) {
	if g.own != nil {
		return g.own.users.Find(n)
	}
	return uint16(n), int(n/userset.Chunk) == g.chunk
}

// load makes b those of the ground who are in a set; or, xor, and and andNot combine b with them.
func (g *ground) load(s *userset.Set, b *userset.Bits)   { g.here(s).Load(g.chunk, b) }
func (g *ground) or(s *userset.Set, b *userset.Bits)     { g.here(s).Or(g.chunk, b) }
func (g *ground) xor(s *userset.Set, b *userset.Bits)    { g.here(s).Xor(g.chunk, b) }
func (g *ground) and(s *userset.Set, b *userset.Bits)    { g.here(s).And(g.chunk, b) }
func (g *ground) andNot(s *userset.Set, b *userset.Bits) { g.here(s).AndNot(g.chunk, b) }

// here is a set that has those of the ground who are in a set. It is that until the next call.
func (g *ground) here(s *userset.Set) *userset.Set {
	if g.own == nil {
		return s
	}
	if of, gathered := g.own.of[s]; gathered {
		return of
	}
	g.own.users.Load(s, &g.bits)
	g.set.Put(0, &g.bits, g.users)
	return &g.set
}

// terms are what the rule of a group asks for, of the users of the ground.
func (w *sweeper) terms(s *subject) []program.Term {
	if w.own == nil {
		return s.terms
	}
	w.asked = w.asked[:0]
	for _, t := range s.terms {
		w.asked = append(w.asked, w.own.term(t))
	}
	for i, j := range s.toJoin {
		for len(w.joined) <= i {
			w.joined = append(w.joined, program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)})
		}
		w.read = w.read[:0]
		for _, t := range j.reads {
			w.read = append(w.read, w.own.term(t))
		}
		w.join(&j.of, w.read, w.joined[i], 0, w.users)
		w.asked[j.term] = w.joined[i]
	}
	return w.asked
}

// join makes a chunk of a term that of a program.
func (w *sweeper) join(of *program.Program, terms []program.Term, out program.Term, chunk, users int) {
	yes, possible := w.machine.Evaluate(of, terms, chunk, users)
	out.Yes.Put(chunk, yes, users)
	if possible == yes {
		yes = &w.none
	} else {
		possible.AndNot(yes)
		yes = possible
	}
	out.Unknown.Put(chunk, yes, users)
}

// A gathering is the users whom groups look at that were settled at the same time, with what their rules ask for.
type gathering struct {
	who   userset.Set
	users userset.Selection
	wants []*userset.Set // of everybody
	sets  []userset.Set  // of the users, one for each
	of    map[*userset.Set]*userset.Set
}

// oneOf is up to which part of the users, one of so many, are looked at apart sooner than everybody chunk by chunk. A few
// always are.
const oneOf = 64

// gather finds where the groups of searches have to look that need not look everywhere. All is to be put back.
func (x *index) gather(searches []search) (all []*gathering) {
	at := map[int]*gathering{} // by how many had flipped
	for i := range searches {
		c := &searches[i]
		flipped, known := c.flipped(x)
		if !known {
			continue
		}
		ro := c.s.roster
		g := at[ro.settled.flipped]
		if g == nil {
			g = x.gathering()
			for _, n := range flipped {
				g.who.Add(n)
			}
			at[ro.settled.flipped], all = g, append(all, g)
		}
		c.own = g
		g.who.AddAll(&ro.unsettled)
		for _, n := range c.ended {
			g.who.Add(n)
		}
	}
	most := min(max(len(x.ids)/oneOf, program.Few), userset.Chunk)
	for i := range searches {
		c := &searches[i]
		if c.own == nil || c.own.who.Count() > most {
			c.own = nil
			continue
		}
		c.own.want(c, &x.present)
	}
	for _, g := range all {
		g.gather()
	}
	return all
}

// gathering is one that nobody uses, to be put back.
func (x *index) gathering() *gathering {
	if g, spare := x.gatherings.Get().(*gathering); spare {
		return g
	}
	return &gathering{of: map[*userset.Set]*userset.Set{}}
}

// putBack lets go of what was gathered.
func (x *index) putBack(all []*gathering) {
	for _, g := range all {
		g.who.Clear()
		clear(g.of)
		clear(g.wants)
		g.wants = g.wants[:0]
		x.gatherings.Put(g)
	}
}

// flipped are the users for whom conditions have become others since the group of the search was settled, where nothing
// else can have changed what its rule says of somebody.
func (c *search) flipped(x *index) (users []uint32, known bool) {
	s := c.s
	if !c.steadfast || c.tally || s.hold != nil || !s.asks() || s.broken || s.unread {
		return nil, false
	}
	was := &s.roster.settled
	if !was.ruled || !slices.Equal(was.reads, s.found.reads) {
		return nil, false
	}
	for _, p := range s.recipe.predicates {
		if p.since > was.filled {
			return nil, false
		}
	}
	return x.flips.flipped.since(was.flipped)
}

// want has gathered what a search asks for, of those who are among the people.
func (g *gathering) want(c *search, people *userset.Set) {
	g.wantSet(people)
	for _, t := range c.s.terms {
		g.wantTerm(t)
	}
	for _, j := range c.s.toJoin {
		for _, t := range j.reads {
			g.wantTerm(t)
		}
	}
	if c.stirred != nil {
		g.wantSet(c.stirred)
	}
}

func (g *gathering) wantTerm(t program.Term) {
	if t.Yes != nil {
		g.wantSet(t.Yes)
		g.wantSet(t.Unknown)
	}
}

func (g *gathering) wantSet(s *userset.Set) {
	if _, known := g.of[s]; !known {
		g.of[s] = nil
		g.wants = append(g.wants, s)
	}
}

// term is a term of those gathered.
func (g *gathering) term(t program.Term) program.Term {
	return program.Term{Yes: g.of[t.Yes], Unknown: g.of[t.Unknown]}
}

// gatheredTogether is how many sets are gathered by one processor at a time.
const gatheredTogether = 16

// gather gathers the users of all sets that are wanted, if any are.
func (g *gathering) gather() {
	if len(g.wants) == 0 {
		return
	}
	g.users.Select(&g.who)
	n := len(g.wants)
	g.sets = slices.Grow(g.sets[:0], n)[:n]
	inParallel((n+gatheredTogether-1)/gatheredTogether, func() func(int) {
		b := new(userset.Bits)
		return func(i int) {
			from := i * gatheredTogether
			for j := from; j < min(from+gatheredTogether, n); j++ {
				g.users.Load(g.wants[j], b)
				g.sets[j].Put(0, b, g.users.Len())
			}
		}
	})
	for i, s := range g.wants {
		g.of[s] = &g.sets[i]
	}
}
