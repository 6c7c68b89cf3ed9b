package scim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/scim"
)

// What a filter cannot be read as is refused with the column and the reason.
func TestAFilterThatDoesNotMapIsRefusedWithItsColumn(t *testing.T) {
	tr := translator(t, nil)
	for filter, want := range map[string]string{
		``:                                       "column 1: not SCIM: an attribute is missing",
		`title`:                                  "column 6: not SCIM: an operator is missing",
		`title eq`:                               "column 9: not SCIM: an operand is missing",
		`title eq Sales`:                         `column 10: not SCIM: "Sales" is no operand`,
		`title like "x"`:                         `column 7: not SCIM: no operator "like"`,
		`title eq "x`:                            "column 10: not SCIM: a text without its end",
		`title eq "\x"`:                          "column 10: not SCIM: no text in quotation marks",
		`(title eq "x"`:                          "column 14: not SCIM: ) is missing",
		`title eq "x" title pr`:                  `column 14: not SCIM: "title" is not expected here`,
		`title eq "x" and`:                       "column 17: not SCIM: an attribute is missing",
		`not title pr`:                           `column 5: not SCIM: no operator "title"`,
		`a.b.c pr`:                               `column 1: not SCIM: "a.b.c" is no attribute`,
		`9a pr`:                                  `column 1: not SCIM: "9a" is no attribute`,
		`nickName eq "x"`:                        "column 1: nickName: does not map: the attribute is not mapped",
		`title pr and (nickName pr)`:             "column 15: nickName: does not map: the attribute is not mapped",
		`title gt "x"`:                           "column 1: title: does not map: gt is not asked of values of type text",
		`title eq 1`:                             "column 1: title: does not map: the operand is no text",
		`title eq null`:                          "column 1: title: does not map: the operand is no text",
		`title eq " "`:                           "column 1: title: does not map: a blank operand",
		`roles.value ne "x"`:                     "column 1: roles.value: does not map: ne of an attribute of many values is asked of one of them; say not (... eq ...)",
		`locale eq "en"`:                         "column 1: locale: does not map: options compare with their case, and the attribute without",
		`meta.created eq "2026-01-01T00:00:00Z"`: "column 1: meta.created: does not map: eq is not asked of values of type instant",
		`meta.created gt "2026"`:                 `column 1: meta.created: does not map: "2026" cannot be read as instant`,
		own + `:born ge "2026-01-01"`:            "column 1: " + own + ":born: does not map: ge is not asked of values of type date",
		own + `:points eq 0.12345678901234567890`: "column 1: " + own + `:points: does not map: "0.12345678901234567890" has more digits than an operand`,
		own + `:points eq 1e999999999`:            "column 1: " + own + `:points: does not map: "1e999999999" cannot be read as number`,
		`active pr`:                               "column 1: active: does not map: it is asked for true or for false",
		`active eq "False"`:                       "column 1: active: does not map: it is asked for true or for false",
		`addresses[type eq "work" and primary eq true and locality eq "x"]`: "column 1: addresses: does not map: of a unit that is not in its tree nobody knows whether somebody sits in it",
		`emails[type eq "home" and value pr]`:                               "column 1: emails: does not map: the attribute is not mapped",
		`emails[type eq "work"]`:                                            "column 1: emails: does not map: a filter of values is mapped where it ends with the comparison of one part of them",
		`not (id pr)`:                                                       "column 6: does not map: no condition says nobody",
		strings.Repeat("(", 40) + "title pr" + strings.Repeat(")", 40):      "column 33: over the limit: more than 32 levels",
		strings.Repeat(`((title pr and title sw "a") or (userName pr and title sw "b")) and `, 40) + "title pr": "column 1: over the limit: written out it is more than a million sets of up to 81 conditions, at most 50 of 10",
		"title eq \"\xff\"": "not SCIM: not UTF-8",
	} {
		c, err := tr.Criteria(filter)
		if fmt.Sprint(err) != "scim: "+want || len(c.Sets) > 0 {
			t.Errorf("%.200s\n got %v\nwant scim: %s", filter, err, want)
		}
	}
	_, err := tr.Criteria(`nickName pr or title gt "x"`)
	if many, is := err.(interface{ Unwrap() []error }); !is || len(many.Unwrap()) != 2 {
		t.Errorf("not all at once: %v", err)
	}
}

// Where case counts on one side only, no filter and no criteria are the same.
func TestTextsOfWhichCaseCountsOnOneSideDoNotMap(t *testing.T) {
	tr := translator(t, func(m *scim.Mapping) {
		for i := range m.Attributes {
			m.Attributes[i].CaseExact = !m.Attributes[i].CaseExact
		}
	})
	for filter, c := range map[string]groups.FieldCondition{
		`title eq "x"`: groups.TextField("title").Is("x"), scim.Enterprise + `:employeeNumber sw "x"`: groups.TextField("number").StartsWith("x"),
	} {
		_, read := tr.Criteria(filter)
		_, written := tr.Filter(groups.AllSets(groups.All(c)))
		for _, err := range []error{read, written} {
			if !errors.Is(err, scim.ErrMapping) || !strings.Contains(fmt.Sprint(err), "case counts in the attribute or in field") {
				t.Errorf("%s: %v", filter, err)
			}
		}
	}
	if _, err := tr.Criteria("title pr"); err != nil {
		t.Errorf("whether there is a text has no case: %v", err)
	}
}

// A rule that no filter says is refused with its place and the reason.
func TestCriteriaThatNoFilterSaysAreRefused(t *testing.T) {
	tr := translator(t, nil)
	title, at := groups.TextField("title"), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for want, c := range map[string]groups.Condition{
		"no filter says matches of values of type text":            title.Matches("x"),
		"a filter answers for who has no value by its operator":    title.IsNot("x").WhenEmpty(groups.NoMatch),
		"no attribute is mapped to field":                          groups.TextField("department").Is("x"),
		"everybody has an ID":                                      groups.ID.IsEmpty(),
		"options compare with their case":                          groups.ChoiceField("loose").Is("x"),
		"no filter says includesAll of values of type multiChoice": groups.MultiChoiceField("skills").IncludesAll("x"),
		"a filter compares instants, and no days":                  groups.DateField("joined").Before(groups.NewDate(2026, 1, 1)),
		"no filter says inLast of values of type instant":          groups.DateField("joined").InLast(1, groups.Days),
		"no filter says after of values of type date":              groups.DateField("born").After(groups.NewDate(2026, 1, 1)),
		"SCIM knows of no expiry":                                  groups.StatusIs(groups.StatusActive, groups.StatusExpired),
		"SCIM knows of no enrollments":                             groups.Courses("c").AreEnrolled(),
		"no filter says of a tree more":                            groups.Tree("site").Is("x"),
		"no filter says who is above whom":                         groups.UserBelow("x"),
		"the groups of a provider are others":                      groups.MemberOfAny("g"),
	} {
		only := translator(t, func(m *scim.Mapping) {
			for i, a := range m.Attributes {
				if a.Field == "department" {
					m.Attributes = append(m.Attributes[:i], m.Attributes[i+1:]...)
					break
				}
			}
		})
		text, err := only.Filter(groups.AnySets(groups.All(title.Is("x")), groups.All(title.Is("y"), c)))
		e, is := errors.AsType[*scim.Error](err)
		if !is || !errors.Is(err, scim.ErrMapping) || e.Path != "/sets/1/conditions/1" || !strings.Contains(e.Text, want) || text != "" {
			t.Errorf("want %q, got %q, %v", want, text, err)
		}
	}
	if _, err := tr.Filter(groups.Criteria{}); !errors.Is(err, scim.ErrMapping) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := tr.Filter(groups.AllSets(groups.All(groups.InstantField("joined").After(at)))); err != nil {
		t.Error(err)
	}
}

// A filter is read as the criteria that a person would write.
func TestAFilterIsReadAsTheCriteriaThatPeopleWouldWrite(t *testing.T) {
	tr := translator(t, nil)
	title, roles, points := groups.TextField("title"), groups.TextField("tags"), groups.NumberField("points")
	active, off := groups.StatusIs(groups.StatusActive), groups.StatusIs(groups.StatusDeactivated)
	many := make([]groups.Condition, 12)
	for i := range many {
		many[i] = title.StartsWith("a")
	}
	for filter, want := range map[string]groups.Criteria{
		`userType eq "staff" and title pr`:                                             groups.AllSets(groups.All(groups.ChoiceField("kind").Is("staff"), title.IsEmpty().Not())),
		`(title eq "a" or title eq "b") and active eq true`:                            groups.AllSets(groups.All(title.Is("a", "b"), active)),
		`title eq "a" or (title sw "b" and active eq false)`:                           groups.AnySets(groups.All(title.StartsWith("b"), off), groups.Any(title.Is("a"))),
		`(title eq "a" or title eq "b") and (active ne true)`:                          groups.AllSets(groups.Any(title.Is("a"), title.Is("b")), groups.All(active.Not())),
		`title ne "a" and not (roles co "x" or roles.value co "y")`:                    groups.AllSets(groups.All(title.IsNot("a"), roles.Contains("x", "y").Not())),
		own + `:points ge 1 and (` + own + `:points ge 1 and ` + own + `:points le 2)`: groups.AllSets(groups.All(points.AtLeast(1), points.Between(1, 2))),
		`emails[type eq "work" and value ew "@b.c"]`:                                   groups.AllSets(groups.All(groups.Email.EndsWith("@b.c"))),
		`not (title pr and (active eq true or roles pr))`: groups.AnySets(
			groups.All(active.Not(), roles.IsEmpty()), groups.Any(title.IsEmpty())),
		`title pr and (title eq "a" or userName eq "b")`: groups.AllSets(
			groups.Any(title.Is("a"), groups.Username.Is("b")), groups.All(title.IsEmpty().Not())),
		`roles pr and (title eq "a" or title co "b")`: groups.AllSets(groups.Any(title.Is("a"), title.Contains("b")), groups.All(roles.IsEmpty().Not())),
		`id pr`: groups.AllSets(groups.All(groups.Everyone{})),
		strings.Repeat(`title sw "a" and `, 11) + `title sw "a"`: groups.AllSets(groups.All(many[:10]...), groups.All(many[10:]...)),
	} {
		c, err := tr.Criteria(filter)
		if diff := cmp.Diff(want, c, cmp.Comparer(func(a, b groups.Literal) bool { return a == b })); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", filter, err, diff)
		}
	}
}
