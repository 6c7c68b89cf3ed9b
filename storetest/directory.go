package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// directoryStreamCases are clauses 1, 2, 3, 5, 6 and 7 of Directory.
var directoryStreamCases = []Case{{
	Name: "users come in the order of the bytes of their IDs", Interface: "Directory", Clause: 1,
	Why: "evaluation merges the users with what is stored about them; where a database orders by a collation, " +
		"the merge takes users for absent and empties groups",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		backwards := slices.Clone(typed[groups.UserID](names))
		slices.Reverse(backwards)
		sameIDs(t, "Users", userIDs(t, open(groups.PeopleChange{Upsert: users(backwards...)})), typed[groups.UserID](names))
	},
}, {
	Name: "users come once each, however many", Interface: "Directory", Clause: 1,
	Why: "a user lost or doubled where one page ends and the next begins is a leave or a second join",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		for _, n := range manySizes {
			ids := typed[groups.UserID](numbered(n))
			sameIDs(t, "Users", userIDs(t, open(groups.PeopleChange{Upsert: users(ids...)})), ids)
		}
	},
}, {
	Name: "an empty directory says so without an error", Interface: "Directory", Clause: 1,
	Why: "a new tenant has nobody, which is not a failure",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(groups.PeopleChange{})
		if n := len(rows(t, "Users", d.Users(t.Context()))) + len(rows(t, "Units", d.Units(t.Context()))); n != 0 {
			t.Errorf("%d users and units in an empty directory", n)
		}
	},
}, {
	Name: "units come by tree and then by ID, in the order of bytes", Interface: "Directory", Clause: 2, Needs: []Category{Units},
	Why: "an order by one text made of both mixes trees of which one name begins with the other",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		trees := make(map[groups.Tree][]groups.Unit)
		var want []groups.Unit
		for _, tree := range []groups.Tree{"A", "a", "a b", "a-b", "ab", "b"} {
			for _, id := range names {
				u := groups.Unit{Tree: tree, ID: id, Name: "Unit " + id}
				trees[tree] = append([]groups.Unit{u}, trees[tree]...)
				want = append(want, u)
			}
		}
		d := open(groups.PeopleChange{Trees: trees})
		if diff := difference(rows(t, "Units", d.Units(t.Context())), want); diff != "" {
			t.Errorf("Units: %s", diff)
		}
	},
}, {
	Name: "a unit comes back as it is", Interface: "Directory", Clause: 2, Needs: []Category{Units},
	Why: "trees come from other systems: parents that are missing, or above themselves, are reported and not repaired",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		want := []groups.Unit{
			{Tree: "branch", ID: "emea", Name: "Europe, Middle East & Africa"},
			{Tree: "branch", ID: "lost", Parent: "nowhere", Name: " spaced  name "},
			{Tree: "branch", ID: "nl", Parent: "emea"},
			{Tree: "branch", ID: "ring1", Parent: "ring2", Name: "\u73af"},
			{Tree: "branch", ID: "ring2", Parent: "ring1", Name: "\U0001f600"},
			{Tree: "branch", ID: "self", Parent: "self"},
			{Tree: "position", ID: "emea", Parent: "nl", Name: "the same ID in another tree"},
		}
		trees := make(map[groups.Tree][]groups.Unit)
		for _, u := range want {
			trees[u.Tree] = append(trees[u.Tree], u)
		}
		d := open(groups.PeopleChange{Trees: trees})
		if diff := difference(rows(t, "Units", d.Units(t.Context())), want); diff != "" {
			t.Errorf("Units: %s", diff)
		}
	},
}, {
	Name: "a list of users that is cut short ends with an error", Interface: "Directory", Clause: 3,
	Why: "half a list of users that looks like a whole one is a mass removal",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(groups.PeopleChange{Upsert: users(typed[groups.UserID](numbered(1000))...)})
		for _, after := range []int{1, 500, 999} {
			cutShort(t, "Users", after, d.Users)
		}
	},
}, {
	Name: "a list of units that is cut short ends with an error", Interface: "Directory", Clause: 3, Needs: []Category{Units},
	Why: "half a tree that looks like a whole one takes everybody beneath out of their groups",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": manyUnits("branch", 1000)}})
		for _, after := range []int{1, 500, 999} {
			cutShort(t, "Units", after, d.Units)
		}
	},
}, {
	Name: "a list of users that is left early can be read again", Interface: "Directory", Clause: 5,
	Why: "a check that stops at the first user it looks for must not leave a lock or a connection behind",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(groups.PeopleChange{Upsert: users(typed[groups.UserID](numbered(1000))...)})
		areLeft(desk{t: t}, []stream{into("Users", d.Users)})
	},
}, {
	Name: "a list of units that is left early can be read again", Interface: "Directory", Clause: 5, Needs: []Category{Units},
	Why: "so must looking for one unit",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{"branch": manyUnits("branch", 1000)}})
		areLeft(desk{t: t}, []stream{into("Units", d.Units)})
	},
}, {
	Name: "several lists can be read at once", Interface: "Directory", Clause: 5,
	Why: "reading the trees, or one user, from the loop over all users must not wait for that loop to end",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		ids := typed[groups.UserID](numbered(300))
		d := open(groups.PeopleChange{Upsert: users(ids...), Trees: map[groups.Tree][]groups.Unit{"branch": manyUnits("branch", 20)}})
		n := 0
		for u, err := range d.Users(t.Context()) {
			if err != nil {
				t.Fatalf("Users: %v", err)
			}
			if n++; n > 3 {
				continue
			}
			if _, err := d.User(t.Context(), u.ID); err != nil {
				t.Errorf("User %q from the loop over all: %v", u.ID, err)
			}
			rows(t, "Units", d.Units(t.Context()))
			sameIDs(t, "Users", userIDs(t, d), ids)
		}
		if n != len(ids) {
			t.Errorf("%d users in the outer loop, want %d", n, len(ids))
		}
	},
}, {
	Name: "a cancelled context ends every call with its error", Interface: "Directory", Clause: 6,
	Why: "a request that nobody waits for must stop, and must not pass for an answer",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		for _, d := range []groups.Directory{open(groups.PeopleChange{}), open(groups.PeopleChange{Upsert: users("ada"), Schema: everyField()})} {
			ctx := cancelled(t)
			_, err := d.Schema(ctx)
			wants(t, "Schema", err, context.Canceled)
			_, err = d.User(ctx, "ada")
			wants(t, "User", err, context.Canceled)
			wants(t, "Users", failure(t, "Users", d.Users(ctx)), context.Canceled)
			wants(t, "Units", failure(t, "Units", d.Units(ctx)), context.Canceled)
		}
	},
}, {
	Name: "a deadline that passes ends a list with its error", Interface: "Directory", Clause: 6,
	Why: "a run that takes too long must end as failed, not as done",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(groups.PeopleChange{Upsert: users(typed[groups.UserID](numbered(300))...)})
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		wants(t, "Users", failure(t, "Users", d.Users(ctx)), context.DeadlineExceeded)
	},
}, {
	Name: "the schema has the fields that were given", Interface: "Directory", Clause: 7, Needs: []Category{Fields},
	Why: "criteria are checked against it: a field it does not have makes them all wrong",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		want := everyField()
		s := schemaOf(t, open(groups.PeopleChange{Schema: want}))
		for _, field := range want.Fields {
			got, ok := s.Field(field.Name)
			if !ok {
				t.Errorf("the schema has no field %q", field.Name)
			} else if diff := difference(got, field); diff != "" {
				t.Errorf("field %q: %s", field.Name, diff)
			}
		}
		for _, list := range []struct {
			what      string
			got, want []string
		}{
			{"enrollment status", s.EnrollmentStatuses, want.EnrollmentStatuses},
			{"tree", untyped(s.Trees), untyped(want.Trees)},
		} {
			for _, name := range list.want {
				if !slices.Contains(list.got, name) {
					t.Errorf("the schema has no %s %q", list.what, name)
				}
			}
		}
	},
}, {
	Name: "there is a schema when nothing was given", Interface: "Directory", Clause: 7,
	Why: "the reserved fields are always there to be asked for",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		s := schemaOf(t, open(groups.PeopleChange{}))
		if err := s.Validate(); err != nil {
			t.Errorf("the schema: %v", err)
		}
	},
}}

// reportingCases are the clauses of Reporting.
var reportingCases = []Case{{
	Name: "reports are those that a look at everybody finds", Interface: "Reporting", Clause: 1, Needs: []Category{Managers},
	Why: "a capability may be faster than the plain way, but must not say anything else",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		var people []groups.User
		want := make(map[groups.UserID][]groups.UserID)
		for i, id := range typed[groups.UserID](names) {
			u := groups.User{ID: id}
			manager := groups.UserID(names[i/7])
			switch i % 10 {
			case 8: // nobody
				u.Manager = groups.ReportsTo("")
			case 9: // unknown
			case 7:
				manager = id // their own manager
				fallthrough
			default:
				u.Manager = groups.ReportsTo(manager)
				want[manager] = append(want[manager], id)
			}
			people = append(people, u)
		}
		people = append(people, groups.User{ID: "orphan", Manager: groups.ReportsTo("who left")})
		want["who left"] = []groups.UserID{"orphan"}
		d := open(groups.PeopleChange{Upsert: people})
		r, _ := groups.As[groups.Reporting](d)
		for _, id := range append(typed[groups.UserID](names), "who left", "never heard of") {
			sameIDs(t, "Reports of "+string(id), rows(t, "Reports", r.Reports(t.Context(), id)), want[id])
		}
	},
}, {
	Name: "reports come once each, however many", Interface: "Reporting", Clause: 1, Needs: []Category{Managers},
	Why: "a report lost where one page ends and the next begins keeps the groups of their manager",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		ids := typed[groups.UserID](numbered(1024))
		people := users(ids...)
		for i := range people {
			people[i].Manager = groups.ReportsTo("boss")
		}
		r, _ := groups.As[groups.Reporting](open(groups.PeopleChange{Upsert: people}))
		sameIDs(t, "Reports", rows(t, "Reports", r.Reports(t.Context(), "boss")), ids)
	},
}, {
	Name: "a list of reports fails, ends and is left as others are", Interface: "Reporting", Clause: 2, Needs: []Category{Managers},
	Why: "half a list of reports that looks like a whole one leaves the other half in the wrong groups",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		people := users(typed[groups.UserID](numbered(1000))...)
		for i := range people {
			people[i].Manager = groups.ReportsTo("boss")
		}
		r, _ := groups.As[groups.Reporting](open(groups.PeopleChange{Upsert: people}))
		reports := func(ctx context.Context) iter.Seq2[groups.UserID, error] { return r.Reports(ctx, "boss") }
		cutShort(t, "Reports", 1, reports)
		wants(t, "Reports", failure(t, "Reports", reports(cancelled(t))), context.Canceled)
		leave(t, "Reports", reports(t.Context()))
		if n := len(rows(t, "Reports", reports(t.Context()))); n != 1000 {
			t.Errorf("%d reports when read again, want 1000", n)
		}
	},
}}

func users(ids ...groups.UserID) []groups.User {
	list := make([]groups.User, len(ids))
	for i, id := range ids {
		list[i] = groups.User{ID: id, Activation: groups.Activated, Expiry: groups.Current}
	}
	return list
}

func userIDs(t TB, d groups.Directory) []groups.UserID {
	t.Helper()
	var ids []groups.UserID
	for _, u := range rows(t, "Users", d.Users(t.Context())) {
		ids = append(ids, u.ID)
	}
	return ids
}

func manyUnits(tree groups.Tree, n int) []groups.Unit {
	list := make([]groups.Unit, n)
	for i, id := range numbered(n) {
		list[i] = groups.Unit{Tree: tree, ID: id}
	}
	return list
}

func schemaOf(t TB, d groups.Directory) *groups.Schema {
	t.Helper()
	s, err := d.Schema(t.Context())
	if err != nil || s == nil {
		t.Fatalf("Schema: %v, %v", s, err)
	}
	return s
}

func untyped[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// sameIDs demands the same identifiers in the same order.
func sameIDs[T ~string](t TB, what string, got, want []T) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%s: number %d is %.64q, want %.64q", what, i, got[i], want[i])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
}

// wants demands an error that wraps want.
func wants(t TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: the error is %v, want one that wraps %q", what, err, want)
	}
}

// failure reads a stream to its end and returns its error, which must come last and once.
func failure[T any](t TB, what string, stream iter.Seq2[T, error]) error {
	t.Helper()
	var failed error
	for _, err := range stream {
		if failed != nil {
			t.Errorf("%s: went on after the error %v", what, failed)
			break
		}
		failed = err
	}
	return failed
}

// cutShort cancels a stream of 1,000 rows after some of them: it must end with the context's error.
func cutShort[T any](t TB, what string, after int, stream func(context.Context) iter.Seq2[T, error]) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	err := failure(t, what, func(yield func(T, error) bool) {
		for row, err := range stream(ctx) {
			if n++; n == after {
				cancel()
			}
			if !yield(row, err) {
				return
			}
		}
	})
	if err == nil {
		t.Errorf("%s: cancelled after %d of 1000 rows, it ended after %d without an error", what, after, n)
		return
	}
	wants(t, what, err, context.Canceled)
}

// leave reads one row and leaves.
func leave[T any](t TB, what string, stream iter.Seq2[T, error]) {
	t.Helper()
	for _, err := range stream {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		break
	}
}
