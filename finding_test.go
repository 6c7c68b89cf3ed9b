package groups_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// This file shows what runs find wrong with data: each finding once, naming everybody concerned, and
// nobody moved by it. It is written in the shorthand of evaluator_test.go.

// findingWorld has a rule of every kind, and nothing is wrong with it.
func findingWorld(t *testing.T) *evalWorld {
	w := newEvalWorld(t, nil)
	w.people(evalUser("dee", evalHas("team", groups.Choice("red")), evalHas("score", groups.Number(1)),
		evalHas("hired", groups.Day(groups.NewDate(2026, 1, 1))), evalTook("latin", "enrolled"), evalUnder("bob")))
	w.save(evalManual("club"), evalGroup("every",
		evalTeam.Is("red"), evalScore.AtLeast(1), evalHired.InLast(90, groups.Days), evalOrg.IsOrBelow("world").Not(),
		groups.UserBelow("bob"), groups.Courses("latin").Are("enrolled"), groups.MemberOfAny("romans", "club").Not(),
		groups.StatusIs(groups.StatusActive), groups.HasReports().Not(), groups.Everyone{}))
	w.want(w.process(), "every +dee(rule)")
	return w
}

// findingCodes are the findings of a run in short: "code where".
func findingCodes(list []groups.Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, string(f.Code)+" "+f.Where)
	}
	return strings.Join(out, "; ")
}

func TestACleanWorldHasNoFindings(t *testing.T) {
	w := findingWorld(t)
	for name, run := range map[string]func() (*groups.Run, error){
		"process":  func() (*groups.Run, error) { return w.ev.Process(t.Context()) },
		"evaluate": func() (*groups.Run, error) { return w.ev.Evaluate(t.Context(), "every") },
		"preview": func() (*groups.Run, error) {
			p, err := w.ev.Preview(t.Context(), evalGroup("x", groups.UserIs("ann")), nil)
			return &groups.Run{Findings: p.Findings}, err
		},
		"changed": func() (*groups.Run, error) {
			return w.ev.Changed(t.Context(), groups.Touched{Users: []groups.UserID{"ann"}, Enrollments: []groups.UserID{"dee"}})
		},
		"units": func() (*groups.Run, error) {
			return w.ev.Changed(t.Context(), groups.Touched{Units: []groups.Unit{{Tree: "org", ID: "emea"}}})
		},
		"assign": func() (*groups.Run, error) { return w.ev.Assign(t.Context(), "club", groups.Decision{}, "stranger") },
	} {
		r, err := run()
		w.must(err)
		if r.Findings == nil || len(r.Findings) > 0 {
			t.Errorf("%s: %v", name, r.Findings)
		}
	}
}

func TestEachFindingIsMadeOnceAndNamesEverybodyConcerned(t *testing.T) {
	at := func(g string) string { return "group " + g + " /sets/0/conditions/0" }
	for _, c := range []struct {
		code, where string
		names       []string
		spoil       func(w *evalWorld)
	}{
		{"unknownUnit", at("x"), []string{`"org"`, `"mars"`}, func(w *evalWorld) { w.save(evalGroup("x", evalOrg.Is("emea", "mars"))) }},
		{"unknownTree", at("x"), []string{`"ghost"`}, func(w *evalWorld) { w.save(evalGroup("x", groups.Tree("ghost").Is("emea", "mars"))) }},
		{"unknownGroup", at("x"), []string{`"none"`}, func(w *evalWorld) { w.save(evalGroup("x", groups.MemberOfAll("romans", "none"))) }},
		{"inactiveGroup", at("x"), []string{`"asleep"`}, func(w *evalWorld) {
			asleep := evalManual("asleep")
			asleep.Status = groups.Inactive
			w.save(asleep, evalGroup("x", groups.MemberOfAny("romans", "asleep")))
		}},
		{"inactiveGroup", at("x"), []string{`"asleep"`, `"club"`}, func(w *evalWorld) {
			asleep := evalManual("asleep")
			asleep.Status, asleep.Parent = groups.Inactive, "club"
			w.save(asleep, evalGroup("x", groups.MemberOfAny("club").WithBelow()))
		}},
		{"unknownUser", at("x"), []string{`"nobody"`}, func(w *evalWorld) { w.save(evalGroup("x", groups.UserIs("ann", "nobody"))) }},
		{"unknownCourse", at("x"), []string{`"greek"`}, func(w *evalWorld) { w.save(evalGroup("x", groups.Courses("latin", "greek").AreEnrolled())) }},
		{"unknownRecords", at("x"), []string{`"greek"`}, func(w *evalWorld) {
			w.people(groups.User{ID: "gil", Enrollments: groups.Enrolled(groups.Enrollment{Course: "greek"})})
			w.save(evalGroup("x", groups.Courses("latin", "greek").Are("enrolled")))
		}},
		{"unknownStatus", at("x"), []string{`"slept"`}, func(w *evalWorld) { w.save(evalGroup("x", groups.Courses("latin").Are("enrolled", "slept"))) }},
		{"unknownOption", at("x"), []string{`"team"`, `"green"`}, func(w *evalWorld) { w.save(evalGroup("x", evalTeam.IsNot("red", "green"))) }},
		{"brokenRule", "group romans", []string{"/sets/0/conditions/0/field", `"city"`}, func(w *evalWorld) {
			s := evalSchema()
			s.Fields = s.Fields[1:]
			w.write(groups.PeopleChange{Schema: s})
		}},
		{"badValue", "field team", []string{`"green"`, `"ann"`, `"cid"`}, func(w *evalWorld) {
			w.people(evalUser("ann", evalIn("Rome"), evalUnder("bob"), evalHas("team", groups.Choice("green"))),
				evalUser("cid", evalUnder("bob"), evalHas("team", groups.Choice("green"))))
		}},
		{"badValue", "field score", []string{"text", "number", `"ann"`}, func(w *evalWorld) {
			w.people(evalUser("ann", evalIn("Rome"), evalUnder("bob"), evalHas("score", groups.Text("1"))))
		}},
		{"ring", "reporting line", []string{`"ann", "bob", "ann"`}, func(w *evalWorld) { w.people(evalUser("bob", evalIn("Rome"), evalUnder("ann"))) }},
		{"ring", "reporting line", []string{`"eve"`}, func(w *evalWorld) { w.people(evalUser("eve", evalUnder("eve"))) }},
		{"ring", "tree org", []string{`"apac", "emea", "world", "apac"`}, func(w *evalWorld) { w.units("apac<emea", "emea<world", "world<apac") }},
		{"missingParent", "reporting line", []string{`"ghost"`, `"eve", "fay"`}, func(w *evalWorld) {
			w.people(evalUser("fay", evalUnder("ghost")), evalUser("eve", evalUnder("ghost")))
		}},
		{"missingParent", "tree org", []string{`"mars"`, `"apac", "emea"`}, func(w *evalWorld) { w.units("apac<mars", "emea<mars", "world<") }},
		{"strayUnit", "tree org", []string{`"mars"`, `"eve", "fay"`}, func(w *evalWorld) {
			w.people(evalUser("eve", evalAt("mars")), evalUser("fay", evalAt("emea", "mars")))
		}},
		{"clockSkew", "clock", []string{"2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"}, func(w *evalWorld) { w.now = w.now.Add(-time.Hour) }},
	} {
		t.Run(c.code+" of "+c.names[0], func(t *testing.T) {
			w := findingWorld(t)
			c.spoil(w)
			for range 2 { // a run finds it again as long as it is there, and writing changes nothing about that
				r, err := w.ev.Process(t.Context())
				w.must(err)
				w.want(findingCodes(r.Findings), c.code+" "+c.where)
				for _, name := range c.names {
					if len(r.Findings) > 0 && !strings.Contains(r.Findings[0].Text, name) {
						t.Errorf("%s is not in %v", name, r.Findings[0])
					}
				}
			}
		})
	}
}

// findingStore yields groups otherwise than Memory, which keeps its promises, would.
type findingStore struct {
	*groups.Memory
	as func(g groups.Group) (groups.Group, bool)
}

func (s findingStore) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return func(yield func(groups.Group, error) bool) {
		for g, err := range s.Memory.Groups(ctx) {
			if g, ok := s.as(g); (ok || err != nil) && !yield(g, err) {
				return
			}
		}
	}
}

func TestAStoreWithARingOfGroupsMovesNobodyOnIt(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("a", evalCity.Is("Rome")), evalGroup("b", groups.MemberOfAny("a")), evalGroup("c", groups.MemberOfAny("b").Not()))
	w.want(w.process(), "a +ann(rule) +bob(rule); b +ann(rule) +bob(rule); c +cid(rule)")
	w.people(evalUser("ann", evalIn("Oslo")))
	store := findingStore{w.Memory, func(g groups.Group) (groups.Group, bool) {
		if g.ID == "a" {
			g.Criteria = groups.AnySets(groups.All(groups.MemberOfAny("b")), groups.All(evalCity.Is("Athens")))
		}
		return g, true
	}}
	r, err := groups.NewEvaluator(w.Memory, store, nil).Process(t.Context())
	w.must(err)
	w.want(findingCodes(r.Findings), "groupCycle group a")
	if len(r.Findings) > 0 && !strings.Contains(r.Findings[0].Text, "a → b → a") {
		t.Errorf("got %v", r.Findings)
	}
	w.want(evalDiffs(r), "a ?ann ?bob ?cid; b ?ann ?bob ?cid; c ?ann ?bob ?cid; romans -ann(rule)")
}

func TestFindingsWithoutPeople(t *testing.T) {
	// A feed that suddenly has nobody is when somebody looks at the findings.
	m := groups.NewMemory()
	err := m.Write(t.Context(), groups.PeopleChange{Schema: evalSchema(), Trees: map[groups.Tree][]groups.Unit{"org": {{ID: "a", Parent: "a"}}}})
	if err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, nil)
	for _, g := range []groups.Group{evalGroup("x", groups.UserIs("ann")), evalGroup("y", groups.Courses("latin").AreEnrolled())} {
		if _, err := ev.Save(t.Context(), g, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ev.Evaluate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "ring tree org; unknownCourse group y /sets/0/conditions/0; unknownUser group x /sets/0/conditions/0"
	if got := findingCodes(r.Findings); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestARunOfFewDoesNotClaimWhatTakesEverybodyToSee(t *testing.T) {
	w := findingWorld(t)
	w.people(evalUser("bob", evalIn("Rome"), evalUnder("ghost"), evalAt("mars")))
	r, err := w.ev.Changed(t.Context(), groups.Touched{Enrollments: []groups.UserID{"bob"}})
	w.must(err)
	w.want(findingCodes(r.Findings), "")
}

func TestWhatIsDeletedUnderARuleMovesNobody(t *testing.T) {
	drop := func(change func(s *groups.Schema)) func(w *evalWorld) groups.Store {
		return func(w *evalWorld) groups.Store {
			s := evalSchema()
			change(s)
			w.write(groups.PeopleChange{Schema: s})
			return w.Memory
		}
	}
	for _, c := range []struct {
		name, code string
		condition  interface {
			groups.Condition
			fmt.Stringer
		}
		spoil func(w *evalWorld) groups.Store
	}{
		{"a unit", "unknownUnit", evalOrg.IsOrBelow("emea"), func(w *evalWorld) groups.Store {
			w.units("apac<world", "rome<emea", "world<")
			return w.Memory
		}},
		{"all units", "unknownUnit", evalOrg.IsOrBelow("emea"), func(w *evalWorld) groups.Store { w.units(); return w.Memory }},
		{"the tree", "unknownTree", evalOrg.IsOrBelow("emea"), func(w *evalWorld) groups.Store {
			w.units()
			return drop(func(s *groups.Schema) { s.Trees = nil })(w)
		}},
		{"the field", "brokenRule", evalTeam.Is("red"), drop(func(s *groups.Schema) { s.Fields = s.Fields[:1] })},
		{"the type", "brokenRule", evalTeam.Is("red"), drop(func(s *groups.Schema) { s.Fields[1] = groups.Field{Name: "team", Type: groups.TypeNumber} })},
		{"its use in rules", "brokenRule", evalTeam.Is("red"), drop(func(s *groups.Schema) { s.Fields[1].NotForCriteria = true })},
		{"an option", "badValue", evalTeam.Is("red"), drop(func(s *groups.Schema) { s.Fields[1].Options = s.Fields[1].Options[1:] })},
		{"a status", "unknownStatus", groups.Courses("latin").Are("completed"), drop(func(s *groups.Schema) { s.EnrollmentStatuses = s.EnrollmentStatuses[:1] })},
		{"a manager", "missingParent", groups.UserIsOrBelow("boss"), func(w *evalWorld) groups.Store {
			w.write(groups.PeopleChange{Remove: []groups.UserID{"boss"}})
			return w.Memory
		}},
		{"a group", "unknownGroup", groups.MemberOfAny("romans"), func(w *evalWorld) groups.Store {
			return findingStore{w.Memory, func(g groups.Group) (groups.Group, bool) { return g, g.ID != "romans" }}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newEvalWorld(t, nil)
			w.units("apac<world", "emea<world", "rome<emea", "world<")
			w.people(evalUser("boss"),
				evalUser("ann", evalIn("Rome"), evalHas("team", groups.Choice("red")), evalAt("rome"), evalUnder("boss"), evalTook("latin", "completed")),
				evalUser("bob", evalIn("Rome"), evalHas("team", groups.Choice("red")), evalAt("emea"), evalUnder("ann"), evalTook("latin", "completed")),
				evalUser("cid", evalIn("Oslo"), evalHas("team", groups.Choice("blue")), evalAt("apac"), evalTook("latin", "enrolled")))
			opposite := groups.Group{}
			switch c := c.condition.(type) {
			case groups.FieldCondition:
				opposite = evalGroup("out", c.Not())
			case groups.UnitCondition:
				opposite = evalGroup("out", c.Not())
			case groups.UserCondition:
				opposite = evalGroup("out", c.Not(), groups.UserIs("boss").Not())
			case groups.EnrollmentCondition:
				opposite = evalGroup("out", c.Not())
			case groups.GroupCondition:
				opposite = evalGroup("out", c.Not())
			}
			w.save(evalGroup("in", c.condition, groups.UserIs("boss").Not()), opposite)
			w.process()
			w.want(w.members("in"), "ann bob")
			before := w.members("out")
			store := c.spoil(w)
			r, err := groups.NewEvaluator(w.Memory, store, nil).Process(t.Context())
			w.must(err)
			w.want(w.members("in")+"/"+w.members("out"), "ann bob/"+before)
			if !slices.ContainsFunc(r.Findings, func(f groups.Finding) bool { return string(f.Code) == c.code }) {
				t.Errorf("no %s in %v", c.code, r.Findings)
			}
		})
	}
}

func TestRingsAndGapsEndWhatTheyAreAskedFor(t *testing.T) {
	// A ring answers No for whoever is not on it; a missing parent answers Unknown, and moves nobody.
	evalTable(t, nil, []evalCase{
		{"a ring of managers", func(w *evalWorld) {
			w.people(evalUser("x", evalUnder("z")), evalUser("y", evalUnder("x")), evalUser("z", evalUnder("y")), evalUser("leaf", evalUnder("y")))
			w.save(evalGroup("x-line", groups.UserBelow("x")), evalGroup("bob-line", groups.UserIsOrBelow("bob")), evalGroup("bob-not", groups.UserIsOrBelow("bob").Not()))
			w.want(w.process(), "bob-line +ann(rule) +bob(rule) +cid(rule); bob-not +leaf(rule) +x(rule) +y(rule) +z(rule); x-line +leaf(rule) +y(rule) +z(rule)")
		}},
		{"who is their own manager", func(w *evalWorld) {
			w.people(evalUser("x", evalUnder("x")), evalUser("y", evalUnder("x")))
			w.save(evalGroup("below", groups.UserBelow("x")), evalGroup("leads", groups.HasReports()))
			w.want(w.process(), "below +y(rule); leads +bob(rule) +x(rule)")
		}},
		{"a ring of units", func(w *evalWorld) {
			w.units("a<c", "b<a", "c<b", "d<c", "world<")
			w.people(evalUser("x", evalAt("d")), evalUser("y", evalAt("a")))
			w.write(groups.PeopleChange{Remove: []groups.UserID{"ann", "bob", "cid"}})
			w.save(evalGroup("in-a", evalOrg.IsOrBelow("a")), evalGroup("below-a", evalOrg.Below("a")), evalGroup("in-world", evalOrg.IsOrBelow("world")))
			w.want(w.process(), "below-a +x(rule); in-a +x(rule) +y(rule); romans -ann(absence) -bob(absence)")
		}},
		{"two roots", func(w *evalWorld) {
			w.units("apac<east", "east<", "emea<west", "west<", "world<")
			w.save(evalGroup("east", evalOrg.IsOrBelow("east")), evalGroup("west", evalOrg.IsOrBelow("west")))
			w.want(w.process(), "east +cid(rule); west +ann(rule)")
		}},
		{"a missing parent moves nobody, in or out", func(w *evalWorld) {
			w.save(evalGroup("in", evalOrg.IsOrBelow("world")), evalGroup("asian", evalOrg.IsOrBelow("apac")))
			w.want(w.process(), "asian +cid(rule); in +ann(rule) +bob(rule) +cid(rule)")
			w.units("apac<world", "emea<lost", "world<")
			w.want(w.process(), "asian ?ann; in ?ann")
			w.want(w.members("in"), "ann bob cid")
		}},
		{"a unit that is not in its tree still answers is", func(w *evalWorld) {
			w.people(evalUser("x", evalAt("lost")))
			w.save(evalGroup("is", evalOrg.Is("emea").Not()), evalGroup("below", evalOrg.Below("world").Not()))
			w.want(w.process(), "below +bob(rule) ?x; is +bob(rule) +cid(rule) +x(rule)")
		}},
		{"ten thousand levels", func(w *evalWorld) {
			const depth, line = 10_000, 2_000 // everybody climbs the line, so that it costs the square
			id := func(n int) string { return fmt.Sprintf("n%05d", n) }
			var links []string
			for n := range depth {
				links = append(links, id(n)+"<"+id((n+1)%depth)) // a ring
			}
			var people []groups.User
			for n := range line {
				people = append(people, evalUser(groups.UserID(id(n)), evalUnder(groups.UserID(id(n+1))))) // ends in nobody
			}
			people[0].Units["org"] = []string{id(0)}
			people[1].Units["org"] = []string{id(depth - 1)}
			w.units(append(links, "world<")...)
			w.people(people...)
			w.save(evalGroup("units", evalOrg.IsOrBelow(id(depth/2))), evalGroup("outside", evalOrg.IsOrBelow("world").Not()),
				evalGroup("line", groups.UserBelow(groups.UserID(id(line-1)))))
			start := time.Now()
			r, err := w.ev.Process(w.Context())
			w.must(err)
			for g, want := range map[groups.GroupID]int{"units": 2, "outside": line, "line": line - 1} {
				if d, _ := r.Diff(g); len(d.Joined) != want {
					w.Errorf("%s has %d", g, len(d.Joined))
				}
			}
			w.want(w.changed(groups.Touched{Users: []groups.UserID{people[line-1].ID}}), "line ?n01999")
			if took := time.Since(start); took > 10*time.Second {
				w.Errorf("it took %v", took)
			}
		}},
	})
}

func TestABackwardClockTakesNobodyOut(t *testing.T) {
	recent := evalGroup("recent", evalHired.InLast(7, groups.Days))
	hired := func(id groups.UserID, day int) groups.User {
		return evalUser(id, evalHas("hired", groups.Day(groups.NewDate(2026, 3, day))))
	}
	evalTable(t, nil, []evalCase{
		{"after a run of everybody", func(w *evalWorld) {
			w.people(hired("dee", 10))
			w.save(recent)
			w.now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
			w.want(w.process(), "recent +dee(rule)")
			last := w.now
			w.now = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // dee is not hired yet
			for range 2 {
				r, err := w.ev.Process(w.Context())
				w.must(err)
				w.want(evalDiffs(r)+findingCodes(r.Findings), "clockSkew clock")
				if !r.Now.Equal(last) {
					w.Errorf("the clock of the run is %v", r.Now)
				}
			}
			w.want(w.changed(groups.Touched{Users: []groups.UserID{"dee"}}), "")
			x, err := w.ev.Explain(w.Context(), "recent", "dee")
			w.must(err)
			w.want(fmt.Sprint(x.Verdict), "yes")
		}},
		{"after a run of one user", func(w *evalWorld) {
			w.save(recent)
			w.process()
			w.now = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)
			w.people(hired("dee", 5))
			w.want(w.changed(groups.Touched{Users: []groups.UserID{"dee"}}), "recent +dee(rule)")
			w.now = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
			w.want(w.process(), "")
		}},
		{"one group behind the others does not hold them back", func(w *evalWorld) {
			w.people(hired("dee", 10))
			w.save(recent)
			w.now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
			w.process("recent")
			w.now = w.now.Add(-time.Hour)
			r, err := w.ev.Process(w.Context(), "romans") // last run on the first of March
			w.must(err)
			w.want(findingCodes(r.Findings), "")
		}},
		{"an assignment that ended stays ended", func(w *evalWorld) {
			_, err := w.ev.Assign(w.Context(), "romans", groups.Decision{Until: w.now.Add(time.Hour)}, "cid")
			w.must(err)
			w.now = w.now.Add(2 * time.Hour)
			w.want(w.process(), "romans -cid(unassignment)")
			w.now = w.now.Add(-90 * time.Minute)
			w.want(w.process(), "")
		}},
	})
}

func TestDatesTurnWhereTheGroupIs(t *testing.T) {
	for _, c := range []struct {
		name, zone, now, next string
		hired                 groups.Date
	}{
		{"no zone is UTC", "", "2026-03-01T09:00:00Z", "2026-03-02T00:00:00Z", groups.NewDate(2026, 3, 1)},
		{"east of it", "Asia/Tokyo", "2026-03-01T09:00:00Z", "2026-03-01T15:00:00Z", groups.NewDate(2026, 3, 1)},
		{"a midnight that is skipped", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T03:00:00Z", groups.NewDate(2018, 11, 3)},
		{"a day that is skipped", "Pacific/Apia", "2011-12-29T20:00:00Z", "2011-12-30T10:00:00Z", groups.NewDate(2011, 12, 29)},
		{"a day of 25 hours", "Europe/London", "2026-10-25T00:30:00Z", "2026-10-26T00:00:00Z", groups.NewDate(2026, 10, 25)},
		{"29 February in a common year", "", "2026-02-28T12:00:00Z", "2026-03-01T00:00:00Z", groups.NewDate(2026, 2, 28)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newEvalWorld(t, nil)
			g := evalGroup("today", evalHired.InLast(1, groups.Days))
			g.Zone = c.zone
			m := groups.NewMemory()
			w.must(m.Write(t.Context(), groups.PeopleChange{Schema: evalSchema(), Upsert: []groups.User{evalUser("ann", evalHas("hired", groups.Day(c.hired)))}}))
			now, err := time.Parse(time.RFC3339, c.now)
			w.must(err)
			ev := groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return now }})
			_, err = ev.Save(t.Context(), g, "admin")
			w.must(err)
			for now.Format(time.RFC3339) != c.next {
				r, err := ev.Changed(t.Context(), groups.Touched{})
				w.must(err)
				if is, err := ev.IsMember(t.Context(), "today", "ann"); err != nil || !is {
					t.Fatalf("at %v: %v %v", now, is, err)
				}
				if r.Next.IsZero() || r.Next.Format(time.RFC3339) > c.next {
					t.Fatalf("at %v: next is %v, want %s", now, r.Next, c.next)
				}
				now = r.Next
			}
			r, err := ev.Changed(t.Context(), groups.Touched{})
			w.must(err)
			w.want(evalDiffs(r), "today -ann(rule)")
		})
	}
}
