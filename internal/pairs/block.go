package pairs

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// A block is a run of pairs of one key, ascending by the other one.
type block[V any] struct {
	rows   []row
	values []*V   // of the rows that have one, in their order
	made   uint64 // how often the set had been read by then
}

// A side is the blocks of a set, none empty, the members ascending through all of them. reads counts how often it was
// handed to a reader: a block that was made since has none, and is written to in its place.
type side[V any] struct {
	blocks []*block[V]
	reads  uint64
}

// A row is the number of a key, and the code of a cell. It has no padding, and nothing for the garbage
// collector to follow.
type row struct {
	number [4]byte
	code   uint8
}

// valued is the bit of a row's code that says that the block has a value for it.
const valued = Codes

// blockRows is how many rows a block holds when it is made; it may come to hold twice as many. The first write after
// a read copies one block and the list of blocks, and this is where they are about equally long when there are
// a million rows.
const blockRows = 1024

func (r row) of() uint32 { return binary.LittleEndian.Uint32(r.number[:]) }

func (c Cell[V]) empty() bool { return c.Code == 0 && c.Value == nil }

// row is the cell with a number, as it is kept.
func (c Cell[V]) row(number uint32) row {
	r := row{code: c.Code &^ valued}
	binary.LittleEndian.PutUint32(r.number[:], number)
	if c.Value != nil {
		r.code |= valued
	}
	return r
}

// add puts a row behind the others.
func (b *block[V]) add(number uint32, c Cell[V]) {
	b.rows = append(b.rows, c.row(number))
	if c.Value != nil {
		b.values = append(b.values, c.Value)
	}
}

// cellOf is the cell of a row, whose value is the first of values if it has one, and the rest of those.
func cellOf[V any](r row, values []*V) (c Cell[V], rest []*V) {
	if r.code&valued == 0 {
		return Cell[V]{Code: r.code}, values
	}
	return Cell[V]{r.code &^ valued, values[0]}, values[1:]
}

// take puts rows of another block behind the others, with as many of the values as they have, and returns
// the rest of the values.
func (b *block[V]) take(rows []row, values []*V) (rest []*V) {
	b.rows = append(b.rows, rows...)
	n := valuesOf(rows, values)
	b.values = append(b.values, values[:n]...)
	return values[n:]
}

// valuesOf is how many of the rows have a value, which are the first of values.
func valuesOf[V any](rows []row, values []*V) int {
	if len(values) == 0 {
		return 0
	}
	n := 0
	for _, r := range rows {
		n += int(r.code / valued)
	}
	return n
}

// cut splits a block; both parts share what it has.
func (b block[V]) cut(at int) (head, rest block[V]) {
	v := valuesOf(b.rows[:at], b.values)
	return block[V]{rows: b.rows[:at], values: b.values[:v]}, block[V]{rows: b.rows[at:], values: b.values[v:]}
}

// An inside is the sets that a member is in, in one block that no reader has. It marks the hashes of their keys
// in 16 bytes, so that most questions about a pair of which nothing is kept end there: all of it is as long as
// what a processor reads at once.
type inside[V any] struct {
	block[V]
	marks [2]uint64
}

// mark sets the bit of a hash, which others share.
func (in *inside[V]) mark(hash uint64) { in.marks[hash>>6&1] |= 1 << (hash & 63) }

// mayHave is false only where no key in the block has the hash.
func (in *inside[V]) mayHave(hash uint64) bool { return in.marks[hash>>6&1]>>(hash&63)&1 != 0 }

// fewMarked is up to how many rows it is worth to mark the hashes of those that are left.
const fewMarked = 32

// place puts a cell in.
func place[K ~string, V any](in *inside[V], seed maphash.Seed, keys []K, number uint32, c Cell[V]) {
	switch came, went := enter(&in.block, keys, number, c); {
	case len(in.rows) == 0:
		*in = inside[V]{}
	case went && len(in.rows) <= fewMarked: // among more they tell little, and some of who went do no harm
		in.marks = [2]uint64{}
		for _, r := range in.rows {
			in.mark(maphash.String(seed, string(keys[r.of()])))
		}
	case came:
		in.mark(maphash.String(seed, string(keys[number])))
	}
}

// enter puts a cell in a block that no reader has, and reports whether its row came or went.
func enter[K cmp.Ordered, V any](b *block[V], keys []K, number uint32, c Cell[V]) (came, went bool) {
	at, found := len(b.rows), false
	if at > 0 && keys[b.rows[at-1].of()] >= keys[number] { // sets are often filled in their order
		at, found = search(b.rows, keys, keys[number])
	}
	if c.Value != nil || found && b.rows[at].code&valued != 0 {
		v := valuesOf(b.rows[:at], b.values)
		if found && b.rows[at].code&valued != 0 {
			b.values = slices.Delete(b.values, v, v+1)
		}
		if c.Value != nil {
			b.values = slices.Insert(b.values, v, c.Value)
		}
	}
	switch {
	case found && c.empty():
		b.rows = slices.Delete(b.rows, at, at+1)
		return false, true
	case found:
		b.rows[at] = c.row(number)
	case !c.empty():
		b.rows = slices.Insert(b.rows, at, c.row(number))
		return true, false
	}
	return false, false
}

// fewRows is how many rows are entered one by one faster than a block is copied.
const fewRows = 16

// put writes rows to a set, where one without code and value takes a row out.
func put[K cmp.Ordered, V any](s *side[V], keys []K, written block[V]) {
	for len(written.rows) > 0 {
		if len(written.rows) > fewRows || !edit(s, keys, written) {
			s.blocks = merge(s, keys, written)
			return
		}
		_, written = written.cut(1)
	}
}

// edit writes the first of the rows to its block, unless a reader has that, or it would be split or lost.
func edit[K cmp.Ordered, V any](s *side[V], keys []K, written block[V]) bool {
	if len(s.blocks) == 0 {
		return false
	}
	number := written.rows[0].of()
	b := s.blocks[0]
	if len(s.blocks) > 1 {
		b = s.blocks[max(0, blockOf(s.blocks, keys, keys[number]))]
	}
	if b.made != s.reads || len(b.rows) == 1 || len(b.rows) == 2*blockRows {
		return false
	}
	c, _ := cellOf(written.rows[0], written.values)
	enter(b, keys, number, c)
	return true
}

// merge makes a new list of blocks, in which those that written touches are new.
func merge[K cmp.Ordered, V any](s *side[V], keys []K, written block[V]) []*block[V] {
	list := s.blocks
	out := make([]*block[V], 0, len(list)+1)
	for len(written.rows) > 0 {
		// The first block takes what comes before it as well, and each what comes before the next.
		at := max(0, blockOf(list, keys, keys[written.rows[0].of()]))
		var old block[V]
		if len(list) > 0 {
			out = append(out, list[:at]...)
			old, list = *list[at], list[at+1:]
		}
		n := len(written.rows)
		if len(list) > 0 {
			n, _ = search(written.rows, keys, keys[list[0].rows[0].of()])
		}
		var part block[V]
		part, written = written.cut(n)
		merged := mergeBlock(old, keys, part)
		merged.made = s.reads
		if n := len(merged.rows); 0 < n && n <= 2*blockRows {
			out = append(out, &merged)
			continue
		}
		for len(merged.rows) > 0 {
			part, merged = merged.cut(min(blockRows, len(merged.rows)))
			out = append(out, &block[V]{slices.Clone(part.rows), slices.Clone(part.values), s.reads})
		}
	}
	return append(out, list...)
}

// mergeBlock returns old with what was written, which is used up.
func mergeBlock[K cmp.Ordered, V any](old block[V], keys []K, written block[V]) block[V] {
	if len(old.rows) == 0 {
		written.rows = slices.DeleteFunc(written.rows, func(r row) bool { return r.code == 0 })
		return written
	}
	merged := block[V]{rows: make([]row, 0, len(old.rows)+len(written.rows))}
	for i, w := range written.rows {
		at, found := 0, true
		if len(old.rows) == 0 || old.rows[0].number != w.number {
			at, found = search(old.rows, keys, keys[w.of()])
		}
		old.values = merged.take(old.rows[:at], old.values)
		old.rows = old.rows[at:]
		if found {
			_, old = old.cut(1)
		}
		if w.code != 0 {
			written.values = merged.take(written.rows[i:i+1], written.values)
		}
	}
	merged.take(old.rows, old.values)
	return merged
}

// blockOf returns the last block that begins at or before key, or -1.
func blockOf[K cmp.Ordered, V any](blocks []*block[V], keys []K, key K) int {
	at, found := slices.BinarySearchFunc(blocks, key, func(b *block[V], k K) int { return cmp.Compare(keys[b.rows[0].of()], k) })
	if found {
		return at
	}
	return at - 1
}

// near is how many rows are searched by number: to look at a key costs as much as to look at many numbers.
const near = 32

// at returns the cell with a number.
func at[K cmp.Ordered, V any](b *block[V], keys []K, number uint32) Cell[V] {
	rows, from := b.rows, 0
	for len(rows) > near {
		if half := len(rows) / 2; keys[rows[half].of()] <= keys[number] {
			rows, from = rows[half:], from+half
		} else {
			rows = rows[:half]
		}
	}
	for i, r := range rows {
		switch {
		case r.of() != number:
		case r.code&valued == 0:
			return Cell[V]{Code: r.code}
		default:
			c, _ := cellOf(r, b.values[valuesOf(b.rows[:from+i], b.values):])
			return c
		}
	}
	return Cell[V]{}
}

// search returns the place of key among the rows, or where it would stand.
func search[K cmp.Ordered](rows []row, keys []K, key K) (at int, found bool) {
	return slices.BinarySearchFunc(rows, key, func(r row, k K) int { return cmp.Compare(keys[r.of()], k) })
}
