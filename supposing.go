package groups

import (
	"context"
	"maps"
	"slices"

	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds how an index tells who would end otherwise if people were as they are supposed to be. The index stays
// as it is, of the people as they are: only predicates that would say something else get other sets, and only those of
// whom they differ are asked about.

// otherwise is what an index says if all is as supposed.
type otherwise struct {
	*supposing
	x       *index
	aspects map[aspect]bool // that have something otherwise
	others  map[*valued][]other
	terms   map[*predicate]program.Term // of the predicates that would say something else
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
	if ok && err == nil && few && x.at != at {
		err = errMoved
	}
	return ok, err
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
	o := &otherwise{supposing: v, x: x, aspects: map[aspect]bool{}, others: map[*valued][]other{}, terms: map[*predicate]program.Term{}}
	v.replant()
	o.findOthers()
	return o
}

// byIndex asks the index.
func (v *supposing) byIndex(ctx context.Context, x *index) error {
	if len(v.order) == 0 {
		return nil
	}
	o := v.otherwise(x)
	v.found = make([]Consequence, len(v.order))
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
		moves := func(p *predicate) bool { _, moves := o.terms[p]; return moves }
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
			o.aspects[a] = true
			codes[a] = append(codes[a], a.having(id)...)
		}
	}
	if a := o.x.aspects[aspectEnrollments]; a != nil && len(o.Courses) > 0 {
		o.aspects[a] = true
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

// move finds the predicates that would say something else of somebody, and what that is.
func (o *otherwise) move() {
	met := map[*predicate]bool{}
	var list []*predicate
	for _, s := range o.order {
		if s.recipe == nil || !s.asks() {
			continue
		}
		for _, p := range s.recipe.predicates {
			if o.aspects[p.aspect] && !met[p] {
				met[p] = true
				list = append(list, p)
			}
		}
	}
	terms, moves := make([]program.Term, len(list)), make([]bool, len(list))
	inParallel(len(list), func() func(int) {
		return func(i int) {
			with := o.x.scratch()
			defer o.x.scratches.Put(with)
			switch a := list[i].aspect.(type) {
			case *valued:
				terms[i], moves[i] = o.byValue(list[i], a, with)
			case *enrollmentAspect:
				terms[i], moves[i] = o.byRecord(list[i], a, with)
			}
		}
	})
	for i, p := range list {
		if moves[i] {
			o.terms[p] = terms[i]
		}
	}
}

// byValue asks the predicate about the values that would be others. Where one of its units would be gone it is not known
// any more of whom it does not hold for, but of those who sit in none.
func (o *otherwise) byValue(p *predicate, a *valued, with *scratch) (program.Term, bool) {
	to, stray, moves := o.become(p, a)
	if !moves {
		return program.Term{}, false
	}
	var now [Yes + 1]userset.Set
	for v := range to {
		slices.Sort(to[v])
		a.choose(&now[v], to[v], &with.met)
	}
	t := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	yes, unknown := &with.yes, &with.unknown
	for chunk, users := range chunksOf(len(o.x.ids)) {
		p.yes.Load(chunk, yes)
		now[No].AndNot(chunk, yes)
		now[Unknown].AndNot(chunk, yes)
		now[Yes].Or(chunk, yes)
		if t.Yes.Put(chunk, yes, users); stray {
			o.x.present.Load(chunk, unknown)
			unknown.AndNot(yes)
		} else {
			p.unknown.Load(chunk, unknown)
			now[Yes].AndNot(chunk, unknown)
			now[Unknown].Or(chunk, unknown)
		}
		now[No].AndNot(chunk, unknown)
		t.Unknown.Put(chunk, unknown, users)
	}
	return t, true
}

// become asks the predicate about the values that would be others, and tells those of which it would say No, Unknown
// and Yes, and whether that is something else of any. Stray says that a unit would be gone for which it asks.
func (o *otherwise) become(p *predicate, a *valued) (to [Yes + 1][]uint32, stray, moves bool) {
	view := p.agenda.view
	view.Trees = o.then.trees
	others := o.others[a]
	if l, is := p.leaf.(*unitLeaf); is && o.uproots(l) {
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
		return slices.ContainsFunc(p.leaf.(*enrollmentLeaf).courses, o.isGone)
	}
	return false
}

// isGone reports whether a course would be.
func (s *Supposition) isGone(course string) bool { return slices.Contains(s.Courses, course) }

// uproots reports whether a unit of the condition would be gone, and all are there now.
func (o *otherwise) uproots(l *unitLeaf) bool {
	for id := range l.goals {
		if _, gone := o.Units[l.tree][id]; gone {
			return !l.stray(o.x.trees[l.tree])
		}
	}
	return false
}

// byRecord asks the predicate about the records that would be left.
func (o *otherwise) byRecord(p *predicate, a *enrollmentAspect, with *scratch) (program.Term, bool) {
	l := p.leaf.(*enrollmentLeaf)
	left := *l
	left.courses = slices.DeleteFunc(slices.Clone(l.courses), o.isGone)
	if len(left.courses) == len(l.courses) {
		return program.Term{}, false
	}
	t := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	a.work(l, a.taken(&left), &p.agenda.view, with, t.Yes, t.Unknown)
	return t, true
}

// compare decides about those in a group of whom something that its rule asks differs, as things are and as they would
// be. It returns what conditions on the group would find in whom they find something else now, if anybody reads it.
func (o *otherwise) compare(ctx context.Context, s, would *subject, found *Consequence, read bool) (changed map[uint32]Verdict, err error) {
	c := imagined{o: o, s: would, found: found, was: o.x.sweeper(), would: o.x.sweeper()}
	defer o.x.sweepers.Put(c.was)
	defer o.x.sweepers.Put(c.would)
	if read {
		c.changed = map[uint32]Verdict{}
	}
	o.now.enterTerms(s, o.x, o.answers[0])
	o.then.enterTerms(c.s, o.x, o.answers[1])
	c.s.terms = slices.Clone(c.s.terms)
	for k, p := range s.recipe.predicates {
		if t, moves := o.terms[p]; moves {
			c.s.terms[s.recipe.places[k]] = t
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
	found        *Consequence
	changed      map[uint32]Verdict
	chunk, users int
	was, would   *sweeper
	who          userset.Bits
	ends         [kinds]struct {
		known bool
		Standing
	}
}

// look compares the users of a chunk.
func (c *imagined) look(ctx context.Context) error {
	c.load()
	c.was.chunk, c.was.users = c.chunk, c.users
	if c.was.among(&c.who); c.who.Empty() {
		return nil
	}
	p := &c.s.recipe.program
	yes, possible := c.was.machine.Among(&c.who, p, c.terms[0], c.chunk, c.users)
	yesThen, possibleThen := c.would.machine.Among(&c.who, p, c.terms[1], c.chunk, c.users)
	differ, more := &c.was.found, &c.was.unknown
	*differ, *more = *yes, *possible
	differ.Xor(yesThen)
	more.Xor(possibleThen)
	differ.Or(more)
	c.who.And(differ)
	said := func(yes, possible *userset.Bits, u uint16) Verdict {
		switch {
		case yes.Has(u):
			return Yes
		case possible.Has(u):
			return Unknown
		}
		return No
	}
	for u := range c.who.All() {
		n := uint32(c.chunk*userset.Chunk) + uint32(u)
		if err := c.ask(ctx, n, said(yes, possible, u), said(yesThen, possibleThen, u)); err != nil {
			return err
		}
	}
	return nil
}

// load finds the users of whom something differs.
func (c *imagined) load() {
	c.who.Reset()
	differ := &c.was.found
	for i, t := range c.terms[0] {
		then := c.terms[1][i]
		for _, of := range [][2]*userset.Set{{t.Yes, then.Yes}, {t.Unknown, then.Unknown}} {
			if of[0] != of[1] {
				of[0].Load(c.chunk, differ)
				of[1].Xor(c.chunk, differ)
				c.who.Or(differ)
			}
		}
	}
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
