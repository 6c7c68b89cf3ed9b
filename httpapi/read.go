package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// This file reads what clients send, strictly: what is not understood is refused, not passed over.

const (
	usual = 100  // how many are on a page unless the request says
	most  = 1000 // how many it may ask for
)

// readQuery refuses parameters that the operation does not take, and reads the limit.
func (c *call) readQuery(takes []string) error {
	c.limit = usual
	var err error
	if c.query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return malformed("the query cannot be read")
	}
	for name, values := range c.query {
		if !slices.Contains(takes, name) || len(values) != 1 {
			return malformed("the parameter %.64q is not one of these, once each: %s", name, strings.Join(takes, ", "))
		}
	}
	if text := c.query["limit"]; len(text) == 1 {
		n, err := strconv.Atoi(text[0])
		if err != nil || n < 1 || n > most {
			return malformed("limit is a number from 1 to %d", most)
		}
		c.limit = n
	}
	return nil
}

func malformed(format string, a ...any) error {
	return &problem{code: codeMalformed, Detail: fmt.Sprintf(format, a...)}
}

// body reads the body into v: one JSON value with no key that v does not know, none twice, and nothing behind it.
func (c *call) body(v any) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &problem{code: codeMediaType}
	}
	data, err := io.ReadAll(c.r.Body)
	if e, large := errors.AsType[*http.MaxBytesError](err); large {
		return &problem{code: codeTooLarge, Detail: fmt.Sprintf("at most %d bytes", e.Limit)}
	}
	if err != nil {
		return &problem{code: codeInterrupted}
	}
	if !utf8.Valid(data) {
		return malformed("not UTF-8")
	}
	if err := oddKeys(data); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return malformed("%v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return malformed("there is something behind the JSON value")
	}
	return nil
}

// deepest is how deep a body may nest; criteria and plans stay far beneath it.
const deepest = 64

// oddKeys refuses what encoding/json is silent about: a key that one object has twice, in whatever case, of which it
// takes the last; and a body that is nothing but brackets.
func oddKeys(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		keys  map[string]bool // nil: an array
		value bool            // a key was read, and its value is next
	}
	var open []level
	for {
		token, err := dec.Token()
		if err != nil {
			return nil // told when it is decoded
		}
		at := len(open) - 1
		switch token {
		case json.Delim('{'), json.Delim('['):
			if at >= 0 {
				open[at].value = false
			}
			if len(open) == deepest {
				return malformed("nested deeper than %d", deepest)
			}
			l := level{}
			if token == json.Delim('{') {
				l.keys = map[string]bool{}
			}
			open = append(open, l)
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:at]
			continue
		}
		if at < 0 || open[at].keys == nil {
			continue
		}
		if open[at].value {
			open[at].value = false
			continue
		}
		name, _ := token.(string)
		folded := strings.ToLower(strings.ToUpper(name))
		if open[at].keys[folded] {
			return malformed("the key %.64q stands twice in one object", name)
		}
		open[at].keys[folded], open[at].value = true, true
	}
}

// A page is some of a list, in its order.
type page[T any] struct {
	Items []T `json:"items"`
	// After goes on behind this page, given as the parameter of that name.
	After string `json:"after"`
	More  bool   `json:"more"`
}

// turnTo reads a page of a stream that begins behind the given place: of those that are shown, as many as the
// request asks for.
func turnTo[T, R any](c *call, after string, stream iter.Seq2[T, error], place func(T) string, show func(T) (R, bool, error)) (*page[R], error) {
	p := &page[R]{Items: []R{}, After: after}
	for row, err := range stream {
		if err != nil {
			return nil, err
		}
		shown, seen, err := show(row)
		if err != nil {
			return nil, err
		}
		if !seen {
			continue
		}
		if len(p.Items) == c.limit {
			p.More = true
			break
		}
		p.Items, p.After = append(p.Items, shown), place(row)
	}
	return p, nil
}

// all shows everything as it is.
func all[T any](row T) (T, bool, error) { return row, true, nil }
