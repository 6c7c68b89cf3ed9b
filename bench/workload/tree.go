package workload

import "math/rand/v2"

// A Tree is who is above whom among numbered nodes: org units, or users by their managers.
type Tree struct {
	// Parents holds the node above each, Empty at the top, Unknown where nobody knows.
	Parents []int32
	// Lo is the place of a node in pre-order, and Hi the last place beneath it, so that "at or below n"
	// is Lo[n] <= place <= Hi[n].
	Lo, Hi []int32
	// Gap says of a node that the way up from it ends at an Unknown: who is not met on it may be above.
	Gap []bool
}

// newTree labels the nodes, each of which stands after its parent.
func newTree(parents []int32) *Tree {
	n := len(parents)
	t := &Tree{Parents: parents, Lo: make([]int32, n), Hi: make([]int32, n), Gap: make([]bool, n)}
	size := make([]int32, n)
	for i := n - 1; i >= 0; i-- {
		size[i]++
		if p := parents[i]; p >= 0 {
			size[p] += size[i]
		}
	}
	free := make([]int32, n) // the next place beneath a node
	top := int32(0)
	for i, p := range parents {
		if p >= 0 {
			t.Lo[i], t.Gap[i] = free[p], t.Gap[p]
			free[p] += size[i]
		} else {
			t.Lo[i], t.Gap[i] = top, p == Unknown
			top += size[i]
		}
		t.Hi[i] = t.Lo[i] + size[i] - 1
		free[i] = t.Lo[i] + 1
	}
	return t
}

// newUnits is an org tree of depth to 8 and fan-out to 12.
func newUnits(r *rand.Rand, n int) *Tree {
	parents, depth, children := make([]int32, n), make([]int, n), make([]int, n)
	parents[0] = Empty
	for i := 1; i < n; i++ {
		p := r.IntN(i)
		for depth[p] >= 7 || children[p] >= 12 {
			p = r.IntN(i)
		}
		parents[i], depth[i] = int32(p), depth[p]+1
		children[p]++
	}
	return newTree(parents)
}

// newLines gives everybody about eight reports. Of one user in 400, who has none, the manager is
// not known, and of one in 400 who has some.
func newLines(r *rand.Rand, n int) *Tree {
	parents := make([]int32, n)
	parents[0] = Empty
	for i := 1; i < n; i++ {
		if parents[i] = int32((i - 1) / 8); i > 8 && r.IntN(400) == 0 {
			parents[i] = Unknown
		}
	}
	return newTree(parents)
}
