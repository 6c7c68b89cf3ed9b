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

// A gathering is the users whom groups look at that were settled at the same time, with what their rules ask for, but for what
// these read of other groups. It is of one run.
type gathering struct {
	users   userset.Selection
	many    bool                  // too many to be looked at apart
	people  portion               // who of the users is among the people
	replies map[*predicate]*reply // what a predicate says of them
	wants   []want                // which of these are not gathered yet
	asked   []*reply              // what searches have of these, one after the other
	memory  []*reply              // of which so many are in use
	used    int
	spreads map[*valued]*spread
	spare   []*spread
}

// A reply is what a predicate says of the users of a gathering: whom it holds for, and of whom that is not known.
type reply struct{ yes, unknown portion }

// answers are these for a poll.
func (r *reply) answers() program.Answers {
	return program.Answers{Yes: r.yes.known(), Unknown: r.unknown.known()}
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

// A want is what is to be gathered of a predicate.
type want struct {
	predicate *predicate
	reply     *reply
}

// oneOf is up to which part of the users, one of so many, are looked at apart sooner than everybody chunk by chunk. A few always
// are.
const oneOf = 32

// mostApart is how many may be looked at apart, if they can be numbered.
func (x *index) mostApart() int { return max(len(x.ids)/oneOf, program.Few) }

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
					g.users.Add(n)
				}
				at[ro.settled.flipped], all = g, append(all, g)
			}
			c.own = g
			g.users.AddAll(&ro.unsettled)
			for _, n := range c.ended {
				g.users.Add(n)
			}
		}
	}
	for _, g := range all {
		g.many = !g.users.Number(x.mostApart())
	}
	for _, level := range levels {
		for i := range level {
			switch c := &level[i]; {
			case c.own == nil:
			case c.own.many:
				c.own = nil
			default:
				c.own.want(c)
			}
		}
	}
	for _, g := range all {
		g.gather(&x.present)
	}
	return all
}

// gathering is one that nobody uses, with nobody, to be put back.
func (x *index) gathering() *gathering {
	if g := x.idle.take(); g != nil {
		g.users.Clear()
		return g
	}
	return &gathering{replies: map[*predicate]*reply{}, spreads: map[*valued]*spread{}}
}

// putBack lets go of what was gathered.
func (x *index) putBack(all []*gathering) {
	for _, g := range all {
		clear(g.replies)
		clear(g.asked)
		g.asked = g.asked[:0]
		for _, s := range g.spreads {
			s.made = false
			g.spare = append(g.spare, s)
		}
		clear(g.spreads)
		g.used = 0
		if g.bytes() <= max(x.weighed.bytes/16, 1<<20) {
			x.idle.put(g)
		}
	}
}

// replyBytes is about what a reply takes beside its bits, with its place in a map.
const replyBytes = 128

// bytes is about how much memory it takes.
func (g *gathering) bytes() int {
	n := g.users.Bytes() + 8*cap(g.people.bits) + 8*cap(g.asked) + 16*cap(g.wants)
	for _, r := range g.memory {
		n += replyBytes + 8*(cap(r.yes.bits)+cap(r.unknown.bits))
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

// lookWide has those searches of a level look at everybody whose groups read something else of others than they did when they were
// settled, and returns all that look at everybody, each with its place among them. What groups read is known.
func lookWide(level []search) (all []*search) {
	for i := range level {
		c := &level[i]
		if c.own != nil && !slices.Equal(c.s.roster.settled.reads, c.s.found.reads) {
			c.own = nil
		}
		if c.own == nil {
			c.place = len(all)
			all = append(all, c)
		}
	}
	return all
}

// want has gathered what the predicates of a search say.
func (g *gathering) want(c *search) {
	if !c.s.asks() {
		return
	}
	from := len(g.asked)
	for _, p := range c.s.recipe.predicates {
		r := g.replies[p]
		if r == nil {
			r = g.reply()
			g.replies[p] = r
			g.wants = append(g.wants, want{p, r})
		}
		g.asked = append(g.asked, r)
	}
	c.replies = g.asked[from:len(g.asked):len(g.asked)]
}

// reply is one to be filled.
func (g *gathering) reply() *reply {
	if g.used == len(g.memory) {
		more := make([]reply, gatheredTogether)
		for i := range more {
			g.memory = append(g.memory, &more[i])
		}
	}
	g.used++
	return g.memory[g.used-1]
}

// gatheredTogether is how many predicates are gathered by one processor at a time, and fewGathered up to how many users of how many
// predicates are gathered faster than a second is put to work.
const (
	gatheredTogether = 16
	fewGathered      = 1 << 15
)

// gather gathers what is wanted.
func (g *gathering) gather(people *userset.Set) {
	if g.many {
		return
	}
	g.fill(&g.people, people)
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
	p := w.predicate
	a, is := p.aspect.(*valued)
	if s := g.spreads[a]; !is || s == nil || !s.of(a, &g.users).load(p, w.reply) {
		g.fill(&w.reply.yes, &p.yes)
		g.fill(&w.reply.unknown, &p.unknown)
	}
}

// fill finds who of the users is in a set.
func (g *gathering) fill(p *portion, s *userset.Set) {
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
	making sync.Mutex
	made   bool

	codes  []uint32 // ascending
	starts []int    // by place among the codes, where those who have it begin, and where the last of them end
	users  []uint16
	places []uint32 // memory, by code
}

// spreadAll has spreads of the aspects that are asked for and have few values. Where they have more than twice as many as there are
// users, what a predicate says is sooner found in its sets.
func (g *gathering) spreadAll() {
	for _, w := range g.wants {
		a, is := w.predicate.aspect.(*valued)
		if !is || g.spreads[a] != nil || a.codes.Codes() > max(2*g.users.Len(), program.Few) {
			continue
		}
		s := new(spread)
		if last := len(g.spare) - 1; last >= 0 {
			s, g.spare = g.spare[last], g.spare[:last]
		}
		g.spreads[a] = s
	}
}

// of is the spread of the users in an aspect, made by whoever asks for it first.
func (s *spread) of(a *valued, users *userset.Selection) *spread {
	s.making.Lock()
	defer s.making.Unlock()
	if !s.made {
		s.made = true
		s.fill(&a.codes, users)
	}
	return s
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
func (s *spread) load(p *predicate, r *reply) bool {
	yes, unknown := &r.yes, &r.unknown
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
