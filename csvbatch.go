package groups

import (
	"cmp"
	"io"
	"slices"

	"github.com/grouprules/groups/internal/table"
)

// A batch holds rows whose cells are yet to be read. That is done column by column: what is known of a
// column stays at hand, and no column waits for another.
type batch struct {
	columns int
	lines   []int        // of the rows that were kept
	text    []byte       // theirs
	cells   []table.Span // in the text, row by row
	ascii   bool         // none of these has anything but ASCII, or a NUL
	found   []rowIssue   // of the other rows
}

// start empties the batch, which keeps its memory.
func (b *batch) start(columns int) {
	b.columns, b.ascii, b.found = columns, true, nil
	b.lines, b.text, b.cells = b.lines[:0], b.text[:0], b.cells[:0]
}

func (b *batch) add(row *table.Row) {
	b.ascii = b.ascii && row.ASCII
	b.lines = append(b.lines, row.Line)
	for _, in := range row.Spans {
		b.cells = append(b.cells, table.Span{From: len(b.text) + in.From, To: len(b.text) + in.To})
	}
	b.text = append(b.text, row.Text...)
}

// cell is a cell of those of all rows, until the batch starts anew.
func (b *batch) cell(i int) []byte { return b.text[b.cells[i].From:b.cells[i].To] }

// row is a row as it is in the file.
func (b *batch) row(i int) []string {
	row := make([]string, b.columns)
	for c := range row {
		row[c] = string(b.cell(i*b.columns + c))
	}
	return row
}

// column has the cells of a column side by side, in place of others.
func (b *batch) column(i int, cells [][]byte) [][]byte {
	cells = slices.Grow(cells[:0], len(b.lines))
	for ; i < len(b.cells); i += b.columns {
		cells = append(cells, b.cell(i))
	}
	return cells
}

// A rowIssue is an issue with the row that it is about.
type rowIssue struct {
	issue Issue
	place int // among the issues of the row
	cells []string
}

// batchRows is how many rows are read at once.
const batchRows = 1024

// rest takes in what is left of the file, batch by batch: while the cells of one are read, the next is cut.
func (p *peopleReader) rest() error {
	var read, next batch
	next.start(len(p.header))
	more, err := p.cut(&next)
	found := make([][]rowIssue, 1+len(p.readings))
	for err == nil && (more || len(next.lines)+len(next.found) > 0) {
		read, next = next, read
		next.start(len(p.header))
		inParallel(len(found), func() func(int) {
			return func(i int) {
				switch {
				case i > 0:
					found[i] = p.readings[i-1](&read)
				case more:
					more, err = p.cut(&next)
				}
			}
		})
		found[0] = read.found
		p.note(slices.Concat(found...))
	}
	return err
}

// cut fills a batch, and reports whether there may be more rows.
func (p *peopleReader) cut(b *batch) (more bool, err error) {
	for range batchRows {
		row, err := p.t.read()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		p.Rows++
		p.take(row, b)
		if p.opts.Progress != nil && p.Rows%10_000 == 0 {
			p.opts.Progress(p.Rows)
		}
	}
	return true, nil
}

// reject leaves a row out; keyless is one whose key cannot be read, so that it may be anybody's.
func (p *peopleReader) reject(row *table.Row, b *batch, issue Issue, keyless bool) {
	p.Rejected++
	b.found = append(b.found, rowIssue{issue: issue, cells: row.Cells()})
	if keyless {
		p.keyless = append(p.keyless, row.Line)
	}
}

// note files what was wrong in a batch, by line.
func (p *peopleReader) note(found []rowIssue) {
	slices.SortFunc(found, func(a, b rowIssue) int { return cmp.Or(a.issue.Line-b.issue.Line, a.place-b.place) })
	for len(found) > 0 {
		first, before := found[0], len(p.Issues)
		for len(found) > 0 && found[0].issue.Line == first.issue.Line {
			p.Issues = append(p.Issues, found[0].issue)
			found = found[1:]
		}
		p.bad = append(p.bad, badRow{first.cells, before, len(p.Issues)})
	}
}

// A columnReader reads one column of a batch, and returns what is wrong in it.
type columnReader func(b *batch) []rowIssue

// each has the cells of a column read, who tells what is wrong with one.
func (p *peopleReader) each(index int, read func(cells [][]byte, ascii bool, bad func(i int, code, text string))) {
	place, cells := len(p.readings), [][]byte(nil)
	p.readings = append(p.readings, func(b *batch) (found []rowIssue) {
		cells = b.column(index, cells)
		read(cells, b.ascii, func(i int, code, text string) {
			found = append(found, rowIssue{Issue{b.lines[i], p.header[index], code, text, string(cells[i])}, place, b.row(i)})
		})
		return found
	})
}

// readTexts has a column of plain texts read, and readCells and readCodes any other. A cell that is no text is
// reported once, for the field.
func (p *peopleReader) readTexts(c *column) {
	p.each(c.index, func(cells [][]byte, ascii bool, bad func(int, string, string)) {
		for i, cell := range cells {
			if !ascii {
				if reason, is := p.t.Unreadable(cell); is {
					bad(i, issueUnreadable, unreadable(reason))
					cell = []byte(unreadableText)
				}
			}
			c.texts.add(cell)
		}
	})
}

func (p *peopleReader) readCodes(c *column) {
	var codes []cellCode
	var unread []int // the cells that are no codes by themselves
	var rest [][]byte
	p.each(c.index, func(cells [][]byte, _ bool, bad func(int, string, string)) {
		codes, unread, rest = codes[:0], unread[:0], rest[:0]
		for i, cell := range cells {
			code := codeOfCell(c.field.Type, cell)
			if codes = append(codes, code); code == 0 {
				unread, rest = append(unread, i), append(rest, cell)
			}
		}
		for j, known := range readAll(p, c.cells, rest, func(j int, issue, text string) { bad(unread[j], issue, text) }) {
			codes[unread[j]] = cellCode(known)
		}
		for _, code := range codes {
			c.codes.add(code.kept())
		}
	})
}

func readCells[T any](p *peopleReader, c *coded[T]) {
	p.each(c.index, func(cells [][]byte, _ bool, bad func(int, string, string)) {
		for _, code := range readAll(p, c.cells, cells, func(i int, issue, text string) {
			if issue == issueBadValue {
				bad(i, issue, text)
			}
		}) {
			c.codes.add(uint64(code))
		}
	})
}

// readAll returns the codes of cells, until the next call, and tells what is wrong with some.
func readAll[T any](p *peopleReader, c *cells[T], cells [][]byte, bad func(i int, code, text string)) []uint32 {
	codes := c.metAll(cells)
	for i, known := range codes {
		if known == unknownCell {
			var issue, text string
			if codes[i], issue, text = readCell(p, c, cells[i]); issue != "" {
				bad(i, issue, text)
			}
		}
	}
	return codes
}

// readCell returns the code of a cell, or what is wrong with it.
func readCell[T any](p *peopleReader, c *cells[T], cell []byte) (known uint32, code, text string) {
	known, hash := c.met(cell)
	if known != unknownCell {
		return known, "", ""
	}
	if reason, bad := p.t.Unreadable(cell); bad {
		return unknownCell, issueUnreadable, unreadable(reason)
	}
	known, err := c.read(cell, hash)
	if err != nil {
		return unknownCell, issueBadValue, err.Error()
	}
	return known, "", ""
}
