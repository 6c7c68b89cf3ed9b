package admin

import (
	"context"
	"fmt"
	"slices"

	"github.com/grouprules/groups"
)

// keepsUnseen refuses an edit that drops, alters or moves conditions which the actor does not see, or
// names resources which they do not see, by the rules of [Desk.ParseCriteria], or puts the group beneath
// another parent where they do not see both; stored is nil for a new group. What has come from there is
// fine.
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
	for _, parent := range []groups.GroupID{was.Parent, g.Parent} {
		if was.Parent != g.Parent && parent != "" && !sees.group(parent) {
			return fmt.Errorf("group %q: its parent, now or after this edit, is %w", g.ID, ErrOpaque)
		}
	}
	hidden := veil(was, sees)
	ids := hidden.ids()
	e := &edit{layout: layout{match: g.Criteria.Match.String()}}
	for _, set := range g.Criteria.Sets {
		e.sets = append(e.sets, set.Match.String())
	}
	left := map[string][]place{} // where the unseen conditions stand, by what they say
	for _, c := range located(was.Criteria) {
		if ids[c.place] != "" {
			says := said(c.says)
			left[says] = append(left[says], c.place)
		}
	}
	for _, c := range now {
		if sees.sees(c.says) {
			continue
		}
		says := said(c.says)
		from := left[says]
		if len(from) == 0 {
			for operand := range sees.unseen(c.says) {
				e.refuse(c.pointer()+operand, "names something that you do not see")
			}
			continue
		}
		// A condition that nobody moved stands for itself; of equal ones any other will do.
		at := max(0, slices.Index(from, c.place))
		e.opaque = append(e.opaque, reference{element{place: c.place}, ids[from[at]]})
		left[says] = slices.Delete(from, at, at+1)
	}
	e.compare(was.Criteria, hidden)
	if len(e.problems) > 0 {
		return e.refusal()
	}
	return nil
}

// said is what a condition says, to be compared; of one that has no JSON, nothing.
func said(c groups.Condition) string {
	data, err := groups.AllSets(groups.All(c)).MarshalJSON()
	if err != nil {
		return ""
	}
	return string(data)
}
