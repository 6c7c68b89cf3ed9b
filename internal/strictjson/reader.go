package strictjson

import (
	"fmt"
	"iter"
	"slices"
)

// A Reader reads a document value by value, as it stands, and keeps nothing: for documents whose members are known.
// The first problem ends it: then texts are blank, objects and arrays have nothing in them, and Close says what is wrong.
type Reader struct{ p parser }

// NewReader reads the document in data.
func NewReader(data []byte) *Reader { return &Reader{parser{data: data, depth: maxDepth}} }

// Close reports the first problem, of which bytes after the document are one.
func (r *Reader) Close() error {
	p := &r.p
	if p.space(); len(p.problems) == 0 && p.pos < len(p.data) {
		p.problem(p.pos, "trailing data")
	}
	if len(p.problems) == 0 {
		return nil
	}
	first := p.problems[0]
	return fmt.Errorf("%q at byte %d: %s", first.Pointer, first.Offset, first.Reason)
}

// Fail ends the reading with a problem at the value at hand.
func (r *Reader) Fail(reason string) { r.p.problem(r.p.pos, "%s", reason) }

func (r *Reader) failed() bool { return len(r.p.problems) > 0 }

// few keys are found sooner in a list than in a map.
const few = 16

// Object reads an object: its keys, behind each of which the loop reads the value.
func (r *Reader) Object() iter.Seq[string] {
	return func(yield func(string) bool) {
		p := &r.p
		if !r.open('{', "an object") || p.next('}') {
			return
		}
		seen := make([]string, 0, few)
		var many map[string]struct{} // the others
		for {
			if p.space(); p.peek() != '"' {
				p.unexpected("a key")
				return
			}
			start := p.pos
			key, _, _ := p.string()
			if _, twice := many[key]; twice || slices.Contains(seen, key) {
				p.problem(start, "duplicate key %q", key)
			}
			if len(seen) < few {
				seen = append(seen, key)
			} else {
				if many == nil {
					many = map[string]struct{}{}
				}
				many[key] = struct{}{}
			}
			p.path = append(p.path, step{key: key, index: isKey})
			if !r.failed() && !p.next(':') {
				p.unexpected(`":"`)
			}
			if r.failed() || !yield(key) || r.failed() {
				return
			}
			p.leave()
			if !r.goesOn('}', `"," or "}"`) {
				return
			}
		}
	}
}

// Array reads an array: the numbers of its elements, each of which the loop reads.
func (r *Reader) Array() iter.Seq[int] {
	return func(yield func(int) bool) {
		p := &r.p
		if !r.open('[', "an array") || p.next(']') {
			return
		}
		for i := 0; ; i++ {
			p.path = append(p.path, step{index: i})
			if !yield(i) || r.failed() {
				return
			}
			p.leave()
			if !r.goesOn(']', `"," or "]"`) {
				return
			}
		}
	}
}

// open is at the first byte of an object or array.
func (r *Reader) open(c byte, want string) bool {
	if r.failed() {
		return false
	}
	p := &r.p
	if p.space(); p.peek() != c {
		return p.unexpected(want)
	}
	return p.enter()
}

// goesOn reports whether there is another member or element.
func (r *Reader) goesOn(end byte, want string) bool {
	switch p := &r.p; {
	case p.next(','):
		return true
	case p.next(end):
		return false
	default:
		return p.unexpected(want)
	}
}

// Text reads a string.
func (r *Reader) Text() string {
	p := &r.p
	if r.failed() {
		return ""
	}
	if p.space(); p.peek() != '"' {
		p.unexpected("a string")
		return ""
	}
	text, _, _ := p.string()
	if r.failed() {
		return ""
	}
	return text
}

// Texts reads an array of strings, or null, which is nil.
func (r *Reader) Texts() []string {
	if r.Null() {
		return nil
	}
	texts := []string{}
	for range r.Array() {
		texts = append(texts, r.Text())
	}
	return texts
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	p := &r.p
	switch p.space(); {
	case r.failed():
	case p.word("true"):
		return true
	case p.word("false"):
	default:
		p.unexpected("true or false")
	}
	return false
}

// Null reads null, if it is there.
func (r *Reader) Null() bool {
	r.p.space()
	return !r.failed() && r.p.word("null")
}
