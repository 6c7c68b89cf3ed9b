package groups

import (
	"sync"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/forest"
	"github.com/grouprules/groups/internal/lineage"
	"github.com/grouprules/groups/internal/userset"
)

// lineAspect keeps who reports to whom.
type lineAspect struct {
	questions
	x     *index
	above forest.Forest
	blind userset.Set // of whom nobody could say whom they report to
	// flaws has the lines where something is wrong with them, as of so many changes, else nobody.
	flaws   *lineage.Lineage
	checked uint64
	// adrift are those whose way up ends at a gap, as of so many changes, found by the first who asks.
	finding  sync.Mutex
	adrift   userset.Set
	adriftAt uint64
}

// fewBelow is up to how many people are found beneath others that are put into a set one by one, and not chunk by chunk.
const fewBelow = 64

// fewMoved is up to how many people a move takes along whose predicates are brought up to date one by one.
// Beyond it, they are worked out anew when they are next needed.
const fewMoved = 512

// parent is what stands above one of the people.
func (a *lineAspect) parent(u *User) int32 {
	switch manager, known := u.Manager.ID(); {
	case !known:
		return forest.Unread
	case manager == "":
		return forest.Top
	default:
		return int32(a.x.number(manager))
	}
}

func (a *lineAspect) put(people []person) {
	answered := a.answered()
	for i := range people {
		if answered {
			a.move(people[i].n, people[i].parent)
		} else {
			a.keep(people[i].n, people[i].parent)
		}
	}
}

func (a *lineAspect) drop(n uint32) { a.move(n, forest.Missing) }

func (a *lineAspect) grow(users int) { a.above.Grow(users) }

func (a *lineAspect) keep(n uint32, parent int32) {
	if parent == a.above.Parent(n) {
		return
	}
	a.changes++
	a.above.Put(n, parent)
	if parent == forest.Unread {
		a.blind.Add(n)
	} else {
		a.blind.Remove(n)
	}
}

// move keeps what stands above a user now, and brings up to date who moves along.
func (a *lineAspect) move(n uint32, parent int32) {
	was := a.above.Parent(n)
	if parent == was {
		return
	}
	moved := []uint32{n}
	few := true
	take := func() {
		for below := range a.above.Below(n, 0) {
			if moved = append(moved, below); len(moved) > fewMoved {
				few = false
				return
			}
		}
	}
	take()
	blind := a.blind.Count()
	a.keep(n, parent)
	take()
	for _, p := range []int32{was, parent} {
		if p >= 0 {
			moved = append(moved, uint32(p))
		}
	}
	for _, p := range a.predicates {
		l := p.leaf.(*userLeaf)
		switch {
		case !p.filled:
		case !few, l.op == opHasReports && (blind > 0 || a.blind.Count() > 0):
			p.spoil()
		default:
			for _, m := range moved {
				p.set(m, a.verdict(l, m))
			}
		}
	}
}

// up are the reporting lines of users, as far as they are above them, some perhaps twice.
func (a *lineAspect) up(users []UserID) (links []lineage.Link) {
	link := func(n uint32) {
		above := a.above.Parent(n)
		l := lineage.Link{ID: string(a.x.ids[n]), Unknown: above == forest.Unread}
		if above >= 0 {
			l.Parent = string(a.x.ids[above])
		}
		if above != forest.Missing {
			links = append(links, l)
		}
	}
	for _, id := range users {
		if n, met := a.x.numbers.Find(id); met {
			link(n)
			for above := range a.above.Above(n) {
				link(above)
			}
		}
	}
	return links
}

// verdict answers for one user.
func (a *lineAspect) verdict(l *userLeaf, n uint32) Verdict {
	switch {
	case !a.x.present.Has(n):
		return No
	case l.op == opHasReports:
		others := a.blind.Count()
		if a.blind.Has(n) {
			others--
		}
		switch {
		case a.above.Direct(n) > 0:
			return Yes
		case others > 0:
			return Unknown
		}
		return No
	}
	for id := range l.goals {
		if g, ok := a.x.numbers.Find(UserID(id)); ok && (g == n && l.op == opIsOrBelow || g != n && a.above.IsBelow(n, g, l.depth)) {
			return Yes
		}
	}
	if a.lost(n, l.depth) {
		return Unknown
	}
	return No
}

// lost reports whether the way up from n ends at a gap within depth links, 0 is any number.
func (a *lineAspect) lost(n uint32, depth int) bool {
	at, links := n, 0
	for above := range a.above.Above(n) {
		if links++; depth > 0 && links >= depth {
			return false
		}
		at = above
	}
	p := a.above.Parent(at)
	return p == forest.Unread || p == forest.Missing
}

func (a *lineAspect) fill(list []*predicate, with *scratch) {
	for _, p := range list {
		a.work(p, with)
	}
}

func (a *lineAspect) work(p *predicate, with *scratch) {
	l := p.leaf.(*userLeaf)
	if l.op == opHasReports {
		for n := range a.x.present.All() {
			p.keep(n, a.verdict(l, n))
		}
		return
	}
	few := make([]uint32, 0, fewBelow+1)
	var yes []userset.Bits // of all, where they are more
	put := func(n uint32) {
		if few = append(few, n); yes == nil && len(few) <= fewBelow {
			return
		}
		if yes == nil {
			yes = with.nobody(len(a.x.ids))
		}
		for _, n := range few {
			yes[n/userset.Chunk].Set(uint16(n % userset.Chunk))
		}
		few = few[:0]
	}
	ends := false // the way up from one of those they are beneath does, at a gap
	for id := range l.goals {
		g, ok := a.x.numbers.Find(UserID(id))
		if !ok {
			continue
		}
		if l.op == opIsOrBelow {
			put(g)
		}
		ends = ends || a.lost(g, 0)
		for n := range a.above.Below(g, l.depth) {
			put(n)
		}
	}
	if yes == nil {
		for _, n := range few {
			if a.x.present.Has(n) {
				p.yes.Add(n)
			}
		}
	} else {
		for chunk, users := range chunksOf(len(a.x.ids)) {
			a.x.present.And(chunk, &yes[chunk])
			p.yes.Put(chunk, &yes[chunk], users)
		}
	}
	if l.depth > 0 {
		for n := range a.above.Lost() {
			if !p.yes.Has(n) && a.x.present.Has(n) && a.lost(n, l.depth) {
				p.unknown.Add(n)
			}
		}
		return
	}
	adrift, unknown := a.cut(), &with.unknown
	if !ends { // nobody beneath them is adrift
		p.unknown.Copy(adrift)
		return
	}
	for chunk, users := range chunksOf(len(a.x.ids)) {
		if adrift.CountIn(chunk) > 0 {
			adrift.Load(chunk, unknown)
			p.yes.AndNot(chunk, unknown)
			p.unknown.Put(chunk, unknown, users)
		}
	}
}

// cut are those of the people whose way up ends at a gap, however far. Who comes or goes has something else above them
// than before.
func (a *lineAspect) cut() *userset.Set {
	a.finding.Lock()
	defer a.finding.Unlock()
	if a.adriftAt != a.changes {
		a.adrift, a.adriftAt = userset.Set{}, a.changes
		for n := range a.above.Lost() {
			if a.x.present.Has(n) {
				a.adrift.Add(n)
			}
		}
	}
	return &a.adrift
}

// check looks whether there is a ring or a gap, which findings tell of.
func (a *lineAspect) check() {
	if a.flaws != nil && a.checked == a.changes {
		return
	}
	a.flaws, a.checked = lineage.New(func(func(lineage.Link) bool) {}), a.changes
	if !a.flawed() {
		return
	}
	a.flaws = lineage.New(func(yield func(lineage.Link) bool) {
		for n := range a.x.present.All() {
			link := lineage.Link{ID: string(a.x.ids[n])}
			switch p := a.above.Parent(n); {
			case p >= 0:
				link.Parent = string(a.x.ids[p])
			case p == forest.Unread:
				link.Unknown = true
			}
			if !yield(link) {
				return
			}
		}
	})
}

// flawed reports whether there is a ring, or somebody whose manager is not among the people.
func (a *lineAspect) flawed() bool {
	walked := make([]uint32, len(a.x.ids)) // by which walk, from one on
	for n := range a.x.present.All() {
		walk := n + 1
		for at := int32(n); walked[at] == 0; {
			walked[at] = walk
			p := a.above.Parent(uint32(at))
			if p < 0 {
				if p == forest.Missing {
					return true
				}
				break
			}
			if walked[p] == walk {
				return true
			}
			at = p
		}
	}
	return false
}

func (a *lineAspect) turn(*predicate, calendar.Day) calendar.Day { return noDay }
func (a *lineAspect) tidy()                                      { a.above.Tidy() }
func (a *lineAspect) bytes() int                                 { return a.above.Bytes() + a.blind.Bytes() + a.adrift.Bytes() }
