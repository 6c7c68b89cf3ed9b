package storetest

import (
	"fmt"
	"slices"
	"strings"
)

// names are identifiers that a database may merge, or order otherwise than by their bytes: by case,
// accents, width, numbers or white space, by UTF-16, or through a wildcard. Ascending.
var names = func() []string {
	long := strings.Repeat("x", 254)
	list := []string{
		"-1", "0", "00", "01", "1", "1.0", "1e1", "10", "2", "9",
		"A", "AB", "Ab", "B", "Z", "a", "aB", "ab", "b", "z", "_", "%", "a%", "a_", "*", "?", ".", "/", ":",
		"a b", "a  b", "a\u00a0b", "a-b", "a.b", "a/b", "a'b", `a"b`, `a\b`, "a;b", "a,b", "a|b", "a#b", "[a]", "{a}",
		"\u00e4", "a\u0308", "\u00c4", "A\u0308", "\u00df", "ss", "SS", "\u1e9e", // ä, composed and not; ß
		"i", "I", "\u0131", "\u0130", "k", "K", "\u212a", // dotless and dotted i; the Kelvin sign
		"\u03c3", "\u03c2", "\u03a3", // sigma, final sigma
		"\uff21", "\uff10", "\u2460", "\ufb00", "ff", "\u01c6", "dž", // full width, circled, ligatures
		"\u00bd", "\u4e2d", "\uac00", "\u1100\u1161", // Hangul, composed and not
		"\uffee", "\U0001f600", "\U0001f601", "\U00010400", "\U00010428", // after and before U+FFEE in UTF-16
		"null", "NULL", "nil", "true", "undefined", "DROP TABLE", "--", "''", "$1", ":a", "@a", "?1",
		long + "a", long + "b", long + "B", long, strings.Repeat("\u00e4", 127), strings.Repeat("\u00e4", 127) + "z",
	}
	slices.Sort(list)
	return slices.Compact(list)
}()

// longest is an identifier of as many bytes as there may be.
var longest = strings.Repeat("\u4e2d", 85)

// strangers are identifiers that are none of names, though a careless comparison takes them for one.
var strangers = []string{"Ab ", " a", "AB\u00a0", "ä ", "\u00c4B", "B\u0308", "nULL", "TRUE", "0x1", "1.00", "x", "", "A*", "__", "%%", "\x00", "a\x00", strings.Repeat("x", 255), strings.Repeat("x", 5000), "\xff"}

// numbered returns n identifiers, ascending.
func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("u%06d", i)
	}
	return list
}

// manySizes are numbers of rows at which reading by pages tends to go wrong.
var manySizes = []int{1000, 1024, 1025}

// typed turns identifiers into those of one type.
func typed[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, s := range list {
		out[i] = T(s)
	}
	return out
}
