package calendar_test

import (
	"math"
	"testing"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"pgregory.net/rapid"
)

const (
	days   = calendar.Days
	weeks  = calendar.Weeks
	months = calendar.Months
	years  = calendar.Years
)

func span(n int, unit calendar.Unit) calendar.Span { return calendar.Span{N: n, Unit: unit} }

// anySpan draws spans small enough that relations turn within a few years, and now and then a huge one.
func anySpan() *rapid.Generator[calendar.Span] {
	return rapid.Custom(func(t *rapid.T) calendar.Span {
		unit := rapid.SampledFrom([]calendar.Unit{days, weeks, months, years}).Draw(t, "unit")
		most := map[calendar.Unit]int{days: 1200, weeks: 160, months: 40, years: 4}[unit]
		if rapid.IntRange(0, 19).Draw(t, "huge") == 19 {
			most = 3_660_000
		}
		return span(rapid.IntRange(1, most).Draw(t, "n"), unit)
	})
}

// anyDay draws days of all years, with a liking for the ends of months.
func anyDay(from, to string) *rapid.Generator[calendar.Day] {
	return rapid.Custom(func(t *rapid.T) calendar.Day {
		d := calendar.Day(rapid.IntRange(int(day(from)), int(day(to))).Draw(t, "day"))
		if year, month, _ := d.Civil(); rapid.Bool().Draw(t, "end of month") {
			end, err := calendar.New(year, month, lastOf(year, month))
			if err != nil {
				t.Fatal(err)
			}
			d = min(end, day(to))
		}
		return d
	})
}

func lastOf(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// naiveMove walks months one by one. It gives a date by its parts, since the year may be outside 1–9999.
func naiveMove(d calendar.Day, s calendar.Span, sign int) (int, time.Month, int) {
	year, month, dom := d.Civil()
	switch s.Unit {
	case days, weeks:
		n := s.N
		if s.Unit == weeks {
			n *= 7
		}
		return time.Date(year, month, dom+sign*n, 0, 0, 0, 0, time.UTC).Date()
	case years:
		year += sign * s.N
	case months:
		for range s.N {
			month += time.Month(sign)
			if month == 0 {
				year, month = year-1, 12
			}
			if month == 13 {
				year, month = year+1, 1
			}
		}
	}
	return year, month, min(dom, lastOf(year, month))
}

func TestMonthsAndYearsClampToTheLastDayOfTheMonth(t *testing.T) {
	for _, tt := range []struct {
		from string
		n    int
		unit calendar.Unit
		want string
		why  string
	}{
		{"2025-01-31", 1, months, "2025-02-28", "AddDate says 3 March"},
		{"2024-01-31", 1, months, "2024-02-29", "in a leap year"},
		{"2024-01-31", 2, months, "2024-03-31", "two months are not one month twice"},
		{"2025-03-31", -1, months, "2025-02-28", "AddDate says 3 March"},
		{"2024-02-29", 1, years, "2025-02-28", "a common year"},
		{"2024-02-29", 4, years, "2028-02-29", "a leap year again"},
		{"1896-02-29", 4, years, "1900-02-28", "1900 is a common year"},
		{"2024-02-29", -12, months, "2023-02-28", "twelve months are a year"},
		{"2025-12-15", 1, months, "2026-01-15", "over the end of the year"},
		{"2025-01-15", -1, months, "2024-12-15", "over its beginning"},
		{"2025-01-15", -13, months, "2023-12-15", "and further"},
		{"2025-02-28", 1, months, "2025-03-28", "the end of a month does not stick to the end"},
		{"2025-12-30", 1, weeks, "2026-01-06", "a week is seven days"},
		{"2024-02-28", 2, days, "2024-03-01", "over a leap day"},
	} {
		got := day(tt.from).Add(span(max(tt.n, 1), tt.unit))
		if tt.n < 0 {
			got = day(tt.from).Sub(span(-tt.n, tt.unit))
		}
		if got != day(tt.want) {
			t.Errorf("%s %+d of unit %d is %v, want %s: %s", tt.from, tt.n, tt.unit, got, tt.want, tt.why)
		}
	}
}

func TestAddAndSubAgreeWithSteppingMonthByMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay("0001-01-01", "9999-12-31").Draw(t, "d")
		s := anySpan().Draw(t, "s")
		year, month, dom := d.Add(s).Civil()
		if y, m, n := naiveMove(d, s, 1); year != y || month != m || dom != n {
			t.Fatalf("%v + %v = %d %v %d, want %d %v %d", d, s, year, month, dom, y, m, n)
		}
		year, month, dom = d.Sub(s).Civil()
		if y, m, n := naiveMove(d, s, -1); year != y || month != m || dom != n {
			t.Fatalf("%v - %v = %d %v %d, want %d %v %d", d, s, year, month, dom, y, m, n)
		}
	})
}

func TestAddAndSubKeepTheOrderOfDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay("0001-01-01", "9999-12-30").Draw(t, "d")
		s := anySpan().Draw(t, "s")
		if d.Add(s) > (d+1).Add(s) || d.Sub(s) > (d+1).Sub(s) || d.Sub(s) >= d || d.Add(s) <= d {
			t.Fatalf("%v and %v, moved by %v, change places", d, d+1, s)
		}
	})
}

func TestTheLargestSpansNeitherOverflowNorChangeSides(t *testing.T) {
	for _, unit := range []calendar.Unit{days, weeks, months, years} {
		s := span(3_660_000, unit)
		for _, d := range []calendar.Day{day("0001-01-01"), day("9999-12-31")} {
			year, month, dom := d.Add(s).Civil()
			if y, m, n := naiveMove(d, s, 1); year != y || month != m || dom != n {
				t.Errorf("%v + %v = %d %v %d, want %d %v %d", d, s, year, month, dom, y, m, n)
			}
			year, month, dom = d.Sub(s).Civil()
			if y, m, n := naiveMove(d, s, -1); year != y || month != m || dom != n {
				t.Errorf("%v - %v = %d %v %d, want %d %v %d", d, s, year, month, dom, y, m, n)
			}
			if far := d.Add(s).Add(s).Add(s); far < d {
				t.Errorf("%v plus three times %v wrapped around to %v", d, s, far)
			}
		}
	}
}

func TestASpanIsOneTo3660000OfAKnownUnit(t *testing.T) {
	for _, tt := range []struct {
		span calendar.Span
		want bool
		why  string
	}{
		{span(1, days), true, "the smallest"},
		{span(3_660_000, years), true, "the largest"},
		{calendar.Span{}, false, "the zero span is not forgiven"},
		{span(-1, months), false, "the past has its own relations"},
		{span(3_660_001, days), false, "too large"},
		{span(math.MaxInt, years), false, "would overflow"},
		{span(1, 4), false, "no such unit"},
	} {
		if got := tt.span.Valid(); got != tt.want {
			t.Errorf("%v.Valid() = %v: %s", tt.span, got, tt.why)
		}
		func() {
			defer func() {
				if r := recover(); (r == nil) != tt.want {
					t.Errorf("reckoning with %v: panic %v, want it exactly when the span is not valid", tt.span, r)
				}
			}()
			day("2025-01-01").Add(tt.span)
		}()
	}
}
