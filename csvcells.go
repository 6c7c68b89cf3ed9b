package groups

import (
	"hash/maphash"
	"slices"

	"github.com/grouprules/groups/internal/numbering"
)

// cells reads the cells of one column. What they were read as is kept in a list, and rows hold the place
// in it: most columns have few distinct cells, which are then read once and shared.
type cells[T any] struct {
	parse  func(cell string) (T, error) // may hold on to the cell
	values list[T]
	// The cells that were read first, by their code, are found by their hash. The first is that of unknownCell, and
	// none.
	first []string
	codes numbering.Table
	seed  maphash.Seed
	found []uint32 // by metAll
}

// maxMetCells bounds what is kept of a column in which every cell is another.
const maxMetCells = 1 << 16

// unknownCell is the code of what cannot be read: the zero T.
const unknownCell = 0

func newCells[T any](parse func(string) (T, error)) *cells[T] {
	c := &cells[T]{parse: parse, seed: maphash.MakeSeed(), first: make([]string, 1)}
	var unknown T
	c.values.add(unknown)
	return c
}

// met returns the code of a cell that was read before, or unknownCell, and the hash to read it with.
func (c *cells[T]) met(cell []byte) (code, hash uint32) {
	hash = uint32(maphash.Bytes(c.seed, cell))
	code, _ = c.codes.Find(hash, func(code uint32) bool { return c.first[code] == string(cell) })
	return code, hash
}

// metAll returns the codes of cells that were met, until the next call; unknownCell is for met to find. It goes through
// them in small steps: they then wait for memory side by side, and not one after the other.
func (c *cells[T]) metAll(some [][]byte) []uint32 {
	c.found = slices.Grow(c.found[:0], len(some))[:len(some)]
	for i, cell := range some {
		c.found[i] = uint32(maphash.Bytes(c.seed, cell))
	}
	for i, hash := range c.found {
		c.found[i] = c.codes.First(hash)
	}
	for i, code := range c.found {
		if c.first[code] != string(some[i]) {
			c.found[i] = unknownCell
		}
	}
	return c.found
}

// read returns the code of a cell that was not met.
func (c *cells[T]) read(text []byte, hash uint32) (uint32, error) {
	cell := string(text)
	v, err := c.parse(cell)
	if err != nil {
		return unknownCell, err
	}
	code := c.values.add(v)
	if len(c.first) <= maxMetCells {
		c.first = append(c.first, cell)
		c.codes.Add(hash, code)
	}
	return code, nil
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
