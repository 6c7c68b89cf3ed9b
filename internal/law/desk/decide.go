package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// decide has a person decide about users in one group. That group is looked at for them, with those that refer to it;
// groups turned on or off and not processed since, for everybody.
func (p *page) decide(users []groups.UserID, d *deed) report {
	l := look{users: users, deed: d, whole: map[groups.GroupID]bool{}, partial: set(d.group), trusted: map[groups.GroupID]bool{}}
	l.trusted[d.group] = d.takesOut && p.groups[d.group].held == nil
	var turned []groups.GroupID
	for _, id := range append(p.followers(d.group), d.group) {
		g := p.groups[id]
		l.partial[id] = id == d.group || !p.waits(g)
		if g.live != (g.Status == groups.Active) {
			turned = append(turned, id)
		}
	}
	for _, id := range append(p.followers(turned...), turned...) {
		l.whole[id] = !p.waits(p.groups[id])
	}
	return p.run(l)
}

// outcome is what an act comes to for one user, as it is reported.
type outcome struct {
	User   groups.UserID
	Code   admin.OutcomeCode
	Method groups.Method
}

// whom finds the users whom an act is about.
type whom struct {
	ids   []groups.UserID // as somebody names them
	group groups.GroupID
	unit  string
	below bool
	csv   bool // ids from a file
}

// outcomes are one for each user named, or in the group or unit, before anything is done.
func (p *page) outcomes(w whom) ([]outcome, error) {
	var out []outcome
	switch {
	case w.group != "":
		g, err := p.find(w.group)
		if err != nil {
			return nil, err
		}
		for _, id := range p.everybody() {
			if _, present := p.users[id]; present && g.at(id).Population != groups.Outside {
				out = append(out, outcome{User: id, Code: admin.Found})
			}
		}
	case w.unit != "":
		if !slices.ContainsFunc(p.units, func(u groups.Unit) bool { return u.ID == w.unit }) {
			return nil, fmt.Errorf("unit %q: %w", w.unit, groups.ErrNotFound)
		}
		for _, id := range p.everybody() {
			for _, sits := range p.users[id].Units[branch] {
				if sits == w.unit || w.below && slices.Contains(p.above(sits), w.unit) {
					out = append(out, outcome{User: id, Code: admin.Found})
					break
				}
			}
		}
	default:
		seen := map[groups.UserID]bool{}
		for _, id := range w.ids {
			o := outcome{User: id, Code: admin.Found}
			if _, present := p.users[id]; !present {
				o = outcome{Code: admin.NoSuchUser}
			} else if seen[id] {
				o.Code = admin.Repeated
			}
			seen[id] = true
			out = append(out, o)
		}
	}
	return out, nil
}

// above are the units above one.
func (p *page) above(unit string) (path []string) {
	for {
		i := slices.IndexFunc(p.units, func(u groups.Unit) bool { return u.ID == unit })
		if i < 0 || p.units[i].Parent == "" || slices.Contains(path, p.units[i].Parent) {
			return path
		}
		unit = p.units[i].Parent
		path = append(path, unit)
	}
}

// source is where assignments come from.
func (w whom) source() string {
	switch {
	case w.group != "":
		return "group:" + string(w.group)
	case w.unit != "":
		return "unit:" + string(branch) + "/" + w.unit
	case w.csv:
		return "csv"
	}
	return "person"
}

// list does something to users at the desk. wish says from what is stored whether there is something to do.
func (p *page) list(id groups.GroupID, w whom, d *deed, wish func(groups.Standing) admin.OutcomeCode) ([]outcome, error) {
	g, err := p.find(id)
	if err != nil {
		return nil, err
	}
	out, err := p.outcomes(w)
	if err != nil {
		return nil, err
	}
	var users []groups.UserID
	before := map[groups.UserID]groups.Standing{}
	for i := range out {
		if o := &out[i]; o.Code == admin.Found {
			before[o.User] = g.at(o.User)
			if o.Code = wish(g.at(o.User)); o.Code == admin.Done && p.refuses(id, o.User, d) {
				o.Code = admin.Refused
			}
			if o.Code == admin.Done {
				users = append(users, o.User)
			}
		}
	}
	var r report
	if len(users) > 0 {
		r = p.decide(users, d)
	}
	for i := range out {
		o := &out[i]
		if o.Code == admin.NoSuchUser || o.Code == admin.Repeated {
			continue
		}
		was := before[o.User]
		f := r.now[place{id, o.User}]
		if o.Code == admin.Done && d.takesOut && f.Before == f.After && was.Population == groups.Outside && was.Assignment == nil {
			o.Code = admin.Already
		}
		o.Method = g.at(o.User).Population
	}
	return out, nil
}

// refuses reports whether an act is against an earlier decision or, where it takes out, against the rule.
func (p *page) refuses(id groups.GroupID, u groups.UserID, d *deed) bool {
	st := p.groups[id].at(u)
	if d.change(&st) != nil {
		return true
	}
	if !d.takesOut || p.wrong(EligibleUsersAreTakenOut) {
		return false
	}
	r := p.clone().decide([]groups.UserID{u}, d)
	return r.rows[place{id, u}].stays
}

// covers reports whether an assignment lasts until then, or longer.
func covers(a *groups.Assignment, until time.Time) bool {
	return a != nil && (a.Until.IsZero() || !until.IsZero() && !a.Until.Before(until))
}

// assigning is the deed of assigning.
func (p *page) assigning(id groups.GroupID, w whom, by string, t admin.Terms) *deed {
	return &deed{group: id, by: by, why: t.Why, change: func(st *groups.Standing) error {
		if st.Exclusion != nil && p.exclusions && !t.Replace && !p.wrong(ExcludedUsersAreAssigned) {
			return groups.ErrExcluded
		}
		if t.Replace {
			st.Exclusion = nil
		}
		if !covers(st.Assignment, t.Until) || p.wrong(AssignmentsAreMadeAnew) {
			st.Assignment = &groups.Assignment{By: by, At: p.now, Why: t.Why, Until: t.Until, Source: w.source(), Approver: t.Approver}
		}
		return nil
	}}
}

func (p *page) assign(id groups.GroupID, w whom, by string, t admin.Terms, switches bool) ([]outcome, error) {
	return p.list(id, w, p.assigning(id, w, by, t), func(st groups.Standing) admin.OutcomeCode {
		switch {
		case covers(st.Assignment, t.Until) && !(t.Replace && st.Exclusion != nil) && !p.wrong(AssignmentsAreMadeAnew):
			return admin.Already
		case switches && st.Population == groups.Outside:
			return admin.NotIn
		}
		return admin.Done
	})
}

func unassigning(id groups.GroupID, by string) *deed {
	return &deed{group: id, by: by, change: func(st *groups.Standing) error {
		st.Assignment = nil
		return nil
	}}
}

func (p *page) removeManual(id groups.GroupID, w whom, by string) ([]outcome, error) {
	return p.list(id, w, unassigning(id, by), func(st groups.Standing) admin.OutcomeCode {
		switch {
		case st.Assignment != nil:
			return admin.Done
		case st.Population == groups.Outside:
			return admin.NotIn
		}
		return admin.Already
	})
}

func (p *page) takeOut(id groups.GroupID, w whom, by string) ([]outcome, error) {
	d := unassigning(id, by)
	d.takesOut = true
	return p.list(id, w, d, func(groups.Standing) admin.OutcomeCode { return admin.Done })
}

// register has a user assign themselves, which waits for no schedule.
func (p *page) register(id groups.GroupID, u groups.UserID) error {
	if _, err := p.find(id); err != nil {
		return err
	}
	d := &deed{group: id, by: string(u), change: func(st *groups.Standing) error {
		if st.Exclusion != nil && p.exclusions {
			return groups.ErrExcluded
		}
		st.Assignment = &groups.Assignment{By: string(u), At: p.now}
		return nil
	}}
	return p.deal([]groups.UserID{u}, d)
}

// deal has a person decide about users, all of them or, where one is refused, none.
func (p *page) deal(users []groups.UserID, d *deed) error {
	for _, u := range users {
		st := p.groups[d.group].at(u)
		if err := d.change(&st); err != nil {
			return err
		}
	}
	p.decide(users, d)
	return nil
}

// exclude keeps users out whatever the rule says, where the host has turned that on.
func (p *page) exclude(id groups.GroupID, by string, replace bool, users ...groups.UserID) error {
	if !p.exclusions {
		return errors.ErrUnsupported
	}
	if _, err := p.find(id); err != nil {
		return err
	}
	return p.deal(users, &deed{group: id, by: by, change: func(st *groups.Standing) error {
		if p.inForce(st.Assignment) && !replace {
			return groups.ErrAssigned
		}
		st.Assignment, st.Exclusion = nil, &groups.Exclusion{By: by, At: p.now}
		return nil
	}})
}

func (p *page) readmit(id groups.GroupID, by string, users ...groups.UserID) error {
	if _, err := p.find(id); err != nil {
		return err
	}
	return p.deal(users, &deed{group: id, by: by, change: func(st *groups.Standing) error {
		st.Exclusion = nil
		return nil
	}})
}

// alias stands in the audit for whoever was forgotten.
const alias = "forgotten"

// forget erases a user everywhere: what groups store, the feed but for the leaves it writes, plans that are held.
func (p *page) forget(u groups.UserID, by string) {
	for id, list := range p.feed {
		p.feed[id] = slices.DeleteFunc(slices.Clone(list), func(c groups.Change) bool { return c.User == u && !p.wrong(TheFeedRemembers) })
	}
	for _, id := range p.ids() {
		g := p.groups[id]
		if m := g.at(u).Member; m != groups.Outside && !p.wrong(ForgettingIsNotTold) {
			p.feed[id] = append(p.feed[id], groups.Change{
				Group: id, User: u, Kind: groups.Left, Before: m, Cause: "forgotten", By: by, At: p.now,
			})
		}
		delete(g.facts, u)
		if g.held != nil {
			fates := map[groups.UserID]fate{}
			for other, f := range g.held.fates {
				if other != u {
					fates[other] = f
				}
			}
			g.held = &held{g.held.revision, fates, g.held.frozen}
		}
		for i := range g.versions {
			g.versions = slices.Clone(g.versions)
			g.versions[i].Criteria = anonymous(g.versions[i].Criteria, u)
		}
		for key, d := range g.drafts {
			if text(d.Group.Criteria) == anonymous(text(d.Group.Criteria), u) {
				continue
			}
			criteria, err := groups.ParseCriteria([]byte(anonymous(text(d.Group.Criteria), u)), nil)
			if err != nil {
				panic(err)
			}
			d.Group.Criteria, d.Revision = criteria, d.Revision+1
			g.drafts[key] = d
		}
	}
	delete(p.users, u)
	p.acts = slices.Clone(p.acts)
	for i := range p.acts {
		if p.acts[i].User == u {
			p.acts[i].User, p.acts[i].Why = alias, ""
		}
	}
	p.write("forget", "", alias, by, "")
}

// anonymous is criteria without the name of a user.
func anonymous(criteria string, u groups.UserID) string {
	return strings.ReplaceAll(criteria, `"`+string(u)+`"`, `"`+alias+`"`)
}
