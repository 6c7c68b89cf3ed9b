package userset

import (
	"math/bits"
	"slices"
)

// few is how long a list may be whatever the size of the chunk: shorter than any bits.
const few = 8

// chunk is what a set has of one chunk, in one of three forms:
//
//   - words are not empty: bits. Who is beyond them is out.
//   - list is not empty: it has the members, ascending.
//   - neither: the members are the first count users; nobody, when that is 0.
//
// Nobody and everybody are one form, so that a set of everybody stays one when users are added in
// order, and costs nothing.
type chunk struct {
	count uint32 // members
	size  uint32 // users of the chunk, as far as is known; it decides no answer, only the form
	words []uint64
	list  []uint16
}

// limit is how long the list of a chunk of size users may be: beyond it, walking the list takes more
// time than going through bits.
func limit(size uint32) int { return max(int(size/128), few) }

// limitOfAll is the limit of the largest chunk.
const limitOfAll = Chunk / 128

// has reports whether i is a member. It is what remains of [Set.Has] after the words.
func (c *chunk) has(i uint16) bool {
	switch {
	case len(c.words) > 0:
		w := int(i >> 6)
		return w < len(c.words) && c.words[w]>>(i&63)&1 != 0
	case len(c.list) > 0:
		return c.list[c.place(i)] == i
	default:
		return uint32(i) < c.count
	}
}

// place returns where i is in the list: the last that is not more, or else the first. Without branches to
// guess, this takes a third of the time that [slices.BinarySearch] does.
func (c *chunk) place(i uint16) int {
	at := 0
	for n := len(c.list); n > 1; {
		half := n / 2
		if c.list[at+half] <= i {
			at += half
		}
		n -= half
	}
	return at
}

// add puts i in and reports whether it was out.
func (c *chunk) add(i uint16) bool {
	if c.has(i) {
		return false
	}
	c.size = max(c.size, uint32(i)+1)
	if len(c.words) == 0 {
		switch {
		case len(c.list) == 0 && uint32(i) == c.count:
			c.count++
			return true
		case int(c.count) < limit(c.size):
			c.enlist()
			at, _ := slices.BinarySearch(c.list, i)
			c.list = slices.Insert(c.list, at, i)
			c.count++
			return true
		}
		c.spread()
	}
	w := int(i >> 6)
	if w >= len(c.words) {
		// By half at least, so that adding in order copies each word a few times only.
		longer := make([]uint64, min(max(wordsOf(int(i)+1), wordsOf(64*len(c.words)*3/2)), Chunk/64))
		copy(longer, c.words)
		c.words = longer
	}
	c.words[w] |= 1 << (i & 63)
	c.count++
	return true
}

// clear takes everybody out. Memory of both forms stays.
func (c *chunk) clear() { *c = chunk{words: c.words[:0], list: c.list[:0]} }

// copy makes the members those of d.
func (c *chunk) copy(d *chunk) {
	*c = chunk{d.count, d.size, append(c.words[:0], d.words...), append(c.list[:0], d.list...)}
}

// addAll puts in who is in d.
func (c *chunk) addAll(d *chunk) {
	if last := len(d.list) - 1; last >= 0 && int(d.list[last]>>6) < len(c.words) {
		came := uint32(0)
		for _, i := range d.list {
			came += uint32(1 - c.words[i>>6]>>(i&63)&1)
			c.words[i>>6] |= 1 << (i & 63)
		}
		c.count, c.size = c.count+came, max(c.size, uint32(d.list[last])+1)
		return
	}
	for _, i := range d.list {
		c.add(i)
	}
	if len(d.list) == 0 {
		var b Bits
		c.load(&b)
		d.or(&b)
		c.put(&b, int(max(c.size, d.size)))
	}
}

// remove takes i out and reports whether it was in.
func (c *chunk) remove(i uint16) bool {
	if !c.has(i) {
		return false
	}
	switch {
	case len(c.words) == 0 && len(c.list) == 0 && uint32(i) == c.count-1:
		c.count--
		return true
	case len(c.words) == 0 && int(c.count) <= limit(c.size):
		c.enlist()
		at, _ := slices.BinarySearch(c.list, i)
		c.list = slices.Delete(c.list, at, at+1)
		c.count--
		return true
	case len(c.words) == 0:
		c.spread()
	}
	c.words[i>>6] &^= 1 << (i & 63)
	c.count--
	// Half of what made it bits, so that nobody who comes and goes changes the form each time.
	if int(c.count) <= limit(c.size)/2 {
		c.enlist()
	}
	return true
}

// enlist makes a list of what is not one.
func (c *chunk) enlist() {
	if len(c.list) > 0 {
		return
	}
	c.list = slices.Grow(c.list, int(c.count))
	if len(c.words) > 0 {
		c.list, c.words = collect(c.list, c.words, 0), nil
		return
	}
	for i := range c.count {
		c.list = append(c.list, uint16(i))
	}
}

// spread makes bits of what is none.
func (c *chunk) spread() {
	c.words = make([]uint64, wordsOf(int(c.size)))
	if len(c.list) > 0 {
		set(c.words, c.list)
	} else {
		for i := range c.count >> 6 {
			c.words[i] = ^uint64(0)
		}
		if last := c.count >> 6; int(last) < len(c.words) {
			c.words[last] |= below(int(c.count))
		}
	}
	c.list = nil
}

// put makes those of the first n users of b the members, in the cheapest form. What memory it held, in whichever form, is
// used again.
func (c *chunk) put(b *Bits, n int) {
	full, rest := n>>6, n&63 != 0
	members := count(b[:full])
	if rest {
		members += bits.OnesCount64(b[full] & below(n))
	}
	c.putCounted(b, members, n)
}

// putCounted is put where it is known how many the members are.
func (c *chunk) putCounted(b *Bits, members, n int) {
	full, rest := n>>6, n&63 != 0
	c.clear()
	c.count, c.size = uint32(members), uint32(n)
	switch {
	case members == 0 || members == n:
	case members <= limit(c.size):
		c.list = collect(slices.Grow(c.list, members), b[:full], 0)
		if rest {
			c.list = collect(c.list, []uint64{b[full] & below(n)}, full)
		}
	default:
		c.widen(n)
		copy(c.words, b[:full])
		clear(c.words[full:])
		if rest {
			c.words[full] = b[full] & below(n)
		}
	}
}

// widen makes the words as many as n users take. What they hold is of no use.
func (c *chunk) widen(n int) {
	if w := wordsOf(n); cap(c.words) >= w {
		c.words = c.words[:w]
	} else {
		c.words = make([]uint64, w)
	}
}

// putList is put for members who are listed, ascending.
func (c *chunk) putList(list []uint16, n int) {
	c.clear()
	c.count, c.size = uint32(len(list)), uint32(n)
	switch {
	case len(list) == 0 || len(list) == n:
	case len(list) <= limit(c.size):
		c.list = append(c.list, list...)
	default:
		c.widen(n)
		clear(c.words)
		set(c.words, list)
	}
}

// load makes b the members.
func (c *chunk) load(b *Bits) {
	switch {
	case len(c.words) > 0:
		clear(b[copy(b[:], c.words):])
	case len(c.list) > 0:
		b.Reset()
		c.or(b)
	default:
		b.Fill(int(c.count))
	}
}

// listed are the members of a list who are in b, in that room. Nothing is to be guessed on the way.
func (c *chunk) listed(b *Bits, room *[limitOfAll]uint16) []uint16 {
	n := 0
	for _, i := range c.list {
		room[n] = i
		n += int(b.bit(i))
	}
	return room[:n]
}

// and leaves the members in b.
func (c *chunk) and(b *Bits) {
	switch {
	case len(c.words) > 0:
		and(b[:], c.words)
		clear(b[len(c.words):])
	case len(c.list) > 0:
		var room [limitOfAll]uint16
		kept := c.listed(b, &room)
		b.Reset()
		for _, i := range kept {
			b.Set(i)
		}
	default:
		b.cut(int(c.count))
	}
}

// andEither leaves those in b who are members of c or of d.
func (c *chunk) andEither(d *chunk, b *Bits) {
	if len(c.words) < len(d.words) {
		c, d = d, c
	}
	switch {
	case d.count == 0:
		c.and(b)
	case len(d.words) > 0:
		n := len(d.words)
		andEither(b[:n], c.words[:n], d.words)
		and(b[n:], c.words[n:])
		clear(b[len(c.words):])
	case len(d.list) > 0:
		var room [limitOfAll]uint16
		kept := d.listed(b, &room)
		c.and(b)
		for _, i := range kept {
			b.Set(i)
		}
	default:
		also := *b
		d.and(&also)
		c.and(b)
		b.Or(&also)
	}
}

// countAnd returns how many of b are members.
func (c *chunk) countAnd(b *Bits) int {
	switch {
	case len(c.words) > 0:
		return countAnd(b[:], c.words)
	case len(c.list) > 0:
		n := 0
		for _, i := range c.list {
			n += int(b.bit(i))
		}
		return n
	default:
		full := int(c.count >> 6)
		n := count(b[:full])
		if full < len(b) {
			n += bits.OnesCount64(b[full] & below(int(c.count)))
		}
		return n
	}
}

// andNot takes the members out of b.
func (c *chunk) andNot(b *Bits) {
	switch {
	case len(c.words) > 0:
		andNot(b[:], c.words)
	case len(c.list) > 0:
		for _, i := range c.list {
			b.Clear(i)
		}
	default:
		b.drop(int(c.count))
	}
}

// or puts the members in b.
func (c *chunk) or(b *Bits) {
	switch {
	case len(c.words) > 0:
		or(b[:], c.words)
	case len(c.list) > 0:
		b.SetAll(c.list)
	default:
		b.set(0, int(c.count))
	}
}

// orNot puts those of the first n users in b who are not members.
func (c *chunk) orNot(b *Bits, n int) {
	switch {
	case len(c.words) > 0:
		end := min(n>>6, len(c.words))
		orNot(b[:end], c.words[:end])
		if end < len(c.words) {
			b[end] |= below(n) &^ c.words[end]
			return
		}
		b.set(end<<6, n)
	case len(c.list) > 0:
		var out [limitOfAll]uint16
		m := 0
		for _, i := range c.list {
			out[m] = i
			m += int(1 - b.bit(i))
		}
		b.set(0, n)
		for _, i := range out[:m] {
			b.Clear(i)
		}
	default:
		b.set(int(c.count), n)
	}
}

// xor leaves those in b who are in b or members, not both.
func (c *chunk) xor(b *Bits) {
	switch {
	case len(c.words) > 0:
		xor(b[:], c.words)
	case len(c.list) > 0:
		for _, i := range c.list {
			b[i>>6] ^= 1 << (i & 63)
		}
	default:
		b.flip(int(c.count))
	}
}

// append appends the members to the list.
func (c *chunk) append(list []uint16) []uint16 {
	switch {
	case len(c.words) > 0:
		return collect(slices.Grow(list, int(c.count)), c.words, 0)
	case len(c.list) > 0:
		return append(list, c.list...)
	}
	for i := range c.count {
		list = append(list, uint16(i))
	}
	return list
}

// appendIn appends those members to the list who are in b, and stops where it is longer than most.
func (c *chunk) appendIn(b *Bits, list []uint16, most int) []uint16 {
	switch {
	case len(c.list) > 0:
		var room [limitOfAll]uint16
		in := c.listed(b, &room)
		return append(list, in[:min(len(in), max(most+1-len(list), 0))]...)
	case c.count > 0:
		both := *b
		c.and(&both)
		for i := range both.All() {
			if len(list) > most {
				break
			}
			list = append(list, i)
		}
	}
	return list
}
