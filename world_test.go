package groups_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/storetest"
)

// This file has the small tenant in which tests show a behaviour a sentence. What a run did is written in
// short: "romans +ann(rule) -bob(absence) ~cid(assignment)" is a join, a leave and a switch;
// "?dee" is undecided and "(+eve rule)" withheld.

const (
	evalCity  groups.TextField   = "city"
	evalTeam  groups.ChoiceField = "team"
	evalScore groups.NumberField = "score"
	evalHired groups.DateField   = "hired"
	evalOrg   groups.Tree        = "org"
)

// evalWorld is a small tenant in a Memory, with a clock that is set by hand.
type evalWorld struct {
	testing.TB
	*groups.Memory
	ev  *groups.Evaluator
	now time.Time
}

func evalSchema() *groups.Schema {
	return &groups.Schema{
		Fields: []groups.Field{
			{Name: "city", Type: groups.TypeText},
			{Name: "team", Type: groups.TypeChoice, Options: []groups.Option{{ID: "red"}, {ID: "blue"}}},
			{Name: "score", Type: groups.TypeNumber},
			{Name: "hired", Type: groups.TypeDate},
		},
		EnrollmentStatuses: []string{"enrolled", "completed"},
		Trees:              []groups.Tree{"org"},
	}
}

// newEvalWorld has ann and bob in Rome and cid in Oslo, who all report to bob; units emea < world and
// apac < world; and the active group romans, which has been processed.
func newEvalWorld(tb testing.TB, o *groups.Options) *evalWorld {
	w := &evalWorld{TB: tb, Memory: groups.NewMemory(), now: time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)}
	opts := groups.Options{}
	if o != nil {
		opts = *o
	}
	opts.Now = func() time.Time { return w.now }
	w.ev = groups.NewEvaluator(w.Memory, w.Memory, &opts)
	w.write(groups.PeopleChange{Schema: evalSchema()})
	w.units("apac<world", "emea<world", "world<")
	w.people(
		evalUser("ann", evalIn("Rome"), evalUnder("bob"), evalAt("emea")),
		evalUser("bob", evalIn("Rome"), evalAt("world")),
		evalUser("cid", evalIn("Oslo"), evalUnder("bob"), evalAt("apac")),
	)
	w.save(evalGroup("romans", evalCity.Is("Rome")))
	w.process()
	tb.Cleanup(func() { storetest.Audit(tb, w.Memory) })
	return w
}

// evalGroup is an active automatic group whose conditions must all hold; without any, nobody's.
func evalGroup(id groups.GroupID, conditions ...groups.Condition) groups.Group {
	g := groups.Group{ID: id, Name: "Group " + string(id), Kind: groups.AutomaticGroup, Status: groups.Active}
	if len(conditions) > 0 {
		g.Criteria = groups.AllSets(groups.All(conditions...))
	}
	return g
}

func evalManual(id groups.GroupID) groups.Group {
	return groups.Group{ID: id, Name: "Group " + string(id), Status: groups.Active}
}

type evalTrait func(*groups.User)

// evalUser is an active user of whom everything else is known to be nothing.
func evalUser(id groups.UserID, traits ...evalTrait) groups.User {
	u := groups.User{
		ID: id, Activation: groups.Activated, Expiry: groups.Current, Manager: groups.ReportsTo(""),
		Fields: map[string]groups.Value{"city": groups.Empty(), "team": groups.Empty(), "score": groups.Empty(), "hired": groups.Empty()},
		Units:  map[groups.Tree][]string{"org": {}}, Enrollments: groups.Enrolled(),
	}
	for _, trait := range traits {
		trait(&u)
	}
	return u
}

func evalHas(field string, v groups.Value) evalTrait {
	return func(u *groups.User) { u.Fields[field] = v }
}
func evalIn(city string) evalTrait { return evalHas("city", groups.Text(city)) }
func evalNowhereKnown(u *groups.User) {
	delete(u.Fields, "city")
}
func evalUnder(id groups.UserID) evalTrait {
	return func(u *groups.User) { u.Manager = groups.ReportsTo(id) }
}
func evalAt(units ...string) evalTrait { return func(u *groups.User) { u.Units["org"] = units } }
func evalOff(u *groups.User)           { u.Activation = groups.Deactivated }
func evalPerhapsOff(u *groups.User)    { u.Activation = groups.ActivationUnknown }
func evalTook(course, status string) evalTrait {
	return func(u *groups.User) {
		u.Enrollments = groups.Enrolled(groups.Enrollment{Course: course, Status: status, Completed: groups.Empty()})
	}
}

func (w *evalWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *evalWorld) write(c groups.PeopleChange) {
	w.Helper()
	w.must(w.Write(w.Context(), c))
}

func (w *evalWorld) people(users ...groups.User) {
	w.Helper()
	w.write(groups.PeopleChange{Upsert: users})
}

// units replaces the tree; a unit is given as "child<parent".
func (w *evalWorld) units(links ...string) {
	w.Helper()
	var list []groups.Unit
	for _, l := range links {
		id, parent, _ := strings.Cut(l, "<")
		list = append(list, groups.Unit{ID: id, Parent: parent})
	}
	w.write(groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"org": list}})
}

// save saves over whatever revision is stored.
func (w *evalWorld) save(list ...groups.Group) {
	w.Helper()
	for _, g := range list {
		if stored, err := w.Group(w.Context(), g.ID); err == nil {
			g.Revision = stored.Revision
		}
		_, err := w.ev.Save(w.Context(), g, "admin")
		w.must(err)
	}
}

// edit changes a stored group and saves it.
func (w *evalWorld) edit(id groups.GroupID, change func(*groups.Group)) {
	w.Helper()
	g, err := w.Group(w.Context(), id)
	w.must(err)
	change(&g)
	w.save(g)
}

func (w *evalWorld) process(ids ...groups.GroupID) string {
	w.Helper()
	r, err := w.ev.Process(w.Context(), ids...)
	w.must(err)
	return evalDiffs(r)
}

// changed brings the memberships up to date, and then checks that a full run finds nothing left to do.
func (w *evalWorld) changed(t groups.Touched) string {
	w.Helper()
	r, err := w.ev.Changed(w.Context(), t)
	w.must(err)
	w.settled()
	return evalDiffs(r)
}

func (w *evalWorld) settled() {
	w.Helper()
	full, err := w.ev.Evaluate(w.Context())
	w.must(err)
	if !full.Empty() {
		w.Errorf("a full run still finds %s", evalDiffs(full))
	}
}

func (w *evalWorld) assign(g groups.GroupID, users ...groups.UserID) string {
	w.Helper()
	r, err := w.ev.Assign(w.Context(), g, groups.Decision{By: "tutor"}, users...)
	w.must(err)
	return evalDiffs(r)
}

// evalDiffs writes what a run did in short.
func evalDiffs(r *groups.Run) string {
	var out []string
	for _, d := range r.Diffs {
		line := string(d.Group)
		one := groups.Run{Diffs: []groups.Diff{d}}
		for _, c := range one.Changes() {
			line += " " + evalChange(c)
		}
		for _, c := range d.Withheld {
			line += " (" + evalChange(c) + ")"
		}
		for _, u := range d.Undecided {
			line += " ?" + string(u.User)
		}
		if line != string(d.Group) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "; ")
}

func evalChange(c groups.Change) string {
	sign := map[string]string{"joined": "+", "left": "-", "switched": "~"}[c.Kind.String()]
	return fmt.Sprintf("%s%s(%s)", sign, c.User, string(c.Cause))
}

// members are those of a group in short, "m" behind those who are in by hand.
func (w *evalWorld) members(g groups.GroupID) string {
	w.Helper()
	return evalMembers(w, w.ev.Members(w.Context(), g))
}

func (w *evalWorld) population(g groups.GroupID) string {
	w.Helper()
	return evalMembers(w, w.ev.Population(w.Context(), g))
}

func evalMembers(w *evalWorld, stream iter.Seq2[groups.Member, error]) string {
	w.Helper()
	var out []string
	for m, err := range stream {
		w.must(err)
		mark := ""
		if m.Method == groups.Manual {
			mark = "(m)"
		}
		out = append(out, string(m.User)+mark)
	}
	return strings.Join(out, " ")
}

// groupState is everything stored about groups, to be compared before and after.
func (w *evalWorld) groupState() string {
	w.Helper()
	var b strings.Builder
	line := func(v any, err error) {
		w.must(err)
		text, err := json.Marshal(v)
		w.must(err)
		fmt.Fprintf(&b, "%s\n", text)
	}
	// The context of a test may be what the test cancels.
	ctx := context.Background()
	for g, err := range w.Groups(ctx) {
		line(g, err)
		line(g.State, err)
		for st, err := range w.Standings(ctx, g.ID, "") {
			line(st, err)
		}
	}
	for c, err := range w.Changes(ctx, "") {
		line(c, err)
	}
	for a, err := range w.Acts(ctx, "", "") {
		line(a, err)
	}
	for _, kind := range []groups.NoteKind{groups.NoteDraft, groups.NoteVersion, groups.NoteHeld} {
		for n, err := range w.Notes(ctx, kind, "") {
			line(n, err)
		}
	}
	return b.String()
}

// peopleState is everything stored about people, units and the schema.
func (w *evalWorld) peopleState() string {
	w.Helper()
	ctx := context.Background()
	schema, err := w.Schema(ctx)
	w.must(err)
	b := fmt.Sprintf("%+v\n", *schema)
	for u, err := range w.Users(ctx) {
		w.must(err)
		b += fmt.Sprintf("%+v\n", u)
	}
	for u, err := range w.Units(ctx) {
		w.must(err)
		b += fmt.Sprintf("%+v\n", u)
	}
	return b
}

func (w *evalWorld) want(got, want string) {
	w.Helper()
	switch {
	case got == want:
	case strings.Contains(got+want, "\n"):
		w.Errorf("(-want +got):\n%s", cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	default:
		w.Errorf("got  %q\nwant %q", got, want)
	}
}

// evalCase is one behaviour in a fresh world.
type evalCase struct {
	name string
	run  func(w *evalWorld)
}

func evalTable(t *testing.T, o *groups.Options, cases []evalCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(newEvalWorld(t, o)) })
	}
}
