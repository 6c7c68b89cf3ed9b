// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"slices"

	"github.com/grouprules/groups"
)

// telling returns since with what change makes of it.
func telling(m *groups.Memory, change func(w *groups.Written)) *faultyPeople {
	return &faultyPeople{since: func(ctx context.Context, version string) (*groups.Written, error) {
		written, err := m.Since(ctx, version)
		if written != nil {
			change(written)
		}
		return written, err
	}}
}

// journaledMutants are directories that do not know who has changed.
var journaledMutants = []peopleMutant{{
	"forgets who was taken out", "Journaled", "whoever came, changed or went since any version is named",
	func(m *groups.Memory) *faultyPeople {
		return telling(m, func(w *groups.Written) {
			w.Users = slices.DeleteFunc(w.Users, func(id groups.UserID) bool {
				_, err := m.User(context.Background(), id)
				return err != nil
			})
		})
	},
}, {
	"forgets who was switched off", "Journaled", "whoever came, changed or went since any version is named",
	func(m *groups.Memory) *faultyPeople {
		return telling(m, func(w *groups.Written) {
			w.Users = slices.DeleteFunc(w.Users, func(id groups.UserID) bool {
				u, err := m.User(context.Background(), id)
				return err == nil && u.Activation == groups.Deactivated
			})
		})
	},
}, {
	"names who is new or gone", "Journaled", "whoever is said other things of since any version is named",
	func(m *groups.Memory) *faultyPeople {
		return telling(m, func(w *groups.Written) {
			w.Users = slices.DeleteFunc(w.Users, func(id groups.UserID) bool {
				u, err := m.User(context.Background(), id)
				_, known := u.Manager.ID()
				return err == nil && known
			})
		})
	},
}, {
	"has no eye for units", "Journaled", "whether units were written since any version is said",
	func(m *groups.Memory) *faultyPeople { return telling(m, func(w *groups.Written) { w.Units = false }) },
}, {
	"knows nothing", "Journaled", "whoever came, changed or went since any version is named",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{since: func(ctx context.Context, _ string) (*groups.Written, error) { return nil, ctx.Err() }}
	},
}, {
	"names them as they came", "Journaled", "whoever came, changed or went since any version is named",
	func(m *groups.Memory) *faultyPeople {
		return telling(m, func(w *groups.Written) { slices.Reverse(w.Users) })
	},
}, {
	"ends with its first page", "Journaled", "those who were written about come once each, however many",
	func(m *groups.Memory) *faultyPeople {
		return telling(m, func(w *groups.Written) { w.Users = w.Users[:min(500, len(w.Users))] })
	},
}, {
	"takes any text for the beginning", "Journaled", "nothing is known since what was never a version",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{since: func(ctx context.Context, version string) (*groups.Written, error) {
			written, err := m.Since(ctx, version)
			if written == nil && err == nil {
				return m.Since(ctx, "0")
			}
			return written, err
		}}
	},
}, {
	"answers whoever has gone", "Journaled", "a question for what was written ends with its context",
	func(m *groups.Memory) *faultyPeople {
		return &faultyPeople{since: func(ctx context.Context, version string) (*groups.Written, error) {
			return m.Since(context.WithoutCancel(ctx), version)
		}}
	},
}}
