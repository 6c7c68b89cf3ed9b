package groups

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Supposition is a change that nobody has made: what would become of units, options and courses, of whoever has them,
// of the trees, and of the groups that stand beneath others. See [Evaluator.Suppose].
type Supposition struct {
	// Units would be others, by tree: whoever sits in one sits in the other instead, or with a blank one in none, and it
	// is not in the tree any more.
	Units map[Tree]map[string]string `json:"units,omitempty"`
	// Parents would be above units that stay, by tree; blank is the top.
	Parents map[Tree]map[string]string `json:"parents,omitempty"`
	// Options would be others, by choice field: whoever has one has the other instead, or with a blank one none.
	Options map[string]map[string]string `json:"options,omitempty"`
	// Courses would be gone, with all records in them.
	Courses []string `json:"courses,omitempty"`
	// GroupParents would be the parents of groups; blank is none.
	GroupParents map[GroupID]GroupID `json:"groupParents,omitempty"`
}

// Supposed is what would come of a [Supposition].
type Supposed struct {
	// People is how many have something that would be otherwise, or would stand elsewhere; a group that stands elsewhere is
	// not of people. Where no index has it, since no group asks for it, everybody is read to know.
	People int `json:"people"`
	// Consequences are of each group in which somebody would end otherwise, by their IDs.
	Consequences []Consequence `json:"consequences"`
	// Asking are the groups with conditions that ask for one of the trees, choices or courses, whether or not anybody moves,
	// and of those in which somebody moves with conditions on groups as well; by their IDs. What it says of a group
	// is shared, and not to be written to.
	Asking []Asking `json:"asking"`
}

// Asking is a group, and conditions of its rule.
type Asking struct {
	Group      GroupID `json:"group"`
	Name       string  `json:"name"` // of the group
	Conditions []Asked `json:"conditions"`
}

// Asked is a condition, and where it stands in the criteria, such as "/sets/0/conditions/2".
type Asked struct {
	Pointer   string    `json:"pointer"`
	Condition Condition `json:"-"`
}

// A Consequence is what would become of a group: who would end otherwise than now.
type Consequence struct {
	Group GroupID `json:"group"`
	Name  string  `json:"name"` // of the group
	// What would become of the membership, and whom the rule would not know about any more.
	Joined    Moves `json:"joined"`
	Left      Moves `json:"left"`
	Switched  Moves `json:"switched"`
	Undecided Moves `json:"undecided"`
	// Withheld are moves in the population of an inactive group, without effect.
	Withheld Moves `json:"withheld"`
}

// Moves are how many users move, and the first of them by their IDs.
type Moves struct {
	Count int      `json:"count"`
	First []UserID `json:"first"`
}

// put counts a user, and lists the first.
func (m *Moves) put(id UserID, most int) {
	m.Count++
	m.list(id, most)
}

func (m *Moves) list(id UserID, most int) {
	m.First = putFirst(m.First, most, id, func(id UserID) UserID { return id })
}

// add adds other users.
func (m *Moves) add(others *Moves, most int) {
	m.Count += others.Count
	m.First = append(m.First, others.First...)
	slices.Sort(m.First)
	m.First = m.First[:min(len(m.First), most)]
}

// Suppose works out who would end otherwise than now if all were as supposed, and all groups were processed, now and then,
// whatever their schedule says, the [Guard], and what it holds, with the first n of those who move. Nothing is written. It does
// not change the schema: an option that nobody has answers as one that does not exist. A tree, a choice field or a group to
// be put elsewhere that does not exist is an error that wraps [ErrNotFound], and parents in a ring are a [*CycleError]; an
// error of a source leaves no result at all.
func (e *Evaluator) Suppose(ctx context.Context, s Supposition, n int) (*Supposed, error) {
	v, err := retried(func() (*supposing, error) {
		v, err := e.suppose(ctx, s)
		if err == nil {
			v.most = max(0, n)
			err = v.evaluate(ctx)
		}
		if err == nil && v.people < 0 {
			err = v.countPeople(ctx)
		}
		return v, err
	})
	if err != nil {
		return nil, err
	}
	return v.result(), nil
}

// supposing is a supposition that is looked into. Everybody is asked about twice: as they are, and as they would be.
type supposing struct {
	Supposition
	now, then *run
	matters   matters                  // that would be otherwise
	asking    []Asking                 // for one of these, by the IDs of the groups; never written to
	people    int                      // who have any of it, or -1 before anybody is asked
	elsewhere map[Tree]map[string]bool // the units that go or move, and all beneath them, to a look at everybody
	// order are the groups that are looked at, those read by others first, as things are and as they would be: in which
	// somebody may end otherwise, and those that they read. Regrouped are those that would read other groups.
	order     []*subject
	regrouped map[GroupID]bool
	found     []Consequence // in that order
	indexed   *otherwise    // what an index says, once it was asked
	most      int           // of those who move are listed
}

// suppose begins to look.
func (e *Evaluator) suppose(ctx context.Context, s Supposition) (*supposing, error) {
	now, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.check(now.schema); err != nil {
		return nil, err
	}
	now.few = true
	then := &run{e: e, schema: now.schema, trees: map[Tree]*Hierarchy{}}
	v := &supposing{Supposition: s, now: now, then: then, matters: s.matters()}
	if len(v.matters) > 0 {
		v.people = -1
	}
	return v, nil
}

// chooseAmongAll reads the groups, and chooses those to look at.
func (v *supposing) chooseAmongAll(ctx context.Context) error {
	var all []*Group
	for g, err := range v.now.e.store.Groups(ctx) {
		if err != nil {
			return fmt.Errorf("read groups: %w", err)
		}
		all = append(all, &g)
	}
	are := v.now.e.rules.arrange(all, "", false)
	would := are
	if len(v.GroupParents) > 0 {
		var err error
		if would, err = v.regroup(all); err != nil {
			return err
		}
	}
	v.asking = nil
	for _, g := range all {
		v.asking = g.asking(v.asking, v.matters.askedBy)
	}
	slices.SortFunc(v.asking, func(a, b Asking) int { return strings.Compare(string(a.Group), string(b.Group)) })
	v.choose(all, are, would)
	return nil
}

// regroup puts the groups in the order of their references beneath their other parents.
func (v *supposing) regroup(all []*Group) (*arrangement, error) {
	would := slices.Clone(all)
	for _, id := range slices.Sorted(maps.Keys(v.GroupParents)) {
		if !slices.ContainsFunc(all, func(g *Group) bool { return g.ID == id }) {
			return nil, fmt.Errorf("group %q: %w", id, ErrNotFound)
		}
	}
	for i, g := range would {
		if parent, moves := v.GroupParents[g.ID]; moves {
			moved := *g
			moved.Parent, would[i] = parent, &moved
		}
	}
	a := newArrangement(would)
	for _, id := range slices.Sorted(maps.Keys(v.GroupParents)) {
		if err := a.refs.check(id); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// choose finds the groups to look at, by what their rules ask, and by whom they read, as things are or would be.
func (v *supposing) choose(all []*Group, are, would *arrangement) {
	v.order, v.regrouped = nil, map[GroupID]bool{}
	v.now.groups, v.now.order = map[GroupID]*subject{}, nil
	v.then.refs, v.then.groups, v.then.below = would.refs, map[GroupID]*subject{}, map[GroupID][]GroupID{}
	asking, needs := map[GroupID]bool{}, map[GroupID][]GroupID{}
	for _, g := range all {
		if v.concerns(g) {
			asking[g.ID] = true
		}
	}
	for _, of := range are.order {
		if len(of.needs) > 0 {
			needs[of.id] = of.needs
		}
	}
	for _, of := range would.order {
		if len(v.GroupParents) > 0 && v.regroups(of.id, are.refs) {
			v.regrouped[of.id], asking[of.id] = true, true
			both := slices.Concat(needs[of.id], of.needs)
			slices.Sort(both)
			needs[of.id] = slices.Compact(both)
		}
		if len(of.needs) > 0 && slices.ContainsFunc(needs[of.id], func(id GroupID) bool { return asking[id] }) {
			asking[of.id] = true
		}
	}
	queue := slices.Collect(maps.Keys(asking))
	chosen := map[GroupID]bool{}
	for ; len(queue) > 0; queue = queue[1:] {
		if id := queue[0]; !chosen[id] {
			chosen[id] = true
			queue = append(queue, needs[id]...)
		}
	}
	subjects := make([]subject, 0, len(chosen))
	for _, g := range all {
		if chosen[g.ID] {
			subjects = append(subjects, subject{Group: g, stored: true, whole: true})
			v.now.groups[g.ID] = &subjects[len(subjects)-1]
		}
	}
	v.now.arrange(are)
	for _, of := range would.order {
		if s := v.now.groups[of.id]; s != nil {
			s.held, s.waits, s.cyclic, s.needs = false, false, s.cyclic || of.cyclic, needs[of.id]
			v.order = append(v.order, s)
		}
	}
}

// regroups reports whether a rule would read other groups as those beneath one.
func (v *supposing) regroups(id GroupID, are *references) bool {
	return slices.ContainsFunc(are.groups[id].orBelow, func(above GroupID) bool {
		return !slices.Equal(are.beneath(above), v.then.refs.beneath(above))
	})
}

// concerns reports whether somebody may end otherwise by the rule of a group: it asks for what would be otherwise, or
// its owner has to do with others then.
func (v *supposing) concerns(g *Group) bool {
	return g.Kind == AutomaticGroup && !g.Frozen && (v.reads(g) || v.now.e.scoping != nil && g.Owner != "")
}

// reads reports whether a rule asks for what would be otherwise.
func (v *supposing) reads(g *Group) bool { return g.has(v.matters.askedBy) }

// has reports whether a group's rule has a condition that is so.
func (g *Group) has(is func(Condition) bool) bool {
	return g.Kind == AutomaticGroup && slices.ContainsFunc(g.Criteria.Sets, func(s Set) bool {
		return slices.ContainsFunc(s.Conditions, is)
	})
}

// evaluate asks the index, or else everybody.
func (v *supposing) evaluate(ctx context.Context) error {
	if x := v.now.e.index; x != nil {
		ok, err := x.enter(func() (bool, error) { return v.enter(ctx, x) })
		if err != nil {
			return err
		}
		if ok {
			defer x.reading.RUnlock()
			return v.byIndex(ctx, x)
		}
	}
	if err := v.chooseAmongAll(ctx); err != nil || len(v.order) == 0 {
		return err
	}
	v.now.prepare()
	if err := v.now.readScopes(ctx); err != nil {
		return err
	}
	if err := v.now.readAbove(ctx, true); err != nil {
		return err
	}
	v.replant()
	for _, s := range v.order {
		v.then.order = append(v.then.order, v.imagine(s))
	}
	v.found = make([]Consequence, len(v.order))
	v.findElsewhere()
	v.people = 0
	return v.now.everybody(ctx, v.look)
}

// findElsewhere finds the units that would be elsewhere.
func (v *supposing) findElsewhere() {
	v.elsewhere = map[Tree]map[string]bool{}
	for tree, id := range v.units() {
		if v.elsewhere[tree] == nil {
			v.elsewhere[tree] = map[string]bool{}
		}
		v.elsewhere[tree][id] = true
		for below := range v.now.trees[tree].lines.EachBelow(id) {
			v.elsewhere[tree][below] = true
		}
	}
}

// countPeople asks everybody, where no group did.
func (v *supposing) countPeople(ctx context.Context) error {
	if err := v.now.readTrees(ctx); err != nil {
		return err
	}
	v.findElsewhere()
	v.people = 0
	for u, err := range v.now.e.dir.Users(ctx) {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		if v.concernsUser(&u) {
			v.people++
		}
	}
	return nil
}

// replant makes the trees as they would be of those that are.
func (v *supposing) replant() {
	maps.Copy(v.then.trees, v.now.trees)
	for _, tree := range slices.AppendSeq(slices.Collect(maps.Keys(v.Units)), maps.Keys(v.Parents)) {
		if h := v.now.trees[tree]; h != nil {
			v.then.trees[tree] = &Hierarchy{h.lines.Revised(maps.Keys(v.Units[tree]), v.Parents[tree])}
		}
	}
	v.then.now = v.now.now
}

// imagine makes a group as it would be.
func (v *supposing) imagine(s *subject) *subject {
	would := *s
	would.view.Trees, would.view.Memberships = v.then.trees, v.then
	v.then.groups[s.ID] = &would
	return &would
}

// look asks about one user; nil is one who is not among the people.
func (v *supposing) look(groups []*subject, id UserID, u *User) {
	for _, s := range groups {
		v.then.groups[s.ID].standing = s.standing
		s.standing = v.now.stand(s, u)
	}
	if u != nil {
		would := *u
		v.revise(&would)
		if v.people >= 0 && v.concernsUser(u) {
			v.people++
		}
		u = &would
	}
	for i, s := range v.then.order {
		ends := [2]Standing{v.now.groups[s.ID].standing, v.then.stand(s, u)}
		v.found[i].each(s, ends, func(m *Moves) { m.put(id, v.most) })
	}
}

// stand is how the user at hand ends in a group.
func (r *run) stand(s *subject, u *User) Standing {
	next, _ := s.settle(u, s.verdict(u), s.standing, r.now, r.e.opts.Exclusions)
	s.answer = s.answerOf(next)
	return next
}

// each tells the moves of whoever ends so in the group, as things are and as they would be.
func (c *Consequence) each(s *subject, ends [2]Standing, tell func(*Moves)) {
	switch was, would := ends[0].Member, ends[1].Member; {
	case was == would:
		if !s.effective() && ends[0].Population != ends[1].Population {
			tell(&c.Withheld)
		}
	case was == Outside:
		tell(&c.Joined)
	case would == Outside:
		tell(&c.Left)
	default:
		tell(&c.Switched)
	}
	if ends[1].Undecided && !ends[0].Undecided {
		tell(&c.Undecided)
	}
}

// all are the moves of every kind.
func (c *Consequence) all() [5]*Moves {
	return [...]*Moves{&c.Joined, &c.Left, &c.Switched, &c.Undecided, &c.Withheld}
}

// add adds what becomes of other users.
func (c *Consequence) add(others *Consequence, most int) {
	more := others.all()
	for i, m := range c.all() {
		m.add(more[i], most)
	}
}

// result is what was found.
func (v *supposing) result() *Supposed {
	s := &Supposed{People: v.people, Consequences: []Consequence{}}
	for i := range v.found {
		c, moves := &v.found[i], 0
		for _, m := range c.all() {
			moves += m.Count
			m.First = listed(m.First)
		}
		if moves > 0 {
			c.Group, c.Name = v.order[i].ID, v.order[i].Name
			s.Consequences = append(s.Consequences, *c)
		}
	}
	slices.SortFunc(s.Consequences, func(a, b Consequence) int { return strings.Compare(string(a.Group), string(b.Group)) })
	s.Asking = v.mergeAsking(s.Consequences)
	return s
}

// mergeAsking are the groups that ask, with conditions on groups where somebody moves.
func (v *supposing) mergeAsking(moving []Consequence) []Asking {
	list, rest := make([]Asking, 0, len(v.asking)+len(moving)), v.asking
	either := func(c Condition) bool { return isOnGroups(c) || v.matters.askedBy(c) }
	for _, c := range moving {
		g := v.now.groups[c.Group]
		if !g.has(isOnGroups) {
			continue
		}
		at, asks := slices.BinarySearchFunc(rest, g.ID, func(a Asking, id GroupID) int { return strings.Compare(string(a.Group), string(id)) })
		list, rest = append(list, rest[:at]...), rest[at:]
		if asks {
			rest = rest[1:]
		}
		list = g.asking(list, either)
	}
	return append(list, rest...)
}

func isOnGroups(c Condition) bool { _, is := c.(GroupCondition); return is }

// String returns what is supposed on one line.
func (s Supposition) String() string {
	var said []string
	say := func(what string, become map[string]string) {
		for _, id := range slices.Sorted(maps.Keys(become)) {
			to := "none"
			if become[id] != "" {
				to = strconv.Quote(become[id])
			}
			said = append(said, fmt.Sprintf("%s%q becomes %s", what, id, to))
		}
	}
	for _, tree := range slices.Sorted(maps.Keys(s.Units)) {
		say(fmt.Sprintf("unit of %s: ", tree), s.Units[tree])
	}
	for _, tree := range slices.Sorted(maps.Keys(s.Parents)) {
		say(fmt.Sprintf("parent in %s: of ", tree), s.Parents[tree])
	}
	for _, field := range slices.Sorted(maps.Keys(s.Options)) {
		say(fmt.Sprintf("option of %s: ", field), s.Options[field])
	}
	for _, course := range s.Courses {
		said = append(said, fmt.Sprintf("course %q is gone", course))
	}
	parents := make(map[string]string, len(s.GroupParents))
	for id, parent := range s.GroupParents {
		parents[string(id)] = string(parent)
	}
	if say("parent of group ", parents); len(said) == 0 {
		return "nothing"
	}
	return strings.Join(said, "; ")
}

// check refuses trees and fields that there are not.
func (s *Supposition) check(schema *Schema) error {
	for _, of := range []map[Tree]map[string]string{s.Units, s.Parents} {
		for _, tree := range slices.Sorted(maps.Keys(of)) {
			if !slices.Contains(schema.Trees, tree) {
				return fmt.Errorf("tree %q: %w", tree, ErrNotFound)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Options)) {
		if f, exists := schema.Field(name); !exists || f.Type != TypeChoice && f.Type != TypeMultiChoice {
			return fmt.Errorf("choice field %q: %w", name, ErrNotFound)
		}
	}
	return nil
}

// A matter is what a condition asks for: a tree, a field or a course.
type matter struct {
	tree          Tree
	field, course string
}

// mattersOf yields what a condition asks for.
func mattersOf(c Condition) iter.Seq[matter] {
	return func(yield func(matter) bool) {
		switch c := c.(type) {
		case UnitCondition:
			yield(matter{tree: c.Tree})
		case FieldCondition:
			yield(matter{field: c.Field})
		case EnrollmentCondition:
			for _, id := range c.Courses {
				if !yield(matter{course: id}) {
					return
				}
			}
		}
	}
}

type matters map[matter]bool

// askedBy reports whether a condition asks for any.
func (of matters) askedBy(c Condition) bool {
	for m := range mattersOf(c) {
		if of[m] {
			return true
		}
	}
	return false
}

// asking appends the group, if conditions of its rule are so.
func (g *Group) asking(list []Asking, is func(Condition) bool) []Asking {
	if g.Kind != AutomaticGroup {
		return list // it keeps criteria, which nobody reads
	}
	var those []Asked
	for i := range g.Criteria.Sets {
		for j, c := range g.Criteria.Sets[i].Conditions {
			if is(c) {
				those = append(those, Asked{spot{set: i, condition: j}.to(""), c})
			}
		}
	}
	if len(those) > 0 {
		list = append(list, Asking{g.ID, g.Name, those})
	}
	return list
}

// matters are those that would be otherwise.
func (s *Supposition) matters() matters {
	all := matters{}
	for _, of := range []map[Tree]map[string]string{s.Units, s.Parents} {
		for tree, become := range of {
			if len(become) > 0 {
				all[matter{tree: tree}] = true
			}
		}
	}
	for field, become := range s.Options {
		if len(become) > 0 {
			all[matter{field: field}] = true
		}
	}
	for _, course := range s.Courses {
		all[matter{course: course}] = true
	}
	return all
}

// revise makes of a user who is read, and shared, who they would be.
func (s *Supposition) revise(u *User) {
	for tree, become := range s.Units {
		if list := u.Units[tree]; slices.ContainsFunc(list, changes(become)) {
			u.Units = maps.Clone(u.Units)
			u.Units[tree] = replaced(list, become)
		}
	}
	for field, become := range s.Options {
		if list, is := u.Fields[field].data.(choiceValue); is && slices.ContainsFunc(list, changes(become)) {
			u.Fields = maps.Clone(u.Fields)
			u.Fields[field] = Choice(replaced(list, become)...)
		}
	}
	u.Enrollments = s.without(u.Enrollments)
}

// concernsUser reports whether a user would have something otherwise, or stand elsewhere.
func (v *supposing) concernsUser(u *User) bool {
	for tree, units := range v.elsewhere {
		if slices.ContainsFunc(u.Units[tree], func(id string) bool { return units[id] }) {
			return true
		}
	}
	for field, become := range v.Options {
		if list, is := u.Fields[field].data.(choiceValue); is && slices.ContainsFunc(list, changes(become)) {
			return true
		}
	}
	return slices.ContainsFunc(u.Enrollments.list, func(r Enrollment) bool { return v.isGone(r.Course) })
}

// units yields the units that would go or move, some perhaps twice.
func (s *Supposition) units() iter.Seq2[Tree, string] {
	return func(yield func(Tree, string) bool) {
		for _, of := range []map[Tree]map[string]string{s.Units, s.Parents} {
			for tree, become := range of {
				for id := range become {
					if !yield(tree, id) {
						return
					}
				}
			}
		}
	}
}

// changes reports whether something becomes another.
func changes(become map[string]string) func(string) bool {
	return func(id string) bool { _, is := become[id]; return is }
}

// replaced is a list with what its IDs become, each once. It is never nil: whoever has nothing left is known to have
// nothing.
func replaced(list []string, become map[string]string) []string {
	out := make([]string, 0, len(list))
	for _, id := range list {
		if now, is := become[id]; is {
			id = now
		}
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// without are the enrollments without records in the courses that are gone.
func (s *Supposition) without(e Enrollments) Enrollments {
	gone := func(r Enrollment) bool { return s.isGone(r.Course) }
	if slices.ContainsFunc(e.list, gone) {
		e.list = slices.DeleteFunc(slices.Clone(e.list), gone)
	}
	return e
}
