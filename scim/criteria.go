package scim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// find returns the attribute with a path.
func (t *Translator) find(p path) *attribution {
	key := p.key()
	for i := range t.mapped {
		if t.mapped[i].path.key() == key {
			return &t.mapped[i]
		}
	}
	return nil
}

// target is the attribute that a leaf, or a filter of values, asks about, and the leaf that asks: of
// emails[type eq "work" and value co "x"] that is what comes last.
func (t *Translator) target(n *node) (path, *node) {
	p, asks := n.path, n
	if n.sort == within {
		inner := n.parts[0]
		if inner.sort != and || inner.parts[len(inner.parts)-1].sort != leaf {
			return p, nil
		}
		last := len(inner.parts) - 1
		asks = inner.parts[last]
		p.filter, p.sub = &node{sort: and, parts: inner.parts[:last]}, asks.path.String()
	}
	return p, asks
}

// Match is what a filter says of the resource of a user, about attributes that are mapped, "active" and the ID.
// What is wrong with the filter is an error as [Translator.Criteria] has it.
func (t *Translator) Match(f *Filter, r *Resource) (groups.Verdict, error) {
	if _, err := t.convert(f.root); err != nil {
		return groups.Unknown, err
	}
	return f.root.verdict(func(n *node) groups.Verdict {
		p, asks := t.target(n)
		switch key := p.key(); {
		case key == "active":
			return asks.holds(r.find(p), groups.Field{Type: groups.TypeBool})
		case key == t.id.key():
			return asks.holds(r.find(p), groups.Field{Type: groups.TypeText, Exact: true})
		}
		a := t.find(p)
		of := r.find(a.path)
		of.said = of.said && (of.there || !t.partial) && a.options(of)
		return asks.holds(of, a.field)
	}), nil
}

// Criteria reads a filter as criteria that say the same of every user whom a resource can be. Parentheses around the
// parts of the whole are its sets, and around comparisons of one attribute that are joined by or, the operands of one
// condition. What is nested deeper is written out into sets. Whatever does not map is refused, all of it at once, with
// columns.
func (t *Translator) Criteria(filter string) (groups.Criteria, error) {
	f, err := ParseFilter(filter)
	if err != nil {
		return groups.Criteria{}, err
	}
	c, err := t.convert(f.root)
	if err != nil {
		return groups.Criteria{}, err
	}
	if err := t.schema.Check(c); err != nil {
		if errors.Is(err, groups.ErrLimit) {
			return groups.Criteria{}, failure("", -1, ErrLimit, "%v", err)
		}
		return groups.Criteria{}, failure("", -1, ErrMapping, "%v", err)
	}
	return c, nil
}

func (t *Translator) convert(n *node) (groups.Criteria, error) {
	var errs []error
	t.check(n, &errs)
	if err := errors.Join(errs...); err != nil {
		return groups.Criteria{}, err
	}
	if n.sort == paren {
		if s, ok := t.set(n.parts[0]); ok {
			return groups.AllSets(s), nil
		}
	}
	if n.sort == and || n.sort == or {
		c := groups.Criteria{Match: match(n.sort)}
		for _, part := range n.parts {
			if part.sort != paren {
				break
			}
			s, ok := t.set(part.parts[0])
			if !ok {
				break
			}
			c.Sets = append(c.Sets, s)
		}
		if len(c.Sets) == len(n.parts) {
			return c, nil
		}
	}
	if s, ok := t.set(n); ok {
		return groups.AllSets(s), nil
	}
	return t.nested(n)
}

// check says what does not map.
func (t *Translator) check(n *node, errs *[]error) {
	if n.sort == leaf || n.sort == within {
		_, err := t.condition(n)
		if err != nil {
			*errs = append(*errs, err)
		}
		return
	}
	for _, part := range n.parts {
		t.check(part, errs)
	}
}

func match(s sort) groups.Match {
	if s == or {
		return groups.MatchAny
	}
	return groups.MatchAll
}

// set is a filter as one set, where it is one.
func (t *Translator) set(n *node) (groups.Set, bool) {
	parts, s := []*node{n}, groups.Set{}
	if n.sort == and || n.sort == or {
		parts, s.Match = n.parts, match(n.sort)
	}
	if len(parts) > t.limits().Conditions {
		return groups.Set{}, false
	}
	for _, part := range parts {
		c, ok := t.single(part)
		if !ok {
			return groups.Set{}, false
		}
		s.Conditions = append(s.Conditions, c)
	}
	return s, true
}

// single is a filter as one condition, where it is one.
func (t *Translator) single(n *node) (groups.Condition, bool) {
	switch n.sort {
	case leaf, within:
		c, err := t.condition(n)
		return c, err == nil
	case not:
		if c, ok := t.grouped(n.parts[0]); ok {
			return negated(c)
		}
	case paren:
		return t.grouped(n.parts[0])
	}
	return nil, false
}

func negated(c groups.Condition) (groups.Condition, bool) {
	switch c := c.(type) {
	case groups.FieldCondition:
		return c.Not(), true
	case groups.StatusCondition:
		return c.Not(), true
	case groups.UnitCondition:
		return c.Not(), true
	}
	return nil, false
}

// grouped is what stands in parentheses as one condition: several operands, or a range.
func (t *Translator) grouped(n *node) (groups.Condition, bool) {
	if n.sort != and && n.sort != or {
		return t.single(n)
	}
	var list []groups.FieldCondition
	var statuses groups.StatusCondition
	for _, part := range n.parts {
		if part.sort != leaf && part.sort != within {
			return nil, false
		}
		c, err := t.condition(part)
		if err != nil {
			return nil, false
		}
		switch c := c.(type) {
		case groups.FieldCondition:
			list = append(list, c)
		case groups.StatusCondition:
			if c.Negated || n.sort == and {
				return nil, false
			}
			statuses.Statuses = append(statuses.Statuses, c.Statuses...)
		}
	}
	if len(statuses.Statuses) == len(n.parts) {
		return statuses, true
	}
	if len(list) != len(n.parts) {
		return nil, false
	}
	whole := list[0]
	if n.sort == and {
		lower, upper := bounds(t.field(whole.Field).Type)
		if len(list) != 2 || list[1].Field != whole.Field || whole.Negated || list[1].Negated || whole.Op != lower || list[1].Op != upper {
			return nil, false
		}
		whole.Op, whole.Values = opBetween, []groups.Literal{whole.Values[0], list[1].Values[0]}
		return whole, true
	}
	whole.Values = nil
	for _, c := range list {
		if c.Field != whole.Field || c.Op != whole.Op || c.Negated || !slices.Contains([]groups.Op{opIs, opContains, opStartsWith, opEndsWith, opIncludesAny}, c.Op) {
			return nil, false
		}
		whole.Values = append(whole.Values, c.Values...)
	}
	return whole, true
}

func (t *Translator) field(name string) groups.Field {
	f, _ := t.schema.Field(name)
	return f
}

const (
	opIs          groups.Op = "is"
	opContains    groups.Op = "contains"
	opStartsWith  groups.Op = "startsWith"
	opEndsWith    groups.Op = "endsWith"
	opIsEmpty     groups.Op = "isEmpty"
	opIncludesAny groups.Op = "includesAny"
	opBetween     groups.Op = "between"
)

// bounds are the operators of a range.
func bounds(t groups.Type) (lower, upper groups.Op) {
	if t == groups.TypeNumber {
		return "atLeast", "atMost"
	}
	return "onOrAfter", "onOrBefore"
}

// operators are those of a filter that a field of a type has, each with ours.
func operators(t groups.Type) map[string]groups.Op {
	switch t {
	case groups.TypeText:
		return map[string]groups.Op{"eq": opIs, "co": opContains, "sw": opStartsWith, "ew": opEndsWith}
	case groups.TypeChoice, groups.TypeBool:
		return map[string]groups.Op{"eq": opIs}
	case groups.TypeMultiChoice:
		return map[string]groups.Op{"eq": opIncludesAny}
	case groups.TypeNumber:
		return map[string]groups.Op{"eq": opIs, "gt": "greater", "ge": "atLeast", "lt": "less", "le": "atMost"}
	case groups.TypeInstant:
		return map[string]groups.Op{"gt": "after", "ge": "onOrAfter", "lt": "before", "le": "onOrBefore"}
	}
	return nil
}

// condition is what one comparison says.
func (t *Translator) condition(n *node) (groups.Condition, error) {
	p, asks := t.target(n)
	refuse := func(format string, args ...any) (groups.Condition, error) {
		return nil, failure(n.path.String(), n.at, ErrMapping, format, args...)
	}
	if asks == nil {
		return refuse("a filter of values is mapped where it ends with the comparison of one part of them")
	}
	switch p.key() {
	case t.id.key():
		if asks.compare == "pr" {
			return groups.Everyone{}, nil
		}
		id := attribution{Attribute: Attribute{CaseExact: true}, path: p, field: t.field(string(groups.ID))}
		return id.condition(asks, refuse)
	case "active":
		status, is := groups.StatusIs(groups.StatusActive), asks.compare == "eq"
		if !is && asks.compare != "ne" || asks.operand.kind != boolean {
			return refuse("it is asked for true or for false")
		}
		if asks.operand.text == "false" {
			status = groups.StatusIs(groups.StatusDeactivated)
		}
		status.Negated = !is
		return status, nil
	}
	a := t.find(p)
	switch {
	case a == nil:
		return refuse("the attribute is not mapped")
	case a.Tree != "" && asks.compare == "pr":
		return a.Tree.IsEmpty().Not(), nil
	case a.Tree != "":
		return refuse("of a unit that is not in its tree nobody knows whether somebody sits in it")
	}
	return a.condition(asks, refuse)
}

// many reports whether the attribute may have several values.
func (a *attribution) many() bool {
	return a.field.Several || a.field.Type == groups.TypeMultiChoice || a.path.filter != nil
}

// condition is a comparison of a field.
func (a *attribution) condition(n *node, refuse func(string, ...any) (groups.Condition, error)) (groups.Condition, error) {
	f := &a.field
	c := groups.FieldCondition{Field: f.Name}
	if n.compare == "pr" {
		c.Op, c.Negated = opIsEmpty, true
		return c, nil
	}
	compare := n.compare
	if compare == "ne" {
		compare, c.Negated = "eq", true
	}
	op, ok := operators(f.Type)[compare]
	c.Op = op
	switch {
	case !ok:
		return refuse("%s is not asked of values of type %v", n.compare, f.Type)
	case c.Negated && a.many():
		return refuse("ne of an attribute of many values is asked of one of them; say not (... eq ...)")
	case f.Type == groups.TypeText && f.Exact != a.CaseExact:
		return refuse("case counts in the attribute or in field %q, and not in both", f.Name)
	case (f.Type == groups.TypeChoice || f.Type == groups.TypeMultiChoice) && !a.CaseExact:
		return refuse("options compare with their case, and the attribute without")
	}
	want := map[groups.Type]kind{groups.TypeBool: boolean, groups.TypeNumber: number}[f.Type]
	if want == null {
		want = text
	}
	if n.operand.kind != want {
		return refuse("the operand is no %v", f.Type)
	}
	v, err := literal(f.Type, n.operand.text)
	if err != nil {
		return refuse("%v", err)
	}
	c.Values = []groups.Literal{v}
	return c, nil
}

// literal is an operand of a condition.
func literal(t groups.Type, s string) (groups.Literal, error) {
	switch t {
	case groups.TypeBool:
		return groups.Lit(s == "true"), nil
	case groups.TypeNumber:
		return exactNumber(s)
	case groups.TypeInstant:
		if _, err := groups.ParseValue(t, s); err != nil {
			return groups.Literal{}, err
		}
	}
	if strings.TrimSpace(s) == "" {
		return groups.Literal{}, errors.New("a blank operand")
	}
	return groups.Lit(s), nil
}

// formula is a filter without parentheses and negations but those of conditions.
type formula struct {
	sort  sort // and, or, or leaf
	parts []formula
	c     groups.Condition
}

// nested writes out a filter that is nested deeper than sets.
func (t *Translator) nested(n *node) (groups.Criteria, error) {
	f, err := t.formula(n, false)
	if err != nil {
		return groups.Criteria{}, err
	}
	if c, ok := f.criteria(t.limits().Conditions); ok {
		return c, nil
	}
	limits := t.limits()
	if sets, conditions := f.size(); sets > limits.Sets || conditions > limits.Conditions {
		return groups.Criteria{}, failure("", n.at, ErrLimit, "written out it is %s sets of up to %d conditions, at most %d of %d",
			many(sets), conditions, limits.Sets, limits.Conditions)
	}
	c := groups.Criteria{Match: groups.MatchAny}
	for _, set := range f.sets() {
		c.Sets = append(c.Sets, groups.All(set...))
	}
	return c, nil
}

// limits are how many sets, and conditions of a set, criteria have at most.
func (t *Translator) limits() groups.Limits {
	l := groups.Limits{}
	if t.schema.Limits != nil {
		l = *t.schema.Limits
	}
	l.Sets, l.Conditions = cmp.Or(max(l.Sets, 0), 50), cmp.Or(max(l.Conditions, 0), 10)
	return l
}

const tooMany = 1 << 20

func many(n int) string {
	if n >= tooMany {
		return "more than a million"
	}
	return fmt.Sprint(n)
}

func (t *Translator) formula(n *node, opposed bool) (formula, error) {
	if c, ok := t.single(n); ok {
		if opposed {
			if _, is := c.(groups.Everyone); is {
				return formula{}, failure("", n.at, ErrMapping, "no condition says nobody")
			}
			c, _ = negated(c)
		}
		return formula{c: c}, nil
	}
	switch n.sort {
	case paren:
		return t.formula(n.parts[0], opposed)
	case not:
		return t.formula(n.parts[0], !opposed)
	case leaf, within:
		_, err := t.condition(n)
		return formula{}, err
	}
	f := formula{sort: n.sort}
	if opposed {
		f.sort = and + or - n.sort
	}
	for _, part := range n.parts {
		inner, err := t.formula(part, opposed)
		if err != nil {
			return formula{}, err
		}
		if inner.sort == f.sort {
			f.parts = append(f.parts, inner.parts...)
		} else {
			f.parts = append(f.parts, inner)
		}
	}
	return f, nil
}

// criteria are the sets of a formula of two levels. What stands alone makes sets of its own, each of up to most
// conditions.
func (f formula) criteria(most int) (groups.Criteria, bool) {
	if f.sort == leaf {
		return groups.AllSets(groups.All(f.c)), true
	}
	c, alone := groups.Criteria{Match: match(f.sort)}, groups.Set{Match: match(f.sort)}
	for _, part := range f.parts {
		if part.sort == leaf {
			alone.Conditions = append(alone.Conditions, part.c)
			continue
		}
		s := groups.Set{Match: match(part.sort)}
		for _, inner := range part.parts {
			if inner.sort != leaf {
				return groups.Criteria{}, false
			}
			s.Conditions = append(s.Conditions, inner.c)
		}
		c.Sets = append(c.Sets, s)
	}
	for some := range slices.Chunk(alone.Conditions, most) {
		c.Sets = append(c.Sets, groups.Set{Match: alone.Match, Conditions: some})
	}
	return c, true
}

// size is how many sets, of how many conditions, the formula is where one set is enough.
func (f formula) size() (sets, conditions int) {
	switch f.sort {
	case leaf:
		return 1, 1
	case or:
		for _, part := range f.parts {
			n, of := part.size()
			sets, conditions = min(sets+n, tooMany), max(conditions, of)
		}
		return sets, conditions
	}
	sets = 1
	for _, part := range f.parts {
		n, of := part.size()
		sets, conditions = min(sets*n, tooMany), conditions+of
	}
	return sets, conditions
}

// sets are those of the formula where one is enough.
func (f formula) sets() [][]groups.Condition {
	switch f.sort {
	case leaf:
		return [][]groups.Condition{{f.c}}
	case or:
		var all [][]groups.Condition
		for _, part := range f.parts {
			all = append(all, part.sets()...)
		}
		return all
	}
	all := [][]groups.Condition{nil}
	for _, part := range f.parts {
		var longer [][]groups.Condition
		for _, first := range all {
			for _, more := range part.sets() {
				longer = append(longer, slices.Concat(first, more))
			}
		}
		all = longer
	}
	return all
}
