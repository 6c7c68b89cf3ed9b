package insight

import (
	"errors"
	"fmt"
	"slices"

	"github.com/grouprules/groups"
)

// ErrAction is wrapped by the error for an [Action] that cannot be taken whatever groups there are, such as moving a unit
// beneath itself.
var ErrAction = errors.New("not an action that can be taken")

// An Action is what somebody is about to do to a unit, an option, a course, a field or a group: to delete it or, for a
// unit or a group, to move it. It is made by [DeleteUnit] and the functions like it.
type Action struct {
	// Do is "delete" or "move", and Kind what it is done to: "unit", "option", "course", "field" or "group".
	Do   string `json:"do"`
	Kind string `json:"kind"`
	// Tree is that of a unit, Field that of an option, or the field itself, and ID the unit, option, course or group.
	Tree  groups.Tree `json:"tree,omitempty"`
	Field string      `json:"field,omitempty"`
	ID    string      `json:"id,omitempty"`
	// To is what will be above what moves, blank at the top, or who takes over what is deleted ([Action.Into]).
	To string `json:"to,omitempty"`
}

const (
	toDelete = "delete"
	toMove   = "move"

	unitKind   = "unit"
	optionKind = "option"
	courseKind = "course"
	fieldKind  = "field"
	groupKind  = "group"
)

// DeleteUnit deletes a unit with all units beneath it. Those who sit in one of them sit in it no more, and where they sit
// in no other they are known to sit in none; [Action.Into] has them and the units beneath go elsewhere.
func DeleteUnit(tree groups.Tree, id string) Action {
	return Action{Do: toDelete, Kind: unitKind, Tree: tree, ID: id}
}

// MoveUnit puts a unit beneath another, or with a blank parent at the top, with everything beneath it.
func MoveUnit(tree groups.Tree, id, parent string) Action {
	return Action{Do: toMove, Kind: unitKind, Tree: tree, ID: id, To: parent}
}

// DeleteOption deletes one of the options of a choice. Those who have it have it no more, and where they have no other
// they are known to have none; [Action.Into] has them have another one.
func DeleteOption(field, id string) Action {
	return Action{Do: toDelete, Kind: optionKind, Field: field, ID: id}
}

// DeleteCourse deletes a course with all records in it: those who had one are enrolled in it no more.
func DeleteCourse(id string) Action { return Action{Do: toDelete, Kind: courseKind, ID: id} }

// DeleteField deletes a field from the schema. Rules that read it do not fit the schema any more, so that nobody moves by
// them.
func DeleteField(name string) Action { return Action{Do: toDelete, Kind: fieldKind, Field: name} }

// DeleteGroup deletes a group, whose members all leave.
func DeleteGroup(id groups.GroupID) Action {
	return Action{Do: toDelete, Kind: groupKind, ID: string(id)}
}

// MoveGroup gives a group another parent, or with a blank one none.
func MoveGroup(id, parent groups.GroupID) Action {
	return Action{Do: toMove, Kind: groupKind, ID: string(id), To: string(parent)}
}

// Into is the deletion of a unit or an option of which another one takes over the people and, of a unit, the units
// directly beneath.
func (a Action) Into(id string) Action {
	a.To = id
	return a
}

// String returns the action as people say it.
func (a Action) String() string {
	what := fmt.Sprintf("%s %s %s", a.Do, a.Kind, a.ID)
	switch a.Kind {
	case unitKind:
		what += fmt.Sprintf(" of tree %s", a.Tree)
	case optionKind:
		what += fmt.Sprintf(" of field %s", a.Field)
	case fieldKind:
		what = fmt.Sprintf("%s field %s", a.Do, a.Field)
	}
	switch {
	case a.Do == toMove && a.To == "":
		return what + " to the top"
	case a.Do == toMove:
		return what + " beneath " + a.To
	case a.To != "":
		return what + " into " + a.To
	}
	return what
}

// refuse is an error that wraps [ErrAction].
func (a Action) refuse(why string) error { return fmt.Errorf("%v: %w: %s", a, ErrAction, why) }

// missing is the error for something that does not exist.
func (a Action) missing(what, id string) error {
	return fmt.Errorf("%v: %s %q: %w", a, what, id, groups.ErrNotFound)
}

// check refuses what is no action at all.
func (a Action) check() error {
	known := a.Do == toDelete && slices.Contains([]string{unitKind, optionKind, courseKind, fieldKind, groupKind}, a.Kind) ||
		a.Do == toMove && (a.Kind == unitKind || a.Kind == groupKind)
	switch {
	case !known:
		return a.refuse("unknown")
	case a.Do == toDelete && a.To != "" && a.Kind != unitKind && a.Kind != optionKind:
		return a.refuse("nothing takes over from a " + a.Kind)
	case a.To != "" && a.To == a.ID:
		return a.refuse("it cannot go to itself")
	}
	return nil
}
