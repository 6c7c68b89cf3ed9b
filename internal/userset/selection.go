package userset

import (
	"math/bits"
	"reflect"
	"slices"
)

// A Selection is users of a population, whatever chunks they are of. Up to [Chunk] of them can be numbered anew from 0 in their
// order, for who asks about them alone: what a set has of them is a bit each then. The other methods are of use once [Selection.Number]
// has numbered all who are selected. The zero Selection has nobody.
type Selection struct {
	in     []Bits // by chunk, who is selected
	users  []uint32
	starts []int   // by chunk, where its users begin; the last is how many there are
	ranks  []ranks // by chunk, how many of it before each word
}

// ranks are how many of a chunk are in before each of its words.
type ranks [Chunk / 64]uint16

// Clear selects nobody. The memory is used again.
func (f *Selection) Clear() {
	f.in, f.users, f.starts, f.ranks = f.in[:0], f.users[:0], f.starts[:0], f.ranks[:0]
}

// Add selects a user as well.
func (f *Selection) Add(u uint32) {
	f.reach(int(u>>16) + 1)
	f.in[u>>16].Set(uint16(u))
}

// AddAll selects those of a set as well.
func (f *Selection) AddAll(s *Set) {
	f.reach(len(s.chunks))
	for k := range s.chunks {
		s.chunks[k].or(&f.in[k])
	}
}

func (f *Selection) reach(chunks int) {
	for len(f.in) < chunks {
		f.in = append(f.in, Bits{})
	}
}

// Number numbers those selected, if they are no more than so many and no more than [Chunk], and reports whether they are.
func (f *Selection) Number(most int) bool {
	f.users, f.starts = f.users[:0], append(f.starts[:0], 0)
	f.ranks = slices.Grow(f.ranks[:0], len(f.in))[:len(f.in)]
	n := 0
	for k := range f.in {
		rank := 0
		for w, word := range &f.in[k] {
			f.ranks[k][w] = uint16(rank) // Chunk-64 at most
			rank += bits.OnesCount64(word)
		}
		n += rank
		f.starts = append(f.starts, n)
	}
	if n > min(most, Chunk) {
		return false
	}
	for k := range f.in {
		for i := range f.in[k].All() {
			f.users = append(f.users, uint32(k)<<16|uint32(i))
		}
	}
	return true
}

// rank is how many of the chunk k are selected before i.
func (f *Selection) rank(k int, i uint16) int {
	w := i >> 6
	return int(f.ranks[k][w]) + bits.OnesCount64(f.in[k][w]&below(int(i)))
}

// Len is how many they are.
func (f *Selection) Len() int { return len(f.users) }

// Bytes returns the memory that the selection holds.
func (f *Selection) Bytes() int {
	return 4*cap(f.users) + 8*cap(f.starts) + cap(f.in)*int(reflect.TypeFor[Bits]().Size()) + cap(f.ranks)*int(reflect.TypeFor[ranks]().Size())
}

// User is the one with that number.
func (f *Selection) User(i uint16) uint32 { return f.users[i] }

// Find is the number of a user, if they are selected.
func (f *Selection) Find(u uint32) (i uint16, ok bool) {
	k := int(u >> 16)
	if k >= len(f.in) || !f.in[k].Has(uint16(u)) {
		return 0, false
	}
	return uint16(f.starts[k] + f.rank(k, uint16(u))), true
}

// Words is how many words have a bit for each of them.
func (f *Selection) Words() int { return (len(f.users) + 63) / 64 }

// Load makes the bits those of them who are in a set, by their numbers, and reports whether there is anybody. It takes time in
// proportion to the users selected, or, where the set has a list, to that.
func (f *Selection) Load(s *Set, into []uint64) (some bool) {
	clear(into)
	for k := range min(len(s.chunks), len(f.in)) {
		from, to := f.starts[k], f.starts[k+1]
		switch c := &s.chunks[k]; {
		case from == to || c.count == 0:
			continue
		case len(c.words) > 0:
			gather(into, from, c.words, f.users[from:to])
		case len(c.list) > 0:
			var room [limitOfAll]uint16
			for _, i := range c.listed(&f.in[k], &room) {
				at := from + f.rank(k, i)
				into[at>>6] |= 1 << (at & 63)
			}
		default:
			in := to - from
			if c.count < Chunk {
				in = f.rank(k, uint16(c.count))
			}
			for at := from; at < from+in; at++ {
				into[at>>6] |= 1 << (at & 63)
			}
		}
		some = true
	}
	return some && slices.ContainsFunc(into, func(word uint64) bool { return word != 0 })
}

// gather sets the bits of those of the users, who are of one chunk and numbered from a number on, who are in the words.
func gather(into []uint64, number int, words []uint64, users []uint32) {
	// Each word is made in a register: written to for each user, it would be waited for each time.
	word := uint64(0)
	for _, u := range users {
		if w := int(u & (Chunk - 1) >> 6); w < len(words) {
			word |= words[w] >> (u & 63) & 1 << (number & 63)
		}
		if number++; number&63 == 0 {
			into[number>>6-1] |= word
			word = 0
		}
	}
	if number&63 != 0 {
		into[number>>6] |= word
	}
}
