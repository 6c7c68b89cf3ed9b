// Package oneroster reads bundles of OneRoster 1.1 and 1.2 in their CSV binding, as a folder or a zip, bulk and
// delta, and makes them files of people: what would change, whether it looks wrong, and writing it are then those
// of any import ([groups.Evaluator.PlanImport], [groups.Evaluator.Import]).
//
//	b, err := oneroster.ReadZip(file, size, nil) // or Read, of a folder
//	people, err := b.People(ctx, directory)
//	plan, err := evaluator.PlanImport(ctx, people)
//	run, err := evaluator.Import(ctx, plan, "an administrator")
//
// Orgs become the units of trees, users people with their roles, agents managers where the caller says which, and
// enrollments the courses "class:" or "course:" with the sourcedId. What the standard leaves open, and what this
// package chose, is in README.md.
//
// It stands beside the core and uses nothing but its public names. It may not know stores, how rules are evaluated,
// or what is stored beyond a [groups.Directory], and it writes nothing itself.
package oneroster

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// The fields that a bundle brings besides the reserved ones. All are known where the bundle has what they are made
// of.
const (
	// Role has the roles of a user, of whatever kind and org.
	Role groups.MultiChoiceField = "role"
	// PrimaryRole has those that roles.csv calls primary; there is one in each org.
	PrimaryRole groups.MultiChoiceField = "primaryRole"
)

// The columns of what becomes more than a field. They are fields as well, kept out of criteria.
const (
	enabledUser = "enabledUser"
	manager     = "manager"
)

// A Mode says what the rows of a file are.
type Mode string

const (
	// Bulk: they are all there is.
	Bulk Mode = "bulk"
	// Delta: they are what changed; a row whose status is tobedeleted is gone.
	Delta Mode = "delta"
	// Absent: there is no such file, which says nothing about what it would have.
	Absent Mode = "absent"
)

// Courses says what an enrollment is in.
type Courses uint8

const (
	// AsClasses makes an enrollment a course "class:ID". The zero Courses.
	AsClasses Courses = iota
	// AsCourses makes it the course "course:ID" of its class. It needs classes and enrollments in bulk: of a class
	// that is left, a delta does not tell whether another one is of the same course.
	AsCourses
	// AsBoth makes it both.
	AsBoth
)

// String returns "classes", "courses" or "both".
func (c Courses) String() string {
	switch c {
	case AsClasses:
		return "classes"
	case AsCourses:
		return "courses"
	case AsBoth:
		return "both"
	}
	return fmt.Sprintf("Courses(%d)", uint8(c))
}

// Options say how a bundle is to be read, and what becomes of it. A nil *Options is the same as a zero one.
type Options struct {
	// Mode is what all files are where the bundle has no manifest; blank: such a bundle is refused.
	Mode Mode
	// Missing says what becomes of users who are tobedeleted, or are stored and not in a bulk of users.
	Missing groups.MissingUsers
	// Tree is the tree of the orgs; blank is "org". Trees are those of other types of orgs, whatever their case,
	// such as "department". An org whose parent is in another tree is at the top of its own.
	Tree  groups.Tree
	Trees map[string]groups.Tree
	// Agents are roles: the one agent of a user who has any of them is the user's manager. Where there are several,
	// or one of unknown roles, the manager is Unknown, and an issue. Without them the bundle does not say.
	Agents []string
	// Courses says what an enrollment is in.
	Courses Courses
	// EndCompletes takes the end of an enrollment, or else of the last session of its class, as the day on which it
	// was completed. The standard does not say so, and without it that day is Unknown. It needs enrollments, classes
	// and academicSessions in bulk.
	EndCompletes bool
	// Fields are further columns that become fields, by "users.COLUMN" or "demographics.COLUMN": nothing of the
	// demographics is read that is not named here. Fields of several values hold those between commas. Passwords
	// cannot be had.
	Fields map[string]groups.Field
	// Format is how the files are written, and what is too large for one of them. The standard has commas and UTF-8,
	// which are the defaults.
	Format groups.CSVFormat

	// What exceeds a limit is refused. 0 is the default given.

	MaxFiles int   // 64
	MaxBytes int64 // of all files that are read, unpacked: 1 GiB
	MaxRatio int   // how many times larger a file of a zip is than packed, above 1 MiB: 200
}

// ErrOptions is wrapped by the error for options that make no sense.
var ErrOptions = errors.New("unusable options of a bundle")

// A Problem is something wrong with a bundle, as far as it can be said where.
type Problem struct {
	File string `json:"file"`
	// Line is the line on which the row starts; 0 where no row is to blame.
	Line int `json:"line,omitempty"`
	// Column is the header of the column; blank where no column is to blame.
	Column string `json:"column,omitempty"`
	// Code is, for what refuses a bundle: "path", "missing" (a file or column), "tooLarge", "csv" (a file that
	// cannot be relied on), "ragged", "unreadable", "blank", "badID", "repeated", "mode", "version", "empty" (a
	// bulk without rows) or "needsBulk"; and for issues: "badValue", "dangling", "ambiguous" or "needsBulk".
	Code string `json:"code"`
	// Text says it in English.
	Text string `json:"text"`
}

// String returns the problem on one line.
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where += fmt.Sprintf(" line %d", p.Line)
	}
	if p.Column != "" {
		where += fmt.Sprintf(" column %q", p.Column)
	}
	return fmt.Sprintf("%s: %s: %s", where, p.Code, p.Text)
}

// issue is the problem as those of any import.
func (p Problem) issue() groups.Issue {
	return groups.Issue{Line: p.Line, Column: strings.TrimSpace(p.File + " " + p.Column), Code: p.Code, Text: p.Text}
}

// An Error refuses a bundle, of which nothing is used.
type Error struct {
	Problems []Problem // all of them, at least one
}

// Error returns the problems, one a line below the first.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("the bundle is refused")
	for _, p := range e.Problems {
		b.WriteString("\n" + p.String())
	}
	return b.String()
}

// refusal is the error of problems, in the order of their files and lines, or nil.
func refusal(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{problems}
}

// A File is one file of a bundle.
type File struct {
	// Name is that of the standard, such as "users".
	Name string `json:"name"`
	Mode Mode   `json:"mode"`
	// Rows are the rows after the header, Gone those of them that are tobedeleted.
	Rows int `json:"rows"`
	Gone int `json:"gone,omitempty"`
}

// A Bundle is a bundle that was read: [Bundle.People] makes it a file of people. It holds the columns that its
// options need and no others, and may be used from many goroutines.
type Bundle struct {
	// Version is what the manifest says; blank without one.
	Version string `json:"version,omitempty"`
	// Files are those that were read, in the order orgs, academicSessions, courses, classes, users, roles,
	// demographics, enrollments. Demographics are read only where the options name a column of theirs.
	Files []File `json:"files"`
	// Issues are what is wrong with single values. The bundle goes on without them.
	Issues []Problem `json:"issues,omitempty"`

	opts   Options
	sheets map[string]*sheet
}

// String returns the files on one line.
func (b *Bundle) String() string {
	var parts []string
	if b.Version != "" {
		parts = append(parts, "OneRoster "+b.Version)
	}
	for _, f := range b.Files {
		part := fmt.Sprintf("%s %s %d", f.Name, f.Mode, f.Rows)
		if f.Gone > 0 {
			part += fmt.Sprintf(" (%d gone)", f.Gone)
		}
		parts = append(parts, part)
	}
	if len(b.Issues) > 0 {
		parts = append(parts, fmt.Sprintf("%d issues", len(b.Issues)))
	}
	return strings.Join(parts, ", ")
}

// Read reads a bundle from a folder, or from the only folder in it. A bundle that cannot be relied on is refused
// with an [*Error] that has all that is wrong with it: files that the manifest promises and that are not there,
// ragged rows, rows without an ID or with one twice, text in another charset, paths that lead elsewhere, and
// whatever is too large. A value that is merely odd is an issue.
func Read(fsys fs.FS, o *Options) (*Bundle, error) {
	return read(o, func(b *Bundle) ([]source, []Problem, error) { return b.opts.inFolder(fsys) })
}

// ReadZip reads a bundle from a zip, as [Read] does. All names in it are looked at before anything is unpacked, and
// nothing is written.
func ReadZip(r io.ReaderAt, size int64, o *Options) (*Bundle, error) {
	return read(o, func(b *Bundle) ([]source, []Problem, error) {
		// The end of a zip is looked for in some 70 KiB; a name takes 1 KiB at the very most.
		d := &directory{ReaderAt: r, left: 128<<10 + int64(min(b.opts.MaxFiles, 1<<30))<<10}
		archive, err := zip.NewReader(d, size)
		d.done = true
		switch {
		case errors.Is(err, errEntries):
			return nil, []Problem{{File: "zip", Code: "tooLarge", Text: fmt.Sprintf("%v for the %d entries that a bundle may have", err, b.opts.MaxFiles)}}, nil
		case damaged(err):
			return nil, []Problem{{File: "zip", Code: "csv", Text: err.Error()}}, nil
		case err != nil && !errors.Is(err, zip.ErrInsecurePath): // which inZip tells with all the others
			return nil, nil, fmt.Errorf("read the zip: %w", err)
		}
		sources, problems := b.opts.inZip(archive.File)
		return sources, problems, nil
	})
}

func read(o *Options, find func(*Bundle) ([]source, []Problem, error)) (*Bundle, error) {
	b := &Bundle{sheets: map[string]*sheet{}}
	if o != nil {
		b.opts = *o
	}
	if err := b.opts.complete(); err != nil {
		return nil, err
	}
	sources, problems, err := find(b)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, refusal(problems)
	}
	r := &reader{Bundle: b, sources: sources, left: b.opts.MaxBytes}
	if err := r.all(); err != nil {
		return nil, err
	}
	if err := refusal(r.problems); err != nil {
		return nil, err
	}
	b.refer()
	return b, nil
}

// complete fills in the defaults, and reports all that is wrong with the options.
func (o *Options) complete() error {
	var errs []error
	bad := func(format string, a ...any) {
		errs = append(errs, fmt.Errorf("%w: %s", ErrOptions, fmt.Sprintf(format, a...)))
	}
	if o.Mode != "" && o.Mode != Bulk && o.Mode != Delta {
		bad("a bundle without manifest is bulk or delta, not %.64q", o.Mode)
	}
	if o.Courses > AsBoth {
		bad("an enrollment cannot be in %v", o.Courses)
	}
	if o.Missing > groups.RemoveMissing {
		bad("what becomes of missing users is %v", o.Missing)
	}
	if o.Tree == "" {
		o.Tree = "org"
	}
	taken := []string{string(groups.ID), string(groups.Username), string(groups.Email), string(groups.Name), string(Role), string(PrimaryRole), enabledUser, manager}
	for _, t := range o.trees() {
		if slices.Contains(taken, string(t)) {
			bad("a tree cannot be called %q, which is a field", t)
		}
		taken = append(taken, string(t))
	}
	for _, kind := range slices.Sorted(maps.Keys(o.Trees)) {
		if n := strings.ToLower(kind); n != kind && o.Trees[n] != "" {
			bad("the type %.64q of orgs is there twice", kind)
		}
	}
	fields := groups.Schema{}
	for _, from := range o.fields() {
		f := o.Fields[from]
		file, column, _ := strings.Cut(from, ".")
		switch {
		case file != users && file != demographics || column == "":
			bad("field %.64q comes from %.64q, which is no column of users or demographics", f.Name, from)
		case strings.EqualFold(column, "password"):
			bad("passwords are not read")
		case slices.Contains(taken, f.Name):
			bad("field %.64q has another meaning here", f.Name)
		}
		fields.Fields = append(fields.Fields, f)
	}
	if err := fields.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("%w: %w", ErrOptions, err))
	}
	if o.MaxFiles < 0 || o.MaxBytes < 0 || o.MaxRatio < 0 {
		bad("a limit is negative")
	}
	o.Format.Delimiter = cmp.Or(o.Format.Delimiter, ',')
	o.MaxFiles, o.MaxBytes, o.MaxRatio = cmp.Or(o.MaxFiles, 64), cmp.Or(o.MaxBytes, 1<<30), cmp.Or(o.MaxRatio, 200)
	return errors.Join(errs...)
}
