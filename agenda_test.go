package groups

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/program"
	"pgregory.net/rapid"
)

// agendaOf is one of a zone, at an instant.
func agendaOf(now time.Time, zone *time.Location) *agenda {
	return &agenda{view: View{Now: now, Zone: zone}, day: calendar.In(now, zone)}
}

// indexOf is an index of one predicate of an aspect.
func indexOf(a aspect, p *predicate) *index {
	x := &index{aspects: map[string]aspect{"f": a}, agendas: map[*time.Location]*agenda{p.agenda.view.Zone: p.agenda}}
	if of, is := a.(*enrollmentAspect); is {
		of.x, x.ids = x, of.x.ids
		for n := range x.ids {
			x.present.Add(uint32(n))
		}
	}
	p.aspect, p.flips, a.asking().predicates = a, &x.flips, []*predicate{p}
	a.tidy()
	x.fillAll([]*predicate{p})
	return x
}

// compare fails where the sets of a predicate are not what its condition says.
func compare(t *rapid.T, p *predicate, now time.Time, users []*User) {
	for n, u := range users {
		got := No
		switch {
		case p.yes.Has(uint32(n)):
			got = Yes
		case p.unknown.Has(uint32(n)):
			got = Unknown
		}
		if want := p.leaf.verdict(u, &View{Now: now, Zone: p.agenda.view.Zone}); got != want {
			t.Fatalf("%v of %+v at %v: the set says %v, the condition %v", p.leaf, u, now, got, want)
		}
	}
}

// one is one of the people.
func one(n uint32, u *User) []person { return []person{{n: n, filedUser: &filedUser{User: *u}}} }

// days takes a predicate through days, one by one or many at once, the clock is set back, and users become such as
// others are, or were, or as nobody was yet.
func days(t *rapid.T, a aspect, users, others []*User, p *predicate) {
	x, pool := indexOf(a, p), slices.Concat(users, others)
	now := p.agenda.view.Now
	for range rapid.IntRange(1, 30).Draw(t, "acts") {
		if len(users) > 0 && rapid.Bool().Draw(t, "somebody changes") {
			n := rapid.IntRange(0, len(users)-1).Draw(t, "who")
			like := *pool[rapid.IntRange(0, len(pool)-1).Draw(t, "like whom")]
			users[n] = &like
			a.put(one(uint32(n), users[n]))
		} else {
			now = now.Add(time.Duration(rapid.IntRange(-30, rapid.SampledFrom([]int{40, 40, 60 * 24}).Draw(t, "at most")).Draw(t, "hours")) * time.Hour)
		}
		if now.AddDate(0, 0, 1).Year() > 9999 {
			return // there are no such days
		}
		x.advance(now)
		if !p.filled { // the clock was set back
			x.fillAll([]*predicate{p})
		}
		if rapid.Bool().Draw(t, "one user is looked at") {
			x.flatten(&recipe{predicates: []*predicate{p}, places: []int{0}, terms: make([]program.Term, 1)})
			x.seatAll()
		}
		for n, u := range users {
			if got, want := p.truth(uint32(n), true), truthOf(p.leaf.verdict(u, &View{Now: now, Zone: p.agenda.view.Zone})); got != want {
				t.Fatalf("%v of %+v at %v: %v, the condition says %v", p.leaf, u, now, got, want)
			}
		}
		if rapid.Bool().Draw(t, "the sets are read") {
			a.tidy()
			compare(t, p, now, users)
		}
	}
}

func TestAPredicateTakenThroughDaysIsThatOfAskingEachUser(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		a, users, p := drawnWorld(t, true, TypeDate, TypeInstant)
		days(t, a, users, nil, p)
	})
}

func TestCoursesTakenThroughDaysAreThoseOfAskingEachUser(tt *testing.T) {
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		tt.Fatal(err)
	}
	begin := time.Date(2026, 3, 20, 22, 30, 0, 0, time.UTC)
	courses := []string{"a", "b", "c"}
	rapid.Check(tt, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 2, 30}).Draw(t, "users")
		a := newEnrollmentAspect(&index{ids: make([]UserID, n)})
		users := make([]*User, n+10)
		for i := range users {
			var list []Enrollment
			for _, course := range courses {
				at := begin.Add(time.Duration(rapid.IntRange(-60*24, 30*24).Draw(t, "completed")) * time.Hour)
				switch e := (Enrollment{Course: course, Status: Completed}); rapid.IntRange(0, 4).Draw(t, "record") {
				case 0:
				case 1:
					list = append(list, e) // whether it is completed is unknown
				case 2:
					e.Completed = At(at)
					list = append(list, e)
				default:
					e.Completed = Day(NewDate(at.Date()))
					list = append(list, e)
				}
			}
			users[i] = &User{Enrollments: Enrolled(list...)}
			if rapid.IntRange(0, 4).Draw(t, "partial") == 0 {
				users[i].Enrollments = users[i].Enrollments.Partial()
			}
			if i < n {
				a.put(one(uint32(i), users[i]))
			}
		}
		c := Courses(courses[:rapid.IntRange(1, 3).Draw(t, "courses")]...)
		if rapid.Bool().Draw(t, "all") {
			c = c.All()
		}
		c = c.AreCompleted(CompletionDate.InLast(rapid.IntRange(1, 40).Draw(t, "days"), Days))
		rule, err := new(Schema).Compile(AnySets(All(c)))
		if err != nil {
			t.Fatal(err)
		}
		days(t, a, users[:n], users[n:], &predicate{leaf: rule.sets[0].leaves[0], relative: true, agenda: agendaOf(begin, zone)})
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
		a.put(one(uint32(n), &User{Fields: map[string]Value{"f": Day(NewDate(first.AddDate(0, 0, n/1000).Date()))}}))
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
