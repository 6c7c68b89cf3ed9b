package expression_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/expression"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// odd are texts and names that are hard to write down.
var odd = []string{`"`, "'", "''", "`", "`\"", `\`, "O'Brien", `say "hi"`, "a\nb", "\u200b", "é", "e\u0301", "日本", "🙂", "-and", "null", "]", "x)", "$", "\ufeff", "`u{41}"}

// names is the schema of the laws, with fields and trees that are hard to call.
func names() *groups.Schema {
	s := law.Schema()
	for _, name := range []string{"job title", `a"b`, "größe", "x-y", "memberOf", "accountEnabled", "mail", "objectId", "0", "e\u0301", "_"} {
		s.Fields = append(s.Fields, groups.Field{Name: name, Type: groups.TypeText, Several: name == "memberOf"})
	}
	return s
}

// oddly is a condition with odd operands, of a field or tree with an odd name.
func oddly(t *rapid.T, s *groups.Schema) groups.Condition {
	some := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(odd), rapid.String().Filter(usable)), 1, 3).Draw(t, "odd operands")
	if rapid.Bool().Draw(t, "unit") {
		c := groups.Tree(rapid.SampledFrom(odd).Filter(usable).Draw(t, "tree")).Below(some...)
		c.Negated = rapid.Bool().Draw(t, "negated")
		return c
	}
	f := rapid.SampledFrom(s.Fields[len(law.Schema().Fields):]).Draw(t, "field")
	return groups.FieldCondition{Field: f.Name, Test: groups.Test{Op: "is", Negated: rapid.Bool().Draw(t, "negated"), Values: literals(some)}}
}

func literals(texts []string) (list []groups.Literal) {
	for _, s := range texts {
		list = append(list, groups.Lit(s))
	}
	return list
}

func usable(s string) bool {
	return strings.TrimSpace(s) == s && s != "" && !strings.Contains(s, "\x00")
}

// written draws criteria of all kinds and shapes.
func written(t *rapid.T, s *groups.Schema) groups.Criteria {
	w := law.Drawn{}.World(t)
	c := law.Drawn{}.Criteria(t, w.Now, len(w.Users))
	for i := range c.Sets {
		for j := range c.Sets[i].Conditions {
			if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				c.Sets[i].Conditions[j] = oddly(t, s)
			}
		}
	}
	return c
}

func print(t interface{ Fatal(...any) }, s *groups.Schema, c groups.Criteria) string {
	text, err := expression.Print(s, c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func same(a, b groups.Criteria) string {
	return cmp.Diff(a, b, cmp.Comparer(func(a, b groups.Literal) bool { return a == b }), cmpopts.EquateEmpty())
}

func TestWhatIsPrintedIsReadBackAsItWas(t *testing.T) {
	s := names()
	rapid.Check(t, func(t *rapid.T) {
		want := written(t, s)
		text := print(t, s, want)
		got, err := expression.Parse(s, text, &expression.Options{Properties: map[string]string{"title": "code"}})
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if diff := same(want, got.Criteria); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", text, diff)
		}
		if strings.Contains(text, "\n") {
			t.Fatalf("more than one line: %s", text)
		}
	})
}

// A rule is an expression as people nest it.
type rule struct {
	join string // "" is a condition
	kids []*rule
	cond groups.Condition
	text string
}

func nested(t *rapid.T, s *groups.Schema, w oracle.World, depth int) *rule {
	kind := "condition"
	if depth > 0 {
		kind = rapid.SampledFrom([]string{"condition", "not", "single", "and", "or", "and", "or"}).Draw(t, "kind")
	}
	switch kind {
	case "condition":
		c := law.Drawn{}.Condition(t, w.Now, len(w.Users))
		return &rule{cond: c, text: print(t, s, groups.AllSets(groups.All(c)))}
	case "not":
		kid := nested(t, s, w, depth-1)
		return &rule{join: "not", kids: []*rule{kid}, text: "-not (" + kid.text + ")"}
	case "single":
		kid := nested(t, s, w, depth-1)
		return &rule{join: "or", kids: []*rule{kid}, text: "-any (" + kid.text + ")"}
	}
	r := &rule{join: kind}
	var texts []string
	for range rapid.IntRange(2, 3).Draw(t, "kids") {
		kid := nested(t, s, w, depth-1)
		r.kids = append(r.kids, kid)
		// -and binds closer than -or.
		if text := kid.text; kind == "and" && kid.join == "or" && len(kid.kids) > 1 || rapid.Bool().Draw(t, "parentheses") {
			texts = append(texts, "("+text+")")
		} else {
			texts = append(texts, text)
		}
	}
	r.text = strings.Join(texts, " -"+kind+" ")
	return r
}

// verdict is the naive reading of the expression.
func (r *rule) verdict(u groups.User, w oracle.World) groups.Verdict {
	if r.join == "" {
		return oracle.Verdict(groups.AllSets(groups.All(r.cond)), u, w)
	}
	v := r.kids[0].verdict(u, w)
	if r.join == "not" {
		return oracle.Not(v)
	}
	for _, kid := range r.kids[1:] {
		k := kid.verdict(u, w)
		switch decisive := map[string]groups.Verdict{"and": groups.No, "or": groups.Yes}[r.join]; {
		case v == decisive || k == decisive:
			v = decisive
		case k == groups.Unknown:
			v = groups.Unknown
		}
	}
	return v
}

func TestANestedExpressionMeansTheSameInSets(t *testing.T) {
	s := law.Schema()
	arranged, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := law.Drawn{}.World(t)
		s.Limits = &groups.Limits{Sets: rapid.IntRange(2, 9).Draw(t, "sets at most"), Conditions: rapid.IntRange(2, 9).Draw(t, "conditions at most")}
		r := nested(t, s, w, 3)
		got, err := expression.Parse(s, r.text, nil)
		if err != nil {
			if !strings.Contains(err.Error(), "size: needs") {
				t.Fatalf("%s\n%v", r.text, err)
			}
			refused++
			return
		}
		if err := s.Check(got.Criteria); err != nil {
			t.Fatalf("%s\n%v", r.text, err)
		}
		for _, n := range got.Notes {
			if n.Code == "rearranged" {
				arranged++
			}
		}
		for _, u := range w.Users {
			if want, got := r.verdict(u, w), oracle.Verdict(got.Criteria, u, w); got != want {
				t.Fatalf("%s is %v, not %v, of %s", r.text, got, want, u.ID)
			}
		}
	})
	t.Log(arranged, "rearranged,", refused, "refused")
	if arranged == 0 || refused == 0 {
		t.Error("nothing was rearranged, or nothing was too much")
	}
}

// Whether it fits is found out before it is made: nobody waits for an expression of a million sets.
func TestAnExpressionThatDoesNotFitIsRefusedWithTheSizeItNeeds(t *testing.T) {
	s := &groups.Schema{Fields: []groups.Field{{Name: "a", Type: groups.TypeText}}, Limits: &groups.Limits{Sets: 4, Conditions: 3}}
	list := func(n int, joint, text string) string {
		return strings.TrimSuffix(strings.Repeat(text+joint, n), joint)
	}
	const a, pair = `(user.a -eq "x")`, `((user.a -eq "x") -and (user.a -eq "y"))`
	for _, test := range []struct{ why, text, want string }{
		{"one set", list(3, " -and ", a), "1 set"},
		{"conditions that all must hold can stand in several sets", list(12, " -and ", a), "4 sets"},
		{"so can alternatives", list(12, " -or ", a), "4 sets"},
		{"until there are too many", list(13, " -or ", a),
			"needs 5 sets of up to 3 conditions any of which is enough, or 1 set of up to 13 conditions all of which must hold; at most 4 sets of 3 are allowed"},
		{"a set more than are allowed", list(5, " -or ", pair),
			"needs 5 sets of up to 2 conditions any of which is enough, or 32 sets of up to 5 conditions all of which must hold; at most 4 sets of 3 are allowed"},
		{"three levels", "(" + list(2, " -or ", pair) + ") -and " + a, "2 sets"},
		{"a power", list(40, " -and ", "("+list(2, " -or ", pair)+")"), "needs 2147483647 sets of up to 80 conditions any of which is enough, or 160 sets"},
	} {
		parsed, err := expression.Parse(s, test.text, nil)
		got := fmt.Sprint(err)
		if err == nil {
			if got = fmt.Sprintf("%d sets", len(parsed.Criteria.Sets)); len(parsed.Criteria.Sets) == 1 {
				got = "1 set"
			}
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s:\n%s\nwant %s", test.why, got, test.want)
		}
	}
}

// A day stands for its first moment in Entra, whose people have moments.
func TestWhatIsAskedSinceNowHoldsOfDaysAsOfTheirFirstMoments(t *testing.T) {
	s := &groups.Schema{Fields: []groups.Field{{Name: "hired", Type: groups.TypeDate}}}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2024, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), 1, 0, 0, time.UTC)
		op := rapid.SampledFrom([]string{"le", "ge"}).Draw(t, "op")
		text, moment := "user.hired -"+op+" system.now", now
		if n := rapid.IntRange(0, 14).Draw(t, "n"); n > 0 {
			sign := rapid.SampledFrom([]string{"plus", "minus"}).Draw(t, "sign")
			unit := rapid.SampledFrom([]string{"d", "w", "m", "y"}).Draw(t, "unit")
			text += fmt.Sprintf(" -%s p%d%s", sign, n, unit)
			if sign == "minus" {
				n = -n
			}
			moment = now.AddDate(map[string]int{"y": n}[unit], map[string]int{"m": n}[unit], map[string]int{"d": n, "w": 7 * n}[unit])
		}
		first := moment.Truncate(24*time.Hour).AddDate(0, 0, rapid.IntRange(-2, 2).Draw(t, "days off"))
		parsed, err := expression.Parse(s, text, nil)
		if err != nil {
			t.Fatal(err)
		}
		rule, err := s.Compile(parsed.Criteria)
		if err != nil {
			t.Fatal(err)
		}
		want := first.Before(moment) == (op == "le")
		for _, v := range []struct {
			value groups.Value
			want  groups.Verdict
		}{{groups.Day(groups.NewDate(first.Date())), map[bool]groups.Verdict{true: groups.Yes, false: groups.No}[want]}, {groups.Empty(), groups.No}, {groups.Value{}, groups.Unknown}} {
			u := groups.User{ID: "u", Fields: map[string]groups.Value{"hired": v.value}}
			if got := rule.Match(&u, &groups.View{Now: now}); got != v.want {
				t.Fatalf("%s at %v of %v is %v, not %v", text, now, v.value, got, v.want)
			}
		}
	})
}

// The smaller form is taken where it fits, and else the larger one that does.
func TestOfTwoFormsTheSmallerOneThatFitsIsTaken(t *testing.T) {
	const text = `everyone -and user -is ["a"] -and user -is ["b"] -and (user -is ["c"] -or user -is ["d"] -or (user -is ["e"] -and user -is ["f"] -and user -is ["g"]))`
	is := func(id groups.UserID) groups.Condition { return groups.UserIs(id) }
	a, b, c, d, e, f, g := is("a"), is("b"), is("c"), is("d"), is("e"), is("f"), is("g")
	cd := func(last groups.Condition) groups.Set { return groups.Any(c, d, last) }
	for _, test := range []struct {
		limits groups.Limits
		want   groups.Criteria
	}{
		{groups.Limits{}, groups.AllSets(groups.All(groups.Everyone{}, a, b), cd(e), cd(f), cd(g))},
		{groups.Limits{Sets: 4, Conditions: 3}, groups.AllSets(groups.All(groups.Everyone{}, a, b), cd(e), cd(f), cd(g))},
		{groups.Limits{Sets: 3}, groups.AnySets(groups.All(groups.Everyone{}, a, b, c), groups.All(groups.Everyone{}, a, b, d), groups.All(groups.Everyone{}, a, b, e, f, g))},
	} {
		got, err := expression.Parse(&groups.Schema{Limits: &test.limits}, text, nil)
		if err != nil {
			t.Errorf("%+v: %v", test.limits, err)
		} else if diff := same(test.want, got.Criteria); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.limits, diff)
		}
	}
}

func TestWhatIsAskedOfItemsHoldsOfEachAsEntraSays(t *testing.T) {
	s := office()
	items := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.SampledFrom([]string{"skills", "otherMails"}).Draw(t, "field")
		all := rapid.Bool().Draw(t, "all")
		op := rapid.SampledFrom([]string{"in", "notIn"}).Draw(t, "op")
		asked := rapid.SliceOfNDistinct(rapid.SampledFrom(items), 1, 2, rapid.ID[string]).Draw(t, "asked")
		had := rapid.SliceOfNDistinct(rapid.SampledFrom(items), 0, 3, rapid.ID[string]).Draw(t, "had")
		text := fmt.Sprintf(`user.%s -%s (_ -%s ["%s"])`, field, map[bool]string{true: "all", false: "any"}[all], op, strings.Join(asked, `", "`))
		parsed, err := expression.Parse(s, text, nil)
		if err != nil {
			if !strings.Contains(err.Error(), "unsupported: no operator asks") || all == (op == "notIn") {
				t.Fatalf("%s: %v", text, err)
			}
			return
		}
		rule, err := s.Compile(parsed.Criteria)
		if err != nil {
			t.Fatal(err)
		}
		want := all // of no items
		for _, item := range had {
			if holds := slices.Contains(asked, item) == (op == "in"); holds != all {
				want = holds
			}
		}
		u := groups.User{ID: "u", Fields: map[string]groups.Value{"skills": groups.Choice(had...), "otherMails": groups.Text(had...)}}
		if got := rule.Match(&u, nil); (got == groups.Yes) != want || got == groups.Unknown {
			t.Fatalf("%s of %v is %v: %v", text, had, got, parsed.Criteria)
		}
		if got := rule.Match(&groups.User{ID: "u"}, nil); got != groups.Unknown {
			t.Fatalf("%s of who knows what is %v", text, got)
		}
	})
}

func TestTheLimitsAreThoseOfTheSchema(t *testing.T) {
	one := func(n int, joint string) string {
		return strings.TrimSuffix(strings.Repeat("(everyone)"+joint, n), joint)
	}
	for _, s := range []*groups.Schema{nil, {}, {Limits: &groups.Limits{}}} {
		for n, fits := range map[int]bool{500: true, 501: false} {
			if _, err := expression.Parse(s, one(n, " -or "), nil); (err == nil) != fits {
				t.Errorf("%d conditions: %v", n, err)
			}
		}
		for n, fits := range map[int]bool{10: true, 11: false} { // of 51 sets of which all must hold, or one is enough
			text := strings.TrimSuffix(strings.Repeat("("+one(n, " -or ")+") -and ", 50), " -and ")
			if _, err := expression.Parse(s, text, nil); (err == nil) != fits {
				t.Errorf("50 sets of %d: %v", n, err)
			}
		}
		long := "everyone" + strings.Repeat(" ", 1<<20-8)
		if _, err := expression.Parse(s, long, nil); err != nil {
			t.Error(err)
		}
		if _, err := expression.Parse(s, long+" ", nil); err == nil || !strings.Contains(err.Error(), "limit: 1048577 bytes") {
			t.Errorf("a byte more: %v", err)
		}
	}
	deep := strings.Repeat("(", 1<<19) + "everyone"
	if _, err := expression.Parse(nil, deep, nil); err == nil || err.Error() != "line 1, column 101: limit: nested deeper than 100" {
		t.Errorf("deep: %v", err)
	}
	if _, err := expression.Parse(nil, strings.Repeat("~", 1<<20), nil); len(err.(*expression.Error).Problems) != 1000 {
		t.Error("as many problems as characters")
	}
	if _, err := expression.Parse(&groups.Schema{Fields: []groups.Field{{}}}, "everyone", nil); !errors.Is(err, groups.ErrSchema) {
		t.Errorf("no schema: %v", err)
	}
	if _, err := expression.Print(nil, groups.AllSets(groups.All(groups.TextField("nosuch").Is("x")))); !errors.Is(err, groups.ErrUnknown) {
		t.Errorf("no such field: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	s := names()
	for _, text := range []string{`(user.title -eq "a") -or -not (user.points -ge 5)`, `-any (-any (everyone))`, `user["job title"] -in ["a'b", "` + "`u{41}" + `"]`,
		`courses -atLeast 2 ["a", "b"] -completed (_ -inLast p12m)`, `user.hired -ge system.now -minus p1d`, `unit.branch -below ["a"] -depth 2 -whenEmpty match`,
		`Direct Reports for "x"`, `nobody`, `user.skills -any (_ -ne "x")`, `user.hired -le 2020-06-10T18:13:20Z`, `((`, `user.a -eq "`, "\xff", `status -is ["active"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := expression.Parse(s, text, nil)
		if err != nil {
			return
		}
		printed := print(t, s, read.Criteria)
		again, err := expression.Parse(s, printed, nil)
		if err != nil {
			t.Fatalf("%s\n%v", printed, err)
		}
		if diff := same(read.Criteria, again.Criteria); diff != "" {
			t.Fatalf("%s became %s (-first +second):\n%s", text, printed, diff)
		}
	})
}
