package desk

import (
	"maps"
	"slices"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// look is one look at the people: some groups for everybody, some for a few users.
type look struct {
	whole   map[groups.GroupID]bool
	partial map[groups.GroupID]bool
	users   []groups.UserID
	// trusted groups are not for the guard: a person has seen what happens there.
	trusted map[groups.GroupID]bool
	deed    *deed
	edition *edition

	held map[groups.GroupID]bool
	rows map[place]row
}

// deed is what a person decides about the users of a look in one group.
type deed struct {
	group  groups.GroupID
	do, by string
	why    string
	change func(st *groups.Standing) error
}

// row is what a look comes to about one user in one group.
type row struct {
	was, revised groups.Standing
	is           groups.Standing
	fresh        groups.Method // the population, were nothing held back
	cause        groups.Cause
}

// report is what a look comes to.
type report struct {
	now   map[place]fate // what moves, or cannot be decided
	kept  map[place]fate // who stays as they are in the group of an edition
	held  map[place]fate
	rows  map[place]row
	moved bool
}

func set(ids ...groups.GroupID) map[groups.GroupID]bool {
	all := map[groups.GroupID]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all
}

// all is the look of a full run: everybody, in all groups that do not wait.
func (p *page) all() look {
	l := look{whole: map[groups.GroupID]bool{}}
	for id, g := range p.groups {
		l.whole[id] = !p.waits(g)
	}
	return l
}

// process brings all groups up to date.
func (p *page) process() report { return p.run(p.all()) }

func (l *look) at(id groups.GroupID, u groups.UserID) bool {
	return l.whole[id] || l.partial[id] && slices.Contains(l.users, u)
}

// run takes a look, has the guard judge it, and writes what is left.
func (p *page) run(l look) report {
	out := report{now: map[place]fate{}, kept: map[place]fate{}, held: map[place]fate{}}
	l.held = map[groups.GroupID]bool{}
	for id, g := range p.groups {
		l.held[id] = g.held != nil && !l.whole[id] && !l.trusted[id]
	}
	holds := map[groups.GroupID]*held{}
	for {
		l.rows = map[place]row{}
		for id := range p.groups {
			for _, u := range append(p.everybody(), l.users...) {
				if l.at(id, u) {
					p.row(&l, place{id, u})
				}
			}
		}
		over := p.judge(&l)
		if len(over) == 0 {
			break
		}
		for _, id := range over {
			switch {
			case p.leads(id, over...): // what asks for a held group is judged again, and finds it as it was
			case !l.whole[id]: // a person looks at what is held, and it is about everybody
				l.whole[id] = true
			default:
				l.held[id] = true
				holds[id] = &held{p.groups[id].Revision, l.fates(p, id)}
			}
		}
	}
	out.rows = l.rows
	for _, at := range slices.SortedFunc(maps.Keys(l.rows), byPlace) {
		r := l.rows[at]
		if f, ok := l.fate(p, at); ok {
			out.now[at] = f
		} else if l.edition != nil && l.edition.group == at.group && r.is.Population != groups.Outside {
			out.kept[at] = fate{Before: r.is.Population, After: r.is.Population}
		}
		p.tell(&l, at)
		p.groups[at.group].put(r.is)
	}
	for id, g := range p.groups {
		switch {
		case holds[id] != nil:
			g.held = holds[id]
			for u, f := range g.held.fates {
				out.held[place{id, u}] = f
			}
		case l.whole[id]:
			g.held, g.live, g.processed, g.members = nil, g.Status == groups.Active, p.now, 0
			for _, st := range g.facts {
				if st.Member != groups.Outside {
					g.members++
				}
			}
		}
	}
	return out
}

// judge are the groups that lose more than the guard lets pass.
func (p *page) judge(l *look) (over []groups.GroupID) {
	if p.mostLeaves == 0 || p.wrong(NothingIsHeld) {
		return nil
	}
	for _, id := range p.ids() {
		g := p.groups[id]
		if l.trusted[id] && !p.wrong(PublicationsAreHeld) || l.held[id] || g.Status != groups.Active || !g.live {
			continue
		}
		leaves := 0
		for at, r := range l.rows {
			left := at.group == id && r.was.Member != groups.Outside && r.is.Member == groups.Outside
			if left && (r.cause == "rule" || r.cause == "absence" || r.cause == "deactivation") {
				leaves++
			}
		}
		if leaves > p.mostLeaves {
			over = append(over, id)
		}
	}
	return over
}

// row works out one user in one group, and on the way whatever its rule asks for.
func (p *page) row(l *look, at place) row {
	if r, ok := l.rows[at]; ok {
		return r
	}
	g := p.groups[at.group]
	r := row{was: g.at(at.user)}
	r.revised = r.was
	meant := l.deed != nil && l.deed.group == at.group && slices.Contains(l.users, at.user)
	if meant {
		// Whoever is refused is not among the users.
		_ = l.deed.change(&r.revised)
	}
	if l.edition != nil && l.edition.group == at.group {
		l.edition.turn(p, g, &r.revised)
	}
	var by groups.Reason
	r.is, by = p.settle(l, g, r.revised)
	r.fresh = r.is.Population
	switch waits := p.waits(g) && !l.whole[at.group]; {
	case waits && meant && l.deed.by == string(at.user) && !p.wrong(RegistrationWaits):
		r.is, by = p.holdBack(g, r.revised)
	case waits && meant && p.wrong(AssignmentsDoNotWait):
		r.is, by = p.holdBack(g, r.revised)
	case waits:
		r.is = r.revised
	case l.held[at.group]:
		r.is, by = p.holdBack(g, r.revised)
	}
	r.cause = p.cause(g, r, by)
	l.rows[at] = r
	return r
}

// settle decides about a user by the two tables.
func (p *page) settle(l *look, g *group, st groups.Standing) (groups.Standing, groups.Reason) {
	u, present := p.users[st.User]
	bit := oracle.BitFacts{Stored: st.Automatic, Absent: !present, Frozen: g.Frozen, Manual: g.Kind == groups.ManualGroup, Verdict: groups.No}
	if present && !bit.Manual {
		bit.Verdict = p.verdict(l, g, u)
	}
	f := p.facts(g, st)
	f.Automatic = p.reader.Bit(bit)
	st.Automatic, st.Undecided = f.Automatic, p.reader.Undecided(bit, f)
	return g.enter(p, st, p.reader.Decide(f)), line(f)
}

// verdict is that of the rule, within the scope of the owner.
func (p *page) verdict(l *look, g *group, u groups.User) groups.Verdict {
	v := p.reader.Verdict(g.Criteria, u, oracle.World{
		Schema: schema(), Users: slices.Collect(maps.Values(p.users)), Units: p.units, Now: p.now,
		Member: func(u groups.UserID, named groups.GroupID, orBelow bool) groups.Verdict {
			return p.member(l, u, named, orBelow)
		},
	})
	within := groups.Yes
	if s, limited := p.scopes[g.Owner]; limited && g.Owner != "" && !p.wrong(ScopesAreIgnored) {
		switch {
		case s.broken:
			within = groups.Unknown
		case !s.users[u.ID]:
			within = groups.No
		}
	}
	switch {
	case v == groups.No || within == groups.No:
		return groups.No
	case v == groups.Unknown || within == groups.Unknown:
		return groups.Unknown
	}
	return groups.Yes
}

// member answers a condition on a group: the membership after this look where it looks there, else as written; Unknown
// for whoever is undecided there, and for everybody while the group is inactive or missing, or was not processed since it
// was turned on.
func (p *page) member(l *look, u groups.UserID, named groups.GroupID, orBelow bool) groups.Verdict {
	asked := []groups.GroupID{named}
	if orBelow {
		asked = append(asked, p.below(named)...)
	}
	answer := groups.No
	for _, id := range asked {
		g, ok := p.groups[id]
		one := groups.Unknown
		if ok && g.Status == groups.Active {
			st := g.at(u)
			if l.at(id, u) {
				st = p.row(l, place{id, u}).is
			}
			if live := g.live || l.at(id, u) && (l.whole[id] || !p.waits(g)); live && !st.Undecided {
				one = yes(st.Member != groups.Outside)
			}
		}
		if one == groups.Yes || one == groups.Unknown && answer == groups.No {
			answer = one
		}
		if answer == groups.Yes {
			break
		}
	}
	return answer
}

func yes(b bool) groups.Verdict {
	if b {
		return groups.Yes
	}
	return groups.No
}

// facts are what the table of members asks for, with the bit as it is stored.
func (p *page) facts(g *group, st groups.Standing) groups.Facts {
	u, present := p.users[st.User]
	return groups.Facts{
		Absent: !present, Activation: u.Activation, Policy: g.Deactivated, Assigned: p.inForce(st.Assignment),
		Excluded: p.exclusions && st.Exclusion != nil, Automatic: st.Automatic, Before: st.Population,
	}
}

// inForce reports whether an assignment holds: now < until, or for good.
func (p *page) inForce(a *groups.Assignment) bool {
	return a != nil && (a.Until.IsZero() || p.now.Before(a.Until) || p.wrong(oracle.UntilIsInclusive) && p.now.Equal(a.Until))
}

// holdBack decides where a group is not to follow its rule: the bit stays, and nobody leaves by status or absence.
func (p *page) holdBack(g *group, st groups.Standing) (groups.Standing, groups.Reason) {
	f := p.facts(g, st)
	in, by := p.reader.Decide(f), line(f)
	if st.Population != groups.Outside && in == groups.Outside && (by == "absence" || by == "deactivation") && !p.wrong(HeldGroupsLoseTheDeactivated) {
		f.Absent, f.Activation = false, groups.Activated
		in, by = p.reader.Decide(f), line(f)
	}
	return g.enter(p, st, in), by
}

// enter puts a user in the population, and in the membership where the group is active.
func (g *group) enter(p *page, st groups.Standing, in groups.Method) groups.Standing {
	st.Population, st.Member = in, groups.Outside
	if g.Status == groups.Active || p.wrong(InactiveGroupsShowMembers) {
		st.Member = in
	}
	return st
}

// line is the line of the table of members that decides.
func line(f groups.Facts) groups.Reason {
	if f.Activation == groups.ActivationUnknown && !f.Absent {
		active, deactivated := f, f
		active.Activation, deactivated.Activation = groups.Activated, groups.Deactivated
		var right oracle.Oracle
		if right.Decide(active) != right.Decide(deactivated) {
			return "unknown"
		}
		return line(active)
	}
	switch {
	case f.Absent:
		return "absence"
	case f.Activation == groups.Deactivated && f.Policy == groups.DropAll:
		return "deactivation"
	case f.Assigned:
		return "assignment"
	case f.Excluded:
		return "exclusion"
	case f.Activation == groups.Deactivated && f.Policy == groups.DropAutomatic:
		return "deactivation"
	}
	return "rule"
}

// cause is what the feed says about why somebody moved.
func (p *page) cause(g *group, r row, by groups.Reason) groups.Cause {
	switch {
	case g.Status != groups.Active && r.was.Member != groups.Outside:
		return "inactivation"
	case g.Status == groups.Active && !g.live && r.was.Population == r.is.Population && !p.wrong(ActivationIsByTheRule):
		return "activation"
	case by == "rule" && r.was.Population == groups.Manual:
		return "unassignment"
	}
	if by == "unknown" {
		return "rule"
	}
	return groups.Cause(by)
}

// fate is what the look does to one user, where it does anything or cannot decide.
func (l *look) fate(p *page, at place) (fate, bool) {
	r := l.rows[at]
	f := fate{Undecided: r.is.Undecided}
	switch {
	case r.was.Member != r.is.Member:
		f.Before, f.After = r.was.Member, r.is.Member
	case p.groups[at.group].Status != groups.Active && r.was.Population != r.is.Population:
		f.Before, f.After = r.was.Population, r.is.Population
	case r.is.Undecided:
		f.Before, f.After = r.is.Population, r.is.Population
	default:
		return f, false
	}
	return f, true
}

// fates are those of one group.
func (l *look) fates(p *page, id groups.GroupID) map[groups.UserID]fate {
	all := map[groups.UserID]fate{}
	for at := range l.rows {
		if f, ok := l.fate(p, at); ok && at.group == id {
			all[at.user] = f
		}
	}
	return all
}

// tell writes what happened to one user in one group to the feed and the audit.
func (p *page) tell(l *look, at place) {
	r := l.rows[at]
	if d := l.deed; d != nil && d.group == at.group && slices.Contains(l.users, at.user) && !same(r.was, r.revised) {
		p.write(d.do, at.group, at.user, d.by, d.why)
	}
	if r.was.Member == r.is.Member {
		return
	}
	c := groups.Change{
		Group: at.group, User: at.user, Kind: kindOf(r.was.Member, r.is.Member), Before: r.was.Member, After: r.is.Member, Cause: r.cause, At: p.now,
	}
	switch e := l.edition; {
	case l.deed != nil && l.deed.group == at.group && slices.Contains(l.users, at.user):
		c.By = l.deed.by
	case e != nil && e.adopts && e.group == at.group && c.Kind == groups.Joined && !p.wrong(AdoptionJoins):
		c.Kind, c.Cause, c.By = groups.Switched, "adoption", e.by
	}
	if p.wrong(UnassignedUsersRejoin) && c.Before == groups.Manual && c.After == groups.Automatic {
		out := c
		out.Kind, out.After = groups.Left, groups.Outside
		p.feed[at.group] = append(p.feed[at.group], out)
		c.Kind, c.Before = groups.Joined, groups.Outside
	}
	p.feed[at.group] = append(p.feed[at.group], c)
}

func kindOf(before, after groups.Method) groups.ChangeKind {
	switch {
	case before == groups.Outside:
		return groups.Joined
	case after == groups.Outside:
		return groups.Left
	}
	return groups.Switched
}

// same reports whether two standings say the same, times compared as instants.
func same(a, b groups.Standing) bool {
	return a.Automatic == b.Automatic && a.Undecided == b.Undecided && a.Population == b.Population && a.Member == b.Member &&
		equal(a.Assignment, b.Assignment) && equal(a.Exclusion, b.Exclusion)
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
