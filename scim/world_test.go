package scim_test

import (
	"encoding/json"
	"fmt"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/scim"
	"pgregory.net/rapid"
)

const own = "urn:example:params:scim:schemas:staff:1.0:Person"

// schema is what the people of the tests have, and mapping where a resource has it.
func schema() *groups.Schema {
	return &groups.Schema{
		Fields: []groups.Field{
			{Name: "title", Type: groups.TypeText}, {Name: "tags", Type: groups.TypeText, Several: true},
			{Name: "number", Type: groups.TypeText, Exact: true}, {Name: "department", Type: groups.TypeText},
			{Name: "kind", Type: groups.TypeChoice, Options: []groups.Option{{ID: "staff"}, {ID: "guest"}}},
			{Name: "skills", Type: groups.TypeMultiChoice}, {Name: "points", Type: groups.TypeNumber}, {Name: "lead", Type: groups.TypeBool},
			{Name: "joined", Type: groups.TypeInstant}, {Name: "born", Type: groups.TypeDate}, {Name: "loose", Type: groups.TypeChoice},
		},
		Trees: []groups.Tree{"site", "other"}, EnrollmentStatuses: []string{groups.Completed},
	}
}

func mapping() scim.Mapping {
	m := scim.Standard()
	m.Attributes = append(m.Attributes,
		scim.Attribute{Path: "title", Field: "title"}, scim.Attribute{Path: "roles", Field: "tags"},
		scim.Attribute{Path: scim.Enterprise + ":employeeNumber", Field: "number", CaseExact: true},
		scim.Attribute{Path: scim.Enterprise + ":department", Field: "department"},
		scim.Attribute{Path: "userType", Field: "kind", CaseExact: true}, scim.Attribute{Path: own + ":skills", Field: "skills", CaseExact: true},
		scim.Attribute{Path: own + ":points", Field: "points"}, scim.Attribute{Path: own + ":lead", Field: "lead"},
		scim.Attribute{Path: "meta.created", Field: "joined"}, scim.Attribute{Path: own + ":born", Field: "born"},
		scim.Attribute{Path: "locale", Field: "loose"}, scim.Attribute{Path: `addresses[type eq "work" and primary eq true].locality`, Tree: "site"})
	return m
}

func translator(t rapid.TB, change func(*scim.Mapping)) *scim.Translator {
	t.Helper()
	m := mapping()
	if change != nil {
		change(&m)
	}
	tr, err := scim.New(schema(), m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func resource(t rapid.TB, text string) *scim.Resource {
	t.Helper()
	r, err := scim.ParseResource([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// someone draws a resource from so few values that filters often find them.
func someone(t *rapid.T) *scim.Resource {
	pick := func(what string, values ...any) any { return rapid.SampledFrom(values).Draw(t, what) }
	text := func(what string) any { return pick(what, nil, "", "Sales", "sales ", "Salesman", "Support") }
	doc := map[string]any{"id": pick("id", "u1", "u2", "U1")}
	put := func(in map[string]any, name string, v any) {
		if rapid.IntRange(0, 3).Draw(t, "has "+name) > 0 {
			in[name] = v
		}
	}
	schemas := []string{scim.User}
	put(doc, "userName", text("userName"))
	put(doc, "displayName", text("displayName"))
	put(doc, "title", text("title"))
	put(doc, "active", pick("active", true, false, "True", "false", nil))
	put(doc, "userType", pick("userType", nil, "staff", "guest", "Staff", "robot"))
	put(doc, "meta", map[string]any{"created": pick("created", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-02-01T00:00:00.5Z")})
	values := func(what string) (list []any) {
		for range rapid.IntRange(0, 2).Draw(t, "values") {
			list = append(list, map[string]any{"value": text(what), "type": pick("type", "work", "Home"), "primary": rapid.Bool().Draw(t, "primary")})
		}
		return list
	}
	put(doc, "roles", values("role"))
	put(doc, "emails", []any{map[string]any{"value": text("email"), "type": pick("type", "Work", "home")}})
	if rapid.Bool().Draw(t, "enterprise") {
		schemas = append(schemas, scim.Enterprise)
		extension := map[string]any{}
		put(extension, "department", text("department"))
		put(extension, "employeeNumber", text("number"))
		put(doc, scim.Enterprise, extension)
	}
	if rapid.Bool().Draw(t, "own") {
		schemas = append(schemas, own)
		extension := map[string]any{}
		put(extension, "skills", pick("skills", []any{}, []any{"go"}, []any{"go", "sql"}, "sql"))
		put(extension, "points", pick("points", nil, 1, 1.5, json.Number("1e1"), -2))
		put(extension, "lead", pick("lead", nil, true, false))
		put(doc, own, extension)
	}
	doc["schemas"] = schemas
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	r, err := scim.ParseResource(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// comparison draws one comparison that maps.
func comparison(t *rapid.T) string {
	pick := func(what string, values ...string) string { return rapid.SampledFrom(values).Draw(t, what) }
	text := pick("text", "sales", "SALES", "sal", "man", "support")
	switch rapid.IntRange(0, 9).Draw(t, "comparison") {
	case 0:
		return "active " + pick("op", "eq", "ne", "EQ") + " " + pick("truth", "true", "false")
	case 1:
		return fmt.Sprintf("%s %s %q", pick("path", "title", "userName", scim.User+":displayName", scim.Enterprise+":department", scim.Enterprise+":employeeNumber"),
			pick("op", "eq", "ne", "co", "sw", "ew"), text)
	case 2:
		return fmt.Sprintf("%s %s %q", pick("path", "roles", "roles.value", "Roles.Value"), pick("op", "eq", "co", "sw", "ew"), text)
	case 3:
		return fmt.Sprintf("emails[type eq %q and value %s %q]", pick("type", "work", "WORK"), pick("op", "eq", "co", "sw"), text)
	case 4:
		return pick("path", "title", "userName", "roles", "userType", "meta.created", "id", own+":points", own+":skills", own+":born") + " pr"
	case 5:
		return fmt.Sprintf("userType %s %q", pick("op", "eq", "ne"), pick("option", "staff", "guest", "Staff"))
	case 6:
		return fmt.Sprintf("%s:points %s %s", own, pick("op", "eq", "ne", "gt", "ge", "lt", "le"), pick("number", "1", "1.5", "10", "-2.0"))
	case 7:
		return fmt.Sprintf("meta.created %s %q", pick("op", "gt", "ge", "lt", "le"), pick("instant", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00.4Z"))
	case 8:
		return pick("condition", `addresses[type eq "work" and primary eq true and locality pr]`, own+`:skills eq "go"`, own+":lead eq true", own+":lead ne true", `id sw "u"`, `id eq "u1"`, `id ne "u1"`)
	}
	return "not (" + comparison(t) + ")"
}

// filter draws a filter, nested so deep.
func filter(t *rapid.T, depth int) string {
	one := func() string {
		c := comparison(t)
		if depth > 0 && rapid.Bool().Draw(t, "nested") {
			c = rapid.SampledFrom([]string{"(", "not ("}).Draw(t, "parenthesis") + filter(t, depth-1) + ")"
		}
		return c
	}
	text := one()
	for range rapid.IntRange(0, 2).Draw(t, "more") {
		text += rapid.SampledFrom([]string{" and ", " or "}).Draw(t, "joint") + one()
	}
	return text
}
