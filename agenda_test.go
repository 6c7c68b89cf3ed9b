package groups

import (
	"fmt"
	"testing"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"pgregory.net/rapid"
)

// agendaOf is one of a zone, at an instant.
func agendaOf(now time.Time, zone *time.Location) *agenda {
	return &agenda{view: View{Now: now, Zone: zone}, day: calendar.In(now, zone)}
}

// indexOf is an index of one predicate of an aspect.
func indexOf(a *valued, p *predicate) *index {
	x := &index{aspects: map[string]aspect{"field f": a}, agendas: map[*time.Location]*agenda{p.agenda.view.Zone: p.agenda}}
	p.flips, a.predicates = &x.flips, []*predicate{p}
	a.tidy()
	x.fillAll([]*predicate{p})
	return x
}

// Days come, one by one or many at once, the clock is set back, and users take other values, also such as nobody had
// for a while.
func TestAPredicateTakenThroughDaysIsThatOfAskingEachUser(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		a, users, p := drawnWorld(t, true, TypeDate, TypeInstant)
		x := indexOf(a, p)
		now := p.agenda.view.Now
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			if len(users) > 0 && rapid.Bool().Draw(t, "somebody changes") {
				n := rapid.IntRange(0, len(users)-1).Draw(t, "who")
				users[n] = &User{Fields: users[rapid.IntRange(0, len(users)-1).Draw(t, "whose value")].Fields}
				a.put(uint32(n), users[n])
			} else {
				now = now.Add(time.Duration(rapid.IntRange(-30, 60*24).Draw(t, "hours")) * time.Hour)
			}
			if now.AddDate(0, 0, 1).Year() > 9999 {
				return // there are no such days
			}
			x.advance(now)
			if !p.filled { // the clock was set back
				x.fillAll([]*predicate{p})
			}
			for n, u := range users {
				got := No
				switch {
				case p.yes.Has(uint32(n)):
					got = Yes
				case p.unknown.Has(uint32(n)):
					got = Unknown
				}
				if want := p.leaf.verdict(u, &View{Now: now, Zone: p.agenda.view.Zone}); got != want || truthOf(want) != p.truth(uint32(n), true) {
					t.Fatalf("%v of %v at %v: the set says %v, the table %v, the condition %v", p.leaf, u.Fields["f"], now, got, p.truth(uint32(n), true), want)
				}
			}
		}
	})
}

// Hired on a hundred days, one after another, are a thousand users each.
func TestADayAsksOnlyForWhatItChanges(t *testing.T) {
	rule, err := (&Schema{Fields: []Field{{Name: "f", Type: TypeDate}}}).Compile(AnySets(All(DateField("f").InLast(7, Days))))
	if err != nil {
		t.Fatal(err)
	}
	a := fieldAspect("f")
	first := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for n := range 100_000 {
		a.put(uint32(n), &User{Fields: map[string]Value{"f": Day(NewDate(first.AddDate(0, 0, n/1000).Date()))}})
	}
	asked, like := 0, a.like
	a.like = func(code uint32, u *User) {
		asked++
		like(code, u)
	}
	p := &predicate{aspect: a, leaf: rule.sets[0].leaves[0], relative: true, agenda: agendaOf(first.AddDate(0, 0, -30), time.UTC)}
	x := indexOf(a, p)
	for _, c := range []struct {
		days       int
		asks, flip int
		why        string
	}{
		{-29, 0, 0, "the first was not hired yet: it is not woken"},
		{-1, 0, 0, "nor so long after"},
		{0, 3, 1000, "the first day: one value begins"},
		{1, 3, 1000, "and another"},
		{20, 40, 9000, "many days at once: what was left behind, and what has begun"},
		{300, 170, 7000, "all are left behind, some of which never were in"},
		{301, 0, 0, "and nothing is left to wait for"},
	} {
		asked, x.flips = 0, flips{on: true}
		if x.advance(first.AddDate(0, 0, c.days)); asked > c.asks {
			t.Errorf("day %d: %d values were asked for, and not %d at most: %s", c.days, asked, c.asks, c.why)
		}
		if x.flips.count != c.flip {
			t.Errorf("day %d: %d users were told of, want %d: %s", c.days, x.flips.count, c.flip, c.why)
		}
	}
	if p.until != noDay {
		t.Error(fmt.Sprint("it waits for ", p.until))
	}
}
