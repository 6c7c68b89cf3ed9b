package groups

import "slices"

// This file holds the values of a dictionary by the options that are chosen in them, and what that spares: a condition
// on choices finds those that it holds for.

// chosen are the values that are choices, by number, in ascending order.
type chosen struct {
	with    map[string][]uint32 // by the options in them
	several []uint32            // with more than one
}

func (c *chosen) put(code uint32, options []string) {
	for _, id := range options {
		c.with[id] = append(c.with[id], code)
	}
	if len(options) > 1 {
		c.several = append(c.several, code)
	}
}

// narrowChoice has the test hold for the choices that it holds for, and those asked that may not be a value of the
// field.
func (d *dictionary) narrowChoice(l *fieldLeaf, t *choiceTest) narrowing {
	from, to := d.run(choiceKind, choiceKind)
	n := d.beside(from, to, d.foreign(l, t))
	n.yes = d.holding(t)
	return n
}

// foreign are the choices that may be unknown to a test: with an option that the field does not have, or several
// where it is for one.
func (d *dictionary) foreign(l *fieldLeaf, t *choiceTest) []uint32 {
	var codes []uint32
	if t.op == opIs {
		codes = append(codes, d.chosen.several...)
	}
	if l.options != nil {
		for id, with := range d.chosen.with {
			if _, has := l.options[id]; !has {
				codes = append(codes, with...)
			}
		}
	}
	return codes
}

// holding are the choices in which any of the options is, or all of them.
func (d *dictionary) holding(t *choiceTest) []uint32 {
	var lists [][]uint32
	for id := range t.set.all() {
		lists = append(lists, d.chosen.with[id])
	}
	switch {
	case t.op != opIsExactly && len(lists) == 1: // as most
		return lists[0]
	case t.op == opIs, t.op == opIncludesAny:
		return slices.Concat(lists...)
	}
	fewest := slices.MinFunc(lists, func(a, b []uint32) int { return len(a) - len(b) })
	return slices.DeleteFunc(slices.Clone(fewest), func(code uint32) bool {
		return t.op == opIsExactly && len(d.values[code].data.(choiceValue)) != len(lists) ||
			slices.ContainsFunc(lists, func(with []uint32) bool { _, is := slices.BinarySearch(with, code); return !is })
	})
}
