package scim

import (
	"cmp"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// A Mapping says what of a resource is what of a person. "active" is the activation, always.
type Mapping struct {
	// ID is the path of the user's ID; blank is "id".
	ID string `json:"id,omitempty"`
	// Manager is the path of the manager's ID; blank leaves managers Unknown.
	Manager string `json:"manager,omitempty"`
	// Attributes are those that become fields, or places in trees.
	Attributes []Attribute `json:"attributes"`
	// Partial says that resources may lack attributes that users have, as where a client asked for some: what is not
	// there is Unknown, and not Empty.
	Partial bool `json:"partial,omitempty"`
}

// An Attribute is one attribute of resources.
type Attribute struct {
	// Path is where it is, as in a PATCH: "title", "name.familyName", "emails[type eq \"work\"].value", or
	// "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department".
	Path string `json:"path"`
	// Field is the field that it is, or Tree the tree of which it names a unit by its ID; the other is blank.
	Field string      `json:"field,omitempty"`
	Tree  groups.Tree `json:"tree,omitempty"`
	// CaseExact says that its case counts, as the schema of the provider says it. Filters map only where the field
	// sees it likewise.
	CaseExact bool `json:"caseExact,omitempty"`
}

// Standard is the mapping of the reserved fields and of the manager: userName, the work address, displayName and the
// manager of the enterprise extension.
func Standard() Mapping {
	return Mapping{Manager: Enterprise + ":manager.value", Attributes: []Attribute{
		{Path: "userName", Field: string(groups.Username)},
		{Path: `emails[type eq "work"].value`, Field: string(groups.Email)},
		{Path: "displayName", Field: string(groups.Name)},
	}}
}

// A Translator translates between SCIM and what rules are about. It is immutable.
type Translator struct {
	schema  *groups.Schema
	id      path
	manager *path
	mapped  []attribution
	partial bool
}

// attribution is an attribute that is mapped.
type attribution struct {
	Attribute
	path  path
	field groups.Field
}

// New checks a mapping against the schema that people have. It reports all that is wrong with it.
func New(schema *groups.Schema, m Mapping) (*Translator, error) {
	if schema == nil {
		schema = new(groups.Schema)
	}
	errs := []error{schema.Validate()}
	t := &Translator{schema: schema, partial: m.Partial}
	read := func(s string) path {
		p, err := parsePath(s)
		if err != nil {
			errs = append(errs, failure(s, -1, ErrMapping, "%v", err))
		}
		return p
	}
	if m.ID == "" {
		m.ID = "id"
	}
	t.id = read(m.ID)
	if m.Manager != "" {
		p := read(m.Manager)
		t.manager = &p
	}
	seen := map[string]bool{}
	for _, a := range m.Attributes {
		of := attribution{Attribute: a, path: read(a.Path)}
		if p := &of.path; p.filter != nil {
			if p.filter.sort == or {
				p.filter = &node{sort: paren, parts: []*node{p.filter}}
			}
			p.sub = cmp.Or(p.sub, "value")
		}
		bad := func(format string, args ...any) {
			errs = append(errs, failure(a.Path, -1, ErrMapping, format, args...))
		}
		known := true
		if of.field, known = schema.Field(a.Field); a.Field == "" {
			known = true
		}
		switch {
		case (a.Field == "") == (a.Tree == ""):
			bad("it is either a field or a unit of a tree")
		case !known || a.Field == string(groups.ID):
			bad("there is no field %.64q", a.Field)
		case a.Tree != "" && !slices.Contains(schema.Trees, a.Tree):
			bad("there is no tree %.64q", a.Tree)
		case seen["f"+a.Field+"\x00"+string(a.Tree)]:
			bad("%.64q is mapped twice", a.Field+string(a.Tree))
		case seen["p"+of.path.key()]:
			bad("the attribute is mapped twice")
		}
		seen["f"+a.Field+"\x00"+string(a.Tree)], seen["p"+of.path.key()] = true, true
		t.mapped = append(t.mapped, of)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

// Person is the person that the resource of a user is. It reports all that is wrong with the resource, and then
// there is no person. Expiry and enrollments stay Unknown.
func (t *Translator) Person(r *Resource) (groups.User, error) {
	var errs []error
	u := groups.User{Fields: map[string]groups.Value{}, Units: map[groups.Tree][]string{}}
	if !r.has(User) {
		errs = append(errs, failure("schemas", r.root.at, ErrSyntax, "not the resource of a user"))
	}
	one := func(p path) (id string, said bool) {
		f := r.find(p)
		list := present(f.values)
		switch {
		case len(list) > 1:
			errs = append(errs, failure(p.String(), list[1].at, ErrValue, "there are %d values", len(list)))
		case len(list) == 1 && list[0].kind != text:
			errs = append(errs, failure(p.String(), list[0].at, ErrValue, "not a text"))
		case len(list) == 1:
			if err := groups.UserID(list[0].text).Check(); err != nil {
				errs = append(errs, failure(p.String(), list[0].at, ErrValue, "%v", err))
			}
			return list[0].text, true
		}
		return "", f.said && (f.there || !t.partial)
	}
	id, _ := one(t.id)
	if u.ID = groups.UserID(id); id == "" {
		errs = append(errs, failure(t.id.String(), r.root.at, ErrValue, "the user has no ID"))
	}
	if t.manager != nil {
		if id, said := one(*t.manager); said {
			u.Manager = groups.ReportsTo(groups.UserID(id))
		}
	}
	if active, there := r.root.get("active"); there {
		is, ok := active.bool()
		switch u.Activation = groups.Activated; {
		case !ok:
			errs = append(errs, failure("active", active.at, ErrValue, "neither true nor false"))
		case !is:
			u.Activation = groups.Deactivated
		}
	}
	for i := range t.mapped {
		a := &t.mapped[i]
		f := r.find(a.path)
		switch list := present(f.values); {
		case len(list) == 0 && (!f.said || t.partial && !f.there):
		case a.Tree != "":
			units, err := a.texts(list)
			u.Units[a.Tree] = units
			errs = append(errs, err)
		default:
			v, err := a.value(list)
			u.Fields[a.Field] = v
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return groups.User{}, err
	}
	return u, nil
}

// texts are values that have to be texts.
func (a *attribution) texts(list []value) ([]string, error) {
	out := make([]string, 0, len(list))
	for _, v := range list {
		if v.kind != text {
			return nil, failure(a.Path, v.at, ErrValue, "not a text")
		}
		out = append(out, v.text)
	}
	return out, nil
}

// value is the value of the field; of no values it is Empty.
func (a *attribution) value(list []value) (groups.Value, error) {
	if len(list) == 0 {
		return groups.Empty(), nil
	}
	f := &a.field
	several := f.Several || f.Type == groups.TypeMultiChoice
	if len(list) > 1 && !several {
		return groups.Value{}, failure(a.Path, list[1].at, ErrValue, "%d values, and field %q holds one", len(list), f.Name)
	}
	switch f.Type {
	case groups.TypeText, groups.TypeChoice, groups.TypeMultiChoice:
		texts, err := a.texts(list)
		if err != nil {
			return groups.Value{}, err
		}
		if f.Type == groups.TypeText {
			return groups.Text(texts...), nil
		}
		return groups.Choice(texts...), nil
	case groups.TypeBool:
		is, ok := list[0].bool()
		if !ok {
			return groups.Value{}, failure(a.Path, list[0].at, ErrValue, "neither true nor false")
		}
		return groups.Bool(is), nil
	}
	want := text
	if f.Type == groups.TypeNumber {
		want = number
	}
	v, err := groups.ParseValue(f.Type, list[0].text)
	if list[0].kind != want || err != nil {
		return groups.Value{}, failure(a.Path, list[0].at, ErrValue, "%.64q is no %v", list[0].text, f.Type)
	}
	return v, nil
}

// compareValues says in which order two numbers, or two instants, are.
func compareValues(a, b string, t groups.Type) (order int, ok bool) {
	if t != groups.TypeInstant {
		t = groups.TypeNumber
	}
	v, err1 := groups.ParseValue(t, a)
	w, err2 := groups.ParseValue(t, b)
	if errors.Join(err1, err2) != nil || v.IsEmpty() || w.IsEmpty() {
		return 0, false
	}
	a, b = v.Texts()[0], w.Texts()[0]
	if t == groups.TypeInstant {
		at, err1 := time.Parse(time.RFC3339Nano, a)
		then, err2 := time.Parse(time.RFC3339Nano, b)
		return at.Compare(then), errors.Join(err1, err2) == nil
	}
	m, ok1 := new(big.Rat).SetString(a)
	n, ok2 := new(big.Rat).SetString(b)
	if !ok1 || !ok2 {
		return 0, false
	}
	return m.Cmp(n), true
}

// options reports whether a value of a choice is one of those declared; any other is Unknown.
func (a *attribution) options(f found) bool {
	for _, v := range present(f.values) {
		known := slices.ContainsFunc(a.field.Options, func(o groups.Option) bool { return o.ID == strings.TrimSpace(v.text) })
		if len(a.field.Options) > 0 && !known {
			return false
		}
	}
	return true
}
