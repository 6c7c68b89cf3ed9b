package forest

// climb is a walk up. It ends in rings, too, which it finds as Brent does: a mark is left behind at ever
// longer distances, and in a ring the walk comes back to it. It may go round more than once.
type climb struct {
	at, mark      int32
	since, stride int // links since the mark, and after how many it is moved
}

func from(n int32) climb { return climb{at: n, mark: n, stride: 1} }

// up goes one link, and reports whether it got to a node that is not the mark.
func (f *Forest) up(c *climb) bool {
	p := f.nodes[c.at].parent
	if p < 0 {
		return false
	}
	c.at = p
	c.since++
	if p == c.mark {
		return false
	}
	if c.since == c.stride {
		c.mark, c.since, c.stride = p, 0, 2*c.stride
	}
	return true
}

// meets reports whether the way up from n meets above, within depth links if depth is positive.
func (f *Forest) meets(n, above int32, depth int) bool {
	c := from(n)
	for links := 0; (depth <= 0 || links < depth) && f.up(&c); links++ {
		if c.at == above {
			return true
		}
	}
	return false
}

// height returns how many nodes are above n.
func (f *Forest) height(n int32) int {
	c, above := from(n), 0
	for f.up(&c) {
		above++
	}
	if f.nodes[c.at].parent < 0 {
		return above
	}
	// It is in a ring of since links. Who starts that far ahead comes to the ring's first node when he who
	// follows does.
	ahead := n
	for range c.since {
		ahead = f.nodes[ahead].parent
	}
	above = c.since - 1
	for n != ahead {
		n, ahead = f.nodes[n].parent, f.nodes[ahead].parent
		above++
	}
	return above
}

// descend enters and leaves everybody below start, within depth links if depth is positive, until enter has
// had enough; between, it does so with those below him. It goes along the links and back, and so needs no
// memory. Of a ring that start is in it takes everybody else.
func (f *Forest) descend(start int32, depth int, enter func(int32) bool, leave func(int32)) {
	at, level := start, 0
	for {
		next := int32(end)
		if depth <= 0 || level < depth {
			if next = f.past(start, f.nodes[at].below.head()); next != end {
				level++
			}
		}
		for next == end {
			if at == start {
				return
			}
			leave(at)
			if next = f.past(start, f.nodes[at].next); next == end {
				at = f.nodes[at].parent
				level--
			}
		}
		at = next
		if !enter(at) {
			return
		}
	}
}

// past returns n, or the next of its list if it is start.
func (f *Forest) past(start, n int32) int32 {
	if n == start {
		return f.nodes[n].next
	}
	return n
}
