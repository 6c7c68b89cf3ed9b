package groups

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Forget has a person erase a user from every group: assignments, exclusions, bits and memberships,
// the earlier entries of the change feed, and what drafts, versions and held plans say about them. A
// leave is written for each group they were a member of, so that the host withdraws what the groups
// gave; forgetting them once more erases these as well. In the audit an opaque alias stands in their
// place. Definitions that name the user stay as they are: they name nobody then.
//
// Nothing else ever deletes an assignment of somebody who is absent. The people are the host's own to
// erase, unless the Store keeps them as well, as [Memory] does.
func (e *Evaluator) Forget(ctx context.Context, user UserID, by string) error {
	if err := errors.Join(user.Check(), checkText(by)); err != nil {
		return err
	}
	return e.telling(ctx, "forget", func(told *Ended) error { return e.forget(ctx, user, by, told) })
}

func (e *Evaluator) forget(ctx context.Context, user UserID, by string, told *Ended) error {
	done, err := e.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	alias := UserID("") // of the attempt before
	for n := 1; ; n++ {
		told.Conflicts = n - 1
		c, err := e.forgetting(ctx, user, by)
		if err != nil {
			return err
		}
		if n > 1 && len(c.Writes)+len(c.Notes) == 0 {
			if written, err := e.hasForgotten(ctx, alias); written || err != nil {
				return err
			}
		}
		alias = c.Alias
		told.Run, told.Users = leaves(c, c.Acts[0].At), 1
		err = e.store.Apply(ctx, *c)
		if err == nil || !errors.Is(err, ErrConflict) || n == attempts {
			return err
		}
	}
}

// hasForgotten reports whether the alias stands in the audit. A commit that was delivered twice is refused the second
// time, and to forget once more would erase the leaves that the first has written.
func (e *Evaluator) hasForgotten(ctx context.Context, alias UserID) (bool, error) {
	for a, err := range e.store.Acts(ctx, "", "") {
		if err != nil {
			return false, fmt.Errorf("read acts: %w", err)
		}
		if a.Do == actForget && a.User == alias {
			return true, nil
		}
	}
	return false, nil
}

// forgetting is the commit that leaves nothing of a user.
func (e *Evaluator) forgetting(ctx context.Context, user UserID, by string) (*Commit, error) {
	now := e.opts.Now()
	last, err := e.lastAct(ctx, "")
	if err != nil {
		return nil, err
	}
	// No two people have the same, not even at one instant, and nothing of the person is in it.
	alias := "forgotten-" + now.UTC().Format("20060102T150405.000000000") + "-" + last.Cursor
	c := &Commit{Forget: user, Alias: UserID(strings.TrimSuffix(alias, "-"))}
	c.Acts = []Act{{Do: actForget, User: c.Alias, By: by, At: now}}
	for st, err := range e.store.StandingsOf(ctx, user) {
		if err != nil {
			return nil, fmt.Errorf("read standings of user %q: %w", user, err)
		}
		g, err := e.store.Group(ctx, st.Group)
		if errors.Is(err, ErrNotFound) {
			continue // deleted while this was read
		}
		if err != nil {
			return nil, err
		}
		w := Write{Group: g.ID, Revision: g.Revision, Was: &g.State, Standings: []Standing{{Group: g.ID, User: user}}}
		if st.Member != Outside {
			state := g.State
			state.Members--
			if st.Member == Automatic {
				state.Automatic--
			}
			w.State = &state
			w.Changes = []Change{leave(g.ID, Member{user, st.Member}, causeForgotten, by, now, g.State)}
		}
		c.Writes = append(c.Writes, w)
	}
	for _, kind := range []NoteKind{NoteDraft, NoteVersion, NoteHeld} {
		notes, err := collect(e.store.Notes(ctx, kind, ""))
		if err != nil {
			return nil, fmt.Errorf("read notes: %w", err)
		}
		for _, n := range notes {
			changed, err := without(&n, user, c.Alias)
			if err != nil {
				return nil, err
			}
			if changed {
				c.Notes = append(c.Notes, n)
			}
		}
	}
	return c, c.renameHeld(ctx, e.store)
}

// without takes a user out of a note. In definitions the alias takes their place: it names nobody, as
// the user does from now on, and the condition stays what it was for everybody else.
func without(n *Note, user, alias UserID) (changed bool, err error) {
	if n.Kind != NoteHeld {
		var g Group
		if err := json.Unmarshal(n.Data, &g); err != nil {
			return false, fmt.Errorf("%s of group %q: %w", n.Kind, n.Group, err)
		}
		if changed = g.Criteria.rename(user, alias); changed {
			n.Data = recorded(&g)
		}
		return changed, nil
	}
	p, err := planOf(*n)
	if err != nil {
		return false, err
	}
	of := func(c Change) bool { return c.User == user }
	for _, list := range []*[]Change{&p.Diff.Joined, &p.Diff.Left, &p.Diff.Switched, &p.Diff.Withheld} {
		if slices.ContainsFunc(*list, of) {
			*list, changed = slices.DeleteFunc(*list, of), true
		}
	}
	member := func(m Member) bool { return m.User == user }
	if slices.ContainsFunc(p.Diff.Undecided, member) {
		p.Diff.Undecided, changed = slices.DeleteFunc(p.Diff.Undecided, member), true
	}
	if changed {
		p.ID = p.fingerprint()
		n.Data = recorded(p)
	}
	return changed, nil
}

// rename puts one user in the place of another in the criteria's own conditions on users, and on the field
// that is their ID.
func (c *Criteria) rename(user, alias UserID) (changed bool) {
	for i := range c.Sets {
		for _, condition := range c.Sets[i].Conditions {
			switch named := condition.(type) {
			case UserCondition:
				changed = replace(named.Users, user, alias) || changed
			case FieldCondition:
				if named.Field == string(ID) {
					changed = replace(named.Values, Lit(string(user)), Lit(string(alias))) || changed
				}
			}
		}
	}
	return changed
}

// replace puts one element in the place of another, wherever that stands.
func replace[T comparable](list []T, old, by T) (changed bool) {
	for i := range list {
		if list[i] == old {
			list[i], changed = by, true
		}
	}
	return changed
}

// renameHeld has the states of groups name the held plans of the commit, whose IDs are others now.
func (c *Commit) renameHeld(ctx context.Context, store Store) error {
	for _, n := range c.Notes {
		if n.Kind != NoteHeld {
			continue
		}
		p, err := planOf(n)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(c.Writes, func(w Write) bool { return w.Group == n.Group })
		if i < 0 {
			g, err := store.Group(ctx, n.Group)
			if err != nil {
				return err
			}
			c.Writes, i = append(c.Writes, Write{Group: g.ID, Revision: g.Revision, Was: &g.State}), len(c.Writes)
		}
		w := &c.Writes[i]
		if w.State == nil {
			state := *w.Was
			w.State = &state
		}
		w.State.Held = p.ID
	}
	return nil
}
