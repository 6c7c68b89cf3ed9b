// Package naming numbers names as they come, and finds their numbers again.
//
// It promises that a name is found with one look at a table and one at the name itself, where a map takes several to
// find its part; and that the list of names by number can be shared with readers. It may not know what is named.
package naming

import (
	"hash/maphash"
	"math/bits"
	"slices"
)

// Names are names with a number each, from 0 on. Make them with [New]. Methods that only read may run beside each
// other.
type Names[K ~string] struct {
	seed uint64
	// slots are as many as a power of two, and never more than three quarters of them taken. A name is in the first that
	// is free from the one of its hash on.
	slots []slot[K]
	// keys are by number. Readers share them: what a reader can ask for is never written to again.
	keys []K
	free []uint32
	era  uint64 // how many were dropped
}

// A slot has a name with its number, from 1 on, and what is compared before the name is. The zero slot is free.
type slot[K ~string] struct {
	key          K
	hash, number uint32
}

// New returns no names.
func New[K ~string]() *Names[K] {
	return &Names[K]{seed: maphash.String(maphash.MakeSeed(), ""), slots: make([]slot[K], 8)}
}

// Find returns the number of a name, if it has one.
func (n *Names[K]) Find(key K) (number uint32, ok bool) {
	at, ok := n.at(key, n.hash(key))
	return n.slots[at].number - 1, ok
}

// Add returns the number of a name, which may be new.
func (n *Names[K]) Add(key K) uint32 {
	hash := n.hash(key)
	at, known := n.at(key, hash)
	if known {
		return n.slots[at].number - 1
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
	n.slots[at] = slot[K]{key, hash, number + 1}
	if taken := len(n.keys) - len(n.free); 4*taken > 3*len(n.slots) {
		n.grow(2 * len(n.slots))
	}
	return number
}

// Drop frees the number of a name, which has one. It takes time in proportion to the number of names.
func (n *Names[K]) Drop(key K) {
	hole, _ := n.at(key, n.hash(key))
	number := n.slots[hole].number - 1
	var none K
	n.keys = slices.Clone(n.keys)
	n.keys[number] = none
	n.free = append(n.free, number)
	n.era++
	// Those behind close up, unless they would come before where they are looked for.
	mask := len(n.slots) - 1
	for at := (hole + 1) & mask; n.slots[at].number != 0; at = (at + 1) & mask {
		if home := int(n.slots[at].hash) & mask; (at-home)&mask >= (at-hole)&mask {
			n.slots[hole], hole = n.slots[at], at
		}
	}
	n.slots[hole] = slot[K]{}
}

// Era is that of the numbers: as long as it stays, a number is that of one name.
func (n *Names[K]) Era() uint64 { return n.era }

// Keys are the names by number. They must not be written to.
func (n *Names[K]) Keys() []K { return n.keys }

// hash mixes a name with the seed, eight bytes at a time. Names are short: to call what hashes anything takes twice as
// long.
func (n *Names[K]) hash(key K) uint32 {
	h := n.seed ^ uint64(len(key))
	for ; len(key) > 8; key = key[8:] {
		h = mixed(h ^ eight(key))
	}
	last := uint64(0)
	switch {
	case len(key) == 8:
		last = eight(key)
	case len(key) >= 4:
		last = four(key) | four(key[len(key)-4:])<<32
	default:
		for i := range len(key) {
			last = last<<8 | uint64(key[i])
		}
	}
	return uint32(mixed(mixed(h^last) ^ n.seed))
}

func mixed(h uint64) uint64 {
	high, low := bits.Mul64(h, 0x9e3779b97f4a7c15)
	return high ^ low
}

func four[K ~string](s K) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

func eight[K ~string](s K) uint64 { return four(s) | four(s[4:])<<32 }

// at is the slot of a name, or the free one in which it would be.
func (n *Names[K]) at(key K, hash uint32) (at int, found bool) {
	mask := len(n.slots) - 1
	for at = int(hash) & mask; ; at = (at + 1) & mask {
		switch s := &n.slots[at]; {
		case s.number == 0:
			return at, false
		case s.hash == hash && s.key == key:
			return at, true
		}
	}
}

// Grow makes room for so many names altogether.
func (n *Names[K]) Grow(names int) {
	n.keys = slices.Grow(n.keys, max(names-len(n.keys), 0))
	slots := len(n.slots)
	for 3*slots < 4*names {
		slots *= 2
	}
	if slots > len(n.slots) {
		n.grow(slots)
	}
}

// grow makes so many slots of fewer.
func (n *Names[K]) grow(slots int) {
	old := n.slots
	n.slots = make([]slot[K], slots)
	mask := len(n.slots) - 1
	for _, s := range old {
		if s.number == 0 {
			continue
		}
		at := int(s.hash) & mask
		for n.slots[at].number != 0 {
			at = (at + 1) & mask
		}
		n.slots[at] = s
	}
}
