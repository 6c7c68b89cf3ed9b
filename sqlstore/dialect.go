package sqlstore

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A Dialect is a kind of database.
type Dialect uint8

const (
	// SQLite is SQLite 3.35 or later. Writers wait for each other as long as the connection says (busy_timeout).
	SQLite Dialect = iota + 1
	// Postgres is PostgreSQL 12 or later, with a database in UTF-8.
	Postgres
)

// String returns "sqlite" or "postgres".
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "sqlite"
	case Postgres:
		return "postgres"
	}
	return fmt.Sprintf("Dialect(%d)", uint8(d))
}

// text is a statement in the dialect. Statements are written with the numbered parameters of SQLite, such as ?1, and a
// question mark is nothing else in them.
func (d Dialect) text(statement string) string {
	if d == Postgres {
		return strings.ReplaceAll(statement, "?", "$")
	}
	return statement
}

// begin is how a transaction begins that will write.
func (d Dialect) begin() string {
	if d == SQLite {
		return "BEGIN IMMEDIATE" // who reads first and then writes would be refused where another wrote in between
	}
	return "BEGIN ISOLATION LEVEL READ COMMITTED"
}

// by is a table that is looked up by an index. Without statistics, which it seldom has, SQLite may go through all that a
// tenant has instead.
func (d Dialect) by(table, index string) string {
	if d == SQLite {
		return table + " INDEXED BY " + index
	}
	return table
}

// in is the condition that a column is one of what a query finds that is the same for all rows: PostgreSQL asks it once,
// and looks the column up by an index where there is one, whatever it thinks of how much that is.
func (d Dialect) in(column, query string) string {
	if d == Postgres {
		return column + " = ANY (ARRAY(" + query + "))"
	}
	return column + " IN (" + query + ")"
}

// oneOf is the condition that a column is one of the texts in the JSON list that a parameter is.
func (d Dialect) oneOf(column, parameter string) string {
	if d == Postgres {
		return d.in(column, "SELECT jsonb_array_elements_text("+parameter+"::jsonb)")
	}
	return d.in(column, "SELECT value FROM json_each("+parameter+")")
}

// oneOfNumbers is that condition for whole numbers, which are texts in the list.
func (d Dialect) oneOfNumbers(column, parameter string) string {
	if d == Postgres {
		return d.in(column, "SELECT jsonb_array_elements_text("+parameter+"::jsonb)::bigint")
	}
	return d.in(column, "SELECT CAST(value AS INTEGER) FROM json_each("+parameter+")")
}

// exists is the condition that there are such rows. PostgreSQL, which without statistics would compare each user with each
// row, is kept from making a join of it: it looks for the rows of each user by an index, or collects them once.
func (d Dialect) exists(from string) string {
	if d == Postgres {
		return "((EXISTS (SELECT 1 FROM " + from + ")) IS TRUE)"
	}
	return "EXISTS (SELECT 1 FROM " + from + ")"
}

// each is the texts in such a list as rows of a table, part, with a column, value.
func (d Dialect) each(parameter string) string {
	if d == Postgres {
		return "jsonb_array_elements_text(" + parameter + "::jsonb) AS part (value)"
	}
	return "json_each(" + parameter + ") AS part"
}

// pairs is a JSON list of lists of two texts as rows of a table, pair, with two columns, one and other.
func (d Dialect) pairs(parameter string) string {
	if d == Postgres {
		return "(SELECT value ->> 0 AS one, value ->> 1 AS other FROM jsonb_array_elements(" + parameter + "::jsonb)) AS pair"
	}
	return "(SELECT json_extract(value, '$[0]') AS one, json_extract(value, '$[1]') AS other FROM json_each(" + parameter + ")) AS pair"
}

// part is the condition that a text contains, startsWith or endsWith another, character by character.
func (d Dialect) part(op, text, part string) string {
	switch {
	case op == "startsWith":
		return "substr(" + text + ", 1, length(" + part + ")) = " + part
	case op == "endsWith" && d == Postgres:
		return "right(" + text + ", length(" + part + ")) = " + part
	case op == "endsWith":
		return "substr(" + text + ", -length(" + part + ")) = " + part
	case d == Postgres:
		return "strpos(" + text + ", " + part + ") > 0"
	}
	return "instr(" + text + ", " + part + ") > 0"
}

// array is the JSON list of texts, or of lists of them, for a parameter.
func array[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	data, err := json.Marshal(list)
	if err != nil {
		panic("sqlstore: a list of texts has no JSON: " + err.Error())
	}
	return string(data)
}
