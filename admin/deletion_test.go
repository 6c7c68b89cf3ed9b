package admin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

func reporting(id, manager groups.UserID) groups.User {
	u := user(id, "")
	u.Manager = groups.ReportsTo(manager)
	return u
}

func ExampleDesk_BeforeDelete() {
	ctx := context.Background()
	attended := func(_ context.Context, user groups.UserID) (bool, error) { return user == "dora", nil }
	o := open(&admin.Policy{Protected: []groups.UserID{"admin"}, HasHistory: attended}, nil).
		people(reporting("dora", ""), reporting("emil", "dora"), reporting("fay", "dora"), reporting("gus", "")).
		manual("tutors", "dora", "gus").
		automatic("team", groups.AllSets(groups.All(groups.UserBelow("dora"))))

	r, err := o.desk.BeforeDelete(ctx, admin.Administrator("admin"), "dora")
	check(err)
	fmt.Println("reports:", r.Reports)
	fmt.Println("leaves:", r.Leaves)
	fmt.Println("named in:", r.Named)
	fmt.Println(r.Err())

	_, err = o.desk.DeleteUser(ctx, admin.Administrator("admin"), "dora")
	fmt.Println("deleted:", err == nil)
	run, err := o.desk.DeleteUser(ctx, admin.Administrator("admin"), "gus")
	check(err)
	for _, c := range run.Changes() {
		fmt.Println(c.User, c.Kind, c.Group, "by", c.Cause)
	}
	// Output:
	// reports: [emil fay]
	// leaves: [tutors]
	// named in: [team]
	// user "dora" has training history: deactivate the user instead
	// user "dora" is an approval manager: give the users to another one first (users: 2)
	// deleted: false
	// gus left tutors by absence
}

func TestWhatSpeaksAgainstDeletingAUser(t *testing.T) {
	history := func(_ context.Context, user groups.UserID) (bool, error) {
		if user == "broken" {
			return false, errDied
		}
		return user == "past", nil
	}
	p := &admin.Policy{Protected: []groups.UserID{"root"}, HasHistory: history}
	hidden := only("root", "past", "boss", "self", "plain", "t1")
	for _, dir := range []struct {
		name   string
		before func(groups.Directory) groups.Directory
	}{{"by capability", nil}, {"in one pass", without}} {
		o := open(p, dir.before).people(
			reporting("root", ""), reporting("past", "root"), reporting("broken", ""),
			reporting("boss", ""), reporting("t1", "boss"), reporting("t2", "boss"), reporting("self", "self"), reporting("plain", ""),
		).manual("a", "boss", "plain").automatic("b", groups.AllSets(groups.All(groups.UserIs("boss", "plain").Not())))
		for _, row := range []struct {
			why   string
			actor admin.Actor
			user  groups.UserID
			want  []error
			also  func(*admin.Deletion) bool
		}{
			{"an original administrator who is a manager", all, "root", []error{admin.ErrProtected, admin.ErrManager}, nil},
			{"training history", all, "past", []error{admin.ErrHistory}, nil},
			{"a test of the host that fails leaves no report", all, "broken", []error{errDied}, nil},
			{"nobody", all, "nobody", []error{groups.ErrNotFound}, nil},
			{"one whom the actor does not see is nobody to them", only(), "plain", []error{groups.ErrNotFound}, nil},
			{"reports whom the actor does not see speak against it, too", hidden, "boss", []error{admin.ErrManager}, func(r *admin.Deletion) bool {
				return len(r.Reports) == 1 && r.UnseenReports == 1 && r.UnseenGroups == 2 && r.Leaves == nil && r.Named == nil
			}},
			{"their own manager leaves with themselves", all, "self", nil, nil},
			{"groups speak against nothing", all, "plain", nil, func(r *admin.Deletion) bool {
				return cmp.Equal(r.Leaves, []groups.GroupID{"a"}) && cmp.Equal(r.Named, []groups.GroupID{"b"}) && r.UnseenGroups == 0
			}},
		} {
			r, err := o.desk.BeforeDelete(t.Context(), row.actor, row.user)
			if err == nil {
				if row.also != nil && !row.also(r) {
					t.Errorf("%s, %s: %+v", row.why, dir.name, r)
				}
				err = r.Err()
			}
			if (err == nil) != (len(row.want) == 0) {
				t.Errorf("%s, %s: %v", row.why, dir.name, err)
			}
			for _, known := range []error{admin.ErrProtected, admin.ErrHistory, admin.ErrManager, groups.ErrNotFound, errDied} {
				wanted := false
				for _, w := range row.want {
					wanted = wanted || w == known
				}
				if errors.Is(err, known) != wanted {
					t.Errorf("%s, %s: %v", row.why, dir.name, err)
				}
			}
			if len(row.want) > 0 {
				if _, refused := o.desk.DeleteUser(t.Context(), row.actor, row.user); dir.before == nil && !errors.Is(refused, row.want[0]) {
					t.Errorf("%s: deleting was refused with %v", row.why, refused)
				}
			}
		}
		if n := len(collect(t, o.Users(t.Context()))); n != 8 {
			t.Errorf("%d users are left of 8", n)
		}
	}
}

func TestDeletingAUserIsForStoresThatKeepPeople(t *testing.T) {
	o := open(nil, without).people(user("u1", ""))
	if _, err := o.desk.DeleteUser(t.Context(), all, "u1"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("deleted elsewhere: %v", err)
	}
}

func TestADeletionThatStartedFromAnOldDirectoryIsRefused(t *testing.T) {
	var o office
	hire := func(context.Context, groups.UserID) (bool, error) { // while the report is made
		o.people(reporting("new", "u1"))
		return false, nil
	}
	o = open(&admin.Policy{HasHistory: hire}, nil).people(user("u1", ""))
	if _, err := o.desk.DeleteUser(t.Context(), all, "u1"); err == nil {
		t.Error("a manager was deleted")
	}
	o.people(reporting("new", ""))
	late := admin.New(o.ev, lateDirectory{o.Memory}, o, nil)
	if _, err := late.DeleteUser(t.Context(), all, "u1"); !errors.Is(err, groups.ErrConflict) {
		t.Errorf("what came between passed unseen: %v", err)
	}
	if _, err := o.User(t.Context(), "u1"); err != nil {
		t.Error(err)
	}
}

// lateDirectory writes somebody just before a change is written.
type lateDirectory struct{ *groups.Memory }

func (d lateDirectory) Write(ctx context.Context, c groups.PeopleChange) error {
	if len(c.Remove) > 0 {
		check(d.Memory.Write(ctx, groups.PeopleChange{Upsert: []groups.User{reporting("new", "u1")}}))
	}
	return d.Memory.Write(ctx, c)
}

func TestRemovingFromAGroupIsNotDeleting(t *testing.T) {
	o := open(nil, nil).people(user("u1", "Anna"), user("u2", "Bob")).manual("a", "u1").manual("b", "u1", "u2").manual("c", "u1")
	if _, err := o.ev.TakeOut(t.Context(), "b", "admin", "u1"); err != nil {
		t.Fatal(err)
	}
	u, err := o.User(t.Context(), "u1")
	if err != nil || !u.Equal(user("u1", "Anna")) {
		t.Errorf("after taking out the record is %v, %v", u, err)
	}
	records := 0
	for _, u := range collect(t, o.Users(t.Context())) {
		if u.ID == "u1" {
			records++
		}
	}
	if in := collect(t, o.ev.GroupsOf(t.Context(), "u1")); len(in) != 2 || records != 1 {
		t.Errorf("in %v with %d records", in, records)
	}
	if _, err := o.desk.DeleteUser(t.Context(), all, "u1"); err != nil {
		t.Fatal(err)
	}
	if _, err := o.User(t.Context(), "u1"); !errors.Is(err, groups.ErrNotFound) {
		t.Errorf("after deleting there is a record: %v", err)
	}
	if in := collect(t, o.ev.GroupsOf(t.Context(), "u1")); len(in) != 0 {
		t.Errorf("after deleting they are in %v", in)
	}
	if in := collect(t, o.ev.GroupsOf(t.Context(), "u2")); len(in) != 1 {
		t.Errorf("another is in %v", in)
	}
}

func TestAFileTakesOutNobodyWhoIsNotDeleted(t *testing.T) {
	attended := func(_ context.Context, user groups.UserID) (bool, error) {
		if user == "broken" {
			return false, errDied
		}
		return user == "past", nil
	}
	for _, row := range []struct {
		why  string
		file string
		want []error
	}{
		{"all who are missing may go", "id,boss\nroot,\npast,\nbroken,\nboss,\nt1,boss\n", nil},
		{"an original administrator", "id,boss\npast,\nbroken,\nboss,\nt1,boss\n", []error{admin.ErrProtected}},
		{"training history", "id,boss\nroot,\nbroken,\nboss,\nt1,boss\n", []error{admin.ErrHistory}},
		{"a manager whose user stays", "id,boss\nroot,\npast,\nbroken,\nt1,boss\n", []error{admin.ErrManager}},
		{"a manager of somebody new", "id,boss\nroot,\npast,\nbroken,\nt1,\nnew,boss\n", []error{admin.ErrManager}},
		{"a manager whose user has another one now", "id,boss\nroot,\npast,\nbroken,\nt1,root\n", nil},
		{"a manager who goes with the user", "id,boss\nroot,\npast,\nbroken,\n", nil},
		{"several at once, all told", "id,boss\nbroken,\nt1,boss\n", []error{admin.ErrProtected, admin.ErrHistory, admin.ErrManager}},
		{"a host who cannot tell", "id,boss\nroot,\npast,\nboss,\nt1,boss\n", []error{errDied}},
	} {
		o := open(&admin.Policy{Protected: []groups.UserID{"root"}, HasHistory: attended}, nil).people(
			reporting("root", ""), reporting("past", ""), reporting("broken", ""), reporting("boss", ""), reporting("t1", "boss"), reporting("leaver", ""),
		).manual("a", "leaver", "t1")
		f, err := groups.ReadPeopleCSV(strings.NewReader(row.file), &groups.PeopleCSV{Key: "id", Manager: "boss", Missing: groups.RemoveMissing})
		check(err)
		p, err := o.ev.PlanImport(t.Context(), f)
		check(err)
		run, err := o.desk.Import(t.Context(), all, p, "half the tenant is meant")
		for _, known := range []error{admin.ErrProtected, admin.ErrHistory, admin.ErrManager, errDied} {
			if errors.Is(err, known) != slices.Contains(row.want, known) {
				t.Errorf("%s: %v", row.why, err)
			}
		}
		_, leaver := o.User(t.Context(), "leaver")
		if gone := errors.Is(leaver, groups.ErrNotFound); gone != (row.want == nil) || (run == nil) != (row.want != nil) {
			t.Errorf("%s: gone %v, %v", row.why, gone, err)
		}
	}

	o := open(nil, nil).people(reporting("u1", ""), reporting("u2", ""))
	f, err := groups.ReadPeopleCSV(strings.NewReader("id\nu1\n"), &groups.PeopleCSV{Key: "id", Missing: groups.RemoveMissing})
	check(err)
	p, err := o.ev.PlanImport(t.Context(), f)
	check(err)
	p.Objections = []groups.FeedObjection{{}}
	if _, err := o.desk.Import(t.Context(), all, p, ""); !errors.Is(err, groups.ErrFeed) {
		t.Errorf("without a reason the feed guard holds: %v", err)
	}
}
