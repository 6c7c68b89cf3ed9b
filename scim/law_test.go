package scim_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/scim"
	"pgregory.net/rapid"
)

// asked is what a rule says of the person whom a resource is.
func asked(t rapid.TB, tr *scim.Translator, c groups.Criteria, r *scim.Resource) (groups.Verdict, bool) {
	t.Helper()
	u, err := tr.Person(r)
	if errors.Is(err, scim.ErrValue) {
		return groups.Unknown, false
	}
	if err != nil {
		t.Fatal(err)
	}
	rule, err := schema().Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return rule.Match(&u, &groups.View{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}), true
}

// A reading makes criteria of a filter.
type reading func(tr *scim.Translator, filter string) (groups.Criteria, error)

// filtersSayWhatTheirCriteriaSay: a filter that is read says of every resource what its criteria say of the person, be it
// that nobody knows.
var filtersSayWhatTheirCriteriaSay = law.Law[reading]{Holds: func(t *rapid.T, read reading) error {
	tr := translator(t, func(m *scim.Mapping) { m.Partial = rapid.Bool().Draw(t, "partial") })
	text := filter(t, 3)
	f, err := scim.ParseFilter(text)
	if err != nil {
		return err
	}
	c, err := read(tr, text)
	if errors.Is(err, scim.ErrLimit) || errors.Is(err, scim.ErrMapping) {
		return nil // too large, or nobody
	}
	if err != nil {
		return err
	}
	for range 4 {
		r := someone(t)
		want, ok := asked(t, tr, c, r)
		if !ok {
			continue
		}
		got, err := tr.Match(f, r)
		if err != nil {
			return err
		}
		if got != want {
			data, _ := r.MarshalJSON()
			return fmt.Errorf("the filter says %v and the criteria %v:\n%s\n%v\n%s", got, want, text, c, data)
		}
	}
	return nil
}}

func TestAFilterSaysOfEveryResourceWhatItsCriteriaSay(t *testing.T) {
	filtersSayWhatTheirCriteriaSay.Check(t, (*scim.Translator).Criteria)
	// One that has nobody without a value match an opposite is found out.
	hasty := func(tr *scim.Translator, filter string) (groups.Criteria, error) {
		c, err := tr.Criteria(filter)
		for i := range c.Sets {
			for j, cond := range c.Sets[i].Conditions {
				if f, is := cond.(groups.FieldCondition); is && f.Negated && f.Op != "isEmpty" {
					c.Sets[i].Conditions[j] = f.WhenEmpty(groups.NoMatch)
				}
			}
		}
		return c, err
	}
	if err := filtersSayWhatTheirCriteriaSay.Catches(hasty); err != nil {
		t.Error(err)
	}
}

// expressed draws criteria, nearly all of which a filter can say.
func expressed(t *rapid.T) groups.Criteria {
	texts := rapid.SliceOfN(rapid.SampledFrom([]string{"Sales", "a \"b\" \\ (c)", "<é>"}), 1, 3)
	condition := func() groups.Condition {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return groups.Everyone{}
		case 1:
			c := groups.StatusIs(rapid.SliceOfN(rapid.SampledFrom([]groups.UserStatus{groups.StatusActive, groups.StatusDeactivated}), 1, 2).Draw(t, "statuses")...)
			c.Negated = rapid.Bool().Draw(t, "negated")
			return c
		case 2:
			c := groups.Tree("site").IsEmpty()
			c.Negated = rapid.Bool().Draw(t, "negated")
			return c
		}
		f := rapid.SampledFrom([]groups.TextField{"title", "tags", "number", "department", groups.Email, groups.ID}).Draw(t, "field")
		op := rapid.SampledFrom([]func(...string) groups.FieldCondition{f.Is, f.Contains, f.StartsWith, f.EndsWith}).Draw(t, "op")
		numbers := rapid.SliceOfN(rapid.SampledFrom([]float64{0, -1.5, 1e21, 3}), 1, 3).Draw(t, "numbers")
		points, at := groups.NumberField("points"), time.Date(2026, 1, 1, 1, 2, 3, 4, time.UTC)
		c := rapid.SampledFrom([]groups.FieldCondition{
			op(texts.Draw(t, "texts")...), groups.ChoiceField("kind").Is("staff"), groups.MultiChoiceField("skills").IncludesAny("go", "sql"),
			points.Is(numbers...), points.Less(1), points.AtMost(1), points.AtLeast(1), points.Greater(1), points.Between(1, 2),
			groups.InstantField("joined").Before(at), groups.InstantField("joined").Between(at, at.Add(time.Hour)),
			groups.BoolField("lead").Is(true), groups.DateField("born").IsEmpty(), groups.TextField("tags").IsEmpty(), f.IsEmpty(),
		}).Draw(t, "condition")
		if rapid.Bool().Draw(t, "negated") {
			c = c.Not()
		}
		return c
	}
	match := rapid.SampledFrom([]groups.Match{groups.MatchAll, groups.MatchAny})
	var c groups.Criteria
	for range rapid.IntRange(1, 3).Draw(t, "sets") {
		var s groups.Set
		for range rapid.IntRange(1, 3).Draw(t, "conditions") {
			s.Conditions = append(s.Conditions, condition())
		}
		if len(s.Conditions) > 1 {
			s.Match = match.Draw(t, "match")
		}
		c.Sets = append(c.Sets, s)
	}
	if len(c.Sets) > 1 {
		c.Match = match.Draw(t, "match")
	}
	return c
}

// Criteria that are written as a filter are the same when they are read again.
func TestCriteriaComeBackFromTheirFilter(t *testing.T) {
	tr := translator(t, nil)
	written := 0
	rapid.Check(t, func(t *rapid.T) {
		c := expressed(t)
		text, err := tr.Filter(c)
		if errors.Is(err, scim.ErrMapping) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		written++
		back, err := tr.Criteria(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(c, back, cmp.Comparer(func(a, b groups.Literal) bool { return a == b })); diff != "" {
			t.Fatalf("%s\n(-want +got):\n%s", text, diff)
		}
		f, err := scim.ParseFilter(text)
		if err != nil || f.String() != text {
			t.Fatalf("%s: %v, %v", text, f, err)
		}
	})
	if written < 50 {
		t.Errorf("only %d were written", written)
	}
}

// Whatever is sent is read or refused with its place, and what is read is written as it is read.
func TestAnyTextIsReadOrRefused(t *testing.T) {
	tr := translator(t, nil)
	part := rapid.SampledFrom([]string{"title", "eq", "pr", "and", "or", "not", "(", ")", "[", "]", `"`, `"a"`, `\`, " ", ".", ":", "urn:", "true", "null", "-1", "é", "\x00", "\xff", "emails", "{", "}", ","})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, s := range rapid.SliceOfN(part, 0, 12).Draw(t, "parts") {
			text += s
		}
		f, err := scim.ParseFilter(text)
		if err != nil {
			e, is := errors.AsType[*scim.Error](err)
			if !is || e.Offset > len(text) {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		again, err := scim.ParseFilter(f.String())
		if err != nil || again.String() != f.String() {
			t.Fatalf("%q: %v, %v", text, again, err)
		}
		if _, err := tr.Criteria(text); err != nil && !errors.Is(err, scim.ErrMapping) && !errors.Is(err, scim.ErrLimit) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
