package groups

import (
	"slices"
	"sync"

	columns "github.com/grouprules/groups/internal/column"
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds which users a run looks at apart, and what rules ask of them. Of a group that was settled the rule says of
// everybody what it said then, but for those who flipped since: so only these are looked at, and whoever else has not been
// found settled. See crowd.go for what becomes of that.

// A gathering is the users whom groups look at that were settled at the same time, with what their rules ask for. It is of
// one run; only what rules read of other groups is gathered level by level.
type gathering struct {
	who     userset.Set
	users   userset.Selection
	chosen  bool                      // users are those who
	wants   []want                    // not gathered yet
	of      map[*userset.Set]*portion // who of the users is in a set
	memory  []*portion                // of which so many are in use
	used    int
	spreads map[*valued]*spread
	spare   []*spread
}

// A portion is who of the users is in a set, a bit each, if anybody is.
type portion struct {
	bits []uint64
	some bool
}

// known are the bits, or nil of nobody.
func (p *portion) known() []uint64 {
	if p.some {
		return p.bits
	}
	return nil
}

// A want is a set that is to be gathered, or both of a predicate.
type want struct {
	set       *userset.Set
	predicate *predicate
}

// oneOf is up to which part of the users, one of so many, are looked at apart sooner than everybody chunk by chunk. A few always
// are.
const oneOf = 32

// mostApart is how many may be looked at apart. They have to have numbers like those of a chunk.
func (x *index) mostApart() int { return min(max(len(x.ids)/oneOf, program.Few), userset.Chunk) }

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
			switch c := &level[i]; {
			case c.own == nil:
			case c.own.who.Count() > most:
				c.own = nil
			default:
				c.own.want(c, &x.present)
			}
		}
	}
	for _, g := range all {
		g.gather()
	}
	return all
}

// gathering is one that nobody uses, to be put back.
func (x *index) gathering() *gathering {
	if g := x.idle.take(); g != nil {
		return g
	}
	return &gathering{of: map[*userset.Set]*portion{}, spreads: map[*valued]*spread{}}
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
	for _, p := range g.memory {
		n += 8 * cap(p.bits)
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
	if !c.steadfast || c.tally || s.hold != nil || s.broken || s.unread || s.dropsBits() && s.roster.bit.Count() > 0 {
		return nil, false
	}
	was := &s.roster.settled
	if s.asks() {
		if !was.ruled {
			return nil, false
		}
		for _, p := range s.recipe.predicates {
			if p.since > was.filled {
				return nil, false
			}
		}
	}
	return x.flips.flipped.since(was.flipped)
}

// gatherFor has gathered what searches of a level ask for of other groups. Those whose groups read something else
// of others than they did when they were settled look at everybody: these it returns, each with its place among them.
func (x *index) gatherFor(level []search, all []*gathering) (wide []*search) {
	for i := range level {
		c := &level[i]
		if c.own != nil && !slices.Equal(c.s.roster.settled.reads, c.s.found.reads) {
			c.own = nil
		}
		if c.own != nil {
			c.own.wantGroups(c.s)
			continue
		}
		c.place = len(wide)
		wide = append(wide, c)
	}
	for _, g := range all {
		g.gather()
	}
	return wide
}

// want has gathered what a search asks for, but of other groups, and who is among the people.
func (g *gathering) want(c *search, people *userset.Set) {
	g.wantSet(people)
	if c.stirred != nil {
		g.wantSet(c.stirred)
	}
	if !c.s.asks() {
		return
	}
	for _, p := range c.s.recipe.predicates {
		if _, known := g.of[&p.yes]; !known {
			g.of[&p.yes], g.of[&p.unknown] = g.portion(), g.portion()
			g.wants = append(g.wants, want{predicate: p})
		}
	}
}

// wantGroups has gathered what the rule of a group reads of others.
func (g *gathering) wantGroups(s *subject) {
	if !s.asks() {
		return
	}
	for _, of := range s.recipe.groups {
		g.wantTerm(s.terms[of.term])
	}
	for _, j := range s.toJoin {
		for _, t := range j.reads {
			g.wantTerm(t)
		}
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
		g.of[s] = g.portion()
		g.wants = append(g.wants, want{set: s})
	}
}

// portion is one to be filled.
func (g *gathering) portion() *portion {
	if g.used == len(g.memory) {
		more := make([]portion, gatheredTogether)
		for i := range more {
			g.memory = append(g.memory, &more[i])
		}
	}
	g.used++
	return g.memory[g.used-1]
}

// answers are what a term says of the users, which was gathered.
func (g *gathering) answers(t program.Term) program.Answers {
	return program.Answers{Yes: g.of[t.Yes].known(), Unknown: g.of[t.Unknown].known()}
}

// gatheredTogether is how many sets are gathered by one processor at a time, and fewGathered up to how many users in how many
// sets are gathered faster than a second is put to work.
const (
	gatheredTogether = 16
	fewGathered      = 1 << 15
)

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
	inParallelIf(n*g.users.Len() > fewGathered, (n+gatheredTogether-1)/gatheredTogether, func() func(int) {
		return func(i int) {
			for _, w := range g.wants[i*gatheredTogether : min((i+1)*gatheredTogether, n)] {
				g.gatherOne(w)
			}
		}
	})
	clear(g.wants)
	g.wants = g.wants[:0]
}

func (g *gathering) gatherOne(w want) {
	if w.set != nil {
		g.fill(w.set)
		return
	}
	p := w.predicate
	a, is := p.aspect.(*valued)
	if s := g.spreads[a]; !is || s == nil || !s.load(p, g.of[&p.yes], g.of[&p.unknown]) {
		g.fill(&p.yes)
		g.fill(&p.unknown)
	}
}

// fill finds who of the users is in a set.
func (g *gathering) fill(s *userset.Set) {
	p := g.of[s]
	if p.some = s.Count() > 0; p.some {
		p.open(g.users.Words())
		p.some = g.users.Load(s, p.bits)
	}
}

// open makes room for so many words.
func (p *portion) open(words int) { p.bits = slices.Grow(p.bits[:0], words)[:words] }

// put puts some of so many users in.
func (p *portion) put(some []uint16, users int) {
	if !p.some {
		p.some = true
		p.open((users + 63) / 64)
		clear(p.bits)
	}
	for _, i := range some {
		p.bits[i>>6] |= 1 << (i & 63)
	}
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
	inParallelIf(len(todo)*g.users.Len() > fewGathered, len(todo), func() func(int) { return func(i int) { g.spreads[todo[i]].fill(&todo[i].codes, &g.users) } })
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
func (s *spread) load(p *predicate, yes, unknown *portion) bool {
	yes.some, unknown.some = false, false
	for i, code := range s.codes {
		switch p.said(code) {
		case No:
		case Yes:
			yes.put(s.users[s.starts[i]:s.starts[i+1]], len(s.users))
		case Unknown:
			unknown.put(s.users[s.starts[i]:s.starts[i+1]], len(s.users))
		default:
			return false
		}
	}
	return true
}
