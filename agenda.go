package groups

import (
	"container/heap"
	"time"

	"github.com/grouprules/groups/internal/calendar"
)

// An agenda is how the predicates of an index see one zone, and which of them wait for a day there, the next first.
// All that are filled are as of its day: when a day comes, only those are looked at that it may change, and of those only
// the values that lie between where the condition held and where it holds.
type agenda struct {
	view    View // in which they are asked; its clock is of the day, and zero before the first
	day     calendar.Day
	waiting waiting
}

// aging is an aspect some of whose predicates time alone can change.
type aging interface {
	// shift brings a predicate from the day of another view to that of its agenda. Many may be shifted at once.
	shift(p *predicate, from *View, with *scratch)
}

// agenda is that of a zone.
func (x *index) agenda(zone *time.Location) *agenda {
	a := x.agendas[zone]
	if a == nil {
		a = &agenda{view: View{Zone: zone, Trees: x.trees}}
		x.agendas[zone] = a
	}
	return a
}

// advance takes the predicates to the day that it is now.
func (x *index) advance(now time.Time) {
	for _, of := range x.aspects {
		q := of.asking()
		for _, p := range q.restless {
			p.restless = false
			if p.place > 0 {
				p.wait(min(p.until, p.agenda.day+1))
			}
		}
		q.restless = q.restless[:0]
	}
	var due []*predicate
	var were []View // that what they say is of so far
	for _, a := range x.agendas {
		today, from := calendar.In(now, a.view.Zone), a.view
		if today == a.day && !from.Now.IsZero() {
			continue
		}
		back := today < a.day
		a.day, a.view.Now = today, now
		x.passing.outdate()
		for len(a.waiting) > 0 && (back || a.waiting[0].until <= today) {
			p := heap.Pop(&a.waiting).(*predicate)
			switch {
			case back:
				p.spoil()
			case p.filled:
				due, were = append(due, p), append(were, from)
			}
		}
	}
	if len(due) == 0 {
		return
	}
	x.tidy()
	x.sort(due)
	inParallel(len(due), func() func(int) {
		return func(i int) {
			with := x.scratch()
			defer x.scratches.Put(with)
			due[i].aspect.(aging).shift(due[i], &were[i], with)
		}
	})
	for _, p := range due {
		p.rest()
		p.weigh(&x.weighed.bytes)
	}
}

// rest has a predicate, which is up to date, wait for the next day that changes it for somebody.
func (p *predicate) rest() {
	if p.relative {
		p.wait(p.turn(p.agenda.day))
	}
}

// wait has a predicate wait for a day.
func (p *predicate) wait(until calendar.Day) {
	switch a := p.agenda; {
	case p.place == 0:
		p.until = until
		heap.Push(&a.waiting, p)
	case p.until != until:
		p.until = until
		heap.Fix(&a.waiting, p.place-1)
	}
}

// leave takes a predicate, which nobody asks any more, off its agenda.
func (p *predicate) leave() {
	if p.filled = false; p.place > 0 {
		heap.Remove(&p.agenda.waiting, p.place-1)
	}
}

// waiting is a heap of predicates. Each has its place, counted from 1 on.
type waiting []*predicate

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].until < w[j].until }
func (w waiting) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].place, w[j].place = i+1, j+1
}

func (w *waiting) Push(p any) {
	*w = append(*w, p.(*predicate))
	p.(*predicate).place = len(*w)
}

func (w *waiting) Pop() any {
	last := (*w)[len(*w)-1]
	*w, last.place = (*w)[:len(*w)-1], 0
	return last
}
