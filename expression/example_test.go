package expression_test

import (
	"fmt"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/expression"
)

func ExampleParse() {
	people := &groups.Schema{
		Fields: []groups.Field{{Name: "department", Type: groups.TypeText}, {Name: "hire_date", Type: groups.TypeDate}},
		Trees:  []groups.Tree{"branch"},
	}
	o := &expression.Options{Properties: map[string]string{"employeeHireDate": "hire_date"}}
	parsed, err := expression.Parse(people,
		`user.accountEnabled -eq true -and (user.department -ne "Sales" -or user.employeeHireDate -le system.now -minus p90d)`, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(people.Describe(parsed.Criteria))
	for _, n := range parsed.Notes {
		fmt.Println(n)
	}

	_, err = expression.Parse(people, `user.departement -eq "Sales" -or unit.branch -under ["emea"]`, o)
	fmt.Println(err)
	// Output:
	// status is active AND (department is not Sales (people with no department included) OR hire date 90 days or more ago (people with no hire date left out))
	// line 1, column 6: status: accountEnabled became the status of users: active or deactivated, whether expired or not
	// line 1, column 41: text: texts compare without regard to case, as in Entra, and to white space at the ends and its amount between words, of which Entra does not speak
	// line 1, column 52: missing: people with no department are taken in; Entra does not say what it does; asking for -ne null as well leaves them out
	// line 1, column 90: day: the day of hire_date is compared with today in the zone of the group; Entra compares moments
	// line 1, column 6: unknown: no field "departement"
	// line 1, column 46: operator: no operator "-under" for unit
}

func ExamplePrint() {
	department, branch := groups.TextField("department"), groups.Tree("branch")
	people := &groups.Schema{Fields: []groups.Field{{Name: "department", Type: groups.TypeText}}, Trees: []groups.Tree{branch}}
	text, err := expression.Print(people, groups.AnySets(
		groups.All(department.IsNot("Sales").WhenEmpty(groups.NoMatch), branch.IsOrBelow("emea").ToDepth(2)),
		groups.All(groups.Courses("safety", "privacy").All().AreCompleted(groups.CompletionDate.InLast(12, groups.Months))),
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(text)
	// Output:
	// ((user.department -ne "Sales" -whenEmpty noMatch) -and (unit.branch -isOrBelow ["emea"] -depth 2)) -or ((courses -all ["safety", "privacy"] -completed (_ -inLast p12m)))
}
