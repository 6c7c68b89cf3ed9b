package groups_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/decimal"
	"pgregory.net/rapid"
)

// A vocabulary is what drawn criteria may name. Criteria drawn from one pass its Schema's Check.
type vocabulary struct {
	schema  *groups.Schema
	units   []string
	users   []groups.UserID
	courses []string
	groups  []groups.GroupID
	texts   *rapid.Generator[string] // operands for texts, not blank
}

// fullVocabulary has fields of every type and operands in every script.
func fullVocabulary() vocabulary {
	options := []groups.Option{{ID: "red", Label: "Red"}, {ID: "grün"}, {ID: "a/b~c", Label: "Odd"}, {ID: "<&>"}}
	return vocabulary{
		schema: &groups.Schema{
			Fields: []groups.Field{
				{Name: "job_title", Type: groups.TypeText, Several: true},
				{Name: "cost/center", Type: groups.TypeText, Exact: true},
				{Name: "colour", Type: groups.TypeChoice, Options: options},
				{Name: "größe", Type: groups.TypeMultiChoice, Options: options},
				{Name: "score", Type: groups.TypeNumber},
				{Name: "hire_date", Type: groups.TypeDate},
				{Name: "last_seen", Type: groups.TypeInstant},
				{Name: "manager", Type: groups.TypeBool},
			},
			EnrollmentStatuses: []string{"enrolled", "in progress", "completed", "durchgefallen: ß"},
			Trees:              []groups.Tree{"branch", "position"},
		},
		units:   []string{"emea", "apac", "日本", "a b", "\"quoted\""},
		users:   []groups.UserID{"u1", "u2", "ζ", "id,with(odd)"},
		courses: []string{"onboarding", "safety", "größe", "c/1"},
		groups:  []groups.GroupID{"g1", "g2", "groupe été"},
		texts: rapid.String().Filter(func(s string) bool {
			return strings.TrimSpace(s) != "" && !strings.ContainsRune(s, 0)
		}),
	}
}

// criteria draws any criteria that can be checked, no criteria among them.
func (v vocabulary) criteria() *rapid.Generator[groups.Criteria] {
	match := rapid.SampledFrom([]groups.Match{groups.MatchAll, groups.MatchAny})
	set := rapid.Custom(func(t *rapid.T) groups.Set {
		return groups.Set{
			Match:      match.Draw(t, "match"),
			Conditions: rapid.SliceOfN(v.condition(), 1, 10).Draw(t, "conditions"),
		}
	})
	return rapid.Custom(func(t *rapid.T) groups.Criteria {
		sets := rapid.SliceOfN(set, 0, 5).Draw(t, "sets")
		if len(sets) == 0 {
			return groups.Criteria{}
		}
		return groups.Criteria{Match: match.Draw(t, "match"), Sets: sets}
	})
}

// condition draws one condition of any kind.
func (v vocabulary) condition() *rapid.Generator[groups.Condition] {
	var kinds []*rapid.Generator[groups.Condition]
	for _, f := range v.schema.Fields {
		kinds = append(kinds, v.field(f))
	}
	return rapid.OneOf(append(kinds, v.unit(), v.user(), v.enrollment(), v.group(), v.status(),
		rapid.Just[groups.Condition](groups.Everyone{}))...)
}

// severalOf draws a list of one or more.
func severalOf[T any](t *rapid.T, from *rapid.Generator[T]) []T {
	return rapid.SliceOfN(from, 1, 4).Draw(t, "operands")
}

// someOf draws one or more of a list, each once.
func someOf[T comparable](t *rapid.T, list []T) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(list), 1, len(list), rapid.ID[T]).Draw(t, "operands")
}

// either draws the condition or its opposite.
func either[C interface{ Not() C }](t *rapid.T, c C) C {
	if rapid.Bool().Draw(t, "negated") {
		return c.Not()
	}
	return c
}

var someWhenEmpty = rapid.SampledFrom([]groups.WhenEmpty{groups.ByOperator, groups.NoMatch, groups.Matches})

func (v vocabulary) field(f groups.Field) *rapid.Generator[groups.Condition] {
	return rapid.Custom(func(t *rapid.T) groups.Condition {
		if rapid.IntRange(0, 9).Draw(t, "isEmpty") == 0 {
			return either(t, groups.TextField(f.Name).IsEmpty())
		}
		var c groups.FieldCondition
		switch f.Type {
		case groups.TypeText:
			c = v.text(t, groups.TextField(f.Name))
		case groups.TypeChoice:
			c = groups.ChoiceField(f.Name).Is(someOf(t, optionIDs(f))...)
		case groups.TypeMultiChoice:
			multi := groups.MultiChoiceField(f.Name)
			op := rapid.SampledFrom([]func(...string) groups.FieldCondition{
				multi.IncludesAny, multi.IncludesAll, multi.IsExactly}).Draw(t, "op")
			c = op(someOf(t, optionIDs(f))...)
		case groups.TypeNumber:
			c = v.number(t, groups.NumberField(f.Name))
		case groups.TypeDate:
			c = v.date(t, groups.DateField(f.Name))
		case groups.TypeInstant:
			c = v.date(t, groups.DateField(f.Name))
			if rapid.Bool().Draw(t, "instants") {
				c = v.instant(t, groups.InstantField(f.Name))
			}
		case groups.TypeBool:
			c = groups.BoolField(f.Name).Is(rapid.Bool().Draw(t, "value"))
		}
		return either(t, c).WhenEmpty(someWhenEmpty.Draw(t, "whenEmpty"))
	})
}

func optionIDs(f groups.Field) []string {
	var ids []string
	for _, o := range f.Options {
		ids = append(ids, o.ID)
	}
	return ids
}

func (v vocabulary) text(t *rapid.T, f groups.TextField) groups.FieldCondition {
	op := rapid.SampledFrom([]func(...string) groups.FieldCondition{
		f.Is, f.Contains, f.StartsWith, f.EndsWith, f.Matches}).Draw(t, "op")
	operands := severalOf(t, v.texts)
	c := op(operands...)
	if c.Op == "matches" {
		for i, s := range operands {
			operands[i] = "^" + regexp.QuoteMeta(s) + "|x+$"
		}
		c = f.Matches(operands...)
	}
	return c
}

// exactNumbers draws numbers with more digits than a float64 has, and as far from 1.
var exactNumbers = rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?(e-?[0-9]{1,3})?`)

// numberOperand makes an operand of a number as JSON has it; only JSON can say more than a float64.
func numberOperand(t interface{ Fatal(...any) }, number string) groups.Literal {
	c, err := groups.ParseCriteria([]byte(oneCondition(`"kind":"field","field":"f","op":"less","value":`+number)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Sets[0].Conditions[0].(groups.FieldCondition).Values[0]
}

func (v vocabulary) number(t *rapid.T, f groups.NumberField) groups.FieldCondition {
	a, b := exactNumbers.Draw(t, "number"), exactNumbers.Draw(t, "number")
	x, _ := decimal.Parse(a)
	if y, _ := decimal.Parse(b); x.Cmp(y) > 0 {
		a, b = b, a
	}
	c := rapid.SampledFrom([]groups.FieldCondition{f.Is(0, 0), f.Is(0), f.Less(0), f.AtMost(0), f.AtLeast(0), f.Greater(0),
		f.Between(0, 0)}).Draw(t, "op")
	c.Values = slices.Clone(c.Values)
	for i := range c.Values {
		c.Values[i] = numberOperand(t, []string{a, b}[i])
	}
	return c
}

var someDay = rapid.Custom(func(t *rapid.T) groups.Date {
	at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "day"), 0).UTC()
	return groups.NewDate(at.Date())
})

func (v vocabulary) date(t *rapid.T, f groups.DateField) groups.FieldCondition {
	if op := rapid.SampledFrom([]func(int, groups.SpanUnit) groups.FieldCondition{nil, f.InLast, f.InNext, f.Ago, f.Ahead,
		f.AnniversaryWithin}).Draw(t, "op"); op != nil {
		return op(rapid.IntRange(1, 3_660_000).Draw(t, "n"), rapid.SampledFrom([]groups.SpanUnit{
			groups.Days, groups.Weeks, groups.Months, groups.Years}).Draw(t, "unit"))
	}
	from, to := someDay.Draw(t, "day"), someDay.Draw(t, "day")
	if from.String() > to.String() {
		from, to = to, from
	}
	return rapid.SampledFrom([]groups.FieldCondition{f.On(from), f.Before(from), f.After(from), f.OnOrBefore(from),
		f.OnOrAfter(from), f.Between(from, to)}).Draw(t, "op")
}

func (v vocabulary) instant(t *rapid.T, f groups.InstantField) groups.FieldCondition {
	draw := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-62135596799, 253402300799).Draw(t, "second"),
			rapid.Int64Range(0, 999_999_999).Draw(t, "nano"))
	})
	from, to := draw.Draw(t, "instant"), draw.Draw(t, "instant")
	if from.After(to) {
		from, to = to, from
	}
	return rapid.SampledFrom([]groups.FieldCondition{f.Before(from), f.After(from), f.OnOrBefore(from), f.OnOrAfter(from),
		f.Between(from, to)}).Draw(t, "op")
}

var someDepth = rapid.SampledFrom([]int{0, 0, 1, 2, math.MaxInt})

func (v vocabulary) unit() *rapid.Generator[groups.Condition] {
	return rapid.Custom(func(t *rapid.T) groups.Condition {
		tree, units := rapid.SampledFrom(v.schema.Trees).Draw(t, "tree"), someOf(t, v.units)
		c := rapid.SampledFrom([]groups.UnitCondition{tree.IsEmpty(), tree.Is(units...), tree.Below(units...),
			tree.IsOrBelow(units...)}).Draw(t, "op")
		if c.Op == "below" || c.Op == "isOrBelow" {
			c = c.ToDepth(someDepth.Draw(t, "depth"))
		}
		if c = either(t, c); c.Op == "isEmpty" {
			return c
		}
		return c.WhenEmpty(someWhenEmpty.Draw(t, "whenEmpty"))
	})
}

func (v vocabulary) user() *rapid.Generator[groups.Condition] {
	return rapid.Custom(func(t *rapid.T) groups.Condition {
		users := someOf(t, v.users)
		c := rapid.SampledFrom([]groups.UserCondition{groups.HasReports(), groups.UserIs(users...),
			groups.UserBelow(users...), groups.UserIsOrBelow(users...)}).Draw(t, "op")
		if c.Op == "below" || c.Op == "isOrBelow" {
			c = c.ToDepth(someDepth.Draw(t, "depth"))
		}
		return either(t, c)
	})
}

func (v vocabulary) enrollment() *rapid.Generator[groups.Condition] {
	return rapid.Custom(func(t *rapid.T) groups.Condition {
		courses := groups.Courses(someOf(t, v.courses)...)
		courses = rapid.SampledFrom([]groups.EnrollmentCondition{courses, courses.All(),
			courses.AtLeast(rapid.IntRange(1, len(courses.Courses)).Draw(t, "k"))}).Draw(t, "quantifier")
		return either(t, rapid.SampledFrom([]groups.EnrollmentCondition{
			courses.AreEnrolled(),
			courses.Are(someOf(t, v.schema.EnrollmentStatuses)...),
			courses.AreCompleted(either(t, v.date(t, groups.CompletionDate))),
		}).Draw(t, "op"))
	})
}

func (v vocabulary) group() *rapid.Generator[groups.Condition] {
	return rapid.Custom(func(t *rapid.T) groups.Condition {
		named := someOf(t, v.groups)
		c := rapid.SampledFrom([]groups.GroupCondition{groups.MemberOfAny(named...), groups.MemberOfAll(named...)}).Draw(t, "op")
		c.OrBelow = rapid.Bool().Draw(t, "orBelow")
		return either(t, c)
	})
}

func (v vocabulary) status() *rapid.Generator[groups.Condition] {
	return rapid.Custom(func(t *rapid.T) groups.Condition {
		return either(t, groups.StatusIs(someOf(t, []groups.UserStatus{
			groups.StatusActive, groups.StatusDeactivated, groups.StatusExpired})...))
	})
}

// sameLiteral lets cmp look at what only package groups can.
var sameLiteral = cmp.Comparer(func(a, b groups.Literal) bool { return a == b })

func TestJSONAndBackIsTheIdentity(t *testing.T) {
	v := fullVocabulary()
	rapid.Check(t, func(t *rapid.T) {
		want := v.criteria().Draw(t, "criteria")
		if err := v.schema.Check(want); err != nil {
			t.Fatalf("drawn criteria are wrong: %v", err)
		}
		data, err := want.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		got, err := groups.ParseCriteria(data, nil)
		if diff := cmp.Diff(want, got, sameLiteral); err != nil || diff != "" {
			t.Fatalf("%s: %v (-want +got):\n%s", data, err, diff)
		}
		if again, err := got.MarshalJSON(); err != nil || string(again) != string(data) {
			t.Fatalf("%s\nis written again as\n%s (%v)", data, again, err)
		}
		// As a part of a document of the host, with HTML escaped by encoding/json.
		type host struct{ Rule groups.Criteria }
		var whole host
		data, err = json.Marshal(host{want})
		if err != nil {
			t.Fatal(err)
		}
		err = json.Unmarshal(data, &whole)
		if diff := cmp.Diff(want, whole.Rule, sameLiteral); err != nil || diff != "" {
			t.Fatalf("%s: %v (-want +got):\n%s", data, err, diff)
		}
	})
}

func TestWordsAreOneLineOfPrintableText(t *testing.T) {
	v := fullVocabulary()
	rapid.Check(t, func(t *rapid.T) {
		c := v.criteria().Draw(t, "criteria")
		for _, s := range []string{c.String(), v.schema.Describe(c)} {
			if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%q", s)
			}
		}
	})
}

// canonicalCriteria is each form of the table in section 8, as it is written.
var canonicalCriteria = []string{
	`{}`,
	`{"match":"any","sets":[{"match":"all","conditions":[{"kind":"everyone"}]},{"match":"any","conditions":[{"kind":"everyone"},{"kind":"everyone"}]}]}`,
	oneCondition(`"kind":"field","field":"job_title","op":"contains","values":["sales"]`),
	oneCondition(`"kind":"field","field":"job_title","op":"notStartsWith","values":["<a> & \"b\"","é\n"]`),
	oneCondition(`"kind":"field","field":"location","op":"isNot","values":["remote"],"whenEmpty":"noMatch"`),
	oneCondition(`"kind":"field","field":"score","op":"is","values":[0.1,-12345678901234567890.5,1e300]`),
	oneCondition(`"kind":"field","field":"score","op":"notAtLeast","value":5,"whenEmpty":"match"`),
	oneCondition(`"kind":"field","field":"score","op":"between","from":1,"to":2.5`),
	oneCondition(`"kind":"field","field":"active","op":"is","values":[true,false]`),
	oneCondition(`"kind":"field","field":"tags","op":"isNotExactly","values":["a","b"]`),
	oneCondition(`"kind":"field","field":"tags","op":"notIncludesAll","values":["a"]`),
	oneCondition(`"kind":"field","field":"hired","op":"notOnOrBefore","value":"2026-01-31"`),
	oneCondition(`"kind":"field","field":"hired","op":"inLast","days":90`),
	oneCondition(`"kind":"field","field":"hired","op":"notAnniversaryWithin","weeks":2`),
	oneCondition(`"kind":"field","field":"hired","op":"isNotEmpty"`),
	oneCondition(`"kind":"unit","tree":"branch","op":"isOrBelow","units":["emea"],"depth":2,"whenEmpty":"match"`),
	oneCondition(`"kind":"unit","tree":"branch","op":"isEmpty"`),
	oneCondition(`"kind":"user","op":"isNotOrBelow","users":["u17"],"depth":1`),
	oneCondition(`"kind":"user","op":"notHasReports"`),
	oneCondition(`"kind":"enrollment","courses":["a","b","c"],"quantifier":"atLeast","k":2,"op":"is","statuses":["completed"]`),
	oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"all","op":"notEnrolled"`),
	oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"any","op":"completed","when":{"op":"inLast","months":12}`),
	oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"any","op":"notCompleted","when":{"op":"notBetween","from":"2025-01-01","to":"2025-12-31"}`),
	oneCondition(`"kind":"group","op":"memberOfAny","groups":["g1","g2"],"orBelow":true`),
	oneCondition(`"kind":"group","op":"notMemberOfAll","groups":["g1"]`),
	oneCondition(`"kind":"status","op":"isNot","statuses":["active","deactivated","expired"]`),
}

// oneCondition is criteria of one condition with these keys.
func oneCondition(keys string) string {
	return `{"match":"all","sets":[{"match":"all","conditions":[{` + keys + `}]}]}`
}

func TestCanonicalJSON(t *testing.T) {
	for _, want := range canonicalCriteria {
		c, err := groups.ParseCriteria([]byte(want), nil)
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if got, err := c.MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("%s is written as\n%s (%v)", want, got, err)
		}
	}
}

func TestOtherSpellingsAreReadToo(t *testing.T) {
	for _, tc := range []struct{ why, in, want string }{
		{"order and white space say nothing",
			"{ \"sets\":[{\"conditions\":[{\"op\":\"is\",\"units\":[\"a\"],\n\"tree\":\"t\",\"kind\":\"unit\"}],\"match\":\"all\"}],\"match\":\"all\"}\n",
			oneCondition(`"kind":"unit","tree":"t","op":"is","units":["a"]`)},
		{"false is the absence of true",
			oneCondition(`"kind":"group","orBelow":false,"op":"memberOfAny","groups":["g"]`),
			oneCondition(`"kind":"group","op":"memberOfAny","groups":["g"]`)},
		{"90.0 is a whole number",
			oneCondition(`"kind":"field","field":"f","op":"ago","days":90.0`),
			oneCondition(`"kind":"field","field":"f","op":"ago","days":90`)},
		{"numbers have one spelling",
			oneCondition(`"kind":"field","field":"f","op":"is","values":[1.50,-0,1E2]`),
			oneCondition(`"kind":"field","field":"f","op":"is","values":[1.5,0,100]`)},
		{"escapes are characters",
			oneCondition(`"kind":"field","field":"f","op":"is","values":["\u00e9\ud83d\ude00"]`),
			oneCondition(`"kind":"field","field":"f","op":"is","values":["é😀"]`)},
	} {
		c, err := groups.ParseCriteria([]byte(tc.in), nil)
		if err != nil {
			t.Errorf("%s: %v", tc.why, err)
			continue
		}
		if got, err := c.MarshalJSON(); err != nil || string(got) != tc.want {
			t.Errorf("%s: %s is written as\n%s (%v)", tc.why, tc.in, got, err)
		}
	}
}

func TestRefusedDocuments(t *testing.T) {
	const at = "/sets/0/conditions/0"
	list := func(n int, item string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	everyone := `{"match":"all","conditions":[{"kind":"everyone"}]}`
	for _, tc := range []struct {
		why, in string
		at      string
		err     error
	}{
		{"nothing at all", ``, "", groups.ErrSyntax},
		{"not JSON", `{match}`, "", groups.ErrSyntax},
		{"cut off", `{"match":"all","sets":[`, "/sets/0", groups.ErrSyntax},
		{"bytes behind the document", `{} {}`, "", groups.ErrSyntax},
		{"a comma too many", `{"match":"all",}`, "", groups.ErrSyntax},
		{"null is not no criteria", `null`, "", groups.ErrSyntax},
		{"a list of sets is not criteria", `[]`, "", groups.ErrSyntax},
		{"20,000 deep", strings.Repeat("[", 20000), strings.Repeat("/0", 16), groups.ErrSyntax},
		{"20,000 deep where operands are", oneCondition(`"kind":"field","field":"f","op":"is","values":` + strings.Repeat("[", 20000)),
			at + "/values" + strings.Repeat("/0", 11), groups.ErrSyntax},
		{"two readers would see two criteria", `{"match":"all","match":"any","sets":[` + everyone + `]}`, "/match", groups.ErrSyntax},
		{"the same in a condition", oneCondition(`"kind":"everyone","kind":"everyone"`), at + "/kind", groups.ErrSyntax},
		{"the same by an escape", oneCondition(`"kind":"everyone","k\u0069nd":"everyone"`), at + "/kind", groups.ErrSyntax},
		{"invalid UTF-8", oneCondition(`"kind":"field","field":"f","op":"is","values":["` + "\xff" + `"]`), at + "/values/0", groups.ErrSyntax},
		{"half a character", oneCondition(`"kind":"field","field":"f","op":"is","values":["\ud83d"]`), at + "/values/0", groups.ErrSyntax},
		{"no database keeps NUL", oneCondition(`"kind":"field","field":"f","op":"is","values":["\u0000"]`), at + "/values/0", groups.ErrSyntax},
		{"match without sets", `{"match":"all"}`, "/sets", groups.ErrSyntax},
		{"sets without match", `{"sets":[` + everyone + `]}`, "/match", groups.ErrSyntax},
		{"a set without match", `{"match":"all","sets":[{"conditions":[{"kind":"everyone"}]}]}`, "/sets/0/match", groups.ErrSyntax},
		{"no sets", `{"match":"all","sets":[]}`, "/sets", groups.ErrEmpty},
		{"a set without conditions", `{"match":"all","sets":[{"match":"all","conditions":[]}]}`, "/sets/0/conditions", groups.ErrEmpty},
		{"a set without the list", `{"match":"all","sets":[{"match":"all"}]}`, "/sets/0/conditions", groups.ErrSyntax},
		{"sets that are one set", `{"match":"all","sets":` + everyone + `}`, "/sets", groups.ErrSyntax},
		{"a match that does not exist", `{"match":"most","sets":[` + everyone + `]}`, "/match", groups.ErrUnknown},
		{"a match in another case", `{"match":"All","sets":[` + everyone + `]}`, "/match", groups.ErrUnknown},
		{"a match of another type", `{"match":true,"sets":[` + everyone + `]}`, "/match", groups.ErrSyntax},
		{"a key that does not exist", `{"match":"all","sets":[` + everyone + `],"name":"x"}`, "/name", groups.ErrSyntax},
		{"a key in another case", `{"match":"all","sets":[` + everyone + `],"Match":"any"}`, "/Match", groups.ErrSyntax},
		{"a key with odd characters", `{"match":"all","sets":[` + everyone + `],"a/b~":1}`, "/a~1b~0", groups.ErrSyntax},
		{"a condition that is null", `{"match":"all","sets":[{"match":"all","conditions":[null]}]}`, at, groups.ErrSyntax},
		{"a condition of no kind", oneCondition(`"op":"is"`), at + "/kind", groups.ErrSyntax},
		{"a kind that does not exist", oneCondition(`"kind":"role","op":"is"`), at + "/kind", groups.ErrUnknown},
		{"a window is no condition", oneCondition(`"kind":"when","op":"inLast","days":1`), at + "/kind", groups.ErrUnknown},
		{"a kind of another type", oneCondition(`"kind":["field"]`), at + "/kind", groups.ErrSyntax},
		{"no operator", oneCondition(`"kind":"user","users":["u"]`), at + "/op", groups.ErrSyntax},
		{"an operator that does not exist", oneCondition(`"kind":"field","field":"f","op":"equals","values":["a"]`), at + "/op", groups.ErrUnknown},
		{"an operator in another case", oneCondition(`"kind":"field","field":"f","op":"IS","values":["a"]`), at + "/op", groups.ErrUnknown},
		{"an operator of another kind", oneCondition(`"kind":"user","op":"contains","users":["u"]`), at + "/op", groups.ErrUnknown},
		{"a negation of our own", oneCondition(`"kind":"field","field":"f","op":"notIs","values":["a"]`), at + "/op", groups.ErrUnknown},
		{"null for an operator", oneCondition(`"kind":"field","field":"f","op":null,"values":["a"]`), at + "/op", groups.ErrSyntax},
		{"everyone has no operator", oneCondition(`"kind":"everyone","op":"is"`), at + "/op", groups.ErrOperand},
		{"a key in another case in a condition", oneCondition(`"kind":"user","op":"is","users":["u"],"Depth":1`), at + "/Depth", groups.ErrSyntax},
		{"no field", oneCondition(`"kind":"field","op":"isEmpty"`), at + "/field", groups.ErrOperand},
		{"a blank field", oneCondition(`"kind":"field","field":"","op":"isEmpty"`), at + "/field", groups.ErrOperand},
		{"a field that is a number", oneCondition(`"kind":"field","field":1,"op":"isEmpty"`), at + "/field", groups.ErrOperand},
		{"no values", oneCondition(`"kind":"field","field":"f","op":"is"`), at + "/values", groups.ErrOperand},
		{"an empty list of values", oneCondition(`"kind":"field","field":"f","op":"is","values":[]`), at + "/values", groups.ErrEmpty},
		{"a value that is null", oneCondition(`"kind":"field","field":"f","op":"is","values":["a",null]`), at + "/values/1", groups.ErrOperand},
		{"a value that is a list", oneCondition(`"kind":"field","field":"f","op":"is","values":[["a"]]`), at + "/values/0", groups.ErrOperand},
		{"values that are no list", oneCondition(`"kind":"field","field":"f","op":"is","values":"a"`), at + "/values", groups.ErrOperand},
		{"a number that nobody can hold", oneCondition(`"kind":"field","field":"f","op":"less","value":1e1000001`), at + "/value", groups.ErrOperand},
		{"one end of a range", oneCondition(`"kind":"field","field":"f","op":"between","from":1`), at + "/to", groups.ErrOperand},
		{"an operand that isEmpty has no use for", oneCondition(`"kind":"field","field":"f","op":"isEmpty","values":["a"]`), at + "/values", groups.ErrOperand},
		{"isEmpty answers itself", oneCondition(`"kind":"field","field":"f","op":"isEmpty","whenEmpty":"match"`), at + "/whenEmpty", groups.ErrOperand},
		{"fields have no depth", oneCondition(`"kind":"field","field":"f","op":"is","values":["a"],"depth":1`), at + "/depth", groups.ErrOperand},
		{"an answer that does not exist", oneCondition(`"kind":"field","field":"f","op":"is","values":["a"],"whenEmpty":"unknown"`), at + "/whenEmpty", groups.ErrUnknown},
		{"no length of time", oneCondition(`"kind":"field","field":"f","op":"inLast"`), at, groups.ErrOperand},
		{"two lengths of time", oneCondition(`"kind":"field","field":"f","op":"inLast","weeks":1,"days":3`), at + "/days", groups.ErrOperand},
		{"zero days", oneCondition(`"kind":"field","field":"f","op":"inLast","days":0`), at + "/days", groups.ErrOperand},
		{"half a day", oneCondition(`"kind":"field","field":"f","op":"inLast","days":0.5`), at + "/days", groups.ErrOperand},
		{"more days than can be counted", oneCondition(`"kind":"field","field":"f","op":"inLast","days":9223372036854775808`), at + "/days", groups.ErrOperand},
		{"days as a string", oneCondition(`"kind":"field","field":"f","op":"inLast","days":"90"`), at + "/days", groups.ErrOperand},
		{"no tree", oneCondition(`"kind":"unit","op":"is","units":["a"]`), at + "/tree", groups.ErrOperand},
		{"a unit that is a number", oneCondition(`"kind":"unit","tree":"t","op":"is","units":["a",7]`), at + "/units/1", groups.ErrOperand},
		{"is does not walk", oneCondition(`"kind":"unit","tree":"t","op":"is","units":["a"],"depth":2`), at + "/depth", groups.ErrOperand},
		{"depth from 1 on", oneCondition(`"kind":"unit","tree":"t","op":"below","units":["a"],"depth":0`), at + "/depth", groups.ErrOperand},
		{"users are never empty", oneCondition(`"kind":"user","op":"is","users":["u"],"whenEmpty":"match"`), at + "/whenEmpty", groups.ErrOperand},
		{"no quantifier", oneCondition(`"kind":"enrollment","courses":["a"],"op":"enrolled"`), at + "/quantifier", groups.ErrOperand},
		{"a quantifier that does not exist", oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"most","op":"enrolled"`), at + "/quantifier", groups.ErrUnknown},
		{"atLeast how many", oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"atLeast","op":"enrolled"`), at + "/k", groups.ErrOperand},
		{"a k for any", oneCondition(`"kind":"enrollment","courses":["a"],"k":1,"quantifier":"any","op":"enrolled"`), at + "/k", groups.ErrOperand},
		{"completed when", oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"any","op":"completed"`), at + "/when", groups.ErrOperand},
		{"a window of no dates", oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"any","op":"completed","when":{"op":"is","values":["a"]}`), at + "/when/op", groups.ErrUnknown},
		{"a window is never empty", oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"any","op":"completed","when":{"op":"isEmpty"}`), at + "/when/op", groups.ErrUnknown},
		{"a window has no kind", oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"any","op":"completed","when":{"kind":"field","op":"inLast","days":1}`), at + "/when/kind", groups.ErrSyntax},
		{"a window that is a string", oneCondition(`"kind":"enrollment","courses":["a"],"quantifier":"any","op":"completed","when":"ever"`), at + "/when", groups.ErrOperand},
		{"no groups", oneCondition(`"kind":"group","op":"memberOfAny","groups":[]`), at + "/groups", groups.ErrEmpty},
		{"orBelow as a string", oneCondition(`"kind":"group","op":"memberOfAny","groups":["g"],"orBelow":"true"`), at + "/orBelow", groups.ErrOperand},
		{"a status that does not exist", oneCondition(`"kind":"status","op":"is","statuses":["active","asleep"]`), at + "/statuses/1", groups.ErrUnknown},
		{"51 sets", `{"match":"all","sets":` + list(51, everyone) + `}`, "/sets", groups.ErrLimit},
		{"11 conditions", `{"match":"all","sets":[{"match":"all","conditions":` + list(11, `{"kind":"everyone"}`) + `}]}`, "/sets/0/conditions", groups.ErrLimit},
		{"2,001 operands", oneCondition(`"kind":"field","field":"f","op":"is","values":` + list(2001, "1")), at + "/values", groups.ErrLimit},
		{"2,001 users", oneCondition(`"kind":"user","op":"is","users":` + list(2001, `"u"`)), at + "/users", groups.ErrLimit},
		{"5,001 bytes of text", oneCondition(`"kind":"field","field":"f","op":"is","values":["` + strings.Repeat("é", 2500) + `x"]`), at + "/values/0", groups.ErrLimit},
		{"5,001 bytes of ID", oneCondition(`"kind":"user","op":"is","users":["` + strings.Repeat("x", 5001) + `"]`), at + "/users/0", groups.ErrLimit},
		{"more than a mebibyte", `{}` + strings.Repeat(" ", 1<<20-1), "", groups.ErrLimit},
	} {
		c, err := groups.ParseCriteria([]byte(tc.in), nil)
		refused, ok := errors.AsType[*groups.CriteriaError](err)
		if !ok || len(refused.Problems) != 1 || len(c.Sets) > 0 {
			t.Errorf("%s: %v, %v", tc.why, c, err)
			continue
		}
		if p := refused.Problems[0]; p.Pointer != tc.at || p.Err != tc.err || !errors.Is(err, tc.err) {
			t.Errorf("%s: at %q (%v): %s\nwant it at %q (%v)", tc.why, p.Pointer, p.Err, p.Text, tc.at, tc.err)
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than a line: %q", tc.why, err)
		}
		var read groups.Criteria
		if err := json.Unmarshal([]byte(tc.in), &read); err == nil && tc.err != groups.ErrLimit {
			t.Errorf("%s: encoding/json reads it", tc.why)
		}
	}
}

func TestAllProblemsAtOnceInTheirOrder(t *testing.T) {
	_, err := groups.ParseCriteria([]byte(`{"match":"some","sets":[
		{"match":"all","conditions":[]},
		{"conditions":[
			{"kind":"group","groups":[],"op":"memberOfSome","x":1},
			{"kind":"field","field":"f","days":1.5,"op":"ago","years":2,"values":[]},
			{"op":"is"},
			{"kind":"status","statuses":["x",1,"active"],"op":"is"}]},
		7],
		"a\nb":null}`), nil)
	want := `/match: must be one of [all any], is "some"
/sets/0/conditions: has no conditions
/sets/1/conditions/0/op: no operator "memberOfSome" for "group"
/sets/1/conditions/0/x: unknown key "x"
/sets/1/conditions/1/days: must be a whole number of at least 1, is 1.5
/sets/1/conditions/1/years: one of days, weeks, months and years is enough
/sets/1/conditions/1/values: does not go with "ago"
/sets/1/conditions/2/kind: is missing
/sets/1/conditions/3/statuses/0: no status "x" of users
/sets/1/conditions/3/statuses/1: must be of type string, is number
/sets/1/match: is missing
/sets/2: must be of type object, is number
/a\nb: unknown key "a\nb"`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	refused, _ := errors.AsType[*groups.CriteriaError](err)
	under := refused.Under("/groups/3/criteria")
	if got := under.Problems[1].Pointer; got != "/groups/3/criteria/sets/0/conditions" || refused.Problems[1].Pointer != "/sets/0/conditions" {
		t.Errorf("under a prefix it is at %q, and was at %q", got, refused.Problems[1].Pointer)
	}
}

func TestWhatJSONCannotSayIsNotWritten(t *testing.T) {
	const at = "/sets/0/conditions/0"
	name := groups.TextField("name")
	for _, tc := range []struct {
		why string
		c   groups.Condition
		at  string
	}{
		{"nil", nil, at + "/kind"},
		{"a pointer, which is a Condition for Go only", &groups.Everyone{}, at + "/kind"},
		{"no operator", groups.FieldCondition{Field: "f"}, at + "/op"},
		{"an operator in its JSON spelling", groups.UserCondition{Op: "isNot", Users: []groups.UserID{"u"}}, at + "/op"},
		{"no operands", name.Is(), at + "/values"},
		{"an operand that is none", groups.FieldCondition{Field: "f", Test: groups.Test{Op: "is", Values: []groups.Literal{{}}}}, at + "/values/0"},
		{"NaN", groups.NumberField("f").Less(math.NaN()), at + "/value"},
		{"text that is no text", name.Is("\xff"), at + "/values/0"},
		{"NUL", name.Is("\x00"), at + "/values/0"},
		{"a negative depth", groups.UserBelow("u").ToDepth(-1), at + "/depth"},
		{"a depth that is lost", groups.UserIs("u").ToDepth(1), at + "/depth"},
		{"a unit of time that does not exist", groups.DateField("f").InLast(1, 4), at + "/groups.SpanUnit(4)"},
		{"zero days", groups.DateField("f").InLast(0, groups.Days), at},
		{"a k that is lost", groups.EnrollmentCondition{Courses: []string{"a"}, K: 1, Op: "enrolled"}, at + "/k"},
		{"a window that is lost", groups.Courses("a").AreCompleted(groups.CompletionDate.InLast(1, groups.Days)).AreEnrolled(), at + "/when"},
		{"a status that does not exist", groups.StatusIs(9), at + "/statuses/0"},
		{"an answer that does not exist", name.Is("a").WhenEmpty(9), at + "/whenEmpty"},
		{"an answer that is lost", name.IsEmpty().WhenEmpty(groups.Matches), at + "/whenEmpty"},
	} {
		out, err := groups.AllSets(groups.All(tc.c)).MarshalJSON()
		refused, ok := errors.AsType[*groups.CriteriaError](err)
		if !ok || out != nil || refused.Problems[0].Pointer != tc.at {
			t.Errorf("%s: %s, %v; want a problem at %s", tc.why, out, err, tc.at)
		}
	}
	for _, c := range []groups.Criteria{groups.AllSets(groups.All()), {Match: 7, Sets: []groups.Set{groups.All(groups.Everyone{})}}} {
		if out, err := json.Marshal(c); err == nil {
			t.Errorf("written as %s", out)
		}
	}
}

func TestProblemsAreNeverManyTimesTheDocument(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`{"kind":"user","op":"is","users":[`+strings.TrimSuffix(strings.Repeat("0,", 2000), ",")+`]},`, 10), ",")
	_, err := groups.ParseCriteria([]byte(`{"match":"all","sets":[{"match":"all","conditions":[`+many+`]}]}`), nil)
	if refused, ok := errors.AsType[*groups.CriteriaError](err); !ok || len(refused.Problems) != 1000 {
		t.Errorf("%.200v", err)
	}
}

func FuzzParseCriteria(f *testing.F) {
	for _, s := range canonicalCriteria {
		f.Add([]byte(s))
	}
	f.Add([]byte(`{"match":"all","match":null,"sets":[{"conditions":[{"kind":"field","op":1e9,"days":-1}]}]} x`))
	boundless := &groups.Limits{Bytes: math.MaxInt, OperandBytes: math.MaxInt} // canonical may be longer
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := groups.ParseCriteria(data, nil)
		if err != nil {
			refused, ok := errors.AsType[*groups.CriteriaError](err)
			if !ok || len(refused.Problems) == 0 || len(c.Sets) > 0 {
				t.Fatalf("%v, %#v", c, err)
			}
			return
		}
		out, err := c.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := groups.ParseCriteria(out, boundless)
		if diff := cmp.Diff(c, again, sameLiteral); err != nil || diff != "" {
			t.Fatalf("%s: %v (-want +got):\n%s", out, err, diff)
		}
		if twice, err := again.MarshalJSON(); err != nil || string(twice) != string(out) {
			t.Fatalf("%s\nis written again as\n%s (%v)", out, twice, err)
		}
		if s := c.String(); strings.ContainsAny(s, "\r\n") {
			t.Fatalf("%q", s)
		}
	})
}
