package groups

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
	"github.com/grouprules/groups/internal/fold"
)

// A Type is the type of a field.
type Type uint8

// The types of fields. There is no zero Type: a field says what it is.
const (
	TypeText        Type = iota + 1 // words; may hold several values
	TypeChoice                      // one of the field's options, by option ID
	TypeMultiChoice                 // any number of the field's options, by option ID
	TypeNumber                      // an exact decimal number
	TypeDate                        // a day, without a zone
	TypeInstant                     // a point in time
	TypeBool                        // true or false
)

// String returns the name that JSON and tenant files use, such as "multiChoice".
func (t Type) String() string {
	return name(t, "type(0)", "text", "choice", "multiChoice", "number", "date", "instant", "bool")
}

// A Date is a day without a zone, such as a day of birth. The zero Date is not a date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate returns the given day. Whether it exists is asked where it is used: a [Value] of a day
// that does not exist is Unknown, and criteria that name it are refused.
func NewDate(year int, month time.Month, day int) Date { return Date{year, month, day} }

// String returns the day as "2026-01-31".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// A Value is what a user has in one field: Unknown (the host could not say), Empty (the host knows
// that there is none) or Present. The zero Value is Unknown. Values are immutable, and folded for
// comparison once, when they are made.
type Value struct {
	// data is nil for Unknown, or one of empty, *textValue, choiceValue, decimal.Decimal,
	// calendar.Day, time.Time (UTC) and bool.
	data any
}

type (
	empty     struct{}
	textValue struct {
		items []textItem
		one   [1]textItem // what items are, mostly: then the list and the text are one piece of memory
	}
	choiceValue []string // sorted, each once
)

// textItem holds a text as given, and what that alone decides: the text trimmed and in NFC, and folded.
type textItem struct{ raw, exact, key string }

// Empty is the value of a user who is known to have none.
func Empty() Value { return Value{empty{}} }

// Text is a text, or several. Blank texts count for nothing; with none left the value is Empty.
// Text that no store could keep, not valid UTF-8 or with a NUL, makes the value Unknown.
func Text(values ...string) Value {
	v := new(textValue)
	if v.items = v.one[:0]; len(values) > len(v.one) {
		v.items = make([]textItem, 0, len(values))
	}
	for _, s := range values {
		if !storable(s) {
			return Value{}
		}
		if exact := fold.Exact(s); exact != "" {
			v.items = append(v.items, textItem{s, exact, fold.Key(exact)})
		}
	}
	if len(v.items) == 0 {
		return Empty()
	}
	return Value{v}
}

// Choice is the choice of the options with these IDs: one for a choice field, any number for a
// multi-choice field. Order and repetition do not matter; blank IDs count for nothing. An ID that is
// not valid UTF-8 or has a NUL makes the value Unknown.
func Choice(ids ...string) Value {
	list := make(choiceValue, 0, len(ids))
	for _, id := range ids {
		if !storable(id) {
			return Value{}
		}
		if id = strings.TrimSpace(id); id != "" {
			list = append(list, id)
		}
	}
	return choiceOf(list)
}

// choiceOf is the choice of options that are trimmed, none of them blank. It takes the list.
func choiceOf(list choiceValue) Value {
	if len(list) == 0 {
		return Empty()
	}
	slices.Sort(list)
	return Value{slices.Compact(list)}
}

// Number is the shortest decimal that reads back as f; for other decimals see [ParseValue].
// NaN and the infinities are Unknown.
func Number(f float64) Value {
	d, err := decimal.FromFloat(f)
	if err != nil {
		return Value{}
	}
	return Value{d}
}

// Day is the day d, or Unknown where there is no such day in the years 1 to 9999.
func Day(d Date) Value {
	day, err := calendar.New(d.Year, d.Month, d.Day)
	if err != nil {
		return Value{}
	}
	return Value{day}
}

// At is the instant t, or Unknown where t is zero or outside the years 1 to 9999.
func At(t time.Time) Value {
	t = t.UTC().Round(0)
	if y := t.Year(); t.IsZero() || y < 1 || y > 9999 {
		return Value{}
	}
	return Value{t}
}

// Bool is true or false.
func Bool(b bool) Value { return Value{b} }

// storable tells text that every store can keep: SQLite takes bytes that are no text, and PostgreSQL
// refuses them and NUL, when it is too late to say where they came from.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// ErrValue is wrapped by the error for text that cannot be read as a value of the type asked for.
var ErrValue = errors.New("cannot be read")

// ParseValue reads text as a value of type t. Blank text is Empty. A number is a decimal with a
// point; a date is "2026-01-31"; an instant is RFC 3339 with its zone; a bool is true or false, yes
// or no, 1 or 0 in any case; a choice is one option ID. Nothing else is guessed: other text is
// Unknown, with an error that wraps [ErrValue].
func ParseValue(t Type, text string) (Value, error) {
	if !storable(text) {
		return Value{}, fmt.Errorf("%w: not text in UTF-8", ErrValue)
	}
	s := strings.TrimSpace(text)
	if s == "" {
		return Empty(), nil
	}
	var v Value
	var err error
	switch t {
	case TypeText:
		v = Text(text)
	case TypeChoice, TypeMultiChoice:
		v = Choice(s)
	case TypeNumber:
		var d decimal.Decimal
		if d, err = decimal.Parse(s); err == nil {
			v = Value{d}
		}
	case TypeDate:
		var d calendar.Day
		if d, err = calendar.Parse(s); err == nil {
			v = Value{d}
		}
	case TypeInstant:
		var at time.Time
		if at, err = calendar.ParseInstant(s); err == nil {
			v = At(at)
		}
	case TypeBool:
		switch strings.ToLower(s) {
		case "true", "yes", "1":
			v = Bool(true)
		case "false", "no", "0":
			v = Bool(false)
		}
	}
	if v.IsUnknown() {
		return v, fmt.Errorf("%.64q %w as %v", s, ErrValue, t)
	}
	return v, nil
}

// typeFor is the type of a Present value; a single choice is a choice or a multi-choice, as asked.
func (v Value) typeFor(asked Type) Type {
	switch d := v.data.(type) {
	case *textValue:
		return TypeText
	case choiceValue:
		if asked == TypeChoice && len(d) == 1 {
			return TypeChoice
		}
		return TypeMultiChoice
	case decimal.Decimal:
		return TypeNumber
	case calendar.Day:
		return TypeDate
	case time.Time:
		return TypeInstant
	case bool:
		return TypeBool
	}
	return 0
}

// Type returns the type of a value that is there, and zero for Unknown and Empty. One option is a choice, which a
// multi-choice takes as well; several are a multi-choice.
func (v Value) Type() Type { return v.typeFor(TypeChoice) }

// IsUnknown reports whether the host could not say what the value is.
func (v Value) IsUnknown() bool { return v.data == nil }

// IsEmpty reports whether the user is known to have no value.
func (v Value) IsEmpty() bool { _, is := v.data.(empty); return is }

// Equal reports whether v and w are the same value: the same state, type and content, texts as
// they were given.
func (v Value) Equal(w Value) bool {
	switch a := v.data.(type) {
	case *textValue:
		b, ok := w.data.(*textValue)
		return ok && (a == b || slices.EqualFunc(a.items, b.items, func(a, b textItem) bool { return a.raw == b.raw }))
	case choiceValue:
		b, ok := w.data.(choiceValue)
		return ok && slices.Equal(a, b)
	case time.Time:
		b, ok := w.data.(time.Time)
		return ok && a.Equal(b)
	default:
		switch w.data.(type) {
		case *textValue, choiceValue, time.Time:
			return false
		}
		return v.data == w.data
	}
}

// Texts returns what the value holds, written out: nothing for Unknown and Empty, else one text a
// value, numbers canonical, days as "2026-01-31", instants in RFC 3339 and UTC.
func (v Value) Texts() []string {
	switch d := v.data.(type) {
	case *textValue:
		out := make([]string, len(d.items))
		for i, t := range d.items {
			out[i] = t.raw
		}
		return out
	case choiceValue:
		return slices.Clone(d)
	case decimal.Decimal:
		return []string{d.String()}
	case calendar.Day:
		return []string{d.String()}
	case time.Time:
		return []string{d.Format(time.RFC3339Nano)}
	case bool:
		return []string{fmt.Sprint(d)}
	}
	return nil
}

// String returns the value for people to read: "unknown", "empty", or its texts.
func (v Value) String() string {
	switch {
	case v.IsUnknown():
		return "unknown"
	case v.IsEmpty():
		return "empty"
	}
	return strings.Join(v.Texts(), ", ")
}

// A Literal is an operand of a condition before it is checked against a field: a text, a number or
// a truth value, as JSON has them. Dates and instants are texts. The zero Literal is refused.
type Literal struct {
	kind literalKind
	text string // a number's is canonical
}

type literalKind uint8

const (
	noLiteral literalKind = iota
	textLiteral
	numberLiteral
	boolLiteral
)

// Lit makes an operand of a string, bool, int, float64, [json.Number], [Date] or [time.Time]. Anything else,
// NaN, the infinities and what is no number make a Literal that [Schema.Check] refuses.
func Lit(v any) Literal {
	switch v := v.(type) {
	case string:
		return Literal{textLiteral, v}
	case bool:
		return Literal{boolLiteral, fmt.Sprint(v)}
	case int:
		return numeral(fmt.Sprint(v))
	case json.Number: // may have more digits than a float64
		return numeral(string(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Literal{}
		}
		d, err := decimal.FromFloat(v)
		if err != nil {
			return Literal{}
		}
		return Literal{numberLiteral, d.String()}
	case Date:
		return Literal{textLiteral, v.String()}
	case time.Time:
		return Literal{textLiteral, v.UTC().Format(time.RFC3339Nano)}
	}
	return Literal{}
}

// numeral makes a number operand of decimal text, which may have more digits than a float64.
func numeral(s string) Literal {
	d, err := decimal.Parse(s)
	if err != nil {
		return Literal{}
	}
	return Literal{numberLiteral, d.String()}
}

// String returns the operand as it was written, without quotes.
func (l Literal) String() string { return l.text }
