package ordered_test

import (
	"testing"

	"github.com/grouprules/groups/internal/ordered"
)

func TestACopyOfALogStaysAsItWas(t *testing.T) {
	var l ordered.Log[int]
	var copies []ordered.Log[int]
	for i := range 2000 {
		copies = append(copies, l)
		l.Add(i)
	}
	for n, c := range append(copies, l) {
		if c.Len() != n {
			t.Fatalf("%d rows, want %d", c.Len(), n)
		}
		for _, first := range []int{0, n / 2, max(0, n-1), n} {
			at := first
			for row := range c.From(first) {
				if *row != at || c.At(at) != row {
					t.Fatalf("row %d of %d is %d", at, n, *row)
				}
				at++
			}
			if at != n {
				t.Fatalf("from %d of %d come %d rows", first, n, at-first)
			}
		}
	}
}
