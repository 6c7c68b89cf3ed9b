package storetest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/grouprules/groups"
)

// Audit looks at a whole store: that its streams are in order, that all ways to read say the same,
// that nothing blank and nothing of unknown groups is stored, that the changes of the feed, one after
// the other, give the membership, and that no two changes have one ID. The writes must have come with
// the changes they bring.
//
// Put it at the end of every test that writes to a store, also in t.Cleanup. It reads everything
// several times over, and nobody should write meanwhile.
func Audit(t TB, s groups.Store) {
	t.Helper()
	// The context of a test has ended when it cleans up.
	ctx := context.WithoutCancel(t.Context())
	a := &audit{t: t, s: s, ctx: ctx, standings: make(map[groups.UserID][]groups.Standing), member: make(map[place]groups.Method)}
	all := rows(a.t, "Groups", s.Groups(ctx))
	ascending(t, "Groups", all, func(g groups.Group) groups.GroupID { return g.ID })
	users := make(map[groups.UserID]bool)
	for _, g := range all {
		a.group(g, users)
	}
	feed := rows(t, "Changes", s.Changes(ctx, ""))
	for _, c := range feed {
		users[c.User] = true
	}
	for u := range users {
		a.user(u)
	}
	a.replay(feed)
	a.once(feed)
	follows(a, "change", feed, func(c groups.Change) string { return c.Cursor }, func(after string) iter.Seq2[groups.Change, error] { return s.Changes(ctx, after) })
	acts := rows(t, "Acts", s.Acts(ctx, "", ""))
	a.acts("", acts)
	of := make(map[groups.GroupID][]groups.Act)
	for _, act := range acts {
		if act.Group != "" {
			of[act.Group] = append(of[act.Group], act)
		}
	}
	for id, want := range of {
		a.acts(id, want)
	}
	for _, kind := range noteKinds {
		a.notes(kind, all)
	}
}

type audit struct {
	t         TB
	s         groups.Store
	ctx       context.Context
	standings map[groups.UserID][]groups.Standing
	member    map[place]groups.Method
}

type place struct {
	group groups.GroupID
	user  groups.UserID
}

// group looks at one group as the list has it.
func (a *audit) group(listed groups.Group, users map[groups.UserID]bool) {
	a.t.Helper()
	g, err := a.s.Group(a.ctx, listed.ID)
	if err != nil {
		a.t.Errorf("audit: group %q is in the list only: %v", listed.ID, err)
	} else if diff := difference(g, listed); diff != "" {
		a.t.Errorf("audit: group %q is another alone than in the list: %s", g.ID, diff)
	}
	what := fmt.Sprintf("Standings of %q", listed.ID)
	standings := rows(a.t, what, a.s.Standings(a.ctx, listed.ID, ""))
	ascending(a.t, what, standings, func(s groups.Standing) groups.UserID { return s.User })
	var want []groups.Member
	for _, s := range standings {
		if s.Group != listed.ID {
			a.t.Errorf("audit: %s: one of group %q", what, s.Group)
		}
		if s.Blank() {
			a.t.Errorf("audit: %s: that of %q is blank", what, s.User)
		}
		if s.Member != groups.Outside {
			want = append(want, groups.Member{User: s.User, Method: s.Member})
			a.member[place{listed.ID, s.User}] = s.Member
		}
		a.standings[s.User] = append(a.standings[s.User], s)
		users[s.User] = true
	}
	what = fmt.Sprintf("Members of %q", listed.ID)
	if diff := difference(rows(a.t, what, a.s.Members(a.ctx, listed.ID, "")), want); diff != "" {
		a.t.Errorf("audit: %s do not agree with Standings: %s", what, diff)
	}
}

// user looks at the standings of one user.
func (a *audit) user(id groups.UserID) {
	a.t.Helper()
	what := fmt.Sprintf("StandingsOf %q", id)
	got := rows(a.t, what, a.s.StandingsOf(a.ctx, id))
	ascending(a.t, what, got, func(s groups.Standing) groups.GroupID { return s.Group })
	want := a.standings[id]
	slices.SortFunc(want, func(x, y groups.Standing) int { return cmp.Compare(x.Group, y.Group) })
	if diff := difference(got, want); diff != "" {
		a.t.Errorf("audit: %s do not agree with Standings: %s", what, diff)
	}
}

// replay follows the feed from the beginning. Of those who were forgotten it has only the leave.
func (a *audit) replay(feed []groups.Change) {
	a.t.Helper()
	now := make(map[place]groups.Method)
	for i, c := range feed {
		at := place{c.Group, c.User}
		forgotten := c.Cause == "forgotten" && now[at] == groups.Outside
		if c.Before != now[at] && !forgotten {
			a.t.Errorf("audit: change %d says that %q was %v in %q, before it they were %v", i, c.User, c.Before, c.Group, now[at])
		}
		kind := groups.Switched
		switch {
		case c.Cause == "adoption" && c.Before == groups.Outside: // the host has them already
		case c.Before == groups.Outside:
			kind = groups.Joined
		case c.After == groups.Outside:
			kind = groups.Left
		}
		if c.Kind != kind || c.Before == c.After {
			a.t.Errorf("audit: change %d of %q in %q, from %v to %v, is called %v", i, c.User, c.Group, c.Before, c.After, c.Kind)
		}
		now[at] = c.After
		if c.After == groups.Outside {
			delete(now, at)
		}
	}
	for at, method := range now {
		if a.member[at] != method {
			a.t.Errorf("audit: by the feed %q is %v in %q, stored is %v", at.user, method, at.group, a.member[at])
		}
	}
	for at, method := range a.member {
		if now[at] == groups.Outside {
			a.t.Errorf("audit: %q is %v in %q, which the feed does not say", at.user, method, at.group)
		}
	}
}

// once looks whether the IDs that changes were given tell them apart.
func (a *audit) once(feed []groups.Change) {
	a.t.Helper()
	seen := make(map[string]int)
	for i, c := range feed {
		if c.ID == "" {
			continue
		}
		if before, ok := seen[c.ID]; ok {
			a.t.Errorf("audit: change %d of %q in %q has the ID of change %d", i, c.User, c.Group, before)
		}
		seen[c.ID] = i
	}
}

// acts looks at the audit of one group, or with a blank ID at all of it.
func (a *audit) acts(id groups.GroupID, want []groups.Act) {
	a.t.Helper()
	got := rows(a.t, "Acts", a.s.Acts(a.ctx, id, ""))
	if diff := difference(got, want); diff != "" {
		a.t.Errorf("audit: Acts of %q do not agree with all Acts: %s", id, diff)
	}
	follows(a, "act", got, func(act groups.Act) string { return act.Cursor }, func(after string) iter.Seq2[groups.Act, error] { return a.s.Acts(a.ctx, id, after) })
}

// notes looks at the notes of one kind.
func (a *audit) notes(kind groups.NoteKind, all []groups.Group) {
	a.t.Helper()
	notes := rows(a.t, "Notes", a.s.Notes(a.ctx, kind, ""))
	of := make(map[groups.GroupID][]groups.Note)
	for i, n := range notes {
		if i > 0 && cmp.Or(cmp.Compare(n.Group, notes[i-1].Group), cmp.Compare(n.Key, notes[i-1].Key)) <= 0 {
			a.t.Errorf("audit: %s %.64q of %.64q comes after %.64q of %.64q", kind, n.Key, n.Group, notes[i-1].Key, notes[i-1].Group)
		}
		if n.Kind != kind || n.Revision == 0 || len(n.Data) == 0 {
			a.t.Errorf("audit: %s %.64q of %.64q is a %q at revision %d, of %d bytes", kind, n.Key, n.Group, n.Kind, n.Revision, len(n.Data))
		}
		if !slices.ContainsFunc(all, func(g groups.Group) bool { return g.ID == n.Group }) {
			a.t.Errorf("audit: %s %.64q is of %.64q, which is no group", kind, n.Key, n.Group)
		}
		of[n.Group] = append(of[n.Group], n)
	}
	for _, g := range all {
		if diff := difference(rows(a.t, "Notes", a.s.Notes(a.ctx, kind, g.ID)), of[g.ID]); diff != "" {
			a.t.Errorf("audit: Notes %q of %q do not agree with all: %s", kind, g.ID, diff)
		}
	}
}

// follows looks whether a list has cursors, and goes on after some of them.
func follows[T any](a *audit, what string, list []T, cursor func(T) string, after func(string) iter.Seq2[T, error]) {
	a.t.Helper()
	seen := make(map[string]bool)
	for i, row := range list {
		if c := cursor(row); c == "" || seen[c] {
			a.t.Errorf("audit: %s %d has the cursor %q, blank or that of another", what, i, c)
			return
		}
		seen[cursor(row)] = true
	}
	for _, i := range []int{0, len(list) / 2, len(list) - 1} {
		if i < 0 || i >= len(list) {
			continue
		}
		if diff := difference(rows(a.t, what, after(cursor(list[i]))), list[i+1:]); diff != "" {
			a.t.Errorf("audit: the list does not go on after %s %d: %s", what, i, diff)
		}
	}
}

func ascending[T any, K ~string](t TB, what string, list []T, key func(T) K) {
	t.Helper()
	for i := 1; i < len(list); i++ {
		if before, k := key(list[i-1]), key(list[i]); k <= before {
			t.Errorf("audit: %s: %.64q comes after %.64q", what, k, before)
		}
	}
}
