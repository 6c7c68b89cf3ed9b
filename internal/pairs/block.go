package pairs

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// A block is a run of pairs of one key.
type block[V any] struct {
	rows   []row
	values []*V // of the rows that have one, in their order
}

// A side is the blocks of a set, none empty, the members ascending through all of them, and what was written since they
// were made, in the order in which it was: that is put in its place when somebody wants to read, or there is much of it.
type side[V any] struct {
	blocks []*block[V]
	since  []row
}

// A row is the number of a key, and the code of a cell. It has no padding, and nothing for the garbage
// collector to follow.
type row struct {
	number [4]byte
	code   uint8
}

// valued is the bit of a row's code that says that the block has a value for it.
const valued = Codes

// blockRows is how many rows a block holds when it is made; it may come to hold twice as many. To put one row in its
// place copies one block and the list of blocks, and this is where they are about equally long when there are
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

// An inside is the sets that a member is in, in one block that no reader has, ascending by their numbers, so that no key
// is looked at to find one. It marks the hashes of their keys
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
	switch came, went := enter(&in.block, number, c); {
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
func enter[V any](b *block[V], number uint32, c Cell[V]) (came, went bool) {
	at, found := find(b.rows, number)
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

// fewRows is how many rows wait to be put in their places together, so that a write of one need not find its own.
const fewRows = 64

// put writes rows to a set, where one without code and value takes a row out.
func put[K cmp.Ordered, V any](s *side[V], keys []K, written block[V]) {
	if few := len(s.since)+len(written.rows) <= fewRows; few && len(written.values) == 0 {
		s.since = append(s.since, written.rows...)
		return
	}
	settle(s, keys)
	s.blocks = merge(s.blocks, keys, written)
}

// settle puts what was written in its place. Of what was written several times the last counts.
func settle[K cmp.Ordered, V any](s *side[V], keys []K) {
	if len(s.since) == 0 {
		return
	}
	rows := s.since
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(keys[a.of()], keys[b.of()]) })
	last := rows[:0]
	for i, r := range rows {
		if i+1 == len(rows) || rows[i+1].number != r.number {
			last = append(last, r)
		}
	}
	s.blocks, s.since = merge(s.blocks, keys, block[V]{rows: last}), nil
}

// merge makes a new list of blocks, in which those that written touches are new.
func merge[K cmp.Ordered, V any](list []*block[V], keys []K, written block[V]) []*block[V] {
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
		if n := len(merged.rows); 0 < n && n <= 2*blockRows {
			out = append(out, &merged)
			continue
		}
		for len(merged.rows) > 0 {
			part, merged = merged.cut(min(blockRows, len(merged.rows)))
			out = append(out, &block[V]{slices.Clone(part.rows), slices.Clone(part.values)})
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

// cell returns the cell of the row at a place.
func (b *block[V]) cell(at int) Cell[V] {
	c, _ := cellOf(b.rows[at], b.values[valuesOf(b.rows[:at], b.values):])
	return c
}

// order puts the rows of a block that nobody else has in the order of their keys.
func order[K cmp.Ordered, V any](b *block[V], keys []K) {
	byKey := func(a, b row) int { return cmp.Compare(keys[a.of()], keys[b.of()]) }
	if slices.IsSortedFunc(b.rows, byKey) { // numbers are often given in their order
		return
	}
	values, rest := map[row]*V{}, b.values
	for _, r := range b.rows {
		if r.code&valued != 0 {
			values[r], rest = rest[0], rest[1:]
		}
	}
	slices.SortFunc(b.rows, byKey)
	b.values = b.values[:0]
	for _, r := range b.rows {
		if r.code&valued != 0 {
			b.values = append(b.values, values[r])
		}
	}
}

// find returns the place of a number among the rows of a member, or where it would stand.
func find(rows []row, number uint32) (at int, found bool) {
	at = len(rows)
	for from := 0; from < at; {
		half := int(uint(from+at) / 2)
		if rows[half].of() < number {
			from = half + 1
		} else {
			at = half
		}
	}
	return at, at < len(rows) && rows[at].of() == number
}

// search returns the place of key among the rows, or where it would stand.
func search[K cmp.Ordered](rows []row, keys []K, key K) (at int, found bool) {
	return slices.BinarySearchFunc(rows, key, func(r row, k K) int { return cmp.Compare(keys[r.of()], k) })
}
