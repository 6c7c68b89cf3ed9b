package groups

import (
	"context"
	"iter"
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
	settled map[aspect]*userset.Set // these, and who sit in no unit, where units go: they know where they sit then
	trees   map[aspect]Tree         // of those that are of units
	others  map[*valued][]other
	goes    map[Tree][]string // units
	unasked bool              // no aspect has some of what would be otherwise
	strays  bool              // some condition has a unit that would be gone: it may be unknown of everybody
	// differing are the predicates that would say something else of a value, or of records, and turned those of them that
	// groups ask that are looked at.
	differing map[*predicate]bool
	turned    map[*predicate]moving
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
	ok, err := v.refresh(ctx, x)
	if !ok || err != nil || !few || x.at == at {
		return ok, err
	}
	v.indexed = nil
	// Of other people others may be concerned: all that ask, whoever the people are.
	if err := v.chooseAmongAll(ctx); err != nil || len(v.order) == 0 {
		return err == nil, err
	}
	v.now.prepare()
	return v.refresh(ctx, x)
}

// refresh brings the index up to date for the groups to look at.
func (v *supposing) refresh(ctx context.Context, x *index) (bool, error) {
	ok, err := x.refresh(ctx, v.now)
	if ok && err == nil {
		for _, s := range v.order {
			if s.recipe != nil && s.asks() {
				x.flatten(s.recipe)
			}
		}
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
	if v.now.now.Before(c.clock) {
		return false, nil // a group that is not chosen may be of later
	}
	maps.Copy(v.now.trees, x.trees)
	v.indexed = v.otherwise(x)
	asking := c.asks(v.matters)
	v.asking = asking.said
	var may []*entry
	for p := range v.indexed.differing {
		for _, u := range p.uses {
			may = append(may, u.of)
		}
	}
	for _, e := range asking.entries {
		if e.rule != nil && !e.Frozen && e.recipe == nil {
			may, v.indexed = append(may, e), nil // it may ask what nobody did
		}
	}
	all, are := c.around(may)
	v.choose(all, are, are)
	return true, nil
}

// otherwise is what an index says if all is as supposed.
func (v *supposing) otherwise(x *index) *otherwise {
	o := &otherwise{
		supposing: v, x: x, aspects: map[aspect]*userset.Set{}, settled: map[aspect]*userset.Set{}, trees: map[aspect]Tree{}, others: map[*valued][]other{},
		goes: map[Tree][]string{}, turned: map[*predicate]moving{}, differing: map[*predicate]bool{},
	}
	for tree, become := range v.Units {
		o.goes[tree] = slices.Collect(maps.Keys(become))
	}
	v.replant()
	o.findOthers()
	for a := range o.aspects {
		for p := range o.mayDiffer(a) {
			if !o.differing[p] && o.differs(p) {
				o.differing[p] = true
			}
		}
	}
	return o
}

// A moving predicate may say something else of some users, and of others what it says.
type moving struct {
	who   *userset.Set
	would program.Term // of these; by records it is nothing, and found when it is asked about few of them
	turns turns
}

// turns are the ways in which something becomes another: from more true to less, and from less to more.
type turns struct{ falls, rises bool }

// put adds the way from one verdict to another.
func (t *turns) put(was, would Verdict) {
	truth := [...]int{No: 0, Unknown: 1, Yes: 2}
	t.falls = t.falls || truth[would] < truth[was]
	t.rises = t.rises || truth[would] > truth[was]
}

// putAs adds the ways of what stands so in a rule.
func (t *turns) putAs(of turns, as sign) {
	t.falls = t.falls || of.falls && as.asIs || of.rises && as.negated
	t.rises = t.rises || of.rises && as.asIs || of.falls && as.negated
}

// keep reports whether what is so certainly, yes or no, stays so.
func (t turns) keep(v Verdict) bool { return !t.falls && v == Yes || !t.rises && v == No }

// byIndex asks the index.
func (v *supposing) byIndex(ctx context.Context, x *index) error {
	o := v.indexed
	if o == nil && len(v.order) > 0 {
		o = v.otherwise(x)
	}
	if o != nil {
		with := x.scratch()
		o.gather(with)
		if !o.unasked {
			v.people = o.count(with)
		}
		x.scratches.Put(with)
	}
	if len(v.order) == 0 {
		return nil
	}
	v.found = make([]Consequence, len(v.order))
	o.move()
	chosen, may, read := o.narrow()
	for _, s := range v.order {
		s.whole = read[s.ID]
	}
	var err error
	if o.answers[0], err = v.now.decideByLevels(ctx, x, read, nil); err != nil {
		return err
	}
	o.answers[1] = maps.Clone(o.answers[0])
	// Whoever reads one of these groups waits for it.
	those, at := make([]imagined, len(chosen)), [2][]*imagined{}
	for k, i := range chosen {
		s, later := v.order[i], 0
		if slices.ContainsFunc(s.needs, func(id GroupID) bool { return may[id] }) {
			later = 1
		}
		c := &those[k]
		c.o, c.group, c.found, c.read = o, s, &v.found[i], read[s.ID]
		at[later] = append(at[later], c)
	}
	if err := o.compare(ctx, at[0]); err != nil {
		return err
	}
	for i := range at[1] {
		if err := o.compare(ctx, at[1][i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// decided is what tells of most what the rule of a group says as things are. It is empty where the group is not the one that the
// catalogue has, which was brought up to date to choose it, or where that has lost sight of who has changed. The days of its
// agendas are that of now: so far the index was brought.
func (o *otherwise) decided(s *subject) decided {
	c := o.x.catalogue
	if c == nil || c.lost != o.x.flips.lost {
		return decided{}
	}
	if e := c.entries[s.ID]; e != nil && e.Group == s.Group && e.recipe == s.recipe {
		return o.x.decided(e)
	}
	return decided{}
}

// narrow finds the groups in which somebody may end otherwise, their places, and the groups that these read, however far.
func (o *otherwise) narrow() (chosen []int, may, read map[GroupID]bool) {
	may, read = map[GroupID]bool{}, map[GroupID]bool{}
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
	return chosen, may, read
}

// findOthers finds the values that would be others, or would stand elsewhere.
func (o *otherwise) findOthers() {
	codes := map[*valued][]uint32{}
	with := func(aspect, id string) {
		a, is := o.x.aspects[aspect].(*valued)
		if !is {
			o.unasked = true
			return
		}
		o.aspects[a] = nil
		codes[a] = append(codes[a], a.having(id)...)
	}
	if len(o.Courses) > 0 {
		if a := o.x.aspects[aspectEnrollments]; a != nil {
			o.aspects[a] = nil
		} else {
			o.unasked = true
		}
	}
	for tree, id := range o.units() {
		name := aspectTree + string(tree)
		if a := o.x.aspects[name]; a != nil {
			o.trees[a] = tree
		}
		with(name, id)
		for below := range o.x.trees[tree].lines.EachBelow(id) {
			with(name, below)
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
			a.codes.Fill(o.aspects[a], codes, &with.picks[0], &with.met)
			if o.strays && len(o.goes[o.trees[a]]) > 0 {
				codes = append(codes, noUnits)
				slices.Sort(codes)
				o.settled[a] = new(userset.Set)
				a.codes.Fill(o.settled[a], codes, &with.picks[0], &with.met)
			}
		case *enrollmentAspect:
			a.join(a.taken(o.Courses), with, o.aspects[a])
		}
	}
}

// count is how many have something otherwise.
func (o *otherwise) count(with *scratch) (n int) {
	for chunk := range o.x.chunks() {
		var room [1]*userset.Set
		some := room[:0]
		for _, who := range o.aspects {
			if who.CountIn(chunk) > 0 {
				some = append(some, who)
			}
		}
		switch len(some) {
		case 0:
		case 1:
			n += some[0].CountIn(chunk)
		default:
			with.met.Reset()
			for _, who := range some {
				who.Or(chunk, &with.met)
			}
			n += with.met.Count()
		}
	}
	return n
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
			if o.differing[p] && !met[p] {
				met[p] = true
				list = append(list, p)
			}
		}
	}
	turned := make([]moving, len(list))
	inParallelIf(o.isWorth(len(list)), len(list), func() func(int) {
		return func(i int) {
			with := o.x.scratch()
			defer o.x.scratches.Put(with)
			p, t := list[i], &turned[i]
			switch a := p.aspect.(type) {
			case *valued:
				*t = o.byValue(p, a, with)
			case *enrollmentAspect:
				t.who, t.turns = o.byRecord(p, a, with), turns{true, true}
			}
		}
	})
	for i, p := range list {
		o.turned[p] = turned[i]
	}
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

// byValue asks the predicate about the values that would be others, and finds those of whom it would say something else, and
// what that is.
func (o *otherwise) byValue(p *predicate, a *valued, with *scratch) moving {
	var to [Yes + 1][]uint32
	var differ []uint32
	view := o.view(p)
	others, stray := o.others[a], o.isStray(p)
	found := turns{stray, stray}
	for i := range others {
		was, would := others[i].said(p, &view)
		found.put(was, would)
		if to[would] = append(to[would], others[i].code); was != would {
			differ = append(differ, others[i].code)
		}
	}
	if stray {
		none := o.other(a, noUnits)
		_, would := none.said(p, &view)
		to[would] = append(to[would], none.code)
		slices.Sort(to[would])
	}
	m := moving{new(userset.Set), program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}, found}
	a.codes.Fill(m.would.Yes, to[Yes], &with.picks[0], &with.met)
	a.codes.Fill(m.would.Unknown, to[Unknown], &with.picks[0], &with.met)
	switch {
	case stray:
		o.widen(p, o.settled[a], with, m.would)
		m.who = o.apart(program.Term{Yes: &p.yes, Unknown: &p.unknown}, m.would, &o.x.present, with)
	case len(differ) == len(others):
		m.who = o.aspects[a]
	default:
		a.codes.Fill(m.who, differ, &with.picks[0], &with.met)
	}
	return m
}

// widen adds to what a predicate would say of those who know where they sit what it would say of everybody else, where one of
// its units would be gone: it is not known of whom it does not hold for.
func (o *otherwise) widen(p *predicate, settled *userset.Set, with *scratch, would program.Term) {
	yes, unknown := &with.yes, &with.unknown
	for chunk, users := range chunksOf(len(o.x.ids)) {
		p.yes.Load(chunk, yes)
		o.x.present.Load(chunk, unknown)
		unknown.AndNot(yes)
		settled.AndNot(chunk, yes)
		settled.AndNot(chunk, unknown)
		would.Yes.Or(chunk, yes)
		would.Unknown.Or(chunk, unknown)
		would.Yes.Put(chunk, yes, users)
		would.Unknown.Put(chunk, unknown, users)
	}
}

// view is that of a predicate if all is as supposed.
func (o *otherwise) view(p *predicate) View {
	view := p.agenda.view
	view.Trees = o.then.trees
	return view
}

// said is what a predicate says of the value, and what it would say.
func (of *other) said(p *predicate, view *View) (was, would Verdict) {
	if was = p.said(of.code); was == unasked {
		was = p.leaf.verdict(&of.was, &p.agenda.view)
	}
	return was, p.leaf.verdict(&of.would, view)
}

// mayDiffer yields the predicates of an aspect that may say something else, some perhaps twice. Those on units say nothing
// else of who sits elsewhere where all ways up end: they do not hold for them, and would not.
func (o *otherwise) mayDiffer(a aspect) iter.Seq[*predicate] {
	named := map[string]bool{}
	switch of := a.(type) {
	case *enrollmentAspect:
		for _, course := range o.Courses {
			named[course] = true
		}
		return a.asking().mentioning(nil, named)
	case *valued:
		if tree, is := o.trees[a]; is && o.ways(of, tree, named) {
			return of.mentioning(o.now.trees[tree], named)
		}
	}
	return slices.Values(a.asking().predicates)
}

// ways adds the units that go, and all that stand on the way up from where those sit, or would sit, who would have something
// else; it is false where somebody's way up is not known.
func (o *otherwise) ways(a *valued, tree Tree, add map[string]bool) bool {
	for _, id := range o.goes[tree] {
		add[id] = true
	}
	now, then := o.now.trees[tree], o.then.trees[tree]
	met := [2]map[string]bool{{}, {}}
	for k := range o.others[a] {
		of := &o.others[a][k]
		for i, h := range []*Hierarchy{now, then} {
			for _, unit := range [...][]string{of.was.Units[tree], of.would.Units[tree]}[i] {
				if h.climb(unit, nil, false, 0) == Unknown {
					return false
				}
				for _, above := range h.Path(unit) {
					if met[i][above] {
						break
					}
					met[i][above], add[above] = true, true
				}
			}
		}
	}
	return true
}

// differs reports whether the predicate may say something else of somebody.
func (o *otherwise) differs(p *predicate) bool {
	a, is := p.aspect.(*valued)
	if !is {
		return o.misses(p)
	}
	if o.isStray(p) {
		o.strays = true
		return true
	}
	view := o.view(p)
	return slices.ContainsFunc(o.others[a], func(of other) bool {
		was, would := of.said(p, &view)
		return was != would
	})
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
	named := false
	if goes := o.goes[l.tree]; len(goes) <= len(l.goals) {
		named = slices.ContainsFunc(goes, l.places.Has)
	} else {
		for id := range l.goals {
			if _, named = o.Units[l.tree][id]; named {
				break
			}
		}
	}
	return named && !l.stray(o.x.trees[l.tree])
}

// byRecord finds those of whom a predicate may say something else without the records that would be gone: where it says No
// of whom all records are known it would say that without them as well.
func (o *otherwise) byRecord(p *predicate, a *enrollmentAspect, with *scratch) *userset.Set {
	who, some := new(userset.Set), &with.met
	for chunk, users := range chunksOf(len(o.x.ids)) {
		if o.aspects[a].CountIn(chunk) > 0 {
			p.yes.Load(chunk, some)
			p.unknown.Or(chunk, some)
			a.open.Or(chunk, some)
			o.aspects[a].And(chunk, some)
			who.Put(chunk, some, users)
		}
	}
	return who
}

// left is what a predicate would say of some users of a chunk by the records that would be left.
func (o *otherwise) left(p *predicate, who *userset.Set, chunk int, those *userset.Bits, with *scratch) program.Term {
	l := p.leaf.(*enrollmentLeaf)
	r := p.aspect.(*enrollmentAspect).reckoning(l, slices.DeleteFunc(slices.Clone(l.courses), o.isGone), &p.agenda.view, with)
	defer r.end(with)
	with.met = *those
	who.And(chunk, &with.met)
	r.ask(chunk)
	return o.x.within(chunk, those, with, program.Term{Yes: &p.yes, Unknown: &p.unknown}, who, &with.yes, &with.unknown)
}

// within is a term of some users of a chunk that says something else of others among them.
func (x *index) within(chunk int, those *userset.Bits, with *scratch, t program.Term, but *userset.Set, yes, unknown *userset.Bits) program.Term {
	other := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	for _, of := range []struct {
		was, is *userset.Set
		also    *userset.Bits
	}{{t.Yes, other.Yes, yes}, {t.Unknown, other.Unknown, unknown}} {
		of.was.Load(chunk, &with.met)
		but.AndNot(chunk, &with.met)
		with.met.Or(of.also)
		with.met.And(those)
		of.is.Put(chunk, &with.met, x.users(chunk))
	}
	return other
}

// chunks is how many chunks of users there are.
func (x *index) chunks() int { return (len(x.ids) + userset.Chunk - 1) / userset.Chunk }

// users is how many users a chunk has.
func (x *index) users(chunk int) int { return min(userset.Chunk, len(x.ids)-chunk*userset.Chunk) }
