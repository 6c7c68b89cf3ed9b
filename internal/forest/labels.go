package forest

import (
	"cmp"
	"reflect"
	"slices"
)

// labels say where nodes are in an order: that of the last Tidy, from which some were moved since.
//
// A way up changes only where a moved node is on it. So labels are right about what a node is below that
// was not below a moved one; and everybody below a node are those who were, less those who were below a
// moved one, and for each of the moved who is below it now, those who were below him, less likewise.
type labels struct {
	order []uint32 // the nodes, each right before those below it; a ring among all that is below it
	spans []span   // by node, as far as there were any then
	moved []int32  // who was put elsewhere since, or for the first time: by place, none of them in a ring then
	loose []span   // where the moved and those below them were: apart, ascending
}

// span is a part of the order: of a node, it and everybody below it. Those of a ring have the same.
type span struct{ from, len int32 }

// has reports whether what starts at from is in s.
func (s span) has(from int32) bool { return uint32(from-s.from) < uint32(s.len) }

// crowd is the part of the nodes that may have been moved for labels to be of use: when there are more,
// it takes longer to look for those that matter.
const crowd = 64

// Tidy makes the labels up to date, in time in proportion to the nodes; if nothing was put since, in none.
func (f *Forest) Tidy() {
	if len(f.spans) == len(f.nodes) && len(f.moved) == 0 {
		return
	}
	f.forget()
	f.order = slices.Grow(f.order, len(f.nodes))
	f.spans = slices.Grow(f.spans, len(f.nodes))[:len(f.nodes)]
	clear(f.spans)
	for _, roots := range f.roots {
		for n := roots.head(); n != end; n = f.nodes[n].next {
			f.arrange(n)
		}
	}
	for n := range f.spans {
		if f.spans[n].len == 0 { // it is in a ring or below one
			c := from(int32(n))
			for f.up(&c) {
			}
			f.arrange(c.at)
		}
	}
}

// forget leaves no labels.
func (l *labels) forget() { *l = labels{l.order[:0], l.spans[:0], l.moved[:0], l.loose[:0]} }

// arrange labels n and everybody below it. N has nobody above it but those of its own ring.
func (f *Forest) arrange(n int32) {
	enter := func(n int32) bool {
		f.spans[n].from = int32(len(f.order))
		f.order = append(f.order, uint32(n))
		return true
	}
	leave := func(n int32) { f.spans[n].len = int32(len(f.order)) - f.spans[n].from }
	enter(n)
	f.descend(n, 0, enter, leave)
	leave(n)
	for at := f.nodes[n].parent; at >= 0 && at != n; at = f.nodes[at].parent {
		f.spans[at] = f.spans[n]
	}
}

// labelled reports whether n was there when the labels were made.
func (l *labels) labelled(n int32) bool { return int(n) < len(l.spans) }

// place returns where n is in the order; beyond it, if n is not labelled.
func (l *labels) place(n int32) int {
	if l.labelled(n) {
		return int(l.spans[n].from)
	}
	return len(l.order) + int(n)
}

// find returns where n is among the moved, or would be, and whether it is.
func (l *labels) find(n int32) (int, bool) {
	return slices.BinarySearchFunc(l.moved, l.place(n), func(m int32, place int) int { return cmp.Compare(l.place(m), place) })
}

// disturb remembers that n was put elsewhere than below old. Who was in a ring has no place of his own to
// have left: then, and when there are too many, all labels go.
func (f *Forest) disturb(n, old int32) {
	at, found := f.find(n)
	if len(f.spans) == 0 || found {
		return
	}
	if f.labelled(n) && old >= 0 && old != n && f.spans[n] == f.spans[old] || len(f.moved) >= len(f.nodes)/crowd {
		f.forget()
		return
	}
	f.moved = slices.Insert(f.moved, at, n)
	if !f.labelled(n) || !f.settled(n) {
		return
	}
	s := f.spans[n]
	first := f.after(s.from)
	last := first
	for last < len(f.loose) && s.has(f.loose[last].from) {
		last++
	}
	f.loose = slices.Replace(f.loose, first, last, s)
}

// after returns how many of loose start at from or before it.
func (l *labels) after(from int32) int {
	at, _ := slices.BinarySearchFunc(l.loose, from+1, func(s span, from int32) int { return cmp.Compare(s.from, from) })
	return at
}

// settled reports whether the labels are right about what n is below.
func (l *labels) settled(n int32) bool {
	if !l.labelled(n) || len(l.loose) == 0 {
		return l.labelled(n)
	}
	from := l.spans[n].from
	at := l.after(from)
	return at == 0 || !l.loose[at-1].has(from)
}

// within reports whether n, who is settled, is below above.
func (l *labels) within(n, above int32) bool {
	return l.labelled(above) && l.spans[above].has(l.spans[n].from)
}

// surveyed reports whether to find everybody below n by the labels. Going along the links is for those
// who are in a ring now, unless the labels know it, and for those with fewer below them than to ask each
// of the moved is worth.
func (f *Forest) surveyed(n int32) bool {
	return f.labelled(n) && (len(f.moved) == 0 || int(f.spans[n].len) > 8*len(f.moved) && !f.meets(n, n, 0))
}

// survey yields n and everybody below it, by the labels.
func (f *Forest) survey(n int32, yield func(uint32) bool) {
	if !f.part(n, yield) {
		return
	}
	for _, m := range f.moved {
		if f.meets(m, n, 0) && !f.part(m, yield) {
			return
		}
	}
}

// part yields n and those who were below it, less the moved and those who were below them. It reports
// whether yield did not have enough.
func (l *labels) part(n int32, yield func(uint32) bool) bool {
	if !l.labelled(n) {
		return yield(uint32(n)) // who is below him was put there since
	}
	at, stop := l.spans[n].from, l.spans[n].from+l.spans[n].len
	i, found := l.find(n)
	if found {
		i++
	}
	for ; at < stop; i++ {
		gap := span{stop, 0}
		if i < len(l.moved) && l.place(l.moved[i]) < int(stop) {
			gap = l.spans[l.moved[i]]
		}
		if gap.from < at {
			continue // it is in the one before
		}
		for _, u := range l.order[at:gap.from] {
			if !yield(u) {
				return false
			}
		}
		at = gap.from + gap.len
	}
	return true
}

func (l *labels) bytes() int {
	return 4*cap(l.order) + 4*cap(l.moved) + (cap(l.spans)+cap(l.loose))*int(reflect.TypeFor[span]().Size())
}
