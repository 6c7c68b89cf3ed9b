package law

import (
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// Model is the page with a memory: it keeps facts, and works everything out from them whenever it is asked to. Read
// with a defect it is a mutant for the laws of hosts.
type Model struct {
	oracle.Oracle
	tenant  oracle.Tenant
	live    map[groups.GroupID]bool
	feed    []groups.Change
	settled Report // what the last run said, for RunsNeverSettle
}

// NewModel returns the page, read right or with a defect.
func NewModel(defects ...oracle.Defect) *Model {
	return &Model{Oracle: oracle.Oracle{Defects: defects}}
}

func (m *Model) has(d oracle.Defect) bool { return slices.Contains(m.Defects, d) }

// Tenant is the facts. It is not to be written to.
func (m *Model) Tenant() oracle.Tenant { return m.tenant }

// Load takes the facts over.
func (m *Model) Load(t oracle.Tenant) error {
	*m = Model{Oracle: m.Oracle, tenant: t, live: map[groups.GroupID]bool{}}
	m.tenant.Groups = slices.Clone(t.Groups)
	m.tenant.Stored = t.Stored.Clone()
	maps.Copy(m.live, t.Live)
	return nil
}

// People replaces them.
func (m *Model) People(users []groups.User, units []groups.Unit, _ Touched) error {
	m.tenant.Users, m.tenant.Units = slices.Clone(users), slices.Clone(units)
	if m.has(oracle.UploadsResetDefinitions) {
		for i := range m.tenant.Groups {
			m.tenant.Groups[i].Frozen = false
		}
	}
	return nil
}

// Save replaces a definition, or adds one.
func (m *Model) Save(g groups.Group) error {
	g.Revision, g.State = 0, groups.State{}
	if i := slices.IndexFunc(m.tenant.Groups, func(old groups.Group) bool { return old.ID == g.ID }); i >= 0 {
		m.tenant.Groups[i] = g
		return nil
	}
	m.tenant.Groups = append(m.tenant.Groups, g)
	return nil
}

// Delete takes a group away with all that is stored about it; its members leave.
func (m *Model) Delete(id groups.GroupID) (refused bool, err error) {
	for _, g := range m.tenant.Groups {
		// A manual group does not read the criteria it keeps, and refers to nothing.
		named, _ := g.Criteria.References()
		if g.ID != id && (g.Parent == id || g.Kind == groups.AutomaticGroup && slices.Contains(named, id)) {
			return true, nil
		}
	}
	for u, st := range m.tenant.Stored[id] {
		if st.Member != groups.Outside {
			m.tell(Place{id, u}, st.Member, groups.Outside, "deletion")
		}
	}
	delete(m.tenant.Stored, id)
	delete(m.live, id)
	m.tenant.Groups = slices.DeleteFunc(m.tenant.Groups, func(g groups.Group) bool { return g.ID == id })
	return false, nil
}

// Clock sets the time.
func (m *Model) Clock(now time.Time) { m.tenant.Now = now }

// Preview works out what Process would tell.
func (m *Model) Preview() (Report, error) {
	if m.has(oracle.PreviewWrites) {
		return m.Process()
	}
	twin := *m
	twin.tenant.Stored = m.tenant.Stored.Clone()
	twin.live = maps.Clone(m.live)
	twin.feed = slices.Clone(m.feed)
	return twin.Process()
}

// Process works out the groups, or all of them, for everybody, and keeps the result.
func (m *Model) Process(ids ...groups.GroupID) (Report, error) {
	t := m.tenant
	t.Live = m.live
	if len(ids) > 0 {
		t.Only = ids
	}
	outcome := m.Population(t)
	r := Report{Moves: map[Move]bool{}, Undecided: map[Place]bool{}}
	if !m.has(oracle.NextIsNever) {
		r.Next = t.Now.Add(1) // too soon is never wrong
	}
	for _, g := range t.Groups {
		if len(ids) > 0 && !slices.Contains(ids, g.ID) {
			continue
		}
		for _, u := range t.Everybody() {
			m.keep(&r, Place{g.ID, u}, outcome[g.ID][u])
		}
		m.live[g.ID] = g.Status == groups.Active
	}
	if m.has(oracle.RunsNeverSettle) && len(r.Moves) == 0 {
		r.Moves = m.settled.Moves
	}
	m.settled = r
	return r, nil
}

// keep stores what a run has found out about one user in one group.
func (m *Model) keep(r *Report, p Place, row oracle.Row) {
	st := m.tenant.Stored.At(p.Group, p.User)
	if row.Undecided {
		r.Undecided[p] = true
	}
	if st.Member != row.Member {
		r.Moves[Move{p, st.Member, row.Member}] = true
		m.tell(p, st.Member, row.Member, "")
	}
	st.Automatic, st.Population, st.Member, st.Undecided = row.Automatic, row.Population, row.Member, row.Undecided
	if _, present := m.tenant.User(p.User); !present && m.has(oracle.AbsenceForgetsAll) {
		st.Assignment, st.Exclusion = nil, nil
	}
	m.tenant.Stored.Put(st)
}

// tell writes a change to the feed.
func (m *Model) tell(p Place, before, after groups.Method, cause groups.Cause) {
	g, _ := m.tenant.Group(p.Group)
	if m.has(oracle.SwitchesAreNotFed) && (before != groups.Outside && after != groups.Outside || g.Status != groups.Active) {
		return
	}
	m.feed = append(m.feed, groups.Change{Group: p.Group, User: p.User, Kind: kindOf(before, after), Before: before, After: after, Cause: cause})
}

// Changed is the same as a full run; that is all the page says. The defects skip what a host easily skips.
func (m *Model) Changed(touched Touched) (Report, error) {
	switch {
	case (m.has(oracle.ChangedSkipsTheLine) || m.has(oracle.UserAloneIsNobody)) && len(touched.Users) > 0:
		return m.alone(touched.Users, nil)
	case m.has(oracle.ChangedSkipsDependents) && len(touched.Groups) > 0:
		return m.Process(touched.Groups...)
	}
	return m.Process()
}

// alone is a run for some users, in some groups or all.
func (m *Model) alone(users []groups.UserID, ids []groups.GroupID) (Report, error) {
	t := m.tenant
	if m.has(oracle.UserAloneIsNobody) {
		t.Users = slices.DeleteFunc(slices.Clone(t.Users), func(u groups.User) bool { return !slices.Contains(users, u.ID) })
	}
	outcome := m.Population(t)
	r := Report{Moves: map[Move]bool{}, Undecided: map[Place]bool{}}
	for _, g := range m.tenant.Groups {
		if ids == nil || slices.Contains(ids, g.ID) {
			for _, u := range users {
				row, ok := outcome[g.ID][u]
				if ok {
					m.keep(&r, Place{g.ID, u}, row)
				}
			}
		}
	}
	return r, nil
}

// act changes what is stored about one user in one group, and then everything that follows for that user.
func (m *Model) act(g groups.GroupID, u groups.UserID, change func(*groups.Standing)) error {
	st := m.tenant.Stored.At(g, u)
	change(&st)
	m.tenant.Stored.Put(st)
	_, err := m.alone([]groups.UserID{u}, nil)
	return err
}

// Assign keeps an assignment, instead of an exclusion.
func (m *Model) Assign(g groups.GroupID, u groups.UserID, until time.Time) error {
	return m.act(g, u, func(st *groups.Standing) {
		st.Assignment, st.Exclusion = &groups.Assignment{By: "law", At: m.tenant.Now, Until: until}, nil
	})
}

// Unassign forgets an assignment.
func (m *Model) Unassign(g groups.GroupID, u groups.UserID) error {
	return m.act(g, u, func(st *groups.Standing) { st.Assignment = nil })
}

// Exclude keeps an exclusion, instead of an assignment.
func (m *Model) Exclude(g groups.GroupID, u groups.UserID) error {
	return m.act(g, u, func(st *groups.Standing) {
		st.Assignment, st.Exclusion = nil, &groups.Exclusion{By: "law", At: m.tenant.Now}
	})
}

// Readmit forgets an exclusion.
func (m *Model) Readmit(g groups.GroupID, u groups.UserID) error {
	return m.act(g, u, func(st *groups.Standing) { st.Exclusion = nil })
}

// TakeOut forgets an assignment, but not of a user who would still be in.
func (m *Model) TakeOut(g groups.GroupID, u groups.UserID) (refused bool, err error) {
	t := m.tenant
	t.Stored = t.Stored.Clone()
	st := t.Stored.At(g, u)
	st.Assignment = nil
	t.Stored.Put(st)
	if m.Population(t)[g][u].Population != groups.Outside {
		return true, nil
	}
	return false, m.Unassign(g, u)
}

// Forget erases a user from what is stored and from the feed, but for the leaves.
func (m *Model) Forget(u groups.UserID) error {
	m.feed = slices.DeleteFunc(m.feed, func(c groups.Change) bool { return c.User == u })
	for _, g := range m.tenant.Groups {
		if st := m.tenant.Stored.At(g.ID, u); st.Member != groups.Outside {
			m.tell(Place{g.ID, u}, st.Member, groups.Outside, "forgotten")
		}
		delete(m.tenant.Stored[g.ID], u)
	}
	return nil
}

// Stored is the standings.
func (m *Model) Stored() (oracle.Stored, error) { return m.tenant.Stored.Clone(), nil }

// Definitions is the groups.
func (m *Model) Definitions() ([]groups.Group, error) { return slices.Clone(m.tenant.Groups), nil }

// Members is those whom the standings call members.
func (m *Model) Members() (map[groups.GroupID]map[groups.UserID]groups.Method, error) {
	out := map[groups.GroupID]map[groups.UserID]groups.Method{}
	for _, g := range m.tenant.Groups {
		out[g.ID] = map[groups.UserID]groups.Method{}
		for u, st := range m.tenant.Stored[g.ID] {
			if st.Member != groups.Outside {
				out[g.ID][u] = st.Member
			}
		}
	}
	return out, nil
}

// Feed is what was told.
func (m *Model) Feed() ([]groups.Change, error) { return slices.Clone(m.feed), nil }
