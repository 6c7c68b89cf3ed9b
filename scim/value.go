package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// kind is what a value is in JSON.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

// value is one value of a document, with the byte at which it begins.
type value struct {
	kind    kind
	text    string // of a text, a number, true and false
	list    []value
	members []member
	at      int
}

type member struct {
	name string
	value
}

// parseValue reads a document strictly: names that differ in case only are the same (RFC 7643, section 2.1), and none
// may occur twice.
func parseValue(data []byte) (value, error) {
	if len(data) > maxBytes {
		return value{}, failure("", -1, ErrLimit, "%d bytes, at most %d", len(data), maxBytes)
	}
	if !utf8.Valid(data) {
		return value{}, failure("", -1, ErrSyntax, "not UTF-8")
	}
	r := reader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	v, err := r.value(0)
	if err == nil {
		if _, more := r.dec.Token(); !errors.Is(more, io.EOF) {
			err = failure("", r.next(), ErrSyntax, "something follows the document")
		}
	}
	return v, err
}

type reader struct {
	data []byte
	dec  *json.Decoder
}

// next is where the next token begins.
func (r *reader) next() int {
	at := int(r.dec.InputOffset())
	for at < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) token() (json.Token, int, error) {
	at := r.next()
	t, err := r.dec.Token()
	if err != nil {
		return nil, at, failure("", at, ErrSyntax, "not JSON: %.200v", err)
	}
	if s, is := t.(string); is {
		raw := r.data[at:r.dec.InputOffset()]
		if strings.ContainsRune(s, utf8.RuneError) && !bytes.ContainsRune(raw, utf8.RuneError) && !bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`)) {
			return nil, at, failure("", at, ErrSyntax, "half of a character")
		}
		if strings.IndexByte(s, 0) >= 0 {
			return nil, at, failure("", at, ErrSyntax, "a text with a NUL")
		}
	}
	return t, at, nil
}

func (r *reader) value(depth int) (value, error) {
	t, at, err := r.token()
	if err != nil {
		return value{}, err
	}
	if depth > maxDepth {
		return value{}, failure("", at, ErrLimit, "more than %d levels", maxDepth)
	}
	v := value{at: at}
	switch t := t.(type) {
	case nil:
	case bool:
		v = truth(t, at)
	case json.Number:
		v.kind, v.text = number, t.String()
	case string:
		v.kind, v.text = text, t
	case json.Delim:
		if t == '[' {
			v.kind = array
			for r.dec.More() {
				item, err := r.value(depth + 1)
				if err != nil {
					return value{}, err
				}
				v.list = append(v.list, item)
			}
		} else {
			v.kind = object
			seen := map[string]bool{}
			for r.dec.More() {
				name, at, err := r.token()
				if err != nil {
					return value{}, err
				}
				key := name.(string)
				switch {
				case !ascii(key):
					return value{}, failure(key, at, ErrSyntax, "a name that is not ASCII")
				case len(seen) == maxMembers:
					return value{}, failure(key, at, ErrLimit, "more than %d names", maxMembers)
				}
				if seen[strings.ToLower(key)] {
					return value{}, failure(key, at, ErrSyntax, "it occurs twice")
				}
				seen[strings.ToLower(key)] = true
				item, err := r.value(depth + 1)
				if err != nil {
					return value{}, err
				}
				v.members = append(v.members, member{key, item})
			}
		}
		if _, _, err := r.token(); err != nil {
			return value{}, err
		}
	}
	return v, nil
}

// ascii tells what names are made of. A name in a PATCH may be a path, and that may have a space.
func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func truth(is bool, at int) value {
	v := value{kind: boolean, text: "false", at: at}
	if is {
		v.text = "true"
	}
	return v
}

// index is where a member of that name is, -1 where there is none.
func (v *value) index(name string) int {
	return slices.IndexFunc(v.members, func(m member) bool { return strings.EqualFold(m.name, name) })
}

// get is a member that has a value.
func (v *value) get(name string) (value, bool) {
	if i := v.index(name); i >= 0 && v.members[i].kind != null {
		return v.members[i].value, true
	}
	return value{}, false
}

// set gives a member a value; null, and an empty list, take it away.
func (v *value) set(name string, to value) {
	i := v.index(name)
	switch gone := to.kind == null || to.kind == array && len(to.list) == 0; {
	case gone && i >= 0:
		v.members = slices.Delete(v.members, i, i+1)
	case gone:
	case i >= 0:
		v.members[i].value = to
	default:
		v.members = append(v.members, member{name, to})
	}
}

// items are the values of an attribute: those of a list, or the one.
func (v value) items() []value {
	switch v.kind {
	case null:
		return nil
	case array:
		return v.list
	}
	return []value{v}
}

// clone shares nothing with v.
func (v value) clone() value {
	v.list, v.members = slices.Clone(v.list), slices.Clone(v.members)
	for i := range v.list {
		v.list[i] = v.list[i].clone()
	}
	for i := range v.members {
		v.members[i].value = v.members[i].clone()
	}
	return v
}

// same reports whether two values say the same, in whatever order of their members.
func (v value) same(w value) bool {
	if v.kind != w.kind || v.text != w.text || len(v.list) != len(w.list) || len(v.members) != len(w.members) {
		return false
	}
	for i := range v.list {
		if !v.list[i].same(w.list[i]) {
			return false
		}
	}
	for _, m := range v.members {
		if i := w.index(m.name); i < 0 || !m.same(w.members[i].value) {
			return false
		}
	}
	return true
}

// append writes the value as JSON.
func (v value) append(b []byte) []byte {
	switch v.kind {
	case null:
		return append(b, "null"...)
	case text:
		return append(b, quoted(v.text)...)
	case array:
		b = append(b, '[')
		for i, item := range v.list {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.append(b)
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		for i, m := range v.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(b, quoted(m.name)...), ':')
			b = m.append(b)
		}
		return append(b, '}')
	}
	return append(b, v.text...)
}

// quoted is a text in JSON.
func quoted(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("scim: a text has no JSON: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}
