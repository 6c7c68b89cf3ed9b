// Package decimal holds exact decimal numbers: what was written is what is compared.
//
// It promises that == on two Decimals is equality of the numbers, that Cmp orders them exactly and
// without allocating, and that String and Parse are inverse. No number is ever rounded: one that does
// not fit the bounds of [Parse] is refused.
//
// It may not know what the numbers measure, nor any locale; it does no arithmetic.
package decimal

import (
	"cmp"
	"errors"
	"math"
	"strconv"
	"strings"
)

// The bounds keep one hostile literal from costing more than it is long.
const (
	maxDigits   = 1000      // significant: without leading and trailing zeros
	maxExponent = 1_000_000 // as written, and of d.ddd×10^n
)

var (
	// ErrSyntax says that a text is no decimal number.
	ErrSyntax = errors.New("not a decimal number")
	// ErrRange says that a number is outside the bounds of [Parse], or not finite.
	ErrRange = errors.New("number out of range")
)

// A Decimal is one exact decimal number. Decimals are comparable with == and usable as map keys; the
// zero value is 0.
type Decimal struct {
	// The number is 0.digits × 10^exp. Digits neither begin nor end with '0', so that each number has
	// one form; zero is the zero value, never negative.
	digits string
	exp    int32
	neg    bool
}

// Parse reads an optional sign, digits with an optional fraction (the digits before the point may be
// missing, those after it not), and an optional exponent. White space, digit separators, other bases,
// NaN and infinities are refused with [ErrSyntax]; more than 1000 significant digits, or an exponent
// beyond a million, written or of the number as d.ddd×10^n, with [ErrRange].
func Parse(s string) (Decimal, error) {
	neg, s := sign(s)
	whole, s := digits(s)
	var fraction string
	if strings.HasPrefix(s, ".") {
		if fraction, s = digits(s[1:]); fraction == "" {
			return Decimal{}, ErrSyntax
		}
	}
	if whole == "" && fraction == "" {
		return Decimal{}, ErrSyntax
	}
	var written int64
	if s != "" {
		var ok bool
		if written, ok = exponent(s); !ok {
			return Decimal{}, ErrSyntax
		}
	}
	if abs(written) > maxExponent {
		return Decimal{}, ErrRange
	}

	// 0.whole fraction × 10^point. Zeros that lead move the point, those that trail say nothing.
	point := int64(len(whole)) + written
	all := whole + fraction
	significant := strings.TrimLeft(all, "0")
	point -= int64(len(all) - len(significant))
	significant = strings.TrimRight(significant, "0")
	switch {
	case significant == "":
		return Decimal{}, nil
	case len(significant) > maxDigits, abs(point-1) > maxExponent:
		return Decimal{}, ErrRange
	}
	// Clone, for a number should not hold on to the document it was read from.
	return Decimal{strings.Clone(significant), int32(point), neg}, nil
}

// sign cuts an optional sign off s.
func sign(s string) (neg bool, rest string) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[0] == '-', s[1:]
	}
	return false, s
}

// digits cuts the leading ASCII digits off s.
func digits(s string) (digits, rest string) {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return s[:n], s[n:]
}

// exponent reads all of s as an exponent; one too large for an int64 stays too large.
func exponent(s string) (n int64, ok bool) {
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	neg, s := sign(s[1:])
	d, rest := digits(s)
	if d == "" || rest != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(d, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	if neg {
		n = -n
	}
	return n, true
}

func abs(n int64) int64 { return max(n, -n) }

// FromFloat returns the shortest decimal that reads back as f: 0.1 gives 0.1 and not the 55 digits of
// its nearest double. NaN and the infinities are [ErrRange].
func FromFloat(f float64) (Decimal, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Decimal{}, ErrRange
	}
	return Parse(strconv.FormatFloat(f, 'e', -1, 64))
}

// wholeDigits are those of the whole numbers that are told from others at once.
const wholeDigits = 15

// ParseWhole reads a whole number that is written as most are: up to 15 digits, of which only 0 itself begins with 0.
// Of any other text it says nothing.
func ParseWhole(s string) (n int64, ok bool) {
	if s == "" || len(s) > wholeDigits || s[0] == '0' && s != "0" {
		return 0, false
	}
	for i := range len(s) {
		digit := s[i] - '0'
		if digit > 9 {
			return 0, false
		}
		n = 10*n + int64(digit)
	}
	return n, true
}

// FromWhole returns n, which is not below zero.
func FromWhole(n int64) Decimal {
	s := strconv.FormatInt(n, 10)
	if digits := strings.TrimRight(s, "0"); digits != "" {
		return Decimal{digits: digits, exp: int32(len(s))}
	}
	return Decimal{}
}

// Whole returns the number where ParseWhole could have read it.
func (d Decimal) Whole() (n int64, ok bool) {
	if d.neg || d.exp > wholeDigits || int(d.exp) < len(d.digits) {
		return 0, false
	}
	for i := range d.exp {
		n *= 10
		if int(i) < len(d.digits) {
			n += int64(d.digits[i] - '0')
		}
	}
	return n, true
}

// Cmp is negative when d < e, zero when d == e and positive when d > e.
func (d Decimal) Cmp(e Decimal) int {
	if c := cmp.Compare(d.signum(), e.signum()); c != 0 {
		return c
	}
	if d.neg {
		d, e = e, d
	}
	if c := cmp.Compare(d.exp, e.exp); c != 0 {
		return c
	}
	// Digits of fractions order as text does: a missing digit is less than any.
	return strings.Compare(d.digits, e.digits)
}

func (d Decimal) signum() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	default:
		return 1
	}
}

// String returns the one canonical spelling of d, which is a JSON number: plain from 1e-6 to below
// 1e21, else as d.ddde±n, so that no number is longer than it has to be.
func (d Decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	var b strings.Builder
	if d.neg {
		b.WriteByte('-')
	}
	n, point := len(d.digits), int(d.exp)
	switch {
	case point < -5 || point > 21:
		b.WriteString(d.digits[:1])
		if n > 1 {
			b.WriteString("." + d.digits[1:])
		}
		b.WriteString("e" + strconv.Itoa(point-1))
	case point <= 0:
		b.WriteString("0." + strings.Repeat("0", -point) + d.digits)
	case point >= n:
		b.WriteString(d.digits + strings.Repeat("0", point-n))
	default:
		b.WriteString(d.digits[:point] + "." + d.digits[point:])
	}
	return b.String()
}

// Key returns d in digits and a colon that order as text, byte by byte, as the numbers do, and are equal only where
// these are: for who keeps numbers where text is all that is compared. It is at most 12 bytes longer than the digits.
func (d Decimal) Key() string {
	const middle = 5_000_000 // takes every exponent, and its opposite, to seven digits
	switch d.signum() {
	case 0:
		return "1"
	case 1:
		return "2" + strconv.Itoa(middle+int(d.exp)) + d.digits
	}
	// The larger the number without its sign, the smaller it is. The colon, beyond all digits, has a fraction that goes
	// on stand before the one that it begins with.
	b := append(make([]byte, 0, len(d.digits)+9), "0"+strconv.Itoa(middle-int(d.exp))...)
	for i := range len(d.digits) {
		b = append(b, '0'+'9'-d.digits[i])
	}
	return string(append(b, ':'))
}
