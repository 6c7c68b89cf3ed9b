// Package fold says when two spellings are one text.
//
// It promises two forms of a string: [Exact], which only undoes what nobody can see (how an accent is
// encoded, white space at the ends), and [Key], which also ignores case and the amount of white space
// between words. Two texts are equal exactly when their forms are equal; both forms are fixed points
// of themselves, do not depend on a locale, and leave accents significant. Bytes that are no UTF-8 stay.
//
// It may not know what the texts are for: no fields, no operators, nothing of package groups.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Exact returns s in NFC without Unicode white space at its ends. Case and inner white space stay: it
// is the form of codes and ids.
func Exact(s string) string {
	return strings.TrimSpace(norm.NFC.String(s))
}

// Key returns the form under which s compares: NFC, trimmed, each inner run of Unicode white space one
// ASCII space, and full Unicode case folding. It does not allocate when s is ASCII and its own key.
func Key(s string) string {
	if key, ok := asciiKey(s); ok {
		return key
	}
	return unicodeKey(s)
}

// Blank reports whether s is nothing but Unicode white space.
func Blank(s string) bool {
	return strings.TrimSpace(s) == ""
}

// asciiKey is unicodeKey for ASCII, where NFC is the identity and folding is lower case; ok is false
// for anything else.
func asciiKey(s string) (key string, ok bool) {
	own := true
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			return "", false
		case 'A' <= c && c <= 'Z':
			own = false
		case unicode.IsSpace(rune(c)):
			// One space stands as it is only between two words.
			if c != ' ' || i == 0 || i == len(s)-1 || s[i-1] == ' ' {
				own = false
			}
		}
	}
	if own {
		return s, true
	}
	return strings.ToLower(strings.Join(strings.Fields(s), " ")), true
}

func unicodeKey(s string) string {
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	// A Caser must not be shared between goroutines, and making this one costs next to nothing.
	s = cases.Fold().String(s)
	if strings.ContainsFunc(s, isSmallCherokee) {
		s = capitalCherokee(s)
	}
	// Folding takes some letters apart (ǰ into j and a caron), hence NFC once more.
	return norm.NFC.String(s)
}

// capitalCherokee finishes the folding of Cherokee, which folds to its capitals, the older letters.
// The x/text Caser (v0.43.0) makes those small and so swaps the cases instead of joining them.
func capitalCherokee(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case !isSmallCherokee(r):
			b.WriteString(s[:n]) // not WriteRune: a byte that is no UTF-8 stays what it is
		case r < 0xAB70:
			b.WriteRune(r - 0x13F8 + 0x13F0)
		default:
			b.WriteRune(r - 0xAB70 + 0x13A0)
		}
		s = s[n:]
	}
	return b.String()
}

func isSmallCherokee(r rune) bool {
	return 0x13F8 <= r && r <= 0x13FD || 0xAB70 <= r && r <= 0xABBF
}
