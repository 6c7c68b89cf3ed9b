package oneroster

import (
	"fmt"
	"strings"
)

// The files that are read.
const (
	orgs         = "orgs"
	sessions     = "academicSessions"
	courses      = "courses"
	classes      = "classes"
	users        = "users"
	roles        = "roles"
	demographics = "demographics"
	enrollments  = "enrollments"
)

// A form is what is read of a file.
type form struct {
	name string
	// needed are the columns that the file must have, wanted those that are read where it has them.
	needed, wanted []string
	// filled are columns in which no cell may be blank, and ids those that have IDs.
	filled, ids []string
}

// forms are the files in the order in which they are read.
func (o *Options) forms() []form {
	const id, status = "sourcedId", "status"
	wanted := func(names ...string) []string { return append(names, status) }
	list := []form{
		{orgs, []string{id, "parentSourcedId"}, wanted("name"), []string{id}, []string{id, "parentSourcedId"}},
		{sessions, []string{id}, wanted(), []string{id}, nil},
		{courses, []string{id}, wanted(), []string{id}, nil},
		{classes, []string{id}, wanted("courseSourcedId", "termSourcedIds"), []string{id}, nil},
		{users, []string{id}, wanted("username", "email", "givenName", "familyName", enabledUser, "orgSourcedIds", "role"), []string{id}, []string{id, "orgSourcedIds", "primaryOrgSourcedId"}},
		{roles, []string{"userSourcedId", "role", "orgSourcedId"}, wanted(id, "roleType"), []string{"userSourcedId", "role"}, []string{"userSourcedId", "orgSourcedId"}},
		{demographics, nil, wanted(id, "userSourcedId"), nil, nil},
		{enrollments, []string{"classSourcedId", "userSourcedId", "role"}, wanted(id, "dateLastModified"), []string{"classSourcedId", "userSourcedId", "role"}, []string{"classSourcedId", "userSourcedId"}},
	}
	need := func(file string, columns ...string) {
		for i := range list {
			if list[i].name == file {
				list[i].needed = append(list[i].needed, columns...)
			}
		}
	}
	if len(o.Trees) > 0 {
		need(orgs, "type")
	}
	if o.Courses != AsClasses {
		need(classes, "courseSourcedId")
	}
	if o.EndCompletes {
		need(sessions, "endDate")
		need(classes, "termSourcedIds")
		need(enrollments, "endDate")
	}
	for i := range list {
		f := &list[i]
		if f.name == users {
			f.wanted = append(f.wanted, "primaryOrgSourcedId")
			if len(o.Agents) > 0 {
				f.wanted = append(f.wanted, "agentSourcedIds")
			}
		}
		for _, from := range o.fields() {
			if file, column, _ := strings.Cut(from, "."); file == f.name {
				f.wanted = append(f.wanted, column)
			}
		}
	}
	return list
}

// A sheet is a file of a bundle, as far as it is read.
type sheet struct {
	name    string
	mode    Mode
	columns map[string]int // by the names of the standard
	rows    []row
	gone    []row // those that are tobedeleted
}

// A row is one row of a sheet.
type row struct {
	sheet *sheet
	line  int
	cells []string
}

// has reports whether the sheet is there and has a column. A nil sheet has none.
func (s *sheet) has(column string) bool {
	if s == nil {
		return false
	}
	_, has := s.columns[column]
	return has
}

// of returns the rows that are there; a nil sheet has none.
func (s *sheet) of() []row {
	if s == nil {
		return nil
	}
	return s.rows
}

func (s *sheet) is(m Mode) bool { return s != nil && s.mode == m }

// at returns the trimmed cell in a column; blank where there is no such column.
func (r row) at(column string) string {
	if r.sheet == nil {
		return ""
	}
	if i, has := r.sheet.columns[column]; has {
		return r.cells[i]
	}
	return ""
}

// list returns the parts of a cell between commas.
func (r row) list(column string) []string { return parts(r.at(column)) }

func parts(cell string) []string {
	var list []string
	for _, s := range strings.Split(cell, ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func (r row) problem(column, code, format string, a ...any) Problem {
	return Problem{File: r.sheet.name + ".csv", Line: r.line, Column: column, Code: code, Text: fmt.Sprintf(format, a...)}
}
