package table_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups/internal/table"
)

// A row as tests compare it: what a Row says, kept beyond the next Read.
type row struct {
	Line  int
	Cells []string
}

// readAll reads everything from r, and the error that ended it (nil at the end of the file).
func readAll(r io.Reader, o table.Options) (header []string, rows []row, err error) {
	t, err := table.Open(r, o)
	if err != nil {
		return nil, nil, err
	}
	for {
		got, err := t.Read()
		if err == io.EOF {
			return t.Header(), rows, nil
		}
		if err != nil {
			return t.Header(), rows, err
		}
		rows = append(rows, row{got.Line, got.Cells()})
	}
}

func cellsOf(rows []row) [][]string {
	var cells [][]string
	for _, r := range rows {
		cells = append(cells, r.Cells)
	}
	return cells
}

func TestRowsAreReadAsTheyStand(t *testing.T) {
	for _, c := range []struct {
		why    string
		file   string
		o      table.Options
		header []string
		rows   []row
	}{
		{"a byte that differs from the delimiter in one bit, behind one",
			"name,balance\nAda,-15,-7,--,,-\n", table.Options{},
			[]string{"name", "balance"}, []row{{2, []string{"Ada", "-15", "-7", "--", "", "-"}}}},
		{"the plain case",
			"id,name\n1,Ann\n2,Bo\n", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "Ann"}}, {3, []string{"2", "Bo"}}}},
		{"the last line end may be missing",
			"id,name\n1,Ann", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "Ann"}}}},
		{"Windows line ends",
			"id,name\r\n1,Ann\r\n", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "Ann"}}}},
		{"line ends of an old Macintosh",
			"id,name\r1,Ann\r\r2,Bo", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "Ann"}}, {4, []string{"2", "Bo"}}}},
		{"the same, with a line end in a cell: it becomes LF like all others",
			"id,name\r1,\"An\rn\"\r2,Bo\r", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "An\nn"}}, {4, []string{"2", "Bo"}}}},
		{"a CR in a cell of an LF file is data",
			"id,name\n1,\"An\rn\"\n2,B\ro\n", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "An\rn"}}, {3, []string{"2", "B\ro"}}}},
		{"a CR in quotes does not make a one-line file a Macintosh file",
			"id,\"na\rme\"", table.Options{},
			[]string{"id", "na\rme"}, nil},
		{"CR LF in a cell stays CR LF, which encoding/csv alone does not do",
			"id,name\r\n1,\"An\r\nn\"\r\n2,\"\r\r\n\n\"\r\n", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "An\r\nn"}}, {4, []string{"2", "\r\r\n\n"}}}},
		{"rows after a cell of many lines have the line they stand on",
			"id,name\n1,\"a\n\nb\"\n\n2,c\n", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "a\n\nb"}}, {6, []string{"2", "c"}}}},
		{"empty lines are no rows, also before the header",
			"\n\r\nid,name\n\n1,Ann\n\r\n", table.Options{},
			[]string{"id", "name"}, []row{{5, []string{"1", "Ann"}}}},
		{"spaces are kept in cells and trimmed off names",
			" id ,\u00a0name\t\n 1 , Ann \n", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{" 1 ", " Ann "}}}},
		{"quotes, doubled quotes, delimiters in quotes",
			"id,name\n\"1\",\"Ann \"\"A\"\", b\"\n\"\",\"\"\n", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", `Ann "A", b`}}, {3, []string{"", ""}}}},
		{"short and long rows are returned as they are",
			"a,b\n1\n1,2,3\n,\n", table.Options{},
			[]string{"a", "b"}, []row{{2, []string{"1"}}, {3, []string{"1", "2", "3"}}, {4, []string{"", ""}}}},
		{"blank names are named by position",
			"id,, ,\"\"\n", table.Options{},
			[]string{"id", "column 2", "column 3", "column 4"}, nil},
		{"without a header the first row is data",
			"1,Ann\n2,Bo\n", table.Options{NoHeader: true},
			[]string{"1", "2"}, []row{{1, []string{"1", "Ann"}}, {2, []string{"2", "Bo"}}}},
		{"without a header equal cells are no trouble",
			"x,x\n", table.Options{NoHeader: true},
			[]string{"1", "2"}, []row{{1, []string{"x", "x"}}}},
		{"the mark of UTF-8 is not part of the first name",
			"\ufeffid,name\n1,Ann\n", table.Options{},
			[]string{"id", "name"}, []row{{2, []string{"1", "Ann"}}}},
		{"nor are two marks, before or inside a quote",
			"\ufeff\ufeff\"\ufeffid\",name\n", table.Options{},
			[]string{"id", "name"}, nil},
		{"only names are spared a quoted mark: in data it is data",
			"id\n\"\ufeff1\"\n", table.Options{},
			[]string{"id"}, []row{{2, []string{"\ufeff1"}}}},
		{"a delimiter of three bytes",
			"id，name\n\"1\"，\"a，\"\"b\"\n2，Bo\n", table.Options{Delimiter: '，'},
			[]string{"id", "name"}, []row{{2, []string{"1", `a，"b`}}, {3, []string{"2", "Bo"}}}},
		{"parts of such a delimiter are text",
			"a，b\n\xef\xef\xbc，\xef\xbc\n\x8c，\xef\n", table.Options{Delimiter: '，'},
			[]string{"a", "b"}, []row{{2, []string{"\xef\xef\xbc", "\xef\xbc"}}, {3, []string{"\x8c", "\xef"}}}},
		{"a CR LF that the sample cuts in two does not make a Macintosh file",
			"a,b" + strings.Repeat(" ", 64<<10-4) + "\r\n1\r2,3\n", table.Options{},
			[]string{"a", "b"}, []row{{2, []string{"1\r2", "3"}}}},
		{"a control character as delimiter",
			"id\x1fname\n1\x1fAnn\n", table.Options{Delimiter: '\x1f'},
			[]string{"id", "name"}, []row{{2, []string{"1", "Ann"}}}},
	} {
		t.Run(c.why, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"at once":            strings.NewReader(c.file),
				"byte by byte":       iotest.OneByteReader(strings.NewReader(c.file)),
				"EOF with last data": iotest.DataErrReader(strings.NewReader(c.file)),
			} {
				header, rows, err := readAll(r, c.o)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if diff := cmp.Diff(c.header, header); diff != "" {
					t.Errorf("%s: header (-want +got):\n%s", name, diff)
				}
				if diff := cmp.Diff(c.rows, rows); diff != "" {
					t.Errorf("%s: rows (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	long := strings.Repeat("x", 21)
	small := table.Options{MaxCell: 20, MaxColumns: 3}
	for _, c := range []struct {
		why  string
		file string
		o    table.Options
		is   error
		text string
	}{
		{"nothing at all", "", table.Options{}, table.ErrEmpty,
			"the file is empty: not even a header row"},
		{"only a mark and empty lines", "\ufeff\n\r\n\n", table.Options{}, table.ErrEmpty,
			"the file is empty: not even a header row"},
		{"only a sep= line", "sep=;", table.Options{}, table.ErrEmpty,
			"the file is empty: not even a header row"},
		{"no header and no data", "\n", table.Options{NoHeader: true}, table.ErrEmpty,
			"the file is empty: not even a header row"},

		{"a name twice, as people read it",
			"Id,Straße,É,x, iD ,STRASSE,e\u0301\n", table.Options{}, table.ErrHeader,
			`line 1: columns with the same name: 1 "Id" and 5 "iD"; 2 "Straße" and 6 "STRASSE"; 3 "É" and 7 "` + "e\u0301\""},
		{"a name given to a blank may be taken", "column 2,\n", table.Options{}, table.ErrHeader,
			`line 1: columns with the same name: 1 "column 2" and 2 "column 2"`},
		{"a very long name is cut in messages only",
			strings.Repeat("é", 70) + "," + strings.Repeat("é", 70) + "\n", table.Options{}, table.ErrHeader,
			fmt.Sprintf(`line 1: columns with the same name: 1 "%[1]s…" and 2 "%[1]s…"`, strings.Repeat("é", 60))},
		{"too many columns in the header", "\na,b,c,d\n", small, table.ErrLimit,
			"line 2, column 7: more than 3 columns"},
		{"a header that is not UTF-8", "id,na\xefve\n", table.Options{}, table.ErrCharset,
			"line 1, column 4: the name of column 2 is unreadable: it is not UTF-8: declare the charset of the file, such as windows-1252"},
		{"a header that is not the UTF-8 it is said to be", "id,na\xefve\n", table.Options{Charset: "UTF-8"}, table.ErrHeader,
			"line 1, column 4: the name of column 2 is unreadable: it is not valid UTF-8"},
		{"UTF-16 without a mark", "i\x00d\x00,\x00b\x00\n\x00", table.Options{}, table.ErrCharset,
			"line 1, column 1: the name of column 1 is unreadable: it has a NUL byte (if the file is UTF-16, declare that charset)"},

		{"a bare quote", "a,b\n\n1,2\"3\n", table.Options{}, table.ErrQuoting,
			"line 3, column 4: a quote in an unquoted cell"},
		{"a quote after a space is bare", "a,b\n1, \"2\"\n", table.Options{}, table.ErrQuoting,
			"line 2, column 4: a quote in an unquoted cell"},
		{"a quote that is not doubled", "a,b\n1,\"2\"3\"\n", table.Options{}, table.ErrQuoting,
			"line 2, column 5: a quote inside a quoted cell that is not doubled"},
		{"a lone CR after a closing quote", "a,b\n\"1\"\r,2\n", table.Options{}, table.ErrQuoting,
			"line 2, column 3: a quote inside a quoted cell that is not doubled"},
		{"half a delimiter after a closing quote", "a，b\n\"1\"\xef\xbc", table.Options{Delimiter: '，'}, table.ErrQuoting,
			"line 2, column 3: a quote inside a quoted cell that is not doubled"},
		{"a quote that is never closed is reported where it was opened", "a,b\n1,\"2\n3,4\n5,6\n", table.Options{}, table.ErrQuoting,
			"line 2, column 3: a quote that is never closed"},
		{"a quote after the CR after a closing quote", "a,b\n\"1\"\r\"\n", table.Options{}, table.ErrQuoting,
			"line 2, column 3: a quote inside a quoted cell that is not doubled"},
		{"of two faults the first", "a,b\n" + long[1:] + "\r\"\n", small, table.ErrLimit,
			"line 2, column 1: a cell of more than 20 bytes"},
		{"the same, where the quote opens on a later line of the row", "a,b\n\"1\n\n2\",\"3\n", table.Options{}, table.ErrQuoting,
			"line 4, column 4: a quote that is never closed"},
		{"the same, in the header", "\"a,b\n1,2\n", table.Options{}, table.ErrQuoting,
			"line 1, column 1: a quote that is never closed"},
		{"lines are those of the file, sep= line included", "sep=;\na;b\n1;2\"3\n", table.Options{}, table.ErrQuoting,
			"line 3, column 4: a quote in an unquoted cell"},

		{"a long cell", "a,b\n1," + long + "\n", small, table.ErrLimit,
			"line 2, column 3: a cell of more than 20 bytes"},
		{"a long quoted cell", "a,b\n1,\"" + long + "\"\n", small, table.ErrLimit,
			"line 2, column 3: a cell of more than 20 bytes (is its quote ever closed?)"},
		{"a long name", "a," + long + "\n", small, table.ErrLimit,
			"line 1, column 3: a cell of more than 20 bytes"},
		{"a long row", "a,b\n1,2\n1,2,3,4\n", small, table.ErrLimit,
			"line 3, column 7: more than 3 columns"},
		{"a long first row without header", "1,2,3,4\n", table.Options{MaxColumns: 3, NoHeader: true}, table.ErrLimit,
			"line 1, column 7: more than 3 columns"},
		{"too many rows", "a\n1\n2\n3\n", table.Options{MaxRows: 2}, table.ErrLimit,
			"line 4: more than 2 rows"},
		{"too many rows without header", "1\n2\n3\n", table.Options{MaxRows: 2, NoHeader: true}, table.ErrLimit,
			"line 3: more than 2 rows"},
		{"too many bytes", "a\n1\n2\n3\n", table.Options{MaxBytes: 7}, table.ErrLimit,
			"line 4: the file is larger than 7 bytes"},
		{"too many bytes, through a decoder", "a\n1\n2\n3\n", table.Options{MaxBytes: 7, Charset: "windows-1252"}, table.ErrLimit,
			"line 4: the file is larger than 7 bytes"},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, _, err := readAll(strings.NewReader(c.file), c.o)
			if !errors.Is(err, c.is) {
				t.Errorf("errors.Is(%v, %v) is false", err, c.is)
			}
			if _, ok := errors.AsType[*table.Error](err); !ok {
				t.Errorf("%T is no *table.Error", err)
			}
			if err != nil && err.Error() != c.text {
				t.Errorf("the error says\n\t%s\nwant\n\t%s", err, c.text)
			}
		})
	}
}

func TestAnErrorWithoutTextSaysItsKind(t *testing.T) {
	err := &table.Error{Line: 3, Err: table.ErrQuoting}
	if got := err.Error(); got != "line 3: "+table.ErrQuoting.Error() {
		t.Errorf("it says %q", got)
	}
}

func TestLimitsAllowWhatReachesThemExactly(t *testing.T) {
	full := strings.Repeat("x", 20)
	quotes := strings.Repeat(`""`, 20)
	for _, c := range []struct {
		why, file string
		rows      int
	}{
		{"unquoted, before LF", "a,b\n1," + full + "\n", 1},
		{"unquoted, before CR LF: the CR is not the cell's", "a,b\r\n1," + full + "\r\n", 1},
		{"unquoted, before a delimiter", "a,b\n" + full + ",1\n", 1},
		{"unquoted, at the end of the file", "a,b\n1," + full, 1},
		{"quoted: the quotes do not count", "a,b\n1,\"" + full + "\"\n", 1},
		{"doubled quotes count once", "a,b\n1,\"" + quotes + "\"\n", 1},
		{"columns, rows and bytes", "a,b,c\n1,2,3\n1,2,3\n1,2,3\n", 3},
	} {
		t.Run(c.why, func(t *testing.T) {
			o := table.Options{MaxCell: 20, MaxColumns: 3, MaxRows: 3, MaxBytes: int64(len(c.file))}
			_, rows, err := readAll(strings.NewReader(c.file), o)
			if err != nil || len(rows) != c.rows {
				t.Errorf("%d rows and %v, want %d rows", len(rows), err, c.rows)
			}
			o.Delimiter = '，'
			_, rows, err = readAll(strings.NewReader(strings.ReplaceAll(c.file, ",", "，")), table.Options{
				Delimiter: '，', MaxCell: 20, MaxColumns: 3})
			if err != nil || len(rows) != c.rows {
				t.Errorf("with a delimiter of three bytes: %d rows and %v, want %d rows", len(rows), err, c.rows)
			}
		})
	}
}

// endless repeats a text for ever, and counts.
type endless struct {
	start, again string
	at           int
	read         int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		if e.at < len(e.start) {
			p[i] = e.start[e.at]
		} else {
			p[i] = e.again[(e.at-len(e.start))%len(e.again)]
		}
		e.at++
	}
	e.read += len(p)
	return len(p), nil
}

func TestEndlessInputStopsAtTheLimitAndInLittleMemory(t *testing.T) {
	const (
		cell    = 256 << 10
		columns = 2000
		buffers = 512 << 10 // all that is allocated however small the limits
	)
	for _, c := range []struct {
		why, start, again string
		o                 table.Options
		is                error
		allocated         uint64
	}{
		{"a cell", "a,b\n", "x", table.Options{MaxCell: cell}, table.ErrLimit, 12 * cell},
		{"a quote that is never closed", "a,b\n\"", "x,y\n", table.Options{MaxCell: cell}, table.ErrLimit, 12 * cell},
		{"nothing but quotes", "a,b\n", `"`, table.Options{MaxCell: cell}, table.ErrLimit, 16 * cell},
		{"a name", "", "x", table.Options{MaxCell: cell}, table.ErrLimit, 12 * cell},
		{"a header", "", "x,", table.Options{MaxColumns: columns}, table.ErrLimit, 200 * columns},
		{"a row", "a,b\n", ",", table.Options{MaxColumns: columns}, table.ErrLimit, 200 * columns},
		{"a row of quoted cells", "a,b\n", `"",`, table.Options{MaxColumns: columns}, table.ErrLimit, 200 * columns},
		{"a row of cells at their limit", "a,b\n", strings.Repeat("x", 2000) + ",", table.Options{MaxCell: 2000, MaxColumns: 200},
			table.ErrLimit, 12 * 2000 * 200},
		{"empty lines, up to the limit of bytes", "a,b\n", "\n", table.Options{MaxBytes: 1 << 20}, table.ErrLimit, 0},
		{"empty lines before the header", "", "\r\n", table.Options{MaxBytes: 1 << 20}, table.ErrLimit, 0},
		{"CR in a cell", "a,b\n\"", "\r", table.Options{MaxCell: cell}, table.ErrLimit, 12 * cell},
		{"CR LF in a cell", "a,b\n\"", "\r\n", table.Options{MaxCell: cell}, table.ErrLimit, 12 * cell},
		{"a lone CR after another", "a,b\n1,", "\r", table.Options{MaxCell: cell}, table.ErrLimit, 12 * cell},
		{"a cell through a decoder", "a,b\n", "\xe9", table.Options{MaxCell: cell, Charset: "iso-8859-1"}, table.ErrLimit, 12 * cell},
		{"half a delimiter", "a,b\n", "\xef\xbc", table.Options{MaxCell: cell, Delimiter: '，'}, table.ErrLimit, 12 * cell},
	} {
		t.Run(c.why, func(t *testing.T) {
			in := &endless{start: c.start, again: c.again}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := readAll(in, c.o)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.is) {
				t.Errorf("got %v, want %v", err, c.is)
			}
			// All that was ever allocated: as buffers grow by doubling, several times what was ever held.
			if used := after.TotalAlloc - before.TotalAlloc; used > buffers+c.allocated {
				t.Errorf("%d KiB were allocated, more than %d", used>>10, (buffers+c.allocated)>>10)
			}
			if most := int(c.o.MaxBytes) + int(c.allocated) + buffers; in.read > most {
				t.Errorf("%d KiB were read", in.read>>10)
			}
		})
	}
}

func TestAFailedReaderStaysFailed(t *testing.T) {
	for _, c := range []struct {
		why, file string
		o         table.Options
		rows      int
	}{
		{"a bare quote, with good rows after it", "a\n1\n2\"\n3\n4\n", table.Options{}, 1},
		{"a quote that is never closed", "a\n1\n\"2\n3\n4\n", table.Options{}, 1},
		{"a cell over the limit", "a\n1\n22222\n3\n4\n", table.Options{MaxCell: 4}, 1},
		{"rows over the limit", "a\n1\n2\n3\n", table.Options{MaxRows: 1}, 1},
		{"bytes over the limit", "a\n1\n2\n3\n", table.Options{MaxBytes: 5}, 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			r, err := table.Open(strings.NewReader(c.file), c.o)
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			for _, err = r.Read(); err == nil; _, err = r.Read() {
				rows++
			}
			if rows != c.rows || err == io.EOF {
				t.Errorf("%d rows and then %v, want %d rows and then a failure", rows, err, c.rows)
			}
			for range 3 {
				if row, again := r.Read(); row != nil || again != err {
					t.Errorf("then %v, %v: want the same failure, %v", row, again, err)
				}
			}
		})
	}
}

func TestTheEndStaysTheEnd(t *testing.T) {
	r, err := table.Open(strings.NewReader("a\n1\n"), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := r.Read(); err != io.EOF {
			t.Errorf("got %v, want io.EOF", err)
		}
	}
}

var errDisk = errors.New("the disk is gone")

// Wherever the file breaks off with an error, the rows are the first ones of the whole file and the error is told.
func TestABrokenFileNeverLooksLikeAShortOne(t *testing.T) {
	forgetful := func(r io.Reader) io.Reader { return &forgetful{r: r} }
	rapid.Check(t, func(t *rapid.T) {
		file := append([]byte("\n"), fileBytes.Draw(t, "file")...) // so that the cut does not change what kind of file it is
		o := table.Options{Delimiter: ',', NoHeader: true}
		if rapid.Bool().Draw(t, "a decoder that hides errors") {
			o.Decode = func(r io.Reader) io.Reader { return &hider{r: r} }
		}
		_, all, allErr := readAll(bytes.NewReader(file), o)
		cut := rapid.IntRange(0, len(file)).Draw(t, "cut")
		broken := io.MultiReader(bytes.NewReader(file[:cut]), iotest.ErrReader(errDisk))
		_, rows, err := readAll(forgetful(broken), o)
		if err == nil {
			t.Fatalf("cut at %d, it reads as %d rows without an error", cut, len(rows))
		}
		if allErr == nil && !errors.Is(err, errDisk) {
			t.Fatalf("got %v, want %v", err, errDisk)
		}
		if len(rows) > len(all) || len(rows) > 0 && !cmp.Equal(all[:len(rows)], rows) {
			t.Fatalf("rows %v are not the first of %v", rows, all)
		}
	})
}

// forgetful reports an error once and then pretends to be at the end, as some readers do.
type forgetful struct {
	r    io.Reader
	done bool
}

func (f *forgetful) Read(p []byte) (int, error) {
	if f.done {
		return 0, io.EOF
	}
	n, err := f.r.Read(p)
	f.done = err != nil
	return n, err
}

// hider is a decoder that reports every error as the end.
type hider struct{ r io.Reader }

func (h *hider) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

func TestAnErrorOfTheFileIsWrapped(t *testing.T) {
	fail := func(err error) error {
		r := io.MultiReader(strings.NewReader("a,b\n1,2\n3,"), iotest.ErrReader(err))
		_, _, got := readAll(r, table.Options{})
		return got
	}
	if err := fail(errDisk); !errors.Is(err, errDisk) || err.Error() != "line 3: reading the file: the disk is gone" {
		t.Errorf("got %v", err)
	}
	if err := fail(fmt.Errorf("%w", io.EOF)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("got %v: a caller who asks errors.Is(err, io.EOF) would take it for the end", err)
	}
	_, err := table.Open(iotest.ErrReader(errDisk), table.Options{})
	if !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
}

func TestUnreadableCellsAreNeitherGuessedNorRepaired(t *testing.T) {
	utf16 := func(s string) string { // little endian, with its mark
		b := []byte("\xff\xfe")
		for _, u := range s {
			b = append(b, byte(u), byte(u>>8))
		}
		return string(b)
	}
	for _, c := range []struct {
		why, file string
		o         table.Options
		cell      string
		bad       bool
	}{
		{"text", "a\nnaïve\n", table.Options{}, "naïve", false},
		{"a control character is text", "a\n\x01\x7f\n", table.Options{}, "\x01\x7f", false},
		{"bytes that are not UTF-8", "a\nna\xefve\n", table.Options{}, "na\xefve", true},
		{"half a surrogate as UTF-8", "a\n\xed\xa0\x80\n", table.Options{}, "\xed\xa0\x80", true},
		{"the first byte that is not ASCII", "a\n\x80\n", table.Options{}, "\x80", true},
		{"NUL", "a\nx\x00y\n", table.Options{}, "x\x00y", true},
		{"NUL after other letters", "a\né\x00\n", table.Options{}, "é\x00", true},
		{"U+FFFD that stands in the file is text", "a\n\ufffd\n", table.Options{}, "\ufffd", false},
		{"also if UTF-8 is declared", "a\n\ufffd\n", table.Options{Charset: "utf-8"}, "\ufffd", false},
		{"half a pair in UTF-16", utf16("a\nx") + "\x00\xd8" + "\n\x00", table.Options{}, "x\ufffd", true},
		{"half a unit at the end of UTF-16", utf16("a\nx") + "y", table.Options{}, "x\ufffd", true},
		{"text in UTF-16", utf16("a\nŁódź\n"), table.Options{}, "Łódź", false},
		{"NUL in UTF-16", utf16("a\nx\x00\n"), table.Options{}, "x\x00", true},
		{"windows-1252", "a\n\x80\xe9\n", table.Options{Charset: "Windows-1252"}, "€é", false},
		{"iso-8859-1", "a\n\xa4\xe9\n", table.Options{Charset: "ISO-8859-1"}, "¤é", false},
		{"iso-8859-15", "a\n\xa4\xe9\n", table.Options{Charset: "iso-8859-15"}, "€é", false},
		{"U+FFFD out of the caller's decoder", "a\nx\n", table.Options{Decode: replace("x", "\ufffd")}, "\ufffd", true},
		{"bad UTF-8 out of the caller's decoder", "a\nx\n", table.Options{Decode: replace("x", "\xff")}, "\xff", true},
	} {
		t.Run(c.why, func(t *testing.T) {
			r, err := table.Open(strings.NewReader(c.file), c.o)
			if err != nil {
				t.Fatal(err)
			}
			row, err := r.Read()
			if err != nil {
				t.Fatal(err)
			}
			if string(row.Cell(0)) != c.cell {
				t.Errorf("the cell is %q, want %q", row.Cell(0), c.cell)
			}
			reason, bad := row.Unreadable(0)
			if bad != c.bad || bad != (reason != "") {
				t.Errorf("Unreadable is %q, %v, want %v", reason, bad, c.bad)
			}
			if reason, bad := row.Unreadable(1); bad {
				t.Errorf("a cell that is not there is unreadable: %s", reason)
			}
		})
	}
}

// replace is a decoder that reads everything and replaces a text by another.
func replace(from, to string) func(io.Reader) io.Reader {
	return func(r io.Reader) io.Reader {
		b, err := io.ReadAll(r)
		if err != nil {
			return iotest.ErrReader(err)
		}
		return strings.NewReader(strings.ReplaceAll(string(b), from, to))
	}
}

func TestCellsKnowWhereTheyStand(t *testing.T) {
	r, err := table.Open(strings.NewReader("sep=;\na;b;c\né;\"x\ny\";z\n1\n"), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	type position struct{ Line, Column int }
	var got []position
	for i := -1; i <= len(row.Spans); i++ {
		line, column := row.Position(i)
		if row.Column(i) != column {
			t.Errorf("Column(%d) is %d, Position says %d", i, row.Column(i), column)
		}
		got = append(got, position{line, column})
	}
	want := []position{{0, 0}, {3, 1}, {3, 4}, {4, 4}, {0, 0}} // é is two bytes; z follows a cell of two lines
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	if row.Ragged() {
		t.Error("a row as wide as the header is ragged")
	}
	if row, err = r.Read(); err != nil || !row.Ragged() {
		t.Errorf("a short row is not ragged (%v)", err)
	}
}

func TestHeaderCannotBeChangedFromOutside(t *testing.T) {
	r, err := table.Open(strings.NewReader("a,b\n"), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Header()[0] = "x"
	if got := r.Header()[0]; got != "a" {
		t.Errorf("the name is %q now", got)
	}
}

func TestADelimiterThatCannotBeOneIsRefused(t *testing.T) {
	for _, d := range []rune{'"', '\n', '\r', '\ufffd', '\ufeff', -1, 0xd800, 0x110000} {
		if _, err := table.Open(strings.NewReader("a\n"), table.Options{Delimiter: d}); err == nil {
			t.Errorf("%q can be read with", d)
		}
		w := table.NewWriter(io.Discard, table.WriterOptions{Delimiter: d})
		if w.Write("a") == nil || w.Flush() == nil {
			t.Errorf("%q can be written with", d)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	var file bytes.Buffer
	file.WriteString("id,name,department,country,hired,note\n")
	for i := range 20000 {
		fmt.Fprintf(&file, "u%05d,Ann Example,Research and Development,NL,2024-03-%02d,\"said \"\"yes\"\", twice\"\n", i, i%28+1)
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := table.Open(bytes.NewReader(file.Bytes()), table.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			row, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			for i := range row.Spans {
				if reason, bad := row.Unreadable(i); bad {
					b.Fatal(reason)
				}
			}
		}
	}
}

// TestARowThatIsSaidToBeASCIIIs puts one byte of any kind among others, at every place of a word.
func TestARowThatIsSaidToBeASCIIIs(t *testing.T) {
	for _, b := range []string{"\x00", "\x01", "a", "\x7f", "\x80", "\x81", "\xff", "é"} {
		for before := range 40 {
			for after := range 40 {
				file := "h\n" + strings.Repeat("x", before) + b + strings.Repeat("y", after) + "\n"
				r, err := table.Open(strings.NewReader(file), table.Options{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := r.Read()
				if want := b > "\x00" && b <= "\x7f"; err != nil || got.ASCII != want {
					t.Fatalf("%q: %t, want %t, %v", file, got.ASCII, want, err)
				}
			}
		}
	}
	// The block that is read first is ASCII, and a cell reaches into the next.
	r, err := table.Open(strings.NewReader(strings.Repeat("plain\n", 10_000)+"\"a\n"+strings.Repeat("b", 10_000)+"\xff\"\n"), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		got, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil || got.ASCII != (n < 10_000) {
			t.Fatalf("row %d: %t, %v", n, got.ASCII, err)
		}
	}
}
