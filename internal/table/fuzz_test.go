package table_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups/internal/table"
)

// seeds are files with one awkward thing each.
var seeds = []string{
	"", "\n", "a,b\n1,2\n", "a;b\r\n1;2\r\n", "a\tb\r1\t2\r", "\ufeffa|b\n1|2", "sep=;\na;b\n",
	"\xff\xfea\x00,\x00b\x00\n\x00", "\xfe\xff\x00a\x00\n\xd8\x00", "a\x00\n\x00", "\x00\x00\xfe\xff", "a\n\xff\n",
	"a,\"b\r\nc\"\r\n", "a,\"b\"\"c\"\n", "a,\"b\n", "a,b\"c\n", "a,\"b\"c\n", "\"a\"\r", "\"a\"\r,b\n", "\r\r\n", "\r\n\r\n",
	"a，\"b，\"\"\"，c\n", "\"a\"\xef\xbc", "\xef\xef\xbc\x8c\n",
}

func FuzzRead(f *testing.F) {
	for i, file := range seeds {
		f.Add([]byte(file), byte(i))
	}
	f.Fuzz(func(t *testing.T, file []byte, shape byte) {
		o := table.Options{MaxCell: 256, MaxColumns: 16, MaxRows: 1000, MaxBytes: 1 << 16, NoHeader: shape&1 != 0}
		o.Delimiter = []rune{0, ',', '，', '\t'}[shape>>1&3]
		o.Charset = []string{"", "utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15", "", ""}[shape>>3&7]
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := table.Open(bytes.NewReader(file), o)
		if err != nil {
			mustBeKnown(t, err)
			return
		}
		header := r.Header()
		seen := map[string]bool{}
		for _, name := range header {
			if name == "" || seen[name] {
				t.Errorf("the names %q are not all different, or one is empty", header)
			}
			seen[name] = true
		}
		var rows []row
		last := 0
		for {
			got, err := r.Read()
			if err != nil {
				if _, again := r.Read(); again != err {
					t.Errorf("%v and then %v", err, again)
				}
				if err != io.EOF {
					mustBeKnown(t, err)
				}
				break
			}
			if got.Line <= last {
				t.Errorf("line %d after line %d", got.Line, last)
			}
			last = got.Line
			if got.Ragged() != (len(got.Spans) != len(header)) {
				t.Error("Ragged is wrong")
			}
			for i, cell := range got.Cells() {
				if len(cell) > o.MaxCell || len(got.Spans) > o.MaxColumns {
					t.Errorf("a cell of %d bytes in a row of %d", len(cell), len(got.Spans))
				}
				if line, column := got.Position(i); line < last || column < 1 {
					t.Errorf("cell %d at line %d, column %d of a row at line %d", i, line, column, last)
				}
				got.Unreadable(i)
			}
			rows = append(rows, row{got.Line, got.Cells()})
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20+64*uint64(len(file)) {
			t.Errorf("%d KiB were allocated for %d bytes", used>>10, len(file))
		}

		// What was read can be written, and reads back.
		if len(rows) == 0 {
			return
		}
		d := r.Delimiter()
		written, err := write(table.WriterOptions{Delimiter: d, Raw: true}, cellsOf(rows))
		if err != nil {
			t.Fatal(err)
		}
		_, again, err := readAll(bytes.NewReader(written), table.Options{Delimiter: d, NoHeader: true})
		if err != nil || !cmp.Equal(cellsOf(rows), cellsOf(again)) {
			t.Errorf("%q was written as %q and read as %q, %v", cellsOf(rows), written, cellsOf(again), err)
		}
	})
}

func mustBeKnown(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*table.Error](err)
	if !ok || !slices.Contains([]error{table.ErrCharset, table.ErrEmpty, table.ErrHeader, table.ErrQuoting, table.ErrLimit}, e.Err) {
		t.Errorf("%v is no *Error of a known kind", err)
	}
	if text := err.Error(); strings.ContainsAny(text, "\r\n") {
		t.Errorf("%q is not one line", text)
	}
}

// Package encoding/csv is what everybody's files were tried with: ours are cut as it cuts them.
func TestTheSplitterAgreesWithEncodingCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]rune(",，")).Draw(t, "delimiter")
		// The fewer kinds of byte, the more often they meet: everything that steers the quoting, and one that does not.
		bytes := rapid.SampledFrom([]byte("\"\"\r\nx,-,，，"))
		file := rapid.SliceOfN(bytes, 0, 20).Draw(t, "file")
		agree(t, file, d)
	})
}

func TestACellStartsWhereEncodingCSVSays(t *testing.T) {
	cell := rapid.SampledFrom([]string{"", "x", "xxx", "\"\"", "\"x\"", "\"x,x\"", "\"x\"\"x\"", "\"x\nx\"", "\"x\rx\""})
	rapid.Check(t, func(t *rapid.T) {
		var file []byte
		for _, row := range rapid.SliceOfN(rapid.SliceOfN(cell, 2, 6), 1, 6).Draw(t, "rows") {
			file = append(file, strings.Join(row, ",")+rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")...)
		}
		theirs := csv.NewReader(bytes.NewReader(file))
		theirs.FieldsPerRecord = -1
		ours, err := table.Open(bytes.NewReader(file), table.Options{NoHeader: true, Delimiter: ','})
		if err != nil {
			t.Fatal(err)
		}
		for {
			cells, err := theirs.Read()
			if err == io.EOF {
				return
			}
			row, ourErr := ours.Read()
			if err != nil || ourErr != nil || len(row.Spans) != len(cells) {
				t.Fatalf("%q: encoding/csv says %q, %v; we say %v", file, cells, err, ourErr)
			}
			for i := range cells {
				line, column := row.Position(i)
				if wantLine, want := theirs.FieldPos(i); line != wantLine || column != want {
					t.Fatalf("%q: cell %d of %q is at %d:%d, want %d:%d", file, i, cells, line, column, wantLine, want)
				}
			}
		}
	})
}

// The text is read in blocks of 64 KiB, and a record may be cut anywhere.
func TestWhereABlockEndsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]rune(",，")).Draw(t, "delimiter")
		steering := rapid.SliceOfN(rapid.SampledFrom([]byte("\"\"\r\nx,，，")), 0, 20).Draw(t, "around the end of a block")
		cell := strings.Repeat("x", 1000)
		line := rapid.SampledFrom([]string{cell + ",y\n", "\"" + cell + "\"\r\n", cell + "，y\r\n"}).Draw(t, "what is before")
		before := 64<<10 - rapid.IntRange(0, 20).Draw(t, "bytes left of the block") - 1
		file := strings.Repeat(line, before/len(line)) + strings.Repeat("\n", before%len(line)) + string(steering) + "\nx,y\nz"
		agree(t, []byte(file), d)
	})
}

func FuzzSplitter(f *testing.F) {
	for i, file := range seeds {
		f.Add([]byte(file), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, file []byte, wide bool) {
		d := ','
		if wide {
			d = '，'
		}
		agree(t, file, d)
	})
}

type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

func agree(t reporter, file []byte, d rune) {
	t.Helper()
	// After an empty line nothing is a mark or a sep= line, of which encoding/csv knows nothing, and CR ends no lines.
	file = append([]byte("\n"), file...)
	plain := csv.NewReader(bytes.NewReader(file))
	plain.Comma = d
	plain.FieldsPerRecord = -1
	var want []row
	var wantErr error
	widest, longest := 0, 0
	for {
		cells, err := plain.Read()
		if err != nil {
			if err != io.EOF {
				wantErr = err
			}
			break
		}
		line, _ := plain.FieldPos(0)
		want = append(want, row{line, cells})
		widest = max(widest, len(cells))
	}
	o := table.Options{Delimiter: d, NoHeader: true, MaxCell: len(file) + 1, MaxColumns: len(file) + 1}
	_, got, err := readAll(bytes.NewReader(file), o)
	if errors.Is(err, table.ErrEmpty) {
		err = nil
	}
	if (err == nil) != (wantErr == nil) || err != nil && !errors.Is(err, table.ErrQuoting) {
		t.Fatalf("%q: encoding/csv says %v, we say %v", file, wantErr, err)
	}
	for _, r := range got {
		for i, cell := range r.Cells {
			longest = max(longest, len(cell))
			r.Cells[i] = strings.ReplaceAll(cell, "\r\n", "\n") // what encoding/csv does, and we avoid
		}
	}
	if diff := cmp.Diff(want, got); diff != "" && len(got) > 0 {
		t.Fatalf("%q (-csv +ours):\n%s", file, diff)
	}
	if err != nil || len(got) == 0 {
		return
	}

	// The limits see the same cells: exactly as large passes, one less does not, however the bytes arrive.
	o.MaxCell, o.MaxColumns = max(longest, 1), widest
	if _, again, err := readAll(iotest.HalfReader(bytes.NewReader(file)), o); err != nil || len(again) != len(got) {
		t.Fatalf("%q with limits it just meets: %d rows and %v, want %d", file, len(again), err, len(got))
	}
	if o.MaxCell = longest - 1; o.MaxCell > 0 {
		if _, _, err := readAll(bytes.NewReader(file), o); !errors.Is(err, table.ErrLimit) {
			t.Fatalf("%q with cells one byte too long: %v", file, err)
		}
	}
	o.MaxCell = longest + 1
	if o.MaxColumns = widest - 1; o.MaxColumns > 0 {
		if _, _, err := readAll(bytes.NewReader(file), o); !errors.Is(err, table.ErrLimit) {
			t.Fatalf("%q with one column too many: %v", file, err)
		}
	}
}
