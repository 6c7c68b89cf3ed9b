package admin

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A Heading is a list of a preview.
type Heading string

// The lists of a preview.
const (
	Joined    Heading = "joined"
	Left      Heading = "left"
	Kept      Heading = "kept"
	Switched  Heading = "switched"
	Undecided Heading = "undecided"
)

// A Line is one user of a preview.
type Line struct {
	Heading Heading
	Person  Person
	Before  groups.Method
	After   groups.Method
}

// Lines lists the users of a preview, by heading in the order above and then by ID: those of one
// heading or, with a blank one, of all; whose name or ID contains every word of search, compared as
// texts are; and whom the actor sees. In an inactive group they are those who would move in the
// population. The counts of a preview are the lengths of these lists. It reads all people once, at the
// most.
func (d *Desk) Lines(ctx context.Context, actor Actor, p *groups.Plan, heading Heading, search string) ([]Line, error) {
	lines := linesOf(p)
	if heading != "" {
		lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Heading != heading })
	}
	matches, err := called(strings.Fields(search))
	if err != nil {
		return nil, err
	}
	ids := make([]groups.UserID, len(lines))
	for i, l := range lines {
		ids[i] = l.Person.ID
	}
	found := map[groups.UserID]Person{}
	err = d.lookUp(ctx, ids, func(id groups.UserID, u *groups.User) {
		if !actor.seen(u) {
			return
		}
		who := person(id, u)
		if u == nil {
			u = &groups.User{ID: id}
		}
		if matches(u) {
			found[id] = who
		}
	})
	if err != nil {
		return nil, err
	}
	shown := lines[:0]
	for _, l := range lines {
		if who, ok := found[l.Person.ID]; ok {
			l.Person = who
			shown = append(shown, l)
		}
	}
	return shown, nil
}

// linesOf is everybody a plan names in its own group, by heading and user.
func linesOf(p *groups.Plan) []Line {
	var all []Line
	of := func(list []groups.Change) {
		for _, c := range list {
			h := Switched
			switch {
			case c.Before == groups.Outside && c.After != groups.Outside:
				h = Joined
			case c.After == groups.Outside:
				h = Left
			}
			all = append(all, Line{Heading: h, Person: Person{ID: c.User}, Before: c.Before, After: c.After})
		}
	}
	of(p.Diff.Joined)
	of(p.Diff.Left)
	of(p.Diff.Switched)
	of(p.Diff.Withheld)
	for _, m := range p.Kept {
		all = append(all, Line{Heading: Kept, Person: Person{ID: m.User}, Before: m.Method, After: m.Method})
	}
	for _, m := range p.Diff.Undecided {
		all = append(all, Line{Heading: Undecided, Person: Person{ID: m.User}, Before: m.Method, After: m.Method})
	}
	order := []Heading{Joined, Left, Kept, Switched, Undecided}
	slices.SortFunc(all, func(a, b Line) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Heading), slices.Index(order, b.Heading)), cmp.Compare(a.Person.ID, b.Person.ID))
	})
	return all
}

// called tells the users whose name or ID contains all the words. The engine compares, as it does for
// rules.
func called(words []string) (func(*groups.User) bool, error) {
	if len(words) == 0 {
		return func(*groups.User) bool { return true }, nil
	}
	var sets []groups.Set
	for _, w := range words {
		sets = append(sets, groups.Any(groups.Name.Contains(w), groups.ID.Contains(w)))
	}
	rule, err := new(groups.Schema).Compile(groups.AllSets(sets...))
	if err != nil {
		return nil, err
	}
	return func(u *groups.User) bool { return rule.Match(u, &groups.View{}) == groups.Yes }, nil
}
