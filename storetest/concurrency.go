package storetest

import (
	"errors"
	"fmt"
	"iter"

	"github.com/grouprules/groups"
)

// concurrencyCases are clause 13 of Store.
var concurrencyCases = []Case{{
	Name: "everything can be called at once", Interface: "Store", Clause: 13,
	Why: "pages are read while runs write and people edit; run this with the race detector",
	store: func(t TB, s groups.Store) {
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
				drain(s.StandingsOf(ctx, "ada")), drain(s.Changes(ctx, "")))
		}
		// act does one thing of many, and may lose against others.
		act := func(i, n int) error {
			id := ids[(i+n)%len(ids)]
			g, err := s.Group(ctx, id)
			if errors.Is(err, groups.ErrNotFound) {
				_, err = s.SaveGroup(ctx, groups.Group{ID: id})
				return err
			}
			if err != nil {
				return err
			}
			switch n % 5 {
			case 0:
				_, err = s.SaveGroup(ctx, g)
				return err
			case 1:
				return s.Forget(ctx, groups.UserID(fmt.Sprintf("u%d", i)), admin, evening)
			case 2:
				if i == 0 {
					return s.DeleteGroup(ctx, id, g.Revision, admin, evening)
				}
			}
			user := groups.UserID(fmt.Sprintf("u%d", i))
			st := automatic(user)
			st.Group = id
			w := groups.Write{Group: id, Revision: g.Revision, Was: g.State, Standings: []groups.Standing{st}}
			for have, err := range s.StandingsOf(ctx, user) {
				if err != nil {
					return err
				}
				if have.Group == id { // already in; write it again, without a change
					return s.Apply(ctx, []groups.Write{w})
				}
			}
			w.Changes = []groups.Change{change(st, groups.Outside)}
			return s.Apply(ctx, []groups.Write{w})
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
	},
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

// drain reads a stream to its end.
func drain[T any](stream iter.Seq2[T, error]) error {
	for _, err := range stream {
		if err != nil {
			return err
		}
	}
	return nil
}
