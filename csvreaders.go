package groups

import (
	"context"
	"fmt"
	"slices"

	"github.com/grouprules/groups/internal/fold"
)

// readers are what all groups ask of people.
type readers struct {
	groups []reader
	refs   *references
}

func readReaders(ctx context.Context, store Store) (readers, error) {
	r := readers{refs: newReferences(nil)}
	for g, err := range store.Groups(ctx) {
		if err != nil {
			return readers{}, fmt.Errorf("read groups: %w", err)
		}
		r.groups = append(r.groups, readerOf(g))
		r.refs.put(g)
	}
	return r, nil
}

// of are the groups that read something, themselves or through groups that they refer to, sorted.
func (r *readers) of(reads func(*reader) bool) []GroupID {
	var ids []GroupID
	for i := range r.groups {
		if reads(&r.groups[i]) {
			ids = append(ids, r.groups[i].id)
		}
	}
	ids = append(ids, r.refs.dependents(ids)...)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// A reader is what one group asks of people.
type reader struct {
	id                         GroupID
	fields                     map[string]bool
	trees                      map[Tree]bool
	status, lines, enrollments bool
}

func readerOf(g Group) reader {
	r := reader{id: g.ID, fields: map[string]bool{}, trees: map[Tree]bool{}, status: g.Deactivated != Keep}
	if g.Kind != AutomaticGroup {
		return r
	}
	for _, s := range g.Criteria.Sets {
		for _, c := range s.Conditions {
			switch c := c.(type) {
			case FieldCondition:
				r.fields[c.Field] = true
			case UnitCondition:
				r.trees[c.Tree] = true
			case UserCondition:
				r.lines = r.lines || c.Op != opIs
			case EnrollmentCondition:
				r.enrollments = true
			case StatusCondition:
				r.status = r.status || slices.ContainsFunc(c.Statuses, func(s UserStatus) bool { return s != StatusExpired })
			}
		}
	}
	return r
}

// reads reports whether the group reads what a column holds, as a field or otherwise.
func (r *reader) reads(name string, o *PeopleCSV) bool {
	return r.fields[name] ||
		r.status && o.Status != nil && fold.Exact(o.Status.Column) == name ||
		r.lines && fold.Exact(o.Manager) == name ||
		slices.ContainsFunc(o.Units, func(u UnitColumn) bool { return r.trees[u.Tree] && fold.Exact(u.Column) == name })
}
