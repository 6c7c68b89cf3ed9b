package groups_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

// This file shows what schemas and criteria are refused, with everything at once and each problem at
// its pointer. It has the rows of the table of bad inputs (badinput_test.go) that are about rules.

func TestValidateRefusesSchemasThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields []groups.Field
		want   string // of the text, "" where it is fine
	}{
		{"the reserved names as texts", []groups.Field{{Name: "name", Type: groups.TypeText, Label: "Full name"}, {Name: "email", Type: groups.TypeText, Exact: true}}, ""},
		{"a name with white space inside and other scripts", []groups.Field{{Name: "job title / größe 日本", Type: groups.TypeText}}, ""},
		{"a blank name", []groups.Field{{Type: groups.TypeText}}, "blank"},
		{"white space at an end", []groups.Field{{Name: "x\u00a0", Type: groups.TypeText}}, "white space"},
		{"a control character", []groups.Field{{Name: "a\x1bb", Type: groups.TypeText}}, "invisible"},
		{"zero width", []groups.Field{{Name: "a\u200bb", Type: groups.TypeText}}, "invisible"},
		{"a bidi override", []groups.Field{{Name: "a\u202eb", Type: groups.TypeText}}, "invisible"},
		{"the name id", []groups.Field{{Name: "id", Type: groups.TypeText}}, "reserved"},
		{"the name username as a number", []groups.Field{{Name: "username", Type: groups.TypeNumber}}, "reserved"},
		{"a name twice", []groups.Field{{Name: "x", Type: groups.TypeText}, {Name: "x", Type: groups.TypeDate}}, "twice"},
		{"no type", []groups.Field{{Name: "x"}}, "no type"},
		{"an unknown type", []groups.Field{{Name: "x", Type: 99}}, "no type"},
		{"an exact number", []groups.Field{{Name: "x", Type: groups.TypeNumber, Exact: true}}, "only a text"},
		{"several dates", []groups.Field{{Name: "x", Type: groups.TypeDate, Several: true}}, "only a text"},
		{"options of a text", []groups.Field{{Name: "x", Type: groups.TypeText, Options: []groups.Option{{ID: "a"}}}}, "cannot have options"},
		{"an option without ID", []groups.Field{{Name: "x", Type: groups.TypeChoice, Options: []groups.Option{{Label: "A"}}}}, "blank"},
		{"an option with white space", []groups.Field{{Name: "x", Type: groups.TypeMultiChoice, Options: []groups.Option{{ID: "a "}}}}, "white space"},
		{"an option twice", []groups.Field{{Name: "x", Type: groups.TypeChoice, Options: []groups.Option{{ID: "a"}, {ID: "a"}}}}, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &groups.Schema{Fields: c.fields}
			err := s.Validate()
			if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, groups.ErrSchema) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v", err)
			}
			m := groups.NewMemory()
			if written := m.Write(t.Context(), groups.PeopleChange{Schema: s}); (written == nil) != (err == nil) {
				t.Errorf("writing it: %v", written)
			}
		})
	}
	all := groups.Schema{Fields: []groups.Field{{}, {Name: "id", Type: groups.TypeText}, {Name: "x", Type: groups.TypeBool, Several: true, Options: []groups.Option{{}}}}}
	if n := len(strings.Split(fmt.Sprint(all.Validate()), "\n")); n != 6 {
		t.Errorf("%d problems, not all at once: %v", n, all.Validate())
	}
}

func TestFieldFindsTheReservedOnes(t *testing.T) {
	s := &groups.Schema{Fields: []groups.Field{{Name: "email", Type: groups.TypeText, Exact: true}}}
	for name, want := range map[string]string{"id": "text true", "username": "text false", "email": "text true", "name": "text false", "ID": "none", "": "none"} {
		got := "none"
		if f, ok := s.Field(name); ok {
			got = fmt.Sprint(f.Type, " ", f.Exact)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

// schemaOfAll has a field of every type.
func schemaOfAll() *groups.Schema {
	return &groups.Schema{
		Fields: []groups.Field{
			{Name: "text", Type: groups.TypeText}, {Name: "choice", Type: groups.TypeChoice}, {Name: "multi", Type: groups.TypeMultiChoice},
			{Name: "number", Type: groups.TypeNumber}, {Name: "date", Type: groups.TypeDate}, {Name: "instant", Type: groups.TypeInstant},
			{Name: "bool", Type: groups.TypeBool}, {Name: "secret", Type: groups.TypeText, NotForCriteria: true},
		},
		Trees: []groups.Tree{"org"},
	}
}

// schemaProblems are those of one condition in short: "pointer sentinel", the pointer from the
// condition on.
func schemaProblems(t *testing.T, c groups.Condition) string {
	t.Helper()
	err := schemaOfAll().Check(groups.AllSets(groups.All(c)))
	all, ok := errors.AsType[*groups.CriteriaError](err)
	if err != nil && !ok {
		t.Fatalf("not a CriteriaError: %v", err)
	}
	if !ok {
		return ""
	}
	var out []string
	for _, p := range all.Problems {
		if !errors.Is(err, p) || p.Text == "" {
			t.Errorf("%v is not wrapped, or says nothing", p)
		}
		out = append(out, strings.TrimPrefix(p.Pointer, "/sets/0/conditions/0")+" "+p.Err.Error())
	}
	return strings.Join(out, "; ")
}

func TestOperatorsGoWithTheirTypesOnly(t *testing.T) {
	ops := strings.Fields("is contains startsWith endsWith matches includesAny includesAll isExactly less atMost atLeast greater between " +
		"on before after onOrBefore onOrAfter inLast inNext ago ahead anniversaryWithin isEmpty below isOrBelow hasReports enrolled completed memberOfAny memberOfAll isNot")
	dates := "on before after onOrBefore onOrAfter between inLast inNext ago ahead anniversaryWithin isEmpty"
	fit := map[string]string{
		"text": "is contains startsWith endsWith matches isEmpty", "choice": "is isEmpty", "multi": "includesAny includesAll isExactly isEmpty",
		"number": "is less atMost atLeast greater between isEmpty", "date": dates, "instant": dates, "bool": "is isEmpty",
		"unit": "is below isOrBelow isEmpty", "user": "is below isOrBelow hasReports", "enrollment": "is enrolled completed", "group": "memberOfAny memberOfAll",
	}
	for what, fitting := range fit {
		for _, op := range append(ops, "", "IS") {
			op := groups.Op(op)
			var c groups.Condition = groups.FieldCondition{Field: what, Test: groups.Test{Op: op}}
			switch what {
			case "unit":
				c = groups.UnitCondition{Tree: "org", Op: op}
			case "user":
				c = groups.UserCondition{Op: op}
			case "enrollment":
				c = groups.EnrollmentCondition{Op: op, Courses: []string{"x"}}
			case "group":
				c = groups.GroupCondition{Op: op, Groups: []groups.GroupID{"x"}}
			}
			// Without operands other things are wrong as well.
			unknown := strings.HasPrefix(schemaProblems(t, c), "/op ") || strings.Contains(schemaProblems(t, c), "; /op ")
			if fits := op != "" && slices.Contains(strings.Fields(fitting), string(op)); fits == unknown {
				t.Errorf("%q for %s: %q", op, what, schemaProblems(t, c))
			}
		}
	}
}

func TestCheckLocatesEveryProblem(t *testing.T) {
	const (
		text    groups.TextField    = "text"
		choice  groups.ChoiceField  = "choice"
		number  groups.NumberField  = "number"
		date    groups.DateField    = "date"
		instant groups.InstantField = "instant"
		org     groups.Tree         = "org"
	)
	span := groups.Span{N: 1}
	lit := func(values ...any) (out []groups.Literal) {
		for _, v := range values {
			out = append(out, groups.Lit(v))
		}
		return out
	}
	field := func(name string, op groups.Op, values ...any) groups.FieldCondition {
		return groups.FieldCondition{Field: name, Test: groups.Test{Op: op, Values: lit(values...)}}
	}
	courses := groups.Courses("a", "b")
	day := groups.NewDate(2026, 1, 31)
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name      string
		condition groups.Condition
		want      string // unknown, operand, empty and limit stand for the sentinels
	}{
		{"fine", text.Is("x"), ""},
		{"no condition", nil, " unknown"},
		{"a field that is not there", groups.TextField("ghost").Is("x"), "/field unknown"},
		{"a field not for criteria", groups.TextField("secret").IsEmpty(), "/field unknown"},
		{"the ID", groups.ID.Is("x"), ""},
		{"no values", text.Is(), "/values empty"},
		{"blank values", text.Is("", "x", " \u00a0\t"), "/values/0 operand; /values/2 operand"},
		{"a number for a text", field("text", "is", 1), "/values/0 operand"},
		{"a text for a number", field("number", "is", 1, "1"), "/values/1 operand"},
		{"a literal of nothing", field("number", "is", []int{1}), "/values/0 operand"},
		{"a truth for a choice", field("choice", "is", true), "/values/0 operand"},
		{"a text for a truth", field("bool", "is", "true"), "/values/0 operand"},
		{"too many values", field("number", "less", 1, 2), " operand"},
		{"a value too few", field("number", "between", 1), " operand"},
		{"from after to", number.Between(2, 1), "/to operand"},
		{"from is to", number.Between(1, 1), ""},
		{"values that empty does not take", field("text", "isEmpty", "x"), "/values operand"},
		{"a length that a text does not take", groups.FieldCondition{Field: "text", Test: groups.Test{Op: "is", Values: lit("x"), Span: span}}, "/days operand"},
		{"values that a length does not take", groups.FieldCondition{Field: "date", Test: groups.Test{Op: "inLast", Values: lit("x"), Span: span}}, "/values operand"},
		{"an answer of its own for empty", text.IsEmpty().WhenEmpty(groups.Matches), "/whenEmpty operand"},
		{"an answer for empty that does not exist", text.Is("x").WhenEmpty(9), "/whenEmpty unknown"},
		{"no length", date.InLast(0, groups.Days), "/days operand"},
		{"a negative length", date.Ahead(-1, groups.Months), "/months operand"},
		{"a length beyond all dates", date.Ago(math.MaxInt, groups.Years), "/years operand"},
		{"a day that is none", date.On(groups.NewDate(2026, 2, 29)), "/value operand"},
		{"no day at all", field("date", "before", "0000-00-00"), "/value operand"},
		{"two digits for a year", field("date", "after", "26-01-31"), "/value operand"},
		{"day and month in doubt", field("date", "after", "01/02/2026"), "/value operand"},
		{"the last day", date.OnOrBefore(groups.NewDate(9999, 12, 31)), ""},
		{"an instant for a day", field("date", "before", noon), "/value operand"},
		{"an instant without its zone", field("instant", "before", "2026-01-31T12:00:00"), "/value operand"},
		{"a day for an instant", field("instant", "before", "2026-01-31"), ""},
		{"on an instant", field("instant", "on", noon), "/value operand"},
		{"days in the wrong order", date.Between(day, groups.NewDate(2025, 1, 1)), "/to operand"},
		{"instants in the wrong order", instant.Between(noon, noon.Add(-1)), "/to operand"},
		{"a blank tree", groups.Tree("").Is("x"), "/tree operand"},
		{"no units", org.Is(), "/units empty"},
		{"a unit with white space", org.Below("x", " x"), "/units/1 operand"},
		{"a negative depth", org.Below("x").ToDepth(-1), "/depth operand"},
		{"a depth without a walk", org.Is("x").ToDepth(1), "/depth operand"},
		{"units that empty does not take", groups.UnitCondition{Tree: "org", Op: "isEmpty", Units: []string{"x"}}, "/units operand"},
		{"an answer of its own for no units", org.IsEmpty().WhenEmpty(groups.NoMatch), "/whenEmpty operand"},
		{"no users", groups.UserBelow(), "/users empty"},
		{"users that reports do not take", groups.UserCondition{Op: "hasReports", Users: []groups.UserID{"x"}}, "/users operand"},
		{"no courses", groups.Courses().AreEnrolled(), "/courses empty"},
		{"no statuses", courses.Are(), "/statuses empty"},
		{"statuses that enrolled does not take", groups.EnrollmentCondition{Courses: []string{"a"}, Op: "enrolled", Statuses: []string{"x"}}, "/statuses operand"},
		{"more than there are", courses.AtLeast(3).AreEnrolled(), "/k operand"},
		{"more than there are but for repetition", groups.Courses("a", "a").AtLeast(2).AreEnrolled(), "/k operand"},
		{"at least none", courses.AtLeast(0).AreEnrolled(), "/k operand"},
		{"a number for any", groups.EnrollmentCondition{Courses: []string{"a"}, Op: "enrolled", K: 1}, "/k operand"},
		{"a quantifier that does not exist", groups.EnrollmentCondition{Courses: []string{"a"}, Op: "enrolled", Quantifier: 9}, "/quantifier unknown"},
		{"completed without a window", groups.EnrollmentCondition{Courses: []string{"a"}, Op: "completed"}, "/when/op unknown"},
		{"a window with what is wrong in it", courses.AreCompleted(groups.CompletionDate.InLast(0, groups.Weeks)), "/when/weeks operand"},
		{"a window that enrolled does not take", groups.EnrollmentCondition{Courses: []string{"a"}, Op: "enrolled", When: groups.Test{Op: "on"}}, "/when operand"},
		{"no groups", groups.MemberOfAll(), "/groups empty"},
		{"a blank group", groups.MemberOfAny("x", ""), "/groups/1 operand"},
		{"no statuses of users", groups.StatusIs(), "/statuses empty"},
		{"a status of users that does not exist", groups.StatusIs(groups.StatusActive, 9), "/statuses/1 unknown"},
		{"options that are not there are for findings", choice.Is("ghost"), ""},
		{"expressions that do not compile", text.Matches("(", "ok", "[z-a]"), "/values/0 operand; /values/2 operand"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.NewReplacer(groups.ErrUnknown.Error(), "unknown", groups.ErrOperand.Error(), "operand").Replace(schemaProblems(t, c.condition))
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if both := (map[bool]string{true: "", false: "some"})[c.condition == nil]; both != "" {
				// A negation is refused for the same reasons.
				if again := schemaProblems(t, schemaOpposite(c.condition)); strings.Count(again, ";") != strings.Count(got, ";") || (again == "") != (got == "") {
					t.Errorf("negated %q", again)
				}
			}
		})
	}
}

func schemaOpposite(c groups.Condition) groups.Condition {
	switch c := c.(type) {
	case groups.FieldCondition:
		c.Negated = !c.Negated
		return c
	case groups.UnitCondition:
		c.Negated = !c.Negated
		return c
	case groups.UserCondition:
		return c.Not()
	case groups.EnrollmentCondition:
		return c.Not()
	case groups.GroupCondition:
		return c.Not()
	case groups.StatusCondition:
		return c.Not()
	}
	return c
}

func TestCheckReportsEverythingAtOnceInOrder(t *testing.T) {
	c := groups.Criteria{Match: 9, Sets: []groups.Set{
		{Match: 9, Conditions: []groups.Condition{nil, groups.TextField("ghost").Is(), groups.TextField("text").Is("", " ")}},
		{},
		groups.Any(groups.MemberOfAny(""), groups.Everyone{}),
	}}
	all, ok := errors.AsType[*groups.CriteriaError](schemaOfAll().Check(c))
	if !ok {
		t.Fatal("no CriteriaError")
	}
	var got []string
	for _, p := range all.Under("/groups/3/criteria").Problems {
		got = append(got, strings.TrimPrefix(p.Pointer, "/groups/3/criteria"))
	}
	want := "/match /sets/0/match /sets/0/conditions/0 /sets/0/conditions/1/field /sets/0/conditions/2/values/0 " +
		"/sets/0/conditions/2/values/1 /sets/1/conditions /sets/2/conditions/0/groups/0"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if rule, err := schemaOfAll().Compile(c); rule != nil || err == nil {
		t.Errorf("compiled %v", rule)
	}
	if err := schemaOfAll().Check(groups.Criteria{}); err != nil {
		t.Errorf("no criteria: %v", err)
	}
}

func TestLimitsHoldAndCanBeSet(t *testing.T) {
	conditions := func(n int) groups.Set { return groups.All(slices.Repeat([]groups.Condition{groups.Everyone{}}, n)...) }
	sets := func(n int) groups.Criteria { return groups.AnySets(slices.Repeat([]groups.Set{conditions(1)}, n)...) }
	one := func(c groups.Condition) groups.Criteria { return groups.AllSets(groups.All(c)) }
	ids := slices.Repeat([]string{"x"}, 2001)
	for _, c := range []struct {
		name, pointer string
		limits        *groups.Limits
		criteria      groups.Criteria
	}{
		{"50 sets", "", nil, sets(50)},
		{"51 sets", "/sets", nil, sets(51)},
		{"51 sets, raised", "", &groups.Limits{Sets: 51}, sets(51)},
		{"3 sets, lowered", "/sets", &groups.Limits{Sets: 2}, sets(3)},
		{"10 conditions", "", nil, groups.AllSets(conditions(10))},
		{"11 conditions", "/sets/1/conditions", nil, groups.AllSets(conditions(1), conditions(11))},
		{"11 conditions, raised", "", &groups.Limits{Conditions: 11}, groups.AllSets(conditions(11))},
		{"2,000 operands", "", nil, one(evalCity.Is(ids[:2000]...))},
		{"2,001 operands", "/sets/0/conditions/0/values", nil, one(evalCity.Is(ids...))},
		{"2,001 units", "/sets/0/conditions/0/units", nil, one(evalOrg.Is(ids...))},
		{"2,001 units, raised", "", &groups.Limits{Operands: 2001}, one(evalOrg.Is(ids...))},
		{"5,000 bytes", "", nil, one(evalCity.Is(strings.Repeat("x", 5000)))},
		{"5,001 bytes", "/sets/0/conditions/0/values/0", nil, one(evalCity.Is(strings.Repeat("x", 5001)))},
		{"5,001 bytes of a course", "/sets/0/conditions/0/courses/0", nil, one(groups.Courses(strings.Repeat("x", 5001)).AreEnrolled())},
		{"4 bytes, lowered", "/sets/0/conditions/0/values/1", &groups.Limits{OperandBytes: 3}, one(evalCity.Is("xxx", "xxxx"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := evalSchema()
			s.Limits = c.limits
			err := s.Check(c.criteria)
			all, ok := errors.AsType[*groups.CriteriaError](err)
			if ok != (c.pointer != "") || ok && (all.Problems[0].Pointer != c.pointer || !errors.Is(err, groups.ErrLimit)) {
				t.Errorf("got %v", err)
			}
			text, err := json.Marshal(c.criteria)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := groups.ParseCriteria(text, c.limits); errors.Is(err, groups.ErrLimit) != (c.pointer != "") {
				t.Errorf("reading it: %v", err)
			}
		})
	}
}

func TestJSONOutOfBoundsIsRefused(t *testing.T) {
	condition := `{"kind":"everyone"}`
	set := func(conditions ...string) string {
		return `{"match":"all","conditions":[` + strings.Join(conditions, ",") + `]}`
	}
	doc := func(sets ...string) string { return `{"match":"all","sets":[` + strings.Join(sets, ",") + `]}` }
	values := func(n int) string {
		return doc(set(`{"kind":"field","field":"city","op":"is","values":["x"` + strings.Repeat(`,"x"`, n-1) + `]}`))
	}
	for _, c := range []struct {
		name, json, pointer string
		want                error
	}{
		{"20,000 deep", strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "", groups.ErrSyntax},
		{"20,000 deep in a set", doc(strings.Repeat(`{"conditions":[`, 20000)), "", groups.ErrSyntax},
		{"51 sets", doc(slices.Repeat([]string{set(condition)}, 51)...), "/sets", groups.ErrLimit},
		{"11 conditions", doc(set(condition), set(slices.Repeat([]string{condition}, 11)...)), "/sets/1/conditions", groups.ErrLimit},
		{"2,001 operands", values(2001), "/sets/0/conditions/0/values", groups.ErrLimit},
		{"a million operands, by bytes", values(1_000_000), "", groups.ErrLimit},
		{"a long operand", doc(set(`{"kind":"field","field":"city","op":"is","values":["` + strings.Repeat("x", 5001) + `"]}`)), "/sets/0/conditions/0/values/0", groups.ErrLimit},
		{"a key twice", `{"match":"all","match":"any","sets":[` + set(condition) + `]}`, "/match", groups.ErrSyntax},
		{"a key twice, escaped", `{"match":"all","m\u0061tch":"any","sets":[` + set(condition) + `]}`, "/match", groups.ErrSyntax},
		{"a key in another case", `{"Match":"all","sets":[` + set(condition) + `]}`, "/Match", groups.ErrSyntax},
		{"an unknown key", `{"match":"all","sets":[` + set(condition) + `],"x":1}`, "/x", groups.ErrSyntax},
		{"bytes behind", doc(set(condition)) + "{}", "", groups.ErrSyntax},
		{"null", "null", "", groups.ErrSyntax},
		{"an empty list of sets", doc(), "/sets", groups.ErrEmpty},
		{"an empty set", doc(set()), "/sets/0/conditions", groups.ErrEmpty},
		{"NaN", doc(set(`{"kind":"field","field":"score","op":"less","value":NaN}`)), "", groups.ErrSyntax},
		{"a number out of range", doc(set(`{"kind":"field","field":"score","op":"less","value":1e9999999}`)), "/sets/0/conditions/0/value", groups.ErrOperand},
		{"half a surrogate", doc(set(`{"kind":"field","field":"city","op":"is","values":["\ud800"]}`)), "", groups.ErrSyntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := groups.ParseCriteria([]byte(c.json), nil)
			all, ok := errors.AsType[*groups.CriteriaError](err)
			if !ok || !errors.Is(err, c.want) || len(err.Error()) > 1<<18 {
				t.Fatalf("%.300v", err)
			}
			// Syntax is located by the reader, as far as it came.
			if p := all.Problems[0]; p.Pointer != c.pointer && c.pointer != "" {
				t.Errorf("at %q, want %q: %.300v", p.Pointer, c.pointer, err)
			}
		})
	}
	within := doc(slices.Repeat([]string{set(slices.Repeat([]string{condition}, 10)...)}, 50)...)
	if _, err := groups.ParseCriteria([]byte(within), nil); err != nil {
		t.Error(err)
	}
	if _, err := groups.ParseCriteria([]byte(values(1_000_000)), &groups.Limits{Bytes: 1 << 30, Operands: 1_000_000}); err != nil {
		t.Error(err)
	}
}

func TestWhatContainsAsksForIsLiteral(t *testing.T) {
	view := &groups.View{}
	for _, c := range []struct {
		condition groups.FieldCondition
		has       string
		want      groups.Verdict
	}{
		{evalCity.Contains("%"), "Rome", groups.No}, {evalCity.Contains("50%"), "at 50% off", groups.Yes},
		{evalCity.Contains("_"), "Rome", groups.No}, {evalCity.StartsWith("R_me"), "Rome", groups.No}, {evalCity.StartsWith("_R"), "_Rome", groups.Yes},
		{evalCity.Contains(`\`), "Rome", groups.No}, {evalCity.EndsWith(`\%`), `a\%`, groups.Yes}, {evalCity.Contains(`\%`), "a%", groups.No},
		{evalCity.Contains("."), "Rome", groups.No}, {evalCity.Contains("*"), "Rome", groups.No}, {evalCity.Is("[a-z]"), "r", groups.No},
		{evalCity.Contains("'; DROP TABLE"), "x'; drop table y", groups.Yes},
	} {
		rule, err := evalSchema().Compile(evalGroup("", c.condition).Criteria)
		if err != nil {
			t.Fatal(err)
		}
		if got := rule.Match(&groups.User{Fields: map[string]groups.Value{"city": groups.Text(c.has)}}, view); got != c.want {
			t.Errorf("%v for %q: %v, want %v", c.condition, c.has, got, c.want)
		}
	}
}

func TestTextsCompareByOneKeyAndCodesByTheirCharacters(t *testing.T) {
	schema := &groups.Schema{Fields: []groups.Field{{Name: "text", Type: groups.TypeText}, {Name: "code", Type: groups.TypeText, Exact: true}}}
	for _, c := range []struct {
		name, asked, has string
		text, code       groups.Verdict
	}{
		{"normal forms", "caf\u00e9", "cafe\u0301", groups.Yes, groups.Yes},
		{"another accent", "cafe", "café", groups.No, groups.No},
		{"case", "Rome", "ROME", groups.Yes, groups.No},
		{"sharp s", "Straße", "STRASSE", groups.Yes, groups.No},
		{"final sigma", "ΟΔΟΣ", "οδος", groups.Yes, groups.No},
		{"a ligature", "office", "o\ufb03ce", groups.Yes, groups.No}, // by full case folding
		{"full width is another letter", "A", "\uff21", groups.No, groups.No},
		{"full width has case as well", "\uff21", "\uff41", groups.Yes, groups.No},
		{"dotless i", "ISIK", "\u0131s\u0131k", groups.No, groups.No}, // not Turkish anywhere
		{"spaces at the ends", "Rome", " \tRome\u00a0", groups.Yes, groups.Yes},
		{"spaces at the ends of what is asked", " Rome ", "Rome", groups.Yes, groups.Yes},
		{"spaces within", "New York", "New \u00a0 York", groups.Yes, groups.No},
		{"zero width", "Rome", "Ro\u200bme", groups.No, groups.No},
	} {
		for field, want := range map[groups.TextField]groups.Verdict{"text": c.text, "code": c.code} {
			rule, err := schema.Compile(groups.AllSets(groups.All(field.Is(c.asked))))
			if err != nil {
				t.Fatal(err)
			}
			u := groups.User{Fields: map[string]groups.Value{string(field): groups.Text(c.has)}}
			if got := rule.Match(&u, &groups.View{}); got != want {
				t.Errorf("%s as %s: %v, want %v", c.name, field, got, want)
			}
		}
	}
}

func TestRegularExpressionsAreCheckedAndTakeLinearTime(t *testing.T) {
	for name, expr := range map[string]string{
		"not closed": "(", "a reference back": `(a)\1`, "a look ahead": "a(?=b)", "a look behind": "(?<!a)b", "possessive": "a++b", "repeated too often": "a{1001}",
		"repeated repetitions": "((a{100}){100}){100}", "an unknown class": `[[:nope:]]`, "blank": "  ", "too long": strings.Repeat("a", 5001),
	} {
		err := evalSchema().Check(evalGroup("", evalCity.Matches("fine", expr)).Criteria)
		all, ok := errors.AsType[*groups.CriteriaError](err)
		if !ok || len(all.Problems) != 1 || all.Problems[0].Pointer != "/sets/0/conditions/0/values/1" {
			t.Errorf("%s: %v", name, err)
		}
	}
	rule, err := evalSchema().Compile(evalGroup("", evalCity.Matches("(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)x$")).Criteria)
	if err != nil {
		t.Fatal(err)
	}
	u := groups.User{Fields: map[string]groups.Value{"city": groups.Text(strings.Repeat("a", 20_000) + "!")}}
	start := time.Now()
	if got := rule.Match(&u, &groups.View{}); got != groups.No || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", got, time.Since(start))
	}
}

func TestNumbersAreExact(t *testing.T) {
	tenth, fifth := 0.1, 0.2 // variables: constants are added exactly
	if v := groups.Number(tenth + fifth); v.Equal(groups.Number(0.3)) || v.String() != "0.30000000000000004" {
		t.Errorf("0.1+0.2 is %v", v)
	}
	for name, same := range map[string]bool{
		"minus zero": groups.Number(math.Copysign(0, -1)).Equal(groups.Number(0)),
		"NaN":        groups.Number(math.NaN()).IsUnknown(), "+Inf": groups.Number(math.Inf(1)).IsUnknown(), "-Inf": groups.Number(math.Inf(-1)).IsUnknown(),
	} {
		if !same {
			t.Error(name)
		}
	}
	big, err := groups.ParseValue(groups.TypeNumber, "1e400")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []groups.Condition{evalScore.Greater(math.MaxFloat64), evalScore.AtMost(1).Not()} {
		rule, err := evalSchema().Compile(evalGroup("", c).Criteria)
		if err != nil {
			t.Fatal(err)
		}
		if got := rule.Match(&groups.User{Fields: map[string]groups.Value{"score": big}}, &groups.View{}); got != groups.Yes {
			t.Errorf("%v: %v", c, got)
		}
	}
	for _, n := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if err := evalSchema().Check(evalGroup("", evalScore.Less(n)).Criteria); !errors.Is(err, groups.ErrOperand) {
			t.Errorf("an operand of %v: %v", n, err)
		}
	}
}

func TestErrorsAreOneLineOfPrintableText(t *testing.T) {
	c := evalGroup("", groups.TextField("a\n\x1b[31m\u202e"+strings.Repeat("x", 10_000)).Is("x")).Criteria
	err := evalSchema().Check(c)
	if text := fmt.Sprint(err); strings.ContainsAny(text, "\n\x1b\u202e") || len(text) > 500 {
		t.Errorf("%d bytes: %.300q", len(text), text)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Error(err)
	}
}

func TestKeysSayWhatAFieldTakesForTheSame(t *testing.T) {
	folded, exact := groups.Field{Name: "x", Type: groups.TypeText}, groups.Field{Name: "x", Type: groups.TypeText, Exact: true}
	for _, c := range []struct {
		why   string
		field groups.Field
		value groups.Value
		want  []string
	}{
		{"folded", folded, groups.Text(" Große  Straße "), []string{"grosse strasse"}},
		{"only trimmed", exact, groups.Text(" Große  Straße "), []string{"Große  Straße"}},
		{"one for each", folded, groups.Text("A", "b"), []string{"a", "b"}},
		{"empty has none", folded, groups.Empty(), []string{}},
		{"nor has unknown", folded, groups.Value{}, []string{}},
		{"nor what is no text", folded, groups.Bool(true), []string{}},
	} {
		if diff := cmp.Diff(c.want, c.field.Keys(c.value)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
