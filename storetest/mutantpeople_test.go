// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"errors"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/grouprules/groups"
)

// faultyPeople is a directory in which single methods are other than those of the Memory beneath.
type faultyPeople struct {
	*groups.Memory
	schema  func(ctx context.Context) (*groups.Schema, error)
	users   func(ctx context.Context) iter.Seq2[groups.User, error]
	user    func(ctx context.Context, id groups.UserID) (groups.User, error)
	units   func(ctx context.Context) iter.Seq2[groups.Unit, error]
	version func(ctx context.Context) (string, error)
	reports func(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error]
	write   func(ctx context.Context, c groups.PeopleChange) error
	scope   func(ctx context.Context, owner string) (groups.Scope, error)
}

// Scope is right but for what scope makes of it: the users who report to the owner, everybody for "top",
// and nothing that could be said of those who are no users.
func (f *faultyPeople) Scope(ctx context.Context, owner string) (groups.Scope, error) {
	if f.scope != nil {
		return f.scope(ctx, owner)
	}
	return rightScope(ctx, f.Memory, owner)
}

func rightScope(ctx context.Context, m *groups.Memory, owner string) (groups.Scope, error) {
	if _, err := m.User(ctx, groups.UserID(owner)); err != nil || owner == "top" {
		return nil, err
	}
	return func(u *groups.User) groups.Verdict {
		manager, known := u.Manager.ID()
		switch {
		case !known:
			return groups.Unknown
		case manager == groups.UserID(owner):
			return groups.Yes
		}
		return groups.No
	}, nil
}

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

func (f *faultyPeople) Schema(ctx context.Context) (*groups.Schema, error) {
	if f.schema != nil {
		return f.schema(ctx)
	}
	return f.Memory.Schema(ctx)
}

func (f *faultyPeople) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	if f.users != nil {
		return f.users(ctx)
	}
	return f.Memory.Users(ctx)
}

func (f *faultyPeople) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	if f.user != nil {
		return f.user(ctx, id)
	}
	return f.Memory.User(ctx, id)
}

func (f *faultyPeople) Units(ctx context.Context) iter.Seq2[groups.Unit, error] {
	if f.units != nil {
		return f.units(ctx)
	}
	return f.Memory.Units(ctx)
}

func (f *faultyPeople) Version(ctx context.Context) (string, error) {
	if f.version != nil {
		return f.version(ctx)
	}
	return f.Memory.Version(ctx)
}

func (f *faultyPeople) Reports(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
	if f.reports != nil {
		return f.reports(ctx, manager)
	}
	return f.Memory.Reports(ctx, manager)
}

func (f *faultyPeople) Write(ctx context.Context, c groups.PeopleChange) error {
	if f.write != nil {
		return f.write(ctx, c)
	}
	return f.Memory.Write(ctx, c)
}

// A peopleMutant is a directory with a defect, and the case that finds it.
type peopleMutant struct {
	defect string
	in     string // the interface that is not kept
	found  string
	make   func(m *groups.Memory) *faultyPeople
}

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

var peopleMutants = []peopleMutant{{
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
	"can be read once", "Directory", "a list that is left early can be read again",
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
	"writes users before it looks at units", "People", "of a refused change nothing is written",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			if err := m.Write(ctx, groups.PeopleChange{Base: c.Base, Upsert: c.Upsert}); err != nil {
				return err
			}
			c.Base = ""
			return m.Write(ctx, c)
		}}
	},
}, {
	"merges fields", "People", "an upsert replaces the whole user",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			c.Upsert = slices.Clone(c.Upsert)
			for i := range c.Upsert {
				u := &c.Upsert[i]
				if old, err := m.User(ctx, u.ID); err == nil {
					fields := maps.Clone(old.Fields)
					maps.Copy(fields, u.Fields)
					u.Fields = fields
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"removes before it adds", "People", "within a change, switching off and removing come after adding",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			later := groups.PeopleChange{Upsert: c.Upsert}
			c.Upsert = nil
			return errors.Join(m.Write(ctx, c), m.Write(ctx, later))
		}}
	},
}, {
	"creates whom it deactivates", "People", "deactivating changes nothing else",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			for _, id := range c.Deactivate {
				if _, err := m.User(ctx, id); err != nil {
					c.Upsert = append(c.Upsert, groups.User{ID: id})
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"adds to trees", "People", "a tree is replaced as a whole and the others stay",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			c.Trees = maps.Clone(c.Trees)
			for u := range m.Units(ctx) {
				if units, ok := c.Trees[u.Tree]; ok && !slices.ContainsFunc(units, func(n groups.Unit) bool { return n.ID == u.ID }) {
					c.Trees[u.Tree] = append(slices.Clone(units), u)
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"trims identifiers", "People", "unusable identifiers are refused wherever they stand",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			c.Upsert = slices.Clone(c.Upsert)
			for i := range c.Upsert {
				c.Upsert[i].ID = groups.UserID(strings.TrimSpace(string(c.Upsert[i].ID)))
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"takes the last of two", "People", "what is given twice is refused",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			var errs []error
			for _, u := range c.Upsert {
				errs = append(errs, m.Write(ctx, groups.PeopleChange{Upsert: []groups.User{u}}))
			}
			c.Upsert = nil
			return errors.Join(append(errs, m.Write(ctx, c))...)
		}}
	},
}, {
	"ignores the base", "People", "a change worked out from another version is refused",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			c.Base = ""
			return m.Write(ctx, c)
		}}
	},
}, {
	"compares the base before its transaction", "People", "a change worked out from the current version is written, once",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			if v, _ := m.Version(ctx); c.Base != "" && c.Base != v {
				return groups.ErrConflict
			}
			pause()
			c.Base = ""
			return m.Write(ctx, c)
		}}
	},
}, {
	"forgets whom it removes", "People", "writing people leaves groups alone",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			for _, id := range c.Remove {
				if err := m.Apply(ctx, desk{discard{ctx}, m}.forgets(id)); err != nil {
					return err
				}
			}
			return m.Write(ctx, c)
		}}
	},
}, {
	"ignores its context", "People", "a cancelled context writes no people",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error { return m.Write(context.WithoutCancel(ctx), c) }}
	},
}, {
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
				runtime.Gosched()
				return scope(asked.Load())
			}
		})
	},
}, {
	"counts users for a version", "Versioned", "the version changes with everything",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{version: func(ctx context.Context) (string, error) {
			n := ""
			for _, err := range m.Users(ctx) {
				if err != nil {
					return "", err
				}
				n += "I"
			}
			return "version " + n, nil
		}}
	},
}, {
	"takes the time for a version", "Versioned", "the version stays while nothing is written",
	func(m *groups.Memory) *faultyPeople {
		n := ""
		return &faultyPeople{version: func(ctx context.Context) (string, error) {
			n += "I"
			return n, ctx.Err()
		}}
	},
}}

// scopedPeople is a directory with scopes and without a defect.
type scopedPeople struct{ *groups.Memory }

func (s scopedPeople) Scope(ctx context.Context, owner string) (groups.Scope, error) {
	return rightScope(ctx, s.Memory, owner)
}

func TestRightScopesAreProved(t *testing.T) {
	RunDirectory(t, func(t *testing.T, people groups.PeopleChange) groups.Directory {
		m := groups.NewMemory()
		write(t, m, people)
		return scopedPeople{m}
	})
}

func TestDefectsOfDirectoriesAreFound(t *testing.T) {
	for _, mutant := range peopleMutants {
		t.Run(mutant.in+" "+mutant.defect, func(t *testing.T) {
			open := func() *faultyPeople {
				m := groups.NewMemory()
				f := mutant.make(m)
				f.Memory = m
				return f
			}
			c := caseOf(t, mutant.in, mutant.found)
			found := failures(t.Context(), func(t TB) {
				if c.people != nil {
					f := open()
					c.people(t, f, f)
					return
				}
				c.directory(t, func(people groups.PeopleChange) groups.Directory {
					f := open()
					write(t, f.Memory, people)
					return f
				})
			})
			if len(found) == 0 {
				t.Errorf("%q did not find a directory that %s", c.Name, mutant.defect)
			}
		})
	}
}
