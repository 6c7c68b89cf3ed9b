package groups

import (
	"io"
	"slices"

	"github.com/grouprules/groups/internal/fold"
)

// A CSVTable is a delimited file that was read as a whole, for hosts that give its columns a meaning of
// their own: a list of users, or the page on which somebody says which column is which.
type CSVTable struct {
	// Header names the columns: trimmed, in NFC, "column 3" for a blank one. Nil: the file has none.
	Header []string
	// Rows are the rows after the header, by line.
	Rows []CSVRow
	// Delimiter and Charset are what the file was read with ("custom": CSVFormat.Decode).
	Delimiter rune
	Charset   string

	names []string // Header, or "1", "2" and so on
}

// A CSVRow is one row of a [CSVTable].
type CSVRow struct {
	// Line is the line of the file on which the row starts.
	Line int
	// Cells are as they were read, not trimmed.
	Cells []string
	// Ragged: the row has not as many cells as the header, or as the first row where there is none, so
	// that nobody can say which cell is which.
	Ragged bool

	unreadable map[int]string // reasons by cell
}

// Unreadable reports whether cell i is not text in the file's charset, and why.
func (r *CSVRow) Unreadable(i int) (reason string, bad bool) {
	reason, bad = r.unreadable[i]
	return reason, bad
}

// Read reads a file as a whole, with its first row as the header or as data. What is wrong with a row or
// a cell it tells, and repairs nothing. A file that cannot be relied on as a whole is refused with a
// [*CSVError] or the error of r, one without rows as well ([ErrNoRows]); a delimiter that cannot be one
// with [ErrCSVOptions]. Memory grows with the file: limit MaxBytes where strangers upload.
func (f *CSVFormat) Read(r io.Reader, header bool) (*CSVTable, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	in, err := f.openAs(r, !header)
	if err != nil {
		return nil, err
	}
	t := &CSVTable{Delimiter: in.Delimiter(), Charset: in.Charset(), names: in.header}
	if header {
		t.Header = slices.Clone(in.header)
	}
	for {
		row, err := in.read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		kept := CSVRow{Line: row.Line, Cells: row.Cells(), Ragged: row.Ragged()}
		for i := range row.Spans {
			if reason, bad := row.Unreadable(i); bad {
				if kept.unreadable == nil {
					kept.unreadable = map[int]string{}
				}
				kept.unreadable[i] = reason
			}
		}
		t.Rows = append(t.Rows, kept)
	}
	if len(t.Rows) == 0 {
		return nil, &CSVError{Err: ErrNoRows, Text: "the file has a header and no rows"}
	}
	return t, nil
}

// Column finds a column by its name, compared as texts are: "E-Mail" is "e-mail". There is at most one,
// since two that differ in nothing else are refused when the file is read. A file without header has
// none, and a blank name is none.
func (t *CSVTable) Column(name string) (i int, ok bool) {
	i = slices.IndexFunc(t.Header, func(h string) bool { return fold.Key(h) == fold.Key(name) })
	return i, i >= 0
}
