package groups

// A filedUser is a user as a [Memory] keeps them, with their fields as a list besides: whoever looks at all of
// them, of everybody, reads the list and looks nothing up.
type filedUser struct {
	User
	order *fieldOrder // nil: there is no list
	list  []Value
}

// A fieldOrder is the order of the fields in such lists: that of one schema.
type fieldOrder struct{ names []string }

func newFieldOrder(s *Schema) *fieldOrder {
	o := new(fieldOrder)
	for _, f := range s.Fields {
		o.names = append(o.names, f.Name)
	}
	return o
}

// file makes the list, where the user has enough of the fields for it not to be mostly blank.
func (o *fieldOrder) file(u User) filedUser {
	if len(u.Fields) == 0 || len(o.names) > 2*len(u.Fields) {
		return filedUser{User: u}
	}
	list := make([]Value, len(o.names))
	for i, name := range o.names {
		list[i] = u.Fields[name]
	}
	return filedUser{u, o, list}
}
