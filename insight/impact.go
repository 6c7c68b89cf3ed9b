package insight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// ErrConcerned is wrapped by the error of [Impact.Err].
var ErrConcerned = errors.New("groups are concerned")

// An Impact is what taking an [Action] would do.
type Impact struct {
	Action Action `json:"action"`
	// People is how many have what is to go or move: who sit in the unit or beneath it, have the option, a record in the
	// course or a value in the field, or are members of the group.
	People int `json:"people"`
	// Groups are those concerned, ascending.
	Groups []Concern `json:"groups"`
	// Degraded are the groups some of whose conditions would be unknown to some people with a [Tombstone], ascending.
	Degraded []groups.GroupID `json:"degraded"`
}

// A Concern is a group that has to do with what an [Action] is about, or in which somebody would move.
type Concern struct {
	groups.Consequence
	Reads []Reading `json:"reads"`
}

// Err is for who blocks what groups depend on: where any is concerned, an error that wraps [ErrConcerned] and names them
// all, each with its pointers; else nil.
func (m *Impact) Err() error {
	if len(m.Groups) == 0 {
		return nil
	}
	said := make([]string, len(m.Groups))
	for i, c := range m.Groups {
		said[i] = string(c.Group)
		for _, r := range c.Reads {
			said[i] += " " + cmp.Or(r.Pointer, r.How)
		}
	}
	return fmt.Errorf("%v: %w: %s", m.Action, ErrConcerned, strings.Join(said, ", "))
}

// String returns the impact, a line for each group.
func (m *Impact) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %d people", m.Action, m.People)
	for i := range m.Groups {
		fmt.Fprintf(&b, "\n%v", m.Groups[i])
	}
	return b.String()
}

// String returns what becomes of the group on one line.
func (c Concern) String() string {
	var said []string
	for _, of := range []struct {
		what string
		groups.Moves
	}{{"join", c.Joined}, {"leave", c.Left}, {"switch", c.Switched}, {"become undecided", c.Undecided}, {"move without effect", c.Withheld}} {
		if of.Count > 0 {
			said = append(said, fmt.Sprintf("%d %s", of.Count, of.what))
		}
	}
	if len(said) == 0 {
		said = []string{"nobody moves"}
	}
	out := fmt.Sprintf("group %s: %s", c.Group, strings.Join(said, ", "))
	for _, r := range c.Reads {
		out += fmt.Sprintf("; %v", r)
	}
	return out
}

// Impact says what taking an action would do, with the first n by their IDs of those who would move: compared with what
// processing the groups now would write, whatever their schedule says, the guard, and what it holds. The members of a group
// that goes are those last written, and so are those of groups that have nothing to do with the action. Nothing is written.
// Where the action deletes a group that others name it says whom that concerns, although the deletion is refused
// ([groups.ErrReferred]); moving a group into a ring is a [*groups.CycleError]. What does not exist is an error that wraps
// [groups.ErrNotFound], but for a course, of which nobody keeps a list: one in which nobody has a record concerns nobody
// but the groups that name it. What cannot be done is an error that wraps [ErrAction]; an error of a source leaves no
// answer at all.
func (d *Desk) Impact(ctx context.Context, a Action, n int) (*Impact, error) {
	p, err := d.place(ctx, a)
	if err != nil {
		return nil, err
	}
	found, err := d.supposed(ctx, p, n)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", a, err)
	}
	m := &Impact{Action: a, People: found.People, Groups: []Concern{}, Degraded: make([]groups.GroupID, 0, len(found.Asking))}
	concerns := map[groups.GroupID]*Concern{}
	of := func(id groups.GroupID, name string) *Concern {
		if concerns[id] == nil {
			concerns[id] = &Concern{Consequence: groups.Consequence{Group: id, Name: name}}
		}
		return concerns[id]
	}
	for _, c := range found.Consequences {
		concerns[c.Group] = &Concern{Consequence: c}
	}
	for _, g := range p.beneath() {
		of(g.ID, g.Name).Reads = []Reading{{How: isParent, Text: "its parent is " + p.ID}}
	}
	for _, a := range found.Asking {
		reads, degraded := p.readings(a.Conditions, m.People)
		if c := concerns[a.Group]; c != nil && len(c.Reads)+len(reads) == 0 && !p.is(a.Group) {
			reads = p.reasons(a.Conditions)
		}
		if len(reads) > 0 {
			c := of(a.Group, a.Name)
			c.Reads = append(c.Reads, reads...)
		}
		if degraded {
			m.Degraded = append(m.Degraded, a.Group)
		}
	}
	m.Groups = slices.Grow(m.Groups, len(concerns))
	for _, id := range slices.Sorted(maps.Keys(concerns)) {
		m.Groups = append(m.Groups, concerns[id].listed())
	}
	return m, nil
}

// listed is the concern with lists that are never nil.
func (c Concern) listed() Concern {
	for _, m := range []*groups.Moves{&c.Joined, &c.Left, &c.Switched, &c.Undecided, &c.Withheld} {
		if m.First == nil {
			m.First = []groups.UserID{}
		}
	}
	if c.Reads == nil {
		c.Reads = []Reading{}
	}
	return c
}

// people counts who has a value in the field.
func (d *Desk) people(ctx context.Context, p *place) (int, error) {
	if p.field.NotForCriteria {
		return 0, nil // the rules know no such people
	}
	has := groups.FieldCondition{Field: p.Field, Test: groups.Test{Op: opIsEmpty, Negated: true}}
	t, err := d.ev.Count(ctx, byItself(groups.AllSets(groups.All(has))))
	return t.Population, err
}

// supposed is what would come of the action, with all conditions that may have to do with it, and how many people have it.
func (d *Desk) supposed(ctx context.Context, p *place, n int) (s *groups.Supposed, err error) {
	switch {
	case p.Kind == fieldKind, // nobody moves by a rule that does not fit the schema
		p.Kind == groupKind && p.group.Parent == groups.GroupID(p.To): // others find it where it was
		s = new(groups.Supposed)
	default:
		if s, err = d.ev.Suppose(ctx, p.supposition(), n); err != nil {
			return nil, err
		}
	}
	if p.all != nil {
		s.Asking = p.asking()
	}
	switch {
	case p.Kind == fieldKind:
		s.People, err = d.people(ctx, p)
		return s, err
	case p.Kind != groupKind:
		return s, nil
	case p.Do != toDelete:
		s.People = p.group.State.Members
		return s, nil
	}
	left := groups.Moves{} // all members
	for m, err := range d.ev.Members(ctx, p.group.ID) {
		if err != nil {
			return nil, err
		}
		if left.Count++; len(left.First) < n {
			left.First = append(left.First, m.User)
		}
	}
	s.People = left.Count
	s.Consequences = slices.DeleteFunc(s.Consequences, func(c groups.Consequence) bool { return p.is(c.Group) })
	s.Consequences = append(s.Consequences, groups.Consequence{Group: p.group.ID, Name: p.group.Name, Left: left})
	return s, nil
}
