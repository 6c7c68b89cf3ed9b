package table_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups/internal/table"
)

func TestTheDelimiterIsDetectedOnlyWhenSure(t *testing.T) {
	for _, c := range []struct {
		why, file string
		o         table.Options
		want      rune
	}{
		{"commas", "a,b\n1,2\n", table.Options{}, ','},
		{"semicolons", "a;b\n1;2\n", table.Options{}, ';'},
		{"tabs", "a\tb\n1\t2\n", table.Options{}, '\t'},
		{"bars", "a|b\n1|2\n", table.Options{}, '|'},
		{"a header alone", "a;b", table.Options{}, ';'},
		{"decimal commas between semicolons", "name;amount\nx;1,5\ny;2,5\n", table.Options{}, ';'},
		{"semicolons in quotes among commas", "a,b\n1,\"x;y\"\n2,\"x;y\"\n", table.Options{}, ','},
		{"a list in a cell, of changing length", "a;b\n1;x,y\n2;x\n3;x,y,z\n", table.Options{}, ';'},
		{"quotes tell: with a comma this cannot be read", "\"a\";\"b,c\"\n\"1\";\"2,3\"\n", table.Options{}, ';'},
		{"a few ragged rows do not matter", "a;b\n1;2\n1;2;3\n1;2\n", table.Options{}, ';'},
		{"one column: a comma", "a\n1\n2\n", table.Options{}, ','},
		{"a tie: a comma", "a;b|c\n1;2|3\n", table.Options{}, ','},
		{"half of the records are not enough", "a;b\n1\n2;3\n4\n", table.Options{}, ','},
		{"the header does not agree: a title line above the table", "Report\na;b\n1;2\n3;4\n", table.Options{}, ','},
		{"the header does not agree, though it has that delimiter", "x;y;z\na;b\n1;2\n3;4\n", table.Options{}, ','},
		{"the best does not agree with the header; the second best is not taken instead",
			"a;b\n1;2|3\n1;2|3\n1|2\n1|2\n", table.Options{}, ','},
		{"only the first twenty records count", "a;b\n" + strings.Repeat("1;2\n", 19) + strings.Repeat("1,2\n", 50), table.Options{}, ';'},
		{"a last line cut off by the sample does not count", "a;b\n" + strings.Repeat("1;"+strings.Repeat("x", 40000)+"\n", 2), table.Options{}, ';'},
		{"the first line alone is more than the sample", "a;" + strings.Repeat("x", 64<<10-2) + "\n1;2\n", table.Options{}, ','},
		{"line ends of an old Macintosh", "a;b\r1;2\r", table.Options{}, ';'},
		{"no header", "1;2\n3;4\n", table.Options{NoHeader: true}, ';'},

		{"given, so not detected", "a;b\n1;2\n", table.Options{Delimiter: '|'}, '|'},
		{"sep= is honoured", "sep=|\na;b\n1;2\n", table.Options{}, '|'},
		{"sep= in capitals, after a mark, with CR LF", "\ufeffSEP=\t\r\na;b\r\n1;2\r\n", table.Options{}, '\t'},
		{"sep= with any delimiter", "sep=，\na，b\n", table.Options{}, '，'},
		{"sep= in a Macintosh file", "sep=;\ra;b\r", table.Options{}, ';'},
		{"sep= yields to a given delimiter", "sep=|\na;b\n1;2\n", table.Options{Delimiter: ';'}, ';'},
	} {
		t.Run(c.why, func(t *testing.T) {
			r, err := table.Open(strings.NewReader(c.file), c.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Delimiter(); got != c.want {
				t.Errorf("the delimiter is %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheSepLineIsNoRow(t *testing.T) {
	for _, c := range []struct {
		why, file string
		o         table.Options
		header    []string
	}{
		{"honoured", "sep=;\na;b\n", table.Options{}, []string{"a", "b"}},
		{"not needed, but still no row", "sep=;\na,b\n", table.Options{Delimiter: ','}, []string{"a", "b"}},
		{"a name that looks a little like it", "sep=;;\n", table.Options{Delimiter: ','}, []string{"sep=;;"}},
		{"nothing after it", "sep=\n", table.Options{}, []string{"sep="}},
		{"a quoted name is a name", "\"sep=;\"\n", table.Options{}, []string{"sep=;"}},
		{"only the first line is one", "\nsep=;\n", table.Options{Delimiter: ','}, []string{"sep=;"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			header, _, err := readAll(strings.NewReader(c.file), c.o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.header, header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheCharsetIsReadFromTheMarkOrDeclared(t *testing.T) {
	const text = "id,nåme\n1,€\n"
	le, be := "", ""
	for _, u := range text {
		le += string([]byte{byte(u), byte(u >> 8)})
		be += string([]byte{byte(u >> 8), byte(u)})
	}
	leA := ""
	for _, u := range "id,nåme,ĀĀ\n1,€\n" { // Ā is U+0100: a low byte of zero
		leA += string([]byte{byte(u), byte(u >> 8)})
	}
	latin9 := "id,n\xe5me\n1,\xa4\n"
	for _, c := range []struct {
		why, file, declared string
		want                string // charset; "" for ErrCharset
	}{
		{"UTF-8", text, "", "utf-8"},
		{"UTF-8 with its mark", "\ufeff" + text, "", "utf-8"},
		{"UTF-8 declared", text, "UTF-8", "utf-8"},
		{"UTF-8 declared, with its mark", "\ufeff" + text, "utf-8", "utf-8"},
		{"UTF-16LE with its mark", "\xff\xfe" + le, "", "utf-16"},
		{"UTF-16BE with its mark", "\xfe\xff" + be, "", "utf-16"},
		{"UTF-16 declared, with its mark", "\xfe\xff" + be, "utf-16", "utf-16"},
		{"UTF-16LE declared, without a mark", le, "Utf-16", "utf-16"},
		{"the same, with letters whose low byte is zero", leA, "utf-16", "utf-16"},
		{"UTF-16BE declared, without a mark", be, "utf-16", "utf-16"},
		{"windows-1252 declared", "id,n\xe5me\n1,\x80\n", "windows-1252", "windows-1252"},
		{"iso-8859-15 declared", latin9, "ISO-8859-15", "iso-8859-15"},

		{"not declared, and not UTF-8", latin9, "", ""},
		{"not a name we know", text, "latin1", ""},
		{"UTF-16 without a mark is not guessed", le, "", ""},
		{"UTF-16 declared, but it is not", text, "utf-16", ""},
		{"UTF-16 declared, but empty", "", "utf-16", ""},
		{"UTF-8 declared, but the mark is that of UTF-16", "\xff\xfe" + le, "utf-8", ""},
		{"UTF-16 declared, but the mark is that of UTF-8", "\ufeff" + text, "utf-16", ""},
		{"windows-1252 declared, but the mark is that of UTF-8", "\ufeff" + text, "windows-1252", ""},
		{"UTF-32LE", "\xff\xfe\x00\x00i\x00\x00\x00", "", ""},
		{"UTF-32BE", "\x00\x00\xfe\xff\x00\x00\x00i", "", ""},
		{"UTF-32LE said to be UTF-16", "\xff\xfe\x00\x00i\x00\x00\x00", "utf-16", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			r, err := table.Open(strings.NewReader(c.file), table.Options{Charset: c.declared})
			if c.want == "" {
				if !errors.Is(err, table.ErrCharset) {
					t.Errorf("got %v, want ErrCharset", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			row, err := r.Read()
			if err != nil {
				t.Fatal(err)
			}
			if r.Charset() != c.want || r.Header()[1] != "nåme" || string(row.Cell(1)) != "€" {
				t.Errorf("%q %q %q, want %q nåme €", r.Charset(), r.Header()[1], string(row.Cell(1)), c.want)
			}
		})
	}
}

func TestADecoderStandsInForACharset(t *testing.T) {
	same := func(r io.Reader) io.Reader { return r }
	r, err := table.Open(strings.NewReader("\ufeffid;x\n"), table.Options{Decode: same})
	if err != nil || r.Charset() != "custom" || r.Header()[0] != "id" || r.Delimiter() != ';' {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := table.Open(strings.NewReader("id\n"), table.Options{Decode: same, Charset: "utf-8"}); !errors.Is(err, table.ErrCharset) {
		t.Errorf("with a charset as well: %v, want ErrCharset", err)
	}
}
