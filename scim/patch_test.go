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
	"pgregory.net/rapid"
)

// message is a PatchOp of operations.
func message(operations ...string) string {
	return `{"schemas":["` + scim.PatchOp + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// at is what a resource has under a name.
func at(t rapid.TB, r *scim.Resource, name string) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return string(doc[name])
}

const small = `{"schemas":["` + scim.User + `"],"id":"u1","userName":"ida","name":{"givenName":"Ida"},"active":true,` +
	`"emails":[{"value":"a","type":"work","primary":true},{"value":"b","type":"home"}],"roles":[{"value":"x"},{"value":"y"}],"` + own + `":{"lead":true}}`

// Each operation does what RFC 7644 says it does.
func TestAPatchDoesWhatItsOperationsSay(t *testing.T) {
	for _, c := range []struct{ why, operation, name, want string }{
		{"add sets a simple attribute", `{"op":"add","path":"title","value":"Guide"}`, "title", `"Guide"`},
		{"an operation in any case", `{"OP":"Replace","Path":"TITLE","Value":"Guide"}`, "TITLE", `"Guide"`},
		{"add appends to a list", `{"op":"add","path":"roles","value":[{"value":"z"}]}`, "roles", `[{"value":"x"},{"value":"y"},{"value":"z"}]`},
		{"add of what is there changes nothing", `{"op":"add","path":"roles","value":{"value":"y"}}`, "roles", `[{"value":"x"},{"value":"y"}]`},
		{"add begins a list", `{"op":"add","path":"photos","value":{"value":"p"}}`, "photos", `[{"value":"p"}]`},
		{"add of nothing changes nothing", `{"op":"add","path":"roles","value":null}`, "roles", `[{"value":"x"},{"value":"y"}]`},
		{"a new primary value is the only one", `{"op":"add","path":"emails","value":[{"value":"c","primary":true}]}`, "emails",
			`[{"value":"a","type":"work","primary":false},{"value":"b","type":"home"},{"value":"c","primary":true}]`},
		{"add goes into a complex attribute", `{"op":"add","path":"name","value":{"familyName":"Lind"}}`, "name", `{"givenName":"Ida","familyName":"Lind"}`},
		{"add to a part", `{"op":"add","path":"name.familyName","value":"Lind"}`, "name", `{"givenName":"Ida","familyName":"Lind"}`},
		{"add without a path", `{"op":"add","value":{"title":"Guide","name.familyName":"Lind"}}`, "name", `{"givenName":"Ida","familyName":"Lind"}`},
		{"add where nothing matches adds what the filter describes", `{"op":"Add","path":"emails[type eq \"other\"].value","value":"c"}`, "emails",
			`[{"value":"a","type":"work","primary":true},{"value":"b","type":"home"},{"type":"other","value":"c"}]`},
		{"nothing to add describes nothing", `{"op":"add","path":"emails[type eq \"other\"].value","value":[]}`, "emails", `[{"value":"a","type":"work","primary":true},{"value":"b","type":"home"}]`},
		{"the first value of an attribute as well", `{"op":"Add","path":"phoneNumbers[type eq \"work\"].value","value":"1"}`, "phoneNumbers", `[{"type":"work","value":"1"}]`},
		{"all of what it describes, once primary", `{"op":"add","path":"emails[(type eq \"other\") and primary eq true]","value":{"value":"c"}}`, "emails",
			`[{"value":"a","type":"work","primary":false},{"value":"b","type":"home"},{"type":"other","primary":true,"value":"c"}]`},
		{"add without a path, where the name is a path with a filter", `{"op":"add","value":{"emails[type eq \"other\"].value":"c","title":"Guide"}}`, "emails",
			`[{"value":"a","type":"work","primary":true},{"value":"b","type":"home"},{"type":"other","value":"c"}]`},
		{"replace of a list", `{"op":"replace","path":"roles","value":[{"value":"z"}]}`, "roles", `[{"value":"z"}]`},
		{"replace of the values that a filter matches", `{"op":"replace","path":"emails[type eq \"HOME\"]","value":{"value":"c"}}`, "emails",
			`[{"value":"a","type":"work","primary":true},{"value":"c"}]`},
		{"replace of a part of them", `{"op":"replace","path":"emails[type eq \"home\"].value","value":"c"}`, "emails",
			`[{"value":"a","type":"work","primary":true},{"value":"c","type":"home"}]`},
		{"replace makes another primary", `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, "emails",
			`[{"value":"a","type":"work","primary":false},{"value":"b","type":"home","primary":true}]`},
		{"replace of what is not there adds it", `{"op":"replace","path":"title","value":"Guide"}`, "title", `"Guide"`},
		{"replace by nothing removes", `{"op":"replace","path":"name","value":null}`, "name", ``},
		{"remove of an attribute", `{"op":"remove","path":"roles"}`, "roles", ``},
		{"remove of a part", `{"op":"remove","path":"name.givenName"}`, "name", ``},
		{"remove of what a filter matches", `{"op":"remove","path":"roles[value eq \"x\"]"}`, "roles", `[{"value":"y"}]`},
		{"remove of all that there is", `{"op":"remove","path":"roles[value pr]"}`, "roles", ``},
		{"remove of what nothing matches", `{"op":"remove","path":"roles[value eq \"z\"]"}`, "roles", `[{"value":"x"},{"value":"y"}]`},
		{"remove of a list removes those", `{"op":"remove","path":"roles","value":[{"value":"x"}]}`, "roles", `[{"value":"y"}]`},
		{"remove of no values removes none", `{"op":"remove","path":"roles","value":[]}`, "roles", `[{"value":"x"},{"value":"y"}]`},
		{"remove of a part of values", `{"op":"remove","path":"emails[type eq \"work\"].primary"}`, "emails", `[{"value":"a","type":"work"},{"value":"b","type":"home"}]`},
		{"an attribute of an extension", `{"op":"add","path":"` + scim.Enterprise + `:department","value":"Tours"}`, scim.Enterprise, `{"department":"Tours"}`},
		{"an extension by its name", `{"op":"replace","path":"` + scim.Enterprise + `","value":{"department":"Tours","manager.value":"u9"}}`, scim.Enterprise,
			`{"department":"Tours","manager":{"value":"u9"}}`},
		{"an extension names itself", `{"op":"add","value":{"` + scim.Enterprise + `":{"department":"Tours"}}}`, "schemas", `["` + scim.User + `","` + scim.Enterprise + `"]`},
		{"an attribute of an extension as a name", `{"op":"replace","value":{"` + scim.Enterprise + `:department":"Tours"}}`, scim.Enterprise, `{"department":"Tours"}`},
		{"a manager as a text", `{"op":"replace","path":"` + scim.Enterprise + `:manager","value":"u9"}`, scim.Enterprise, `{"manager":{"value":"u9"}}`},
		{"the last attribute of an extension goes with it", `{"op":"remove","path":"` + own + `:lead"}`, own, ``},
		{"an attribute of the core by its URN", `{"op":"replace","path":"` + scim.User + `:title","value":"Guide"}`, "title", `"Guide"`},
	} {
		r := resource(t, small)
		got, err := r.Patch([]byte(message(c.operation)))
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if got := at(t, got, c.name); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.why, got, c.want)
		}
		if now, err := r.MarshalJSON(); err != nil || string(now) != small {
			t.Errorf("%s: the resource itself became %s", c.why, now)
		}
	}
}

// A patch that cannot be applied as a whole is not applied at all, and says what is wrong.
func TestAPatchIsAppliedAsAWholeOrRefused(t *testing.T) {
	good := `{"op":"add","path":"title","value":"Guide"}`
	for operation, want := range map[string]error{
		`7`:                                                                                     scim.ErrSyntax,
		`{"op":"move","path":"title"}`:                                                          scim.ErrSyntax,
		`{"op":"add","path":"title"}`:                                                           scim.ErrSyntax,
		`{"op":"add","path":7,"value":1}`:                                                       scim.ErrSyntax,
		`{"op":"add","path":"a b","value":1}`:                                                   scim.ErrSyntax,
		`{"op":"add","path":"emails[type eq]","value":1}`:                                       scim.ErrSyntax,
		`{"op":"add","path":"title","value":"x","more":1}`:                                      scim.ErrSyntax,
		`{"op":"add","value":{"urn:example:other:thing":{}}}`:                                   scim.ErrSyntax,
		`{"op":"add","value":"x"}`:                                                              scim.ErrValue,
		`{"op":"add","path":"` + scim.Enterprise + `","value":"x"}`:                             scim.ErrValue,
		`{"op":"remove"}`:                                                                       scim.ErrTarget,
		`{"op":"remove","path":"userName"}`:                                                     scim.ErrTarget,
		`{"op":"remove","path":"userName","value":"ida"}`:                                       scim.ErrTarget,
		`{"op":"remove","path":"roles","value":null}`:                                           scim.ErrValue,
		`{"op":"remove","path":"roles","value":[{"display":"x"}]}`:                              scim.ErrValue,
		`{"op":"remove","path":"active","value":true}`:                                          scim.ErrTarget,
		`{"op":"replace","path":"id","value":"u2"}`:                                             scim.ErrTarget,
		`{"op":"add","value":{"meta":{}}}`:                                                      scim.ErrTarget,
		`{"op":"replace","path":"roles.value","value":"z"}`:                                     scim.ErrTarget,
		`{"op":"replace","path":"emails[type eq \"other\"]","value":{}}`:                        scim.ErrTarget,
		`{"op":"add","path":"emails[type ne \"work\" and type ne \"home\"].value","value":"c"}`: scim.ErrTarget,
		`{"op":"add","path":"emails[type eq \"other\" or type eq \"x\"].value","value":"c"}`:    scim.ErrTarget,
		`{"op":"add","path":"emails[type eq \"other\" and type eq \"x\"].value","value":"c"}`:   scim.ErrTarget,
		`{"op":"add","path":"emails[type eq \"other\"]","value":{"type":"home","value":"c"}}`:   scim.ErrTarget,
		`{"op":"add","path":"name[givenName eq \"Ada\"].familyName","value":"x"}`:               scim.ErrTarget,
		`{"op":"replace","path":"emails[type eq \"other\"].value","value":[]}`:                  scim.ErrTarget,
		`{"op":"replace","path":"emails[type eq \"other\"].value","value":"c"}`:                 scim.ErrTarget,
	} {
		got, err := resource(t, small).Patch([]byte(message(good, operation)))
		if !errors.Is(err, want) || got != nil {
			t.Errorf("%s: got %v, want %v", operation, err, want)
		}
	}
	for text, want := range map[string]error{
		`{}`: scim.ErrSyntax, `[]`: scim.ErrSyntax, message(): scim.ErrSyntax, strings.Replace(message(good), "PatchOp", "Bulk", 1): scim.ErrSyntax,
		strings.Replace(message(good), "{", `{"x":1,`, 1): scim.ErrSyntax, message(strings.Repeat(good+",", 1000) + good): scim.ErrLimit,
	} {
		if got, err := resource(t, small).Patch([]byte(text)); !errors.Is(err, want) || got != nil {
			t.Errorf("%.80s: got %v, want %v", text, err, want)
		}
	}
}

// A client that switches somebody off by a text means it.
func TestAPatchSwitchesAPersonOff(t *testing.T) {
	tr := translator(t, nil)
	r, err := resource(t, ida).Patch([]byte(message(`{"op":"Replace","path":"active","value":"False"}`,
		`{"op":"remove","path":"`+scim.Enterprise+`:manager"}`)))
	if err != nil {
		t.Fatal(err)
	}
	u, err := tr.Person(r)
	if err != nil || u.Activation != groups.Deactivated || u.Manager != groups.ReportsTo("") {
		t.Errorf("%v, %v, %v", u.Activation, u.Manager, err)
	}
}

// members are those of a group resource.
func members(t rapid.TB, r *scim.Resource) map[string]bool {
	t.Helper()
	var list []scim.Member
	if text := at(t, r, "members"); text != "" {
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatal(err)
		}
	}
	in := map[string]bool{}
	for _, m := range list {
		in[m.Value] = true
	}
	return in
}

// A provider that applies the bodies has the members that the library has, applied once or again.
func TestTheBodiesOfChangesMakeTheMembership(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := []groups.UserID{"a", "b", `c"]`, "d", "e"}
		name := func(u groups.UserID) string { return "p-" + string(u) }
		want := map[groups.GroupID]map[string]bool{"g": {}, "h": {}}
		at := map[groups.GroupID]*scim.Resource{}
		for g, in := range want {
			var list []scim.Member
			for _, u := range users {
				if rapid.Bool().Draw(t, "before") {
					in[name(u)] = true
					list = append(list, scim.Member{Value: name(u)})
				}
			}
			data, err := json.Marshal(map[string]any{"schemas": []string{scim.Group}, "id": g, "displayName": g, "members": list})
			if err != nil {
				t.Fatal(err)
			}
			at[g] = resource(t, string(data))
		}
		var changes []groups.Change
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			c := groups.Change{Group: rapid.SampledFrom([]groups.GroupID{"g", "h"}).Draw(t, "group"), User: rapid.SampledFrom(users).Draw(t, "user"),
				Kind: rapid.SampledFrom([]groups.ChangeKind{groups.Joined, groups.Left, groups.Switched}).Draw(t, "kind")}
			if c.Kind == groups.Joined {
				want[c.Group][name(c.User)] = true
			} else if c.Kind == groups.Left {
				delete(want[c.Group], name(c.User))
			}
			changes = append(changes, c)
		}
		most := rapid.IntRange(0, 3).Draw(t, "most")
		patches := scim.Patches(changes, most, name)
		for range 2 {
			for _, p := range patches {
				body, err := json.Marshal(p)
				if err != nil {
					t.Fatal(err)
				}
				if most > 0 && strings.Count(string(body), "p-") > most {
					t.Fatalf("more than %d: %s", most, body)
				}
				if at[p.Group], err = at[p.Group].Patch(body); err != nil {
					t.Fatalf("%s: %v", body, err)
				}
			}
			for g := range want {
				if diff := cmp.Diff(want[g], members(t, at[g])); diff != "" {
					t.Fatalf("%s: %v (-want +got):\n%s", g, patches, diff)
				}
			}
		}
	})
}

// Users whom the provider does not have are left out, and what asks for nothing makes no body.
func TestWhomAProviderDoesNotHaveIsLeftOut(t *testing.T) {
	changes := []groups.Change{{Group: "g", User: "a"}, {Group: "g", User: "b", Kind: groups.Left}, {Group: "h", User: "c", Kind: groups.Switched}}
	if got := scim.Patches(changes, 0, func(groups.UserID) string { return "" }); len(got) > 0 {
		t.Errorf("%v", got)
	}
	got := fmt.Sprint(scim.Patches(changes, 0, func(u groups.UserID) string { return strings.TrimSuffix(string(u), "a") }))
	if got != `[{g [{remove members[value eq "b"] []}]}]` {
		t.Error(got)
	}
}

// Whatever is sent, a patch makes a resource that can be read again, or nothing, and leaves the one before as it was.
func TestAnyPatchMakesAResourceOrNothing(t *testing.T) {
	applied := 0
	rapid.Check(t, func(t *rapid.T) {
		quote := func(s string) string {
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		path := rapid.SampledFrom([]string{"title", "name", "name.givenName", "emails", "emails.value", "roles[value pr]", "roles[value eq \"x\"].value",
			"emails[type eq \"work\"]", "emails[primary eq true].primary", own, own + ":lead", own + ":list", own + ":list[value gt \"a\"]", scim.Enterprise,
			scim.Enterprise + ":manager.value", "active", "schemas", "members[not (value eq \"x\")]", "x.y", "9"})
		value := rapid.SampledFrom([]string{`null`, `true`, `1`, `"x"`, `[]`, `{}`, `["x","x"]`, `{"value":"x"}`, `[{"value":"x","primary":true},{"value":"y"}]`,
			`{"title":"x","emails":[{"primary":true}]}`, `{"` + own + `":{"list":["a","b"]}}`, `[[1]]`, `{"value":{"value":null}}`})
		var operations []string
		for range rapid.IntRange(1, 4).Draw(t, "operations") {
			op := `{"op":` + quote(rapid.SampledFrom([]string{"add", "remove", "replace"}).Draw(t, "op"))
			if rapid.IntRange(0, 4).Draw(t, "has a path") > 0 {
				op += `,"path":` + quote(path.Draw(t, "path"))
			}
			if rapid.IntRange(0, 3).Draw(t, "has a value") > 0 {
				op += `,"value":` + value.Draw(t, "value")
			}
			operations = append(operations, op+"}")
		}
		r := resource(t, small)
		got, err := r.Patch([]byte(message(operations...)))
		if now, _ := r.MarshalJSON(); string(now) != small {
			t.Fatalf("the resource itself became %s", now)
		}
		if (err == nil) == (got == nil) {
			t.Fatalf("%v, %v", got, err)
		}
		if err != nil {
			return
		}
		applied++
		text, err := got.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := resource(t, string(text)).MarshalJSON()
		if err != nil || string(again) != string(text) {
			t.Fatalf("%s\nread again: %s, %v", text, again, err)
		}
	})
	if applied < 10 {
		t.Errorf("only %d were applied", applied)
	}
}
