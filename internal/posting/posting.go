// Package posting holds numbered lists of users, each user with a value: who is in a course, and with what
// record. A list is kept in chunks of users, ascending, so that it can be read beside the sets of
// [github.com/grouprules/groups/internal/userset].
//
// It may not know what the lists are, or what the values mean.
package posting

import (
	"slices"

	"github.com/grouprules/groups/internal/userset"
)

// Lists are lists by their number. The zero Lists are empty. Reads may run at once with reads, not with
// writes.
type Lists struct {
	lists []list
}

type list struct {
	count  int
	chunks []chunk
}

// chunk has the users of one chunk, ascending, and the value of each.
type chunk struct {
	users  []uint16
	values []uint32
}

// Put puts a user on a list with a value, or gives one who is on it another value. It takes constant time,
// amortized, for users who come in ascending order, and else time in proportion to the list's chunk.
func (l *Lists) Put(number, user, value uint32) {
	for int(number) >= len(l.lists) {
		l.lists = append(l.lists, list{})
	}
	of := &l.lists[number]
	for int(user/userset.Chunk) >= len(of.chunks) {
		of.chunks = append(of.chunks, chunk{})
	}
	c, u := &of.chunks[user/userset.Chunk], uint16(user%userset.Chunk)
	if last := len(c.users) - 1; last < 0 || c.users[last] < u {
		if len(c.users) == cap(c.users) {
			// By as many: by less, a long list would be moved again and again.
			c.users, c.values = slices.Grow(c.users, len(c.users)+4), slices.Grow(c.values, len(c.users)+4)
		}
		c.users, c.values = append(c.users, u), append(c.values, value)
		of.count++
		return
	}
	at, found := slices.BinarySearch(c.users, u)
	if found {
		c.values[at] = value
		return
	}
	c.users, c.values = slices.Insert(c.users, at, u), slices.Insert(c.values, at, value)
	of.count++
}

// Drop takes a user off a list, who need not be on it.
func (l *Lists) Drop(number, user uint32) {
	if int(number) >= len(l.lists) || int(user/userset.Chunk) >= len(l.lists[number].chunks) {
		return
	}
	c := &l.lists[number].chunks[user/userset.Chunk]
	if at, found := slices.BinarySearch(c.users, uint16(user%userset.Chunk)); found {
		c.users, c.values = slices.Delete(c.users, at, at+1), slices.Delete(c.values, at, at+1)
		l.lists[number].count--
	}
}

// Count is how many users are on a list.
func (l *Lists) Count(number uint32) int {
	if int(number) >= len(l.lists) {
		return 0
	}
	return l.lists[number].count
}

// Chunk returns who of a chunk is on a list, ascending, and their values. They are not to be written to.
func (l *Lists) Chunk(number uint32, n int) (users []uint16, values []uint32) {
	if int(number) >= len(l.lists) || n >= len(l.lists[number].chunks) {
		return nil, nil
	}
	c := &l.lists[number].chunks[n]
	return c.users, c.values
}

// Bytes is about how much memory the lists take.
func (l *Lists) Bytes() int {
	n := 0
	for i := range l.lists {
		for j := range l.lists[i].chunks {
			c := &l.lists[i].chunks[j]
			n += 2*cap(c.users) + 4*cap(c.values) + 48
		}
	}
	return n
}
