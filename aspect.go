package groups

import (
	"slices"

	"github.com/grouprules/groups/internal/calendar"
	columns "github.com/grouprules/groups/internal/column"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds what an index keeps of the people: an aspect for each thing that rules ask for.

// An aspect is what an index keeps of everybody in one respect, with the predicates that ask for it.
type aspect interface {
	// put keeps what some of the people are now, and drop that one is not among them any more. Both bring the predicates
	// that are filled up to date.
	put(people []person)
	drop(n uint32)
	// grow makes room for so many users.
	grow(users int)
	// fill works predicates out for everybody, whose sets have nobody. Others may be filled at once.
	fill(list []*predicate, with *scratch)
	// turn is the earliest day after today whose coming changes what the predicate says of somebody.
	turn(p *predicate, today calendar.Day) calendar.Day
	asking() *questions
	// tidy is called between writes and reads.
	tidy()
	bytes() int
}

// questions are the predicates of an aspect, and a count of its changes.
type questions struct {
	predicates []*predicate
	restless   []*predicate // the relative ones that met other values since a day last came
	changes    uint64
	departures uint64 // how often some of them left
	mentions   mentions
}

// stir has a relative predicate looked at again tomorrow: it has met another value, which may turn then.
func (q *questions) stir(p *predicate) {
	if p.relative && !p.restless {
		p.restless = true
		q.restless = append(q.restless, p)
	}
}

func (q *questions) asking() *questions { return q }

// answered reports whether a predicate is filled.
func (q *questions) answered() bool {
	return slices.ContainsFunc(q.predicates, func(p *predicate) bool { return p.filled })
}

// A valued aspect has a value for each user, such as a field: a predicate is asked once for each value that
// there is, and not for each user.
type valued struct {
	questions
	sheet
	codes columns.Column // 0 is of those who are not among the people
	// code numbers the values that people have, from 1 on, and like makes a user who has that value.
	code func(people []person, codes []uint32)
	like func(code uint32, u *User)
	// narrow, where set, tells the codes that the predicate is to be asked about, unless it is all of them; ready,
	// where set, is called before. answer, where set, is what a predicate says of a code, asked without like.
	narrow func(p *predicate) (n narrowing, ok bool)
	ready  func()
	answer func(p *predicate, code uint32) Verdict
	// nearest, where set, tells the codes among which is one that a coming day changes first, unless it may be any.
	nearest func(p *predicate) (codes []uint32, ok bool)
	// passed, where set, tells the codes of which the predicate may say something else than in another view, unless it
	// may be any.
	passed func(p *predicate, from *View) (codes []uint32, ok bool)
	// having, where set, tells the codes of the values with a unit, or an option.
	having func(id string) []uint32
	size   func() int
	// flawed are the codes, up to those checked, whose value is wrong, as findings tell.
	checked int
	flawed  []uint32
	// The sets of the predicates have some users by the values that they had before: who these are is worked out
	// when somebody reads the sets.
	behind map[uint32]uint32
	// coded, concerned and flipped are memory for put.
	coded     []uint32
	concerned []turned
	flipped   flippedUsers
}

func (a *valued) put(people []person) {
	a.coded = slices.Grow(a.coded[:0], len(people))[:len(people)]
	a.code(people, a.coded)
	answered := a.answered()
	for i, code := range a.coded {
		if !answered {
			a.keep(people[i].n, code)
			continue
		}
		if a.move(people[i].n, code); len(a.flipped.list) >= toldTogether {
			a.flipped.tell()
		}
	}
	a.flipped.tell()
}

func (a *valued) drop(n uint32) {
	a.move(n, 0)
	a.flipped.tell()
}

// move keeps another code of a user, and finds which predicates say something else of that.
func (a *valued) move(n, code uint32) {
	was := a.codes.Code(n)
	if !a.keep(n, code) {
		return
	}
	if _, is := a.behind[n]; !is {
		if a.behind == nil {
			a.behind = map[uint32]uint32{}
		}
		a.behind[n] = was
	}
	var like User
	for _, t := range a.differ(was, code) {
		p, before, now := t.predicate, t.before, t.now
		if !p.filled {
			continue
		}
		a.stir(p)
		if p.relative && a.codes.Count(code) == 1 {
			p.say(code, unasked) // nobody had the value, and what was said of it may be of another day
			now = unasked
		}
		if before == unasked {
			before = a.verdict(p, was, &like)
		}
		if now == unasked {
			now = a.verdict(p, code, &like)
		}
		if before != now {
			a.flipped.add(n, flip{p, truthOf(now) > truthOf(before), truthOf(now)})
		} else if p.relative {
			a.flipped.add(n, flip{predicate: p})
		}
	}
}

// catchUp brings the sets up to those who have other values since.
func (a *valued) catchUp() {
	if len(a.behind) == 0 {
		return
	}
	var like User
	for n, was := range a.behind {
		code := a.codes.Code(n)
		for _, t := range a.differ(was, code) {
			if t.filled {
				t.moveOver(n, t.before, a.verdict(t.predicate, code, &like))
			}
		}
	}
	clear(a.behind)
}

// turned is a predicate with what it said of the value that a user had, and of the one that they have.
type turned struct {
	*predicate
	before, now Verdict
}

// differ are the predicates who say something else of the one value than of the other, or may do so, or whom time
// changes: most are not, and are passed over.
func (a *valued) differ(was, code uint32) []turned {
	a.concerned = a.concerned[:0]
	for _, p := range a.apart() {
		if before, now := p.said(was), p.said(code); p.relative || before != now || now == unasked {
			a.concerned = append(a.concerned, turned{p, before, now})
		}
	}
	if a.width == 0 {
		return a.concerned
	}
	before, now := a.reach(was), a.reach(code)
	a.concerned = a.differing(before, now, a.concerned)
	for _, place := range a.clocked {
		if p := a.placed[place]; p != nil && before[place] == now[place] && now[place] != unasked {
			a.concerned = append(a.concerned, turned{p, before[place], now[place]})
		}
	}
	return a.concerned
}

// apart are the predicates who are not on the sheet.
func (a *valued) apart() []*predicate {
	if !a.listed {
		a.listed = true
		a.tabled = a.tabled[:0]
		for _, p := range a.predicates {
			if p.table != nil || p.sheet == nil {
				a.tabled = append(a.tabled, p)
			}
		}
	}
	return a.tabled
}

func (a *valued) grow(users int) { a.codes.Grow(users) }

// keep reports whether the user had another code.
func (a *valued) keep(n, code uint32) bool {
	if code == a.codes.Code(n) {
		return false
	}
	a.codes.Put(n, code)
	a.changes++
	return true
}

// unasked stands in the table of a predicate for a value that it has not been asked about.
const unasked Verdict = 0xff

// verdict is what the predicate says of a value, asked once. It makes like a user who has it.
func (a *valued) verdict(p *predicate, code uint32, like *User) Verdict {
	if code == 0 {
		return No
	}
	v := p.said(code)
	if v == unasked {
		a.like(code, like)
		v = p.leaf.verdict(like, &p.agenda.view)
		p.say(code, v)
	}
	return v
}

// fill asks the predicates that no order narrows down about one value after another, so that each is at hand for all
// of them.
func (a *valued) fill(list []*predicate, with *scratch) {
	answer := a.answer
	if answer == nil {
		var like User
		answer = func(p *predicate, code uint32) Verdict { return a.verdict(p, code, &like) }
	}
	all := make([]filling, 0, len(list))
	for _, p := range list {
		if a.narrow != nil {
			if n, ok := a.narrow(p); ok {
				a.fillNarrowed(p, n, answer, with)
				continue
			}
		}
		p.table = slices.Repeat([]Verdict{unasked}, a.codes.Codes())
		all = append(all, filling{predicate: p})
	}
	for code := uint32(1); int(code) < a.codes.Codes() && len(all) > 0; code++ {
		for i := range all {
			all[i].ask(a, code, answer)
		}
	}
	for i := range all {
		all[i].settle(a, with)
	}
}

// fillNarrowed asks a predicate about those values only that its order leaves open. The table of one that passes is not kept,
// and says nothing of the others.
func (a *valued) fillNarrowed(p *predicate, n narrowing, answer func(*predicate, uint32) Verdict, with *scratch) {
	f := filling{predicate: p, yes: slices.Clip(n.yes)}
	if p.passing {
		p.table = with.table(a.codes.Codes())
	} else {
		p.table = slices.Repeat([]Verdict{No}, a.codes.Codes())
	}
	for _, code := range f.yes {
		p.table[code] = Yes
	}
	denied := false
	for code := range n.asked {
		was := p.table[code]
		f.ask(a, code, answer)
		denied = denied || was == Yes && p.table[code] != Yes
	}
	if denied {
		with.codes = append(with.codes[:0], f.yes...)
		f.yes = slices.DeleteFunc(with.codes, func(code uint32) bool { return p.table[code] != Yes })
	}
	f.settle(a, with)
}

// A filling is a predicate whose table is filled, with the values of which it says Yes or Unknown.
type filling struct {
	*predicate
	yes, unknown []uint32
}

// ask asks it about a value, unless nobody has that.
func (f *filling) ask(a *valued, code uint32, answer func(*predicate, uint32) Verdict) {
	if f.table[code] = unasked; a.codes.Count(code) == 0 {
		return
	}
	f.table[code] = answer(f.predicate, code)
	switch f.table[code] {
	case Yes:
		f.yes = append(f.yes, code)
	case Unknown:
		f.unknown = append(f.unknown, code)
	}
}

// settle makes the sets of the predicate of those who have the values.
func (f *filling) settle(a *valued, with *scratch) {
	if f.passing {
		f.table = nil
	}
	codes, sets := [2][]uint32{f.yes, f.unknown}, [2]*userset.Set{&f.predicate.yes, &f.predicate.unknown}
	chunks := a.codes.Chunks()
	effort := 0
	for i, set := range sets {
		set.Clear()
		if with.picks[i].Look(codes[i]); len(codes[i]) > 0 {
			set.Grow(chunks)
		}
		effort += chunks * len(codes[i])
		for _, code := range codes[i] {
			effort += a.codes.Count(code)
		}
	}
	with.eachChunk(chunks, effort, func(chunk int, own *scratch) {
		for i, set := range sets {
			a.codes.FillChunk(set, chunk, &with.picks[i], &own.yes)
		}
	})
}

func (a *valued) shift(p *predicate, from *View, with *scratch) {
	codes, ok := []uint32(nil), false
	if a.passed != nil {
		codes, ok = a.passed(p, from)
	}
	if !ok {
		for code := range uint32(a.codes.Codes()) {
			codes = append(codes, code)
		}
	}
	var moved []uint32
	var like User
	for _, code := range codes {
		was := p.said(code)
		if code == 0 || was == unasked && a.codes.Count(code) == 0 {
			continue
		}
		if p.say(code, unasked); a.codes.Count(code) > 0 && a.verdict(p, code, &like) != was {
			moved = append(moved, code)
		}
	}
	if len(moved) == 0 {
		return
	}
	pick := columns.NewPick(moved)
	for chunk := range chunksOf(a.codes.Len()) {
		with.yes.Reset()
		if a.codes.Select(chunk, pick, &with.yes) == 0 {
			continue
		}
		for u := range with.yes.All() {
			n := uint32(chunk*userset.Chunk) + uint32(u)
			p.set(n, p.said(a.codes.Code(n)))
		}
	}
}

func (a *valued) turn(p *predicate, today calendar.Day) calendar.Day {
	c, _ := p.leaf.(clocked)
	earliest := noDay
	meet := func(t turn) {
		if day, ok := t.relation.NextDay(t.day, today, t.span); ok {
			earliest = min(earliest, day)
		}
	}
	var like User
	look := func(code uint32) bool {
		if a.codes.Count(code) > 0 {
			a.like(code, &like)
			c.turns(&like, &p.agenda.view, meet)
		}
		return earliest == today+1
	}
	// Who turned tomorrow the last time probably does again, and nothing is earlier.
	if int(p.turning) < a.codes.Codes() && p.turning > 0 && look(p.turning) {
		return earliest
	}
	if a.nearest != nil {
		if near, ok := a.nearest(p); ok {
			for _, code := range near {
				look(code)
			}
			return earliest
		}
	}
	for code := uint32(1); int(code) < a.codes.Codes(); code++ {
		if look(code) {
			p.turning = code
			return earliest
		}
	}
	return earliest
}

func (a *valued) tidy() {
	a.catchUp()
	if a.ready != nil {
		a.ready()
	}
}

func (a *valued) bytes() int {
	return a.codes.Bytes() + a.size() + a.sheet.bytes() + 16*len(a.behind)
}

// scratch is memory for filling a predicate.
type scratch struct {
	all, yes, unknown, met, open userset.Bits
	picks                        [2]columns.Pick // of who says Yes, and Unknown
	tally                        *tally          // made where one is needed
	records                      []Verdict       // for an inquiry
	asked                        []uint32        // likewise
	verdicts                     []Verdict       // for a table that is not kept
	codes                        []uint32        // for values that are left
	chunks                       []userset.Bits
	// helpers, where set, has memory for other processors, which have nothing else to do.
	helpers *index
}

// eachChunk does work on so many chunks, by itself or, where there is much to do, with helpers, who have memory of their own.
func (s *scratch) eachChunk(chunks, effort int, work func(chunk int, own *scratch)) {
	if s.helpers == nil || effort < fewFound {
		for chunk := range chunks {
			work(chunk, s)
		}
		return
	}
	inParallel(chunks, func() func(int) {
		return func(chunk int) {
			own := s.helpers.scratch()
			defer s.helpers.scratches.Put(own)
			work(chunk, own)
		}
	})
}

// fewFound is below how many users and values a predicate is filled faster than a second processor is put to work.
const fewFound = 1 << 18

// table is memory for one of so many values. What it holds is of no use.
func (s *scratch) table(codes int) []Verdict {
	s.verdicts = slices.Grow(s.verdicts[:0], codes)[:codes]
	return s.verdicts
}

// nobody is a chunk of nobody for each of so many users.
func (s *scratch) nobody(users int) []userset.Bits {
	chunks := (users + userset.Chunk - 1) / userset.Chunk
	s.chunks = slices.Grow(s.chunks[:0], chunks)[:chunks]
	clear(s.chunks)
	return s.chunks
}

// chunksOf yields the chunks of n users, and how many users each has.
func chunksOf(n int) func(yield func(chunk, users int) bool) {
	return func(yield func(int, int) bool) {
		for chunk := 0; chunk*userset.Chunk < n; chunk++ {
			if !yield(chunk, min(userset.Chunk, n-chunk*userset.Chunk)) {
				return
			}
		}
	}
}

// fieldAspect keeps the values of one field.
func fieldAspect(name string) *valued {
	d := newDictionary()
	filed := filedFields{dictionary: d, name: name, orders: map[*fieldOrder]*filedField{}}
	a := &valued{
		code: filed.code,
		like: func(code uint32, u *User) {
			if u.Fields == nil {
				u.Fields = map[string]Value{}
			}
			u.Fields[name] = d.values[code]
		},
		answer: func(p *predicate, code uint32) Verdict {
			return p.leaf.(*fieldLeaf).of(d.values[code], &p.agenda.view)
		},
		narrow: d.narrow,
		passed: d.passed,
		ready:  d.arrange,
		having: func(option string) []uint32 { return d.chosen.with[option] },
		size:   d.bytes,
	}
	a.nearest = func(p *predicate) ([]uint32, bool) {
		return d.nearest(p, func(code uint32) bool { return a.codes.Count(code) > 0 })
	}
	return a
}

// statusAspect keeps activation and expiry. Conditions that hold for everyone ask it too: it has a value
// for whoever is among the people.
func statusAspect() *valued {
	return &valued{
		code: func(people []person, codes []uint32) {
			for i := range people {
				codes[i] = statusCode(&people[i].User)
			}
		},
		like: func(code uint32, u *User) {
			u.Activation, u.Expiry = activationOf(code), Expiry((code-1)%expiries)
		},
		size: func() int { return 0 },
	}
}

const expiries = 3

// statusCode is the code of a user's status.
func statusCode(u *User) uint32 {
	activation, expiry := u.Activation, u.Expiry
	if activation > Deactivated { // whatever is not one of the three is not off, and not over
		activation = Activated
	}
	if expiry > Expired {
		expiry = Current
	}
	return 1 + expiries*uint32(activation) + uint32(expiry)
}

// activationOf is the activation in a code of the status aspect, for whoever is among the people.
func activationOf(code uint32) Activation { return Activation((code - 1) / expiries) }

// identityAspect answers conditions on the ID itself.
type identityAspect struct {
	questions
	x *index
}

func (a *identityAspect) grow(int) {}

func (a *identityAspect) put(people []person) {
	if !a.answered() {
		return
	}
	for i := range people {
		a.turnTo(people[i].n, true)
	}
}

func (a *identityAspect) drop(n uint32) { a.turnTo(n, false) }

// turnTo has the predicates say of a user what holds for one who is among the people, or is not.
func (a *identityAspect) turnTo(n uint32, present bool) {
	for _, p := range a.predicates {
		if p.filled {
			p.set(n, a.verdict(p, n, present))
		}
	}
}

func (a *identityAspect) verdict(p *predicate, n uint32, present bool) Verdict {
	if !present {
		return No
	}
	return p.leaf.verdict(&User{ID: a.x.ids[n]}, &p.agenda.view)
}

func (a *identityAspect) fill(list []*predicate, _ *scratch) {
	for _, p := range list {
		a.work(p)
	}
}

func (a *identityAspect) work(p *predicate) {
	if l, is := p.leaf.(*userLeaf); is {
		for id := range l.goals {
			if n, ok := a.x.numbers.Find(UserID(id)); ok && a.x.present.Has(n) {
				p.yes.Add(n)
			}
		}
		return
	}
	for n := range a.x.present.All() {
		p.keep(n, a.verdict(p, n, true))
	}
}

func (a *identityAspect) turn(*predicate, calendar.Day) calendar.Day { return noDay }
func (a *identityAspect) tidy()                                      {}
func (a *identityAspect) bytes() int                                 { return 0 }
