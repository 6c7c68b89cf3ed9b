package oneroster

import (
	"fmt"
	"slices"

	"github.com/grouprules/groups"
)

// units makes trees of the orgs. A delta is merged into the trees that are stored.
func (p *people) units() error {
	s := p.sheets[orgs]
	units := map[string]groups.Unit{}
	trees := p.opts.trees()
	if !s.is(Bulk) && (s != nil || len(trees) > 1) {
		for u, err := range p.dir.Units(p.ctx) {
			if err != nil {
				return fmt.Errorf("read units: %w", err)
			}
			if slices.Contains(trees, u.Tree) {
				units[u.ID] = u
			}
		}
	}
	if s.is(Delta) {
		for _, r := range s.gone {
			delete(units, r.at("sourcedId"))
		}
	}
	p.in = make(map[string]groups.Tree, len(units)+len(s.of()))
	for id, u := range units {
		p.in[id] = u.Tree
	}
	for _, r := range s.of() {
		p.in[r.at("sourcedId")] = p.opts.treeOf(r.at("type"))
	}
	for _, r := range s.of() {
		u := groups.Unit{Tree: p.in[r.at("sourcedId")], ID: r.at("sourcedId"), Parent: r.at("parentSourcedId"), Name: r.at("name")}
		if above, known := p.in[u.Parent]; known && above != u.Tree {
			u.Parent = ""
		}
		units[u.ID] = u
	}
	p.trees = map[groups.Tree][]groups.Unit{}
	for _, tree := range trees {
		p.trees[tree] = nil
	}
	for _, u := range units {
		p.trees[u.Tree] = append(p.trees[u.Tree], u)
	}
	return nil
}
