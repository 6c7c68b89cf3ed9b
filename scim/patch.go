package scim

import (
	"slices"
	"strings"
)

// Patch applies a PatchOp message (RFC 7644, section 3.5.2) to the resource, and returns what it then is: with all of
// the operations, or with an error none. It is that of the first operation that cannot be applied.
func (r *Resource) Patch(message []byte) (*Resource, error) {
	v, err := parseValue(message)
	if err != nil {
		return nil, err
	}
	if v.kind != object || !(&Resource{v}).has(PatchOp) {
		return nil, failure("schemas", v.at, ErrSyntax, "not a PatchOp message")
	}
	list, _ := v.get("Operations")
	switch {
	case list.kind != array || len(list.list) == 0:
		return nil, failure("Operations", v.at, ErrSyntax, "not a list of operations")
	case len(list.list) > maxOperations:
		return nil, failure("Operations", list.at, ErrLimit, "%d operations, at most %d", len(list.list), maxOperations)
	}
	for _, m := range v.members {
		if !sameName(m.name, "schemas") && !sameName(m.name, "Operations") {
			return nil, failure(m.name, m.at, ErrSyntax, "not of a PatchOp message")
		}
	}
	out := &Resource{r.root.clone()}
	for _, op := range list.list {
		if err := out.operate(op); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// operate applies one operation.
func (r *Resource) operate(op value) error {
	if op.kind != object {
		return failure("", op.at, ErrSyntax, "not an operation")
	}
	for _, m := range op.members {
		if !slices.ContainsFunc([]string{"op", "path", "value"}, func(s string) bool { return sameName(s, m.name) }) {
			return failure(m.name, m.at, ErrSyntax, "not of an operation")
		}
	}
	do, _ := op.get("op")
	verb := strings.ToLower(do.text)
	if do.kind != text || !slices.Contains([]string{"add", "remove", "replace"}, verb) {
		return failure("op", op.at, ErrSyntax, "%.64q is neither add, remove nor replace", do.text)
	}
	where, named := op.get("path")
	if named && where.kind != text {
		return failure("path", where.at, ErrSyntax, "not a path")
	}
	i := op.index("value")
	var with value
	if i >= 0 {
		with = op.members[i].value
	}
	switch {
	case verb != "remove" && i < 0:
		return failure("value", op.at, ErrSyntax, "there is none")
	case verb == "remove" && i >= 0 && with.kind == null:
		return failure("value", with.at, ErrValue, "null does not say what to remove")
	case named:
		p, err := parsePath(where.text)
		if err != nil {
			return failure(where.text, where.at, ErrSyntax, "%v", err)
		}
		return r.change(verb, p, with, where.at)
	case verb == "remove":
		return failure("path", op.at, ErrTarget, "to remove everything takes a path")
	case with.kind != object:
		return failure("value", with.at, ErrValue, "without a path it has to be an object")
	}
	for _, m := range with.members {
		p, err := r.named(m.name)
		if err != nil {
			return failure(m.name, m.at, ErrSyntax, "%v", err)
		}
		if err := r.change(verb, p, m.value, m.at); err != nil {
			return err
		}
	}
	return nil
}

// named is the path that a name in a value without a path is. A URN is that of an extension or, if that is what the
// resource names, of an attribute in one.
func (r *Resource) named(name string) (path, error) {
	if r.has(name) && !sameName(name, User) && !sameName(name, Group) {
		return path{schema: name}, nil
	}
	p, err := parsePath(name)
	if err == nil && p.schema != "" && !sameName(p.schema, Enterprise) && !r.has(p.schema) {
		return p, failure("", -1, ErrSyntax, "of an extension that the resource does not name")
	}
	return p, err
}

// change applies an operation at a path.
func (r *Resource) change(verb string, p path, with value, at int) error {
	if err := r.writable(verb, p, at); err != nil || verb == "add" && with.kind == null {
		return err
	}
	home := &r.root
	if p.schema != "" {
		if p.name == "" {
			return r.extension(verb, p.schema, with, at)
		}
		extension, _ := r.root.get(p.schema)
		if extension.kind != object {
			extension = value{kind: object}
		}
		home = &extension
		defer func() { r.extend(p.schema, extension) }()
	}
	was, there := home.get(p.name)
	switch {
	case p.filter != nil:
		now, err := was.chosen(verb, p, with, at)
		if err != nil {
			return err
		}
		home.set(p.name, now)
	case p.sub != "":
		if was.kind == array {
			return failure(p.String(), at, ErrTarget, "of which of its values")
		}
		if !there || was.kind != object {
			if verb == "remove" {
				return nil
			}
			was = value{kind: object}
		}
		part, _ := was.get(p.sub)
		was.set(p.sub, part.changed(verb, p.sub, with))
		home.set(p.name, emptied(was))
	case verb == "remove" && with.kind != null:
		if was.kind != array && there {
			return failure(p.String(), at, ErrTarget, "a value to remove from what is no list")
		}
		for _, item := range with.items() {
			if _, ok := item.get("value"); item.kind == object && !ok {
				return failure(p.String(), item.at, ErrValue, "it does not say which value to remove")
			}
		}
		home.set(p.name, was.without(with))
	default:
		home.set(p.name, was.changed(verb, p.name, with))
	}
	return nil
}

// writable refuses what no operation changes, and what a resource cannot be without.
func (r *Resource) writable(verb string, p path, at int) error {
	if p.schema != "" {
		return nil
	}
	switch name := strings.ToLower(p.name); {
	case name == "id" || name == "meta" || name == "schemas":
		return failure(p.String(), at, ErrTarget, "it is read only")
	case verb == "remove" && name == "username":
		return failure(p.String(), at, ErrTarget, "it is required")
	}
	return nil
}

// extension changes all of an extension.
func (r *Resource) extension(verb, schema string, with value, at int) error {
	if verb == "remove" {
		r.extend(schema, value{})
		return nil
	}
	if with.kind != object {
		return failure(schema, at, ErrValue, "not an object")
	}
	for _, m := range with.members {
		name, sub, _ := strings.Cut(m.name, ".")
		if err := r.change(verb, path{schema: schema, name: name, sub: sub}, m.value, m.at); err != nil {
			return err
		}
	}
	return nil
}

// extend stores an extension, and names it among the schemas: what it does not have is then known to be none.
func (r *Resource) extend(schema string, v value) {
	if !r.has(schema) {
		schemas, _ := r.root.get("schemas")
		schemas.list = append(schemas.list, value{kind: text, text: schema})
		r.root.set("schemas", schemas)
	}
	r.root.set(schema, emptied(v))
}

// emptied is null in the place of an object without members.
func emptied(v value) value {
	if v.kind == object && len(v.members) == 0 {
		return value{}
	}
	return v
}

// changed is an attribute after an operation without a filter.
func (v value) changed(verb, name string, with value) value {
	switch {
	case verb == "remove":
		return value{}
	case with.kind == array && verb == "add":
		return v.added(with.list)
	case v.kind == array && verb == "add" && with.kind != null:
		return v.added([]value{with})
	case with.kind == object && v.kind == object:
		v = v.clone()
		for _, m := range with.members {
			v.set(m.name, m.value)
		}
		return emptied(v)
	case with.kind == object && (v.kind == array || plural[strings.ToLower(name)]):
		return value{kind: array, list: []value{with}}
	case with.kind == text && sameName(name, "manager"):
		return value{kind: object, members: []member{{"value", with}}}
	}
	return with
}

// added is a list with more values, each once; a new primary one is the only one (RFC 7644, section 3.5.2).
func (v value) added(more []value) value {
	out := value{kind: array, list: slices.Clone(v.items())}
	for _, item := range more {
		if slices.ContainsFunc(out.list, item.same) {
			continue
		}
		if item.primary() {
			out.list = demoted(out.list)
		}
		out.list = append(out.list, item)
	}
	return out
}

func (v value) primary() bool {
	is, _ := v.get("primary")
	return is.text == "true"
}

// demoted are values of which none is primary.
func demoted(list []value) []value {
	for i, item := range list {
		if item.primary() {
			item = item.clone()
			item.set("primary", truth(false, item.at))
			list[i] = item
		}
	}
	return list
}

// without is a list without some values: those that are the same, or have the same "value".
func (v value) without(with value) value {
	gone := map[string]bool{}
	for _, item := range with.items() {
		if simple, ok := item.get("value"); ok {
			item = simple
		}
		gone[item.text] = true
	}
	out := value{kind: array}
	for _, item := range v.items() {
		simple, ok := item.get("value")
		if !ok {
			simple = item
		}
		if !gone[simple.text] || simple.kind == object {
			out.list = append(out.list, item)
		}
	}
	return out
}

// chosen is an attribute after an operation on those of its values that a filter matches.
func (v value) chosen(verb string, p path, with value, at int) (value, error) {
	out := value{kind: array}
	met, primary := 0, -1
	for _, item := range v.items() {
		if !item.matches(p.filter) {
			out.list = append(out.list, item)
			continue
		}
		met++
		item = item.clone()
		switch {
		case p.sub != "" && item.kind != object:
			return value{}, failure(p.String(), at, ErrTarget, "the value has no parts")
		case p.sub != "":
			part, _ := item.get(p.sub)
			item.set(p.sub, part.changed(verb, p.sub, with))
			item = emptied(item)
		case verb == "replace":
			item = with.clone()
		default:
			item = item.changed(verb, "", with)
		}
		if item.kind != null {
			if item.primary() && (with.primary() || sameName(p.sub, "primary")) {
				primary = len(out.list)
			}
			out.list = append(out.list, item)
		}
	}
	if met == 0 && (verb == "replace" || verb == "add" && len(with.items()) > 0) {
		item, ok := p.filter.described()
		if verb != "add" || !ok || v.kind != array && v.kind != null {
			return value{}, failure(p.String(), at, ErrTarget, "its filter matches nothing")
		}
		if p.sub != "" {
			item.set(p.sub, value{}.changed(verb, p.sub, with))
		} else {
			item = item.changed(verb, "", with)
		}
		if !item.matches(p.filter) {
			return value{}, failure(p.String(), at, ErrTarget, "its filter matches nothing, and not what is to be added")
		}
		if item.primary() {
			primary = len(out.list)
		}
		out.list = append(out.list, item)
	}
	if primary >= 0 {
		kept := out.list[primary]
		out.list = demoted(out.list)
		out.list[primary] = kept
	}
	return out, nil
}

// described is the value that a filter describes, where it says of parts that they are equal to something, and all of
// it has to hold: what to add to has this value where nothing matches (RFC 7644, section 3.5.2.1).
func (n *node) described() (v value, ok bool) {
	switch n.sort {
	case leaf:
		if n.compare != "eq" || n.path.schema != "" || n.path.sub != "" {
			return value{}, false
		}
		v.kind = object
		v.set(n.path.name, n.operand)
		return v, true
	case paren, and:
		v.kind = object
		for _, part := range n.parts {
			more, ok := part.described()
			if !ok {
				return value{}, false
			}
			for _, m := range more.members {
				v.set(m.name, m.value)
			}
		}
		return v, true
	}
	return value{}, false
}
