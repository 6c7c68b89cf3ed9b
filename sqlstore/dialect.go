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

// elements are those of the JSON array of texts in a parameter: a list of any length is one parameter.
func (d Dialect) elements(parameter int) string {
	if d == SQLite {
		return fmt.Sprintf("SELECT value FROM json_each(?%d)", parameter)
	}
	return fmt.Sprintf("SELECT jsonb_array_elements_text(CAST(?%d AS jsonb))", parameter)
}

// pairs are those of a JSON array of arrays of two texts.
func (d Dialect) pairs(parameter int) string {
	if d == SQLite {
		return fmt.Sprintf("SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?%d)", parameter)
	}
	return fmt.Sprintf("SELECT e ->> 0, e ->> 1 FROM jsonb_array_elements(CAST(?%d AS jsonb)) e", parameter)
}

// array is the JSON array of a list, for a parameter. What is in it is text, so that nothing can go wrong.
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
