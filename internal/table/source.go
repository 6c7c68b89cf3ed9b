package table

import (
	"bytes"
	"fmt"
	"io"
)

// source reads the file itself, or a decoder of it. Once it has failed it stays failed, whereas the readers stacked
// on top of it (bufio) and some below it forget an error once they have told it.
type source struct {
	r    io.Reader
	max  int64   // bytes; 0: no limit
	file *source // what a decoder reads from; nil for the file itself
	n    int64
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if s.max > 0 && s.n+int64(n) > s.max {
		n = int(s.max - s.n)
		err = &Error{Err: ErrLimit, Text: fmt.Sprintf("the file is larger than %d bytes", s.max)}
	}
	if err != nil && s.file != nil && s.file.err != nil && s.file.err != io.EOF {
		err = s.file.err // a decoder may say otherwise, even that all is well
	}
	s.n += int64(n)
	s.err = err
	return n, err
}

// crReader turns every CR into LF. One byte stays one byte, so positions still hold.
type crReader struct{ r io.Reader }

func (c crReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// endsLinesWithCR reports whether a file beginning with sample has no other line end than a bare CR. A CR within
// quotes says nothing: it belongs to a cell. Nor does one at the very end of a sample, whose LF may be yet to come.
func endsLinesWithCR(sample []byte, whole bool) bool {
	if bytes.IndexByte(sample, '\n') >= 0 {
		return false
	}
	if !whole {
		sample = bytes.TrimSuffix(sample, []byte("\r"))
	}
	quoted := false
	for _, b := range sample {
		switch {
		case b == '"':
			quoted = !quoted
		case b == '\r' && !quoted:
			return true
		}
	}
	return false
}
