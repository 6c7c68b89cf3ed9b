// White-box: see mutant_test.go.
package storetest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
)

func TestAuditFindsWhatDoesNotAgree(t *testing.T) {
	for _, tt := range []struct {
		defect string
		says   string
		in     func(d desk, m *groups.Memory) *faulty
	}{{
		"none", "",
		func(desk, *groups.Memory) *faulty { return &faulty{} },
	}, {
		"a join that the feed does not have", "which the feed does not say",
		func(d desk, _ *groups.Memory) *faulty {
			w := d.write("g", automatic("eve"))
			w.Changes = nil
			d.apply(w)
			return &faulty{}
		},
	}, {
		"a leave that the feed does not have", `by the feed "ada" is automatic`,
		func(d desk, _ *groups.Memory) *faulty {
			w := d.write("g", blank("ada"))
			w.Changes = nil
			d.apply(w)
			return &faulty{}
		},
	}, {
		"an adoption that is called a join", "is called joined",
		func(d desk, _ *groups.Memory) *faulty {
			w := d.write("g", automatic("eve"))
			w.Changes[0].Cause = "adoption"
			d.apply(w)
			return &faulty{}
		},
	}, {
		"a change with the ID of another", "has the ID of change 0",
		func(d desk, m *groups.Memory) *faulty {
			first := d.changes("")[0].ID
			w := d.write("g", automatic("eve"))
			w.Changes[0].ID = first
			d.apply(w)
			return &faulty{}
		},
	}, {
		"acts without a cursor", `act 0 has the cursor ""`,
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
				return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) {
					a.Cursor = ""
					return true, true
				})
			}}
		},
	}, {
		"an audit that does not go on", "does not go on after act 0",
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{acts: func(ctx context.Context, id groups.GroupID, _ string) iter.Seq2[groups.Act, error] {
				return m.Acts(ctx, id, "")
			}}
		},
	}, {
		"an act that its group does not have", `Acts of "g" do not agree`,
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
				return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) { return id == "" || a.Do != "edit", true })
			}}
		},
	}, {
		"a note of no group", "which is no group",
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{notes: noting(m, func(all []groups.Note) []groups.Note {
				stray := note("z", "key", "text")
				stray.Revision = 1
				return append(all, stray)
			})}
		},
	}, {
		"notes out of order", `draft "a" of "g" comes after "b"`,
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{notes: noting(m, func(all []groups.Note) []groups.Note {
				slices.Reverse(all)
				return all
			})}
		},
	}, {
		"notes of another kind", `is a "draft" at revision 1`,
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{notes: func(ctx context.Context, _ groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
				return m.Notes(ctx, groups.NoteDraft, id)
			}}
		},
	}, {
		"notes that their group does not have", `Notes "draft" of "g" do not agree`,
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{notes: func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
				return each(m.Notes(ctx, kind, id), func(int, *groups.Note) (bool, bool) { return id == "", true })
			}}
		},
	}, {
		"a change that is called another", "is called switched",
		func(d desk, _ *groups.Memory) *faulty {
			w := d.write("g", automatic("eve"))
			w.Changes[0].Kind = groups.Switched
			d.apply(w)
			return &faulty{}
		},
	}, {
		"a change that began elsewhere", `says that "ada" was manual`,
		func(d desk, _ *groups.Memory) *faulty {
			w := d.write("g", blank("ada"))
			w.Changes[0].Before = groups.Manual
			d.apply(w)
			return &faulty{}
		},
	}, {
		"members that are no members", "do not agree with Standings",
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
				return func(yield func(groups.Member, error) bool) {
					_ = yield(groups.Member{User: "a", Method: groups.Manual}, nil) && drain(m.Members(ctx, id, after)) == nil
				}
			}}
		},
	}, {
		"standings that the user does not have", `StandingsOf "bob" do not agree`,
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
				return each(m.StandingsOf(ctx, id), func(_ int, s *groups.Standing) (bool, bool) { return s.User != "bob", true })
			}}
		},
	}, {
		"standings that the group does not have", `StandingsOf "bob" do not agree`,
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{standings: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
				return each(m.Standings(ctx, id, after), func(_ int, s *groups.Standing) (bool, bool) { return s.User != "bob", true })
			}}
		},
	}, {
		"standings that are blank", "is blank",
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{standings: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
				return each(m.Standings(ctx, id, after), func(_ int, s *groups.Standing) (bool, bool) {
					*s = groups.Standing{Group: s.Group, User: s.User}
					return true, true
				})
			}}
		},
	}, {
		"a group that is another alone", "is another alone than in the list",
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
				g, err := m.Group(ctx, id)
				g.State.Sequence++
				return g, err
			}}
		},
	}, {
		"a row that comes twice", `comes after "ada"`,
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{standings: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
				return func(yield func(groups.Standing, error) bool) {
					for s, err := range m.Standings(ctx, id, after) {
						for range 2 {
							if !yield(s, err) {
								return
							}
						}
					}
				}
			}}
		},
	}, {
		"changes without a cursor", "blank or that of another",
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
				return each(m.Changes(ctx, after), func(_ int, c *groups.Change) (bool, bool) {
					c.Cursor = ""
					return true, true
				})
			}}
		},
	}, {
		"a feed that does not go on", "does not go on after change 0",
		func(_ desk, m *groups.Memory) *faulty {
			return &faulty{changes: func(ctx context.Context, _ string) iter.Seq2[groups.Change, error] { return m.Changes(ctx, "") }}
		},
	}} {
		t.Run(tt.defect, func(t *testing.T) {
			m := groups.NewMemory()
			d := desk{t, m}
			d.create("g", "h")
			g := d.write("g", automatic("ada"), assigned("bob"))
			g.Changes[0].ID, g.Changes[1].ID = "one", "two"
			d.apply(g, d.write("h", withheld("ada"), excluded("bob"), automatic("gone")))
			d.put("g", assigned("ada"), automatic("bob"))
			d.put("g", automatic("ada"))
			d.forget("gone")
			adopted := d.write("h", automatic("ada"), automatic("adopted"))
			for i := range adopted.Changes {
				adopted.Changes[i].Kind, adopted.Changes[i].Cause = groups.Switched, "adoption"
			}
			d.apply(adopted)
			d.commit(groups.Commit{
				Acts:  []groups.Act{{Do: "edit", Group: "g"}, {Do: "override"}, {Do: "delete", Group: "gone"}},
				Notes: []groups.Note{note("g", "a", "text"), note("g", "b", "text")},
			})
			f := tt.in(d, m)
			f.Memory = m
			// As in t.Cleanup, where the test's context has ended.
			found := strings.Join(failures(cancelled(t), func(t TB) { Audit(t, f) }), "\n")
			if !strings.Contains(found, tt.says) || tt.says == "" && found != "" {
				t.Errorf("the audit says %q, want %q", found, tt.says)
			}
		})
	}
}
