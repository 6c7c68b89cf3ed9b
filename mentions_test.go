package groups_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

// A supposition on units concerns groups that name none of them: by those above and beneath, by who sits in none, and by what
// is not known.
func TestUnitsThatNobodyNamesMatterAsWell(t *testing.T) {
	const tree groups.Tree = "org"
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("n", rapid.IntRange(0, 24).Draw(t, "unit")) })
		mem := groups.NewMemory()
		write := func(c groups.PeopleChange) {
			if err := mem.Write(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		// A chain on which branches grow, mostly; the last units are not there, and somebody may sit in them.
		var units []groups.Unit
		for i := range 22 {
			u := groups.Unit{ID: fmt.Sprint("n", i)}
			switch rapid.IntRange(0, 9).Draw(t, "above") {
			case 0:
				u.Parent = unit.Draw(t, "anywhere") // a ring, or nowhere
			case 1:
			default:
				u.Parent = fmt.Sprint("n", max(0, i-rapid.IntRange(1, 4).Draw(t, "up")))
			}
			if i == 0 {
				u.Parent = ""
			}
			units = append(units, u)
		}
		write(groups.PeopleChange{Schema: &groups.Schema{Trees: []groups.Tree{tree}}, Trees: map[groups.Tree][]groups.Unit{tree: units}})
		people := func(from, n int) {
			var users []groups.User
			for i := range n {
				u := groups.User{ID: groups.UserID(fmt.Sprintf("u%02d", from+i)), Activation: groups.Activated, Units: map[groups.Tree][]string{}}
				if in := rapid.SliceOfNDistinct(unit, 0, 2, rapid.ID).Draw(t, "in"); rapid.IntRange(0, 9).Draw(t, "known") > 0 {
					u.Units[tree] = in
				}
				users = append(users, u)
			}
			write(groups.PeopleChange{Upsert: users})
		}
		people(0, 20)
		clock := func() time.Time { return time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC) }
		ev := groups.NewEvaluator(mem, mem, &groups.Options{Now: clock})
		plain := groups.NewEvaluator(mem, mem, &groups.Options{Now: clock, IndexBytes: -1})
		save := func(n int) {
			for range n {
				some := rapid.SliceOfNDistinct(unit, 1, 2, rapid.ID).Draw(t, "of")
				c := rapid.SampledFrom([]groups.UnitCondition{tree.Is(some...), tree.IsOrBelow(some...), tree.Below(some...), tree.IsEmpty()}).Draw(t, "condition")
				if rapid.Bool().Draw(t, "some more") && len(c.Units) > 0 {
					c.OnEmpty = rapid.SampledFrom([]groups.WhenEmpty{groups.Matches, groups.NoMatch}).Draw(t, "empty")
				}
				if (c.Op == tree.Below().Op || c.Op == tree.IsOrBelow().Op) && rapid.Bool().Draw(t, "near") {
					c.Depth = rapid.IntRange(1, 3).Draw(t, "depth")
				}
				if rapid.Bool().Draw(t, "not") {
					c = c.Not()
				}
				g := groups.Group{ID: groups.GroupID(fmt.Sprint("g", rapid.IntRange(0, 9).Draw(t, "group"))), Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active}
				if stored, err := mem.Group(t.Context(), g.ID); err == nil {
					g.Revision = stored.Revision
				}
				g.Criteria = groups.AllSets(groups.All(c))
				if _, err := ev.Save(t.Context(), g, "admin"); err != nil {
					t.Fatal(err)
				}
			}
		}
		save(8)
		for range 4 {
			if _, err := ev.Process(t.Context()); err != nil {
				t.Fatal(err)
			}
			switch rapid.IntRange(0, 3).Draw(t, "meanwhile") {
			case 0:
				save(1)
			case 1:
				people(rapid.IntRange(0, 20).Draw(t, "who"), 2)
			case 2:
				goes := unit.Draw(t, "goes")
				units = slices.DeleteFunc(slices.Clone(units), func(u groups.Unit) bool { return u.ID == goes })
				write(groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{tree: units}})
			}
			become := func(what string, n int) map[string]string {
				return rapid.MapOfN(unit, rapid.OneOf(rapid.Just(""), unit), 0, n).Draw(t, what)
			}
			s := groups.Supposition{Units: map[groups.Tree]map[string]string{tree: become("units", 2)}, Parents: map[groups.Tree]map[string]string{tree: become("parents", 1)}}
			got, err := ev.Suppose(t.Context(), s, 3)
			want, err2 := plain.Suppose(t.Context(), s, 3)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if diff := unlike(want, got); diff != "" {
				t.Fatalf("by the index otherwise than by looking at everybody, if %v (-want +got):\n%s", s, diff)
			}
		}
	})
}

// Whoever counts drafts leaves conditions behind, which go again.
func TestConditionsThatWentAreNotMissed(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("g", evalOrg.IsOrBelow("world")))
	w.process()
	for i := range 300 {
		_, err := w.ev.Count(t.Context(), evalGroup("draft", evalOrg.Is(fmt.Sprint("unit ", i))))
		w.must(err)
	}
	w.save(evalGroup("h", evalOrg.IsOrBelow("emea")))
	w.process()
	s, err := w.ev.Suppose(t.Context(), groups.Supposition{Units: map[groups.Tree]map[string]string{"org": {"emea": ""}}}, 1)
	w.must(err)
	if list := s.Consequences; len(list) != 2 || list[0].Left.Count != 1 || list[1].Left.Count != 1 {
		t.Errorf("%+v, want ann to leave g and h", list)
	}
}

// A unit that a rule names leaves the tree and comes back, and then one goes with which the rule has nothing to do.
func TestWhatIsSupposedKnowsTheTreeAsItIs(t *testing.T) {
	for _, between := range []bool{false, true} {
		w := newEvalWorld(t, nil)
		plain := groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Now: func() time.Time { return w.now }, IndexBytes: -1})
		w.save(evalGroup("g", evalOrg.IsOrBelow("emea")), evalGroup("h", evalOrg.IsNot("emea")))
		w.process()
		for step, units := range [][]string{{"apac<world", "emea<world", "world<"}, {"apac<world", "world<"}, {"emea<world", "apac<world", "world<"}} {
			w.units(units...)
			w.people(evalUser(groups.UserID(fmt.Sprint("comes ", step)), evalAt("apac")))
			if between {
				w.process()
			}
			s := groups.Supposition{Units: map[groups.Tree]map[string]string{"org": {"apac": ""}}}
			want, err := plain.Suppose(t.Context(), s, 3)
			if w.must(err); step == 1 && len(want.Consequences) != 1 {
				t.Errorf("%+v, want who came to join h", want)
			}
			for range 2 {
				got, err := w.ev.Suppose(t.Context(), s, 3)
				w.must(err)
				if diff := unlike(want, got); diff != "" {
					t.Errorf("with units %v, processed between %v (-want +got):\n%s", units, between, diff)
				}
			}
		}
	}
}
