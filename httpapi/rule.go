package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// A draft is criteria that somebody is writing.
type draft struct {
	Criteria json.RawMessage `json:"criteria"`
}

// checked are criteria that can be saved.
type checked struct {
	// Words are the criteria as people read them; blank for who does not see all of them.
	Words string `json:"words,omitempty"`
}

func (h *Handler) check(ctx context.Context, c *call) (any, error) {
	var sent draft
	if err := c.body(&sent); err != nil {
		return nil, err
	}
	c.criteria = "/criteria"
	criteria, err := h.parse(ctx, c, sent.Criteria)
	if err != nil || !c.actor.SeesAll {
		return checked{}, err
	}
	schema, err := h.dir.Schema(ctx)
	if err != nil {
		return nil, err
	}
	return checked{schema.Describe(criteria)}, nil
}

// counted is the live number, with the first of who they are, of the users whom the actor sees.
type counted struct {
	groups.Tally
	First []groups.Member `json:"first"`
}

func (h *Handler) count(ctx context.Context, c *call) (any, error) {
	var sent struct {
		Group definition `json:"group"`
	}
	if err := c.body(&sent); err != nil {
		return nil, err
	}
	g, err := h.group(ctx, c, sent.Group)
	if err != nil {
		return nil, err
	}
	ev := h.ev
	if !c.actor.SeesAll {
		opts := ev.Options()
		ev = groups.NewEvaluator(inSight{h.dir, c}, h.store, &opts)
	}
	tally, first, err := ev.CountPage(ctx, g, c.limit)
	if err != nil {
		return nil, err
	}
	return counted{Tally: tally, First: append([]groups.Member{}, first...)}, nil
}

// inSight are the people whom the actor sees: a number of others would tell what they have, one question at a time.
type inSight struct {
	groups.Directory
	c *call
}

func (d inSight) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		for u, err := range d.Directory.Users(ctx) {
			if (err != nil || d.c.sees(&u)) && !yield(u, err) {
				return
			}
		}
	}
}

func (d inSight) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	u, err := d.Directory.User(ctx, id)
	if err == nil && !d.c.sees(&u) {
		return groups.User{}, fmt.Errorf("user %q: %w", id, groups.ErrNotFound)
	}
	return u, err
}

// Scope has owners of groups have to do with whom they have.
func (d inSight) Scope(ctx context.Context, owner string) (groups.Scope, error) {
	if all, limits := groups.As[groups.Scoping](d.Directory); limits {
		return all.Scope(ctx, owner)
	}
	return nil, nil
}

// previewed is what an edit would do.
type previewed struct {
	// ID is that of the plan, with which the edit can be saved.
	ID string `json:"id"`
	// Plan is the whole of it, to be published; for those who see everything.
	Plan *groups.Plan `json:"plan,omitempty"`
	// Lines are the users whom anybody else sees of it.
	Lines []line `json:"lines,omitempty"`
}

// A line is one user of a preview.
type line struct {
	Heading admin.Heading `json:"heading"`
	Person  admin.Person  `json:"person"`
	Before  groups.Method `json:"before"`
	After   groups.Method `json:"after"`
}

func (h *Handler) preview(ctx context.Context, c *call) (any, error) {
	var sent edit
	if err := c.body(&sent); err != nil {
		return nil, err
	}
	g, err := h.group(ctx, c, sent.Group)
	if err != nil {
		return nil, err
	}
	if sent.Members == groups.MembersUnsaid {
		stored, err := h.store.Group(ctx, c.group)
		if err != nil && !errors.Is(err, groups.ErrNotFound) {
			return nil, err
		}
		if err == nil && stored.Revision == g.Revision && stored.Kind != g.Kind {
			return nil, &problem{code: codeInvalid, Problems: []placed{{"/members", "has to say what becomes of the members where the kind changes"}}}
		}
	}
	p, err := h.ev.Preview(ctx, g, &groups.PreviewOptions{Members: sent.Members})
	if err != nil {
		return nil, err
	}
	return h.show(ctx, c, p)
}

// show is a plan as the actor may see it.
func (h *Handler) show(ctx context.Context, c *call, p *groups.Plan) (any, error) {
	if c.actor.SeesAll {
		return previewed{ID: p.ID, Plan: p}, nil
	}
	lines, err := h.desk.Lines(ctx, c.actor, p, "", "")
	if err != nil {
		return nil, err
	}
	shown := previewed{ID: p.ID}
	for _, l := range lines {
		shown.Lines = append(shown.Lines, line(l))
	}
	return shown, nil
}

func (h *Handler) restore(ctx context.Context, c *call) (any, error) {
	revision, err := strconv.ParseUint(c.r.PathValue("revision"), 10, 64)
	if err != nil {
		return nil, &problem{code: codeNotFound}
	}
	p, err := h.desk.Restore(ctx, c.actor, c.group, revision)
	if err != nil {
		return nil, err
	}
	return h.show(ctx, c, p)
}

func (h *Handler) publish(ctx context.Context, c *call) (any, error) {
	return h.carryOut(ctx, c, func(p *groups.Plan) (*groups.Run, error) { return h.desk.Publish(ctx, c.actor, p) })
}

// approve takes a held plan, or its ID alone: the plan of a large group is larger than a body may be.
func (h *Handler) approve(ctx context.Context, c *call) (any, error) {
	return h.carryOut(ctx, c, func(p *groups.Plan) (*groups.Run, error) {
		if p.Group.Revision == 0 { // which no plan is that is held
			held, err := h.ev.Held(ctx)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(held, func(known *groups.Plan) bool { return known.ID == p.ID && known.Group.ID == c.group })
			if i < 0 {
				return nil, fmt.Errorf("held plan %.64q: %w", p.ID, groups.ErrNotFound)
			}
			*p = *held[i]
		}
		return h.ev.Approve(ctx, p, c.actor.By)
	})
}

// carryOut does what a plan says that somebody was shown.
func (h *Handler) carryOut(ctx context.Context, c *call, do func(*groups.Plan) (*groups.Run, error)) (any, error) {
	if err := c.seesAll(); err != nil {
		return nil, err
	}
	var p groups.Plan
	if err := c.body(&p); err != nil {
		return nil, err
	}
	c.criteria = "/group/criteria"
	if p.Group.ID = cmp.Or(p.Group.ID, c.group); p.Group.ID != c.group {
		return nil, &problem{code: codeInvalid, Problems: []placed{{"/group/id", "is not the group of the path"}}}
	}
	run, err := do(&p)
	if err != nil {
		return nil, err
	}
	// The revision that this wrote, or that of the plan: by now others may have saved the group.
	p.Group.Revision = cmp.Or(run.Saved, p.Group.Revision)
	c.tag(&p.Group)
	return outcome(c, run, &p.Group), nil
}

func (h *Handler) listPlans(ctx context.Context, c *call) (any, error) {
	if err := c.seesAll(); err != nil {
		return nil, err
	}
	held, err := h.ev.Held(ctx)
	if err != nil {
		return nil, err
	}
	after := c.query.Get("after")
	behind := func(yield func(*groups.Plan, error) bool) {
		for _, p := range held {
			if string(p.Group.ID) > after && !yield(p, nil) {
				return
			}
		}
	}
	return turnTo(c, after, behind, func(p *groups.Plan) string { return string(p.Group.ID) }, all)
}
