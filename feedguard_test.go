package groups_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

// texts are objections as people read them; nil without any.
func texts(objections []groups.FeedObjection) []string {
	var out []string
	for _, o := range objections {
		out = append(out, o.String())
	}
	return out
}

// staffOptions are those of [staff].
var staffOptions = groups.PeopleCSV{
	Key: "key", Manager: "boss", Missing: groups.RemoveMissing,
	Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"off"}},
	Units:  []groups.UnitColumn{{Tree: "org", Column: "unit"}},
}

// staff are n people with values as an HR feed has them.
func staff(n int) [][]string {
	rows := [][]string{{"key", "name", "mail", "department", "title", "boss", "unit", "status"}}
	for i := range n {
		rows = append(rows, []string{
			fmt.Sprintf("u%04d", i), fmt.Sprint("Person ", i), fmt.Sprintf("p%d@example.org", i), fmt.Sprint("department ", i%7),
			fmt.Sprint("title ", i%40), fmt.Sprintf("u%04d", i/10), fmt.Sprint("team ", i%30), "on",
		})
	}
	return rows
}

// edit changes cells of one column.
func edit(rows [][]string, column string, to func(i int, cell string) string) {
	at := slices.Index(rows[0], column)
	for i, row := range rows[1:] {
		row[at] = to(i, row[at])
	}
}

func blank(int, string) string { return "" }

// company is 30 teams in three branches.
func company() []groups.Unit {
	units := []groups.Unit{{ID: "branch 0"}, {ID: "branch 1"}, {ID: "branch 2"}}
	for i := range 30 {
		units = append(units, groups.Unit{ID: fmt.Sprint("team ", i), Parent: fmt.Sprint("branch ", i%3)})
	}
	return units
}

// courses enrolls each of n people in two.
func courses(n int) [][]string {
	rows := [][]string{{"user", "course", "status", "completed"}}
	for i := range n {
		rows = append(rows, []string{fmt.Sprintf("u%04d", i), "safety", "open", ""}, []string{fmt.Sprintf("u%04d", i), "welcome", "done", ""})
	}
	return rows
}

// guarded has groups that read departments, managers, teams, status and courses, and n people.
func guarded(t testing.TB, n int) tenant {
	t.Helper()
	w := newTenant(t)
	if n > 0 {
		w.load(t, csvBytes(staff(n)), staffOptions, enrolled(t, csvBytes(courses(n)), records), func(f *groups.PeopleFile) {
			f.Trees = map[groups.Tree][]groups.Unit{"org": company()}
		})
	}
	for id, c := range map[groups.GroupID]groups.Condition{
		"sales": groups.TextField("department").Is("department 0"), "emea": groups.TextField("department").IsNot("department 1"),
		"line": groups.UserBelow("u0000"), "branch": groups.Tree("org").IsOrBelow("branch 1"),
		"active": groups.StatusIs(groups.StatusActive), "safe": groups.Courses("safety").AreEnrolled(),
	} {
		g := groups.Group{ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(c))}
		if n > 0 {
			if _, err := w.ev.Save(t.Context(), g, "ann"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := w.ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestTheFilesThatRealFeedsProduce tries the default guard.
func TestTheFilesThatRealFeedsProduce(t *testing.T) {
	const people = 300
	halve := func(rows [][]string) [][]string { return append(rows[:1], rows[1+len(rows)/2:]...) }
	type file struct {
		people, courses [][]string
		units           []groups.Unit
	}
	for _, c := range []struct {
		name    string
		stored  int
		missing groups.MissingUsers
		file    func(f *file)
		want    []string
		why     string
	}{
		{
			"the same file twice", people, groups.RemoveMissing, func(*file) {}, nil,
			"nothing differs",
		},
		{
			"a first import", 0, groups.RemoveMissing, func(*file) {}, nil,
			"nobody is stored whom it could harm",
		},
		{
			"an ordinary week", people, groups.RemoveMissing, func(f *file) {
				f.people = f.people[:len(f.people)-9]
				edit(f.people, "department", func(i int, s string) string {
					if i%20 == 0 {
						return "department 7"
					}
					return s
				})
			}, nil,
			"a few leave, and one in twenty is transferred to a new department",
		},
		{
			"half the people are missing and would be removed", people, groups.RemoveMissing, func(f *file) { f.people = halve(f.people) },
			[]string{"people: 150 of 300 known users are not in the file and would be removed (50 %)"},
			"an export that broke off between two rows is a valid file",
		},
		{
			"half the people are missing and would be deactivated", people, groups.DeactivateMissing, func(f *file) { f.people = halve(f.people) },
			[]string{"people: 150 of 300 known users are not in the file and would be deactivated (50 %)"},
			"as above",
		},
		{
			"half the people are missing and stay", people, groups.KeepMissing, func(f *file) { f.people = halve(f.people) }, nil,
			"a file may be a part, and nobody is harmed by not being in it",
		},
		{
			"one column is blank", people, groups.RemoveMissing, func(f *file) { edit(f.people, "department", blank) },
			[]string{`column "department": 300 of 300 users with a value would have none (100 %); read by groups "emea", "sales"`},
			"a view without its join",
		},
		{
			"one column is blank for one in four", people, groups.RemoveMissing, func(f *file) {
				edit(f.people, "title", func(i int, s string) string {
					if i%4 == 0 {
						return ""
					}
					return s
				})
			}, nil,
			"75 are below 100",
		},
		{
			"the blank column of a small company", 25, groups.RemoveMissing, func(f *file) { edit(f.people, "title", blank) },
			[]string{`column "title": 25 of 25 users with a value would have none (100 %); no group reads it`},
			"all of 20 or more; what no group reads today a rule may read tomorrow",
		},
		{
			"managers are blank", people, groups.RemoveMissing, func(f *file) { edit(f.people, "boss", blank) },
			[]string{`column "boss": 300 of 300 users with a value would have none (100 %); read by group "line"`},
			"the column is a field and the reporting line, and objected to once",
		},
		{
			"teams are blank", people, groups.RemoveMissing, func(f *file) { edit(f.people, "unit", blank) },
			[]string{`column "unit": 300 of 300 users with a value would have none (100 %); read by group "branch"`},
			"a column of units, likewise",
		},
		{
			"everybody is deactivated", people, groups.RemoveMissing, func(f *file) { edit(f.people, "status", func(int, string) string { return "off" }) },
			[]string{`people: 300 of 300 active users would be deactivated (100 %); read by group "active"`, `column "status": 300 of 300 users with a value would have one that nobody has (100 %); read by group "active"`},
			"a flag that was turned round",
		},
		{
			"leavers", people, groups.KeepMissing, func(f *file) {
				f.people = f.people[:51]
				edit(f.people, "status", func(int, string) string { return "off" })
			}, nil,
			"a file of those who left is all deactivated, and few of all who are active",
		},
		{
			"a column is shifted into another", people, groups.RemoveMissing, func(f *file) {
				title := slices.Index(f.people[0], "title")
				edit(f.people, "department", func(i int, _ string) string { return f.people[1+i][title] })
			},
			[]string{`column "department": 300 of 300 users with a value would have one that nobody has (100 %); read by groups "emea", "sales"`},
			"titles are no departments",
		},
		{
			"keys shifted by a row", people, groups.RemoveMissing, func(f *file) {
				edit(f.people, "key", func(i int, _ string) string { return fmt.Sprintf("u%04d", (i+1)%people) })
			},
			[]string{"people: 300 of 300 users would keep less than half of their values, as if their rows were other people's (100 %)"},
			"one column was sorted without the others; no value is new and none is missing",
		},
		{
			"a roll-over", people, groups.RemoveMissing, func(f *file) {
				edit(f.people, "department", func(i int, _ string) string { return fmt.Sprint("department ", (i+1)%7) })
				edit(f.people, "unit", func(i int, _ string) string { return fmt.Sprint("team ", (i+1)%30) })
			}, nil,
			"each September everybody is in another year and class, which exist",
		},
		{
			"a tree without most of its teams", people, groups.RemoveMissing, func(f *file) { f.units = f.units[:3] }, nil,
			"30 units are too few to tell; the removal guard sees the people",
		},
		{
			"a tree without its units", people, groups.RemoveMissing, func(f *file) { f.units = nil },
			[]string{`tree "org": 33 of 33 units would be gone (100 %); read by group "branch"`},
			"all of 20 or more",
		},
		{
			"enrollments of half the people", people, groups.RemoveMissing, func(f *file) { f.courses = halve(f.courses) },
			[]string{`enrollments: 150 of 300 enrolled users would lose a record, or its status or completion (50 %); read by group "safe"`},
			"a course system that answers half",
		},
		{
			"a blank column of the enrollments", people, groups.RemoveMissing, func(f *file) { edit(f.courses, "status", blank) },
			[]string{`enrollments: 300 of 300 enrolled users would lose a record, or its status or completion (100 %); read by group "safe"`},
			"the records are there, and say nothing",
		},
		{
			"most of an enrollment file that was not finished", people, groups.RemoveMissing, func(f *file) {
				edit(f.courses, "status", func(i int, s string) string {
					if i >= 420 {
						return ""
					}
					return s
				})
			}, nil,
			"90 are below 100",
		},
		{
			"a new column", people, groups.RemoveMissing, func(f *file) {
				for i := range f.people {
					f.people[i] = append(f.people[i], fmt.Sprint("site ", i))
				}
			}, nil,
			"everybody has a value that nobody had, and nobody loses one",
		},
		{
			"a lost column", people, groups.RemoveMissing, func(f *file) {
				for i, row := range f.people {
					f.people[i] = slices.Delete(row, 3, 4)
				}
			}, nil,
			"what is stored stays, which is a finding; nobody moves",
		},
		{
			"numbers go up", people, groups.RemoveMissing, func(f *file) { edit(f.people, "title", func(i int, s string) string { return s + " II" }) }, nil,
			"what no group reads may change as it likes",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := c.stored
			if n == 0 {
				n = people
			}
			w := guarded(t, c.stored)
			f := file{staff(n), courses(n), company()}
			c.file(&f)
			o := staffOptions
			o.Missing = c.missing
			p := w.plan(t, csvBytes(f.people), o, enrolled(t, csvBytes(f.courses), records), func(file *groups.PeopleFile) {
				file.Trees = map[groups.Tree][]groups.Unit{"org": f.units}
			})
			if diff := cmp.Diff(c.want, texts(p.Objections)); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", c.why, diff)
			}
			before := everything(t, w)
			_, err := w.ev.Import(t.Context(), p, "an administrator")
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			refused, ok := errors.AsType[*groups.FeedError](err)
			if !ok || !errors.Is(err, groups.ErrFeed) || !cmp.Equal(refused.Objections, p.Objections) {
				t.Fatalf("%v", err)
			}
			if want := "refused by the feed guard\n" + strings.Join(c.want, "\n"); err.Error() != want {
				t.Errorf("%q", err)
			}
			if diff := cmp.Diff(before, everything(t, w)); diff != "" {
				t.Errorf("refused is refused (-before +after):\n%s", diff)
			}
		})
	}
}

// TestRealFilesThatWentWrong spoils the Open University's people in the ways of the table above.
func TestRealFilesThatWentWrong(t *testing.T) {
	original, err := csv.NewReader(strings.NewReader(shared(t, "oulad/people.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	o := groups.PeopleCSV{
		Key: "student_id", Missing: groups.DeactivateMissing, Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"deactivated"}},
		Fields: []groups.CSVField{fieldOf("studied_credits", groups.TypeNumber), fieldOf("first_registered", groups.TypeDate)},
	}
	w := newTenant(t)
	w.load(t, csvBytes(original), o)
	w.automatic(t, "scots", groups.AnySets(groups.All(groups.TextField("region").Is("Scotland"))), groups.Keep)
	w.automatic(t, "active", groups.AnySets(groups.All(groups.StatusIs(groups.StatusActive))), groups.Keep)
	for _, c := range []struct {
		name  string
		spoil func(rows [][]string) [][]string
		want  []string
	}{
		{"as it is", func(rows [][]string) [][]string { return rows }, nil},
		{
			"it breaks off after 20,000", func(rows [][]string) [][]string { return rows[:20_001] },
			[]string{"people: 6,227 of 26,227 known users are not in the file and would be deactivated (23 %)"},
		},
		{
			"bands are blank after 20,000",
			func(rows [][]string) [][]string {
				edit(append(rows[:1:1], rows[20_001:]...), "imd_band", blank)
				return rows
			},
			[]string{`column "imd_band": 8,446 of 27,814 users with a value would have none (30 %); no group reads it`},
		},
		{
			"education stands where the region should",
			func(rows [][]string) [][]string {
				edit(rows, "region", func(i int, _ string) string { return original[1+i][3] })
				return rows
			},
			[]string{`column "region": 28,785 of 28,785 users with a value would have one that nobody has (100 %); read by group "scots"`},
		},
		{
			"the keys slipped by a row",
			func(rows [][]string) [][]string {
				edit(rows, "student_id", func(i int, _ string) string { return original[1+(i+1)%(len(original)-1)][0] })
				return rows
			},
			[]string{
				`people: 5,587 of 21,118 active users would be deactivated (26 %); read by group "active"`,
				"people: 16,275 of 28,785 users would keep less than half of their values, as if their rows were other people's (56 %)",
			},
		},
		{
			"everybody is off",
			func(rows [][]string) [][]string {
				edit(rows, "status", func(int, string) string { return "deactivated" })
				return rows
			},
			[]string{`people: 21,118 of 21,118 active users would be deactivated (100 %); read by group "active"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := w.plan(t, csvBytes(c.spoil(cloneRows(original))), o)
			if diff := cmp.Diff(c.want, texts(p.Objections)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// everything is all that an import could touch: people, units, groups, standings and changes.
func everything(t testing.TB, w tenant) []string {
	t.Helper()
	out := w.users(t)
	add := func(v any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%+v", v))
	}
	for u, err := range w.Units(t.Context()) {
		add(u, err)
	}
	s, err := w.Schema(t.Context())
	add(*s, err)
	for g, err := range w.Groups(t.Context()) {
		add(g, err)
		for st, err := range w.Standings(t.Context(), g.ID, "") {
			add(fmt.Sprint(st.Group, st.User, st.Automatic, st.Population, st.Member, st.Undecided, st.Assignment != nil, st.Exclusion != nil), err)
		}
	}
	for c, err := range w.Changes(t.Context(), "") {
		add(c, err)
	}
	return out
}

// with is the same tenant under another guard.
func (w tenant) with(g *groups.FeedGuard) tenant {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	return tenant{w.Memory, groups.NewEvaluator(w, w, &groups.Options{Now: func() time.Time { return now }, FeedGuard: g})}
}

// strict is a guard all of whose limits allow none.
func strict() *groups.FeedGuard {
	none := &groups.FeedLimit{}
	return &groups.FeedGuard{Missing: none, Deactivated: none, Replaced: none, Blanked: none, Changed: none, Unseen: none, Moved: none}
}

func TestFeedLimits(t *testing.T) {
	for _, c := range []struct {
		name        string
		limit       *groups.FeedLimit
		blanked, of int
		refused     bool
		why         string
	}{
		{"off", nil, 10, 10, false, "off is a value of its own"},
		{"zero", &groups.FeedLimit{}, 1, 10, true, "0 allows none"},
		{"zero, and nobody", &groups.FeedLimit{}, 0, 10, false, "no difference is no suspicion"},
		{"at both", &groups.FeedLimit{MinCount: 2, MaxPercent: 20}, 2, 10, true, "reached is too many"},
		{"below the count", &groups.FeedLimit{MinCount: 3, MaxPercent: 20}, 2, 10, false, "a few are no jump, whatever their share"},
		{"below the share", &groups.FeedLimit{MinCount: 2, MaxPercent: 21}, 2, 10, false, "a small share is no jump, whatever their number"},
		{"a share that is not whole", &groups.FeedLimit{MaxPercent: 34}, 1, 3, false, "33.3 % are less than 34"},
		{"all of few", &groups.FeedLimit{MinCount: 100, MaxPercent: 20, AllOf: 4}, 3, 3, false, "three are fewer than four"},
		{"all of enough", &groups.FeedLimit{MinCount: 100, MaxPercent: 20, AllOf: 3}, 3, 3, true, "the whole of a small tenant"},
		{"all but one", &groups.FeedLimit{MinCount: 100, MaxPercent: 20, AllOf: 3}, 3, 4, false, "all is all"},
		{"never", &groups.FeedLimit{MaxPercent: 101}, 3, 3, false, "there is no such share"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t).with(&groups.FeedGuard{Blanked: c.limit})
			stored, next := "key,x\n", "key,x\n"
			for i := range c.of {
				stored += fmt.Sprintf("u%d,a\n", i)
				if i < c.blanked {
					next += fmt.Sprintf("u%d,\n", i)
				} else {
					next += fmt.Sprintf("u%d,a\n", i)
				}
			}
			o := groups.PeopleCSV{Key: "key"}
			w.load(t, stored, o)
			if p := w.plan(t, next, o); (len(p.Objections) > 0) != c.refused {
				t.Errorf("%v: %s", p.Objections, c.why)
			}
		})
	}
	t.Run("the default is fresh each time", func(t *testing.T) {
		groups.DefaultFeedGuard().Blanked.MinCount = 7
		if n := groups.DefaultFeedGuard().Blanked.MinCount; n != 100 {
			t.Errorf("%d: one caller must not loosen the guard of another", n)
		}
	})
}

func TestTheTextOfAnObjectionIsBounded(t *testing.T) {
	w := newTenant(t)
	w.load(t, "key,a\nu1,x\n", groups.PeopleCSV{Key: "key"})
	for i := range 12 {
		w.automatic(t, groups.GroupID(fmt.Sprintf("g%02d", i)), groups.AnySets(groups.All(groups.TextField("a").Is("x"))), groups.Keep)
	}
	p := w.with(strict()).plan(t, "key,a\nu1,\n", groups.PeopleCSV{Key: "key"})
	const want = `column "a": 1 of 1 users with a value would have none (100 %); read by groups "g00", "g01", "g02", "g03", "g04", "g05", "g06", "g07", "g08", "g09" and 2 more`
	if len(p.Objections) != 1 || p.Objections[0].String() != want || len(p.Objections[0].Groups) != 12 {
		t.Errorf("%+v", p.Objections)
	}
}

func TestAnObjectionNamesTheGroupsThatReadAColumnThroughOthers(t *testing.T) {
	w := guarded(t, 300)
	for _, g := range []groups.Group{
		{ID: "through", Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.MemberOfAny("sales")))},
		{ID: "far", Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.MemberOfAll("through").Not()))},
		{ID: "child", Kind: groups.AutomaticGroup, Parent: "house", Criteria: groups.AnySets(groups.All(groups.MemberOfAny("emea")))},
		{ID: "house"},
		{ID: "beneath", Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.MemberOfAny("house").WithBelow()))},
		{ID: "not beneath", Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.MemberOfAny("house")))},
		{ID: "kept", Kind: groups.ManualGroup, Criteria: groups.AnySets(groups.All(groups.MemberOfAny("sales")))}, // which it does not read
	} {
		g.Name, g.Status = string(g.ID), groups.Active
		if _, err := w.ev.Save(t.Context(), g, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	rows := staff(300)
	edit(rows, "department", blank)
	p := w.plan(t, csvBytes(rows), staffOptions)
	want := []groups.GroupID{"beneath", "child", "emea", "far", "sales", "through"}
	if len(p.Objections) != 1 || !slices.Equal(p.Objections[0].Groups, want) {
		t.Errorf("%+v", p.Objections)
	}
	for i, row := range rows {
		rows[i] = slices.Delete(row, 3, 4)
	}
	p = w.plan(t, csvBytes(rows), staffOptions)
	if text := `groups that read it: "beneath", "child", "emea", "far", "sales", "through"`; len(p.Findings) != 1 || !strings.HasSuffix(p.Findings[0].Text, text) {
		t.Errorf("a lost column: %v", p.Findings)
	}
}

func TestAReparentedTree(t *testing.T) {
	w := newTenant(t)
	tree := func(parent string) func(*groups.PeopleFile) {
		units := []groups.Unit{{ID: "north"}, {ID: "south"}}
		for i := range 200 {
			units = append(units, groups.Unit{ID: fmt.Sprintf("team %03d", i), Parent: parent})
			if i%2 == 0 {
				units[len(units)-1].Parent = "north"
			}
		}
		return func(f *groups.PeopleFile) { f.Trees = map[groups.Tree][]groups.Unit{"org": units} }
	}
	o := groups.PeopleCSV{Key: "key", Units: []groups.UnitColumn{{Tree: "org", Column: "unit"}}}
	const people = "key,unit\nu1,team 001\n"
	w.load(t, people, o, tree("north"))
	w.automatic(t, "north", groups.AnySets(groups.All(groups.Tree("org").IsOrBelow("north"))), groups.Keep)
	p := w.plan(t, people, o, tree("south"))
	want := []string{`tree "org": 100 of 202 units would have another parent (49 %); read by group "north"`}
	if diff := cmp.Diff(want, texts(p.Objections)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAPersonOverridesTheFeedGuard(t *testing.T) {
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "key"}
	w.load(t, "key,a\nu1,x\n", o)
	w = w.with(strict())
	p := w.plan(t, "key,a\nu1,\n", o)
	by := ""
	for _, by := range []string{"", " "} {
		if _, err := w.ev.ImportDespite(t.Context(), p, by, "why not"); !errors.Is(err, groups.ErrID) {
			t.Errorf("%q: %v", by, err)
		}
	}
	if _, err := w.ev.ImportDespite(t.Context(), p, "ann", "\xff"); !errors.Is(err, groups.ErrValue) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{`u1 active a=["x"] key=["u1"]`}, w.users(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := w.ev.ImportDespite(t.Context(), p, "ann", "the column is retired"); err != nil {
		t.Fatal(err)
	}
	for a, err := range w.Acts(t.Context(), "", "") {
		if err != nil || a.Do == "override" && (a.By != "ann" || a.Why != "the column is retired" || !strings.Contains(string(a.After), "blanked")) {
			t.Errorf("%+v, %v", a, err)
		}
		if a.Do != "override" {
			continue
		}
		by = a.By
	}
	if by != "ann" {
		t.Error("nobody wrote down who overrode the guard")
	}
	if diff := cmp.Diff([]string{`u1 active a=[] key=["u1"]`}, w.users(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// guards draws limits small enough for drawn feeds.
func guards(t *rapid.T) *groups.FeedGuard {
	limit := func(name string) *groups.FeedLimit {
		if rapid.IntRange(0, 2).Draw(t, name+" off") == 0 {
			return nil
		}
		return &groups.FeedLimit{
			MinCount: rapid.IntRange(0, 3).Draw(t, name), MaxPercent: rapid.IntRange(0, 100).Draw(t, name+" percent"),
			AllOf: rapid.IntRange(0, 4).Draw(t, name+" all of"),
		}
	}
	return &groups.FeedGuard{
		Missing: limit("missing"), Deactivated: limit("deactivated"), Replaced: limit("replaced"),
		Blanked: limit("blanked"), Changed: limit("changed"), Unseen: limit("unseen"), Moved: limit("moved"),
	}
}

func ExampleEvaluator_ImportDespite() {
	ctx, school := context.Background(), groups.NewMemory()
	ev := groups.NewEvaluator(school, school, &groups.Options{Now: newYear})
	upload := func(department string) *groups.ImportPlan {
		var file strings.Builder
		file.WriteString("id,name,department\n")
		for i := range 1240 {
			fmt.Fprintf(&file, "u%04d,Person %d,%s\n", i, i, department)
		}
		people, err := groups.ReadPeopleCSV(strings.NewReader(file.String()), &groups.PeopleCSV{Key: "id"})
		check(err)
		plan, err := ev.PlanImport(ctx, people)
		check(err)
		return plan
	}
	_, err := ev.Import(ctx, upload("Sales"), "an administrator")
	check(err)
	_, err = ev.Save(ctx, groups.Group{
		ID: "sales", Name: "Sales", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(groups.TextField("department").Is("sales"))),
	}, "tutor")
	check(err)
	_, err = ev.Process(ctx)
	check(err)

	plan := upload("") // the export lost its departments
	_, err = ev.Import(ctx, plan, "an administrator")
	fmt.Println(err)

	// A person who knows better says so, and why. That so many leave is for another guard to hold.
	run, err := ev.ImportDespite(ctx, plan, "an administrator", "departments are gone for good")
	check(err)
	held := run.Held[0]
	fmt.Println(held.Group.ID, "is held:", held.Hold)
	run, err = ev.Approve(ctx, held, "an administrator")
	check(err)
	fmt.Println(len(run.Changes()), "left")
	// Output:
	// refused by the feed guard
	// column "department": 1,240 of 1,240 users with a value would have none (100 %); read by group "sales"
	// sales is held: leaves of the group: 1,240 of 1,240 automatic members reach the 500 allowed: 1,240 because `department` became empty
	// 1240 left
}
