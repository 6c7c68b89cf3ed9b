package storetest

import (
	"errors"
	"slices"

	"github.com/grouprules/groups"
)

// ringCases are clause 4 of Store.
var ringCases = []Case{{
	Name: "a group cannot refer to itself", Interface: "Store", Clause: 4,
	Why: "its membership would depend on its membership",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		refusesRing(d, reader("g", "g"), "g", "g")
		d.create("g")
		again := reader("g", "g")
		again.Revision = 1
		refusesRing(d, again, "g", "g")
	},
}, {
	Name: "groups cannot refer to each other", Interface: "Store", Clause: 4,
	Why: "there is no order in which to decide them",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.save(reader("a", "b")) // a name that nobody has yet is no reference
		refusesRing(d, reader("b", "a"), "b", "a", "b")
	},
}, {
	Name: "a long ring is refused with its whole path", Interface: "Store", Clause: 4,
	Why: "whoever is refused must see which of many groups to change",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("end")
		d.save(reader("a", "b", "end"))
		d.save(reader("b", "c"))
		d.save(reader("c", "end", "d"))
		refusesRing(d, reader("d", "end", "a"), "d", "a", "b", "c", "d")
	},
}, {
	Name: "groups that share a reference are no ring", Interface: "Store", Clause: 4,
	Why: "a check that takes every second visit for a ring refuses what people need",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("base")
		d.save(reader("left", "base"))
		d.save(reader("right", "base", "left"))
		top := d.save(reader("top", "left", "right", "base", "not there"))
		top.Parent = "base"
		d.save(top)
	},
}, {
	Name: "a group above itself is refused", Interface: "Store", Clause: 4,
	Why: "what is beneath it would have no end",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		refusesRing(d, groups.Group{ID: "self", Parent: "self"}, "self", "self")
		d.save(groups.Group{ID: "a", Parent: "c"})
		d.save(groups.Group{ID: "b", Parent: "a"})
		refusesRing(d, groups.Group{ID: "c", Parent: "b"}, "c", "a", "b", "c")
	},
}, {
	Name: "or below reaches every group beneath", Interface: "Store", Clause: 4,
	Why: "a rule that counts the members of groups beneath reads them all",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("top")
		d.save(groups.Group{ID: "middle", Parent: "top"})
		d.save(groups.Group{ID: "leaf", Parent: "middle"})
		d.save(below("counts", "top"))
		leaf := reader("leaf", "counts")
		leaf.Parent, leaf.Revision = "middle", 1
		refusesRing(d, leaf, "leaf", "counts", "top", "middle", "leaf")
		d.save(reader("names", "top")) // names top alone
		leaf = reader("leaf", "names")
		leaf.Parent, leaf.Revision = "middle", 1
		d.save(leaf)
	},
}, {
	Name: "a change of parent can close a ring", Interface: "Store", Clause: 4,
	Why: "it takes the group, and all beneath it, into rules that nobody touched",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("top")
		d.save(below("counts", "top"))
		moved := d.save(reader("moved", "counts"))
		moved.Parent = "top"
		refusesRing(d, moved, "moved", "counts", "top", "moved")

		d.create("branch")
		leaf := reader("leaf", "counts")
		leaf.Parent = "branch"
		d.save(leaf)
		refusesRing(d, groups.Group{ID: "branch", Parent: "top", Revision: 1}, "branch", "leaf", "counts", "top", "branch")
	},
}, {
	Name: "a manual group refers to nobody", Interface: "Store", Clause: 4,
	Why: "it keeps its criteria without reading them; made automatic again, it reads them",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		a := reader("a", "b")
		a.Kind = groups.ManualGroup
		a = d.save(a)
		d.save(reader("b", "a"))
		a.Kind = groups.AutomaticGroup
		refusesRing(d, a, "a", "b", "a")
	},
}, {
	Name: "a ring that was resolved can be saved", Interface: "Store", Clause: 4,
	Why: "the check must look at what is stored now, not at what once was",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		a := d.save(reader("a", "b"))
		refusesRing(d, reader("b", "a"), "b", "a", "b")
		a.Criteria = groups.Criteria{}
		a = d.save(a)
		d.save(reader("b", "a"))
		a.Criteria = reader("a", "b").Criteria
		refusesRing(d, a, "a", "b", "a")
		d.delete("b")
		d.save(a)
	},
}, {
	Name: "of saves that close a ring together, one is refused", Interface: "Store", Clause: 4,
	Why: "a check outside the transaction lets each of them pass, and nobody can save the groups again",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		for round := range 10 {
			ids := typed[groups.GroupID](names[round*3 : round*3+3])
			d.create(ids...)
			errs := race(len(ids), func(i int) error {
				g := reader(ids[i], ids[(i+1)%len(ids)])
				g.Revision = 1
				_, err := s.SaveGroup(t.Context(), g)
				return err
			})
			if n := succeeded(errs); n == len(ids) {
				t.Fatalf("all %d saves were written, and close a ring", n)
			}
			for _, err := range errs {
				if err != nil && !errors.Is(err, groups.ErrCycle) && !errors.Is(err, groups.ErrConflict) {
					t.Errorf("a save was refused with %v", err)
				}
			}
		}
	},
}}

// reader is an automatic group of the members of others.
func reader(id groups.GroupID, others ...groups.GroupID) groups.Group {
	return groups.Group{ID: id, Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.MemberOfAny(others...)))}
}

// below is an automatic group of the members of another and of all beneath it.
func below(id, other groups.GroupID) groups.Group {
	return groups.Group{ID: id, Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.MemberOfAny(other).WithBelow()))}
}

// refusesRing demands a *CycleError with the path, wherever in the ring it begins, and that nothing
// was written.
func refusesRing(d desk, g groups.Group, path ...groups.GroupID) {
	d.t.Helper()
	was := d.picture()
	_, err := d.s.SaveGroup(d.t.Context(), g)
	var cycle *groups.CycleError
	if !errors.As(err, &cycle) {
		d.t.Errorf("SaveGroup of %q: the error is %v, want a *CycleError through %q", g.ID, err, path)
		return
	}
	d.unchanged(was, "a refused save")
	for range path[1:] {
		if slices.Equal(cycle.Path, path) {
			return
		}
		path = append(path[1:], path[1]) // the same ring, from the next group on
	}
	d.t.Errorf("SaveGroup of %q: the path is %q, want %q", g.ID, cycle.Path, path)
}
