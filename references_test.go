// White-box: the graph behind Commit.Compare has no public face, and evaluation relies on its order.
package groups

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// someGroups draws few names, so that rings, groups beneath and names that nobody has are common.
func someGroups() *rapid.Generator[[]Group] {
	names := rapid.SampledFrom([]GroupID{"a", "b", "c", "d", "e", "f", "g", "h"})
	group := rapid.Custom(func(t *rapid.T) Group {
		g := Group{
			ID:     names.Draw(t, "id"),
			Parent: rapid.OneOf(rapid.Just(GroupID("")), names).Draw(t, "parent"),
			Kind:   rapid.SampledFrom([]Kind{AutomaticGroup, AutomaticGroup, AutomaticGroup, ManualGroup}).Draw(t, "kind"),
		}
		for range rapid.IntRange(0, 2).Draw(t, "conditions") {
			g.Criteria.Sets = append(g.Criteria.Sets, All(GroupCondition{
				Op:      opMemberOfAny,
				Groups:  []GroupID{names.Draw(t, "named")},
				OrBelow: rapid.Bool().Draw(t, "orBelow"),
			}))
		}
		return g
	})
	return rapid.SliceOfNDistinct(group, 0, 8, func(g Group) GroupID { return g.ID })
}

// plain is the graph as the documentation has it, by brute force.
type plain struct {
	groups map[GroupID]Group
}

func newPlain(list []Group) plain {
	p := plain{make(map[GroupID]Group)}
	for _, g := range list {
		p.groups[g.ID] = g
	}
	return p
}

func (p plain) ids() []GroupID { return slices.Sorted(maps.Keys(p.groups)) }

// beneath climbs from each group, and so knows nothing of children.
func (p plain) beneath(id GroupID) []GroupID {
	var found []GroupID
	for _, g := range p.ids() {
		at := p.groups[g].Parent
		for range len(p.groups) {
			if at == id && g != id {
				found = append(found, g)
				break
			}
			at = p.groups[at].Parent
		}
	}
	return found
}

func (p plain) needs(id GroupID) []GroupID {
	g := p.groups[id]
	if g.Kind != AutomaticGroup {
		return nil
	}
	set := make(map[GroupID]bool)
	for _, s := range g.Criteria.Sets {
		for _, c := range s.Conditions {
			for _, named := range c.(GroupCondition).Groups {
				if _, ok := p.groups[named]; ok {
					set[named] = true
				}
				if c.(GroupCondition).OrBelow {
					for _, b := range p.beneath(named) {
						set[b] = true
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// reads is the transitive closure of needs, by Warshall.
func (p plain) reads() map[GroupID]map[GroupID]bool {
	reach := make(map[GroupID]map[GroupID]bool)
	for id := range p.groups {
		reach[id] = make(map[GroupID]bool)
		for _, n := range p.needs(id) {
			reach[id][n] = true
		}
	}
	for k := range reach {
		for i := range reach {
			for j := range reach {
				if reach[i][k] && reach[k][j] {
					reach[i][j] = true
				}
			}
		}
	}
	return reach
}

func (p plain) onParentRing(id GroupID) bool {
	at := id
	for range len(p.groups) {
		if at = p.groups[at].Parent; at == id {
			return true
		}
	}
	return false
}

// closesByPlace reports whether somebody reads, through this group's parent, a group beneath this one
// that reads them.
func (p plain) closesByPlace(id GroupID, reach map[GroupID]map[GroupID]bool) bool {
	for reader, g := range p.groups {
		if g.Kind != AutomaticGroup {
			continue
		}
		_, orBelow := g.Criteria.References()
		for _, top := range orBelow {
			for _, d := range p.beneath(id) {
				if slices.Contains(p.beneath(top), id) && (d == reader || reach[d][reader]) {
					return true
				}
			}
		}
	}
	return false
}

// step reports whether from refers to to: names it, or has it directly beneath.
func (p plain) step(from, to GroupID) bool {
	if p.groups[to].Parent == from {
		return true
	}
	g, ok := p.groups[from]
	named, _ := g.Criteria.References()
	return ok && g.Kind == AutomaticGroup && slices.Contains(named, to)
}

func TestReferencesAgreeWithBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := someGroups().Draw(t, "groups")
		p, r := newPlain(list), newReferences(list)
		reach := p.reads()
		for _, id := range append(p.ids(), "nobody") {
			if got, want := r.beneath(id), p.beneath(id); !slices.Equal(got, want) {
				t.Fatalf("beneath %s is %v, want %v", id, got, want)
			}
			if got, want := r.needs(id), p.needs(id); !slices.Equal(got, want) {
				t.Fatalf("%s needs %v, want %v", id, got, want)
			}
		}
		ids := rapid.SliceOfN(rapid.SampledFrom([]GroupID{"a", "b", "c", "d"}), 0, 3).Draw(t, "ids")
		var dependents []GroupID
		for _, id := range p.ids() {
			if slices.ContainsFunc(ids, func(i GroupID) bool { return reach[id][i] }) {
				dependents = append(dependents, id)
			}
		}
		existing := slices.DeleteFunc(slices.Clone(ids), func(id GroupID) bool { _, ok := p.groups[id]; return !ok })
		if got := r.dependents(existing); len(ids) == len(existing) && !slices.Equal(got, dependents) {
			t.Fatalf("on %v depend %v, want %v", ids, got, dependents)
		}

		order, cyclic := r.order()
		if got := slices.Sorted(slices.Values(order)); !slices.Equal(got, p.ids()) {
			t.Fatalf("the order holds %v, want %v", got, p.ids())
		}
		for _, id := range p.ids() {
			if cyclic[id] != reach[id][id] {
				t.Fatalf("%s on a cycle is %v, want %v", id, cyclic[id], reach[id][id])
			}
			for _, n := range p.needs(id) {
				if !reach[n][id] && slices.Index(order, n) > slices.Index(order, id) {
					t.Fatalf("%s reads %s, which stands behind it in %v", id, n, order)
				}
			}
		}
		again, _ := newReferences(rapid.Permutation(list).Draw(t, "other order")).order()
		if !slices.Equal(order, again) {
			t.Fatalf("the order depends on how the groups came: %v and %v", order, again)
		}
	})
}

func TestRingsAreRefusedAsByBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := someGroups().Draw(t, "groups")
		save := someGroups().Filter(func(l []Group) bool { return len(l) > 0 }).Draw(t, "save")[0]
		after := newPlain(append(slices.Clone(list), save))
		reach := after.reads()
		want := reach[save.ID][save.ID] || after.onParentRing(save.ID) || after.closesByPlace(save.ID, reach)
		err := saving(streamOf(list, nil), save)
		var cycle *CycleError
		if got := errors.As(err, &cycle); got != want || (err != nil) != want {
			t.Fatalf("ring is %v (%v), want %v", got, err, want)
		}
		if err == nil {
			return
		}
		path := cycle.Path
		if !errors.Is(err, ErrCycle) || len(path) < 2 || path[0] != save.ID || path[len(path)-1] != save.ID {
			t.Fatalf("the path %v does not lead from %s back to it", path, save.ID)
		}
		for i := range path[1:] {
			if !after.step(path[i], path[i+1]) {
				t.Fatalf("in the path %v, %s does not refer to %s", path, path[i], path[i+1])
			}
		}
	})
}

func TestReferencesKeptUpEqualThoseBuiltAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept := newReferences(nil)
		stored := make(map[GroupID]Group)
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			for _, g := range someGroups().Draw(t, "put") {
				kept.put(g)
				stored[g.ID] = g
			}
			for _, g := range someGroups().Draw(t, "removed") {
				kept.remove(g.ID)
				delete(stored, g.ID)
			}
		}
		if got, want := fmt.Sprint(*kept), fmt.Sprint(*newReferences(slices.Collect(maps.Values(stored)))); got != want {
			t.Fatalf("kept up: %s\nanew:    %s", got, want)
		}
	})
}

func TestReferencesOfLongChains(t *testing.T) {
	// Deeper than a call stack would be comfortable with, and closed by the last save.
	const n = 100_000
	id := func(i int) GroupID { return GroupID(fmt.Sprintf("g%06d", i)) }
	list := make([]Group, n)
	for i := range list {
		list[i] = Group{ID: id(i), Kind: AutomaticGroup, Parent: id(i + 1)}
		if i > 0 {
			list[i].Criteria = AllSets(All(MemberOfAny(id(i - 1))))
		}
	}
	r := newReferences(list)
	order, cyclic := r.order()
	if len(cyclic) != 0 || !slices.IsSorted(order) || len(order) != n {
		t.Fatalf("%d groups in order %v, %d on a cycle", len(order), slices.IsSorted(order), len(cyclic))
	}
	if got := len(r.dependents([]GroupID{id(0)})); got != n-1 {
		t.Errorf("%d depend on the first, want all %d others", got, n-1)
	}
	if got := len(r.beneath(id(n))); got != n {
		t.Errorf("%d stand beneath the top, want all %d", got, n)
	}
	list[0].Criteria = AllSets(All(MemberOfAny(id(n - 1))))
	var cycle *CycleError
	if err := saving(streamOf(list, nil), list[0]); !errors.As(err, &cycle) || len(cycle.Path) != n+1 {
		t.Errorf("the ring of all %d was not refused with its whole path", n)
	}
}

func TestCompareFailsWithTheStreamOfGroups(t *testing.T) {
	down := errors.New("the database is down")
	if err := saving(streamOf(nil, down), Group{ID: "g", Parent: "h"}); !errors.Is(err, down) {
		t.Errorf("got %v: a list cut short must not pass as one without rings", err)
	}
}

func TestAnEditIsComparedWithAllGroupsOnlyWhereARingMayClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []Group // without rings, as a Store has them
		for _, g := range someGroups().Draw(t, "groups") {
			if saving(streamOf(list, nil), g) == nil {
				list = append(slices.DeleteFunc(list, func(old Group) bool { return old.ID == g.ID }), g)
			}
		}
		saved := someGroups().Filter(func(l []Group) bool { return len(l) > 0 }).Draw(t, "saved")[0]
		byID := func(id GroupID) *Group {
			if at := slices.IndexFunc(list, func(g Group) bool { return g.ID == id }); at >= 0 {
				return &list[at]
			}
			return nil
		}
		c := Commit{Writes: []Write{{Group: saved.ID, Save: &saved}}}
		if stored := byID(saved.ID); stored != nil {
			switch rapid.SampledFrom([]string{"kind", "or below", "all of it"}).Draw(t, "what is edited") {
			case "kind":
				saved.Parent, saved.Criteria = stored.Parent, stored.Criteria
			case "or below":
				saved.Parent, saved.Kind = stored.Parent, stored.Kind
				saved.Criteria = stored.Criteria.clone()
				for _, set := range saved.Criteria.Sets {
					of := set.Conditions[0].(GroupCondition)
					of.OrBelow = true
					set.Conditions[0] = of
				}
			}
			c.Writes[0].Revision = stored.Revision
		}
		got, want := c.Compare(Stored{Group: byID, Groups: streamOf(list, nil)}), newReferences(list).edit(c.Writes)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("compared with the group as it is stored: %v, want %v", got, want)
		}
		if want != nil {
			return
		}
		unread := errors.New("all groups were read")
		c.Writes[0].Was = nil
		if err := c.Compare(Stored{Group: func(GroupID) *Group { return &saved }, Groups: streamOf(nil, unread)}); err != nil {
			t.Fatalf("saved as it is: %v", err)
		}
	})
}

func TestOrBelowAloneMayCloseARing(t *testing.T) {
	above := Group{ID: "above"}
	stored := Group{ID: "g", Kind: AutomaticGroup, Parent: "above", Criteria: AllSets(All(MemberOfAny("above")))}
	saved := stored
	saved.Criteria = AllSets(All(GroupCondition{Op: opMemberOfAny, Groups: []GroupID{"above"}, OrBelow: true}))
	c := Commit{Writes: []Write{{Group: "g", Save: &saved}}}
	err := c.Compare(Stored{Group: func(GroupID) *Group { return &stored }, Groups: streamOf([]Group{above, stored}, nil)})
	if !errors.Is(err, ErrCycle) {
		t.Errorf("got %v: the rule reads its own group", err)
	}
}

// saving is what Compare says to saving a group among others, which takes the place of one with its ID.
func saving(all iter.Seq2[Group, error], save Group) error {
	c := Commit{Writes: []Write{{Group: save.ID, Save: &save}}}
	return c.Compare(Stored{Group: func(GroupID) *Group { return nil }, Groups: all})
}

func streamOf(list []Group, err error) iter.Seq2[Group, error] {
	return func(yield func(Group, error) bool) {
		for _, g := range list {
			if !yield(g, nil) {
				return
			}
		}
		if err != nil {
			yield(Group{}, err)
		}
	}
}
