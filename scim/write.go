package scim

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// Filter writes criteria as a filter that says the same of every user, and that [Translator.Criteria] reads as the
// same criteria (how a set of one condition, or the sets of criteria with one, combine is the one thing that no filter
// says). What has no exact form is refused, all of it at once, each with its JSON pointer.
func (t *Translator) Filter(c groups.Criteria) (string, error) {
	if err := t.schema.Check(c); err != nil {
		return "", err
	}
	if len(c.Sets) == 0 {
		return "", failure("", -1, ErrMapping, "no filter says nobody")
	}
	var errs []error
	sets := make([]string, len(c.Sets))
	for i, s := range c.Sets {
		several := len(c.Sets) > 1
		parts := make([]string, len(s.Conditions))
		for j, cond := range s.Conditions {
			text, err := t.written(cond)
			if err != "" {
				errs = append(errs, failure(fmt.Sprintf("/sets/%d/conditions/%d", i, j), -1, ErrMapping, "%s", err))
			}
			parts[j] = text
			several = several || strings.HasPrefix(text, "(")
		}
		if sets[i] = strings.Join(parts, joint(s.Match)); several {
			sets[i] = "(" + sets[i] + ")"
		}
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	return strings.Join(sets, joint(c.Match)), nil
}

func joint(m groups.Match) string {
	if m == groups.MatchAny {
		return " or "
	}
	return " and "
}

// written is a condition as a filter, or what keeps it from being one.
func (t *Translator) written(c groups.Condition) (text, refused string) {
	switch c := c.(type) {
	case groups.Everyone:
		return t.id.String() + " pr", ""
	case groups.FieldCondition:
		return t.writtenField(c)
	case groups.StatusCondition:
		var list []string
		for _, s := range c.Statuses {
			if s == groups.StatusExpired {
				return "", "SCIM knows of no expiry"
			}
			list = append(list, "active "+compare(c.Negated && len(c.Statuses) == 1)+" "+strconv.FormatBool(s == groups.StatusActive))
		}
		return grouped(list, c.Negated && len(list) > 1), ""
	case groups.UnitCondition:
		for i := range t.mapped {
			if a := &t.mapped[i]; a.Tree == c.Tree && c.Op == opIsEmpty {
				return opposed(a.comparison("pr", ""), !c.Negated), ""
			}
		}
		return "", "no filter says of a tree more than whether somebody sits in it"
	case groups.UserCondition:
		return "", "no filter says who is above whom; who somebody is, the field id says"
	case groups.GroupCondition:
		return "", "the groups of a provider are others"
	}
	return "", "SCIM knows of no enrollments"
}

// compare is the operator of what is, or is not, something.
func compare(negated bool) string {
	if negated {
		return "ne"
	}
	return "eq"
}

// grouped joins comparisons of one attribute.
func grouped(list []string, negated bool) string {
	text := strings.Join(list, " or ")
	switch {
	case negated:
		return "not (" + text + ")"
	case len(list) > 1:
		return "(" + text + ")"
	}
	return text
}

func opposed(text string, negated bool) string {
	if negated {
		return "not (" + text + ")"
	}
	return text
}

// comparison writes an operator of the attribute.
func (a *attribution) comparison(op, operand string) string {
	p := a.path
	if operand != "" {
		operand = " " + operand
	}
	if p.filter == nil {
		return p.String() + " " + op + operand
	}
	inner, sub := p.filter.String(), p.sub
	p.filter, p.sub = nil, ""
	return fmt.Sprintf("%s[%s and %s %s%s]", p, inner, sub, op, operand)
}

func (t *Translator) writtenField(c groups.FieldCondition) (text, refused string) {
	var a *attribution
	for i := range t.mapped {
		if t.mapped[i].Field == c.Field {
			a = &t.mapped[i]
		}
	}
	if c.Field == string(groups.ID) {
		a = &attribution{Attribute: Attribute{CaseExact: true}, path: t.id, field: t.field(c.Field)}
	}
	switch {
	case a == nil:
		return "", fmt.Sprintf("no attribute is mapped to field %q", c.Field)
	case c.OnEmpty != groups.ByOperator:
		return "", "a filter answers for who has no value by its operator"
	case c.Op == opIsEmpty && c.Field == string(groups.ID):
		return "", "everybody has an ID"
	case c.Op == opIsEmpty:
		return opposed(a.comparison("pr", ""), !c.Negated), ""
	}
	f := &a.field
	var list []string
	for _, v := range c.Values {
		operand, refused := operand(f.Type, v)
		if refused != "" {
			return "", refused
		}
		list = append(list, operand)
	}
	op := ""
	for name, ours := range operators(f.Type) {
		if ours == c.Op {
			op = name
		}
	}
	switch {
	case c.Op == opBetween && operators(f.Type)["ge"] != "":
		text = "(" + a.comparison("ge", list[0]) + " and " + a.comparison("le", list[1]) + ")"
		if c.Negated {
			text = "not " + text
		}
	case op == "":
		return "", fmt.Sprintf("no filter says %s of values of type %v", c.Op, f.Type)
	case c.Negated && op == "eq" && len(list) == 1 && !a.many():
		text = a.comparison("ne", list[0])
	default:
		for i := range list {
			list[i] = a.comparison(op, list[i])
		}
		text = grouped(list, c.Negated)
	}
	// What is written is read again, so that the reasons against it are those of reading.
	n, err := ParseFilter(text)
	if err == nil {
		var errs []error
		t.check(n.root, &errs)
		err = errors.Join(errs...)
	}
	if err != nil {
		return "", err.Error()
	}
	return text, ""
}

// operand is a literal in a filter.
func operand(t groups.Type, v groups.Literal) (text, refused string) {
	s := v.String()
	switch t {
	case groups.TypeNumber, groups.TypeBool:
		return s, ""
	case groups.TypeInstant:
		if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
			return "", "a filter compares instants, and no days"
		}
	}
	return quoted(s), ""
}

// exactNumber is a number as an operand, where it is one exactly.
func exactNumber(s string) (groups.Literal, error) {
	v, err := groups.ParseValue(groups.TypeNumber, s)
	if err != nil {
		return groups.Literal{}, err
	}
	want, ok := new(big.Rat).SetString(v.Texts()[0])
	f, err := strconv.ParseFloat(s, 64)
	lit := groups.Lit(f)
	have, ok2 := new(big.Rat).SetString(lit.String())
	if err != nil || !ok || !ok2 || want.Cmp(have) != 0 {
		return groups.Literal{}, fmt.Errorf("%.64q has more digits than an operand", s)
	}
	return lit, nil
}
