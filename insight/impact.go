package insight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	Group groups.GroupID `json:"group"`
	Name  string         `json:"name"`
	Reads []Reading      `json:"reads"`
	// What would become of the membership, and whom the rule would not know about any more.
	Joined    Moves `json:"joined"`
	Left      Moves `json:"left"`
	Switched  Moves `json:"switched"`
	Undecided Moves `json:"undecided"`
	// Withheld are moves in the population of an inactive group, without effect.
	Withheld Moves `json:"withheld"`
}

// Moves are how many users move, and the first of them by their IDs.
type Moves struct {
	Count int             `json:"count"`
	First []groups.UserID `json:"first"`
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
		Moves
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
	now, then, err := d.compare(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", a, err)
	}
	all := map[groups.GroupID]*Concern{}
	concern := func(id groups.GroupID) *Concern {
		if all[id] == nil {
			all[id] = &Concern{Group: id, Reads: []Reading{}}
		}
		return all[id]
	}
	for _, g := range p.all {
		was, pending := now[g.ID]
		will, looked := then[g.ID]
		if pending || looked {
			concern(g.ID).compare(was, will, n)
		}
	}
	if a.Kind == groupKind && a.Do == toDelete {
		leaving := concern(groups.GroupID(a.ID))
		if err := d.dissolve(ctx, leaving, n); err != nil {
			return nil, fmt.Errorf("%v: %w", a, err)
		}
		m.People = leaving.Left.Count
	}
	for i := range p.all {
		g := &p.all[i]
		reads := p.readings(g)
		c := all[g.ID]
		if c == nil && len(reads) > 0 {
			c = concern(g.ID)
		}
		for _, of := range conditions(g) {
			if p.degrades(of, m.People) {
				m.Degraded = append(m.Degraded, g.ID)
				break
			}
		}
		if c == nil || len(reads) == 0 && !c.moving() {
			continue
		}
		if c.Name = g.Name; len(reads) == 0 && string(g.ID) != a.ID {
			reads = p.reasons(g)
		}
		c.Reads = append(c.Reads, reads...)
		m.Groups = append(m.Groups, c.listed())
	}
	return m, nil
}

// listed is the concern with lists that are never nil.
func (c *Concern) listed() Concern {
	for _, m := range []*Moves{&c.Joined, &c.Left, &c.Switched, &c.Undecided, &c.Withheld} {
		if m.First == nil {
			m.First = []groups.UserID{}
		}
	}
	return *c
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

// compare is what processing the groups would write now, and once the action is taken, by group, where that is not the
// same.
func (d *Desk) compare(ctx context.Context, p *place) (now, then map[groups.GroupID]groups.Diff, err error) {
	var was, will []groups.Diff
	switch {
	case p.Kind == fieldKind: // nobody moves by a rule that does not fit the schema
	case p.Kind == groupKind && p.group.Parent == groups.GroupID(p.To): // others find it where it was
	default:
		asking := p.asking()
		if len(asking) == 0 && (p.Kind != groupKind || p.Do == toDelete) {
			break
		}
		was, will, err = d.ev.Suppose(ctx, p.supposition(), asking...)
	}
	return byGroup(was), byGroup(will), err
}

func byGroup(diffs []groups.Diff) map[groups.GroupID]groups.Diff {
	all := make(map[groups.GroupID]groups.Diff, len(diffs))
	for _, d := range diffs {
		all[d.Group] = d
	}
	return all
}

// dissolve has all members of a group leave.
func (d *Desk) dissolve(ctx context.Context, c *Concern, n int) error {
	for m, err := range d.ev.Members(ctx, c.Group) {
		if err != nil {
			return err
		}
		c.Left.add(m.User, n)
	}
	return nil
}

// add counts a user, of whom the first n are listed.
func (m *Moves) add(u groups.UserID, n int) {
	if m.Count++; len(m.First) < n {
		m.First = append(m.First, u)
	}
}

// compare notes who ends otherwise then than now.
func (c *Concern) compare(now, then groups.Diff, n int) {
	moves := func(was, will []groups.Change, note func(from, to groups.Method) *Moves) {
		for _, f := range fates(was, will) {
			if f.from != f.to {
				note(f.from, f.to).add(f.user, n)
			}
		}
	}
	moves(slices.Concat(now.Joined, now.Left, now.Switched), slices.Concat(then.Joined, then.Left, then.Switched), func(from, to groups.Method) *Moves {
		switch {
		case from == groups.Outside:
			return &c.Joined
		case to == groups.Outside:
			return &c.Left
		}
		return &c.Switched
	})
	moves(now.Withheld, then.Withheld, func(groups.Method, groups.Method) *Moves { return &c.Withheld })
	undecided := now.Undecided
	for _, m := range then.Undecided {
		for len(undecided) > 0 && undecided[0].User < m.User {
			undecided = undecided[1:]
		}
		if len(undecided) == 0 || undecided[0].User != m.User {
			c.Undecided.add(m.User, n)
		}
	}
}

// A fate is how a user would be in, by what is the case now and then.
type fate struct {
	user     groups.UserID
	from, to groups.Method
}

// fates are those of everybody who moves in one of two cases, ascending by user. Who moves in one of them only is as
// before in the other.
func fates(was, will []groups.Change) []fate {
	byUser := func(a, b groups.Change) int { return strings.Compare(string(a.User), string(b.User)) }
	slices.SortFunc(was, byUser)
	slices.SortFunc(will, byUser)
	all := make([]fate, 0, len(was)+len(will))
	for len(was)+len(will) > 0 {
		switch {
		case len(will) == 0 || len(was) > 0 && was[0].User < will[0].User:
			all = append(all, fate{was[0].User, was[0].After, was[0].Before})
			was = was[1:]
		case len(was) == 0 || will[0].User < was[0].User:
			all = append(all, fate{will[0].User, will[0].Before, will[0].After})
			will = will[1:]
		default:
			all = append(all, fate{will[0].User, was[0].After, will[0].After})
			was, will = was[1:], will[1:]
		}
	}
	return all
}
