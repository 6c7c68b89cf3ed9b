package oneroster

import (
	"bytes"
	"encoding/csv"
	"strings"

	"github.com/grouprules/groups"
)

// A text is a table that is written to be read by package groups, which knows how people are taken in.
type text struct {
	bytes.Buffer
	csv   *csv.Writer
	line  int         // on which the next row starts
	lines map[int]int // those of the bundle, by those of the text
}

func newText() *text {
	t := &text{line: 1, lines: map[int]int{}}
	t.csv = csv.NewWriter(&t.Buffer)
	return t
}

// write adds a row that comes from a line of the bundle.
func (t *text) write(line int, cells []string) {
	t.lines[t.line] = line
	t.line++
	for _, cell := range cells {
		t.line += strings.Count(cell, "\n")
	}
	_ = t.csv.Write(cells) // into memory
}

func (t *text) reader() *bytes.Buffer {
	t.csv.Flush()
	return &t.Buffer
}

// relabel has issues say where in the bundle they are.
func (t *text) relabel(issues []groups.Issue, file string) {
	for i := range issues {
		issue := &issues[i]
		issue.Line = t.lines[issue.Line]
		issue.Column = strings.TrimSpace(file + ".csv " + issue.Column)
	}
}
