package groups

import "slices"

// An arrangement is groups in the order of their references. It is never written to.
type arrangement struct {
	refs  *references
	order []placed     // those read by others first
	of    []definition // as the Store handed them out
}

// placed is a group in an arrangement.
type placed struct {
	id     GroupID
	cyclic bool      // on a ring
	needs  []GroupID // the groups that its rule reads
}

// definition is what of a group tells what it refers to.
type definition struct {
	id, parent GroupID
	kind       Kind
	criteria   Criteria
}

// newArrangement puts groups in the order of their references.
func newArrangement(groups []*Group) *arrangement {
	a := &arrangement{refs: newReferences(nil), of: definitionsOf(groups)}
	for _, g := range groups {
		a.refs.put(*g)
	}
	sorted, cyclic := a.refs.order()
	a.order = make([]placed, len(sorted))
	for i, id := range sorted {
		a.order[i] = placed{id, cyclic[id], a.refs.needs(id)}
	}
	return a
}

func definitionsOf(groups []*Group) []definition {
	all := make([]definition, len(groups))
	for i, g := range groups {
		all[i] = definition{g.ID, g.Parent, g.Kind, g.Criteria}
	}
	return all
}

// fits reports whether these are the same groups, in the order in which they were read, and refer to each other as
// those did. Where a definition is the very one that was read then, that is not asked.
func (a *arrangement) fits(groups []*Group) (fits, same bool) {
	if a == nil || len(groups) != len(a.of) {
		return false, false
	}
	same = true
	for i, g := range groups {
		switch was := &a.of[i]; {
		case was.id != g.ID:
			return false, false
		case was.parent == g.Parent && was.kind == g.Kind && was.criteria.isSame(g.Criteria):
		case !readingOf(*g).equal(a.refs.groups[g.ID]):
			return false, false
		default:
			same = false
		}
	}
	return true, same
}

// disown has the arrangement keep nothing that callers may write to: of drafts the criteria are theirs.
func (a *arrangement) disown() {
	for i := range a.of {
		a.of[i].criteria.Sets = slices.Clone(a.of[i].criteria.Sets)
	}
}

// isSame reports whether both are the same sets in memory, which nobody writes to.
func (c Criteria) isSame(d Criteria) bool {
	return c.Match == d.Match && len(c.Sets) == len(d.Sets) && (len(c.Sets) == 0 || &c.Sets[0] == &d.Sets[0])
}

func (l reading) equal(m reading) bool {
	return l.parent == m.parent && slices.Equal(l.named, m.named) && slices.Equal(l.orBelow, m.orBelow)
}
