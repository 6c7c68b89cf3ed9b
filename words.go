package groups

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// String returns the criteria in words, on one line, with fields and options called as rules call
// them; [Schema.Describe] knows their labels. No operand is left out, however many there are, and
// nonsense is said as it is: refusing it is for [Schema.Check].
func (c Criteria) String() string { return wording{}.criteria(c) }

// Describe returns the criteria in words, on one line, with the labels of fields and options, such as
// "Job title contains sales AND Hire date in the last 90 days (people with no Hire date left out)".
func (s *Schema) Describe(c Criteria) string { return wording{s}.criteria(c) }

// String returns the condition in words, such as "job title contains sales".
func (c FieldCondition) String() string { return wording{}.condition(c) }

// String returns the condition in words, such as "branch is or below emea (2 levels)".
func (c UnitCondition) String() string { return wording{}.condition(c) }

// String returns the condition in words, such as "reports to u1, directly or not".
func (c UserCondition) String() string { return wording{}.condition(c) }

// String returns the condition in words, such as "completed onboarding or safety in the last 12 months".
func (c EnrollmentCondition) String() string { return wording{}.condition(c) }

// String returns the condition in words, such as "member of g1 or a group below it".
func (c GroupCondition) String() string { return wording{}.condition(c) }

// String returns the condition in words, such as "status is active".
func (c StatusCondition) String() string { return wording{}.condition(c) }

// String returns "everyone".
func (Everyone) String() string { return "everyone" }

// A wording puts criteria into words. What conditions say is in small letters and what joins them in
// capitals, and [shown] keeps operands from passing for either.
type wording struct {
	schema *Schema // or nil
}

func (w wording) criteria(c Criteria) string {
	if len(c.Sets) == 0 {
		return "nobody"
	}
	sets := make([]string, len(c.Sets))
	for i, s := range c.Sets {
		sets[i] = w.set(s)
		if len(c.Sets) > 1 && len(s.Conditions) > 1 {
			sets[i] = "(" + sets[i] + ")"
		}
	}
	return strings.Join(sets, c.Match.joint())
}

func (w wording) set(s Set) string {
	conditions := make([]string, len(s.Conditions))
	for i, c := range s.Conditions {
		conditions[i] = w.condition(c)
	}
	if len(conditions) == 0 {
		return "no condition"
	}
	return strings.Join(conditions, s.Match.joint())
}

func (m Match) joint() string { return name(m, " AND ", " OR ") }

func (w wording) condition(c Condition) string {
	switch c := c.(type) {
	case FieldCondition:
		return w.field(c)
	case UnitCondition:
		return w.unit(c)
	case UserCondition:
		return w.user(c)
	case EnrollmentCondition:
		return w.enrollment(c)
	case GroupCondition:
		return w.group(c)
	case StatusCondition:
		return "status " + phrases[opIs].say(c.Negated, shownAll(c.Statuses, UserStatus.String))
	case Everyone:
		return c.String()
	}
	return "no condition"
}

// A phrase is an operator in words.
type phrase struct {
	yes    string // before operands joined by the last word
	no     string // negated, before a single operand
	noneOf string // negated, before several
	last   string
}

var phrases = map[Op]phrase{
	opIs:          {"is", "is not", "is none of", "or"},
	opContains:    {"contains", "does not contain", "contains none of", "or"},
	opStartsWith:  {"starts with", "does not start with", "starts with none of", "or"},
	opEndsWith:    {"ends with", "does not end with", "ends with none of", "or"},
	opMatches:     {"matches", "does not match", "matches none of", "or"},
	opIncludesAny: {"includes", "does not include", "includes none of", "or"},
	opIncludesAll: {"includes", "does not include", "does not include all of", "and"},
	opIsExactly:   {"is exactly", "is not exactly", "is not exactly all of", "and"},
	opBelow:       {"is below", "is not below", "is below none of", "or"},
	opIsOrBelow:   {"is or below", "is not and not below", "is and is below none of", "or"},
}

// say puts the operands behind the phrase.
func (p phrase) say(negated bool, operands []string) string {
	switch {
	case !negated:
		return p.yes + " " + enumerated(operands, p.last)
	case len(operands) == 1:
		return p.no + " " + operands[0]
	}
	return p.noneOf + " " + strings.Join(operands, ", ")
}

// comparisons are the operators that are followed by one operand.
var comparisons = map[Op]string{
	opLess:       "less than",
	opAtMost:     "at most",
	opAtLeast:    "at least",
	opGreater:    "greater than",
	opOn:         "on",
	opBefore:     "before",
	opAfter:      "after",
	opOnOrBefore: "on or before",
	opOnOrAfter:  "on or after",
}

// spans are the operators of relative dates, with the place of their length of time.
var spans = map[Op]string{
	opInLast: "in the last %s",
	opInNext: "in the next %s",
	opAgo:    "%s or more ago",
	opAhead:  "more than %s ahead",
}

func (w wording) field(c FieldCondition) string {
	f := Field{Name: c.Field}
	if w.schema != nil {
		if known, ok := w.schema.Field(c.Field); ok {
			f = known
		}
	}
	label := oneLine(f.label())
	if c.Op == opIsEmpty {
		return label + " " + emptiness(c.Negated)
	}
	// That a missing text is not "sales" goes without saying; that a missing date is not before 2026,
	// and a missing number not less than 5, is what people get wrong.
	measured := isNumber(c.Test) || phrases[c.Op] == phrase{}
	note := ""
	if f.Name != string(ID) {
		note = blanks(label, c.Negated, c.OnEmpty, measured)
	}
	return label + " " + testInWords(c.Test, f.Options) + noted(note)
}

// testInWords is a test behind its field.
func testInWords(t Test, options []Option) string {
	not := ""
	if t.Negated {
		not = "not "
	}
	if isNumber(t) {
		not = "is " + not
	}
	values := shownAll(t.Values, func(l Literal) string {
		for _, o := range options {
			if o.ID == strings.TrimSpace(l.text) && o.Label != "" {
				return o.Label
			}
		}
		return l.text
	})
	length := counted(t.Span.N, t.Span.Unit.String())
	if p, ok := phrases[t.Op]; ok {
		return p.say(t.Negated, values)
	} else if p, ok := comparisons[t.Op]; ok {
		return not + p + " " + enumerated(values, "or")
	} else if p, ok := spans[t.Op]; ok {
		return not + fmt.Sprintf(p, length)
	}
	switch {
	case t.Op == opBetween:
		return not + "between " + enumerated(values, "and")
	case t.Op == opAnniversary && t.Negated:
		return "without an anniversary in the next " + length
	case t.Op == opAnniversary:
		return "with an anniversary in the next " + length
	}
	return strconv.Quote(t.Op.named(t.Negated)) + " " + enumerated(values, "or")
}

// isNumber tells tests of numbers from those of dates, whose operands are texts.
func isNumber(t Test) bool { return len(t.Values) > 0 && t.Values[0].kind == numberLiteral }

func emptiness(negated bool) string {
	if negated {
		return "is not empty"
	}
	return "is empty"
}

// blanks says what becomes of the people with no value; nothing where nobody would ask.
func blanks(label string, negated bool, e WhenEmpty, always bool) string {
	if !negated && e == ByOperator && !always {
		return ""
	}
	if onEmpty(e, negated) == Yes {
		return "people with no " + label + " included"
	}
	return "people with no " + label + " left out"
}

// noted puts what there is to note in parentheses.
func noted(list ...string) string {
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, "; ") + ")"
}

func (w wording) unit(c UnitCondition) string {
	label := oneLine(Field{Name: string(c.Tree)}.label())
	if c.Op == opIsEmpty {
		return label + " " + emptiness(c.Negated)
	}
	units := shownAll(c.Units, asIs)
	text := ""
	switch p, ok := phrases[c.Op]; {
	case !ok:
		text = strconv.Quote(c.Op.named(c.Negated)) + " " + enumerated(units, "or")
	case c.Op == opIsOrBelow && c.Negated && len(units) == 1:
		text = "is neither " + units[0] + " nor below it"
	case c.Op == opIsOrBelow && c.Negated:
		text = "is none of " + strings.Join(units, ", ") + " nor below them"
	default:
		text = p.say(c.Negated, units)
	}
	levels := ""
	if c.Depth != 0 {
		levels = counted(c.Depth, "levels")
	}
	return label + " " + text + noted(levels, blanks(label, c.Negated, c.OnEmpty, false))
}

func (w wording) user(c UserCondition) string {
	users := shownAll(c.Users, asIs)
	one, them := enumerated(users, "or"), enumerated(users, "or")
	if len(users) > 1 {
		one, them = "one of "+strings.Join(users, ", "), "one of them"
	}
	reach := ", directly or not"
	switch {
	case c.Depth == 1:
		reach = " directly"
	case c.Depth != 0:
		reach = ", within " + counted(c.Depth, "levels")
	}
	switch {
	case c.Op == opIs:
		return "user " + phrases[opIs].say(c.Negated, users)
	case c.Op == opBelow:
		return phrase{"reports to", "does not report to", "reports to none of", "or"}.say(c.Negated, users) + reach
	case c.Op == opIsOrBelow && c.Negated:
		return "user neither is " + one + " nor reports to " + them + reach
	case c.Op == opIsOrBelow:
		return "user is " + one + " or reports to " + them + reach
	case c.Op == opHasReports && c.Negated:
		return "has no reports"
	case c.Op == opHasReports:
		return "has reports"
	}
	return "user " + strconv.Quote(c.Op.named(c.Negated)) + " " + enumerated(users, "or")
}

func (w wording) enrollment(c EnrollmentCondition) string {
	yes, no, window := "", "", ""
	switch c.Op {
	case opIs:
		statuses := enumerated(shownAll(c.Statuses, asIs), "or")
		yes, no = "has status "+statuses+" in", "does not have status "+statuses+" in"
	case opEnrolled:
		yes, no = "enrolled in", "not enrolled in"
	case opCompleted:
		yes, no = "completed", "did not complete"
		window = " " + testInWords(c.When, nil)
	default:
		yes, no = strconv.Quote(string(c.Op)), "not "+strconv.Quote(string(c.Op))
	}
	return several(yes, no, c.Negated, c.Quantifier, c.K, shownAll(c.Courses, asIs)) + window
}

func (w wording) group(c GroupCondition) string {
	q := AnyCourse
	if c.Op == opMemberOfAll {
		q = AllCourses
	}
	yes, no := "member of", "not a member of"
	if c.Op != opMemberOfAny && c.Op != opMemberOfAll {
		yes, no = strconv.Quote(string(c.Op)), "not "+strconv.Quote(string(c.Op))
	}
	text := several(yes, no, c.Negated, q, 0, shownAll(c.Groups, asIs))
	switch {
	case !c.OrBelow:
		return text
	case len(c.Groups) == 1:
		return text + " or a group below it"
	}
	return text + " (groups below them count)"
}

// several says of how many of the operands something is true.
func several(yes, no string, negated bool, q Quantifier, k int, operands []string) string {
	commas := strings.Join(operands, ", ")
	switch many := len(operands) > 1; {
	case q == AtLeastCourses && negated:
		return fmt.Sprintf("%s fewer than %d of %s", yes, k, commas)
	case q == AtLeastCourses:
		return fmt.Sprintf("%s at least %d of %s", yes, k, commas)
	case q == AllCourses && negated && many:
		return no + " all of " + commas
	case q == AllCourses && !negated:
		return yes + " " + enumerated(operands, "and")
	case negated && many:
		return yes + " none of " + commas
	case negated:
		return no + " " + commas
	}
	return yes + " " + enumerated(operands, "or")
}

// counted is "1 day" or "90 days".
func counted(n int, units string) string {
	if n == 1 {
		units = strings.TrimSuffix(units, "s")
	}
	return strconv.Itoa(n) + " " + units
}

// enumerated is "a", "a or b", "a, b or c".
func enumerated(items []string, last string) string {
	n := len(items)
	if n == 0 {
		return "nothing"
	}
	if n == 1 {
		return items[0]
	}
	return strings.Join(items[:n-1], ", ") + " " + last + " " + items[n-1]
}

func asIs[S ~string](s S) string { return string(s) }

func shownAll[T any](items []T, text func(T) string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = shown(text(item))
	}
	return out
}

// shown is an operand as it stands, in quotes where it could be mistaken for something else: for
// several operands, for more of the sentence, for nothing or for another line.
func shown(s string) string {
	words := strings.Split(s, " ")
	plain := oneLine(s) == s && !strings.ContainsAny(s, "\"`,;()") &&
		!slices.ContainsFunc(words, func(word string) bool {
			switch strings.ToLower(word) {
			case "", "and", "or", "nor":
				return true
			}
			return false
		})
	switch {
	case plain:
		return s
	case oneLine(s) != s:
		return strconv.Quote(s)
	case !strings.ContainsAny(s, `"\`):
		return `"` + s + `"`
	case !strings.Contains(s, "`"):
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// oneLine is s with what is not printable escaped: the ends of lines, and what hides or turns text.
func oneLine(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for rest := s; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if unprintable(r) || r == utf8.RuneError && n == 1 {
			quoted := strconv.Quote(rest[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return b.String()
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }
