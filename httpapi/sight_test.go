package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/httpapi"
)

func TestWhoDoesNotSeeEverythingIsShownNoMore(t *testing.T) {
	w := newWorld(t)
	w.group("secret", groups.AnySets(groups.All(city.Is("Oslo")), groups.All(groups.UserIs("ann"))))
	w.group("mixed", groups.AnySets(groups.All(groups.MemberOfAny("secret")), groups.All(city.Is("Rome", "Oslo"))))
	seeing := w.actors["eve"]
	seeing.Sees.Groups = append(seeing.Sees.Groups, "mixed")
	w.actors["eve"] = seeing
	eve := func(method, path, body string) string {
		t.Helper()
		return w.ask(method, path, body, "Actor: eve", `If-Match: "1"`).String()
	}
	for _, tr := range []try{
		{200, "GET", "/groups", "", nil, ""},
		{200, "GET", "/groups/mixed", "", nil, "its criteria name secret"},
		{200, "GET", "/groups/mixed/members", "", nil, "cid is in"},
		{404, "GET", "/groups/mixed/members/cid", "", nil, ""},
		{404, "GET", "/groups/mixed/members/cid/explanation", "", nil, ""},
		{200, "GET", "/groups/mixed/members/ann/explanation", "", nil, "ann is in secret"},
		{200, "GET", "/groups/mixed/versions", "", nil, ""},
		{404, "GET", "/users/cid/groups", "", nil, ""},
		{200, "GET", "/users/ann/groups", "", nil, "she is in secret"},
		{403, "GET", "/acts", "", nil, ""},
		{403, "GET", "/changes", "", nil, ""},
		{403, "GET", "/plans", "", nil, ""},
		{200, "POST", "/groups/mixed/count", `{"group":{"name":"M","kind":"automatic","criteria":%s}}`, nil, ""},
		{200, "POST", "/groups/mixed/preview", `{"group":{"name":"M","kind":"automatic","revision":1,"criteria":%s}}`, nil, ""},
		{200, "POST", "/groups/mixed/check", `{"criteria":%s}`, nil, ""},
		{200, "PUT", "/groups/mixed", `{"group":{"name":"M","kind":"automatic","criteria":%s}}`, nil, "the opaque condition stays"},
	} {
		body := tr.body
		if strings.Contains(body, "%s") {
			data, err := admin.New(w.ev, w, w, nil).ReadCriteria(t.Context(), w.actors["eve"], "mixed")
			w.must(err)
			body = fmt.Sprintf(body, data)
		}
		got := eve(tr.method, tr.path, body)
		if !strings.HasPrefix(got, fmt.Sprint(tr.status)) || strings.Contains(got, "secret") || strings.Contains(got, `"cid"`) {
			t.Errorf("%s %s tells eve %s (%s)", tr.method, tr.path, got, tr.why)
		}
	}
	if g, err := w.Group(t.Context(), "mixed"); err != nil || !strings.Contains(g.Criteria.String(), "secret") {
		t.Errorf("the condition that eve does not see is gone: %v %v", g.Criteria, err)
	}
	if a := w.ask("PUT", "/groups/hers", `{"group":{"name":"H","kind":"automatic","criteria":{"match":"any","sets":[{"match":"all","conditions":[{"kind":"group","op":"memberOfAny","groups":["secret"]}]}]}}}`, "Actor: eve", "If-None-Match: *"); a.Code != 422 {
		t.Errorf("eve creates a group of those in secret: %v", a)
	}
	if got := eve("POST", "/groups/mixed/check", `{"criteria":{"match":"any","sets":[{"match":"all","conditions":[{"kind":"group","op":"memberOfAny","groups":["secret"]}]}]}}`); !strings.HasPrefix(got, "422") {
		t.Errorf("eve names what she does not see: %s", got)
	}
}

func TestAGroupThatTheActorDoesNotSeeIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.group("secret", groups.AnySets(groups.All(city.Is("Rome"))))
	w.group("hers", groups.AnySets(groups.All(city.Is("Rome"))))
	for id, edit := range map[groups.GroupID]groups.Group{"romans": {Parent: "secret"}, "hers": {Owner: "eve"}} {
		g, err := w.Group(t.Context(), id)
		w.must(err)
		g.Parent, g.Owner = edit.Parent, edit.Owner
		_, err = w.ev.Save(t.Context(), g, "root")
		w.must(err)
	}
	for _, rt := range httpapi.Routes() {
		if !strings.Contains(rt.Path, "{group}") {
			continue
		}
		body := map[httpapi.Action]string{
			httpapi.EditGroup: edited(0, "Rome"), httpapi.Check: `{"criteria":{}}`, httpapi.Count: edited(0, "Rome"), httpapi.Preview: edited(0, "Rome"),
		}[rt.Action]
		at := func(group string) string {
			return strings.NewReplacer("{group}", group, "{user}", "ann", "{revision}", "1").Replace(rt.Path)
		}
		w.want(404, rt.Method, at("secret"), body, "Actor: eve", `If-Match: "1"`)
		if rt.Method == "GET" {
			w.want(200, rt.Method, at("hers"), body, "Actor: eve")
		}
	}
	if a := w.want(412, "PUT", "/groups/secret", edited(0, "Rome"), "Actor: eve", "If-None-Match: *"); a.at("savedBy") != nil {
		t.Errorf("of a group that eve does not see she is told %v", a)
	}

	// The parent that she does not see is not shown, and stays.
	a := w.want(200, "GET", "/groups/romans", "", "Actor: eve")
	if strings.Contains(a.String(), "secret") {
		t.Errorf("eve is shown the parent: %v", a)
	}
	id := w.want(200, "POST", "/groups/romans/preview", edited(2, "Oslo"), "Actor: eve").at("id")
	w.want(200, "PUT", "/groups/romans", fmt.Sprintf(`{"preview":%q,%s`, id, edited(0, "Oslo")[1:]), "Actor: eve", `If-Match: "2"`)
	w.want(200, "PUT", "/groups/romans", edited(0, "Rome"), "Actor: eve", `If-Match: "3"`)
	if g, err := w.Group(t.Context(), "romans"); err != nil || g.Parent != "secret" {
		t.Errorf("the parent that eve does not see is %q now, %v", g.Parent, err)
	}
}

func TestWhoMayCreateAGroupLooksAtItBefore(t *testing.T) {
	w := newWorld(t)
	w.group("secret", groups.AnySets(groups.All(city.Is("Rome"))))
	hidden := `{"match":"any","sets":[{"match":"all","conditions":[{"kind":"group","op":"memberOfAny","groups":["secret"]}]}]}`
	w.want(200, "POST", "/groups/new/check", `{"criteria":`+cityIs("Rome")+`}`, "Actor: eve")
	w.want(422, "POST", "/groups/new/check", `{"criteria":`+hidden+`}`, "Actor: eve")
	w.want(422, "POST", "/groups/new/preview", `{"group":{"name":"N","kind":"automatic","criteria":`+hidden+`}}`, "Actor: eve")
	id := w.want(200, "POST", "/groups/new/preview", edited(0, "Rome"), "Actor: eve").at("id")
	w.want(201, "PUT", "/groups/new", fmt.Sprintf(`{"preview":%q,%s`, id, edited(0, "Rome")[1:]), "Actor: eve", "If-None-Match: *")
}

func TestNoNumberTellsWhatUsersHaveWhomTheActorDoesNotSee(t *testing.T) {
	guess := func(name, at string) string {
		return fmt.Sprintf(`{"group":{"name":"R","kind":"automatic","status":"active","criteria":{"match":"any","sets":[{"match":"all","conditions":[`+
			`{"kind":"field","field":"name","op":"is","values":[%q]},{"kind":"field","field":"city","op":"is","values":[%q]}]}]}}}`, name, at)
	}
	answers := map[string][]string{}
	for _, at := range []string{"Oslo", "Turin"} { // cid is in Oslo
		w := newWorld(t)
		told := func(a answer) { answers[at] = append(answers[at], a.String()) }
		told(w.want(200, "POST", "/groups/romans/count", guess("Name of cid", at), "Actor: eve"))
		told(w.want(200, "PUT", "/groups/romans", guess("Name of cid", at), "Actor: eve", `If-Match: "1"`))
		told(w.want(200, "GET", "/groups", "", "Actor: eve"))
		told(w.want(200, "DELETE", "/groups/romans", "", "Actor: eve", `If-Match: "2"`))
	}
	if diff := cmp.Diff(answers["Turin"], answers["Oslo"]); diff != "" {
		t.Errorf("eve learns where cid is: %s", diff)
	}
	w := newWorld(t)
	a := w.want(200, "POST", "/groups/romans/count", guess("Name of ann", "Rome"), "Actor: eve")
	if a.at("population") != 1. || a.at("first/0/user") != "ann" {
		t.Errorf("of those whom eve sees there are %v", a)
	}
}
