// Package httpapi serves the groups of one tenant over HTTP, to be mounted by a host: JSON in the library's own
// forms, described by the OpenAPI document that it serves at /openapi.json.
//
// A [Handler] holds no state between requests. The plan of a preview goes to the client as JSON and comes back to be
// published: it is evaluated again then, so that nothing is written but what would happen anyway and what was shown.
// Every write names the revision that it started from, in If-Match or in the plan. Who is asking, and what they may do, the host says.
//
// The package knows no store beyond the interfaces of package groups, no user interface, no session, and nothing of
// how rules are evaluated; what administrators do goes through the desk of package admin.
package httpapi

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// An Action is what a request asks for: the operationId of the OpenAPI document.
type Action string

// The actions.
const (
	ListGroups   Action = "listGroups"
	ReadGroup    Action = "readGroup"
	CreateGroup  Action = "createGroup"
	EditGroup    Action = "editGroup"
	DeleteGroup  Action = "deleteGroup"
	Check        Action = "check"
	Count        Action = "count"
	Preview      Action = "preview"
	Publish      Action = "publish"
	Approve      Action = "approve"
	ListMembers  Action = "listMembers"
	ReadMember   Action = "readMember"
	Explain      Action = "explain"
	ListVersions Action = "listVersions"
	Restore      Action = "restore" // only previews; what it shows is published
	GroupsOf     Action = "groupsOf"
	ListPlans    Action = "listPlans"
	ListActs     Action = "listActs"
	ListChanges  Action = "listChanges"
	Describe     Action = "describe" // the OpenAPI document
)

// Writes reports whether the action changes anything.
func (a Action) Writes() bool {
	switch a {
	case CreateGroup, EditGroup, DeleteGroup, Publish, Approve:
		return true
	}
	return false
}

// A Need is what a request asks for, to be allowed or not. It is known before the body is: whoever may [Publish] creates
// groups with it as well, by a plan of a group that is not there.
type Need struct {
	Action Action
	Group  groups.GroupID // blank: none in particular
	User   groups.UserID  // blank: none in particular
}

// ErrForbidden is wrapped by the error of an [Authorizer] that does not allow what is asked.
var ErrForbidden = errors.New("not allowed")

// An Authorizer says who is asking, or an error that wraps [ErrForbidden] where they may not; any other error is a
// failure of its own, whatever it wraps, and refuses as well. It is asked once a request, before anything is read.
// Authentication stands before the Handler, which never answers 401. An Actor without a name is refused.
//
// The [admin.Actor] sees what it says there, of groups also those that it owns. Who does not see everything is shown no
// other users and groups, no criteria about resources that they do not see, and none of what is about the whole tenant:
// plans, acts and changes, and how many users a write moved or a group has. Who is counted for them are the users whom
// they see. A group that they do not see is not there for them, but that its ID is taken. What is still about all users
// is the ID of a preview, a fingerprint of the whole plan with which a guess can be checked, and whether a group is held.
type Authorizer func(r *http.Request, n Need) (admin.Actor, error)

// Options tune a [Handler]. A nil *Options is the same as a zero one.
type Options struct {
	// CrossOrigin refuses requests that a browser makes for another site; nil trusts no other origin.
	CrossOrigin *http.CrossOriginProtection
	// MaxBytes bounds what is read of the body of any request, by the Authorizer too; zero is 16 MiB. The largest
	// bodies are plans, which name everybody who moves: about 170 bytes for each, so that zero is some 97,000 users.
	MaxBytes int64
	// Failed, where set, is told the error of a source, of which the client learns nothing but that there was one.
	Failed func(r *http.Request, err error)
}

// A Handler serves one tenant. It is safe for concurrent use.
type Handler struct {
	desk      *admin.Desk
	ev        *groups.Evaluator
	dir       groups.Directory
	store     groups.Store
	authorize Authorizer
	opts      Options
	mux       *http.ServeMux
}

// New returns the handler of the tenant whose people are in dir and whose groups are in store, both those of ev and
// of the desk. Its paths begin at the root: mount it with [http.StripPrefix]. A nil Authorizer refuses everything.
func New(desk *admin.Desk, ev *groups.Evaluator, dir groups.Directory, store groups.Store, authorize Authorizer, o *Options) *Handler {
	h := &Handler{desk: desk, ev: ev, dir: dir, store: store, authorize: authorize, mux: http.NewServeMux()}
	if o != nil {
		h.opts = *o
	}
	if h.authorize == nil {
		h.authorize = func(*http.Request, Need) (admin.Actor, error) { return admin.Actor{}, ErrForbidden }
	}
	if h.opts.CrossOrigin == nil {
		h.opts.CrossOrigin = http.NewCrossOriginProtection()
	}
	h.opts.MaxBytes = cmp.Or(h.opts.MaxBytes, 16<<20)
	methods := map[string][]string{}
	for _, rt := range routes() {
		h.mux.Handle(rt.method+" "+rt.path, h.serving(rt))
		methods[rt.path] = append(methods[rt.path], rt.method)
	}
	for path, allowed := range methods {
		h.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			(&problem{code: codeMethod}).write(w)
		})
	}
	h.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { (&problem{code: codeNotFound}).write(w) })
	return h
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }
