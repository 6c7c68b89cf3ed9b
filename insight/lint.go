package insight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/grouprules/groups"
)

// lint is one look at one rule.
type lint struct {
	desk    *Desk
	group   groups.Group
	schema  *groups.Schema
	zone    *time.Location                    // of the group; nil where it names none, as that of the Evaluator is not known
	parents map[groups.Tree]map[string]string // of the units, by tree
	clauses []clause                          // the conditions, set after set
	trees   map[groups.Tree]*groups.Hierarchy // as places has them
	places  map[groups.Tree][][]string
	users   int // in the directory
	found   []Finding
}

// Lint says what is odd about the criteria of a group, stored or not, in the order of the criteria: see
// [Finding]. What it proves holds of everybody whose values are as the schema has them. It refuses what
// [groups.Schema.Check] refuses, with all its problems; an error of a source leaves no findings at all. It asks
// [groups.Evaluator.Count] once for each operand that is a value.
func (d *Desk) Lint(ctx context.Context, g groups.Group) ([]Finding, error) {
	l := &lint{desk: d, group: g}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	parts := l.parts()
	proved := l.prove(ctx, parts)
	l.compareSets(ctx, parts, proved)
	for _, look := range []func(context.Context) error{
		l.operands, l.references, l.values, l.empties,
		func(ctx context.Context) error { return l.today(ctx, parts, proved) },
	} {
		if err := errors.Join(look(ctx), ctx.Err()); err != nil {
			return nil, err
		}
	}
	return inOrder(l.found), nil
}

func (l *lint) add(code, pointer, format string, args ...any) {
	l.found = append(l.found, Finding{code, severityOf(code), pointer, fmt.Sprintf(format, args...)})
}

// read reads what the rule is looked at with.
func (l *lint) read(ctx context.Context) (err error) {
	if l.schema, err = l.desk.dir.Schema(ctx); err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	if err := l.schema.Check(l.group.Criteria); err != nil {
		return err
	}
	all, err := l.count(ctx, groups.AllSets(groups.All(groups.Everyone{})))
	if err != nil {
		return err
	}
	l.users = all.Population
	if l.group.Zone != "" {
		if l.zone, err = time.LoadLocation(l.group.Zone); err != nil {
			return err
		}
	}
	for _, s := range l.group.Criteria.Sets {
		for _, c := range s.Conditions {
			l.clauses = append(l.clauses, l.clause(c))
		}
	}
	if err := l.readTrees(ctx); err != nil {
		return err
	}
	l.growTrees()
	return nil
}

func (l *lint) readTrees(ctx context.Context) error {
	l.parents = map[groups.Tree]map[string]string{}
	for _, tree := range l.schema.Trees {
		l.parents[tree] = map[string]string{}
	}
	for u, err := range l.desk.dir.Units(ctx) {
		if err != nil {
			return fmt.Errorf("read units: %w", err)
		}
		if l.parents[u.Tree] == nil {
			l.parents[u.Tree] = map[string]string{}
		}
		if _, twice := l.parents[u.Tree][u.ID]; !twice {
			l.parents[u.Tree][u.ID] = u.Parent
		}
	}
	return nil
}

// clause makes a rule of one condition that has been checked.
func (l *lint) clause(c groups.Condition) clause {
	return clause{c, l.rule(groups.AllSets(groups.All(c)))}
}

// rule compiles a part of what has been checked.
func (l *lint) rule(c groups.Criteria) *groups.Rule {
	rule, err := l.schema.Compile(c)
	if err != nil {
		panic("insight: a part of criteria that were checked: " + err.Error())
	}
	return rule
}

// alone is an ID that no host gives a group, so that nothing is stored about it.
const alone = "insight, a rule by itself"

// count asks how many of today's people match criteria, in no scope unless an owner is named.
func (l *lint) count(ctx context.Context, c groups.Criteria, owner ...string) (groups.Tally, error) {
	g := byItself(c)
	g.Zone, g.Owner = l.group.Zone, strings.Join(owner, "")
	return l.desk.ev.Count(ctx, g)
}

// byItself is a group about which nothing is stored.
func byItself(c groups.Criteria) groups.Group {
	return groups.Group{ID: alone, Name: alone, Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: c}
}

// each yields the conditions with their pointers.
func (l *lint) each(yield func(at string, c groups.Condition) bool) {
	for i, s := range l.group.Criteria.Sets {
		for j, c := range s.Conditions {
			if !yield(fmt.Sprintf("/sets/%d/conditions/%d", i, j), c) {
				return
			}
		}
	}
}

// operands looks at how operands are written.
func (l *lint) operands(context.Context) error {
	for at, c := range l.each {
		for _, list := range listings(c) {
			form := l.form(c, list.key)
			first, folded := map[string]int{}, map[string]int{}
			for i, text := range list.operands {
				if strings.ContainsFunc(text, unseen) {
					l.add(invisible, list.of(at, i), "%q has characters that nobody sees", text)
				}
				if strings.Join(strings.Fields(text), " ") != text && !matches(c) {
					l.add(oddSpaces, list.of(at, i), "%q has white space that people do not expect", text)
				}
				if earlier, met := first[form(text)]; met {
					l.add(sameOperand, list.of(at, i), "%q compares as %q, which is in the list already", text, list.operands[earlier])
				} else {
					first[form(text)] = i
					l.otherCase(list.of(at, i), c, text, list.operands, folded, i)
				}
			}
		}
		l.past(at, c)
	}
	return nil
}

// otherCase finds an operand that another differs from in nothing but case, where that counts, and an option that is
// written otherwise.
func (l *lint) otherCase(at string, c groups.Condition, text string, operands []string, folded map[string]int, i int) {
	if matches(c) {
		return
	}
	key := strings.Join(groups.Field{Type: groups.TypeText}.Keys(groups.Text(text)), "")
	if earlier, met := folded[key]; met {
		l.add(otherCase, at, "%q differs from %q in nothing but case", text, operands[earlier])
		return
	}
	folded[key] = i
	f, is := c.(groups.FieldCondition)
	if !is {
		return
	}
	field, _ := l.schema.Field(f.Field)
	for _, o := range field.Options {
		if o.ID != strings.TrimSpace(text) && strings.Join(groups.Field{Type: groups.TypeText}.Keys(groups.Text(o.ID)), "") == key && !hasOption(field, f.Values[i]) {
			l.add(otherCase, at, "%q differs from option %q in nothing but case", text, o.ID)
			return
		}
	}
}

func unseen(r rune) bool {
	return !unicode.IsSpace(r) && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func matches(c groups.Condition) bool {
	f, is := c.(groups.FieldCondition)
	return is && f.Op == opMatches
}

// form is the form in which the operands of a list are compared.
func (l *lint) form(c groups.Condition, key string) func(string) string {
	if c, is := c.(groups.FieldCondition); is && key == "values" {
		if f, _ := l.schema.Field(c.Field); f.Type == groups.TypeText && c.Op != opMatches {
			return func(text string) string { return strings.Join(f.Keys(groups.Text(text)), "") }
		}
	}
	return strings.TrimSpace
}

// past finds the days, and windows with two ends, that no day to come is in.
func (l *lint) past(at string, c groups.Condition) {
	at, t := windows(at, c)
	e, _ := c.(groups.EnrollmentCondition)
	if t.Op != opOn && t.Op != opBetween || t.Negated || e.Negated {
		return
	}
	last := t.Values[len(t.Values)-1].String()
	for _, v := range l.views() {
		year, month, day := v.Now.In(v.Zone).Date()
		if d, err := time.Parse(time.DateOnly, last); err == nil && d.Before(time.Date(year, month, day, 0, 0, 0, 0, time.UTC)) {
			continue
		}
		if d, err := time.Parse(time.RFC3339, last); err == nil && d.Before(v.Now) {
			continue
		}
		return
	}
	key := "/value"
	if t.Op == opBetween {
		key = "/to"
	}
	l.add(windowPast, at+key, "%s is past: time brings nobody in any more", last)
}

// references looks for what the rule names and what does not exist.
func (l *lint) references(ctx context.Context) error {
	for at, c := range l.each {
		switch c := c.(type) {
		case groups.FieldCondition:
			l.options(at, c)
		case groups.UnitCondition:
			l.named(at, c)
		case groups.UserCondition:
			for i, id := range c.Users {
				_, err := l.desk.dir.User(ctx, id)
				if errors.Is(err, groups.ErrNotFound) {
					l.add(unknownUser, fmt.Sprintf("%s/users/%d", at, i), "user %q is not in the directory", id)
				} else if err != nil {
					return fmt.Errorf("read user %q: %w", id, err)
				}
			}
		case groups.EnrollmentCondition:
			for i, course := range c.Courses {
				t, err := l.count(ctx, groups.AllSets(groups.All(groups.Courses(course).AreEnrolled())))
				if err != nil {
					return err
				}
				if t.Population == 0 {
					l.add(unknownCourse, fmt.Sprintf("%s/courses/%d", at, i), "nobody has a record in course %q", course)
				}
			}
			for i, status := range c.Statuses {
				if known := l.schema.EnrollmentStatuses; len(known) > 0 && !slices.Contains(known, status) {
					l.add(unknownStatus, fmt.Sprintf("%s/statuses/%d", at, i), "there is no enrollment status %q", status)
				}
			}
		case groups.GroupCondition:
			for i, id := range c.Groups {
				_, err := l.desk.store.Group(ctx, id)
				if errors.Is(err, groups.ErrNotFound) {
					l.add(unknownGroup, fmt.Sprintf("%s/groups/%d", at, i), "there is no group %q", id)
				} else if err != nil {
					return fmt.Errorf("read group %q: %w", id, err)
				}
			}
		}
	}
	return nil
}

// options looks for operands that are none of the options of their field.
func (l *lint) options(at string, c groups.FieldCondition) {
	f, _ := l.schema.Field(c.Field)
	for i, v := range c.Values {
		if len(f.Options) > 0 && !hasOption(f, v) {
			l.add(unknownOption, fmt.Sprintf("%s/values/%d", at, i), "field %q has no option %q", f.Name, v)
		}
	}
}

func hasOption(f groups.Field, v groups.Literal) bool {
	return slices.ContainsFunc(f.Options, func(o groups.Option) bool { return o.ID == strings.TrimSpace(v.String()) })
}

// named looks at the units of a condition.
func (l *lint) named(at string, c groups.UnitCondition) {
	if l.parents[c.Tree] == nil {
		l.add(unknownTree, at+"/tree", "there is no tree %q", c.Tree)
		return
	}
	for i, id := range c.Units {
		if _, exists := l.parents[c.Tree][id]; !exists {
			l.add(unknownUnit, fmt.Sprintf("%s/units/%d", at, i), "tree %q has no unit %q", c.Tree, id)
			continue
		}
		if c.Op != opBelow && c.Op != opIsOrBelow || c.Depth > 0 {
			continue
		}
		if above := l.above(c.Tree, id, c.Units); above != "" {
			l.add(unitWithin, fmt.Sprintf("%s/units/%d", at, i), "%q is beneath %q, which is in the list as well", id, above)
		}
	}
}

// above is the nearest of some units that a unit is beneath, or blank. In a ring none is.
func (l *lint) above(tree groups.Tree, id string, units []string) (nearest string) {
	parents := l.parents[tree]
	for up, steps := parents[id], 0; up != "" && steps < len(parents); up, steps = parents[up], steps+1 {
		if up == id {
			return ""
		}
		if nearest == "" && slices.Contains(units, up) {
			nearest = up
		}
	}
	return nearest
}
