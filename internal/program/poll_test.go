package program_test

import (
	"testing"

	"github.com/grouprules/groups/internal/program"
	"pgregory.net/rapid"
)

func TestAPollAnswersAsKleene(t *testing.T) {
	var poll program.Poll
	rapid.Check(t, func(t *rapid.T) {
		users := rapid.SampledFrom([]int{0, 1, 7, 63, 64, 65, 200}).Draw(t, "users")
		n := rapid.IntRange(1, 5).Draw(t, "terms")
		terms, naive := make([]program.Answers, n), make([]map[uint32]truth, n)
		for i := range n {
			value := rapid.SampledFrom(rapid.SampledFrom([][]truth{{no, no, no, unknown, yes}, {no, unknown, yes, yes, yes}, {no}, {no, yes}}).Draw(t, "values"))
			in, unsure := make([]uint64, (users+63)/64), make([]uint64, (users+63)/64)
			naive[i] = map[uint32]truth{}
			for u := range uint32(users) {
				naive[i][u] = value.Draw(t, "value")
				switch naive[i][u] {
				case yes:
					in[u/64] |= 1 << (u % 64)
					terms[i].Yes = in
				case unknown:
					unsure[u/64] |= 1 << (u % 64)
					terms[i].Unknown = unsure
				}
			}
		}
		literal := rapid.Custom(func(t *rapid.T) program.Literal {
			return program.Literal{Term: rapid.IntRange(0, n-1).Draw(t, "term"), Negated: rapid.Bool().Draw(t, "negated")}
		})
		clause := rapid.Custom(func(t *rapid.T) program.Clause {
			return program.Clause{Any: rapid.Bool().Draw(t, "any"), Literals: rapid.SliceOfN(literal, 1, 5).Draw(t, "literals")}
		})
		p := program.Program{Any: rapid.Bool().Draw(t, "any"), Clauses: rapid.SliceOfN(clause, 0, 4).Draw(t, "clauses")}
		certain, possible := poll.Evaluate(&p, terms, users)
		for u := range 64 * len(certain) {
			bit := func(words []uint64) bool { return words[u/64]>>(u%64)&1 != 0 }
			got, want := no, no
			switch {
			case bit(certain):
				got = yes
			case bit(possible):
				got = unknown
			}
			if u < users {
				want = kleene(&p, naive, uint32(u))
			}
			if got != want || bit(certain) && !bit(possible) {
				t.Fatalf("user %d of %d: %v, want %v by %+v", u, users, got, want, p)
			}
		}
		if n := testing.AllocsPerRun(1, func() { poll.Evaluate(&p, terms, users) }); n != 0 {
			t.Fatalf("%v allocations", n)
		}
	})
}
