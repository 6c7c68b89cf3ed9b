package groups

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/fold"
)

// A column is a column that is a field, with what its cells were read as, by row. Those of plain texts
// stay as they are in the file until somebody who is new or changed has one.
type column struct {
	index    int // in the file
	field    CSVField
	declared bool
	// options collects those of a choice that declares none.
	options map[string]bool
	texts   keptTexts     // of plain texts, unreadableText among them
	codes   keptNumbers   // of any other
	cells   *cells[Value] // nil for plain texts
}

// code is that of a row in a column that is not of plain texts, and value is what the row has.
func (c *column) code(row int) cellCode { return keptCode(c.field.Type, c.codes.at(row)) }

func (c *column) value(row int) Value {
	code := c.code(row)
	if code.itself() {
		return code.value()
	}
	return c.cells.at(uint32(code))
}

// A coded column holds something besides a field.
type coded[T any] struct {
	index int
	cells *cells[T]
	codes keptNumbers
}

// of is what a row has.
func (c *coded[T]) of(row int) T { return c.cells.at(uint32(c.codes.at(row))) }

type unitColumn struct {
	tree Tree
	coded[[]string]
}

// seats are the units in which users of a file sit, by the codes of their cells: those who sit in the same units share
// one map, which nobody writes to.
type seats struct {
	shared map[string]map[Tree][]string
	key    []byte
}

// of is where a row sits; nil: it does not say of any tree.
func (s *seats) of(row int, columns []*unitColumn) map[Tree][]string {
	s.key = s.key[:0]
	for _, c := range columns {
		s.key = binary.LittleEndian.AppendUint32(s.key, uint32(c.codes.at(row)))
	}
	units, met := s.shared[string(s.key)]
	if met {
		return units
	}
	for _, c := range columns {
		if in := c.of(row); in != nil {
			if units == nil {
				units = make(map[Tree][]string, len(columns))
			}
			units[c.tree] = in
		}
	}
	if s.shared == nil {
		s.shared = map[string]map[Tree][]string{}
	}
	s.shared[string(s.key)] = units
	return units
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
		c.cells = newCells(func(cell string) (Value, error) { return Text(split(cell, f.Separator)...), nil })
	default:
		allowed := map[string]bool{}
		for _, o := range f.Options {
			allowed[o.ID] = true
		}
		if len(allowed) == 0 {
			c.options = map[string]bool{}
		}
		c.cells = newCells(func(cell string) (Value, error) {
			ids := split(cell, f.Separator)
			for _, id := range ids {
				if c.options != nil {
					c.options[id] = true
				} else if !allowed[id] {
					return Value{}, fmt.Errorf("%.64q is none of the options", id)
				}
			}
			return choiceOf(ids), nil
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

func readText(cell string) (Value, error) { return Text(cell), nil }

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
	return ReportsTo(id), nil
}

func readUnits(separator string) func(string) ([]string, error) {
	return func(cell string) ([]string, error) {
		ids := split(cell, separator)
		for _, id := range ids {
			if err := checkID("unit", id); err != nil {
				return nil, err
			}
		}
		slices.Sort(ids)
		return slices.Compact(ids), nil
	}
}
