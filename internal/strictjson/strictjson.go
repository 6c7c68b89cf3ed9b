// Package strictjson reads JSON and refuses what encoding/json lets through.
//
// It promises that two readers of an accepted document see the same document: no name twice in an
// object, no invalid UTF-8, no half of a surrogate pair, no U+0000 (databases refuse it), nothing
// behind the value. What it accepts is valid JSON, and every refusal says where and why.
//
// It may not know what the documents mean: which names are expected, and which kinds, is for those
// who ask.
package strictjson

import "strings"

// Kind says what a [Value] is.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String returns the name of the kind as people write it in messages: "null", "boolean", "number" ...
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "boolean"
	case Number:
		return "number"
	case String:
		return "string"
	case Array:
		return "array"
	case Object:
		return "object"
	default:
		return "no kind"
	}
}

// Value is one JSON value. The zero Value is null.
type Value struct {
	Kind  Kind
	Bool  bool
	Text  string   // String: the decoded text; Number: the literal as written
	Items []Value  // Array: its elements; Object: the values of its members
	Keys  []string // Object: the names of its members, parallel to Items, in the order written
}

// Get returns the member of an object with that name; no other kind has any.
func (v Value) Get(key string) (Value, bool) {
	for i, k := range v.Keys {
		if k == key {
			return v.Items[i], true
		}
	}
	return Value{}, false
}

// Problem is one reason to refuse a document.
type Problem struct {
	Pointer string // RFC 6901: the value it is about, or the innermost one around it
	Offset  int64  // the byte where it shows
	Reason  string // such as `duplicate key "a"`
}

// Limits bounds what [Parse] reads. Zero means no bound, but nothing is nested deeper than 10,000,
// where encoding/json ends, too.
type Limits struct {
	Bytes int // of the document, checked before anything else
	Depth int // of arrays and objects in each other; a scalar has depth 0
}

// Pointer returns the JSON pointer (RFC 6901) of the member or element token of the value at parent.
func Pointer(parent, token string) string {
	// "~" first, or the "~" of "~1" would be escaped as well.
	token = strings.ReplaceAll(token, "~", "~0")
	token = strings.ReplaceAll(token, "/", "~1")
	return parent + "/" + token
}
