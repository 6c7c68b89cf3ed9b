package lineage_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/grouprules/groups/internal/lineage"
	"pgregory.net/rapid"
)

// ids are few, so that rings, duplicates and names without a link are common.
func ids() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"})
}

func links() *rapid.Generator[[]lineage.Link] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) lineage.Link {
		return lineage.Link{
			ID:      ids().Draw(t, "id"),
			Parent:  rapid.OneOf(ids(), ids(), ids(), rapid.Just("")).Draw(t, "parent"),
			Unknown: rapid.IntRange(0, 9).Draw(t, "unknown") == 0,
		}
	}), 0, 14)
}

func set(ids ...string) map[string]struct{} {
	s := make(map[string]struct{})
	for _, id := range ids {
		s[id] = struct{}{}
	}
	return s
}

// model is what New promises: the first link of each ID.
func model(links []lineage.Link) map[string]lineage.Link {
	m := make(map[string]lineage.Link)
	for _, l := range links {
		if _, ok := m[l.ID]; !ok {
			m[l.ID] = l
		}
	}
	return m
}

// naive is Climb as a person would do it, with a list of where he has been.
func naive(m map[string]lineage.Link, id string, goals map[string]struct{}, self bool, depth int) lineage.Outcome {
	if _, ok := goals[id]; self && ok {
		return lineage.Met
	}
	visited := map[string]bool{id: true}
	for up := 0; ; up++ {
		if depth > 0 && up == depth {
			return lineage.Top
		}
		link, ok := m[id]
		if !ok || link.Unknown {
			return lineage.Lost
		}
		id = link.Parent
		if id == "" || visited[id] {
			return lineage.Top
		}
		if _, ok := goals[id]; ok {
			return lineage.Met
		}
		visited[id] = true
	}
}

func TestClimbIsTheNaiveWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := links().Draw(t, "links")
		l, m := lineage.New(slices.Values(list)), model(list)
		goals := set(rapid.SliceOfN(ids(), 0, 3).Draw(t, "goals")...)
		depth := rapid.IntRange(0, 6).Draw(t, "depth")
		for _, id := range []string{"a", "b", "c", "nobody", ""} {
			for _, self := range []bool{false, true} {
				want := naive(m, id, goals, self, depth)
				if got := l.Climb(id, goals, self, depth); got != want {
					t.Fatalf("from %q, self %v: %v, want %v", id, self, got, want)
				}
			}
		}
	})
}

func TestGoalsAnswerAsTheWalkDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goals := set(rapid.SliceOfN(rapid.OneOf(ids(), rapid.Just("stranger")), 0, 3).Draw(t, "goals")...)
		g := lineage.NewGoals(goals)
		several := []*lineage.Lineage{new(lineage.Lineage)}
		for range 3 {
			several = append(several, lineage.New(slices.Values(links().Draw(t, "links"))))
		}
		// Now in the one and now in the other, some of them twice or more in a row.
		for range 12 {
			l := rapid.SampledFrom(several).Draw(t, "of several")
			stray := false
			for id := range goals {
				stray = stray || !l.Has(id)
			}
			if got := g.Stray(l); got != stray {
				t.Fatalf("stray: %v, want %v", got, stray)
			}
			depth := max(0, rapid.IntRange(-3, 3).Draw(t, "depth"))
			for _, id := range []string{"a", "b", "c", "d", "e", "stranger", "nobody", ""} {
				for _, self := range []bool{false, true} {
					want := l.Climb(id, goals, self, depth)
					if got := g.Climb(l, id, self, depth); got != want {
						t.Fatalf("from %q, self %v, depth %d: %v, want %v", id, self, depth, got, want)
					}
				}
			}
		}
	})
}

// A revised lineage is the one that is read of the links that are left, for whoever asks it, and the one that was revised
// stays as it is.
func TestARevisedLineageIsThatOfTheLinksThatAreLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := links().Draw(t, "links")
		l := lineage.New(slices.Values(list))
		gone := rapid.SliceOfNDistinct(ids(), 0, 2, rapid.ID).Draw(t, "gone")
		to := rapid.OneOf(ids(), rapid.SampledFrom([]string{"", "new", "newer"}))
		parents := rapid.MapOfN(ids(), to, 0, 3).Draw(t, "parents")
		revised := l.Revised(slices.Values(gone), parents)
		var left []lineage.Link
		for _, link := range list {
			if slices.Contains(gone, link.ID) {
				continue
			}
			if parent, moves := parents[link.ID]; moves {
				link.Parent, link.Unknown = parent, false
			}
			left = append(left, link)
		}
		goals := set(rapid.SliceOfN(rapid.OneOf(ids(), to), 0, 3).Draw(t, "goals")...)
		delete(goals, "")
		g := lineage.NewGoals(goals)
		depth := max(0, rapid.IntRange(-3, 3).Draw(t, "depth"))
		for i, of := range [][2]*lineage.Lineage{{lineage.New(slices.Values(left)), revised}, {lineage.New(slices.Values(list)), l}} {
			want, got := of[0], of[1]
			if got.Len() != want.Len() {
				t.Fatalf("%d: %d nodes, want %d", i, got.Len(), want.Len())
			}
			for _, id := range []string{"a", "b", "c", "d", "e", "f", "new", "newer", "nobody", ""} {
				if got.Has(id) != want.Has(id) || cmp.Diff(want.Below(id), got.Below(id), cmpopts.EquateEmpty()) != "" {
					t.Fatalf("%d: %q is there: %v, with %v beneath, want %v", i, id, got.Has(id), got.Below(id), want.Below(id))
				}
				for _, self := range []bool{false, true} {
					if got, want := g.Climb(got, id, self, depth), want.Climb(id, goals, self, depth); got != want {
						t.Fatalf("%d: from %q, self %v, depth %d: %v, want %v", i, id, self, depth, got, want)
					}
				}
				yes, unsure := got.Reports(id)
				if y, u := want.Reports(id); y != yes || u != unsure {
					t.Fatalf("%d: %q has reports: %v, %v, want %v, %v", i, id, yes, unsure, y, u)
				}
			}
		}
	})
}

func TestGoalsAnswerAsTheWalkDoesOnEveryWay(t *testing.T) {
	list := []lineage.Link{
		{ID: "ceo"}, {ID: "cto", Parent: "ceo"}, {ID: "dev", Parent: "cto"}, {ID: "ops", Parent: "cto"},
		{ID: "tester", Parent: "gone"}, {ID: "blank", Unknown: true}, {ID: "intern", Parent: "blank"},
		{ID: "x", Parent: "y"}, {ID: "y", Parent: "z"}, {ID: "z", Parent: "x"},
		{ID: "on x", Parent: "x"}, {ID: "on y", Parent: "y"}, {ID: "on z", Parent: "z"}, {ID: "further", Parent: "on y"},
		{ID: "own", Parent: "own"}, {ID: "on own", Parent: "own"},
	}
	for turn := range list { // so that each of the ring comes first
		l := lineage.New(slices.Values(slices.Concat(list[turn:], list[:turn])))
		for _, goal := range append(list, lineage.Link{ID: "gone"}) {
			goals := set(goal.ID, "nobody")
			g := lineage.NewGoals(goals)
			g.Stray(l)
			for _, from := range append(list, lineage.Link{ID: "gone"}, lineage.Link{ID: "nobody"}) {
				for _, self := range []bool{false, true} {
					if got, want := g.Climb(l, from.ID, self, 0), l.Climb(from.ID, goals, self, 0); got != want {
						t.Errorf("from %q to %q, self %v: %v, want %v", from.ID, goal.ID, self, got, want)
					}
				}
			}
		}
	}
}

func TestGoalsAllocateOnlyWhereTheyStayWithOneLineage(t *testing.T) {
	chain := func() *lineage.Lineage {
		return lineage.New(slices.Values([]lineage.Link{{ID: "a"}, {ID: "b", Parent: "a"}, {ID: "c", Parent: "b"}}))
	}
	one, other := chain(), chain()
	g := lineage.NewGoals(set("a"))
	ask := func(l *lineage.Lineage) {
		if g.Climb(l, "c", false, 0) != lineage.Met {
			t.Fatal("not met")
		}
	}
	if n := testing.AllocsPerRun(100, func() { ask(one); ask(other) }); n != 0 {
		t.Errorf("%v allocations to go to and fro", n)
	}
	ask(one)
	if n := testing.AllocsPerRun(100, func() { ask(one) }); n != 0 {
		t.Errorf("%v allocations to stay", n)
	}
}

func TestAWalkEndsWhere(t *testing.T) {
	l := lineage.New(slices.Values([]lineage.Link{
		{ID: "ceo"}, {ID: "cto", Parent: "ceo"}, {ID: "dev", Parent: "cto"},
		{ID: "lead", Parent: "gone"}, {ID: "tester", Parent: "lead"},
		{ID: "blank", Unknown: true}, {ID: "intern", Parent: "blank"},
		{ID: "x", Parent: "y"}, {ID: "y", Parent: "x"}, {ID: "tail", Parent: "x"},
		{ID: "own", Parent: "own"},
		{ID: "dev", Parent: "x"},
		{ID: "", Parent: "ceo"},
	}))
	const lost, top, met = lineage.Lost, lineage.Top, lineage.Met
	for _, c := range []struct {
		from  string
		goal  string
		self  bool
		depth int
		want  lineage.Outcome
		why   string
	}{
		{"dev", "ceo", false, 0, met, "two links up"},
		{"dev", "x", false, 0, top, "the first link of an ID stands"},
		{"dev", "ceo", false, 2, met, "depth counts links"},
		{"dev", "ceo", false, 1, top, "what stands above the depth is not looked at"},
		{"intern", "ceo", false, 1, top, "... not even whether it can be read"},
		{"dev", "dev", false, 0, top, "nobody is above himself"},
		{"dev", "dev", true, 0, met, "... but he may count"},
		{"nobody", "nobody", true, 0, met, "who counts himself needs no link"},
		{"nobody", "ceo", true, 0, lost, "... to be met; to be placed he does"},
		{"nobody", "ceo", false, 1, lost, "... with a depth too"},
		{"tester", "gone", false, 0, met, "a goal need not be a node"},
		{"tester", "ceo", false, 0, lost, "who stands above a missing parent?"},
		{"tester", "ceo", false, 2, top, "a depth that ends at it needs not know"},
		{"gone", "lead", false, 0, lost, "named, but without a link"},
		{"intern", "blank", false, 0, met, "an Unknown parent hides what is above it only"},
		{"intern", "ceo", false, 0, lost, "... and that it hides"},
		{"x", "x", false, 0, top, "nor in a ring is one above himself"},
		{"x", "y", false, 0, met, "... though the others are"},
		{"tail", "y", false, 0, met, "a ring is met from outside"},
		{"tail", "ceo", false, 0, top, "... and ends"},
		{"own", "own", false, 0, top, "his own manager is not his own report"},
		{"ceo", "", true, 0, top, "a top has no ID to be met"},
	} {
		if got := l.Climb(c.from, set(c.goal), c.self, c.depth); got != c.want {
			t.Errorf("%s to %s (self %v, depth %d): %v, want %v: %s", c.from, c.goal, c.self, c.depth, got, c.want, c.why)
		}
	}
	if l.Len() != 11 || !l.Has("dev") || l.Has("gone") || l.Has("") || l.Has("nobody") {
		t.Errorf("%d nodes; an ID that is only named is none, and \"\" names nobody", l.Len())
	}
}

func TestClimbComparesExactlyThePath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lineage.New(slices.Values(links().Draw(t, "links")))
		from, goal := ids().Draw(t, "from"), ids().Draw(t, "goal")
		path := l.Path(from)
		if met := l.Climb(from, set(goal), true, 0) == lineage.Met; met != slices.Contains(path, goal) {
			t.Fatalf("%s met is %v, on the path %v", goal, met, path)
		}
		if once := slices.Compact(slices.Sorted(slices.Values(path))); path[0] != from || len(once) != len(path) {
			t.Fatalf("path %v of %s", path, from)
		}
	})
}

func TestBelowIsWhoClimbsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := links().Draw(t, "links")
		l := lineage.New(slices.Values(list))
		top := ids().Draw(t, "top")
		var below, children []string
		unknown := false
		for _, link := range model(list) {
			if l.Climb(link.ID, set(top), false, 0) == lineage.Met {
				below = append(below, link.ID)
			}
			if l.Climb(link.ID, set(top), false, 1) == lineage.Met {
				children = append(children, link.ID)
			}
			unknown = unknown || link.Unknown && link.ID != top
		}
		slices.Sort(below)
		slices.Sort(children)
		if diff := cmp.Diff(below, l.Below(top), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("below %s (-climbing +Below):\n%s", top, diff)
		}
		if diff := cmp.Diff(children, l.Children(top), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("under %s (-climbing +Children):\n%s", top, diff)
		}
		yes, unsure := l.Reports(top)
		if yes != (len(children) > 0) || unsure != (!yes && unknown) {
			t.Fatalf("reports of %s: %v, unsure %v; children %v, others unknown %v", top, yes, unsure, children, unknown)
		}
	})
}

func TestRingsAndGapsAreAllFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := links().Draw(t, "links")
		l, m := lineage.New(slices.Values(list)), model(list)

		// Whoever comes back to himself is in a ring, which his smallest member writes down.
		var rings [][]string
		gaps := make(map[string][]string)
		for _, id := range slices.Sorted(maps.Keys(m)) {
			if p := m[id].Parent; !m[id].Unknown && p != "" {
				if _, ok := m[p]; !ok {
					gaps[p] = append(gaps[p], id)
				}
			}
			ring := []string{id}
			for at := m[id]; !at.Unknown && at.Parent != "" && len(ring) <= len(m); at = m[at.Parent] {
				if at.Parent == id {
					if slices.Min(ring) == id {
						rings = append(rings, ring)
					}
					break
				}
				ring = append(ring, at.Parent)
			}
		}
		var want []lineage.Gap
		for _, p := range slices.Sorted(maps.Keys(gaps)) {
			want = append(want, lineage.Gap{Parent: p, Children: gaps[p]})
		}
		if diff := cmp.Diff(rings, l.Rings()); diff != "" {
			t.Fatalf("rings (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, l.Missing()); diff != "" {
			t.Fatalf("gaps (-want +got):\n%s", diff)
		}
	})
}

func TestTheSurveyOfASmallForest(t *testing.T) {
	l := lineage.New(slices.Values([]lineage.Link{
		{ID: "z", Parent: "m"}, {ID: "m", Parent: "b"}, {ID: "b", Parent: "z"}, {ID: "leaf", Parent: "m"},
		{ID: "own", Parent: "own"}, {ID: "q", Parent: "gone"}, {ID: "p", Parent: "gone"}, {ID: "me", Unknown: true},
	}))
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"each ring once, from its smallest member upwards", l.Rings(), [][]string{{"b", "z", "m"}, {"own"}}},
		{"a gap names its children", l.Missing(), []lineage.Gap{{Parent: "gone", Children: []string{"p", "q"}}}},
		{"below a ring's member is the rest of it", l.Below("z"), []string{"b", "leaf", "m"}},
		{"below a missing parent are its children", l.Below("gone"), []string{"p", "q"}},
		{"nobody is his own child", l.Children("own"), []string(nil)},
		{"a path goes round once", l.Path("leaf"), []string{"leaf", "m", "b", "z"}},
		{"a path ends with the ID that is missing", l.Path("p"), []string{"p", "gone"}},
		{"a path of a stranger is himself", l.Path("nobody"), []string{"nobody"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if yes, unsure := l.Reports("me"); yes || unsure {
		t.Error("the only unknown parent is that of the one asked about, who is no report of his own")
	}
}

func TestTheZeroLineageIsEmpty(t *testing.T) {
	var l lineage.Lineage
	if l.Len() != 0 || l.Has("a") || l.Climb("a", set("b"), true, 0) != lineage.Lost || l.Below("a") != nil ||
		l.Children("a") != nil || l.Rings() != nil || l.Missing() != nil || len(l.Path("a")) != 1 {
		t.Error("the zero Lineage has something in it")
	}
	if yes, unsure := l.Reports("a"); yes || unsure {
		t.Error("somebody reports in the zero Lineage")
	}
}

func TestClimbDoesNotAllocate(t *testing.T) {
	l := lineage.New(chain(100, "99"))
	goals := set("nobody", "else")
	if n := testing.AllocsPerRun(100, func() { l.Climb("0", goals, true, 0) }); n != 0 {
		t.Errorf("Climb allocates %v times; a million users pay for each", n)
	}
}

// chain yields 0 → 1 → ... → n-1 → last.
func chain(n int, last string) func(func(lineage.Link) bool) {
	return func(yield func(lineage.Link) bool) {
		for i := range n {
			link := lineage.Link{ID: fmt.Sprint(i), Parent: fmt.Sprint(i + 1)}
			if i == n-1 {
				link.Parent = last
			}
			if !yield(link) {
				return
			}
		}
	}
}

func TestALongChainIsClimbedToItsTop(t *testing.T) {
	const n = 10_000
	goals := set("top")
	for _, c := range []struct {
		last string
		want lineage.Outcome
	}{{"", lineage.Top}, {"top", lineage.Met}, {"gone", lineage.Lost}, {"0", lineage.Top}, {"5000", lineage.Top}} {
		if got := lineage.New(chain(n, c.last)).Climb("0", goals, false, 0); got != c.want {
			t.Errorf("a chain that ends at %q: %v, want %v", c.last, got, c.want)
		}
	}
}

// A walk that took time in proportion to the tree would need a trillion steps here.
func TestASmallRingAmongAMillionIsLeftAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a million nodes")
	}
	const n = 1_000_000
	l := lineage.New(func(yield func(lineage.Link) bool) {
		for i := range n {
			if !yield(lineage.Link{ID: fmt.Sprint(i), Parent: fmt.Sprint(i ^ 1)}) {
				return
			}
		}
	})
	goals, start := set("nobody"), time.Now()
	for range n {
		if got := l.Climb("7", goals, false, 0); got != lineage.Top {
			t.Fatal(got)
		}
		if time.Since(start) > time.Minute {
			t.Fatal("a ring of two takes as long as the tree is large")
		}
	}
	if got := len(l.Rings()); got != n/2 {
		t.Errorf("%d rings", got)
	}
}

func TestALineageIsShared(t *testing.T) {
	l := lineage.New(chain(100, "50"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if l.Climb("0", set("99"), false, 0) != lineage.Met || len(l.Below("99")) != 99 || len(l.Rings()) != 1 {
				t.Error("another answer in another goroutine")
			}
		})
	}
	all.Wait()
}

func BenchmarkClimb(b *testing.B) {
	l, goals := lineage.New(chain(8, "")), set("nobody")
	for b.Loop() {
		l.Climb("0", goals, true, 0)
	}
}
