package expression_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/expression"
)

// office is the schema of a host that took over people from Entra.
func office() *groups.Schema {
	return &groups.Schema{
		Fields: []groups.Field{
			{Name: "department", Type: groups.TypeText}, {Name: "jobTitle", Type: groups.TypeText}, {Name: "city", Type: groups.TypeText},
			{Name: "employeeId", Type: groups.TypeText, Exact: true}, {Name: "otherMails", Type: groups.TypeText, Several: true},
			{Name: "site", Type: groups.TypeChoice}, {Name: "skills", Type: groups.TypeMultiChoice}, {Name: "grade", Type: groups.TypeNumber},
			{Name: "employeeHireDate", Type: groups.TypeDate}, {Name: "lastSignIn", Type: groups.TypeInstant}, {Name: "remote", Type: groups.TypeBool},
			{Name: "secret", Type: groups.TypeText, NotForCriteria: true},
		},
		Trees: []groups.Tree{"branch"},
	}
}

// conditions is the JSON of one set whose conditions all must hold.
func conditions(list ...string) string {
	return `{"match":"all","sets":[{"match":"all","conditions":[` + strings.Join(list, ",") + `]}]}`
}

// sets is the JSON of several sets.
func sets(match string, list ...string) string {
	return `{"match":"` + match + `","sets":[` + strings.Join(list, ",") + `]}`
}

// set is one of several sets.
func set(match string, list ...string) string {
	return `{"match":"` + match + `","conditions":[` + strings.Join(list, ",") + `]}`
}

const (
	sales      = `{"kind":"field","field":"department","op":"is","values":["Sales"]}`
	marketing  = `{"kind":"field","field":"department","op":"is","values":["Marketing"]}`
	engineer   = `{"kind":"field","field":"jobTitle","op":"startsWith","values":["Engineer"]}`
	noEngineer = `{"kind":"field","field":"jobTitle","op":"notStartsWith","values":["Engineer"]}`
	lagos      = `{"kind":"field","field":"city","op":"is","values":["Lagos"]}`
)

// Rules of the product as its administrators write them, after what its public pages say of the syntax.
var entraRules = []struct {
	why, rule string
	want      string // the criteria, or what is wrong, one a line
	notes     string
}{
	// One comparison.
	{"the simplest rule", `user.department -eq "Sales"`, conditions(sales), "text"},
	{"parentheses are optional", `(user.department -eq "Sales")`, conditions(sales), "text"},
	{"operators do without the hyphen, and in any case", `user.department EQ "Sales"`, conditions(sales), "text"},
	{"word processors make dashes of hyphens", `user.department –eq "Sales"`, conditions(sales), "text"},
	{"single quotes will do", `user.department -eq 'Sales'`, conditions(sales), "text"},
	{"without a space", `user.department -eq"Sales"`, conditions(sales), "text"},
	{"not equal takes in whoever has none", `user.department -ne "Sales"`,
		conditions(`{"kind":"field","field":"department","op":"isNot","values":["Sales"]}`), "missing text"},
	{"which can be said otherwise", `user.department -ne "Sales" -whenEmpty noMatch`,
		conditions(`{"kind":"field","field":"department","op":"isNot","values":["Sales"],"whenEmpty":"noMatch"}`), "text"},
	{"a double quote behind a backtick", "user.department -eq \"`\"Sales`\"\"",
		conditions(`{"kind":"field","field":"department","op":"is","values":["\"Sales\""]}`), "text"},
	{"a single quote is doubled", `user.department -eq "Children''s ward"`,
		conditions(`{"kind":"field","field":"department","op":"is","values":["Children's ward"]}`), "text"},
	{"one of several", `user.department -in ["Sales", "Marketing"]`,
		conditions(`{"kind":"field","field":"department","op":"is","values":["Sales","Marketing"]}`), "text"},
	{"none of several", `user.department -notin ["Sales", "Marketing"]`,
		conditions(`{"kind":"field","field":"department","op":"isNot","values":["Sales","Marketing"]}`), "missing text"},
	{"a part", `user.department -notContains "ale"`,
		conditions(`{"kind":"field","field":"department","op":"notContains","values":["ale"]}`), "missing text"},
	{"the end of a text", `user.mail -notEndsWith "@example.com"`,
		conditions(`{"kind":"field","field":"email","op":"notEndsWith","values":["@example.com"]}`), "missing text"},
	{"a pattern", `user.displayName -match "^Da.*"`,
		conditions(`{"kind":"field","field":"name","op":"matches","values":["^Da.*"]}`), "pattern"},
	{"codes tell upper from lower case", `user.employeeId -startsWith "EX"`,
		conditions(`{"kind":"field","field":"employeeId","op":"startsWith","values":["EX"]}`), "case"},
	{"choices go by their IDs", `user.site -eq "lagos"`,
		conditions(`{"kind":"field","field":"site","op":"is","values":["lagos"]}`), "case"},
	{"by another name here", `user.state -eq "Lagos"`, conditions(lagos), "text"},
	{"somebody without", `user.department -eq null`, conditions(`{"kind":"field","field":"department","op":"isEmpty"}`), ""},
	{"somebody with", `user.department -ne null`, conditions(`{"kind":"field","field":"department","op":"isNotEmpty"}`), ""},
	{"the old form of null", `user.department -ne $NULL`, conditions(`{"kind":"field","field":"department","op":"isNotEmpty"}`), ""},
	{"in quotes it is a word", `user.department -eq "null"`,
		conditions(`{"kind":"field","field":"department","op":"is","values":["null"]}`), "text"},

	// What is no field here.
	{"all users", `user.objectId -ne null`, conditions(`{"kind":"everyone"}`), ""},
	{"one user", `user.objectId -eq "u17"`, conditions(`{"kind":"field","field":"id","op":"is","values":["u17"]}`), "case"},
	{"accounts that are on", `user.accountEnabled -eq true`, conditions(`{"kind":"status","op":"is","statuses":["active"]}`), "status"},
	{"accounts that are off", `user.accountEnabled -eq false`, conditions(`{"kind":"status","op":"is","statuses":["deactivated"]}`), "status"},
	{"members of other groups", `user.memberOf -any (group.objectId -in ['g1', 'g2'])`,
		conditions(`{"kind":"group","op":"memberOfAny","groups":["g1","g2"]}`), "memberOf"},
	{"who reports to somebody", `Direct Reports for "u17"`, conditions(`{"kind":"user","op":"below","users":["u17"],"depth":1}`), "directReports"},

	// Collections.
	{"some value", `user.otherMails -any (_ -startsWith "ada@")`,
		conditions(`{"kind":"field","field":"otherMails","op":"startsWith","values":["ada@"]}`), "text"},
	{"some value, without saying so", `user.otherMails -startsWith "ada@"`,
		conditions(`{"kind":"field","field":"otherMails","op":"startsWith","values":["ada@"]}`), "several text"},
	{"no value", `user.otherMails -all (_ -notEndsWith "@example.com")`,
		conditions(`{"kind":"field","field":"otherMails","op":"notEndsWith","values":["@example.com"]}`), "text"},
	{"some choice", `user.skills -any (_ -in ["go", "sql"])`,
		conditions(`{"kind":"field","field":"skills","op":"includesAny","values":["go","sql"]}`), "case"},
	{"all items are it, or there is none", `user.skills -all (_ -eq "go")`,
		conditions(`{"kind":"field","field":"skills","op":"isExactly","values":["go"],"whenEmpty":"match"}`), "all case"},
	{"some item is another", `user.skills -any (_ -ne "go")`,
		conditions(`{"kind":"field","field":"skills","op":"isNotExactly","values":["go"],"whenEmpty":"noMatch"}`), "all case"},
	{"all values are such", `user.otherMails -all (_ -endsWith "@example.com")`,
		`1:17: unsupported: no operator asks whether all values of otherMails are such, or some are not`, ""},
	{"items have no properties", `user.skills -any (plan.service -eq "SCO" -and plan.status -eq "Enabled")`,
		`1:42: unsupported: only one comparison can be asked of the items of a collection`, ""},
	{"not even one", `user.skills -any (plan.service -eq "SCO")`,
		`1:19: unsupported: of the items of a collection only they themselves can be asked, as in -any (_ -eq "a")`, ""},
	{"one value is no collection", `user.city -any (_ -eq "Lagos")`, `1:11: operator: city has one value, of which "-any" does not ask`, ""},

	// Dates.
	{"hired at least 90 days ago", `user.employeeHireDate -le system.now -minus p90d`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"ago","days":90}`), "day"},
	{"hired since", `user.employeeHireDate -ge system.now -minus P3M`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"notAgo","months":3,"whenEmpty":"noMatch"}`), "day"},
	{"who begins after tomorrow", `user.employeeHireDate -ge system.now -plus p1d`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"ahead","days":1}`), "day"},
	{"who begins by then", `user.employeeHireDate -le system.now -plus p1w`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"notAhead","weeks":1,"whenEmpty":"noMatch"}`), "day"},
	{"who has begun", `user.employeeHireDate -le system.now`,
		sets("all", set("any", `{"kind":"field","field":"employeeHireDate","op":"ago","days":1}`, `{"kind":"field","field":"employeeHireDate","op":"inNext","days":1}`)), "day"},
	{"who has not", `user.employeeHireDate -ge system.now`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"notAgo","days":1,"whenEmpty":"noMatch"}`,
			`{"kind":"field","field":"employeeHireDate","op":"notInNext","days":1,"whenEmpty":"noMatch"}`), "day"},
	{"until a moment", `user.employeeHireDate -le 2020-06-10T18:13:20Z`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"onOrBefore","value":"2020-06-10"}`), "day"},
	{"from a moment in the day", `user.employeeHireDate -ge 2020-06-10T18:13:20Z`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"after","value":"2020-06-10"}`), "day"},
	{"from a midnight", `user.employeeHireDate -ge 2020-06-10T02:00:00+02:00`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"onOrAfter","value":"2020-06-10"}`), "day"},
	{"an instant is a moment", `user.lastSignIn -ge 2020-06-10T18:13:20Z`,
		conditions(`{"kind":"field","field":"lastSignIn","op":"onOrAfter","value":"2020-06-10T18:13:20Z"}`), ""},
	{"a day is no moment", `user.employeeHireDate -eq "2020-06-10T18:13:20Z"`,
		`1:27: operand: "2020-06-10T18:13:20Z" is not a date such as 2026-01-31`, ""},
	{"hours are too short", `user.employeeHireDate -ge system.now -minus pt8h`,
		`1:45: operand: a span of days, weeks, months or years such as p90d, p2w, p6m or p1y must stand here, not "pt8h"`, ""},
	{"now has no equal", `user.employeeHireDate -eq system.now`,
		`1:23: operator: system.now goes with -le and -ge of a date, not with "-eq" of a field of type date`, ""},

	// Several comparisons.
	{"two alternatives", `(user.department -eq "Sales") -or (user.department -eq "Marketing")`, sets("all", set("any", sales, marketing)), "text"},
	{"one of them turned round", `(user.department -eq "Sales") -and -not (user.jobTitle -startsWith "Engineer")`, conditions(sales, noEngineer), "missing text"},
	{"-and binds closer", `user.department -eq "Sales" -and user.city -eq "Lagos" -or user.department -eq "Marketing"`,
		sets("any", set("all", sales, lagos), set("all", marketing)), "text"},
	{"parentheses bind closer still", `user.city -eq "Lagos" -and (user.department -eq "Marketing" -or user.department -eq "Sales")`,
		sets("all", set("all", lagos), set("any", marketing, sales)), "text"},
	{"-not goes inward", `-not (user.jobTitle -startsWith "Engineer" -and user.accountEnabled -eq true)`,
		sets("all", set("any", noEngineer, `{"kind":"status","op":"isNot","statuses":["active"]}`)), "missing text status"},
	{"what is turned round twice is what it was", `-not (-not (user.jobTitle -startsWith "Engineer"))`, conditions(engineer), "text"},
	{"and so is not equal", `-not (user.department -ne "Sales")`, conditions(sales), "text"},
	{"-not takes in whoever has no day", `-not (user.employeeHireDate -ge 2020-06-10T00:00:00Z)`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"notOnOrAfter","value":"2020-06-10"}`), "day missing"},
	{"whatever the day is compared with", `-not (user.employeeHireDate -ge system.now -minus p90d)`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"ago","days":90,"whenEmpty":"match"}`), "day missing"},
	{"today as well", `-not (user.employeeHireDate -le system.now)`,
		conditions(`{"kind":"field","field":"employeeHireDate","op":"notAgo","days":1}`, `{"kind":"field","field":"employeeHireDate","op":"notInNext","days":1}`), "day missing"},
	{"unless the author says", `-not (user.department -eq "Sales" -whenEmpty match)`,
		conditions(`{"kind":"field","field":"department","op":"isNot","values":["Sales"],"whenEmpty":"noMatch"}`), "text"},
	{"of items Entra says", `-not (user.skills -any (_ -eq "go"))`,
		conditions(`{"kind":"field","field":"skills","op":"notIncludesAny","values":["go"]}`), "case"},
	{"three levels become two", `user.city -eq "Lagos" -and (user.department -eq "Marketing" -or (user.department -eq "Sales" -and user.jobTitle -startsWith "Engineer"))`,
		sets("all", set("all", lagos), set("any", marketing, sales), set("any", marketing, engineer)), "rearranged text"},

	// What is refused.
	{"a property that the host does not have", `user.usageLocation -eq "NG"`, `1:6: unknown: no field "usageLocation"`, ""},
	{"a field that is not for rules", `user.secret -eq "x"`, `1:6: unknown: field "secret" is not for criteria`, ""},
	{"property names tell upper from lower case", `user.Department -eq "Sales" -or user.objectid -eq "u1" -or user.ACCOUNTENABLED -eq true -or user.State -eq "x"`,
		`1:6: unknown: no field "Department"; there is "department"
1:38: unknown: no field "objectid"; there is "objectId"
1:65: unknown: no field "ACCOUNTENABLED"; there is "accountEnabled"
1:98: unknown: no field "State"; there is "state"`, ""},
	{"other variables", `user.department -eq $nul`, `1:21: syntax: a stray '$'
1:22: operand: not a text`, ""},
	{"a property that is said to be kept where nothing is", `user.office -eq "x"`, `1:6: unknown: "office" is to be kept in "room", and there is no such field`, ""},
	{"devices", `device.deviceOSType -eq "iOS"`, `1:1: unsupported: rules are about users, not about devices`, ""},
	{"a list behind -eq", `user.department -eq ["Sales"]`, `1:17: operand: "-eq" takes one value`, ""},
	{"null with another operator", `user.department -contains null`, `1:17: operator: null goes with -eq and -ne only, not with "-contains"`, ""},
	{"a number is no text", `user.department -eq 5`, `1:21: operand: not a text`, ""},
	{"a text is no number", `user.grade -gt "5"`, `1:16: operand: not a number`, ""},
	{"an operator that does not fit", `user.grade -startsWith "5"`, `1:12: operator: no operator "-startsWith" for a field of type number`, ""},
	{"an operator that does not exist", `user.department -like "Sal*"`, `1:17: operator: no operator "-like" for a field of type text`, ""},
	{"a pattern of another dialect", `user.department -match "(?=x)Sales"`,
		"1:24: operand: error parsing regexp: invalid or unsupported Perl syntax: `(?=`", ""},
	{"nothing", ` `, `1:2: syntax: there is nothing here; nobody is said with nobody`, ""},
	{"a blank text", `user.department -eq ""`, `1:21: operand: blank, or not text in UTF-8`, ""},
	{"everything at once, each at its place", "user.dept -eq \"Sales\" -or (user.grade -gt \"5\" -and user.city ~ 5) -or\n  user.city -in [] -or user.city -eq 'Lagos",
		`1:6: unknown: no field "dept"
1:43: operand: not a number
1:62: syntax: a stray '~'
1:64: syntax: an operator such as -eq must stand here, not "5"
2:18: operand: the list is empty
2:39: syntax: the text that begins here does not end`, ""},
	{"a parenthesis too few", `(user.city -eq "Lagos"`, `1:1: syntax: the parenthesis that begins here does not end`, ""},
	{"a parenthesis too many", `user.city -eq "Lagos")`, `1:22: syntax: ")" where the expression is over`, ""},
	{"columns count characters", `user.city -eq "Łódź" -and user.dept -eq "x"`, `1:32: unknown: no field "dept"`, ""},
}

func TestRulesOfEntraAreReadExactlyOrRefusedWithTheColumn(t *testing.T) {
	for _, test := range entraRules {
		parsed, err := expression.Parse(office(), test.rule, &expression.Options{Properties: map[string]string{"state": "city", "office": "room"}})
		got, notes := "", ""
		if bad, ok := err.(*expression.Error); ok {
			var lines []string
			for _, p := range bad.Problems {
				lines = append(lines, fmt.Sprintf("%d:%d: %s: %s", p.Line, p.Column, p.Code, p.Text))
			}
			got = strings.Join(lines, "\n")
		} else if err != nil {
			t.Errorf("%s: %s: %v", test.why, test.rule, err)
			continue
		} else {
			data, err := json.Marshal(parsed.Criteria)
			if err != nil {
				t.Fatal(err)
			}
			got = string(data)
			var codes []string
			for _, n := range parsed.Notes {
				codes = append(codes, n.Code)
			}
			notes = strings.Join(codes, " ")
		}
		if got != test.want || strings.Join(sorted(notes), " ") != strings.Join(sorted(test.notes), " ") {
			t.Errorf("%s: %s\n got %s [%s]\nwant %s [%s]", test.why, test.rule, got, notes, test.want, test.notes)
		}
	}
}

func sorted(words string) []string {
	list := strings.Fields(words)
	slices.Sort(list)
	return list
}

// What is wrong with each line of the file stands below it, indented: the column, the code and the reason.
func TestWhatIsNoExpressionIsRefusedWithTheColumnAndTheReason(t *testing.T) {
	data, err := os.ReadFile("testdata/refused.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range regexp.MustCompile(`(?m)^\S.*\n(\t.*\n)*`).FindAllString(string(data), -1) {
		text, want, _ := strings.Cut(entry, "\n")
		_, err := expression.Parse(office(), text, nil)
		var bad *expression.Error
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := ""
		for _, p := range bad.Problems {
			got += fmt.Sprintf("\t%d: %s: %s\n", p.Column, p.Code, p.Text)
			if p.Offset != len(string([]rune(text)[:p.Column-1])) {
				t.Errorf("%s: byte %d is not column %d", text, p.Offset, p.Column)
			}
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// Entra does not say what it does where there is no value, however its rules put the question.
func TestNotIsNotedAsTheOppositeOperatorIs(t *testing.T) {
	read := func(text string) (string, string) {
		parsed, err := expression.Parse(office(), text, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		data, err := json.Marshal(parsed.Criteria)
		if err != nil {
			t.Fatal(err)
		}
		var missing []string
		for _, n := range parsed.Notes {
			if n.Code == "missing" {
				missing = append(missing, n.Text)
			}
		}
		return string(data), strings.Join(missing, "\n")
	}
	for _, test := range []struct{ subject, op, opposite, operand string }{
		{"department", "-eq", "-ne", `"Sales"`}, {"department", "-in", "-notIn", `["Sales"]`}, {"jobTitle", "-match", "-notMatch", `"^E"`},
		{"jobTitle", "-contains", "-notContains", `"x"`}, {"site", "-eq", "-ne", `"lagos"`}, {"grade", "-ge", "-notGe", "5"},
		{"employeeHireDate", "-ge", "-notGe", `"2026-01-31"`}, {"employeeHireDate", "-inLast", "-notInLast", "p90d"},
		{"lastSignIn", "-lt", "-notLt", `"2026-01-31T12:00:00Z"`}, {"remote", "-eq", "-ne", "true"}, {"otherMails", "-endsWith", "-notEndsWith", `"x"`},
		{"city", "-eq", "-ne", "null"}, {"objectId", "-eq", "-ne", `"u1"`},
	} {
		for _, pair := range [][2]string{{test.op, test.opposite}, {test.opposite, test.op}} {
			turned := fmt.Sprintf("-not (user.%s %s %s)", test.subject, pair[0], test.operand)
			plain := fmt.Sprintf("user.%s %s %s", test.subject, pair[1], test.operand)
			criteria, notes := read(turned)
			if want, noted := read(plain); criteria != want || notes != noted {
				t.Errorf("%s: %s [%s]\n%s: %s [%s]", turned, criteria, notes, plain, want, noted)
			}
		}
	}
}
