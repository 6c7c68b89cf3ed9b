package groups_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

func TestCells(t *testing.T) {
	const x = "x"
	for _, c := range []struct {
		name  string
		field groups.CSVField
		cell  string
		want  groups.Value
		code  string
		why   string
	}{
		{"text", fieldOf(x, groups.TypeText), "  Straße ", groups.Text("  Straße "), "", "text cells are stored as given; comparison trims"},
		{"blank text", fieldOf(x, groups.TypeText), " \u00a0\t", groups.Empty(), "", "a cell of white space is blank, and blank is known to be empty"},
		{"a text that looks like a number", fieldOf(x, groups.TypeText), "007", groups.Text("007"), "", "types are declared, never guessed"},
		{"number", fieldOf(x, groups.TypeNumber), " -2.50 ", groups.Number(-2.5), "", "numbers are decimals with a point"},
		{"number with a comma", fieldOf(x, groups.TypeNumber), "1,5", groups.Value{}, "badValue", "no locale is guessed: 15 and 1.5 are both wrong for somebody"},
		{"NaN", fieldOf(x, groups.TypeNumber), "NaN", groups.Value{}, "badValue", "NaN is no number"},
		{"infinity", fieldOf(x, groups.TypeNumber), "Inf", groups.Value{}, "badValue", "nor is infinity"},
		{"date", fieldOf(x, groups.TypeDate), "2024-02-29", groups.Day(groups.NewDate(2024, 2, 29)), "", "a day that exists"},
		{"no such date", fieldOf(x, groups.TypeDate), "2025-02-29", groups.Value{}, "badValue", "a day that does not exist is not some other day"},
		{"zero date", fieldOf(x, groups.TypeDate), "0000-00-00", groups.Value{}, "badValue", "MySQL's way of saying nothing is not a date"},
		{"date by slashes", fieldOf(x, groups.TypeDate), "01/02/2024", groups.Value{}, "badValue", "the order of day and month is never guessed"},
		{"instant", fieldOf(x, groups.TypeInstant), "2024-01-31T23:30:00-01:00", groups.At(time.Date(2024, 2, 1, 0, 30, 0, 0, time.UTC)), "", "an instant has its zone"},
		{"instant without zone", fieldOf(x, groups.TypeInstant), "2024-01-31T23:30:00", groups.Value{}, "badValue", "without a zone it is no instant"},
		{"bool", fieldOf(x, groups.TypeBool), "YES", groups.Bool(true), "", "true, yes and 1 in any case"},
		{"zero", fieldOf(x, groups.TypeBool), "0", groups.Bool(false), "", "false, no and 0"},
		{"bool of another language", fieldOf(x, groups.TypeBool), "oui", groups.Value{}, "badValue", "nothing else is a bool"},
		{"blank bool", fieldOf(x, groups.TypeBool), "", groups.Empty(), "", "blank is not false"},
		{"choice", fieldOf(x, groups.TypeChoice, "S", "M"), " M ", groups.Choice("M"), "", "choice cells are trimmed"},
		{"choice in other letters", fieldOf(x, groups.TypeChoice, "S", "M"), "m", groups.Value{}, "badValue", "options compare by ID, byte by byte"},
		{"choice outside the options", fieldOf(x, groups.TypeChoice, "S", "M"), "XL", groups.Value{}, "badValue", "a choice that is no option is unknown, and reported"},
		{"choice without options", fieldOf(x, groups.TypeChoice), "XL", groups.Choice("XL"), "", "without options the cells are the options"},
		{"multi-choice", separated(fieldOf(x, groups.TypeMultiChoice), "|"), "b| a ||b", groups.Choice("a", "b"), "", "parts are trimmed, blank ones count for nothing, order does not matter"},
		{"multi-choice with one that is no option", separated(fieldOf(x, groups.TypeMultiChoice, "a"), "|"), "a|z", groups.Value{}, "badValue", "half of a choice would be another choice"},
		{"multi-choice of separators", separated(fieldOf(x, groups.TypeMultiChoice), "|"), " | ", groups.Empty(), "", "nothing chosen"},
		{"texts", separated(fieldOf(x, groups.TypeText), ";"), "Go; C ;", groups.Text("Go", "C"), "", "a text of several values is split too"},
		{"NUL", fieldOf(x, groups.TypeText), "a\x00b", groups.Value{}, "unreadable", "NUL is in no text; stores disagree about it"},
		{"not UTF-8", fieldOf(x, groups.TypeText), "M\xfcller", groups.Value{}, "unreadable", "a letter of another charset is not guessed"},
		{"not UTF-8 in a number", fieldOf(x, groups.TypeNumber), "\xff", groups.Value{}, "unreadable", "one issue, not two"},
		{"hidden characters", fieldOf(x, groups.TypeText), "a\u200bb", groups.Text("a\u200bb"), "", "values keep them; only IDs must not have them"},
		{"a formula", fieldOf(x, groups.TypeText), "=1+1", groups.Text("=1+1"), "", "it is text here; writing is where it is made safe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t)
			p := w.plan(t, csvOf([]string{"key", "x"}, []string{"u1", c.cell}), groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{c.field}})
			if len(p.New) != 1 {
				t.Fatalf("an issue in one cell must not reject the row: %+v", p)
			}
			u := p.People.Upsert[0]
			if got := u.Fields[x]; !got.Equal(c.want) {
				t.Errorf("%v, want %v: %s", got, c.want, c.why)
			}
			if _, carried := u.Fields[x]; carried == c.want.IsUnknown() {
				t.Errorf("carried is %v: what is unknown is left out: %s", carried, c.why)
			}
			want := []string{"2 " + c.code + " x"}
			if c.code == "" {
				want = nil
			}
			if diff := cmp.Diff(want, brief(p.Issues)); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
			for _, i := range p.Issues {
				if i.Cell != c.cell || i.Text == "" || strings.ContainsFunc(i.String(), func(r rune) bool { return r < ' ' }) {
					t.Errorf("issue %q", i)
				}
			}
		})
	}
}

func TestRows(t *testing.T) {
	const head = "key,dept\n"
	long := strings.Repeat("x", 255+1)
	for _, c := range []struct {
		name, file string
		want       []string // users
		issues     []string
		why        string
	}{
		{"plain", head + "u2,b\nu1,a\n", []string{`u1 active dept=["a"] key=["u1"]`, `u2 active dept=["b"] key=["u2"]`}, nil, "every column becomes a field, the key's among them"},
		{"key in white space", head + " u1 ,a\n", []string{`u1 active dept=["a"] key=[" u1 "]`}, nil, "keys are trimmed; the field is as given"},
		{"too few cells", head + "u1\nu2,b\n", []string{`u2 active dept=["b"] key=["u2"]`}, []string{"2 ragged"}, "nobody knows which cell is missing"},
		{"too many cells", head + "u1,a,b\nu2,b\n", []string{`u2 active dept=["b"] key=["u2"]`}, []string{"2 ragged"}, "nobody knows which is too many"},
		{"blank key", head + " ,a\nu2,b\n", []string{`u2 active dept=["b"] key=["u2"]`}, []string{"2 blankKey key"}, "nobody can be filed without an ID"},
		{"all blank", head + ",\nu2,b\n", []string{`u2 active dept=["b"] key=["u2"]`}, []string{"2 blankKey key"}, "a row of nothing is still a row"},
		{"empty lines", head + "\n\nu2,b\n\n", []string{`u2 active dept=["b"] key=["u2"]`}, nil, "an empty line is no row"},
		{"long key", head + long + ",a\nu2,b\n", []string{`u2 active dept=["b"] key=["u2"]`}, []string{"2 badKey key"}, "such an ID cannot be stored"},
		{"invisible key", head + "u\u200b1,a\nu2,b\n", []string{`u2 active dept=["b"] key=["u2"]`}, []string{"2 badKey key"}, "two IDs must not look alike"},
		{"unreadable key", head + "u\xff,a\nu2,b\n", []string{`u2 active dept=["b"] key=["u2"]`}, []string{"2 badKey key"}, "bytes are not repaired"},
		{"repeated key", head + "u1,a\nu2,b\nu1,c\n", []string{`u1 active dept=["a"] key=["u1"]`, `u2 active dept=["b"] key=["u2"]`}, []string{"4 repeatedKey key"}, "the first stands"},
		{"repeated after trimming", head + "u1,a\nu1 ,c\n", []string{`u1 active dept=["a"] key=["u1"]`}, []string{"3 repeatedKey key"}, "it is the same ID"},
		{"keys in other letters", head + "u1,a\nU1,b\n", []string{`U1 active dept=["b"] key=["U1"]`, `u1 active dept=["a"] key=["u1"]`}, nil, "IDs compare byte by byte"},
		{"ragged, then whole", head + "u1\nu1,a\n", []string{`u1 active dept=["a"] key=["u1"]`}, []string{"2 ragged"}, "a ragged row takes no key: its cells may be shifted"},
		{"line of the row", head + "\"u1\",\"a\n\nb\"\nu2,\xff\n", []string{`u1 active dept=["a\n\nb"] key=["u1"]`, `u2 active key=["u2"]`}, []string{"5 unreadable dept"}, "cells may have lines in them; issues name the line of the file"},
		{"odd IDs", head + "0,a\n-1,b\n9223372036854775808,c\n", []string{`-1 active dept=["b"] key=["-1"]`, `0 active dept=["a"] key=["0"]`, `9223372036854775808 active dept=["c"] key=["9223372036854775808"]`}, nil, "IDs are never parsed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t)
			p := w.load(t, c.file, groups.PeopleCSV{Key: "key"})
			if diff := cmp.Diff(c.want, w.users(t)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if diff := cmp.Diff(c.issues, brief(p.Issues)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if len(p.New)+p.Rejected != len(c.want)+p.Rejected || p.Rejected != len(c.issues)-strings.Count(strings.Join(c.issues, " "), "unreadable") {
				t.Errorf("%d new, %d rejected", len(p.New), p.Rejected)
			}
		})
	}
}

func TestRolesOfColumns(t *testing.T) {
	o := groups.PeopleCSV{
		Key: " key ", Manager: "boss",
		Units: []groups.UnitColumn{{Tree: "org", Column: "unit", Separator: ";"}, {Tree: "site", Column: "place"}},
	}
	const head = "key,boss,unit,place\n"
	for _, c := range []struct {
		name, row, want string
		issues          []string
		why             string
	}{
		{"all there", "u1,u2,b; a;a,x y", `u1 active boss=["u2"] key=["u1"] place=["x y"] unit=["b; a;a"] in org ["a" "b"] in site ["x y"] under u2`, nil, "units are a set; without a separator the cell is one ID"},
		{"blank", "u1,,,", `u1 active boss=[] key=["u1"] place=[] unit=[] in org [] in site [] under nobody`, nil, "blank is known: reports to nobody, sits in no unit"},
		{"separators only", "u1,,;; ;,", `u1 active boss=[] key=["u1"] place=[] unit=[";; ;"] in org [] in site [] under nobody`, nil, "no unit is named"},
		{"himself", "u1,u1,,", `u1 active boss=["u1"] key=["u1"] place=[] unit=[] in org [] in site [] under u1`, nil, "self-managers are for evaluation to find"},
		{"unusable manager", "u1,u\u200b2,,", "u1 active boss=[\"u\\u200b2\"] key=[\"u1\"] place=[] unit=[] in org [] in site []", []string{"2 badValue boss"}, "the line is unknown; the text is still a text"},
		{"one unusable unit", "u1,,a;\u202eb,", "u1 active boss=[] key=[\"u1\"] place=[] unit=[\"a;\\u202eb\"] in site [] under nobody", []string{"2 badValue unit"}, "some of the units are not the units"},
		{"unreadable", "u1,\xff,\xff,\xff", `u1 active key=["u1"]`, []string{"2 unreadable boss", "2 unreadable unit", "2 unreadable place"}, "one issue a cell, whatever it is read for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t)
			p := w.load(t, head+c.row+"\n", o)
			if diff := cmp.Diff([]string{c.want}, w.users(t)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if diff := cmp.Diff(c.issues, brief(p.Issues)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if s, _ := w.Schema(t.Context()); !slices.Equal(s.Trees, []groups.Tree{"org", "site"}) {
				t.Errorf("trees %v: a unit column makes a tree, units or not", s.Trees)
			}
		})
	}
}

func TestStatusColumn(t *testing.T) {
	status := &groups.StatusColumn{Column: "status", Deactivated: []string{"Inactive", "left"}}
	const (
		none     = groups.ActivationUnknown
		active   = groups.Activated
		inactive = groups.Deactivated
	)
	stored := func(a groups.Activation) []groups.User {
		return []groups.User{{ID: "u1", Activation: a, Expiry: groups.Expired}}
	}
	for _, c := range []struct {
		name    string
		stored  []groups.User
		status  *groups.StatusColumn
		missing groups.MissingUsers
		file    string
		want    groups.Activation
		why     string
	}{
		{"listed", nil, status, 0, "key,status\nu1,Inactive\n", inactive, "a listed cell deactivates"},
		{"listed in other letters", stored(active), status, 0, "key,status\nu1, INACTIVE\n", inactive, "compared folded"},
		{"not listed", stored(inactive), status, 0, "key,status\nu1,on leave\n", active, "any other cell is active"},
		{"blank", stored(inactive), status, 0, "key,status\nu1,\n", inactive, "a blank cell keeps what is stored"},
		{"blank and unknown", stored(none), status, 0, "key,status\nu1,\n", none, "be it that nothing is known"},
		{"blank for a new user", nil, status, 0, "key,status\nu1,\n", active, "new users are active"},
		{"unreadable", stored(active), status, 0, "key,status\nu1,\xff\n", none, "what cannot be read is unknown, and moves nobody"},
		{"no such column", stored(inactive), status, 0, "key\nu1\n", inactive, "a column that is not there keeps what is stored"},
		{"no such column for a new user", nil, status, 0, "key\nu1\n", none, "and of a new user says nothing"},
		{"not asked for", stored(inactive), nil, 0, "key,status\nu1,active\n", inactive, "without a status column the file does not say"},
		{"not asked for, new", nil, nil, 0, "key\nu1\n", active, "new users are active"},
		{"back in the file", stored(inactive), nil, groups.DeactivateMissing, "key\nu1\n", active, "who was deactivated for being missing is activated for being back"},
		{"back, but unknown", stored(none), nil, groups.DeactivateMissing, "key\nu1\n", none, "only the deactivated come back"},
		{"back with a status column", stored(inactive), status, groups.DeactivateMissing, "key,status\nu1,\n", inactive, "where the file has a status it is the status that decides"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t, c.stored...)
			w.load(t, c.file, groups.PeopleCSV{Key: "key", Status: c.status, Missing: c.missing})
			u, err := w.User(t.Context(), "u1")
			if err != nil {
				t.Fatal(err)
			}
			if u.Activation != c.want {
				t.Errorf("%v, want %v: %s", u.Activation, c.want, c.why)
			}
			expiry := groups.Current
			if c.stored != nil {
				expiry = groups.Expired
			}
			if u.Expiry != expiry {
				t.Errorf("expiry %v: new users are current, others keep theirs", u.Expiry)
			}
		})
	}
}

func TestMissingUsers(t *testing.T) {
	stored := []groups.User{{ID: "u1", Activation: groups.Activated}, {ID: "u2", Activation: groups.Activated}, {ID: "u3", Activation: groups.Deactivated}}
	for _, c := range []struct {
		name, file string
		missing    groups.MissingUsers
		want       []groups.UserID
		findings   []string
		left       []string
		why        string
	}{
		{"kept", "key\nu1\n", groups.KeepMissing, []groups.UserID{"u2", "u3"}, nil, []string{"u1 active", "u2 active", "u3 deactivated"}, "counted, and left alone"},
		{"deactivated", "key\nu1\n", groups.DeactivateMissing, []groups.UserID{"u2", "u3"}, nil, []string{"u1 active", "u2 deactivated", "u3 deactivated"}, "who is deactivated stays so"},
		{"removed", "key\nu1\n", groups.RemoveMissing, []groups.UserID{"u2", "u3"}, nil, []string{"u1 active"}, "taken out"},
		{"repeated", "key\nu1\nu2\nu2\n", groups.RemoveMissing, []groups.UserID{"u3"}, nil, []string{"u1 active", "u2 active"}, "a repeated key is there"},
		{"ragged", "key,dept\nu1,a\nu2\nu3,b\n", groups.RemoveMissing, nil, nil, []string{"u1 active", "u2 active", "u3 deactivated"}, "a key in a rejected row is in the file"},
		{"shifted", "key,dept\nu1,a\nx,u2,b\nu3,b\n", groups.RemoveMissing, nil, nil, []string{"u1 active", "u2 active", "u3 deactivated"}, "in a ragged row every cell may be the key"},
		{"named elsewhere", "key,dept\nu1,u2\n", groups.RemoveMissing, []groups.UserID{"u2", "u3"}, nil, []string{"u1 active"}, "in a whole row only the key is"},
		{"blank key", "key,dept\nu1,a\n,b\n", groups.RemoveMissing, nil, []string{"keysUnreadable column key"}, []string{"u1 active", "u2 active", "u3 deactivated"}, "the row may be anybody's"},
		{"unusable key", "key,dept\nu1,a\nu\u200b2,b\n", groups.DeactivateMissing, nil, []string{"keysUnreadable column key"}, []string{"u1 active", "u2 active", "u3 deactivated"}, "it may be a broken u2"},
		{"unreadable key", "key,dept\nu1,a\n\xff,b\n", groups.RemoveMissing, nil, []string{"keysUnreadable column key"}, []string{"u1 active", "u2 active", "u3 deactivated"}, "it may be anybody"},
		{"ragged without a key cell", "dept,key\na,u1\nb\n", groups.RemoveMissing, nil, []string{"keysUnreadable column key"}, []string{"u1 active", "u2 active", "u3 deactivated"}, "the key was lost with its cell"},
		{"ragged with a blank key", "key,dept\nu1,a\n,b,c\n", groups.RemoveMissing, nil, []string{"keysUnreadable column key"}, []string{"u1 active", "u2 active", "u3 deactivated"}, "it is blank, shifted or not"},
		{"ragged with an unreadable cell", "key,dept\nu1,a\nx,\xff,c\n", groups.RemoveMissing, nil, []string{"keysUnreadable column key"}, []string{"u1 active", "u2 active", "u3 deactivated"}, "the cell that cannot be read may be the key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t, stored...)
			p := w.load(t, c.file, groups.PeopleCSV{Key: "key", Missing: c.missing})
			if diff := cmp.Diff(c.want, p.Missing); diff != "" {
				t.Errorf("missing, %s (-want +got):\n%s", c.why, diff)
			}
			if diff := cmp.Diff(c.findings, codes(p.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			var left []string
			for u, err := range w.Users(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				left = append(left, fmt.Sprintf("%s %v", u.ID, u.Activation))
			}
			if diff := cmp.Diff(c.left, left); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
	t.Run("the finding names the lines", func(t *testing.T) {
		p := newTenant(t).plan(t, "key,dept\n,a\nu1,b\n,c\n", groups.PeopleCSV{Key: "key"})
		if len(p.Findings) != 1 || !strings.HasSuffix(p.Findings[0].Text, ": 2, 4") {
			t.Errorf("%v", p.Findings)
		}
	})
}

func TestColumnsThatAreNotThere(t *testing.T) {
	const dept = groups.TextField("dept")
	w := newTenant(t)
	full := groups.PeopleCSV{
		Key: "key", Manager: "boss", Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"off"}},
		Units:  []groups.UnitColumn{{Tree: "org", Column: "unit"}},
		Fields: []groups.CSVField{fieldOf("level", groups.TypeNumber)},
	}
	w.load(t, "key,dept,level,boss,status,unit,spare\nu1,sales,3,u2,off,a,x\n", full)
	w.automatic(t, "sales", groups.AnySets(groups.All(dept.Is("sales"))), groups.Keep)
	w.automatic(t, "senior", groups.AnySets(groups.All(groups.NumberField("level").AtLeast(3), dept.Is("sales"))), groups.DropAutomatic)
	w.automatic(t, "a", groups.AnySets(groups.All(groups.Tree("org").IsOrBelow("a"))), groups.Keep)
	w.automatic(t, "line", groups.AnySets(groups.All(groups.UserBelow("u2"))), groups.Keep)
	w.automatic(t, "off", groups.AnySets(groups.All(groups.StatusIs(groups.StatusDeactivated))), groups.Keep)
	w.automatic(t, "mail", groups.AnySets(groups.All(groups.Email.EndsWith("@example.org"))), groups.Keep)

	before := w.users(t)
	p := w.load(t, "key\nu1\nu3\n", full)
	if diff := cmp.Diff(before[0], w.users(t)[0]); diff != "" {
		t.Errorf("columns that are not there must keep what is stored (-want +got):\n%s", diff)
	}
	if got, want := w.users(t)[1], `u3 unknown key=["u3"]`; got != want {
		t.Errorf("a new user has nothing known in them: %s, want %s", got, want)
	}
	if p.Unchanged != 1 || len(p.New) != 1 {
		t.Errorf("%+v", p)
	}
	var got []string
	for _, f := range p.Findings {
		_, readers, _ := strings.Cut(f.Text, "new users; ")
		got = append(got, f.Code+" "+f.Where+": "+readers)
	}
	want := []string{
		`missingColumn column boss: groups that read it: "line"`,
		`missingColumn column dept: groups that read it: "sales", "senior"`,
		`missingColumn column email: groups that read it: "mail"`,
		`missingColumn column level: groups that read it: "senior"`,
		`missingColumn column spare: no group reads it`,
		`missingColumn column status: groups that read it: "off", "senior"`,
		`missingColumn column unit: groups that read it: "a"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if !p.Run.Empty() {
		t.Errorf("a column that is not there moved somebody: %v", p.Run.Changes())
	}
}

func TestRefusals(t *testing.T) {
	const plain = "key,dept\nu1,a\n"
	broken := errors.New("the line went dead")
	for _, c := range []struct {
		name string
		r    io.Reader
		o    groups.PeopleCSV
		want error
		text string
		why  string
	}{
		{"no key", strings.NewReader(plain), groups.PeopleCSV{}, groups.ErrCSVOptions, "no key column", "nothing can be guessed about it"},
		{"key not in the file", strings.NewReader(plain), groups.PeopleCSV{Key: "mail"}, groups.ErrHeader, `no column is headed "mail"`, "without keys there are no people"},
		{"key in other letters", strings.NewReader(plain), groups.PeopleCSV{Key: "Key"}, groups.ErrHeader, `"Key"`, "names match exactly"},
		{"column twice", strings.NewReader("key,dept, Dept\nu1,a,b\n"), groups.PeopleCSV{Key: "key"}, groups.ErrHeader, "line 1: columns with the same name", "which of them would the rule read?"},
		{"reserved column", strings.NewReader("key,id\nu1,a\n"), groups.PeopleCSV{Key: "key"}, groups.ErrHeader, `headed "id"`, "id is the user's ID in every rule"},
		{"hidden character in a column", strings.NewReader("key,de\u200bpt\nu1,a\n"), groups.PeopleCSV{Key: "key"}, groups.ErrHeader, `"de\u200bpt"`, "two fields would look alike"},
		{"nothing", strings.NewReader(""), groups.PeopleCSV{Key: "key"}, groups.ErrNoRows, "empty", "an empty file is a failed export"},
		{"header only", strings.NewReader("key,dept\n"), groups.PeopleCSV{Key: "key"}, groups.ErrNoRows, "a header and no rows", "and so is one without people"},
		{"open quote", strings.NewReader("key,dept\nu1,\"a\n"), groups.PeopleCSV{Key: "key"}, groups.ErrQuoting, "line 2, column 4", "the rest of the file is anybody's guess"},
		{"stray quote", strings.NewReader("key,dept\nu1,a\"b\n"), groups.PeopleCSV{Key: "key"}, groups.ErrQuoting, "line 2, column 5", "likewise"},
		{"unknown charset", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Format: groups.CSVFormat{Charset: "ebcdic"}}, groups.ErrCharset, "ebcdic", "others come through Decode"},
		{"charset against the mark", strings.NewReader("\xef\xbb\xbf" + plain), groups.PeopleCSV{Key: "key", Format: groups.CSVFormat{Charset: "windows-1252"}}, groups.ErrCharset, "mark of UTF-8", "one of the two is wrong"},
		{"cell too large", strings.NewReader(plain), groups.PeopleCSV{Key: "dept", Format: groups.CSVFormat{MaxCell: 3}}, groups.ErrLimit, "line 1, column 5: a cell of more than 3 bytes", "limits hold"},
		{"too many rows", strings.NewReader(plain + "u2,b\n"), groups.PeopleCSV{Key: "key", Format: groups.CSVFormat{MaxRows: 1}}, groups.ErrLimit, "more than 1 rows", "limits hold"},
		{"too many bytes", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Format: groups.CSVFormat{MaxBytes: 12}}, groups.ErrLimit, "12 bytes", "limits hold"},
		{"too many columns", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Format: groups.CSVFormat{MaxColumns: 1}}, groups.ErrLimit, "more than 1 columns", "limits hold"},
		{"a read that fails", io.MultiReader(strings.NewReader(plain), iotest.ErrReader(broken)), groups.PeopleCSV{Key: "key"}, broken, "went dead", "half a file must never look like a short one"},
		{"a delimiter that is none", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Format: groups.CSVFormat{Delimiter: '"'}}, groups.ErrCSVOptions, "delimiter", "quotes quote"},
		{"multi-choice without separator", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{fieldOf("dept", groups.TypeMultiChoice)}}, groups.ErrCSVOptions, "separator", "where one value ends is not guessed"},
		{"separator of a number", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{separated(fieldOf("dept", groups.TypeNumber), ";")}}, groups.ErrCSVOptions, "one value", "a number is one"},
		{"no type", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{{Field: groups.Field{Name: "dept"}}}}, groups.ErrSchema, "no type", "a declaration says what it is"},
		{"declared twice", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{fieldOf("dept", groups.TypeText), fieldOf(" dept", groups.TypeBool)}}, groups.ErrSchema, "twice", "which of them?"},
		{"declared id", strings.NewReader("id\nu1\n"), groups.PeopleCSV{Key: "id", Fields: []groups.CSVField{fieldOf("id", groups.TypeNumber)}}, groups.ErrSchema, "reserved", "an ID is no number"},
		{"tree twice", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Units: []groups.UnitColumn{{Tree: "t", Column: "a"}, {Tree: "t", Column: "b"}}}, groups.ErrCSVOptions, "two columns", "which of them?"},
		{"blank deactivates", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Status: &groups.StatusColumn{Column: "s", Deactivated: []string{" "}}}, groups.ErrCSVOptions, "blank", "a failed column would switch everybody off"},
		{"no such policy", strings.NewReader(plain), groups.PeopleCSV{Key: "key", Missing: 7}, groups.ErrCSVOptions, "missing users", "an unknown policy is not the mildest one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := groups.ReadPeopleCSV(c.r, &c.o)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || f != nil {
				t.Errorf("got %v, want %v with %q: %s", err, c.want, c.text, c.why)
			}
		})
	}
	t.Run("all at once", func(t *testing.T) {
		_, err := groups.ReadPeopleCSV(strings.NewReader(plain), &groups.PeopleCSV{Missing: 9, Fields: []groups.CSVField{fieldOf("a", 99)}})
		if n := strings.Count(fmt.Sprint(err), groups.ErrCSVOptions.Error()); n != 3 {
			t.Errorf("%d problems in %v: a form wants every red field", n, err)
		}
	})
	t.Run("positions", func(t *testing.T) {
		_, err := groups.ReadPeopleCSV(strings.NewReader("key,dept\nu1,a\"b\n"), &groups.PeopleCSV{Key: "key"})
		e, ok := errors.AsType[*groups.CSVError](err)
		if !ok || e.Line != 2 || e.Column != 5 {
			t.Errorf("%#v", err)
		}
	})
}

// rot13 stands for a charset that the library does not know.
func rot13(r io.Reader) io.Reader {
	data, err := io.ReadAll(r)
	if err != nil {
		return iotest.ErrReader(err)
	}
	return strings.NewReader(strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return 'a' + (r-'a'+13)%26
		case 'A' <= r && r <= 'Z':
			return 'A' + (r-'A'+13)%26
		}
		return r
	}, string(data)))
}

func TestProgress(t *testing.T) {
	var file strings.Builder
	file.WriteString("key\n")
	for i := range 20_001 {
		fmt.Fprintf(&file, "u%d\n", i)
	}
	var told []int
	if _, err := groups.ReadPeopleCSV(strings.NewReader(file.String()), &groups.PeopleCSV{Key: "key", Progress: func(rows int) { told = append(told, rows) }}); err != nil {
		t.Fatal(err)
	}
	if want := []int{10_000, 20_000, 20_001}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v: every 10,000 rows and once at the end", told, want)
	}
}
