package column

import (
	"math/bits"
	"slices"

	"github.com/grouprules/groups/internal/userset"
)

// Pick are codes that are looked for. One of [NewPick] is immutable: make it once and use it for every chunk, and by
// several goroutines. The zero Pick is memory for [Pick.Look] and [Column.Fill].
type Pick struct {
	some            bool // any are
	lowest, highest uint32
	has             []uint64 // a bit for each code from the lowest to one beyond the highest; none: all up to the highest
	first, last     []uint32 // of each run of codes without a gap, ascending; none where these are many
}

// manyRuns is from how many on it is faster to go through all users of a chunk than to look for each.
const manyRuns = userset.Chunk / 16

// NewPick returns a Pick of the codes, in any order. Its memory grows with how far they are apart.
func NewPick(codes []uint32) *Pick {
	if len(codes) == 0 {
		return nil
	}
	p := new(Pick)
	p.Look(codes)
	return p
}

// Look makes it a Pick of other codes, in the memory that it has.
func (p *Pick) Look(codes []uint32) {
	if p.some = len(codes) > 0; !p.some {
		return
	}
	p.lowest, p.highest = slices.Min(codes), slices.Max(codes)
	p.has = sized(p.has, int((uint64(p.highest-p.lowest)+1)/64+1))
	clear(p.has)
	for _, c := range codes {
		p.has[(c-p.lowest)/64] |= 1 << ((c - p.lowest) % 64)
	}
	runs, before := 0, uint64(0)
	for _, word := range p.has {
		runs += bits.OnesCount64(word &^ (word<<1 | before>>63))
		before = word
	}
	p.first, p.last = p.first[:0], p.last[:0]
	switch {
	case runs == 1:
		p.first, p.last, p.has = append(p.first, p.lowest), append(p.last, p.highest), p.has[:0]
	case runs < manyRuns:
		p.first, p.last = slices.Grow(p.first, runs), slices.Grow(p.last, runs)
		for i, word := range p.has {
			for ; word != 0; word &= word - 1 {
				c := p.lowest + uint32(i*64+bits.TrailingZeros64(word))
				if last := len(p.last) - 1; last >= 0 && c == p.last[last]+1 {
					p.last[last] = c
				} else {
					p.first, p.last = append(p.first, c), append(p.last, c)
				}
			}
		}
	}
}

// scan is [Column.Select] by going through the codes of all users of the chunk. There is nothing to guess on the way.
func (p *Pick) scan(codes []uint32, into *userset.Bits) (n int) {
	beyond := uint64(p.highest-p.lowest) + 1 // where a code is taken that is more, or less
	for i := 0; len(codes) > 0; i++ {
		word, some := uint64(0), codes[:min(64, len(codes))]
		if len(p.has) == 0 {
			for k, c := range some {
				word |= (uint64(c-p.lowest) - beyond) >> 63 << k
			}
		} else {
			for k, c := range some {
				d := min(uint64(c-p.lowest), beyond)
				word |= p.has[d/64] >> (d % 64) & 1 << k
			}
		}
		into[i] |= word
		n += bits.OnesCount64(word)
		codes = codes[len(some):]
	}
	return n
}
