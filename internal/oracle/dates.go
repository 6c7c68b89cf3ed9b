package oracle

import (
	"cmp"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/calendar"
)

// moment is a date, or an instant.
type moment struct {
	day     calendar.Day
	at      time.Time
	instant bool
}

// dates puts a moment to a test of dates. "An Instant compares with an instant operand as instants; with a date operand
// of any date operator, and in every relative one, its date in the group's zone is compared."
func (o Oracle) dates(t groups.Test, m moment, w World) bool {
	zone := w.Zone
	if zone == nil || o.has(DatesTurnInUTC) {
		zone = time.UTC
	}
	day := m.day
	if m.instant {
		day = calendar.In(m.at, zone)
	}
	if len(t.Values) == 0 {
		return o.relative(string(t.Op), day, calendar.In(w.Now, zone), t.Span)
	}
	order := make([]int, len(t.Values))
	for i, l := range t.Values {
		if operand, err := calendar.Parse(l.String()); err == nil {
			order[i] = cmp.Compare(day, operand)
			continue
		}
		operand, err := time.Parse(time.RFC3339Nano, l.String())
		switch {
		case err != nil:
			panic("oracle: criteria were not checked: " + l.String() + " is no date")
		case m.instant:
			order[i] = m.at.Compare(operand)
		default:
			// A completion day in a window of instants. The page has no word for it; a day and an instant meet by the
			// instant's date everywhere else, so they do here.
			order[i] = cmp.Compare(day, calendar.In(operand, zone))
		}
	}
	return o.ordered(string(t.Op), order)
}

// relative is the formulas of the page, each as it stands there.
func (o Oracle) relative(op string, d, today calendar.Day, n groups.Span) bool {
	switch op {
	case "inLast":
		if o.has(BoundsAreStrict) {
			return o.sub(today, n) < d && d < today
		}
		return o.sub(today, n) < d && d <= today
	case "inNext":
		return today <= d && d < o.add(today, n)
	case "ago":
		return d <= o.sub(today, n)
	case "ahead":
		return d > o.add(today, n)
	case "anniversaryWithin":
		k := 1
		for o.add(d, groups.Span{N: k, Unit: groups.Years}) < today {
			k++
		}
		return o.add(d, groups.Span{N: k, Unit: groups.Years}) < o.add(today, n)
	}
	panic("oracle: no relative date " + op)
}

func (o Oracle) add(d calendar.Day, n groups.Span) calendar.Day { return o.move(d, n, 1) }
func (o Oracle) sub(d calendar.Day, n groups.Span) calendar.Day { return o.move(d, n, -1) }

func (o Oracle) move(d calendar.Day, n groups.Span, sign int) calendar.Day {
	if o.has(MonthsOverflow) && n.Unit >= groups.Months {
		months := sign * n.N
		if n.Unit == groups.Years {
			months *= 12
		}
		y, m, day := d.Civil()
		return calendar.In(time.Date(y, m, day, 0, 0, 0, 0, time.UTC).AddDate(0, months, 0), time.UTC)
	}
	span := calendar.Span{N: n.N, Unit: map[groups.SpanUnit]calendar.Unit{
		groups.Days: calendar.Days, groups.Weeks: calendar.Weeks, groups.Months: calendar.Months, groups.Years: calendar.Years,
	}[n.Unit]}
	if sign < 0 {
		return d.Sub(span)
	}
	return d.Add(span)
}
