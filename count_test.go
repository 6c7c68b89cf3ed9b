package groups_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

// The number that an editor shows while a rule is written is that of the group once it is published: within
// the scope of the owner, under its policy, and with what people have decided.
func TestTheLiveNumberIsThatOfTheGroupAsItWouldBeSaved(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		m := groups.NewMemory()
		now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		dir := &scopes{Directory: m, of: map[string][]groups.UserID{"pat": {"u0", "u1", "?u2", "u5"}, "lee": {}}, broken: rapid.IntRange(0, 5).Draw(t, "broken") == 0}
		exclusions := rapid.Bool().Draw(t, "exclusions")
		ev := groups.NewEvaluator(dir, m, &groups.Options{
			Now: func() time.Time { return now }, Exclusions: exclusions, Guard: &groups.Guard{},
		})
		ok := func(err error) {
			if err != nil {
				t.Helper()
				t.Fatal(err)
			}
		}
		draw := func(label string) groups.Group {
			city := rapid.SampledFrom([]string{"Rome", "Oslo"}).Draw(t, label+" city")
			condition := groups.Condition(evalCity.Is(city))
			if rapid.Bool().Draw(t, label+" refers") {
				condition = groups.MemberOfAny("other")
			}
			return groups.Group{
				ID: "g", Name: "G", Criteria: groups.AnySets(groups.All(condition)),
				Kind:        rapid.SampledFrom([]groups.Kind{groups.AutomaticGroup, groups.AutomaticGroup, groups.ManualGroup}).Draw(t, label+" kind"),
				Status:      rapid.SampledFrom([]groups.Status{groups.Active, groups.Active, groups.Inactive}).Draw(t, label+" status"),
				Deactivated: rapid.SampledFrom([]groups.Policy{groups.Keep, groups.DropAutomatic, groups.DropAll}).Draw(t, label+" policy"),
				Owner:       rapid.SampledFrom([]string{"", "pat", "lee"}).Draw(t, label+" owner"),
				Frozen:      rapid.IntRange(0, 3).Draw(t, label+" frozen") == 0,
			}
		}
		people := func(label string) {
			var users []groups.User
			for i := range 8 {
				traits := []evalTrait{rapid.SampledFrom([]evalTrait{evalIn("Rome"), evalIn("Oslo"), evalNowhereKnown, evalIn(" ")}).Draw(t, fmt.Sprint(label, " city ", i))}
				traits = append(traits, rapid.SampledFrom([]evalTrait{func(*groups.User) {}, evalOff, evalPerhapsOff}).Draw(t, fmt.Sprint(label, " status ", i)))
				users = append(users, evalUser(groups.UserID(fmt.Sprint("u", i)), traits...))
			}
			ok(m.Write(t.Context(), groups.PeopleChange{Schema: evalSchema(), Upsert: users}))
		}
		people("first")
		_, err := ev.Save(t.Context(), evalGroup("other", evalCity.IsNot("Oslo")), "ann")
		ok(err)
		revision := uint64(0)
		if rapid.Bool().Draw(t, "saved before") {
			g, err := ev.Save(t.Context(), draw("stored"), "ann")
			ok(err)
			revision = g.Revision
			_, err = ev.Assign(t.Context(), "g", groups.Decision{By: "ann", Until: now.Add(time.Hour)}, "u0", "u3")
			ok(err)
			if exclusions {
				_, err = ev.Exclude(t.Context(), "g", groups.Decision{By: "ann"}, "u1", "u4")
				ok(err)
			}
		}
		_, err = ev.Process(t.Context())
		ok(err)
		people("then")
		now = now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "hours")) * time.Hour)

		g := draw("edited")
		g.Revision = revision
		size := rapid.IntRange(-1, 9).Draw(t, "size of the page")
		live, first, err := ev.CountPage(t.Context(), g, size)
		ok(err)
		plain := groups.NewEvaluator(dir, m, &groups.Options{
			Now: func() time.Time { return now }, Exclusions: exclusions, Guard: &groups.Guard{}, IndexBytes: -1,
		})
		seen, same, err := plain.CountPage(t.Context(), g, size)
		ok(err)
		if live != seen || !slices.Equal(first, same) {
			t.Fatalf("%+v %v by the index, %+v %v by a look at everybody", live, first, seen, same)
		}
		p, err := ev.Preview(t.Context(), g, &groups.PreviewOptions{Members: groups.MembersAssigned})
		ok(err)
		_, err = ev.Publish(t.Context(), p, "ann")
		ok(err)
		var saved groups.Tally
		var page []groups.Member
		for st, err := range m.Standings(t.Context(), "g", "") {
			ok(err)
			if st.Population != groups.Outside {
				if saved.Population++; len(page) < size {
					page = append(page, groups.Member{User: st.User, Method: st.Population})
				}
			}
			if st.Member != groups.Outside {
				saved.Members++
			}
			if st.Undecided {
				saved.Undecided++
			}
		}
		if live != saved {
			t.Fatalf("%+v while it was written, %+v once it is published", live, saved)
		}
		if !slices.Equal(first, page) {
			t.Fatalf("%v are the first while it was written, %v once it is published", first, page)
		}
	})
}

// Only the groups that the rule reads are looked at for the number, and all of them.
func TestTheLiveNumberSeesWhomTheGroupsReadAndTheirRings(t *testing.T) {
	w := newEvalWorld(t, nil)
	below := evalGroup("below", groups.GroupCondition{Op: groups.MemberOfAny("top").Op, Groups: []groups.GroupID{"top"}, OrBelow: true})
	leaf := evalGroup("leaf", evalCity.Is("Oslo"))
	leaf.Parent = "top"
	kid := evalGroup("kid", groups.MemberOfAny("romans"))
	kid.Parent = "top"
	w.save(evalManual("top"), leaf, kid, below, evalGroup("next", groups.MemberOfAny("romans")), evalGroup("far", groups.MemberOfAny("next", "below")))
	w.process()
	for _, c := range []struct {
		id   groups.GroupID
		of   groups.Condition
		want groups.Tally
		ring bool
	}{
		{id: "new", of: groups.MemberOfAny("next"), want: groups.Tally{Population: 2, Members: 2}},
		{id: "new", of: groups.MemberOfAny("far"), want: groups.Tally{Population: 3, Members: 3}},
		{id: "new", of: groups.MemberOfAny("gone"), want: groups.Tally{Undecided: 3}},
		{id: "new", of: groups.GroupCondition{Op: groups.MemberOfAny("top").Op, Groups: []groups.GroupID{"top"}, OrBelow: true}, want: groups.Tally{Population: 3, Members: 3}},
		{id: "romans", of: groups.MemberOfAny("far"), ring: true},
		{id: "romans", of: groups.MemberOfAny("below"), ring: true},
		{id: "leaf", of: groups.MemberOfAny("far"), ring: true},
		{id: "below", of: groups.MemberOfAny("below"), ring: true},
	} {
		g := evalGroup(c.id, c.of)
		if c.id == "leaf" {
			g.Parent = "top"
		}
		got, err := w.ev.Count(t.Context(), g)
		var ring *groups.CycleError
		if got != c.want || errors.As(err, &ring) != c.ring || !c.ring && err != nil {
			t.Errorf("%s by %v: %+v, %v", c.id, c.of, got, err)
		}
	}
}
