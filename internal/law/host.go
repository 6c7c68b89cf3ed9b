package law

import (
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// A Host is one whole tenant with its engine and its stores: what an LMS has when it has imported the library. The
// real ones are made of an evaluator over stores ([Plain]); [Model] is the page itself with a memory.
type Host interface {
	// Load starts afresh from a tenant, with what it has stored.
	Load(t oracle.Tenant) error

	// People replaces all users and units; touched says what is different.
	People(users []groups.User, units []groups.Unit, touched Touched) error
	// Save saves the definition of a group.
	Save(g groups.Group) error
	// Delete deletes a group, or is refused because another refers to it.
	Delete(g groups.GroupID) (refused bool, err error)
	// Clock sets the time.
	Clock(now time.Time)

	// Preview works out what Process would do to all groups.
	Preview() (Report, error)
	// Process brings the groups, or all of them, up to date.
	Process(ids ...groups.GroupID) (Report, error)
	// Changed brings up to date what is touched.
	Changed(touched Touched) (Report, error)

	// The acts of people. TakeOut reports whether it was refused because of the rule.
	Assign(g groups.GroupID, u groups.UserID, until time.Time) error
	Unassign(g groups.GroupID, u groups.UserID) error
	Exclude(g groups.GroupID, u groups.UserID) error
	Readmit(g groups.GroupID, u groups.UserID) error
	TakeOut(g groups.GroupID, u groups.UserID) (refused bool, err error)
	Forget(u groups.UserID) error

	// Stored is everything that is stored about users in groups.
	Stored() (oracle.Stored, error)
	// Definitions is the groups without what runs keep in them.
	Definitions() ([]groups.Group, error)
	// Members is the memberships as the host reads them, not by way of what is stored.
	Members() (map[groups.GroupID]map[groups.UserID]groups.Method, error)
	// Feed is all changes so far.
	Feed() ([]groups.Change, error)
}

// Touched says what is different since the last run.
type Touched = groups.Touched

// Report is what a run tells, as far as the page fixes it.
type Report struct {
	// Moves are the joins, leaves and switches.
	Moves map[Move]bool
	// Undecided are those for whom what is known does not decide; only of runs over all groups.
	Undecided map[Place]bool
	// Next is when time alone can change something again; zero is never.
	Next time.Time
}

// Place is a user in a group.
type Place struct {
	Group groups.GroupID
	User  groups.UserID
}

// Move is one change of a membership.
type Move struct {
	Place
	Before, After groups.Method
}
