package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/httpapi"
)

func TestWithoutAnAuthorizerEverythingIsRefused(t *testing.T) {
	w := newWorld(t)
	h := httpapi.New(admin.New(w.ev, w, w, nil), w.ev, w, w, nil, nil)
	for _, r := range httpapi.Routes() {
		path := strings.NewReplacer("{group}", "romans", "{user}", "ann", "{revision}", "1").Replace(r.Path)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, request(t.Context(), r.Method, path, "{}", `If-Match: "1"`))
		if rec.Code != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", r.Method, path, rec.Code, rec.Body)
		}
	}
}

func TestTheAuthorizerIsAskedForWhatIsNeededBeforeAnythingIsRead(t *testing.T) {
	w := newWorld(t)
	w.breakWith(errKeys)
	dir, store := w.before(w.Memory, w.Memory)
	var asked []httpapi.Need
	h := httpapi.New(admin.New(w.ev, dir, store, nil), w.ev, dir, store, func(_ *http.Request, n httpapi.Need) (admin.Actor, error) {
		asked = append(asked, n)
		return admin.Actor{}, httpapi.ErrForbidden
	}, nil)
	for _, r := range httpapi.Routes() {
		asked = nil
		path := strings.NewReplacer("{group}", "romans", "{user}", "ann", "{revision}", "1").Replace(r.Path)
		req := request(t.Context(), r.Method, path, "")
		req.Body = unread{t}
		h.ServeHTTP(httptest.NewRecorder(), req)
		want := httpapi.Need{Action: r.Action}
		if strings.Contains(r.Path, "{group}") {
			want.Group = "romans"
		}
		if strings.Contains(r.Path, "{user}") {
			want.User = "ann"
		}
		if diff := cmp.Diff([]httpapi.Need{want}, asked); diff != "" {
			t.Errorf("%s %s: %s", r.Method, r.Path, diff)
		}
		if r.Action.Writes() != slices.Contains([]string{"editGroup", "deleteGroup", "publish", "approve"}, string(r.Action)) {
			t.Errorf("%s writes: %v", r.Action, r.Action.Writes())
		}
	}
	asked = nil
	h.ServeHTTP(httptest.NewRecorder(), request(t.Context(), "PUT", "/groups/new", "", "If-None-Match: *"))
	if len(asked) != 1 || asked[0].Action != httpapi.CreateGroup || !asked[0].Action.Writes() {
		t.Errorf("to create a group, %v was asked for", asked)
	}
}

// unread is a body that nobody may read.
type unread struct{ testing.TB }

func (u unread) Read([]byte) (int, error) { u.Error("the body is read"); return 0, errors.New("read") }
func (u unread) Close() error             { return nil }

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	w := newWorld(t)
	for why, body := range map[string]string{
		"an unknown key":                     `{"group":{"name":"R","colour":"red"}}`,
		"an unknown key beside":              `{"group":{"name":"R"},"force":true}`,
		"a key twice":                        `{"group":{"name":"R","name":"S"}}`,
		"a key twice in another case":        `{"group":{"status":"active","Status":"inactive"}}`,
		"a key twice in a letter that folds": `{"group":{"kind":"manual","` + "\u212A" + `ind":"automatic"}}`,
		"a word that is no kind":             `{"group":{"name":"R","kind":"dynamic"}}`,
		"something behind it":                `{"group":{"name":"R"}} {}`,
		"no object":                          `[]`,
		"half of it":                         `{"group":`,
		"nothing":                            ` `,
		"not UTF-8":                          "{\"group\":{\"name\":\"\xff\"}}",
		"nothing but brackets":               strings.Repeat("[", 1000),
		"criteria deeper than any":           `{"group":{"name":"R","criteria":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}}`,
	} {
		if a := w.ask("POST", "/groups/romans/preview", body); a.Code != http.StatusBadRequest {
			t.Errorf("%s: %v", why, a)
		}
	}
	for why, query := range map[string]string{
		"an unknown parameter": "limt=1", "twice": "limit=1&limit=2", "no number": "limit=all", "none": "limit=0", "cannot be read": "limit=%zz",
	} {
		if a := w.ask("GET", "/groups/romans/members?"+query, ""); a.Code != http.StatusBadRequest {
			t.Errorf("%s: %v", why, a)
		}
	}
}

// A reader that never ends, and counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }

func TestParametersAreOfTheQueryAndNothingReadsABodyBeyondTheLimit(t *testing.T) {
	w := newWorld(t)
	w.opts.MaxBytes = 1 << 10
	form := "--b\r\nContent-Disposition: form-data; name=\"after\"\r\n\r\nbob\r\n--b--\r\n"
	for _, path := range []string{"/groups", "/groups/romans/members", "/users/ann/groups", "/acts", "/changes"} {
		plain := w.want(200, "GET", path, "").String()
		if got := w.want(200, "GET", path, form, "Content-Type: multipart/form-data; boundary=b").String(); got != plain {
			t.Errorf("%s with a parameter in the body is %s, not %s", path, got, plain)
		}
	}
	w.parses = true // the authorizer of the host reads the form
	for _, rt := range httpapi.Routes() {
		path := strings.NewReplacer("{group}", "romans", "{user}", "ann", "{revision}", "1").Replace(rt.Path)
		for _, media := range []string{"multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "application/json"} {
			body := &endless{}
			r := httptest.NewRequestWithContext(t.Context(), rt.Method, path, body)
			r.Header.Set("Content-Type", media)
			r.Header.Set("If-Match", `"7"`)
			w.handler().ServeHTTP(httptest.NewRecorder(), r)
			if body.read > 64<<10 {
				t.Errorf("%s %s of %s reads %d bytes", rt.Method, path, media, body.read)
			}
		}
	}
}

func TestEveryProblemOfCriteriaComesAtItsPointerInTheBody(t *testing.T) {
	w := newWorld(t)
	bad := `{"match":"any","sets":[{"match":"all","conditions":[{"kind":"field","field":"city","op":"before","value":"2026-01-01"},{"kind":"field","field":"town","op":"is","values":["x"]}]}]}`
	for path, body := range map[string]string{
		"check": `{"criteria":` + bad + `}`, "count": `{"group":{"name":"R","criteria":` + bad + `}}`, "preview": `{"group":{"name":"R","criteria":` + bad + `}}`,
	} {
		a := w.want(422, "POST", "/groups/romans/"+path, body)
		prefix := map[bool]string{true: "/criteria", false: "/group/criteria"}[path == "check"]
		for i, want := range []string{"/sets/0/conditions/0/op", "/sets/0/conditions/1/field"} {
			if got := a.at(fmt.Sprintf("problems/%d/pointer", i)); got != prefix+want {
				t.Errorf("%s: problem %d is at %v, want %s%s", path, i, got, prefix, want)
			}
		}
	}
	a := w.want(422, "PUT", "/groups/romans", `{"group":{"name":"","kind":"automatic","zone":"Mars/Olympus"}}`, `If-Match: "1"`)
	if list, _ := a.at("problems").([]any); len(list) != 2 {
		t.Errorf("no name and no zone are %v", a)
	}
}

func TestTheSecondEditorIsToldWhoWasFasterAndWhen(t *testing.T) {
	w := newWorld(t)
	w.actors["ann"] = admin.Administrator("ann")
	tag := w.want(200, "GET", "/groups/romans", "").Header().Get("ETag")
	a := w.want(200, "PUT", "/groups/romans", edited(0, "Oslo"), "If-Match: "+tag, "Actor: ann")
	if a.Header().Get("ETag") != `"2"` || a.at("joined") != 1. || a.at("left") != 2. {
		t.Errorf("the edit came to %v, revision %s", a, a.Header().Get("ETag"))
	}
	for _, method := range []string{"PUT", "DELETE"} {
		body := map[string]string{"PUT": edited(0, "Rome")}[method]
		a = w.want(412, method, "/groups/romans", body, "If-Match: "+tag)
		if a.at("savedBy") != "ann" || a.at("savedAt") != "2026-01-01T09:00:00Z" || a.at("revision") != 2. {
			t.Errorf("who was faster? %v", a)
		}
	}
}

// overtaken has somebody else save a group as soon as it is written.
type overtaken struct {
	groups.Store
	then func()
}

func (o *overtaken) Apply(ctx context.Context, c groups.Commit) error {
	err := o.Store.Apply(ctx, c)
	if then := o.then; err == nil && then != nil {
		o.then = nil
		then()
	}
	return err
}

func TestAWriteAnswersTheRevisionThatItWroteAndNotThatOfWhoeverCameNext(t *testing.T) {
	for _, id := range []groups.GroupID{"romans", "new"} {
		for _, how := range []string{"save", "save what was previewed", "publish"} {
			w := newWorld(t)
			at := "/groups/" + string(id)
			base, wrote := 1, `"2"`
			header := []string{`If-Match: "1"`}
			if id == "new" {
				base, wrote, header = 0, `"1"`, []string{"If-None-Match: *"}
			}
			a := w.want(200, "POST", at+"/preview", edited(base, "Oslo"))
			plan, err := json.Marshal(a.at("plan"))
			w.must(err)
			w.before = func(d groups.Directory, s groups.Store) (groups.Directory, groups.Store) {
				return d, &overtaken{s, func() {
					g, err := w.Group(t.Context(), id)
					w.must(err)
					g.Name = "Bob's"
					_, err = w.ev.Save(t.Context(), g, "bob")
					w.must(err)
				}}
			}
			switch how {
			case "save":
				a = w.ask("PUT", at, edited(0, "Oslo"), header...)
			case "save what was previewed":
				a = w.ask("PUT", at, fmt.Sprintf(`{"preview":%q,%s`, a.at("id"), edited(0, "Oslo")[1:]), header...)
			case "publish":
				a = w.ask("POST", at+"/publish", string(plan))
			}
			if tag := a.Header().Get("ETag"); a.Code > 201 || tag != wrote {
				t.Errorf("%s %s: %v, ETag %s, want %s", how, id, a, tag, wrote)
			}
			w.before = nil
			w.want(412, "PUT", at, edited(0, "Rome"), "If-Match: "+wrote)
		}
	}
}

func TestADeletionDoesNotSayThatNobodyLeft(t *testing.T) {
	w := newWorld(t)
	a := w.want(200, "DELETE", "/groups/romans", "", `If-Match: "1"`)
	if a.String() != `200 {"group":"romans"}` {
		t.Errorf("the deletion of two members' group came to %v", a)
	}
}

func TestAnEditIsSavedExactlyAsItWasPreviewedWhereThePolicySaysSo(t *testing.T) {
	w := newWorld(t)
	w.policy.RequirePreview = true
	w.want(409, "PUT", "/groups/romans", edited(0, "Oslo"), `If-Match: "1"`)
	id := w.want(200, "POST", "/groups/romans/preview", edited(1, "Oslo")).at("id")
	w.want(200, "PUT", "/groups/romans", fmt.Sprintf(`{"preview":%q,%s`, id, edited(0, "Oslo")[1:]), `If-Match: "1"`)
}

func TestAStalePlanComesBackWithTheDifference(t *testing.T) {
	w := newWorld(t)
	plan := w.plan(t, edited(1, "Oslo"))
	w.must(w.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: "dan", Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text("Oslo")}}}}))
	a := w.want(409, "POST", "/groups/romans/publish", plan)
	if a.at("difference/0/user") != "dan" || a.at("difference/0/now/after") != "automatic" || a.at("difference/1") != nil {
		t.Errorf("the difference is %v", a)
	}
	if g, err := w.Group(t.Context(), "romans"); err != nil || g.Revision != 1 {
		t.Errorf("it was written: %v %v", g.Revision, err)
	}
}

// Whatever is done to any value of a plan, publishing it is refused or does what the untouched plan does: what a
// client sends is compared with what would happen, and never written.
func TestAPlanThatSomethingWasDoneToIsRefusedOrDoesWhatItSaid(t *testing.T) {
	w := newWorld(t)
	w.group("below", groups.AnySets(groups.All(groups.MemberOfAny("romans"))))
	plan := w.plan(t, edited(1, "Oslo"))
	places := leaves(t, plan)
	refused := 0
	for i := range places {
		w := newWorld(t)
		w.group("below", groups.AnySets(groups.All(groups.MemberOfAny("romans"))))
		altered, pointer := alter(t, plan, i)
		a := w.ask("POST", "/groups/romans/publish", altered)
		switch a.Code {
		case 200:
			members := w.want(200, "GET", "/groups/romans/members", "")
			if members.at("items/0/user") != "cid" || members.at("items/1") != nil {
				t.Errorf("with %s altered, the members are %v", pointer, members)
			}
			g, err := w.Group(t.Context(), "romans")
			if err != nil || g.Name != "Romans" || g.Criteria.String() != groups.AnySets(groups.All(city.Is("Oslo"))).String() || g.SavedBy != "root" {
				t.Errorf("with %s altered, the group is %+v", pointer, g)
			}
		case 400, 409, 422:
			refused++
		default:
			t.Errorf("with %s altered: %v", pointer, a)
		}
	}
	if refused < 20 || refused == len(places) {
		t.Errorf("%d of %d alterations were refused", refused, len(places))
	}
}

// leaves are the scalar values of a document.
func leaves(t *testing.T, doc string) (all []any) {
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatal(err)
	}
	walk(&all, v, "", func(string, any) any { return nil })
	return all
}

// alter gives the i-th scalar another value.
func alter(t *testing.T, doc string, i int) (altered, pointer string) {
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatal(err)
	}
	var met []any
	v = walk(&met, v, "", func(at string, was any) any {
		if len(met) != i {
			return was
		}
		pointer = at
		switch was := was.(type) {
		case string:
			for _, pair := range [][2]string{{"automatic", "manual"}, {"outside", "automatic"}, {"joined", "left"}, {"left", "switched"}, {"active", "inactive"}, {"keep", "dropAll"}, {"any", "all"}, {"all", "any"}} {
				if was == pair[0] {
					return pair[1]
				}
			}
			return was + "x"
		case float64:
			return was + 1
		case bool:
			return !was
		}
		return was
	})
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), pointer
}

func walk(met *[]any, v any, at string, leaf func(string, any) any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(func(yield func(string) bool) {
			for k := range v {
				if !yield(k) {
					return
				}
			}
		}) {
			v[key] = walk(met, v[key], at+"/"+key, leaf)
		}
		return v
	case []any:
		for i := range v {
			v[i] = walk(met, v[i], fmt.Sprintf("%s/%d", at, i), leaf)
		}
		return v
	}
	v = leaf(at, v)
	*met = append(*met, v)
	return v
}

func TestNothingThatASourceSaysReachesTheClient(t *testing.T) {
	w := newWorld(t)
	var told error
	w.opts.Failed = func(_ *http.Request, err error) { told = err }
	for _, of := range []error{errKeys, groups.ErrNotFound, groups.ErrConflict, groups.ErrValue, groups.ErrSchema, groups.ErrReferred, context.Canceled, admin.ErrPolicy} {
		w.breakWith(fmt.Errorf("SECRET of a row: %w", of))
		for _, path := range []string{"/groups", "/groups/romans", "/groups/romans/members", "/groups/romans/members/ann", "/users/ann/groups", "/acts?after=7", "/changes?after=7", "/plans"} {
			told = nil
			a := w.ask("GET", path, "") // which looks for SECRET
			if (a.Code == http.StatusBadGateway) != (told != nil) {
				t.Errorf("%v at %s: the host was told %v, the client %v", of, path, told, a)
			}
		}
		w.ask("PUT", "/groups/romans", edited(0, "Oslo"), `If-Match: "1"`)
		w.ask("POST", "/groups/romans/count", edited(0, "Oslo"))
	}
}

// refusing writes nothing.
type refusing struct {
	groups.Store
	err error
}

func (r refusing) Apply(context.Context, groups.Commit) error { return r.err }

func TestAnErrorOfTheHostIsToldToTheHostAloneWhateverItWraps(t *testing.T) {
	for _, kind := range []error{errKeys, groups.ErrID, groups.ErrGroup, groups.ErrValue, groups.ErrSchema, admin.ErrOpaque, httpapi.ErrForbidden} {
		w := newWorld(t)
		var told error
		w.opts.Failed = func(_ *http.Request, err error) { told = err }
		err := fmt.Errorf("SECRET of a row: %w", kind)
		plan := w.plan(t, edited(1, "Oslo"))
		w.before = func(d groups.Directory, s groups.Store) (groups.Directory, groups.Store) { return d, refusing{s, err} }
		for _, tr := range []try{
			{0, "PUT", "/groups/romans", edited(0, "Oslo"), []string{`If-Match: "1"`}, ""},
			{0, "PUT", "/groups/new", edited(0, "Oslo"), []string{"If-None-Match: *"}, ""},
			{0, "POST", "/groups/romans/publish", plan, nil, ""},
			{0, "DELETE", "/groups/romans", "", []string{`If-Match: "1"`}, ""},
		} {
			told = nil
			if w.want(502, tr.method, tr.path, tr.body, tr.header...); !errors.Is(told, err) {
				t.Errorf("%v at %s %s: the host was told %v", kind, tr.method, tr.path, told)
			}
		}
	}
	// The authorizer's: ErrForbidden is an answer, and nothing else is.
	w := newWorld(t)
	var told error
	w.opts.Failed = func(_ *http.Request, err error) { told = err }
	for _, kind := range []error{errKeys, groups.ErrID, groups.ErrNotFound, groups.ErrConflict, groups.ErrPlan, &groups.CriteriaError{Problems: []groups.Problem{{Text: "SECRET"}}}} {
		told, w.keys = nil, fmt.Errorf("SECRET of a key: %w", kind)
		for _, method := range []string{"GET", "PUT"} {
			if w.want(502, method, "/groups/romans", "", "Actor: broken"); !errors.Is(told, w.keys) {
				t.Errorf("%v: the host was told %v", kind, told)
			}
		}
	}
}

func TestAChangeOfKindSaysWhatBecomesOfTheMembers(t *testing.T) {
	w := newWorld(t)
	manual := `{"group":{"name":"R","kind":"manual","status":"active","revision":1}%s}`
	if a := w.want(422, "POST", "/groups/romans/preview", fmt.Sprintf(manual, "")); a.at("problems/0/pointer") != "/members" {
		t.Errorf("what is missing? %v", a)
	}
	w.want(200, "POST", "/groups/romans/preview", fmt.Sprintf(manual, `,"members":"assigned"`))
}

// halfway fails once a definition is written.
type halfway struct {
	groups.Store
	written bool
	err     error
}

func (h *halfway) Apply(ctx context.Context, c groups.Commit) error {
	if h.written {
		return h.err
	}
	h.written = true
	return h.Store.Apply(ctx, c)
}

func TestWhoseEditWasSavedAndNotYetCarriedOutIsToldSo(t *testing.T) {
	for _, err := range []error{errKeys, groups.ErrConflict, groups.ErrNotFound} {
		w := newWorld(t)
		// Whoever is in a group beneath world is in above.
		_, saved := w.ev.Save(t.Context(), groups.Group{ID: "world", Name: "W", Status: groups.Active}, "root")
		w.must(saved)
		romans, read := w.Group(t.Context(), "romans")
		w.must(read)
		romans.Parent = "world"
		_, saved = w.ev.Save(t.Context(), romans, "root")
		w.must(saved)
		w.group("above", groups.AnySets(groups.All(groups.MemberOfAny("world").WithBelow())))
		w.before = func(d groups.Directory, s groups.Store) (groups.Directory, groups.Store) {
			return d, &halfway{Store: s, err: err}
		}
		a := w.want(502, "PUT", "/groups/romans", edited(0, "Oslo"), `If-Match: "2"`)
		if a.at("saved") != 3. {
			t.Errorf("%v: of the edit it says %v", err, a)
		}
		w.want(502, "DELETE", "/groups/romans", "", `If-Match: "3"`)
		if _, gone := w.Group(t.Context(), "romans"); !errors.Is(gone, groups.ErrNotFound) {
			t.Errorf("%v: the group is there: %v", err, gone)
		}
	}
}

func TestThePagesOfAListPutTogetherAreTheList(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		w.group(groups.GroupID(fmt.Sprintf("g%02d", i)), groups.AnySets(groups.All(city.Is("Rome", "Oslo"))))
	}
	eve := w.actors["eve"]
	eve.Sees.Groups = []groups.GroupID{"romans", "g00", "g01", "g05", "g07"}
	w.actors["eve"] = eve
	for _, path := range []string{"/groups", "/groups/g00/members", "/users/ann/groups", "/acts", "/changes"} {
		for _, who := range []string{"", "eve"} {
			whole := w.ask("GET", path+"?limit=1000", "", "Actor: "+who)
			want, _ := whole.at("items").([]any)
			rapid.Check(t, func(t *rapid.T) {
				var got []any
				for after := ""; ; {
					limit := rapid.IntRange(1, 9).Draw(t, "limit")
					a := w.ask("GET", fmt.Sprintf("%s?limit=%d&after=%s", path, limit, url.QueryEscape(after)), "", "Actor: "+who)
					items, _ := a.at("items").([]any)
					got = append(got, items...)
					if a.at("more") != true {
						break
					}
					if len(items) != limit {
						t.Fatalf("a page of %d has %d, and there are more", limit, len(items))
					}
					after = a.at("after").(string)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s for %q: %s", path, who, diff)
				}
			})
		}
	}
}

func TestAnIDIsAnyTextAndTheHandlerIsMountedAnywhere(t *testing.T) {
	w := newWorld(t)
	id := "a/b c?%é"
	w.group(groups.GroupID(id), groups.AnySets(groups.All(city.Is("Rome"))))
	mux := http.NewServeMux()
	mux.Handle("/acme/", http.StripPrefix("/acme", w.handler()))
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, request(t.Context(), "GET", "/acme/groups/"+url.PathEscape(id)+"/members?limit=1", ""))
	if want := `{"items":[{"user":"ann","method":"automatic"}],"after":"ann","more":true}`; rec.Code != 200 || rec.Body.String() != want {
		t.Errorf("%d %s, want %s", rec.Code, rec.Body, want)
	}
}

func TestOfRequestsFromOtherSitesOnlyTrustedOnesWrite(t *testing.T) {
	w := newWorld(t)
	from := []string{"Origin: https://lms.example", "Sec-Fetch-Site: cross-site", `If-Match: "1"`}
	w.want(403, "DELETE", "/groups/romans", "", from...)
	w.want(200, "GET", "/groups/romans", "", from...) // a browser does not show it to the other site
	w.opts.CrossOrigin = http.NewCrossOriginProtection()
	w.must(w.opts.CrossOrigin.AddTrustedOrigin("https://lms.example"))
	w.want(200, "DELETE", "/groups/romans", "", from...)
}

// parked has whoever reads the people wait until their context ends.
type parked struct {
	groups.Directory
	reading chan struct{}
}

func (p parked) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		p.reading <- struct{}{}
		<-ctx.Done()
		yield(groups.User{}, ctx.Err())
	}
}

func TestAClientThatLeavesEndsItsRequestAndNobodyElses(t *testing.T) {
	w := newWorld(t)
	p := parked{struct{ groups.Directory }{w.Memory}, make(chan struct{})}
	ev := groups.NewEvaluator(p, w, &groups.Options{Now: newYear})
	h := httpapi.New(admin.New(ev, p, w, nil), ev, p, w, w.authorize, nil)
	plan := w.plan(t, edited(1, "Oslo"))
	ctx, leave := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for path, body := range map[string]string{"preview": edited(1, "Oslo"), "count": edited(1, "Oslo"), "publish": plan} {
		waiting.Go(func() {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, request(ctx, "POST", "/groups/romans/"+path, body))
			if rec.Code != http.StatusServiceUnavailable {
				t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
			}
		})
	}
	for range 3 {
		<-p.reading
	}
	// While three read, others are answered.
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, request(t.Context(), "GET", "/groups/romans/members", ""))
	if rec.Code != http.StatusOK {
		t.Errorf("meanwhile: %d %s", rec.Code, rec.Body)
	}
	leave()
	waiting.Wait()
	if g, err := w.Group(t.Context(), "romans"); err != nil || g.Revision != 1 {
		t.Errorf("who left wrote something: %+v %v", g, err)
	}
}
