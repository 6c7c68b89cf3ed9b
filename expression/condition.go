package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// entraNames are the reserved fields by what Entra calls them.
var entraNames = map[string]groups.TextField{
	"userPrincipalName": groups.Username, "mail": groups.Email, "displayName": groups.Name, "objectId": groups.ID,
}

// condition makes a condition of what stands in the text, or a small expression where one condition does not say it.
// It returns nil, having said why, where nothing does.
func (r *reader) condition(c *comparison) *node {
	switch subject := strings.ToLower(c.subject.text); subject {
	case "everyone":
		return &node{cond: groups.Everyone{}, position: c.subject.place}
	case "user":
		if c.name.kind != end {
			return r.property(c)
		}
		return r.asked(subject, c)
	case "unit", "courses", "group", "status":
		if (c.name.kind != end) == (subject == "unit") {
			return r.asked(subject, c)
		}
		r.problem(c.subject.place, "syntax", "a unit is asked for by its tree, as unit.branch, and nothing else has a part")
	case "device":
		r.problem(c.subject.place, "unsupported", "rules are about users, not about devices")
	default:
		r.problem(c.subject.place, "unknown", "nothing is called %.64q; there are user, unit, courses, group, status and everyone", c.subject.text)
	}
	return nil
}

// property reads a condition on user.something: a field, or what Entra keeps among the properties.
func (r *reader) property(c *comparison) *node {
	name := c.name.text
	field, ok := r.schema.Field(name)
	if !ok {
		name, ok = r.properties[name]
		if !ok {
			if c.name.text == "accountEnabled" {
				return r.accountEnabled(c)
			} else if c.name.text == "memberOf" {
				return r.memberOf(c)
			}
			name = string(entraNames[c.name.text])
		}
		field, ok = r.schema.Field(name)
	}
	if !ok && r.properties[c.name.text] != "" {
		r.problem(c.name.place, "unknown", "%.64q is to be kept in %.64q, and there is no such field", c.name.text, name)
		return nil
	} else if !ok {
		there := ""
		if near := r.near(c.name.text); near != "" {
			there = fmt.Sprintf("; there is %.64q", near)
		}
		r.problem(c.name.place, "unknown", "no field %.64q%s", c.name.text, there)
		return nil
	}
	if field.NotForCriteria {
		r.problem(c.name.place, "unknown", "field %.64q is not for criteria", c.name.text)
		return nil
	}
	if name == string(groups.ID) && c.name.text == "objectId" && c.op.says("ne") && c.isNull() && len(c.options) == 0 {
		return r.made(groups.Everyone{}, c)
	}
	return r.field(c, field)
}

// near is a property whose name differs in upper and lower case only, or "".
func (r *reader) near(name string) string {
	names := []string{"accountEnabled", "memberOf"}
	for entra, reserved := range entraNames {
		names = append(names, entra, string(reserved))
	}
	for property := range r.properties {
		names = append(names, property)
	}
	slices.Sort(names)
	for _, f := range r.schema.Fields {
		names = append(names, f.Name)
	}
	for _, n := range slices.Backward(names) {
		if strings.EqualFold(n, name) {
			return n
		}
	}
	return ""
}

// isNull reports whether the value is null, without quotes.
func (c *comparison) isNull() bool {
	return !c.list && c.inner == nil && len(c.operands) == 1 && c.operands[0].says("null", "$null")
}

func (r *reader) accountEnabled(c *comparison) *node {
	if !c.op.says("eq", "ne") || c.list || len(c.operands) != 1 || !c.operands[0].says("true", "false") || len(c.options) > 0 {
		r.problem(c.op.place, "operator", "accountEnabled reads user.accountEnabled -eq true, or false, or -ne")
		return nil
	}
	r.note(c.name.place, "status", "accountEnabled became the status of users: active or deactivated, whether expired or not")
	status := groups.StatusIs(groups.StatusActive)
	if c.operands[0].says("false") {
		status = groups.StatusIs(groups.StatusDeactivated)
	}
	if c.op.says("ne") {
		status = status.Not()
	}
	return r.made(status, c)
}

func (r *reader) memberOf(c *comparison) *node {
	in := c.inner
	if !c.op.says("any") || in == nil || len(c.options)+len(in.options) > 0 || !in.subject.says("group") || in.name.text != "objectId" ||
		!(in.op.says("in") && in.list || in.op.says("eq") && !in.list && len(in.operands) == 1) {
		r.problem(c.op.place, "operator", `memberOf reads user.memberOf -any (group.objectId -in ["a", "b"])`)
		return nil
	}
	ids, ok := texts[groups.GroupID](r, in.operands)
	if !ok {
		return nil
	}
	r.note(c.name.place, "memberOf",
		"groups go by the IDs they have here, and their members are those of this run, rules included; Entra counts direct members, late")
	in.subject = c.subject
	return r.made(groups.MemberOfAny(ids...), in)
}

// made is a condition in the tree, if the schema accepts it. What is wrong with it is said where it stands in c.
func (r *reader) made(cond groups.Condition, c *comparison) *node {
	// Of the schema only the field matters, and looking through all of them for each condition would take longest.
	s := groups.Schema{Limits: r.schema.Limits}
	if c, ok := cond.(groups.FieldCondition); ok {
		if i := slices.IndexFunc(r.schema.Fields, func(f groups.Field) bool { return f.Name == c.Field }); i >= 0 {
			s.Fields = r.schema.Fields[i : i+1]
		}
	}
	err := s.Check(groups.AllSets(groups.All(cond)))
	var bad *groups.CriteriaError
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			r.problem(c.where(p.Pointer), codes[p.Err], "%s", groups.Problem{Text: p.Text}.Error())
		}
		return nil
	}
	return &node{cond: cond, position: c.subject.place}
}

// where is the place of what a JSON pointer into the condition points to: an operand, or else the operator.
func (c *comparison) where(pointer string) place {
	keys := strings.Split(pointer, "/")
	operands := c.operands
	switch {
	case slices.Contains(keys, "courses"):
		operands = c.courses
	case slices.Contains(keys, "when") && c.inner != nil:
		return c.inner.where(keys[len(keys)-1])
	}
	i, isIndex := map[string]int{"value": 0, "from": 0, "to": 1}[keys[len(keys)-1]]
	if n, err := strconv.Atoi(keys[len(keys)-1]); err == nil {
		i, isIndex = n, true
	}
	if isIndex && i < len(operands) {
		return operands[i].place
	}
	return c.op.place
}

// codes are those of what is wrong with criteria.
var codes = map[error]string{groups.ErrSyntax: "syntax", groups.ErrUnknown: "unknown", groups.ErrOperand: "operand",
	groups.ErrEmpty: "operand", groups.ErrLimit: "limit"}

// asked reads a condition on anything but a field.
func (r *reader) asked(subject string, c *comparison) *node {
	if subject == "unit" && c.op.says("eq", "ne") && c.isNull() {
		cond := groups.UnitCondition{Tree: groups.Tree(c.name.text), Op: "isEmpty", Negated: c.op.says("ne")}
		if _, ok := r.options(c); !ok {
			return nil
		}
		return r.made(cond, c)
	}
	op, negated, ok := opCalled(subject, c.op)
	if !ok {
		r.problem(c.op.place, "operator", "no operator %s for %s", c.op.shown(), subject)
		return nil
	}
	if takesNone := op == "hasReports" || op == "enrolled"; op != "completed" &&
		(c.inner != nil || c.list == takesNone || takesNone && len(c.operands) > 0) {
		r.problem(c.op.place, "operand", "%s takes %s", c.op.shown(), map[bool]string{true: "no values", false: `a list such as ["a", "b"]`}[takesNone])
		return nil
	}
	o, ok := r.options(c)
	if !ok {
		return nil
	}
	var cond groups.Condition
	switch subject {
	case "unit":
		units, ok := texts[string](r, c.operands)
		if !ok {
			return nil
		}
		cond = groups.UnitCondition{Tree: groups.Tree(c.name.text), Op: op, Negated: negated, Units: units, Depth: o.depth, OnEmpty: o.whenEmpty}
	case "user":
		users, ok := texts[groups.UserID](r, c.operands)
		if !ok {
			return nil
		}
		cond = groups.UserCondition{Op: op, Negated: negated, Users: users, Depth: o.depth}
	case "courses":
		return r.enrollment(c, op, negated)
	case "group":
		ids, ok := texts[groups.GroupID](r, c.operands)
		if !ok {
			return nil
		}
		cond = groups.GroupCondition{Op: op, Negated: negated, Groups: ids, OrBelow: o.orBelow}
	case "status":
		list, ok := r.statuses(c.operands)
		if !ok {
			return nil
		}
		cond = groups.StatusCondition{Negated: negated, Statuses: list}
	}
	return r.made(cond, c)
}

func (r *reader) enrollment(c *comparison, op groups.Op, negated bool) *node {
	cond := groups.EnrollmentCondition{Quantifier: quantifiers[strings.ToLower(c.many.text)], Op: op, Negated: negated}
	ok := true
	if cond.Courses, ok = texts[string](r, c.courses); !ok {
		return nil
	}
	if cond.Quantifier == groups.AtLeastCourses {
		if cond.K, ok = r.count(c.k); !ok {
			return nil
		}
	}
	switch op {
	case "is":
		if cond.Statuses, ok = texts[string](r, c.operands); !ok {
			return nil
		}
	case "completed":
		in := c.inner
		if in == nil || !in.subject.says("_") || in.name.kind != end {
			r.problem(c.op.place, "operand", "%s takes a window of dates such as (_ -inLast p12m)", c.op.shown())
			return nil
		}
		if cond.When, ok = r.test(in, groups.TypeInstant); !ok {
			return nil
		}
		if len(in.options) > 0 {
			r.problem(in.options[0].name.place, "operand", "%s goes with no window", in.options[0].name.shown())
			return nil
		}
	}
	return r.made(cond, c)
}

func (r *reader) statuses(operands []token) (list []groups.UserStatus, ok bool) {
	ok = true
next:
	for _, t := range operands {
		for _, s := range statuses {
			if t.kind == quoted && t.text == s.String() {
				list = append(list, s)
				continue next
			}
		}
		r.problem(t.place, "unknown", "no status %s; there are active, deactivated and expired", t.shown())
		ok = false
	}
	return list, ok
}

// texts are operands that are texts in quotes.
func texts[T ~string](r *reader, operands []token) (list []T, ok bool) {
	ok = true
	for _, t := range operands {
		if t.kind != quoted {
			r.problem(t.place, "operand", "a text in quotes must stand here, not %s", t.shown())
			ok = false
		}
		list = append(list, T(t.text))
	}
	return list, ok
}

// count is a whole number of at least 1.
func (r *reader) count(t token) (n int, ok bool) {
	n, err := strconv.Atoi(t.text)
	if err != nil || n < 1 {
		r.problem(t.place, "operand", "a whole number of at least 1 must stand here, not %s", t.shown())
	}
	return n, err == nil && n >= 1
}

// settings are the options of a condition.
type settings struct {
	depth     int
	orBelow   bool
	whenEmpty groups.WhenEmpty
}

// options reads what stands behind the operands; what goes with what, it knows best.
func (r *reader) options(c *comparison) (s settings, ok bool) {
	subject := strings.ToLower(c.subject.text)
	seen := map[string]bool{}
	for _, o := range c.options {
		name := strings.ToLower(o.name.text)
		goes := name == "depth" && (subject == "user" && c.name.kind == end || subject == "unit") && c.op.says("below", "notBelow", "isOrBelow", "isNotOrBelow") ||
			name == "orbelow" && subject == "group" ||
			name == "whenempty" && c.name.kind != end && !c.isNull()
		if !goes || seen[name] {
			r.problem(o.name.place, "operand", "%s does not go here", o.name.shown())
			return s, false
		}
		switch seen[name] = true; name {
		case "depth":
			if s.depth, ok = r.count(o.value); !ok {
				return s, false
			}
		case "orbelow":
			s.orBelow = true
		case "whenempty":
			s.whenEmpty = groups.NoMatch
			if o.value.says("match") {
				s.whenEmpty = groups.Matches
			}
		}
	}
	return s, true
}

// literal is an operand of a test.
func literal(t token) groups.Literal {
	switch {
	case t.kind == numeric:
		return groups.Lit(json.Number(t.text))
	case t.kind == quoted || t.kind == day:
		return groups.Lit(t.text)
	case t.says("true", "false"):
		return groups.Lit(t.says("true"))
	}
	return groups.Literal{}
}

// length reads a span such as p90d.
func (r *reader) length(t token) (s groups.Span, ok bool) {
	text := strings.ToLower(t.text)
	if t.kind == word && len(text) > 2 && text[0] == 'p' {
		unit, known := spanLetters[text[len(text)-1]]
		n, err := strconv.Atoi(text[1 : len(text)-1])
		if known && err == nil && n > 0 {
			return groups.Span{N: n, Unit: unit}, true
		}
	}
	r.problem(t.place, "operand", "a span of days, weeks, months or years such as p90d, p2w, p6m or p1y must stand here, not %s", t.shown())
	return s, false
}

// instant reads an operand that is a moment and not a day.
func instant(t token) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, t.text)
	return at.UTC(), err == nil
}
