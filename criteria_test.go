package groups_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/grouprules/groups"
)

func TestAnOperatorThatDoesNotFitItsFieldDoesNotCompile(t *testing.T) {
	for _, c := range []struct {
		field any
		has   string
		hasNo []string
	}{
		{groups.TextField(""), "Contains", []string{"Before", "AtLeast", "IncludesAny", "InLast", "IsOrBelow"}},
		{groups.ChoiceField(""), "IsNot", []string{"Contains", "Less", "IncludesAll", "On"}},
		{groups.MultiChoiceField(""), "IsExactly", []string{"Is", "StartsWith", "Between"}},
		{groups.NumberField(""), "AtMost", []string{"Contains", "Before", "InNext", "IncludesAny"}},
		{groups.DateField(""), "AnniversaryWithin", []string{"Is", "Contains", "Less", "IsOrBelow"}},
		{groups.InstantField(""), "OnOrAfter", []string{"Is", "On", "Matches", "Greater"}},
		{groups.BoolField(""), "Is", []string{"IsNot", "Contains", "Between"}},
		{groups.Tree(""), "IsOrBelow", []string{"Contains", "Before", "IncludesAny"}},
	} {
		typ := reflect.TypeOf(c.field)
		if _, ok := typ.MethodByName(c.has); !ok {
			t.Errorf("%v has no operator %s", typ, c.has)
		}
		for _, op := range c.hasNo {
			if _, ok := typ.MethodByName(op); ok {
				t.Errorf("%v has the operator %s", typ, op)
			}
		}
	}
}

func TestTheOppositeOfTheOppositeIsTheCondition(t *testing.T) {
	const Dept groups.TextField = "dept"
	for _, c := range []groups.FieldCondition{
		Dept.Is("a"), Dept.IsNot("a").WhenEmpty(groups.NoMatch), Dept.Is("a").WhenEmpty(groups.Matches), Dept.IsEmpty(),
	} {
		if got := c.Not().Not(); !reflect.DeepEqual(got, c) {
			t.Errorf("%v became %v", c, got)
		}
		if reflect.DeepEqual(c.Not(), c) {
			t.Errorf("%v is its own opposite", c)
		}
	}
}

func TestReferencesAreTheGroupsThatConditionsName(t *testing.T) {
	c := groups.AnySets(
		groups.All(groups.MemberOfAny("b", "a"), groups.MemberOfAll("c").WithBelow().Not()),
		groups.All(groups.MemberOfAny("a").WithBelow(), groups.Everyone{}),
	)
	named, orBelow := c.References()
	if !reflect.DeepEqual(named, []groups.GroupID{"a", "b", "c"}) || !reflect.DeepEqual(orBelow, []groups.GroupID{"a", "c"}) {
		t.Errorf("got %v and %v", named, orBelow)
	}
}

func TestAnOperandOfManyDigitsIsTheOneThatJSONReads(t *testing.T) {
	s := &groups.Schema{Fields: []groups.Field{{Name: "n", Type: groups.TypeNumber}}}
	for text, ok := range map[string]bool{"12345678901234567890.123456789": true, "-0.10": true, "1e400": true, "x": false, "": false, "1_0": false} {
		built := groups.AllSets(groups.All(groups.FieldCondition{Field: "n", Test: groups.Test{Op: "is", Values: []groups.Literal{groups.Lit(json.Number(text))}}}))
		if err := s.Check(built); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
		if !ok {
			continue
		}
		read, err := groups.ParseCriteria([]byte(`{"match":"all","sets":[{"match":"all","conditions":[{"kind":"field","field":"n","op":"is","values":[`+text+`]}]}]}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read, built) {
			t.Errorf("%s: %v is not %v", text, built, read)
		}
	}
}
