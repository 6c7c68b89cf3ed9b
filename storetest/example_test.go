package storetest_test

import (
	"context"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/storetest"
)

// A store that keeps groups and people proves itself in a few lines.
func TestMyStore(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, tenant string) storetest.Tenant {
		m := groups.NewMemory() // a host opens that tenant of its test database here
		return storetest.Tenant{Store: m, Directory: m, People: m}
	}, nil)
}

// A host whose people stay where they are, and who knows nothing of enrollments.
func TestMyDirectory(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, tenant string) storetest.Tenant {
		m := groups.NewMemory()
		return storetest.Tenant{
			Directory: struct{ groups.Directory }{m},
			Fill: func(ctx context.Context, people groups.PeopleChange) error {
				return m.Write(ctx, people) // a host fills its own tables here
			},
		}
	}, &storetest.Options{Without: []storetest.Category{storetest.Enrollments}})
}
