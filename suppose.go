package groups

import (
	"context"
	"fmt"
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

// A Consequence is what would become of a group: who would end otherwise than now.
type Consequence struct {
	Group GroupID `json:"group"`
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
	m.First = putFirst(m.First, most, id, func(id UserID) UserID { return id })
}

// Suppose works out who would end otherwise than now if all were as supposed, and all groups were processed, now and then,
// whatever their schedule says, the [Guard], and what it holds: of each group in which that is anybody, by their IDs, with
// the first n of those who move. Nothing is written. It does not change the schema: an option that nobody has answers as one
// that does not exist. A group, a tree or a choice field that does not exist is an error that wraps [ErrNotFound], and
// parents in a ring are a [*CycleError]; an error of a source leaves no result at all.
func (e *Evaluator) Suppose(ctx context.Context, s Supposition, n int) ([]Consequence, error) {
	v, err := retried(func() (*supposing, error) {
		v, err := e.suppose(ctx, s)
		if err == nil && len(v.order) > 0 {
			v.most = max(0, n)
			err = v.evaluate(ctx)
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
	// order are the groups that are looked at, those read by others first, as things are and as they would be: in which
	// somebody may end otherwise, and those that they read. Regrouped are those that would read other groups.
	order     []*subject
	regrouped map[GroupID]bool
	found     []Consequence // in that order
	most      int           // of those who move are listed
}

// suppose reads the groups, and chooses those to look at.
func (e *Evaluator) suppose(ctx context.Context, s Supposition) (*supposing, error) {
	now, err := e.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	if err := s.check(now); err != nil {
		return nil, err
	}
	then := &run{
		e: e, schema: now.schema, refs: now.refs,
		groups: map[GroupID]*subject{}, below: map[GroupID][]GroupID{}, trees: map[Tree]*Hierarchy{},
	}
	v := &supposing{Supposition: s, now: now, then: then, regrouped: map[GroupID]bool{}}
	var order []placed
	if len(s.GroupParents) == 0 {
		for _, s := range now.order {
			order = append(order, placed{s.ID, s.cyclic, s.needs})
		}
	} else if order, err = v.regroup(); err != nil {
		return nil, err
	}
	v.choose(order)
	return v, nil
}

// regroup puts the groups in the order of their references beneath their other parents.
func (v *supposing) regroup() ([]placed, error) {
	var all []*Group
	for _, s := range v.now.order {
		g := s.Group
		if parent, moves := v.GroupParents[g.ID]; moves {
			g.Parent = parent
		}
		all = append(all, &g)
	}
	a := newArrangement(all)
	for _, id := range slices.Sorted(maps.Keys(v.GroupParents)) {
		if err := a.refs.check(id); err != nil {
			return nil, err
		}
	}
	v.then.refs = a.refs
	return a.order, nil
}

// choose finds the groups to look at, by what their rules ask, and by whom they read.
func (v *supposing) choose(order []placed) {
	concerned := map[GroupID]bool{}
	var queue []GroupID
	for _, of := range order {
		s := v.now.groups[of.id]
		s.cyclic = s.cyclic || of.cyclic
		if len(v.GroupParents) > 0 && v.regroups(of.id) {
			v.regrouped[of.id] = true
			s.needs = slices.Concat(s.needs, of.needs)
			slices.Sort(s.needs)
			s.needs = slices.Compact(s.needs)
		}
		if s.asks() && (v.regrouped[of.id] || v.concerns(s) || slices.ContainsFunc(s.needs, func(id GroupID) bool { return concerned[id] })) {
			concerned[of.id] = true
			queue = append(queue, of.id)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		if s := v.now.groups[queue[0]]; !s.whole {
			s.whole, s.held = true, false
			queue = append(queue, s.needs...)
		}
	}
	for _, of := range order {
		if s := v.now.groups[of.id]; s.whole {
			v.order = append(v.order, s)
		}
	}
}

// regroups reports whether a rule would read other groups as those beneath one.
func (v *supposing) regroups(id GroupID) bool {
	return slices.ContainsFunc(v.now.refs.groups[id].orBelow, func(above GroupID) bool {
		return !slices.Equal(v.now.refs.beneath(above), v.then.refs.beneath(above))
	})
}

// concerns reports whether a rule asks for what would be otherwise, or its owner has to do with others then.
func (v *supposing) concerns(s *subject) bool {
	if v.now.e.scoping != nil && s.Owner != "" {
		return true
	}
	for i := range s.Criteria.Sets {
		if slices.ContainsFunc(s.Criteria.Sets[i].Conditions, v.asked) {
			return true
		}
	}
	return false
}

// asked reports whether a condition asks for what would be otherwise.
func (s *Supposition) asked(c Condition) bool {
	switch c := c.(type) {
	case UnitCondition:
		return len(s.Units[c.Tree])+len(s.Parents[c.Tree]) > 0
	case FieldCondition:
		return len(s.Options[c.Field]) > 0
	case EnrollmentCondition:
		return slices.ContainsFunc(s.Courses, func(id string) bool { return slices.Contains(c.Courses, id) })
	}
	return false
}

// evaluate asks the index, or else everybody.
func (v *supposing) evaluate(ctx context.Context) error {
	v.now.prepare()
	if err := v.now.readScopes(ctx); err != nil {
		return err
	}
	if x := v.now.e.index; x != nil {
		if ok, err := x.begin(ctx, v.now); err != nil {
			return err
		} else if ok {
			defer x.reading.RUnlock()
			v.imagine()
			return v.byIndex(ctx, x)
		}
	}
	if err := v.now.readAbove(ctx, true); err != nil {
		return err
	}
	v.imagine()
	return v.now.everybody(ctx, v.look)
}

// imagine makes the groups and the trees as they would be of those that are.
func (v *supposing) imagine() {
	maps.Copy(v.then.trees, v.now.trees)
	for _, tree := range slices.AppendSeq(slices.Collect(maps.Keys(v.Units)), maps.Keys(v.Parents)) {
		if h := v.now.trees[tree]; h != nil {
			v.then.trees[tree] = &Hierarchy{h.lines.Revised(maps.Keys(v.Units[tree]), v.Parents[tree])}
		}
	}
	v.then.now = v.now.now
	for _, s := range v.order {
		would := *s
		would.view.Trees, would.view.Memberships = v.then.trees, v.then
		v.then.groups[s.ID] = &would
		v.then.order = append(v.then.order, &would)
	}
	v.found = make([]Consequence, len(v.order))
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
		u = &would
	}
	for i, s := range v.then.order {
		v.found[i].note(s, id, v.now.groups[s.ID].standing, v.then.stand(s, u), v.most)
	}
}

// stand is how the user at hand ends in a group.
func (r *run) stand(s *subject, u *User) Standing {
	next, _ := s.settle(u, s.verdict(u), s.standing, r.now, r.e.opts.Exclusions)
	s.answer = s.answerOf(next)
	return next
}

// note notes how a user ends in the group, as things are and as they would be.
func (c *Consequence) note(s *subject, id UserID, was, would Standing, most int) {
	switch {
	case was.Member == would.Member:
		if !s.effective() && was.Population != would.Population {
			c.Withheld.put(id, most)
		}
	case was.Member == Outside:
		c.Joined.put(id, most)
	case would.Member == Outside:
		c.Left.put(id, most)
	default:
		c.Switched.put(id, most)
	}
	if would.Undecided && !was.Undecided {
		c.Undecided.put(id, most)
	}
}

// result is what was found of groups in which anybody moves, by their IDs.
func (v *supposing) result() []Consequence {
	list := []Consequence{}
	for i, c := range v.found {
		moves := 0
		for _, m := range []*Moves{&c.Joined, &c.Left, &c.Switched, &c.Undecided, &c.Withheld} {
			moves += m.Count
			m.First = listed(m.First)
		}
		if c.Group = v.order[i].ID; moves > 0 {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Consequence) int { return strings.Compare(string(a.Group), string(b.Group)) })
	return list
}

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

// check refuses trees, fields and groups that there are not.
func (s *Supposition) check(r *run) error {
	for _, of := range []map[Tree]map[string]string{s.Units, s.Parents} {
		for _, tree := range slices.Sorted(maps.Keys(of)) {
			if !slices.Contains(r.schema.Trees, tree) {
				return fmt.Errorf("tree %q: %w", tree, ErrNotFound)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Options)) {
		if f, exists := r.schema.Field(name); !exists || f.Type != TypeChoice && f.Type != TypeMultiChoice {
			return fmt.Errorf("choice field %q: %w", name, ErrNotFound)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.GroupParents)) {
		if r.groups[id] == nil {
			return fmt.Errorf("group %q: %w", id, ErrNotFound)
		}
	}
	return nil
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
	gone := func(r Enrollment) bool { return slices.Contains(s.Courses, r.Course) }
	if slices.ContainsFunc(e.list, gone) {
		e.list = slices.DeleteFunc(slices.Clone(e.list), gone)
	}
	return e
}
