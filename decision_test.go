package groups_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

// A caller who wants the rest done without them learns who was refused.
func TestEveryUserWhoIsRefusedHasAnErrorOfTheirOwn(t *testing.T) {
	m := groups.NewMemory()
	ev := groups.NewEvaluator(m, m, &groups.Options{Exclusions: true})
	if _, err := ev.Save(t.Context(), groups.Group{ID: "g", Name: "g"}, "root"); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Exclude(t.Context(), "g", groups.Decision{By: "root"}, "a", "c"); err != nil {
		t.Fatal(err)
	}
	_, err := ev.Assign(t.Context(), "g", groups.Decision{By: "root"}, "a", "b", "c")
	many, ok := err.(interface{ Unwrap() []error })
	if !ok || !errors.Is(err, groups.ErrExcluded) {
		t.Fatalf("%T %v", err, err)
	}
	var who []groups.UserID
	for _, e := range many.Unwrap() {
		refused, ok := errors.AsType[*groups.DecisionError](e)
		if !ok || refused.Group != "g" {
			t.Fatalf("%T %v", e, e)
		}
		who = append(who, refused.User)
	}
	if diff := cmp.Diff([]groups.UserID{"a", "c"}, who); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whoever asks later who agreed is told by what is stored, by the audit and by the explanation.
func TestWhoApprovedADecisionIsKeptWithIt(t *testing.T) {
	w := newEvalWorld(t, &groups.Options{Exclusions: true})
	d := groups.Decision{By: "tutor", Approver: "dean", Replace: true}
	for _, c := range []struct {
		decide func() (*groups.Run, error)
		kept   func(groups.Standing) string
		said   string
	}{
		{func() (*groups.Run, error) { return w.ev.Assign(t.Context(), "romans", d, "cid") },
			func(st groups.Standing) string { return st.Assignment.Approver }, "assigned by tutor on 2026-03-01, approved by dean"},
		{func() (*groups.Run, error) { return w.ev.Exclude(t.Context(), "romans", d, "cid") },
			func(st groups.Standing) string { return st.Exclusion.Approver }, "excluded by tutor on 2026-03-01, approved by dean"},
	} {
		n := len(w.acts(0))
		_, err := c.decide()
		w.must(err)
		for st, err := range w.StandingsOf(t.Context(), "cid") {
			w.must(err)
			w.want(c.kept(st), "dean")
		}
		acts := w.acts(n)
		var after struct{ Approver string }
		w.must(json.Unmarshal(acts[len(acts)-1].After, &after))
		w.want(after.Approver, "dean")
		x, err := w.ev.Explain(t.Context(), "romans", "cid")
		w.must(err)
		if !strings.Contains(x.String(), c.said) {
			t.Errorf("%v does not say %q", x, c.said)
		}
	}
	d.Approver = "\xff"
	if _, err := w.ev.Assign(t.Context(), "romans", d, "cid"); !errors.Is(err, groups.ErrValue) {
		t.Errorf("an approver that is no text: %v", err)
	}
}

// What would be is explained as what is, for whoever asks, and is not written.
func TestWhatOtherDecisionsWouldMakeIsExplained(t *testing.T) {
	w := newEvalWorld(t, &groups.Options{Exclusions: true})
	w.assign("romans", "ann", "cid")
	before := w.groupState()
	unassigned := func(st *groups.Standing) { st.Assignment = nil }
	excluded := func(st *groups.Standing) { st.Assignment, st.Exclusion = nil, &groups.Exclusion{By: "x"} }
	until := func(end time.Time) func(*groups.Standing) {
		return func(st *groups.Standing) { st.Assignment = &groups.Assignment{By: "x", Until: end} }
	}
	for _, c := range []struct {
		why     string
		at      time.Time
		decided func(*groups.Standing)
		want    string
	}{
		{"as it is", w.now, func(*groups.Standing) {}, "cid manual assignment, ann manual assignment, eve outside absence"},
		{"without assignments", w.now, unassigned, "cid outside rule, ann automatic rule, eve outside absence"},
		{"whoever is said to be meant", w.now, func(st *groups.Standing) { *st = groups.Standing{User: "zoe", Group: "none", Member: groups.Automatic} },
			"cid outside rule, ann automatic rule, eve outside absence"},
		{"with exclusions", w.now, excluded, "cid outside exclusion, ann outside exclusion, eve outside absence"},
		{"while another assignment holds", w.now.Add(time.Hour), until(w.now.Add(2 * time.Hour)), "cid manual assignment, ann manual assignment, eve outside absence"},
		{"when it is over", w.now.Add(2 * time.Hour), until(w.now.Add(2 * time.Hour)), "cid outside rule, ann automatic rule, eve outside absence"},
	} {
		list, err := w.ev.ExplainIf(t.Context(), "romans", c.at, c.decided, "cid", "ann", "eve")
		w.must(err)
		var got []string
		for _, x := range list {
			got = append(got, fmt.Sprint(x.User, " ", x.Population, " ", x.Reason))
			if !x.Now.Equal(c.at) || x.Otherwise != nil {
				t.Errorf("%s: at %v, %v", c.why, x.Now, x.Otherwise)
			}
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
	w.want(w.groupState(), before)
	if list, err := w.ev.ExplainIf(t.Context(), "none", w.now, unassigned, "cid"); !errors.Is(err, groups.ErrNotFound) || list != nil {
		t.Errorf("%v, %v", list, err)
	}
}
