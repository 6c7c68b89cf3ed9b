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
	red, blue := evalHas("team", groups.Choice("red")), evalHas("team", groups.Choice("blue"))
	for _, c := range []struct {
		why             string
		rule            groups.Set
		s               groups.Supposition
		crowd, one, now []evalTrait // and what became of the one
		left, undecided int
	}{
		{
			"who has nothing otherwise stays, although it is not known where they live",
			groups.Any(evalTeam.Is("blue", "red"), evalCity.Is("Rome")), noRed,
			[]evalTrait{red}, []evalTrait{blue, evalNowhereKnown}, nil, 100, 0,
		},
		{
			"who may live in Rome is undecided without the team, and who does not is not",
			groups.Any(evalTeam.Is("red"), evalCity.Is("Rome")), noRed,
			[]evalTrait{red}, []evalTrait{red, evalNowhereKnown}, nil, 100, 1,
		},
		{
			"who may have passed elsewhere is undecided once it is not known that they failed",
			groups.All(groups.Courses("c").Are("passed")), noCourse,
			[]evalTrait{evalTook("c", "passed")}, []evalTrait{perhaps(evalTook("c", "failed"))}, nil, 100, 1,
		},
		{
			"who is in because nobody knows their status any more leaves without the record",
			groups.All(groups.Courses("c").Are("passed")), noCourse,
			[]evalTrait{evalTook("c", "failed")}, []evalTrait{evalTook("c", "passed")}, []evalTrait{evalTook("c", "")}, 1, 0,
		},
		{
			"and so are many",
			groups.All(groups.Courses("c").Are("passed")), noCourse,
			[]evalTrait{perhaps(evalTook("c", "failed"))}, []evalTrait{evalTook("c", "passed")}, nil, 1, 100,
		},
	} {
		for _, bytes := range []int64{0, -1} {
			w := newEvalWorld(t, &groups.Options{IndexBytes: bytes})
			var users []groups.User
			for i := range 100 {
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
			list, _, err := w.ev.Suppose(t.Context(), c.s, 2)
			if err != nil || len(list) != 1 || list[0].Left.Count != c.left || list[0].Undecided.Count != c.undecided {
				t.Errorf("%s: %+v %v, want %d to leave and %d undecided (IndexBytes %d)", c.why, list, err, c.left, c.undecided, bytes)
			}
		}
	}
}
