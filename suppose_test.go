package groups_test

import (
	"context"
	"errors"
	"fmt"
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
		Courses: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"c1", "c2", "c3"}), 0, 2, rapid.ID).Draw(t, "courses"),
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

// release forgets what the guard holds.
func (w tenant) release(t testing.TB) {
	var c groups.Commit
	for g, err := range w.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if was := g.State; was.Held != "" {
			g.State.Held = ""
			c.Writes = append(c.Writes, groups.Write{Group: g.ID, Revision: g.Revision, Was: &was, State: &g.State})
		}
	}
	if err := w.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// ends are how everybody about whom anything is stored ends in a group.
func (w tenant) ends(t testing.TB, id groups.GroupID) map[groups.UserID]groups.Standing {
	all := map[groups.UserID]groups.Standing{}
	for st, err := range w.Standings(t.Context(), id, "") {
		if err != nil {
			t.Fatal(err)
		}
		all[st.User] = st
	}
	return all
}

// consequence is who ends otherwise in a group, with the first n.
func consequence(g groups.Group, was, would map[groups.UserID]groups.Standing, n int) (c groups.Consequence, any bool) {
	lists := map[*groups.Moves][]groups.UserID{&c.Joined: nil, &c.Left: nil, &c.Switched: nil, &c.Undecided: nil, &c.Withheld: nil}
	add := func(m *groups.Moves, id groups.UserID) { lists[m] = append(lists[m], id) }
	both := maps.Clone(was)
	maps.Copy(both, would)
	for id := range both {
		switch before, after := was[id], would[id]; {
		case before.Member == groups.Outside && after.Member != groups.Outside:
			add(&c.Joined, id)
		case before.Member != groups.Outside && after.Member == groups.Outside:
			add(&c.Left, id)
		case before.Member != after.Member:
			add(&c.Switched, id)
		case g.Status != groups.Active && before.Population != after.Population:
			add(&c.Withheld, id)
		}
		if would[id].Undecided && !was[id].Undecided {
			add(&c.Undecided, id)
		}
	}
	for m, ids := range lists {
		slices.Sort(ids)
		m.Count, m.First = len(ids), append([]groups.UserID{}, ids[:min(n, len(ids))]...)
		any = any || len(ids) > 0
	}
	c.Group, c.Name = g.ID, g.Name
	return c, any
}

// What is supposed moves whom it moves once it is done, whatever the guard holds, by the index as by a look at everybody,
// and nothing is written.
func TestWhatIsSupposedMovesWhomItMovesOnceItIsDone(tt *testing.T) {
	moved, holds, rings, parents, scopes, crowds := 0, 0, 0, 0, 0, 0
	rapid.Check(tt, func(t *rapid.T) {
		ctx := t.Context()
		world := law.Drawn{}.Placed(t)
		if last := len(world.Groups) - 1; last > 0 && rapid.Bool().Draw(t, "one reads beneath") {
			of := rapid.SampledFrom(world.Groups[:last]).Draw(t, "beneath").ID
			g := &world.Groups[last]
			g.Kind, g.Status, g.Frozen, g.Parent = groups.AutomaticGroup, groups.Active, false, ""
			g.Criteria = groups.AllSets(groups.All(groups.MemberOfAny(of).WithBelow()))
		}
		scoped := rapid.Bool().Draw(t, "scoped")
		for i := range world.Groups {
			if scoped && rapid.Bool().Draw(t, "owned") {
				world.Groups[i].Owner = "ann"
			}
		}
		for _, u := range world.Users {
			for i := range rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 90}).Draw(t, "like them") { // who are decided about together
				like := u
				like.ID = groups.UserID(fmt.Sprintf("%s-%d", u.ID, i))
				world.Users = append(world.Users, like)
			}
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
		settled, held := rapid.Bool().Draw(t, "processed before"), rapid.Bool().Draw(t, "held")
		known := rapid.Bool().Draw(t, "known to the index") // from when it was processed, and asked
		edited := rapid.SampledFrom(world.Groups).Draw(t, "edited")
		edited.Frozen, edited.Criteria = rapid.Bool().Draw(t, "frozen"), rapid.SampledFrom(world.Groups).Draw(t, "with the rule of").Criteria
		s := supposition(t)
		options := groups.Options{Now: func() time.Time { return world.Now }, Zone: world.Zone, Exclusions: world.Exclusions}
		evaluator := func(m *groups.Memory, store groups.Store, bytes int64, guard *groups.Guard) *groups.Evaluator {
			o := options
			o.IndexBytes, o.Guard = bytes, guard
			if scoped {
				return groups.NewEvaluator(inA{m}, store, &o)
			}
			return groups.NewEvaluator(m, store, &o)
		}
		open := func() tenant {
			m := groups.NewMemory()
			h := law.OnMemory()
			h.Open = func() (law.People, groups.Store) { return m, m }
			if err := h.Load(world); err != nil {
				t.Fatal(err)
			}
			ev := evaluator(m, m, 0, nil)
			if settled {
				if _, err := ev.Process(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if known {
				if _, err := ev.Suppose(ctx, s, 1); err != nil {
					t.Fatal(err)
				}
				if g, err := m.Group(ctx, edited.ID); err != nil {
					t.Fatal(err)
				} else {
					g.Frozen, g.Criteria = edited.Frozen, edited.Criteria
					if _, err := ev.Save(ctx, g, "ada"); err != nil && !errors.Is(err, groups.ErrCycle) {
						t.Fatal(err)
					}
				}
			} else {
				ev = evaluator(m, m, 0, nil)
			}
			if err := m.Write(ctx, groups.PeopleChange{Upsert: people}); err != nil {
				t.Fatal(err)
			}
			if held {
				guard := &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{}, Joins: &groups.Limit{}}}
				run, err := evaluator(m, m, 0, guard).Process(ctx)
				if err != nil {
					t.Fatal(err)
				}
				holds += len(run.Held)
			}
			return tenant{m, ev}
		}
		w, undone := open(), open()
		world.Users = people
		if rapid.Bool().Draw(t, "regrouped") {
			s.GroupParents = regrouped(t, world.Groups)
		}
		n := rapid.IntRange(0, 3).Draw(t, "listed")
		before := everything(tt, w)
		said, err := w.ev.Suppose(ctx, s, n)
		plain := evaluator(w.Memory, w, -1, nil)
		looked, lookedErr := plain.Suppose(ctx, s, n)
		if errors.Is(err, groups.ErrCycle) && errors.Is(lookedErr, groups.ErrCycle) {
			rings++
			return
		}
		if err := errors.Join(err, lookedErr); err != nil {
			t.Fatal(err)
		}
		got := said.Consequences
		if d := unlike(looked, said); d != "" {
			t.Fatalf("the index says otherwise than a look at everybody (-look +index), by %+v:\n%s\n%s", s, d, law.Describe(world))
		}
		if d := cmp.Diff(askedBy(rowsOf(tt, w.Groups(ctx)), s, got), placesOf(said.Asking)); d != "" {
			t.Fatalf("others ask (-want +said), by %+v:\n%s\n%s", s, d, law.Describe(world))
		}
		now, err := w.ev.Evaluate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := plain.Evaluate(ctx); err != nil || cmp.Diff(want.Diffs, now.Diffs) != "" {
			t.Fatalf("the index takes what was supposed for true (-look +index): %v\n%s", err, cmp.Diff(want.Diffs, now.Diffs))
		}
		if d := cmp.Diff(before, everything(tt, w)); d != "" {
			t.Fatalf("something was written:\n%s", d)
		}
		w.release(tt)
		undone.release(tt)
		if err := w.Write(ctx, written(world.World, s)); err != nil {
			t.Fatal(err)
		}
		var named []groups.GroupID
		for _, g := range world.Groups {
			named = append(named, g.ID)
		}
		regroup := func(g *groups.Group) {
			if parent, moves := s.GroupParents[g.ID]; moves {
				g.Parent = parent
			}
		}
		_, err = evaluator(w.Memory, reshown{w, regroup}, -1, &groups.Guard{}).Process(ctx, named...)
		_, err2 := evaluator(undone.Memory, undone, -1, &groups.Guard{}).Process(ctx, named...)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		want := []groups.Consequence{}
		for g, err := range w.Groups(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			if c, any := consequence(g, undone.ends(tt, g.ID), w.ends(tt, g.ID), n); any {
				want = append(want, c)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("once it is done others move (-done +supposed), by %+v:\n%s\n%s", s, d, law.Describe(world))
		}
		if settled && len(got) > 0 {
			moved++
			parents += len(s.GroupParents)
		}
		for _, c := range got {
			if c.Left.Count > 80 {
				crowds++
			}
			if slices.ContainsFunc(world.Groups, func(g groups.Group) bool { return g.ID == c.Group && g.Owner == "ann" }) {
				scopes++
			}
		}
	})
	if tt.Logf("%d moved, %d held, %d rings, %d parents, %d within a scope, %d crowds", moved, holds, rings, parents, scopes, crowds); moved*holds == 0 {
		tt.Error("nobody ever moved, or was held")
	}
}

// inA has every owner have to do with who sits in unit a of the branches alone, or is at site x.
type inA struct{ *groups.Memory }

func (inA) Scope(_ context.Context, owner string) (groups.Scope, error) {
	return func(u *groups.User) groups.Verdict {
		switch units, known := u.Units["branch"]; {
		case slices.Contains(units, "a"), slices.Contains(u.Fields["site"].Texts(), "x"):
			return groups.Yes
		case !known:
			return groups.Unknown
		}
		return groups.No
	}, nil
}

// Whoever would not sit where the owner has to do with people would leave, whatever the rule asks, and the other way round.
func TestWhoWouldNotBeTheOwnersAnyMoreWouldLeave(t *testing.T) {
	m := groups.NewMemory()
	sits := func(id groups.UserID, unit string) groups.User {
		return groups.User{ID: id, Activation: groups.Activated, Units: map[groups.Tree][]string{"branch": {unit}}}
	}
	dan := sits("dan", "c")
	dan.Fields = map[string]groups.Value{"site": groups.Choice("x")}
	if err := m.Write(t.Context(), groups.PeopleChange{
		Schema: law.Schema(), Upsert: []groups.User{sits("ann", "a"), sits("bob", "b"), sits("cid", "c"), dan},
		Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}, {ID: "b"}, {ID: "c"}}},
	}); err != nil {
		t.Fatal(err)
	}
	owned := evalGroup("owned", groups.Everyone{})
	owned.Owner = "boss"
	for name, bytes := range map[string]int64{"by the index": 0, "by a look at everybody": -1} {
		ev := groups.NewEvaluator(inA{m}, m, &groups.Options{IndexBytes: bytes, Guard: &groups.Guard{}})
		if g, err := m.Group(t.Context(), owned.ID); err == nil {
			owned.Revision = g.Revision
		}
		if _, err := ev.Save(t.Context(), owned, "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := ev.Process(t.Context()); err != nil {
			t.Fatal(err)
		}
		said, err := ev.Suppose(t.Context(), groups.Supposition{Units: map[groups.Tree]map[string]string{"branch": {"a": "", "b": "a"}}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := said.Consequences
		if len(got) != 1 || !slices.Equal(got[0].Left.First, []groups.UserID{"ann"}) || !slices.Equal(got[0].Joined.First, []groups.UserID{"bob"}) {
			t.Errorf("%s: %+v", name, got)
		}
		// No rule asks for the site.
		if said, err = ev.Suppose(t.Context(), groups.Supposition{Options: map[string]map[string]string{"site": {"x": ""}}}, 1); err != nil {
			t.Fatal(err)
		}
		if got = said.Consequences; len(got) != 1 || !slices.Equal(got[0].Left.First, []groups.UserID{"dan"}) {
			t.Errorf("%s, of the site: %+v", name, got)
		}
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
		if _, err := m.ev.Suppose(t.Context(), s, 0); !errors.Is(err, groups.ErrNotFound) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// A rule that names two groups reads them otherwise once the one stands beneath the other.
func TestAGroupThatWouldStandBeneathAnotherThatIsNamedAsWell(t *testing.T) {
	w := newTenant(t, groups.User{ID: "ada", Activation: groups.Activated}, groups.User{ID: "ben", Activation: groups.Activated})
	w.automatic(t, "a", groups.AllSets(groups.All(groups.UserIs("ben"))), groups.Keep)
	w.automatic(t, "b", groups.AllSets(groups.All(groups.UserIs("ada"))), groups.Keep)
	w.automatic(t, "both", groups.AllSets(groups.All(groups.MemberOfAll("a", "b").WithBelow())), groups.Keep)
	said, err := w.ev.Suppose(t.Context(), groups.Supposition{GroupParents: map[groups.GroupID]groups.GroupID{"b": "a"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := said.Consequences; len(got) != 1 || got[0].Group != "both" || cmp.Diff(groups.Moves{Count: 1, First: []groups.UserID{"ada"}}, got[0].Joined) != "" {
		t.Errorf("%+v", got)
	}
}

// Whoever joins because groups would stand elsewhere is asked for what they have, although nothing of it would be otherwise.
func TestWhoReadsOtherGroupsIsAskedForWhatStays(t *testing.T) {
	at := func(id groups.UserID, site string) groups.User {
		return groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{"site": groups.Choice(site)}}
	}
	w := newTenant(t)
	if err := w.Write(t.Context(), groups.PeopleChange{Schema: law.Schema(), Upsert: []groups.User{at("ada", "x"), at("ben", "y")}}); err != nil {
		t.Fatal(err)
	}
	w.automatic(t, "a", groups.AllSets(groups.All(groups.UserIs("ben"))), groups.Keep)
	w.automatic(t, "b", groups.AllSets(groups.All(groups.UserIs("ada"))), groups.Keep)
	rule := groups.All(groups.MemberOfAny("a").WithBelow(), groups.ChoiceField("site").Is("x", "y"))
	w.automatic(t, "placed", groups.AllSets(rule), groups.Keep)
	said, err := w.ev.Suppose(t.Context(), groups.Supposition{
		GroupParents: map[groups.GroupID]groups.GroupID{"b": "a"}, Options: map[string]map[string]string{"site": {"y": ""}},
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := said.Consequences; len(got) != 1 || !slices.Equal(got[0].Joined.First, []groups.UserID{"ada"}) || !slices.Equal(got[0].Left.First, []groups.UserID{"ben"}) {
		t.Errorf("%+v", got)
	}
}

// hasty are people who change while they are asked for their version.
type hasty struct {
	*groups.Memory
	in        int
	every     int // so many from then on
	meanwhile func()
}

func (h *hasty) Version(ctx context.Context) (string, error) {
	if h.in--; h.in == 0 || h.every > 0 && h.in < 0 && h.in%h.every == 0 {
		h.meanwhile()
	}
	return h.Memory.Version(ctx)
}

func TestASuppositionComesToAnEndHoweverOftenPeopleAreWritten(t *testing.T) {
	m := groups.NewMemory()
	sits := func(unit string) {
		u := groups.User{ID: "ada", Activation: groups.Activated, Units: map[groups.Tree][]string{"branch": {unit}}}
		err := m.Write(t.Context(), groups.PeopleChange{Schema: law.Schema(), Upsert: []groups.User{u}, Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}, {ID: "b"}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	sits("a")
	dir := &hasty{Memory: m, meanwhile: func() {
		u := groups.User{ID: "ben", Activation: groups.Activated}
		if err := m.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{u}}); err != nil {
			t.Error(err)
		}
	}}
	ev := groups.NewEvaluator(dir, m, &groups.Options{Guard: &groups.Guard{}})
	if _, err := ev.Save(t.Context(), evalGroup("here", groups.Tree("branch").Is("b")), "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	for in := range 20 {
		dir.in, dir.every = in%5, 1+in/5
		s := groups.Supposition{Units: map[groups.Tree]map[string]string{"branch": {"a": "b"}}}
		if said, err := ev.Suppose(t.Context(), s, 1); err != nil || len(said.Consequences) != 1 || said.Consequences[0].Joined.Count != 1 {
			t.Errorf("from question %d on, each of %d: %v, %v; ada would join", in%5, dir.every, said, err)
		}
	}
}

// The clock of another machine was ahead when it wrote to one of the groups.
func TestASuppositionIsOfTheClockOfTheGroupThatIsAhead(t *testing.T) {
	m := groups.NewMemory()
	people := groups.PeopleChange{Schema: law.Schema(), Upsert: []groups.User{
		{ID: "ann", Activation: groups.Activated, Fields: map[string]groups.Value{"site": groups.Choice("x")}},
		{ID: "bob", Activation: groups.Activated, Fields: map[string]groups.Value{"site": groups.Choice("y")}},
	}}
	if err := m.Write(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	now := noon
	o := groups.Options{Now: func() time.Time { return now }, Guard: &groups.Guard{}}
	ev := groups.NewEvaluator(m, m, &o)
	o.IndexBytes = -1
	plain := groups.NewEvaluator(m, m, &o)
	for id, site := range map[groups.GroupID]string{"a": "x", "b": "y"} {
		if _, err := ev.Save(t.Context(), evalGroup(id, groups.ChoiceField("site").Is(site)), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Assign(t.Context(), "a", groups.Decision{By: "x", Until: noon.Add(2 * time.Hour)}, "ann"); err != nil {
		t.Fatal(err)
	}
	now = noon.Add(5 * time.Hour)
	if _, err := ev.Assign(t.Context(), "b", groups.Decision{By: "x"}, "bob"); err != nil {
		t.Fatal(err)
	}
	now = noon.Add(time.Hour)
	s := groups.Supposition{Options: map[string]map[string]string{"site": {"x": "z"}}}
	want, err := plain.Suppose(t.Context(), s, 1)
	if err != nil || len(want.Consequences) != 1 || want.Consequences[0].Left.Count != 1 {
		t.Fatalf("%v, %v: ann would leave, for at the clock of b her assignment is over", want, err)
	}
	got, err := ev.Suppose(t.Context(), s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := unlike(want, got); diff != "" {
		t.Errorf("(-plain +index):\n%s", diff)
	}
}

// Whoever comes to sit where something would be otherwise, while that is looked into, is looked at.
func TestWhoComesMeanwhileIsLookedAt(t *testing.T) {
	branch := groups.Tree("branch")
	sits := func(id groups.UserID, unit string) groups.PeopleChange {
		u := groups.User{ID: id, Activation: groups.Activated, Units: map[groups.Tree][]string{branch: {unit}}}
		return groups.PeopleChange{Upsert: []groups.User{u}}
	}
	for in := range 5 {
		m := groups.NewMemory()
		change := sits("ada", "a")
		change.Schema, change.Trees = law.Schema(), map[groups.Tree][]groups.Unit{branch: {{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}}}
		if err := m.Write(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		dir := &hasty{Memory: m, meanwhile: func() {
			if err := m.Write(t.Context(), sits("ben", "b")); err != nil {
				t.Error(err)
			}
		}}
		ev := groups.NewEvaluator(dir, m, &groups.Options{Guard: &groups.Guard{}})
		for id, unit := range map[groups.GroupID]string{"here": "c", "there": "d"} {
			if _, err := ev.Save(t.Context(), evalGroup(id, branch.Is(unit)), "x"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ev.Process(t.Context()); err != nil {
			t.Fatal(err)
		}
		dir.in = in
		s := groups.Supposition{Units: map[groups.Tree]map[string]string{branch: {"a": "c", "b": "d"}}}
		said, err := ev.Suppose(t.Context(), s, 1)
		if err != nil {
			t.Fatal(err)
		}
		want := []groups.UserID{"ada"}
		if in > 0 && dir.in <= 0 { // he came
			want = append(want, "ben")
		}
		var joined []groups.UserID
		for _, c := range said.Consequences {
			joined = append(joined, c.Joined.First...)
		}
		if !slices.Equal(joined, want) {
			t.Errorf("ben comes as question %d: %v join, not %v", in, joined, want)
		}
	}
}

// The trees of an Evaluator are those of the people as they are, whether an index has them or not, and say who is above
// and beneath.
func TestTreesAreThoseOfThePeopleAsTheyAre(t *testing.T) {
	w := newTenant(t)
	plain := groups.NewEvaluator(w, w, &groups.Options{IndexBytes: -1})
	unit := func(id, parent string) groups.Unit { return groups.Unit{Tree: "branch", ID: id, Parent: parent} }
	for _, units := range [][]groups.Unit{
		{unit("emea", ""), unit("dach", "emea"), unit("berlin", "dach"), unit("paris", "lost")},
		{unit("emea", ""), unit("dach", ""), unit("berlin", "emea")},
	} {
		err := w.Write(t.Context(), groups.PeopleChange{Schema: law.Schema(), Trees: map[groups.Tree][]groups.Unit{"branch": units}})
		if err != nil {
			t.Fatal(err)
		}
		want := groups.NewTree(units...)
		for _, indexed := range []bool{false, true} {
			if indexed {
				w.automatic(t, groups.GroupID(units[1].Parent+"x"), groups.AllSets(groups.All(groups.Tree("branch").Is("dach"))), groups.Keep)
			}
			for _, ev := range []*groups.Evaluator{w.ev, plain} {
				trees, err := ev.Trees(t.Context())
				if err != nil || len(trees) != len(law.Schema().Trees) {
					t.Fatalf("%d trees: %v", len(trees), err)
				}
				for _, id := range []string{"emea", "dach", "berlin", "paris", "lost", "nowhere"} {
					got := trees["branch"]
					if got.Has(id) != want.Has(id) || !slices.Equal(got.Path(id), want.Path(id)) || !slices.Equal(got.Below(id), want.Below(id)) {
						t.Errorf("%s: %v, %v, beneath it %v", id, got.Has(id), got.Path(id), got.Below(id))
					}
				}
			}
		}
	}
	h := groups.NewTree(unit("emea", ""), unit("dach", "emea"), unit("berlin", "dach"), unit("paris", "lost"))
	if got := h.Path("berlin"); !slices.Equal(got, []string{"berlin", "dach", "emea"}) {
		t.Error(got)
	}
	if got := h.Below("emea"); !slices.Equal(got, []string{"berlin", "dach"}) {
		t.Error(got)
	}
	if !slices.Equal(h.Path("paris"), []string{"paris", "lost"}) || h.Has("lost") || !h.Has("paris") {
		t.Error("a unit beneath one that is not there")
	}
	var none *groups.Hierarchy
	if none.Has("emea") || none.Below("emea") != nil || !slices.Equal(none.Path("emea"), []string{"emea"}) {
		t.Error("no hierarchy has somebody")
	}
}
