package insight_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
)

// january is a day of the world in which criteria were saved three times: on the 1st for those in Berlin, on the 5th for
// salespeople, and on the 10th for those who have at least five points.
func january(d int) time.Time { return time.Date(2026, 1, d, 9, 0, 0, 0, time.UTC) }

// edited is that world on the 20th, with its clock.
func edited(ctx context.Context) (*groups.Memory, *groups.Evaluator, *time.Time) {
	m, now := school(), january(1)
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return now }, Guard: &groups.Guard{}})
	g := groups.Group{ID: "crew", Name: "Crew", Kind: groups.AutomaticGroup, Status: groups.Active}
	for i, c := range []groups.Condition{site.Is("berlin"), title.Is("sales"), points.AtLeast(5)} {
		now = january([]int{1, 5, 10}[i])
		g.Criteria = groups.AllSets(groups.All(c))
		p, err := ev.Preview(ctx, g, nil)
		check(err)
		_, err = ev.Publish(ctx, p, []string{"ann", "bob", "cid"}[i])
		check(err)
		g, err = m.Group(ctx, "crew")
		check(err)
	}
	now = january(20)
	return m, ev, &now
}

func change(ctx context.Context, m *groups.Memory, id groups.UserID, with func(*groups.User)) {
	u, err := m.User(ctx, id)
	check(err)
	with(&u)
	check(m.Write(ctx, groups.PeopleChange{Upsert: []groups.User{u}}))
}

func TestAComparisonIsOfTheRulesInTodaysPeople(t *testing.T) {
	ctx := t.Context()
	m, ev, _ := edited(ctx)
	d := insight.New(ev, m, m)
	got, err := d.Compare(ctx, "crew", 1, 3, 1)
	check(err)
	want := []groups.Disagreement{
		{Says: [2]groups.Verdict{groups.Yes, groups.No}, Users: 1, First: []groups.UserID{"ada"}, Distinctions: []groups.Distinction{
			{Rule: 0, Pointer: "/sets/0/conditions/0", Text: "site is berlin", Says: groups.Yes, Users: 1, First: []groups.UserID{"ada"}},
			{Rule: 1, Pointer: "/sets/0/conditions/0", Text: "points is at least 5 (people with no points left out)", Says: groups.No, Users: 1, First: []groups.UserID{"ada"}},
		}},
		{Says: [2]groups.Verdict{groups.No, groups.Yes}, Users: 1, First: []groups.UserID{"ben"}, Distinctions: []groups.Distinction{
			{Rule: 0, Pointer: "/sets/0/conditions/0", Text: "site is berlin", Says: groups.No, Users: 1, First: []groups.UserID{"ben"}},
			{Rule: 1, Pointer: "/sets/0/conditions/0", Text: "points is at least 5 (people with no points left out)", Says: groups.Yes, Users: 1, First: []groups.UserID{"ben"}},
		}},
	}
	if diff := cmp.Diff(want, got.Disagreements); diff != "" || got.Users != 2 {
		t.Errorf("%d users\n%s", got.Users, diff)
	}
	change(ctx, m, "ada", func(u *groups.User) { delete(u.Fields, "site") })
	got, err = d.Compare(ctx, "crew", 1, 3, 0)
	check(err)
	if text := got.String(); !strings.Contains(text, "\n1 undecided in version 1 and not in version 3\n  1 by version 1: not known: /sets/0/conditions/0 site is berlin\n") {
		t.Error(text)
	}
	if got, err = d.Compare(ctx, "crew", 2, 2, 5); err != nil || got.String() != "versions 2 and 2 of crew say the same of everybody" {
		t.Error(got, err)
	}
	if _, err := d.Compare(ctx, "crew", 1, 9, 5); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("a version that is not kept: %v", err)
	}
	if _, err := d.Restored(ctx, "crew", 9); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("a version that is not kept: %v", err)
	}
}

// Of two who left by the rule, one would be in by the criteria of then, and the other would not.
func TestWhoMovedByAnEditIsToldFromWhoMovedByTheirData(t *testing.T) {
	ctx := t.Context()
	m, ev, now := edited(ctx)
	change(ctx, m, "ben", func(u *groups.User) { u.Fields["points"] = groups.Empty() })
	change(ctx, m, "eve", func(u *groups.User) { u.Fields["points"] = groups.Number(4) })
	change(ctx, m, "new", func(u *groups.User) { u.Fields["points"] = groups.Number(8) })
	_, err := ev.Process(ctx)
	check(err)
	*now = january(21)
	d := insight.New(ev, m, m)
	for at, want := range map[int]string{
		7:  "members of crew: 2 at 2026-01-07T09:00:00Z, 1 now; 1 joined, 2 left, 1 went both ways\n  1 joined because cid saved other criteria on 2026-01-10\n  2 left because cid saved other criteria on 2026-01-10",
		10: "members of crew: 2 at 2026-01-10T09:00:00Z, 1 now; 1 joined, 2 left\n  1 joined because it is so that points is at least 5 (people with no points left out)\n  1 left because `points` is empty\n  1 left because it is not so that points is at least 5 (people with no points left out)",
		20: "members of crew: 1 at 2026-01-20T09:00:00Z, 1 now; 0 joined, 0 left",
	} {
		got, err := d.Since(ctx, "crew", january(at))
		if check(err); got.String() != want {
			t.Errorf("since the %d.:\n%s\nnot\n%s", at, got, want)
		}
	}
}

func TestWhoMovedIsCountedAlsoByARuleThatDoesNotFitAnyMore(t *testing.T) {
	ctx := t.Context()
	m, ev, now := edited(ctx)
	change(ctx, m, "eve", func(u *groups.User) { u.Fields["points"] = groups.Number(4) })
	change(ctx, m, "new", func(u *groups.User) { u.Fields["points"] = groups.Number(8) })
	_, err := ev.Process(ctx)
	check(err)
	schema, err := m.Schema(ctx)
	check(err)
	less := *schema
	less.Fields = slices.DeleteFunc(slices.Clone(schema.Fields), func(f groups.Field) bool { return f.Name == string(points) })
	check(m.Write(ctx, groups.PeopleChange{Schema: &less}))
	*now = january(21)
	const want = "members of crew: 2 at 2026-01-10T09:00:00Z, 2 now; 1 joined, 1 left\n  1 joined because the rule took them in at the time\n  1 left because the rule let them go at the time"
	got, err := insight.New(ev, m, m).Since(ctx, "crew", january(10))
	if check(err); got.String() != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
}

func TestNothingIsSaidSinceAnInstantToCome(t *testing.T) {
	m, ev, _ := edited(t.Context())
	if got, err := insight.New(ev, m, m).Since(t.Context(), "crew", january(21)); !errors.Is(err, insight.ErrWindow) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWhoCreatesAGroupSavesNoOtherCriteria(t *testing.T) {
	m, ev, _ := edited(t.Context())
	_, err := ev.Save(t.Context(), groups.Group{
		ID: "late", Name: "Late", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(points.AtLeast(5))),
	}, "dan")
	check(err)
	_, err = ev.Process(t.Context())
	check(err)
	got, err := insight.New(ev, m, m).Since(t.Context(), "late", january(7))
	check(err)
	if len(got.JoinedBy) != 1 || strings.Contains(got.JoinedBy[0].Text, "saved") {
		t.Errorf("%v", got)
	}
}

// Whoever left before anybody saved other criteria did not leave by those, whatever the criteria say today.
func TestAnEditMovesNobodyBeforeIt(t *testing.T) {
	ctx, now := t.Context(), january(1)
	m := school()
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return now }, Guard: &groups.Guard{}})
	g := groups.Group{ID: "crew", Name: "Crew", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(site.Is("berlin")))}
	move := func(d int, to string) {
		now = january(d)
		change(ctx, m, "eve", func(u *groups.User) { u.Fields["site"] = groups.Choice(to) })
		_, err := ev.Process(ctx)
		check(err)
	}
	g, err := ev.Save(ctx, g, "ann")
	check(err)
	move(1, "berlin")
	move(3, "rome")
	now = january(5)
	g.Criteria = groups.AllSets(groups.All(site.Is("paris")))
	_, err = ev.Save(ctx, g, "bob")
	check(err)
	move(6, "berlin")
	got, err := insight.New(ev, m, m).Since(ctx, "crew", january(2))
	check(err)
	want := "members of crew: 2 at 2026-01-02T09:00:00Z, 1 now; 1 joined, 2 left\n  1 joined because bob saved other criteria on 2026-01-05\n" +
		"  1 left because bob saved other criteria on 2026-01-05\n  1 left because it is not so that site is paris"
	if got.String() != want {
		t.Errorf("%v\nnot\n%s", got, want)
	}
}

// A condition may not name as many users as may move at once.
func TestReasonsAreGivenToMoreUsersThanAConditionMayName(t *testing.T) {
	ctx := t.Context()
	m, ev, now := edited(ctx)
	schema, err := m.Schema(ctx)
	check(err)
	limited := *schema
	limited.Limits = &groups.Limits{Operands: 2}
	users := make([]groups.User, 0, 5)
	for i := range 5 {
		users = append(users, groups.User{ID: groups.UserID(fmt.Sprint("u", i)), Fields: map[string]groups.Value{"points": groups.Number(float64(i + 5))}})
	}
	check(m.Write(ctx, groups.PeopleChange{Schema: &limited, Upsert: users}))
	_, err = ev.Process(ctx)
	check(err)
	*now = january(21)
	got, err := insight.New(ev, m, m).Since(ctx, "crew", january(19))
	check(err)
	want := []groups.CommonCause{{Count: 5, Text: "it is so that points is at least 5 (people with no points left out)"}}
	if diff := cmp.Diff(want, got.JoinedBy); diff != "" {
		t.Error(diff)
	}
}

// patsEve is a directory in which Pat has to do with nobody but Eve.
type patsEve struct{ *groups.Memory }

func (patsEve) Scope(_ context.Context, owner string) (groups.Scope, error) {
	return func(u *groups.User) groups.Verdict {
		if owner == "pat" && u.ID == "eve" {
			return groups.Yes
		}
		return groups.No
	}, nil
}

func TestWhoIsNotAssignedToTheOwnerIsToldSo(t *testing.T) {
	ctx := t.Context()
	m, _, now := edited(ctx)
	ev := groups.NewEvaluator(patsEve{m}, m, &groups.Options{Now: func() time.Time { return *now }, Guard: &groups.Guard{}})
	g, err := m.Group(ctx, "crew")
	check(err)
	g.Owner = "pat"
	_, err = ev.Save(ctx, g, "ann")
	check(err)
	change(ctx, m, "eve", func(u *groups.User) { u.Fields["site"] = groups.Choice("rome") })
	d := insight.New(ev, patsEve{m}, m)
	got, err := d.Restored(ctx, "crew", 1)
	check(err)
	want := []insight.Discrepancy{
		{User: "ada", Then: groups.Automatic, Why: []string{`they are not assigned to the owner "pat"`}},
		{User: "eve", Then: groups.Automatic, Why: []string{"it is not so that site is berlin"}},
	}
	if diff := cmp.Diff(want, got.Discrepancies); diff != "" {
		t.Error(diff)
	}
	compared, err := d.Compare(ctx, "crew", 1, 3, 9)
	check(err)
	if compared.Users != 1 || compared.Disagreements[0].First[0] != "eve" {
		t.Error(compared)
	}
}

// truncated has lost the first changes of its feed.
type truncated struct {
	groups.Store
	lost int
}

func (s truncated) Changes(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
	return func(yield func(groups.Change, error) bool) {
		n := 0
		for c, err := range s.Store.Changes(ctx, after) {
			if n++; n > s.lost && !yield(c, err) {
				return
			}
		}
	}
}

func TestAFeedThatDoesNotGoBackIsNoGuess(t *testing.T) {
	ctx := t.Context()
	m, ev, _ := edited(ctx)
	store := truncated{m, 3} // the first of the 10th is left
	d := insight.New(ev, m, store)
	for _, at := range []int{1, 5, 9} {
		if got, err := d.Since(ctx, "crew", january(at)); !errors.Is(err, insight.ErrHistory) || got != nil {
			t.Errorf("since the %d.: %v, %v", at, got, err)
		}
	}
	if got, err := d.Restored(ctx, "crew", 1); !errors.Is(err, insight.ErrHistory) || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := d.Since(ctx, "crew", january(10)); err != nil || got.Then != 2 {
		t.Errorf("%v, %v", got, err)
	}
	var feed []groups.Change
	for c, err := range m.Changes(ctx, "") {
		check(err)
		feed = append(feed, c)
	}
	if i := slices.IndexFunc(feed, func(c groups.Change) bool { return c.At.Equal(january(10)) }); i >= 3 || len(feed) < 4 {
		t.Errorf("the feed has %d changes, of the 10th from %d on", len(feed), i)
	}
}

func TestWhatIsSaidOfVersionsIsPlainData(t *testing.T) {
	ctx := t.Context()
	m, ev, _ := edited(ctx)
	d := insight.New(ev, m, m)
	compared, err := d.Compare(ctx, "crew", 1, 3, 5)
	check(err)
	restored, err := d.Restored(ctx, "crew", 1)
	check(err)
	since, err := d.Since(ctx, "crew", january(2))
	check(err)
	again(t, compared)
	again(t, restored)
	again(t, since)
}

func again[T any](t *testing.T, v *T) {
	data, err := json.Marshal(v)
	check(err)
	back := new(T)
	if err := json.Unmarshal(data, back); err != nil {
		t.Fatal(err)
	}
	same, err := json.Marshal(back)
	check(err)
	if diff := cmp.Diff(string(data), string(same)); diff != "" || strings.Contains(string(data), "null") {
		t.Errorf("%s\n%s", data, diff)
	}
}

// broken fails in one of its streams.
type broken struct {
	groups.Store
	at string
}

func failing[T any](s broken, at string, stream iter.Seq2[T, error]) iter.Seq2[T, error] {
	if s.at != at {
		return stream
	}
	return func(yield func(T, error) bool) {
		for v := range stream {
			if !yield(v, nil) {
				return
			}
			break
		}
		yield(*new(T), errFault)
	}
}

func (s broken) Changes(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
	return failing(s, "changes", s.Store.Changes(ctx, after))
}

func (s broken) Acts(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
	return failing(s, "acts", s.Store.Acts(ctx, id, after))
}

func (s broken) Notes(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
	return failing(s, "notes", s.Store.Notes(ctx, kind, id))
}

func (s broken) Members(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
	return failing(s, "members", s.Store.Members(ctx, id, after))
}

func (s broken) Standings(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	return failing(s, "standings", s.Store.Standings(ctx, id, after))
}

func TestAnErrorOfTheStoreLeavesNoAnswer(t *testing.T) {
	ctx := t.Context()
	m, ev, _ := edited(ctx)
	for at, want := range map[string]struct{ compare, restored, since bool }{
		"changes": {restored: true, since: true}, "acts": {since: true}, "notes": {compare: true, restored: true},
		"members": {restored: true, since: true}, "standings": {restored: true}, "": {},
	} {
		d := insight.New(ev, m, broken{m, at})
		compared, err := d.Compare(ctx, "crew", 1, 3, 1)
		if errors.Is(err, errFault) != want.compare || (compared == nil) != want.compare {
			t.Errorf("%s: %v, %v", at, compared, err)
		}
		change(ctx, m, "eve", func(u *groups.User) { u.Fields["site"] = groups.Choice("rome") })
		restored, err := d.Restored(ctx, "crew", 1)
		if errors.Is(err, errFault) != want.restored || (restored == nil) != want.restored {
			t.Errorf("%s: %v, %v", at, restored, err)
		}
		since, err := d.Since(ctx, "crew", january(7))
		if errors.Is(err, errFault) != want.since || (since == nil) != want.since {
			t.Errorf("%s: %v, %v", at, since, err)
		}
	}
	if _, err := insight.New(ev, m, m).Since(ctx, "none", january(7)); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("no such group: %v", err)
	}
}
