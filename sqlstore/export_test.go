package sqlstore

// For tests of what is never shown: the texts of statements.

// Statements are the texts of a query, and what they are given.
func (q *Query) Statements() (texts []string, values []any) {
	return []string{q.yes.text, q.open.text}, append(append([]any{}, q.yes.values...), q.open.values...)
}
