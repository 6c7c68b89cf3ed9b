// Package column holds one small number a user: the code of what a field says about him.
//
// A [Column] answers both ways: which code a user has, and which users of a chunk have one of some codes
// ([Pick]). For the second it keeps the users of each chunk in the order of their codes, so that a value
// or a range of values is one slice, and takes as long as it has users.
//
// It may not know what the codes stand for, why they are looked for, or anything else of package groups.
package column

import (
	"reflect"
	"slices"

	"github.com/grouprules/groups/internal/userset"
)

// Column has a code for each user, who are numbered densely from 0. The zero Column has no users. Code 0
// says that nothing is known. Codes are small: memory grows with the highest.
//
// Reads may run at once with reads, but not with a write. [Column.Put] and [Column.Tidy] write.
type Column struct {
	codes  []uint32 // by user
	orders []order  // by chunk
	counts []uint32 // by code
	stale  bool     // some of the orders are
}

// Len returns the number of users: one more than the highest that a code was put for.
func (c *Column) Len() int { return len(c.codes) }

// Chunks returns how many chunks they are.
func (c *Column) Chunks() int { return len(c.orders) }

// Code returns the code of u: 0 if none was put.
func (c *Column) Code(u uint32) uint32 {
	if u < uint32(len(c.codes)) {
		return c.codes[u]
	}
	return 0
}

// Count returns how many of the users have the code.
func (c *Column) Count(code uint32) int {
	if code < uint32(len(c.counts)) {
		return int(c.counts[code])
	}
	return 0
}

// Codes returns one more than the highest code that was ever put; 0 when none was.
func (c *Column) Codes() int { return len(c.counts) }

// count makes it so many codes.
func (c *Column) count(codes int) {
	before := len(c.counts)
	if codes > cap(c.counts) {
		c.counts = slices.Grow(c.counts, max(codes, 2*cap(c.counts))-before) // twice, since a code comes after the other
	}
	c.counts = c.counts[:codes]
	clear(c.counts[before:])
}

// Put gives u the code. Those before u who have none yet get code 0.
func (c *Column) Put(u uint32, code uint32) {
	if u >= uint32(len(c.codes)) {
		c.grow(int(u) + 1)
	}
	old := c.codes[u]
	if code >= uint32(len(c.counts)) {
		c.count(int(code) + 1)
	}
	if old == code {
		return
	}
	c.counts[old]--
	c.counts[code]++
	c.codes[u] = code
	c.orders[u/userset.Chunk].put(uint16(u%userset.Chunk), old)
	c.stale = true
}

// Grow makes room for so many users, of whom it then takes the codes without moving those it has.
func (c *Column) Grow(users int) {
	c.codes = slices.Grow(c.codes, max(0, users-len(c.codes)))
	c.orders = slices.Grow(c.orders, max(0, (users+userset.Chunk-1)/userset.Chunk-len(c.orders)))
}

// grow makes it n users, the new ones with code 0.
func (c *Column) grow(n int) {
	before := len(c.codes)
	c.codes = append(c.codes, make([]uint32, n-before)...)
	if len(c.counts) == 0 {
		c.counts = append(c.counts, 0)
	}
	c.counts[0] += uint32(n - before)
	if chunks := (n-1)/userset.Chunk + 1; chunks > len(c.orders) {
		c.orders = append(c.orders, make([]order, chunks-len(c.orders))...)
	}
	for k := before / userset.Chunk; k < len(c.orders); k++ {
		c.orders[k].stale, c.stale = true, true
	}
}

// Tidy puts the users of the chunks written to since the last Tidy in order again, which may wait until somebody wants to
// find users by their codes: [Column.Select] goes through all users of a chunk that is not in order.
func (c *Column) Tidy() {
	if !c.stale {
		return
	}
	c.stale = false
	var in room
	for k := range c.orders {
		if o := &c.orders[k]; o.stale {
			o.tidy(c.chunk(k), &in)
		}
	}
}

// chunk returns the codes of the users of chunk k.
func (c *Column) chunk(k int) []uint32 {
	return c.codes[k*userset.Chunk : min((k+1)*userset.Chunk, len(c.codes))]
}

// Select puts those users of the chunk in into who have one of the codes looked for, and returns how many
// they are, whoever was in before.
func (c *Column) Select(chunk int, p *Pick, into *userset.Bits) int {
	switch {
	case chunk >= len(c.orders) || p == nil || !p.some:
		return 0
	case c.orders[chunk].stale || len(p.first) == 0:
		return p.scan(c.chunk(chunk), into)
	default:
		return c.orders[chunk].find(p, into)
	}
}

// Fill makes the set those who have one of the codes, in the memory that it has. The Pick and found are scratch memory.
func (c *Column) Fill(set *userset.Set, codes []uint32, p *Pick, found *userset.Bits) {
	set.Clear()
	p.Look(codes)
	for chunk := c.Chunks() - 1; chunk >= 0; chunk-- { // from the last on, so that the set grows once
		c.FillChunk(set, chunk, p, found)
	}
}

// FillChunk puts those of the chunk into the set who have one of the codes looked for. The set has nobody of it.
func (c *Column) FillChunk(set *userset.Set, chunk int, p *Pick, found *userset.Bits) {
	if !p.some {
		return
	}
	users := len(c.chunk(chunk))
	if p.lowest == p.highest && !c.orders[chunk].stale {
		if list := c.orders[chunk].of(p.lowest); len(list) > 0 {
			set.PutList(chunk, list, users)
		}
		return
	}
	found.Reset()
	if n := c.Select(chunk, p, found); n > 0 {
		set.PutCounted(chunk, found, n, users)
	}
}

// Bytes returns the memory that the column holds.
func (c *Column) Bytes() int {
	n := int(reflect.TypeFor[Column]().Size()) + 4*cap(c.codes) + 4*cap(c.counts) +
		cap(c.orders)*int(reflect.TypeFor[order]().Size())
	for i := range c.orders {
		o := &c.orders[i]
		n += 2*cap(o.users) + 4*cap(o.codes) + 2*cap(o.start) + 8*cap(o.moved)
	}
	return n
}
