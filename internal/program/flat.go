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

// A Step is the literal of a Flat as a question that is answered by Yes or No, with the steps that follow the answers:
// their places, or one of the two ends. To follow them takes one jump an answer, and nothing is kept in between. Where
// an answer is Unknown they do not tell: then [Flat.Match] does.
type Step struct {
	Number  uint32 // of the condition, which is asked as it is
	No, Yes int32
}

// The ends of steps say what the whole is.
const (
	EndNo  int32 = -1
	EndYes int32 = -2
)

// Steps are those of the literals, in their order, and the place to begin at.
func (f Flat) Steps() (steps []Step, first int32) {
	var clauses [][]uint32 // with their heads
	for at := 0; at < len(f.code); {
		end := at + 1 + int(f.code[at]>>1)
		clauses = append(clauses, f.code[at:end])
		at = end
	}
	steps = make([]Step, len(f.code)-len(clauses))
	// From behind, since each leads to what comes after it.
	place := int32(len(steps))
	no, yes := EndNo, EndYes
	for i := len(clauses) - 1; i >= 0; i-- {
		any, literals := clauses[i][0]&1 != 0, clauses[i][1:]
		next := yes // of the clause: where nobody is asked any more
		if any {
			next = no
		}
		for j := len(literals) - 1; j >= 0; j-- {
			s := Step{literals[j] >> 1, no, next}
			if any {
				s.No, s.Yes = next, yes
			}
			if literals[j]&1 != 0 {
				s.No, s.Yes = s.Yes, s.No
			}
			place--
			steps[place], next = s, place
		}
		if f.any {
			no = next
		} else {
			yes = next
		}
	}
	if first = EndNo; len(clauses) > 0 {
		if first = yes; f.any {
			first = no
		}
	}
	return steps, first
}

// First is the number of the condition that Match asks for first, if it asks for any.
func (f Flat) First() (number uint32, ok bool) {
	if len(f.code) == 0 {
		return 0, false
	}
	return f.code[1] >> 1, true
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
