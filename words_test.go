package groups_test

import (
	"testing"
	"time"

	"github.com/grouprules/groups"
)

func TestWords(t *testing.T) {
	const (
		title  groups.TextField        = "job_title"
		place  groups.ChoiceField      = "location"
		skills groups.MultiChoiceField = "skills"
		score  groups.NumberField      = "score"
		hired  groups.DateField        = "hire_date"
		seen   groups.InstantField     = "last_seen"
		leads  groups.BoolField        = "leads"
		org    groups.Tree             = "org_unit"
	)
	newYear := groups.NewDate(2026, time.January, 1)
	sales, recent := title.Contains("sales"), hired.InLast(90, groups.Days)
	year := groups.CompletionDate.InLast(12, groups.Months)
	courses, three := groups.Courses("onboarding", "safety"), groups.Courses("a", "b", "c").AtLeast(2)

	for _, tc := range []struct {
		c    groups.Condition
		want string
	}{
		{sales, "job title contains sales"},
		{title.Is("a", "b", "c"), "job title is a, b or c"},
		{title.IsNot("a"), "job title is not a (people with no job title included)"},
		{title.IsNot("a", "b"), "job title is none of a, b (people with no job title included)"},
		{title.StartsWith("a", "b").Not(), "job title starts with none of a, b (people with no job title included)"},
		{title.EndsWith("a").WhenEmpty(groups.NoMatch), "job title ends with a (people with no job title left out)"},
		{title.Matches(`^\w+ "x"$`), "job title matches `^\\w+ \"x\"$`"},
		{title.Contains("a").Not().WhenEmpty(groups.NoMatch), "job title does not contain a (people with no job title left out)"},
		{title.IsEmpty(), "job title is empty"},
		{title.IsEmpty().Not(), "job title is not empty"},
		{groups.ID.IsNot("u1"), "id is not u1"},
		{title.Is("R&D, Sales", "a or b", " x ", "", "everyone (all)"), `job title is "R&D, Sales", "a or b", " x ", "" or "everyone (all)"`},
		{title.Is("a\nAND everyone", "\u202e", "\xff"), `job title is "a\nAND everyone", "\u202e" or "\xff"`},
		{title.Is("日本", "Straße 1"), "job title is 日本 or Straße 1"},
		{place.IsNot("remote").WhenEmpty(groups.NoMatch), "location is not remote (people with no location left out)"},
		{skills.IncludesAny("go", "sql"), "skills includes go or sql"},
		{skills.IncludesAll("go", "sql", "css"), "skills includes go, sql and css"},
		{skills.IncludesAll("go", "sql").Not(), "skills does not include all of go, sql (people with no skills included)"},
		{skills.IsExactly("go", "sql"), "skills is exactly go and sql"},
		{skills.IsExactly("go").Not(), "skills is not exactly go (people with no skills included)"},
		{score.Is(1, 2.5), "score is 1 or 2.5 (people with no score left out)"},
		{score.AtLeast(5), "score is at least 5 (people with no score left out)"},
		{score.Less(5).Not(), "score is not less than 5 (people with no score included)"},
		{score.Between(1, 5), "score is between 1 and 5 (people with no score left out)"},
		{recent, "hire date in the last 90 days (people with no hire date left out)"},
		{hired.InNext(1, groups.Weeks), "hire date in the next 1 week (people with no hire date left out)"},
		{hired.Ago(1, groups.Years).Not(), "hire date not 1 year or more ago (people with no hire date included)"},
		{hired.Ahead(2, groups.Months), "hire date more than 2 months ahead (people with no hire date left out)"},
		{hired.AnniversaryWithin(7, groups.Days), "hire date with an anniversary in the next 7 days (people with no hire date left out)"},
		{hired.AnniversaryWithin(1, groups.Days).Not(), "hire date without an anniversary in the next 1 day (people with no hire date included)"},
		{hired.On(newYear), "hire date on 2026-01-01 (people with no hire date left out)"},
		{hired.OnOrBefore(newYear).WhenEmpty(groups.Matches), "hire date on or before 2026-01-01 (people with no hire date included)"},
		{hired.Between(newYear, groups.NewDate(2026, 3, 31)).Not(), "hire date not between 2026-01-01 and 2026-03-31 (people with no hire date included)"},
		{seen.After(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)), "last seen after 2026-01-01T09:00:00Z (people with no last seen left out)"},
		{leads.Is(true), "leads is true"},
		{org.Is("emea", "apac"), "org unit is emea or apac"},
		{org.IsOrBelow("emea").ToDepth(2), "org unit is or below emea (2 levels)"},
		{org.Below("emea").ToDepth(1).Not(), "org unit is not below emea (1 level; people with no org unit included)"},
		{org.IsOrBelow("emea").Not(), "org unit is neither emea nor below it (people with no org unit included)"},
		{org.IsOrBelow("emea", "apac").Not(), "org unit is none of emea, apac nor below them (people with no org unit included)"},
		{org.IsNot("emea").WhenEmpty(groups.NoMatch), "org unit is not emea (people with no org unit left out)"},
		{org.IsEmpty().Not(), "org unit is not empty"},
		{groups.UserIs("u1"), "user is u1"},
		{groups.UserBelow("u1"), "reports to u1, directly or not"},
		{groups.UserBelow("u1", "u2").ToDepth(1), "reports to u1 or u2 directly"},
		{groups.UserBelow("u1").ToDepth(3).Not(), "does not report to u1, within 3 levels"},
		{groups.UserIsOrBelow("u1"), "user is u1 or reports to u1, directly or not"},
		{groups.UserIsOrBelow("u1", "u2").Not(), "user neither is one of u1, u2 nor reports to one of them, directly or not"},
		{groups.HasReports(), "has reports"},
		{groups.HasReports().Not(), "has no reports"},
		{courses.AreCompleted(year), "completed onboarding or safety in the last 12 months"},
		{courses.All().AreCompleted(year), "completed onboarding and safety in the last 12 months"},
		{courses.AreCompleted(hired.Before(newYear)).Not(), "completed none of onboarding, safety before 2026-01-01"},
		{courses.All().AreCompleted(year.Not()).Not(), "did not complete all of onboarding, safety not in the last 12 months"},
		{courses.AreEnrolled().Not(), "enrolled in none of onboarding, safety"},
		{groups.Courses("a").AreEnrolled().Not(), "not enrolled in a"},
		{three.AreEnrolled(), "enrolled in at least 2 of a, b, c"},
		{three.Are("completed", "failed"), "has status completed or failed in at least 2 of a, b, c"},
		{three.Are("completed").Not(), "has status completed in fewer than 2 of a, b, c"},
		{groups.Courses("a").Are("failed").Not(), "does not have status failed in a"},
		{groups.MemberOfAny("g1"), "member of g1"},
		{groups.MemberOfAny("g1").WithBelow(), "member of g1 or a group below it"},
		{groups.MemberOfAny("g1", "g2").WithBelow(), "member of g1 or g2 (groups below them count)"},
		{groups.MemberOfAll("g1", "g2"), "member of g1 and g2"},
		{groups.MemberOfAny("g1", "g2").Not(), "member of none of g1, g2"},
		{groups.MemberOfAll("g1", "g2").Not(), "not a member of all of g1, g2"},
		{groups.StatusIs(groups.StatusActive), "status is active"},
		{groups.StatusIs(groups.StatusDeactivated, groups.StatusExpired).Not(), "status is none of deactivated, expired"},
		{groups.Everyone{}, "everyone"},
		{title.Is(), "job title is nothing"},
		{groups.FieldCondition{Field: "a\nb", Test: groups.Test{Op: "resembles", Values: []groups.Literal{groups.Lit("x")}}},
			`a\nb "resembles" x (people with no a\nb left out)`},
		{groups.UserCondition{Op: "is\n"}, `user "is\n" nothing`},
	} {
		if got := tc.c.String(); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
		if got := groups.AllSets(groups.All(tc.c)).String(); got != tc.want {
			t.Errorf("as criteria %s\nwant %s", got, tc.want)
		}
	}
}

func TestWordsOfSets(t *testing.T) {
	const a, b, c, d = groups.TextField("a"), groups.TextField("b"), groups.TextField("c"), groups.TextField("d")
	w, x, y, z := a.Is("1"), b.Is("2"), c.Is("3"), d.Is("4")
	for _, tc := range []struct {
		c    groups.Criteria
		want string
	}{
		{groups.Criteria{}, "nobody"},
		{groups.AllSets(groups.All(groups.Everyone{})), "everyone"},
		{groups.AllSets(groups.Any(w, x)), "a is 1 OR b is 2"},
		{groups.AnySets(groups.All(w, x), groups.Any(y, z)), "(a is 1 AND b is 2) OR (c is 3 OR d is 4)"},
		{groups.AllSets(groups.Any(w, x), groups.All(y)), "(a is 1 OR b is 2) AND c is 3"},
		{groups.AllSets(groups.All(), groups.All(nil)), "no condition AND no condition"},
	} {
		if got := tc.c.String(); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}

func TestDescribeKnowsLabels(t *testing.T) {
	schema := &groups.Schema{Fields: []groups.Field{
		{Name: "job_title", Type: groups.TypeText, Label: "Job title"},
		{Name: "location", Type: groups.TypeChoice, Options: []groups.Option{{ID: "7", Label: "Remote"}, {ID: "8", Label: "Bonn, DE"}, {ID: "9"}}},
		{Name: "hired", Type: groups.TypeDate, Label: "Date of hire"},
	}}
	c := groups.AllSets(groups.All(
		groups.TextField("job_title").Contains("sales"),
		groups.ChoiceField("location").IsNot("7", "8", "9", "10"),
		groups.DateField("hired").InLast(90, groups.Days),
		groups.Email.EndsWith("example.com"),
		groups.TextField("gone_field").Is("x")))
	const want = `Job title contains sales AND location is none of Remote, "Bonn, DE", 9, 10 (people with no location included)` +
		` AND Date of hire in the last 90 days (people with no Date of hire left out) AND email ends with example.com AND gone field is x`
	if got := schema.Describe(c); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
