package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// A Version is criteria that a group once had.
type Version struct {
	Revision uint64 // of the group when they were saved
	By       string
	At       time.Time
	Criteria groups.Criteria
}

// Versions are the last ten versions of a group's criteria, the newest first, with who saved them and
// when. Other edits make no version (Docebo).
func (d *Desk) Versions(ctx context.Context, group groups.GroupID) ([]Version, error) {
	var all []Version
	for n, err := range d.store.Notes(ctx, groups.NoteVersion, group) {
		if err != nil {
			return nil, err
		}
		var g groups.Group
		if err := json.Unmarshal(n.Data, &g); err != nil {
			return nil, fmt.Errorf("version %q of group %q: %w", n.Key, group, err)
		}
		all = append(all, Version{Revision: g.Revision, By: n.By, At: n.At, Criteria: g.Criteria})
	}
	slices.Reverse(all)
	return all, nil
}

// Restore previews what it would do to go back to a version of the criteria, in people: who would join,
// leave and stay, against who is in now. To publish the plan ([Desk.Publish]) restores the version; it
// becomes the newest. A version that is not kept is an error that wraps [groups.ErrNotFound].
func (d *Desk) Restore(ctx context.Context, actor Actor, group groups.GroupID, version uint64) (*groups.Plan, error) {
	all, err := d.Versions(ctx, group)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(v Version) bool { return v.Revision == version })
	if i < 0 {
		return nil, fmt.Errorf("version %d of group %q: %w", version, group, groups.ErrNotFound)
	}
	g, err := d.store.Group(ctx, group)
	if err != nil {
		return nil, err
	}
	stored := g
	g.Criteria = all[i].Criteria
	if err := d.keepsUnseen(ctx, actor, &stored, &g); err != nil {
		return nil, err
	}
	return d.ev.Preview(ctx, g, nil)
}
