package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// Whom says which users an act is about: [Named], [InGroup], [InUnit] or a [*UserFile]. No other type
// implements it. Only users of the Directory whom the actor sees are acted on; the others are, to the
// actor, not there.
type Whom interface {
	// find returns an outcome for each identifier, or each user in the group or unit, and how many
	// users might be meant of whom that cannot be said.
	find(ctx context.Context, d *Desk, a *Actor) (out []Outcome, unclear int, err error)
	// source is what assignments made from it have as their source.
	source() string
}

var (
	_ Whom = Named{}
	_ Whom = InGroup("")
	_ Whom = InUnit{}
	_ Whom = (*UserFile)(nil)
)

// Named are the users whom texts name: one outcome for each text, in order. All of them are found in
// one pass over the Directory; up to 100 IDs ([ByID]) are looked up one by one instead.
type Named struct {
	By    NamedBy
	Texts []string
}

// Users names users by their IDs, such as those ticked on a page.
func Users(ids ...groups.UserID) Named {
	n := Named{By: ByID, Texts: make([]string, len(ids))}
	for i, id := range ids {
		n.Texts[i] = string(id)
	}
	return n
}

func (n Named) find(ctx context.Context, d *Desk, a *Actor) ([]Outcome, int, error) {
	if int(n.By) >= len(namedBy) {
		return nil, 0, fmt.Errorf("users named by %v: %w", n.By, groups.ErrValue)
	}
	namings := make([]naming, len(n.Texts))
	for i, text := range n.Texts {
		if text = strings.TrimSpace(text); text != "" {
			namings[i].parts = []part{{n.By, text}}
		}
	}
	out, err := d.resolve(ctx, a, namings)
	for i := range out {
		out[i].Named = n.Texts[i]
	}
	return out, 0, err
}

func (Named) source() string { return "person" }

// InGroup are the users in a group: its population, and not its membership, since the population is the
// list that administrators see, of an inactive group as well (Docebo: users are assigned "based on a
// branch or group membership"). It is read as of the group's last run, and copied: whoever joins that group
// later is not meant. A group that does not exist, or that is not among what the actor sees, is an error
// that wraps [groups.ErrNotFound].
type InGroup groups.GroupID

func (g InGroup) find(ctx context.Context, d *Desk, a *Actor) ([]Outcome, int, error) {
	id := groups.GroupID(g)
	if !a.SeesAll && !slices.Contains(a.Sees.Groups, id) {
		return nil, 0, fmt.Errorf("group %q: %w", id, groups.ErrNotFound)
	}
	if err := d.mustExist(ctx, id); err != nil {
		return nil, 0, err
	}
	in := []groups.UserID{}
	for m, err := range d.ev.Population(ctx, id) {
		if err != nil {
			return nil, 0, fmt.Errorf("read group %q: %w", id, err)
		}
		in = append(in, m.User)
	}
	var out []Outcome
	err := d.each(ctx, in, func(u *groups.User) {
		if _, is := slices.BinarySearch(in, u.ID); is && a.user(u) {
			out = append(out, found(u.ID))
		}
	})
	return out, 0, err
}

func (g InGroup) source() string { return "group:" + string(g) }

// mustExist refuses a group that does not exist, in one wording for all stores, so that nobody can tell
// a group that is not there from one that they do not see.
func (d *Desk) mustExist(ctx context.Context, id groups.GroupID) error {
	_, err := d.store.Group(ctx, id)
	if errors.Is(err, groups.ErrNotFound) {
		return fmt.Errorf("group %q: %w", id, groups.ErrNotFound)
	}
	return err
}

// InUnit are the users who sit in a unit, or OrBelow also in a unit below it, as the condition "is" or
// "is or below" says ("based on a branch", Docebo). They are copied: whoever comes to the unit later is
// not meant. Users whose units are unknown are left alone and counted ([Report.Unclear]). A unit that
// does not exist, or that is not among what the actor sees, is an error that wraps
// [groups.ErrNotFound]. It costs one pass over the units and one over the Directory.
type InUnit struct {
	Tree    groups.Tree
	Unit    string
	OrBelow bool
}

func (n InUnit) find(ctx context.Context, d *Desk, a *Actor) (out []Outcome, unclear int, err error) {
	notFound := fmt.Errorf("unit %q of tree %q: %w", n.Unit, n.Tree, groups.ErrNotFound)
	if !a.SeesAll && !slices.Contains(a.Sees.Units[n.Tree], n.Unit) {
		return nil, 0, notFound
	}
	var units []groups.Unit
	for u, err := range d.dir.Units(ctx) {
		if err != nil {
			return nil, 0, fmt.Errorf("read units: %w", err)
		}
		if u.Tree == n.Tree {
			units = append(units, u)
		}
	}
	if !slices.ContainsFunc(units, func(u groups.Unit) bool { return u.ID == n.Unit }) {
		return nil, 0, notFound
	}
	sits := n.Tree.Is(n.Unit)
	if n.OrBelow {
		sits = n.Tree.IsOrBelow(n.Unit)
	}
	schema := &groups.Schema{Trees: []groups.Tree{n.Tree}}
	rule, err := schema.Compile(groups.AnySets(groups.All(sits)))
	if err != nil {
		return nil, 0, err
	}
	view := &groups.View{Trees: map[groups.Tree]*groups.Hierarchy{n.Tree: groups.NewTree(units...)}}
	err = d.each(ctx, nil, func(u *groups.User) {
		if !a.user(u) {
			return
		}
		switch rule.Match(u, view) {
		case groups.Yes:
			out = append(out, found(u.ID))
		case groups.Unknown:
			unclear++
		}
	})
	return out, unclear, err
}

func (n InUnit) source() string { return "unit:" + string(n.Tree) + "/" + n.Unit }

func found(id groups.UserID) Outcome { return Outcome{Named: string(id), User: id, Code: Found} }
