package groups

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
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
	case textValue, choiceValue:
		content = v.Texts()
	default:
		content = v.Texts()[0]
	}
	return json.Marshal(map[string]any{v.typeFor(TypeMultiChoice).String(): content})
}

// UnmarshalJSON reads what [Value.MarshalJSON] wrote. Anything else is an error that wraps [ErrValue].
func (v *Value) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || len(members) > 1 {
		return fmt.Errorf("value %.64q %w", data, ErrValue)
	}
	*v = Value{}
	if len(members) == 0 {
		if members != nil {
			*v = Empty()
		}
		return nil
	}
	for name, content := range members {
		var err error
		if *v, err = valueFrom(name, content); err != nil || v.IsUnknown() {
			return fmt.Errorf("value %.64q %w", data, ErrValue)
		}
	}
	return nil
}

func valueFrom(name string, content []byte) (Value, error) {
	var list []string
	var text string
	switch name {
	case TypeText.String():
		err := json.Unmarshal(content, &list)
		return Text(list...), err
	case TypeMultiChoice.String():
		err := json.Unmarshal(content, &list)
		return Choice(list...), err
	case TypeBool.String():
		var is bool
		err := json.Unmarshal(content, &is)
		return Bool(is), err
	}
	if err := json.Unmarshal(content, &text); err != nil {
		return Value{}, err
	}
	switch name {
	case TypeNumber.String():
		d, err := decimal.Parse(text)
		return Value{d}, err
	case TypeDate.String():
		d, err := calendar.Parse(text)
		return Value{d}, err
	case TypeInstant.String():
		at, err := time.Parse(time.RFC3339Nano, text)
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

// UnmarshalJSON reads what [User.MarshalJSON] wrote, and refuses members that are not of it.
func (u *User) UnmarshalJSON(data []byte) error {
	var d userDocument
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	*u = User{ID: d.ID, Fields: d.Fields, Units: d.Units}
	if d.Activation != "" {
		if err := unname(&u.Activation, []byte(d.Activation), Deactivated); err != nil {
			return fmt.Errorf("user %q: %w", d.ID, err)
		}
	}
	if d.Expiry != "" {
		if err := unname(&u.Expiry, []byte(d.Expiry), Expired); err != nil {
			return fmt.Errorf("user %q: %w", d.ID, err)
		}
	}
	if d.Manager != nil {
		u.Manager = ReportsTo(*d.Manager)
	}
	var list []Enrollment
	for _, e := range d.Enrollments {
		list = append(list, Enrollment(e))
	}
	u.Enrollments = Enrolled(list...)
	u.Enrollments.complete = d.Complete
	return nil
}
