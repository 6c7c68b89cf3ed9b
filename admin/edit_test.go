package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// faculty has ada and bob who teach maths, and cid who teaches art, and the active group maths at
// revision 1, under a policy.
func faculty(t fataler, p *admin.Policy) *tenant {
	t.Helper()
	w := newTenant(t, with(person("ada", "ada", ""), "maths"), with(person("bob", "bob", ""), "maths"), with(person("cid", "cid", ""), "art"))
	w.Desk = admin.New(w.ev, w.store, w.store, p)
	w.save(t, "maths", Title.Is("maths"))
	return w
}

func (w *tenant) group(t fataler, id groups.GroupID) groups.Group {
	t.Helper()
	g, err := w.store.Group(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// teaching is an edit of the group to whoever teaches something else.
func (w *tenant) teaching(t fataler, id groups.GroupID, titles ...string) groups.Group {
	g := w.group(t, id)
	g.Criteria = groups.AnySets(groups.All(Title.Is(titles...)))
	return g
}

// members is who is in for the host, as "ada automatic".
func (w *tenant) members(t fataler, id groups.GroupID) string {
	t.Helper()
	var out []string
	for m, err := range w.ev.Members(context.Background(), id) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(m.User))
	}
	return strings.Join(out, " ")
}

// everything is all that the store says, to see that nothing was written.
func (w *tenant) everything(t fataler) string {
	t.Helper()
	var b strings.Builder
	ctx := context.Background()
	line := func(v any, err error) {
		if err == nil {
			var text []byte
			text, err = json.Marshal(v)
			fmt.Fprintf(&b, "%s\n", text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for g, err := range w.store.Groups(ctx) {
		line(g, err)
		line(g.State, err)
		for st, err := range w.store.Standings(ctx, g.ID, "") {
			line(st, err)
		}
	}
	for c, err := range w.store.Changes(ctx, "") {
		line(c, err)
	}
	for a, err := range w.store.Acts(ctx, "", "") {
		line(a, err)
	}
	for _, kind := range []groups.NoteKind{groups.NoteDraft, groups.NoteVersion, groups.NoteHeld} {
		for n, err := range w.store.Notes(ctx, kind, "") {
			line(n, err)
		}
	}
	return b.String()
}

// acts is what the audit says, as "edit maths by root".
func (w *tenant) acts(t fataler) []string {
	t.Helper()
	var out []string
	for a, err := range w.store.Acts(context.Background(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s by %s", a.Do, a.Group, a.User, a.By)), " "))
	}
	return out
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestAGroupIsBornInactiveAndItsCreatorsOwn(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	dean := admin.Administrator("dean")
	g, run, err := w.Create(ctx, dean, groups.Group{ID: "art", Name: "Art", Kind: groups.AutomaticGroup, Criteria: w.teaching(t, "maths", "art").Criteria})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "created", []any{g.Status, g.Owner, g.Revision, len(run.Changes())}, []any{groups.Inactive, "dean", uint64(1), 0})
	same(t, "population", w.population(t, "art"), []string{"cid automatic"})
	same(t, "members", w.members(t, "art"), "")

	run, err = w.Activate(ctx, dean, "art", 1)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "activation", fmt.Sprint(run.Changes()[0].User, run.Changes()[0].Kind, run.Changes()[0].Cause), fmt.Sprint("cid", groups.Joined, "activation"))
	run, err = w.Inactivate(ctx, dean, "art", 2)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "inactivation", fmt.Sprint(run.Changes()[0].User, run.Changes()[0].Kind, run.Changes()[0].Cause), fmt.Sprint("cid", groups.Left, "inactivation"))
	same(t, "audit", w.acts(t), []string{"create maths by root", "create art by dean", "edit art by dean", "edit art by dean"})
	if _, _, err := w.Create(ctx, dean, groups.Group{ID: "x"}); !errors.Is(err, groups.ErrGroup) {
		t.Errorf("a group without a name: %v", err)
	}
	if _, _, err := w.Create(ctx, dean, groups.Group{ID: "art", Name: "Art"}); !errors.Is(err, groups.ErrConflict) {
		t.Errorf("a group with the ID of another: %v", err)
	}
}

func TestWhatThePolicyDemands(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct {
		name   string
		policy admin.Policy
		act    func(w *tenant) error
		want   error
		why    string
	}{
		{"a description", admin.Policy{RequireDescription: true}, func(w *tenant) error {
			_, _, err := w.Create(ctx, root, groups.Group{ID: "x", Name: "X", Description: " "})
			return err
		}, admin.ErrPolicy, "spaces describe nothing"},
		{"a description there", admin.Policy{RequireDescription: true}, func(w *tenant) error {
			_, _, err := w.Create(ctx, root, groups.Group{ID: "x", Name: "X", Description: "All of X"})
			return err
		}, nil, "it is there"},
		{"a description is optional", admin.Policy{}, func(w *tenant) error {
			_, _, err := w.Create(ctx, root, groups.Group{ID: "x", Name: "X"})
			return err
		}, nil, "Docebo: optionally"},
		{"no deletion", admin.Policy{ForbidDeletion: true}, func(w *tenant) error {
			_, err := w.Delete(ctx, root, "maths", 1)
			return err
		}, admin.ErrPolicy, "Cornerstone: only activated or deactivated"},
		{"deletion", admin.Policy{}, func(w *tenant) error {
			_, err := w.Delete(ctx, root, "maths", 1)
			return err
		}, nil, "nobody refers to it"},
		{"deletion of a group that another refers to", admin.Policy{}, func(w *tenant) error {
			w.save(t, "mates", groups.MemberOfAny("maths"))
			_, err := w.Delete(ctx, root, "maths", 1)
			return err
		}, groups.ErrReferred, "its condition would mean nobody any more"},
		{"a preview of other criteria", admin.Policy{RequirePreview: true}, func(w *tenant) error {
			_, _, err := w.Save(ctx, root, w.teaching(t, "maths", "art"), "")
			return err
		}, admin.ErrPreview, "nobody has seen what it does"},
		{"a preview of the criteria of a new group", admin.Policy{RequirePreview: true}, func(w *tenant) error {
			g := groups.Group{ID: "chess", Name: "Chess", Kind: groups.AutomaticGroup, Criteria: w.teaching(t, "maths", "art").Criteria}
			p, err := w.ev.Preview(ctx, g, nil)
			if err != nil {
				return err
			}
			if _, _, err := w.Create(ctx, root, g); !errors.Is(err, admin.ErrPreview) {
				t.Errorf("created without one: %v", err)
			}
			_, err = w.Publish(ctx, root, p)
			return err
		}, nil, "what was previewed is published, and creates it"},
		{"a preview of something else", admin.Policy{RequirePreview: true}, func(w *tenant) error {
			p, err := w.ev.Preview(ctx, w.teaching(t, "maths", "music"), nil)
			if err != nil {
				return err
			}
			_, _, err = w.Save(ctx, root, w.teaching(t, "maths", "art"), p.ID)
			return err
		}, admin.ErrPreview, "it was another edit that was seen"},
		{"a preview that is out of date", admin.Policy{RequirePreview: true}, func(w *tenant) error {
			p, err := w.ev.Preview(ctx, w.teaching(t, "maths", "art"), nil)
			if err != nil {
				return err
			}
			check(w.store.Write(ctx, groups.PeopleChange{Upsert: []groups.User{with(person("dee", "dee", ""), "art")}}))
			_, _, err = w.Save(ctx, root, w.teaching(t, "maths", "art"), p.ID)
			return err
		}, admin.ErrPreview, "dee was not shown"},
		{"the preview", admin.Policy{RequirePreview: true}, func(w *tenant) error {
			p, err := w.ev.Preview(ctx, w.teaching(t, "maths", "art"), nil)
			if err != nil {
				return err
			}
			g, run, err := w.Save(ctx, root, w.teaching(t, "maths", "art"), p.ID)
			if err == nil && (g.Revision != 2 || len(run.Changes()) != 3 || w.members(t, "maths") != "cid") {
				t.Errorf("saved %v, members %s", g, w.members(t, "maths"))
			}
			return err
		}, nil, "exactly what was shown is applied"},
		{"nobody who may bypass it", admin.Policy{RequirePreview: true}, func(w *tenant) error {
			chief := root
			chief.BypassPreview = true
			_, _, err := w.Save(ctx, chief, w.teaching(t, "maths", "art"), "")
			return err
		}, nil, "Cornerstone: Bypass Required Group Preview"},
		{"no preview of another name", admin.Policy{RequirePreview: true}, func(w *tenant) error {
			g := w.group(t, "maths")
			g.Name = "Mathematics"
			_, _, err := w.Save(ctx, root, g, "")
			return err
		}, nil, "only criteria are previewed"},
		{"a change of kind without a preview", admin.Policy{}, func(w *tenant) error {
			g := w.group(t, "maths")
			g.Kind = groups.ManualGroup
			_, _, err := w.Save(ctx, root, g, "")
			return err
		}, admin.ErrPreview, "somebody has to say what becomes of the members"},
		{"a preview that is given is held to", admin.Policy{}, func(w *tenant) error {
			_, _, err := w.Save(ctx, root, w.teaching(t, "maths", "art"), "not one")
			return err
		}, admin.ErrPreview, "whoever gives one means it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := faculty(t, &c.policy)
			if err := c.act(w); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("got %v: %s", err, c.why)
			}
		})
	}
}

func TestARefusedEditLeavesNothingBehind(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, &admin.Policy{RequirePreview: true, RequireDescription: true})
	before := w.everything(t)
	g := w.teaching(t, "maths", "art")
	for name, act := range map[string]func() error{
		"no preview": func() error { _, _, err := w.Save(ctx, root, g, ""); return err },
		"no group": func() error {
			x := g
			x.ID = "none"
			_, _, err := w.Save(ctx, root, x, "")
			return err
		},
		"stale":    func() error { _, err := w.Transfer(ctx, root, "maths", 7, "x"); return err },
		"freeze":   func() error { _, err := w.Freeze(ctx, root, "maths", 7); return err },
		"activate": func() error { _, err := w.Activate(ctx, root, "none", 1); return err },
		"delete":   func() error { _, err := w.Delete(ctx, root, "maths", 7); return err },
		"duplicate": func() error {
			_, _, err := w.Duplicate(ctx, root, "none", groups.Group{ID: "y", Name: "Y"}, admin.Duplication{})
			return err
		},
		"publish": func() error { _, err := w.Publish(ctx, root, nil); return err },
		"restore": func() error { _, err := w.Restore(ctx, root, "maths", 7); return err },
		"save draft": func() error {
			x := g
			x.Revision = 7
			_, err := w.SaveDraft(ctx, root, admin.Draft{Group: x})
			return err
		},
	} {
		if err := act(); err == nil {
			t.Errorf("%s was done", name)
		}
		same(t, name, w.everything(t), before)
	}
}

// Docebo: "The group population will be recalculated from scratch every time you edit or delete any of the
// conditions". Of the people that changed meanwhile nobody has told the evaluator.
func TestAnEditOrDeletionOfAConditionRecalculatesFromScratch(t *testing.T) {
	ctx := t.Context()
	for name, c := range map[string]struct {
		edit func(*groups.Group)
		want string
	}{
		"another condition": {func(g *groups.Group) { g.Criteria.Sets[0].Conditions[1] = Points.AtLeast(2) }, "bob eve"},
		"one less":          {func(g *groups.Group) { g.Criteria.Sets[0].Conditions = g.Criteria.Sets[0].Conditions[:1] }, "bob d eve"},
		"none":              {func(g *groups.Group) { g.Criteria = groups.Criteria{} }, ""},
	} {
		w := faculty(t, nil)
		edit := w.teaching(t, "maths", "maths")
		edit.Criteria.Sets[0].Conditions = append(edit.Criteria.Sets[0].Conditions, Points.AtLeast(1))
		edit, _, err := w.Save(ctx, root, edit, "")
		check(err)
		check(w.store.Write(ctx, groups.PeopleChange{Upsert: []groups.User{
			with(person("ada", "ada", ""), "art"), with(person("d", "dee", ""), "maths"), with(person("eve", "eve", ""), "maths"),
		}}))
		c.edit(&edit)
		_, run, err := w.Save(ctx, root, edit, "")
		check(err)
		same(t, name, w.members(t, "maths"), c.want)
		for _, change := range run.Changes() {
			same(t, name+": the cause of "+string(change.User), change.Cause, "rule")
		}
	}
}

func TestTransferRecalculatesForTheNewOwner(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	scoped := &owners{Directory: w.store, of: map[string]groups.UserID{"pat": "ada", "lee": "bob"}}
	w.ev = groups.NewEvaluator(scoped, w.store, &groups.Options{Now: func() time.Time { return w.now }})
	w.Desk = admin.New(w.ev, scoped, w.store, nil)
	for i, c := range []struct{ owner, members string }{{"pat", "ada"}, {"lee", "bob"}, {"", "ada bob"}} {
		if _, err := w.Transfer(ctx, root, "maths", uint64(i+1), c.owner); err != nil {
			t.Fatal(err)
		}
		same(t, "owner "+c.owner, w.members(t, "maths"), c.members)
	}
	var handed []string
	for a, err := range w.store.Acts(ctx, "maths", "") {
		check(err)
		if a.Do == "edit" {
			var before, after groups.Group
			check(json.Unmarshal(a.Before, &before))
			check(json.Unmarshal(a.After, &after))
			handed = append(handed, fmt.Sprintf("%q to %q by %s", before.Owner, after.Owner, a.By))
		}
	}
	same(t, "audit", handed, []string{`"" to "pat" by root`, `"pat" to "lee" by root`, `"lee" to "" by root`})
}

// owners is a Directory that knows the one user assigned to each owner.
type owners struct {
	groups.Directory
	of map[string]groups.UserID
}

func (o *owners) Scope(_ context.Context, owner string) (groups.Scope, error) {
	id, limited := o.of[owner]
	if !limited {
		return nil, nil
	}
	return func(u *groups.User) groups.Verdict {
		if u.ID == id {
			return groups.Yes
		}
		return groups.No
	}, nil
}

func TestFreezingMovesNobodyAndNeitherDoesUnfreezing(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	if _, err := w.Freeze(ctx, root, "maths", 1); err != nil {
		t.Fatal(err)
	}
	check(w.store.Write(ctx, groups.PeopleChange{Upsert: []groups.User{with(person("cid", "cid", ""), "maths"), with(person("ada", "ada", ""), "art")}}))
	must[*groups.Run](t)(w.ev.Process(ctx))
	same(t, "frozen", w.members(t, "maths"), "ada bob")
	if _, err := w.Unfreeze(ctx, root, "maths", 2); err != nil {
		t.Fatal(err)
	}
	same(t, "unfrozen", w.members(t, "maths"), "ada bob")
	must[*groups.Run](t)(w.ev.Changed(ctx, groups.Touched{}))
	same(t, "processed", w.members(t, "maths"), "bob cid")
}

func TestAnActorDoesNotTouchWhatTheyDoNotSee(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	w.save(t, "club")
	w.save(t, "team", Title.Is("maths"), groups.MemberOfAny("club"))
	nora := north()
	keeps := w.group(t, "team")
	keeps.Name = "Team"
	keeps.Criteria = groups.AnySets(groups.All(groups.MemberOfAny("club"), Title.Is("art")))
	drops := w.group(t, "team")
	drops.Criteria = groups.AnySets(groups.All(Title.Is("maths")))
	alters := w.group(t, "team")
	alters.Criteria = groups.AnySets(groups.All(Title.Is("maths"), groups.MemberOfAny("club").Not()))
	widens := w.group(t, "team")
	widens.Criteria = groups.AnySets(groups.Any(Title.Is("maths"), groups.MemberOfAny("club")))
	names := w.group(t, "team")
	names.Criteria = groups.AnySets(groups.All(Title.Is("maths"), groups.MemberOfAny("club")), groups.All(groups.MemberOfAny("maths")))
	for name, edit := range map[string]groups.Group{
		"drops": drops, "alters": alters, "turns all into any": widens, "names another": names,
	} {
		before := w.everything(t)
		if _, _, err := w.Save(ctx, nora, edit, ""); !errors.Is(err, admin.ErrOpaque) {
			t.Errorf("%s: %v", name, err)
		}
		p := must[*groups.Plan](t)(w.ev.Preview(ctx, edit, nil))
		if _, err := w.Publish(ctx, nora, p); !errors.Is(err, admin.ErrOpaque) {
			t.Errorf("%s, published: %v", name, err)
		}
		if _, err := w.SaveDraft(ctx, nora, admin.Draft{Group: edit}); !errors.Is(err, admin.ErrOpaque) {
			t.Errorf("%s, as a draft: %v", name, err)
		}
		same(t, name, w.everything(t), before)
	}
	if _, _, err := w.Save(ctx, nora, keeps, ""); err != nil {
		t.Errorf("keeps: %v", err)
	}
}

func TestAnEditOfAGroupThatIsGoneIsNoneOfItsSuccessor(t *testing.T) {
	ctx := t.Context()
	for how, create := range map[string]func(*tenant, groups.Group) error{
		"created": func(w *tenant, g groups.Group) error { _, _, err := w.Create(ctx, root, g); return err },
		"published": func(w *tenant, g groups.Group) error {
			_, err := w.Publish(ctx, root, must[*groups.Plan](t)(w.ev.Preview(ctx, g, nil)))
			return err
		},
	} {
		w := faculty(t, nil)
		nora := north()
		w.save(t, "club")
		edit := w.group(t, "maths")
		edit.Criteria = groups.AnySets(groups.All(groups.MemberOfAny("club")))
		edit, _, err := w.Save(ctx, root, edit, "")
		check(err)
		edit.Description = "edited"
		plan := must[*groups.Plan](t)(w.ev.Preview(ctx, edit, nil))
		draft := must[admin.Draft](t)(w.SaveDraft(ctx, root, admin.Draft{Group: edit}))
		shown := must[[]byte](t)(w.ReadCriteria(ctx, nora, "maths"))
		must[*groups.Run](t)(w.Delete(ctx, root, "maths", edit.Revision))

		// As many saves as the first had, of the same criteria at the same instant.
		again := edit
		again.Revision, again.Description = 0, ""
		check(create(w, again))
		g, _, err := w.Save(ctx, root, w.group(t, "maths"), "")
		check(err)
		same(t, how+": its revisions go on", g.Revision, uint64(4))
		version := must[[]admin.Version](t)(w.Versions(ctx, "maths"))
		same(t, how+": the version of its criteria", version[0].Revision, uint64(3))
		same(t, how+": as processed", w.group(t, "maths").State.Revision, g.Revision)

		before := w.everything(t)
		for name, act := range map[string]func() error{
			"save":       func() error { _, _, err := w.Save(ctx, root, edit, ""); return err },
			"publish":    func() error { _, err := w.Publish(ctx, root, plan); return err },
			"draft":      func() error { _, err := w.SaveDraft(ctx, root, admin.Draft{Group: edit}); return err },
			"its draft":  func() error { _, err := w.PublishDraft(ctx, root, draft, plan); return err },
			"inactivate": func() error { _, err := w.Inactivate(ctx, root, "maths", edit.Revision); return err },
			"freeze":     func() error { _, err := w.Freeze(ctx, root, "maths", edit.Revision); return err },
			"delete":     func() error { _, err := w.Delete(ctx, root, "maths", edit.Revision); return err },
		} {
			if err := act(); !errors.Is(err, groups.ErrConflict) {
				t.Errorf("%s, %s: %v", how, name, err)
			}
		}
		if _, err := w.ParseCriteria(ctx, nora, "maths", shown); !errors.Is(err, admin.ErrOpaque) {
			t.Errorf("%s, ids: %v", how, err)
		}
		same(t, how, w.everything(t), before)
	}
}

func TestARequiredPreviewIsNotPassedByFreezing(t *testing.T) {
	ctx := t.Context()
	for name, act := range map[string]func(*tenant, groups.Group, *groups.Plan) error{
		"saved": func(w *tenant, g groups.Group, p *groups.Plan) error {
			_, _, err := w.Save(ctx, root, g, p.ID)
			return err
		},
		"published": func(w *tenant, g groups.Group, p *groups.Plan) error { _, err := w.Publish(ctx, root, p); return err },
		"published as a draft": func(w *tenant, g groups.Group, p *groups.Plan) error {
			draft, err := w.SaveDraft(ctx, root, admin.Draft{Group: g})
			check(err)
			_, err = w.PublishDraft(ctx, root, draft, p)
			return err
		},
	} {
		w := faculty(t, &admin.Policy{RequirePreview: true})
		edit := w.teaching(t, "maths", "art")
		edit.Frozen = true
		p := must[*groups.Plan](t)(w.ev.Preview(ctx, edit, nil))
		same(t, "the preview shows nobody", p.Diff.Empty(), true)
		if err := act(w, edit, p); !errors.Is(err, admin.ErrPreview) {
			t.Errorf("%s: %v", name, err)
		}
		same(t, name, w.group(t, "maths").Criteria.String(), "title is maths")
	}

	w := faculty(t, &admin.Policy{RequirePreview: true})
	must[groups.Group](t)(w.Freeze(ctx, root, "maths", 1))
	renamed := w.group(t, "maths")
	renamed.Name = "Mathematics"
	if _, _, err := w.Save(ctx, root, renamed, ""); err != nil {
		t.Errorf("another name: %v", err)
	}
	edit := w.teaching(t, "maths", "art")
	chief := root
	chief.BypassPreview = true
	if _, _, err := w.Save(ctx, chief, edit, ""); err != nil {
		t.Errorf("one who may bypass it: %v", err)
	}
	edit = w.teaching(t, "maths", "art", "music")
	edit.Frozen = false
	p := must[*groups.Plan](t)(w.ev.Preview(ctx, edit, nil))
	if _, _, err := w.Save(ctx, root, edit, p.ID); err != nil {
		t.Errorf("unfrozen with the edit: %v", err)
	}
	same(t, "as shown", w.members(t, "maths"), "cid")

	// A manual group keeps criteria that nobody had to preview; to read them is another rule.
	w = faculty(t, &admin.Policy{RequirePreview: true})
	w.save(t, "club")
	kept := w.teaching(t, "club", "art")
	kept, _, err := w.Save(ctx, root, kept, "")
	check(err)
	kept.Kind, kept.Frozen = groups.AutomaticGroup, true
	p = must[*groups.Plan](t)(w.ev.Preview(ctx, kept, &groups.PreviewOptions{Members: groups.MembersAssigned}))
	if _, err := w.Publish(ctx, root, p); !errors.Is(err, admin.ErrPreview) {
		t.Errorf("a change of kind: %v", err)
	}
}

func TestAnActorMovesNoGroupBeneathOrAwayFromAParentTheyDoNotSee(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	w.save(t, "board")
	w.save(t, "team")
	nora := north()
	nora.Sees.Groups = []groups.GroupID{"team"}
	move := func(actor admin.Actor, to groups.GroupID) error {
		g := w.group(t, "maths")
		g.Parent = to
		_, _, err := w.Save(ctx, actor, g, "")
		return err
	}
	for _, c := range []struct {
		actor admin.Actor
		to    groups.GroupID
		ok    bool
		why   string
	}{
		{nora, "board", false, "whoever counts those beneath board would count its members"},
		{nora, "team", true, "she sees it"},
		{root, "board", true, "he sees everything"},
		{nora, "board", true, "it stays where it is"},
		{nora, "team", false, "away from board, whose groups she does not see"},
		{nora, "", false, "away from board, to the top"},
	} {
		if err := move(c.actor, c.to); c.ok != (err == nil) || !c.ok && !errors.Is(err, admin.ErrOpaque) {
			t.Errorf("%s to %q: %v: %s", c.actor.By, c.to, err, c.why)
		}
	}
	if _, _, err := w.Create(ctx, nora, groups.Group{ID: "new", Name: "New", Parent: "board"}); !errors.Is(err, admin.ErrOpaque) {
		t.Errorf("a new group beneath board: %v", err)
	}
}
