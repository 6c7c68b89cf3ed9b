package groups_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/storetest"
	"pgregory.net/rapid"
)

func TestMemoryKeepsTheContracts(t *testing.T) {
	storetest.Run(t, func(*testing.T, string) storetest.Tenant {
		m := groups.NewMemory()
		return storetest.Tenant{Store: m, Directory: m, People: m}
	}, nil)
}

// rowsOf reads a stream to its end, also beside the test's own goroutine.
func rowsOf[T any](t testing.TB, stream iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for row, err := range stream {
		if err != nil {
			t.Error(err)
			break
		}
		all = append(all, row)
	}
	return all
}

func manyUsers(n int) []groups.User {
	list := make([]groups.User, n)
	for i := range list {
		list[i] = groups.User{
			ID:      groups.UserID(fmt.Sprintf("u%06d", i)),
			Fields:  map[string]groups.Value{"n": groups.Number(float64(i))},
			Manager: groups.ReportsTo(groups.UserID(fmt.Sprintf("u%06d", i/8))),
		}
	}
	return list
}

// population is a write that takes the users in, with the changes it brings.
func population(g groups.Group, users ...groups.UserID) groups.Write {
	w := groups.Write{Group: g.ID, Revision: g.Revision, Was: &g.State}
	for _, u := range users {
		w.Standings = append(w.Standings, groups.Standing{Group: g.ID, User: u, Automatic: true, Population: groups.Automatic, Member: groups.Automatic})
		w.Changes = append(w.Changes, groups.Change{Group: g.ID, User: u, Kind: groups.Joined, After: groups.Automatic, Cause: "rule"})
	}
	return w
}

func TestMemoryStreamsReadASnapshot(t *testing.T) {
	ctx := t.Context()
	m := groups.NewMemory()
	tree := map[groups.Tree][]groups.Unit{"branch": {{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	if err := m.Write(ctx, groups.PeopleChange{Upsert: manyUsers(20), Trees: tree}); err != nil {
		t.Fatal(err)
	}
	fill := func(id groups.GroupID) {
		g, err := saveGroup(ctx, m, groups.Group{ID: id})
		if err == nil {
			err = apply(ctx, m, population(g, "u000001", "u000002", "u000003"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	fill("g1")
	fill("g2")
	// spread takes all streams, reads the first row of each, has write write, and returns the rest.
	streams := func() []iter.Seq2[string, error] {
		return []iter.Seq2[string, error]{
			shown(m.Users(ctx)), shown(m.Units(ctx)), shown(m.Reports(ctx, "u000000")), shown(m.Groups(ctx)),
			shown(m.Standings(ctx, "g1", "")), shown(m.StandingsOf(ctx, "u000001")), shown(m.Members(ctx, "g1", "")), shown(m.Changes(ctx, "")),
		}
	}
	var before []string
	for _, s := range streams() {
		before = append(before, strings.Join(rowsOf(t, s), "\n"))
	}
	var pulls []func() (string, error, bool)
	var got []string
	for _, s := range streams() {
		next, stop := iter.Pull2(s)
		defer stop()
		first, err, _ := next()
		if err != nil {
			t.Fatal(err)
		}
		pulls, got = append(pulls, next), append(got, first)
	}

	change := groups.PeopleChange{
		Upsert:     []groups.User{{ID: "a new one"}, {ID: "u000005"}, {ID: "u000000"}, {ID: "z", Manager: groups.ReportsTo("u000000")}},
		Deactivate: []groups.UserID{"u000006"},
		Remove:     []groups.UserID{"u000007", "u000019"},
		Trees:      map[groups.Tree][]groups.Unit{"branch": {{ID: "0"}, {ID: "c", Parent: "0"}}, "z": {{ID: "z"}}},
	}
	if err := m.Write(ctx, change); err != nil {
		t.Fatal(err)
	}
	fill("a new one")
	fill("z")
	g, _ := m.Group(ctx, "g1")
	g.Name = "renamed"
	if g, _ = saveGroup(ctx, m, g); g.Revision != 2 {
		t.Fatal("not saved")
	}
	w := population(g, "a new one", "u000002")
	w.Standings[1] = groups.Standing{Group: "g1", User: "u000002"}
	if err := errors.Join(apply(ctx, m, w), forget(ctx, m, "u000001"), deleteGroup(ctx, m, "g2", 1)); err != nil {
		t.Fatal(err)
	}

	for i, next := range pulls {
		for {
			row, err, ok := next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			got[i] += "\n" + row
		}
	}
	if diff := cmp.Diff(before, got); diff != "" {
		t.Errorf("streams that began before the writes saw something of them:\n%s", diff)
	}
	for i, s := range streams() {
		if after := strings.Join(rowsOf(t, s), "\n"); after == before[i] {
			t.Errorf("stream %d, begun after the writes, saw none of them", i)
		}
	}
}

// shown spells the rows, so that streams of all types stand in one list.
func shown[T any](stream iter.Seq2[T, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for row, err := range stream {
			if !yield(fmt.Sprintf("%+v", row), err) {
				return
			}
		}
	}
}

func TestMemoryIsSafeForConcurrentUse(t *testing.T) {
	ctx := t.Context()
	m := groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Upsert: manyUsers(500)}); err != nil {
		t.Fatal(err)
	}
	ids := []groups.GroupID{"a", "b", "c", "d"}
	for _, id := range ids {
		if _, err := saveGroup(ctx, m, groups.Group{ID: id, Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.UserIs("u000001")))}); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			for n := range 50 {
				id, user := ids[(i+n)%len(ids)], groups.UserID(fmt.Sprintf("u%06d", (i*50+n)%500))
				if i%2 == 0 {
					readAll(t, m, id, user)
					continue
				}
				g, err := m.Group(ctx, id)
				if err != nil {
					t.Error(err)
					return
				}
				switch i % 8 {
				case 1:
					g.Criteria.Sets[0].Conditions[0] = groups.UserIs(user) // the caller's own
					_, err = saveGroup(ctx, m, g)
				case 3:
					err = m.Write(ctx, groups.PeopleChange{
						Upsert:     []groups.User{{ID: user, Manager: groups.ReportsTo("u000000")}, {ID: "new" + user}},
						Deactivate: []groups.UserID{"u000001"},
						Remove:     []groups.UserID{"new" + user},
						Trees:      map[groups.Tree][]groups.Unit{"branch": {{ID: string(user)}}},
					})
				case 5:
					err = forget(ctx, m, user)
				default:
					if len(rowsOf(t, m.StandingsOf(ctx, user))) == 0 {
						err = apply(ctx, m, population(g, user))
					}
				}
				if err != nil && !errors.Is(err, groups.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	storetest.Audit(t, m)
}

// readAll reads everything there is about a group and a user; users may be gone.
func readAll(t *testing.T, m *groups.Memory, id groups.GroupID, user groups.UserID) {
	ctx := t.Context()
	if u, err := m.User(ctx, user); err == nil && len(u.Fields) > 1 {
		t.Errorf("user %q has %d fields", user, len(u.Fields))
	}
	for _, err := range m.Users(ctx) {
		if err != nil {
			t.Error(err)
		}
	}
	for g, err := range m.Groups(ctx) {
		if err != nil || g.Criteria.Sets[0].Conditions[0] == nil {
			t.Error(g, err)
		}
	}
	rowsOf(t, m.Units(ctx))
	rowsOf(t, m.Reports(ctx, user))
	rowsOf(t, m.Standings(ctx, id, user))
	rowsOf(t, m.StandingsOf(ctx, user))
	rowsOf(t, m.Members(ctx, id, ""))
	rowsOf(t, m.Changes(ctx, ""))
	if _, err := m.Version(ctx); err != nil {
		t.Error(err)
	}
}

func TestMemoryReportsAllProblemsOfAChange(t *testing.T) {
	m := groups.NewMemory()
	err := m.Write(t.Context(), groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "", Type: groups.TypeText}}},
		Upsert: []groups.User{
			{ID: "ok"}, {ID: "a "}, {ID: "ok"},
			{ID: "b", Manager: groups.ReportsTo(" m"), Units: map[groups.Tree][]string{"branch": {"x", "u "}}},
		},
		Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "x"}, {ID: "x"}, {ID: ""}, {ID: "y", Tree: "position"}}},
	})
	if !errors.Is(err, groups.ErrID) || !errors.Is(err, groups.ErrSchema) {
		t.Fatalf("the error is %v", err)
	}
	for _, part := range []string{`field name ""`, `"a "`, `"ok"`, `user "b": manager id " m"`, `unit id "u "`, `unit id "x"`, `unit id ""`, `"position"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not mention %s:\n%v", part, err)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 8 {
		t.Errorf("%d problems, want 8:\n%v", n, err)
	}
}

func TestMemoryForgetsThePersonToo(t *testing.T) {
	ctx := t.Context()
	m := groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Upsert: manyUsers(3)}); err != nil {
		t.Fatal(err)
	}
	before, _ := m.Version(ctx)
	if err := forget(ctx, m, "u000001"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.User(ctx, "u000001"); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("a forgotten user is still in the directory: %v", err)
	}
	if after, _ := m.Version(ctx); after == before {
		t.Error("the people changed, and the version did not")
	}
	for _, id := range rowsOf(t, m.Reports(ctx, "u000000")) {
		if id == "u000001" {
			t.Error("a forgotten user still reports to somebody")
		}
	}
}

func TestMemoryRefusesWritesThatContradictThemselves(t *testing.T) {
	ctx := t.Context()
	m := groups.NewMemory()
	g, err := saveGroup(ctx, m, groups.Group{ID: "g"})
	if err != nil {
		t.Fatal(err)
	}
	other := population(g, "ada")
	other.Standings[0].Group = "h"
	change := population(g, "ada")
	change.Changes[0].Group = "h"
	for what, writes := range map[string][]groups.Write{
		"a group twice":               {population(g, "ada"), population(g, "bob")},
		"a user twice":                {population(g, "ada", "ada")},
		"users out of order":          {population(g, "bob", "ada")},
		"a standing of another group": {other},
		"a change of another group":   {change},
	} {
		if err := apply(ctx, m, writes...); err == nil || errors.Is(err, groups.ErrConflict) {
			t.Errorf("%s: %v: no repetition will make it right", what, err)
		}
	}
	if n := len(rowsOf(t, m.Standings(ctx, "g", ""))) + len(rowsOf(t, m.Changes(ctx, ""))); n != 0 {
		t.Errorf("%d rows after refusals", n)
	}
}

// A cursor that a Memory has not given out, such as one from the future of a restored copy, would pass over what is
// written next.
func TestMemoryKnowsTheCursorsItHasGivenOut(t *testing.T) {
	ctx := t.Context()
	m := groups.NewMemory()
	g, err := saveGroup(ctx, m, groups.Group{ID: "g"})
	if err == nil {
		err = apply(ctx, m, population(g, "ada", "bob", "eve"))
	}
	for range 3 {
		if err == nil {
			err = m.Apply(ctx, groups.Commit{Acts: []groups.Act{{Do: "edit", Group: "g"}}})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for cursor, given := range map[string]bool{"1": true, "3": true, "0": false, "4": false, "01": false, "+1": false, "1 ": false, "١": false, "18446744073709551617": false} {
		var changes, acts, of error
		for _, err := range m.Changes(ctx, cursor) {
			changes = err
		}
		for _, err := range m.Acts(ctx, "", cursor) {
			acts = err
		}
		for _, err := range m.Acts(ctx, "g", cursor) {
			of = err
		}
		if (changes == nil) != given || (acts == nil) != given || (of == nil) != given {
			t.Errorf("after %q: %v, %v, %v", cursor, changes, acts, of)
		}
	}
}

// TestMemoryAgreesWithItselfAfterAnyHistory looks at the whole after each step, as people, groups and
// memberships come and go.
func TestMemoryAgreesWithItselfAfterAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		m := groups.NewMemory()
		group := rapid.SampledFrom([]groups.GroupID{"a", "b", "c"})
		user := rapid.SampledFrom([]groups.UserID{"u", "v", "w", "x"})
		method := rapid.SampledFrom([]groups.Method{groups.Outside, groups.Manual, groups.Automatic})
		t.Repeat(map[string]func(*rapid.T){
			"save": func(t *rapid.T) {
				g, _ := m.Group(ctx, group.Draw(t, "group"))
				g.ID = group.Draw(t, "as")
				g.Kind = groups.AutomaticGroup
				g.Criteria = groups.AnySets(groups.All(groups.MemberOfAny(group.Draw(t, "reads"))))
				_, _ = saveGroup(ctx, m, g) // may be stale or close a ring
			},
			"delete": func(t *rapid.T) {
				id := group.Draw(t, "group")
				g, _ := m.Group(ctx, id)
				_ = deleteGroup(ctx, m, id, g.Revision)
			},
			"apply": func(t *rapid.T) {
				g, err := m.Group(ctx, group.Draw(t, "group"))
				if err != nil {
					return
				}
				s := groups.Standing{Group: g.ID, User: user.Draw(t, "user"), Automatic: rapid.Bool().Draw(t, "bit")}
				s.Population, s.Member = method.Draw(t, "population"), method.Draw(t, "member")
				if rapid.Bool().Draw(t, "assigned") {
					s.Assignment = &groups.Assignment{By: "eve"}
				}
				was := groups.Outside
				for m := range m.Members(ctx, g.ID, "") {
					if m.User == s.User {
						was = m.Method
					}
				}
				w := groups.Write{Group: g.ID, Revision: g.Revision, Was: &g.State, Standings: []groups.Standing{s}}
				if was != s.Member {
					kind := groups.Switched
					switch groups.Outside {
					case was:
						kind = groups.Joined
					case s.Member:
						kind = groups.Left
					}
					w.Changes = []groups.Change{{Group: g.ID, User: s.User, Kind: kind, Before: was, After: s.Member}}
				}
				if err := apply(ctx, m, w); err != nil {
					t.Fatal(err)
				}
			},
			"forget": func(t *rapid.T) {
				if err := forget(ctx, m, user.Draw(t, "user")); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				storetest.Audit(t, m)
				memberIsWhoIsListed(t, m, []groups.GroupID{"a", "b", "c", "none"}, []groups.UserID{"u", "v", "w", "x", "nobody"})
			},
		})
	})
}

// memberIsWhoIsListed asks of every pair whether the user is a member, of the store and of one without
// capabilities, and compares with the lists.
func memberIsWhoIsListed(t rapid.TB, s groups.Store, in []groups.GroupID, users []groups.UserID) {
	quick, plain := groups.NewEvaluator(groups.NewMemory(), s, nil), groups.NewEvaluator(groups.NewMemory(), struct{ groups.Store }{s}, nil)
	for _, g := range in {
		listed := map[groups.UserID]bool{}
		for m, err := range s.Members(context.Background(), g, "") {
			if err != nil {
				t.Fatal(err)
			}
			listed[m.User] = true
		}
		for _, u := range users {
			for name, ev := range map[string]*groups.Evaluator{"by itself": quick, "without capabilities": plain} {
				if is, err := ev.IsMember(context.Background(), g, u); err != nil || is != listed[u] {
					t.Fatalf("%s: that %q is a member of %q is %v (%v), and the list says %v", name, u, g, is, err, listed[u])
				}
			}
		}
	}
}

func BenchmarkMemoryReadOneUserAfterOneWrite(b *testing.B) {
	ctx := b.Context()
	m := groups.NewMemory()
	users := manyUsers(100_000)
	if err := m.Write(ctx, groups.PeopleChange{Upsert: users}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := m.Write(ctx, groups.PeopleChange{Upsert: users[i%1000 : i%1000+1]}); err != nil {
			b.Fatal(err)
		}
		if _, err := m.User(ctx, users[i%1000].ID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMemoryApplyToALargeGroup(b *testing.B) {
	ctx := b.Context()
	m := groups.NewMemory()
	g, err := saveGroup(ctx, m, groups.Group{ID: "g"})
	if err != nil {
		b.Fatal(err)
	}
	var ids []groups.UserID
	for _, u := range manyUsers(100_000) {
		ids = append(ids, u.ID)
	}
	if err := apply(ctx, m, population(g, ids...)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g, _ := m.Group(ctx, "g")
		if err := apply(ctx, m, population(g, ids[i%1000], ids[50_000+i%1000])); err != nil {
			b.Fatal(err)
		}
		for _, err := range m.Members(ctx, "g", ids[50_000]) { // and the first row of a page
			if err != nil {
				b.Fatal(err)
			}
			break
		}
	}
}

func BenchmarkMemoryGroupsOfOneUser(b *testing.B) {
	ctx := b.Context()
	m := groups.NewMemory()
	for i := range 2000 {
		g, err := saveGroup(ctx, m, groups.Group{ID: groups.GroupID(fmt.Sprintf("g%04d", i))})
		if err != nil {
			b.Fatal(err)
		}
		members := []groups.UserID{"ada"}
		for j := range 50 {
			members = append(members, groups.UserID(fmt.Sprintf("u%04d", i*17%1000+j)))
		}
		if err := apply(ctx, m, population(g, members...)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range m.StandingsOf(ctx, "ada") {
			n++
		}
		if n != 2000 {
			b.Fatalf("%d groups", n)
		}
	}
}

// A standing that says nothing unusual is kept as a code; what the code cannot say is kept all the same.
func TestMemoryKeepsStandingsAsTheyWereGiven(t *testing.T) {
	ctx := t.Context()
	m := groups.NewMemory()
	g, err := saveGroup(ctx, m, groups.Group{ID: "g"})
	if err != nil {
		t.Fatal(err)
	}
	var want []groups.Standing
	for i := range 1 << 8 {
		s := groups.Standing{Group: "g", User: groups.UserID(fmt.Sprintf("u%03d", i)), Automatic: i&1 != 0, Undecided: i&2 != 0}
		s.Population, s.Member = groups.Method(i>>2&3), groups.Method(i>>4&3)
		if i&64 != 0 {
			s.Assignment = &groups.Assignment{By: "ada", At: newYear(), Why: "because"}
		}
		if i&128 != 0 {
			s.Exclusion = &groups.Exclusion{By: "bob", At: newYear()}
		}
		if !s.Blank() {
			want = append(want, s)
		}
	}
	want = append(want, groups.Standing{Group: "g", User: "v", Population: 200}, groups.Standing{Group: "g", User: "w", Member: 4})
	if err := apply(ctx, m, groups.Write{Group: "g", Revision: g.Revision, Standings: want}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got := rowsOf(t, m.Standings(ctx, "g", ""))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("by group:\n%s", diff)
		}
		for i, s := range want {
			of := rowsOf(t, m.StandingsOf(ctx, s.User))
			if diff := cmp.Diff(want[i:i+1], of); diff != "" {
				t.Fatalf("by user:\n%s", diff)
			}
			for _, s := range []*groups.Standing{&got[i], &of[0]} { // the caller's own
				if s.Assignment != nil {
					s.Assignment.By = "spoilt"
				}
				if s.Exclusion != nil {
					s.Exclusion.By = "spoilt"
				}
			}
		}
	}
}
