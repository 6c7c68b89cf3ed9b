package lineage

// labels number the names so that all who come to one on their way up stand next to each other.
type labels struct {
	place []int32 // by index
	size  []int32 // by index: how many places from there on come to it
	lost  int32   // the first place of those whose way up is not known
	rings map[int32]part
}

// A part is the places from first to last, whose ways up come to what is at top.
type part struct{ first, last, top int32 }

// part returns the places that come to i. In a ring everything that hangs on it does.
func (b *labels) part(i int32) part {
	if ring, in := b.rings[i]; in {
		ring.top = b.place[i]
		return ring
	}
	return part{b.place[i], b.place[i] + b.size[i] - 1, b.place[i]}
}

// label makes the labels.
func (l *Lineage) label() {
	n := l.above.len()
	b := &labels{place: make([]int32, n), size: make([]int32, n), rings: make(map[int32]part)}
	order := make([]int32, 0, n) // by place
	placed := make([]bool, n)
	var stack []int32
	// place puts down everything from a top on, those beneath one behind it.
	place := func(top int32) {
		placed[top] = true
		for stack = append(stack, top); len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			b.place[at], b.size[at] = int32(len(order)), 1
			order = append(order, at)
			for _, child := range l.directly(at) {
				if !placed[child] { // in a ring, the top is beneath itself
					placed[child] = true
					stack = append(stack, child)
				}
			}
		}
	}
	for i, above := range l.above.each {
		if above == atTop || above == i {
			place(i)
		}
	}
	// Which of a ring is its top is all the same.
	var tops []int32
	visited := make([]int32, n) // by the walk that came here: its start, plus one
	for i := range l.above.each {
		walk, at := i+1, i
		for at >= 0 && !placed[at] && visited[at] == 0 {
			visited[at] = walk
			at = l.above.at(at)
		}
		if at >= 0 && !placed[at] && visited[at] == walk {
			tops = append(tops, at)
			place(at)
		}
	}
	b.lost = int32(len(order))
	for i, above := range l.above.each {
		if above == unread || above == missing {
			place(i)
		}
	}
	for at := n - 1; at >= 0; at-- {
		if i := order[at]; l.above.at(i) >= 0 && l.above.at(i) != i {
			b.size[l.above.at(i)] += b.size[i] // too much above the top of a ring, where no size counts
		}
	}
	for _, top := range tops {
		whole := b.part(top)
		for at := l.above.at(top); at != top; at = l.above.at(at) {
			b.rings[at] = whole
		}
	}
	l.labels = b
}
