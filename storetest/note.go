package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// noteCases are clause 15 of Store.
var noteCases = []Case{{
	Name: "every field of a note comes back as it was given", Interface: "Store", Clause: 15, Needs: []Category{Notes},
	Why: "a draft is a rule that will be published; who kept it and when is what the next editor is told",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		all := []groups.Note{
			{Kind: groups.NoteDraft, Key: "plain", By: "ada", At: noon, Data: []byte("{}")},
			{Kind: groups.NoteVersion, Key: fmt.Sprintf("%020d", uint64(math.MaxUint64)), By: " spaced ", At: forever, Data: []byte(`{ "b": 1.0,  "a": "\u00e4\n" }` + "\n")},
			{Kind: groups.NoteHeld, Key: "", By: "it's \"quoted\" \\ <b>", At: morning, Data: []byte("{\"a\":1,\"a\":2}")},
			{Kind: "a kind of the host's", Key: "a key", Data: []byte("null")},
			{Kind: groups.NoteDraft, Key: "binary", At: evening, Data: []byte("\x00\xff\xfe not JSON \r\n")},
			{Kind: groups.NoteDraft, Key: "long", At: noon, Data: []byte(strings.Repeat("0123456789\u00e4", 20000))},
		}
		for i := range all {
			all[i].Group = "g"
		}
		d.commit(groups.Commit{Notes: all})
		for _, want := range all {
			want.Revision = 1
			found := d.notes(want.Kind, "g")
			found = slices.DeleteFunc(found, func(n groups.Note) bool { return n.Key != want.Key })
			if len(found) != 1 {
				t.Errorf("%d notes %q %q, want 1", len(found), want.Kind, want.Key)
			} else if diff := difference(found[0], want); diff != "" {
				t.Errorf("note %q %q: %s", want.Kind, want.Key, diff)
			}
		}
	},
}, {
	Name: "keeping a note raises its revision by one", Interface: "Store", Clause: 15, Needs: []Category{Notes},
	Why: "an editor holds the revision it started from; one that is skipped or used twice lets it overwrite another's work",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		n := note("g", "key", "text 0")
		for i := range 10 {
			d.commit(groups.Commit{Notes: []groups.Note{n}})
			n.Revision++
			if diff := difference(d.notes(n.Kind, "g"), []groups.Note{n}); diff != "" {
				t.Fatalf("kept %d times: %s", i+1, diff)
			}
			n.Data, n.By, n.At = []byte(fmt.Sprintf("text %d", i)), fmt.Sprintf("editor %d", i), noon.AddDate(0, 0, i)
		}
		if g := d.group("g"); g.Revision != 1 || g.State.Sequence != 0 {
			t.Errorf("the group is at revision %d and sequence %d, which notes do not raise", g.Revision, g.State.Sequence)
		}
	},
}, {
	Name: "a stale note is refused, naming who kept it and when", Interface: "Store", Clause: 15, Needs: []Category{Notes},
	Why: "the second of two editors of a draft must see whose work they would overwrite",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		n := note("g", "key", "first")
		d.commit(groups.Commit{Notes: []groups.Note{n, note("h", "key", "of another group"), note("g", "key 2", "beside")}})
		second := note("g", "key", "second")
		second.Revision, second.By, second.At = 1, "grace", evening
		d.commit(groups.Commit{Notes: []groups.Note{second}})
		second.Revision = 2
		for _, revision := range []uint64{0, 1, 3, 1<<32 + 2, math.MaxInt64, 1<<63 + 2, math.MaxUint64} {
			n.Revision = revision
			refusesNote(d, n, second)
			refusesNote(d, erased("g", "key", revision), second)
		}
		d.commit(groups.Commit{Notes: []groups.Note{erased("g", "key", 2)}})
		for _, revision := range []uint64{1, 2, math.MaxUint64} {
			n.Revision = revision
			refusesNote(d, n, groups.Note{Kind: n.Kind, Group: "g"})
			refusesNote(d, erased("g", "key", revision), groups.Note{Kind: n.Kind, Group: "g"})
		}
	},
}, {
	Name: "a note without data is erased", Interface: "Store", Clause: 15, Needs: []Category{Notes},
	Why: "a draft that was published, or thrown away, must not be published again",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		a, b, c := note("g", "a", "text"), note("g", "b", "text"), note("g", "c", "text")
		d.commit(groups.Commit{Notes: []groups.Note{a, b, c}})
		empty := erased("g", "c", 1)
		empty.Data = []byte{}
		d.commit(groups.Commit{Notes: []groups.Note{erased("g", "b", 1), empty}})
		a.Revision = 1
		if diff := difference(d.notes(groups.NoteDraft, "g"), []groups.Note{a}); diff != "" {
			t.Errorf("after erasing: %s", diff)
		}
		d.commit(groups.Commit{Notes: []groups.Note{b}}) // begins anew
		b.Revision = 1
		if diff := difference(d.notes(groups.NoteDraft, ""), []groups.Note{a, b}); diff != "" {
			t.Errorf("kept anew: %s", diff)
		}
	},
}, {
	Name: "kinds, groups and keys of notes stay apart", Interface: "Store", Clause: 15, Needs: []Category{Notes},
	Why: "a name made of all three in one text takes one note for another",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ids := []groups.GroupID{"A", "a", "a/b", "b"}
		d.create(ids...)
		kinds := append(slices.Clone(noteKinds), "Draft", "draft/a")
		var c groups.Commit
		of := make(map[groups.NoteKind][]groups.Note)
		for _, kind := range kinds {
			for _, id := range ids {
				for _, key := range []string{"", "A", "a", "a ", "a/b", "b", "b/b"} {
					n := note(id, key, fmt.Sprintf("%q %q %q", kind, id, key))
					n.Kind = kind
					c.Notes = append(c.Notes, n)
					n.Revision = 1
					of[kind] = append(of[kind], n)
				}
			}
		}
		d.commit(c)
		d.commit(groups.Commit{Notes: []groups.Note{erased("a", "b/b", 1)}})
		of[groups.NoteDraft] = slices.DeleteFunc(of[groups.NoteDraft], func(n groups.Note) bool { return n.Group == "a" && n.Key == "b/b" })
		for _, kind := range kinds {
			if diff := difference(d.notes(kind, ""), of[kind]); diff != "" {
				t.Errorf("Notes %q: %s", kind, diff)
			}
			for _, id := range ids {
				var want []groups.Note
				for _, n := range of[kind] {
					if n.Group == id {
						want = append(want, n)
					}
				}
				if diff := difference(d.notes(kind, id), want); diff != "" {
					t.Errorf("Notes %q of %q: %s", kind, id, diff)
				}
			}
		}
		if n := len(d.notes("DRAFT", "")) + len(d.notes("", "")) + len(d.notes("draft ", "")); n != 0 {
			t.Errorf("%d notes of kinds that there are none of", n)
		}
	},
}, {
	Name: "a note of a group that does not exist is not found", Interface: "Store", Clause: 15, Needs: []Category{Notes},
	Why: "it would belong to nothing, and turn up in a group created later",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "gone")
		d.delete("gone")
		for _, id := range []groups.GroupID{"never was", "G", "gone"} {
			refuses(d, "a note", groups.Commit{Notes: []groups.Note{note("g", "key", "text"), note(id, "key", "text")}}, groups.ErrNotFound)
		}
		refuses(d, "a note of a group that is deleted at once",
			groups.Commit{Writes: []groups.Write{d.deletes("g")}, Notes: []groups.Note{note("g", "key", "text")}}, groups.ErrNotFound)
		d.commit(groups.Commit{Notes: []groups.Note{note("g", "key", "text")}})
		refuses(d, "a note of a group that is deleted at once",
			groups.Commit{Writes: []groups.Write{d.deletes("g")}, Notes: []groups.Note{{Kind: groups.NoteDraft, Group: "g", Key: "key", Revision: 1, Data: []byte("new")}}}, groups.ErrNotFound)
	},
}, {
	Name: "a note comes with the group that a commit creates", Interface: "Store", Clause: 15, Needs: []Category{Notes},
	Why: "the first version of a group is kept in the act that creates it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		n := note("g", "key", "text")
		d.commit(groups.Commit{Writes: []groups.Write{saves(groups.Group{ID: "g"})}, Notes: []groups.Note{n}})
		n.Revision = 1
		if diff := difference(d.notes(groups.NoteDraft, "g"), []groups.Note{n}); diff != "" {
			t.Errorf("the note of a group that was created: %s", diff)
		}
		g := d.group("g")
		g.Name, n.Data = "renamed", []byte("again")
		d.commit(groups.Commit{Writes: []groups.Write{saves(g)}, Notes: []groups.Note{n}})
		n.Revision = 2
		d.put("g", automatic("ada"))
		d.save(d.group("g"))
		if diff := difference(d.notes(groups.NoteDraft, "g"), []groups.Note{n}); diff != "" {
			t.Errorf("the note of a group that was saved and written to: %s", diff)
		}
	},
}, {
	Name: "the data of a note can be written to", Interface: "Store", Clause: 15,
	Why: "an editor that works on the draft it kept, or on the one it got, must not change the stored one by that",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		data := []byte("as it was")
		n := note("g", "key", "")
		n.Data = data[:6]
		d.commit(groups.Commit{Notes: []groups.Note{n}})
		spoilData := func(b []byte) {
			for i := range b {
				b[i] = '!'
			}
		}
		spoilData(data)
		for range 2 {
			for _, id := range []groups.GroupID{"g", ""} {
				for _, got := range d.notes(groups.NoteDraft, id) {
					if string(got.Data) != "as it " {
						t.Errorf("the stored data became %q", got.Data)
					}
					spoilData(got.Data)
				}
			}
		}
	},
}, {
	Name: "of notes kept from one revision exactly one is written", Interface: "Store", Clause: 15, Needs: []Category{Acts, Notes},
	Why: "comparing and keeping in two steps lets two editors overwrite each other in between",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		for revision := range uint64(5) { // creating, then replacing
			errs := race(8, func(i int) error {
				n := note("g", "key", fmt.Sprint(i))
				n.Revision = revision
				return s.Apply(t.Context(), groups.Commit{Notes: []groups.Note{n}, Acts: []groups.Act{{Do: "edit", Group: "g", Why: fmt.Sprint(i)}}})
			})
			all := d.notes(groups.NoteDraft, "g")
			if n := succeeded(errs); n != 1 || len(all) != 1 || all[0].Revision != revision+1 || len(d.acts("g", "")) != int(revision)+1 {
				t.Fatalf("%d of 8 notes from revision %d were kept: %v", n, revision, all)
			}
			for i, err := range errs {
				if err != nil {
					wants(t, "a note that lost the race", err, groups.ErrConflict)
				} else if string(all[0].Data) != fmt.Sprint(i) {
					t.Errorf("note %d was told that it was kept, stored is %s", i, all[0].Data)
				}
			}
		}
	},
}, {
	Name: "notes kept while their group is deleted leave nothing behind", Interface: "Store", Clause: 15,
	Why: "whether the group is there must be asked in the transaction that writes",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for round := range 10 {
			id := groups.GroupID(names[round])
			d.create(id)
			deletion := d.deletes(id)
			commits := []groups.Commit{{Notes: []groups.Note{note(id, "key", "text")}}, commit(deletion)}
			first := round % 2 // of those who start at once, some are sooner
			errs := race(2, func(i int) error { return s.Apply(t.Context(), commits[i^first]) })
			if kept, gone := errs[first], errs[1^first]; gone != nil || kept != nil && !errors.Is(kept, groups.ErrNotFound) {
				t.Fatalf("the note: %v, the deletion: %v", kept, gone)
			}
			if n := len(d.notes(groups.NoteDraft, id)) + len(d.notes(groups.NoteDraft, "")); n != 0 {
				t.Errorf("%d notes of a group that was deleted", n)
			}
		}
	},
}}

// note is a draft of a group at revision 0.
func note(id groups.GroupID, key, text string) groups.Note {
	return groups.Note{Kind: groups.NoteDraft, Group: id, Key: key, By: "ada", At: noon, Data: []byte(text)}
}

// erased is the erasure of a draft.
func erased(id groups.GroupID, key string, revision uint64) groups.Note {
	return groups.Note{Kind: groups.NoteDraft, Group: id, Key: key, Revision: revision, By: "bob", At: evening}
}

// refusesNote demands a *ConflictError that describes the stored note, and that nothing was written.
func refusesNote(d desk, n, stored groups.Note) {
	d.t.Helper()
	was := d.picture()
	err := d.s.Apply(d.t.Context(), groups.Commit{Notes: []groups.Note{n}})
	var conflict *groups.ConflictError
	if !errors.As(err, &conflict) {
		d.t.Errorf("a note at revision %d: the error is %v, want a *ConflictError", n.Revision, err)
		return
	}
	want := groups.ConflictError{Group: stored.Group, Note: stored.Kind, Revision: stored.Revision, By: stored.By, At: stored.At}
	if diff := difference(*conflict, want); diff != "" {
		d.t.Errorf("a note at revision %d: the conflict: %s", n.Revision, diff)
	}
	d.unchanged(was, "a note that was refused")
}
