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
	group    groups.GroupID
	by, why  string
	takesOut bool
	change   func(st *groups.Standing) error
}

// row is what a look comes to about one user in one group.
type row struct {
	was, revised groups.Standing
	is           groups.Standing
	fresh        groups.Standing // were nothing held back
	stays        bool            // in the population, once nothing waits for the schedule
	cause        groups.Cause
}

// report is what a look comes to.
type report struct {
	now  map[place]fate // what moves, or cannot be decided
	kept map[place]fate // who stays as they are in the group of an edition
	held map[place]fate
	rows map[place]row
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
		// Frozen since it was held, a group says nothing about what its rule would do.
		paused := g.held != nil && g.Frozen && !g.held.frozen && g.Status == groups.Active
		l.held[id] = g.held != nil && !l.trusted[id] && (!l.whole[id] || paused)
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
				holds[id] = &held{revision: p.groups[id].Revision, frozen: p.groups[id].Frozen}
			}
		}
	}
	for id, h := range holds { // what is held is what would happen now, with all else that is held as it was
		h.fates = l.fates(p, id)
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
		case l.whole[id] && !l.held[id]:
			g.held, g.live, g.processed = nil, g.Status == groups.Active, p.now
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
		if leaves > p.mostLeaves || leaves > 0 && p.stands(l, g) {
			over = append(over, id)
		}
	}
	return over
}

// stands reports whether all who were held back from leaving still would: that time passes makes nothing better.
func (p *page) stands(l *look, g *group) bool {
	if g.held == nil {
		return false
	}
	for u, f := range g.held.fates {
		now := l.rows[place{g.ID, u}]
		if f.Before != groups.Outside && f.After == groups.Outside && !(now.was.Member != groups.Outside && now.is.Member == groups.Outside) {
			return false
		}
	}
	return true
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
	r.fresh, r.stays = r.is, r.is.Population != groups.Outside
	switch waits := p.waits(g) && !l.whole[at.group]; {
	case waits && meant && l.deed.by == string(at.user) && !p.wrong(RegistrationWaits):
		r.is, by = p.holdBack(l, g, r.revised)
	case waits && meant && p.wrong(AssignmentsDoNotWait):
		r.is, by = p.holdBack(l, g, r.revised)
	case waits:
		r.is = r.revised
	case l.held[at.group]:
		r.is, by = p.holdBack(l, g, r.revised)
		r.stays = r.is.Population != groups.Outside
	}
	r.cause = p.cause(l, g, r, by)
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
	return p.enter(l, g, st, p.reader.Decide(f)), line(f)
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

// holdBack decides where a group is not to follow its rule: the bit stays, and nobody leaves by status or absence. What
// people decided about a user is certain, whatever the rule will say.
func (p *page) holdBack(l *look, g *group, st groups.Standing) (groups.Standing, groups.Reason) {
	f := p.facts(g, st)
	if st.Population != groups.Outside && !p.wrong(HeldGroupsLoseTheDeactivated) {
		f.Absent, f.Activation = false, groups.Activated
	}
	by := line(f)
	if by == "assignment" || by == "exclusion" {
		st.Undecided = false
	}
	return p.enter(l, g, st, p.reader.Decide(f)), by
}

// enter puts a user in the population, and in the membership where the group has effects.
func (p *page) enter(l *look, g *group, st groups.Standing, in groups.Method) groups.Standing {
	st.Population, st.Member = in, groups.Outside
	if p.effective(l, g) || p.wrong(InactiveGroupsShowMembers) {
		st.Member = in
	}
	return st
}

// effective reports whether the membership is the population: the group is active or, where that waits, was so when it was
// last processed.
func (p *page) effective(l *look, g *group) bool {
	if p.waits(g) && !l.whole[g.ID] {
		return g.live
	}
	return g.Status == groups.Active
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
func (p *page) cause(l *look, g *group, r row, by groups.Reason) groups.Cause {
	switch {
	case !p.effective(l, g) && r.was.Member != groups.Outside:
		return "inactivation"
	case p.effective(l, g) && !g.live && r.was.Population == r.is.Population && !p.wrong(ActivationIsByTheRule):
		return "activation"
	case by == "rule" && r.was.Population == groups.Manual && !(g.Kind == groups.AutomaticGroup && r.was.Automatic && !r.is.Automatic):
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
	case !p.effective(l, p.groups[at.group]) && r.was.Population != r.is.Population:
		f.Before, f.After = r.was.Population, r.is.Population
	case r.is.Undecided:
		f.Before, f.After = r.is.Population, r.is.Population
	default:
		return f, false
	}
	return f, true
}

// fates are what would happen in one group, were it not held.
func (l *look) fates(p *page, id groups.GroupID) map[groups.UserID]fate {
	twin := *l
	twin.rows = map[place]row{}
	for at, r := range l.rows {
		if at.group == id {
			r.was, r.is = r.is, r.fresh // what counts at once is not held
			twin.rows[at] = r
		}
	}
	all := map[groups.UserID]fate{}
	for at := range twin.rows {
		if f, ok := twin.fate(p, at); ok {
			all[at.user] = f
		}
	}
	return all
}

// tell writes what happened to one user in one group to the feed and the audit.
func (p *page) tell(l *look, at place) {
	r := l.rows[at]
	switch d, e := l.deed, l.edition; {
	case d != nil && d.group == at.group && slices.Contains(l.users, at.user):
		p.decided(r.was, r.revised, d.by, d.why)
	case e != nil && e.group == at.group:
		p.decided(r.was, r.revised, e.by, "")
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

// decided writes down every decision that is made or ends.
func (p *page) decided(was, is groups.Standing, by, why string) {
	if !equal(was.Assignment, is.Assignment) {
		p.write(map[bool]string{true: "assign", false: "unassign"}[is.Assignment != nil], is.Group, is.User, by, why)
	}
	if !equal(was.Exclusion, is.Exclusion) {
		p.write(map[bool]string{true: "exclude", false: "readmit"}[is.Exclusion != nil], is.Group, is.User, by, why)
	}
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
