package groups

import (
	"context"
	"hash/maphash"
	"iter"

	"github.com/grouprules/groups/internal/numbering"
)

// A filedUser is a user as a [Memory] keeps them, with their fields as a list besides: whoever looks at all of
// them, of everybody, reads the list and looks nothing up.
type filedUser struct {
	order *fieldOrder // nil: there is no list
	list  []filedValue
	// seat is the number of the units among those of a Memory in which many sit; 0 is none.
	seat uint32
	User // with the ID and the activation beside the above: what is asked of everybody is read at once
	// enrolled are the enrollments by numbers; of a Memory, or nil.
	enrolled []filedEnrollment
}

// A filedValue is a value, with its number among those that many have; 0 is none. Of one field in one order, who has
// the same number has the same value.
type filedValue struct {
	Value
	number uint32
	// brief is that of the value's cellCode where it is of the type of the field.
	brief uint32
}

// filedUsers are the stored users; none beside an error. Only a Memory itself has lists of their fields: what wraps it
// may show others.
func filedUsers(ctx context.Context, dir Directory) iter.Seq2[*filedUser, error] {
	if m, ok := dir.(*Memory); ok {
		return m.filedUsers(ctx)
	}
	return func(yield func(*filedUser, error) bool) {
		for u, err := range dir.Users(ctx) {
			if !yield(&filedUser{User: u}, err) {
				return
			}
		}
	}
}

// filedUserOf is one stored user, likewise, or an error that wraps [ErrNotFound].
func filedUserOf(ctx context.Context, dir Directory, id UserID) (*filedUser, error) {
	if m, ok := dir.(*Memory); ok {
		return m.filedUser(ctx, id)
	}
	u, err := dir.User(ctx, id)
	if err != nil {
		return nil, err
	}
	return &filedUser{User: u}, nil
}

// A fieldOrder is the order of the fields in such lists: that of one schema.
type fieldOrder struct {
	names  []string
	types  []Type
	common []commonValues // by field; only for who files
}

func newFieldOrder(s *Schema) *fieldOrder {
	o := &fieldOrder{common: make([]commonValues, len(s.Fields))}
	for i, f := range s.Fields {
		o.names, o.types = append(o.names, f.Name), append(o.types, f.Type)
		o.common[i].seed = maphash.MakeSeed()
	}
	return o
}

// file makes the list, where the user has enough of the fields for it not to be mostly blank. What is as it was stored
// is taken from there.
func (o *fieldOrder) file(u, stored *filedUser) {
	if len(u.Fields) == 0 || len(o.names) > 2*len(u.Fields) {
		return
	}
	u.order, u.list = o, make([]filedValue, len(o.names))
	for i, name := range o.names {
		v := u.Fields[name]
		if stored.order != o || !stored.list[i].Equal(v) {
			u.list[i] = o.filed(i, v)
		} else if u.list[i] = stored.list[i]; u.list[i].number == 0 {
			u.list[i].Value = v // of which the user has one copy then
		}
	}
}

// filed is a value of the field in that place.
func (o *fieldOrder) filed(place int, v Value) (f filedValue) {
	f.Value, f.number = o.common[place].file(v)
	if code := codeOf(v); code.of() == o.types[place] {
		f.brief = code.brief()
	}
	return f
}

// hold counts what a user has that is about to be stored, and release what one had that is not stored any more. Of users
// in another order there is nothing to count.
func (o *fieldOrder) hold(u *filedUser) {
	if u.order == o {
		for i := range u.list {
			o.common[i].count(u.list[i].number, 1)
		}
	}
}

func (o *fieldOrder) release(u *filedUser) {
	if u.order == o {
		for i := range u.list {
			o.common[i].count(u.list[i].number, -1)
		}
	}
}

// commonValues are the values of a field that were met first, each once and by number, from 1 on. In most fields these
// are all: so users have one copy of them in their lists. What nobody has is let go of; its number is given to no other.
type commonValues struct {
	values  []Value
	held    []int // by how many users
	numbers numbering.Table
	seed    maphash.Seed
}

// maxCommonValues bounds what is kept of a field in which every value is another.
const maxCommonValues = 1 << 15

// file returns one copy of a value, and its number.
func (c *commonValues) file(v Value) (Value, uint32) {
	hash := v.hash(c.seed)
	n, met := c.numbers.Find(hash, func(n uint32) bool { return c.held[n-1] > 0 && c.values[n-1].Equal(v) })
	switch {
	case met:
		return c.values[n-1], n
	case len(c.values) == maxCommonValues:
		return v, 0
	}
	c.values, c.held = append(c.values, v), append(c.held, 0)
	n = uint32(len(c.values))
	c.numbers.Add(hash, n)
	return v, n
}

func (c *commonValues) count(n uint32, by int) {
	if n == 0 {
		return
	}
	if c.held[n-1] += by; c.held[n-1] == 0 {
		c.values[n-1] = Value{}
	}
}
