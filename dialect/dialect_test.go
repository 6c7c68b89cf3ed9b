package dialect_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/dialect"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// ours are the operators of criteria, with what they are followed by in JSON, by kind and type of field. The negation
// of each is one as well.
var ours = map[dialect.Op]map[string]string{
	{Kind: "field", Type: "text"}: {"is": `"values":["a"]`, "contains": `"values":["a"]`, "startsWith": `"values":["a"]`,
		"endsWith": `"values":["a"]`, "matches": `"values":["a"]`, "isEmpty": ""},
	{Kind: "field", Type: "choice"}:      {"is": `"values":["a"]`, "isEmpty": ""},
	{Kind: "field", Type: "bool"}:        {"is": `"values":[true]`, "isEmpty": ""},
	{Kind: "field", Type: "multiChoice"}: {"includesAny": `"values":["a"]`, "includesAll": `"values":["a"]`, "isExactly": `"values":["a"]`, "isEmpty": ""},
	{Kind: "field", Type: "number"}: {"is": `"values":[1]`, "less": `"value":1`, "atMost": `"value":1`, "atLeast": `"value":1`, "greater": `"value":1`,
		"between": `"from":1,"to":2`, "isEmpty": ""},
	{Kind: "field", Type: "date"}:    dates,
	{Kind: "field", Type: "instant"}: dates,
	{Kind: "unit"}:                   {"is": `"units":["a"]`, "below": `"units":["a"]`, "isOrBelow": `"units":["a"]`, "isEmpty": ""},
	{Kind: "user"}:                   {"is": `"users":["a"]`, "below": `"users":["a"]`, "isOrBelow": `"users":["a"]`, "hasReports": ""},
	{Kind: "enrollment"}:             {"is": `"statuses":["completed"]`, "enrolled": "", "completed": `"when":{"op":"inLast","days":1}`},
	{Kind: "group"}:                  {"memberOfAny": `"groups":["a"]`, "memberOfAll": `"groups":["a"]`},
	{Kind: "status"}:                 {"is": `"statuses":["active"]`},
	{Kind: "everyone"}:               {"": ""},
}

var dates = map[string]string{"on": `"value":"2026-01-31"`, "before": `"value":"2026-01-31"`, "after": `"value":"2026-01-31"`,
	"onOrBefore": `"value":"2026-01-31"`, "onOrAfter": `"value":"2026-01-31"`, "between": `"from":"2026-01-31","to":"2026-02-01"`,
	"inLast": `"days":1`, "inNext": `"days":1`, "ago": `"days":1`, "ahead": `"days":1`, "anniversaryWithin": `"days":1`, "isEmpty": ""}

func opposite(op string) string {
	if rest, ok := strings.CutPrefix(op, "is"); ok {
		return "isNot" + rest
	}
	return "not" + strings.ToUpper(op[:1]) + op[1:]
}

// every calls yield with every operator of ours and what it is followed by.
func every(yield func(of dialect.Op, op, operands string)) {
	for of, list := range ours {
		for op, operands := range list {
			yield(of, op, operands)
			if op != "" {
				yield(of, opposite(op), operands)
			}
		}
	}
}

func schema() *groups.Schema {
	return &groups.Schema{Fields: []groups.Field{
		{Name: "text", Type: groups.TypeText}, {Name: "choice", Type: groups.TypeChoice}, {Name: "bool", Type: groups.TypeBool},
		{Name: "multiChoice", Type: groups.TypeMultiChoice}, {Name: "number", Type: groups.TypeNumber}, {Name: "date", Type: groups.TypeDate},
		{Name: "instant", Type: groups.TypeInstant},
	}, Trees: []groups.Tree{"branch"}, EnrollmentStatuses: []string{groups.Completed}}
}

// sample is a condition with the operator, in JSON.
func sample(o dialect.Op, operands string) string {
	keys := []string{`"kind":"` + o.Kind + `"`}
	add := func(key, value string) {
		if value != "" {
			keys = append(keys, `"`+key+`":"`+value+`"`)
		}
	}
	switch o.Kind {
	case "field":
		add("field", o.Type)
	case "unit":
		add("tree", "branch")
	case "enrollment":
		keys = append(keys, `"courses":["a"]`)
	}
	add("quantifier", o.Quantifier)
	add("op", o.Op)
	if operands != "" {
		keys = append(keys, operands)
	}
	return "{" + strings.Join(keys, ",") + "}"
}

func accepted(o dialect.Op, operands string) error {
	_, err := schema().ParseCriteria([]byte(`{"match":"all","sets":[{"match":"all","conditions":[` + sample(o, operands) + `]}]}`))
	return err
}

// operandsOf is what the operator is followed by; ok is false for one that does not exist.
func operandsOf(o dialect.Op) (operands string, ok bool) {
	every(func(of dialect.Op, op, follows string) {
		if of.Kind == o.Kind && of.Type == o.Type && op == o.Op {
			operands, ok = follows, true
		}
	})
	return operands, ok
}

// The list of the tests is that of the criteria: what it has is accepted, and what is drawn is in it.
func TestTheOperatorsAreThoseOfCriteria(t *testing.T) {
	every(func(of dialect.Op, op, operands string) {
		if of.Op = op; of.Kind == "enrollment" {
			of.Quantifier = "any"
		}
		if err := accepted(of, operands); err != nil {
			t.Errorf("%v: %v", of, err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		w := law.Drawn{}.World(t)
		cond := law.Drawn{}.Condition(t, w.Now, len(w.Users))
		data, err := json.Marshal(groups.AllSets(groups.All(cond)))
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Sets []struct {
				Conditions []struct{ Kind, Field, Op string }
			}
		}
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		has := c.Sets[0].Conditions[0]
		o := dialect.Op{Kind: has.Kind, Op: has.Op}
		if f, ok := law.Schema().Field(has.Field); ok {
			o.Type = f.Type.String()
		}
		if _, ok := operandsOf(o); !ok {
			t.Fatalf("%s is not in the list", data)
		}
	})
}

func TestEveryRowNamesAnOperatorThatCriteriaHave(t *testing.T) {
	for _, p := range dialect.Products() {
		for _, r := range p.Rows {
			operands, ok := operandsOf(r.Ours)
			if !ok {
				t.Errorf("%s: %v: no such operator", p.Name, r)
			} else if err := accepted(r.Ours, operands); err != nil {
				t.Errorf("%s: %v: %v", p.Name, r, err)
			}
		}
	}
}

func TestEveryOperatorOfOursHasARowOrIsListedWithoutOne(t *testing.T) {
	for _, p := range dialect.Products() {
		used := map[int]int{}
		every(func(of dialect.Op, op, _ string) {
			has := slices.ContainsFunc(p.Rows, func(r dialect.Row) bool {
				return r.Ours.Kind == of.Kind && r.Ours.Type == of.Type && r.Ours.Op == op
			})
			missing := slices.IndexFunc(p.Without, func(m dialect.Missing) bool {
				return m.Kind == of.Kind && m.Type == of.Type && (m.Ops == nil || slices.Contains(m.Ops, op))
			})
			used[missing]++
			if has == (missing >= 0) {
				t.Errorf("%s: %s %s %s: has a row %v, is listed without %v", p.Name, of.Kind, of.Type, op, has, missing >= 0)
			}
		})
		for i, m := range p.Without {
			if m.Why == "" || m.Ops != nil && len(m.Ops) != used[i] {
				t.Errorf("%s: %v has no reason, or what does not exist", p.Name, m)
			}
		}
	}
}

func TestThereAndBackIsTheSameOperator(t *testing.T) {
	for _, p := range dialect.Products() {
		exact := 0
		for i, r := range p.Rows {
			if found, ok := p.Find(r.Of, r.Operator); !ok || !reflect.DeepEqual(found, r) {
				t.Errorf("%s: %v is found as %v", p.Name, r, found)
			}
			back := p.For(r.Ours)
			if !slices.Contains(back, r) {
				t.Errorf("%s: %v is not among what its own operator becomes", p.Name, r)
			}
			for _, b := range back {
				if again, _ := p.Find(b.Of, b.Operator); again.Ours != r.Ours {
					t.Errorf("%s: %v becomes %v, which is %v", p.Name, r.Ours, b, again.Ours)
				}
			}
			for _, s := range p.Rows[:i] {
				if r.Exact && r.Of == s.Of && r.Ours == s.Ours {
					t.Errorf("%s: of %s both %q and %q are %v", p.Name, r.Of, r.Operator, s.Operator, r.Ours)
				}
			}
			if r.Exact {
				exact++
			} else if r.Open == "" {
				t.Errorf("%s: %v is not exact, and nothing is open", p.Name, r)
			}
			if (r.Open == "") != (r.Chose == "") {
				t.Errorf("%s: %v leaves something open without a choice, or the reverse", p.Name, r)
			}
		}
		if exact == 0 {
			t.Errorf("%s has nothing exact", p.Name)
		}
	}
	if _, ok := dialect.Named("Cornerstone"); !ok {
		t.Error("no Cornerstone")
	}
	if p, ok := dialect.Named("Nosuch"); ok || len(p.For(dialect.Op{})) > 0 {
		t.Error("a product that there is no table of")
	}
}

func TestProductsAreTheSameThroughJSON(t *testing.T) {
	want := dialect.Products()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got []dialect.Product
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s", data)
	}
	if row := string(data); !strings.Contains(row, `{"of":"Number","operator":"Less than","ours":{"kind":"field","type":"number","op":"less"},"exact":true,`) {
		t.Error(row)
	}
}

func ExampleProduct() {
	cornerstone, _ := dialect.Named("Cornerstone")
	for _, operator := range []string{"Does not include any of", "Is exact match"} {
		row, _ := cornerstone.Find("Multiple checkbox", operator)
		fmt.Println(row)
	}
	row, _ := cornerstone.Find("User", "Is or below")
	fmt.Println(row)
	fmt.Println("  left open:", row.Open)
	fmt.Println("  here:", row.Chose)

	docebo, _ := dialect.Named("Docebo")
	fmt.Println(docebo.For(dialect.Op{Kind: "field", Type: "text", Op: "contains"})[0].Of)
	fmt.Println(len(docebo.For(dialect.Op{Kind: "field", Type: "date", Op: "inLast"})), "rows for inLast")
	// Output:
	// Multiple checkbox, "Does not include any of" is field of type multiChoice: notIncludesAny
	// Multiple checkbox, "Is exact match" is field of type multiChoice: isExactly
	// User, "Is or below" is about user: isOrBelow
	//   left open: it takes in "all of their direct reports in the organization", and the page does not say whether that is one level or all who report to them in turn
	//   here: all of them; with depth 1 only those who report to the user directly, which whoever moves a rule has to ask for
	// User additional field, text
	// 0 rows for inLast
}
