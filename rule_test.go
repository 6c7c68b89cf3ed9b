package groups_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/grouprules/groups"
)

const ruleDept groups.TextField = "dept"

func ruleSchema() *groups.Schema {
	return &groups.Schema{Fields: []groups.Field{{Name: "dept", Type: groups.TypeText}}}
}

func ruleUser(id groups.UserID, dept string) groups.User {
	return groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{"dept": groups.Text(dept)}}
}

func TestARuleSharesNothingWithItsCriteria(t *testing.T) {
	c := groups.AllSets(groups.All(ruleDept.Is("sales")))
	rule, err := ruleSchema().Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	c.Sets[0].Conditions[0] = ruleDept.Is("it")
	c.Sets[0] = groups.All()
	u := ruleUser("ada", "sales")
	if x := rule.Explain(&u, &groups.View{}); x.Verdict != groups.Yes || x.Sets[0].Conditions[0].Text != "dept is sales" {
		t.Errorf("the rule followed an edit of what it was compiled from: %v", x)
	}
}

// countedMemberships is asked about groups.
type countedMemberships int

func (n *countedMemberships) MemberOf(groups.UserID, groups.GroupID, bool) groups.Verdict {
	*n++
	return groups.Yes
}

func TestAFactThatDecidesSparesTheOtherConditions(t *testing.T) {
	member, off := groups.MemberOfAny("g", "h"), groups.StatusIs(groups.StatusDeactivated)
	for name, c := range map[string]groups.Criteria{
		"all":         groups.AllSets(groups.All(member, ruleDept.Contains("a"), off)),
		"any":         groups.AllSets(groups.Any(member, ruleDept.Contains("a"), off.Not())),
		"all of sets": groups.AllSets(groups.Any(member, ruleDept.Contains("a")), groups.Any(off)),
		"any of sets": groups.AnySets(groups.All(member, ruleDept.Is("law")), groups.All(off.Not())),
	} {
		rule, err := ruleSchema().Compile(c)
		if err != nil {
			t.Fatal(err)
		}
		var asked countedMemberships
		u := ruleUser("ada", "law")
		verdict, x := rule.Match(&u, &groups.View{Memberships: &asked}), rule.Explain(&u, &groups.View{Memberships: new(countedMemberships)})
		if asked != 0 || verdict != x.Verdict {
			t.Errorf("%s: %v after %d memberships, and explained as %v", name, verdict, asked, x.Verdict)
		}
	}
}

func TestCriteriaEditedInPlaceAreEvaluatedAnew(t *testing.T) {
	ctx, m := t.Context(), groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Schema: ruleSchema(), Upsert: []groups.User{ruleUser("ada", "sales"), ruleUser("bob", "it")}}); err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	g := groups.Group{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(ruleDept.Is("sales")))}
	joins := func(r *groups.Run, err error) groups.UserID {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r.Changes()[0].User
	}
	preview := func(g groups.Group) (*groups.Run, error) {
		p, err := ev.Preview(ctx, g, nil)
		return &groups.Run{Diffs: []groups.Diff{p.Diff}}, err
	}
	if got := joins(preview(g)); got != "ada" {
		t.Fatalf("%s joins", got)
	}
	g.Criteria.Sets[0].Conditions[0] = ruleDept.Is("it")
	if got := joins(preview(g)); got != "bob" {
		t.Errorf("the second preview still has %s", got)
	}
	operand := ruleDept.Is("sales")
	counted := groups.Group{ID: "counted", Name: "counted", Kind: groups.AutomaticGroup, Criteria: groups.AllSets(groups.All(operand))}
	for _, c := range []struct {
		dept string
		want groups.UserID
	}{{"sales", "ada"}, {"it", "bob"}, {"sales", "ada"}} {
		operand.Values[0] = ruleDept.Is(c.dept).Values[0]
		if _, first, err := ev.CountPage(ctx, counted, 1); err != nil || len(first) != 1 || first[0].User != c.want {
			t.Errorf("%v are in %s, %v", first, c.dept, err)
		}
	}
	if _, err := ev.Save(ctx, g, "me"); err != nil {
		t.Fatal(err)
	}
	if got := joins(ev.Process(ctx)); got != "bob" {
		t.Errorf("%s joined", got)
	}
}

func second[T any](_ T, err error) error { return err }

// How a draft was arranged is kept for the next look at it.
func TestADraftEditedInPlaceRefersToWhatItSaysNow(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.save(evalGroup("far", groups.MemberOfAny("romans")))
	g, err := w.Group(t.Context(), "romans")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of   groups.Condition
		ring bool
	}{{of: groups.MemberOfAny("gone")}, {groups.MemberOfAny("far"), true}, {of: evalCity.Is("Rome")}} {
		g.Criteria.Sets[0].Conditions[0] = c.of
		for what, err := range map[string]error{
			"count":   second(w.ev.Count(t.Context(), g)),
			"preview": second(w.ev.Preview(t.Context(), g, nil)),
		} {
			var ring *groups.CycleError
			if errors.As(err, &ring) != c.ring || err != nil && ring == nil {
				t.Errorf("%s of %v: %v", what, c.of, err)
			}
		}
	}
}

func TestNoRuleIsMadeUnderASchemaThatIsNotUsable(t *testing.T) {
	for _, c := range []struct {
		name, why string
		field     groups.Field
		condition groups.Condition
	}{
		{"no type", "a condition that is dropped widens the group", groups.Field{Name: "dept"}, ruleDept.Is("sales")},
		{"id as a number", "the ID is a text in every schema", groups.Field{Name: "id", Type: groups.TypeNumber}, groups.NumberField("id").Is(5)},
	} {
		s := &groups.Schema{Fields: []groups.Field{c.field}}
		if rule, err := s.Compile(groups.AllSets(groups.All(c.condition))); rule != nil || !errors.Is(err, groups.ErrSchema) {
			t.Errorf("%s: got %v, %v: %s", c.name, rule, err, c.why)
		}
	}
	var none *groups.Schema
	if err := none.Check(groups.AllSets(groups.All(groups.ID.Is("ada")))); err != nil {
		t.Errorf("without a schema there are the reserved fields: %v", err)
	}
}

func TestAValueOfAnotherTypeIsUnknownToEveryOperator(t *testing.T) {
	const Pay groups.NumberField = "pay"
	s := &groups.Schema{Fields: []groups.Field{{Name: "pay", Type: groups.TypeNumber}}}
	u := groups.User{ID: "ada", Fields: map[string]groups.Value{"pay": groups.Text("n/a")}}
	for _, c := range []groups.Condition{Pay.Is(1), Pay.IsNot(1), Pay.AtLeast(0), Pay.IsEmpty(), Pay.IsEmpty().Not()} {
		rule, err := s.Compile(groups.AllSets(groups.All(c)))
		if err != nil {
			t.Fatal(err)
		}
		if got := rule.Match(&u, nil); got != groups.Unknown {
			t.Errorf("%v: %v", c, got)
		}
	}
}

// gated is a Directory that lets the first reading of a user wait.
type gated struct {
	groups.Directory
	reached, pass chan struct{}
}

func (g *gated) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	u, err := g.Directory.User(ctx, id)
	if g.reached != nil {
		close(g.reached)
		g.reached = nil
		<-g.pass
	}
	return u, err
}

func TestARunThatReadAUserBeforeAChangeIsNotWrittenAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, m := t.Context(), groups.NewMemory()
		if err := m.Write(ctx, groups.PeopleChange{Schema: ruleSchema(), Upsert: []groups.User{ruleUser("ada", "it")}}); err != nil {
			t.Fatal(err)
		}
		dir := &gated{Directory: m}
		ev := groups.NewEvaluator(dir, m, &groups.Options{Now: newYear})
		g := groups.Group{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(ruleDept.Is("sales")))}
		if _, err := ev.Save(ctx, g, "me"); err != nil {
			t.Fatal(err)
		}
		if _, err := ev.Process(ctx); err != nil {
			t.Fatal(err)
		}
		changed := func(dept string, done chan<- error) {
			if err := m.Write(ctx, groups.PeopleChange{Upsert: []groups.User{ruleUser("ada", dept)}}); err != nil {
				done <- err
				return
			}
			_, err := ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"ada"}})
			done <- err
		}
		done, reached, pass := make(chan error, 2), make(chan struct{}), make(chan struct{})
		dir.reached, dir.pass = reached, pass
		go changed("sales", done) // reads sales, and stands still
		<-reached
		go changed("it", done)
		synctest.Wait() // the second run is done, or waits for the first
		close(pass)
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if in, err := ev.IsMember(ctx, "g", "ada"); in || err != nil {
			t.Errorf("ada is of it, and a member of sales: %v", err)
		}
	})
}

func TestAChangedSchemaReachesTheGroups(t *testing.T) {
	ctx, m := t.Context(), groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Schema: ruleSchema(), Upsert: []groups.User{ruleUser("ada", "SALES")}}); err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	g := groups.Group{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(ruleDept.Is("sales")))}
	if _, err := ev.Save(ctx, g, "me"); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Process(ctx); err != nil {
		t.Fatal(err)
	}
	exact := ruleSchema()
	exact.Fields[0].Exact = true
	if err := m.Write(ctx, groups.PeopleChange{Schema: exact}); err != nil {
		t.Fatal(err)
	}
	run, err := ev.Changed(ctx, groups.Touched{})
	if err != nil || len(run.Changes()) != 1 || run.Changes()[0].Kind != groups.Left {
		t.Errorf("got %v, %v", run, err)
	}
}

func TestOnlyWhoIsDecidedAboutMovesByThePersonWhoDecides(t *testing.T) {
	ctx, m := t.Context(), groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Schema: ruleSchema(), Upsert: []groups.User{ruleUser("ada", "sales"), ruleUser("bob", "it")}}); err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	g := groups.Group{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(ruleDept.Is("sales")))}
	if _, err := ev.Save(ctx, g, "me"); err != nil {
		t.Fatal(err)
	}
	run, err := ev.Assign(ctx, "g", groups.Decision{By: "tutor"}, "bob") // the group was never processed
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range run.Changes() {
		if by := map[groups.UserID]string{"ada": "", "bob": "tutor"}[c.User]; c.By != by {
			t.Errorf("%s joined by %q, want %q", c.User, c.By, by)
		}
	}
}

func TestAZoneThatDiffersFromMachineToMachineIsRefused(t *testing.T) {
	m := groups.NewMemory()
	if err := m.Write(t.Context(), groups.PeopleChange{Schema: ruleSchema()}); err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, nil)
	if _, err := ev.Save(t.Context(), groups.Group{ID: "g", Name: "g", Zone: "Local"}, "me"); !errors.Is(err, groups.ErrGroup) {
		t.Errorf("got %v", err)
	}
}

func TestReadingAndCheckingReportsAllProblemsOfBothInTheOrderOfTheDocument(t *testing.T) {
	_, err := ruleSchema().ParseCriteria([]byte(`{"match":"all","sets":[
		{"match":"all","conditions":[{"kind":"field","field":"hobby","op":"is","values":["x"]},{"kind":"wat"}]},
		{"match":"all","conditions":[{"kind":"field","field":"dept","op":"less","value":3}]}]}`))
	want := `/sets/0/conditions/0/field: no field "hobby"
/sets/0/conditions/1/kind: no kind "wat" of condition
/sets/1/conditions/0/op: no operator "less" for a text`
	if fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	c, err := ruleSchema().ParseCriteria([]byte(`{"match":"all","sets":[{"match":"all","conditions":[{"kind":"everyone"}]}]}`))
	if err != nil || c.String() != "everyone" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestWhatNobodyCarriesIsSaidOnce(t *testing.T) {
	ctx, m := t.Context(), groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Schema: ruleSchema(), Upsert: []groups.User{{ID: "ada"}, {ID: "bob"}}}); err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	c := groups.AnySets(groups.All(ruleDept.Is("sales"), groups.UserBelow("ada"), groups.Courses("a").AreEnrolled()))
	if _, err := ev.Save(ctx, groups.Group{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Criteria: c}, "me"); err != nil {
		t.Fatal(err)
	}
	run, err := ev.Process(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	for _, f := range run.Findings {
		if f.Code == "notCarried" {
			at = append(at, f.Where)
		}
	}
	if fmt.Sprint(at) != "[enrollments field dept reporting line]" {
		t.Errorf("got %q", at)
	}
}

func TestADeletedGroupIsLeftByAllByThePersonWhoDeletedIt(t *testing.T) {
	ctx, m := t.Context(), groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Schema: ruleSchema(), Upsert: []groups.User{ruleUser("ada", "sales")}}); err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	sales := groups.Group{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(ruleDept.Is("sales")))}
	reader := groups.Group{ID: "r", Name: "r", Kind: groups.AutomaticGroup, Criteria: groups.AllSets(groups.All(groups.MemberOfAny("g")))}
	for _, g := range []groups.Group{sales, reader} {
		if _, err := ev.Save(ctx, g, "me"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ev.Process(ctx); err != nil {
		t.Fatal(err)
	}
	if err := ev.Delete(ctx, "g", 1, "root"); !errors.Is(err, groups.ErrReferred) {
		t.Errorf("a group that another reads: %v", err)
	}
	if err := ev.Delete(ctx, "r", 9, "root"); !errors.Is(err, groups.ErrConflict) {
		t.Errorf("a revision that is not the stored one: %v", err)
	}
	if err := errors.Join(ev.Delete(ctx, "r", 1, "root"), ev.Delete(ctx, "g", 1, "root")); err != nil {
		t.Fatal(err)
	}
	var last groups.Change
	for c, err := range m.Changes(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		last = c
	}
	if last.User != "ada" || last.Kind != groups.Left || last.Cause != "deletion" || last.By != "root" {
		t.Errorf("the last change is %+v", last)
	}
}

func TestTheExplanationOfAnAbsentUserSaysSo(t *testing.T) {
	ctx, m := t.Context(), groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Schema: ruleSchema()}); err != nil {
		t.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	if _, err := ev.Save(ctx, groups.Group{ID: "g", Name: "g", Status: groups.Active}, "me"); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.Assign(ctx, "g", groups.Decision{By: "tutor"}, "zoe"); err != nil {
		t.Fatal(err)
	}
	x, err := ev.Explain(ctx, "g", "zoe")
	want := "zoe is not a member of g (by absence), assigned by tutor on 2026-01-01\nrule: not asked, since the user is not in the directory"
	if err != nil || x.String() != want {
		t.Errorf("got %v, %v", x, err)
	}
}
