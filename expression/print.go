package expression

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/grouprules/groups"
)

// Print returns the criteria as an expression, on one line, that [Parse] reads back as they are: the same sets in
// the same order, the same operands. Criteria without sets are nobody, whatever their Match. What the schema does
// not accept cannot be read back and is refused, with the error of [groups.Schema.Check]. A text that is longer
// than the limits of the schema is returned all the same.
func Print(s *groups.Schema, c groups.Criteria) (string, error) {
	if s == nil {
		s = new(groups.Schema)
	}
	if err := s.Check(c); err != nil {
		return "", err
	}
	return printer{s}.criteria(c), nil
}

type printer struct{ schema *groups.Schema }

// criteria puts each condition into parentheses, and each set where there are several. What matches any of one
// is marked, since the sentence would not tell.
func (p printer) criteria(c groups.Criteria) string {
	sets := make([]string, len(c.Sets))
	for i, s := range c.Sets {
		conditions := make([]string, len(s.Conditions))
		for j, c := range s.Conditions {
			conditions[j] = "(" + p.condition(c) + ")"
		}
		sets[i] = joined(s.Match, conditions)
	}
	switch {
	case len(sets) == 0:
		return "nobody"
	case len(sets) == 1 && c.Match == groups.MatchAll:
		return sets[0]
	}
	for i := range sets {
		sets[i] = "(" + sets[i] + ")"
	}
	return joined(c.Match, sets)
}

func joined(m groups.Match, parts []string) string {
	switch {
	case m == groups.MatchAll:
		return strings.Join(parts, " -and ")
	case len(parts) == 1:
		return "-any " + parts[0]
	}
	return strings.Join(parts, " -or ")
}

func (p printer) condition(c groups.Condition) string {
	switch c := c.(type) {
	case groups.FieldCondition:
		field := named("user", c.Field)
		if c.Op == "isEmpty" {
			return field + emptiness(c.Negated)
		}
		f, _ := p.schema.Field(c.Field)
		return field + " " + test(f.Type, c.Test) + whenEmpty(c.OnEmpty)
	case groups.UnitCondition:
		tree := named("unit", string(c.Tree))
		if c.Op == "isEmpty" {
			return tree + emptiness(c.Negated)
		}
		return tree + " " + opWord(c.Op, c.Negated) + quotedList(c.Units) + depth(c.Depth) + whenEmpty(c.OnEmpty)
	case groups.UserCondition:
		if c.Op == "hasReports" {
			return "user " + opWord(c.Op, c.Negated)
		}
		return "user " + opWord(c.Op, c.Negated) + quotedList(c.Users) + depth(c.Depth)
	case groups.EnrollmentCondition:
		many := c.Quantifier.String()
		if c.Quantifier == groups.AtLeastCourses {
			many += " " + strconv.Itoa(c.K)
		}
		text := "courses -" + many + quotedList(c.Courses) + " " + opWord(c.Op, c.Negated)
		switch c.Op {
		case "is":
			return text + quotedList(c.Statuses)
		case "completed":
			return text + " (_ " + test(groups.TypeInstant, c.When) + ")"
		}
		return text
	case groups.GroupCondition:
		text := "group " + opWord(c.Op, c.Negated) + quotedList(c.Groups)
		if c.OrBelow {
			return text + " -orBelow"
		}
		return text
	case groups.StatusCondition:
		names := make([]string, len(c.Statuses))
		for i, s := range c.Statuses {
			names[i] = s.String()
		}
		return "status " + opWord("is", c.Negated) + quotedList(names)
	case groups.Everyone:
		return "everyone"
	}
	panic(fmt.Sprintf("expression: unchecked condition %T", c))
}

// named is something of what is asked, such as user.department or unit["cost center"].
func named(subject, name string) string {
	first, _ := utf8.DecodeRuneInString(name)
	if isLetter(first) && strings.IndexFunc(name, func(r rune) bool { return !isWord(r) }) < 0 {
		return subject + "." + name
	}
	return subject + "[" + quote(name) + "]"
}

func emptiness(negated bool) string {
	if negated {
		return " -ne null"
	}
	return " -eq null"
}

// test is an operator with its operands.
func test(typ groups.Type, t groups.Test) string {
	o := operatorFor(typ, t.Op, len(t.Values))
	text := "-" + o.word
	if t.Negated {
		text = "-" + o.negated
	}
	values := make([]string, len(t.Values))
	for i, v := range t.Values {
		if values[i] = v.String(); typ != groups.TypeNumber && typ != groups.TypeBool {
			values[i] = quote(values[i])
		}
	}
	switch {
	case o.takes == span:
		return text + " p" + strconv.Itoa(t.Span.N) + t.Span.Unit.String()[:1]
	case o.takes == one || o.takes == some && len(values) == 1:
		return text + " " + values[0]
	}
	return text + bracketed(values)
}

func quotedList[T ~string](items []T) string {
	values := make([]string, len(items))
	for i, v := range items {
		values[i] = quote(string(v))
	}
	return bracketed(values)
}

func bracketed(values []string) string { return " [" + strings.Join(values, ", ") + "]" }

func depth(levels int) string {
	if levels == 0 {
		return ""
	}
	return " -depth " + strconv.Itoa(levels)
}

func whenEmpty(w groups.WhenEmpty) string {
	switch w {
	case groups.NoMatch:
		return " -whenEmpty noMatch"
	case groups.Matches:
		return " -whenEmpty match"
	}
	return ""
}
