package groups

import (
	"iter"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
)

// This file holds the compiled tests: what a condition puts a value to, of a field or of a date in a record.

// tester is a compiled [Test]: what a Present value is put to. ok is false for data of another type
// than the test is for, and for a choice that is none of the field's options.
type tester interface {
	test(data any, v *View) (yes, ok bool)
	effort() effort
}

// within reports whether every choice is one of the options; no options means that any will do.
func within(list choiceValue, options map[string]struct{}) bool {
	if options == nil {
		return true
	}
	for _, id := range list {
		if _, ok := options[id]; !ok {
			return false
		}
	}
	return true
}

// texts is a set of texts. A few are compared one by one, which takes less than a map.
type texts struct {
	few  []string
	many map[string]struct{}
}

const fewTexts = 8

func newTexts(list []string) texts {
	slices.Sort(list)
	if list = slices.Compact(list); len(list) <= fewTexts {
		return texts{few: list}
	}
	set := make(map[string]struct{}, len(list))
	for _, s := range list {
		set[s] = struct{}{}
	}
	return texts{many: set}
}

func (t *texts) have(s string) bool {
	if t.many == nil {
		return slices.Contains(t.few, s)
	}
	_, have := t.many[s]
	return have
}

// all yields the texts, in no order.
func (t *texts) all() iter.Seq[string] {
	if t.many == nil {
		return slices.Values(t.few)
	}
	return maps.Keys(t.many)
}

func (t *texts) len() int { return len(t.few) + len(t.many) }

// textTest compares texts, folded unless the field is exact. Some value of several is enough.
type textTest struct {
	exact    bool
	is       texts                        // in the form compared, as are parts
	has      func(text, part string) bool // nil where none is asked for
	parts    []string
	patterns []*regexp.Regexp
}

func (t *textTest) test(data any, _ *View) (yes, ok bool) {
	texts, ok := data.(*textValue)
	if !ok {
		return false, false
	}
	for i := range texts.items {
		if t.one(&texts.items[i]) {
			return true, true
		}
	}
	return false, true
}

func (t *textTest) one(item *textItem) bool {
	text := item.key
	if t.exact {
		text = item.exact
	}
	if t.has == nil && t.patterns == nil {
		return t.is.have(text)
	}
	for _, part := range t.parts {
		if t.has(text, part) {
			return true
		}
	}
	for _, p := range t.patterns {
		if p.MatchString(item.exact) {
			return true
		}
	}
	return false
}

// choiceTest compares option IDs.
type choiceTest struct {
	op  Op
	set texts
}

func (t *choiceTest) test(data any, _ *View) (yes, ok bool) {
	list, ok := data.(choiceValue)
	if !ok {
		return false, false
	}
	found := 0
	for _, id := range list {
		if t.set.have(id) {
			found++
		}
	}
	switch t.op {
	case opIs:
		// A single choice: a list of several is not a value of this field.
		return found == 1, len(list) == 1
	case opIncludesAny:
		return found > 0, true
	case opIncludesAll:
		return found == t.set.len(), true
	case opIsExactly:
		return found == t.set.len() && found == len(list), true
	}
	panic("groups: unchecked operator " + string(t.op))
}

// boolTest compares truth values.
type boolTest struct{ want [2]bool }

func (t *boolTest) test(data any, _ *View) (yes, ok bool) {
	b, ok := data.(bool)
	if b {
		return t.want[1], ok
	}
	return t.want[0], ok
}

// numberTest compares exact decimals.
type numberTest struct {
	op       Op
	operands []decimal.Decimal
}

func (t *numberTest) test(data any, v *View) (yes, ok bool) {
	if t.op == opIs {
		n, ok := data.(decimal.Decimal)
		return ok && slices.Contains(t.operands, n), ok
	}
	at, ok := t.place(data, v)
	return ok && at == 0, ok
}

func (t *numberTest) isOrderly() bool { return t.op != opIs }

func (t *numberTest) place(data any, _ *View) (at int, ok bool) {
	n, ok := data.(decimal.Decimal)
	if !ok {
		return 0, false
	}
	c := n.Cmp(t.operands[0])
	switch t.op {
	case opLess:
		return beyond(c >= 0), true
	case opAtMost:
		return beyond(c > 0), true
	case opAtLeast:
		return -beyond(c < 0), true
	case opGreater:
		return -beyond(c <= 0), true
	case opBetween:
		if c < 0 {
			return -1, true
		}
		return beyond(n.Cmp(t.operands[1]) > 0), true
	}
	panic("groups: unchecked operator " + string(t.op))
}

// beyond is the place of what is beyond, or among.
func beyond(is bool) int {
	if is {
		return 1
	}
	return 0
}

// dateTest compares days and instants. An instant meets a day, and today, by its date in the zone.
type dateTest struct {
	op       Op
	operands []moment
	relative bool
	relation calendar.Relation
	span     calendar.Span
	instants bool // the field holds instants
}

// moment is an operand of a date test: an instant, or a day.
type moment struct {
	at    time.Time
	day   calendar.Day
	isDay bool
}

func (t *dateTest) test(data any, v *View) (yes, ok bool) {
	day, at, ok := t.moment(data)
	switch {
	case !ok:
		return false, false
	case t.relative:
		return t.relation.Holds(t.dayOf(day, at, v), calendar.In(v.Now, v.Zone), t.span), true
	}
	return t.placed(day, at, v) == 0, true
}

func (t *dateTest) isOrderly() bool { return !t.relative || t.relation != calendar.Anniversary }

func (t *dateTest) place(data any, v *View) (where int, ok bool) {
	day, at, ok := t.moment(data)
	switch {
	case !ok:
		return 0, false
	case t.relative:
		return t.relation.Place(t.dayOf(day, at, v), calendar.In(v.Now, v.Zone), t.span), true
	}
	return t.placed(day, at, v), true
}

// moment is the day or the instant that a test is for; ok is false for other data.
func (t *dateTest) moment(data any) (day calendar.Day, at time.Time, ok bool) {
	switch d := data.(type) {
	case calendar.Day:
		return d, at, !t.instants
	case time.Time:
		return day, d, t.instants
	}
	return day, at, false
}

// dayOf is the day of a value.
func (t *dateTest) dayOf(day calendar.Day, at time.Time, v *View) calendar.Day {
	if t.instants {
		return calendar.In(at, v.Zone)
	}
	return day
}

// placed is place against the operands.
func (t *dateTest) placed(day calendar.Day, at time.Time, v *View) int {
	c := t.compare(0, day, at, v)
	switch t.op {
	case opOn:
		return c
	case opBefore:
		return beyond(c >= 0)
	case opAfter:
		return -beyond(c <= 0)
	case opOnOrBefore:
		return beyond(c > 0)
	case opOnOrAfter:
		return -beyond(c < 0)
	case opBetween:
		if c < 0 {
			return -1
		}
		return beyond(t.compare(1, day, at, v) > 0)
	}
	panic("groups: unchecked operator " + string(t.op))
}

// compare orders the value against one operand.
func (t *dateTest) compare(operand int, day calendar.Day, at time.Time, v *View) int {
	o := &t.operands[operand]
	switch {
	case t.instants && !o.isDay:
		return at.Compare(o.at)
	case t.instants:
		return int(calendar.In(at, v.Zone)) - int(o.day)
	case !o.isDay: // only in the window of completed, which may meet a day
		return int(day) - int(calendar.In(o.at, v.Zone))
	}
	return int(day) - int(o.day)
}

func (t *dateTest) turns(val Value, v *View, report func(turn)) {
	switch d := val.data.(type) {
	case calendar.Day:
		if !t.instants {
			report(turn{t.relation, d, t.span})
		}
	case time.Time:
		if t.instants {
			report(turn{t.relation, calendar.In(d, v.Zone), t.span})
		}
	}
}
