package groups_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

// shared opens a file of the development data, which is no part of the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "shared", "data", filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestFormatsOfFiles reads one table as many programs write it; testdata/people has the bytes.
func TestFormatsOfFiles(t *testing.T) {
	want := []string{
		`-u3 active name=["line one\r\nline two"] team=["=1+1"]`,
		`u1 active name=["Zoë"] team=["R&D"]`,
		`u2 active name=["O'Neil, \"Ann\""] team=[]`,
	}
	files, err := filepath.Glob(filepath.Join("testdata", "people", "*.csv"))
	if err != nil || len(files) < 7 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var format groups.CSVFormat
			if strings.Contains(name, "windows-1252") {
				if _, err := groups.ReadPeopleCSV(bytes.NewReader(data), &groups.PeopleCSV{Key: "id"}); err != nil {
					t.Errorf("%v: a charset that is not declared costs the cells that cannot be read, not the file", err)
				}
				format.Charset = "windows-1252"
			}
			w := newTenant(t)
			w.load(t, string(data), groups.PeopleCSV{Key: "id", Format: format})
			if diff := cmp.Diff(want, w.users(t)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCSVSpectrum(t *testing.T) {
	// Not location_coordinates, whose JSON has another shape.
	for name, key := range map[string]string{
		"comma_in_quotes": "first", "empty": "a", "empty_crlf": "a", "escaped_quotes": "a", "json": "key",
		"newlines": "c", "newlines_crlf": "c", "quotes_and_newlines": "a", "simple": "a", "simple_crlf": "a", "utf8": "a",
	} {
		t.Run(name, func(t *testing.T) {
			file := shared(t, "csv-awkward/csv-spectrum/csvs/"+name+".csv")
			var want []map[string]string
			if err := json.Unmarshal([]byte(shared(t, "csv-awkward/csv-spectrum/json/"+name+".json")), &want); err != nil {
				t.Fatal(err)
			}
			p := newTenant(t).plan(t, file, groups.PeopleCSV{Key: key})
			if len(p.New) != len(want) || p.Rejected > 0 {
				t.Fatalf("%d users, want %d: %v", len(p.New), len(want), p.Issues)
			}
			for _, row := range want {
				i, ok := slices.BinarySearch(p.New, groups.UserID(row[key]))
				if !ok {
					t.Fatalf("no %q in %q", row[key], p.New)
				}
				for name, cell := range row {
					if got := p.People.Upsert[i].Fields[name]; !got.Equal(groups.Text(cell)) {
						t.Errorf("%s of %s is %q, want %q", name, row[key], got, cell)
					}
				}
			}
		})
	}
}

// TestFilesThatBrokeImporters reads published files that were the end of other importers. What is
// refused is refused for a reason; what is read loses nothing silently.
func TestFilesThatBrokeImporters(t *testing.T) {
	latin := groups.CSVFormat{Charset: "windows-1252"}
	for _, c := range []struct {
		name, key      string
		format         groups.CSVFormat
		rows, rejected int
		err            error
		why            string
	}{
		{"simple.csv", "date", groups.CSVFormat{}, 6, 3, nil, "two places a day: the first of a key stands"},
		{"simple.ssv", "date", groups.CSVFormat{}, 6, 3, nil, "the same with semicolons"},
		{"simple.psv", "Year", groups.CSVFormat{}, 28, 0, nil, "bars are detected"},
		{"utf-16le_encoded.csv", "Organisation_code", groups.CSVFormat{}, 327, 0, nil, "UTF-16 by its mark"},
		{"spanish_chars.csv", "GF_ID", latin, 116, 112, nil, "title rows below the header have no key"},
		{"spanish_chars.csv", "GF_ID", groups.CSVFormat{}, 0, 0, groups.ErrCharset, "a header that is no UTF-8 asks for a charset"},
		{"sparse_with_column_errors.csv", "LP", latin, 2237, 341, nil, "a blank last header is named by its position"},
		{"begrotingsanalyse-2011.csv", "column 1", groups.CSVFormat{}, 42, 5, nil, "blank headers are named by position"},
		{"excel_pasting.csv", "CO2 emissions by different sub-groups in manufacturing sector, 2000 to 2007", groups.CSVFormat{}, 20, 5, nil, "a title where the header should be is a header"},
		{"mixedGLB.csv", "Combined Land--Ocean Temperature Anomaly (C) CR 1200km 1880 to 2012.", groups.CSVFormat{}, 136, 1, nil, "lines may end with CR alone"},
		{"long.csv", "foo", groups.CSVFormat{}, 3999, 3998, nil, "one column, one key, again and again"},
		{"skip_initials.csv", "field1", groups.CSVFormat{}, 2, 0, nil, "white space around headers"},
		{"complex.csv", "date", groups.CSVFormat{}, 0, 0, groups.ErrQuoting, "where cells end is anybody's guess"},
		{"weird_head_padding.csv", "1985", groups.CSVFormat{}, 0, 0, groups.ErrHeader, "columns have to have names of their own"},
		{"null.csv", "0", groups.CSVFormat{}, 0, 0, groups.ErrHeader, "a column twice"},
		{"characters.csv", "x", groups.CSVFormat{}, 0, 0, groups.ErrCharset, "GB18030 has to come through Decode"},
		{"small.csv", "a", groups.CSVFormat{}, 0, 0, groups.ErrNoRows, "one byte is a header at most"},
		{"utf8bom.csv", "x", groups.CSVFormat{}, 0, 0, groups.ErrHeader, "the mark is no part of the first name"},
	} {
		t.Run(c.name+" "+c.format.Charset, func(t *testing.T) {
			data := shared(t, "csv-awkward/messytables-horror/"+c.name)
			f, err := groups.ReadPeopleCSV(strings.NewReader(data), &groups.PeopleCSV{Key: c.key, Format: c.format})
			if !errors.Is(err, c.err) {
				t.Fatalf("%v, want %v: %s", err, c.err, c.why)
			}
			if err == nil && (f.Rows != c.rows || f.Rejected != c.rejected) {
				t.Errorf("%d rows, %d rejected, want %d and %d: %s", f.Rows, f.Rejected, c.rows, c.rejected, c.why)
			}
		})
	}
}

// importFigures are what an import reports.
func importFigures(p *groups.ImportPlan) map[string]int {
	return map[string]int{"new": len(p.New), "changed": len(p.Changed), "unchanged": p.Unchanged, "missing": len(p.Missing), "rejected": p.Rejected}
}

func TestOpenUniversity(t *testing.T) {
	people, courses := shared(t, "oulad/people.csv"), shared(t, "oulad/enrollments.csv")
	w := newTenant(t)
	o := groups.PeopleCSV{
		Key: "student_id", Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"deactivated"}},
		Fields: []groups.CSVField{
			fieldOf("studied_credits", groups.TypeNumber), fieldOf("first_registered", groups.TypeDate), fieldOf("imd_band", groups.TypeChoice),
		},
	}
	e := enrolled(t, courses, groups.EnrollmentsCSV{User: "student_id", Course: "course", Status: "status"})
	p := w.load(t, people, o, e)
	if diff := cmp.Diff(map[string]int{"new": 28785, "changed": 0, "unchanged": 0, "missing": 0, "rejected": 0}, importFigures(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(p.Issues) > 0 || len(p.Findings) > 0 {
		t.Errorf("%v %v", p.Issues, p.Findings)
	}
	bands, _ := p.People.Schema.Field("imd_band")
	if len(bands.Options) != 10 || !slices.Contains(bands.Options, groups.Option{ID: "10-20"}) {
		t.Errorf("bands %v: the one without its sign stays as it is", bands.Options)
	}
	if diff := cmp.Diff([]string{"completed", "failed", "withdrawn"}, p.People.Schema.EnrollmentStatuses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	records, blankBands, blankDates := 0, 0, 0
	for u, err := range w.Users(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list, _ := u.Enrollments.List()
		records += len(list)
		if u.Fields["imd_band"].IsEmpty() {
			blankBands++
		}
		if u.Fields["first_registered"].IsEmpty() {
			blankDates++
		}
	}
	if records != 32593 || blankBands != 971 || blankDates != 30 {
		t.Errorf("%d records, %d blank bands, %d blank dates", records, blankBands, blankDates)
	}
	if p := w.plan(t, people, o, e); p.Unchanged != 28785 || p.People.Schema != nil {
		t.Errorf("the same again: %v", importFigures(p))
	}
}

func TestGovernmentOrganograms(t *testing.T) {
	march, september := shared(t, "uk-organograms/people-2011-03-31.csv"), shared(t, "uk-organograms/people-2011-09-30.csv")
	units, issues, err := groups.ReadUnitsCSV(strings.NewReader(shared(t, "uk-organograms/org-units.csv")), &groups.UnitsCSV{Tree: "org", ID: "id", Parent: "parent_id", Name: "name"})
	if err != nil || len(units) != 1686 || len(issues) > 0 {
		t.Fatal(len(units), issues, err)
	}
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "person_id", Manager: "manager_id", Units: []groups.UnitColumn{{Tree: "org", Column: "org_unit_id"}}, Missing: groups.RemoveMissing}
	trees := func(f *groups.PeopleFile) { f.Trees = map[groups.Tree][]groups.Unit{"org": units} }
	for _, c := range []struct {
		file    string
		want    map[string]int
		objects []string
	}{
		{march, map[string]int{"new": 3183, "changed": 0, "unchanged": 0, "missing": 0, "rejected": 0}, nil},
		{
			september, map[string]int{"new": 840, "changed": 1436, "unchanged": 954, "missing": 793, "rejected": 0},
			// Half a year in one step: a quarter of the posts are gone, which a person has to stand for.
			[]string{"people: 793 of 3,183 known users are not in the file and would be removed (24 %)"},
		},
		{september, map[string]int{"new": 0, "changed": 0, "unchanged": 3230, "missing": 0, "rejected": 0}, nil},
	} {
		p := w.plan(t, c.file, o, trees)
		if diff := cmp.Diff(c.objects, texts(p.Objections)); diff != "" {
			t.Errorf("objections (-want +got):\n%s", diff)
		}
		if _, err := w.ev.ImportDespite(t.Context(), p, "registrar", "half a year in one step"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, importFigures(p)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if len(p.Issues) > 0 || len(p.Findings) > 0 {
			t.Errorf("%v %v", p.Issues, p.Findings)
		}
	}
}

// TestHalfAYearOfGovernmentPosts holds what the defaults of the feed guard were chosen by: where every
// column is read, the busiest brings 21 % of never-seen values, and 1 % of the posts look like others.
func TestHalfAYearOfGovernmentPosts(t *testing.T) {
	march, september := shared(t, "uk-organograms/people-2011-03-31.csv"), shared(t, "uk-organograms/people-2011-09-30.csv")
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "person_id", Manager: "manager_id", Units: []groups.UnitColumn{{Tree: "org", Column: "org_unit_id"}}}
	w.load(t, march, o)
	for _, name := range []groups.TextField{"grade", "job_title", "profession", "department", "organisation", "unit", "org_unit_id", "manager_id", "fte", "pay_floor", "pay_ceiling"} {
		w.automatic(t, groups.GroupID(name), groups.AnySets(groups.All(name.IsEmpty())), groups.Keep)
	}
	p := w.plan(t, september, o)
	var got []string
	for _, f := range p.Feed.Figures {
		got = append(got, fmt.Sprint(f.Column, " ", f.Had, " ", f.Have, " ", f.Blanked, " ", f.Changed, " ", f.Unseen))
	}
	want := []string{
		"grade 2390 2390 0 55 0", "job_title 2390 2390 0 468 370", "profession 2096 2347 5 201 2", "department 2390 2390 0 39 10",
		"organisation 2390 2390 0 0 0", "unit 2390 2390 0 593 429", "org_unit_id 2390 2390 0 623 506", "manager_id 2290 2292 3 377 155",
		"fte 2353 2390 0 84 5", "pay_floor 2285 2313 11 263 1", "pay_ceiling 2285 2313 11 262 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("column, had, have, blanked, changed, unseen (-want +got):\n%s", diff)
	}
	f := p.Feed
	if f.Met != 2390 || f.Known != 3183 || f.Missing != 793 || f.Compared != 2390 || f.Replaced != 28 || len(p.Objections) > 0 {
		t.Errorf("%+v %v", f, p.Objections)
	}
}

// benchmarkFile is a people file of n rows and ten columns, most of them with few distinct cells.
func benchmarkFile(n int) string {
	var b strings.Builder
	b.WriteString("key,name,mail,region,level,hired,boss,unit,status,note\n")
	for i := range n {
		fmt.Fprintf(&b, "u%06d,Person %d,p%d@example.org,region %d,%d,2020-01-%02d,u%06d,unit %d,on,\n", i, i, i, i%13, i%8, 1+i%28, i/10, i%100)
	}
	return b.String()
}

// BenchmarkImportRow measures the two steps before anything is written, on a whole file: reading a
// row and comparing it with the stored user, and with none.
func BenchmarkImportRow(b *testing.B) {
	const rows = 30_000
	file := benchmarkFile(rows)
	o := groups.PeopleCSV{
		Key: "key", Manager: "boss", Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"off"}},
		Units:  []groups.UnitColumn{{Tree: "org", Column: "unit"}},
		Fields: []groups.CSVField{fieldOf("level", groups.TypeNumber), fieldOf("hired", groups.TypeDate), fieldOf("region", groups.TypeChoice)},
	}
	for _, stored := range []bool{false, true} {
		b.Run(map[bool]string{false: "new", true: "unchanged"}[stored], func(b *testing.B) {
			w := newTenant(b)
			if stored {
				w.load(b, file, o)
			}
			b.ReportAllocs()
			for b.Loop() {
				w.plan(b, file, o)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
	}
}
