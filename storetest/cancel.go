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
		d.commit(groups.Commit{Acts: []groups.Act{{Do: "assign", Group: "g", User: "ada"}}, Notes: []groups.Note{note("h", "key", "text")}})
		was, ctx := d.picture(), cancelled(t)
		_, err := s.Group(ctx, "g")
		wants(t, "Group", err, context.Canceled)
		for what, c := range map[string]groups.Commit{
			"creates":       commit(saves(groups.Group{ID: "new"})),
			"saves":         commit(saves(groups.Group{ID: "g", Revision: 1, Name: "renamed"})),
			"deletes":       commit(d.deletes("h")),
			"writes":        commit(d.write("g", automatic("bob")), d.write("h", automatic("bob"))),
			"acts":          {Acts: []groups.Act{{Do: "override", By: "ada", At: noon}}},
			"keeps a note":  {Notes: []groups.Note{note("g", "key", "text")}},
			"erases a note": {Notes: []groups.Note{erased("h", "key", 1)}},
			"is of nothing": {},
		} {
			wants(t, "Apply of a commit that "+what, s.Apply(ctx, c), context.Canceled)
		}
		d.unchanged(was, "cancelled calls")
	},
}, {
	Name: "a cancelled context forgets nobody", Interface: "Store", Clause: 12, Needs: []Category{Forgetting},
	Why: "who is told that it failed must not find that it was done",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("g")
		d.put("g", automatic("ada"))
		was := d.picture()
		wants(t, "Apply of a commit that forgets", s.Apply(cancelled(t), d.forgets("ada")), context.Canceled)
		d.unchanged(was, "a cancelled call")
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
			for _, id := range []groups.GroupID{"", "g"} {
				wants(t, "Acts", failure(t, "Acts", s.Acts(ctx, id, "")), context.Canceled)
				wants(t, "Notes", failure(t, "Notes", s.Notes(ctx, groups.NoteDraft, id)), context.Canceled)
			}
			if len(d.groups()) == 0 { // then once more, with something there
				d.create("g")
				d.put("g", automatic("ada"))
				d.commit(groups.Commit{Acts: []groups.Act{{Do: "assign", Group: "g"}}, Notes: []groups.Note{note("g", "key", "text")}})
			}
		}
	},
}}
