package groups

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// This file holds what a run does under its guard: it judges what the groups would lose, holds those
// that would lose too much, and keeps what it holds as a plan.

// judge has the guard look at a pass, and reports whether it holds groups that it did not hold before.
// Groups that refer to one of those are judged by the next pass, in which they find it as it was.
func (r *run) judge(ctx context.Context) (bool, error) {
	var judged []*subject
	var total Traffic
	for _, s := range r.order {
		if (s.whole || s.partial) && !s.trusted && !s.held && s.Status == Active && s.State.Live {
			if t := s.diff.traffic(); t.Joined+t.Left > 0 {
				judged = append(judged, s)
				total.Joined += t.Joined
				total.Left += t.Left
			}
		}
	}
	var held []GroupID
	for _, s := range judged {
		if r.follows(s, held) {
			continue
		}
		limits, err := r.limitsOf(ctx, s)
		if err != nil {
			return false, err
		}
		if len(limits) > 0 {
			r.keepBack(s, limits...)
			held = append(held, s.ID)
		}
	}
	if len(held) > 0 {
		return true, nil
	}
	if err := r.judgeTotal(ctx, total); err != nil {
		return false, err
	}
	for _, s := range judged {
		t := s.diff.traffic()
		limits := []string{}
		if t.Left > 0 && r.total.leaves != "" {
			limits = append(limits, "leaves of the run: "+r.total.leaves)
		}
		if t.Joined > 0 && r.total.joins != "" {
			limits = append(limits, "joins of the run: "+r.total.joins)
		}
		if len(limits) > 0 && !r.follows(s, held) {
			r.keepBack(s, limits...)
			held = append(held, s.ID)
		}
	}
	return len(held) > 0, nil
}

// follows reports whether the group refers to one of the groups, be it through others.
func (r *run) follows(s *subject, groups []GroupID) bool {
	if len(groups) == 0 {
		return false
	}
	return slices.ContainsFunc(r.refs.allNeeds(s.ID), func(id GroupID) bool { return slices.Contains(groups, id) })
}

// keepBack holds the group: what the pass found is the plan. Of a group that was looked at for some users
// only it would be a part, which nobody could approve: the next pass looks at everybody there.
func (r *run) keepBack(s *subject, limits ...string) {
	if !s.whole {
		s.whole, r.lines = true, nil
		return
	}
	s.hold, s.planned, s.causes, s.held = &Hold{Limits: limits}, s.diff, causes{}, true
}

// limitsOf are the limits on one group that it reaches, in words.
func (r *run) limitsOf(ctx context.Context, s *subject) (limits []string, err error) {
	t := s.diff.traffic()
	_, day := s.State.lately(r.now)
	today := Traffic{Joined: t.Joined + day.Joined, Left: t.Left + day.Left}
	group, daily := r.guard.Group, r.guard.Day
	if today.Left < min(group.Leaves.least(), daily.Leaves.least()) && today.Joined < min(group.Joins.least(), daily.Joins.least()) {
		return nil, nil
	}
	automatic, inside, err := r.count(ctx, s)
	if err != nil {
		return nil, err
	}
	empties := inside+len(s.diff.Joined)-len(s.diff.Left) == 0
	if limit, ok := group.Leaves.reached(t.Left, automatic, empties); ok {
		limits = append(limits, "leaves of the group: "+limit)
	} else if limit, ok := daily.Leaves.reached(today.Left, automatic+day.Left, empties); ok && t.Left > 0 {
		limits = append(limits, "leaves of the group in 24 hours: "+limit)
	}
	if limit, ok := group.Joins.reached(t.Joined, automatic, false); ok {
		limits = append(limits, "joins of the group: "+limit)
	} else if limit, ok := daily.Joins.reached(today.Joined, automatic+day.Left-day.Joined, false); ok && t.Joined > 0 {
		limits = append(limits, "joins of the group in 24 hours: "+limit)
	}
	return limits, nil
}

// A total is how the run as a whole reaches its limits, in words; once it does, whatever moves is held.
type total struct{ leaves, joins string }

// judgeTotal looks at what all groups together lose and win.
func (r *run) judgeTotal(ctx context.Context, t Traffic) error {
	if t.Left < r.guard.Run.Leaves.least() && t.Joined < r.guard.Run.Joins.least() {
		return nil
	}
	automatic := 0
	for _, s := range r.order {
		if s.whole || s.partial {
			n, _, err := r.count(ctx, s)
			if err != nil {
				return err
			}
			automatic += n
		}
	}
	if limit, ok := r.guard.Run.Leaves.reached(t.Left, automatic, false); ok {
		r.total.leaves = limit
	}
	if limit, ok := r.guard.Run.Joins.reached(t.Joined, automatic, false); ok {
		r.total.joins = limit
	}
	return nil
}

// learn finds out how the people were before the change that the run is about, where it runs over one.
func (r *run) learn(ctx context.Context) error {
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

// count is how many automatic members the group had before the run, and how many in all. Where the run
// did not look at everybody they are counted in the Store.
func (r *run) count(ctx context.Context, s *subject) (automatic, inside int, err error) {
	if s.whole {
		return s.automatic, s.inside, nil
	}
	for m, err := range r.e.store.Members(ctx, s.ID, "") {
		if err != nil {
			return 0, 0, fmt.Errorf("read members of group %q: %w", s.ID, err)
		}
		if inside++; m.Method == Automatic {
			automatic++
		}
	}
	return automatic, inside, nil
}

// blame notes what takes a user out whom the guard keeps in.
func (r *run) blame(s *subject, id UserID, u *User) {
	i, leaves := slices.BinarySearchFunc(s.planned.Left, id, func(c Change, id UserID) int {
		switch {
		case c.User < id:
			return -1
		case c.User > id:
			return 1
		}
		return 0
	})
	if !leaves {
		return
	}
	switch c := &s.planned.Left[i]; {
	case c.Cause == causeAbsence && r.before != nil:
		s.causes["they are not in the people file"]++
	case c.Cause == causeAbsence:
		s.causes["they are not among the people any more"]++
	case c.Cause == causeDeactivation:
		s.causes["they were deactivated"]++
	case c.Cause != causeRule || u == nil:
	case s.Revision != s.State.Revision:
		s.causes[fmt.Sprintf("%s saved another definition on %s", s.SavedBy, s.SavedAt.UTC().Format("2006-01-02"))]++
	case s.Kind == AutomaticGroup && s.rule != nil:
		r.blameRule(s, u)
	}
}

// blameRule notes which conditions take a user out: those that were met before the change, where the
// run knows how the user was, else those that are not met now.
func (r *run) blameRule(s *subject, u *User) {
	if s.scope != nil && s.scope(u) == No {
		s.causes[fmt.Sprintf("they are not assigned to the owner %q any more", s.Owner)]++
	}
	var old *User
	if r.before != nil {
		if was, err := r.before(u.ID); err == nil {
			old = &was
		}
	}
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
				s.causes[text]++
			}
		}
	}
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
	d := s.planned
	d.Group = s.ID
	d.Joined, d.Left, d.Switched = listed(d.Joined), listed(d.Left), listed(d.Switched)
	d.Undecided, d.Withheld = listed(d.Undecided), listed(d.Withheld)
	hold := *s.hold
	hold.Causes = s.causes.list()
	p := &Plan{Group: s.Group, Now: r.now, Diff: d, Kept: []Member{}, Others: []Diff{}, Findings: []Finding{}, Hold: &hold}
	p.Group.State = State{}
	p.ID = p.fingerprint()
	return p
}

// readHeld reads what was kept of plans that are held, or were until now.
func (r *run) readHeld(ctx context.Context) (err error) {
	for _, s := range r.order {
		if s.hold != nil || s.whole && s.State.Held != "" {
			if s.notes, err = collect(r.e.store.Notes(ctx, NoteHeld, s.ID)); err != nil {
				return fmt.Errorf("read held plan of group %q: %w", s.ID, err)
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
	if len(s.notes) > 0 {
		n.Revision = s.notes[0].Revision
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
	if err := json.Unmarshal(n.Data, p); err != nil {
		return nil, fmt.Errorf("held plan of group %q: %w: %v", n.Group, ErrPlan, err)
	}
	return p, nil
}
