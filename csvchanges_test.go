package groups_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

// someone is an active user who is enrolled in all of courses.
func someone(id groups.UserID, courses ...groups.Enrollment) groups.User {
	return groups.User{ID: id, Activation: groups.Activated, Expiry: groups.Current, Enrollments: groups.Enrolled(courses...)}
}

func TestOfAFileOfChangesNobodyIsMissingButTheGone(t *testing.T) {
	for _, c := range []struct {
		why, rows string
		missing   groups.MissingUsers
		gone      []groups.UserID
		want      []string
	}{
		{"a file of changes is a part", "u1,Ann\n", groups.RemoveMissing, nil, []string{"u1 active name=[\"Ann\"]", "u2 active", "u3 active"}},
		{"it may be without rows", "", groups.RemoveMissing, nil, []string{"u1 active", "u2 active", "u3 active"}},
		{"the gone are taken out", "u1,Ann\n", groups.RemoveMissing, []groups.UserID{"u2", "u9"}, []string{"u1 active name=[\"Ann\"]", "u3 active"}},
		{"or switched off", "", groups.DeactivateMissing, []groups.UserID{"u2"}, []string{"u1 active", "u2 deactivated", "u3 active"}},
		{"or kept", "", groups.KeepMissing, []groups.UserID{"u2"}, []string{"u1 active", "u2 active", "u3 active"}},
		{"who has a row is not gone", "u2,Ann\n", groups.RemoveMissing, []groups.UserID{"u2"}, []string{"u1 active", "u2 active name=[\"Ann\"]", "u3 active"}},
		{"a key that cannot be read may be anybody's", "\xff,Ann\n", groups.RemoveMissing, []groups.UserID{"u2"}, []string{"u1 active", "u2 active", "u3 active"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newTenant(t, groups.User{ID: "u1", Activation: groups.Activated, Expiry: groups.Current},
				groups.User{ID: "u2", Activation: groups.Activated, Expiry: groups.Current},
				groups.User{ID: "u3", Activation: groups.Activated, Expiry: groups.Current})
			o := groups.PeopleCSV{Key: "id", Missing: c.missing, Changes: true, Gone: c.gone}
			w.load(t, "id,name\n"+c.rows, o)
			if diff := cmp.Diff(c.want, w.users(t)); diff != "" {
				t.Errorf("people (-want +got)\n%s", diff)
			}
			if again := w.plan(t, "id,name\n"+c.rows, o); len(again.People.Upsert)+len(again.People.Remove)+len(again.People.Deactivate) > 0 {
				t.Errorf("the second time %+v", again.People)
			}
		})
	}
}

func TestTheGoneAreOfAFileOfChanges(t *testing.T) {
	_, err := groups.ReadPeopleCSV(strings.NewReader("id\nu1\n"), &groups.PeopleCSV{Key: "id", Gone: []groups.UserID{"u2"}})
	if !errors.Is(err, groups.ErrCSVOptions) {
		t.Errorf("%v", err)
	}
}

func TestTheGoneAreGuardedAsTheMissingAre(t *testing.T) {
	var users []groups.User
	var gone []groups.UserID
	for i := range 20 {
		users = append(users, someone(groups.UserID('a'+rune(i))))
		gone = append(gone, users[i].ID)
	}
	p := newTenant(t, users...).plan(t, "id\n", groups.PeopleCSV{Key: "id", Missing: groups.RemoveMissing, Changes: true, Gone: gone})
	if len(p.Objections) != 1 || p.Objections[0].Code != "missing" {
		t.Errorf("objections %v", p.Objections)
	}
}

func TestOfAFileOfChangesOtherEnrollmentsStay(t *testing.T) {
	const head = "user,course,status\n"
	a, dropped := groups.Enrollment{Course: "a", Status: "open"}, groups.Enrollment{Course: "d", Status: "dropped"}
	for _, c := range []struct {
		why, rows string
		want      []string
	}{
		{"it may be without rows", "", []string{"u1 active enrolled a/open/unknown d/dropped/unknown", "u2 active"}},
		{"another course is one more", "u1,b,open\n", []string{"u1 active enrolled a/open/unknown b/open/unknown d/dropped/unknown", "u2 active"}},
		{"the same course is the latest record", "u1,a,done\n", []string{"u1 active enrolled a/done/unknown d/dropped/unknown", "u2 active"}},
		{"a removed one is taken away, and no other of its status", "u1,a,dropped\n", []string{"u1 active enrolled d/dropped/unknown", "u2 active"}},
		{"removing what is not there", "u1,c,dropped\n", []string{"u1 active enrolled a/open/unknown d/dropped/unknown", "u2 active"}},
		{"the later of two rows counts", "u1,a,dropped\nu1,a,done\n", []string{"u1 active enrolled a/done/unknown d/dropped/unknown", "u2 active"}},
		{"what was unknown besides stays so", "u2,a,open\n", []string{"u1 active enrolled a/open/unknown d/dropped/unknown", "u2 active enrolled partly a/open/unknown"}},
		{"a course that cannot be read may be any", "u1,,open\n", []string{"u1 active enrolled partly a/open/unknown d/dropped/unknown", "u2 active"}},
		{"all of a new user has changed", "u3,a,open\n", []string{"u1 active enrolled a/open/unknown d/dropped/unknown", "u2 active", "u3 active enrolled a/open/unknown"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newTenant(t, someone("u1", a, dropped), groups.User{ID: "u2", Activation: groups.Activated, Expiry: groups.Current})
			people := "id\n"
			if strings.Contains(c.rows, "u3") {
				people += "u3\n"
			}
			records := groups.EnrollmentsCSV{User: "user", Course: "course", Status: "status", Completed: "", Changes: true, Removed: []string{"dropped"}}
			o := groups.PeopleCSV{Key: "id", Changes: true}
			w.load(t, people, o, enrolled(t, head+c.rows, records))
			if diff := cmp.Diff(c.want, w.users(t)); diff != "" {
				t.Errorf("people (-want +got)\n%s", diff)
			}
			if again := w.plan(t, people, o, enrolled(t, head+c.rows, records)); len(again.People.Upsert) > 0 {
				t.Errorf("the second time %+v", again.People)
			}
			schema, err := w.Schema(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(strings.Join(schema.EnrollmentStatuses, " "), "dropped") {
				t.Errorf("the word for taking away is a status of records: %q", schema.EnrollmentStatuses)
			}
		})
	}
}
