package groups

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
)

// An edition is a definition that is evaluated and, where it saves, written together with the
// membership it brings; or a held plan that is approved.
type edition struct {
	group   GroupID
	do      string // as [Act.Do] has it
	by      string
	saves   bool
	alone   bool // nothing but the group, for counting
	page    int  // how many of who is in are told, where it is counted
	adopts  bool
	members CurrentMembers
	plan    string // the ID of the plan that is approved

	turned   bool   // the kind is another one
	versions []Note // those stored
	summary  []byte // of an approved plan
}

func (e *edition) approves(id GroupID) bool { return e != nil && e.group == id && e.plan != "" }

// turn is what becomes of a standing when the kind of the group changes. What the rule said ends with a
// rule that nobody reads, also in a group that is frozen as the rule left it.
func (e *edition) turn(r *run, kind Kind, was Standing) Standing {
	if !e.turned {
		return was
	}
	st := was
	switch {
	case e.members == MembersDropped:
		st.Assignment = nil
	case st.Automatic && st.Population != Outside && !st.Assignment.Holds(r.now):
		st.Assignment = &Assignment{By: e.by, At: r.now, Source: "kind"}
	}
	st.Automatic = st.Automatic && kind == AutomaticGroup
	if e.saves {
		r.acts = append(r.acts, decisionActs(was, st, e.by, "", r.now)...)
	}
	return st
}

// enter completes what a run writes with the definition and what is written down about it.
func (e *edition) enter(r *run, c *Commit) {
	s := r.groups[e.group]
	if e.plan != "" {
		c.Acts = append(c.Acts, Act{Do: actApprove, Group: e.group, By: e.by, At: r.now, After: e.summary})
	}
	if !e.saves {
		return
	}
	g := *s.Group
	g.SavedBy, g.SavedAt = e.by, r.now
	for i := range c.Writes {
		if c.Writes[i].Group == e.group {
			c.Writes[i].Save = &g
		}
	}
	c.Acts = append(c.Acts, definitionAct(e.do, s.was, &g))
	c.Notes = append(c.Notes, withVersion(e.versions, s.was, &g)...)
}

// edit begins a run of a group as it would be saved, and of the groups that refer to it.
func (e *Evaluator) edit(ctx context.Context, ed *edition, g Group) (*run, error) {
	r, err := e.begin(ctx, []Group{g})
	if err != nil {
		return nil, err
	}
	return r, e.revise(ctx, r, ed, g)
}

// revise makes the run one of the edition.
func (e *Evaluator) revise(ctx context.Context, r *run, ed *edition, g Group) error {
	s := r.groups[g.ID]
	switch {
	case ed.alone:
	case !s.stored && g.Revision != 0:
		return fmt.Errorf("group %q: %w", g.ID, ErrNotFound)
	case s.stored && s.was.Revision != g.Revision:
		return &ConflictError{Group: g.ID, Revision: s.was.Revision, By: s.was.SavedBy, At: s.was.SavedAt}
	}
	rule, err := e.checkGroup(r.schema, g)
	if err != nil {
		return err
	}
	if g.Kind == AutomaticGroup {
		s.rule = rule
	}
	if path := r.refs.ring(g.ID); path != nil {
		return &CycleError{path}
	}
	if s.stored && s.was.Kind != g.Kind {
		if ed.turned = true; ed.members == MembersUnsaid {
			return fmt.Errorf("group %q: %w: its kind changes, and nobody said what becomes of its members", g.ID, ErrGroup)
		}
	}
	if !s.stored && ed.saves {
		if err := e.succeed(ctx, s.Group); err != nil {
			return err
		}
	}
	if ed.saves {
		if ed.versions, err = collect(e.store.Notes(ctx, NoteVersion, g.ID)); err != nil {
			return fmt.Errorf("read versions: %w", err)
		}
	}
	r.edition = ed
	s.first.size = ed.page
	s.waits, s.whole, s.trusted = false, true, true
	if !ed.alone {
		var left []GroupID
		if s.stored && s.was.Parent != g.Parent {
			left = append(left, s.was.Parent)
		}
		dependents := r.refs.dependents([]GroupID{g.ID}, left...)
		r.takeWhole(dependents)
		for _, id := range dependents {
			r.groups[id].trusted = r.groups[id].whole && !ed.adopts
		}
	}
	return nil
}

// PreviewOptions tune [Evaluator.Preview]. A nil *PreviewOptions is the same as a zero one.
type PreviewOptions struct {
	// Members says what becomes of the members where the edit changes the kind of the group; such an
	// edit is refused with [ErrGroup] where it does not.
	Members CurrentMembers
	// Progress, where set, is told the number of users looked at, every 10,000 and once at the end.
	Progress func(users int)
}

// Preview works out what saving a definition would do: to its group, and to the groups that refer to
// it. Nothing is written; the context cancels it. Other groups count as they are stored. It refuses
// what [Evaluator.Save] would refuse, a group that somebody else saved meanwhile with a
// [*ConflictError].
func (e *Evaluator) Preview(ctx context.Context, g Group, o *PreviewOptions) (*Plan, error) {
	if o == nil {
		o = new(PreviewOptions)
	}
	return retried(func() (*Plan, error) {
		r, err := e.edit(ctx, &edition{group: g.ID, members: o.Members}, g)
		if err != nil {
			return nil, err
		}
		r.progress = o.Progress
		if err := r.evaluate(ctx); err != nil {
			return nil, err
		}
		return r.plan(), nil
	})
}

// plan is the run of an edition as a plan.
func (r *run) plan() *Plan {
	ed := r.edition
	s := r.groups[ed.group]
	p := &Plan{Group: *s.Group, Members: ed.members, Now: r.now, Diff: s.diff.listed(s.ID), Kept: listed(s.kept), Others: []Diff{}}
	p.Group.State = State{}
	if !ed.turned {
		p.Members = MembersUnsaid
	}
	for _, other := range r.order {
		if d := other.diff.listed(other.ID); other != s && other.whole && (!d.Empty() || len(d.Undecided)+len(d.Withheld) > 0) {
			p.Others = append(p.Others, d)
		}
	}
	slices.SortFunc(p.Others, func(a, b Diff) int { return bytes.Compare([]byte(a.Group), []byte(b.Group)) })
	p.Findings = r.survey.findings(r)
	p.ID = p.fingerprint()
	return p
}

// Publish saves the definition of a previewed plan and writes the membership it brings, at once and
// exactly as it was shown. It evaluates again at its own clock; where the result is another one, nothing
// is written and the error is a [*StaleError] with the difference. A group that somebody else saved
// meanwhile is refused with a [*ConflictError]. The [Guard] does not hold what was previewed.
func (e *Evaluator) Publish(ctx context.Context, p *Plan, by string) (*Run, error) {
	if err := p.check(false); err != nil {
		return nil, err
	}
	if err := checkText(by); err != nil {
		return nil, err
	}
	return e.write(ctx, "publish", func() (*run, error) {
		ed := &edition{group: p.Group.ID, do: actPublish, by: by, saves: true, members: p.Members}
		r, err := e.edit(ctx, ed, p.Group)
		if err != nil {
			return nil, err
		}
		if err := r.evaluate(ctx); err != nil {
			return nil, err
		}
		if d := p.deviations(r.plan()); len(d) > 0 {
			return nil, cmp.Or[error](r.still(ctx, r.groups[p.Group.ID]), &StaleError{p.Group.ID, d})
		}
		return r, nil
	})
}

// Adopt activates a group whose population the host has already: they become members without joins,
// each by a switch with the cause "adoption", which asks for no side effect. Groups that refer to this
// one follow. A stale revision is a [*ConflictError]; a group that is active is refused with [ErrGroup].
func (e *Evaluator) Adopt(ctx context.Context, group GroupID, revision uint64, by string) (*Run, error) {
	if err := checkText(by); err != nil {
		return nil, err
	}
	return e.write(ctx, "adopt", func() (*run, error) {
		g, err := e.store.Group(ctx, group)
		if err != nil {
			return nil, err
		}
		if g.Status == Active {
			return nil, fmt.Errorf("group %q: %w: it is active, and its members have joined", group, ErrGroup)
		}
		g.Status, g.Revision = Active, revision
		r, err := e.edit(ctx, &edition{group: group, do: actAdopt, by: by, saves: true, adopts: true}, g)
		if err != nil {
			return nil, err
		}
		return r, r.evaluate(ctx)
	})
}

// Approve writes exactly what a held plan says: it evaluates again, and where the result is another
// one, nothing is written and the error is a [*StaleError] with the difference; a group that somebody
// saved meanwhile is a [*ConflictError]. Groups that refer to this one follow, under the [Guard]. To
// approve a plan twice is harmless: the second time does nothing.
func (e *Evaluator) Approve(ctx context.Context, p *Plan, by string) (*Run, error) {
	if err := p.check(true); err != nil {
		return nil, err
	}
	if err := checkText(by); err != nil {
		return nil, err
	}
	return e.write(ctx, "approve", func() (*run, error) {
		r, err := e.begin(ctx, nil)
		if err != nil {
			return nil, err
		}
		s, ok := r.groups[p.Group.ID]
		switch {
		case !ok:
			return nil, fmt.Errorf("group %q: %w", p.Group.ID, ErrNotFound)
		case s.State.Approved == p.ID && s.State.Held != p.ID:
			return r, nil
		case s.Revision != p.Group.Revision:
			return nil, &ConflictError{Group: s.ID, Revision: s.Revision, By: s.SavedBy, At: s.SavedAt}
		}
		r.edition = &edition{group: s.ID, do: actApprove, by: by, plan: p.ID, summary: p.summary()}
		r.takeWhole([]GroupID{s.ID})
		s.waits, s.whole, s.trusted = false, true, true
		if err := r.evaluate(ctx); err != nil {
			return nil, err
		}
		now := &Plan{Group: *s.Group, Diff: s.diff.listed(s.ID)}
		if d := p.deviations(now); len(d) > 0 {
			return nil, cmp.Or[error](r.still(ctx, s), &StaleError{s.ID, d})
		}
		return r, nil
	})
}
