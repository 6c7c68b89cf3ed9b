// Package lineage holds parent links: the units of an org tree, or people and their managers.
//
// It promises one walk, [Lineage.Climb], that goes up by ID, always ends (rings and people who are
// their own parent are facts of life) and says whether it met a goal, came to a top, or lost its way;
// [Goals] say the same without walking.
// Everything else describes the same links for those who explain or repair them. A Lineage is
// immutable: share it between goroutines.
//
// It may not know what the nodes are, why somebody asks, or anything else of package groups.
package lineage

import (
	"iter"
	"maps"
	"slices"
	"sync"
)

// Link says who is directly above one node.
type Link struct {
	ID      string // "" names nobody: such a link is ignored
	Parent  string // "": at the top
	Unknown bool   // the parent could not be read; Parent is ignored
}

// What stands above a node, when it is not another node's index.
const (
	atTop   = -1 - iota
	unread  // its link was Unknown
	missing // it has no link: somebody named it as a parent, and that is all
)

// Lineage is a set of links. The zero value has none.
type Lineage struct {
	index map[string]int32 // every ID linked or named
	names []string         // by index
	above parents
	count int // nodes: names that have a link
	blind int // nodes whose parent is unread

	// Those directly below i, itself left out, are below[first[i]:first[i+1]], once it is turned.
	below  []int32
	first  []int32
	turned sync.Once

	mark   *mark
	brief  bool // goals do not remember where they stand in it
	once   sync.Once
	labels *labels // made when goals are first placed
}

// New reads the links. When an ID has several, the first stands.
func New(links iter.Seq[Link]) *Lineage {
	l := &Lineage{index: make(map[string]int32), mark: new(mark)}
	for link := range links {
		if link.ID == "" {
			continue
		}
		i := l.intern(link.ID)
		if l.above.at(i) != missing {
			continue
		}
		l.count++
		switch {
		case link.Unknown:
			l.above.put(i, unread)
			l.blind++
		case link.Parent == "":
			l.above.put(i, atTop)
		default:
			l.above.put(i, l.intern(link.Parent))
		}
	}
	l.turned.Do(l.turn)
	return l
}

// Revised is the lineage as it would be without some of its nodes, and with others beneath other parents, "" being the
// top. What is no node stays none. It costs what is otherwise, and is made for a few questions: [Goals] do not remember where
// they stand in it, and who is below whom is worked out when that is first asked.
func (l *Lineage) Revised(gone iter.Seq[string], parents map[string]string) *Lineage {
	m := &Lineage{index: l.index, names: slices.Clip(l.names), above: l.above.revised(), count: l.count, blind: l.blind, mark: new(mark), brief: true}
	put := func(id string, above func() int32) {
		i, known := m.index[id]
		if !known || m.above.at(i) == missing {
			return
		}
		if m.above.at(i) == unread {
			m.blind--
		}
		m.above.put(i, above())
	}
	for id := range gone {
		put(id, func() int32 { m.count--; return missing })
	}
	shared := true
	for id, parent := range parents {
		put(id, func() int32 {
			if parent == "" {
				return atTop
			}
			if _, named := m.index[parent]; !named && shared {
				m.index, shared = maps.Clone(m.index), false
			}
			return m.intern(parent)
		})
	}
	return m
}

// intern returns the index of id, a new one if need be.
func (l *Lineage) intern(id string) int32 {
	i, ok := l.index[id]
	if !ok {
		i = int32(len(l.names))
		l.index[id] = i
		l.names = append(l.names, id)
		l.above.put(i, missing)
	}
	return i
}

// turn makes below and first out of above: a counting sort by parent.
func (l *Lineage) turn() {
	l.first = make([]int32, l.above.len()+1)
	for i, p := range l.above.each {
		if p >= 0 && p != i {
			l.first[p]++
		}
	}
	var sum int32
	for i, n := range l.first {
		sum += n
		l.first[i] = sum // the end of i's part, until it is filled from there
	}
	l.below = make([]int32, sum)
	for i, p := range l.above.each {
		if p >= 0 && p != i {
			l.first[p]--
			l.below[l.first[p]] = i
		}
	}
}

// directly returns those directly below i, itself left out.
func (l *Lineage) directly(i int32) []int32 {
	l.turned.Do(l.turn)
	return l.below[l.first[i]:l.first[i+1]]
}

// Has reports whether id is a node: whether it has a link of its own.
func (l *Lineage) Has(id string) bool {
	i, ok := l.index[id]
	return ok && l.above.at(i) != missing
}

// Len returns the number of nodes.
func (l *Lineage) Len() int { return l.count }

// Outcome says how a walk ended.
type Outcome uint8

// The outcomes. The zero Outcome is the one that claims nothing.
const (
	Lost Outcome = iota // the way up is not known: a goal may or may not stand there
	Top                 // it ended, and no goal was met
	Met                 // a goal was met
)

// String returns the name of the outcome.
func (o Outcome) String() string {
	switch o {
	case Top:
		return "top"
	case Met:
		return "met"
	default:
		return "lost"
	}
}

// Climb walks up from id until it meets one of goals. With self, id itself counts; with a positive
// depth it goes up that many links at most, and what stands above is not looked at.
//
//   - It meets by ID: a goal need not be a node, nor need id when it counts itself.
//   - A top, the depth, or a node visited before end it: [Top]. The start was visited before, so that
//     nobody stands above himself, also in a ring.
//   - It is [Lost] when it would have to go past an ID that has no link or whose parent is Unknown.
//
// It does not allocate, and takes time in proportion to the path.
func (l *Lineage) Climb(id string, goals map[string]struct{}, self bool, depth int) Outcome {
	if self {
		if _, ok := goals[id]; ok {
			return Met
		}
	}
	start, ok := l.index[id]
	if !ok {
		return Lost
	}
	// Rings are found as Brent does it: a mark is left behind at ever longer distances, and in a ring
	// the walk comes back to it. It may go round more than once, past nodes known to be no goals.
	at, mark, stride := start, start, 1
	for links, left := 0, stride; depth <= 0 || links < depth; links++ {
		switch next := l.above.at(at); next {
		case atTop:
			return Top
		case unread, missing:
			return Lost
		default:
			at = next
		}
		if at == start || at == mark {
			return Top
		}
		if _, ok := goals[l.names[at]]; ok {
			return Met
		}
		if left--; left == 0 {
			mark, stride = at, 2*stride
			left = stride
		}
	}
	return Top
}

// Reports reports whether someone other than id names id as parent. If nobody is known to, unsure
// says that someone other than id might: a parent is Unknown.
func (l *Lineage) Reports(id string) (yes, unsure bool) {
	others := l.blind
	if i, ok := l.index[id]; ok {
		if len(l.directly(i)) > 0 {
			return true, false
		}
		if l.above.at(i) == unread {
			others--
		}
	}
	return false, others > 0
}
