package groups_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

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

func TestADecisionThatReplacesAnotherSaysWhatItEnds(t *testing.T) {
	ctx := t.Context()
	m := groups.NewMemory()
	ev := groups.NewEvaluator(m, m, &groups.Options{Exclusions: true})
	if _, err := ev.Save(ctx, groups.Group{ID: "g", Name: "g"}, "root"); err != nil {
		t.Fatal(err)
	}
	for _, decide := range []func() (*groups.Run, error){
		func() (*groups.Run, error) {
			return ev.Exclude(ctx, "g", groups.Decision{By: "ann", Why: "asked"}, "u")
		},
		func() (*groups.Run, error) {
			return ev.Assign(ctx, "g", groups.Decision{By: "bob", Replace: true}, "u")
		},
		func() (*groups.Run, error) { return ev.Assign(ctx, "g", groups.Decision{By: "cid"}, "u") },
		func() (*groups.Run, error) {
			return ev.Exclude(ctx, "g", groups.Decision{By: "dee", Why: "left", Replace: true}, "u")
		},
	} {
		if _, err := decide(); err != nil {
			t.Fatal(err)
		}
	}
	by := func(data json.RawMessage) string {
		if data == nil {
			return "nothing"
		}
		var d struct{ By string }
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatal(err)
		}
		return d.By + "'s"
	}
	var got []string
	for a, err := range m.Acts(ctx, "g", "") {
		if err != nil {
			t.Fatal(err)
		}
		if a.User != "" {
			got = append(got, fmt.Sprintf("%s by %s %q: %s → %s", a.Do, a.By, a.Why, by(a.Before), by(a.After)))
		}
	}
	want := []string{
		`exclude by ann "asked": nothing → ann's`,
		`readmit by bob "": ann's → nothing`,
		`assign by bob "": nothing → bob's`,
		`assign by cid "": bob's → cid's`,
		`unassign by dee "left": cid's → nothing`,
		`exclude by dee "left": nothing → dee's`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
