package storetest

import (
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// directoryUserCases are clause 4 of Directory.
var directoryUserCases = []Case{{
	Name: "one user is the same alone and in the list", Interface: "Directory", Clause: 4,
	Why: "a change of one user is worked out from User, a full run from Users; they must not disagree",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		people := append(everyUser(), users(typed[groups.UserID](names)...)...)
		d := open(groups.PeopleChange{Schema: everyField(), Upsert: people})
		listed := make(map[groups.UserID]groups.User)
		for _, u := range rows(t, "Users", d.Users(t.Context())) {
			listed[u.ID] = u
		}
		for _, given := range people { // whoever was given, deactivated or not
			u, ok := listed[given.ID]
			if !ok {
				t.Errorf("User %.64q is not in the list", given.ID)
				continue
			}
			if diff := userDifference(userOf(t, d, given.ID), u); diff != "" {
				t.Errorf("User %.64q: %s", given.ID, diff)
			}
		}
		if len(listed) != len(people) {
			t.Errorf("%d users in the list, want %d", len(listed), len(people))
		}
	},
}, {
	Name: "a user who does not exist is not found", Interface: "Directory", Clause: 4,
	Why: "a database that folds case, accents or trailing white space finds somebody else, who then gets the groups",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(groups.PeopleChange{Upsert: users(typed[groups.UserID](names)...)})
		for _, id := range typed[groups.UserID](strangers) {
			u, err := d.User(t.Context(), id)
			if err == nil {
				t.Errorf("User %.64q found %.64q", id, u.ID)
				continue
			}
			wants(t, "User "+string(id), err, groups.ErrNotFound)
		}
	},
}, {
	Name: "every value of a user comes back as it is", Interface: "Directory", Clause: 4, Needs: []Category{Fields},
	Why: "a value that changes on the way changes who matches",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		holds(t, open, func(u groups.User) groups.User { return groups.User{ID: u.ID, Fields: u.Fields} })
	},
}, {
	Name: "unknown, empty and present stay apart", Interface: "Directory", Clause: 4, Needs: []Category{Fields},
	Why: "what the host could not say moves nobody, what it knows to be empty does: a null that stands for both empties groups",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		empty := groups.User{ID: "empty", Fields: map[string]groups.Value{}}
		for _, f := range everyField().Fields {
			empty.Fields[f.Name] = groups.Empty()
		}
		unknown := groups.User{ID: "unknown"}
		d := open(groups.PeopleChange{Schema: everyField(), Upsert: []groups.User{empty, unknown}})
		for _, f := range everyField().Fields {
			if v := userOf(t, d, "empty").Fields[f.Name]; !v.IsEmpty() {
				t.Errorf("an empty %v is %v", f.Type, v)
			}
			if v := userOf(t, d, "unknown").Fields[f.Name]; !v.IsUnknown() {
				t.Errorf("an unknown %v is %v", f.Type, v)
			}
		}
	},
}, {
	Name: "activation and expiry are two facts of three values", Interface: "Directory", Clause: 4,
	Why: "an unknown activation keeps members in; read as deactivated it takes them out",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		holds(t, open, func(u groups.User) groups.User {
			return groups.User{ID: u.ID, Activation: u.Activation, Expiry: u.Expiry}
		})
	},
}, {
	Name: "a manager is unknown, nobody or a user", Interface: "Directory", Clause: 4, Needs: []Category{Managers},
	Why: "no manager ends a reporting line, an unknown one leaves it open",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		holds(t, open, func(u groups.User) groups.User { return groups.User{ID: u.ID, Manager: u.Manager} })
	},
}, {
	Name: "units are unknown, none or some, tree by tree", Interface: "Directory", Clause: 4, Needs: []Category{Units},
	Why: "a tree that was not read must not look like one in which the user sits nowhere",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		holds(t, open, func(u groups.User) groups.User { return groups.User{ID: u.ID, Units: u.Units} })
	},
}, {
	Name: "enrollments are unknown, none or some, with their completion", Interface: "Directory", Clause: 4, Needs: []Category{Enrollments},
	Why: "enrolled in nothing is an answer, enrollments that were not read are none",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		holds(t, open, func(u groups.User) groups.User { return groups.User{ID: u.ID, Enrollments: u.Enrollments} })
	},
}}

// holds opens a directory with a part of everyUser and demands to read the same.
func holds(t TB, open func(groups.PeopleChange) groups.Directory, part func(groups.User) groups.User) {
	t.Helper()
	people := everyUser()
	for i := range people {
		people[i] = part(people[i])
	}
	d := open(groups.PeopleChange{Schema: everyField(), Upsert: people})
	for _, want := range people {
		if diff := userDifference(userOf(t, d, want.ID), want); diff != "" {
			t.Errorf("user %q: %s", want.ID, diff)
		}
	}
}

func userOf(t TB, d groups.Directory, id groups.UserID) groups.User {
	t.Helper()
	u, err := d.User(t.Context(), id)
	if err != nil {
		t.Fatalf("User %.64q: %v", id, err)
	}
	return u
}

// everyField is a schema with a field of every type.
func everyField() *groups.Schema {
	return &groups.Schema{
		Fields: []groups.Field{
			{Name: "job_title", Type: groups.TypeText, Label: "Job title"},
			{Name: "cost_center", Type: groups.TypeText, Exact: true},
			{Name: "skills", Type: groups.TypeText, Several: true},
			{Name: "country", Type: groups.TypeChoice, Options: []groups.Option{{ID: "NL", Label: "Netherlands"}, {ID: "be", Label: "Belgi\u00eb"}}},
			{Name: "site", Type: groups.TypeChoice},
			{Name: "badges", Type: groups.TypeMultiChoice, Options: []groups.Option{{ID: "1"}, {ID: "2"}, {ID: "10"}}},
			{Name: "grade", Type: groups.TypeNumber},
			{Name: "hire_date", Type: groups.TypeDate},
			{Name: "last_seen", Type: groups.TypeInstant},
			{Name: "remote", Type: groups.TypeBool},
			{Name: "fiscal_code", Type: groups.TypeText, NotForCriteria: true},
		},
		EnrollmentStatuses: []string{"enrolled", "in progress", groups.Completed},
		Trees:              []groups.Tree{"branch", "position"},
	}
}

// everyUser is a user for every kind of value, and every state that a part of a user can be in.
func everyUser() []groups.User {
	number := func(s string) groups.Value {
		v, err := groups.ParseValue(groups.TypeNumber, s)
		if err != nil {
			panic("storetest: number " + s + ": " + err.Error())
		}
		return v
	}
	field := func(id groups.UserID, name string, v groups.Value) groups.User {
		return groups.User{ID: id, Fields: map[string]groups.Value{name: v}}
	}
	branch := func(id groups.UserID, units ...string) groups.User {
		return groups.User{ID: id, Units: map[groups.Tree][]string{"branch": units}}
	}
	all := []groups.User{
		{ID: "unknown"},
		field("text", "job_title", groups.Text("  Sales\u00a0 Manager  ")),
		field("text-accents", "job_title", groups.Text("R\u00e9gisseur \u00c5ngstr\u00f6m A\u030angstro\u0308m Stra\u00dfe")),
		field("text-quotes", "job_title", groups.Text("a\"b'c\\d\te\nf;--%_$1{}[]<>&")),
		field("text-emoji", "job_title", groups.Text("\U0001f469\u200d\U0001f680 \u5de5\u7a0b\u5e08")),
		field("text-long", "job_title", groups.Text(strings.Repeat("abcdefghij", 1000))),
		field("text-null", "job_title", groups.Text("null")),
		field("text-number", "job_title", groups.Text("007")),
		field("exact", "cost_center", groups.Text("Ab-007")),
		field("several", "skills", groups.Text("Go", "go", "SQL, advanced", "a|b")),
		field("choice", "country", groups.Choice("NL")),
		field("choice-lower", "country", groups.Choice("be")),
		field("choice-free", "site", groups.Choice("\u00d8stre \"Aker\"")),
		field("choices", "badges", groups.Choice("10", "1", "2")),
		field("one-choice", "badges", groups.Choice("2")),
		field("zero", "grade", number("0")),
		field("minus", "grade", number("-12.50")),
		field("tenth", "grade", number("0.1")),
		field("small", "grade", number("0.000001")),
		field("precise", "grade", number("9007199254740993")), // no float64
		field("date", "hire_date", groups.Day(groups.NewDate(2024, time.February, 29))),
		field("date-first", "hire_date", groups.Day(groups.NewDate(1, time.January, 1))),
		field("date-last", "hire_date", groups.Day(groups.NewDate(9999, time.December, 31))),
		field("instant", "last_seen", groups.At(noon)),
		field("instant-early", "last_seen", groups.At(time.Date(1815, 12, 10, 0, 0, 0, 1, time.UTC))),
		field("instant-last", "last_seen", groups.At(forever)),
		field("yes", "remote", groups.Bool(true)),
		field("no", "remote", groups.Bool(false)),
		field("reserved", "email", groups.Text("Ada@Example.com")),
		branch("in-none"),
		branch("in-one", "emea"),
		branch("in-stray", "closed in 1999"),
		branch("in-many", "apac", "emea", "\u00e4"),
		{ID: "in-two-trees", Units: map[groups.Tree][]string{"branch": {"emea"}, "position": {}}},
		{ID: "top", Manager: groups.ReportsTo("")},
		{ID: "report", Manager: groups.ReportsTo("top")},
		{ID: "report-of-missing", Manager: groups.ReportsTo("who left")},
		{ID: "report-of-self", Manager: groups.ReportsTo("report-of-self")},
		{ID: "enrolled-in-nothing", Enrollments: groups.Enrolled()},
		{ID: "enrolled", Enrollments: groups.Enrolled(
			groups.Enrollment{Course: "a", Status: "in progress"},
			groups.Enrollment{Course: "b", Status: "enrolled", Completed: groups.Empty()},
			groups.Enrollment{Course: "c", Status: groups.Completed, Completed: groups.Day(groups.NewDate(2025, time.June, 30))},
			groups.Enrollment{Course: "C", Status: groups.Completed, Completed: groups.At(noon)},
			groups.Enrollment{Course: "d", Status: "withdrawn by hand"},
		)},
	}
	for _, a := range []groups.Activation{groups.ActivationUnknown, groups.Activated, groups.Deactivated} {
		for _, e := range []groups.Expiry{groups.ExpiryUnknown, groups.Current, groups.Expired} {
			all = append(all, groups.User{ID: groups.UserID(a.String() + "-" + e.String()), Activation: a, Expiry: e})
		}
	}
	return all
}

// forever is how people write "for good" where a date is asked for. It does not fit a count of
// nanoseconds in 64 bits.
var forever = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
