package admin

import (
	"context"
	"iter"
	"strconv"

	"github.com/grouprules/groups"
)

// A sight is what one actor sees, made for looking up.
type sight struct {
	all     bool
	groups  map[groups.GroupID]bool
	units   map[groups.Tree]map[string]bool
	courses map[string]bool
	users   map[groups.UserID]bool // of those who were looked up
}

func setOf[T comparable](list []T) map[T]bool {
	set := make(map[T]bool, len(list))
	for _, v := range list {
		set[v] = true
	}
	return set
}

// sight is what the actor sees, users aside.
func (a *Actor) sight() *sight {
	s := &sight{all: a.SeesAll, groups: setOf(a.Sees.Groups), courses: setOf(a.Sees.Courses),
		units: map[groups.Tree]map[string]bool{}, users: map[groups.UserID]bool{}}
	for tree, units := range a.Sees.Units {
		s.units[tree] = setOf(units)
	}
	return s
}

func (s *sight) group(id groups.GroupID) bool { return s.all || s.groups[id] }

// unseen yields the operands of a condition that name something the actor does not see, each as a JSON
// pointer within the condition. What a condition names are groups, units, courses, and users: those of user
// conditions, and of "is" on the field of IDs. Fields, trees and statuses are no resources.
func (s *sight) unseen(c groups.Condition) iter.Seq[string] {
	return func(yield func(string) bool) {
		if s.all {
			return
		}
		switch c := c.(type) {
		case groups.UnitCondition:
			hidden("/units/", c.Units, s.units[c.Tree], yield)
		case groups.GroupCondition:
			hidden("/groups/", c.Groups, s.groups, yield)
		case groups.EnrollmentCondition:
			hidden("/courses/", c.Courses, s.courses, yield)
		case groups.UserCondition:
			hidden("/users/", c.Users, s.users, yield)
		case groups.FieldCondition:
			hidden("/values/", idsAsked(c), s.users, yield)
		}
	}
}

// hidden yields the pointers of the operands that are not among the seen.
func hidden[T comparable](key string, operands []T, seen map[T]bool, yield func(string) bool) {
	for i, v := range operands {
		if !seen[v] && !yield(key+strconv.Itoa(i)) {
			return
		}
	}
}

// sees reports whether the actor sees all that a condition names.
func (s *sight) sees(c groups.Condition) bool {
	for range s.unseen(c) {
		return false
	}
	return true
}

// lookAt returns what the actor sees, with the users that the conditions name.
func (d *Desk) lookAt(ctx context.Context, actor Actor, list []condition) (*sight, error) {
	s := actor.sight()
	if s.all {
		return s, nil
	}
	var ids []groups.UserID
	for _, c := range list {
		switch c := c.says.(type) {
		case groups.UserCondition:
			ids = append(ids, c.Users...)
		case groups.FieldCondition:
			ids = append(ids, idsAsked(c)...)
		}
	}
	err := d.lookUp(ctx, ids, func(id groups.UserID, u *groups.User) { s.users[id] = actor.seen(u) })
	return s, err
}

// idsAsked are the users whom a condition on the field of IDs names.
func idsAsked(c groups.FieldCondition) (ids []groups.UserID) {
	if c.Field == string(groups.ID) && c.Op == groups.ID.Is().Op {
		for _, v := range c.Values {
			ids = append(ids, groups.UserID(v.String()))
		}
	}
	return ids
}
