package groups_test

import (
	"fmt"
	"testing"

	"github.com/grouprules/groups"
)

// A rule is asked about many at once, and still says of each what it says: of a crowd, and of one beside it.
func TestWhatIsSupposedOfManyIsWhatItIsOfEach(t *testing.T) {
	perhaps := func(trait evalTrait) evalTrait {
		return func(u *groups.User) {
			trait(u)
			u.Enrollments = u.Enrollments.Partial()
		}
	}
	noRed := groups.Supposition{Options: map[string]map[string]string{"team": {"red": ""}}}
	noCourse := groups.Supposition{Courses: []string{"c"}}
	asunder := groups.Supposition{Options: noRed.Options, Parents: map[groups.Tree]map[string]string{"org": {"emea": ""}}}
	const all = -1
	red, blue := evalHas("team", groups.Choice("red")), evalHas("team", groups.Choice("blue"))
	for _, c := range []struct {
		why             string
		rule            groups.Set
		s               groups.Supposition
		crowd, one, now []evalTrait // and what became of the one
		left, undecided int         // all is the crowd
	}{
		{
			"who has nothing otherwise stays, although it is not known where they live",
			groups.Any(evalTeam.Is("blue", "red"), evalCity.Is("Rome")), noRed,
			[]evalTrait{red}, []evalTrait{blue, evalNowhereKnown}, nil, all, 0,
		},
		{
			"who may live in Rome is undecided without the team, and who does not is not",
			groups.Any(evalTeam.Is("red"), evalCity.Is("Rome")), noRed,
			[]evalTrait{red}, []evalTrait{red, evalNowhereKnown}, nil, all, 1,
		},
		{
			"who may have passed elsewhere is undecided once it is not known that they failed",
			groups.All(groups.Courses("c").Are("passed")), noCourse,
			[]evalTrait{evalTook("c", "passed")}, []evalTrait{perhaps(evalTook("c", "failed"))}, nil, all, 1,
		},
		{
			"who is in because nobody knows their status any more leaves without the record",
			groups.All(groups.Courses("c").Are("passed")), noCourse,
			[]evalTrait{evalTook("c", "failed")}, []evalTrait{evalTook("c", "passed")}, []evalTrait{evalTook("c", "")}, 1, 0,
		},
		{
			"and so are many",
			groups.All(groups.Courses("c").Are("passed")), noCourse,
			[]evalTrait{perhaps(evalTook("c", "failed"))}, []evalTrait{evalTook("c", "passed")}, nil, 1, all,
		},
		{
			"who is in by a condition that says something else of others stays, although another says something else of them",
			groups.Any(evalTeam.Is("blue", "red"), evalOrg.IsOrBelow("world")), asunder,
			[]evalTrait{red}, []evalTrait{blue, evalAt("emea")}, nil, all, 0,
		},
		{
			"and so does who is in by the other",
			groups.Any(evalTeam.Is("blue", "red"), evalOrg.IsOrBelow("world")), asunder,
			[]evalTrait{evalAt("emea")}, []evalTrait{red, evalAt("apac")}, nil, all, 0,
		},
	} {
		for _, as := range []struct {
			bytes int64
			crowd int
		}{{0, 100}, {0, 10}, {-1, 100}} {
			w := newEvalWorld(t, &groups.Options{IndexBytes: as.bytes})
			count := func(n int) int {
				if n == all {
					return as.crowd
				}
				return n
			}
			w.people(evalUser("ann"), evalUser("bob"), evalUser("cid"))
			var users []groups.User
			for i := range as.crowd {
				users = append(users, evalUser(groups.UserID(fmt.Sprintf("u%03d", i)), c.crowd...))
			}
			w.people(append(users, evalUser("one", c.one...))...)
			g := evalGroup("g")
			g.Criteria = groups.AllSets(c.rule)
			w.save(g)
			w.process()
			if c.now != nil {
				w.people(evalUser("one", c.now...))
				w.process()
			}
			s, err := w.ev.Suppose(t.Context(), c.s, 2)
			w.must(err)
			list := s.Consequences
			if len(list) != 1 || list[0].Left.Count != count(c.left) || list[0].Undecided.Count != count(c.undecided) {
				t.Errorf("%s: %+v, want %d to leave and %d undecided (%+v)", c.why, list, count(c.left), count(c.undecided), as)
			}
		}
	}
}
