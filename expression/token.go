package expression

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A place is where something stands in the text.
type place struct{ offset, line, column int }

func (p place) remark(code, text string) Remark {
	return Remark{Offset: p.offset, Line: p.line, Column: p.column, Code: code, Text: text}
}

// A tokenKind says what a token is.
type tokenKind uint8

const (
	end     tokenKind = iota
	word              // department, true, p90d
	hyphen            // -eq, with the word in text
	numeric           // -1.5
	quoted            // "Sales", with what it stands for in text
	day               // 2026-01-31 or 2026-01-31T12:00:00Z
	mark              // one of ( ) [ ] , .
)

// A token is a word of the expression.
type token struct {
	kind tokenKind
	text string
	place
}

// is reports whether the token is that mark.
func (t token) is(m string) bool { return t.kind == mark && t.text == m }

// says reports whether the token is one of the words, which operators are with or without their hyphen.
func (t token) says(words ...string) bool {
	if t.kind != word && t.kind != hyphen {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(t.text, w) {
			return true
		}
	}
	return false
}

// shown is the token in an error.
func (t token) shown() string {
	switch t.kind {
	case end:
		return "the end"
	case hyphen:
		return strconv.Quote("-" + shortened(t.text))
	}
	return strconv.Quote(shortened(t.text))
}

func shortened(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64])
	}
	return s
}

// A scanner cuts text into tokens and goes on after a problem.
type scanner struct {
	*reader
	text string
	place
}

func (r *reader) scan(text string) (tokens []token) {
	s := &scanner{reader: r, text: text, place: place{line: 1, column: 1}}
	for {
		t, ok := s.token()
		if ok {
			tokens = append(tokens, t)
		}
		if ok && t.kind == end {
			return tokens
		}
	}
}

// peek is the character at the scanner, or -1 at the end.
func (s *scanner) peek() rune {
	if s.offset == len(s.text) {
		return -1
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.offset:])
	return r
}

// after is the character behind the one at the scanner.
func (s *scanner) after() rune {
	_, n := utf8.DecodeRuneInString(s.text[s.offset:])
	r, size := utf8.DecodeRuneInString(s.text[s.offset+n:])
	if size == 0 {
		return -1
	}
	return r
}

func (s *scanner) next() rune {
	r, n := utf8.DecodeRuneInString(s.text[s.offset:])
	if r == utf8.RuneError && n == 1 {
		s.problem(s.place, "syntax", "is not text in UTF-8")
	}
	s.offset += n
	if s.column++; r == '\n' {
		s.line, s.column = s.line+1, 1
	}
	return r
}

// while takes characters as long as they are such.
func (s *scanner) while(such func(r rune) bool) string {
	from := s.offset
	for s.offset < len(s.text) && such(s.peek()) {
		s.next()
	}
	return s.text[from:s.offset]
}

func (s *scanner) token() (t token, ok bool) {
	s.while(unicode.IsSpace)
	t.place = s.place
	switch r := s.peek(); {
	case r == -1:
		return t, true
	case strings.ContainsRune("()[],.", r):
		t.kind, t.text = mark, string(s.next())
	case r == '"' || r == '\'':
		t.kind, t.text = quoted, s.quoted()
	case isHyphen(r) && isDigit(s.after()):
		s.next()
		t.kind, t.text = s.figures("-")
	case isDigit(r):
		t.kind, t.text = s.figures("")
	case isHyphen(r) && isLetter(s.after()):
		s.next()
		t.kind, t.text = hyphen, s.while(isWord)
	case isLetter(r):
		t.kind, t.text = word, s.while(isWord)
	case r == '$' && oldNull(s.text[s.offset:]):
		t.kind, t.text = word, string(s.next())+s.while(isWord)
	default:
		s.problem(t.place, "syntax", "a stray %q", s.next())
		return t, false
	}
	return t, true
}

// oldNull reports whether a text begins with $null, as Entra wrote null before.
func oldNull(s string) bool {
	const null = "$null"
	if len(s) < len(null) || !strings.EqualFold(s[:len(null)], null) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[len(null):])
	return !isWord(r)
}

// isHyphen is true of the dash as well that word processors, and Entra's own pages, make of a hyphen.
func isHyphen(r rune) bool { return r == '-' || r == '–' }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isLetter(r rune) bool { return unicode.IsLetter(r) || r == '_' }

func isWord(r rune) bool { return isLetter(r) || isDigit(r) }

// figures reads a number, a day or an instant.
func (s *scanner) figures(sign string) (tokenKind, string) {
	at := s.place
	text := sign + s.while(func(r rune) bool {
		return isDigit(r) || strings.ContainsRune("-+.:", r) || r < utf8.RuneSelf && unicode.IsLetter(r)
	})
	if strings.Count(text, "-") >= 2 && sign == "" || strings.Contains(text, ":") {
		return day, text
	}
	// Hexadecimal, underscores and the like are no numbers here.
	if _, err := strconv.ParseFloat(text, 64); err != nil && !strings.HasSuffix(err.Error(), "value out of range") ||
		strings.Trim(text, "0123456789.eE+-") != "" {
		s.problem(at, "syntax", "%.64q is neither a number nor a date", text)
		return numeric, "0"
	}
	return numeric, text
}

// quoted reads a text in quotes. Between double ones ` says how the next character is meant, and the
// other quote is single or doubled; between single ones the quote itself is doubled.
func (s *scanner) quoted() string {
	at, quote := s.place, s.next()
	var b strings.Builder
	for {
		switch r := s.peek(); {
		case r == -1:
			s.problem(at, "syntax", "the text that begins here does not end")
			return b.String()
		case r == '\'' && s.after() == '\'':
			s.next()
			s.next()
			b.WriteByte('\'')
		case r == quote:
			s.next()
			return b.String()
		case r == '`' && quote == '"':
			s.escaped(&b)
		default:
			from := s.offset
			s.next()
			b.WriteString(s.text[from:s.offset])
		}
	}
}

// escaped reads what follows a `: a quote, another one, or u{hexadecimal}.
func (s *scanner) escaped(b *strings.Builder) {
	at := s.place
	s.next()
	switch s.peek() {
	case '"', '`':
		b.WriteRune(s.next())
		return
	case 'u':
		s.next()
		if s.peek() == '{' {
			s.next()
			digits := s.while(isWord)
			if code, err := strconv.ParseUint(digits, 16, 21); err == nil && utf8.ValidRune(rune(code)) && s.peek() == '}' {
				s.next()
				b.WriteRune(rune(code))
				return
			}
		}
	}
	s.problem(at, "syntax", "behind ` stands a double quote, another ` or a character as u{200b}")
}

// quote is the opposite of quoted, on one line and with nothing in it that cannot be seen.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '`':
			b.WriteByte('`')
			b.WriteRune(r)
		case r == '\'':
			b.WriteString("''")
		case !unicode.IsPrint(r):
			b.WriteString("`u{" + strconv.FormatInt(int64(r), 16) + "}")
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
