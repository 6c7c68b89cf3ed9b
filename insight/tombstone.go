package insight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/grouprules/groups"
)

// A Tombstone is what is written in the place of an [Action], so that nobody moves by it: what rules read of what is gone
// is unknown to the people who had it, and findings of the groups say so. What is under it can come back as it was.
//
//	unit     goes from its tree, deleted or on its way to another place; those in it keep it, and units beneath keep it
//	         as their parent
//	option   goes from the schema; those who have it keep it. An only option goes with its field, since a choice without
//	         options takes any
//	course   keeps the records, of which neither the status nor the completion is known; "enrolled" goes on holding
//	field    goes from the schema; those who have a value keep it
//	group    becomes inactive: its own members leave as they do where it is deleted, and nobody moves in others
type Tombstone struct {
	Action Action `json:"action"`
	// People is the change of the people for [groups.People]; it is refused where they have changed meanwhile.
	People groups.PeopleChange `json:"people"`
	// Group is the group for [groups.Evaluator.Save], where the action is about one; else nil.
	Group *groups.Group `json:"group,omitempty"`
}

// String returns what is written instead of what on one line.
func (t *Tombstone) String() string {
	what := "nothing"
	switch {
	case t.Group != nil:
		what = fmt.Sprintf("group %s as %v", t.Group.ID, t.Group.Status)
	case t.People.Schema != nil:
		what = "another schema"
	case len(t.People.Trees) > 0:
		what = fmt.Sprintf("tree %s without unit %s", t.Action.Tree, t.Action.ID)
	case len(t.People.Upsert) > 0:
		what = fmt.Sprintf("%d people with a record of which nothing is known", len(t.People.Upsert))
	}
	return fmt.Sprintf("instead of %v: %s", t.Action, what)
}

// Tombstone works out what to write instead of taking an action; nothing is written. Once the host has done so, the
// groups are to be processed. Of a course in which nobody has a record it writes nothing. It refuses what [Desk.Impact]
// refuses; for a group that is to move there is none, and an error wraps [errors.ErrUnsupported]: who is to keep their
// members meanwhile are the groups that refer to it, frozen.
func (d *Desk) Tombstone(ctx context.Context, a Action) (*Tombstone, error) {
	t := &Tombstone{Action: a}
	if versions, ok := groups.As[groups.Versioned](d.dir); ok {
		var err error
		if t.People.Base, err = versions.Version(ctx); err != nil {
			return nil, fmt.Errorf("%v: read version: %w", a, err)
		}
	}
	p, err := d.place(ctx, a)
	if err != nil {
		return nil, err
	}
	switch {
	case a.Kind == groupKind && a.Do == toMove:
		return nil, fmt.Errorf("%v: leave a tombstone: %w", a, errors.ErrUnsupported)
	case a.Kind == groupKind:
		t.Group = &p.group
		t.Group.Status, t.Group.State = groups.Inactive, groups.State{}
		t.People = groups.PeopleChange{}
	case a.Kind == unitKind:
		rest := []groups.Unit{}
		for u, err := range d.dir.Units(ctx) {
			if err != nil {
				return nil, fmt.Errorf("read units: %w", err)
			}
			if u.Tree == a.Tree && u.ID != a.ID {
				rest = append(rest, u)
			}
		}
		t.People.Trees = map[groups.Tree][]groups.Unit{a.Tree: rest}
	case a.Kind == courseKind:
		if t.People.Upsert, err = d.blurred(ctx, a.ID); err != nil {
			return nil, fmt.Errorf("%v: %w", a, err)
		}
	default:
		t.People.Schema = p.without()
	}
	return t, nil
}

// without is the schema without the field, or the option.
func (p *place) without() *groups.Schema {
	s := *p.schema
	s.Fields = slices.Clone(s.Fields)
	at := slices.IndexFunc(s.Fields, func(f groups.Field) bool { return f.Name == p.Field })
	if p.Kind == fieldKind || len(p.field.Options) == 1 {
		s.Fields = slices.Delete(s.Fields, at, at+1)
		return &s
	}
	f := &s.Fields[at]
	f.Options = slices.DeleteFunc(slices.Clone(f.Options), func(o groups.Option) bool { return o.ID == p.ID })
	return &s
}

// blurred are the users who have a record in a course, each with one of which nothing is known.
func (d *Desk) blurred(ctx context.Context, course string) (users []groups.User, err error) {
	for u, err := range d.dir.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
		records, complete := u.Enrollments.List()
		at := slices.IndexFunc(records, func(e groups.Enrollment) bool { return e.Course == course })
		if at < 0 {
			continue
		}
		records = slices.Clone(records)
		records[at] = groups.Enrollment{Course: course}
		if u.Enrollments = groups.Enrolled(records...); !complete {
			u.Enrollments = u.Enrollments.Partial()
		}
		u.Fields, u.Units = maps.Clone(u.Fields), maps.Clone(u.Units)
		users = append(users, u)
	}
	return users, nil
}
