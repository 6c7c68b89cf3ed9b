package admin

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/grouprules/groups"
)

const (
	// defaultMaxBytes is Docebo's 3 MB, and defaultMaxUsers Cornerstone's 2,000.
	defaultMaxBytes = 3 << 20
	defaultMaxUsers = 2000
	// maxPosition is the last column that can be mapped, of files wider than any that are read.
	maxPosition = 1 << 14
)

// A UserFile is a file of users that was read: step one of two. Nobody has been looked up. [Desk.Find]
// shows whom it names, and [Desk.Assign] and the other acts take it as their [Whom]; users come in as
// Manual, from "csv". It is not to be written to, and may be used many times.
type UserFile struct {
	// Rows are the rows after the header, Ignored those past the most that a list may have.
	Rows, Ignored int
	// Header is the first row, where that was taken for one.
	Header []string
	// Issues are the rows that name nobody and why, by line; the codes are those of [groups.Issue]
	// for rejected rows, and "ignored" for each row past the most.
	Issues []groups.Issue
	// Delimiter and Charset are what the file was read with.
	Delimiter rune
	Charset   string

	table   *groups.CSVTable
	namings []naming
}

// A Column is a column of a file, by its name or by its place. The zero Column is none.
type Column struct {
	// Name is what the header says, compared as texts are: "E-Mail" is "e-mail".
	Name string `json:"name,omitempty"`
	// Position counts from 1.
	Position int `json:"position,omitempty"`
}

// String returns "column 3" or the quoted name.
func (c Column) String() string {
	if c.Position > 0 {
		return fmt.Sprintf("column %d", c.Position)
	}
	return fmt.Sprintf("%.64q", c.Name)
}

// UserColumns say which columns of a file name its users. Of several, all cells of a row that are not
// blank have to be those of one user. It is plain data, for the host to keep as a preset (Docebo's
// "profiles").
type UserColumns struct {
	ID       Column `json:"id,omitzero"`
	Username Column `json:"username,omitzero"`
	Email    Column `json:"email,omitzero"`
}

// A mapped column is one that names users.
type mapped struct {
	by NamedBy
	Column
}

func (c UserColumns) mapped() []mapped {
	return slices.DeleteFunc([]mapped{{ByID, c.ID}, {ByUsername, c.Username}, {ByEmail, c.Email}},
		func(m mapped) bool { return m.Column == Column{} })
}

// UsersCSV says how a file of users is to be read (Docebo: "Manage group associations via CSV").
type UsersCSV struct {
	// Columns are required, at least one.
	Columns UserColumns
	// NoHeader takes the first row for a user like the others; columns then go by their position.
	NoHeader bool
	// Format is how the file is written. A MaxBytes of 0 is 3 MiB, as in Docebo.
	Format groups.CSVFormat
}

// check refuses columns that make no sense.
func (o *UsersCSV) check() error {
	columns := o.Columns.mapped()
	if len(columns) == 0 {
		return fmt.Errorf("%w: no column says who the users are", groups.ErrCSVOptions)
	}
	for i, c := range columns {
		switch {
		case c.Position < 0 || c.Position > maxPosition:
			return fmt.Errorf("%w: there is no column %d", groups.ErrCSVOptions, c.Position)
		case c.Name != "" && c.Position > 0:
			return fmt.Errorf("%w: the %s is both %.64q and in column %d", groups.ErrCSVOptions, c.by.words(), c.Name, c.Position)
		case c.Name != "" && o.NoHeader:
			return fmt.Errorf("%w: the %s is in column %.64q of a file without header", groups.ErrCSVOptions, c.by.words(), c.Name)
		case strings.TrimSpace(c.Name) == "" && c.Position == 0:
			return fmt.Errorf("%w: the column of the %s has a blank name", groups.ErrCSVOptions, c.by.words())
		}
		for _, other := range columns[:i] {
			if other.Column == c.Column {
				return fmt.Errorf("%w: %v is both the %s and the %s", groups.ErrCSVOptions, c.Column, other.by.words(), c.by.words())
			}
		}
	}
	return nil
}

// ReadUsersCSV reads a file that names one user a row, without asking who they are. A row that is
// ragged, whose cells in the columns are all blank, or of which one cannot be read, is an
// issue, and names nobody. A file that cannot be relied on as a whole, one that is larger than the limit
// or has not the columns, is refused with a [*groups.CSVError] or the error of r, and options that make no
// sense with [groups.ErrCSVOptions].
//
// Of a file whose columns are not known yet [groups.CSVFormat.Read] shows the header and the first rows.
func ReadUsersCSV(r io.Reader, o *UsersCSV) (*UserFile, error) {
	if o == nil {
		o = new(UsersCSV)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	f, err := readFile(r, o.Format, !o.NoHeader)
	if err != nil {
		return nil, err
	}
	f.Rows, f.Header = len(f.table.Rows), f.table.Header
	columns := o.Columns.mapped()
	at := make([]int, len(columns))
	for i, c := range columns {
		if at[i], err = f.column(c); err != nil {
			return nil, err
		}
		if twin := slices.Index(at[:i], at[i]); twin >= 0 {
			return nil, fmt.Errorf("%w: %v is both the %s and the %s", groups.ErrCSVOptions, c.Column, columns[twin].by.words(), c.by.words())
		}
	}
	for i := range f.table.Rows {
		row := &f.table.Rows[i]
		if row.Ragged {
			f.reject(row, -1, "ragged", fmt.Sprintf("%d of %d cells", len(row.Cells), f.width()))
			continue
		}
		f.take(row, columns, at)
	}
	return f, nil
}

// UserList says how a file of one column is to be read (Cornerstone: "Upload Users"). A nil *UserList
// is the same as a zero one.
type UserList struct {
	// By is what the column holds; the zero NamedBy: usernames, IDs or email addresses, or all of them.
	By NamedBy
	// MaxUsers is how many rows name users; the rest is ignored and reported. 0 is 2,000, as
	// in Cornerstone.
	MaxUsers int
	// Format is how the file is written. A MaxBytes of 0 is 3 MiB, as in Docebo.
	Format groups.CSVFormat
}

// headers are what the first cell of a list says where it is no user, in small letters without spaces,
// hyphens and underscores.
var headers = []string{"id", "userid", "user", "username", "email", "emailaddress"}

// ReadUserList reads a file of one column that names one user a row. The first row is a header where it
// says so: "username", "User ID", "email" and the like ([UserFile.Header] shows it). Further cells of a
// row must be blank; that and blank or unreadable cells are issues, and such rows name nobody. Rows
// past the most that a list may have are ignored: [UserFile.Ignored] is their number, and the error file
// has each of them, to be uploaded next. It refuses files
// as [ReadUsersCSV] does; a file with a header alone is refused with [groups.ErrNoRows].
func ReadUserList(r io.Reader, o *UserList) (*UserFile, error) {
	if o == nil {
		o = new(UserList)
	}
	if int(o.By) >= len(namedBy) || o.MaxUsers < 0 {
		return nil, fmt.Errorf("%w: %d users by %v", groups.ErrCSVOptions, o.MaxUsers, o.By)
	}
	most := o.MaxUsers
	if most == 0 {
		most = defaultMaxUsers
	}
	f, err := readFile(r, o.Format, false)
	if err != nil {
		return nil, err
	}
	rows := f.table.Rows
	word := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.TrimLeft(rows[0].Cells[0], "\ufeff"))
	if slices.Contains(headers, strings.ToLower(strings.TrimSpace(word))) {
		f.Header, rows = rows[0].Cells, rows[1:]
		if len(rows) == 0 {
			return nil, &groups.CSVError{Err: groups.ErrNoRows, Text: "the file has a header and no rows"}
		}
	}
	f.Rows = len(rows)
	columns, at := []mapped{{by: o.By}}, []int{0}
	past := fmt.Sprintf("a list has %d users at most", most)
	for i := range rows {
		row := &rows[i]
		if len(f.namings) == most {
			f.Ignored++
			f.reject(row, -1, "ignored", past)
			continue
		}
		if slices.ContainsFunc(row.Cells[1:], func(c string) bool { return strings.TrimSpace(c) != "" }) {
			f.reject(row, -1, "ragged", fmt.Sprintf("%d cells in a list of one column", len(row.Cells)))
			continue
		}
		f.take(row, columns, at)
	}
	return f, nil
}

// readFile reads the rows.
func readFile(r io.Reader, format groups.CSVFormat, header bool) (*UserFile, error) {
	if format.MaxBytes == 0 {
		format.MaxBytes = defaultMaxBytes
	}
	t, err := format.Read(r, header)
	if err != nil {
		return nil, err
	}
	return &UserFile{Delimiter: t.Delimiter, Charset: t.Charset, table: t}, nil
}

// column finds a column.
func (f *UserFile) column(c mapped) (int, error) {
	if c.Position > 0 {
		if width := f.width(); c.Position > width {
			return 0, headless("there is no column %d, for the %s: the file has %d", c.Position, c.by.words(), width)
		}
		return c.Position - 1, nil
	}
	i, ok := f.table.Column(c.Name)
	if !ok {
		seen := fmt.Sprintf("%.40q", f.Header[:min(len(f.Header), 12)])
		return 0, headless("no column is headed %.64q, for the %s; the columns are %s", c.Name, c.by.words(), seen)
	}
	return i, nil
}

func headless(format string, a ...any) error {
	return &groups.CSVError{Err: groups.ErrHeader, Text: fmt.Sprintf(format, a...)}
}

// width is how many columns the file has.
func (f *UserFile) width() int {
	if f.Header != nil {
		return len(f.Header)
	}
	return len(f.table.Rows[0].Cells)
}

// take keeps whom a row names, or says why it names nobody.
func (f *UserFile) take(row *groups.CSVRow, columns []mapped, at []int) {
	n := naming{line: row.Line}
	for i, c := range columns {
		if reason, bad := row.Unreadable(at[i]); bad {
			f.reject(row, at[i], "badKey", fmt.Sprintf("the %s cannot be read: %s", c.by.words(), reason))
			return
		}
		if text := strings.TrimSpace(row.Cells[at[i]]); text != "" {
			n.parts = append(n.parts, part{c.by, text})
		}
	}
	if len(n.parts) == 0 {
		f.reject(row, at[0], "blankKey", "nobody is named")
		return
	}
	f.namings = append(f.namings, n)
}

// reject notes an issue with a row, or with one cell of it.
func (f *UserFile) reject(row *groups.CSVRow, cell int, code, text string) {
	issue := groups.Issue{Line: row.Line, Code: code, Text: text}
	if cell >= 0 {
		issue.Cell = row.Cells[cell]
		issue.Column = strconv.Itoa(cell + 1)
		if cell < len(f.Header) {
			issue.Column = f.Header[cell]
		}
	}
	f.Issues = append(f.Issues, issue)
}

func (f *UserFile) find(ctx context.Context, d *Desk, a *Actor) ([]Outcome, int, error) {
	out, err := d.resolve(ctx, a, f.namings)
	return out, 0, err
}

func (*UserFile) source() string { return "csv" }

// WriteErrors writes the error file, which Docebo offers after an upload: the rows with issues and,
// where r is what became of the file and not nil, those whose users are NoSuchUser, Ambiguous, Refused
// or NotIn, with that as their code. It is written as [groups.PeopleFile.WriteErrors] does:
// formula-safe, with the rows as they were.
func (f *UserFile) WriteErrors(w io.Writer, r *Report) error {
	issues := slices.Clone(f.Issues)
	if r != nil {
		for _, o := range r.Outcomes {
			switch o.Code {
			case NoSuchUser, Ambiguous, Refused, NotIn:
				issues = append(issues, groups.Issue{Line: o.Line, Code: string(o.Code), Text: o.Text, Cell: o.Named})
			}
		}
	}
	return f.table.WriteErrors(w, issues)
}
