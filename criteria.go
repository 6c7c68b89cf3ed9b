package groups

import (
	"slices"
	"time"
)

// A Match says how the parts of a whole combine.
type Match uint8

const (
	// MatchAll: every part must hold. The zero Match.
	MatchAll Match = iota
	// MatchAny: one part is enough.
	MatchAny
)

// String returns "all" or "any".
func (m Match) String() string { return name(m, "all", "any") }

// Criteria say who belongs: up to 50 sets of up to 10 conditions (see [Limits]), combined by All or
// Any between the sets and within each. Criteria are plain data and may say nonsense until
// [Schema.Check] has passed them. No sets means nobody; everybody is the condition [Everyone].
type Criteria struct {
	Match Match
	Sets  []Set
}

// A Set is a list of conditions of which all, or any, must hold. An empty set is refused.
type Set struct {
	Match      Match
	Conditions []Condition
}

// All is a set of which every condition must hold.
func All(c ...Condition) Set { return Set{MatchAll, c} }

// Any is a set of which one condition is enough.
func Any(c ...Condition) Set { return Set{MatchAny, c} }

// AllSets is criteria of which every set must hold.
func AllSets(s ...Set) Criteria { return Criteria{MatchAll, s} }

// AnySets is criteria of which one set is enough.
func AnySets(s ...Set) Criteria { return Criteria{MatchAny, s} }

// A Condition is one test of one user: [FieldCondition], [UnitCondition], [UserCondition],
// [EnrollmentCondition], [GroupCondition], [StatusCondition] or [Everyone]. No other type
// implements it.
type Condition interface {
	// String is the condition in words, as [Criteria.String] has it.
	String() string

	condition()
}

var (
	_ Condition = FieldCondition{}
	_ Condition = UnitCondition{}
	_ Condition = UserCondition{}
	_ Condition = EnrollmentCondition{}
	_ Condition = GroupCondition{}
	_ Condition = StatusCondition{}
	_ Condition = Everyone{}
)

func (FieldCondition) condition()      {}
func (UnitCondition) condition()       {}
func (UserCondition) condition()       {}
func (EnrollmentCondition) condition() {}
func (GroupCondition) condition()      {}
func (StatusCondition) condition()     {}
func (Everyone) condition()            {}

// An Op names an operator as JSON does, in its positive form; Negated fields and Not methods turn
// it round. They are, by what they are asked of:
//
//	text           is contains startsWith endsWith matches
//	choice, bool   is
//	multi-choice   includesAny includesAll isExactly
//	number         is less atMost atLeast greater between
//	date, instant  on before after onOrBefore onOrAfter between
//	               inLast inNext ago ahead anniversaryWithin
//	any field      isEmpty
//	unit           is below isOrBelow isEmpty
//	user           is below isOrBelow hasReports
//	enrollment     is enrolled completed
//	group          memberOfAny memberOfAll
//	status         is
type Op string

// A Span is a length of time in a relative date, N at least 1. Weeks are 7 days; months and years
// end on the last day of the month where the day does not exist.
type Span struct {
	N    int
	Unit SpanUnit
}

// A SpanUnit is what a [Span] counts.
type SpanUnit uint8

// The units of a [Span].
const (
	Days SpanUnit = iota
	Weeks
	Months
	Years
)

// String returns "days", "weeks", "months" or "years".
func (u SpanUnit) String() string { return name(u, "days", "weeks", "months", "years") }

// A Test is an operator with its operands: what a value is put to.
type Test struct {
	Op      Op
	Negated bool
	// Values are the operands: any number for "is" and its like, one for a comparison, two for
	// between. Several mean any of; negated, none of.
	Values []Literal
	// Span is the operand of a relative date.
	Span Span
}

// WhenEmpty says what a condition answers for a user known to have no value.
type WhenEmpty uint8

const (
	// ByOperator: positive operators answer No, negative ones Yes. The zero WhenEmpty.
	ByOperator WhenEmpty = iota
	// NoMatch: No.
	NoMatch
	// Matches: Yes.
	Matches
)

// not is the answer of the opposite condition.
func (w WhenEmpty) not() WhenEmpty {
	switch w {
	case NoMatch:
		return Matches
	case Matches:
		return NoMatch
	}
	return w
}

// A FieldCondition tests the value of one field. [TextField] and its kin build them with operators
// that fit the field's type.
type FieldCondition struct {
	Field string
	Test
	// OnEmpty overrides what the condition answers on Empty; not allowed with isEmpty.
	OnEmpty WhenEmpty
}

// Not returns the opposite condition, which holds for everybody with a known value for whom c does
// not.
func (c FieldCondition) Not() FieldCondition {
	c.Negated, c.OnEmpty = !c.Negated, c.OnEmpty.not()
	return c
}

// WhenEmpty returns c with its answer for users known to have no value.
func (c FieldCondition) WhenEmpty(w WhenEmpty) FieldCondition {
	c.OnEmpty = w
	return c
}

// A UnitCondition asks which units of a tree the user sits in. Units created later are included,
// and a moved unit takes its people along.
type UnitCondition struct {
	Tree    Tree
	Op      Op
	Negated bool
	Units   []string
	// Depth bounds how many levels below count; 0 is no bound.
	Depth   int
	OnEmpty WhenEmpty
}

// Not returns the opposite condition.
func (c UnitCondition) Not() UnitCondition {
	c.Negated, c.OnEmpty = !c.Negated, c.OnEmpty.not()
	return c
}

// WhenEmpty returns c with its answer for users known to sit in no unit of the tree.
func (c UnitCondition) WhenEmpty(w WhenEmpty) UnitCondition {
	c.OnEmpty = w
	return c
}

// ToDepth returns c bounded to that many levels below.
func (c UnitCondition) ToDepth(levels int) UnitCondition {
	c.Depth = levels
	return c
}

// A UserCondition asks who the user is, whom they report to, or whether anybody reports to them.
type UserCondition struct {
	Op      Op
	Negated bool
	Users   []UserID
	// Depth bounds how many levels of the reporting line count; 0 is no bound, 1 is direct reports.
	Depth int
}

// UserIs holds for the named users.
func UserIs(users ...UserID) UserCondition { return UserCondition{Op: opIs, Users: users} }

// UserBelow holds for those who report to one of the named users, directly or not.
func UserBelow(users ...UserID) UserCondition { return UserCondition{Op: opBelow, Users: users} }

// UserIsOrBelow holds for the named users and all who report to them, directly or not.
func UserIsOrBelow(users ...UserID) UserCondition {
	return UserCondition{Op: opIsOrBelow, Users: users}
}

// HasReports holds for users to whom somebody else reports.
func HasReports() UserCondition { return UserCondition{Op: opHasReports} }

// Not returns the opposite condition.
func (c UserCondition) Not() UserCondition {
	c.Negated = !c.Negated
	return c
}

// ToDepth returns c bounded to that many levels of the reporting line.
func (c UserCondition) ToDepth(levels int) UserCondition {
	c.Depth = levels
	return c
}

// A Quantifier says of how many of its courses an [EnrollmentCondition] must be true.
type Quantifier uint8

const (
	// AnyCourse: one is enough. The zero Quantifier.
	AnyCourse Quantifier = iota
	// AllCourses: every one.
	AllCourses
	// AtLeastCourses: as many as the condition's K.
	AtLeastCourses
)

// String returns "any", "all" or "atLeast".
func (q Quantifier) String() string { return name(q, "any", "all", "atLeast") }

// An EnrollmentCondition asks about the user's latest record in each of its courses. A user without
// a record is not enrolled; that is known, and never Empty. A negation complements the whole:
// "isNot" with any is none of them, "isNot" with all is not all of them.
type EnrollmentCondition struct {
	Courses    []string
	Quantifier Quantifier
	K          int // for AtLeastCourses
	Op         Op
	Negated    bool
	Statuses   []string // of "is"
	When       Test     // the window of "completed": a test of dates
}

// Courses begins an enrollment condition; without [EnrollmentCondition.All] or
// [EnrollmentCondition.AtLeast] any one of the courses is enough. Are, AreEnrolled or AreCompleted
// says what is asked of them.
func Courses(courses ...string) EnrollmentCondition { return EnrollmentCondition{Courses: courses} }

// All asks it of every course.
func (c EnrollmentCondition) All() EnrollmentCondition {
	c.Quantifier, c.K = AllCourses, 0
	return c
}

// AtLeast asks it of at least k courses.
func (c EnrollmentCondition) AtLeast(k int) EnrollmentCondition {
	c.Quantifier, c.K = AtLeastCourses, k
	return c
}

// Are asks for one of the enrollment statuses.
func (c EnrollmentCondition) Are(statuses ...string) EnrollmentCondition {
	c.Op, c.Statuses = opIs, statuses
	return c
}

// AreEnrolled asks for a record of any status.
func (c EnrollmentCondition) AreEnrolled() EnrollmentCondition {
	c.Op = opEnrolled
	return c
}

// AreCompleted asks for a completion date in a window, such as
// CompletionDate.InLast(12, Months). Of the window only its [Test] counts.
func (c EnrollmentCondition) AreCompleted(window FieldCondition) EnrollmentCondition {
	c.Op, c.When = opCompleted, window.Test
	return c
}

// CompletionDate builds the windows of [EnrollmentCondition.AreCompleted].
const CompletionDate DateField = ""

// Not returns the opposite condition.
func (c EnrollmentCondition) Not() EnrollmentCondition {
	c.Negated = !c.Negated
	return c
}

// A GroupCondition asks for membership in other groups, automatic ones included. It is Unknown for
// users undecided there, and for everybody while the group is inactive, missing or on a cycle.
type GroupCondition struct {
	Op      Op
	Negated bool
	Groups  []GroupID
	// OrBelow counts members of a group beneath the named one as its members.
	OrBelow bool
}

// MemberOfAny holds for members of one of the groups.
func MemberOfAny(groups ...GroupID) GroupCondition {
	return GroupCondition{Op: opMemberOfAny, Groups: groups}
}

// MemberOfAll holds for members of every one of the groups.
func MemberOfAll(groups ...GroupID) GroupCondition {
	return GroupCondition{Op: opMemberOfAll, Groups: groups}
}

// WithBelow returns c counting members of the groups beneath as well.
func (c GroupCondition) WithBelow() GroupCondition {
	c.OrBelow = true
	return c
}

// Not returns the opposite condition.
func (c GroupCondition) Not() GroupCondition {
	c.Negated = !c.Negated
	return c
}

// A UserStatus is what a [StatusCondition] can ask for.
type UserStatus uint8

// The statuses of users. A user may be expired and active, or expired and deactivated, at once.
const (
	StatusActive UserStatus = iota
	StatusDeactivated
	StatusExpired
)

// String returns "active", "deactivated" or "expired".
func (s UserStatus) String() string { return name(s, "active", "deactivated", "expired") }

// A StatusCondition asks for the user's activation and expiry.
type StatusCondition struct {
	Negated  bool
	Statuses []UserStatus
}

// StatusIs holds for users in one of the statuses.
func StatusIs(statuses ...UserStatus) StatusCondition { return StatusCondition{Statuses: statuses} }

// Not returns the opposite condition.
func (c StatusCondition) Not() StatusCondition {
	c.Negated = !c.Negated
	return c
}

// Everyone is the condition that holds for every user.
type Everyone struct{}

const (
	opIs          Op = "is"
	opContains    Op = "contains"
	opStartsWith  Op = "startsWith"
	opEndsWith    Op = "endsWith"
	opMatches     Op = "matches"
	opIsEmpty     Op = "isEmpty"
	opIncludesAny Op = "includesAny"
	opIncludesAll Op = "includesAll"
	opIsExactly   Op = "isExactly"
	opLess        Op = "less"
	opAtMost      Op = "atMost"
	opAtLeast     Op = "atLeast"
	opGreater     Op = "greater"
	opBetween     Op = "between"
	opOn          Op = "on"
	opBefore      Op = "before"
	opAfter       Op = "after"
	opOnOrBefore  Op = "onOrBefore"
	opOnOrAfter   Op = "onOrAfter"
	opInLast      Op = "inLast"
	opInNext      Op = "inNext"
	opAgo         Op = "ago"
	opAhead       Op = "ahead"
	opAnniversary Op = "anniversaryWithin"
	opBelow       Op = "below"
	opIsOrBelow   Op = "isOrBelow"
	opHasReports  Op = "hasReports"
	opEnrolled    Op = "enrolled"
	opCompleted   Op = "completed"
	opMemberOfAny Op = "memberOfAny"
	opMemberOfAll Op = "memberOfAll"
)

func literals[T any](values []T) []Literal {
	out := make([]Literal, len(values))
	for i, v := range values {
		out[i] = Lit(v)
	}
	return out
}

func field[F ~string, T any](f F, op Op, values ...T) FieldCondition {
	return FieldCondition{Field: string(f), Test: Test{Op: op, Values: literals(values)}}
}

func fieldEmpty[F ~string](f F) FieldCondition {
	return FieldCondition{Field: string(f), Test: Test{Op: opIsEmpty}}
}

func fieldSpan[F ~string](f F, op Op, n int, u SpanUnit) FieldCondition {
	return FieldCondition{Field: string(f), Test: Test{Op: op, Span: Span{n, u}}}
}

// A TextField names a field of type text. Comparison folds case and white space unless the field
// is exact. On a field of several values a positive operator asks for some value.
type TextField string

// Is holds where the text is one of the values.
func (f TextField) Is(values ...string) FieldCondition { return field(f, opIs, values...) }

// IsNot holds where the text is none of the values.
func (f TextField) IsNot(values ...string) FieldCondition { return f.Is(values...).Not() }

// Contains holds where the text contains one of the values.
func (f TextField) Contains(values ...string) FieldCondition { return field(f, opContains, values...) }

// StartsWith holds where the text starts with one of the values.
func (f TextField) StartsWith(values ...string) FieldCondition {
	return field(f, opStartsWith, values...)
}

// EndsWith holds where the text ends with one of the values.
func (f TextField) EndsWith(values ...string) FieldCondition { return field(f, opEndsWith, values...) }

// Matches holds where one of the RE2 expressions matches somewhere in the text.
func (f TextField) Matches(expressions ...string) FieldCondition {
	return field(f, opMatches, expressions...)
}

// IsEmpty holds for users known to have no text.
func (f TextField) IsEmpty() FieldCondition { return fieldEmpty(f) }

// A ChoiceField names a field of type choice; its operands are option IDs.
type ChoiceField string

// Is holds where the choice is one of the options.
func (f ChoiceField) Is(options ...string) FieldCondition { return field(f, opIs, options...) }

// IsNot holds where the choice is none of the options.
func (f ChoiceField) IsNot(options ...string) FieldCondition { return f.Is(options...).Not() }

// IsEmpty holds for users known to have made no choice.
func (f ChoiceField) IsEmpty() FieldCondition { return fieldEmpty(f) }

// A MultiChoiceField names a field of type multi-choice; its operands are option IDs. The three
// operators and their negations are Cornerstone's "multiple checkbox" six.
type MultiChoiceField string

// IncludesAny holds where one of the options is chosen.
func (f MultiChoiceField) IncludesAny(options ...string) FieldCondition {
	return field(f, opIncludesAny, options...)
}

// IncludesAll holds where all the options are chosen.
func (f MultiChoiceField) IncludesAll(options ...string) FieldCondition {
	return field(f, opIncludesAll, options...)
}

// IsExactly holds where these options are chosen and no other.
func (f MultiChoiceField) IsExactly(options ...string) FieldCondition {
	return field(f, opIsExactly, options...)
}

// IsEmpty holds for users known to have chosen nothing.
func (f MultiChoiceField) IsEmpty() FieldCondition { return fieldEmpty(f) }

// A NumberField names a field of type number. Operands are the shortest decimals that read back as
// the given numbers.
type NumberField string

// Is holds where the number is one of the values.
func (f NumberField) Is(values ...float64) FieldCondition { return field(f, opIs, values...) }

// IsNot holds where the number is none of the values.
func (f NumberField) IsNot(values ...float64) FieldCondition { return f.Is(values...).Not() }

// Less holds for numbers less than n.
func (f NumberField) Less(n float64) FieldCondition { return field(f, opLess, n) }

// AtMost holds for n and less.
func (f NumberField) AtMost(n float64) FieldCondition { return field(f, opAtMost, n) }

// AtLeast holds for n and more.
func (f NumberField) AtLeast(n float64) FieldCondition { return field(f, opAtLeast, n) }

// Greater holds for numbers greater than n.
func (f NumberField) Greater(n float64) FieldCondition { return field(f, opGreater, n) }

// Between holds from one number to the other, both included.
func (f NumberField) Between(from, to float64) FieldCondition { return field(f, opBetween, from, to) }

// IsEmpty holds for users known to have no number.
func (f NumberField) IsEmpty() FieldCondition { return fieldEmpty(f) }

// A DateField names a field of type date, or one of type instant whose date in the group's zone is
// asked for. "Today" is the date of the run's clock in that zone.
type DateField string

// On holds on the day.
func (f DateField) On(d Date) FieldCondition { return field(f, opOn, d) }

// Before holds before the day.
func (f DateField) Before(d Date) FieldCondition { return field(f, opBefore, d) }

// After holds after the day.
func (f DateField) After(d Date) FieldCondition { return field(f, opAfter, d) }

// OnOrBefore holds on the day and before.
func (f DateField) OnOrBefore(d Date) FieldCondition { return field(f, opOnOrBefore, d) }

// OnOrAfter holds on the day and after.
func (f DateField) OnOrAfter(d Date) FieldCondition { return field(f, opOnOrAfter, d) }

// Between holds from one day to the other, both included.
func (f DateField) Between(from, to Date) FieldCondition { return field(f, opBetween, from, to) }

// InLast holds for the n days (weeks ...) up to and including today.
func (f DateField) InLast(n int, u SpanUnit) FieldCondition { return fieldSpan(f, opInLast, n, u) }

// InNext holds for the n days (weeks ...) from today on, today included.
func (f DateField) InNext(n int, u SpanUnit) FieldCondition { return fieldSpan(f, opInNext, n, u) }

// Ago holds for days at least n days (weeks ...) ago.
func (f DateField) Ago(n int, u SpanUnit) FieldCondition { return fieldSpan(f, opAgo, n, u) }

// Ahead holds for days more than n days (weeks ...) ahead.
func (f DateField) Ahead(n int, u SpanUnit) FieldCondition { return fieldSpan(f, opAhead, n, u) }

// AnniversaryWithin holds where a yearly return of the day falls on today or one of the n days
// (weeks ...) from today on. 29 February returns on the 28th in common years.
func (f DateField) AnniversaryWithin(n int, u SpanUnit) FieldCondition {
	return fieldSpan(f, opAnniversary, n, u)
}

// IsEmpty holds for users known to have no date.
func (f DateField) IsEmpty() FieldCondition { return fieldEmpty(f) }

// An InstantField names a field of type instant, compared with instants. To ask for its date in
// the group's zone, use it as a date: DateField(f).InLast(7, Days).
type InstantField string

// Before holds before the instant.
func (f InstantField) Before(t time.Time) FieldCondition { return field(f, opBefore, t) }

// After holds after the instant.
func (f InstantField) After(t time.Time) FieldCondition { return field(f, opAfter, t) }

// OnOrBefore holds at the instant and before.
func (f InstantField) OnOrBefore(t time.Time) FieldCondition { return field(f, opOnOrBefore, t) }

// OnOrAfter holds at the instant and after.
func (f InstantField) OnOrAfter(t time.Time) FieldCondition { return field(f, opOnOrAfter, t) }

// Between holds from one instant to the other, both included.
func (f InstantField) Between(from, to time.Time) FieldCondition {
	return field(f, opBetween, from, to)
}

// IsEmpty holds for users known to have no instant.
func (f InstantField) IsEmpty() FieldCondition { return fieldEmpty(f) }

// A BoolField names a field of type bool.
type BoolField string

// Is holds where the value is b.
func (f BoolField) Is(b bool) FieldCondition { return field(f, opIs, b) }

// IsEmpty holds for users known to have no value.
func (f BoolField) IsEmpty() FieldCondition { return fieldEmpty(f) }

// A Tree names a tree of org units, such as "branch" or "position".
type Tree string

// Is holds for users in one of the units themselves.
func (t Tree) Is(units ...string) UnitCondition { return t.ask(opIs, units) }

// IsNot holds for users in none of the units.
func (t Tree) IsNot(units ...string) UnitCondition { return t.Is(units...).Not() }

// Below holds for users in a unit beneath one of the units.
func (t Tree) Below(units ...string) UnitCondition { return t.ask(opBelow, units) }

// IsOrBelow holds for users in one of the units or beneath.
func (t Tree) IsOrBelow(units ...string) UnitCondition { return t.ask(opIsOrBelow, units) }

// IsEmpty holds for users known to sit in no unit of the tree.
func (t Tree) IsEmpty() UnitCondition { return t.ask(opIsEmpty, nil) }

func (t Tree) ask(op Op, units []string) UnitCondition {
	return UnitCondition{Tree: t, Op: op, Units: units}
}

// References returns the groups that the criteria name, sorted, each once; orBelow are those of
// them whose subgroups count as well.
func (c Criteria) References() (named, orBelow []GroupID) {
	for _, s := range c.Sets {
		for _, cond := range s.Conditions {
			if g, ok := cond.(GroupCondition); ok {
				named = append(named, g.Groups...)
				if g.OrBelow {
					orBelow = append(orBelow, g.Groups...)
				}
			}
		}
	}
	slices.Sort(named)
	slices.Sort(orBelow)
	return slices.Compact(named), slices.Compact(orBelow)
}
