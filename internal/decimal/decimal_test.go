package decimal_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/grouprules/groups/internal/decimal"
	"pgregory.net/rapid"
)

func must(t interface{ Fatalf(string, ...any) }, s string) decimal.Decimal {
	d, err := decimal.Parse(s)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return d
}

// literal draws numbers close enough to each other that equal ones, and ones that differ in the last
// digit only, are common.
func literal() *rapid.Generator[string] {
	return rapid.StringMatching(`[+-]?(0{0,3}[0129]{1,4}(\.[0129]{1,5})?|\.[0129]{1,5})([eE][+-]?[0-4])?`)
}

func rat(t *rapid.T, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("math/big does not read %q", s)
	}
	return r
}

func TestCmpAndEqualityAreThoseOfTheNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := literal().Draw(t, "a"), literal().Draw(t, "b")
		x, y := must(t, a), must(t, b)
		want := rat(t, a).Cmp(rat(t, b))
		if got := x.Cmp(y); cmp.Compare(got, 0) != want {
			t.Fatalf("%s Cmp %s = %d, want %d", a, b, got, want)
		}
		if (x == y) != (want == 0) {
			t.Fatalf("%s == %s is %v", a, b, x == y)
		}
	})
}

// A whole number is the same number in either form, and has the form only where it can be written so.
func TestAWholeNumberIsTheDecimalThatIsWrittenSo(t *testing.T) {
	edges := []string{"", "0", "00", "-0", "7", "07", "10", "-10", "1e2", "100.0", "1.5", "0.1", "999999999999999", "1000000000000000", "1e15", "1e14", "10 "}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.SampledFrom(edges), literal(), rapid.StringMatching(`[1-9][0-9]{0,16}`)).Draw(t, "text")
		n, written := decimal.ParseWhole(s)
		if written && strconv.FormatInt(n, 10) != s {
			t.Fatalf("%q is read as %d", s, n)
		}
		d, err := decimal.Parse(s)
		if err != nil {
			if written {
				t.Fatalf("%q is read as %d, and is no number", s, n)
			}
			return
		}
		whole, is := d.Whole()
		if written && (!is || whole != n) {
			t.Fatalf("%q is read as %d, and is %d, %t", s, n, whole, is)
		}
		value, exact := rat(t, s), is && rat(t, s).Cmp(new(big.Rat).SetInt64(whole)) == 0
		if can := value.IsInt() && value.Sign() >= 0 && value.Cmp(big.NewRat(1e15, 1)) < 0; is != can || is && (!exact || decimal.FromWhole(whole) != d) {
			t.Fatalf("%q is %d, %t", s, whole, is)
		}
	})
}

func TestStringAndParseAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := literal().Draw(t, "number")
		if rapid.Bool().Draw(t, "far") {
			s, _, _ = strings.Cut(strings.ToLower(s), "e")
			s += "e" + strconv.Itoa(rapid.IntRange(-400, 400).Draw(t, "exponent"))
		}
		d := must(t, s)
		if !json.Valid([]byte(d.String())) {
			t.Fatalf("%s prints as %s, which is no JSON", s, d)
		}
		if must(t, d.String()) != d || rat(t, d.String()).Cmp(rat(t, s)) != 0 {
			t.Fatalf("%s prints as %s", s, d)
		}
	})
}

func TestEachNumberHasOneSpelling(t *testing.T) {
	nines := strings.Repeat("9", 1000)
	for _, c := range []struct{ in, want, why string }{
		{"0", "0", "the zero value"},
		{"-0", "0", "there is one zero"},
		{"-0.000e7", "0", "... however written"},
		{".5", "0.5", "the digit before the point may be missing"},
		{"+5", "5", "a plus says nothing"},
		{"007", "7", "nor do leading zeros"},
		{"1.50", "1.5", "nor trailing ones"},
		{"100", "100", "... which stay where they count"},
		{"-1.25E+1", "-12.5", "an exponent moves the point"},
		{"1e400", "1e400", "not 400 zeros"},
		{"-12e400", "-1.2e401", "scientific has one digit before the point"},
		{"1e20", "100000000000000000000", "plain below 1e21"},
		{"999999999999999999999", "999999999999999999999", "... just below"},
		{"1e21", "1e21", "... and not from there on"},
		{"0.000001", "0.000001", "plain from 1e-6"},
		{"0.0000001", "1e-7", "... and not below"},
		{"1" + strings.Repeat("0", 2000), "1e2000", "zeros at the end are not significant"},
		{"0." + nines, "0." + nines, "1000 digits are allowed"},
		{"9e1000000", "9e1000000", "the largest exponent"},
		{"9e-1000000", "9e-1000000", "the smallest"},
	} {
		if got := must(t, c.in).String(); got != c.want {
			t.Errorf("%s prints as %s, want %s: %s", c.in, got, c.want, c.why)
		}
	}
}

func TestWhatIsNoNumberIsRefused(t *testing.T) {
	for _, c := range []struct {
		in   string
		want error
		why  string
	}{
		{"", decimal.ErrSyntax, "nothing is not zero"},
		{"-", decimal.ErrSyntax, "nor is a sign"},
		{".", decimal.ErrSyntax, "nor a point"},
		{"--1", decimal.ErrSyntax, "one sign"},
		{" 1", decimal.ErrSyntax, "trimming is the caller's decision"},
		{"1 ", decimal.ErrSyntax, "... on both sides"},
		{"1\n", decimal.ErrSyntax, "... of any kind"},
		{"1 000", decimal.ErrSyntax, "no separators"},
		{"1_000", decimal.ErrSyntax, "... nor Go's"},
		{"1,5", decimal.ErrSyntax, "a comma is a point here and a separator there: no guessing"},
		{"1.2.3", decimal.ErrSyntax, "one point"},
		{"5.", decimal.ErrSyntax, "a point announces a fraction"},
		{"0x10", decimal.ErrSyntax, "no other base"},
		{"NaN", decimal.ErrSyntax, "not a number"},
		{"Inf", decimal.ErrSyntax, "not finite"},
		{"5e", decimal.ErrSyntax, "an e announces an exponent"},
		{"5e+", decimal.ErrSyntax, "... with digits"},
		{"5e1.5", decimal.ErrSyntax, "... all of them"},
		{"e5", decimal.ErrSyntax, "an exponent of nothing"},
		{"٣", decimal.ErrSyntax, "ASCII digits only"},
		{"0." + strings.Repeat("9", 1001), decimal.ErrRange, "more than 1000 significant digits"},
		{"1e1000001", decimal.ErrRange, "an exponent over a million"},
		{"1e-1000001", decimal.ErrRange, "... or below minus that"},
		{"0e1000001", decimal.ErrRange, "... even of zero"},
		{"1e99999999999999999999", decimal.ErrRange, "... even one no integer holds"},
		{"1e-99999999999999999999", decimal.ErrRange, "... in both directions"},
		{"10e1000000", decimal.ErrRange, "one more digit is one more power of ten"},
		{"0.1e-1000000", decimal.ErrRange, "... in both directions; it does not become zero"},
		{"1e99999999999x", decimal.ErrSyntax, "what is no number has no size"},
	} {
		if d, err := decimal.Parse(c.in); !errors.Is(err, c.want) || d != (decimal.Decimal{}) {
			t.Errorf("Parse(%.20q) = %v, %v, want %v: %s", c.in, d, err, c.want, c.why)
		}
	}
}

func TestAFloatBecomesItsShortestDecimal(t *testing.T) {
	for f, want := range map[float64]string{
		0.1: "0.1", 1e23: "1e23", -2.5: "-2.5", math.Copysign(0, -1): "0", math.SmallestNonzeroFloat64: "5e-324",
	} {
		if d, err := decimal.FromFloat(f); err != nil || d.String() != want {
			t.Errorf("FromFloat(%v) = %v, %v, want %s", f, d, err, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := decimal.FromFloat(f); !errors.Is(err, decimal.ErrRange) {
			t.Errorf("FromFloat(%v): %v", f, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		d, err := decimal.FromFloat(f)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := strconv.ParseFloat(d.String(), 64); err != nil || back != f {
			t.Fatalf("%v became %s, which reads as %v, %v", f, d, back, err)
		}
	})
}

func TestCmpDoesNotAllocate(t *testing.T) {
	a, b := must(t, "-123456789.123456789"), must(t, "-123456789.12345678")
	if n := testing.AllocsPerRun(100, func() { a.Cmp(b) }); n != 0 {
		t.Errorf("Cmp allocates %v times per user", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-1.5e3", ".5", "+007", "1e400", "5.", "1,5", "0x10"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := decimal.Parse(s)
		if err != nil {
			return
		}
		if again, err := decimal.Parse(d.String()); err != nil || again != d {
			t.Errorf("%q prints as %s, which reads as %v, %v", s, d, again, err)
		}
	})
}

func TestKeysOrderAsTheNumbersDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) decimal.Decimal {
			s := literal().Draw(t, label)
			if rapid.Bool().Draw(t, "far") {
				s, _, _ = strings.Cut(strings.ToLower(s), "e")
				s += "e" + strconv.Itoa(rapid.SampledFrom([]int{-999_990, -400, -1, 1, 400, 999_990}).Draw(t, "exponent"))
			}
			return must(t, s)
		}
		a, b := draw("a"), draw("b")
		if rapid.Bool().Draw(t, "goes on") && !strings.Contains(a.String(), "e") {
			b = must(t, a.String()+map[bool]string{true: "", false: "."}[strings.Contains(a.String(), ".")]+rapid.StringMatching(`[0-9]{1,3}`).Draw(t, "so"))
		}
		if got, want := strings.Compare(a.Key(), b.Key()), cmp.Compare(a.Cmp(b), 0); got != want {
			t.Fatalf("%s and %s compare %d, their keys %s and %s %d", a, b, want, a.Key(), b.Key(), got)
		}
	})
	longest := must(t, "-"+strings.Repeat("9", 1000)+"e-999999")
	if n := len(longest.Key()); n > 1012 {
		t.Errorf("a key of %d bytes", n)
	}
}
