package lineage

import "sync/atomic"

// Goals are IDs that many walks are to meet. They answer as [Lineage.Climb] does and, once they have been
// asked about the same Lineage twice in a row, without walking: they remember where they stand in it. Share
// them between goroutines; nil Goals are none.
type Goals struct {
	ids    map[string]struct{}
	seen   atomic.Pointer[mark] // of the Lineage last asked about
	placed atomic.Pointer[placed]
}

// A mark tells a Lineage from all others. What has been placed holds on to the mark, and not to the Lineage.
type mark struct{ _ bool }

// placed are goals in one Lineage: its places that have a goal above them, or are one.
type placed struct {
	in    *mark
	parts []part
	stray bool
}

// NewGoals returns the IDs as goals. They must not be written to.
func NewGoals(ids map[string]struct{}) *Goals { return &Goals{ids: ids} }

// Has reports whether id is one of the goals.
func (g *Goals) Has(id string) bool {
	if g == nil {
		return false
	}
	_, is := g.ids[id]
	return is
}

// Climb is [Lineage.Climb] for these goals. It does not allocate, but for remembering where they stand.
func (g *Goals) Climb(l *Lineage, id string, self bool, depth int) Outcome {
	if g == nil {
		return l.Climb(id, nil, self, depth)
	}
	p := g.in(l)
	if p == nil || depth > 0 {
		return l.Climb(id, g.ids, self, depth)
	}
	i, known := l.index[id]
	if !known {
		return l.Climb(id, g.ids, self, depth) // it may be a goal for all that
	}
	place := l.labels.place[i]
	for _, part := range p.parts {
		if part.first <= place && place <= part.last && (self || place != part.top) {
			return Met
		}
	}
	if place >= l.labels.lost {
		return Lost
	}
	return Top
}

// Stray reports whether some goal is no node of the Lineage.
func (g *Goals) Stray(l *Lineage) bool {
	if g == nil {
		return false
	}
	if p := g.in(l); p != nil {
		return p.stray
	}
	return g.stray(l)
}

func (g *Goals) stray(l *Lineage) bool {
	for id := range g.ids {
		if !l.Has(id) {
			return true
		}
	}
	return false
}

// in is where the goals stand in the Lineage; nil where that is not worth finding out yet. Many a Lineage
// is asked about once, for a single user.
func (g *Goals) in(l *Lineage) *placed {
	if l.brief {
		return nil
	}
	if p := g.placed.Load(); p != nil && p.in == l.mark {
		return p
	}
	if g.seen.Load() != l.mark {
		g.seen.Store(l.mark)
		return nil
	}
	l.once.Do(l.label)
	p := &placed{in: l.mark, stray: g.stray(l)}
	for id := range g.ids {
		if i, known := l.index[id]; known {
			p.parts = append(p.parts, l.labels.part(i))
		}
	}
	g.placed.Store(p)
	return p
}
