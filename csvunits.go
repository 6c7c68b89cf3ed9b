package groups

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// UnitsCSV says how a file of the units of one tree is to be read.
type UnitsCSV struct {
	// Tree is the tree of all units of the file.
	Tree Tree
	// ID and Parent are the columns of a unit's ID and of the ID of the unit above; a unit with a
	// blank parent is at the top. Both are required.
	ID, Parent string
	// Name is the column of what people call the unit; blank: the file does not say.
	Name   string
	Format CSVFormat
}

// ReadUnitsCSV reads the units of one tree, sorted by ID, for [PeopleFile.Trees]. It takes no view
// on rings and parents that do not exist: evaluation does, and has findings for them.
//
// A row that is ragged, or whose ID or parent is unreadable or not usable, is left out and an
// [Issue]: a unit that is not in its tree answers Unknown for the people in and below it, where one
// with a wrong parent would move them. A unit that occurs twice has two parents, so the file is
// refused with a [*CSVError] that wraps [ErrRepeated] and names both lines.
func ReadUnitsCSV(r io.Reader, o *UnitsCSV) ([]Unit, []Issue, error) {
	if o == nil {
		o = new(UnitsCSV)
	}
	if err := o.Format.check(); err != nil {
		return nil, nil, err
	}
	if err := checkID("tree", string(o.Tree)); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrCSVOptions, err)
	}
	t, err := o.Format.open(r)
	if err != nil {
		return nil, nil, err
	}
	idAt, err := t.need("unit ID", o.ID)
	if err != nil {
		return nil, nil, err
	}
	parentAt, err := t.need("unit above", o.Parent)
	if err != nil {
		return nil, nil, err
	}
	nameAt := -1
	if o.Name != "" {
		if nameAt, err = t.need("unit's name", o.Name); err != nil {
			return nil, nil, err
		}
	}
	var units []Unit
	var issues []Issue
	lines := map[string]int{}
	for {
		row, err := t.read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if row.Ragged() {
			issues = append(issues, t.ragged(row))
			continue
		}
		id, issue := t.id(row, idAt, "unit")
		if issue != nil {
			issues = append(issues, *issue)
			continue
		}
		parent, issue := t.id(row, parentAt, "unit")
		if issue != nil && issue.Code != issueBlankKey {
			issues = append(issues, *issue)
			continue
		}
		u := Unit{Tree: o.Tree, ID: string(id), Parent: string(parent)}
		if line, twice := lines[u.ID]; twice {
			return nil, nil, &CSVError{Line: row.Line, Err: ErrRepeated, Text: fmt.Sprintf("the unit %.64q occurs on line %d already", u.ID, line)}
		}
		lines[u.ID] = row.Line
		if nameAt >= 0 {
			if reason, bad := row.Unreadable(nameAt); bad {
				issues = append(issues, t.unreadable(row, nameAt, reason))
			} else {
				u.Name = strings.TrimSpace(string(row.Cell(nameAt)))
			}
		}
		units = append(units, u)
	}
	slices.SortFunc(units, func(a, b Unit) int { return strings.Compare(a.ID, b.ID) })
	return units, issues, nil
}
