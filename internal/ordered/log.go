package ordered

import "iter"

// A Log holds rows in the order in which they were added. The zero Log is empty. A copy of it stays as
// it was, and may be read while rows are added to the original.
type Log[R any] struct {
	pages []*[pageRows]R
	rows  int
}

// pageRows is how many rows share an allocation. None is ever moved.
const pageRows = 256

// Add puts a row behind all others.
func (l *Log[R]) Add(row R) {
	if l.rows == len(l.pages)*pageRows {
		l.pages = append(l.pages, new([pageRows]R))
	}
	*l.At(l.rows) = row
	l.rows++
}

// Len returns the number of rows.
func (l *Log[R]) Len() int { return l.rows }

// At returns the row with that number, the first being 0. It is shared and must not be written to.
func (l *Log[R]) At(i int) *R { return &l.pages[i/pageRows][i%pageRows] }

// From yields the rows from the one with that number on, likewise shared.
func (l *Log[R]) From(first int) iter.Seq[*R] {
	return func(yield func(*R) bool) {
		for i := first; i < l.rows; i++ {
			if !yield(l.At(i)) {
				return
			}
		}
	}
}
