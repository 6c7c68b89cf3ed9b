package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// Read reads the files of a directory.
func Read(dir fs.FS) ([]File, error) {
	names, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, err
	}
	var files []File
	for _, name := range names {
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		f := File{Name: path.Base(name)}
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, f)
	}
	return files, nil
}

// A Question is a case in the types of package groups.
type Question struct {
	Criteria groups.Criteria
	User     groups.User
	World    oracle.World
	Want     groups.Verdict
}

// Question translates a case of the file.
func (f File) Question(c Case) (q Question, err error) {
	fail := func(e error) {
		if err == nil && e != nil {
			err = fmt.Errorf("%s: %s: %w", f.Name, c.Name, e)
		}
	}
	schema, e := f.Schema.groups()
	fail(e)
	w := oracle.World{Schema: schema, Now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC), Zone: time.UTC}
	if c.Now != "" {
		w.Now, e = time.Parse(time.RFC3339Nano, c.Now)
		fail(e)
	}
	if c.Zone != "" {
		w.Zone, e = time.LoadLocation(c.Zone)
		fail(e)
	}
	for _, u := range c.Units {
		w.Units = append(w.Units, groups.Unit{Tree: groups.Tree(u.Tree), ID: u.ID, Parent: u.Parent})
	}
	for _, u := range append([]User{c.User}, c.People...) {
		person, e := u.groups(schema)
		fail(e)
		w.Users = append(w.Users, person)
	}
	w.Member = func(_ groups.UserID, g groups.GroupID, orBelow bool) groups.Verdict {
		for _, m := range c.Memberships {
			if m.Group == string(g) && m.OrBelow == orBelow {
				return verdicts[m.Is]
			}
		}
		return groups.Unknown
	}
	criteria, e := groups.ParseCriteria(c.Criteria, nil)
	fail(e)
	want, ok := verdicts[c.Want]
	if !ok {
		fail(fmt.Errorf("no verdict %q", c.Want))
	}
	return Question{criteria, w.Users[0], w, want}, err
}

var verdicts = map[string]groups.Verdict{"yes": groups.Yes, "no": groups.No, "unknown": groups.Unknown}

var types = map[string]groups.Type{
	"text": groups.TypeText, "choice": groups.TypeChoice, "multiChoice": groups.TypeMultiChoice, "number": groups.TypeNumber,
	"date": groups.TypeDate, "instant": groups.TypeInstant, "bool": groups.TypeBool,
}

func (s *Schema) groups() (*groups.Schema, error) {
	out := &groups.Schema{}
	if s == nil {
		return out, nil
	}
	for _, f := range s.Fields {
		field := groups.Field{Name: f.Name, Type: types[f.Type], Exact: f.Exact, Several: f.Several}
		for _, o := range f.Options {
			field.Options = append(field.Options, groups.Option{ID: o})
		}
		out.Fields = append(out.Fields, field)
	}
	for _, t := range s.Trees {
		out.Trees = append(out.Trees, groups.Tree(t))
	}
	out.EnrollmentStatuses = s.EnrollmentStatuses
	return out, out.Validate()
}

func (u User) groups(schema *groups.Schema) (groups.User, error) {
	out := groups.User{ID: groups.UserID(u.ID)}
	out.Activation = map[string]groups.Activation{"active": groups.Activated, "deactivated": groups.Deactivated}[u.Activation]
	out.Expiry = map[string]groups.Expiry{"current": groups.Current, "expired": groups.Expired}[u.Expiry]
	out.Fields = map[string]groups.Value{}
	for name, text := range u.Fields {
		f, ok := schema.Field(name)
		if !ok {
			return out, fmt.Errorf("no field %q", name)
		}
		v, err := value(f.Type, text)
		if err != nil {
			return out, fmt.Errorf("field %q: %w", name, err)
		}
		out.Fields[name] = v
	}
	if u.Units != nil {
		out.Units = map[groups.Tree][]string{}
		for tree, list := range u.Units {
			out.Units[groups.Tree(tree)] = list
		}
	}
	if u.Manager != nil {
		out.Manager = groups.ReportsTo(groups.UserID(*u.Manager))
	}
	if u.Enrollments != nil {
		var list []groups.Enrollment
		for _, r := range u.Enrollments.Records {
			e := groups.Enrollment{Course: r.Course, Status: r.Status}
			if r.Completed != nil {
				var err error
				if e.Completed, err = completion(r.Completed); err != nil {
					return out, err
				}
			}
			list = append(list, e)
		}
		out.Enrollments = groups.Enrolled(list...)
		if !u.Enrollments.Complete {
			out.Enrollments = out.Enrollments.Partial()
		}
	}
	return out, nil
}

// value reads a JSON value as the field's type has it.
func value(t groups.Type, text json.RawMessage) (groups.Value, error) {
	if string(text) == "null" {
		return groups.Empty(), nil
	}
	switch t {
	case groups.TypeText, groups.TypeMultiChoice:
		var list []string
		if text[0] != '[' {
			list = make([]string, 1)
			if err := json.Unmarshal(text, &list[0]); err != nil {
				return groups.Value{}, err
			}
		} else if err := json.Unmarshal(text, &list); err != nil {
			return groups.Value{}, err
		}
		if t == groups.TypeText {
			return groups.Text(list...), nil
		}
		return groups.Choice(list...), nil
	case groups.TypeNumber, groups.TypeBool:
		return groups.ParseValue(t, string(text))
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return groups.Value{}, err
	}
	return groups.ParseValue(t, s)
}

// completion reads a day or an instant.
func completion(text json.RawMessage) (groups.Value, error) {
	if v, err := value(groups.TypeDate, text); err == nil {
		return v, nil
	}
	return value(groups.TypeInstant, text)
}
