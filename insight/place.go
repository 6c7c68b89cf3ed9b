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
	tree   *groups.Hierarchy // of a unit
	// above is how many steps up a unit or group is from what moves or goes, where it is now or would be, and zero for the
	// units that would be in the tree no more, which gone lists.
	above map[string]int
	gone  []string
	// all are the groups, where these are what the action is about or nobody can tell which of them read that.
	all []groups.Group
}

// place looks for what an action is about, and refuses one that cannot be taken.
func (d *Desk) place(ctx context.Context, a Action) (*place, error) {
	p := &place{Action: a, above: map[string]int{}}
	if err := a.check(); err != nil {
		return nil, err
	}
	var err error
	if p.schema, err = d.dir.Schema(ctx); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	if a.Kind == groupKind || a.Kind == fieldKind {
		for g, err := range d.store.Groups(ctx) {
			if err != nil {
				return nil, fmt.Errorf("read groups: %w", err)
			}
			p.all = append(p.all, g)
		}
	}
	switch a.Kind {
	case unitKind:
		return p, p.amongUnits(ctx, d.ev)
	case optionKind, fieldKind:
		return p, p.amongFields()
	case groupKind:
		return p, p.amongGroups()
	}
	return p, nil
}

func (p *place) amongUnits(ctx context.Context, ev *groups.Evaluator) error {
	trees, err := ev.Trees(ctx)
	if err != nil {
		return err
	}
	if p.tree = trees[p.Tree]; !p.tree.Has(p.ID) {
		return p.missing("unit", p.ID)
	}
	if p.To != "" && !p.tree.Has(p.To) {
		return p.missing("unit", p.To)
	}
	beneath := p.tree.Below(p.ID)
	if slices.Contains(beneath, p.To) {
		return p.refuse(fmt.Sprintf("it is above unit %q", p.To))
	}
	if p.Do == toDelete {
		if p.gone = append(p.gone, p.ID); p.To == "" {
			p.gone = append(p.gone, beneath...)
		}
		for _, id := range p.gone {
			p.above[id] = 0
		}
	}
	p.climb(p.tree.Path(p.ID)[1:])
	if p.To != "" {
		p.climb(p.tree.Path(p.To))
	}
	return nil
}

// climb notes how far up from what is beneath it each is, from the first above on.
func (p *place) climb(path []string) {
	for i, up := range path {
		if was, known := p.above[up]; !known || i+1 < was {
			p.above[up] = i + 1
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
	links, exists := make([]groups.Unit, len(p.all)), false
	for i, g := range p.all {
		links[i] = groups.Unit{ID: string(g.ID), Parent: string(g.Parent)}
		if string(g.ID) == p.ID {
			p.group, exists = g, true
		}
	}
	if !exists {
		return p.missing("group", p.ID)
	}
	tree := groups.NewTree(links...)
	p.climb(tree.Path(p.ID)[1:])
	if p.To != "" {
		p.climb(tree.Path(p.To))
	}
	return nil
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
		for _, id := range p.gone {
			units[id] = p.To
		}
		if p.To != "" {
			for _, below := range p.tree.Below(p.ID) {
				if p.tree.Path(below)[1] == p.ID {
					parents[below] = p.To
				}
			}
		}
	}
	if p.Kind == unitKind {
		s.Units = map[groups.Tree]map[string]string{p.Tree: units}
		s.Parents = map[groups.Tree]map[string]string{p.Tree: parents}
	}
	return s
}
