package groups

import (
	"fmt"
	"iter"
	"maps"
	"slices"
)

// references is who reads whom among groups.
//
// "This group or below" would cost an edge for each group beneath, so a second node for each group
// stands for all that is beneath it: a rule reads the groups it names and the [beneathNode] of those
// it names with "or below", and a beneathNode reads each child and the child's beneathNode. That
// keeps the graph as large as what people wrote, and shows the way through parents in a ring's path.
//
// put and remove must not run beside anything else; the rest only reads.
type references struct {
	groups   map[GroupID]reading
	children map[GroupID][]GroupID       // sorted, by a parent that need not exist
	readers  map[referenceNode][]GroupID // the groups whose rule reads the node, sorted
}

// reading is what one group contributes.
type reading struct {
	parent  GroupID
	named   []GroupID // sorted
	orBelow []GroupID // sorted; those of named whose subgroups count as well
}

// A referenceNode is a group or, with beneath, all groups beneath it.
type referenceNode struct {
	id      GroupID
	beneath bool
}

func readingOf(g Group) reading {
	links := reading{parent: g.Parent}
	if g.Kind == AutomaticGroup {
		links.named, links.orBelow = g.Criteria.References()
	}
	return links
}

func newReferences(groups []Group) *references {
	r := &references{
		groups:   make(map[GroupID]reading, len(groups)),
		children: make(map[GroupID][]GroupID),
		readers:  make(map[referenceNode][]GroupID),
	}
	for _, g := range groups {
		r.put(g)
	}
	return r
}

// put adds g, or replaces the group with its ID.
func (r *references) put(g Group) {
	r.remove(g.ID)
	links := readingOf(g)
	r.groups[g.ID] = links
	if links.parent != "" {
		r.children[links.parent] = withGroup(r.children[links.parent], g.ID)
	}
	for n := range links.nodes() {
		r.readers[n] = withGroup(r.readers[n], g.ID)
	}
}

// remove takes the group out; what refers to it stays.
func (r *references) remove(id GroupID) {
	links, ok := r.groups[id]
	if !ok {
		return
	}
	delete(r.groups, id)
	if links.parent != "" {
		dropGroup(r.children, links.parent, id)
	}
	for n := range links.nodes() {
		dropGroup(r.readers, n, id)
	}
}

// edit takes in the definitions that writes save and delete, and refuses a ring with a *CycleError, and with ErrReferred
// to delete what others refer to. Having refused, it has taken them in all the same.
func (r *references) edit(writes []Write) error {
	for i := range writes {
		switch w := &writes[i]; {
		case w.Delete:
			r.remove(w.Group)
		case w.Save != nil:
			r.put(*w.Save)
		}
	}
	for i := range writes {
		w := &writes[i]
		switch readers, children := r.readers[referenceNode{id: w.Group}], r.children[w.Group]; {
		case w.Save != nil:
			if err := r.check(w.Group); err != nil {
				return err
			}
		case w.Delete && len(readers) > 0:
			return fmt.Errorf("group %q: %w: %q", w.Group, ErrReferred, readers)
		case w.Delete && len(children) > 0:
			return fmt.Errorf("group %q: %w: it is the parent of %q", w.Group, ErrReferred, children)
		}
	}
	return nil
}

// within reports whether the group, nil where there is none, says that much and has the same parent.
func (l reading) within(g *Group) bool {
	var all reading
	if g != nil {
		all = readingOf(*g)
	}
	has := func(list []GroupID) func(GroupID) bool {
		return func(id GroupID) bool { _, found := slices.BinarySearch(list, id); return !found }
	}
	return l.parent == all.parent && !slices.ContainsFunc(l.named, has(all.named)) && !slices.ContainsFunc(l.orBelow, has(all.orBelow))
}

// nodes yields what the rule reads.
func (l reading) nodes() iter.Seq[referenceNode] {
	return func(yield func(referenceNode) bool) {
		for _, id := range l.named {
			if !yield(referenceNode{id: id}) {
				return
			}
		}
		for _, id := range l.orBelow {
			if !yield(referenceNode{id, true}) {
				return
			}
		}
	}
}

// next yields the nodes that n reads, of groups that exist.
func (r *references) next(n referenceNode) iter.Seq[referenceNode] {
	return func(yield func(referenceNode) bool) {
		if n.beneath {
			for _, child := range r.children[n.id] {
				if !yield(referenceNode{id: child}) || !yield(referenceNode{child, true}) {
					return
				}
			}
			return
		}
		for m := range r.groups[n.id].nodes() {
			if _, exists := r.groups[m.id]; !exists && !m.beneath {
				continue
			}
			if !yield(m) {
				return
			}
		}
	}
}

// check refuses a ring through the group with a *CycleError.
func (r *references) check(id GroupID) error {
	if path := r.ring(id); path != nil {
		return &CycleError{path}
	}
	return nil
}

// ring returns the shortest ring that needs what the group itself says, its rule or its parent, from
// the group back to itself, or nil. On the way each group's rule names the next, or is its parent.
func (r *references) ring(id GroupID) []GroupID {
	ring := r.way(referenceNode{id: id}, referenceNode{id: id})
	switch parent := r.groups[id].parent; parent {
	case "":
	case id:
		return []GroupID{id, id}
	default:
		if path := r.way(referenceNode{id, true}, referenceNode{parent, true}); path != nil && (ring == nil || len(path) < len(ring)-1) {
			ring = append(path, id)
		}
	}
	return ring
}

// way returns the shortest way from start to goal, of one step at least, or nil.
func (r *references) way(start, goal referenceNode) []GroupID {
	from := make(map[referenceNode]referenceNode)
	for queue := []referenceNode{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for n := range r.next(at) {
			if _, seen := from[n]; seen {
				continue
			}
			from[n] = at
			if n != goal {
				queue = append(queue, n)
				continue
			}
			path := []GroupID{goal.id}
			for back := at; back != start; back = from[back] {
				path = append(path, back.id)
			}
			path = append(path, start.id)
			slices.Reverse(path)
			return path
		}
	}
	return nil
}

// beneath returns every group below id by parent, sorted; id itself is left out, also in a ring. The
// group id need not exist.
func (r *references) beneath(id GroupID) []GroupID {
	seen := map[GroupID]bool{id: true}
	found := []GroupID{id}
	for at := 0; at < len(found); at++ {
		for _, child := range r.children[found[at]] {
			if !seen[child] {
				seen[child] = true
				found = append(found, child)
			}
		}
	}
	found = found[1:]
	slices.Sort(found)
	return found
}

// needs returns the groups that the rule of id reads itself, those beneath included, sorted.
func (r *references) needs(id GroupID) []GroupID {
	links := r.groups[id]
	var found []GroupID
	for _, n := range links.named {
		if _, exists := r.groups[n]; exists {
			found = append(found, n)
		}
	}
	for _, n := range links.orBelow {
		found = append(found, r.beneath(n)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// allNeeds returns the groups that the rule of id reads, itself or through others, sorted. id is among
// them only on a ring.
func (r *references) allNeeds(id GroupID) []GroupID {
	if len(r.groups[id].named) == 0 { // as most
		return nil
	}
	found := make(map[GroupID]bool)
	for queue := []GroupID{id}; len(queue) > 0; queue = queue[1:] {
		for _, n := range r.needs(queue[0]) {
			if !found[n] {
				found[n] = true
				queue = append(queue, n)
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// dependents returns the groups that read one of ids, directly or through others, sorted. One of ids
// is among them only if it reads one itself. They need not exist: who names a group that was deleted
// depends on it. beneath are groups that lost one beneath them, whose readers have another answer as well.
func (r *references) dependents(ids []GroupID, beneath ...GroupID) []GroupID {
	found := make(map[GroupID]bool)
	seen := make(map[referenceNode]bool)
	var queue []referenceNode
	reach := func(n referenceNode) {
		if !seen[n] {
			seen[n] = true
			queue = append(queue, n)
		}
	}
	for _, id := range ids {
		reach(referenceNode{id: id})
	}
	for _, id := range beneath {
		reach(referenceNode{id, true})
	}
	for ; len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		for _, reader := range r.readers[n] {
			found[reader] = true
			reach(referenceNode{id: reader})
		}
		if parent := r.groups[n.id].parent; parent != "" {
			reach(referenceNode{parent, true})
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// readBy yields the groups whose rule reads id itself, some perhaps twice.
func (r *references) readBy(id GroupID) iter.Seq[GroupID] {
	return func(yield func(GroupID) bool) {
		for _, reader := range r.readers[referenceNode{id: id}] {
			if !yield(reader) {
				return
			}
		}
		at := id
		for range r.groups { // a ring of parents has an end
			if at = r.groups[at].parent; at == "" {
				return
			}
			for _, reader := range r.readers[referenceNode{at, true}] {
				if !yield(reader) {
					return
				}
			}
		}
	}
}

// order returns all groups so that each stands behind those it reads, by ID where that leaves a
// choice: first the groups that read none, then those that read only these, and so on. cyclic are
// the groups on a ring, for which there is no such order; they stand behind what the whole ring
// reads.
func (r *references) order() (sorted []GroupID, cyclic map[GroupID]bool) {
	sorted = slices.Sorted(maps.Keys(r.groups))
	if len(r.readers) == 0 {
		return sorted, nil
	}
	s := r.survey()
	level := make(map[GroupID]int, len(sorted))
	cyclic = make(map[GroupID]bool)
	for _, id := range sorted {
		part := s.parts[s.part[referenceNode{id: id}]]
		level[id] = part.level
		if part.ring {
			cyclic[id] = true
		}
	}
	slices.SortStableFunc(sorted, func(a, b GroupID) int { return level[a] - level[b] })
	return sorted, cyclic
}

// A referenceSurvey divides the nodes into parts: a part is a ring, or rings that touch, or a single
// node.
type referenceSurvey struct {
	r     *references
	part  map[referenceNode]int // by node, once its part is complete
	parts []referencePart

	// Tarjan's bookkeeping. open are the nodes whose part is not complete, in the order met; number
	// counts from 1 in that order.
	number map[referenceNode]int
	open   []referenceNode
}

type referencePart struct {
	level  int  // how many parts with groups are read one behind the other from here
	groups bool // holds a group, not only the nodes that stand for those beneath
	ring   bool
}

// referenceVisit is a node on the way, with what of its reading is still to be followed. The way is
// kept in a slice and not on the call stack: chains of groups may be long.
type referenceVisit struct {
	node referenceNode
	next []referenceNode
	low  int // the smallest number met from here that is still open
}

// survey is Tarjan's search: parts are complete in the order in which they must be read.
func (r *references) survey() *referenceSurvey {
	s := &referenceSurvey{r: r, part: make(map[referenceNode]int), number: make(map[referenceNode]int)}
	for id := range r.groups {
		if s.number[referenceNode{id: id}] == 0 {
			s.from(referenceNode{id: id})
		}
	}
	return s
}

func (s *referenceSurvey) from(start referenceNode) {
	way := []referenceVisit{s.visit(start)}
	for len(way) > 0 {
		at := &way[len(way)-1]
		if len(at.next) > 0 {
			n := at.next[0]
			at.next = at.next[1:]
			if s.number[n] == 0 {
				way = append(way, s.visit(n))
			} else if _, complete := s.part[n]; !complete {
				at.low = min(at.low, s.number[n])
			}
			continue
		}
		if at.low == s.number[at.node] {
			s.complete(at.node)
		}
		low := at.low
		way = way[:len(way)-1]
		if len(way) > 0 {
			above := &way[len(way)-1]
			above.low = min(above.low, low)
		}
	}
}

func (s *referenceSurvey) visit(n referenceNode) referenceVisit {
	s.number[n] = len(s.number) + 1
	s.open = append(s.open, n)
	return referenceVisit{n, slices.Collect(s.r.next(n)), s.number[n]}
}

// complete makes a part of first and all nodes met since that are still open.
func (s *referenceSurvey) complete(first referenceNode) {
	at := len(s.open) - 1
	for s.open[at] != first {
		at--
	}
	members := s.open[at:]
	s.open = s.open[:at]
	part := referencePart{ring: len(members) > 1}
	for _, n := range members {
		s.part[n] = len(s.parts)
		part.groups = part.groups || !n.beneath
	}
	for _, n := range members {
		for m := range s.r.next(n) {
			if s.part[m] == len(s.parts) {
				part.ring = true // a group that reads itself is a ring of one
				continue
			}
			read := s.parts[s.part[m]]
			if read.groups {
				read.level++
			}
			part.level = max(part.level, read.level)
		}
	}
	s.parts = append(s.parts, part)
}

// withGroup returns the sorted list with id in it.
func withGroup(list []GroupID, id GroupID) []GroupID {
	at, ok := slices.BinarySearch(list, id)
	if ok {
		return list
	}
	return slices.Insert(list, at, id)
}

// dropGroup takes id out of the sorted list under key, and the list with its last.
func dropGroup[K comparable](lists map[K][]GroupID, key K, id GroupID) {
	list := lists[key]
	if at, ok := slices.BinarySearch(list, id); ok {
		list = slices.Delete(list, at, at+1)
	}
	if len(list) == 0 {
		delete(lists, key)
		return
	}
	lists[key] = list
}
