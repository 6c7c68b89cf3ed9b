package calendar

import (
	"math"
	"time"
)

const (
	// reach is more than any zone's distance from UTC; RFC 9636 keeps them between -25 and +26 hours. Outside of reach
	// around a day's midnight in UTC, no zone disagrees whether that day has begun.
	reach = 26 * 60 * 60

	// setBack is the most days by which a local date may ever fall behind an earlier one: two offsets differ by less
	// than 2*reach. (In fact it was one day, when Alaska and Manila changed sides of the date line.)
	setBack = 3

	// endOfTime is the first second of the year 10000, in UTC.
	endOfTime = int64(lastDay+1) * secondsPerDay
)

// NextFlip returns the earliest instant after now at which Holds, with today taken in loc, differs from what it is
// at now; false if it never does before the year 10000, UTC. The instant is in UTC. A nil loc means UTC.
//
// Neither is it always a midnight, nor always the first instant of [Relation.NextDay]: where the local date was set
// back or a date was skipped, the answer may return to an earlier one, or never change.
func (r Relation) NextFlip(d Day, s Span, now time.Time, loc *time.Location) (time.Time, bool) {
	loc = orUTC(loc)
	held := r.Holds(d, In(now, loc), s)
	for at := now; ; {
		var ok bool
		if at, ok = r.leave(d, s, at, loc); !ok || at.Unix() >= endOfTime {
			return time.Time{}, false
		}
		// A skipped date can carry us over a whole run of different answers at once.
		if r.Holds(d, In(at, loc), s) != held {
			return at, true
		}
	}
}

// leave returns the earliest instant after now whose local date is outside the run of equally answered days around
// the local date of now.
func (r Relation) leave(d Day, s Span, now time.Time, loc *time.Location) (at time.Time, ok bool) {
	today := In(now, loc)
	if end, found := r.next(d, today, s); found {
		at, ok = Turn(end, now, loc)
	}
	held := r.Holds(d, today, s)
	for n := Day(0); n < setBack; n++ {
		if r.Holds(d, today-n-1, s) != held { // the run began on today-n; the clock may yet be set back past that
			if back, found := Turn(today-n, now, loc); found && (!ok || back.Before(at)) {
				return back, true
			}
			break
		}
	}
	return at, ok
}

// Turn returns the earliest instant after the given one at which "the local date is day or later" changes its truth;
// false if it never does. That is usually the start of the day, which need not be a midnight. It may also be a clock
// set back across the start of the day (America/St_Johns did so at 00:01 every autumn up to 2010), after which the
// day starts a second time. The instant is in UTC. A nil loc means UTC.
func Turn(day Day, after time.Time, loc *time.Location) (time.Time, bool) {
	loc = orUTC(loc)
	midnight := int64(day) * secondsPerDay // where UTC is; another zone at offset o is at midnight - o
	at := after.Unix()
	begun := In(after, loc) >= day
	if !begun {
		at = max(at, midnight-reach)
	}
	for at <= midnight+reach {
		offset, end := segment(at, loc)
		if begun {
			if at+offset < midnight {
				return time.Unix(at, 0).UTC(), true
			}
		} else if start := max(at, midnight-offset); start < end {
			return time.Unix(start, 0).UTC(), true
		}
		at = end
	}
	return time.Time{}, false
}

// segment returns the offset at an instant and an instant up to which it stays the same.
func segment(at int64, loc *time.Location) (offset, end int64) {
	t := time.Unix(at, 0).In(loc)
	_, o := t.Zone()
	_, bound := t.ZoneBounds()
	if bound.IsZero() {
		return int64(o), math.MaxInt64
	}
	end = bound.Unix()
	if end <= at {
		// Past the tables of a zone, ZoneBounds of Go 1.26 ends every year after 365 days, which on 31 December of a leap
		// year is not in the future. The offset stays at least to the end of that day.
		end = (floorDiv(at, secondsPerDay) + 1) * secondsPerDay
	}
	return int64(o), end
}

// Blur is how far apart two instants have to be for the earlier to have the earlier local date, or the same, in
// every zone: a clock may be set back in between.
const Blur = 2 * reach * time.Second

// Steady reports whether clocks in loc are certain not to change between two instants. Among those the later has
// never the earlier local date. A nil loc means UTC.
func Steady(from, to time.Time, loc *time.Location) bool {
	_, end := segment(from.Unix(), orUTC(loc))
	return to.Unix() < end
}
