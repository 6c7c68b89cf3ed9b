package law

import (
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// absent users are in no directory, but groups may remember them.
var absent = []groups.UserID{"u0", "z1"}

// Tenant draws people, groups that ask for each other, and whatever may be stored about them.
func (d Drawn) Tenant(t *rapid.T) oracle.Tenant {
	w := d.World(t)
	tenant := oracle.Tenant{World: w, Stored: oracle.Stored{}, Live: map[groups.GroupID]bool{}, Exclusions: rapid.Bool().Draw(t, "exclusions"), Zone: w.Zone}
	n := rapid.IntRange(2, len(groupIDs)).Draw(t, "groups")
	for i := range n {
		tenant.Groups = append(tenant.Groups, d.Group(t, i, n, w.Now, len(w.Users)))
	}
	for _, g := range tenant.Groups {
		tenant.Live[g.ID] = g.Status == groups.Active
		if chance(t, "turned on or off since", 30) {
			tenant.Live[g.ID] = !tenant.Live[g.ID]
		}
		for _, u := range append(tenant.Everybody(), absent...) {
			if chance(t, "in touch", 50) {
				tenant.Stored.Put(d.Standing(t, g, tenant.Live[g.ID], u, w.Now))
			}
		}
	}
	return tenant
}

// Group draws the i-th of n groups. Rules ask for groups before it, and groups hang beneath groups after it, so that
// nothing closes a ring.
func (d Drawn) Group(t *rapid.T, i, n int, now time.Time, users int) groups.Group {
	g := groups.Group{
		ID: groupIDs[i], Name: "group " + string(groupIDs[i]),
		Kind:        draw(t, "kind of group", groups.AutomaticGroup, groups.AutomaticGroup, groups.AutomaticGroup, groups.ManualGroup),
		Status:      draw(t, "status of group", groups.Active, groups.Active, groups.Active, groups.Inactive),
		Frozen:      chance(t, "frozen", 12),
		Deactivated: draw(t, "policy", groups.Keep, groups.DropAutomatic, groups.DropAll),
	}
	if chance(t, "zone of its own", 40) {
		g.Zone = draw(t, "group's zone", zones...)
	}
	if i+1 < n && chance(t, "beneath another", 40) {
		g.Parent = groupIDs[rapid.IntRange(i+1, n-1).Draw(t, "parent group")]
	}
	d.groups = groupIDs[:i]
	d.NoGroups = d.NoGroups || i == 0
	g.Criteria = d.Criteria(t, now, users)
	if !d.NoGroups && chance(t, "asks for a group", 50) {
		set := &g.Criteria.Sets[len(g.Criteria.Sets)-1]
		set.Conditions[len(set.Conditions)-1] = d.group(t)
	}
	if chance(t, "no criteria", 5) {
		g.Criteria = groups.Criteria{}
	}
	return g
}

// Standing draws what may be stored about a user in a group, whether or not it follows from anything.
func (d Drawn) Standing(t *rapid.T, g groups.Group, live bool, u groups.UserID, now time.Time) groups.Standing {
	st := groups.Standing{
		Group: g.ID, User: u, Automatic: rapid.Bool().Draw(t, "bit"),
		Population: draw(t, "population", groups.Outside, groups.Manual, groups.Automatic),
		Undecided:  chance(t, "undecided", 15),
	}
	if live {
		st.Member = st.Population
	}
	if chance(t, "assigned", 30) {
		st.Assignment = &groups.Assignment{By: "ada", At: now.Add(-time.Hour), Until: until(t, now)}
	}
	if chance(t, "excluded", 20) {
		st.Exclusion = &groups.Exclusion{By: "ada", At: now.Add(-time.Hour)}
	}
	return st
}

// until draws the end of an assignment: none, or about now.
func until(t *rapid.T, now time.Time) time.Time {
	hours := draw(t, "until", -1000, -1, 0, 1, 24, 24*40)
	if hours == -1000 {
		return time.Time{}
	}
	return now.Add(time.Duration(hours) * time.Hour)
}
