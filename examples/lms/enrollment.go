package main

import (
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// Members of the group are enrolled in these courses: an enrollment rule.
type enrollmentRules map[groups.GroupID][]string

// An enrollment is a user's record in one course.
type enrollment struct {
	since     time.Time
	completed time.Time // zero: not yet
}

// enrollments is a table of the LMS. What is in it stays, also when a user leaves the group that brought
// them in, or the group is inactivated, as in Docebo.
type enrollments struct {
	records map[groups.UserID]map[string]enrollment
	changes int
	// untold are users whose records changed and of whom the library was not told yet.
	untold map[groups.UserID]bool
}

func newEnrollments() *enrollments {
	return &enrollments{records: map[groups.UserID]map[string]enrollment{}, untold: map[groups.UserID]bool{}}
}

// enroll leaves alone who is enrolled already.
func (e *enrollments) enroll(user groups.UserID, course string, at time.Time) {
	if _, is := e.records[user][course]; !is {
		e.put(user, course, enrollment{since: at})
	}
}

// complete notes that a user has finished a course.
func (e *enrollments) complete(user groups.UserID, course string, at time.Time) {
	e.enroll(user, course, at)
	r := e.records[user][course]
	r.completed = at
	e.put(user, course, r)
}

func (e *enrollments) put(user groups.UserID, course string, r enrollment) {
	if e.records[user] == nil {
		e.records[user] = map[string]enrollment{}
	}
	e.records[user][course] = r
	e.untold[user] = true
	e.changes++
}

// erase leaves nothing of a user.
func (e *enrollments) erase(user groups.UserID) {
	delete(e.records, user)
	delete(e.untold, user)
	e.changes++
}

// of is what rules may ask: all the records of a user.
func (e *enrollments) of(user groups.UserID) groups.Enrollments {
	var list []groups.Enrollment
	for course, r := range e.records[user] {
		as := groups.Enrollment{Course: course, Status: "enrolled", Completed: groups.Empty()}
		if !r.completed.IsZero() {
			as.Status, as.Completed = groups.Completed, groups.At(r.completed)
		}
		list = append(list, as)
	}
	return groups.Enrolled(list...)
}

func (e *enrollments) version() int { return e.changes }

// courses are those of a user, by name.
func (e *enrollments) courses(user groups.UserID) []string {
	return slices.Sorted(maps.Keys(e.records[user]))
}

// count is how many records there are.
func (e *enrollments) count() (n int) {
	for _, of := range e.records {
		n += len(of)
	}
	return n
}

// tell has the library be told of users, whether or not their records changed.
func (e *enrollments) tell(users []groups.UserID) {
	for _, user := range users {
		e.untold[user] = true
	}
}

// news are the users of whom the library is to be told, and told says that it was.
func (e *enrollments) news() []groups.UserID { return slices.Sorted(maps.Keys(e.untold)) }

func (e *enrollments) told(users []groups.UserID) {
	for _, user := range users {
		delete(e.untold, user)
	}
}
