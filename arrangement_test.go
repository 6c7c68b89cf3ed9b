// White-box: that the order of the groups is kept from run to run has no public face.
package groups

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Runs come one after another, and between them definitions are edited: one thing of one group, or a group comes or goes.
// What did not change is the same in memory, as the groups of a Memory are; some runs have drafts.
func TestTheOrderThatIsKeptIsThatOfTheDefinitionsAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept := newRuleCache()
		groups := someGroups().Draw(t, "groups")
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			slices.SortFunc(groups, func(a, b Group) int { return len(a.ID) - len(b.ID) + int(a.ID[0]) - int(b.ID[0]) })
			groups = slices.CompactFunc(groups, func(a, b Group) bool { return a.ID == b.ID })
			all := make([]*Group, len(groups))
			for i := range groups {
				g := groups[i]
				all[i] = &g
			}
			got, want := kept.arrange(all, rapid.SampledFrom([]GroupID{"", "a"}).Draw(t, "around"), rapid.Bool().Draw(t, "drafts")), newArrangement(all)
			if fmt.Sprint(*got.refs) != fmt.Sprint(*want.refs) || !reflect.DeepEqual(got.order, want.order) {
				t.Fatalf("kept: %v %v\nanew: %v %v", *got.refs, got.order, *want.refs, want.order)
			}
			other := someGroups().Filter(func(l []Group) bool { return len(l) > 0 }).Draw(t, "other")[0]
			if len(groups) == 0 {
				groups = append(groups, other)
				continue
			}
			switch g := &groups[rapid.IntRange(0, len(groups)-1).Draw(t, "edited")]; rapid.IntRange(0, 6).Draw(t, "edit") {
			case 0:
				g.Parent = other.Parent
			case 1:
				g.Kind = other.Kind
			case 2:
				g.Criteria = other.Criteria
			case 3:
				g.Criteria.Match = MatchAny + MatchAll - g.Criteria.Match
			case 4:
				g.Criteria.Sets = g.Criteria.Sets[:max(len(g.Criteria.Sets)-1, 0)] // the beginning of the same memory
			case 5:
				groups = append(groups, other)
			case 6:
				groups = slices.Delete(groups, 0, 1)
			}
		}
	})
}
