package groups

import (
	"hash/maphash"
	"maps"
	"slices"

	"github.com/grouprules/groups/internal/numbering"
)

// commonUnits are the units that users were found to sit in first, those of all trees together, each once and by
// number, from 1 on: so users who sit in the same units have one map of them.
type commonUnits struct {
	units   []map[Tree][]string
	numbers numbering.Table
	seed    maphash.Seed
}

func newCommonUnits() *commonUnits { return &commonUnits{seed: maphash.MakeSeed()} }

// file gives the user the map that others have, or that was stored, and its number.
func (c *commonUnits) file(u, stored *filedUser) {
	switch {
	case u.Units == nil:
		return
	case stored.seat > 0 && sameUnits(u.Units, stored.Units):
		u.Units, u.seat = stored.Units, stored.seat
		return
	}
	hash := c.hash(u.Units)
	n, met := c.numbers.Find(hash, func(n uint32) bool { return sameUnits(c.units[n-1], u.Units) })
	if !met {
		if len(c.units) == maxCommonValues {
			return
		}
		c.units = append(c.units, u.Units)
		n = uint32(len(c.units))
		c.numbers.Add(hash, n)
	}
	u.Units, u.seat = c.units[n-1], n
}

func sameUnits(a, b map[Tree][]string) bool { return maps.EqualFunc(a, b, slices.Equal[[]string]) }

// hash is the same in whatever order the trees come.
func (c *commonUnits) hash(units map[Tree][]string) (sum uint32) {
	for tree, list := range units {
		hash := maphash.String(c.seed, string(tree))
		for _, unit := range list {
			hash = hash*31 + maphash.String(c.seed, unit)
		}
		sum += uint32(hash)
	}
	return sum
}
