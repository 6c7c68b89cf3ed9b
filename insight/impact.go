package insight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	Name  string    `json:"name"`
	Reads []Reading `json:"reads"`
}

// moving reports whether anybody moves, or becomes undecided.
func (c *Concern) moving() bool {
	return c.Joined.Count+c.Left.Count+c.Switched.Count+c.Undecided.Count+c.Withheld.Count > 0
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
	m := &Impact{Action: a, Groups: []Concern{}, Degraded: []groups.GroupID{}}
	if m.People, err = d.people(ctx, p); err != nil {
		return nil, fmt.Errorf("%v: %w", a, err)
	}
	moving, concerned, err := d.moving(ctx, p, n)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", a, err)
	}
	if a.Kind == groupKind && a.Do == toDelete {
		m.People = moving[p.group.ID].Left.Count
	}
	for i := range concerned {
		g := &concerned[i]
		reads, degraded := p.readings(g, m.People)
		if degraded {
			m.Degraded = append(m.Degraded, g.ID)
		}
		c := Concern{moving[g.ID], g.Name, reads}
		if len(c.Reads) == 0 && !c.moving() {
			continue
		}
		if len(c.Reads) == 0 && string(g.ID) != a.ID {
			c.Reads = p.reasons(g)
		}
		c.Group = g.ID
		m.Groups = append(m.Groups, c.listed())
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

// people counts who has it.
func (d *Desk) people(ctx context.Context, p *place) (int, error) {
	if p.Kind == groupKind {
		return p.group.State.Members, nil
	}
	who := p.who()
	if who == nil {
		return 0, nil
	}
	t, err := d.ev.Count(ctx, byItself(groups.AllSets(groups.All(who))))
	return t.Population, err
}

// moving are the groups in which somebody moves, with the first n of them. Concerned are all that may have to do with the
// action.
func (d *Desk) moving(ctx context.Context, p *place, n int) (moving map[groups.GroupID]groups.Consequence, concerned []groups.Group, err error) {
	moving, concerned = map[groups.GroupID]groups.Consequence{}, p.all
	switch {
	case p.Kind == fieldKind: // nobody moves by a rule that does not fit the schema
	case p.Kind == groupKind && p.group.Parent == groups.GroupID(p.To): // others find it where it was
	default:
		list, readers, err := d.ev.Suppose(ctx, p.supposition(), n)
		if err != nil {
			return nil, nil, err
		}
		if p.Kind != groupKind {
			concerned = readers
		}
		for _, c := range list {
			moving[c.Group] = c
		}
	}
	if p.Kind != groupKind || p.Do != toDelete {
		return moving, concerned, nil
	}
	var left groups.Moves // all members
	for m, err := range d.ev.Members(ctx, p.group.ID) {
		if err != nil {
			return nil, nil, err
		}
		if left.Count++; len(left.First) < n {
			left.First = append(left.First, m.User)
		}
	}
	moving[p.group.ID] = groups.Consequence{Left: left}
	return moving, concerned, nil
}
