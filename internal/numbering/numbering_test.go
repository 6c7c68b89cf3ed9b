package numbering_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/grouprules/groups/internal/numbering"
)

// TestWhatWasNumberedIsFoundAndNothingElse gives few hashes, so that many things share one.
func TestWhatWasNumberedIsFoundAndNothingElse(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		hashes := rapid.SampledFrom([]uint32{0, 1, 2, 7, 8, 1 << 31, 1<<32 - 1})
		hashOf := map[string]uint32{}
		want := map[string]uint32{}
		var table numbering.Table
		var things []string
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			thing := rapid.StringMatching(`[ab]{0,5}`).Draw(t, "thing")
			hash, met := hashOf[thing]
			if !met {
				hash = hashes.Draw(t, "hash")
				hashOf[thing] = hash
			}
			if rapid.IntRange(0, 9).Draw(t, "grow") == 0 {
				table.Grow(rapid.IntRange(0, 50).Draw(t, "more"))
			}
			n, ok := table.Find(hash, func(n uint32) bool { return things[n] == thing })
			if number, is := want[thing]; ok != is || ok && n != number {
				t.Fatalf("%q: %d, %t; want %d, %t", thing, n, ok, number, is)
			}
			if !ok {
				want[thing] = uint32(len(things))
				table.Add(hash, uint32(len(things)))
				things = append(things, thing)
			}
			if first := table.First(hash); hashOf[things[first]] != hash {
				t.Fatalf("%q: %d is of another hash", thing, first)
			}
			if first := table.First(3); first != 0 {
				t.Fatalf("%d is of a hash that nothing has", first)
			}
			if table.Len() != len(things) {
				t.Fatalf("%d numbers, want %d", table.Len(), len(things))
			}
		}
	})
}
