package groups_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

func TestInference(t *testing.T) {
	// Ten rows, so that what two values take turns in is a choice.
	column := func(cells ...string) string {
		rows := [][]string{{"key", "x"}}
		for i := range 10 {
			rows = append(rows, []string{fmt.Sprint("u", i), cells[i%len(cells)]})
		}
		return csvOf(rows...)
	}
	for _, c := range []struct {
		name  string
		cells []string
		want  groups.CSVField
		why   string
	}{
		{"words", []string{"yes", "no", ""}, fieldOf("x", groups.TypeBool), "yes and no are a bool"},
		{"digits", []string{"0", "1"}, fieldOf("x", groups.TypeNumber), "1 and 0 may count something"},
		{"decimals", []string{"1", "-2.5", "0.5"}, fieldOf("x", groups.TypeNumber), "numbers"},
		{"codes", []string{"007", "100"}, groups.CSVField{Field: groups.Field{Name: "x", Type: groups.TypeText, Exact: true}}, "as numbers they would lose their zeros"},
		{"dates", []string{"2026-01-31", ""}, fieldOf("x", groups.TypeDate), "dates"},
		{"dates by slashes", []string{"31/01/2026"}, fieldOf("x", groups.TypeChoice, "31/01/2026"), "the order of day and month would be a guess"},
		{"instants", []string{"2026-01-31T12:00:00Z"}, fieldOf("x", groups.TypeInstant), "instants"},
		{"one that does not fit", []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "?"}, fieldOf("x", groups.TypeText), "every cell has to fit"},
		{"few of many", []string{"b", "a"}, fieldOf("x", groups.TypeChoice, "a", "b"), "each cell comes back"},
		{"many", []string{"a", "b", "c"}, fieldOf("x", groups.TypeText), "too few come back"},
		{"blank", []string{""}, fieldOf("x", groups.TypeText), "nothing speaks for anything"},
		{"unreadable", []string{"\xff", "1"}, fieldOf("x", groups.TypeNumber), "what cannot be read says nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := groups.InferPeopleCSV(strings.NewReader(column(c.cells...)), &groups.PeopleCSV{Key: "key"})
			if err != nil || len(got) != 2 {
				t.Fatal(got, err)
			}
			if diff := cmp.Diff(c.want, got[1].CSVField); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if g := got[0]; g.Type != groups.TypeText || !g.Exact || g.Distinct != 10 || g.Blanks != 0 || g.Rows != 10 || len(g.Sample) != 3 || g.Why == "" {
				t.Errorf("the key: %+v", g)
			}
			// What is proposed must be fit to be declared.
			if _, err := groups.ReadPeopleCSV(strings.NewReader(column(c.cells...)), &groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{got[0].CSVField, got[1].CSVField}}); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("what is declared is not proposed", func(t *testing.T) {
		got, err := groups.InferPeopleCSV(strings.NewReader("id,x\nu1,1\n"), &groups.PeopleCSV{Fields: []groups.CSVField{fieldOf("x", groups.TypeText)}})
		if err != nil || len(got) != 0 {
			t.Error(got, err)
		}
	})
	t.Run("no rows", func(t *testing.T) {
		if _, err := groups.InferPeopleCSV(strings.NewReader("id,x\n"), nil); !errors.Is(err, groups.ErrNoRows) {
			t.Error(err)
		}
	})
}
