package sqlstore

import (
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

// rows is a list of so many rows of so many parameters each, for an INSERT.
func rows(n, columns int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		for j := range columns {
			b.WriteByte("(,"[min(j, 1)])
			fmt.Fprintf(&b, "?%d", i*columns+j+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}
