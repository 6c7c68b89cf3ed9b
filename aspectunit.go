package groups

import (
	"iter"
	"maps"
	"slices"
)

// The codes of whom no list of units is known, and of those who sit in none.
const unknownUnits, noUnits = 1, 2

// unitAspect keeps the units of one tree that users sit in. hierarchy is the tree as it is.
func unitAspect(tree Tree, hierarchy func() *Hierarchy) *valued {
	// The lists of units, by number.
	lists := [][]string{nil, nil, {}}
	single, many := map[string]uint32{}, map[string]uint32{}
	with := map[string][]uint32{} // the lists that a unit is on
	// The lists with a unit whose way up is lost, when there were so many lists and that was the tree.
	var adrift []uint32
	var drawn *Hierarchy
	var listed int
	var spelt spelling
	add := func(in map[string]uint32, key string, units []string) uint32 {
		code := uint32(len(lists))
		in[key], lists = code, append(lists, units)
		for _, unit := range units {
			if known := with[unit]; len(known) == 0 || known[len(known)-1] != code {
				with[unit] = append(known, code)
			}
		}
		return code
	}
	code := func(u *User) uint32 {
		units, known := u.Units[tree]
		switch {
		case !known:
			return unknownUnits
		case len(units) == 0:
			return noUnits
		case len(units) == 1:
			if code, ok := single[units[0]]; ok {
				return code
			}
			return add(single, units[0], units)
		}
		spelt = spelt[:0]
		spellAll(&spelt, units)
		if code, ok := many[string(spelt)]; ok {
			return code
		}
		return add(many, string(spelt), units)
	}
	var seats filedCodes
	a := &valued{}
	a.code = func(people []person, codes []uint32) {
		for i := range people {
			var met bool
			if codes[i], met = seats.at(people[i].seat); !met {
				codes[i] = code(&people[i].User)
				seats.put(people[i].seat, codes[i])
			}
		}
	}
	a.like = func(code uint32, u *User) {
		if u.Units == nil {
			u.Units = map[Tree][]string{}
		}
		if u.Units[tree] = lists[code]; code == unknownUnits {
			delete(u.Units, tree)
		}
	}
	// A condition holds for nobody but in and beneath its units, unless one of them is not in the tree; of
	// those whose way up is lost nobody knows.
	a.narrow = func(p *predicate) (narrowing, bool) {
		l, h := p.leaf.(*unitLeaf), hierarchy()
		if l.op == opIsEmpty || h == nil || h.lines == nil || l.stray(h) {
			return narrowing{}, false
		}
		ask, among := []uint32{unknownUnits, noUnits}, []uint32(nil)
		for unit := range l.goals {
			if l.op != opBelow {
				among = append(among, with[unit]...)
			}
			if l.op != opIs {
				for below := range h.lines.EachBelow(unit) {
					among = append(among, with[below]...)
				}
			}
		}
		if l.op != opIs {
			ask = append(ask, adrift...)
		}
		exists := func(list []uint32) []uint32 {
			return slices.DeleteFunc(list, func(c uint32) bool { return int(c) >= a.codes.Codes() })
		}
		if l.depth > 0 {
			return narrowing{ask: [][]uint32{exists(ask), exists(among)}}, true
		}
		return narrowing{ask: [][]uint32{exists(ask)}, yes: exists(among)}, true
	}
	a.ready = func() {
		h := hierarchy()
		a.mention(h, func(p *predicate) (iter.Seq[string], bool) {
			l := p.leaf.(*unitLeaf)
			return maps.Keys(l.goals), l.empty != No || l.stray(h)
		})
		if h == drawn && len(lists) == listed || h == nil {
			return
		}
		drawn, listed, adrift = h, len(lists), nil
		a.checked, a.flawed = 0, nil
		for unit, on := range with {
			if h.climb(unit, nil, false, 0) == Unknown {
				adrift = append(adrift, on...)
			}
		}
	}
	a.having = func(unit string) []uint32 { return with[unit] }
	a.size = func() int { return 128 * len(lists) }
	return a
}
