package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/httpapi"
)

func TestEveryRouteIsInTheDocumentAndTheOtherWayAround(t *testing.T) {
	var routes, documented []string
	line := func(method, path string, action httpapi.Action, query []string) string {
		query = slices.Sorted(slices.Values(query))
		return fmt.Sprint(method, " ", path, " ", action, " ", query)
	}
	for _, r := range httpapi.Routes() {
		routes = append(routes, line(r.Method, r.Path, r.Action, r.Query))
	}
	for _, op := range readDocument(t).ops {
		documented = append(documented, line(op.method, op.path, httpapi.Action(op.id), op.query))
		var named []string
		for _, step := range strings.Split(op.path, "/") {
			if name, is := strings.CutPrefix(step, "{"); is {
				named = append(named, strings.TrimSuffix(name, "}"))
			}
		}
		if diff := cmp.Diff(named, op.params); diff != "" {
			t.Errorf("%s: the path and its parameters differ: %s", op.path, diff)
		}
	}
	slices.Sort(routes)
	slices.Sort(documented)
	if diff := cmp.Diff(routes, documented); diff != "" {
		t.Errorf("routes and document differ (-routes +document):\n%s", diff)
	}
}

// try is one request and the status that it gets.
type try struct {
	status             int
	method, path, body string
	header             []string
	why                string
}

func TestEveryDocumentedAnswerIsGivenAndNoOther(t *testing.T) {
	w := newWorld(t)
	w.group("secret", groups.AnySets(groups.All(city.Is("Oslo"))))

	// What every operation answers to what is wrong with any request.
	for _, op := range w.doc.ops {
		path := strings.NewReplacer("{group}", "romans", "{user}", "ann", "{revision}", "1").Replace(op.path)
		body, header := "", []string{`If-Match: "1"`}
		if op.body != nil {
			body = edited(1, "Oslo")
		}
		w.want(400, op.method, path+"?nonsense=1", body, header...)
		w.want(403, op.method, path, body, "Actor: mallory")
		w.want(403, op.method, path, body, "Actor: nobody")
		w.want(502, op.method, path, body, "Actor: broken")
		if op.method != "GET" {
			w.want(403, op.method, path, body, "Sec-Fetch-Site: cross-site")
		}
		if op.body != nil {
			w.want(415, op.method, path, body, append(header, "Content-Type: text/plain")...)
			w.want(400, op.method, path, body+"}", header...)
			w.opts.MaxBytes = 10
			w.want(413, op.method, path, body, header...)
			w.opts.MaxBytes = 0
		}
		if op.id == "describe" {
			continue
		}
		body = map[string]string{
			"editGroup": edited(0, "Oslo"), "check": `{"criteria":` + cityIs("Oslo") + `}`, "count": edited(1, "Oslo"), "preview": edited(1, "Oslo"),
			"publish": w.plan(t, edited(1, "Rome")), "approve": w.plan(t, edited(1, "Rome")),
		}[op.id]
		w.breakWith(fmt.Errorf("SECRET: %w", errKeys))
		if op.id != "approve" { // which looks at the plan first
			w.want(502, op.method, path, body, header...)
		}
		w.before = nil
		gone, leave := context.WithCancel(t.Context())
		leave()
		if a := w.serve(request(gone, op.method, path, body, header...)); a.Code != 503 && op.id != "approve" {
			t.Errorf("%s for who has left: %v", op.id, a)
		}
	}

	held := w.held(t)
	w.breakWith(errKeys)
	w.want(502, "POST", "/groups/crowd/approve", held)
	w.before = nil
	gone, leave := context.WithCancel(t.Context())
	leave()
	if a := w.serve(request(gone, "POST", "/groups/crowd/approve", held)); a.Code != 503 {
		t.Errorf("approve for who has left: %v", a)
	}

	plan := w.plan(t, edited(1, "Oslo"))
	ring := `{"group":{"name":"Secret","kind":"automatic","status":"active","revision":1,"criteria":{"match":"any","sets":[{"match":"all","conditions":[{"kind":"group","op":"memberOfAny","groups":["refers"]}]}]}}}`
	for _, tr := range []try{
		{200, "GET", "/openapi.json", "", nil, "the document"},
		{200, "GET", "/groups", "", nil, ""},
		{200, "GET", "/groups/romans", "", nil, ""},
		{404, "GET", "/groups/greeks", "", nil, ""},
		{201, "PUT", "/groups/refers", `{"group":{"name":"R","kind":"automatic","status":"active","criteria":{"match":"any","sets":[{"match":"all","conditions":[{"kind":"group","op":"memberOfAny","groups":["secret"]}]}]}}}`, []string{"If-None-Match: *"}, "created"},
		{412, "PUT", "/groups/refers", edited(0, "Rome"), []string{"If-None-Match: *"}, "it is there already"},
		{200, "PUT", "/groups/refers", `{"group":{"name":"R2","kind":"automatic","status":"active","criteria":{"match":"any","sets":[{"match":"all","conditions":[{"kind":"group","op":"memberOfAny","groups":["secret"]}]}]}}}`, []string{`If-Match: "1"`}, "edited"},
		{428, "PUT", "/groups/romans", edited(1, "Oslo"), nil, "from which revision?"},
		{404, "PUT", "/groups/greeks", edited(1, "Oslo"), []string{`If-Match: "1"`}, ""},
		{412, "PUT", "/groups/romans", edited(0, "Oslo"), []string{`If-Match: "7"`}, ""},
		{422, "PUT", "/groups/romans", edited(1, "Oslo"), []string{`If-Match: "7"`}, "the body says another revision"},
		{409, "PUT", "/groups/secret", ring, []string{`If-Match: "1"`}, "a ring"},
		{409, "PUT", "/groups/romans", `{"preview":"of another edit",` + edited(0, "Oslo")[1:], []string{`If-Match: "1"`}, "another would happen than was shown"},
		{400, "DELETE", "/groups/romans", "", []string{`If-Match: 1`}, "no tag"},
		{428, "DELETE", "/groups/romans", "", nil, ""},
		{422, "POST", "/groups/romans/check", `{"criteria":{"match":"all","sets":[]}}`, nil, ""},
		{404, "POST", "/groups/secret/check", `{"criteria":{}}`, []string{"Actor: eve"}, "she does not see it"},
		{200, "POST", "/groups/greeks/check", `{"criteria":{}}`, []string{"Actor: eve"}, "it is to be created"},
		{200, "POST", "/groups/romans/check", `{"criteria":` + cityIs("Oslo") + `}`, nil, ""},
		{200, "POST", "/groups/romans/count", edited(1, "Oslo"), nil, ""},
		{404, "POST", "/groups/secret/count", edited(0, "Oslo"), []string{"Actor: eve"}, ""},
		{200, "POST", "/groups/greeks/preview", edited(0, "Rome"), []string{"Actor: eve"}, "it is to be created"},
		{409, "POST", "/groups/secret/count", ring, nil, "a ring"},
		{422, "POST", "/groups/romans/count", `{"group":{"id":"romans","name":" "}}`, nil, "no name"},
		{200, "POST", "/groups/romans/preview", edited(1, "Oslo"), nil, ""},
		{200, "POST", "/groups/romans/preview", edited(1, "Rome"), []string{"Actor: eve"}, ""},
		{404, "POST", "/groups/greeks/preview", edited(1, "Oslo"), nil, "nothing has that revision"},
		{409, "POST", "/groups/romans/preview", edited(9, "Oslo"), nil, ""},
		{422, "POST", "/groups/romans/preview", `{"group":{"id":"greeks","name":"G"}}`, nil, "another group than that of the path"},
		{422, "POST", "/groups/romans/publish", `{"id":"made up","group":{"id":"romans","name":"R","kind":"automatic","status":"active","revision":1}}`, nil, "no plan that was made"},
		{422, "POST", "/groups/greeks/publish", plan, nil, "of another group"},
		{422, "POST", "/groups/romans/approve", plan, nil, "it is not held"},
		{403, "POST", "/groups/romans/publish", plan, []string{"Actor: eve"}, "a plan names everybody"},
		{200, "POST", "/groups/romans/publish", plan, nil, ""},
		{409, "POST", "/groups/romans/publish", plan, nil, "it is published"},
		{200, "GET", "/groups/romans/members", "", nil, ""},
		{404, "GET", "/groups/greeks/members", "", nil, ""},
		{200, "GET", "/groups/romans/members/ann", "", nil, ""},
		{404, "GET", "/groups/romans/members/zoe", "", nil, ""},
		{404, "GET", "/groups/greeks/members/ann", "", nil, ""},
		{200, "GET", "/groups/romans/members/ann/explanation", "", nil, ""},
		{404, "GET", "/groups/romans/members/zoe/explanation", "", nil, ""},
		{200, "GET", "/groups/romans/versions", "", nil, ""},
		{404, "GET", "/groups/greeks/versions", "", nil, ""},
		{200, "POST", "/groups/romans/versions/1/preview", "", nil, ""},
		{404, "POST", "/groups/romans/versions/99/preview", "", nil, ""},
		{404, "POST", "/groups/romans/versions/last/preview", "", nil, ""},
		{200, "GET", "/users/ann/groups", "", nil, ""},
		{404, "GET", "/users/zoe/groups", "", nil, ""},
		{200, "GET", "/plans", "", nil, ""},
		{200, "GET", "/acts?group=romans", "", nil, ""},
		{400, "GET", "/acts?after=nowhere", "", nil, ""},
		{200, "GET", "/changes?limit=1", "", nil, ""},
		{400, "GET", "/changes?after=nowhere", "", nil, ""},
		{400, "GET", "/changes?limit=1001", "", nil, ""},
	} {
		a := w.ask(tr.method, tr.path, tr.body, tr.header...)
		if a.Code != tr.status {
			t.Errorf("%s %s %s %v: %v, want %d %s", tr.method, tr.path, tr.body, tr.header, a, tr.status, tr.why)
		}
		if op := w.doc.operation(tr.method, tr.path); a.Code < 300 && op.body != nil {
			var sent any
			w.must(json.Unmarshal([]byte(tr.body), &sent))
			for _, bad := range w.doc.validate("", op.body, sent) {
				t.Errorf("%s takes what is not documented: %s", op.id, bad)
			}
		}
	}

	// A held plan is approved, is out of date once its group is another, and has nowhere to go once it is gone.
	if a := w.want(200, "GET", "/plans?after=crowd", ""); a.at("items/0") != nil {
		t.Errorf("behind the plan of crowd there are %v", a)
	}
	w.want(404, "POST", "/groups/romans/approve", `{"id":"`+idOf(held)+`"}`)
	if a := w.want(200, "POST", "/groups/crowd/approve", `{"id":"`+idOf(held)+`"}`); a.at("left") != 600. {
		t.Errorf("approved by its ID it comes to %v", a)
	}
	w.want(404, "POST", "/groups/crowd/approve", `{"id":"`+idOf(held)+`"}`) // it is held no more
	w.want(200, "POST", "/groups/crowd/approve", held)                      // and nothing is left of it to do
	w.group("late", groups.AnySets(groups.All(city.Is("Rome"))))
	stale := w.hold(t, "late")
	w.must(w.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: "m00", Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text("Rome")}}}}))
	a := w.want(409, "POST", "/groups/late/approve", stale)
	if a.at("difference/0/user") != "m00" {
		t.Errorf("the difference is %v", a)
	}
	w.policy.ForbidDeletion = true
	w.want(409, "DELETE", "/groups/late", "", `If-Match: "1"`)
	w.policy.ForbidDeletion = false
	published, err := json.Marshal(w.want(200, "POST", "/groups/late/preview", edited(1, "Oslo")).at("plan"))
	w.must(err)
	w.want(412, "DELETE", "/groups/late", "", `If-Match: "4"`)
	w.want(200, "DELETE", "/groups/late", "", `If-Match: "1"`)
	w.want(404, "DELETE", "/groups/late", "", `If-Match: "1"`)
	w.want(404, "POST", "/groups/late/approve", stale)
	w.want(404, "POST", "/groups/late/publish", string(published))
	w.want(409, "DELETE", "/groups/secret", "", `If-Match: "1"`) // another group refers to it
	w.policy.Organizational = []groups.GroupID{"secret"}
	w.want(409, "PUT", "/groups/secret", `{"group":{"name":"S","kind":"automatic","criteria":`+cityIs("Oslo")+`}}`, `If-Match: "1"`)
	// A version that would close a ring by now, and one that names what the editor does not see.
	_, err = w.ev.Save(t.Context(), groups.Group{ID: "late", Name: "L", Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.MemberOfAny("romans")))}, "root")
	w.must(err)
	w.want(200, "PUT", "/groups/late", edited(0, "Rome"), fmt.Sprintf("If-Match: %q", "2"))
	w.want(200, "PUT", "/groups/romans", `{"group":{"name":"R","kind":"automatic","status":"active","criteria":{"match":"any","sets":[{"match":"all","conditions":[{"kind":"group","op":"memberOfAny","groups":["late"]}]}]}}}`, `If-Match: "2"`)
	w.want(409, "POST", "/groups/late/versions/2/preview", "")
	w.actors["eve"] = admin.Actor{By: "eve", Sees: admin.Resources{Groups: []groups.GroupID{"late"}}}
	w.want(422, "POST", "/groups/late/versions/2/preview", "", "Actor: eve")

	w.want(404, "GET", "/nowhere", "")
	if a := w.want(405, "PATCH", "/groups/romans", ""); !strings.Contains(a.Header().Get("Allow"), "PUT") {
		t.Errorf("allowed are %q", a.Header().Get("Allow"))
	}

	for _, op := range w.doc.ops {
		for status := range op.answers {
			if given := op.id + " " + status; !w.given[given] {
				t.Errorf("%s is documented, and nothing here brings it about", given)
			}
		}
	}
	types := w.doc.resolve(map[string]any{"$ref": "#/components/schemas/Problem/properties/type"}).(map[string]any)["enum"].([]any)
	for _, code := range types {
		if !w.codes[code.(string)] {
			t.Errorf("no problem here is of the type %v", code)
		}
	}
}

// idOf is the ID of a plan.
func idOf(plan string) string {
	var p struct{ ID string }
	if err := json.Unmarshal([]byte(plan), &p); err != nil {
		return err.Error()
	}
	return p.ID
}

// plan is the JSON of the plan of an edit of romans.
func (w *world) plan(t *testing.T, edit string) string {
	t.Helper()
	plan, err := json.Marshal(w.want(200, "POST", "/groups/romans/preview", edit).at("plan"))
	w.must(err)
	return string(plan)
}

// held is the JSON of the plan that the guard holds for a new group.
func (w *world) held(t *testing.T) string {
	t.Helper()
	w.group("crowd", groups.AnySets(groups.All(city.Is("Milan"))))
	return w.hold(t, "crowd")
}

// hold moves 600 users through a group so that the guard holds it.
func (w *world) hold(t *testing.T, id groups.GroupID) string {
	t.Helper()
	g, err := w.Group(t.Context(), id)
	w.must(err)
	at := strings.Trim(strings.TrimPrefix(g.Criteria.String(), "city is "), `"`)
	var users []groups.User
	for i := range 600 {
		users = append(users, groups.User{ID: groups.UserID(fmt.Sprintf("m%02d", i)), Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text(at)}})
	}
	w.must(w.Write(t.Context(), groups.PeopleChange{Upsert: users}))
	_, err = w.ev.Process(t.Context(), id)
	w.must(err)
	for i := range users {
		users[i].Fields = map[string]groups.Value{"city": groups.Text("Turin")}
	}
	w.must(w.Write(t.Context(), groups.PeopleChange{Upsert: users}))
	run, err := w.ev.Process(t.Context(), id)
	w.must(err)
	if len(run.Held) != 1 {
		t.Fatalf("%d plans are held", len(run.Held))
	}
	var of struct {
		Items []json.RawMessage `json:"items"`
	}
	w.must(json.Unmarshal(w.want(200, "GET", "/plans", "").Body.Bytes(), &of))
	for _, plan := range of.Items {
		if bytes.Contains(plan, []byte(`"id":"`+id+`"`)) {
			return string(plan)
		}
	}
	t.Fatalf("no plan of %s is listed", id)
	return ""
}
