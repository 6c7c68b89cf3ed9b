// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/grouprules/groups"
)

// scoping returns a directory whose scopes are other than the right ones.
func scoping(m *groups.Memory, change func(scope groups.Scope) groups.Scope) *faultyPeople {
	return &faultyPeople{scope: func(ctx context.Context, owner string) (groups.Scope, error) {
		scope, err := rightScope(ctx, m, owner)
		if scope != nil {
			scope = change(scope)
		}
		return scope, err
	}}
}

// scopeMutants are scopes that are not right.
var scopeMutants = []peopleMutant{{
	"says more than a verdict", "Scoping", "a scope answers for every user, and changes none",
	func(m *groups.Memory) *faultyPeople {
		return scoping(m, func(scope groups.Scope) groups.Scope {
			return func(u *groups.User) groups.Verdict { return scope(u) + 2 }
		})
	},
}, {
	"writes down whom it was asked about", "Scoping", "a scope answers for every user, and changes none",
	func(m *groups.Memory) *faultyPeople {
		return scoping(m, func(scope groups.Scope) groups.Scope {
			return func(u *groups.User) groups.Verdict {
				u.Expiry = groups.Expired
				return scope(u)
			}
		})
	},
}, {
	"has everybody where reading fails", "Scoping", "an owner who cannot be asked about does not have everybody",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{scope: func(ctx context.Context, owner string) (groups.Scope, error) {
			scope, _ := rightScope(ctx, m, owner)
			return scope, nil
		}}
	},
}, {
	"has nobody where reading fails", "Scoping", "an owner who cannot be asked about does not have everybody",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{scope: func(ctx context.Context, owner string) (groups.Scope, error) {
			if ctx.Err() != nil {
				return func(*groups.User) groups.Verdict { return groups.No }, nil
			}
			return rightScope(ctx, m, owner)
		}}
	},
}, {
	"reads along with the users", "Scoping", "a scope says the same in any order, and when asked for again",
	func(m *groups.Memory) *faultyPeople {
		return scoping(m, func(scope groups.Scope) groups.Scope {
			var last groups.UserID
			return func(u *groups.User) groups.Verdict {
				if u.ID < last {
					return groups.No
				}
				last = u.ID
				return scope(u)
			}
		})
	},
}, {
	"answers once", "Scoping", "a scope says the same in any order, and when asked for again",
	func(m *groups.Memory) *faultyPeople {
		asked := map[string]bool{}
		return &faultyPeople{scope: func(ctx context.Context, owner string) (groups.Scope, error) {
			if asked[owner] {
				return nil, errors.New("asked before")
			}
			asked[owner] = true
			return rightScope(ctx, m, owner)
		}}
	},
}, {
	"asks one at a time and mixes them up", "Scoping", "a scope can be asked by many at once",
	func(m *groups.Memory) *faultyPeople {
		return scoping(m, func(scope groups.Scope) groups.Scope {
			var asked atomic.Pointer[groups.User]
			return func(u *groups.User) groups.Verdict {
				asked.Store(u)
				pause()
				return scope(asked.Load())
			}
		})
	},
}}
