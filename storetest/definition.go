package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// definitionCases are clause 2 of Store.
var definitionCases = []Case{{
	Name: "every field of a group comes back as it was saved", Interface: "Store", Clause: 2,
	Why: "a status or policy that is lost on the way empties groups, or fills them",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for i, g := range everyGroup() {
			g.ID = groups.GroupID(fmt.Sprintf("g%03d", i))
			comesBack(d, g)
		}
	},
}, {
	Name: "criteria come back condition by condition", Interface: "Store", Clause: 2,
	Why: "a rule that is not the one that was checked decides about people",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("other", "another")
		comesBack(d, groups.Group{ID: "all", Kind: groups.AutomaticGroup, Criteria: everyCondition()})
		for i, set := range everyCondition().Sets {
			for j, c := range set.Conditions {
				comesBack(d, groups.Group{
					ID: groups.GroupID(fmt.Sprintf("g%d-%02d", i, j)), Kind: groups.AutomaticGroup,
					Criteria: groups.AnySets(groups.All(c), groups.Any(groups.Everyone{}, c)),
				})
			}
		}
	},
}, {
	Name: "a manual group keeps its criteria", Interface: "Store", Clause: 2,
	Why: "a group that is made manual for a while gets its rule back",
	store: func(t TB, s groups.Store) {
		comesBack(desk{t, s}, groups.Group{ID: "g", Kind: groups.ManualGroup, Criteria: everyCondition()})
	},
}, {
	Name: "the criteria that a save leaves out are gone", Interface: "Store", Clause: 2,
	Why: "conditions kept in rows of their own stay behind, and widen or narrow the group",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		g := d.save(groups.Group{ID: "g", Kind: groups.AutomaticGroup, Criteria: everyCondition()})
		g.Criteria = groups.AllSets(groups.All(groups.UserIs("ada")))
		g = comesBack(d, g)
		g.Criteria = groups.Criteria{}
		comesBack(d, g)
	},
}, {
	Name: "a group comes with the state that was written", Interface: "Store", Clause: 2,
	Why: "a run compares the sequence it read with the stored one, and knows by the rest what is due",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		w := d.write("g", automatic("ada"))
		w.State = &groups.State{Live: true, Revision: 1, Processed: noon, Next: forever, Members: 1, Approved: "plan", Lately: []groups.Traffic{{Hour: noon, Joined: 1}}}
		d.apply(w)
		want := *w.State
		want.Sequence = 1
		if diff := difference(d.group("g").State, want); diff != "" {
			t.Errorf("Group: %s", diff)
		}
		for i, want := range []groups.State{want, {}} {
			if diff := difference(d.groups()[i].State, want); diff != "" {
				t.Errorf("Groups: %s", diff)
			}
		}
	},
}, {
	Name: "what was handed over can be written to", Interface: "Store", Clause: 2,
	Why: "an editor that works on the group it saved, or on the one it got, must not change the stored rule by that",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		g := groups.Group{ID: "g", Kind: groups.AutomaticGroup, Criteria: everyCondition()}
		w := saves(g)
		d.apply(w)
		spoil(g.Criteria)
		spoil(w.Save.Criteria)
		w.Save.Name = "spoilt"
		spoil(d.group("g").Criteria)
		if diff := difference(d.group("g").Criteria, everyCondition()); diff != "" {
			t.Errorf("the stored criteria changed: %s", diff)
		}
		if name := d.group("g").Name; name != "" {
			t.Errorf("the stored name changed to %q", name)
		}
	},
}, {
	Name: "a group that does not exist is not found", Interface: "Store", Clause: 2,
	Why: "a database that folds case, accents or white space finds another group",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create(typed[groups.GroupID](names)...)
		for _, id := range typed[groups.GroupID](strangers) {
			_, err := s.Group(t.Context(), id)
			wants(t, fmt.Sprintf("Group %.64q", id), err, groups.ErrNotFound)
		}
		for _, id := range typed[groups.GroupID](names) {
			if got := d.group(id); got.Name != "Group "+string(id) {
				t.Errorf("group %.64q is called %.64q", id, got.Name)
			}
		}
	},
}}

// comesBack saves a group and demands to read the same in every way.
func comesBack(d desk, g groups.Group) groups.Group {
	d.t.Helper()
	saved := d.save(g)
	want := g
	want.Revision++
	if diff := difference(saved, want); diff != "" {
		d.t.Errorf("Group %q: %s", g.ID, diff)
	}
	for _, listed := range d.groups() {
		if listed.ID == g.ID {
			if diff := difference(listed, want); diff != "" {
				d.t.Errorf("Groups: %q: %s", g.ID, diff)
			}
			return saved
		}
	}
	d.t.Errorf("Groups: no %q", g.ID)
	return saved
}

// everyGroup is a group for every value of every field but the ID and the criteria.
func everyGroup() []groups.Group {
	var all []groups.Group
	for _, kind := range []groups.Kind{groups.ManualGroup, groups.AutomaticGroup} {
		for _, status := range []groups.Status{groups.Inactive, groups.Active} {
			for _, policy := range []groups.Policy{groups.Keep, groups.DropAutomatic, groups.DropAll} {
				for _, frozen := range []bool{false, true} {
					all = append(all, groups.Group{Kind: kind, Status: status, Deactivated: policy, Frozen: frozen})
				}
			}
		}
	}
	for _, text := range []string{
		" spaced ", "Stra\u00dfe \u00e9 e\u0301", "\U0001f469\u200d\U0001f680", "it's \"quoted\" \\ <b>&amp;</b>", "two\nlines\r\n", "null",
		strings.Repeat("long ", 1000),
	} {
		all = append(all, groups.Group{Name: text}, groups.Group{Description: text}, groups.Group{SavedBy: text}, groups.Group{Owner: text})
	}
	for _, at := range []time.Time{morning, noon, evening, time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), forever} {
		all = append(all, groups.Group{SavedAt: at})
	}
	for _, schedule := range []groups.Schedule{
		{Every: time.Minute}, {Every: 24 * time.Hour, Shift: 2*time.Hour + 30*time.Minute}, {Every: 366 * 24 * time.Hour, Shift: 366*24*time.Hour - time.Second},
	} {
		all = append(all, groups.Group{Schedule: schedule})
	}
	return append(all, groups.Group{Zone: "Asia/Kathmandu"}, groups.Group{Parent: "g000"}, groups.Group{Parent: "not there yet"})
}

// everyCondition has every kind of condition with every operator and operand, within the schema of
// everyField.
func everyCondition() groups.Criteria {
	const (
		title   groups.TextField        = "job_title"
		country groups.ChoiceField      = "country"
		badges  groups.MultiChoiceField = "badges"
		grade   groups.NumberField      = "grade"
		hired   groups.DateField        = "hire_date"
		seen    groups.InstantField     = "last_seen"
		remote  groups.BoolField        = "remote"
		branch  groups.Tree             = "branch"
	)
	day := groups.NewDate(2024, time.February, 29)
	return groups.Criteria{Match: groups.MatchAny, Sets: []groups.Set{
		groups.All(
			title.Is("Sales  Manager", "Stra\u00dfe", "\U0001f600"), title.IsNot("it's \"quoted\" \\"),
			title.Contains("a", "b").WhenEmpty(groups.Matches), title.StartsWith("%_").WhenEmpty(groups.NoMatch),
			title.EndsWith("z").Not().WhenEmpty(groups.NoMatch), title.Matches(`^[A-Z]{2}\d+$`, "a|b"), title.IsEmpty(), title.IsEmpty().Not(),
			groups.ID.Is("ada"), groups.Email.EndsWith("@example.com"),
		),
		groups.Any(
			country.Is("NL", "be"), country.IsNot("NL").WhenEmpty(groups.NoMatch), remote.Is(true), remote.Is(false), remote.IsEmpty(),
			badges.IncludesAny("1", "10"), badges.IncludesAll("1", "2"), badges.IsExactly("10"), badges.IsExactly("2").Not(), badges.IsEmpty(),
		),
		groups.All(
			grade.Is(0, -1, 0.1), grade.IsNot(1e15), grade.Less(-12.5), grade.AtMost(0), grade.AtLeast(1), grade.Greater(0.000001),
			grade.Between(1, 2), grade.Between(1, 2).Not(), grade.IsEmpty(),
		),
		groups.Any(
			hired.On(day), hired.Before(day), hired.After(day), hired.OnOrBefore(day), hired.OnOrAfter(day), hired.Between(day, day), hired.IsEmpty(),
			seen.Before(noon), seen.OnOrAfter(noon), seen.Between(morning, evening),
		),
		groups.All(
			hired.InLast(90, groups.Days), hired.InNext(2, groups.Weeks), hired.Ago(1, groups.Months), hired.Ahead(10, groups.Years),
			hired.AnniversaryWithin(7, groups.Days), hired.InLast(1, groups.Years).Not().WhenEmpty(groups.Matches), groups.DateField(seen).InLast(7, groups.Days),
		),
		groups.All(
			branch.Is("emea"), branch.IsNot("emea", "apac"), branch.Below("emea"), branch.IsOrBelow("emea").ToDepth(2), branch.IsEmpty(),
			branch.IsOrBelow("\u00e4").Not().WhenEmpty(groups.NoMatch),
		),
		groups.All(
			groups.UserIs("ada", "bob"), groups.UserBelow("ada"), groups.UserIsOrBelow("ada").ToDepth(1), groups.UserBelow("ada").Not(),
			groups.HasReports(), groups.HasReports().Not(),
		),
		groups.All(
			groups.Courses("a", "b").Are("enrolled", groups.Completed), groups.Courses("a", "b").All().Are("enrolled").Not(),
			groups.Courses("a", "b", "c").AtLeast(2).AreEnrolled(), groups.Courses("a").AreEnrolled().Not(),
			groups.Courses("a").AreCompleted(groups.CompletionDate.InLast(12, groups.Months)),
			groups.Courses("a").All().AreCompleted(groups.CompletionDate.Between(day, day)).Not(),
		),
		groups.Any(
			groups.MemberOfAny("other", "another"), groups.MemberOfAll("other").Not(), groups.MemberOfAny("other").WithBelow(),
			groups.StatusCondition{Statuses: []groups.UserStatus{groups.StatusActive, groups.StatusExpired}},
			groups.StatusCondition{Statuses: []groups.UserStatus{groups.StatusDeactivated}, Negated: true},
			groups.Everyone{},
		),
	}}
}

// spoil writes over everything in the criteria that can be written to.
func spoil(c groups.Criteria) {
	for i := range c.Sets {
		for _, condition := range c.Sets[i].Conditions {
			switch c := condition.(type) {
			case groups.FieldCondition:
				for k := range c.Values {
					c.Values[k] = groups.Lit("spoilt")
				}
			case groups.UnitCondition:
				for k := range c.Units {
					c.Units[k] = "spoilt"
				}
			case groups.UserCondition:
				for k := range c.Users {
					c.Users[k] = "spoilt"
				}
			case groups.EnrollmentCondition:
				for k := range c.Courses {
					c.Courses[k] = "spoilt"
				}
				for k := range c.Statuses {
					c.Statuses[k] = "spoilt"
				}
				for k := range c.When.Values {
					c.When.Values[k] = groups.Lit("spoilt")
				}
			case groups.GroupCondition:
				for k := range c.Groups {
					c.Groups[k] = "spoilt"
				}
			case groups.StatusCondition:
				for k := range c.Statuses {
					c.Statuses[k] = 77
				}
			}
		}
		clear(c.Sets[i].Conditions)
	}
	clear(c.Sets)
}
