package groups

import (
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
)

// A cellCode is what a cell of a column was read as: the code of its Value, or the Value itself where it is a whole
// number, a day, a whole second or a truth, of which columns have so many that a list of them would only be in the way.
// Among codes that are Values themselves, those are equal that are equal Values.
type cellCode uint64

const (
	itself     cellCode = 1 << 63
	numberBits          = 56
	numberMask cellCode = 1<<numberBits - 1
)

func newCode(t Type, n int64) cellCode {
	return itself | cellCode(t)<<numberBits | cellCode(n)&numberMask
}

func (c cellCode) itself() bool { return c&itself != 0 }

// codeOf is a Value as a cellCode, or 0 where it does not fit.
func codeOf(v Value) cellCode {
	switch d := v.data.(type) {
	case decimal.Decimal:
		if n, whole := d.Whole(); whole {
			return newCode(TypeNumber, n)
		}
	case calendar.Day:
		return newCode(TypeDate, int64(d))
	case time.Time:
		return codeOfInstant(d)
	case bool:
		if d {
			return newCode(TypeBool, 1)
		}
		return newCode(TypeBool, 0)
	}
	return 0
}

func codeOfInstant(t time.Time) cellCode {
	if t.IsZero() || t.Nanosecond() != 0 {
		return 0 // the zero time is Unknown
	}
	return newCode(TypeInstant, t.Unix())
}

// brief is a cellCode that is a Value itself in half of its bits, for who knows the type; 0: it is not, or does not fit.
func (c cellCode) brief() uint32 {
	if n := c.number(); c.itself() && n == int64(int32(n)) {
		return uint32(n) + 1<<31
	}
	return 0
}

// codeOfCell reads a cell that is written as nearly all are; 0: it is to be read as [ParseValue] does.
func codeOfCell(t Type, cell []byte) cellCode {
	switch t {
	case TypeNumber:
		if n, whole := decimal.ParseWhole(string(cell)); whole {
			return newCode(t, n)
		}
	case TypeDate:
		if len(cell) == len(time.DateOnly) {
			if d, err := calendar.Parse(string(cell)); err == nil {
				return newCode(t, int64(d))
			}
		}
	case TypeInstant:
		if len(cell) == len("2006-01-02T15:04:05Z") {
			if at, err := calendar.ParseInstant(string(cell)); err == nil {
				return codeOfInstant(at)
			}
		}
	case TypeBool:
		switch string(cell) {
		case "true":
			return newCode(t, 1)
		case "false":
			return newCode(t, 0)
		}
	}
	return 0
}

// kept is a cellCode as a number that is small where the code or the Value is, without the type.
func (c cellCode) kept() uint64 {
	if !c.itself() {
		return uint64(c) << 1
	}
	n := c.number()
	return uint64(n<<1^n>>63)<<1 | 1
}

// keptCode is the cellCode that was kept of a cell of that type.
func keptCode(t Type, kept uint64) cellCode {
	n := kept >> 1
	if kept&1 == 0 {
		return cellCode(n)
	}
	return newCode(t, int64(n>>1)^-int64(n&1))
}

func (c cellCode) number() int64 { return int64(c<<(64-numberBits)) >> (64 - numberBits) }

func (c cellCode) of() Type { return Type(c &^ itself >> numberBits) }

// value is the Value of a cellCode that is one.
func (c cellCode) value() Value {
	n := c.number()
	switch c.of() {
	case TypeNumber:
		return Value{decimal.FromWhole(n)}
	case TypeDate:
		return Value{calendar.Day(n)}
	case TypeInstant:
		return At(time.Unix(n, 0))
	}
	return Bool(n == 1)
}
