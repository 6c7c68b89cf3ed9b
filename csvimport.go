package groups

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/fold"
	"github.com/grouprules/groups/internal/table"
)

// PeopleCSV says how a file of people is to be read. Every column of the file becomes a field, so
// that rules can be made of whatever the file has (Cerego: "rules that utilize the column headers
// in the CSV"). Names of columns match the header trimmed and in NFC, case and all.
type PeopleCSV struct {
	// Key is the column of the user IDs; required. They are trimmed, and otherwise taken as they
	// are. The column becomes a field as well, unless it is headed "id".
	Key string
	// Fields declares types, separators and options by column. A column that is not declared is a
	// text. See [InferPeopleCSV] for proposals.
	Fields []CSVField
	// Status is the column that says who is deactivated; nil: the file does not say.
	Status *StatusColumn
	// Manager is the column of the managers' user IDs; blank: the file does not say.
	Manager string
	// Units are the columns of org units, one for each tree.
	Units []UnitColumn
	// Missing says what becomes of users who are stored but not in the file.
	Missing MissingUsers
	// Format is how the file is written.
	Format CSVFormat
	// Progress, where set, is told the number of rows read, every 10,000 and once at the end.
	Progress func(rows int)
}

// A CSVField declares the field that a column becomes. A choice or multi-choice without options
// takes its cells as options; with options, any other cell is Unknown and an [Issue].
type CSVField struct {
	Field
	// Separator stands between the values of one cell. A multi-choice needs one, a text of several
	// values may have one, nothing else can. Parts are trimmed; blank ones count for nothing.
	Separator string
}

// A StatusColumn says who is deactivated: those whose cell is listed, compared as texts are
// ("Inactive" is "inactive"). A blank cell keeps what is stored, and is active for a new user; any
// other cell is active.
type StatusColumn struct {
	Column      string
	Deactivated []string
}

// A UnitColumn holds the IDs of the units of one tree in which a user sits. Without a Separator the
// whole cell is one ID. A blank cell says that the user sits in none.
type UnitColumn struct {
	Tree      Tree
	Column    string
	Separator string
}

// MissingUsers says what an import does with users who are stored but not in the file.
type MissingUsers uint8

const (
	// KeepMissing leaves them as they are. The zero MissingUsers: a file may be a part.
	KeepMissing MissingUsers = iota
	// DeactivateMissing switches them off. Where the file has no status column they are switched
	// on again when they come back.
	DeactivateMissing
	// RemoveMissing takes them out of the directory.
	RemoveMissing
)

// String returns "keep", "deactivate" or "remove".
func (m MissingUsers) String() string { return name(m, "keep", "deactivate", "remove") }

// An Issue is something wrong with one row or cell. The import goes on without it.
type Issue struct {
	// Line is the line of the file on which the row starts.
	Line int `json:"line"`
	// Column is the header of the column, or blank where the whole row is meant.
	Column string `json:"column"`
	// Code is, for rows that are rejected: "ragged" (not as many cells as the header), "blankKey",
	// "badKey" (unreadable or not usable as an ID) or "repeatedKey"; for cells that are Unknown:
	// "unreadable" (not text in the file's charset) or "badValue" (not of the field's type, none of
	// its options, not usable as an ID).
	Code string `json:"code"`
	// Text says it in English.
	Text string `json:"text"`
	// Cell is the cell as it was read, not escaped in any way.
	Cell string `json:"cell"`
}

const (
	issueRagged      = "ragged"
	issueBlankKey    = "blankKey"
	issueBadKey      = "badKey"
	issueRepeatedKey = "repeatedKey"
	issueUnreadable  = "unreadable"
	issueBadValue    = "badValue"
)

// String returns the issue on one line.
func (i Issue) String() string {
	if i.Column == "" {
		return fmt.Sprintf("line %d: %s: %s", i.Line, i.Code, i.Text)
	}
	return fmt.Sprintf("line %d: %s: column %q: %s", i.Line, i.Code, i.Column, i.Text)
}

// A PeopleFile is a file of people that was read: step one of three. [Evaluator.PlanImport] says
// what it would change, [Evaluator.Import] changes it. A PeopleFile may be used from many
// goroutines once its fields are set.
type PeopleFile struct {
	// Rows are the rows after the header, Rejected those of them that count for nothing but the
	// keys they mention.
	Rows, Rejected int
	// Issues are what is wrong with rows and cells, by line.
	Issues []Issue
	// Delimiter and Charset are what the file was read with ("custom": CSVFormat.Decode).
	Delimiter rune
	Charset   string

	// Enrollments, set by the caller, comes with the people. Without it users keep the enrollments
	// they have, and those of new users are Unknown.
	Enrollments *EnrollmentFile
	// Trees, set by the caller, are the units of whole trees as they are now.
	Trees map[Tree][]Unit

	opts    PeopleCSV
	header  []string
	columns []*column // those that are fields
	units   []*unitColumn
	// hasStatus and hasManager: the file has the column that the options name; absent are those
	// named columns that it has not.
	hasStatus, hasManager bool
	absent                []string
	rows                  []personRow // by ID, each once
	// mentioned are what may be keys in ragged rows. keyless are the lines whose key cannot be read.
	mentioned map[UserID]struct{}
	keyless   []int
	bad       []badRow
}

// A personRow is a row that was kept.
type personRow struct {
	id     UserID
	line   int
	values []Value // by column
	status statusCell
	// manager and units may be Unknown: the zero Manager, a nil list.
	manager Manager
	units   [][]string // by unit column
}

type statusCell uint8

const (
	statusUnreadable statusCell = iota
	statusBlank
	statusActive
	statusDeactivated
)

// A badRow is a row with issues as it was in the file.
type badRow struct {
	cells         []string
	from, through int // its issues
}

// ReadPeopleCSV reads a file of people and decides about every row and cell, without asking what is
// stored. Data that is wrong is an [Issue], and goes no further than it must:
//
//   - A cell that cannot be read as what its column holds makes that one field Unknown. A blank
//     cell is Empty: no value, no manager, no unit.
//   - A row is rejected where it has not as many cells as the header, or its key is blank, cannot
//     be read or used, or occurred before (the first stands).
//
// A file that cannot be relied on as a whole is refused with a [*CSVError] or the error of r, and
// options that make no sense with [ErrCSVOptions], all of them at once. A column headed "id" that is
// not the key is refused, and a file without rows: nobody means that. Memory grows with the rows.
func ReadPeopleCSV(r io.Reader, o *PeopleCSV) (*PeopleFile, error) {
	if o == nil {
		o = new(PeopleCSV)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	t, err := o.Format.open(r)
	if err != nil {
		return nil, err
	}
	f := &PeopleFile{
		Delimiter: t.Delimiter(), Charset: t.Charset(),
		opts: *o, header: t.header, mentioned: map[UserID]struct{}{},
	}
	p := &peopleReader{PeopleFile: f, t: t, seen: map[string]int{}}
	if err := p.plan(); err != nil {
		return nil, err
	}
	for {
		row, err := t.read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		f.Rows++
		before := len(f.Issues)
		p.take(row)
		if after := len(f.Issues); after > before {
			f.bad = append(f.bad, badRow{cloneCells(row.Cells), before, after})
		}
		if o.Progress != nil && f.Rows%10_000 == 0 {
			o.Progress(f.Rows)
		}
	}
	if f.Rows == 0 {
		return nil, &CSVError{Err: ErrNoRows, Text: "the file has a header and no rows"}
	}
	if o.Progress != nil {
		o.Progress(f.Rows)
	}
	slices.SortFunc(f.rows, func(a, b personRow) int { return strings.Compare(string(a.id), string(b.id)) })
	return f, nil
}

// check reports all that is wrong with the options themselves.
func (o *PeopleCSV) check() error {
	errs := []error{o.Format.check()}
	bad := func(format string, a ...any) {
		errs = append(errs, fmt.Errorf("%w: %s", ErrCSVOptions, fmt.Sprintf(format, a...)))
	}
	if fold.Exact(o.Key) == "" {
		bad("no key column is named")
	}
	var s Schema
	for _, f := range o.Fields {
		f.Name = fold.Exact(f.Name)
		s.Fields = append(s.Fields, f.Field)
		several := f.Type == TypeMultiChoice || f.Type == TypeText && f.Several
		switch {
		case f.Type == TypeMultiChoice && f.Separator == "":
			bad("column %q is a multi-choice and needs a separator", f.Name)
		case f.Separator != "" && !several:
			bad("column %q holds one value and cannot have a separator", f.Name)
		}
	}
	if err := s.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("%w: %w", ErrCSVOptions, err))
	}
	if o.Status != nil {
		if fold.Exact(o.Status.Column) == "" {
			bad("the status column has no name")
		}
		if slices.ContainsFunc(o.Status.Deactivated, fold.Blank) {
			bad("a blank status cell keeps what is stored and cannot mean deactivated")
		}
	}
	if o.Manager != "" && fold.Exact(o.Manager) == "" {
		bad("the manager column has no name")
	}
	trees := map[Tree]bool{}
	for _, u := range o.Units {
		switch {
		case checkID("tree", string(u.Tree)) != nil:
			bad("unit column %q: %v", u.Column, checkID("tree", string(u.Tree)))
		case fold.Exact(u.Column) == "":
			bad("the column of the units of tree %q has no name", u.Tree)
		case trees[u.Tree]:
			bad("the tree %q has two columns", u.Tree)
		}
		trees[u.Tree] = true
	}
	if o.Missing > RemoveMissing {
		bad("what becomes of missing users is %v", o.Missing)
	}
	return errors.Join(errs...)
}

// A peopleReader fills a PeopleFile.
type peopleReader struct {
	*PeopleFile
	t    *csvFile
	key  int
	seen map[string]int // lines by key

	statusAt, managerAt int // columns, where the file has them
	statuses            *cells[statusCell]
	managers            *cells[Manager]

	// Rows are cut from slabs: three small slices a row would be most of the garbage.
	values slab[Value]
	lists  slab[[]string]
}

// plan decides what each column is.
func (p *peopleReader) plan() error {
	o := &p.opts
	var err error
	if p.key, err = p.t.need("key", o.Key); err != nil {
		return err
	}
	declared := map[string]CSVField{}
	for _, f := range o.Fields {
		f.Name = fold.Exact(f.Name)
		declared[f.Name] = f
		p.expect(f.Name)
	}
	var errs []error
	for i, h := range p.header {
		if h == string(ID) {
			if i != p.key {
				errs = append(errs, &CSVError{Err: ErrHeader, Text: fmt.Sprintf("a column is headed %q, which is reserved for the key: name it as the key or differently", h)})
			}
			continue
		}
		f, is := declared[h]
		if !is {
			f = CSVField{Field: Field{Name: h, Type: TypeText}}
			if strings.ContainsFunc(h, invisible) {
				errs = append(errs, &CSVError{Err: ErrHeader, Text: fmt.Sprintf("the column %.64q has control or invisible characters in its name", h)})
			}
		}
		p.columns = append(p.columns, newColumn(i, f, is))
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if o.Status != nil {
		p.statusAt = p.expect(o.Status.Column)
		p.hasStatus = p.statusAt >= 0
		p.statuses = newCells(readStatus(o.Status.Deactivated))
	}
	if o.Manager != "" {
		p.managerAt = p.expect(o.Manager)
		p.hasManager = p.managerAt >= 0
		p.managers = newCells(readManager)
	}
	for _, u := range o.Units {
		if i := p.expect(u.Column); i >= 0 {
			p.units = append(p.units, &unitColumn{i, u.Tree, newCells(readUnits(u.Separator))})
		}
	}
	return nil
}

// expect finds a column that options name, and notes it where it is absent.
func (p *peopleReader) expect(name string) int {
	i := p.t.column(name)
	if name = fold.Exact(name); i < 0 && !slices.Contains(p.absent, name) {
		p.absent = append(p.absent, name)
	}
	return i
}

// take keeps or rejects one row.
func (p *peopleReader) take(row *table.Row) {
	if row.Ragged() {
		// Whoever a cell may name is not missing.
		ids, lost := p.t.namedIn(row, p.key)
		for _, id := range ids {
			p.mentioned[id] = struct{}{}
		}
		p.reject(row, p.t.ragged(row), lost)
		return
	}
	key, issue := p.t.id(row, p.key, "key")
	if issue != nil {
		p.reject(row, *issue, true)
		return
	}
	if line, twice := p.seen[key]; twice {
		text := fmt.Sprintf("the key %.64q occurs on line %d already, which stands", key, line)
		p.reject(row, Issue{row.Line, p.header[p.key], issueRepeatedKey, text, strings.Clone(row.Cells[p.key])}, false)
		return
	}
	key = strings.Clone(key)
	p.seen[key] = row.Line
	r := personRow{id: UserID(key), line: row.Line, values: p.values.take(len(p.columns))}
	for i, c := range p.columns {
		r.values[i] = readCell(p, row, c.index, c.cells, true)
	}
	// The columns below are fields too, so that an unreadable cell has been reported already.
	if p.hasStatus {
		r.status = readCell(p, row, p.statusAt, p.statuses, false)
	}
	if p.hasManager {
		r.manager = readCell(p, row, p.managerAt, p.managers, false)
	}
	r.units = p.lists.take(len(p.units))
	for i, u := range p.units {
		r.units[i] = readCell(p, row, u.index, u.cells, false)
	}
	p.rows = append(p.rows, r)
}

// reject leaves a row out; keyless is one whose key cannot be read, so that it may be anybody's.
func (p *peopleReader) reject(row *table.Row, issue Issue, keyless bool) {
	p.Rejected++
	p.Issues = append(p.Issues, issue)
	if keyless {
		p.keyless = append(p.keyless, row.Line)
	}
}

// readCell reads one cell, or reports it and returns the zero T, which is Unknown.
func readCell[T any](p *peopleReader, row *table.Row, i int, c *cells[T], report bool) T {
	cell := row.Cells[i]
	v, ok := c.known[cell]
	if !ok {
		if reason, bad := row.Unreadable(i); bad {
			if report {
				p.Issues = append(p.Issues, p.t.unreadable(row, i, reason))
			}
			var unknown T
			return unknown
		}
		v = c.read(strings.Clone(cell))
	}
	if v.err != nil {
		p.Issues = append(p.Issues, Issue{row.Line, p.header[i], issueBadValue, v.err.Error(), strings.Clone(cell)})
	}
	return v.value
}

// A column is a column that is a field.
type column struct {
	index    int
	field    CSVField
	declared bool
	// options collects those of a choice that declares none.
	options map[string]bool
	cells   *cells[Value]
}

type unitColumn struct {
	index int
	tree  Tree
	cells *cells[[]string]
}

// cells reads the cells of one column. Most columns have few distinct cells, so what they were read
// as is kept: a text is then folded once a distinct cell, and shared.
type cells[T any] struct {
	parse func(cell string) (T, error)
	known map[string]cellReading[T]
}

type cellReading[T any] struct {
	value T
	err   error
}

// maxKnownCells bounds what is kept of a column in which every cell is another.
const maxKnownCells = 4096

func newCells[T any](parse func(string) (T, error)) *cells[T] {
	return &cells[T]{parse, map[string]cellReading[T]{}}
}

func (c *cells[T]) read(cell string) cellReading[T] {
	v, err := c.parse(cell)
	r := cellReading[T]{v, err}
	if len(c.known) < maxKnownCells {
		c.known[cell] = r
	}
	return r
}

func newColumn(index int, f CSVField, declared bool) *column {
	c := &column{index: index, field: f, declared: declared}
	choice := f.Type == TypeChoice || f.Type == TypeMultiChoice
	allowed := map[string]bool{}
	for _, o := range f.Options {
		allowed[o.ID] = true
	}
	if choice && len(allowed) == 0 {
		c.options = map[string]bool{}
	}
	c.cells = newCells(func(cell string) (Value, error) {
		if !choice {
			if f.Separator == "" {
				return ParseValue(f.Type, cell)
			}
			return Text(split(cell, f.Separator)...), nil
		}
		ids := split(cell, f.Separator)
		for _, id := range ids {
			if c.options != nil {
				c.options[id] = true
			} else if !allowed[id] {
				return Value{}, fmt.Errorf("%.64q is none of the options", id)
			}
		}
		return Choice(ids...), nil
	})
	return c
}

// split returns the parts of a cell, trimmed, without blank ones.
func split(cell, separator string) []string {
	parts := []string{cell}
	if separator != "" {
		parts = strings.Split(cell, separator)
	}
	kept := parts[:0]
	for _, s := range parts {
		if s = strings.TrimSpace(s); s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

func readStatus(deactivated []string) func(string) (statusCell, error) {
	off := map[string]bool{}
	for _, s := range deactivated {
		off[fold.Key(s)] = true
	}
	return func(cell string) (statusCell, error) {
		switch key := fold.Key(cell); {
		case key == "":
			return statusBlank, nil
		case off[key]:
			return statusDeactivated, nil
		default:
			return statusActive, nil
		}
	}
}

func readManager(cell string) (Manager, error) {
	id := UserID(strings.TrimSpace(cell))
	if id != "" {
		if err := id.Check(); err != nil {
			return Manager{}, err
		}
	}
	return ReportsTo(id), nil
}

func readUnits(separator string) func(string) ([]string, error) {
	return func(cell string) ([]string, error) {
		ids := split(cell, separator)
		for _, id := range ids {
			if err := checkID("unit", id); err != nil {
				return nil, err
			}
		}
		slices.Sort(ids)
		return slices.Compact(ids), nil
	}
}

// A slab hands out slices of one large array.
type slab[T any] struct{ free []T }

func (s *slab[T]) take(n int) []T {
	if len(s.free) < n {
		s.free = make([]T, max(n, 4096))
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}
