package groups_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

// TestAnImportIntoAMemoryIsPlannedAsIntoAnyDirectory writes people under one schema after the other, with some
// of its fields and others besides: how a Memory keeps them must not show.
func TestAnImportIntoAMemoryIsPlannedAsIntoAnyDirectory(tt *testing.T) {
	names := []string{"a", "b", "c"}
	rapid.Check(tt, func(t *rapid.T) {
		w := newTenant(tt)
		value := rapid.SampledFrom([]string{"x", "y", ""})
		for range rapid.IntRange(1, 3).Draw(t, "writes") {
			var c groups.PeopleChange
			if rapid.Bool().Draw(t, "another schema") {
				c.Schema = new(groups.Schema)
				for _, name := range rapid.Permutation(names).Draw(t, "order")[:rapid.IntRange(0, len(names)).Draw(t, "fields")] {
					c.Schema.Fields = append(c.Schema.Fields, groups.Field{Name: name, Type: groups.TypeText})
				}
			}
			for i := range 4 {
				u := groups.User{ID: groups.UserID(fmt.Sprint("u", i)), Activation: groups.Activated, Fields: map[string]groups.Value{}}
				for _, name := range names {
					if rapid.IntRange(0, 3).Draw(t, "known") > 0 {
						u.Fields[name] = groups.Text(value.Draw(t, "stored"))
					}
				}
				switch rapid.IntRange(0, 3).Draw(t, "written") {
				case 0:
					c.Deactivate = append(c.Deactivate, u.ID)
				case 1, 2:
					c.Upsert = append(c.Upsert, u)
				}
			}
			if err := w.Write(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		columns := rapid.Permutation(names).Draw(t, "columns")[:rapid.IntRange(1, len(names)).Draw(t, "width")]
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
