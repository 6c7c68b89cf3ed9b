package storetest

import (
	"context"
	"iter"
	"slices"

	"github.com/grouprules/groups"
)

// streamCases are clauses 1 and 9 of Store.
var streamCases = []Case{{
	Name: "groups come in the order of the bytes of their IDs", Interface: "Store", Clause: 1,
	Why: "a run writes and reports in this order, and merges by it; a collation orders otherwise",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		backwards := slices.Clone(typed[groups.GroupID](names))
		slices.Reverse(backwards)
		d.create(backwards...)
		var ids []groups.GroupID
		for _, g := range d.groups() {
			ids = append(ids, g.ID)
		}
		sameIDs(t, "Groups", ids, typed[groups.GroupID](names))
	},
}, {
	Name: "standings and members come in the order of the bytes of user IDs", Interface: "Store", Clause: 1,
	Why: "evaluation merges the users with what is stored about them; in another order it writes leaves and joins for nothing",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		var all []groups.Standing
		for _, id := range typed[groups.UserID](names) {
			all = append(all, automatic(id))
		}
		d.put("g", all...)
		sameIDs(t, "Standings", usersOf(d.standings("g")), typed[groups.UserID](names))
		sameIDs(t, "Members", memberIDs(d.members("g")), typed[groups.UserID](names))
	},
}, {
	Name: "the standings of a user come in the order of the bytes of group IDs", Interface: "Store", Clause: 1,
	Why: "the groups of a user are shown and compared in this order",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create(typed[groups.GroupID](names)...)
		var writes []groups.Write
		for _, id := range typed[groups.GroupID](names) {
			writes = append(writes, d.write(id, automatic("ada"), assigned("bob")))
		}
		slices.Reverse(writes)
		d.apply(writes...)
		var ids []groups.GroupID
		for _, s := range d.standingsOf("ada") {
			ids = append(ids, s.Group)
		}
		sameIDs(t, "StandingsOf", ids, typed[groups.GroupID](names))
	},
}, {
	Name: "standings and members come once each, however many", Interface: "Store", Clause: 1,
	Why: "a row lost or doubled where one page ends and the next begins is a member lost or doubled",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for i, n := range manySizes {
			id := groups.GroupID(names[i])
			d.create(id)
			ids := typed[groups.UserID](numbered(n))
			var all []groups.Standing
			for _, u := range ids {
				all = append(all, automatic(u))
			}
			d.put(id, all...)
			sameIDs(t, "Standings", usersOf(d.standings(id)), ids)
			sameIDs(t, "Members", memberIDs(d.members(id)), ids)
		}
	},
}, {
	Name: "the groups of a user come once each, however many", Interface: "Store", Clause: 1,
	Why: "a page view asks for them, and a person is put into thousands of groups somewhere",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ids := typed[groups.GroupID](numbered(1025))
		var writes []groups.Write
		for _, id := range ids {
			st := automatic("ada")
			st.Group = id
			w := saves(groups.Group{ID: id})
			w.Standings, w.Changes = []groups.Standing{st}, []groups.Change{change(st, groups.Outside)}
			writes = append(writes, w)
		}
		d.apply(writes...)
		var got []groups.GroupID
		for _, s := range d.standingsOf("ada") {
			got = append(got, s.Group)
		}
		sameIDs(t, "StandingsOf", got, ids)
	},
}, {
	Name: "reading from a user on leaves out those up to it", Interface: "Store", Clause: 1,
	Why: "pages are read so; one that begins with the last row of the page before shows a member twice",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		ids := typed[groups.UserID](names)
		var all []groups.Standing
		for i, id := range ids {
			if i%3 == 0 {
				all = append(all, withheld(id)) // stored, and no member
			} else {
				all = append(all, automatic(id))
			}
		}
		d.put("g", all...)
		for _, after := range append(ids, "A!", "b b", "\U0010ffff", "u") {
			var wantRows, wantMembers []groups.UserID
			for i, id := range ids {
				if id > after {
					wantRows = append(wantRows, id)
					if i%3 != 0 {
						wantMembers = append(wantMembers, id)
					}
				}
			}
			what := " after " + string(after)
			sameIDs(t, "Standings"+what, usersOf(rows(t, "Standings", s.Standings(t.Context(), "g", after))), wantRows)
			sameIDs(t, "Members"+what, memberIDs(rows(t, "Members", s.Members(t.Context(), "g", after))), wantMembers)
		}
	},
}, {
	Name: "of what is not stored there is nothing, and no error", Interface: "Store", Clause: 1,
	Why: "most people are in few groups; a careless comparison finds somebody else's rows",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		if n := len(d.groups()) + len(d.changes("")) + len(d.acts("", "")) + len(d.notes(groups.NoteDraft, "")); n != 0 {
			t.Errorf("%d groups, changes, acts and notes in an empty store", n)
		}
		d.create(typed[groups.GroupID](names)...)
		for _, id := range typed[groups.GroupID](names) {
			d.put(id, automatic(groups.UserID(id)))
			d.commit(groups.Commit{Acts: []groups.Act{{Do: "edit", Group: id}}, Notes: []groups.Note{note(id, "key", "text")}})
		}
		for _, id := range strangers {
			if id != "" { // every group
				if n := len(d.acts(groups.GroupID(id), "")) + len(d.notes(groups.NoteDraft, groups.GroupID(id))); n != 0 {
					t.Errorf("%d acts and notes of %.64q, which is not there", n, id)
				}
			}
			if n := len(d.standings(groups.GroupID(id))) + len(d.members(groups.GroupID(id))) + len(d.standingsOf(groups.UserID(id))); n != 0 {
				t.Errorf("%d rows of %.64q, who is not there", n, id)
			}
		}
	},
}, {
	Name: "notes come by group and then by key, in the order of bytes", Interface: "Store", Clause: 1, Needs: []Category{Notes},
	Why: "the versions of a group are read in the order of their keys, and the oldest is dropped",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ids := []groups.GroupID{"A", "a", "a b", "a-b", "ab", "b"}
		d.create(ids...)
		keys := slices.Clone(names)
		var want []groups.Note
		for _, id := range ids {
			for _, key := range keys {
				want = append(want, note(id, key, "text"))
			}
		}
		backwards := slices.Clone(want)
		slices.Reverse(backwards)
		d.commit(groups.Commit{Notes: backwards})
		for i := range want {
			want[i].Revision = 1
		}
		if diff := difference(d.notes(groups.NoteDraft, ""), want); diff != "" {
			t.Errorf("Notes of all groups: %s", diff)
		}
		for i, id := range ids {
			if diff := difference(d.notes(groups.NoteDraft, id), want[i*len(keys):(i+1)*len(keys)]); diff != "" {
				t.Errorf("Notes of %q: %s", id, diff)
			}
		}
	},
}, {
	Name: "acts and notes come once each, however many", Interface: "Store", Clause: 1, Needs: []Category{Acts, Notes},
	Why: "an audit that loses a row where one page ends and the next begins is none",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		for round, n := range manySizes {
			var c groups.Commit
			for i, key := range numbered(n) {
				id := groups.GroupID("g")
				if i%100 == 7 {
					id = "h"
				}
				c.Acts = append(c.Acts, groups.Act{Do: "edit", Group: id, Why: key, By: root, At: noon})
				k := note(id, key, "text")
				k.Kind = noteKinds[round]
				c.Notes = append(c.Notes, k)
			}
			before := d.acts("", "")
			at := ""
			if len(before) > 0 {
				at = before[len(before)-1].Cursor
			}
			d.commit(c)
			for _, id := range []groups.GroupID{"", "g", "h"} {
				var acts, notes, wantActs, wantNotes []string
				for _, a := range d.acts(id, at) {
					acts = append(acts, a.Why)
				}
				for _, k := range d.notes(noteKinds[round], id) {
					notes = append(notes, k.Key)
				}
				for _, a := range c.Acts {
					if id == "" || a.Group == id {
						wantActs = append(wantActs, a.Why)
					}
				}
				for _, of := range []groups.GroupID{"g", "h"} {
					for _, k := range c.Notes {
						if k.Group == of && (id == "" || of == id) {
							wantNotes = append(wantNotes, k.Key)
						}
					}
				}
				sameIDs(t, "Acts of "+string(id), acts, wantActs)
				sameIDs(t, "Notes of "+string(id), notes, wantNotes)
			}
		}
	},
}, {
	Name: "a stream that is cut short ends with an error", Interface: "Store", Clause: 1,
	Why:   "half a membership that looks like a whole one makes a run join people again, and clients lose the other half",
	store: func(t TB, s groups.Store) { areCutShort(desk{t, s}, crowd(desk{t, s})) },
}, {
	Name: "acts and notes that are cut short end with an error", Interface: "Store", Clause: 1, Needs: []Category{Acts, Notes},
	Why:   "half an audit that looks like a whole one says that nobody did anything else",
	store: func(t TB, s groups.Store) { areCutShort(desk{t, s}, papers(desk{t, s})) },
}, {
	Name: "a stream that is left early can be read again", Interface: "Store", Clause: 1,
	Why:   "a page reads its rows and leaves; neither a lock nor a connection may stay behind",
	store: func(t TB, s groups.Store) { areLeft(desk{t, s}, crowd(desk{t, s})) },
}, {
	Name: "acts and notes that are left early can be read again", Interface: "Store", Clause: 1, Needs: []Category{Acts, Notes},
	Why:   "the first page of an audit is what most people look at",
	store: func(t TB, s groups.Store) { areLeft(desk{t, s}, papers(desk{t, s})) },
}, {
	Name: "members are those whose member method is not outside", Interface: "Store", Clause: 9,
	Why: "bits, assignments that sleep and the population of an inactive group are nobody's membership",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		want := everyStanding()
		d.put("g", want...)
		var members []groups.Member
		for _, st := range d.standings("g") {
			if st.Member != groups.Outside {
				members = append(members, groups.Member{User: st.User, Method: st.Member})
			}
		}
		if len(d.standings("g")) != len(want) || len(members) == 0 {
			t.Fatalf("%d standings are stored, want %d", len(d.standings("g")), len(want))
		}
		if diff := difference(d.members("g"), members); diff != "" {
			t.Errorf("Members: %s", diff)
		}
	},
}, {
	Name: "members follow every write", Interface: "Store", Clause: 9,
	Why: "a membership kept beside the standings can go its own way",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		for _, step := range []struct {
			what string
			st   groups.Standing
			want groups.Method
		}{
			{"joining", automatic("ada"), groups.Automatic},
			{"switching", assigned("ada"), groups.Manual},
			{"withholding", withheld("ada"), groups.Outside},
			{"joining again", assigned("ada"), groups.Manual},
			{"excluding", excluded("ada"), groups.Outside},
			{"erasing", blank("ada"), groups.Outside},
			{"joining after all", automatic("ada"), groups.Automatic},
		} {
			d.put("g", step.st, automatic("zoe"))
			want := []groups.Member{{User: "ada", Method: step.want}, {User: "zoe", Method: groups.Automatic}}
			if step.want == groups.Outside {
				want = want[1:]
			}
			if diff := difference(d.members("g"), want); diff != "" {
				t.Errorf("after %s: %s", step.what, diff)
			}
		}
	},
}}

// A stream is one of a store, of 1,000 rows of whatever type.
type stream struct {
	what string
	open func(context.Context) iter.Seq2[any, error]
}

func areCutShort(d desk, streams []stream) {
	d.t.Helper()
	for _, s := range streams {
		for _, after := range []int{1, 500, 999} {
			cutShort(d.t, s.what, after, s.open)
		}
	}
}

func areLeft(d desk, streams []stream) {
	d.t.Helper()
	for _, s := range streams {
		open := s.open(d.t.Context())
		for range 50 {
			leave(d.t, s.what, open)
		}
		for range 2 {
			if n := len(rows(d.t, s.what, open)); n != 1000 {
				d.t.Errorf("%s: %d rows when read again, want 1000", s.what, n)
			}
		}
	}
}

// crowd fills the store with groups and members, so that each of the streams has 1,000 rows.
func crowd(d desk) []stream {
	d.t.Helper()
	var c groups.Commit
	ids := typed[groups.GroupID](numbered(1000))
	for i, id := range ids {
		w := saves(groups.Group{ID: id})
		members := []groups.UserID{"ada"}
		if i == 0 {
			members = append(members, typed[groups.UserID](numbered(999))...)
		}
		for _, u := range members {
			st := automatic(u)
			if i > 0 {
				st = withheld(u) // so that the feed has 1,000 rows as well
			}
			st.Group = id
			w.Standings = append(w.Standings, st)
			if st.Member != groups.Outside {
				w.Changes = append(w.Changes, change(st, groups.Outside))
			}
		}
		c.Writes = append(c.Writes, w)
	}
	d.commit(c)
	return []stream{
		into("Groups", d.s.Groups),
		into("Standings", func(ctx context.Context) iter.Seq2[groups.Standing, error] { return d.s.Standings(ctx, ids[0], "") }),
		into("StandingsOf", func(ctx context.Context) iter.Seq2[groups.Standing, error] { return d.s.StandingsOf(ctx, "ada") }),
		into("Members", func(ctx context.Context) iter.Seq2[groups.Member, error] { return d.s.Members(ctx, ids[0], "") }),
		into("Changes", func(ctx context.Context) iter.Seq2[groups.Change, error] { return d.s.Changes(ctx, "") }),
	}
}

// papers fills it with acts and notes.
func papers(d desk) []stream {
	d.t.Helper()
	d.create("g")
	var c groups.Commit
	for _, key := range numbered(1000) {
		c.Acts = append(c.Acts, groups.Act{Do: "edit", Group: "g", By: root, At: noon})
		c.Notes = append(c.Notes, note("g", key, "text"))
	}
	d.commit(c)
	return []stream{
		into("Acts", func(ctx context.Context) iter.Seq2[groups.Act, error] { return d.s.Acts(ctx, "", "") }),
		into("Acts of a group", func(ctx context.Context) iter.Seq2[groups.Act, error] { return d.s.Acts(ctx, "g", "") }),
		into("Notes", func(ctx context.Context) iter.Seq2[groups.Note, error] { return d.s.Notes(ctx, groups.NoteDraft, "") }),
		into("Notes of a group", func(ctx context.Context) iter.Seq2[groups.Note, error] { return d.s.Notes(ctx, groups.NoteDraft, "g") }),
	}
}

// into forgets the type of a stream's rows.
func into[T any](what string, open func(context.Context) iter.Seq2[T, error]) stream {
	return stream{what, func(ctx context.Context) iter.Seq2[any, error] {
		rows := open(ctx)
		return func(yield func(any, error) bool) {
			for row, err := range rows {
				if !yield(row, err) {
					return
				}
			}
		}
	}}
}

func usersOf(standings []groups.Standing) []groups.UserID {
	var ids []groups.UserID
	for _, s := range standings {
		ids = append(ids, s.User)
	}
	return ids
}

func memberIDs(members []groups.Member) []groups.UserID {
	var ids []groups.UserID
	for _, m := range members {
		ids = append(ids, m.User)
	}
	return ids
}
