package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/httpapi"
)

// A world is a tenant behind a handler: ann and bob in Rome, cid in Oslo, and the active group romans.
type world struct {
	testing.TB
	*groups.Memory
	ev     *groups.Evaluator
	opts   httpapi.Options
	actors map[string]admin.Actor // by the header Actor; "" is root
	policy admin.Policy
	parses bool  // the authorizer reads the form of a request
	keys   error // what keeps the actor "broken" from being known
	before func(groups.Directory, groups.Store) (groups.Directory, groups.Store)
	doc    *document
	given  map[string]bool // "operationId status" of the answers
	codes  map[string]bool // the types of the problems
}

func newYear() time.Time { return time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC) }

const city groups.TextField = "city"

func newWorld(t testing.TB) *world {
	w := &world{TB: t, keys: errKeys, Memory: groups.NewMemory(), doc: readDocument(t), given: map[string]bool{}, codes: map[string]bool{}, actors: map[string]admin.Actor{
		"": admin.Administrator("root"),
		// eve sees who is in Rome, and not the group secret.
		"eve": {By: "eve", Scope: func(u *groups.User) groups.Verdict {
			if u.Fields["city"].Equal(groups.Text("Rome")) {
				return groups.Yes
			}
			return groups.No
		}, Sees: admin.Resources{Groups: []groups.GroupID{"romans"}}},
		"nobody": {},
	}}
	var users []groups.User
	for id, at := range map[groups.UserID]string{"ann": "Rome", "bob": "Rome", "cid": "Oslo"} {
		users = append(users, groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text(at), "name": groups.Text("Name of " + string(id))}})
	}
	w.must(w.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{{Name: "city", Type: groups.TypeText}}}, Upsert: users}))
	w.ev = groups.NewEvaluator(w.Memory, w.Memory, &groups.Options{Now: newYear})
	w.group("romans", groups.AnySets(groups.All(city.Is("Rome"))))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// group creates an active automatic group.
func (w *world) group(id groups.GroupID, c groups.Criteria) {
	w.Helper()
	_, err := w.ev.Save(w.Context(), groups.Group{ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: c}, "root")
	w.must(err)
	_, err = w.ev.Process(w.Context())
	w.must(err)
}

// handler is the handler of the world as it now is.
func (w *world) handler() http.Handler {
	dir, store := groups.Directory(w.Memory), groups.Store(w.Memory)
	ev := w.ev
	if w.before != nil {
		dir, store = w.before(dir, store)
		ev = groups.NewEvaluator(dir, store, &groups.Options{Now: newYear})
	}
	return httpapi.New(admin.New(ev, dir, store, &w.policy), ev, dir, store, w.authorize, &w.opts)
}

var errKeys = errors.New("SECRET key server is down")

func (w *world) authorize(r *http.Request, n httpapi.Need) (admin.Actor, error) {
	if w.parses {
		r.FormValue("token")
	}
	who := r.Header.Get("Actor")
	if who == "broken" {
		return admin.Actor{}, w.keys
	}
	a, known := w.actors[who]
	if !known {
		return a, fmt.Errorf("%s: %w", who, httpapi.ErrForbidden)
	}
	return a, nil
}

// An answer is what came back, with its body as any JSON.
type answer struct {
	*httptest.ResponseRecorder
	json any
}

// at reads a value of the body: "items/0/user".
func (a answer) at(path string) any {
	v := a.json
	for _, step := range strings.Split(path, "/") {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			var i int
			fmt.Sscan(step, &i)
			if i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.Code, a.Body) }

// header is "Name: value" lines.
func request(ctx context.Context, method, path, body string, header ...string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// ask sends a request and checks that its answer is one that the document has.
func (w *world) ask(method, path, body string, header ...string) answer {
	w.Helper()
	return w.serve(request(w.Context(), method, path, body, header...))
}

func (w *world) serve(r *http.Request) answer {
	w.Helper()
	rec := httptest.NewRecorder()
	w.handler().ServeHTTP(rec, r)
	a := answer{ResponseRecorder: rec}
	w.must(json.Unmarshal(rec.Body.Bytes(), &a.json))
	if strings.Contains(rec.Body.String(), "SECRET") {
		w.Errorf("%s %s tells what a source said: %s", r.Method, r.URL, rec.Body)
	}
	if rec.Header().Get("Cache-Control") != "no-store" || rec.Header().Get("X-Content-Type-Options") != "nosniff" {
		w.Errorf("%s %s may be cached, or taken for something else", r.Method, r.URL)
	}
	if rec.Code >= 400 {
		w.codes[fmt.Sprint(a.at("type"))] = true
		if fmt.Sprint(a.at("status")) != fmt.Sprint(rec.Code) {
			w.Errorf("the problem says %v, the answer %d", a.at("status"), rec.Code)
		}
	}
	op := w.doc.operation(r.Method, r.URL.EscapedPath())
	if op == nil {
		return a
	}
	w.given[fmt.Sprintf("%s %d", op.id, rec.Code)] = true
	for _, bad := range op.check(rec.Code, rec.Header().Get("Content-Type"), a.json) {
		w.Errorf("%s %s: %d is not as documented: %s\n%s", r.Method, r.URL, rec.Code, bad, rec.Body)
	}
	return a
}

// want demands a status.
func (w *world) want(status int, method, path, body string, header ...string) answer {
	w.Helper()
	a := w.ask(method, path, body, header...)
	if a.Code != status {
		w.Errorf("%s %s %s: %v, want %d", method, path, body, a, status)
	}
	return a
}

// edited is an edit of romans, to who is in another city.
func edited(revision int, in string) string {
	return fmt.Sprintf(`{"group":{"name":"Romans","kind":"automatic","status":"active","revision":%d,"criteria":%s}}`, revision, cityIs(in))
}

func cityIs(in string) string {
	return fmt.Sprintf(`{"match":"any","sets":[{"match":"all","conditions":[{"kind":"field","field":"city","op":"is","values":[%q]}]}]}`, in)
}

// broken fails whatever it is asked.
type broken struct {
	groups.Directory
	groups.Store
	err error
}

func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { var none T; yield(none, err) }
}

func (b broken) Schema(context.Context) (*groups.Schema, error) { return nil, b.err }
func (b broken) Users(context.Context) iter.Seq2[groups.User, error] {
	return failing[groups.User](b.err)
}
func (b broken) User(context.Context, groups.UserID) (groups.User, error) {
	return groups.User{}, b.err
}
func (b broken) Units(context.Context) iter.Seq2[groups.Unit, error] {
	return failing[groups.Unit](b.err)
}
func (b broken) Group(context.Context, groups.GroupID) (groups.Group, error) {
	return groups.Group{}, b.err
}
func (b broken) Groups(context.Context) iter.Seq2[groups.Group, error] {
	return failing[groups.Group](b.err)
}
func (b broken) Members(context.Context, groups.GroupID, groups.UserID) iter.Seq2[groups.Member, error] {
	return failing[groups.Member](b.err)
}
func (b broken) Standings(context.Context, groups.GroupID, groups.UserID) iter.Seq2[groups.Standing, error] {
	return failing[groups.Standing](b.err)
}
func (b broken) StandingsOf(context.Context, groups.UserID) iter.Seq2[groups.Standing, error] {
	return failing[groups.Standing](b.err)
}
func (b broken) Changes(context.Context, string) iter.Seq2[groups.Change, error] {
	return failing[groups.Change](b.err)
}
func (b broken) Acts(context.Context, groups.GroupID, string) iter.Seq2[groups.Act, error] {
	return failing[groups.Act](b.err)
}
func (b broken) Notes(context.Context, groups.NoteKind, groups.GroupID) iter.Seq2[groups.Note, error] {
	return failing[groups.Note](b.err)
}
func (b broken) Apply(context.Context, groups.Commit) error { return b.err }

// breakWith has every source fail.
func (w *world) breakWith(err error) {
	w.before = func(d groups.Directory, s groups.Store) (groups.Directory, groups.Store) {
		b := broken{d, s, err}
		return b, b
	}
}
