package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

func TestADraftIsSavedListedPublishedAndDiscarded(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	draft, err := w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "art")})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "members while it is a draft", w.members(t, "maths"), "ada bob")
	same(t, "its life", draft.Expires, noon.Add(90*24*time.Hour))
	listed := must[[]admin.Draft](t)(w.Drafts(ctx, "maths"))
	if len(listed) != 1 || listed[0].ID != draft.ID || listed[0].By != "root" || listed[0].Stale != nil || listed[0].Group.Criteria.String() != draft.Group.Criteria.String() {
		t.Errorf("listed: %+v", listed)
	}
	p := must[*groups.Plan](t)(w.ev.Preview(ctx, listed[0].Group, nil))
	other := must[*groups.Plan](t)(w.ev.Preview(ctx, w.teaching(t, "maths", "music"), nil))
	if _, err := w.PublishDraft(ctx, root, draft, other); !errors.Is(err, admin.ErrDraft) {
		t.Errorf("a plan of another edit: %v", err)
	}
	if _, err := w.PublishDraft(ctx, root, draft, p); err != nil {
		t.Fatal(err)
	}
	same(t, "published", w.members(t, "maths"), "cid")
	same(t, "drafts", len(must[[]admin.Draft](t)(w.Drafts(ctx, ""))), 0)

	draft = must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "maths")}))
	check(w.DiscardDraft(ctx, root, draft))
	check(w.DiscardDraft(ctx, root, draft)) // what is gone is gone
	if _, err := w.Draft(ctx, "maths", draft.ID); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("discarded: %v", err)
	}
	same(t, "after all that", w.members(t, "maths"), "cid")
}

func TestADraftExpiresAfter90DaysOrAsThePolicySays(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct{ life, want time.Duration }{{0, 90 * 24 * time.Hour}, {time.Hour, time.Hour}} {
		w := faculty(t, &admin.Policy{DraftLife: c.life})
		draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "art")}))
		w.now = noon.Add(c.want - 1)
		same(t, "just before", len(must[[]admin.Draft](t)(w.Drafts(ctx, "maths"))), 1)
		w.now = noon.Add(c.want)
		same(t, "then", len(must[[]admin.Draft](t)(w.Drafts(ctx, "maths"))), 0)
		if _, err := w.PublishDraft(ctx, root, draft, nil); !errors.Is(err, groups.ErrNotFound) {
			t.Errorf("expired: %v", err)
		}
		// It is erased when the next draft of the group is saved.
		must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "music")}))
		n := 0
		for range w.store.Notes(ctx, groups.NoteDraft, "maths") {
			n++
		}
		same(t, "notes", n, 1)
		// Its name is free before that.
		mine := admin.Draft{ID: "mine", Group: w.teaching(t, "maths", "art")}
		must[admin.Draft](t)(w.SaveDraft(ctx, root, mine))
		w.now = w.now.Add(c.want)
		again := must[admin.Draft](t)(w.SaveDraft(ctx, root, mine))
		again.Group.Name = "Arts"
		must[admin.Draft](t)(w.SaveDraft(ctx, root, again))
	}
}

func TestADraftThatHasExpiredIsGone(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{ID: "mine", Group: w.teaching(t, "maths", "art")}))
	w.now = draft.Expires
	before := w.everything(t)
	_, err := w.SaveDraft(ctx, root, draft)
	if conflict, ok := errors.AsType[*groups.ConflictError](err); !ok || conflict.Note != groups.NoteDraft || conflict.Revision != 0 {
		t.Errorf("saved again: %v", err)
	}
	if err := w.DiscardDraft(ctx, root, draft); err != nil {
		t.Errorf("discarded: %v", err)
	}
	same(t, "nothing of it is written", w.everything(t), before)
	again := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{ID: "mine", Group: w.teaching(t, "maths", "music")}))
	same(t, "a new one of that name", must[admin.Draft](t)(w.Draft(ctx, "maths", "mine")).Revision, again.Revision)
}

func TestADraftOfAGroupThatWasSavedMeanwhileIsDiscardedOrRebasedOnly(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "art")}))
	p := must[*groups.Plan](t)(w.ev.Preview(ctx, draft.Group, nil))
	if _, err := w.RebaseDraft(ctx, root, draft); !errors.Is(err, admin.ErrDraft) {
		t.Errorf("nothing to rebase on: %v", err)
	}
	w.now = noon.Add(time.Hour)
	renamed := w.group(t, "maths")
	renamed.Name = "Mathematics"
	if _, _, err := w.Save(ctx, admin.Administrator("dean"), renamed, ""); err != nil {
		t.Fatal(err)
	}
	before := w.everything(t)
	save := func() error { _, err := w.SaveDraft(ctx, root, draft); return err }
	publish := func() error { _, err := w.PublishDraft(ctx, root, draft, p); return err }
	for name, act := range map[string]func() error{"save": save, "publish": publish} {
		conflict, ok := errors.AsType[*groups.ConflictError](act())
		if !ok || conflict.By != "dean" || !conflict.At.Equal(w.now) {
			t.Errorf("%s: %v", name, conflict)
		}
	}
	same(t, "nothing of it is written", w.everything(t), before)
	listed := must[admin.Draft](t)(w.Draft(ctx, "maths", draft.ID))
	if listed.Stale == nil || listed.Stale.By != "dean" {
		t.Errorf("stale: %+v", listed.Stale)
	}
	rebased := must[admin.Draft](t)(w.RebaseDraft(ctx, root, listed))
	same(t, "rebased", fmt.Sprint(rebased.Group.Name, rebased.Group.Revision, rebased.Group.Criteria), fmt.Sprint("Mathematics", 2, draft.Group.Criteria))
	p = must[*groups.Plan](t)(w.ev.Preview(ctx, rebased.Group, nil))
	must[*groups.Run](t)(w.PublishDraft(ctx, root, rebased, p))
	same(t, "published", w.members(t, "maths")+w.group(t, "maths").Name, "cidMathematics")
}

func TestOfTwoWhoEditADraftTheSecondIsRefused(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "art")}))
	first, second := draft, draft
	first.Group = w.teaching(t, "maths", "music")
	must[admin.Draft](t)(w.SaveDraft(ctx, admin.Administrator("dean"), first))
	_, save := w.SaveDraft(ctx, root, second)
	p := must[*groups.Plan](t)(w.ev.Preview(ctx, second.Group, nil))
	_, publish := w.PublishDraft(ctx, root, second, p)
	for name, err := range map[string]error{"save": save, "publish": publish, "discard": w.DiscardDraft(ctx, root, second)} {
		conflict, ok := errors.AsType[*groups.ConflictError](err)
		if !ok || conflict.By != "dean" || conflict.Note != groups.NoteDraft {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "the first is there", must[admin.Draft](t)(w.Draft(ctx, "maths", draft.ID)).Group.Criteria.String(), first.Group.Criteria.String())
}

func TestTheSecondToPublishADraftIsToldWhoWasFaster(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "art")}))
	p := must[*groups.Plan](t)(w.ev.Preview(ctx, draft.Group, nil))
	w.now = noon.Add(time.Hour)
	must[*groups.Run](t)(w.PublishDraft(ctx, admin.Administrator("dean"), draft, p))
	before := w.everything(t)
	w.now = noon.Add(2 * time.Hour)
	_, err := w.PublishDraft(ctx, root, draft, p)
	conflict, ok := errors.AsType[*groups.ConflictError](err)
	if !ok || conflict.By != "dean" || !conflict.At.Equal(noon.Add(time.Hour)) {
		t.Errorf("told %v", err)
	}
	same(t, "nothing is written", w.everything(t), before)
}

func TestADraftThatIsSavedAsItIsPublishedStaysForARebase(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "art")}))
	p := must[*groups.Plan](t)(w.ev.Preview(ctx, draft.Group, nil))
	busy := &busyStore{Memory: w.store, published: func() {
		theirs := must[admin.Draft](t)(w.Draft(ctx, "maths", draft.ID))
		check(w.store.Apply(ctx, groups.Commit{Notes: []groups.Note{{Kind: groups.NoteDraft, Group: "maths", Key: draft.ID, Revision: theirs.Revision, By: "dean",
			At: noon, Data: must[[]byte](t)(json.Marshal(w.group(t, "maths")))}}}))
	}}
	desk := admin.New(groups.NewEvaluator(w.store, busy, &groups.Options{Now: func() time.Time { return noon }}), w.store, busy, nil)
	run := must[*groups.Run](t)(desk.PublishDraft(ctx, root, draft, p))
	same(t, "published", len(run.Changes()), 3)
	same(t, "theirs", must[admin.Draft](t)(w.Draft(ctx, "maths", draft.ID)).By, "dean")
}

// busyStore has somebody do something once a definition is written.
type busyStore struct {
	*groups.Memory
	published func()
}

func (s *busyStore) Apply(ctx context.Context, c groups.Commit) error {
	err := s.Memory.Apply(ctx, c)
	if len(c.Writes) > 0 {
		s.published()
	}
	return err
}

func TestTheAuditOfDraftsSaysWhatWasThere(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "art")}))
	draft.Group = w.teaching(t, "maths", "music")
	draft = must[admin.Draft](t)(w.SaveDraft(ctx, root, draft))
	draft.Group.Criteria = groups.Criteria{} // only as the caller has it
	check(w.DiscardDraft(ctx, root, draft))
	title := func(data json.RawMessage) string {
		if data == nil {
			return "nothing"
		}
		var g groups.Group
		check(json.Unmarshal(data, &g))
		return g.Criteria.String()
	}
	var got []string
	for a, err := range w.store.Acts(ctx, "maths", "") {
		check(err)
		if a.Do != "create" {
			got = append(got, fmt.Sprintf("%s: %s → %s", a.Do, title(a.Before), title(a.After)))
		}
	}
	same(t, "audit", got, []string{"draft: nothing → title is art", "draft: title is art → title is music", "discard: title is music → nothing"})
}

func TestADraftOfAGroupThatIsGoneIsGone(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: w.teaching(t, "maths", "art")}))
	must[*groups.Run](t)(w.Delete(ctx, root, "maths", 1))
	check(w.DiscardDraft(ctx, root, draft))
	if _, err := w.PublishDraft(ctx, root, draft, nil); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("published: %v", err)
	}
}

func TestAVersionIsRestoredThroughAPreview(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	for i := range 12 {
		g := w.group(t, "maths")
		g.Criteria = groups.AnySets(groups.All(Points.AtLeast(float64(i))))
		w.now = w.now.Add(time.Hour)
		if _, _, err := w.Save(ctx, root, g, ""); err != nil {
			t.Fatal(err)
		}
	}
	versions := must[[]admin.Version](t)(w.Versions(ctx, "maths"))
	same(t, "kept", fmt.Sprint(len(versions), versions[0].Revision, versions[9].Revision, versions[9].By), "10 13 4root")
	same(t, "when", fmt.Sprint(versions[0].At, versions[9].At), fmt.Sprint(noon.Add(12*time.Hour), noon.Add(3*time.Hour)))
	if _, err := w.Restore(ctx, root, "maths", 1); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("the eleventh: %v", err)
	}
	same(t, "now", w.members(t, "maths"), "")
	p := must[*groups.Plan](t)(w.Restore(ctx, root, "maths", 4))
	lines := must[[]admin.Line](t)(w.Lines(ctx, root, p, admin.Joined, ""))
	same(t, "compared in people", len(lines), 3)
	same(t, "nothing yet", w.members(t, "maths"), "")
	must[*groups.Run](t)(w.Publish(ctx, root, p))
	same(t, "restored", w.members(t, "maths"), "ada bob cid")
	versions = must[[]admin.Version](t)(w.Versions(ctx, "maths"))
	same(t, "the newest", fmt.Sprint(versions[0].Revision, versions[0].Criteria), fmt.Sprint(14, groups.AnySets(groups.All(Points.AtLeast(2)))))
}

func TestThePreviewIsListedUnderHeadingsAndSearched(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	named := func(id groups.UserID, name, title string) groups.User {
		u := with(person(id, "", ""), title)
		u.Fields["name"] = groups.Text(name)
		return u
	}
	unknown := person("uma", "", "")
	delete(unknown.Fields, "title")
	check(w.store.Write(ctx, groups.PeopleChange{Upsert: []groups.User{
		named("ada", "Ada Lovelace", "maths"), named("bob", "Bob Ross", "art"), named("cid", "Cid Ross", "art"), named("nan", "Nan Straße", "art"), unknown,
	}}))
	must[*groups.Run](t)(w.ev.Process(ctx))
	must[*groups.Run](t)(w.ev.Assign(ctx, "maths", groups.Decision{By: "tutor"}, "bob", "zoe"))
	check(w.store.Write(ctx, groups.PeopleChange{Upsert: []groups.User{named("zoe", "Zoe", "art")}}))
	must[*groups.Run](t)(w.ev.Process(ctx))
	p := must[*groups.Plan](t)(w.ev.Preview(ctx, w.teaching(t, "maths", "art"), nil))
	show := func(actor admin.Actor, h admin.Heading, search string) string {
		out := ""
		for _, l := range must[[]admin.Line](t)(w.Lines(ctx, actor, p, h, search)) {
			out += fmt.Sprintf("%s:%s ", l.Heading, l.Person.ID)
		}
		return out
	}
	for _, c := range []struct {
		actor   admin.Actor
		heading admin.Heading
		search  string
		want    string
		why     string
	}{
		{root, "", "", "joined:cid joined:nan left:ada kept:bob kept:zoe undecided:uma ", "all of them, by heading"},
		{root, admin.Joined, "", "joined:cid joined:nan ", "one list"},
		{root, "", "ross", "joined:cid kept:bob ", "by part of the name, whatever the case"},
		{root, "", "ROSS c", "joined:cid ", "by every word, of name or ID"},
		{root, "", "strasse", "joined:nan ", "compared as texts are"},
		{root, "", "nobody", "", "found nothing"},
		{north(), "", "", "joined:nan ", "whom the actor sees"},
	} {
		if got := show(c.actor, c.heading, c.search); got != c.want {
			t.Errorf("%q %q: got %q, want %q: %s", c.heading, c.search, got, c.want, c.why)
		}
	}
	kind := w.group(t, "maths")
	kind.Kind = groups.ManualGroup
	p = must[*groups.Plan](t)(w.ev.Preview(ctx, kind, &groups.PreviewOptions{Members: groups.MembersAssigned}))
	same(t, "who is in by another method", show(root, admin.Switched, ""), "switched:ada ")
}
