package scim

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// A Filter is a filter as it was written (RFC 7644, section 3.4.2.2).
type Filter struct{ root *node }

// ParseFilter reads a filter. What is wrong with it is an [*Error] with its column.
func ParseFilter(filter string) (*Filter, error) {
	p, err := newParser(filter)
	if err != nil {
		return nil, err
	}
	n, err := p.any(0)
	if err == nil && p.at < len(p.tokens) {
		err = failure("", p.tokens[p.at].at, ErrSyntax, "%.64q is not expected here", p.tokens[p.at].text)
	}
	if err != nil {
		return nil, err
	}
	return &Filter{n}, nil
}

// String returns the filter, with its parentheses as they were.
func (f *Filter) String() string { return f.root.String() }

// sort says what a node is.
type sort uint8

const (
	leaf   sort = iota // an attribute compared with an operand, or pr
	within             // an attribute with a filter of its values
	paren              // a filter in parentheses
	not                // the opposite of one
	and
	or
)

// node is a filter, or a part of one.
type node struct {
	sort    sort
	parts   []*node
	path    path
	compare string
	operand value
	at      int
}

func (n *node) String() string {
	list := make([]string, len(n.parts))
	for i, part := range n.parts {
		list[i] = part.String()
	}
	switch n.sort {
	case within:
		return n.path.String() + "[" + list[0] + "]"
	case paren:
		return "(" + list[0] + ")"
	case not:
		return "not (" + list[0] + ")"
	case and:
		return strings.Join(list, " and ")
	case or:
		return strings.Join(list, " or ")
	}
	if n.compare == "pr" {
		return n.path.String() + " pr"
	}
	return n.path.String() + " " + n.compare + " " + string(n.operand.append(nil))
}

// path is where an attribute is: in the core schema or an extension, of the values that a filter matches, and what of
// it.
type path struct {
	schema string // of an extension; blank is the core
	name   string // blank: the extension itself
	filter *node
	sub    string
}

func (p path) String() string {
	s := p.schema
	if s != "" && p.name != "" {
		s += ":"
	}
	s += p.name
	if p.filter != nil {
		s += "[" + p.filter.String() + "]"
	}
	if p.sub != "" {
		s += "." + p.sub
	}
	return s
}

// plural are the attributes of the core schema that have many values, each with a "value".
var plural = map[string]bool{
	"emails": true, "phonenumbers": true, "ims": true, "photos": true, "groups": true,
	"entitlements": true, "roles": true, "x509certificates": true, "members": true,
}

// key is the form under which paths are the same.
func (p path) key() string {
	if p.sub == "" && p.schema == "" && plural[strings.ToLower(p.name)] {
		p.sub = "value"
	}
	if p.sub == "" && strings.EqualFold(p.name, "manager") {
		p.sub = "value"
	}
	f := p.filter
	p.filter = nil
	s := strings.ToLower(p.String())
	if f != nil {
		s += "[" + strings.ToLower(f.String()) + "]"
	}
	return s
}

// parsePath reads the path of an attribute, or of an operation.
func parsePath(s string) (path, error) {
	if ascii(s) && sameName(s, Enterprise) {
		return path{schema: Enterprise}, nil
	}
	p, err := newParser(s)
	if err != nil {
		return path{}, err
	}
	if len(p.tokens) == 0 {
		return path{}, failure("", 0, ErrSyntax, "no path")
	}
	name, err := p.path()
	if err != nil {
		return path{}, err
	}
	if p.has("[") {
		if name.filter, err = p.bracket(0); err != nil {
			return path{}, err
		}
		if t, ok := p.peek(); ok && !t.quoted && strings.HasPrefix(t.text, ".") && attribute(t.text[1:]) {
			if name.sub != "" {
				return path{}, failure("", t.at, ErrSyntax, "a part of a part")
			}
			name.sub = t.text[1:]
			p.at++
		}
	}
	if t, more := p.peek(); more {
		return path{}, failure("", t.at, ErrSyntax, "%.64q is not expected here", t.text)
	}
	return name, nil
}

func sameName(a, b string) bool { return strings.EqualFold(a, b) }

// token is a word, a sign or a quoted text.
type token struct {
	text   string
	at     int
	quoted bool
}

type parser struct {
	tokens []token
	at     int
	end    int
}

// newParser cuts a text into tokens.
func newParser(s string) (*parser, error) {
	p := &parser{end: len(s)}
	switch {
	case len(s) > maxBytes:
		return nil, failure("", -1, ErrLimit, "%d bytes, at most %d", len(s), maxBytes)
	case !utf8.ValidString(s):
		return nil, failure("", -1, ErrSyntax, "not UTF-8")
	}
	for at := 0; at < len(s); {
		from := at
		switch s[at] {
		case ' ', '\t', '\r', '\n':
			at++
			continue
		case '(', ')', '[', ']':
			at++
		case '"':
			for at++; at < len(s) && s[at] != '"'; at++ {
				if s[at] == '\\' {
					at++
				}
			}
			if at >= len(s) {
				return nil, failure("", from, ErrSyntax, "a text without its end")
			}
			at++
			v, err := parseValue([]byte(s[from:at]))
			if err != nil {
				return nil, failure("", from, ErrSyntax, "no text in quotation marks")
			}
			p.tokens = append(p.tokens, token{v.text, from, true})
			continue
		default:
			for at < len(s) && strings.IndexByte(" \t\r\n()[]\"", s[at]) < 0 {
				at++
			}
		}
		p.tokens = append(p.tokens, token{s[from:at], from, false})
	}
	return p, nil
}

func (p *parser) peek() (token, bool) {
	if p.at == len(p.tokens) {
		return token{at: p.end}, false
	}
	return p.tokens[p.at], true
}

// has reports whether a word or sign comes next.
func (p *parser) has(word string) bool {
	t, ok := p.peek()
	return ok && !t.quoted && strings.EqualFold(t.text, word)
}

func (p *parser) take(word string) error {
	if !p.has(word) {
		t, _ := p.peek()
		return failure("", t.at, ErrSyntax, "%s is missing", word)
	}
	p.at++
	return nil
}

// any reads parts with or between them.
func (p *parser) any(depth int) (*node, error) {
	return p.joined(or, "or", func() (*node, error) {
		return p.joined(and, "and", func() (*node, error) { return p.one(depth) })
	})
}

func (p *parser) joined(sort sort, word string, part func() (*node, error)) (*node, error) {
	first, err := part()
	if err != nil || !p.has(word) {
		return first, err
	}
	n := &node{sort: sort, parts: []*node{first}, at: first.at}
	for p.has(word) {
		p.at++
		next, err := part()
		if err != nil {
			return nil, err
		}
		n.parts = append(n.parts, next)
	}
	return n, nil
}

// one reads a comparison, or a filter in parentheses.
func (p *parser) one(depth int) (*node, error) {
	start, _ := p.peek()
	if depth == maxDepth {
		return nil, failure("", start.at, ErrLimit, "more than %d levels", maxDepth)
	}
	n := &node{sort: paren, at: start.at}
	if p.has("not") && p.at+1 < len(p.tokens) && p.tokens[p.at+1].text == "(" && !p.tokens[p.at+1].quoted {
		n.sort = not
		p.at++
	}
	if p.has("(") {
		p.at++
		inner, err := p.any(depth + 1)
		if err != nil {
			return nil, err
		}
		n.parts = []*node{inner}
		return n, p.take(")")
	}
	name, err := p.path()
	if err != nil {
		return nil, err
	}
	n.path = name
	if p.has("[") {
		n.sort = within
		inner, err := p.bracket(depth)
		n.parts = []*node{inner}
		return n, err
	}
	n.sort = leaf
	return n, p.comparison(n)
}

func (p *parser) bracket(depth int) (*node, error) {
	p.at++
	inner, err := p.any(depth + 1)
	if err == nil {
		err = p.take("]")
	}
	return inner, err
}

// comparison reads what follows an attribute.
func (p *parser) comparison(n *node) error {
	t, ok := p.peek()
	n.compare = strings.ToLower(t.text)
	switch {
	case !ok || t.quoted:
		return failure("", t.at, ErrSyntax, "an operator is missing")
	case n.compare == "pr":
		p.at++
		return nil
	case !strings.Contains(" eq ne co sw ew gt ge lt le ", " "+n.compare+" "):
		return failure("", t.at, ErrSyntax, "no operator %.64q", t.text)
	}
	p.at++
	t, ok = p.peek()
	if !ok {
		return failure("", t.at, ErrSyntax, "an operand is missing")
	}
	p.at++
	n.operand = value{kind: text, text: t.text, at: t.at}
	if t.quoted {
		return nil
	}
	switch strings.ToLower(t.text) {
	case "true":
		n.operand = truth(true, t.at)
	case "false":
		n.operand = truth(false, t.at)
	case "null":
		n.operand = value{at: t.at}
	default:
		n.operand.kind = number
		if !json.Valid([]byte(t.text)) || strings.IndexByte("-0123456789", t.text[0]) < 0 {
			return failure("", t.at, ErrSyntax, "%.64q is no operand", t.text)
		}
	}
	return nil
}

// path reads the name of an attribute.
func (p *parser) path() (path, error) {
	t, ok := p.peek()
	bad := failure("", t.at, ErrSyntax, "%.64q is no attribute", t.text)
	if !ok || t.quoted {
		bad.Text = "an attribute is missing"
		return path{}, bad
	}
	p.at++
	var out path
	name := t.text
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		out.schema, name = name[:i], name[i+1:]
		if !strings.HasPrefix(strings.ToLower(out.schema), "urn:") || !ascii(out.schema) {
			return path{}, bad
		}
		if sameName(out.schema, User) || sameName(out.schema, Group) {
			out.schema = ""
		}
	}
	out.name, out.sub, _ = strings.Cut(name, ".")
	if !attribute(out.name) || strings.Contains(name, ".") && !attribute(out.sub) {
		return path{}, bad
	}
	return out, nil
}

// attribute tells names of attributes: a letter, and then letters, digits, hyphens and underlines; "$ref" is one as
// well.
func attribute(s string) bool {
	s = strings.TrimPrefix(s, "$")
	for i, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || !('0' <= r && r <= '9' || r == '-' || r == '_')) {
			return false
		}
	}
	return s != ""
}
