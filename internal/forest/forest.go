// Package forest holds who is above whom among numbered nodes that may move: the units of an org tree,
// or people and their managers.
//
// Its questions are those of package lineage, with the same answers, in rings and at gaps too; what it
// adds is that a move costs nothing, and that everybody below a node is a slice. It may not know what the
// nodes are, why somebody asks, or anything else of package groups.
package forest

import (
	"iter"
	"reflect"
	"slices"
)

// What stands above a node, when it is not a node.
const (
	Top     int32 = -1 - iota // nothing: it is at the top
	Unread                    // its parent could not be read
	Missing                   // it has no link: somebody named it as a parent, and that is all
)

// Forest is a set of nodes, numbered densely from 0, each with a link to its parent. The zero Forest has
// none. A node that was never put is [Missing].
//
// Who is below a node is answered by labels, which [Forest.Tidy] makes: a node's place in an order in
// which everybody below him comes right after him. Moves since then are remembered, and what they touched
// is answered by going along the links; after many, everything is.
//
// Reads may run at once with reads, but not with a write. [Forest.Put] and [Forest.Tidy] write.
type Forest struct {
	nodes []node
	roots [3]list // those with nothing above them, by what there is: at -1 - Top, and so on
	labels
}

// node is a node among others. Those of one parent are a list, so that it leaves one and enters another
// at once.
type node struct {
	parent     int32 // a node, or Top, Unread or Missing
	next, prev int32 // of the same parent; end if there is none
	below      list
}

// list are nodes of the same parent.
type list struct {
	first int32 // plus one, so that the zero list is empty
	len   int32
}

// end is where a list ends.
const end = -1

func (l list) head() int32 { return l.first - 1 }

// Put gives the node its link, or another one: parent is a node, or [Top], [Unread] or [Missing], which
// takes the link away. It takes the same short time wherever the node is and however many are below it.
func (f *Forest) Put(node uint32, parent int32) {
	n := int32(node)
	f.grow(max(n, parent))
	old := f.nodes[n].parent
	if old == parent {
		return
	}
	f.leave(n)
	f.nodes[n].parent = parent
	f.enter(n)
	f.disturb(n, old)
}

// Grow makes room for so many nodes.
func (f *Forest) Grow(nodes int) { f.nodes = slices.Grow(f.nodes, max(0, nodes-len(f.nodes))) }

// grow makes n a node, and all before it, if they are none.
func (f *Forest) grow(n int32) {
	for i := int32(len(f.nodes)); i <= n; i++ {
		f.nodes = append(f.nodes, node{parent: Missing})
		f.enter(i)
	}
}

// siblings returns the list that n is in. Who is his own parent is nobody's child, but at the top.
func (f *Forest) siblings(n int32) *list {
	switch p := f.nodes[n].parent; {
	case p == n:
		return &f.roots[-1-Top]
	case p < 0:
		return &f.roots[-1-p]
	default:
		return &f.nodes[p].below
	}
}

func (f *Forest) enter(n int32) {
	l := f.siblings(n)
	f.nodes[n].prev, f.nodes[n].next = end, l.head()
	if l.head() != end {
		f.nodes[l.head()].prev = n
	}
	l.first = n + 1
	l.len++
}

func (f *Forest) leave(n int32) {
	l, prev, next := f.siblings(n), f.nodes[n].prev, f.nodes[n].next
	if prev == end {
		l.first = next + 1
	} else {
		f.nodes[prev].next = next
	}
	if next != end {
		f.nodes[next].prev = prev
	}
	l.len--
}

// has reports whether node is one.
func (f *Forest) has(node uint32) bool { return node < uint32(len(f.nodes)) }

// Parent returns what stands directly above the node: a node, or [Top], [Unread] or [Missing].
func (f *Forest) Parent(node uint32) int32 {
	if !f.has(node) {
		return Missing
	}
	return f.nodes[node].parent
}

// Direct returns how many are directly below the node, itself left out.
func (f *Forest) Direct(node uint32) int {
	if !f.has(node) {
		return 0
	}
	return int(f.nodes[node].below.len)
}

// Below yields everybody whose way up meets the node, in any order; itself is left out, also in a ring.
// With a positive depth, the way up is so many links at most.
func (f *Forest) Below(node uint32, depth int) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		switch {
		case !f.has(node):
		case depth <= 0 && f.surveyed(int32(node)):
			f.survey(int32(node), func(n uint32) bool { return n == node || yield(n) })
		default:
			f.descend(int32(node), depth, func(n int32) bool { return yield(uint32(n)) }, func(int32) {})
		}
	}
}

// IsBelow reports whether the way up from node meets above: whether it is one of [Forest.Below].
func (f *Forest) IsBelow(node, above uint32, depth int) bool {
	if node == above || !f.has(node) || !f.has(above) {
		return false
	}
	if depth <= 0 && f.settled(int32(node)) {
		return f.within(int32(node), int32(above))
	}
	return f.meets(int32(node), int32(above), depth)
}

// Lost yields everybody whose way up is not known to its end: those that are Missing or whose parent is
// Unread, and everybody below them. When there is nobody it takes no time.
func (f *Forest) Lost() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, above := range []int32{Unread, Missing} {
			for n := f.roots[-1-above].head(); n != end; n = f.nodes[n].next {
				if !yield(uint32(n)) {
					return
				}
				for below := range f.Below(uint32(n), 0) {
					if !yield(below) {
						return
					}
				}
			}
		}
	}
}

// Above yields the way up from node: parents, until a top, a gap or a node that was passed. The node
// itself is left out.
func (f *Forest) Above(node uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if !f.has(node) {
			return
		}
		at := int32(node)
		for range f.height(at) {
			if at = f.nodes[at].parent; !yield(uint32(at)) {
				return
			}
		}
	}
}

// Bytes returns the memory that the forest holds.
func (f *Forest) Bytes() int {
	return int(reflect.TypeFor[Forest]().Size()) + cap(f.nodes)*int(reflect.TypeFor[node]().Size()) + f.bytes()
}
