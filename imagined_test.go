package groups_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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

// Most are in as the rule says, and need not be asked for what cannot make it say anything else; they are where what is stored
// is not what it says, or what it says may turn either way.
func TestWhoIsStoredOtherwiseThanTheRuleSaysIsAskedFor(t *testing.T) {
	red, blue := evalHas("team", groups.Choice("red")), evalHas("team", groups.Choice("blue"))
	noRed := groups.Supposition{Options: map[string]map[string]string{"team": {"red": ""}}}
	reds := evalGroup("reds", evalTeam.Is("red"))
	daily := reds
	daily.Schedule = groups.Schedule{Every: 24 * time.Hour}
	inactive, dropping := evalGroup("inactive", evalCity.Is("Rome")), evalGroup("dropping", evalCity.Is("Rome"))
	inactive.Status, dropping.Deactivated = groups.Inactive, groups.DropAutomatic
	beside := func(other groups.GroupID) groups.Group {
		g := evalGroup("beside")
		g.Criteria = groups.AllSets(groups.All(groups.MemberOfAny(other)), groups.Any(evalTeam.Is("red"), evalTeam.IsEmpty()))
		return g
	}
	for _, c := range []struct {
		why       string
		groups    []groups.Group
		meanwhile func(w *evalWorld) // once all is processed: ann is red, bob and cid are blue
		want      string
	}{
		{"who is in as the rule says leaves", []groups.Group{reds}, nil, "reds: ann leaves"},
		{
			"who is in another group leaves with it",
			[]groups.Group{reds, evalGroup("readers", groups.MemberOfAny("reds"))}, nil, "readers: ann leaves; reds: ann leaves",
		},
		{
			"and who is in since they are not in the other joins",
			[]groups.Group{reds, evalGroup("readers", groups.MemberOfAny("reds").Not())}, nil, "readers: ann joins; reds: ann leaves",
		},
		{
			"who was out since they are red joins",
			[]groups.Group{evalGroup("others", evalTeam.IsNot("red"))}, nil, "others: ann joins",
		},
		{
			"who has become red since, and would not be, neither joins nor leaves as things are stored, and leaves as they are",
			[]groups.Group{reds}, func(w *evalWorld) { w.people(evalUser("cid", red)) }, "reds: ann cid leaves",
		},
		{
			"and so it is where the group waits for its time",
			[]groups.Group{daily}, func(w *evalWorld) {
				w.process("reds")
				w.people(evalUser("cid", red))
				w.changed(groups.Touched{Users: []groups.UserID{"cid"}})
			}, "reds: ann cid leaves",
		},
		{
			"who is in another group that waits for its time is in this one as well once that has come",
			[]groups.Group{daily, evalGroup("readers", groups.MemberOfAny("reds"))}, func(w *evalWorld) {
				w.process("reds")
				w.people(evalUser("cid", red))
				w.changed(groups.Touched{Users: []groups.UserID{"cid"}})
			}, "readers: ann cid leaves; reds: ann cid leaves",
		},
		{
			"who is in another group no more by now leaves nothing",
			[]groups.Group{evalManual("guests"), evalGroup("readers", groups.MemberOfAny("guests"), evalTeam.Is("red"))}, func(w *evalWorld) {
				_, err := w.ev.Assign(w.Context(), "guests", groups.Decision{By: "tutor", Until: w.now.Add(time.Hour)}, "ann")
				w.must(err)
				w.process()
				w.now = w.now.Add(2 * time.Hour)
			}, "",
		},
		{
			"who is undecided, since another group is inactive, is as undecided then",
			[]groups.Group{inactive, beside("inactive")}, nil, "",
		},
		{
			"and so is who is undecided in the other",
			[]groups.Group{dropping, beside("dropping")}, func(w *evalWorld) {
				w.people(evalUser("cid", red, evalIn("Rome"), evalPerhapsOff))
				w.process()
			}, "",
		},
		{"who would be in once the first time of the group has come would not be", []groups.Group{daily}, nil, "reds: ann leaves"},
		{"who is assigned stays", []groups.Group{reds}, func(w *evalWorld) { w.assign("reds", "ann") }, ""},
	} {
		for _, bytes := range []int64{0, -1} {
			w := newEvalWorld(t, &groups.Options{IndexBytes: bytes})
			w.people(evalUser("ann", red), evalUser("bob", blue), evalUser("cid", blue))
			w.save(c.groups...)
			w.process()
			if c.meanwhile != nil {
				c.meanwhile(w)
			}
			said, err := w.ev.Suppose(t.Context(), noRed, 9)
			w.must(err)
			var got []string
			for _, of := range said.Consequences {
				for _, m := range []struct {
					groups.Moves
					what string
				}{{of.Joined, "joins"}, {of.Left, "leaves"}, {of.Undecided, "is undecided"}, {of.Withheld, "moves without effect"}} {
					if m.Count > 0 {
						got = append(got, fmt.Sprintf("%s: %s %s", of.Group, strings.Trim(fmt.Sprint(m.First), "[]"), m.what))
					}
				}
			}
			if got := strings.Join(got, "; "); got != c.want {
				t.Errorf("%s: got %q, want %q (%d bytes)", c.why, got, c.want, bytes)
			}
		}
	}
}
