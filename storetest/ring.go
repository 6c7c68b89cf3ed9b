package storetest

import (
	"errors"
	"fmt"
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
	Name: "a ring that several saves of a commit close is refused", Interface: "Store", Clause: 4,
	Why: "each of them alone would pass: what counts is how the groups refer to each other afterwards",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		ringRefused(d, "saves that create a ring", commit(saves(reader("a", "b")), saves(reader("b", "a"))), "a", "b", "a")
		d.create("a", "b", "c", "top")
		at := func(g groups.Group) groups.Write {
			g.Revision = 1
			return saves(g)
		}
		ringRefused(d, "three saves", commit(at(reader("a", "b")), at(reader("b", "c")), at(reader("c", "a"))), "a", "b", "c", "a")
		ringRefused(d, "parents", commit(at(groups.Group{ID: "a", Parent: "b"}), at(groups.Group{ID: "b", Parent: "a"})), "a", "b", "a")
		inC := reader("a", "top")
		inC.Parent = "c"
		ringRefused(d, "a rule and a parent", commit(at(inC), at(below("top", "c"))), "a", "top", "c", "a")
		ringRefused(d, "a ring beside saves that are none", commit(at(reader("c", "top")), at(reader("a", "b")), at(reader("b", "a", "c"))), "a", "b", "a")
		d.apply(at(reader("a", "b")), at(reader("b", "c"))) // no ring
	},
}, {
	Name: "a ring that a commit resolves is none", Interface: "Store", Clause: 4,
	Why: "two groups swap who reads whom in one act, which must not be judged half way",
	store: func(t TB, s groups.Store) {
		d := desk{t, s}
		d.create("b")
		a := d.save(reader("a", "b"))
		b := d.group("b")
		for range 3 { // each order of saves, and back
			a.Criteria, b.Kind, b.Criteria = groups.Criteria{}, groups.AutomaticGroup, reader("b", "a").Criteria
			d.apply(saves(b), saves(a))
			a, b = d.group("a"), d.group("b")
			a.Criteria, b.Criteria = reader("a", "b").Criteria, groups.Criteria{}
			d.apply(saves(a), saves(b))
			a, b = d.group("a"), d.group("b")
		}
		c := reader("c", "a")
		d.save(c)
		b.Criteria = reader("b", "c").Criteria
		refusesRing(d, b, "b", "c", "a", "b")
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
				return s.Apply(t.Context(), commit(saves(g)))
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
	ringRefused(d, fmt.Sprintf("a save of %q", g.ID), commit(saves(g)), path...)
}

func ringRefused(d desk, what string, c groups.Commit, path ...groups.GroupID) {
	d.t.Helper()
	was := d.picture()
	err := d.s.Apply(d.t.Context(), c)
	var cycle *groups.CycleError
	if !errors.As(err, &cycle) {
		d.t.Errorf("%s: the error is %v, want a *CycleError through %q", what, err, path)
		return
	}
	d.unchanged(was, what+" that was refused")
	for range path[1:] {
		if slices.Equal(cycle.Path, path) {
			return
		}
		path = append(path[1:], path[1]) // the same ring, from the next group on
	}
	d.t.Errorf("%s: the path is %q, want %q", what, cycle.Path, path)
}
