package ordered

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
)

// ErrOrder is wrapped by the error of a [Cursor] whose stream is not ascending.
var ErrOrder = errors.New("not ascending")

// A Cursor reads a stream one row ahead, for merging it with others. It refuses a stream whose keys
// are not ascending: a merge would take what comes late for missing.
type Cursor[K cmp.Ordered, V any] struct {
	key   func(V) K
	next  func() (V, error, bool)
	stop  func()
	row   V
	at    K
	begun bool
	state cursorState
	err   error
}

type cursorState uint8

const (
	toRead cursorState = iota
	holding
	ended
)

// NewCursor begins to read a stream. Stop must be called in the end.
func NewCursor[K cmp.Ordered, V any](stream iter.Seq2[V, error], key func(V) K) *Cursor[K, V] {
	c := &Cursor[K, V]{key: key}
	c.next, c.stop = iter.Pull2(stream)
	return c
}

// Head returns the key of the row that comes next; ok is false at the end of the stream. After an
// error it returns that error for ever.
func (c *Cursor[K, V]) Head() (key K, ok bool, err error) {
	if c.state == toRead {
		c.read()
	}
	return c.at, c.state == holding, c.err
}

func (c *Cursor[K, V]) read() {
	row, err, more := c.next()
	if err != nil || !more {
		c.state, c.err = ended, err
		return
	}
	key := c.key(row)
	if c.begun && key <= c.at {
		c.state, c.err = ended, fmt.Errorf("%v after %v: %w", key, c.at, ErrOrder)
		return
	}
	c.row, c.at, c.begun, c.state = row, key, true, holding
}

// Take returns the row that comes next and moves on, if it has this key.
func (c *Cursor[K, V]) Take(key K) (row V, ok bool) {
	if c.state != holding || c.at != key {
		return row, false
	}
	c.state = toRead
	return c.row, true
}

// Stop ends the reading of the stream.
func (c *Cursor[K, V]) Stop() { c.stop() }
