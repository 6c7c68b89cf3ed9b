package httpapi

import (
	"context"
	"errors"

	"github.com/grouprules/groups"
)

func (h *Handler) listMembers(ctx context.Context, c *call) (any, error) {
	if err := h.mustExist(ctx, c); err != nil {
		return nil, err
	}
	after := c.query.Get("after")
	return turnTo(c, after, h.store.Members(ctx, c.group, groups.UserID(after)), func(m groups.Member) string { return string(m.User) },
		func(m groups.Member) (groups.Member, bool, error) {
			seen, err := h.shows(ctx, c, m.User)
			return m, seen, err
		})
}

// membership is how one user is in one group.
type membership struct {
	// Member says whether they were in when the group was last written.
	Member bool `json:"member"`
	// Verdict is what the criteria say of them now.
	Verdict groups.Verdict `json:"verdict"`
}

func (h *Handler) readMember(ctx context.Context, c *call) (any, error) {
	if err := h.mustExist(ctx, c); err != nil {
		return nil, err
	}
	if err := h.mustSee(ctx, c); err != nil {
		return nil, err
	}
	in, err := h.ev.IsMember(ctx, c.group, c.user)
	if err != nil {
		return nil, err
	}
	verdict, err := h.ev.Match(ctx, c.group, c.user)
	if err != nil {
		return nil, err
	}
	return membership{in, verdict}, nil
}

func (h *Handler) explain(ctx context.Context, c *call) (any, error) {
	return h.desk.Explain(ctx, c.actor, c.group, c.user)
}

// in is a group that a user is in, and how.
type in struct {
	Group  groups.GroupID `json:"group"`
	Method groups.Method  `json:"method"`
}

func (h *Handler) groupsOf(ctx context.Context, c *call) (any, error) {
	if err := h.mustSee(ctx, c); err != nil {
		return nil, err
	}
	after := groups.GroupID(c.query.Get("after"))
	return turnTo(c, string(after), h.ev.GroupsOf(ctx, c.user), func(st groups.Standing) string { return string(st.Group) },
		func(st groups.Standing) (in, bool, error) {
			return in{st.Group, st.Member}, c.names(st.Group) && st.Group > after, nil
		})
}

func (h *Handler) listActs(ctx context.Context, c *call) (any, error) {
	if err := c.seesAll(); err != nil {
		return nil, err
	}
	after := c.query.Get("after")
	p, err := turnTo(c, after, h.store.Acts(ctx, groups.GroupID(c.query.Get("group")), after), func(a groups.Act) string { return a.Cursor }, all)
	return p, behind(after, err)
}

func (h *Handler) listChanges(ctx context.Context, c *call) (any, error) {
	if err := c.seesAll(); err != nil {
		return nil, err
	}
	after := c.query.Get("after")
	p, err := turnTo(c, after, h.store.Changes(ctx, after), func(ch groups.Change) string { return ch.Cursor }, all)
	return p, behind(after, err)
}

// behind tells the error for a place that no list ever had from that of a source.
func behind(after string, err error) error {
	if after != "" && errors.Is(err, groups.ErrValue) {
		return malformed("after is no place in this list")
	}
	return err
}
