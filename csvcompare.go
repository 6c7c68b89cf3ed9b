package groups

import (
	"runtime"
	"slices"
	"sync"

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
const pairsAtOnce = 2048

// A comparison is what one goroutine found out about its pairs.
type comparison struct {
	planner *planner
	// Of the users who are as in the file: their number, that of those with values enough to be
	// compared by the feed, and how many have a value in each of its columns.
	same, compared int
	had            []int
	has            []bool // whether the user looked at has a value, by column
}

// compare marks the pairs that are the same, and tells the feed. It is nearly all the work of an import
// that changes little, and waits for memory most of the time: so every processor takes a share of it.
func (p *planner) compare() {
	share := max(64, (len(p.pairs)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var found []*comparison
	var wg sync.WaitGroup
	for pairs := range slices.Chunk(p.pairs, share) {
		c := &comparison{planner: p, had: make([]int, len(p.feed.columns)), has: make([]bool, len(p.f.columns))}
		if found = append(found, c); len(found)*share >= len(p.pairs) {
			c.all(pairs)
		} else {
			wg.Go(func() { c.all(pairs) })
		}
	}
	wg.Wait()
	for _, c := range found {
		p.plan.Unchanged += c.same
		p.feed.kept(c)
	}
}

func (c *comparison) all(pairs []pair) {
	for i := range pairs {
		if p := &pairs[i]; p.stored && p.row != nil {
			if p.same = c.pair(&p.user, p.row); p.same {
				c.same++
				c.count(&p.user)
			}
		}
	}
}

// pair reports whether a stored user is as in the file.
func (c *comparison) pair(u *User, r *personRow) bool {
	f := c.planner.f
	if f.Enrollments != nil || c.planner.activation(u, r) != u.Activation {
		return false
	}
	for i, column := range f.columns {
		v := u.Fields[column.field.Name]
		if !column.same(r, v) {
			return false
		}
		c.has[i] = present(v)
	}
	for _, column := range f.units {
		if !column.same(r, u.Units) {
			return false
		}
	}
	return f.manager == nil || f.manager.of(r) == u.Manager
}

// count takes a user who is as in the file into the figures of the feed.
func (c *comparison) count(u *User) {
	values := 0
	for i, column := range c.planner.feed.columns {
		if c.has[column.at] || column.role(u) {
			c.had[i]++
			values++
		}
	}
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
