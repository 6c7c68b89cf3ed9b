package groups

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestWhatIsKeptOfAFileIsWhatWasPutIn has pages of every width, and rows that fill none.
func TestWhatIsKeptOfAFileIsWhatWasPutIn(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		var numbers keptNumbers
		var texts keptTexts
		var wantNumbers []uint64
		var wantTexts []string
		for range rapid.IntRange(0, 4).Draw(t, "stretches") {
			most := uint64(1)<<rapid.IntRange(0, 63).Draw(t, "bits")*2 - 1
			some := rapid.SliceOfN(rapid.Uint64Max(most), 1, 4).Draw(t, "numbers")
			words := rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "texts")
			for i := range rapid.SampledFrom([]int{1, 5, keptAtOnce - 1, keptAtOnce, keptAtOnce + 1}).Draw(t, "rows") {
				wantNumbers, wantTexts = append(wantNumbers, some[i%len(some)]), append(wantTexts, words[i%len(words)])
				numbers.add(some[i%len(some)])
				texts.add([]byte(words[i%len(words)]))
			}
		}
		if numbers.len() != len(wantNumbers) || texts.len() != len(wantTexts) {
			t.Fatalf("%d numbers and %d texts, want %d", numbers.len(), texts.len(), len(wantTexts))
		}
		for i := range wantNumbers {
			if numbers.at(i) != wantNumbers[i] || string(texts.at(i)) != wantTexts[i] {
				t.Fatalf("row %d: %d and %q, want %d and %q", i, numbers.at(i), texts.at(i), wantNumbers[i], wantTexts[i])
			}
		}
	})
}

// TestAPageHasNoMoreBytesThanItNeeds counts them at the ends of what each width holds.
func TestAPageHasNoMoreBytesThanItNeeds(t *testing.T) {
	for _, c := range []struct {
		most uint64
		want int
	}{{0, 1}, {1, 1}, {1<<8 - 1, 1}, {1 << 8, 2}, {1<<16 - 1, 2}, {1 << 16, 4}, {1<<32 - 1, 4}, {1 << 32, 8}, {1<<64 - 1, 8}} {
		if p := newNumberPage(append(slices.Repeat([]uint64{0}, keptAtOnce-1), c.most)); len(p.bytes) != c.want*keptAtOnce {
			t.Errorf("up to %d: %d bytes, want %d a number", c.most, len(p.bytes), c.want)
		}
	}
}

func TestACodeThatWasKeptIsTheSame(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		of := rapid.SampledFrom([]Type{TypeNumber, TypeDate, TypeInstant, TypeBool}).Draw(t, "type")
		n := rapid.Int64Range(-1<<(numberBits-1), 1<<(numberBits-1)-1).Draw(t, "number")
		for _, code := range []cellCode{newCode(of, n), cellCode(rapid.Uint32().Draw(t, "code"))} {
			if got := keptCode(of, code.kept()); got != code {
				t.Fatalf("%v %d: %x is kept as %x and comes back as %x", of, n, code, code.kept(), got)
			}
			if most := uint64(max(code.number(), ^code.number())); code.itself() && code.kept() > 4*most+3 {
				t.Fatalf("%v %d is kept as %d", of, n, code.kept())
			}
		}
	})
}
