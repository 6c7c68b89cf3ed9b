package storetest

import (
	"context"

	"github.com/grouprules/groups"
)

// contextCases are clause 12 of Store.
var contextCases = []Case{{
	Name: "a cancelled context ends every call and writes nothing", Interface: "Store", Clause: 12,
	Why: "whoever gave up must neither get an answer nor find half of it done",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g", "h")
		d.put("g", automatic("ada"))
		was, ctx := d.picture(), cancelled(t)
		_, err := s.Group(ctx, "g")
		wants(t, "Group", err, context.Canceled)
		_, err = s.SaveGroup(ctx, groups.Group{ID: "new"})
		wants(t, "SaveGroup", err, context.Canceled)
		_, err = s.SaveGroup(ctx, groups.Group{ID: "g", Revision: 1, Name: "renamed"})
		wants(t, "SaveGroup", err, context.Canceled)
		wants(t, "DeleteGroup", s.DeleteGroup(ctx, "h", 1, admin, evening), context.Canceled)
		wants(t, "Apply", s.Apply(ctx, []groups.Write{d.write("g", automatic("bob")), d.write("h", automatic("bob"))}), context.Canceled)
		wants(t, "Apply of nothing", s.Apply(ctx, nil), context.Canceled)
		wants(t, "Forget", s.Forget(ctx, "ada", admin, evening), context.Canceled)
		d.unchanged(was, "cancelled calls")
	},
}, {
	Name: "a cancelled context ends every stream, also an empty one", Interface: "Store", Clause: 12,
	Why: "nothing, without an error, says that nobody is there",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ctx := cancelled(t)
		for range 2 {
			wants(t, "Groups", failure(t, "Groups", s.Groups(ctx)), context.Canceled)
			wants(t, "Standings", failure(t, "Standings", s.Standings(ctx, "g", "")), context.Canceled)
			wants(t, "StandingsOf", failure(t, "StandingsOf", s.StandingsOf(ctx, "ada")), context.Canceled)
			wants(t, "Members", failure(t, "Members", s.Members(ctx, "g", "")), context.Canceled)
			wants(t, "Changes", failure(t, "Changes", s.Changes(ctx, "")), context.Canceled)
			if len(d.groups()) == 0 { // then once more, with something there
				d.create("g")
				d.put("g", automatic("ada"))
			}
		}
	},
}}
