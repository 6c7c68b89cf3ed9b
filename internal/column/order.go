package column

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/grouprules/groups/internal/userset"
)

// order has the users of one chunk by their codes.
type order struct {
	stale bool     // a code was put since
	users []uint16 // by code, and by number among those of one code
	codes []uint32 // those that occur, ascending
	start []uint16 // by place in codes: where the users that have it start
	// moved are those of the users whom another code was put for since, unless they are too many.
	moved []move
	many  bool
}

// A move is a user of a chunk with the code that they had.
type move struct {
	code uint32
	user uint16
}

// mostMoved is up to which part of a chunk, one of so many, is put in order again faster than all of it is sorted.
const mostMoved = 16

// put notes that another code is put for a user who had one.
func (o *order) put(user uint16, was uint32) {
	o.stale = true
	switch {
	case o.many:
	case len(o.moved) < len(o.users)/mostMoved:
		o.moved = append(o.moved, move{was, user})
	default:
		o.many, o.moved = true, nil
	}
}

// A room is scratch memory to put users in order in.
type room struct {
	users, start []uint16
	codes        []uint32
	to           []move
}

// tidy puts the users whose codes are given in order again.
func (o *order) tidy(codes []uint32, in *room) {
	if o.many || len(o.users) != len(codes) {
		in.users = sized(in.users, len(codes))
		o.sort(codes, in.users)
	} else {
		o.merge(codes, in)
	}
	o.stale, o.many, o.moved = false, false, o.moved[:0]
}

// merge takes those who moved out of the places where they are, and puts them where they belong.
func (o *order) merge(codes []uint32, in *room) {
	// Who moved twice is in the place of the first time.
	slices.SortStableFunc(o.moved, func(a, b move) int { return cmp.Compare(a.user, b.user) })
	from := slices.CompactFunc(o.moved, func(a, b move) bool { return a.user == b.user })
	to := in.to[:0]
	for _, m := range from {
		to = append(to, move{codes[m.user], m.user})
	}
	in.to = to
	slices.SortFunc(from, move.compare)
	slices.SortFunc(to, move.compare)

	in.users, in.codes, in.start = append(in.users[:0], o.users...), append(in.codes[:0], o.codes...), append(in.start[:0], o.start...)
	m := merging{order: o, was: in}
	o.users, o.codes, o.start = o.users[:0], o.codes[:0], o.start[:0]
	for len(from)+len(to) > 0 {
		var code uint32
		if len(to) == 0 || len(from) > 0 && from[0].code < to[0].code {
			code = from[0].code
		} else {
			code = to[0].code
		}
		m.upTo(code)
		first := len(o.users)
		for _, u := range m.next(code) {
			for len(to) > 0 && to[0].compare(move{code, u}) < 0 {
				o.users, to = append(o.users, to[0].user), to[1:]
			}
			if len(from) > 0 && from[0] == (move{code, u}) {
				from = from[1:]
			} else {
				o.users = append(o.users, u)
			}
		}
		for len(to) > 0 && to[0].code == code {
			o.users, to = append(o.users, to[0].user), to[1:]
		}
		if len(o.users) > first {
			o.codes, o.start = append(o.codes, code), append(o.start, uint16(first))
		}
	}
	m.upTo(math.MaxUint32)
}

// compare is by code, and then by user.
func (m move) compare(n move) int {
	return cmp.Or(cmp.Compare(m.code, n.code), cmp.Compare(m.user, n.user))
}

// A merging is an order that is made anew of what it was: so many of the codes and the users of that are done.
type merging struct {
	*order
	was          *room
	codes, users int
}

// upTo leaves those who have a code before one as they were, but for their places.
func (m *merging) upTo(code uint32) {
	end := reach(m.was.codes, m.codes, uint64(code))
	users := len(m.was.users)
	if end < len(m.was.codes) {
		users = int(m.was.start[end])
	}
	shift := uint16(len(m.order.users) - m.users) // may be less than nothing, and is right all the same
	for _, at := range m.was.start[m.codes:end] {
		m.start = append(m.start, at+shift)
	}
	m.order.codes = append(m.order.codes, m.was.codes[m.codes:end]...)
	m.order.users = append(m.order.users, m.was.users[m.users:users]...)
	m.codes, m.users = end, users
}

// next are those who had the code: none before them are left.
func (m *merging) next(code uint32) []uint16 {
	if m.codes == len(m.was.codes) || m.was.codes[m.codes] != code {
		return nil
	}
	from := m.users
	if m.codes, m.users = m.codes+1, len(m.was.users); m.codes < len(m.was.codes) {
		m.users = int(m.was.start[m.codes])
	}
	return m.was.users[from:m.users]
}

// digit is how many bits of a code a pass sorts by: its counts stay in the fastest memory, and most
// columns are sorted in one or two passes.
const digit = 11

// sort sorts the users whose codes are given. It is a radix sort from the lowest digit on, each pass of
// which leaves those of one digit as they were.
func (o *order) sort(codes []uint32, spare []uint16) {
	from, to := sized(o.users, len(codes)), spare[:len(codes)]
	var any uint32
	for i, c := range codes {
		any |= c
		from[i] = uint16(i)
	}
	own := true // whether the users sorted so far are in memory of the order
	for shift := 0; shift < bits.Len32(any); shift += digit {
		var next [1 << digit]uint32
		for _, c := range codes {
			next[c>>shift&(1<<digit-1)]++
		}
		sum := uint32(0)
		for i, n := range next {
			next[i] = sum
			sum += n
		}
		for _, u := range from {
			at := &next[codes[u]>>shift&(1<<digit-1)]
			to[*at] = u
			*at++
		}
		from, to, own = to, from, !own
	}
	if !own {
		copy(to, from)
		from = to
	}
	o.users = from

	distinct := 0
	for i, u := range from {
		if i == 0 || codes[u] != codes[from[i-1]] {
			distinct++
		}
	}
	o.codes, o.start = sized(o.codes, distinct)[:0], sized(o.start, distinct)[:0]
	for i, u := range from {
		if i == 0 || codes[u] != codes[from[i-1]] {
			o.codes = append(o.codes, codes[u])
			o.start = append(o.start, uint16(i))
		}
	}
}

// find is [Column.Select] by the order. Codes that occur and codes looked for are gone through together,
// each in leaps to where the other is: this is as fast when one of them is far longer.
func (o *order) find(p *Pick, into *userset.Bits) (n int) {
	for at, run := 0, 0; run < len(p.first); {
		at = reach(o.codes, at, uint64(p.first[run]))
		if at == len(o.codes) {
			break
		}
		if o.codes[at] > p.last[run] {
			run = reach(p.last, run, uint64(o.codes[at]))
			continue
		}
		from := int(o.start[at])
		at = reach(o.codes, at, uint64(p.last[run])+1)
		users := o.users[from:]
		if at < len(o.start) {
			users = o.users[from:o.start[at]]
		}
		into.SetAll(users)
		n += len(users)
		run++
	}
	return n
}

// of are the users who have the code, ascending.
func (o *order) of(code uint32) []uint16 {
	switch at, occurs := slices.BinarySearch(o.codes, code); {
	case !occurs:
		return nil
	case at+1 < len(o.start):
		return o.users[o.start[at]:o.start[at+1]]
	default:
		return o.users[o.start[at]:]
	}
}

// reach returns the first place from at on whose code is not less than code, at ever longer steps and
// then by halves.
func reach(codes []uint32, at int, code uint64) int {
	step := 1
	for at+step <= len(codes) && uint64(codes[at+step-1]) < code {
		at += step
		step *= 2
	}
	// It is at one of at to end.
	for end := min(at+step-1, len(codes)); at < end; {
		if middle := int(uint(at+end) / 2); uint64(codes[middle]) < code {
			at = middle + 1
		} else {
			end = middle
		}
	}
	return at
}

// sized returns s with length n, in new memory if it has too little. What it holds is of no use.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
