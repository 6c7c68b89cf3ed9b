package insight

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// This file holds the values that the fields and records of a space can have: of each class of values that tests tell apart, one.

// beside is a name that is none of the others.
func beside[T ~string](others []T) string {
	name := "·"
	for slices.Contains(others, T(name)) {
		name += "·"
	}
	return name
}

// valuesOf are the values that a field can have, as far as conditions on it tell them apart; nil where
// there is no such list. With several, users may have any of them together.
func (l *lint) valuesOf(view *groups.View, f groups.Field, by []clause) (list []groups.Value, several func(a, b groups.Value) groups.Value) {
	var tests []groups.Test
	for _, c := range by {
		if t := c.Condition.(groups.FieldCondition).Test; t.Op != opIsEmpty {
			tests = append(tests, t)
		}
	}
	complete := true
	switch f.Type {
	case groups.TypeText:
		list, complete = l.texts(f, tests)
		if f.Several {
			several = func(a, b groups.Value) groups.Value { return groups.Text(slices.Concat(a.Texts(), b.Texts())...) }
		}
	case groups.TypeChoice:
		for _, id := range choices(f, tests) {
			list = append(list, groups.Choice(id))
		}
	case groups.TypeMultiChoice:
		list, complete = chosen(f, tests)
	case groups.TypeNumber:
		list, complete = numbers(tests)
	case groups.TypeDate, groups.TypeInstant:
		list, complete = moments(view, f.Type == groups.TypeInstant, tests)
	case groups.TypeBool:
		list = []groups.Value{groups.Bool(true), groups.Bool(false)}
	}
	if !complete {
		return nil, nil
	}
	return list, several
}

// operandsOf are the operands of tests, as they are written.
func operandsOf(tests []groups.Test) (list []string) {
	for _, t := range tests {
		for _, v := range t.Values {
			list = append(list, v.String())
		}
	}
	return list
}

// mostParts bounds how many parts of a text are told apart.
const mostParts = 4

// texts are all operands and for tests of a part of a text, such as its beginning, a text with each choice of the parts and
// without the others, which is none of the operands. There is no such list where no text is found for some choice, be it
// that there is none.
func (l *lint) texts(f groups.Field, tests []groups.Test) (list []groups.Value, complete bool) {
	var keys []string
	var parts []groups.Test
	met := map[string]bool{}
	for _, t := range tests {
		for _, v := range t.Values {
			text, name := groups.Text(v.String()), v.String()
			if key := f.Keys(text)[0]; t.Op == opIs {
				list, keys = append(list, text), append(keys, key)
				continue
			} else if t.Op != opMatches {
				name = key
			}
			if name = string(t.Op) + " " + name; !met[name] {
				met[name], parts = true, append(parts, groups.Test{Op: t.Op, Values: []groups.Literal{v}})
			}
		}
	}
	if len(parts) > mostParts {
		return nil, false
	}
	var by []clause
	for _, p := range parts {
		by = append(by, l.clause(groups.FieldCondition{Field: f.Name, Test: p}))
	}
	found := map[string]bool{}
	for subset := range 1 << len(parts) {
		u := groups.User{Fields: map[string]groups.Value{f.Name: groups.Text(textOf(parts, subset, beside(keys)))}}
		if slices.Contains(keys, f.Keys(u.Fields[f.Name])[0]) {
			continue
		}
		if said := saying(by, &u, nil); !found[said] {
			found[said] = true
			list = append(list, u.Fields[f.Name])
		}
	}
	return list, len(found) == 1<<len(parts)
}

// textOf is a text with some of the parts, each where it belongs, and something else between them.
func textOf(parts []groups.Test, subset int, between string) string {
	var starts, inner, ends []string
	for i, p := range parts {
		switch text := p.Values[0].String(); {
		case subset>>i&1 == 0:
		case p.Op == opStartsWith:
			starts = append(starts, text)
		case p.Op == opEndsWith:
			ends = append(ends, text)
		default:
			inner = append(inner, text)
		}
	}
	if len(starts) == 0 {
		starts = []string{between}
	}
	if len(ends) == 0 {
		ends = []string{between}
	}
	return strings.Join(slices.Concat(starts, inner, ends), between)
}

// choices are the options of a field, or where any option will do the operands and one that is none of them.
func choices(f groups.Field, tests []groups.Test) (list []string) {
	for _, o := range f.Options {
		list = append(list, o.ID)
	}
	if len(list) > 0 {
		return list
	}
	for _, id := range operandsOf(tests) {
		list = append(list, strings.TrimSpace(id))
	}
	return append(list, beside(list))
}

// mostChosen bounds how many options are tried together.
const mostChosen = 8

// chosen are the choices of one or more options. All options that no test names are alike.
func chosen(f groups.Field, tests []groups.Test) (list []groups.Value, complete bool) {
	var named []string
	for _, id := range operandsOf(tests) {
		named = append(named, strings.TrimSpace(id))
	}
	var options []string
	unnamed := false
	for _, id := range choices(f, tests) {
		if is := slices.Contains(named, id); (is || !unnamed) && !slices.Contains(options, id) {
			options, unnamed = append(options, id), unnamed || !is
		}
	}
	if len(options) > mostChosen {
		return nil, false
	}
	for subset := 1; subset < 1<<len(options); subset++ {
		var ids []string
		for i, id := range options {
			if subset>>i&1 == 1 {
				ids = append(ids, id)
			}
		}
		list = append(list, groups.Choice(ids...))
	}
	return list, true
}

// numbers are the operands, a number between each two neighbors, and one beyond either end.
func numbers(tests []groups.Test) (list []groups.Value, complete bool) {
	points, digits := []*big.Rat{new(big.Rat)}, 1
	for _, text := range operandsOf(tests) {
		point, ok := new(big.Rat).SetString(text)
		if !ok || strings.ContainsRune(text, 'e') { // as far from all others as a midpoint is long
			return nil, false
		}
		_, fraction, _ := strings.Cut(text, ".")
		points, digits = append(points, point), max(digits, len(fraction)+1)
	}
	slices.SortFunc(points, (*big.Rat).Cmp)
	for i, point := range points {
		beyond := []*big.Rat{point}
		if i == 0 {
			beyond = append(beyond, new(big.Rat).Sub(point, big.NewRat(1, 1)))
		}
		if i == len(points)-1 {
			beyond = append(beyond, new(big.Rat).Add(point, big.NewRat(1, 1)))
		} else {
			sum := new(big.Rat).Add(point, points[i+1])
			beyond = append(beyond, sum.Mul(sum, big.NewRat(1, 2)))
		}
		for _, n := range beyond {
			v, err := groups.ParseValue(groups.TypeNumber, n.FloatString(digits))
			if err != nil {
				return nil, false
			}
			list = append(list, v)
		}
	}
	return list, true
}

// moments are the days, or an instant on each of them, at which tests can change their answer, and those next to
// them; or the instants where all tests are of such. There is no list of anniversaries, nor where days meet instants,
// which is another matter in each zone.
func moments(view *groups.View, instants bool, tests []groups.Test) (list []groups.Value, complete bool) {
	if at, all := instantsOf(tests); instants && all {
		list = append(list, groups.At(view.Now))
		for _, t := range at {
			list = append(list, groups.At(t.Add(-1)), groups.At(t), groups.At(t.Add(1)))
		}
		return slices.DeleteFunc(list, groups.Value.IsUnknown), true
	}
	all, ok := days(view, tests)
	for _, d := range all {
		v := groups.Day(groups.NewDate(d.Date()))
		if year, month, day := d.Date(); instants {
			v = groups.At(time.Date(year, month, day, 12, 0, 0, 0, view.Zone))
		}
		list = append(list, v)
	}
	return slices.DeleteFunc(list, groups.Value.IsUnknown), ok
}

// instantsOf are the operands of tests, all says that every one is an instant.
func instantsOf(tests []groups.Test) (list []time.Time, all bool) {
	for _, t := range tests {
		if len(t.Values) == 0 {
			return nil, false
		}
	}
	for _, text := range operandsOf(tests) {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, false
		}
		list = append(list, at)
	}
	return list, true
}

// days are today and the days around those at which tests can change their answer. The end of a span is looked for
// a few days to either side, as months end on different days.
func days(view *groups.View, tests []groups.Test) (list []time.Time, complete bool) {
	year, month, day := view.Now.In(view.Zone).Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	around := func(d time.Time, most int) {
		for n := -most; n <= most; n++ {
			list = append(list, d.AddDate(0, 0, n))
		}
	}
	list = append(list, today)
	for _, t := range tests {
		switch t.Op {
		case opAnniversary:
			return nil, false
		case opInLast, opInNext, opAgo, opAhead:
			for _, n := range []int{-t.Span.N, t.Span.N} {
				around(today.AddDate(spanOf(t.Span.Unit, n)), 4)
			}
		}
		for _, v := range t.Values {
			d, err := time.Parse(time.DateOnly, v.String())
			if err != nil {
				return nil, false
			}
			around(d, 1)
		}
	}
	return list, true
}

// spanOf is n units of time as [time.Time.AddDate] takes them.
func spanOf(unit groups.SpanUnit, n int) (years, months, days int) {
	switch unit {
	case groups.Years:
		return n, 0, 0
	case groups.Months:
		return 0, n, 0
	case groups.Weeks:
		return 0, 0, 7 * n
	}
	return 0, 0, n
}
