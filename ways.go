package groups

import (
	"cmp"
	"slices"

	"github.com/grouprules/groups/internal/lineage"
)

// This file holds the search for data that would make a verdict another.

const (
	mostChanges = 3      // of a way that is told of
	mostWays    = 100    // that are told of
	mostSteps   = 20_000 // of one search
)

// A supposition is what a rule would say of a user if data were otherwise, and is asked before that is told.
type supposition interface {
	// verdict is what the rule would say of the user, with those reporting lines where they are not nil, and as a member of
	// groups, or none.
	verdict(u *User, lines *Hierarchy, of map[GroupID]bool) Verdict
	// silent reports whether conditions on a group have no answer, whoever is in.
	silent(GroupID) bool
	// behind is the rule that alone decides whether the user is in a group, unless somebody puts them in, or out where that is
	// possible; nil is none.
	behind(GroupID) *Rule
	excludes() bool
	// follows reports whether what is said of a group may follow from what else changes of the user, but for what the anatomy
	// has of rules behind groups.
	follows(*anatomy) bool
}

// bare supposes of a rule in a view.
type bare struct {
	rule *Rule
	view *View
}

func (b bare) verdict(u *User, lines *Hierarchy, of map[GroupID]bool) Verdict {
	v := *b.view
	if lines != nil {
		v.Lines = lines
	}
	if len(of) > 0 {
		v.Memberships = otherMemberships{v.Memberships, of}
	}
	return b.rule.Match(u, &v)
}

func (bare) silent(GroupID) bool { return false }

func (bare) behind(GroupID) *Rule { return nil }

func (bare) excludes() bool { return true }

func (bare) follows(*anatomy) bool { return false }

// otherMemberships are some, but for a few groups.
type otherMemberships struct {
	Memberships
	of map[GroupID]bool
}

func (m otherMemberships) MemberOf(u UserID, g GroupID, orBelow bool) Verdict {
	if in, other := m.of[g]; other {
		return verdictOf(in)
	}
	if m.Memberships == nil {
		return Unknown
	}
	return m.Memberships.MemberOf(u, g, orBelow)
}

// among is a group among those of a run that has just looked at the user there: the groups that it refers to follow what changes.
type among struct {
	run     *run
	subject *subject
}

func (p among) verdict(u *User, lines *Hierarchy, of map[GroupID]bool) Verdict {
	out := p.left(of)
	for _, s := range p.run.order {
		if !s.partial && !s.whole {
			continue
		}
		was := s.view.Lines
		if lines != nil {
			s.view.Lines = lines
		}
		if s == p.subject {
			verdict := s.rule.Match(u, &s.view)
			s.view.Lines = was
			return verdict
		}
		st := s.standing
		switch in, other := of[s.ID]; {
		case in: // somebody puts the user in
			st.Assignment, st.Exclusion = &Assignment{}, nil
		case other || slices.Contains(out, s.ID): // or out, which the rule may not let happen
			if st.Assignment = nil; p.run.e.opts.Exclusions {
				st.Exclusion = &Exclusion{}
			}
		}
		st, _ = p.run.standingOf(s, u, st)
		s.answer, s.view.Lines = s.answerOf(st), was
	}
	return Unknown
}

// left are the groups below those that the user is to be in no longer, where the rule asks for these too.
func (p among) left(of map[GroupID]bool) (below []GroupID) {
	if len(of) == 0 {
		return nil
	}
	_, orBelow := p.subject.Criteria.References()
	for g, in := range of {
		if !in && slices.Contains(orBelow, g) {
			below = append(below, p.run.refs.beneath(g)...)
		}
	}
	return below
}

func (p among) silent(g GroupID) bool {
	s, known := p.run.groups[g]
	return !known || s.cyclic || s.Status != Active || !s.effective()
}

func (p among) behind(g GroupID) *Rule {
	s, known := p.run.groups[g]
	if !known || p.silent(g) || s.rule == nil || s.broken || s.Frozen || s.held || s.waits || s.scope != nil || s.unread ||
		s.Deactivated != Keep || s.standing.Assignment != nil || s.standing.Exclusion != nil || s.view.Zone != p.subject.view.Zone {
		return nil
	}
	return s.rule
}

func (p among) excludes() bool { return p.run.e.opts.Exclusions }

func (p among) follows(a *anatomy) bool {
	named, orBelow := p.subject.Criteria.References()
	if len(orBelow) > 0 && len(named) > 1 || p.readsBeneath(orBelow) {
		return true
	}
	for id := range a.behind {
		if s := p.run.groups[id]; s != nil {
			if _, orBelow := s.Criteria.References(); p.readsBeneath(orBelow) {
				return true
			}
		}
	}
	return len(named) > 0 && slices.ContainsFunc(p.run.refs.allNeeds(p.subject.ID), func(id GroupID) bool {
		s := p.run.groups[id]
		return s != nil && !p.silent(id) && (a.cut || p.behind(id) == nil) && (s.scope != nil || s.Deactivated != Keep ||
			s.rule != nil && !s.Frozen && slices.ContainsFunc(s.rule.labels(&s.view), func(j joint) bool { return len(j.things) > 0 }))
	})
}

// readsBeneath reports whether one of the groups is found in nobody, and one below it may be in somebody.
func (p among) readsBeneath(orBelow []GroupID) bool {
	return slices.ContainsFunc(orBelow, func(id GroupID) bool {
		return p.silent(id) && slices.ContainsFunc(p.run.refs.beneath(id), func(id GroupID) bool { return !p.silent(id) })
	})
}

// otherwise is what would make the verdict of a rule another.
func (r *Rule) otherwise(u *User, v *View, verdict Verdict, s supposition) []Counterfactual {
	targets := [...][]Verdict{Yes: {No}, No: {Yes}, Unknown: {Yes, No}}[verdict]
	out := make([]Counterfactual, 0, len(targets))
	a := r.anatomy(v, s.behind)
	things := slices.Clone(a.things)
	said := make([]Verdict, len(a.atoms))
	for at := range said {
		said[at] = a.ask(at, u, v)
	}
	for i := range things {
		switch t := &things[i]; {
		case t.of == ofManager:
			a.managers(t, u, v)
		case t.of == ofGroup && s.silent(GroupID(t.name)):
			t.classes, t.open = nil, false
		case t.of == ofGroup && a.behind[GroupID(t.name)] != nil && !a.cut && !s.excludes():
			t.classes = slices.DeleteFunc(slices.Clone(t.classes), func(c class) bool { return len(c.to) == 0 })
		}
	}
	courses := 0
	for _, t := range things {
		if t.of == ofCourse {
			courses++
		}
	}
	follows := courses > 1 && !u.Enrollments.complete || s.follows(a)
	for _, target := range targets {
		w := &wayfinder{anatomy: a, rule: r, things: things, target: target, base: said, now: slices.Clone(said), follows: follows}
		out = append(out, w.counterfactual(u, v, s))
	}
	return out
}

// A wayfinder looks for the ways to a verdict. It goes by what the rule still lacks: where all parts must hold, by the first that
// does not, since no way goes past that; where one is enough, by each.
type wayfinder struct {
	*anatomy
	rule   *Rule
	things []thing
	target Verdict
	base   []Verdict  // what the atoms say of the user as they are,
	now    []Verdict  // and with what is chosen
	useful [][]*class // by thing that is looked at: what may be worth choosing
	chosen []choice
	taken  []bool // by thing
	steps  int
	ways   [][]choice
	most   int // enough ways
	// follows says that a change may change more than its thing: a record that is none makes a list complete, and groups
	// may follow the user.
	follows bool
	hoped   bool // there may be a way of which no value is known
	tired   bool
}

// A choice is a class of a thing.
type choice struct{ thing, class int }

func (c choice) compare(d choice) int {
	return cmp.Or(cmp.Compare(c.thing, d.thing), cmp.Compare(c.class, d.class))
}

// counterfactual is the result of the search, tried on the user.
func (w *wayfinder) counterfactual(u *User, v *View, s supposition) Counterfactual {
	c := Counterfactual{Verdict: w.target, Sets: [][]DataChange{}}
	w.taken, w.useful = make([]bool, len(w.things)), make([][]*class, len(w.things))
	w.most = mostWays
	failed := w.follows
	for n := 1; n <= mostChanges && len(c.Sets) == 0; n++ {
		w.expand(n)
		for _, way := range w.distinct() {
			enough, smaller := w.try(way, u, v, s)
			if failed = failed || smaller || enough == nil; enough != nil {
				c.Sets = append(c.Sets, w.told(enough))
			}
		}
		w.ways = nil
	}
	c.Sets = leastOf(c.Sets)
	if c.Complete = !w.hoped && !w.tired && !failed; c.Complete && len(c.Sets) == 0 {
		w.most, w.steps = 1, 0
		w.expand(len(w.things))
		c.More = len(w.ways) > 0
		c.Complete = c.More || !w.hoped && !w.tired
	}
	return c
}

// turns reports whether an atom that says so says what is wanted, and does not of the user as they are, or not whatever else changes.
func (w *wayfinder) turns(at int, said Verdict) bool {
	wanted := w.wanted(w.target, at)
	return said == wanted && (w.base[at] != wanted || w.atoms[at].behind != nil)
}

// part is what an atom says with what is chosen.
func (w *wayfinder) part(at int) Verdict {
	b := w.atoms[at].behind
	if b == nil || w.taken[b.thing] {
		return w.now[at]
	}
	if len(b.sets) == 0 {
		return No
	}
	whole := neutral(b.match)
	for _, set := range b.sets {
		whole = b.match.join(whole, w.setVerdict(set))
	}
	return whole
}

// verdict is that of a condition.
func (w *wayfinder) verdict(j *joint) Verdict {
	switch l := j.leaf.(type) {
	case *enrollmentLeaf:
		yes, unknown := 0, 0
		for _, at := range j.atoms {
			switch w.now[at] {
			case Yes:
				yes++
			case Unknown:
				unknown++
			}
		}
		return l.counted(yes, unknown)
	case *groupLeaf:
		result := neutral(l.match)
		for _, at := range j.atoms {
			result = l.match.join(result, w.part(at))
		}
		return signed(result, l.negated)
	case *statusLeaf:
		result := No
		for _, at := range j.atoms {
			result = MatchAny.join(result, w.now[at])
		}
		return signed(result, l.negated)
	}
	return w.now[j.atoms[0]]
}

func (w *wayfinder) setVerdict(set limb) Verdict {
	whole, settled := neutral(set.match), decisive(set.match)
	for i := set.first; i < set.last; i++ {
		switch w.verdict(&w.joints[i]) {
		case settled:
			return settled
		case Unknown:
			whole = Unknown
		}
	}
	return whole
}

// usefulOf are the classes of a thing that turn something, but for those of which another does all that they do and turns no more.
// Where there may be others, the last is of those.
func (w *wayfinder) usefulOf(of int) []*class {
	if w.useful[of] != nil {
		return w.useful[of]
	}
	t, useful := &w.things[of], make([]*class, 0, 4)
	replaces := func(a, b []Verdict) bool {
		for i, at := range t.atoms {
			wanted := w.wanted(w.target, at)
			if a[i] != wanted && b[i] == wanted || w.turns(at, a[i]) && b[i] != wanted {
				return false
			}
		}
		return true
	}
	for k := range t.classes {
		c, turns := &t.classes[k], false
		for i, at := range t.atoms {
			turns = turns || w.turns(at, c.says[i])
		}
		if turns && !slices.ContainsFunc(useful, func(o *class) bool { return replaces(o.says, c.says) }) {
			if c.to != nil { // else the others are what can be told of
				useful = slices.DeleteFunc(useful, func(o *class) bool { return replaces(c.says, o.says) })
			}
			useful = append(useful, c)
		}
	}
	if t.open {
		best, turned := make([]Verdict, len(t.atoms)), 0
		for i, at := range t.atoms {
			if best[i] = w.wanted(w.target, at); w.turns(at, best[i]) {
				turned++
			}
		}
		known := slices.ContainsFunc(useful, func(o *class) bool { return slices.Equal(o.says, best) })
		if !known || turned > 1 { // else another might turn less
			useful = append(useful, &class{says: best})
		}
	}
	w.useful[of] = useful
	return useful
}

// expand adds the ways that go on from what is chosen by up to so many choices.
func (w *wayfinder) expand(left int) {
	if w.steps++; w.steps > mostSteps || len(w.ways) >= w.most {
		w.tired = w.tired || w.most > 1 || w.steps > mostSteps
		return
	}
	var room [16]int
	lacks, done := w.lacks(left, room[:0])
	switch {
	case done && slices.ContainsFunc(w.chosen, func(c choice) bool { return w.classOf(c).to == nil }):
		w.hoped = true
	case done:
		way := slices.Clone(w.chosen)
		slices.SortFunc(way, choice.compare)
		if !slices.ContainsFunc(w.ways, func(other []choice) bool { return slices.Equal(way, other) }) {
			w.ways = append(w.ways, way)
		}
	}
	if done || left == 0 {
		return
	}
	met := make([]choice, 0, 16)
	for _, j := range lacks {
		for _, t := range w.joints[j].things {
			if w.taken[t] {
				continue
			}
			for k := range w.usefulOf(t) {
				c := choice{t, k}
				if !w.helps(j, c) || slices.Contains(met, c) {
					continue
				}
				met = append(met, c)
				w.choose(c, left)
			}
		}
	}
}

// choose goes on with a choice, and takes it back.
func (w *wayfinder) choose(c choice, left int) {
	t := &w.things[c.thing]
	for i, at := range t.atoms {
		w.now[at] = w.classOf(c).says[i]
	}
	w.taken[c.thing], w.chosen = true, append(w.chosen, c)
	w.expand(left - 1)
	w.taken[c.thing], w.chosen = false, w.chosen[:len(w.chosen)-1]
	for _, at := range t.atoms {
		w.now[at] = w.base[at]
	}
}

// helps reports whether a choice turns something in a condition.
func (w *wayfinder) helps(j int, c choice) bool { return w.turnsIn(j, c.thing, w.classOf(c)) }

// top is the condition of the rule that an atom is about.
func (w *wayfinder) top(at int) int { return w.joints[w.atoms[at].joint].top }

func (w *wayfinder) turnsIn(j, thing int, c *class) bool {
	for i, at := range w.things[thing].atoms {
		if w.top(at) == j && w.turns(at, c.says[i]) {
			return true
		}
	}
	return false
}

// hopeless is how many choices it takes where nothing helps.
const hopeless = 1 << 20

// lacks puts into an empty list the conditions one of which is turned by any way that goes on from here in so many choices; done
// says that nothing lacks. No sets are no parts that could hold.
func (w *wayfinder) lacks(left int, list []int) (lacks []int, done bool) {
	every := w.target == neutral(w.rule.match) && len(w.sets) > 0
	done = every
	for _, set := range w.sets {
		if w.setVerdict(set) == w.target {
			if !every {
				return nil, true
			}
			continue
		}
		more, least := list, hopeless
		if left > 0 {
			more, least = w.lacksOf(set, list)
		}
		switch {
		case every && least > left:
			return nil, false
		case every && done, !every && least <= left:
			list, done = more, false
		}
	}
	return list, done
}

// lacksOf adds to the list what is lacks of a set, and returns the least number of choices that it takes.
func (w *wayfinder) lacksOf(set limb, list []int) (more []int, least int) {
	every := w.target == neutral(set.match)
	n, single := len(list), make([]int, 0, 16) // the things that there is no way without
	for j := set.first; j < set.last; j++ {
		if w.verdict(&w.joints[j]) == w.target {
			continue
		}
		first, able := w.able(j)
		switch {
		case every && able == 0:
			return list, hopeless
		case every && able == 1 && !slices.Contains(single, first):
			single = append(single, first)
		}
		if able > 0 && (!every || len(list) == n) {
			list = append(list, j)
		}
	}
	if len(list) == n {
		return list, hopeless
	}
	return list, max(1, len(single))
}

// able is the first of the things that could turn something in a condition, and how many there are, of which it counts two.
func (w *wayfinder) able(j int) (first, n int) {
	for _, t := range w.joints[j].things {
		if w.taken[t] || !slices.ContainsFunc(w.usefulOf(t), func(c *class) bool { return w.turnsIn(j, t, c) }) {
			continue
		}
		if n++; n == 2 {
			break
		}
		first = t
	}
	return first, n
}

// distinct are the ways, each once and none that turns what another of the same things need not.
func (w *wayfinder) distinct() (ways [][]choice) {
	slices.SortFunc(w.ways, func(a, b []choice) int { return slices.CompareFunc(a, b, choice.compare) })
	for _, way := range w.ways {
		idle := func(other []choice) bool { // for what the way does by less, or by the same and comes first
			return w.turnsLess(other, way)
		}
		if !slices.ContainsFunc(w.ways, idle) {
			ways = append(ways, way)
		}
	}
	return ways
}

// turnsLess reports whether a is of the same things as b and turns less, or turns the same and comes before it.
func (w *wayfinder) turnsLess(a, b []choice) bool {
	less, before := false, 0
	for i := range a {
		if len(a) != len(b) || a[i].thing != b[i].thing {
			return false
		}
		before = cmp.Or(before, cmp.Compare(a[i].class, b[i].class))
		for _, at := range w.things[a[i].thing].atoms {
			j := w.top(at)
			by, and := w.helps(j, a[i]), w.helps(j, b[i])
			if by && !and {
				return false
			}
			less = less || and && !by
		}
	}
	return less || before < 0
}

func (w *wayfinder) classOf(c choice) *class { return w.useful[c.thing][c.class] }

// try gives the changes to the user, and returns the least of them that make the verdict what it is to be: smaller says that
// some are enough, since groups follow what changes, or a list of enrollments becomes complete.
func (w *wayfinder) try(way []choice, u *User, v *View, s supposition) (enough []choice, smaller bool) {
	for n := 1; w.follows && n < len(way); n++ {
		for subset := range 1 << len(way) {
			var part []choice
			for i, c := range way {
				if subset>>i&1 == 1 {
					part = append(part, c)
				}
			}
			if len(part) == n && w.suppose(part, u, v, s) == w.target {
				return part, true
			}
		}
	}
	if w.suppose(way, u, v, s) == w.target {
		return way, false
	}
	return nil, false
}

// suppose is the verdict of the user with the changes.
func (w *wayfinder) suppose(way []choice, u *User, v *View, s supposition) Verdict {
	changed := *u
	var of map[GroupID]bool
	var lines *Hierarchy
	for _, c := range way {
		switch t, class := &w.things[c.thing], w.classOf(c); t.of {
		case ofGroup:
			of = with(of, GroupID(t.name), len(class.to) > 0)
		case ofManager:
			class.put(&changed)
			lines = v.Lines.under(&changed)
		default:
			class.put(&changed)
		}
	}
	return s.verdict(&changed, lines, of)
}

// told is a way as people are told of it.
func (w *wayfinder) told(way []choice) (set []DataChange) {
	for _, c := range way {
		t, class := &w.things[c.thing], w.classOf(c)
		change := DataChange{Of: t.of, Name: t.name, To: slices.Clone(class.to)}
		for i, at := range t.atoms {
			pointer := w.joints[w.top(at)].pointer
			if w.turns(at, class.says[i]) && !slices.Contains(change.Conditions, pointer) {
				change.Conditions = append(change.Conditions, pointer)
			}
		}
		set = append(set, change)
	}
	return set
}

// leastOf are the smallest of the sets, each once.
func leastOf(sets [][]DataChange) [][]DataChange {
	least := make([][]DataChange, 0, len(sets))
	for _, set := range sets {
		same := func(other []DataChange) bool {
			return slices.EqualFunc(set, other, func(a, b DataChange) bool {
				return a.Of == b.Of && a.Name == b.Name && slices.Equal(a.To, b.To)
			})
		}
		smaller := func(other []DataChange) bool { return len(other) < len(set) }
		if !slices.ContainsFunc(sets, smaller) && !slices.ContainsFunc(least, same) {
			least = append(least, set)
		}
	}
	return least
}

// under are the lines as far as they are above the user, whose manager is another.
func (h *Hierarchy) under(u *User) *Hierarchy {
	manager, _ := u.Manager.ID()
	links := []lineage.Link{{ID: string(u.ID), Parent: string(manager)}}
	if h != nil && h.lines != nil {
		links = append(links, h.lines.Above(string(manager))...)
		yes, unsure := h.lines.Reports(string(u.ID))
		switch {
		case yes:
			links = append(links, lineage.Link{ID: h.lines.Children(string(u.ID))[0], Parent: string(u.ID)})
		case unsure:
			links = append(links, lineage.Link{ID: "\x00", Unknown: true}) // is in no ID
		}
	}
	return &Hierarchy{lineage.New(slices.Values(links))}
}
