// White-box: where the values of a run lie has no public face.
package groups

import "testing"

func TestWhatIsOnAShelfStaysWhereItIsWhenThereIsMoreThanExpected(t *testing.T) {
	for expected := range 4 {
		s := newShelf[int](expected)
		var kept []*int
		for v := range 9 {
			kept = append(kept, s.put(v))
		}
		for v, at := range kept {
			if *at++; *at != v+1 {
				t.Errorf("of %d expected, %d has become %d", expected, v, *at-1)
			}
		}
	}
}
