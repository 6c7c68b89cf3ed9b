// Package vectors is the hand-written tables from which testdata/vectors is made: cases of DESIGN.md with the answers
// that the page gives, for any implementation in any language. It is imported by tests and by nothing else.
//
// It promises that no answer in it was computed by package groups or by the oracle: whoever adds a row writes down what
// the page says, and why. Rows that differ in one respect only are spread out by loops over small literal tables.
//
// The format of the files is documented in testdata/vectors/README.md.
package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A File is one file of vectors.
type File struct {
	Name   string  `json:"-"`
	About  string  `json:"about"`
	Schema *Schema `json:"schema,omitempty"`
	Cases  []Case  `json:"cases,omitempty"`
	// Bit and Decide are the two tables of section 4 in full.
	Bit    []BitCase    `json:"bit,omitempty"`
	Decide []DecideCase `json:"decide,omitempty"`
}

// Schema describes the fields, statuses and trees of a file.
type Schema struct {
	Fields             []Field  `json:"fields,omitempty"`
	EnrollmentStatuses []string `json:"enrollmentStatuses,omitempty"`
	Trees              []string `json:"trees,omitempty"`
}

// Field describes a field.
type Field struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Exact   bool     `json:"exact,omitempty"`
	Several bool     `json:"several,omitempty"`
	Options []string `json:"options,omitempty"`
}

// A Case asks criteria about one user.
type Case struct {
	Name string `json:"name"`
	Why  string `json:"why"`
	// Now and Zone are the clock; blank is 2026-03-10T12:00:00Z and UTC.
	Now  string `json:"now,omitempty"`
	Zone string `json:"zone,omitempty"`
	// User is who is asked about; People are the others in the directory.
	User   User   `json:"user"`
	People []User `json:"people,omitempty"`
	Units  []Unit `json:"units,omitempty"`
	// Memberships answer conditions on groups, for the user of the case; a group that is not there is unknown.
	Memberships []Membership    `json:"memberships,omitempty"`
	Criteria    json.RawMessage `json:"criteria"`
	Want        string          `json:"want"`
}

// A User is a person. Whatever is not there is unknown.
type User struct {
	ID         string `json:"id"`
	Activation string `json:"activation,omitempty"`
	Expiry     string `json:"expiry,omitempty"`
	// Fields hold JSON values as the type of the field has them; null is empty.
	Fields map[string]json.RawMessage `json:"fields,omitempty"`
	Units  map[string][]string        `json:"units,omitempty"`
	// Manager is blank for nobody.
	Manager     *string      `json:"manager,omitempty"`
	Enrollments *Enrollments `json:"enrollments,omitempty"`
}

// Enrollments are the known records, and whether they are all there are.
type Enrollments struct {
	Complete bool     `json:"complete"`
	Records  []Record `json:"records"`
}

// A Record is the latest record in one course. A status that is not there is unknown; so is a date of completion, null
// is none.
type Record struct {
	Course    string          `json:"course"`
	Status    string          `json:"status,omitempty"`
	Completed json.RawMessage `json:"completed,omitempty"`
}

// A Unit is an org unit.
type Unit struct {
	Tree   string `json:"tree"`
	ID     string `json:"id"`
	Parent string `json:"parent,omitempty"`
}

// A Membership answers for one group.
type Membership struct {
	Group   string `json:"group"`
	OrBelow bool   `json:"orBelow,omitempty"`
	Is      string `json:"is"`
}

// A BitCase is one line of the first table.
type BitCase struct {
	Stored  bool   `json:"stored"`
	Absent  bool   `json:"absent"`
	Frozen  bool   `json:"frozen"`
	Kind    string `json:"kind"`
	Verdict string `json:"verdict"`
	Want    bool   `json:"want"`
}

// A DecideCase is one line of the second table.
type DecideCase struct {
	Absent     bool   `json:"absent"`
	Activation string `json:"activation"`
	Policy     string `json:"policy"`
	Assigned   bool   `json:"assigned"`
	Excluded   bool   `json:"excluded"`
	Automatic  bool   `json:"automatic"`
	Before     string `json:"before"`
	Want       string `json:"want"`
}

// All is every file.
func All() []File {
	return []File{
		fields(), folding(), numbers(), choices(), kleene(), dates(), zones(), trees(), lines(), enrollments(), groupsAndStatus(), decisions(),
	}
}

// Write is a file as it is checked in: one case a line, so that a change of one case is a change of one line.
func Write(f File) ([]byte, error) {
	var b bytes.Buffer
	line := func(v any) string {
		var one bytes.Buffer
		e := json.NewEncoder(&one)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			panic(err) // the tables hold nothing that JSON cannot say
		}
		return string(bytes.TrimSpace(one.Bytes()))
	}
	fmt.Fprintf(&b, "{\"about\": %s", line(f.About))
	if f.Schema != nil {
		fmt.Fprintf(&b, ",\n \"schema\": %s", line(f.Schema))
	}
	list(&b, "cases", f.Cases, line)
	list(&b, "bit", f.Bit, line)
	list(&b, "decide", f.Decide, line)
	b.WriteString("}\n")
	if !json.Valid(b.Bytes()) {
		return nil, fmt.Errorf("%s: not JSON", f.Name)
	}
	return b.Bytes(), nil
}

func list[T any](b *bytes.Buffer, key string, rows []T, line func(any) string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, ",\n \"%s\": [", key)
	for i, row := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n  %s", line(row))
	}
	b.WriteString("]")
}

// raw is JSON written by hand.
func raw(format string, args ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, args...))
}

// one is criteria of a single condition.
func one(format string, args ...any) json.RawMessage {
	return raw(`{"match":"all","sets":[{"match":"all","conditions":[%s]}]}`, fmt.Sprintf(format, args...))
}

// with is the user "u" with one field.
func with(field, value string) User {
	if value == "" {
		return User{ID: "u"} // unknown
	}
	return User{ID: "u", Fields: map[string]json.RawMessage{field: json.RawMessage(value)}}
}

// opposite of a verdict.
var opposite = map[string]string{"yes": "no", "no": "yes", "unknown": "unknown"}
