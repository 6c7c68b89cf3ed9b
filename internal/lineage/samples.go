package lineage

import (
	"iter"
	"slices"
)

// Samples yields nodes of which every other node that is no goal has one like it: [Lineage.Climb] to any of the goals says the same
// of both, without a depth and at every depth up to that one. They are few, since it is enough to know the next goal, or the next
// place where a way is lost, and how far below it a node is, as long as that is not out of reach.
func (l *Lineage) Samples(goals []string, depth int) iter.Seq[string] {
	return func(yield func(string) bool) {
		ends := make(map[int32]struct{})
		for _, id := range goals {
			if i, known := l.index[id]; known {
				ends[i] = struct{}{}
			}
		}
		for _, id := range goals {
			if i, known := l.index[id]; known && !l.beneath(i, ends, depth, yield) {
				return
			}
		}
		if top, is := l.top(ends); is && !yield(l.names[top]) {
			return
		}
		for i := range int32(l.above.len()) {
			if l.above.at(i) != unread && l.above.at(i) != missing {
				continue
			}
			if _, goal := ends[i]; goal {
				continue
			}
			if l.above.at(i) == unread && !yield(l.names[i]) || !l.beneath(i, ends, depth, yield) {
				return
			}
		}
	}
}

// beneath yields a node on each level below i to which no way leads through one of the ends: so many levels and one more, which
// stands for all that are out of reach.
func (l *Lineage) beneath(i int32, ends map[int32]struct{}, depth int, yield func(string) bool) bool {
	for level := []int32{i}; depth >= 0 && len(level) > 0; depth-- {
		var next []int32
		for _, at := range level {
			for _, child := range slices.Backward(l.directly(at)) { // the first that was linked comes first
				if _, end := ends[child]; !end {
					next = append(next, child)
				}
			}
			if depth == 0 && len(next) > 0 {
				break
			}
		}
		if len(next) > 0 && !yield(l.names[next[0]]) {
			return false
		}
		level = next
	}
	return true
}

// top is a node that is none of the ends, and whose way up comes to an end without any.
func (l *Lineage) top(ends map[int32]struct{}) (top int32, is bool) {
	for i, above := range l.above.each {
		if _, end := ends[i]; !end && (above == atTop || above == i) {
			return i, true
		}
	}
	for _, ring := range l.Rings() {
		if !slices.ContainsFunc(ring, func(id string) bool { _, end := ends[l.index[id]]; return end }) {
			return l.index[ring[0]], true
		}
	}
	return 0, false
}
