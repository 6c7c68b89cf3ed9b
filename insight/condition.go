package insight

import (
	"fmt"

	"github.com/grouprules/groups"
)

// The operators that mean something here, as JSON names them.
const (
	opIs          groups.Op = "is"
	opContains    groups.Op = "contains"
	opStartsWith  groups.Op = "startsWith"
	opEndsWith    groups.Op = "endsWith"
	opMatches     groups.Op = "matches"
	opIsEmpty     groups.Op = "isEmpty"
	opIncludesAny groups.Op = "includesAny"
	opIncludesAll groups.Op = "includesAll"
	opIsExactly   groups.Op = "isExactly"
	opOn          groups.Op = "on"
	opBetween     groups.Op = "between"
	opInLast      groups.Op = "inLast"
	opInNext      groups.Op = "inNext"
	opAgo         groups.Op = "ago"
	opAhead       groups.Op = "ahead"
	opAnniversary groups.Op = "anniversaryWithin"
	opBelow       groups.Op = "below"
	opIsOrBelow   groups.Op = "isOrBelow"
	opCompleted   groups.Op = "completed"
	opEnrolled    groups.Op = "enrolled"
)

// A listing is operands that stand side by side in a condition.
type listing struct {
	key      string // in the JSON of the condition
	operands []string
}

// listings are all lists of operands of a condition, but for what is no text.
func listings(c groups.Condition) []listing {
	switch c := c.(type) {
	case groups.FieldCondition:
		if listed(c.Op) {
			return []listing{{"values", operandsOf([]groups.Test{c.Test})}}
		}
	case groups.UnitCondition:
		return []listing{{"units", c.Units}}
	case groups.UserCondition:
		return []listing{{"users", texted(c.Users)}}
	case groups.EnrollmentCondition:
		return []listing{{"courses", c.Courses}, {"statuses", c.Statuses}}
	case groups.GroupCondition:
		return []listing{{"groups", texted(c.Groups)}}
	}
	return nil
}

func texted[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// listed reports whether an operator takes any number of values.
func listed(op groups.Op) bool {
	switch op {
	case opIs, opContains, opStartsWith, opEndsWith, opMatches, opIncludesAny, opIncludesAll, opIsExactly:
		return true
	}
	return false
}

// of is the pointer of an operand of a condition that is at a pointer.
func (l listing) of(at string, i int) string { return fmt.Sprintf("%s/%s/%d", at, l.key, i) }

// windows are the tests of dates in a condition, with their pointers.
func windows(at string, c groups.Condition) (where string, t groups.Test) {
	switch c := c.(type) {
	case groups.FieldCondition:
		return at, c.Test
	case groups.EnrollmentCondition:
		return at + "/when", c.When
	}
	return at, groups.Test{}
}

// relative reports whether a condition compares with today.
func relative(c groups.Condition) bool {
	_, t := windows("", c)
	return t.Span.N > 0
}
