package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/grouprules/groups"
)

// A place is where a condition stands in criteria.
type place struct{ set, condition int }

// pointer is the JSON pointer of the place.
func (p place) pointer() string {
	return pointer(p.set) + "/conditions/" + strconv.Itoa(p.condition)
}

// pointer is the JSON pointer of a set.
func pointer(set int) string { return "/sets/" + strconv.Itoa(set) }

// A condition is one in its place.
type condition struct {
	place
	says groups.Condition // not embedded: this is no groups.Condition itself
}

// located returns the conditions of criteria in their order.
func located(c groups.Criteria) (list []condition) {
	for i, set := range c.Sets {
		for j, c := range set.Conditions {
			list = append(list, condition{place{i, j}, c})
		}
	}
	return list
}

// An element is the JSON of one condition, whatever it says.
type element struct {
	place
	from, to int // where it stands in the document
	raw      []byte
}

// A layout is where the conditions and matches of criteria stand in a document. It is found in any JSON, and
// decides nothing: what is no criteria has no elements, and is refused by those who read criteria.
type layout struct {
	match    string
	sets     []string // the match of each set; blank where it is no text
	elements []element
}

// lay finds the layout of a document that is JSON; what follows the first value is not looked at.
func lay(data []byte) (l layout, err error) {
	top, err := items(data, '{')
	for _, p := range top {
		switch p.key {
		case "match":
			l.match = p.text()
		case "sets":
			sets, _ := items(p.raw, '[')
			for _, s := range sets {
				l.set(s.raw, p.from+s.from)
			}
		}
	}
	return l, err
}

func (l *layout) set(data []byte, from int) {
	match := ""
	keys, _ := items(data, '{')
	for _, p := range keys {
		switch p.key {
		case "match":
			match = p.text()
		case "conditions":
			list, _ := items(p.raw, '[')
			for i, c := range list {
				at := from + p.from + c.from
				l.elements = append(l.elements, element{place{len(l.sets), i}, at, at + len(c.raw), c.raw})
			}
		}
	}
	l.sets = append(l.sets, match)
}

// An item is a value in an object or array.
type item struct {
	key  string // in an object
	from int    // where it begins
	raw  json.RawMessage
}

// text is the item as a string, or blank where it is none.
func (p item) text() (s string) {
	if json.Unmarshal(p.raw, &s) != nil {
		return ""
	}
	return s
}

// items returns what an object, or an array, holds; nothing of a value that is neither, or not the one
// asked for.
func items(data []byte, open json.Delim) (all []item, err error) {
	in := json.NewDecoder(bytes.NewReader(data))
	var whole json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&whole); err != nil {
		return nil, err
	}
	if whole[0] != byte(open) {
		return nil, nil
	}
	if _, err := in.Token(); err != nil {
		return nil, err
	}
	for in.More() {
		var p item
		if open == '{' {
			key, err := in.Token()
			if err != nil {
				return nil, err
			}
			p.key, _ = key.(string)
		}
		if err := in.Decode(&p.raw); err != nil {
			return nil, err
		}
		p.from = int(in.InputOffset()) - len(p.raw)
		if !bytes.HasPrefix(data[p.from:], p.raw) {
			return nil, errors.New("a value is not where it was read")
		}
		all = append(all, p)
	}
	return all, nil
}
