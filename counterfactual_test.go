package groups_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// This file proves what explanations say of data that is not as it is.

func TestWhatWouldMakeTheVerdictAnother(t *testing.T) {
	red, rome, oslo := evalTeam.Is("red"), evalCity.Is("Rome"), evalCity.Is("Oslo")
	in := func(course string) groups.Condition { return groups.Courses(course).Are(groups.Completed) }
	for _, c := range []struct {
		name string
		user groups.User
		by   groups.Criteria
		want string
	}{
		{"one field, read by several conditions, is one change with a value that all agree to", evalUser("ann", evalHas("score", groups.Number(10))),
			groups.AllSets(groups.All(evalScore.AtLeast(60), evalScore.Less(70), evalScore.Is(60).Not())), "it would be yes if score were 61"},
		{"no value does that all conditions agree to", evalUser("ann"),
			groups.AllSets(groups.All(evalScore.AtLeast(60), evalScore.Less(60))), "no change of data makes it yes"},
		{"two fields are two changes", evalUser("ann"),
			groups.AllSets(groups.All(rome, red)), "it would be yes if city were Rome and team were red"},
		{"either way is told of", evalUser("ann"),
			groups.AnySets(groups.All(rome), groups.All(red)), "it would be yes if city were Rome\nor if team were red"},
		{"two values of one field that turn other conditions are two ways", evalUser("ann"),
			groups.AnySets(groups.Any(rome, oslo)), "it would be yes if city were Rome\nor if city were Oslo"},
		{"the shorter way is told of", evalUser("ann", evalHas("team", groups.Choice("red"))),
			groups.AnySets(groups.All(rome, evalScore.AtLeast(1)), groups.All(oslo, red)), "it would be yes if city were Oslo"},
		{"of a choice another option", evalUser("ann", evalHas("team", groups.Choice("red"))),
			groups.AllSets(groups.All(red)), "it would be no if team were blue"},
		{"three changes", evalUser("ann"),
			groups.AnySets(groups.All(rome, red, in("latin")), groups.All(rome, groups.UserIs("bob"))), "it would be yes if city were Rome and team were red and latin were completed"},
		{"more than three changes", evalUser("ann"),
			groups.AllSets(groups.All(rome, red, in("latin"), in("greek"))), "it would be yes after more than 3 changes of data"},
		{"three of many courses", evalUser("ann"),
			groups.AllSets(groups.All(groups.Courses("a", "b", "c").AtLeast(2).Are(groups.Completed))),
			"it would be yes if a were completed and b were completed\nor if a were completed and c were completed\nor if b were completed and c were completed"},
		{"what is not the user's to change", evalUser("ann"),
			groups.AllSets(groups.All(groups.UserIs("bob"), rome)), "no change of data makes it yes"},
		{"everyone", evalUser("ann"), groups.AllSets(groups.All(groups.Everyone{})), "no change of data makes it no"},
		{"no criteria", evalUser("ann"), groups.Criteria{}, "no change of data makes it yes"},
		{"what is unknown may turn out either way", evalUser("ann", evalNowhereKnown),
			groups.AllSets(groups.All(rome)), "it would be yes if city were Rome\nit would be no if city were empty"},
		{"what is unknown and does not matter", evalUser("ann", evalNowhereKnown),
			groups.AnySets(groups.Any(rome, groups.Everyone{})), "no change of data makes it no"},
		{"a unit of the tree", evalUser("ann", evalAt("apac")),
			groups.AllSets(groups.All(evalOrg.Below("world"), evalOrg.Is("apac").Not())), "it would be yes if org were emea"},
		{"two units at once", evalUser("ann"),
			groups.AllSets(groups.All(evalOrg.Is("apac"), evalOrg.Is("emea"))), "it would be yes if org were apac, emea"},
		{"another manager", evalUser("ann"), groups.AllSets(groups.All(groups.UserBelow("bob"))), "it would be yes if manager were bob"},
		{"no manager", evalUser("ann", evalUnder("bob")), groups.AllSets(groups.All(groups.UserBelow("bob"))), "it would be no if manager were nobody"},
		{"who would report to who reports to them is not told of", evalUser("bob"), groups.AllSets(groups.All(groups.UserBelow("cid"))), "no change of data was found that makes it yes"},
		{"a unit that is not in its tree", evalUser("ann"), groups.AllSets(groups.All(evalOrg.Is("gone"))), "it would be yes if org were gone"},
		{"a status", evalUser("ann"), groups.AllSets(groups.All(groups.StatusIs(groups.StatusDeactivated, groups.StatusExpired))),
			"it would be yes if activation were deactivated\nor if expiry were expired"},
		{"a day", evalUser("ann"), groups.AllSets(groups.All(evalHired.InLast(90, groups.Days), evalHired.Before(groups.NewDate(2026, 1, 1)))),
			"it would be yes if hired were 2025-12-31"},
		{"a membership", evalUser("ann"), groups.AllSets(groups.All(groups.MemberOfAny("club"))), "it would be yes if group club were joined"},
		{"no course", evalUser("ann", evalTook("latin", "enrolled")),
			groups.AllSets(groups.All(groups.Courses("latin").AreEnrolled())), "it would be no if latin were not enrolled"},
		{"a completion in its window", evalUser("ann"),
			groups.AllSets(groups.All(groups.Courses("latin").AreCompleted(groups.CompletionDate.InLast(1, groups.Years)))),
			"it would be yes if latin were completed, 2026-03-01"},
		{"part of a text", evalUser("ann"),
			groups.AllSets(groups.All(evalCity.StartsWith("new"), evalCity.EndsWith("ton"), evalCity.Is("newton").Not())), "it would be yes if city were new ton"},
		{"parts of a text, with no more than it takes", evalUser("ann"),
			groups.AllSets(groups.All(evalCity.StartsWith("new"), evalCity.Contains("x"), evalCity.IsNot("xx"))), "it would be yes if city were newx"},
		{"the day that is the nearest", evalUser("ann"),
			groups.AllSets(groups.All(evalHired.AnniversaryWithin(3, groups.Days), evalHired.Before(groups.NewDate(2001, 1, 1)))), "it would be yes if hired were 2000-03-03"},
		{"an expression that reads like what it stands for", evalUser("ann"), groups.AllSets(groups.All(evalCity.Matches("^Rome$"))), "it would be yes if city were Rome"},
		{"an expression", evalUser("ann"), groups.AllSets(groups.All(evalCity.Matches("^[A-C]{3}$"))), "no change of data was found that makes it yes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newEvalWorld(t, nil)
			w.people(c.user)
			w.save(evalManual("club"), groups.Group{ID: "x", Name: "x", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: c.by})
			x, err := w.ev.Explain(t.Context(), "x", c.user.ID)
			w.must(err)
			var got []string
			for _, f := range x.Otherwise {
				got = append(got, f.String())
			}
			w.want(strings.Join(got, "\n"), c.want)
		})
	}
}

func TestSeveralValuesAreFoundWhereConditionsAskForThemTogether(t *testing.T) {
	const tags, skills = groups.TextField("tags"), groups.MultiChoiceField("skills")
	schema := &groups.Schema{Fields: []groups.Field{{Name: "tags", Type: groups.TypeText, Several: true}, {Name: "skills", Type: groups.TypeMultiChoice}}}
	u := groups.User{ID: "ann", Fields: map[string]groups.Value{"tags": groups.Text("new"), "skills": groups.Empty()}}
	for want, c := range map[string][]groups.Condition{
		"it would be yes if tags were left, right":            {tags.Is("left"), tags.Is("right")},
		"it would be yes if skills were fishing, hunting":     {skills.IncludesAll("hunting"), skills.IncludesAny("fishing", "golf")},
		"it would be yes if skills were hunting, other":       {skills.IncludesAll("hunting"), skills.IsExactly("hunting").Not()},
		"no change of data makes it yes":                      {tags.Is("left"), tags.Is("left").Not()},
		"no change of data was found that makes it yes":       {tags.StartsWith("a"), tags.Matches("^[b-d]+$")},
		"it would be yes if skills were golf and tags were x": {skills.IsExactly("golf"), tags.Is("x")},
	} {
		rule, err := schema.Compile(groups.AllSets(groups.All(c...)))
		if err != nil {
			t.Fatal(err)
		}
		if got := rule.Explain(&u, &groups.View{}).Otherwise[0].String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A group that follows the user is part of what is looked at: whoever leaves Rome leaves the romans, but for who is put in.
func TestGroupsFollowWhatWouldChange(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("x", evalCity.IsNot("Rome"), groups.MemberOfAny("romans")))
	w.process()
	x, err := w.ev.Explain(t.Context(), "x", "ann")
	w.must(err)
	w.want(fmt.Sprint(x.Otherwise), "[it would be yes if city were empty and group romans were joined]")
}

// No day of a year before, but one that comes every four years.
func TestTheTwentyNinthOfFebruaryIsFound(t *testing.T) {
	schema := &groups.Schema{Fields: []groups.Field{{Name: "hired", Type: groups.TypeDate}}}
	hired := groups.DateField("hired")
	ann := groups.User{ID: "ann", Fields: map[string]groups.Value{"hired": groups.Empty()}}
	for _, c := range []struct {
		day int
		by  []groups.Condition
	}{
		{29, []groups.Condition{hired.AnniversaryWithin(1, groups.Days)}},
		{28, []groups.Condition{hired.AnniversaryWithin(2, groups.Days), hired.AnniversaryWithin(1, groups.Days).Not()}},
	} {
		rule, err := schema.Compile(groups.AllSets(groups.All(c.by...)))
		if err != nil {
			t.Fatal(err)
		}
		x := rule.Explain(&ann, &groups.View{Now: time.Date(2028, time.February, c.day, 9, 0, 0, 0, time.UTC)})
		if got := x.Otherwise[0].String(); got != "it would be yes if hired were 2024-02-29" {
			t.Errorf("on the %dth: %s", c.day, got)
		}
	}
}

// Nobody is found in the group itself; whoever joins the one below is found in that.
func TestWhatIsBelowAGroupThatIsInactiveIsNotProvedToBeNoWay(t *testing.T) {
	w := newEvalWorld(t, nil)
	off, below := evalManual("off"), evalManual("below")
	off.Status, below.Parent = groups.Inactive, "off"
	w.save(off, below, evalGroup("x", groups.MemberOfAny("off").WithBelow()))
	w.process()
	x, err := w.ev.Explain(t.Context(), "x", "ann")
	w.must(err)
	if x.Otherwise[0].Complete {
		t.Error(x)
	}
	w.assign("below", "ann")
	if v, err := w.ev.Match(t.Context(), "x", "ann"); v != groups.Yes || err != nil {
		t.Error(v, err)
	}
}

func TestAWayGoesThroughTheRulesOfTheGroupsThatARuleRefersTo(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.people(evalUser("ann"))
	zoned := evalGroup("zoned", evalHired.InLast(1, groups.Days))
	zoned.Zone = "Asia/Tokyo"
	w.save(evalGroup("romans", evalCity.Is("Rome")), evalGroup("reds", evalTeam.Is("red")), evalGroup("dress", evalTeam.IsNot("red")), zoned,
		evalGroup("beyond", groups.MemberOfAny("romans")))
	for _, c := range []struct {
		by       []groups.Condition
		want     string
		complete bool
	}{
		{[]groups.Condition{groups.MemberOfAny("romans")}, "yes if group romans were joined\nor if city were Rome", true},
		{[]groups.Condition{groups.MemberOfAny("beyond")}, "yes if group beyond were joined\nor if group romans were joined\nor if city were Rome", true},
		{[]groups.Condition{groups.MemberOfAny("romans"), evalCity.IsNot("Rome").WhenEmpty(groups.NoMatch), evalCity.IsNot("Oslo")},
			"yes if group romans were joined and city were other", true},
		{[]groups.Condition{groups.MemberOfAny("romans"), evalCity.IsNot("Rome"), evalTeam.Is("red")}, "yes if group romans were joined and team were red", true},
		{[]groups.Condition{groups.MemberOfAll("romans", "reds"), groups.MemberOfAny("dress").Not()},
			"yes if group romans were joined and team were red\nor if city were Rome and team were red", true},
		{[]groups.Condition{groups.MemberOfAny("zoned")}, "yes if group zoned were joined", false},
	} {
		w.save(evalGroup("x", c.by...))
		x, err := w.ev.Explain(t.Context(), "x", "ann")
		w.must(err)
		w.want(x.Otherwise[0].String(), "it would be "+c.want)
		if x.Otherwise[0].Complete != c.complete {
			t.Errorf("complete %v: %v", x.Otherwise[0].Complete, x)
		}
	}
}

// Nobody can be put out of a group that its rule puts them in, but by an exclusion; but they may leave by themselves.
func TestWhoIsInAGroupByItsRuleIsToldToLeaveItWhereExclusionsAre(t *testing.T) {
	for exclusions, want := range map[bool]string{
		true:  "it would be no if group romans were left\nor if city were empty",
		false: "it would be no if city were empty",
	} {
		w := newEvalWorld(t, &groups.Options{Exclusions: exclusions})
		w.save(evalGroup("romans", evalCity.Is("Rome")), evalGroup("x", groups.MemberOfAny("romans")))
		w.process()
		x, err := w.ev.Explain(t.Context(), "x", "ann")
		w.must(err)
		w.want(x.Otherwise[0].String(), want)
		if !x.Otherwise[0].Complete {
			t.Error("there is no other way")
		}
	}
}

func TestAnInactiveGroupIsNoWay(t *testing.T) {
	w := newEvalWorld(t, nil)
	club := evalManual("club")
	club.Status = groups.Inactive
	w.save(club, evalGroup("x", groups.MemberOfAny("club")))
	x, err := w.ev.Explain(t.Context(), "x", "ann")
	w.must(err)
	w.want(fmt.Sprint(x.Otherwise), "[no change of data makes it yes no change of data makes it no]")
}

func TestACounterfactualAsJSON(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("x", evalCity.Is("Oslo"), evalScore.IsEmpty()))
	x, err := w.ev.Explain(t.Context(), "x", "ann")
	w.must(err)
	data, err := json.Marshal(x.Otherwise)
	w.must(err)
	w.want(string(data), `[{"verdict":"yes","sets":[[{"of":"field","name":"city","to":["Oslo"],"conditions":["/sets/0/conditions/0"]}]],"complete":true}]`)
	var back []groups.Counterfactual
	w.must(json.Unmarshal(data, &back))
	if !reflect.DeepEqual(back, x.Otherwise) {
		t.Errorf("read back as %+v", back)
	}
}

// loaded is a tenant in a Memory, processed.
func loaded(t *rapid.T, tenant oracle.Tenant) (*groups.Memory, *groups.Evaluator) {
	m := groups.NewMemory()
	host := law.OnMemory()
	host.Open = func() (law.People, groups.Store) { return m, m }
	must(t, host.Load(tenant))
	ev := groups.NewEvaluator(m, m, &groups.Options{
		Now: func() time.Time { return tenant.Now }, Zone: tenant.Zone, Exclusions: tenant.Exclusions, Guard: &groups.Guard{},
	})
	_, err := ev.Process(t.Context())
	must(t, err)
	return m, ev
}

func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// beneath are the groups below one, however far.
func beneath(tenant oracle.Tenant, id groups.GroupID) (list []groups.GroupID) {
	for _, g := range tenant.Groups {
		if g.Parent == id {
			list = append(append(list, g.ID), beneath(tenant, g.ID)...)
		}
	}
	return list
}

// stored is what is said of a user of a group once the changes of their data are stored.
func stored(t *rapid.T, tenant oracle.Tenant, g groups.Group, u groups.User, changes ...groups.DataChange) *groups.Explanation {
	m, ev := loaded(t, tenant)
	decision := groups.Decision{By: "ada", Replace: true}
	other := otherwise{user: u, world: tenant.World, view: law.View(tenant.World)}
	for _, change := range changes {
		id := groups.GroupID(change.Name)
		switch {
		case change.Of == "group" && len(change.To) > 0:
			_, err := ev.Assign(t.Context(), id, decision, u.ID)
			must(t, err)
		case change.Of == "group":
			out := []groups.GroupID{id}
			if _, orBelow := g.Criteria.References(); slices.Contains(orBelow, id) {
				out = append(out, beneath(tenant, id)...)
			}
			for _, id := range out {
				var err error
				if tenant.Exclusions {
					_, err = ev.Exclude(t.Context(), id, decision, u.ID)
				} else {
					_, err = ev.Unassign(t.Context(), id, "ada", u.ID)
				}
				must(t, err)
			}
		default:
			other.with(tenant.Schema, change.Of, change.Name, change.To)
		}
	}
	must(t, m.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{other.user}}))
	x, err := ev.Explain(t.Context(), g.ID, u.ID)
	must(t, err)
	return x
}

func TestWhateverIsOfferedMakesTheVerdictWhatIsSaidOnceItIsStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant, g := following(t)
		_, ev := loaded(t, tenant)
		u := rapid.SampledFrom(tenant.Users).Draw(t, "user")
		x, err := ev.Explain(t.Context(), g.ID, u.ID)
		must(t, err)
		for _, f := range x.Otherwise {
			for _, set := range f.Sets {
				if then := stored(t, tenant, g, u, set...); then.Verdict != f.Verdict {
					t.Fatalf("%v\n%v\n%v\n%s", x, set, then, law.Describe(tenant))
				}
			}
		}
	})
}

// Whatever changes are of, also where only a group reads it that the group refers to.
func TestNoOtherChangesThatAreStoredMakeTheVerdictAnother(t *testing.T) {
	through := 0
	rapid.Check(t, func(t *rapid.T) {
		tenant, g := following(t)
		_, ev := loaded(t, tenant)
		u := rapid.SampledFrom(tenant.Users).Draw(t, "user")
		x, err := ev.Explain(t.Context(), g.ID, u.ID)
		must(t, err)
		is := otherwise{u, tenant.World, law.View(tenant.World), map[groups.GroupID]bool{}}
		all := groups.AllSets(groups.All(groups.StatusIs(groups.StatusDeactivated, groups.StatusExpired)))
		for _, g := range tenant.Groups {
			all.Sets = append(all.Sets, g.Criteria.Sets...)
		}
		for _, f := range x.Otherwise {
			if !f.Complete {
				continue
			}
			if named, _ := g.Criteria.References(); slices.ContainsFunc(tenant.Groups, func(g groups.Group) bool {
				return slices.Contains(named, g.ID) && g.Kind == groups.AutomaticGroup && !g.Frozen && len(g.Criteria.Sets) > 0
			}) {
				through++
			}
			most := 3
			if len(f.Sets) > 0 {
				most = len(f.Sets[0])
			}
			things := rapid.Permutation(is.options(all, f.Verdict)).Draw(t, "things")
			var changes []groups.DataChange
			for _, thing := range things[:rapid.IntRange(1, min(most, len(things))).Draw(t, "changes")] {
				o := rapid.SampledFrom(thing).Draw(t, "option")
				none := func(g groups.Group) bool { return g.ID == groups.GroupID(o.name) }
				_, whole := u.Enrollments.List()
				switch {
				case o.of == "group" && !slices.ContainsFunc(tenant.Groups, none):
				case o.of == "course" && len(o.to) == 0 && !whole: // that the list is complete says something of every course
				default:
					changes = append(changes, groups.DataChange{Of: o.of, Name: o.name, To: o.to})
				}
			}
			told := func(set []groups.DataChange) bool {
				return len(set) == len(changes) && !slices.ContainsFunc(set, func(c groups.DataChange) bool {
					return !slices.ContainsFunc(changes, func(d groups.DataChange) bool { return c.Of == d.Of && c.Name == d.Name })
				})
			}
			then := stored(t, tenant, g, u, changes...)
			if then.Verdict == f.Verdict && !slices.ContainsFunc(f.Sets, told) {
				t.Fatalf("%v\nnot told of %v\n%v\n%s", x, changes, then, law.Describe(tenant))
			}
		}
	})
	if through == 0 {
		t.Error("no rule referred to a group that follows one")
	}
}

// following is a tenant with one of its groups. More often than not all groups follow their rules and nothing else, no rule
// asks for what is below a group, and that of the one group asks for another.
func following(t *rapid.T) (oracle.Tenant, groups.Group) {
	tenant := law.Drawn{}.Tenant(t)
	if rapid.IntRange(0, 3).Draw(t, "anything") == 0 {
		return tenant, rapid.SampledFrom(tenant.Groups).Draw(t, "group")
	}
	below := rapid.Bool().Draw(t, "below")
	for i := range tenant.Groups {
		g := &tenant.Groups[i]
		g.Zone, g.Deactivated, g.Frozen, g.Status, g.Schedule = "", groups.Keep, false, groups.Active, groups.Schedule{}
		for _, set := range g.Criteria.Sets {
			for j, c := range set.Conditions {
				if c, of := c.(groups.GroupCondition); of {
					c.OrBelow = c.OrBelow && below
					set.Conditions[j] = c
				}
			}
		}
	}
	if rapid.Bool().Draw(t, "by rule") {
		tenant.Stored = oracle.Stored{}
	}
	at := rapid.IntRange(1, len(tenant.Groups)-1).Draw(t, "group")
	if g := &tenant.Groups[at]; len(g.Criteria.Sets) > 0 {
		of := &tenant.Groups[rapid.IntRange(0, at-1).Draw(t, "asks for")]
		of.Kind, g.Kind = groups.AutomaticGroup, groups.AutomaticGroup
		g.Criteria.Sets[0].Conditions[0] = groups.MemberOfAny(of.ID)
	}
	return tenant, tenant.Groups[at]
}

func TestExplainSaysTheSameWhateverItIsWorkedOutWith(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant := law.Drawn{}.Tenant(t)
		tenant.Exclusions = true
		m, ev := loaded(t, tenant)
		changed := rapid.SampledFrom(tenant.Users).Draw(t, "changed")
		if rapid.Bool().Draw(t, "since the index was made") {
			must(t, m.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{law.Forget(t, changed)}}))
		}
		options := &groups.Options{Now: func() time.Time { return tenant.Now }, Zone: tenant.Zone, Exclusions: true, Guard: &groups.Guard{}, IndexBytes: -1}
		for name, other := range map[string]*groups.Evaluator{
			"without the index":        groups.NewEvaluator(m, m, options),
			"without any capabilities": groups.NewEvaluator(law.Bare(m), law.BareStore(m), options),
		} {
			for _, g := range tenant.Groups {
				want, err := other.Explain(t.Context(), g.ID, changed.ID)
				must(t, err)
				got, err := ev.Explain(t.Context(), g.ID, changed.ID)
				must(t, err)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s (-want +got):\n%s\n%s", name, diff, law.Describe(tenant))
				}
			}
		}
	})
}

func TestWhatIsToldOfTheAssignmentIsWhatBecomesOfTheUserWithoutIt(t *testing.T) {
	told := 0
	rapid.Check(t, func(t *rapid.T) {
		tenant := law.Drawn{}.Tenant(t)
		tenant.Exclusions = true
		m, ev := loaded(t, tenant)
		g := rapid.SampledFrom(tenant.Groups).Draw(t, "group")
		u := rapid.SampledFrom(tenant.Users).Draw(t, "user")
		x, err := ev.Explain(t.Context(), g.ID, u.ID)
		must(t, err)
		standing := func() groups.Standing {
			for st, err := range m.Standings(t.Context(), g.ID, "") {
				if must(t, err); st.User == u.ID {
					return st
				}
			}
			return groups.Standing{}
		}
		before := standing()
		if (x.Unassigned != nil) != (before.Assignment != nil) {
			t.Fatalf("%v of %+v", x.Unassigned, before)
		}
		if x.Unassigned == nil {
			return
		}
		told++
		_, err = ev.Unassign(t.Context(), g.ID, "ada", u.ID)
		must(t, err)
		after := standing()
		if want := (groups.Fate{Before: before.Population, After: after.Population, Undecided: after.Undecided}); *x.Unassigned != want {
			t.Fatalf("%+v, and it was %+v\n%v\n%s", *x.Unassigned, want, x, law.Describe(tenant))
		}
	})
	if told == 0 {
		t.Error("nobody was assigned")
	}
}
