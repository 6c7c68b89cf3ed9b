package groups

import (
	"slices"
	"strconv"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	columns "github.com/grouprules/groups/internal/column"
	"github.com/grouprules/groups/internal/decimal"
	"github.com/grouprules/groups/internal/forest"
	"github.com/grouprules/groups/internal/lineage"
	"github.com/grouprules/groups/internal/posting"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds what an index keeps of the people: an aspect for each thing that rules ask for.

// An aspect is what an index keeps of everybody in one respect, with the predicates that ask for it.
type aspect interface {
	// put keeps what the user is now, nil for one who is not among the people, and brings the predicates up
	// to date.
	put(n uint32, u *User)
	// fill works a predicate out for everybody. Many may be filled at once.
	fill(p *predicate, with *scratch)
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
	changes    uint64
}

func (q *questions) asking() *questions { return q }

// A valued aspect has a value for each user, such as a field: a predicate is asked once for each value that
// there is, and not for each user.
type valued struct {
	questions
	codes columns.Column // 0 is of those who are not among the people
	// code numbers the value that a user has, from 1 on, and like makes a user who has that value.
	code func(u *User) uint32
	like func(code uint32, u *User)
	// narrow, where set, tells the codes for which the predicate can be anything but No; ready, where set, is
	// called before.
	narrow func(p *predicate) (codes []uint32, ok bool)
	ready  func()
	size   func() int
	// flawed are the codes, up to those checked, whose value is wrong, as findings tell.
	checked int
	flawed  []uint32
}

func (a *valued) put(n uint32, u *User) {
	code := uint32(0)
	if u != nil {
		code = a.code(u)
	}
	was := a.codes.Code(n)
	if code == was {
		return
	}
	a.codes.Put(n, code)
	a.changes++
	var like User
	for _, p := range a.predicates {
		if !p.filled {
			continue
		}
		if v := a.verdict(p, code, &like); v != a.verdict(p, was, &like) {
			p.set(n, v)
		}
	}
}

// unasked stands in the table of a predicate for a value that it has not been asked about.
const unasked Verdict = 0xff

// verdict is what the predicate says of a value, asked once. It makes like a user who has it.
func (a *valued) verdict(p *predicate, code uint32, like *User) Verdict {
	if code == 0 {
		return No
	}
	for int(code) >= len(p.table) {
		p.table = append(p.table, unasked)
	}
	if p.table[code] == unasked {
		a.like(code, like)
		p.table[code] = p.leaf.verdict(like, &p.view)
	}
	return p.table[code]
}

func (a *valued) fill(p *predicate, with *scratch) {
	p.table = slices.Repeat([]Verdict{unasked}, a.codes.Codes())
	asked, narrowed := []uint32(nil), false
	if a.narrow != nil {
		asked, narrowed = a.narrow(p)
	}
	if narrowed {
		for code := range p.table {
			p.table[code] = No
		}
		for _, code := range asked {
			p.table[code] = unasked
		}
	} else {
		asked = make([]uint32, 0, len(p.table))
		for code := 1; code < len(p.table); code++ {
			asked = append(asked, uint32(code))
		}
	}
	var yes, unknown []uint32
	var like User
	for _, code := range asked {
		if a.codes.Count(code) == 0 {
			continue
		}
		switch a.verdict(p, code, &like) {
		case Yes:
			yes = append(yes, code)
		case Unknown:
			unknown = append(unknown, code)
		}
	}
	a.choose(&p.yes, yes, &with.yes)
	a.choose(&p.unknown, unknown, &with.yes)
}

// choose makes the set of those who have one of the codes.
func (a *valued) choose(set *userset.Set, codes []uint32, found *userset.Bits) {
	*set = userset.Set{}
	if len(codes) == 0 {
		return
	}
	pick := columns.NewPick(codes)
	for chunk, users := range chunksOf(a.codes.Len()) {
		found.Reset()
		if a.codes.Select(chunk, pick, found) > 0 {
			set.Put(chunk, found, users)
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
			c.turns(&like, &p.view, meet)
		}
		return earliest == today+1
	}
	// Who turned tomorrow the last time probably does again, and nothing is earlier.
	if int(p.turning) < a.codes.Codes() && p.turning > 0 && look(p.turning) {
		return earliest
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
	a.codes.Tidy()
	if a.ready != nil {
		a.ready()
	}
}

func (a *valued) bytes() int { return a.codes.Bytes() + a.size() }

// scratch is memory for filling a predicate.
type scratch struct {
	yes, unknown, met userset.Bits
	tally             tally
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
	return &valued{
		code: func(u *User) uint32 { return d.code(u.Fields[name]) },
		like: func(code uint32, u *User) {
			if u.Fields == nil {
				u.Fields = map[string]Value{}
			}
			u.Fields[name] = d.values[code]
		},
		size: d.bytes,
	}
}

// A dictionary numbers values, from 1 on; what no condition tells apart has one number.
type dictionary struct {
	values  []Value // by number
	texts   map[string]uint32
	many    map[string]uint32 // of several texts or choices, spelt so that they can be told apart
	choices map[string]uint32
	numbers map[decimal.Decimal]uint32
	days    map[calendar.Day]uint32
	times   map[time.Time]uint32
	others  map[any]uint32
	spelt   []byte
}

func newDictionary() *dictionary {
	return &dictionary{
		values: make([]Value, 1), texts: map[string]uint32{}, many: map[string]uint32{}, choices: map[string]uint32{},
		numbers: map[decimal.Decimal]uint32{}, days: map[calendar.Day]uint32{}, times: map[time.Time]uint32{}, others: map[any]uint32{},
	}
}

func (d *dictionary) code(v Value) uint32 {
	switch data := v.data.(type) {
	case textValue:
		if len(data) == 1 {
			return numbered(d, d.texts, data[0].exact, v)
		}
		d.spelt = append(d.spelt[:0], 't')
		for i := range data {
			d.spell(data[i].exact)
		}
	case choiceValue:
		if len(data) == 1 {
			return numbered(d, d.choices, data[0], v)
		}
		d.spelt = append(d.spelt[:0], 'c')
		for _, id := range data {
			d.spell(id)
		}
	case decimal.Decimal:
		return numbered(d, d.numbers, data, v)
	case calendar.Day:
		return numbered(d, d.days, data, v)
	case time.Time:
		return numbered(d, d.times, data, v)
	default: // unknown, empty, bool
		return numbered(d, d.others, data, v)
	}
	if code, ok := d.many[string(d.spelt)]; ok {
		return code
	}
	return numbered(d, d.many, string(d.spelt), v)
}

// spell writes a text behind its length.
func (d *dictionary) spell(s string) {
	d.spelt = strconv.AppendInt(d.spelt, int64(len(s)), 10)
	d.spelt = append(append(d.spelt, ':'), s...)
}

func numbered[K comparable](d *dictionary, in map[K]uint32, key K, v Value) uint32 {
	code, ok := in[key]
	if !ok {
		code = uint32(len(d.values))
		in[key] = code
		d.values = append(d.values, v)
	}
	return code
}

// bytes is a guess at what the maps take; the values are the host's.
func (d *dictionary) bytes() int { return 64 * len(d.values) }

// unitAspect keeps the units of one tree that users sit in. hierarchy is the tree as it is.
func unitAspect(tree Tree, hierarchy func() *Hierarchy) *valued {
	// The lists of units, by number; the first two are those of whom no list is known, and of those who
	// sit in none.
	lists := [][]string{nil, nil, {}}
	const unknownUnits, noUnits = 1, 2
	single, many := map[string]uint32{}, map[string]uint32{}
	with := map[string][]uint32{} // the lists that a unit is on
	// The lists with a unit whose way up is lost, when there were so many lists and that was the tree.
	var adrift []uint32
	var drawn *Hierarchy
	var listed int
	d := newDictionary()
	add := func(in map[string]uint32, key string, units []string) uint32 {
		code := uint32(len(lists))
		in[key], lists = code, append(lists, units)
		for _, unit := range units {
			if known := with[unit]; len(known) == 0 || known[len(known)-1] != code {
				with[unit] = append(known, code)
			}
		}
		return code
	}
	a := &valued{}
	a.code = func(u *User) uint32 {
		units, known := u.Units[tree]
		switch {
		case !known:
			return unknownUnits
		case len(units) == 0:
			return noUnits
		case len(units) == 1:
			if code, ok := single[units[0]]; ok {
				return code
			}
			return add(single, units[0], units)
		}
		d.spelt = d.spelt[:0]
		for _, unit := range units {
			d.spell(unit)
		}
		if code, ok := many[string(d.spelt)]; ok {
			return code
		}
		return add(many, string(d.spelt), units)
	}
	a.like = func(code uint32, u *User) {
		if u.Units == nil {
			u.Units = map[Tree][]string{}
		}
		if u.Units[tree] = lists[code]; code == unknownUnits {
			delete(u.Units, tree)
		}
	}
	// A condition holds for nobody but in and beneath its units, unless one of them is not in the tree; of
	// those whose way up is lost nobody knows.
	a.narrow = func(p *predicate) ([]uint32, bool) {
		l, h := p.leaf.(*unitLeaf), hierarchy()
		if l.op == opIsEmpty || h == nil || h.lines == nil || l.stray(h) {
			return nil, false
		}
		codes := []uint32{unknownUnits, noUnits}
		for unit := range l.goals {
			codes = append(codes, with[unit]...)
			if l.op != opIs {
				for _, below := range h.lines.Below(unit) {
					codes = append(codes, with[below]...)
				}
			}
		}
		if l.op != opIs {
			codes = append(codes, adrift...)
		}
		slices.Sort(codes)
		codes = slices.Compact(codes)
		return slices.DeleteFunc(codes, func(c uint32) bool { return int(c) >= a.codes.Codes() }), true
	}
	a.ready = func() {
		h := hierarchy()
		if h == drawn && len(lists) == listed || h == nil {
			return
		}
		drawn, listed, adrift = h, len(lists), nil
		a.checked, a.flawed = 0, nil
		for unit, on := range with {
			if h.climb(unit, nil, false, 0) == Unknown {
				adrift = append(adrift, on...)
			}
		}
	}
	a.size = func() int { return 128 * len(lists) }
	return a
}

// statusAspect keeps activation and expiry. Conditions that hold for everyone ask it too: it has a value
// for whoever is among the people.
func statusAspect() *valued {
	return &valued{
		code: func(u *User) uint32 { return 1 + expiries*uint32(u.Activation) + uint32(u.Expiry) },
		like: func(code uint32, u *User) {
			u.Activation, u.Expiry = activationOf(code), Expiry((code-1)%expiries)
		},
		size: func() int { return 0 },
	}
}

const expiries = 3

// activationOf is the activation in a code of the status aspect, for whoever is among the people.
func activationOf(code uint32) Activation { return Activation((code - 1) / expiries) }

// identityAspect answers conditions on the ID itself.
type identityAspect struct {
	questions
	x *index
}

func (a *identityAspect) put(n uint32, u *User) {
	for _, p := range a.predicates {
		if p.filled {
			p.set(n, a.verdict(p, n, u != nil))
		}
	}
}

func (a *identityAspect) verdict(p *predicate, n uint32, present bool) Verdict {
	if !present {
		return No
	}
	return p.leaf.verdict(&User{ID: a.x.ids[n]}, &p.view)
}

func (a *identityAspect) fill(p *predicate, _ *scratch) {
	p.yes, p.unknown = userset.Set{}, userset.Set{}
	if l, is := p.leaf.(*userLeaf); is {
		for id := range l.goals {
			if n, ok := a.x.numbers[UserID(id)]; ok && a.x.present.Has(n) {
				p.yes.Add(n)
			}
		}
		return
	}
	for n := range a.x.present.All() {
		p.set(n, a.verdict(p, n, true))
	}
}

func (a *identityAspect) turn(*predicate, calendar.Day) calendar.Day { return noDay }
func (a *identityAspect) tidy()                                      {}
func (a *identityAspect) bytes() int                                 { return 0 }

// lineAspect keeps who reports to whom.
type lineAspect struct {
	questions
	x     *index
	above forest.Forest
	blind userset.Set // of whom nobody could say whom they report to
	// flaws has the lines where something is wrong with them, as of so many changes, else nobody.
	flaws   *lineage.Lineage
	checked uint64
}

// fewMoved is up to how many people a move takes along whose predicates are brought up to date one by one.
// Beyond it, they are worked out anew when they are next needed.
const fewMoved = 512

func (a *lineAspect) put(n uint32, u *User) {
	parent := forest.Missing
	if u != nil {
		switch manager, known := u.Manager.ID(); {
		case !known:
			parent = forest.Unread
		case manager == "":
			parent = forest.Top
		default:
			parent = int32(a.x.number(manager))
		}
	}
	was := a.above.Parent(n)
	if parent == was {
		return
	}
	a.changes++
	filled := slices.ContainsFunc(a.predicates, func(p *predicate) bool { return p.filled })
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
	if filled {
		take()
	}
	a.above.Put(n, parent)
	blind := a.blind.Count()
	if parent == forest.Unread {
		a.blind.Add(n)
	} else {
		a.blind.Remove(n)
	}
	if !filled {
		return
	}
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
			p.filled = false
		default:
			for _, m := range moved {
				p.set(m, a.verdict(l, m))
			}
		}
	}
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
		if g, ok := a.x.numbers[UserID(id)]; ok && (g == n && l.op == opIsOrBelow || g != n && a.above.IsBelow(n, g, l.depth)) {
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

func (a *lineAspect) fill(p *predicate, _ *scratch) {
	p.yes, p.unknown = userset.Set{}, userset.Set{}
	l := p.leaf.(*userLeaf)
	if l.op == opHasReports {
		for n := range a.x.present.All() {
			p.set(n, a.verdict(l, n))
		}
		return
	}
	yes := make([]userset.Bits, (len(a.x.ids)+userset.Chunk-1)/userset.Chunk)
	put := func(n uint32) { yes[n/userset.Chunk].Set(uint16(n % userset.Chunk)) }
	for id := range l.goals {
		g, ok := a.x.numbers[UserID(id)]
		if !ok {
			continue
		}
		if l.op == opIsOrBelow {
			put(g)
		}
		for n := range a.above.Below(g, l.depth) {
			put(n)
		}
	}
	for chunk, users := range chunksOf(len(a.x.ids)) {
		a.x.present.And(chunk, &yes[chunk])
		p.yes.Put(chunk, &yes[chunk], users)
	}
	for n := range a.above.Lost() {
		if !p.yes.Has(n) && a.x.present.Has(n) && (l.depth == 0 || a.lost(n, l.depth)) {
			p.unknown.Add(n)
		}
	}
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
func (a *lineAspect) bytes() int                                 { return a.above.Bytes() + a.blind.Bytes() }

// enrollmentAspect keeps the courses of the users.
type enrollmentAspect struct {
	questions
	x       *index
	held    []Enrollments // by user
	open    userset.Set   // whose list may have more
	courses map[string]uint32
	in      posting.Lists // who is in a course, with the number of the record
	records map[recordKey]uint32
	sample  []Enrollment // a record of each number
	users   []int        // how many users have it
}

// recordKey is what conditions can tell about a record.
type recordKey struct {
	course, status string
	completed      any
}

func newEnrollmentAspect(x *index) *enrollmentAspect {
	return &enrollmentAspect{x: x, courses: map[string]uint32{}, records: map[recordKey]uint32{}}
}

// record numbers a record.
func (a *enrollmentAspect) record(e Enrollment) uint32 {
	key := recordKey{e.Course, e.Status, nil}
	switch e.Completed.data.(type) {
	case empty, calendar.Day, time.Time:
		key.completed = e.Completed.data
	}
	r, ok := a.records[key]
	if !ok {
		r = uint32(len(a.sample))
		a.records[key], a.sample, a.users = r, append(a.sample, e), append(a.users, 0)
	}
	return r
}

func (a *enrollmentAspect) course(id string) uint32 {
	c, ok := a.courses[id]
	if !ok {
		c = uint32(len(a.courses))
		a.courses[id] = c
	}
	return c
}

func (a *enrollmentAspect) put(n uint32, u *User) {
	for int(n) >= len(a.held) {
		a.held = append(a.held, Enrollments{complete: true})
	}
	now := Enrollments{complete: true}
	if u != nil {
		now = u.Enrollments
	}
	was := a.held[n]
	a.held[n] = now
	if now.complete {
		a.open.Remove(n)
	} else {
		a.open.Add(n)
	}
	if !was.Equal(now) {
		a.changes++
		a.file(n, was.list, now.list)
	}
	for _, p := range a.predicates {
		switch {
		case !p.filled:
		case u == nil:
			p.set(n, No)
		default:
			p.set(n, p.leaf.verdict(u, &p.view))
		}
	}
}

// file puts a user on the lists of the courses they are in now, and takes them off those they were in.
func (a *enrollmentAspect) file(n uint32, was, now []Enrollment) {
	for _, e := range was {
		a.users[a.record(e)]--
		if _, still := (Enrollments{list: now}).in(e.Course); !still {
			a.in.Drop(a.course(e.Course), n)
		}
	}
	for _, e := range now {
		r := a.record(e)
		a.users[r]++
		a.in.Put(a.course(e.Course), n, r)
	}
}

// tally counts the courses of a condition of one chunk of users.
type tally struct{ found, yes, unknown [userset.Chunk]uint16 }

func (a *enrollmentAspect) fill(p *predicate, with *scratch) {
	l := p.leaf.(*enrollmentLeaf)
	t, yes, unknown, met := &with.tally, &with.yes, &with.unknown, &with.met
	p.yes, p.unknown = userset.Set{}, userset.Set{}
	asked := map[uint32]Verdict{}
	verdict := func(r uint32) Verdict {
		v, known := asked[r]
		if !known {
			e := a.sample[r]
			u := User{Enrollments: Enrollments{list: []Enrollment{e}, complete: true}}
			v = l.of(&u, e.Course, &p.view)
			asked[r] = v
		}
		return v
	}
	for chunk, size := range chunksOf(len(a.x.ids)) {
		yes.Reset()
		unknown.Reset()
		a.met(chunk, l.courses, met)
		for u := range met.All() {
			t.found[u], t.yes[u], t.unknown[u] = 0, 0, 0
		}
		for _, course := range l.courses {
			c, taken := a.courses[course]
			if !taken {
				continue
			}
			users, records := a.in.Chunk(c, chunk)
			for i, u := range users {
				t.found[u]++
				switch verdict(records[i]) {
				case Yes:
					t.yes[u]++
				case Unknown:
					t.unknown[u]++
				}
			}
		}
		for u := range met.All() {
			in, unsure := int(t.yes[u]), int(t.unknown[u])
			if a.open.Has(uint32(chunk*userset.Chunk) + uint32(u)) {
				unsure += len(l.courses) - int(t.found[u])
			}
			switch {
			case in >= l.need:
				yes.Set(u)
			case in+unsure >= l.need:
				unknown.Set(u)
			}
		}
		p.yes.Put(chunk, yes, size)
		p.unknown.Put(chunk, unknown, size)
	}
}

// met is who of a chunk is in one of the courses, or might be.
func (a *enrollmentAspect) met(chunk int, courses []string, met *userset.Bits) {
	a.open.Load(chunk, met)
	for _, course := range courses {
		if c, taken := a.courses[course]; taken {
			users, _ := a.in.Chunk(c, chunk)
			for _, u := range users {
				met.Set(u)
			}
		}
	}
}

func (a *enrollmentAspect) turn(p *predicate, today calendar.Day) calendar.Day {
	l := p.leaf.(*enrollmentLeaf)
	earliest := noDay
	for r, users := range a.users {
		if _, asked := slices.BinarySearch(l.courses, a.sample[r].Course); users == 0 || !asked {
			continue
		}
		u := User{Enrollments: Enrollments{list: a.sample[r : r+1], complete: true}}
		l.turns(&u, &p.view, func(t turn) {
			if day, ok := t.relation.NextDay(t.day, today, t.span); ok {
				earliest = min(earliest, day)
			}
		})
		if earliest == today+1 {
			break
		}
	}
	return earliest
}

func (a *enrollmentAspect) tidy() {}
func (a *enrollmentAspect) bytes() int {
	return a.in.Bytes() + a.open.Bytes() + 32*len(a.held) + 160*len(a.sample)
}
