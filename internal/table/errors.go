package table

import (
	"errors"
	"fmt"
)

// What can be wrong with a file. An [*Error] wraps one of these.
var (
	// ErrCharset: the charset is unknown, contradicts the file, or must be declared before the file can be read.
	ErrCharset = errors.New("the charset is not clear")
	// ErrEmpty: there is not even a header row.
	ErrEmpty = errors.New("no rows")
	// ErrHeader: the header does not name the columns: a name twice, an unreadable name.
	ErrHeader = errors.New("unusable header")
	// ErrQuoting: quotes do not pair up, so where cells and rows end is anybody's guess from there on.
	ErrQuoting = errors.New("quotes do not pair up")
	// ErrLimit: a limit of [Options] was reached.
	ErrLimit = errors.New("too large")
)

// An Error says what is wrong with a file, and where.
type Error struct {
	Line   int    // 1-based; 0 when no line is to blame
	Column int    // 1-based, in bytes of the text as UTF-8; 0 when no column is to blame
	Err    error  // ErrCharset, ErrEmpty, ErrHeader, ErrQuoting or ErrLimit
	Text   string // what is wrong, in words for the person who has the file; "" for the words of Err
}

// Error returns one line, such as "line 3, column 7: a quote in an unquoted cell".
func (e *Error) Error() string {
	text := e.Text
	if text == "" {
		text = e.Err.Error()
	}
	switch {
	case e.Line > 0 && e.Column > 0:
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, text)
	case e.Line > 0:
		return fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

// Unwrap returns the sentinel, for errors.Is.
func (e *Error) Unwrap() error { return e.Err }
