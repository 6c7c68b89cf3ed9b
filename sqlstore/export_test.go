package sqlstore

import "context"

// For tests of what is never shown: the texts of statements, and how a database goes about them.

// Statements are the texts of a query, and what they are given.
func (q *Query) Statements() (texts []string, values []any) {
	return []string{q.yes.text, q.open.text}, append(append([]any{}, q.yes.values...), q.open.values...)
}

// Plan is how the database goes about a statement whose first parameter is the tenant.
func (s *Store) Plan(ctx context.Context, text string, values ...any) (string, error) {
	explain := "EXPLAIN QUERY PLAN "
	if s.dialect == Postgres {
		explain = "EXPLAIN "
	}
	lines, err := list(ctx, s.conn(), func(row func(...any) error) (line string, err error) {
		if s.dialect == Postgres {
			return line, row(&line)
		}
		var id, parent, unused int
		err = row(&id, &parent, &unused, &line)
		return line, err
	}, explain+text, values...)
	whole := ""
	for _, line := range lines {
		whole += line + "\n"
	}
	return whole, err
}

// Plans are those of the statements of a query.
func (q *Query) Plans(ctx context.Context) (yes, unknown string, err error) {
	if yes, err = q.store.Plan(ctx, q.yes.text, append(append([]any{}, q.yes.values...), "", idPage)...); err == nil {
		unknown, err = q.store.Plan(ctx, q.open.text, append(append([]any{}, q.open.values...), "", idPage)...)
	}
	return yes, unknown, err
}
