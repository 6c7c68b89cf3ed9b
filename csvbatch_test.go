package groups_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

// manyRows makes rows of every kind, most of them good, each with a key of its own and not sorted.
func manyRows(n, seed, odd int) []string {
	rows := make([]string, n)
	for i := range rows {
		key := fmt.Sprintf("u%05d", (i*7919+seed)%100_003)
		number, date := fmt.Sprint((i*31+seed)%20_011), fmt.Sprintf("2024-%02d-%02d", 1+i%12, 1+(i+seed)%28)
		boss, unit, text := fmt.Sprintf("u%05d", i/8), fmt.Sprint(i%3000), fmt.Sprint("text ", i%900)
		if (i*17+seed)%odd == 0 {
			switch (i + seed) % 8 {
			case 0:
				number = "many"
			case 1:
				date, boss = "\xff", "\xff"
			case 2:
				key = " "
			case 3:
				text = "a,b"
			case 4:
				boss, unit = "u\u200b1", "a\u202eb"
			case 5:
				number, date, text = "", "", " "
			case 6:
				text = "\xfe"
			case 7:
				unit, text = "\"1\n2\"", "\"x\"\"y\""
			}
		}
		rows[i] = strings.Join([]string{key, number, date, boss, unit, text}, ",") + "\n"
	}
	return rows
}

// A file is read in batches and on every processor, and nothing of that shows: a file of many rows is
// what its parts are.
func TestAFileOfManyRowsIsWhatItsPartsAre(t *testing.T) {
	const header = "key,number,date,boss,unit,text\n"
	o := groups.PeopleCSV{
		Key: "key", Manager: "boss", Units: []groups.UnitColumn{{Tree: "org", Column: "unit"}},
		Status: &groups.StatusColumn{Column: "number", Deactivated: []string{"7"}},
		Fields: []groups.CSVField{fieldOf("number", groups.TypeNumber), fieldOf("date", groups.TypeDate)},
	}
	type reading struct {
		Rows, Rejected int
		Issues         []groups.Issue
		Lines          []string // of the rows with issues
		Users          []string
	}
	read := func(t *testing.T, rows []string, before int) reading {
		f, err := groups.ReadPeopleCSV(strings.NewReader(header+strings.Join(rows, "")), &o)
		if err != nil {
			t.Fatal(err)
		}
		got := reading{Rows: f.Rows, Rejected: f.Rejected, Issues: f.Issues}
		for i := range got.Issues {
			got.Issues[i].Line += before
		}
		var bad bytes.Buffer
		if err := f.WriteErrors(&bad); err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(&bad)
		r.FieldsPerRecord = -1
		records, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records[1:] {
			got.Lines = append(got.Lines, record[0]+" "+record[1])
		}
		p, err := newTenant(t).ev.PlanImport(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range p.People.Upsert {
			got.Users = append(got.Users, show(u))
		}
		return got
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, n := range []int{1, 63, 1023, 1024, 1025, 2500} {
		rows := manyRows(n, n, 2+n%19)
		runtime.GOMAXPROCS(1)
		var want reading
		before := 0
		for part := range slices.Chunk(rows, 50) {
			got := read(t, part, before)
			want.Rows, want.Rejected = want.Rows+got.Rows, want.Rejected+got.Rejected
			want.Issues = append(want.Issues, got.Issues...)
			want.Lines = append(want.Lines, got.Lines...)
			want.Users = append(want.Users, got.Users...)
			before += strings.Count(strings.Join(part, ""), "\n")
		}
		slices.Sort(want.Users)
		for _, processors := range []int{1, 2, 8} {
			runtime.GOMAXPROCS(processors)
			if diff := cmp.Diff(want, read(t, rows, 0)); diff != "" {
				t.Fatalf("%d rows on %d processors (-parts +whole):\n%s", n, processors, diff)
			}
		}
	}
}

// A key that occurs again is told with the line that stands, however many rows and lines there are before it.
func TestARepeatedKeyNamesTheLineThatStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var file strings.Builder
		file.WriteString("key,text\n")
		n := rapid.SampledFrom([]int{2, 1500, 3000}).Draw(t, "rows")
		step := rapid.SampledFrom([]int{1, 7}).Draw(t, "step") // by 7 they are not sorted
		tall := rapid.IntRange(0, n-1).Draw(t, "tall")
		again := rapid.IntRange(0, n-1).Draw(t, "again")
		stands, line := 0, 2
		for i := range n {
			if i == again {
				stands = line
			}
			if line++; i == tall {
				fmt.Fprintf(&file, "u%05d,\"1\n2\n3\"\n", i*step%10_007)
				line += 2
			} else {
				fmt.Fprintf(&file, "u%05d,1\n", i*step%10_007)
			}
		}
		fmt.Fprintf(&file, "u%05d,1\n", again*step%10_007)
		f, err := groups.ReadPeopleCSV(strings.NewReader(file.String()), &groups.PeopleCSV{Key: "key"})
		if err != nil {
			t.Fatal(err)
		}
		want := []groups.Issue{{
			Line: line, Column: "key", Code: "repeatedKey", Cell: fmt.Sprintf("u%05d", again*step%10_007),
			Text: fmt.Sprintf("the key \"u%05d\" occurs on line %d already, which stands", again*step%10_007, stands),
		}}
		if diff := cmp.Diff(want, f.Issues); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	})
}

// Stored people are compared in batches and on every processor too: the plan is the same, and has those
// who differ.
func TestAnImportOfManyHasWhoDiffers(t *testing.T) {
	row := func(i, version int) string {
		return fmt.Sprintf("u%05d,%d,2024-01-%02d,u%05d,unit %d,text %d\n", i, i%50, 1+i%28, i/8, i%300, version)
	}
	const header, n = "key,number,date,boss,unit,text\n", 5000
	o := groups.PeopleCSV{
		Key: "key", Manager: "boss", Units: []groups.UnitColumn{{Tree: "org", Column: "unit"}},
		Fields: []groups.CSVField{fieldOf("number", groups.TypeNumber), fieldOf("date", groups.TypeDate)},
	}
	var before, after []string
	var fresh, changed, missing []groups.UserID
	for i := range n {
		id := groups.UserID(fmt.Sprintf("u%05d", i))
		switch {
		case i%97 == 0:
			fresh = append(fresh, id)
			after = append(after, row(i, 0))
		case i%89 == 0:
			missing = append(missing, id)
			before = append(before, row(i, 0))
		case i%83 == 0:
			changed = append(changed, id)
			before, after = append(before, row(i, 0)), append(after, row(i, 1))
		default:
			before, after = append(before, row(i, 0)), append(after, row(i, 0))
		}
	}
	slices.Reverse(after)
	w := newTenant(t)
	w.load(t, header+strings.Join(before, ""), o)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(processors)
		p := w.plan(t, header+strings.Join(after, ""), o)
		if !slices.Equal(p.New, fresh) || !slices.Equal(p.Changed, changed) || !slices.Equal(p.Missing, missing) {
			t.Errorf("on %d processors: new %v, changed %v, missing %v", processors, p.New, p.Changed, p.Missing)
		}
		met := n - len(fresh) - len(missing)
		if p.Unchanged != met-len(changed) || p.Feed.Met != met || p.Feed.Compared != met || p.Feed.Known != n-len(fresh) || p.Feed.Replaced != 0 {
			t.Errorf("on %d processors: %d unchanged, %+v", processors, p.Unchanged, p.Feed)
		}
		for _, f := range p.Feed.Figures {
			differ := 0
			if f.Column == "text" {
				differ = len(changed)
			}
			if f.Had != met || f.Have != met || f.Blanked != 0 || f.Changed != differ {
				t.Errorf("on %d processors: %+v", processors, f)
			}
		}
	}
}

// Whatever the caller brings is called by the caller's own goroutine, so that a panic of it can be recovered from.
func TestTheCallerReadsTheFile(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	file := "key,number,date,boss,unit,text\n" + strings.Join(manyRows(20_000, 1, 1_000_000), "")
	late := errors.New("late")
	o := groups.PeopleCSV{Key: "key"}
	read := func(r io.Reader, progress func(int)) (err error) {
		defer func() {
			if recover() != nil {
				err = late
			}
		}()
		o.Progress = progress
		_, err = groups.ReadPeopleCSV(r, &o)
		return err
	}
	if err := read(io.MultiReader(strings.NewReader(file), panicking{}), nil); err != late {
		t.Errorf("a reader that panics: %v", err)
	}
	if err := read(strings.NewReader(file), func(int) { panic(late) }); err != late {
		t.Errorf("a Progress that panics: %v", err)
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("no file") }
