package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// staffed is a tenant with an automatic group of the sales people and every kind of standing in it.
func staffed(t fataler) *tenant {
	t.Helper()
	w := newTenant(t,
		with(person("auto", "", ""), "sales"), // in by the rule
		with(person("both", "", ""), "sales"), // assigned as well
		person("hand", "", ""),                // assigned
		person("shut", "", ""),                // excluded
		person("out", "", ""),
		groups.User{ID: "vague", Activation: groups.Activated}, // of unknown title
	)
	w.save(t, "sales", Title.Contains("sales"))
	ctx := context.Background()
	if _, err := w.ev.Assign(ctx, "sales", groups.Decision{By: "first", Why: "since ever"}, "both", "hand"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ev.Exclude(ctx, "sales", groups.Decision{By: "first"}, "shut"); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWhatAnActDoesToEachUser(t *testing.T) {
	everybody := admin.Users("auto", "both", "hand", "shut", "out", "vague", "nobody", "auto")
	later := noon.AddDate(0, 1, 0)
	for _, c := range []struct {
		why   string
		act   func(ctx context.Context, w *tenant) (*admin.Report, error)
		want  []string
		after []string
	}{
		{
			"assigning: who is assigned stays as they are, who is excluded is refused, the others come in",
			func(ctx context.Context, w *tenant) (*admin.Report, error) {
				return w.Assign(ctx, root, "sales", everybody, admin.Terms{})
			},
			[]string{"auto: done manual (switched)", "both: already manual", "hand: already manual", "shut: refused outside", "out: done manual (joined)", "vague: done manual (joined)", "nobody: noSuchUser", "auto: repeated"},
			[]string{"auto manual", "both manual", "hand manual", "out manual", "vague manual"},
		},
		{
			"assigning by terms that replace takes the exclusion away",
			func(ctx context.Context, w *tenant) (*admin.Report, error) {
				return w.Assign(ctx, root, "sales", admin.Users("shut"), admin.Terms{Replace: true})
			},
			[]string{"shut: done manual (joined)"},
			[]string{"auto automatic", "both manual", "hand manual", "shut manual"},
		},
		{
			"assigning for a while whoever is assigned for good changes nothing",
			func(ctx context.Context, w *tenant) (*admin.Report, error) {
				return w.Assign(ctx, root, "sales", admin.Users("hand"), admin.Terms{Until: later})
			},
			[]string{"hand: already manual"},
			[]string{"auto automatic", "both manual", "hand manual"},
		},
		{
			"switching to manual is for those who are in",
			func(ctx context.Context, w *tenant) (*admin.Report, error) {
				return w.SwitchToManual(ctx, root, "sales", everybody, admin.Terms{})
			},
			[]string{"auto: done manual (switched)", "both: already manual", "hand: already manual", "shut: notIn", "out: notIn", "vague: notIn", "nobody: noSuchUser", "auto: repeated"},
			[]string{"auto manual", "both manual", "hand manual"},
		},
		{
			"removing the manual assignment: the eligible stay in by a switch, the others leave",
			func(ctx context.Context, w *tenant) (*admin.Report, error) {
				return w.RemoveManual(ctx, root, "sales", everybody)
			},
			[]string{"auto: already automatic", "both: done automatic (switched)", "hand: done outside (left)", "shut: notIn", "out: notIn", "vague: notIn", "nobody: noSuchUser", "auto: repeated"},
			[]string{"auto automatic", "both automatic"},
		},
		{
			"taking out: the eligible are refused, assigned or not, and stay as they are",
			func(ctx context.Context, w *tenant) (*admin.Report, error) {
				return w.TakeOut(ctx, root, "sales", everybody)
			},
			[]string{"auto: refused automatic", "both: refused manual", "hand: done outside (left)", "shut: already outside", "out: already outside", "vague: already outside", "nobody: noSuchUser", "auto: repeated"},
			[]string{"auto automatic", "both manual"},
		},
		{
			"whoever is refused alone leaves nothing to write",
			func(ctx context.Context, w *tenant) (*admin.Report, error) {
				r, err := w.TakeOut(ctx, root, "sales", admin.Users("auto", "both"))
				if err == nil && r.Run != nil {
					err = errors.New("something was written")
				}
				return r, err
			},
			[]string{"auto: refused automatic", "both: refused manual"},
			[]string{"auto automatic", "both manual", "hand manual"},
		},
		{
			"nobody at all is no error",
			func(ctx context.Context, w *tenant) (*admin.Report, error) {
				return w.Assign(ctx, root, "sales", admin.Named{}, admin.Terms{})
			},
			[]string{},
			[]string{"auto automatic", "both manual", "hand manual"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := staffed(t)
			r := must[*admin.Report](t)(c.act(t.Context(), w))
			if diff := cmp.Diff(c.want, told(r)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.after, w.population(t, "sales")); diff != "" {
				t.Errorf("population (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusalsSayWhatHoldsTheUser(t *testing.T) {
	w := staffed(t)
	r := must[*admin.Report](t)(w.TakeOut(t.Context(), root, "sales", admin.Users("auto")))
	e, ok := errors.AsType[*groups.EligibleError](r.Outcomes[0].Err)
	if !ok || e.User != "auto" || !strings.Contains(r.Outcomes[0].Text, "title contains sales") {
		t.Errorf("%+v", r.Outcomes[0])
	}
	r = must[*admin.Report](t)(w.Assign(t.Context(), root, "sales", admin.Users("shut"), admin.Terms{}))
	if o := r.Outcomes[0]; !errors.Is(o.Err, groups.ErrExcluded) || o.Text != `user "shut": excluded from the group "sales"` {
		t.Errorf("%+v", o)
	}
	if got := r.Outcomes[0].String(); got != `"shut": refused: user "shut": excluded from the group "sales"` {
		t.Error(got)
	}
}

func TestAssigningAgainKeepsWhoAndWhen(t *testing.T) {
	w := staffed(t)
	w.now = noon.AddDate(0, 0, 7)
	must[*admin.Report](t)(w.Assign(t.Context(), root, "sales", admin.Users("hand"), admin.Terms{Why: "again"}))
	if a := w.standing(t, "sales", "hand").Assignment; a.By != "first" || !a.At.Equal(noon) || a.Why != "since ever" {
		t.Errorf("%+v", a)
	}

	// One that lasts longer is something to do; one that is over is as good as none.
	w.save(t, "course")
	for _, step := range []struct {
		until time.Duration
		want  admin.OutcomeCode
		why   string
	}{
		{24 * time.Hour, admin.Done, "not assigned so far"},
		{12 * time.Hour, admin.Already, "the earlier one lasts longer"},
		{24 * time.Hour, admin.Already, "or as long"},
		{48 * time.Hour, admin.Done, "longer"},
		{0, admin.Done, "for good"},
		{48 * time.Hour, admin.Already, "nothing lasts longer"},
	} {
		terms := admin.Terms{}
		if step.until > 0 {
			terms.Until = w.now.Add(step.until)
		}
		r := must[*admin.Report](t)(w.Assign(t.Context(), root, "course", admin.Users("out"), terms))
		if o := r.Outcomes[0]; o.Code != step.want || o.Method != groups.Manual {
			t.Errorf("%s: %v", step.why, o)
		}
	}
}

func TestAnAssignmentSaysWhereItComesFrom(t *testing.T) {
	seated := person("seat", "", "")
	seated.Units = map[groups.Tree][]string{Branch: {"fr"}}
	w := newTenant(t, seated)
	w.save(t, "from", Title.IsEmpty())
	for _, c := range []struct {
		whom admin.Whom
		want string
	}{
		{admin.Users("seat"), "person"},
		{admin.InGroup("from"), "group:from"},
		{admin.InUnit{Tree: Branch, Unit: "fr"}, "unit:branch/fr"},
		{list(t, "seat\n"), "csv"},
	} {
		id := groups.GroupID("of " + c.want)
		w.save(t, id)
		r := must[*admin.Report](t)(w.Assign(t.Context(), root, id, c.whom, admin.Terms{Why: "because", Until: noon.AddDate(1, 0, 0)}))
		want := groups.Assignment{By: "root", At: noon, Why: "because", Until: noon.AddDate(1, 0, 0), Source: c.want}
		if a := w.standing(t, id, "seat").Assignment; a == nil || *a != want {
			t.Errorf("%v: %+v", told(r), a)
		}
	}
}

func list(t *testing.T, file string) *admin.UserFile {
	t.Helper()
	return must[*admin.UserFile](t)(admin.ReadUserList(strings.NewReader(file), nil))
}

func TestEveryWayToNameUsersServesEveryAct(t *testing.T) {
	seated := func(id groups.UserID, unit string) groups.User {
		u := person(id, "login-"+string(id), string(id)+"@x.org")
		u.Units = map[groups.Tree][]string{Branch: {unit}}
		return u
	}
	w := newTenant(t, seated("n1", "fr"), seated("n2", "paris"), seated("n3", "us"))
	w.save(t, "others")
	must[*groups.Run](t)(w.ev.Assign(t.Context(), "others", groups.Decision{By: "root"}, "n1", "n2"))
	w.save(t, "all", Points.AtLeast(0)) // in by the rule, so that each act has somebody to act on
	w.save(t, "club")
	for name, whom := range map[string]admin.Whom{
		"IDs":             admin.Named{By: admin.ByID, Texts: []string{"n1", "n2"}},
		"usernames":       admin.Named{By: admin.ByUsername, Texts: []string{"login-n1", "LOGIN-n2"}},
		"email addresses": admin.Named{By: admin.ByEmail, Texts: []string{"n1@x.org", "N2@x.org"}},
		"any of them":     admin.Named{Texts: []string{"n1", "n2@x.org"}},
		"a file":          list(t, "n1\nlogin-n2\n"),
		"another group":   admin.InGroup("others"),
		"a unit":          admin.InUnit{Tree: Branch, Unit: "fr", OrBelow: true},
	} {
		for _, act := range []struct {
			name  string
			act   func() (*admin.Report, error)
			group groups.GroupID
			want  []string
		}{
			{"assign", func() (*admin.Report, error) { return w.Assign(t.Context(), root, "club", whom, admin.Terms{}) }, "club", []string{"n1 manual", "n2 manual"}},
			{"take out", func() (*admin.Report, error) { return w.TakeOut(t.Context(), root, "club", whom) }, "club", []string{}},
			{"switch to manual", func() (*admin.Report, error) { return w.SwitchToManual(t.Context(), root, "all", whom, admin.Terms{}) }, "all", []string{"n1 manual", "n2 manual", "n3 automatic"}},
			{"remove manual assignment", func() (*admin.Report, error) { return w.RemoveManual(t.Context(), root, "all", whom) }, "all", []string{"n1 automatic", "n2 automatic", "n3 automatic"}},
		} {
			r := must[*admin.Report](t)(act.act())
			same(t, fmt.Sprintf("%s, %s: done", name, act.name), r.Count(admin.Done), 2)
			same(t, fmt.Sprintf("%s, %s", name, act.name), w.population(t, act.group), act.want)
		}
	}
}

func TestFromAnotherGroup(t *testing.T) {
	w := newTenant(t, with(person("n1", "", ""), "sales"), person("n2", "", ""), with(person("s1", "", ""), "sales"), person("s2", "", ""))
	g := w.save(t, "sales", Title.Contains("sales"))
	g.Status = groups.Inactive
	if _, err := w.ev.Save(t.Context(), g, "root"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ev.Assign(t.Context(), "sales", groups.Decision{By: "root"}, "n2"); err != nil {
		t.Fatal(err)
	}
	w.save(t, "all")
	seeing := north()
	if _, err := w.Assign(t.Context(), seeing, "all", admin.InGroup("sales"), admin.Terms{}); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("a group that the actor does not see: %v", err)
	}
	_, unseen := w.Find(t.Context(), seeing, admin.InGroup("sales"))
	_, absent := w.Find(t.Context(), seeing, admin.InGroup("salez"))
	if a, b := fmt.Sprint(unseen), strings.ReplaceAll(fmt.Sprint(absent), "salez", "sales"); a != b {
		t.Errorf("a group that is not seen tells itself from one that is not there: %s, %s", a, b)
	}
	seeing.Sees.Groups = []groups.GroupID{"sales"}
	r := must[*admin.Report](t)(w.Assign(t.Context(), seeing, "all", admin.InGroup("sales"), admin.Terms{}))
	if diff := cmp.Diff([]string{"n1: done manual (joined)", "n2: done manual (joined)"}, told(r)); diff != "" {
		t.Errorf("the population of an inactive group, as far as it is seen (-want +got):\n%s", diff)
	}
	r = must[*admin.Report](t)(w.TakeOut(t.Context(), root, "all", admin.InGroup("sales")))
	if diff := cmp.Diff([]string{"n1: done outside (left)", "n2: done outside (left)", "s1: already outside"}, told(r)); diff != "" {
		t.Errorf("taking out (-want +got):\n%s", diff)
	}
	if _, err := w.Find(t.Context(), root, admin.InGroup("nowhere")); !errors.Is(err, groups.ErrNotFound) {
		t.Error(err)
	}

	// Whoever left the directory is still in the table of the group, and nobody to assign.
	if err := w.store.Write(t.Context(), groups.PeopleChange{Remove: []groups.UserID{"n1"}}); err != nil {
		t.Fatal(err)
	}
	r = must[*admin.Report](t)(w.Find(t.Context(), root, admin.InGroup("sales")))
	if diff := cmp.Diff([]string{"n2: found", "s1: found"}, told(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFromAUnit(t *testing.T) {
	in := func(id groups.UserID, units ...string) groups.User {
		u := person(id, "", "")
		u.Units = map[groups.Tree][]string{Branch: units}
		return u
	}
	unknown := person("n0", "", "") // carries no tree
	w := newTenant(t, unknown, in("n1", "emea"), in("n2", "fr"), in("n3", "us", "paris"), in("n4", "us"), in("n5"), in("n6", "lost"), in("s1", "fr"))
	for _, c := range []struct {
		why     string
		actor   admin.Actor
		whom    admin.InUnit
		want    []string
		unclear int
	}{
		{"those who sit in it", root, admin.InUnit{Tree: Branch, Unit: "fr"}, []string{"n2: found", "s1: found"}, 1},
		{"or below it; under a unit that nobody knows, nobody can say", root, admin.InUnit{Tree: Branch, Unit: "emea", OrBelow: true}, []string{"n1: found", "n2: found", "n3: found", "s1: found"}, 2},
		{"as far as they are seen", sees("emea", "fr"), admin.InUnit{Tree: Branch, Unit: "fr"}, []string{"n2: found"}, 1},
	} {
		r := must[*admin.Report](t)(w.Find(t.Context(), c.actor, c.whom))
		if diff := cmp.Diff(c.want, told(r)); diff != "" || r.Unclear != c.unclear {
			t.Errorf("%s: %d unclear (-want +got):\n%s", c.why, r.Unclear, diff)
		}
	}
	for _, whom := range []admin.InUnit{{Tree: Branch, Unit: "mars"}, {Tree: "team", Unit: "fr"}, {Tree: Branch}, {}} {
		if _, err := w.Find(t.Context(), root, whom); !errors.Is(err, groups.ErrNotFound) {
			t.Errorf("%+v: %v", whom, err)
		}
	}
	if _, err := w.Find(t.Context(), north(), admin.InUnit{Tree: Branch, Unit: "fr"}); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("a unit that the actor does not see: %v", err)
	}
}

func sees(units ...string) admin.Actor {
	a := north()
	a.Sees.Units = map[groups.Tree][]string{Branch: units}
	return a
}

// While a group is inactive acts move its population, and nobody joins or leaves.
func TestOfAnInactiveGroupTheOutcomeIsThePopulation(t *testing.T) {
	w := newTenant(t, with(person("u1", "", ""), "sales"), person("u2", "", ""))
	g := w.save(t, "g", Title.Contains("sales"))
	g.Status = groups.Inactive
	g = must[groups.Group](t)(w.ev.Save(t.Context(), g, "root"))
	// The first act meets the inactivation, which takes everybody's membership.
	r := must[*admin.Report](t)(w.Assign(t.Context(), root, "g", admin.Users("u1", "u2"), admin.Terms{}))
	if diff := cmp.Diff([]string{"u1: done manual (left)", "u2: done manual"}, told(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r = must[*admin.Report](t)(w.RemoveManual(t.Context(), root, "g", admin.Users("u1", "u2")))
	if diff := cmp.Diff([]string{"u1: done automatic", "u2: done outside"}, told(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Where deactivated users are out, an assignment sleeps: the outcome says how the user is in, and not how
// they were meant to be.
func TestADeactivatedUserIsAssignedAndOut(t *testing.T) {
	off := person("off", "", "")
	off.Activation = groups.Deactivated
	w := newTenant(t, off)
	g := w.save(t, "g")
	g.Deactivated = groups.DropAll
	must[groups.Group](t)(w.ev.Save(t.Context(), g, "root"))
	for _, step := range []struct {
		act  func() (*admin.Report, error)
		want string
		why  string
	}{
		{func() (*admin.Report, error) { return w.TakeOut(t.Context(), root, "g", admin.Users("off")) }, "off: already outside", "never in"},
		{func() (*admin.Report, error) {
			return w.Assign(t.Context(), root, "g", admin.Users("off"), admin.Terms{})
		}, "off: done outside", "the assignment is there"},
		{func() (*admin.Report, error) {
			return w.Assign(t.Context(), root, "g", admin.Users("off"), admin.Terms{})
		}, "off: already outside", "it still is"},
		{func() (*admin.Report, error) { return w.TakeOut(t.Context(), root, "g", admin.Users("off")) }, "off: done outside", "it was taken away"},
	} {
		r := must[*admin.Report](t)(step.act())
		if got := told(r)[0]; got != step.want {
			t.Errorf("%s: %s, want %s", step.why, got, step.want)
		}
	}
}

// What is stored may be behind the people: then the rule, as it is now, refuses.
func TestTakingOutAsksTheRuleAndNotWhatIsStored(t *testing.T) {
	w := newTenant(t, person("u1", "", ""))
	w.save(t, "g", Title.Contains("sales"))
	if err := w.store.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{with(person("u1", "", ""), "sales")}}); err != nil {
		t.Fatal(err)
	}
	r := must[*admin.Report](t)(w.TakeOut(t.Context(), root, "g", admin.Users("u1")))
	if r.Outcomes[0].Code != admin.Refused {
		t.Error(told(r))
	}
}

func TestAReportIsPlainJSON(t *testing.T) {
	w := staffed(t)
	r := must[*admin.Report](t)(w.Assign(t.Context(), root, "sales", admin.Users("out", "shut"), admin.Terms{}))
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back admin.Report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if back.Outcomes[0].Method != groups.Manual || back.Outcomes[0].Change.User != "out" || back.Outcomes[1].Text != r.Outcomes[1].Text {
		t.Errorf("%s", data)
	}
}

// drawnTenant draws people, some of whom the rule of group "g" holds for, some assigned, some excluded.
func drawnTenant(t *rapid.T) *tenant {
	var users []groups.User
	for _, id := range []groups.UserID{"n1", "n2", "n3", "s1", "s2"} {
		u := person(id, string(id)+"-name", string(id)+"@x.org")
		switch rapid.SampledFrom([]string{"sales", "", "unknown"}).Draw(t, "title") {
		case "sales":
			u = with(u, "sales")
		case "unknown":
			delete(u.Fields, "title")
		}
		u.Activation = rapid.SampledFrom([]groups.Activation{groups.Activated, groups.Activated, groups.Deactivated, groups.ActivationUnknown}).Draw(t, "activation")
		users = append(users, u)
	}
	w := newTenant(t, users...)
	g := w.save(t, "g", Title.Contains("sales"))
	g.Deactivated = rapid.SampledFrom([]groups.Policy{groups.Keep, groups.DropAutomatic, groups.DropAll}).Draw(t, "policy")
	g.Status = rapid.SampledFrom([]groups.Status{groups.Active, groups.Inactive}).Draw(t, "status")
	if rapid.Bool().Draw(t, "manual") {
		g.Kind = groups.ManualGroup
	}
	g, err := w.ev.Save(context.Background(), g, "root")
	if err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "processed") {
		if _, err := w.ev.Process(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range users {
		decision := groups.Decision{By: "before", Replace: true}
		var err error
		switch rapid.SampledFrom([]string{"", "", "in", "for a while", "out"}).Draw(t, "decision") {
		case "for a while":
			decision.Until = noon.Add(time.Hour)
			fallthrough
		case "in":
			_, err = w.ev.Assign(context.Background(), "g", decision, u.ID)
		case "out":
			_, err = w.ev.Exclude(context.Background(), "g", decision, u.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if rapid.Bool().Draw(t, "turned on or off since") {
		g.Status = groups.Active - g.Status
		if _, err := w.ev.Save(context.Background(), g, "root"); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// acts are all four, by name.
var acts = map[string]func(w *tenant, whom admin.Whom) (*admin.Report, error){
	"assign": func(w *tenant, whom admin.Whom) (*admin.Report, error) {
		return w.Assign(context.Background(), root, "g", whom, admin.Terms{})
	},
	"switch to manual": func(w *tenant, whom admin.Whom) (*admin.Report, error) {
		return w.SwitchToManual(context.Background(), root, "g", whom, admin.Terms{})
	},
	"remove manual": func(w *tenant, whom admin.Whom) (*admin.Report, error) {
		return w.RemoveManual(context.Background(), root, "g", whom)
	},
	"take out": func(w *tenant, whom admin.Whom) (*admin.Report, error) {
		return w.TakeOut(context.Background(), root, "g", whom)
	},
}

// standings are what is stored of group g, by user.
func standings(t fataler, w *tenant) map[groups.UserID]groups.Standing {
	out := map[groups.UserID]groups.Standing{}
	for st, err := range w.store.Standings(context.Background(), "g", "") {
		if err != nil {
			t.Fatal(err)
		}
		out[st.User] = st
	}
	return out
}

// What a report says is what is stored, and whoever it says nothing was done to is as before.
func TestAReportSaysWhatIsStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawnTenant(t)
		name := rapid.SampledFrom(sorted([]string{"assign", "switch to manual", "remove manual", "take out"})).Draw(t, "act")
		ids := rapid.SliceOfN(rapid.SampledFrom([]groups.UserID{"n1", "n2", "n3", "s1", "s2", "nobody"}), 0, 7).Draw(t, "users")
		before := standings(t, w)
		r, err := acts[name](w, admin.Users(ids...))
		if err != nil {
			t.Fatal(err)
		}
		after := standings(t, w)
		if len(r.Outcomes) != len(ids) {
			t.Fatalf("%d outcomes of %d users", len(r.Outcomes), len(ids))
		}
		for i, o := range r.Outcomes {
			was, is := before[o.User], after[o.User]
			if o.Named != string(ids[i]) {
				t.Errorf("outcome %d is of %q", i, o.Named)
			}
			switch o.Code {
			case admin.Done, admin.Already, admin.Refused, admin.NotIn:
				if o.Method != is.Population {
					t.Errorf("%s: %v, and %v is stored", name, o, is.Population)
				}
			}
			switch o.Code {
			case admin.Already, admin.Refused, admin.NotIn:
				if !cmp.Equal(was.Assignment, is.Assignment) || !cmp.Equal(was.Exclusion, is.Exclusion) {
					t.Errorf("%s: %v, and yet what people decided is another", name, o)
				}
			case admin.Done:
				if assigned := name == "assign" || name == "switch to manual"; assigned != (is.Assignment != nil) {
					t.Errorf("%s: %v, and assigned is %v", name, o, is.Assignment)
				}
				moved := was.Member != is.Member
				if moved != (o.Change != nil) || moved && (o.Change.Before != was.Member || o.Change.After != is.Member) {
					t.Errorf("%s: %v moved from %v to %v, and the change is %+v", name, o, was.Member, is.Member, o.Change)
				}
			}
		}
		if r.Run == nil && r.Count(admin.Done) > 0 {
			t.Errorf("%s: %d done without a run", name, r.Count(admin.Done))
		}
	})
}

// One user who is refused keeps nobody else from it: a list gives each user what they would have got alone.
func TestAListDoesToEachWhatAnActOnThemAloneDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawnTenant(t)
		// A group that was turned on or off is brought up to date by the first act on it, for everybody.
		if _, err := w.ev.Process(context.Background()); err != nil {
			t.Fatal(err)
		}
		name := rapid.SampledFrom([]string{"assign", "remove manual", "switch to manual", "take out"}).Draw(t, "act")
		var want []string
		for _, id := range []groups.UserID{"n1", "n2", "n3", "s1", "s2"} {
			alone := w.copy(t)
			r, err := acts[name](alone, admin.Users(id))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, told(r)...)
		}
		r, err := acts[name](w, admin.Users("n1", "n2", "n3", "s1", "s2"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, told(r)); diff != "" {
			t.Errorf("%s (-alone +together):\n%s", name, diff)
		}
	})
}

// Nobody who is in by rule leaves because they are taken out, and nobody else stays.
func TestTakingEverybodyOutLeavesThoseInByTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawnTenant(t)
		ids := []groups.UserID{"n1", "n2", "n3", "s1", "s2"}
		r, err := w.TakeOut(context.Background(), root, "g", admin.Users(ids...))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range r.Outcomes {
			in := slices.ContainsFunc(w.population(t, "g"), func(s string) bool { return strings.HasPrefix(s, string(o.User)+" ") })
			if in != (o.Code == admin.Refused) {
				t.Errorf("%v, and in is %v", o, in)
			}
			if o.Code == admin.Refused && !errors.Is(o.Err, groups.ErrEligible) {
				t.Errorf("refused with %v", o.Err)
			}
		}
	})
}

func TestARefusalTellsNoConditionThatTheActorDoesNotSee(t *testing.T) {
	ctx := t.Context()
	w := newTenant(t, with(person("ned", "ned", ""), "maths"))
	w.save(t, "secret")
	must[*groups.Run](t)(w.ev.Assign(ctx, "secret", groups.Decision{By: "root"}, "ned"))
	w.save(t, "team", Title.Is("maths"), groups.MemberOfAny("secret"))
	for _, c := range []struct {
		actor admin.Actor
		want  string
	}{{root, "secret"}, {north(), "a condition that you do not see"}} {
		r := must[*admin.Report](t)(w.TakeOut(ctx, c.actor, "team", admin.Users("ned")))
		o := r.Outcomes[0]
		if o.Code != admin.Refused || !strings.Contains(o.Text, "title is maths") || !strings.Contains(o.Text, c.want) {
			t.Errorf("%+v", o)
		}
		e, _ := errors.AsType[*groups.EligibleError](o.Err)
		told := fmt.Sprintf("%s %v", o.Text, e.Explanation)
		if !strings.Contains(told, "title were") || strings.Contains(told, "group secret were left") != (c.actor.By == "root") {
			t.Errorf("told: %s", told)
		}
		if c.actor.By != "root" && strings.Contains(told, "secret") {
			t.Errorf("told: %s", told)
		}
	}
}
