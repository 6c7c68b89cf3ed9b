package table

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WriterOptions say how to write a file. The zero value is UTF-8 with commas and LF, safe to open in a spreadsheet.
type WriterOptions struct {
	Delimiter rune // 0: a comma
	BOM       bool // start with a byte order mark, without which Excel takes UTF-8 for something else
	Raw       bool // do not Guard cells: for files that only programs read
	CRLF      bool // end rows with CR LF
}

// A Writer writes a table as UTF-8. Call [Writer.Flush] at the end.
type Writer struct {
	w         *bufio.Writer
	o         WriterOptions
	delimiter string
	end       string
	started   bool
	err       error
}

// NewWriter returns a Writer to w. A delimiter that cannot be one is reported by Write and Flush.
func NewWriter(w io.Writer, o WriterOptions) *Writer {
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	t := &Writer{w: bufio.NewWriter(w), o: o, delimiter: string(o.Delimiter), end: "\n"}
	if !validDelimiter(o.Delimiter) {
		t.err = fmt.Errorf("%q cannot be a delimiter", o.Delimiter)
	}
	if o.CRLF {
		t.end = "\r\n"
	}
	return t
}

// Write writes one row, the header like any other. A row needs a cell: without one it would read as an empty line,
// which is no row.
func (t *Writer) Write(cells ...string) error {
	if t.err != nil {
		return t.err
	}
	if len(cells) == 0 {
		return errors.New("a row without cells")
	}
	if t.o.BOM && !t.started {
		t.w.WriteString("\ufeff")
	}
	t.started = true
	for i, cell := range cells {
		if !t.o.Raw {
			cell = Guard(cell)
		}
		if i > 0 {
			t.w.WriteString(t.delimiter)
		}
		if !t.mustQuote(cell, i, len(cells)) {
			t.w.WriteString(cell)
			continue
		}
		t.w.WriteByte('"')
		t.w.WriteString(strings.ReplaceAll(cell, `"`, `""`))
		t.w.WriteByte('"')
	}
	_, t.err = t.w.WriteString(t.end) // bufio keeps the first error
	return t.err
}

// Flush writes what is buffered, and returns the first error of any Write.
func (t *Writer) Flush() error {
	if t.err == nil {
		t.err = t.w.Flush()
	}
	return t.err
}

// mustQuote reports whether a cell would not read back as itself without quotes.
func (t *Writer) mustQuote(cell string, i, of int) bool {
	const sep = "sep="
	first, size := utf8.DecodeRuneInString(cell)
	switch {
	case cell == "" && of == 1:
		return true // or it would be an empty line
	case i == 0 && strings.ContainsRune("sepSEP=", t.o.Delimiter):
		return true // or the delimiter might complete a line "sep=;"
	case cell == "":
		return false
	case len(cell) >= len(sep) && strings.EqualFold(cell[:len(sep)], sep):
		return true // or it might read as such a line itself
	case first == '\ufeff', first == 0, first == utf8.RuneError && size == 1:
		return true // or it might read as a byte order mark, of UTF-8, UTF-32 or UTF-16
	case unicode.IsSpace(first):
		return true // or other programs might trim it
	}
	return strings.ContainsAny(cell, "\"\r\n") || strings.Contains(cell, t.delimiter)
}

// Guard puts an apostrophe before a cell that a spreadsheet would run as a formula: one that starts with = + - @,
// a tab, CR, LF, NUL, or the full-width form of a sign. A plain number such as -5 stays a number. A cell that looks
// guarded already is guarded once more, so that Unguard(Guard(cell)) == cell for every cell.
func Guard(cell string) string {
	bare := strings.TrimLeft(cell, "'")
	if !startsFormula(bare) || plainNumber(cell) {
		return cell
	}
	return "'" + cell
}

// Unguard takes away the one apostrophe that Guard put there.
func Unguard(cell string) string {
	if strings.HasPrefix(cell, "'") && startsFormula(strings.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}

func startsFormula(s string) bool {
	if s == "" {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", r)
}

// plainNumber matches [+-]?[0-9]+([.][0-9]+)?.
func plainNumber(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole, fraction, dotted := strings.Cut(s, ".")
	return digits(whole) && (!dotted || digits(fraction))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
