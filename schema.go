package groups

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Schema says what users can have: their fields, the vocabulary of enrollment statuses and the
// trees. It is plain data; criteria are checked and compiled against it.
type Schema struct {
	Fields []Field
	// EnrollmentStatuses are those that enrollments may have.
	EnrollmentStatuses []string
	// Trees are the trees of org units that users sit in.
	Trees []Tree
	// Limits bound what criteria may hold; nil is the documented defaults.
	Limits *Limits
}

// A Field describes one field of users.
type Field struct {
	Name string
	Type Type
	// Label is how people read it; blank is Name with its underscores as spaces.
	Label string
	// Options are what a choice or multi-choice may be; none means that any option ID will do.
	Options []Option
	// Exact compares a text by its characters as they are, only trimmed: for codes and IDs.
	Exact bool
	// Several says that a text field may hold several values.
	Several bool
	// NotForCriteria keeps the field out of rules (Docebo does so with its fiscal code).
	NotForCriteria bool
}

// An Option is one of the options of a choice. Rules and users hold the ID; the label is for people.
type Option struct {
	ID    string
	Label string
}

// Limits bound the size of criteria. A zero field means the default given with it.
type Limits struct {
	Sets         int // 50, as in Docebo
	Conditions   int // 10 a set, as in Docebo
	Operands     int // 2,000 a condition
	OperandBytes int // 5,000 an operand, as in Cornerstone
	Bytes        int // 1 MiB of JSON
}

func (l *Limits) withDefaults() Limits {
	var out Limits
	if l != nil {
		out = *l
	}
	for _, f := range []struct {
		p *int
		n int
	}{{&out.Sets, 50}, {&out.Conditions, 10}, {&out.Operands, 2000}, {&out.OperandBytes, 5000}, {&out.Bytes, 1 << 20}} {
		if *f.p == 0 {
			*f.p = f.n
		}
	}
	return out
}

func unlimited() Limits {
	const most = math.MaxInt
	return Limits{Sets: most, Conditions: most, Operands: most, OperandBytes: most, Bytes: most}
}

// ErrSchema is wrapped by the error of [Schema.Validate].
var ErrSchema = errors.New("not a usable schema")

// Validate reports everything that is wrong with the schema itself: a blank, repeated or reserved
// field name, a type that does not exist, options without an ID, with one twice or on a type that
// has none, exact or several values on anything but a text, a blank status, a tree that is no ID.
func (s *Schema) Validate() error {
	var errs []error
	bad := func(format string, a ...any) {
		errs = append(errs, fmt.Errorf("%w: %s", ErrSchema, fmt.Sprintf(format, a...)))
	}
	seen := map[string]bool{}
	for _, f := range s.Fields {
		switch {
		case strings.TrimSpace(f.Name) != f.Name || f.Name == "":
			bad("field name %.64q is blank or has white space at an end", f.Name)
		case !storable(f.Name) || strings.ContainsFunc(f.Name, invisible):
			bad("field name %.64q has control or invisible characters, or is not UTF-8", f.Name)
		case f.Name == string(ID):
			bad("field %.64q is reserved for the user's ID", f.Name)
		case slices.Contains(reservedNames, f.Name) && f.Type != TypeText:
			bad("field %.64q is reserved and a text", f.Name)
		case seen[f.Name]:
			bad("field %.64q occurs twice", f.Name)
		}
		seen[f.Name] = true
		if f.Type < TypeText || f.Type > TypeBool {
			bad("field %.64q has no type", f.Name)
		}
		if f.Type != TypeText && (f.Exact || f.Several) {
			bad("field %.64q is a %v: only a text can be exact or hold several values", f.Name, f.Type)
		}
		if len(f.Options) > 0 && f.Type != TypeChoice && f.Type != TypeMultiChoice {
			bad("field %.64q is a %v and cannot have options", f.Name, f.Type)
		}
		ids := map[string]bool{}
		for _, o := range f.Options {
			if o.ID == "" || strings.TrimSpace(o.ID) != o.ID || !storable(o.ID) {
				bad("field %.64q has an option whose ID %.64q is blank, has white space at an end or is not UTF-8", f.Name, o.ID)
			} else if ids[o.ID] {
				bad("field %.64q has the option %.64q twice", f.Name, o.ID)
			}
			ids[o.ID] = true
		}
	}
	for _, status := range s.EnrollmentStatuses {
		if !usableText(status) {
			bad("the enrollment status %.64q is blank or not UTF-8", status)
		}
	}
	for _, tree := range s.Trees {
		if err := checkID("tree", string(tree)); err != nil {
			errs = append(errs, fmt.Errorf("%w: %w", ErrSchema, err))
		}
	}
	return errors.Join(errs...)
}

var reservedNames = []string{string(Username), string(Email), string(Name)}

// Field returns the description of a field, the reserved ones included.
func (s *Schema) Field(name string) (Field, bool) {
	for _, f := range s.Fields {
		if f.Name == name {
			return f, true
		}
	}
	switch {
	case name == string(ID):
		return Field{Name: name, Type: TypeText, Exact: true}, true
	case slices.Contains(reservedNames, name):
		return Field{Name: name, Type: TypeText}, true
	}
	return Field{}, false
}

// Keys returns the forms under which the field compares the texts of v, one for each: two texts are
// the same to conditions on the field exactly when their keys are equal (NFC, trimmed; unless the field
// is exact, also case and inner white space folded). Whoever looks people up by a text needs them.
// Unknown, Empty and values that are no texts have none. Values hold their keys: nothing is folded here.
func (f Field) Keys(v Value) []string {
	texts, is := v.data.(*textValue)
	if !is {
		return []string{}
	}
	keys := make([]string, len(texts.items))
	for i, t := range texts.items {
		if keys[i] = t.key; f.Exact {
			keys[i] = t.exact
		}
	}
	return keys
}

// label is what the field is called in front of people.
func (f Field) label() string {
	if f.Label != "" {
		return f.Label
	}
	return strings.ReplaceAll(f.Name, "_", " ")
}
