package workload

import (
	"reflect"
	"slices"
	"testing"
)

func TestTheSameSeedMakesTheSameWorld(t *testing.T) {
	if !reflect.DeepEqual(New(500, 30, 7), New(500, 30, 7)) {
		t.Error("the same seed made another world")
	}
	if reflect.DeepEqual(New(500, 30, 7).Groups, New(500, 30, 8).Groups) {
		t.Error("another seed made the same groups")
	}
}

func TestGroupsAreAsTheReadmeSays(t *testing.T) {
	w := New(2000, 1000, 1)
	conditions, negated, members := 0, 0, 0
	shapes := map[string]bool{}
	sizes := make([]int, len(w.Groups))
	for g := range w.Groups {
		c := &w.Groups[g]
		sizes[g] = c.Conditions()
		members += len(w.Members[g])
		switch {
		case len(c.Sets) == 1:
			shapes["all"] = true
		case c.Any:
			shapes["any of all"] = true
		default:
			shapes["all of any"] = true
		}
		for _, s := range c.Sets {
			if len(s.Conditions) > 10 || len(c.Sets) > 50 {
				t.Errorf("group %d is over the limits of a rule", g)
			}
			for i := range s.Conditions {
				conditions++
				if s.Conditions[i].Negated {
					negated++
				}
			}
		}
	}
	if mean := float64(conditions) / 1000; mean < 5.9 || mean > 6.4 {
		t.Errorf("%.2f conditions a group", mean)
	}
	if most := slices.Max(sizes); most < 45 || most > 50 {
		t.Errorf("%d conditions at most", most)
	}
	if part := float64(conditions) / float64(negated); part < 10.5 || part > 13.5 {
		t.Errorf("one of %.1f conditions is negated", part)
	}
	if share := float64(members) / 1000 / 2000; share < 0.012 || share > 0.026 {
		t.Errorf("groups hold %.2f %% of the users", 100*share)
	}
	if len(shapes) != 3 {
		t.Errorf("the shapes are %v", shapes)
	}
}

func TestAPlaceBetweenTheLabelsOfANodeIsBelowIt(t *testing.T) {
	w := New(3000, 1, 3)
	for name, tree := range map[string]*Tree{"units": w.Units, "lines": w.Lines} {
		for n := range tree.Parents {
			for g := 0; g < len(tree.Parents); g += 17 {
				up, met := int32(n), false
				for up >= 0 && !met {
					met = up == int32(g)
					up = tree.Parents[up]
				}
				if got := tree.below(int32(n), []int32{int32(g)}, 0); got != met {
					t.Fatalf("%s: %d at or below %d: %v", name, n, g, got)
				}
				if !met && tree.Gap[n] != (up == Unknown) {
					t.Fatalf("%s: the way up from %d ends at %d, and the gap is %v", name, n, up, tree.Gap[n])
				}
			}
		}
	}
}

func TestVerdictsAreKleenes(t *testing.T) {
	// By All and Any of two conditions on a country and a grade, each of which may be Unknown.
	w := &World{Lines: newTree([]int32{Empty}), Units: newTree([]int32{Empty})}
	country := Condition{Kind: Is, Field: Country, Codes: []int32{1}}
	grade := Condition{Kind: Is, Field: Grade, Codes: []int32{1}, Negated: true}
	for _, c := range []struct {
		country, grade int32
		all, any       Verdict
	}{
		{1, 2, Yes, Yes},
		{1, 1, No, Yes},
		{1, Unknown, Unsure, Yes},
		{2, Unknown, No, Unsure},
		{Unknown, 1, No, Unsure},
		{Unknown, Unknown, Unsure, Unsure},
		{Empty, Empty, No, Yes}, // a negation holds for Empty
	} {
		u := &User{}
		u.Fields[Country], u.Fields[Grade] = c.country, c.grade
		for _, any := range []bool{false, true} {
			want := c.all
			if any {
				want = c.any
			}
			within := &Criteria{Sets: []Set{{Any: any, Conditions: []Condition{country, grade}}}}
			between := &Criteria{Any: any, Sets: []Set{{Conditions: []Condition{country}}, {Conditions: []Condition{grade}}}}
			if got := w.Verdict(within, 0, u); got != want {
				t.Errorf("%+v, any %v, within a set: %d", c, any, got)
			}
			if got := w.Verdict(between, 0, u); got != want {
				t.Errorf("%+v, any %v, between sets: %d", c, any, got)
			}
		}
	}
}
