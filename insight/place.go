package insight

import (
	"context"
	"fmt"
	"slices"

	"github.com/grouprules/groups"
)

// A place is where something stands that somebody is about to delete or move: what is above and beneath it, and what it
// is an option of.
type place struct {
	Action
	schema *groups.Schema
	field  groups.Field
	group  groups.Group
	// units are those of the tree, in their order; children those directly beneath, and parents who is above.
	units    []groups.Unit
	children map[string][]string
	parents  map[string]string
	// above is how many steps up a unit or group is from what moves or goes, where it is now or would be; gone are the
	// units that would be in the tree no more.
	above map[string]int
	gone  map[string]bool
	all   []groups.Group // all groups
}

// place looks for what an action is about, and refuses one that cannot be taken.
func (d *Desk) place(ctx context.Context, a Action) (*place, error) {
	p := &place{Action: a, above: map[string]int{}, gone: map[string]bool{}}
	if err := a.check(); err != nil {
		return nil, err
	}
	var err error
	if p.schema, err = d.dir.Schema(ctx); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	for g, err := range d.store.Groups(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read groups: %w", err)
		}
		p.all = append(p.all, g)
	}
	switch a.Kind {
	case unitKind:
		return p, p.amongUnits(ctx, d.dir)
	case optionKind, fieldKind:
		return p, p.amongFields()
	case groupKind:
		return p, p.amongGroups()
	}
	return p, nil
}

func (p *place) amongUnits(ctx context.Context, dir groups.Directory) error {
	p.children, p.parents = map[string][]string{}, map[string]string{}
	for u, err := range dir.Units(ctx) {
		if err != nil {
			return fmt.Errorf("read units: %w", err)
		}
		if u.Tree == p.Tree {
			p.units, p.parents[u.ID] = append(p.units, u), u.Parent
			p.children[u.Parent] = append(p.children[u.Parent], u.ID)
		}
	}
	for _, id := range []string{p.ID, p.To} {
		if _, exists := p.parents[id]; !exists && (id != "" || id == p.ID) {
			return p.missing("unit", id)
		}
	}
	beneath := p.beneath()
	if p.To != "" && beneath[p.To] {
		return p.refuse(fmt.Sprintf("it is above unit %q", p.To))
	}
	if p.Do == toDelete {
		if p.gone[p.ID] = true; p.To == "" {
			p.gone = beneath
		}
	}
	p.climb(p.parents[p.ID], p.parents)
	p.climb(p.To, p.parents)
	return nil
}

// beneath is the unit with all that is beneath it.
func (p *place) beneath() map[string]bool {
	found := map[string]bool{p.ID: true}
	for queue := []string{p.ID}; len(queue) > 0; queue = queue[1:] {
		for _, child := range p.children[queue[0]] {
			if !found[child] {
				found[child] = true
				queue = append(queue, child)
			}
		}
	}
	return found
}

// climb notes how far up from what is beneath it each is, from the first above on.
func (p *place) climb(first string, parents map[string]string) {
	met := map[string]bool{}
	for up, steps := first, 1; up != "" && !met[up]; up, steps = parents[up], steps+1 {
		met[up] = true
		if was, known := p.above[up]; !known || steps < was {
			p.above[up] = steps
		}
	}
}

func (p *place) amongFields() error {
	i := slices.IndexFunc(p.schema.Fields, func(f groups.Field) bool { return f.Name == p.Field })
	if i < 0 {
		if _, reserved := p.schema.Field(p.Field); reserved {
			return p.refuse("everybody has it")
		}
		return p.missing("field", p.Field)
	}
	p.field = p.schema.Fields[i]
	if p.Kind == fieldKind {
		return nil
	}
	for _, id := range []string{p.ID, p.To} {
		if (id != "" || id == p.ID) && !slices.ContainsFunc(p.field.Options, func(o groups.Option) bool { return o.ID == id }) {
			return p.missing("option", id)
		}
	}
	return nil
}

func (p *place) amongGroups() error {
	parents, exists := map[string]string{}, false
	for _, g := range p.all {
		parents[string(g.ID)] = string(g.Parent)
		if string(g.ID) == p.ID {
			p.group, exists = g, true
		}
	}
	if !exists {
		return p.missing("group", p.ID)
	}
	p.climb(string(p.group.Parent), parents)
	p.climb(p.To, parents)
	return nil
}

// who is the criterion of the people who have it, none where the rules know no such people.
func (p *place) who() groups.Condition {
	switch {
	case p.Kind == unitKind:
		return p.Tree.IsOrBelow(p.ID)
	case p.Kind == courseKind:
		return groups.Courses(p.ID).AreEnrolled()
	case p.Kind == groupKind || p.field.NotForCriteria:
		return nil
	case p.Kind == fieldKind:
		return groups.FieldCondition{Field: p.Field, Test: groups.Test{Op: opIsEmpty, Negated: true}}
	case p.field.Type == groups.TypeMultiChoice:
		return groups.MultiChoiceField(p.Field).IncludesAny(p.ID)
	}
	return groups.ChoiceField(p.Field).Is(p.ID)
}

// supposition is what taking the action would make of the people and the groups.
func (p *place) supposition() groups.Supposition {
	var s groups.Supposition
	units, parents := map[string]string{}, map[string]string{}
	switch {
	case p.Kind == optionKind:
		s.Options = map[string]map[string]string{p.Field: {p.ID: p.To}}
	case p.Kind == courseKind:
		s.Courses = []string{p.ID}
	case p.Kind == groupKind: // to others one that goes is one that is beneath none
		s.GroupParents = map[groups.GroupID]groups.GroupID{p.group.ID: groups.GroupID(p.To)}
	case p.Kind == unitKind && p.Do == toMove:
		parents[p.ID] = p.To
	case p.Kind == unitKind:
		for id := range p.gone {
			units[id] = p.To
		}
		if p.To != "" {
			for _, child := range p.children[p.ID] {
				parents[child] = p.To
			}
		}
	}
	if p.Kind == unitKind {
		s.Units = map[groups.Tree]map[string]string{p.Tree: units}
		s.Parents = map[groups.Tree]map[string]string{p.Tree: parents}
	}
	return s
}
