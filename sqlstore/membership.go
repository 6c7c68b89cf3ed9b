package sqlstore

import (
	"context"
	"slices"

	"github.com/grouprules/groups"
)

// A membership is what the stored groups say of their members, to conditions on groups: as they are written.
type membership struct {
	answering map[groups.GroupID]bool // active, and processed since
	below     map[groups.GroupID][]groups.GroupID
	// standings are those of some users in the groups that are asked about: whether they are members, and nothing where
	// they are undecided.
	standings map[groups.UserID]map[groups.GroupID]groups.Verdict
	asked     []groups.GroupID
}

// membership reads which of the groups that criteria name answer at all, and where these count, those beneath them.
func (s *Store) membership(ctx context.Context, c conn, criteria groups.Criteria) (*membership, error) {
	m := &membership{answering: map[groups.GroupID]bool{}, below: map[groups.GroupID][]groups.GroupID{}}
	named, orBelow := criteria.References()
	if len(named) == 0 {
		return m, nil
	}
	take := func(g groups.Group) {
		m.answering[g.ID] = g.Status == groups.Active && g.State.Live
		if g.Parent != "" {
			m.below[g.Parent] = append(m.below[g.Parent], g.ID)
		}
	}
	if len(orBelow) > 0 {
		for g, err := range s.groups(ctx, c) {
			if err != nil {
				return nil, err
			}
			take(g)
		}
	} else {
		found, err := list(ctx, c, scanGroup, "SELECT definition, state FROM groups_group WHERE tenant = ?1 AND "+c.dialect.oneOf("id", "?2"), array(named))
		if err != nil {
			return nil, err
		}
		for _, g := range found {
			take(g)
		}
	}
	for _, g := range named {
		m.asked = append(m.asked, m.counted(g, slices.Contains(orBelow, g))...)
	}
	return m, nil
}

// counted are the groups whose members count as members of a group.
func (m *membership) counted(g groups.GroupID, orBelow bool) []groups.GroupID {
	all := []groups.GroupID{g}
	for at := 0; orBelow && at < len(all); at++ {
		for _, child := range m.below[all[at]] {
			if !slices.Contains(all, child) {
				all = append(all, child)
			}
		}
	}
	return all
}

// of reads what is stored about some users.
func (m *membership) of(ctx context.Context, c conn, users []groups.UserID) (*membership, error) {
	some := *m
	some.standings = map[groups.UserID]map[groups.GroupID]groups.Verdict{}
	if len(m.asked) == 0 {
		return &some, nil
	}
	found, err := list(ctx, c, scanStanding, "SELECT "+standingColumns+" FROM groups_standing WHERE tenant = ?1 AND "+c.dialect.oneOf("user_id", "?2")+" AND "+c.dialect.oneOf("group_id", "?3"), array(users), array(m.asked))
	for _, st := range found {
		of := some.standings[st.User]
		if of == nil {
			of = map[groups.GroupID]groups.Verdict{}
			some.standings[st.User] = of
		}
		switch {
		case st.Undecided:
			of[st.Group] = groups.Unknown
		case st.Member != groups.Outside:
			of[st.Group] = groups.Yes
		default:
			of[st.Group] = groups.No
		}
	}
	return &some, err
}

// MemberOf answers a condition for one of the users.
func (m *membership) MemberOf(u groups.UserID, g groups.GroupID, orBelow bool) groups.Verdict {
	whole := groups.No
	for _, counted := range m.counted(g, orBelow) {
		verdict, stored := m.standings[u][counted]
		switch {
		case !m.answering[counted], stored && verdict == groups.Unknown:
			whole = groups.Unknown
		case stored && verdict == groups.Yes:
			return groups.Yes
		}
	}
	return whole
}
