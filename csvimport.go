package groups

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/fold"
	"github.com/grouprules/groups/internal/numbering"
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
	// Changes says that the file has only what changed: it may be without rows, and nobody is missing
	// but Gone.
	Changes bool
	// Gone are users who are gone by what the source of a file of changes says. Those of them who have
	// a row are not.
	Gone []UserID
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
	// status and manager are nil where the file has not the column that the options name; absent are
	// those named columns that it has not.
	status  *coded[statusCell]
	manager *coded[Manager]
	units   []*unitColumn
	absent  []string
	// ids are those of the rows that were kept, and order is these rows by ID; nil: as in the file.
	ids   keptTexts
	order []int
	// gone are those of a file of changes.
	gone map[UserID]bool
	// mentioned are what may be keys in ragged rows. keyless are the lines whose key cannot be read.
	mentioned map[UserID]struct{}
	keyless   []int
	bad       []badRow
}

// unreadableText stands for a cell that is no text. No text has a NUL.
const unreadableText = "\x00"

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
// not the key is refused, and a file without rows, unless it is one of [PeopleCSV.Changes]: nobody means that. Memory grows with the rows. Cells are
// read on every processor, but r and Progress are called by the calling goroutine alone.
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
		opts: *o, header: t.header, mentioned: map[UserID]struct{}{}, gone: idSet(o.Gone),
	}
	p := &peopleReader{PeopleFile: f, t: t}
	if err := p.plan(); err != nil {
		return nil, err
	}
	if err := p.rest(); err != nil {
		return nil, err
	}
	if f.Rows == 0 && !o.Changes {
		return nil, &CSVError{Err: ErrNoRows, Text: "the file has a header and no rows"}
	}
	if o.Progress != nil {
		o.Progress(f.Rows)
	}
	if p.firsts != nil {
		f.order = make([]int, f.ids.len())
		for i := range f.order {
			f.order[i] = i
		}
		slices.SortFunc(f.order, func(a, b int) int { return bytes.Compare(f.ids.at(a), f.ids.at(b)) })
	}
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
	if len(o.Gone) > 0 && !o.Changes {
		bad("users are named as gone, and the file is not one of changes: whoever is not in it is missing")
	}
	return errors.Join(errs...)
}

// A peopleReader fills a PeopleFile.
type peopleReader struct {
	*PeopleFile
	t   *csvFile
	key int
	// lines are those of the rows that were kept, less the row, and firsts the rows by key, from the first row on that does
	// not come after the one before it: a file that is sorted by key, as most are, needs no index.
	lines    keptNumbers
	firsts   *numbering.Table
	seed     maphash.Seed   // of firsts
	readings []columnReader // of the columns, and of what they hold besides a field after that
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
		c := newColumn(i, f, is)
		if c.cells == nil {
			p.readTexts(c)
		} else {
			p.readCodes(c)
		}
		p.columns = append(p.columns, c)
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if o.Status != nil {
		if i := p.expect(o.Status.Column); i >= 0 {
			p.status = &coded[statusCell]{index: i, cells: newCells(readStatus(o.Status.Deactivated))}
			readCells(p, p.status)
		}
	}
	if o.Manager != "" {
		if i := p.expect(o.Manager); i >= 0 {
			p.manager = &coded[Manager]{index: i, cells: newCells(readManager)}
			readCells(p, p.manager)
		}
	}
	for _, u := range o.Units {
		if i := p.expect(u.Column); i >= 0 {
			c := &unitColumn{u.Tree, coded[[]string]{index: i, cells: newCells(readUnits(u.Separator))}}
			p.units = append(p.units, c)
			readCells(p, &c.coded)
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
func (p *peopleReader) take(row *table.Row, b *batch) {
	if row.Ragged() {
		// Whoever a cell may name is not missing.
		ids, lost := p.t.namedIn(row, p.key)
		for _, id := range ids {
			p.mentioned[id] = struct{}{}
		}
		p.reject(row, b, p.t.ragged(row), lost)
		return
	}
	key, issue := p.t.id(row, p.key, "key")
	if issue != nil {
		p.reject(row, b, *issue, true)
		return
	}
	if line, twice := p.before(key); twice {
		text := fmt.Sprintf("the key %.64q occurs on line %d already, which stands", key, line)
		p.reject(row, b, Issue{row.Line, p.header[p.key], issueRepeatedKey, text, string(row.Cell(p.key))}, false)
		return
	}
	if p.firsts != nil {
		p.firsts.Add(p.hash(key), uint32(p.ids.len()))
	}
	p.lines.add(uint64(row.Line - p.ids.len()))
	p.ids.add(key)
	b.add(row)
}

// before finds the line of an earlier row with the same key.
func (p *peopleReader) before(key []byte) (line int, twice bool) {
	rows := p.ids.len()
	if p.firsts == nil {
		if rows == 0 || string(p.ids.at(rows-1)) < string(key) {
			return 0, false
		}
		p.firsts, p.seed = new(numbering.Table), maphash.MakeSeed()
		p.firsts.Grow(2 * rows)
		for row := range rows {
			p.firsts.Add(p.hash(p.ids.at(row)), uint32(row))
		}
	}
	row, twice := p.firsts.Find(p.hash(key), func(row uint32) bool { return string(p.ids.at(int(row))) == string(key) })
	if !twice {
		return 0, false
	}
	return int(p.lines.at(int(row))) + int(row), true
}

func (p *peopleReader) hash(key []byte) uint32 { return uint32(maphash.Bytes(p.seed, key)) }
