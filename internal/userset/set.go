package userset

import (
	"iter"
	"reflect"
)

// Set is a set of users. The zero Set is empty.
//
// Each chunk has one of four forms: nobody; all of the first n users; a list, of 1/128 of the chunk's
// users at most (or of a few); bits. The form decides what a chunk costs and never an answer. "All of
// the first n" stays that when the population grows: who comes later is out until he is added.
//
// Reads may run at once with reads, but not with a write. A Set may not be copied once it is used.
// Numbers of users of a chunk are of 0 to [Chunk].
type Set struct {
	chunks []chunk // those after the last have nobody
}

// at returns the chunk to read.
func (s *Set) at(k int) *chunk {
	if k < len(s.chunks) {
		return &s.chunks[k]
	}
	return new(chunk)
}

// open returns the chunk to write.
func (s *Set) open(k int) *chunk {
	if k >= len(s.chunks) {
		if k >= cap(s.chunks) { // by half at least, so that filling it in order copies each chunk a few times only
			s.chunks = append(make([]chunk, 0, max(k+1, len(s.chunks)*3/2)), s.chunks...)
		}
		s.chunks = s.chunks[:k+1]
	}
	return &s.chunks[k]
}

// Grow makes room for so many chunks. Those may be written to at once then, each by one.
func (s *Set) Grow(chunks int) {
	if chunks > len(s.chunks) {
		s.open(chunks - 1)
	}
}

// Clear takes everybody out, and keeps the memory for those who come.
func (s *Set) Clear() {
	for k := range s.chunks {
		s.chunks[k].clear()
	}
}

// Copy makes s a set of those who are in t.
func (s *Set) Copy(t *Set) {
	s.Clear()
	for k := len(t.chunks) - 1; k >= 0; k-- { // from the last on, so that the set grows once
		if t.chunks[k].count > 0 {
			s.open(k).copy(&t.chunks[k])
		}
	}
}

// Has reports whether u is in.
func (s *Set) Has(u uint32) bool {
	k := int(u >> 16)
	if k >= len(s.chunks) {
		return false
	}
	c := &s.chunks[k]
	if w := int(u & (Chunk - 1) >> 6); w < len(c.words) {
		return c.words[w]>>(u&63)&1 != 0
	}
	return c.has(uint16(u))
}

// Add puts u in and reports whether it was out.
func (s *Set) Add(u uint32) bool { return s.open(int(u >> 16)).add(uint16(u)) }

// AddAll puts in who is in t.
func (s *Set) AddAll(t *Set) {
	for k := len(t.chunks) - 1; k >= 0; k-- { // from the last on, so that the set grows once
		if c := &t.chunks[k]; c.count > 0 {
			s.open(k).addAll(c)
		}
	}
}

// Remove takes u out and reports whether it was in.
func (s *Set) Remove(u uint32) bool {
	k := int(u >> 16)
	return k < len(s.chunks) && s.chunks[k].remove(uint16(u))
}

// Count returns how many are in. It takes time in proportion to the chunks.
func (s *Set) Count() int {
	n := 0
	for i := range s.chunks {
		n += int(s.chunks[i].count)
	}
	return n
}

// CountIn returns how many of the chunk are in.
func (s *Set) CountIn(chunk int) int { return int(s.at(chunk).count) }

// All yields who is in, ascending.
func (s *Set) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for k := range s.chunks {
			c, base := &s.chunks[k], uint32(k)<<16
			switch {
			case len(c.words) > 0:
				if !each(c.words, func(i uint16) bool { return yield(base | uint32(i)) }) {
					return
				}
			case len(c.list) > 0:
				for _, i := range c.list {
					if !yield(base | uint32(i)) {
						return
					}
				}
			default:
				for i := range c.count {
					if !yield(base | i) {
						return
					}
				}
			}
		}
	}
}

// Put makes those of b, as far as the first n users go, what the set has of the chunk, in the form that
// is cheapest for a chunk of n users. The memory that the set has for the chunk is used again.
func (s *Set) Put(chunk int, b *Bits, n int) { s.open(chunk).put(b, n) }

// PutCounted is [Set.Put] of bits that are known to have so many members, all of them of the first n users.
func (s *Set) PutCounted(chunk int, b *Bits, members, n int) { s.open(chunk).putCounted(b, members, n) }

// PutList is [Set.Put] of those who are listed: ascending, each once, and all of them of the first n users.
// The list is copied.
func (s *Set) PutList(chunk int, list []uint16, n int) { s.open(chunk).putList(list, n) }

// Load makes b what the set has of the chunk.
func (s *Set) Load(chunk int, b *Bits) { s.at(chunk).load(b) }

// And leaves those in b who are in the set, too.
func (s *Set) And(chunk int, b *Bits) { s.at(chunk).and(b) }

// AndEither leaves those in b who are in s, in t, or in both.
func (s *Set) AndEither(t *Set, chunk int, b *Bits) { s.at(chunk).andEither(t.at(chunk), b) }

// CountAnd returns how many of b are in the set.
func (s *Set) CountAnd(chunk int, b *Bits) int { return s.at(chunk).countAnd(b) }

// AndNot takes those out of b who are in the set.
func (s *Set) AndNot(chunk int, b *Bits) { s.at(chunk).andNot(b) }

// Or puts those in b who are in the set.
func (s *Set) Or(chunk int, b *Bits) { s.at(chunk).or(b) }

// OrNot puts those of the first n users in b who are not in the set.
func (s *Set) OrNot(chunk int, b *Bits, n int) { s.at(chunk).orNot(b, n) }

// Xor leaves those in b who are in one of b and the set.
func (s *Set) Xor(chunk int, b *Bits) { s.at(chunk).xor(b) }

// Append appends to the list who of the chunk is in the set, ascending.
func (s *Set) Append(chunk int, list []uint16) []uint16 { return s.at(chunk).append(list) }

// AppendIn appends to the list who is in the set and in b, ascending, and stops where that makes it longer than most.
func (s *Set) AppendIn(chunk int, b *Bits, list []uint16, most int) []uint16 {
	return s.at(chunk).appendIn(b, list, most)
}

// Bytes returns the memory that the set holds.
func (s *Set) Bytes() int {
	n := int(reflect.TypeFor[Set]().Size()) + cap(s.chunks)*int(reflect.TypeFor[chunk]().Size())
	for i := range s.chunks {
		n += 8*cap(s.chunks[i].words) + 2*cap(s.chunks[i].list)
	}
	return n
}

// Equal reports whether the same users are in t, whatever the forms.
func (s *Set) Equal(t *Set) bool {
	var b Bits
	for k := range max(len(s.chunks), len(t.chunks)) {
		c, d := s.at(k), t.at(k)
		if c.count != d.count {
			return false
		}
		c.load(&b)
		d.xor(&b)
		if !b.Empty() {
			return false
		}
	}
	return true
}
