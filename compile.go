package groups

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
	"github.com/grouprules/groups/internal/fold"
	"github.com/grouprules/groups/internal/lineage"
)

// Check reports everything that is wrong with criteria under this schema, as a [*CriteriaError] with
// each problem at its JSON pointer: what is empty, over a limit, unknown, of the wrong type or
// blank. It returns nil for criteria that can be compiled, no criteria among them. Operands that
// name a unit, user, group, course, status or option that does not exist are no problem here; a run
// reports them as findings.
func (s *Schema) Check(c Criteria) error {
	_, err := s.Compile(c)
	return err
}

// Compile checks criteria and returns the rule they make, which shares nothing with them. It refuses
// what [Schema.Check] refuses, and a schema that [Schema.Validate] refuses. A nil Schema has no fields
// but the reserved ones.
func (s *Schema) Compile(c Criteria) (*Rule, error) {
	if s == nil {
		s = new(Schema)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s.compile(c.clone())
}

// compile is [Schema.Compile] of a schema that is valid, and the rule has the very criteria: who keeps it clones them.
func (s *Schema) compile(c Criteria) (*Rule, error) {
	k := &compiler{schema: s, limits: s.Limits.withDefaults()}
	rule := k.criteria(c)
	if err := k.problems.err(); err != nil {
		return nil, err
	}
	return rule, nil
}

// ParseCriteria reads criteria from JSON and checks them: what [ParseCriteria] and [Schema.Check] refuse,
// all of it at once and in the order of the document.
func (s *Schema) ParseCriteria(data []byte) (Criteria, error) {
	if s == nil {
		s = new(Schema)
	}
	if err := s.Validate(); err != nil {
		return Criteria{}, err
	}
	c, unread := readCriteria(data, s.Limits.withDefaults())
	k := &compiler{schema: s, limits: s.Limits.withDefaults(), unread: len(unread) > 0}
	k.criteria(c)
	all := slices.Concat(unread, k.problems)
	slices.SortStableFunc(all, func(a, b Problem) int { return slices.Compare(a.place(), b.place()) })
	if err := slices.CompactFunc(all, func(a, b Problem) bool { return a.Pointer == b.Pointer && a.Err == b.Err }).err(); err != nil {
		return Criteria{}, err
	}
	return c, nil
}

// compiler turns criteria into a rule and collects what is wrong on the way.
type compiler struct {
	schema   *Schema
	limits   Limits
	problems problems
	rule     Rule
	unread   bool // what is missing in the criteria could not be read, and was reported
}

func (k *compiler) criteria(c Criteria) *Rule {
	k.rule = Rule{criteria: c, match: c.Match, sets: make([]ruleSet, 0, len(c.Sets))}
	if c.Match > MatchAny {
		k.problems.add("/match", ErrUnknown, "neither all nor any")
	}
	if len(c.Sets) > k.limits.Sets {
		k.problems.add("/sets", ErrLimit, "%d sets, at most %d", len(c.Sets), k.limits.Sets)
	}
	for i, set := range c.Sets {
		at := spot{set: i}
		if set.Match > MatchAny {
			k.problems.add(at.ofSet("/match"), ErrUnknown, "neither all nor any")
		}
		switch n := len(set.Conditions); {
		case n == 0 && !k.unread:
			k.problems.add(at.ofSet("/conditions"), ErrEmpty, "a set without conditions")
		case n > k.limits.Conditions:
			k.problems.add(at.ofSet("/conditions"), ErrLimit, "%d conditions, at most %d a set", n, k.limits.Conditions)
		}
		compiled := ruleSet{match: set.Match, leaves: make([]leaf, 0, len(set.Conditions))}
		for j, cond := range set.Conditions {
			if l := k.condition(spot{set: i, condition: j}, cond); l != nil {
				compiled.leaves = append(compiled.leaves, l)
			}
		}
		k.rule.sets = append(k.rule.sets, compiled)
	}
	k.rule.asked = arranged(c.Match, k.rule.sets)
	return &k.rule
}

// A spot is where a condition stands. A pointer to it is made where something is wrong there.
type spot struct {
	set, condition int
	within         string // what of it
}

// to is the pointer to something of the condition, or to itself.
func (s spot) to(key string) string {
	return s.ofSet("/conditions/" + strconv.Itoa(s.condition) + s.within + key)
}

// ofSet is the pointer to something of the set.
func (s spot) ofSet(key string) string { return "/sets/" + strconv.Itoa(s.set) + key }

func (k *compiler) condition(at spot, c Condition) leaf {
	switch c := c.(type) {
	case FieldCondition:
		return k.field(at, c)
	case UnitCondition:
		return k.unit(at, c)
	case UserCondition:
		return k.user(at, c)
	case EnrollmentCondition:
		return k.enrollment(at, c)
	case GroupCondition:
		return k.group(at, c)
	case StatusCondition:
		return k.status(at, c)
	case Everyone:
		return everyoneLeaf{}
	}
	if !k.unread {
		k.problems.add(at.to(""), ErrUnknown, "no condition")
	}
	return nil
}

func (k *compiler) field(at spot, c FieldCondition) leaf {
	f, ok := k.schema.Field(c.Field)
	switch {
	case !ok:
		k.problems.add(at.to("/field"), ErrUnknown, "no field %.64q", c.Field)
		return nil
	case f.NotForCriteria:
		k.problems.add(at.to("/field"), ErrUnknown, "field %.64q is not for criteria", c.Field)
		return nil
	}
	l := &fieldLeaf{name: f.Name, typ: f.Type, several: f.Several, negated: c.Negated, empty: onEmpty(c.OnEmpty, c.Negated)}
	if len(f.Options) > 0 {
		l.options = make(map[string]struct{}, len(f.Options))
		for _, o := range f.Options {
			l.options[o.ID] = struct{}{}
		}
	}
	if c.OnEmpty > Matches {
		k.problems.add(at.to("/whenEmpty"), ErrUnknown, "neither match nor noMatch")
	}
	if c.Op == opIsEmpty {
		l.empty = verdictOf(!c.Negated)
		if c.OnEmpty != ByOperator {
			k.problems.add(at.to("/whenEmpty"), ErrOperand, "isEmpty answers for empty values itself")
		}
		k.superfluous(at, c.Test, false)
		return l
	}
	if l.test = k.test(at, f, c.Test); l.test == nil {
		return nil
	}
	if d, ok := l.test.(*dateTest); ok && d.relative {
		k.rule.clocked = append(k.rule.clocked, l)
	}
	return l
}

// test compiles what a field's value is put to, or returns nil having said what is wrong.
func (k *compiler) test(at spot, f Field, t Test) tester {
	before := len(k.problems)
	var out tester
	switch f.Type {
	case TypeText:
		out = k.text(at, f, t)
	case TypeChoice, TypeMultiChoice:
		out = k.choice(at, f, t)
	case TypeNumber:
		out = k.number(at, t)
	case TypeDate, TypeInstant:
		out = k.date(at, f.Type == TypeInstant, t)
	case TypeBool:
		out = k.bool(at, t)
	default:
		panic("groups: a field without type passed Validate")
	}
	if len(k.problems) > before {
		return nil
	}
	return out
}

func (k *compiler) noOperator(at spot, op Op, what string) {
	k.problems.add(at.to("/op"), ErrUnknown, "no operator %.64q for %s", op, what)
}

// superfluous refuses operands that the operator does not take.
func (k *compiler) superfluous(at spot, t Test, span bool) {
	if len(t.Values) > 0 {
		k.problems.add(at.to("/values"), ErrOperand, "%s takes no values", t.Op)
	}
	if !span && t.Span != (Span{}) {
		k.problems.add(at.to("/"+t.Span.Unit.String()), ErrOperand, "%s takes no length of time", t.Op)
	}
}

// operands checks a list of operands: that it has as many as asked for (0: one or more), all of one
// kind, none blank or too long. The pointer of operand i is that of JSON's key for it.
func (k *compiler) operands(at spot, t Test, count int, want literalKind) (texts []string, ok bool) {
	before := len(k.problems)
	k.superfluous(at, Test{Op: t.Op, Span: t.Span}, false)
	pointer := func(i int) string {
		switch count {
		case 1:
			return at.to("/value")
		case 2:
			return at.to([...]string{"/from", "/to"}[i])
		}
		return at.to(fmt.Sprintf("/values/%d", i))
	}
	switch n := len(t.Values); {
	case count == 0 && n == 0:
		k.problems.add(at.to("/values"), ErrEmpty, "%s without values", t.Op)
	case count > 0 && n != count:
		k.problems.add(at.to(""), ErrOperand, "%s takes %d operands, not %d", t.Op, count, n)
		return nil, false
	case n > k.limits.Operands:
		k.problems.add(at.to("/values"), ErrLimit, "%d operands, at most %d", n, k.limits.Operands)
	}
	texts = make([]string, 0, len(t.Values))
	for i, v := range t.Values {
		switch {
		case v.kind != want:
			k.problems.add(pointer(i), ErrOperand, "%s", [...]string{textLiteral: "not a text", numberLiteral: "not a number", boolLiteral: "neither true nor false"}[want])
		case len(v.text) > k.limits.OperandBytes:
			k.problems.add(pointer(i), ErrLimit, "%d bytes, at most %d", len(v.text), k.limits.OperandBytes)
		case want == textLiteral && !usableText(v.text):
			k.problems.add(pointer(i), ErrOperand, "blank, or not text in UTF-8")
		}
		texts = append(texts, v.text)
	}
	return texts, len(k.problems) == before
}

// usableText tells operands that can be compared from blank ones, broken ones and those with NUL.
func usableText(s string) bool {
	return !fold.Blank(s) && storable(s)
}

func (k *compiler) text(at spot, f Field, t Test) tester {
	switch t.Op {
	case opIs, opContains, opStartsWith, opEndsWith, opMatches:
	default:
		k.noOperator(at, t.Op, "a text")
		return nil
	}
	texts, ok := k.operands(at, t, 0, textLiteral)
	if !ok {
		return nil
	}
	out := &textTest{exact: f.Exact}
	folded := texts[:0] // each after it was read
	switch t.Op {
	case opContains:
		out.has = strings.Contains
	case opStartsWith:
		out.has = strings.HasPrefix
	case opEndsWith:
		out.has = strings.HasSuffix
	}
	for i, s := range texts {
		switch {
		case t.Op == opMatches:
			// The value is in NFC, so the expression must be too; white space in it counts.
			expr := norm.NFC.String(s)
			p, err := regexp.Compile(expr)
			if err == nil && !f.Exact {
				p, err = regexp.Compile("(?i)" + expr)
			}
			if err != nil {
				k.problems.add(at.to(fmt.Sprintf("/values/%d", i)), ErrOperand, "%.200v", err)
				continue
			}
			out.patterns = append(out.patterns, p)
			continue
		case f.Exact:
			s = fold.Exact(s)
		default:
			s = fold.Key(s)
		}
		folded = append(folded, s)
	}
	if out.has == nil {
		out.is = newTexts(folded)
	} else {
		out.parts = folded
	}
	return out
}

func (k *compiler) choice(at spot, f Field, t Test) tester {
	switch t.Op {
	case opIs:
		if f.Type != TypeChoice {
			k.noOperator(at, t.Op, "a multi-choice")
			return nil
		}
	case opIncludesAny, opIncludesAll, opIsExactly:
		if f.Type != TypeMultiChoice {
			k.noOperator(at, t.Op, "a choice")
			return nil
		}
	default:
		k.noOperator(at, t.Op, "a "+f.Type.String())
		return nil
	}
	texts, ok := k.operands(at, t, 0, textLiteral)
	if !ok {
		return nil
	}
	for i, id := range texts {
		texts[i] = strings.TrimSpace(id)
	}
	return &choiceTest{t.Op, newTexts(texts)}
}

func (k *compiler) bool(at spot, t Test) tester {
	if t.Op != opIs {
		k.noOperator(at, t.Op, "a bool")
		return nil
	}
	texts, ok := k.operands(at, t, 0, boolLiteral)
	if !ok {
		return nil
	}
	return &boolTest{[2]bool{slices.Contains(texts, "false"), slices.Contains(texts, "true")}}
}

func (k *compiler) number(at spot, t Test) tester {
	count := 1
	switch t.Op {
	case opIs:
		count = 0
	case opLess, opAtMost, opAtLeast, opGreater:
	case opBetween:
		count = 2
	default:
		k.noOperator(at, t.Op, "a number")
		return nil
	}
	texts, ok := k.operands(at, t, count, numberLiteral)
	if !ok {
		return nil
	}
	out := &numberTest{op: t.Op}
	for _, s := range texts {
		d, err := decimal.Parse(s)
		if err != nil {
			k.problems.add(at.to(""), ErrOperand, "%.200v", err)
			return nil
		}
		out.operands = append(out.operands, d)
	}
	if t.Op == opBetween && out.operands[0].Cmp(out.operands[1]) > 0 {
		k.problems.add(at.to("/to"), ErrOperand, "less than from")
	}
	return out
}

// relationOf finds the relative date operators.
func relationOf(op Op) (r calendar.Relation, ok bool) {
	switch op {
	case opInLast:
		return calendar.InLast, true
	case opInNext:
		return calendar.InNext, true
	case opAgo:
		return calendar.Ago, true
	case opAhead:
		return calendar.Ahead, true
	case opAnniversary:
		return calendar.Anniversary, true
	}
	return r, false
}

// date compiles a test of days, or with instants a test of instants, whose operands may be days too.
func (k *compiler) date(at spot, instants bool, t Test) tester {
	out := &dateTest{op: t.Op, instants: instants}
	if relation, ok := relationOf(t.Op); ok {
		out.relative, out.relation = true, relation
		out.span = calendar.Span{N: t.Span.N, Unit: calendar.Unit(t.Span.Unit)}
		k.superfluous(at, t, true)
		if t.Span.Unit > Years || !out.span.Valid() {
			k.problems.add(at.to("/"+t.Span.Unit.String()), ErrOperand, "%d is not from 1 to 3660000", t.Span.N)
		}
		return out
	}
	count := 1
	switch t.Op {
	case opOn, opBefore, opAfter, opOnOrBefore, opOnOrAfter:
	case opBetween:
		count = 2
	default:
		k.noOperator(at, t.Op, "a date")
		return nil
	}
	texts, ok := k.operands(at, t, count, textLiteral)
	if !ok {
		return nil
	}
	for i, s := range texts {
		key := "/value"
		if count == 2 {
			key = [...]string{"/from", "/to"}[i]
		}
		if day, err := calendar.Parse(s); err == nil {
			out.operands = append(out.operands, moment{day: day, isDay: true})
			continue
		}
		instant, err := calendar.ParseInstant(s)
		switch {
		case !instants:
			k.problems.add(at.to(key), ErrOperand, "%.64q is not a date such as 2026-01-31", s)
		case err != nil:
			k.problems.add(at.to(key), ErrOperand, "%.64q is neither a date such as 2026-01-31 nor an instant such as 2026-01-31T12:00:00Z", s)
		case t.Op == opOn:
			k.problems.add(at.to(key), ErrOperand, "on takes a date, not an instant")
		}
		out.operands = append(out.operands, moment{at: instant})
	}
	if count == 2 {
		from, to := out.operands[0], out.operands[1]
		if from.isDay && to.isDay && to.day < from.day || !from.isDay && !to.isDay && to.at.Before(from.at) {
			k.problems.add(at.to("/to"), ErrOperand, "before from")
		}
	}
	return out
}

// names checks a list of identifiers and returns them as a set.
func (k *compiler) names(at spot, key string, list []string) map[string]struct{} {
	k.checkNames(at, key, list)
	set := make(map[string]struct{}, len(list))
	for _, id := range list {
		set[id] = struct{}{}
	}
	return set
}

// checkNames checks a list of identifiers.
func (k *compiler) checkNames(at spot, key string, list []string) {
	if len(list) == 0 {
		k.problems.add(at.to("/"+key), ErrEmpty, "nothing named")
	}
	if len(list) > k.limits.Operands {
		k.problems.add(at.to("/"+key), ErrLimit, "%d named, at most %d", len(list), k.limits.Operands)
	}
	for i, id := range list {
		if !usableText(id) || strings.TrimSpace(id) != id {
			k.problems.add(at.to(fmt.Sprintf("/%s/%d", key, i)), ErrOperand, "%.64q is blank, has white space at an end, or is not text in UTF-8", id)
		} else if len(id) > k.limits.OperandBytes {
			k.problems.add(at.to(fmt.Sprintf("/%s/%d", key, i)), ErrLimit, "%d bytes, at most %d", len(id), k.limits.OperandBytes)
		}
	}
}

// depth checks the bound of a walk, which only operators that walk take.
func (k *compiler) depth(at spot, op Op, depth int) {
	switch walks := op == opBelow || op == opIsOrBelow; {
	case depth < 0:
		k.problems.add(at.to("/depth"), ErrOperand, "not a whole number from 1 on")
	case depth > 0 && !walks:
		k.problems.add(at.to("/depth"), ErrOperand, "%s takes no depth", op)
	}
}

func (k *compiler) unit(at spot, c UnitCondition) leaf {
	if !usableText(string(c.Tree)) {
		k.problems.add(at.to("/tree"), ErrOperand, "blank, or not text in UTF-8")
	}
	k.rule.units = true
	l := &unitLeaf{tree: c.Tree, op: c.Op, negated: c.Negated, depth: c.Depth, empty: onEmpty(c.OnEmpty, c.Negated)}
	if c.OnEmpty > Matches {
		k.problems.add(at.to("/whenEmpty"), ErrUnknown, "neither match nor noMatch")
	}
	switch c.Op {
	case opIs, opBelow, opIsOrBelow:
		l.goals = k.names(at, "units", c.Units)
		l.places = lineage.NewGoals(l.goals)
	case opIsEmpty:
		l.empty = verdictOf(!c.Negated)
		if len(c.Units) > 0 {
			k.problems.add(at.to("/units"), ErrOperand, "isEmpty takes no units")
		}
		if c.OnEmpty != ByOperator {
			k.problems.add(at.to("/whenEmpty"), ErrOperand, "isEmpty answers for empty values itself")
		}
	default:
		k.noOperator(at, c.Op, "units")
	}
	k.depth(at, c.Op, c.Depth)
	return l
}

func (k *compiler) user(at spot, c UserCondition) leaf {
	l := &userLeaf{op: c.Op, negated: c.Negated, depth: c.Depth}
	switch c.Op {
	case opBelow, opIsOrBelow:
		k.rule.lines = true
		fallthrough
	case opIs:
		users := make([]string, len(c.Users))
		for i, id := range c.Users {
			users[i] = string(id)
		}
		l.goals = k.names(at, "users", users)
		l.places = lineage.NewGoals(l.goals)
	case opHasReports:
		k.rule.reports = true
		if len(c.Users) > 0 {
			k.problems.add(at.to("/users"), ErrOperand, "hasReports takes no users")
		}
	default:
		k.noOperator(at, c.Op, "users")
	}
	k.depth(at, c.Op, c.Depth)
	return l
}

func (k *compiler) enrollment(at spot, c EnrollmentCondition) leaf {
	l := &enrollmentLeaf{op: c.Op, negated: c.Negated, schema: k.schema.EnrollmentStatuses}
	k.checkNames(at, "courses", c.Courses)
	l.courses = slices.Clone(c.Courses)
	slices.Sort(l.courses)
	l.courses = slices.Compact(l.courses)
	switch c.Quantifier {
	case AnyCourse:
		l.need = 1
	case AllCourses:
		l.need = len(l.courses)
	case AtLeastCourses:
		if l.need = c.K; c.K < 1 || c.K > len(l.courses) {
			k.problems.add(at.to("/k"), ErrOperand, "%d is not from 1 to the number of courses", c.K)
		}
	default:
		k.problems.add(at.to("/quantifier"), ErrUnknown, "not any, all or atLeast")
	}
	if c.Quantifier != AtLeastCourses && c.K != 0 {
		k.problems.add(at.to("/k"), ErrOperand, "only atLeast takes k")
	}
	if c.Op != opIs && len(c.Statuses) > 0 {
		k.problems.add(at.to("/statuses"), ErrOperand, "%s takes no statuses", c.Op)
	}
	if c.Op != opCompleted && (c.When.Op != "" || c.When.Negated || len(c.When.Values) > 0 || c.When.Span != (Span{})) {
		k.problems.add(at.to("/when"), ErrOperand, "%s takes no window", c.Op)
	}
	switch c.Op {
	case opIs:
		l.statuses = k.names(at, "statuses", c.Statuses)
	case opEnrolled:
	case opCompleted:
		k.window(at, l, c.When)
	default:
		k.noOperator(at, c.Op, "enrollments")
	}
	return l
}

// window compiles the dates of completed, once for completion days and once for instants.
func (k *compiler) window(at spot, l *enrollmentLeaf, t Test) {
	at.within = "/when"
	compiled := k.date(at, true, t)
	window, ok := compiled.(*dateTest)
	if !ok {
		return
	}
	l.at, l.outside = window, t.Negated
	day := *window
	day.instants = false
	l.day = &day
	if window.relative {
		k.rule.clocked = append(k.rule.clocked, l)
	}
}

func (k *compiler) group(at spot, c GroupCondition) leaf {
	l := &groupLeaf{negated: c.Negated, groups: slices.Clone(c.Groups), orBelow: c.OrBelow}
	groups := make([]string, len(c.Groups))
	for i, id := range c.Groups {
		groups[i] = string(id)
	}
	k.checkNames(at, "groups", groups)
	switch c.Op {
	case opMemberOfAny:
		l.match = MatchAny
	case opMemberOfAll:
		l.match = MatchAll
	default:
		k.noOperator(at, c.Op, "groups")
	}
	return l
}

func (k *compiler) status(at spot, c StatusCondition) leaf {
	if len(c.Statuses) == 0 {
		k.problems.add(at.to("/statuses"), ErrEmpty, "nothing named")
	}
	for i, s := range c.Statuses {
		if s > StatusExpired {
			k.problems.add(at.to(fmt.Sprintf("/statuses/%d", i)), ErrUnknown, "not active, deactivated or expired")
		}
	}
	return &statusLeaf{c.Negated, slices.Clone(c.Statuses)}
}
