package strictjson

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxDepth = 10_000 // as encoding/json: what we accept it accepts, and the stack stays small
	// A form wants all its red fields, not a million of them: pointers are long where documents are
	// hostile.
	maxProblems = 100
)

// Parse reads one JSON document. With problems the value is not to be used: it is null.
//
// All duplicate keys and all unreadable characters in strings are reported, in the order of the
// document, up to a hundred. Broken syntax, bytes after the value and a limit end the reading; such a
// problem is the last one.
func Parse(data []byte, lim Limits) (Value, []Problem) {
	p := parser{data: data, depth: maxDepth}
	if lim.Depth > 0 {
		p.depth = min(lim.Depth, maxDepth)
	}
	if lim.Bytes > 0 && len(data) > lim.Bytes {
		p.problem(lim.Bytes, "longer than %d bytes", lim.Bytes)
		return Value{}, p.problems
	}
	v, ok := p.value()
	if ok {
		if p.space(); p.pos < len(data) {
			p.problem(p.pos, "trailing data")
		}
	}
	if len(p.problems) > 0 {
		return Value{}, p.problems
	}
	return v, nil
}

// A parser reads data from pos on. Its methods return ok = false when reading cannot go on; then the
// last problem says why.
type parser struct {
	data     []byte
	pos      int
	depth    int    // how deep arrays and objects may be
	path     []step // to the value being read
	problems []Problem
}

// A step is one token of a pointer, kept apart because pointers are written for problems only.
type step struct {
	index int // of an array's element, or isKey
	key   string
}

const isKey = -1

func (p *parser) pointer() string {
	var b strings.Builder
	for _, step := range p.path {
		token := step.key
		if step.index != isKey {
			token = strconv.Itoa(step.index)
		}
		b.WriteString(Pointer("", token))
	}
	return b.String()
}

// problem notes a problem at the value being read, and returns whether reading may go on after it.
func (p *parser) problem(offset int, format string, args ...any) bool {
	p.problems = append(p.problems, Problem{p.pointer(), int64(offset), fmt.Sprintf(format, args...)})
	return len(p.problems) < maxProblems
}

// fail notes the problem that ends the reading.
func (p *parser) fail(offset int, format string, args ...any) (ok bool) {
	p.problem(offset, format, args...)
	return false
}

// unexpected fails at pos.
func (p *parser) unexpected(want string) (ok bool) {
	rest := p.data[p.pos:]
	if len(rest) == 0 {
		return p.fail(p.pos, "unexpected end, want %s", want)
	}
	r, n := utf8.DecodeRune(rest)
	if r == utf8.RuneError && n == 1 {
		return p.fail(p.pos, "invalid UTF-8")
	}
	return p.fail(p.pos, "unexpected %q, want %s", r, want)
}

func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// peek returns the byte at pos; 0, which JSON has no use for, at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

// next skips white space and then c, if c is there.
func (p *parser) next(c byte) bool {
	p.space()
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) value() (v Value, ok bool) {
	p.space()
	switch c := p.peek(); {
	case c == '{':
		return p.object()
	case c == '[':
		return p.array()
	case c == '"':
		text, _, ok := p.string()
		return Value{Kind: String, Text: text}, ok
	case c == '-' || isDigit(c):
		return p.number()
	case p.word("null"):
		return Value{}, true
	case p.word("true"):
		return Value{Kind: Bool, Bool: true}, true
	case p.word("false"):
		return Value{Kind: Bool}, true
	default:
		return Value{}, p.unexpected("a value")
	}
}

// word skips w, if w is there. Letters behind it are for the next one to refuse.
func (p *parser) word(w string) bool {
	if !bytes.HasPrefix(p.data[p.pos:], []byte(w)) {
		return false
	}
	p.pos += len(w)
	return true
}

// array reads an array; pos is at its bracket.
func (p *parser) array() (v Value, ok bool) {
	if !p.enter() {
		return v, false
	}
	v.Kind = Array
	if p.next(']') {
		return v, true
	}
	for {
		p.path = append(p.path, step{index: len(v.Items)})
		item, ok := p.value()
		if !ok {
			return v, false
		}
		p.leave()
		v.Items = append(v.Items, item)
		switch {
		case p.next(','):
		case p.next(']'):
			return v, true
		default:
			return v, p.unexpected(`"," or "]"`)
		}
	}
}

// object reads an object; pos is at its brace.
func (p *parser) object() (v Value, ok bool) {
	if !p.enter() {
		return v, false
	}
	v.Kind = Object
	if p.next('}') {
		return v, true
	}
	seen := make(map[string]struct{})
	for {
		p.space()
		if p.peek() != '"' {
			return v, p.unexpected("a key")
		}
		start := p.pos
		key, clean, ok := p.string()
		if !ok {
			return v, false
		}
		p.path = append(p.path, step{key: key, index: isKey})
		if clean { // else two keys may look alike only because neither could be read
			if _, twice := seen[key]; twice && !p.problem(start, "duplicate key %q", key) {
				return v, false
			}
			seen[key] = struct{}{}
		}
		if !p.next(':') {
			return v, p.unexpected(`":"`)
		}
		item, ok := p.value()
		if !ok {
			return v, false
		}
		p.leave()
		v.Keys = append(v.Keys, key)
		v.Items = append(v.Items, item)
		switch {
		case p.next(','):
		case p.next('}'):
			return v, true
		default:
			return v, p.unexpected(`"," or "}"`)
		}
	}
}

// enter goes behind the bracket or brace at pos, unless it is too deep.
func (p *parser) enter() (ok bool) {
	if len(p.path) == p.depth {
		return p.fail(p.pos, "nested deeper than %d", p.depth)
	}
	p.pos++
	return true
}

// leave ends the reading of a member or element.
func (p *parser) leave() { p.path = p.path[:len(p.path)-1] }

func (p *parser) number() (v Value, ok bool) {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	if p.peek() == '0' {
		p.pos++ // and no digit behind it
	} else if !p.digits() {
		return v, false
	}
	if p.peek() == '.' {
		p.pos++
		if !p.digits() {
			return v, false
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if !p.digits() {
			return v, false
		}
	}
	return Value{Kind: Number, Text: string(p.data[start:p.pos])}, true
}

// digits skips one digit or more.
func (p *parser) digits() (ok bool) {
	start := p.pos
	for isDigit(p.peek()) {
		p.pos++
	}
	if p.pos == start {
		return p.unexpected("a digit")
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// string reads a string; pos is at its quote. It is not clean when a character could not be read:
// then that is a problem, the first of each string, and U+FFFD stands for it.
func (p *parser) string() (text string, clean, ok bool) {
	p.pos++
	start := p.pos
	for at, c := range p.data[start:] { // most strings are plain
		if c == '"' {
			p.pos += at + 1
			return string(p.data[start : start+at]), true, true
		}
		if c < 0x20 || c >= utf8.RuneSelf || c == '\\' {
			break
		}
	}
	var buf []byte
	clean = true
	for {
		start := p.pos
		r, reason, ok := p.char()
		switch {
		case !ok:
			return "", false, false
		case r == closing:
			return string(buf), clean, true
		case reason != "" && clean:
			if clean = false; !p.problem(start, "%s", reason) {
				return "", false, false
			}
		}
		buf = utf8.AppendRune(buf, r)
	}
}

// closing is what char reads at the end of a string.
const closing = -1

// char reads one character of a string. A reason says that it is refused though reading can go on.
func (p *parser) char() (r rune, reason string, ok bool) {
	switch c := p.peek(); {
	case p.pos == len(p.data):
		return 0, "", p.unexpected("a closing quote")
	case c == '"':
		p.pos++
		return closing, "", true
	case c < 0x20:
		return 0, "", p.fail(p.pos, "unescaped control character %U", c)
	case c == '\\':
		return p.escape()
	}
	r, n := utf8.DecodeRune(p.data[p.pos:])
	p.pos += n
	if r == utf8.RuneError && n == 1 {
		reason = "invalid UTF-8"
	}
	return r, reason, true
}

// escape reads an escape; pos is at its backslash.
func (p *parser) escape() (r rune, reason string, ok bool) {
	const short, meaning = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if rest := p.data[p.pos+1:]; len(rest) > 0 {
		if i := strings.IndexByte(short, rest[0]); i >= 0 {
			p.pos += 2
			return rune(meaning[i]), "", true
		}
	}
	r, ok = p.hex(p.pos)
	if !ok {
		return 0, "", p.fail(p.pos, "invalid escape")
	}
	p.pos += hexLen
	switch {
	case r == 0:
		reason = "U+0000"
	case utf16.IsSurrogate(r):
		low, _ := p.hex(p.pos)
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			p.pos += hexLen
			return pair, "", true
		}
		r, reason = utf8.RuneError, fmt.Sprintf(`lone surrogate \u%04x`, r)
	}
	return r, reason, true
}

const hexLen = len(`\u0000`)

// hex returns the number of the \u escape at pos, if one is there.
func (p *parser) hex(pos int) (r rune, ok bool) {
	if rest := p.data[pos:]; len(rest) >= hexLen && rest[0] == '\\' && rest[1] == 'u' {
		n, err := strconv.ParseUint(string(rest[2:hexLen]), 16, 16)
		return rune(n), err == nil
	}
	return 0, false
}
