package expression_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/expression"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// form is a line of the table in the README.
type form struct{ text, criteria string }

func page(t testing.TB) (forms []form) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range regexp.MustCompile("(?m)^\\|[^|]*\\| `(.+)` \\| `(\\{.+\\})` \\|$").FindAllStringSubmatch(string(readme), -1) {
		forms = append(forms, form{line[1], line[2]})
	}
	return forms
}

// plain is a condition in JSON with its operator in the positive form.
func plain(t interface{ Fatal(...any) }, data []byte) string {
	var c struct{ Kind, Op string }
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	op := c.Op
	switch {
	case strings.HasPrefix(op, "isNot"):
		op = "is" + op[len("isNot"):]
	case strings.HasPrefix(op, "not"):
		op = strings.ToLower(op[3:4]) + op[4:]
	}
	return c.Kind + " " + op
}

func TestEveryFormOnThePageIsPrintedAndReadAsItSays(t *testing.T) {
	s := names()
	forms := page(t)
	if len(forms) < 40 {
		t.Fatalf("%d forms", len(forms))
	}
	for _, f := range forms {
		want, err := s.ParseCriteria([]byte(conditions(f.criteria)))
		if err != nil {
			t.Errorf("%s: %v", f.criteria, err)
			continue
		}
		if got := print(t, s, want); got != "("+f.text+")" {
			t.Errorf("%s is printed as\n%s, not\n(%s)", f.criteria, got, f.text)
		}
		got, err := expression.Parse(s, f.text, nil)
		if err != nil {
			t.Errorf("%s: %v", f.text, err)
		} else if diff := same(want, got.Criteria); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.text, diff)
		}
	}
}

func TestThePageHasEveryOperator(t *testing.T) {
	there := map[string]bool{}
	for _, f := range page(t) {
		there[plain(t, []byte(f.criteria))] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		w := law.Drawn{}.World(t)
		data, err := json.Marshal(groups.AllSets(groups.All(law.Drawn{}.Condition(t, w.Now, len(w.Users)))))
		if err != nil {
			t.Fatal(err)
		}
		_, cond, _ := strings.Cut(string(data), `"conditions":[`)
		if op := plain(t, []byte(strings.TrimSuffix(cond, "]}]}"))); !there[op] {
			t.Fatalf("no form of %s", op)
		}
	})
}

// What a printed expression looks like, shape by shape, is what people get to see.
func TestSetsStandInParenthesesWhereThereAreSeveral(t *testing.T) {
	a, b, c := groups.UserIs("a"), groups.UserIs("b"), groups.UserIs("c")
	s := law.Schema()
	for _, test := range []struct {
		criteria groups.Criteria
		want     string
	}{
		{groups.Criteria{}, `nobody`},
		{groups.AllSets(groups.All(a)), `(A)`},
		{groups.AllSets(groups.Any(a)), `-any (A)`},
		{groups.AnySets(groups.All(a)), `-any ((A))`},
		{groups.AnySets(groups.Any(a)), `-any (-any (A))`},
		{groups.AllSets(groups.All(a, b)), `(A) -and (B)`},
		{groups.AllSets(groups.Any(a, b)), `(A) -or (B)`},
		{groups.AnySets(groups.Any(a, b)), `-any ((A) -or (B))`},
		{groups.AllSets(groups.All(a), groups.All(b)), `((A)) -and ((B))`},
		{groups.AnySets(groups.All(a), groups.Any(b)), `((A)) -or (-any (B))`},
		{groups.AnySets(groups.All(a, b), groups.All(c)), `((A) -and (B)) -or ((C))`},
		{groups.AllSets(groups.Any(a, b), groups.Any(b, c)), `((A) -or (B)) -and ((B) -or (C))`},
	} {
		text := print(t, s, test.criteria)
		got := strings.NewReplacer(`user -is ["a"]`, "A", `user -is ["b"]`, "B", `user -is ["c"]`, "C").Replace(text)
		if got != test.want {
			t.Errorf("%v is %s, not %s", test.criteria, got, test.want)
		}
		back, err := expression.Parse(s, text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := same(test.criteria, back.Criteria); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
