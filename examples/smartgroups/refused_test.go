package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every row is refused, with these lines on standard error and nothing on standard output. Where the
// rest of a line is the library's wording, "…" stands for it.
func TestWhatIsRefused(t *testing.T) {
	const people = "id,region\na,Scotland\nb,Wales\n"
	group := func(keys string) string { return `{"key":"id","groups":[{"id":"g",` + keys + `}]}` }
	field := func(keys string) string { return `{"key":"id","fields":[{` + keys + `}],"groups":[]}` }
	for _, c := range []struct {
		why, tenant string
		files       map[string]string
		want        string // blank: people.csv
	}{
		// The document.
		{"empty", ``, nil, `tenant.json: line 1, column 1: unexpected end of JSON input`},
		{"not JSON", "{\n \"key\": id}", nil, `tenant.json: line 2, column 9: invalid character 'i' looking for beginning of value`},
		{"a comment", "{\"key\":\"id\", // mine\n\"groups\":[]}", nil, `tenant.json: line 1, column 14: invalid character '/' looking for beginning of object key string`},
		{"a comma too many", `{"key":"id","groups":[],}`, nil, `tenant.json: line 1, column 25: invalid character '}' looking for beginning of object key string`},
		{"trailing bytes", `{"key":"id","groups":[]} x`, nil, `tenant.json: line 1, column 26: invalid character 'x' after top-level value`},
		{"two documents", `{"key":"id","groups":[]}{}`, nil, `tenant.json: line 1, column 25: invalid character '{' after top-level value`},
		{"cut off", `{"key":"id","groups":[`, nil, `tenant.json: line 1, column 22: unexpected end of JSON input`},
		{"not an object", `["key"]`, nil, `tenant.json: want an object, not a list`},
		{"null", `null`, nil, `tenant.json: want an object, not null`},
		{"not UTF-8", "{\"key\":\"\xff\",\"groups\":[]}", nil, `tenant.json: not UTF-8`},
		{"half a surrogate", `{"key":"\ud800","groups":[]}`, nil, `tenant.json: /key: has a NUL or broken character`},
		{"nested without end", strings.Repeat("[", 20_000), nil, `tenant.json: line 1, column 10001: invalid character '[' exceeded max depth`},
		// Keys.
		{"nothing given", `{}`, nil, `
tenant.json: /key: is missing
tenant.json: /groups: is missing`},
		{"unknown keys, everywhere", `{"key":"id","fieldz":1,"Groups":[],"fields":[{"name":"x","kind":"text"}],"status":{"column":"s","on":[]},
			"trees":[{"name":"t","column":"u","separator":";"}],"enrollments":{"file":"e.csv","user":"u","course":"c","date":"d"},
			"csv":{"quote":"'"},"groups":[{"id":"g","exclusion":[],"zone":"UTC","a/b~":1}]}`, nil, `
tenant.json: /fieldz: unknown key "fieldz"
tenant.json: /Groups: unknown key "Groups"
tenant.json: /fields/0/kind: unknown key "kind"
tenant.json: /status/on: unknown key "on"
tenant.json: /trees/0/separator: unknown key "separator"
tenant.json: /enrollments/date: unknown key "date"
tenant.json: /csv/quote: unknown key "quote"
tenant.json: /groups/0/exclusion: unknown key "exclusion"
tenant.json: /groups/0/zone: unknown key "zone"
tenant.json: /groups/0/a~1b~0: unknown key "a/b~"`},
		{"keys twice", `{"key":"id","key":"id","groups":[{"id":"g","id":"h","criteria":{},"criteria":{}}]}`, nil, `
tenant.json: /key: the key "key" occurs twice
tenant.json: /groups/0/id: the key "id" occurs twice
tenant.json: /groups/0/criteria: the key "criteria" occurs twice`},
		{"null is no value", `{"key":null,"zone":null,"now":null,"missing":null,"fields":null,"status":null,"manager":null,"trees":null,"enrollments":null,"csv":null,"guard":null,"groups":null}`, nil, `
tenant.json: /key: want a text, not null
tenant.json: /zone: want a text, not null
tenant.json: /now: want a text, not null
tenant.json: /missing: want a text, not null
tenant.json: /manager: want a text, not null
tenant.json: /fields: want a list, not null
tenant.json: /status: want an object, not null
tenant.json: /trees: want a list, not null
tenant.json: /enrollments: want an object, not null
tenant.json: /csv: want an object, not null
tenant.json: /guard: want a text, not null
tenant.json: /groups: want a list, not null`},
		{"null in a group", group(`"name":null,"kind":null,"status":null,"deactivated":null,"frozen":null,"criteria":null,"assignments":null,"exclusions":[null]`), nil, `
tenant.json: /groups/0/name: want a text, not null
tenant.json: /groups/0/status: want a text, not null
tenant.json: /groups/0/deactivated: want a text, not null
tenant.json: /groups/0/frozen: want true or false, not null
tenant.json: /groups/0/kind: want a text, not null
tenant.json: /groups/0/assignments: want a list, not null
tenant.json: /groups/0/exclusions/0: want a text, not null
tenant.json: /groups/0/criteria: …`},
		{"wrong types", `{"key":1,"zone":[],"now":2015,"missing":true,"fields":{},"status":[],"manager":{},"trees":"x","enrollments":[],"csv":";","guard":false,"groups":{}}`, nil, `
tenant.json: /key: want a text, not a number
tenant.json: /zone: want a text, not a list
tenant.json: /now: want a text, not a number
tenant.json: /missing: want a text, not true or false
tenant.json: /manager: want a text, not an object
tenant.json: /fields: want a list, not an object
tenant.json: /status: want an object, not a list
tenant.json: /trees: want a list, not a text
tenant.json: /enrollments: want an object, not a list
tenant.json: /csv: want an object, not a text
tenant.json: /guard: want a text, not true or false
tenant.json: /groups: want a list, not an object`},
		{"wrong types in a group", group(`"name":1,"kind":1,"status":true,"deactivated":[],"frozen":"false","criteria":[],"assignments":"a","exclusions":[1]`), nil, `
tenant.json: /groups/0/name: want a text, not a number
tenant.json: /groups/0/status: want a text, not true or false
tenant.json: /groups/0/deactivated: want a text, not a list
tenant.json: /groups/0/frozen: want true or false, not a text
tenant.json: /groups/0/kind: want a text, not a number
tenant.json: /groups/0/assignments: want a list, not a text
tenant.json: /groups/0/exclusions/0: want a text, not a number
tenant.json: /groups/0/criteria: …`},
		{"a group that is none", `{"key":"id","groups":["g"]}`, nil, `tenant.json: /groups/0: want an object, not a text`},
		{"blank texts", `{"key":" ","zone":"","manager":"","groups":[{"id":"","name":" "}]}`, nil, `
tenant.json: /key: is blank
tenant.json: /zone: is empty
tenant.json: /manager: is empty
tenant.json: /groups/0/id: is empty
tenant.json: /groups/0/name: is blank`},
		// Words.
		{"words", `{"key":"id","missing":"Remove","zone":"London","now":"2015-01-31","guard":"Off","groups":[{"id":"g","kind":"dynamic","status":"on","deactivated":"drop"}]}`, nil, `
tenant.json: /zone: there is no zone "London"; one is Europe/London
tenant.json: /now: "2015-01-31" is not an instant such as 2015-01-31T00:00:00Z
tenant.json: /missing: "Remove" is not one of keep, deactivate, remove
tenant.json: /guard: "Off" is not one of on, off
tenant.json: /groups/0/status: "on" is not one of active, inactive
tenant.json: /groups/0/deactivated: "drop" is not one of keep, dropAutomatic, dropAll
tenant.json: /groups/0/kind: "dynamic" is not one of manual, automatic`},
		{"the zone of this machine", `{"key":"id","zone":"Local","groups":[]}`, nil, `tenant.json: /zone: there is no zone "Local"; one is Europe/London`},
		{"an instant without a zone", `{"key":"id","now":"2015-01-31T00:00:00","groups":[]}`, nil, `tenant.json: /now: "2015-01-31T00:00:00" is not an instant such as 2015-01-31T00:00:00Z`},
		{"delimiters", `{"key":"id","csv":{"delimiter":"||","charset":"latin1"},"groups":[]}`, nil, `
tenant.json: /csv/delimiter: "||" is not one character that can stand between cells
tenant.json: /csv/charset: "latin1" is not one of utf-8, utf-16, windows-1252, iso-8859-1, iso-8859-15`},
		{"a quote as delimiter", `{"key":"id","csv":{"delimiter":"\""},"groups":[]}`, nil, `tenant.json: /csv/delimiter: "\"" is not one character that can stand between cells`},
		{"an empty delimiter", `{"key":"id","csv":{"delimiter":""},"groups":[]}`, nil, `tenant.json: /csv/delimiter: is empty`},
		// Fields.
		{"a field without a name", field(`"type":"text"`), nil, `tenant.json: /fields/0/name: is missing`},
		{"a type that does not exist", field(`"name":"region","type":"string"`), nil, `tenant.json: /fields/0/type: "string" is not one of text, choice, multiChoice, number, date, instant, bool`},
		{"options of a number", field(`"name":"n","type":"number","options":["1"]`), nil, `tenant.json: /fields/0/options: only a choice or multiChoice has options, not a number`},
		{"a multiChoice without separator", field(`"name":"n","type":"multiChoice"`), nil, `tenant.json: /fields/0/separator: is missing: a multiChoice needs one`},
		{"a separator of a text", field(`"name":"n","separator":";"`), nil, `tenant.json: /fields/0/separator: only a multiChoice has a separator, not a text`},
		{"an exact date", field(`"name":"n","type":"date","exact":true`), nil, `tenant.json: /fields/0/exact: only a text can be exact, not a date`},
		{"an option twice, and a blank one", field(`"name":"n","type":"choice","options":["x","x"," "]`), nil, `
tenant.json: /fields/0/options/2: is blank
tenant.json: /fields/0/options/1: the option "x" is there already`},
		{"an option twice", field(`"name":"n","type":"choice","options":["x","x"]`), nil, `tenant.json: /fields/0/options/1: the option "x" is there already`},
		{"a field twice", field(`"name":"n"},{"name":" n "`), nil, `tenant.json: /fields/1/name: the field "n" is at /fields/0 already`},
		{"id is the key", field(`"name":"id","type":"number"`), nil, `tenant.json: /fields/0: not a usable schema: field "id" is reserved for the user's ID`},
		{"a reserved text as a number", field(`"name":"email","type":"number"`), nil, `tenant.json: /fields/0: not a usable schema: field "email" is reserved and a text`},
		// Status, trees, enrollments.
		{"a blank status that deactivates", `{"key":"id","status":{"column":"s","deactivated":[" "]},"groups":[]}`, nil, `tenant.json: /status/deactivated/0: is blank`},
		{"a status without column", `{"key":"id","status":{"deactivated":["x"]},"groups":[]}`, nil, `tenant.json: /status/column: is missing`},
		{"trees", `{"key":"id","trees":[{"name":"a"},{"name":"a","file":"u.csv"},{"name":"b","column":"u","id":"i"},{"column":"u"},{"name":" c","column":"u"}],"groups":[]}`, nil, `
tenant.json: /trees/0: a tree needs a column of the people file, a file of units, or both
tenant.json: /trees/1/name: the tree "a" is at /trees/0 already
tenant.json: /trees/1/id: is missing: which column of the file is it?
tenant.json: /trees/1/parent: is missing: which column of the file is it?
tenant.json: /trees/2/id: is a column of the file of units, which is missing
tenant.json: /trees/3/name: is missing
tenant.json: /trees/4/name: " c" cannot be the name of a tree: it is too long, has white space at an end or control characters`},
		{"enrollments without columns", `{"key":"id","enrollments":{"file":"e.csv"},"groups":[]}`, nil, `
tenant.json: /enrollments/user: is missing
tenant.json: /enrollments/course: is missing`},
		// Groups.
		{"a group twice, and one without an id", `{"key":"id","groups":[{"id":"g"},{"name":"n"},{"id":"g"}]}`, nil, `
tenant.json: /groups/1/id: is missing
tenant.json: /groups/2/id: the group "g" is at /groups/0 already`},
		{"ids that cannot be stored", `{"key":"id","groups":[{"id":" g","assignments":["a\tb",""],"exclusions":["` + strings.Repeat("x", 256) + `"]}]}`, nil, `
tenant.json: /groups/0/id: group id …
tenant.json: /groups/0/assignments/1: is empty
tenant.json: /groups/0/assignments/0: user id …
tenant.json: /groups/0/exclusions/0: user id …`},
		{"assigned and excluded", group(`"assignments":["a","b"],"exclusions":["c","b"]`), nil, `tenant.json: /groups/0/exclusions/1: the user "b" is assigned as well; only one can be meant`},
		// Criteria.
		{"criteria that are not criteria", group(`"criteria":{"match":"some","sets":[],"extra":1}`), nil, `
tenant.json: /groups/0/criteria/match: …
tenant.json: /groups/0/criteria/sets: …
tenant.json: /groups/0/criteria/extra: unknown key "extra"`},
		{"an empty set, a missing operand, an unknown operator, all at once", `{"key":"id","groups":[{"id":"f"},{"id":"g","criteria":{"match":"all","sets":[
			{"match":"all","conditions":[]},
			{"match":"all","conditions":[{"kind":"field","field":"region","op":"is"},{"kind":"field","field":"region","op":"like","values":["x"]},{"kind":"magic"}]}]}}]}`, nil, `
tenant.json: /groups/1/criteria/sets/0/conditions: …
tenant.json: /groups/1/criteria/sets/1/conditions/0/values: …
tenant.json: /groups/1/criteria/sets/1/conditions/1/op: …
tenant.json: /groups/1/criteria/sets/1/conditions/2/kind: …`},
		{"a key twice in criteria", group(`"criteria":{"match":"all","match":"any","sets":[{"match":"all","conditions":[{"kind":"everyone"}]}]}`), nil, `tenant.json: /groups/0/criteria/match: …`},
		{"fields and operators that do not fit the people, and a wrong status of the other group", `{"key":"id","fields":[{"name":"n","type":"number"}],"groups":[
			{"id":"g","criteria":` + rule(`{"kind":"field","field":"regoin","op":"is","values":["x"]}`, `{"kind":"field","field":"n","op":"contains","values":["1"]}`, `{"kind":"field","field":"n","op":"atLeast","value":"3"}`) + `},
			{"id":"h","status":"paused"}]}`, nil, `
tenant.json: /groups/1/status: "paused" is not one of active, inactive
tenant.json: /groups/0/criteria/sets/0/conditions/0/field: …
tenant.json: /groups/0/criteria/sets/0/conditions/1/op: …
tenant.json: /groups/0/criteria/sets/0/conditions/2/value: …`},
		{"a manual group's criteria are checked too", group(`"kind":"manual","criteria":` + rule(`{"kind":"field","field":"x","op":"isEmpty"}`)), nil, `tenant.json: /groups/0/criteria/sets/0/conditions/0/field: …`},
		{"eleven conditions", group(`"criteria":` + rule(strings.Split(strings.Repeat(everyone+";", 11), ";")[:11]...)), nil, `tenant.json: /groups/0/criteria/sets/0/conditions: …`},
		{"groups in a ring", `{"key":"id","groups":[
			{"id":"a","criteria":` + rule(`{"kind":"group","op":"memberOfAny","groups":["c"]}`) + `},
			{"id":"b","criteria":` + rule(`{"kind":"group","op":"memberOfAny","groups":["a"]}`) + `},
			{"id":"c","criteria":` + rule(`{"kind":"group","op":"memberOfAny","groups":["b"]}`) + `}]}`, nil, `tenant.json: /groups/2/criteria: groups refer to each other in a ring: c → b → a → c`},
		{"a group that reads itself", group(`"criteria":` + rule(`{"kind":"group","op":"notMemberOfAny","groups":["g"]}`)), nil, `tenant.json: /groups/0/criteria: groups refer to each other in a ring: g → g`},
		// Files.
		{"no rows", `{"key":"id","groups":[]}`, map[string]string{"people.csv": "id,region\n"}, `people.csv: the file has a header and no rows`},
		{"no header", `{"key":"id","groups":[]}`, map[string]string{"people.csv": ""}, `people.csv: the file is empty: not even a header row`},
		{"a column twice", `{"key":"id","groups":[]}`, map[string]string{"people.csv": "id,region, region\na,x,y\n"}, `people.csv: line 1: columns with the same name: 2 "region" and 3 "region"`},
		{"no key column", `{"key":"student","groups":[]}`, nil, `people.csv: no column is headed "student", for the key; the columns are "id", "region"`},
		{"a column headed id that is not the key", `{"key":"region","groups":[]}`, nil, `people.csv: a column is headed "id", which is reserved for the key: name it as the key or differently`},
		{"quotes that do not pair up", `{"key":"id","groups":[]}`, map[string]string{"people.csv": "id,region\na,\"x\nb,y\n"}, `people.csv: line 2, column 3: a quote that is never closed`},
		{"a header that is not UTF-8", `{"key":"id","groups":[]}`, map[string]string{"people.csv": "id,gr\xf6\xdfe\na,1\n"}, `people.csv: line 1, column 4: the name of column 2 is unreadable: it is not UTF-8: declare the charset of the file, such as windows-1252`},
		{"a charset against the mark", `{"key":"id","csv":{"charset":"iso-8859-15"},"groups":[]}`, map[string]string{"people.csv": "\ufeffid\na\n"}, `people.csv: the charset is given as iso-8859-15, but the file starts with the mark of UTF-8`},
		{"a next file without rows", `{"key":"id","groups":[]}`, map[string]string{"next.csv": "id,region\n"}, `next.csv: the file has a header and no rows`},
		{"all files are wrong", `{"key":"id","trees":[{"name":"t","file":"units.csv","id":"i","parent":"p"}],
			"enrollments":{"file":"no/such.csv","user":"u","course":"c"},"groups":[{"id":"g","kind":"x"}]}`,
			map[string]string{"people.csv": "a,a\n1,2\n", "next.csv": "", "units.csv": "i\nx\n"}, `
tenant.json: /groups/0/kind: "x" is not one of manual, automatic
units.csv: no column is headed "p", for the unit above; the columns are "i"
no/such.csv: no such file or directory
people.csv: line 1: columns with the same name: 1 "a" and 2 "a"
next.csv: the file is empty: not even a header row`},
		{"a unit twice", `{"key":"id","trees":[{"name":"t","file":"units.csv","id":"i","parent":"p"}],"groups":[]}`, map[string]string{"units.csv": "i,p\nx,\nx,y\n"}, `units.csv: line 3: the unit "x" occurs on line 2 already`},
		{"a folder", `{"key":"id","enrollments":{"file":"sub","user":"u","course":"c"},"groups":[]}`, map[string]string{"sub/x": ""}, `sub: is a directory`},
		{"the terminal is not played with", `{"key":"id","\u001b[31m":1,"groups":[{"id":"g","kind":"\u001b]0;x\u0007\nline"}]}`, nil, `
tenant.json: /\x1b[31m: unknown key "\x1b[31m"
tenant.json: /groups/0/kind: "\x1b]0;x\a\nline" is not one of manual, automatic`},
	} {
		t.Run(c.why, func(t *testing.T) {
			files := map[string]string{"people.csv": people, "tenant.json": c.tenant}
			for name, content := range c.files {
				files[name] = content
			}
			for _, flags := range [][]string{nil, {"-json"}} {
				code, stdout, stderr := start(t, files, flags...)
				if code != 1 || stdout != "" {
					t.Errorf("exit code %d", code)
				}
				got := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
				want := strings.Split(strings.TrimPrefix(c.want, "\n"), "\n")
				if !slices.EqualFunc(got, want, sameLine) {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

func sameLine(got, want string) bool {
	start, open := strings.CutSuffix(want, "…")
	return got == want || open && strings.HasPrefix(got, start)
}

func TestFilesThatAreNotThere(t *testing.T) {
	dir := t.TempDir()
	tenant := filepath.Join(dir, "tenant.json")
	if err := os.WriteFile(tenant, []byte(`{"key":"id","groups":[]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-people", filepath.Join(dir, "no.csv"), "-tenant", tenant},
		{"-people", tenant, "-tenant", filepath.Join(dir, "no.json")},
		{"-people", tenant, "-tenant", dir},
	} {
		var out, errs strings.Builder
		if code := run(args, &out, &errs); code != 1 || out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%q: exit code %d, output %q, errors %q", args, code, out.String(), errs.String())
		}
	}
}
