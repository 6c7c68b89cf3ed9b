package groups_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

func TestATableAsItStandsInTheFile(t *testing.T) {
	const file = "\ufeffName; E-Mail ;\n Ann ;\"a;b\";1\nzo\xeb\n'=x;'y;\n"
	for _, c := range []struct {
		why    string
		format groups.CSVFormat
		header bool
		want   []string
	}{
		{"with a header; cells as they are, ragged rows and unreadable cells told", groups.CSVFormat{}, true,
			[]string{`["Name" "E-Mail" "column 3"] ; utf-8`, `2 [" Ann " "a;b" "1"] false`, `3 ["zo\xeb"] true, cell 0`, `4 ["'=x" "'y" ""] false`}},
		{"without: the first row is a row, and sets the width", groups.CSVFormat{}, false,
			[]string{`[] ; utf-8`, `1 ["Name" " E-Mail " ""] false`, `2 [" Ann " "a;b" "1"] false`, `3 ["zo\xeb"] true, cell 0`, `4 ["'=x" "'y" ""] false`}},
		{"the apostrophe that made a cell safe comes off", groups.CSVFormat{Guarded: true}, true,
			[]string{`["Name" "E-Mail" "column 3"] ; utf-8`, `2 [" Ann " "a;b" "1"] false`, `3 ["zo\xeb"] true, cell 0`, `4 ["=x" "'y" ""] false`}},
	} {
		table, err := c.format.Read(strings.NewReader(file), c.header)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{fmt.Sprintf("%q %c %s", table.Header, table.Delimiter, table.Charset)}
		for _, row := range table.Rows {
			s := fmt.Sprintf("%d %q %v", row.Line, row.Cells, row.Ragged)
			for i := range len(row.Cells) + 1 {
				if _, bad := row.Unreadable(i); bad {
					s += fmt.Sprintf(", cell %d", i)
				}
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

func TestAColumnIsFoundAsPeopleReadIt(t *testing.T) {
	table, err := (&groups.CSVFormat{}).Read(strings.NewReader("E-Mail,Größe,\nx,y,z\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"e-mail": 0, " E-MAIL ": 0, "GRÖSSE": 1, "column 3": 2, "mail": -1, "": -1} {
		if got, ok := table.Column(name); got != want || ok != (want >= 0) {
			t.Errorf("%q is %d, %v, want %d", name, got, ok, want)
		}
	}
}

func TestATableIsRefusedWhole(t *testing.T) {
	for _, c := range []struct {
		why, file string
		format    groups.CSVFormat
		header    bool
		want      error
	}{
		{"nothing", "", groups.CSVFormat{}, false, groups.ErrNoRows},
		{"a header alone", "id\n", groups.CSVFormat{}, true, groups.ErrNoRows},
		{"quotes", "id\n\"x\n", groups.CSVFormat{}, true, groups.ErrQuoting},
		{"too many rows", "id\n1\n2\n", groups.CSVFormat{MaxRows: 1}, true, groups.ErrLimit},
		{"no delimiter", "id\n1\n", groups.CSVFormat{Delimiter: '\n'}, true, groups.ErrCSVOptions},
	} {
		if table, err := c.format.Read(strings.NewReader(c.file), c.header); !errors.Is(err, c.want) || table != nil {
			t.Errorf("%s: %v, want %v", c.why, err, c.want)
		}
	}
}

func TestIssuesStandBesideTheirRows(t *testing.T) {
	table, err := (&groups.CSVFormat{}).Read(strings.NewReader("x;=1\ny;\xff\nz\n"), false)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	err = table.WriteErrors(&b, []groups.Issue{
		{Line: 3, Code: "c"}, {Line: 1, Column: "2", Code: "a", Text: "one"}, {Line: 9, Code: "lost"}, {Line: 1, Code: "b", Text: "two"}, {Line: 2, Code: "bytes"},
	})
	want := "line;column;code;text;1;2\n1;\"2; \";\"a; b\";\"one; two\";x;'=1\n2;;bytes;;y;\ufffd\n3;;c;;z\n9;;lost;\n"
	if diff := cmp.Diff(want, b.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
