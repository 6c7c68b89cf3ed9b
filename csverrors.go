package groups

import (
	"cmp"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/grouprules/groups/internal/table"
)

// WriteErrors writes the rows that have issues, for the person who is to put them right: the
// columns "line", "column", "code" and "text", and then the row as it was in the file, ragged rows
// ragged. Several issues of a row stand in one cell with "; " between them. It is written with the
// file's delimiter in UTF-8, formula-safe ([CSVFormat.Guarded] takes that off); bytes that are no
// text show as U+FFFD.
func (f *PeopleFile) WriteErrors(w io.Writer) error {
	return writeErrors(w, f.Delimiter, f.header, func(yield func([]Issue, []string) bool) {
		for _, bad := range f.bad {
			if !yield(f.Issues[bad.from:bad.through], bad.cells) {
				return
			}
		}
	})
}

// WriteErrors writes the rows that issues are about, found by their lines, in the order of the file and
// as [PeopleFile.WriteErrors] does; of a table without header the columns are called "1", "2" and so
// on. An issue of no row stands by itself, at its line.
func (t *CSVTable) WriteErrors(w io.Writer, issues []Issue) error {
	issues = slices.Clone(issues)
	slices.SortStableFunc(issues, func(a, b Issue) int { return cmp.Compare(a.Line, b.Line) })
	return writeErrors(w, t.Delimiter, t.names, func(yield func([]Issue, []string) bool) {
		for len(issues) > 0 {
			n := 1
			for n < len(issues) && issues[n].Line == issues[0].Line {
				n++
			}
			var cells []string
			i, found := slices.BinarySearchFunc(t.Rows, issues[0].Line, func(r CSVRow, line int) int { return cmp.Compare(r.Line, line) })
			if found {
				cells = t.Rows[i].Cells
			}
			if !yield(issues[:n], cells) {
				return
			}
			issues = issues[n:]
		}
	})
}

// writeErrors writes rows with their issues, of which each has at least one.
func writeErrors(w io.Writer, delimiter rune, header []string, rows iter.Seq2[[]Issue, []string]) error {
	out := table.NewWriter(w, table.WriterOptions{Delimiter: delimiter})
	if err := out.Write(append([]string{"line", "column", "code", "text"}, header...)...); err != nil {
		return err
	}
	for issues, cells := range rows {
		var columns, codes, texts []string
		for _, issue := range issues {
			columns = append(columns, issue.Column)
			codes = append(codes, issue.Code)
			texts = append(texts, issue.Text)
		}
		row := []string{strconv.Itoa(issues[0].Line), strings.Join(columns, "; "), strings.Join(codes, "; "), strings.Join(texts, "; ")}
		for _, cell := range cells {
			row = append(row, strings.ReplaceAll(strings.ToValidUTF8(cell, "\ufffd"), "\x00", "\ufffd"))
		}
		if err := out.Write(row...); err != nil {
			return err
		}
	}
	return out.Flush()
}
