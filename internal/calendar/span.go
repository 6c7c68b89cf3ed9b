package calendar

import (
	"strconv"
	"time"
)

// Unit is what a [Span] counts.
type Unit uint8

// The units. A week is seven days; months and years move the calendar field.
const (
	Days Unit = iota
	Weeks
	Months
	Years
)

// maxN is about ten thousand years of days, and the most years that no date can leave int32 with.
const maxN = 3_660_000

// Span is a number of days, weeks, months or years.
type Span struct {
	N    int
	Unit Unit
}

// Valid reports whether s may be reckoned with: 1 ≤ N ≤ 3,660,000 of a known unit. Everything in this package that
// takes a Span panics on another.
func (s Span) Valid() bool { return 1 <= s.N && s.N <= maxN && s.Unit <= Years }

// Add returns the day s after d. Months and years clamp to the last day of the month: 31 January and one month is
// 28 or 29 February, where [time.Time.AddDate] would give March. Clamping makes Add and Sub monotone but not
// inverse: 31 January + 1 month - 1 month is 28 or 29 January.
func (d Day) Add(s Span) Day { return d.move(s, 1) }

// Sub returns the day s before d, clamped as in [Day.Add].
func (d Day) Sub(s Span) Day { return d.move(s, -1) }

func (d Day) move(s Span, sign int) Day {
	if !s.Valid() {
		// Unreachable after Valid. A guess would move people in or out of groups.
		panic("calendar: unchecked span of " + strconv.Itoa(s.N) + ", unit " + strconv.Itoa(int(s.Unit)))
	}
	n := sign * s.N
	switch s.Unit {
	case Days:
		return saturate(int64(d) + int64(n))
	case Weeks:
		return saturate(int64(d) + 7*int64(n))
	case Months:
		return d.addMonths(n)
	default:
		return d.addYears(n)
	}
}

func (d Day) addMonths(n int) Day {
	year, month, day := d.Civil()
	// Through floorDiv, since the months before a January belong to the year before.
	months := int64(year)*12 + int64(month-time.January) + int64(n)
	year = int(floorDiv(months, 12))
	month = time.January + time.Month(months-12*int64(year))
	return civil(year, month, min(day, daysIn(year, month)))
}

// addYears takes any n, zero and negative ones too.
func (d Day) addYears(n int) Day {
	year, month, day := d.Civil()
	year += n
	return civil(year, month, min(day, daysIn(year, month)))
}

// firstAtLeast returns the earliest t with t+s ≥ d. It is d-s unless that was clamped: a month before 31 March is
// 28 February, but 28 February + 1 month is only the 28th; 1 March is the first day whose next month gets there.
func firstAtLeast(d Day, s Span) Day {
	t := d.Sub(s)
	if t.Add(s) < d {
		t++
	}
	return t
}

// firstSince returns the earliest t with t-s ≥ d, the mirror image of firstAtLeast.
func firstSince(d Day, s Span) Day {
	t := d.Add(s)
	if t.Sub(s) < d {
		t++
	}
	return t
}
