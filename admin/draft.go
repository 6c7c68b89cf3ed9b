package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/grouprules/groups"
)

// draftLife is how long a draft is kept where the Policy does not say, as at Cornerstone.
const draftLife = 90 * 24 * time.Hour

// ErrDraft is wrapped by the error for a draft that cannot be published or rebased as it stands.
var ErrDraft = errors.New("not a draft for that")

// A Draft is an edit of a group that is saved and not published. Every administrator of the group sees
// it.
type Draft struct {
	// ID names the draft in its group; blank creates one.
	ID string
	// Revision counts how often the draft was saved. Whoever saves it names the one they started from.
	Revision uint64
	// Group is the edited definition, with the revision of the group that the edit started from.
	Group groups.Group
	// By and At say who saved the draft last, and when; Expires is when it is gone.
	By      string
	At      time.Time
	Expires time.Time
	// Stale is who saved the group since the edit started from it: the draft can be discarded or
	// rebased, and nothing else. Nil where nobody did.
	Stale *groups.ConflictError
}

// SaveDraft saves an edit without publishing it, and returns it as stored; nobody moves. The
// definition may still be wrong: it is checked when it is previewed. A draft of a group that somebody
// else saved meanwhile, or that somebody else saved itself, is refused with a [*groups.ConflictError], and so
// is one that has expired: it is gone.
func (d *Desk) SaveDraft(ctx context.Context, actor Actor, draft Draft) (Draft, error) {
	stored, err := d.store.Group(ctx, draft.Group.ID)
	if err != nil {
		return Draft{}, err
	}
	if stale := staleness(&stored, draft.Group.Revision); stale != nil {
		return Draft{}, stale
	}
	if err := d.keepsUnseen(ctx, actor, &stored, &draft.Group); err != nil {
		return Draft{}, err
	}
	return d.keepDraft(ctx, actor, draft)
}

// keepDraft writes a draft, and takes those of its group that have expired along.
func (d *Desk) keepDraft(ctx context.Context, actor Actor, draft Draft) (Draft, error) {
	now := d.ev.Now()
	if draft.ID == "" {
		draft.ID = now.UTC().Format(time.RFC3339Nano) + " " + actor.By
	}
	draft.Group.State = groups.State{}
	data, err := json.Marshal(draft.Group)
	if err != nil {
		return Draft{}, fmt.Errorf("draft of group %q: %w", draft.Group.ID, err)
	}
	saved := groups.Act{Do: "draft", Group: draft.Group.ID, By: actor.By, At: now, After: data}
	notes := []groups.Note{{
		Kind: groups.NoteDraft, Group: draft.Group.ID, Key: draft.ID, Revision: draft.Revision, By: actor.By, At: now, Data: data,
	}}
	for n, err := range d.store.Notes(ctx, groups.NoteDraft, draft.Group.ID) {
		if err != nil {
			return Draft{}, err
		}
		switch expired := !d.expires(n).After(now); {
		case n.Key == draft.ID && expired && draft.Revision == 0: // in the place of one that is gone
			notes[0].Revision, draft.Revision = n.Revision, n.Revision
		case n.Key == draft.ID && expired:
			return Draft{}, &groups.ConflictError{Group: draft.Group.ID, Note: groups.NoteDraft}
		case n.Key == draft.ID:
			saved.Before = n.Data
		case expired:
			n.Data = nil
			notes = append(notes, n)
		}
	}
	if err := d.store.Apply(ctx, groups.Commit{Notes: notes, Acts: []groups.Act{saved}}); err != nil {
		return Draft{}, err
	}
	draft.Revision++
	draft.By, draft.At, draft.Stale = actor.By, now, nil
	draft.Expires = d.expires(groups.Note{At: now})
	return draft, nil
}

func (d *Desk) expires(n groups.Note) time.Time {
	life := d.policy.DraftLife
	if life <= 0 {
		life = draftLife
	}
	return n.At.Add(life)
}

// staleness is who saved the group since that revision, or nil.
func staleness(g *groups.Group, revision uint64) *groups.ConflictError {
	if g.Revision == revision {
		return nil
	}
	return &groups.ConflictError{Group: g.ID, Revision: g.Revision, By: g.SavedBy, At: g.SavedAt}
}

// Drafts lists the drafts of a group, or with a blank ID of all groups, by group and then by ID,
// without those that have expired.
func (d *Desk) Drafts(ctx context.Context, group groups.GroupID) ([]Draft, error) {
	now := d.ev.Now()
	var all []Draft
	for n, err := range d.store.Notes(ctx, groups.NoteDraft, group) {
		if err != nil {
			return nil, err
		}
		draft := Draft{ID: n.Key, Revision: n.Revision, By: n.By, At: n.At, Expires: d.expires(n)}
		if !draft.Expires.After(now) {
			continue
		}
		if err := json.Unmarshal(n.Data, &draft.Group); err != nil {
			return nil, fmt.Errorf("draft %q of group %q: %w", n.Key, n.Group, err)
		}
		stored, err := d.store.Group(ctx, n.Group)
		if errors.Is(err, groups.ErrNotFound) {
			continue // deleted while this was read
		}
		if err != nil {
			return nil, err
		}
		draft.Stale = staleness(&stored, draft.Group.Revision)
		all = append(all, draft)
	}
	return all, nil
}

// Draft returns one draft. One that is not there, or has expired, is an error that wraps
// [groups.ErrNotFound].
func (d *Desk) Draft(ctx context.Context, group groups.GroupID, id string) (Draft, error) {
	all, err := d.Drafts(ctx, group)
	if err != nil {
		return Draft{}, err
	}
	for _, draft := range all {
		if draft.ID == id && draft.Group.ID == group {
			return draft, nil
		}
	}
	return Draft{}, fmt.Errorf("draft %q of group %q: %w", id, group, groups.ErrNotFound)
}

// PublishDraft publishes a plan that was previewed from a draft, and discards the draft. It is refused
// like [Desk.Publish]; with a [*groups.ConflictError] where somebody saved the group or the draft
// meanwhile, so that of two who publish one draft the second is told who was faster; and with [ErrDraft]
// where the plan is of another edit than the draft. An error of discarding it comes with the run.
func (d *Desk) PublishDraft(ctx context.Context, actor Actor, draft Draft, p *groups.Plan) (*groups.Run, error) {
	g, err := d.store.Group(ctx, draft.Group.ID)
	if err != nil {
		return nil, err
	}
	if stale := staleness(&g, draft.Group.Revision); stale != nil {
		return nil, stale
	}
	stored, err := d.Draft(ctx, draft.Group.ID, draft.ID)
	switch {
	case err != nil:
		return nil, err
	case stored.Revision != draft.Revision:
		return nil, &groups.ConflictError{Group: draft.Group.ID, Note: groups.NoteDraft, Revision: stored.Revision, By: stored.By, At: stored.At}
	case p == nil || !sameDefinition(stored.Group, p.Group):
		return nil, fmt.Errorf("draft %q of group %q: %w: the preview is of another edit", draft.ID, draft.Group.ID, ErrDraft)
	}
	run, err := d.Publish(ctx, actor, p)
	if err != nil {
		return nil, err
	}
	if err := d.DiscardDraft(ctx, actor, stored); !errors.Is(err, groups.ErrConflict) {
		return run, err
	}
	return run, nil // somebody saved the draft as this was published: theirs stays, to be rebased
}

// sameDefinition reports whether two edits are the same.
func sameDefinition(a, b groups.Group) bool {
	a.SavedBy, a.SavedAt = b.SavedBy, b.SavedAt
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// DiscardDraft discards a draft. One that somebody else saved meanwhile is refused with a
// [*groups.ConflictError]; one that is gone is gone.
func (d *Desk) DiscardDraft(ctx context.Context, actor Actor, draft Draft) error {
	stored, err := d.Draft(ctx, draft.Group.ID, draft.ID)
	if errors.Is(err, groups.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := json.Marshal(stored.Group)
	if err != nil {
		return fmt.Errorf("draft of group %q: %w", draft.Group.ID, err)
	}
	err = d.store.Apply(ctx, groups.Commit{
		Notes: []groups.Note{{Kind: groups.NoteDraft, Group: draft.Group.ID, Key: draft.ID, Revision: draft.Revision}},
		Acts:  []groups.Act{{Do: "discard", Group: draft.Group.ID, By: actor.By, At: d.ev.Now(), Before: data}},
	})
	if conflict, is := errors.AsType[*groups.ConflictError](err); is && conflict.Revision == 0 || errors.Is(err, groups.ErrNotFound) {
		return nil
	}
	return err
}

// RebaseDraft puts the criteria of a draft on the group as it now is, for a draft whose group was saved
// meanwhile: what else was saved stays. One whose group was not is refused with [ErrDraft].
func (d *Desk) RebaseDraft(ctx context.Context, actor Actor, draft Draft) (Draft, error) {
	stored, err := d.store.Group(ctx, draft.Group.ID)
	if err != nil {
		return Draft{}, err
	}
	if stored.Revision == draft.Group.Revision {
		return Draft{}, fmt.Errorf("draft %q of group %q: %w: nobody saved the group meanwhile", draft.ID, draft.Group.ID, ErrDraft)
	}
	criteria := draft.Group.Criteria
	draft.Group = stored
	draft.Group.Criteria = criteria
	if err := d.keepsUnseen(ctx, actor, &stored, &draft.Group); err != nil {
		return Draft{}, err
	}
	return d.keepDraft(ctx, actor, draft)
}
