package groups_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

var supposedUnits, supposedOptions = []string{"a", "b", "c", "d", "e", "f", "gone"}, []string{"x", "y", "z"}

// supposition draws a change of units, options and courses of a drawn world.
func supposition(t *rapid.T) groups.Supposition {
	become := func(what string, from ...string) map[string]string {
		drawn := rapid.MapOfN(rapid.SampledFrom(from), rapid.SampledFrom(append(slices.Clone(from), "")), 0, 2).Draw(t, what)
		for id, now := range drawn {
			if _, gone := drawn[now]; gone {
				drawn[id] = ""
			}
		}
		return drawn
	}
	s := groups.Supposition{
		Units:   map[groups.Tree]map[string]string{"branch": become("units", supposedUnits...)},
		Parents: map[groups.Tree]map[string]string{"branch": become("parents", supposedUnits...)},
		Options: map[string]map[string]string{},
		Courses: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"c1", "c2", "c3"}), 0, 1, rapid.ID).Draw(t, "courses"),
	}
	for _, field := range []string{"site", "grade", "skills", "langs"} {
		s.Options[field] = become(field, supposedOptions...)
	}
	return s
}

// written is the change that makes a world what it is supposed to be, written down value by value.
func written(w oracle.World, s groups.Supposition) groups.PeopleChange {
	c := groups.PeopleChange{Schema: law.Schema(), Trees: map[groups.Tree][]groups.Unit{"branch": nil}}
	for i, f := range c.Schema.Fields {
		c.Schema.Fields[i].Options = slices.DeleteFunc(slices.Clone(f.Options), func(o groups.Option) bool { _, gone := s.Options[f.Name][o.ID]; return gone })
	}
	turn := func(list []string, become map[string]string) []string {
		out := []string{}
		for _, id := range list {
			if now, is := become[id]; !is {
				out = append(out, id)
			} else if now != "" {
				out = append(out, now)
			}
		}
		return out
	}
	for _, u := range w.Units {
		if _, gone := s.Units[u.Tree][u.ID]; gone {
			continue
		}
		if parent, moved := s.Parents[u.Tree][u.ID]; moved {
			u.Parent = parent
		}
		c.Trees[u.Tree] = append(c.Trees[u.Tree], u)
	}
	for _, u := range w.Users {
		u.Fields, u.Units = maps.Clone(u.Fields), maps.Clone(u.Units)
		for tree, become := range s.Units {
			if list, known := u.Units[tree]; known {
				u.Units[tree] = turn(list, become)
			}
		}
		for field, become := range s.Options {
			if v := u.Fields[field]; len(v.Texts()) > 0 {
				u.Fields[field] = groups.Choice(turn(v.Texts(), become)...)
			}
		}
		records, complete := u.Enrollments.List()
		u.Enrollments = groups.Enrolled(slices.DeleteFunc(slices.Clone(records), func(e groups.Enrollment) bool { return slices.Contains(s.Courses, e.Course) })...)
		if !complete {
			u.Enrollments = u.Enrollments.Partial()
		}
		c.Upsert = append(c.Upsert, u)
	}
	return c
}

// What is supposed moves whom it moves once it is done, by the index as by a look at everybody, and nothing is written.
func TestWhatIsSupposedMovesWhomItMovesOnceItIsDone(tt *testing.T) {
	moved := 0
	rapid.Check(tt, func(t *rapid.T) {
		ctx := t.Context()
		m := groups.NewMemory()
		h := law.OnMemory()
		h.Open = func() (law.People, groups.Store) { return m, m }
		world := law.Drawn{}.Placed(t)
		if err := h.Load(world); err != nil {
			t.Fatal(err)
		}
		s := supposition(t)
		options := groups.Options{Now: func() time.Time { return world.Now }, Zone: world.Zone, Exclusions: world.Exclusions}
		index := groups.NewEvaluator(m, m, &options)
		options.IndexBytes = -1
		plain := groups.NewEvaluator(m, m, &options)
		settled := rapid.Bool().Draw(t, "processed before")
		if settled {
			if _, err := h.Process(); err != nil {
				t.Fatal(err)
			}
		}
		before := everything(tt, tenant{m, index})
		was, got, err := index.Suppose(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		wasLooked, looked, err := plain.Suppose(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([][]groups.Diff{wasLooked, looked}, [][]groups.Diff{was, got}); d != "" {
			t.Fatalf("the index says otherwise than a look at everybody (-look +index):\n%s", d)
		}
		now, err := index.Evaluate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := plain.Evaluate(ctx); err != nil || cmp.Diff(want, now) != "" {
			t.Fatalf("the index takes what was supposed for true (-look +index): %v\n%s", err, cmp.Diff(want, now))
		}
		options.Guard = &groups.Guard{}
		undone, err := groups.NewEvaluator(m, m, &options).Evaluate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(before, everything(tt, tenant{m, index})); d != "" {
			t.Fatalf("something was written:\n%s", d)
		}
		if err := m.Write(ctx, written(world.World, s)); err != nil {
			t.Fatal(err)
		}
		done, err := groups.NewEvaluator(m, m, &options).Evaluate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var wasDone, wouldBe []groups.Diff
		for i, d := range done.Diffs {
			if cmp.Diff(undone.Diffs[i], d) != "" {
				wasDone, wouldBe = append(wasDone, undone.Diffs[i]), append(wouldBe, d)
			}
		}
		if d := cmp.Diff([][]groups.Diff{wasDone, wouldBe}, [][]groups.Diff{was, got}); d != "" {
			t.Fatalf("once it is done others move (-done +supposed), by %+v:\n%s\n%s", s, d, law.Describe(world))
		}
		if settled && len(got) > 0 {
			moved++
		}
	})
	if moved == 0 {
		tt.Error("nobody ever moved")
	}
}
