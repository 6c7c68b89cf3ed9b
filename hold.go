package groups

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// This file holds what a run does under its guard: it judges what the groups would lose, holds those
// that would lose too much, and keeps what it holds as a plan.

// A holding is what a run holds back of a group: for which limits, in words, what would become of the group, and why.
type holding struct {
	limits  []string
	planned Diff
	causes  causes
}

// judged reports whether the guard looks at the group.
func (s *subject) judged() bool {
	return (s.whole || s.partial) && !s.trusted && !s.held && s.Status == Active && s.State.Live
}

// paused reports whether the group was frozen after it was held. It is not judged anew then: that its rule
// moves nobody for now says nothing about what it would do.
func (s *subject) paused() bool {
	return s.Frozen && s.Status == Active && s.before != nil && !s.before.Group.Frozen
}

// judge has the guard look at a pass, and reports whether it holds groups that it did not hold before.
// Groups that refer to one of those are judged by the next pass, in which they find it as it was.
func (r *run) judge() bool {
	var judged []*subject
	all := window{name: "of the run"}
	for _, s := range r.order {
		if t := s.diff.traffic(); s.judged() && t.Joined+t.Left > 0 {
			judged = append(judged, s)
			all.moves.add(t)
		}
	}
	if held := r.keepBack(judged, r.limitsOf); held {
		return true
	}
	stored := r.stored()
	all.automatic, all.members = stored.automatic, stored.members
	leaves, joins := reached(all, r.guard.Run, "of all groups in 24 hours", r.guard.Runs, stored.traffic)
	r.total.leaves, r.total.joins = cmp.Or(r.total.leaves, leaves), cmp.Or(r.total.joins, joins)
	return r.keepBack(judged, r.limitsOfAll)
}

// stored are the sums of all groups.
func (r *run) stored() (all sums) {
	if r.everywhere != nil {
		return r.everywhere.sums
	}
	for _, s := range r.order {
		all.traffic.add(s.State.lately(r.now))
		all.automatic += s.State.Automatic
		all.members += s.State.Members
	}
	return all
}

// keepBack holds those of the groups that reach a limit, and reports whether there are any.
func (r *run) keepBack(judged []*subject, limitsOf func(*subject) []string) bool {
	var held []GroupID
	for _, s := range judged {
		if r.follows(s, held) {
			continue
		}
		limits := limitsOf(s)
		if len(limits) == 0 {
			continue
		}
		held = append(held, s.ID)
		if s.whole {
			s.hold, s.held = &holding{limits: limits}, true
		} else {
			// The plan of a few would be a part, which nobody could approve: the next pass looks at everybody there.
			s.whole = true
		}
	}
	return len(held) > 0
}

// follows reports whether the group refers to one of the groups, be it through others.
func (r *run) follows(s *subject, groups []GroupID) bool {
	if len(groups) == 0 {
		return false
	}
	return slices.ContainsFunc(r.refs.allNeeds(s.ID), func(id GroupID) bool { return slices.Contains(groups, id) })
}

// limitsOf are the limits on one group that it reaches, in words. One that is held goes on being so for
// what it was held for, while whoever was to leave still would: that time passes makes nothing better.
func (r *run) limitsOf(s *subject) []string {
	t := s.diff.traffic()
	before := s.State.lately(r.now)
	leaves, joins := reached(window{
		name: "of the group", moves: t, automatic: s.State.Automatic, members: s.State.Members,
		bare:  t.Left > t.Assigned && s.State.Automatic+t.Joined == t.Left-t.Assigned,
		empty: s.State.Members+len(s.diff.Joined) == len(s.diff.Left),
	}, r.guard.Group, "of the group in 24 hours", r.guard.Day, before)
	limits := nonblank(leaves, joins)
	if len(limits) == 0 && s.before != nil {
		return s.before.standing(&s.diff)
	}
	return limits
}

// standing are the limits that a held plan stands by: whoever was to leave, or to join, still would.
func (p *Plan) standing(now *Diff) (limits []string) {
	for _, limit := range p.Hold.Limits {
		was, is := p.Diff.Left, now.Left
		if strings.HasPrefix(limit, joinsLimit) {
			was, is = p.Diff.Joined, now.Joined
		}
		stays := func(c Change) bool {
			_, moves := slices.BinarySearchFunc(is, c.User, func(c Change, user UserID) int { return cmp.Compare(c.User, user) })
			return !moves
		}
		if !slices.ContainsFunc(was, stays) {
			limits = append(limits, limit)
		}
	}
	return limits
}

// A total is how the run as a whole reaches its limits, in words; once it does, whatever moves is held.
type total struct{ leaves, joins string }

// limitsOfAll are the limits on all groups together that hold this one.
func (r *run) limitsOfAll(s *subject) []string {
	t := s.diff.traffic()
	leaves, joins := r.total.leaves, r.total.joins
	if t.Left == 0 {
		leaves = ""
	}
	if t.Joined == 0 {
		joins = ""
	}
	return nonblank(leaves, joins)
}

func nonblank(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// learn finds out what the causes are to be told from: which groups that are held have other criteria than they
// were processed with, and how the people were before the change that the run is about, where it runs over one.
func (r *run) learn(ctx context.Context) error {
	for _, s := range r.order {
		if s.hold == nil || s.edit != nil || s.Revision == s.State.Revision {
			continue
		}
		versions, err := collect(r.e.store.Notes(ctx, NoteVersion, s.ID))
		if err != nil {
			return fmt.Errorf("read versions of group %q: %w", s.ID, err)
		}
		if n := len(versions); n > 0 && versions[n-1].Key > versionKey(s.State.Revision) {
			s.edit = &versions[n-1]
		}
	}
	o, is := r.e.dir.(*overlay)
	if !is || r.before != nil {
		return nil
	}
	r.before = func(id UserID) (User, error) { return o.base.User(ctx, id) }
	r.moved = map[Tree]map[string]struct{}{}
	if len(o.trees) == 0 {
		return nil
	}
	parents := map[Tree]map[string]string{}
	for u, err := range o.base.Units(ctx) {
		if err != nil {
			return fmt.Errorf("read units: %w", err)
		}
		if parents[u.Tree] == nil {
			parents[u.Tree] = map[string]string{}
		}
		parents[u.Tree][u.ID] = u.Parent
	}
	for _, tree := range o.trees {
		r.moved[tree] = map[string]struct{}{}
		for _, u := range o.change.Trees[tree] {
			if was, known := parents[tree][u.ID]; known && was != u.Parent {
				r.moved[tree][u.ID] = struct{}{}
			}
		}
	}
	return nil
}

// withhold notes what would become of a user whom the guard keeps as they were, and why.
func (r *run) withhold(s *subject, u *User, kept, next Standing, by Reason) {
	if next.Undecided {
		s.hold.planned.Undecided = append(s.hold.planned.Undecided, Member{next.User, next.Population})
	}
	if next.Population != Outside {
		s.hold.planned.Population++
		s.hold.planned.Members++
	}
	if kept.Member == next.Member {
		return
	}
	c := r.change(s, kept, next, kept.Member, next.Member, by, false)
	s.hold.planned.add(c)
	if c.Kind == Left {
		r.blame(s, &c, u)
	}
}

// blame notes what takes a user out whom the guard keeps in.
func (r *run) blame(s *subject, c *Change, u *User) {
	switch {
	case c.Cause == causeAbsence && r.before != nil:
		s.hold.causes["they are not in the people file"]++
	case c.Cause == causeAbsence:
		s.hold.causes["they are not among the people any more"]++
	case c.Cause == causeDeactivation:
		s.hold.causes["they were deactivated"]++
	case c.Cause != causeRule || u == nil:
	case s.edit != nil:
		s.hold.causes[fmt.Sprintf("%s saved another definition on %s", s.edit.By, s.edit.At.UTC().Format("2006-01-02"))]++
	case s.Kind == AutomaticGroup && s.rule != nil:
		r.blameRule(s, u)
	}
}

// blameRule notes which conditions take a user out: those that were met before the change, where the
// run knows how the user was, else those that are not met now.
func (r *run) blameRule(s *subject, u *User) {
	if s.scope != nil && s.scope(u) == No {
		s.hold.causes[fmt.Sprintf("they are not assigned to the owner %q any more", s.Owner)]++
	}
	var old *User
	if r.before != nil {
		if was, err := r.before(u.ID); err == nil {
			old = &was
		}
	}
	if r.blameConditions(s, u, old) == 0 && old != nil {
		// They did not change: their managers, their groups or the date did.
		r.blameConditions(s, u, nil)
	}
}

// blameConditions notes the conditions that a user does not meet, without those that old did not meet
// either, and returns how many there are.
func (r *run) blameConditions(s *subject, u, old *User) int {
	named := map[string]bool{}
	for i, set := range s.rule.sets {
		for j, l := range set.leaves {
			if l.verdict(u, &s.view) != No {
				continue
			}
			condition := s.rule.criteria.Sets[i].Conditions[j]
			text, moved := r.movedUnder(condition, u)
			if !moved {
				if old != nil && l.verdict(old, &s.view) == No {
					continue // it never held
				}
				text = fellOut(condition, u, old != nil)
			}
			if !named[text] {
				named[text] = true
				s.hold.causes[text]++
			}
		}
	}
	return len(named)
}

// fellOut says of a condition that it is not met.
func fellOut(c Condition, u *User, known bool) string {
	field, is := c.(FieldCondition)
	switch {
	case is && u.Fields[field.Field].IsEmpty() && known:
		return fmt.Sprintf("`%s` became empty", field.Field)
	case is && u.Fields[field.Field].IsEmpty():
		return fmt.Sprintf("`%s` is empty", field.Field)
	case known:
		return fmt.Sprintf("it is no longer so that %s", c)
	}
	return fmt.Sprintf("it is not so that %s", c)
}

// movedUnder says where a unit that the user sits in, or beneath, was moved, if the condition asks for
// its tree and the run knows of the move.
func (r *run) movedUnder(c Condition, u *User) (string, bool) {
	condition, is := c.(UnitCondition)
	if !is || r.trees[condition.Tree] == nil {
		return "", false
	}
	moved := r.moved[condition.Tree]
	for _, unit := range u.Units[condition.Tree] {
		path := r.trees[condition.Tree].lines.Path(unit)
		for i, id := range path {
			if _, is := moved[id]; !is {
				continue
			}
			if i+1 < len(path) {
				return fmt.Sprintf("unit %q moved under %q", id, path[i+1]), true
			}
			return fmt.Sprintf("unit %q moved to the top", id), true
		}
	}
	return "", false
}

// heldPlan is what the guard holds of a group.
func (r *run) heldPlan(s *subject) *Plan {
	hold := Hold{Since: r.now, Limits: s.hold.limits, Causes: s.hold.causes.list()}
	if s.before != nil {
		hold.Since = s.before.Hold.Since
	}
	p := &Plan{Group: *s.Group, Now: r.now, Diff: s.hold.planned.listed(s.ID), Kept: []Member{}, Others: []Diff{}, Findings: []Finding{}, Hold: &hold}
	p.Group.State = State{}
	p.ID = p.fingerprint()
	return p
}

// readHeld reads the plans that were held of the groups that are judged anew.
func (r *run) readHeld(ctx context.Context) error {
	for _, s := range r.order {
		if !s.whole || s.State.Held == "" {
			continue
		}
		notes, err := collect(r.e.store.Notes(ctx, NoteHeld, s.ID))
		if err != nil {
			return fmt.Errorf("read held plan of group %q: %w", s.ID, err)
		}
		if len(notes) > 0 {
			s.note = &notes[0]
			if s.before, err = planOf(notes[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

// heldNote keeps the plan that the state names, or erases the one it does not name any more.
func (r *run) heldNote(s *subject, after State) []Note {
	if after.Held == s.State.Held {
		return nil
	}
	n := Note{Kind: NoteHeld, Group: s.ID, Key: "plan", At: r.now}
	if s.note != nil {
		n.Revision = s.note.Revision
	}
	if after.Held != "" {
		n.Data = recorded(r.heldPlan(s))
	} else if n.Revision == 0 {
		return nil
	}
	return []Note{n}
}

// Held returns the plans that the [Guard] holds, by group, as they were when it held them.
func (e *Evaluator) Held(ctx context.Context) ([]*Plan, error) {
	notes, err := collect(e.store.Notes(ctx, NoteHeld, ""))
	if err != nil {
		return nil, err
	}
	plans := make([]*Plan, len(notes))
	for i, n := range notes {
		if plans[i], err = planOf(n); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// planOf reads a plan that was kept.
func planOf(n Note) (*Plan, error) {
	p := new(Plan)
	err := json.Unmarshal(n.Data, p)
	if err == nil {
		err = p.check(true)
	}
	if err != nil {
		return nil, fmt.Errorf("held plan of group %q: %w: %v", n.Group, ErrPlan, err)
	}
	return p, nil
}
