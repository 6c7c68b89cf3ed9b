package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"slices"
)

// blockSize is how much text a splitter holds at a time.
const blockSize = 64 << 10

// splitter cuts text into records and cells, as encoding/csv does: a law of the tests. encoding/csv itself has
// no limits: a quote that is never closed, or a line that never ends, it would read into memory to the last byte.
// The splitter stops at the first byte that breaks a limit or a rule, so that no more than one row at its limits is
// ever held beside the block, and says where a quote that is never closed was opened.
//
// In one thing it differs: CR LF inside a quoted cell stays what the file says.
type splitter struct {
	src        io.Reader
	delimiter  []byte
	maxCell    int
	maxColumns int

	block  []byte
	looked bool  // what follows is known of the block
	ascii  bool  // it is ASCII without NUL
	quotes bool  // there are some in it
	at     int   // of the next byte
	srcErr error // what src said after the block
	err    error // for ever

	// The record read last. Where from is not -1 it stands in the block as it is, and the places of its cells are found
	// when somebody asks.
	record []byte
	cells  []Span // in record
	from   int
	places []place

	// Bytes that need a look, outside and inside quotes. All others are only counted.
	special, specialQuoted [256]bool

	// What follows is of the record that is being read byte by byte.

	state     state
	line, col int    // of the next byte
	values    []byte // of its cells, one after another
	ends      []int  // of those that ended
	quoteCol  int    // of the quote that closed the cell, perhaps; always on this line
	size      int    // bytes of this cell's value so far
	matched   int    // bytes of a delimiter so far
	cr        bool   // the byte before is a CR, perhaps of a line end
}

// A place is where a cell starts.
type place struct{ line, col int }

// state is what a splitter is in the middle of.
type state uint8

const (
	atStart  state = iota // of a cell
	unquoted              // in a cell that did not start with a quote
	quoted                // in a cell that did
	closed                // after a quote in a quoted cell: either its end, or half of a doubled one
)

func newSplitter(src io.Reader, delimiter rune, firstLine int, o Options) *splitter {
	s := &splitter{
		src: src, delimiter: []byte(string(delimiter)), maxCell: o.MaxCell, maxColumns: o.MaxColumns,
		block: make([]byte, 0, blockSize), line: firstLine,
	}
	for _, b := range []byte("\"\r\n") {
		s.special[b] = true
	}
	s.specialQuoted['"'], s.specialQuoted['\n'] = true, true
	for _, b := range s.delimiter {
		s.special[b] = true
	}
	return s
}

// next reads a record that is not an empty line.
func (s *splitter) next() error {
	for s.err == nil {
		switch s.plain() {
		case plainRecord:
			return nil
		case plainBreaksOff:
			if s.fill() {
				continue
			}
		}
		if s.readRecord() {
			return nil
		}
	}
	return s.err
}

// fill reads on behind what is left of the block, and reports whether there is more of it now.
func (s *splitter) fill() bool {
	left := copy(s.block[:cap(s.block)], s.block[s.at:])
	s.block, s.looked, s.at = s.block[:left], false, 0
	for idle := 0; s.srcErr == nil && len(s.block) < cap(s.block); idle++ {
		var n int
		n, s.srcErr = s.src.Read(s.block[len(s.block):cap(s.block)])
		if n > 0 {
			s.block, idle = s.block[:len(s.block)+n], 0
		} else if idle == 100 && s.srcErr == nil {
			s.srcErr = io.ErrNoProgress
		}
	}
	return len(s.block) > left
}

type plainness uint8

const (
	plainRecord    plainness = iota
	plainBreaksOff           // at the end of the block
	notPlain
)

// plain reads a record that has no quotes within its cells, no line ends either, breaks no limit and stands in the
// block as a whole, as nearly all do: its cells are cut from the block. Any other it leaves where it is.
func (s *splitter) plain() plainness {
	if len(s.delimiter) > 1 {
		return notPlain
	}
	s.skipEmptyLines()
	if s.at == len(s.block) {
		return plainBreaksOff
	}
	if !s.looked {
		s.looked, s.ascii, s.quotes = true, isASCII(s.block), bytes.IndexByte(s.block, '"') >= 0
	}
	length := bytes.IndexByte(s.block[s.at:], '\n')
	if length < 0 {
		return plainBreaksOff
	}
	next := s.at + length + 1
	line := bytes.TrimSuffix(s.block[s.at:next-1], []byte("\r"))
	if bytes.IndexByte(line, '\r') >= 0 {
		return notPlain
	}
	cut := s.cutUnquoted
	if s.quotes && bytes.IndexByte(line, '"') >= 0 {
		cut = s.cutQuoted
	}
	if !cut(line) {
		return notPlain
	}
	s.record, s.from, s.at = line, s.at, next
	s.line++
	return plainRecord
}

// cutUnquoted cuts a line without quotes, or reports that it breaks a limit. The
// delimiters among eight bytes are found at once: those are zero in what differs from delimiters, and a byte is zero
// whose lower bits carry nothing into the highest when all of them are added, and whose highest is not set.
func (s *splitter) cutUnquoted(line []byte) bool {
	const ones, lower = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	delimiters := ones * uint64(s.delimiter[0])
	cells, start, at := s.cells[:0], 0, 0
	for in := line; len(in) >= 8; in, at = in[8:], at+8 {
		differ := binary.LittleEndian.Uint64(in) ^ delimiters
		for found := ^(differ&lower + lower | differ | lower); found != 0; found &= found - 1 {
			end := at + bits.TrailingZeros64(found)/8
			cells, start = append(cells, Span{start, end}), end+1
		}
	}
	for ; at < len(line); at++ {
		if line[at] == s.delimiter[0] {
			cells, start = append(cells, Span{start, at}), at+1
		}
	}
	return s.take(append(cells, Span{start, len(line)}), len(line))
}

// cutQuoted cuts a line of which some cells are quoted, or reports that quotes are within one of them, or that it breaks
// a limit.
func (s *splitter) cutQuoted(line []byte) bool {
	cells := s.cells[:0]
	for at, more := 0, true; more; at++ {
		rest := line[at:]
		cell := Span{at, at}
		if len(rest) > 0 && rest[0] == '"' {
			length := bytes.IndexByte(rest[1:], '"')
			if length < 0 {
				return false
			}
			cell.From++
			cell.To = cell.From + length
			if at = cell.To + 1; at < len(line) && line[at] != s.delimiter[0] {
				return false
			}
			more = at < len(line)
		} else {
			length := bytes.IndexByte(rest, s.delimiter[0])
			if more = length >= 0; !more {
				length = len(rest)
			}
			if bytes.IndexByte(rest[:length], '"') >= 0 {
				return false
			}
			at += length
			cell.To = at
		}
		cells = append(cells, cell)
	}
	return s.take(cells, len(line))
}

// take takes up the cells of a line of some length, or reports that they break a limit.
func (s *splitter) take(cells []Span, length int) bool {
	s.cells = cells
	return len(cells) <= s.maxColumns &&
		(length <= s.maxCell || !slices.ContainsFunc(cells, func(cell Span) bool { return cell.To-cell.From > s.maxCell }))
}

// place finds where a cell of the record starts.
func (s *splitter) place(cell int) place {
	if s.from < 0 {
		return s.places[cell]
	}
	// A quoted cell starts with its quote.
	start := s.cells[cell].From
	if start > 0 && s.record[start-1] == '"' {
		start--
	}
	return place{s.line - 1, start + 1}
}

// isASCII reports whether text is ASCII without NUL: eight bytes at a time, of which none has its highest bit set, and
// none less 1 has.
func isASCII(text []byte) bool {
	const ones, highest = 0x0101010101010101, 0x8080808080808080
	for ; len(text) >= 32; text = text[32:] {
		a, b := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
		c, d := binary.LittleEndian.Uint64(text[16:]), binary.LittleEndian.Uint64(text[24:])
		if (a|(a-ones)|b|(b-ones)|c|(c-ones)|d|(d-ones))&highest != 0 {
			return false
		}
	}
	for _, b := range text {
		if b-1 >= 0x7f {
			return false
		}
	}
	return true
}

func (s *splitter) skipEmptyLines() {
	for rest := s.block[s.at:]; ; s.line++ {
		switch {
		case bytes.HasPrefix(rest, []byte("\n")):
			rest = rest[1:]
		case bytes.HasPrefix(rest, []byte("\r\n")):
			rest = rest[2:]
		default:
			s.at = len(s.block) - len(rest)
			return
		}
	}
}

// readRecord reads any record, byte by byte where need be, and reports whether there was one: not an empty line, the
// end or an error.
func (s *splitter) readRecord() bool {
	s.values, s.ends, s.from, s.places = s.values[:0], s.ends[:0], -1, s.places[:0]
	s.col, s.matched, s.cr = 1, 0, false
	s.startCell()
	for s.err == nil {
		if s.at == len(s.block) && !s.fill() {
			return s.finish()
		}
		special := &s.special
		if s.state == quoted {
			special = &s.specialQuoted
		}
		in := s.block[s.at:]
		if k := run(in, special); k > 0 {
			s.settle()
			s.content(in[:k])
			s.col += k
			s.at += k
			continue
		}
		s.at++
		if ended := s.step(in[0]); ended && s.err == nil {
			return s.endRecord()
		}
	}
	return false
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

// finish judges a text that ends here, and reports whether it ends a record.
func (s *splitter) finish() bool {
	if s.srcErr != io.EOF {
		s.err = s.srcErr
		return false
	}
	if s.state == quoted {
		s.failCell(ErrQuoting, "a quote that is never closed")
	} else if s.matched > 0 {
		s.settle()
	}
	if s.err == nil && s.endRecord() {
		return true
	}
	if s.err == nil {
		s.err = io.EOF
	}
	return false
}

// endRecord cuts the record, and reports whether it is one: not an empty line.
func (s *splitter) endRecord() bool {
	if len(s.ends) == 0 && s.size == 0 && s.state != closed {
		return false
	}
	s.ends = append(s.ends, len(s.values))
	s.record, s.cells = s.values, s.cells[:0]
	start := 0
	for _, end := range s.ends {
		s.cells, start = append(s.cells, Span{start, end}), end
	}
	return true
}

// settle takes what might have been the start of a delimiter or of a line end for text after all.
func (s *splitter) settle() {
	matched := s.delimiter[:s.matched]
	if s.cr {
		matched = []byte("\r") // which starts no delimiter
	}
	s.matched, s.cr = 0, false
	if len(matched) > 0 {
		s.content(matched)
	}
}

// content adds bytes to the value of the cell.
func (s *splitter) content(bytes []byte) {
	switch s.state {
	case atStart:
		s.state = unquoted
	case closed:
		s.fail(ErrQuoting, s.line, s.quoteCol, "a quote inside a quoted cell that is not doubled")
	}
	if s.size += len(bytes); s.size > s.maxCell {
		hint := ""
		if s.state == quoted {
			hint = " (is its quote ever closed?)"
		}
		s.failCell(ErrLimit, "a cell of more than %d bytes%s", s.maxCell, hint)
		return
	}
	s.values = append(s.values, bytes...)
}

// step takes a byte that may be more than text, and reports whether it ends the record.
func (s *splitter) step(b byte) (ended bool) {
	if s.state == quoted {
		s.stepQuoted(b)
		return false
	}
	if b == s.delimiter[s.matched] {
		if s.cr {
			s.settle()
		}
		s.col++
		if s.matched++; s.matched == len(s.delimiter) {
			s.matched = 0
			s.endCell()
		}
		return false
	}
	if b == '\n' {
		if s.matched > 0 {
			s.settle()
		}
		s.line++
		return true
	}
	s.settle() // after a closing quote this fails, and what follows no longer matters
	switch {
	case b == '\r':
		if s.state == atStart {
			s.state = unquoted
		}
		s.cr = true
	case b == '"' && s.state == atStart:
		s.state = quoted
	case b == '"' && s.state == closed: // a doubled one
		s.state = quoted
		s.content([]byte{b})
	case b == '"':
		s.fail(ErrQuoting, s.line, s.col, "a quote in an unquoted cell")
	case b == s.delimiter[0]:
		s.matched = 1 // what was matched before was text
	default:
		s.content([]byte{b})
	}
	s.col++
	return false
}

func (s *splitter) stepQuoted(b byte) {
	if b == '"' {
		s.state = closed
		s.quoteCol = s.col
		s.col++
		return
	}
	s.content([]byte{b})
	s.col++
	if b == '\n' {
		s.line, s.col = s.line+1, 1
	}
}

func (s *splitter) startCell() {
	s.state, s.size = atStart, 0
	s.places = append(s.places, place{s.line, s.col})
}

func (s *splitter) endCell() {
	if s.ends = append(s.ends, len(s.values)); len(s.ends) == s.maxColumns {
		s.fail(ErrLimit, s.line, s.col, "more than %d columns", s.maxColumns)
	}
	s.startCell()
}

// failCell blames the cell that is being read.
func (s *splitter) failCell(kind error, format string, args ...any) {
	at := s.places[len(s.places)-1]
	s.fail(kind, at.line, at.col, format, args...)
}

// fail stops the text here. The first failure stands.
func (s *splitter) fail(kind error, line, col int, format string, args ...any) {
	if s.err == nil {
		s.err = &Error{Line: line, Column: col, Err: kind, Text: fmt.Sprintf(format, args...)}
	}
}
