package column

import (
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
}

// digit is how many bits of a code a pass sorts by: its counts stay in the fastest memory, and most
// columns are sorted in one or two passes.
const digit = 11

// tidy sorts the users whose codes are given. It is a radix sort from the lowest digit on, each pass of
// which leaves those of one digit as they were. Spare is as long as codes at least.
func (o *order) tidy(codes []uint32, spare []uint16) {
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
	o.stale = false
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
