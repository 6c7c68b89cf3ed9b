package table

import (
	"fmt"
	"io"
)

// guard stands between the text and encoding/csv, which has no limits of its own: a quote that is never closed, or
// a line that never ends, it would read into memory to the last byte. The guard follows the quoting byte by byte
// and stops the text at the first byte that breaks a limit or a rule, so that no more than one row at its limits
// is ever held. Being first to see it, it also says best what is wrong: encoding/csv reports a quote that is never
// closed at the end of the file, the guard where it was opened.
//
// It changes one thing on the way. encoding/csv reads CR LF inside a quoted cell as LF; the guard doubles that CR,
// so that the cell keeps what the file says.
type guard struct {
	src        io.Reader
	delimiter  []byte
	maxCell    int
	maxColumns int

	buf    []byte
	in     []byte // what of buf is yet to be passed on
	srcErr error  // what src said after in
	err    error  // for ever

	// Bytes that need a look, outside and inside quotes. All others are only counted.
	special, specialQuoted [256]bool

	state     state
	line, col int // of the next byte
	cell      int // cells that ended in this record
	cellLine  int // where this cell started
	cellCol   int
	quoteCol  int // of the quote that closed the cell, perhaps; always on this line
	size      int // bytes of this cell's value so far
	matched   int // bytes of a delimiter so far
	cr        bool
	doubledCR bool
}

// state is what a guard is in the middle of.
type state uint8

const (
	atStart  state = iota // of a cell
	unquoted              // in a cell that did not start with a quote
	quoted                // in a cell that did
	closed                // after a quote in a quoted cell: either its end, or half of a doubled one
)

func newGuard(src io.Reader, delimiter rune, firstLine int, o Options) *guard {
	g := &guard{
		src: src, delimiter: []byte(string(delimiter)), maxCell: o.MaxCell, maxColumns: o.MaxColumns,
		buf:  make([]byte, 32<<10),
		line: firstLine, col: 1, cellLine: firstLine, cellCol: 1,
	}
	for _, b := range []byte("\"\r\n") {
		g.special[b], g.specialQuoted[b] = true, true
	}
	for _, b := range g.delimiter {
		g.special[b] = true
	}
	return g
}

func (g *guard) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if g.err != nil || len(g.in) == 0 {
			if n > 0 {
				return n, nil
			}
			if err := g.fill(); err != nil || len(g.in) == 0 {
				return 0, err
			}
		}
		special := &g.special
		if g.state == quoted {
			special = &g.specialQuoted
		}
		if k := run(g.in[:min(len(g.in), len(p)-n)], special); k > 0 {
			g.text(k)
			n += copy(p[n:], g.in[:k])
			g.in = g.in[k:]
			continue
		}
		b := g.in[0]
		if g.state == quoted && b == '\n' && g.cr && !g.doubledCR {
			g.doubledCR = true
			p[n] = '\r'
			n++
			continue
		}
		g.step(b)
		p[n] = b
		n++
		g.in = g.in[1:]
	}
	return n, nil
}

// run returns how many bytes come before the first special one.
func run(in []byte, special *[256]bool) int {
	for i, b := range in {
		if special[b] {
			return i
		}
	}
	return len(in)
}

// fill reads on, and finishes when there is no more.
func (g *guard) fill() error {
	if g.err == nil && g.srcErr == nil {
		var n int
		n, g.srcErr = g.src.Read(g.buf)
		g.in = g.buf[:n]
		if n > 0 {
			return nil
		}
	}
	if g.err == nil && g.srcErr != nil {
		g.err = g.srcErr
		if g.err == io.EOF {
			g.finish()
		}
	}
	return g.err
}

// finish judges a text that ends here.
func (g *guard) finish() {
	switch {
	case g.state == quoted:
		g.fail(ErrQuoting, g.cellLine, g.cellCol, "a quote that is never closed")
	case g.matched > 0:
		g.settle()
	}
}

// text takes k bytes that mean nothing but themselves.
func (g *guard) text(k int) {
	g.settle()
	g.content(k)
	g.col += k
}

// settle takes what might have been the start of a delimiter or of a line end for text after all.
func (g *guard) settle() {
	k := g.matched
	if g.cr && g.state != quoted {
		k++
	}
	g.matched, g.cr = 0, false
	if k > 0 {
		g.content(k)
	}
}

// content adds k bytes to the value of the cell.
func (g *guard) content(k int) {
	switch g.state {
	case atStart:
		g.state = unquoted
	case closed:
		g.failClosed()
	}
	if g.size += k; g.size > g.maxCell {
		hint := ""
		if g.state == quoted {
			hint = " (is its quote ever closed?)"
		}
		g.fail(ErrLimit, g.cellLine, g.cellCol, "a cell of more than %d bytes%s", g.maxCell, hint)
	}
}

// step takes a byte that may be more than text.
func (g *guard) step(b byte) {
	if g.state == quoted {
		g.stepQuoted(b)
		return
	}
	if b == g.delimiter[g.matched] {
		if g.cr {
			g.settle()
		}
		g.col++
		if g.matched++; g.matched == len(g.delimiter) {
			g.matched = 0
			g.endCell()
		}
		return
	}
	if b == '\n' {
		if g.matched > 0 {
			g.settle()
		}
		g.endRecord()
		return
	}
	g.settle() // after a closing quote this fails, and what follows no longer matters
	switch {
	case b == '\r':
		if g.state == atStart {
			g.state = unquoted
		}
		g.cr = true
	case b == '"' && g.state == atStart:
		g.state = quoted
	case b == '"' && g.state == closed: // a doubled one
		g.state = quoted
		g.content(1)
	case b == '"':
		g.fail(ErrQuoting, g.line, g.col, "a quote in an unquoted cell")
	case b == g.delimiter[0]:
		g.matched = 1 // what was matched before was text
	default:
		g.content(1)
	}
	g.col++
}

func (g *guard) stepQuoted(b byte) {
	g.cr, g.doubledCR = b == '\r', false
	if b == '"' {
		g.state = closed
		g.quoteCol = g.col
		g.col++
		return
	}
	g.content(1)
	g.col++
	if b == '\n' {
		g.line, g.col = g.line+1, 1
	}
}

func (g *guard) endCell() {
	g.nextCell()
	if g.cell++; g.cell < g.maxColumns {
		return
	}
	g.fail(ErrLimit, g.line, g.col, "more than %d columns", g.maxColumns)
}

func (g *guard) endRecord() {
	g.line, g.col, g.cell, g.cr = g.line+1, 1, 0, false
	g.nextCell()
}

func (g *guard) nextCell() {
	g.state, g.size = atStart, 0
	g.cellLine, g.cellCol = g.line, g.col
}

func (g *guard) failClosed() {
	g.fail(ErrQuoting, g.line, g.quoteCol, "a quote inside a quoted cell that is not doubled")
}

// fail stops the text here. The first failure stands.
func (g *guard) fail(kind error, line, col int, format string, args ...any) {
	if g.err == nil || g.err == io.EOF {
		g.err = &Error{Line: line, Column: col, Err: kind, Text: fmt.Sprintf(format, args...)}
	}
}
