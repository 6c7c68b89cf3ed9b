package insight_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// opposite turns a condition round; everyone has no opposite.
func opposite(c groups.Condition) groups.Condition {
	switch c := c.(type) {
	case groups.FieldCondition:
		return c.Not()
	case groups.UnitCondition:
		return c.Not()
	case groups.UserCondition:
		return c.Not()
	case groups.EnrollmentCondition:
		return c.Not()
	case groups.GroupCondition:
		return c.Not()
	case groups.StatusCondition:
		return c.Not()
	}
	return c
}

// narrow draws criteria of so few conditions and their opposites that they often contradict each other.
func narrow(t *rapid.T, w oracle.World) groups.Criteria {
	var pool []groups.Condition
	first := law.Drawn{}.Condition(t, w.Now, len(w.Users))
	for range rapid.IntRange(1, 3).Draw(t, "different conditions") {
		c := law.Drawn{}.Condition(t, w.Now, len(w.Users))
		for try := 0; try < 8 && !sameThing(first, c); try++ {
			c = law.Drawn{}.Condition(t, w.Now, len(w.Users))
		}
		pool = append(pool, c, opposite(c))
	}
	pool = append(pool, first)
	match := rapid.SampledFrom([]groups.Match{groups.MatchAll, groups.MatchAny})
	c := groups.Criteria{Match: match.Draw(t, "match")}
	for range rapid.IntRange(1, 3).Draw(t, "sets") {
		c.Sets = append(c.Sets, groups.Set{Match: match.Draw(t, "match"), Conditions: rapid.SliceOfN(rapid.SampledFrom(pool), 1, 3).Draw(t, "conditions")})
	}
	return c
}

// sameThing reports whether two conditions may have to do with each other.
func sameThing(a, b groups.Condition) bool {
	switch a := a.(type) {
	case groups.FieldCondition:
		b, is := b.(groups.FieldCondition)
		return is && a.Field == b.Field
	case groups.UnitCondition:
		b, is := b.(groups.UnitCondition)
		return is && a.Tree == b.Tree
	}
	return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b)
}

// linted draws a world with a rule, and what a desk says of it.
func linted(t *rapid.T) (oracle.World, groups.Group, []insight.Finding) {
	w := law.Drawn{}.World(t)
	g := automatic(narrow(t, w))
	if rapid.Bool().Draw(t, "names its zone") {
		g.Zone = w.Zone.String()
	}
	m := groups.NewMemory()
	ev := groups.NewEvaluator(hidden{w}, m, &groups.Options{Now: func() time.Time { return w.Now }, Zone: w.Zone})
	found, err := insight.New(ev, hidden{w}, m).Lint(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return w, g, found
}

// claim is what a finding says of every user there can be.
type claim struct {
	insight.Finding
	refuted func(u *groups.User, v *groups.View) bool
}

// claims are the findings that say something of all people, with what would refute them.
func claims(t *rapid.T, s *groups.Schema, c groups.Criteria, found []insight.Finding) (list []claim) {
	rule := func(c groups.Criteria) *groups.Rule {
		r, err := s.Compile(c)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, f := range found {
		part := c
		var i, j int
		if n, _ := fmt.Sscanf(f.Pointer, "/sets/%d/conditions/%d", &i, &j); n == 2 {
			part = groups.AllSets(groups.All(c.Sets[i].Conditions[j]))
		} else if n == 1 {
			part = groups.AllSets(c.Sets[i])
		}
		r := rule(part)
		switch f.Code {
		case "contradiction":
			list = append(list, claim{f, func(u *groups.User, v *groups.View) bool { return r.Match(u, v) == groups.Yes }})
		case "tautology":
			list = append(list, claim{f, func(u *groups.User, v *groups.View) bool { return r.Match(u, v) == groups.No }})
		case "duplicateSet":
			fmt.Sscanf(f.Text, "set %d says what set %d says", &i, &j)
			a, b := rule(groups.AllSets(c.Sets[i-1])), rule(groups.AllSets(c.Sets[j-1]))
			list = append(list, claim{f, func(u *groups.User, v *groups.View) bool {
				return a.Match(u, v)+b.Match(u, v) == groups.Yes+groups.No && a.Match(u, v) != b.Match(u, v)
			}})
		case "subsumedSet":
			// Where any set is enough the superfluous one is within the other, and where all must hold around it.
			fmt.Sscanf(f.Text, "set %d makes set %d superfluous", &j, &i)
			if c.Match == groups.MatchAll {
				i, j = j, i
			}
			a, b := rule(groups.AllSets(c.Sets[i-1])), rule(groups.AllSets(c.Sets[j-1]))
			list = append(list, claim{f, func(u *groups.User, v *groups.View) bool {
				return a.Match(u, v) == groups.Yes && b.Match(u, v) == groups.No
			}})
		}
	}
	return list
}

// What is said of all people is true of 10,000 random populations and more: nobody matches what is called a
// contradiction, nobody of whom it is known does not match a tautology, and nobody matches a set within another and not that.
func TestWhatIsProvedHoldsInEveryPopulation(t *testing.T) {
	populations, made := 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w, g, found := linted(t)
		list := claims(t, w.Schema, g.Criteria, found)
		for _, c := range list {
			made[c.Code]++
		}
		for range 250 * min(len(list), 1) {
			populations++
			for i := range w.Users {
				w.Users[i] = law.Drawn{}.User(t, w.Users[i].ID, w.Now, len(w.Users))
			}
			v := view(w)
			for _, c := range list {
				for i := range w.Users {
					if u := &w.Users[i]; c.refuted(u, v) {
						t.Fatalf("%v\nof %v\nbut %s in\n%s", c, g.Criteria, u.ID, law.DescribeWorld(w))
					}
				}
			}
		}
	})
	t.Log(populations, made)
}
