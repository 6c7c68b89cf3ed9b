package groups_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// readings counts how often the groups of a Store, and the people of a Directory, are all read.
type readings struct {
	*groups.Memory
	groups, users int
}

func (r *readings) Unwrap() any { return r.Memory }

func (r *readings) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	r.groups++
	return r.Memory.Groups(ctx)
}

func (r *readings) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	r.users++
	return r.Memory.Users(ctx)
}

// followed is a world whose Evaluator has an index, and has processed everything, beside the readings of its stores.
func followed(tb testing.TB, save ...groups.Group) (*evalWorld, *readings) {
	w := newEvalWorld(tb, nil)
	read := &readings{Memory: w.Memory}
	w.ev = groups.NewEvaluator(read, read, &groups.Options{Now: func() time.Time { return w.now }})
	w.save(save...)
	w.process()
	read.groups, read.users = 0, 0
	return w, read
}

// So many values are more than what is kept of them side by side has room for when the first are asked about.
func TestValuesThatNobodyHadBeforeAreAskedAbout(t *testing.T) {
	w, _ := followed(t, evalGroup("late", evalCity.StartsWith("late")))
	for i := range 600 {
		w.people(evalUser("cid", evalIn(fmt.Sprint("early ", i))))
		w.want(w.changed(groups.Touched{Users: []groups.UserID{"cid"}}), "")
	}
	w.people(evalUser("cid", evalIn("late at last")))
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"cid"}}), "late +cid(rule)")
}

func TestOneChangedUserReadsNoOtherUsersAndNoGroups(t *testing.T) {
	w, read := followed(t, evalGroup("both", groups.MemberOfAny("romans"), evalOrg.IsOrBelow("world")), evalGroup("line", groups.UserIsOrBelow("bob")))
	for _, c := range []struct {
		what   string
		change groups.PeopleChange
		tell   groups.Touched
		want   string
	}{
		{"a field", groups.PeopleChange{Upsert: []groups.User{evalUser("cid", evalIn("Rome"), evalUnder("bob"), evalAt("apac"))}},
			groups.Touched{Users: []groups.UserID{"cid"}}, "both +cid(rule); romans +cid(rule)"},
		{"a manager", groups.PeopleChange{Upsert: []groups.User{evalUser("cid", evalIn("Rome"), evalAt("apac"))}},
			groups.Touched{Users: []groups.UserID{"cid"}}, "line -cid(rule)"},
		{"whoever is above others", groups.PeopleChange{Upsert: []groups.User{evalUser("cid", evalIn("Rome"), evalUnder("bob"), evalAt("apac"))}},
			groups.Touched{Users: []groups.UserID{"cid", "bob"}}, "line +cid(rule)"},
		{"one who goes", groups.PeopleChange{Remove: []groups.UserID{"ann"}},
			groups.Touched{Users: []groups.UserID{"ann"}}, "both -ann(absence); line -ann(absence); romans -ann(absence)"},
		{"one who comes", groups.PeopleChange{Upsert: []groups.User{evalUser("dan", evalIn("Rome"), evalUnder("cid"), evalAt("emea"))}},
			groups.Touched{Users: []groups.UserID{"dan"}}, "both +dan(rule); line +dan(rule); romans +dan(rule)"},
		{"a unit", groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"org": {{ID: "apac", Parent: "world"}, {ID: "emea"}, {ID: "world"}}}},
			groups.Touched{Units: []groups.Unit{{Tree: "org", ID: "emea"}}}, "both -dan(rule)"},
		{"nothing", groups.PeopleChange{}, groups.Touched{Users: []groups.UserID{"ann", "dan", "who is not there"}}, ""},
	} {
		w.write(c.change)
		if got := w.run(w.ev.Changed(w.Context(), c.tell)); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
		if read.groups != 0 || read.users != 0 {
			t.Errorf("%s: all groups were read %d times, and everybody %d times", c.what, read.groups, read.users)
		}
	}
	if got := w.process(); got != "" {
		t.Errorf("a full run finds %q left to do", got)
	}
}

// run is what a run did.
func (w *evalWorld) run(r *groups.Run, err error) string {
	w.Helper()
	w.must(err)
	return evalDiffs(r)
}

// What a new date says of today may be what the old one said, but not what it says of tomorrow.
func TestADateThatChangesNothingTodayIsForetold(t *testing.T) {
	w, read := followed(t, evalGroup("new", evalHired.InLast(7, groups.Days)))
	hired := evalHas("hired", groups.Day(groups.NewDate(2026, time.March, 10)))
	w.people(evalUser("ann", hired))
	r, err := w.ev.Changed(t.Context(), groups.Touched{Users: []groups.UserID{"ann"}})
	w.must(err)
	if want := time.Date(2026, time.March, 10, 0, 0, 0, 0, time.UTC); !r.Next.Equal(want) {
		t.Errorf("next is %v, want %v", r.Next, want)
	}
	if read.groups != 0 {
		t.Error("all groups were read")
	}
	w.now = r.Next
	if got := w.run(w.ev.Changed(t.Context(), groups.Touched{})); got != "new +ann(rule)" {
		t.Errorf("on the day: %q", got)
	}
}

// The index has been asked of both dates before, and what they say of today is the same.
func TestADateThatSomebodyHadBeforeIsForetoldOfOthersToo(t *testing.T) {
	w, _ := followed(t, evalGroup("new", evalHired.InLast(7, groups.Days)))
	next := func(of groups.UserID, day int) string {
		t.Helper()
		w.people(evalUser(of, evalHas("hired", groups.Day(groups.NewDate(2026, time.March, day)))))
		r, err := w.ev.Changed(t.Context(), groups.Touched{Users: []groups.UserID{of}})
		w.must(err)
		return r.Next.Format(time.DateOnly)
	}
	next("ann", 20)
	next("bob", 20)
	next("cid", 5)
	w.write(groups.PeopleChange{Remove: []groups.UserID{"cid"}})
	w.process()
	if got := next("ann", 20); got != "2026-03-20" {
		t.Fatalf("next is %s, and nobody is left of that day", got)
	}
	if got := next("bob", 5); got != "2026-03-05" {
		t.Errorf("next is %s", got)
	}
}

// A condition that is worked out again may be No where it was not known, and the other way round: nobody becomes Yes.
func TestAUnitThatComesIntoTheTreeOrGoesDecidesAboutThoseInIt(t *testing.T) {
	w, read := followed(t, evalGroup("here", evalOrg.IsOrBelow("emea")))
	w.people(evalUser("ann", evalAt("isle")), evalUser("bob", evalIn("Rome"), evalAt("emea")))
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"ann", "bob"}}), "here +bob(rule) ?ann; romans -ann(rule)")
	read.groups = 0
	isle := groups.Touched{Units: []groups.Unit{{Tree: "org", ID: "isle"}}}
	for _, c := range []struct {
		what, want string
		units      []string
	}{
		{"it comes", "here -ann(rule)", []string{"apac<world", "emea<world", "isle<", "world<"}},
		{"it goes", "here ?ann", []string{"apac<world", "emea<world", "world<"}},
	} {
		w.units(c.units...)
		if got := w.run(w.ev.Changed(t.Context(), isle)); got != c.want || read.groups != 0 {
			t.Errorf("%s: %q, want %q; the groups were read %d times", c.what, got, c.want, read.groups)
		}
	}
}

// A Memory gives the number of one who was forgotten to the next who comes.
func TestWhoComesAfterOneWhoWasForgottenIsNotTakenForThem(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalManual("club"), evalGroup("reads", groups.MemberOfAny("club")))
	w.assign("club", "ann", "bob")
	other := w.ev
	w.ev = groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Now: func() time.Time { return w.now }})
	w.process() // which reads who is in the club
	w.must(other.Forget(t.Context(), "ann", "x"))
	w.people(evalUser("dan", evalIn("Oslo")))
	_, err := other.Assign(t.Context(), "club", groups.Decision{By: "x"}, "dan")
	w.must(err)
	w.want(w.process(), "")
	w.people(evalUser("dan", evalIn("Rome")))
	w.want(w.process(), "romans +dan(rule)")
	w.want(w.members("club")+"|"+w.members("reads"), "bob(m) dan(m)|bob dan")
}

// What a sheet says of a value is of the tree as it was when that was asked.
func TestAUnitThatComesBackHoldsForWhoeverMovesThere(t *testing.T) {
	w, _ := followed(t, evalGroup("here", evalOrg.IsOrBelow("world")))
	at := func(id groups.UserID, unit string) string {
		w.people(evalUser(id, evalIn("Rome"), evalAt(unit)))
		return w.changed(groups.Touched{Users: []groups.UserID{id}})
	}
	tree := func(emea string) {
		w.units("apac<world", emea, "world<")
		w.process()
	}
	tree("emea<")
	at("bob", "emea")
	at("ann", "emea")
	at("ann", "apac")
	tree("emea<world")
	w.want(at("ann", "emea"), "")
	w.want(w.process(), "")
}

// Conditions that are to be worked out again are forgotten with the schema.
func TestAUnitMovesAndThenTheSchemaIsAnother(t *testing.T) {
	w, _ := followed(t, evalGroup("here", evalOrg.IsOrBelow("emea")), evalGroup("new", evalHired.InLast(7, groups.Days)))
	w.changed(groups.Touched{Users: []groups.UserID{"ann"}})
	w.units("apac<world", "emea<", "world<")
	w.process()
	schema := evalSchema()
	schema.Fields = append(schema.Fields, groups.Field{Name: "extra", Type: groups.TypeText})
	w.write(groups.PeopleChange{Schema: schema})
	w.people(evalUser("ann", evalIn("Rome"), evalAt("apac")))
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"ann"}}), "here -ann(rule)")
}

// A run that does not go by the index decides by what the Directory says now. Where that is taken back before the index
// has read it, nothing seems to have changed.
func TestWhoeverWasDecidedAboutPastTheIndexIsLookedAtAgain(t *testing.T) {
	w, read := followed(t)
	past := func(t groups.Touched) groups.Touched {
		t.Groups = []groups.GroupID{"of which nobody knows"}
		return t
	}
	cid := groups.Touched{Users: []groups.UserID{"cid"}}
	w.people(evalUser("cid", evalIn("Rome"), evalUnder("bob"), evalAt("apac")))
	if got := w.run(w.ev.Changed(t.Context(), past(cid))); got != "romans +cid(rule)" || read.groups == 0 {
		t.Fatalf("%q, with the groups read %d times: this was to be a run past the index", got, read.groups)
	}
	w.people(evalUser("cid", evalIn("Oslo"), evalUnder("bob"), evalAt("apac")))
	if got := w.run(w.ev.Changed(t.Context(), cid)); got != "romans -cid(rule)" {
		t.Errorf("%q", got)
	}
}

// masked is a Store made of a Memory that shows its groups under another policy.
type masked struct{ *groups.Memory }

func (m masked) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return func(yield func(groups.Group, error) bool) {
		for g, err := range m.Memory.Groups(ctx) {
			g.Deactivated = groups.DropAll
			if !yield(g, err) {
				return
			}
		}
	}
}

func TestAStoreMadeOfAMemoryIsAskedForItsGroups(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.ev = groups.NewEvaluator(w.Memory, masked{w.Memory}, &groups.Options{Now: func() time.Time { return w.now }})
	w.process()
	w.write(groups.PeopleChange{Deactivate: []groups.UserID{"ann"}})
	if got := w.run(w.ev.Changed(t.Context(), groups.Touched{Users: []groups.UserID{"ann"}})); got != "romans -ann(deactivation)" {
		t.Errorf("%q, though nobody deactivated stays in the groups that the Store shows", got)
	}
}

// A change costs what it concerns, however many groups there are beside.
func TestOneChangedUserAllocatesForTheGroupsConcerned(t *testing.T) {
	allocations := func(others int) float64 {
		var list []groups.Group
		for i := range others {
			list = append(list, evalGroup(groups.GroupID(fmt.Sprintf("other %d", i)), evalScore.AtLeast(float64(i+1))))
		}
		w, _ := followed(t, list...)
		n := 0
		return testing.AllocsPerRun(20, func() {
			n++
			w.people(evalUser("cid", evalIn([]string{"Oslo", "Rome"}[n%2])))
			if got := w.run(w.ev.Changed(t.Context(), groups.Touched{Users: []groups.UserID{"cid"}})); got == "" {
				t.Fatal("nobody moved")
			}
		})
	}
	few, many := allocations(10), allocations(500)
	if many > few+20 {
		t.Errorf("%v allocations beside 10 groups, %v beside 500", few, many)
	}
}

// Two tenants live through the same, one with an index and one without, under a guard that holds much.
func TestAGuardedChangeByTheIndexIsThatOfALookAtEverybody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		guard := small()
		if rapid.Bool().Draw(rt, "all") {
			guard.Runs = groups.Bounds{Leaves: &groups.Limit{MinCount: 4, MaxPercent: 40, MaxCount: 20, EmptyFrom: 100}}
		}
		w, looks := guardWorld(t, guard), guardWorld(t, guard)
		looks.ev = groups.NewEvaluator(looks.Memory, looks.Memory, &groups.Options{Guard: guard, Now: func() time.Time { return w.now }, IndexBytes: -1})
		both := func(do func(w *evalWorld) (*groups.Run, error)) {
			looks.now = w.now
			want, err := do(looks)
			looks.must(err)
			got, err := do(w)
			w.must(err)
			if want != nil {
				if at := law.Difference(want, got); at != "" {
					rt.Fatal(at)
				}
			}
		}
		both(func(w *evalWorld) (*groups.Run, error) {
			w.save(evalGroup("mates", groups.MemberOfAny("team")), evalGroup("apac", evalOrg.IsOrBelow("apac"), evalCity.Is("Rome")), evalManual("club"))
			return w.ev.Process(w.Context())
		})
		users := []groups.UserID{"a", "b", "c", "d", "e", "f"}
		some := func(rt *rapid.T) []groups.UserID {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(users), 1, 3, rapid.ID).Draw(rt, "users")
		}
		rt.Repeat(map[string]func(*rapid.T){
			"change": func(rt *rapid.T) {
				who, city, off := some(rt), rapid.SampledFrom([]string{"Rome", "Oslo"}).Draw(rt, "city"), rapid.IntRange(0, 3).Draw(rt, "off") == 0
				both(func(w *evalWorld) (*groups.Run, error) {
					for _, id := range who {
						u := evalUser(id, evalIn(city), evalAt("apac"))
						if off {
							u.Activation = groups.Deactivated
						}
						w.people(u)
					}
					return w.ev.Changed(w.Context(), groups.Touched{Users: who})
				})
			},
			"remove": func(rt *rapid.T) {
				who := some(rt)
				both(func(w *evalWorld) (*groups.Run, error) {
					w.write(groups.PeopleChange{Remove: who})
					return w.ev.Changed(w.Context(), groups.Touched{Users: who})
				})
			},
			"assign": func(rt *rapid.T) {
				who := some(rt)
				both(func(w *evalWorld) (*groups.Run, error) {
					return w.ev.Assign(w.Context(), "club", groups.Decision{By: "tutor", Until: w.now.Add(5 * time.Hour)}, who...)
				})
			},
			"hours pass": func(rt *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)
			},
			"freeze": func(rt *rapid.T) {
				both(func(w *evalWorld) (*groups.Run, error) {
					w.edit("team", func(g *groups.Group) { g.Frozen = !g.Frozen })
					return w.ev.Changed(w.Context(), groups.Touched{})
				})
			},
			"process": func(*rapid.T) {
				both(func(w *evalWorld) (*groups.Run, error) { return w.ev.Process(w.Context()) })
			},
		})
	})
}

// Users take the values of others, in rules of values, dates and reporting lines, and in groups that read groups: more
// of them than are met at once.
func TestWhatManyChangedUsersComeToDoesNotDependOnTheNumberOfWorkers(t *testing.T) {
	ctx := t.Context()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	change := func(workers int, evaluator func(m *groups.Memory) *groups.Evaluator) string {
		runtime.GOMAXPROCS(workers)
		m, _, people := benchWorld(t, 1500, 25)
		ev := evaluator(m)
		for i, c := range []groups.Criteria{groups.AllSets(groups.All(groups.MemberOfAny("g00003", "g00007"))), groups.AllSets(groups.All(groups.MemberOfAny("r0").Not(), groups.MemberOfAny("g00011", "g00012")))} {
			g := groups.Group{ID: groups.GroupID(fmt.Sprintf("r%d", i)), Name: "reader", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: c}
			if _, err := ev.Save(ctx, g, "test"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ev.Process(ctx); err != nil {
			t.Fatal(err)
		}
		var told groups.Touched
		var up []groups.User
		for i := range 700 {
			u := people[(i*31+7)%len(people)]
			u.ID, u.Manager = people[2*i].ID, people[2*i].Manager
			up, told.Users = append(up, u), append(told.Users, u.ID)
		}
		if err := m.Write(ctx, groups.PeopleChange{Upsert: up}); err != nil {
			t.Fatal(err)
		}
		run, err := ev.Changed(ctx, told)
		if err == nil && run.Empty() {
			t.Error("nobody moves")
		}
		return asJSON(t, run, err)
	}
	one := &groups.Options{Now: newYear, Guard: &groups.Guard{}}
	byIndex := func(m *groups.Memory) *groups.Evaluator { return groups.NewEvaluator(m, m, one) }
	first := change(1, byIndex)
	for _, workers := range []int{2, 8} {
		if change(workers, byIndex) != first {
			t.Errorf("%d workers find something else than one", workers)
		}
	}
	plain := *one
	plain.IndexBytes = -1
	if change(1, func(m *groups.Memory) *groups.Evaluator { return groups.NewEvaluator(m, m, &plain) }) != first {
		t.Error("the index finds something else than a look at everybody")
	}
}

// A run that looks at everybody works out conditions that wait for a run that does not. They are spoilt again before that comes,
// and are worked out once then, not on several processors at once.
func TestATreeThatIsWrittenAgainIsSafeForTheConditionsOnIt(t *testing.T) {
	w := newEvalWorld(t, nil)
	var users []groups.User
	var units [2][]string // beneath one and beneath the other
	for i := range 30 {
		unit := fmt.Sprint("u", i)
		w.save(evalGroup(groups.GroupID(unit), evalOrg.IsOrBelow(unit)))
		for k := range 400 {
			users = append(users, evalUser(groups.UserID(fmt.Sprint(unit, " ", k)), evalAt(unit, "emea")))
		}
		units[0], units[1] = append(units[0], unit+"<emea"), append(units[1], unit+"<apac")
	}
	w.people(users...)
	w.units(append(units[1], "apac<world", "emea<world", "world<")...)
	w.process()
	match := func() {
		is, err := w.ev.Match(t.Context(), "u0", "u0 0")
		if w.must(err); is != groups.Yes {
			t.Errorf("u0 0 sits in u0: %v", is)
		}
	}
	match()
	for range 5 {
		w.units(append(units[0], "apac<world", "emea<world", "world<")...)
		_, err := w.ev.Evaluate(t.Context())
		w.must(err)
		w.units(append(units[1], "apac<world", "emea<world", "world<")...)
		match()
	}
}
