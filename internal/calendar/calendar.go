// Package calendar is the room where dates are reckoned: days without a zone, spans that clamp at the end of a
// month, the relations between a date and today, and the instant at which a relation next changes its answer.
//
// It promises that a [Day] is never shifted by a zone, that every answer is exact in every zone the tz database
// describes (days of 23 and 25 hours, skipped midnights, skipped dates, dates that come twice), that nothing here
// reads a clock, and that Holds neither allocates nor loops. It depends on the standard library alone and knows
// nothing of package groups: no users, no conditions, no verdicts.
//
// Dates and instants that come from outside are refused unless they exist and lie in the years 1 to 9999. A [Span]
// is checked with [Span.Valid] where it enters; arithmetic on an unchecked one panics, because a guess would move
// people.
package calendar

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

var (
	// ErrDate is wrapped by the errors of [New] and [Parse].
	ErrDate = errors.New("not a date of the years 1 to 9999")

	// ErrInstant is wrapped by the errors of [ParseInstant].
	ErrInstant = errors.New("not an RFC 3339 instant of the years 1 to 9999")
)

const (
	secondsPerDay = 24 * 60 * 60

	firstDay Day = -719162 // 0001-01-01
	lastDay  Day = 2932896 // 9999-12-31
)

// Day is a date without a zone, counted in days from 1970-01-01, proleptic Gregorian. Days compare with the usual
// operators. [New] and [Parse] give only the years 1 to 9999; arithmetic may leave them and stays correct.
type Day int32

// New returns the given date. It refuses, with [ErrDate], a date that does not exist instead of normalizing it as
// [time.Date] does: 29 February 2025 is a mistake and not 1 March.
func New(year int, month time.Month, day int) (Day, error) {
	if !exists(year, month, day) {
		return 0, fmt.Errorf("%w: year %d, month %d, day %d", ErrDate, year, int(month), day)
	}
	return civil(year, month, day), nil
}

// Parse reads a date written exactly as 2006-01-02. Anything else is refused with [ErrDate]; nothing is trimmed or
// completed, since a guessed century or a swapped month is worse than an error.
func Parse(s string) (Day, error) {
	d, ok := parse(s)
	if !ok {
		return 0, fmt.Errorf("%w: %.40q", ErrDate, strings.Clone(s))
	}
	return d, nil
}

func parse(s string) (d Day, ok bool) {
	if len(s) != len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	century, rest := pair(s), pair(s[2:])
	year, month, day := 100*century+rest, time.Month(pair(s[5:])), pair(s[8:])
	if rest > 99 || !exists(year, month, day) {
		return 0, false
	}
	return civil(year, month, day), true
}

// In returns the local date of an instant. A nil loc means UTC.
func In(t time.Time, loc *time.Location) Day {
	_, offset := t.In(orUTC(loc)).Zone()
	return saturate(floorDiv(t.Unix()+int64(offset), secondsPerDay))
}

// Civil returns the year, month and day of d.
func (d Day) Civil() (year int, month time.Month, day int) {
	return time.Unix(int64(d)*secondsPerDay, 0).UTC().Date()
}

// String returns d as 2006-01-02, which [Parse] reads back.
func (d Day) String() string {
	return time.Unix(int64(d)*secondsPerDay, 0).UTC().Format(time.DateOnly)
}

// ParseInstant reads an RFC 3339 instant and returns it in UTC. T and Z are upper case, the zone is Z or ±hh:mm, and
// seconds may carry a fraction, of which nine digits count. Refused with [ErrInstant]: a time without a zone, a
// leap second, the hour 24, and an instant whose year, as written or in UTC, is not one of 1 to 9999.
//
// [time.Parse] alone is too kind: it takes one-digit hours, a comma before the fraction, and offsets of 24 hours.
func ParseInstant(s string) (time.Time, error) {
	t, ok := parseInstant(s)
	if !ok {
		return time.Time{}, fmt.Errorf("%w: %.40q", ErrInstant, strings.Clone(s))
	}
	return t, nil
}

func parseInstant(s string) (t time.Time, ok bool) {
	const local = "2006-01-02T15:04:05"
	if len(s) < len(local) || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return t, false
	}
	date, ok := parse(s[:len(time.DateOnly)])
	hour, minute, second := pair(s[11:]), pair(s[14:]), pair(s[17:])
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	nano, zone, ok := fraction(s[len(local):])
	if !ok || zone == "" {
		return t, false
	}
	offset := 0
	switch sign, rest := zone[0], zone[1:]; {
	case sign == 'Z' && rest == "":
	case (sign == '+' || sign == '-') && len(rest) == len("15:04") && rest[2] == ':':
		h, m := pair(rest), pair(rest[3:])
		if h > 23 || m > 59 {
			return t, false
		}
		offset = h*60 + m
		if sign == '-' {
			offset = -offset
		}
	default:
		return t, false
	}
	seconds := int64(date)*secondsPerDay + int64(hour*3600+(minute-offset)*60+second)
	utc := floorDiv(seconds, secondsPerDay)
	return time.Unix(seconds, int64(nano)).UTC(), int64(firstDay) <= utc && utc <= int64(lastDay)
}

// fraction splits ".25Z" into nanoseconds and the rest; no fraction at all is zero of them.
func fraction(s string) (nano int, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	n := 1
	for unit := 100_000_000; n < len(s) && digit(s[n]); n, unit = n+1, unit/10 {
		nano += int(s[n]-'0') * unit
	}
	return nano, s[n:], n > 1
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// pair reads two digits; 100: they are none.
func pair(s string) int {
	tens, ones := s[0]-'0', s[1]-'0'
	if tens > 9 || ones > 9 {
		return 100
	}
	return 10*int(tens) + int(ones)
}

func exists(year int, month time.Month, day int) bool {
	return 1 <= year && year <= 9999 && time.January <= month && month <= time.December &&
		1 <= day && (day <= 28 || day <= daysIn(year, month))
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// civil is New without the questions; the day exists. Years are counted from March, so that the day that only some
// have is their last, and months have 153 days in every five.
func civil(year int, month time.Month, day int) Day {
	const before1970 = 719468 // days from 1 March of the year 0
	if month < time.March {
		year, month = year-1, month+12
	}
	y := int64(year)
	leaps := floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400)
	return saturate(365*y + leaps + (153*int64(month-time.March)+2)/5 + int64(day) - 1 - before1970)
}

// saturate keeps what lies beyond five million years at the edge: wrapping around would turn late into early.
func saturate(n int64) Day { return Day(min(max(n, math.MinInt32), math.MaxInt32)) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func orUTC(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}
