package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/internal/law/fault"
)

func ExampleDesk_ReadCriteria() {
	ctx := context.Background()
	o := open(nil, nil).manual("board").automatic("team", groups.AnySets(
		groups.All(groups.MemberOfAny("board"), groups.Email.EndsWith("@example.org")),
		groups.All(groups.UserIs("u1")),
	))
	o.people(user("u1", "Anna"))
	editor := only("u1") // and no group

	data, err := o.desk.ReadCriteria(ctx, editor, "team")
	check(err)
	var doc struct {
		Sets []struct{ Conditions []json.RawMessage }
	}
	check(json.Unmarshal(data, &doc))
	fmt.Println(len(doc.Sets[0].Conditions), "conditions, the first is opaque:", bytes.Contains(doc.Sets[0].Conditions[0], []byte(`"opaque"`)))

	edited := bytes.ReplaceAll(data, []byte("example.org"), []byte("example.com"))
	c, err := o.desk.ParseCriteria(ctx, editor, "team", edited)
	check(err)
	fmt.Println(c)

	dropped := bytes.Replace(edited, append(doc.Sets[0].Conditions[0], ','), nil, 1)
	_, err = o.desk.ParseCriteria(ctx, editor, "team", dropped)
	fmt.Println(errors.Is(err, admin.ErrOpaque))
	_, err = o.desk.ParseCriteria(ctx, editor, "team", bytes.Replace(edited, []byte("u1"), []byte("u2"), 1))
	fmt.Println(err)
	// Output:
	// 2 conditions, the first is opaque: true
	// (member of board AND email ends with @example.com) OR user is u1
	// true
	// /sets/1/conditions/0/users/0: names something that you do not see
}

// A scene is an office with resources that have names of their own, of which an actor sees some.
type scene struct {
	office
	visible []groups.UserID
}

var (
	sceneUsers   = []groups.UserID{"user-a", "user-b", "user-c", "user-gone"}
	sceneGroups  = []groups.GroupID{"group-a", "group-b", "group-c"}
	sceneUnits   = []string{"unit-a", "unit-b", "unit-c"}
	sceneCourses = []string{"course-a", "course-b", "course-c"}
)

const branch groups.Tree = "branch"

func newScene(t *rapid.T) *scene {
	s := &scene{office: open(nil, nil)}
	for _, id := range sceneUsers[:3] {
		u := user(id, "")
		u.Activation = rapid.SampledFrom([]groups.Activation{groups.Activated, groups.Deactivated, groups.ActivationUnknown}).Draw(t, "activation")
		u.Expiry = rapid.SampledFrom([]groups.Expiry{groups.Current, groups.Expired}).Draw(t, "expiry")
		s.people(u)
	}
	check(s.Write(context.Background(), groups.PeopleChange{
		Schema: &groups.Schema{Trees: []groups.Tree{branch}, EnrollmentStatuses: []string{groups.Completed}},
	}))
	return s
}

// some draws one or more of a list.
func some[T any](t *rapid.T, list []T) []T {
	return rapid.SliceOfN(rapid.SampledFrom(list), 1, 3).Draw(t, "operands")
}

func (s *scene) condition(t *rapid.T) groups.Condition {
	switch rapid.IntRange(0, 8).Draw(t, "kind") {
	case 0:
		return groups.UserIs(some(t, sceneUsers)...)
	case 1:
		return groups.UserIsOrBelow(some(t, sceneUsers)...).Not()
	case 2:
		return groups.MemberOfAny(some(t, sceneGroups)...)
	case 3:
		return branch.IsOrBelow(some(t, sceneUnits)...)
	case 4:
		return groups.Courses(some(t, sceneCourses)...).AreEnrolled()
	case 5:
		var ids []string
		for _, id := range some(t, sceneUsers) {
			ids = append(ids, string(id))
		}
		return groups.ID.IsNot(ids...)
	case 6:
		return groups.Name.Contains(`<"\ü`, "smith")
	case 7:
		return branch.IsEmpty()
	}
	return groups.Everyone{}
}

func (s *scene) criteria(t *rapid.T) groups.Criteria {
	c := groups.Criteria{Match: match(t)}
	for range rapid.IntRange(0, 4).Draw(t, "sets") {
		set := groups.Set{Match: match(t)}
		for range rapid.IntRange(1, 4).Draw(t, "conditions") {
			set.Conditions = append(set.Conditions, s.condition(t))
		}
		c.Sets = append(c.Sets, set)
	}
	if len(c.Sets) == 0 {
		return groups.Criteria{}
	}
	return c
}

func match(t *rapid.T) groups.Match {
	return rapid.SampledFrom([]groups.Match{groups.MatchAll, groups.MatchAny}).Draw(t, "match")
}

// actor draws one who sees some of the resources, or all of them.
func (s *scene) actor(t *rapid.T) admin.Actor {
	if rapid.IntRange(0, 4).Draw(t, "who") == 0 {
		return admin.Administrator("admin")
	}
	s.visible = part(t, sceneUsers[:3])
	a := only(s.visible...)
	a.Sees = admin.Resources{Groups: part(t, sceneGroups), Courses: part(t, sceneCourses), Units: map[groups.Tree][]string{branch: part(t, sceneUnits)}}
	return a
}

func part[T any](t *rapid.T, list []T) (some []T) {
	for _, v := range list {
		if rapid.Bool().Draw(t, "visible") {
			some = append(some, v)
		}
	}
	return some
}

// unseen are the IDs of the resources that the actor does not see.
func (s *scene) unseen(a admin.Actor) (ids []string) {
	if a.SeesAll {
		return nil
	}
	for _, u := range sceneUsers {
		if !slices.Contains(s.visible, u) {
			ids = append(ids, string(u))
		}
	}
	for _, g := range sceneGroups {
		if !slices.Contains(a.Sees.Groups, g) {
			ids = append(ids, string(g))
		}
	}
	for _, u := range sceneUnits {
		if !slices.Contains(a.Sees.Units[branch], u) {
			ids = append(ids, u)
		}
	}
	for _, c := range sceneCourses {
		if !slices.Contains(a.Sees.Courses, c) {
			ids = append(ids, c)
		}
	}
	return ids
}

// names reports whether the JSON of a condition names one of the IDs.
func names(data []byte, ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return bytes.Contains(data, []byte(id)) })
}

// document is criteria as an editor's page has them.
type document struct {
	Match string        `json:"match"`
	Sets  []documentSet `json:"sets"`
}

type documentSet struct {
	Match      string `json:"match"`
	Conditions []any  `json:"conditions"`
}

func (d document) json() []byte {
	data, err := json.Marshal(d)
	check(err)
	return data
}

func opaque(condition any) bool {
	c, ok := condition.(map[string]any)
	return ok && c["kind"] == "opaque"
}

// saved is a scene with a group, an actor, and what they read.
func saved(t *rapid.T) (*scene, groups.Group, admin.Actor, []byte) {
	s := newScene(t)
	g, err := s.ev.Save(context.Background(), groups.Group{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Criteria: s.criteria(t)}, "admin")
	check(err)
	actor := s.actor(t)
	data, err := s.desk.ReadCriteria(context.Background(), actor, "g")
	check(err)
	return s, g, actor, data
}

func TestReadThenParsedUnchangedTheCriteriaAreTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, g, actor, data := saved(t)
		got, err := s.desk.ParseCriteria(context.Background(), actor, "g", data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !reflect.DeepEqual(got, g.Criteria) {
			t.Fatalf("%s is %v, was %v", data, got, g.Criteria)
		}
		// A page may write the keys in another order, and with white space.
		var doc any
		check(json.Unmarshal(data, &doc))
		indented, err := json.MarshalIndent(doc, "", "\t")
		check(err)
		if got, err = s.desk.ParseCriteria(context.Background(), actor, "g", indented); err != nil || !reflect.DeepEqual(got, g.Criteria) {
			t.Fatalf("%s is %v, %v", indented, got, err)
		}
	})
}

func TestWhoSeesEverythingReadsTheCanonicalJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, g, _, _ := saved(t)
		want, err := g.Criteria.MarshalJSON()
		check(err)
		sighted := only(sceneUsers...)
		sighted.Sees = admin.Resources{Groups: sceneGroups, Courses: sceneCourses, Units: map[groups.Tree][]string{branch: sceneUnits}}
		actors := []admin.Actor{all}
		if !names(want, []string{"user-gone"}) { // whom only those see who see everybody
			actors = append(actors, sighted)
		}
		for _, actor := range actors {
			got, err := s.desk.ReadCriteria(context.Background(), actor, "g")
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s, %v, want %s", got, err, want)
			}
		}
	})
}

func TestNothingUnseenIsReadAndNothingSeenIsHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, g, actor, data := saved(t)
		unseen := s.unseen(actor)
		if names(data, unseen) {
			t.Fatalf("%s names one of %v", data, unseen)
		}
		canonical, err := g.Criteria.MarshalJSON()
		check(err)
		var got, want document
		check(json.Unmarshal(data, &got))
		check(json.Unmarshal(canonical, &want))
		for i, set := range want.Sets {
			for j, c := range set.Conditions {
				plain, err := json.Marshal(c)
				check(err)
				shown, err := json.Marshal(got.Sets[i].Conditions[j])
				check(err)
				if hide := names(plain, unseen); hide != opaque(got.Sets[i].Conditions[j]) || !hide && !bytes.Equal(plain, shown) {
					t.Fatalf("%s is shown as %s", plain, shown)
				}
			}
		}
	})
}

func TestAnEditThatTouchesAnOpaqueConditionIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, g, actor, data := saved(t)
		var doc document
		check(json.Unmarshal(data, &doc))
		type spot struct{ set, condition int }
		var spots []spot
		for i, set := range doc.Sets {
			for j, c := range set.Conditions {
				if opaque(c) {
					spots = append(spots, spot{i, j})
				}
			}
		}
		if len(spots) == 0 {
			t.Skip("nothing is opaque")
		}
		at := rapid.SampledFrom(spots).Draw(t, "opaque condition")
		set := &doc.Sets[at.set]
		condition := set.Conditions[at.condition].(map[string]any)
		everyone := map[string]any{"kind": "everyone"}
		act := rapid.SampledFrom([]string{"drop", "drop all", "replace", "repeat", "alter id", "add key", "lose id", "match", "outer match", "split", "save between", "name unseen"}).Draw(t, "act")
		switch act {
		case "drop":
			set.Conditions = slices.Delete(set.Conditions, at.condition, at.condition+1)
			set.Conditions = append(set.Conditions, everyone)
		case "drop all":
			doc = document{}
		case "replace":
			set.Conditions[at.condition] = everyone
		case "repeat":
			to := &doc.Sets[rapid.IntRange(0, len(doc.Sets)-1).Draw(t, "to")]
			to.Conditions = append(to.Conditions, condition)
		case "alter id":
			condition["id"] = condition["id"].(string)[1:] + "0"
		case "add key":
			condition["op"] = "is"
		case "lose id":
			delete(condition, "id")
		case "match":
			set.Match = map[string]string{"all": "any", "any": "all"}[set.Match]
		case "outer match":
			doc.Match = map[string]string{"all": "any", "any": "all"}[doc.Match]
		case "split":
			others := slices.DeleteFunc(slices.Clone(spots), func(s spot) bool { return s == at || s.set != at.set })
			if len(others) == 0 {
				t.Skip("it has the set to itself")
			}
			set.Conditions[at.condition] = everyone
			doc.Sets = append(doc.Sets, documentSet{set.Match, []any{condition}})
		case "save between":
			g.Description = "saved by somebody else"
			_, err := s.ev.Save(context.Background(), g, "another")
			check(err)
		case "name unseen":
			unseen := s.unseen(actor)[0]
			if !strings.HasPrefix(unseen, "user") {
				t.Skip("all users are seen")
			}
			set.Conditions = append(set.Conditions, map[string]any{"kind": "user", "op": "is", "users": []string{unseen}})
		}
		edited := doc.json()
		if act == "drop all" {
			edited = []byte("{}")
		}
		got, err := s.desk.ParseCriteria(context.Background(), actor, "g", edited)
		if !errors.Is(err, admin.ErrOpaque) || !reflect.DeepEqual(got, groups.Criteria{}) {
			t.Fatalf("%s: %s became %v, %v", act, edited, got, err)
		}
		var refused *groups.CriteriaError
		if !errors.As(err, &refused) {
			t.Fatalf("%s: no pointers: %v", act, err)
		}
		if hidden := slices.DeleteFunc(s.unseen(actor), func(id string) bool { return bytes.Contains(edited, []byte(id)) }); names([]byte(err.Error()), hidden) {
			t.Fatalf("the refusal names one of %v: %v", hidden, err)
		}
	})
}

func TestEditsAroundOpaqueConditions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, g, actor, data := saved(t)
		var doc document
		check(json.Unmarshal(data, &doc))
		if len(doc.Sets) == 0 {
			t.Skip("no criteria")
		}
		// Sets and conditions in another order, what is seen gone, and something added.
		sets := rapid.Permutation(doc.Sets).Draw(t, "sets")
		hidden := 0
		for i := range sets {
			sets[i].Conditions = slices.DeleteFunc(rapid.Permutation(sets[i].Conditions).Draw(t, "conditions"), func(c any) bool { return !opaque(c) })
			hidden += len(sets[i].Conditions)
			sets[i].Conditions = append(sets[i].Conditions, map[string]any{"kind": "everyone"})
		}
		doc.Sets = sets
		got, err := s.desk.ParseCriteria(context.Background(), actor, "g", doc.json())
		if err != nil {
			t.Fatalf("%s: %v", doc.json(), err)
		}
		// Every opaque condition is there as it was stored, beside those of its own set.
		for _, set := range got.Sets {
			for _, c := range set.Conditions[:len(set.Conditions)-1] {
				hidden--
				if !slices.ContainsFunc(g.Criteria.Sets, func(was groups.Set) bool {
					return was.Match == set.Match && slices.ContainsFunc(was.Conditions, func(w groups.Condition) bool { return reflect.DeepEqual(w, c) })
				}) {
					t.Fatalf("%v is not one of the stored", c)
				}
			}
		}
		if hidden != 0 {
			t.Fatalf("%d opaque conditions are lost", hidden)
		}
	})
}

// guarded is a group with two opaque conditions in its first set, one in the second and none in the
// third, and the ids that the editor reads.
func guarded(t *testing.T) (o office, editor admin.Actor, ids []any) {
	o = open(nil, nil).people(user("u1", "Anna")).manual("secret").manual("known").automatic("g", groups.AnySets(
		groups.All(groups.MemberOfAny("secret"), groups.Name.Is("x"), groups.UserIs("u9")),
		groups.All(groups.MemberOfAny("secret").Not()),
		groups.Any(groups.MemberOfAny("known")),
	))
	editor = only("u1")
	editor.Sees.Groups = []groups.GroupID{"known"}
	data, err := o.desk.ReadCriteria(t.Context(), editor, "g")
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	check(json.Unmarshal(data, &doc))
	for _, set := range doc.Sets {
		for _, c := range set.Conditions {
			if opaque(c) {
				ids = append(ids, c.(map[string]any)["id"])
			}
		}
	}
	return o, editor, ids
}

func TestWhatIsRefusedOfAnEditAndWhere(t *testing.T) {
	o, editor, ids := guarded(t)
	for _, row := range []struct {
		why  string
		edit string // A, B and C are the opaque conditions
		want []string
	}{
		{"as it was", `{"match":"any","sets":[{"match":"all","conditions":[A,B]},{"match":"all","conditions":[C]}]}`, nil},
		{"sets may change places", `{"match":"any","sets":[{"match":"all","conditions":[C]},{"match":"all","conditions":[B,A]}]}`, nil},
		{"keys may, too", `{"sets":[{"conditions":[A,B],"match":"all"},{"conditions":[C],"match":"all"}],"match":"any"}`, nil},
		{"keys may be escaped", `{"match":"any","\u0073ets":[{"match":"all","conditions":[A,B]},{"match":"all","conditions":[C]}]}`, nil},
		{"two at the same place are one too many, and the other is missing", `{"match":"any","sets":[{"match":"all","conditions":[A,A]},{"match":"all","conditions":[C]}]}`,
			[]string{"/sets/0/conditions opaque", "/sets/0/conditions/1 opaque"}},
		{"opaque conditions of two sets do not join", `{"match":"any","sets":[{"match":"all","conditions":[A,B,C]}]}`, []string{"/sets/0/conditions/2 opaque"}},
		{"nor do those of one set part", `{"match":"any","sets":[{"match":"all","conditions":[A]},{"match":"all","conditions":[C]},{"match":"all","conditions":[B]}]}`, []string{"/sets/2/conditions/0 opaque"}},
		{"nor do they change places", `{"match":"any","sets":[{"match":"all","conditions":[A,C]},{"match":"all","conditions":[B]}]}`, []string{"/sets/0/conditions/1 opaque", "/sets/1/conditions/0 opaque"}},
		{"all or any is part of what they mean", `{"match":"all","sets":[{"match":"any","conditions":[A,B]},{"match":"all","conditions":[C]}]}`,
			[]string{"/match opaque", "/sets/0/match opaque"}},
		{"where nothing of a set is left", `{"match":"any","sets":[{"match":"all","conditions":[A,B]}]}`, []string{"/sets opaque"}},
		{"no criteria at all", `{}`, []string{"/match opaque", "/sets opaque", "/sets opaque", "/sets opaque"}},
		{"what is wrong with the rest is told where it stands, and all at once", `{"match":"any","sets":[
			{"match":"all","conditions":[A, {"kind":"field","field":"hobby","op":"is","values":["x"]}, B, {"kind":"group","op":"memberOfAny","groups":["known","secret"]}]},
			{"match":"some","conditions":[C, {"kind":"user","op":"is","users":["u1","u2"]}, {"kind":"opaque"}]}]}`,
			[]string{"/sets/0/conditions/1/field unknown", "/sets/0/conditions/3/groups/1 opaque", "/sets/1/match unknown", "/sets/1/match opaque", "/sets/1/conditions/1/users/1 opaque", "/sets/1/conditions/2 opaque"}},
		{"a key twice", `{"match":"any","sets":[{"match":"all","conditions":[{"kind":"opaque","id":"` + fmt.Sprint(ids[0]) + `","id":"` + fmt.Sprint(ids[0]) + `"},B]},{"match":"all","conditions":[C]}]}`,
			[]string{"/sets/0/conditions opaque", "/sets/0/conditions/0 opaque"}},
		{"an id that is no text", `{"match":"any","sets":[{"match":"all","conditions":[{"kind":"opaque","id":7},A,B]},{"match":"all","conditions":[C]}]}`, []string{"/sets/0/conditions/0 opaque"}},
		{"a condition that does not exist stays one", `{"match":"any","sets":[{"match":"all","conditions":[A,B,{"kind":"Opaque","id":"` + fmt.Sprint(ids[2]) + `"}]},{"match":"all","conditions":[C]}]}`, []string{"/sets/0/conditions/2/kind unknown"}},
		{"an opaque set does not exist", `{"match":"any","sets":[A,{"match":"all","conditions":[A,B]},{"match":"all","conditions":[C]}]}`,
			[]string{"/sets/0/kind syntax", "/sets/0/id syntax", "/sets/0/match syntax", "/sets/0/conditions syntax"}},
		{"no JSON", `{"match":"any","sets":[{"match":"all","conditions":[A,B]},{"match":"all","conditions":[C]}]`, []string{" syntax"}},
		{"not JSON alone", `{"match":"any","sets":[{"match":"all","conditions":[A,B]},{"match":"all","conditions":[C]}]} x`, []string{" syntax"}},
		{"a list", `[A,B,C]`, []string{" syntax", "/match opaque", "/sets opaque", "/sets opaque", "/sets opaque"}},
		{"null", `null`, []string{" syntax", "/match opaque", "/sets opaque", "/sets opaque", "/sets opaque"}},
		{"nothing", ``, []string{" syntax"}},
	} {
		edit := row.edit
		for i, letter := range []string{"A", "B", "C"} {
			for _, around := range []string{"[%s]", "[%s,", ",%s]", ",%s,", " %s,"} {
				edit = strings.ReplaceAll(edit, fmt.Sprintf(around, letter), fmt.Sprintf(around, fmt.Sprintf(`{"kind":"opaque","id":%q}`, ids[i])))
			}
		}
		_, err := o.desk.ParseCriteria(t.Context(), editor, "g", []byte(edit))
		var refused *groups.CriteriaError
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("%s: %v", row.why, err)
		}
		var got []string
		if refused != nil {
			for _, p := range refused.Problems {
				what := map[error]string{admin.ErrOpaque: "opaque", groups.ErrUnknown: "unknown", groups.ErrSyntax: "syntax"}[p.Err]
				got = append(got, p.Pointer+" "+what)
			}
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", row.why, err, diff)
		}
	}
}

func TestAnIdIsGoodForOneRevisionOfOneGroupAndOneEditor(t *testing.T) {
	o, editor, ids := guarded(t)
	data, err := o.desk.ReadCriteria(t.Context(), editor, "g")
	check(err)
	if _, err := o.desk.ParseCriteria(t.Context(), all, "g", data); !errors.Is(err, admin.ErrOpaque) {
		t.Errorf("one who sees the condition writes it out: %v", err)
	}
	g, err := o.Group(t.Context(), "g")
	check(err)
	for _, other := range []groups.Group{
		{ID: "h", Name: "h", Kind: groups.AutomaticGroup, Criteria: g.Criteria},
		{ID: "g", Name: "g", Kind: groups.AutomaticGroup, Criteria: g.Criteria, Revision: g.Revision},
	} {
		if _, err = o.ev.Save(t.Context(), other, "admin"); err != nil {
			t.Fatal(err)
		}
		if _, err := o.desk.ParseCriteria(t.Context(), editor, other.ID, data); !errors.Is(err, admin.ErrOpaque) {
			t.Errorf("the ids of %v are good in %s: %v", ids, other.ID, err)
		}
	}
	for _, id := range ids {
		if len(id.(string)) != 16 {
			t.Errorf("an id of %d characters", len(id.(string)))
		}
	}
	if _, err := o.desk.ReadCriteria(t.Context(), editor, "none"); !errors.Is(err, groups.ErrNotFound) {
		t.Error(err)
	}
	if _, err := o.desk.ParseCriteria(t.Context(), editor, "none", data); !errors.Is(err, admin.ErrOpaque) {
		t.Error(err)
	}
	dead := func() *admin.Desk { return admin.New(o.ev, fault.Failing(o, fault.Before, 1), o, nil) }
	if _, err := dead().ReadCriteria(t.Context(), editor, "g"); !errors.Is(err, fault.ErrSource) {
		t.Errorf("who could not be read passed for unseen: %v", err)
	}
	if _, err := dead().ParseCriteria(t.Context(), editor, "g", data); !errors.Is(err, fault.ErrSource) {
		t.Errorf("who could not be read passed for unseen: %v", err)
	}
}

func TestAnOpaqueConditionThatNoLongerFitsDoesNotGiveItselfAway(t *testing.T) {
	o := open(nil, nil)
	schema := func(operands int) {
		check(o.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{Trees: []groups.Tree{branch}, Limits: &groups.Limits{Operands: operands}}}))
	}
	schema(2)
	o.automatic("g", groups.AllSets(groups.All(branch.Is("skunkworks", "b"), groups.Everyone{})))
	schema(1)
	data, err := o.desk.ReadCriteria(t.Context(), only(), "g")
	check(err)
	_, err = o.desk.ParseCriteria(t.Context(), only(), "g", data)
	if !errors.Is(err, admin.ErrOpaque) || err.Error() != "/sets/0/conditions/0: no longer fits the schema: somebody who sees it has to change it" {
		t.Error(err)
	}
}

func TestWhatAHostileEditCostsIsBounded(t *testing.T) {
	o, editor, ids := guarded(t)
	list := func(element string, size int) string {
		return `{"match":"any","sets":[{"match":"all","conditions":[` + strings.Repeat(element+",", size/(len(element)+1)) + element + `]}]}`
	}
	// read parses an edit, and returns the allocations that it took.
	read := func(edit string) (refused *groups.CriteriaError, allocations float64) {
		allocations = testing.AllocsPerRun(1, func() {
			_, err := o.desk.ParseCriteria(t.Context(), editor, "g", []byte(edit))
			if !errors.As(err, &refused) || len(refused.Problems) > 1000 || len(err.Error()) > 1<<20 {
				t.Fatalf("%v", err)
			}
		})
		return refused, allocations
	}
	const most = 1 << 20
	for _, row := range []struct{ why, element string }{
		{"one opaque condition all over", fmt.Sprintf(`{"kind":"opaque","id":%q}`, ids[0])},
		{"opaque conditions that never were", `{"kind":"opaque","id":"0"}`},
		{"unseen users", `{"kind":"user","op":"is","users":["u7"]}`},
		{"no conditions at all", `1`},
	} {
		for _, size := range []int{most / 4, 2 * most} {
			refused, cost := read(list(row.element, size))
			if !errors.Is(refused, groups.ErrLimit) || cost > 1_000_000 {
				t.Errorf("%s, %d bytes: %.0f allocations, %.200s", row.why, size, cost, refused.Error())
			}
		}
	}
	// What is no criteria because of a key that is there twice is not counted; the elements are met once.
	if _, cost := read(`{"match":"any",` + list("1", most/8)[1:]); cost > 1_000_000 {
		t.Errorf("a key twice: %.0f allocations", cost)
	}
}

func TestWhatAnEditOfALargeGroupCostsIsInProportion(t *testing.T) {
	o := open(nil, nil)
	var sets []groups.Set
	for i := range 50 {
		var conditions []groups.Condition
		for j := range 10 {
			conditions = append(conditions, groups.UserIs(groups.UserID(fmt.Sprint("unseen ", i, " ", j))))
		}
		sets = append(sets, groups.All(conditions...))
	}
	g := o.automatic("g", groups.AnySets(sets...)).group(t, "g")
	n := 0
	cost := testing.AllocsPerRun(1, func() {
		n++
		if _, err := o.desk.SaveDraft(t.Context(), only(), admin.Draft{ID: fmt.Sprint(n), Group: g}); err != nil {
			t.Fatal(err)
		}
	})
	if cost > 100_000 { // to compare each with each took millions
		t.Errorf("%.0f allocations for 500 conditions", cost)
	}
}
