package storetest

import "github.com/grouprules/groups"

// forgettingCases are clause 10 of Store.
var forgettingCases = []Case{{
	Name: "a forgotten user is erased from every group", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "it is what the law asks for, and half of it is none of it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("a", "b", "c", "d", "e")
		for id, st := range map[groups.GroupID]groups.Standing{
			"a": automatic("ada"), "b": assigned("ada"), "c": withheld("ada"), "d": excluded("ada"), "e": {User: "ada", Automatic: true},
		} {
			d.put(id, st, automatic("Ada"), automatic("ad"), automatic("adam"))
		}
		others := map[groups.UserID][]groups.Standing{}
		for _, u := range []groups.UserID{"Ada", "ad", "adam"} {
			others[u] = d.standingsOf(u)
		}
		d.forget("ada")
		if n := len(d.standingsOf("ada")); n != 0 {
			t.Errorf("%d standings are left", n)
		}
		for _, id := range []groups.GroupID{"a", "b", "c", "d", "e"} {
			sameIDs(t, "Standings", usersOf(d.standings(id)), []groups.UserID{"Ada", "ad", "adam"})
			sameIDs(t, "Members", memberIDs(d.members(id)), []groups.UserID{"Ada", "ad", "adam"})
		}
		for u, want := range others {
			if diff := difference(d.standingsOf(u), want); diff != "" {
				t.Errorf("the standings of %q: %s", u, diff)
			}
		}
	},
}, {
	Name: "the leaves that come with forgetting stay in the feed", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "the host withdraws what the groups gave, by the feed alone",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("B", "a", "c", "d", "\u00e4")
		d.apply(d.write("\u00e4", automatic("ada")), d.write("c", withheld("ada")), d.write("a", assigned("ada")),
			d.write("B", automatic("ada")), d.write("d", automatic("bob")))
		before := d.changes("")
		d.forget("ada")
		leave := groups.Change{User: "ada", Kind: groups.Left, Before: groups.Automatic, After: groups.Outside, Cause: "forgotten", By: root, At: evening}
		want := []groups.Change{leave, leave, leave}
		want[0].Group, want[1].Group, want[2].Group = "B", "a", "\u00e4"
		want[1].Before = groups.Manual
		if diff := difference(withoutCursors(d.changes(before[len(before)-1].Cursor)), want); diff != "" {
			t.Errorf("the feed after the user was forgotten: %s", diff)
		}
	},
}, {
	Name: "forgetting is refused where a standing would be left", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "somebody put the user into a group while they were being erased; half of it is none of it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		d.apply(d.write("g", automatic("ada"), assigned("bob")), d.write("h", automatic("adam")))
		d.commit(groups.Commit{Acts: []groups.Act{{Do: "assign", Group: "g", User: "ada", By: "bob", Why: "asked for it"}}})
		conflict := func(what string, c groups.Commit) {
			refuses(d, "a commit that forgets and "+what, c, groups.ErrConflict)
		}

		conflict("erases no standing", groups.Commit{Forget: "ada", Alias: alias})
		c := d.forgets("ada")
		c.Writes[0].Standings[0] = automatic("ada")
		c.Writes[0].Standings[0].Group, c.Writes[0].Changes = "g", nil
		conflict("writes the standing again", c)
		c = d.forgets("ada")
		c.Writes = []groups.Write{d.write("g", blank("bob"))}
		conflict("erases somebody else's", c)
		for what, st := range map[string]groups.Standing{"withholds": withheld("ada"), "excludes": excluded("ada"), "joins": automatic("ada")} {
			c = d.forgets("ada")
			c.Writes = append(c.Writes, d.write("h", st))
			conflict(what+" them elsewhere", c)
		}
		for what, st := range map[string]groups.Standing{
			"a bit": {User: "ada", Automatic: true}, "a doubt": {User: "ada", Undecided: true}, "a membership": automatic("ada"),
			"an exclusion": {User: "ada", Exclusion: &groups.Exclusion{}}, "a sleeping assignment": {User: "ada", Assignment: &groups.Assignment{}},
		} {
			c = d.forgets("ada")
			d.put("h", st, automatic("zoe")) // meanwhile
			conflict("leaves "+what, c)
			d.put("h", blank("ada"))
		}
		c = d.forgets("ada")
		c.Writes = append(c.Writes, d.write("h", blank("ada"))) // where there is none
		d.commit(c)
	},
}, {
	Name: "who is in a group that is deleted at once can be forgotten", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "with the group its standings are gone",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		d.apply(d.write("g", automatic("ada"), automatic("bob")), d.write("h", assigned("ada")))
		c := d.forgets("ada")
		c.Writes[0] = d.deletes("g")
		c.Writes[0].Changes[0].Cause = "forgotten" // of two causes
		refuses(d, "a commit that deletes another group", groups.Commit{Writes: []groups.Write{d.deletes("g")}, Forget: "ada", Alias: alias}, groups.ErrConflict)
		d.commit(c)
		if n := len(d.standingsOf("ada")); n != 0 {
			t.Errorf("%d standings are left", n)
		}
		var users []groups.UserID
		for _, c := range d.changes("") {
			users = append(users, c.User)
		}
		sameIDs(t, "the users of Changes", users, []groups.UserID{"bob", "ada", "bob", "ada"}) // a join, three leaves
	},
}, {
	Name: "in the acts about a forgotten user an alias stands for them", Interface: "Store", Clause: 10, Needs: []Category{Acts, Forgetting},
	Why: "what administrators did stays on record, and about whom is nobody's business any more: neither by name nor by what was written down",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		about := func(id groups.GroupID, user groups.UserID) groups.Act {
			return groups.Act{
				Do: "assign", Group: id, User: user, By: "ada", At: noon, Why: "ada is ill",
				Before: []byte(`{"by":"ada"}`), After: []byte(`{"why":"ada is ill"}`),
			}
		}
		users := []groups.UserID{"ada", "bob", "Ada", "ada", "", "adam", "ad"}
		var c groups.Commit
		for _, id := range []groups.GroupID{"g", "", "h"} {
			for _, user := range users {
				c.Acts = append(c.Acts, about(id, user))
			}
		}
		d.commit(c)
		d.put("g", automatic("ada"))
		d.delete("h") // its acts are the user's all the same
		var want []groups.Act
		for _, a := range d.acts("", "") {
			if a.User == "ada" {
				a.User, a.Why, a.Before, a.After = alias, "", nil, nil
			}
			want = append(want, a)
		}
		if len(want) != len(c.Acts) {
			t.Fatalf("%d acts, want %d", len(want), len(c.Acts))
		}
		d.forget("ada")
		if diff := difference(d.acts("", ""), want); diff != "" {
			t.Errorf("Acts: %s", diff)
		}
		for _, id := range []groups.GroupID{"g", "h"} {
			var of []groups.Act
			for _, a := range want {
				if a.Group == id {
					of = append(of, a)
				}
			}
			if diff := difference(d.acts(id, ""), of); diff != "" {
				t.Errorf("Acts of %q: %s", id, diff)
			}
		}
		if diff := difference(d.acts("", want[0].Cursor), want[1:]); diff != "" {
			t.Errorf("Acts after the first, which was about the user: %s", diff)
		}
	},
}, {
	Name: "the acts of the commit that forgets are no exception", Interface: "Store", Clause: 10, Needs: []Category{Acts, Forgetting},
	Why: "the act that says that somebody was erased must not be the one that names them",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.put("g", automatic("ada"))
		c := d.forgets("ada")
		c.Acts = []groups.Act{
			{Do: "forget", User: alias, By: root, At: evening, Why: "by request"},
			{Do: "unassign", Group: "g", User: "ada", By: root, At: evening, Why: "ada asked", Before: []byte(`{"by":"ada"}`)},
		}
		d.commit(c)
		want := []groups.Act{c.Acts[0], {Do: "unassign", Group: "g", User: alias, By: root, At: evening}}
		if diff := difference(withoutPlaces(d.acts("", "")), want); diff != "" {
			t.Errorf("Acts: %s", diff)
		}
	},
}, {
	Name: "the earlier changes of a forgotten user are erased", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "the feed says where they were for years; and the changes of others must stay, as the host has not read them all",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		for _, st := range []groups.Standing{automatic("ada"), assigned("ada"), blank("ada"), automatic("ada")} {
			d.apply(d.write("g", st, automatic("bob")), d.write("h", st, assigned("Ada")))
		}
		d.put("h", blank("ada"))
		var want []groups.Change
		for _, c := range d.changes("") {
			if c.User != "ada" {
				want = append(want, c)
			}
		}
		d.forget("ada")
		got := d.changes("")
		if diff := difference(got[:min(len(got), len(want))], want); diff != "" {
			t.Errorf("the earlier changes of others: %s", diff)
		}
		if n := len(got) - len(want); n != 1 {
			t.Errorf("%d changes more than those of others, want the one leave", n)
		}
		d.forget("ada")
		if diff := difference(d.changes(""), want); diff != "" {
			t.Errorf("forgotten once more, the leave is an earlier change: %s", diff)
		}
	},
}, {
	Name: "a cursor stays good when its change is erased", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "the last change a host acted on may be that of somebody who is forgotten next",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		for _, u := range []groups.UserID{"bob", "ada", "cy", "dan"} {
			d.put("g", automatic(u))
		}
		cursors := d.changes("")
		d.forget("ada")
		d.put("g", automatic("eve"))
		want := d.changes("")
		for i, from := range []int{1, 1, 2, 3} {
			if diff := difference(d.changes(cursors[i].Cursor), want[from:]); diff != "" {
				t.Errorf("after the change of %q: %s", cursors[i].User, diff)
			}
		}
		// Also the last of all, where a store might look for the end of what is left.
		d.forget("eve")
		last := want[len(want)-1].Cursor
		if news := d.changes(last); len(news) != 1 || news[0].Cause != "forgotten" {
			t.Errorf("after the erased last change: %v, want the leave alone", news)
		}
	},
}, {
	Name: "forgetting raises the sequence of the groups it touches, and of no other", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "a run that read the user's standing must not write it back",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("bit", "member", "other", "was")
		d.apply(d.write("bit", withheld("ada")), d.write("member", automatic("ada")), d.write("other", automatic("bob")), d.write("was", automatic("ada")))
		d.put("was", blank("ada"))
		var states []groups.State
		for _, g := range d.groups() {
			states = append(states, g.State)
		}
		d.forget("ada")
		states[0].Sequence++
		states[1].Sequence++
		for i, g := range d.groups() {
			if diff := difference(g.State, states[i]); diff != "" {
				t.Errorf("the state of %q: %s", g.ID, diff)
			}
			if g.Revision != 1 {
				t.Errorf("the revision of %q is %d, want 1", g.ID, g.Revision)
			}
		}
	},
}, {
	Name: "a run that began before somebody was forgotten is refused", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "it would bring back what had to be erased",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.put("g", withheld("ada"))
		run := d.write("g", automatic("ada"))
		d.forget("ada")
		refusesApply(d, run)
	},
}, {
	Name: "forgetting and a write that race leave nothing of the user", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "erasing in several steps lets a write in between, which is then there for good",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h", "i")
		for round := range 10 {
			user := groups.UserID(names[round])
			d.apply(d.write("g", automatic(user)), d.write("h", automatic(user)))
			commits := []groups.Commit{commit(d.write("g", assigned(user)), d.write("i", assigned(user))), d.forgets(user)}
			errs := race(2, func(i int) error { return s.Apply(t.Context(), commits[i]) })
			for _, err := range errs {
				if err != nil {
					wants(t, "what lost the race", err, groups.ErrConflict)
				}
			}
			switch {
			case succeeded(errs) != 1:
				t.Fatalf("the write: %v, forgetting: %v; want one of them", errs[0], errs[1])
			case errs[1] != nil:
				d.forget(user) // begun anew
			}
			if n := len(d.standingsOf(user)); n != 0 {
				t.Errorf("%d standings of somebody who was forgotten", n)
			}
		}
	},
}, {
	Name: "a user nobody knows can be forgotten", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "whoever asks to be forgotten twice gets the same answer; and nobody else is touched by a careless comparison",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		var all []groups.Standing
		for _, id := range typed[groups.UserID](names) {
			all = append(all, automatic(id))
		}
		d.put("g", all...)
		was := d.picture()
		for _, id := range typed[groups.UserID](strangers) {
			if id.Check() == nil {
				d.forget(id)
			}
		}
		d.unchanged(was, "forgetting people nobody knows")
	},
}}
