package admin_test

import (
	"context"
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

// executives is the group of the page: Anna Smith is in it because she is in the division, and others
// are named.
func executives() (office, groups.Criteria) {
	const Division groups.Tree = "division"
	named := func(id groups.UserID, first, last string, a groups.Activation, e groups.Expiry) groups.User {
		u := user(id, first+" "+last)
		u.Activation, u.Expiry = a, e
		u.Fields["first_name"], u.Fields["last_name"] = groups.Text(first), groups.Text(last)
		u.Units = map[groups.Tree][]string{Division: {"executive"}}
		return u
	}
	o := open(nil, nil)
	check(o.Write(context.Background(), groups.PeopleChange{
		Schema: &groups.Schema{Trees: []groups.Tree{Division}, Fields: []groups.Field{
			{Name: "first_name", Type: groups.TypeText, Exact: true}, {Name: "last_name", Type: groups.TypeText},
		}},
		Trees: map[groups.Tree][]groups.Unit{Division: {{ID: "executive"}}},
		Upsert: []groups.User{
			named("u1", "Anna", "Smith", groups.Activated, groups.Current),
			named("u2", "Bob", "Baker", groups.Deactivated, groups.Current),
			named("u3", "Cleo", "van der Berg", groups.Activated, groups.Expired),
			named("x4", "Dora", "Straße", groups.Deactivated, groups.Expired),
		},
	}))
	c := groups.AnySets(
		groups.All(Division.Is("executive"), groups.UserIs("u2").Not()),
		groups.Any(groups.UserIs("u3", "x4"), groups.UserIsOrBelow("x4").Not(), groups.UserBelow("gone").ToDepth(2)),
	)
	return o.automatic("executives", c), c
}

func ExampleDesk_NamedUsers() {
	o, c := executives()
	ctx, actor := context.Background(), admin.Administrator("admin")
	named, err := o.desk.NamedUsers(ctx, actor, c, nil)
	check(err)
	for _, n := range named {
		fmt.Println(n.Pointer, n)
	}
	// Anna Smith is a member by her division. No condition names her.
	in, err := o.ev.IsMember(ctx, "executives", "u1")
	check(err)
	found, err := o.desk.NamedUsers(ctx, actor, c, &admin.UserSearch{FirstName: "Anna", LastName: "Smith"})
	check(err)
	fmt.Println("Anna Smith is a member:", in, "and found:", len(found))
	// Output:
	// /sets/0/conditions/1 User is not [Bob Baker, u2 (Inactive)]
	// /sets/1/conditions/0 User is Cleo van der Berg, u3
	// /sets/1/conditions/0 User is [Dora Straße, x4 (Inactive)]
	// /sets/1/conditions/1 User is not or below [Dora Straße, x4 (Inactive)]
	// /sets/1/conditions/2 User is below (2 levels) [gone (Not found)]
	// Anna Smith is a member: true and found: 0
}

func TestSearchForNamedUsers(t *testing.T) {
	o, c := executives()
	for _, row := range []struct {
		why    string
		search admin.UserSearch
		want   string
	}{
		{"nothing is asked", admin.UserSearch{}, "u2 u3 x4 gone"},
		{"blanks ask nothing", admin.UserSearch{FirstName: " ", LastName: "\t", ID: "\n"}, "u2 u3 x4 gone"},
		{"a first name", admin.UserSearch{FirstName: "Bob"}, "u2"},
		{"its beginning, case aside, though the host's field is exact", admin.UserSearch{FirstName: "bO"}, "u2"},
		{"not its middle", admin.UserSearch{FirstName: "ob"}, ""},
		{"folded as rules fold", admin.UserSearch{LastName: "STRASSE"}, "x4"},
		{"some word of it", admin.UserSearch{LastName: "berg"}, "u3"},
		{"several words, white space folded", admin.UserSearch{LastName: " der  be"}, "u3"},
		{"words in another order are another name", admin.UserSearch{LastName: "berg van"}, ""},
		{"a last name is no first name", admin.UserSearch{FirstName: "Baker"}, ""},
		{"who is in by another condition is not named", admin.UserSearch{LastName: "Smith"}, ""},
		{"an ID", admin.UserSearch{ID: "u3"}, "u3"},
		{"IDs that begin so, case aside", admin.UserSearch{ID: "U"}, "u2 u3"},
		{"an ID that is nobody's any more", admin.UserSearch{ID: "gone"}, "gone"},
		{"nothing else is known of it", admin.UserSearch{Statuses: []groups.UserStatus{groups.StatusActive, groups.StatusDeactivated, groups.StatusExpired}}, "u2 u3 x4"},
		{"active, expired or not", admin.UserSearch{Statuses: []groups.UserStatus{groups.StatusActive}}, "u3"},
		{"deactivated", admin.UserSearch{Statuses: []groups.UserStatus{groups.StatusDeactivated}}, "u2 x4"},
		{"expired", admin.UserSearch{Statuses: []groups.UserStatus{groups.StatusExpired}}, "u3 x4"},
		{"all that is asked must hold", admin.UserSearch{ID: "u", Statuses: []groups.UserStatus{groups.StatusDeactivated}}, "u2"},
		{"the host calls its fields otherwise", admin.UserSearch{FirstName: "Berg", FirstNameField: "last_name"}, "u3"},
		{"without such a field the words of the name", admin.UserSearch{FirstName: "baker", FirstNameField: "given_name"}, "u2"},
	} {
		found, err := o.desk.NamedUsers(t.Context(), all, c, &row.search)
		if err != nil {
			t.Errorf("%s: %v", row.why, err)
		}
		var ids []string
		for _, n := range found {
			if !slices.Contains(ids, string(n.User.ID)) { // x4 is named twice
				ids = append(ids, string(n.User.ID))
			}
		}
		if diff := cmp.Diff(row.want, strings.Join(ids, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.why, diff)
		}
	}
	var refused *groups.CriteriaError
	if _, err := o.desk.NamedUsers(t.Context(), all, c, &admin.UserSearch{ID: strings.Repeat("u", 6000)}); !errors.As(err, &refused) {
		t.Errorf("a text longer than criteria take: %v", err)
	}
	dead := admin.New(o.ev, fault.Failing(o, fault.Before, 1), o, nil)
	if _, err := dead.NamedUsers(t.Context(), all, c, nil); !errors.Is(err, fault.ErrSource) {
		t.Errorf("users who could not be read: %v", err)
	}
}

func TestHowUserConditionsAreShown(t *testing.T) {
	o := open(nil, nil).people(user("u1", "Anna"), user("u2", ""))
	check(o.Write(t.Context(), groups.PeopleChange{Deactivate: []groups.UserID{"u2"}}))
	expired := user("u3", " Cleo ")
	expired.Expiry = groups.Expired
	unknown := user("u4", "Dora")
	unknown.Activation = groups.ActivationUnknown
	o.people(expired, unknown)
	for _, row := range []struct {
		why       string
		condition groups.Condition
		want      string
	}{
		{"the page: User is", groups.UserIs("u2"), "User is [u2 (Inactive)]"},
		{"the page: User is not", groups.UserIs("u2").Not(), "User is not [u2 (Inactive)]"},
		{"the page: User is or below", groups.UserIsOrBelow("u2"), "User is or below [u2 (Inactive)]"},
		{"the page: User is not or below", groups.UserIsOrBelow("u2").Not(), "User is not or below [u2 (Inactive)]"},
		{"and those that the page has not", groups.UserBelow("u2").Not().ToDepth(1), "User is not below (1 level) [u2 (Inactive)]"},
		{"expired is not inactive", groups.UserIs("u3"), "User is Cleo, u3"},
		{"nor is somebody of whom it is not known", groups.UserIs("u4"), "User is Dora, u4"},
		{"what nobody has", groups.UserIs("u9"), "User is [u9 (Not found)]"},
		{"nobody is named", groups.HasReports(), ""},
		{"a field is no user condition", groups.ID.Is("u1"), ""},
		{"an operator that does not exist is shown as it is", groups.UserCondition{Op: "near", Users: []groups.UserID{"u1"}}, `User is "near" Anna, u1`},
	} {
		named, err := o.desk.NamedUsers(t.Context(), all, groups.AllSets(groups.All(row.condition)), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, n := range named {
			got = n.String()
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
}

func TestSearchFindsNamedUsersAndNobodyElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t)
		c := s.criteria(t)
		actor := s.actor(t)
		search := &admin.UserSearch{
			ID:       rapid.SampledFrom([]string{"", "user", "user-a", "zz"}).Draw(t, "id"),
			Statuses: rapid.SampledFrom([][]groups.UserStatus{nil, {groups.StatusDeactivated}, {groups.StatusActive, groups.StatusExpired}}).Draw(t, "statuses"),
		}
		everybody, err := s.desk.NamedUsers(context.Background(), actor, c, nil)
		check(err)
		found, err := s.desk.NamedUsers(context.Background(), actor, c, search)
		check(err)
		for _, n := range everybody {
			u, err := s.User(context.Background(), n.User.ID)
			status := len(search.Statuses) == 0
			for _, st := range search.Statuses {
				status = status || err == nil && (st == groups.StatusExpired && u.Expiry == groups.Expired ||
					st == groups.StatusActive && u.Activation == groups.Activated || st == groups.StatusDeactivated && u.Activation == groups.Deactivated)
			}
			if want := status && strings.HasPrefix(string(n.User.ID), search.ID); want != slices.Contains(found, n) {
				t.Fatalf("%v found: %v", n, !want)
			}
			if !actor.SeesAll && !slices.Contains(s.visible, n.User.ID) {
				t.Fatalf("%v is shown to an actor who does not see them", n)
			}
		}
		for _, n := range found {
			if !slices.Contains(everybody, n) {
				t.Fatalf("%v is found and not named", n)
			}
		}
		var named []groups.UserID
		for _, set := range c.Sets {
			for _, cond := range set.Conditions {
				if users, ok := cond.(groups.UserCondition); ok {
					named = append(named, users.Users...)
				}
			}
		}
		if actor.SeesAll && len(everybody) != len(named) {
			t.Fatalf("%d of %d named users are shown", len(everybody), len(named))
		}
	})
}
