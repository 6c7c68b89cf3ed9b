package desk

import (
	"fmt"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// life is how long a draft is kept after it was last saved.
const life = 90 * 24 * time.Hour

// draft finds a draft that has not expired.
func (p *page) draft(id groups.GroupID, key string) (draft, bool) {
	g, ok := p.groups[id]
	if !ok {
		return draft{}, false
	}
	d, ok := g.drafts[key]
	return d, ok && (d.At.Add(life).After(p.now) || p.wrong(DraftsNeverExpire))
}

// meanwhile refuses an act on a draft that is not there any more, or not as it was read.
func (p *page) meanwhile(id groups.GroupID, key string, revision uint64) error {
	d, there := p.draft(id, key)
	switch {
	case there && d.Revision == revision, !there && revision == 0, there && p.wrong(DraftsAreOverwritten):
		return nil
	case there:
		return &groups.ConflictError{Group: id, Note: groups.NoteDraft, Revision: d.Revision, By: d.By, At: d.At}
	}
	return &groups.ConflictError{Group: id, Note: groups.NoteDraft}
}

// saveDraft keeps an edit that is not published; nobody moves.
func (p *page) saveDraft(by string, d admin.Draft) error {
	g, err := p.find(d.Group.ID)
	if err != nil {
		return err
	}
	if g.Revision != d.Group.Revision && !p.wrong(StaleDraftsAreSaved) {
		return g.conflict()
	}
	return p.keepDraft(by, d)
}

func (p *page) keepDraft(by string, d admin.Draft) error {
	if err := p.meanwhile(d.Group.ID, d.ID, d.Revision); err != nil {
		return err
	}
	drafts := p.groups[d.Group.ID].drafts
	for key, old := range drafts { // those that have expired go along; one of the same name counts on
		if _, there := p.draft(d.Group.ID, key); !there {
			if key == d.ID {
				d.Revision = old.Revision
			}
			delete(drafts, key)
		}
	}
	d.Group.State = groups.State{}
	p.groups[d.Group.ID].drafts[d.ID] = draft{d.Revision + 1, d.Group, by, p.now}
	p.write("draft", d.Group.ID, "", by, "")
	return nil
}

// discardDraft drops a draft; one that is gone is gone.
func (p *page) discardDraft(by string, d admin.Draft) error {
	if _, there := p.draft(d.Group.ID, d.ID); !there {
		return nil
	}
	if err := p.meanwhile(d.Group.ID, d.ID, d.Revision); err != nil {
		return err
	}
	delete(p.groups[d.Group.ID].drafts, d.ID)
	p.write("discard", d.Group.ID, "", by, "")
	return nil
}

// publishDraft publishes what was previewed of a draft, and drops it.
func (p *page) publishDraft(a admin.Actor, d admin.Draft, shown *plan) error {
	return p.try(func(p *page) error {
		if g, err := p.find(d.Group.ID); err != nil {
			return err
		} else if g.Revision != d.Group.Revision {
			return g.conflict()
		}
		stored, there := p.draft(d.Group.ID, d.ID)
		if !there {
			return fmt.Errorf("draft %q: %w", d.ID, groups.ErrNotFound)
		}
		if err := p.meanwhile(d.Group.ID, d.ID, d.Revision); err != nil {
			return err
		}
		if anonymised(bare(stored.Group)) != anonymised(bare(shown.group)) { // the desk says when, the page only that
			return fmt.Errorf("the preview is of another edit: %w", admin.ErrDraft)
		}
		if err := p.publish(a, shown); err != nil || p.wrong(PublishedDraftsStay) {
			return err
		}
		return p.discardDraft(a.By, d)
	})
}

// rebaseDraft puts the criteria of a draft on the group as it now is.
func (p *page) rebaseDraft(by string, d admin.Draft) error {
	g, err := p.find(d.Group.ID)
	switch {
	case err != nil:
		return err
	case g.Revision == d.Group.Revision:
		return fmt.Errorf("nobody saved the group meanwhile: %w", admin.ErrDraft)
	}
	next := g.Group
	next.Criteria = d.Group.Criteria
	if p.wrong(RebasingKeepsTheWholeDraft) {
		next = d.Group
		next.Revision = g.Revision
	}
	d.Group = next
	return p.keepDraft(by, d)
}
