// Package expression writes criteria as text and reads them again, in the form that administrators know from
// the dynamic groups of Microsoft Entra ID:
//
//	(user.department -eq "Sales") -and (user.hireDate -inLast p90d)
//
// [Print] writes any criteria that a schema accepts, and [Parse] reads back exactly those. Parse also reads the
// rules of Entra that can be said in criteria, however they are nested, and says in [Parsed.Notes] where Entra
// would answer otherwise. Everything else is refused, with the column and the reason. The README beside this
// file has every form in one table.
//
// The package knows package groups by its public names and nothing else: no people, no store and no clock.
package expression

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// Options tune [Parse]. A nil *Options is the same as a zero one.
type Options struct {
	// Properties names the field that a property of another product's users is kept in, such as
	// {"jobTitle": "job_title"}. A field of the schema by the name of the property itself comes first.
	// Without an entry, userPrincipalName is username, mail is email, displayName is name and objectId is
	// id, accountEnabled asks for the status of the user and memberOf for groups.
	Properties map[string]string
}

// Parsed is what [Parse] made of an expression.
type Parsed struct {
	Criteria groups.Criteria `json:"criteria"`
	// Notes say where Entra means, or may mean, something else by the same words, and where the criteria are
	// arranged otherwise than the text. Each is said once, where it first applies, in the order of the text:
	//
	//	text           texts compare by more than Entra says
	//	case           upper and lower case differ here
	//	missing        people with no value are taken in, and Entra does not say whether it does
	//	pattern        expressions are RE2, and one match anywhere is enough
	//	several        some value of several is enough
	//	all            the condition was turned round to be right where there is no value at all
	//	day            a day is compared, where Entra compares moments
	//	status         a property of accounts became the status of users
	//	memberOf       groups count differently
	//	directReports  users go by the IDs they have here
	//	rearranged     the criteria have other sets than the text has parentheses
	Notes []Remark `json:"notes"`
}

// A Remark is something to say about a place in an expression.
type Remark struct {
	// Offset is the place in bytes, from 0. Line and Column are the same place as an editor shows it, from 1;
	// columns count characters.
	Offset int `json:"offset"`
	Line   int `json:"line"`
	Column int `json:"column"`
	// Code is one of those listed at [Parsed.Notes] and [Error].
	Code string `json:"code"`
	// Text says it in English, on one line.
	Text string `json:"text"`
}

// String returns the remark with its place, on one line.
func (r Remark) String() string {
	return fmt.Sprintf("line %d, column %d: %s: %s", r.Line, r.Column, r.Code, r.Text)
}

// An Error is everything that is wrong with an expression, in the order of the text:
//
//	syntax       it cannot be read
//	unknown      a property, operator, field or word that does not exist, or is not for criteria
//	operator     the operator does not go with what it is asked of
//	operand      a value is missing, too much, blank or of the wrong type
//	limit        more than the limits of the schema allow
//	unsupported  Entra has it, and no criteria say the same
//	size         it can be said, in more sets or conditions than the limits of the schema allow
//
// There are never more than a thousand problems; what comes after is left out.
type Error struct {
	Problems []Remark `json:"problems"`
}

// Error returns the problems, one a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Parse reads an expression and checks it against the schema, which it needs to know what fields are: what it
// returns passes [groups.Schema.Check]. The error is that of [groups.Schema.Validate], or an [*Error] with every
// problem that could be told.
func Parse(s *groups.Schema, text string, o *Options) (*Parsed, error) {
	if s == nil {
		s = new(groups.Schema)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	r := &reader{schema: s, limits: limits(s), notes: []Remark{}}
	if o != nil {
		r.properties = o.Properties
	}
	c := r.read(text)
	slices.SortStableFunc(r.problems, func(a, b Remark) int { return cmp.Compare(a.Offset, b.Offset) })
	if len(r.problems) > 0 {
		return nil, &Error{r.problems}
	}
	slices.SortStableFunc(r.notes, func(a, b Remark) int { return cmp.Compare(a.Offset, b.Offset) })
	return &Parsed{Criteria: c, Notes: r.notes}, nil
}

// A reader makes criteria of one expression and collects what there is to say about it.
type reader struct {
	schema     *groups.Schema
	limits     groups.Limits
	properties map[string]string
	problems   []Remark
	notes      []Remark
}

func (r *reader) read(text string) groups.Criteria {
	if len(text) > r.limits.Bytes {
		r.problem(place{line: 1, column: 1}, "limit", "%d bytes are over the limit of %d", len(text), r.limits.Bytes)
		return groups.Criteria{}
	}
	p := &parser{reader: r, tokens: r.scan(text)}
	tree := p.whole()
	if tree == nil || len(r.problems) > 0 {
		return groups.Criteria{}
	}
	tree = tree.positive(false)
	r.missing(tree)
	return r.arrange(tree)
}

const maxProblems = 1000

// problem notes what is wrong at a place. What others wrote belongs in %.64q.
func (r *reader) problem(at place, code, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, at.remark(code, fmt.Sprintf(format, args...)))
	}
}

// note says something that is true of the result; each is said once.
func (r *reader) note(at place, code, format string, args ...any) {
	n := at.remark(code, fmt.Sprintf(format, args...))
	if !slices.ContainsFunc(r.notes, func(m Remark) bool { return m.Code == n.Code && m.Text == n.Text }) {
		r.notes = append(r.notes, n)
	}
}

// limits are those of the schema, with the defaults that [groups.Limits] documents.
func limits(s *groups.Schema) groups.Limits {
	var l groups.Limits
	if s.Limits != nil {
		l = *s.Limits
	}
	l.Sets = cmp.Or(l.Sets, 50)
	l.Conditions = cmp.Or(l.Conditions, 10)
	l.Bytes = cmp.Or(l.Bytes, 1<<20)
	return l
}
