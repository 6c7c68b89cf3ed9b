package calendar

import "strconv"

// Relation is a way a date may stand to today and a [Span] N.
type Relation uint8

// The relations. "In the last N" and "N or more ago" divide the dates that are not in the future; a future date
// satisfies neither.
const (
	InLast      Relation = iota // today-N < d ≤ today
	InNext                      // today ≤ d < today+N
	Ago                         // d ≤ today-N
	Ahead                       // d > today+N
	Anniversary                 // the first d + k years, k ≥ 1, that is ≥ today is < today+N
)

// Holds reports whether d stands in the relation to today. The anniversary of 29 February is 28 February in common
// years and 29 February in leap years: each is clamped from d itself, not from the one before.
func (r Relation) Holds(d, today Day, s Span) bool {
	if r == Anniversary {
		_, next := anniversary(d, today)
		return next < today.Add(s)
	}
	return r.Place(d, today, s) == 0
}

// Place tells where d lies: before (-1), among (0) or beyond (1) the days that stand in the relation to today, which
// have no other between them. Anniversaries do, and have no place.
func (r Relation) Place(d, today Day, s Span) int {
	switch r {
	case InLast:
		switch {
		case d > today:
			return 1
		case d <= today.Sub(s):
			return -1
		}
		return 0
	case InNext:
		switch {
		case d < today:
			return -1
		case d >= today.Add(s):
			return 1
		}
		return 0
	case Ago:
		if d > today.Sub(s) {
			return 1
		}
		return 0
	case Ahead:
		if d <= today.Add(s) {
			return -1
		}
		return 0
	}
	panic(r.unknown())
}

// NextDay returns the earliest day after today for which Holds differs from what it is today; false if there is
// none up to 9999-12-31.
func (r Relation) NextDay(d, today Day, s Span) (Day, bool) {
	next, ok := r.next(d, today, s)
	return next, ok && next <= lastDay
}

// next is NextDay without the end of the calendar.
func (r Relation) next(d, today Day, s Span) (Day, bool) {
	switch r {
	case InLast: // holds from d until the day d is s ago
		return firstAfter(today, d, firstSince(d, s))
	case InNext: // holds from the first day whose today+s passes d, until d is over
		return firstAfter(today, firstAtLeast(d+1, s), d+1)
	case Ago:
		end := firstSince(d, s)
		return firstAfter(today, end, end)
	case Ahead:
		end := firstAtLeast(d, s)
		return firstAfter(today, end, end)
	case Anniversary:
		return nextAnniversary(d, today, s)
	}
	panic(r.unknown())
}

// firstAfter returns the first of two days in order that is later than today.
func firstAfter(today, one, two Day) (Day, bool) {
	switch {
	case today < one:
		return one, true
	case today < two:
		return two, true
	}
	return 0, false
}

// nextAnniversary relies on this: from one anniversary, exclusive, to the next, inclusive, Holds turns at most once,
// and always to true, for the waiting time only shrinks.
func nextAnniversary(d, today Day, s Span) (Day, bool) {
	k, a := anniversary(d, today)
	if today.Add(s) <= a {
		return firstAtLeast(a+1, s), true
	}
	// It ends the day after an anniversary, unless s reaches the following one from there. Whether it does depends on
	// nothing but a leap day between the two, and leap days are never more than eight years apart.
	for range 8 {
		k++
		after := d.addYears(k)
		if (a + 1).Add(s) <= after {
			return a + 1, true
		}
		a = after
	}
	return 0, false
}

// anniversary returns the first d + k years, k ≥ 1, that is not before today.
func anniversary(d, today Day) (k int, on Day) {
	born, _, _ := d.Civil()
	year, _, _ := today.Civil()
	k = max(1, year-born)
	on = d.addYears(k)
	if on < today { // this year's is over; next year's cannot be
		k++
		on = d.addYears(k)
	}
	return k, on
}

func (r Relation) unknown() string { return "calendar: unknown relation " + strconv.Itoa(int(r)) }
