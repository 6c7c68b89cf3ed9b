package lineage_test

import (
	"slices"
	"testing"

	"github.com/grouprules/groups/internal/lineage"
	"pgregory.net/rapid"
)

// comes is what [lineage.Place] says of a walk from a to b.
func comes(a, b lineage.Place, self bool, depth int) lineage.Outcome {
	links := a.Level - b.Level + (b.Turn-a.Turn+b.Ring)%b.Ring
	switch {
	case b.Low <= a.At && a.At <= b.High && (self || a.ID != b.ID) && (depth == 0 || links <= depth):
		return lineage.Met
	case a.Lost && (depth == 0 || a.Level < depth):
		return lineage.Lost
	}
	return lineage.Top
}

func TestPlacesAnswerAsTheWalkDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lineage.New(slices.Values(links().Draw(t, "links")))
		places := slices.Collect(l.Places())
		taken := map[int]bool{}
		for _, a := range places {
			if taken[a.At] || a.Linked != l.Has(a.ID) {
				t.Fatalf("%+v: taken %v, linked %v", a, taken[a.At], l.Has(a.ID))
			}
			taken[a.At] = true
			for _, b := range places {
				for depth := range 12 {
					for _, self := range []bool{false, true} {
						if got, want := comes(a, b, self, depth), l.Climb(a.ID, set(b.ID), self, depth); got != want {
							t.Fatalf("%+v to %+v, self %v, depth %d: %v, want %v", a, b, self, depth, got, want)
						}
					}
				}
			}
		}
	})
}
