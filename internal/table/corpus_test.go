package table_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/grouprules/groups/internal/table"
)

// corpus returns a folder of real awkward files, which is not part of this repository.
func corpus(t *testing.T, name string) string {
	dir := filepath.Join("../../../shared/data/csv-awkward", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the folder of awkward files is absent: %v", err)
	}
	return dir
}

func TestSpectrumReadsAsItsAuthorsExpect(t *testing.T) {
	dir := corpus(t, "csv-spectrum")
	files, err := filepath.Glob(filepath.Join(dir, "csvs", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".csv")])
		t.Run(name, func(t *testing.T) {
			if name == "location_coordinates" {
				// The only one we differ on: it wants 37°36'37.8"N kept, with its bare quote. (Its JSON is not of its CSV
				// either: another telephone number, and no array.)
				mustRefuse(t, file, "line 2, column 24: a quote in an unquoted cell")
				return
			}
			wanted, err := os.ReadFile(filepath.Join(dir, "json", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var want []map[string]string
			if err := json.Unmarshal(wanted, &want); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			header, rows, err := readAll(f, table.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []map[string]string
			for _, r := range rows {
				m := map[string]string{}
				for i, cell := range r.Cells {
					m[header[i]] = cell
				}
				got = append(got, m)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func mustRefuse(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, _, err := readAll(f, table.Options{}); err == nil || err.Error() != text {
		t.Errorf("got %v, want %s", err, text)
	}
}

func TestHorrorsAreReadOrRefusedAsTheyShould(t *testing.T) {
	dir := corpus(t, "messytables-horror")
	big5 := table.Options{Decode: func(r io.Reader) io.Reader { return traditionalchinese.Big5.NewDecoder().Reader(r) }}
	gb := table.Options{Decode: func(r io.Reader) io.Reader { return simplifiedchinese.GB18030.NewDecoder().Reader(r) }}
	western := table.Options{Charset: "windows-1252"}

	type outcome struct {
		Charset    string
		Delimiter  string
		Columns    int
		First      string // name of the first column
		Rows       int
		Ragged     int
		Unreadable int // cells
		Last       int // line of the last row
		Error      string
	}
	tried := map[string]bool{}
	for _, c := range []struct {
		file string
		why  string
		o    table.Options
		want outcome
		is   error
	}{
		{"simple.csv", "the plain case", table.Options{},
			outcome{"utf-8", ",", 3, "date", 6, 0, 0, 7, ""}, nil},
		{"simple.ssv", "semicolons", table.Options{},
			outcome{"utf-8", ";", 3, "date", 6, 0, 0, 7, ""}, nil},
		{"simple.psv", "bars, and thousands with commas", table.Options{},
			outcome{"utf-8", "|", 6, "Year", 28, 0, 0, 29, ""}, nil},
		{"utf8bom.csv", "a mark, and no rows", table.Options{},
			outcome{"utf-8", ",", 2, "kitten", 0, 0, 0, 0, ""}, nil},
		{"utf8bom.csv", "a charset against the mark", western,
			outcome{Error: "the charset is given as windows-1252, but the file starts with the mark of UTF-8"}, table.ErrCharset},
		{"utf-16le_encoded.csv", "UTF-16 with its mark", table.Options{},
			outcome{"utf-16", ",", 19, "Organisation_code", 327, 0, 0, 328, ""}, nil},
		{"utf-16le_encoded.csv", "declared as well", table.Options{Charset: "UTF-16"},
			outcome{"utf-16", ",", 19, "Organisation_code", 327, 0, 0, 328, ""}, nil},
		{"spanish_chars.csv", "not UTF-8, in the header already", table.Options{},
			outcome{Error: "line 1, column 44: the name of column 8 is unreadable: it is not UTF-8: declare the charset of the file, such as windows-1252"}, table.ErrCharset},
		{"spanish_chars.csv", "declared", western,
			outcome{"windows-1252", ",", 8, "GF_ID", 116, 0, 0, 117, ""}, nil},
		{"sparse_with_column_errors.csv", "not UTF-8, but only in the rows", table.Options{},
			outcome{"utf-8", ",", 4, "LP", 2237, 0, 752, 2238, ""}, nil},
		{"sparse_with_column_errors.csv", "declared", western,
			outcome{"windows-1252", ",", 4, "LP", 2237, 0, 0, 2238, ""}, nil},
		{"characters.csv", "not UTF-8", table.Options{},
			outcome{Error: "line 1, column 4: the name of column 2 is unreadable: it is not UTF-8: declare the charset of the file, such as windows-1252"}, table.ErrCharset},
		{"characters.csv", "its notes say GB18030, which it is not", gb,
			outcome{Error: "line 1, column 17: the name of column 3 is unreadable: it has bytes that are no text in the charset custom"}, table.ErrHeader},
		{"characters.csv", "it is Big5; its cells have many lines", big5,
			outcome{"custom", ",", 18, "id", 382, 0, 0, 865, ""}, nil},
		{"mixedGLB.csv", "CR alone ends lines", table.Options{},
			outcome{"utf-8", ",", 19, "Combined Land--Ocean Temperature Anomaly (C) CR 1200km 1880 to 2012.", 136, 0, 0, 137, ""}, nil},
		{"excel_pasting.csv", "title lines above the header", table.Options{},
			outcome{"utf-8", ",", 9, "CO2 emissions by different sub-groups in manufacturing sector, 2000 to 2007", 20, 0, 0, 24, ""}, nil},
		{"begrotingsanalyse-2011.csv", "a first name that is blank", table.Options{},
			outcome{"utf-8", ",", 20, "column 1", 42, 0, 0, 43, ""}, nil},
		{"weird_head_padding.csv", "padding, then a quote after a space", table.Options{},
			outcome{"utf-8", ",", 5, "An der vertragsärztlichen Versorgung teilnehmende Ärztinnen und Ärzte mit Berechtigung zum Führen einer Schwerpunktbezeichnung (Anzahl). Gliederungsmerkmale: Jahre",
				7, 7, 0, 10, "line 11, column 2: a quote in an unquoted cell"}, table.ErrQuoting},
		{"complex.csv", "a quote after a space", table.Options{},
			outcome{"utf-8", ",", 4, "date", 2, 0, 0, 3, "line 4, column 15: a quote in an unquoted cell"}, table.ErrQuoting},
		{"null.csv", "no header: two names are the same", table.Options{},
			outcome{Error: `line 1: columns with the same name: 3 "0" and 4 "0"`}, table.ErrHeader},
		{"null.csv", "no header, and said so", table.Options{NoHeader: true},
			outcome{"utf-8", ",", 4, "1", 10, 0, 0, 10, ""}, nil},
		{"long.csv", "one column", table.Options{},
			outcome{"utf-8", ",", 1, "foo", 3999, 0, 0, 4000, ""}, nil},
		{"long.csv", "more rows than allowed", table.Options{MaxRows: 1000},
			outcome{"utf-8", ",", 1, "foo", 1000, 0, 0, 1001, "line 1002: more than 1000 rows"}, table.ErrLimit},
		{"small.csv", "one byte", table.Options{},
			outcome{"utf-8", ",", 1, "a", 0, 0, 0, 0, ""}, nil},
		{"skip_initials.csv", "spaces after commas stay", table.Options{},
			outcome{"utf-8", ",", 2, "field1", 2, 0, 0, 3, ""}, nil},
	} {
		tried[c.file] = true
		t.Run(fmt.Sprintf("%s, %s", c.file, c.why), func(t *testing.T) {
			f, err := os.Open(filepath.Join(dir, c.file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var got outcome
			r, err := table.Open(f, c.o)
			if err == nil {
				got.Charset, got.Delimiter, got.Columns, got.First = r.Charset(), string(r.Delimiter()), len(r.Header()), r.Header()[0]
			}
			for err == nil {
				var row *table.Row
				if row, err = r.Read(); err != nil {
					break
				}
				got.Rows++
				got.Last = row.Line
				if row.Ragged() {
					got.Ragged++
				}
				for i := range row.Spans {
					if _, bad := row.Unreadable(i); bad {
						got.Unreadable++
					}
				}
			}
			if err != io.EOF {
				got.Error = err.Error()
				if !errors.Is(err, c.is) {
					t.Errorf("%v is not %v", err, c.is)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if !tried[f.Name()] {
			t.Errorf("%s has no expected outcome", f.Name())
		}
	}
}
