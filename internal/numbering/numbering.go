// Package numbering finds the numbers that things were given by what they are. It keeps no thing: whoever numbers
// them has them by number, and says whether one is meant. So it is small, moves nothing when it grows, and has no
// pointer in it.
//
// It may not know what is numbered, nor how it is hashed.
package numbering

// A Table has numbers by hash. The zero Table is empty. Reads may run at once with reads, not with writes.
type Table struct {
	slots []slot // a power of two, a quarter free at least
	len   int
}

// slot is free where after is 0.
type slot struct {
	hash  uint32
	after uint32 // the number, and one
}

// Len is how many numbers there are.
func (t *Table) Len() int { return t.len }

// Find returns the number with that hash that is meant.
func (t *Table) Find(hash uint32, meant func(number uint32) bool) (number uint32, ok bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; t.slots[i].after != 0; i = (i + 1) & mask {
		if s := t.slots[i]; s.hash == hash && meant(s.after-1) {
			return s.after - 1, true
		}
	}
	return 0, false
}

// First returns a number with that hash, nearly always the only one, or 0 where there is none: whoever looks many up asks
// for these first, which waits for nothing but the table, and then whether they are meant.
func (t *Table) First(hash uint32) (number uint32) {
	if len(t.slots) == 0 {
		return 0
	}
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].after != 0 && t.slots[i].hash != hash {
		i = (i + 1) & mask
	}
	return max(t.slots[i].after, 1) - 1
}

// Add takes in a number, which is not the largest there is. That no other is meant by the same thing is for the caller
// to know.
func (t *Table) Add(hash, number uint32) {
	if 4*(t.len+1) > 3*len(t.slots) {
		t.grow(2 * (t.len + 1))
	}
	t.len++
	t.put(slot{hash, number + 1})
}

// Grow makes room for so many more.
func (t *Table) Grow(more int) { t.grow(t.len + more) }

func (t *Table) grow(n int) {
	size := max(len(t.slots), 8)
	for 4*n > 3*size {
		size *= 2
	}
	if size == len(t.slots) {
		return
	}
	before := t.slots
	t.slots = make([]slot, size)
	for _, s := range before {
		if s.after != 0 {
			t.put(s)
		}
	}
}

func (t *Table) put(s slot) {
	mask := uint32(len(t.slots) - 1)
	i := s.hash & mask
	for t.slots[i].after != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

// Bytes is how much memory the table takes.
func (t *Table) Bytes() int { return 8 * len(t.slots) }
