package insight

import (
	"github.com/grouprules/groups"
)

// A space is made-up users who stand for all there can be. For each thing that conditions read of a user
// (a field, a tree, a course ...) it has classes of which every condition says the same whatever value of the
// class a user has, one value for each; together they are every value there is. A thing of which there is no such
// list stays unknown. By Kleene's logic a definite verdict of a user of whom less is known is the verdict of
// everybody who is like that user as far as known, so that what a space shows holds of all people.
type space struct {
	view  groups.View
	user  groups.User
	ids   []groups.UserID // an ID is never unknown; none is that nothing can be said
	axes  []axis
	holds map[membership]groups.Verdict
	// taken are the records in the courses of the axes taken so far, nil where the user has none, and
	// courses is how many of such axes there are: only then are the enrollments complete.
	taken   map[string]*groups.Enrollment
	courses int
}

// An axis is one thing that conditions read of a user.
type axis struct {
	classes int
	take    func(class int) // gives the user what stands for the class
	drop    func()          // leaves it unknown again
}

// mostLooks bounds how many users of a space are looked at for one proof, and mostClasses an axis.
const (
	mostLooks   = 10_000
	mostClasses = 64
)

// always reports whether it is proved that everybody gets a Yes.
func (s *space) always(says func(*groups.User, *groups.View) groups.Verdict) bool {
	looks := 0
	for _, s.user.ID = range s.ids {
		if !s.walk(says, s.axes, &looks) {
			return false
		}
	}
	return len(s.ids) > 0
}

func (s *space) walk(says func(*groups.User, *groups.View) groups.Verdict, axes []axis, looks *int) bool {
	if *looks++; *looks > mostLooks {
		return false
	}
	if v := says(&s.user, &s.view); v != groups.Unknown || len(axes) == 0 {
		return v == groups.Yes
	}
	defer axes[0].drop()
	for class := range axes[0].classes {
		axes[0].take(class)
		if !s.walk(says, axes[1:], looks) {
			return false
		}
	}
	return true
}

// membership is what a condition on a group asks for.
type membership struct {
	group   groups.GroupID
	orBelow bool
}

// MemberOf makes a space the memberships of its user.
func (s *space) MemberOf(_ groups.UserID, g groups.GroupID, orBelow bool) groups.Verdict {
	return s.holds[membership{g, orBelow}]
}

// enroll gives the user the records taken.
func (s *space) enroll() {
	var list []groups.Enrollment
	for _, record := range s.taken {
		if record != nil {
			list = append(list, *record)
		}
	}
	if s.user.Enrollments = groups.Enrolled(list...); len(s.taken) < s.courses {
		s.user.Enrollments = s.user.Enrollments.Partial()
	}
}

// not is Kleene's negation.
func not(v groups.Verdict) groups.Verdict {
	return [...]groups.Verdict{groups.Unknown: groups.Unknown, groups.No: groups.Yes, groups.Yes: groups.No}[v]
}

// or is Kleene's disjunction.
func or(a, b groups.Verdict) groups.Verdict {
	switch {
	case a == groups.Yes || b == groups.Yes:
		return groups.Yes
	case a == groups.No && b == groups.No:
		return groups.No
	}
	return groups.Unknown
}
