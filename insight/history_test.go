package insight_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
	"pgregory.net/rapid"
)

// A history is a group through whatever may happen to it, and who was in after each step.
type history struct {
	*groups.Memory
	t     *rapid.T
	now   time.Time
	ev    *groups.Evaluator
	steps []stage
}

type stage struct {
	at        time.Time
	what      string
	members   map[groups.UserID]bool
	forgotten map[groups.UserID]int // so far, how often
}

func (h *history) ok(err error) {
	if err != nil {
		h.t.Helper()
		h.t.Fatalf("%v after %v", err, h.told())
	}
}

func (h *history) told() (list []string) {
	for _, s := range h.steps {
		list = append(list, fmt.Sprint(s.at.Format(time.TimeOnly), " ", s.what, " ", slices.Sorted(maps.Keys(s.members))))
	}
	return list
}

func pick[T any](t *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

var historyConditions = []groups.Condition{
	title.Is("sales"), title.Is("support"), points.AtLeast(5), points.Less(3), title.IsEmpty(), groups.StatusIs(groups.StatusActive),
}

func (h *history) criteria() groups.Criteria {
	pool := historyConditions
	set := func() groups.Set {
		return groups.Set{Match: pick(h.t, "match", groups.MatchAll, groups.MatchAny), Conditions: rapid.SliceOfN(rapid.SampledFrom(pool), 1, 2).Draw(h.t, "conditions")}
	}
	switch rapid.IntRange(0, 9).Draw(h.t, "criteria") {
	case 0:
		return groups.Criteria{}
	case 1, 2, 3:
		return groups.AnySets(set(), set())
	}
	return groups.AllSets(set())
}

func (h *history) person(i int) groups.User {
	u := groups.User{ID: groups.UserID(fmt.Sprint("u", i)), Activation: pick(h.t, "activation", groups.Activated, groups.Activated, groups.Activated, groups.Deactivated),
		Fields: map[string]groups.Value{"title": pick(h.t, "title", groups.Text("sales"), groups.Text("support"), groups.Empty()), "points": pick(h.t, "points", groups.Number(1), groups.Number(7), groups.Empty())}}
	if pick(h.t, "unknown", false, false, false, true) {
		delete(u.Fields, "title")
	}
	return u
}

const historyUsers = 6

// step does something, and notes who is in.
func (h *history) step() {
	ctx := h.t.Context()
	h.now = h.now.Add(time.Minute)
	g, err := h.Group(ctx, "g")
	h.ok(err)
	u := groups.UserID(fmt.Sprint("u", rapid.IntRange(0, historyUsers-1).Draw(h.t, "user")))
	decision := groups.Decision{By: "bob", Replace: true}
	what := pick(h.t, "what", "people", "people", "people", "process", "process", "save", "publish", "publish", "assign", "unassign", "exclude", "readmit", "status", "adopt", "freeze", "remove", "forget")
	s := stage{what: what, forgotten: map[groups.UserID]int{}}
	if n := len(h.steps); n > 0 {
		s.forgotten = maps.Clone(h.steps[n-1].forgotten)
	}
	switch what {
	case "people":
		h.ok(h.Write(ctx, groups.PeopleChange{Upsert: []groups.User{h.person(rapid.IntRange(0, historyUsers-1).Draw(h.t, "who"))}}))
	case "process":
		_, err = h.ev.Process(ctx)
	case "save":
		g.Criteria = h.criteria()
		_, err = h.ev.Save(ctx, g, "ann")
	case "status":
		g.Status = pick(h.t, "status", groups.Active, groups.Active, groups.Inactive)
		h.publish(g)
	case "adopt":
		_, err = h.ev.Adopt(ctx, "g", g.Revision, "ann")
	case "freeze":
		g.Frozen = !g.Frozen
		h.publish(g)
	case "publish":
		g.Criteria = h.criteria()
		h.publish(g)
	case "assign":
		_, err = h.ev.Assign(ctx, "g", decision, u)
	case "unassign":
		_, err = h.ev.Unassign(ctx, "g", "bob", u)
	case "exclude":
		_, err = h.ev.Exclude(ctx, "g", decision, u)
	case "readmit":
		_, err = h.ev.Readmit(ctx, "g", "bob", u)
	case "remove":
		h.ok(h.Write(ctx, groups.PeopleChange{Remove: []groups.UserID{u}}))
	case "forget":
		s.forgotten[u]++
		h.ok(h.Write(ctx, groups.PeopleChange{Remove: []groups.UserID{u}}))
		err = h.ev.Forget(ctx, u, "bob")
	}
	_ = err // a refusal is a step too
	s.at, s.members = h.now, h.in()
	h.steps = append(h.steps, s)
}

func (h *history) publish(g groups.Group) {
	p, err := h.ev.Preview(h.t.Context(), g, nil)
	h.ok(err)
	_, err = h.ev.Publish(h.t.Context(), p, "ann")
	h.ok(err)
}

func (h *history) in() map[groups.UserID]bool {
	in := map[groups.UserID]bool{}
	for m, err := range h.Members(h.t.Context(), "g", "") {
		h.ok(err)
		in[m.User] = true
	}
	return in
}

// before are the members at the last step that is not since, but for those who were forgotten after it.
func (h *history) before(since func(time.Time) bool) map[groups.UserID]bool {
	in, forgotten := map[groups.UserID]bool{}, map[groups.UserID]int{}
	for _, s := range h.steps {
		if !since(s.at) {
			in, forgotten = maps.Clone(s.members), s.forgotten
		}
	}
	for _, s := range h.steps {
		for u, n := range s.forgotten {
			if n > forgotten[u] {
				delete(in, u)
			}
		}
	}
	return in
}

// back is how many moved since and are as they were; it is not known where somebody was forgotten.
func (h *history) back(at time.Time, then, now map[groups.UserID]bool) (n int, known bool) {
	before, moved := then, map[groups.UserID]bool{}
	for i, s := range h.steps {
		if !s.at.After(at) {
			continue
		}
		if i > 0 && !maps.Equal(s.forgotten, h.steps[i-1].forgotten) {
			return 0, false
		}
		for i := range historyUsers {
			u := groups.UserID(fmt.Sprint("u", i))
			moved[u] = moved[u] || before[u] != s.members[u]
		}
		before = s.members
	}
	for u, is := range moved {
		if is && then[u] == now[u] {
			n++
		}
	}
	return n, true
}

func newHistory(t *rapid.T) *history {
	h := &history{Memory: school(), t: t, now: newYear()}
	h.ok(h.Write(t.Context(), groups.PeopleChange{Remove: []groups.UserID{"ada", "ben", "eve", "new"}}))
	for i := range historyUsers {
		h.ok(h.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{h.person(i)}}))
	}
	h.ev = groups.NewEvaluator(h, h, &groups.Options{Now: func() time.Time { return h.now }, Exclusions: true, Guard: &groups.Guard{}})
	_, err := h.ev.Save(t.Context(), groups.Group{ID: "g", Name: "G", Kind: groups.AutomaticGroup, Status: groups.Active,
		Deactivated: pick(t, "policy", groups.Keep, groups.DropAutomatic, groups.DropAll), Criteria: h.criteria()}, "ann")
	h.ok(err)
	for range rapid.IntRange(1, 25).Draw(t, "steps") {
		h.step()
	}
	h.now = h.now.Add(time.Minute)
	return h
}

// isTrue checks what is said of a user and a condition.
func (h *history) isTrue(id groups.UserID, text string) {
	u, err := h.User(h.t.Context(), id)
	schema, err2 := h.Schema(h.t.Context())
	for _, c := range historyConditions {
		for said, v := range map[string]groups.Verdict{"it is so that ": groups.Yes, "it is not so that ": groups.No, "it is not known whether ": groups.Unknown} {
			if text != said+fmt.Sprint(c) {
				continue
			}
			h.ok(errors.Join(err, err2))
			rule, err := schema.Compile(groups.AllSets(groups.All(c)))
			h.ok(err)
			if rule.Match(&u, &groups.View{Now: h.now}) != v {
				h.t.Fatalf("of %s it is said that %s", id, text)
			}
		}
	}
}

func total(list []groups.CommonCause) (n int) {
	for _, c := range list {
		n += c.Count
	}
	return n
}

// Then + joined - left is now, through every history, and everybody who joined or left has a cause.
func TestThenAndWhoJoinedWithoutWhoLeftIsNow(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		h := newHistory(t)
		d := insight.New(h.ev, h, h)
		for _, s := range h.steps {
			at := s.at.Add(time.Duration(rapid.IntRange(0, 59).Draw(t, "seconds")) * time.Second)
			got, err := d.Since(t.Context(), "g", at)
			h.ok(err)
			then, now := h.before(func(t time.Time) bool { return t.After(at) }), h.in()
			joined, left := 0, 0
			for u := range now {
				if !then[u] {
					joined++
				}
			}
			for u := range then {
				if !now[u] {
					left++
				}
			}
			if got.Then != len(then) || got.Now != len(now) || got.Joined != joined || got.Left != left || got.Then+got.Joined-got.Left != got.Now {
				t.Fatalf("%v\nwith %d then, %d joined, %d left, %d now\n%v", got, len(then), joined, left, len(now), h.told())
			}
			if back, known := h.back(at, then, now); known && got.Back != back {
				t.Fatalf("%v\nbut %d went both ways\n%v", got, back, h.told())
			}
			if total(got.JoinedBy) < joined || total(got.LeftBy) < left || joined == 0 && len(got.JoinedBy) > 0 || left == 0 && len(got.LeftBy) > 0 {
				t.Fatalf("%v\nsays too little of %d who joined and %d who left", got, joined, left)
			}
		}
	})
}

// Who is told to differ from the day on which a version ended is who does, once it is restored, and there is a reason.
func TestARestoredVersionSaysWhoIsOtherwiseAndWhy(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		h := newHistory(t)
		d := insight.New(h.ev, h, h)
		var versions []insight.Version
		for n, err := range h.Notes(t.Context(), groups.NoteVersion, "g") {
			h.ok(err)
			var v insight.Version
			if _, err := fmt.Sscanf(n.Key, "%d", &v.Revision); err != nil {
				t.Fatal(err)
			}
			v.At = n.At
			versions = append(versions, v)
		}
		if len(versions) == 0 {
			return
		}
		i := rapid.IntRange(0, len(versions)-1).Draw(t, "version")
		x, err := d.Restored(t.Context(), "g", versions[i].Revision)
		h.ok(err)
		then := h.before(func(t time.Time) bool { return i+1 < len(versions) && !t.Before(versions[i+1].At) })
		if x.Then != len(then) {
			t.Fatalf("%d members then, not %d\n%v", x.Then, len(then), h.told())
		}
		_, err = h.ev.Publish(t.Context(), x.Plan, "ann")
		h.ok(err)
		now := map[groups.UserID]bool{}
		for m, err := range h.ev.Population(t.Context(), "g") {
			h.ok(err)
			now[m.User] = true
		}
		want := map[groups.UserID]bool{}
		for u := range now {
			if !then[u] {
				want[u] = true
			}
		}
		for u := range then {
			if !now[u] {
				want[u] = false
			}
		}
		got := map[groups.UserID]bool{}
		for _, o := range x.Discrepancies {
			if got[o.User] = o.After != groups.Outside; len(o.Why) == 0 || o.Why[0] == "" {
				t.Fatalf("nothing is said of %s\n%v", o.User, h.told())
			}
			for _, text := range o.Why {
				h.isTrue(o.User, text)
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%v differ, not %v\n%v\n%v", got, want, x, h.told())
		}
		if len(x.Discrepancies) > 0 && (len(x.Causes) == 0 || total(x.Causes) < len(x.Discrepancies)) {
			t.Fatalf("%v of %v", x.Causes, x)
		}
	})
}
