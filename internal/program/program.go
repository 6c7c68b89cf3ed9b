// Package program evaluates rules over all users of a chunk at once, or over a few of whatever chunks, in three values.
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

// Of is what the condition says of one user.
func (t Term) Of(u uint32) Truth {
	switch {
	case t.Yes.Has(u):
		return Yes
	case t.Unknown.Has(u):
		return Unknown
	}
	return No
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

// Within returns a program that says the same of those whom a term holds for, and of others whatever is less work.
func (p *Program) Within(term int) Program {
	narrow := Program{p.Any, slices.Clone(p.Clauses)}
	for i := range narrow.Clauses {
		if c := &narrow.Clauses[i]; !c.Any {
			c.Literals = append(slices.Clip(c.Literals), Literal{Term: term})
		}
	}
	return narrow
}

// Mattering returns two programs for those whom a term holds for: where everything else is as it is it matters to nobody what
// open terms say of whom may does not hold for, or must does. Of others they say whatever is less work.
func (p *Program) Mattering(term int, open func(term int) bool) (may, must Program) {
	may.Any, must.Any = p.Any, p.Any
	never := false // must
	for _, c := range p.Clauses {
		rest := slices.DeleteFunc(slices.Clone(c.Literals), func(l Literal) bool { return open(l.Term) })
		opens, worst := len(rest) < len(c.Literals), rest
		if !c.Any {
			rest = append(rest, Literal{Term: term})
		}
		switch {
		case !opens:
			must.Clauses = append(must.Clauses, Clause{c.Any, rest})
			if !p.Any {
				may.Clauses = append(may.Clauses, Clause{c.Any, rest})
			}
			continue
		case c.Any:
			may.Clauses = append(may.Clauses, Clause{Literals: []Literal{{Term: term}}})
		default:
			may.Clauses, worst = append(may.Clauses, Clause{Literals: rest}), nil
		}
		if len(worst) > 0 {
			must.Clauses = append(must.Clauses, Clause{Any: true, Literals: worst})
		}
		never = never || len(worst) == 0 && !p.Any
	}
	if never {
		must.Clauses = nil
	}
	return may, must
}

// A ranked literal is one with how many meet it in a chunk.
type ranked struct {
	Literal
	count int
}

// A Machine evaluates programs. It is scratch memory, made once, for one goroutine.
type Machine struct {
	chunk, users int
	terms        []Term
	upper        bool // whom the rule might hold for, not whom it holds for
	unsure       []uint16
	ranked       []ranked
	many         bool // too many are unsure to be listed

	yes, possible, clause, term userset.Bits
}

// Evaluate works out whom the program holds for among the first users of a chunk, and whom it might hold
// for. Where nothing is unknown both are the same bits. They are the caller's until the next call.
func (m *Machine) Evaluate(p *Program, terms []Term, chunk, users int) (yes, possible *userset.Bits) {
	m.chunk, m.users, m.terms = chunk, users, terms
	m.upper, m.unsure, m.many = true, m.unsure[:0], false
	if m.program(p, &m.possible) {
		m.doubt(p)
	}
	if len(m.unsure) == 0 {
		return &m.possible, &m.possible
	}
	m.upper = false
	if m.many {
		m.program(p, &m.yes)
		return &m.yes, &m.possible
	}
	m.yes = m.possible
	unsure := m.unsure[:0]
	for _, u := range m.unsure {
		if m.yes.Has(u) && !m.holds(p, u) {
			m.yes.Clear(u)
			unsure = append(unsure, u)
		}
	}
	m.unsure = unsure
	return &m.yes, &m.possible
}

// Few is up to how many users of a chunk are asked about one by one, by [Flat.Match], sooner than by [Machine.Evaluate].
const Few = 64

// Unsure lists those whom the last program might hold for and does not hold for, in any order. It is false where
// they are too many to list.
func (m *Machine) Unsure() (list []uint16, listed bool) { return m.unsure, !m.many }

// doubt lists those of whom a term of the program is unknown and for whom it may hold all the same, some of them
// more than once, until they are many: for the others it does if it may.
func (m *Machine) doubt(p *Program) {
	for i := range p.Clauses {
		for _, l := range p.Clauses[i].Literals {
			m.unsure = m.terms[l.Term].Unknown.AppendIn(m.chunk, &m.possible, m.unsure, Few)
			if m.many = len(m.unsure) > Few; m.many {
				return
			}
		}
	}
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

// program reports whether there may be anybody.
func (m *Machine) program(p *Program, out *userset.Bits) bool {
	if len(p.Clauses) == 0 {
		out.Reset()
		return false
	}
	some := m.join(&p.Clauses[0], out)
	for i := 1; i < len(p.Clauses); i++ {
		if !p.Any && !some {
			return false
		}
		found := m.join(&p.Clauses[i], &m.clause)
		switch {
		case p.Any && found:
			out.Or(&m.clause)
			some = true
		case !p.Any && !found:
			out.Reset()
			return false
		case !p.Any:
			out.And(&m.clause)
			some = !out.Empty()
		}
	}
	return some
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
	list := m.rank(c.Literals)
	left, rest := float64(list[0].count), list
	switch {
	case list[0].count == 0:
		out.Reset()
		return false
	case list[0].Negated:
		out.Fill(m.users)
	default:
		m.load(list[0].Literal, out)
		rest = list[1:]
	}
	if list[0].count <= Few {
		return m.sift(rest, out)
	}
	for i, l := range rest {
		if m.and(l.Literal, out); out.Empty() {
			return false
		}
		// Where few should be left the others are not worth going through, if they are not.
		left *= float64(l.count) / float64(m.users)
		if left <= Few && i+2 < len(rest) && out.Count() <= Few {
			return m.sift(rest[i+1:], out)
		}
	}
	return true
}

// rank lists literals with how many meet them, or may, the fewest first.
func (m *Machine) rank(literals []Literal) []ranked {
	list := m.ranked[:0]
	for _, l := range literals {
		r := ranked{l, m.count(l)}
		at := len(list)
		for list = append(list, r); at > 0 && list[at-1].count > r.count; at-- {
			list[at] = list[at-1]
		}
		list[at] = r
	}
	m.ranked = list
	return list
}

// sift leaves those in who meet all of the literals, and reports whether there is anybody.
func (m *Machine) sift(literals []ranked, out *userset.Bits) bool {
	some := false
	for u := range out.All() {
		in := true
		for i := range literals {
			if !m.meets(literals[i].Literal, u) {
				out.Clear(u)
				in = false
				break
			}
		}
		some = some || in
	}
	return some
}

// count is how many users meet a literal, or may.
func (m *Machine) count(l Literal) int {
	t := &m.terms[l.Term]
	n := t.Yes.CountIn(m.chunk)
	if m.upper != l.Negated {
		n += t.Unknown.CountIn(m.chunk)
	}
	if l.Negated {
		return m.users - n
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
