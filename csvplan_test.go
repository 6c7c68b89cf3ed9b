package groups_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law/fault"
)

func TestPlanBeforeAnythingIsWritten(t *testing.T) {
	const dept = groups.TextField("dept")
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "key", Missing: groups.RemoveMissing}
	w.load(t, "key,dept\nu1,sales\nu2,sales\nu3,it\nu4,it\n", o)
	w.automatic(t, "sales", groups.AnySets(groups.All(dept.Is("sales"))), groups.Keep)
	w.automatic(t, "it", groups.AnySets(groups.All(dept.Is("it"))), groups.Keep)
	before := w.users(t)

	p := w.plan(t, "key,dept\nu3,it\nu2,it\nu5,sales\nu5,it\nu1,sales\n", o)
	if diff := cmp.Diff(before, w.users(t)); diff != "" {
		t.Errorf("a plan writes nothing:\n%s", diff)
	}
	if diff := cmp.Diff([]any{
		[]groups.UserID{"u5"}, []groups.UserID{"u2"}, 2, []groups.UserID{"u4"}, 1,
	}, []any{p.New, p.Changed, p.Unchanged, p.Missing, p.Rejected}); diff != "" {
		t.Errorf("new, changed, unchanged, missing, rejected (-want +got):\n%s", diff)
	}
	if n := len(p.People.Upsert); n != 2 {
		t.Errorf("%d users written, want only those new and changed", n)
	}
	moves := func(r *groups.Run) (out []string) {
		for _, c := range r.Changes() {
			out = append(out, fmt.Sprint(c.Group, " ", c.Kind, " ", c.User))
		}
		return out
	}
	want := []string{"it joined u2", "it left u4", "sales left u2", "sales joined u5"}
	if diff := cmp.Diff(want, moves(p.Run)); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
	r, err := w.ev.Import(t.Context(), p, "an administrator")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, moves(r)); diff != "" {
		t.Errorf("what was planned is what happens (-want +got):\n%s", diff)
	}
	if _, err := w.User(t.Context(), "u4"); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("u4 is still there: %v", err)
	}
	if r, err := w.ev.Process(t.Context()); err != nil || !r.Empty() {
		t.Errorf("processing settles: %v, %v", r, err)
	}
}

func TestStaleImport(t *testing.T) {
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "key"}
	w.load(t, "key,dept\nu1,a\n", o)
	p := w.plan(t, "key,dept\nu1,b\n", o)
	w.load(t, "key,dept\nu1,c\n", o)
	if r, err := w.ev.Import(t.Context(), p, "an administrator"); !errors.Is(err, groups.ErrConflict) || r != nil {
		t.Errorf("%v, %v: the plan was made from other people", r, err)
	}
	if diff := cmp.Diff([]string{`u1 active dept=["c"] key=["u1"]`}, w.users(t)); diff != "" {
		t.Errorf("nothing may be half-written (-want +got):\n%s", diff)
	}
	// A plan that changes nothing is stale all the same: its groups were worked out from other people.
	p = w.plan(t, "key,dept\nu1,c\n", o)
	w.load(t, "key,dept\nu1,d\n", o)
	if _, err := w.ev.Import(t.Context(), p, "an administrator"); !errors.Is(err, groups.ErrConflict) {
		t.Errorf("%v", err)
	}
}

// bare is a Directory and nothing else.
type bare struct{ groups.Directory }

var errBroken = errors.New("the line went dead")

// disordered is a Directory that has each user twice.
type disordered struct{ groups.Directory }

func (d disordered) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		for u, err := range d.Directory.Users(ctx) {
			if !yield(u, err) || !yield(u, nil) {
				return
			}
		}
	}
}

func TestImportsThatFail(t *testing.T) {
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "key"}
	w.load(t, "key\nu1\n", o)
	read := func() *groups.PeopleFile {
		f, err := groups.ReadPeopleCSV(strings.NewReader("key\nu2\n"), &o)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	t.Run("a directory that keeps no people", func(t *testing.T) {
		ev := groups.NewEvaluator(bare{w}, w, nil)
		p, err := ev.PlanImport(t.Context(), read())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ev.Import(t.Context(), p, "an administrator"); !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	})
	t.Run("users that break off", func(t *testing.T) {
		if p, err := groups.NewEvaluator(fault.Failing(w, fault.Short, 1), w, nil).PlanImport(t.Context(), read()); !errors.Is(err, fault.ErrSource) || p != nil {
			t.Errorf("%v, %v: half the people must never look like all of them", p, err)
		}
	})
	t.Run("users out of order", func(t *testing.T) {
		if p, err := groups.NewEvaluator(disordered{w}, w, nil).PlanImport(t.Context(), read()); err == nil {
			t.Errorf("%v: they would look new and missing at once", p)
		}
	})
	t.Run("units that break off", func(t *testing.T) {
		f := read()
		f.Trees = map[groups.Tree][]groups.Unit{"org": nil}
		if p, err := groups.NewEvaluator(fault.Failing(w, fault.Before, 3), w, nil).PlanImport(t.Context(), f); !errors.Is(err, fault.ErrSource) || p != nil {
			t.Error(p, err)
		}
	})
	t.Run("a unit twice", func(t *testing.T) {
		f := read()
		f.Trees = map[groups.Tree][]groups.Unit{"org": {{ID: "a"}, {ID: "b"}, {ID: "a"}}}
		if _, err := w.ev.PlanImport(t.Context(), f); !errors.Is(err, groups.ErrRepeated) {
			t.Error(err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, err := w.ev.PlanImport(ctx, read())
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := w.ev.PlanImport(ctx, read()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := w.ev.Import(ctx, p, "an administrator"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	if diff := cmp.Diff([]string{`u1 active key=["u1"]`}, w.users(t)); diff != "" {
		t.Errorf("nothing may be half-written (-want +got):\n%s", diff)
	}
}

func TestStoredUsersKeepWhatTheFileDoesNotSay(t *testing.T) {
	stored := groups.User{
		ID: "u1", Activation: groups.Activated, Expiry: groups.Current,
		Fields:      map[string]groups.Value{"dept": groups.Text("a"), "phone": groups.Text("1")},
		Units:       map[groups.Tree][]string{"org": {"x"}, "site": {"y"}},
		Manager:     groups.ReportsTo("u9"),
		Enrollments: groups.Enrolled(groups.Enrollment{Course: "c", Status: "done"}),
	}
	w := newTenant(t, stored)
	copied := show(stored)
	p := w.load(t, "key,dept,unit\nu1,\xff,z\n", groups.PeopleCSV{Key: "key", Units: []groups.UnitColumn{{Tree: "org", Column: "unit"}}})
	want := []string{`u1 active key=["u1"] phone=["1"] unit=["z"] in org ["z"] in site ["y"] under u9 enrolled c/done/unknown`}
	if diff := cmp.Diff(want, w.users(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := show(stored); got != copied {
		t.Errorf("the maps of a stored user were written to: %s, was %s", got, copied)
	}
	if len(p.Changed) != 1 {
		t.Errorf("%+v", p)
	}
}

func TestSchemaFromTheFile(t *testing.T) {
	number := fieldOf("level", groups.TypeNumber)
	for _, c := range []struct {
		name   string
		stored []groups.Field
		file   string
		fields []groups.CSVField
		want   []groups.Field
		why    string
	}{
		{"new columns", nil, "key,dept\nu1,a\n", nil, []groups.Field{{Name: "key", Type: groups.TypeText}, {Name: "dept", Type: groups.TypeText}}, "every column becomes a field"},
		{"the key is id", nil, "id,email\nu1,a\n", nil, []groups.Field{{Name: "email", Type: groups.TypeText}}, "id is in every schema; email is noted, so that it can be missed"},
		{"declared, not in the file", nil, "id\nu1\n", []groups.CSVField{number}, []groups.Field{number.Field}, "rules may be made of it already"},
		{"choice of what there is", nil, "id,size\nu1,M\nu2,L\nu3,M\nu4,\n", []groups.CSVField{fieldOf("size", groups.TypeChoice)}, []groups.Field{fieldOf("size", groups.TypeChoice, "L", "M").Field}, "cells become options, sorted"},
		{"multi-choice of what there is", nil, "id,size\nu1,M|S\nu2,L\n", []groups.CSVField{separated(fieldOf("size", groups.TypeMultiChoice), "|")}, []groups.Field{fieldOf("size", groups.TypeMultiChoice, "L", "M", "S").Field}, "parts become options"},
		{"choice of what there was", []groups.Field{{Name: "size", Type: groups.TypeChoice, Options: []groups.Option{{ID: "S", Label: "small"}}}}, "id,size\nu1,M\n", []groups.CSVField{fieldOf("size", groups.TypeChoice)}, []groups.Field{{Name: "size", Type: groups.TypeChoice, Options: []groups.Option{{ID: "M"}, {ID: "S", Label: "small"}}}}, "options are never lost to a file without them"},
		{"declared options", []groups.Field{{Name: "size", Type: groups.TypeChoice, Options: []groups.Option{{ID: "S", Label: "small"}, {ID: "XS"}}}}, "id,size\nu1,M\n", []groups.CSVField{fieldOf("size", groups.TypeChoice, "S", "M")}, []groups.Field{{Name: "size", Type: groups.TypeChoice, Options: []groups.Option{{ID: "S", Label: "small"}, {ID: "M"}}}}, "the declaration wins, labels stay"},
		{"another type", []groups.Field{{Name: "level", Type: groups.TypeText, Label: "Grade", NotForCriteria: true}}, "id,level\nu1,3\n", []groups.CSVField{number}, []groups.Field{{Name: "level", Type: groups.TypeNumber, Label: "Grade", NotForCriteria: true}}, "the declaration wins, what people wrote stays"},
		{"stored and not declared", []groups.Field{{Name: "code", Type: groups.TypeText, Exact: true}}, "id,code\nu1,a\n", nil, []groups.Field{{Name: "code", Type: groups.TypeText, Exact: true}}, "a text stays the text it is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t)
			if err := w.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{Fields: c.stored}}); err != nil {
				t.Fatal(err)
			}
			o := groups.PeopleCSV{Key: strings.FieldsFunc(c.file, func(r rune) bool { return r == ',' || r == '\n' })[0], Fields: c.fields}
			w.load(t, c.file, o)
			s, err := w.Schema(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, s.Fields); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if p := w.plan(t, c.file, o); p.People.Schema != nil || p.Unchanged == 0 || len(p.Changed) > 0 {
				t.Errorf("the same file again must find nothing to do: %+v", p)
			}
		})
	}
	t.Run("stored as a number, not declared", func(t *testing.T) {
		w := newTenant(t)
		if err := w.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{number.Field}}}); err != nil {
			t.Fatal(err)
		}
		f, err := groups.ReadPeopleCSV(strings.NewReader("id,level\nu1,3\n"), &groups.PeopleCSV{Key: "id"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.ev.PlanImport(t.Context(), f); !errors.Is(err, groups.ErrCSVOptions) || !strings.Contains(err.Error(), `"level"`) {
			t.Errorf("%v: it would quietly become a text", err)
		}
	})
	t.Run("values of a choice that had no options", func(t *testing.T) {
		w := newTenant(t, groups.User{ID: "u1", Fields: map[string]groups.Value{"size": groups.Choice("XXL")}})
		if err := w.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{{Name: "size", Type: groups.TypeChoice}}}}); err != nil {
			t.Fatal(err)
		}
		w.automatic(t, "big", groups.AnySets(groups.All(groups.ChoiceField("size").Is("XXL"))), groups.Keep)
		p := w.load(t, "id,size\nu2,M\n", groups.PeopleCSV{Key: "id", Fields: []groups.CSVField{fieldOf("size", groups.TypeChoice)}})
		if diff := cmp.Diff(options("M", "XXL"), p.People.Schema.Fields[0].Options); diff != "" {
			t.Errorf("listing the options of the file alone would make u1's choice unknown (-want +got):\n%s", diff)
		}
	})
}

func TestTrees(t *testing.T) {
	read := func(t *testing.T, file string) ([]groups.Unit, []groups.Issue, error) {
		t.Helper()
		return groups.ReadUnitsCSV(strings.NewReader(file), &groups.UnitsCSV{Tree: "org", ID: "id", Parent: "parent", Name: "name"})
	}
	for _, c := range []struct {
		name, file string
		want       []groups.Unit
		issues     []string
		why        string
	}{
		{"plain", "id,parent,name\nb,a,B\na,, A \n", []groups.Unit{{"org", "a", "", "A"}, {"org", "b", "a", "B"}}, nil, "sorted by ID; a blank parent is the top"},
		{"ragged", "id,parent,name\na,,A\nb,a\n", []groups.Unit{{"org", "a", "", "A"}}, []string{"3 ragged"}, "what is above it is not known"},
		{"no ID", "id,parent,name\n,a,B\n", nil, []string{"2 blankKey id"}, "nobody can sit in it"},
		{"unreadable parent", "id,parent,name\nb,\xff,B\n", nil, []string{"2 badKey parent"}, "as a top it would take its people out of groups"},
		{"unreadable name", "id,parent,name\nb,,\xff\n", []groups.Unit{{"org", "b", "", ""}}, []string{"2 unreadable name"}, "the name moves nobody"},
		{"ring", "id,parent,name\na,b,A\nb,a,B\n", []groups.Unit{{"org", "a", "b", "A"}, {"org", "b", "a", "B"}}, nil, "rings are for evaluation to find"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, issues, err := read(t, c.file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, units); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if diff := cmp.Diff(c.issues, brief(issues)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
	t.Run("a unit twice", func(t *testing.T) {
		_, _, err := read(t, "id,parent,name\na,,A\nb,,B\na,b,A\n")
		if !errors.Is(err, groups.ErrRepeated) || !strings.HasPrefix(err.Error(), "line 4") || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%v: both lines are to be named", err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		for _, o := range []*groups.UnitsCSV{nil, {Tree: "org"}, {Tree: "org", ID: "id"}, {Tree: "org", ID: "id", Parent: "up"}, {Tree: " ", ID: "id", Parent: "parent"}} {
			if _, _, err := groups.ReadUnitsCSV(strings.NewReader("id,parent\na,\n"), o); !errors.Is(err, groups.ErrCSVOptions) && !errors.Is(err, groups.ErrHeader) {
				t.Errorf("%+v: %v", o, err)
			}
		}
	})
	t.Run("moving a unit moves its people", func(t *testing.T) {
		w := newTenant(t)
		o := groups.PeopleCSV{Key: "key", Units: []groups.UnitColumn{{Tree: "org", Column: "unit"}}}
		with := func(units ...groups.Unit) func(*groups.PeopleFile) {
			return func(f *groups.PeopleFile) { f.Trees = map[groups.Tree][]groups.Unit{"org": units} }
		}
		const file = "key,unit\nu1,c\n"
		w.load(t, file, o, with(groups.Unit{ID: "c", Parent: "a"}, groups.Unit{ID: "a"}, groups.Unit{ID: "b"}))
		w.automatic(t, "a", groups.AnySets(groups.All(groups.Tree("org").IsOrBelow("a"))), groups.Keep)
		w.automatic(t, "b", groups.AnySets(groups.All(groups.Tree("org").IsOrBelow("b"))), groups.Keep)
		if p := w.plan(t, file, o, with(groups.Unit{ID: "a"}, groups.Unit{ID: "b"}, groups.Unit{ID: "c", Parent: "a"})); p.People.Trees != nil {
			t.Errorf("the same tree in another order is the same tree: %v", p.People.Trees)
		}
		p := w.plan(t, file, o, with(groups.Unit{ID: "a"}, groups.Unit{ID: "b"}, groups.Unit{ID: "c", Parent: "b"}))
		if p.Unchanged != 1 || len(p.Run.Changes()) != 2 {
			t.Errorf("%+v", p)
		}
	})
}

// TestThePlanSeesWhatTheImportBrings looks at the people as they would be through every method of the Directory that
// evaluation sees, by conditions on trees, lines, status and fields of people who stay, come and go.
func TestThePlanSeesWhatTheImportBrings(t *testing.T) {
	for _, missing := range []groups.MissingUsers{groups.KeepMissing, groups.DeactivateMissing, groups.RemoveMissing} {
		t.Run(missing.String(), func(t *testing.T) {
			w := newTenant(t)
			o := groups.PeopleCSV{Key: "key", Manager: "boss", Missing: missing, Units: []groups.UnitColumn{{Tree: "m", Column: "unit"}}}
			trees := func(mid ...groups.Unit) func(*groups.PeopleFile) {
				return func(f *groups.PeopleFile) {
					f.Trees = map[groups.Tree][]groups.Unit{"m": mid, "a": {{ID: "x"}}, "z": {{ID: "x"}}}
				}
			}
			w.load(t, "key,boss,unit\nb,,p\nd,b,q\nf,d,q\nh,,\n", o, trees(groups.Unit{ID: "p"}, groups.Unit{ID: "q"}))
			w.automatic(t, "below b", groups.AnySets(groups.All(groups.UserBelow("b"))), groups.Keep)
			w.automatic(t, "reports", groups.AnySets(groups.All(groups.HasReports())), groups.Keep)
			w.automatic(t, "active", groups.AnySets(groups.All(groups.StatusIs(groups.StatusActive))), groups.Keep)
			w.automatic(t, "p", groups.AnySets(groups.All(groups.Tree("m").IsOrBelow("p"))), groups.DropAll)
			w.automatic(t, "named", groups.AnySets(groups.All(groups.UserIs("a", "h", "i"))), groups.Keep)
			g := groups.Group{ID: "manual", Name: "manual", Status: groups.Active, Deactivated: groups.DropAll}
			if _, err := w.ev.Save(t.Context(), g, "ann"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.ev.Assign(t.Context(), "manual", groups.Decision{By: "ann"}, "f", "h"); err != nil {
				t.Fatal(err)
			}
			p := w.plan(t, "key,boss,unit\na,b,q\nb,h,p\nd,a,\ni,d,\n", o, func(f *groups.PeopleFile) {
				f.Trees = map[groups.Tree][]groups.Unit{"m": {{ID: "p"}, {ID: "q", Parent: "p"}}, "b": {{ID: "x"}}}
			})
			planned := p.Run
			done, err := w.ev.Import(t.Context(), p, "an administrator")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(planned, done, withoutCursors); diff != "" {
				t.Errorf("what was planned is what happens (-planned +done):\n%s", diff)
			}
			if planned.Empty() {
				t.Error("the case moves nobody")
			}
			var left []string
			for u, err := range w.Units(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				left = append(left, fmt.Sprint(u.Tree, u.ID, "<", u.Parent))
			}
			if want := []string{"ax<", "bx<", "mp<", "mq<p", "zx<"}; !slices.Equal(left, want) {
				t.Errorf("units %v, want %v: trees that are not given stay", left, want)
			}
		})
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

func TestPeopleInTheSameUnitsShareThemUntilOneMoves(t *testing.T) {
	o := groups.PeopleCSV{Key: "id", Units: []groups.UnitColumn{{Tree: "org", Column: "unit"}, {Tree: "cost", Column: "centre"}}}
	w := newTenant(t)
	w.load(t, "id,unit,centre\nu1,a,x\nu2,a,x\nu3,x,a\nu4,,x\n", o)
	units := func(id groups.UserID) map[groups.Tree][]string {
		u, err := w.User(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return u.Units
	}
	if reflect.ValueOf(units("u1")).Pointer() != reflect.ValueOf(units("u2")).Pointer() {
		t.Error("two maps for the same units")
	}
	w.load(t, "id,unit,centre\nu2,b,x\n", o)
	for id, want := range map[groups.UserID]map[groups.Tree][]string{
		"u1": {"org": {"a"}, "cost": {"x"}}, "u2": {"org": {"b"}, "cost": {"x"}},
		"u3": {"org": {"x"}, "cost": {"a"}}, "u4": {"org": {}, "cost": {"x"}},
	} {
		if diff := cmp.Diff(want, units(id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// Nothing but where they sit is another, since the units stand in another column now.
func TestAllWhoMoveTogetherMove(t *testing.T) {
	const file = "id,was,is\nu1,x,y\nu2,x,y\nu3,y,y\nu4,x,x\nu5,x,y\n"
	units := func(column string) groups.PeopleCSV {
		return groups.PeopleCSV{Key: "id", Units: []groups.UnitColumn{{Tree: "org", Column: column}}}
	}
	w := newTenant(t)
	w.load(t, file, units("was"))
	if p := w.plan(t, file, units("is")); !slices.Equal(p.Changed, []groups.UserID{"u1", "u2", "u5"}) {
		t.Errorf("changed: %v", p.Changed)
	}
}

// manyPeople are the stored people, their file, and what becomes of them: more than are compared at once, the new ones, the
// changed and the missing all over them.
func manyPeople() (before, after string, want groups.ImportPlan) {
	before, after = "id,dept\n", "id,dept\n"
	for i := range 20_000 {
		id := groups.UserID(fmt.Sprintf("u%05d", i))
		if i%11 == 3 {
			want.New = append(want.New, id)
			after += string(id) + ",new\n"
			continue
		}
		before += string(id) + ",old\n"
		switch {
		case i%7 == 5:
			want.Missing = append(want.Missing, id)
		case i%13 == 1:
			want.Changed = append(want.Changed, id)
			after += string(id) + ",other\n"
		default:
			want.Unchanged++
			after += string(id) + ",old\n"
		}
	}
	return before, after, want
}

func TestAPlanOfManyPeopleSaysWhatBecomesOfEachOfThem(t *testing.T) {
	before, after, want := manyPeople()
	o := groups.PeopleCSV{Key: "id", Missing: groups.RemoveMissing}
	w := newTenant(t)
	w.load(t, before, o)
	for _, processors := range []int{1, 2, 8} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			p := w.plan(t, after, o)
			got := groups.ImportPlan{New: p.New, Changed: p.Changed, Missing: p.Missing, Unchanged: p.Unchanged}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("on %d processors (-want +got):\n%s", processors, diff)
			}
			known := len(want.Changed) + len(want.Missing) + want.Unchanged
			if p.Feed.Known != known || p.Feed.Missing != len(want.Missing) || p.Feed.Met != known-len(want.Missing) {
				t.Errorf("on %d processors: %+v", processors, p.Feed)
			}
			written := slices.Sorted(slices.Values(slices.Concat(want.New, want.Changed)))
			if !slices.EqualFunc(p.People.Upsert, written, func(u groups.User, id groups.UserID) bool { return u.ID == id }) {
				t.Errorf("on %d processors %d users are written", processors, len(p.People.Upsert))
			}
		}()
	}
}

// stumbling is people of whom one is shown by stumble.
type stumbling struct {
	groups.Directory
	at      int
	stumble func(yield func(groups.User, error) bool)
}

func (s stumbling) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		n := 0
		for u, err := range s.Directory.Users(ctx) {
			if n++; n == s.at {
				s.stumble(yield)
				return
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

func TestPeopleWhoCannotBeReadEndThePlanAndNothingIsLeftRunning(t *testing.T) {
	before, after, _ := manyPeople()
	o := groups.PeopleCSV{Key: "id"}
	w := newTenant(t)
	w.load(t, before, o)
	late := errors.New("late")
	plan := func(s stumbling) (err error) {
		defer func() {
			if got := recover(); got != nil {
				err = got.(error)
			}
		}()
		f, err := groups.ReadPeopleCSV(strings.NewReader(after), &o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = groups.NewEvaluator(s, w.Memory, nil).PlanImport(t.Context(), f)
		return err
	}
	running := runtime.NumGoroutine()
	for _, at := range []int{1, 4096, 4097, 9000, 15_000} {
		failing := stumbling{w.Memory, at, func(yield func(groups.User, error) bool) { yield(groups.User{}, late) }}
		if err := plan(failing); !errors.Is(err, late) {
			t.Errorf("an error at user %d: %v", at, err)
		}
		panicking := stumbling{w.Memory, at, func(func(groups.User, error) bool) { panic(late) }}
		if err := plan(panicking); err != late {
			t.Errorf("a panic at user %d, which the caller may recover from: %v", at, err)
		}
	}
	if now := runtime.NumGoroutine(); now > running {
		t.Errorf("%d goroutines, %d before", now, running)
	}
}
