package groups

import (
	"hash/maphash"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
	"github.com/grouprules/groups/internal/numbering"
)

// A dictionary numbers values, from 1 on; what no condition tells apart has one number.
type dictionary struct {
	values  []Value // by number
	numbers numbering.Table
	seed    maphash.Seed
	folded  map[string][]uint32 // the texts that do not fold to themselves, by what they fold to
	ordered []uint32            // by kind and value, all numbers up to one
	begins  [afterKinds + 1]int // where in the order the values of each kind do
	chosen  chosen
	blocks  []textBlock // of those of the ordered that are one text
}

func newDictionary() *dictionary {
	return &dictionary{
		values: make([]Value, 1), seed: maphash.MakeSeed(),
		folded: map[string][]uint32{}, chosen: chosen{with: map[string][]uint32{}},
	}
}

// code is the number of a value, a new one if need be.
func (d *dictionary) code(v Value) uint32 {
	hash := v.hash(d.seed)
	if code, ok := d.numbers.Find(hash, func(code uint32) bool { return d.values[code].alike(v) }); ok {
		return code
	}
	code := uint32(len(d.values))
	if len(d.values) == cap(d.values) {
		d.values = slices.Grow(d.values, len(d.values)) // by as many, since of each user another may come
	}
	d.numbers.Add(hash, code)
	d.values = append(d.values, v)
	switch data := v.data.(type) {
	case *textValue:
		if item := &data.items[0]; len(data.items) == 1 && item.key != item.exact {
			d.folded[item.key] = append(d.folded[item.key], code)
		}
	case choiceValue:
		d.chosen.put(code, data)
	}
	return code
}

// find is the number of a value, if it has one.
func (d *dictionary) find(v Value) (code uint32, ok bool) {
	return d.numbers.Find(v.hash(d.seed), func(code uint32) bool { return d.values[code].alike(v) })
}

// alike reports whether no condition tells v from w.
func (v Value) alike(w Value) bool {
	a, is := v.data.(*textValue)
	b, also := w.data.(*textValue)
	if is && also {
		return a == b || slices.EqualFunc(a.items, b.items, func(a, b textItem) bool { return a.exact == b.exact })
	}
	return v.Equal(w)
}

// hash is one number for values that are alike.
func (v Value) hash(seed maphash.Seed) uint32 {
	switch data := v.data.(type) {
	case *textValue:
		if len(data.items) == 1 {
			return uint32(maphash.String(seed, data.items[0].exact))
		}
		return hashAll(seed, len(data.items), func(i int) string { return data.items[i].exact })
	case choiceValue:
		if len(data) == 1 {
			return uint32(maphash.String(seed, data[0]))
		}
		return hashAll(seed, len(data), func(i int) string { return data[i] })
	case calendar.Day:
		return uint32(maphash.Comparable(seed, data))
	case time.Time:
		return uint32(maphash.Comparable(seed, [2]int64{data.Unix(), int64(data.Nanosecond())}))
	case decimal.Decimal:
		return uint32(maphash.Comparable(seed, data))
	}
	return uint32(maphash.Comparable(seed, v.data)) // unknown, empty, bool
}

func hashAll(seed maphash.Seed, n int, text func(i int) string) uint32 {
	var h maphash.Hash
	h.SetSeed(seed)
	for i := range n {
		h.WriteString(text(i))
		h.WriteByte(0)
	}
	return uint32(h.Sum64())
}

// bytes is about how much memory it takes; what the values hold is the host's.
func (d *dictionary) bytes() int {
	n := 16*cap(d.values) + 4*cap(d.ordered) + d.numbers.Bytes()
	for i := range d.blocks {
		n += d.blocks[i].bytes()
	}
	return n
}
