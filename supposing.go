package groups

import (
	"context"
	"maps"
	"slices"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds the look by an index at people as they are supposed to be. The index stays as it is, of the people as
// they are: only the predicates that say something else of what users would have get other sets, for one run.

// supposing is what a run supposes of an index.
type supposing struct {
	*Supposition
	x     *index
	trees map[Tree]*Hierarchy         // as they would be
	codes map[*valued][]uint32        // of the values that would be others, or would stand elsewhere
	found map[*predicate]program.Term // as they would be
	with  *scratch
}

// suppose makes a run one of people who are supposed.
func (r *run) suppose(ctx context.Context, x *index) error {
	d, is := r.e.dir.(*supposed)
	if !is {
		return nil
	}
	v := &supposing{Supposition: &d.Supposition, x: x, codes: map[*valued][]uint32{}, found: map[*predicate]program.Term{}, with: new(scratch)}
	if len(d.Supposition.Units)+len(d.Parents) > 0 {
		trees, err := treesOf(ctx, d, r.schema)
		if err != nil {
			return err
		}
		clear(r.trees)
		maps.Copy(r.trees, trees)
	}
	v.trees, r.supposed = r.trees, v
	return nil
}

// narrow leaves out of the run the groups in which nothing would be otherwise, and that no other reads.
func (v *supposing) narrow(r *run) {
	if v == nil {
		return
	}
	otherwise, needed := map[GroupID]bool{}, map[GroupID]bool{}
	var regrouped, left []GroupID
	for _, s := range r.order {
		if s.draft {
			regrouped, left = append(regrouped, s.ID), append(left, s.was.Parent)
			for _, id := range append(r.refs.beneath(s.ID), s.ID) {
				needed[id] = true // to who reads them where they are
			}
		}
	}
	for _, id := range r.refs.dependents(regrouped, left...) {
		otherwise[id] = true
	}
	for _, s := range r.order {
		otherwise[s.ID] = s.whole && (otherwise[s.ID] || s.recipe != nil && slices.ContainsFunc(s.recipe.predicates, v.moves) ||
			slices.ContainsFunc(s.needs, func(id GroupID) bool { return otherwise[id] }))
	}
	for _, s := range slices.Backward(r.order) {
		if s.whole = s.whole && (otherwise[s.ID] || needed[s.ID]); s.whole {
			for _, id := range s.needs {
				needed[id] = true
			}
		}
	}
}

// moves reports whether the predicate would say something else of somebody.
func (v *supposing) moves(p *predicate) bool { return v.term(p).Yes != &p.yes }

// terms are what a rule asks for, as the run supposes it.
func (v *supposing) terms(c *recipe) []program.Term {
	if v == nil {
		return c.terms
	}
	terms := slices.Clone(c.terms)
	for i, p := range c.predicates {
		terms[c.places[i]] = v.term(p)
	}
	return terms
}

func (v *supposing) term(p *predicate) program.Term {
	t, known := v.found[p]
	if !known {
		t = program.Term{Yes: &p.yes, Unknown: &p.unknown}
		var now *moved
		switch a := p.aspect.(type) {
		case *valued:
			now = v.byValue(p, a)
		case *enrollmentAspect:
			now = v.byRecord(p, a)
		}
		if now != nil {
			t = now.term(p, len(v.x.ids))
		}
		v.found[p] = t
	}
	return t
}

// moved are users of whom a predicate may say something else, and those of them of whom it would say Yes and Unknown.
type moved struct{ all, yes, unknown userset.Set }

// term is what the predicate would say of everybody.
func (m *moved) term(p *predicate, users int) program.Term {
	t := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	bits := new(userset.Bits)
	for chunk, n := range chunksOf(users) {
		for _, of := range []struct{ was, now, into *userset.Set }{{&p.yes, &m.yes, t.Yes}, {&p.unknown, &m.unknown, t.Unknown}} {
			of.was.Load(chunk, bits)
			m.all.AndNot(chunk, bits)
			of.now.Or(chunk, bits)
			of.into.Put(chunk, bits, n)
		}
	}
	return t
}

// byValue asks the predicate about the values that would be others.
func (v *supposing) byValue(p *predicate, a *valued) *moved {
	var to [Yes + 1][]uint32
	view := p.agenda.view
	view.Trees = v.trees
	var like User
	for _, code := range v.changed(p, a) {
		a.like(code, &like)
		before := p.said(code)
		if before == unasked {
			before = p.leaf.verdict(&like, &p.agenda.view)
		}
		v.revise(&like)
		if now := p.leaf.verdict(&like, &view); now != before {
			to[now] = append(to[now], code)
		}
	}
	all := slices.Concat(to[:]...)
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	m := new(moved)
	a.choose(&m.all, all, &v.with.yes)
	a.choose(&m.yes, to[Yes], &v.with.yes)
	a.choose(&m.unknown, to[Unknown], &v.with.yes)
	return m
}

// changed are the codes of which the predicate may say something else, ascending. Where one of its units would come
// or go that is all of them.
func (v *supposing) changed(p *predicate, a *valued) []uint32 {
	l, is := p.leaf.(*unitLeaf)
	if is && l.stray(v.x.trees[l.tree]) != l.stray(v.trees[l.tree]) {
		return v.having(a, func(*User) bool { return true })
	}
	codes, known := v.codes[a]
	if known {
		return codes
	}
	switch f, isField := p.leaf.(*fieldLeaf); {
	case is:
		elsewhere := v.elsewhere(l.tree)
		codes = v.having(a, func(u *User) bool { return slices.ContainsFunc(u.Units[l.tree], elsewhere) })
	case isField && len(v.Options[f.name]) > 0:
		become := v.Options[f.name]
		codes = v.having(a, func(u *User) bool {
			list, is := u.Fields[f.name].data.(choiceValue)
			return is && slices.ContainsFunc(list, changes(become))
		})
	}
	v.codes[a] = codes
	return codes
}

// having are the codes that somebody has whose values are such.
func (v *supposing) having(a *valued, such func(*User) bool) (codes []uint32) {
	var like User
	for code := uint32(1); int(code) < a.codes.Codes(); code++ {
		if a.codes.Count(code) > 0 {
			if a.like(code, &like); such(&like) {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

// elsewhere reports whether a unit would be another, or something on its way up would.
func (v *supposing) elsewhere(tree Tree) func(unit string) bool {
	found := map[string]bool{}
	for _, would := range []map[string]string{v.Units[tree], v.Parents[tree]} {
		for id := range would {
			found[id] = true
			if h := v.x.trees[tree]; h != nil {
				for _, below := range h.lines.Below(id) {
					found[below] = true
				}
			}
		}
	}
	return func(unit string) bool { return found[unit] }
}

// byRecord asks the predicate about everybody who has a record that would be gone.
func (v *supposing) byRecord(p *predicate, a *enrollmentAspect) *moved {
	var m *moved
	l := p.leaf.(*enrollmentLeaf)
	met := &v.with.met
	for chunk := range chunksOf(len(v.x.ids)) {
		met.Reset()
		for _, id := range v.Courses {
			course, taken := a.courses[id]
			if _, asked := slices.BinarySearch(l.courses, id); !asked || !taken {
				continue
			}
			users, _ := a.in.Chunk(course, chunk)
			for _, u := range users {
				met.Set(u)
			}
		}
		for u := range met.All() {
			if m == nil {
				m = new(moved)
			}
			n := uint32(chunk*userset.Chunk) + uint32(u)
			m.all.Add(n)
			switch l.verdict(&User{Enrollments: v.without(a.held[n])}, &p.agenda.view) {
			case Yes:
				m.yes.Add(n)
			case Unknown:
				m.unknown.Add(n)
			}
		}
	}
	return m
}
