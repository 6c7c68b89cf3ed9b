package oneroster

import (
	"cmp"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// left is the status of the rows that take a record away.
const left = "tobedeleted"

// enrolled makes the enrollments a file of them; nil where the bundle has none. The status of a record is the role
// in the class.
func (b *Bundle) enrolled() (*groups.EnrollmentFile, error) {
	s := b.sheets[enrollments]
	if s == nil {
		return nil, nil
	}
	o := groups.EnrollmentsCSV{User: "user", Course: "course", Status: "status", Format: groups.CSVFormat{
		Delimiter: ',', Charset: "utf-8", MaxCell: 1 << 30,
	}}
	header := []string{o.User, o.Course, o.Status}
	if b.opts.EndCompletes {
		o.Completed = "completed"
		header = append(header, o.Completed)
	}
	courseOf, endOf := b.classes()
	t := newText()
	t.write(0, header)
	put := func(r row, status string) {
		class := r.at("classSourcedId")
		cells := []string{r.at("userSourcedId"), "class:" + class, status}
		if b.opts.EndCompletes {
			cells = append(cells, cmp.Or(r.at("endDate"), endOf[class]))
		}
		if b.opts.Courses != AsCourses {
			t.write(r.line, cells)
		}
		if b.opts.Courses != AsClasses {
			// A class that is not known may be of any course: the blank leaves the user's list partial.
			if cells = slices.Clone(cells); courseOf[class] == "" {
				cells[1] = ""
			} else {
				cells[1] = "course:" + courseOf[class]
			}
			t.write(r.line, cells)
		}
	}
	if o.Changes = s.mode == Delta; o.Changes {
		o.Removed = []string{left}
		for _, r := range s.gone {
			put(r, left)
		}
	}
	// Of several rows of one user and course the last counts, and it is not for the order of the rows to say which.
	rows := slices.Clone(s.rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.at("dateLastModified"), b.at("dateLastModified")),
			strings.Compare(a.at("sourcedId"), b.at("sourcedId")), strings.Compare(a.at("role"), b.at("role")), strings.Compare(a.at("endDate"), b.at("endDate")))
	})
	for _, r := range rows {
		put(r, roleNamed(r.at("role")))
	}
	f, err := groups.ReadEnrollmentsCSV(t.reader(), &o)
	if err != nil {
		return nil, err
	}
	t.relabel(f.Issues, enrollments)
	return f, nil
}

// classes are the courses and the last days of classes, as far as the bundle has them.
func (b *Bundle) classes() (courseOf, endOf map[string]string) {
	ends := map[string]string{}
	for _, r := range b.sheets[sessions].of() {
		ends[r.at("sourcedId")] = r.at("endDate")
	}
	courseOf, endOf = map[string]string{}, map[string]string{}
	for _, r := range b.sheets[classes].of() {
		id := r.at("sourcedId")
		courseOf[id] = r.at("courseSourcedId")
		for _, term := range r.list("termSourcedIds") {
			endOf[id] = max(endOf[id], ends[term])
		}
	}
	return courseOf, endOf
}
