package expression

import (
	"time"

	"github.com/grouprules/groups"
)

// field reads a condition on a field, and notes where Entra asks something else by the same words.
func (r *reader) field(c *comparison, f groups.Field) *node {
	s, ok := r.options(c)
	if !ok {
		return nil
	}
	switch {
	case c.op.says("any", "all"):
		return r.items(c, f)
	case c.isNull():
		if !c.op.says("eq", "ne") {
			r.problem(c.op.place, "operator", "null goes with -eq and -ne only, not with %s", c.op.shown())
			return nil
		}
		return r.made(groups.FieldCondition{Field: f.Name, Test: groups.Test{Op: "isEmpty", Negated: c.op.says("ne")}}, c)
	case len(c.operands) > 0 && c.operands[0].kind == word && c.operands[0].says("system"):
		return r.sinceNow(c, f)
	}
	if f.Type == groups.TypeDate && c.op.says("le", "ge") && !c.list && len(c.operands) == 1 {
		if at, ok := instant(c.operands[0]); ok {
			return r.moment(c, f, s, at)
		}
	}
	t, ok := r.test(c, f.Type)
	if !ok {
		return nil
	}
	r.remarks(c, f, t)
	if f.Several && !t.Negated {
		r.note(c.op.place, "several", "%s asks for some value where %s has several", c.op.shown(), f.Name)
	}
	return r.made(groups.FieldCondition{Field: f.Name, Test: t, OnEmpty: s.whenEmpty}, c).leftOpen(c, s)
}

// leftOpen remembers that neither the author nor Entra says what holds of people with no value.
func (n *node) leftOpen(c *comparison, s settings) *node {
	if n != nil && s.whenEmpty == groups.ByOperator {
		n.open = c.op.place
	}
	return n
}

// missing notes where people with no value are taken in by what was left open. It is asked of the conditions as they
// are in the end: -not turns what they hold of nobody's value as well.
func (r *reader) missing(n *node) {
	c, ok := n.cond.(groups.FieldCondition)
	if ok && n.open != (place{}) && c.Field != string(groups.ID) && (c.OnEmpty == groups.Matches || c.OnEmpty == groups.ByOperator && c.Negated) {
		r.note(n.open, "missing", "people with no %s are taken in; Entra does not say what it does; asking for -ne null as well leaves them out", c.Field)
	}
	for _, kid := range n.kids {
		r.missing(kid)
	}
}

// test reads an operator of fields of the type with its operands.
func (r *reader) test(c *comparison, typ groups.Type) (t groups.Test, ok bool) {
	o, negated, known := operatorCalled(c.op)
	op, fits := o.ops[typ]
	if !known || !fits {
		r.problem(c.op.place, "operator", "no operator %s for a field of type %v", c.op.shown(), typ)
		return t, false
	}
	wants := ""
	switch n := len(c.operands); o.takes {
	case one:
		if c.list || n != 1 {
			wants = "one value"
		}
	case some:
		if n == 0 {
			wants = "a value, or several in brackets"
		}
	case list:
		if !c.list {
			wants = "a list in brackets"
		}
	case pair:
		if !c.list || n != 2 {
			wants = "two values in brackets"
		}
	case span:
		if c.list || n != 1 {
			wants = "a span such as p90d"
		}
	}
	if wants != "" {
		r.problem(c.op.place, "operand", "%s takes %s", c.op.shown(), wants)
		return t, false
	}
	t = groups.Test{Op: op, Negated: negated}
	if o.takes == span {
		t.Span, ok = r.length(c.operands[0])
		return t, ok
	}
	for _, v := range c.operands {
		t.Values = append(t.Values, literal(v))
	}
	return t, true
}

// remarks says how a test on a field differs from Entra's.
func (r *reader) remarks(c *comparison, f groups.Field, t groups.Test) {
	if t.Op == "matches" {
		r.note(c.op.place, "pattern", "expressions are RE2 and match anywhere in the text; Entra has another dialect, with what RE2 leaves out")
	}
	switch {
	case f.Type == groups.TypeChoice || f.Type == groups.TypeMultiChoice:
		r.note(c.name.place, "case", "%s is compared by the IDs of its options, as they stand; Entra has texts, and ignores case", f.Name)
	case f.Exact:
		r.note(c.name.place, "case", "%s tells upper from lower case, which Entra does not", f.Name)
	case f.Type == groups.TypeText && t.Op != "matches":
		r.note(c.name.place, "text", "texts compare without regard to case, as in Entra, and to white space at the ends and its amount between words, of which Entra does not speak")
	}
}

// items reads -any (_ ...) and -all (_ ...), which ask of each item of a collection.
func (r *reader) items(c *comparison, f groups.Field) *node {
	in := c.inner
	if in == nil || !in.subject.says("_") || in.name.kind != end {
		at := c.op.place
		if in != nil {
			at = in.subject.place
		}
		r.problem(at, "unsupported", "of the items of a collection only they themselves can be asked, as in -any (_ -eq \"a\")")
		return nil
	}
	if f.Type != groups.TypeMultiChoice && !f.Several {
		r.problem(c.op.place, "operator", "%s has one value, of which %s does not ask", f.Name, c.op.shown())
		return nil
	}
	if len(c.options)+len(in.options) > 0 {
		at := append(c.options, in.options...)[0].name
		r.problem(at.place, "operand", "%s does not go with %s, which says itself what holds of no values", at.shown(), c.op.shown())
		return nil
	}
	// What is asked of an item is a text, or which of the options it is.
	asked := f.Type
	if asked == groups.TypeMultiChoice {
		asked = groups.TypeChoice
	}
	t, ok := r.test(in, asked)
	if !ok {
		return nil
	}
	if f.Type == groups.TypeMultiChoice {
		t.Op = "includesAny"
	}
	all, w := c.op.says("all"), groups.ByOperator
	single := f.Type == groups.TypeMultiChoice && len(t.Values) == 1
	switch {
	case all == t.Negated: // some item is, or all items are not
	case single:
		// All items are it, or there is none: exactly it, or empty. Some item is not it: the opposite.
		t.Op, t.Negated, w = "isExactly", !all, groups.NoMatch
		if all {
			w = groups.Matches
		}
		r.note(c.op.place, "all", "%s asks whether %s is exactly that, or not; where there is no value %s holds, and so here",
			c.op.shown(), f.Name, map[bool]string{true: "-all", false: "no -any"}[all])
	default:
		r.problem(c.op.place, "unsupported", "no operator asks whether all values of %s are such, or some are not", f.Name)
		return nil
	}
	r.remarks(c, f, t)
	in.subject, in.name = c.subject, c.name
	return r.made(groups.FieldCondition{Field: f.Name, Test: t, OnEmpty: w}, in)
}

// whereKnown is a condition on a day, which does not hold where there is none.
func whereKnown(f groups.Field, c groups.FieldCondition) groups.FieldCondition {
	c.Field = f.Name
	if c.Negated {
		c.OnEmpty = groups.NoMatch
	}
	return c
}

// sinceNow reads -le and -ge of system.now, plus or minus a span. A day stands for its first moment, and now is later than
// the first moment of today: so what is not after now minus 90 days was 90 days ago or more, and what is not before it
// was not.
func (r *reader) sinceNow(c *comparison, f groups.Field) *node {
	if f.Type != groups.TypeDate && f.Type != groups.TypeInstant || !c.op.says("le", "ge") {
		r.problem(c.op.place, "operator", "system.now goes with -le and -ge of a date, not with %s of a field of type %v", c.op.shown(), f.Type)
		return nil
	}
	if len(c.options) > 0 {
		r.problem(c.options[0].name.place, "operand", "-whenEmpty does not go with system.now")
		return nil
	}
	r.note(c.op.place, "day", "the day of %s is compared with today in the zone of the group; Entra compares moments", f.Name)
	ask, late := groups.DateField(f.Name), c.op.says("ge")
	if len(c.operands) == 1 {
		past, today := whereKnown(f, ask.Ago(1, groups.Days)), whereKnown(f, ask.InNext(1, groups.Days))
		n := &node{join: or, parens: 1, position: c.subject.place}
		if late {
			past, today, n.join = whereKnown(f, past.Not()), whereKnown(f, today.Not()), and
		}
		for _, cond := range []groups.FieldCondition{past, today} {
			kid := r.made(cond, c)
			if kid == nil {
				return nil
			}
			n.kids = append(n.kids, kid.leftOpen(c, settings{}))
		}
		return n
	}
	length, ok := r.length(c.operands[2])
	if !ok {
		return nil
	}
	cond := ask.Ago(length.N, length.Unit)
	before := true // the condition holds before the moment
	if c.operands[1].says("plus") {
		cond, before = ask.Ahead(length.N, length.Unit), false
	}
	if late == before {
		cond = whereKnown(f, cond.Not())
	}
	return r.made(cond, c).leftOpen(c, settings{})
}

// moment compares a day with a moment: the day stands for its first moment.
func (r *reader) moment(c *comparison, f groups.Field, s settings, at time.Time) *node {
	r.note(c.op.place, "day", "%s is compared by the day of the moment in UTC; Entra compares moments", f.Name)
	of := groups.DateField(f.Name)
	day := groups.NewDate(at.Date())
	cond := of.OnOrBefore(day)
	if midnight := at.Equal(at.Truncate(24 * time.Hour)); c.op.says("ge") {
		if cond = of.OnOrAfter(day); !midnight {
			cond = of.After(day)
		}
	}
	return r.made(cond.WhenEmpty(s.whenEmpty), c).leftOpen(c, s)
}
