package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// A definition is a group as this actor may see and edit it: with an opaque condition in the place of each that they
// do not see.
type definition struct {
	groups.Group
	Criteria json.RawMessage `json:"criteria"`
}

// An edit is a definition that is to be looked at or saved.
type edit struct {
	Group definition `json:"group"`
	// Members says what becomes of the members where the kind changes, of a preview.
	Members groups.CurrentMembers `json:"members,omitempty"`
}

// A save is a definition that is to be saved, with the ID of the preview that showed what comes of it.
type save struct {
	Group   definition `json:"group"`
	Preview string     `json:"preview,omitempty"`
}

// A listed group is a line of the list of groups.
type listed struct {
	ID        groups.GroupID `json:"id"`
	Name      string         `json:"name"`
	Kind      groups.Kind    `json:"kind"`
	Status    groups.Status  `json:"status"`
	Frozen    bool           `json:"frozen,omitempty"`
	Owner     string         `json:"owner,omitempty"`
	Revision  uint64         `json:"revision"`
	Members   *int           `json:"members,omitempty"` // for those who see everything
	Processed time.Time      `json:"processed,omitzero"`
	Held      bool           `json:"held,omitempty"`
}

// A written group is what a write has come to.
type written struct {
	Group groups.GroupID `json:"group"`
	// Revision is that of the group as it is now; none of one that is deleted.
	Revision uint64 `json:"revision,omitempty"`
	*moved
	// Held says that the guard holds what the group would do, until its plan is approved.
	Held bool `json:"held,omitempty"`
}

// moved is how many users of the group were: for those who see everything, as the number would tell others what users
// have whom they do not see.
type moved struct {
	Joined   int `json:"joined"`
	Left     int `json:"left"`
	Switched int `json:"switched"`
}

func (h *Handler) describe(_ context.Context, _ *call) (any, error) {
	return json.RawMessage(document), nil
}

func (h *Handler) listGroups(ctx context.Context, c *call) (any, error) {
	after := groups.GroupID(c.query.Get("after"))
	return turnTo(c, string(after), h.store.Groups(ctx), func(g groups.Group) string { return string(g.ID) },
		func(g groups.Group) (listed, bool, error) {
			line := listed{
				ID: g.ID, Name: g.Name, Kind: g.Kind, Status: g.Status, Frozen: g.Frozen, Owner: g.Owner, Revision: g.Revision,
				Processed: g.State.Processed, Held: g.State.Held != "",
			}
			if c.actor.SeesAll {
				line.Members = &g.State.Members
			}
			return line, c.seesGroup(&g) && g.ID > after, nil
		})
}

func (h *Handler) readGroup(ctx context.Context, c *call) (any, error) {
	for {
		g, err := h.store.Group(ctx, c.group)
		if err != nil {
			return nil, err
		}
		criteria, err := h.desk.ReadCriteria(ctx, c.actor, c.group)
		if err != nil {
			return nil, err
		}
		same, err := h.unchanged(ctx, &g)
		if err != nil {
			return nil, err
		}
		if same {
			c.tag(&g)
			if !c.names(g.Parent) {
				g.Parent = ""
			}
			return definition{g, criteria}, nil
		}
	}
}

// unchanged reports whether the definition is still stored as it was read.
func (h *Handler) unchanged(ctx context.Context, g *groups.Group) (bool, error) {
	now, err := h.store.Group(ctx, g.ID)
	return err == nil && now.Revision == g.Revision, err
}

// group reads the definition of the group that the path names from what was sent.
func (h *Handler) group(ctx context.Context, c *call, d definition) (groups.Group, error) {
	g := d.Group
	if g.ID = cmp.Or(g.ID, c.group); g.ID != c.group {
		return g, &problem{code: codeInvalid, Problems: []placed{{"/group/id", "is not the group of the path"}}}
	}
	stored, err := h.store.Group(ctx, c.group)
	if err != nil && !errors.Is(err, groups.ErrNotFound) {
		return g, err
	}
	if g.Parent == "" && !c.names(stored.Parent) { // who was not shown it leaves it
		g.Parent = stored.Parent
	}
	if g.Parent != stored.Parent && !(c.names(g.Parent) && c.names(stored.Parent)) {
		return g, &problem{code: codeInvalid, Problems: []placed{{"/group/parent", "is, or was, a group that you do not see"}}}
	}
	if g.Criteria, err = h.parse(ctx, c, d.Criteria); err != nil {
		return g, err
	}
	return g, h.usable(ctx, c, g)
}

// usable refuses a definition that could not be saved whatever people and groups there are: a tenant with none says so,
// whose errors are no source's.
func (h *Handler) usable(ctx context.Context, c *call, g groups.Group) error {
	schema, err := h.dir.Schema(ctx)
	if err != nil {
		return err
	}
	nobody := groups.NewMemory()
	if err := nobody.Write(ctx, groups.PeopleChange{Schema: schema}); err != nil {
		return err
	}
	opts := h.ev.Options()
	_, err = groups.NewEvaluator(nobody, nobody, &opts).Count(ctx, g)
	if list := c.wrong(err); len(list) > 0 {
		return &problem{code: codeInvalid, Problems: list}
	}
	return err
}

// parse reads criteria as the actor edited them, of a group that is there or is to be.
func (h *Handler) parse(ctx context.Context, c *call, data []byte) (groups.Criteria, error) {
	if len(data) == 0 {
		data = []byte("{}")
	}
	if !c.actor.SeesAll {
		return h.desk.ParseCriteria(ctx, c.actor, c.group, data)
	}
	schema, err := h.dir.Schema(ctx)
	if err != nil {
		return groups.Criteria{}, err
	}
	return schema.ParseCriteria(data)
}

func (h *Handler) saveGroup(ctx context.Context, c *call) (any, error) {
	creating := creates(c.r)
	var base uint64
	var err error
	if !creating {
		if base, err = c.base(); err != nil {
			return nil, err
		}
	}
	var sent save
	if err := c.body(&sent); err != nil {
		return nil, err
	}
	if sent.Group.Revision != 0 && sent.Group.Revision != base {
		return nil, &problem{code: codeInvalid, Problems: []placed{{"/group/revision", "is not that of If-Match"}}}
	}
	// What was edited from an old revision is refused as such, before its criteria are read against the new one.
	stored, err := h.store.Group(ctx, c.group)
	if err != nil && !(creating && errors.Is(err, groups.ErrNotFound)) {
		return nil, err
	}
	if stored.Revision != base {
		return nil, &groups.ConflictError{Group: stored.ID, Revision: stored.Revision, By: stored.SavedBy, At: stored.SavedAt}
	}
	g, err := h.group(ctx, c, sent.Group)
	if err != nil {
		return nil, err
	}
	var run *groups.Run
	if g.Revision = base; creating && sent.Preview == "" {
		g, run, err = h.desk.Create(ctx, c.actor, g)
	} else {
		g, run, err = h.desk.Save(ctx, c.actor, g, sent.Preview)
	}
	if err != nil {
		if g.Revision > base { // it was saved
			err = &partly{err, g.Revision}
		}
		return nil, err
	}
	if creating {
		c.status = http.StatusCreated
	}
	c.tag(&g)
	return outcome(c, run, &g), nil
}

func (h *Handler) deleteGroup(ctx context.Context, c *call) (any, error) {
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	if err := h.mustExist(ctx, c); err != nil {
		return nil, err
	}
	run, err := h.desk.Delete(ctx, c.actor, c.group, base)
	if err != nil {
		if _, gone := h.store.Group(context.WithoutCancel(ctx), c.group); errors.Is(gone, groups.ErrNotFound) {
			err = &partly{err, 0}
		}
	}
	if err != nil {
		return nil, err
	}
	gone := outcome(c, run, &groups.Group{ID: c.group})
	gone.moved = nil // the run is what followed: the members left with the deletion
	return gone, nil
}

// outcome is what a run did to one group.
func outcome(c *call, run *groups.Run, g *groups.Group) written {
	w := written{Group: g.ID, Revision: g.Revision}
	d, _ := run.Diff(g.ID)
	if c.actor.SeesAll {
		w.moved = &moved{len(d.Joined), len(d.Left), len(d.Switched)}
	}
	w.Held = slices.ContainsFunc(run.Held, func(p *groups.Plan) bool { return p.Group.ID == g.ID })
	return w
}

// A version is criteria that a group once had; the criteria are for those who see everything.
type version struct {
	Revision uint64           `json:"revision"`
	By       string           `json:"by"`
	At       time.Time        `json:"at"`
	Criteria *groups.Criteria `json:"criteria,omitempty"`
}

func (h *Handler) listVersions(ctx context.Context, c *call) (any, error) {
	if err := h.mustExist(ctx, c); err != nil {
		return nil, err
	}
	all, err := h.desk.Versions(ctx, c.group)
	if err != nil {
		return nil, err
	}
	list := make([]version, len(all))
	for i, v := range all {
		list[i] = version{Revision: v.Revision, By: v.By, At: v.At}
		if c.actor.SeesAll {
			list[i].Criteria = &v.Criteria
		}
	}
	return page[version]{Items: list}, nil
}

// mustExist refuses a group that is not there.
func (h *Handler) mustExist(ctx context.Context, c *call) error {
	_, err := h.store.Group(ctx, c.group)
	if errors.Is(err, groups.ErrNotFound) {
		return fmt.Errorf("group %q: %w", c.group, groups.ErrNotFound)
	}
	return err
}
