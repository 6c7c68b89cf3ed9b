package dialect

import "slices"

// cornerstone is Cornerstone OnDemand.
func cornerstone() Product {
	const absolute = "days that are named, none relative to today"
	later := Gap{unsaid + "whether units that are made later count", "they do, wherever they are put beneath"}
	line := Gap{`it takes in "all of their direct reports in the organization", and ` + unsaid + "whether that is one level or all who report to them in turn",
		"all of them; with depth 1 only those who report to the user directly, which whoever moves a rule has to ask for"}
	equals := []string{"Equal to", "is", "Not equal to", "isNot"}
	return Product{
		Name:  "Cornerstone",
		Pages: []string{"Group - Create/Edit", "Group - Add Criteria", "Use Case - Multiple Checkbox Criteria in Groups", "Use Case - Create a Dynamic New Hire Group"},
		Combines: "A group has everybody who meets one combination of criteria at least, and a combination is met where all of its criteria are: " +
			"any of several sets, each of which is all of its conditions. There may be 50 criteria in all; here, 50 sets of 10. " +
			"Users who are added by name are assignments here, not conditions.",
		General: []Gap{
			{unsaid + "whether people with no value meet a negative operator; that of multiple checkboxes could not be read to its end", `they do; "whenEmpty": "noMatch" leaves them out`},
			{unsaid + "whether texts compare with regard to case and white space", "neither counts, unless the field is exact"},
			{unsaid + "whether a criterion can name several values, but for multiple checkboxes", "several are any of them, and negated none of them"},
			{"groups are processed once a day, in UTC", "days turn in the zone of the group, which is UTC unless another is named"},
		},
		Rows: slices.Concat(
			rows("Checkbox", "field", "bool", "", Gap{}, equals...),
			rows("Date field", "field", "date", absolute, Gap{},
				"On", "on", "Not on", "notOn", "Before", "before", "After", "after", "On or before", "onOrBefore", "On or after", "onOrAfter"),
			rows("Multiple checkbox", "field", "multiChoice", "", Gap{},
				"Includes any of", "includesAny", "Includes all of", "includesAll", "Is exact match", "isExactly",
				"Does not include any of", "notIncludesAny", "Does not include all of", "notIncludesAll", "Is not exact match", "isNotExactly"),
			rows("Number", "field", "number", "", Gap{}, append(equals,
				"Less than", "less", "Less than or equal", "atMost", "Greater than", "greater", "Greater than or equal", "atLeast")...),
			rows("Radio button", "field", "choice", "", Gap{}, equals...),
			rows("Drop-down", "field", "choice", "", Gap{}, equals...),
			rows("Short text box", "field", "text", "", Gap{}, append(equals, "Starts with", "startsWith")...),
			rows("Scrolling text box", "field", "text", "", Gap{}, append(equals, "Starts with", "startsWith")...),
			rows("OU", "unit", "", "", Gap{}, "Is", "is", "Is not", "isNot"),
			rows("OU", "unit", "", "no depth", later, "Below", "below", "Is or below", "isOrBelow", "Is not or below", "isNotOrBelow"),
			rows("User", "user", "", "", Gap{}, "Is", "is", "Is not", "isNot"),
			inexact(rows("User", "user", "", "", line, "Is or below", "isOrBelow", "Is not or below", "isNotOrBelow")),
		),
		Unmapped: []Gap{
			{"the standard fields Employment Status, User Type, User Sub-Type, Leave Type, Absent and Role can be asked; " + unsaid + "with which operators",
				"no row: whoever moves a rule takes the rows of the kind of field it is here"},
		},
		Without: []Missing{
			{"field", "text", []string{"notStartsWith", "contains", "notContains", "endsWith", "notEndsWith", "matches", "notMatches", "isEmpty", "isNotEmpty"},
				"a text can be equal to or start with something, and no operator asks for empty ones"},
			{"field", "choice", []string{"isEmpty", "isNotEmpty"}, "no operator asks for empty values"},
			{"field", "bool", []string{"isEmpty", "isNotEmpty"}, "no operator asks for empty values"},
			{"field", "multiChoice", []string{"isEmpty", "isNotEmpty"}, "no operator asks for empty values"},
			{"field", "number", []string{"notLess", "notAtMost", "notAtLeast", "notGreater", "between", "notBetween", "isEmpty", "isNotEmpty"},
				"between is two criteria of one combination; the opposite of less than is another operator, which tells people with no value otherwise"},
			{"field", "date", []string{"notBefore", "notAfter", "notOnOrBefore", "notOnOrAfter", "between", "notBetween", "inLast", "notInLast", "inNext", "notInNext",
				"ago", "notAgo", "ahead", "notAhead", "anniversaryWithin", "notAnniversaryWithin", "isEmpty", "isNotEmpty"},
				"no day is relative to today: the page makes a group of new hires with two days that are named, anew each year"},
			{"field", "instant", nil, "no field has a time of day"},
			{"unit", "", []string{"notBelow", "isEmpty", "isNotEmpty"}, "the five operators are all there are"},
			{"user", "", []string{"below", "notBelow", "hasReports", "notHasReports"}, "the four operators are all there are"},
			{"enrollment", "", nil, "criteria are about organizational units, users and their fields"},
			{"group", "", nil, unsaid + "that a group can be a criterion"},
			{"status", "", nil, "no criterion asks for it; users who were added by name leave when they become inactive, which is a policy here"},
			{"everyone", "", nil, unsaid + "how everybody is meant"},
		},
	}
}
