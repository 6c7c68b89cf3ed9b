package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/grouprules/groups"
)

// actCases are clause 16 of Store, and clause 11 for acts.
var actCases = []Case{{
	Name: "every field of an act comes back as it was given", Interface: "Store", Clause: 16, Needs: []Category{Acts},
	Why: "the audit is what somebody is held to years later: who, when, why, and what was there before",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		want := []groups.Act{
			{Do: "assign", Group: "g", User: "ada", By: "bob", At: noon, Why: "asked for it", Before: []byte(`null`), After: []byte(`{"by":"bob"}`)},
			{Do: "edit", Group: "g", By: " spaced ", At: evening, Why: "two\nlines \"quoted\" \\ <b>&amp;</b> \U0001f600", Before: []byte(`{ "b": 1.0,  "a" : [ ] }`), After: []byte(`{"a":1e400,"a":"\u00e4\/"}`)},
			{Do: "forget", User: "forgotten-7", By: root, At: forever},
			{Do: "override", By: root, At: morning, After: []byte(`"` + strings.Repeat("long \u00e4 ", 10000) + `"`)},
			{Do: "an act of the host's", Group: "of no group that was", User: "nobody", By: "0", Before: []byte(`12345678901234567890.10`)},
			{},
		}
		given := slices.Clone(want)
		for i := range given {
			given[i].Cursor = "of the caller" // is not kept
		}
		d.commit(groups.Commit{Acts: given})
		for i := range want {
			want[i].Cursor = ""
		}
		got := d.acts("", "")
		if diff := difference(withoutPlaces(got), want); diff != "" {
			t.Errorf("Acts: %s", diff)
		}
		for _, a := range got {
			if a.Cursor == "" || a.Cursor == "of the caller" {
				t.Errorf("the cursor of an act is %q", a.Cursor)
			}
		}
		if diff := difference(withoutPlaces(d.acts("g", "")), want[:2]); diff != "" {
			t.Errorf("Acts of the group: %s", diff)
		}
	},
}, {
	Name: "acts stand behind earlier ones, in their order, once", Interface: "Store", Clause: 16, Needs: []Category{Acts},
	Why: "what was there before an act is what the one before it left",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		var want []groups.Act
		for i := range 12 {
			var c groups.Commit
			for j := range i % 4 {
				// Later acts have earlier clocks, and the same act is done twice.
				a := groups.Act{Do: "assign", Group: []groups.GroupID{"h", "g", ""}[(i+j/2)%3], User: "ada", By: "bob", At: noon.AddDate(0, 0, -i), Why: fmt.Sprint(j / 2)}
				c.Acts = append(c.Acts, a)
			}
			if i%2 == 0 {
				c.Writes = []groups.Write{d.write("g", automatic(groups.UserID(fmt.Sprintf("u%d", i))))}
			}
			d.commit(c)
			want = append(want, c.Acts...)
			if diff := difference(withoutPlaces(d.acts("", "")), want); diff != "" {
				t.Fatalf("after commit %d: %s", i, diff)
			}
		}
		for _, id := range []groups.GroupID{"g", "h"} {
			of := slices.DeleteFunc(slices.Clone(want), func(a groups.Act) bool { return a.Group != id })
			if diff := difference(withoutPlaces(d.acts(id, "")), of); diff != "" {
				t.Errorf("Acts of %q: %s", id, diff)
			}
		}
	},
}, {
	Name: "the acts of a group outlive it", Interface: "Store", Clause: 16, Needs: []Category{Acts},
	Why: "who deleted a group, and who was in it by whose word, is asked when it is gone",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		d.put("g", automatic("ada"))
		d.commit(groups.Commit{Acts: []groups.Act{{Do: "create", Group: "g", By: "ada", At: morning}, {Do: "create", Group: "h", By: "ada", At: morning}}})
		feed := d.changes("")
		c := commit(d.deletes("g"))
		c.Acts = []groups.Act{{Do: "delete", Group: "g", By: root, At: evening, Before: []byte(`{"id":"g"}`)}}
		d.commit(c)
		want := d.acts("g", "")
		var does []string
		for _, a := range want {
			does = append(does, a.Do)
		}
		sameIDs(t, "what was done to a deleted group", does, []string{"create", "delete"})
		if diff := difference(d.changes("")[:len(feed)], feed); diff != "" {
			t.Errorf("the feed: %s", diff)
		}
		d.create("g") // created anew, it has the past of its ID
		d.commit(groups.Commit{Acts: []groups.Act{{Do: "create", Group: "g", By: "bob", At: evening}}})
		got := d.acts("g", "")
		if diff := difference(got[:min(len(got), 2)], want); diff != "" || len(got) != 3 {
			t.Errorf("of the group created anew there are %d acts, want 3: %s", len(got), diff)
		}
		if n := len(d.acts("", "")); n != 4 {
			t.Errorf("%d acts in all, want 4", n)
		}
	},
}, {
	Name: "acts about the whole tenant are in the whole audit only", Interface: "Store", Clause: 16, Needs: []Category{Acts},
	Why: "a blank group is no group, and its acts belong on no group's page",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.commit(groups.Commit{Acts: []groups.Act{{Do: "override", By: "ada"}, {Do: "edit", Group: "g", By: "bob"}, {Do: "forget", User: alias}}})
		if n := len(d.acts("", "")); n != 3 {
			t.Errorf("%d acts in all, want 3", n)
		}
		if of := d.acts("g", ""); len(of) != 1 || of[0].Do != "edit" {
			t.Errorf("the acts of the group are %v, want the edit", of)
		}
	},
}, {
	Name: "what an act says can be written to", Interface: "Store", Clause: 16,
	Why: "an audit that changes after the fact is none",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		before, after := []byte(`"before"`), []byte(`"after"`)
		d.commit(groups.Commit{Acts: []groups.Act{{Do: "edit", Group: "g", Before: before, After: after}}})
		spoilt := func(a groups.Act) {
			copy(a.Before, "!!!!!!!!")
			copy(a.After, "!!!!!!!!")
		}
		copy(before, "!!!!!!!!")
		copy(after, "!!!!!!!!")
		for range 2 {
			for _, id := range []groups.GroupID{"", "g"} {
				for _, a := range d.acts(id, "") {
					if string(a.Before) != `"before"` || string(a.After) != `"after"` {
						t.Errorf("the act became %s and %s", a.Before, a.After)
					}
					spoilt(a)
				}
			}
		}
	},
}, {
	Name: "the audit goes on after every cursor", Interface: "Store", Clause: 11, Needs: []Category{Acts},
	Why: "it is read page by page, and copied bit by bit to where nobody can change it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		for i, n := range []int{1, 3, 2, 5} {
			var c groups.Commit
			for j := range n {
				for _, id := range []groups.GroupID{"g", "", "h"} {
					c.Acts = append(c.Acts, groups.Act{Do: "edit", Group: id, By: root, Why: fmt.Sprint(i, j)})
				}
			}
			d.commit(c)
		}
		d.delete("h")
		all := d.acts("", "")
		if len(all) != 33 {
			t.Fatalf("%d acts, want 33", len(all))
		}
		for i, a := range all {
			if a.Cursor == "" {
				t.Fatalf("act %d has no cursor", i)
			}
			if diff := difference(d.acts("", a.Cursor), all[i+1:]); diff != "" {
				t.Errorf("after act %d: %s", i, diff)
			}
			// A place in the audit is one whichever way it is read.
			for _, id := range []groups.GroupID{"g", "h"} {
				of := slices.DeleteFunc(slices.Clone(all[i+1:]), func(a groups.Act) bool { return a.Group != id })
				if diff := difference(d.acts(id, a.Cursor), of); diff != "" {
					t.Errorf("of %q after act %d: %s", id, i, diff)
				}
			}
		}
		last := all[len(all)-1].Cursor
		d.commit(groups.Commit{Acts: []groups.Act{{Do: "edit", Group: "g", Why: "late"}}})
		for _, id := range []groups.GroupID{"", "g"} {
			if news := d.acts(id, last); len(news) != 1 || news[0].Why != "late" {
				t.Errorf("%d acts of %q after what was the last, want the late one", len(news), id)
			}
		}
	},
}, {
	Name: "a reader who follows the audit while it is written misses nothing", Interface: "Store", Clause: 11, Needs: []Category{Acts},
	Why: "a cursor given out before an earlier act is visible, as a counter of a database is, passes it over for good",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		const writers, acts = 6, 15
		var writing sync.WaitGroup
		errs := make([]error, writers)
		for i := range writers {
			writing.Go(func() {
				for n := range acts {
					a := groups.Act{Do: "edit", Group: groups.GroupID(fmt.Sprintf("g%d", i)), Why: fmt.Sprint(n)}
					if errs[i] = s.Apply(t.Context(), groups.Commit{Acts: []groups.Act{a}}); errs[i] != nil {
						return
					}
				}
			})
		}
		done := make(chan struct{})
		go func() {
			writing.Wait()
			close(done)
		}()
		var read []groups.Act
		at := ""
		for last := false; ; {
			news := d.acts("", at)
			read = append(read, news...)
			if len(news) > 0 {
				at = news[len(news)-1].Cursor
			}
			if last {
				break
			}
			select {
			case <-done:
				last = true
			default:
			}
		}
		if err := errors.Join(errs...); err != nil {
			t.Fatalf("writing: %v", err)
		}
		if diff := difference(read, d.acts("", "")); diff != "" || len(read) != writers*acts {
			t.Errorf("read along, the audit has %d acts, want %d: %s", len(read), writers*acts, diff)
		}
	},
}, {
	Name: "text that is no cursor of the audit is an error", Interface: "Store", Clause: 11,
	Why: "a cursor that was cut or mixed up must not begin the audit anew, nor end it",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.commit(groups.Commit{Acts: []groups.Act{{Do: "create", Group: "g"}}})
		for _, text := range noCursors {
			for _, id := range []groups.GroupID{"", "g", "never was"} {
				if err := failure(t, "Acts", s.Acts(t.Context(), id, text)); !errors.Is(err, groups.ErrValue) {
					t.Errorf("Acts of %q after %q: %v, want ErrValue", id, text, err)
				}
			}
		}
	},
}}

// withoutPlaces returns acts as they were given.
func withoutPlaces(acts []groups.Act) []groups.Act {
	acts = slices.Clone(acts)
	for i := range acts {
		acts[i].Cursor = ""
	}
	return acts
}
