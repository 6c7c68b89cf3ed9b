package groups_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// A tenant is a Memory with an Evaluator.
type tenant struct {
	*groups.Memory
	ev *groups.Evaluator
}

func newTenant(t testing.TB, users ...groups.User) tenant {
	t.Helper()
	m := groups.NewMemory()
	if err := m.Write(t.Context(), groups.PeopleChange{Upsert: users}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	return tenant{m, groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return now }})}
}

// automatic saves an active group and processes it.
func (w tenant) automatic(t testing.TB, id groups.GroupID, c groups.Criteria, p groups.Policy) {
	t.Helper()
	g := groups.Group{ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Deactivated: p, Criteria: c}
	if _, err := w.ev.Save(t.Context(), g, "ann"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// plan reads a file and plans its import; with prepares what was read.
func (w tenant) plan(t testing.TB, file string, o groups.PeopleCSV, with ...func(*groups.PeopleFile)) *groups.ImportPlan {
	t.Helper()
	f, err := groups.ReadPeopleCSV(strings.NewReader(file), &o)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range with {
		set(f)
	}
	p, err := w.ev.PlanImport(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// load plans an import and applies it.
func (w tenant) load(t testing.TB, file string, o groups.PeopleCSV, with ...func(*groups.PeopleFile)) *groups.ImportPlan {
	t.Helper()
	p := w.plan(t, file, o, with...)
	if _, err := w.ev.Import(t.Context(), p, "an administrator"); err != nil {
		t.Fatal(err)
	}
	return p
}

// users is everybody, written out.
func (w tenant) users(t testing.TB) []string {
	t.Helper()
	var out []string
	for u, err := range w.Users(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, show(u))
	}
	return out
}

// show writes a user on one line; what is Unknown is not there.
func show(u groups.User) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v", u.ID, u.Activation)
	if u.Expiry != groups.Current {
		fmt.Fprintf(&b, " expiry=%v", u.Expiry)
	}
	for _, name := range slices.Sorted(maps.Keys(u.Fields)) {
		fmt.Fprintf(&b, " %s=%q", name, u.Fields[name].Texts())
	}
	for _, tree := range slices.Sorted(maps.Keys(u.Units)) {
		fmt.Fprintf(&b, " in %s %q", tree, u.Units[tree])
	}
	if _, known := u.Manager.ID(); known {
		fmt.Fprintf(&b, " under %v", u.Manager)
	}
	if list, whole := u.Enrollments.List(); whole || len(list) > 0 {
		fmt.Fprintf(&b, " enrolled")
		if !whole {
			fmt.Fprintf(&b, " partly")
		} else if len(list) == 0 {
			fmt.Fprintf(&b, " nothing")
		}
		for _, e := range list {
			fmt.Fprintf(&b, " %s/%s/%v", e.Course, e.Status, e.Completed)
		}
	}
	return b.String()
}

// brief is an issue without its words.
func brief(issues []groups.Issue) []string {
	var out []string
	for _, i := range issues {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s", i.Line, i.Code, i.Column)))
	}
	return out
}

func codes(findings []groups.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Code+" "+f.Where)
	}
	return out
}

// csvOf writes rows as CSV.
func csvOf(rows ...[]string) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		panic(err)
	}
	return b.String()
}

func options(ids ...string) []groups.Option {
	var out []groups.Option
	for _, id := range ids {
		out = append(out, groups.Option{ID: id})
	}
	return out
}

func fieldOf(name string, t groups.Type, ids ...string) groups.CSVField {
	return groups.CSVField{Field: groups.Field{Name: name, Type: t, Options: options(ids...)}}
}

func separated(f groups.CSVField, separator string) groups.CSVField {
	f.Separator = separator
	f.Several = f.Type == groups.TypeText
	return f
}
