package groups

// White-box: what a condition is expected to take is not to be seen from outside.

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNoOtherOrderIsExpectedToTakeLess(t *testing.T) {
	same := func(e effort) effort { return e }
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]Match{MatchAll, MatchAny}).Draw(t, "match")
		parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) effort {
			return effort{float64(rapid.IntRange(1, 100).Draw(t, "cost")), float64(rapid.IntRange(0, 20).Draw(t, "holds")) / 20}
		}), 1, 5).Draw(t, "parts")
		sorted := slices.Clone(parts)
		got := arrange(m, sorted, same)
		least, holds := taken(m, parts)
		for order := range permutations(parts) {
			cost, _ := taken(m, order)
			least = min(least, cost)
		}
		const rounding = 1e-6
		if got.cost > least+rounding || got.holds > holds+rounding || got.holds < holds-rounding {
			t.Fatalf("%v is expected to take %v, another order %v, and to hold %v times", sorted, got, least, holds)
		}
	})
}

// taken is what asking the parts in their order takes, worked out from the end, and how often the whole holds.
func taken(m Match, parts []effort) (cost, holds float64) {
	if len(parts) == 0 {
		return 0, map[Match]float64{MatchAll: 1, MatchAny: 0}[m]
	}
	first := parts[0]
	cost, holds = taken(m, parts[1:])
	if m == MatchAny {
		return first.cost + (1-first.holds)*cost, first.holds + (1-first.holds)*holds
	}
	return first.cost + first.holds*cost, first.holds * holds
}

func permutations(parts []effort) func(yield func([]effort) bool) {
	return func(yield func([]effort) bool) {
		if len(parts) == 0 {
			yield(nil)
			return
		}
		for i, p := range parts {
			for rest := range permutations(slices.Concat(parts[:i], parts[i+1:])) {
				if !yield(append([]effort{p}, rest...)) {
					return
				}
			}
		}
	}
}
