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

// file gives the user the map that others have, and its number.
func (c *commonUnits) file(u *filedUser) {
	if u.Units == nil {
		return
	}
	hash := c.hash(u.Units)
	n, met := c.numbers.Find(hash, func(n uint32) bool { return maps.EqualFunc(c.units[n-1], u.Units, slices.Equal[[]string]) })
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
