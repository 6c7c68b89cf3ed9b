package workload

import (
	"fmt"
	"strings"
)

// Criteria are a rule: sets of conditions, joined by All or by Any, within and between.
type Criteria struct {
	Any  bool // one set is enough; else every set must hold
	Sets []Set
}

// A Set is a list of conditions.
type Set struct {
	Any        bool // one condition is enough; else every condition must hold
	Conditions []Condition
}

// A Kind says what a condition asks.
type Kind uint8

// The kinds of conditions. For Empty each answers No, negated Yes.
const (
	Is          Kind = iota // the text or choice of Field is one of Codes
	Contains                // the text has Part in it
	StartsWith              // the text begins with Part
	EndsWith                // the text ends with Part
	IncludesAny             // a bit of Mask is set
	IncludesAll             // every bit of Mask is set
	Between                 // From <= code <= To
	IsEmpty                 // there is no value
	InUnit                  // the unit is one of Nodes, or below one
	Under                   // the user is below one of Nodes, by managers
	Completed               // at least Need of the courses in Codes are completed
	MemberOf                // assigned to one of the manual groups in Codes
)

// Most is the To of a range without an end.
const Most int32 = 1<<31 - 1

// A Condition is one test of one user. Negated turns Yes and No round.
type Condition struct {
	Kind    Kind
	Field   Field
	Negated bool
	Codes   []int32
	Part    string // folded
	Mask    int32
	From,
	To int32
	// Days, where set, is the range as people wrote it: in the last so many days.
	Days  int
	Nodes []int32
	Need  int
}

// Positive is the condition that c negates, or c.
func (c Condition) Positive() Condition {
	c.Negated = false
	return c
}

// Key tells conditions apart.
func (c *Condition) Key() string {
	return fmt.Sprint(c.Kind, c.Field, c.Negated, c.Codes, c.Part, c.Mask, c.From, c.To, c.Nodes, c.Need)
}

// Conditions counts those of all sets.
func (c *Criteria) Conditions() int {
	n := 0
	for i := range c.Sets {
		n += len(c.Sets[i].Conditions)
	}
	return n
}

// TextHolds reports whether a folded text, which is not empty, passes the test of a condition on texts.
func (c *Condition) TextHolds(folded string) bool {
	switch c.Kind {
	case Is:
		for _, code := range c.Codes {
			if Fold(Text(c.Field, code)) == folded {
				return true
			}
		}
		return false
	case Contains:
		return strings.Contains(folded, c.Part)
	case StartsWith:
		return strings.HasPrefix(folded, c.Part)
	case EndsWith:
		return strings.HasSuffix(folded, c.Part)
	}
	panic(fmt.Sprint("workload: not a test of texts: ", c.Kind))
}
