package program

import (
	"cmp"
	"slices"
)

// A Flat is a program for one user at a time, in one piece of memory: of each clause the number of its literals
// and whether it joins by Any, and then the literals, each a number of the caller's and whether it is negated.
// What decides for the least effort comes first.
type Flat struct {
	any  bool
	code []uint32
}

// A Truth is what a condition says of one user. The zero Truth is none of them.
type Truth uint8

const (
	No Truth = iota + 1
	Unknown
	Yes
)

// A Question is what the caller knows of a term: by what number, how probable it is that it holds, and what effort
// it is to ask, above zero.
type Question struct {
	Number uint32
	Chance float64
	Effort float64
}

// part is a literal, a clause or the whole: its code, how probable it is that it holds, and the effort to ask.
type part struct {
	code           []uint32
	chance, effort float64
}

// Flat makes one of what is known of the terms.
func (p *Program) Flat(terms []Question) Flat {
	clauses := make([]part, len(p.Clauses))
	for i, c := range p.Clauses {
		literals := make([]part, len(c.Literals))
		for j, l := range c.Literals {
			q := terms[l.Term]
			literals[j] = part{[]uint32{q.Number<<1 | bit(l.Negated)}, q.Chance, q.Effort}
			if l.Negated {
				literals[j].chance = 1 - q.Chance
			}
		}
		clauses[i] = arrange(literals, c.Any)
		clauses[i].code = append([]uint32{uint32(len(clauses[i].code))<<1 | bit(c.Any)}, clauses[i].code...)
	}
	return Flat{p.Any, arrange(clauses, p.Any).code}
}

// arrange joins parts, those first that decide for the least effort: where all must hold a part that does not, and
// where one is enough a part that does.
func arrange(parts []part, any bool) part {
	decides := func(p part) float64 {
		if any {
			return p.chance
		}
		return 1 - p.chance
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.effort/decides(a), b.effort/decides(b)) })
	whole, open := part{}, 1.0
	for _, p := range parts {
		whole.code = append(whole.code, p.code...)
		whole.effort += open * p.effort
		open *= 1 - decides(p)
	}
	if whole.chance = open; any {
		whole.chance = 1 - open
	}
	return whole
}

func bit(is bool) uint32 {
	if is {
		return 1
	}
	return 0
}

// Match answers as the program does, asking for as few conditions as it needs, by their numbers.
func (f Flat) Match(ask func(number uint32) Truth) Truth {
	if len(f.code) == 0 {
		return No
	}
	whole := neutral(f.any)
	for at := 0; at < len(f.code); {
		head := f.code[at]
		any, end := head&1 != 0, at+1+int(head>>1)
		clause := neutral(any)
		for _, l := range f.code[at+1 : end] {
			truth := ask(l >> 1)
			if l&1 != 0 {
				truth = No + Yes - truth
			}
			if clause = join(any, clause, truth); clause == decisive(any) {
				break
			}
		}
		if whole = join(f.any, whole, clause); whole == decisive(f.any) {
			break
		}
		at = end
	}
	return whole
}

// neutral is what joins to nothing else, and decisive what nothing else can change.
func neutral(any bool) Truth { return decisive(!any) }

func decisive(any bool) Truth {
	if any {
		return Yes
	}
	return No
}

func join(any bool, a, b Truth) Truth {
	if any {
		return max(a, b)
	}
	return min(a, b)
}
