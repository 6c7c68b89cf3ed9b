package law

import (
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// Placed draws a tenant whose active rules ask for units of a tree, options, courses and other groups, and whose people
// mostly have some, so that much moves where one of these does.
func (d Drawn) Placed(t *rapid.T) oracle.Tenant {
	tenant := d.Tenant(t)
	for i := range tenant.Users {
		u := &tenant.Users[i]
		if draw(t, "placed", true, true, true, false) {
			u.Activation = groups.Activated
			u.Units[branch] = draw(t, "units", []string{"a"}, []string{"b"}, []string{"c"}, []string{"d"}, []string{"b", "e"}, []string{"c", "f"}, []string{})
			u.Fields["site"] = groups.Choice(draw(t, "site", options...))
			u.Fields["skills"] = groups.Choice(some(t, "skills", 2, options...)...)
			u.Enrollments = groups.Enrolled(d.enrollment(t, draw(t, "course", courses...), tenant.Now))
		}
	}
	for i := range tenant.Groups {
		g := &tenant.Groups[i]
		if draw(t, "asks for places", true, true, true, false) {
			g.Status, g.Frozen, g.Kind = groups.Active, false, groups.AutomaticGroup
			g.Criteria = groups.Criteria{Match: match(t)}
			for range draw(t, "sets", 1, 1, 2) {
				s := groups.Set{Match: match(t)}
				for range draw(t, "conditions", 1, 1, 2) {
					d.groups = groupIDs[:i]
					s.Conditions = append(s.Conditions, d.place(t, tenant.Now))
				}
				g.Criteria.Sets = append(g.Criteria.Sets, s)
			}
		}
	}
	return tenant
}

// place draws a condition on units, options, courses or groups.
func (d Drawn) place(t *rapid.T, now time.Time) groups.Condition {
	kinds := []string{"unit", "unit", "unit", "choice", "choice", "course"}
	if len(d.groups) > 0 && !d.NoGroups {
		kinds = append(kinds, "group")
	}
	switch draw(t, "kind", kinds...) {
	case "choice":
		for range 20 {
			if c := d.field(t, now, 1); slices.Contains([]string{"site", "skills"}, c.Field) {
				return c
			}
		}
	case "course":
		return d.enrolled(t, now)
	case "group":
		return d.group(t)
	}
	c := d.unit(t)
	c.Tree = branch
	return c
}
