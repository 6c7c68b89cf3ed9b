package groups

import (
	"maps"
	"slices"
)

// A User is a person as the host knows them now. What the host does not carry is Unknown, which
// moves nobody; what it knows to be absent it says explicitly ([Empty], an empty list of units,
// [ReportsTo] nobody, [Enrolled] in nothing). Users are read, never written, once handed over.
type User struct {
	ID UserID
	// Activation and Expiry are two independent facts.
	Activation Activation
	Expiry     Expiry
	// Fields holds the typed values by field name, those of [Username], [Email] and [Name] among
	// them. A name that is not there is Unknown.
	Fields map[string]Value
	// Units holds, for each tree, the units the user sits in. A tree that is not there is
	// Unknown; an empty list says that the user sits in none.
	Units map[Tree][]string
	// Manager is who the user reports to.
	Manager Manager
	// Enrollments are the user's courses.
	Enrollments Enrollments
}

// The reserved text fields of every [Schema]. [ID] is compared exactly and is the user's ID; the
// others are carried in [User.Fields].
const (
	ID       TextField = "id"
	Username TextField = "username"
	Email    TextField = "email"
	Name     TextField = "name"
)

// Activation says whether a user is switched on. Deactivation is what a group's [Policy] acts on.
type Activation uint8

const (
	// ActivationUnknown: the host could not say. The zero Activation.
	ActivationUnknown Activation = iota
	// Activated: the user may act.
	Activated
	// Deactivated: the user was switched off.
	Deactivated
)

// String returns "unknown", "active" or "deactivated".
func (a Activation) String() string { return name(a, "unknown", "active", "deactivated") }

// Expiry says whether a user's time is up. An expired user keeps the activation they had, and by
// itself expiry changes no membership; conditions may ask for it.
type Expiry uint8

const (
	// ExpiryUnknown: the host could not say. The zero Expiry.
	ExpiryUnknown Expiry = iota
	// Current: the user's time is not up.
	Current
	// Expired: the user's time is up.
	Expired
)

// String returns "unknown", "current" or "expired".
func (e Expiry) String() string { return name(e, "unknown", "current", "expired") }

// Manager is who a user reports to: Unknown (the zero Manager), nobody, or a user.
type Manager struct {
	known bool
	id    UserID
}

// ReportsTo is the manager with that ID; a blank ID says that the user reports to nobody.
func ReportsTo(id UserID) Manager { return Manager{true, id} }

// ID returns who the user reports to, blank for nobody; known is false where the host could not
// say.
func (m Manager) ID() (id UserID, known bool) { return m.id, m.known }

// String returns "unknown", "nobody" or the manager's ID.
func (m Manager) String() string {
	switch {
	case !m.known:
		return "unknown"
	case m.id == "":
		return "nobody"
	}
	return string(m.id)
}

// An Enrollment is a user's latest record in one course.
type Enrollment struct {
	Course string
	// Status is one of the Schema's enrollment statuses; blank is Unknown.
	Status string
	// Completed is when the course was completed, as a day or an instant; Empty is not yet or
	// not dated.
	Completed Value
}

// Completed is the enrollment status of those who finished, in every Schema that lists it.
const Completed = "completed"

// Enrollments are the courses of one user: the known records, and whether they are all there are.
// The zero Enrollments are Unknown: no record is known, and none is ruled out.
type Enrollments struct {
	list     []Enrollment // by course, each once
	complete bool
}

// Enrolled is the whole list of a user's enrollments; with none, the user is enrolled in nothing.
// Where a course occurs twice the later record counts.
func Enrolled(list ...Enrollment) Enrollments {
	latest := make(map[string]Enrollment, len(list))
	for _, e := range list {
		latest[e.Course] = e
	}
	sorted := make([]Enrollment, 0, len(latest))
	for _, course := range slices.Sorted(maps.Keys(latest)) {
		sorted = append(sorted, latest[course])
	}
	return Enrollments{sorted, true}
}

// Partial returns the same records as part of a list whose rest could not be read: a course that
// is not among them is Unknown.
func (e Enrollments) Partial() Enrollments {
	e.complete = false
	return e
}

// List returns the known records by course, and whether they are all. The list is shared and must
// not be written to.
func (e Enrollments) List() (list []Enrollment, complete bool) { return e.list, e.complete }

// in returns the record of one course.
func (e Enrollments) in(course string) (Enrollment, bool) {
	i, ok := slices.BinarySearchFunc(e.list, course, func(e Enrollment, c string) int {
		if e.Course < c {
			return -1
		} else if e.Course > c {
			return 1
		}
		return 0
	})
	if !ok {
		return Enrollment{}, false
	}
	return e.list[i], true
}

// Equal reports whether both say the same.
func (e Enrollments) Equal(f Enrollments) bool {
	return e.complete == f.complete && sameRecords(e.list, f.list)
}

func sameRecords(a, b []Enrollment) bool {
	return slices.EqualFunc(a, b, func(a, b Enrollment) bool {
		return a.Course == b.Course && a.Status == b.Status && a.Completed.Equal(b.Completed)
	})
}

// Equal reports whether two users say the same about the same person.
func (u User) Equal(w User) bool {
	return u.ID == w.ID && u.Activation == w.Activation && u.Expiry == w.Expiry && u.Manager == w.Manager &&
		maps.EqualFunc(u.Fields, w.Fields, Value.Equal) &&
		sameUnits(u.Units, w.Units) &&
		u.Enrollments.Equal(w.Enrollments)
}

// A Unit is an org unit (branch, division, position ...) in a named tree.
type Unit struct {
	Tree Tree
	ID   string
	// Parent is the unit above, or blank at the top.
	Parent string
	Name   string
}
