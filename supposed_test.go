package groups_test

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
)

// unlike is how two answers differ.
func unlike(want, got *groups.Supposed) string {
	if d := cmp.Diff(want.Consequences, got.Consequences); d != "" {
		return d
	}
	if want.People != got.People {
		return fmt.Sprintf("%d people have it, not %d", got.People, want.People)
	}
	if !reflect.DeepEqual(want.Asking, got.Asking) {
		return fmt.Sprintf("- %v\n+ %v", want.Asking, got.Asking)
	}
	return ""
}

// placesOf are the conditions with their groups.
func placesOf(asking []groups.Asking) []string {
	places := []string{}
	for _, a := range asking {
		for _, of := range a.Conditions {
			places = append(places, fmt.Sprintf("%s %s: %v", a.Group, of.Pointer, of.Condition))
		}
	}
	return places
}

// askedBy are the conditions, as [placesOf] has them, that ask for what would be otherwise, and of groups in which somebody
// moves those on groups.
func askedBy(all []groups.Group, s groups.Supposition, moving []groups.Consequence) []string {
	places := []string{}
	for _, g := range slices.SortedFunc(slices.Values(all), func(a, b groups.Group) int { return strings.Compare(string(a.ID), string(b.ID)) }) {
		moves := slices.ContainsFunc(moving, func(c groups.Consequence) bool { return c.Group == g.ID })
		for i, set := range g.Criteria.Sets {
			for j, c := range set.Conditions {
				asks := false
				switch c := c.(type) {
				case groups.UnitCondition:
					asks = len(s.Units[c.Tree])+len(s.Parents[c.Tree]) > 0
				case groups.FieldCondition:
					asks = len(s.Options[c.Field]) > 0
				case groups.EnrollmentCondition:
					asks = slices.ContainsFunc(s.Courses, func(id string) bool { return slices.Contains(c.Courses, id) })
				case groups.GroupCondition:
					asks = moves
				}
				if asks && g.Kind == groups.AutomaticGroup {
					places = append(places, fmt.Sprintf("%s /sets/%d/conditions/%d: %v", g.ID, i, j, c))
				}
			}
		}
	}
	return places
}

// A countedDirectory counts how often everybody is read.
type countedDirectory struct {
	*groups.Memory
	read int
}

func (d *countedDirectory) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	d.read++
	return d.Memory.Users(ctx)
}

func TestNobodyIsReadForGroupsThatNobodyReads(t *testing.T) {
	for _, bytes := range []int64{0, -1} {
		w := newEvalWorld(t, nil)
		dir := &countedDirectory{Memory: w.Memory}
		ev := groups.NewEvaluator(dir, w.Memory, &groups.Options{IndexBytes: bytes})
		said, err := ev.Suppose(t.Context(), groups.Supposition{GroupParents: map[groups.GroupID]groups.GroupID{"romans": ""}}, 1)
		w.must(err)
		if dir.read > 0 || said.People != 0 || len(said.Consequences)+len(said.Asking) > 0 {
			t.Errorf("everybody is read %d times for %+v", dir.read, said)
		}
	}
}
