// Package desk is the life of groups as the pages tell it, and the histories that a desk has to live through as they
// say. It is imported by tests and by nothing else.
//
// The [page] keeps facts about people, groups, drafts, plans and time, and works out from them, after every act, who is in
// which group and by which method, what the feed and the audit must have said, and what is refused with which error. It
// shares nothing with the engine but what package oracle shares: no index, no incremental run, no store. A [machine] does
// the same to an [office], which is a desk with its evaluator and its store, and compares the two after each act.
//
// The page also knows how to be wrong, and so do stores ([Mutants]): histories that could not tell prove nothing.
package desk

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// page is all there is to a tenant.
type page struct {
	reader     oracle.Oracle
	exclusions bool
	mostLeaves int // of one group in one run that are not held; 0 holds nothing
	preview    bool
	now        time.Time

	users  map[groups.UserID]groups.User
	units  []groups.Unit
	scopes map[string]scope // by owner; an owner without one has to do with everybody
	groups map[groups.GroupID]*group

	// feed is what was told of each group, in order; acts is what was written down.
	feed map[groups.GroupID][]groups.Change
	acts []entry
	// gone are the revisions at which groups were deleted: that of a successor goes on from there.
	gone map[groups.GroupID]uint64
}

// scope is whom an owner has to do with.
type scope struct {
	users  map[groups.UserID]bool
	broken bool // nobody can say
}

// group is a definition with what is stored about it.
type group struct {
	groups.Group
	facts     map[groups.UserID]groups.Standing
	live      bool      // the membership is the population
	processed time.Time // when the group was last processed for everybody
	held      *held
	approved  string // the ID of the plan that was approved last
	versions  []version
	drafts    map[string]draft
}

// fate is what becomes of one user in one group.
type fate struct {
	Before, After groups.Method
	Undecided     bool
}

// held is what the guard holds back.
type held struct {
	revision uint64
	fates    map[groups.UserID]fate
	frozen   bool // so was the group
}

type version struct {
	Revision uint64
	By       string
	At       time.Time
	Criteria string
}

type draft struct {
	Revision uint64
	Group    groups.Group
	By       string
	At       time.Time
}

// entry is what the audit says of an act, as far as the page fixes it.
type entry struct {
	Do    string
	Group groups.GroupID
	User  groups.UserID
	By    string
	At    time.Time
	Why   string
}

// place is a user in a group.
type place struct {
	group groups.GroupID
	user  groups.UserID
}

func newPage(defects ...oracle.Defect) *page {
	return &page{
		reader: oracle.Oracle{Defects: defects}, users: map[groups.UserID]groups.User{}, scopes: map[string]scope{},
		groups: map[groups.GroupID]*group{}, feed: map[groups.GroupID][]groups.Change{}, gone: map[groups.GroupID]uint64{},
	}
}

// wrong reports whether the page misreads that sentence.
func (p *page) wrong(d oracle.Defect) bool { return slices.Contains(p.reader.Defects, d) }

// try does something to a copy, which becomes the page unless it is refused.
func (p *page) try(do func(*page) error) error {
	twin := p.clone()
	if err := do(twin); err != nil {
		return err
	}
	*p = *twin
	return nil
}

func (p *page) clone() *page {
	twin := *p
	twin.users, twin.scopes, twin.gone = maps.Clone(p.users), maps.Clone(p.scopes), maps.Clone(p.gone)
	twin.feed, twin.acts = maps.Clone(p.feed), slices.Clip(p.acts)
	for id, list := range twin.feed {
		twin.feed[id] = slices.Clip(list)
	}
	twin.groups = map[groups.GroupID]*group{}
	for id, g := range p.groups {
		own := *g
		own.facts, own.versions, own.drafts = maps.Clone(g.facts), slices.Clip(g.versions), maps.Clone(g.drafts)
		twin.groups[id] = &own
	}
	return &twin
}

// write notes an act for the audit.
func (p *page) write(do string, g groups.GroupID, u groups.UserID, by, why string) {
	p.acts = append(p.acts, entry{do, g, u, by, p.now, why})
}

// ids are the groups in order.
func (p *page) ids() []groups.GroupID { return slices.Sorted(maps.Keys(p.groups)) }

// find finds a group.
func (p *page) find(id groups.GroupID) (*group, error) {
	if g, ok := p.groups[id]; ok {
		return g, nil
	}
	return nil, fmt.Errorf("group %q: %w", id, groups.ErrNotFound)
}

// at is what is stored about a user in a group.
func (g *group) at(u groups.UserID) groups.Standing {
	if st, ok := g.facts[u]; ok {
		return st
	}
	return groups.Standing{Group: g.ID, User: u}
}

func (g *group) put(st groups.Standing) {
	if g.facts[st.User] = st; st.Blank() {
		delete(g.facts, st.User)
	}
}

// everybody is who is in the directory, or remembered by a group.
func (p *page) everybody() []groups.UserID {
	all := map[groups.UserID]bool{}
	for id := range p.users {
		all[id] = true
	}
	for _, g := range p.groups {
		for id := range g.facts {
			all[id] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// scheduled reports whether a group is processed by a schedule, and waits whether it is not due.
func (g *group) scheduled() bool { return g.Kind == groups.AutomaticGroup && g.Schedule.Every > 0 }

func (p *page) waits(g *group) bool {
	if !g.scheduled() || p.wrong(SchedulesAreIgnored) {
		return false
	}
	last := g.processed
	if last.IsZero() {
		last = g.SavedAt
	}
	// The instants at which it is due are whole periods, counted from 1970 and shifted.
	due := time.Unix(0, 0).Add(g.Schedule.Shift)
	for periods := last.Sub(due) / g.Schedule.Every; !due.After(last); periods = 0 {
		due = due.Add(g.Schedule.Every * max(1, periods))
	}
	return due.After(p.now)
}

// below is the groups beneath a group, each once.
func (p *page) below(id groups.GroupID) []groups.GroupID {
	found := []groups.GroupID{id}
	for i := 0; i < len(found); i++ {
		for _, child := range p.ids() {
			if p.groups[child].Parent == found[i] && !slices.Contains(found, child) {
				found = append(found, child)
			}
		}
	}
	return found[1:]
}

// reads is the groups that the rule of a group asks for; they need not exist.
func (p *page) reads(g *group) []groups.GroupID {
	if g == nil || g.Kind == groups.ManualGroup {
		return nil
	}
	named, orBelow := g.Criteria.References()
	for _, id := range orBelow {
		named = append(named, p.below(id)...)
	}
	return named
}

// leads reports whether the rules lead from a group to one of others, directly or through more.
func (p *page) leads(from groups.GroupID, to ...groups.GroupID) bool {
	seen := map[groups.GroupID]bool{}
	var walk func(groups.GroupID) bool
	walk = func(id groups.GroupID) bool {
		for _, next := range p.reads(p.groups[id]) {
			if slices.Contains(to, next) || !seen[next] && func() bool { seen[next] = true; return walk(next) }() {
				return true
			}
		}
		return false
	}
	return walk(from)
}

// ring reports whether groups refer to each other, or stand above each other, in a ring.
func (p *page) ring() bool {
	for id, g := range p.groups {
		if p.leads(id, id) {
			return true
		}
		seen := map[groups.GroupID]bool{}
		for up := g; up != nil && !seen[up.ID]; up = p.groups[up.Parent] {
			if seen[up.ID] = true; up.Parent == id {
				return true
			}
		}
	}
	return false
}

// followers are the groups whose rules lead to one of the groups.
func (p *page) followers(ids ...groups.GroupID) (list []groups.GroupID) {
	for _, id := range p.ids() {
		if p.leads(id, ids...) {
			list = append(list, id)
		}
	}
	return list
}

// conflict refuses an edit of a group that was saved meanwhile.
func (g *group) conflict() error {
	return &groups.ConflictError{Group: g.ID, Revision: g.Revision, By: g.SavedBy, At: g.SavedAt}
}

// started finds the group that an edit started from; nil where it creates one.
func (p *page) started(id groups.GroupID, revision uint64) (*group, error) {
	g, ok := p.groups[id]
	switch {
	case !ok && revision == 0:
		return nil, nil
	case !ok:
		return nil, fmt.Errorf("group %q: %w", id, groups.ErrNotFound)
	case g.Revision != revision && !p.wrong(StaleEditsAreSaved):
		return nil, g.conflict()
	}
	return g, nil
}

// sentinels are what an error can say, of which the page fixes one.
var sentinels = []error{
	groups.ErrConflict, groups.ErrNotFound, groups.ErrStale, groups.ErrPlan, groups.ErrGroup, groups.ErrCycle, groups.ErrReferred,
	groups.ErrFeed, groups.ErrExcluded, groups.ErrAssigned, groups.ErrEligible, errors.ErrUnsupported,
}

func byPlace(a, b place) int {
	return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.user, b.user))
}
