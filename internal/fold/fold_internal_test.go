package fold

// White-box: only here can the two ways of making a key be compared.

import (
	"testing"

	"pgregory.net/rapid"
)

func TestTheFastPathIsTheSlowPath(t *testing.T) {
	ascii := rapid.StringOfN(rapid.OneOf(
		rapid.RuneFrom([]rune(" \t\n\v\f\r\x00\x1c\x1f\x7f")), // white space, and what looks like it
		rapid.RuneFrom([]rune("aAzZ09@[`{")),                  // letters, and their neighbours
		rapid.Custom(func(t *rapid.T) rune { return rune(rapid.IntRange(0, 127).Draw(t, "rune")) }),
	), -1, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		s := ascii.Draw(t, "s")
		fast, ok := asciiKey(s)
		if !ok {
			t.Fatalf("%q is ASCII", s)
		}
		if slow := unicodeKey(s); fast != slow {
			t.Fatalf("%q: fast %q, slow %q", s, fast, slow)
		}
	})
}
