package groups_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

var filedNames = []string{"a", "b", "c"}

// seated has the units of one tree besides.
func seated(units map[groups.Tree][]string, tree groups.Tree, in ...string) map[groups.Tree][]string {
	if units == nil {
		units = map[groups.Tree][]string{}
	}
	units[tree] = append([]string{}, in...)
	return units
}

func spelt(t *rapid.T, u groups.User) string {
	text, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// writeAcrossSchemas writes people under one schema after the other, with some of its fields and others besides, and in
// courses, and finds them as they were written.
func writeAcrossSchemas(t *rapid.T, w tenant) {
	value, statuses := rapid.SampledFrom([]string{"x", " x", "y", ""}), []string{groups.Completed, "enrolled"}
	for range rapid.IntRange(1, 3).Draw(t, "writes") {
		written := map[groups.UserID]groups.User{}
		var c groups.PeopleChange
		if rapid.Bool().Draw(t, "another schema") {
			c.Schema = &groups.Schema{EnrollmentStatuses: statuses}
			for _, name := range rapid.Permutation(filedNames).Draw(t, "order")[:rapid.IntRange(0, len(filedNames)).Draw(t, "fields")] {
				c.Schema.Fields = append(c.Schema.Fields, groups.Field{Name: name, Type: groups.TypeText})
			}
		}
		for i := range 4 {
			u := groups.User{ID: groups.UserID(fmt.Sprint("u", i)), Activation: groups.Activated, Fields: map[string]groups.Value{}}
			for _, name := range filedNames {
				if rapid.IntRange(0, 3).Draw(t, "known") > 0 {
					u.Fields[name] = groups.Text(value.Draw(t, "stored"))
				}
			}
			var list []groups.Enrollment
			for _, course := range filedNames {
				if rapid.Bool().Draw(t, "in") {
					done := groups.Day(groups.NewDate(2026, 1, rapid.IntRange(1, 2).Draw(t, "day")))
					list = append(list, groups.Enrollment{Course: course, Status: rapid.SampledFrom(statuses).Draw(t, "status"), Completed: done})
				}
			}
			if u.Enrollments = groups.Enrolled(list...); rapid.IntRange(0, 3).Draw(t, "partial") == 0 {
				u.Enrollments = u.Enrollments.Partial()
			}
			for _, tree := range []groups.Tree{"t", "v"} {
				switch rapid.IntRange(0, 3).Draw(t, "seated") {
				case 0: // unknown
				case 1:
					u.Units = seated(u.Units, tree)
				default:
					u.Units = seated(u.Units, tree, rapid.SampledFrom(filedNames).Draw(t, "unit"))
				}
			}
			switch rapid.IntRange(0, 3).Draw(t, "written") {
			case 0:
				c.Deactivate = append(c.Deactivate, u.ID)
			case 1, 2:
				c.Upsert = append(c.Upsert, u)
				written[u.ID] = u
			}
		}
		if err := w.Write(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		for id, want := range written {
			got, err := w.User(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			// By their JSON, since what is stored is compared by Equal before it is taken again.
			if diff := cmp.Diff(spelt(t, want), spelt(t, got)); diff != "" || !got.Equal(want) {
				t.Fatalf("-written +stored:\n%s", diff)
			}
		}
	}
}

// TestAnIndexOfAMemoryAnswersAsALookAtEverybody counts with one Evaluator after the other, so that the index reads the
// people again for what it was not asked before.
func TestAnIndexOfAMemoryAnswersAsALookAtEverybody(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w := newTenant(tt)
		writeAcrossSchemas(t, w)
		schema := &groups.Schema{EnrollmentStatuses: []string{groups.Completed, "enrolled"}}
		var asked []groups.Condition
		for _, name := range filedNames {
			schema.Fields = append(schema.Fields, groups.Field{Name: name, Type: groups.TypeText})
			asked = append(asked, groups.TextField(name).Is("x"), groups.TextField(name).Is("y"), groups.TextField(name).IsEmpty(),
				groups.Tree("t").Is(name), groups.Tree("v").IsOrBelow(name),
				groups.Courses(name).AreEnrolled(), groups.Courses(name).Are(groups.Completed),
				groups.Courses(name).AreCompleted(groups.CompletionDate.Before(groups.NewDate(2026, 1, 2))))
		}
		trees := map[groups.Tree][]groups.Unit{"t": {{ID: "a"}, {ID: "b", Parent: "a"}, {ID: "c"}}, "v": {{ID: "a"}, {ID: "b", Parent: "a"}, {ID: "c"}}}
		if err := w.Write(t.Context(), groups.PeopleChange{Schema: schema, Trees: trees}); err != nil {
			t.Fatal(err)
		}
		indexed := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Now: newYear})
		looking := groups.NewEvaluator(bare{w.Memory}, w.Memory, &groups.Options{Now: newYear})
		if rapid.Bool().Draw(t, "asked by a group as well") {
			g := evalGroup("g", asked[0])
			g.ID, g.Criteria = "stored", groups.Criteria{Match: groups.MatchAny}
			for _, c := range asked {
				g.Criteria.Sets = append(g.Criteria.Sets, groups.All(c))
			}
			if _, err := indexed.Save(t.Context(), g, "somebody"); err != nil {
				t.Fatal(err)
			}
			if _, err := indexed.Process(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range asked {
			g := evalGroup("g", c)
			for range 2 {
				want, in, err := looking.CountPage(t.Context(), g, 4)
				if err != nil {
					t.Fatal(err)
				}
				got, found, err := indexed.CountPage(t.Context(), g, 4)
				if diff := cmp.Diff(in, found); err != nil || got != want || diff != "" {
					t.Fatalf("%v: %+v, want %+v, %v (-everybody +index):\n%s", c, got, want, err, diff)
				}
				if rapid.IntRange(0, 9).Draw(t, "written meanwhile") == 0 {
					writeAcrossSchemas(t, w)
					if err := w.Write(t.Context(), groups.PeopleChange{Schema: schema}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

// TestAnImportIntoAMemoryIsPlannedAsIntoAnyDirectory: how a Memory keeps people must not show.
func TestAnImportIntoAMemoryIsPlannedAsIntoAnyDirectory(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w := newTenant(tt)
		writeAcrossSchemas(t, w)
		value := rapid.SampledFrom([]string{"x", "y", ""})
		columns := rapid.Permutation(filedNames).Draw(t, "columns")[:rapid.IntRange(1, len(filedNames)).Draw(t, "width")]
		rows := [][]string{append([]string{"id"}, columns...)}
		for i := range 4 {
			row := []string{fmt.Sprint("u", i)}
			for range columns {
				row = append(row, value.Draw(t, "cell"))
			}
			rows = append(rows, row)
		}
		plan := func(dir groups.Directory) []any {
			f, err := groups.ReadPeopleCSV(strings.NewReader(csvBytes(rows)), &groups.PeopleCSV{Key: "id"})
			if err != nil {
				t.Fatal(err)
			}
			p, err := groups.NewEvaluator(dir, w.Memory, &groups.Options{Now: newYear}).PlanImport(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			return append(summary(p), p.Feed)
		}
		if diff := cmp.Diff(plan(bare{w.Memory}), plan(w.Memory)); diff != "" {
			t.Errorf("(-bare +Memory):\n%s", diff)
		}
	})
}

// TestAnImportIntoAMemoryTellsValuesOfAllTypesApart writes values of any type, whatever the schema says of their field,
// and reads them from a file that may declare another type.
func TestAnImportIntoAMemoryTellsValuesOfAllTypesApart(tt *testing.T) {
	cells := map[groups.Type][]string{
		groups.TypeText:    {"x", "X", "1", "true", "2026-01-01"},
		groups.TypeChoice:  {"x", "X", "1"},
		groups.TypeNumber:  {"0", "1", "10", "-1", "1.5", "2147483647", "2147483648", "4294967297", "999999999999999", "1e3"},
		groups.TypeDate:    {"1970-01-01", "1970-01-02", "0001-01-01", "9999-12-31"},
		groups.TypeInstant: {"1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "1970-01-01T00:00:00.5Z", "2106-02-07T06:28:17Z", "1901-12-13T20:45:52Z", "0001-01-01T00:00:00Z"},
		groups.TypeBool:    {"true", "false", "no"},
	}
	types := []groups.Type{groups.TypeText, groups.TypeChoice, groups.TypeNumber, groups.TypeDate, groups.TypeInstant, groups.TypeBool}
	cell := func(t *rapid.T, of groups.Type) string {
		if rapid.IntRange(0, 7).Draw(t, "odd") == 0 {
			return rapid.SampledFrom([]string{"", " ", "\xff", "many"}).Draw(t, "odd cell")
		}
		return rapid.SampledFrom(cells[of]).Draw(t, "cell")
	}
	rapid.Check(tt, func(t *rapid.T) {
		w := newTenant(tt)
		declared := rapid.SampledFrom(types)
		c := groups.PeopleChange{Schema: &groups.Schema{}}
		o := &groups.PeopleCSV{Key: "id"}
		var stored, read []groups.Type
		for _, name := range filedNames {
			of := declared.Draw(t, "type")
			stored, read = append(stored, of), append(read, of)
			if rapid.IntRange(0, 3).Draw(t, "another type in the file") == 0 {
				read[len(read)-1] = declared.Draw(t, "read as")
			}
			c.Schema.Fields = append(c.Schema.Fields, groups.Field{Name: name, Type: of})
			o.Fields = append(o.Fields, fieldOf(name, read[len(read)-1]))
		}
		var file strings.Builder
		file.WriteString("id,a,b,c\n")
		for i := range 6 {
			u := groups.User{ID: groups.UserID(fmt.Sprint("u", i)), Activation: groups.Activated, Fields: map[string]groups.Value{}}
			file.WriteString(string(u.ID))
			for i, name := range filedNames {
				of, text := stored[i], ""
				if rapid.IntRange(0, 7).Draw(t, "of another type") == 0 {
					of = declared.Draw(t, "stored as")
				}
				text = cell(t, of)
				u.Fields[name], _ = groups.ParseValue(of, text) // or Unknown
				if rapid.IntRange(0, 3).Draw(t, "moves") == 0 {
					text = cell(t, read[i])
				}
				file.WriteString("," + text)
			}
			file.WriteString("\n")
			c.Upsert = append(c.Upsert, u)
		}
		if err := w.Write(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		plan := func(dir groups.Directory) []any {
			f, err := groups.ReadPeopleCSV(strings.NewReader(file.String()), o)
			if err != nil {
				t.Fatal(err)
			}
			p, err := groups.NewEvaluator(dir, w.Memory, &groups.Options{Now: newYear}).PlanImport(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			return append(summary(p), p.Feed)
		}
		if diff := cmp.Diff(plan(bare{w.Memory}), plan(w.Memory)); diff != "" {
			t.Errorf("%s(-bare +Memory):\n%s", file.String(), diff)
		}
	})
}
