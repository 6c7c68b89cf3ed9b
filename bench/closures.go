package main

import (
	"slices"
	"strings"

	"github.com/grouprules/groups/bench/workload"
)

// A row is a user as a program without an engine would hold one: folded texts, and trees as intervals.
type row struct {
	*workload.User
	texts     [workload.Fields]string
	unit, pos int32 // places in pre-order; unit is as in the user where there is none
	gap       bool
}

// newClosures is the peer that somebody writes by hand: each rule compiled once into closures over rows.
func newClosures(w *workload.World, workers int) (Peer, error) {
	return newRows(w, workers, len(w.Users), language[*row]{
		env: func(user int32, u *workload.User) *row {
			r := &row{User: u, unit: u.Unit, pos: w.Lines.Lo[user], gap: w.Lines.Gap[user]}
			if u.Unit >= 0 {
				r.unit = w.Units.Lo[u.Unit]
			}
			for _, f := range []workload.Field{workload.Title, workload.City, workload.Email, workload.Country, workload.Grade} {
				r.texts[f] = workload.Fold(workload.Text(f, u.Fields[f]))
			}
			return r
		},
		compile: func(c *workload.Criteria) (func(*row) (workload.Verdict, error), error) {
			rule := closeCriteria(w, c)
			return func(r *row) (workload.Verdict, error) { return rule(r), nil }, nil
		},
	})
}

type closure func(*row) workload.Verdict

func closeCriteria(w *workload.World, c *workload.Criteria) closure {
	sets := make([]closure, len(c.Sets))
	for i := range c.Sets {
		conditions := make([]closure, len(c.Sets[i].Conditions))
		for j := range c.Sets[i].Conditions {
			conditions[j] = closeCondition(w, &c.Sets[i].Conditions[j])
		}
		sets[i] = closeJoin(c.Sets[i].Any, conditions)
	}
	return closeJoin(c.Any, sets)
}

// closeJoin is All, or Any, of the parts, in three values.
func closeJoin(any bool, parts []closure) closure {
	switch {
	case len(parts) == 1:
		return parts[0]
	case any:
		return func(r *row) workload.Verdict {
			best := workload.No
			for _, p := range parts {
				if best = max(best, p(r)); best == workload.Yes {
					break
				}
			}
			return best
		}
	}
	return func(r *row) workload.Verdict {
		worst := workload.Yes
		for _, p := range parts {
			if worst = min(worst, p(r)); worst == workload.No {
				break
			}
		}
		return worst
	}
}

func closeCondition(w *workload.World, c *workload.Condition) closure {
	p := closePositive(w, c)
	if c.Negated {
		return func(r *row) workload.Verdict { return p(r).Not() }
	}
	return p
}

func verdict(yes bool) workload.Verdict {
	if yes {
		return workload.Yes
	}
	return workload.No
}

// known wraps a test of a code that is there.
func known(f workload.Field, test func(r *row, code int32) bool) closure {
	return func(r *row) workload.Verdict {
		switch code := r.Fields[f]; code {
		case workload.Unknown:
			return workload.Unsure
		case workload.Empty:
			return workload.No
		default:
			return verdict(test(r, code))
		}
	}
}

func closePositive(w *workload.World, c *workload.Condition) closure {
	f := c.Field
	switch c.Kind {
	case workload.InUnit:
		spans := spansOf(w.Units, c.Nodes, 0)
		return func(r *row) workload.Verdict {
			if r.unit == workload.Unknown {
				return workload.Unsure
			}
			return verdict(spans.have(r.unit))
		}
	case workload.Under:
		spans := spansOf(w.Lines, c.Nodes, 1)
		return func(r *row) workload.Verdict {
			switch {
			case spans.have(r.pos):
				return workload.Yes
			case r.gap:
				return workload.Unsure
			}
			return workload.No
		}
	case workload.Completed:
		courses, need := c.Codes, c.Need
		return func(r *row) workload.Verdict {
			if r.NoCourses {
				return workload.Unsure
			}
			done := 0
			for _, course := range courses {
				for i := range r.Courses {
					if r.Courses[i].Course == course && r.Courses[i].Done != workload.Empty {
						done++
					}
				}
			}
			return verdict(done >= need)
		}
	case workload.MemberOf:
		return func(r *row) workload.Verdict {
			return verdict(slices.ContainsFunc(r.Manual, func(g int32) bool { return slices.Contains(c.Codes, g) }))
		}
	case workload.IsEmpty:
		return func(r *row) workload.Verdict {
			code := r.Fields[f]
			if code == workload.Unknown {
				return workload.Unsure
			}
			return verdict(code == workload.Empty)
		}
	case workload.IncludesAny:
		mask := c.Mask
		return known(f, func(_ *row, code int32) bool { return code&mask != 0 })
	case workload.IncludesAll:
		mask := c.Mask
		return known(f, func(_ *row, code int32) bool { return code&mask == mask })
	case workload.Between:
		from, to := c.From, c.To
		return known(f, func(_ *row, code int32) bool { return from <= code && code <= to })
	case workload.Contains:
		part := c.Part
		return known(f, func(r *row, _ int32) bool { return strings.Contains(r.texts[f], part) })
	case workload.StartsWith:
		part := c.Part
		return known(f, func(r *row, _ int32) bool { return strings.HasPrefix(r.texts[f], part) })
	case workload.EndsWith:
		part := c.Part
		return known(f, func(r *row, _ int32) bool { return strings.HasSuffix(r.texts[f], part) })
	}
	if f == workload.Remote {
		want := c.Codes[0]
		return known(f, func(_ *row, code int32) bool { return code == want })
	}
	values := mapped(c.Codes, func(code int32) string { return workload.Fold(workload.Text(f, code)) })
	if len(values) == 1 {
		value := values[0]
		return known(f, func(r *row, _ int32) bool { return r.texts[f] == value })
	}
	set := make(map[string]struct{}, len(values))
	for _, v := range values {
		set[v] = struct{}{}
	}
	return known(f, func(r *row, _ int32) bool { _, is := set[r.texts[f]]; return is })
}

// A span is a run of places in a tree: those at or below a node.
type span struct{ from, to int32 }

type spans []span

// spansOf are the places at the nodes or below them; with 1 as levels only those below.
func spansOf(t *workload.Tree, nodes []int32, levels int32) spans {
	return mapped(nodes, func(n int32) span { return span{t.Lo[n] + levels, t.Hi[n]} })
}

func (s spans) have(place int32) bool {
	for _, p := range s {
		if p.from <= place && place <= p.to {
			return true
		}
	}
	return false
}
