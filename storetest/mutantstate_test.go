// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// stateMutants are about states and the fields of groups.
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
	"has no column for the number of automatic members", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil {
				w.State.Automatic = 0
			}
		})}
	},
}, {
	"has no column for the assigned who left", "the state that is given is stored, but for its sequence",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.State != nil {
				w.State.Lately = slices.Clone(w.State.Lately)
				for i := range w.State.Lately {
					w.State.Lately[i].Assigned = 0
				}
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
	"drops the criteria of manual groups", "a manual group keeps its criteria",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: saving(m, func(g *groups.Group) {
			if g.Kind == groups.ManualGroup {
				g.Criteria = groups.Criteria{}
			}
		})}
	},
}, {
	"lists groups without their states", "a group comes with the state that was written",
	func(m *groups.Memory) *faulty {
		return &faulty{groups: listing(m, func(all []groups.Group) {
			for i := range all {
				all[i].State = groups.State{}
			}
		})}
	},
}, {
	"takes the state of the definition", "revision 0 creates, with a state of its own",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil && w.Revision == 0 && w.State == nil {
				w.State = &w.Save.State
			}
		})}
	},
}, {
	"saves nothing where nothing is another", "each save raises the revision by one",
	func(m *groups.Memory) *faulty {
		return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
			if w := c.Writes[0]; w.Save != nil && difference(*w.Save, stored(m, w.Group)) == "" {
				return nil
			}
			return m.Apply(ctx, c)
		}}
	},
}, {
	"finds the state of a deleted group", "a group created anew begins anew",
	func(m *groups.Memory) *faulty {
		were := map[groups.GroupID]*groups.State{}
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Delete {
				were[w.Group] = w.Was
			}
			if w.Save != nil && w.Revision == 0 && w.State == nil {
				w.State = were[w.Group]
			}
		})}
	},
}}
