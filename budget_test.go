package groups_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/grouprules/groups"
)

// What an Evaluator keeps between runs: the people by what rules ask of them, most of it for what differs from one to
// the next, what conditions say, and the memberships as sets.
func TestTheIndexKeepsItsMemoryBudget(t *testing.T) {
	const users, rules = 20_000, 200
	m, ev, _ := benchWorld(t, users, rules)
	if _, err := ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := heap()
	fresh := groups.NewEvaluator(m, m, &groups.Options{Now: ev.Now})
	if _, err := fresh.Evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := float64(heap()) - float64(before)
	runtime.KeepAlive(fresh)
	if took > 700*users {
		t.Errorf("the index takes %.0f bytes a user", took/users)
	}
}

// A live number takes memory for what its rule says and a bit for each user, also where a condition is new.
// However many other groups there are, which a run has read.
func TestCountingAnEditKeepsItsBudget(t *testing.T) {
	for _, groups := range []int{20, 1000} {
		t.Run(fmt.Sprint(groups), func(t *testing.T) { countsWithinBudget(t, groups) })
	}
}

func countsWithinBudget(t *testing.T, count int) {
	m, ev, _ := benchWorld(t, 20_000/count*20, count)
	if _, err := ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	var list []groups.Group
	for g, err := range m.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, g)
	}
	edits := 0
	edit := func() {
		g := list[edits%len(list)]
		edits++
		g.ID, g.Revision = "draft", 0
		g.Criteria.Sets = append(slices.Clone(g.Criteria.Sets), groups.All(groups.Courses(fmt.Sprint("new", edits)).AreEnrolled()))
		if _, err := ev.Count(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
	for range list {
		edit()
	}
	const runs = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		edit()
	}
	runtime.ReadMemStats(&after)
	allocs, bytes := (after.Mallocs-before.Mallocs)/runs, (after.TotalAlloc-before.TotalAlloc)/runs
	if allocs > 180 || bytes > 40_000 {
		t.Errorf("%d allocations of %d bytes", allocs, bytes)
	}
}

// Explaining one user looks at the groups that its answer depends on, however many others there are.
func TestExplainingOneUserKeepsItsBudgetAmongManyGroups(t *testing.T) {
	takes := func(count int) float64 {
		_, ev, people := benchWorld(t, 500, count)
		if _, err := ev.Process(t.Context()); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(50, func() {
			if _, err := ev.Explain(t.Context(), "g00000", people[7].ID); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := takes(2), takes(200); many > few+20 {
		t.Errorf("%.0f allocations among 200 groups, and %.0f among 2", many, few)
	}
}

// What would change a verdict is found without taking much memory for each, once the rule was taken apart.
func TestExplainingKeepsItsBudget(t *testing.T) {
	_, ev, people := benchWorld(t, 2000, 100)
	run, err := ev.Process(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	explain := func() (told int) {
		for i, d := range run.Diffs {
			x, err := ev.Explain(t.Context(), d.Group, people[i*17%len(people)].ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range x.Otherwise {
				told += len(f.Sets)
			}
		}
		return told
	}
	if explain() < 100 {
		t.Fatal("too little is told to tell")
	}
	if n := testing.AllocsPerRun(5, func() { explain() }) / float64(len(run.Diffs)); n > 120 {
		t.Errorf("%.0f allocations each", n)
	}
}
