package sqlstore

import (
	"strconv"
	"strings"

	"github.com/grouprules/groups"
)

// An answer is what SQL says of a user, in three values: two conditions of which never both hold. Where neither does the
// answer is Unknown; what SQL cannot tell is Unknown to it as well. In Kleene's logic what is Yes or No stays so whatever
// an Unknown turns out to be.
type answer struct{ yes, no string }

const (
	always = "1 = 1"
	never  = "1 = 0"
)

func (a answer) not() answer { return answer{a.no, a.yes} }

// negated is the answer of a condition whose positive form has the answer a.
func (a answer) negated(is bool) answer {
	if is {
		return a.not()
	}
	return a
}

// whenEmpty is the answer of a condition with an operator on values that are there, and on those of whom empty holds what it
// answers on Empty.
func (a answer) whenEmpty(op groups.Op, negated bool, w groups.WhenEmpty, empty string) answer {
	a = a.negated(negated)
	matches := negated
	switch {
	case op == "isEmpty":
		matches = !negated
	case w != groups.ByOperator:
		matches = w == groups.Matches
	}
	if matches {
		return answer{or(a.yes, empty), a.no}
	}
	return answer{a.yes, or(a.no, empty)}
}

// join combines answers as [groups.Match] says.
func join(m groups.Match, parts []answer) answer {
	yes, no := make([]string, len(parts)), make([]string, len(parts))
	for i, a := range parts {
		yes[i], no[i] = a.yes, a.no
	}
	if m == groups.MatchAny {
		return answer{or(yes...), and(no...)}
	}
	return answer{and(yes...), or(no...)}
}

func and(parts ...string) string { return chain(" AND ", always, never, parts) }

func or(parts ...string) string { return chain(" OR ", never, always, parts) }

func not(part string) string {
	switch part {
	case always:
		return never
	case never:
		return always
	}
	return "NOT " + part
}

// chain leaves out what changes nothing, and all where one part decides.
func chain(with, nothing, decides string, parts []string) string {
	var left []string
	for _, p := range parts {
		switch p {
		case decides:
			return decides
		case nothing:
		default:
			left = append(left, p)
		}
	}
	switch len(left) {
	case 0:
		return nothing
	case 1:
		return left[0]
	}
	return "(" + strings.Join(left, with) + ")"
}

// Parameters are what a statement is given besides its text: everything that comes from a rule.
type parameters struct {
	values []any
}

// bind is the parameter for a value.
func (p *parameters) bind(v any) string {
	p.values = append(p.values, v)
	return "?" + strconv.Itoa(len(p.values))
}

// of numbers the parameters that a text has anew, from a number on: some that it must have, and the others in their
// order. It returns their values. A database refuses those that are not in the text.
func (p *parameters) of(text string, first int, must ...int) (renumbered string, values []any) {
	var b strings.Builder
	numbers := map[int]int{}
	number := func(n int) int {
		if numbers[n] == 0 {
			numbers[n] = first + len(values)
			values = append(values, p.values[n-1])
		}
		return numbers[n]
	}
	for _, n := range must {
		number(n)
	}
	for {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String(), values
		}
		end := 0
		for end < len(after) && '0' <= after[end] && after[end] <= '9' {
			end++
		}
		n, _ := strconv.Atoi(after[:end]) // of bind, or of who wrote the statement
		b.WriteString("?" + strconv.Itoa(number(n)))
		text = after[end:]
	}
}
