// White-box: what Run does with a case.
package storetest

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

func TestACaseSaysWhichClauseItProvesAndWhy(t *testing.T) {
	c := caseOf(t, "Store", "a stale save is refused, naming who saved and when")
	want := "groups.Store, clause 3: a stale save is refused, naming who saved and when: " + c.Why
	if c.String() != want {
		t.Errorf("it says %q, want %q", c, want)
	}
}

func TestWhatIsNoCategoryIsRefused(t *testing.T) {
	err := (&Options{Without: []Category{Acts, "audit"}}).check()
	if err == nil || !strings.Contains(err.Error(), `"audit"`) || !strings.Contains(err.Error(), "enrollments") {
		t.Errorf("the error is %v, want one that names it and those there are", err)
	}
	if err := (&Options{Without: categories}).check(); err != nil {
		t.Error(err)
	}
	for _, c := range Cases() {
		if err := (&Options{Without: c.Needs}).check(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

func TestACaseIsLeftOutForAReasonAndForNoOther(t *testing.T) {
	m := groups.NewMemory()
	all := Tenant{Store: m, Directory: scopedPeople{m}, People: m}
	bare := all.hidden()
	for _, tt := range []struct {
		in, name string
		of       Tenant
		without  []Category
		want     string
	}{
		{"Store", "the acts of a group outlive it", all, nil, ""},
		{"Store", "the acts of a group outlive it", all, []Category{Notes, Acts}, "without acts"},
		{"Store", "the acts of a group outlive it", all, []Category{Notes}, ""},
		{"Store", "the acts of a group outlive it", Tenant{Directory: m, People: m}, nil, "there is no Store"},
		{"Directory", "users come once each, however many", Tenant{Store: m}, nil, "there is no Directory"},
		{"Directory", "users come once each, however many", Tenant{Directory: m}, nil, ""},
		{"People", "a change of nothing is no error", Tenant{Directory: m}, nil, "there are no People"},
		{"Versioned", "the version changes with users", all, nil, ""},
		{"Versioned", "the version changes with users", bare, nil, "the Directory is not Versioned, which is optional"},
		{"Reporting", "reports come once each, however many", bare, nil, "the Directory is not Reporting, which is optional"},
		{"Scoping", "a scope can be asked by many at once", bare, nil, "the Directory is not Scoping, which is optional"},
		{"Scoping", "a scope can be asked by many at once", all, nil, ""},
	} {
		if got := caseOf(t, tt.in, tt.name).leftOut(tt.of, tt.without); got != tt.want {
			t.Errorf("%s %q without %q: %q, want %q", tt.in, tt.name, tt.without, got, tt.want)
		}
	}
}

func TestHiddenCapabilitiesAreNotFound(t *testing.T) {
	m := groups.NewMemory()
	for _, of := range []any{Tenant{Store: m}.hidden().Store, Tenant{Directory: m}.hidden().Directory, Tenant{People: m}.hidden().People} {
		if _, ok := groups.As[*groups.Memory](of); ok {
			t.Errorf("a Memory is found in %T", of)
		}
		if _, ok := groups.As[groups.Versioned](of); ok {
			t.Errorf("a version is found in %T", of)
		}
	}
	if of := (Tenant{}).hidden(); of.Store != nil || of.Directory != nil || of.People != nil {
		t.Error("what there is not becomes something when it is hidden")
	}
}

// Tenants of one database are told apart by name: none is given out twice, and that of the other tenant is
// the beginning of all.
func TestEveryCaseHasATenantOfItsOwnBesideAnother(t *testing.T) {
	opened := map[string]int{}
	t.Run("kit", func(t *testing.T) {
		Run(t, func(_ *testing.T, tenant string) Tenant {
			opened[tenant]++
			m := groups.NewMemory()
			return Tenant{Store: m}
		}, nil)
	})
	cases := 0
	for _, c := range Cases() {
		if c.store != nil {
			cases++
		}
	}
	if len(opened) != 2*cases+1 || opened["tenant"] != 1 {
		t.Errorf("%d tenants for %d cases, each run twice, and one beside", len(opened), cases)
	}
	for name, n := range opened {
		if n != 1 || !strings.HasPrefix(name, "tenant") {
			t.Errorf("%q was opened %d times", name, n)
		}
	}
}

// A leak into another tenant shows only where that has what the case is about.
func TestTheOtherTenantHasGroupsOfEveryCase(t *testing.T) {
	for _, c := range Cases() {
		if c.store == nil {
			continue
		}
		used := map[groups.GroupID]bool{}
		var mu sync.Mutex
		m := groups.NewMemory()
		f := &faulty{Memory: m, apply: committing(m, func(c *groups.Commit) {
			mu.Lock()
			defer mu.Unlock()
			for _, w := range c.Writes {
				if w.Save != nil {
					used[w.Group] = true
				}
			}
		})}
		failures(t.Context(), func(t TB) { c.store(t, f) })
		if len(used) > 0 && !slices.ContainsFunc(sharedGroups, func(id groups.GroupID) bool { return used[id] }) {
			t.Errorf("%q writes %.80q, of which the other tenant has none", c.Name, slices.Sorted(maps.Keys(used)))
		}
	}
}

// Instants are compared as instants: a database that gives them back in a zone of its own keeps every
// clause.
func TestAZoneOfItsOwnIsNoDefect(t *testing.T) {
	zone := time.FixedZone("", -3*3600)
	in := func(all ...*time.Time) {
		for _, at := range all {
			if !at.IsZero() {
				*at = at.In(zone)
			}
		}
	}
	group := func(g *groups.Group) {
		in(&g.SavedAt, &g.State.Processed, &g.State.Clock, &g.State.Next)
		for i := range g.State.Lately {
			in(&g.State.Lately[i].Hour)
		}
	}
	standing := func(_ int, st *groups.Standing) (bool, bool) {
		if a := st.Assignment; a != nil {
			in(&a.At, &a.Until)
		}
		if x := st.Exclusion; x != nil {
			in(&x.At)
		}
		return true, true
	}
	open := func(m *groups.Memory) *faulty {
		return &faulty{
			Memory: m,
			group: func(ctx context.Context, id groups.GroupID) (groups.Group, error) {
				g, err := m.Group(ctx, id)
				group(&g)
				return g, err
			},
			groups: func(ctx context.Context) iter.Seq2[groups.Group, error] {
				return each(m.Groups(ctx), func(_ int, g *groups.Group) (bool, bool) {
					g.State.Lately = slices.Clone(g.State.Lately)
					group(g)
					return true, true
				})
			},
			standings: func(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
				return each(m.Standings(ctx, id, after), standing)
			},
			standingsOf: func(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
				return each(m.StandingsOf(ctx, id), standing)
			},
			changes: func(ctx context.Context, after string) iter.Seq2[groups.Change, error] {
				return each(m.Changes(ctx, after), func(_ int, c *groups.Change) (bool, bool) {
					in(&c.At)
					return true, true
				})
			},
			acts: func(ctx context.Context, id groups.GroupID, after string) iter.Seq2[groups.Act, error] {
				return each(m.Acts(ctx, id, after), func(_ int, a *groups.Act) (bool, bool) {
					in(&a.At)
					return true, true
				})
			},
			notes: func(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
				return each(m.Notes(ctx, kind, id), func(_ int, n *groups.Note) (bool, bool) {
					in(&n.At)
					return true, true
				})
			},
		}
	}
	for _, c := range Cases() {
		if c.store == nil {
			continue
		}
		for _, f := range failures(t.Context(), func(t TB) { c.store(t, open(groups.NewMemory())) }) {
			t.Errorf("%s: %s", c.Name, f)
		}
	}
}
