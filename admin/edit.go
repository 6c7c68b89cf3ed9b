package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

var (
	// ErrPolicy is wrapped by the error for what the tenant's [Policy] does not allow.
	ErrPolicy = errors.New("against the policy of the tenant")
	// ErrPreview is wrapped by the error for an edit that has to be previewed first.
	ErrPreview = errors.New("to be previewed first")
)

// Create creates a group. It needs a name, and a description where the [Policy] demands one; without
// an owner it belongs to the actor (Docebo: "The user who creates a group is the group owner"). A new
// group is inactive unless it says otherwise, so that nothing happens while it is set up. Its
// population is worked out at once, unless it has a schedule. Where the Policy requires a preview, one
// with criteria is refused with [ErrPreview]: it is previewed and published, or gets its criteria later.
func (d *Desk) Create(ctx context.Context, actor Actor, g groups.Group) (groups.Group, *groups.Run, error) {
	if g.Revision != 0 {
		return groups.Group{}, nil, fmt.Errorf("group %q: %w: a new group has no revision", g.ID, groups.ErrGroup)
	}
	if g.Owner == "" {
		g.Owner = actor.By
	}
	return d.Save(ctx, actor, g, "")
}

// Save saves an edit of a group and brings memberships up to date with it; other criteria are
// worked out from scratch. Where the criteria are others and the [Policy] requires a preview, the edit
// has to carry the ID of one ([groups.Plan.ID]) that is still what would happen, and exactly that is
// applied; else it is refused with [ErrPreview], unless the actor may bypass that. No preview is one of
// a group that is frozen: it would move nobody, until the group is unfrozen. A preview that is given is
// held to in any case. A change of kind is published ([Desk.Publish]) and not saved.
//
// It refuses what [groups.Evaluator.Save] refuses: with a [*groups.ConflictError] that says who and when,
// an edit of a group that somebody else saved meanwhile. Nothing of a refused edit is written. Where the
// edit was saved and the members could not be brought up to date, the group comes with the error, and
// [groups.Evaluator.Changed] makes up for it.
func (d *Desk) Save(ctx context.Context, actor Actor, g groups.Group, preview string) (groups.Group, *groups.Run, error) {
	done, err := d.alone(ctx)
	if err != nil {
		return groups.Group{}, nil, err
	}
	defer done()
	stored, err := d.base(ctx, g)
	if err != nil {
		return groups.Group{}, nil, err
	}
	if err := d.allows(ctx, actor, stored, &g); err != nil {
		return groups.Group{}, nil, err
	}
	if stored != nil && stored.Kind != g.Kind {
		return groups.Group{}, nil, fmt.Errorf("group %q: a change of its kind is %w", g.ID, ErrPreview)
	}
	if d.previews(actor, stored, &g) || preview != "" {
		p, err := d.ev.Preview(ctx, g, nil)
		if err != nil {
			return groups.Group{}, nil, err
		}
		if p.ID != preview {
			return groups.Group{}, nil, fmt.Errorf("group %q: this edit of its criteria, as it would be now, is %w", g.ID, ErrPreview)
		}
		run, err := d.ev.Publish(ctx, p, actor.By)
		if err != nil {
			return groups.Group{}, nil, err
		}
		saved := p.Group // and not what is stored by now: others may have saved it since
		saved.Revision, saved.SavedBy, saved.SavedAt = run.Saved, actor.By, run.Now
		return saved, run, nil
	}
	saved, err := d.ev.Save(ctx, g, actor.By)
	if err != nil {
		return groups.Group{}, nil, err
	}
	run, err := d.ev.Changed(ctx, groups.Touched{Groups: []groups.GroupID{g.ID}})
	return saved, run, err
}

// base is the group that an edit started from; nil where it creates one.
func (d *Desk) base(ctx context.Context, g groups.Group) (*groups.Group, error) {
	stored, err := d.store.Group(ctx, g.ID)
	switch {
	case errors.Is(err, groups.ErrNotFound) && g.Revision == 0:
		return nil, nil
	case err != nil:
		return nil, err
	case stored.Revision != g.Revision:
		return nil, &groups.ConflictError{Group: g.ID, Revision: stored.Revision, By: stored.SavedBy, At: stored.SavedAt}
	}
	return &stored, nil
}

// allows refuses an edit that the tenant's policy, or what the actor sees, does not allow.
func (d *Desk) allows(ctx context.Context, actor Actor, stored, g *groups.Group) error {
	if d.policy.RequireDescription && strings.TrimSpace(g.Description) == "" {
		return fmt.Errorf("group %q: %w: it has no description", g.ID, ErrPolicy)
	}
	if g.Frozen && d.previews(actor, stored, g) {
		return fmt.Errorf("group %q: its criteria, frozen, move nobody whom a preview could show: unfreeze it with this edit, which is %w", g.ID, ErrPreview)
	}
	if stored != nil && stored.Status == groups.Active && g.Status == groups.Inactive {
		if err := d.mayEmpty(ctx, g.ID); err != nil {
			return err
		}
	}
	return d.keepsUnseen(ctx, actor, stored, g)
}

// previews reports whether an edit has to be previewed: it gives an automatic group another rule.
func (d *Desk) previews(actor Actor, stored, g *groups.Group) bool {
	if !d.policy.RequirePreview || actor.BypassPreview || g.Kind != groups.AutomaticGroup {
		return false
	}
	var was groups.Criteria
	if stored != nil && stored.Kind == groups.AutomaticGroup {
		was = stored.Criteria
	}
	a, errA := was.MarshalJSON()
	b, errB := g.Criteria.MarshalJSON()
	return errA != nil || errB != nil || !bytes.Equal(a, b)
}

// Publish saves and applies exactly what a preview showed; see [groups.Evaluator.Publish].
func (d *Desk) Publish(ctx context.Context, actor Actor, p *groups.Plan) (*groups.Run, error) {
	if p == nil {
		return d.ev.Publish(ctx, p, actor.By)
	}
	done, err := d.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	stored, err := d.base(ctx, p.Group)
	if err != nil {
		return nil, err
	}
	if err := d.allows(ctx, actor, stored, &p.Group); err != nil {
		return nil, err
	}
	return d.ev.Publish(ctx, p, actor.By)
}

// revise changes a group, from the revision that the actor looked at, and saves it with the members
// as they then are.
func (d *Desk) revise(ctx context.Context, actor Actor, group groups.GroupID, revision uint64, change func(*groups.Group)) (*groups.Run, error) {
	g, err := d.store.Group(ctx, group)
	if err != nil {
		return nil, err
	}
	g.Revision = revision
	change(&g)
	_, run, err := d.Save(ctx, actor, g, "")
	return run, err
}

// Activate has a group take effect: everybody in it joins, with the cause "activation".
// [groups.Evaluator.Adopt] does so without joins.
func (d *Desk) Activate(ctx context.Context, actor Actor, group groups.GroupID, revision uint64) (*groups.Run, error) {
	return d.revise(ctx, actor, group, revision, func(g *groups.Group) { g.Status = groups.Active })
}

// Inactivate has a group have no effect: everybody in it leaves, with the cause "inactivation", and the
// population is kept up. The host withdraws visibility and keeps enrollments (Docebo). Like any edit that
// turns a group off it is refused with [ErrLastGroup] where a member is in no other organizational group.
func (d *Desk) Inactivate(ctx context.Context, actor Actor, group groups.GroupID, revision uint64) (*groups.Run, error) {
	return d.revise(ctx, actor, group, revision, func(g *groups.Group) { g.Status = groups.Inactive })
}

// Transfer hands a group over to another owner, or with a blank one to the host's administrators. The
// rule of an automatic group is worked out again for the users assigned to the new owner; a manual
// group stays as it is (Docebo).
func (d *Desk) Transfer(ctx context.Context, actor Actor, group groups.GroupID, revision uint64, owner string) (*groups.Run, error) {
	return d.revise(ctx, actor, group, revision, func(g *groups.Group) { g.Owner = owner })
}

// Freeze keeps a group from following its rule (Cornerstone: "Freeze Group Processing"), and Unfreeze
// ends that. Neither moves anybody: the next processing does, under the guard.
func (d *Desk) Freeze(ctx context.Context, actor Actor, group groups.GroupID, revision uint64) (groups.Group, error) {
	return d.setFrozen(ctx, actor, group, revision, true)
}

// Unfreeze has a group follow its rule again, with the next processing.
func (d *Desk) Unfreeze(ctx context.Context, actor Actor, group groups.GroupID, revision uint64) (groups.Group, error) {
	return d.setFrozen(ctx, actor, group, revision, false)
}

func (d *Desk) setFrozen(ctx context.Context, actor Actor, group groups.GroupID, revision uint64, frozen bool) (groups.Group, error) {
	g, err := d.store.Group(ctx, group)
	if err != nil {
		return groups.Group{}, err
	}
	g.Revision, g.Frozen = revision, frozen
	return d.ev.Save(ctx, g, actor.By)
}

// Delete deletes a group, with a leave for each member. It is refused where the [Policy] forbids it
// (Cornerstone: "Groups cannot be permanently deleted"), with [groups.ErrReferred] while another group
// refers to it, with [ErrLastGroup] where a member is in no other organizational group, and with a
// [*groups.ConflictError] where somebody saved it meanwhile. Groups that count those beneath their own
// follow; an error of that leaves the group deleted, and [groups.Evaluator.Changed] makes up for it.
func (d *Desk) Delete(ctx context.Context, actor Actor, group groups.GroupID, revision uint64) (*groups.Run, error) {
	if d.policy.ForbidDeletion {
		return nil, fmt.Errorf("group %q: %w: groups are not deleted", group, ErrPolicy)
	}
	done, err := d.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := d.mayEmpty(ctx, group); err != nil {
		return nil, err
	}
	if err := d.ev.Delete(ctx, group, revision, actor.By); err != nil {
		return nil, err
	}
	return d.ev.Changed(ctx, groups.Touched{Groups: []groups.GroupID{group}})
}

// Duplication says what of a group is copied. Automatic members never are: the rule puts them in.
type Duplication struct {
	// Users copies the users who were put in by hand: all of a manual group, the assigned of an
	// automatic one.
	Users bool
	// Conditions copies the criteria.
	Conditions bool
}

// Duplicate creates a group like another one, with the ID and name of as, inactive and not frozen, and
// owned by the actor unless as has an owner. It is beneath the parent of the other one where the actor
// sees that. The users copied are those whom the actor sees; they are assigned by the actor, with the
// source "group:ID", and keep the day on which their assignment ends. Where not all of it can be done, there
// is no copy.
func (d *Desk) Duplicate(ctx context.Context, actor Actor, source groups.GroupID, as groups.Group, what Duplication) (groups.Group, *groups.Run, error) {
	g, err := d.store.Group(ctx, source)
	if err != nil {
		return groups.Group{}, nil, err
	}
	copied := g
	copied.ID, copied.Name, copied.Owner = as.ID, as.Name, as.Owner
	if as.Description != "" {
		copied.Description = as.Description
	}
	copied.Revision, copied.Status, copied.Frozen, copied.State = 0, groups.Inactive, false, groups.State{}
	if !actor.sight().group(copied.Parent) {
		copied.Parent = ""
	}
	if !what.Conditions {
		copied.Criteria = groups.Criteria{}
	}
	// The criteria are copied as they are, also what the actor does not see of them.
	whole := actor
	whole.BypassPreview, whole.SeesAll = true, true
	created, run, err := d.Create(ctx, whole, copied)
	if err == nil && what.Users {
		run, err = d.copyUsers(ctx, actor, source, created.ID, run)
	}
	if err != nil && created.ID != "" {
		err = errors.Join(err, d.undo(ctx, created, actor))
	}
	if err != nil {
		return groups.Group{}, nil, err
	}
	return created, run, nil
}

// copyUsers assigns to one group the users whom the actor sees and who are assigned to another. It returns
// the last of the runs.
func (d *Desk) copyUsers(ctx context.Context, actor Actor, from, to groups.GroupID, run *groups.Run) (*groups.Run, error) {
	until := map[groups.UserID]time.Time{}
	for st, err := range d.store.Standings(ctx, from, "") {
		if err != nil {
			return nil, err
		}
		if a := st.Assignment; a.Holds(d.ev.Now()) {
			until[st.User] = a.Until.UTC()
		}
	}
	together := map[time.Time][]groups.UserID{}
	err := d.lookUp(ctx, slices.Collect(maps.Keys(until)), func(id groups.UserID, u *groups.User) {
		if actor.seen(u) {
			together[until[id]] = append(together[until[id]], id)
		}
	})
	for _, end := range slices.SortedFunc(maps.Keys(together), time.Time.Compare) {
		if err == nil {
			run, err = d.ev.Assign(ctx, to, groups.Decision{By: actor.By, Source: "group:" + string(from), Until: end}, together[end]...)
		}
	}
	return run, err
}

// undo takes back a group that could not be completed.
func (d *Desk) undo(ctx context.Context, g groups.Group, actor Actor) error {
	return d.ev.Delete(context.WithoutCancel(ctx), g.ID, g.Revision, actor.By)
}
