package insight

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// reasons are what of a group's criteria takes users in today, or leaves them out: the conditions that hold for them
// within the scope of its owner, or do not. Of whom there is nothing to say there is no entry.
func (d *Desk) reasons(ctx context.Context, g groups.Group, users []groups.UserID, in bool) (map[groups.UserID][]string, error) {
	said := map[groups.UserID][]string{}
	return said, d.inBatches(ctx, users, func(some []groups.UserID) error { return d.reason(ctx, g, some, in, said) })
}

// inBatches does something for as many users at a time as a condition may name.
func (d *Desk) inBatches(ctx context.Context, users []groups.UserID, do func([]groups.UserID) error) error {
	schema, err := d.dir.Schema(ctx)
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	most := 2000
	if l := schema.Limits; l != nil && l.Operands > 0 {
		most = l.Operands
	}
	for some := range slices.Chunk(users, most) {
		if err := do(some); err != nil {
			return err
		}
	}
	return nil
}

// reason is reasons for so few users that one condition may name them.
func (d *Desk) reason(ctx context.Context, g groups.Group, users []groups.UserID, in bool, said map[groups.UserID][]string) error {
	if g.Owner != "" && !in {
		within, err := d.among(ctx, g, groups.Everyone{}, users)
		if err != nil {
			return err
		}
		owner := g.Owner
		g.Owner = "" // whose scope would hide what the rule says
		there, err := d.among(ctx, g, groups.Everyone{}, users)
		if err != nil {
			return err
		}
		for u := range there {
			if !within[u] {
				said[u] = append(said[u], fmt.Sprintf("they are not assigned to the owner %q", owner))
			}
		}
	}
	// The rule says one thing of them, and the other criteria say the opposite, which no condition of it does.
	opposite, says := groups.UserIs(users...), groups.No
	if in {
		opposite, says = opposite.Not(), groups.Yes
	}
	found, err := d.ev.Differ(ctx, g, groups.AnySets(groups.All(opposite)), len(users))
	if err != nil {
		return err
	}
	for _, of := range found {
		if of.Says[1] == says || of.Says[1] == groups.Unknown || of.Says[0] != says && of.Says[0] != groups.Unknown {
			continue
		}
		for _, by := range of.Distinctions {
			if by.Rule != 0 {
				continue
			}
			text, empty, err := d.wording(ctx, g, by)
			if err != nil {
				return err
			}
			for _, u := range by.First {
				if empty[u] {
					said[u] = append(said[u], fmt.Sprintf("`%s` is empty", conditionAt(g.Criteria, by.Pointer).(groups.FieldCondition).Field))
				} else {
					said[u] = append(said[u], text)
				}
			}
		}
		if len(g.Criteria.Sets) == 0 {
			for _, u := range of.First {
				said[u] = append(said[u], "there are no criteria")
			}
		}
	}
	return nil
}

// wording says that a condition holds, or does not, and for whom that is because they have no value.
func (d *Desk) wording(ctx context.Context, g groups.Group, by groups.Distinction) (text string, empty map[groups.UserID]bool, err error) {
	switch by.Says {
	case groups.Yes:
		return "it is so that " + by.Text, nil, nil
	case groups.Unknown:
		return "it is not known whether " + by.Text, nil, nil
	}
	if f, is := conditionAt(g.Criteria, by.Pointer).(groups.FieldCondition); is && f.Op != opIsEmpty {
		empty, err = d.among(ctx, g, groups.FieldCondition{Field: f.Field, Test: groups.Test{Op: opIsEmpty}}, by.First)
	}
	return "it is not so that " + by.Text, empty, err
}

// conditionAt is the condition at a pointer that leads to one.
func conditionAt(c groups.Criteria, pointer string) groups.Condition {
	var i, j int
	if n, _ := fmt.Sscanf(pointer, "/sets/%d/conditions/%d", &i, &j); n != 2 {
		return nil
	}
	return c.Sets[i].Conditions[j]
}

// among are those of some users for whom a condition holds, within the scope of the owner of the group.
func (d *Desk) among(ctx context.Context, g groups.Group, c groups.Condition, users []groups.UserID) (map[groups.UserID]bool, error) {
	held := map[groups.UserID]bool{}
	return held, d.inBatches(ctx, users, func(some []groups.UserID) error {
		_, list, err := d.ev.CountPage(ctx, groups.Group{
			ID: alone, Name: alone, Kind: groups.AutomaticGroup, Status: groups.Active, Zone: g.Zone, Owner: g.Owner,
			Criteria: groups.AllSets(groups.All(groups.UserIs(some...), c)),
		}, len(some))
		for _, m := range list {
			held[m.User] = true
		}
		return err
	})
}

// told says what a change came from, but for the rule.
func told(c groups.Change) string {
	by := func(person, nobody string) string {
		if c.By == "" {
			return nobody
		}
		return c.By + " " + person
	}
	switch c.Cause {
	case causeRule:
		if c.After == groups.Outside {
			return "the rule let them go at the time"
		}
		return "the rule took them in at the time"
	case causeAssignment:
		return by("put them in", "they were put in")
	case causeUnassignment:
		return by("took their assignment away", "their assignment ended")
	case causeExclusion:
		return by("kept them out", "they were kept out")
	case causeDeactivation:
		return "they were deactivated"
	case causeAbsence:
		return "they are not among the people any more"
	case causeActivation:
		return "the group was activated"
	case causeAdoption:
		return "the group was activated with those who were in already"
	case causeInactivation:
		return "the group was inactivated"
	case causeDeletion:
		return "the group was deleted"
	}
	return string(c.Cause)
}

// on is a day.
func on(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// common counts reasons, those of most users first.
func common(said map[groups.UserID][]string) []groups.CommonCause {
	counts := map[string]int{}
	for _, list := range said {
		for _, text := range slices.Compact(slices.Sorted(slices.Values(list))) {
			counts[text]++
		}
	}
	causes := make([]groups.CommonCause, 0, len(counts))
	for text, n := range counts {
		causes = append(causes, groups.CommonCause{Count: n, Text: text})
	}
	slices.SortFunc(causes, func(a, b groups.CommonCause) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Text, b.Text)) })
	return causes
}

func sortedUsers[V any](m map[groups.UserID]V) []groups.UserID { return slices.Sorted(maps.Keys(m)) }
