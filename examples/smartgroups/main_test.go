package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
)

// start runs the program on files that are written for it. Of the names, people.csv, tenant.json and
// next.csv become flags. File names are shortened to what the test called them.
func start(t *testing.T, files map[string]string, flags ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	var args []string
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		switch name {
		case "people.csv", "tenant.json", "next.csv":
			args = append(args, "-"+strings.Split(name, ".")[0], path)
		}
	}
	var out, errs bytes.Buffer
	code = run(append(args, flags...), &out, &errs)
	if code != 0 && out.Len() > 0 {
		t.Errorf("exit code %d, and yet on standard output: %s", code, out.String())
	}
	if code == 0 && errs.Len() > 0 {
		t.Errorf("exit code 0, and yet on standard error: %s", errs.String())
	}
	return code, out.String(), strings.ReplaceAll(errs.String(), dir+string(filepath.Separator), "")
}

// printed is a report as it is read back: the library writes methods as words and does not read them.
type printed struct {
	Groups []struct {
		ID, Status          string
		Population, Members []member
		Undecided           []string
	}
	Findings []groups.Finding
	Import   figures
	Next     *nextReport
}

type member struct{ User, Method string }

func readBack(t *testing.T, stdout string) (p printed) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("%v in %.1000s", err, stdout)
	}
	return p
}

// digest is the JSON of a run in few words:
//
//	import 2 0 0 0 0             new, changed, unchanged, missing, rejected
//	g: a(manual) b; ?c           members (automatic where nothing is said); undecided
//	g: -; population a           nobody is in, but would be
//	next 0 1 1 0 0
//	g: +a -b =c                  joined, left, switched
//	held g: +a -b =c             what is held; limits and causes are tested apart
//	badValue line 3, people.csv  findings: code and where
func digest(t *testing.T, stdout string) string {
	t.Helper()
	raw := readBack(t, stdout)
	if strings.Contains(stdout, "null") {
		t.Errorf("a null in %s", stdout)
	}
	var b strings.Builder
	counts := func(f figures) string {
		return fmt.Sprint(f.New, " ", f.Changed, " ", f.Unchanged, " ", f.Missing, " ", f.Rejected, "\n")
	}
	b.WriteString("import " + counts(raw.Import))
	members := func(list []member) string {
		var words []string
		for _, m := range list {
			word := m.User
			if m.Method != "automatic" {
				word += "(" + m.Method + ")"
			}
			words = append(words, word)
		}
		if !slices.IsSortedFunc(list, func(a, b member) int { return strings.Compare(a.User, b.User) }) {
			t.Errorf("not sorted: %v", list)
		}
		return strings.Join(append(words, "-")[:max(1, len(words))], " ")
	}
	for _, g := range raw.Groups {
		in, would := members(g.Members), members(g.Population)
		b.WriteString(g.ID + ": " + in)
		if would != in {
			b.WriteString("; population " + would)
		}
		if len(g.Undecided) > 0 {
			b.WriteString("; ?" + strings.Join(g.Undecided, " ?"))
		}
		if g.Status != "active" {
			b.WriteString("; " + g.Status)
		}
		b.WriteString("\n")
	}
	change := func(g groupChange) {
		b.WriteString(string(g.ID) + ":")
		for _, u := range g.Joined {
			b.WriteString(" +" + string(u))
		}
		for _, u := range g.Left {
			b.WriteString(" -" + string(u))
		}
		for _, u := range g.Switched {
			b.WriteString(" =" + string(u))
		}
		b.WriteString("\n")
	}
	if raw.Next.Import != (figures{}) || len(raw.Next.Groups) > 0 {
		b.WriteString("next " + counts(raw.Next.Import))
		for _, g := range raw.Next.Groups {
			change(g)
		}
		for _, h := range raw.Next.Held {
			b.WriteString("held ")
			change(h.groupChange)
		}
	}
	for _, f := range raw.Findings {
		b.WriteString(f.Code + " " + f.Where + "\n")
	}
	return b.String()
}

// rule is criteria of one set of all the conditions.
func rule(conditions ...string) string {
	return `{"match":"all","sets":[{"match":"all","conditions":[` + strings.Join(conditions, ",") + `]}]}`
}

const (
	everyone = `{"kind":"everyone"}`
	scots    = `{"kind":"field","field":"region","op":"is","values":["Scotland"]}`
	notScots = `{"kind":"field","field":"region","op":"isNot","values":["Scotland"]}`
)

func TestWithoutFlagsItShowsTheBundledData(t *testing.T) {
	code, stdout, stderr := start(t, nil)
	if code != 0 {
		t.Fatal(stderr)
	}
	golden := filepath.Join("testdata", "demo.txt")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(stdout), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if stdout != string(want) {
		t.Errorf("differs from %s; if that is meant, run with UPDATE=1:\n%s", golden, stdout)
	}
	if n := strings.Count(stdout, "\n"); n >= 60 {
		t.Errorf("%d lines are too long for a first look", n)
	}
	if !strings.Contains(stdout, "Kuzilek") || !strings.Contains(stdout, "CC BY 4.0") {
		t.Error("the source of the data is not named")
	}
}

func TestTheBundleIsSmall(t *testing.T) {
	entries, err := bundle.ReadDir("bundle")
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total > 60_000 {
		t.Errorf("%d bytes", total)
	}
}

func TestFlagsThatMakeNoSense(t *testing.T) {
	for _, args := range [][]string{
		{"-people", "p.csv"}, {"-tenant", "t.json"}, {"-next", "n.csv"}, {"people.csv"}, {"-no-such-flag"},
		{"-people", "p.csv", "-next", "n.csv"},
	} {
		var out, errs bytes.Buffer
		if code := run(args, &out, &errs); code != 2 || out.Len() > 0 || errs.Len() == 0 {
			t.Errorf("%q: exit code %d, output %q, errors %q", args, code, out.String(), errs.String())
		}
	}
	var out, errs bytes.Buffer
	if code := run([]string{"-h"}, &out, &errs); code != 0 || !strings.Contains(errs.String(), "-tenant") {
		t.Errorf("-h: exit code %d, %q", code, errs.String())
	}
}

// Output has the very keys that the issue names, in its order.
func TestTheShapeOfTheJSON(t *testing.T) {
	files := map[string]string{
		"people.csv":  "id,region\na,Scotland\nb,Wales\n",
		"next.csv":    "id,region\na,Wales\nb,Wales\n",
		"tenant.json": `{"key":"id","groups":[{"id":"g","criteria":` + rule(scots) + `,"assignments":["b"]},{"id":"empty"}]}`,
	}
	_, stdout, _ := start(t, files, "-json")
	want := `{"groups":[` +
		`{"id":"g","status":"active","population":[{"user":"a","method":"automatic"},{"user":"b","method":"manual"}],` +
		`"members":[{"user":"a","method":"automatic"},{"user":"b","method":"manual"}],"undecided":[]},` +
		`{"id":"empty","status":"active","population":[],"members":[],"undecided":[]}],` +
		`"findings":[],"import":{"new":2,"changed":0,"unchanged":0,"missing":0,"rejected":0},` +
		`"next":{"import":{"new":0,"changed":1,"unchanged":1,"missing":0,"rejected":0},` +
		`"groups":[{"id":"g","joined":[],"left":["a"],"switched":[]}],"held":[]}}` + "\n"
	if stdout != want {
		t.Errorf("got  %swant %s", stdout, want)
	}
	delete(files, "next.csv")
	nothing := `"next":{"import":{"new":0,"changed":0,"unchanged":0,"missing":0,"rejected":0},"groups":[],"held":[]}}`
	if _, stdout, _ := start(t, files, "-json"); !strings.Contains(stdout, nothing) {
		t.Errorf("without a next file the shape is another: %s", stdout)
	}
}

func TestTextShowsWhatWillChangeBeforeItChanges(t *testing.T) {
	_, stdout, _ := start(t, map[string]string{
		"people.csv":  "id,region\na,Scotland\nb,Wales\n",
		"next.csv":    "id,region,credits\na,Wales,1\nb,Scotland,2\nb,Wales,3\nc\x1b[31m,Wales,4\n",
		"tenant.json": `{"key":"id","groups":[{"id":"g","name":"Scots","criteria":` + rule(scots) + `}]}`,
	})
	at := 0
	for _, want := range []string{
		"people.csv: 2 new, 0 changed", "Scots (g)", "region is Scotland",
		"next.csv: 0 new, 2 changed, 0 unchanged, 0 missing, 2 rejected",
		"Applying it will change:\n  Scots (g): 1 join, 1 leave\nApplied; that is what changed.",
		"b is an automatic member of g (by rule)", "has: Scotland", "a is not a member of g (by rule)", "has: Wales",
		"Findings: 3", "repeatedKey: next.csv line 4", "badKey: next.csv line 5",
	} {
		i := strings.Index(stdout[at:], want)
		if i < 0 {
			t.Fatalf("no %q after byte %d of\n%s", want, at, stdout)
		}
		at += i
	}
	if strings.Contains(stdout, "\x1b") {
		t.Error("the terminal was handed an escape sequence")
	}
}

// A finding is of use only if it names the line, or every user, unit or group concerned.
func TestFindingsNameNames(t *testing.T) {
	code, stdout, stderr := start(t, map[string]string{
		"people.csv": "id,region,boss,unit,credits\na,Scotland,b,u9,1\nb,Wales,a,u9,one\nc,Wales,ghost,u1,2\nd,Wales,ghost,u1,3\nd,Wales,,,\n",
		"next.csv":   "id,boss,unit,credits\na,b,u1,1\n,,,\n",
		"units.csv":  "id,up\nu1,u2\nu2,u1\nu3,u0\n",
		"tenant.json": `{"key":"id","manager":"boss","fields":[{"name":"credits","type":"number"}],
			"trees":[{"name":"org","column":"unit","file":"units.csv","id":"id","parent":"up"}],"groups":[
			{"id":"scots","criteria":` + rule(scots) + `},{"id":"welsh","criteria":` + rule(notScots) + `},
			{"id":"none","assignments":["x"]}]}`,
	}, "-json")
	if code != 0 {
		t.Fatal(stderr)
	}
	p := readBack(t, stdout)
	for _, want := range [][]string{
		{"badValue", "line 3, people.csv", "credits", "one"},
		{"repeatedKey", "line 6, people.csv", `"d"`, "line 5"},
		{"ring", "reporting line, people.csv", `"a"`, `"b"`},
		{"ring", "tree org, people.csv", `"u1"`, `"u2"`},
		{"missingParent", "reporting line, people.csv", `"ghost"`, `"c"`, `"d"`},
		{"missingParent", "tree org, people.csv", `"u0"`, `"u3"`},
		{"strayUnit", "tree org, people.csv", `"u9"`, `"a"`, `"b"`},
		{"unknownUser", "group none /groups/2/assignments/0, people.csv", `"x"`},
		{"missingColumn", "next.csv", `"region"`, `"scots"`, `"welsh"`},
		{"blankKey", "line 3, next.csv", "id"},
		{"keysUnreadable", "next.csv", "3"},
	} {
		if !slices.ContainsFunc(p.Findings, func(f groups.Finding) bool {
			return f.Code == want[0] && strings.HasSuffix(f.Where, want[1]) &&
				!slices.ContainsFunc(want[2:], func(name string) bool { return !strings.Contains(f.Text, name) })
		}) {
			t.Errorf("no finding %q in\n%v", want, p.Findings)
		}
	}
	for _, f := range p.Findings {
		if f.Code == "missingColumn" && strings.Contains(f.Text, `"none"`) {
			t.Errorf("%v names a group that does not read the column", f)
		}
	}
}
