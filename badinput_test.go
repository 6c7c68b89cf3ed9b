package groups_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/grouprules/groups"
)

// This file is the table of bad inputs of the engineering notes, section 7, a row a test, as far as
// the core meets them: a clear error, nothing lost, nothing half-written. The rows about rules and JSON
// are in schema_test.go, those about rings, deleted references and clocks in finding_test.go; stores of
// other kinds, HTML and archives are met elsewhere.

// badIDs are identifiers that nothing takes.
var badIDs = map[string]string{
	"blank": "", "a space": " ", "a space before": " ann", "a space behind": "ann ", "a tab behind": "ann\t", "a no-break space": "\u00a0ann",
	"NUL": "an\x00n", "a control": "an\x1bn", "a line end": "an\nn", "DEL": "an\x7fn", "C1": "an\u0085n", "a bidi override": "an\u202en", "a bidi isolate": "an\u2066n",
	"zero width": "an\u200bn", "a joiner": "an\u200dn", "a byte order mark": "\ufeffann", "a soft hyphen": "an\u00adn",
	"not UTF-8": "an\xffn", "half a surrogate": "an\xed\xa0\x80n", "an overlong NUL": "an\xc0\x80n", "256 bytes": strings.Repeat("a", 256), "4 KB": strings.Repeat("a", 4096),
}

// oddIDs are identifiers that are fine, each another one's.
var oddIDs = []string{
	"0", "-1", "007", "7", "9223372036854775807", "18446744073709551616", "1e3", "NaN", "null", "true", "Ann", "ann", "ANN", "\u00e9", "e\u0301",
	"\u0130", "\u0131", "ß", "ss", "\uff21", "A", "日本", "a b", "a,b", `a"b`, "=1+1", "'; DROP TABLE users; --", "%", "_", `\`, "../x", "<b>", "🎓",
	"6ba7b810-9dad-11d1-80b4-00c04fd430c8", strings.Repeat("é", 127) + "x",
}

func TestUnusableIdentifiersAreRefusedBeforeAnythingIsStored(t *testing.T) {
	user := func(traits ...evalTrait) groups.PeopleChange {
		return groups.PeopleChange{Upsert: []groups.User{evalUser("fine"), evalUser("other", traits...)}}
	}
	unit := func(u groups.Unit) groups.PeopleChange {
		return groups.PeopleChange{Upsert: []groups.User{evalUser("fine")}, Trees: map[groups.Tree][]groups.Unit{"org": {{ID: "fine"}, u}}}
	}
	for name, id := range badIDs {
		t.Run(name, func(t *testing.T) {
			w := newEvalWorld(t, nil)
			ctx := t.Context()
			change := func(c groups.PeopleChange) func() error { return func() error { return w.Write(ctx, c) } }
			group := func(g groups.Group) func() error {
				return func() error { _, err := w.ev.Save(ctx, g, "admin"); return err }
			}
			places := map[string]func() error{
				"user":   change(groups.PeopleChange{Upsert: []groups.User{evalUser("fine"), evalUser(groups.UserID(id))}}),
				"unit":   change(user(evalAt("emea", id))),
				"tree":   change(user(func(u *groups.User) { u.Units[groups.Tree(id)] = nil })),
				"course": change(user(evalTook(id, "enrolled"))),
				"node":   change(unit(groups.Unit{ID: id})),
				"forest": change(groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{groups.Tree(id): {{ID: "fine"}}}}),
				"group":  group(evalGroup(groups.GroupID(id))),
				"assign": func() error {
					_, err := w.ev.Assign(ctx, "romans", groups.Decision{}, "ann", groups.UserID(id))
					return err
				},
			}
			if id != "" { // a blank manager or parent is none
				places["manager"] = change(user(evalUnder(groups.UserID(id))))
				places["parent"] = change(unit(groups.Unit{ID: "x", Parent: id}))
				places["group above"] = group(groups.Group{ID: "x", Name: "x", Parent: groups.GroupID(id)})
			}
			people, state := w.peopleState(), w.groupState()
			for place, try := range places {
				err := try()
				if !errors.Is(err, groups.ErrID) {
					t.Errorf("as %s: %v", place, err)
				} else if len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\x00\x1b\x7f\u202e\u200b") {
					t.Errorf("as %s: the error is long or repeats what cannot be shown: %q", place, err)
				}
			}
			w.want(w.peopleState(), people)
			w.want(w.groupState(), state)
		})
	}
}

func TestIdentifiersAreOpaqueBytes(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("all", groups.Everyone{}), evalGroup("named", groups.UserIs("ann", "7", "\u00e9")))
	var file strings.Builder
	for _, id := range oddIDs {
		fmt.Fprintf(&file, "\"%s\"\n", strings.ReplaceAll(id, `"`, `""`))
	}
	plan, err := w.ev.PlanImport(t.Context(), badPeople(t, "id\n"+file.String()))
	w.must(err)
	if n := len(plan.New) + plan.Unchanged; n != len(oddIDs) || plan.Rejected != 0 {
		t.Fatalf("%d of %d taken, issues %v", n, len(oddIDs), plan.Issues)
	}
	_, err = w.ev.Import(t.Context(), plan, "an administrator")
	w.must(err)
	w.want(w.members("named"), "7 ann \u00e9")
	for _, id := range oddIDs {
		if is, err := w.ev.IsMember(t.Context(), "all", groups.UserID(id)); err != nil || !is {
			t.Errorf("%q: %v %v", id, is, err)
		}
		_, err := w.ev.Save(t.Context(), evalGroup(groups.GroupID(id), groups.UserIs(groups.UserID(id))), "admin")
		w.must(err)
	}
	w.process()
	for _, id := range oddIDs {
		w.want(w.members(groups.GroupID(id)), id)
	}
}

// badPeople reads a file with the key "id".
func badPeople(t *testing.T, file string, fields ...groups.CSVField) *groups.PeopleFile {
	t.Helper()
	f, err := groups.ReadPeopleCSV(strings.NewReader(file), &groups.PeopleCSV{Key: "id", Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTextThatNoStoreCouldKeepIsRefused(t *testing.T) {
	// PostgreSQL takes neither NUL nor broken UTF-8, SQLite both: the same error everywhere, and first.
	for name, text := range map[string]string{"NUL": "a\x00b", "not UTF-8": "a\xffb"} {
		for _, c := range []struct {
			place string
			want  error
			try   func(w *evalWorld) error
		}{
			{"an operand", groups.ErrOperand, func(*evalWorld) error {
				return evalSchema().Check(evalGroup("", evalCity.Is("fine", text)).Criteria)
			}},
			{"the ID of a unit in a rule", groups.ErrOperand, func(*evalWorld) error {
				return evalSchema().Check(evalGroup("", evalOrg.Is(text)).Criteria)
			}},
			{"an operand in JSON", nil, func(*evalWorld) error {
				c, err := groups.ParseCriteria([]byte(`{"match":"all","sets":[{"match":"all","conditions":[{"kind":"field","field":"city","op":"is","values":["`+text+`"]}]}]}`), nil)
				if err == nil {
					err = evalSchema().Check(c)
				}
				return err
			}},
			{"the name of a field", groups.ErrSchema, func(*evalWorld) error {
				return (&groups.Schema{Fields: []groups.Field{{Name: text, Type: groups.TypeText}}}).Validate()
			}},
			{"the ID of an option", groups.ErrSchema, func(*evalWorld) error {
				return (&groups.Schema{Fields: []groups.Field{{Name: "f", Type: groups.TypeChoice, Options: []groups.Option{{ID: text}}}}}).Validate()
			}},
			{"the name of a group", groups.ErrGroup, func(w *evalWorld) error {
				g := evalGroup("g")
				g.Name = text
				_, err := w.ev.Save(w.Context(), g, "admin")
				return err
			}},
			{"the description of a group", groups.ErrGroup, func(w *evalWorld) error {
				g := evalGroup("g")
				g.Description = text
				_, err := w.ev.Save(w.Context(), g, "admin")
				return err
			}},
			{"who saves", nil, func(w *evalWorld) error { _, err := w.ev.Save(w.Context(), evalGroup("g"), text); return err }},
			{"why somebody is assigned", nil, func(w *evalWorld) error {
				_, err := w.ev.Assign(w.Context(), "romans", groups.Decision{Why: text}, "cid")
				return err
			}},
			{"a value", nil, func(*evalWorld) error {
				if v := groups.Text("fine", text); !v.IsUnknown() {
					return nil
				}
				return errors.New("it is Unknown, which moves nobody")
			}},
			{"an option that is chosen", nil, func(*evalWorld) error {
				if v := groups.Choice("fine", text); !v.IsUnknown() {
					return nil
				}
				return errors.New("it is Unknown, which moves nobody")
			}},
			{"text to be read", groups.ErrValue, func(*evalWorld) error { _, err := groups.ParseValue(groups.TypeText, text); return err }},
		} {
			t.Run(name+" in "+c.place, func(t *testing.T) {
				w := newEvalWorld(t, nil)
				before := w.groupState()
				if err := c.try(w); err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				w.want(w.groupState(), before)
			})
		}
	}
}

func TestOddCellsOfAPeopleFile(t *testing.T) {
	number := groups.CSVField{Field: groups.Field{Name: "x", Type: groups.TypeNumber}}
	date := groups.CSVField{Field: groups.Field{Name: "x", Type: groups.TypeDate}}
	choice := groups.CSVField{Field: groups.Field{Name: "x", Type: groups.TypeChoice, Options: []groups.Option{{ID: "a"}}}}
	text := groups.CSVField{Field: groups.Field{Name: "x", Type: groups.TypeText}}
	for _, c := range []struct {
		name, cell string
		field      groups.CSVField
		want       string // the value
		code       string // of the issue
		why        string
	}{
		{"NUL", "a\x00b", text, "unknown", "unreadable", "PostgreSQL refuses it, late"},
		{"broken UTF-8", "a\xffb", text, "unknown", "unreadable", "it is in another charset, and replacing it would go unseen"},
		{"controls, bidi and zero width", "a\x1b\u202e\u200bb", text, "a\x1b\u202e\u200bb", "", "values are kept as they are"},
		{"spaces", "  a b ", text, "  a b ", "", "kept as given, and not significant when compared"},
		{"blank", " \u00a0 ", text, "empty", "", "a blank says that there is none"},
		{"a formula", "=cmd|' /C calc'!A0", text, "=cmd|' /C calc'!A0", "", "only a spreadsheet runs it"},
		{"NaN", "NaN", number, "unknown", "badValue", "no number"},
		{"Inf", "-Inf", number, "unknown", "badValue", "no number"},
		{"a comma", `"1,5"`, number, "unknown", "badValue", "one and a half, or fifteen: locale is not guessed"},
		{"thousands", "1 000", number, "unknown", "badValue", "locale is not guessed"},
		{"hexadecimal", "0x10", number, "unknown", "badValue", "ids are not numbers"},
		{"large", "1e400", number, "1e400", "", "exact decimals have no infinity"},
		{"minus zero", "-0", number, "0", "", "there is one zero"},
		{"too large", "1e9999999", number, "unknown", "badValue", "a cell must not cost more than it is long"},
		{"no day at all", "0000-00-00", date, "unknown", "badValue", "MySQL's nothing"},
		{"29 February", "2024-02-29", date, "2024-02-29", "", "a leap year"},
		{"29 February of a common year", "2026-02-29", date, "unknown", "badValue", "not 1 March"},
		{"the last day", "9999-12-31", date, "9999-12-31", "", "some write it for: never"},
		{"a fifth digit", "10000-01-01", date, "unknown", "badValue", "text order would break"},
		{"two digits", "26-01-31", date, "unknown", "badValue", "which century?"},
		{"day first", "31/01/2026", date, "unknown", "badValue", "the order is never guessed"},
		{"month first", "01/02/2026", date, "unknown", "badValue", "the order is never guessed"},
		{"an instant", "2026-01-31T00:00:00Z", date, "unknown", "badValue", "its day depends on the zone"},
		{"no option", "b", choice, "unknown", "badValue", "unknown moves nobody"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := badPeople(t, "id,x\nann,"+c.cell+"\ndee,\n", c.field)
			codes := ""
			for _, i := range f.Issues {
				codes += i.Code
				if i.Line != 2 || i.Column != "x" {
					t.Errorf("at %d %q", i.Line, i.Column)
				}
			}
			m := groups.NewMemory()
			plan, err := groups.NewEvaluator(m, m, nil).PlanImport(t.Context(), f)
			if err != nil || len(plan.New) != 2 {
				t.Fatalf("%v: %v", plan, err)
			}
			if got := plan.People.Upsert[0].Fields["x"].String(); got != c.want || codes != c.code {
				t.Errorf("%q is %q with %q, want %q with %q: %s", c.cell, got, codes, c.want, c.code, c.why)
			}
		})
	}
}

func TestBadRowsCountForNothingAndLoseNobody(t *testing.T) {
	for _, c := range []struct{ name, rows, rejected, missing string }{
		{"a repeated key: the first stands", "ann,Oslo\nann,Rome\nbob,Rome\ncid,Oslo\n", "repeatedKey", "[]"},
		{"another case is another user", "ann,Rome\nAnn,Oslo\nbob,Rome\ncid,Oslo\n", "", "[]"},
		{"a blank key", " ,Rome\nann,Rome\n", "blankKey", "[]"},
		{"a key that cannot be read may be anybody's", "a\xffn,Rome\nann,Rome\n", "badKey", "[]"},
		{"a key with what cannot be seen", "b\u200bob,Rome\nann,Rome\n", "badKey", "[]"},
		{"a key that is too long", strings.Repeat("x", 4096) + ",Rome\nann,Rome\n", "badKey", "[]"},
		{"a ragged row still names somebody", "ann\nbob,Rome,Oslo\n", "ragged ragged", "[cid]"},
		{"a row of nothing but quotes", "ann,\"\"\n\"\",\"\"\n", "blankKey", "[]"},
		{"a cell that is a quote", "ann,\"\"\"\"\n", "", "[bob cid]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newEvalWorld(t, nil)
			f, err := groups.ReadPeopleCSV(strings.NewReader("id,city\n"+c.rows), &groups.PeopleCSV{Key: "id", Missing: groups.RemoveMissing})
			w.must(err)
			var codes []string
			for _, i := range f.Issues {
				codes = append(codes, i.Code)
			}
			plan, err := w.ev.PlanImport(t.Context(), f)
			w.must(err)
			w.want(strings.Join(codes, " "), c.rejected)
			w.want(fmt.Sprint(plan.Missing), c.missing)
			if n := len(strings.Fields(c.rejected)); plan.Rejected != n {
				t.Errorf("%d rejected", plan.Rejected)
			}
		})
	}
}

// badTap yields head once and then the same bytes without end, and counts.
type badTap struct {
	head, again string
	read        int64
}

func (t *badTap) Read(p []byte) (n int, err error) {
	if t.head == "" {
		t.head = strings.Repeat(t.again, 1+4096/len(t.again))
	}
	n = copy(p, t.head)
	t.head = t.head[n:]
	t.read += int64(n)
	return n, nil
}

func TestEndlessFilesStopAtTheirLimits(t *testing.T) {
	const kb = 1 << 10
	for _, c := range []struct {
		name        string
		head, again string
		format      groups.CSVFormat
		want        error
		most        int64 // bytes read
	}{
		{"a cell", "id,x\nann,", "x", groups.CSVFormat{}, groups.ErrLimit, 512 * kb},
		{"a quoted cell over many lines", "id,x\nann,\"", "x\n", groups.CSVFormat{}, groups.ErrLimit, 512 * kb},
		{"a quoted cell of quotes", "id,x\nann,\"", `""`, groups.CSVFormat{}, groups.ErrLimit, 512 * kb},
		{"a first line without an end", "", "x", groups.CSVFormat{}, groups.ErrLimit, 512 * kb},
		{"columns", "id", ",x", groups.CSVFormat{}, groups.ErrLimit, 512 * kb},
		{"cells of a row", "id,x\nann", ",", groups.CSVFormat{}, groups.ErrLimit, 512 * kb},
		{"blank lines", "id,x\n", "\n", groups.CSVFormat{MaxBytes: 100 * kb}, groups.ErrLimit, 512 * kb},
		{"rows", "id,x\n", "ann,x\n", groups.CSVFormat{MaxRows: 1000}, groups.ErrLimit, 512 * kb},
		{"bytes", "id,x\n", "ann,x\n", groups.CSVFormat{MaxBytes: 20 * kb}, groups.ErrLimit, 512 * kb},
		{"a raised limit is kept", "id,x\nann,", "x", groups.CSVFormat{MaxCell: 1024 * kb}, groups.ErrLimit, 4 * 1024 * kb},
	} {
		t.Run(c.name, func(t *testing.T) {
			for kind, read := range map[string]func(io.Reader) error{
				"people": func(r io.Reader) error {
					_, err := groups.ReadPeopleCSV(r, &groups.PeopleCSV{Key: "id", Format: c.format})
					return err
				},
				"enrollments": func(r io.Reader) error {
					_, err := groups.ReadEnrollmentsCSV(r, &groups.EnrollmentsCSV{User: "id", Course: "x", Format: c.format})
					return err
				},
				"guess": func(r io.Reader) error {
					_, err := groups.InferPeopleCSV(r, &groups.PeopleCSV{Format: c.format})
					return err
				},
			} {
				tap := &badTap{head: c.head, again: c.again}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := read(tap)
				runtime.ReadMemStats(&after)
				if csv, ok := errors.AsType[*groups.CSVError](err); !ok || !errors.Is(err, c.want) || len(csv.Error()) > 500 {
					t.Errorf("%s: %.500v", kind, err)
				}
				if allocated := int64(after.TotalAlloc - before.TotalAlloc); tap.read > c.most || allocated > 8*c.most {
					t.Errorf("%s: %d bytes were read, %d allocated", kind, tap.read, allocated)
				}
			}
		})
	}
}

func TestAFileThatBreaksOffIsNotAShortOne(t *testing.T) {
	const file = "id,x\nann,1\n\"bob\",\"2\n3\"\ncid,4\n"
	for _, cause := range []error{errors.New("disk"), io.ErrUnexpectedEOF, context.DeadlineExceeded} {
		for n := range len(file) + 1 {
			r := io.MultiReader(strings.NewReader(file[:n]), iotest.ErrReader(cause))
			if f, err := groups.ReadPeopleCSV(r, &groups.PeopleCSV{Key: "id"}); !errors.Is(err, cause) || f != nil {
				t.Errorf("people after %d bytes: %v", n, err)
			}
			r = iotest.OneByteReader(io.MultiReader(strings.NewReader(file[:n]), iotest.ErrReader(cause)))
			if f, err := groups.ReadEnrollmentsCSV(r, &groups.EnrollmentsCSV{User: "id", Course: "x"}); !errors.Is(err, cause) || f != nil {
				t.Errorf("enrollments after %d bytes: %v", n, err)
			}
			r = iotest.DataErrReader(io.MultiReader(strings.NewReader(file[:n]), iotest.ErrReader(cause)))
			if u, _, err := groups.ReadUnitsCSV(r, &groups.UnitsCSV{Tree: "t", ID: "id", Parent: "x"}); !errors.Is(err, cause) || u != nil {
				t.Errorf("units after %d bytes: %v", n, err)
			}
		}
	}
	if _, err := groups.ReadPeopleCSV(strings.NewReader("id,x\nann,\"1\nbob,2\n"), &groups.PeopleCSV{Key: "id"}); !errors.Is(err, groups.ErrQuoting) {
		t.Errorf("a quote that is not closed: %v", err)
	}
	if _, err := groups.ReadPeopleCSV(strings.NewReader("id,x\n"), &groups.PeopleCSV{Key: "id"}); !errors.Is(err, groups.ErrNoRows) {
		t.Errorf("no rows: %v", err)
	}
}

func TestExportedCellsAreNoFormulas(t *testing.T) {
	w := newEvalWorld(t, nil)
	formulas := []string{"=1+1", "+1+1", "-cmd", "@SUM(A1)", "\tx", "\rx", "＝1", "'plain"}
	for i, f := range formulas {
		w.people(evalUser(groups.UserID(fmt.Sprint("f", i)), evalHas("city", groups.Text(f))))
	}
	w.people(evalUser("=HYPERLINK(1)", evalIn("Rome")))
	w.save(evalGroup("all", groups.Everyone{}))
	w.process()
	var out bytes.Buffer
	w.must(w.ev.WriteMembersCSV(t.Context(), &out, "all", &groups.MembersCSV{Fields: []string{"city"}}))
	for _, line := range strings.FieldsFunc(out.String(), func(r rune) bool { return strings.ContainsRune("\n,\"", r) }) {
		if strings.IndexAny(line, "=+-@\t\r") == 0 {
			t.Errorf("%q would be run", line)
		}
	}
	f, err := groups.ReadPeopleCSV(&out, &groups.PeopleCSV{Key: "user", Format: groups.CSVFormat{Guarded: true}})
	w.must(err)
	m := groups.NewMemory()
	plan, err := groups.NewEvaluator(m, m, nil).PlanImport(t.Context(), f)
	w.must(err)
	for _, u := range plan.People.Upsert {
		var n int
		if _, err := fmt.Sscanf(string(u.ID), "f%d", &n); err == nil && !u.Fields["city"].Equal(groups.Text(formulas[n])) {
			t.Errorf("%s came back as %v", u.ID, u.Fields["city"])
		}
	}
	if plan.New[0] != "=HYPERLINK(1)" {
		t.Errorf("the first is %q", plan.New[0])
	}
}

// badUsers is a directory whose users come from a list, in that order.
type badUsers struct {
	groups.Directory
	list []groups.User
}

func (d badUsers) Users(context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		for _, u := range d.list {
			if !yield(u, nil) {
				return
			}
		}
	}
}

func TestADirectoryOutOfOrderMovesNobody(t *testing.T) {
	for name, ids := range map[string][]groups.UserID{
		"unsorted": {"ann", "cid", "bob"}, "twice": {"ann", "bob", "bob", "cid"}, "another case first": {"ann", "Bob", "cid"},
		"an unusable ID": {" ", "ann", "bob", "cid"}, "a blank ID": {"", "ann", "bob", "cid"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newEvalWorld(t, nil)
			w.save(evalGroup("all", groups.Everyone{}))
			var list []groups.User
			for _, id := range ids {
				list = append(list, evalUser(id))
			}
			before := w.groupState()
			if r, err := groups.NewEvaluator(badUsers{w.Memory, list}, w.Memory, nil).Process(t.Context()); err == nil || r != nil {
				t.Errorf("got %v", r)
			}
			w.want(w.groupState(), before)
		})
	}
}
