package oneroster

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A reader reads the sheets of a bundle.
type reader struct {
	*Bundle
	sources  []source
	left     int64 // bytes
	problems []Problem
}

func (r *reader) refuse(file, code, format string, a ...any) {
	r.problems = append(r.problems, Problem{File: file, Code: code, Text: fmt.Sprintf(format, a...)})
}

// source finds a file.
func (r *reader) source(name string) *source {
	if i := slices.IndexFunc(r.sources, func(s source) bool { return s.is(name) }); i >= 0 {
		return &r.sources[i]
	}
	return nil
}

// table reads a file as a whole; ok is false where it is refused. A file with nothing but a header is a table
// without rows, of which the columns are not known.
func (r *reader) table(s *source) (t *groups.CSVTable, ok bool, err error) {
	file, err := s.open()
	if damaged(err) {
		r.refuse(s.name, "csv", "%v", err)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("open %.200q: %w", s.name, err)
	}
	defer file.Close()
	in := &counting{r: file}
	f := r.opts.Format
	if f.MaxBytes == 0 || f.MaxBytes > r.left {
		f.MaxBytes = r.left
	}
	t, err = f.Read(in, true)
	r.left -= in.n
	if bad, is := errors.AsType[*groups.CSVError](err); is {
		switch {
		case errors.Is(bad, groups.ErrNoRows) && in.n > 0:
			return &groups.CSVTable{}, true, nil
		case errors.Is(bad, groups.ErrLimit):
			r.problems = append(r.problems, Problem{File: s.name, Line: bad.Line, Code: "tooLarge", Text: err.Error()})
		default:
			r.problems = append(r.problems, Problem{File: s.name, Line: bad.Line, Code: "csv", Text: err.Error()})
		}
		return nil, false, nil
	}
	if damaged(err) {
		r.refuse(s.name, "csv", "%v", err)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read %.200q: %w", s.name, err)
	}
	return t, true, nil
}

// A counting reader counts what was read.
type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// all reads the manifest and what it lists.
func (r *reader) all() error {
	modes, err := r.manifest()
	if err != nil || modes == nil {
		return err
	}
	for _, f := range r.opts.forms() {
		s := r.source(f.name)
		mode := modes[f.name]
		switch {
		case mode == "": // the manifest is refused for it
			continue
		case mode == Absent && s != nil:
			r.refuse(s.name, "mode", "it is there, and the manifest does not say that it is bulk or delta")
			continue
		case mode == Absent:
			continue
		case s == nil:
			r.refuse(f.name+".csv", "missing", "the manifest says that it is %s, and it is not there", mode)
			continue
		case f.name == demographics && !r.opts.readsDemographics():
			continue
		}
		t, ok, err := r.table(s)
		if err != nil {
			return err
		}
		if ok {
			r.take(f, mode, t)
		}
	}
	if len(r.problems) == 0 {
		r.fits()
	}
	return nil
}

// manifest says of every file that is read what it is. No modes: the bundle is refused for it.
func (r *reader) manifest() (map[string]Mode, error) {
	s, modes := r.source("manifest"), map[string]Mode{}
	for _, f := range r.opts.forms() {
		modes[f.name] = Absent
	}
	if s == nil {
		if r.opts.Mode == "" {
			r.refuse("manifest.csv", "missing", "it is not there, so that nobody says which files are bulk and which delta")
			return nil, nil
		}
		found := false
		for name := range modes {
			if r.source(name) != nil {
				modes[name], found = r.opts.Mode, true
			}
		}
		if !found {
			r.refuse("users.csv", "missing", "neither it nor any other file of a bundle is there")
			return nil, nil
		}
		return modes, nil
	}
	t, ok, err := r.table(s)
	if err != nil || !ok {
		return nil, err
	}
	nameAt, hasName := t.Column("propertyName")
	valueAt, hasValue := t.Column("value")
	if !hasName || !hasValue {
		r.refuse(s.name, "missing", "the columns of a manifest are propertyName and value, and not %.200q", t.Header)
		return nil, nil
	}
	bad := func(line int, code, format string, a ...any) {
		r.problems = append(r.problems, Problem{File: s.name, Line: line, Code: code, Text: fmt.Sprintf(format, a...)})
	}
	seen := map[string]int{}
	for _, line := range t.Rows {
		if line.Ragged {
			bad(line.Line, "ragged", "%d of %d cells", len(line.Cells), len(t.Header))
			continue
		}
		property, value := strings.TrimSpace(line.Cells[nameAt]), strings.TrimSpace(line.Cells[valueAt])
		file, isFile := strings.CutPrefix(property, "file.")
		_, read := modes[file]
		if property != "oneroster.version" && (!isFile || !read) {
			continue
		}
		if first, twice := seen[property]; twice {
			bad(line.Line, "repeated", "%.64q is on line %d already", property, first)
			continue
		}
		seen[property] = line.Line
		switch mode := Mode(strings.ToLower(value)); {
		case !isFile:
			if r.Version = value; value != "1.1" && value != "1.2" && !strings.HasPrefix(value, "1.1.") && !strings.HasPrefix(value, "1.2.") {
				bad(line.Line, "version", "OneRoster %.64q is not read, 1.1 and 1.2 are", value)
			}
		case mode != Bulk && mode != Delta && mode != Absent:
			bad(line.Line, "mode", "a file is bulk, delta or absent, and not %.64q", value)
			modes[file] = ""
		default:
			modes[file] = mode
		}
	}
	if seen["oneroster.version"] == 0 {
		bad(0, "version", "it does not say which version of OneRoster this is")
	}
	return modes, nil
}

// take keeps what is needed of a file, or says what is wrong with it.
func (r *reader) take(f form, mode Mode, t *groups.CSVTable) {
	s := &sheet{name: f.name, mode: mode, columns: map[string]int{}}
	var kept []string // the columns
	var from []int    // where they are
	names := slices.Concat(f.needed, f.wanted)
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		at, has := t.Column(name)
		if !has && t.Header == nil {
			at, has = -1, true // a file with nothing but a header, of which no cell is asked for
		}
		if !has {
			if i < len(f.needed) {
				r.refuse(f.name+".csv", "missing", "it has no column %q; the columns are %.400q", name, t.Header)
			}
			continue
		}
		s.columns[name] = len(from)
		kept, from = append(kept, name), append(from, at)
	}
	if f.name == demographics && !s.has("userSourcedId") && !s.has("sourcedId") {
		r.refuse(f.name+".csv", "missing", "it has no column \"sourcedId\"; the columns are %.400q", t.Header)
	}
	lines := map[string]int{}
	for _, line := range t.Rows {
		if line.Ragged {
			r.problems = append(r.problems, Problem{f.name + ".csv", line.Line, "", "ragged", fmt.Sprintf("%d of %d cells", len(line.Cells), len(t.Header))})
			continue
		}
		in := row{s, line.Line, make([]string, len(from))}
		good := true
		for i, name := range kept {
			in.cells[i] = strings.TrimSpace(line.Cells[from[i]])
			if reason, bad := line.Unreadable(from[i]); bad {
				good = false
				r.problems = append(r.problems, in.problem(name, "unreadable", "%s", reason))
			} else if strings.Contains(in.cells[i], between) {
				good = false
				r.problems = append(r.problems, in.problem(name, "unreadable", "it has the character U+001F, which would make several values of it"))
			}
		}
		if !good {
			continue
		}
		r.keep(f, in, lines)
	}
	if len(t.Rows) == len(s.gone) && mode == Bulk && slices.Contains([]string{orgs, users, roles}, f.name) {
		r.refuse(f.name+".csv", "empty", "it is bulk, and nothing would be left")
	}
	r.sheets[f.name] = s
	r.Files = append(r.Files, File{f.name, mode, len(t.Rows), len(s.gone)})
}

// keep takes in one row, or says what is wrong with it.
func (r *reader) keep(f form, in row, lines map[string]int) {
	good := true
	bad := func(column, code, format string, a ...any) {
		good = false
		r.problems = append(r.problems, in.problem(column, code, format, a...))
	}
	for _, name := range f.filled {
		if in.sheet.has(name) && in.at(name) == "" {
			bad(name, "blank", "it is blank")
		}
	}
	for _, name := range f.ids {
		ids := []string{in.at(name)}
		if strings.HasSuffix(name, "SourcedIds") { // so the standard names lists
			ids = in.list(name)
		}
		for _, id := range ids {
			if id != "" && groups.UserID(id).Check() != nil {
				bad(name, "badID", "%.64q is too long for an ID, or has control or invisible characters", id)
			}
		}
	}
	key := "sourcedId"
	if f.name == demographics {
		key = demographicsKey(in.sheet)
	}
	if id := in.at(key); id != "" {
		if first, twice := lines[id]; twice {
			bad(key, "repeated", "%.64q is on line %d already", id, first)
		} else {
			lines[id] = in.line
		}
	}
	if !good {
		return
	}
	switch status := in.at("status"); strings.ToLower(status) {
	case "", "active":
		in.sheet.rows = append(in.sheet.rows, in)
	case "tobedeleted":
		in.sheet.gone = append(in.sheet.gone, in)
	default:
		r.Issues = append(r.Issues, in.problem("status", "badValue", "%.64q is neither active nor tobedeleted, and counts as active", status))
		in.sheet.rows = append(in.sheet.rows, in)
	}
}

// demographicsKey is the column of whom demographics are; some programs have no sourcedId for it.
func demographicsKey(s *sheet) string {
	if s.has("userSourcedId") {
		return "userSourcedId"
	}
	return "sourcedId"
}

// fits reports what the options ask for and these files cannot say.
func (r *reader) fits() {
	needs := func(what string, files ...string) {
		for _, name := range files {
			if !r.sheets[name].is(Bulk) {
				r.refuse(name+".csv", "needsBulk", "%s, for which it has to be bulk", what)
			}
		}
	}
	if len(r.opts.trees()) > 1 && r.sheets[orgs] != nil {
		needs("types of orgs have trees of their own", orgs)
	}
	if r.sheets[enrollments] == nil {
		return
	}
	if r.sheets[enrollments].is(Bulk) {
		needs("enrollments are in bulk, and whoever has none any more is to be told from whoever did not change", users)
	}
	if r.opts.Courses != AsClasses {
		needs("enrollments are in courses", classes, enrollments)
	}
	if r.opts.EndCompletes {
		needs("the end of a session completes an enrollment", sessions, classes, enrollments)
	}
}

// refer notes what refers to what is not there. A file that is absent or delta leaves open what else there is.
func (b *Bundle) refer() {
	known := map[string]map[string]bool{}
	for _, name := range []string{orgs, sessions, courses, classes, users} {
		if s := b.sheets[name]; s.is(Bulk) {
			known[name] = map[string]bool{}
			for _, r := range s.rows {
				known[name][r.at("sourcedId")] = true
			}
		}
	}
	refer := func(file, column, to string, several bool) {
		ids := known[to]
		if ids == nil {
			return
		}
		for _, r := range b.sheets[file].of() {
			cells := []string{r.at(column)}
			if several {
				cells = r.list(column)
			}
			for _, id := range cells {
				if id != "" && !ids[id] {
					b.Issues = append(b.Issues, r.problem(column, "dangling", "%.64q is not in %s.csv", id, to))
				}
			}
		}
	}
	refer(orgs, "parentSourcedId", orgs, false)
	refer(classes, "courseSourcedId", courses, false)
	refer(classes, "termSourcedIds", sessions, true)
	refer(users, "orgSourcedIds", orgs, true)
	refer(users, "primaryOrgSourcedId", orgs, false)
	refer(users, "agentSourcedIds", users, true)
	refer(roles, "orgSourcedId", orgs, false)
	refer(roles, "userSourcedId", users, false)
	refer(enrollments, "classSourcedId", classes, false)
	refer(enrollments, "userSourcedId", users, false)
}
