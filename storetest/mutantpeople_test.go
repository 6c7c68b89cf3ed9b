// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"iter"
	"slices"
	"testing"
	"testing/synctest"

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
	since   func(ctx context.Context, version string) (*groups.Written, error)
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

func (f *faultyPeople) Since(ctx context.Context, version string) (*groups.Written, error) {
	if f.since != nil {
		return f.since(ctx, version)
	}
	return f.Memory.Since(ctx, version)
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

// peopleMutants are directories with a defect.
var peopleMutants = slices.Concat(directoryMutants, journaledMutants, changeMutants, scopeMutants)

// scopedPeople is a directory with scopes and without a defect.
type scopedPeople struct{ *groups.Memory }

func (s scopedPeople) Scope(ctx context.Context, owner string) (groups.Scope, error) {
	return rightScope(ctx, s.Memory, owner)
}

func TestRightScopesAreProved(t *testing.T) {
	Run(t, func(*testing.T, string) Tenant {
		m := groups.NewMemory()
		return Tenant{Directory: scopedPeople{m}, People: m}
	}, nil)
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
			synctest.Test(t, func(t *testing.T) {
				found := failures(t.Context(), func(t TB) {
					if c.people != nil {
						f := open()
						c.people(t, Tenant{Directory: f, People: f, Store: f.Memory})
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
		})
	}
}
