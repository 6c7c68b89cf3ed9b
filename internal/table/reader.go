package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// sampleSize is how much of a file is looked at before it is read.
const sampleSize = 64 << 10

// What a cell and a row may hold unless Options say otherwise.
const (
	DefaultMaxCell    = 64 << 10
	DefaultMaxColumns = 500
)

// Options say how to read a file. The zero value reads what most programs write.
type Options struct {
	// Delimiter stands between cells. 0: as a first line "sep=;" says, else detected among comma, semicolon, tab
	// and vertical bar, else a comma.
	Delimiter rune
	// Charset is utf-8, utf-16, windows-1252, iso-8859-1 or iso-8859-15, in any case. "": UTF-16 if the file has
	// its byte order mark, else UTF-8.
	Charset string
	// Decode, instead of Charset, turns the bytes of the file into UTF-8. U+FFFD in what it returns is taken for
	// the sign of a byte it could not decode, as golang.org/x/text has it.
	Decode func(io.Reader) io.Reader
	// NoHeader: the first row is data, and the columns are named "1", "2" and so on.
	NoHeader bool

	// Limits; what exceeds one makes the file unreadable. 0 is the default given.

	MaxCell    int   // bytes of one cell as UTF-8: DefaultMaxCell
	MaxColumns int   // cells of one row: DefaultMaxColumns
	MaxRows    int   // rows after the header: unlimited
	MaxBytes   int64 // bytes of the file: unlimited
}

// A Reader reads the rows of one file. It is not safe for concurrent use.
type Reader struct {
	split    *splitter
	text     textFile
	declared bool // the charset, not only assumed

	header    []string
	delimiter rune
	rows      int
	maxRows   int
	row       Row
	pending   bool // row is read but not yet returned
	err       error
}

// Open decides what kind of file r is and reads its header. Its errors are an [*Error], the wrapped error of r, or
// a complaint about a delimiter that cannot be one.
func Open(r io.Reader, o Options) (*Reader, error) {
	if o.Delimiter != 0 && !validDelimiter(o.Delimiter) {
		return nil, fmt.Errorf("%q cannot be a delimiter", o.Delimiter)
	}
	if o.MaxCell <= 0 {
		o.MaxCell = DefaultMaxCell
	}
	if o.MaxColumns <= 0 {
		o.MaxColumns = DefaultMaxColumns
	}
	t := &Reader{
		declared: o.Charset != "",
		maxRows:  o.MaxRows,
	}
	var err error
	if t.text, err = asText(&source{r: r, max: o.MaxBytes}, o); err != nil {
		return nil, err
	}
	t.start(o)
	if err := t.readHeader(o.NoHeader); err != nil {
		return nil, err
	}
	return t, nil
}

// start looks at the beginning of the text and sets up the reading of it.
func (t *Reader) start(o Options) {
	sample, err := t.text.Peek(sampleSize) // an error is met again when reading gets there
	whole := err != nil
	var in io.Reader = t.text
	if endsLinesWithCR(sample, whole) {
		in = crReader{t.text}
		sample = bytes.ReplaceAll(sample, []byte("\r"), []byte("\n"))
	}
	t.delimiter = o.Delimiter
	line := 1
	if d, length := sepLine(sample); length > 0 {
		t.text.Discard(length) // cannot fail: just peeked
		line = 2
		if t.delimiter == 0 {
			t.delimiter = d
		}
	}
	if t.delimiter == 0 {
		t.delimiter = detectDelimiter(sample, whole)
	}
	t.split = newSplitter(in, t.delimiter, line, o)
	t.row.reader = t
}

// Header returns the names of the columns: trimmed, and "column 3" by its position for a blank one.
func (t *Reader) Header() []string { return slices.Clone(t.header) }

// Delimiter returns what stands between cells.
func (t *Reader) Delimiter() rune { return t.delimiter }

// Charset returns what the file was read as: utf-8, utf-16, the name in Options, or "custom" for Options.Decode.
func (t *Reader) Charset() string { return t.text.charset }

// Read returns the next row, which is valid until the following Read. At the end of the file the error is io.EOF. Any
// other error is final: every later Read returns it again.
func (t *Reader) Read() (*Row, error) {
	if t.pending {
		t.pending = false
	} else if err := t.next(); err != nil {
		return nil, err
	}
	t.rows++
	if t.maxRows > 0 && t.rows > t.maxRows {
		t.err = &Error{Line: t.row.Line, Err: ErrLimit, Text: fmt.Sprintf("more than %d rows", t.maxRows)}
		return nil, t.err
	}
	return &t.row, nil
}

// next reads a record into t.row.
func (t *Reader) next() error {
	if t.err != nil {
		return t.err
	}
	if err := t.split.next(); err != nil {
		t.row.Text, t.row.Spans = nil, nil
		t.err = t.explain(err)
		return t.err
	}
	t.row.Line, t.row.Text, t.row.Spans = t.split.place(0).line, t.split.record, t.split.cells
	t.row.ASCII = t.split.ascii && t.split.from >= 0
	return nil
}

// explain says where in the file the splitter met an error that is not its own.
func (t *Reader) explain(err error) error {
	if err == io.EOF {
		return io.EOF
	}
	if e, ok := err.(*Error); ok {
		if e.Line > 0 {
			return e
		}
		return &Error{Line: t.split.line, Err: e.Err, Text: e.Text} // from the source, which does not count lines
	}
	if errors.Is(err, io.EOF) {
		// An EOF wrapped in something else is a failure, but a caller who asks errors.Is would take it for the end.
		return fmt.Errorf("line %d: %w: %v", t.split.line, io.ErrUnexpectedEOF, err)
	}
	return fmt.Errorf("line %d: reading the file: %w", t.split.line, err)
}

// readHeader reads the first record and names the columns.
func (t *Reader) readHeader(none bool) error {
	if err := t.next(); err == io.EOF {
		return &Error{Err: ErrEmpty, Text: "the file is empty: not even a header row"}
	} else if err != nil {
		return err
	}
	t.header = t.row.Cells()
	if none {
		for i := range t.header {
			t.header[i] = strconv.Itoa(i + 1)
		}
		t.pending = true
		return nil
	}
	for i, name := range t.header {
		if reason, bad := t.row.Unreadable(i); bad {
			line, column := t.row.Position(i)
			kind := ErrHeader
			if !t.declared && !t.text.decoded {
				kind = ErrCharset
			}
			return &Error{Line: line, Column: column, Err: kind, Text: fmt.Sprintf("the name of column %d is unreadable: %s", i+1, reason)}
		}
		// A mark here was quoted along with the name, by a program that pasted two files together.
		if i == 0 {
			name = strings.TrimLeft(name, "\ufeff")
		}
		if name = strings.TrimSpace(name); name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		t.header[i] = name
	}
	return t.refuseTwins()
}

// refuseTwins fails if two columns have the same name as people read it.
func (t *Reader) refuseTwins() error {
	fold := cases.Fold()
	columns := map[string][]int{}
	var order []string
	for i, name := range t.header {
		key := norm.NFC.String(fold.String(norm.NFC.String(name)))
		if columns[key] = append(columns[key], i); len(columns[key]) == 2 {
			order = append(order, key)
		}
	}
	if len(order) == 0 {
		return nil
	}
	var twins []string
	for _, key := range order {
		var at []string
		for _, i := range columns[key] {
			at = append(at, fmt.Sprintf("%d %q", i+1, shorten(t.header[i])))
		}
		twins = append(twins, strings.Join(at, " and "))
	}
	return &Error{Line: t.row.Line, Err: ErrHeader, Text: "columns with the same name: " + strings.Join(twins, "; ")}
}

// shorten keeps a message readable when a name is not.
func shorten(s string) string {
	const most = 60
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// A Row is one record of the file. Its memory is used again for the next.
type Row struct {
	Line  int    // 1-based line of the file on which the row starts
	Text  []byte // in which the cells are; what is between them means nothing
	Spans []Span // of the cells, as many as the row has
	// ASCII: no cell has anything but ASCII, or a NUL. That it is not set says nothing.
	ASCII bool

	reader    *Reader
	unguarded []Span // used again
}

// A Span is where a cell is in the text of its row.
type Span struct{ From, To int }

// Cell is a cell, raw and untrimmed.
func (r *Row) Cell(i int) []byte { return r.Text[r.Spans[i].From:r.Spans[i].To] }

// Cells are all of them, in memory of their own, which they share.
func (r *Row) Cells() []string {
	text, cells := string(r.Text), make([]string, len(r.Spans))
	for i, in := range r.Spans {
		cells[i] = text[in.From:in.To]
	}
	return cells
}

// Unguard takes away the apostrophes that Guard put before the cells.
func (r *Row) Unguard() {
	r.unguarded = append(r.unguarded[:0], r.Spans...)
	for i := range r.unguarded {
		if cell := r.Cell(i); len(cell) > 0 && cell[0] == '\'' {
			r.unguarded[i].From += len(cell) - len(Unguard(string(cell)))
		}
	}
	r.Spans = r.unguarded
}

// Ragged reports whether the row has not as many cells as the header.
func (r *Row) Ragged() bool { return len(r.Spans) != len(r.reader.header) }

// Column returns the 1-based column at which cell i starts, in bytes of its line as UTF-8; 0 if there is no cell i.
func (r *Row) Column(i int) int {
	_, column := r.Position(i)
	return column
}

// Position returns the line and column at which cell i starts. The line is not that of the row if a cell before it
// has line ends in it. Both are 0 if there is no cell i.
func (r *Row) Position(i int) (line, column int) {
	if i < 0 || i >= len(r.Spans) {
		return 0, 0
	}
	at := r.reader.split.place(i)
	return at.line, at.col
}

// Unreadable reports whether cell i holds something that is not text, as [Reader.Unreadable] does. There is nothing
// wrong with a cell that is not there.
func (r *Row) Unreadable(i int) (reason string, bad bool) {
	if i < 0 || i >= len(r.Spans) {
		return "", false
	}
	return r.reader.Unreadable(r.Cell(i))
}

// Unreadable reports whether a cell of the file holds something that is not text, and what: a NUL, bytes that are
// not UTF-8, or bytes that the charset could not decode. It may be asked from many goroutines.
func (t *Reader) Unreadable(cell []byte) (reason string, bad bool) {
	if isASCII(cell) {
		return "", false
	}
	switch undeclared := !t.text.decoded && !t.declared; {
	case bytes.IndexByte(cell, 0) >= 0:
		if undeclared {
			return "it has a NUL byte (if the file is UTF-16, declare that charset)", true
		}
		return "it has a NUL byte", true
	case !utf8.Valid(cell):
		if undeclared {
			return "it is not UTF-8: declare the charset of the file, such as windows-1252", true
		}
		return "it is not valid UTF-8", true
	case t.text.decoded && bytes.ContainsRune(cell, utf8.RuneError):
		// Nobody can tell a U+FFFD that was in the file from one the decoder put there; in UTF-8 one can.
		return "it has bytes that are no text in the charset " + t.text.charset, true
	}
	return "", false
}
