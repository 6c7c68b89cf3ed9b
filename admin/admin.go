// Package admin is what administrators do with groups: edit and preview them, keep drafts, publish,
// restore and duplicate, put users in and take them out by list, hand groups over, and look at who is
// in them. It is the group pages of an LMS without the pages.
//
// A [Desk] is where the administrators of one tenant act. Whoever acts is an [Actor], an argument of
// each call: the package decides nothing about who may do what, and asks nobody; it enforces what the
// Actor and the tenant's [Policy] say, and writes down who did what. Everything about membership is
// decided by package groups.
//
// It knows no store beyond the interfaces of package groups, no user interface, and no clock but the
// Evaluator's.
package admin

import (
	"github.com/grouprules/groups"
)

// An Actor is who acts, with what the host lets them see. The zero Actor sees no users and no
// resources; [Administrator] sees everything.
type Actor struct {
	// By is who acts, as it is written down.
	By string
	// Scope tells the users that the actor may see and act on: those for whom it says Yes. Nil is
	// nobody, unless SeesAll.
	Scope groups.Scope
	// Sees are the resources that the actor sees in criteria.
	Sees Resources
	// SeesAll: every user and every resource.
	SeesAll bool
	// BypassPreview lets the actor save criteria without the preview that [Policy] requires
	// (Cornerstone's permission "Bypass Required Group Preview").
	BypassPreview bool
}

// Resources are things that criteria refer to.
type Resources struct {
	Groups  []groups.GroupID
	Units   map[groups.Tree][]string
	Courses []string
}

// Administrator is an Actor who sees everything and still has to preview what has to be previewed.
func Administrator(by string) Actor { return Actor{By: by, SeesAll: true} }

// user reports whether the actor may see and act on a user.
func (a *Actor) user(u *groups.User) bool {
	return a.SeesAll || a.Scope != nil && a.Scope(u) == groups.Yes
}

// A Policy is what one tenant demands of its administrators. A nil *Policy is the same as a zero one,
// which demands nothing.
type Policy struct{}

// A Desk is where the administrators of one tenant act. It is safe for concurrent use.
type Desk struct {
	ev     *groups.Evaluator
	dir    groups.Directory
	store  groups.Store
	policy Policy
	// listing holds a token while users are put in or taken out by list: what is read of a group's
	// assignments must still be so when the act is written.
	listing chan struct{}
}

// New returns the desk of the tenant whose people are in dir and whose groups are in store, both
// those of ev.
func New(ev *groups.Evaluator, dir groups.Directory, store groups.Store, p *Policy) *Desk {
	d := &Desk{ev: ev, dir: dir, store: store, listing: make(chan struct{}, 1)}
	if p != nil {
		d.policy = *p
	}
	return d
}
