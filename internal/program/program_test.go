package program_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
	"pgregory.net/rapid"
)

// truth is one of Kleene's three values.
type truth int

const (
	no truth = iota
	unknown
	yes
)

// kleene answers for one user, naively.
func kleene(p *program.Program, terms []map[uint32]truth, u uint32) truth {
	return kleeneWhere(p, func(l program.Literal) truth { return said(terms, l, u) })
}

// said is what a literal says of a user.
func said(terms []map[uint32]truth, l program.Literal, u uint32) truth {
	if l.Negated {
		return yes - terms[l.Term][u]
	}
	return terms[l.Term][u]
}

// kleeneWhere answers where literals say so.
func kleeneWhere(p *program.Program, says func(program.Literal) truth) truth {
	joined := func(any bool, parts []truth) truth {
		out := yes
		if any {
			out = no
		}
		for _, t := range parts {
			if any {
				out = max(out, t)
			} else {
				out = min(out, t)
			}
		}
		return out
	}
	if len(p.Clauses) == 0 {
		return no
	}
	var clauses []truth
	for _, c := range p.Clauses {
		var literals []truth
		for _, l := range c.Literals {
			literals = append(literals, says(l))
		}
		clauses = append(clauses, joined(c.Any, literals))
	}
	return joined(p.Any, clauses)
}

func TestAMachineAnswersAsKleene(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := rapid.SampledFrom([]int{1, 63, 64, 65, 300, userset.Chunk}).Draw(t, "users")
		// Few users are drawn, and all others alike.
		odd := rapid.SliceOfNDistinct(rapid.Uint32Range(0, uint32(users-1)), 0, min(users, 20), rapid.ID).Draw(t, "odd")
		value := rapid.SampledFrom([]truth{no, no, no, unknown, yes, yes})
		n := rapid.IntRange(1, 5).Draw(t, "terms")
		naive := make([]map[uint32]truth, n)
		terms := make([]program.Term, n)
		for i := range terms {
			terms[i] = program.Term{Yes: &userset.Set{}, Unknown: &userset.Set{}}
			naive[i] = map[uint32]truth{}
			rest := rapid.SampledFrom([]truth{no, no, no, unknown, yes}).Draw(t, "rest")
			for u := range uint32(users) {
				naive[i][u] = rest
			}
			for _, u := range odd {
				naive[i][u] = value.Draw(t, "value")
			}
			var in, unsure userset.Bits
			for u, v := range naive[i] {
				switch v {
				case yes:
					in.Set(uint16(u))
				case unknown:
					unsure.Set(uint16(u))
				}
			}
			terms[i].Yes.Put(0, &in, users)
			terms[i].Unknown.Put(0, &unsure, users)
		}
		literal := rapid.Custom(func(t *rapid.T) program.Literal {
			return program.Literal{Term: rapid.IntRange(0, n-1).Draw(t, "term"), Negated: rapid.Bool().Draw(t, "negated")}
		})
		clause := rapid.Custom(func(t *rapid.T) program.Clause {
			return program.Clause{Any: rapid.Bool().Draw(t, "any"), Literals: rapid.SliceOfN(literal, 1, 4).Draw(t, "literals")}
		})
		p := program.Program{Any: rapid.Bool().Draw(t, "any"), Clauses: rapid.SliceOfN(clause, 0, 4).Draw(t, "clauses")}
		var m program.Machine
		questions := make([]program.Question, n)
		for i := range questions {
			questions[i] = program.Question{
				Number: uint32(i), Chance: rapid.Float64Range(0, 1).Draw(t, "chance"), Effort: rapid.Float64Range(0.5, 30).Draw(t, "effort"),
			}
		}
		flat := p.Flat(questions)
		certain, possible := m.Evaluate(&p, terms, 0, users)
		if list, listed := m.Unsure(); listed && certain != possible {
			unsure := *possible
			unsure.AndNot(certain)
			slices.Sort(list)
			if want := slices.Collect(unsure.All()); !slices.Equal(list, want) {
				t.Fatalf("%v are listed as unsure, want %v by %+v", list, want, p)
			}
		}
		var some userset.Bits
		asked := rapid.SampledFrom([]int{0, 3, 64, 65, users}).Draw(t, "asked")
		for _, u := range append(odd, 0) {
			for n := range uint32(min(asked, users)) {
				some.Set(uint16((u + n) % uint32(users)))
			}
		}
		within := program.Term{Yes: &userset.Set{}, Unknown: &userset.Set{}}
		within.Yes.Put(0, &some, users)
		narrow := p.Within(n)
		sure, may := new(program.Machine).Evaluate(&narrow, append(terms, within), 0, users)
		for u := range some.All() {
			if sure.Has(u) != certain.Has(u) || may.Has(u) != possible.Has(u) {
				t.Fatalf("user %d is answered otherwise within %d of %d by %+v", u, some.Count(), users, p)
			}
		}
		open := rapid.IntRange(0, n-1).Draw(t, "open")
		at := [2]program.Program{}
		at[0], at[1] = p.Mattering(n, func(term int) bool { return term == open })
		_, may = new(program.Machine).Evaluate(&at[0], append(terms, within), 0, users)
		must, _ := new(program.Machine).Evaluate(&at[1], append(terms, within), 0, users)
		for u := range some.All() {
			known, ends := true, [2]truth{}
			for i, of := range []truth{no, yes} {
				ends[i] = kleeneWhere(&p, func(l program.Literal) truth {
					if l.Term == open {
						return of
					}
					known = known && naive[l.Term][uint32(u)] != unknown
					return said(naive, l, uint32(u))
				})
			}
			if matters := may.Has(u) && !must.Has(u); matters != (ends[0] != ends[1]) && (known || !matters) {
				t.Fatalf("to user %d of %d it matters %v what term %d says, which is %v or %v by %+v", u, users, matters, open, ends[0], ends[1], p)
			}
		}
		for u := range uint32(userset.Chunk) {
			got := no
			switch {
			case certain.Has(uint16(u)):
				got = yes
			case possible.Has(uint16(u)):
				got = unknown
			}
			want := no
			if u < uint32(users) {
				want = kleene(&p, naive, u)
			}
			if one := flat.Match(func(term uint32) program.Truth { return terms[term].Of(u) }); u < uint32(users) && one != program.No+program.Truth(want) {
				t.Fatalf("user %d of %d alone: %v, want %v by %+v", u, users, one, want, p)
			}
			if u < uint32(users) {
				end, settled := follow(flat, func(term uint32) truth { return naive[term][u] })
				if settled && end != want {
					t.Fatalf("user %d of %d step by step: %v, want %v by %+v", u, users, end, want, p)
				}
			}
			if got != want {
				t.Fatalf("user %d of %d: %v, want %v by %+v", u, users, got, want, p)
			}
		}
	})
}

// follow goes from step to step, and is settled unless an answer is unknown.
func follow(f program.Flat, ask func(term uint32) truth) (end truth, settled bool) {
	steps, at := f.Steps()
	for at >= 0 {
		switch s := steps[at]; ask(s.Number) {
		case no:
			at = s.No
		case yes:
			at = s.Yes
		default:
			return unknown, false
		}
	}
	if at == program.EndYes {
		return yes, true
	}
	return no, true
}

// Each asks for what decides at the least effort: in three groups of All, of Any, and of both.
func TestAFlatProgramAsksForTheLeastEffortFirst(t *testing.T) {
	const rare, frequent, dear = 0, 1, 2
	questions := []program.Question{{Number: rare, Chance: 0.1, Effort: 1}, {Number: frequent, Chance: 0.9, Effort: 1}, {Number: dear, Chance: 0.05, Effort: 20}}
	all := []program.Literal{{Term: dear}, {Term: frequent}, {Term: rare}}
	for _, c := range []struct {
		what string
		of   program.Program
		want []uint32
	}{
		{"all must hold", program.Program{Clauses: []program.Clause{{Literals: all}}}, []uint32{rare, frequent, dear}},
		{"one is enough", program.Program{Clauses: []program.Clause{{Any: true, Literals: all}}}, []uint32{frequent, rare, dear}},
		{"a negation", program.Program{Clauses: []program.Clause{{Literals: []program.Literal{{Term: rare, Negated: true}, {Term: frequent, Negated: true}}}}}, []uint32{frequent, rare}},
		{"clauses", program.Program{Any: true, Clauses: []program.Clause{{Literals: all[:2]}, {Literals: all[2:]}}}, []uint32{rare, frequent, dear}},
	} {
		var asked []uint32
		flat := c.of.Flat(questions)
		flat.Match(func(number uint32) program.Truth {
			asked = append(asked, number)
			return program.Unknown // which decides nothing
		})
		if !slices.Equal(asked, c.want) {
			t.Errorf("%s: %v, want %v", c.what, asked, c.want)
		}
	}
}

func TestEvaluatingDoesNotAllocate(t *testing.T) {
	terms, p := world(4)
	m := new(program.Machine)
	if n := testing.AllocsPerRun(10, func() { m.Evaluate(&p, terms, 0, userset.Chunk) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// world is a rule of six conditions, of which every one holds for one user in each of 2, 3 ... of them.
func world(unsure int) ([]program.Term, program.Program) {
	var terms []program.Term
	for i := range 6 {
		term := program.Term{Yes: &userset.Set{}, Unknown: &userset.Set{}}
		for u := 0; u < userset.Chunk; u += i + 2 {
			term.Yes.Add(uint32(u))
		}
		for u := range unsure {
			term.Yes.Remove(uint32(u))
			term.Unknown.Add(uint32(u))
		}
		terms = append(terms, term)
	}
	return terms, program.Program{Any: true, Clauses: []program.Clause{
		{Literals: []program.Literal{{Term: 0}, {Term: 1}, {Term: 2, Negated: true}}},
		{Literals: []program.Literal{{Term: 3}, {Term: 4}, {Term: 5}}},
	}}
}

func BenchmarkEvaluateAChunk(b *testing.B) {
	for _, unsure := range []int{0, 4} {
		b.Run(fmt.Sprintf("unknown=%d", unsure), func(b *testing.B) {
			terms, p := world(unsure)
			m := new(program.Machine)
			for b.Loop() {
				m.Evaluate(&p, terms, 0, userset.Chunk)
			}
		})
	}
}
