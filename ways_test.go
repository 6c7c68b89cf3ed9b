package groups_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// This file searches for what would make a verdict another by trying everything, which is what the search is compared with.

// A world that is otherwise: a user with changes, in a view that goes with them.
type otherwise struct {
	user  groups.User
	world oracle.World
	view  *groups.View
	of    map[groups.GroupID]bool
}

func (o *otherwise) MemberOf(u groups.UserID, g groups.GroupID, orBelow bool) groups.Verdict {
	if in, other := o.of[g]; other {
		return map[bool]groups.Verdict{true: groups.Yes, false: groups.No}[in]
	}
	return o.world.Member(u, g, orBelow)
}

// with makes one thing of the user what it is to be. Nothing but plain data says what that is.
func (o *otherwise) with(schema *groups.Schema, of, name string, to []string) {
	u := &o.user
	switch of {
	case "field":
		u.Fields = maps.Clone(u.Fields)
		u.Fields[name] = valueOf(schema, name, to)
	case "tree":
		u.Units = maps.Clone(u.Units)
		u.Units[groups.Tree(name)] = slices.Clone(to)
	case "manager":
		u.Manager = groups.ReportsTo(groups.UserID(strings.Join(to, "")))
		users := slices.Clone(o.world.Users)
		for i := range users {
			if users[i].ID == u.ID {
				users[i] = *u
			}
		}
		view := *o.view
		view.Lines = groups.NewLines(users...)
		o.view = &view
	case "activation":
		u.Activation = map[string]groups.Activation{"active": groups.Activated, "deactivated": groups.Deactivated}[to[0]]
	case "expiry":
		u.Expiry = map[string]groups.Expiry{"current": groups.Current, "expired": groups.Expired}[to[0]]
	case "group":
		o.of = maps.Clone(o.of)
		o.of[groups.GroupID(name)] = len(to) > 0
	case "course":
		list, whole := u.Enrollments.List()
		list = slices.DeleteFunc(slices.Clone(list), func(e groups.Enrollment) bool { return e.Course == name })
		if len(to) > 0 {
			record := groups.Enrollment{Course: name, Status: to[0], Completed: groups.Empty()}
			if len(to) > 1 {
				record.Completed, _ = groups.ParseValue(groups.TypeDate, to[1])
			}
			list = append(list, record)
		}
		if u.Enrollments = groups.Enrolled(list...); len(to) > 0 && !whole {
			u.Enrollments = u.Enrollments.Partial()
		}
	default:
		panic(of)
	}
}

func valueOf(schema *groups.Schema, name string, to []string) groups.Value {
	f, _ := schema.Field(name)
	switch {
	case len(to) == 0:
		return groups.Empty()
	case f.Type == groups.TypeText:
		return groups.Text(to...)
	case f.Type == groups.TypeChoice || f.Type == groups.TypeMultiChoice:
		return groups.Choice(to...)
	}
	v, err := groups.ParseValue(f.Type, to[0])
	if err != nil {
		panic(err)
	}
	return v
}

// verdict is a rule's in that world.
func (o *otherwise) verdict(rule *groups.Rule) groups.Verdict {
	v := *o.view
	v.Memberships = o
	return rule.Match(&o.user, &v)
}

// drawn is a random rule and user, and what is said of them.
func drawnExplanation(t *rapid.T) (otherwise, groups.Criteria, *groups.Rule, *groups.Explanation) {
	w := law.Drawn{}.World(t)
	w.Users = slices.Clone(w.Users)
	c := law.Drawn{}.Criteria(t, w.Now, len(w.Users))
	rule, err := w.Schema.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	u := w.Users[rapid.IntRange(0, len(w.Users)-1).Draw(t, "who")]
	v := law.View(w)
	return otherwise{u, w, v, map[groups.GroupID]bool{}}, c, rule, rule.Explain(&u, v)
}

func TestWhateverIsOfferedMakesTheVerdictWhatIsSaidAndTurnsNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		is, c, rule, x := drawnExplanation(t)
		for _, f := range x.Otherwise {
			for _, set := range f.Sets {
				other := is
				for _, change := range set {
					other.with(is.world.Schema, change.Of, change.Name, change.To)
				}
				if got := other.verdict(rule); got != f.Verdict {
					t.Fatalf("%v\n%v: %v\n%s\n%v", c, set, got, law.DescribeWorld(is.world), x)
				}
			}
			for i, a := range f.Sets {
				for j, b := range f.Sets {
					if i != j && slices.EqualFunc(a, b, turnsNoMore) {
						t.Fatalf("%v\n%v does what %v does\n%s", c, a, b, law.DescribeWorld(is.world))
					}
				}
			}
		}
	})
}

// turnsNoMore reports whether a change is of the same thing as another and turns no conditions but those that the other turns.
func turnsNoMore(a, b groups.DataChange) bool {
	return a.Of == b.Of && a.Name == b.Name && within(a.Conditions, b.Conditions)
}

// An option is one value that a thing may have, and the conditions that it turns.
type option struct {
	of, name string
	to       []string
	turns    []string
}

func (o option) String() string { return fmt.Sprint(o.of, " ", o.name, " ", o.to, " ", o.turns) }

// options are all values that are tried for whatever the criteria read, one of those that its conditions do not tell apart.
func (o *otherwise) options(c groups.Criteria, target groups.Verdict) (all [][]option) {
	type asked struct {
		pointer string
		rule    *groups.Rule
	}
	var things []option
	by := map[string][]asked{}
	for i, set := range c.Sets {
		for j, cond := range set.Conditions {
			read := func(of, name string, alone groups.Condition) {
				rule, err := o.world.Schema.Compile(groups.AllSets(groups.All(alone)))
				if err != nil {
					panic(err)
				}
				if by[of+name] == nil {
					things = append(things, option{of: of, name: name})
				}
				by[of+name] = append(by[of+name], asked{fmt.Sprintf("/sets/%d/conditions/%d", i, j), rule})
			}
			switch cond := cond.(type) {
			case groups.FieldCondition:
				if cond.Field != "id" {
					read("field", cond.Field, cond)
				}
			case groups.UnitCondition:
				read("tree", string(cond.Tree), cond)
			case groups.UserCondition:
				if cond.Op == "below" || cond.Op == "isOrBelow" {
					read("manager", "", cond)
				}
			case groups.EnrollmentCondition:
				for _, course := range cond.Courses {
					alone := cond
					alone.Courses, alone.Quantifier, alone.K = []string{course}, groups.AnyCourse, 0
					read("course", course, alone)
				}
			case groups.GroupCondition:
				for _, g := range cond.Groups {
					alone := cond
					alone.Groups = []groups.GroupID{g}
					read("group", string(g), alone)
				}
			case groups.StatusCondition:
				for _, s := range cond.Statuses {
					of := "activation"
					if s == groups.StatusExpired {
						of = "expiry"
					}
					read(of, "", groups.StatusCondition{Negated: cond.Negated, Statuses: []groups.UserStatus{s}})
				}
			}
		}
	}
	for _, t := range things {
		seen := map[string]bool{}
		var list []option
		for _, to := range o.values(c, t.of, t.name) {
			other := *o
			other.with(o.world.Schema, t.of, t.name, to)
			key := ""
			var turns []string
			for _, a := range by[t.of+t.name] {
				was, is := o.verdict(a.rule), other.verdict(a.rule)
				if key += is.String() + " "; is == target && was != target && !slices.Contains(turns, a.pointer) {
					turns = append(turns, a.pointer)
				}
			}
			if !seen[key] {
				seen[key] = true
				list = append(list, option{t.of, t.name, to, turns})
			}
		}
		all = append(all, list)
	}
	return all
}

// values are those that are tried for a thing.
func (o *otherwise) values(c groups.Criteria, of, name string) (list [][]string) {
	add := func(to ...string) { list = append(list, slices.Clone(to)) }
	switch of {
	case "tree":
		ids := []string{"gone"} // which is in no tree
		for _, u := range o.world.Units {
			if string(u.Tree) == name {
				ids = append(ids, u.ID)
			}
		}
		add()
		for i, a := range ids {
			add(a)
			for _, b := range ids[:i] {
				add(a, b)
			}
		}
	case "manager":
		add()
		for _, u := range o.world.Users { // also those who report to the user
			add(string(u.ID))
		}
	case "activation":
		add("active")
		add("deactivated")
	case "expiry":
		add("current")
		add("expired")
	case "group":
		add()
		add("member")
	case "course":
		add()
		for _, status := range o.world.Schema.EnrollmentStatuses {
			add(status)
			for _, d := range o.days(c) {
				add(status, d.Format(time.DateOnly))
			}
		}
	case "field":
		add()
		f, _ := o.world.Schema.Field(name)
		switch f.Type {
		case groups.TypeText:
			texts := []string{"sales", "SALES rep", "rep", "Straße", "strasse 1", "é", "e", "İ", "ops", "zzz", "sales zzz", "zzz rep", "ops zzz rep"}
			for i, a := range texts {
				add(a)
				for _, b := range texts[:i] {
					if f.Several {
						add(a, b)
					}
				}
			}
		case groups.TypeChoice, groups.TypeMultiChoice:
			ids := []string{"x", "y", "z"}
			if len(f.Options) == 0 {
				ids = append(ids, "nosuch", "w")
			}
			for subset := 1; subset < 1<<len(ids); subset++ {
				var to []string
				for i, id := range ids {
					if subset>>i&1 == 1 {
						to = append(to, id)
					}
				}
				if len(to) == 1 || f.Type == groups.TypeMultiChoice {
					add(to...)
				}
			}
		case groups.TypeNumber:
			for _, n := range []string{"-2", "-1", "-0.5", "0", "0.05", "0.1", "0.2", "0.3", "0.5", "1", "1.5", "2", "5", "10", "11"} {
				add(n)
			}
		case groups.TypeBool:
			add("true")
			add("false")
		case groups.TypeDate:
			for _, d := range o.days(c) {
				add(d.Format(time.DateOnly))
			}
		case groups.TypeInstant:
			for _, d := range o.days(c) {
				for _, hours := range []int{0, 9, 23} {
					add(d.Add(time.Duration(hours) * time.Hour).Format(time.RFC3339))
				}
			}
		}
	}
	return list
}

// days are some around now and around those that the criteria name.
func (o *otherwise) days(c groups.Criteria) (list []time.Time) {
	around := []time.Time{o.world.Now}
	for _, set := range c.Sets {
		for _, cond := range set.Conditions {
			var test groups.Test
			switch cond := cond.(type) {
			case groups.FieldCondition:
				test = cond.Test
			case groups.EnrollmentCondition:
				test = cond.When
			}
			for _, v := range test.Values {
				if at, err := time.Parse(time.RFC3339, v.String()); err == nil {
					around = append(around, at)
				} else if at, err := time.Parse(time.DateOnly, v.String()); err == nil {
					around = append(around, at)
				}
			}
			if n := test.Span.N; n > 0 {
				for _, n := range []int{n, -n} {
					switch test.Span.Unit {
					case groups.Days:
						around = append(around, o.world.Now.AddDate(0, 0, n))
					case groups.Weeks:
						around = append(around, o.world.Now.AddDate(0, 0, 7*n))
					case groups.Months:
						around = append(around, o.world.Now.AddDate(0, n, 0))
					case groups.Years:
						around = append(around, o.world.Now.AddDate(n, 0, 0))
					}
				}
			}
		}
	}
	for _, at := range around {
		for n := -2; n <= 2; n++ {
			list = append(list, at.UTC().Truncate(24*time.Hour).AddDate(0, 0, n))
		}
	}
	return list
}

func TestNoSmallerOrOtherSmallestSetOfChangesMakesTheVerdictAnother(t *testing.T) {
	complete, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		is, c, rule, x := drawnExplanation(t)
		for _, f := range x.Otherwise {
			all++
			if !f.Complete {
				continue
			}
			complete++
			most := 3
			switch {
			case len(f.Sets) > 0:
				most = len(f.Sets[0])
			case !f.More: // no set at all
				most = 4
			}
			is.each(is.options(c, f.Verdict), most, func(chosen []option, other *otherwise) {
				if other.verdict(rule) != f.Verdict {
					return
				}
				told := func(set []groups.DataChange) bool {
					return len(set) == len(chosen) && !slices.ContainsFunc(set, func(change groups.DataChange) bool {
						return !slices.ContainsFunc(chosen, func(o option) bool {
							return o.of == change.Of && o.name == change.Name && within(change.Conditions, o.turns)
						})
					})
				}
				if !slices.ContainsFunc(f.Sets, told) {
					t.Fatalf("%v\nnot told of %v\n%s\n%v", c, chosen, law.DescribeWorld(is.world), x)
				}
			})
		}
	})
	if complete < all*3/5 {
		t.Errorf("only %d of %d are complete", complete, all)
	}
}

func within(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// each has a look at whatever takes up to so many changes.
func (o *otherwise) each(things [][]option, most int, look func([]option, *otherwise)) {
	var chosen []option
	var walk func(from int, at *otherwise)
	walk = func(from int, at *otherwise) {
		if look(chosen, at); len(chosen) == most {
			return
		}
		for t := from; t < len(things); t++ {
			for _, option := range things[t] {
				if len(option.turns) == 0 {
					continue
				}
				other := *at
				other.with(o.world.Schema, option.of, option.name, option.to)
				chosen = append(chosen, option)
				walk(t+1, &other)
				chosen = chosen[:len(chosen)-1]
			}
		}
	}
	walk(0, o)
}
