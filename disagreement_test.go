package groups_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
)

// tenantOf is a Memory with what was drawn.
func tenantOf(t *rapid.T, drawn oracle.Tenant) *groups.Memory {
	m := groups.NewMemory()
	trees := map[groups.Tree][]groups.Unit{}
	for _, u := range drawn.Units {
		trees[u.Tree] = append(trees[u.Tree], u)
	}
	err := m.Write(t.Context(), groups.PeopleChange{Schema: drawn.Schema, Upsert: drawn.Users, Trees: trees})
	for _, g := range drawn.Groups {
		w := groups.Write{Group: g.ID, Save: &g, State: &groups.State{Revision: 1, Live: drawn.Live[g.ID]}}
		for _, u := range drawn.Everybody() {
			if st := drawn.Stored.At(g.ID, u); !st.Blank() {
				w.Standings = append(w.Standings, st)
			}
		}
		err = errors.Join(err, m.Apply(t.Context(), groups.Commit{Writes: []groups.Write{w}}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// asStored answers conditions on groups by what is stored.
func asStored(drawn oracle.Tenant) func(groups.UserID, groups.GroupID, bool) groups.Verdict {
	var answer func(u groups.UserID, id groups.GroupID, orBelow bool) groups.Verdict
	answer = func(u groups.UserID, id groups.GroupID, orBelow bool) groups.Verdict {
		v := groups.Unknown
		for _, g := range drawn.Groups {
			if st := drawn.Stored.At(id, u); g.ID == id && g.Status == groups.Active && drawn.Live[id] && !st.Undecided {
				if v = groups.No; st.Member != groups.Outside {
					v = groups.Yes
				}
			}
		}
		for _, g := range drawn.Groups {
			if orBelow && g.Parent == id {
				if of := answer(u, g.ID, true); of == groups.Yes || v == groups.No {
					v = of
				}
			}
		}
		return v
	}
	return answer
}

// joined is a condition with how it is joined to others.
func joined(c groups.Criteria, set, place int) string {
	of := groups.Criteria{Sets: []groups.Set{{Conditions: c.Sets[set].Conditions[place : place+1]}}}
	if len(c.Sets) > 1 {
		of.Match = c.Match
	}
	if len(c.Sets[set].Conditions) > 1 {
		of.Sets[0].Match = c.Sets[set].Match
	}
	text, err := json.Marshal(of)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// telling reads the comment of Distinction about one user of whom the rules say that.
func telling(w oracle.World, rules [2]groups.Criteria, said [2]groups.Verdict, u groups.User) (list []groups.Distinction) {
	var common []groups.Distinction
	for side, c := range rules {
		other, others := rules[1-side], map[string]bool{}
		for i := range other.Sets {
			for j := range other.Sets[i].Conditions {
				others[joined(other, i, j)] = true
			}
		}
		for i, set := range c.Sets {
			for j, condition := range set.Conditions {
				if oracle.Verdict(groups.AllSets(groups.All(condition)), u, w) != said[side] {
					continue
				}
				d := groups.Distinction{Rule: side, Pointer: fmt.Sprintf("/sets/%d/conditions/%d", i, j), Text: fmt.Sprint(condition), Says: said[side]}
				if others[joined(c, i, j)] {
					common = append(common, d)
				} else {
					list = append(list, d)
				}
			}
		}
	}
	if list == nil {
		return common
	}
	return list
}

// disagreeing reads the comment of Disagreement, user by user.
func disagreeing(w oracle.World, rules [2]groups.Criteria, scope func(*groups.User) groups.Verdict, n int) []groups.Disagreement {
	found := map[[2]groups.Verdict]*groups.Disagreement{}
	for _, u := range w.Users { // who are in order
		said := [2]groups.Verdict{oracle.Verdict(rules[0], u, w), oracle.Verdict(rules[1], u, w)}
		says := said
		for i, v := range said {
			switch of := scope(&u); {
			case of == groups.No:
				says[i] = groups.No
			case of == groups.Unknown && v == groups.Yes:
				says[i] = groups.Unknown
			}
		}
		if says[0] == says[1] {
			continue
		}
		d := found[says]
		if d == nil {
			d = &groups.Disagreement{Says: says, First: []groups.UserID{}, Distinctions: []groups.Distinction{}}
			found[says] = d
		}
		d.Users++
		listed := len(d.First) < n
		if listed {
			d.First = append(d.First, u.ID)
		}
		for _, told := range telling(w, rules, said, u) {
			i := slices.IndexFunc(d.Distinctions, func(x groups.Distinction) bool {
				return x.Rule == told.Rule && x.Pointer == told.Pointer && x.Says == told.Says
			})
			if i < 0 {
				i, told.First = len(d.Distinctions), []groups.UserID{}
				d.Distinctions = append(d.Distinctions, told)
			}
			if d.Distinctions[i].Users++; listed {
				d.Distinctions[i].First = append(d.Distinctions[i].First, u.ID)
			}
		}
	}
	list := []groups.Disagreement{}
	for _, says := range [][2]groups.Verdict{
		{groups.Yes, groups.No}, {groups.No, groups.Yes}, {groups.Yes, groups.Unknown},
		{groups.Unknown, groups.Yes}, {groups.No, groups.Unknown}, {groups.Unknown, groups.No},
	} {
		if d := found[says]; d != nil {
			list = append(list, *d)
		}
	}
	return list
}

// inOrder puts distinctions in an order in which two lists of them compare.
func inOrder(list []groups.Disagreement) []groups.Disagreement {
	for _, d := range list {
		slices.SortFunc(d.Distinctions, func(a, b groups.Distinction) int {
			return cmp.Or(b.Users-a.Users, a.Rule-b.Rule, strings.Compare(a.Pointer, b.Pointer), int(a.Says)-int(b.Says))
		})
	}
	return list
}

// revised draws what an edit makes of criteria.
func revised(t *rapid.T, c groups.Criteria, another func() groups.Criteria) groups.Criteria {
	edited := another()
	turn := map[groups.Match]groups.Match{groups.MatchAll: groups.MatchAny, groups.MatchAny: groups.MatchAll}
	switch what := rapid.IntRange(0, 5).Draw(t, "edit"); {
	case what == 0 || len(c.Sets) == 0:
		return edited
	case what == 1:
		return groups.Criteria{Match: turn[c.Match], Sets: c.Sets}
	case what == 2:
		edited.Match, edited.Sets = c.Match, append(slices.Clone(c.Sets), edited.Sets...)
		return edited
	default:
		sets := slices.Clone(c.Sets)
		i := rapid.IntRange(0, len(sets)-1).Draw(t, "set")
		switch n := len(sets[i].Conditions); {
		case what == 3:
			sets[i].Match = turn[sets[i].Match]
		case what == 4 && len(sets) > 1: // moved to another
			to := (i + 1) % len(sets)
			sets[to].Conditions = append(slices.Clone(sets[to].Conditions), sets[i].Conditions[0])
			if sets[i].Conditions = sets[i].Conditions[1:]; n == 1 {
				sets = slices.Delete(sets, i, i+1)
			}
		case n > 1:
			sets[i].Conditions = sets[i].Conditions[1:]
		case len(sets) > 1:
			sets = slices.Delete(sets, i, i+1)
		default:
			return groups.Criteria{}
		}
		return groups.Criteria{Match: c.Match, Sets: sets}
	}
}

// Of every user of whom two rules say two things it is told what they say, and by which conditions, whoever is asked.
func TestWhereTwoRulesDifferIsWhatTheySayOfEachUser(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		drawn := law.Drawn{}.Tenant(t)
		m := tenantOf(t, drawn)
		dir := &scopes{Directory: m, of: map[string][]groups.UserID{"pat": {"u1", "u2", "?u3", "u4"}}, broken: rapid.IntRange(0, 5).Draw(t, "broken") == 0}
		now := func() time.Time { return drawn.Now }
		ask := func(n int, g groups.Group, other groups.Criteria) ([]groups.Disagreement, []groups.Disagreement) {
			byIndex, err := groups.NewEvaluator(dir, m, &groups.Options{Now: now, Zone: drawn.Zone}).Differ(t.Context(), g, other, n)
			plain, err2 := groups.NewEvaluator(dir, m, &groups.Options{Now: now, Zone: drawn.Zone, IndexBytes: -1}).Differ(t.Context(), g, other, n)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			return byIndex, plain
		}
		another := func() groups.Criteria { return law.Drawn{}.Criteria(t, drawn.Now, len(drawn.Users)) }
		g := groups.Group{ID: "new", Name: "new", Criteria: another(), Owner: rapid.SampledFrom([]string{"", "pat"}).Draw(t, "owner"),
			Kind: rapid.SampledFrom([]groups.Kind{groups.AutomaticGroup, groups.ManualGroup}).Draw(t, "kind"), Frozen: rapid.Bool().Draw(t, "frozen")}
		w := drawn.World
		if w.Zone, w.Member = drawn.Zone, asStored(drawn); rapid.Bool().Draw(t, "zone of its own") {
			g.Zone, w.Zone = "UTC", time.UTC
		}
		other := revised(t, g.Criteria, another)
		n := rapid.IntRange(0, 9).Draw(t, "listed")
		byIndex, plain := ask(n, g, other)
		if diff := gocmp.Diff(plain, byIndex); diff != "" {
			t.Fatalf("a look at everybody and the index (-plain +index):\n%s", diff)
		}
		scope := func(u *groups.User) groups.Verdict { return groups.Yes }
		if g.Owner != "" {
			scope = func(u *groups.User) groups.Verdict { return groups.Unknown }
			if !dir.broken {
				scope, _ = dir.Scope(context.Background(), g.Owner)
			}
		}
		want := disagreeing(w, [2]groups.Criteria{g.Criteria, other}, scope, n)
		if diff := gocmp.Diff(inOrder(want), inOrder(plain)); diff != "" {
			t.Fatalf("%v\nand %v\n(-naive +plain):\n%s\n%s", g.Criteria, other, diff, law.Describe(drawn))
		}
	})
}

func TestADisagreementReadsAsWhatTheRulesSayAndByWhich(t *testing.T) {
	w := newEvalWorld(t, nil)
	g, err := w.Group(t.Context(), "romans")
	w.must(err)
	got, err := w.ev.Differ(t.Context(), g, groups.AllSets(groups.All(evalCity.Is("Oslo"))), 1)
	w.must(err)
	w.want(fmt.Sprint(got), "[2: rule 1 says yes, rule 2 says no\n  2 by rule 1: /sets/0/conditions/0 city is Rome is yes\n"+
		"  2 by rule 2: /sets/0/conditions/0 city is Oslo is no "+
		"1: rule 1 says no, rule 2 says yes\n  1 by rule 1: /sets/0/conditions/0 city is Rome is no\n"+
		"  1 by rule 2: /sets/0/conditions/0 city is Oslo is yes]")
}

func TestDifferRefusesWhatSaveRefusesOfEitherRule(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("next", groups.MemberOfAny("romans")))
	fine := groups.AnySets(groups.All(evalCity.Is("Rome")))
	ring, broken := groups.AnySets(groups.All(groups.MemberOfAny("next"))), groups.AnySets(groups.All(groups.TextField("nosuch").Is("a")))
	for _, c := range []struct {
		name        string
		of, other   groups.Criteria
		ring, wrong bool
	}{
		{"Rome", fine, ring, true, false}, {"Rome", ring, fine, true, false},
		{"Rome", fine, broken, false, true}, {"Rome", broken, fine, false, true},
		{" ", fine, broken, false, true},
	} {
		g := evalGroup("romans")
		g.Name, g.Criteria = c.name, c.of
		_, err := w.ev.Differ(t.Context(), g, c.other, 1)
		_, isRing := errors.AsType[*groups.CycleError](err)
		_, isWrong := errors.AsType[*groups.CriteriaError](err)
		if isRing != c.ring || isWrong != c.wrong || errors.Is(err, groups.ErrGroup) != (c.name == " ") {
			t.Errorf("%v against %v: %v", c.of, c.other, err)
		}
	}
}

// Users have their places in chunks, which are counted side by side.
func TestWhereTwoRulesDifferIsTheSameInManyChunks(t *testing.T) {
	m := groups.NewMemory()
	users := make([]groups.User, 70_000)
	for i := range users {
		users[i] = evalUser(groups.UserID(fmt.Sprintf("u%d", len(users)-i)), evalIn([]string{"Rome", "Oslo", "Bern", " "}[i%7%4]))
		if i%1000 == 0 {
			evalNowhereKnown(&users[i])
		}
	}
	if err := m.Write(t.Context(), groups.PeopleChange{Schema: evalSchema(), Upsert: users}); err != nil {
		t.Fatal(err)
	}
	g := evalGroup("romans", evalCity.Is("Rome", "Bern"))
	other := groups.AnySets(groups.All(evalCity.Is("Rome", "Oslo")), groups.All(groups.UserIs("u1", "u2000", "u70000")))
	want, err := groups.NewEvaluator(m, m, &groups.Options{IndexBytes: -1}).Differ(t.Context(), g, other, math.MaxInt)
	if err != nil || len(want) < 3 {
		t.Fatal(want, err)
	}
	ev := groups.NewEvaluator(m, m, nil)
	for _, n := range []int{math.MaxInt, 1000, 3, 0} {
		found, err := ev.Differ(t.Context(), g, other, n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			d := &want[i]
			d.First = d.First[:min(n, len(d.First))]
			for j := range d.Distinctions {
				first := &d.Distinctions[j].First
				*first = slices.DeleteFunc(*first, func(id groups.UserID) bool { _, in := slices.BinarySearch(d.First, id); return !in })
			}
		}
		if !reflect.DeepEqual(want, found) {
			t.Errorf("%d listed: %.500v\nand not %.500v", n, found, want)
		}
	}
}

func TestWhoComesLaterIsListedByTheirIDAllTheSame(t *testing.T) {
	w := newEvalWorld(t, nil)
	other := groups.AnySets(groups.All(evalCity.IsNot("Rome")))
	for _, want := range []groups.UserID{"zed", "abe"} {
		err := w.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{evalUser(want, evalIn("Bern"))}})
		found, err2 := w.ev.Differ(t.Context(), evalGroup("new", evalCity.Is("Rome", "Oslo")), other, 1)
		i := slices.IndexFunc(found, func(d groups.Disagreement) bool { return d.Says == [2]groups.Verdict{groups.No, groups.Yes} })
		if errors.Join(err, err2) != nil || i < 0 || found[i].First[0] != want {
			t.Errorf("%v, not %s: %v", found, want, errors.Join(err, err2))
		}
	}
}
