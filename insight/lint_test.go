package insight_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
	"github.com/grouprules/groups/internal/oracle"
)

func day(y int, m time.Month, d int) groups.Date { return groups.NewDate(y, m, d) }

func TestEveryCodeFiresOnARuleThatIsOddThatWay(t *testing.T) {
	one := func(c ...groups.Condition) groups.Criteria { return groups.AnySets(groups.All(c...)) }
	for _, tt := range []struct {
		rule groups.Criteria
		want string // the findings without their texts
		why  string
	}{
		{one(title.Is("sales"), title.IsNot("sales")),
			"error contradiction", "a text is what it is not"},
		{one(points.Less(3), points.Greater(3)),
			"error contradiction", "no number is on both sides"},
		{one(hired.InLast(30, groups.Days), hired.Before(day(2025, 11, 1))),
			"error contradiction", "the last thirty days are after November has begun"},
		{one(skills.IncludesAll("go", "sql"), skills.IncludesAny("go").Not()),
			"error contradiction", "all of them are not none of them"},
		{one(branch.IsOrBelow("dach").ToDepth(1), branch.IsOrBelow("emea").Not()),
			"error contradiction", "who is beneath a unit is beneath what is above it"},
		{one(groups.Courses("safety").Are(groups.Completed), groups.Courses("safety").AreEnrolled().Not()),
			"error contradiction", "who has completed it has a record"},
		{one(groups.StatusIs(groups.StatusActive), groups.StatusIs(groups.StatusDeactivated)),
			"error contradiction", "nobody is both"},
		{one(groups.UserIs("ada"), groups.UserIs("ben")),
			"error contradiction", "a user is one user"},
		{one(site.Is("berlin"), works.Is(true), works.Is(true).Not()),
			"error contradiction", "it does not take all conditions"},
		{one(title.Is("sales"), branch.Below("vienna")),
			"warning nobody", "a unit that has none beneath it yet"},
		{groups.AnySets(groups.All(site.Is("berlin"), site.Is("rome")), groups.All(points.AtLeast(5))),
			"error contradiction /sets/0, notice noSuchValue /sets/0/conditions/1/values/0", "one set says nothing, and the rule something"},
		{groups.AnySets(groups.All(points.Less(3), points.Greater(3)), groups.All(points.AtLeast(5))),
			"error contradiction /sets/0", "and nothing about the other set, within which it is"},
		{groups.AllSets(groups.Any(works.Is(true), works.Is(false), works.IsEmpty())),
			"warning tautology", "there is nothing else"},
		{groups.AnySets(groups.Any(title.Is("sales"), groups.Everyone{})),
			"warning tautology", "everyone swallows what stands beside it"},
		{groups.AllSets(groups.All(points.Less(100).WhenEmpty(groups.Matches)), groups.All(title.Is("sales"))),
			"warning everybody /sets/0", "of all sets, one that keeps nobody out"},
		{groups.AnySets(groups.All(title.Is("sales"), points.AtLeast(3)), groups.All(points.AtLeast(3), title.Is("SALES"))),
			"warning duplicateSet /sets/1", "in another order, and another case"},
		{one(title.Contains("sal"), title.Contains("SAL").Not()),
			"error contradiction", "a text has the part or has it not"},
		{one(title.StartsWith("s"), title.EndsWith("es"), title.Is("finance")),
			"error contradiction, notice noSuchValue /sets/0/conditions/2/values/0", "a text with its beginning is not this one"},
		{one(title.StartsWith("s"), title.Contains("sup"), title.StartsWith("s").Not()),
			"error contradiction, warning decidedByEmpties /sets/0/conditions/2", "wherever else the part is"},
		{one(title.StartsWith("sal"), title.EndsWith("s"), title.IsNot("sal·s")),
			"notice noSuchValue /sets/0/conditions/2/values/0", "the text of both parts that is tried is not the only one"},
		{groups.AnySets(groups.All(title.Contains("sal"), tags.Contains("e")), groups.All(title.Contains("sal"))),
			"warning subsumedSet /sets/0", ""},
		{groups.AnySets(groups.All(hired.AnniversaryWithin(100, groups.Days)), groups.All(hired.AnniversaryWithin(100, groups.Days))),
			"warning duplicateSet /sets/1", "anniversaries are not proved about, but these are written alike"},
		{groups.AnySets(groups.All(points.AtLeast(5)), groups.All(points.AtLeast(3))),
			"warning subsumedSet /sets/0", "of any, the narrower is superfluous"},
		{groups.AllSets(groups.All(points.AtLeast(5)), groups.All(points.AtLeast(3))),
			"warning subsumedSet /sets/1", "of all, the wider"},
		{groups.AnySets(groups.All(branch.IsOrBelow("emea")), groups.All(branch.Is("vienna"), title.Is("support"))),
			"warning subsumedSet /sets/1", "a narrower set of more conditions"},
		{groups.AnySets(groups.All(points.Greater(3), points.Less(5)), groups.All(title.Is("sales"))),
			"warning nobody /sets/0", "there is a number between, which nobody has"},
		{groups.AllSets(groups.Any(branch.IsOrBelow("emea", "apac"), branch.IsEmpty())),
			"warning everybody", "a unit may come to stand beside them"},
		{groups.AnySets(groups.All(groups.UserIs("ada"), groups.ID.IsNot("ada"))),
			"warning nobody", "a field may take two IDs for one, and does not here"},
		{one(branch.IsOrBelow("emea", "gone")), "error unknownUnit /sets/0/conditions/0/units/1", ""},
		{one(groups.Tree("region").Is("north").Not()),
			"warning nobody, error unknownTree /sets/0/conditions/0/tree", "nobody sits where nothing is known"},
		{groups.AnySets(groups.All(title.Is("sales")), groups.All(groups.MemberOfAny("gone"))),
			"warning nobody /sets/1, error unknownGroup /sets/1/conditions/0/groups/0", ""},
		{one(site.Is("berlin", "atlantis")), "warning unknownOption /sets/0/conditions/0/values/1", ""},
		{one(groups.UserIsOrBelow("ada", "ghost")), "warning unknownUser /sets/0/conditions/0/users/1", ""},
		{one(groups.Courses("safety", "gone").AreEnrolled()), "warning unknownCourse /sets/0/conditions/0/courses/1", ""},
		{one(groups.Courses("safety").Are("enrolled", "paused")), "warning unknownStatus /sets/0/conditions/0/statuses/1", ""},
		{one(title.Is("sales", "salse")), "notice noSuchValue /sets/0/conditions/0/values/1", "a slip of the hand"},
		{one(title.Contains("sal", "xyz")), "notice noSuchValue /sets/0/conditions/0/values/1", "nor a part of one"},
		{one(skills.IncludesAny("go", "cobol")), "notice noSuchValue /sets/0/conditions/0/values/1", ""},
		{one(points.Is(3, 4)), "notice noSuchValue /sets/0/conditions/0/values/1", ""},
		{one(title.IsNot("Sales", "Sup\u200bport")),
			"warning invisible /sets/0/conditions/0/values/1, notice noSuchValue /sets/0/conditions/0/values/1", "from the web, with a space of no width"},
		{one(title.Is(" Sales")), "notice oddSpaces /sets/0/conditions/0/values/0", ""},
		{one(title.Is("Sales", "Support", "SALES", "sup\u00adport")),
			"notice sameOperand /sets/0/conditions/0/values/2, warning invisible /sets/0/conditions/0/values/3, notice noSuchValue /sets/0/conditions/0/values/3", ""},
		{one(site.Is("berlin", "Berlin")), "warning otherCase /sets/0/conditions/0/values/1, warning unknownOption /sets/0/conditions/0/values/1", "options are told apart by case"},
		{one(groups.UserIs("ada", "Ada")),
			"warning otherCase /sets/0/conditions/0/users/1, warning unknownUser /sets/0/conditions/0/users/1", "and so are users"},
		{one(title.Is("Sales", "Support\ufe0f")),
			"warning invisible /sets/0/conditions/0/values/1, notice noSuchValue /sets/0/conditions/0/values/1", "what only says how to show a sign"},
		{one(branch.IsOrBelow("apac", "vienna", "emea")), "notice unitWithin /sets/0/conditions/0/units/1", "two levels up"},
		{one(hired.Between(day(2025, 10, 1), day(2025, 12, 30))), "notice windowPast /sets/0/conditions/0/to", ""},
		{one(hired.On(day(2025, 11, 1))), "notice windowPast /sets/0/conditions/0/value", ""},
		{one(groups.Courses("safety").AreCompleted(groups.CompletionDate.Between(day(2025, 1, 1), day(2025, 12, 30)))),
			"notice windowPast /sets/0/conditions/0/when/to", ""},
		{one(points.Less(100).WhenEmpty(groups.Matches)), "warning everybody", "it might not be"},
		{one(points.Greater(100)), "warning nobody", "it might not be"},
		{groups.Criteria{}, "warning nobody", "no sets are nobody"},
		{one(points.AtMost(5).Not()), "warning decidedByEmpties /sets/0/conditions/0", "who is in has no points at all"},
		{one(branch.IsOrBelow("emea", "apac").Not()), "warning decidedByEmpties /sets/0/conditions/0", "nor any unit"},
	} {
		m := school()
		if got := brief(lint(t, desk(m, m), automatic(tt.rule))); got != tt.want {
			t.Errorf("%v: %s\n got %s\nwant %s", tt.rule, tt.why, got, tt.want)
		}
	}
}

// brief is findings without their texts, and with a blank pointer left out.
func brief(found []insight.Finding) string {
	list := make([]string, len(found))
	for i, f := range found {
		list[i] = strings.TrimSpace(f.Severity.String() + " " + f.Code + " " + f.Pointer)
	}
	return strings.Join(list, ", ")
}

func TestNothingIsSaidOfAnInnocentRule(t *testing.T) {
	for _, rule := range []groups.Criteria{
		groups.AnySets(groups.All(groups.Everyone{})),
		groups.AnySets(groups.All(title.Is("sales"))),
		groups.AnySets(groups.All(title.Contains("sal"), site.IsNot("paris"))),
		groups.AnySets(groups.All(title.StartsWith("s"), title.EndsWith("s"), title.Contains("p").Not())),
		groups.AnySets(groups.All(title.Contains("sal"), title.IsNot("Support"))),
		groups.AnySets(groups.All(title.Contains("sal"), title.Contains("ale"))),
		groups.AnySets(groups.All(title.Is("sales")), groups.All(points.AtLeast(5))),
		groups.AllSets(groups.Any(title.Is("sales"), title.Is("support")), groups.All(points.AtLeast(5))),
		groups.AnySets(groups.All(points.Between(1, 3)), groups.All(points.Between(2, 5))),
		groups.AnySets(groups.All(tags.Is("new"), tags.Is("vip"))),
		groups.AnySets(groups.All(tags.Is("new"), tags.Is("vip").Not())),
		groups.AnySets(groups.All(skills.IncludesAll("go", "sql")), groups.All(skills.IsExactly("sql"))),
		groups.AnySets(groups.All(hired.InLast(3, groups.Months))),
		groups.AnySets(groups.All(hired.InLast(3, groups.Months), hired.Before(day(2025, 12, 1)))),
		groups.AnySets(groups.All(hired.Before(day(2021, 1, 1)))),
		groups.AnySets(groups.All(hired.Between(day(2025, 1, 1), day(2026, 1, 1)))),
		groups.AnySets(groups.All(branch.Is("dach")), groups.All(branch.Below("dach"))),
		groups.AnySets(groups.All(branch.IsOrBelow("dach"), branch.Is("vienna").Not())),
		groups.AnySets(groups.All(branch.IsOrBelow("emea", "dach").ToDepth(1))),
		groups.AnySets(groups.All(title.IsEmpty())),
		groups.AnySets(groups.All(title.IsEmpty().Not(), points.Less(5).Not())),
		groups.AnySets(groups.All(groups.Courses("safety").AreEnrolled(), groups.Courses("safety").Are(groups.Completed).Not())),
		groups.AnySets(groups.All(groups.UserIs("ada", "ben"), groups.UserIs("ben"))),
		groups.AnySets(groups.All(works.Is(true)), groups.All(points.Is(5))),
		groups.AnySets(groups.Any(title.Is("sales"), title.IsEmpty())),
		groups.AnySets(groups.All(groups.ID.StartsWith("ad"), groups.ID.EndsWith("da"))),
		groups.AnySets(groups.All(groups.Courses("safety").AreCompleted(groups.CompletionDate.Between(day(2025, 1, 1), day(2025, 12, 1))).Not())),
	} {
		m := school()
		if found := lint(t, desk(m, m), automatic(rule)); len(found) > 0 {
			t.Errorf("%v: %v", rule, found)
		}
	}
	m := school()
	if found := lint(t, desk(m, m), groups.Group{Kind: groups.ManualGroup}); len(found) > 0 {
		t.Errorf("a manual group: %v", found)
	}
}

// owned is a directory in which a tutor has to do with Ada alone.
type owned struct{ *groups.Memory }

func (owned) Scope(_ context.Context, owner string) (groups.Scope, error) {
	if owner == "gone" {
		return nil, errors.New("who is that")
	}
	return func(u *groups.User) groups.Verdict {
		if u.ID == "ada" {
			return groups.Yes
		}
		return groups.No
	}, nil
}

func TestARuleThatTheScopeOfTheOwnerKeepsEverybodyFrom(t *testing.T) {
	m := school()
	d := desk(owned{m}, m)
	for _, tt := range []struct{ owner, title, want string }{
		{"tutor", "support", "warning outOfScope"},
		{"tutor", "sales", ""},
		{"gone", "support", ""}, // nobody can say, so that it may be
		{"", "support", ""},
	} {
		g := automatic(groups.AnySets(groups.All(title.Is(tt.title))))
		g.Owner = tt.owner
		if got := brief(lint(t, d, g)); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

// A day is past once it is so in the group's zone, and where the group names none, everywhere.
func TestADayIsPastByTheZoneOfTheGroup(t *testing.T) {
	m := school()
	for zone, want := range map[string]string{
		"":                   "",
		"Europe/Berlin":      "notice windowPast /sets/0/conditions/0/to",
		"Pacific/Pago_Pago":  "",
		"Pacific/Kiritimati": "notice windowPast /sets/0/conditions/0/to",
	} {
		g := automatic(groups.AnySets(groups.All(hired.Between(day(2020, 1, 1), day(2025, 12, 31)))))
		g.Zone = zone
		if got := brief(lint(t, desk(m, m), g)); got != want {
			t.Errorf("%q: %q, want %q", zone, got, want)
		}
	}
}

// On 31 March a month ago is the end of February, which is three days before 31 February would be.
func TestMonthsEndWhereTheyDo(t *testing.T) {
	m := school()
	march := func() time.Time { return time.Date(2026, 3, 31, 9, 0, 0, 0, time.UTC) }
	d := insight.New(groups.NewEvaluator(m, m, &groups.Options{Now: march}), m, m)
	for _, tt := range []struct {
		days int
		want string
	}{{31, "error contradiction"}, {32, "warning nobody"}} { // on 28 February alone
		g := automatic(groups.AnySets(groups.All(hired.Ago(1, groups.Months), hired.InLast(tt.days, groups.Days))))
		g.Zone = "UTC"
		if got := brief(lint(t, d, g)); got != tt.want {
			t.Errorf("%d days: %q, want %q", tt.days, got, tt.want)
		}
	}
}

func TestNoUnitOfARingIsWithinAnother(t *testing.T) {
	w := hidden{oracle.World{Schema: &groups.Schema{}, Users: []groups.User{{ID: "ada", Units: map[groups.Tree][]string{branch: {"a"}}}, {ID: "ben"}}, Units: []groups.Unit{
		{Tree: branch, ID: "a", Parent: "b"}, {Tree: branch, ID: "b", Parent: "a"}, {Tree: branch, ID: "c", Parent: "b"},
	}}}
	got := brief(lint(t, desk(w, groups.NewMemory()), automatic(groups.AnySets(groups.All(branch.IsOrBelow("a", "b", "c"))))))
	if want := "notice unitWithin /sets/0/conditions/0/units/2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCriteriaThatDoNotCheckAreRefusedWithAllProblems(t *testing.T) {
	m := school()
	c := groups.AnySets(groups.All(groups.TextField("nosuch").Is("a"), title.Is(" ")), groups.All())
	found, err := desk(m, m).Lint(t.Context(), automatic(c))
	broken, is := errors.AsType[*groups.CriteriaError](err)
	if !is || len(broken.Problems) != 3 || found != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// faulty fails where it is told to.
type faulty struct {
	*groups.Memory
	at string
}

var errFault = errors.New("went dead")

func (f faulty) Schema(ctx context.Context) (*groups.Schema, error) {
	if f.at == "schema" {
		return nil, errFault
	}
	return f.Memory.Schema(ctx)
}

func (f faulty) Units(ctx context.Context) iter.Seq2[groups.Unit, error] {
	if f.at == "units" {
		return func(yield func(groups.Unit, error) bool) { yield(groups.Unit{}, errFault) }
	}
	return f.Memory.Units(ctx)
}

func (f faulty) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	if f.at == "user" {
		return groups.User{}, errFault
	}
	return f.Memory.User(ctx, id)
}

func (f faulty) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	if f.at == "users" {
		return func(yield func(groups.User, error) bool) { yield(groups.User{}, errFault) }
	}
	return f.Memory.Users(ctx)
}

func (f faulty) Group(ctx context.Context, id groups.GroupID) (groups.Group, error) {
	if f.at == "group" && id == "g" {
		return groups.Group{}, errFault
	}
	return f.Memory.Group(ctx, id)
}

func (f faulty) Apply(context.Context, groups.Commit) error { return errors.New("written to") }

func TestAnErrorOfASourceLeavesNoFindings(t *testing.T) {
	for _, at := range []string{"schema", "units", "user", "users", "group"} {
		f := faulty{school(), at}
		d := desk(struct{ groups.Directory }{f}, struct{ groups.Store }{f})
		rule := groups.AnySets(groups.All(groups.UserIs("ada"), groups.MemberOfAny("g"), branch.Is("dach"), title.Is("nosuch")))
		if found, err := d.Lint(t.Context(), automatic(rule)); !errors.Is(err, errFault) || found != nil {
			t.Errorf("%s: %v, %v", at, found, err)
		}
	}
	m := school()
	g := automatic(groups.AnySets(groups.All(title.Is("sales"))))
	g.Zone = "Nowhere/Here"
	if _, err := desk(m, m).Lint(t.Context(), g); !errors.Is(err, groups.ErrGroup) {
		t.Errorf("a zone that does not exist: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := desk(m, m).Lint(ctx, automatic(groups.AnySets(groups.All(title.Is("sales"))))); !errors.Is(err, context.Canceled) || found != nil {
		t.Errorf("cancelled: %v, %v", found, err)
	}
}

func TestLintWritesNothing(t *testing.T) {
	f := faulty{school(), ""}
	version, err := f.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := lint(t, desk(f, f), automatic(groups.AnySets(groups.All(title.Is("sales"), points.Greater(100)), groups.All(branch.Is("gone")))))
	if len(found) == 0 {
		t.Error("nothing found")
	}
	if now, err := f.Version(t.Context()); now != version || err != nil {
		t.Errorf("version %s was %s, %v", now, version, err)
	}
}

// A rule as large as rules get takes no more than its share: what cannot be proved in time is not said.
func TestALargeRuleIsLookedAtToo(t *testing.T) {
	m := school()
	var c groups.Criteria
	c.Match = groups.MatchAny
	for i := range 50 {
		set := groups.All(title.Is("sales"))
		for j := range 9 {
			set.Conditions = append(set.Conditions, groups.FieldCondition{Field: "points", Test: groups.Test{Op: "less", Values: []groups.Literal{groups.Lit(10*j + i)}}})
		}
		c.Sets = append(c.Sets, set)
	}
	found := lint(t, desk(m, m), automatic(c))
	within := slices.DeleteFunc(found, func(f insight.Finding) bool { return f.Code != "subsumedSet" })
	if len(within) != 49 {
		t.Errorf("%d sets within others, of 49", len(within))
	}
	if len(within) > 0 && within[len(within)-1].Pointer != "/sets/48" {
		t.Errorf("not in the order of the criteria: %v", within)
	}
}

func TestAFindingIsPlainDataAndOneLine(t *testing.T) {
	m := school()
	found := lint(t, desk(m, m), automatic(groups.AnySets(groups.All(title.Is("sales", "salse")), groups.All(points.Less(1), points.Greater(1)))))
	data, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	var back []insight.Finding
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(found, back); diff != "" {
		t.Error(diff)
	}
	for _, f := range found {
		if s := f.String(); strings.Contains(s, "\n") || !strings.Contains(s, f.Code) {
			t.Errorf("%q", s)
		}
	}
	if err := json.Unmarshal([]byte(`{"severity":"fatal"}`), new(insight.Finding)); err == nil {
		t.Error("a severity that does not exist was read")
	}
}
