// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// showing returns users and user with what show makes of each.
func showing(m *groups.Memory, show func(u *groups.User)) *faultyPeople {
	return &faultyPeople{
		users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			return each(m.Users(ctx), func(_ int, u *groups.User) (bool, bool) {
				show(u)
				return true, true
			})
		},
		user: func(ctx context.Context, id groups.UserID) (groups.User, error) {
			u, err := m.User(ctx, id)
			show(&u)
			return u, err
		},
	}
}

// countingUsers takes the number of users for a version.
func countingUsers(m *groups.Memory) *faultyPeople {
	return &faultyPeople{version: func(ctx context.Context) (string, error) {
		return fmt.Sprint("version ", len(rows(discard{ctx}, "Users", m.Users(ctx)))), nil
	}}
}

// directoryMutants are directories that do not say what is there.
var directoryMutants = []peopleMutant{{
	"orders users as UTF-16 does", "Directory", "users come in the order of the bytes of their IDs",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			return func(yield func(groups.User, error) bool) {
				var late []groups.User
				for u, err := range m.Users(ctx) {
					if strings.HasPrefix(string(u.ID), "\uffee") {
						late = append(late, u)
					} else if !yield(u, err) {
						return
					}
				}
				for _, u := range late {
					yield(u, nil)
				}
			}
		}}
	},
}, {
	"ends with its first page", "Directory", "users come once each, however many",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			return each(m.Users(ctx), func(n int, _ *groups.User) (bool, bool) { return n < 1000, n < 1000 })
		}}
	},
}, {
	"takes an empty list for a failure", "Directory", "an empty directory says so without an error",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{units: func(ctx context.Context) iter.Seq2[groups.Unit, error] {
			return func(yield func(groups.Unit, error) bool) { yield(groups.Unit{}, errors.New("no rows")) }
		}}
	},
}, {
	"orders units by tree and ID in one text", "Directory", "units come by tree and then by ID, in the order of bytes",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{units: func(ctx context.Context) iter.Seq2[groups.Unit, error] {
			return func(yield func(groups.Unit, error) bool) {
				var all []groups.Unit
				for u := range m.Units(ctx) {
					all = append(all, u)
				}
				slices.SortFunc(all, func(a, b groups.Unit) int { return strings.Compare(string(a.Tree)+"/"+a.ID, string(b.Tree)+"/"+b.ID) })
				for _, u := range all {
					if !yield(u, nil) {
						return
					}
				}
			}
		}}
	},
}, {
	"leaves out units whose parent is missing", "Directory", "a unit comes back as it is",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{units: func(ctx context.Context) iter.Seq2[groups.Unit, error] {
			return each(m.Units(ctx), func(_ int, u *groups.Unit) (bool, bool) { return u.Parent != "nowhere", true })
		}}
	},
}, {
	"ends early when its context ends", "Directory", "a list of users that is cut short ends with an error",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			return each(m.Users(context.WithoutCancel(ctx)), func(int, *groups.User) (bool, bool) { return ctx.Err() == nil, ctx.Err() == nil })
		}}
	},
}, {
	"asks its context every 256 rows", "Directory", "a list of users that is cut short ends with an error",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			return func(yield func(groups.User, error) bool) {
				n := 0
				for u, err := range m.Users(context.WithoutCancel(ctx)) {
					if n++; n%256 == 0 && ctx.Err() != nil {
						yield(groups.User{}, ctx.Err())
						return
					}
					if !yield(u, err) {
						return
					}
				}
			}
		}}
	},
}, {
	"can be read once", "Directory", "a list of users that is left early can be read again",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			next, _ := iter.Pull2(m.Users(ctx))
			return func(yield func(groups.User, error) bool) {
				for u, err, ok := next(); ok && yield(u, err); u, err, ok = next() {
				}
			}
		}}
	},
}, {
	"has one connection", "Directory", "several lists can be read at once",
	func(m *groups.Memory) *faultyPeople {
		open := 0
		return &faultyPeople{
			users: func(ctx context.Context) iter.Seq2[groups.User, error] {
				return func(yield func(groups.User, error) bool) {
					open++
					defer func() { open-- }()
					m.Users(ctx)(yield)
				}
			},
			user: func(ctx context.Context, id groups.UserID) (groups.User, error) {
				if open > 0 {
					return groups.User{}, errors.New("busy")
				}
				return m.User(ctx, id)
			},
		}
	},
}, {
	"ignores its context", "Directory", "a cancelled context ends every call with its error",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{schema: func(ctx context.Context) (*groups.Schema, error) { return m.Schema(context.WithoutCancel(ctx)) }}
	},
}, {
	"has no schema until one is written", "Directory", "there is a schema when nothing was given",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{schema: func(ctx context.Context) (*groups.Schema, error) {
			s, err := m.Schema(ctx)
			if s != nil && len(s.Fields) == 0 {
				s = nil
			}
			return s, err
		}}
	},
}, {
	"forgets which texts are exact", "Directory", "the schema has the fields that were given",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{schema: func(ctx context.Context) (*groups.Schema, error) {
			s, err := m.Schema(ctx)
			other := *s
			other.Fields = slices.Clone(s.Fields)
			for i := range other.Fields {
				other.Fields[i].Exact = false
			}
			return &other, err
		}}
	},
}, {
	"reads less of one user than of all", "Directory", "one user is the same alone and in the list",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{user: func(ctx context.Context, id groups.UserID) (groups.User, error) {
			u, err := m.User(ctx, id)
			u.Enrollments = groups.Enrollments{}
			return u, err
		}}
	},
}, {
	"finds users by a collation", "Directory", "a user who does not exist is not found",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{user: func(ctx context.Context, id groups.UserID) (groups.User, error) {
			for u := range m.Users(ctx) {
				if strings.EqualFold(string(u.ID), strings.TrimRight(string(id), " ")) {
					return u, nil
				}
			}
			return m.User(ctx, id)
		}}
	},
}, {
	"keeps numbers as floats", "Directory", "every value of a user comes back as it is",
	func(m *groups.Memory) *faultyPeople {
		return showing(m, func(u *groups.User) {
			if v, ok := u.Fields["grade"]; ok && v.String() == "9007199254740993" {
				u.Fields = map[string]groups.Value{"grade": groups.Number(9007199254740992)}
			}
		})
	},
}, {
	"takes null for empty", "Directory", "unknown, empty and present stay apart",
	func(m *groups.Memory) *faultyPeople {
		return showing(m, func(u *groups.User) {
			fields := maps.Clone(u.Fields)
			if fields == nil {
				fields = map[string]groups.Value{}
			}
			for _, f := range everyField().Fields {
				if fields[f.Name].IsUnknown() {
					fields[f.Name] = groups.Empty()
				}
			}
			u.Fields = fields
		})
	},
}, {
	"takes an unknown activation for deactivated", "Directory", "activation and expiry are two facts of three values",
	func(m *groups.Memory) *faultyPeople {
		return showing(m, func(u *groups.User) {
			if u.Activation == groups.ActivationUnknown {
				u.Activation = groups.Deactivated
			}
		})
	},
}, {
	"takes an unknown manager for nobody", "Directory", "a manager is unknown, nobody or a user",
	func(m *groups.Memory) *faultyPeople {
		return showing(m, func(u *groups.User) {
			id, _ := u.Manager.ID()
			u.Manager = groups.ReportsTo(id)
		})
	},
}, {
	"leaves out trees without units", "Directory", "units are unknown, none or some, tree by tree",
	func(m *groups.Memory) *faultyPeople {
		return showing(m, func(u *groups.User) {
			u.Units = maps.Clone(u.Units)
			maps.DeleteFunc(u.Units, func(_ groups.Tree, units []string) bool { return len(units) == 0 })
		})
	},
}, {
	"takes no enrollments for unknown ones", "Directory", "enrollments are unknown, none or some, with their completion",
	func(m *groups.Memory) *faultyPeople {
		return showing(m, func(u *groups.User) {
			if list, _ := u.Enrollments.List(); len(list) == 0 {
				u.Enrollments = groups.Enrollments{}
			}
		})
	},
}, {
	"leaves out who manages themselves", "Reporting", "reports are those that a look at everybody finds",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{reports: func(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
			return each(m.Reports(ctx, manager), func(_ int, id *groups.UserID) (bool, bool) { return *id != manager, true })
		}}
	},
}, {
	"reports of users only", "Reporting", "reports are those that a look at everybody finds",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{reports: func(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
			_, err := m.User(ctx, manager)
			return each(m.Reports(ctx, manager), func(int, *groups.UserID) (bool, bool) { return err == nil, true })
		}}
	},
}, {
	"ends with its first page", "Reporting", "reports come once each, however many",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{reports: func(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
			return each(m.Reports(ctx, manager), func(n int, _ *groups.UserID) (bool, bool) { return n < 500, n < 500 })
		}}
	},
}, {
	"ends early when its context ends", "Reporting", "a list of reports fails, ends and is left as others are",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{reports: func(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
			return each(m.Reports(context.WithoutCancel(ctx), manager), func(int, *groups.UserID) (bool, bool) { return ctx.Err() == nil, ctx.Err() == nil })
		}}
	},
}, {
	"yields units once", "Directory", "a list of units that is left early can be read again",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{units: func(ctx context.Context) iter.Seq2[groups.Unit, error] {
			next, _ := iter.Pull2(m.Units(ctx))
			return func(yield func(groups.Unit, error) bool) {
				for u, err, ok := next(); ok && yield(u, err); u, err, ok = next() {
				}
			}
		}}
	},
}, {
	"counts users for a version", "Versioned", "the version changes with users",
	countingUsers,
}, {
	"takes users for all there is to a version", "Versioned", "the version changes with units",
	countingUsers,
}, {
	"counts users for a version", "Versioned", "the version changes with what is said of users",
	countingUsers,
}, {
	"takes the time for a version", "Versioned", "the version stays while nothing is written",
	func(m *groups.Memory) *faultyPeople {
		n := ""
		return &faultyPeople{version: func(ctx context.Context) (string, error) {
			n += "I"
			return n, ctx.Err()
		}}
	},
}, {
	"ends units early when the context ends", "Directory", "a list of units that is cut short ends with an error",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{units: func(ctx context.Context) iter.Seq2[groups.Unit, error] {
			return each(m.Units(context.WithoutCancel(ctx)), func(int, *groups.Unit) (bool, bool) { return ctx.Err() == nil, ctx.Err() == nil })
		}}
	},
}, {
	"takes a deadline for an end", "Directory", "a deadline that passes ends a list with its error",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			return func(yield func(groups.User, error) bool) {
				if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
					m.Users(ctx)(yield)
				}
			}
		}}
	},
}}
