package main

import (
	"context"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/storetest"
)

// The directory of the LMS is one of its own, and has the contracts of one to keep.
func TestTheDirectoryKeepsTheContracts(t *testing.T) {
	storetest.Run(t, func(*testing.T, string) storetest.Tenant {
		d := tested()
		return storetest.Tenant{Directory: d, People: d}
	}, nil)
}

// A testedDirectory takes the enrollments that the kit writes for those of the LMS: the kit wants back
// what it wrote.
type testedDirectory struct {
	*directory
	given given
}

func tested() *testedDirectory {
	g := given{}
	return &testedDirectory{&directory{groups.NewMemory(), g, nil}, g}
}

func (d *testedDirectory) Write(ctx context.Context, c groups.PeopleChange) error {
	err := d.directory.Write(ctx, c)
	if err == nil {
		for _, u := range c.Upsert {
			d.given[u.ID] = u.Enrollments
		}
	}
	return err
}

type given map[groups.UserID]groups.Enrollments

func (g given) of(user groups.UserID) groups.Enrollments { return g[user] }
func (given) version() int                               { return 0 }
