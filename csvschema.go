package groups

import (
	"maps"
	"slices"

	"github.com/grouprules/groups/internal/fold"
)

// schema is the stored schema with what the file and its declarations bring.
func (p *planner) schema(stored *Schema) *Schema {
	merged := *stored
	merged.Fields = slices.Clone(stored.Fields)
	merged.Trees = slices.Clone(stored.Trees)
	inFile := map[string]bool{}
	for _, c := range p.f.columns {
		inFile[c.field.Name] = true
		p.mergeField(&merged, c.field.Field, c.declared)
	}
	for _, f := range p.f.opts.Fields {
		if f.Name = fold.Exact(f.Name); !inFile[f.Name] {
			p.mergeField(&merged, f.Field, true)
		}
	}
	var trees []Tree
	for _, u := range p.f.opts.Units {
		trees = append(trees, u.Tree)
	}
	for _, t := range append(trees, slices.Sorted(maps.Keys(p.f.Trees))...) {
		if !slices.Contains(merged.Trees, t) {
			merged.Trees = append(merged.Trees, t)
		}
	}
	if f := p.f.Enrollments; f != nil {
		all := slices.Concat(stored.EnrollmentStatuses, f.statuses)
		slices.Sort(all)
		if all = slices.Compact(all); len(all) > len(stored.EnrollmentStatuses) {
			merged.EnrollmentStatuses = all
		}
	}
	return &merged
}

// mergeField puts a column into the schema. What people wrote about a field stays where the column
// says nothing: its label, those of its options, and that it is kept out of rules.
func (p *planner) mergeField(s *Schema, f Field, declared bool) {
	i := slices.IndexFunc(s.Fields, func(g Field) bool { return g.Name == f.Name })
	if i < 0 {
		if old, reserved := s.Field(f.Name); reserved && !declared {
			f = old
		}
		f.Options = p.options(f, nil)
		s.Fields = append(s.Fields, f)
		return
	}
	if !declared {
		return
	}
	old := s.Fields[i]
	if f.Label == "" {
		f.Label = old.Label
	}
	f.NotForCriteria = f.NotForCriteria || old.NotForCriteria
	f.Options = p.options(f, old.Options)
	s.Fields[i] = f
}

// options are those declared, or else those stored and seen.
func (p *planner) options(f Field, stored []Option) []Option {
	labels := map[string]string{}
	for _, o := range stored {
		labels[o.ID] = o.Label
	}
	if len(f.Options) > 0 {
		options := slices.Clone(f.Options)
		for i, o := range options {
			if o.Label == "" {
				options[i].Label = labels[o.ID]
			}
		}
		return options
	}
	if f.Type != TypeChoice && f.Type != TypeMultiChoice {
		return nil
	}
	if seen := p.open[f.Name]; len(seen) > len(stored) {
		options := make([]Option, 0, len(seen))
		for _, id := range slices.Sorted(maps.Keys(seen)) {
			options = append(options, Option{id, labels[id]})
		}
		return options
	}
	return stored
}
