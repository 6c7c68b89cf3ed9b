package forest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/grouprules/groups/internal/forest"
	"github.com/grouprules/groups/internal/lineage"
	"pgregory.net/rapid"
)

// world is a forest beside what stands above each node.
type world struct {
	forest forest.Forest
	above  []int32
	random *rand.Rand
}

func (w *world) put(n, parent int32) {
	for int(max(n, parent)) >= len(w.above) {
		w.above = append(w.above, forest.Missing)
	}
	w.above[n] = parent
	w.forest.Put(uint32(n), parent)
}

// parent draws what n is put below: mostly a node before it, so that trees are common and deep enough,
// and sometimes anybody, himself included, so that there are rings.
func (w *world) parent(n int32, nodes int) int32 {
	switch k := w.random.IntN(200); {
	case k < 3:
		return -1 - int32(w.random.IntN(3))
	case k < 8:
		return int32(w.random.IntN(nodes))
	case k < 9:
		return n
	case n == 0:
		return forest.Top
	default:
		return max(0, n-1-int32(w.random.IntN(min(int(n), nodes/10+1))))
	}
}

// name is that of a node in a Lineage.
func name(n int) string { return fmt.Sprint(n) }

// lineage returns the same links as a Lineage: there, a node that is Missing has none.
func (w *world) lineage() *lineage.Lineage {
	return lineage.New(func(yield func(lineage.Link) bool) {
		for n, p := range w.above {
			link := lineage.Link{ID: name(n), Unknown: p == forest.Unread}
			if p >= 0 {
				link.Parent = name(int(p))
			}
			if p != forest.Missing && !yield(link) {
				return
			}
		}
	})
}

// equal fails unless the forest says what climbing the Lineage says.
func (w *world) equal(t *rapid.T) {
	l := w.lineage()
	for range 3 {
		above, depth := w.random.IntN(len(w.above)+2), 0
		if w.random.IntN(2) == 0 {
			depth = 1 + w.random.IntN(6)
		}
		if w.random.IntN(3) == 0 {
			above = w.random.IntN(min(len(w.above), 4)) // above many
		}
		goal := map[string]struct{}{name(above): {}}
		var below []uint32
		for n := range w.above {
			is := l.Climb(name(n), goal, false, depth) == lineage.Met
			if is {
				below = append(below, uint32(n))
			}
			if got := w.forest.IsBelow(uint32(n), uint32(above), depth); got != is {
				t.Fatalf("%d is below %d within %d: %v", n, above, depth, got)
			}
		}
		if got := slices.Sorted(w.forest.Below(uint32(above), depth)); !slices.Equal(got, below) {
			t.Fatalf("below %d within %d: %d, want %d", above, depth, len(got), len(below))
		}
		if got, want := w.forest.Direct(uint32(above)), len(l.Children(name(above))); got != want {
			t.Fatalf("directly below %d: %d, want %d", above, got, want)
		}
		path := []string{name(above)}
		for n := range w.forest.Above(uint32(above)) {
			path = append(path, name(int(n)))
		}
		if want := l.Path(name(above)); !slices.Equal(path, want) {
			t.Fatalf("the way up from %d: %v, want %v", above, path, want)
		}
		want := forest.Missing
		if above < len(w.above) {
			want = w.above[above]
		}
		if got := w.forest.Parent(uint32(above)); got != want {
			t.Fatalf("above %d: %d, want %d", above, got, want)
		}
	}
	var lost []uint32
	for n := range w.above {
		if l.Climb(name(n), nil, false, 0) == lineage.Lost {
			lost = append(lost, uint32(n))
		}
	}
	if got := slices.Sorted(w.forest.Lost()); !slices.Equal(got, lost) {
		t.Fatalf("lost: %d, want %d", len(got), len(lost))
	}
}

// Forests are of few nodes, which are mostly rings and gaps, and of as many as labels outlive some moves.
func TestAForestAnswersAsALineageThroughEveryHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.SampledFrom([]int{1, 2, 3, 6, 20, 1500}).Draw(t, "nodes")
		w := &world{random: rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed")), 0))}
		for n := range int32(nodes) {
			w.put(n, w.parent(n, nodes))
		}
		moves := func(many int) func(*rapid.T) {
			return func(*rapid.T) {
				for range 1 + w.random.IntN(many) {
					n := int32(w.random.IntN(len(w.above)))
					w.put(n, w.parent(n, len(w.above)))
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"move":      moves(2),
			"move some": moves(12),
			"move many": moves(100),
			"move upwards": func(*rapid.T) { // one, and those that were above it
				n := w.random.Int32N(int32(len(w.above)))
				for range 3 {
					above := w.forest.Parent(uint32(n))
					w.put(n, w.parent(n, len(w.above)))
					if n = above; n < 0 {
						return
					}
				}
			},
			"move downwards": func(*rapid.T) { // one, and one that was below it
				n := uint32(w.random.IntN(len(w.above)))
				below := slices.Collect(w.forest.Below(n, 0))
				w.put(int32(n), w.parent(int32(n), len(w.above)))
				if len(below) > 0 {
					n = below[w.random.IntN(len(below))]
					w.put(int32(n), w.parent(int32(n), len(w.above)))
				}
			},
			"move the end of a way": func(*rapid.T) { // it is a top, a gap or in a ring; to below itself, or anywhere
				n := uint32(w.random.IntN(len(w.above)))
				way := append([]uint32{n}, slices.Collect(w.forest.Above(n))...)
				for range 1 + w.random.IntN(2) {
					last := int32(way[len(way)-1-w.random.IntN(min(len(way), 3))])
					to := int32(n)
					if w.random.IntN(2) == 0 {
						to = w.parent(last, len(w.above))
					}
					w.put(last, to)
				}
			},
			"new": func(*rapid.T) {
				n := int32(len(w.above) + w.random.IntN(3))
				w.put(n, w.parent(n, len(w.above)))
				w.put(w.random.Int32N(n), n)
			},
			"take a link away": func(*rapid.T) { w.put(w.random.Int32N(int32(len(w.above))), forest.Missing) },
			"tidy":             func(*rapid.T) { w.forest.Tidy() },
			"":                 w.equal,
		})
	})
}

func TestTheForestOfASmallFirm(t *testing.T) {
	const ceo, cto, dev, lead, gone, x, y, tail, own, blank, intern, stranger = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99
	var f forest.Forest
	f.Put(ceo, forest.Top)
	f.Put(cto, ceo)
	f.Put(dev, cto)
	f.Put(lead, gone)
	f.Put(x, y)
	f.Put(y, x)
	f.Put(tail, x)
	f.Put(own, own)
	f.Put(blank, forest.Unread)
	f.Put(intern, blank)
	for range 2 {
		for _, c := range []struct {
			why       string
			got, want any
		}{
			{"nobody is below himself", f.IsBelow(ceo, ceo, 0), false},
			{"... in a ring neither", f.IsBelow(x, x, 0), false},
			{"... nor when he is his own manager", f.IsBelow(own, own, 0), false},
			{"... who has no reports", f.Direct(own), 0},
			{"two links up", f.IsBelow(dev, ceo, 0), true},
			{"depth counts links", f.IsBelow(dev, ceo, 2), true},
			{"what stands above the depth is not looked at", f.IsBelow(dev, ceo, 1), false},
			{"those of a ring are below each other", f.IsBelow(x, y, 0) && f.IsBelow(y, x, 0), true},
			{"a ring is met from outside", f.IsBelow(tail, y, 0), true},
			{"... but is not below it", f.IsBelow(x, tail, 0), false},
			{"below a ring's member is the rest of it, once", slices.Sorted(f.Below(y, 0)), []uint32{x, tail}},
			{"a parent may be missing", f.Parent(gone), forest.Missing},
			{"... and has others below it", slices.Collect(f.Below(gone, 0)), []uint32{lead}},
			{"lost are those below an unread or missing parent, and he who is missing", slices.Sorted(f.Lost()), []uint32{lead, gone, blank, intern}},
			{"a way up goes round once", slices.Collect(f.Above(tail)), []uint32{x, y}},
			{"who was never named is missing", f.Parent(stranger), forest.Missing},
			{"... and has nobody", f.Direct(stranger) + len(slices.Collect(f.Below(stranger, 0))) + len(slices.Collect(f.Above(stranger))), 0},
			{"... above him neither", f.IsBelow(stranger, ceo, 0) || f.IsBelow(dev, stranger, 0), false},
		} {
			if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
				t.Errorf("%v, want %v: %s", c.got, c.want, c.why)
			}
		}
		f.Tidy()
	}
}

// What the labels say of a ring is right as long as it is one.
func TestRingsThatCameOrWentSinceTheLabels(t *testing.T) {
	var came, went forest.Forest
	came.Put(0, forest.Top)
	for n := range uint32(1999) {
		came.Put(n+1, int32(n+1)/2)
	}
	came.Tidy()
	came.Put(0, 1999)
	if got := slices.Sorted(came.Below(3, 0)); len(got) != 1999 || slices.Contains(got, 3) || len(slices.Compact(got)) != 1999 {
		t.Errorf("%d are below one of a new ring, each once; want all 1999 others", len(got))
	}
	for n := range uint32(2000) {
		went.Put(n, int32(n)-3)
	}
	for n := range uint32(3) {
		went.Put(n, int32(n+1)%3)
	}
	went.Tidy()
	went.Put(1, forest.Top)
	for n := range went.Below(0, 0) {
		if n%3 == 1 {
			t.Fatalf("%d is still below 0, though 1 left the ring", n)
		}
	}
}

func TestTheZeroForestIsEmpty(t *testing.T) {
	var f forest.Forest
	f.Tidy()
	for range f.Lost() {
		t.Error("somebody is lost in the zero Forest")
	}
	if f.IsBelow(0, 1, 0) || f.Direct(0) != 0 || f.Parent(0) != forest.Missing {
		t.Error("the zero Forest has something in it")
	}
}

func TestAnIterationMayBeLeft(t *testing.T) {
	var f forest.Forest
	for n := range int32(2000) {
		f.Put(uint32(n+1), n/2) // below 0, which is missing
	}
	for _, step := range []func(){func() {}, f.Tidy, func() { f.Put(5, 1000); f.Put(2000, 0) }} {
		step()
		for name, all := range map[string]func(func(uint32) bool){
			"below": f.Below(0, 0), "below within": f.Below(0, 30), "lost": f.Lost(), "above": f.Above(5),
		} {
			had := slices.Collect(all)
			for stop := 1; stop <= len(had); stop += 1 + stop/10 {
				seen := 0
				for n := range all {
					if n != had[seen] {
						t.Fatalf("%s: another order", name)
					}
					if seen++; seen == stop {
						break
					}
				}
				if seen != stop {
					t.Errorf("%s: %d, want %d", name, seen, stop)
				}
			}
		}
	}
}

// Anything that took time or memory by the depth for each node, or called itself, would not end here.
func TestAMillionInOneLine(t *testing.T) {
	const n = 1_000_000
	for name, top := range map[string]int32{"a line": forest.Top, "a line under a gap": forest.Missing, "one ring": n - 1} {
		var f forest.Forest
		f.Put(0, top)
		for i := range int32(n - 1) {
			f.Put(uint32(i+1), i)
		}
		for range 2 {
			below, above, lost := 0, 0, 0
			for range f.Below(n/2, 0) {
				below++
			}
			for range f.Above(n / 2) {
				above++
			}
			for range f.Lost() {
				lost++
			}
			switch {
			case top == forest.Top && (below != n/2-1 || above != n/2 || lost != 0),
				top == forest.Missing && (below != n/2-1 || above != n/2 || lost != n),
				top == n-1 && (below != n-1 || above != n-1 || lost != 0),
				!f.IsBelow(n-1, 0, 0):
				t.Errorf("%s: %d below the middle, %d above it, %d lost", name, below, above, lost)
			}
			f.Tidy()
		}
	}
}

// A walk that went round a ring until a depth was used up would not end.
func TestASmallRingIsLeftAtOnce(t *testing.T) {
	var f forest.Forest
	for n := range int32(1000) {
		f.Put(uint32(n), n^1)
	}
	for n := range uint32(1000) {
		if f.IsBelow(n, n^2, math.MaxInt) || !f.IsBelow(n, n^1, math.MaxInt) {
			t.Fatal("not below the other of two, or below somebody else")
		}
	}
}

func TestAskingDoesNotAllocate(t *testing.T) {
	for name, moved := range map[string]int32{"tidy": 0, "with some moved": 3, "with all moved": 1000} {
		var f forest.Forest
		for n := range int32(1000) {
			f.Put(uint32(n), n/2)
		}
		f.Tidy()
		for n := range moved {
			f.Put(uint32(n+500), 5)
		}
		if n := testing.AllocsPerRun(10, func() {
			for n := range uint32(1000) {
				f.IsBelow(n, 1, 0)
				f.IsBelow(n, 1, 2)
				f.Direct(n)
			}
			for range f.Below(1, 0) {
			}
			for range f.Below(1, 2) {
			}
			for range f.Above(999) {
			}
			for range f.Lost() {
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestMovingAndTidyingAgainDoNotAllocate(t *testing.T) {
	var f forest.Forest
	for n := range int32(1000) {
		f.Put(uint32(n), n/2)
	}
	to := int32(0)
	move := func() {
		to++
		for n := range uint32(20) {
			f.Put(n*17, to%7)
		}
		f.Tidy()
	}
	move()
	move()
	if n := testing.AllocsPerRun(10, move); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAForestTakes32BytesANode(t *testing.T) {
	var f forest.Forest
	const n = 1 << 17
	f.Put(n-1, 0)
	for i := range int32(n) {
		f.Put(uint32(i), i/3)
	}
	f.Tidy()
	if f.Bytes() < 32*n || f.Bytes() > 40*n { // with room to grow
		t.Errorf("%d bytes for %d nodes", f.Bytes(), n)
	}
}

func TestAForestIsReadAtOnce(t *testing.T) {
	var f forest.Forest
	for n := range int32(1000) {
		f.Put(uint32(n), n/2)
	}
	f.Tidy()
	f.Put(7, 4)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			below := 0
			for range f.Below(1, 0) {
				below++
			}
			if below != 998 || !f.IsBelow(15, 2, 0) || f.IsBelow(15, 3, 0) {
				t.Error("another answer in another goroutine", below)
			}
		})
	}
	all.Wait()
}
