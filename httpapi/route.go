package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// A route is one operation of the OpenAPI document.
type route struct {
	method, path string
	action       Action
	answer       func(h *Handler, ctx context.Context, c *call) (any, error)
	query        []string // the parameters that it takes
}

func routes() []route {
	paged := []string{"after", "limit"}
	return []route{
		{"GET", "/openapi.json", Describe, (*Handler).describe, nil},
		{"GET", "/groups", ListGroups, (*Handler).listGroups, paged},
		{"GET", "/groups/{group}", ReadGroup, (*Handler).readGroup, nil},
		{"PUT", "/groups/{group}", EditGroup, (*Handler).saveGroup, nil},
		{"DELETE", "/groups/{group}", DeleteGroup, (*Handler).deleteGroup, nil},
		{"POST", "/groups/{group}/check", Check, (*Handler).check, nil},
		{"POST", "/groups/{group}/count", Count, (*Handler).count, []string{"limit"}},
		{"POST", "/groups/{group}/preview", Preview, (*Handler).preview, nil},
		{"POST", "/groups/{group}/publish", Publish, (*Handler).publish, nil},
		{"POST", "/groups/{group}/approve", Approve, (*Handler).approve, nil},
		{"GET", "/groups/{group}/members", ListMembers, (*Handler).listMembers, paged},
		{"GET", "/groups/{group}/members/{user}", ReadMember, (*Handler).readMember, nil},
		{"GET", "/groups/{group}/members/{user}/explanation", Explain, (*Handler).explain, nil},
		{"GET", "/groups/{group}/versions", ListVersions, (*Handler).listVersions, nil},
		{"POST", "/groups/{group}/versions/{revision}/preview", Restore, (*Handler).restore, nil},
		{"GET", "/users/{user}/groups", GroupsOf, (*Handler).groupsOf, paged},
		{"GET", "/plans", ListPlans, (*Handler).listPlans, paged},
		{"GET", "/acts", ListActs, (*Handler).listActs, append(paged, "group")},
		{"GET", "/changes", ListChanges, (*Handler).listChanges, paged},
	}
}

// A call is a request on its way to an answer.
type call struct {
	r        *http.Request
	actor    admin.Actor
	group    groups.GroupID
	user     groups.UserID
	query    url.Values
	limit    int
	criteria string // where criteria stand in the body

	header http.Header // of the answer
	status int
}

// creates reports whether a PUT is to find nothing.
func creates(r *http.Request) bool { return r.Header.Get("If-None-Match") == "*" }

// serving answers the requests of one route.
func (h *Handler) serving(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, h.opts.MaxBytes)
		c := &call{
			r: r, group: groups.GroupID(r.PathValue("group")), user: groups.UserID(r.PathValue("user")),
			criteria: "/group/criteria", header: w.Header(), status: http.StatusOK,
		}
		answer, err := h.answer(rt, c)
		var body []byte
		if err == nil {
			body, err = json.Marshal(answer)
		}
		if err != nil {
			p := h.problem(c, err)
			if p.code == codeSource && h.opts.Failed != nil {
				h.opts.Failed(r, err)
			}
			p.write(w)
			return
		}
		head(c.header, "application/json")
		w.WriteHeader(c.status)
		w.Write(body) // nobody is left to be told of an error
	})
}

func (h *Handler) answer(rt route, c *call) (any, error) {
	if err := h.opts.CrossOrigin.Check(c.r); err != nil {
		return nil, &problem{code: codeCrossOrigin}
	}
	need := Need{Action: rt.action, Group: c.group, User: c.user}
	if need.Action == EditGroup && creates(c.r) {
		need.Action = CreateGroup
	}
	var err error
	switch c.actor, err = h.authorize(c.r, need); {
	case errors.Is(err, ErrForbidden), err == nil && c.actor.By == "":
		return nil, &problem{code: codeForbidden}
	case err != nil:
		return nil, &failure{err}
	}
	if err := c.readQuery(rt.query); err != nil {
		return nil, err
	}
	if err := h.mustSeeGroup(c.r.Context(), c, need.Action); err != nil {
		return nil, err
	}
	return rt.answer(h, c.r.Context(), c)
}

// seesAll refuses who does not see everything.
func (c *call) seesAll() error {
	if !c.actor.SeesAll {
		return &problem{code: codeForbidden, Detail: "this is for those who see everything"}
	}
	return nil
}

// mustSeeGroup refuses a group that the actor does not see, as if it were not there. What it means that a group is not
// there is for the operation to say.
func (h *Handler) mustSeeGroup(ctx context.Context, c *call, action Action) error {
	if c.actor.SeesAll || c.group == "" {
		return nil
	}
	g, err := h.store.Group(ctx, c.group)
	switch {
	case errors.Is(err, groups.ErrNotFound):
		return nil
	case err != nil || c.seesGroup(&g):
		return err
	case action == CreateGroup:
		return &problem{code: codePrecondition} // the ID is taken; by whom is not told
	}
	return fmt.Errorf("group %q: %w", c.group, groups.ErrNotFound)
}

// seesGroup reports whether the actor sees a group, as a thing of its own: their own groups, and those named.
func (c *call) seesGroup(g *groups.Group) bool {
	return c.actor.SeesAll || g.Owner == c.actor.By || c.names(g.ID)
}

// names reports whether the actor sees a group where another one names it.
func (c *call) names(id groups.GroupID) bool {
	return c.actor.SeesAll || slices.Contains(c.actor.Sees.Groups, id)
}

// sees reports whether the actor may see a user.
func (c *call) sees(u *groups.User) bool {
	return c.actor.SeesAll || c.actor.Scope != nil && c.actor.Scope(u) == groups.Yes
}

// mustSee refuses a user who is not in the directory or whom the actor may not see, alike.
func (h *Handler) mustSee(ctx context.Context, c *call) error {
	seen, err := h.seen(ctx, c, c.user)
	if err == nil && !seen {
		err = fmt.Errorf("user %q: %w", c.user, groups.ErrNotFound)
	}
	return err
}

// seen reports whether the actor may see a user of the directory.
func (h *Handler) seen(ctx context.Context, c *call, id groups.UserID) (bool, error) {
	u, err := h.dir.User(ctx, id)
	if errors.Is(err, groups.ErrNotFound) {
		return false, nil
	}
	return err == nil && c.sees(&u), err
}

// shows reports whether the actor may be shown a user whom a group has.
func (h *Handler) shows(ctx context.Context, c *call, id groups.UserID) (bool, error) {
	if c.actor.SeesAll {
		return true, nil
	}
	return h.seen(ctx, c, id)
}

// base is the revision that a write started from, as If-Match has it.
func (c *call) base() (uint64, error) {
	tag := c.r.Header.Get("If-Match")
	if tag == "" {
		return 0, &problem{code: codeUnconditional}
	}
	number, quoted := strings.CutPrefix(tag, `"`)
	number, closed := strings.CutSuffix(number, `"`)
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || n == 0 || !quoted || !closed {
		return 0, &problem{code: codeMalformed, Detail: `If-Match names one revision, such as "7"`}
	}
	return n, nil
}

// tag says the revision of the group that is answered.
func (c *call) tag(g *groups.Group) {
	c.header.Set("ETag", strconv.Quote(strconv.FormatUint(g.Revision, 10)))
}
