package groups

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// A ChangeKind says what happened to a membership.
type ChangeKind uint8

const (
	// Joined: a user became a member. The zero ChangeKind.
	Joined ChangeKind = iota
	// Left: a user is no longer a member.
	Left
	// Switched: a member is in by another method, or was adopted; the host has nothing to do.
	Switched
)

// String returns "joined", "left" or "switched".
func (k ChangeKind) String() string { return name(k, "joined", "left", "switched") }

// MarshalText writes the kind as [ChangeKind.String] does.
func (k ChangeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what [ChangeKind.MarshalText] wrote.
func (k *ChangeKind) UnmarshalText(text []byte) error { return unname(k, text, Switched) }

// A Cause says why a membership changed:
//
//	rule          the rule's verdict
//	assignment    a person put the user in
//	unassignment  the assignment was taken away, or its time was up, and the rule has not let go meanwhile
//	exclusion     a person keeps the user out
//	deactivation  the user was deactivated
//	absence       the user is not in the directory any more
//	activation    the group was activated
//	adoption      the group was activated with members whom the host has already; a switch
//	inactivation  the group was inactivated
//	deletion      the group was deleted
//	forgotten     a person had the user erased
type Cause string

const (
	causeRule         Cause = "rule"
	causeAssignment   Cause = "assignment"
	causeUnassignment Cause = "unassignment"
	causeExclusion    Cause = "exclusion"
	causeDeactivation Cause = "deactivation"
	causeAbsence      Cause = "absence"
	causeActivation   Cause = "activation"
	causeAdoption     Cause = "adoption"
	causeInactivation Cause = "inactivation"
	causeDeletion     Cause = "deletion"
	causeForgotten    Cause = "forgotten"
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
	// ID names the change in its Store for ever, also where it took several attempts to write it: a host
	// that has acted on it once need not again. Blank until written.
	ID string `json:"id,omitempty"`
	// By is the person who decided about this user in this group; blank for what a run found.
	By string `json:"by,omitempty"`
	// Cursor is the place in the change feed; blank until written.
	Cursor string `json:"cursor,omitempty"`
}

// A Diff is what a run would write, or has written, to the membership of one group, each list
// sorted by user.
type Diff struct {
	Group    GroupID  `json:"group"`
	Joined   []Change `json:"joined"`
	Left     []Change `json:"left"`
	Switched []Change `json:"switched"`
	// Undecided are those of the users concerned for whom what is known does not decide, with how
	// they are in the population meanwhile: as they were. Concerned is everybody where the group is evaluated
	// for everybody, and else who is named, and whoever changes besides.
	Undecided []Member `json:"undecided"`
	// Withheld are the moves in the population of an inactive group: stored, but without effect.
	Withheld []Change `json:"withheld"`
	// Population and Members are how many of the users concerned are in after the run.
	Population int `json:"population"`
	Members    int `json:"members"`
}

// Empty reports whether the membership does not change.
func (d *Diff) Empty() bool { return len(d.Joined)+len(d.Left)+len(d.Switched) == 0 }

// growth is by how many members, and automatic ones, the membership grows.
func (d *Diff) growth() (members, automatic int) {
	for _, list := range [][]Change{d.Joined, d.Left, d.Switched} {
		for i := range list {
			switch c := &list[i]; {
			case c.Before == Outside:
				members++
			case c.After == Outside:
				members--
			}
			switch Automatic {
			case list[i].Before:
				automatic--
			case list[i].After:
				automatic++
			}
		}
	}
	return members, automatic
}

// change describes a user's move from one method to another.
func (r *run) change(s *subject, stored, next Standing, before, after Method, by Reason, meant bool) Change {
	c := Change{Group: s.ID, User: next.User, Kind: changeKind(before, after), Before: before, After: after, Cause: s.cause(stored, next, by), At: r.now}
	switch e := r.edition; {
	case meant:
		c.By = r.act.by
	case e != nil && e.group == s.ID && e.adopts && c.Kind == Joined:
		c.Kind, c.Cause, c.By = Switched, causeAdoption, e.by
	}
	return c
}

// changeKind is what to go from one method to another is called.
func changeKind(before, after Method) ChangeKind {
	switch Outside {
	case before:
		return Joined
	case after:
		return Left
	}
	return Switched
}

// identify gives the changes their IDs, for a write to a group in that state.
func (d *Diff) identify(was State) {
	for _, list := range [][]Change{d.Joined, d.Left, d.Switched} {
		for i := range list {
			list[i].ID = changeID(&list[i], was)
		}
	}
}

// changeID is the ID of a change: other for another user, group or write, also of a group that was
// deleted and created again, and the same where the same write is tried once more.
func changeID(c *Change, was State) string {
	text := make([]byte, 0, 128)
	for _, part := range []string{string(c.Group), was.Epoch, string(c.User)} {
		text = append(strconv.AppendQuote(text, part), ' ')
	}
	sum := sha256.Sum256(strconv.AppendUint(text, was.Sequence, 10))
	return hex.EncodeToString(sum[:16])
}

// cause says why a user moved, from the line of the table that decided and what was stored before.
func (s *subject) cause(before, after Standing, by Reason) Cause {
	if !s.effective() && before.Member != Outside {
		return causeInactivation
	}
	if s.effective() && !s.State.Live && before.Population == after.Population {
		return causeActivation
	}
	switch by {
	case byAbsence:
		return causeAbsence
	case byDeactivation:
		return causeDeactivation
	case byAssignment:
		return causeAssignment
	case byExclusion:
		return causeExclusion
	}
	letGo := s.Kind == AutomaticGroup && before.Automatic && !after.Automatic
	if before.Population == Manual && !letGo {
		return causeUnassignment
	}
	return causeRule // also where an assignment ends together with it, so that the guard counts the leave
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
