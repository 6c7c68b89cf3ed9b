package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/httpapi"
)

func ExampleNew() {
	mux, lms := http.NewServeMux(), groups.NewMemory()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear})
	_ = lms.Write(context.Background(), groups.PeopleChange{Upsert: []groups.User{{ID: "ada", Activation: groups.Activated}}})
	roles := map[string]string{"root": "administrator", "tutor": "reader"}

	authorize := func(r *http.Request, n httpapi.Need) (admin.Actor, error) {
		switch role := roles[r.Header.Get("X-User")]; { // the host has authenticated the user
		case role == "administrator", role == "reader" && !n.Action.Writes():
			return admin.Administrator(r.Header.Get("X-User")), nil
		}
		return admin.Actor{}, httpapi.ErrForbidden
	}
	desk := admin.New(ev, lms, lms, nil)
	mux.Handle("/acme/", http.StripPrefix("/acme", httpapi.New(desk, ev, lms, lms, authorize, nil)))

	ask := func(who, method, path, body string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("X-User", who)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("If-None-Match", "*") // which creates
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	everybody := `{"group":{"name":"Everybody","kind":"automatic","status":"active",` +
		`"criteria":{"match":"all","sets":[{"match":"all","conditions":[{"kind":"everyone"}]}]}}}`
	ask("tutor", "PUT", "/acme/groups/all", everybody)
	ask("root", "PUT", "/acme/groups/all", everybody)
	ask("tutor", "GET", "/acme/groups/all/members", "")
	// Output:
	// 403 {"type":"https://github.com/grouprules/groups/httpapi#forbidden","title":"Not allowed","status":403}
	// 201 {"group":"all","revision":1,"joined":1,"left":0,"switched":0}
	// 200 {"items":[{"user":"ada","method":"automatic"}],"after":"ada","more":false}
}
