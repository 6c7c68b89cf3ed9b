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
		of := map[uint32][]posting.Entry{}
		user := rapid.OneOf(rapid.Uint32Range(0, 9), rapid.Uint32Range(userset.Chunk-3, userset.Chunk+3))
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			u := user.Draw(t, "user")
			var on []posting.Entry
			for _, number := range slices.Sorted(slices.Values(rapid.SliceOfNDistinct(rapid.Uint32Range(0, 3), 0, 4, rapid.ID).Draw(t, "lists"))) {
				on = append(on, posting.Entry{List: number, Value: rapid.Uint32Range(0, 2).Draw(t, "value")})
			}
			if news := lists.Put(u, on); news == slices.Equal(of[u], on) {
				t.Fatalf("user %d from %v to %v is news: %v", u, of[u], on, news)
			}
			of[u] = on
			for number := range uint32(4) {
				delete(model[number], u)
			}
			for _, e := range on {
				if model[e.List] == nil {
					model[e.List] = map[uint32]uint32{}
				}
				model[e.List][u] = e.Value
			}
		}
		for u, want := range of {
			if got := lists.Of(u); !slices.Equal(got, want) {
				t.Fatalf("user %d is on %v, want %v", u, got, want)
			}
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
