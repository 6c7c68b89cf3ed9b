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
	"context"
	"time"

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
type Policy struct {
	// Organizational are the groups of which every user has to be in at least one (SkillPort); none
	// demands nothing. [Desk.Orphans] reports who is in none of them.
	Organizational []groups.GroupID
	// Protected are the users who cannot be deleted: the original administrators (SkillPort).
	Protected []groups.UserID
	// HasHistory tells whether a user has training history, which keeps them from being deleted; nil
	// says that nobody has.
	HasHistory func(ctx context.Context, user groups.UserID) (bool, error)
	// RequireDescription demands a description of every group (Cornerstone).
	RequireDescription bool
	// RequirePreview demands that an edit of criteria was previewed before it is saved (Cornerstone).
	RequirePreview bool
	// ForbidDeletion keeps groups from being deleted; they can be inactivated (Cornerstone).
	ForbidDeletion bool
	// DraftLife is how long a draft is kept after it was last saved; 0 is 90 days (Cornerstone).
	DraftLife time.Duration
}

// A Desk is where the administrators of one tenant act. It is safe for concurrent use.
type Desk struct {
	ev     *groups.Evaluator
	dir    groups.Directory
	store  groups.Store
	policy Policy
	// writing holds a token while an act is worked out and written: of two acts that take a user out of
	// two organizational groups, the second must see the first.
	writing chan struct{}
}

// New returns the desk of the tenant whose people are in dir and whose groups are in store, both
// those of ev.
func New(ev *groups.Evaluator, dir groups.Directory, store groups.Store, p *Policy) *Desk {
	d := &Desk{ev: ev, dir: dir, store: store, writing: make(chan struct{}, 1)}
	if p != nil {
		d.policy = *p
	}
	return d
}

// alone waits until no other act is written, and returns what lets the next one begin.
func (d *Desk) alone(ctx context.Context) (done func(), err error) {
	select {
	case d.writing <- struct{}{}:
		return func() { <-d.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
