package groups

import (
	"cmp"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/table"
)

// A batch holds rows whose cells are yet to be read. That is done column by column: what is known of a
// column stays at hand, and no column waits for another.
type batch struct {
	rows  []batchRow
	cells []string // those of all rows that were kept
	found []rowIssue
}

// A batchRow is a row as it was in the file.
type batchRow struct {
	person *personRow // nil: rejected
	line   int
	cells  []string
}

// A rowIssue is the issue of a row in the batch.
type rowIssue struct {
	row, place int // the place among the issues of the row
	issue      Issue
}

// batchRows is how many rows are read at once.
const batchRows = 1024

// keep takes in a row that counts.
func (b *batch) keep(row *table.Row, r *personRow) {
	from := len(b.cells)
	b.cells = append(b.cells, row.Cells...)
	b.rows = append(b.rows, batchRow{r, row.Line, b.cells[from:]})
}

// reject takes in a row that does not.
func (b *batch) reject(row *table.Row, issue Issue) {
	b.found = append(b.found, rowIssue{row: len(b.rows), issue: issue})
	b.rows = append(b.rows, batchRow{nil, row.Line, slices.Clone(row.Cells)})
}

// readBatch reads the cells of the batch, notes what is wrong in it, and empties it.
func (p *peopleReader) readBatch() {
	found := make([][]rowIssue, len(p.readings))
	inParallel(len(found), func() func(int) { return func(i int) { found[i] = p.readings[i]() } })
	all := slices.Concat(append(found, p.batch.found)...)
	slices.SortFunc(all, func(a, b rowIssue) int { return cmp.Or(a.row-b.row, a.place-b.place) })
	for len(all) > 0 {
		row, before := all[0].row, len(p.Issues)
		for len(all) > 0 && all[0].row == row {
			p.Issues = append(p.Issues, all[0].issue)
			all = all[1:]
		}
		p.bad = append(p.bad, badRow{cloneCells(p.batch.rows[row].cells), before, len(p.Issues)})
	}
	p.batch = batch{p.batch.rows[:0], p.batch.cells[:0], nil}
}

// A columnReader reads one column of a batch, and returns what is wrong in it.
type columnReader func() []rowIssue

// each calls read with every cell of a column that counts. What it finds is an issue.
func (p *peopleReader) each(index int, read func(r *personRow, cell string) (code, text string)) columnReader {
	place := len(p.readings)
	return func() (found []rowIssue) {
		for i := range p.batch.rows {
			row := &p.batch.rows[i]
			if row.person == nil {
				continue
			}
			cell := row.cells[index]
			if code, text := read(row.person, cell); code != "" {
				found = append(found, rowIssue{i, place, Issue{row.line, p.header[index], code, text, strings.Clone(cell)}})
			}
		}
		return found
	}
}

// readTexts has a column of plain texts read, and readCells any other. A cell that is no text is reported
// once, for the field.
func (p *peopleReader) readTexts(c *column) {
	p.readings = append(p.readings, p.each(c.index, func(r *personRow, cell string) (code, text string) {
		if reason, bad := p.t.Unreadable(cell); bad {
			r.texts[c.at] = unreadableText
			return issueUnreadable, unreadable(reason)
		}
		r.texts[c.at] = cell
		return "", ""
	}))
}

func readCells[T any](p *peopleReader, index, at int, c *cells[T], isField bool) {
	p.readings = append(p.readings, p.each(index, func(r *personRow, cell string) (code, text string) {
		known := c.met(cell)
		if known == unknownCell {
			if reason, bad := p.t.Unreadable(cell); bad {
				if isField {
					code, text = issueUnreadable, unreadable(reason)
				}
				return code, text
			}
			var err error
			if known, err = c.read(cell); err != nil {
				return issueBadValue, err.Error()
			}
		}
		r.codes[at] = known
		return "", ""
	}))
}
