package groups

import (
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds where a run by an index looks.

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
