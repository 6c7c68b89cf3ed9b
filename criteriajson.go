package groups

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/grouprules/groups/internal/decimal"
	"github.com/grouprules/groups/internal/strictjson"
)

// ParseCriteria reads criteria from JSON. Nothing is skipped or guessed: what is not understood is
// refused with a [*CriteriaError] that has every problem. Nil limits are the defaults. Whether the
// fields exist and the operands fit them is for [Schema.Check].
func ParseCriteria(data []byte, lim *Limits) (Criteria, error) {
	return parseCriteria(data, lim.withDefaults())
}

// UnmarshalJSON reads criteria as [ParseCriteria] does, without limits: those are for the reader of
// the whole document to set, and for [Schema.Check]. It refuses null, too.
func (c *Criteria) UnmarshalJSON(data []byte) error {
	read, err := parseCriteria(data, unlimited())
	if err == nil {
		*c = read
	}
	return err
}

// MarshalJSON writes criteria in their one canonical form, compact, which [ParseCriteria] reads back as
// they were. Criteria that this form cannot say, such as a nil condition or an operator with the
// operands of another, are refused with a [*CriteriaError]. Criteria without sets are {}, whatever
// their Match. Beware that json.Marshal escapes HTML in what this returns.
func (c Criteria) MarshalJSON() ([]byte, error) {
	w := criteriaWriter{}
	w.criteria(c)
	err := w.problems.err()
	if err == nil {
		// The writer writes all there is; whether that can be read again, the reader knows best.
		_, err = parseCriteria(w.out, unlimited())
	}
	if err != nil {
		return nil, err
	}
	return w.out, nil
}

// shapeTable says which keys each operator has: a new operator is a word here, or a row. The mark
// behind a key says when it must be there (see needs). A "when" is not a condition but the window of
// one.
var shapeTable = []struct {
	kind string
	ops  []Op
	keys string
}{
	{"field", []Op{opIs, opContains, opStartsWith, opEndsWith, opMatches}, "field op values whenEmpty?"},
	{"field", []Op{opIncludesAny, opIncludesAll, opIsExactly}, "field op values whenEmpty?"},
	{"field", []Op{opLess, opAtMost, opAtLeast, opGreater}, "field op value whenEmpty?"},
	{"field", []Op{opOn, opBefore, opAfter, opOnOrBefore, opOnOrAfter}, "field op value whenEmpty?"},
	{"field", []Op{opBetween}, "field op from to whenEmpty?"},
	{"field", []Op{opInLast, opInNext, opAgo, opAhead, opAnniversary}, "field op " + spanKeys + " whenEmpty?"},
	{"field", []Op{opIsEmpty}, "field op"},
	{"unit", []Op{opIs}, "tree op units whenEmpty?"},
	{"unit", []Op{opBelow, opIsOrBelow}, "tree op units depth? whenEmpty?"},
	{"unit", []Op{opIsEmpty}, "tree op"},
	{"user", []Op{opIs}, "op users"},
	{"user", []Op{opBelow, opIsOrBelow}, "op users depth?"},
	{"user", []Op{opHasReports}, "op"},
	{"enrollment", []Op{opIs}, "courses quantifier k+ op statuses"},
	{"enrollment", []Op{opEnrolled}, "courses quantifier k+ op"},
	{"enrollment", []Op{opCompleted}, "courses quantifier k+ op when"},
	{"group", []Op{opMemberOfAny, opMemberOfAll}, "op groups orBelow?"},
	{"status", []Op{opIs}, "op statuses"},
	{"everyone", []Op{noOp}, ""},
	{"when", []Op{opOn, opBefore, opAfter, opOnOrBefore, opOnOrAfter}, "op value"},
	{"when", []Op{opBetween}, "op from to"},
	{"when", []Op{opInLast, opInNext, opAgo, opAhead, opAnniversary}, "op " + spanKeys},
}

// noOp is the operator of the kind that has none.
const noOp Op = ""

// named is the operator's name in JSON: negated, "is..." is "isNot..." and all others "not...".
func (o Op) named(negated bool) string {
	s := string(o)
	if !negated || s == "" {
		return s
	}
	if rest, ok := strings.CutPrefix(s, "is"); ok {
		return "isNot" + rest
	}
	return "not" + strings.ToUpper(s[:1]) + s[1:]
}

// A shape is a row of the table for one operator.
type shape struct {
	op      Op
	negated bool
	keys    map[string]need
}

// need is that of a key; no operator has no keys.
func (s *shape) need(key string) need {
	if s == nil {
		return never
	}
	return s.keys[key]
}

// A need says when a key must be there.
type need uint8

const (
	never need = iota
	always
	optional
	withAtLeast // with that quantifier, and only then
	oneSpan     // it or another unit of time, and only one
)

var needs = map[string]need{"": always, "?": optional, "+": withAtLeast, "|": oneSpan}

const spanKeys = "days| weeks| months| years|"

// shapes are the rows of the table by kind and the operator's name in JSON.
var shapes = readShapes()

func readShapes() map[string]map[string]*shape {
	shapes := map[string]map[string]*shape{}
	for _, row := range shapeTable {
		keys := map[string]need{}
		for _, key := range strings.Fields(row.keys) {
			name := strings.TrimRight(key, "?+|")
			keys[name] = needs[key[len(name):]]
		}
		if shapes[row.kind] == nil {
			shapes[row.kind] = map[string]*shape{}
		}
		for _, op := range row.ops {
			shapes[row.kind][op.named(true)] = &shape{op, true, keys}
			shapes[row.kind][op.named(false)] = &shape{op, false, keys} // last: noOp has no negation
		}
	}
	return shapes
}

// A flat is a condition, or a window, with its parts side by side as in JSON.
type flat struct {
	kind                                    string
	op                                      Op
	negated                                 bool
	field, tree                             string
	courses, units, users, groups, statuses []string
	quantifier                              Quantifier
	k                                       int
	values                                  []Literal
	value, from, to                         Literal
	span                                    [noUnit + 1]int // by unit; 0 is not given
	when                                    *flat
	depth                                   int
	orBelow                                 bool
	whenEmpty                               emptyAnswer
}

// shape is the row of f's operator, or nil where there is none.
func (f *flat) shape() *shape {
	s := shapes[f.kind][f.op.named(f.negated)]
	if s == nil || s.op != f.op || s.negated != f.negated { // JSON has "isNot", but it is no Op
		return nil
	}
	return s
}

// noUnit stands for every unit of time that does not exist.
const noUnit = Years + 1

// flatten lays a condition out; one of no known kind is of a kind that does not exist.
func flatten(c Condition) *flat {
	switch c := c.(type) {
	case FieldCondition:
		f := flattenTest("field", c.Test)
		f.field, f.whenEmpty = c.Field, emptyAnswer(c.OnEmpty)
		return f
	case UnitCondition:
		return &flat{kind: "unit", tree: string(c.Tree), op: c.Op, negated: c.Negated, units: recast[string](c.Units),
			depth: c.Depth, whenEmpty: emptyAnswer(c.OnEmpty)}
	case UserCondition:
		return &flat{kind: "user", op: c.Op, negated: c.Negated, users: recast[string](c.Users), depth: c.Depth}
	case EnrollmentCondition:
		f := &flat{kind: "enrollment", courses: recast[string](c.Courses), quantifier: c.Quantifier, k: c.K,
			op: c.Op, negated: c.Negated, statuses: recast[string](c.Statuses)}
		if w := c.When; w.Op != "" || w.Negated || len(w.Values) > 0 || w.Span != (Span{}) {
			f.when = flattenTest("when", w)
		}
		return f
	case GroupCondition:
		return &flat{kind: "group", op: c.Op, negated: c.Negated, groups: recast[string](c.Groups), orBelow: c.OrBelow}
	case StatusCondition:
		f := &flat{kind: "status", op: opIs, negated: c.Negated}
		for _, s := range c.Statuses {
			f.statuses = append(f.statuses, s.String())
		}
		return f
	case Everyone:
		return &flat{kind: "everyone"}
	}
	return &flat{kind: fmt.Sprintf("%T", c)}
}

// flattenTest lays a test out. Its values go to the keys that the operator has for so many.
func flattenTest(kind string, t Test) *flat {
	f := &flat{kind: kind, op: t.Op, negated: t.Negated}
	f.span[min(t.Span.Unit, noUnit)] = t.Span.N
	switch s := f.shape(); {
	case s.need("value") == always && len(t.Values) == 1:
		f.value = t.Values[0]
	case s.need("from") == always && len(t.Values) == 2:
		f.from, f.to = t.Values[0], t.Values[1]
	default:
		f.values = append(f.values, t.Values...)
	}
	return f
}

// condition is the opposite of flatten; f was read without a problem.
func (f *flat) condition() Condition {
	switch f.kind {
	case "field":
		return FieldCondition{Field: f.field, Test: f.test(), OnEmpty: WhenEmpty(f.whenEmpty)}
	case "unit":
		return UnitCondition{Tree: Tree(f.tree), Op: f.op, Negated: f.negated, Units: f.units,
			Depth: f.depth, OnEmpty: WhenEmpty(f.whenEmpty)}
	case "user":
		return UserCondition{Op: f.op, Negated: f.negated, Users: recast[UserID](f.users), Depth: f.depth}
	case "enrollment":
		c := EnrollmentCondition{Courses: f.courses, Quantifier: f.quantifier, K: f.k,
			Op: f.op, Negated: f.negated, Statuses: f.statuses}
		if f.when != nil {
			c.When = f.when.test()
		}
		return c
	case "group":
		return GroupCondition{Op: f.op, Negated: f.negated, Groups: recast[GroupID](f.groups), OrBelow: f.orBelow}
	case "status":
		c := StatusCondition{Negated: f.negated}
		for _, s := range f.statuses {
			status, _ := userStatus(s)
			c.Statuses = append(c.Statuses, status)
		}
		return c
	case "everyone":
		return Everyone{}
	}
	panic("groups: unread kind " + f.kind)
}

func (f *flat) test() Test {
	t := Test{Op: f.op, Negated: f.negated, Values: f.values}
	for unit, n := range f.span {
		if n != 0 {
			t.Span = Span{n, SpanUnit(unit)}
		}
	}
	switch s := f.shape(); {
	case s.need("value") == always:
		t.Values = []Literal{f.value}
	case s.need("from") == always:
		t.Values = []Literal{f.from, f.to}
	}
	return t
}

// recast converts IDs to another type; none stay nil.
func recast[To, From ~string](ids []From) (out []To) {
	for _, id := range ids {
		out = append(out, To(id))
	}
	return out
}

// flatKeys are the keys of conditions, but for "kind", in the order in which they are written. Of is
// where their part is; its type says how it is read and written.
var flatKeys = []struct {
	name string
	of   func(f *flat) any
}{
	{"field", func(f *flat) any { return &f.field }},
	{"tree", func(f *flat) any { return &f.tree }},
	{"courses", func(f *flat) any { return &f.courses }},
	{"quantifier", func(f *flat) any { return &f.quantifier }},
	{"k", func(f *flat) any { return &f.k }},
	{"op", func(f *flat) any { return &f.op }},
	{"units", func(f *flat) any { return &f.units }},
	{"users", func(f *flat) any { return &f.users }},
	{"groups", func(f *flat) any { return &f.groups }},
	{"statuses", func(f *flat) any { return &f.statuses }},
	{"values", func(f *flat) any { return &f.values }},
	{"value", func(f *flat) any { return &f.value }},
	{"from", func(f *flat) any { return &f.from }},
	{"to", func(f *flat) any { return &f.to }},
	{"days", func(f *flat) any { return &f.span[Days] }},
	{"weeks", func(f *flat) any { return &f.span[Weeks] }},
	{"months", func(f *flat) any { return &f.span[Months] }},
	{"years", func(f *flat) any { return &f.span[Years] }},
	{noUnit.String(), func(f *flat) any { return &f.span[noUnit] }}, // goes with no operator
	{"when", func(f *flat) any { return &f.when }},
	{"depth", func(f *flat) any { return &f.depth }},
	{"orBelow", func(f *flat) any { return &f.orBelow }},
	{"whenEmpty", func(f *flat) any { return &f.whenEmpty }},
}

// emptyAnswer is a WhenEmpty with its word in JSON.
type emptyAnswer WhenEmpty

func (a emptyAnswer) String() string { return name(a, "", "noMatch", "match") }

// part is where f keeps what a key has; nil for a key that no condition has.
func (f *flat) part(key string) any {
	for _, k := range flatKeys {
		if k.name == key {
			return k.of(f)
		}
	}
	return nil
}

// maxJSONDepth lets what is misplaced be read and refused at its pointer; criteria are six deep.
const maxJSONDepth = 16

func parseCriteria(data []byte, lim Limits) (Criteria, error) {
	c, bad := readCriteria(data, lim)
	if err := bad.err(); err != nil {
		return Criteria{}, err
	}
	return c, nil
}

// readCriteria returns all that can be made of the JSON, with a nil condition where one has problems.
func readCriteria(data []byte, lim Limits) (Criteria, problems) {
	r := criteriaReader{lim: lim}
	if len(data) > lim.Bytes {
		r.problems.add("", ErrLimit, "%d bytes are over the limit of %d", len(data), lim.Bytes)
		return Criteria{}, r.problems
	}
	v, bad := strictjson.Parse(data, strictjson.Limits{Depth: maxJSONDepth})
	for _, p := range bad {
		r.problems.add(p.Pointer, ErrSyntax, "%s, at byte %d", p.Reason, p.Offset)
	}
	if len(bad) > 0 {
		return Criteria{}, r.problems
	}
	return r.criteria(v), r.problems
}

// A criteriaReader turns JSON into criteria and goes on after a problem.
type criteriaReader struct {
	lim      Limits
	problems problems
}

func (r *criteriaReader) criteria(v strictjson.Value) (c Criteria) {
	if v.Kind == strictjson.Object && len(v.Keys) == 0 {
		return c
	}
	c.Match = r.frame(v, "", "sets", r.lim.Sets, func(v strictjson.Value, at string) {
		var s Set
		s.Match = r.frame(v, at, "conditions", r.lim.Conditions, func(v strictjson.Value, at string) {
			s.Conditions = append(s.Conditions, r.condition(v, at))
		})
		c.Sets = append(c.Sets, s)
	})
	return c
}

// frame reads an object of "match" and one list.
func (r *criteriaReader) frame(v strictjson.Value, at, list string, most int,
	read func(v strictjson.Value, at string)) (m Match) {
	if !r.is(strictjson.Object, v, at, ErrSyntax) {
		return m
	}
	for i, key := range v.Keys {
		switch at := strictjson.Pointer(at, key); key {
		case "match":
			m = word(r, v.Items[i], at, ErrSyntax, MatchAll, MatchAny)
		case list:
			for i, item := range r.items(v.Items[i], at, ErrSyntax, most, list) {
				read(item, element(at, i))
			}
		default:
			r.problems.add(at, ErrSyntax, "unknown key %.64q", key)
		}
	}
	for _, key := range []string{"match", list} {
		if _, ok := v.Get(key); !ok {
			r.problems.add(at+"/"+key, ErrSyntax, "is missing")
		}
	}
	return m
}

func (r *criteriaReader) condition(v strictjson.Value, at string) Condition {
	if !r.is(strictjson.Object, v, at, ErrSyntax) {
		return nil
	}
	before := len(r.problems)
	kind, ok := v.Get("kind")
	f := &flat{kind: kind.Text}
	switch {
	case !ok:
		r.problems.add(at+"/kind", ErrSyntax, "is missing")
	case !r.is(strictjson.String, kind, at+"/kind", ErrSyntax):
	case shapes[f.kind] == nil || f.kind == "when":
		r.problems.add(at+"/kind", ErrUnknown, "no kind %.64q of condition", f.kind)
	default:
		r.parts(f, v, at)
	}
	if len(r.problems) > before {
		return nil
	}
	return f.condition()
}

// parts reads the keys of a condition or window. What they should be, only the operator says.
func (r *criteriaReader) parts(f *flat, v strictjson.Value, at string) {
	op, hasOp := v.Get("op")
	s, of := shapes[f.kind][op.Text], op.Text
	if only := shapes[f.kind][string(noOp)]; only != nil {
		s, of, hasOp = only, f.kind, true
	}
	if s != nil {
		f.op, f.negated = s.op, s.negated
	}
	quantifier, _ := v.Get("quantifier")
	spans := 0
	for i, key := range v.Keys {
		item, at := v.Items[i], strictjson.Pointer(at, key)
		part, need := f.part(key), s.need(key)
		if need == oneSpan {
			spans++
		}
		switch {
		case key == "kind" && f.kind != "when": // was read before
		case part == nil:
			r.problems.add(at, ErrSyntax, "unknown key %.64q", key)
		case s == nil && key == "op":
			if r.is(strictjson.String, item, at, ErrSyntax) {
				r.problems.add(at, ErrUnknown, "no operator %.64q for %q", item.Text, f.kind)
			}
		case s == nil:
		case need == never:
			r.problems.add(at, ErrOperand, "does not go with %q", of)
		case need == withAtLeast && (quantifier.Text == "any" || quantifier.Text == "all"):
			r.problems.add(at, ErrOperand, "does not go with %q", quantifier.Text)
		case need == oneSpan && spans > 1:
			r.problems.add(at, ErrOperand, "one of days, weeks, months and years is enough")
		default:
			r.part(part, f.kind, item, at)
		}
	}
	if !hasOp {
		r.problems.add(at+"/op", ErrSyntax, "is missing")
	}
	for _, key := range flatKeys {
		need := s.need(key.name)
		if _, ok := v.Get(key.name); !ok && (need == always || need == withAtLeast && quantifier.Text == "atLeast") {
			r.problems.add(at+"/"+key.name, ErrOperand, "is missing")
		}
	}
	if s.need("days") == oneSpan && spans == 0 {
		r.problems.add(at, ErrOperand, "needs one of days, weeks, months and years")
	}
}

// part reads the value of one key into its part of a flat of that kind.
func (r *criteriaReader) part(part any, kind string, v strictjson.Value, at string) {
	switch p := part.(type) {
	case *string:
		if r.is(strictjson.String, v, at, ErrOperand) && v.Text == "" {
			r.problems.add(at, ErrOperand, "is blank")
		}
		*p = v.Text
	case *[]string:
		for i, item := range r.items(v, at, ErrOperand, r.lim.Operands, "operands") {
			*p = append(*p, r.id(item, kind, element(at, i)))
		}
	case *[]Literal:
		for i, item := range r.items(v, at, ErrOperand, r.lim.Operands, "operands") {
			*p = append(*p, r.literal(item, element(at, i)))
		}
	case *Literal:
		*p = r.literal(v, at)
	case *int:
		*p = r.count(v, at)
	case *bool:
		*p = r.is(strictjson.Bool, v, at, ErrOperand) && v.Bool
	case *Quantifier:
		*p = word(r, v, at, ErrOperand, AnyCourse, AllCourses, AtLeastCourses)
	case *emptyAnswer:
		*p = word(r, v, at, ErrOperand, emptyAnswer(NoMatch), emptyAnswer(Matches))
	case **flat:
		if *p = (&flat{kind: "when"}); r.is(strictjson.Object, v, at, ErrOperand) {
			r.parts(*p, v, at)
		}
	}
}

// is reports whether v is of a kind, and notes a problem where it is not.
func (r *criteriaReader) is(kind strictjson.Kind, v strictjson.Value, at string, err error) bool {
	if v.Kind != kind {
		r.problems.add(at, err, "must be of type %v, is %v", kind, v.Kind)
	}
	return v.Kind == kind
}

// word reads a string that is the name of one of all.
func word[T fmt.Stringer](r *criteriaReader, v strictjson.Value, at string, err error, all ...T) (found T) {
	found, ok := called(v.Text, all...)
	if r.is(strictjson.String, v, at, err) && !ok {
		r.problems.add(at, ErrUnknown, "must be one of %v, is %.64q", all, v.Text)
	}
	return found
}

// called is the one of all whose name that is.
func called[T fmt.Stringer](name string, all ...T) (found T, ok bool) {
	for _, v := range all {
		if v.String() == name {
			return v, true
		}
	}
	return found, false
}

func userStatus(name string) (UserStatus, bool) {
	return called(name, StatusActive, StatusDeactivated, StatusExpired)
}

// items are the elements of a list that must not be empty; those over the limit are left out.
func (r *criteriaReader) items(v strictjson.Value, at string, err error, most int, what string) []strictjson.Value {
	n := len(v.Items)
	switch isArray := r.is(strictjson.Array, v, at, err); {
	case !isArray:
		return nil
	case n == 0:
		r.problems.add(at, ErrEmpty, "has no %s", what)
	case n > most:
		r.problems.add(at, ErrLimit, "%d %s are over the limit of %d", n, what, most)
		n = max(most, 0)
	}
	return v.Items[:n]
}

// id reads an operand that is an ID or a status.
func (r *criteriaReader) id(v strictjson.Value, kind, at string) string {
	if r.is(strictjson.String, v, at, ErrOperand) {
		r.size(v.Text, at)
		// The statuses of users are ours; those of enrollments are the Schema's.
		if _, known := userStatus(v.Text); !known && kind == "status" {
			r.problems.add(at, ErrUnknown, "no status %.64q of users", v.Text)
		}
	}
	return v.Text
}

func (r *criteriaReader) literal(v strictjson.Value, at string) (l Literal) {
	switch v.Kind {
	case strictjson.String:
		l = Lit(v.Text)
	case strictjson.Bool:
		l = Lit(v.Bool)
	case strictjson.Number:
		if l = numeral(v.Text); l == (Literal{}) {
			r.problems.add(at, ErrOperand, "%.64s is out of range", v.Text)
		}
	default:
		r.problems.add(at, ErrOperand, "must be a string, number or boolean, is %v", v.Kind)
	}
	r.size(l.text, at)
	return l
}

func (r *criteriaReader) size(text, at string) {
	if n := len(text); n > r.lim.OperandBytes {
		r.problems.add(at, ErrLimit, "%d bytes are over the limit of %d", n, r.lim.OperandBytes)
	}
}

// count reads a whole number of at least 1, which some languages write as 90.0.
func (r *criteriaReader) count(v strictjson.Value, at string) (n int) {
	d, err := decimal.Parse(v.Text)
	if err == nil {
		n, err = strconv.Atoi(d.String())
	}
	if r.is(strictjson.Number, v, at, ErrOperand) && (err != nil || n < 1) {
		r.problems.add(at, ErrOperand, "must be a whole number of at least 1, is %.64s", v.Text)
	}
	return n
}

func element(at string, i int) string { return at + "/" + strconv.Itoa(i) }
