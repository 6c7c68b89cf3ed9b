package fold_test

import (
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/grouprules/groups/internal/fold"
	"pgregory.net/rapid"
)

// text draws strings in which the hard cases are common: letters that fold to several, that come apart
// or together, white space of all widths, marks in any order, and bytes that are no UTF-8.
func text() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"a", "B", "ß", "ẞ", "é", "e\u0301", "É", "ς", "Σ", "İ", "ı", "ǰ", "ΐ", "ᾳ", "ŉ", "Å", "\u212b", "K",
			"\u13a0", "\uab70", "\u13f8", "가", "\u1100", "\u1161", "\u0344", "\u0345", "\u0327", "\u0301",
			" ", "\t", "\u0085", "\u00a0", "\u2003", "\u3000", "\u200b", "\ufeff", "\xff", "\xc3", "\ufffd",
		}),
		rapid.String(),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 50), func(p []string) string { return strings.Join(p, "") })
}

func TestTextsAreEqualWhenTheirKeysAre(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
		why  string
	}{
		{"Straße", "STRASSE", true, "full folding: one letter may become two"},
		{"\u00e9", "e\u0301", true, "composed and decomposed look the same"},
		{"\u00c9", "e\u0301", true, "... in any case"},
		{"Jose", "José", false, "accents are significant"},
		{"ς", "Σ", true, "a final sigma is a sigma"},
		{"ΟΔΟΣ", "οδος", true, "... in a word as well"},
		{"İ", "i", false, "folding is no locale's: the dot stays"},
		{"I", "ı", false, "... and in no locale is I the dotless i"},
		{"\u212a", "k", true, "the Kelvin sign is a K"},
		{"\u13a0", "\uab70", true, "Cherokee has two cases too"},
		{"\u13f0", "\u13f8", true, "... in two blocks"},
		{"\u00a0a\u00a0", "a", true, "a no-break space is white space"},
		{"\u200ba", "a", false, "a zero width space is not"},
		{"a \t\u3000 b", "A B", true, "words are apart by however much"},
		{"ab", "a b", false, "... but apart"},
		{" \n", "", true, "a blank is nothing"},
	} {
		if same := fold.Key(c.a) == fold.Key(c.b); same != c.same {
			t.Errorf("%q = %q is %v: %s", c.a, c.b, same, c.why)
		}
	}
}

func TestExactUndoesOnlyWhatNobodySees(t *testing.T) {
	for _, c := range []struct{ in, want, why string }{
		{"e\u0301", "\u00e9", "NFC"},
		{"\u2003\u00a0 x\u0085\n", "x", "trimmed at both ends"},
		{"A  b\tC", "A  b\tC", "case and inner white space stay"},
		{"\u200bx\ufeff", "\u200bx\ufeff", "format characters are no white space"},
		{"\ufb01", "\ufb01", "a ligature is another letter: NFC and not NFKC"},
	} {
		if got := fold.Exact(c.in); got != c.want {
			t.Errorf("Exact(%q) = %q, want %q: %s", c.in, got, c.want, c.why)
		}
	}
}

func TestBothFormsAreFixedPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := text().Draw(t, "s")
		key, exact := fold.Key(s), fold.Exact(s)
		if again := fold.Key(key); again != key {
			t.Fatalf("Key(%+q) = %+q, but its key is %+q", s, key, again)
		}
		if again := fold.Exact(exact); again != exact {
			t.Fatalf("Exact(%+q) = %+q, but its form is %+q", s, exact, again)
		}
		if got := fold.Key(exact); got != key {
			t.Fatalf("Key(%+q) = %+q, but of its exact form %+q", s, key, got)
		}
		if blank := fold.Blank(s); blank != (key == "") || blank != (exact == "") {
			t.Fatalf("Blank(%+q) = %v, key %+q, exact %+q", s, blank, key, exact)
		}
	})
}

// Exhaustive, because a table of x/text is what would be wrong (it was, for Cherokee). Above plane 1
// there are ideographs, tags and private characters: no cases.
func TestEveryLetterHasOneKeyInAllItsCases(t *testing.T) {
	for r := rune(0); r < 0x20000; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		key := fold.Key(string(r))
		if again := fold.Key(key); again != key {
			t.Errorf("%U has the key %+q, which has %+q", r, key, again)
		}
		if other := unicode.SimpleFold(r); fold.Key(string(other)) != key {
			t.Errorf("%U has the key %+q, its other case %U %+q", r, key, other, fold.Key(string(other)))
		}
	}
}

func TestKeysMayBeMadeByManyAtOnce(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				if got := fold.Key("  Große\u00a0STRASSE Σίσυφος "); got != "grosse strasse σίσυφοσ" {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	all.Wait()
}

func TestAnASCIIKeyCostsNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { fold.Key("senior sales manager (emea)") }); n != 0 {
		t.Errorf("Key allocates %v times; a million users pay for each", n)
	}
}
