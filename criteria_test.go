package groups_test

import (
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
