// White-box: see mutant_test.go.
package storetest

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/grouprules/groups"
)

// A planted defect is in a copy of a store that keeps people and groups, beside another tenant.
type planted struct {
	defect string
	in     string // the interface that is not kept
	found  string
	tenant func(m, beside *groups.Memory) Tenant
}

// inStore, inPeople and inDirectory put a defect in one of the parts of a tenant.
func inStore(make func(m, beside *groups.Memory) *faulty) func(m, beside *groups.Memory) Tenant {
	return func(m, beside *groups.Memory) Tenant {
		f := make(m, beside)
		f.Memory = m
		return Tenant{Store: f, Directory: m, People: m}
	}
}

func inPeople(make func(m, beside *groups.Memory) *faultyPeople) func(m, beside *groups.Memory) Tenant {
	return func(m, beside *groups.Memory) Tenant {
		f := make(m, beside)
		f.Memory = m
		return Tenant{Store: m, Directory: f, People: f}
	}
}

// plantedDefects are what goes wrong most in stores of one's own.
var plantedDefects = []planted{{
	"forgets deactivated users", "Directory", "one user is the same alone and in the list",
	inPeople(func(m, _ *groups.Memory) *faultyPeople {
		return &faultyPeople{users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			return each(m.Users(ctx), func(_ int, u *groups.User) (bool, bool) { return u.Activation != groups.Deactivated, true })
		}}
	}),
}, {
	"loses an update", "Store", "of saves from one revision exactly one is written",
	inStore(func(m, _ *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if w.Save != nil {
				w.Revision = stored(m, w.Group).Revision
			}
		})}
	}),
}, {
	"returns a short page as complete", "Store", "standings and members come once each, however many",
	inStore(func(m, _ *groups.Memory) *faulty {
		return &faulty{standings: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
			return each(m.Standings(ctx, id, after), func(n int, _ *groups.Standing) (bool, bool) { return n < 500, n < 500 })
		}}
	}),
}, {
	"drops an outbox row", "Store", "the changes of a write stand together, in its order, once",
	inStore(func(m, _ *groups.Memory) *faulty {
		return &faulty{apply: writing(m, func(w *groups.Write) {
			if n := len(w.Changes); n > 1 {
				w.Changes = w.Changes[:n-1]
			}
		})}
	}),
}, {
	"compares text by the database's collation", "Store", "identifiers that look alike stay apart",
	inStore(func(m, _ *groups.Memory) *faulty {
		return &faulty{standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
			return func(yield func(groups.Standing, error) bool) {
				for g := range m.Groups(ctx) {
					for st, err := range m.Standings(ctx, g.ID, "") {
						if strings.EqualFold(string(st.User), string(id)) && !yield(st, err) {
							return
						}
					}
				}
			}
		}}
	}),
}, {
	"has a version that does not move", "Directory", "an evaluator finds the same with capabilities and without",
	inPeople(func(*groups.Memory, *groups.Memory) *faultyPeople {
		return &faultyPeople{version: func(context.Context) (string, error) { return "1", nil }}
	}),
}, {
	"misses a report", "Directory", "an evaluator finds the same with capabilities and without",
	inPeople(func(m, _ *groups.Memory) *faultyPeople {
		return &faultyPeople{
			reports: func(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
				return each(m.Reports(ctx, manager), func(n int, _ *groups.UserID) (bool, bool) { return n > 0, true })
			},
		}
	}),
}, {
	"reads a group of any tenant", "Store", "groups of another tenant are neither shown nor touched",
	inStore(func(m, beside *groups.Memory) *faulty {
		return &faulty{group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
			g, err := m.Group(ctx, id)
			if errors.Is(err, groups.ErrNotFound) {
				return beside.Group(ctx, id)
			}
			return g, err
		}}
	}),
}, {
	"reads the members of all tenants", "Store", "groups of another tenant are neither shown nor touched",
	inStore(func(m, beside *groups.Memory) *faulty {
		return &faulty{members: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
			return both(m.Members(ctx, id, after), beside.Members(ctx, id, after), func(m groups.Member) groups.UserID { return m.User })
		}}
	}),
}, {
	"counts the saves of all tenants", "Store", "each save raises the revision by one", // as any case would
	inStore(func(m, beside *groups.Memory) *faulty {
		return alsoBeside(m, beside, func(_ groups.Commit, w groups.Write) (groups.Commit, bool) {
			g := stored(beside, w.Group)
			return commit(saves(g)), w.Save != nil && g.ID != ""
		})
	}),
}, {
	"deletes a group of all tenants", "Store", "groups of another tenant are neither shown nor touched",
	inStore(func(m, beside *groups.Memory) *faulty {
		return alsoBeside(m, beside, func(c groups.Commit, w groups.Write) (groups.Commit, bool) {
			return commit(groups.Write{Group: w.Group, Standings: []groups.Standing{{Group: w.Group, User: "ada"}}}), w.Delete
		})
	}),
}, {
	"erases the notes of all tenants", "Store", "notes of another tenant are neither shown nor touched",
	inStore(func(m, beside *groups.Memory) *faulty {
		return alsoBeside(m, beside, func(c groups.Commit, _ groups.Write) (groups.Commit, bool) {
			own := groups.Commit{Notes: slices.Clone(c.Notes)}
			for i := range own.Notes {
				own.Notes[i].Revision, own.Notes[i].Data = 1, nil
			}
			return own, len(c.Notes) > 0 && len(c.Notes[0].Data) == 0
		})
	}),
}, {
	"reads the acts of all tenants", "Store", "acts of another tenant are neither shown nor touched",
	inStore(func(m, beside *groups.Memory) *faulty {
		return &faulty{acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
			if after != "" {
				return m.Acts(ctx, id, after)
			}
			return func(yield func(groups.Act, error) bool) {
				for _, of := range []*groups.Memory{beside, m} {
					for a, err := range of.Acts(ctx, id, "") {
						if !yield(a, err) {
							return
						}
					}
				}
			}
		}}
	}),
}, {
	"erases the changes of who is forgotten from all feeds", "Store", "who is forgotten is known to another tenant",
	inStore(func(m, beside *groups.Memory) *faulty {
		return alsoBeside(m, beside, func(c groups.Commit, _ groups.Write) (groups.Commit, bool) {
			own := groups.Commit{Forget: c.Forget, Alias: c.Alias}
			for st := range beside.StandingsOf(context.Background(), c.Forget) {
				own.Writes = append(own.Writes, groups.Write{
					Group: st.Group, Revision: stored(beside, st.Group).Revision, Standings: []groups.Standing{{Group: st.Group, User: st.User}},
				})
			}
			return own, c.Forget != ""
		})
	}),
}, {
	"lists the users of all tenants", "Directory", "people of another tenant are not shown",
	inPeople(func(m, beside *groups.Memory) *faultyPeople {
		return &faultyPeople{users: func(ctx context.Context) iter.Seq2[groups.User, error] {
			return both(m.Users(ctx), beside.Users(ctx), func(u groups.User) groups.UserID { return u.ID })
		}}
	}),
}, {
	"finds the reports of all tenants", "Directory", "people of another tenant are not shown",
	inPeople(func(m, beside *groups.Memory) *faultyPeople {
		return &faultyPeople{reports: func(ctx context.Context, manager groups.UserID) iter.Seq2[groups.UserID, error] {
			return both(m.Reports(ctx, manager), beside.Reports(ctx, manager), func(id groups.UserID) groups.UserID { return id })
		}}
	}),
}, {
	"removes users of all tenants", "People", "people of another tenant are not touched",
	inPeople(func(m, beside *groups.Memory) *faultyPeople {
		return &faultyPeople{write: func(ctx context.Context, c groups.PeopleChange) error {
			if err := m.Write(ctx, c); err != nil {
				return err
			}
			return beside.Write(ctx, groups.PeopleChange{Remove: c.Remove})
		}}
	}),
}}

// both merges two streams that are ascending by an ID.
func both[T any, K ~string](a, b iter.Seq2[T, error], id func(T) K) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[K]bool{}
		var all []T
		for _, of := range []iter.Seq2[T, error]{a, b} {
			for row, err := range of {
				if err != nil {
					yield(row, err)
					return
				}
				if !seen[id(row)] {
					all = append(all, row)
				}
				seen[id(row)] = true
			}
		}
		slices.SortFunc(all, func(x, y T) int { return cmp.Compare(id(x), id(y)) })
		for _, row := range all {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// alsoBeside does something to the other tenant where a commit was written.
func alsoBeside(m, beside *groups.Memory, also func(c groups.Commit, first groups.Write) (groups.Commit, bool)) *faulty {
	return &faulty{apply: func(ctx context.Context, c groups.Commit) error {
		err := m.Apply(ctx, c)
		var first groups.Write
		if len(c.Writes) > 0 {
			first = c.Writes[0]
		}
		if own, ok := also(c, first); err == nil && ok {
			for i := range own.Writes {
				own.Writes[i].Revision = stored(beside, own.Writes[i].Group).Revision
			}
			_ = beside.Apply(ctx, own)
		}
		return err
	}}
}

// provedBeside is what a case says of tenants that open gives, beside another.
func provedBeside(ctx context.Context, c Case, open func(m, beside *groups.Memory) Tenant) []string {
	return failures(ctx, func(t TB) {
		beside := groups.NewMemory()
		next := moveIn(t, Tenant{Store: beside, Directory: beside, People: beside})
		c.prove(t, next, func() Tenant { return open(groups.NewMemory(), beside) })
	})
}

func TestPlantedDefectsAreFound(t *testing.T) {
	for _, p := range plantedDefects {
		t.Run(p.defect, func(t *testing.T) {
			c := caseOf(t, p.in, p.found)
			synctest.Test(t, func(t *testing.T) {
				if len(provedBeside(t.Context(), c, p.tenant)) == 0 {
					t.Errorf("%q did not find a store that %s", c.Name, p.defect)
				}
			})
		})
	}
}
