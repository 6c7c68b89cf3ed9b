package groups

import (
	"fmt"
	"strings"
)

// This file holds what explanations say about data that is not as it is.

// A Counterfactual is what would make the verdict of a rule another: all smallest sets of at most three changes of the
// user's data. Each set was tried before it is offered. A set changes a thing of the user once, to one value, however many
// conditions read it; of the values that turn the same conditions it has one, and none that turns more of them than it has to.
type Counterfactual struct {
	// Verdict is what the rule would say.
	Verdict Verdict `json:"verdict"`
	// Sets are the ways there, any of which is enough; all have as many changes.
	Sets [][]DataChange `json:"sets"`
	// More says that there is a way, and that it takes more than three changes.
	More bool `json:"more,omitempty"`
	// Complete says that it is proved that there are no other ways of that many changes or fewer; without Sets and
	// More, that no change of the user's data leads there. It is not where the values cannot be listed that conditions tell
	// apart, as those that match a regular expression, where there are too many ways, and where a group that the rule refers
	// to follows the user's data by more than its rule, in another zone or with the groups below it, or has them by a decision:
	// what that reads is not searched. A course is one thing, with whether the list of enrollments is complete: that it becomes so
	// counts as a change of a course that is read.
	Complete bool `json:"complete"`
}

// A DataChange is one thing of a user that would have to be another. The ID of a user, and who reports to them, is not data
// that is theirs to change.
type DataChange struct {
	// Of is what is read: "field", "tree", "manager", "course", "activation", "expiry" or "group". Name says which field,
	// tree, course or group.
	Of   string `json:"of"`
	Name string `json:"name,omitempty"`
	// To is an example of what it would have to be: the value as [Value.Texts] has it, the units, the manager, the status of
	// the record and behind it, where that matters, when the course was completed; "active", "deactivated", "current",
	// "expired" or "member". Without any there would have to be none: an empty value, no unit, nobody, no record in a list
	// of enrollments that is complete, no member (also of no group below, where the condition says so): by an exclusion
	// where [Options] have those, and else without an assignment, which is told of only where it is enough.
	To []string `json:"to"`
	// Conditions are the pointers of the conditions that it turns the right way, and of those on groups behind which it turns one.
	Conditions []string `json:"conditions"`
}

// The things of a user that rules read, as [DataChange.Of] has them.
const (
	ofField      = "field"
	ofTree       = "tree"
	ofManager    = "manager"
	ofCourse     = "course"
	ofActivation = "activation"
	ofExpiry     = "expiry"
	ofGroup      = "group"
)

// String returns the change in words, such as "location were berlin".
func (c DataChange) String() string {
	to := strings.Join(c.To, ", ")
	if len(c.To) == 0 {
		to = map[string]string{ofField: "empty", ofTree: "empty", ofManager: "nobody", ofCourse: "not enrolled", ofGroup: "left"}[c.Of]
	}
	switch c.Of {
	case ofManager, ofActivation, ofExpiry:
		return c.Of + " were " + to
	case ofGroup:
		if len(c.To) > 0 {
			to = "joined"
		}
		return "group " + c.Name + " were " + to
	}
	return strings.ReplaceAll(c.Name, "_", " ") + " were " + to
}

// String returns the ways in words, a line each.
func (c Counterfactual) String() string {
	var lines []string
	for i, set := range c.Sets {
		all := make([]string, len(set))
		for j, change := range set {
			all[j] = change.String()
		}
		lead := "or if "
		if i == 0 {
			lead = fmt.Sprintf("it would be %v if ", c.Verdict)
		}
		lines = append(lines, lead+strings.Join(all, " and "))
	}
	switch {
	case c.More:
		lines = append(lines, fmt.Sprintf("it would be %v after more than %d changes of data", c.Verdict, mostChanges))
	case len(c.Sets) == 0 && c.Complete:
		lines = append(lines, fmt.Sprintf("no change of data makes it %v", c.Verdict))
	case len(c.Sets) == 0:
		lines = append(lines, fmt.Sprintf("no change of data was found that makes it %v", c.Verdict))
	}
	return strings.Join(lines, "\n")
}
