package groups

import (
	"slices"
	"sync/atomic"

	"github.com/grouprules/groups/internal/fold"
)

// A pair is a stored user with their row of the file, or one of the two alone.
type pair struct {
	user   *filedUser // nil: none
	row    int        // noRow: none
	same   bool       // both are there, and say the same
	filing *filing
}

// A filing is a file beside an order of fields.
type filing struct {
	order  *fieldOrder // nil: of those who have no list
	places []int       // of the columns in the order, -1 where it has not the field; nil: nowhere
	typed  []bool      // by column, whether it has the type that the field has in the order
	// known are the numbers of stored values that say the same as a cell, by column and by the code of the cell; 0 is
	// none, or none yet.
	known [][]uint32
}

func (f *PeopleFile) filing(o *fieldOrder) *filing {
	in := &filing{order: o}
	if o == nil {
		return in
	}
	in.known = make([][]uint32, len(f.columns))
	for at, c := range f.columns {
		place := slices.Index(o.names, c.field.Name)
		in.places = append(in.places, place)
		in.typed = append(in.typed, place >= 0 && o.types[place] == c.field.Type)
		if c.cells != nil {
			in.known[at] = make([]uint32, c.cells.values.len())
		}
	}
	return in
}

// value is what is stored in a column of the file.
func (p *pair) value(at int, name string) filedValue {
	switch {
	case p.user == nil:
		return filedValue{}
	case p.filing.places != nil && p.filing.places[at] >= 0:
		return p.user.list[p.filing.places[at]]
	}
	return filedValue{Value: p.user.Fields[name]}
}

// says reports whether the row has in a column what is stored, which is asked once for a cell and a value that many
// have. Others may ask at once.
func (p *pair) says(at int, c *column, stored *filedValue) bool {
	code := c.code(p.row)
	if code.itself() {
		if stored.brief != 0 && p.filing.typed[at] {
			return code.brief() == stored.brief
		}
		return code == codeOf(stored.Value)
	}
	if stored.number == 0 {
		return c.same(p.row, stored.Value)
	}
	known := &p.filing.known[at][code]
	if atomic.LoadUint32(known) == stored.number {
		return true
	}
	same := c.same(p.row, stored.Value)
	if same {
		atomic.StoreUint32(known, stored.number)
	}
	return same
}

// noRow is no row of the file.
const noRow = -1

const (
	// pairsAtOnce is how many are compared before anything is decided about them.
	pairsAtOnce = 4096
	// pairsShared is how many of them are gone through column by column: their users stay at hand.
	pairsShared = 128
)

// A comparison is what was found out about a share of the pairs, all of them until now.
type comparison struct {
	planner *planner
	// How many users there are, and how many of them are switched on. Of those who are as in the file: their number, that
	// of those with values enough to be compared by the feed, and how many have a value in each of its columns.
	known, active, same, compared int
	had                           []int

	has []bool // whether there is a value, by pair and column
}

// shares are the pairs in pieces, for each of which there is a comparison. To compare them is nearly all the work of an
// import that changes little, and waits for memory most of the time: so every processor takes its share of it.
func (p *planner) shares(pairs []pair) [][]pair {
	shares := slices.Collect(slices.Chunk(pairs, pairsShared))
	for len(p.compared) < len(shares) {
		p.compared = append(p.compared, &comparison{
			planner: p, had: make([]int, len(p.feed.columns)), has: make([]bool, pairsShared*len(p.f.columns)),
		})
	}
	return shares
}

// all marks the pairs that are the same. It goes through them column by column, and from one to the next in small steps: users then wait for
// memory side by side, and not one after the other.
func (c *comparison) all(pairs []pair) {
	f := c.planner.f
	var values [pairsShared]filedValue // what is stored in one column
	for i := range pairs {
		p := &pairs[i]
		if p.user != nil {
			c.known++
			if p.user.Activation == Activated {
				c.active++
			}
		}
		p.same = p.user != nil && p.row != noRow && f.Enrollments == nil &&
			c.planner.activation(&p.user.User, p.row) == p.user.Activation &&
			(f.manager == nil || f.manager.of(p.row) == p.user.Manager)
	}
	for at, column := range f.columns {
		for i := range pairs {
			values[i] = pairs[i].value(at, column.field.Name)
		}
		for i := range pairs {
			c.has[i*len(f.columns)+at] = present(values[i].Value)
		}
		if column.cells == nil {
			compareTexts(column, pairs, values[:])
			continue
		}
		for i := range pairs {
			if p := &pairs[i]; p.same {
				p.same = p.says(at, column, &values[i])
			}
		}
	}
	for at, column := range f.units {
		for i := range pairs {
			if p := &pairs[i]; p.same {
				p.same = c.planner.sits(p, at, column)
			}
		}
	}
	for i := range pairs {
		if p := &pairs[i]; p.same {
			c.count(&p.user.User, c.has[i*len(f.columns):][:len(f.columns)])
		}
	}
}

func compareTexts(column *column, pairs []pair, values []filedValue) {
	var texts [pairsShared]string // blank where it is not one
	for i := range pairs {
		if d, is := values[i].data.(*textValue); is && len(d.items) == 1 {
			texts[i] = d.items[0].raw
		}
	}
	for i := range pairs {
		p := &pairs[i]
		if text := texts[i]; p.same && (text == "" || text != string(column.texts.at(p.row))) {
			p.same = column.same(p.row, values[i].Value)
		}
	}
}

// count takes in a user who is as in the file, and has a value in some columns.
func (c *comparison) count(u *User, has []bool) {
	values := 0
	for i, column := range c.planner.feed.columns {
		if has[column.at] || column.role(u) {
			c.had[i]++
			values++
		}
	}
	c.same++
	if values >= feedCompared {
		c.compared++
	}
}

// same reports whether a row has in the column what is stored.
func (c *column) same(row int, stored Value) bool {
	if c.cells != nil {
		if code := c.code(row); code.itself() {
			return code == codeOf(stored)
		}
		return c.value(row).Equal(stored)
	}
	cell := c.texts.at(row)
	switch d := stored.data.(type) {
	case *textValue:
		return len(d.items) == 1 && d.items[0].raw == string(cell)
	case empty:
		return fold.Blank(string(cell))
	case nil:
		return string(cell) == unreadableText
	}
	return false
}

// sits reports whether the row has in a column of units where the user sits, which is asked once for a cell and units in
// which many sit, mostly. Others may ask at once.
func (p *planner) sits(with *pair, at int, c *unitColumn) bool {
	seat := with.user.seat
	if seat == 0 {
		return c.same(with.row, with.user.Units)
	}
	known := &p.seated[at][c.codes.at(with.row)]
	if atomic.LoadUint32(known) == seat {
		return true
	}
	same := c.same(with.row, with.user.Units)
	if same {
		atomic.StoreUint32(known, seat)
	}
	return same
}

// same reports whether a row names the units that are stored.
func (c *unitColumn) same(row int, stored map[Tree][]string) bool {
	units := c.of(row)
	old, known := stored[c.tree]
	return known == (units != nil) && slices.Equal(units, old)
}
