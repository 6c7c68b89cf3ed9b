package groups_test

import (
	"errors"
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
