package oracle

import (
	"slices"

	"github.com/grouprules/groups"
)

// climb walks up from start by ID, one level at a time, at most so many levels (0: no bound). "Meeting an operand is
// Yes; a root or a node already visited is No; a missing parent is Unknown." Above gives the node over another, blank
// at the top; known is false for a node of which nobody can say what is over it.
func (o Oracle) climb(start string, goal func(id string) bool, levels int, above func(id string) (parent string, known bool)) groups.Verdict {
	visited := map[string]bool{start: true}
	if o.has(DepthOffByOne) && levels > 0 {
		levels++
	}
	if o.has(RingMemberIsBelowHimself) {
		visited = map[string]bool{}
	}
	at := start
	for level := 1; levels == 0 || level <= levels; level++ {
		parent, known := above(at)
		switch {
		case !known && o.has(MissingParentIsRoot):
			return groups.No
		case !known:
			return groups.Unknown
		case parent == "" || visited[parent]:
			return groups.No
		case goal(parent):
			return groups.Yes
		}
		visited[parent] = true
		at = parent
	}
	return groups.No
}

// unit answers a condition on the units that the user sits in.
func (o Oracle) unit(c groups.UnitCondition, u groups.User, w World) groups.Verdict {
	sits, known := u.Units[c.Tree]
	if !known {
		return groups.Unknown
	}
	if c.Op == "isEmpty" {
		return negate(yes(len(sits) == 0), c.Negated)
	}
	if len(sits) == 0 {
		return o.onEmpty(c.OnEmpty, c.Negated)
	}
	goal := func(id string) bool { return slices.Contains(c.Units, id) }
	above := func(id string) (string, bool) {
		unit, ok := w.unit(c.Tree, id)
		return unit.Parent, ok
	}
	answers := make([]groups.Verdict, 0, len(sits))
	for _, id := range sits {
		switch {
		case c.Op == "is" || c.Op == "isOrBelow" && goal(id):
			answers = append(answers, yes(goal(id)))
		default:
			answers = append(answers, o.climb(id, goal, c.Depth, above))
		}
	}
	v := anyOf(answers)
	for _, id := range c.Units {
		// "An operand naming a unit, group or tree that does not exist gives Unknown where it would give No."
		if _, ok := w.unit(c.Tree, id); !ok && v == groups.No && !o.has(MissingOperandIsNo) {
			v = groups.Unknown
		}
	}
	return negate(v, c.Negated)
}

// user answers a condition on who the user is and on the reporting line. It is never Empty: no manager is a line of
// length zero.
func (o Oracle) user(c groups.UserCondition, u groups.User, w World) groups.Verdict {
	goal := func(id string) bool { return slices.Contains(c.Users, groups.UserID(id)) }
	above := func(id string) (string, bool) {
		person, ok := w.User(groups.UserID(id))
		if !ok {
			return "", false
		}
		manager, known := person.Manager.ID()
		return string(manager), known
	}
	var v groups.Verdict
	switch {
	case c.Op == "hasReports":
		v = reports(u.ID, w)
	case c.Op == "is" || c.Op == "isOrBelow" && goal(string(u.ID)):
		v = yes(goal(string(u.ID)))
	default:
		v = o.climb(string(u.ID), goal, c.Depth, above)
	}
	return negate(v, c.Negated)
}

// reports asks whether somebody else reports to the user. Whoever's manager is unknown may.
func reports(id groups.UserID, w World) groups.Verdict {
	answers := []groups.Verdict{groups.No}
	for _, other := range w.Users {
		manager, known := other.Manager.ID()
		switch {
		case other.ID == id: // nobody is his own report
		case !known:
			answers = append(answers, groups.Unknown)
		default:
			answers = append(answers, yes(manager == id))
		}
	}
	return anyOf(answers)
}
