// Package pairs keeps something small about many pairs of a set and a member, and reads it from both
// sides in the order of the keys, as it was at one moment.
//
// It promises that a pair costs a few bytes on each side, whatever the keys are; that what a set is
// read by is never written to again, so that a reader needs no lock while writers go on; and that a
// write costs the same however much there is, and less where nobody has read the set since the last: who reads it puts
// what was written in its place. It may not know what the keys name, what is kept, or who locks what.
package pairs

import (
	"cmp"
	"hash/maphash"
	"iter"
	"slices"

	"github.com/grouprules/groups/internal/naming"
)

// A Table holds the cells of pairs. Make one with [New]. Its methods must not run at once; what they
// returned may be read beside them.
//
// Sets may have very many members, a member is in much fewer sets. A key has a number in its side, and
// a pair is the number of the other key with the cell's code, in the set's blocks and in the member's.
type Table[S, M ~string, V any] struct {
	seed    maphash.Seed
	sets    *naming.Names[S]
	members *naming.Names[M]
	of      []side[V]   // by number of the set
	in      []inside[V] // by number of the member
}

// A Cell is what is kept about a pair: a code below [Codes] or, where that does not say all, a value,
// which is shared with readers and must not be written to. The zero Cell is that of a pair of which
// nothing is kept.
type Cell[V any] struct {
	Code  uint8
	Value *V
}

// A Pair is the other key of a pair with its cell. Who reads pairs finds the Number of the key besides, which is that
// of no other key in the same [Rows.Era].
type Pair[K cmp.Ordered, V any] struct {
	Key    K
	Cell   Cell[V]
	Number uint32
}

// Codes is the number of codes.
const Codes = 1 << 7

// New returns an empty Table.
func New[S, M ~string, V any]() *Table[S, M, V] {
	return &Table[S, M, V]{
		seed:    maphash.MakeSeed(),
		sets:    naming.New[S](),
		members: naming.New[M](),
	}
}

// Put keeps the pairs at 0 to n-1 of one set, ascending by member, each in the place of what was kept.
func (t *Table[S, M, V]) Put(set S, n int, at func(int) Pair[M, V]) {
	s := t.sets.Add(set)
	if int(s) == len(t.of) {
		t.of = append(t.of, side[V]{})
	}
	written := block[V]{rows: make([]row, 0, n)}
	for i := range n {
		p := at(i)
		m, known := t.members.Find(p.Key)
		if !known {
			if p.Cell.empty() {
				continue
			}
			if m = t.members.Add(p.Key); int(m) == len(t.in) {
				t.in = append(t.in, inside[V]{})
			}
		}
		written.add(m, p.Cell)
	}
	// Apart, so that the memory is waited for once for many and not for each.
	values := written.values
	for _, r := range written.rows {
		var c Cell[V]
		c, values = cellOf(r, values)
		place(&t.in[r.of()], t.seed, t.sets.Keys(), s, c)
	}
	put(&t.of[s], t.members.Keys(), written)
}

// Drop takes out all pairs of a set.
func (t *Table[S, M, V]) Drop(set S) {
	s, ok := t.sets.Find(set)
	if !ok {
		return
	}
	settle(&t.of[s], t.members.Keys())
	for _, b := range t.of[s].blocks {
		for _, r := range b.rows {
			place(&t.in[r.of()], t.seed, t.sets.Keys(), s, Cell[V]{})
		}
	}
	t.of[s].blocks = nil
}

// Forget lets go of the key of a member of whom nothing is kept. It takes time in proportion to the
// number of members and of sets.
func (t *Table[S, M, V]) Forget(member M) {
	if n, ok := t.members.Find(member); ok && len(t.in[n].rows) == 0 {
		for i := range t.of { // the number may be given to another
			if slices.ContainsFunc(t.of[i].since, func(r row) bool { return r.of() == n }) {
				settle(&t.of[i], t.members.Keys())
			}
		}
		t.members.Drop(member)
		t.in[n] = inside[V]{}
	}
}

// Of returns the members of a set, with their cells.
func (t *Table[S, M, V]) Of(set S) Rows[M, V] {
	s, ok := t.sets.Find(set)
	if !ok {
		return Rows[M, V]{}
	}
	settle(&t.of[s], t.members.Keys())
	return Rows[M, V]{t.members.Keys(), t.of[s].blocks, t.members.Era()}
}

// Members returns how many numbers members have, and the era that these are of.
func (t *Table[S, M, V]) Members() (era uint64, n int) { return t.members.Era(), len(t.members.Keys()) }

// Sets returns how many numbers sets have. None is ever given to another.
func (t *Table[S, M, V]) Sets() int { return len(t.sets.Keys()) }

// In returns the sets that a member is in, with their cells. It copies them.
func (t *Table[S, M, V]) In(member M) Rows[S, V] {
	rows := t.Numbered(member)
	for _, b := range rows.blocks {
		order(b, rows.keys)
	}
	return rows
}

// Numbered is In without the order of the keys, which takes looking at them: the sets are in that of their numbers.
func (t *Table[S, M, V]) Numbered(member M) Rows[S, V] {
	n, ok := t.members.Find(member)
	if !ok || len(t.in[n].rows) == 0 {
		return Rows[S, V]{}
	}
	b := &t.in[n]
	return Rows[S, V]{t.sets.Keys(), []*block[V]{{rows: slices.Clone(b.rows), values: slices.Clone(b.values)}}, t.sets.Era()}
}

// At returns the cell of one pair. It does not allocate, and may run beside other calls of At.
func (t *Table[S, M, V]) At(set S, member M) Cell[V] {
	m, known := t.members.Find(member)
	if !known || !t.in[m].mayHave(maphash.String(t.seed, string(set))) {
		return Cell[V]{}
	}
	s, known := t.sets.Find(set)
	if !known {
		return Cell[V]{}
	}
	b := &t.in[m].block
	if at, found := find(b.rows, s); found {
		return b.cell(at)
	}
	return Cell[V]{}
}

// Rows are the pairs of one key at one moment.
type Rows[K cmp.Ordered, V any] struct {
	keys   []K
	blocks []*block[V]
	era    uint64
}

// Era is the same as long as no key was let go of, whose number may be given to another.
func (r Rows[K, V]) Era() uint64 { return r.era }

// All yields every pair by the other key.
func (r Rows[K, V]) All() iter.Seq[Pair[K, V]] { return r.from(0, 0) }

// After yields the pairs with keys after the given one, which need not be there.
func (r Rows[K, V]) After(key K) iter.Seq[Pair[K, V]] {
	at := blockOf(r.blocks, r.keys, key)
	if at < 0 {
		return r.All()
	}
	row, found := search(r.blocks[at].rows, r.keys, key)
	if found {
		row++
	}
	return r.from(at, row)
}

// from yields the pairs from one of a block on.
func (r Rows[K, V]) from(first, at int) iter.Seq[Pair[K, V]] {
	return func(yield func(Pair[K, V]) bool) {
		at := at // a sequence can be read again
		for _, b := range r.blocks[first:] {
			_, rest := b.cut(at)
			for _, row := range rest.rows {
				var c Cell[V]
				c, rest.values = cellOf(row, rest.values)
				if !yield(Pair[K, V]{r.keys[row.of()], c, row.of()}) {
					return
				}
			}
			at = 0
		}
	}
}
