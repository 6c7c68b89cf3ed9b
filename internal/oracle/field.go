package oracle

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/fold"
)

// field answers a condition on a field: Unknown first, then Empty, then the test, then its complement.
func (o Oracle) field(c groups.FieldCondition, u groups.User, w World) groups.Verdict {
	f, ok := w.Schema.Field(c.Field)
	if !ok {
		panic("oracle: criteria were not checked: no field " + c.Field)
	}
	v := u.Fields[c.Field]
	if c.Field == "id" {
		v = groups.Text(string(u.ID))
	}
	if !readable(f, v) {
		return groups.Unknown
	}
	if c.Op == "isEmpty" {
		return negate(yes(v.IsEmpty()), c.Negated)
	}
	if v.IsEmpty() {
		return o.onEmpty(c.OnEmpty, c.Negated)
	}
	holds := yes(o.test(c.Test, f, v, w))
	if o.has(NegationForgotten) {
		return holds
	}
	return negate(holds, c.Negated)
}

// readable reports whether a value says anything at all: it is known, and of the field's type. "A choice that is none
// of the declared options is Unknown."
func readable(f groups.Field, v groups.Value) bool {
	if v.IsUnknown() {
		return false
	}
	for _, s := range v.Texts() {
		ok := true
		switch f.Type {
		case groups.TypeNumber:
			_, ok = new(big.Rat).SetString(s)
		case groups.TypeDate:
			_, err := calendar.Parse(s)
			ok = err == nil
		case groups.TypeInstant:
			_, err := time.Parse(time.RFC3339Nano, s)
			ok = err == nil
		case groups.TypeBool:
			ok = s == "true" || s == "false"
		case groups.TypeChoice, groups.TypeMultiChoice:
			ok = len(f.Options) == 0 || slices.ContainsFunc(f.Options, func(o groups.Option) bool { return o.ID == s })
		}
		if !ok {
			return false
		}
	}
	return true
}

// test answers a positive test of a value that is present.
func (o Oracle) test(t groups.Test, f groups.Field, v groups.Value, w World) bool {
	had := v.Texts()
	operands := make([]string, len(t.Values))
	for i, l := range t.Values {
		operands[i] = l.String()
	}
	switch f.Type {
	case groups.TypeText:
		return slices.ContainsFunc(had, func(s string) bool {
			return slices.ContainsFunc(operands, func(operand string) bool { return o.text(string(t.Op), f.Exact, s, operand) })
		})
	case groups.TypeBool:
		return slices.Contains(operands, had[0])
	case groups.TypeChoice, groups.TypeMultiChoice:
		return choices(string(t.Op), had, operands)
	case groups.TypeNumber:
		return o.number(string(t.Op), had[0], operands)
	case groups.TypeDate:
		day, _ := calendar.Parse(had[0])
		return o.dates(t, moment{day: day}, w)
	case groups.TypeInstant:
		at, _ := time.Parse(time.RFC3339Nano, had[0])
		return o.dates(t, moment{at: at, instant: true}, w)
	}
	panic("oracle: a type that the page does not know")
}

// text compares one text with one operand.
func (o Oracle) text(op string, exact bool, s, operand string) bool {
	if op == "matches" {
		if !exact {
			operand = "(?i)" + operand
		}
		return regexp.MustCompile(operand).MatchString(fold.Exact(s))
	}
	form := fold.Key
	switch {
	case exact:
		form = fold.Exact
	case o.has(FoldsByLowerCase):
		form = func(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
	}
	s, operand = form(s), form(operand)
	switch op {
	case "is":
		return s == operand
	case "contains":
		return strings.Contains(s, operand)
	case "startsWith":
		return strings.HasPrefix(s, operand)
	case "endsWith":
		return strings.HasSuffix(s, operand)
	}
	panic("oracle: no text operator " + op)
}

// choices compares option IDs.
func choices(op string, had, operands []string) bool {
	chosen := func(id string) bool { return slices.Contains(had, strings.TrimSpace(id)) }
	every := !slices.ContainsFunc(operands, func(id string) bool { return !chosen(id) })
	switch op {
	case "is", "includesAny":
		return slices.ContainsFunc(operands, chosen)
	case "includesAll":
		return every
	case "isExactly":
		asked := func(id string) bool {
			return slices.ContainsFunc(operands, func(o string) bool { return strings.TrimSpace(o) == id })
		}
		return every && !slices.ContainsFunc(had, func(id string) bool { return !asked(id) })
	}
	panic("oracle: no choice operator " + op)
}

// number compares exactly.
func (o Oracle) number(op, had string, operands []string) bool {
	n, _ := new(big.Rat).SetString(had)
	order := make([]int, len(operands)) // how n stands to each operand
	for i, s := range operands {
		x, _ := new(big.Rat).SetString(s)
		order[i] = n.Cmp(x)
	}
	return o.ordered(op, order)
}

// ordered answers the comparisons, given how the value stands to each operand.
func (o Oracle) ordered(op string, order []int) bool {
	if o.has(BoundsAreStrict) {
		for i := range order {
			if order[i] == 0 && (op == "between" && i == 0 || op == "atLeast" || op == "onOrAfter") {
				return false
			}
		}
	}
	switch op {
	case "is", "on":
		return slices.Contains(order, 0)
	case "less", "before":
		return order[0] < 0
	case "atMost", "onOrBefore":
		return order[0] <= 0
	case "atLeast", "onOrAfter":
		return order[0] >= 0
	case "greater", "after":
		return order[0] > 0
	case "between":
		return order[0] >= 0 && order[1] <= 0
	}
	panic("oracle: no comparison " + op)
}
