package groups_test

import (
	"context"

	"github.com/grouprules/groups"
)

// What tests write to a store without an Evaluator's checks.

// saveGroup saves a definition, whatever is in it, and returns it as stored.
func saveGroup(ctx context.Context, s groups.Store, g groups.Group) (groups.Group, error) {
	w := groups.Write{Group: g.ID, Revision: g.Revision, Save: &g}
	if g.Revision == 0 {
		w.State = &groups.State{}
		for a := range s.Acts(ctx, g.ID, "") {
			w.State.Epoch = a.Cursor
		}
	}
	if err := apply(ctx, s, w); err != nil {
		return groups.Group{}, err
	}
	return s.Group(ctx, g.ID)
}

func apply(ctx context.Context, s groups.Store, writes ...groups.Write) error {
	return s.Apply(ctx, groups.Commit{Writes: writes})
}

// forget and deleteGroup do as an Evaluator does, which needs no people for it.
func forget(ctx context.Context, s groups.Store, user groups.UserID) error {
	return groups.NewEvaluator(groups.NewMemory(), s, &groups.Options{Now: newYear}).Forget(ctx, user, "admin")
}

func deleteGroup(ctx context.Context, s groups.Store, id groups.GroupID, revision uint64) error {
	return groups.NewEvaluator(groups.NewMemory(), s, &groups.Options{Now: newYear}).Delete(ctx, id, revision, "admin")
}
