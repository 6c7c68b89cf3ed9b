package lineage_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/grouprules/groups/internal/lineage"
	"pgregory.net/rapid"
)

func TestEveryNodeIsLikeOneOfTheSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := links().Draw(t, "links")
		l := lineage.New(slices.Values(list))
		goals := rapid.SliceOfN(rapid.OneOf(ids(), rapid.Just("stranger")), 0, 3).Draw(t, "goals")
		depth := rapid.IntRange(0, 3).Draw(t, "depth")
		said := func(id string) (all string) {
			for _, goal := range goals {
				for d := range depth + 1 {
					all += fmt.Sprint(l.Climb(id, set(goal), true, d), l.Climb(id, set(goal), false, d), " ")
				}
			}
			return all
		}
		met := map[string]bool{}
		for id := range l.Samples(goals, depth) {
			if !l.Has(id) || slices.Contains(goals, id) {
				t.Fatalf("%q is no node, or a goal", id)
			}
			met[said(id)] = true
		}
		for id := range l.All {
			if !slices.Contains(goals, id) && !met[said(id)] {
				t.Fatalf("of none is said what is of %q: %s", id, said(id))
			}
		}
	})
}

func TestTheSamplesOfAWideTreeAreFew(t *testing.T) {
	list := []lineage.Link{{ID: "top"}, {ID: "goal", Parent: "top"}}
	for n := range 1000 {
		list = append(list,
			lineage.Link{ID: fmt.Sprint("child ", n), Parent: "goal"},
			lineage.Link{ID: fmt.Sprint("grandchild ", n), Parent: fmt.Sprint("child ", n)},
			lineage.Link{ID: fmt.Sprint("other ", n), Parent: "top"})
	}
	l := lineage.New(slices.Values(list))
	for depth, want := range [][]string{{"child 0", "top"}, {"child 0", "grandchild 0", "top"}, {"child 0", "grandchild 0", "top"}} {
		if got := slices.Collect(l.Samples([]string{"goal"}, depth)); !slices.Equal(got, want) {
			t.Errorf("depth %d: %q, want %q", depth, got, want)
		}
	}
}
