// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
)

// lacking are stores that have nothing of a category, and are otherwise right.
var lacking = map[Category]func(m *groups.Memory) Tenant{
	Acts: withStore(func(m *groups.Memory) func(context.Context, groups.Commit) error {
		return committing(m, func(c *groups.Commit) { c.Acts = nil })
	}),
	Notes: withStore(func(m *groups.Memory) func(context.Context, groups.Commit) error {
		return committing(m, func(c *groups.Commit) { c.Notes = nil })
	}),
	Forgetting: withStore(func(m *groups.Memory) func(context.Context, groups.Commit) error {
		return func(ctx context.Context, c groups.Commit) error {
			if c.Forget != "" {
				return errors.New("nobody is forgotten here")
			}
			return m.Apply(ctx, c)
		}
	}),
	Fields:      withPeople(func(c *groups.PeopleChange, u *groups.User) { c.Schema, u.Fields = nil, nil }),
	Units:       withPeople(func(c *groups.PeopleChange, u *groups.User) { c.Trees, u.Units = nil, nil }),
	Managers:    withPeople(func(_ *groups.PeopleChange, u *groups.User) { u.Manager = groups.Manager{} }),
	Enrollments: withPeople(func(_ *groups.PeopleChange, u *groups.User) { u.Enrollments = groups.Enrollments{} }),
}

func withStore(apply func(m *groups.Memory) func(context.Context, groups.Commit) error) func(m *groups.Memory) Tenant {
	return func(m *groups.Memory) Tenant {
		return Tenant{Store: &faulty{Memory: m, apply: apply(m)}, Directory: m, People: m}
	}
}

func withPeople(drop func(c *groups.PeopleChange, u *groups.User)) func(m *groups.Memory) Tenant {
	return func(m *groups.Memory) Tenant {
		f := &faultyPeople{Memory: m, write: func(ctx context.Context, c groups.PeopleChange) error {
			whole := len(c.Upsert) > 0 || len(c.Trees) > 0 || c.Schema != nil
			c.Upsert = slices.Clone(c.Upsert)
			drop(&c, &groups.User{})
			for i := range c.Upsert {
				drop(&c, &c.Upsert[i])
			}
			known := slices.DeleteFunc(slices.Clone(c.Upsert), func(u groups.User) bool {
				old, err := m.User(ctx, u.ID)
				return err == nil && userDifference(old, u) == ""
			})
			if whole && c.Schema == nil && len(known)+len(c.Deactivate)+len(c.Remove)+len(c.Trees) == 0 && c.Base == "" && ctx.Err() == nil {
				return nil // of which there is nothing here
			}
			return m.Write(ctx, c)
		}}
		return Tenant{Store: m, Directory: f, People: f}
	}
}

// A host that has nothing but groups and bare users is proved as far as that goes: by the cases that need nothing.
func TestAHostThatHasNothingOfAnyCategoryIsProved(t *testing.T) {
	Run(t, func(*testing.T, string) Tenant {
		m := groups.NewMemory()
		people := withPeople(func(c *groups.PeopleChange, u *groups.User) {
			*u = groups.User{ID: u.ID, Activation: u.Activation, Expiry: u.Expiry}
			c.Schema, c.Trees = nil, nil
		})(m)
		of := lacking[Forgetting](m)
		f := &faulty{Memory: m, apply: func(ctx context.Context, c groups.Commit) error {
			c.Acts, c.Notes = nil, nil
			return of.Store.Apply(ctx, c)
		}}
		return Tenant{Store: f, Directory: people.Directory, People: people.People}
	}, &Options{Without: categories})
}

func TestWhatIsLeftOutOfTheKitIsWhatAHostHasNothingOf(t *testing.T) {
	if diff := difference(slices.Sorted(maps.Keys(lacking)), slices.Sorted(slices.Values(categories))); diff != "" {
		t.Fatal(diff)
	}
	for category, open := range lacking {
		t.Run("without "+string(category), func(t *testing.T) {
			for _, c := range Cases() {
				about := slices.Contains([]Category{Acts, Notes, Forgetting}, category)
				if len(c.Needs) == 0 || (c.store != nil) != about {
					continue // which needs nothing, or does not see the difference
				}
				found := provedBeside(t.Context(), c, func(m, _ *groups.Memory) Tenant { return open(m) })
				if needs := slices.Contains(c.Needs, category); needs && len(found) == 0 {
					t.Errorf("%q is kept without %s and need not be left out", c.Name, category)
				} else if !needs && len(found) > 0 {
					t.Errorf("%s %d %q needs %s: %s", c.Interface, c.Clause, c.Name, category, strings.Join(found[:1], "\n"))
				}
			}
		})
	}
}
