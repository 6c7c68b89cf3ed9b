package insight

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Finding is something about a rule that its author should look at. What it can be, by Code, first what
// holds of all people there can be, on the day that the clock says and where units are:
//
//	contradiction     error    nobody can match the rule, the set or the condition
//	tautology         warning  everybody matches it of whom is known what it asks for
//	duplicateSet      warning  the set says what an earlier set says
//	subsumedSet       warning  another set makes the set superfluous
//
// of what the rule names, where those that [github.com/grouprules/groups.Finding] has as well are called the same:
//
//	unknownUnit       error    a unit that is not in its tree
//	unknownTree       error    a tree that does not exist
//	unknownGroup      error    a group that does not exist
//	unknownOption     warning  an option that the schema does not have
//	unknownUser       warning  a user who is not in the directory
//	unknownCourse     warning  a course in which nobody has a record
//	unknownStatus     warning  an enrollment status that the schema does not have
//	noSuchValue       notice   an operand to which no user is known to have a value
//	invisible         warning  an operand with control or invisible characters
//	oddSpaces         notice   an operand with white space other than one space between two words
//	sameOperand       notice   an operand that compares as an earlier one of the same list
//	otherCase         warning  an operand that differs in nothing but case from an earlier one, where that counts, or an option
//	unitWithin        notice   a unit beneath another one of a list of which what is beneath counts as well
//	windowPast        notice   a day or a window of days that is past: time brings nobody in any more
//
// and of the people of today:
//
//	everybody         warning  all of them match the rule or the set
//	nobody            warning  none of them is known to match the rule or the set
//	outOfScope        warning  some match the rule, none of whom is assigned to the owner of the group
//	decidedByEmpties  warning  all who match the condition are known to have no value there
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Pointer is the place in the criteria (RFC 6901), "/sets/0/conditions/2" or "/sets/0/conditions/2/values/1";
	// blank is the whole rule. What holds of a whole with one part is said of the whole.
	Pointer string `json:"pointer"`
	// Text says it in English.
	Text string `json:"text"`
}

// String returns the finding on one line.
func (f Finding) String() string {
	at := f.Pointer
	if at == "" {
		at = "the rule"
	}
	return fmt.Sprintf("%v: %s: %s: %s", f.Severity, f.Code, at, f.Text)
}

// A Severity says how much a [Finding] matters.
type Severity uint8

const (
	// Notice: it may well be meant.
	Notice Severity = iota
	// Warning: it is rarely meant.
	Warning
	// Error: the rule, or a part of it, decides nobody as it is.
	Error
)

var severities = [...]string{"notice", "warning", "error"}

// String returns "notice", "warning" or "error".
func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return "severity(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText writes the severity as [Severity.String] does.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [Severity.MarshalText] wrote.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severities[:], string(text))
	if i < 0 {
		return fmt.Errorf("insight: no severity %.64q", text)
	}
	*s = Severity(i)
	return nil
}

const (
	contradiction    = "contradiction"
	tautology        = "tautology"
	duplicateSet     = "duplicateSet"
	subsumedSet      = "subsumedSet"
	unknownUnit      = "unknownUnit"
	unknownTree      = "unknownTree"
	unknownGroup     = "unknownGroup"
	unknownOption    = "unknownOption"
	unknownUser      = "unknownUser"
	unknownCourse    = "unknownCourse"
	unknownStatus    = "unknownStatus"
	noSuchValue      = "noSuchValue"
	invisible        = "invisible"
	oddSpaces        = "oddSpaces"
	sameOperand      = "sameOperand"
	otherCase        = "otherCase"
	unitWithin       = "unitWithin"
	windowPast       = "windowPast"
	everybody        = "everybody"
	nobody           = "nobody"
	outOfScope       = "outOfScope"
	decidedByEmpties = "decidedByEmpties"
)

// severityOf is the severity of the findings of a code.
func severityOf(code string) Severity {
	switch code {
	case contradiction, unknownUnit, unknownTree, unknownGroup:
		return Error
	case noSuchValue, oddSpaces, sameOperand, unitWithin, windowPast:
		return Notice
	}
	return Warning
}

// inOrder sorts findings by their place in the rule, each whole before its parts.
func inOrder(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(comparePointers(a.Pointer, b.Pointer), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// comparePointers takes numbers by what they count.
func comparePointers(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "/"), strings.Split(b, "/"), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b))*numeric(a, b), cmp.Compare(a, b))
	})
}

// numeric is 1 where both are numbers, else 0.
func numeric(list ...string) int {
	for _, s := range list {
		if _, err := strconv.Atoi(s); err != nil {
			return 0
		}
	}
	return 1
}
