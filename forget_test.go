package groups_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law/fault"
)

func TestForgettingErasesAPersonEverywhere(t *testing.T) {
	ctx := t.Context()
	w := newEvalWorld(t, nil)
	w.save(evalGroup("named", groups.UserIsOrBelow("cid", "bob"), groups.ID.Is("bob", "cid").Not()))
	w.process()
	w.assign("romans", "cid")
	g, err := w.Group(ctx, "named")
	w.must(err)
	draft, err := json.Marshal(g)
	w.must(err)
	w.must(w.Apply(ctx, groups.Commit{Notes: []groups.Note{{Kind: groups.NoteDraft, Group: "named", Key: "d", Data: draft}}}))
	w.must(w.ev.Forget(ctx, "cid", "chief"))
	state := w.groupState()
	lines := slices.DeleteFunc(strings.Split(state, "\n"), func(line string) bool {
		return !strings.Contains(line, `"cid"`)
	})
	// What is left is the stored definition, the audit's copy of it, and the leaves for the host to act on.
	for _, line := range lines {
		if !strings.Contains(line, `"cause":"forgotten"`) && !strings.Contains(line, `"id":"named"`) {
			t.Errorf("left: %s", line)
		}
	}
	for _, kind := range []groups.NoteKind{groups.NoteDraft, groups.NoteVersion} {
		for n, err := range w.Notes(ctx, kind, "named") {
			w.must(err)
			if text := string(n.Data); strings.Contains(text, `"cid"`) || !strings.Contains(text, `"forgotten-`) || !strings.Contains(text, `"bob"`) {
				t.Errorf("%s: %s", kind, text)
			}
		}
	}
	// Once more, when the host has acted, and the feed does not know them either.
	w.must(w.ev.Forget(ctx, "cid", "chief"))
	for c, err := range w.Changes(ctx, "") {
		if w.must(err); c.User == "cid" {
			t.Errorf("%+v", c)
		}
	}
}

// What the guard holds about somebody who is forgotten is held no more; what it holds about others is, and can be
// approved.
func TestForgettingErasesAPersonFromWhatIsHeld(t *testing.T) {
	ctx := t.Context()
	w := newEvalWorld(t, &groups.Options{Guard: &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{MaxCount: 2}}}})
	w.people(evalUser("ann", evalIn("Oslo")), evalUser("bob", evalIn("Oslo")), evalUser("cid", evalIn("Rome")))
	w.want(w.process(), "")
	w.must(w.ev.Forget(ctx, "ann", "chief"))
	held, err := w.ev.Held(ctx)
	w.must(err)
	if len(held) != 1 {
		t.Fatalf("%d plans are held, want 1", len(held))
	}
	if text, err := json.Marshal(held); err != nil || strings.Contains(string(text), `"ann"`) {
		t.Errorf("held is %s, %v", text, err)
	}
	g, err := w.Group(ctx, "romans")
	w.must(err)
	w.want(g.State.Held, held[0].ID)
	w.process()
	again, err := w.ev.Held(ctx)
	w.must(err)
	w.want(again[0].ID, held[0].ID) // as a run holds it that never knew them
	r, err := w.ev.Approve(ctx, held[0], "chief")
	w.must(err)
	w.want(evalDiffs(r), "romans -bob(rule) +cid(rule)")
}

// A run that has read somebody before they were forgotten, and brings them in, is written before they are, so that
// nothing of it is left.
func TestARunThatHasReadAPersonIsWrittenBeforeTheyAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := newEvalWorld(t, nil)
		w.people(evalUser("dee", evalIn("Rome")))
		forgotten := make(chan error, 1)
		rival := &evalRival{Store: w.Memory, times: 1}
		ev := groups.NewEvaluator(w.Memory, rival, &groups.Options{Now: func() time.Time { return w.now }})
		rival.act = func() {
			go func() { forgotten <- ev.Forget(ctx, "dee", "chief") }()
			synctest.Wait()
		}
		_, err := ev.Process(ctx)
		w.must(err)
		w.must(<-forgotten)
		for st := range w.StandingsOf(ctx, "dee") {
			t.Errorf("left: %+v", st)
		}
		w.want(w.process(), "")
	})
}

// A Memory gives the number of who is forgotten to the next user of whom something is stored: an index that read the
// standings before and reads more of them tells the two apart.
func TestWhoFollowsSomebodyForgottenIsNotTakenForThem(t *testing.T) {
	ctx := t.Context()
	w := newEvalWorld(t, nil)
	w.people(evalUser("ann", evalIn("Oslo")), evalUser("bob", evalIn("Oslo")), evalUser("cid", evalIn("Oslo")))
	w.save(evalGroup("first", evalCity.Is("Oslo").Not(), groups.ID.Is("bob")))
	w.save(evalGroup("second", evalCity.Is("Rome")))
	store, must := w.Memory, w.must
	stored := func(group groups.GroupID, users ...groups.UserID) {
		g, err := w.Group(ctx, group)
		w.must(err)
		w := groups.Write{Group: group, Revision: g.Revision}
		for _, u := range users {
			w.Standings = append(w.Standings, groups.Standing{Group: group, User: u, Automatic: true, Population: groups.Automatic, Member: groups.Automatic})
			w.Changes = append(w.Changes, groups.Change{
				Group: group, User: u, Kind: groups.Joined, After: groups.Automatic, Cause: "rule", At: newYear(), ID: fmt.Sprint(group, u),
			})
		}
		must(store.Apply(ctx, groups.Commit{Writes: []groups.Write{w}}))
	}
	stored("first", "ann")
	w.process()
	w.must(w.ev.Forget(ctx, "ann", "chief"))
	stored("first", "bob", "cid")
	stored("second", "bob", "cid")
	w.want(w.process(), "first -bob(rule) -cid(rule); second -bob(rule) -cid(rule)")
}

// A commit that is delivered twice is refused the second time. To forget once more would erase the leaves that it wrote,
// before the host has read them.
func TestForgettingThatIsDeliveredTwiceKeepsTheLeaves(t *testing.T) {
	w := newEvalWorld(t, nil)
	twice := &fault.Sources{}
	ev := groups.NewEvaluator(w.Memory, twice.Store(w.Memory), &groups.Options{Now: w.ev.Now})
	w.must(ev.Forget(twice.Arm(t.Context(), fault.Repeated, 1), "ann", "chief"))
	if !twice.Disarm() {
		t.Fatal("nothing was written")
	}
	var left []groups.UserID
	for c, err := range w.Changes(t.Context(), "") {
		w.must(err)
		if c.Kind == groups.Left {
			left = append(left, c.User)
		}
	}
	if !slices.Equal(left, []groups.UserID{"ann"}) {
		t.Errorf("the feed has the leaves of %v", left)
	}
}
