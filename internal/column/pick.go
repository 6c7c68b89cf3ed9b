package column

import (
	"math/bits"
	"slices"

	"github.com/grouprules/groups/internal/userset"
)

// Pick are codes that are looked for. It is immutable: make it once and use it for every chunk, and by
// several goroutines.
type Pick struct {
	first, last []uint32 // of each run of codes without a gap, ascending
	has         []uint64 // a bit for each code from the first looked for on; only if there are several runs
}

// NewPick returns a Pick of the codes, in any order. Its memory grows with how far they are apart.
func NewPick(codes []uint32) *Pick {
	p := new(Pick)
	if len(codes) == 0 {
		return p
	}
	lowest, highest := slices.Min(codes), slices.Max(codes)
	p.has = make([]uint64, (highest-lowest)/64+1)
	for _, c := range codes {
		p.has[(c-lowest)/64] |= 1 << ((c - lowest) % 64)
	}
	for i, word := range p.has {
		for ; word != 0; word &= word - 1 {
			c := lowest + uint32(i*64+bits.TrailingZeros64(word))
			if last := len(p.last) - 1; last >= 0 && c == p.last[last]+1 {
				p.last[last] = c
			} else {
				p.first, p.last = append(p.first, c), append(p.last, c)
			}
		}
	}
	if len(p.first) == 1 {
		p.has = nil
	}
	return p
}

// scan is [Column.Select] by going through the codes of all users of the chunk.
func (p *Pick) scan(codes []uint32, into *userset.Bits) (n int) {
	lowest, width := p.first[0], p.last[len(p.last)-1]-p.first[0]
	for i, c := range codes {
		d := c - lowest // beyond width also when c is less
		if d <= width && (p.has == nil || p.has[d/64]>>(d%64)&1 != 0) {
			into.Set(uint16(i))
			n++
		}
	}
	return n
}
