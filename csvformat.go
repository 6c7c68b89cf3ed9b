package groups

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grouprules/groups/internal/fold"
	"github.com/grouprules/groups/internal/table"
)

// CSVFormat says how a delimited file is written. The zero CSVFormat reads what most programs
// write; nothing is guessed that could be guessed wrong unseen.
type CSVFormat struct {
	// Delimiter stands between cells. 0: what a first line "sep=;" says, else comma, semicolon, tab
	// or vertical bar where one reading is plainly best, else a comma.
	Delimiter rune
	// Charset is utf-8, utf-16, windows-1252, iso-8859-1 or iso-8859-15. Blank: UTF-16 where the
	// file has its byte order mark, else UTF-8.
	Charset string
	// Decode, instead of Charset, turns a file in any other charset into UTF-8, with U+FFFD for what
	// it cannot decode.
	Decode func(io.Reader) io.Reader
	// Guarded says that the file was written formula-safe by this library: one apostrophe is taken
	// off where [Evaluator.WriteMembersCSV], [PeopleFile.WriteErrors] and [CSVTable.WriteErrors] put one.
	Guarded bool

	// What exceeds a limit makes the file unreadable ([ErrLimit]). 0 is the default given.

	MaxCell    int   // bytes of a cell: 64 KiB
	MaxColumns int   // 500
	MaxRows    int   // unlimited
	MaxBytes   int64 // unlimited
}

var (
	// ErrCSVOptions is wrapped by the error for options that contradict themselves or what is
	// stored: no key, a multi-choice without separator, a column declared twice.
	ErrCSVOptions = errors.New("unusable CSV options")
	// ErrCharset: the charset is unknown, contradicts the file, or has to be declared.
	ErrCharset = table.ErrCharset
	// ErrNoRows: there are no rows, or none but the header.
	ErrNoRows = table.ErrEmpty
	// ErrHeader: a column twice, a needed one missing, or a name that cannot be a field's.
	ErrHeader = table.ErrHeader
	// ErrQuoting: quotes do not pair up, so where cells end is anybody's guess from there on.
	ErrQuoting = table.ErrQuoting
	// ErrRepeated: a unit that may occur once occurs twice.
	ErrRepeated = errors.New("occurs twice")
)

// A CSVError refuses a whole file, of which nothing is used. It wraps [ErrCharset], [ErrNoRows],
// [ErrHeader], [ErrQuoting], [ErrLimit] or [ErrRepeated].
type CSVError struct {
	Line   int // 1-based; 0 where no line is to blame
	Column int // 1-based, in bytes of the line as UTF-8; 0 where no column is to blame
	Err    error
	Text   string // what is wrong, for the person who has the file
}

// Error returns one line, such as "line 3, column 7: a quote in an unquoted cell".
func (e *CSVError) Error() string {
	return (&table.Error{Line: e.Line, Column: e.Column, Err: e.Err, Text: e.Text}).Error()
}

// Unwrap returns the sentinel.
func (e *CSVError) Unwrap() error { return e.Err }

// csvError turns an error of package table into ours; the error of the caller's reader stays.
func csvError(err error) error {
	if e, ok := errors.AsType[*table.Error](err); ok {
		if errors.Is(e.Err, table.ErrLimit) {
			e.Err = ErrLimit
		}
		return &CSVError{e.Line, e.Column, e.Err, e.Text}
	}
	return err
}

func (f *CSVFormat) check() error {
	d := f.Delimiter
	if d != 0 && (!utf8.ValidRune(d) || strings.ContainsRune("\"\r\n\ufeff\ufffd", d)) {
		return fmt.Errorf("%w: %q cannot be a delimiter", ErrCSVOptions, d)
	}
	return nil
}

// A csvFile is a table whose columns are found by name.
type csvFile struct {
	*table.Reader
	header  []string // trimmed, NFC
	guarded bool
}

func (f *CSVFormat) open(r io.Reader) (*csvFile, error) { return f.openAs(r, false) }

// openAs opens a file with a header, or without: then its columns are named "1", "2" and so on.
func (f *CSVFormat) openAs(r io.Reader, noHeader bool) (*csvFile, error) {
	t, err := table.Open(r, table.Options{
		Delimiter: f.Delimiter, Charset: f.Charset, Decode: f.Decode, NoHeader: noHeader,
		MaxCell: f.MaxCell, MaxColumns: f.MaxColumns, MaxRows: f.MaxRows, MaxBytes: f.MaxBytes,
	})
	if err != nil {
		return nil, csvError(err)
	}
	header := t.Header()
	for i, h := range header {
		if f.Guarded {
			h = table.Unguard(h)
		}
		header[i] = fold.Exact(h)
	}
	return &csvFile{t, header, f.Guarded}, nil
}

// read returns the next row, valid until the one after it.
func (t *csvFile) read() (*table.Row, error) {
	row, err := t.Reader.Read()
	if err != nil {
		return nil, csvError(err)
	}
	if t.guarded {
		row.Unguard()
	}
	return row, nil
}

// column finds a column by its name; -1 is not there.
func (t *csvFile) column(name string) int { return slices.Index(t.header, fold.Exact(name)) }

// need finds a column that the file cannot do without.
func (t *csvFile) need(what, name string) (int, error) {
	if fold.Exact(name) == "" {
		return 0, fmt.Errorf("%w: the column of the %s is not named", ErrCSVOptions, what)
	}
	if i := t.column(name); i >= 0 {
		return i, nil
	}
	seen := quoted(t.header[:min(len(t.header), 12)])
	if len(t.header) > 12 {
		seen += " ..."
	}
	return 0, &CSVError{Err: ErrHeader, Text: fmt.Sprintf("no column is headed %.64q, for the %s; the columns are %.400s", fold.Exact(name), what, seen)}
}

// ragged is the issue of a row whose cells cannot be told apart.
func (t *csvFile) ragged(row *table.Row) Issue {
	return Issue{row.Line, "", issueRagged, fmt.Sprintf("%d of %d cells", len(row.Spans), len(t.header)), ""}
}

// unreadable is the issue of a cell that is not text.
func (t *csvFile) unreadable(row *table.Row, i int, reason string) Issue {
	return Issue{row.Line, t.header[i], issueUnreadable, unreadable(reason), string(row.Cell(i))}
}

func unreadable(reason string) string { return "the cell cannot be read: " + reason }

// id returns the trimmed ID in cell i, a part of the row, or what is wrong with it.
func (t *csvFile) id(row *table.Row, i int, what string) ([]byte, *Issue) {
	cell := row.Cell(i)
	id := bytes.TrimSpace(cell)
	if plainID(id) {
		return id, nil
	}
	code, text := "", ""
	if reason, bad := row.Unreadable(i); bad {
		code, text = issueBadKey, fmt.Sprintf("the %s cannot be read: %s", what, reason)
	} else if len(id) == 0 {
		code, text = issueBlankKey, fmt.Sprintf("the %s is blank", what)
	} else if err := checkID(what, string(id)); err != nil {
		code, text = issueBadKey, err.Error()
	} else {
		return id, nil
	}
	return nil, &Issue{row.Line, t.header[i], code, text, string(cell)}
}

// namedIn returns the users whom a ragged row may be about: its cells may stand under the wrong
// headers. lost is that the ID which belongs in column at cannot be read in any of them, so that the
// row may be about anybody.
func (t *csvFile) namedIn(row *table.Row, at int) (ids []UserID, lost bool) {
	lost = at >= len(row.Spans)
	for i := range row.Spans {
		id := UserID(strings.TrimSpace(string(row.Cell(i))))
		_, unreadable := row.Unreadable(i)
		switch unusable := id.Check() != nil; {
		case unreadable, unusable && i == at:
			lost = true
		case !unusable:
			ids = append(ids, id)
		}
	}
	return ids, lost
}
