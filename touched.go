package groups

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Touched says what has changed since the last run. All that is known to have changed should be told
// at once: groups that are looked at for everybody read the others as they were last written.
type Touched struct {
	// Users were added, removed, or changed in any way.
	Users []UserID
	// Enrollments are users of whom nothing but enrollments changed.
	Enrollments []UserID
	// Units were added, removed, moved or renamed; their Tree and ID count.
	Units []Unit
	// Groups were saved or deleted, or changed by another writer.
	Groups []GroupID
	// Owners are owners of groups to whom other users are assigned now ([Scoping]).
	Owners []string
}

// Changed brings the memberships up to date after a change, with the same result as a full run:
// the users named, everybody beneath them where rules read the reporting line, everybody in or
// beneath the units, whole groups that were named or saved since they were last processed, whose owner
// was named, that the [Guard] holds, whose time has come, and groups that refer to such groups. Groups
// with a [Schedule] wait for it. With nothing touched it does what is due. It reads those users only, where the rules and the Directory allow it ([Reporting]).
func (e *Evaluator) Changed(ctx context.Context, t Touched) (*Run, error) {
	return e.write(ctx, "changed", func() (*run, error) {
		if r, err := e.glance(ctx, t); r != nil || err != nil {
			return r, err
		}
		r, err := e.begin(ctx, nil)
		if err != nil {
			return nil, err
		}
		if err := r.reach(ctx, t); err != nil {
			return nil, err
		}
		return r, r.evaluate(ctx)
	})
}

// reach marks what a change reaches.
func (r *run) reach(ctx context.Context, t Touched) error {
	r.name(t)
	climbs := false
	whole := slices.Clone(t.Groups)
	for _, s := range r.order {
		if s.partial = !s.waits; s.waits {
			continue
		}
		r.compile(s)
		if s.rule != nil {
			climbs = climbs || s.rule.lines
		}
		owned := s.Kind == AutomaticGroup && s.Owner != "" && slices.Contains(t.Owners, s.Owner)
		if owned || r.due(s) || s.rule != nil && (s.rule.reports && len(t.Users) > 0 || s.rule.names(r.moved)) {
			whole = append(whole, s.ID)
		}
	}
	r.takeWhole(whole)
	if climbs {
		r.above = t.Users
	}
	if len(r.moved) > 0 {
		if err := r.readTrees(ctx); err != nil {
			return err
		}
		r.resides = r.beneath(r.moved)
	}
	return nil
}

// name notes whom and what a change names.
func (r *run) name(t Touched) {
	r.users, r.named = map[UserID]struct{}{}, map[UserID]struct{}{}
	for _, id := range slices.Concat(t.Users, t.Enrollments) {
		r.users[id], r.named[id] = struct{}{}, struct{}{}
	}
	r.moved = map[Tree]map[string]struct{}{}
	for _, u := range t.Units {
		if r.moved[u.Tree] == nil {
			r.moved[u.Tree] = map[string]struct{}{}
		}
		r.moved[u.Tree][u.ID] = struct{}{}
	}
}

// takeWhole marks groups, and those that refer to them, to be evaluated for everybody. A group that
// was deleted still reaches those that name it. What waits for its schedule goes on waiting.
func (r *run) takeWhole(groups []GroupID) {
	for _, id := range append(r.refs.dependents(groups), groups...) {
		if s := r.groups[id]; s != nil && !s.waits {
			s.whole = true
		}
	}
}

// due reports whether the group must be looked at for everybody: its schedule says so, it was saved
// since it was last processed, a group that it refers to has changed without it, the guard holds it, or
// its time has come.
func (r *run) due(s *subject) bool {
	if s.scheduled() {
		return !s.waits
	}
	return s.State.Held != "" || s.State.Revision != s.Revision || s.State.Live != (s.Status == Active) ||
		s.State.Reads != r.reads(s, false) || come(s.State.Next, r.now)
}

// come reports whether the instant has come; zero never does.
func come(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// names reports whether the rule has one of the units as an operand, whose existence matters to
// everybody.
func (r *Rule) names(units map[Tree]map[string]struct{}) bool {
	for _, set := range r.sets {
		for _, l := range set.leaves {
			if unit, ok := l.(*unitLeaf); ok && unit.names(units) {
				return true
			}
		}
	}
	return false
}

// names reports whether one of the units is an operand.
func (l *unitLeaf) names(units map[Tree]map[string]struct{}) bool {
	for id := range units[l.tree] {
		if _, named := l.goals[id]; named {
			return true
		}
	}
	return false
}

// beneath tells the users who sit in one of the units or below.
func (r *run) beneath(units map[Tree]map[string]struct{}) func(*User) bool {
	reached := map[Tree]map[string]struct{}{}
	for tree, ids := range units {
		all := map[string]struct{}{}
		for id := range ids {
			all[id] = struct{}{}
			if h := r.trees[tree]; h != nil {
				for _, below := range h.lines.Below(id) {
					all[below] = struct{}{}
				}
			}
		}
		reached[tree] = all
	}
	return func(u *User) bool {
		for tree, ids := range reached {
			for _, unit := range u.Units[tree] {
				if _, in := ids[unit]; in {
					return true
				}
			}
		}
		return false
	}
}

// reports adds everybody beneath the users of whom that matters to the users of the run.
func (r *run) reports(ctx context.Context) error {
	users := r.above
	if len(users) == 0 {
		return nil
	}
	dir, ok := As[Reporting](r.e.dir)
	if !ok {
		if err := r.readAllLines(ctx); err != nil {
			return err
		}
		for _, id := range users {
			for _, below := range r.lines.lines.Below(string(id)) {
				r.users[UserID(below)] = struct{}{}
			}
		}
		return nil
	}
	walked := map[UserID]struct{}{}
	for queue := slices.Clone(users); len(queue) > 0; queue = queue[1:] {
		if _, done := walked[queue[0]]; done {
			continue
		}
		walked[queue[0]] = struct{}{}
		for id, err := range dir.Reports(ctx, queue[0]) {
			if err != nil {
				return fmt.Errorf("read reports of %q: %w", queue[0], err)
			}
			r.users[id] = struct{}{}
			queue = append(queue, id)
		}
	}
	return nil
}
