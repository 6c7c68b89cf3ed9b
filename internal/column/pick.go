package column

import "github.com/grouprules/groups/internal/userset"

// Pick are codes that are looked for. It is immutable: make it once and use it for every chunk, and by
// several goroutines.
type Pick struct {
	first, last []uint32 // of each run of codes without a gap, ascending
	has         []uint64 // a bit for each code from the first looked for on; only if there are several runs
}

// NewPick returns a Pick of the codes, which are ascending, each once. Its memory grows with how far they
// are apart.
func NewPick(codes []uint32) *Pick {
	p := new(Pick)
	for i, c := range codes {
		if i > 0 && c == codes[i-1]+1 {
			p.last[len(p.last)-1] = c
			continue
		}
		p.first, p.last = append(p.first, c), append(p.last, c)
	}
	if len(p.first) > 1 {
		lowest := codes[0]
		p.has = make([]uint64, (codes[len(codes)-1]-lowest)/64+1)
		for _, c := range codes {
			p.has[(c-lowest)/64] |= 1 << ((c - lowest) % 64)
		}
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
