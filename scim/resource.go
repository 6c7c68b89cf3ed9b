package scim

import (
	"strings"

	"github.com/grouprules/groups"
)

// A Resource is a user or a group, as SCIM has it. It is immutable.
type Resource struct{ root value }

// ParseResource reads a resource from JSON, strictly: no name twice, in whatever case, nothing behind it, and
// "schemas".
func ParseResource(data []byte) (*Resource, error) {
	v, err := parseValue(data)
	if err != nil {
		return nil, err
	}
	if v.kind != object {
		return nil, failure("", v.at, ErrSyntax, "not an object")
	}
	if schemas, _ := v.get("schemas"); schemas.kind != array || len(schemas.list) == 0 {
		return nil, failure("schemas", v.at, ErrSyntax, "not a list of schemas")
	}
	return &Resource{v}, nil
}

// MarshalJSON writes the resource, its attributes in the order in which they came.
func (r *Resource) MarshalJSON() ([]byte, error) { return r.root.append(nil), nil }

// has reports whether "schemas" names one.
func (r *Resource) has(schema string) bool {
	schemas, _ := r.root.get("schemas")
	for _, s := range schemas.items() {
		if sameName(s.text, schema) {
			return true
		}
	}
	return false
}

// found is what a resource has under a path.
type found struct {
	values []value
	said   bool // whether the resource says anything of the attribute, be it that there is none
	there  bool // whether the attribute is there at all
}

// find looks a path up.
func (r *Resource) find(p path) found {
	root := r.root
	if p.schema != "" {
		extension, ok := root.get(p.schema)
		if !ok {
			return found{said: r.has(p.schema)}
		}
		root = extension
	}
	v, any := root.get(p.name)
	f := found{values: v.of(p), said: true, there: root.index(p.name) >= 0}
	if sameName(p.name, "active") && p.schema == "" {
		f.said = any
	}
	return f
}

// of are the values of an attribute that a path asks for, of which v is all.
func (v value) of(p path) (list []value) {
	for _, item := range v.items() {
		if p.filter != nil && !item.matches(p.filter) {
			continue
		}
		switch {
		case item.kind == object && p.sub != "":
			item, _ = item.get(p.sub)
		case item.kind == object:
			if simple, ok := item.get("value"); ok {
				item = simple
			}
		case p.sub != "" && !sameName(p.sub, "value"):
			continue
		}
		list = append(list, item.items()...)
	}
	return list
}

// matches reports whether one of the values of an attribute matches a filter within it.
func (v value) matches(n *node) bool {
	return n.verdict(func(leaf *node) groups.Verdict {
		p := leaf.path
		item := v
		if v.kind != object && sameName(p.name, "value") {
			item = value{kind: object, members: []member{{"value", v}}}
		}
		of, _ := item.get(p.name)
		return leaf.holds(found{values: of.of(p), said: true}, groups.Field{Type: groups.TypeText, Exact: caseExact(p.name)})
	}) == groups.Yes
}

// caseExact names the parts of values whose case counts by RFC 7643.
func caseExact(name string) bool { return sameName(name, "$ref") }

// verdict is the answer of a filter, of those of its leaves.
func (n *node) verdict(of func(*node) groups.Verdict) groups.Verdict {
	switch n.sort {
	case leaf, within:
		return of(n)
	case paren:
		return n.parts[0].verdict(of)
	case not:
		return opposite(n.parts[0].verdict(of))
	}
	whole, decides := groups.Yes, groups.No
	if n.sort == or {
		whole, decides = groups.No, groups.Yes
	}
	for _, part := range n.parts {
		switch part.verdict(of) {
		case decides:
			return decides
		case groups.Unknown:
			whole = groups.Unknown
		}
	}
	return whole
}

func opposite(v groups.Verdict) groups.Verdict {
	switch v {
	case groups.Yes:
		return groups.No
	case groups.No:
		return groups.Yes
	}
	return v
}

func verdictOf(yes bool) groups.Verdict {
	if yes {
		return groups.Yes
	}
	return groups.No
}

// holds compares what was found with the operand, as the field compares.
func (n *node) holds(f found, as groups.Field) groups.Verdict {
	if !f.said {
		return groups.Unknown
	}
	if n.compare == "pr" {
		return verdictOf(len(present(f.values)) > 0)
	}
	yes := false
	for _, v := range f.values {
		yes = yes || n.compares(v, as)
	}
	return verdictOf(yes != (n.compare == "ne"))
}

// present are the values that are not blank.
func present(list []value) (out []value) {
	for _, v := range list {
		if v.kind != null && !(v.kind == text && strings.TrimSpace(v.text) == "") {
			out = append(out, v)
		}
	}
	return out
}

// compares reports whether one value stands to the operand as the operator says; "ne" is asked as eq.
func (n *node) compares(v value, as groups.Field) bool {
	switch {
	case v.kind == boolean || n.operand.kind == boolean:
		a, ok := v.bool()
		return ok && (n.compare == "eq" || n.compare == "ne") && truth(a, 0).text == n.operand.text
	case n.operand.kind == null:
		return false
	case as.Type == groups.TypeChoice || as.Type == groups.TypeMultiChoice:
		return strings.TrimSpace(v.text) == strings.TrimSpace(n.operand.text)
	case as.Type == groups.TypeNumber || as.Type == groups.TypeInstant || v.kind == number:
		order, ok := compareValues(v.text, n.operand.text, as.Type)
		return ok && ordered(n.compare, order)
	}
	a, b := as.Keys(groups.Text(v.text)), as.Keys(groups.Text(n.operand.text))
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	switch n.compare {
	case "co":
		return strings.Contains(a[0], b[0])
	case "sw":
		return strings.HasPrefix(a[0], b[0])
	case "ew":
		return strings.HasSuffix(a[0], b[0])
	}
	return ordered(n.compare, strings.Compare(a[0], b[0]))
}

// ordered reports whether an operator of order holds.
func ordered(compare string, order int) bool {
	switch compare {
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	}
	return order == 0 && (compare == "eq" || compare == "ne")
}

// bool is a truth value, as the text that some send for it as well.
func (v value) bool() (is, ok bool) {
	if v.kind != boolean && v.kind != text {
		return false, false
	}
	switch strings.ToLower(v.text) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}
