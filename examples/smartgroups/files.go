package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/grouprules/groups"
)

// input names the files of one job and knows how to open them.
type input struct {
	tenant, people, next string
	open                 func(name string) (io.ReadCloser, error)
}

func openFile(name string) (io.ReadCloser, error) { return os.Open(name) }

func openBundle(name string) (io.ReadCloser, error) { return bundle.Open(filepath.ToSlash(name)) }

// beside is a file that the tenant file names, relative to itself.
func (in *input) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(in.tenant), name)
}

// label is what findings call a file: without its folder, unless that is what tells it from another.
func (in *input) label(name string) string {
	if filepath.Base(in.people) == filepath.Base(in.next) {
		return name
	}
	return filepath.Base(name)
}

// with opens a file, lets do read it, and returns what was wrong.
func (in *input) with(name string, do func(io.Reader) error) problems {
	file, err := in.open(name)
	if err == nil {
		defer file.Close()
		err = do(file)
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err // the caller says which file
	}
	var p problems
	p.of(name, lines(err))
	return p
}

// files are the people, now and later, and what comes with them.
type files struct {
	first, next *groups.PeopleFile
	trees       map[groups.Tree][]groups.Unit
	enrollments *groups.EnrollmentFile
}

// readFiles reads all the files, so that everything wrong with any of them is known at once.
func (r *result) readFiles(in *input) (files, problems) {
	f := files{trees: map[groups.Tree][]groups.Unit{}}
	var p problems
	for _, tree := range r.tenant.trees {
		name := in.beside(tree.file)
		p = append(p, in.with(name, func(file io.Reader) error {
			units, issues, err := groups.ReadUnitsCSV(file, &tree.as)
			f.trees[tree.as.Tree] = units
			r.issues(in.label(name), issues)
			return err
		})...)
	}
	if e := r.tenant.enrollments; e != nil {
		name := in.beside(e.file)
		p = append(p, in.with(name, func(file io.Reader) error {
			records, err := groups.ReadEnrollmentsCSV(file, &e.as)
			if err == nil {
				f.enrollments = records
				r.issues(in.label(name), records.Issues)
			}
			return err
		})...)
	}
	people := func(name string) (read *groups.PeopleFile) {
		p = append(p, in.with(name, func(file io.Reader) (err error) {
			if read, err = groups.ReadPeopleCSV(file, &r.tenant.people); err == nil {
				read.Trees, read.Enrollments = f.trees, f.enrollments
			}
			return err
		})...)
		return read
	}
	f.first = people(in.people)
	if in.next != "" {
		f.next = people(in.next)
	}
	return f, p
}

// issues adds what is wrong with rows and cells of a file to the findings.
func (r *result) issues(file string, issues []groups.Issue) {
	for _, i := range issues {
		text := i.Text
		if i.Column != "" {
			text = fmt.Sprintf("column %q: %s", i.Column, i.Text)
		}
		r.Findings = append(r.Findings, groups.Finding{Code: i.Code, Where: fmt.Sprintf("line %d, %s", i.Line, file), Text: text})
	}
}
