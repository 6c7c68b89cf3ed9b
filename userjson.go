package groups

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
	"github.com/grouprules/groups/internal/strictjson"
)

// This file holds the JSON of a user and of their values, for those who keep people as documents.

// MarshalJSON writes the value so that [Value.UnmarshalJSON] reads back an equal one: an object with one member
// that is its type, such as {"text":["Sales"]} or {"number":"1.5"}. Empty is {}, and Unknown is null.
func (v Value) MarshalJSON() ([]byte, error) {
	var content any
	switch d := v.data.(type) {
	case nil:
		return []byte("null"), nil
	case empty:
		return []byte("{}"), nil
	case bool:
		content = d
	case *textValue, choiceValue:
		content = v.Texts()
	default:
		content = v.Texts()[0]
	}
	return json.Marshal(map[string]any{v.typeFor(TypeMultiChoice).String(): content})
}

// UnmarshalJSON reads what [Value.MarshalJSON] wrote. Anything else is an error that wraps [ErrValue].
func (v *Value) UnmarshalJSON(data []byte) error {
	r := strictjson.NewReader(data)
	read := readValue(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("value %.64q %w: %w", data, ErrValue, err)
	}
	*v = read
	return nil
}

// readValue reads a value.
func readValue(r *strictjson.Reader) Value {
	if r.Null() {
		return Value{}
	}
	v, n := Empty(), 0
	for name := range r.Object() {
		var err error
		if v, err = readTyped(r, name); err != nil || v.IsUnknown() || n > 0 {
			r.Fail("this is no value")
		}
		n++
	}
	return v
}

// readTyped reads the value of a type; it is Unknown where there is no such type.
func readTyped(r *strictjson.Reader, name string) (Value, error) {
	switch name {
	case TypeText.String():
		return Text(r.Texts()...), nil
	case TypeMultiChoice.String():
		return Choice(r.Texts()...), nil
	case TypeBool.String():
		return Bool(r.Bool()), nil
	case TypeNumber.String():
		d, err := decimal.Parse(r.Text())
		return Value{d}, err
	case TypeDate.String():
		d, err := calendar.Parse(r.Text())
		return Value{d}, err
	case TypeInstant.String():
		at, err := time.Parse(time.RFC3339Nano, r.Text())
		return At(at), err
	}
	return Value{}, nil
}

// userDocument is the JSON of a user.
type userDocument struct {
	ID          UserID            `json:"id"`
	Activation  string            `json:"activation,omitempty"`
	Expiry      string            `json:"expiry,omitempty"`
	Fields      map[string]Value  `json:"fields,omitempty"`
	Units       map[Tree][]string `json:"units,omitempty"`
	Manager     *UserID           `json:"manager,omitempty"`
	Enrollments []enrollmentEntry `json:"enrollments,omitempty"`
	Complete    bool              `json:"complete,omitempty"`
}

type enrollmentEntry struct {
	Course    string `json:"course"`
	Status    string `json:"status,omitempty"`
	Completed Value  `json:"completed,omitzero"`
}

// MarshalJSON writes the user so that [User.UnmarshalJSON] reads back an equal one. What is Unknown is not there:
// a manager of "" is nobody, and "complete" says that the enrollments are all there are.
func (u User) MarshalJSON() ([]byte, error) {
	d := userDocument{ID: u.ID, Fields: u.Fields, Units: u.Units, Complete: u.Enrollments.complete}
	if u.Activation != ActivationUnknown {
		d.Activation = u.Activation.String()
	}
	if u.Expiry != ExpiryUnknown {
		d.Expiry = u.Expiry.String()
	}
	if u.Manager.known {
		d.Manager = &u.Manager.id
	}
	for _, e := range u.Enrollments.list {
		d.Enrollments = append(d.Enrollments, enrollmentEntry(e))
	}
	return json.Marshal(d)
}

// UnmarshalJSON reads what [User.MarshalJSON] wrote, and refuses what is not of it with an error that wraps [ErrValue].
func (u *User) UnmarshalJSON(data []byte) error {
	r := strictjson.NewReader(data)
	if r.Null() {
		return nil // as is the custom
	}
	read := readUser(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("user %.64q: %w: %w", read.ID, ErrValue, err)
	}
	*u = read
	return nil
}

func readUser(r *strictjson.Reader) User {
	var u User
	var enrollments []Enrollment
	complete := false
	for name := range r.Object() {
		switch name {
		case "id":
			u.ID = UserID(r.Text())
		case "activation":
			readConstant(r, &u.Activation, Deactivated)
		case "expiry":
			readConstant(r, &u.Expiry, Expired)
		case "fields":
			u.Fields = make(map[string]Value)
			for field := range r.Object() {
				u.Fields[field] = readValue(r)
			}
		case "units":
			u.Units = make(map[Tree][]string)
			for tree := range r.Object() {
				u.Units[Tree(tree)] = r.Texts()
			}
		case "manager":
			u.Manager = ReportsTo(UserID(r.Text()))
		case "enrollments":
			for range r.Array() {
				enrollments = append(enrollments, readEnrollment(r))
			}
		case "complete":
			complete = r.Bool()
		default:
			r.Fail("no member of a user")
		}
	}
	u.Enrollments = Enrolled(enrollments...)
	u.Enrollments.complete = complete
	return u
}

func readEnrollment(r *strictjson.Reader) (e Enrollment) {
	for name := range r.Object() {
		switch name {
		case "course":
			e.Course = r.Text()
		case "status":
			e.Status = r.Text()
		case "completed":
			e.Completed = readValue(r)
		default:
			r.Fail("no member of an enrollment")
		}
	}
	return e
}

// readConstant reads a constant by its name.
func readConstant[T interface {
	~uint8
	fmt.Stringer
}](r *strictjson.Reader, v *T, last T) {
	if unname(v, []byte(r.Text()), last) != nil {
		r.Fail("no such name")
	}
}
