package groups

import (
	"runtime"
	"slices"

	"github.com/grouprules/groups/internal/fold"
)

// A pair is a stored user with their row of the file, or one of the two alone.
type pair struct {
	stored bool
	user   User
	row    *personRow
	same   bool // both are there, and say the same
}

// pairsAtOnce is how many are compared before anything is decided about them.
const pairsAtOnce = 1024

// A comparison is what one goroutine found out about its pairs.
type comparison struct {
	planner *planner
	// Of the users who are as in the file: their number, that of those with values enough to be
	// compared by the feed, and how many have a value in each of its columns.
	same, compared int
	had            []int
}

// compare marks the pairs that are the same, and tells the feed. It is nearly all the work of an import
// that changes little, and waits for memory most of the time: so every processor takes a share of it.
func (p *planner) compare() {
	share := max(64, (len(p.pairs)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	shares := slices.Collect(slices.Chunk(p.pairs, share))
	found := make([]*comparison, len(shares))
	inParallel(len(shares), func() func(int) {
		return func(i int) {
			found[i] = &comparison{planner: p, had: make([]int, len(p.feed.columns))}
			found[i].all(shares[i])
		}
	})
	for _, c := range found {
		p.plan.Unchanged += c.same
		p.feed.kept(c)
	}
}

// all goes through the pairs column by column: users then wait for memory side by side, and not one after
// the other.
func (c *comparison) all(pairs []pair) {
	f := c.planner.f
	for i := range pairs {
		p := &pairs[i]
		p.same = p.stored && p.row != nil && f.Enrollments == nil &&
			c.planner.activation(&p.user, p.row) == p.user.Activation &&
			(f.manager == nil || f.manager.of(p.row) == p.user.Manager)
	}
	width := len(f.columns)
	has := make([]bool, len(pairs)*width)
	for at, column := range f.columns {
		for i := range pairs {
			if p := &pairs[i]; p.same {
				v := p.user.Fields[column.field.Name]
				p.same = column.same(p.row, v)
				has[i*width+at] = present(v)
			}
		}
	}
	for _, column := range f.units {
		for i := range pairs {
			if p := &pairs[i]; p.same {
				p.same = column.same(p.row, p.user.Units)
			}
		}
	}
	for i := range pairs {
		if p := &pairs[i]; p.same {
			c.count(&p.user, has[i*width:][:width])
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
func (c *column) same(r *personRow, stored Value) bool {
	if c.cells != nil {
		return c.cells.at(r.codes[c.at]).Equal(stored)
	}
	cell := r.texts[c.at]
	switch d := stored.data.(type) {
	case textValue:
		return len(d) == 1 && d[0].raw == cell
	case empty:
		return fold.Blank(cell)
	case nil:
		return cell == unreadableText
	}
	return false
}

// same reports whether a row names the units that are stored.
func (c *unitColumn) same(r *personRow, stored map[Tree][]string) bool {
	units := c.cells.at(r.codes[c.at])
	old, known := stored[c.tree]
	return known == (units != nil) && slices.Equal(units, old)
}

func (c *managerColumn) of(r *personRow) Manager { return c.cells.at(r.codes[c.at]) }
