package groups

import (
	"maps"
	"slices"
)

// A sheet is what predicates of an aspect say of its values, side by side for each value: whoever looks at one user
// reads it in one piece, and what another value changes for them is where two rows differ. Predicates that groups
// follow have a place on it. What others say, and those that were filled since, is in tables of their own.
type sheet struct {
	number  uint32       // among the sheets of an index, from 1 on; 0 is none yet
	pages   [][]Verdict  // of so many rows each; of code 0 all is No
	width   int          // of a row
	placed  []*predicate // by place; nil is free, or of one that has a table instead
	free    []uint32
	clocked []uint32     // the places of the relative ones
	tabled  []*predicate // those of the aspect who have tables
	listed  bool         // whether these are all
}

// A seat is where a predicate stands: on which sheet, by number, and in which place of its rows.
type seat struct{ sheet, place uint32 }

// pageRows is how many rows share an allocation: when values come, none is ever moved, and the list of the pages is
// short enough to stay at hand.
const pageRows = 256

// row is what is said of a value, if there is such a row.
func (s *sheet) row(code uint32) []Verdict {
	if page := int(code / pageRows); page < len(s.pages) {
		from := int(code%pageRows) * s.width
		return s.pages[page][from : from+s.width]
	}
	return nil
}

// reach makes the rows up to that of a value. Of new ones nobody was asked.
func (s *sheet) reach(code uint32) []Verdict {
	for int(code/pageRows) >= len(s.pages) {
		s.pages = append(s.pages, slices.Repeat([]Verdict{unasked}, pageRows*s.width))
	}
	return s.row(code)
}

// widen makes the rows longer.
func (s *sheet) widen(width int) {
	was := *s
	s.pages, s.width = nil, width
	for code := range uint32(len(was.pages) * pageRows) {
		copy(s.reach(code), was.row(code))
	}
}

// take gives predicates places, and has what their tables say of so many values.
func (s *sheet) take(list []*predicate, codes int) {
	for _, p := range list {
		if p.sheet != nil {
			s.placed[p.seat] = p
			continue
		}
		if last := len(s.free) - 1; last >= 0 {
			p.seat, s.free = s.free[last], s.free[:last]
			s.placed[p.seat] = p
		} else {
			p.seat, s.placed = uint32(len(s.placed)), append(s.placed, p)
		}
		if p.sheet = s; p.relative {
			s.clocked = append(s.clocked, p.seat)
		}
	}
	if len(s.placed) > s.width {
		s.widen(len(s.placed))
	}
	s.reach(uint32(max(codes, 1) - 1))
	for code := range uint32(len(s.pages) * pageRows) {
		row := s.row(code)
		for _, p := range list {
			row[p.seat] = p.said(code)
		}
	}
	for _, p := range list {
		p.table = nil
	}
	s.listed = false
}

// leave frees the place of a predicate.
func (s *sheet) leave(p *predicate) {
	s.listed = false
	if p.sheet == nil {
		return
	}
	p.sheet, s.placed[p.seat], s.free = nil, nil, append(s.free, p.seat)
	s.clocked = slices.DeleteFunc(s.clocked, func(seat uint32) bool { return seat == p.seat })
}

func (s *sheet) bytes() int { return len(s.pages) * pageRows * s.width }

// clear frees all places.
func (s *sheet) clear() { *s = sheet{number: s.number} }

// stand has a predicate, which has a table, take its place again where groups are followed by it.
func (x *index) stand(p *predicate) {
	if a, is := p.aspect.(*valued); is {
		if p.sheet != nil {
			p.sheet.placed[p.seat] = nil
		}
		if a.listed = false; p.number > 0 {
			x.seats[p.number-1], x.unseated = seat{}, append(x.unseated, p)
			x.flips.turned++
		}
	}
}

// unseat frees the place of a predicate.
func (x *index) unseat(p *predicate) {
	if a, is := p.aspect.(*valued); is {
		if a.leave(p); p.number > 0 {
			x.seats[p.number-1] = seat{}
			x.flips.turned++
		}
	}
}

// seatAll has those take their places who are to.
func (x *index) seatAll() {
	if len(x.unseated) == 0 {
		return
	}
	of := map[*valued][]*predicate{}
	for _, p := range x.unseated {
		if a := p.aspect.(*valued); p.filled && p.table != nil {
			of[a] = append(of[a], p)
		}
	}
	x.unseated = nil
	all := slices.Collect(maps.Keys(of))
	for _, a := range all {
		if a.number == 0 {
			x.sheets = append(x.sheets, a)
			a.number = uint32(len(x.sheets))
		}
	}
	inParallel(len(all), func() func(int) {
		return func(i int) { all[i].take(of[all[i]], all[i].codes.Codes()) }
	})
	for _, a := range all {
		for _, p := range of[a] {
			x.seats[p.number-1] = seat{a.number, p.seat}
		}
	}
}

// differing lists the predicates for whom two rows differ, or who were not asked about the second value.
func (s *sheet) differing(was, now []Verdict, list []turned) []turned {
	for place, v := range now {
		if was[place] == v && v != unasked {
			continue
		}
		if place < len(s.placed) && s.placed[place] != nil {
			list = append(list, turned{s.placed[place], was[place], v})
		}
	}
	return list
}
