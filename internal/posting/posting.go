// Package posting holds numbered lists of users, each user with a value: who is in a course, and with what
// record. It is read from both sides. A list is kept in chunks of users, ascending, so that it can be read beside the sets
// of [github.com/grouprules/groups/internal/userset], and so are the lists that each user is on, without a pointer for any.
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
	users []users // by chunk
}

// An Entry says that a user is on a list, with a value.
type Entry struct{ List, Value uint32 }

type list struct {
	count  int
	chunks []chunk
}

// chunk has the users of one chunk, ascending, and the value of each.
type chunk struct {
	users  []uint16
	values []uint32
}

// users have the entries of the users of one chunk.
type users struct {
	spans   []span
	entries []Entry
	idle    int // how many of the entries are nobody's any more
}

// A span is where the entries of a user are.
type span struct{ from, count uint32 }

func (u *users) of(user uint16) []Entry {
	if int(user) >= len(u.spans) {
		return nil
	}
	s := u.spans[user]
	return u.entries[s.from : s.from+s.count : s.from+s.count]
}

// put has the entries of a user, in their place where they are as many. Room that is left behind is used again once it is as much as the rest.
func (u *users) put(user uint16, entries []Entry) {
	if more := int(user) + 1 - len(u.spans); more > 0 {
		u.spans = append(u.spans, make([]span, more)...)
	}
	s := &u.spans[user]
	if int(s.count) != len(entries) {
		u.idle += int(s.count)
		*s = span{uint32(len(u.entries)), uint32(len(entries))}
		u.entries = append(u.entries, entries...)
	}
	copy(u.of(user), entries)
	if u.idle > len(u.entries)/2 {
		u.pack()
	}
}

func (u *users) pack() {
	packed := make([]Entry, 0, len(u.entries)-u.idle)
	for i := range u.spans {
		s := &u.spans[i]
		from := uint32(len(packed))
		packed = append(packed, u.entries[s.from:s.from+s.count]...)
		s.from = from
	}
	u.entries, u.idle = packed, 0
}

// Of returns the lists that a user is on, ascending. They are not to be written to, and as they are until the next Put.
func (l *Lists) Of(user uint32) []Entry {
	if n := int(user / userset.Chunk); n < len(l.users) {
		return l.users[n].of(uint16(user % userset.Chunk))
	}
	return nil
}

// Put puts a user on these lists, ascending, with these values, and on no other, and reports whether that is any news. Each
// of them that is another takes constant time, amortized, for users who come in ascending order, and else time in
// proportion to the list's chunk.
func (l *Lists) Put(user uint32, on []Entry) bool {
	was := l.Of(user)
	if slices.Equal(was, on) {
		return false
	}
	for now := on; len(was)+len(now) > 0; {
		switch {
		case len(now) == 0 || len(was) > 0 && was[0].List < now[0].List:
			l.lists[was[0].List].drop(user)
			was = was[1:]
			continue
		case len(was) > 0 && was[0].List == now[0].List:
			if was[0] != now[0] {
				l.list(now[0].List).put(user, now[0].Value)
			}
			was = was[1:]
		default:
			l.list(now[0].List).put(user, now[0].Value)
		}
		now = now[1:]
	}
	for int(user/userset.Chunk) >= len(l.users) {
		l.users = append(l.users, users{})
	}
	l.users[user/userset.Chunk].put(uint16(user%userset.Chunk), on)
	return true
}

func (l *Lists) list(number uint32) *list {
	for int(number) >= len(l.lists) {
		l.lists = append(l.lists, list{})
	}
	return &l.lists[number]
}

// put puts a user on the list with a value, or gives one who is on it another value.
func (of *list) put(user, value uint32) {
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

// drop takes a user off the list.
func (of *list) drop(user uint32) {
	c := &of.chunks[user/userset.Chunk]
	if at, found := slices.BinarySearch(c.users, uint16(user%userset.Chunk)); found {
		c.users, c.values = slices.Delete(c.users, at, at+1), slices.Delete(c.values, at, at+1)
		of.count--
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
	for i := range l.users {
		n += 8*cap(l.users[i].spans) + 8*cap(l.users[i].entries)
	}
	return n
}
