package oracle

import (
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// Stored is what processing finds written: the standings of all groups, and which groups are live.
type Stored map[groups.GroupID]map[groups.UserID]groups.Standing

// At returns what is stored about a user in a group; nothing is a blank standing.
func (s Stored) At(g groups.GroupID, u groups.UserID) groups.Standing {
	if st, ok := s[g][u]; ok {
		return st
	}
	return groups.Standing{Group: g, User: u}
}

// Put stores a standing; a blank one is erased.
func (s Stored) Put(st groups.Standing) {
	if s[st.Group] == nil {
		s[st.Group] = map[groups.UserID]groups.Standing{}
	}
	s[st.Group][st.User] = st
	if st.Blank() {
		delete(s[st.Group], st.User)
	}
}

// Clone copies what is stored.
func (s Stored) Clone() Stored {
	out := Stored{}
	for g, m := range s {
		out[g] = maps.Clone(m)
	}
	return out
}

// Row is what a full run must give for one user in one group.
type Row struct {
	Automatic  bool
	Population groups.Method
	Member     groups.Method
	Undecided  bool
}

// Outcome is what a full run must give, for every group and everybody who is in the directory or in touch with it.
type Outcome map[groups.GroupID]map[groups.UserID]Row

// Tenant is all there is to decide memberships by.
type Tenant struct {
	World
	Groups []groups.Group
	Stored Stored
	// Exclusions is the host's switch.
	Exclusions bool
	// Only, if not nil, is the groups that the run processes; others answer conditions as they are written.
	Only []groups.GroupID
	// Live is the groups whose membership has been written since they were activated. It matters to those that the run
	// does not process.
	Live map[groups.GroupID]bool
	// Zone is where dates turn for groups that name no zone; it hides that of the World, which is set group by group.
	Zone *time.Location
}

// Group finds a group.
func (t Tenant) Group(id groups.GroupID) (groups.Group, bool) {
	for _, g := range t.Groups {
		if g.ID == id {
			return g, true
		}
	}
	return groups.Group{}, false
}

// Everybody is the users of the directory and those whom a group still remembers, in order.
func (t Tenant) Everybody() []groups.UserID {
	set := map[groups.UserID]bool{}
	for _, u := range t.Users {
		set[u.ID] = true
	}
	for _, m := range t.Stored {
		for id := range m {
			set[id] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// processes reports whether the run processes a group.
func (t Tenant) processes(id groups.GroupID) bool {
	return t.Only == nil || slices.Contains(t.Only, id)
}

// Population is what a run over the groups must give.
func (o Oracle) Population(t Tenant) Outcome {
	out := Outcome{}
	for _, g := range t.Groups {
		out[g.ID] = map[groups.UserID]Row{}
		if !t.processes(g.ID) {
			continue
		}
		for _, u := range t.Everybody() {
			out[g.ID][u] = o.row(t, g, u)
		}
	}
	return out
}

// row decides about one user in one group, and on the way about every group that its rule asks for.
func (o Oracle) row(t Tenant, g groups.Group, id groups.UserID) Row {
	st := t.Stored.At(g.ID, id)
	u, present := t.User(id)
	// A manual group does not read its rule, so nothing about it can be Unknown.
	bit := BitFacts{Stored: st.Automatic, Absent: !present, Frozen: g.Frozen, Manual: g.Kind == groups.ManualGroup, Verdict: groups.No}
	if present && !bit.Manual {
		w := t.World
		w.Zone = t.zone(g)
		w.Member = func(u groups.UserID, named groups.GroupID, orBelow bool) groups.Verdict {
			return o.member(t, g.ID, u, named, orBelow)
		}
		bit.Verdict = o.Verdict(g.Criteria, u, w)
	}
	f := groups.Facts{
		Absent: !present, Activation: u.Activation, Policy: g.Deactivated,
		Assigned:  o.inForce(st.Assignment, t.Now),
		Excluded:  t.Exclusions && st.Exclusion != nil,
		Automatic: o.Bit(bit),
		Before:    st.Population,
	}
	if o.has(PolicyClearsTheBit) && f.Activation == groups.Deactivated && f.Policy != groups.Keep {
		f.Automatic = false
	}
	decided := f
	if g.Frozen && o.has(FreezingSheltersDeactivated) {
		decided.Activation = groups.Activated
	}
	row := Row{Automatic: f.Automatic, Population: o.Decide(decided), Undecided: o.Undecided(bit, f)}
	if g.Status == groups.Active {
		row.Member = row.Population
	} else if o.has(InactiveKeepsMembers) {
		row.Member = st.Member
	}
	return row
}

// inForce reports whether an assignment holds: `now < until`, or for good.
func (o Oracle) inForce(a *groups.Assignment, now time.Time) bool {
	switch {
	case a == nil:
		return false
	case a.Until.IsZero() || now.Before(a.Until):
		return true
	}
	return now.Equal(a.Until) && o.has(UntilIsInclusive)
}

func (t Tenant) zone(g groups.Group) *time.Location {
	if g.Zone == "" {
		return t.Zone
	}
	zone, err := time.LoadLocation(g.Zone)
	if err != nil {
		panic("oracle: no such zone: " + g.Zone)
	}
	return zone
}

// member answers a condition on a group: "its membership after this run; Unknown for users undecided there, and for
// everybody while that group is inactive, missing or on a cycle".
func (o Oracle) member(t Tenant, asker groups.GroupID, u groups.UserID, named groups.GroupID, orBelow bool) groups.Verdict {
	asked := []groups.GroupID{named}
	if orBelow {
		asked = t.below(named)
	}
	answers := make([]groups.Verdict, len(asked))
	for i, id := range asked {
		g, ok := t.Group(id)
		switch {
		case !ok || t.onCycle(id):
		case g.Status != groups.Active:
			if o.has(InactiveGroupHasNobody) {
				answers[i] = groups.No
			}
		case !t.processes(id) && !t.Live[id]:
			// Nothing was written since the group was activated, so nothing is known of its members.
		case !t.processes(id) || o.has(GroupsAreReadAsWritten) || o.has(GroupsInOrderOfSaving) && t.savedBefore(asker, id):
			st := t.Stored.At(id, u)
			answers[i] = o.tells(st.Member, st.Undecided)
		default:
			row := o.row(t, g, u)
			answers[i] = o.tells(row.Member, row.Undecided)
		}
	}
	return anyOf(answers)
}

// tells is what a group answers of a user who is in it one way or not.
func (o Oracle) tells(m groups.Method, undecided bool) groups.Verdict {
	switch {
	case !undecided:
		return yes(m != groups.Outside)
	case o.has(UndecidedIsOut):
		return groups.No
	}
	return groups.Unknown
}

// savedBefore reports whether one group stands before another in the list.
func (t Tenant) savedBefore(one, other groups.GroupID) bool {
	at := func(id groups.GroupID) int {
		return slices.IndexFunc(t.Groups, func(g groups.Group) bool { return g.ID == id })
	}
	return at(one) < at(other)
}

// below is a group and all groups beneath it, each once.
func (t Tenant) below(id groups.GroupID) []groups.GroupID {
	list := []groups.GroupID{id}
	for i := 0; i < len(list); i++ {
		for _, g := range t.Groups {
			if g.Parent == list[i] && !slices.Contains(list, g.ID) {
				list = append(list, g.ID)
			}
		}
	}
	return list
}

// asks is the groups whose memberships the rule of a group reads.
func (t Tenant) asks(id groups.GroupID) []groups.GroupID {
	g, ok := t.Group(id)
	if !ok || g.Kind == groups.ManualGroup {
		return nil
	}
	named, orBelow := g.Criteria.References()
	for _, id := range orBelow {
		named = append(named, t.below(id)...)
	}
	return named
}

// onCycle reports whether the rules lead from a group back to it.
func (t Tenant) onCycle(id groups.GroupID) bool {
	seen := map[groups.GroupID]bool{}
	var leads func(from groups.GroupID) bool
	leads = func(from groups.GroupID) bool {
		for _, next := range t.asks(from) {
			if next == id {
				return true
			}
			if !seen[next] {
				seen[next] = true
				if leads(next) {
					return true
				}
			}
		}
		return false
	}
	return leads(id)
}
