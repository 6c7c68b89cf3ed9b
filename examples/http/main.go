// Http serves two tenants from one program: a handler each, mounted beneath the tenant's name, behind an authorizer that
// knows the host's users. It shows what a client sends and gets, without a network: a host hands the mux to an
// http.Server, with its own authentication before it.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/httpapi"
)

// roles are what the users of the host may do with groups, by tenant. The host has authenticated them; here a header
// says who they are.
var roles = map[string]map[string]string{
	"acme":   {"root": "administrator", "tutor": "reader"},
	"globex": {"gina": "administrator"},
}

// authorizer lets administrators do everything and readers read.
func authorizer(tenant string) httpapi.Authorizer {
	return func(r *http.Request, n httpapi.Need) (admin.Actor, error) {
		who := r.Header.Get("X-User")
		switch role := roles[tenant][who]; {
		case role == "administrator", role == "reader" && !n.Action.Writes():
			return admin.Administrator(who), nil
		}
		return admin.Actor{}, fmt.Errorf("%q wants to %s: %w", who, n.Action, httpapi.ErrForbidden)
	}
}

// open makes a tenant with a few people.
func open(mux *http.ServeMux, tenant string) {
	lms := groups.NewMemory()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: func() time.Time { return time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC) }})
	var people []groups.User
	for id, city := range map[groups.UserID]string{"ada": "Berlin", "bob": "Oslo", "cleo": "Berlin"} {
		people = append(people, groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text(city)}})
	}
	err := lms.Write(context.Background(), groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "city", Type: groups.TypeText}}}, Upsert: people,
	})
	if err != nil {
		log.Fatal(err)
	}
	h := httpapi.New(admin.New(ev, lms, lms, nil), ev, lms, lms, authorizer(tenant), &httpapi.Options{
		Failed: func(r *http.Request, err error) { log.Println(r.Method, r.URL.Path, err) },
	})
	mux.Handle("/"+tenant+"/", http.StripPrefix("/"+tenant, h))
}

func main() {
	mux := http.NewServeMux()
	open(mux, "acme")
	open(mux, "globex")

	const berlin = `{"group":{"name":"Berlin","kind":"automatic","status":"active","criteria":{"match":"any","sets":[` +
		`{"match":"all","conditions":[{"kind":"field","field":"city","op":"is","values":["berlin"]}]}]}}}`
	ask(mux, "root", "PUT", "/acme/groups/berlin", berlin, "If-None-Match: *")
	ask(mux, "tutor", "GET", "/acme/groups/berlin/members?limit=1", "")
	ask(mux, "tutor", "GET", "/acme/groups/berlin/members?limit=1&after=ada", "")
	ask(mux, "tutor", "DELETE", "/acme/groups/berlin", "", `If-Match: "1"`)
	ask(mux, "root", "PUT", "/acme/groups/berlin", strings.Replace(berlin, "berlin", "oslo", 1), `If-Match: "1"`)
	ask(mux, "root", "PUT", "/acme/groups/berlin", berlin, `If-Match: "1"`)
	ask(mux, "root", "POST", "/acme/groups/berlin/check", `{"criteria":{"match":"any","sets":[]}}`)
	ask(mux, "gina", "GET", "/globex/groups", "")
	ask(mux, "gina", "GET", "/acme/groups", "")
	ask(mux, "root", "GET", "/acme/changes?limit=2", "")
}

// ask sends a request and prints the answer.
func ask(h http.Handler, who, method, path, body string, header ...string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-User", who)
	r.Header.Set("Content-Type", "application/json")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Printf("%s %s %s\n  %d %s\n", who, method, path, w.Code, w.Body)
}
