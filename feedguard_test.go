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
			[]string{`enrollments: 150 of 300 enrolled users would lose a record (50 %); read by group "safe"`},
			"a course system that answers half",
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

func TestWhatAFeedIsMeasuredBy(t *testing.T) {
	const stored = "key,a,level,size,boss,unit,status\n" +
		"u1,Sales,1,S,u9,x,on\nu2,it,2,M,u9,x,on\nu3,it,3,L,,y|z,off\nu4,hr,4,,u9,,on\n"
	o := groups.PeopleCSV{
		Key: "key", Manager: "boss", Missing: groups.DeactivateMissing, Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"off"}},
		Units: []groups.UnitColumn{{Tree: "org", Column: "unit", Separator: "|"}}, Fields: []groups.CSVField{fieldOf("level", groups.TypeNumber)},
	}
	reading := func(w tenant) {
		for id, c := range map[groups.GroupID]groups.Condition{
			"a": groups.TextField("a").Is("it"), "level": groups.NumberField("level").AtLeast(2), "size": groups.TextField("size").Is("S"),
			"line": groups.UserBelow("u9"), "unit": groups.Tree("org").Is("x"),
		} {
			w.automatic(t, id, groups.AnySets(groups.All(c)), groups.Keep)
		}
	}
	figure := func(column string, had, have, blanked, changed, unseen int, ids ...groups.GroupID) groups.FeedFigure {
		return groups.FeedFigure{Column: column, Had: had, Have: have, Blanked: blanked, Changed: changed, Unseen: unseen, Groups: ids}
	}
	for _, c := range []struct {
		name, file string
		fields     []groups.CSVField
		want       groups.Feed
		why        string
	}{
		{
			"everything at once",
			"key,a,level,size,boss,unit,status\nu1,SALES,7,S,u8,y,off\nu2,law,x,M,,z|y,\nu5,new,5,M,u1,new,on\n", o.Fields,
			groups.Feed{
				Met: 2, Known: 3, Missing: 1, Active: 3, Deactivated: 1, Compared: 2, Replaced: 2,
				Figures: []groups.FeedFigure{
					figure("a", 2, 2, 0, 2, 1, "a"), figure("level", 2, 1, 1, 1, 0, "level"), figure("size", 2, 2, 0, 0, 0, "size"),
					figure("boss", 2, 1, 1, 1, 1, "line"), figure("unit", 2, 2, 0, 2, 0, "unit"), figure("status", 2, 1, 1, 1, 0),
				},
			},
			"case is no new department; an unreadable number is no value; new users count nowhere; who was off is not missed",
		},
		{
			"what was empty and is filled", "key,size\nu4,XXL\n", nil,
			groups.Feed{Met: 1, Known: 3, Missing: 2, Active: 3, Figures: []groups.FeedFigure{figure("size", 0, 1, 0, 0, 0, "size")}},
			"nobody lost anything",
		},
		{
			"another type", "key,size\nu1,S\nu2,S\nu3,\nu4,\n", []groups.CSVField{fieldOf("size", groups.TypeChoice)},
			groups.Feed{Met: 4, Known: 4, Active: 3, Figures: []groups.FeedFigure{figure("size", 3, 2, 1, 1, 0, "size")}},
			"u1's S is the same word as an option, and u2's is one that was seen",
		},
		{
			"a narrow file", "key,a,level,size,status\nu1,law,9,M,off\n", o.Fields,
			groups.Feed{Met: 1, Known: 3, Missing: 2, Active: 3, Figures: []groups.FeedFigure{
				figure("a", 1, 1, 0, 1, 1, "a"), figure("level", 1, 1, 0, 1, 0, "level"), figure("size", 1, 1, 0, 1, 0, "size"), figure("status", 1, 1, 0, 1, 0),
			}},
			"with four values nobody is compared as a whole",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t)
			w.load(t, stored, o)
			reading(w)
			next := o
			if next.Fields = c.fields; !strings.Contains(c.file, "boss") {
				next.Manager, next.Units, next.Status = "", nil, nil
			}
			if diff := cmp.Diff(c.want, w.plan(t, c.file, next).Feed); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
	t.Run("codes", func(t *testing.T) {
		w := newTenant(t)
		code := groups.CSVField{Field: groups.Field{Name: "code", Type: groups.TypeText, Exact: true}}
		w.load(t, "key,code\nu1,ab\n", groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{code}})
		w.automatic(t, "code", groups.AnySets(groups.All(groups.TextField("code").Is("ab"))), groups.Keep)
		if diff := cmp.Diff([]groups.FeedFigure{figure("code", 1, 1, 0, 1, 1, "code")}, w.plan(t, "key,code\nu1,AB\n", groups.PeopleCSV{Key: "key"}).Feed.Figures); diff != "" {
			t.Errorf("case makes another code, declared again or not (-want +got):\n%s", diff)
		}
	})
	t.Run("what no group reads", func(t *testing.T) {
		w := newTenant(t).with(strict())
		w.load(t, "key,a\nu1,x\n", groups.PeopleCSV{Key: "key"})
		if p := w.plan(t, "key,a\nu1,y\n", groups.PeopleCSV{Key: "key"}); len(p.Objections) > 0 || p.Feed.Figures[0].Changed != 1 {
			t.Errorf("%+v: it moves nobody", p.Feed)
		}
	})
	t.Run("more new values than are told apart", func(t *testing.T) {
		w := newTenant(t)
		old, next := strings.Builder{}, strings.Builder{}
		old.WriteString("key,mail\n")
		next.WriteString("key,mail\n")
		for i := range 10_001 {
			fmt.Fprintf(&old, "u%05d,same\n", i)
			fmt.Fprintf(&next, "u%05d,%d\n", i, i)
		}
		o := groups.PeopleCSV{Key: "key"}
		w.load(t, old.String(), o)
		w.automatic(t, "mail", groups.AnySets(groups.All(groups.TextField("mail").Is("same"))), groups.Keep)
		if f := w.plan(t, next.String(), o).Feed.Figures[0]; !f.Untracked || f.Unseen != 10_001 {
			t.Errorf("%+v", f)
		}
	})
	t.Run("more values than are told apart", func(t *testing.T) {
		w := newTenant(t)
		old, next := strings.Builder{}, strings.Builder{}
		old.WriteString("key,mail\n")
		next.WriteString("key,mail\n")
		for i := range 10_001 {
			fmt.Fprintf(&old, "u%05d,%d@old\n", i, i)
			fmt.Fprintf(&next, "u%05d,%d@old\n", i, i/2) // all but the first are another's
		}
		o := groups.PeopleCSV{Key: "key"}
		w.load(t, old.String(), o)
		w.automatic(t, "mail", groups.AnySets(groups.All(groups.TextField("mail").EndsWith("old"))), groups.Keep)
		want := groups.FeedFigure{Column: "mail", Had: 10_001, Have: 10_001, Changed: 10_000, Unseen: 10_000, Untracked: true, Groups: []groups.GroupID{"mail"}}
		if diff := cmp.Diff(want, w.plan(t, next.String(), o).Feed.Figures[0]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("trees and enrollments", func(t *testing.T) {
		w := newTenant(t)
		o := groups.PeopleCSV{Key: "key"}
		trees := func(units ...groups.Unit) func(*groups.PeopleFile) {
			return func(f *groups.PeopleFile) { f.Trees = map[groups.Tree][]groups.Unit{"org": units} }
		}
		const people = "key\nu1\nu2\nu3\nu4\n"
		w.load(t, people, o, trees(groups.Unit{ID: "a"}, groups.Unit{ID: "b", Parent: "a"}, groups.Unit{ID: "c", Parent: "a"}, groups.Unit{ID: "d", Name: "D"}),
			enrolled(t, "user,course,status,completed\nu1,c,open,\nu1,d,open,\nu2,c,open,\nu3,c,open,\n", records))
		w = w.with(strict())
		p := w.plan(t, people, o, trees(groups.Unit{ID: "a"}, groups.Unit{ID: "c", Parent: "d"}, groups.Unit{ID: "d", Name: "E"}, groups.Unit{ID: "e"}),
			enrolled(t, "user,course,status,completed\nu1,c,open,\nu1,x,open,\nu2,c,done,\nu4,c,open,\n", records))
		want := []groups.FeedFigure{{Tree: "org", Had: 4, Have: 4, Blanked: 1, Changed: 1}, {Had: 3, Have: 3, Blanked: 2, Changed: 1}}
		if diff := cmp.Diff(want, p.Feed.Figures); diff != "" {
			t.Errorf("a name is no move, and a record in another course does not make up for one lost (-want +got):\n%s", diff)
		}
		said := []string{
			`tree "org": 1 of 4 units would be gone (25 %); no group reads it`,
			`tree "org": 1 of 4 units would have another parent (25 %); no group reads it`,
			`enrollments: 2 of 3 enrolled users would lose a record (66 %); no group reads it`,
		}
		if diff := cmp.Diff(said, texts(p.Objections)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		p = w.plan(t, people, o, enrolled(t, "user,course,status,completed\nu1,c,open,\nu1\nu2,\xff,open,\nu3,c,open,\n", records))
		if f := p.Feed.Figures[0]; f.Blanked > 0 {
			t.Errorf("%+v: a list that is known in part loses nothing", f)
		}
		p = w.plan(t, "key\nu2\n", o, enrolled(t, "user,course,status,completed\nu1,c,open,\n", records))
		if diff := cmp.Diff([]groups.FeedFigure{{Had: 2, Have: 1, Blanked: 2}}, p.Feed.Figures); diff != "" {
			t.Errorf("u1 is in one of the files and u2 in the other; of u3 nothing is said (-want +got):\n%s", diff)
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

// TestAnImportDoesWhatWasShown changes the tenant between the plan and the import.
func TestAnImportDoesWhatWasShown(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		between func(t *testing.T, ev *groups.Evaluator, m *groups.Memory)
		planned []string // those that would not happen
		now     []string // those that would, and were not shown
		why     string
	}{
		{"nothing", func(*testing.T, *groups.Evaluator, *groups.Memory) {}, nil, nil, "it does what it showed"},
		{"an hour", func(*testing.T, *groups.Evaluator, *groups.Memory) { now = now.Add(time.Hour) }, nil, nil, "the instants are not compared"},
		{
			"a month", func(*testing.T, *groups.Evaluator, *groups.Memory) { now = now.AddDate(0, 1, 0) },
			[]string{"new u2 joined"}, nil,
			"who would have been new is not any more",
		},
		{
			"another rule", func(t *testing.T, ev *groups.Evaluator, _ *groups.Memory) {
				g := groups.Group{ID: "it", Name: "it", Kind: groups.AutomaticGroup, Status: groups.Active, Revision: 1, Criteria: groups.AnySets(groups.All(groups.TextField("dept").Is("it", "sales")))}
				if _, err := ev.Save(t.Context(), g, "bob"); err != nil {
					t.Fatal(err)
				}
			}, nil, []string{"it u2 joined"},
			"nobody was shown that u2 joins",
		},
		{
			"an assignment", func(t *testing.T, ev *groups.Evaluator, _ *groups.Memory) {
				if _, err := ev.Assign(t.Context(), "it", groups.Decision{By: "bob"}, "u1"); err != nil {
					t.Fatal(err)
				}
			}, []string{"it u1 joined"}, nil,
			"u1 is in already, and stays in by assignment",
		},
		{
			"people", func(t *testing.T, _ *groups.Evaluator, m *groups.Memory) {
				if err := m.Write(t.Context(), groups.PeopleChange{Remove: []groups.UserID{"u1"}}); err != nil {
					t.Fatal(err)
				}
			}, nil, nil,
			"the plan puts u1 back, so the groups are as shown; that the people changed is for the directory to say",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
			m := groups.NewMemory()
			ev := groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return now }})
			w := tenant{m, ev}
			o := groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{fieldOf("hired", groups.TypeDate)}}
			w.load(t, "key,dept,hired\nu1,sales,2020-01-01\n", o)
			w.automatic(t, "it", groups.AnySets(groups.All(groups.TextField("dept").Is("it"))), groups.Keep)
			w.automatic(t, "new", groups.AnySets(groups.All(groups.DateField("hired").InLast(20, groups.Days))), groups.Keep)
			p := w.plan(t, "key,dept,hired\nu1,it,2020-01-01\nu2,sales,2026-01-30\n", o)
			c.between(t, ev, m)
			before := everything(t, w)
			run, err := ev.Import(t.Context(), p, "an administrator")
			if c.planned == nil && c.now == nil && c.name != "people" {
				if err != nil || len(run.Changes()) != 2 {
					t.Fatalf("%v, %v: %s", run, err, c.why)
				}
				return
			}
			if !errors.Is(err, groups.ErrConflict) && !errors.Is(err, groups.ErrStale) {
				t.Fatalf("%v: %s", err, c.why)
			}
			if diff := cmp.Diff(before, everything(t, w)); diff != "" {
				t.Errorf("refused is refused (-before +after):\n%s", diff)
			}
			if c.name == "people" {
				return
			}
			stale, ok := errors.AsType[*groups.StaleError](err)
			if !ok {
				t.Fatalf("%v: %s", err, c.why)
			}
			var planned, then []string
			for _, d := range stale.Difference {
				if d.Planned != (groups.Fate{}) {
					planned = append(planned, fmt.Sprint(d.Group, " ", d.User, " joined"))
				}
				if d.Now != (groups.Fate{}) {
					then = append(then, fmt.Sprint(d.Group, " ", d.User, " joined"))
				}
			}
			if diff := cmp.Diff([][]string{c.planned, c.now}, [][]string{planned, then}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if !strings.Contains(err.Error(), `user "u`) {
				t.Errorf("%q does not name who", err)
			}
			if _, err := ev.ImportDespite(t.Context(), p, "ann", ""); !errors.As(err, new(*groups.StaleError)) {
				t.Errorf("%v: a person may override a limit, not what others did meanwhile", err)
			}
		})
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

func TestARefusedImportWritesNothingAndAnOverriddenOneEverything(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, stored := started(tt, t)
		other := newTenant(tt) // the same history, without a guard
		stored.load(t, other.with(&groups.FeedGuard{}), groups.KeepMissing)
		feedGroups(t, other)
		other = other.with(&groups.FeedGuard{})
		w = w.with(guards(t))

		missing, next := anyMissing(t), feeds(t, "next")
		p := next.plan(t, w, missing)
		before := everything(tt, w)
		run, err := w.ev.Import(t.Context(), p, "an administrator")
		if refused := errors.Is(err, groups.ErrFeed); refused != (len(p.Objections) > 0) || !refused && err != nil {
			t.Fatalf("%v with objections %v", err, p.Objections)
		}
		if err != nil {
			if diff := cmp.Diff(before, everything(tt, w)); diff != "" {
				t.Fatalf("a refused import wrote (-before +after):\n%s", diff)
			}
			if run, err = w.ev.ImportDespite(t.Context(), p, "ann", "meant"); err != nil {
				t.Fatal(err)
			}
		}
		free, err := other.ev.Import(t.Context(), next.plan(t, other, missing), "an administrator")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(free, run); diff != "" {
			t.Fatalf("the run (-without guard +overridden):\n%s", diff)
		}
		if diff := cmp.Diff(everything(tt, other), everything(tt, w)); diff != "" {
			t.Fatalf("what is stored (-without guard +overridden):\n%s", diff)
		}
	})
}

func TestTheFiguresOfAFeed(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, _ := started(tt, t)
		w = w.with(guards(t))
		missing, next := anyMissing(t), feeds(t, "next")
		p := next.plan(t, w, missing)
		other := feed{shuffled(t, next.people), shuffled(t, next.enrollments)}.plan(t, w, missing)
		if diff := cmp.Diff([]any{p.Feed, p.Objections}, []any{other.Feed, other.Objections}); diff != "" {
			t.Fatalf("the order of the rows matters:\n%s", diff)
		}
		f := p.Feed
		if f.Missing > f.Known || f.Deactivated > f.Active || f.Replaced > f.Compared || f.Compared > f.Met {
			t.Fatalf("a part larger than the whole: %+v", f)
		}
		for _, c := range f.Figures {
			if c.Unseen > c.Changed || c.Blanked+c.Changed > c.Had || c.Column != "" && max(c.Had, c.Have) > f.Met {
				t.Fatalf("a part larger than the whole: %+v", c)
			}
		}
		if _, err := w.ev.ImportDespite(t.Context(), p, "ann", ""); err != nil {
			t.Fatal(err)
		}
		again := next.plan(t, w, missing)
		for _, c := range again.Feed.Figures {
			if c.Blanked+c.Changed+c.Unseen > 0 || c.Had != c.Have {
				t.Fatalf("the same file again differs: %+v", c)
			}
		}
		if len(again.Objections) > 0 || again.Feed.Deactivated+again.Feed.Replaced > 0 || missing != groups.KeepMissing && again.Feed.Missing > 0 {
			t.Fatalf("the same file again is suspicious: %+v", again.Feed)
		}
	})
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
	// sales is held: leaves of the group: 1240 reach the 500 allowed: 1240 because `department` became empty
	// 1240 left
}
