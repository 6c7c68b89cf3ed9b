package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// commitCases are those of clauses 3, 6, 7 and 8 of Store that are about a commit as a whole.
var commitCases = []Case{{
	Name: "a save comes with the membership it brings", Interface: "Store", Clause: 3,
	Why: "a plan is published as it was shown: a rule without its members, or members without their rule, is what nobody agreed to",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for revision := range uint64(3) { // creating, then replacing
			g := groups.Group{ID: "g", Name: fmt.Sprint(revision), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: everyCondition(), Revision: revision, SavedBy: "ada", SavedAt: noon}
			w := saves(g)
			for _, st := range []groups.Standing{automatic(groups.UserID(fmt.Sprint("a", revision))), assigned(groups.UserID(fmt.Sprint("b", revision)))} {
				st.Group = "g"
				w.Standings = append(w.Standings, st)
				w.Changes = append(w.Changes, change(st, groups.Outside))
			}
			w.State = &groups.State{Sequence: 77, Live: true, Revision: revision + 1, Processed: noon, Members: 2, Clock: noon, Reads: 7}
			before := len(d.changes(""))
			d.apply(w)
			want := g
			want.Revision, want.State = revision+1, *w.State
			want.State.Sequence = revision + 1
			if diff := difference(d.group("g"), want); diff != "" {
				t.Errorf("the group: %s", diff)
			}
			for _, st := range w.Standings {
				if diff := difference(d.standingsOf(st.User), []groups.Standing{st}); diff != "" {
					t.Errorf("the standing of %q: %s", st.User, diff)
				}
			}
			if diff := difference(withoutCursors(d.changes("")[before:]), w.Changes); diff != "" {
				t.Errorf("the feed: %s", diff)
			}
		}
	},
}, {
	Name: "a save leaves alone what it does not bring", Interface: "Store", Clause: 3,
	Why: "a name that is corrected is no processing of the group; a state that is brought is",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		w := saves(groups.Group{ID: "g"})
		w.State = &groups.State{Sequence: 9, Live: true, Held: "plan", Next: evening}
		d.apply(w)
		want := *w.State
		want.Sequence = 0
		expect := func(what string) {
			if diff := difference(d.group("g").State, want); diff != "" {
				t.Errorf("%s: the state: %s", what, diff)
			}
		}
		expect("created with a state")
		d.save(d.group("g"))
		expect("saved alone")
		w = saves(d.group("g"))
		st := automatic("ada")
		st.Group = "g"
		w.Standings, w.Changes = []groups.Standing{st}, []groups.Change{change(st, groups.Outside)}
		d.apply(w)
		want.Sequence = 1
		expect("saved with a standing")
		w = saves(d.group("g"))
		w.State = &groups.State{Approved: "plan", Revision: 4}
		d.apply(w)
		want = *w.State
		want.Sequence = 1
		expect("saved with a state")
		if n := len(d.members("g")); n != 1 {
			t.Errorf("%d members, want 1", n)
		}
	},
}, {
	Name: "several groups are saved at once, or none", Interface: "Store", Clause: 3,
	Why: "an import of groups that refer to each other is one act",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("old")
		old := d.group("old")
		old.Name = "renamed"
		child := reader("b", "a", "old")
		child.Parent = "c"
		all := []groups.Group{child, {ID: "c"}, old, {ID: "a"}}
		var writes []groups.Write
		for _, g := range all {
			writes = append(writes, saves(g))
		}
		for i := range writes {
			bad := slices.Clone(writes)
			g := *bad[i].Save
			g.Revision += 2
			want := groups.ErrNotFound
			if g.ID == "old" {
				want = groups.ErrConflict
			}
			bad[i] = saves(g)
			refuses(d, fmt.Sprintf("several saves, of which that of %q is stale", g.ID), commit(bad...), want)
		}
		d.apply(writes...)
		for _, want := range all {
			want.Revision++
			if diff := difference(d.group(want.ID), want); diff != "" {
				t.Errorf("group %q: %s", want.ID, diff)
			}
		}
	},
}, {
	Name: "of commits that save the same groups exactly one is written", Interface: "Store", Clause: 6, Needs: []Category{Acts, Notes},
	Why: "two people publish; what one of them wrote must be there as a whole, and nothing of the other's",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("a", "b")
		for round := range uint64(5) {
			commits := make([]groups.Commit, 8)
			for i := range commits {
				ids := []groups.GroupID{"a", "b"}
				if i%2 == 1 {
					slices.Reverse(ids) // those who lock groups in their order wait for each other
				}
				for _, id := range ids {
					w := d.write(id, automatic(groups.UserID(fmt.Sprintf("u%d-%d", round, i))))
					g := d.group(id)
					g.Name = fmt.Sprint(i)
					w.Save = &g
					commits[i].Writes = append(commits[i].Writes, w)
					n := note(id, "key", fmt.Sprint(i))
					n.Revision = round
					commits[i].Notes = append(commits[i].Notes, n)
				}
				commits[i].Acts = []groups.Act{{Do: "publish", Group: "a", Why: fmt.Sprint(i)}}
			}
			errs := race(len(commits), func(i int) error { return s.Apply(t.Context(), commits[i]) })
			if n := succeeded(errs); n != 1 {
				t.Fatalf("%d of 8 commits were written: %v", n, errs)
			}
			for i, err := range errs {
				if err != nil {
					wants(t, "a commit that lost the race", err, groups.ErrConflict)
					continue
				}
				acts, notes := d.acts("", ""), d.notes(groups.NoteDraft, "")
				if len(acts) != int(round)+1 || acts[round].Why != fmt.Sprint(i) || len(notes) != 2 {
					t.Fatalf("after round %d there are %d acts and %d notes", round, len(acts), len(notes))
				}
				for j, id := range []groups.GroupID{"a", "b"} {
					g := d.group(id)
					if g.Name != fmt.Sprint(i) || g.Revision != round+2 || g.State.Sequence != round+1 || string(notes[j].Data) != g.Name {
						t.Errorf("commit %d was told that it was written, stored is %q at revision %d and sequence %d, and the note %s", i, g.Name, g.Revision, g.State.Sequence, notes[j].Data)
					}
				}
				if n := len(d.changes("")); n != 2*int(round+1) {
					t.Errorf("%d changes after %d commits of 2", n, round+1)
				}
			}
		}
	},
}, {
	Name: "a write that does not say what it read is not compared by it", Interface: "Store", Clause: 6,
	Why: "whoever corrects a name does not care which members came meanwhile; the revision counts all the same",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		plain, save, deletion := d.write("g", automatic("ada")), saves(d.group("g")), d.deletes("h")
		plain.Was, deletion.Was = nil, nil
		d.put("g", assigned("bob"))
		d.put("h", withheld("bob"))
		w := d.write("g")
		w.State = &groups.State{Live: true, Processed: noon, Held: "plan"}
		d.apply(w)
		d.apply(plain)
		if n := len(d.members("g")); n != 2 {
			t.Errorf("%d members, want 2", n)
		}
		d.apply(save, deletion)
		plain.Standings, plain.Changes = nil, nil
		for _, stale := range []groups.Write{plain, save, deletion} {
			want := groups.ErrConflict
			if stale.Delete {
				want = groups.ErrNotFound
			}
			refuses(d, "a write from another revision", commit(stale), want)
		}
	},
}, {
	Name: "a save from another state is refused where it says which it read", Interface: "Store", Clause: 6,
	Why: "a plan was evaluated beside the state it names; what came meanwhile it did not see",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		first := d.group("g").State
		d.put("g", automatic("ada"))
		save := saves(d.group("g"))
		save.Was = &first
		refusesApply(d, save)
		refusesApply(d, saves(d.group("h")), save)
		held := d.group("g").State
		held.Held = "plan"
		save.Was = &held
		refusesApply(d, save)
		now := d.group("g").State
		save.Was = &now
		d.apply(save)
	},
}, {
	Name: "a commit of which any part is refused writes nothing", Interface: "Store", Clause: 6, Needs: []Category{Notes, Forgetting},
	Why: "what belongs together is written together: a member without the act that put them there is a hole in the audit",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("deleted", "read", "saved", "top", "written", "z")
		d.save(reader("reads", "read"))
		d.save(groups.Group{ID: "child", Parent: "top"})
		for _, id := range []groups.GroupID{"deleted", "saved", "written"} {
			d.put(id, automatic("ada"), assigned("bob"))
			d.commit(groups.Commit{
				Acts:  []groups.Act{{Do: "assign", Group: id, User: "ada", By: "bob", Why: "asked for it"}},
				Notes: []groups.Note{note(id, "erased", "text"), note(id, "kept", "text")},
			})
		}
		good := func() groups.Commit {
			c := d.forgets("ada")
			for i := range c.Writes {
				w := &c.Writes[i]
				switch w.Group {
				case "deleted":
					*w = d.deletes("deleted")
					w.Changes[0].Cause = "forgotten" // of two causes
				case "saved":
					g := d.group("saved")
					g.Name = "renamed"
					w.Save, w.State = &g, &groups.State{Live: true, Processed: noon}
				}
			}
			created := saves(reader("created", "saved"))
			st := automatic("eve")
			st.Group = "created"
			created.Standings, created.Changes = []groups.Standing{st}, []groups.Change{change(st, groups.Outside)}
			kept := note("written", "kept", "other text")
			kept.Revision = 1
			c.Writes = append(c.Writes, created, d.write("z"))
			c.Notes = []groups.Note{note("created", "new", "text"), kept, erased("saved", "erased", 1)}
			c.Acts = []groups.Act{{Do: "create", Group: "created", By: root, At: evening}, {Do: "forget", User: alias, By: root, At: evening}}
			return c
		}
		write := func(c *groups.Commit, id groups.GroupID) *groups.Write {
			i := slices.IndexFunc(c.Writes, func(w groups.Write) bool { return w.Group == id })
			if i < 0 {
				t.Fatalf("nobody is left in %q: what was refused before was written", id)
			}
			return &c.Writes[i]
		}
		for _, part := range []struct {
			what  string
			want  error
			spoil func(c *groups.Commit)
		}{
			{"a stale save", groups.ErrConflict, func(c *groups.Commit) { write(c, "saved").Revision++ }},
			{"a save of another state", groups.ErrConflict, func(c *groups.Commit) { write(c, "saved").Was = &groups.State{} }},
			{"a stale deletion", groups.ErrConflict, func(c *groups.Commit) { write(c, "deleted").Revision++ }},
			{"a stale write", groups.ErrConflict, func(c *groups.Commit) { write(c, "written").Was.Sequence-- }},
			{"a stale comparison", groups.ErrConflict, func(c *groups.Commit) { write(c, "z").Was.Sequence++ }},
			{"a write to no group", groups.ErrConflict, func(c *groups.Commit) { c.Writes = append(c.Writes, groups.Write{Group: "never was"}) }},
			{"a save of no group", groups.ErrNotFound, func(c *groups.Commit) { write(c, "created").Revision = 1 }},
			{"a deletion of no group", groups.ErrNotFound, func(c *groups.Commit) {
				c.Writes = append(c.Writes, groups.Write{Group: "never was", Delete: true})
			}},
			{"a group that is there", groups.ErrConflict, func(c *groups.Commit) { c.Writes = append(c.Writes, saves(groups.Group{ID: "read"})) }},
			{"a ring", groups.ErrCycle, func(c *groups.Commit) { write(c, "saved").Save.Parent = "saved" }},
			{"a group that is read", groups.ErrReferred, func(c *groups.Commit) { c.Writes = append(c.Writes, d.deletes("read")) }},
			{"a group that is a parent", groups.ErrReferred, func(c *groups.Commit) { c.Writes = append(c.Writes, d.deletes("top")) }},
			{"a note that is there", groups.ErrConflict, func(c *groups.Commit) { c.Notes = append(c.Notes, note("saved", "kept", "text")) }},
			{"a stale note", groups.ErrConflict, func(c *groups.Commit) { c.Notes[1].Revision++ }},
			{"a stale erasure", groups.ErrConflict, func(c *groups.Commit) { c.Notes[2].Revision++ }},
			{"an erasure of nothing", groups.ErrConflict, func(c *groups.Commit) { c.Notes = append(c.Notes, erased("z", "key", 1)) }},
			{"a note of no group", groups.ErrNotFound, func(c *groups.Commit) { c.Notes = append(c.Notes, note("never was", "key", "text")) }},
			{"a note of a group that goes", groups.ErrNotFound, func(c *groups.Commit) { c.Notes = append(c.Notes, note("deleted", "key", "text")) }},
			{"a standing that is left", groups.ErrConflict, func(c *groups.Commit) { c.Forget = "bob" }},
			{"an unusable group", groups.ErrID, func(c *groups.Commit) { c.Writes = append(c.Writes, saves(groups.Group{ID: "a "})) }},
			{"an unusable user", groups.ErrID, func(c *groups.Commit) {
				w := write(c, "written")
				w.Standings = append(w.Standings, groups.Standing{Group: "written", User: "b\n", Automatic: true})
			}},
			{"an unusable alias", groups.ErrID, func(c *groups.Commit) { c.Alias = "" }},
		} {
			c := good()
			part.spoil(&c)
			refuses(d, "a commit with "+part.what, c, part.want)
		}
		d.commit(good())
		if n := len(d.standingsOf("ada")); n != 0 {
			t.Errorf("%d standings are left", n)
		}
	},
}, {
	Name: "a commit that contradicts itself is refused", Interface: "Store", Clause: 6, Needs: []Category{Notes},
	Why: "of two writes of one row nobody knows which was meant; Commit.Check says it for every store alike",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		d.put("g", automatic("ada"))
		renamed := d.group("g")
		renamed.Name = "renamed"
		at := func(w groups.Write, standings ...groups.Standing) groups.Write {
			for _, st := range standings {
				st.Group = "g"
				w.Standings = append(w.Standings, st)
			}
			return w
		}
		deleted := d.deletes("g")
		deleted.Save = &renamed
		elsewhere := d.write("h", automatic("bob"))
		elsewhere.Group = "g"
		twice, astray := d.write("g", automatic("bob")), d.write("g", automatic("bob"), automatic("eve"))
		twice.Changes = append(twice.Changes, twice.Changes[0])
		slices.Reverse(astray.Changes)
		told := d.write("g", automatic("bob"))
		told.Changes[0].Group = "h"
		for what, c := range map[string]groups.Commit{
			"a group twice":              commit(d.write("g", automatic("bob")), d.write("h"), d.write("g", automatic("eve"))),
			"a save beside a write":      commit(saves(renamed), d.write("g", automatic("bob"))),
			"a save and a deletion":      commit(deleted),
			"a save under another ID":    commit(groups.Write{Group: "h", Revision: 1, Save: &renamed}),
			"a user twice":               commit(at(d.write("g"), automatic("bob"), assigned("bob"))),
			"users who do not ascend":    commit(at(d.write("g"), automatic("eve"), automatic("bob"))),
			"standings of another group": commit(elsewhere),
			"changes of another group":   commit(told),
			"a change twice":             commit(twice),
			"changes that do not ascend": commit(astray),
			"a note twice":               {Notes: []groups.Note{note("g", "key", "text"), note("h", "key", "text"), note("g", "key", "text")}},
		} {
			was := d.picture()
			if err := s.Apply(t.Context(), c); err == nil {
				t.Errorf("a commit with %s was written", what)
			}
			d.unchanged(was, "a commit with "+what+" that was refused")
		}
	},
}, {
	Name: "everything that a commit wrote is there when it returns", Interface: "Store", Clause: 8, Needs: []Category{Acts, Notes},
	Why: "the page that is shown next is read from it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for i := range 20 {
			id := groups.GroupID(fmt.Sprintf("g%02d", i))
			w := saves(groups.Group{ID: id, Name: "first", SavedAt: noon.Add(time.Duration(i))})
			d.commit(groups.Commit{Writes: []groups.Write{w}, Notes: []groups.Note{note(id, "key", "text")}, Acts: []groups.Act{{Do: "create", Group: id}}})
			if len(d.groups()) != i+1 || len(d.acts("", "")) != 2*i+1 || len(d.acts(id, "")) != 1 ||
				len(d.notes(groups.NoteDraft, "")) != 1 || len(d.notes(groups.NoteDraft, id)) != 1 {
				t.Fatalf("group %d was created, and not all of it is there", i)
			}
			g := d.group(id)
			g.Name = "second"
			d.commit(groups.Commit{Writes: []groups.Write{saves(g)}, Notes: []groups.Note{erased(id, "key", 1)}, Acts: []groups.Act{{Do: "edit", Group: id}}})
			if all := d.groups(); d.group(id).Name != "second" || all[i].Name != "second" || len(d.acts(id, "")) != 2 || len(d.notes(groups.NoteDraft, "")) != 0 {
				t.Fatalf("group %d was saved, and not all of it is there", i)
			}
		}
	},
}}
