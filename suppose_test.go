package groups_test

import (
	"context"
	"errors"
	"iter"
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

// regrouped draws other parents for groups of a drawn world.
func regrouped(t *rapid.T, all []groups.Group) map[groups.GroupID]groups.GroupID {
	ids := []groups.GroupID{""}
	for _, g := range all {
		ids = append(ids, g.ID)
	}
	return rapid.MapOfN(rapid.SampledFrom(ids[1:]), rapid.SampledFrom(ids), 0, 2).Draw(t, "group parents")
}

// reshown is a store that shows groups otherwise.
type reshown struct {
	groups.Store
	revise func(*groups.Group)
}

func (s reshown) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return func(yield func(groups.Group, error) bool) {
		for g, err := range s.Store.Groups(ctx) {
			if s.revise(&g); !yield(g, err) {
				return
			}
		}
	}
}

// unheld shows a group as one of which the guard holds nothing.
func unheld(g *groups.Group) { g.State.Held = "" }

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

// What is supposed moves whom it moves once it is done, whatever the guard holds, by the index as by a look at everybody,
// and nothing is written.
func TestWhatIsSupposedMovesWhomItMovesOnceItIsDone(tt *testing.T) {
	moved, holds, rings, parents := 0, 0, 0, 0
	rapid.Check(tt, func(t *rapid.T) {
		ctx := t.Context()
		m := groups.NewMemory()
		h := law.OnMemory()
		h.Open = func() (law.People, groups.Store) { return m, m }
		world := law.Drawn{}.Placed(t)
		if last := len(world.Groups) - 1; last > 0 && rapid.Bool().Draw(t, "one reads beneath") {
			of := rapid.SampledFrom(world.Groups[:last]).Draw(t, "beneath").ID
			g := &world.Groups[last]
			g.Kind, g.Status, g.Frozen, g.Parent = groups.AutomaticGroup, groups.Active, false, ""
			g.Criteria = groups.AllSets(groups.All(groups.MemberOfAny(of).WithBelow()))
		}
		people := world.Users
		if rapid.Bool().Draw(t, "each was another") {
			world.Users = slices.Clone(people)
			for i := range people {
				was := people[(i+1)%len(people)]
				was.ID = people[i].ID
				world.Users[i] = was
			}
		}
		if err := h.Load(world); err != nil {
			t.Fatal(err)
		}
		s := supposition(t)
		s.GroupParents = regrouped(t, world.Groups)
		var named []groups.GroupID
		if rapid.Bool().Draw(t, "named") {
			for _, g := range world.Groups {
				named = append(named, g.ID)
			}
		}
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
		world.Users = people
		if err := m.Write(ctx, groups.PeopleChange{Upsert: people}); err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "held") {
			options.Guard = &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{}, Joins: &groups.Limit{}}}
			run, err := groups.NewEvaluator(m, m, &options).Process(ctx)
			if err != nil {
				t.Fatal(err)
			}
			holds += len(run.Held)
		}
		before := everything(tt, tenant{m, index})
		was, got, err := index.Suppose(ctx, s, named...)
		if errors.Is(err, groups.ErrCycle) {
			if _, _, err := plain.Suppose(ctx, s, named...); !errors.Is(err, groups.ErrCycle) {
				t.Fatal(err)
			}
			rings++
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		wasLooked, looked, err := plain.Suppose(ctx, s, named...)
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
		if want, err := plain.Evaluate(ctx); err != nil || cmp.Diff(want.Diffs, now.Diffs) != "" {
			t.Fatalf("the index takes what was supposed for true (-look +index): %v\n%s", err, cmp.Diff(want.Diffs, now.Diffs))
		}
		options.Guard = &groups.Guard{}
		undone, err := groups.NewEvaluator(m, reshown{m, unheld}, &options).Evaluate(ctx, named...)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(before, everything(tt, tenant{m, index})); d != "" {
			t.Fatalf("something was written:\n%s", d)
		}
		if err := m.Write(ctx, written(world.World, s)); err != nil {
			t.Fatal(err)
		}
		done, err := groups.NewEvaluator(m, reshown{m, func(g *groups.Group) {
			unheld(g)
			if parent, moves := s.GroupParents[g.ID]; moves {
				g.Parent = parent
			}
		}}, &options).Evaluate(ctx, named...)
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
			parents += len(s.GroupParents)
		}
	})
	if tt.Logf("%d moved, %d held, %d rings, %d parents", moved, holds, rings, parents); moved == 0 || holds == 0 {
		tt.Error("nobody ever moved, or was held")
	}
}

// A supposition reads as what would become of what, and the same every time.
func TestASuppositionReadsAsWhatWouldBecomeOfWhat(t *testing.T) {
	s := groups.Supposition{
		Units:        map[groups.Tree]map[string]string{"branch": {"b": "", "a": "c"}},
		Parents:      map[groups.Tree]map[string]string{"branch": {"c": "d"}},
		Options:      map[string]map[string]string{"site": {"x": "y"}},
		Courses:      []string{"c1"},
		GroupParents: map[groups.GroupID]groups.GroupID{"sales": "all"},
	}
	want := `unit of branch: "a" becomes "c"; unit of branch: "b" becomes none; parent in branch: of "c" becomes "d"; ` +
		`option of site: "x" becomes "y"; course "c1" is gone; parent of group "sales" becomes "all"`
	if got := s.String(); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	if got := (groups.Supposition{}).String(); got != "nothing" {
		t.Error(got)
	}
}

// What is supposed of a tree, a choice or a group that does not exist is not passed over.
func TestWhatDoesNotExistIsNotSupposed(t *testing.T) {
	m := newTenant(t)
	if err := m.Write(t.Context(), groups.PeopleChange{Schema: law.Schema()}); err != nil {
		t.Fatal(err)
	}
	become := map[string]string{"a": "b"}
	for _, s := range []groups.Supposition{
		{Units: map[groups.Tree]map[string]string{"galaxy": become}},
		{Parents: map[groups.Tree]map[string]string{"galaxy": become}},
		{Options: map[string]map[string]string{"sight": become}},
		{Options: map[string]map[string]string{"title": become}}, // a text
		{GroupParents: map[groups.GroupID]groups.GroupID{"nobody": ""}},
	} {
		if _, _, err := m.ev.Suppose(t.Context(), s); !errors.Is(err, groups.ErrNotFound) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
