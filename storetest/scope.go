package storetest

import (
	"fmt"
	"slices"

	"github.com/grouprules/groups"
)

// scopingCases are the clauses of Scoping. Who is assigned to whom is the host's to know: what is
// demanded is that a Directory says it about every user, and always the same.
var scopingCases = []Case{{
	Name: "a scope answers for every user, and changes none", Interface: "Scoping", Clause: 1,
	Why: "a rule asks it about everybody, also about users of whom little is known; what it is handed is shared",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(scoped())
		for _, u := range rows(t, "Users", d.Users(t.Context())) {
			alone := userOf(t, d, u.ID)
			for owner, scope := range scopesOf(t, d) {
				if v := scope(&alone); v != groups.Yes && v != groups.No && v != groups.Unknown {
					t.Errorf("the scope of %q says %v of %q", owner, v, u.ID)
				}
			}
			if diff := userDifference(alone, u); diff != "" {
				t.Errorf("user %q was changed by being asked about: %s", u.ID, diff)
			}
		}
	},
}, {
	Name: "an owner who cannot be asked about does not have everybody", Interface: "Scoping", Clause: 1,
	Why: "nil without an error is everybody: where reading failed, a group of ten gets the whole company",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(scoped())
		s, _ := groups.As[groups.Scoping](d)
		for owner, want := range scopesOf(t, d) {
			scope, err := s.Scope(cancelled(t), owner)
			switch {
			case err != nil:
			case scope == nil:
				t.Errorf("asked with a cancelled context, %q has to do with everybody", owner)
			default: // it had no need of the context
				sameVerdicts(t, owner, verdicts(scope, rows(t, "Users", d.Users(t.Context()))), verdicts(want, rows(t, "Users", d.Users(t.Context()))))
			}
		}
	},
}, {
	Name: "a scope says the same in any order, and when asked for again", Interface: "Scoping", Clause: 2,
	Why: "a full run asks about all users in order, a change about one: they must not disagree",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(scoped())
		people := rows(t, "Users", d.Users(t.Context()))
		first := make(map[string][]groups.Verdict)
		for owner, scope := range scopesOf(t, d) {
			first[owner] = verdicts(scope, people)
			sameVerdicts(t, owner, verdicts(scope, people), first[owner])
		}
		slices.Reverse(people)
		again := scopesOf(t, d)
		if len(again) != len(first) {
			t.Errorf("%d owners have a scope when asked again, want %d", len(again), len(first))
		}
		for owner, scope := range again {
			got := verdicts(scope, people)
			slices.Reverse(got)
			sameVerdicts(t, owner, got, first[owner])
			for i := 0; i < len(people); i += 7 { // each alone
				if fresh := scopesOf(t, d, owner)[owner]; fresh != nil {
					sameVerdicts(t, owner, verdicts(fresh, []groups.User{userOf(t, d, people[i].ID)}), verdicts(scope, people[i:i+1]))
				}
			}
		}
	},
}, {
	Name: "a scope can be asked by many at once", Interface: "Scoping", Clause: 2,
	Why: "users are looked at side by side; run this with the race detector",
	directory: func(t TB, open func(groups.PeopleChange) groups.Directory) {
		d := open(scoped())
		people := rows(t, "Users", d.Users(t.Context()))
		for owner, scope := range scopesOf(t, d) {
			want := verdicts(scope, people)
			fresh := scopesOf(t, d, owner)[owner]
			if fresh == nil {
				t.Errorf("%q has a scope once, and none when asked again", owner)
				continue
			}
			for _, err := range race(8, func(i int) error {
				for k := range people {
					at := (k + i*len(people)/8) % len(people)
					if v := fresh(&people[at]); v != want[at] {
						return fmt.Errorf("the scope of %q says %v of %q, and %v alone", owner, v, people[at].ID, want[at])
					}
				}
				return nil
			}) {
				if err != nil {
					t.Errorf("at once with others: %v", err)
				}
			}
		}
	},
}}

// scoped are the people of the cases, some of whom report to the owners.
func scoped() groups.PeopleChange {
	people := everyUser()
	for i, u := range users(typed[groups.UserID](numbered(100))...) {
		u.Manager = groups.ReportsTo(groups.UserID(owners[i%len(owners)]))
		u.Units = map[groups.Tree][]string{"branch": {"emea"}}
		people = append(people, u)
	}
	return groups.PeopleChange{Schema: everyField(), Upsert: append(people, users("ada", "bob")...), Trees: map[groups.Tree][]groups.Unit{"branch": {{ID: "emea"}}}}
}

// owners are who may own a group: users, and those whom the Directory may never have heard of.
var owners = []string{"ada", "bob", "top", "u000001", "never heard of", "\u00e4 b"}

// scopesOf returns the scopes of the owners who have one.
func scopesOf(t TB, d groups.Directory, of ...string) map[string]groups.Scope {
	t.Helper()
	s, _ := groups.As[groups.Scoping](d)
	if len(of) == 0 {
		of = owners
	}
	found := make(map[string]groups.Scope)
	for _, owner := range of {
		if scope, err := s.Scope(t.Context(), owner); err == nil && scope != nil {
			found[owner] = scope
		}
	}
	return found
}

func verdicts(scope groups.Scope, people []groups.User) []groups.Verdict {
	all := make([]groups.Verdict, len(people))
	for i := range people {
		all[i] = scope(&people[i])
	}
	return all
}

func sameVerdicts(t TB, owner string, got, want []groups.Verdict) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the scope of %q says other than before: %v, want %v", owner, got, want)
	}
}
