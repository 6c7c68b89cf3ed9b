package sqlstore

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// insert writes rows, each with the tenant before the values given: texts, integers, bytes or nil. The statement is without
// the rows, and after is what follows them.
func (c conn) insert(ctx context.Context, statement, after string, columns, n int, row func(i int) []any) error {
	const atOnce = 5000
	for from := 0; from < n; from += atOnce {
		size := min(atOnce, n-from)
		at := func(i int) []any { return row(from + i) }
		var err error
		if c.dialect == SQLite {
			err = c.insertEach(ctx, statement, after, columns, size, at)
		} else {
			err = c.insertColumns(ctx, statement, after, columns, size, at)
		}
		if err != nil {
			return refusal(ctx, err)
		}
	}
	return nil
}

// insertEach runs the statement for each row: nothing is faster where the database is in the process.
func (c conn) insertEach(ctx context.Context, statement, after string, columns, n int, row func(i int) []any) error {
	s, err := c.PrepareContext(ctx, statement+" VALUES (?"+strings.Repeat(",?", columns-1)+") "+after)
	if err != nil {
		return err
	}
	defer s.Close()
	values := make([]any, 0, columns)
	for i := range n {
		values = append(append(values[:0], c.tenant), row(i)...)
		if _, err := s.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}

// insertColumns sends each column as one array, so that there is one statement for any number of rows. A column without
// values is NULL.
func (c conn) insertColumns(ctx context.Context, statement, after string, columns, n int, row func(i int) []any) error {
	kinds, texts := make([]string, columns-1), make([]strings.Builder, columns-1)
	for i := range n {
		for j, v := range row(i) {
			b := &texts[j]
			b.WriteByte("{,"[min(i, 1)])
			switch v := v.(type) {
			case nil:
				b.WriteString("NULL")
			case string:
				kinds[j] = "text"
				quote(b, v)
			case []byte:
				if v == nil {
					b.WriteString("NULL")
					continue
				}
				kinds[j] = "bytea"
				b.WriteString(`"\\x`)
				b.WriteString(hex.EncodeToString(v))
				b.WriteByte('"')
			case int:
				kinds[j] = "bigint"
				b.WriteString(strconv.Itoa(v))
			case int64:
				kinds[j] = "bigint"
				b.WriteString(strconv.FormatInt(v, 10))
			default:
				return fmt.Errorf("a row has a %T", v)
			}
		}
	}
	var list, from, names strings.Builder
	args := []any{c.tenant}
	for j, kind := range kinds {
		if kind == "" {
			list.WriteString(", NULL")
			continue
		}
		if len(args) > 1 {
			from.WriteString(", ")
			names.WriteString(", ")
		}
		args = append(args, texts[j].String()+"}")
		fmt.Fprintf(&list, ", c%d", j)
		fmt.Fprintf(&names, "c%d", j)
		fmt.Fprintf(&from, "CAST($%d AS %s[])", len(args), kind)
	}
	_, err := c.ExecContext(ctx, statement+" SELECT $1"+list.String()+" FROM unnest("+from.String()+") AS given("+names.String()+") "+after, args...)
	return err
}

// quote writes a text as it stands in an array.
func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for {
		at := strings.IndexAny(s, `"\`)
		if at < 0 {
			break
		}
		b.WriteString(s[:at])
		b.WriteByte('\\')
		b.WriteByte(s[at])
		s = s[at+1:]
	}
	b.WriteString(s)
	b.WriteByte('"')
}
