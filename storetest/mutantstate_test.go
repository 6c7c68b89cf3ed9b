// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"strconv"
	"time"

	"github.com/grouprules/groups"
)

// stateMutants are about what is new in states, groups and changes.
var stateMutants = []mutant{{
	"has no column for the number of members", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil {
				w.State.Members = 0
			}
		})}
	},
}, {
	"keeps the latest hour of traffic", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil && len(w.State.Lately) > 1 {
				w.State.Lately = w.State.Lately[len(w.State.Lately)-1:]
			}
		})}
	},
}, {
	"has one column for held and approved", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil && w.State.Held != "" {
				w.State.Approved = ""
			}
		})}
	},
}, {
	"does not compare what is held", "a write from another state is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Was != nil {
				w.Was.Held = stored(m, w.Group).State.Held
			}
		})}
	},
}, {
	"does not compare traffic", "a write from another state is refused",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Was != nil {
				w.Was.Lately = stored(m, w.Group).State.Lately
			}
		})}
	},
}, {
	"shares traffic", "what was handed to a write can be written to",
	func(m *groups.Memory) *faulty {
		var handed []groups.Traffic
		return &faulty{
			apply: writing(m, func(w *groups.Write) {
				if w.State != nil {
					handed = w.State.Lately
				}
			}),
			group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
				g, err := m.Group(ctx, id)
				g.State.Lately = handed
				return g, err
			},
		}
	},
}, {
	"hands out its own traffic", "what was handed to a write can be written to",
	func(m *groups.Memory) *faulty {
		var own []groups.Traffic
		return &faulty{group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
			g, err := m.Group(ctx, id)
			if own == nil {
				own = g.State.Lately
			}
			g.State.Lately = own
			return g, err
		}}
	},
}, {
	"has no column for the owner", "every field of a group comes back as it was saved",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) { g.Owner = "" })}
	},
}, {
	"keeps schedules in minutes", "every field of a group comes back as it was saved",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) { g.Schedule.Shift = g.Schedule.Shift.Truncate(time.Minute) })}
	},
}, {
	"keeps the schedule of the save before", "a save from the stored revision replaces everything",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) {
			if g.Schedule.Every == 0 {
				g.Schedule = stored(m, g.ID).Schedule
			}
		})}
	},
}, {
	"numbers changes itself", "a change keeps the ID it was given",
	func(m *groups.Memory) *faulty {
		n := 0
		return &faulty{apply: writing(m, func(w *groups.Write) {
			for i := range w.Changes {
				n++
				w.Changes[i].ID = strconv.Itoa(n)
			}
		})}
	},
}, {
	"has no column for who changed it", "every field of a change comes back as it was written",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			for i := range w.Changes {
				w.Changes[i].By = ""
			}
		})}
	},
}}
