package storetest_test

import (
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/storetest"
)

func TestMyStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) groups.Store { return groups.NewMemory() })
}

func TestMyDirectory(t *testing.T) {
	storetest.RunDirectory(t, func(t *testing.T, people groups.PeopleChange) groups.Directory {
		m := groups.NewMemory() // a host fills its own tables here
		if err := m.Write(t.Context(), people); err != nil {
			t.Fatal(err)
		}
		return m
	})
}
