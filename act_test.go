package groups_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// acts are the entries of the audit from the n-th on.
func (w *evalWorld) acts(n int) []groups.Act {
	w.Helper()
	return rowsOf(w, w.Acts(w.Context(), "", ""))[n:]
}

// An edit in the audit is the definition as it was stored before it and after it, with its revision, so that
// each act begins where the one before it ended.
func TestAnActHasTheDefinitionAsItWasStored(t *testing.T) {
	ctx := t.Context()
	w := newEvalWorld(t, nil)
	stored := func() string {
		g, err := w.Group(ctx, "romans")
		w.must(err)
		text, err := json.Marshal(g)
		w.must(err)
		return string(text)
	}
	last := func() groups.Act {
		all := w.acts(0)
		return all[len(all)-1]
	}
	if first := last(); first.Do != "create" || first.Before != nil || string(first.After) != stored() {
		t.Errorf("created %s, stored is %s", first.After, stored())
	}
	for do, edit := range map[string]func(){
		"edit": func() {
			w.edit("romans", func(g *groups.Group) { g.Name, g.Status = "Sleepers", groups.Inactive })
		},
		"publish": func() {
			_, err := w.ev.Publish(ctx, w.planFor("romans", nil, toOslo), "chief")
			w.must(err)
		},
		"adopt": func() {
			w.edit("romans", func(g *groups.Group) { g.Status = groups.Inactive })
			g, err := w.Group(ctx, "romans")
			w.must(err)
			_, err = w.ev.Adopt(ctx, "romans", g.Revision, "chief")
			w.must(err)
		},
	} {
		n := len(w.acts(0))
		before := stored()
		edit()
		for _, a := range w.acts(n) {
			if string(a.Before) != before {
				t.Errorf("%s: before it was %s, and stored was %s", a.Do, a.Before, before)
			}
			before = string(a.After)
		}
		if a := last(); a.Do != do || string(a.After) != stored() {
			t.Errorf("%s: after it is %s, and stored is %s", a.Do, a.After, stored())
		}
	}
	before := stored()
	g, err := w.Group(ctx, "romans")
	w.must(err)
	w.must(w.ev.Delete(ctx, "romans", g.Revision, "chief"))
	if a := last(); a.Do != "delete" || string(a.Before) != before || a.After != nil || a.By != "chief" {
		t.Errorf("%+v, and stored was %s", a, before)
	}
}

// decided are acts in short: what was there before and after, by its reason.
func decided(w *evalWorld, acts []groups.Act) string {
	w.Helper()
	said := func(data json.RawMessage) string {
		if data == nil {
			return "nothing"
		}
		var of struct{ Why, Source string }
		w.must(json.Unmarshal(data, &of))
		return of.Why + of.Source
	}
	var out []string
	for _, a := range acts {
		out = append(out, fmt.Sprintf("%s %s by %s (%s): %s→%s", a.Do, a.User, a.By, a.Why, said(a.Before), said(a.After)))
	}
	return strings.Join(out, "\n")
}

// Whoever asks the audit until when an assignment or an exclusion held finds out, also where it was no act of its
// own that ended it.
func TestADecisionThatReplacesAnotherSaysWhatItEnds(t *testing.T) {
	ctx := t.Context()
	evalTable(t, &groups.Options{Exclusions: true}, []evalCase{
		{"an assignment, then an exclusion, then an assignment", func(w *evalWorld) {
			n := len(w.acts(0))
			as := func(why string) groups.Decision { return groups.Decision{By: "tutor", Why: why, Replace: true} }
			_, err := w.ev.Assign(ctx, "romans", as("a"), "cid")
			w.must(err)
			_, err = w.ev.Exclude(ctx, "romans", as("b"), "cid")
			w.must(err)
			_, err = w.ev.Assign(ctx, "romans", as("c"), "cid")
			w.must(err)
			_, err = w.ev.Assign(ctx, "romans", as("d"), "cid")
			w.must(err)
			w.want(decided(w, w.acts(n)), strings.Join([]string{
				"assign cid by tutor (a): nothing→a",
				"unassign cid by tutor (b): a→nothing", "exclude cid by tutor (b): nothing→b",
				"readmit cid by tutor (c): b→nothing", "assign cid by tutor (c): nothing→c",
				"assign cid by tutor (d): c→d",
			}, "\n"))
		}},
		{"an assignment whose time was up is ended by the exclusion as well", func(w *evalWorld) {
			_, err := w.ev.Assign(ctx, "romans", groups.Decision{By: "tutor", Why: "a", Until: w.now.Add(time.Hour)}, "cid")
			w.must(err)
			n := len(w.acts(0))
			w.now = w.now.Add(2 * time.Hour)
			_, err = w.ev.Exclude(ctx, "romans", groups.Decision{By: "tutor", Why: "b"}, "cid")
			w.must(err)
			w.want(decided(w, w.acts(n)), "unassign cid by tutor (b): a→nothing\nexclude cid by tutor (b): nothing→b")
		}},
		{"a decision that is refused ends nothing", func(w *evalWorld) {
			w.assign("romans", "cid")
			n := len(w.acts(0))
			if _, err := w.ev.Exclude(ctx, "romans", groups.Decision{By: "tutor"}, "cid", "ann"); err == nil {
				w.Error("an assigned user was excluded")
			}
			w.want(decided(w, w.acts(n)), "")
		}},
		{"a change of kind makes assignments, and ends them", func(w *evalWorld) {
			publish := func(kind groups.Kind, members groups.CurrentMembers) string {
				w.Helper()
				n := len(w.acts(0))
				p := w.planFor("romans", &groups.PreviewOptions{Members: members}, func(g *groups.Group) { g.Kind = kind })
				_, err := w.ev.Publish(ctx, p, "chief")
				w.must(err)
				acts := w.acts(n)
				if last := acts[len(acts)-1]; last.Do != "publish" {
					w.Errorf("the last act is %+v", last)
				}
				return decided(w, acts[:len(acts)-1])
			}
			w.want(publish(groups.ManualGroup, groups.MembersAssigned), "assign ann by chief (): nothing→kind\nassign bob by chief (): nothing→kind")
			w.want(publish(groups.AutomaticGroup, groups.MembersAssigned), "")
			w.want(publish(groups.ManualGroup, groups.MembersDropped), "unassign ann by chief (): kind→nothing\nunassign bob by chief (): kind→nothing")
		}},
	})
}
