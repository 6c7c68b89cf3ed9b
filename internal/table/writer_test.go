package table_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups/internal/table"
)

// Text made of what delimited files trip over, often.
var (
	scrap = rapid.OneOf(
		rapid.SampledFrom([]string{
			"", `"`, `""`, ",", ";", "\t", "|", "，", "\n", "\r", "\r\n", " ", "'", "=", "+", "-", "@", "＝", "＋", "－", "＠",
			"sep=", "SEP=;", "\ufeff", "\ufffd", "\x00", "\xff", "\xff\xfe", "\xef\xbc", "\x00\x00\xfe\xff", "-5", "3.2", "é", "x", "#",
		}),
		rapid.StringN(0, 3, -1),
	)
	text = rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(scrap, 0, 5).Draw(t, "scraps"), "")
	})
	fileBytes = rapid.Custom(func(t *rapid.T) []byte {
		return []byte(strings.Join(rapid.SliceOfN(rapid.OneOf(scrap, rapid.Just(","), rapid.Just("\n")), 0, 30).Draw(t, "file"), ""))
	})
	delimiters = rapid.OneOf(
		rapid.SampledFrom([]rune(",;\t| ，\x1f=sP'-#\u2028😀")),
		rapid.Rune().Filter(func(d rune) bool { return !strings.ContainsRune("\x00\"\r\n\ufffd\ufeff", d) }),
	)
	tables = rapid.SliceOfN(rapid.SliceOfN(text, 1, 6), 1, 8)
)

func write(o table.WriterOptions, rows [][]string) ([]byte, error) {
	var file bytes.Buffer
	w := table.NewWriter(&file, o)
	for _, row := range rows {
		if err := w.Write(row...); err != nil {
			return nil, err
		}
	}
	err := w.Flush()
	return file.Bytes(), err
}

func TestWhatWasWrittenReadsBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := tables.Draw(t, "rows")
		o := table.WriterOptions{
			Delimiter: delimiters.Draw(t, "delimiter"),
			BOM:       rapid.Bool().Draw(t, "BOM"),
			Raw:       rapid.Bool().Draw(t, "raw"),
			CRLF:      rapid.Bool().Draw(t, "CRLF"),
		}
		file, err := write(o, rows)
		if err != nil {
			t.Fatal(err)
		}
		r, err := table.Open(bytes.NewReader(file), table.Options{Delimiter: o.Delimiter, NoHeader: true})
		if err != nil {
			t.Fatalf("%v in %q", err, file)
		}
		var got [][]string
		for {
			row, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%v in %q", err, file)
			}
			last := len(row.Spans) - 1
			at := row.Column(last)
			if !o.Raw {
				row.Unguard()
			}
			if row.Column(last) != at {
				t.Fatalf("%q: a cell at column %d is at %d without its apostrophe", file, at, row.Column(last))
			}
			got = append(got, row.Cells())
		}
		if diff := cmp.Diff(rows, got); diff != "" {
			t.Fatalf("%q reads otherwise (-want +got):\n%s", file, diff)
		}
	})
}

func TestTheWriterQuotesOnlyWhatNeedsIt(t *testing.T) {
	for _, c := range []struct {
		why  string
		o    table.WriterOptions
		row  []string
		want string
	}{
		{"plain cells", table.WriterOptions{}, []string{"a", "b c", ""}, "a,b c,\n"},
		{"the delimiter", table.WriterOptions{}, []string{"a,b", "c;d"}, "\"a,b\",c;d\n"},
		{"another delimiter", table.WriterOptions{Delimiter: ';'}, []string{"a,b", "c;d"}, "a,b;\"c;d\"\n"},
		{"quotes and line ends", table.WriterOptions{}, []string{`a"b`, "c\nd", "e\rf"}, "\"a\"\"b\",\"c\nd\",\"e\rf\"\n"},
		{"a row must not look empty", table.WriterOptions{}, []string{""}, "\"\"\n"},
		{"a space at the start, which others trim", table.WriterOptions{}, []string{" a", "b "}, "\" a\",b \n"},
		{"what Excel takes for a setting", table.WriterOptions{}, []string{"sep=", "x"}, "\"sep=\",x\n"},
		{"CR LF and a mark", table.WriterOptions{CRLF: true, BOM: true}, []string{"a", "b\nc"}, "\ufeffa,\"b\nc\"\r\n"},
		{"formulas are guarded", table.WriterOptions{}, []string{"=1+1", "-5", "-x", "'=1"}, "'=1+1,-5,'-x,''=1\n"},
		{"unless Raw", table.WriterOptions{Raw: true}, []string{"=1+1", "-5", "-x", "'=1"}, "=1+1,-5,-x,'=1\n"},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, err := write(c.o, [][]string{c.row})
			if err != nil || string(got) != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestNoFirstRowReadsAsSomethingElse(t *testing.T) {
	for _, c := range []struct {
		why       string
		delimiter rune
		row       []string
	}{
		{"a setting of Excel", ',', []string{"sep=;"}},
		{"the same, completed by an empty cell", ';', []string{"sep=", ""}},
		{"the same, completed by the delimiter", '=', []string{"sep", ";"}},
		{"the same, elsewhere", 'E', []string{"S", "P=;"}},
		{"the mark of UTF-8", ',', []string{"\ufeffa"}},
		{"the mark of UTF-16", ',', []string{"\xff\xfea"}},
		{"the mark of UTF-32", ',', []string{"\x00\x00\xfe\xff"}},
		{"an empty line", ',', []string{""}},
		{"a line that ends with CR", ',', []string{"a\r"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			file, err := write(table.WriterOptions{Delimiter: c.delimiter, Raw: true}, [][]string{c.row})
			if err != nil {
				t.Fatal(err)
			}
			_, rows, err := readAll(bytes.NewReader(file), table.Options{Delimiter: c.delimiter, NoHeader: true})
			if err != nil || !cmp.Equal([][]string{c.row}, cellsOf(rows)) {
				t.Errorf("%q reads as %q, %v", file, cellsOf(rows), err)
			}
		})
	}
}

func TestTheMarkIsWrittenOnce(t *testing.T) {
	got, err := write(table.WriterOptions{BOM: true}, [][]string{{"a"}, {"b"}})
	if err != nil || string(got) != "\ufeffa\nb\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestARowWithoutCellsIsRefused(t *testing.T) {
	w := table.NewWriter(io.Discard, table.WriterOptions{})
	if w.Write() == nil {
		t.Error("it is written, and would read as an empty line")
	}
	if err := w.Write("a"); err != nil {
		t.Errorf("after it, a good row fails: %v", err)
	}
}

func TestAFailedWriterSaysSo(t *testing.T) {
	f := table.NewWriter(failing{}, table.WriterOptions{})
	if err := f.Write("a"); err != nil {
		t.Fatalf("a buffered row fails: %v", err)
	}
	for range 2 {
		if err := f.Flush(); !errors.Is(err, errDisk) {
			t.Errorf("got %v, want %v", err, errDisk)
		}
	}
	if err := f.Write("b"); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want %v", err, errDisk)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errDisk }

func TestUnguardUndoesGuard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(text, rapid.String()).Draw(t, "cell")
		guarded := table.Guard(cell)
		if got := table.Unguard(guarded); got != cell {
			t.Fatalf("%q became %q and then %q", cell, guarded, got)
		}
	})
}

// The law above holds for a guard that does nothing; this one does not.
func TestNoGuardedCellStartsAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := table.Guard(text.Draw(t, "cell"))
		if cell == "" || strings.Trim(cell, "0123456789.+-") == "" {
			return // a number, or what a table below is for
		}
		if strings.IndexAny(cell, "=+-@\t\r\n\x00＝＋－＠") == 0 {
			t.Fatalf("%q starts a formula", cell)
		}
	})
}

func TestGuardKnowsFormulasFromNumbers(t *testing.T) {
	for _, c := range []struct{ why, cell, want string }{
		{"a formula", "=1+1", "'=1+1"},
		{"a formula that needs no =", "@SUM(A1)", "'@SUM(A1)"},
		{"a sign", "+", "'+"},
		{"a telephone number is a number to a spreadsheet as well", "+31201234567", "+31201234567"},
		{"but not with a space", "+31 20", "'+31 20"},
		{"a negative number", "-5", "-5"},
		{"a decimal number", "+3.2", "+3.2"},
		{"not a number: no digits after the point", "-5.", "'-5."},
		{"not a number: no digits before the point", "-.5", "'-.5"},
		{"not a number: two points", "-1.2.3", "'-1.2.3"},
		{"not a number: two signs", "--5", "'--5"},
		{"not a number: a sum", "-5+6", "'-5+6"},
		{"not a number: other digits", "-٥", "'-٥"},
		{"not a number: an exponent", "-1e5", "'-1e5"},
		{"an unsigned number never was a formula", "5", "5"},
		{"a tab, which some programs skip", "\t=1", "'\t=1"},
		{"a CR", "\r=1", "'\r=1"},
		{"an LF", "\n", "'\n"},
		{"NUL", "\x00=1", "'\x00=1"},
		{"full-width signs", "＝1", "'＝1"},
		{"full-width signs", "－1", "'－1"},
		{"guarded once already", "'=1", "''=1"},
		{"guarded twice already", "''=1", "'''=1"},
		{"looks like a guarded number", "'-5", "''-5"},
		{"an apostrophe before text", "'t Hof", "'t Hof"},
		{"only apostrophes", "''", "''"},
		{"a formula that does not start the cell", "x=1", "x=1"},
		{"a space before it keeps it text", " =1", " =1"},
		{"nothing", "", ""},
		{"bad UTF-8", "\xff", "\xff"},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := table.Guard(c.cell)
			if got != c.want {
				t.Errorf("Guard(%q) is %q, want %q", c.cell, got, c.want)
			}
			if back := table.Unguard(got); back != c.cell {
				t.Errorf("Unguard(%q) is %q, want %q", got, back, c.cell)
			}
		})
	}
}

func TestUnguardLeavesOtherApostrophesAlone(t *testing.T) {
	for _, cell := range []string{"", "'", "''", "'t Hof", "x'=1", "=1", "-5"} {
		if got := table.Unguard(cell); got != cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
	if got := table.Unguard("'-5"); got != "-5" {
		t.Errorf("'-5, as stricter guards write it, became %q", got)
	}
}
