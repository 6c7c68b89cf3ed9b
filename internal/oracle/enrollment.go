package oracle

import (
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/calendar"
)

// enrollment answers each course and counts. "At least k is Yes when k are Yes, No when Yes + Unknown < k. A negation
// complements the whole."
func (o Oracle) enrollment(c groups.EnrollmentCondition, u groups.User, w World) groups.Verdict {
	courses := slices.Clone(c.Courses)
	slices.Sort(courses)
	courses = slices.Compact(courses)
	answers := make([]groups.Verdict, len(courses))
	sure, open := 0, 0
	for i, course := range courses {
		answers[i] = o.course(c, course, u, w)
		if c.Negated && o.has(NegatesEachCourse) {
			answers[i] = Not(answers[i])
		}
		switch answers[i] {
		case groups.Yes:
			sure++
		case groups.Unknown:
			open++
		}
	}
	var v groups.Verdict
	quantifier := c.Quantifier
	if c.Negated && o.has(NegationSwapsAnyAndAll) {
		switch quantifier {
		case groups.AnyCourse:
			quantifier = groups.AllCourses
		case groups.AllCourses:
			quantifier = groups.AnyCourse
		}
	}
	switch quantifier {
	case groups.AnyCourse:
		v = anyOf(answers)
	case groups.AllCourses:
		v = all(answers)
	case groups.AtLeastCourses:
		switch {
		case sure >= c.K:
			v = groups.Yes
		case sure+open < c.K, o.has(AtLeastIgnoresUnknown):
			v = groups.No
		}
	}
	if c.Negated && o.has(NegatesEachCourse) {
		return v
	}
	return negate(v, c.Negated)
}

// course answers for one course: the latest record, or that there is none, or that nobody can say.
func (o Oracle) course(c groups.EnrollmentCondition, course string, u groups.User, w World) groups.Verdict {
	list, complete := u.Enrollments.List()
	i := slices.IndexFunc(list, func(e groups.Enrollment) bool { return e.Course == course })
	switch {
	case i < 0 && (complete || o.has(PartialIsComplete)):
		return groups.No // not enrolled
	case i < 0:
		return groups.Unknown
	}
	record := list[i]
	switch c.Op {
	case "enrolled":
		return groups.Yes
	case "is":
		if record.Status == "" {
			return groups.Unknown
		}
		return yes(slices.Contains(c.Statuses, record.Status))
	case "completed":
		return o.completed(c.When, record.Completed, w)
	}
	panic("oracle: no enrollment operator " + string(c.Op))
}

// completed asks for "a completion date inside the window": a record without one is in no window, a negated one
// included.
func (o Oracle) completed(window groups.Test, v groups.Value, w World) groups.Verdict {
	switch {
	case v.IsUnknown():
		return groups.Unknown
	case v.IsEmpty():
		return groups.No
	}
	var m moment
	if day, err := calendar.Parse(v.Texts()[0]); err == nil {
		m = moment{day: day}
	} else if at, err := time.Parse(time.RFC3339Nano, v.Texts()[0]); err == nil {
		m = moment{at: at, instant: true}
	} else {
		return groups.Unknown
	}
	return negate(yes(o.dates(window, m, w)), window.Negated)
}
