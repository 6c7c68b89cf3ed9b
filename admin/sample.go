package admin

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// WriteSample writes a file of two users as it is to be written for these options, for people to start
// from: in UTF-8, with the options' delimiter or a comma. [ReadUsersCSV] reads it without issues;
// options of which no such file can be written, since it refuses them, are refused with the same error.
func (o *UsersCSV) WriteSample(w io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	columns := o.Columns.mapped()
	width := 0
	for _, c := range columns {
		width = max(width, c.Position)
	}
	width = max(width, len(columns))
	rows := make([][]string, 3)
	for i := range rows {
		rows[i] = make([]string, width)
	}
	taken := map[int]bool{}
	for _, c := range columns {
		if c.Position > 0 {
			taken[c.Position-1] = true
		}
	}
	samples := map[NamedBy][2]string{
		ByID: {"u1", "u2"}, ByUsername: {"ada", "grace"}, ByEmail: {"ada@example.com", "grace@example.com"},
	}
	for _, c := range columns {
		i := c.Position - 1
		for i < 0 || c.Position == 0 && taken[i] {
			i++
		}
		taken[i] = true
		rows[0][i] = c.heading(columns)
		rows[1][i], rows[2][i] = samples[c.by][0], samples[c.by][1]
	}
	if o.NoHeader {
		rows = rows[1:]
	}
	var b strings.Builder
	out := csv.NewWriter(&b)
	if o.Format.Delimiter != 0 {
		out.Comma = o.Format.Delimiter
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("%w: %w", groups.ErrCSVOptions, err)
	}
	format := o.Format
	format.Charset, format.Decode = "utf-8", nil
	f, err := ReadUsersCSV(strings.NewReader(b.String()), &UsersCSV{o.Columns, o.NoHeader, format})
	if err == nil && len(f.Issues) > 0 {
		err = fmt.Errorf("%w: %v", groups.ErrCSVOptions, f.Issues[0])
	}
	if err == nil {
		_, err = io.WriteString(w, b.String())
	}
	return err
}

// heading is what a sample has above the column: its name, or of one that has but a position, a word
// that is no other column's name.
func (m mapped) heading(columns []mapped) string {
	if m.Name != "" {
		return m.Name
	}
	word := m.by.String()
	for slices.ContainsFunc(columns, func(c mapped) bool { return strings.EqualFold(strings.TrimSpace(c.Name), word) }) {
		word += "_"
	}
	return word
}
