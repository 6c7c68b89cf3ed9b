package groups

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/fold"
)

// A planner merges one file into what is stored.
type planner struct {
	f       *PeopleFile
	filings map[*fieldOrder]*filing
	lately  *filing // that of the user paired last
	seats   seats   // of those who are new
	// seated are the numbers of the units that say the same as a cell, by column of units and by the code of the cell; 0
	// is none, or none yet.
	seated [][]uint32
	// compared are the shares of the pairs.
	compared []*comparison
	// texts are the plain texts of those who are new or changed, by column.
	texts map[*column]*cells[Value]
	plan  *ImportPlan
	// open are the options of choices that declare none, by field: those stored and those seen.
	// Where none are stored any option went so far (openStored), and listing those of the file alone
	// would make the values of others Unknown; so the stored values count as seen.
	open       map[string]map[string]bool
	openStored []string
	// met are the users of the enrollment file who exist.
	met     []bool
	readers readers
	feed    feedWatch
	// enrolled is the figure of the enrollments, shown where a file of them came along.
	enrolled FeedFigure
	moved    []FeedFigure // those of the trees that came along
}

// match compares the columns with the stored schema.
func (p *planner) match(stored *Schema) error {
	var errs []error
	for _, c := range p.f.columns {
		if c.cells == nil {
			p.texts[c] = newCells(readText)
		}
		old, is := stored.Field(c.field.Name)
		if is && !c.declared && old.Type != TypeText {
			errs = append(errs, fmt.Errorf("%w: column %q is stored as %v: declare its type", ErrCSVOptions, old.Name, old.Type))
		}
		if c.options != nil {
			options := maps.Clone(c.options)
			for _, o := range old.Options {
				options[o.ID] = true
			}
			p.open[c.field.Name] = options
			if choice := old.Type == TypeChoice || old.Type == TypeMultiChoice; choice && len(old.Options) == 0 {
				p.openStored = append(p.openStored, old.Name)
			}
		}
	}
	for _, c := range p.f.units {
		p.seated = append(p.seated, make([]uint32, c.cells.values.len()))
	}
	if p.f.Enrollments != nil {
		p.met = make([]bool, len(p.f.Enrollments.users))
	}
	return errors.Join(errs...)
}

// people takes in everybody: while some pairs are compared, those before them are decided about and the next are found.
func (p *planner) people(ctx context.Context, dir Directory) error {
	var failed error
	next, stop := iter.Pull(p.pairs(ctx, dir, &failed))
	defer stop()
	var compared []pair
	for found, more := next(); more || len(compared) > 0; {
		var after []pair
		shares := p.shares(found)
		inParallel(1+len(shares), func() func(int) {
			return func(i int) {
				if i > 0 {
					p.compared[i-1].all(shares[i-1])
					return
				}
				p.settle(compared)
				after, more = next()
			}
		})
		compared, found = found, after
	}
	for _, c := range p.compared {
		p.plan.Unchanged += c.same
		p.feed.kept(c)
	}
	return failed
}

// pairs walks through the stored people and the file side by side, and yields enough pairs to share the work, which stay
// until the next but one are asked for. It ends where it fails.
func (p *planner) pairs(ctx context.Context, dir Directory, failed *error) iter.Seq[[]pair] {
	return func(yield func([]pair) bool) {
		var pairs, spare []pair
		add := func(with pair) bool {
			if pairs = append(pairs, with); len(pairs) < pairsAtOnce {
				return true
			}
			more := yield(pairs)
			pairs, spare = spare[:0], pairs
			return more
		}
		*failed = p.walk(ctx, dir, add)
		if *failed == nil && len(pairs) > 0 {
			yield(pairs)
		}
	}
}

// walk finds the pairs, by ID, and ends where one is not wanted.
func (p *planner) walk(ctx context.Context, dir Directory, found func(pair) bool) error {
	rows, first, last := 0, true, UserID("")
	for u, err := range filedUsers(ctx, dir) {
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		if !first && u.ID <= last {
			// Out of order, users would look new and missing at once.
			return fmt.Errorf("the directory yields user %q after %q", u.ID, last)
		}
		first, last = false, u.ID
		if f := p.f.Enrollments; f != nil && f.Rows == 0 && !f.opts.Changes && len(u.Enrollments.list) > 0 {
			return &CSVError{Err: ErrNoRows, Text: fmt.Sprintf("the enrollment file has a header and no rows, and user %q is enrolled: everybody would be taken out of every course", u.ID)}
		}
		row, id := p.f.byID(rows)
		for ; row != noRow && string(id) < string(u.ID); row, id = p.f.byID(rows) {
			if !found(pair{row: row}) {
				return nil
			}
			rows++
		}
		if row != noRow && string(id) == string(u.ID) {
			rows++
		} else {
			row = noRow
		}
		if !found(pair{user: u, row: row, filing: p.filing(u.order)}) {
			return nil
		}
	}
	for ; rows < p.f.ids.len(); rows++ {
		if row, _ := p.f.byID(rows); !found(pair{row: row}) {
			return nil
		}
	}
	return nil
}

// filing is the file beside an order of fields.
func (p *planner) filing(o *fieldOrder) *filing {
	if p.lately != nil && p.lately.order == o {
		return p.lately
	}
	if p.lately = p.filings[o]; p.lately == nil {
		p.lately = p.f.filing(o)
		p.filings[o] = p.lately
	}
	return p.lately
}

// byID is row i of those that were kept, by ID; noRow: there are not as many.
func (f *PeopleFile) byID(i int) (row int, id []byte) {
	if i == f.ids.len() {
		return noRow, nil
	}
	if f.order != nil {
		i = f.order[i]
	}
	return i, f.ids.at(i)
}

// settle decides about pairs that were compared, in their order.
func (p *planner) settle(pairs []pair) {
	for i := range pairs {
		with := &pairs[i]
		if with.user == nil {
			p.add(with.row)
			continue
		}
		p.feed.see(&with.user.User)
		for _, name := range p.openStored {
			for _, id := range with.user.Fields[name].Texts() {
				p.open[name][id] = true
			}
		}
		switch {
		case with.row == noRow:
			p.leave(with.user.User)
		case !with.same:
			p.update(with)
		}
	}
}

// add takes in a user who is not stored.
func (p *planner) add(row int) {
	id := UserID(p.f.ids.at(row))
	u := User{ID: id, Activation: p.activation(nil, row), Expiry: Current, Fields: make(map[string]Value, len(p.f.columns))}
	for _, c := range p.f.columns {
		if v := p.value(c, row); !v.IsUnknown() {
			u.Fields[c.field.Name] = v
		}
	}
	u.Units = p.seats.of(row, p.f.units)
	if c := p.f.manager; c != nil {
		u.Manager = c.of(row)
	}
	if f := p.f.Enrollments; f != nil {
		// Whatever a new user is enrolled in has changed.
		u.Enrollments, _ = p.enrollments(id, Enrolled())
	}
	p.plan.New = append(p.plan.New, id)
	p.plan.People.Upsert = append(p.plan.People.Upsert, u)
}

// value is what a row has in a column.
func (p *planner) value(c *column, row int) Value {
	if c.cells != nil {
		return c.value(row)
	}
	cell := c.texts.at(row)
	if string(cell) == unreadableText {
		return Value{}
	}
	texts := p.texts[c]
	code, hash := texts.met(cell)
	if code == unknownCell {
		code, _ = texts.read(cell, hash) // every text can be read
	}
	return texts.at(code)
}

// update compares a stored user with their row. The maps of the stored user are the Directory's,
// and are copied before anything is written to them.
func (p *planner) update(with *pair) {
	u, row := with.user.User, with.row
	next, changed := u, false
	if a := p.activation(&u, row); a != u.Activation {
		next.Activation, changed = a, true
	}
	copied := false
	for at, c := range p.f.columns {
		name := c.field.Name
		if c.same(row, with.value(at, name).Value) {
			continue
		}
		if changed = true; !copied {
			next.Fields, copied = copyOf(u.Fields), true
		}
		v := p.value(c, row)
		if next.Fields[name] = v; v.IsUnknown() {
			delete(next.Fields, name)
		}
	}
	copied = false
	for at, c := range p.f.units {
		if p.sits(with, at, c) {
			continue
		}
		if changed = true; !copied {
			next.Units, copied = copyOf(u.Units), true
		}
		units := c.of(row)
		if next.Units[c.tree] = units; units == nil {
			delete(next.Units, c.tree)
		}
	}
	if c := p.f.manager; c != nil && c.of(row) != u.Manager {
		next.Manager, changed = c.of(row), true
	}
	if p.f.Enrollments != nil {
		if next.Enrollments, _ = p.enrollments(u.ID, u.Enrollments); !next.Enrollments.Equal(u.Enrollments) {
			changed = true
		}
		p.enrolled.enrolled(u.Enrollments, next.Enrollments)
	}
	p.feed.met(&u, &next)
	if !changed {
		p.plan.Unchanged++
		return
	}
	p.plan.Changed = append(p.plan.Changed, u.ID)
	p.plan.People.Upsert = append(p.plan.People.Upsert, next)
}

// copyOf is a copy to write to.
func copyOf[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}

// leave decides about a stored user without a row of their own.
func (p *planner) leave(u User) {
	next, changed := u, false
	if p.f.Enrollments != nil {
		if list, occurs := p.enrollments(u.ID, u.Enrollments); occurs {
			p.enrolled.enrolled(u.Enrollments, list)
			if !list.Equal(u.Enrollments) {
				next.Enrollments, changed = list, true
			}
		}
	}
	// Those switched off already are in no file any more, and would look missing in every one.
	off := p.f.opts.Missing == DeactivateMissing && u.Activation == Deactivated
	if off {
		p.feed.Known--
	}
	_, mentioned := p.f.mentioned[u.ID]
	if len(p.f.keyless) == 0 && !mentioned && (!p.f.opts.Changes || p.f.gone[u.ID]) {
		p.plan.Missing = append(p.plan.Missing, u.ID)
		if !off {
			p.feed.Missing++
		}
		switch {
		case p.f.opts.Missing == RemoveMissing:
			p.plan.People.Remove = append(p.plan.People.Remove, u.ID)
			return
		case p.f.opts.Missing == DeactivateMissing && changed:
			next.Activation = Deactivated
		case p.f.opts.Missing == DeactivateMissing && u.Activation != Deactivated:
			p.plan.People.Deactivate = append(p.plan.People.Deactivate, u.ID)
		}
	}
	if changed {
		p.plan.Changed = append(p.plan.Changed, u.ID)
		p.plan.People.Upsert = append(p.plan.People.Upsert, next)
	}
}

// activation is whether a user of the file is switched on; stored is nil for a new one.
func (p *planner) activation(stored *User, row int) Activation {
	o := &p.f.opts
	was := Activated
	if stored != nil {
		was = stored.Activation
	}
	switch {
	case o.Status == nil && o.Missing == DeactivateMissing && was == Deactivated:
		// Where the missing are switched off and no column says who is, being in the file is what
		// says it: nothing else could ever switch them on again.
		return Activated
	case o.Status == nil:
		return was
	case p.f.status == nil && stored == nil:
		return ActivationUnknown
	case p.f.status == nil:
		return was
	}
	switch p.f.status.of(row) {
	case statusBlank:
		return was
	case statusActive:
		return Activated
	case statusDeactivated:
		return Deactivated
	}
	return ActivationUnknown
}

// enrollments is what the enrollment file says about a user who exists, and whether the user occurs
// in it.
func (p *planner) enrollments(id UserID, stored Enrollments) (list Enrollments, occurs bool) {
	list, at := p.f.Enrollments.of(id, stored)
	if at >= 0 {
		p.met[at] = true
	}
	return list, at >= 0 || p.f.Enrollments.partial[id]
}

// trees takes in the trees that came with the file and are not as stored.
func (p *planner) trees(ctx context.Context, dir Directory) error {
	if len(p.f.Trees) == 0 {
		return nil
	}
	stored := map[Tree][]Unit{}
	for u, err := range dir.Units(ctx) {
		if err != nil {
			return fmt.Errorf("read units: %w", err)
		}
		if _, given := p.f.Trees[u.Tree]; given {
			stored[u.Tree] = append(stored[u.Tree], u)
		}
	}
	changed := map[Tree][]Unit{}
	for tree, units := range p.f.Trees {
		units = slices.Clone(units)
		slices.SortFunc(units, func(a, b Unit) int { return strings.Compare(a.ID, b.ID) })
		for i := range units {
			units[i].Tree = tree
			if i > 0 && units[i].ID == units[i-1].ID {
				return fmt.Errorf("tree %q: unit %q %w", tree, units[i].ID, ErrRepeated)
			}
		}
		if !slices.Equal(units, stored[tree]) {
			changed[tree] = units
		}
	}
	if len(changed) > 0 {
		p.plan.People.Trees = changed
	}
	for _, tree := range slices.Sorted(maps.Keys(p.f.Trees)) {
		now, differs := changed[tree]
		if !differs {
			now = stored[tree]
		}
		p.moved = append(p.moved, treeFigure(tree, stored[tree], now))
	}
	return nil
}

// object closes the figures and asks the guard about them.
func (p *planner) object(guard *FeedGuard) {
	p.feed.finish()
	for _, f := range p.moved {
		f.Groups = p.readers.of(func(r *reader) bool { return r.trees[f.Tree] })
		p.feed.Figures = append(p.feed.Figures, f)
	}
	if p.f.Enrollments != nil {
		p.enrolled.Groups = p.readers.of(func(r *reader) bool { return r.enrollments })
		p.feed.Figures = append(p.feed.Figures, p.enrolled)
	}
	p.plan.Feed = p.feed.Feed
	if guard == nil {
		guard = DefaultFeedGuard()
	}
	p.plan.Objections = guard.judge(&p.plan.Feed, p.f.opts.Missing, p.readers.of(func(r *reader) bool { return r.status }))
}

// find reports what is wrong with the file as a whole.
func (p *planner) find(stored *Schema) {
	add := func(code, where, format string, a ...any) {
		p.plan.Findings = append(p.plan.Findings, Finding{Code: code, Where: where, Text: fmt.Sprintf(format, a...)})
	}
	readBy := func(reads func(*reader) bool) (string, bool) {
		ids := p.readers.of(reads)
		if len(ids) == 0 {
			return "no group reads it", false
		}
		return "groups that read it: " + quoted(ids), true
	}
	for _, name := range p.absentColumns(stored) {
		text, read := readBy(func(r *reader) bool { return r.reads(name, &p.f.opts) })
		if !read && slices.Contains(reservedNames, name) && !slices.ContainsFunc(stored.Fields, func(f Field) bool { return f.Name == name }) && !slices.Contains(p.f.absent, name) {
			continue // every schema has these, and nobody ever asked for them
		}
		add(findingMissingColumn, "column "+name, "the file has no column %q: what is stored stays, and is unknown for new users; %s", name, text)
	}
	if f := p.f.Enrollments; f != nil {
		for _, name := range f.absent {
			text, _ := readBy(func(r *reader) bool { return r.enrollments })
			add(findingMissingColumn, "enrollment column "+name, "the enrollment file has no column %q: what is stored stays, and is unknown for new records; %s", name, text)
		}
		var strangers []UserID
		for i, met := range p.met {
			if !met {
				strangers = append(strangers, f.users[i].user)
			}
		}
		if len(strangers) > 0 {
			add(findingStrayEnrollment, "enrollments", "who does not exist cannot be enrolled, so the records of these count for nothing: %s", quoted(strangers))
		}
	}
	if len(p.f.keyless) > 0 {
		lines := strings.Trim(fmt.Sprint(p.f.keyless), "[]")
		add(findingKeysUnreadable, "column "+fold.Exact(p.f.opts.Key), "the keys of these lines cannot be read and may be anybody's, so nobody counts as missing: %s", strings.ReplaceAll(lines, " ", ", "))
	}
	slices.SortFunc(p.plan.Findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.Where, b.Where))
	})
}

// absentColumns are the known columns that the file has not.
func (p *planner) absentColumns(stored *Schema) []string {
	names := slices.Concat(p.f.absent, reservedNames)
	for _, f := range stored.Fields {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return slices.Contains(p.f.header, name) })
}
