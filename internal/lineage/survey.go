package lineage

import (
	"cmp"
	"iter"
	"slices"
)

// Children returns those directly below id, itself left out, sorted. Like everything that looks down,
// it answers for an ID that is only named as a parent, too.
func (l *Lineage) Children(id string) []string {
	i, ok := l.index[id]
	if !ok {
		return nil
	}
	return l.sorted(l.directly(i))
}

// Below returns everything beneath id, sorted; itself is left out, also in a ring.
func (l *Lineage) Below(id string) []string { return l.sorted(l.beneathOf(id)) }

// EachBelow yields what [Lineage.Below] returns, in any order.
func (l *Lineage) EachBelow(id string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, n := range l.beneathOf(id) {
			if !yield(l.names[n]) {
				return
			}
		}
	}
}

// beneathOf are the nodes beneath id.
func (l *Lineage) beneathOf(id string) []int32 {
	start, ok := l.index[id]
	if !ok {
		return nil
	}
	// A node has one parent, so going down comes to each node once; only a ring through the start
	// itself leads back, and that is cut there.
	found := slices.Clone(l.directly(start))
	for at := 0; at < len(found); at++ {
		for _, child := range l.directly(found[at]) {
			if child != start {
				found = append(found, child)
			}
		}
	}
	return found
}

// Path returns id and those above it as far as a walk without depth goes, each once: exactly the IDs
// that [Lineage.Climb] compares, so that an ID without a link may be the last.
func (l *Lineage) Path(id string) []string {
	path := []string{id}
	at, ok := l.index[id]
	if !ok {
		return path
	}
	visited := map[int32]bool{at: true}
	for {
		at = l.above.at(at)
		if at < 0 || visited[at] {
			return path
		}
		visited[at] = true
		path = append(path, l.names[at])
	}
}

// Rings returns each ring once, from its smallest member on up, sorted. Who is his own parent is a
// ring of one.
func (l *Lineage) Rings() [][]string {
	var rings [][]string
	visited := make([]int32, l.above.len()) // the walk that came here: its start, plus one
	for i := range l.above.each {
		walk, at := i+1, i
		for at >= 0 && visited[at] == 0 {
			visited[at] = walk
			at = l.above.at(at)
		}
		if at >= 0 && visited[at] == walk {
			rings = append(rings, l.ring(at))
		}
	}
	slices.SortFunc(rings, slices.Compare)
	return rings
}

// ring returns the ring that i is in.
func (l *Lineage) ring(i int32) []string {
	ring, smallest := []string{l.names[i]}, 0
	for at := l.above.at(i); at != i; at = l.above.at(at) {
		if l.names[at] < ring[smallest] {
			smallest = len(ring)
		}
		ring = append(ring, l.names[at])
	}
	return slices.Concat(ring[smallest:], ring[:smallest])
}

// Gap is a parent that is named but is no node.
type Gap struct {
	Parent   string
	Children []string // who names it, sorted
}

// Missing returns the parents named that are no node, sorted.
func (l *Lineage) Missing() []Gap {
	var gaps []Gap
	for i, p := range l.above.each {
		if p == missing {
			gaps = append(gaps, Gap{l.names[i], l.sorted(l.directly(i))})
		}
	}
	slices.SortFunc(gaps, func(a, b Gap) int { return cmp.Compare(a.Parent, b.Parent) })
	return gaps
}

// sorted returns the names of the nodes, sorted.
func (l *Lineage) sorted(nodes []int32) []string {
	if len(nodes) == 0 {
		return nil
	}
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = l.names[n]
	}
	slices.Sort(names)
	return names
}

// All yields the nodes: those that have a link of their own.
func (l *Lineage) All(yield func(id string) bool) {
	for i, name := range l.names {
		if l.above.at(int32(i)) != missing && !yield(name) {
			return
		}
	}
}

// Above returns the links of id and of those above it, in that order, as far as a walk without depth goes.
func (l *Lineage) Above(id string) []Link {
	var links []Link
	for _, id := range l.Path(id) {
		switch above := l.above.at(l.index[id]); {
		case !l.Has(id):
		case above >= 0:
			links = append(links, Link{ID: id, Parent: l.names[above]})
		default:
			links = append(links, Link{ID: id, Unknown: above == unread})
		}
	}
	return links
}
