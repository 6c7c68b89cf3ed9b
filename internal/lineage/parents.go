package lineage

import "maps"

// parents are what stands above each name, by index: another index, or one of the constants. Those that were revised share
// what stays with those they come from.
type parents struct {
	of  []int32
	but map[int32]int32 // what is otherwise; nil of those that share nothing
}

// revised are the same parents, to be written to while these stay as they are.
func (p *parents) revised() parents {
	but := maps.Clone(p.but)
	if but == nil {
		but = map[int32]int32{}
	}
	return parents{p.of[:len(p.of):len(p.of)], but}
}

func (p *parents) at(i int32) int32 {
	if p.but != nil {
		if above, is := p.but[i]; is {
			return above
		}
	}
	return p.of[i]
}

// put has something else stand above a name, which is one of these or the next.
func (p *parents) put(i, above int32) {
	switch {
	case int(i) == len(p.of):
		p.of = append(p.of, above)
	case p.but != nil:
		p.but[i] = above
	default:
		p.of[i] = above
	}
}

func (p *parents) len() int { return len(p.of) }

// each yields all of them, by index.
func (p *parents) each(yield func(i, above int32) bool) {
	for i := range int32(len(p.of)) {
		if !yield(i, p.at(i)) {
			return
		}
	}
}
