package groups

import (
	"context"
	"maps"
	"slices"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds how an index tells who would end otherwise if people were as they are supposed to be. The index stays
// as it is, of the people as they are. Only predicates that would say something else get other sets, of those who would
// have something else, and only those are asked about of whom they differ.

// otherwise is what an index says if all is as supposed.
type otherwise struct {
	*supposing
	x       *index
	aspects map[aspect]*userset.Set // that have something otherwise, and of whom
	others  map[*valued][]other
	turned  map[*predicate]moving // those that would say something else
	// wide says that others may be asked about than those of whom one aspect has something otherwise, so that what a
	// predicate says of everybody is wanted.
	wide bool
	// What conditions find in groups that are read, as things are and as they would be.
	answers [2]map[GroupID]program.Term
}

// An other is a value that would be another, or would stand elsewhere.
type other struct {
	code       uint32
	was, would User
}

// enter chooses the groups to look at, and brings the index up to date for them. Of people who are not those any more
// by whom groups were chosen it is not to be asked.
func (v *supposing) enter(ctx context.Context, x *index) (bool, error) {
	few, err := v.chooseAmongReaders(ctx, x)
	if err == nil && !few {
		err = v.chooseAmongAll(ctx)
	}
	if err != nil || len(v.order) == 0 {
		return err == nil, err
	}
	v.now.prepare()
	if err := v.now.readScopes(ctx); err != nil {
		return false, err
	}
	// A scope may read of people what the index does not have.
	if slices.ContainsFunc(v.order, func(s *subject) bool { return s.scope != nil || s.unread }) {
		return false, nil
	}
	at := x.at
	ok, err := x.refresh(ctx, v.now)
	if !ok || err != nil || !few || x.at == at {
		return ok, err
	}
	// Of other people others may be concerned: all that ask, whoever the people are.
	if err := v.chooseAmongAll(ctx); err != nil || len(v.order) == 0 {
		return err == nil, err
	}
	v.now.prepare()
	return x.refresh(ctx, v.now)
}

// chooseAmongReaders chooses the groups to look at by the catalogue, if that is up to date: those by what they ask of
// which an index says something else, those of which it cannot say, and whom these have to do with.
func (v *supposing) chooseAmongReaders(ctx context.Context, x *index) (bool, error) {
	if len(v.GroupParents) > 0 {
		return false, nil
	}
	if ok, err := x.catchUp(ctx, v.now); !ok || err != nil || !x.keepUp(v.now) {
		return false, err
	}
	c := x.catalogue
	if v.now.now.Before(c.clock) {
		return false, nil // a group that is not chosen may be of later
	}
	var may []*entry
	for _, e := range c.asks(v.matters) {
		v.readers = append(v.readers, e.Group)
		if e.recipe == nil && e.rule != nil && !e.Frozen {
			may = append(may, e)
		}
	}
	maps.Copy(v.now.trees, x.trees)
	v.then = &run{trees: map[Tree]*Hierarchy{}}
	o := v.otherwise(x)
	for a := range o.aspects {
		for _, p := range a.asking().predicates {
			if len(p.uses) > 0 && o.differs(p) {
				for _, u := range p.uses {
					may = append(may, u.of)
				}
			}
		}
	}
	all, are := c.around(may)
	v.choose(all, are, are)
	return true, nil
}

// otherwise is what an index says.
func (v *supposing) otherwise(x *index) *otherwise {
	o := &otherwise{supposing: v, x: x, aspects: map[aspect]*userset.Set{}, others: map[*valued][]other{}, turned: map[*predicate]moving{}}
	v.replant()
	o.findOthers()
	return o
}

// A moving predicate is what a predicate would say, and of whom that is something else. Unless it is wide it is of nobody but those
// who would have something else.
type moving struct {
	program.Term
	who *userset.Set
}

// byIndex asks the index.
func (v *supposing) byIndex(ctx context.Context, x *index) error {
	if len(v.order) == 0 {
		return nil
	}
	o := v.otherwise(x)
	v.found = make([]Consequence, len(v.order))
	with := x.scratch()
	o.gather(with)
	x.scratches.Put(with)
	o.move()
	chosen, read := o.narrow()
	would := make([]*subject, len(v.order))
	for _, i := range chosen {
		would[i] = v.imagine(v.order[i])
	}
	for _, s := range v.order {
		s.whole = read[s.ID]
	}
	var err error
	if o.answers[0], err = v.now.decideByLevels(ctx, x, read); err != nil {
		return err
	}
	o.answers[1] = maps.Clone(o.answers[0])
	// Whoever reads one of these groups waits for it.
	later := func(i int) bool {
		return slices.ContainsFunc(v.order[i].needs, func(id GroupID) bool { return v.then.groups[id] != nil })
	}
	changed := make([]map[uint32]Verdict, len(v.order))
	work := func(i int) (err error) {
		changed[i], err = o.compare(ctx, v.order[i], would[i], &v.found[i], read[v.order[i].ID])
		return err
	}
	answer := func(i int) {
		if id := v.order[i].ID; len(changed[i]) > 0 {
			o.answers[1][id] = x.amended(o.answers[0][id], changed[i])
		}
	}
	first := slices.DeleteFunc(slices.Clone(chosen), later)
	if err := eachInParallel(len(first), func(i int) error { return work(first[i]) }); err != nil {
		return err
	}
	for _, i := range first {
		answer(i)
	}
	for _, i := range chosen {
		if later(i) {
			if err := work(i); err != nil {
				return err
			}
			answer(i)
		}
	}
	return nil
}

// narrow finds the places of the groups in which somebody may end otherwise, and the groups that these read, however far.
func (o *otherwise) narrow() (chosen []int, read map[GroupID]bool) {
	may, read := map[GroupID]bool{}, map[GroupID]bool{}
	var queue []GroupID
	for i, s := range o.order {
		moves := func(p *predicate) bool { _, moves := o.turned[p]; return moves }
		if may[s.ID] = s.asks() && !s.broken && (o.regrouped[s.ID] || slices.ContainsFunc(s.recipe.predicates, moves) ||
			slices.ContainsFunc(s.needs, func(id GroupID) bool { return may[id] })); may[s.ID] {
			chosen = append(chosen, i)
			queue = append(queue, s.needs...)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		if id := queue[0]; !read[id] {
			read[id] = true
			queue = append(queue, o.now.groups[id].needs...)
		}
	}
	return chosen, read
}

// findOthers finds the values that would be others, or would stand elsewhere.
func (o *otherwise) findOthers() {
	codes := map[*valued][]uint32{}
	with := func(aspect, id string) {
		if a, is := o.x.aspects[aspect].(*valued); is { // somebody asks
			o.aspects[a] = nil
			codes[a] = append(codes[a], a.having(id)...)
		}
	}
	if a := o.x.aspects[aspectEnrollments]; a != nil && len(o.Courses) > 0 {
		o.aspects[a] = nil
	}
	for _, of := range []map[Tree]map[string]string{o.Units, o.Parents} {
		for tree, become := range of {
			for id := range become {
				with(aspectTree+string(tree), id)
				for _, below := range o.x.trees[tree].lines.Below(id) {
					with(aspectTree+string(tree), below)
				}
			}
		}
	}
	for field, become := range o.Options {
		for id := range become {
			with(aspectField+field, id)
		}
	}
	for a, list := range codes {
		slices.Sort(list)
		for _, code := range slices.Compact(list) {
			if int(code) < a.codes.Codes() && a.codes.Count(code) > 0 {
				o.others[a] = append(o.others[a], o.other(a, code))
			}
		}
	}
}

// other is what a value would be.
func (o *otherwise) other(a *valued, code uint32) other {
	of := other{code: code}
	a.like(code, &of.was)
	of.would = of.was
	o.revise(&of.would)
	return of
}

// gather finds those who have something otherwise, by aspect.
func (o *otherwise) gather(with *scratch) {
	for a := range o.aspects {
		o.aspects[a] = new(userset.Set)
		switch a := a.(type) {
		case *valued:
			codes := make([]uint32, len(o.others[a]))
			for i := range codes {
				codes[i] = o.others[a][i].code
			}
			a.codes.Fill(o.aspects[a], codes, &with.met)
		case *enrollmentAspect:
			a.join(a.taken(o.Courses), with, o.aspects[a])
		}
	}
}

// move finds the predicates that would say something else of somebody, and what that is.
func (o *otherwise) move() {
	met := map[*predicate]bool{}
	var list []*predicate
	o.wide = len(o.regrouped) > 0 || len(o.aspects) > 1
	for _, s := range o.order {
		if s.recipe == nil || !s.asks() {
			continue
		}
		for _, p := range s.recipe.predicates {
			if _, has := o.aspects[p.aspect]; has && !met[p] {
				met[p] = true
				list = append(list, p)
				o.wide = o.wide || o.isStray(p)
			}
		}
	}
	turned, moves := make([]moving, len(list)), make([]bool, len(list))
	inParallel(len(list), func() func(int) {
		return func(i int) {
			with := o.x.scratch()
			defer o.x.scratches.Put(with)
			p, t := list[i], &turned[i]
			t.Yes, t.Unknown = new(userset.Set), new(userset.Set)
			switch a := p.aspect.(type) {
			case *valued:
				moves[i] = o.byValue(p, a, with, t.Term)
			case *enrollmentAspect:
				moves[i] = o.byRecord(p, a, with, t.Term)
			}
			if moves[i] {
				t.who = o.apart(program.Term{Yes: &p.yes, Unknown: &p.unknown}, t.Term, o.asked(p), with)
			}
		}
	})
	for i, p := range list {
		if moves[i] {
			o.turned[p] = turned[i]
		}
	}
}

// asked are those about whom a predicate may be asked.
func (o *otherwise) asked(p *predicate) *userset.Set {
	if o.wide {
		return &o.x.present
	}
	return o.aspects[p.aspect]
}

// apart are those among some of whom two terms say something else.
func (o *otherwise) apart(t, then program.Term, among *userset.Set, with *scratch) *userset.Set {
	who, differ, more := new(userset.Set), &with.met, &with.open
	for chunk, users := range chunksOf(len(o.x.ids)) {
		if among.CountIn(chunk) == 0 {
			continue
		}
		t.Yes.Load(chunk, differ)
		then.Yes.Xor(chunk, differ)
		if t.Unknown.CountIn(chunk)+then.Unknown.CountIn(chunk) > 0 {
			t.Unknown.Load(chunk, more)
			then.Unknown.Xor(chunk, more)
			differ.Or(more)
		}
		among.And(chunk, differ)
		who.Put(chunk, differ, users)
	}
	return who
}

// byValue asks the predicate about the values that would be others. Where one of its units would be gone it is not known
// any more of whom it does not hold for, but of those who sit in none.
func (o *otherwise) byValue(p *predicate, a *valued, with *scratch, t program.Term) bool {
	to, stray, moves := o.become(p, a)
	if !moves {
		return false
	}
	for v := range to {
		slices.Sort(to[v])
	}
	a.codes.Fill(t.Yes, to[Yes], &with.met)
	if a.codes.Fill(t.Unknown, to[Unknown], &with.met); !o.wide {
		return true
	}
	var none userset.Set
	a.codes.Fill(&none, to[No], &with.met)
	yes, unknown := &with.yes, &with.unknown
	for chunk, users := range chunksOf(len(o.x.ids)) {
		p.yes.Load(chunk, yes)
		none.AndNot(chunk, yes)
		t.Unknown.AndNot(chunk, yes)
		if t.Yes.Or(chunk, yes); stray {
			o.x.present.Load(chunk, unknown)
			unknown.AndNot(yes)
		} else {
			p.unknown.Load(chunk, unknown)
			t.Yes.AndNot(chunk, unknown)
			t.Unknown.Or(chunk, unknown)
		}
		none.AndNot(chunk, unknown)
		t.Yes.Put(chunk, yes, users)
		t.Unknown.Put(chunk, unknown, users)
	}
	return true
}

// become asks the predicate about the values that would be others, and tells those of which it would say No, Unknown
// and Yes, and whether that is something else of any. Stray says that a unit would be gone for which it asks.
func (o *otherwise) become(p *predicate, a *valued) (to [Yes + 1][]uint32, stray, moves bool) {
	view := p.agenda.view
	view.Trees = o.then.trees
	others := o.others[a]
	if o.isStray(p) {
		others = append(slices.Clip(others), o.other(a, noUnits))
		stray, moves = true, true
	}
	for i := range others {
		of := &others[i]
		before, now := p.said(of.code), p.leaf.verdict(&of.would, &view)
		if before == unasked {
			before = p.leaf.verdict(&of.was, &p.agenda.view)
		}
		moves = moves || before != now
		to[now] = append(to[now], of.code)
	}
	return to, stray, moves
}

// differs reports whether the predicate may say something else of somebody.
func (o *otherwise) differs(p *predicate) bool {
	switch a := p.aspect.(type) {
	case *valued:
		_, _, moves := o.become(p, a)
		return moves
	case *enrollmentAspect:
		return o.misses(p)
	}
	return false
}

// misses reports whether a course of the condition would be gone.
func (o *otherwise) misses(p *predicate) bool {
	return slices.ContainsFunc(p.leaf.(*enrollmentLeaf).courses, o.isGone)
}

// isGone reports whether a course would be.
func (s *Supposition) isGone(course string) bool { return slices.Contains(s.Courses, course) }

// isStray reports whether a unit of the condition would be gone, and all are there now.
func (o *otherwise) isStray(p *predicate) bool {
	l, is := p.leaf.(*unitLeaf)
	if !is {
		return false
	}
	for id := range l.goals {
		if _, gone := o.Units[l.tree][id]; gone {
			return !l.stray(o.x.trees[l.tree])
		}
	}
	return false
}

// byRecord asks the predicate about the records that would be left.
func (o *otherwise) byRecord(p *predicate, a *enrollmentAspect, with *scratch, t program.Term) bool {
	if !o.misses(p) {
		return false
	}
	l := p.leaf.(*enrollmentLeaf)
	left := slices.DeleteFunc(slices.Clone(l.courses), o.isGone)
	a.work(l, a.taken(left), o.asked(p), &p.agenda.view, with, t.Yes, t.Unknown)
	return true
}

// compare decides about those in a group of whom something that its rule asks differs, as things are and as they would
// be. It returns what conditions on the group would find in whom they find something else now, if anybody reads it.
func (o *otherwise) compare(ctx context.Context, s, would *subject, found *Consequence, read bool) (changed map[uint32]Verdict, err error) {
	w, with := o.x.sweeper(), o.x.scratch()
	defer o.x.sweepers.Put(w)
	defer o.x.scratches.Put(with)
	c := imagined{o: o, s: would, found: found, machine: &w.machine}
	if read {
		c.changed = map[uint32]Verdict{}
	}
	o.now.enterTerms(s, o.x, o.answers[0])
	o.then.enterTerms(c.s, o.x, o.answers[1])
	c.s.terms = slices.Clone(c.s.terms)
	for k, p := range s.recipe.predicates {
		if t, moves := o.turned[p]; moves {
			c.s.terms[s.recipe.places[k]] = t.Term
			c.who = append(c.who, t.who)
		}
	}
	for _, g := range s.recipe.groups {
		if t, then := s.terms[g.term], c.s.terms[g.term]; t != then {
			c.who = append(c.who, o.apart(t, then, &o.x.present, with))
		}
	}
	c.terms = [2][]program.Term{s.terms, c.s.terms}
	for chunk, users := range chunksOf(len(o.x.ids)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.chunk, c.users = chunk, users
		if err := c.look(ctx); err != nil {
			return nil, err
		}
	}
	return c.changed, nil
}

// An imagined group is who ends how in one group, as things are and as they would be.
type imagined struct {
	o            *otherwise
	s            *subject // as it would be
	terms        [2][]program.Term
	who          []*userset.Set // of whom something differs, by term
	found        *Consequence
	changed      map[uint32]Verdict
	chunk, users int
	machine      *program.Machine
	met          []uint16
	says         [2][]program.Truth
	ends         [kinds]struct {
		known bool
		Standing
	}
}

// look compares the users of a chunk.
func (c *imagined) look(ctx context.Context) error {
	c.met = c.met[:0]
	more := 0
	for _, set := range c.who {
		before := len(c.met)
		if c.met = set.Append(c.chunk, c.met); len(c.met) > before {
			more++
		}
	}
	if len(c.met) == 0 {
		return nil
	}
	if more > 1 {
		slices.Sort(c.met)
		c.met = slices.Compact(c.met)
	}
	for i := range c.says {
		c.says[i] = c.machine.Among(c.met, &c.s.recipe.program, c.terms[i], c.chunk, c.users, c.says[i][:0])
	}
	for i, u := range c.met {
		if says, would := c.says[0][i], c.says[1][i]; says != would {
			n := uint32(c.chunk*userset.Chunk) + uint32(u)
			if err := c.ask(ctx, n, verdictFrom(says), verdictFrom(would)); err != nil {
				return err
			}
		}
	}
	return nil
}

// ask decides about one user, of whom the rule says that, as things are and as they would be.
func (c *imagined) ask(ctx context.Context, n uint32, says, would Verdict) error {
	o, s, x := c.o, c.s, c.o.x
	id, code := x.ids[n], x.status.codes.Code(n)
	if ro := s.roster; ro == nil || !ro.odd.Has(n) {
		k := kindsFrom(code)
		if ro != nil && ro.bit.Has(n) {
			k++
		}
		c.note(n, c.end(k, says), c.end(k, would))
		return nil
	}
	stored, err := x.standing(ctx, s, n, id)
	if err != nil {
		return err
	}
	u := &User{ID: id, Activation: activationOf(code)}
	ends, _ := s.settle(u, says, stored, o.now.now, o.now.e.opts.Exclusions)
	endsThen, _ := s.settle(u, would, stored, o.now.now, o.now.e.opts.Exclusions)
	c.note(n, &ends, &endsThen)
	return nil
}

// end is how somebody ends of whom nothing is stored but, perhaps, the bit.
func (c *imagined) end(kind int, says Verdict) *Standing {
	kind += [...]int{Yes: 0, No: 2, Unknown: 4}[says]
	e := &c.ends[kind]
	if !e.known {
		e.known = true
		_, e.Standing = c.o.now.end(c.s, kind)
	}
	return &e.Standing
}

func (c *imagined) note(n uint32, was, would *Standing) {
	c.found.note(c.s, c.o.x.ids[n], *was, *would, c.o.most)
	if answer := c.s.answerOf(*would); c.changed != nil && answer != c.s.answerOf(*was) {
		c.changed[n] = answer
	}
}
