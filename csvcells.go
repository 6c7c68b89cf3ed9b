package groups

import (
	"hash/maphash"
	"strings"
)

// cells reads the cells of one column. What they were read as is kept in a list, and rows hold the place
// in it: most columns have few distinct cells, which are then read once and shared.
type cells[T any] struct {
	parse  func(cell string) (T, error) // must not hold on to the cell, which is a piece of the file
	values list[T]
	seed   maphash.Seed
	// lately are pairs of cells by their hash, those last met: it is as large as it takes to keep the
	// cells of the column apart, within bounds.
	lately []metCell
}

// A metCell is a cell with its code, which is never unknownCell, and its hash: others need not be looked at.
type metCell struct {
	cell       string
	hash, code uint32
}

// maxMetCells bounds what is kept of a column in which every cell is another.
const maxMetCells = 1 << 16

// unknownCell is the code of what cannot be read: the zero T.
const unknownCell = 0

func newCells[T any](parse func(string) (T, error)) *cells[T] {
	c := &cells[T]{parse: parse, seed: maphash.MakeSeed(), lately: make([]metCell, 16)}
	var unknown T
	c.values.add(unknown)
	return c
}

// met returns the code of a cell that was read lately, or unknownCell, and the hash to read it with.
func (c *cells[T]) met(cell string) (code, hash uint32) {
	hash = uint32(maphash.String(c.seed, cell))
	pair := c.pair(hash)
	for i := range pair {
		if m := &pair[i]; m.hash == hash && m.cell == cell {
			return m.code, hash
		}
	}
	return unknownCell, hash
}

func (c *cells[T]) pair(hash uint32) *[2]metCell {
	return (*[2]metCell)(c.lately[int(hash)&(len(c.lately)-2):])
}

// read returns the code of a cell that was not met.
func (c *cells[T]) read(cell string, hash uint32) (uint32, error) {
	v, err := c.parse(cell)
	if err != nil {
		return unknownCell, err
	}
	code := c.values.add(v)
	c.meet(metCell{strings.Clone(cell), hash, code}) // side by side, and not all over the file
	return code, nil
}

// meet keeps a cell, in the place of the older of two that share one.
func (c *cells[T]) meet(m metCell) {
	pair := c.pair(m.hash)
	if pair[1].code != unknownCell && len(c.lately) < maxMetCells {
		before := c.lately
		c.lately = make([]metCell, 2*len(before))
		for _, old := range before {
			if old.code != unknownCell {
				c.meet(old)
			}
		}
		pair = c.pair(m.hash)
	}
	pair[0], pair[1] = m, pair[0]
}

// at returns what a cell was read as.
func (c *cells[T]) at(code uint32) T { return c.values.at(int(code)) }

// pageSize is how many elements a list makes at once.
const pageSize = 4096

// A list grows without moving what it holds.
type list[T any] struct{ pages [][]T }

func (l *list[T]) add(v T) uint32 {
	last := len(l.pages) - 1
	if last < 0 || len(l.pages[last]) == pageSize {
		var page []T // the first grows as it needs, for most columns have few distinct cells
		if last++; last > 0 {
			page = make([]T, 0, pageSize)
		}
		l.pages = append(l.pages, page)
	}
	l.pages[last] = append(l.pages[last], v)
	return uint32(last*pageSize + len(l.pages[last]) - 1)
}

func (l *list[T]) len() int {
	last := len(l.pages) - 1
	if last < 0 {
		return 0
	}
	return last*pageSize + len(l.pages[last])
}

func (l *list[T]) at(i int) T { return l.pages[uint(i)/pageSize][uint(i)%pageSize] }
