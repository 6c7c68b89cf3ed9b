package groups

import (
	"slices"
	"time"
)

// A ChangeKind says what happened to a membership.
type ChangeKind uint8

const (
	// Joined: a user became a member. The zero ChangeKind.
	Joined ChangeKind = iota
	// Left: a user is no longer a member.
	Left
	// Switched: a member is in by another method; the host has nothing to do.
	Switched
)

// String returns "joined", "left" or "switched".
func (k ChangeKind) String() string { return name(k, "joined", "left", "switched") }

// MarshalText writes the kind as [ChangeKind.String] does.
func (k ChangeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// A Cause says why a membership changed.
type Cause string

// The causes of changes.
const (
	CauseRule         Cause = "rule"         // the rule's verdict
	CauseAssignment   Cause = "assignment"   // a person put the user in
	CauseUnassignment Cause = "unassignment" // the assignment was taken away, or its time was up
	CauseExclusion    Cause = "exclusion"    // a person keeps the user out
	CauseDeactivation Cause = "deactivation" // the user was deactivated
	CauseAbsence      Cause = "absence"      // the user is not in the directory any more
	CauseActivation   Cause = "activation"   // the group was activated
	CauseInactivation Cause = "inactivation" // the group was inactivated
	CauseDeletion     Cause = "deletion"     // the group was deleted
	CauseForgotten    Cause = "forgotten"    // a person had the user erased
)

// A Change is one effective join, leave or switch, as the host's side effects see it.
type Change struct {
	Group  GroupID    `json:"group"`
	User   UserID     `json:"user"`
	Kind   ChangeKind `json:"kind"`
	Before Method     `json:"before"`
	After  Method     `json:"after"`
	Cause  Cause      `json:"cause"`
	At     time.Time  `json:"at"` // the clock of the run
	// By is the person whose act it was; blank for what a run found.
	By string `json:"by,omitempty"`
	// Cursor is the place in the change feed; blank until written.
	Cursor string `json:"cursor,omitempty"`
}

// An Undecided user is one for whom what is known does not decide; they stay as they are.
type Undecided struct {
	User UserID `json:"user"`
	// Stays is how the user is in the population meanwhile.
	Stays Method `json:"stays"`
}

// A Diff is what a run would write, or has written, to the membership of one group, each list
// sorted by user.
type Diff struct {
	Group    GroupID  `json:"group"`
	Joined   []Change `json:"joined"`
	Left     []Change `json:"left"`
	Switched []Change `json:"switched"`
	// Undecided are those of the users looked at for whom what is known does not decide.
	Undecided []Undecided `json:"undecided"`
	// Withheld are the moves in the population of an inactive group: stored, but without effect.
	Withheld []Change `json:"withheld"`
	// Population and Members are how many of the users looked at are in after the run.
	Population int `json:"population"`
	Members    int `json:"members"`
}

// Empty reports whether the membership does not change.
func (d *Diff) Empty() bool { return len(d.Joined)+len(d.Left)+len(d.Switched) == 0 }

// A Run is the result of one evaluation: one clock, all groups or those asked for.
type Run struct {
	// Now is the clock of the run.
	Now time.Time `json:"now"`
	// Diffs has one entry for each group evaluated, sorted by group.
	Diffs []Diff `json:"diffs"`
	// Findings is what is wrong with the data, sorted; it stopped nothing.
	Findings []Finding `json:"findings"`
	// Next is the earliest instant at which time alone can change one of the groups; zero is never.
	Next time.Time `json:"next"`
}

// Diff returns the entry for one group.
func (r *Run) Diff(id GroupID) (Diff, bool) {
	for _, d := range r.Diffs {
		if d.Group == id {
			return d, true
		}
	}
	return Diff{}, false
}

// Empty reports whether no membership changes.
func (r *Run) Empty() bool {
	for i := range r.Diffs {
		if !r.Diffs[i].Empty() {
			return false
		}
	}
	return true
}

// Changes returns all changes of the run, by group and then by user.
func (r *Run) Changes() []Change {
	var all []Change
	for i := range r.Diffs {
		all = append(all, r.Diffs[i].changes()...)
	}
	return all
}

// change describes a user's move from one method to another.
func (r *run) change(s *subject, stored, next Standing, before, after Method, by Reason) Change {
	c := Change{Group: s.ID, User: next.User, Kind: Switched, Before: before, After: after, Cause: s.cause(stored, next, by), At: r.now}
	switch {
	case before == Outside:
		c.Kind = Joined
	case after == Outside:
		c.Kind = Left
	}
	if r.act != nil && r.act.group == s.ID {
		c.By = r.act.by
	}
	return c
}

// cause says why a user moved, from the line of the table that decided and what was stored before.
func (s *subject) cause(before, after Standing, by Reason) Cause {
	if s.Status != Active && before.Member != Outside {
		return CauseInactivation
	}
	if s.Status == Active && !s.State.Live && before.Population == after.Population {
		return CauseActivation
	}
	switch by {
	case ByAbsence:
		return CauseAbsence
	case ByDeactivation:
		return CauseDeactivation
	case ByAssignment:
		return CauseAssignment
	case ByExclusion:
		return CauseExclusion
	}
	if before.Population == Manual {
		return CauseUnassignment
	}
	return CauseRule
}

// add files a change under its kind.
func (d *Diff) add(c Change) {
	switch c.Kind {
	case Joined:
		d.Joined = append(d.Joined, c)
	case Left:
		d.Left = append(d.Left, c)
	case Switched:
		d.Switched = append(d.Switched, c)
	}
}

// changes returns all three kinds by user.
func (d *Diff) changes() []Change {
	all := slices.Concat(d.Joined, d.Left, d.Switched)
	slices.SortFunc(all, func(a, b Change) int {
		if a.User < b.User {
			return -1
		}
		return 1 // a user changes once
	})
	return all
}
