package insight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A Reading is a place in the definition of a group that has to do with what an [Action] is about.
type Reading struct {
	// Pointer is the place in the criteria; blank is the parent of the group.
	Pointer string `json:"pointer"`
	// How is "names" where it is named, "above" where something above it is, with what is beneath, and "parent" where it
	// is the parent of the group. Where there is nothing of these and somebody moves all the same, it is "asks" where
	// the condition asks for what they would have, and "group" where it asks for a group, in which others are then.
	How string `json:"how"`
	// Text is the condition as people read it.
	Text string `json:"text"`
}

// String returns the reading on one line.
func (r Reading) String() string {
	return fmt.Sprintf("%s: %s", strings.TrimSpace(r.Pointer+" "+r.How), r.Text)
}

const (
	names    = "names"
	isAbove  = "above"
	isParent = "parent"
	asksFor  = "asks"
	ofGroup  = "group"
)

// readings are what has to do with it among conditions of a group, and whether a tombstone would leave one of these unknown.
// People is how many have it.
func (p *place) readings(of []groups.Asked, people int) (list []Reading, degraded bool) {
	for i := range of {
		how, degrades := p.reads(of[i].Condition, people)
		if how != "" && how != asksFor {
			list = append(list, Reading{of[i].Pointer, how, of[i].Condition.String()})
		}
		degraded = degraded || degrades
	}
	return list, degraded
}

// reasons are the conditions by which somebody moves in a group that has no readings.
func (p *place) reasons(of []groups.Asked) (list []Reading) {
	for i := range of {
		how := asksFor
		if _, is := of[i].Condition.(groups.GroupCondition); is {
			how = ofGroup
		}
		list = append(list, Reading{of[i].Pointer, how, of[i].Condition.String()})
	}
	return list
}

// asking are the groups with conditions that ask for it, or for groups, by their IDs.
func (p *place) asking() (list []groups.Asking) {
	for i := range p.all {
		g := &p.all[i]
		if g.Kind != groups.AutomaticGroup {
			continue // it keeps criteria, which nobody reads
		}
		of := groups.Asking{Group: g.ID, Name: g.Name}
		for j, s := range g.Criteria.Sets {
			for k, c := range s.Conditions {
				if _, is := c.(groups.GroupCondition); is || p.asks(c) {
					of.Conditions = append(of.Conditions, groups.Asked{Pointer: fmt.Sprintf("/sets/%d/conditions/%d", j, k), Condition: c})
				}
			}
		}
		if len(of.Conditions) > 0 {
			list = append(list, of)
		}
	}
	return list
}

// beneath are the groups of which the group that the action is about is the parent.
func (p *place) beneath() (list []groups.Group) {
	for _, g := range p.all {
		if p.Kind == groupKind && string(g.Parent) == p.ID {
			list = append(list, g)
		}
	}
	return list
}

// is reports whether the action is about the group.
func (p *place) is(id groups.GroupID) bool { return p.Kind == groupKind && string(id) == p.ID }

// asks reports whether a condition asks for what the people have instead, once it is gone or elsewhere.
func (p *place) asks(c groups.Condition) bool {
	how, _ := p.reads(c, 0)
	return how != ""
}

// reads says how a condition reads it, or that it asks for what the people have instead, once it is gone or elsewhere, and
// whether a tombstone would leave it unknown, as far as it was not, and a finding of it. People is how many have it.
func (p *place) reads(c groups.Condition, people int) (how string, degrades bool) {
	switch c := c.(type) {
	case groups.UnitCondition:
		if p.Kind == unitKind && c.Tree == p.Tree {
			return p.readsUnits(&c), climbs(c.Op) && people > 0 || slices.Contains(c.Units, p.ID)
		}
	case groups.FieldCondition:
		switch {
		case p.Field == "" || c.Field != p.Field:
		case p.Kind == fieldKind:
			return names, true
		case slices.ContainsFunc(c.Values, p.isOption):
			return names, true
		default:
			return asksFor, len(p.field.Options) == 1 || people > 0
		}
	case groups.EnrollmentCondition:
		if p.Kind == courseKind && slices.Contains(c.Courses, p.ID) {
			return names, c.Op != opEnrolled || people == 0
		}
	case groups.GroupCondition:
		switch {
		case p.Kind != groupKind:
		case slices.Contains(c.Groups, groups.GroupID(p.ID)):
			return names, p.Do == toDelete
		case c.OrBelow && slices.ContainsFunc(c.Groups, func(id groups.GroupID) bool { _, up := p.above[string(id)]; return up }):
			return isAbove, p.Do == toDelete
		}
	}
	return "", false
}

// readsUnits says how a condition on units of the tree does.
func (p *place) readsUnits(c *groups.UnitCondition) string {
	how := asksFor
	for _, id := range c.Units {
		switch steps, has := p.above[id]; {
		case id == p.ID, has && steps == 0:
			return names
		case has && climbs(c.Op) && (c.Depth == 0 || steps <= c.Depth):
			how = isAbove
		}
	}
	return how
}

func (p *place) isOption(v groups.Literal) bool { return strings.TrimSpace(v.String()) == p.ID }

func climbs(op groups.Op) bool { return op == opBelow || op == opIsOrBelow }
