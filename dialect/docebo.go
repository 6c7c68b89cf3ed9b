package dialect

import "slices"

// docebo is Docebo.
func docebo() Product {
	const additional = "User additional field, "
	shown := func(example string) Gap {
		return Gap{example + ", and no list of operators could be read", "what the page shows"}
	}
	enrolled := rows("Enrollment status", "enrollment", "", "one course", Gap{unsaid + "which statuses can be asked for, and whether several or several courses can be named at once; its example is completed",
		"a condition for each course, with the statuses as the schema calls them"}, "has the status in the course", "is")
	enrolled[0].Ours.Quantifier = "any"
	return Product{
		Name:  "Docebo",
		Pages: []string{"Managing groups", "Enrollment statuses", "Creating and managing user additional fields"},
		Combines: "Conditions are in sets. All conditions of a set must be satisfied, or at least one, and all sets, or at least one: " +
			"match all or any, of the criteria and of each set. There may be 50 sets of 10 conditions, which are the limits here.",
		General: []Gap{
			{"the lists of operators could not be read from the pages, only their examples", "a row for each example, which is not exact"},
			{unsaid + "whether people with no value satisfy a negative operator", `they do; "whenEmpty": "noMatch" leaves them out`},
			{unsaid + "whether texts compare with regard to case and white space", "neither counts, unless the field is exact"},
			{"deactivated users are populated as well, unless the group removes them", "the policy of the group, not a condition"},
		},
		Rows: slices.Concat(
			inexact(enrolled),
			rows("Branch", "unit", "", "", Gap{}, "belongs to one of the branches", "is"),
			inexact(rows("Branch", "unit", "", "the sub-branches that are selected", Gap{unsaid + "whether a sub-branch that is made later counts", "it does"},
				"belongs to one of the branches or their sub-branches", "isOrBelow")),
			rows("Manual group", "group", "", "one group, and a manual one", Gap{"the page shows two options, whose names are not known",
				"they are called by what they do; automatic groups and several are allowed here, and cycles are refused"},
				"included if in the group", "memberOfAny", "excluded if in the group", "notMemberOfAny"),
			inexact(rows(additional+"text", "field", "text", "", shown("its examples are a job title that contains a word, and one that is a word"),
				"contains", "contains", "is", "is")),
			inexact(rows(additional+"dropdown", "field", "choice", "", shown("its example is a location that is a city"), "is", "is")),
			inexact(rows(additional+"country", "field", "choice", "", shown("the value is chosen"), "is", "is")),
			inexact(rows(additional+"yes/no", "field", "bool", "", shown("the value is chosen"), "is", "is")),
			inexact(rows(additional+"date", "field", "date", "days that are named", shown("its example is a hire date that is after a day"), "is after", "after")),
			inexact(rows("User field", "field", "text", "", Gap{unsaid + "which of the standard fields can be asked, or with which operators",
				"username and email are the fields of those names; first and last name are fields of the host's"}, "is", "is")),
		),
		Unmapped: []Gap{
			{"fiscal code is not available to automatic groups, as the page says", "a field that is not for criteria"},
			{"free text: " + unsaid + "how it is asked", "no row"},
			{"uploaded files and iframes have no value that compares", "no row"},
			{"user level, language and the like of the standard fields: " + unsaid + "whether they can be asked", "no row"},
		},
		Without: []Missing{
			{"field", "text", []string{"isNot", "notContains", "startsWith", "notStartsWith", "endsWith", "notEndsWith", "matches", "notMatches", "isEmpty", "isNotEmpty"},
				"no example has them"},
			{"field", "choice", []string{"isNot", "isEmpty", "isNotEmpty"}, "no example has them"},
			{"field", "bool", []string{"isNot", "isEmpty", "isNotEmpty"}, "no example has them; that it is not yes is that it is no, but for people with no value"},
			{"field", "multiChoice", nil, "no additional field holds several options"},
			{"field", "number", nil, "no additional field is a number"},
			{"field", "date", []string{"on", "notOn", "before", "notBefore", "notAfter", "onOrBefore", "notOnOrBefore", "onOrAfter", "notOnOrAfter", "between", "notBetween",
				"inLast", "notInLast", "inNext", "notInNext", "ago", "notAgo", "ahead", "notAhead", "anniversaryWithin", "notAnniversaryWithin", "isEmpty", "isNotEmpty"},
				"no example has them, or shows that days can be relative to today"},
			{"field", "instant", nil, "no additional field has a time of day"},
			{"unit", "", []string{"isNot", "below", "notBelow", "isNotOrBelow", "isEmpty", "isNotEmpty"}, unsaid + "that branches can be excluded, or asked for without themselves"},
			{"user", "", nil, unsaid + "that users or whom they report to can be a condition"},
			{"enrollment", "", []string{"isNot", "enrolled", "notEnrolled", "completed", "notCompleted"}, "no example has them, or asks when a course was completed"},
			{"group", "", []string{"memberOfAll", "notMemberOfAll"}, "a condition names one group; several are conditions of one set"},
			{"status", "", nil, "deactivated users are the group's option, and expiry is not considered"},
			{"everyone", "", nil, unsaid + "how everybody is meant"},
		},
	}
}
