package calendar_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"
	_ "time/tzdata" // for machines that have no zones of their own

	"github.com/grouprules/groups/internal/calendar"
	"pgregory.net/rapid"
)

// day is Parse for dates the test is sure of.
func day(s string) calendar.Day {
	d, err := calendar.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// instant is ParseInstant for instants the test is sure of.
func instant(s string) time.Time {
	t, err := calendar.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return t
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestEveryDayOfTheYears1To9999IsWhatTheStandardLibrarySays(t *testing.T) {
	first, last := day("0001-01-01"), day("9999-12-31")
	for d, want := first, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC); d <= last; d, want = d+1, want.AddDate(0, 0, 1) {
		year, month, dom := d.Civil()
		if wy, wm, wd := want.Date(); year != wy || month != wm || dom != wd {
			t.Fatalf("Day(%d).Civil() = %d %v %d, want %v", d, year, month, dom, want)
		}
		if got, err := calendar.New(year, month, dom); got != d || err != nil {
			t.Fatalf("New(%d, %v, %d) = %v, %v; want day %d", year, month, dom, got, err, d)
		}
		s := d.String()
		if got, err := calendar.Parse(s); got != d || err != nil {
			t.Fatalf("Parse(%q) = %v, %v; want day %d", s, got, err, d)
		}
	}
}

func TestDaysAreCountedFrom1970(t *testing.T) {
	for s, want := range map[string]calendar.Day{
		"0001-01-01": -719162, "1969-12-31": -1, "1970-01-01": 0, "2000-03-01": 11017, "9999-12-31": 2932896,
	} {
		if got := day(s); got != want {
			t.Errorf("%s is day %d, want %d", s, got, want)
		}
	}
}

func TestParseRefusesWhatIsNotExactlyADate(t *testing.T) {
	for _, tt := range []struct{ in, why string }{
		{"", "nothing is not a date"},
		{"0000-00-00", "the null date of some databases"},
		{"0000-12-31", "the year 0 is outside"},
		{"2025-02-29", "2025 is a common year"},
		{"1900-02-29", "so is 1900"},
		{"2025-04-31", "April has 30 days"},
		{"2025-13-01", "there are twelve months"},
		{"2025-00-10", "and no zeroth one"},
		{"2025-01-00", "nor a zeroth day"},
		{"2025-01-32", "nor a 32nd"},
		{"25-01-02", "a century is not guessed"},
		{"2025-1-2", "digits are not completed"},
		{"10000-01-01", "the year is outside"},
		{"-001-01-01", "a sign is no digit"},
		{"+025-01-01", "a sign is no digit"},
		{" 2025-01-02", "nothing is trimmed"},
		{"2025-01-02 ", "nothing is trimmed"},
		{"2025-01-02\n", "nothing is trimmed"},
		{"2025-01-02T00:00:00Z", "an instant is not a date"},
		{"2025/01/02", "one spelling only"},
		{"02.01.2025", "one spelling only"},
		{"20250102", "one spelling only"},
		{"٢٠٢٥-٠١-٠٢", "digits are ASCII"},
		{"2025‐01‐02", "so is the hyphen"},
	} {
		if d, err := calendar.Parse(tt.in); !errors.Is(err, calendar.ErrDate) {
			t.Errorf("Parse(%q) = %v, %v; want ErrDate: %s", tt.in, d, err, tt.why)
		}
	}
}

func TestNewRefusesDatesThatDoNotExist(t *testing.T) {
	for _, tt := range []struct {
		year  int
		month time.Month
		day   int
		why   string
	}{
		{2025, time.February, 29, "time.Date would make it 1 March"},
		{2025, time.April, 31, "April has 30 days"},
		{2025, 0, 1, "no such month"},
		{2025, 13, 1, "no such month"},
		{2025, time.January, 0, "no such day"},
		{2025, time.January, -1, "no such day"},
		{0, time.January, 1, "the years begin with 1"},
		{10000, time.January, 1, "and end with 9999"},
		{math.MaxInt, time.January, 1, "far outside is outside, too"},
	} {
		if d, err := calendar.New(tt.year, tt.month, tt.day); !errors.Is(err, calendar.ErrDate) {
			t.Errorf("New(%d, %d, %d) = %v, %v; want ErrDate: %s", tt.year, tt.month, tt.day, d, err, tt.why)
		}
	}
}

func TestParseInstantReadsRFC3339AndReturnsUTC(t *testing.T) {
	for _, tt := range []struct{ in, want, why string }{
		{"2025-06-01T12:30:00Z", "2025-06-01T12:30:00Z", "the plain case"},
		{"2025-06-01T12:30:00+02:00", "2025-06-01T10:30:00Z", "east is earlier"},
		{"2025-06-01T00:30:00+05:45", "2025-05-31T18:45:00Z", "minutes of an offset count"},
		{"2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00Z", "west is later"},
		{"2025-06-01T12:30:00-00:00", "2025-06-01T12:30:00Z", "UTC is known where the zone is not"},
		{"2025-06-01T12:30:00.5Z", "2025-06-01T12:30:00.5Z", "a fraction"},
		{"2025-06-01T12:30:00.000000001Z", "2025-06-01T12:30:00.000000001Z", "a nanosecond"},
		{"2025-06-01T12:30:00.1234567899Z", "2025-06-01T12:30:00.123456789Z", "nine digits count"},
		{"2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z", "leap days exist"},
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "the first instant"},
		{"9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z", "the last one"},
		{"9999-12-31T23:59:59+23:59", "9999-12-31T00:00:59Z", "the largest offset"},
	} {
		got, err := calendar.ParseInstant(tt.in)
		if err != nil {
			t.Errorf("ParseInstant(%q): %v: %s", tt.in, err, tt.why)
			continue
		}
		if s := got.Format(time.RFC3339Nano); s != tt.want || got.Location() != time.UTC {
			t.Errorf("ParseInstant(%q) = %s in %v, want %s in UTC: %s", tt.in, s, got.Location(), tt.want, tt.why)
		}
	}
}

func TestParseInstantRefusesWhatIsNotExactlyRFC3339(t *testing.T) {
	for _, tt := range []struct{ in, why string }{
		{"", "nothing"},
		{"2025-06-01", "a date is not an instant"},
		{"2025-06-01T12:30:00", "no zone"},
		{"2025-06-01T12:30:00 ", "no zone"},
		{"2025-06-01t12:30:00Z", "lower-case t"},
		{"2025-06-01T12:30:00z", "lower-case z"},
		{"2025-06-01 12:30:00Z", "a space for the T"},
		{"2025-06-01T12:30Z", "no seconds"},
		{"2025-06-01T2:30:00Z", "one-digit hour, which time.Parse takes"},
		{"2025-06-01T12:30:00,5Z", "a comma, which time.Parse takes"},
		{"2025-06-01T12:30:00.Z", "a fraction without digits"},
		{"2025-06-01T12:30:00.5", "a fraction and no zone"},
		{"2025-06-01T24:00:00Z", "hour 24"},
		{"2025-06-01T12:60:00Z", "minute 60"},
		{"2016-12-31T23:59:60Z", "a leap second, even one that happened"},
		{"2025-02-29T12:30:00Z", "a date that does not exist"},
		{"2025-06-01T12:30:00+24:00", "an offset of a day, which time.Parse takes"},
		{"2025-06-01T12:30:00+02:60", "an offset of sixty minutes, which time.Parse takes"},
		{"2025-06-01T12:30:00+0200", "no colon"},
		{"2025-06-01T12:30:00+02", "no minutes"},
		{"2025-06-01T12:30:00 02:00", "a plus that a URL turned into a space"},
		{"2025-06-01T12:30:00ZZ", "two zones"},
		{"2025-06-01T12:30:00Z+02:00", "two zones"},
		{"2025-06-01T12:30:00CET", "a zone by name"},
		{" 2025-06-01T12:30:00Z", "nothing is trimmed"},
		{"2025-06-01T12:30:00Z\n", "nothing is trimmed"},
		{"0000-06-01T12:30:00Z", "year 0"},
		{"0000-12-31T23:59:59-01:00", "year 0 as written, 1 in UTC"},
		{"0001-01-01T00:00:00+01:00", "year 1 as written, 0 in UTC"},
		{"9999-12-31T23:59:59-01:00", "year 9999 as written, 10000 in UTC"},
		{"10000-01-01T00:00:00Z", "five digits"},
	} {
		if got, err := calendar.ParseInstant(tt.in); !errors.Is(err, calendar.ErrInstant) {
			t.Errorf("ParseInstant(%q) = %v, %v; want ErrInstant: %s", tt.in, got, err, tt.why)
		}
	}
}

func TestInstantsReadBackTheInstantTheyWereWrittenFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := 60 * rapid.IntRange(-23*60-59, 23*60+59).Draw(t, "offset in minutes")
		want := time.Unix(
			rapid.Int64Range(-62135510400, 253402214400).Draw(t, "second"), // a day short of the edges
			rapid.Int64Range(0, 999_999_999).Draw(t, "nanosecond"))
		s := want.In(time.FixedZone("", offset)).Format(time.RFC3339Nano)
		if got, err := calendar.ParseInstant(s); !got.Equal(want) || err != nil {
			t.Fatalf("ParseInstant(%q) = %v, %v; want %v", s, got, err, want)
		}
	})
}

func TestInIsTheLocalDateOfAnInstant(t *testing.T) {
	for _, tt := range []struct{ instant, zone, want, why string }{
		{"2025-06-01T23:59:59.999999999Z", "UTC", "2025-06-01", "the day lasts to its last nanosecond"},
		{"2025-06-01T22:00:00Z", "Europe/Berlin", "2025-06-02", "already tomorrow in summer time"},
		{"2025-12-01T22:00:00Z", "Europe/Berlin", "2025-12-01", "but not in winter time"},
		{"2018-11-04T03:00:00Z", "America/Sao_Paulo", "2018-11-04", "that day starts at 01:00"},
		{"2018-11-04T02:59:59Z", "America/Sao_Paulo", "2018-11-03", "one second earlier"},
		{"2011-12-30T09:59:59Z", "Pacific/Apia", "2011-12-29", "30 December 2011"},
		{"2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31", "does not exist"},
		{"1969-12-31T23:59:59.5Z", "UTC", "1969-12-31", "before 1970 the count rounds down"},
		{"1972-01-01T00:44:29Z", "Africa/Monrovia", "1971-12-31", "an offset with seconds: -00:44:30"},
		{"1972-01-01T00:44:30Z", "Africa/Monrovia", "1972-01-01", "an offset with seconds"},
	} {
		if got := calendar.In(instant(tt.instant), zone(t, tt.zone)); got != day(tt.want) {
			t.Errorf("%s in %s is %v, want %s: %s", tt.instant, tt.zone, got, tt.want, tt.why)
		}
	}
	if got := calendar.In(instant("2025-06-01T23:00:00Z").In(zone(t, "Europe/Berlin")), nil); got != day("2025-06-01") {
		t.Errorf("with a nil zone got %v; it means UTC, not the zone of the instant", got)
	}
	rapid.Check(t, func(rt *rapid.T) {
		loc := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		at := time.Unix(rapid.Int64Range(-62135510400, 253402214400).Draw(rt, "second"), 0)
		y, m, d := at.In(loc).Date()
		if want, err := calendar.New(y, m, d); err != nil || calendar.In(at, loc) != want {
			rt.Fatalf("%v in %v is %v, want %v (%v)", at.UTC(), loc, calendar.In(at, loc), want, err)
		}
	})
}

func TestAnInstantWithoutEndKeepsItsSide(t *testing.T) {
	late, early := calendar.In(time.Unix(1<<60, 0), nil), calendar.In(time.Unix(-1<<60, 0), nil)
	if late < day("9999-12-31") || early > day("0001-01-01") {
		t.Errorf("wrapped around: %d, %d", early, late)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2024-02-29", "0001-01-01", "9999-12-31", "0000-00-00", "2025-1-2", "2025-02-29"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := calendar.Parse(s)
		want, wantErr := time.Parse(time.DateOnly, s)
		if ok := wantErr == nil && want.Year() >= 1; ok != (err == nil) {
			t.Fatalf("Parse(%q): %v, the standard library: %v", s, err, wantErr)
		}
		if err == nil && d.String() != s {
			t.Fatalf("Parse(%q) = %v", s, d)
		}
	})
}

func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{"2024-02-29T12:30:59.25+05:45", "2025-06-01T12:30:00Z", "2016-12-31T23:59:60Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := calendar.ParseInstant(s)
		if err != nil {
			return
		}
		if want, err := time.Parse(time.RFC3339, s); err != nil || !want.Equal(got) {
			t.Fatalf("ParseInstant(%q) = %v, the standard library: %v, %v", s, got, want, err)
		}
	})
}

func ExampleDay_Add() {
	fmt.Println(day("2025-01-31").Add(calendar.Span{N: 1, Unit: calendar.Months}))
	fmt.Println(day("2024-02-29").Add(calendar.Span{N: 1, Unit: calendar.Years}))
	// Output:
	// 2025-02-28
	// 2025-02-28
}
