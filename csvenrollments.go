package groups

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/table"
)

// EnrollmentsCSV says how a file of enrollments is to be read: a row is a user's record in one
// course.
type EnrollmentsCSV struct {
	// User and Course are the columns of their IDs; both are required.
	User, Course string
	// Status is the column of the enrollment status, trimmed and otherwise taken as it is. A blank
	// cell is Unknown.
	Status string
	// Completed is the column of when the course was completed, a date or an instant of RFC 3339. A
	// blank cell is Empty: not completed, or nobody knows when.
	Completed string
	// Changes says that the file has only what changed: the other records of a user stay as stored, and
	// it may be without rows. A record whose status is one of Removed, compared exactly, is taken away.
	Changes bool
	Removed []string
	Format  CSVFormat
}

// An EnrollmentFile is a file of enrollments that was read, to be set as [PeopleFile.Enrollments].
type EnrollmentFile struct {
	// Rows are the rows after the header.
	Rows int
	// Issues are what is wrong with rows and cells, by line.
	Issues []Issue

	opts EnrollmentsCSV
	// absent are the named columns that the file has not; what they would say stays as stored.
	hasStatus, hasCompleted bool
	absent                  []string
	statuses                []string      // seen, sorted
	users                   []userRecords // by user
	partial                 map[UserID]bool
	allPartial              bool
}

// userRecords are the records of one user, by course.
type userRecords struct {
	user UserID
	list []Enrollment
}

// ReadEnrollmentsCSV reads a file of enrollments. Of two rows of one user and course the later
// counts. What cannot be read widens what is Unknown, and never removes a record silently:
//
//   - An unreadable status or completion is Unknown.
//   - A ragged row, or one without a usable course, leaves the user's list [Enrollments.Partial].
//   - A row without a usable user may be anybody's: every list is partial.
//
// All of it is reported as an [Issue] (codes as there; "blankKey" and "badKey" are of the user or
// course). A file that cannot be relied on as a whole is refused with a [*CSVError] or the error of
// r. A file without rows says that nobody is enrolled, which [Evaluator.PlanImport] refuses where
// somebody is, unless it is one of changes. A status or completion column that is named and not in the file is not: those parts stay as
// stored, and [Evaluator.PlanImport] has a finding.
func ReadEnrollmentsCSV(r io.Reader, o *EnrollmentsCSV) (*EnrollmentFile, error) {
	if o == nil {
		o = new(EnrollmentsCSV)
	}
	if err := o.Format.check(); err != nil {
		return nil, err
	}
	t, err := o.Format.open(r)
	if err != nil {
		return nil, err
	}
	f := &EnrollmentFile{opts: *o, partial: map[UserID]bool{}}
	p := &enrollmentReader{
		EnrollmentFile: f, csvFile: t, status: -1, completed: -1,
		names: newCells(readName), times: newCells(readCompletion), courses: map[string]string{}, seen: map[string]bool{},
	}
	if p.user, err = t.need("user", o.User); err != nil {
		return nil, err
	}
	if p.course, err = t.need("course", o.Course); err != nil {
		return nil, err
	}
	p.status, f.hasStatus = p.optional(o.Status)
	p.completed, f.hasCompleted = p.optional(o.Completed)
	for {
		row, err := t.read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		f.Rows++
		p.take(row)
	}
	p.collect()
	return f, nil
}

type enrollmentReader struct {
	*EnrollmentFile
	*csvFile
	user, course, status, completed int // columns, -1 where there is none

	names   *cells[string]
	times   *cells[Value]
	courses map[string]string // each once in memory
	seen    map[string]bool   // statuses
	records []record
}

type record struct {
	user UserID
	Enrollment
}

// optional finds a column that may be blank, or absent from the file.
func (p *enrollmentReader) optional(name string) (at int, is bool) {
	if name == "" {
		return -1, false
	}
	if at = p.column(name); at < 0 {
		p.absent = append(p.absent, name)
	}
	return at, at >= 0
}

func (p *enrollmentReader) take(row *table.Row) {
	if row.Ragged() {
		p.Issues = append(p.Issues, p.ragged(row))
		ids, lost := p.namedIn(row, p.user)
		for _, id := range ids {
			p.partial[id] = true
		}
		p.allPartial = p.allPartial || lost
		return
	}
	user, issue := p.id(row, p.user, "user")
	if issue != nil {
		p.Issues = append(p.Issues, *issue)
		p.allPartial = true
		return
	}
	id := UserID(user)
	course, issue := p.id(row, p.course, "course")
	if issue != nil {
		p.Issues = append(p.Issues, *issue)
		p.partial[id] = true
		return
	}
	known, ok := p.courses[string(course)]
	if !ok {
		known = string(course)
		p.courses[known] = known
	}
	e := Enrollment{Course: known}
	if p.status >= 0 {
		if e.Status = readRecordCell(p, row, p.status, p.names); e.Status != "" && !p.opts.removes(e) {
			p.seen[e.Status] = true
		}
	}
	if p.completed >= 0 {
		e.Completed = readRecordCell(p, row, p.completed, p.times)
	}
	p.records = append(p.records, record{id, e})
}

// readRecordCell reads one cell, or reports it and returns the zero T, which is Unknown.
func readRecordCell[T any](p *enrollmentReader, row *table.Row, i int, c *cells[T]) T {
	cell := row.Cell(i)
	code, hash := c.met(cell)
	if code == unknownCell {
		if reason, bad := row.Unreadable(i); bad {
			p.Issues = append(p.Issues, p.unreadable(row, i, reason))
			return c.at(unknownCell)
		}
		var err error
		if code, err = c.read(cell, hash); err != nil {
			p.Issues = append(p.Issues, Issue{row.Line, p.header[i], issueBadValue, err.Error(), string(cell)})
		}
	}
	return c.at(code)
}

func readName(cell string) (string, error) { return strings.TrimSpace(cell), nil }

// readCompletion reads a day or an instant, whichever it is.
func readCompletion(cell string) (Value, error) {
	if v, err := ParseValue(TypeDate, cell); err == nil {
		return v, nil
	}
	v, err := ParseValue(TypeInstant, cell)
	if err != nil {
		return v, fmt.Errorf("%.64q %w as date or instant", strings.TrimSpace(cell), ErrValue)
	}
	return v, nil
}

// collect sorts the records into one list a user, the later of two in one course.
func (p *enrollmentReader) collect() {
	slices.SortStableFunc(p.records, func(a, b record) int {
		return cmp.Or(strings.Compare(string(a.user), string(b.user)), strings.Compare(a.Course, b.Course))
	})
	all := make([]Enrollment, 0, len(p.records))
	start := 0
	for i, r := range p.records {
		if i+1 == len(p.records) || p.records[i+1].user != r.user || p.records[i+1].Course != r.Course {
			all = append(all, r.Enrollment)
		}
		if i+1 == len(p.records) || p.records[i+1].user != r.user {
			p.users = append(p.users, userRecords{r.user, all[start:len(all):len(all)]})
			start = len(all)
		}
	}
	for s := range p.seen {
		p.statuses = append(p.statuses, s)
	}
	slices.Sort(p.statuses)
}

// removes reports whether a record of a file of changes says that there is none any more.
func (o *EnrollmentsCSV) removes(e Enrollment) bool {
	return o.Changes && slices.Contains(o.Removed, e.Status)
}

// of returns what the file says about a user, who has the stored enrollments so far, and the place
// of the user's records, -1 where there are none.
func (f *EnrollmentFile) of(id UserID, stored Enrollments) (Enrollments, int) {
	readable := !f.allPartial && !f.partial[id]
	at, ok := slices.BinarySearchFunc(f.users, id, func(u userRecords, id UserID) int { return strings.Compare(string(u.user), string(id)) })
	if !ok {
		at = -1
	}
	var list []Enrollment
	if ok {
		list = f.users[at].list
	}
	if keepStatus, keepCompleted := f.opts.Status != "" && !f.hasStatus, f.opts.Completed != "" && !f.hasCompleted; keepStatus || keepCompleted {
		list = slices.Clone(list)
		for i := range list {
			was, _ := stored.in(list[i].Course)
			if keepStatus {
				list[i].Status = was.Status
			}
			if keepCompleted {
				list[i].Completed = was.Completed
			}
		}
	}
	if !f.opts.Changes {
		return Enrollments{list, readable}, at
	}
	next := Enrolled(slices.Concat(stored.list, list)...)
	for _, e := range list {
		if f.opts.removes(e) {
			next.list = slices.DeleteFunc(next.list, func(n Enrollment) bool { return n.Course == e.Course })
		}
	}
	next.complete = stored.complete && readable
	return next, at
}
