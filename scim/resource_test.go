package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/scim"
)

const ida = `{
	"schemas": ["` + scim.User + `", "` + scim.Enterprise + `"], "id": "u1", "userName": "ida@example.org", "displayName": "Ida Lind",
	"name": {"givenName": "Ida", "familyName": "Lind"}, "title": "Guide", "active": true, "userType": "staff",
	"emails": [{"value": "ida@example.org", "type": "work", "primary": true}, {"value": "ida@home.example", "type": "home"}],
	"addresses": [{"locality": "vienna", "type": "work", "primary": true}, {"locality": "graz", "type": "home"}],
	"roles": [{"value": "trainer"}, "first aid"],
	"` + scim.Enterprise + `": {"employeeNumber": "007", "department": "Tours", "manager": {"value": "u9", "displayName": "Otto"}},
	"meta": {"resourceType": "User", "created": "2026-01-01T01:00:00+01:00"}
}`

func person(t testing.TB, tr *scim.Translator, text string) groups.User {
	t.Helper()
	u, err := tr.Person(resource(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAResourceBecomesAPerson(t *testing.T) {
	u := person(t, translator(t, nil), ida)
	text, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"u1","activation":"active","fields":{"department":{"text":["Tours"]},"email":{"text":["ida@example.org"]},` +
		`"joined":{"instant":"2026-01-01T00:00:00Z"},"kind":{"multiChoice":["staff"]},"loose":{},"name":{"text":["Ida Lind"]},` +
		`"number":{"text":["007"]},"tags":{"text":["trainer","first aid"]},"title":{"text":["Guide"]},"username":{"text":["ida@example.org"]}},` +
		`"units":{"site":["vienna"]},"manager":"u9"}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a resource does not say is Unknown, and what it says is none is Empty.
func TestAnAttributeThatIsNotThereIsEmptyWhereTheResourceSpeaksOfIt(t *testing.T) {
	const bare = `{"schemas":["` + scim.User + `"%s],"id":"u1"%s}`
	whole, part := translator(t, nil), translator(t, func(m *scim.Mapping) { m.Partial = true })
	for _, c := range []struct {
		why, schemas, rest string
		tr                 *scim.Translator
		want               string
	}{
		{"the core is always spoken of, an extension where it is named", "", "", whole, "unknown empty unknown unknown unknown"},
		{"a named extension", `,"` + scim.Enterprise + `"`, "", whole, "unknown empty empty unknown nobody"},
		{"an extension that is there and not named", "", `,"` + strings.ToUpper(scim.Enterprise) + `":{}`, whole, "unknown empty empty unknown nobody"},
		{"a part says only what is there", `,"` + scim.Enterprise + `","` + own + `"`, `,"title":null,"active":false`, part, "deactivated empty unknown unknown unknown"},
		{"another extension", `,"` + own + `"`, `,"active":"True","title":" "`, whole, "active empty unknown empty unknown"},
		{"a manager as a text", "", `,"` + scim.Enterprise + `":{"manager":"u2","department":[]}`, whole, "unknown empty empty unknown u2"},
	} {
		u := person(t, c.tr, fmt.Sprintf(bare, c.schemas, c.rest))
		got := fmt.Sprintf("%v %v %v %v %v", u.Activation, u.Fields["title"], u.Fields["department"], u.Fields["points"], u.Manager)
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
	if u := person(t, whole, fmt.Sprintf(bare, "", "")); u.Units["site"] == nil || len(u.Units["site"]) > 0 {
		t.Errorf("no address: %v", u.Units)
	}
}

// All that is wrong with a resource is said at once, and then there is no person.
func TestAResourceThatIsNoPersonIsRefusedForAllThatIsWrong(t *testing.T) {
	r := resource(t, `{"schemas":["`+scim.Group+`"],"id":" ","active":"perhaps","title":7,"roles":[{"value":true}],
		"emails":[{"value":"a","type":"work"},{"value":"b","type":"work"}],"meta":{"created":"yesterday"},
		"`+scim.Enterprise+`":{"manager":{"value":"a\u200bb"}},"`+own+`":{"points":"1","lead":1,"born":"2026-02-30"}}`)
	u, err := translator(t, nil).Person(r)
	var got []string
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		e, is := errors.AsType[*scim.Error](e)
		if !is {
			t.Fatalf("%v", err)
		}
		got = append(got, e.Path+": "+e.Text)
	}
	want := []string{
		"schemas: not the resource of a user", "id: the user has no ID",
		scim.Enterprise + `:manager.value: user id "a\u200bb": not a usable identifier: control or invisible character`,
		"active: neither true nor false", `emails[type eq "work"].value: 2 values, and field "email" holds one`, "title: not a text", "roles: not a text",
		own + `:points: "1" is no number`, own + ":lead: neither true nor false", `meta.created: "yesterday" is no instant`, own + `:born: "2026-02-30" is no date`,
	}
	if diff := cmp.Diff(want, got); diff != "" || !u.Equal(groups.User{}) {
		t.Errorf("%v (-want +got):\n%s", u, diff)
	}
}

// What is not JSON of a resource is refused, with the byte.
func TestAResourceIsReadStrictly(t *testing.T) {
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	wide := `{"n0":0`
	for i := range 1000 {
		wide += fmt.Sprintf(`,"n%d":0`, i+1)
	}
	for text, want := range map[string]string{
		wide + "}":                        "column 8892: n1000: over the limit: more than 1000 names",
		``:                                "column 1: not SCIM: not JSON: EOF",
		`[]`:                              "column 1: not SCIM: not an object",
		`{}`:                              "column 1: schemas: not SCIM: not a list of schemas",
		`{"schemas":["x"]} x`:             "column 19: not SCIM: something follows the document",
		`{"a":1,"A":2}`:                   "column 8: A: not SCIM: it occurs twice",
		`{"é":1}`:                         "column 2: é: not SCIM: a name that is not ASCII",
		`{"a":"\ud800"}`:                  "column 6: not SCIM: half of a character",
		`{"a":"\u0000"}`:                  "column 6: not SCIM: a text with a NUL",
		"{\"a\":\"\xff\"}":                "not SCIM: not UTF-8",
		`{"a":` + deep + `}`:              "column 38: over the limit: more than 32 levels",
		strings.Repeat(" ", 1<<20) + "{}": "over the limit: 1048578 bytes, at most 1048576",
	} {
		if _, err := scim.ParseResource([]byte(text)); fmt.Sprint(err) != "scim: "+want {
			t.Errorf("%.60q: got %v, want %s", text, err, want)
		}
	}
	if _, err := scim.ParseResource([]byte(`{"schemas":["x"],"a":"\ufffd"}`)); err != nil {
		t.Errorf("a replacement character that is meant: %v", err)
	}
}

// A mapping that does not fit the schema is refused, all that is wrong with it at once.
func TestAMappingIsCheckedAgainstTheSchema(t *testing.T) {
	_, err := scim.New(schema(), scim.Mapping{ID: "[", Manager: "x y", Attributes: []scim.Attribute{
		{Path: "title", Field: "none"}, {Path: "title"}, {Path: "TITLE", Field: "title", Tree: "site"}, {Path: "a", Tree: "none"},
		{Path: "b", Field: "id"}, {Path: "roles", Field: "tags"}, {Path: "roles.value", Field: "department"}, {Path: "c", Field: "tags"}, {Path: "emails[", Field: "title"},
	}})
	for _, want := range []string{
		"[: does not map: ", "x y: does not map: ", `title: does not map: there is no field "none"`, "title: does not map: it is either a field or a unit",
		"TITLE: does not map: it is either a field or a unit", `a: does not map: there is no tree "none"`, `b: does not map: there is no field "id"`,
		"roles.value: does not map: the attribute is mapped twice", `c: does not map: "tags" is mapped twice`, "emails[: does not map",
	} {
		if !errors.Is(err, scim.ErrMapping) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v\ndoes not say %s", err, want)
		}
	}
	if tr, err := scim.New(nil, scim.Standard()); err != nil || tr == nil {
		t.Error(err)
	}
}

// A resource is written as it was read.
func TestAResourceIsWrittenAsItWasRead(t *testing.T) {
	out, err := json.Marshal(resource(t, ida))
	if err != nil {
		t.Fatal(err)
	}
	var was, is any
	if err := errors.Join(json.Unmarshal([]byte(ida), &was), json.Unmarshal(out, &is)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, is); diff != "" {
		t.Error(diff)
	}
}
