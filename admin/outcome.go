package admin

import (
	"fmt"

	"github.com/grouprules/groups"
)

// An OutcomeCode says what became of one user, or of one attempt to name one.
type OutcomeCode string

const (
	// Found: the user is there. Only [Desk.Find] leaves it at that.
	Found OutcomeCode = "found"
	// Done: the act was written.
	Done OutcomeCode = "done"
	// Already: there was nothing to do.
	Already OutcomeCode = "already"
	// NotIn: the user is not in the group, so that there is nothing to switch or to take away.
	NotIn OutcomeCode = "notIn"
	// Refused: the act would contradict the group's rule or an earlier decision. Outcome.Err says which.
	Refused OutcomeCode = "refused"
	// NoSuchUser: nobody whom the actor sees is named so.
	NoSuchUser OutcomeCode = "noSuchUser"
	// Ambiguous: several users are named so, and nothing was done to any of them.
	Ambiguous OutcomeCode = "ambiguous"
	// Repeated: the user was named before, and what became of them is said there.
	Repeated OutcomeCode = "repeated"
	// Blank: nobody is named.
	Blank OutcomeCode = "blank"
)

// An Outcome is what became of one user, or of one attempt to name one.
type Outcome struct {
	// Line is the line of the file, where there is one.
	Line int `json:"line,omitempty"`
	// Named is the identifier as it was given, or of a group or unit the user's ID.
	Named string `json:"named"`
	// User is who is named, where that is one user.
	User groups.UserID `json:"user,omitempty"`
	Code OutcomeCode   `json:"code"`
	// Text says in English why nothing was done.
	Text string `json:"text,omitempty"`
	// Among are the users, the first ten by ID, of an ambiguous name. All of them are users whom the
	// actor sees.
	Among []groups.UserID `json:"among,omitempty"`
	// Method is how the user is in the group's population after the act: of an inactive group, how
	// they would be in. Of whoever was not looked at it is Outside.
	Method groups.Method `json:"method"`
	// Change is the join, leave or switch that the act brought to a user for whom it is Done, nil
	// where there was none: nobody joins or leaves a group while it is inactive.
	Change *groups.Change `json:"change,omitempty"`
	// Err is why the user was refused: a [*groups.EligibleError] with the conditions that hold the
	// user in, or a [*groups.DecisionError].
	Err error `json:"-"`
}

// String returns the outcome on one line, such as `"bob": done, manual`.
func (o Outcome) String() string {
	s := fmt.Sprintf("%.64q: %s", o.Named, o.Code)
	switch {
	case o.Text != "":
		s += ": " + o.Text
	case o.Code == Done || o.Code == Already:
		s += ", " + o.Method.String()
	}
	return s
}

// A Report is what became of all the users of an act.
type Report struct {
	// Outcomes has one entry for each identifier, in their order; of a group or unit, one for each of
	// its users whom the actor sees, by ID.
	Outcomes []Outcome `json:"outcomes"`
	// Unclear is how many users might sit in the unit, of whom nobody can say so: they were left alone.
	Unclear int `json:"unclear,omitempty"`
	// Run is what was written, with all other groups that followed; nil where nothing had to be.
	Run *groups.Run `json:"run,omitempty"`
}

// Count returns how many outcomes have the code.
func (r *Report) Count(code OutcomeCode) int {
	n := 0
	for i := range r.Outcomes {
		if r.Outcomes[i].Code == code {
			n++
		}
	}
	return n
}
