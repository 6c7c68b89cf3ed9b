package desk

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// edition is a definition that is written with the membership it brings.
type edition struct {
	group   groups.GroupID
	by      string
	adopts  bool
	turned  bool // the kind is another one
	members groups.CurrentMembers
}

// turn is what becomes of a user where the kind changes: members are assigned, or dropped, as the caller says.
func (e *edition) turn(p *page, g *group, st *groups.Standing) {
	if !e.turned {
		return
	}
	members := e.members
	if p.wrong(MembersAreAlwaysDropped) {
		members = groups.MembersDropped
	}
	defer func() { st.Automatic = st.Automatic && g.Kind == groups.AutomaticGroup }() // nobody reads the rule any more
	switch {
	case members == groups.MembersDropped:
		st.Assignment = nil
	case st.Automatic && st.Population != groups.Outside && !p.inForce(st.Assignment):
		st.Assignment = &groups.Assignment{By: e.by, At: p.now, Source: "kind"}
	}
}

// define puts a definition in the place of the stored one, with the version that it makes.
func (p *page) define(g groups.Group, by string) {
	old, there := p.groups[g.ID]
	if !there {
		old = &group{Group: groups.Group{Revision: p.gone[g.ID]}, facts: map[groups.UserID]groups.Standing{}, drafts: map[string]draft{}}
		p.groups[g.ID] = old
	}
	was := text(old.Criteria)
	revision := old.Revision + 1
	g.State = groups.State{}
	old.Group = g
	old.Revision, old.SavedBy, old.SavedAt = revision, by, p.now
	if is := text(g.Criteria); is != was || p.wrong(EveryEditMakesAVersion) {
		old.versions = append(slices.Clip(old.versions), version{revision, by, p.now, is})
		if n := len(old.versions); n > 10 && !p.wrong(VersionsAreKeptForEver) {
			old.versions = old.versions[n-10:]
		}
	}
}

// text is something as JSON.
func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // the values of these packages have JSON
	}
	return string(data)
}

// check refuses a definition that cannot be.
func (p *page) check(g groups.Group) error {
	if g.Name == "" {
		return fmt.Errorf("group %q: %w", g.ID, groups.ErrGroup)
	}
	return nil
}

// save saves a definition, and refuses a ring; nobody moves.
func (p *page) save(g groups.Group, by string) error {
	do := "edit"
	if _, err := p.started(g.ID, g.Revision); err != nil {
		return err
	} else if err := p.check(g); err != nil {
		return err
	}
	if p.groups[g.ID] == nil {
		do = "create"
	}
	if p.define(g, by); p.ring() {
		return fmt.Errorf("group %q: %w", g.ID, groups.ErrCycle)
	}
	p.write(do, g.ID, "", by, "")
	return nil
}

// edit is what an administrator saves at the desk: the definition, and then everything follows. shown, if not nil, is the
// preview that the edit carries.
func (p *page) edit(a admin.Actor, g groups.Group, shown *plan) error {
	return p.try(func(p *page) error {
		stored, err := p.started(g.ID, g.Revision)
		if err != nil {
			return err
		}
		if stored != nil && stored.Kind != g.Kind && !p.wrong(KindsAreSaved) {
			return fmt.Errorf("a change of kind is %w", admin.ErrPreview)
		}
		required := p.required(a, stored, g)
		switch {
		case required && g.Frozen && !p.wrong(PreviewsAreNotRequired):
			return fmt.Errorf("frozen, it moves nobody: the edit is %w", admin.ErrPreview)
		case shown != nil || required && !p.wrong(PreviewsAreNotRequired):
			now, err := p.foresee(g, groups.MembersUnsaid)
			if err != nil {
				return err
			}
			if shown == nil || !now.same(shown) {
				return fmt.Errorf("the edit is %w", admin.ErrPreview)
			}
			_, err = p.carryOut(g, groups.MembersUnsaid, a.By, "publish", false)
			return err
		}
		if err := p.save(g, a.By); err != nil {
			return err
		}
		p.process()
		return nil
	})
}

// required reports whether an edit has to be previewed: the policy says so, and the rule is another one.
func (p *page) required(a admin.Actor, stored *group, g groups.Group) bool {
	var was groups.Criteria
	if stored != nil && stored.Kind == groups.AutomaticGroup {
		was = stored.Criteria
	}
	return p.preview && (!a.BypassPreview || p.wrong(NobodyMayBypass)) && g.Kind == groups.AutomaticGroup && text(was) != text(g.Criteria)
}

// alter edits one thing of a group, from a revision.
func (p *page) alter(a admin.Actor, id groups.GroupID, revision uint64, change func(*groups.Group)) error {
	g, err := p.find(id)
	if err != nil {
		return err
	}
	next := g.Group
	next.Revision = revision
	change(&next)
	return p.edit(a, next, nil)
}

// freeze saves that a group is frozen, or not, and moves nobody.
func (p *page) freeze(by string, id groups.GroupID, revision uint64, frozen bool) error {
	return p.try(func(p *page) error {
		g, err := p.find(id)
		if err != nil {
			return err
		}
		next := g.Group
		next.Revision, next.Frozen = revision, frozen
		if err := p.save(next, by); err != nil {
			return err
		}
		if p.wrong(UnfreezingMoves) {
			p.process()
		}
		return nil
	})
}

// plan is what was shown to an editor; forged is one that somebody wrote into since.
type plan struct {
	group   groups.Group
	members groups.CurrentMembers
	fates   map[place]fate
	forged  bool
}

// same reports whether two plans are of the same edit and do the same.
func (a *plan) same(b *plan) bool {
	return bare(a.group) == bare(b.group) && a.members == b.members && maps.Equal(a.fates, b.fates)
}

// bare is a definition without who saved it.
func bare(g groups.Group) string {
	g.SavedBy, g.SavedAt, g.State = "", time.Time{}, groups.State{}
	return text(g)
}

// foresee works out what an edit would do: to its group, and to the groups that refer to it.
func (p *page) foresee(g groups.Group, members groups.CurrentMembers) (*plan, error) {
	p = p.clone()
	stored, err := p.started(g.ID, g.Revision)
	if err != nil {
		return nil, err
	}
	if stored == nil || stored.Kind == g.Kind {
		members = groups.MembersUnsaid
	}
	r, err := p.carryOut(g, members, "nobody", "preview", false)
	if err != nil {
		return nil, err
	}
	maps.Copy(r.now, r.kept)
	return &plan{group: g, members: members, fates: r.now}, nil
}

// carryOut saves a definition together with the membership that it brings, there and in the groups that refer to it.
func (p *page) carryOut(g groups.Group, members groups.CurrentMembers, by, do string, adopts bool) (report, error) {
	stored, err := p.started(g.ID, g.Revision)
	if err == nil {
		err = p.check(g)
	}
	if err != nil {
		return report{}, err
	}
	e := &edition{group: g.ID, by: by, adopts: adopts, members: members, turned: stored != nil && stored.Kind != g.Kind}
	followers := p.followers(g.ID) // also those that count what is beneath a parent that it had
	p.define(g, by)
	switch {
	case p.ring():
		return report{}, fmt.Errorf("group %q: %w", g.ID, groups.ErrCycle)
	case e.turned && members == groups.MembersUnsaid:
		return report{}, fmt.Errorf("group %q: nobody said what becomes of its members: %w", g.ID, groups.ErrGroup)
	}
	l := look{whole: set(g.ID), trusted: set(g.ID), edition: e}
	for _, id := range append(followers, p.followers(g.ID)...) {
		l.whole[id] = l.whole[id] || !p.waits(p.groups[id])
		l.trusted[id] = !adopts || id == g.ID
	}
	r := p.run(l)
	p.write(do, g.ID, "", by, "")
	return r, nil
}

// publish saves and applies exactly what a plan shows.
func (p *page) publish(a admin.Actor, shown *plan) error {
	return p.try(func(p *page) error {
		stored, err := p.started(shown.group.ID, shown.group.Revision)
		if err == nil && shown.group.Frozen && p.required(a, stored, shown.group) && !p.wrong(PreviewsAreNotRequired) {
			err = fmt.Errorf("frozen, it moves nobody: the edit is %w", admin.ErrPreview)
		}
		if err == nil && shown.forged {
			err = fmt.Errorf("group %q: %w", shown.group.ID, groups.ErrPlan)
		}
		if err != nil {
			return err
		}
		r, err := p.carryOut(shown.group, shown.members, a.By, "publish", false)
		if err != nil {
			return err
		}
		maps.Copy(r.now, r.kept)
		if !maps.Equal(r.now, shown.fates) && !p.wrong(StalePlansArePublished) {
			return fmt.Errorf("group %q: %w", shown.group.ID, groups.ErrStale)
		}
		return nil
	})
}

// adopt turns a group on whose members the host has already.
func (p *page) adopt(by string, id groups.GroupID, revision uint64) error {
	return p.try(func(p *page) error {
		g, err := p.find(id)
		switch {
		case err != nil:
			return err
		case g.Status == groups.Active:
			return fmt.Errorf("group %q: it is active: %w", id, groups.ErrGroup)
		}
		next := g.Group
		next.Status, next.Revision = groups.Active, revision
		_, err = p.carryOut(next, groups.MembersUnsaid, by, "adopt", true)
		return err
	})
}

// approval is a held plan as somebody read it.
type approval struct {
	id    string
	group groups.GroupID
	held
}

// approve writes exactly what a held plan says; the groups that refer to the group follow under the guard.
func (p *page) approve(by string, a approval) error {
	return p.try(func(p *page) error {
		g, err := p.find(a.group)
		switch {
		case err != nil:
			return err
		case g.approved == a.id && (g.held == nil || g.held.revision != a.revision || !maps.Equal(g.held.fates, a.fates)):
			return nil
		case g.Revision != a.revision:
			return g.conflict()
		}
		l := look{whole: set(a.group), trusted: set(a.group)}
		for _, id := range p.followers(a.group) {
			l.whole[id] = l.whole[id] || !p.waits(p.groups[id])
		}
		r := p.run(l)
		for at := range r.now {
			if at.group != a.group {
				delete(r.now, at)
			}
		}
		planned := map[place]fate{}
		for u, f := range a.fates {
			planned[place{a.group, u}] = f
		}
		if !maps.Equal(planned, r.now) && !p.wrong(StalePlansAreApproved) {
			return fmt.Errorf("group %q: %w", a.group, groups.ErrStale)
		}
		g.approved = a.id
		p.write("approve", a.group, "", by, "")
		return nil
	})
}

// remove deletes a group: its members leave, and the groups that count what is beneath theirs follow.
func (p *page) remove(by string, id groups.GroupID, revision uint64) error {
	return p.try(func(p *page) error {
		g, err := p.started(id, revision)
		if err == nil {
			_, err = p.find(id)
		}
		if err != nil {
			return err
		}
		for _, other := range p.groups {
			named, _ := other.Criteria.References()
			refers := other.ID != id && other.Kind == groups.AutomaticGroup && slices.Contains(named, id)
			if (refers || other.Parent == id) && !p.wrong(ReferredGroupsAreDeleted) {
				return fmt.Errorf("group %q: %w", id, groups.ErrReferred)
			}
		}
		for _, u := range slices.Sorted(maps.Keys(g.facts)) {
			if m := g.facts[u].Member; m != groups.Outside && !p.wrong(DeletionIsNotTold) {
				p.feed[id] = append(p.feed[id], groups.Change{
					Group: id, User: u, Kind: groups.Left, Before: m, Cause: "deletion", By: by, At: p.now,
				})
			}
		}
		delete(p.groups, id)
		p.gone[id] = g.Revision
		p.write("delete", id, "", by, "")
		p.process()
		return nil
	})
}

// duplicate creates a group like another one: inactive, the actor's, without automatic members.
func (p *page) duplicate(a admin.Actor, source groups.GroupID, as groups.Group, what admin.Duplication) error {
	return p.try(func(p *page) error {
		g, err := p.find(source)
		if err != nil {
			return err
		}
		next := g.Group
		next.ID, next.Name, next.Owner, next.Revision = as.ID, as.Name, as.Owner, 0
		if next.Owner == "" {
			next.Owner = a.By
		}
		if !p.wrong(CopiesKeepTheStatus) {
			next.Status = groups.Inactive
		}
		next.Frozen = false
		if !what.Conditions {
			next.Criteria = groups.Criteria{}
		}
		given := slices.Collect(maps.Values(g.facts))
		whole := a
		whole.BypassPreview = true
		if err := p.edit(whole, next, nil); err != nil || !what.Users {
			return err
		}
		ends := map[time.Time][]groups.UserID{}
		for _, st := range given {
			switch {
			case p.inForce(st.Assignment):
				ends[st.Assignment.Until.UTC()] = append(ends[st.Assignment.Until.UTC()], st.User)
			case st.Population == groups.Automatic && p.wrong(AutomaticMembersAreCopied):
				ends[time.Time{}] = append(ends[time.Time{}], st.User)
			}
		}
		for _, end := range slices.SortedFunc(maps.Keys(ends), time.Time.Compare) {
			until := end
			if p.wrong(CopiesNeverEnd) {
				until = time.Time{}
			}
			p.decide(ends[end], &deed{group: as.ID, by: a.By, change: func(st *groups.Standing) error {
				st.Assignment = &groups.Assignment{By: a.By, At: p.now, Until: until, Source: "group:" + string(source)}
				return nil
			}})
		}
		return nil
	})
}
