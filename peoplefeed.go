package groups

import (
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/fold"
)

// A Feed is how a file differs from what is stored, in numbers of stored users. New users are in none
// of them. The order of the rows does not matter.
type Feed struct {
	// Met are the users who are stored and in the file.
	Met int `json:"met"`
	// Missing are those of the Known who are not in the file. Known are all stored users; under
	// [DeactivateMissing] without those who were switched off before and are in no file any more.
	Missing int `json:"missing"`
	Known   int `json:"known"`
	// Deactivated are those of the Active whom the status column switches off. Active are all stored
	// users who are switched on.
	Deactivated int `json:"deactivated"`
	Active      int `json:"active"`
	// Replaced are those of the Compared who keep less than half of their values. Compared are the
	// users met who have a value stored in five columns of the file or more, the key aside.
	Replaced int `json:"replaced"`
	Compared int `json:"compared"`
	// Figures has an entry for each column but the key, in the order of the file, then one for each
	// tree that came with it, by name, and one for the enrollments.
	Figures []FeedFigure `json:"figures"`
}

// A FeedFigure compares one column, tree or the enrollments with what is stored.
type FeedFigure struct {
	// Column or Tree is what it is about; neither: the enrollments.
	Column string `json:"column,omitempty"`
	Tree   Tree   `json:"tree,omitempty"`
	// Had and Have are the users met who had a value and who have one after the import: 1-Had/Met and
	// 1-Have/Met are the shares of empties, what is Unknown among them. A column of managers or units
	// is a value in either way. Of a tree they are its units, and of enrollments the users of whom the
	// files say something and who have records.
	Had  int `json:"had"`
	Have int `json:"have"`
	// Blanked are those of Had who have no value any more. Of a tree they are the units that are
	// gone, of enrollments the users who lose a record, or its status or completion.
	Blanked int `json:"blanked"`
	// Changed are those of Had who have another value. Of a tree they are the units with another
	// parent, of enrollments the users whose records differ otherwise.
	Changed int `json:"changed"`
	// Unseen are those of Changed with a value that no stored user has in this column, compared as
	// rules compare. It is counted for texts, choices, managers and units that a group reads; numbers
	// and dates move on by nature.
	Unseen int `json:"unseen"`
	// Untracked says that more than 10,000 values were met, which are no longer told apart: every
	// changed value counts as Unseen then.
	Untracked bool `json:"untracked,omitempty"`
	// Groups are those that read it, themselves or through groups that they refer to.
	Groups []GroupID `json:"groups,omitempty"`
}

// maxSeen bounds the values that are told apart in one column, stored ones and new ones each.
const maxSeen = 10_000

// A feedColumn compares one column of the file with what is stored, while the planner walks through
// both. It holds at most 2 × maxSeen texts, and none where no group reads the column.
type feedColumn struct {
	FeedFigure
	at      int    // of the column among those of the file
	units   []Tree // where it is a column of units
	manager bool   // where it is the column of managers
	exact   bool   // as the field's texts are compared
	tracked bool
	seen    map[string]struct{} // what stored users have
	// fresh are the users whose new value was not seen so far, by its texts, and joined those for
	// multi-valued ones.
	fresh map[string]int
}

// A feedWatch compares a whole file with what is stored.
type feedWatch struct {
	Feed
	columns []*feedColumn
	texts   []string // of one user, used again
}

// watch prepares the comparison.
func (p *planner) watch(stored *Schema) {
	o := &p.f.opts
	for i, c := range p.f.columns {
		name := c.field.Name
		if name == fold.Exact(o.Key) {
			continue
		}
		f := &feedColumn{FeedFigure: FeedFigure{Column: name}, at: i, manager: p.f.manager != nil && name == fold.Exact(o.Manager)}
		f.Groups = p.readers.of(func(r *reader) bool { return r.reads(name, &p.f.opts) })
		for _, u := range p.f.units {
			if u.index == c.index {
				f.units = append(f.units, u.tree)
			}
		}
		field := c.field.Field
		if old, is := stored.Field(name); is && !c.declared {
			field = old
		}
		choice := field.Type == TypeChoice || field.Type == TypeMultiChoice
		f.exact = choice || field.Exact
		if len(f.Groups) > 0 && (choice || field.Type == TypeText || f.manager || len(f.units) > 0) {
			f.tracked, f.seen, f.fresh = true, map[string]struct{}{}, map[string]int{}
		}
		p.feed.columns = append(p.feed.columns, f)
	}
}

// see takes in what a stored user has, met or not.
func (w *feedWatch) see(u *User) {
	for _, c := range w.columns {
		if !c.tracked {
			continue
		}
		w.texts = c.texts(w.texts[:0], u)
		for _, s := range w.texts {
			c.seen[s] = struct{}{}
		}
		if len(c.seen) > maxSeen {
			c.giveUp()
		}
	}
}

func (c *feedColumn) giveUp() { c.tracked, c.Untracked, c.seen, c.fresh = false, true, nil, nil }

// texts appends what a user has in the column, as rules compare it.
func (c *feedColumn) texts(to []string, u *User) []string {
	switch {
	case len(c.units) > 0:
		for _, tree := range c.units {
			to = append(to, u.Units[tree]...)
		}
	case c.manager:
		if u.Manager.id != "" {
			to = append(to, string(u.Manager.id))
		}
	default:
		switch d := u.Fields[c.Column].data.(type) {
		case *textValue:
			for i := range d.items {
				if c.exact {
					to = append(to, d.items[i].exact)
				} else {
					to = append(to, d.items[i].key)
				}
			}
		case choiceValue:
			to = append(to, d...)
		}
	}
	return to
}

// A fate is what becomes of one user's value in one column.
type fate uint8

const (
	fateNone fate = iota // there was none
	fateKept
	fateChanged
	fateBlanked
)

// feedCompared is how many values a user has who can look like another.
const feedCompared = 5

// kept takes in how many are stored, and those who are as in the file.
func (w *feedWatch) kept(c *comparison) {
	w.Known += c.known
	w.Active += c.active
	w.Met += c.same
	w.Compared += c.compared
	for i, had := range c.had {
		w.columns[i].Had += had
		w.columns[i].Have += had
	}
}

// met compares a stored user who is in the file with what they would be.
func (w *feedWatch) met(was, is *User) {
	w.Met++
	if was.Activation == Activated && is.Activation == Deactivated {
		w.Deactivated++
	}
	values, keeps := 0, 0
	for _, c := range w.columns {
		f := c.fate(was, is)
		if f != fateNone {
			values++
			c.Had++
		}
		switch f {
		case fateKept:
			keeps++
			c.Have++
		case fateBlanked:
			c.Blanked++
			if c.has(is) {
				c.Have++ // it is a manager and a unit, say, and only one of the two is gone
			}
		case fateChanged:
			c.Changed++
			c.Have++
			w.note(c, is)
		case fateNone:
			if c.has(is) {
				c.Have++
			}
		}
	}
	// Of the files tried, half a year of a government's posts does this to 1 % of them, and keys
	// shifted by a row to 44 to 57 %. With few columns a new school year would look the same.
	if values >= feedCompared {
		w.Compared++
		if 2*keeps < values {
			w.Replaced++
		}
	}
}

// sameWords reports whether two values of different types are written alike: a column of which only
// the declared type changed holds what it held.
func sameWords(a, b Value) bool {
	return a.typeFor(TypeChoice) != b.typeFor(TypeChoice) && slices.Equal(a.Texts(), b.Texts())
}

func present(v Value) bool { return !v.IsUnknown() && !v.IsEmpty() }

// has reports whether a user has a value in the column, as a field or otherwise.
func (c *feedColumn) has(u *User) bool {
	return present(u.Fields[c.Column]) || c.role(u)
}

// role reports whether the user has what the column holds besides a field.
func (c *feedColumn) role(u *User) bool {
	return c.manager && u.Manager.id != "" ||
		slices.ContainsFunc(c.units, func(tree Tree) bool { return len(u.Units[tree]) > 0 })
}

func (c *feedColumn) fate(was, is *User) fate {
	f := fateNone
	worst := func(had, has, equal bool) {
		switch {
		case !had:
		case !has:
			f = fateBlanked
		case !equal:
			f = max(f, fateChanged)
		default:
			f = max(f, fateKept)
		}
	}
	a, b := was.Fields[c.Column], is.Fields[c.Column]
	worst(present(a), present(b), a.Equal(b) || sameWords(a, b))
	if c.manager {
		worst(was.Manager.id != "", is.Manager.id != "", was.Manager == is.Manager)
	}
	for _, tree := range c.units {
		a, b := was.Units[tree], is.Units[tree]
		worst(len(a) > 0, len(b) > 0, slices.Equal(a, b))
	}
	return f
}

// note remembers a new value until all stored ones were seen.
func (w *feedWatch) note(c *feedColumn, is *User) {
	if !c.tracked {
		return
	}
	w.texts = c.texts(w.texts[:0], is)
	unseen := slices.DeleteFunc(w.texts, func(s string) bool { _, ok := c.seen[s]; return ok })
	if len(unseen) == 0 {
		return
	}
	// No value has a NUL.
	c.fresh[strings.Join(unseen, "\x00")]++
	if len(c.fresh) > maxSeen {
		c.giveUp()
	}
}

// finish counts what was never seen, now that all stored users were met.
func (w *feedWatch) finish() {
	for _, c := range w.columns {
		if c.Untracked {
			c.Unseen = c.Changed
		}
		for texts, users := range c.fresh {
			if slices.ContainsFunc(strings.Split(texts, "\x00"), func(s string) bool { _, ok := c.seen[s]; return !ok }) {
				c.Unseen += users
			}
		}
		w.Figures = append(w.Figures, c.FeedFigure)
	}
}

// enrolled compares the records of a stored user of whom the files say something.
func (f *FeedFigure) enrolled(was, is Enrollments) {
	if len(is.list) > 0 {
		f.Have++
	}
	if len(was.list) == 0 {
		return
	}
	f.Had++
	lost := func(e Enrollment) bool {
		now, in := is.in(e.Course)
		if !in {
			return is.complete
		}
		return e.Status != "" && now.Status == "" || present(e.Completed) && !present(now.Completed)
	}
	switch {
	case slices.ContainsFunc(was.list, lost):
		f.Blanked++
	case !is.Equal(was):
		f.Changed++
	}
}

// treeFigure compares a tree, both times sorted by ID.
func treeFigure(tree Tree, was, is []Unit) FeedFigure {
	f := FeedFigure{Tree: tree, Had: len(was), Have: len(is)}
	for _, u := range was {
		for len(is) > 0 && is[0].ID < u.ID {
			is = is[1:]
		}
		switch {
		case len(is) == 0 || is[0].ID != u.ID:
			f.Blanked++
		case is[0].Parent != u.Parent:
			f.Changed++
		}
	}
	return f
}
