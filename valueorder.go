package groups

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
)

// This file holds the order that a dictionary keeps of its values, and what it spares: a condition that holds
// from one value to another is asked at the ends.

// A kind is what a value is, as far as the order goes: values of one kind are side by side.
type kind uint8

const (
	otherKind kind = iota // unknown, empty, true and false
	choiceKind
	textsKind // several
	textKind
	numberKind
	dayKind
	timeKind
	afterKinds
)

func kindOf(v Value) kind {
	switch data := v.data.(type) {
	case choiceValue:
		return choiceKind
	case *textValue:
		if len(data.items) > 1 {
			return textsKind
		}
		return textKind
	case decimal.Decimal:
		return numberKind
	case calendar.Day:
		return dayKind
	case time.Time:
		return timeKind
	}
	return otherKind
}

// A rank is where a value stands: by kind, and among numbers, days and instants by value.
type rank struct {
	code   uint32
	kind   kind
	coarse int64 // never in another order than the values
}

func (d *dictionary) rank(code uint32) rank {
	v := d.values[code]
	r := rank{code: code, kind: kindOf(v)}
	switch data := v.data.(type) {
	case calendar.Day:
		r.coarse = int64(data)
	case time.Time:
		r.coarse = data.Unix()
	}
	return r
}

func (d *dictionary) compare(a, b rank) int {
	if c := cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.coarse, b.coarse)); c != 0 {
		return c
	}
	switch a.kind {
	case numberKind:
		return d.values[a.code].data.(decimal.Decimal).Cmp(d.values[b.code].data.(decimal.Decimal))
	case timeKind:
		return d.values[a.code].data.(time.Time).Compare(d.values[b.code].data.(time.Time))
	}
	return cmp.Compare(a.code, b.code)
}

// arrange takes new values into the order. A few wait until they are worth going through the others that are there: so
// many are soon asked.
func (d *dictionary) arrange() {
	n := len(d.values) - 1 - len(d.ordered)
	if n == 0 || len(d.ordered) > 0 && n <= 64+len(d.ordered)/64 {
		return
	}
	fresh, codes := make([]rank, 0, n), d.waiting()
	for _, code := range codes {
		fresh = append(fresh, d.rank(code))
	}
	if b := d.block(codes); len(b.codes) > 0 {
		d.blocks = append(d.blocks, b)
	}
	slices.SortFunc(fresh, d.compare)
	var more [afterKinds]int
	for _, r := range fresh {
		more[r.kind]++
	}
	before := 0
	for k, n := range more {
		d.begins[k] += before
		before += n
	}
	d.begins[afterKinds] += before
	end := len(d.ordered)
	d.ordered = slices.Grow(d.ordered, n)[:end+n]
	for n > 0 { // from the last on, each behind those that are before it
		n--
		at := sort.Search(end, func(i int) bool { return d.compare(d.rank(d.ordered[i]), fresh[n]) > 0 })
		copy(d.ordered[at+n+1:], d.ordered[at:end])
		d.ordered[at+n], end = fresh[n].code, at
	}
}

// waiting are the codes that have no place in the order yet.
func (d *dictionary) waiting() []uint32 {
	codes := make([]uint32, 0, len(d.values)-1-len(d.ordered))
	for code := len(d.ordered) + 1; code < len(d.values); code++ {
		codes = append(codes, uint32(code))
	}
	return codes
}

// run is where in the order the values of some kinds stand.
func (d *dictionary) run(first, last kind) (from, to int) { return d.begins[first], d.begins[last+1] }

// An orderly test may hold for values from one to another, in their order, and for no other of their kind.
type orderly interface {
	tester
	// isOrderly reports whether that is so, but for instants that a clock set back takes into the day before.
	isOrderly() bool
	// place tells whether data is before (-1), among (0) or beyond (1) those the test holds for. ok is that of
	// test.
	place(data any, v *View) (at int, ok bool)
}

// A narrowing says for which codes a predicate is to be asked. Where it is not, it is Yes of those in yes, and No of
// the rest.
type narrowing struct {
	ask [][]uint32
	yes []uint32
}

// asked yields the codes to ask for.
func (n narrowing) asked(yield func(uint32) bool) {
	for _, codes := range n.ask {
		for _, code := range codes {
			if !yield(code) {
				return
			}
		}
	}
}

// narrow finds the codes that a predicate on a field is to be asked about.
func (d *dictionary) narrow(p *predicate) (narrowing, bool) {
	l := p.leaf.(*fieldLeaf)
	if l.test == nil {
		return d.narrowEmpty(l)
	}
	switch t := l.test.(type) {
	case *choiceTest:
		return d.narrowChoice(l, t), true
	case *textTest:
		from, to := d.run(textKind, textKind)
		switch {
		case t.patterns != nil, t.has != nil && t.exact:
			return narrowing{}, false
		case t.has != nil:
			n := d.beside(from, to, nil)
			n.yes = d.having(t)
			return n, true
		}
		return d.beside(from, to, d.equals(t)), true
	case *numberTest:
		if t.op == opIs {
			var codes []uint32
			for _, n := range t.operands {
				if code, ok := d.find(Value{n}); ok {
					codes = append(codes, code)
				}
			}
			from, to := d.run(numberKind, numberKind)
			return d.beside(from, to, codes), true
		}
	}
	s, ok := d.stretch(l, &p.agenda.view)
	if !ok {
		return narrowing{}, false
	}
	n := d.beside(s.from, s.to, d.ordered[s.outset:s.begun])
	n.ask = append(n.ask, d.ordered[s.ending:s.ended])
	if s.begun < s.ending {
		n.yes = d.ordered[s.begun:s.ending]
	}
	return n, true
}

// beside is to ask what is not in a stretch of the order, and some of it.
func (d *dictionary) beside(from, to int, some []uint32) narrowing {
	return narrowing{ask: [][]uint32{d.ordered[:from], some, d.ordered[to:], d.waiting()}}
}

// narrowEmpty has who has a value of the field's type not asked whether there is one.
func (d *dictionary) narrowEmpty(l *fieldLeaf) (narrowing, bool) {
	kinds, ok := map[Type][2]kind{
		TypeText: {textsKind, textKind}, TypeNumber: {numberKind, numberKind}, TypeDate: {dayKind, dayKind}, TypeInstant: {timeKind, timeKind},
	}[l.typ]
	if !ok {
		return narrowing{}, false
	}
	from, to := d.run(kinds[0], kinds[1])
	return d.beside(from, to, nil), true
}

// equals are the codes of the single texts that a test may be for.
func (d *dictionary) equals(t *textTest) (codes []uint32) {
	look := func(s string) {
		if code, ok := d.find(Value{&textValue{items: []textItem{{exact: s}}}}); ok {
			codes = append(codes, code)
		}
		if !t.exact {
			codes = append(codes, d.folded[s]...)
		}
	}
	for s := range t.is.all() {
		look(s)
	}
	return codes
}

// A stretch is where in the order of its kind, which is from from to to, a condition holds: it does from begun
// to ending, may do from outset and until ended, and does not elsewhere.
type stretch struct{ from, outset, begun, ending, ended, to int }

// stretch finds where a condition holds. ok is false where it does not go by the order.
func (d *dictionary) stretch(l *fieldLeaf, v *View) (s stretch, ok bool) {
	t, is := l.test.(orderly)
	if !is || !t.isOrderly() {
		return s, false
	}
	k, is := map[Type]kind{TypeNumber: numberKind, TypeDate: dayKind, TypeInstant: timeKind}[l.typ]
	if !is {
		return s, false
	}
	s.from, s.to = d.run(k, k)
	search := func(least int) int {
		return s.from + sort.Search(s.to-s.from, func(i int) bool {
			at, _ := t.place(d.values[d.ordered[s.from+i]].data, v)
			return at >= least
		})
	}
	first, end := search(0), search(1)
	s.outset, s.begun = d.blur(first, &s, k, v)
	s.ending, s.ended = d.blur(end, &s, k, v)
	return s, true
}

// blur widens a boundary between two values by those that may be on the other side of it: instants that are so
// near that a clock that is set back takes the later of them into the earlier day.
func (d *dictionary) blur(at int, s *stretch, k kind, v *View) (from, to int) {
	if k != timeKind {
		return at, at
	}
	instant := func(i int) time.Time { return d.values[d.ordered[i]].data.(time.Time) }
	from, to = at, at
	if at > s.from {
		if edge := instant(at - 1); !calendar.Steady(edge.Add(-calendar.Blur), edge, v.Zone) {
			edge = edge.Add(-calendar.Blur)
			from = s.from + sort.Search(at-s.from, func(i int) bool { return !instant(s.from + i).Before(edge) })
		}
	}
	if at < s.to {
		if edge := instant(at); !calendar.Steady(edge, edge.Add(calendar.Blur), v.Zone) {
			edge = edge.Add(calendar.Blur)
			to = at + sort.Search(s.to-at, func(i int) bool { return instant(at + i).After(edge) })
		}
	}
	return from, to
}

// nearest are the codes among which is one that a coming day changes first: of the values that anybody has, time
// comes first to the earliest of those that the condition holds for, or of those beyond.
func (d *dictionary) nearest(p *predicate, held func(code uint32) bool) (codes []uint32, ok bool) {
	s, ok := d.stretch(p.leaf.(*fieldLeaf), &p.agenda.view)
	if !ok {
		return nil, false
	}
	codes = slices.Concat(d.waiting(), d.ordered[s.outset:s.begun], d.ordered[s.ending:s.ended])
	for _, at := range []int{s.begun, s.ended} {
		for at < s.to && !held(d.ordered[at]) {
			at++
		}
		if at < s.to {
			_, near := d.blur(at, &s, kindOf(d.values[d.ordered[at]]), &p.agenda.view)
			codes = append(codes, d.ordered[at:max(at+1, near)]...)
		}
	}
	return codes, true
}

// passed are the codes that a condition may have held for in another view and does not in that of the predicate, or
// the other way round: what lies between the ends.
func (d *dictionary) passed(p *predicate, from *View) (codes []uint32, ok bool) {
	l := p.leaf.(*fieldLeaf)
	was, ok := d.stretch(l, from)
	if !ok {
		return nil, false
	}
	now, _ := d.stretch(l, &p.agenda.view)
	return slices.Concat(
		d.waiting(),
		d.ordered[min(was.outset, now.outset):max(was.begun, now.begun)],
		d.ordered[min(was.ending, now.ending):max(was.ended, now.ended)],
	), true
}
