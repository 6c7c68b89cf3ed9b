package vectors

import (
	"encoding/json"
	"fmt"
	"strings"
)

// kleene is how answers combine.
func kleene() File {
	f := File{
		Name:   "kleene.json",
		About:  "All and any combine by Kleene's three-valued logic, within a set and between sets: a definite no beats unknown in all, a definite yes in any.",
		Schema: &Schema{Fields: []Field{{Name: "a", Type: "bool"}, {Name: "b", Type: "bool"}, {Name: "c", Type: "bool"}}},
	}
	// Two answers, and what all and any make of them.
	for _, row := range []struct{ a, b, all, any string }{
		{"yes", "yes", "yes", "yes"},
		{"yes", "no", "no", "yes"},
		{"yes", "unknown", "unknown", "yes"},
		{"no", "yes", "no", "yes"},
		{"no", "no", "no", "no"},
		{"no", "unknown", "no", "unknown"},
		{"unknown", "yes", "unknown", "yes"},
		{"unknown", "no", "no", "unknown"},
		{"unknown", "unknown", "unknown", "unknown"},
	} {
		for match, want := range map[string]string{"all": row.all, "any": row.any} {
			user := answering(map[string]string{"a": row.a, "b": row.b})
			f.Cases = append(f.Cases,
				Case{
					Name: fmt.Sprintf("%s %s %s in a set", row.a, match, row.b), Why: "two conditions of a set", User: user, Want: want,
					Criteria: raw(`{"match":"all","sets":[{"match":%q,"conditions":[%s,%s]}]}`, match, is("a"), is("b")),
				},
				Case{
					Name: fmt.Sprintf("%s %s %s between sets", row.a, match, row.b), Why: "two sets of one condition", User: user, Want: want,
					Criteria: raw(`{"match":%q,"sets":[{"match":"all","conditions":[%s]},{"match":"any","conditions":[%s]}]}`, match, is("a"), is("b")),
				})
		}
	}
	// Three answers: those of a set of two, and of a set beside it.
	for _, row := range []struct{ a, b, c, allOfAny, anyOfAll string }{
		{"yes", "unknown", "no", "no", "unknown"},
		{"yes", "unknown", "yes", "yes", "yes"},
		{"yes", "unknown", "unknown", "unknown", "unknown"},
		{"no", "unknown", "yes", "unknown", "yes"},
		{"no", "unknown", "no", "no", "no"},
		{"no", "no", "unknown", "no", "unknown"},
	} {
		user := answering(map[string]string{"a": row.a, "b": row.b, "c": row.c})
		f.Cases = append(f.Cases,
			Case{
				Name: fmt.Sprintf("(%s any %s) all %s", row.a, row.b, row.c), Why: "a set answers like a condition", User: user, Want: row.allOfAny,
				Criteria: raw(`{"match":"all","sets":[{"match":"any","conditions":[%s,%s]},{"match":"all","conditions":[%s]}]}`, is("a"), is("b"), is("c")),
			},
			Case{
				Name: fmt.Sprintf("(%s all %s) any %s", row.a, row.b, row.c), Why: "a set answers like a condition", User: user, Want: row.anyOfAll,
				Criteria: raw(`{"match":"any","sets":[{"match":"all","conditions":[%s,%s]},{"match":"all","conditions":[%s]}]}`, is("a"), is("b"), is("c")),
			})
	}
	f.Cases = append(f.Cases,
		Case{Name: "no criteria", Why: "no criteria: nobody, and that is certain", User: User{ID: "u"}, Criteria: raw(`{}`), Want: "no"},
		Case{Name: "everyone", Why: "everybody is said with the condition everyone", User: User{ID: "u"}, Criteria: one(`{"kind":"everyone"}`), Want: "yes"},
		Case{Name: "everyone all unknown", Why: "everyone is a yes like any other", User: User{ID: "u"},
			Criteria: raw(`{"match":"all","sets":[{"match":"all","conditions":[{"kind":"everyone"},%s]}]}`, is("a")), Want: "unknown"},
	)
	sortCases(f.Cases)
	return f
}

func is(field string) string {
	return fmt.Sprintf(`{"kind":"field","field":%q,"op":"is","values":[true]}`, field)
}

// answering is a user of whom "the field is true" has the given answers.
func answering(answers map[string]string) User {
	u := User{ID: "u", Fields: map[string]json.RawMessage{}}
	for field, answer := range answers {
		if answer != "unknown" {
			u.Fields[field] = raw("%t", answer == "yes")
		}
	}
	return u
}

// enrollments is courses, quantifiers and records.
func enrollments() File {
	f := File{
		Name:   "enrollments.json",
		About:  "Conditions on enrollments: quantifiers over courses whose answers may be unknown, negations of the whole, statuses, partial lists, completion dates.",
		Schema: &Schema{EnrollmentStatuses: []string{"enrolled", "completed", "failed"}},
	}
	// What three courses answer, in letters, and what each quantifier makes of it.
	for _, row := range []struct{ answers, any, all, atLeast2, why string }{
		{"yyy", "yes", "yes", "yes", "all three"},
		{"yyn", "yes", "no", "yes", "a no decides all"},
		{"yyu", "yes", "unknown", "yes", "two are enough for two, whatever the third"},
		{"ynn", "yes", "no", "no", "one is enough for any only"},
		{"nyu", "yes", "no", "unknown", "the unknown one may be the second"},
		{"uyu", "yes", "unknown", "unknown", "one known yes"},
		{"nnn", "no", "no", "no", "none"},
		{"nun", "unknown", "no", "no", "yes and unknown together are fewer than two"},
		{"uun", "unknown", "no", "unknown", "two unknown ones may be two"},
		{"uuu", "unknown", "unknown", "unknown", "nothing is known"},
	} {
		for quantifier, want := range map[string]string{
			`"quantifier":"any"`: row.any, `"quantifier":"all"`: row.all, `"quantifier":"atLeast","k":2`: row.atLeast2,
			`"quantifier":"atLeast","k":1`: row.any, `"quantifier":"atLeast","k":3`: row.all,
		} {
			for op, want := range map[string]string{"is": want, "isNot": opposite[want]} {
				f.Cases = append(f.Cases, Case{
					Name: fmt.Sprintf("%s %s %s", row.answers, op, quantifier), Why: row.why + "; a negation complements the whole",
					User:     records(row.answers),
					Criteria: one(`{"kind":"enrollment","courses":["a","b","c"],%s,"op":%q,"statuses":["completed"]}`, quantifier, op), Want: want,
				})
			}
		}
	}
	const a = `{"kind":"enrollment","courses":["a"],"quantifier":"any",`
	for _, row := range []struct{ name, record, keys, want, why string }{
		{"a status", `"status":"failed"`, `"op":"is","statuses":["failed","completed"]`, "yes", "one of the statuses"},
		{"a status is exact", `"status":"Failed"`, `"op":"is","statuses":["failed"]`, "no", "statuses do not fold"},
		{"a status that no schema lists", `"status":"paused"`, `"op":"is","statuses":["failed"]`, "no", "the vocabulary is open: it is simply another"},
		{"an unknown status", ``, `"op":"is","statuses":["failed"]`, "unknown", "the record has no status"},
		{"an unknown status is a record", ``, `"op":"enrolled"`, "yes", "enrolled asks for a record of any status"},
		{"not enrolled", ``, `"op":"notEnrolled"`, "no", "the opposite of enrolled"},
		{"completed in the window", `"status":"completed","completed":"2026-03-09"`, `"op":"completed","when":{"op":"inLast","days":2}`, "yes", "today is 2026-03-10"},
		{"completed before the window", `"status":"completed","completed":"2026-03-08"`, `"op":"completed","when":{"op":"inLast","days":2}`, "no", "the window excludes its far end"},
		{"completed without a status", `"completed":"2026-03-09"`, `"op":"completed","when":{"op":"inLast","days":2}`, "yes", "the date counts, not the status"},
		{"completed with another status", `"status":"failed","completed":"2026-03-09"`, `"op":"completed","when":{"op":"inLast","days":2}`, "yes", "the date counts, not the status"},
		{"completed without a date", `"status":"completed","completed":null`, `"op":"completed","when":{"op":"inLast","days":2}`, "no", "no date is in no window"},
		{"completed at an unknown date", `"status":"completed"`, `"op":"completed","when":{"op":"inLast","days":2}`, "unknown", "the date may be in the window"},
		{"not completed in the window", `"status":"completed","completed":"2026-03-08"`, `"op":"notCompleted","when":{"op":"inLast","days":2}`, "yes", "the opposite of completed"},
		{"completed outside a window", `"status":"completed","completed":"2026-03-08"`, `"op":"completed","when":{"op":"notInLast","days":2}`, "yes", "a window may be negated: a date outside it"},
		{"completed inside a window turned round", `"status":"completed","completed":"2026-03-09"`, `"op":"completed","when":{"op":"notInLast","days":2}`, "no", "the date is not outside"},
		{"outside a window without a date", `"status":"completed","completed":null`, `"op":"completed","when":{"op":"notInLast","days":2}`, "no", "no date is in no window, a negated one included"},
		{"outside a window at an unknown date", `"status":"completed"`, `"op":"completed","when":{"op":"notInLast","days":2}`, "unknown", "the date may be outside"},
		{"completed at an instant", `"status":"completed","completed":"2026-03-09T23:59:59Z"`, `"op":"completed","when":{"op":"on","value":"2026-03-09"}`, "yes", "its date counts"},
		{"completed before an instant", `"status":"completed","completed":"2026-03-09T11:59:59Z"`, `"op":"completed","when":{"op":"before","value":"2026-03-09T12:00:00Z"}`, "yes", "instants compare as instants"},
		{"completed between dates", `"status":"completed","completed":"2026-03-12"`, `"op":"completed","when":{"op":"between","from":"2026-03-10","to":"2026-03-12"}`, "yes", "both ends are included"},
	} {
		record := `"course":"a"`
		if row.record != "" {
			record += "," + row.record
		}
		f.Cases = append(f.Cases, Case{
			Name: row.name, Why: row.why, User: User{ID: "u", Enrollments: &Enrollments{Complete: true, Records: []Record{parse[Record]("{" + record + "}")}}},
			Criteria: one("%s", a+row.keys+`}`), Want: row.want,
		})
	}
	for _, list := range []struct {
		name string
		list *Enrollments
		want string
		why  string
	}{
		{"no list", nil, "unknown", "the host carries no list of enrollments"},
		{"an empty list", &Enrollments{Complete: true, Records: []Record{}}, "no", "no record is not enrolled, and never empty"},
		{"a list without the course", &Enrollments{Complete: true, Records: []Record{{Course: "b", Status: "failed"}}}, "no", "not enrolled in it"},
		{"a partial list without the course", &Enrollments{Records: []Record{{Course: "b", Status: "failed"}}}, "unknown", "the rest could not be read"},
		{"a partial list with the course", &Enrollments{Records: []Record{{Course: "a", Status: "failed", Completed: raw(`"2026-03-10"`)}}}, "yes", "what was read is known"},
	} {
		for _, op := range []struct{ op, not, keys string }{
			{"is", "isNot", `,"statuses":["failed"]`},
			{"enrolled", "notEnrolled", ``},
			{"completed", "notCompleted", `,"when":{"op":"on","value":"2026-03-10"}`},
		} {
			for op, want := range map[string]string{op.op + `"` + op.keys: list.want, op.not + `"` + op.keys: opposite[list.want]} {
				f.Cases = append(f.Cases, Case{
					Name: list.name + ": " + strings.ReplaceAll(op, `"`, ""), Why: list.why, User: User{ID: "u", Enrollments: list.list},
					Criteria: one("%s", a+`"op":"`+op+`}`), Want: want,
				})
			}
		}
	}
	sortCases(f.Cases)
	return f
}

// records is a user whose courses a, b and c answer yes (completed), no (failed) or unknown (no status).
func records(answers string) User {
	status := map[byte]string{'y': "completed", 'n': "failed", 'u': ""}
	e := &Enrollments{Complete: true}
	for i, course := range []string{"a", "b", "c"} {
		e.Records = append(e.Records, Record{Course: course, Status: status[answers[i]]})
	}
	return User{ID: "u", Enrollments: e}
}

func parse[T any](text string) T {
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(text + ": " + err.Error()) // a slip in a table
	}
	return v
}
