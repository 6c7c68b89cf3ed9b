package calendar_test

import (
	"testing"

	"github.com/grouprules/groups/internal/calendar"
	"pgregory.net/rapid"
)

var relations = []calendar.Relation{
	calendar.InLast, calendar.InNext, calendar.Ago, calendar.Ahead, calendar.Anniversary,
}

// naiveHolds is DESIGN.md section 3, word for word.
func naiveHolds(r calendar.Relation, d, today calendar.Day, s calendar.Span) bool {
	switch r {
	case calendar.InLast:
		return today.Sub(s) < d && d <= today
	case calendar.InNext:
		return today <= d && d < today.Add(s)
	case calendar.Ago:
		return d <= today.Sub(s)
	case calendar.Ahead:
		return d > today.Add(s)
	case calendar.Anniversary:
		for k := 1; ; k++ {
			if a := d.Add(span(k, years)); a >= today {
				return a < today.Add(s)
			}
		}
	}
	panic("no such relation")
}

func TestHoldsSaysWhatTheDesignSays(t *testing.T) {
	const (
		inLast, inNext   = calendar.InLast, calendar.InNext
		ago, ahead, anni = calendar.Ago, calendar.Ahead, calendar.Anniversary
	)
	for _, tt := range []struct {
		relation calendar.Relation
		d, today string
		span     calendar.Span
		want     bool
		why      string
	}{
		{inLast, "2025-06-10", "2025-06-10", span(1, days), true, "the last day is today"},
		{inLast, "2025-06-09", "2025-06-10", span(1, days), false, "and only today"},
		{inLast, "2025-06-04", "2025-06-10", span(1, weeks), true, "seven days, today included"},
		{inLast, "2025-06-03", "2025-06-10", span(1, weeks), false, "the eighth"},
		{inLast, "2025-06-11", "2025-06-10", span(1, years), false, "the future is not in the last year"},
		{inLast, "2025-03-01", "2025-03-31", span(1, months), true, "31 March - 1 month is 28 February"},
		{inLast, "2025-02-28", "2025-03-31", span(1, months), false, "which is excluded"},
		{inNext, "2025-06-10", "2025-06-10", span(1, days), true, "the next day is today"},
		{inNext, "2025-06-11", "2025-06-10", span(1, days), false, "and only today"},
		{inNext, "2025-06-09", "2025-06-10", span(1, years), false, "the past is not in the next year"},
		{inNext, "2025-02-27", "2025-01-31", span(1, months), true, "31 January + 1 month is 28 February"},
		{inNext, "2025-02-28", "2025-01-31", span(1, months), false, "which is excluded"},
		{ago, "2025-06-09", "2025-06-10", span(1, days), true, "yesterday is a day ago"},
		{ago, "2025-06-10", "2025-06-10", span(1, days), false, "today is not"},
		{ago, "2024-02-29", "2025-02-28", span(1, years), false, "28 February 2025 - 1 year is 28 February 2024"},
		{ago, "2024-02-29", "2025-03-01", span(1, years), true, "a day later it is a year ago"},
		{ahead, "2025-06-12", "2025-06-10", span(1, days), true, "more than a day ahead"},
		{ahead, "2025-06-11", "2025-06-10", span(1, days), false, "a day ahead is not more than a day"},
		{anni, "2000-06-10", "2025-06-10", span(1, days), true, "today is the day"},
		{anni, "2000-06-11", "2025-06-10", span(1, days), false, "tomorrow is"},
		{anni, "2000-06-09", "2025-06-10", span(11, months), false, "yesterday was"},
		{anni, "2025-06-10", "2025-06-10", span(1, days), false, "the day itself is no anniversary"},
		{anni, "2025-06-10", "2025-06-10", span(366, days), true, "the first one is in a year"},
		{anni, "2025-06-12", "2025-06-10", span(1, weeks), false, "a future date's first anniversary is a year after it"},
		{anni, "2000-01-03", "2025-12-30", span(1, weeks), true, "over the end of the year"},
		{anni, "2024-02-29", "2025-02-28", span(1, days), true, "28 February in a common year"},
		{anni, "2024-02-29", "2028-02-28", span(1, days), false, "but not in a leap year: clamped from d itself"},
		{anni, "2024-02-29", "2028-02-29", span(1, days), true, "when it is 29 February again"},
		{anni, "2024-02-29", "2025-03-01", span(1, days), false, "never 1 March"},
		{anni, "2000-02-28", "2028-02-29", span(1, years), false, "29 February + 1 year is 28 February, excluded"},
	} {
		if got := tt.relation.Holds(day(tt.d), day(tt.today), tt.span); got != tt.want {
			t.Errorf("relation %d of %s on %s, %v: %v, want %v: %s",
				tt.relation, tt.d, tt.today, tt.span, got, tt.want, tt.why)
		}
	}
}

// anyPair draws a date and a today from a few years around it, so that most relations are near their edges.
func anyPair(t *rapid.T) (d, today calendar.Day) {
	d = anyDay("0001-01-01", "9999-12-31").Draw(t, "d")
	first, last := day("0001-01-01"), day("9999-12-31")
	today = d + calendar.Day(rapid.IntRange(-1500, 6000).Draw(t, "today - d"))
	return d, min(max(today, first), last)
}

func TestHoldsAgreesWithTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, today := anyPair(t)
		s := anySpan().Draw(t, "s")
		for _, r := range relations {
			if got, want := r.Holds(d, today, s), naiveHolds(r, d, today, s); got != want {
				t.Fatalf("relation %d of %v on %v, %v: %v, want %v", r, d, today, s, got, want)
			}
		}
	})
}

func TestInLastAndAgoDivideTheDatesThatAreNotInTheFuture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, today := anyPair(t)
		s := anySpan().Draw(t, "s")
		last, ago := calendar.InLast.Holds(d, today, s), calendar.Ago.Holds(d, today, s)
		if d <= today && last == ago {
			t.Fatalf("%v on %v, %v: in last and ago are both %v", d, today, s, last)
		}
		if d > today && (last || ago) {
			t.Fatalf("%v on %v, %v: in the future, yet in last %v, ago %v", d, today, s, last, ago)
		}
	})
}

func TestADateStandsInAtMostOneOfInLastInNextAgoAheadUnlessItIsToday(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, today := anyPair(t)
		s := anySpan().Draw(t, "s")
		n := 0
		for _, r := range []calendar.Relation{calendar.InLast, calendar.InNext, calendar.Ago, calendar.Ahead} {
			if r.Holds(d, today, s) {
				n++
			}
		}
		switch {
		case d == today && n != 2: // today is the last day and the next
			t.Fatalf("today stands in %d relations, %v", n, s)
		case d == today.Add(s) && n != 0: // neither within the span nor more than it
			t.Fatalf("exactly %v ahead stands in %d relations", s, n)
		case d != today && d != today.Add(s) && n != 1:
			t.Fatalf("%v on %v, %v stands in %d relations", d, today, s, n)
		}
	})
}

func TestNextDayAgreesWithSteppingDayByDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, today := anyPair(t)
		s := anySpan().Draw(t, "s")
		for _, r := range relations {
			checkNextDay(t, r, d, today, s, 12*366)
		}
	})
}

// checkNextDay looks at every day up to the answer, or as many as given if the answer is later.
func checkNextDay(t *rapid.T, r calendar.Relation, d, today calendar.Day, s calendar.Span, horizon int) {
	last := day("9999-12-31")
	next, ok := r.NextDay(d, today, s)
	if ok && (next <= today || next > last) {
		t.Fatalf("NextDay after %v is %v", today, next)
	}
	if !ok {
		next = last + 1
	}
	held := r.Holds(d, today, s)
	for x := today + 1; x < next && x < today+calendar.Day(horizon); x++ {
		if r.Holds(d, x, s) != held {
			t.Fatalf("relation %d of %v, %v: after %v changes on %v, not on %v (%v)", r, d, s, today, x, next, ok)
		}
	}
	if ok && r.Holds(d, next, s) == held {
		t.Fatalf("relation %d of %v, %v: after %v nothing changes on %v", r, d, s, today, next)
	}
}

// Around the ends of months clamping decides, and one day off would go unnoticed almost everywhere else.
func TestNextDayIsExactAtEveryEndOfAMonth(t *testing.T) {
	spans := []calendar.Span{
		span(1, days), span(30, days), span(1, weeks), span(1, months), span(2, months), span(3, months), span(11, months),
		span(12, months), span(13, months), span(1, years),
	}
	for d := day("2023-12-27"); d < day("2025-04-04"); d++ {
		if _, _, dom := d.Civil(); 3 < dom && dom < 27 {
			continue
		}
		for _, s := range spans {
			for _, r := range relations {
				today := d + 450
				held := r.Holds(d, today, s)
				next := today + 1 // the change after today; later than the walk began while there is none
				for today--; today > d-450; today-- {
					if h := r.Holds(d, today, s); h != held {
						held, next = h, today+1
					}
					if got, ok := r.NextDay(d, today, s); next <= d+450 && got != next || ok && got < next {
						t.Fatalf("relation %d of %v, %v: after %v changes on %v (%v), want %v", r, d, s, today, got, ok, next)
					}
				}
			}
		}
	}
}

// Spans of about a year and dates about a leap day are where an anniversary's window may or may not have a gap.
func TestNextDayOfAnniversariesKnowsEveryLeapDayOfACentury(t *testing.T) {
	dates := []string{
		"1880-02-27", "1880-02-28", "1880-02-29", "1880-03-01", "1880-03-31", "1881-02-28", "1881-12-31", "1882-01-01",
		"1900-02-28", "1903-03-01",
	}
	spans := []calendar.Span{
		span(1, days), span(28, days), span(364, days), span(365, days), span(366, days), span(52, weeks), span(53, weeks),
		span(1, months), span(11, months), span(12, months), span(13, months), span(1, years), span(2, years),
	}
	from, to := day("1879-01-01"), day("1985-01-01")
	for _, s := range spans {
		for _, date := range dates {
			d := day(date)
			held := calendar.Anniversary.Holds(d, to, s)
			var want calendar.Day // the change after today, zero while we have seen none; 1970-01-01 is none
			for today := to - 1; today >= from; today-- {
				if h := calendar.Anniversary.Holds(d, today, s); h != held {
					held, want = h, today+1
				}
				if want == 0 {
					continue
				}
				if got, ok := calendar.Anniversary.NextDay(d, today, s); got != want || !ok {
					t.Fatalf("anniversary of %v within %v: after %v changes on %v (%v), want %v", d, s, today, got, ok, want)
				}
			}
			if got, ok := calendar.Anniversary.NextDay(d, day("1900-06-01"), s); want == 0 && ok {
				t.Fatalf("anniversary of %v within %v: changes on %v, want never", d, s, got)
			}
		}
	}
}

func TestNextDayEndsWithTheYear9999(t *testing.T) {
	for _, tt := range []struct {
		relation calendar.Relation
		d, today string
		span     calendar.Span
		want     string // "" is never
		why      string
	}{
		{calendar.InNext, "9999-12-30", "9999-12-30", span(1, days), "9999-12-31", "the last day can still change things"},
		{calendar.InNext, "9999-12-31", "9999-12-31", span(1, days), "", "the day after does not exist"},
		{calendar.Ago, "9999-12-31", "2025-01-01", span(1, days), "", "a day ago only in the year 10000"},
		{calendar.Ago, "2025-01-01", "2025-01-01", span(3_660_000, years), "", "far beyond"},
		{calendar.InLast, "9999-12-31", "2025-01-01", span(3_660_000, years), "9999-12-31", "begins, and never ends"},
		{calendar.Ahead, "9999-12-31", "2025-01-01", span(3_660_000, days), "", "never was"},
		{calendar.Anniversary, "9999-06-01", "2025-01-01", span(1, days), "", "its first is in the year 10000"},
		{calendar.Anniversary, "9998-12-31", "2025-01-01", span(1, days), "9999-12-31", "its first is the last day"},
	} {
		got, ok := tt.relation.NextDay(day(tt.d), day(tt.today), tt.span)
		if ok != (tt.want != "") || ok && got != day(tt.want) {
			t.Errorf("relation %d of %s, %v: after %s changes on %v (%v), want %q: %s",
				tt.relation, tt.d, tt.span, tt.today, got, ok, tt.want, tt.why)
		}
	}
}

func TestAnUnknownRelationPanicsInsteadOfGuessing(t *testing.T) {
	for name, ask := range map[string]func(){
		"Holds":   func() { calendar.Relation(5).Holds(0, 0, span(1, days)) },
		"NextDay": func() { calendar.Relation(5).NextDay(0, 0, span(1, days)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s guessed", name)
				}
			}()
			ask()
		}()
	}
}

func TestHoldsDoesNotAllocate(t *testing.T) {
	d, today := day("1996-02-29"), day("2025-02-28")
	for _, r := range relations {
		for _, unit := range []calendar.Unit{days, weeks, months, years} {
			if n := testing.AllocsPerRun(100, func() {
				r.Holds(d, today, span(1, unit))
				r.NextDay(d, today, span(1, unit))
			}); n != 0 {
				t.Errorf("relation %d, unit %d allocates %v times per user; a million users pay for each", r, unit, n)
			}
		}
	}
}

func BenchmarkHolds(b *testing.B) {
	d, today, s := day("1996-02-29"), day("2025-02-28"), span(1, months)
	for b.Loop() {
		calendar.Anniversary.Holds(d, today, s)
	}
}
