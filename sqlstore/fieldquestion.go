package sqlstore

import (
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
)

// This file holds the conditions on fields, for any tables.

// A column is where the values of a field stand. Where it has a tail, that belongs behind the key.
type column struct {
	key, tail string
	scale     scale
}

// A scale says how the values of a column compare. For days and instants op is < or >=.
type scale interface {
	numbers(q *question, key string, list []decimal.Decimal) string
	number(q *question, key, op string, n decimal.Decimal) string
	day(q *question, key, op string, d calendar.Day) string
	instant(q *question, key, op string, t time.Time) string
	truth(q *question, key string, is bool) string
}

// field answers a condition on a field.
func (q *question) field(at string, c groups.FieldCondition) answer {
	f, _ := q.schema.Field(c.Field)
	col, reason := q.tables.column(f)
	if reason != "" {
		return q.unknown(at, "%s", reason)
	}
	a, reason := q.test(f, col, c.Test)
	if reason != "" {
		return q.unknown(at, "%s", reason)
	}
	return a.whenEmpty(c.Op, c.Negated, c.OnEmpty, q.tables.empty(f))
}

// test answers for values that are there; those that are not of the field are not known.
func (q *question) test(f groups.Field, col column, t groups.Test) (a answer, reason string) {
	any := q.tables.lacks(f, never)
	if f.Type == groups.TypeChoice || f.Type == groups.TypeMultiChoice {
		return q.choice(f, col, t), ""
	}
	if t.Op == "isEmpty" {
		return answer{never, any}, ""
	}
	where := ""
	switch f.Type {
	case groups.TypeText:
		if t.Op == "matches" {
			return answer{}, "regular expressions are those of Go"
		}
		some := q.tables.has(f, q.text(f, col, t), "")
		return answer{some, and(any, not(some))}, ""
	case groups.TypeNumber:
		where = q.number(col, t)
	case groups.TypeBool:
		where = q.truth(col, t)
	case groups.TypeDate, groups.TypeInstant:
		where, reason = q.date(col, f.Type == groups.TypeInstant, t)
	}
	return answer{q.tables.has(f, where, ""), q.tables.lacks(f, where)}, reason
}

// operands are the texts of a test.
func operands(t groups.Test) []string {
	texts := make([]string, len(t.Values))
	for i, v := range t.Values {
		texts[i] = v.String()
	}
	return texts
}

func distinct(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }

// text is a condition on one text.
func (q *question) text(f groups.Field, col column, t groups.Test) string {
	keys := distinct(f.Keys(groups.Text(operands(t)...)))
	if t.Op == "is" {
		return q.is(col, keys)
	}
	whole := col.key
	if col.tail != "" {
		whole = "(" + col.key + " || " + col.tail + ")"
	}
	one := "EXISTS (SELECT 1 FROM " + q.dialect.each(q.document(keys)) + " WHERE " + q.dialect.part(string(t.Op), whole, "part.value") + ")"
	if t.Op != "startsWith" || col.tail == "" {
		return one
	}
	// All that can begin so stands in one stretch of the index.
	first, _ := cut(keys[0])
	last, bounded := "", true
	for _, k := range keys {
		head, _ := cut(k)
		end, ok := beyond(head)
		last, bounded = max(last, end), bounded && ok
	}
	stretch := col.key + " >= " + q.bind(first)
	if bounded {
		stretch = and(stretch, col.key+" < "+q.bind(last))
	}
	return and(stretch, one)
}

// beyond is the least text, as bytes compare, that is greater than all that begin with s.
func beyond(s string) (end string, ok bool) {
	runes := []rune(s)
	for n := len(runes) - 1; n >= 0; n-- {
		switch r := runes[n]; {
		case r == 0xD7FF:
			return string(append(runes[:n], 0xE000)), true // surrogates are no text
		case r < 0x10FFFF:
			return string(append(runes[:n], r+1)), true
		}
	}
	return "", false
}

// is is a condition on one text: it is one of these.
func (q *question) is(col column, keys []string) string {
	if col.tail == "" {
		return q.among(col.key, keys)
	}
	heads, long := make([]string, len(keys)), false
	for i, k := range keys {
		var tail string
		heads[i], tail = cut(k)
		long = long || tail != ""
	}
	if long {
		return and(q.among(col.key, heads), q.among("("+col.key+" || "+col.tail+")", keys))
	}
	return and(q.among(col.key, heads), col.tail+" = ''")
}

// choice answers for options. A value is of the field where all of it is among its options.
func (q *question) choice(f groups.Field, col column, t groups.Test) answer {
	set := operands(t)
	for i := range set {
		set[i] = strings.TrimSpace(set[i])
	}
	set = distinct(set)
	declared, fits := make([]string, len(f.Options)), always
	for i, o := range f.Options {
		declared[i] = o.ID
	}
	if len(declared) > 0 {
		fits = q.is(col, distinct(declared))
	}
	sure := not(q.tables.lacks(f, fits))
	any := and(q.tables.lacks(f, never), sure)
	some := never
	switch in := q.is(col, set); t.Op {
	case "isEmpty":
	case "is", "includesAny":
		some = q.tables.has(f, in, "")
	case "includesAll":
		some = q.tables.has(f, in, "count(*) = "+q.bind(len(set)))
	case "isExactly":
		some = and(q.tables.has(f, in, "count(*) = "+q.bind(len(set))), not(q.tables.lacks(f, in)))
	}
	return answer{and(some, sure), and(any, not(some))}
}

func (q *question) number(col column, t groups.Test) string {
	list := make([]decimal.Decimal, len(t.Values))
	for i, text := range operands(t) {
		list[i], _ = decimal.Parse(text) // a literal's text is that of a number
	}
	switch t.Op {
	case "is":
		return col.scale.numbers(q, col.key, list)
	case "between":
		return and(col.scale.number(q, col.key, ">=", list[0]), col.scale.number(q, col.key, "<=", list[1]))
	}
	return col.scale.number(q, col.key, map[groups.Op]string{"less": "<", "atMost": "<=", "atLeast": ">=", "greater": ">"}[t.Op], list[0])
}

func (q *question) truth(col column, t groups.Test) string {
	texts := operands(t)
	switch yes, no := slices.Contains(texts, "true"), slices.Contains(texts, "false"); {
	case yes && no:
		return always
	default:
		return col.scale.truth(q, col.key, yes)
	}
}

// A bound is a day or an instant from which on, or before which, a test of dates holds.
type bound struct {
	day   calendar.Day
	at    time.Time
	isDay bool
}

// after is the bound one day or nanosecond further on.
func (b bound) after() bound { return bound{b.day + 1, b.at.Add(1), b.isDay} }

// date is a condition on one day, or with instants on one instant, which meets days by its date in the zone.
func (q *question) date(col column, instants bool, t groups.Test) (where, reason string) {
	from, end, reason := q.bounds(instants, t)
	if reason != "" {
		return "", reason
	}
	where = always
	if from != nil {
		where = q.reached(col, instants, *from)
	}
	if end != nil {
		where = and(where, not(q.reached(col, instants, *end)))
	}
	return where, ""
}

// bounds are those between which a test holds: from the first on, and before the second. Nil is no bound.
func (q *question) bounds(instants bool, t groups.Test) (from, end *bound, reason string) {
	at := func(b bound) *bound { return &b }
	today := calendar.In(q.now, q.zone)
	day := func(d calendar.Day) *bound { return at(bound{day: d, isDay: true}) }
	span := calendar.Span{N: t.Span.N, Unit: calendar.Unit(t.Span.Unit)}
	switch t.Op {
	case "inLast":
		return day(today.Sub(span) + 1), day(today + 1), ""
	case "inNext":
		return day(today), day(today.Add(span)), ""
	case "ago":
		return nil, day(today.Sub(span) + 1), ""
	case "ahead":
		return day(today.Add(span) + 1), nil, ""
	case "anniversaryWithin":
		return nil, nil, "anniversaries are reckoned in Go"
	}
	list := make([]bound, len(t.Values))
	for i, text := range operands(t) {
		d, err := calendar.Parse(text)
		if list[i] = (bound{day: d, isDay: true}); err == nil {
			continue
		}
		instant, _ := calendar.ParseInstant(text) // or it would have been refused
		if list[i] = (bound{at: instant}); !instants {
			list[i] = bound{day: calendar.In(instant, q.zone), isDay: true}
		}
	}
	switch first, last := list[0], list[len(list)-1]; t.Op {
	case "before":
		return nil, &first, ""
	case "after":
		return at(first.after()), nil, ""
	case "onOrBefore":
		return nil, at(first.after()), ""
	case "onOrAfter":
		return &first, nil, ""
	default: // on, between
		return &first, at(last.after()), ""
	}
}

// reached is the condition that a value has come to a bound. The date of an instant may fall back behind a day that has
// begun, where a clock is set back.
func (q *question) reached(col column, instants bool, b bound) string {
	switch {
	case !instants:
		return col.scale.day(q, col.key, ">=", b.day)
	case !b.isDay:
		return col.scale.instant(q, col.key, ">=", b.at)
	}
	where := never
	at := time.Unix(int64(b.day-3)*24*60*60, 0) // nowhere has the day begun
	for begun := true; ; begun = !begun {
		turn, ok := calendar.Turn(b.day, at, q.zone)
		if !ok {
			return where
		}
		if begun {
			where = or(where, col.scale.instant(q, col.key, ">=", turn))
		} else {
			where = and(where, col.scale.instant(q, col.key, "<", turn))
		}
		at = turn
	}
}
