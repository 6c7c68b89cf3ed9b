package userset_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/grouprules/groups/internal/userset"
	"pgregory.net/rapid"
)

// drawn draws a set of users of some chunks, each of its own kind.
func drawn(t *rapid.T, chunks int) *userset.Set {
	set := new(userset.Set)
	for k := range rapid.IntRange(0, chunks).Draw(t, "chunks") {
		n := populations().Draw(t, "users of a chunk")
		n = min(n, userset.Chunk)
		set.Put(k, members(t, n), n)
	}
	return set
}

func TestOfThoseSelectedASetHasThoseWhoAreIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wanted, set := drawn(t, 3), drawn(t, 3)
		selected := new(userset.Set)
		share := rapid.SampledFrom([]int{1, 2, 50, 3000}).Draw(t, "one of")
		r := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed")), 0))
		for u := range wanted.All() {
			if r.IntN(share) == 0 && selected.Count() < userset.Chunk {
				selected.Add(u)
			}
		}
		var f userset.Selection
		f.AddAll(wanted) // before, in the same memory
		if f.Number(wanted.Count()-1) || f.Number(userset.Chunk) != (wanted.Count() <= userset.Chunk) {
			t.Fatalf("%d are numbered, or not", wanted.Count())
		}
		f.Clear()
		both := new(userset.Set)
		for u := range selected.All() {
			if r.IntN(2) == 0 {
				f.Add(u)
			} else {
				both.Add(u)
			}
		}
		f.Number(userset.Chunk) // and once more when there are others
		if f.AddAll(both); !f.Number(selected.Count()) {
			t.Fatalf("%d have no numbers", selected.Count())
		}
		if f.Len() != selected.Count() {
			t.Fatalf("%d are selected, want %d", f.Len(), selected.Count())
		}
		bits := slices.Repeat([]uint64{^uint64(0)}, f.Words()) // what was there is of no use
		some := f.Load(set, bits)
		var got userset.Bits
		copy(got[:], bits)
		number, in := uint16(0), 0
		for u := range selected.All() {
			if f.User(number) != u {
				t.Fatalf("%d is number %d, want %d", f.User(number), number, u)
			}
			if i, ok := f.Find(u); !ok || i != number {
				t.Fatalf("%d is found as %d, %v, want %d", u, i, ok, number)
			}
			if got.Has(number) != set.Has(u) {
				t.Fatalf("number %d, user %d, is in: %v, want %v", number, u, got.Has(number), set.Has(u))
			}
			if set.Has(u) {
				in++
			}
			number++
		}
		if got.Count() != in || some != (in > 0) {
			t.Fatalf("%d are in, and some: %v, want %d", got.Count(), some, in)
		}
		for range 20 {
			u := uint32(r.IntN(4 * userset.Chunk))
			if _, ok := f.Find(u); ok != selected.Has(u) {
				t.Fatalf("%d is found: %v, want %v", u, ok, selected.Has(u))
			}
		}
	})
}
