package calendar_test

import (
	"testing"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"pgregory.net/rapid"
)

// zones are those with a history worth fearing, and a few ordinary ones.
var zones = []string{
	"UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "Pacific/Apia",
	"America/St_Johns", "Asia/Kathmandu", "Africa/Monrovia", "Pacific/Kwajalein", "America/Juneau", "Asia/Manila",
	"Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza", "Asia/Tehran", "America/Asuncion", "America/Havana",
	"Antarctica/Troll", "America/Nuuk", "Pacific/Chatham", "Asia/Pyongyang", "Europe/Amsterdam", "Pacific/Kiritimati",
	"Pacific/Guam", "Asia/Beirut", "America/Santiago", "Africa/Cairo",
}

// windows are stretches of time in which days are not what they seem; steps of half a minute hit every turn in them.
var windows = []struct{ zone, from, to, why string }{
	{"UTC", "2025-02-27T00:00:00Z", "2025-03-03T00:00:00Z", "nothing happens"},
	{"Europe/Berlin", "2025-03-28T12:00:00Z", "2025-04-01T12:00:00Z", "a day of 23 hours"},
	{"Europe/Berlin", "2025-10-24T12:00:00Z", "2025-10-28T12:00:00Z", "a day of 25 hours"},
	{"Europe/Berlin", "2040-12-29T12:00:00Z", "2041-01-02T12:00:00Z", "past its tables ZoneBounds ends leap years early"},
	{"America/Santiago", "2040-12-29T12:00:00Z", "2041-01-02T12:00:00Z", "also where it is summer"},
	{"America/Sao_Paulo", "2018-11-02T12:00:00Z", "2018-11-06T12:00:00Z", "4 November starts at 01:00"},
	{"America/Sao_Paulo", "2018-02-15T12:00:00Z", "2018-02-20T12:00:00Z", "17 February ends at 24:00 and again an hour later"},
	{"Pacific/Apia", "2011-12-27T12:00:00Z", "2012-01-02T12:00:00Z", "30 December does not exist"},
	{"Pacific/Kwajalein", "1993-08-18T12:00:00Z", "1993-08-24T12:00:00Z", "21 August does not exist"},
	{"Pacific/Kwajalein", "1969-09-28T12:00:00Z", "1969-10-04T12:00:00Z", "a date comes twice"},
	{"America/St_Johns", "2006-10-27T12:00:00Z", "2006-10-31T12:00:00Z", "29 October is set back to the 28th at 00:01"},
	{"America/St_Johns", "2010-11-05T12:00:00Z", "2010-11-09T12:00:00Z", "so is 7 November"},
	{"America/St_Johns", "2010-03-12T12:00:00Z", "2010-03-16T12:00:00Z", "and 14 March skips from 00:01"},
	{"Asia/Kathmandu", "1985-12-30T12:00:00Z", "1986-01-03T12:00:00Z", "from +05:30 to +05:45 at midnight"},
	{"Africa/Monrovia", "1972-01-05T12:00:00Z", "1972-01-09T12:00:00Z", "from -00:44:30 to UTC, skipping midnight"},
	{"Asia/Manila", "1844-12-28T12:00:08Z", "1845-01-03T12:00:08Z", "31 December does not exist; midnights are at :08"},
	{"Africa/Casablanca", "2025-02-21T12:00:00Z", "2025-02-25T12:00:00Z", "summer time pauses for Ramadan"},
	{"America/Havana", "2025-10-31T12:00:00Z", "2025-11-04T12:00:00Z", "set back at 01:00, to midnight exactly"},
	{"America/Asuncion", "2023-03-24T12:00:00Z", "2023-03-28T12:00:00Z", "set back from midnight"},
}

const step = 30 * time.Second

// track is a truth over time, looked at every step.
type track struct {
	from  time.Time
	truth []bool
}

// localDates returns the local date at every step.
func localDates(from, to time.Time, loc *time.Location) (dates []calendar.Day) {
	for at := from; at.Before(to); at = at.Add(step) {
		dates = append(dates, calendar.In(at, loc))
	}
	return dates
}

// watch asks once for each date and not at every step, or the race detector would take minutes.
func watch(from time.Time, dates []calendar.Day, truth func(calendar.Day) bool) track {
	k := track{from: from}
	for i, d := range dates {
		if i > 0 && d == dates[i-1] {
			k.truth = append(k.truth, k.truth[i-1])
		} else {
			k.truth = append(k.truth, truth(d))
		}
	}
	return k
}

// check compares an answer for every 29th step, and every one before a change, as now against the steps that follow it.
func (k track) check(t *testing.T, what string, ask func(now time.Time) (time.Time, bool)) {
	t.Helper()
	end := k.from.Add(time.Duration(len(k.truth)) * step)
	next := end // the earliest change after now, end if there is none on the track
	for i := len(k.truth) - 1; i >= 0; i-- {
		now := k.from.Add(time.Duration(i) * step)
		if i+1 < len(k.truth) && k.truth[i+1] != k.truth[i] {
			next = now.Add(step)
		}
		if i%29 != 0 && !next.Equal(now.Add(step)) {
			continue
		}
		got, ok := ask(now)
		switch {
		case next.Before(end) && (!ok || !got.Equal(next)):
			t.Fatalf("%s: after %v comes %v (%v), want %v", what, now, got, ok, next)
		case !next.Before(end) && ok && got.Before(end):
			t.Fatalf("%s: after %v comes %v, yet nothing changes", what, now, got)
		}
	}
}

func TestTurnAgreesWithSteppingThroughTime(t *testing.T) {
	for _, w := range windows {
		t.Run(w.zone+" "+w.from[:10], func(t *testing.T) {
			t.Log(w.why)
			loc, from, to := zone(t, w.zone), instant(w.from), instant(w.to)
			dates := localDates(from, to, loc)
			for d := calendar.In(from, loc) - 1; d <= calendar.In(to, loc)+1; d++ {
				k := watch(from, dates, func(local calendar.Day) bool { return local >= d })
				k.check(t, "turn of "+d.String(), func(now time.Time) (time.Time, bool) {
					return calendar.Turn(d, now, loc)
				})
			}
		})
	}
}

func TestNextFlipAgreesWithSteppingThroughTime(t *testing.T) {
	for _, w := range windows {
		t.Run(w.zone+" "+w.from[:10], func(t *testing.T) {
			t.Log(w.why)
			loc, from, to := zone(t, w.zone), instant(w.from), instant(w.to)
			dates := localDates(from, to, loc)
			first, last := calendar.In(from, loc), calendar.In(to, loc)
			for _, s := range []calendar.Span{span(1, days), span(2, days), span(1, months)} {
				for _, r := range relations {
					for x := first; x <= last; x++ {
						d := x
						switch r { // let the far edge of the relation fall into the window, too
						case calendar.Ago:
							d = x.Sub(s)
						case calendar.Ahead:
							d = x.Add(s)
						case calendar.Anniversary:
							d = x.Sub(span(3, years))
						}
						k := watch(from, dates, func(today calendar.Day) bool { return r.Holds(d, today, s) })
						k.check(t, d.String(), func(now time.Time) (time.Time, bool) {
							return r.NextFlip(d, s, now, loc)
						})
					}
				}
			}
		})
	}
}

func TestBetweenNowAndNextFlipNothingChangesAndAtNextFlipItDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		loc := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		now := time.Unix(
			rapid.Int64Range(-4_000_000_000, 4_200_000_000).Draw(rt, "now"), // 1843 to 2103
			rapid.Int64Range(0, 999_999_999).Draw(rt, "nanosecond")).In(loc)
		if _, end := now.ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(rt, "near a change of the clocks") {
			now = end.Add(time.Duration(rapid.Int64Range(-100_000, 100_000).Draw(rt, "seconds off")) * time.Second)
		}
		today := calendar.In(now, loc)
		s := anySpan().Draw(rt, "s")
		r := rapid.SampledFrom(relations).Draw(rt, "relation")
		d := today + calendar.Day(rapid.IntRange(-4, 4).Draw(rt, "days off"))
		switch r {
		case calendar.Ago:
			d = d.Sub(s)
		case calendar.Ahead:
			d = d.Add(s)
		case calendar.Anniversary:
			d = d.Sub(span(rapid.IntRange(1, 40).Draw(rt, "years off"), years))
		}

		held := r.Holds(d, today, s)
		flip, ok := r.NextFlip(d, s, now, loc)
		end := now.Add(5 * 24 * time.Hour)
		if ok {
			if !flip.After(now) || flip.Location() != time.UTC {
				rt.Fatalf("NextFlip after %v is %v", now, flip)
			}
			if r.Holds(d, calendar.In(flip, loc), s) == held {
				rt.Fatalf("relation %d of %v, %v: still %v at %v", r, d, s, held, flip)
			}
			if before := flip.Add(-time.Nanosecond); before.After(now) && r.Holds(d, calendar.In(before, loc), s) != held {
				rt.Fatalf("relation %d of %v, %v: changed before %v", r, d, s, flip)
			}
			if flip.Before(end) {
				end = flip
			}
		}
		for at := now; at.Before(end); at = at.Add(59 * time.Second) {
			if r.Holds(d, calendar.In(at, loc), s) != held {
				rt.Fatalf("relation %d of %v, %v: after %v changes at %v, not %v (%v)", r, d, s, now, at, flip, ok)
			}
		}
	})
}

func TestNextFlipWhereDaysAreNotWhatTheySeem(t *testing.T) {
	for _, tt := range []struct {
		relation  calendar.Relation
		d         string
		span      calendar.Span
		zone, now string
		want      string // "" is never
		why       string
		then      string // the flip after that; "-" is not asked
	}{
		{
			calendar.InLast, "2025-03-30", span(1, days), "Europe/Berlin", "2025-03-29T12:00:00Z",
			"2025-03-29T23:00:00Z", "the day begins in winter time", "2025-03-30T22:00:00Z",
		},
		{
			calendar.InNext, "2018-11-04", span(1, days), "America/Sao_Paulo", "2018-11-01T00:00:00Z",
			"2018-11-04T03:00:00Z", "01:00 is the first instant of the day", "2018-11-05T02:00:00Z",
		},
		{
			calendar.InLast, "2011-12-30", span(1, days), "Pacific/Apia", "2011-12-29T00:00:00Z",
			"", "a date that never comes is never today", "-",
		},
		{
			calendar.InLast, "2011-12-30", span(2, days), "Pacific/Apia", "2011-12-29T00:00:00Z",
			"2011-12-30T10:00:00Z", "but it can be yesterday", "2011-12-31T10:00:00Z",
		},
		{
			calendar.Anniversary, "2005-12-30", span(1, days), "Pacific/Apia", "2011-12-01T00:00:00Z",
			"2012-12-29T10:00:00Z", "the anniversary of 2011 is skipped with its date", "2012-12-30T10:00:00Z",
		},
		{
			calendar.InLast, "2010-11-07", span(1, days), "America/St_Johns", "2010-11-06T12:00:00Z",
			"2010-11-07T02:30:00Z", "7 November begins", "2010-11-07T02:31:00Z",
		},
		{
			calendar.InLast, "2010-11-07", span(1, days), "America/St_Johns", "2010-11-07T02:31:00Z",
			"2010-11-07T03:30:00Z", "and begins again", "2010-11-08T03:30:00Z",
		},
		{
			calendar.Ago, "2010-11-06", span(1, days), "America/St_Johns", "2010-11-07T02:30:30Z",
			"2010-11-07T02:31:00Z", "for an hour it is not yet a day ago any more", "2010-11-07T03:30:00Z",
		},
		{
			calendar.InLast, "2040-12-31", span(1, days), "Europe/Berlin", "2040-12-31T12:00:00Z",
			"2040-12-31T23:00:00Z", "the last day of a leap year past the tables", "",
		},
		{
			calendar.InLast, "2040-12-31", span(1, days), "America/New_York", "2041-01-01T01:00:00Z",
			"2041-01-01T05:00:00Z", "which is still going on in New York", "",
		},
		{
			calendar.Ago, "2025-01-31", span(1, months), "", "2025-02-27T00:00:00Z",
			"2025-03-01T00:00:00Z", "28 February - 1 month is 28 January; no zone is UTC", "",
		},
		{
			calendar.InNext, "9999-12-31", span(1, days), "Pacific/Kiritimati", "9999-12-31T00:00:00Z",
			"9999-12-31T10:00:00Z", "where the year 9999 is over before UTC's", "",
		},
		{
			calendar.InNext, "9999-12-31", span(1, days), "UTC", "9999-12-31T12:00:00Z",
			"", "its end is the first instant of the year 10000", "-",
		},
		{
			calendar.InNext, "9999-12-31", span(1, days), "America/New_York", "9999-12-31T12:00:00Z",
			"", "its end is in the year 10000", "-",
		},
		{
			calendar.Ago, "9000-01-01", span(3_660_000, years), "UTC", "2025-01-01T00:00:00Z",
			"", "some spans never pass", "-",
		},
		{
			calendar.Anniversary, "1960-06-01", span(366, days), "Europe/Berlin", "2025-01-01T00:00:00Z",
			"", "there always is one within 366 days", "-",
		},
		{
			calendar.Ahead, "2025-06-10", span(1, weeks), "Asia/Kathmandu", "2025-06-01T00:00:00Z",
			"2025-06-02T18:15:00Z", "midnight at +05:45", "",
		},
	} {
		var loc *time.Location
		if tt.zone != "" {
			loc = zone(t, tt.zone)
		}
		now := instant(tt.now)
		for _, want := range []string{tt.want, tt.then} {
			if want == "-" {
				break
			}
			got, ok := tt.relation.NextFlip(day(tt.d), tt.span, now, loc)
			if ok != (want != "") || ok && !got.Equal(instant(want)) {
				t.Errorf("relation %d of %s, %v, in %q after %v: %v (%v), want %q: %s",
					tt.relation, tt.d, tt.span, tt.zone, now, got, ok, want, tt.why)
			}
			now = got
		}
	}
}

func TestTurnWithoutAZoneIsMidnightUTC(t *testing.T) {
	d := day("2025-06-10")
	got, ok := calendar.Turn(d, instant("2025-01-01T00:00:00Z"), nil)
	if !ok || !got.Equal(instant("2025-06-10T00:00:00Z")) {
		t.Errorf("Turn = %v, %v", got, ok)
	}
	if again, ok := calendar.Turn(d, got, nil); ok {
		t.Errorf("at the turn itself the next one is %v; strictly after, there is none", again)
	}
	if before, ok := calendar.Turn(d, got.Add(-time.Nanosecond), nil); !ok || !before.Equal(got) {
		t.Errorf("a nanosecond before it: %v, %v", before, ok)
	}
}

// Every turn of every day, within the tables of the zones (up to 2037) and past them, which is also where a search that fails to advance would hang.
func TestTurnIsTheFirstInstantOfADayInEveryZone(t *testing.T) {
	for _, name := range zones {
		loc := zone(t, name)
		for d := day("2023-01-01"); d < day("2045-01-01"); d++ {
			at, ok := calendar.Turn(d, instant("2018-01-01T00:00:00Z"), loc)
			if !ok || calendar.In(at, loc) < d || calendar.In(at.Add(-1), loc) >= d {
				t.Fatalf("%s: %v begins at %v (%v)", name, d, at, ok)
			}
		}
	}
}

func TestNextFlipDoesNotAllocate(t *testing.T) {
	loc, now := zone(t, "Europe/Berlin"), instant("2025-06-10T12:00:00Z")
	for _, r := range relations {
		if n := testing.AllocsPerRun(100, func() { r.NextFlip(day2000, span(1, months), now, loc) }); n != 0 {
			t.Errorf("relation %d allocates %v times per user", r, n)
		}
	}
}

var day2000 = day("2000-06-11")

func BenchmarkNextFlip(b *testing.B) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo"} {
		b.Run(name, func(b *testing.B) {
			loc, now := zone(b, name), instant("2025-06-10T12:00:00Z")
			for b.Loop() {
				calendar.Anniversary.NextFlip(day2000, span(1, months), now, loc)
			}
		})
	}
}
