package admin

import (
	"cmp"
	"context"
	"fmt"
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
	User    groups.UserID
	Name    string // blank where it is not known
	Before  groups.Method
	After   groups.Method
}

// Lines lists the users of a preview, by heading in the order above and then by ID: those of one
// heading or, with a blank one, of all; whose name or ID contains every word of search, compared as
// texts are; and whom the actor sees. In an inactive group they are those who would move in the
// population. The counts of a preview are the lengths of these lists. It reads all people once.
func (d *Desk) Lines(ctx context.Context, actor Actor, p *groups.Plan, heading Heading, search string) ([]Line, error) {
	lines := linesOf(p)
	if heading != "" {
		lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Heading != heading })
	}
	words := strings.Fields(search)
	matches, err := d.naming(ctx, words)
	if err != nil {
		return nil, err
	}
	people := map[groups.UserID]*groups.User{}
	for _, l := range lines {
		people[l.User] = nil
	}
	for u, err := range d.dir.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
		if _, asked := people[u.ID]; asked {
			people[u.ID] = &u
		}
	}
	shown := lines[:0]
	for _, l := range lines {
		u := people[l.User]
		if u == nil {
			u = &groups.User{ID: l.User}
			if !actor.SeesAll {
				continue // nobody can say whether the actor sees somebody who is not there
			}
		} else if !actor.user(u) {
			continue
		}
		if texts := u.Fields[string(groups.Name)].Texts(); len(texts) > 0 {
			l.Name = texts[0]
		}
		if matches(u) {
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
			all = append(all, Line{Heading: h, User: c.User, Before: c.Before, After: c.After})
		}
	}
	of(p.Diff.Joined)
	of(p.Diff.Left)
	of(p.Diff.Switched)
	of(p.Diff.Withheld)
	for _, m := range p.Kept {
		all = append(all, Line{Heading: Kept, User: m.User, Before: m.Method, After: m.Method})
	}
	for _, m := range p.Diff.Undecided {
		all = append(all, Line{Heading: Undecided, User: m.User, Before: m.Method, After: m.Method})
	}
	order := []Heading{Joined, Left, Kept, Switched, Undecided}
	slices.SortFunc(all, func(a, b Line) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Heading), slices.Index(order, b.Heading)), cmp.Compare(a.User, b.User))
	})
	return all
}

// naming tells the users whose name or ID contains all the words. The engine compares, as it does for
// rules.
func (d *Desk) naming(ctx context.Context, words []string) (func(*groups.User) bool, error) {
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
