package pairs

import (
	"cmp"
	"slices"
)

// names numbers keys as they come.
type names[K cmp.Ordered] struct {
	number map[K]uint32
	// keys are by number. Readers share it: what a reader can ask for is never written to again.
	keys []K
	free []uint32
	era  uint64 // how many were dropped
}

// add returns the number of a key, which may be new.
func (n *names[K]) add(key K) uint32 {
	if number, ok := n.number[key]; ok {
		return number
	}
	var number uint32
	if last := len(n.free) - 1; last >= 0 {
		number = n.free[last]
		n.free = n.free[:last]
		n.keys[number] = key // no reader knows this number: it was free when the list was made
	} else {
		number = uint32(len(n.keys))
		n.keys = append(n.keys, key)
	}
	n.number[key] = number
	return number
}

// drop frees the number of a key.
func (n *names[K]) drop(key K) {
	number := n.number[key]
	delete(n.number, key)
	var none K
	n.keys = slices.Clone(n.keys)
	n.keys[number] = none
	n.free = append(n.free, number)
	n.era++
}
