package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// This file reads JSON more strictly than encoding/json does, which lets unknown and repeated keys
// pass: whoever mistypes "exclusions" wants to hear of it. Every problem is noted at its JSON
// pointer, and reading goes on, so that one run shows all of them.

// A node is a JSON value and where it stands.
type node struct {
	at    string // JSON pointer
	token json.Token
	keys  []string // of an object, repeated ones included
	items []node   // of an object or array
	raw   []byte
}

// parse checks that data is one JSON document and returns it.
func parse(data []byte) (node, error) {
	if !utf8.Valid(data) {
		return node{}, errors.New("not UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // Windows editors
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			before := data[:max(0, syntax.Offset-1)]
			line := 1 + bytes.Count(before, []byte("\n"))
			column := len(before) - bytes.LastIndexByte(before, '\n')
			return node{}, fmt.Errorf("line %d, column %d: %w", line, column, err)
		}
		return node{}, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return read(d, data, ""), nil
}

// escaped spells a key as JSON pointers (RFC 6901) do.
var escaped = strings.NewReplacer("~", "~0", "/", "~1")

// read reads the next value of a document that is known to be valid.
func read(d *json.Decoder, data []byte, at string) node {
	start := d.InputOffset()
	token, _ := d.Token()
	n := node{at: at, token: token}
	if _, holds := token.(json.Delim); holds {
		for d.More() {
			key := strconv.Itoa(len(n.items))
			if token == json.Delim('{') {
				k, _ := d.Token()
				key = k.(string)
				n.keys = append(n.keys, key)
			}
			n.items = append(n.items, read(d, data, at+"/"+escaped.Replace(key)))
		}
		d.Token() // its end
	}
	n.raw = bytes.TrimLeft(data[start:d.InputOffset()], " \t\r\n:,")
	return n
}

// problems collects what is wrong, one line each.
type problems []string

// add notes one problem; at is a JSON pointer, or blank for the whole file.
func (p *problems) add(at, format string, args ...any) {
	if at != "" {
		at += ": "
	}
	*p = append(*p, at+fmt.Sprintf(format, args...))
}

// err notes everything that an error of the library says; errors that were joined are lines.
func (p *problems) err(at string, err error) {
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			p.add(at, "%s", strings.TrimSuffix(line, "\n"))
		}
	}
}

// of adds the problems of one file.
func (p *problems) of(file string, bad problems) {
	for _, line := range bad {
		p.add(file, "%s", line)
	}
}

// lines are the lines of an error; those of errors that were joined are one each.
func lines(err error) (p problems) {
	p.err("", err)
	return p
}

// object returns the values of an object by key. Required keys are marked with an exclamation mark;
// any key that is not listed is refused. The result is nil where n is no object.
func (p *problems) object(n node, keys ...string) map[string]node {
	if n.token != json.Delim('{') {
		p.add(n.at, "want an object, not %s", n.kind())
		return nil
	}
	values := map[string]node{}
	for i, key := range n.keys {
		_, twice := values[key]
		switch known := slices.Contains(keys, key) || slices.Contains(keys, key+"!"); {
		case !known:
			p.add(n.items[i].at, "unknown key %q", key)
		case twice:
			p.add(n.items[i].at, "the key %q occurs twice", key)
		}
		values[key] = n.items[i]
	}
	for _, key := range keys {
		if name, required := strings.CutSuffix(key, "!"); required && !values[name].given() {
			p.add(n.at+"/"+name, "is missing")
		}
	}
	return values
}

// given reports whether an object had the key of this value; a key that is missing gives the zero node.
func (n node) given() bool { return n.raw != nil }

// kind names the type of a value.
func (n node) kind() string {
	switch t := n.token.(type) {
	case json.Delim:
		return map[json.Delim]string{'{': "an object", '[': "a list"}[t]
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	}
	return "null"
}

// text returns a text that is not blank, or nothing where the key was not given.
func (p *problems) text(n node) string {
	s := p.characters(n)
	if s != "" && strings.TrimSpace(s) == "" {
		p.add(n.at, "is blank")
		return ""
	}
	return s
}

// characters returns a text that may be white space, but not empty.
func (p *problems) characters(n node) string {
	s, ok := n.token.(string)
	switch {
	case !n.given():
	case !ok:
		p.add(n.at, "want a text, not %s", n.kind())
	case s == "":
		p.add(n.at, "is empty")
	case strings.ContainsFunc(s, func(r rune) bool { return r == 0 || r == utf8.RuneError }):
		p.add(n.at, "has a NUL or broken character")
	default:
		return s
	}
	return ""
}

// flag returns true or false; false where the key was not given.
func (p *problems) flag(n node) bool {
	b, ok := n.token.(bool)
	if n.given() && !ok {
		p.add(n.at, "want true or false, not %s", n.kind())
	}
	return b
}

// list returns the elements of a list.
func (p *problems) list(n node) []node {
	if n.given() && n.token != json.Delim('[') {
		p.add(n.at, "want a list, not %s", n.kind())
		return nil
	}
	return n.items
}

// texts returns the elements of a list of texts.
func (p *problems) texts(n node) []string {
	var out []string
	for _, item := range p.list(n) {
		out = append(out, p.text(item))
	}
	return out
}

// word returns the meaning of one of a few words, or the first one where the key was not given.
func word[T fmt.Stringer](p *problems, n node, meanings ...T) T {
	if s := p.text(n); s != "" {
		var words []string
		for _, m := range meanings {
			if m.String() == s {
				return m
			}
			words = append(words, m.String())
		}
		p.add(n.at, "%q is not one of %s", s, strings.Join(words, ", "))
	}
	return meanings[0]
}
