package groups

import (
	"encoding/json"
	"time"
)

// An Act is one entry of the audit: what a person did, with what was there before and after. Acts are
// written in the same commit as what they did, also while a group is inactive, and cannot be edited.
// Where people are written, who may live elsewhere, the act is written after them.
type Act struct {
	// Do is what was done:
	//
	//	create, edit, delete           a definition; Before and After are the JSON of a [Group], as it
	//	                               was stored
	//	publish, adopt                 likewise, with the membership written at once
	//	approve                        a held [Plan] was written; After is its JSON, without the lists
	//	assign, unassign               about User, also where the other decision, or a change of the
	//	                               group's kind, brings it; Before and After are the JSON
	//	                               of an [Assignment]
	//	exclude, readmit               about User; Before and After are the JSON of an [Exclusion]
	//	forget                         User was erased everywhere, and stands here under an alias
	//	import                         a file of people was applied; After has its figures
	//	override                       one that the feed guard had refused; After has its objections
	//	draft, discard                 a definition was saved without publishing it, or dropped; Before
	//	                               and After are the JSON of a [Group]
	//	deleteUser                     User was taken out of the directory
	Do    string    `json:"do"`
	Group GroupID   `json:"group,omitempty"` // blank: the whole tenant
	User  UserID    `json:"user,omitempty"`  // blank: about nobody in particular
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Why   string    `json:"why,omitempty"` // the reason given, if any
	// Before and After are JSON, blank where there was nothing.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Cursor is the place in the audit; blank until written.
	Cursor string `json:"cursor,omitempty"`
}

const (
	actCreate   = "create"
	actEdit     = "edit"
	actDelete   = "delete"
	actPublish  = "publish"
	actAdopt    = "adopt"
	actApprove  = "approve"
	actAssign   = "assign"
	actUnassign = "unassign"
	actExclude  = "exclude"
	actReadmit  = "readmit"
	actForget   = "forget"
	actImport   = "import"
	actOverride = "override"
)

// recorded is what an act says was there: JSON of a value of this package, nothing of nil.
func recorded[T any](v *T) json.RawMessage {
	if v == nil {
		return nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic("groups: a value of this package has no JSON: " + err.Error())
	}
	return data
}

// definitionAct is what the audit says about an edit, by whom and when the definition has it; after is
// the definition as it is handed to the Store, which counts its revision.
func definitionAct(do string, before, after *Group) Act {
	a := Act{Do: do, Before: recorded(before)}
	if after == nil {
		a.Group = before.ID
		return a
	}
	stored := *after
	stored.Revision++
	a.Group, a.By, a.At, a.After = after.ID, after.SavedBy, after.SavedAt, recorded(&stored)
	return a
}

// decisionActs is what the audit says about decisions on one user in one group: first what they end, then
// what they begin.
func decisionActs(before, after Standing, by, why string, at time.Time) (acts []Act) {
	enter := func(do string, was, is json.RawMessage) {
		acts = append(acts, Act{Do: do, Group: after.Group, User: after.User, By: by, At: at, Why: why, Before: was, After: is})
	}
	assigned := !samePointee(before.Assignment, after.Assignment)
	excluded := !samePointee(before.Exclusion, after.Exclusion)
	if assigned && after.Assignment == nil {
		enter(actUnassign, recorded(before.Assignment), nil)
	}
	if excluded && after.Exclusion == nil {
		enter(actReadmit, recorded(before.Exclusion), nil)
	}
	if assigned && after.Assignment != nil {
		enter(actAssign, recorded(before.Assignment), recorded(after.Assignment))
	}
	if excluded && after.Exclusion != nil {
		enter(actExclude, recorded(before.Exclusion), recorded(after.Exclusion))
	}
	return acts
}
