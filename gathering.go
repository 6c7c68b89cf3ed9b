package groups

import (
	"slices"
	"sync"

	columns "github.com/grouprules/groups/internal/column"
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds which users a run looks at apart, and what rules say of them. Of a group that was settled the rule says of
// everybody what it said then, but for those who flipped since: so only these are looked at, and whoever else has not been
// found settled.

// A gathering is the users whom groups look at that were settled at the same time, with what their rules ask for. It is of
// one run, and what it has gathered for one level is there for the next.
type gathering struct {
	who     userset.Set
	users   userset.Selection
	chosen  bool                          // users are those who
	wants   []want                        // not gathered yet
	of      map[*userset.Set]*userset.Set // of everybody, and of the users
	sets    []*userset.Set                // memory for those, of which so many are in use
	used    int
	spreads map[*valued]*spread
	spare   []*spread
}

// A want is a set that is to be gathered, or both of a predicate.
type want struct {
	set       *userset.Set
	predicate *predicate
}

// oneOf is up to which part of the users, one of so many, are looked at apart sooner than everybody chunk by chunk, where there
// are several chunks. A few always are.
const oneOf = 64

// mostApart is how many may be looked at apart. They have to have numbers like those of a chunk.
func (x *index) mostApart() int {
	if x.chunks() == 1 {
		return program.Few
	}
	return min(max(len(x.ids)/oneOf, program.Few), userset.Chunk)
}

// gather finds for searches whom they may look at alone, if they may. What it returns is to be put back.
func (x *index) gather(levels [][]search) (all []*gathering) {
	at := map[int]*gathering{} // by how many had flipped
	for _, level := range levels {
		for i := range level {
			c := &level[i]
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
	}
	most := x.mostApart()
	for _, level := range levels {
		for i := range level {
			if c := &level[i]; c.own != nil && c.own.who.Count() > most {
				c.own = nil
			}
		}
	}
	return all
}

// gathering is one that nobody uses, to be put back.
func (x *index) gathering() *gathering {
	if g := x.idle.take(); g != nil {
		return g
	}
	return &gathering{of: map[*userset.Set]*userset.Set{}, spreads: map[*valued]*spread{}}
}

// putBack lets go of what was gathered.
func (x *index) putBack(all []*gathering) {
	for _, g := range all {
		g.who.Clear()
		clear(g.of)
		for _, s := range g.spreads {
			g.spare = append(g.spare, s)
		}
		clear(g.spreads)
		g.used, g.chosen = 0, false
		if g.bytes() <= max(x.weighed.bytes/16, 1<<20) {
			x.idle.put(g)
		}
	}
}

// bytes is about how much memory it takes.
func (g *gathering) bytes() int {
	n := g.who.Bytes() + g.users.Bytes()
	for _, s := range g.sets {
		n += s.Bytes()
	}
	for _, s := range g.spare {
		n += 4*cap(s.codes) + 8*cap(s.starts) + 2*cap(s.users) + 4*cap(s.places)
	}
	return n
}

// idleGatherings are those that nobody uses. The memory of a few is kept for the next runs, beside what the index is bounded by, as
// long as it is little beside that: to be given it anew takes as long as to gather.
type idleGatherings struct {
	mu   sync.Mutex
	list []*gathering
}

// mostIdle is how many are kept: a run has one, or another for groups that were settled at another time.
const mostIdle = 2

func (i *idleGatherings) take() *gathering {
	i.mu.Lock()
	defer i.mu.Unlock()
	last := len(i.list) - 1
	if last < 0 {
		return nil
	}
	g := i.list[last]
	i.list[last] = nil
	i.list = i.list[:last]
	return g
}

func (i *idleGatherings) put(g *gathering) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.list) < mostIdle {
		i.list = append(i.list, g)
	}
}

func (i *idleGatherings) drop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.list = nil
}

// flipped are the users for whom conditions have become others since the group of the search was settled, where nothing
// else can have changed what its rule says of somebody, but what it reads of other groups.
func (c *search) flipped(x *index) (users []uint32, known bool) {
	s := c.s
	if !c.steadfast || c.tally || s.hold != nil || !s.asks() || s.broken || s.unread {
		return nil, false
	}
	was := &s.roster.settled
	if !was.ruled {
		return nil, false
	}
	for _, p := range s.recipe.predicates {
		if p.since > was.filled {
			return nil, false
		}
	}
	return x.flips.flipped.since(was.flipped)
}

// gatherFor has gathered what searches of a level ask for that look at some users alone. Those whose groups read something else
// of others than they did when they were settled look at everybody. It reports whether any do not.
func (x *index) gatherFor(level []search, all []*gathering) (some bool) {
	for i := range level {
		switch c := &level[i]; {
		case c.own == nil:
		case !slices.Equal(c.s.roster.settled.reads, c.s.found.reads):
			c.own = nil
		default:
			c.own.want(c, &x.present)
			some = true
		}
	}
	for _, g := range all {
		g.gather()
	}
	return some
}

// want has gathered what a search asks for, of those who are among the people.
func (g *gathering) want(c *search, people *userset.Set) {
	g.wantSet(people)
	for _, p := range c.s.recipe.predicates {
		if _, known := g.of[&p.yes]; !known {
			g.of[&p.yes], g.of[&p.unknown] = g.set(), g.set()
			g.wants = append(g.wants, want{predicate: p})
		}
	}
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
		g.of[s] = g.set()
		g.wants = append(g.wants, want{set: s})
	}
}

// set is one to be put to.
func (g *gathering) set() *userset.Set {
	if g.used == len(g.sets) {
		more := make([]userset.Set, gatheredTogether)
		for i := range more {
			g.sets = append(g.sets, &more[i])
		}
	}
	g.used++
	return g.sets[g.used-1]
}

// term is a term of those gathered.
func (g *gathering) term(t program.Term) program.Term {
	return program.Term{Yes: g.of[t.Yes], Unknown: g.of[t.Unknown]}
}

// gatheredTogether is how many sets are gathered by one processor at a time.
const gatheredTogether = 16

// gather gathers what is wanted.
func (g *gathering) gather() {
	if len(g.wants) == 0 {
		return
	}
	if !g.chosen {
		g.chosen = true
		g.users.Select(&g.who)
	}
	g.spreadAll()
	n := len(g.wants)
	inParallel((n+gatheredTogether-1)/gatheredTogether, func() func(int) {
		yes, unknown := new(userset.Bits), new(userset.Bits)
		return func(i int) {
			for _, w := range g.wants[i*gatheredTogether : min((i+1)*gatheredTogether, n)] {
				g.gatherOne(w, yes, unknown)
			}
		}
	})
	clear(g.wants)
	g.wants = g.wants[:0]
}

func (g *gathering) gatherOne(w want, yes, unknown *userset.Bits) {
	put := func(s *userset.Set, b *userset.Bits) { g.of[s].Put(0, b, g.users.Len()) }
	if w.set != nil {
		g.users.Load(w.set, yes)
		put(w.set, yes)
		return
	}
	p := w.predicate
	a, is := p.aspect.(*valued)
	if s := g.spreads[a]; !is || s == nil || !s.load(p, yes, unknown) {
		g.users.Load(&p.yes, yes)
		g.users.Load(&p.unknown, unknown)
	}
	put(&p.yes, yes)
	put(&p.unknown, unknown)
}

// A spread is the users of a gathering by their values in an aspect: what a predicate says of a value it says of all who
// have it.
type spread struct {
	codes  []uint32 // ascending
	starts []int    // by place among the codes, where those who have it begin, and where the last of them end
	users  []uint16
	places []uint32 // memory, by code
}

// spreadAll makes the spreads of the aspects that are asked for and have few values. Where they have more than twice as many as
// there are users, what a predicate says is sooner found in its sets.
func (g *gathering) spreadAll() {
	var todo []*valued
	for _, w := range g.wants {
		if w.predicate == nil {
			continue
		}
		a, is := w.predicate.aspect.(*valued)
		if !is || g.spreads[a] != nil || a.codes.Codes() > max(2*g.users.Len(), program.Few) {
			continue
		}
		s := new(spread)
		if last := len(g.spare) - 1; last >= 0 {
			s, g.spare = g.spare[last], g.spare[:last]
		}
		g.spreads[a] = s
		todo = append(todo, a)
	}
	inParallel(len(todo), func() func(int) { return func(i int) { g.spreads[todo[i]].fill(&todo[i].codes, &g.users) } })
}

// fill sorts the users by their codes.
func (s *spread) fill(codes *columns.Column, users *userset.Selection) {
	n := users.Len()
	s.places = append(s.places[:0], make([]uint32, max(codes.Codes(), 1))...) // of nobody who has a value there is code 0 alone
	for i := range n {
		s.places[codes.Code(users.User(uint16(i)))]++
	}
	s.codes, s.starts = s.codes[:0], s.starts[:0]
	at := 0
	for code, of := range s.places {
		if of > 0 {
			s.places[code] = uint32(at)
			s.codes, s.starts = append(s.codes, uint32(code)), append(s.starts, at)
			at += int(of)
		}
	}
	s.starts = append(s.starts, at)
	s.users = slices.Grow(s.users[:0], n)[:n]
	for i := range n {
		code := codes.Code(users.User(uint16(i)))
		s.users[s.places[code]] = uint16(i)
		s.places[code]++
	}
}

// load finds for whom the predicate holds and of whom that is not known, if it was asked about all of their values.
func (s *spread) load(p *predicate, yes, unknown *userset.Bits) bool {
	yes.Reset()
	unknown.Reset()
	for i, code := range s.codes {
		switch p.said(code) {
		case No:
		case Yes:
			yes.SetAll(s.users[s.starts[i]:s.starts[i+1]])
		case Unknown:
			unknown.SetAll(s.users[s.starts[i]:s.starts[i+1]])
		default:
			return false
		}
	}
	return true
}
