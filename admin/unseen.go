package admin

import (
	"bytes"
	"context"

	"github.com/grouprules/groups"
)

// keepsUnseen refuses an edit that drops, alters or moves conditions which the actor does not see, or
// names resources which they do not see, by the rules of [Desk.ParseCriteria]; stored is nil for a new
// group. What has come from there is fine.
func (d *Desk) keepsUnseen(ctx context.Context, actor Actor, stored, g *groups.Group) error {
	if actor.SeesAll {
		return nil
	}
	var was groups.Group
	if stored != nil {
		was = *stored
	}
	now := located(g.Criteria)
	sees, err := d.lookAt(ctx, actor, append(located(was.Criteria), now...))
	if err != nil {
		return err
	}
	hidden := veil(was, sees)
	ids := hidden.ids()
	e := &edit{layout: layout{match: g.Criteria.Match.String()}}
	for _, set := range g.Criteria.Sets {
		e.sets = append(e.sets, set.Match.String())
	}
	taken := map[place]bool{}
	for _, c := range now {
		if sees.sees(c.says) {
			continue
		}
		// A condition that nobody moved stands for itself; of equal ones any other will do.
		at, found := c.place, false
		for _, from := range located(was.Criteria) {
			if ids[from.place] == "" || taken[from.place] || !sameCondition(from.says, c.says) {
				continue
			}
			if !found || from.place == c.place {
				at, found = from.place, true
			}
		}
		if !found {
			for operand := range sees.unseen(c.says) {
				e.refuse(c.pointer()+operand, "names something that you do not see")
			}
			continue
		}
		taken[at] = true
		e.opaque = append(e.opaque, reference{element{place: c.place}, ids[at]})
	}
	e.compare(was.Criteria, hidden)
	if len(e.problems) > 0 {
		return e.refusal()
	}
	return nil
}

// sameCondition reports whether two conditions have the same JSON.
func sameCondition(a, b groups.Condition) bool {
	x, errX := groups.AllSets(groups.All(a)).MarshalJSON()
	y, errY := groups.AllSets(groups.All(b)).MarshalJSON()
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
