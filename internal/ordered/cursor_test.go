package ordered_test

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/grouprules/groups/internal/ordered"
)

// numbers streams keys, with an error behind them if there is one.
func numbers(keys []int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for _, k := range keys {
			if !yield(k, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

func same(k int) int { return k }

func TestMergingCursorsMeetsEveryKeyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.Custom(func(t *rapid.T) []int {
			list := rapid.SliceOfDistinct(rapid.IntRange(-20, 20), same).Draw(t, "keys")
			slices.Sort(list)
			return list
		})
		streams := rapid.SliceOfN(keys, 1, 4).Draw(t, "streams")
		var cursors []*ordered.Cursor[int, int]
		for _, s := range streams {
			c := ordered.NewCursor(numbers(s, nil), same)
			defer c.Stop()
			cursors = append(cursors, c)
		}
		var met []int
		for {
			least, more := 0, false
			for _, c := range cursors {
				if k, ok, err := c.Head(); err != nil {
					t.Fatal(err)
				} else if ok && (!more || k < least) {
					least, more = k, true
				}
			}
			if !more {
				break
			}
			for i, c := range cursors {
				if _, ok := c.Take(least); ok != slices.Contains(streams[i], least) {
					t.Fatalf("stream %d of %v has %d: %v", i, streams, least, ok)
				}
			}
			met = append(met, least)
		}
		want := slices.Concat(streams...)
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(met, want) {
			t.Fatalf("met %v, want %v", met, want)
		}
	})
}

func TestACursorRefusesWhatIsNotAscending(t *testing.T) {
	for _, keys := range [][]int{{1, 3, 2}, {1, 1}} {
		c := ordered.NewCursor(numbers(keys, nil), same)
		defer c.Stop()
		for range keys {
			k, _, _ := c.Head()
			c.Take(k)
		}
		if _, ok, err := c.Head(); ok || !errors.Is(err, ordered.ErrOrder) {
			t.Errorf("%v: %v, %v", keys, ok, err)
		}
	}
}

func TestACursorNeverTakesAFailedStreamForAShortOne(t *testing.T) {
	broken := errors.New("broken")
	c := ordered.NewCursor(numbers([]int{1}, broken), same)
	defer c.Stop()
	c.Head()
	c.Take(1)
	for range 2 {
		if _, ok, err := c.Head(); ok || !errors.Is(err, broken) {
			t.Errorf("got %v, %v", ok, err)
		}
	}
}
