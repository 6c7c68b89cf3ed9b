package posting_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/grouprules/groups/internal/posting"
	"github.com/grouprules/groups/internal/userset"
	"pgregory.net/rapid"
)

func TestListsHoldWhatWasPutOnThemLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lists posting.Lists
		model := map[uint32]map[uint32]uint32{}
		user := rapid.OneOf(rapid.Uint32Range(0, 9), rapid.Uint32Range(userset.Chunk-3, userset.Chunk+3))
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			number, u := rapid.Uint32Range(0, 2).Draw(t, "list"), user.Draw(t, "user")
			if rapid.Bool().Draw(t, "drop") {
				lists.Drop(number, u)
				delete(model[number], u)
				continue
			}
			value := rapid.Uint32().Draw(t, "value")
			lists.Put(number, u, value)
			if model[number] == nil {
				model[number] = map[uint32]uint32{}
			}
			model[number][u] = value
		}
		for number := range uint32(4) {
			found := map[uint32]uint32{}
			for c := range 3 {
				users, values := lists.Chunk(number, c)
				if !slices.IsSorted(users) {
					t.Fatalf("list %d, chunk %d: %v is not ascending", number, c, users)
				}
				for i, u := range users {
					found[uint32(c)*userset.Chunk+uint32(u)] = values[i]
				}
			}
			if !maps.Equal(found, model[number]) {
				t.Fatalf("list %d: %v, want %v", number, found, model[number])
			}
			if lists.Count(number) != len(model[number]) {
				t.Fatalf("list %d: %d users, want %d", number, lists.Count(number), len(model[number]))
			}
		}
	})
}
