package groups_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

// feed is a people file with an enrollment file, as rows with their headers.
type feed struct{ people, enrollments [][]string }

var feedOptions = groups.PeopleCSV{
	Key: "key", Manager: "boss",
	Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"off"}},
	Units:  []groups.UnitColumn{{Tree: "org", Column: "unit", Separator: "|"}},
	Fields: []groups.CSVField{
		fieldOf("level", groups.TypeNumber), fieldOf("hired", groups.TypeDate), fieldOf("size", groups.TypeChoice),
		separated(fieldOf("skills", groups.TypeMultiChoice), "|"),
	},
}

// feeds draws files in which every key and every user and course occurs once.
func feeds(t *rapid.T, label string) feed {
	var f feed
	cell := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "cell") }
	f.people = [][]string{{"key", "name", "level", "hired", "size", "skills", "boss", "unit", "status"}}
	for i := range 8 {
		if i > 0 && rapid.IntRange(0, 2).Draw(t, "absent") == 0 {
			continue
		}
		f.people = append(f.people, []string{
			fmt.Sprint("u", i),
			cell("", "Ann", "=1+1", " Ånn\r\nO'Neil ", "'quoted\"", "-5", "'=x"),
			cell("", "1", "2.50", "-3", "x"),
			cell("", "2026-01-31", "2025-11-30", "31/01/2026"),
			cell("", "S", "M"),
			cell("", "a", "b|a", "c"),
			cell("", "u0", "u1", "u2", "u3", "ghost"),
			cell("", "top", "mid", "low", "low|other", "stray"),
			cell("", "on", "off"),
		})
	}
	f.enrollments = [][]string{{"user", "course", "status", "completed"}, {"u0", "c0", "open", ""}}
	for i := range 8 {
		for _, course := range []string{"c1", "c2"} {
			if rapid.Bool().Draw(t, "enrolled") {
				f.enrollments = append(f.enrollments, []string{fmt.Sprint("u", i), course, cell("", "open", "done"), cell("", "2026-01-02")})
			}
		}
	}
	return f
}

func (f feed) clone() feed {
	return feed{cloneRows(f.people), cloneRows(f.enrollments)}
}

func cloneRows(rows [][]string) [][]string {
	out := slices.Clone(rows)
	for i := range out {
		out[i] = slices.Clone(out[i])
	}
	return out
}

// csvBytes writes rows as they are, ragged or not; encoding/csv changes line ends within cells.
func csvBytes(rows [][]string) string {
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var feedTree = []groups.Unit{{Tree: "org", ID: "low", Parent: "mid"}, {Tree: "org", ID: "mid", Parent: "top"}, {Tree: "org", ID: "other"}, {Tree: "org", ID: "top"}}

func (f feed) read(t *rapid.T, missing groups.MissingUsers) *groups.PeopleFile {
	o := feedOptions
	o.Missing = missing
	file, err := groups.ReadPeopleCSV(strings.NewReader(csvBytes(f.people)), &o)
	if err != nil {
		t.Fatal(err)
	}
	if file.Enrollments, err = groups.ReadEnrollmentsCSV(strings.NewReader(csvBytes(f.enrollments)), &records); err != nil {
		t.Fatal(err)
	}
	file.Trees = map[groups.Tree][]groups.Unit{"org": feedTree}
	return file
}

func (f feed) plan(t *rapid.T, w tenant, missing groups.MissingUsers) *groups.ImportPlan {
	p, err := w.ev.PlanImport(t.Context(), f.read(t, missing))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (f feed) load(t *rapid.T, w tenant, missing groups.MissingUsers) *groups.Run {
	r, err := w.ev.Import(t.Context(), f.plan(t, w, missing), "an administrator")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// feedGroups saves groups that look at everything a feed can say, each rule and its opposite, under
// every policy.
func feedGroups(t *rapid.T, w tenant) {
	conditions := []groups.Condition{
		groups.Name.Contains("n"), groups.TextField("name").IsEmpty(),
		groups.NumberField("level").AtLeast(2), groups.DateField("hired").InLast(1, groups.Months),
		groups.ChoiceField("size").Is("S"), groups.MultiChoiceField("skills").IncludesAny("a"),
		groups.UserBelow("u0"), groups.UserBelow("u1").Not(), groups.UserBelow("u2").ToDepth(1), groups.HasReports(), groups.HasReports().Not(),
		groups.Tree("org").IsOrBelow("mid"), groups.Tree("org").Is("low").Not(), groups.Tree("org").IsEmpty(),
		groups.StatusIs(groups.StatusActive), groups.StatusIs(groups.StatusDeactivated).Not(),
		groups.Courses("c1", "c2").Are("done"), groups.Courses("c1", "c2").All().AreEnrolled().Not(),
		groups.Courses("c1").AreCompleted(groups.CompletionDate.InLast(3, groups.Months)),
		groups.Everyone{},
	}
	for i, c := range conditions {
		g := groups.Group{
			ID: groups.GroupID(fmt.Sprintf("g%02d", i)), Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active,
			Deactivated: groups.Policy(i % 3), Criteria: groups.AnySets(groups.All(c)),
		}
		if _, err := w.ev.Save(t.Context(), g, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// started is a tenant with groups that has loaded a feed.
func started(tt *testing.T, t *rapid.T) (tenant, feed) {
	w := newTenant(tt)
	f := feeds(t, "stored")
	f.load(t, w, groups.KeepMissing)
	feedGroups(t, w)
	return w, f
}

// summary is a plan as it can be compared.
func summary(p *groups.ImportPlan) []any {
	var written []string
	for _, u := range p.People.Upsert {
		written = append(written, show(u))
	}
	return []any{p.New, p.Changed, p.Unchanged, p.Missing, p.Rejected, p.Findings, written, p.People.Deactivate, p.People.Remove, p.People.Schema, p.People.Trees, p.Run}
}

func anyMissing(t *rapid.T) groups.MissingUsers {
	return rapid.SampledFrom([]groups.MissingUsers{groups.KeepMissing, groups.DeactivateMissing, groups.RemoveMissing}).Draw(t, "missing")
}

func TestPlanningTwiceIsTheSame(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, _ := started(tt, t)
		missing, file := anyMissing(t), feeds(t, "next")
		if diff := cmp.Diff(summary(file.plan(t, w, missing)), summary(file.plan(t, w, missing))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTheOrderOfRowsDoesNotMatter(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, _ := started(tt, t)
		missing, file := anyMissing(t), feeds(t, "next")
		other := feed{shuffled(t, file.people), shuffled(t, file.enrollments)}
		if diff := cmp.Diff(summary(file.plan(t, w, missing)), summary(other.plan(t, w, missing))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func shuffled(t *rapid.T, rows [][]string) [][]string {
	return append(rows[:1:1], rapid.Permutation(rows[1:]).Draw(t, "order")...)
}

func TestWhatIsPlannedIsWhatIsImported(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, _ := started(tt, t)
		p := feeds(t, "next").plan(t, w, anyMissing(t))
		done, err := w.ev.Import(t.Context(), p, "an administrator")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p.Run, done, withoutCursors); diff != "" {
			t.Fatal(diff)
		}
	})
}

var withoutCursors = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Cursor" || p.Last().String() == ".ID" }, cmp.Ignore())

func TestAnImportSettles(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, _ := started(tt, t)
		missing, file := anyMissing(t), feeds(t, "next")
		file.load(t, w, missing)
		p := file.plan(t, w, missing)
		c := p.People
		if p.Unchanged != len(file.people)-1 || len(p.New)+len(p.Changed)+len(c.Upsert)+len(c.Deactivate)+len(c.Remove)+len(c.Trees) > 0 || c.Schema != nil || !p.Run.Empty() {
			t.Fatalf("the second import of the same files finds something to do: %+v", summary(p))
		}
	})
}

func TestEveryRowAndUserIsCountedOnce(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, old := started(tt, t)
		file := feeds(t, "next")
		file.enrollments = file.enrollments[:2]
		for _, row := range file.people[1:] {
			if rapid.IntRange(0, 4).Draw(t, "again") == 0 {
				file.people = append(file.people, row)
			}
		}
		p := file.plan(t, w, anyMissing(t))
		if rows := len(file.people) - 1; len(p.New)+len(p.Changed)+p.Unchanged+p.Rejected != rows {
			t.Fatalf("%d rows, %+v", rows, summary(p))
		}
		in := map[string]bool{}
		for _, row := range file.people[1:] {
			in[row[0]] = true
		}
		absent := 0
		for _, row := range old.people[1:] {
			if !in[row[0]] {
				absent++
			}
		}
		if len(p.Missing) != absent {
			t.Fatalf("%d missing, want %d", len(p.Missing), absent)
		}
	})
}

func TestNobodyIsMissingWhileAKeyIsUnreadable(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, _ := started(tt, t)
		file := feeds(t, "next")
		bad := rapid.SampledFrom([]string{"", " ", "\xff", "u\u200b1", "\x00"}).Draw(t, "key")
		row := slices.Clone(file.people[1])
		row[0] = bad
		if rapid.Bool().Draw(t, "ragged") {
			row = row[:rapid.IntRange(1, len(row)-1).Draw(t, "cells")]
		}
		file.people = slices.Insert(file.people, rapid.IntRange(1, len(file.people)).Draw(t, "at"), row)
		p := file.plan(t, w, anyMissing(t))
		if len(p.Missing)+len(p.People.Deactivate)+len(p.People.Remove) > 0 || !slices.ContainsFunc(p.Findings, func(f groups.Finding) bool { return f.Code == "keysUnreadable" }) {
			t.Fatalf("%+v", summary(p))
		}
	})
}

func TestAnUnreadableCellMovesNobody(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, file := started(tt, t)
		next := file.clone()
		for _, row := range next.people[1:] {
			for i := range row[1:] {
				if rapid.IntRange(0, 3).Draw(t, "blot") == 0 {
					row[1+i] += "\xff"
				}
			}
		}
		for _, row := range next.enrollments[1:] {
			if rapid.IntRange(0, 3).Draw(t, "blot") == 0 {
				row[rapid.IntRange(0, 3).Draw(t, "column")] += "\xff"
			}
		}
		// Columns may be lost as a whole as well.
		if rapid.Bool().Draw(t, "lose") {
			at := rapid.IntRange(1, len(next.people[0])-1).Draw(t, "column")
			for i := range next.people {
				next.people[i] = slices.Delete(next.people[i], at, at+1)
			}
		}
		p := next.plan(t, w, anyMissing(t))
		if !p.Run.Empty() || len(p.New)+len(p.Missing) > 0 {
			t.Fatalf("%v", p.Run.Changes())
		}
	})
}

// Cells are read and compared in short ways, which differ by type and by how a cell is written. All of them say
// what ParseValue and Equal say, whatever was stored before, under whatever type.
func TestACellIsWhatParseValueSaysAndDiffersWhereItsValueDoes(tt *testing.T) {
	anything := []string{"", " ", "x", "\x00", "\xff", "1"}
	cells := map[groups.Type][]string{
		groups.TypeText:   {" x", "X", "Stra\u00dfe", "strasse", "e\u0301", "\u00e9", "true", "2026-01-31"},
		groups.TypeChoice: {" x", "X", "e\u0301", "\u00e9", "true", "2026-01-31"},
		groups.TypeNumber: {"1.0", "01", "0", "-0", "1e0", "10", "100", "1e2", "-1", "1.5", "999999999999999", "1000000000000000"},
		groups.TypeBool:   {"true", "True", "yes", "false", "0", "no"},
		groups.TypeDate: {
			"2026-01-31", " 2026-01-31", "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "1970-01-01", "1969-12-31", "31/01/2026",
		},
		groups.TypeInstant: {
			"2026-01-31T00:00:00Z", "2026-01-31T01:00:00+01:00", "2026-01-31T00:00:00.0Z", "2026-01-31T00:00:00.5Z", "2026-01-31 00:00:00Z",
			"0001-01-01T00:00:00Z", "0001-01-01T00:00:01Z", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
		},
	}
	kinds := slices.Sorted(maps.Keys(cells))
	rapid.Check(tt, func(t *rapid.T) {
		type cell struct {
			text  string
			value groups.Value
		}
		was := rapid.SampledFrom(kinds).Draw(t, "type before")
		is := rapid.SampledFrom(append([]groups.Type{was, was, was, was, was, was}, kinds...)).Draw(t, "type after")
		oneOf := rapid.SampledFrom(slices.Concat(anything, cells[was], cells[is]))
		draw := func(kind groups.Type) (list []cell, file string) {
			file = "id,cell\n"
			for i := range 150 {
				c := cell{text: oneOf.Draw(t, "cell")}
				c.value, _ = groups.ParseValue(kind, c.text)
				list = append(list, c)
				file += fmt.Sprintf("u%03d,%s\n", i, c.text)
			}
			return list, file
		}
		w := newTenant(tt)
		before, file := draw(was)
		w.load(tt, file, groups.PeopleCSV{Key: "id", Fields: []groups.CSVField{fieldOf("cell", was)}})
		after, file := draw(is)
		p := w.plan(tt, file, groups.PeopleCSV{Key: "id", Fields: []groups.CSVField{fieldOf("cell", is)}})
		changed := p.People.Upsert
		for i, c := range after {
			id := groups.UserID(fmt.Sprintf("u%03d", i))
			if c.value.Equal(before[i].value) {
				continue
			}
			if len(changed) == 0 || changed[0].ID != id {
				t.Fatalf("%s, who had %q as %v and now has %q as %v, is not among the changed", id, before[i].text, was, c.text, is)
			}
			if got := changed[0].Fields["cell"]; !got.Equal(c.value) || got.String() != c.value.String() {
				t.Fatalf("%q as %v is read as %v", c.text, is, got)
			}
			changed = changed[1:]
		}
		if len(changed) > 0 || p.Unchanged != len(after)-len(p.Changed) {
			t.Fatalf("%d unchanged, and these changed though their values did not: %v", p.Unchanged, changed)
		}
	})
}

func TestAnImportOfWhatWasExportedChangesNothing(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w := newTenant(tt)
		stored := feeds(t, "stored")
		for _, row := range stored.people[1:] {
			// What cannot be read is not written either: a blank says something else.
			if row[2] == "x" {
				row[2] = ""
			}
			if strings.Contains(row[3], "/") {
				row[3] = ""
			}
			row[6] = "u0"
		}
		stored.load(t, w, groups.KeepMissing)
		everyone := groups.Group{ID: "all", Name: "all", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(groups.Everyone{}))}
		if _, err := w.ev.Save(t.Context(), everyone, "ann"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.ev.Process(t.Context()); err != nil {
			t.Fatal(err)
		}
		raw := rapid.Bool().Draw(t, "raw")
		var b bytes.Buffer
		if err := w.ev.WriteMembersCSV(t.Context(), &b, "all", &groups.MembersCSV{
			Fields: stored.people[0], Raw: raw, Separator: "|", BOM: rapid.Bool().Draw(t, "BOM"),
			CRLF: rapid.Bool().Draw(t, "CRLF"), Delimiter: rapid.SampledFrom([]rune{0, ';', '\t'}).Draw(t, "delimiter"),
		}); err != nil {
			t.Fatal(err)
		}
		o := feedOptions
		o.Format.Guarded = !raw
		f, err := groups.ReadPeopleCSV(&b, &o)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.ev.PlanImport(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		// The three columns of the export's own become fields; what users had must be as it was.
		for _, u := range p.People.Upsert {
			for _, own := range []string{"user", "method", "list"} {
				delete(u.Fields, own)
			}
			was, err := w.User(t.Context(), u.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(show(was), show(u)); diff != "" {
				t.Fatalf("(-stored +imported):\n%s", diff)
			}
		}
		if len(p.New)+len(p.Missing)+p.Rejected > 0 || len(f.Issues) > 0 {
			t.Fatalf("%+v, %v", summary(p), f.Issues)
		}
	})
}

func FuzzReadPeopleCSV(f *testing.F) {
	for _, s := range []string{
		"key,x\nu1,a\n", "key\n", "", "key;x\n;\nu1;\"a\"\"b\"\n", "sep=|\nkey|x\nu1|\n", "\xff\xfek\x00e\x00y\x00\n\x00a\x00", "key,x\r\nu1,\xff\r\nu1,b\r\n,c\r\nu2\r\n",
		"key,x\n\"u1\",\"a\nb\"\n\"u2", "id,key\n1,2\n", "key,Key\n1,2\n", "key,status,boss,unit,n,m\nu1,off,u1,a|b,1e9,p;q\n'-u2,=x,,,,\n",
	} {
		f.Add([]byte(s), uint8(len(s)))
	}
	formats := []groups.CSVFormat{
		{}, {Charset: "windows-1252"}, {Charset: "utf-16"}, {Delimiter: ';'}, {Guarded: true}, {Delimiter: '\t', MaxCell: 16},
	}
	f.Fuzz(func(t *testing.T, data []byte, flags uint8) {
		o := groups.PeopleCSV{
			Key: "key", Manager: "boss", Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"off"}},
			Units:   []groups.UnitColumn{{Tree: "org", Column: "unit", Separator: "|"}},
			Fields:  []groups.CSVField{fieldOf("n", groups.TypeNumber), separated(fieldOf("m", groups.TypeMultiChoice), ";")},
			Missing: groups.MissingUsers(flags >> 4 % 3), Format: formats[int(flags)%len(formats)],
		}
		if _, err := groups.InferPeopleCSV(bytes.NewReader(data), &o); err != nil {
			_ = err.Error()
		}
		file, err := groups.ReadPeopleCSV(bytes.NewReader(data), &o)
		if err != nil {
			if file != nil || err.Error() == "" {
				t.Fatalf("%v with %v", file, err)
			}
			return
		}
		w := newTenant(t, groups.User{ID: "u1", Activation: groups.Activated})
		p, err := w.ev.PlanImport(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		if kept := len(p.New) + len(p.Changed) + p.Unchanged; kept+p.Rejected != file.Rows || p.Rejected != file.Rejected {
			t.Fatalf("%d kept and %d rejected of %d rows", kept, p.Rejected, file.Rows)
		}
		rejected := 0
		for i, issue := range file.Issues {
			if issue.Line < 2 || issue.Text == "" || i > 0 && issue.Line < file.Issues[i-1].Line {
				t.Fatalf("issues %v", file.Issues)
			}
			if slices.Contains([]string{"ragged", "blankKey", "badKey", "repeatedKey"}, issue.Code) {
				rejected++
			}
		}
		if rejected != file.Rejected {
			t.Fatalf("%d rejections reported of %d", rejected, file.Rejected)
		}
		if _, err := w.ev.Import(t.Context(), p, "an administrator"); err != nil {
			t.Fatalf("what was planned cannot be written: %v", err)
		}
		var b bytes.Buffer
		if err := file.WriteErrors(&b); err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(&b)
		r.Comma, r.FieldsPerRecord = file.Delimiter, -1
		rows, err := r.ReadAll()
		if err != nil || len(rows)-1 > file.Rows {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
	})
}
