package groups

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
)

// This file holds the values that fields and records are tried with: of each class of values that conditions tell apart, one.

// fields are the classes of a field.
func (s *sorter) fields(conditions []Condition, leaves []leaf) {
	l := leaves[0].(*fieldLeaf)
	try := func(v Value) {
		if !v.IsEmpty() && !l.fits(v) {
			return
		}
		if s.u.Fields[l.name] = v; s.fresh() {
			s.add(v.Texts(), func(u *User) { u.Fields = with(u.Fields, l.name, v) })
		}
	}
	var tests []tester
	for _, l := range leaves {
		if t := l.(*fieldLeaf).test; t != nil {
			tests = append(tests, t)
		}
	}
	complete := true
	switch l.typ {
	case TypeText:
		complete = s.texts(textOperands(conditions, tests), l.several, try)
	case TypeChoice, TypeMultiChoice:
		complete = choices(operandsOf(conditions), l, try)
	case TypeNumber:
		complete = numbers(tests, try)
	case TypeBool:
		try(Bool(true))
		try(Bool(false))
	default:
		complete = moments(tests, l.typ == TypeInstant, s.v, try)
	}
	try(Empty())
	s.t.open = s.t.open || !complete && !s.exhausted()
}

// with is a map with another value for a key.
func with[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	all := maps.Clone(m)
	if all == nil {
		all = map[K]V{}
	}
	all[key] = value
	return all
}

// operandsOf are the operands of conditions on a field, each list as it stands there.
func operandsOf(conditions []Condition) (lists [][]string) {
	for _, c := range conditions {
		var list []string
		for _, v := range c.(FieldCondition).Values {
			list = append(list, strings.TrimSpace(v.String()))
		}
		lists = append(lists, list)
	}
	return lists
}

// strangers are names to try for what is none of those that conditions name.
var strangers = [...]string{"other", "·", "··", "···"}

// beside is one of the names that is not in the list.
func beside(list []string) string {
	name := strangers[0]
	for slices.Contains(list, name) {
		name += "·"
	}
	return name
}

// A textPart is an operand that a text may be or have in it.
type textPart struct {
	Op
	raw string
	*textTest
}

// textOperands are the operands of conditions on a text, each with the test for it alone.
func textOperands(conditions []Condition, tests []tester) (parts []textPart) {
	for _, c := range conditions {
		c := c.(FieldCondition)
		if c.Op == opIsEmpty {
			continue
		}
		test := tests[0].(*textTest)
		tests = tests[1:]
		for i, v := range c.Values {
			one := &textTest{exact: test.exact, has: test.has}
			switch {
			case test.patterns != nil:
				one.patterns = test.patterns[i : i+1]
			case test.has != nil:
				one.parts = test.parts[i : i+1]
			default:
				one.is = newTexts(Field{Exact: test.exact}.Keys(Text(v.String())))
			}
			parts = append(parts, textPart{c.Op, v.String(), one})
		}
	}
	return parts
}

// mostParts bounds how many parts of a text are tried together.
const mostParts = 4

// texts tries the operands and texts with some of the parts that are asked for. That is all there can be if there is a text with
// each choice of parts that is none of the whole texts asked for.
func (s *sorter) texts(operands []textPart, several bool, try func(Value)) (complete bool) {
	var parts []textPart
	for _, p := range operands {
		raw := p.raw
		if p.Op == opMatches {
			raw = strings.TrimSuffix(strings.TrimPrefix(raw, "^"), "$") // a guess, as good as any
		}
		try(Text(raw))
		if p.Op != opIs && !slices.ContainsFunc(parts, func(q textPart) bool { return q.Op == p.Op && q.raw == p.raw }) {
			parts = append(parts, p)
		}
	}
	if !several { // else last, for what says the same as none may do more together with another
		try(Empty())
	}
	for _, name := range strangers {
		try(Text(name))
	}
	if complete = len(parts) <= mostParts; complete {
		met := map[int]bool{}
		for _, between := range append([]string{"", " "}, strangers[:]...) { // the simplest first
			for chosen := range 1 << len(parts) {
				v := Text(textWith(parts, chosen, between))
				if v.IsEmpty() {
					continue
				}
				try(v)
				if having, is := partsOf(v, operands, parts); !is {
					met[having] = true
				}
			}
		}
		complete = len(met) == 1<<len(parts)
	}
	if !several {
		return complete
	}
	for i := 0; i < len(s.t.classes) && !s.t.open; i++ {
		for j := range i {
			both := slices.Concat(s.t.classes[j].to, s.t.classes[i].to)
			slices.Sort(both)
			try(Text(slices.Compact(both)...))
		}
	}
	return complete
}

// partsOf are the parts that a text has, and whether it is one of the operands.
func partsOf(v Value, operands, parts []textPart) (having int, is bool) {
	for _, p := range operands {
		if yes, _ := p.test(v.data, nil); yes && p.Op == opIs {
			return 0, true
		}
	}
	for i, p := range parts {
		if yes, _ := p.test(v.data, nil); yes {
			having |= 1 << i
		}
	}
	return having, false
}

// textWith is a text with the chosen parts, each where it belongs, and something else between them, and where it would begin
// or end with none that belongs there.
func textWith(parts []textPart, chosen int, between string) string {
	var starts, inner, ends []string
	for i, p := range parts {
		switch {
		case chosen>>i&1 == 0:
		case p.Op == opStartsWith:
			starts = append(starts, p.raw)
		case p.Op == opEndsWith:
			ends = append(ends, p.raw)
		default:
			inner = append(inner, p.raw)
		}
	}
	if edge := strings.TrimSpace(between); edge != "" {
		if len(starts) == 0 {
			starts = []string{edge}
		}
		if len(ends) == 0 {
			ends = []string{edge}
		}
	}
	return strings.Join(slices.Concat(starts, inner, ends), between)
}

// mostChosen bounds how many options are tried together.
const mostChosen = 8

// choices tries the options that conditions name, and another one; of a multi-choice each choice of those.
func choices(operands [][]string, l *fieldLeaf, try func(Value)) (complete bool) {
	var options []string
	for _, list := range operands {
		for _, id := range list {
			if _, is := l.options[id]; (is || l.options == nil) && !slices.Contains(options, id) {
				options = append(options, id)
			}
		}
	}
	for _, id := range options {
		try(Choice(id))
	}
	unnamed := beside(options)
	for _, id := range slices.Sorted(maps.Keys(l.options)) {
		if !slices.Contains(options, id) {
			unnamed = id
			try(Choice(id))
			break
		}
	}
	try(Empty())
	try(Choice(unnamed)) // where all options are named there is none such
	if l.typ == TypeChoice {
		return true
	}
	for _, list := range operands {
		try(Choice(list...))
	}
	options = append(options, unnamed)
	if len(options) > mostChosen {
		return false
	}
	var chosen [][]string
	for subset := range 1 << len(options) {
		var ids []string
		for i, id := range options {
			if subset>>i&1 == 1 {
				ids = append(ids, id)
			}
		}
		chosen = append(chosen, ids)
	}
	slices.SortStableFunc(chosen, func(a, b []string) int { return cmp.Compare(len(a), len(b)) })
	for _, ids := range chosen {
		try(Choice(ids...))
	}
	return true
}

// numbers tries the operands, those one more and one less, and a number between each two.
func numbers(tests []tester, try func(Value)) (complete bool) {
	complete = true
	points, digits := []*big.Rat{}, 1
	for _, t := range tests {
		for _, d := range t.(*numberTest).operands {
			try(Value{d})
			text := d.String()
			point, ok := new(big.Rat).SetString(text)
			if !ok || strings.ContainsAny(text, "eE") { // as far from all others as the number between them is long
				complete = false
				continue
			}
			_, fraction, _ := strings.Cut(text, ".")
			points, digits = append(points, point), max(digits, len(fraction)+1)
		}
	}
	if len(points) == 0 {
		points = append(points, new(big.Rat))
	}
	rational := func(n *big.Rat) {
		text := strings.TrimRight(n.FloatString(digits), "0")
		if d, err := decimal.Parse(strings.TrimSuffix(text, ".")); err == nil {
			try(Value{d})
		}
	}
	slices.SortFunc(points, (*big.Rat).Cmp)
	for _, p := range points {
		rational(new(big.Rat).Sub(p, big.NewRat(1, 1)))
		rational(new(big.Rat).Add(p, big.NewRat(1, 1)))
	}
	try(Empty())
	for i := range points[1:] {
		sum := new(big.Rat).Add(points[i], points[i+1])
		rational(sum.Mul(sum, big.NewRat(1, 2)))
	}
	return complete
}

// The days that there are.
var (
	firstDay, _ = calendar.New(1, time.January, 1)
	finalDay, _ = calendar.New(9999, time.December, 31)
)

// leapDay is the nearest 29 February from a day on, backwards or forwards.
func leapDay(from calendar.Day, step int) calendar.Day {
	for year, _, _ := from.Civil(); ; year += step {
		day, err := calendar.New(year, time.February, 29)
		if year < 1 || year > 9999 {
			return from
		}
		if err == nil && int(day-from)*step >= 0 {
			return day
		}
	}
}

// moments tries the days, or an instant on each, around those at which tests change their answer, the nearest to today first, and
// around the instants that they name. Where days meet instants there may be more.
func moments(tests []tester, instants bool, v *View, try func(Value)) (complete bool) {
	zone := v.Zone
	if zone == nil {
		zone = time.UTC
	}
	dayValue := func(d calendar.Day) Value {
		if !instants {
			return Value{d}
		}
		year, month, day := d.Civil()
		return At(time.Date(year, month, day, 12, 0, 0, 0, zone))
	}
	today := calendar.In(v.Now, zone)
	bounds := []calendar.Day{today}
	near := []calendar.Day{today}
	days, named, yearly := false, false, false
	for _, t := range tests {
		t := t.(*dateTest)
		for _, o := range t.operands {
			days, named = days || o.isDay, named || !o.isDay
			if !o.isDay && instants {
				for _, by := range []time.Duration{0, -time.Second, time.Second, -1, 1} {
					try(At(o.at.Add(by)))
				}
			}
		}
		days = days || t.relative
		if !t.isOrderly() {
			yearly = true
			year := calendar.Span{N: 1, Unit: calendar.Years}
			bounds = append(bounds, today.Add(t.span).Sub(year), today.Add(t.span), today+1)
			continue
		}
		place := func(at int) int {
			where, _ := t.place(dayValue(firstDay+calendar.Day(at)).data, v)
			return where
		}
		n := int(finalDay-firstDay) + 1
		first := firstDay + calendar.Day(sort.Search(n, func(i int) bool { return place(i) >= 0 }))
		past := firstDay + calendar.Day(sort.Search(n, func(i int) bool { return place(i) > 0 }))
		near = append(near, first-1, first, past-1, past)
		bounds = append(bounds, first, past)
	}
	if yearly {
		slices.Sort(bounds)
		for n := range calendar.Day(367) {
			for _, until := range bounds {
				near = append(near, until-1-n)
			}
			near = append(near, bounds[len(bounds)-1]+n)
		}
		for _, until := range bounds { // 29 February need not be among those
			near = append(near, leapDay(until-1, -1), leapDay(until, 1))
		}
	}
	slices.SortFunc(near, func(a, b calendar.Day) int {
		return cmp.Or(cmp.Compare(max(a-today, today-a), max(b-today, today-b)), cmp.Compare(a, b))
	})
	for _, d := range slices.Compact(near) {
		if firstDay <= d && d <= finalDay {
			try(dayValue(d))
		}
	}
	if !instants || !named || !days {
		return true
	}
	for _, d := range bounds { // where a day begins, too
		year, month, day := d.Civil()
		at := time.Date(year, month, day, 0, 0, 0, 0, zone)
		try(At(at))
		try(At(at.Add(-1)))
	}
	return false
}

// records are the classes of the records in one course.
func (s *sorter) records(conditions []Condition, leaves []leaf) {
	course := s.t.name
	schema := leaves[0].(*enrollmentLeaf).schema
	var statuses []string
	var windows []tester
	for i, c := range conditions {
		c := c.(EnrollmentCondition)
		for _, status := range c.Statuses {
			if len(schema) == 0 || slices.Contains(schema, status) {
				statuses = append(statuses, status)
			}
		}
		if c.Op == opCompleted {
			windows = append(windows, leaves[i].(*enrollmentLeaf).day)
		}
	}
	if len(windows) > 0 && slices.Contains(schema, Completed) {
		statuses = slices.Insert(statuses, 0, Completed)
	}
	if statuses = append(statuses, schema...); len(schema) == 0 {
		statuses = append(statuses, beside(statuses))
	}
	completed := []Value{Empty()}
	complete := true
	if len(windows) > 0 {
		complete = moments(windows, false, s.v, func(v Value) { completed = append(completed, v) })
	}
	for _, status := range statuses {
		for _, when := range completed {
			record := Enrollment{course, status, when}
			if s.u.Enrollments = s.u.Enrollments.with(record); s.fresh() {
				s.add(append([]string{status}, when.Texts()...), func(u *User) { u.Enrollments = u.Enrollments.with(record) })
			}
		}
	}
	s.meet([]string{}, func(u *User) { u.Enrollments = u.Enrollments.without(course) })
	s.t.open = s.t.open || !complete && !s.exhausted()
}

// with are the enrollments with another record in its course.
func (e Enrollments) with(record Enrollment) Enrollments {
	with := Enrolled(append(slices.Clone(e.list), record)...)
	with.complete = e.complete
	return with
}

// without are the enrollments without a record in the course, which is known only of a list that is complete.
func (e Enrollments) without(course string) Enrollments {
	return Enrolled(slices.DeleteFunc(slices.Clone(e.list), func(r Enrollment) bool { return r.Course == course })...)
}
