package groups

import "iter"

// mentions are the predicates of an aspect by the units or courses that they name, for who wants those to which a few of
// these matter.
type mentions struct {
	of     map[string][]*predicate
	always []*predicate // to which others matter as well
	tree   *Hierarchy   // of units
	known  int          // so many of the predicates are entered
	after  uint64       // so many departures
}

// mention enters the predicates that are new, or all where some have left or the tree is another one. Names tells what one of
// them names, and whether others matter to it as well.
func (q *questions) mention(tree *Hierarchy, names func(p *predicate) (named iter.Seq[string], always bool)) {
	m := &q.mentions
	if m.of == nil || m.tree != tree || m.after != q.departures {
		*m = mentions{of: map[string][]*predicate{}, tree: tree, after: q.departures}
	}
	for _, p := range q.predicates[m.known:] {
		named, always := names(p)
		if always {
			m.always = append(m.always, p)
			continue
		}
		for name := range named {
			m.of[name] = append(m.of[name], p)
		}
	}
	m.known = len(q.predicates)
}

// mentioning yields the predicates that name one of these, and those to which others matter as well, some perhaps twice;
// all of them where they are not entered, which they are between a write and a read.
func (q *questions) mentioning(tree *Hierarchy, named map[string]bool) iter.Seq[*predicate] {
	return func(yield func(*predicate) bool) {
		m := &q.mentions
		lists := [][]*predicate{m.always}
		switch {
		case m.tree != tree || m.after != q.departures || m.known != len(q.predicates):
			lists = [][]*predicate{q.predicates}
		case len(named) < len(m.of):
			for name := range named {
				lists = append(lists, m.of[name])
			}
		default:
			for name, list := range m.of {
				if named[name] {
					lists = append(lists, list)
				}
			}
		}
		for _, list := range lists {
			for _, p := range list {
				if !yield(p) {
					return
				}
			}
		}
	}
}
