package groups_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

func TestFormats(t *testing.T) {
	o := groups.PeopleCSV{Key: "key"}
	want := []string{`u1 active key=["u1"] name=["Zoë"]`}
	utf16 := func(s string) string {
		out := "\xff\xfe"
		for _, r := range s {
			out += string([]byte{byte(r), byte(r >> 8)})
		}
		return out
	}
	for _, c := range []struct {
		name, file string
		format     groups.CSVFormat
		why        string
	}{
		{"UTF-8", "key,name\nu1,Zoë\n", groups.CSVFormat{}, "the default"},
		{"with a mark", "\ufeffkey,name\r\nu1,Zoë", groups.CSVFormat{}, "as Excel writes it"},
		{"UTF-16", utf16("key\tname\r\nu1\tZoë\r\n"), groups.CSVFormat{}, "by its mark; as Excel writes Unicode text"},
		{"semicolons", "key;name\nu1;Zoë\n", groups.CSVFormat{}, "as Excel writes CSV in half of Europe"},
		{"sep line", "sep=|\nkey|name\nu1|Zoë\n", groups.CSVFormat{}, "the file says so itself"},
		{"declared delimiter", "key:name\nu1:Zoë\n", groups.CSVFormat{Delimiter: ':'}, "any other is declared"},
		{"Windows-1252", "key,name\nu1,Zo\xeb\n", groups.CSVFormat{Charset: "windows-1252"}, "by declaration"},
		{"Latin-9", "key,name\nu1,Zo\xeb\n", groups.CSVFormat{Charset: "ISO-8859-15"}, "by declaration, in any letters"},
		{"anything", "xrl,anzr\nh1,Mbë\n", groups.CSVFormat{Decode: rot13}, "through a reader of the caller's"},
		{"guarded", "key,name\nu1,Zoë\n", groups.CSVFormat{Guarded: true}, "nothing to take off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t)
			o.Format = c.format
			w.load(t, c.file, o)
			if diff := cmp.Diff(want, w.users(t)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
	t.Run("names in NFC", func(t *testing.T) {
		w := newTenant(t)
		w.load(t, "cle\u0301,pre\u0301nom\nu1,Zoë\n", groups.PeopleCSV{Key: "clé", Fields: []groups.CSVField{fieldOf("prénom", groups.TypeText)}})
		if diff := cmp.Diff([]string{`u1 active clé=["u1"] prénom=["Zoë"]`}, w.users(t)); diff != "" {
			t.Errorf("an accent is an accent however it is encoded (-want +got):\n%s", diff)
		}
	})
	t.Run("what it was read with", func(t *testing.T) {
		f, err := groups.ReadPeopleCSV(strings.NewReader("key;name\nu1;Zo\xeb\n"), &groups.PeopleCSV{Key: "key", Format: groups.CSVFormat{Charset: "Windows-1252"}})
		if err != nil || f.Delimiter != ';' || f.Charset != "windows-1252" || f.Rows != 1 {
			t.Errorf("%+v, %v", f, err)
		}
	})
}
