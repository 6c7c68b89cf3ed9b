// Package program evaluates rules over all users of a chunk at once, in three values.
//
// A [Program] is conditions joined by All and Any, two levels deep; what a condition says is a [Term], the
// users it holds for and those of whom that is not known. A [Machine] works out both ends of Kleene's
// answer: whom the rule holds for, and whom it might hold for. They are the same in every chunk in which
// nothing is unknown, which is nearly all of them, and then only one is worked out.
//
// It may not know what the conditions ask, or who the users are.
package program

import (
	"slices"

	"github.com/grouprules/groups/internal/userset"
)

// A Term is what a condition says. The sets share nobody; whoever is in neither does not meet it.
type Term struct {
	Yes, Unknown *userset.Set
}

// A Literal is a condition, or its negation: the number of a term.
type Literal struct {
	Term    int
	Negated bool
}

// A Clause joins literals, by All unless it says Any. It has one at least.
type Clause struct {
	Any      bool
	Literals []Literal
}

// A Program joins clauses, by All unless it says Any. Without clauses it holds for nobody.
type Program struct {
	Any     bool
	Clauses []Clause
}

// A Machine evaluates programs. It is scratch memory, made once, for one goroutine.
type Machine struct {
	chunk, users int
	terms        []Term
	upper        bool // whom the rule might hold for, not whom it holds for

	yes, possible, clause, term userset.Bits
}

// Evaluate works out whom the program holds for among the first users of a chunk, and whom it might hold
// for. Where nothing is unknown both are the same bits. They are the caller's until the next call.
func (m *Machine) Evaluate(p *Program, terms []Term, chunk, users int) (yes, possible *userset.Bits) {
	m.chunk, m.users, m.terms = chunk, users, terms
	m.upper = true
	m.program(p, &m.possible)
	unsure := m.unsure(p)
	if unsure == 0 {
		return &m.possible, &m.possible
	}
	m.upper = false
	if unsure > few {
		m.program(p, &m.yes)
		return &m.yes, &m.possible
	}
	m.yes = m.possible
	for u := range m.term.All() {
		if !m.holds(p, u) {
			m.yes.Clear(u)
		}
	}
	return &m.yes, &m.possible
}

// few is up to how many users are asked one by one faster than a term is gone through.
const few = 64

// unsure finds those of whom a term of the program is unknown and for whom it may hold all the same: for the others
// it does if it may. It returns how many there are.
func (m *Machine) unsure(p *Program) int {
	none := true
	for i := range p.Clauses {
		for _, l := range p.Clauses[i].Literals {
			switch unknown := m.terms[l.Term].Unknown; {
			case unknown.CountIn(m.chunk) == 0:
			case none:
				none = false
				unknown.Load(m.chunk, &m.term)
			default:
				unknown.Or(m.chunk, &m.term)
			}
		}
	}
	if none {
		return 0
	}
	m.term.And(&m.possible)
	return m.term.Count()
}

// holds asks the program about one user of the chunk.
func (m *Machine) holds(p *Program, u uint16) bool {
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if slices.ContainsFunc(c.Literals, func(l Literal) bool { return m.meets(l, u) == c.Any }) == c.Any {
			if p.Any {
				return true
			}
		} else if !p.Any {
			return false
		}
	}
	return !p.Any
}

// meets asks a literal about one user of the chunk.
func (m *Machine) meets(l Literal, u uint16) bool {
	t, n := &m.terms[l.Term], uint32(m.chunk)*userset.Chunk+uint32(u)
	if m.upper == l.Negated {
		return t.Yes.Has(n) != l.Negated
	}
	return (t.Yes.Has(n) || t.Unknown.Has(n)) != l.Negated
}

func (m *Machine) program(p *Program, out *userset.Bits) {
	switch {
	case len(p.Clauses) == 0:
		out.Reset()
		return
	case len(p.Clauses) == 1:
		m.join(&p.Clauses[0], out)
		return
	}
	some := m.join(&p.Clauses[0], out)
	for i := 1; i < len(p.Clauses); i++ {
		if !p.Any && !some {
			return
		}
		found := m.join(&p.Clauses[i], &m.clause)
		switch {
		case p.Any && found:
			out.Or(&m.clause)
		case !p.Any && !found:
			out.Reset()
			return
		case !p.Any:
			out.And(&m.clause)
			some = !out.Empty()
		}
	}
}

// join works out one clause, and reports whether there may be anybody.
func (m *Machine) join(c *Clause, out *userset.Bits) bool {
	if c.Any {
		out.Reset()
		for _, l := range c.Literals {
			m.or(l, out)
		}
		return true
	}
	// Begin with the fewest: it is often nobody, and then nothing else is looked at.
	first, fewest := -1, m.users+1
	for i, l := range c.Literals {
		if l.Negated {
			continue
		}
		if n := m.count(l); n < fewest {
			first, fewest = i, n
		}
	}
	switch {
	case fewest == 0:
		out.Reset()
		return false
	case first < 0:
		out.Fill(m.users)
	default:
		m.load(c.Literals[first], out)
	}
	if fewest <= few {
		return m.sift(c, first, out)
	}
	for i, l := range c.Literals {
		if i == first {
			continue
		}
		if m.and(l, out); out.Empty() {
			return false
		}
	}
	return true
}

// sift leaves those in who meet all literals but the first, which they do, and reports whether there is anybody.
func (m *Machine) sift(c *Clause, first int, out *userset.Bits) bool {
	some := false
	for u := range out.All() {
		in := true
		for i, l := range c.Literals {
			if i != first && !m.meets(l, u) {
				out.Clear(u)
				in = false
				break
			}
		}
		some = some || in
	}
	return some
}

// count is how many users a literal that is not negated holds for, or may.
func (m *Machine) count(l Literal) int {
	t := &m.terms[l.Term]
	n := t.Yes.CountIn(m.chunk)
	if m.upper {
		n += t.Unknown.CountIn(m.chunk)
	}
	return n
}

// load is for a literal that is not negated.
func (m *Machine) load(l Literal, out *userset.Bits) {
	t := &m.terms[l.Term]
	t.Yes.Load(m.chunk, out)
	if m.upper && t.Unknown.CountIn(m.chunk) > 0 {
		t.Unknown.Or(m.chunk, out)
	}
}

func (m *Machine) and(l Literal, out *userset.Bits) {
	t := &m.terms[l.Term]
	unsure := t.Unknown.CountIn(m.chunk) > 0
	switch {
	case !l.Negated && m.upper && unsure:
		t.Yes.AndEither(t.Unknown, m.chunk, out)
	case !l.Negated:
		t.Yes.And(m.chunk, out)
	default:
		t.Yes.AndNot(m.chunk, out)
		if !m.upper && unsure {
			t.Unknown.AndNot(m.chunk, out)
		}
	}
}

func (m *Machine) or(l Literal, out *userset.Bits) {
	t := &m.terms[l.Term]
	unsure := t.Unknown.CountIn(m.chunk) > 0
	switch {
	case l.Negated && !m.upper && unsure:
		t.Yes.Load(m.chunk, &m.term)
		t.Unknown.Or(m.chunk, &m.term)
		m.term.Complement(m.users)
		out.Or(&m.term)
	case l.Negated:
		t.Yes.OrNot(m.chunk, out, m.users)
	default:
		t.Yes.Or(m.chunk, out)
		if m.upper && unsure {
			t.Unknown.Or(m.chunk, out)
		}
	}
}
