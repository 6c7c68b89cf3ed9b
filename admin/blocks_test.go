package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/internal/law/fault"
)

func ExampleDesk_Blocks() {
	ctx := context.Background()
	o := open(nil, nil).people(
		user("u1", "Trainee 10"), user("u2", "trainee 9"), user("u3", "Bob Baker"), user("u4", "Anna Adams"), user("u5", ""),
	).manual("all", "u1", "u2", "u3", "u4", "u5")

	blocks, err := o.desk.Blocks(ctx, admin.Administrator("admin"), "all", 2) // 0 is blocks of 100
	check(err)
	for _, b := range blocks {
		fmt.Println(b, b.Users)
	}
	users, err := o.desk.BlockUsers(ctx, admin.Administrator("admin"), "all", blocks[1])
	check(err)
	fmt.Println(users)
	// Output:
	// Anna Adams – Bob Baker 2
	// trainee 9 – Trainee 10 2
	// u5 1
	// [trainee 9, u2 Trainee 10, u1]
}

func TestBlocksAreAlphanumeric(t *testing.T) {
	for _, row := range []struct {
		why    string
		before groups.User
		after  groups.User
	}{
		{"numbers are in the order of their values", user("b", "Trainee 9"), user("a", "Trainee 10")},
		{"case is not asked for", user("b", "anna"), user("a", "Bob")},
		{"names that differ in case only are in the order of their bytes", user("b", "ANNA"), user("a", "anna")},
		{"users of one name are in the order of their IDs", user("a", "Anna"), user("b", "Anna")},
		{"IDs are no names, and 10 is before 9 in them", user("a10", "Anna"), user("a9", "Anna")},
		{"accents matter after letters", user("b", "Éa"), user("a", "Eb")},
		{"digits are before letters", user("b", "4 ever"), user("a", "Anna")},
		{"a user without a name stands where the ID would", user("b", ""), user("a", "C")},
		{"leading zeros are the same number, and the bytes decide", user("b", "Room 02"), user("a", "Room 2")},
	} {
		o := open(nil, nil).people(row.before, row.after).manual("g", row.before.ID, row.after.ID)
		blocks, err := o.desk.Blocks(t.Context(), all, "g", 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(blocks) != 2 || blocks[0].First.ID != row.before.ID {
			t.Errorf("%s: %v", row.why, blocks)
		}
	}
}

func TestBlocksAreOf100WhereNothingElseIsSaid(t *testing.T) {
	o := open(nil, nil)
	var ids []groups.UserID
	for i := range 250 {
		ids = append(ids, groups.UserID(fmt.Sprintf("u%03d", i)))
		o.people(user(ids[i], fmt.Sprint("Trainee ", i)))
	}
	blocks, err := o.manual("all", ids...).desk.Blocks(t.Context(), all, "all", 0)
	if got := fmt.Sprint(blocks); err != nil || got != "[Trainee 0 – Trainee 99 Trainee 100 – Trainee 199 Trainee 200 – Trainee 249]" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestBlockNames(t *testing.T) {
	for _, row := range []struct {
		why   string
		block admin.Block
		want  string
	}{
		{"first and last", admin.Block{First: admin.Person{ID: "1", Name: "A"}, Last: admin.Person{ID: "2", Name: "B"}}, "A – B"},
		{"a block of one user is that user", admin.Block{First: admin.Person{ID: "1", Name: "A"}, Last: admin.Person{ID: "1", Name: "A"}}, "A, 1"},
		{"two blocks of namesakes must differ", admin.Block{First: admin.Person{ID: "1", Name: "A"}, Last: admin.Person{ID: "2", Name: "A"}}, "A, 1 – A, 2"},
		{"the ID in the place of a name", admin.Block{First: admin.Person{ID: "1"}, Last: admin.Person{ID: "2", Name: "B"}}, "1 – B"},
	} {
		if got := row.block.String(); got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
}

func TestBlocksShowOnlyWhomTheActorMaySee(t *testing.T) {
	o := open(nil, nil).people(user("u1", "A"), user("u2", "B"), user("u3", "C")).manual("g", "u1", "u2", "u3")
	check(o.Write(t.Context(), groups.PeopleChange{Remove: []groups.UserID{"u3"}})) // still in the group, as last written
	for _, row := range []struct {
		why   string
		actor admin.Actor
		want  []groups.UserID
	}{
		{"an administrator, and the one who is absent too", all, []groups.UserID{"u1", "u2", "u3"}},
		{"a power user", only("u2", "u3"), []groups.UserID{"u2"}},
		{"the zero actor", admin.Actor{}, nil},
		{"who cannot be said is not seen", admin.Actor{Scope: func(*groups.User) groups.Verdict { return groups.Unknown }}, nil},
	} {
		blocks, err := o.desk.Blocks(t.Context(), row.actor, "g", 0)
		if err != nil {
			t.Fatal(err)
		}
		got := usersOf(t, o, row.actor, "g", blocks)
		slices.Sort(got)
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.why, diff)
		}
	}
	whole := admin.Block{First: admin.Person{ID: "u1", Name: "A"}, Last: admin.Person{ID: "u3", Name: "C"}}
	users, err := o.desk.BlockUsers(t.Context(), only("u2"), "g", whole)
	if err != nil || len(users) != 1 || users[0].ID != "u2" {
		t.Errorf("a block from another's page shows %v, %v", users, err)
	}
}

func usersOf(t interface{ Fatal(...any) }, o office, actor admin.Actor, group groups.GroupID, blocks []admin.Block) (ids []groups.UserID) {
	for _, b := range blocks {
		users, err := o.desk.BlockUsers(context.Background(), actor, group, b)
		if err != nil {
			t.Fatal(err)
		}
		if len(users) != b.Users || users[0] != b.First || users[len(users)-1] != b.Last {
			t.Fatal(fmt.Sprint(b, " has the users ", users))
		}
		for _, p := range users {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func TestBlocksOfAnInactiveGroupShowWhomItWouldHave(t *testing.T) {
	o := open(nil, nil).people(user("u1", "A"))
	_, err := o.ev.Save(t.Context(), groups.Group{ID: "g", Name: "g"}, "admin")
	check(err)
	_, err = o.ev.Assign(t.Context(), "g", groups.Decision{By: "admin"}, "u1")
	check(err)
	blocks, err := o.desk.Blocks(t.Context(), all, "g", 0)
	if err != nil || len(blocks) != 1 {
		t.Errorf("%v, %v", blocks, err)
	}
}

func TestBlocksRefuseWhatTheyCannotRead(t *testing.T) {
	o := open(nil, nil)
	if _, err := o.desk.Blocks(t.Context(), all, "none", 0); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("blocks of no group: %v", err)
	}
	if _, err := o.desk.BlockUsers(t.Context(), all, "none", admin.Block{}); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("a block of no group: %v", err)
	}
	for _, n := range []int{3, 400} { // looked up one by one, and in one pass
		var ids []groups.UserID
		var users []groups.User
		for i := range n {
			users = append(users, user(groups.UserID(fmt.Sprintf("u%03d", i)), "A"))
			ids = append(ids, users[i].ID)
		}
		o := open(nil, nil).people(users...).manual("g", ids...)
		mode, at := fault.Before, 1
		if n > 100 {
			mode, at = fault.Short, n/2
		}
		dead := admin.New(o.ev, fault.Failing(o, mode, at), o, nil)
		if _, err := dead.Blocks(t.Context(), all, "g", 0); !errors.Is(err, fault.ErrSource) {
			t.Errorf("half the directory passed for all: %v", err)
		}
	}
}

// shown is the name of a user, or the ID.
func shown(o office, id groups.UserID) string {
	u, _ := o.User(context.Background(), id)
	if name := u.Fields["name"]; len(name.Texts()) > 0 {
		return name.String()
	}
	return string(id)
}

func TestBlocksDivideTheUsersInOrderWithNoneLeftOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := open(nil, nil)
		n := rapid.SampledFrom([]int{0, 1, 7, 30, 300}).Draw(t, "users")
		names := rapid.SampledFrom([]string{"", "Anna", "anna", "ANNA", "Anna 2", "Anna 10", "Änna", " ", "Bob", "李", "u7"})
		var ids []groups.UserID
		for i := range n {
			id := groups.UserID(fmt.Sprint("u", i))
			ids = append(ids, id)
			o.people(user(id, names.Draw(t, "name")))
		}
		_, err := o.ev.Save(context.Background(), groups.Group{ID: "g", Name: "g"}, "admin")
		check(err)
		if n > 0 {
			_, err = o.ev.Assign(context.Background(), "g", groups.Decision{By: "admin"}, ids...)
			check(err)
		}
		for i, id := range ids {
			if i%29 == 13 || id == slices.Max(ids) { // gone, and still in the group as last written
				check(o.Write(context.Background(), groups.PeopleChange{Remove: []groups.UserID{id}}))
			}
		}
		size := rapid.IntRange(1, 40).Draw(t, "size")
		blocks, err := o.desk.Blocks(context.Background(), all, "g", size)
		if err != nil {
			t.Fatal(err)
		}
		var members []groups.UserID
		for m, err := range o.ev.Population(context.Background(), "g") {
			check(err)
			members = append(members, m.User)
		}
		if len(members) != n {
			t.Fatalf("the group has %d of %d users", len(members), n)
		}
		titles := map[string]bool{}
		for i, b := range blocks {
			if b.Users != size && i < len(blocks)-1 {
				t.Fatalf("block %d has %d users, not %d", i, b.Users, size)
			}
			if titles[b.String()] {
				t.Fatalf("two blocks are called %s", b)
			}
			titles[b.String()] = true
			kept, err := json.Marshal(b)
			check(err)
			check(json.Unmarshal(kept, &blocks[i]))
		}
		listed := usersOf(t, o, all, "g", blocks)
		order := collate.New(language.Und, collate.Numeric, collate.IgnoreCase)
		for i := 1; i < len(listed); i++ {
			a, b := shown(o, listed[i-1]), shown(o, listed[i])
			if c := order.CompareString(a, b); c > 0 || c == 0 && (a > b || a == b && listed[i-1] >= listed[i]) {
				t.Fatalf("%s %q stands before %s %q", listed[i-1], a, listed[i], b)
			}
		}
		slices.Sort(listed)
		if diff := cmp.Diff(members, listed); diff != "" {
			t.Fatalf("the blocks are not the group (-group +blocks):\n%s", diff)
		}
	})
}
