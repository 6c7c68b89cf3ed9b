package admin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/internal/law/fault"
)

func TestWhoIsNamed(t *testing.T) {
	nina := person("n1", "nina", "nina@x.org")
	nina.Fields["email"] = groups.Text("nina@x.org", "n@home.org")
	mute := groups.User{ID: "s9", Activation: groups.Activated}
	w := newTenant(t, nina, person("n2", "Straße", "two@x.org"), person("n3", "n3@x.org", "n3@x.org"),
		person("s1", "n2", "shared@x.org"), person("s2", "sue", "shared@x.org"), mute)
	for _, c := range []struct {
		why   string
		actor admin.Actor
		by    admin.NamedBy
		texts string // separated by |
		want  []string
	}{
		{"IDs compare byte by byte, trimmed", root, admin.ByID, "n1| n2 |N1", []string{"n1: found", "n2: found", "N1: noSuchUser"}},
		{"an ID is no username", root, admin.ByUsername, "n1", []string{"n1: noSuchUser"}},
		{"usernames fold as texts do", root, admin.ByUsername, "NINA|STRASSE| Straße ", []string{"NINA: found n1", "STRASSE: found n2", "Straße: repeated n2"}},
		{"so do email addresses", root, admin.ByEmail, "Two@X.org", []string{"Two@X.org: found n2"}},
		{"any of several addresses", root, admin.ByEmail, "n@home.org|nina@x.org", []string{"n@home.org: found n1", "nina@x.org: repeated n1"}},
		{"any identifier, one kind a text", root, admin.ByAny, "n1|sue|two@x.org", []string{"n1: found", "sue: found s2", "two@x.org: found n2"}},
		{"one user's ID is another's username: nobody is preferred", root, admin.ByAny, "n2", []string{"n2: ambiguous [n2 s1]"}},
		{"to somebody who sees but one of them it is that one", north(), admin.ByAny, "n2", []string{"n2: found"}},
		{"username and address of one user", root, admin.ByAny, "n3@x.org", []string{"n3@x.org: found n3"}},
		{"two users share an address", root, admin.ByEmail, "shared@x.org", []string{"shared@x.org: ambiguous [s1 s2]"}},
		{"whom the actor cannot see is not there, not even as ambiguous", north(), admin.ByEmail, "shared@x.org|s1|sue", []string{"shared@x.org: noSuchUser", "s1: noSuchUser", "sue: noSuchUser"}},
		{"the zero actor sees nobody", admin.Actor{}, admin.ByID, "n1", []string{"n1: noSuchUser"}},
		{"nobody named", root, admin.ByAny, "| \t", []string{": blank", ": blank"}},
		{"unknown twice is unknown twice", root, admin.ByAny, "zoe|zoe", []string{"zoe: noSuchUser", "zoe: noSuchUser"}},
		{"ambiguous twice is ambiguous twice", root, admin.ByAny, "n2|n2", []string{"n2: ambiguous [n2 s1]", "n2: ambiguous [n2 s1]"}},
		{"named before in another way", root, admin.ByAny, "n1|nina", []string{"n1: found", "nina: repeated n1"}},
		{"bytes that are no text are nobody", root, admin.ByAny, "\xff|a\x00b", []string{"\xff: noSuchUser", "a\x00b: noSuchUser"}},
		{"who has no username cannot be named by one", root, admin.ByAny, "s9", []string{"s9: found"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			r, err := w.Find(t.Context(), c.actor, admin.Named{By: c.by, Texts: strings.Split(c.texts, "|")})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, told(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnExactUsernameIsComparedAsItIs(t *testing.T) {
	w := newTenant(t, person("u1", "Ada", "a@x.org"))
	schema := groups.Schema{Fields: []groups.Field{{Name: "username", Type: groups.TypeText, Exact: true}}}
	if err := w.store.Write(t.Context(), groups.PeopleChange{Schema: &schema}); err != nil {
		t.Fatal(err)
	}
	r, err := w.Find(t.Context(), root, admin.Named{By: admin.ByUsername, Texts: []string{"ada", "Ada"}})
	if diff := cmp.Diff([]string{"ada: noSuchUser", "Ada: found u1"}, told(r)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestManyUsersOfOneNameAreCountedAndTenListed(t *testing.T) {
	var users []groups.User
	for i := range 25 {
		users = append(users, person(groups.UserID(fmt.Sprintf("u%02d", i)), "", "office@x.org"))
	}
	r, err := newTenant(t, users...).Find(t.Context(), root, admin.Named{Texts: []string{"office@x.org"}})
	if err != nil {
		t.Fatal(err)
	}
	if o := r.Outcomes[0]; len(o.Among) != 10 || o.Among[9] != "u09" || !strings.HasPrefix(o.Text, "25 users have") {
		t.Errorf("%+v", o)
	}
}

// drawnPeople draws people whose identifiers meet often, and texts that may name them.
func drawnPeople(t *rapid.T) (users []groups.User, texts []string) {
	identifier := rapid.SampledFrom([]string{"n1", "n2", "N1", "s1", "s2", "x", "X", "straße", "STRASSE", "", " "})
	for _, id := range []groups.UserID{"n1", "n2", "s1", "s2", "x"} {
		if rapid.Bool().Draw(t, "is there") {
			users = append(users, person(id, identifier.Draw(t, "username"), identifier.Draw(t, "email")))
		}
	}
	return users, rapid.SliceOfN(identifier, 0, 8).Draw(t, "texts")
}

var drawnBy = rapid.SampledFrom([]admin.NamedBy{admin.ByAny, admin.ByID, admin.ByUsername, admin.ByEmail})

func TestEveryIdentifierHasExactlyOneOutcomeInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users, texts := drawnPeople(t)
		w := newTenant(t, users...)
		r, err := w.Find(t.Context(), root, admin.Named{By: drawnBy.Draw(t, "by"), Texts: texts})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Outcomes) != len(texts) {
			t.Fatalf("%d outcomes of %d texts", len(r.Outcomes), len(texts))
		}
		seen := map[groups.UserID]bool{}
		for i, o := range r.Outcomes {
			if o.Named != texts[i] {
				t.Errorf("outcome %d is of %q, not %q", i, o.Named, texts[i])
			}
			if blank := strings.TrimSpace(texts[i]) == ""; blank != (o.Code == admin.Blank) {
				t.Errorf("%q is %s", texts[i], o.Code)
			}
			switch o.Code {
			case admin.Found:
				if seen[o.User] {
					t.Errorf("%s is found twice", o.User)
				}
				seen[o.User] = true
			case admin.Repeated:
				if !seen[o.User] {
					t.Errorf("%s is repeated before they are found", o.User)
				}
			case admin.Ambiguous:
				if len(o.Among) < 2 || !slices.IsSorted(o.Among) {
					t.Errorf("ambiguous among %v", o.Among)
				}
			case admin.NoSuchUser, admin.Blank:
			default:
				t.Errorf("found users are %s", o.Code)
			}
		}
	})
}

// An actor finds out nothing about users they do not see: it is as though there were no such users.
func TestToAnActorThereAreOnlyTheUsersTheySee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users, texts := drawnPeople(t)
		named := admin.Named{By: drawnBy.Draw(t, "by"), Texts: texts}
		visible := slices.DeleteFunc(slices.Clone(users), func(u groups.User) bool { return u.ID[0] != 'n' })
		got, err := newTenant(t, users...).Find(t.Context(), north(), named)
		if err != nil {
			t.Fatal(err)
		}
		want, err := newTenant(t, visible...).Find(t.Context(), root, named)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-without the others +with them):\n%s", diff)
		}
	})
}

// Few IDs are looked up one by one, many in one pass: the answer is the same.
func TestOnePassFindsWhomLookingUpFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users, texts := drawnPeople(t)
		w := newTenant(t, users...)
		few, err := w.Find(t.Context(), north(), admin.Named{By: admin.ByID, Texts: texts})
		if err != nil {
			t.Fatal(err)
		}
		padded := slices.Clone(texts)
		for i := range 101 {
			padded = append(padded, fmt.Sprint("nobody ", i))
		}
		many, err := w.Find(t.Context(), north(), admin.Named{By: admin.ByID, Texts: padded})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(few.Outcomes, many.Outcomes[:len(texts)]); diff != "" {
			t.Errorf("(-one by one +one pass):\n%s", diff)
		}
	})
}

func TestAFailingDirectoryFindsNobody(t *testing.T) {
	w := newTenant(t, person("n1", "nina", "n@x.org"), person("n2", "nils", "n2@x.org"))
	w.save(t, "g")
	for _, c := range []struct {
		why  string
		mode fault.Mode
		n    int
		whom admin.Whom
	}{
		{"the pass breaks off after the user was met", fault.Short, 2, admin.Named{Texts: []string{"nina"}}},
		{"a look-up fails, which is not to be not found", fault.Before, 1, admin.Users("n1")},
		{"the people of a unit break off", fault.Short, 2, admin.InUnit{Tree: Branch, Unit: "emea"}},
	} {
		d := admin.New(w.ev, fault.Failing(w.store, c.mode, c.n), w.store, nil)
		if r, err := d.Assign(t.Context(), root, "g", c.whom, admin.Terms{}); !errors.Is(err, fault.ErrSource) || r != nil {
			t.Errorf("%s: %v, %v", c.why, r, err)
		}
		if got := w.population(t, "g"); len(got) > 0 {
			t.Errorf("%s, and yet %v are in", c.why, got)
		}
	}
}

func TestNamedByIsKeptAsAWord(t *testing.T) {
	for _, by := range []admin.NamedBy{admin.ByAny, admin.ByID, admin.ByUsername, admin.ByEmail} {
		data, err := json.Marshal(by)
		var back admin.NamedBy = 99
		if err == nil {
			err = json.Unmarshal(data, &back)
		}
		if err != nil || back != by {
			t.Errorf("%s reads back as %v, %v", data, back, err)
		}
	}
	var by admin.NamedBy
	if err := by.UnmarshalText([]byte("phone")); !errors.Is(err, groups.ErrValue) {
		t.Error(err)
	}
	w := newTenant(t)
	if _, err := w.Find(t.Context(), root, admin.Named{By: 7, Texts: []string{"x"}}); !errors.Is(err, groups.ErrValue) {
		t.Error(err)
	}
}

// Were it looked up once for each pair of rows, this would take hours.
func TestANameThatAListRepeatsIsLookedUpInProportion(t *testing.T) {
	const rows, namesakes = 80_000, 1000
	users := make([]groups.User, namesakes)
	for i := range users {
		users[i] = person(groups.UserID(fmt.Sprintf("u%04d", i)), "ada", "ada@x.org")
	}
	w := newTenant(t, append(users, person("v", "bob", "bob"))...)
	for text, want := range map[string][2]admin.OutcomeCode{
		"ada": {admin.Ambiguous, admin.Ambiguous},
		"bob": {admin.Found, admin.Repeated},
		"zoe": {admin.NoSuchUser, admin.NoSuchUser},
	} {
		r := must[*admin.Report](t)(w.Find(t.Context(), root, admin.Named{Texts: slices.Repeat([]string{text}, rows)}))
		if n := len(r.Outcomes); n != rows || r.Outcomes[0].Code != want[0] || r.Count(want[1]) < rows-1 {
			t.Errorf("%s: %d outcomes, the first %v", text, n, r.Outcomes[0])
		}
	}
}
