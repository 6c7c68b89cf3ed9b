package groups

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/fold"
)

// An ImportPlan is what an import of people would change: step two of three. Nothing is written.
type ImportPlan struct {
	// New are the users who are in the file and not stored, Changed those stored with something
	// else than the file has, Unchanged the number of those stored as they are in the file. Changed
	// also has users of whom the file has only new enrollments.
	New, Changed []UserID
	Unchanged    int
	// Missing are the stored users who are not in the file; what becomes of them is
	// [PeopleCSV.Missing]. Nobody is missing whose key occurs anywhere in the file, if only in a
	// rejected row, and nobody at all where a key cannot be read.
	Missing []UserID
	// Rejected is the number of rows that count for nothing, and Issues is what was wrong with
	// them and with single cells.
	Rejected int
	Issues   []Issue
	// Findings is what is wrong with the file as a whole, sorted: columns that are not there, keys
	// that cannot be read, enrollments of strangers. Those of the evaluation are in Run.
	Findings []Finding
	// Feed compares the file with what is stored, in numbers, and Objections is where it reaches a
	// limit of [Options.FeedGuard]: [Evaluator.Import] refuses a plan that has any.
	Feed       Feed
	Objections []FeedObjection
	// Run is what the change would do to all groups.
	Run *Run
	// People is the change itself. Users that would stay as they are do not occur.
	People PeopleChange
}

// PlanImport works out what a file of people would change in the Evaluator's Directory, and which
// groups change by that and by how many, before anything is written. It reads all people twice and
// evaluates every group.
//
// A stored user keeps what the file says nothing about: other fields, and those of columns that
// are known (declared, or in the stored schema) and not in this file, each with a finding that
// names the groups that read it. The schema takes in the columns of the file; a declared type
// replaces the stored one. An enrollment file without rows is refused with [ErrNoRows] where a stored
// user is enrolled, and a column that is stored as anything but a text has to be declared
// ([ErrCSVOptions]), or the file would quietly make it one. The same file planned twice gives the
// same plan, and the order of its rows does not matter.
func (e *Evaluator) PlanImport(ctx context.Context, f *PeopleFile) (*ImportPlan, error) {
	p := &planner{
		f:    f,
		file: f.rows,
		plan: &ImportPlan{Rejected: f.Rejected, Issues: f.Issues},
		open: map[string]map[string]bool{},
	}
	if v, ok := As[Versioned](e.dir); ok {
		// Before anything is read, so that a change while reading shows as a conflict.
		base, err := v.Version(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the version of the directory: %w", err)
		}
		p.plan.People.Base = base
	}
	schema, err := e.dir.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	if err := p.match(schema); err != nil {
		return nil, err
	}
	if err := p.groups(ctx, e.store); err != nil {
		return nil, err
	}
	p.watch(schema)
	if err := p.people(ctx, e.dir); err != nil {
		return nil, err
	}
	if err := p.trees(ctx, e.dir); err != nil {
		return nil, err
	}
	p.object(e.opts.FeedGuard)
	if merged := p.schema(schema); !reflect.DeepEqual(merged, schema) {
		p.plan.People.Schema = merged
	}
	p.find(schema)
	if p.plan.Run, err = e.over(newOverlay(e.dir, p.plan.People)).Evaluate(ctx); err != nil {
		return nil, err
	}
	return p.plan, nil
}

// Import writes what was planned, step three of three, and then processes all groups: it returns
// what changed in them. The people are written as a whole or not at all, and no definition of a group is
// touched. Nothing is written where
//
//   - the plan has objections: a [*FeedError] lists them all, and a person may override them
//     ([Evaluator.ImportDespite]);
//   - the groups would not change exactly as the plan shows: a [*StaleError] has the difference, and
//     the plan is to be made anew;
//   - the directory changed since the plan was made and can tell ([Versioned]): the error wraps
//     [ErrConflict], and likewise;
//   - the Directory is not [People] as well: the error wraps [errors.ErrUnsupported].
//
// An error of the processing leaves the people written and every membership as it was; a later
// [Evaluator.Process] brings the groups up to date. What others change between the comparison and the
// processing shows in the run that is returned.
func (e *Evaluator) Import(ctx context.Context, p *ImportPlan, by string) (*Run, error) {
	if len(p.Objections) > 0 {
		return nil, &FeedError{slices.Clone(p.Objections)}
	}
	return e.importPlan(ctx, p, Act{Do: actImport, By: by})
}

// ImportDespite has a person import what the [FeedGuard] objects to, and say why. It does what
// [Evaluator.Import] does, and refuses what that refuses, but for the objections. A person without a
// name is refused with [ErrID].
func (e *Evaluator) ImportDespite(ctx context.Context, p *ImportPlan, by, why string) (*Run, error) {
	if strings.TrimSpace(by) == "" {
		return nil, fmt.Errorf("%w: nobody is named who overrides the feed guard", ErrID)
	}
	return e.importPlan(ctx, p, Act{Do: actOverride, By: by, Why: why, After: recorded(&p.Objections)})
}

// importPlan is the one way of a plan into the directory, with what the audit says of it, which is
// written with the groups. The groups are evaluated over the people as they will be, the people are written, and then what was
// evaluated: where another writer came in between, the groups are evaluated anew.
func (e *Evaluator) importPlan(ctx context.Context, p *ImportPlan, entry Act) (*Run, error) {
	people, ok := As[People](e.dir)
	if !ok {
		return nil, fmt.Errorf("the directory does not keep people: %w", errors.ErrUnsupported)
	}
	if err := checkText(entry.By, entry.Why); err != nil {
		return nil, err
	}
	written := false
	return e.write(ctx, func() (*run, error) {
		if written {
			r, err := e.run(ctx, nil)
			if err == nil {
				r.acts = append(r.acts, entry)
			}
			return r, err
		}
		r, err := e.over(newOverlay(e.dir, p.People)).run(ctx, nil)
		if err != nil {
			return nil, err
		}
		if d := p.Run.deviations(r.result()); len(d) > 0 {
			return nil, &StaleError{Difference: d}
		}
		if entry.At = r.now; entry.After == nil {
			entry.After = recorded(p.figures())
		}
		if err := people.Write(ctx, p.People); err != nil {
			return nil, err
		}
		written = true
		r.acts = append(r.acts, entry)
		return r, nil
	})
}

// figures are what the audit says of an import.
func (p *ImportPlan) figures() *importFigures {
	return &importFigures{len(p.New), len(p.Changed), p.Unchanged, len(p.Missing), p.Rejected}
}

type importFigures struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Missing   int `json:"missing"`
	Rejected  int `json:"rejected"`
}

// A planner merges one file into what is stored.
type planner struct {
	f    *PeopleFile
	file []personRow // those not met yet
	plan *ImportPlan
	// open are the options of choices that declare none, by field: those stored and those seen.
	// Where none are stored any option went so far (openStored), and listing those of the file alone
	// would make the values of others Unknown; so the stored values count as seen.
	open       map[string]map[string]bool
	openStored []string
	// met are the users of the enrollment file who exist.
	met     []bool
	readers []reader
	refs    *references
	feed    feedWatch
	// enrolled is the figure of the enrollments, shown where a file of them came along.
	enrolled FeedFigure
	moved    []FeedFigure // those of the trees that came along
}

// match compares the columns with the stored schema.
func (p *planner) match(stored *Schema) error {
	var errs []error
	for _, c := range p.f.columns {
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
	if p.f.Enrollments != nil {
		p.met = make([]bool, len(p.f.Enrollments.users))
	}
	return errors.Join(errs...)
}

// people walks through the stored people and the file side by side.
func (p *planner) people(ctx context.Context, dir Directory) error {
	first, last := true, UserID("")
	for u, err := range dir.Users(ctx) {
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		if !first && u.ID <= last {
			// Out of order, users would look new and missing at once.
			return fmt.Errorf("the directory yields user %q after %q", u.ID, last)
		}
		first, last = false, u.ID
		if f := p.f.Enrollments; f != nil && f.Rows == 0 && len(u.Enrollments.list) > 0 {
			return &CSVError{Err: ErrNoRows, Text: fmt.Sprintf("the enrollment file has a header and no rows, and user %q is enrolled: everybody would be taken out of every course", u.ID)}
		}
		for len(p.file) > 0 && p.file[0].id < u.ID {
			p.add(&p.file[0])
			p.file = p.file[1:]
		}
		p.feed.stored(&u)
		for _, name := range p.openStored {
			for _, id := range u.Fields[name].Texts() {
				p.open[name][id] = true
			}
		}
		if len(p.file) > 0 && p.file[0].id == u.ID {
			p.update(u, &p.file[0])
			p.file = p.file[1:]
		} else {
			p.leave(u)
		}
	}
	for i := range p.file {
		p.add(&p.file[i])
	}
	return nil
}

// add takes in a user who is not stored.
func (p *planner) add(r *personRow) {
	u := User{ID: r.id, Activation: p.activation(nil, r), Expiry: Current, Manager: r.manager}
	p.fill(&u, r)
	for i, c := range p.f.units {
		if r.units[i] != nil {
			if u.Units == nil {
				u.Units = make(map[Tree][]string, len(p.f.units))
			}
			u.Units[c.tree] = r.units[i]
		}
	}
	if f := p.f.Enrollments; f != nil {
		u.Enrollments, _ = p.enrollments(r.id, Enrollments{})
	}
	p.plan.New = append(p.plan.New, r.id)
	p.plan.People.Upsert = append(p.plan.People.Upsert, u)
}

// fill gives a new user the values of a row.
func (p *planner) fill(u *User, r *personRow) {
	u.Fields = make(map[string]Value, len(p.f.columns))
	for i, c := range p.f.columns {
		if v := r.values[i]; !v.IsUnknown() {
			u.Fields[c.field.Name] = v
		}
	}
}

// update compares a stored user with their row. The maps of the stored user are the Directory's,
// and are copied before anything is written to them.
func (p *planner) update(u User, r *personRow) {
	next, changed := u, false
	if a := p.activation(&u, r); a != u.Activation {
		next.Activation, changed = a, true
	}
	copied := false
	for i, c := range p.f.columns {
		name, v := c.field.Name, r.values[i]
		if v.Equal(u.Fields[name]) {
			continue
		}
		if changed = true; !copied {
			next.Fields, copied = copyOf(u.Fields), true
		}
		if next.Fields[name] = v; v.IsUnknown() {
			delete(next.Fields, name)
		}
	}
	copied = false
	for i, c := range p.f.units {
		units := r.units[i]
		if old, known := u.Units[c.tree]; known == (units != nil) && slices.Equal(units, old) {
			continue
		}
		if changed = true; !copied {
			next.Units, copied = copyOf(u.Units), true
		}
		if next.Units[c.tree] = units; units == nil {
			delete(next.Units, c.tree)
		}
	}
	if p.f.hasManager && r.manager != u.Manager {
		next.Manager, changed = r.manager, true
	}
	if p.f.Enrollments != nil {
		if next.Enrollments, _ = p.enrollments(u.ID, u.Enrollments); !next.Enrollments.Equal(u.Enrollments) {
			changed = true
		}
		p.enrolled.enrolled(u.Enrollments, next.Enrollments)
	}
	p.feed.met(&u, &next, !changed)
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
	if len(p.f.keyless) == 0 && !mentioned {
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
func (p *planner) activation(stored *User, r *personRow) Activation {
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
	case !p.f.hasStatus && stored == nil:
		return ActivationUnknown
	case !p.f.hasStatus:
		return was
	}
	switch r.status {
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

// schema is the stored schema with what the file and its declarations bring.
func (p *planner) schema(stored *Schema) *Schema {
	merged := *stored
	merged.Fields = slices.Clone(stored.Fields)
	merged.Trees = slices.Clone(stored.Trees)
	inFile := map[string]bool{}
	for _, c := range p.f.columns {
		inFile[c.field.Name] = true
		p.mergeField(&merged, c.field.Field, c.declared)
	}
	for _, f := range p.f.opts.Fields {
		if f.Name = fold.Exact(f.Name); !inFile[f.Name] {
			p.mergeField(&merged, f.Field, true)
		}
	}
	var trees []Tree
	for _, u := range p.f.opts.Units {
		trees = append(trees, u.Tree)
	}
	for _, t := range append(trees, slices.Sorted(maps.Keys(p.f.Trees))...) {
		if !slices.Contains(merged.Trees, t) {
			merged.Trees = append(merged.Trees, t)
		}
	}
	if f := p.f.Enrollments; f != nil {
		all := slices.Concat(stored.EnrollmentStatuses, f.statuses)
		slices.Sort(all)
		if all = slices.Compact(all); len(all) > len(stored.EnrollmentStatuses) {
			merged.EnrollmentStatuses = all
		}
	}
	return &merged
}

// mergeField puts a column into the schema. What people wrote about a field stays where the column
// says nothing: its label, those of its options, and that it is kept out of rules.
func (p *planner) mergeField(s *Schema, f Field, declared bool) {
	i := slices.IndexFunc(s.Fields, func(g Field) bool { return g.Name == f.Name })
	if i < 0 {
		if old, reserved := s.Field(f.Name); reserved && !declared {
			f = old
		}
		f.Options = p.options(f, nil)
		s.Fields = append(s.Fields, f)
		return
	}
	if !declared {
		return
	}
	old := s.Fields[i]
	if f.Label == "" {
		f.Label = old.Label
	}
	f.NotForCriteria = f.NotForCriteria || old.NotForCriteria
	f.Options = p.options(f, old.Options)
	s.Fields[i] = f
}

// options are those declared, or else those stored and seen.
func (p *planner) options(f Field, stored []Option) []Option {
	labels := map[string]string{}
	for _, o := range stored {
		labels[o.ID] = o.Label
	}
	if len(f.Options) > 0 {
		options := slices.Clone(f.Options)
		for i, o := range options {
			if o.Label == "" {
				options[i].Label = labels[o.ID]
			}
		}
		return options
	}
	if f.Type != TypeChoice && f.Type != TypeMultiChoice {
		return nil
	}
	if seen := p.open[f.Name]; len(seen) > len(stored) {
		options := make([]Option, 0, len(seen))
		for _, id := range slices.Sorted(maps.Keys(seen)) {
			options = append(options, Option{id, labels[id]})
		}
		return options
	}
	return stored
}

// groups reads what each group asks of people.
func (p *planner) groups(ctx context.Context, store Store) error {
	p.refs = newReferences(nil)
	for g, err := range store.Groups(ctx) {
		if err != nil {
			return fmt.Errorf("read groups: %w", err)
		}
		p.readers = append(p.readers, readerOf(g))
		p.refs.put(g)
	}
	return nil
}

// readBy are the groups that read something, themselves or through groups that they refer to, sorted.
func (p *planner) readBy(reads func(*reader) bool) []GroupID {
	var ids []GroupID
	for i := range p.readers {
		if reads(&p.readers[i]) {
			ids = append(ids, p.readers[i].id)
		}
	}
	ids = append(ids, p.refs.dependents(ids)...)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// object closes the figures and asks the guard about them.
func (p *planner) object(guard *FeedGuard) {
	p.feed.finish()
	for _, f := range p.moved {
		f.Groups = p.readBy(func(r *reader) bool { return r.trees[f.Tree] })
		p.feed.Figures = append(p.feed.Figures, f)
	}
	if p.f.Enrollments != nil {
		p.enrolled.Groups = p.readBy(func(r *reader) bool { return r.enrollments })
		p.feed.Figures = append(p.feed.Figures, p.enrolled)
	}
	p.plan.Feed = p.feed.Feed
	if guard == nil {
		guard = DefaultFeedGuard()
	}
	p.plan.Objections = guard.judge(&p.plan.Feed, p.f.opts.Missing, p.readBy(func(r *reader) bool { return r.status }))
}

// find reports what is wrong with the file as a whole.
func (p *planner) find(stored *Schema) {
	add := func(code, where, format string, a ...any) {
		p.plan.Findings = append(p.plan.Findings, Finding{Code: code, Where: where, Text: fmt.Sprintf(format, a...)})
	}
	readBy := func(reads func(*reader) bool) (string, bool) {
		ids := p.readBy(reads)
		if len(ids) == 0 {
			return "no group reads it", false
		}
		return "groups that read it: " + quoted(ids), true
	}
	for _, name := range p.absentColumns(stored) {
		text, read := readBy(func(r *reader) bool { return p.readsColumn(r, name) })
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

// readsColumn reports whether a group reads what a column holds, as a field or otherwise.
func (p *planner) readsColumn(r *reader, name string) bool {
	o := &p.f.opts
	return r.fields[name] ||
		r.status && o.Status != nil && fold.Exact(o.Status.Column) == name ||
		r.lines && fold.Exact(o.Manager) == name ||
		slices.ContainsFunc(o.Units, func(u UnitColumn) bool { return r.trees[u.Tree] && fold.Exact(u.Column) == name })
}

// A reader is what one group asks of people.
type reader struct {
	id                         GroupID
	fields                     map[string]bool
	trees                      map[Tree]bool
	status, lines, enrollments bool
}

func readerOf(g Group) reader {
	r := reader{id: g.ID, fields: map[string]bool{}, trees: map[Tree]bool{}, status: g.Deactivated != Keep}
	if g.Kind != AutomaticGroup {
		return r
	}
	for _, s := range g.Criteria.Sets {
		for _, c := range s.Conditions {
			switch c := c.(type) {
			case FieldCondition:
				r.fields[c.Field] = true
			case UnitCondition:
				r.trees[c.Tree] = true
			case UserCondition:
				r.lines = r.lines || c.Op != opIs
			case EnrollmentCondition:
				r.enrollments = true
			case StatusCondition:
				r.status = r.status || slices.ContainsFunc(c.Statuses, func(s UserStatus) bool { return s != StatusExpired })
			}
		}
	}
	return r
}
