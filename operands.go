package groups

import (
	"maps"
	"slices"
	"strings"
)

// operands are what the rules of a run read and name, each once. They are never written to.
type operands struct {
	rules  []*Rule
	schema *Schema

	fields             []string
	declared           []Field // of the fields, those of the schema
	trees              []Tree
	units              []Unit
	users              []UserID
	courses            []string
	groups             []GroupID
	lines, enrollments bool // whether a rule asks for reporting lines, and for enrollments
	beneath            bool // whether one asks for groups beneath others
	// strange is whether one names an option or a status that the schema does not have.
	strange bool
}

// operands are those of the groups that the run evaluates for everybody. Most often the rules are those of the run
// before.
func (c *ruleCache) operands(r *run) *operands {
	var rules []*Rule
	for _, s := range r.order {
		if s.rule != nil && s.whole {
			rules = append(rules, s.rule)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.named; o == nil || o.schema != r.schema || !slices.Equal(o.rules, rules) {
		c.named = newOperands(r)
		c.named.rules = rules
	}
	return c.named
}

func newOperands(r *run) *operands {
	o := &operands{schema: r.schema}
	fields, trees, units := map[string]bool{}, map[Tree]bool{}, map[Unit]bool{}
	users, courses, groups := map[UserID]bool{}, map[string]bool{}, map[GroupID]bool{}
	for _, s := range r.order {
		for _, c := range s.conditions() {
			switch c := c.(type) {
			case FieldCondition:
				fields[c.Field] = true
				o.strange = o.strange || len(strangeOptions(r.schema, c)) > 0
			case UnitCondition:
				trees[c.Tree] = true
				for _, id := range c.Units {
					units[Unit{Tree: c.Tree, ID: id}] = true
				}
			case UserCondition:
				note(users, c.Users)
				o.lines = o.lines || c.Op != opIs
			case EnrollmentCondition:
				o.enrollments = true
				note(courses, c.Courses)
				o.strange = o.strange || len(strangeStatuses(r.schema, c)) > 0
			case GroupCondition:
				note(groups, c.Groups)
				o.beneath = o.beneath || c.OrBelow
			}
		}
	}
	for _, f := range r.schema.Fields {
		if fields[f.Name] {
			o.declared = append(o.declared, f)
		}
	}
	delete(fields, string(ID)) // everybody has one
	o.fields, o.trees, o.users = slices.Collect(maps.Keys(fields)), slices.Collect(maps.Keys(trees)), slices.Collect(maps.Keys(users))
	o.units, o.courses, o.groups = slices.Collect(maps.Keys(units)), slices.Collect(maps.Keys(courses)), slices.Collect(maps.Keys(groups))
	return o
}

func note[T comparable](in map[T]bool, list []T) {
	for _, v := range list {
		in[v] = true
	}
}

// strangeOptions are the values of a condition that its field does not have among its options.
func strangeOptions(schema *Schema, c FieldCondition) (strange []string) {
	f, _ := schema.Field(c.Field)
	if len(f.Options) == 0 {
		return nil
	}
	for _, v := range c.Values {
		id := strings.TrimSpace(v.text)
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.ID == id }) {
			strange = append(strange, id)
		}
	}
	return strange
}

// strangeStatuses are those of a condition that the schema does not have.
func strangeStatuses(schema *Schema, c EnrollmentCondition) (strange []string) {
	if len(schema.EnrollmentStatuses) == 0 {
		return nil
	}
	for _, status := range c.Statuses {
		if !slices.Contains(schema.EnrollmentStatuses, status) {
			strange = append(strange, status)
		}
	}
	return strange
}

// amiss reports whether something that is named does not exist, or nothing is known of it.
func (o *operands) amiss(r *run, v *survey) bool {
	lost := func(u Unit) bool {
		h, exists := r.trees[u.Tree]
		return !exists || !h.Has(u.ID)
	}
	return o.strange || o.beneath && slices.ContainsFunc(r.order, func(s *subject) bool { return s.Status != Active }) ||
		slices.ContainsFunc(o.trees, func(t Tree) bool { return r.trees[t] == nil }) || slices.ContainsFunc(o.units, lost) ||
		slices.ContainsFunc(o.users, func(id UserID) bool { return !v.named[id] }) ||
		slices.ContainsFunc(o.courses, func(id string) bool { return v.courses[id] != knownRecords }) ||
		slices.ContainsFunc(o.groups, func(id GroupID) bool { s := r.groups[id]; return s == nil || s.Status != Active })
}
