package insight_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
	"github.com/grouprules/groups/internal/law"
	"pgregory.net/rapid"
)

// A worked is a drawn tenant, processed, with its desk.
type worked struct {
	*groups.Memory
	ev   *groups.Evaluator
	desk *insight.Desk
	ids  []groups.GroupID
}

// work draws a tenant, where the guard may hold what moved, but holds no more, and its twin.
func work(t *rapid.T) (w, twin worked) {
	drawn := law.Drawn{}.Placed(t)
	looks, processed := rapid.Bool().Draw(t, "looks at everybody"), rapid.IntRange(0, 3).Draw(t, "processed") > 0
	held := processed && rapid.Bool().Draw(t, "held")
	people := drawn.Users
	if held {
		drawn.Users = slices.Clone(people)
		for i := range people { // each was another
			drawn.Users[i] = people[(i+1)%len(people)]
			drawn.Users[i].ID = people[i].ID
		}
	}
	open := func() worked {
		m := groups.NewMemory()
		h := law.OnMemory()
		h.Open = func() (law.People, groups.Store) { return m, m }
		if err := h.Load(drawn); err != nil {
			t.Fatal(err)
		}
		o := groups.Options{Now: func() time.Time { return drawn.Now }, Zone: drawn.Zone, Exclusions: drawn.Exclusions, Guard: &groups.Guard{}}
		if looks {
			o.IndexBytes = -1
		}
		w := worked{Memory: m, ev: groups.NewEvaluator(m, m, &o)}
		w.desk = insight.New(w.ev, m, m)
		for _, g := range drawn.Groups {
			w.ids = append(w.ids, g.ID)
		}
		if processed {
			w.process(t)
		}
		if held {
			if err := m.Write(t.Context(), groups.PeopleChange{Upsert: people}); err != nil {
				t.Fatal(err)
			}
			o.Guard = &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{}, Joins: &groups.Limit{}}}
			if _, err := groups.NewEvaluator(m, m, &o).Process(t.Context(), w.ids...); err != nil {
				t.Fatal(err)
			}
		}
		return w
	}
	return open(), open()
}

// release forgets what the guard holds.
func (w worked) release(t *rapid.T) {
	var c groups.Commit
	for g, err := range w.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if was := g.State; was.Held != "" {
			g.State.Held = ""
			c.Writes = append(c.Writes, groups.Write{Group: g.ID, Revision: g.Revision, Was: &was, State: &g.State})
		}
	}
	if err := w.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func (w worked) process(t *rapid.T) *groups.Run {
	run, err := w.ev.Process(t.Context(), w.ids...)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// state is who is in which group, and who is undecided.
func (w worked) state(t *rapid.T) (in, undecided map[groups.GroupID]map[groups.UserID]groups.Method) {
	in, undecided = map[groups.GroupID]map[groups.UserID]groups.Method{}, map[groups.GroupID]map[groups.UserID]groups.Method{}
	for _, id := range w.ids {
		in[id], undecided[id] = map[groups.UserID]groups.Method{}, map[groups.UserID]groups.Method{}
		for st, err := range w.Standings(t.Context(), id, "") {
			if err != nil {
				t.Fatal(err)
			}
			in[id][st.User] = st.Member
			if st.Undecided {
				undecided[id][st.User] = st.Population
			}
		}
	}
	return in, undecided
}

// action draws something to do to what a drawn tenant may read.
func action(t *rapid.T, w worked) insight.Action {
	unit := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
	option := rapid.SampledFrom([]string{"x", "y", "z"})
	field := rapid.SampledFrom([]string{"site", "skills"})
	switch rapid.SampledFrom([]string{"unit", "into", "move", "option", "merge", "course", "field", "group", "parent"}).Draw(t, "action") {
	case "unit":
		return insight.DeleteUnit("branch", unit.Draw(t, "unit"))
	case "into":
		return insight.DeleteUnit("branch", unit.Draw(t, "unit")).Into(unit.Draw(t, "into"))
	case "move":
		return insight.MoveUnit("branch", unit.Draw(t, "unit"), rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "parent"))
	case "option":
		return insight.DeleteOption(field.Draw(t, "field"), option.Draw(t, "option"))
	case "merge":
		return insight.DeleteOption(field.Draw(t, "field"), option.Draw(t, "option")).Into(option.Draw(t, "into"))
	case "course":
		return insight.DeleteCourse(rapid.SampledFrom([]string{"c1", "c2", "c3"}).Draw(t, "course"))
	case "field":
		return insight.DeleteField(rapid.SampledFrom([]string{"site", "skills", "title"}).Draw(t, "field"))
	case "group":
		return insight.DeleteGroup(rapid.SampledFrom(w.ids).Draw(t, "group"))
	}
	return insight.MoveGroup(rapid.SampledFrom(w.ids).Draw(t, "group"), rapid.SampledFrom(append(slices.Clone(w.ids), "")).Draw(t, "parent"))
}

// take does what an action says, value by value, and reports whether the library lets one.
func (w worked) take(t *rapid.T, a insight.Action) bool {
	ctx := t.Context()
	schema, err := w.Schema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var users []groups.User
	for u := range w.Users(ctx) {
		u.Fields, u.Units = maps.Clone(u.Fields), maps.Clone(u.Units)
		users = append(users, u)
	}
	trees := map[groups.Tree][]groups.Unit{}
	for u := range w.Units(ctx) {
		trees[u.Tree] = append(trees[u.Tree], u)
	}
	swap := func(list []string, gone map[string]bool) []string {
		out := []string{}
		for _, id := range list {
			if !gone[id] {
				out = append(out, id)
			} else if a.To != "" {
				out = append(out, a.To)
			}
		}
		return out
	}
	copied := *schema
	copied.Fields = slices.Clone(schema.Fields)
	switch a.Kind {
	case "group":
		g, err := w.Group(ctx, groups.GroupID(a.ID))
		if err != nil {
			t.Fatal(err)
		}
		if a.Do == "delete" {
			err = w.ev.Delete(ctx, g.ID, g.Revision, "ada")
		} else {
			g.Parent = groups.GroupID(a.To)
			_, err = w.ev.Save(ctx, g, "ada")
		}
		if err != nil && !errors.Is(err, groups.ErrReferred) {
			t.Fatal(err)
		}
		return err == nil
	case "unit":
		gone := map[string]bool{a.ID: a.Do == "delete"}
		for range trees["branch"] {
			for _, u := range trees["branch"] {
				gone[u.ID] = gone[u.ID] || a.Do == "delete" && a.To == "" && gone[u.Parent]
			}
		}
		var left []groups.Unit
		for _, u := range trees["branch"] {
			switch {
			case gone[u.ID]:
				continue
			case u.ID == a.ID || a.Do == "delete" && u.Parent == a.ID:
				u.Parent = a.To
			}
			left = append(left, u)
		}
		trees["branch"] = left
		for i := range users {
			if list, known := users[i].Units["branch"]; known {
				users[i].Units["branch"] = swap(list, gone)
			}
		}
	case "course":
		for i := range users {
			list, complete := users[i].Enrollments.List()
			left := groups.Enrolled(slices.DeleteFunc(slices.Clone(list), func(e groups.Enrollment) bool { return e.Course == a.ID })...)
			if !complete {
				left = left.Partial()
			}
			users[i].Enrollments = left
		}
	case "field":
		copied.Fields = slices.DeleteFunc(copied.Fields, func(f groups.Field) bool { return f.Name == a.Field })
	case "option":
		for i := range copied.Fields {
			if f := &copied.Fields[i]; f.Name == a.Field {
				f.Options = slices.DeleteFunc(slices.Clone(f.Options), func(o groups.Option) bool { return o.ID == a.ID })
			}
		}
		for i := range users {
			if v := users[i].Fields[a.Field]; len(v.Texts()) > 0 {
				users[i].Fields[a.Field] = groups.Choice(swap(v.Texts(), map[string]bool{a.ID: true})...)
			}
		}
	}
	if err := w.Write(ctx, groups.PeopleChange{Schema: &copied, Upsert: users, Trees: trees}); err != nil {
		t.Fatal(err)
	}
	return true
}

// hampered are the errors that keep an action from being looked at, of which the tenant is not to blame the desk.
func hampered(err error) bool {
	cycle, broken := new(groups.CycleError), new(groups.CriteriaError)
	return errors.Is(err, insight.ErrAction) || errors.As(err, &cycle) || errors.As(err, &broken)
}

// who counts the people who have what an action is about, or says -1 where the group's members have it.
func who(t *rapid.T, w worked, a insight.Action) int {
	has := func(u groups.User) bool { return slices.Contains(u.Fields[a.Field].Texts(), a.ID) }
	switch a.Kind {
	case "unit":
		trees, err := w.ev.Trees(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		beneath := append(trees[a.Tree].Below(a.ID), a.ID)
		has = func(u groups.User) bool {
			return slices.ContainsFunc(u.Units[a.Tree], func(id string) bool { return slices.Contains(beneath, id) })
		}
	case "course":
		has = func(u groups.User) bool {
			records, _ := u.Enrollments.List()
			return slices.ContainsFunc(records, func(e groups.Enrollment) bool { return e.Course == a.ID })
		}
	case "field", "group":
		return -1
	}
	n := 0
	for u := range w.Users(t.Context()) {
		if has(u) {
			n++
		}
	}
	return n
}

// An impact is what comes of taking the action and processing everything, compared with processing everything as it is,
// and looking writes nothing.
func TestAnImpactIsWhatComesOfIt(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w, twin := work(t)
		a := action(t, w)
		if a.Kind == "field" || a.Kind == "group" && a.Do == "delete" { // what is not looked at counts as it is written
			for _, tenant := range []worked{w, twin} {
				tenant.release(t)
				tenant.process(t)
			}
		}
		before := fmt.Sprint(w.state(t))
		impact, err := w.desk.Impact(t.Context(), a, 100)
		if hampered(err) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if after := fmt.Sprint(w.state(t)); after != before {
			t.Fatalf("looking wrote something:\n%s\n%s", before, after)
		}
		if want := who(t, w, a); want >= 0 && impact.People != want {
			t.Fatalf("%v: %d people, not %d", a, impact.People, want)
		}
		if (impact.Err() == nil) != (len(impact.Groups) == 0) || impact.Err() != nil && !errors.Is(impact.Err(), insight.ErrConcerned) {
			t.Fatalf("blocked by %v: %v", impact, impact.Err())
		}
		twin.release(t)
		w.release(t)
		twin.process(t)
		now, unsure := twin.state(t)
		if !w.take(t, a) {
			return
		}
		if a.Kind == "group" && a.Do == "delete" {
			w.ids = slices.DeleteFunc(w.ids, func(id groups.GroupID) bool { return id == groups.GroupID(a.ID) })
		}
		w.process(t)
		then, unsureThen := w.state(t)
		want, got := map[string][]string{}, map[string][]string{}
		for id, in := range now {
			users := slices.Sorted(maps.Keys(in))
			for u := range then[id] {
				if _, met := in[u]; !met {
					users = append(users, u)
				}
			}
			for _, u := range users {
				was, is := in[u], then[id][u]
				what := fmt.Sprintf("%s %v", id, groups.Switched)
				switch {
				case was == is:
					continue
				case was == groups.Outside:
					what = fmt.Sprintf("%s %v", id, groups.Joined)
				case is == groups.Outside:
					what = fmt.Sprintf("%s %v", id, groups.Left)
				}
				want[what] = append(want[what], string(u))
			}
			if a.Kind == "field" || id == groups.GroupID(a.ID) {
				continue
			}
			for u := range unsureThen[id] {
				if _, was := unsure[id][u]; !was {
					want[string(id)+" undecided"] = append(want[string(id)+" undecided"], string(u))
				}
			}
		}
		for _, c := range impact.Groups {
			for what, m := range map[string]groups.Moves{"joined": c.Joined, "left": c.Left, "switched": c.Switched, "undecided": c.Undecided} {
				if len(m.First) != m.Count {
					t.Fatalf("%d of %d listed", len(m.First), m.Count)
				}
				for _, u := range m.First {
					key := fmt.Sprintf("%s %s", c.Group, what)
					got[key] = append(got[key], string(u))
				}
				if m.Count > 0 {
					seen[a.Do+a.Kind]++
				}
			}
		}
		for _, m := range []map[string][]string{want, got} {
			for _, list := range m {
				slices.Sort(list)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%v (-done +said): %s\n%v", a, d, impact)
		}
	})
	if t.Log(seen); len(seen) == 0 {
		t.Error("nobody ever moved")
	}
}

// With a tombstone nobody moves, and every group that the impact calls degraded has a finding, of its own or of what it
// reads; a group that is not called so knows as much as before.
func TestWithATombstoneNobodyMovesAndTheGroupsSaySo(t *testing.T) {
	unknown := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		ctx := t.Context()
		w, _ := work(t)
		a := action(t, w)
		w.release(t)
		w.process(t)
		now, unsure := w.state(t)
		impact, err := w.desk.Impact(ctx, a, 1)
		if hampered(err) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		stone, err := w.desk.Tombstone(ctx, a)
		if errors.Is(err, errors.ErrUnsupported) && a.Kind == "group" {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if stone.Group != nil {
			if _, err := w.ev.Save(ctx, *stone.Group, "ada"); err != nil {
				t.Fatal(err)
			}
		} else if err := w.Write(ctx, stone.People); err != nil {
			t.Fatal(err)
		}
		run := w.process(t)
		then, unsureThen := w.state(t)
		for id := range now {
			if id == groups.GroupID(a.ID) {
				continue
			}
			members := func(in map[groups.UserID]groups.Method) string {
				maps.DeleteFunc(in, func(_ groups.UserID, m groups.Method) bool { return m == groups.Outside })
				return fmt.Sprint(in)
			}
			if was, is := members(now[id]), members(then[id]); was != is {
				t.Fatalf("%v moves people in %s: %s, %s", a, id, was, is)
			}
			g, err := w.Group(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			named, _ := g.Criteria.References()
			degraded := slices.Contains(impact.Degraded, id)
			for u := range unsureThen[id] {
				if _, was := unsure[id][u]; !was {
					if unknown[a.Do+a.Kind]++; !degraded && len(named) == 0 {
						t.Fatalf("%v leaves %s undecided in %s, which is not called degraded: %v", a, u, id, impact)
					}
				}
			}
			if degraded && !slices.ContainsFunc(run.Findings, func(f groups.Finding) bool { return f.Group == id || f.Where == about(a) }) {
				t.Fatalf("%v degrades %s, and nothing says so: %v\n%v", a, id, run.Findings, impact)
			}
		}
	})
	if t.Log(unknown); len(unknown) == 0 {
		t.Error("nobody was ever undecided")
	}
}

// about is where findings tell of what an action is about, where they are not of a group.
func about(a insight.Action) string {
	return strings.TrimSpace(map[string]string{"unit": "tree " + string(a.Tree), "option": "field " + a.Field}[a.Kind])
}

// What a tombstone leaves the rules to know of ada and ben, who had what is gone, of eve, who had something else, and of
// one who is known to have nothing.
func TestATombstoneLeavesUnknownWhatThePeopleHad(t *testing.T) {
	team := groups.ChoiceField("team")
	for _, c := range []struct {
		action insight.Action
		rule   groups.Condition
		before string // of ada, ben, eve and new
		after  string
	}{
		{insight.DeleteUnit(branch, "dach"), branch.IsOrBelow("emea"), "yes yes no no", "unknown unknown no no"},
		{insight.DeleteUnit(branch, "dach"), branch.IsOrBelow("emea").Not(), "no no yes yes", "unknown unknown yes yes"},
		{insight.DeleteUnit(branch, "dach"), branch.Is("dach"), "yes no no no", "yes unknown unknown no"}, // ada has it still
		{insight.DeleteUnit(branch, "dach"), branch.IsEmpty(), "no no no yes", "no no no yes"},
		{insight.MoveUnit(branch, "dach", "apac"), branch.IsOrBelow("apac"), "no no yes no", "unknown unknown yes no"},
		{insight.MoveUnit(branch, "dach", "apac"), branch.IsOrBelow("emea").ToDepth(1), "yes no no no", "unknown no no no"},
		{insight.DeleteOption("site", "berlin"), site.Is("berlin"), "yes no yes no", "unknown no unknown no"},
		{insight.DeleteOption("site", "berlin"), site.IsNot("berlin"), "no yes no yes", "unknown yes unknown yes"},
		{insight.DeleteOption("site", "berlin"), site.Is("paris"), "no yes no no", "unknown yes unknown no"},
		{insight.DeleteOption("site", "berlin"), site.IsEmpty(), "no no no yes", "unknown no unknown yes"},
		{insight.DeleteOption("team", "red"), team.Is("red"), "yes no no no", "unknown unknown unknown unknown"},
		{insight.DeleteOption("team", "red"), team.IsEmpty(), "no yes yes yes", "unknown unknown unknown unknown"},
		{insight.DeleteCourse("safety"), groups.Courses("safety").Are("enrolled"), "yes no no no", "unknown unknown no no"},
		{insight.DeleteCourse("safety"), groups.Courses("safety").Are("enrolled").Not(), "no yes yes yes", "unknown unknown yes yes"},
		{insight.DeleteCourse("safety"), groups.Courses("safety").AreCompleted(groups.CompletionDate.InLast(5, groups.Years)), "no yes no no", "unknown unknown no no"},
		{insight.DeleteCourse("safety"), groups.Courses("safety").AreEnrolled(), "yes yes no no", "yes yes no no"}, // the records are there
		{insight.DeleteField("title"), title.Contains("sales"), "yes no yes no", "unknown unknown unknown unknown"},
		{insight.DeleteField("title"), title.IsEmpty(), "no no no yes", "unknown unknown unknown unknown"},
		{insight.DeleteGroup("sales"), groups.MemberOfAny("sales"), "yes no yes no", "unknown unknown unknown unknown"},
		{insight.DeleteGroup("sales"), groups.MemberOfAny("sales").Not(), "no yes no yes", "unknown unknown unknown unknown"},
	} {
		t.Run(fmt.Sprint(c.action, " ", c.rule), func(t *testing.T) {
			ctx := t.Context()
			lms := school()
			schema, err := lms.Schema(ctx)
			check(err)
			more, people := *schema, groups.PeopleChange{}
			more.Fields = append(slices.Clone(schema.Fields), groups.Field{Name: "team", Type: groups.TypeChoice, Options: []groups.Option{{ID: "red"}}})
			people.Schema = &more
			for u := range lms.Users(ctx) {
				u.Fields = maps.Clone(u.Fields)
				if u.Fields["team"] = groups.Empty(); u.ID == "ada" {
					u.Fields["team"] = groups.Choice("red")
				}
				people.Upsert = append(people.Upsert, u)
			}
			check(lms.Write(ctx, people))
			ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear})
			for id, c := range map[groups.GroupID]groups.Condition{"sales": title.Is("sales"), "x": c.rule} {
				_, err := ev.Save(ctx, groups.Group{ID: id, Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(c))}, "ada")
				check(err)
			}
			_, err = ev.Process(ctx)
			check(err)
			verdicts := func() string {
				var all []string
				for _, u := range []groups.UserID{"ada", "ben", "eve", "new"} {
					x, err := ev.Explain(ctx, "x", u)
					check(err)
					all = append(all, x.Verdict.String())
				}
				return strings.Join(all, " ")
			}
			if got := verdicts(); got != c.before {
				t.Errorf("before: %s, not %s", got, c.before)
			}
			stone, err := insight.New(ev, lms, lms).Tombstone(ctx, c.action)
			check(err)
			if check(lms.Write(ctx, stone.People)); stone.Group != nil {
				_, err := ev.Save(ctx, *stone.Group, "ada")
				check(err)
			}
			if got := verdicts(); got != c.after {
				t.Errorf("after: %s, not %s", got, c.after)
			}
		})
	}
}

// A tombstone says what is written instead of what.
func TestATombstoneReadsAsWhatIsWritten(t *testing.T) {
	lms, ev := staffed()
	for _, c := range []struct {
		action insight.Action
		said   string
	}{
		{insight.DeleteUnit(branch, "dach"), "instead of delete unit dach of tree branch: tree branch without unit dach"},
		{insight.DeleteField("title"), "instead of delete field title: another schema"},
		{insight.DeleteCourse("safety"), "instead of delete course safety: 2 people with a record of which nothing is known"},
		{insight.DeleteCourse("never held"), "instead of delete course never held: nothing"},
		{insight.DeleteGroup("europe"), "instead of delete group europe: group europe as inactive"},
	} {
		stone, err := insight.New(ev, lms, lms).Tombstone(t.Context(), c.action)
		if check(err); stone.String() != c.said {
			t.Errorf("%v\nnot\n%s", stone, c.said)
		}
	}
}

// What cannot be done is refused, and what does not exist is not found.
func TestAnActionThatCannotBeTakenIsRefused(t *testing.T) {
	lms, ev := staffed()
	abroad, err := lms.Group(t.Context(), "abroad")
	check(err)
	abroad.Parent = "europe"
	_, err = ev.Save(t.Context(), abroad, "ada")
	check(err)
	d := insight.New(ev, lms, lms)
	for _, c := range []struct {
		action insight.Action
		err    error
	}{
		{insight.Action{Do: "paint", Kind: "unit", Tree: branch, ID: "dach"}, insight.ErrAction},
		{insight.Action{Do: "move", Kind: "course", ID: "safety"}, insight.ErrAction},
		{insight.DeleteCourse("safety").Into("first aid"), insight.ErrAction},
		{insight.DeleteField("email"), insight.ErrAction}, // reserved
		{insight.MoveUnit(branch, "emea", "vienna"), insight.ErrAction},
		{insight.MoveUnit(branch, "emea", "emea"), insight.ErrAction},
		{insight.DeleteUnit(branch, "emea").Into("dach"), insight.ErrAction},
		{insight.DeleteUnit(branch, "mars"), groups.ErrNotFound},
		{insight.DeleteUnit("galaxy", "dach"), groups.ErrNotFound},
		{insight.MoveUnit(branch, "dach", "mars"), groups.ErrNotFound},
		{insight.DeleteOption("site", "oslo"), groups.ErrNotFound},
		{insight.DeleteOption("site", "rome").Into("oslo"), groups.ErrNotFound},
		{insight.DeleteOption("sight", "rome"), groups.ErrNotFound},
		{insight.DeleteField("sight"), groups.ErrNotFound},
		{insight.DeleteGroup("nobody"), groups.ErrNotFound},
		{insight.MoveGroup("europe", "europe"), insight.ErrAction},
		{insight.MoveGroup("europe", "abroad"), groups.ErrCycle},
		{insight.MoveGroup("abroad", ""), nil},
		{insight.DeleteCourse("never held"), nil},
	} {
		m, err := d.Impact(t.Context(), c.action, 1)
		if !errors.Is(err, c.err) || (m == nil) != (err != nil) {
			t.Errorf("%v: %v", c.action, err)
		}
	}
}

// A group that waits for its schedule, and one whose rule does not fit the schema any more, are met where a group moves.
func TestAMoveOfAGroupMeetsThoseThatWaitAndThoseThatDoNotFit(t *testing.T) {
	ctx := t.Context()
	lms := school()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear})
	d := insight.New(ev, lms, lms)
	below := func(id groups.GroupID) groups.Criteria {
		return groups.AllSets(groups.All(groups.MemberOfAny(id).WithBelow()))
	}
	sales := automatic(groups.AllSets(groups.All(title.Is("sales"))))
	sales.Parent = "top"
	was, will := automatic(below("top")), automatic(below("other"))
	was.Schedule, will.Schedule = groups.Schedule{Every: 24 * time.Hour}, groups.Schedule{Every: 24 * time.Hour}
	ids := []groups.GroupID{"top", "other", "sales", "was", "will"}
	for i, g := range []groups.Group{{}, {}, sales, was, will} {
		g.ID, g.Name, g.Status = ids[i], "g", groups.Active
		_, err := ev.Save(ctx, g, "ada")
		check(err)
	}
	_, err := ev.Process(ctx, ids...)
	check(err)
	for _, fits := range []bool{true, false} {
		gone, err := d.Impact(ctx, insight.DeleteGroup("sales"), 9)
		check(err)
		moved, err := d.Impact(ctx, insight.MoveGroup("sales", "other"), 9)
		check(err)
		want := "group sales: 2 leave\ngroup was: 2 leave"
		if got := said(gone); got != want {
			t.Errorf("fits %t: deleted:\n%s\nnot\n%s", fits, got, want)
		}
		if want = "group was: 2 leave\ngroup will: 2 join"; !fits {
			want = "group was: 2 leave\ngroup will: 4 become undecided"
		}
		if got := said(moved); got != want {
			t.Errorf("fits %t: moved:\n%s\nnot\n%s", fits, got, want)
		}
		stone, err := d.Tombstone(ctx, insight.DeleteField("title"))
		if fits {
			check(err)
			check(lms.Write(ctx, stone.People))
		}
	}
}

// said is what becomes of the groups.
func said(m *insight.Impact) string {
	var lines []string
	for _, c := range m.Groups {
		c.Reads = nil
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "\n")
}

// An impact is plain data, and says the same after it was JSON.
func TestAnImpactReadsBackFromJSON(t *testing.T) {
	lms, ev := staffed()
	m, err := insight.New(ev, lms, lms).Impact(t.Context(), insight.DeleteUnit(branch, "dach").Into("apac"), 1)
	check(err)
	text, err := json.Marshal(m)
	check(err)
	var back insight.Impact
	check(json.Unmarshal(text, &back))
	if d := cmp.Diff(*m, back); d != "" {
		t.Error(d)
	}
	if want := `"joined":{"count":0,"first":[]},"left":{"count":2,"first":["ada"]}`; !strings.Contains(string(text), want) {
		t.Errorf("%s\nhas no %s", text, want)
	}
}

// Who asks for a group and those below it is concerned with what any of these reads.
func TestWhoAsksForGroupsBelowIsConcernedWithWhatTheyRead(t *testing.T) {
	ctx := t.Context()
	lms, ev := staffed()
	europe, err := lms.Group(ctx, "europe")
	check(err)
	europe.Parent = "world"
	for _, g := range []groups.Group{
		{ID: "world", Name: "world", Status: groups.Active},
		europe,
		{ID: "x", Name: "x", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(groups.MemberOfAny("world").WithBelow()))},
	} {
		_, err := ev.Save(ctx, g, "ada")
		check(err)
	}
	_, err = ev.Process(ctx)
	check(err)
	m, err := insight.New(ev, lms, lms).Impact(ctx, insight.DeleteUnit(branch, "dach"), 5)
	check(err)
	if got := m.Groups[len(m.Groups)-1]; got.Group != "x" || got.Left.Count != 2 || got.Reads[0].How != "group" {
		t.Errorf("%v", m)
	}
}
