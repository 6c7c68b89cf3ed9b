package lineage

import "iter"

// A Place says in numbers where an ID stands, so that who keeps them in rows finds without walking what [Lineage.Climb]
// answers. An ID a comes to another ID b exactly where b.Low <= a.At <= b.High, and then after
//
//	a.Level - b.Level + (b.Turn - a.Turn + b.Ring) % b.Ring
//
// links. Otherwise its way is lost where a.Lost, unless it ends before, at a depth of a.Level or less.
type Place struct {
	ID        string
	At        int // no other ID stands there
	Low, High int
	Level     int // links to the top, to where the way is lost, or to the ring
	Turn      int // where in the ring: a link up is one more
	Ring      int // how many are in the ring, 1 where there is none
	Lost      bool
	Linked    bool // it has a link of its own, as [Lineage.Has] says
}

// Places yields the place of every ID that is linked or named.
func (l *Lineage) Places() iter.Seq[Place] {
	l.once.Do(l.label)
	b := l.labels
	order := make([]int32, l.above.len()) // by place
	for i, place := range b.place {
		order[place] = int32(i)
	}
	all := make([]Place, l.above.len())
	for i := range b.rings {
		for n, at := 0, i; all[i].Ring == 0; { // once round, from the first that is met of it
			all[at].Turn, n = n, n+1
			if at = l.above.at(at); at == i {
				for range n {
					all[at].Ring, at = n, l.above.at(at)
				}
			}
		}
	}
	for _, i := range order { // what is above stands before, but in a ring
		p, whole := &all[i], b.part(i)
		p.ID, p.At, p.Low, p.High = l.names[i], int(whole.top), int(whole.first), int(whole.last)
		p.Lost, p.Linked = whole.top >= b.lost, l.above.at(i) != missing
		switch above := l.above.at(i); {
		case p.Ring > 0:
		case above < 0 || above == i:
			p.Ring = 1
		default:
			p.Level, p.Turn, p.Ring = all[above].Level+1, all[above].Turn, all[above].Ring
		}
	}
	return func(yield func(Place) bool) {
		for i := range all {
			if !yield(all[i]) {
				return
			}
		}
	}
}
