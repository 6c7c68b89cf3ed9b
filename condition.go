package groups

import (
	"fmt"
	"strings"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/fold"
	"github.com/grouprules/groups/internal/lineage"
)

// This file holds the compiled conditions: one leaf a kind, what it answers and what it looked at.

// verdictOf turns a definite answer into a verdict.
func verdictOf(yes bool) Verdict {
	if yes {
		return Yes
	}
	return No
}

// signed is the verdict of a condition whose positive form has the verdict v.
func signed(v Verdict, negated bool) Verdict {
	if negated {
		return v.not()
	}
	return v
}

// onEmpty is what a condition answers on Empty.
func onEmpty(w WhenEmpty, negated bool) Verdict {
	switch w {
	case NoMatch:
		return No
	case Matches:
		return Yes
	}
	return verdictOf(negated)
}

// fieldLeaf tests one field.
type fieldLeaf struct {
	name    string
	typ     Type
	several bool
	negated bool
	empty   Verdict
	test    tester // nil asks whether the value is empty
	options map[string]struct{}
}

func (l *fieldLeaf) verdict(u *User, v *View) Verdict {
	if l.name == string(ID) {
		return signed(l.ofID(u, v), l.negated)
	}
	return l.of(u.Fields[l.name], v)
}

// of is the verdict of a value.
func (l *fieldLeaf) of(val Value, v *View) Verdict {
	switch {
	case val.IsUnknown():
		return Unknown
	case val.IsEmpty():
		return l.empty
	}
	if (l.test == nil || l.options != nil) && !l.fits(val) { // a test refuses other types by itself
		return Unknown
	}
	if l.test == nil {
		return signed(No, l.negated)
	}
	yes, ok := l.test.test(val.data, v)
	if !ok {
		return Unknown
	}
	return signed(verdictOf(yes), l.negated)
}

// fits reports whether a Present value is one of the field: of its type, and where it is a choice,
// of its options. Any other is Unknown to every operator.
func (l *fieldLeaf) fits(val Value) bool {
	if val.typeFor(l.typ) != l.typ {
		return false
	}
	list, isChoice := val.data.(choiceValue)
	return !isChoice || within(list, l.options)
}

// ofID tests the user's ID, which is never Empty. It is compared as an exact text, without building
// a Value for each match.
func (l *fieldLeaf) ofID(u *User, v *View) Verdict {
	if l.test == nil {
		return No
	}
	id := fold.Exact(string(u.ID))
	return verdictOf(l.test.(*textTest).one(&textItem{exact: id, key: id}))
}

func (l *fieldLeaf) had(u *User, v *View) []string {
	if l.name == string(ID) {
		return []string{string(u.ID)}
	}
	val := u.Fields[l.name]
	if texts := val.Texts(); len(texts) > 0 {
		return texts
	}
	return []string{val.String()}
}

func (l *fieldLeaf) turns(u *User, v *View, report func(turn)) {
	l.test.(*dateTest).turns(u.Fields[l.name], v, report)
}

// unitLeaf asks where in a tree the user sits.
type unitLeaf struct {
	tree    Tree
	op      Op
	negated bool
	empty   Verdict
	goals   map[string]struct{}
	places  *lineage.Goals // the same
	depth   int
}

func (l *unitLeaf) verdict(u *User, v *View) Verdict {
	units, known := u.Units[l.tree]
	switch {
	case !known:
		return Unknown
	case len(units) == 0:
		return l.empty
	case l.op == opIsEmpty:
		return signed(No, l.negated)
	}
	h := v.Trees[l.tree]
	result := No
	for _, unit := range units {
		result = MatchAny.join(result, l.from(unit, h))
		if result == Yes {
			break
		}
	}
	if result == No && l.stray(h) {
		result = Unknown
	}
	return signed(result, l.negated)
}

// from answers for one of the user's units.
func (l *unitLeaf) from(unit string, h *Hierarchy) Verdict {
	if l.op == opIs {
		_, met := l.goals[unit]
		return verdictOf(met)
	}
	return h.climb(unit, l.places, l.op == opIsOrBelow, l.depth)
}

// stray reports whether an operand is not in the tree: then who is not found beneath it might be.
func (l *unitLeaf) stray(h *Hierarchy) bool {
	if h == nil || h.lines == nil {
		return len(l.goals) > 0
	}
	return l.places.Stray(h.lines)
}

func (l *unitLeaf) had(u *User, v *View) []string {
	units, known := u.Units[l.tree]
	switch {
	case !known:
		return []string{"unknown"}
	case len(units) == 0:
		return []string{"empty"}
	}
	out := make([]string, len(units))
	for i, unit := range units {
		out[i] = strings.Join(v.Trees[l.tree].Path(unit), " < ")
	}
	return out
}

// climb walks up the hierarchy; without one, only the start is known.
func (h *Hierarchy) climb(id string, goals *lineage.Goals, self bool, depth int) Verdict {
	if h == nil || h.lines == nil {
		if self && goals.Has(id) {
			return Yes
		}
		return Unknown
	}
	switch goals.Climb(h.lines, id, self, depth) {
	case lineage.Met:
		return Yes
	case lineage.Top:
		return No
	}
	return Unknown
}

// userLeaf asks who the user is and whom they report to.
type userLeaf struct {
	op      Op
	negated bool
	goals   map[string]struct{}
	places  *lineage.Goals // the same
	depth   int
}

func (l *userLeaf) verdict(u *User, v *View) Verdict {
	var result Verdict
	switch l.op {
	case opIs:
		_, met := l.goals[string(u.ID)]
		result = verdictOf(met)
	case opHasReports:
		if v.Lines != nil && v.Lines.lines != nil {
			yes, unsure := v.Lines.lines.Reports(string(u.ID))
			if result = verdictOf(yes); unsure {
				result = Unknown
			}
		}
	default:
		result = v.Lines.climb(string(u.ID), l.places, l.op == opIsOrBelow, l.depth)
	}
	return signed(result, l.negated)
}

func (l *userLeaf) had(u *User, v *View) []string {
	switch {
	case l.op == opIs:
		return []string{string(u.ID)}
	case l.op == opHasReports:
		if v.Lines == nil || v.Lines.lines == nil {
			return []string{"unknown"}
		}
		yes, unsure := v.Lines.lines.Reports(string(u.ID))
		switch {
		case yes:
			return []string{fmt.Sprintf("%d direct reports", len(v.Lines.lines.Children(string(u.ID))))}
		case unsure:
			return []string{"no known reports"}
		}
		return []string{"no reports"}
	}
	return []string{strings.Join(v.Lines.Path(string(u.ID)), " < ")}
}

// enrollmentLeaf asks about the user's courses.
type enrollmentLeaf struct {
	courses  []string // sorted, each once
	need     int      // how many must be true
	op       Op
	negated  bool
	statuses map[string]struct{}
	schema   []string  // the statuses that there are
	day, at  *dateTest // the window, for completion days and for instants
	outside  bool      // completed outside the window, not inside
}

func (l *enrollmentLeaf) verdict(u *User, v *View) Verdict {
	yes, unknown := 0, 0
	for _, course := range l.courses {
		switch l.of(u, course, v) {
		case Yes:
			yes++
		case Unknown:
			unknown++
		}
	}
	return l.counted(yes, unknown)
}

// counted is the verdict where so many of the courses are true, and so many unknown.
func (l *enrollmentLeaf) counted(yes, unknown int) Verdict {
	result := Unknown
	switch {
	case yes >= l.need:
		result = Yes
	case yes+unknown < l.need:
		result = No
	}
	return signed(result, l.negated)
}

// of answers for one course.
func (l *enrollmentLeaf) of(u *User, course string, v *View) Verdict {
	record, found := u.Enrollments.in(course)
	if !found {
		if u.Enrollments.complete {
			return No
		}
		return Unknown
	}
	return l.says(&record, v)
}

// says answers for one record.
func (l *enrollmentLeaf) says(record *Enrollment, v *View) Verdict {
	switch l.op {
	case opEnrolled:
		return Yes
	case opIs:
		if record.Status == "" {
			return Unknown
		}
		_, in := l.statuses[record.Status]
		return verdictOf(in)
	}
	var yes, ok bool
	switch record.Completed.data.(type) {
	case empty:
		return No
	case calendar.Day:
		yes, ok = l.day.test(record.Completed.data, v)
	case time.Time:
		yes, ok = l.at.test(record.Completed.data, v)
	}
	if !ok {
		return Unknown
	}
	return verdictOf(yes != l.outside)
}

func (l *enrollmentLeaf) had(u *User, v *View) []string {
	out := make([]string, len(l.courses))
	for i, course := range l.courses {
		record, found := u.Enrollments.in(course)
		switch {
		case !found && !u.Enrollments.complete:
			out[i] = course + ": unknown"
		case !found:
			out[i] = course + ": not enrolled"
		case record.Status == "":
			out[i] = course + ": unknown status"
		default:
			out[i] = course + ": " + record.Status
		}
		if found && l.op == opCompleted {
			out[i] += ", completed " + record.Completed.String()
		}
	}
	return out
}

func (l *enrollmentLeaf) turns(u *User, v *View, report func(turn)) {
	for _, course := range l.courses {
		if record, found := u.Enrollments.in(course); found {
			l.day.turns(record.Completed, v, report)
			l.at.turns(record.Completed, v, report)
		}
	}
}

// groupLeaf asks for membership in other groups.
type groupLeaf struct {
	match   Match
	negated bool
	groups  []GroupID
	orBelow bool
}

func (l *groupLeaf) verdict(u *User, v *View) Verdict {
	if v.Memberships == nil {
		return Unknown
	}
	return signed(l.held(u.ID, v.Memberships), l.negated)
}

// held is the verdict without the negation.
func (l *groupLeaf) held(u UserID, by Memberships) Verdict {
	result := neutral(l.match)
	for _, g := range l.groups {
		result = l.match.join(result, by.MemberOf(u, g, l.orBelow))
	}
	return result
}

func (l *groupLeaf) had(u *User, v *View) []string {
	out := make([]string, len(l.groups))
	for i, g := range l.groups {
		answer := Unknown
		if v.Memberships != nil {
			answer = v.Memberships.MemberOf(u.ID, g, l.orBelow)
		}
		out[i] = string(g) + ": " + [...]string{"unknown", "not a member", "member"}[answer]
	}
	return out
}

// namedGroups are the groups of a condition, as one asks them: each that it names with those below that count too.
type namedGroups[G any] struct {
	match Match
	each  [][]G
}

// namedBy are those of a condition, each as find has it.
func namedBy[G any](l *groupLeaf, refs *references, find func(GroupID) G) namedGroups[G] {
	named := namedGroups[G]{match: l.match}
	for _, id := range l.groups {
		of := []G{find(id)}
		if l.orBelow {
			for _, below := range refs.beneath(id) {
				of = append(of, find(below))
			}
		}
		named.each = append(named.each, of)
	}
	return named
}

// held is the verdict of the condition without the negation.
func (n *namedGroups[G]) held(answer func(G) Verdict) Verdict {
	result := neutral(n.match)
	for _, of := range n.each {
		some := No
		for _, g := range of {
			some = MatchAny.join(some, answer(g))
		}
		result = n.match.join(result, some)
	}
	return result
}

// statusLeaf asks for activation and expiry.
type statusLeaf struct {
	negated  bool
	statuses []UserStatus
}

func (l *statusLeaf) verdict(u *User, _ *View) Verdict {
	result := No
	for _, s := range l.statuses {
		result = MatchAny.join(result, l.of(s, u))
	}
	return signed(result, l.negated)
}

// of answers for one status.
func (l *statusLeaf) of(s UserStatus, u *User) Verdict {
	switch {
	case s == StatusExpired && u.Expiry != ExpiryUnknown:
		return verdictOf(u.Expiry == Expired)
	case s != StatusExpired && u.Activation != ActivationUnknown:
		return verdictOf((u.Activation == Deactivated) == (s == StatusDeactivated))
	}
	return Unknown
}

func (l *statusLeaf) had(u *User, _ *View) []string {
	return []string{"activation " + u.Activation.String(), "expiry " + u.Expiry.String()}
}

// everyoneLeaf holds for every user.
type everyoneLeaf struct{}

func (everyoneLeaf) verdict(*User, *View) Verdict  { return Yes }
func (everyoneLeaf) had(u *User, _ *View) []string { return []string{string(u.ID)} }
