// Package ordered holds a map that can also be read in the order of its keys, as it was at one moment,
// and a log that is read likewise in its own.
//
// It promises that what [Map.Rows] returned is never written to again, so that a reader needs no lock
// while writers go on, and that a write costs the same however much the map holds. It may not know
// what the rows are, or who locks what.
package ordered

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// A Map holds rows by key. The zero Map is empty. Its methods must not run at once; the [Rows] they
// returned may be read beside them.
type Map[K cmp.Ordered, V any] struct {
	rows map[K]*V
	// blocks is what the map held when somebody last asked for it in order, or nil; touched are the
	// keys written since.
	blocks  [][]Row[K, V]
	touched map[K]struct{}
}

// A Row is a key with what is filed under it.
type Row[K cmp.Ordered, V any] struct {
	Key   K
	Value *V
}

// Rows are the rows of a [Map] at one moment.
type Rows[K cmp.Ordered, V any] struct {
	blocks [][]Row[K, V] // none empty, the keys ascending through all of them
}

// blockRows is how many rows a block holds when it is made; it may come to hold twice as many. A
// write copies one block and the list of blocks, and this is where they are about equally long when
// there are a few hundred thousand rows.
const blockRows = 512

// Get returns what is filed under key, or nil.
func (m *Map[K, V]) Get(key K) *V { return m.rows[key] }

// Len returns the number of rows.
func (m *Map[K, V]) Len() int { return len(m.rows) }

// Put files v under key, in the place of what was there; nil takes the row out. What v points to is
// shared with readers and must not be written to from now on.
func (m *Map[K, V]) Put(key K, v *V) {
	if v == nil {
		delete(m.rows, key)
	} else {
		if m.rows == nil {
			m.rows = make(map[K]*V)
		}
		m.rows[key] = v
	}
	if m.blocks == nil {
		return
	}
	if m.touched == nil {
		m.touched = make(map[K]struct{})
	}
	m.touched[key] = struct{}{}
}

// Rows returns all rows by key. It costs nothing where nothing was written since the last time, and
// otherwise a copy of the blocks that were written to.
func (m *Map[K, V]) Rows() Rows[K, V] {
	switch {
	case m.blocks == nil:
		all := make([]Row[K, V], 0, len(m.rows))
		for key, v := range m.rows {
			all = append(all, Row[K, V]{key, v})
		}
		slices.SortFunc(all, func(a, b Row[K, V]) int { return cmp.Compare(a.Key, b.Key) })
		m.blocks = slices.AppendSeq(make([][]Row[K, V], 0, 1), slices.Chunk(all, blockRows))
	case len(m.touched) > 0:
		m.merge()
	}
	return Rows[K, V]{m.blocks}
}

// merge makes a new list of blocks, in which those with touched keys are new.
func (m *Map[K, V]) merge() {
	keys := slices.Sorted(maps.Keys(m.touched))
	m.touched = nil
	blocks := make([][]Row[K, V], 0, len(m.blocks)+1)
	rest := m.blocks
	for len(keys) > 0 {
		// The first block takes the keys before it as well, and each those up to the next.
		at := max(0, blockOf(rest, keys[0]))
		blocks = append(blocks, rest[:min(at, len(rest))]...)
		var old []Row[K, V]
		if at < len(rest) {
			old, rest = rest[at], rest[at+1:]
		}
		n := len(keys)
		if len(rest) > 0 {
			n, _ = slices.BinarySearch(keys, rest[0][0].Key)
		}
		merged := m.mergeBlock(old, keys[:n])
		keys = keys[n:]
		if len(merged) <= 2*blockRows {
			if len(merged) > 0 {
				blocks = append(blocks, merged)
			}
			continue
		}
		blocks = slices.AppendSeq(blocks, slices.Chunk(merged, blockRows))
	}
	m.blocks = append(blocks, rest...)
}

// mergeBlock returns old with the keys as they are filed now.
func (m *Map[K, V]) mergeBlock(old []Row[K, V], keys []K) []Row[K, V] {
	merged := make([]Row[K, V], 0, len(old)+len(keys))
	for _, key := range keys {
		at, found := search(old, key)
		merged = append(merged, old[:at]...)
		if v, ok := m.rows[key]; ok {
			merged = append(merged, Row[K, V]{key, v})
		}
		if found {
			at++
		}
		old = old[at:]
	}
	return append(merged, old...)
}

// All yields every row.
func (r Rows[K, V]) All() iter.Seq[Row[K, V]] { return r.from(0, 0) }

// After yields the rows with keys after the given one, which need not be there.
func (r Rows[K, V]) After(key K) iter.Seq[Row[K, V]] {
	block := blockOf(r.blocks, key)
	if block < 0 {
		return r.All()
	}
	at, found := search(r.blocks[block], key)
	if found {
		at++
	}
	return r.from(block, at)
}

// from yields the rows from one of a block on.
func (r Rows[K, V]) from(block, at int) iter.Seq[Row[K, V]] {
	return func(yield func(Row[K, V]) bool) {
		at := at // a sequence can be read again
		for _, rows := range r.blocks[block:] {
			for _, row := range rows[at:] {
				if !yield(row) {
					return
				}
			}
			at = 0
		}
	}
}

// blockOf returns the last block that begins at or before key, or -1.
func blockOf[K cmp.Ordered, V any](blocks [][]Row[K, V], key K) int {
	at, found := slices.BinarySearchFunc(blocks, key, func(b []Row[K, V], k K) int { return cmp.Compare(b[0].Key, k) })
	if found {
		return at
	}
	return at - 1
}

// search returns the place of key among the rows of a block, or where it would stand.
func search[K cmp.Ordered, V any](rows []Row[K, V], key K) (at int, found bool) {
	return slices.BinarySearchFunc(rows, key, func(r Row[K, V], k K) int { return cmp.Compare(r.Key, k) })
}
