package userset

import "math/bits"

// stride is how many words the loops below take at once, written out: that is what a plain loop
// lacks. Sets and Bits hold multiples of it.
const stride = 8

// and, andNot, or, xor and orNot change the words of b by those of c, as far as both go.

func and(b, c []uint64) {
	for len(b) >= stride && len(c) >= stride {
		x, y := (*[stride]uint64)(b), (*[stride]uint64)(c)
		x[0] &= y[0]
		x[1] &= y[1]
		x[2] &= y[2]
		x[3] &= y[3]
		x[4] &= y[4]
		x[5] &= y[5]
		x[6] &= y[6]
		x[7] &= y[7]
		b, c = b[stride:], c[stride:]
	}
}

// andEither changes the words of b by those that c and d have together. They are of one length.
func andEither(b, c, d []uint64) {
	for len(b) >= stride && len(c) >= stride && len(d) >= stride {
		x, y, z := (*[stride]uint64)(b), (*[stride]uint64)(c), (*[stride]uint64)(d)
		x[0] &= y[0] | z[0]
		x[1] &= y[1] | z[1]
		x[2] &= y[2] | z[2]
		x[3] &= y[3] | z[3]
		x[4] &= y[4] | z[4]
		x[5] &= y[5] | z[5]
		x[6] &= y[6] | z[6]
		x[7] &= y[7] | z[7]
		b, c, d = b[stride:], c[stride:], d[stride:]
	}
}

func andNot(b, c []uint64) {
	for len(b) >= stride && len(c) >= stride {
		x, y := (*[stride]uint64)(b), (*[stride]uint64)(c)
		x[0] &^= y[0]
		x[1] &^= y[1]
		x[2] &^= y[2]
		x[3] &^= y[3]
		x[4] &^= y[4]
		x[5] &^= y[5]
		x[6] &^= y[6]
		x[7] &^= y[7]
		b, c = b[stride:], c[stride:]
	}
}

func or(b, c []uint64) {
	for len(b) >= stride && len(c) >= stride {
		x, y := (*[stride]uint64)(b), (*[stride]uint64)(c)
		x[0] |= y[0]
		x[1] |= y[1]
		x[2] |= y[2]
		x[3] |= y[3]
		x[4] |= y[4]
		x[5] |= y[5]
		x[6] |= y[6]
		x[7] |= y[7]
		b, c = b[stride:], c[stride:]
	}
}

func xor(b, c []uint64) {
	for len(b) >= stride && len(c) >= stride {
		x, y := (*[stride]uint64)(b), (*[stride]uint64)(c)
		x[0] ^= y[0]
		x[1] ^= y[1]
		x[2] ^= y[2]
		x[3] ^= y[3]
		x[4] ^= y[4]
		x[5] ^= y[5]
		x[6] ^= y[6]
		x[7] ^= y[7]
		b, c = b[stride:], c[stride:]
	}
}

func orNot(b, c []uint64) {
	for len(b) >= stride && len(c) >= stride {
		x, y := (*[stride]uint64)(b), (*[stride]uint64)(c)
		x[0] |= ^y[0]
		x[1] |= ^y[1]
		x[2] |= ^y[2]
		x[3] |= ^y[3]
		x[4] |= ^y[4]
		x[5] |= ^y[5]
		x[6] |= ^y[6]
		x[7] |= ^y[7]
		b, c = b[stride:], c[stride:]
	}
	for i := range min(len(b), len(c)) {
		b[i] |= ^c[i]
	}
}

// not turns every bit of the words.
func not(b []uint64) {
	for len(b) >= stride {
		x := (*[stride]uint64)(b)
		x[0] = ^x[0]
		x[1] = ^x[1]
		x[2] = ^x[2]
		x[3] = ^x[3]
		x[4] = ^x[4]
		x[5] = ^x[5]
		x[6] = ^x[6]
		x[7] = ^x[7]
		b = b[stride:]
	}
	for i := range b {
		b[i] = ^b[i]
	}
}

// ones sets every bit of the words, by copying ever longer runs: [copy] is faster than any loop.
func ones(b []uint64) {
	if len(b) > 0 {
		b[0] = ^uint64(0)
	}
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// set sets the bits at the places of the list. Where it ascends many of them share a word, and each would wait for the
// one before: so it goes on at four places at once.
func set(b []uint64, list []uint16) {
	quarter := len(list) / 4
	x, y, z, rest := list[:quarter], list[quarter:2*quarter], list[2*quarter:3*quarter], list[3*quarter:]
	for i, u := range x {
		b[u>>6] |= 1 << (u & 63)
		b[y[i]>>6] |= 1 << (y[i] & 63)
		b[z[i]>>6] |= 1 << (z[i] & 63)
		b[rest[i]>>6] |= 1 << (rest[i] & 63)
	}
	for _, u := range rest[quarter:] {
		b[u>>6] |= 1 << (u & 63)
	}
}

// count returns how many bits of the words are set.
func count(b []uint64) int {
	n := 0
	for len(b) >= stride {
		x := (*[stride]uint64)(b)
		n += bits.OnesCount64(x[0]) + bits.OnesCount64(x[1]) + bits.OnesCount64(x[2]) + bits.OnesCount64(x[3]) +
			bits.OnesCount64(x[4]) + bits.OnesCount64(x[5]) + bits.OnesCount64(x[6]) + bits.OnesCount64(x[7])
		b = b[stride:]
	}
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// countAnd returns how many bits are set in both, as far as both go.
func countAnd(b, c []uint64) int {
	n := 0
	for len(b) >= stride && len(c) >= stride {
		x, y := (*[stride]uint64)(b), (*[stride]uint64)(c)
		n += bits.OnesCount64(x[0]&y[0]) + bits.OnesCount64(x[1]&y[1]) + bits.OnesCount64(x[2]&y[2]) + bits.OnesCount64(x[3]&y[3]) +
			bits.OnesCount64(x[4]&y[4]) + bits.OnesCount64(x[5]&y[5]) + bits.OnesCount64(x[6]&y[6]) + bits.OnesCount64(x[7]&y[7])
		b, c = b[stride:], c[stride:]
	}
	return n
}

// each calls yield with the place of every set bit, ascending, until yield has had enough. It reports
// whether it got to the end.
func each(b []uint64, yield func(uint16) bool) bool {
	for i := 0; i < len(b); i++ {
		if rest := b[i:]; len(rest) >= stride && none((*[stride]uint64)(rest)) {
			i += stride - 1
			continue
		}
		for w := b[i]; w != 0; w &= w - 1 {
			if !yield(uint16(i<<6 | bits.TrailingZeros64(w))) {
				return false
			}
		}
	}
	return true
}

// none reports whether no bit of the words is set.
func none(x *[stride]uint64) bool { return x[0]|x[1]|x[2]|x[3]|x[4]|x[5]|x[6]|x[7] == 0 }

// collect appends to the list the places of the bits that are set, when the first word is the one at first.
func collect(list []uint16, b []uint64, first int) []uint16 {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			list = append(list, uint16((first+i)<<6|bits.TrailingZeros64(w)))
		}
	}
	return list
}

// below is a word whose first n bits are set, of n modulo 64.
func below(n int) uint64 { return 1<<(n&63) - 1 }

// wordsOf is how many words hold n bits, a multiple of stride.
func wordsOf(n int) int { return (n + 64*stride - 1) / (64 * stride) * stride }
