package insight_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// This file holds the laws of what comes: of forecasts, and of when something next changes for one user.

// A host is an evaluator of a tenant, at a time of one's own.
type host struct {
	*groups.Memory
	dir     groups.Directory
	options groups.Options
	ev      *groups.Evaluator
	now     time.Time
}

func hostOf(t rapid.TB, n oracle.Tenant) *host {
	h := &host{Memory: groups.NewMemory(), now: n.Now}
	h.dir = h.Memory
	load := law.OnMemory()
	load.Open = func() (law.People, groups.Store) { return h.Memory, h.Memory }
	if err := load.Load(n); err != nil {
		t.Fatal(err)
	}
	for _, g := range n.Groups { // the states that are drawn count nobody
		stored, err := h.Group(context.Background(), g.ID)
		check(err)
		state := stored.State
		for _, st := range standings(t, h.Memory, g.ID) {
			if st.Member != groups.Outside {
				state.Members++
			}
			if st.Member == groups.Automatic {
				state.Automatic++
			}
		}
		check(h.Apply(context.Background(), groups.Commit{Writes: []groups.Write{{Group: g.ID, Revision: stored.Revision, Was: &stored.State, State: &state}}}))
	}
	h.options = groups.Options{Now: func() time.Time { return h.now }, Zone: n.Zone, Exclusions: n.Exclusions, Guard: &groups.Guard{}}
	h.ev = groups.NewEvaluator(h.Memory, h.Memory, &h.options)
	return h
}

func (h *host) desk() *insight.Desk { return insight.New(h.ev, h.dir, h.Memory) }

// everything is all that the store has.
func (h *host) everything(t rapid.TB) string {
	var b strings.Builder
	put := func(v any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%+v\n", v)
	}
	ctx := context.Background()
	for g, err := range h.Groups(ctx) {
		put(g, err)
		put(g.State, err)
		for st, err := range h.Standings(ctx, g.ID, "") {
			data, _ := json.Marshal(st)
			put(string(data), err)
		}
	}
	for c, err := range h.Changes(ctx, "") {
		put(c, err)
	}
	for a, err := range h.Acts(ctx, "", "") {
		put(a, err)
	}
	for _, kind := range []groups.NoteKind{groups.NoteDraft, groups.NoteHeld, groups.NoteVersion} {
		for n, err := range h.Notes(ctx, kind, "") {
			put(n, err)
		}
	}
	return b.String()
}

// process returns the changes, and when time matters next.
func (h *host) process(t rapid.TB) (changes []groups.Change, next time.Time) {
	run, err := h.ev.Process(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return told(run.Changes()), run.Next
}

// told is what a forecast tells of the changes of one instant.
func told(list []groups.Change) []groups.Change {
	for i := range list {
		list[i].ID, list[i].At = "", list[i].At.UTC()
	}
	return slices.SortedFunc(slices.Values(list), func(a, b groups.Change) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.User, b.User))
	})
}

func forecast(t rapid.TB, h *host, to time.Time, ids ...groups.GroupID) *insight.Forecast {
	f, err := h.desk().Forecast(context.Background(), h.now, to, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// hours are such that a midnight is in most.
const hours = 4

func TestAForecastIsWhatProcessingAtItsInstantsComesTo(tt *testing.T) {
	moves := 0
	rapid.Check(tt, func(t *rapid.T) {
		n := law.Drawn{}.Restless(t)
		h := hostOf(t, n)
		before := h.everything(t)
		to := n.Now.AddDate(0, 0, days)
		got := forecast(t, h, to)
		if after := h.everything(t); after != before {
			t.Fatalf("a forecast wrote:\n%s", gocmp.Diff(before, after))
		}
		want := []groups.Change{}
		members := map[groups.GroupID]int{}
		for next := n.Now; next.Before(to) && !next.IsZero(); {
			h.now = next
			var changes []groups.Change
			changes, next = h.process(t)
			want = append(want, changes...)
		}
		if diff := gocmp.Diff(want, got.Changes); diff != "" {
			t.Fatalf("(-processed +forecast):\n%s\n%s", diff, law.Describe(n))
		}
		moves += len(want)
		for _, c := range want {
			members[c.Group] += map[groups.ChangeKind]int{groups.Joined: 1, groups.Left: -1}[c.Kind]
		}
		for _, s := range got.Groups {
			is, err := h.Group(context.Background(), s.Group)
			if err != nil || s.Last != is.State.Members || s.Last-s.First != members[s.Group] || s.First+s.Joined-s.Left != s.Last {
				t.Fatalf("%+v, but there are %d members, %+d (%v)", s, is.State.Members, members[s.Group], err)
			}
		}
	})
	tt.Log(moves, "moves")
}

func TestProcessingAtTheInstantsEqualsProcessingEveryMinute(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		n := law.Drawn{}.Restless(t)
		every, at := hostOf(t, n), hostOf(t, n)
		to := n.Now.Add(hours * time.Hour)
		var want, got []groups.Change
		for ; every.now.Before(to); every.now = every.now.Add(time.Minute) {
			changes, _ := every.process(t)
			want = append(want, changes...)
		}
		for next := n.Now; next.Before(to) && !next.IsZero(); {
			at.now = next
			var changes []groups.Change
			changes, next = at.process(t)
			got = append(got, changes...)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("(-every minute +at the instants):\n%s\n%s", diff, law.Describe(n))
		}
		for _, g := range n.Groups {
			if diff := gocmp.Diff(standings(t, every.Memory, g.ID), standings(t, at.Memory, g.ID)); diff != "" {
				t.Fatalf("(-every minute +at the instants):\n%s\n%s", diff, law.Describe(n))
			}
		}
	})
}

func standings(t rapid.TB, s groups.Store, id groups.GroupID) (list []groups.Standing) {
	for st, err := range s.Standings(context.Background(), id, "") {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, st)
	}
	return list
}

func TestNextIsTheFirstMinuteAtWhichSomethingIsAnother(tt *testing.T) {
	ctx := context.Background()
	flips, moves := 0, 0
	rapid.Check(tt, func(t *rapid.T) {
		n := law.Drawn{}.Restless(t)
		h := hostOf(t, n)
		type pair struct {
			groups.GroupID
			groups.UserID
		}
		got := map[pair]*insight.Next{}
		for range 4 {
			g := rapid.SampledFrom(n.Groups).Draw(t, "group")
			for _, u := range rapid.SliceOfN(rapid.SampledFrom(n.Users), 2, 2).Draw(t, "users") {
				next, err := h.desk().Next(ctx, g.ID, u.ID)
				if err != nil {
					t.Fatal(err)
				}
				got[pair{g.ID, u.ID}] = next
			}
		}
		to := n.Now.Add(hours * time.Hour)
		flip, move := map[pair]insight.Flip{}, map[pair]groups.Change{}
		for ; h.now.Before(to); h.now = h.now.Add(time.Minute) {
			changes, _ := h.process(t)
			for _, c := range changes {
				if p := (pair{c.Group, c.User}); move[p].Group == "" {
					move[p] = c
				}
			}
			for p, next := range got {
				v, err := h.ev.Match(ctx, p.GroupID, p.UserID)
				if err != nil {
					t.Fatal(err)
				}
				if h.now.Equal(n.Now) && next.Verdict != v {
					t.Fatalf("%v: the verdict is %v and not %v\n%s", p, v, next.Verdict, law.Describe(n))
				}
				if flip[p].At.IsZero() && v != next.Verdict {
					flip[p] = insight.Flip{At: h.now.UTC(), Verdict: v}
				}
			}
		}
		for p, next := range got {
			var wantFlip *insight.Flip
			if f, is := flip[p]; is {
				wantFlip = &f
				flips++
			}
			var wantMove *groups.Change
			if m, is := move[p]; is {
				wantMove = &m
				moves++
			}
			if next.Flip != nil && !next.Flip.At.Before(to) {
				next.Flip = nil
			}
			if next.Move != nil && !next.Move.At.Before(to) {
				next.Move = nil
			}
			if next.Move != nil {
				next.Move.ID = ""
			}
			if diff := gocmp.Diff(wantFlip, next.Flip); diff != "" {
				t.Fatalf("the verdict of %v (-minute by minute +next):\n%s\n%s", p, diff, law.Describe(n))
			}
			if diff := gocmp.Diff(wantMove, next.Move); diff != "" {
				t.Fatalf("the membership of %v (-minute by minute +next):\n%s\n%s", p, diff, law.Describe(n))
			}
		}
	})
	tt.Log(flips, "flips", moves, "moves")
}

// days are enough that months end in some, and few for a law that is slower.
const days, few = 40, 12

func TestAForecastOfSomeGroupsIsThatOfAllWithoutTheOthers(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		n := law.Drawn{}.Restless(t)
		h := hostOf(t, n)
		to := n.Now.AddDate(0, 0, days)
		all := forecast(t, h, to)
		named := rapid.SliceOfNDistinct(rapid.SampledFrom(n.Groups), 1, 2, func(g groups.Group) groups.GroupID { return g.ID }).Draw(t, "named")
		var ids []groups.GroupID
		for _, g := range named {
			ids = append(ids, g.ID)
		}
		some := forecast(t, h, to, ids...)
		all.Changes = slices.DeleteFunc(all.Changes, func(c groups.Change) bool { return !slices.Contains(ids, c.Group) })
		all.Groups = slices.DeleteFunc(all.Groups, func(s insight.Sum) bool { return !slices.Contains(ids, s.Group) })
		if diff := gocmp.Diff(all, some); diff != "" {
			t.Fatalf("(-all +%v):\n%s\n%s", ids, diff, law.Describe(n))
		}
	})
}

func TestAForecastByTheIndexIsThatOfLookingAtEverybody(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		n := law.Drawn{}.Restless(t)
		h := hostOf(t, n)
		if rapid.Bool().Draw(t, "processed") {
			h.process(t)
		}
		to := n.Now.AddDate(0, 0, few)
		byIndex := forecast(t, h, to)
		h.dir = law.Bare(h.Memory)
		h.ev = groups.NewEvaluator(h.dir, h.Memory, &h.options)
		if diff := gocmp.Diff(forecast(t, h, to), byIndex); diff != "" {
			t.Fatalf("(-by looking at everybody +by the index):\n%s\n%s", diff, law.Describe(n))
		}
	})
}

func TestAForecastIsPlainData(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		h := hostOf(t, law.Drawn{}.Restless(t))
		want := forecast(t, h, h.now.AddDate(0, 0, few))
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := new(insight.Forecast)
		if err := json.Unmarshal(data, got); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
