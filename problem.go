package groups

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What can be wrong with criteria. Every [Problem] wraps one of these.
var (
	// ErrSyntax: not JSON, or not the JSON of criteria.
	ErrSyntax = errors.New("not criteria")
	// ErrUnknown: a kind, field or operator that does not exist, or a field that is not for criteria.
	ErrUnknown = errors.New("does not exist")
	// ErrOperand: an operand that is of the wrong type, blank, missing or superfluous.
	ErrOperand = errors.New("wrong operand")
	// ErrEmpty: a set without conditions, or a condition without operands. Logic has it that such a
	// thing matches everybody or nobody; whoever wrote it meant neither.
	ErrEmpty = errors.New("empty")
	// ErrLimit: more than the [Limits] of criteria, or those of a [CSVFormat], allow.
	ErrLimit = errors.New("over the limit")
)

// A Problem is one thing that is wrong with criteria.
type Problem struct {
	// Pointer is the JSON pointer (RFC 6901) of the value it is about, such as
	// "/sets/0/conditions/1/op"; of a missing one, where it should be. "" is the criteria themselves.
	Pointer string
	// Err is one of [ErrSyntax], [ErrUnknown], [ErrOperand], [ErrEmpty] and [ErrLimit].
	Err error
	// Text says what is wrong, on one line.
	Text string
}

// Error returns the pointer and the text, on one line whatever the keys of the document are.
func (p Problem) Error() string {
	if p.Pointer == "" {
		return oneLine(p.Text)
	}
	return oneLine(p.Pointer + ": " + p.Text)
}

// Unwrap returns p.Err.
func (p Problem) Unwrap() error { return p.Err }

// place is the set and the condition that the problem is about, for the order of the document.
func (p Problem) place() []int {
	var place []int
	for _, token := range strings.Split(p.Pointer, "/") {
		if n, err := strconv.Atoi(token); err == nil && len(place) < 2 {
			place = append(place, n)
		}
	}
	return place
}

// A CriteriaError is everything that is wrong with criteria: a form wants all its red fields at once,
// not one after the other. Problems are in the order of the document, a missing key where its object
// ends. They are never more than a thousand; what comes after is left out.
type CriteriaError struct {
	Problems []Problem
}

// Error returns the problems, one a line.
func (e *CriteriaError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems.
func (e *CriteriaError) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p
	}
	return errs
}

// Under returns e for criteria that are part of a larger document: with every pointer under prefix,
// itself a pointer such as "/groups/0/criteria".
func (e *CriteriaError) Under(prefix string) *CriteriaError {
	under := &CriteriaError{Problems: make([]Problem, len(e.Problems))}
	for i, p := range e.Problems {
		p.Pointer = prefix + p.Pointer
		under.Problems[i] = p
	}
	return under
}

// maxProblems keeps a hostile document from being answered with one many times its size.
const maxProblems = 1000

// problems collects what is wrong with criteria.
type problems []Problem

// add notes a problem; err is one of the sentinels. What others wrote belongs in %.64q.
func (p *problems) add(pointer string, err error, format string, args ...any) {
	if len(*p) < maxProblems {
		*p = append(*p, Problem{pointer, err, fmt.Sprintf(format, args...)})
	}
}

// err is a [*CriteriaError] of the problems, or nil without any.
func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return &CriteriaError{p}
}
