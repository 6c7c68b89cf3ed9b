package vectors

import "fmt"

// operator is one operator of one type, with an operand, a value that meets it and one that does not.
type operator struct {
	field, op, not string
	operand        string // the further keys of the condition
	match, other   string // values in JSON
}

var everyType = &Schema{Fields: []Field{
	{Name: "title", Type: "text"},
	{Name: "code", Type: "text", Exact: true},
	{Name: "tags", Type: "text", Several: true},
	{Name: "site", Type: "choice", Options: []string{"ams", "ber", "remote"}},
	{Name: "grade", Type: "choice"},
	{Name: "skills", Type: "multiChoice", Options: []string{"go", "sql", "law"}},
	{Name: "points", Type: "number"},
	{Name: "hired", Type: "date"},
	{Name: "seen", Type: "instant"},
	{Name: "lead", Type: "bool"},
}}

// operators is every operator of every type of field. Today is 2026-03-10, in UTC.
var operators = []operator{
	{"title", "is", "isNot", `"values":["sales","ops"]`, `"Sales"`, `"law"`},
	{"title", "contains", "notContains", `"values":["sale","zz"]`, `"presales"`, `"law"`},
	{"title", "startsWith", "notStartsWith", `"values":["sal"]`, `"Sales rep"`, `"presales"`},
	{"title", "endsWith", "notEndsWith", `"values":["rep"]`, `"Sales REP"`, `"reporter"`},
	{"title", "matches", "notMatches", `"values":["^s.*p$"]`, `"Sales rep"`, `"ops"`},
	{"code", "is", "isNot", `"values":["A1"]`, `"A1"`, `"a1"`},
	{"tags", "is", "isNot", `"values":["red"]`, `["blue","red"]`, `["blue","green"]`},
	{"site", "is", "isNot", `"values":["ams","ber"]`, `"ber"`, `"remote"`},
	{"lead", "is", "isNot", `"values":[true]`, `true`, `false`},
	{"skills", "includesAny", "notIncludesAny", `"values":["go","sql"]`, `["sql","law"]`, `["law"]`},
	{"skills", "includesAll", "notIncludesAll", `"values":["go","sql"]`, `["go","sql","law"]`, `["go","law"]`},
	{"skills", "isExactly", "isNotExactly", `"values":["go","sql"]`, `["sql","go"]`, `["go","sql","law"]`},
	{"points", "is", "isNot", `"values":[1,2]`, `2.0`, `3`},
	{"points", "less", "notLess", `"value":2`, `1.99`, `2`},
	{"points", "atMost", "notAtMost", `"value":2`, `2`, `2.01`},
	{"points", "atLeast", "notAtLeast", `"value":2`, `2`, `1.99`},
	{"points", "greater", "notGreater", `"value":2`, `2.01`, `2`},
	{"points", "between", "notBetween", `"from":1,"to":2`, `2`, `2.01`},
	{"hired", "on", "notOn", `"value":"2026-03-10"`, `"2026-03-10"`, `"2026-03-11"`},
	{"hired", "before", "notBefore", `"value":"2026-03-10"`, `"2026-03-09"`, `"2026-03-10"`},
	{"hired", "after", "notAfter", `"value":"2026-03-10"`, `"2026-03-11"`, `"2026-03-10"`},
	{"hired", "onOrBefore", "notOnOrBefore", `"value":"2026-03-10"`, `"2026-03-10"`, `"2026-03-11"`},
	{"hired", "onOrAfter", "notOnOrAfter", `"value":"2026-03-10"`, `"2026-03-10"`, `"2026-03-09"`},
	{"hired", "between", "notBetween", `"from":"2026-03-10","to":"2026-03-12"`, `"2026-03-12"`, `"2026-03-13"`},
	{"hired", "inLast", "notInLast", `"days":7`, `"2026-03-04"`, `"2026-03-03"`},
	{"hired", "inNext", "notInNext", `"days":7`, `"2026-03-16"`, `"2026-03-17"`},
	{"hired", "ago", "notAgo", `"days":7`, `"2026-03-03"`, `"2026-03-04"`},
	{"hired", "ahead", "notAhead", `"days":7`, `"2026-03-18"`, `"2026-03-17"`},
	{"hired", "anniversaryWithin", "notAnniversaryWithin", `"days":7`, `"2020-03-16"`, `"2020-03-17"`},
	{"seen", "on", "notOn", `"value":"2026-03-10"`, `"2026-03-10T23:59:59Z"`, `"2026-03-11T00:00:00Z"`},
	{"seen", "before", "notBefore", `"value":"2026-03-10T12:00:00Z"`, `"2026-03-10T11:59:59.999999999Z"`, `"2026-03-10T12:00:00Z"`},
	{"seen", "after", "notAfter", `"value":"2026-03-10T12:00:00Z"`, `"2026-03-10T12:00:00.000000001Z"`, `"2026-03-10T12:00:00Z"`},
	{"seen", "onOrBefore", "notOnOrBefore", `"value":"2026-03-10T12:00:00Z"`, `"2026-03-10T13:00:00+01:00"`, `"2026-03-10T12:00:01Z"`},
	{"seen", "onOrAfter", "notOnOrAfter", `"value":"2026-03-10T12:00:00Z"`, `"2026-03-10T12:00:00Z"`, `"2026-03-10T11:59:59Z"`},
	{"seen", "between", "notBetween", `"from":"2026-03-10T12:00:00Z","to":"2026-03-10T13:00:00Z"`, `"2026-03-10T13:00:00Z"`, `"2026-03-10T13:00:01Z"`},
	{"seen", "inLast", "notInLast", `"days":1`, `"2026-03-10T00:00:00Z"`, `"2026-03-09T23:59:59Z"`},
	{"seen", "inNext", "notInNext", `"days":1`, `"2026-03-10T23:59:59Z"`, `"2026-03-11T00:00:00Z"`},
	{"seen", "ago", "notAgo", `"days":1`, `"2026-03-09T23:59:59Z"`, `"2026-03-10T00:00:00Z"`},
	{"seen", "ahead", "notAhead", `"days":1`, `"2026-03-12T00:00:00Z"`, `"2026-03-11T23:59:59Z"`},
	{"seen", "anniversaryWithin", "notAnniversaryWithin", `"days":1`, `"2025-03-10T08:00:00Z"`, `"2025-03-11T08:00:00Z"`},
}

// answers is what an operator says, by the state of the value; whenEmpty is looked at for an empty one only.
var answers = []struct {
	state              string
	positive, negative string
	why                string
}{
	{"match", "yes", "no", "a value that meets the operator; the negative is the exact complement"},
	{"other", "no", "yes", "a value that does not; the negative is the exact complement"},
	{"empty", "no", "yes", "known to have none: positive operators give no, negative ones yes"},
	{"unknown", "unknown", "unknown", "what the host could not say is unknown for every operator"},
}

// fields is every operator × state of the value × sign × whenEmpty.
func fields() File {
	f := File{
		Name: "fields.json", Schema: everyType,
		About: "Every operator of every type of field, positive and negative, for a value that matches, one that does not, none and an unknown one, with every whenEmpty.",
	}
	for _, o := range operators {
		for _, a := range answers {
			value := map[string]string{"match": o.match, "other": o.other, "empty": "null", "unknown": ""}[a.state]
			for _, whenEmpty := range []string{"", "noMatch", "match"} {
				key, why := "", a.why
				if whenEmpty != "" {
					key = fmt.Sprintf(`,"whenEmpty":%q`, whenEmpty)
				}
				for op, want := range map[string]string{o.op: a.positive, o.not: a.negative} {
					if a.state == "empty" && whenEmpty != "" {
						want = map[string]string{"noMatch": "no", "match": "yes"}[whenEmpty]
						why = "whenEmpty overrides what the operator says of a user known to have none, whatever its sign"
					}
					f.Cases = append(f.Cases, Case{
						Name: fmt.Sprintf("%s %s, %s %s", o.field, op, a.state, whenEmpty), Why: why,
						User:     with(o.field, value),
						Criteria: one(`{"kind":"field","field":%q,"op":%q,%s%s}`, o.field, op, o.operand, key), Want: want,
					})
				}
			}
		}
	}
	present := map[string]string{
		"title": `"x"`, "code": `"x"`, "tags": `["x","y"]`, "site": `"ams"`, "grade": `"x"`, "skills": `["go"]`, "points": `0`,
		"hired": `"2026-03-10"`, "seen": `"2026-03-10T00:00:00Z"`, "lead": `false`,
	}
	for _, field := range everyType.Fields {
		for _, a := range []struct{ value, is, why string }{
			{present[field.Name], "no", "any value is one, zero and false included"},
			{"null", "yes", "isEmpty answers for none itself"},
			{"", "unknown", "unknown is not empty"},
		} {
			for op, want := range map[string]string{"isEmpty": a.is, "isNotEmpty": opposite[a.is]} {
				f.Cases = append(f.Cases, Case{
					Name: fmt.Sprintf("%s %s of %q", field.Name, op, a.value), Why: a.why,
					User: with(field.Name, a.value), Criteria: one(`{"kind":"field","field":%q,"op":%q}`, field.Name, op), Want: want,
				})
			}
		}
	}
	sortCases(f.Cases)
	return f
}
