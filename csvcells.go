package groups

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/fold"
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
const maxMetCells = 8192

// unknownCell is the code of what cannot be read: the zero T.
const unknownCell = 0

func newCells[T any](parse func(string) (T, error)) *cells[T] {
	c := &cells[T]{parse: parse, seed: maphash.MakeSeed(), lately: make([]metCell, 16)}
	var unknown T
	c.values.add(unknown)
	return c
}

// met returns the code of a cell that was read lately, or unknownCell.
func (c *cells[T]) met(cell string) uint32 { return c.metAs(cell, c.hash(cell)) }

func (c *cells[T]) hash(cell string) uint32 { return uint32(maphash.String(c.seed, cell)) }

func (c *cells[T]) metAs(cell string, hash uint32) uint32 {
	pair := c.pair(hash)
	for i := range pair {
		if m := &pair[i]; m.hash == hash && m.cell == cell {
			return m.code
		}
	}
	return unknownCell
}

func (c *cells[T]) pair(hash uint32) *[2]metCell {
	return (*[2]metCell)(c.lately[int(hash)&(len(c.lately)-2):])
}

// read returns the code of a cell.
func (c *cells[T]) read(cell string) (uint32, error) {
	hash := c.hash(cell)
	if code := c.metAs(cell, hash); code != unknownCell {
		return code, nil
	}
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
func (c *cells[T]) at(code uint32) T { return c.values.at(code) }

// A column is a column that is a field. Its cells are read, but for plain texts: those stay pieces of
// the file until somebody who is new or changed has one.
type column struct {
	index    int // in the file
	at       int // in the texts or codes of a row
	field    CSVField
	declared bool
	// options collects those of a choice that declares none.
	options map[string]bool
	cells   *cells[Value] // nil for plain texts
}

// A statusColumn, a managerColumn and a unitColumn hold something besides a field.
type statusColumn struct {
	index, at int
	cells     *cells[statusCell]
}

type managerColumn struct {
	index, at int
	cells     *cells[Manager]
}

type unitColumn struct {
	index, at int
	tree      Tree
	cells     *cells[[]string]
}

type statusCell uint8

const (
	statusUnreadable statusCell = iota
	statusBlank
	statusActive
	statusDeactivated
)

func newColumn(index int, f CSVField, declared bool) *column {
	c := &column{index: index, field: f, declared: declared}
	choice := f.Type == TypeChoice || f.Type == TypeMultiChoice
	switch {
	case f.Type == TypeText && f.Separator == "":
	case !choice && f.Separator == "":
		c.cells = newCells(func(cell string) (Value, error) { return ParseValue(f.Type, cell) })
	case !choice:
		c.cells = newCells(func(cell string) (Value, error) { return Text(split(strings.Clone(cell), f.Separator)...), nil })
	default:
		allowed := map[string]bool{}
		for _, o := range f.Options {
			allowed[o.ID] = true
		}
		if len(allowed) == 0 {
			c.options = map[string]bool{}
		}
		c.cells = newCells(func(cell string) (Value, error) {
			ids := split(strings.Clone(cell), f.Separator)
			for _, id := range ids {
				if c.options != nil {
					c.options[id] = true
				} else if !allowed[id] {
					return Value{}, fmt.Errorf("%.64q is none of the options", id)
				}
			}
			return Choice(ids...), nil
		})
	}
	return c
}

// split returns the parts of a cell, trimmed, without blank ones.
func split(cell, separator string) []string {
	parts := []string{cell}
	if separator != "" {
		parts = strings.Split(cell, separator)
	}
	kept := parts[:0]
	for _, s := range parts {
		if s = strings.TrimSpace(s); s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

func readText(cell string) (Value, error) { return Text(strings.Clone(cell)), nil }

func readStatus(deactivated []string) func(string) (statusCell, error) {
	off := map[string]bool{}
	for _, s := range deactivated {
		off[fold.Key(s)] = true
	}
	return func(cell string) (statusCell, error) {
		switch key := fold.Key(cell); {
		case key == "":
			return statusBlank, nil
		case off[key]:
			return statusDeactivated, nil
		default:
			return statusActive, nil
		}
	}
}

func readManager(cell string) (Manager, error) {
	id := UserID(strings.TrimSpace(cell))
	if id != "" {
		if err := id.Check(); err != nil {
			return Manager{}, err
		}
	}
	return ReportsTo(UserID(strings.Clone(string(id)))), nil
}

func readUnits(separator string) func(string) ([]string, error) {
	return func(cell string) ([]string, error) {
		ids := split(strings.Clone(cell), separator)
		for _, id := range ids {
			if err := checkID("unit", id); err != nil {
				return nil, err
			}
		}
		slices.Sort(ids)
		return slices.Compact(ids), nil
	}
}

// pageSize is how many elements a list or slab makes at once.
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

func (l *list[T]) at(i uint32) T { return l.pages[i/pageSize][i%pageSize] }

// A slab hands out slices of one large array.
type slab[T any] struct{ free []T }

func (s *slab[T]) take(n int) []T {
	if len(s.free) < n {
		s.free = make([]T, max(n, pageSize))
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}
