// Package userset holds sets of users who are numbered densely from 0, in chunks of 65,536.
//
// A [Set] is what is kept, each chunk in the form that is cheapest; [Bits] are one chunk of scratch
// memory, in which sets are combined. So no combination allocates, and a set of nobody, of everybody or
// of few costs what it says.
//
// It may not know who the users are, why they are in a set, or anything else of package groups.
package userset

import "iter"

// Chunk is the number of users of one chunk.
const Chunk = 1 << 16

// Bits are the members of one chunk, a bit each. The zero Bits have none. Numbers of users, where a
// method takes one, are of 0 to Chunk.
type Bits [Chunk / 64]uint64

// Reset leaves nobody in.
func (b *Bits) Reset() { *b = Bits{} }

// Fill leaves exactly the first n users in.
func (b *Bits) Fill(n int) {
	clear(b[n>>6:])
	b.set(0, n)
}

// Has reports whether i is in.
func (b *Bits) Has(i uint16) bool { return b.bit(i) != 0 }

// bit is Has as a number.
func (b *Bits) bit(i uint16) uint64 { return b[i>>6] >> (i & 63) & 1 }

// Set puts i in.
func (b *Bits) Set(i uint16) { b[i>>6] |= 1 << (i & 63) }

// SetAll puts those in who are listed.
func (b *Bits) SetAll(list []uint16) { set(b[:], list) }

// Clear takes i out.
func (b *Bits) Clear(i uint16) { b[i>>6] &^= 1 << (i & 63) }

// And leaves those in who are in c too.
func (b *Bits) And(c *Bits) { and(b[:], c[:]) }

// Or puts those in who are in c.
func (b *Bits) Or(c *Bits) { or(b[:], c[:]) }

// AndNot takes those out who are in c.
func (b *Bits) AndNot(c *Bits) { andNot(b[:], c[:]) }

// Xor leaves those in who are in one of b and c.
func (b *Bits) Xor(c *Bits) { xor(b[:], c[:]) }

// Complement leaves those of the first n users in who were not.
func (b *Bits) Complement(n int) {
	b.flip(n)
	b.cut(n)
}

// Count returns how many are in.
func (b *Bits) Count() int { return count(b[:]) }

// Empty reports whether nobody is in.
func (b *Bits) Empty() bool {
	for rest := b[:]; len(rest) >= stride; rest = rest[stride:] {
		if !none((*[stride]uint64)(rest)) {
			return false
		}
	}
	return true
}

// All yields who is in, ascending.
func (b *Bits) All() iter.Seq[uint16] {
	return func(yield func(uint16) bool) { each(b[:], yield) }
}

// set puts the users from and up to, but not including, to in.
func (b *Bits) set(from, to int) {
	if from >= to {
		return
	}
	first, last := from>>6, to>>6
	if first == last {
		b[first] |= below(to) &^ below(from)
		return
	}
	b[first] |= ^below(from)
	ones(b[first+1 : last])
	if last < len(b) {
		b[last] |= below(to)
	}
}

// drop takes the first n users out.
func (b *Bits) drop(n int) {
	clear(b[:n>>6])
	if n < Chunk {
		b[n>>6] &^= below(n)
	}
}

// cut takes all but the first n users out.
func (b *Bits) cut(n int) {
	if n < Chunk {
		b[n>>6] &= below(n)
		clear(b[n>>6+1:])
	}
}

// flip takes those of the first n users out who were in, and puts the others in.
func (b *Bits) flip(n int) {
	not(b[:n>>6])
	if n < Chunk {
		b[n>>6] ^= below(n)
	}
}
