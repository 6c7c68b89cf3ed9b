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
	//	create, edit, delete           a definition; Before and After are the JSON of a [Group]
	//	publish, adopt                 likewise, with the membership written at once
	//	approve                        a held [Plan] was written; After is its JSON, without the lists
	//	assign, unassign               about User; Before and After are the JSON of an [Assignment]
	//	exclude, readmit               about User; Before and After are the JSON of an [Exclusion]; where one
	//	                               replaces an assignment, or the reverse, an act says what ends
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

// definitionAct is what the audit says about an edit, by whom and when the definition has it.
func definitionAct(do string, before, after *Group) Act {
	a := Act{Do: do, Before: recorded(before), After: recorded(after)}
	if after != nil {
		a.Group, a.By, a.At = after.ID, after.SavedBy, after.SavedAt
	} else {
		a.Group = before.ID
	}
	return a
}
