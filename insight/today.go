package insight

import (
	"context"
	"fmt"

	"github.com/grouprules/groups"
)

// values looks for operands to which no user has a value. One that is no option has been reported.
func (l *lint) values(ctx context.Context) error {
	for at, c := range l.each {
		c, is := c.(groups.FieldCondition)
		if !is || !listed(c.Op) || l.users == 0 {
			continue
		}
		f, _ := l.schema.Field(c.Field)
		for i, v := range c.Values {
			if len(f.Options) > 0 && !hasOption(f, v) {
				continue
			}
			one := groups.FieldCondition{Field: c.Field, Test: groups.Test{Op: c.Op, Values: []groups.Literal{v}}}
			if f.Type == groups.TypeMultiChoice {
				one.Op = opIncludesAny
			}
			t, err := l.count(ctx, groups.AllSets(groups.All(one)))
			if err != nil {
				return err
			}
			if t.Population == 0 {
				l.add(noSuchValue, fmt.Sprintf("%s/values/%d", at, i), "of no user is it known that %v", one)
			}
		}
	}
	return nil
}

// empties looks for conditions that hold for nobody but users who have no value.
func (l *lint) empties(ctx context.Context) error {
	for at, c := range l.each {
		var present groups.Condition
		switch c := c.(type) {
		case groups.FieldCondition:
			if c.Op != opIsEmpty {
				present = c.WhenEmpty(groups.NoMatch)
			}
		case groups.UnitCondition:
			if c.Op != opIsEmpty {
				present = c.WhenEmpty(groups.NoMatch)
			}
		}
		if present == nil {
			continue
		}
		all, err := l.count(ctx, groups.AllSets(groups.All(c)))
		if err != nil {
			return err
		}
		if all.Population == 0 {
			continue
		}
		some, err := l.count(ctx, groups.AllSets(groups.All(present)))
		if err != nil {
			return err
		}
		if some.Population == 0 {
			l.add(decidedByEmpties, at, "all who match it have no value there: %d", all.Population)
		}
	}
	return nil
}

// today asks which of today's people match the rule and its sets.
func (l *lint) today(ctx context.Context, parts []part, proved map[string]string) error {
	if len(parts) == 0 && l.group.Kind == groups.AutomaticGroup {
		l.add(nobody, "", "the rule has no sets, so that nobody matches it")
	}
	var whole groups.Tally
	for _, p := range parts {
		if p.set == 0 && p.at != "" || l.users == 0 {
			continue
		}
		t, err := l.count(ctx, p.rule.Criteria())
		if err != nil {
			return err
		}
		if p.at == "" {
			whole = t
		}
		switch said := proved[p.at] != "" || p.at != "" && (whole.Population == 0 || whole.Population == l.users); {
		case said || p.meansEveryone():
		case t.Population == 0:
			l.add(nobody, p.at, "none of the %d users is known to match %s", l.users, p.what)
		case t.Population == l.users:
			l.add(everybody, p.at, "all %d users match %s", l.users, p.what)
		}
	}
	if l.group.Owner == "" || whole.Population == 0 {
		return nil
	}
	t, err := l.count(ctx, l.group.Criteria, l.group.Owner)
	if err == nil && t.Population == 0 && t.Undecided == 0 {
		l.add(outOfScope, "", "%d users match the rule, and none of them is assigned to its owner %q", whole.Population, l.group.Owner)
	}
	return err
}
