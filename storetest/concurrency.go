package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/grouprules/groups"
)

// concurrencyCases are clause 13 of Store.
var concurrencyCases = []Case{{
	Name: "everything can be called at once", Interface: "Store", Clause: 13,
	Why:   "pages are read while runs write and people edit; run this with the race detector",
	store: func(t TB, s groups.Store) { atOnce(t, s, false) },
}, {
	Name: "people can be forgotten while everything is called", Interface: "Store", Clause: 13, Needs: []Category{Forgetting},
	Why:   "who is erased is in groups that others write to at that moment",
	store: func(t TB, s groups.Store) { atOnce(t, s, true) },
}, {
	Name: "the loop over a stream can read", Interface: "Store", Clause: 13,
	Why: "a report goes through the groups and reads the members of each; with one connection that waits for ever",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ids := typed[groups.GroupID](names[:20])
		d.create(ids...)
		for _, id := range ids {
			d.put(id, automatic("ada"), assigned("bob"))
		}
		n := 0
		for g, err := range s.Groups(t.Context()) {
			if err != nil {
				t.Fatalf("Groups: %v", err)
			}
			for m, err := range s.Members(t.Context(), g.ID, "") {
				if err != nil {
					t.Fatalf("Members: %v", err)
				}
				n += len(d.standingsOf(m.User))
				d.group(g.ID)
			}
		}
		if n != 2*20*20 {
			t.Errorf("%d standings were read, want %d", n, 2*20*20)
		}
	},
}, {
	Name: "the loop over a stream can write", Interface: "Store", Clause: 13,
	Why: "what is found while reading is put right at once",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ids := typed[groups.GroupID](names[:20])
		d.create(ids...)
		seen := 0
		for g, err := range s.Groups(t.Context()) {
			if err != nil {
				t.Fatalf("Groups: %v", err)
			}
			seen++
			d.put(g.ID, automatic("ada"))
		}
		if n := len(d.standingsOf("ada")); seen != 20 || n != 20 {
			t.Errorf("%d groups were seen and %d written, want 20", seen, n)
		}
	},
}, {
	Name: "many streams can be open at once", Interface: "Store", Clause: 13,
	Why: "a run merges the users with the standings of all groups, side by side",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		const n = 100
		ids := typed[groups.GroupID](numbered(n))
		d.create(ids...)
		var next []func() (groups.Standing, error, bool)
		for _, id := range ids {
			d.put(id, automatic("ada"), automatic("bob"), automatic("eve"))
		}
		for _, id := range ids {
			pull, stop := iter.Pull2(s.Standings(t.Context(), id, ""))
			defer stop()
			next = append(next, pull)
		}
		for _, want := range []groups.UserID{"ada", "bob", "eve", ""} {
			for i, pull := range next {
				st, err, ok := pull()
				if err != nil || ok != (want != "") || st.User != want {
					t.Fatalf("stream %d: %q, %v, %v; want %q", i, st.User, err, ok, want)
				}
			}
		}
	},
}}

// atOnce reads, writes and edits from many goroutines, of whom some forget users.
func atOnce(t TB, s groups.Store, forgets bool) {
	t.Helper()
	d := desk{t, s}
	ids := typed[groups.GroupID](names[:5])
	d.create(ids...)
	ctx := t.Context()
	read := func(i int) error {
		id := ids[i%len(ids)]
		_, err := s.Group(ctx, id)
		if errors.Is(err, groups.ErrNotFound) {
			err = nil
		}
		return errors.Join(err, drain(s.Groups(ctx)), drain(s.Standings(ctx, id, "")), drain(s.Members(ctx, id, "")),
			drain(s.StandingsOf(ctx, "ada")), drain(s.Changes(ctx, "")),
			drain(s.Acts(ctx, "", "")), drain(s.Acts(ctx, id, "")), drain(s.Notes(ctx, groups.NoteDraft, "")), drain(s.Notes(ctx, groups.NoteDraft, id)))
	}
	// act does one thing of many, and may lose against others.
	act := func(i, n int) error {
		id := ids[(i+n)%len(ids)]
		g, err := s.Group(ctx, id)
		if errors.Is(err, groups.ErrNotFound) {
			return s.Apply(ctx, commit(saves(groups.Group{ID: id})))
		}
		if err != nil {
			return err
		}
		user := groups.UserID(fmt.Sprintf("u%d", i))
		switch n % 7 {
		case 0:
			return s.Apply(ctx, commit(saves(g)))
		case 1:
			if forgets {
				return forgetNow(ctx, s, user)
			}
		case 2:
			if i == 0 {
				return deleteNow(ctx, s, g)
			}
		case 3:
			return s.Apply(ctx, groups.Commit{Acts: []groups.Act{{Do: "edit", Group: id, User: user, By: root, At: noon}}})
		case 4:
			mine := note(id, string(user), "text")
			for n, err := range s.Notes(ctx, groups.NoteDraft, id) {
				if err != nil {
					return err
				}
				if n.Key == mine.Key {
					mine.Revision = n.Revision
				}
			}
			return s.Apply(ctx, groups.Commit{Notes: []groups.Note{mine}})
		}
		st := automatic(user)
		st.Group = id
		w := groups.Write{Group: id, Revision: g.Revision, Was: &g.State, Standings: []groups.Standing{st}}
		for have, err := range s.StandingsOf(ctx, user) {
			if err != nil {
				return err
			}
			if have.Group == id { // already in; write it again, without a change
				return s.Apply(ctx, commit(w))
			}
		}
		w.Changes = []groups.Change{change(st, groups.Outside)}
		return s.Apply(ctx, commit(w))
	}
	for _, err := range race(16, func(i int) error {
		for n := range 20 {
			err := read(i)
			if i%2 == 0 && err == nil {
				if err = act(i/2, n); errors.Is(err, groups.ErrConflict) || errors.Is(err, groups.ErrNotFound) {
					err = nil
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("at once with others: %v", err)
		}
	}
}

// deleteNow deletes a group, unless others were faster.
func deleteNow(ctx context.Context, s groups.Store, g groups.Group) error {
	w := groups.Write{Group: g.ID, Revision: g.Revision, Was: &g.State, Delete: true}
	for m, err := range s.Members(ctx, g.ID, "") {
		if err != nil {
			return err
		}
		w.Changes = append(w.Changes, left(g.ID, m, "deletion"))
	}
	return s.Apply(ctx, commit(w))
}

// forgetNow forgets a user, unless others were faster.
func forgetNow(ctx context.Context, s groups.Store, user groups.UserID) error {
	c := groups.Commit{Forget: user, Alias: alias}
	for g, err := range s.Groups(ctx) {
		if err != nil {
			return err
		}
		for st, err := range s.StandingsOf(ctx, user) {
			if err != nil {
				return err
			}
			if st.Group != g.ID {
				continue
			}
			w := groups.Write{Group: g.ID, Revision: g.Revision, Was: &g.State, Standings: []groups.Standing{{Group: g.ID, User: user}}}
			if st.Member != groups.Outside {
				w.Changes = []groups.Change{left(g.ID, groups.Member{User: user, Method: st.Member}, "forgotten")}
			}
			c.Writes = append(c.Writes, w)
		}
	}
	return s.Apply(ctx, c)
}

// drain reads a stream to its end.
func drain[T any](stream iter.Seq2[T, error]) error {
	for _, err := range stream {
		if err != nil {
			return err
		}
	}
	return nil
}
