package groups

import (
	"fmt"
	"slices"
	"time"
	"weak"

	"github.com/grouprules/groups/internal/calendar"
)

// This file holds what a rule reads of a user, thing by thing, and what its conditions tell apart of each: that is the same for
// all users.

// An anatomy is a rule taken apart, and with it those that are behind the groups which it asks for. A condition answers by its
// atoms: most have one, and those on courses, groups and statuses one for each that they name. An atom depends on one thing of the
// user, or on none that could change, and one on a group that has a rule behind it on that as well.
type anatomy struct {
	joints  []joint // the conditions, as they stand in the criteria, and then those behind groups
	sets    []limb
	behind  map[GroupID]*Rule // nil where there is none
	cut     bool              // what is behind some group is left out
	atoms   []atom
	things  []thing
	day     calendar.Day // what the classes are of
	zone    *time.Location
	trees   map[Tree]weak.Pointer[Hierarchy] // which is not kept for it
	clocked bool
}

// A limb is a set, of the joints from first to before last.
type limb struct {
	match       Match
	first, last int
}

// A joint is a condition, with where it stands and how people read it. One behind a group is part of what the condition on that
// group is about, which is its top.
type joint struct {
	condition Condition
	leaf      leaf
	pointer   string
	text      string
	top       int
	negated   bool // by the conditions on groups that it is behind
	atoms     []int
	things    []int // also what is behind its groups
}

// An atom is part of a condition, and negated where the condition is, unless it is all of that.
type atom struct {
	joint   int
	part    int
	negated bool
	behind  *behindGroup // the group that it is on; nil where that does not follow a rule
}

// A behindGroup is the rule that decides who is in a group, unless the user is put in or out by the thing.
type behindGroup struct {
	match Match
	sets  []limb
	thing int
}

// A thing is what can be changed of a user by itself: a field, a tree, the manager, a record, a status or a membership.
type thing struct {
	of, name string
	atoms    []int
	// classes are values, one of those of which all atoms say the same, the simplest first. Where they depend on the user
	// they are made for each.
	classes []class
	// open says that there may be other classes.
	open bool
}

// A class stands for all values of a thing of which the atoms say the same.
type class struct {
	says []Verdict   // by the atoms of the thing
	to   []string    // nil where no value is known that could be told of
	put  func(*User) // gives the user the value, but for a membership, and leaves alone what others share with them
}

// anatomy is the rule taken apart, for the day and the trees of a view and the rules behind groups. It is kept until those are others.
func (r *Rule) anatomy(v *View, behind func(GroupID) *Rule) *anatomy {
	day := calendar.In(v.Now, v.Zone)
	if a := r.apart.Load(); a != nil && (!a.clocked || a.day == day && a.zone == v.Zone) && a.sameTrees(v) && a.sameRules(behind) {
		return a
	}
	a := &anatomy{day: day, zone: v.Zone, trees: map[Tree]weak.Pointer[Hierarchy]{}, behind: map[GroupID]*Rule{}}
	met := map[[2]string]int{}
	a.sets = a.limbs(r, nil, met)
	for at := 0; at < len(a.atoms); at++ {
		a.look(at, behind, met)
	}
	for i := range a.things {
		a.classify(&a.things[i], v)
	}
	r.apart.Store(a)
	return a
}

// limbs takes a rule apart, that is behind the group of an atom or of none.
func (a *anatomy) limbs(r *Rule, of *atom, met map[[2]string]int) (sets []limb) {
	for i, set := range r.sets {
		first := len(a.joints)
		for k, l := range set.leaves {
			j := joint{condition: r.criteria.Sets[i].Conditions[k], leaf: l, top: len(a.joints)}
			if of == nil {
				j.pointer, j.text = fmt.Sprintf("/sets/%d/conditions/%d", i, k), j.condition.String()
			} else {
				j.top, j.negated = a.joints[of.joint].top, of.negated
			}
			a.join(j, met)
		}
		sets = append(sets, limb{set.match, first, len(a.joints)})
	}
	return sets
}

// mostJoints bounds how much of what is behind groups is looked at.
const mostJoints = 200

// look takes the rule apart that is behind the group of an atom, if it is on one.
func (a *anatomy) look(at int, behind func(GroupID) *Rule, met map[[2]string]int) {
	of := a.atoms[at]
	l, is := a.joints[of.joint].leaf.(*groupLeaf)
	if !is {
		return
	}
	g := l.groups[of.part]
	r := behind(g)
	a.behind[g] = r
	if a.cut = a.cut || l.orBelow || len(a.joints) > mostJoints; r == nil || a.cut {
		return
	}
	b := &behindGroup{match: r.match, thing: met[[2]string{ofGroup, string(g)}]}
	b.sets = a.limbs(r, &of, met)
	a.atoms[at].behind = b
}

func (a *anatomy) sameRules(behind func(GroupID) *Rule) bool {
	for g, r := range a.behind {
		if behind(g) != r {
			return false
		}
	}
	return true
}

func (a *anatomy) sameTrees(v *View) bool {
	for tree, h := range a.trees {
		if weak.Make(v.Trees[tree]) != h {
			return false
		}
	}
	return true
}

// join takes a condition apart.
func (a *anatomy) join(j joint, met map[[2]string]int) {
	n := len(a.joints)
	a.joints = append(a.joints, j)
	add := func(part int, negated bool, of, name string) {
		at := len(a.atoms)
		a.atoms = append(a.atoms, atom{joint: n, part: part, negated: negated != j.negated})
		a.joints[n].atoms = append(a.joints[n].atoms, at)
		if of == "" {
			return
		}
		t, known := met[[2]string{of, name}]
		if !known {
			t = len(a.things)
			met[[2]string{of, name}] = t
			a.things = append(a.things, thing{of: of, name: name})
		}
		a.things[t].atoms = append(a.things[t].atoms, at)
		if top := &a.joints[j.top]; !slices.Contains(top.things, t) {
			top.things = append(top.things, t)
		}
	}
	switch l := j.leaf.(type) {
	case *fieldLeaf:
		if l.name == string(ID) {
			add(0, false, "", "")
			return
		}
		add(0, false, ofField, l.name)
		d, dated := l.test.(*dateTest)
		a.clocked = a.clocked || dated && (d.relative || d.instants)
	case *unitLeaf:
		add(0, false, ofTree, string(l.tree))
	case *userLeaf:
		if l.op == opBelow || l.op == opIsOrBelow {
			add(0, false, ofManager, "")
			return
		}
		add(0, false, "", "")
	case *enrollmentLeaf:
		for i, course := range l.courses {
			add(i, l.negated, ofCourse, course)
		}
		a.clocked = a.clocked || l.op == opCompleted
	case *groupLeaf:
		for i, g := range l.groups {
			add(i, l.negated, ofGroup, string(g))
		}
	case *statusLeaf:
		for i, s := range l.statuses {
			of := ofActivation
			if s == StatusExpired {
				of = ofExpiry
			}
			add(i, l.negated, of, "")
		}
	default:
		add(0, false, "", "")
	}
}

// ask is what an atom says of a user.
func (a *anatomy) ask(at int, u *User, v *View) Verdict {
	part := a.atoms[at].part
	switch l := a.joints[a.atoms[at].joint].leaf.(type) {
	case *enrollmentLeaf:
		return l.of(u, l.courses[part], v)
	case *groupLeaf:
		if v.Memberships == nil {
			return Unknown
		}
		return v.Memberships.MemberOf(u.ID, l.groups[part], l.orBelow)
	case *statusLeaf:
		return l.of(l.statuses[part], u)
	default:
		return l.verdict(u, v)
	}
}

// wanted is what an atom has to say for a verdict of the rule. Unknown is as far from that as the opposite: a rule that
// answers for certain does so whatever is unknown.
func (a *anatomy) wanted(target Verdict, at int) Verdict {
	if a.atoms[at].negated {
		return target.not()
	}
	return target
}

// mostClasses bounds how many classes a thing is looked at for.
const mostClasses = 64

// A sorter finds the classes among values of a thing.
type sorter struct {
	a     *anatomy
	t     *thing
	v     *View
	u     User
	seen  map[string]bool
	said  []Verdict
	bytes []byte
}

func (a *anatomy) sorter(t *thing, v *View) *sorter {
	return &sorter{
		a: a, t: t, v: v, seen: map[string]bool{}, u: User{Fields: map[string]Value{}, Units: map[Tree][]string{}},
		said: make([]Verdict, len(t.atoms)), bytes: make([]byte, len(t.atoms)),
	}
}

// fresh reports whether the user at hand is of a class that was not met before.
func (s *sorter) fresh() bool {
	for i, at := range s.t.atoms {
		s.said[i] = s.a.ask(at, &s.u, s.v)
	}
	return s.first()
}

// first reports whether nothing has said the same before.
func (s *sorter) first() bool {
	for i, said := range s.said {
		s.bytes[i] = byte(said)
	}
	if s.seen[string(s.bytes)] {
		return false
	}
	s.seen[string(s.bytes)] = true
	return true
}

// add adds the class that was met.
func (s *sorter) add(to []string, put func(*User)) {
	if len(s.t.classes) == mostClasses {
		s.t.open = true
		return
	}
	s.t.classes = append(s.t.classes, class{slices.Clone(s.said), append([]string{}, to...), put})
}

// meet adds a class if the value is the first of it.
func (s *sorter) meet(to []string, put func(*User)) {
	if put(&s.u); s.fresh() {
		s.add(to, put)
	}
}

// exhausted reports whether all that could be said has been met.
func (s *sorter) exhausted() bool { return len(s.t.atoms) < 6 && len(s.t.classes) >= 1<<len(s.t.atoms) }

// classify finds the classes of a thing, as far as they are the same for all users.
func (a *anatomy) classify(t *thing, v *View) {
	s := a.sorter(t, v)
	switch t.of {
	case ofField:
		s.fields(a.conditionsOn(t))
	case ofTree:
		s.units(a.conditionsOn(t))
	case ofCourse:
		s.records(a.conditionsOn(t))
	case ofActivation:
		for _, to := range []Activation{Activated, Deactivated} {
			s.meet([]string{to.String()}, func(u *User) { u.Activation = to })
		}
	case ofExpiry:
		for _, to := range []Expiry{Current, Expired} {
			s.meet([]string{to.String()}, func(u *User) { u.Expiry = to })
		}
	case ofGroup:
		s.memberships()
	}
}

// conditionsOn are the conditions that read a thing, in their order.
func (a *anatomy) conditionsOn(t *thing) (list []Condition, leaves []leaf) {
	last := -1
	for _, at := range t.atoms {
		if n := a.atoms[at].joint; n != last {
			list, leaves, last = append(list, a.joints[n].condition), append(leaves, a.joints[n].leaf), n
		}
	}
	return list, leaves
}

// memberships are two: in a group, and in none of those that are asked for.
func (s *sorter) memberships() {
	plain, below := false, false
	for _, at := range s.t.atoms {
		orBelow := s.a.joints[s.a.atoms[at].joint].leaf.(*groupLeaf).orBelow
		plain, below = plain || !orBelow, below || orBelow
	}
	s.t.open = plain && below // who is only in a group below
	for i := range s.said {
		s.said[i] = Yes
	}
	s.add([]string{"member"}, nil)
	for i := range s.said {
		s.said[i] = No
	}
	s.add([]string{}, nil)
}

// units finds a unit for each class, one that the rule names where there is one, and of classes in which users sit
// in several units those.
func (s *sorter) units(conditions []Condition, _ []leaf) {
	tree := Tree(s.t.name)
	h := s.v.Trees[tree]
	s.a.trees[tree] = weak.Make(h)
	one := make([]string, 1)
	sit := func(units ...string) {
		if s.u.Units[tree] = units; s.fresh() {
			units = append([]string{}, units...)
			s.add(units, func(u *User) { u.Units = with(u.Units, tree, units) })
		}
	}
	var named []string
	depth := 0
	for _, c := range conditions {
		c := c.(UnitCondition)
		named, depth = append(named, c.Units...), max(depth, c.Depth)
	}
	for _, unit := range named {
		one[0] = unit // also one that is not in the tree, where users may sit all the same
		sit(one...)
	}
	if h != nil && h.lines != nil {
		for unit := range h.lines.Samples(named, depth) {
			one[0] = unit
			sit(one...)
		}
	}
	several := func() {
		for i := 0; i < len(s.t.classes) && !s.t.open; i++ {
			for j := range i {
				units := slices.Concat(s.t.classes[j].to, s.t.classes[i].to)
				slices.Sort(units)
				sit(slices.Compact(units)...)
			}
		}
	}
	several()
	sit(nowhere)
	several()
	sit() // last, for what says the same as none may do more together with another
	for i := range s.t.classes {
		if c := &s.t.classes[i]; slices.Contains(c.to, nowhere) {
			c.to = nil
		}
	}
}

// nowhere stands for any unit that is not in its tree and that no condition names. It is in no ID.
const nowhere = "\x00"

// mostManagers bounds how many managers a thing is looked at for.
const mostManagers = 64

// managers are those whom the rule names in reporting lines.
func (r *Rule) managers() (list []UserID) {
	for _, set := range r.criteria.Sets {
		for _, c := range set.Conditions {
			list = append(list, managersIn(c)...)
		}
	}
	return list[:min(len(list), mostManagers)]
}

func managersIn(c Condition) []UserID {
	if c, is := c.(UserCondition); is && (c.Op == opBelow || c.Op == opIsOrBelow) {
		return c.Users
	}
	return nil
}

// managers are the classes of who a user reports to: whom the rule names, nobody and, where it matters how far above they are, who
// is beneath those. Nobody who reports to the user is offered as their manager, though lines may run in a ring.
func (a *anatomy) managers(t *thing, u *User, v *View) {
	s := a.sorter(t, v)
	t.classes, t.open = nil, v.Lines == nil || v.Lines.lines == nil
	if t.open {
		return
	}
	try := func(id string) {
		if id != "" && (!v.Lines.Has(id) || slices.Contains(v.Lines.Path(id), string(u.ID))) {
			t.open = true
			return
		}
		for i, at := range t.atoms {
			s.said[i] = a.joints[a.atoms[at].joint].leaf.(*userLeaf).under(u.ID, id, v.Lines)
		}
		if s.first() {
			s.add(slices.DeleteFunc([]string{id}, func(id string) bool { return id == "" }), func(u *User) { u.Manager = ReportsTo(UserID(id)) })
		}
	}
	deep, named := 0, []string{}
	for _, at := range t.atoms {
		deep = max(deep, a.joints[a.atoms[at].joint].leaf.(*userLeaf).depth)
	}
	conditions, _ := a.conditionsOn(t)
	for _, c := range conditions {
		for _, id := range managersIn(c) {
			named = append(named, string(id))
		}
	}
	named = named[:min(len(named), mostManagers)]
	t.open = len(named) == mostManagers || deep > 1 || deep == 1 && len(t.atoms) > 1
	for _, id := range named {
		if try(id); !v.Lines.Has(id) { // somebody who is not there may have reports who are
			for _, report := range v.Lines.lines.Children(id) {
				try(report)
			}
		}
	}
	try("")
	for level := 0; level <= min(deep, 8) && deep > 0; level++ {
		var below []string
		for _, id := range named {
			children := v.Lines.lines.Children(id)
			below = append(below, children[:min(len(children), mostManagers-len(below))]...)
		}
		for _, id := range below {
			try(id)
		}
		named = below
	}
}

// under is the verdict of a user who has that manager.
func (l *userLeaf) under(u UserID, manager string, h *Hierarchy) Verdict {
	_, self := l.goals[string(u)]
	_, direct := l.goals[manager]
	var result Verdict
	switch {
	case self && l.op == opIsOrBelow, direct:
		result = Yes
	case manager == "" || l.depth == 1:
		result = No
	default:
		result = h.climb(manager, l.places, true, max(0, l.depth-1))
	}
	return signed(result, l.negated)
}
