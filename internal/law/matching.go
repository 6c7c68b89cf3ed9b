package law

import (
	"fmt"
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// disagree tells a case on which two answers differ.
func disagree(what string, got, want groups.Verdict, c any, u groups.User, w oracle.World) error {
	return fmt.Errorf("%s: %v, want %v\ncriteria: %v\nfor %s\n%s", what, got, want, c, u.ID, DescribeWorld(w))
}

// anyone draws one of the users.
func anyone(t *rapid.T, w oracle.World) groups.User {
	return w.Users[rapid.IntRange(0, len(w.Users)-1).Draw(t, "who")]
}

// MatchIsThePage: a rule answers for everybody as DESIGN.md, naively read.
var MatchIsThePage = Law[Matcher]{
	Holds: func(t *rapid.T, m Matcher) error {
		w := Drawn{}.World(t)
		for range 4 {
			c := Drawn{}.Criteria(t, w.Now, len(w.Users))
			for _, u := range w.Users {
				got, err := m.Match(c, u, w)
				if err != nil {
					return err
				}
				if want := oracle.Verdict(c, u, w); got != want {
					return disagree("match", got, want, c, u, w)
				}
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{
		oracle.UnknownIsNo, oracle.UnknownIsSkipped, oracle.FirstUnknownDecides, oracle.LastConditionWins, oracle.EmptyNeverMatches,
		oracle.WhenEmptyIsIgnored, oracle.NegationForgotten, oracle.BoundsAreStrict, oracle.FoldsByLowerCase, oracle.DatesTurnInUTC,
		oracle.MonthsOverflow, oracle.RingMemberIsBelowHimself, oracle.DepthOffByOne, oracle.MissingParentIsRoot,
		oracle.MissingOperandIsNo, oracle.NegatesEachCourse, oracle.NegationSwapsAnyAndAll, oracle.AtLeastIgnoresUnknown,
		oracle.PartialIsComplete,
	},
}

// NegationSplits: a rule and its negation split the people with known values.
var NegationSplits = Law[Matcher]{
	Holds: func(t *rapid.T, m Matcher) error {
		w := Drawn{Known: true}.World(t)
		for range 4 {
			c := Drawn{Known: true}.Condition(t, w.Now, len(w.Users))
			opposite, ok := turned(c)
			if !ok {
				continue
			}
			for _, u := range w.Users {
				is, err := m.Match(groups.AllSets(groups.All(c)), u, w)
				if err != nil {
					return err
				}
				isNot, err := m.Match(groups.AllSets(groups.All(opposite)), u, w)
				if err != nil {
					return err
				}
				if is == groups.Unknown || isNot != oracle.Not(is) {
					return disagree(fmt.Sprintf("answers %v, and the opposite", is), isNot, oracle.Not(is), c, u, w)
				}
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.EmptyNeverMatches, oracle.NegationForgotten, oracle.NegatesEachCourse, oracle.NegationSwapsAnyAndAll},
}

// UnknownTurnsNoAnswerRound: an unknown moves nobody. Whatever the host stops knowing (a value, a tree, a manager, a
// record, a unit), an answer stays or becomes Unknown; it never becomes the opposite.
var UnknownTurnsNoAnswerRound = Law[Matcher]{
	Holds: func(t *rapid.T, m Matcher) error {
		w := Drawn{}.World(t)
		c := Drawn{}.Criteria(t, w.Now, len(w.Users))
		less := forget(t, w)
		for i, u := range w.Users {
			before, err := m.Match(c, u, w)
			if err != nil {
				return err
			}
			after, err := m.Match(c, less.Users[i], less)
			if err != nil {
				return err
			}
			if after != before && after != groups.Unknown {
				return disagree("with less known", after, before, c, less.Users[i], less)
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{
		oracle.UnknownIsNo, oracle.UnknownIsSkipped, oracle.AtLeastIgnoresUnknown, oracle.PartialIsComplete,
		oracle.MissingParentIsRoot,
	},
}

// forget draws a world of which a few things are not known any more.
func forget(t *rapid.T, w oracle.World) oracle.World {
	w.Users = slices.Clone(w.Users)
	for i := range w.Users {
		if chance(t, "knows less", 70) {
			w.Users[i] = Forget(t, w.Users[i])
		}
	}
	w.Units = slices.DeleteFunc(slices.Clone(w.Units), func(groups.Unit) bool { return chance(t, "unit lost", 10) })
	return w
}

// Forget draws a user of whom some things are not known any more.
func Forget(t *rapid.T, u groups.User) groups.User {
	fields := map[string]groups.Value{}
	for _, f := range Schema().Fields {
		if v, ok := u.Fields[f.Name]; ok && !chance(t, "forget "+f.Name, 40) {
			fields[f.Name] = v
		}
	}
	u.Fields = fields
	sits := map[groups.Tree][]string{}
	for _, tree := range trees {
		if list, ok := u.Units[tree]; ok && !chance(t, "forget units", 30) {
			sits[tree] = list
		}
	}
	u.Units = sits
	if chance(t, "forget manager", 20) {
		u.Manager = groups.Manager{}
	}
	if chance(t, "forget expiry", 20) {
		u.Expiry = groups.ExpiryUnknown
	}
	if list, _ := u.Enrollments.List(); chance(t, "forget courses", 40) {
		list = slices.DeleteFunc(slices.Clone(list), func(groups.Enrollment) bool { return chance(t, "forget course", 50) })
		u.Enrollments = groups.Enrolled(list...).Partial()
	}
	return u
}

// UnreadableNeverWidens: adding a condition that cannot be read never widens a rule, nor makes it sure of a No.
var UnreadableNeverWidens = Law[Matcher]{
	Holds: func(t *rapid.T, m Matcher) error {
		w := Drawn{}.World(t)
		before := Drawn{}.Criteria(t, w.Now, len(w.Users))
		after := groups.Criteria{Match: before.Match, Sets: slices.Clone(before.Sets)}
		unreadable := groups.FieldCondition{
			Field: "grade", Test: groups.Test{Op: "is", Negated: negated(t), Values: literals(options[:1])}, OnEmpty: whenEmpty(t),
		}
		if i := rapid.IntRange(0, len(before.Sets)).Draw(t, "set"); i == len(before.Sets) {
			after.Sets = append(after.Sets, groups.Set{Match: match(t), Conditions: []groups.Condition{unreadable}})
		} else {
			after.Sets[i].Conditions = append(slices.Clone(after.Sets[i].Conditions), unreadable)
		}
		u := anyone(t, w)
		u.Fields = cloneWithout(u.Fields, "grade")
		for i := range w.Users {
			if w.Users[i].ID == u.ID {
				w.Users[i] = u
			}
		}
		was, err := m.Match(before, u, w)
		if err != nil {
			return err
		}
		is, err := m.Match(after, u, w)
		if err != nil {
			return err
		}
		if is != was && is != groups.Unknown {
			return disagree("with an unreadable condition more", is, was, after, u, w)
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.UnknownIsNo, oracle.UnknownIsSkipped},
}

func cloneWithout(fields map[string]groups.Value, name string) map[string]groups.Value {
	out := map[string]groups.Value{}
	for f, v := range fields {
		if f != name {
			out[f] = v
		}
	}
	return out
}

// OrderOfARuleDoesNotMatter: nor that of its sets, conditions and operands, of the users and of the units.
var OrderOfARuleDoesNotMatter = Law[Matcher]{
	Holds: func(t *rapid.T, m Matcher) error {
		w := Drawn{}.World(t)
		c := Drawn{}.Criteria(t, w.Now, len(w.Users))
		u := anyone(t, w)
		was, err := m.Match(c, u, w)
		if err != nil {
			return err
		}
		mixed := groups.Criteria{Match: c.Match}
		for _, s := range shuffled(t, c.Sets) {
			conditions := shuffled(t, s.Conditions)
			for i := range conditions {
				conditions[i] = turnedAbout(conditions[i])
			}
			mixed.Sets = append(mixed.Sets, groups.Set{Match: s.Match, Conditions: conditions})
		}
		other := w
		other.Users, other.Units = shuffled(t, w.Users), shuffled(t, w.Units)
		is, err := m.Match(mixed, u, other)
		if err != nil {
			return err
		}
		if is != was {
			return disagree("in another order", is, was, c, u, w)
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.LastConditionWins},
}

func shuffled[T any](t *rapid.T, list []T) []T { return rapid.Permutation(list).Draw(t, "order") }

// turnedAbout reverses the operands of a condition, where they are a list.
func turnedAbout(c groups.Condition) groups.Condition {
	switch c := c.(type) {
	case groups.FieldCondition:
		if c.Op != "between" {
			c.Values = reversed(c.Values)
		}
		return c
	case groups.UnitCondition:
		c.Units = reversed(c.Units)
		return c
	case groups.UserCondition:
		c.Users = reversed(c.Users)
		return c
	case groups.EnrollmentCondition:
		c.Courses, c.Statuses = reversed(c.Courses), reversed(c.Statuses)
		return c
	case groups.GroupCondition:
		c.Groups = reversed(c.Groups)
		return c
	case groups.StatusCondition:
		c.Statuses = reversed(c.Statuses)
		return c
	}
	return c
}

func reversed[T any](list []T) []T {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// MovingASubtree equals moving its people: hanging a unit elsewhere gives everybody in or beneath it the answers that
// they would get in a copy of the subtree which always hung there.
var MovingASubtree = Law[Matcher]{
	Holds: func(t *rapid.T, m Matcher) error {
		w := Drawn{}.World(t)
		root := draw(t, "moved", units...)
		under := map[string]bool{root: true}
		for range units {
			for _, u := range w.Units {
				if u.Tree == branch && under[u.Parent] {
					under[u.ID] = true
				}
			}
		}
		outside := []string{""}
		for _, id := range units {
			if !under[id] {
				outside = append(outside, id)
			}
		}
		to := draw(t, "to", outside...)
		moved, copied := slices.Clone(w.Units), slices.Clone(w.Units)
		for i, u := range w.Units {
			if u.Tree != branch || !under[u.ID] {
				continue
			}
			twin := groups.Unit{Tree: branch, ID: u.ID + "'", Parent: u.Parent + "'"}
			if u.ID == root {
				moved[i].Parent, twin.Parent = to, to
			}
			copied = append(copied, twin)
		}
		c := groups.UnitCondition{
			Tree: branch, Op: draw(t, "op", groups.Op("below"), "isOrBelow"), Negated: negated(t), Depth: draw(t, "depth", 0, 0, 1, 2, 3),
			Units: some(t, "units", 2, append(outside[1:], goneUnit)...),
		}
		rule := groups.AllSets(groups.All(c))
		for id := range under {
			u := groups.User{ID: "u1", Units: map[groups.Tree][]string{branch: {id}}}
			if _, err := m.Match(rule, u, w); err != nil { // where it hung before
				return err
			}
			w.Units = moved
			got, err := m.Match(rule, u, w)
			if err != nil {
				return err
			}
			twin := groups.User{ID: "u1", Units: map[groups.Tree][]string{branch: {id + "'"}}}
			w.Units = copied
			want, err := m.Match(rule, twin, w)
			if err != nil {
				return err
			}
			if got != want {
				return disagree("after the move", got, want, c, u, w)
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.TreesAreReadOnce},
}

// NothingTurnsBeforeNext: until the instant that a rule names, its answer is the same at every other.
var NothingTurnsBeforeNext = Law[Foreteller]{
	Holds: func(t *rapid.T, f Foreteller) error {
		w := Drawn{}.World(t)
		c := groups.Criteria{Match: match(t), Sets: []groups.Set{{Match: match(t)}}}
		for range rapid.IntRange(1, 2).Draw(t, "conditions") {
			c.Sets[0].Conditions = append(c.Sets[0].Conditions, clocked(t, w.Now))
		}
		u := anyone(t, w)
		was, err := f.Match(c, u, w)
		if err != nil {
			return err
		}
		next, ok, err := f.Next(c, u, w)
		if err != nil {
			return err
		}
		if ok && !next.After(w.Now) {
			return fmt.Errorf("next is %v, not after %v", next, w.Now)
		}
		later := w
		for _, at := range samples(t, w.Now, next) {
			if ok && !at.Before(next) {
				continue
			}
			later.Now = at
			is, err := f.Match(c, u, later)
			if err != nil {
				return err
			}
			if is != was {
				return disagree(fmt.Sprintf("from %v on, though next is %v", w.Now, next), is, was, c, u, later)
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.NextTurnsInUTC, oracle.NextIsNever},
}

// clocked draws a condition that time alone can turn.
func clocked(t *rapid.T, now time.Time) groups.Condition {
	span := groups.Span{N: rapid.IntRange(1, 13).Draw(t, "n"), Unit: draw(t, "unit of time", groups.Days, groups.Weeks, groups.Months, groups.Years)}
	test := groups.Test{
		Op: draw(t, "op", groups.Op("inLast"), "inNext", "ago", "ahead", "anniversaryWithin"), Negated: negated(t), Span: span,
	}
	if chance(t, "enrollment", 30) {
		return groups.EnrollmentCondition{Courses: some(t, "courses", 3, courses...), Op: "completed", When: test}
	}
	return groups.FieldCondition{Field: draw(t, "field", "hired", "born", "seen", "login"), Test: test}
}

// samples draws instants after now: just before next, and all over the year to come.
func samples(t *rapid.T, now, next time.Time) []time.Time {
	list := []time.Time{next.Add(-1), next.Add(-time.Second), next.Add(-time.Hour)}
	for range 6 {
		hours := rapid.IntRange(1, 24*400).Draw(t, "hours")
		if chance(t, "soon", 50) {
			hours %= 72
		}
		list = append(list, now.Add(time.Duration(hours)*time.Hour+time.Duration(rapid.IntRange(0, 59).Draw(t, "minutes"))*time.Minute))
	}
	return slices.DeleteFunc(list, func(at time.Time) bool { return at.Before(now) })
}
